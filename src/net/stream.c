/*
 * stream.c - see stream.h. Early bytes stand in pieces, sorted by offset, that do not overlap; neighbours may
 * touch. A piece grows only at its end, so filling backwards makes many pieces, not many copies. Runs in the
 * shard of the flow.
 */
#include "net/stream.h"

/* What a piece costs beside its bytes: itself, and what the allocator adds. */
#define PIECE_COST 64
#define PIECE_MIN 512

struct piece {
	uint64_t off;
	uint32_t len;		/* on the wire */
	uint32_t have;		/* bytes in data, from its start: the rest was not captured, or nobody wants it */
	uint32_t cap;
	uint8_t *data;		/* owns; NULL: none kept */
};

struct range {
	uint64_t off, end;
};

struct early {
	struct piece *pieces;	/* owns; first to first + count are in use */
	uint32_t first, count, cap;
	size_t bytes;		/* taken from the budget */
	struct range lost[STREAM_LOST];	/* given up lately, in no order; empty ones have off == end */
	unsigned int lost_at;
};

static struct piece *piece_at(const struct early *e, uint32_t i)
{
	return &e->pieces[e->first + i];
}

static uint64_t piece_end(const struct piece *p)
{
	return p->off + p->len;
}

static int need_early(struct tcp_stream *s)
{
	if (s->early == NULL) {
		s->early = calloc(1, sizeof(*s->early));
	}
	return s->early != NULL ? 0 : ERR_NOMEM;
}

/* ---- memory of pieces ------------------------------------------------------------------------ */

static void charge(struct early *e, struct stream_budget *b, size_t n)
{
	e->bytes += n;
	b->used += n;
}

static void refund(struct early *e, struct stream_budget *b, size_t n)
{
	e->bytes -= n;
	b->used -= n;
}

static void free_bytes(struct early *e, struct stream_budget *b, struct piece *p)
{
	refund(e, b, p->cap);
	free(p->data);
	p->data = NULL;
	p->cap = 0;
	p->have = 0;
}

/* Takes the first piece out; the caller frees its data and has it refunded by then. */
static void drop_first(struct early *e, struct stream_budget *b)
{
	free_bytes(e, b, piece_at(e, 0));
	refund(e, b, PIECE_COST);
	e->first++;
	e->count--;
	if (e->count == 0) {
		e->first = 0;
	}
}

