/*
 * match.c - the order of matching, and what comes of it: sockets with flows by tuple, clocks from those,
 * then what only time can tell apart, then payload behind NAT, clocks again, reasons. One thread.
 *
 * Confidence, in percent, is that of the weaker side of a pair. With A places that agree and D that do
 * not:
 *   sequence numbers  100; - 60 D / (A + D)
 *   bytes   60, + 20 A / (A + 1), + 5 for each direction with bytes (as far as A goes), + 10 if the counts of all those are equal;
 *           - 60 D / (A + D); - 10 if calls are missing inside (the shift changes)
 *   tuple   35, + 10 for each direction with bytes whose counts are equal, + 10 if the clock is known and the times meet
 *   NAT     30, + 25 A / (A + 4), + 5 for each direction with bytes whose counts are equal; - 60 D / (A + D)
 * and 15 less where several candidates fit and time or order decided. At least 1, at most 100.
 */
#include "join/match_internal.h"

#include "base/hash.h"

/* Times meet when they are no further apart than this: last packets and closes trail behind. */
#define MEET_SLACK_NS NSEC_PER_SEC

/* ---- lists ----------------------------------------------------------------------------------- */

void match_free(struct match *m)
{
	if (m == NULL) {
		return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		free(m->by_section[i]);
	}
	free(m->flows);
	free(m->socks);
	free(m->pair_of_flow);
	free(m->pair_of_sock);
	free(m->flow_reason);
	free(m->sock_reason);
	free(m->pairs);
	free(m->clocks);
	match_work_release(&m->work);
	arena_release(&m->arena);
	free(m);
}

static int by_address(const void *a, const void *b)
{
	const struct section_list *x = a;
	const struct section_list *y = b;

	return (uintptr_t)x->section < (uintptr_t)y->section
		       ? -1
		       : (uintptr_t)x->section > (uintptr_t)y->section;
}

static int number_lists(struct match *m)
{
	for (unsigned int kind = 0; kind < 2; kind++) {
		uint32_t n = kind == 0 ? m->flow_lists : m->sock_lists;
		struct section_list *at = malloc((n + 1u) * sizeof(*at));

		if (at == NULL) {
			return ERR_NOMEM;
		}
		m->by_section[kind] = at;
		for (uint32_t i = 0; i < n; i++) {
			at[i] = (struct section_list){ kind == 0 ? m->flows[i].section
								 : m->socks[i].section,
						       i };
		}
		if (n > 1) {
			qsort(at, n, sizeof(*at), by_address);
		}
	}
	for (uint32_t i = 0; i < m->flow_lists; i++) {
		m->flows[i].first = m->flow_count;
		m->flow_count += m->flows[i].count;
	}
	for (uint32_t i = 0; i < m->sock_lists; i++) {
		m->socks[i].first = m->sock_count;
		m->sock_count += m->socks[i].count;
	}
	return 0;
}

uint32_t match_list_of(const struct match *m, unsigned int kind, const struct section *s)
{
	const struct section_list *at = m->by_section[kind];
	struct section_list x = { s, 0 };
	uint32_t n = kind == 0 ? m->flow_lists : m->sock_lists;

	if (n == 1) {
		return at->section == s ? 0 : UINT32_MAX;
	}
	at = n > 0 ? bsearch(&x, at, n, sizeof(x), by_address) : NULL;
	return at != NULL ? at->list : UINT32_MAX;
}

static int make_indices(struct match *m)
{
	m->pair_of_flow = malloc((m->flow_count + 1) * sizeof(*m->pair_of_flow));
	m->pair_of_sock = malloc((m->sock_count + 1) * sizeof(*m->pair_of_sock));
	m->flow_reason = malloc(m->flow_count + 1);
	m->sock_reason = malloc(m->sock_count + 1);
	if (m->pair_of_flow == NULL || m->pair_of_sock == NULL || m->flow_reason == NULL ||
	    m->sock_reason == NULL) {
		return ERR_NOMEM;
	}
	memset(m->pair_of_flow, 0xff, (m->flow_count + 1) * sizeof(*m->pair_of_flow));
	memset(m->pair_of_sock, 0xff, (m->sock_count + 1) * sizeof(*m->pair_of_sock));
	memset(m->flow_reason, UNMATCHED_REASONS, m->flow_count + 1);
	memset(m->sock_reason, UNMATCHED_REASONS, m->sock_count + 1);
	return 0;
}

