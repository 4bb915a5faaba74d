/*
 * tap.h - what a statistic is.
 *
 * One file in src/stats/ = one row in taps.def = one struct tap. Every worker has its own state,
 * fed with whole stamped batches; at the end states of all workers are merged and the tap yields its
 * result tables. Merge must be commutative and associative (integer sums, min/max, log-bucket
 * histograms, maps): which worker saw which batch must never show.
 */
#ifndef STATS_TAP_H
#define STATS_TAP_H

#include "base/err.h"
#include "events/event.h"
#include "readers/batch.h"
#include "readers/source.h"
#include "report/result.h"

struct input_skip;
struct join;
struct series;

enum tap_order {
	TAP_FREE,	/* any worker, any order of batches */
	TAP_ORDERED,	/* one state, batches in file order within a source, sources in no order: rare, it runs
			 * in the serial stage, one batch at a time */
};

/* All sources of the run in report order; frozen when tables are built. */
struct tap_input {
	struct source *const *sources;
	uint32_t source_count;
	const struct input_skip *skips;	/* what was named or found and not read */
	size_t skip_count;
	const struct series *series;	/* which processes of different sections are one: series.h */
	const struct join *join;	/* join/join.h; NULL: no tap asks for it, or the input holds nothing to join */
	bool filtered;			/* the run has a filter: rows of which nothing passed are not shown (passed.h) */
	bool clock_packets;		/* times in joined tables are shown by the packets' clock, not the syscalls' */
};

struct tap {
	const char *name;		/* unique */
	const char *help;		/* one line, for who reads the code */
	uint8_t order;			/* enum tap_order */
	bool events;			/* wants batches with events */
	bool packets;			/* wants batches with packets: dissected, and stamped by their flows' shards (net/layer.h) */
	bool flows;			/* reads section->net (frozen, or NULL without packets) when tables are built */
	bool join;			/* reads tap_input.join: sockets are collected and joined with flows */
	unsigned int wants;		/* WANT_ of state.h */
	/* NULL: no memory. */
	void *(*state_new)(void);
	void (*state_free)(void *st);
	/* One batch. 0 or ERR_NOMEM. */
	int (*batch)(void *st, const struct batch *b);
	/* Adds from into into; from is freed by the caller afterwards. 0 or ERR_NOMEM. */
	int (*merge)(void *into, void *from);
	/* Adds result tables to the report. st is NULL when no worker had one. */
	int (*tables)(void *st, const struct tap_input *in, struct report *r, struct err *e);
};

#endif
