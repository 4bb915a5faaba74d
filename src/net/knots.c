/*
 * knots.c - see knots.h. One knot is a head byte (kind, which fields follow), then differences to the knot before as
 * variable-length numbers, signed ones folded so that small ones of either sign stay short.
 */
#include "net/knots.h"

#include "base/hash.h"

/* Bits of the head byte above the kind. */
#define HEAD_KIND 7u
#define HEAD_APART 8u		/* offset does not follow on the last knot: a difference comes */
#define HEAD_BEGIN 16u		/* begin is known */
#define HEAD_EXACT 32u
#define HEAD_USER 64u		/* another user than before */
#define HEAD_PRINT 128u

/* Longest coding: head, five numbers of at most ten bytes, user, prints. */
#define KNOT_BYTES_MAX (1 + 5 * 10 + 5 + 8)

uint32_t knot_print(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	if (n == 0) {
		return 0;
	}
	n = n < 8 ? n : 8;
	memcpy(&x, p, n);
	x = (x ^ n) * UINT64_C(0x9E3779B97F4A7C15);
	x ^= x >> 29;
	x *= UINT64_C(0xBF58476D1CE4E5B9);
	x ^= x >> 32;
	return (uint32_t)x != 0 ? (uint32_t)x : 1;
}

uint32_t knot_deep(const uint8_t *p, size_t n)
{
	uint64_t h;

	if (n <= KNOT_PRINT_BYTES) {
		return 0;
	}
	h = hash_bytes(UINT64_C(0x8EBC6AF09C88C6E3), p, n < KNOT_DEEP_BYTES ? n : KNOT_DEEP_BYTES);
	return (uint32_t)(h ^ h >> 32) != 0 ? (uint32_t)(h ^ h >> 32) : 1;
}

uint64_t knot_prints(const uint8_t *p, size_t captured, size_t len)
{
	uint64_t prints = 0;

	if (p == NULL || len == 0) {
		return 0;
	}
	if (captured >= min_u64(len, KNOT_PRINT_BYTES)) {
		prints = knot_print(p, min_u64(captured, len));
	}
	if (captured >= min_u64(len, KNOT_DEEP_BYTES)) {
		prints |= (uint64_t)knot_deep(p, min_u64(captured, len)) << 32;
	}
	return prints;
}

static uint8_t *put(uint8_t *p, uint64_t x)
{
	while (x >= 0x80) {
		*p++ = (uint8_t)(x | 0x80);
		x >>= 7;
	}
	*p++ = (uint8_t)x;
	return p;
}

static uint64_t fold(uint64_t difference)
{
	int64_t d = (int64_t)difference;

	return (uint64_t)d << 1 ^ (uint64_t)(d >> 63);
}

static uint64_t unfold(uint64_t x)
{
	return x >> 1 ^ (0 - (x & 1));
}

static int make_room(struct knots *k)
{
	uint32_t cap = k->cap == 0 ? 64 : k->cap * 2;
	uint8_t *grown;

	if (k->cap - k->len >= KNOT_BYTES_MAX) {
		return 0;
	}
	while (cap - k->len < KNOT_BYTES_MAX) {
		cap *= 2;
	}
	grown = realloc(k->bytes, cap);
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	k->bytes = grown;
	k->cap = cap;
	return 0;
}

int knots_add(struct knots *k, const struct knot *x, size_t *budget)
{
	const struct knot *last = &k->last;
	uint8_t head = (uint8_t)(x->kind & HEAD_KIND);
	uint8_t *from;
	uint8_t *p;

	if (k->cut || k->len > UINT32_MAX / 4 || (budget != NULL && *budget < KNOT_BYTES_MAX)) {
		k->cut = true;
		return 0;
	}
	if (make_room(k) != 0) {
		return ERR_NOMEM;
	}
	head |= x->offset != last->offset + last->len ? HEAD_APART : 0;
	head |= x->begin_ns != 0 ? HEAD_BEGIN : 0;
	head |= x->begin_exact ? HEAD_EXACT : 0;
	head |= x->user != last->user ? HEAD_USER : 0;
	head |= x->print != 0 ? HEAD_PRINT : 0;
	from = p = k->bytes + k->len;
	*p++ = head;
	if (head & HEAD_APART) {
		p = put(p, fold(x->offset - (last->offset + last->len)));
	}
	p = put(p, x->len);
	p = put(p, fold(x->ts_ns - last->ts_ns));
	p = put(p, fold(x->num - last->num));
	if (head & HEAD_BEGIN) {
		p = put(p, fold(x->ts_ns - x->begin_ns));
	}
	if (head & HEAD_USER) {
		p = put(p, x->user);
	}
	if (head & HEAD_PRINT) {
		memcpy(p, &x->print, sizeof(x->print));
		memcpy(p + sizeof(x->print), &x->deep, sizeof(x->deep));
		p += sizeof(x->print) + sizeof(x->deep);
	}
	k->len += (uint32_t)(p - from);
	k->count++;
	k->last = *x;
	if (budget != NULL) {
		*budget -= (size_t)(p - from);
	}
	return 0;
}

void knots_release(struct knots *k)
{
	free(k->bytes);
	memset(k, 0, sizeof(*k));
}

static uint64_t get(const struct knots *k, uint32_t *at)
{
	uint64_t x = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = k->bytes[(*at)++];
		x |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return x;
}

bool knots_next(const struct knots *k, struct knot_walk *w, struct knot *ret_x)
{
	struct knot x;
	uint8_t head;

	if (w->at >= k->len) {
		return false;
	}
	x = w->last;
	head = k->bytes[w->at++];
	x.kind = head & HEAD_KIND;
	x.offset += w->last.len;
	if (head & HEAD_APART) {
		x.offset += unfold(get(k, &w->at));
	}
	x.len = (uint32_t)get(k, &w->at);
	x.ts_ns += unfold(get(k, &w->at));
	x.num += unfold(get(k, &w->at));
	x.begin_ns = head & HEAD_BEGIN ? x.ts_ns - unfold(get(k, &w->at)) : 0;
	x.begin_exact = (head & HEAD_EXACT) != 0;
	if (head & HEAD_USER) {
		x.user = (uint32_t)get(k, &w->at);
	}
	x.print = 0;
	x.deep = 0;
	if (head & HEAD_PRINT) {
		memcpy(&x.print, k->bytes + w->at, sizeof(x.print));
		memcpy(&x.deep, k->bytes + w->at + sizeof(x.print), sizeof(x.deep));
		w->at += sizeof(x.print) + sizeof(x.deep);
	}
	w->last = x;
	*ret_x = x;
	return true;
}
