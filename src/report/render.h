/*
 * render.h - the report's files. Every renderer walks the tables of result.h; none computes.
 *
 * Each renderer has two forms: into a buffer, and (render_X_to) into a sink that writes to a file
 * as it goes, so that memory does not grow with the rows. Test the buffer's failed, or sink_finish,
 * at the end.
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "report/result.h"
#include "report/sink.h"

/*
 * report.json: {"schema":"thresher-report/1",...,"tables":{...}}, UTF-8, one row per line. Times
 * are text ("2026-11-21T08:02:11.248341011Z"), durations (ns) and bytes integers, exact to 64 bits;
 * text as escape_json says; unknown is null.
 */
void render_json(const struct report *r, struct buf *out);
void render_json_to(const struct report *r, struct sink *s);

/* One table as CSV (RFC 4180, header row, formula injection defused as escape_csv says). Unknown
 * is an empty cell, an empty text is "". */
void render_csv(const struct table *t, struct buf *out);
void render_csv_to(const struct table *t, struct sink *s);

/* index.html, self-contained. svgs[i] is the drawing of r->plots[i], or empty; plot_note, when
 * not NULL, says why drawings are missing. svgs may be NULL: no drawings. */
void render_html(const struct report *r, const struct buf *svgs, const char *plot_note,
		 struct buf *out);
void render_html_to(const struct report *r, const struct buf *svgs, const char *plot_note,
		    struct sink *s);

/* The spans of table spans as Chrome trace JSON; without that table an empty trace. */
void render_trace(const struct report *r, struct buf *out);
void render_trace_to(const struct report *r, struct sink *s);

/* Writes it to path, which is replaced only when all was written. 0, ERR_NOMEM or ERR_IO. */
int report_write_trace(const struct report *r, const char *path, struct err *e);

/*
 * Draws one plot with gnuplot into out (SVG). ERR_EOF: nothing to draw (no such table, no rows).
 * ERR_UNSUPPORTED when gnuplot is not installed, fails or takes too long; detail in e. Runs gnuplot
 * as a child with its script on stdin; no captured string reaches it.
 */
int render_plot(const struct report *r, const struct plot_def *p, struct buf *out, struct err *e);

/*
 * Could report_write write to dir? For the beginning of a long run. ERR_USAGE: dir is no name for a
 * folder ("", "/", "."); ERR_EXISTS: something is there that must not be replaced; ERR_IO: no
 * parent folder, or it cannot be written to.
 */
int report_check(const char *dir, struct err *e);

/*
 * Writes the folder: everything goes to a temporary folder beside dir, which is then renamed. An
 * existing dir is replaced only when it is empty or an earlier report: it holds the marker file
 * ".thresher-report", and nothing but the files named there; else ERR_EXISTS. On any failure
 * nothing is left behind and an earlier report stays as it was. *ret_index (malloc'd, the caller
 * frees) is the path of index.html. *ret_plot_note (malloc'd, the caller frees) is NULL, or the
 * reason why plots are missing ("gnuplot is not installed").
 */
int report_write(const struct report *r, const char *dir, char **ret_index, char **ret_plot_note,
		 struct err *e);

#endif
