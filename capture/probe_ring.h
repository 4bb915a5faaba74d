/*
 * probe_ring.h - the rings of all CPUs, read in the order of their records' times. One thread.
 */
#ifndef CAPTURE_PROBE_RING_H
#define CAPTURE_PROBE_RING_H

#include "base/err.h"
#include "capture/record.h"

struct ring_set;

/* What is handed over is the ring's memory, until the call returns. Not 0: stop. */
typedef int ring_sink(void *arg, const struct record *rec, size_t len, uint16_t cpu);

/* For up to cpus rings of bytes each. NULL: no memory. */
struct ring_set *ring_set_new(size_t cpus, size_t bytes);
void ring_set_free(struct ring_set *s);

/* Maps the ring behind fd, whose records are those of cpu. The set takes fd. */
int ring_set_add(struct ring_set *s, int fd, uint16_t cpu, struct err *e);

/* Waits until a ring is half full, or for timeout_ms. */
int ring_set_wait(struct ring_set *s, int timeout_ms, struct err *e);

/*
 * Hands over, by time, the records there are, up to those of until_ns (monotonic clock). *ret_bytes: what they took.
 * Returns what the sink returned last; the record at which it stopped counts as read.
 */
int ring_set_read(struct ring_set *s, uint64_t until_ns, ring_sink *sink, void *arg, size_t *ret_bytes);

#endif
