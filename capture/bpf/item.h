/*
 * item.h - items of a record: where the next one begins, and room for its bytes.
 *
 * Takes are global functions, verified one by one: they get numbers only, look up the record again, and return where
 * the next item begins. An offset at or above RECORD_BODY means that the record is full: takes then leave it as it
 * is.
 */
#ifndef CAPTURE_BPF_ITEM_H
#define CAPTURE_BPF_ITEM_H

#include "maps.h"

#define ITEM_HEAD ((u32)sizeof(struct record_item))

/*
 * Keeps the compiler from reasoning about x: what it knows from a check the verifier may not know, and a mask that it
 * finds superfluous is the verifier's only proof.
 */
#define OPAQUE(x) asm volatile("" : "+r"(x))

static __always_inline u32 in_body(u32 at)
{
	OPAQUE(at);
	return at & (RECORD_BODY - 1);
}

/* The bytes of the item that begins at at. */
#define ITEM_BYTES(s, at) ((s)->body + in_body(at) + ITEM_HEAD)

/* Verified once, not at each call. */
#define ON_ITS_OWN __attribute__((noinline))

/*
 * Ends the item at at with len bytes (at most RECORD_BODY - 1): fills it up with zero bytes, returns where the next
 * one begins.
 */
static __always_inline u32 item_end(struct scratch *s, u32 at, u32 len, u32 more)
{
	u8 *item = s->body + in_body(at);

	len = in_body(len);
	((struct record_item *)item)->len = len;
	((struct record_item *)item)->more = more;
	/* The pad may lie behind the body's half: the array is large enough. */
	*(u64 *)(item + ITEM_HEAD + len) = 0;
	return at + ITEM_HEAD + ((len + 7) & ~7u);
}

static __always_inline u64 arg_of(const struct scratch *s, u32 i)
{
	return s->rec.args[i & 7];	/* 6 and 7 are other bytes of the record: no recipe names them */
}

#endif
