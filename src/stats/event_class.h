/*
 * event_class.h - what one event means to the statistics: does it count, which bytes did it move, on what.
 * Small enough to be computed by each tap where it is needed.
 */
#ifndef STATS_EVENT_CLASS_H
#define STATS_EVENT_CLASS_H

#include "events/event.h"
#include "state/view.h"

enum fd_class { FDC_NONE, FDC_FILE, FDC_NET, FDC_IPC };

/* One record per call, or an event that stands for itself. Enter events wait for their exit, what the
 * recorder kept for state only was not part of its capture, and what the run's filter hides is not asked for. */
static inline bool event_counts(const struct event *ev)
{
	return (ev->flags & (EVENT_EXIT | EVENT_SHOWN | EVENT_STATE_ONLY | EVENT_UNKNOWN_TYPE | EVENT_HIDDEN)) ==
	       (EVENT_EXIT | EVENT_SHOWN);
}

/* Of no interest to a reader of system calls: the tools' own records. DROP is not one of them: that events are missing
 * has to be seen. */
bool event_is_internal(const struct event *ev);

static inline enum fd_class event_fd_class(const struct event *ev)
{
	const struct fd_view *fd = ev->fd;

	if (fd == NULL || fd->type == FD_UNKNOWN) {
		return FDC_NONE;
	}
	if (fd_is_file(fd)) {
		return FDC_FILE;
	}
	return fd_is_inet(fd) ? FDC_NET : FDC_IPC;
}

/* Bytes a call moved, by direction and kind of fd; all 0 for failed calls and others. */
struct event_bytes {
	uint64_t in, out;	/* read from, written to the fd */
	uint64_t file_in;	/* read from a second file (sendfile, copy_file_range) */
};

void event_bytes_moved(const struct event *ev, struct event_bytes *ret_b);

/* What calls of a type can be, so that most events need one look. */
enum {
	CLASS_MOVES = 1,	/* moves bytes when it succeeds */
	CLASS_OPENS = 2,	/* opens a file or directory */
	CLASS_CONNECTS = 4,	/* makes or accepts a connection */
	CLASS_STARTS = 8,	/* clone and its like */
};

/* By type of today's layout; only exits have any bit. */
extern const uint8_t event_class_bits[SCHEMA_EVENTS];

/* A successful call that moved bytes: event_bytes_moved tells how many. */
static inline bool event_moves_bytes(const struct event *ev)
{
	return (event_class_bits[ev->type] & CLASS_MOVES) && (ev->flags & EVENT_HAS_RES) && ev->res > 0;
}

/* A successful open of a file or directory. */
static inline bool event_opens_file(const struct event *ev)
{
	return (event_class_bits[ev->type] & CLASS_OPENS) && (ev->flags & EVENT_HAS_RES) && ev->res >= 0;
}

/* A network connection made or accepted, also one in progress. */
bool event_connects(const struct event *ev);

/* A new process (not a thread), seen from its own side. */
bool event_starts_process(const struct event *ev);

#endif
