/*
 * script.h - Lua scripts as statistics: they see chosen events and packets with fields of the filter language, keep
 * state of their own, and add tables to the report. docs/thresher-lua.7 is the manual of scripts.
 *
 *   script_set_new, script_set_add for each file, script_set_free
 *   script_set_collect   any worker, per stamped batch: filters are put to events, fields evaluated, values written as records
 *   script_set_feed      one thread at a time, records in the order of the report: Lua is called
 *   script_set_report    after the run: Lua is called for the last time, tables are built
 *
 * What scripts see is the same whatever the threads: records of one source after the other, each in the order of the
 * capture. One state per script, touched by feed and report only. A script cannot read files, see the clock or an
 * address; steps and memory have ceilings (base/limits.h). One that fails is not called again, and its tables are left
 * out.
 *
 * Without Lua in the build script_set_new is ERR_USAGE.
 */
#ifndef STATS_SCRIPT_H
#define STATS_SCRIPT_H

#include "base/buf.h"
#include "base/err.h"
#include "filter/fields.h"
#include "readers/batch.h"
#include "report/result.h"

struct script_set;

/* "Lua 5.4", or NULL: not built in. */
const char *script_version(void);

int script_set_new(struct script_set **ret_set, struct err *e);
void script_set_free(struct script_set *set);

/*
 * Runs the text once: it returns a table with what the script wants. path: as the user named it; shown is its last
 * part. ERR_USAGE with file and line in e; ERR_NOMEM.
 */
int script_set_add(struct script_set *set, const char *path, const char *text, size_t len, struct err *e);

/* What the run must do for the scripts: WANT_ bits and WANT_FOLD; packets are wanted; a pass before must have
 * joined. */
unsigned int script_set_wants(const struct script_set *set);
bool script_set_packets(const struct script_set *set);
bool script_set_joins(const struct script_set *set);

/* Before the run: all WANT_ bits of it, and what the pass before has joined (or NULL), borrowed. */
void script_set_settings(struct script_set *set, unsigned int wants, const struct lookup *lookup);

/* Appends the records of a batch. 0 or ERR_NOMEM. */
int script_set_collect(struct script_set *set, const struct batch *b, struct buf *out);

/* source: its name as scripts are told. */
void script_set_feed(struct script_set *set, const char *source, const char *records, size_t len);

/* Adds table `scripts`, those of the scripts, and a row of table `quality` for each that failed. 0 or ERR_NOMEM. Tables
 * borrow from the set: it is freed after the report. */
int script_set_report(struct script_set *set, struct report *r, struct err *e);

/* For table `scripts` in docs/OUTPUT.md. */
extern const struct table_def scripts_table_def;

size_t script_set_count(const struct script_set *set);
/* The last part of its path. */
const char *script_name(const struct script_set *set, size_t i);
/* "FILE:LINE: what (event N of SOURCE)", or NULL: it did not fail. Not escaped. */
const char *script_failure(const struct script_set *set, size_t i);
/* What it printed, lines; not escaped. */
const char *script_printed(const struct script_set *set, size_t i, size_t *ret_len);

#endif
