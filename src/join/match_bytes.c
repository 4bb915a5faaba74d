/*
 * match_bytes.c - one flow and one socket: where the socket's bytes lie in the flow's streams, and
 * whether payload and counts agree there. Reads knots of both, produces a struct likeness. One thread.
 *
 * Where both saw the connection's start, equal places have equal offsets. Else, or when they contradict
 * each other there (calls are missing), equal prints that are rare on both sides are anchors, and the
 * longest chain of anchors whose shift only grows is the alignment: calls that are missing make the
 * flow's offsets run ahead, segments that are missing do not (they are counted by sequence number).
 * Datagrams may be missing on either side: there the chain is the longest in order. All of it n log n.
 */
#include "join/match_internal.h"

/* Anchors that a shift needs where nothing speaks for one. */
#define ANCHORS_UNASKED 3
/* So many places that agree stand against counts that do not: by first bytes alone, or deep. */
#define AGREE_SURE 8
#define DEEP_SURE 4

void match_work_release(struct match_work *w)
{
	free(w->flow.at);
	free(w->sock.at);
	for (unsigned int i = 0; i < 2; i++) {
		free(w->sorted[i]);
		free(w->pieces[i]);
	}
	free(w->anchors);
	free(w->tails);
	memset(w, 0, sizeof(*w));
}

void *match_grow(void *old, size_t *io_cap, size_t count, size_t size)
{
	size_t cap = *io_cap;
	void *grown;

	if (count <= cap) {
		return old;
	}
	while (cap < count) {
		cap = cap == 0 ? 16 : cap * 2;
	}
	grown = realloc(old, cap * size);
	if (grown != NULL) {
		*io_cap = cap;
	}
	return grown;
}

/* ---- places ---------------------------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;

	if (x->offset != y->offset) {
		return x->offset < y->offset ? -1 : 1;
	}
	if (x->len != y->len) {
		return x->len < y->len ? 1 : -1;
	}
	return x->print < y->print ? -1 : x->print > y->print;
}

static int load_places(struct places *p, const struct knots *k, size_t limit)
{
	struct knot_walk walk = { 0 };
	bool sorted = true;
	struct place *at;
	struct knot x;

	p->count = 0;
	while (k != NULL && knots_next(k, &walk, &x)) {
		if (x.kind != KNOT_DATA || x.len == 0) {
			continue;
		}
		if (p->count == limit) {
			break;
		}
		at = match_grow(p->at, &p->cap, p->count + 1, sizeof(*at));
		if (at == NULL) {
			return ERR_NOMEM;
		}
		p->at = at;
		sorted = sorted && (p->count == 0 || p->at[p->count - 1].offset <= x.offset);
		p->at[p->count++] = (struct place){ x.offset, x.len, x.print, x.deep };
	}
	if (!sorted) {
		qsort(p->at, p->count, sizeof(*p->at), by_offset);
	}
	return 0;
}

/* ---- counting agreement ---------------------------------------------------------------------- */

struct shift_list {
	const struct shift_piece *at;
	size_t count;
};

/* The first place at offset or behind it. */
static size_t place_from(const struct places *p, uint64_t offset)
{
	size_t lo = 0;
	size_t hi = p->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->at[mid].offset < offset) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

/* What of a direction agrees. */
struct tally {
	uint32_t agree, differ;
	uint32_t deep; /* of the agreeing */
	uint32_t
		fits; /* of the agreeing, calls that end where a segment does; counted up to FITS */
};

#define FITS 2

/* A segment begins or ends at this offset. */
static bool is_edge(const struct places *p, uint64_t offset)
{
	size_t i = place_from(p, offset);

	return (i < p->count && p->at[i].offset == offset) ||
	       (i > 0 && p->at[i - 1].offset + p->at[i - 1].len == offset);
}

static struct tally tally(const struct match_work *w, const struct shift_list *shifts)
{
	struct tally t = { 0 };
	size_t piece = 0;
	size_t j = 0;
	bool known = false; /* j stands where the piece needs it */