size_t match_flow_index(const struct match *m, const struct flow *f)
{
	return m->flows[match_list_of(m, 0, f->section)].first + f->id;
}

size_t match_sock_index(const struct match *m, const struct sock *s)
{
	return m->socks[match_list_of(m, 1, s->section)].first + s->id;
}

const struct flow *match_flow_at(const struct match *m, size_t i, uint32_t *ret_list)
{
	uint32_t lo = 0;
	uint32_t hi = m->flow_lists;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m->flows[mid].first <= i) {
			lo = mid;
		} else {
			hi = mid;
		}
	}
	*ret_list = lo;
	return m->flows[lo].rows[i - m->flows[lo].first];
}

struct sock *match_sock_at(const struct match *m, size_t i, uint32_t *ret_list)
{
	uint32_t lo = 0;
	uint32_t hi = m->sock_lists;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m->socks[mid].first <= i) {
			lo = mid;
		} else {
			hi = mid;
		}
	}
	*ret_list = lo;
	return m->socks[lo].rows[i - m->socks[lo].first];
}

/* ---- tuples ---------------------------------------------------------------------------------- */

bool address_is_zero(const uint8_t addr[16])
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t zero[16];

	return memcmp(addr, zero, 16) == 0 || memcmp(addr, mapped, 16) == 0;
}

bool address_is_loopback(const uint8_t addr[16])
{
	static const uint8_t mapped[13] = { [10] = 0xff, [11] = 0xff, [12] = 127 };
	static const uint8_t one[16] = { [15] = 1 };

	return memcmp(addr, mapped, 13) == 0 || memcmp(addr, one, 16) == 0;
}

struct ends ends_of_flow(const struct flow *f, unsigned int local)
{
	struct ends x = { .remote_port = f->key.port[1 - local],
			  .local_port = f->key.port[local],
			  .proto = f->key.ip_proto };

	memcpy(x.remote, f->key.addr[1 - local], 16);
	memcpy(x.local, f->key.addr[local], 16);
	return x;
}

struct ends ends_of_sock(const struct sock *s)
{
	unsigned int local = s->local & 1;
	struct ends x = { .remote_port = s->key.port[1 - local],
			  .local_port = s->key.port[local],
			  .proto = s->kind == SOCK_TCP_K ? IP_TCP : IP_UDP };

	if (!address_is_zero(s->key.addr[1 - local])) {
		memcpy(x.remote, s->key.addr[1 - local], 16);
	}
	if (!address_is_zero(s->key.addr[local])) {
		memcpy(x.local, s->key.addr[local], 16);
	}
	return x;
}

/* ---- pairs ----------------------------------------------------------------------------------- */

const struct pair_side *match_side(const struct match *m, size_t flow, unsigned int end)
{
	const struct pair *p =
		m->pair_of_flow[flow] != NO_PAIR ? &m->pairs[m->pair_of_flow[flow]] : NULL;

	return p != NULL && p->side[end].sock != NULL ? &p->side[end] : NULL;
}

static int pair_for(struct match *m, size_t flow, struct pair **ret_p)
{
	uint32_t list;
	size_t cap = m->pair_cap;
	struct pair *grown;
	struct pair *p;

	if (m->pair_of_flow[flow] != NO_PAIR) {
		*ret_p = &m->pairs[m->pair_of_flow[flow]];
		return 0;
	}
	grown = m->pair_count < NO_PAIR - 1
			? match_grow(m->pairs, &cap, m->pair_count + 1u, sizeof(*grown))
			: NULL;
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	m->pairs = grown;
	m->pair_cap = (uint32_t)min_u64(cap, UINT32_MAX);
	m->pair_of_flow[flow] = m->pair_count;
	p = &m->pairs[m->pair_count++];
	memset(p, 0, sizeof(*p));
	p->flow = match_flow_at(m, flow, &list);
	p->packets = m->flows[list].section;
	p->clock[0] = p->clock[1] = UINT32_MAX;
	*ret_p = p;
	return 0;
}

