/*
 * top.h - sums by the values of fields, for `thresher top`: which values there are, and how many events, bytes, errors
 * and how much time each stands for.
 *
 *   top_init, top_batch (any worker, as line_sink.format), top_rows, top_release
 *
 * Events or packets for which one of the fields has no value are left out, and counted.
 */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include "base/map.h"

#include <pthread.h>

#include "engine/engine.h"
#include "filter/fields.h"

#define TOP_FIELDS 8

enum top_metric { TOP_COUNT, TOP_BYTES, TOP_TIME, TOP_ERRORS, TOP_SUM };

struct top_row {
	struct top_row *next;	/* of the same hash */
	uint64_t count, errors;
	uint64_t bytes;		/* moved by calls, or of packets on the wire */
	uint64_t time_ns;	/* in calls */
	bool bound;		/* some of it is an upper bound */
	uint64_t sum;		/* of the field in "by" */
	uint64_t sum_count;	/* events and packets in which it had a value */
	uint32_t ends[TOP_FIELDS];	/* where the text of each field ends */
	char key[];		/* the texts as print shows them, one behind the other */
};

/* One worker's at a time; taken from and put back to the list. */
struct top_part {
	struct top_part *next;
	struct map rows;	/* hash of the key to its rows */
	struct arena arena;
	size_t count;
	struct field_ctx ctx;
	struct buf key;
	uint64_t absent;	/* without a value */
};

struct top {
	/* frozen before the run */
	struct field_settings settings;
	struct field_use fields[TOP_FIELDS];	/* own */
	unsigned int field_count;
	enum top_metric metric;
	struct field_use by;	/* owns; TOP_SUM: what is added up */
	bool events, packets;	/* which kind its fields are of */
	bool joins;		/* one of them is known after a pass that joins */
	unsigned int wants;	/* WANT_ of them */

	pthread_mutex_t lock;
	struct top_part *parts;	/* owns; guarded by lock */
	bool full;		/* guarded: more values than LIMIT_TOP_ROWS */
};

/* fields: names separated by commas; by: NULL, a metric's word, or a field with numbers. ERR_USAGE with what is wrong
 * in e. */
int top_init(struct top *t, const char *fields, const char *by, struct err *e);
void top_release(struct top *t);

int top_batch(void *arg, const struct batch *b, struct lines *out);

/* After the run: all rows, greatest first, rows of the same size by key. To be freed; rows are t's. 0, ERR_NOMEM,
 * ERR_LIMIT. */
int top_rows(struct top *t, const struct top_row ***ret_rows, size_t *ret_count, uint64_t *ret_absent);
/* What rows are ordered by. */
uint64_t top_value(const struct top *t, const struct top_row *r);
/* The text of field i, as print shows it. */
const char *top_text(const struct top_row *r, unsigned int i, size_t *ret_len);

#endif