	for (size_t i = 0; i < w->sock.count; i++) {
		const struct place *s = &w->sock.at[i];
		uint64_t target;

		while (piece + 1 < shifts->count && shifts->at[piece + 1].from <= s->offset) {
			piece++;
			known = false;
		}
		target = s->offset + (uint64_t)shifts->at[piece].shift;
		if ((int64_t)target < 0) { /* before the flow's first byte */
			continue;
		}
		if (!known) {
			j = place_from(&w->flow, target);
			known = true;
		}
		while (j < w->flow.count && w->flow.at[j].offset < target) {
			j++;
		}
		if (j == w->flow.count || w->flow.at[j].offset != target ||
		    !place_comparable(s, &w->flow.at[j])) {
			continue;
		}
		if (!place_equal(s, &w->flow.at[j])) {
			t.differ++;
			continue;
		}
		t.agree++;
		t.deep += place_deep_comparable(s, &w->flow.at[j]);
		t.fits += t.fits < FITS && is_edge(&w->flow, target + s->len);
	}
	return t;
}

static void take_tally(struct likeness *l, unsigned int dir, const struct tally *t)
{
	l->agree[dir] = t->agree;
	l->differ[dir] = t->differ;
	l->deep[dir] = t->deep;
	l->fits[dir] = t->fits > 0;
}

static uint32_t printed(const struct places *p)
{
	uint32_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		n += p->at[i].print != 0;
	}
	return n;
}

/* Of datagrams that either side may lack, only those contradict that have nobody on both sides. */
static void forgive_lost(const struct match_work *w, struct likeness *l, unsigned int dir)
{
	uint32_t flow = printed(&w->flow);
	uint32_t sock = printed(&w->sock);
	uint32_t fewer = flow < sock ? flow : sock;
	uint32_t alone = fewer > l->agree[dir] ? fewer - l->agree[dir] : 0;

	l->differ[dir] = l->differ[dir] < alone ? l->differ[dir] : alone;
}

/* ---- one direction --------------------------------------------------------------------------- */

struct direction {
	const struct flow *f;
	const struct sock *s;
	unsigned int from; /* end of the flow that sends */
	unsigned int dir; /* 0 received by the socket, 1 sent */
	bool tcp;
	/* What the flow and the socket know of the end of the stream. */
	bool flow_end, flow_reset, sock_end;
	uint64_t flow_total;
};

static void look_at_ends(struct direction *d)
{
	const struct flow_side *side = &d->f->side[d->from];
	const struct knots *k = d->f->knots[d->from];
	const struct knots *calls = &d->s->knots[d->dir];

	d->flow_total = d->tcp ? side->stream_bytes : side->payload_bytes;
	d->flow_reset = side->resets > 0 || d->f->side[1 - d->from].resets > 0;
	d->flow_end = d->tcp && side->fins > 0;
	d->sock_end = (d->s->flags & SOCK_CLOSED) != 0;
	if (k != NULL && k->count > 0 && k->kind == KNOT_END && d->flow_end) {
		d->flow_total = k->end;
	}
	if (calls->count > 0 && calls->kind == KNOT_END) {
		d->sock_end = true;
	} else if (d->dir == 0) {
		/* Who closes with bytes unread sends a RST. */
		d->sock_end = d->sock_end && d->f->side[1 - d->from].fins > 0 &&
			      d->f->side[1 - d->from].resets == 0;
	}
}

/* Offset 0 is the first byte: the SYN of either end tells both starts. */
static bool flow_start_known(const struct direction *d)
{
	const struct flow *f = d->f;

	return !d->tcp || (f->flags & FLOW_START_MISSED) == 0 ||
	       f->side[0].syns + f->side[1].syns > 0;
}

/* May offsets differ, for reasons known? */
static bool may_shift(const struct direction *d)
{
	return !d->tcp || !flow_start_known(d) ||
	       (d->s->flags & (SOCK_INHERITED | SOCK_BLIND | SOCK_DROPS)) != 0;
}

static bool starts_together(const struct direction *d)
{
	return flow_start_known(d) && (d->s->flags & SOCK_INHERITED) == 0;
}

