/*
 * format.h - output formats of sysdig and Falco, compiled once.
 *
 *   %field %field[arg]   the field's text; the longest name in the table is taken
 *   %toupper(field)      what a transformer of the filter language makes of it (filter.h)
 *   %20field             cut or padded to 20 characters
 *   %%                   a per cent sign;  \t \n \\ as in C
 *   leading *            a field without value prints <NA>; without it such a line is not printed
 *
 * A line is one event or one packet: fields of the other kind have no value in it.
 *
 * Marks: what is measured from the first line or the line before (evt.deltatime, -t r, -t D) is not known on the worker
 * that formats a batch. There a mark of MARK_BYTES bytes is left in the text, which begins with the byte 1: it cannot
 * occur otherwise, because all captured text is escaped. The thread that emits lines in order replaces the marks with
 * format_fill.
 */
#ifndef FILTER_FORMAT_H
#define FILTER_FORMAT_H

#include "filter/fields.h"

struct format;

/* ERR_USAGE with what is wrong in e, ERR_NOMEM. */
int format_new(const char *text, struct format **ret_f, struct err *e);
void format_free(struct format *f);

/* The text of a format that has a name: "c" or "container", "k" or "kubernetes" as sysdig's -pc and -pk, "p" or "plain"
 * for the default line. NULL: it is no such name, and thus a format itself. */
const char *format_named(const char *name);

/* What the fields need: WANT_ bits and WANT_FOLD. */
unsigned int format_wants(const struct format *f);

/* Of which kind its fields are: lines of the other kind alone could only show <NA>. Fields of both kinds count for
 * neither. */
enum { FORMAT_OF_EVENTS = 1, FORMAT_OF_PACKETS = 2, FORMAT_JOINED = 4 };
unsigned int format_kinds(const struct format *f);

/* True when lines hold marks (settings decide for evt.outputtime). */
bool format_has_marks(const struct format *f, const struct field_settings *set);

/* Appends one line without its end. False: the event is not printed, nothing was added. */
bool format_line(const struct format *f, struct field_ctx *c, struct buf *out);

enum {
	MARK_REL_SECONDS = 'A',
	MARK_DELTA,
	MARK_DELTA_S,
	MARK_DELTA_NS,
	MARK_DELTA_SECONDS,
};

#define MARK_BYTES 5 /* 1, kind, width in three digits */
#define MARK_MAX_WIDTH 999

void format_mark(struct buf *out, int kind);

/* Copies a line, marks replaced: rel_ns since the first line, delta_ns since the line before. */
void format_fill(struct buf *out, const char *line, size_t len, uint64_t rel_ns, uint64_t delta_ns);

#endif
