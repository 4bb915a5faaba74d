/*
 * clock_bounds.c - what one pair of flow and socket says about two clocks, by causality. With P a time of
 * packets, C of calls, and offset = P - C:
 *
 *   a byte is on the wire after the write that sent it began:  offset <= P(segment) - C(begin of the write of its last byte)
 *   a byte arrives before the read that returns it ends:       offset >= P(segment) - C(end of the read)
 *   SYN after connect began; SYN+ACK before connect returned success; the handshake before accept returned
 *   FIN after the first close or shutdown began; the peer's FIN before the read that returned 0
 *
 * A begin that is only known from below gives a bound from above that is wider, and true. Of bytes sent
 * again the first copy is taken: for the upper bound any copy is true and the first the tightest; for the
 * lower bound the reader had some copy, none earlier than the first. Where in the network packets were
 * captured does not matter: behind the sender, before the receiver. (A first copy that the capture missed
 * makes a lower bound from the second that may be false: such are outliers to the fit.) Resolution: a
 * packet's time is rounded down, so the upper bounds move up by one unit less a nanosecond. One thread.
 */
#include "join/match_internal.h"

/* A segment or a call: bytes [from, to) in the flow's stream. */
struct timed {
	uint64_t from, to;
	uint64_t begin_ns; /* calls */
	uint64_t ts_ns;
};

void clock_bounds_release(struct clock_bounds *b)
{
	free(b->low.at);
	free(b->high.at);
	free(b->fresh_low.at);
	free(b->fresh_high.at);
	free(b->segments);
	free(b->calls);
	memset(b, 0, sizeof(*b));
}

static int push(struct bounds *b, uint64_t t_ns, int64_t value_ns)
{
	struct bound *grown = match_grow(b->at, &b->cap, b->count + 1, sizeof(*grown));

	if (grown == NULL) {
		return ERR_NOMEM;
	}
	b->at = grown;
	b->at[b->count++] = (struct bound){ t_ns, value_ns };
	return 0;
}

/* Times that no clock shows are left out, so that differences fit. */
static bool is_time(uint64_t ns)
{
	return ns != 0 && ns <= INT64_MAX / 2;
}

/* packet_ns happened before call_ns. */
static int add_low(struct clock_bounds *b, uint64_t packet_ns, uint64_t call_ns)
{
	if (!is_time(packet_ns) || !is_time(call_ns)) {
		return 0;
	}
	return push(&b->fresh_low, call_ns, (int64_t)packet_ns - (int64_t)call_ns);
}

/* packet_ns happened after call_ns. */
static int add_high(struct clock_bounds *b, uint64_t packet_ns, uint64_t call_ns)
{
	if (!is_time(packet_ns) || !is_time(call_ns)) {
		return 0;
	}
	return push(&b->fresh_high, call_ns,
		    (int64_t)packet_ns - (int64_t)call_ns + (int64_t)(b->unit_ns - 1));
}

/* ---- loading --------------------------------------------------------------------------------- */

static int by_from(const void *a, const void *b)
{
	const struct timed *x = a;
	const struct timed *y = b;

	if (x->from != y->from) {
		return x->from < y->from ? -1 : 1;
	}
	return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
}

static int push_timed(struct timed **io_at, size_t *io_cap, size_t n, const struct timed *x)
{
	struct timed *grown = match_grow(*io_at, io_cap, n + 1, sizeof(*grown));

	if (grown == NULL) {
		return ERR_NOMEM;
	}
	*io_at = grown;
	grown[n] = *x;
	return 0;
}

/* First copies, by place. What a segment repeats in front of new bytes is cut off. */
static int load_segments(struct clock_bounds *b, const struct knots *k)
{
	struct knot_walk walk = { 0 };
	uint64_t reach = 0;
	bool sorted = true;
	struct knot x;

	b->segment_count = 0;
	while (k != NULL && knots_next(k, &walk, &x)) {
		struct timed t = { x.offset, x.offset + x.len, 0, x.ts_ns };

		if (x.kind != KNOT_DATA || x.len == 0) {
			continue;
		}
		if (t.from < reach && t.to > reach) {
			t.from = reach;
		}
		sorted = sorted && t.from >= reach;
		reach = max_u64(reach, t.to);
		if (push_timed(&b->segments, &b->segment_cap, b->segment_count, &t) != 0) {
			return ERR_NOMEM;
		}
		b->segment_count++;
	}
	if (!sorted) {
		qsort(b->segments, b->segment_count, sizeof(*b->segments), by_from);
	}
	return 0;
}

