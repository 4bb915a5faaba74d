/*
 * cmd_info.c - `thresher info`: what the inputs hold, without rebuilding any state.
 */
#include "cli/command.h"
#include "cli/info.h"
#include "cli/output.h"
#include "cli/run.h"

static int print_info(const struct run *r, struct err *e)
{
	struct info in;
	struct buf text;
	int code;

	memset(&in, 0, sizeof(in));
	in.sources = engine_sources(r->engine, &in.source_count);
	in.skips = engine_skips(r->engine, &in.skip_count);
	in.stopped = r->code == ERR_STOPPED;
	in.all = r->options->all;
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

int cmd_info(const struct options *o, struct diag *d)
{
	struct engine_options eo;
	struct run run;
	int status;

	memset(&eo, 0, sizeof(eo));
	run_init(&run, o, d);
	status = run_inputs(&run);
	if (status == 0) {
		status = run_engine(&run, &eo);
	}
	if (status == 0) {
		struct err e;
		int code;

		err_init(&e);
		code = print_info(&run, &e);
		status = code == ERR_PIPE ? 0 : run_status(&run);
		if (code < 0 && code != ERR_PIPE) {
			diag_err(d, &e);
			status = err_exit_status(code);
		}
	}
	run_release(&run);
	return status;
}