/* An empty piece before the i-th. */
static int insert_piece(struct early *e, struct stream_budget *b, uint32_t i, uint64_t off, struct piece **ret_p)
{
	struct piece *p;

	if (e->first + e->count == e->cap && e->first > 0) {
		memmove(e->pieces, &e->pieces[e->first], e->count * sizeof(*e->pieces));
		e->first = 0;
	}
	if (e->first + e->count == e->cap) {
		uint32_t cap = e->cap == 0 ? 4 : e->cap * 2;
		struct piece *grown = realloc(e->pieces, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		e->pieces = grown;
		e->cap = cap;
	}
	p = piece_at(e, i);
	memmove(p + 1, p, (e->count - i) * sizeof(*p));
	e->count++;
	charge(e, b, PIECE_COST);
	memset(p, 0, sizeof(*p));
	p->off = off;
	*ret_p = p;
	return 0;
}

static int append_bytes(struct early *e, struct stream_budget *b, struct piece *p, const uint8_t *data, uint32_t n)
{
	if (n > p->cap - p->have) {
		uint32_t cap = p->cap == 0 ? (n < PIECE_MIN ? PIECE_MIN : n) : p->cap * 2;
		uint8_t *grown;

		while (cap - p->have < n) {	/* at most LIMIT_REORDER_BYTES and one segment */
			cap *= 2;
		}
		grown = realloc(p->data, cap);
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		charge(e, b, cap - p->cap);
		p->data = grown;
		p->cap = cap;
	}
	memcpy(p->data + p->have, data, n);
	p->have += n;
	return 0;
}

void tcp_stream_drop_content(struct tcp_stream *s, struct stream_budget *b)
{
	struct early *e = s->early;

	for (uint32_t i = 0; e != NULL && i < e->count; i++) {
		free_bytes(e, b, piece_at(e, i));
	}
}

void tcp_stream_release(struct tcp_stream *s, struct stream_budget *b)
{
	struct early *e = s->early;

	if (e == NULL) {
		return;
	}
	while (e->count > 0) {
		drop_first(e, b);
	}
	free(e->pieces);
	free(e);
	s->early = NULL;
}

/* ---- what was lost --------------------------------------------------------------------------- */

static void remember_lost(struct early *e, uint64_t off, uint64_t end)
{
	e->lost[e->lost_at] = (struct range){ off, end };
	e->lost_at = (e->lost_at + 1) % STREAM_LOST;
}

/* How many of the bytes in [off, end), all behind the edge, had been given up; they are seen now. */
static uint32_t regain(struct early *e, uint64_t off, uint64_t end)
{
	uint64_t n = 0;

	for (unsigned int i = 0; e != NULL && i < STREAM_LOST; i++) {
		struct range *r = &e->lost[i];
		uint64_t from = max_u64(off, r->off);
		uint64_t to = min_u64(end, r->end);

		if (from >= to) {
			continue;
		}
		n += to - from;
		if (from > r->off && to < r->end) {	/* in the middle: two remain */
			uint64_t tail = r->end;

			r->end = from;
			e->lost_at = e->lost_at == i ? (i + 1) % STREAM_LOST : e->lost_at;
			remember_lost(e, to, tail);
		} else if (from > r->off) {
			r->end = from;
		} else {
			r->off = to;
		}
	}
	return (uint32_t)n;
}

/* ---- handing over ---------------------------------------------------------------------------- */

/* len bytes at the edge, of which the first have are here. */
static int hand_over(struct tcp_stream *s, const struct stream_sink *sink, const uint8_t *p, uint32_t have,
		     uint32_t len)
{
	uint64_t off = s->edge;
	int rc = 0;

	s->edge += len;
	if (s->high < s->edge) {
		s->high = s->edge;
	}
	if (have > 0) {
		rc = sink->data(sink->arg, off, p, have);
	}
	if (rc == 0 && have < len) {
		rc = sink->gap(sink->arg, off + have, len - have, true);
	}
	return rc;
}

static int hand_over_first(struct tcp_stream *s, struct stream_budget *b, const struct stream_sink *sink)
{
	struct piece *p = piece_at(s->early, 0);
	int rc = hand_over(s, sink, p->data, p->have, p->len);

	drop_first(s->early, b);
	return rc;
}

/* Pieces that the edge has reached. */
static int hand_over_reached(struct tcp_stream *s, struct stream_budget *b, const struct stream_sink *sink)
{
	int rc = 0;

	while (rc == 0 && s->early != NULL && s->early->count > 0 && piece_at(s->early, 0)->off == s->edge) {
		rc = hand_over_first(s, b, sink);
	}
	return rc;
}

static int hand_over_gap(struct tcp_stream *s, uint64_t end, const struct stream_sink *sink)
{
	uint64_t off = s->edge;

	if (need_early(s) != 0) {
		return ERR_NOMEM;
	}
	remember_lost(s->early, off, end);
	s->edge = end;
	if (s->high < end) {
		s->high = end;
	}
	return sink->gap(sink->arg, off, end - off, false);
}

int tcp_stream_give_up(struct tcp_stream *s, struct stream_budget *b, uint64_t off, const struct stream_sink *sink)
{
	int rc = 0;

	while (rc == 0 && s->edge < off) {
		uint64_t to = off;

		if (s->early != NULL && s->early->count > 0) {
			to = min_u64(to, piece_at(s->early, 0)->off);
		}
		rc = hand_over_gap(s, to, sink);
		if (rc == 0) {
			rc = hand_over_reached(s, b, sink);
		}
	}
	return rc;
}

void tcp_stream_take_back(struct tcp_stream *s, uint64_t off)
{
	DBG_ASSERT(s->edge == s->high && off <= s->edge);
	for (unsigned int i = 0; s->early != NULL && i < STREAM_LOST; i++) {
		struct range *r = &s->early->lost[i];

		r->end = max_u64(r->off, min_u64(r->end, off));
	}
	s->edge = s->high = off;
}

int tcp_stream_flush(struct tcp_stream *s, struct stream_budget *b, const struct stream_sink *sink)
{
	int rc = 0;

	while (rc == 0 && s->early != NULL && s->early->count > 0) {
		rc = tcp_stream_give_up(s, b, piece_at(s->early, 0)->off, sink);
	}
	return rc;
}

/* ---- segments -------------------------------------------------------------------------------- */

/* The first piece that ends behind off. */
static uint32_t find_piece(const struct early *e, uint64_t off)
{
	uint32_t lo = 0;
	uint32_t hi = e->count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (piece_end(piece_at(e, mid)) > off) {
			hi = mid;
		} else {
			lo = mid + 1;
		}
	}
	return lo;
}