static int load_calls(struct clock_bounds *b, const struct knots *k, const struct pair_side *side,
		      unsigned int dir)
{
	struct knot_walk walk = { 0 };
	struct knot x;

	b->call_count = 0;
	while (knots_next(k, &walk, &x)) {
		uint64_t from = x.offset + (uint64_t)pair_shift(side, dir, x.offset);
		struct timed t = { from, from + x.len, x.begin_ns, x.ts_ns };

		if (x.kind != KNOT_DATA || x.len == 0 || (int64_t)from < 0 || t.to < from ||
		    (b->call_count > 0 && from < b->calls[b->call_count - 1].to)) {
			continue;
		}
		if (push_timed(&b->calls, &b->call_cap, b->call_count, &t) != 0) {
			return ERR_NOMEM;
		}
		b->call_count++;
	}
	return 0;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Datagrams: call and segment are the same bytes, or say nothing. */
static bool same_datagram(const struct timed *call, const struct timed *segment)
{
	return call->from == segment->from;
}

static int writes(struct clock_bounds *b, bool tcp)
{
	size_t i = 0;
	int rc = 0;

	for (size_t j = 0; j < b->segment_count && rc == 0;) {
		uint64_t earliest = UINT64_MAX;
		uint64_t last = b->segments[j].to - 1;

		while (i < b->call_count && b->calls[i].to <= last) {
			i++;
		}
		if (i == b->call_count) {
			break;
		}
		if (b->calls[i].from > last) {
			j++;
			continue;
		}
		for (; j < b->segment_count && b->segments[j].to <= b->calls[i].to; j++) {
			if (tcp ? b->segments[j].to > b->calls[i].from
				: same_datagram(&b->calls[i], &b->segments[j])) {
				earliest = min_u64(earliest, b->segments[j].ts_ns);
			}
		}
		if (earliest != UINT64_MAX) {
			rc = add_high(b, earliest, b->calls[i].begin_ns);
		}
	}
	return rc;
}

static int reads(struct clock_bounds *b, bool tcp)
{
	size_t j = 0;
	int rc = 0;

	for (size_t i = 0; i < b->call_count && rc == 0; i++) {
		const struct timed *call = &b->calls[i];
		uint64_t latest = 0;

		while (j < b->segment_count && b->segments[j].to <= call->from) {
			j++;
		}
		for (size_t k = j; k < b->segment_count && b->segments[k].from < call->to; k++) {
			if (tcp || same_datagram(call, &b->segments[k])) {
				latest = max_u64(latest, b->segments[k].ts_ns);
			}
			j = b->segments[k].to <= call->to ? k + 1 : j;
		}
		rc = add_low(b, latest, call->ts_ns);
	}
	return rc;
}

/* Calls that wrote may be missing, and nothing tells where: those behind lie too early in the stream, so that their
 * bounds, many and alike, would be false. Those that read too, but their bounds are only wider. */
static bool are_writes_unsure(const struct flow *f, const struct pair_side *side)
{
	return f->key.ip_proto == IP_TCP && side->sock->seqs == NULL &&
	       (side->differ > 0 || side->piece_count[1] > 0 || side->byte_difference[1] > 0);
}

static int bytes(struct clock_bounds *b, const struct flow *f, unsigned int end,
		 const struct pair_side *side)
{
	bool tcp = f->key.ip_proto == IP_TCP;
	int rc = 0;

	for (unsigned int dir = 0; dir < 2 && rc == 0; dir++) {
		if (!side->aligned[dir] || (dir == 1 && !b->unsure_too && are_writes_unsure(f, side))) {
			continue;
		}
		rc = load_segments(b, f->knots[dir == 1 ? end : 1 - end]);
		rc = rc == 0 ? load_calls(b, &side->sock->knots[dir], side, dir) : rc;
		if (rc == 0) {
			rc = dir == 1 ? writes(b, tcp) : reads(b, tcp);
		}
	}
	return rc;
}

/* ---- opening and closing --------------------------------------------------------------------- */

/* The first mark of that kind. */
static bool find_mark(const struct knots *k, uint8_t kind, struct knot *ret_x)
{
	struct knot_walk walk = { 0 };

	while (k != NULL && knots_next(k, &walk, ret_x)) {
		if (ret_x->kind == kind) {
			return true;
		}
	}
	return false;
}

/* The marks stand at the head of their lists, so looking for them costs nothing. */
static bool first_mark(const struct knots *k, struct knot *ret_x)
{
	struct knot_walk walk = { 0 };

	return knots_next(k, &walk, ret_x) && ret_x->kind == KNOT_OPEN;
}

static int opening(struct clock_bounds *b, const struct flow *f, unsigned int end,
		   const struct sock *s)
{
	struct knot x;
	int rc = 0;

	if ((s->flags & (SOCK_INHERITED | SOCK_FAILED)) != 0 ||
	    (f->flags & FLOW_START_MISSED) != 0) {
		return 0;
	}
	if (f->client == end && first_mark(&s->knots[1], &x)) {
		rc = add_high(b, f->syn_ns, x.begin_ns);
	}
	if (rc == 0 && first_mark(&s->knots[0], &x)) {
		rc = add_low(b,
			     f->client == end       ? f->synack_ns
			     : f->handshake_ns != 0 ? f->handshake_ns
						    : f->syn_ns,
			     x.ts_ns);
	}
	return rc;
}

static int closing(struct clock_bounds *b, const struct flow *f, unsigned int end,
		   const struct sock *s)
{
	struct knot fin, call;
	int rc = 0;

	if (f->side[end].fins > 0 && f->side[end].resets == 0 &&
	    find_mark(&s->knots[1], KNOT_END, &call) && find_mark(f->knots[end], KNOT_END, &fin)) {
		rc = add_high(b, fin.ts_ns, call.begin_ns);
	}
	if (rc == 0 && f->side[1 - end].fins > 0 && f->side[1 - end].resets == 0 &&
	    find_mark(&s->knots[0], KNOT_END, &call) &&
	    find_mark(f->knots[1 - end], KNOT_END, &fin)) {
		rc = add_low(b, fin.ts_ns, call.ts_ns);
	}
	return rc;
}

/* ---- thinning -------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct bound *x = a;
	const struct bound *y = b;

	if (x->t_ns != y->t_ns) {
		return x->t_ns < y->t_ns ? -1 : 1;
	}
	return x->value_ns < y->value_ns ? -1 : x->value_ns > y->value_ns;
}

/* The tightest of each slot goes on. */
static int thin(struct bounds *fresh, struct bounds *kept, size_t slots, bool low)
{
	size_t n = fresh->count;
	int rc = 0;

	if (n > slots) {
		qsort(fresh->at, n, sizeof(*fresh->at), by_time);
	}
	for (size_t slot = 0; slot < slots && slot < n && rc == 0; slot++) {
		size_t from = n > slots ? (size_t)((unsigned __int128)n * slot / slots) : slot;
		size_t to =
			n > slots ? (size_t)((unsigned __int128)n * (slot + 1) / slots) : slot + 1;
		const struct bound *best = &fresh->at[from];

		for (size_t i = from + 1; i < to; i++) {
			bool tighter = low ? fresh->at[i].value_ns > best->value_ns
					   : fresh->at[i].value_ns < best->value_ns;

			best = tighter ? &fresh->at[i] : best;
		}
		rc = push(kept, best->t_ns, best->value_ns);
	}
	return rc;
}

int clock_bounds_add(struct clock_bounds *b, const struct flow *f, unsigned int end,
		     const struct pair_side *side)
{
	int rc;

	b->fresh_low.count = b->fresh_high.count = 0;
	rc = bytes(b, f, end, side);
	if (rc == 0 && f->key.ip_proto == IP_TCP) {
		rc = opening(b, f, end, side->sock);
		rc = rc == 0 ? closing(b, f, end, side->sock) : rc;
	}
	b->flows += b->fresh_low.count + b->fresh_high.count > 0;
	rc = rc == 0 ? thin(&b->fresh_low, &b->low, b->slots, true) : rc;
	return rc == 0 ? thin(&b->fresh_high, &b->high, b->slots, false) : rc;
}
