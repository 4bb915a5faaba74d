/*
 * engine.h - the parallel pass: every input through frame, decode, fold, flows and taps.
 *
 * One lane per open input. A lane's batches are framed and folded in file order, one at a time, and
 * decoded and tapped by any of the threads. -j N is N threads in all: the caller's and N - 1 more, of which up to
 * half hash inputs when that is asked for. What comes out does not depend on N or the batch size.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/buf.h"
#include "base/err.h"
#include "join/join.h"
#include "readers/batch.h"
#include "readers/input.h"
#include "readers/source.h"
#include "stats/tap.h"

struct filter;
struct lookup;
struct packet_bpf;

struct progress {
	uint64_t disk_bytes, disk_total;	/* read and known in all (UINT64_MAX: unknown) */
	uint64_t events, packets;
	uint64_t elapsed_ns;
	uint32_t sources_done;
};

/* One formatted line of print: time to merge by, and where its text ends in the chunk. */
struct line {
	uint64_t ts_ns;
	uint64_t num;		/* second key */
	size_t end;
};

struct lines {
	struct buf text;
	struct line *rows;	/* owns; growable */
	size_t count, cap;
};

int lines_add(struct lines *l, uint64_t ts_ns, uint64_t num);	/* the line ends at text.len */

/* A consumer of stamped batches, or of ordered text: print. */
struct line_sink {
	void *arg;
	/* Any worker, any order: the lines of one stamped batch. 0 or ERR_NOMEM. */
	int (*format)(void *arg, const struct batch *b, struct lines *out);
	/* One at a time, in order: runs of lines, all from one source. ERR_EOF: enough, stop without error;
	 * ERR_PIPE and others end the run with that code. NULL: format makes no lines. */
	int (*emit)(void *arg, const struct source *src, const char *text, size_t len,
		    size_t line_count, const struct line *rows, size_t base, struct err *e);
	bool merge;		/* by time over all sources; else one source after the other */
};

struct engine_options {
	unsigned int threads;		/* at least 1 */
	size_t batch_bytes;
	bool hash;
	bool fold;			/* rebuild state (else events keep no stamps) */
	bool packets;			/* dissect packets and follow their flows, also when no tap asks for it */
	bool no_ndpi;			/* name services by thresher's own signatures only */
	bool join;			/* collect sockets too and join them with flows, also when no tap asks for it */
	bool no_join;			/* not even when one does */
	struct join_options join_options;
	bool clock_packets;		/* times in joined tables by the packets' clock, not the syscalls' */
	unsigned int wants;		/* WANT_ besides those of the taps; the filter's are added */
	/* What does not pass is hidden (EVENT_HIDDEN, PACKET_HIDDEN) before taps and sink look; borrowed, NULL:
	 * everything passes. */
	const struct filter *filter;
	const struct packet_bpf *packet_filter;
	bool filter_raw;		/* put to events as stored, enter events too */
	const struct lookup *lookup;	/* of the pass before, for joined fields; or NULL */
	const struct tap *const *taps;	/* NULL-terminated list, or NULL */
	const struct line_sink *sink;	/* or NULL */
	void (*progress)(void *arg, const struct progress *p);	/* called on the caller's thread, about 5/s */
	void *progress_arg;
};

struct engine;

/* All that the fold of such a run is asked for: the options' own wants, the filter's, those of the taps. */
unsigned int engine_wants(const struct engine_options *opt);

int engine_new(const struct engine_options *opt, struct engine **ret_en, struct err *e);
void engine_free(struct engine *en);

/*
 * Reads all inputs. The list is borrowed until engine_free. 0 also when inputs were damaged or some could not
 * be read (see the sources and skips). ERR_STOPPED after engine_stop: everything up to there was
 * processed. ERR_NOMEM; what the sink returned.
 */
int engine_run(struct engine *en, const struct input_list *inputs, struct err *e);

/* From a signal handler or another thread: stop reading, finish what was read. */
void engine_stop(void);
bool engine_stopped(void);

/* Regex matches of the filter that were given up at their ceiling, and so did not match. After engine_run. */
uint64_t engine_filter_gave_up(const struct engine *en);
/* After engine_run: the sources in report order, what was skipped, and the merged state of tap i. */
struct source *const *engine_sources(const struct engine *en, uint32_t *ret_count);
const struct input_skip *engine_skips(const struct engine *en, size_t *ret_count);
/* With opt.join (or a tap that asks), after engine_run: sockets with flows. NULL: not joined. */
const struct join *engine_joined(const struct engine *en);
/* So much of an absolute name is where the evidence lies on this machine: reports leave it out. 0: no input has one. */
size_t engine_shared_directory(const struct input_list *inputs);
/* Builds the tables of all taps (opt.taps) into r, with plots and summary. After engine_run. */
int engine_report(struct engine *en, struct report *r, struct err *e);
void *engine_tap_state(const struct engine *en, unsigned int tap);

#endif