/* As if shift held everywhere. */
static void try_shift(const struct match_work *w, int64_t shift, struct likeness *l,
		      unsigned int dir)
{
	struct shift_piece only = { 0, shift };
	struct shift_list list = { &only, 1 };
	struct tally t = tally(w, &list);

	l->shift[dir] = shift;
	l->piece_count[dir] = 0;
	take_tally(l, dir, &t);
}

/* Aligns by anchors; leaves l as it is when that gives nothing better. */
static int try_anchors(struct match_work *w, const struct direction *d, struct likeness *l)
{
	unsigned int dir = d->dir;
	struct shift_list list;
	uint32_t count;
	struct tally t;
	size_t anchors;
	int rc = match_align(w, dir, d->tcp, &count, &anchors);

	if (rc != 0 || count == 0) {
		return rc;
	}
	if (l->aligned[dir] && !may_shift(d) && anchors < ANCHORS_UNASKED) {
		return 0;
	}
	list = (struct shift_list){ w->pieces[dir], count };
	t = tally(w, &list);
	if (t.agree < l->agree[dir] ||
	    (t.agree == l->agree[dir] && t.differ >= l->differ[dir] && l->aligned[dir])) {
		return 0;
	}
	l->shift[dir] = w->pieces[dir][0].shift;
	l->aligned[dir] = true;
	take_tally(l, dir, &t);
	l->piece_count[dir] = count > 1 ? count : 0;
	return 0;
}

/* Ends that were seen on both sides are the same place. */
static bool try_ends(const struct match_work *w, const struct direction *d, struct likeness *l)
{
	if (!d->tcp || !d->flow_end || !d->sock_end || d->flow_reset ||
	    (d->s->flags & (SOCK_BLIND | SOCK_DROPS)) != 0) {
		return false;
	}
	try_shift(w, (int64_t)(d->flow_total - d->s->bytes[d->dir]), l, d->dir);
	l->aligned[d->dir] = l->differ[d->dir] == 0;
	return l->aligned[d->dir];
}

/* Both may begin at the same place although one of them does not know it. */
static bool try_start(const struct match_work *w, const struct direction *d, struct likeness *l)
{
	try_shift(w, 0, l, d->dir);
	l->aligned[d->dir] = l->deep[d->dir] > 0 && l->differ[d->dir] == 0;
	return l->aligned[d->dir];
}

/* Where no anchors were found: by the ends, unless bytes speak for the start. */
static void try_borders(const struct match_work *w, const struct direction *d, struct likeness *l)
{
	struct likeness ends = *l;
	struct likeness start = *l;
	bool by_ends = try_ends(w, d, &ends);
	bool by_start = try_start(w, d, &start);

	if (by_ends && (!by_start || ends.agree[d->dir] >= start.agree[d->dir])) {
		*l = ends;
	} else if (by_start) {
		*l = start;
	}
}

/* Nothing is gained by looking for another alignment than that of the start. */
static bool fits(const struct match_work *w, const struct direction *d, const struct likeness *l)
{
	if (l->differ[d->dir] > 0) {
		return false;
	}
	if (!d->tcp) {
		return l->agree[d->dir] == w->sock.count;
	}
	return !may_shift(d) &&
	       (l->agree[d->dir] == w->sock.count || d->flow_total == d->s->bytes[d->dir]);
}

/* Bytes of a stream that may lie outside of what both saw, and still be of the same connection. */
#define SEQ_SLACK (INT64_C(1) << 20)

/* How far the piece's offsets lie behind those of the flow: sequence numbers tell it modulo 2^32, so the one next to
 * what is known. */
static int64_t seq_shift(const struct direction *d, const struct seq_piece *x, const int64_t *before)
{
	uint32_t apart = x->base - d->f->side[d->from].first_seq;

	if (before != NULL) {
		return *before + (int32_t)(apart - (uint32_t)*before);
	}
	return !starts_together(d) && apart < d->flow_total ? (int64_t)apart : (int32_t)apart;
}

