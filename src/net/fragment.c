/*
 * fragment.c - datagrams put together from IP fragments, which may be in any order and in any batches. Reads
 * batch->fragments, keeps copies of their bytes until the datagram is whole, writes it into the arena of the batch that
 * completed it and has it dissected. In order, one thread at a time.
 *
 * Overlaps: IPv4: what came first stands; other content for the same bytes is counted. IPv6: the whole datagram is
 * dropped (RFC 5722), exact copies aside. The fragments of a datagram that has been put together stay known for a
 * moment, so that a capture which holds each packet twice does not leave halves behind.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"
#include "net/dissect_internal.h"

enum { DATAGRAM_MAX = UINT16_MAX, UNKNOWN_TOTAL = UINT32_MAX };

/* A second copy of a packet comes within microseconds; a number is used again after some seconds at the earliest. */
#define COPY_NS NSEC_PER_SEC

/* No padding: compared and hashed as bytes. */
struct datagram_id {
	struct flow_key key;
	uint32_t from;
	uint32_t ident;
	uint32_t zero;
};
_Static_assert(sizeof(struct datagram_id) == 64, "compared as bytes");

/* A range of the datagram; ranges do not overlap. */
struct piece {
	uint32_t offset, len, cap;
	uint64_t content;	/* hash */
	uint8_t *data;		/* owns; NULL when cap is 0 or the datagram is done */
};

/* What a piece costs beside its bytes: an attacker's may have eight. */
#define PIECE_COST 64u

enum datagram_state { DATAGRAM_WAITING, DATAGRAM_DONE, DATAGRAM_REFUSED };

struct datagram {
	struct datagram_id id;
	uint64_t hash;
	struct datagram *same;		/* another id of the same hash */
	struct datagram *older, *newer;	/* by arrival */
	uint64_t first_ns, done_ns;
	struct piece *pieces;		/* owns; by offset */
	uint32_t piece_count, piece_cap;
	uint32_t total;			/* bytes, by the last fragment */
	uint32_t have;			/* bytes in pieces */
	uint32_t parts;			/* fragments taken */
	uint8_t proto;			/* of the fragment at offset 0 */
	uint8_t state;
};

struct fragments {
	struct map datagrams;		/* hash -> chain of struct datagram */
	struct datagram *oldest, *newest;
	uint32_t count;
	uint64_t bytes;			/* of all pieces, with what they cost beside */
	uint64_t now_ns;
	uint64_t taken, rebuilt, dropped;
};

int fragments_new(struct fragments **ret_f)
{
	struct fragments *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		return ERR_NOMEM;
	}
	map_init(&f->datagrams);
	*ret_f = f;
	return 0;
}

static void drop_data(struct fragments *f, struct datagram *d)
{
	for (uint32_t i = 0; i < d->piece_count; i++) {
		free(d->pieces[i].data);
		d->pieces[i].data = NULL;
		f->bytes -= d->pieces[i].cap;
		d->pieces[i].cap = 0;
	}
}

static void drop_pieces(struct fragments *f, struct datagram *d)
{
	drop_data(f, d);
	f->bytes -= (uint64_t)d->piece_count * PIECE_COST;
	d->piece_count = 0;
	d->have = 0;
	d->parts = 0;
}

static void free_datagram(struct fragments *f, struct datagram *d)
{
	drop_pieces(f, d);
	free(d->pieces);
	free(d);
}

void fragments_free(struct fragments *f)
{
	if (f == NULL) {
		return;
	}
	while (f->oldest != NULL) {
		struct datagram *d = f->oldest;

		f->oldest = d->newer;
		free_datagram(f, d);
	}
	map_release(&f->datagrams);
	free(f);
}

void fragments_quality(const struct fragments *f, struct net_quality *q)
{
	q->fragments += f->taken;
	q->datagrams_rebuilt += f->rebuilt;
	q->fragments_dropped += f->dropped;
	for (const struct datagram *d = f->oldest; d != NULL; d = d->newer) {
		if (d->state == DATAGRAM_WAITING) {
			q->fragments_dropped += d->parts;
		}
	}
}

/* ---- the table of datagrams --------------------------------------------------------------------------- */

