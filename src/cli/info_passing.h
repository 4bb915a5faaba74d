/*
 * info_passing.h - how much of each section passes the filter, for `thresher info -f`.
 *
 * Workers add what they see of a batch under a lock; the sums do not depend on their order.
 */
#ifndef CLI_INFO_PASSING_H
#define CLI_INFO_PASSING_H

#include <pthread.h>

#include "engine/engine.h"

/* Of one section. */
struct passing {
	uint64_t events, packets;
	uint64_t first_ns, last_ns; /* first 0: nothing with a time */
};

struct info_passing {
	pthread_mutex_t lock;
	struct passing *rows; /* owns; by section->slot; guarded by lock */
	size_t count;
};

void info_passing_init(struct info_passing *ip);
void info_passing_release(struct info_passing *ip);
/* line_sink.format, with struct info_passing as arg: counts, makes no lines. */
int info_passing_batch(void *arg, const struct batch *b, struct lines *out);
/* After the run. */
struct passing info_passing_of(const struct info_passing *ip, const struct section *s);

#endif