static int keep_pieces(struct match *m, const struct likeness *l, struct pair_side *side)
{
	size_t n = (size_t)l->piece_count[0] + l->piece_count[1];
	struct shift_piece *pieces;

	if (n == 0) {
		return 0;
	}
	pieces = arena_alloc(&m->arena, n * sizeof(*pieces));
	if (pieces == NULL) {
		return ERR_NOMEM;
	}
	for (unsigned int dir = 0; dir < 2; dir++) {
		side->piece_count[dir] = l->piece_count[dir];
		if (l->piece_count[dir] > 0) {
			memcpy(&pieces[dir == 1 ? l->piece_count[0] : 0], m->work.pieces[dir],
			       l->piece_count[dir] * sizeof(*pieces));
		}
	}
	side->pieces = pieces;
	return 0;
}

int match_add(struct match *m, size_t flow, unsigned int end, size_t sock, enum match_reason reason,
	      const struct likeness *l, bool assumed)
{
	struct pair_side *side;
	struct pair *p;
	uint32_t list;
	int rc = pair_for(m, flow, &p);

	if (rc != 0) {
		return rc;
	}
	side = &p->side[end];
	p->reason = p->reason > (uint8_t)reason ? p->reason : (uint8_t)reason;
	for (unsigned int dir = 0; dir < 2; dir++) {
		side->shift[dir] = l->shift[dir];
		side->aligned[dir] = l->aligned[dir];
		side->agree += l->agree[dir];
		side->differ += l->differ[dir];
		side->byte_difference[dir] = l->byte_difference[dir];
		side->equal_bytes[dir] = l->counts[dir] == COUNTS_EQUAL;
	}
	side->assumed = assumed;
	side->sock = match_sock_at(m, sock, &list);
	if (m->pair_of_sock[sock] == NO_PAIR) {
		m->pair_of_sock[sock] = m->pair_of_flow[flow];
	}
	return keep_pieces(m, l, side);
}

int64_t pair_shift(const struct pair_side *s, unsigned int dir, uint64_t offset)
{
	const struct shift_piece *p =
		s->pieces != NULL ? s->pieces + (dir == 1 ? s->piece_count[0] : 0) : NULL;
	uint32_t lo = 0;
	uint32_t hi = s->piece_count[dir];

	if (p == NULL || hi == 0) {
		return s->shift[dir];
	}
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (p[mid].from <= offset) {
			lo = mid;
		} else {
			hi = mid;
		}
	}
	return p[lo].shift;
}

static unsigned int weight(uint8_t why)
{
	switch (why) {
	case UNMATCHED_BYTES_DIFFER: return 3;
	case UNMATCHED_GENERATION: return 2;
	case UNMATCHED_TOO_LITTLE: return 1;
	default: return 0;
	}
}

void match_refuse_flow(struct match *m, size_t flow, enum unmatched_reason why)
{
	if (m->flow_reason[flow] == UNMATCHED_REASONS ||
	    weight(m->flow_reason[flow]) < weight((uint8_t)why)) {
		m->flow_reason[flow] = (uint8_t)why;
	}
}