static void make_id(const struct layer *l, const struct fragment *frag, struct datagram_id *ret_id)
{
	memset(ret_id, 0, sizeof(*ret_id));
	ret_id->key = l->key;
	ret_id->from = l->from;
	ret_id->ident = frag->ident;
	if (l->key.ip_version == 6) {	/* only the first fragment knows it: RFC 8200, 4.5 */
		ret_id->key.ip_proto = 0;
	}
}

static struct datagram *find(const struct fragments *f, const struct datagram_id *id, uint64_t hash)
{
	struct datagram *d = (struct datagram *)map_get(&f->datagrams, hash);

	while (d != NULL && memcmp(&d->id, id, sizeof(*id)) != 0) {
		d = d->same;
	}
	return d;
}

static void link_newest(struct fragments *f, struct datagram *d)
{
	d->older = f->newest;
	d->newer = NULL;
	if (f->newest != NULL) {
		f->newest->newer = d;
	} else {
		f->oldest = d;
	}
	f->newest = d;
}

static void unlink_datagram(struct fragments *f, struct datagram *d)
{
	*(d->older != NULL ? &d->older->newer : &f->oldest) = d->newer;
	*(d->newer != NULL ? &d->newer->older : &f->newest) = d->older;
}

/* Shrinking a chain or a map needs no memory. */
static void forget(struct fragments *f, struct datagram *d)
{
	struct datagram *head = (struct datagram *)map_get(&f->datagrams, d->hash);

	if (d->state == DATAGRAM_WAITING) {
		f->dropped += d->parts;
	}
	if (head != d) {
		while (head->same != d) {
			head = head->same;
		}
		head->same = d->same;
	} else if (d->same == NULL) {
		map_del(&f->datagrams, d->hash);
	} else {
		map_set(&f->datagrams, d->hash, (uintptr_t)d->same);
	}
	unlink_datagram(f, d);
	f->count--;
	free_datagram(f, d);
}

static int begin(struct fragments *f, const struct datagram_id *id, uint64_t hash, struct datagram **ret_d)
{
	struct datagram *d;

	while (f->count >= LIMIT_FRAGMENT_DATAGRAMS) {
		forget(f, f->oldest);
	}
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		return ERR_NOMEM;
	}
	d->id = *id;
	d->hash = hash;
	d->total = UNKNOWN_TOTAL;
	d->first_ns = f->now_ns;
	d->same = (struct datagram *)map_get(&f->datagrams, hash);
	if (map_set(&f->datagrams, hash, (uintptr_t)d) != 0) {
		free(d);
		return ERR_NOMEM;
	}
	link_newest(f, d);
	f->count++;
	*ret_d = d;
	return 0;
}

static void expire(struct fragments *f)
{
	while (f->oldest != NULL && f->now_ns > f->oldest->first_ns &&
	       f->now_ns - f->oldest->first_ns > LIMIT_FRAGMENT_WAIT_NS) {
		forget(f, f->oldest);
	}
}

/* ---- pieces ------------------------------------------------------------------------------------------- */

/* Index of the first piece that ends behind offset. */
static uint32_t piece_at(const struct datagram *d, uint32_t offset)
{
	uint32_t lo = 0, hi = d->piece_count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (d->pieces[mid].offset + d->pieces[mid].len > offset) {
			hi = mid;
		} else {
			lo = mid + 1;
		}
	}
	return lo;
}

static bool grow_pieces(struct datagram *d)
{
	uint32_t cap = d->piece_cap == 0 ? 4 : d->piece_cap * 2;
	struct piece *grown = realloc(d->pieces, cap * sizeof(*grown));

	if (grown == NULL) {
		return false;
	}
	d->pieces = grown;
	d->piece_cap = cap;
	return true;
}

/* The part [from, to) of a fragment becomes piece number at. ERR_LIMIT: the datagram has too many. */
static int insert_piece(struct fragments *f, struct datagram *d, uint32_t at, const struct fragment *frag,
			uint32_t from, uint32_t to)
{
	uint32_t skip = from - frag->offset;
	struct piece p = { .offset = from, .len = to - from };

	if (d->piece_count == LIMIT_FRAGMENTS_PER_DATAGRAM) {
		return ERR_LIMIT;
	}
	if (d->piece_count == d->piece_cap && !grow_pieces(d)) {
		return ERR_NOMEM;
	}
	if (frag->cap_len > skip) {
		p.cap = frag->cap_len - skip < p.len ? frag->cap_len - skip : p.len;
		p.data = malloc(p.cap);
		if (p.data == NULL) {
			return ERR_NOMEM;
		}
		memcpy(p.data, frag->data + skip, p.cap);
		p.content = hash_bytes(f->datagrams.seed, p.data, p.cap);
	}
	memmove(&d->pieces[at + 1], &d->pieces[at], (d->piece_count - at) * sizeof(p));
	d->pieces[at] = p;
	d->piece_count++;
	d->have += p.len;
	f->bytes += p.cap + PIECE_COST;
	return 0;
}