/* Places by sequence numbers: nothing has to be found. */
static int align_by_seqs(struct match_work *w, const struct direction *d, struct likeness *l)
{
	const struct seq_piece *x = d->s->seqs->at[d->dir];
	uint32_t count = d->s->seqs->count[d->dir];
	unsigned int dir = d->dir;
	struct shift_piece *p = match_grow(w->pieces[dir], &w->piece_cap[dir], count, sizeof(*p));
	struct tally t;
	int64_t first, last;

	if (p == NULL) {
		return ERR_NOMEM;
	}
	w->pieces[dir] = p;
	for (uint32_t i = 0; i < count; i++) {
		p[i] = (struct shift_piece){ i == 0 ? 0 : x[i].from,
					     seq_shift(d, &x[i], i > 0 ? &p[i - 1].shift : NULL) };
	}
	t = tally(w, &(struct shift_list){ p, count });
	take_tally(l, dir, &t);
	l->shift[dir] = p[0].shift;
	l->aligned[dir] = true;
	l->piece_count[dir] = count > 1 ? count : 0;
	first = (int64_t)x[0].from + p[0].shift;
	last = (int64_t)d->s->bytes[dir] + p[count - 1].shift;
	l->exact[dir] = first < (int64_t)d->flow_total && last > 0;
	l->apart |= first > (int64_t)d->flow_total + SEQ_SLACK || last < -SEQ_SLACK;
	return 0;
}

static bool has_seqs(const struct direction *d)
{
	const struct sock_seqs *q = d->s->seqs;

	return d->tcp && q != NULL && q->count[d->dir] > 0 && d->f->side[d->from].packets > 0;
}

static int align(struct match_work *w, const struct direction *d, struct likeness *l)
{
	int rc;

	if (has_seqs(d)) {
		return align_by_seqs(w, d, l);
	}
	if (starts_together(d)) {
		l->aligned[d->dir] = true;
		try_shift(w, 0, l, d->dir);
		if (fits(w, d, l)) {
			return 0;
		}
	}
	l->found |= !l->aligned[d->dir] && d->tcp;
	rc = try_anchors(w, d, l);
	if (rc == 0 && !l->aligned[d->dir]) {
		try_borders(w, d, l);
	}
	return rc;
}

/* ---- counts ---------------------------------------------------------------------------------- */

static int64_t last_shift(const struct match_work *w, const struct likeness *l, unsigned int dir)
{
	return l->piece_count[dir] > 0 ? w->pieces[dir][l->piece_count[dir] - 1].shift
				       : l->shift[dir];
}

static bool is_lossy(const struct direction *d)
{
	return (d->s->flags & (SOCK_BLIND | SOCK_DROPS)) != 0 || d->s->section->drop_events > 0;
}

static enum counts judge_counts(const struct direction *d, const struct likeness *l)
{
	int64_t more = l->byte_difference[d->dir];
	bool complete = starts_together(d);
	bool closed;

	if (!l->aligned[d->dir]) {
		return COUNTS_UNKNOWN;
	}
	if (more == 0) {
		return complete ? COUNTS_EQUAL : COUNTS_UNKNOWN;
	}
	if (!d->tcp || l->exact[d->dir]) {
		return COUNTS_UNKNOWN;
	}
	if (more >
	    0) { /* on the wire, not in the calls: where no call is seen at all, they were not recorded */
		return d->sock_end && !is_lossy(d) && d->s->bytes[d->dir] > 0 ? COUNTS_CLASH
									      : COUNTS_UNKNOWN;
	}
	/* In the calls, not on the wire: who closes has acknowledged what there was. */
	closed = d->f->side[0].fins + d->f->side[1].fins > 0;
	return closed && !d->flow_reset ? COUNTS_CLASH : COUNTS_UNKNOWN;
}

static int one_direction(struct match_work *w, struct direction *d, size_t limit,
			 struct likeness *l)
{
	unsigned int dir = d->dir;
	int rc;

