/*
 * render.h - the report's files. Every renderer walks the tables of result.h; none computes.
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "report/result.h"

/* report.json: {"schema":"thresher-report/1",...,"tables":{...}}, UTF-8, one row per line. */
void render_json(const struct report *r, struct buf *out);

/* One table as CSV (RFC 4180, header row, formula injection defused). */
void render_csv(const struct table *t, struct buf *out);

/* index.html, self-contained. svgs[i] is the drawing of r->plots[i] or NULL (then plot_note says why). */
void render_html(const struct report *r, const struct buf *svgs, const char *plot_note,
		 struct buf *out);

/* Draws one plot with gnuplot into out (SVG). ERR_UNSUPPORTED when gnuplot is not installed or fails;
 * detail in e. Runs gnuplot as a child with its script on stdin; no captured string reaches it. */
int render_plot(const struct report *r, const struct plot_def *p, struct buf *out, struct err *e);

/*
 * Writes the folder: everything goes to a temporary folder beside dir, which is then renamed. An
 * existing dir is replaced only when it is an earlier report (it holds the marker file ".thresher-report")
 * else ERR_EXISTS. On any failure nothing is left behind and an earlier report stays as it was. *ret_index
 * (malloc'd, the caller frees) is the path of index.html.
 */
int report_write(const struct report *r, const char *dir, char **ret_index, char **ret_plot_note,
		 struct err *e);

#endif