void match_refuse_sock(struct match *m, size_t sock, enum unmatched_reason why)
{
	if (m->sock_reason[sock] == UNMATCHED_REASONS ||
	    weight(m->sock_reason[sock]) < weight((uint8_t)why)) {
		m->sock_reason[sock] = (uint8_t)why;
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

/* By list of calls, then list of packets. */
static uint64_t clock_rank(const struct match *m, const struct section *calls,
			   const struct section *packets)
{
	return (uint64_t)match_list_of(m, 1, calls) << 32 | match_list_of(m, 0, packets);
}

const struct clock_pair *match_clock(const struct match *m, const struct section *calls,
				     const struct section *packets)
{
	uint64_t rank = clock_rank(m, calls, packets);
	uint32_t lo = 0;
	uint32_t hi = m->clock_count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		uint64_t at = clock_rank(m, m->clocks[mid].calls, m->clocks[mid].packets);

		if (at == rank) {
			return &m->clocks[mid];
		}
		if (at < rank) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return NULL;
}

bool match_clock_known(const struct match *m, const struct section *calls,
		       const struct section *packets)
{
	const struct clock_pair *c = match_clock(m, calls, packets);

	return m->opt.offset_given || calls == packets || (c != NULL && c->origin != CLOCK_UNKNOWN);
}

static uint64_t slack_of(const struct clock_pair *c)
{
	if (c == NULL || c->low_ns == INT64_MIN || c->high_ns == INT64_MAX ||
	    c->high_ns < c->low_ns) {
		return MEET_SLACK_NS;
	}
	return MEET_SLACK_NS + min_u64((uint64_t)c->high_ns - (uint64_t)c->low_ns, UINT64_MAX / 8);
}

/* A time of the flow by the calls' clock. Only where match_clock_known. */
static uint64_t to_calls(const struct match *m, const struct clock_pair *c, uint64_t ns)
{
	if (c != NULL && c->origin != CLOCK_UNKNOWN) {
		return clock_to_calls(c, ns);
	}
	return ns != 0 && m->opt.offset_given ? ns - (uint64_t)m->opt.offset_ns : ns;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

enum meeting match_meet(const struct match *m, const struct flow *f, const struct sock *s,
			uint64_t *ret_apart_ns)
{
	const struct clock_pair *c = match_clock(m, s->section, f->section);
	uint64_t from, to, begin, end, slack;

	*ret_apart_ns = 0;
	if (!match_clock_known(m, s->section, f->section) || f->first_ns == 0 || s->first_ns == 0) {
		return MEET_UNKNOWN;
	}
	slack = slack_of(c);
	from = to_calls(m, c, f->first_ns);
	to = to_calls(m, c, f->last_ns);
	begin = s->open_begin_ns != 0 && s->open_begin_exact
			? min_u64(s->open_begin_ns, s->first_ns)
			: s->first_ns;
	end = max_u64(s->last_ns, s->close_ns);
	if (begin > to && begin - to > slack) {
		*ret_apart_ns = begin - to;
		return MEET_NO;
	}
	if (from > end && from - end > slack) {
		*ret_apart_ns = from - end;
		return MEET_NO;
	}
	if ((f->flags & FLOW_START_MISSED) == 0 && (s->flags & SOCK_INHERITED) == 0) {
		*ret_apart_ns = distance(from, begin);
	}
	return MEET_YES;
}

/* ---- confidence ------------------------------------------------------------------------------ */

static int side_confidence(const struct match *m, const struct pair *p, const struct pair_side *s)
{
	uint64_t agree = s->agree;
	uint64_t differ = s->differ;
	unsigned int equal = 0;
	unsigned int busy = 0;
	uint64_t apart;
	int points;

	for (unsigned int dir = 0; dir < 2; dir++) {
		bool bytes = s->sock->bytes[dir] > 0 || s->byte_difference[dir] != 0;

		busy += bytes;
		equal += bytes && s->equal_bytes[dir];
	}
	switch (p->reason) {
	case MATCH_SEQUENCE: points = 100; break;
	case MATCH_TUPLE_BYTES:
		points = 60 + (int)(20 * agree / (agree + 1)) + 5 * (int)min_u64(agree, busy) +
			 (equal == busy ? 10 : 0) - (s->pieces != NULL ? 10 : 0);
		break;
	case MATCH_TUPLE:
		points = 35 + 10 * (int)equal +
			 (match_meet(m, p->flow, s->sock, &apart) == MEET_YES ? 10 : 0);
		break;
	default: points = 30 + (int)(25 * agree / (agree + 4)) + 5 * (int)equal; break;
	}
	points -= differ > 0 ? (int)(60 * differ / (agree + differ)) : 0;
	points -= s->assumed ? 15 : 0;
	return points < 1 ? 1 : points > 100 ? 100 : points;
}

static void rate(struct match *m)
{
	for (uint32_t i = 0; i < m->pair_count; i++) {
		struct pair *p = &m->pairs[i];
		int least = 100;

		for (unsigned int end = 0; end < 2; end++) {
			int c = p->side[end].sock != NULL ? side_confidence(m, p, &p->side[end])
							  : 100;

			least = c < least ? c : least;
		}
		p->confidence = (uint8_t)least;
	}
}

/* ---- order ----------------------------------------------------------------------------------- */

static bool in_order(const struct match *m)
{
	uint32_t n = 0;

	for (size_t i = 0; i < m->flow_count; i++) {
		if (m->pair_of_flow[i] != NO_PAIR && m->pair_of_flow[i] != n++) {
			return false;
		}
	}
	return true;
}

static int sort_pairs(struct match *m)
{
	struct pair *sorted = malloc((m->pair_count + 1u) * sizeof(*sorted));
	uint32_t n = 0;

	if (sorted == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < m->flow_count; i++) {
		if (m->pair_of_flow[i] != NO_PAIR) {
			sorted[n] = m->pairs[m->pair_of_flow[i]];
			m->pair_of_flow[i] = n++;
		}
	}
	free(m->pairs);
	m->pairs = sorted;
	m->pair_cap = m->pair_count + 1;
	return 0;
}

/* Pairs in the order of flows; then each socket learns its best. */
static int settle(struct match *m)
{
	if (!in_order(m) && sort_pairs(m) != 0) {
		return ERR_NOMEM;
	}
	memset(m->pair_of_sock, 0xff, (m->sock_count + 1) * sizeof(*m->pair_of_sock));
	for (uint32_t i = 0; i < m->pair_count; i++) {
		for (unsigned int end = 0; end < 2; end++) {
			struct sock *s = m->pairs[i].side[end].sock;
			uint32_t *best =
				s != NULL ? &m->pair_of_sock[match_sock_index(m, s)] : NULL;

			if (best != NULL && (*best == NO_PAIR ||
					     m->pairs[*best].confidence < m->pairs[i].confidence)) {
				*best = i;
				s->match = &m->pairs[i];
			}
		}
	}
	return 0;
}

/* Bytes first; then with the clocks that these give; without payload, those with no choice first, for the clock that
 * the others need; then whoever fits by order, and reasons. */
static int match_tuples(struct match *m)
{
	struct tuples *t = NULL;
	int rc = tuples_new(m, &t);

	rc = rc == 0 ? tuples_match(m, t, TUPLES_BYTES) : rc;
	if (rc == 0 && tuples_undecided(t)) {
		rc = match_clocks_estimate(m);
		rc = rc == 0 ? tuples_match(m, t, TUPLES_BYTES) : rc;
		rc = rc == 0 ? match_clocks_estimate(m) : rc;
	}
	if (rc == 0 && tuples_undecided(t)) {
		rc = tuples_match(m, t, TUPLES_SINGLE);
		rc = rc == 0 ? match_clocks_estimate(m) : rc;
	}
	rc = rc == 0 ? tuples_match(m, t, TUPLES_LAST) : rc;
	tuples_free(t);
	return rc;
}

static int match_all(struct match *m)
{
	int rc = 0;

	if (m->flow_count > 0 && m->sock_count > 0) {
		rc = match_tuples(m);
		rc = rc == 0 ? match_by_payload(m) : rc;
	}
	rate(m);
	rc = rc == 0 ? settle(m) : rc;
	rc = rc == 0 ? match_clocks_estimate(m) : rc;
	return rc == 0 ? match_reasons(m) : rc;
}

int match_lists(struct flow_list *flows, uint32_t flow_lists, struct sock_list *socks,
		uint32_t sock_lists, const struct match_options *opt, struct match **ret_m)
{
	struct match *m = calloc(1, sizeof(*m));
	int rc;

	if (m == NULL) {
		free(flows);
		free(socks);
		return ERR_NOMEM;
	}
	m->flows = flows;
	m->socks = socks;
	m->flow_lists = flow_lists;
	m->sock_lists = sock_lists;
	m->opt = *opt;
	m->seed = hash_seed(m);
	arena_init(&m->arena);
	rc = number_lists(m);
	rc = rc == 0 ? make_indices(m) : rc;
	rc = rc == 0 ? match_all(m) : rc;
	if (rc != 0) {
		match_free(m);
		return rc;
	}
	match_work_release(&m->work);
	*ret_m = m;
	return 0;
}

/* ---- what is asked --------------------------------------------------------------------------- */

const struct pair *match_pairs(const struct match *m, size_t *ret_count)
{
	*ret_count = m->pair_count;
	return m->pairs;
}

const struct clock_pair *match_clocks(const struct match *m, size_t *ret_count)
{
	*ret_count = m->clock_count;
	return m->clocks;
}

const struct pair *match_pair_of_flow(const struct match *m, const struct flow *f)
{
	uint32_t i = m->pair_of_flow[match_flow_index(m, f)];

	return i != NO_PAIR ? &m->pairs[i] : NULL;
}

const struct pair *match_pair_of_sock(const struct match *m, const struct sock *s)
{
	uint32_t i = m->pair_of_sock[match_sock_index(m, s)];

	return i != NO_PAIR ? &m->pairs[i] : NULL;
}

enum unmatched_reason match_flow_reason(const struct match *m, const struct flow *f)
{
	return m->flow_reason[match_flow_index(m, f)];
}

enum unmatched_reason match_sock_reason(const struct match *m, const struct sock *s)
{
	return m->sock_reason[match_sock_index(m, s)];
}