	look_at_ends(d);
	rc = load_places(&w->flow, d->f->knots[d->from], limit);
	rc = rc == 0 ? load_places(&w->sock, &d->s->knots[dir], limit) : rc;
	rc = rc == 0 ? align(w, d, l) : rc;
	if (rc != 0) {
		return rc;
	}
	if (!d->tcp) {
		forgive_lost(w, l, dir);
	}
	l->bytes[dir] = d->flow_total > 0 || d->s->bytes[dir] > 0;
	l->byte_difference[dir] = (int64_t)(d->flow_total - d->s->bytes[dir]);
	if (l->aligned[dir]) {
		l->byte_difference[dir] -= last_shift(w, l, dir);
		if (d->tcp && !d->flow_end && l->byte_difference[dir] == 1) {
			l->byte_difference[dir] =
				0; /* a FIN that was acknowledged, not seen, has a number too */
		}
	}
	l->counts[dir] = (uint8_t)judge_counts(d, l);
	return 0;
}

int match_bytes(struct match_work *w, const struct flow *f, unsigned int end, const struct sock *s,
		size_t limit, struct likeness *ret_l)
{
	struct likeness l = { 0 };
	int rc = 0;

	for (unsigned int dir = 0; dir < 2 && rc == 0; dir++) {
		struct direction d = {
			.f = f, .s = s, .from = dir == 1 ? end : 1 - end, .dir = dir
		};

		d.tcp = f->key.ip_proto == IP_TCP;
		rc = one_direction(w, &d, limit, &l);
	}
	if (rc == 0) {
		*ret_l = l;
	}
	return rc;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static uint32_t both(const uint32_t x[2])
{
	return x[0] + x[1];
}

/* First bytes alone ("HTTP/1.1") agree by chance, so a few places that differ weigh more, and so do
 * counts. */
bool likeness_contradicts(const struct likeness *l)
{
	bool clash = l->counts[0] == COUNTS_CLASH || l->counts[1] == COUNTS_CLASH;
	uint32_t agree = both(l->agree);
	uint32_t differ = both(l->differ);

	return l->apart || (differ > 0 && (clash || (uint64_t)differ * 3 > agree)) ||
	       (clash && both(l->deep) < DEEP_SURE && agree < AGREE_SURE);
}

/* Few places that agree must be backed by a count, or by the end of a call; first bytes alone by all
 * counts, or both. One place is not enough where the alignment was chosen by it. */
bool likeness_proves(const struct likeness *l)
{
	uint32_t agree = both(l->agree);
	bool backed = l->fits[0] || l->fits[1] || (l->counts[0] == COUNTS_EQUAL && l->bytes[0]) ||
		      (l->counts[1] == COUNTS_EQUAL && l->bytes[1]);

	if (likeness_exact(l)) {
		return true;
	}
	if (agree < (l->found ? 2 : 1) || likeness_contradicts(l)) {
		return false;
	}
	return (both(l->deep) > 0 && backed) || both(l->deep) >= DEEP_SURE || agree >= AGREE_SURE ||
	       likeness_counts(l) || (l->fits[0] && l->fits[1]);
}

bool likeness_exact(const struct likeness *l)
{
	return (l->exact[0] || l->exact[1]) && !likeness_contradicts(l);
}

bool likeness_counts(const struct likeness *l)
{
	return (l->bytes[0] || l->bytes[1]) && (l->counts[0] == COUNTS_EQUAL || !l->bytes[0]) &&
	       (l->counts[1] == COUNTS_EQUAL || !l->bytes[1]);
}

uint32_t likeness_score(const struct likeness *l)
{
	uint64_t score = 4 * (min_u64(l->agree[0], 1u << 20) + min_u64(l->agree[1], 1u << 20));
	uint64_t less = 12 * (min_u64(l->differ[0], 1u << 20) + min_u64(l->differ[1], 1u << 20));

	for (unsigned int dir = 0; dir < 2; dir++) {
		score += l->exact[dir] ? 1u << 24 : 0;
		score += l->counts[dir] == COUNTS_EQUAL && l->bytes[dir] ? 8 : 0;
		less += l->counts[dir] == COUNTS_CLASH ? 8 : 0;
	}
	return (uint32_t)(score > less ? score - less : 0);
}
