/*
 * result.h - result tables: built once from merged taps, then only rendered.
 *
 * A table is a definition (name, title, columns with type, unit, description) and rows of typed
 * cells. Renderers (HTML, CSV, JSON) walk the definition and never compute. Strings are copied
 * into the table's arena as the bytes of the capture; each renderer escapes for itself. Rows keep
 * the order in which they were added: the builder sorts, with a total order.
 */
#ifndef REPORT_RESULT_H
#define REPORT_RESULT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum col_type {
	COL_TEXT, /* bytes, shown escaped */
	COL_U64, /* count */
	COL_S64,
	COL_F64, /* shown with at most 6 significant digits, '.' in every locale */
	COL_TIME, /* uint64_t ns since the epoch, shown as UTC ISO 8601 with 9 digits */
	COL_DURATION, /* uint64_t ns; JSON and CSV in ns, HTML with a fitting unit */
	COL_BYTES, /* uint64_t; HTML with a fitting unit */
	COL_BOOL,
	COL_TYPES
};

/* "text", "u64", ...: the type as report.json and docs/OUTPUT.md name it. */
const char *col_type_name(uint8_t type);

/* Marks of a cell: unknown is null in JSON, empty in CSV, a dash in HTML. BOUND durations
 * are upper bounds: "≤" in HTML; JSON and CSV carry it in the column named NAME_bound that the
 * table defines itself. */
enum { CELL_UNKNOWN = 1, CELL_BOUND = 2 };

struct cell {
	uint8_t type; /* enum col_type, as its column */
	uint8_t marks; /* CELL_ */
	uint32_t len; /* COL_TEXT */
	union {
		uint64_t u;
		int64_t s;
		double f;
		const char *text; /* lies in the table, or is constant; not terminated */
	} v;
};

struct column {
	const char *name; /* snake_case: key in JSON, heading in CSV */
	uint8_t type; /* enum col_type */
	const char
		*unit; /* "ns", "bytes", ""; "id": a number that names something (pid, port), so no
				 * thousands separators and no bars */
	const char *description; /* one line, shown as tool tip and in docs/OUTPUT.md */
};

struct table_def {
	const char *name; /* snake_case: key in JSON, file name in csv/ */
	const char *title; /* heading in the page */
	const char *description;
	const struct column *columns;
	unsigned int column_count;
};

struct table {
	const struct table_def *def;
	struct arena arena; /* rows, packed (result.c), and texts that outlive their row */
	const uint8_t **rows; /* owns; where each row begins in the arena */
	size_t row_count, row_cap;
	struct cell *above; /* owns; texts of the row added last, and of the one being added, for the next one */
	struct cell *adding;
	unsigned int at; /* next column of the row being added */
	uint8_t *packed; /* owns; the row being added */
	size_t packed_len, packed_cap;
	uint64_t rows_dropped; /* beyond a ceiling: shown below the table */
	bool failed; /* memory ran out */
};

/* NULL when memory is out. The definition is borrowed for the life of the table. */
struct table *table_new(const struct table_def *def);
void table_free(struct table *t);

/* Adding a row: one add call per column, in order, types as defined (asserted). After the last
 * column the row is complete. Failures stick in t->failed; later calls do nothing. */
void table_text(struct table *t, const char *s); /* NUL-terminated; NULL is unknown */
void table_textn(struct table *t, const void *s, size_t n);
/* The same without a copy: s is constant, or lies in the table's own arena. */
void table_text_kept(struct table *t, const char *s, size_t n);
void table_u64(struct table *t, uint64_t x);
void table_s64(struct table *t, int64_t x);
void table_f64(struct table *t, double x); /* NaN and infinity are unknown */
void table_time(struct table *t, uint64_t ns); /* 0 is unknown */
void table_duration(struct table *t, uint64_t ns);
void table_duration_bound(struct table *t, uint64_t ns); /* an upper bound */
void table_bytes(struct table *t, uint64_t n);
void table_bool(struct table *t, bool x);
void table_unknown(struct table *t);

/* One cell, or all of a row into column_count cells: what walks whole rows reads them so. */
struct cell table_cell(const struct table *t, size_t row, unsigned int col);
void table_row(const struct table *t, size_t row, struct cell *ret_cells);
/* Room for table_row; NULL when memory is out. To be freed. */
struct cell *table_row_new(const struct table *t);

/* The number of the column named so, or -1. */
int table_column(const struct table *t, const char *name);

/* A plot: series over a common x axis (time), drawn by gnuplot to SVG. */
struct plot_series {
	const char *label; /* ours, not from the capture */
	const char *column; /* column of the table that holds y */
};

struct plot_def {
	const char *name; /* file name in plots/ */
	const char *title;
	const char *y_label;
	const char *table; /* its column "time" is x; rows in order of time */
	const struct plot_series *series;
	unsigned int series_count;
	bool stacked;
};

/* What the whole report is made of. */
struct report {
	struct table **tables; /* owns; in the order of the page */
	unsigned int table_count, table_cap;
	const struct plot_def *plots;
	unsigned int plot_count;
	unsigned int threads; /* that writing may use; 0 is 1 */
	bool stopped; /* partial: the run was stopped */
	char summary[512]; /* one line for the head of the page: what was read; not escaped */
	const char *filter; /* what the rows had to pass, "" none; borrowed, not escaped */
	const char *packet_filter; /* the same for packets */
	/* Provenance: the only part that may differ between two runs; fixed by --reproducible. */
	const char *version; /* "thresher 0.1.0" */
	uint64_t created_ns; /* 0 with --reproducible */
	const char *command_line; /* "" with --reproducible; not escaped */
};

void report_init(struct report *r);
void report_release(struct report *r);

/* Are rows missing because of a filter? */
bool report_is_filtered(const struct report *r);
/* Takes the table, also on failure. 0 or ERR_NOMEM. NULL and a failed table are ERR_NOMEM. */
int report_add(struct report *r, struct table *t);
const struct table *report_table(const struct report *r, const char *name);

#endif
