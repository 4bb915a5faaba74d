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

/* Of the first two chunks, which hold what a short connection needs, and of the largest; further ones double. */
#define CHUNK_MIN ((size_t)64)
#define CHUNK_MAX ((size_t)4096)

struct knot_chunk {
	struct knot_chunk *next;
	uint16_t len, cap;
	uint8_t bytes[];
};

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

void knot_room_init(struct knot_room *r, size_t bytes)
{
	arena_init(&r->arena);
	r->left = bytes;
}

void knot_room_release(struct knot_room *r)
{
	arena_release(&r->arena);
}

/* A chunk at the end with room for n bytes. */
static int add_chunk(struct knots *k, size_t n, struct knot_room *r)
{
	size_t size = k->last == k->first ? CHUNK_MIN : 2 * (sizeof(*k->last) + k->last->cap);
	struct knot_chunk *c;

	size = size > CHUNK_MAX ? CHUNK_MAX : size;
	while (size - sizeof(*c) < n) {
		size *= 2;
	}
	c = arena_alloc(&r->arena, size);
	if (c == NULL) {
		return ERR_NOMEM;
	}
	c->next = NULL;
	c->len = 0;
	c->cap = (uint16_t)(size - sizeof(*c));
	if (k->last != NULL) {
		k->last->next = c;
	} else {
		k->first = c;
	}
	k->last = c;
	return 0;
}

static int put_bytes(struct knots *k, const uint8_t *p, size_t n, struct knot_room *r)
{
	if ((k->last == NULL || (size_t)k->last->cap - k->last->len < n) && add_chunk(k, n, r) != 0) {
		return ERR_NOMEM;
	}
	memcpy(k->last->bytes + k->last->len, p, n);
	k->last->len = (uint16_t)(k->last->len + n);
	r->left -= n;
	return 0;
}

int knots_add(struct knots *k, const struct knot *x, struct knot_room *r)
{
	uint8_t bytes[KNOT_BYTES_MAX];
	uint8_t head = (uint8_t)(x->kind & HEAD_KIND);
	uint8_t *p = bytes;

	if (k->cut || k->count == UINT32_MAX || r->left < KNOT_BYTES_MAX) {
		k->cut = true;
		return 0;
	}
	head |= x->offset != k->end ? HEAD_APART : 0;
	head |= x->begin_ns != 0 ? HEAD_BEGIN : 0;
	head |= x->begin_exact ? HEAD_EXACT : 0;
	head |= x->user != k->user ? HEAD_USER : 0;
	head |= x->print != 0 ? HEAD_PRINT : 0;
	*p++ = head;
	if (head & HEAD_APART) {
		p = put(p, fold(x->offset - k->end));
	}
	p = put(p, x->len);
	p = put(p, fold(x->ts_ns - k->ts_ns));
	p = put(p, fold(x->num - k->num));
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
	if (put_bytes(k, bytes, (size_t)(p - bytes), r) != 0) {
		return ERR_NOMEM;
	}
	k->count++;
	k->kind = x->kind;
	k->user = x->user;
	k->end = x->offset + x->len;
	k->ts_ns = x->ts_ns;
	k->num = x->num;
	return 0;
}

struct knots_mark knots_mark(const struct knots *k)
{
	return (struct knots_mark){ *k, k->last != NULL ? k->last->len : 0 };
}

void knots_take_back(struct knots *k, const struct knots_mark *m)
{
	*k = m->k;
	if (k->last != NULL) {
		k->last->len = (uint16_t)m->chunk_len;
		k->last->next = NULL;
	}
}

static uint64_t get(const uint8_t **io_p)
{
	uint64_t x = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = *(*io_p)++;
		x |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return x;
}

bool knots_next(const struct knots *k, struct knot_walk *w, struct knot *ret_x)
{
	const uint8_t *p;
	struct knot x;
	uint8_t head;

	if (w->seen == k->count) {
		return false;
	}
	if (w->seen++ == 0) {
		w->chunk = k->first;
	} else if (w->at == w->chunk->len) {
		w->chunk = w->chunk->next;
		w->at = 0;
	}
	p = w->chunk->bytes + w->at;
	x = w->last;
	head = *p++;
	x.kind = head & HEAD_KIND;
	x.offset += w->last.len;
	if (head & HEAD_APART) {
		x.offset += unfold(get(&p));
	}
	x.len = (uint32_t)get(&p);
	x.ts_ns += unfold(get(&p));
	x.num += unfold(get(&p));
	x.begin_ns = head & HEAD_BEGIN ? x.ts_ns - unfold(get(&p)) : 0;
	x.begin_exact = (head & HEAD_EXACT) != 0;
	if (head & HEAD_USER) {
		x.user = (uint32_t)get(&p);
	}
	x.print = 0;
	x.deep = 0;
	if (head & HEAD_PRINT) {
		memcpy(&x.print, p, sizeof(x.print));
		memcpy(&x.deep, p + sizeof(x.print), sizeof(x.deep));
		p += sizeof(x.print) + sizeof(x.deep);
	}
	w->at = (uint32_t)(p - w->chunk->bytes);
	w->last = x;
	*ret_x = x;
	return true;
}
