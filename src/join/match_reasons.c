/*
 * match_reasons.c - why a flow or a socket has no partner. What matching found out (bytes that differ,
 * generations, too little) stays; the rest follows from what the input holds: the other kind at all, a
 * cover of that time, that host. One thread.
 */
#include "join/match_internal.h"

#include "base/hash.h"

static const char *const texts[UNMATCHED_REASONS] = {
	[UNMATCHED_NO_OTHER] = "the input holds nothing of the other side",
	[UNMATCHED_NO_TUPLE] = "nobody on the other side has this tuple",
	[UNMATCHED_OUTSIDE] = "the other side's capture does not cover its time",
	[UNMATCHED_BYTES_DIFFER] =
		"same tuple, but the bytes contradict: another connection or host",
	[UNMATCHED_GENERATION] = "other connections of this tuple took the candidates",
	[UNMATCHED_LOCAL] = "local: no captured interface carries it",
	[UNMATCHED_NEVER_CONNECTED] = "never connected: no peer",
	[UNMATCHED_TOO_LITTLE] = "too few bytes and no time to tell candidates apart",
	[UNMATCHED_NO_SOCKET_PROTO] = "a protocol without sockets here",
	[UNMATCHED_FILTERED] = "an end is a recorded host, but no recorded process has this socket",
};

const char *match_reason_name(uint8_t reason)
{
	static const char *const names[MATCH_REASONS] = {
		[MATCH_SEQUENCE] = "sequence numbers",
		[MATCH_TUPLE_BYTES] = "tuple and bytes",
		[MATCH_TUPLE] = "tuple",
		[MATCH_NAT] = "bytes behind NAT",
	};

	return reason < MATCH_REASONS ? names[reason] : "unknown";
}

const char *unmatched_reason_text(uint8_t reason)
{
	return reason < UNMATCHED_REASONS ? texts[reason] : "";
}

/* ---- addresses of recorded hosts ------------------------------------------------------------- */

struct hosts {
	uint8_t (*at)[16]; /* owns; sorted */
	size_t count, cap;
};

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static size_t unique(uint8_t (*at)[16], size_t count)
{
	size_t n = 0;

	if (count > 1) {
		qsort(at, count, 16, by_address);
	}
	for (size_t i = 0; i < count; i++) {
		if (n == 0 || memcmp(at[n - 1], at[i], 16) != 0) {
			memmove(at[n++], at[i], 16);
		}
	}
	return n;
}

/* Local addresses of the sockets of all sections; doubles go now and then, so memory follows the hosts. */
static int find_hosts(const struct match *m, struct hosts *h)
{
	size_t clean = 1024;

	for (size_t i = 0; i < m->sock_count; i++) {
		uint32_t list;
		const struct sock *s = match_sock_at(m, i, &list);
		const uint8_t *addr = s->key.addr[s->local & 1];
		uint8_t(*grown)[16];

		if ((s->kind != SOCK_TCP_K && s->kind != SOCK_UDP_K) || address_is_zero(addr) ||
		    address_is_loopback(addr)) {
			continue;
		}
		grown = match_grow(h->at, &h->cap, h->count + 1, 16);
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		h->at = grown;
		memcpy(h->at[h->count++], addr, 16);
		if (h->count >= clean) {
			h->count = unique(h->at, h->count);
			clean = h->count * 2 < 1024 ? 1024 : h->count * 2;
		}
	}
	h->count = unique(h->at, h->count);
	return 0;
}

static bool is_host(const struct hosts *h, const uint8_t addr[16])
{
	return h->count > 0 && bsearch(addr, h->at, h->count, 16, by_address) != NULL;
}

/* ---- cover of time --------------------------------------------------------------------------- */

struct span_ns {
	uint64_t from, to;
};

/* What one list's other side covers, by the list's own clock: spans in order, apart from each other. */
struct covers {
	struct span_ns *at; /* owns */
	size_t count;
	bool known; /* of all sections of the other side */
};

