/*
 * cmd_info.c - `thresher info`: what the inputs hold, without rebuilding any state; with a filter, how much of it
 * passes.
 */
#include "cli/command.h"
#include "cli/info.h"
#include "cli/output.h"
#include "cli/select.h"

static int print_info(const struct run *r, const struct info_passing *passing, struct err *e)
{
	struct info in;
	struct buf text;
	int code;

	memset(&in, 0, sizeof(in));
	in.sources = engine_sources(r->engine, &in.source_count);
	in.skips = engine_skips(r->engine, &in.skip_count);
	in.stopped = r->code == ERR_STOPPED;
	in.all = r->options->all;
	in.passing = passing;
	buf_init(&text, SIZE_MAX / 4);
	if (r->options->json) {
		info_json(&in, &text);
	} else {
		info_text(&in, &text);
	}
	code = output_all(&text, e);
	buf_release(&text);
	return code;
}

static int run_info(struct run *r, struct selection *sel)
{
	struct info_passing passing;
	struct line_sink count = { &passing, info_passing_batch, NULL, false };
	struct engine_options eo;
	int status;

	memset(&eo, 0, sizeof(eo));
	eo.no_ndpi = true;
	eo.sink = selection_any(sel) ? &count : NULL;
	info_passing_init(&passing);
	status = selection_inputs(sel, "info -f", r, &eo);
	if (status == 0) {
		status = run_engine(r, &eo);
	}
	if (status == 0) {
		struct err e;
		int code;

		err_init(&e);
		code = print_info(r, selection_any(sel) ? &passing : NULL, &e);
		status = code == ERR_PIPE ? 0 : run_status(r);
		if (code < 0 && code != ERR_PIPE) {
			diag_err(r->diag, &e);
			status = err_exit_status(code);
		}
	}
	info_passing_release(&passing);
	return status;
}

int cmd_info(const struct options *o, struct diag *d)
{
	struct selection sel;
	struct run run;
	struct err e;
	int status;
	int code;

	err_init(&e);
	run_init(&run, o, d);
	code = selection_new(&sel, o, d, &e);
	if (code < 0) {
		diag_err(d, &e);
		status = err_exit_status(code);
	} else {
		status = run_info(&run, &sel);
	}
	selection_end(&sel, &run);
	selection_release(&sel);
	return status;
}
