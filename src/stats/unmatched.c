/*
 * unmatched.c - table `unmatched`: the flows without a socket and the TCP and UDP sockets without a flow, with the
 * reason why, so that nothing goes missing silently. Main thread, at the end.
 *
 * Where the input holds only one of the two there is nothing to match, and no rows.
 */
#include "stats/join_cells.h"
#include "stats/passed.h"

static const struct column columns[] = {
	{ "first_seen", COL_TIME, "", "First packet of the flow; first call on the socket" },
	{ "kind", COL_TEXT, "", "flow or socket" },
	{ "protocol", COL_TEXT, "", "tcp, udp, ..." },
	{ "client", COL_TEXT, "", "Address of who opened it; of the socket itself where its role is not known" },
	{ "client_port", COL_U64, "id", "Its port" },
	{ "server", COL_TEXT, "", "Address of the other end" },
	{ "server_port", COL_U64, "id", "Its port" },
	{ "reason", COL_TEXT, "", "Why it has no partner" },
	WHO_COLUMNS("", "that opened the socket"),
	{ "fd", COL_S64, "id", "Its file descriptor" },
	{ "role", COL_TEXT, "", "client or server: what the process was to the connection" },
	{ "sent", COL_BYTES, "bytes", "Sent by the client of the flow (payload); by the process through the socket" },
	{ "received", COL_BYTES, "bytes", "The other way" },
	{ "last_seen", COL_TIME, "", "Last packet, or last call" },
	{ "flags", COL_TEXT, "",
	  "Of the socket. inherited: open before the capture began. failed: its connect failed. pending: the end of its connect was "
	  "not seen. partly: part of its tuple was never recorded. shared: used by several processes. blind: bytes may have passed "
	  "that no event shows. cut: beyond a ceiling its calls are counted only. drops: the capture lost events meanwhile" },
	{ "flow", COL_U64, "id", "Row of table flows with this number, source and section" },
	{ "socket", COL_U64, "id", "Number of the socket in its section" },
	{ "packet", COL_U64, "id", "Number of the flow's first packet" },
	{ "event", COL_U64, "id", "Number of the first event on the socket" },
	SOURCE_COLUMNS,
};

const struct table_def unmatched_def = {
	"unmatched", "Not matched",
	"Flows without a socket, and TCP and UDP sockets without a flow. Empty where the input holds only packets or only system calls.",
	columns, ARRAY_LEN(columns),
};

static const struct flag_word words[] = {
	{ SOCK_INHERITED, "inherited" }, { SOCK_FAILED, "failed" }, { SOCK_PENDING, "pending" }, { SOCK_TUPLE_PARTLY, "partly" },
	{ SOCK_SHARED, "shared" },	 { SOCK_BLIND, "blind" },   { SOCK_CUT, "cut" },	 { SOCK_DROPS, "drops" },
};

static void add_proto(struct net_cells *c, uint8_t ip_proto)
{
	const char *name = ip_proto_name(ip_proto);

	if (name == NULL) {
		buf_add_u64(&c->scratch, ip_proto);
		cells_scratch(c);
	} else {
		cells_name(c, name);
	}
}

/* Distinct bytes of the stream; a datagram is never sent again by the protocol itself. */
static uint64_t payload(const struct flow *f, unsigned int end)
{
	return f->key.ip_proto == IP_TCP ? f->side[end].stream_bytes : f->side[end].payload_bytes;
}

static void add_unknown(struct table *t, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		table_unknown(t);
	}
}

void unmatched_flow_row(struct net_cells *c, const struct flow *f, uint8_t reason)
{
	struct table *t = c->table;

	cells_time(c, f->first_ns);
	cells_name(c, "flow");
	add_proto(c, f->key.ip_proto);
	cells_address(c, f, f->client);
	cells_port(c, f, f->client);
	cells_address(c, f, !f->client);
	cells_port(c, f, !f->client);
	cells_name(c, unmatched_reason_text(reason));
	add_unknown(t, 6);
	table_bytes(t, payload(f, f->client));
	table_bytes(t, payload(f, !f->client));
	cells_time(c, f->last_ns);
	cells_name(c, NULL);
	cells_flow(c, f);
	table_unknown(t);
	cells_id(c, f->first_num);
	table_unknown(t);
	cells_source(c);
}

