/*
 * print.h - the parts of `thresher print` as they see each other.
 *
 *   cmd_print.c      options to struct print, the passes
 *   print_lines.c    a batch to lines: what is chosen, in order (any worker)
 *   print_line.c     one event or packet to one line, with what is asked for below it (any worker)
 *   print_emit.c     lines in order to standard output (one thread at a time)
 *   print_around.c   of those, what lies around matches
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "cli/options.h"
#include "cli/output.h"
#include "cli/print_around.h"
#include "cli/print_hex.h"
#include "cli/print_join.h"
#include "cli/print_time.h"
#include "cli/print_verbose.h"
#include "engine/engine.h"
#include "filter/filter.h"
#include "filter/format.h"
#include "filter/packet_bpf.h"

/* With colours the default line is put together of pieces (print_line.c). */
#define LINE_PIECES 7

/* What emits: owner is the thread that has the turn. */
struct emitter {
	struct output out;
	struct buf filled;
	bool marks; /* lines hold marks of format.h */
	uint64_t left; /* lines still wanted; of those that pass the filter */
	uint64_t printed;
	uint64_t first_ns, last_ns;
	bool any;
	struct around around;
};

struct print {
	/* frozen before the run */
	struct field_settings settings;
	struct format *format; /* owns; NULL with JSON */
	struct format *pieces[LINE_PIECES]; /* owns; NULL unless the default line has colours */
	bool json, colour;
	bool events, packets; /* what is shown */
	bool format_packets; /* packets go through the format too */
	bool format_joined; /* it has fields that only a join before knows */
	struct time_range range;
	bool ranged;
	uint64_t around; /* lines of context, 0: none; else what passes is found here: */
	const struct filter *filter; /* borrowed; NULL: everything passes */
	const struct packet_bpf *packet_filter; /* likewise */
	struct field_settings filter_settings;
	struct data_style data;
	bool has_data;
	struct print_verbose verbose;
	bool has_verbose;
	const struct joined *joined; /* of the pass before; NULL: nothing is added to lines */

	struct emitter emitter;
};

/* print_line.c: one event or packet, without the last line end. False: not printed, nothing added. The context is set
 * to it. */
int print_line_init(struct print *p, struct err *e);
void print_line_release(struct print *p);
bool print_line_event(const struct print *p, struct print_join *pj, struct field_ctx *c, uint64_t raw_num,
		      struct buf *out);
bool print_line_packet(const struct print *p, struct print_join *pj, struct field_ctx *c, struct buf *out);

/* print_lines.c: line_sink.format */
int print_lines_format(void *arg, const struct batch *b, struct lines *out);

/* print_emit.c: line_sink.emit, with struct print as arg; and one line with its end, for print_around.c. */
void emitter_init(struct emitter *m);
void emitter_release(struct emitter *m);
int print_emit(void *arg, const struct source *src, const char *text, size_t len, size_t line_count,
	       const struct line *rows, size_t base, struct err *e);
int emitter_put(struct emitter *m, const char *line, size_t len, uint64_t ts_ns, struct err *e);

#endif