static int by_from(const void *a, const void *b)
{
	const struct span_ns *x = a;
	const struct span_ns *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void merge_spans(struct covers *c)
{
	size_t n = 0;

	if (c->count > 1) {
		qsort(c->at, c->count, sizeof(*c->at), by_from);
	}
	for (size_t i = 0; i < c->count; i++) {
		if (n > 0 && c->at[i].from <= c->at[n - 1].to) {
			c->at[n - 1].to = max_u64(c->at[n - 1].to, c->at[i].to);
		} else {
			c->at[n++] = c->at[i];
		}
	}
	c->count = n;
}

/* Nothing of [from, to] is covered, and that is known. */
static bool is_outside(const struct covers *c, uint64_t from, uint64_t to)
{
	size_t lo = 0;
	size_t hi = c->count;

	if (!c->known || from == 0) {
		return false;
	}
	while (lo < hi) { /* the first that ends at from or later */
		size_t mid = lo + (hi - lo) / 2;

		if (c->at[mid].to < from) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo == c->count || c->at[lo].from > to;
}

/* Is traffic inside of a host among the packets? */
static bool is_loopback_captured(const struct match *m)
{
	for (uint32_t i = 0; i < m->flow_lists; i++) {
		for (size_t k = 0; k < m->flows[i].count; k++) {
			const struct flow_key *key = &m->flows[i].rows[k]->key;

			if (address_is_loopback(key->addr[0]) || memcmp(key->addr[0], key->addr[1], 16) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* First and last packet of each section (sections count both kinds together). */
static void find_packet_spans(const struct match *m, struct span_ns *at)
{
	for (uint32_t i = 0; i < m->flow_lists; i++) {
		at[i] = (struct span_ns){ 0, 0 };
		for (size_t k = 0; k < m->flows[i].count; k++) {
			const struct flow *f = m->flows[i].rows[k];

			if (f->first_ns != 0) {
				at[i].from = at[i].from != 0 ? min_u64(at[i].from, f->first_ns)
							     : f->first_ns;
				at[i].to = max_u64(at[i].to, f->last_ns);
			}
		}
	}
}

static void add_span(const struct match *m, struct covers *c, const struct section *calls,
		     const struct section *packets, bool to_packets, struct span_ns x)
{
	const struct clock_pair *clock = match_clock(m, calls, packets);

	if (x.from == 0 || !match_clock_known(m, calls, packets)) {
		c->known = false;
		return;
	}
	if (clock != NULL && clock->origin != CLOCK_UNKNOWN) {
		x.from = to_packets ? clock_to_packets(clock, x.from)
				    : clock_to_calls(clock, x.from);
		x.to = to_packets ? clock_to_packets(clock, x.to) : clock_to_calls(clock, x.to);
	}
	c->at[c->count++] = x;
}

static void cover_flows(const struct match *m, uint32_t list, struct covers *c)
{
	c->known = true;
	c->count = 0;
	for (uint32_t i = 0; i < m->sock_lists; i++) {
		const struct section *calls = m->socks[i].section;
		struct span_ns x = { calls->first_event_ns, calls->last_event_ns };

		add_span(m, c, calls, m->flows[list].section, true, x);
	}
	merge_spans(c);
}

static void cover_socks(const struct match *m, uint32_t list, const struct span_ns *packets,
			struct covers *c)
{
	c->known = true;
	c->count = 0;
	for (uint32_t i = 0; i < m->flow_lists; i++) {
		add_span(m, c, m->socks[list].section, m->flows[i].section, false, packets[i]);
	}
	merge_spans(c);
}

/* ---- reasons --------------------------------------------------------------------------------- */

static enum unmatched_reason flow_reason(const struct match *m, const struct hosts *h,
					 const struct covers *c, const struct flow *f,
					 uint8_t so_far)
{
	if (f->key.ip_proto != IP_TCP && f->key.ip_proto != IP_UDP) {
		return UNMATCHED_NO_SOCKET_PROTO;
	}
	if (m->sock_lists == 0) {
		return UNMATCHED_NO_OTHER;
	}
	if (so_far != UNMATCHED_REASONS) {
		return so_far;
	}
	if (is_outside(c, f->first_ns, f->last_ns)) {
		return UNMATCHED_OUTSIDE;
	}
	return is_host(h, f->key.addr[0]) || is_host(h, f->key.addr[1]) ? UNMATCHED_FILTERED
									: UNMATCHED_NO_TUPLE;
}

static bool is_local(const struct sock *s, const struct ends *x)
{
	if (s->kind != SOCK_TCP_K && s->kind != SOCK_UDP_K) {
		return true;
	}
	return address_is_loopback(x->remote) || address_is_loopback(x->local) ||
	       (!address_is_zero(x->local) && memcmp(x->local, x->remote, 16) == 0);
}

static enum unmatched_reason sock_reason(const struct match *m, const struct covers *c,
					 const struct sock *s, bool loopback, uint8_t so_far)
{
	struct ends x = ends_of_sock(s);
	bool inet = s->kind == SOCK_TCP_K || s->kind == SOCK_UDP_K;

	if (!inet) {
		return UNMATCHED_LOCAL;
	}
	if (so_far != UNMATCHED_REASONS) {
		return so_far;
	}
	if (x.remote_port == 0 && address_is_zero(x.remote)) {
		return UNMATCHED_NEVER_CONNECTED;
	}
	if (!loopback && is_local(s, &x)) {
		return UNMATCHED_LOCAL;
	}
	if (m->flow_lists == 0) {
		return UNMATCHED_NO_OTHER;
	}
	if (is_outside(c, s->first_ns, max_u64(s->last_ns, s->close_ns))) {
		return UNMATCHED_OUTSIDE;
	}
	return (s->flags & SOCK_FAILED) != 0 ? UNMATCHED_NEVER_CONNECTED : UNMATCHED_NO_TUPLE;
}

static void give_flow_reasons(struct match *m, uint32_t list, const struct hosts *h,
			      const struct covers *c)
{
	for (size_t i = 0; i < m->flows[list].count; i++) {
		uint8_t *reason = &m->flow_reason[m->flows[list].first + i];
		bool paired = m->pair_of_flow[m->flows[list].first + i] != NO_PAIR;

		*reason = paired ? UNMATCHED_REASONS
				 : (uint8_t)flow_reason(m, h, c, m->flows[list].rows[i], *reason);
	}
}

static void give_sock_reasons(struct match *m, uint32_t list, const struct covers *c, bool loopback)
{
	for (size_t i = 0; i < m->socks[list].count; i++) {
		uint8_t *reason = &m->sock_reason[m->socks[list].first + i];
		bool paired = m->pair_of_sock[m->socks[list].first + i] != NO_PAIR;

		*reason = paired ? UNMATCHED_REASONS
				 : (uint8_t)sock_reason(m, c, m->socks[list].rows[i], loopback, *reason);
	}
}

int match_reasons(struct match *m)
{
	size_t lists = (size_t)m->flow_lists + m->sock_lists + 1;
	struct covers c = { .at = malloc(lists * sizeof(*c.at)) };
	struct span_ns *packets = malloc(lists * sizeof(*packets));
	struct hosts h = { 0 };
	int rc = c.at != NULL && packets != NULL ? find_hosts(m, &h) : ERR_NOMEM;

	if (rc == 0) {
		bool loopback = is_loopback_captured(m);

		find_packet_spans(m, packets);
		for (uint32_t i = 0; i < m->flow_lists; i++) {
			cover_flows(m, i, &c);
			give_flow_reasons(m, i, &h, &c);
		}
		for (uint32_t i = 0; i < m->sock_lists; i++) {
			cover_socks(m, i, packets, &c);
			give_sock_reasons(m, i, &c, loopback);
		}
	}
	free(h.at);
	free(packets);
	free(c.at);
	return rc;
}
