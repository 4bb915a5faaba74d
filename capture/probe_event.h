/*
 * probe_event.h - records of the rings into events. One thread.
 */
#ifndef CAPTURE_PROBE_EVENT_H
#define CAPTURE_PROBE_EVENT_H

#include "capture/calls.h"
#include "writers/scap.h"

struct event_maker;

/* offset_ns: what makes the monotonic clock epoch time. NULL: no memory. */
struct event_maker *event_maker_new(bool no_args);
void event_maker_free(struct event_maker *m);

/* The calls known, by number. Borrowed until the maker is freed. */
const struct call_table *event_maker_calls(const struct event_maker *m);

/*
 * Makes the event of a record of len bytes (of any content) of the ring of cpu. False: there is none (damaged). The
 * event points into the maker and is valid until the next.
 */
bool event_make(struct event_maker *m, const void *record, size_t len, uint16_t cpu, uint64_t offset_ns,
		struct scap_event *ret_ev);

/* The next event of the record that event_make was given, in the place of the one before: calls that move several
 * messages have one for each. False: no more. */
bool event_make_more(struct event_maker *m, uint64_t offset_ns, struct scap_event *io_ev);

#endif
