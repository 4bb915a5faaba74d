/*
 * event.h - one event of a capture as a fixed-size record, and access to its parameters.
 *
 * decode fills the first part from the batch's bytes, the fold the second ("stamps"). After
 * the fold a record is immutable; taps on any thread may read it and everything it points
 * to until the batch is released. Nothing is copied or converted: parameter values are read
 * where they lie. Parameters are numbered as in today's layout of the event (schema.h); where
 * an old layout carries a value in the enter event, event_param finds it there.
 */
#ifndef EVENTS_EVENT_H
#define EVENTS_EVENT_H

#include "base/base.h"
#include "base/cursor.h"
#include "schema/schema.h"

struct thread_view;	/* state/view.h */
struct fd_view;		/* state/view.h */

enum {
	EVENT_EXIT = 1,			/* completes a call (or stands for itself: switch, signal, ...) */
	EVENT_SHOWN = 2,		/* survives conversion: numbered and printed without --raw */
	EVENT_STATE_ONLY = 4,		/* kept by the writer for state; not shown, not matched */
	EVENT_WIDE = 8,			/* parameter lengths are u32, not u16 */
	EVENT_HAS_RES = 16,		/* res is valid */
	EVENT_HAS_FD = 32,		/* fd_num is valid: the fd the call works on, or created */
	EVENT_UNKNOWN_TYPE = 64,	/* type at or above SCHEMA_EVENTS: counted, never interpreted */
	EVENT_BEGIN_EXACT = 128,	/* begin_ns is the enter event's time */
	EVENT_BEGIN_BOUND = 256,	/* begin_ns is the earliest possible begin: durations are upper bounds */
	EVENT_TIME_ZERO = 512,		/* stored time was 0 or all ones */
	EVENT_IS_SYSCALL = 1024,	/* from a system call, not a tracepoint or meta event */
	EVENT_BAD_PARAMS = 2048,	/* lengths did not add up: what is inside is used, the rest absent */
	EVENT_FAILED = 4096,		/* HAS_RES and res < 0 */
	EVENT_EXTRA = 8192,		/* extra.h has more of it; begin_ns may be set by decode already */
	EVENT_FURTHER = 32768,		/* another message of a call that has an event already, whose time it has */
	EVENT_HIDDEN = 16384,		/* does not pass the run's filter: statistics and print pass it over */
};

#define EVENT_NO_REFS UINT32_MAX

struct event {
	/* filled by decode */
	uint64_t ts_ns;			/* since the epoch, as stored */
	int64_t tid;			/* -1: no thread */
	const uint8_t *lens;		/* array of parameter lengths, the values follow; in the batch */
	int64_t res;			/* EVENT_HAS_RES */
	int32_t fd_num;			/* EVENT_HAS_FD; the fold fills it where the enter event holds it */
	uint32_t block_off;		/* of the block, from the batch's first byte */
	uint32_t values_len;		/* bytes of all values present after the length array */
	uint16_t stored_type;		/* as in the file (legacy codes already mapped) */
	uint16_t type;			/* today's layout */
	uint16_t conv;			/* row of schema_convs, 0: as stored */
	uint16_t cpu;
	uint16_t flags;			/* EVENT_ */
	uint8_t stored_nparams;
	uint8_t nparams;		/* after conversion */

	uint32_t num;			/* its ordinal, without batch->first_num, which is to be added */

	/* stamped by the fold */
	uint32_t refs;			/* first of this event's entries in the batch's refs, or EVENT_NO_REFS */
	uint64_t begin_ns;		/* EVENT_BEGIN_EXACT or EVENT_BEGIN_BOUND, else 0 */
	const struct event *enter;	/* pending enter event of this call, or NULL; its stamps are not set */
	const struct thread_view *thread;	/* NULL: no thread (tid < 0) */
	const struct fd_view *fd;	/* the file of the call, or NULL: unknown or none */
};

/* The event as stored: its own layout, nothing taken from the enter event. */
static inline struct event event_as_stored(const struct event *ev)
{
	struct event raw = *ev;

	if (!(ev->flags & EVENT_UNKNOWN_TYPE)) {
		raw.type = ev->stored_type;
	}
	raw.conv = 0;
	raw.nparams = ev->stored_nparams;
	return raw;
}

