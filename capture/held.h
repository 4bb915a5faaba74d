/*
 * held.h - blocks kept back in memory in the order they came: events while a snapshot is taken, events and packets
 * until they can be mixed by time.
 *
 * A block is appended to held_room and then told with held_add. One thread at a time.
 */
#ifndef CAPTURE_HELD_H
#define CAPTURE_HELD_H

#include "base/buf.h"

struct held_row {
	uint64_t ts_ns;
	int64_t tid;
	int64_t child;		/* of a clone, fork or vfork that made one, seen from the parent; else 0 */
	uint32_t len;
	uint16_t type;
	bool born;		/* the first event of a process that began now */
};

struct held {
	struct buf bytes;
	struct held_row *rows;	/* owns */
	size_t count, cap;
	size_t next;		/* the first row not taken yet, and where its block begins */
	size_t next_at;
};

void held_init(struct held *h);
void held_release(struct held *h);
void held_clear(struct held *h);

static inline struct buf *held_room(struct held *h)
{
	return &h->bytes;
}

/* 0; ERR_NOMEM, also when the block before it did not fit. */
int held_add(struct held *h, const struct held_row *row);

/* No more should come: the rest of the ceiling is for what is on its way. */
bool held_full(const struct held *h);

/* The oldest one not taken; NULL: none. */
static inline const struct held_row *held_first(const struct held *h)
{
	return h->next < h->count ? &h->rows[h->next] : NULL;
}

static inline const uint8_t *held_block(const struct held *h)
{
	return (const uint8_t *)h->bytes.data + h->next_at;
}

void held_take(struct held *h);

#endif