/* Does what both hold of the bytes they share differ? */
static bool contradicts(const struct piece *p, const struct fragment *frag)
{
	uint32_t from = p->offset > frag->offset ? p->offset : frag->offset;
	uint32_t p_end = p->offset + p->cap, frag_end = frag->offset + frag->cap_len;
	uint32_t to = p_end < frag_end ? p_end : frag_end;

	return from < to && memcmp(p->data + (from - p->offset), frag->data + (from - frag->offset), to - from) != 0;
}

/* IPv4: fills the gaps that the fragment covers. */
static int fill_gaps(struct fragments *f, struct datagram *d, const struct fragment *frag)
{
	uint32_t at = frag->offset, end = frag->offset + frag->len;
	uint32_t i = piece_at(d, at);
	bool differs = false;
	int rc = 0;

	while (at < end && rc == 0) {
		uint32_t next = i < d->piece_count && d->pieces[i].offset < end ? d->pieces[i].offset : end;

		if (at < next) {
			rc = insert_piece(f, d, i, frag, at, next);
			at = next;
		} else {
			differs = differs || contradicts(&d->pieces[i], frag);
			at = d->pieces[i].offset + d->pieces[i].len;
		}
		i++;
	}
	f->dropped += differs;
	return rc;
}

/* What is to be done with a fragment after a look at the datagram it is part of. */
enum verdict { VERDICT_TAKE, VERDICT_COPY, VERDICT_DROP, VERDICT_REFUSE };

/* Is there a piece that is this fragment? */
static bool is_copy(const struct fragments *f, const struct datagram *d, const struct fragment *frag)
{
	uint32_t i = piece_at(d, frag->offset);

	return i < d->piece_count && d->pieces[i].offset == frag->offset && d->pieces[i].len == frag->len &&
	       d->pieces[i].content ==
		       (frag->cap_len > 0 ? hash_bytes(f->datagrams.seed, frag->data, frag->cap_len) : 0);
}

static bool overlaps(const struct datagram *d, const struct fragment *frag)
{
	uint32_t i = piece_at(d, frag->offset);

	return i < d->piece_count && d->pieces[i].offset < frag->offset + frag->len;
}

static enum verdict judge(const struct fragments *f, const struct datagram *d, const struct fragment *frag)
{
	bool v6 = d->id.key.ip_version == 6;
	uint32_t end = frag->offset + frag->len;
	const struct piece *last = d->piece_count > 0 ? &d->pieces[d->piece_count - 1] : NULL;
	bool beyond = d->total != UNKNOWN_TOTAL && (end > d->total || (!frag->more && end != d->total));

	if (!frag->more && last != NULL && last->offset + last->len > end) {
		beyond = true;	/* there is more behind the end */
	}
	if (beyond) {
		return v6 ? VERDICT_REFUSE : VERDICT_DROP;
	}
	if (v6 && overlaps(d, frag)) {
		return is_copy(f, d, frag) ? VERDICT_COPY : VERDICT_REFUSE;
	}
	return VERDICT_TAKE;
}

/* ---- datagrams ------------------------------------------------------------------------------------------ */

static void refuse(struct fragments *f, struct datagram *d)
{
	f->dropped += d->parts;
	drop_pieces(f, d);
	d->state = DATAGRAM_REFUSED;
}

/* The bytes in order, as far as they were captured without a hole. */
static int rebuild(struct fragments *f, struct datagram *d, struct batch *b, uint32_t layer)
{
	uint32_t cap = 0;
	uint8_t *data = arena_alloc(&b->arena, d->total);
	bool whole = true;
	int rc;

	if (data == NULL) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < d->piece_count && whole; i++) {
		const struct piece *p = &d->pieces[i];

		if (p->cap > 0) {
			memcpy(data + cap, p->data, p->cap);
		}
		cap += p->cap;
		whole = p->cap == p->len;
	}
	rc = dissect_rebuilt(b, layer, d->proto, data, cap, d->total);
	drop_data(f, d);
	d->state = DATAGRAM_DONE;
	d->done_ns = f->now_ns;
	f->rebuilt++;
	return rc;
}

