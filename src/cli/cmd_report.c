/*
 * cmd_report.c - `thresher report`: one pass over all inputs with every statistic, then the folder.
 */
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/version.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/scripts.h"
#include "cli/select.h"
#include "report/render.h"
#include "stats/stats.h"

#define DATE_LIMIT_S UINT64_C(253402300800) /* year 10000 */

/* SOURCE_DATE_EPOCH fixes the time of making; --reproducible alone leaves it out. */
static uint64_t created_ns(const struct options *o)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	struct timespec now;
	char *end;

	if (fixed != NULL && fixed[0] >= '0' && fixed[0] <= '9') {
		unsigned long long s;

		errno = 0;
		s = strtoull(fixed, &end, 10);
		return errno == 0 && *end == '\0' && s < DATE_LIMIT_S ? s * NSEC_PER_SEC : 0;
	}
	if (o->reproducible || clock_gettime(CLOCK_REALTIME, &now) != 0) {
		return 0;
	}
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

/* For a shell. */
static void add_quoted(struct buf *out, const char *option, const char *text)
{
	buf_adds(out, option);
	buf_addc(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			buf_adds(out, "'\\''");
		} else {
			buf_addc(out, *text);
		}
	}
	buf_addc(out, '\'');
}

/* Names are shown as they are where a shell takes them so. */
static void add_input(struct buf *out, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,=-";

	if (name[0] == '\0' || name[strspn(name, plain)] != '\0') {
		add_quoted(out, " ", name);
	} else {
		buf_addc(out, ' ');
		buf_adds(out, name);
	}
}

static void add_command_line(struct buf *out, const struct options *o)
{
	buf_adds(out, "thresher report");
	if (o->hash) {
		buf_adds(out, " --hash");
	}
	if (o->strict) {
		buf_adds(out, " --strict");
	}
	if (o->no_join) {
		buf_adds(out, " --no-join");
	}
	if (o->clock_offset_ns != OFFSET_NOT_GIVEN) {
		buf_printf(out, " --clock-offset %lldns", (long long)o->clock_offset_ns);
	}
	if (o->clock_shown == CLOCK_SHOWN_PACKETS) {
		buf_adds(out, " --clock packets");
	}
	if (o->filter != NULL) {
		add_quoted(out, " -f ", o->filter);
	}
	for (size_t i = 0; i < o->filter_files.count; i++) {
		add_quoted(out, " --filter-file ", o->filter_files.items[i]);
	}
	if (o->packet_filter != NULL) {
		add_quoted(out, " --packet-filter ", o->packet_filter);
	}
	for (size_t i = 0; i < o->scripts.count; i++) {
		add_quoted(out, " --script ", o->scripts.items[i]);
	}
	for (size_t i = 0; i < o->input_count; i++) {
		add_input(out, o->inputs[i]);
	}
}

static void say_done(const struct report *r, const char *plot_note, struct diag *d)
{
	diag_note(d, "%s", r->summary);
	if (plot_note != NULL) {
		diag_note(d, "no plots: %s", plot_note);
	}
}

/* The path of the page is the command's output: the one line on stdout. */
static int print_path(const char *index, struct err *e)
{
	struct buf line;
	int code;

	buf_init(&line, 64u << 10);
	buf_adds(&line, index);
	buf_addc(&line, '\n');
	code = output_all(&line, e);
	buf_release(&line);
	return code == ERR_PIPE ? 0 : code;
}

static int write_report(struct run *run, struct scripts *scripts, struct err *e)
{
	struct report r;
	struct buf command;
	char *index = NULL;
	char *plot_note = NULL;
	int code;

	report_init(&r);
	buf_init(&command, 1u << 20);
	if (!run->options->reproducible) {
		add_command_line(&command, run->options);
	}
	r.version = "thresher " THRESHER_VERSION;
	r.created_ns = created_ns(run->options);
	r.command_line = buf_str(&command);
	r.filter = run->options->filter != NULL ? run->options->filter : "";
	r.packet_filter = run->options->packet_filter != NULL ? run->options->packet_filter : "";
	code = engine_report(run->engine, &r, e);
	if (code == 0) {
		code = scripts_report(scripts, &r, e);
	}
	if (code == 0) {
		code = report_write(&r, run->options->out_dir, &index, &plot_note, e);
	}
	if (code == 0 && run->options->trace != NULL) {
		code = report_write_trace(&r, run->options->trace, e);
	}
	if (code == 0) {
		say_done(&r, plot_note, run->diag);
		code = print_path(index, e);
	}
	free(index);
	free(plot_note);
	buf_release(&command);
	report_release(&r);
	return code;
}

/* Evidence is never written over, whatever name or link it has. */
static int check_trace(const struct run *run, struct err *e)
{
	const char *path = run->options->trace;
	struct stat out, in;

	if (path == NULL || stat(path, &out) != 0) {
		return 0;
	}
	if (!S_ISREG(out.st_mode)) {
		return err_set(e, ERR_EXISTS, "'%s' is no file that a trace could replace", path);
	}
	for (size_t i = 0; i < run->inputs.count; i++) {
		const char *input = run->inputs.files[i].path;

		if (stat(input, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
			return err_set(e, ERR_EXISTS, "'%s' is one of the inputs ('%s'): name another file", path,
				       input);
		}
	}
	return 0;
}

/* The pass, and the folder. */
static int run_report(struct run *run, struct selection *sel, struct scripts *scripts, struct err *e)
{
	const struct options *o = run->options;
	struct engine_options eo;
	int status;

	memset(&eo, 0, sizeof(eo));
	eo.fold = true;
	eo.taps = stats_taps;
	eo.no_join = o->no_join;
	eo.join_options.offset_given = o->clock_offset_ns != OFFSET_NOT_GIVEN;
	eo.join_options.offset_ns = eo.join_options.offset_given ? o->clock_offset_ns : 0;
	eo.clock_packets = o->clock_shown == CLOCK_SHOWN_PACKETS;
	sel->wants_join = scripts_join(scripts);
	status = selection_inputs(sel, sel->wants_join ? "report --script" : "report -f", run, &eo);
	scripts_apply(scripts, &run->inputs, &eo);
	if (status == 0 && (report_check(o->out_dir, e) < 0 || check_trace(run, e) < 0)) {
		diag_err(run->diag, e);
		status = err_exit_status(e->code);
	}
	if (status == 0) {
		status = run_engine(run, &eo);
	}
	if (status == 0) {
		int code = write_report(run, scripts, e);
		int failed = scripts_say(scripts, run->diag);

		status = run_status(run);
		status = status == 0 ? failed : status;
		if (code < 0) {
			diag_err(run->diag, e);
			status = err_exit_status(code);
		}
	}
	return status;
}

int cmd_report(const struct options *o, struct diag *d)
{
	struct selection sel;
	struct scripts scripts;
	struct run run;
	struct err e;
	int status;
	int code;

	run_init(&run, o, d);
	err_init(&e);
	code = scripts_load(&scripts, &o->scripts, &e);
	memset(&sel, 0, sizeof(sel));
	if (code == 0) {
		code = selection_new(&sel, o, d, &e);
	}
	if (code < 0) {
		diag_err(d, &e);
		status = err_exit_status(code);
	} else {
		status = run_report(&run, &sel, &scripts, &e);
	}
	selection_end(&sel, &run);
	selection_release(&sel);
	scripts_release(&scripts);
	return status;
}