/* A parameter's bytes; p is NULL and len 0 when absent. A present empty value has p non-NULL. */
struct param {
	const uint8_t *p;
	uint32_t len;
};

static inline uint32_t event_stored_len(const struct event *ev, unsigned int i)
{
	return ev->flags & EVENT_WIDE ? load_le32(ev->lens + 4 * i) : load_le16(ev->lens + 2 * i);
}

/* Sum of the first n of an array of u16 lengths, four at a time. Reads up to 6 bytes beyond them:
 * the caller knows that at least 8 follow the array's last whole word. */
static inline uint32_t event_sum_lens16(const uint8_t *lens, unsigned int n)
{
	uint64_t sum = 0;
	unsigned int rest = n & 3;

	for (; n >= 4; n -= 4, lens += 8) {
		uint64_t x = load_le64(lens);

		sum += (x & UINT64_C(0x0000FFFF0000FFFF)) + ((x >> 16) & UINT64_C(0x0000FFFF0000FFFF));
	}
	if (rest != 0) {
		uint64_t x = load_le64(lens) & (~UINT64_C(0) >> (64 - 16 * rest));

		sum += (x & UINT64_C(0x0000FFFF0000FFFF)) + ((x >> 16) & UINT64_C(0x0000FFFF0000FFFF));
	}
	return (uint32_t)sum + (uint32_t)(sum >> 32);
}

/* Bytes of the values before parameter i. */
static inline uint32_t event_values_before(const struct event *ev, unsigned int i)
{
	uint32_t off = 0;

	if (LIKELY(!(ev->flags & EVENT_WIDE) && ev->values_len >= 8)) {
		return event_sum_lens16(ev->lens, i);
	}
	for (unsigned int k = 0; k < i; k++) {
		off += event_stored_len(ev, k);
	}
	return off;
}

/* Stored parameter i of this very event, without conversion. */
static inline struct param event_stored_param(const struct event *ev, unsigned int i)
{
	struct param none = { NULL, 0 };
	struct param v;

	if (i >= ev->stored_nparams) {
		return none;
	}
	v.len = event_stored_len(ev, i);
	v.p = ev->lens + (size_t)ev->stored_nparams * (ev->flags & EVENT_WIDE ? 4 : 2) +
	      event_values_before(ev, i);
	return v;
}

struct param event_param_converted(const struct event *ev, unsigned int i);

/* Parameter i of today's layout. Decode has checked that all lengths lie inside the event. */
static inline struct param event_param(const struct event *ev, unsigned int i)
{
	if (LIKELY(ev->conv == 0)) {
		return event_stored_param(ev, i);
	}
	return event_param_converted(ev, i);
}

/* Fixed-size values. False when absent or shorter than the type. Longer: first bytes are used. */
bool event_u8(const struct event *ev, unsigned int i, uint8_t *ret_x);
bool event_u16(const struct event *ev, unsigned int i, uint16_t *ret_x);
bool event_u32(const struct event *ev, unsigned int i, uint32_t *ret_x);
bool event_u64(const struct event *ev, unsigned int i, uint64_t *ret_x);
bool event_s64(const struct event *ev, unsigned int i, int64_t *ret_x);
/* Signed or unsigned integer of whatever size the schema gives parameter i, widened. */
bool event_int(const struct event *ev, unsigned int i, int64_t *ret_x);

/* Bytes that a sendmmsg or recvmmsg moved. The result is what was sent or received, as every recorder has it that tells
 * these calls' parameters; the size is the room of the buffers, and counts only where the result is less than the data:
 * one of messages. */
uint64_t event_messages_bytes(const struct event *ev);

/* Text without its final NUL; false when absent, null ("(NULL)") or the literal "<NA>". */
bool event_text(const struct event *ev, unsigned int i, struct param *ret_text);

/* Index of a parameter by name in today's layout, or -1. */
int event_param_index(uint16_t type, const char *name);

/* Name shown for the event: the schema's, or for generic events the syscall's. Never NULL. */
const char *event_name(const struct event *ev);

/* Latency as shown: nanoseconds, valid only with EVENT_BEGIN_EXACT or _BOUND (then an upper bound). */
static inline uint64_t event_latency_ns(const struct event *ev)
{
	return ev->ts_ns > ev->begin_ns ? ev->ts_ns - ev->begin_ns : 0;
}

#endif