/* The same number again, for another datagram. */
static void begin_again(struct fragments *f, struct datagram *d)
{
	unlink_datagram(f, d);
	link_newest(f, d);
	drop_pieces(f, d);
	d->total = UNKNOWN_TOTAL;
	d->first_ns = f->now_ns;
	d->state = DATAGRAM_WAITING;
}

static int add(struct fragments *f, struct datagram *d, const struct fragment *frag)
{
	int rc;

	d->parts++;
	if (frag->offset == 0 && (d->piece_count == 0 || d->pieces[0].offset != 0)) {
		d->proto = frag->next_header;
	}
	if (!frag->more) {
		d->total = frag->offset + frag->len;
	}
	rc = fill_gaps(f, d, frag);
	if (rc == ERR_LIMIT) {
		refuse(f, d);
		rc = 0;
	}
	return rc;
}

/* Makes room by giving up the oldest ones; the one at hand stays. */
static void bound_bytes(struct fragments *f, const struct datagram *keep)
{
	while (f->bytes > LIMIT_FRAGMENT_BYTES && f->oldest != keep) {
		forget(f, f->oldest);
	}
}

static int take(struct fragments *f, struct batch *b, const struct fragment *frag)
{
	struct datagram_id id;
	struct datagram *d;
	uint64_t hash;
	int rc;

	make_id(&b->layers[frag->layer], frag, &id);
	hash = hash_bytes(f->datagrams.seed, &id, sizeof(id));
	d = find(f, &id, hash);
	if (d == NULL) {
		rc = begin(f, &id, hash, &d);
		if (rc != 0) {
			return rc;
		}
	}
	if (d->state == DATAGRAM_REFUSED) {
		f->dropped++;
		return 0;
	}
	if (d->state == DATAGRAM_DONE) {
		uint64_t since = f->now_ns > d->done_ns ? f->now_ns - d->done_ns : 0;

		if (since <= COPY_NS && is_copy(f, d, frag)) {
			return 0;
		}
		begin_again(f, d);
	}
	switch (judge(f, d, frag)) {
	case VERDICT_COPY:
		return 0;
	case VERDICT_DROP:
		f->dropped++;
		return 0;
	case VERDICT_REFUSE:
		f->dropped++;
		refuse(f, d);
		return 0;
	case VERDICT_TAKE:
		break;
	}
	rc = add(f, d, frag);
	bound_bytes(f, d);
	if (rc == 0 && d->state == DATAGRAM_WAITING && d->have == d->total) {
		rc = rebuild(f, d, b, frag->layer);
	}
	return rc;
}

/* Ends beyond what a datagram can be, or leaves a gap that no fragment can fill. */
static bool makes_sense(const struct fragment *frag)
{
	return frag->len > 0 && frag->offset <= DATAGRAM_MAX && frag->len <= DATAGRAM_MAX - frag->offset &&
	       (!frag->more || frag->len % 8 == 0);
}

static int fold_one(struct fragments *f, struct batch *b, uint32_t i)
{
	struct fragment frag = b->fragments[i];	/* the array may move */
	const struct packet *p = &b->packets[b->layers[frag.layer].packet];

	f->taken++;
	if ((p->flags & PACKET_NO_TIME) == 0) {
		f->now_ns = p->ts_ns;
	}
	expire(f);
	if (makes_sense(&frag)) {
		return take(f, b, &frag);
	}
	f->dropped++;
	return 0;
}

int fragments_fold(struct fragments *f, struct batch *b)
{
	uint32_t count = b->fragment_count, inner = count;
	int rc = 0;

	for (uint32_t i = 0; i < count && rc == 0; i++) {
		rc = fold_one(f, b, i);
		/* What was put together may be a tunnel with fragments: at once, so that layers stay in the order of
		 * packets. */
		while (inner < b->fragment_count && rc == 0) {
			rc = fold_one(f, b, inner++);
		}
	}
	return rc;
}