/* The captured part of [off, off + n) of a segment. */
static uint32_t part_of(const struct stream_segment *seg, uint64_t off, uint32_t n, const uint8_t **ret_p)
{
	uint32_t skip = (uint32_t)(off - seg->off);
	uint32_t have = seg->cap > skip ? seg->cap - skip : 0;

	*ret_p = seg->data + (have > 0 ? skip : 0);
	if (!seg->content) {
		return 0;
	}
	return have < n ? have : n;
}

/* [off, off + n) of the segment, which nothing covers, as an early piece before the i-th; i is moved behind it. */
static int keep(struct tcp_stream *s, struct stream_budget *b, const struct stream_segment *seg, uint64_t off,
		uint32_t n, uint32_t *io_i)
{
	struct early *e = s->early;
	const uint8_t *data;
	uint32_t have = part_of(seg, off, n, &data);
	struct piece *p = *io_i > 0 ? piece_at(e, *io_i - 1) : NULL;

	if (p == NULL || piece_end(p) != off || n > UINT32_MAX / 2 - p->len || (have > 0 && p->have != p->len)) {
		if (insert_piece(e, b, *io_i, off, &p) != 0) {
			return ERR_NOMEM;
		}
		(*io_i)++;
	}
	p->len += n;
	return have > 0 ? append_bytes(e, b, p, data, have) : 0;
}

static bool same_content(const struct stream_segment *seg, const struct piece *p, uint64_t off, uint32_t n)
{
	uint32_t at = (uint32_t)(off - p->off);
	uint32_t kept = p->have > at ? p->have - at : 0;
	const uint8_t *data;
	uint32_t have = part_of(seg, off, n, &data);

	n = have < kept ? have : kept;
	return n == 0 || memcmp(p->data + at, data, n) == 0;
}

/* Room for the worst that an early segment can ask for; else gaps are given up, the oldest first. */
static int make_room(struct tcp_stream *s, struct stream_budget *b, const struct stream_segment *seg,
		     const struct stream_sink *sink, struct stream_verdict *v)
{
	uint64_t end = seg->off + seg->len;
	size_t need = (seg->content ? 2 * (size_t)seg->cap + PIECE_MIN : 0) + PIECE_COST;
	int rc = 0;

	while (rc == 0 && seg->off > s->edge) {
		struct early *e = s->early;
		uint32_t inside = find_piece(e, end - 1) - find_piece(e, seg->off);
		uint64_t to = e->count > 0 ? min_u64(piece_at(e, 0)->off, seg->off) : seg->off;

		if (e->count + inside + 2 <= STREAM_PIECES && e->bytes + need <= b->max_stream &&
		    b->used + need <= b->max) {
			return 0;
		}
		b->given_up += to - s->edge;
		v->gave_up = true;
		rc = tcp_stream_give_up(s, b, to, sink);
	}
	return rc;
}

