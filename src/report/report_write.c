/*
 * report_write.c - all files of a report into its folder. gnuplot is started first and draws while
 * the tables are written; the page, which holds the drawings, comes last. Owner: main.
 */
#include "report/render.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"
#include "report/folder.h"
#include "report/plot.h"

/* A renderer may add one large cell or drawing between two flushes; tables of the page are
 * flushed by row. */
#define BUFFER_BYTES_MAX ((size_t)1 << 30)

struct writing {
	const struct report *report;
	struct folder folder;
	struct buf buf; /* of the file being written */
	struct plot_job job;
	struct buf *svgs; /* owns: one per plot, empty when there is no drawing */
	char *plot_note; /* owns, or NULL */	struct buf json_buf;		/* of json; the thread's while it runs */
	struct sink json;
	struct thread json_thread;
	bool json_open;
};

/* ---- plots ---- */

/* Remembers why drawings are missing: the first reason. */
static void note_plot_failure(struct writing *w, const struct err *e)
{
	if (w->plot_note == NULL) {
		w->plot_note = strdup(e->message);
	}
}

static int start_plots(struct writing *w, struct err *e)
{
	unsigned int n = w->report->plot_count;
	struct err why;
	int rc;

	if (n == 0) {
		return 0;
	}
	w->svgs = calloc(n, sizeof(*w->svgs));
	if (w->svgs == NULL) {
		return err_nomem(e, "plots");
	}
	for (unsigned int i = 0; i < n; i++) {
		buf_init(&w->svgs[i], BUFFER_BYTES_MAX);
	}
	err_init(&why);
	rc = plot_start(w->report, w->report->plots, n, &w->job, &why);
	if (rc == ERR_NOMEM) {
		return err_nomem(e, "plots");
	}
	if (rc == ERR_UNSUPPORTED) {
		note_plot_failure(w, &why);
	}
	return 0;
}

/* Drawings that fail are a note, not the end of the report. */
static void finish_plots(struct writing *w)
{
	struct err why;

	if (w->job.pid == 0) {
		return;
	}
	err_init(&why);
	if (plot_finish(&w->job, plot_deadline(), w->svgs, &why) != 0) {
		note_plot_failure(w, &why);
	}
}

static void release_plots(struct writing *w)
{
	plot_abandon(&w->job);
	for (unsigned int i = 0; w->svgs != NULL && i < w->report->plot_count; i++) {
		buf_release(&w->svgs[i]);
	}
	free(w->svgs);
}

/* ---- files ---- */

static int file_name(char *name, size_t size, const char *stem, const char *ending, struct err *e)
{
	int n = snprintf(name, size, "%s%s", stem, ending);

	if (n < 0 || (size_t)n >= size || strchr(stem, '/') != NULL) {
		return err_set(e, ERR_INTERNAL, "'%s' is no name for a file", stem);
	}
	return 0;
}

static int write_csv(struct writing *w, const struct table *t, struct err *e)
{
	char name[200];
	struct sink s;
	int rc = file_name(name, sizeof(name), t->def->name, ".csv", e);

	if (rc == 0) {
		rc = folder_create(&w->folder, "csv", name, &w->buf, &s, e);
	}
	if (rc == 0) {
		render_csv_to(t, &s);
		rc = folder_close(&w->folder, name, &s, e);
	}
	return rc;
}

static int write_tables(struct writing *w, struct err *e)
{
	int rc = folder_subfolder(&w->folder, "csv", e);

	for (unsigned int i = 0; rc == 0 && i < w->report->table_count; i++) {
		rc = write_csv(w, w->report->tables[i], e);
	}
	return rc;
}

static int write_svg(struct writing *w, unsigned int plot, struct err *e)
{
	char name[200];
	struct sink s;
	int rc = file_name(name, sizeof(name), w->report->plots[plot].name, ".svg", e);

	if (rc == 0) {
		rc = folder_create(&w->folder, "plots", name, &w->buf, &s, e);
	}
	if (rc == 0) {
		buf_add(&w->buf, w->svgs[plot].data, w->svgs[plot].len);
		rc = folder_close(&w->folder, name, &s, e);
	}
	return rc;
}

static int write_plots(struct writing *w, struct err *e)
{
	bool made = false;
	int rc = 0;

	finish_plots(w);
	for (unsigned int i = 0; rc == 0 && i < w->report->plot_count; i++) {
		if (w->svgs[i].len == 0) {
			continue;
		}
		if (!made) {
			rc = folder_subfolder(&w->folder, "plots", e);
			made = true;
		}
		if (rc == 0) {
			rc = write_svg(w, i, e);
		}
	}
	return rc;
}

/* report.json is written beside the other files, on a thread of its own where there may be one. */
static void json_work(void *arg)
{
	struct writing *w = arg;

	render_json_to(w->report, &w->json);
}

static int begin_json(struct writing *w, struct err *e)
{
	int rc = folder_create(&w->folder, NULL, "report.json", &w->json_buf, &w->json, e);

	if (rc != 0) {
		return rc;
	}
	w->json_open = true;
	if (w->report->threads < 2 || thread_start(&w->json_thread, json_work, w) != 0) {
		json_work(w);
	}
	return 0;
}

static int end_json(struct writing *w, struct err *e)
{
	if (!w->json_open) {
		return 0;
	}
	thread_join(&w->json_thread);
	w->json_open = false;
	return folder_close(&w->folder, "report.json", &w->json, e);
}

static int write_page(struct writing *w, struct err *e)
{
	struct sink s;
	int rc = folder_create(&w->folder, NULL, "index.html", &w->buf, &s, e);

	if (rc == 0) {
		render_html_to(w->report, w->svgs, w->plot_note, &s);
		rc = folder_close(&w->folder, "index.html", &s, e);
	}
	return rc;
}

static int write_all(struct writing *w, struct err *e)
{
	int json_rc;
	int rc = folder_begin(&w->folder, e);

	if (rc == 0) {
		rc = start_plots(w, e);
	}
	if (rc == 0) {
		rc = begin_json(w, e);
	}
	if (rc == 0) {
		rc = write_tables(w, e);
	}
	if (rc == 0) {
		rc = write_plots(w, e);
	}
	if (rc == 0) {
		rc = write_page(w, e);
	}
	json_rc = end_json(w, rc == 0 ? e : NULL);
	return rc != 0 ? rc : json_rc;
}

int report_check(const char *dir, struct err *e)
{
	struct folder f;
	int rc = folder_open(dir, &f, e);

	folder_release(&f);
	return rc;
}

int report_write(const struct report *r, const char *dir, char **ret_index, char **ret_plot_note,
		 struct err *e)
{
	struct writing w = { .report = r, .job = { .out_fd = -1, .err_fd = -1 } };
	char *index = NULL;
	int rc;

	buf_init(&w.buf, BUFFER_BYTES_MAX);
	buf_init(&w.json_buf, BUFFER_BYTES_MAX);
	rc = folder_open(dir, &w.folder, e);
	if (rc == 0 && asprintf(&index, "%s/index.html", w.folder.path) < 0) {
		index = NULL;
		rc = err_nomem(e, "the path of the report");
	}
	if (rc == 0) {
		rc = write_all(&w, e);
	}
	if (rc == 0) {
		rc = folder_commit(&w.folder, e);
	}
	if (rc == 0) {
		*ret_index = index;
		*ret_plot_note = w.plot_note;
	} else {
		free(index);
		free(w.plot_note);
	}
	release_plots(&w);
	folder_release(&w.folder);
	buf_release(&w.buf);
	buf_release(&w.json_buf);
	return rc;
}
