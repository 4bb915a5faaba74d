/*
 * text.h - the text of parameters, as sysdig prints evt.args and evt.arg.
 *
 * evt.args is `name=value(resolved) ` for every parameter, in the order of today's layout, each
 * with its blank behind it. The output holds no control bytes and is valid UTF-8: captured text
 * passes through escape_terminal, captured data shows unprintable bytes as dots. Times are UTC.
 *
 * The names of other objects (files, processes, users) belong to the state, which this room must
 * not know: the caller hands in a function that finds them. Their order is schema_refs (schema.h):
 * one object per row, but for REF_FDLIST one per entry of the list, counted by text_fdlist_count.
 * Any thread; a text_ctx is not changed.
 */
#ifndef EVENTS_TEXT_H
#define EVENTS_TEXT_H

#include "base/buf.h"
#include "events/event.h"

/*
 * An object as text: comm of a thread, name of an fd, user or group, path of a directory. The string
 * borrows from the state's views.
 */
struct text_ref {
	const char *s;
	uint32_t len;
	char type; /* REF_FD, REF_FDLIST: type character ('f', '4', ...) */
	char l4; /* REF_FD: 't', 'u', 'i', 'r', or 0: not an inet socket, or role unknown */
};

/* Kind asked of a ref function for the thread's working directory; index is 0. */
#define TEXT_REF_CWD 255

/*
 * Finds object number index of the event (counted over its schema_refs rows, lists taking as many
 * as they have entries). Returns false when it is unknown; ret_ref is written only on success.
 */
typedef bool text_ref_fn(const void *owner, const struct event *ev, unsigned int index,
			 unsigned int kind, struct text_ref *ret_ref);

struct text_ctx {
	text_ref_fn *ref; /* NULL: no object is known */
	const void *owner; /* told to ref */
	uint32_t data_max; /* characters shown of a data parameter, 0: TEXT_DATA_MAX */
};

/* Longer data ends in "...", which is part of the count. */
#define TEXT_DATA_MAX 80

/* Whole evt.args; nothing for generic and unknown events. */
void text_args(const struct text_ctx *c, const struct event *ev, struct buf *out);

/* One parameter of today's layout, as evt.arg: what it resolves to, else its plain value.
 * False: the type has no such parameter, or this event was stored before its type got it. A value that is
 * there but empty is "<NA>" ("NULL" for data, tuples and lists). */
bool text_param(const struct text_ctx *c, const struct event *ev, unsigned int i, struct buf *out);

/* The plain value only: "-2", not "ENOENT". */
bool text_param_plain(const struct text_ctx *c, const struct event *ev, unsigned int i,
		      struct buf *out);

/* evt.res: "SUCCESS", or the name (else number) of the error; false without a result. */
bool text_result(const struct event *ev, struct buf *out);

/* Entries of a PT_FDLIST value that really are there. */
unsigned int text_fdlist_count(struct param v);

/* Number of objects an event refers to, as laid out above. */
unsigned int text_ref_count(const struct event *ev);

/* Names of flags and enumeration values, joined by '|'; nothing when none matches. */
void text_add_flags(struct buf *out, const struct schema_flags *table, uint32_t value);
void text_add_enum(struct buf *out, const struct schema_flags *table, uint32_t value);

/* Bytes with unprintable ones as dots, cut to max characters with "..." (0: not cut). */
void text_add_dots(struct buf *out, const uint8_t *p, size_t n, size_t max);

/* "YYYY-MM-DD HH:MM:SS.nnnnnnnnn", UTC. */
void text_add_time(struct buf *out, uint64_t ns);

#endif