/* n bytes from at on that no piece holds: how many of them are late, and how many new. */
static void count_unseen(const struct tcp_stream *s, uint64_t at, uint32_t n, struct stream_verdict *v)
{
	uint32_t late = s->high > at ? (uint32_t)min_u64(s->high - at, n) : 0;

	v->filled += late;
	v->fresh += n - late;
}

/* The part of the segment from at on. While at is the edge, no piece stands before it. */
static int add_new(struct tcp_stream *s, struct stream_budget *b, const struct stream_segment *seg, uint64_t at,
		   const struct stream_sink *sink, struct stream_verdict *v)
{
	struct early *e = s->early;
	uint64_t end = seg->off + seg->len;
	uint32_t i = find_piece(e, at);
	int rc = 0;

	while (rc == 0 && at < end) {
		const struct piece *p = i < e->count ? piece_at(e, i) : NULL;
		uint32_t n;

		if (p != NULL && p->off <= at) {
			n = (uint32_t)(min_u64(end, piece_end(p)) - at);
			v->before += n;
			v->differs |= !same_content(seg, p, at, n);
			if (p->off == s->edge) {
				rc = hand_over_first(s, b, sink);
			} else {
				i++;
			}
		} else {
			n = (uint32_t)((p != NULL ? min_u64(end, p->off) : end) - at);
			count_unseen(s, at, n, v);
			if (at == s->edge) {
				const uint8_t *data;
				uint32_t have = part_of(seg, at, n, &data);

				rc = hand_over(s, sink, data, have, n);
			} else {
				rc = keep(s, b, seg, at, n, &i);
			}
		}
		at += n;
	}
	s->high = max_u64(s->high, end);
	return rc != 0 ? rc : hand_over_reached(s, b, sink);
}

/* What of the segment lies behind the edge. */
static void add_old(struct tcp_stream *s, const struct stream_segment *seg, struct stream_verdict *v)
{
	uint64_t to = min_u64(seg->off + seg->len, s->edge);

	v->regained = regain(s->early, seg->off, to);
	v->filled = v->regained;
	v->before = (uint32_t)(to - seg->off) - v->regained;
}

static bool after_gap(const struct tcp_stream *s, uint64_t off)
{
	uint32_t i;

	if (off <= s->edge) {
		return false;
	}
	i = find_piece(s->early, off - 1);
	return i == s->early->count || piece_at(s->early, i)->off >= off;
}

int tcp_stream_add(struct tcp_stream *s, struct stream_budget *b, const struct stream_segment *seg,
		   const struct stream_sink *sink, struct stream_verdict *ret_v)
{
	uint64_t end = seg->off + seg->len;
	int rc = 0;

	memset(ret_v, 0, sizeof(*ret_v));
	if (seg->off > s->edge) {
		if (need_early(s) != 0) {
			return ERR_NOMEM;
		}
		ret_v->after_gap = after_gap(s, seg->off);
		rc = make_room(s, b, seg, sink, ret_v);
	}
	if (UNLIKELY(seg->off < s->edge)) {
		add_old(s, seg, ret_v);
	}
	if (rc != 0 || end <= s->edge) {
		return rc;
	}
	if (LIKELY(seg->off <= s->edge && (s->early == NULL || s->early->count == 0))) {
		const uint8_t *data;
		uint32_t n = (uint32_t)(end - s->edge);
		uint32_t have = part_of(seg, s->edge, n, &data);

		ret_v->fresh = n;
		return hand_over(s, sink, data, have, n);
	}
	return add_new(s, b, seg, max_u64(seg->off, s->edge), sink, ret_v);
}
