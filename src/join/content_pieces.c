/*
 * content_pieces.c - one direction of a conversation as a row of pieces: packets first, holes filled from the calls of
 * the one side, then of the other; what is left are gaps. Main thread, after the second pass.
 */
#include "join/content_internal.h"

struct pieces {
	struct content_piece *rows;	/* owns */
	size_t count, cap;
};

static int add(struct pieces *p, const struct content_piece *x)
{
	if (x->len == 0) {
		return 0;
	}
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? 64 : p->cap * 2;
		struct content_piece *grown = realloc(p->rows, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		p->rows = grown;
		p->cap = cap;
	}
	p->rows[p->count++] = *x;
	return 0;
}

/* The part of x from a to b (offsets within it). */
static struct content_piece part_of(const struct content_piece *x, uint64_t a, uint64_t b)
{
	struct content_piece y = *x;

	y.bytes = x->bytes != NULL ? x->bytes + (a - x->offset) : NULL;
	y.offset = a;
	y.len = b - a;
	return y;
}

static int by_offset(const void *pa, const void *pb)
{
	const struct content_piece *a = pa, *b = pb;

	if (a->offset != b->offset) {
		return a->offset < b->offset ? -1 : 1;
	}
	return (a->num > b->num) - (a->num < b->num);
}

/* What one witness has of a direction: captured bytes, or (seen) all that passed, whether captured or not. In order. */
static int collect(const struct content *c, uint32_t talk, unsigned int dir, unsigned int from, bool seen,
		   struct pieces *ret_p)
{
	struct pieces p = { NULL, 0, 0 };
	int rc = 0;

	for (size_t i = 0; i < c->talks[talk].count && rc == 0; i++) {
		const struct place *x = &c->places[c->talks[talk].first + i];
		struct content_piece y = { .offset = x->offset, .len = seen ? x->len : x->got, .bytes = seen ? NULL : x->bytes,
					   .gap = seen ? GAP_CUT : GAP_NONE, .calls = x->from != PLACE_PACKET,
					   .ts_ns = x->ts_ns, .num = x->from == PLACE_PACKET ? x->num : x->shown, .source = x->section->source };

		if (x->dir == dir && (seen || x->from == from)) {
			rc = add(&p, &y);
		}
	}
	if (p.count > 1) {
		qsort(p.rows, p.count, sizeof(*p.rows), by_offset);
	}
	*ret_p = p;
	return rc;
}

/*
 * Fills the holes of base (in order, without overlaps) from extra (in order), up to the end of both: a sweep over both
 * lists, in which a byte is taken from the first that has it.
 */
static int fill(const struct pieces *base, const struct pieces *extra, struct pieces *ret_p)
{
	struct pieces out = { NULL, 0, 0 };
	uint64_t at = 0;
	size_t e = 0;
	int rc = 0;

	for (size_t i = 0; i <= base->count && rc == 0; i++) {
		uint64_t until = i < base->count ? base->rows[i].offset : UINT64_MAX;

		while (rc == 0 && e < extra->count && extra->rows[e].offset < until) {
			const struct content_piece *x = &extra->rows[e];
			uint64_t begin = max_u64(at, x->offset);
			uint64_t end = min_u64(until, x->offset + x->len);
			struct content_piece y;

			if (begin < end) {
				y = part_of(x, begin, end);
				rc = add(&out, &y);
				at = end;
			}
			if (x->offset + x->len > until) {
				break;	/* the rest of it lies behind what base has */
			}
			e++;
		}
		if (i < base->count && rc == 0) {
			const struct content_piece *x = &base->rows[i];
			uint64_t begin = max_u64(at, x->offset);
			struct content_piece y;

			if (begin < x->offset + x->len) {
				y = part_of(x, begin, x->offset + x->len);
				rc = add(&out, &y);
				at = x->offset + x->len;
			}
		}
	}
	*ret_p = out;
	return rc;
}

static int fill_from(const struct content *c, uint32_t talk, unsigned int dir, unsigned int from, bool seen,
		     struct pieces *io_p)
{
	struct pieces extra = { NULL, 0, 0 };
	struct pieces filled = { NULL, 0, 0 };
	int rc = collect(c, talk, dir, from, seen, &extra);

	if (rc == 0) {
		rc = fill(io_p, &extra, &filled);
	}
	free(extra.rows);
	free(io_p->rows);
	*io_p = filled;
	return rc;
}

/* Joins cut pieces that follow one another and puts missing ones between what is left. */
static int mark_gaps(const struct pieces *p, struct pieces *ret_p)
{
	struct pieces out = { NULL, 0, 0 };
	uint64_t at = 0;
	int rc = 0;

	for (size_t i = 0; i < p->count && rc == 0; i++) {
		struct content_piece x = p->rows[i];
		struct content_piece hole = {
			.offset = at, .len = x.offset - at, .gap = GAP_MISSING, .ts_ns = x.ts_ns
		};
		struct content_piece *last;

		rc = add(&out, &hole);
		last = out.count > 0 ? &out.rows[out.count - 1] : NULL;
		at = x.offset + x.len;
		if (x.gap != GAP_NONE) {
			x.num = 0;
			x.source = NULL;
		}
		if (x.gap != GAP_NONE && last != NULL && last->gap == x.gap && last->offset + last->len == x.offset) {
			last->len += x.len;
		} else if (rc == 0) {
			rc = add(&out, &x);
		}
	}
	*ret_p = out;
	return rc;
}

int content_direction(const struct content *c, uint32_t talk, unsigned int dir, struct content_piece **ret_pieces,
		      size_t *ret_count)
{
	struct pieces p = { NULL, 0, 0 };
	struct pieces out = { NULL, 0, 0 };
	int rc = 0;

	for (unsigned int from = 0; from < PLACE_FROMS && rc == 0; from++) {
		rc = fill_from(c, talk, dir, from, false, &p);
	}
	if (rc == 0) {
		rc = fill_from(c, talk, dir, 0, true, &p);
	}
	if (rc == 0) {
		rc = mark_gaps(&p, &out);
	}
	free(p.rows);
	if (rc != 0) {
		free(out.rows);
		return rc;
	}
	*ret_pieces = out.rows;
	*ret_count = out.count;
	return 0;
}
