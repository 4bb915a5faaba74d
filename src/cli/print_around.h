/*
 * print_around.h - lines before and after those that pass the filter: --around N.
 *
 * Counted are the events and packets of one capture that would be printed without the filter, in its order. A worker
 * sees one batch: it formats what passes, N lines around it, and the first and last N of the batch (something may pass
 * in the batches beside it). Each line carries its place in the batch, and a row without text at the end of the batch
 * how many there were; the thread that emits keeps the last N lines of each capture until something passes, so what
 * comes out does not depend on batches. Memory: N lines of every open capture (LIMIT_AROUND_LINES).
 */
#ifndef CLI_PRINT_AROUND_H
#define CLI_PRINT_AROUND_H

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

struct emitter;
struct line;
struct source;

/* ---- worker: one batch ---- */

struct around_plan {
	uint8_t *flags; /* owns: one per line of the batch */
	size_t count, cap;
	size_t at; /* next line of the second walk */
	bool counting; /* first walk */
};

/* First walk: the next line, does it pass? ERR_NOMEM. */
int around_count(struct around_plan *a, bool passes);
/* Between the walks: which lines are wanted. */
void around_choose(struct around_plan *a, uint64_t lines);
/* Second walk: is the next line wanted? *ret_num is what its row carries as num. */
bool around_take(struct around_plan *a, uint64_t *ret_num);
/* num of the row at the end of the batch. */
uint64_t around_end(const struct around_plan *a);
void around_plan_release(struct around_plan *a);

/* ---- emitter ---- */

struct around {
	uint64_t lines; /* N; 0: not asked for */
	bool separate; /* "--" between groups */
	struct map sources; /* struct source * -> struct around_source *, owned */
	const void *last; /* source of the last line */
	unsigned int running; /* sources with lines still to come after a match */
};

void around_init(struct around *a);
void around_release(struct around *a);
/* Lines of one source in order. 0, ERR_EOF: enough, or what output says. */
int around_emit(struct emitter *m, const struct source *src, const char *text, size_t line_count,
		const struct line *rows, size_t base, struct err *e);

#endif