static const char *role_name(uint8_t role)
{
	switch (role) {
	case SOCK_CLIENT: return "client";
	case SOCK_SERVER: return "server";
	default: return NULL;
	}
}

void unmatched_sock_row(struct net_cells *c, const struct sock *s, uint8_t reason)
{
	const struct who w = sock_who(s);
	unsigned int client = sock_client(s);
	struct table *t = c->table;

	cells_call_time(c, s->first_ns);
	cells_name(c, "socket");
	cells_name(c, s->kind == SOCK_UDP_K ? "udp" : "tcp");
	cells_sock_address(c, s, client);
	cells_sock_port(c, s, client);
	cells_sock_address(c, s, !client);
	cells_sock_port(c, s, !client);
	cells_name(c, unmatched_reason_text(reason));
	cells_who(c, &w);
	if (s->fd_num >= 0) {
		table_s64(t, s->fd_num);
	} else {
		table_unknown(t);
	}
	cells_name(c, role_name(s->role));
	table_bytes(t, s->bytes[1]);
	table_bytes(t, s->bytes[0]);
	cells_call_time(c, s->last_ns);
	cells_words(c, s->flags, words, ARRAY_LEN(words));
	table_unknown(t);
	table_u64(t, s->id);
	table_unknown(t);
	cells_id(c, s->first_num);
	cells_source(c);
}

static void flow_rows(struct net_cells *c, const struct join *j)
{
	size_t count;
	const struct flow *const *flows = net_flows(c->section->net, &count);

	for (size_t i = 0; i < count; i++) {
		uint8_t reason;

		if (join_pair_of_flow(j, flows[i]) != NULL || !flow_passes(flows[i])) {
			continue;
		}
		reason = (uint8_t)join_flow_reason(j, flows[i]);
		if (reason != UNMATCHED_NO_OTHER) {
			unmatched_flow_row(c, flows[i], reason);
		}
	}
}

static void sock_rows(struct net_cells *c, const struct join *j)
{
	size_t count;
	struct sock *const *socks = socks_list(c->section->socks, &count);

	for (size_t i = 0; i < count; i++) {
		const struct sock *s = socks[i];
		uint8_t reason;

		if (s->match != NULL || (s->kind != SOCK_TCP_K && s->kind != SOCK_UDP_K) || !sock_passes(s)) {
			continue;
		}
		reason = (uint8_t)join_sock_reason(j, s);
		if (reason != UNMATCHED_NO_OTHER) {
			unmatched_sock_row(c, s, reason);
		}
	}
}

/* Is there anything of both kinds? */
static bool has_both(const struct tap_input *in)
{
	bool events = false;
	bool packets = false;

	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			events = events || in->sources[i]->sections[k]->events > 0;
			packets = packets || in->sources[i]->sections[k]->packets > 0;
		}
	}
	return events && packets;
}

static int unmatched_rows(struct net_cells *c, const struct tap_input *in)
{
	if (!has_both(in)) {
		return 0;
	}
	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			c->section = in->sources[i]->sections[k];
			c->clock = section_clock(in, c->section);
			if (c->section->net != NULL) {
				flow_rows(c, in->join);
			}
			if (c->section->socks != NULL) {
				sock_rows(c, in->join);
			}
		}
	}
	return 0;
}

static int unmatched_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return join_table(&unmatched_def, in, r, e, unmatched_rows);
}

const struct tap tap_unmatched = {
	.name = "unmatched",
	.help = "flows and sockets that could not be matched, and why",
	.order = TAP_FREE,
	.flows = true,
	.join = true,
	.tables = unmatched_tables,
};
