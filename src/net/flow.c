/*
 * flow.c - what a row of the flow table says beyond plain counts: names of states, the history, who is taken for the
 * initiator. Runs in the shard of the flow; the names anywhere.
 */
#include "net/service.h"
#include "net/track.h"

static const char *const state_names[CONN_STATES] = {
	[CONN_NONE] = "",	[CONN_S0] = "S0",	[CONN_S1] = "S1",		[CONN_SF] = "SF",
	[CONN_REJ] = "REJ",	[CONN_S2] = "S2",	[CONN_S3] = "S3",		[CONN_RSTO] = "RSTO",
	[CONN_RSTR] = "RSTR",	[CONN_RSTOS0] = "RSTOS0", [CONN_RSTRH] = "RSTRH",	[CONN_SH] = "SH",
	[CONN_SHR] = "SHR",	[CONN_OTH] = "OTH",
};

const char *conn_state_name(uint8_t state)
{
	return state < CONN_STATES ? state_names[state] : "";
}

static uint64_t between(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns != 0 && to_ns >= from_ns ? to_ns - from_ns : UINT64_MAX;
}

uint64_t flow_rtt_server(const struct flow *f)
{
	return between(f->syn_ns, f->synack_ns);
}

uint64_t flow_rtt_client(const struct flow *f)
{
	return between(f->synack_ns, f->handshake_ns);
}

/* ---- history --------------------------------------------------------------------------------- */

static void add_letter(struct live_flow *lf, unsigned int dir, char upper)
{
	struct flow *f = lf->flow;

	if (lf->history < sizeof(f->history) - 1) {
		f->history[lf->history++] = dir == f->client ? upper : (char)(upper + ('a' - 'A'));
	}
}

void flow_letter(struct live_flow *lf, unsigned int dir, enum letter letter)
{
	static const char letters[] = "SHADFRIQ";

	if ((lf->seen_letters[dir] & 1u << letter) == 0) {
		lf->seen_letters[dir] |= (uint16_t)(1u << letter);
		add_letter(lf, dir, letters[letter]);
	}
}

void flow_letter_counted(struct live_flow *lf, unsigned int dir, char letter, uint32_t *io_count)
{
	uint32_t n = ++*io_count;

	while (n % 10 == 0 && n > 0) {
		n /= 10;
	}
	if (n == 1) {
		add_letter(lf, dir, letter);
	}
}

/* ---- initiator ------------------------------------------------------------------------------- */

void flow_set_client(struct live_flow *lf, unsigned int end)
{
	struct flow *f = lf->flow;
	size_t n = sizeof(f->history);

	if (f->client == end) {
		return;
	}
	f->client = (uint8_t)end;
	if (f->client != f->first_from) {	/* there is no room for the mark at the end: one letter less */
		f->flags |= FLOW_FLIPPED;
		memmove(&f->history[1], &f->history[0], n - 2);
		f->history[0] = '^';
		lf->history = (uint8_t)min_u64(lf->history + 1u, n - 1);
	} else {
		f->flags &= (uint16_t)~FLOW_FLIPPED;
		memmove(&f->history[0], &f->history[1], n - 1);
		lf->history--;
	}
	for (char *c = f->history; *c != '\0'; c++) {
		if (*c != '^') {
			*c ^= 'a' ^ 'A';
		}
	}
}

/* Ports from which systems take those of clients: Linux from 32768, others from 49152. */
#define EPHEMERAL_PORT 32768
#define PRIVILEGED_PORT 1024

/* A service's port that a client is not given by chance. */
static bool is_known(const struct flow_key *key, unsigned int end)
{
	return key->port[end] < EPHEMERAL_PORT && service_of_port(key->ip_proto, key->port[end]) != NULL;
}

/*
 * A known port tells most: clients of NFS, rsh and others are on privileged ports. A datagram may come from anywhere:
 * between unknown ports its sender stays the client. A connection has its server at the fixed port, or at the
 * privileged one where both are known.
 */
unsigned int flow_guess_client(const struct flow_key *key, unsigned int sender, bool to_group)
{
	bool known[2], privileged[2], ephemeral[2];

	if (to_group || (key->ip_proto != IP_TCP && key->ip_proto != IP_UDP && key->ip_proto != IP_SCTP)) {
		return sender;
	}
	for (unsigned int i = 0; i < 2; i++) {
		known[i] = is_known(key, i);
		privileged[i] = key->port[i] < PRIVILEGED_PORT;
		ephemeral[i] = key->port[i] >= EPHEMERAL_PORT;
	}
	if (known[0] != known[1]) {
		return known[0] ? 1 : 0;
	}
	if (key->ip_proto == IP_UDP) {
		return sender;
	}
	if (known[0] && privileged[0] != privileged[1]) {
		return privileged[0] ? 1 : 0;
	}
	if (ephemeral[0] != ephemeral[1]) {
		return ephemeral[0] ? 0 : 1;
	}
	return sender;
}
