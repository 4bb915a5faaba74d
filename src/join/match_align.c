/*
 * match_align.c - where the bytes of a socket lie in a flow, by prints alone. Reads the places of one
 * direction of both, produces pieces of equal shift. One thread.
 *
 * Equal prints that are rare on both sides are anchors, and the longest chain of anchors whose shift only
 * grows is the alignment: calls that are missing make the flow's offsets run ahead, segments that are
 * missing do not (they are counted by sequence number). Datagrams may be missing on either side: there
 * the chain is the longest in order. All of it n log n.
 */
#include "join/match_internal.h"

/* A print that stands at more places of one side is no anchor. */
#define ANCHOR_TIMES 4
/* Anchors that a piece of a TCP stream needs: prints of unrelated places agree now and then. */
#define ANCHORS_PIECE 2
/* Pieces kept of one direction. */
#define PIECES_MAX 1024

/* ---- anchors --------------------------------------------------------------------------------- */

static int by_print(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;

	if (x->print != y->print) {
		return x->print < y->print ? -1 : 1;
	}
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int sort_prints(struct match_work *w, unsigned int i, const struct places *p,
		       size_t *ret_count)
{
	struct place *grown =
		match_grow(w->sorted[i], &w->sorted_cap[i], p->count + 1, sizeof(*grown));
	size_t n = 0;

	if (grown == NULL) {
		return ERR_NOMEM;
	}
	w->sorted[i] = grown;
	for (size_t k = 0; k < p->count; k++) {
		if (p->at[k].print != 0) {
			w->sorted[i][n++] = p->at[k];
		}
	}
	if (n > 1) {
		qsort(w->sorted[i], n, sizeof(*w->sorted[i]), by_print);
	}
	*ret_count = n;
	return 0;
}

static size_t run_of(const struct place *at, size_t i, size_t count)
{
	size_t n = 1;

	while (i + n < count && at[i + n].print == at[i].print) {
		n++;
	}
	return n;
}

static int add_anchors(struct match_work *w, const struct place *flow, size_t nf,
		       const struct place *sock, size_t ns)
{
	struct anchor *grown;

	if (nf > ANCHOR_TIMES || ns > ANCHOR_TIMES) {
		return 0;
	}
	grown = match_grow(w->anchors, &w->anchor_cap, w->anchor_count + nf * ns, sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	w->anchors = grown;
	for (size_t i = 0; i < nf * ns; i++) {
		const struct place *f = &flow[i / ns];
		const struct place *s = &sock[i % ns];

		if (place_comparable(f, s) && place_equal(f, s)) {
			w->anchors[w->anchor_count++] =
				(struct anchor){ s->offset, (int64_t)(f->offset - s->offset),
						 UINT32_MAX, f->len == s->len };
		}
	}
	return 0;
}

static int find_anchors(struct match_work *w)
{
	size_t count[2];
	size_t i = 0;
	size_t j = 0;
	int rc = 0;

	w->anchor_count = 0;
	if (sort_prints(w, 0, &w->flow, &count[0]) != 0 ||
	    sort_prints(w, 1, &w->sock, &count[1]) != 0) {
		return ERR_NOMEM;
	}
	while (i < count[0] && j < count[1] && rc == 0) {
		const struct place *f = &w->sorted[0][i];
		const struct place *s = &w->sorted[1][j];

		if (f->print < s->print) {
			i++;
		} else if (f->print > s->print) {
			j++;
		} else {
			size_t nf = run_of(w->sorted[0], i, count[0]);
			size_t ns = run_of(w->sorted[1], j, count[1]);

			rc = add_anchors(w, f, nf, s, ns);
			i += nf;
			j += ns;
		}
	}
	return rc;
}

/* ---- chains ---------------------------------------------------------------------------------- */

/* Of one socket offset the largest shift first, so that a chain takes only one of them where it must
 * grow. */
static int by_place(const void *a, const void *b)
{
	const struct anchor *x = a;
	const struct anchor *y = b;

	if (x->offset != y->offset) {
		return x->offset < y->offset ? -1 : 1;
	}
	return x->shift > y->shift ? -1 : x->shift < y->shift;
}

/* May b follow a? TCP: the shift does not shrink. Datagrams: the flow's offset grows. */
static bool follows(const struct anchor *a, const struct anchor *b, bool tcp)
{
	if (tcp) {
		return b->shift >= a->shift && b->offset > a->offset;
	}
	return b->offset > a->offset &&
	       (int64_t)(b->offset - a->offset) + (b->shift - a->shift) > 0;
}

/* Where the chain that ends in x can be put: tails are the smallest ends of chains of each length. */
static size_t chain_place(const struct match_work *w, size_t length, const struct anchor *x,
			  bool tcp)
{
	size_t lo = 0;
	size_t hi = length;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (follows(&w->anchors[w->tails[mid]], x, tcp)) {
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return lo;
}

/* The anchors of the longest chain are moved to the front, in order. */
static int longest_chain(struct match_work *w, bool tcp, size_t *ret_length)
{
	uint32_t *grown;
	size_t length = 0;
	uint32_t at;

	w->anchor_count = (size_t)min_u64(w->anchor_count, UINT32_MAX / 2);
	grown = match_grow(w->tails, &w->tail_cap, w->anchor_count + 1, sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	w->tails = grown;
	if (w->anchor_count > 1) {
		qsort(w->anchors, w->anchor_count, sizeof(*w->anchors), by_place);
	}
	for (size_t i = 0; i < w->anchor_count; i++) {
		size_t k = chain_place(w, length, &w->anchors[i], tcp);

		w->anchors[i].before = k > 0 ? w->tails[k - 1] : UINT32_MAX;
		w->tails[k] = (uint32_t)i;
		length = k == length ? length + 1 : length;
	}
	at = length > 0 ? w->tails[length - 1] : UINT32_MAX;
	for (size_t i = length; i > 0;
	     i--) { /* the tails are not needed any more: they hold the chain now */
		w->tails[i - 1] = at;
		at = w->anchors[at].before;
	}
	for (size_t i = 0; i < length;
	     i++) { /* indices grow, so nothing that is needed is overwritten */
		w->anchors[i] = w->anchors[w->tails[i]];
	}
	*ret_length = length;
	return 0;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static int add_piece(struct match_work *w, unsigned int dir, uint32_t *io_count, uint64_t from,
		     int64_t shift)
{
	struct shift_piece *grown;

	if (*io_count > 0 && w->pieces[dir][*io_count - 1].shift == shift) {
		return 0;
	}
	if (*io_count == PIECES_MAX) {
		return 0;
	}
	grown = match_grow(w->pieces[dir], &w->piece_cap[dir], *io_count + 1u, sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	w->pieces[dir] = grown;
	w->pieces[dir][(*io_count)++] = (struct shift_piece){ from, shift };
	return 0;
}

/* Runs of equal shift in the chain. */
static int make_pieces(struct match_work *w, unsigned int dir, bool tcp, size_t length,
		       uint32_t *ret_count, size_t *ret_anchors)
{
	uint32_t count = 0;
	int rc = 0;

	*ret_anchors = 0;
	for (size_t i = 0; i < length && rc == 0;) {
		size_t n = 1;

		while (i + n < length && w->anchors[i + n].shift == w->anchors[i].shift) {
			n++;
		}
		if (!tcp || n >= ANCHORS_PIECE || (length == 1 && w->anchors[0].same_len)) {
			rc = add_piece(w, dir, &count, w->anchors[i].offset, w->anchors[i].shift);
			*ret_anchors += n;
		}
		i += n;
	}
	*ret_count = count;
	return rc;
}

int match_align(struct match_work *w, unsigned int dir, bool tcp, uint32_t *ret_count,
		size_t *ret_anchors)
{
	size_t length;
	int rc = find_anchors(w);

	rc = rc == 0 ? longest_chain(w, tcp, &length) : rc;
	return rc == 0 ? make_pieces(w, dir, tcp, length, ret_count, ret_anchors) : rc;
}
