/*
 * cmd_follow.c - `thresher follow`: the bytes of conversations, from packets, calls or both.
 *
 * Two passes: the first reads and joins everything, chooses the conversations and notes where their bytes lie; the
 * second picks the bytes up (follow_batch, any worker). Then they are written, one conversation after the other.
 */
#include <unistd.h>

#include "cli/colour.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/joined.h"
#include "cli/select.h"

/* line_sink.format of the second pass: no lines, only bytes. */
static int follow_batch(void *arg, const struct batch *b, struct lines *out)
{
	UNUSED_ARG(out);
	return content_feed(arg, b);
}

/* Targets stand in front of the inputs. */
static int split_arguments(struct follow *f, struct options *o, struct err *e)
{
	size_t n = 0;

	while (n < o->input_count && target_is(o->inputs[n])) {
		n++;
	}
	if (n > 0 && o->filter != NULL) {
		return err_set(e, ERR_USAGE, "name conversations, or filter for them with -f, not both");
	}
	if (n == 0 && o->filter == NULL && o->packet_filter == NULL) {
		return err_set(e, ERR_USAGE,
			       "nothing to follow: name fd:PID:FD, flow:COMMUNITY_ID or http:N, or filter with -f");
	}
	f->targets = calloc(n + 1, sizeof(*f->targets));
	if (f->targets == NULL) {
		return err_nomem(e, "the arguments");
	}
	for (size_t i = 0; i < n; i++) {
		int rc = target_parse(o->inputs[i], &f->targets[i], e);

		if (rc != 0) {
			return rc;
		}
	}
	f->target_count = n;
	memmove(o->inputs, o->inputs + n, (o->input_count - n) * sizeof(*o->inputs));
	o->input_count -= n;
	return 0;
}

static bool say_missing(const struct follow *f)
{
	bool all = true;

	for (size_t i = 0; i < f->target_count; i++) {
		const struct target *t = &f->targets[i];

		if (t->found) {
			continue;
		}
		all = false;
		if (t->kind == TARGET_FD) {
			diag_error(f->diag, "fd:%lld:%d: no socket or pipe of that process had this number",
				   (long long)t->pid, t->fd);
		} else if (t->kind == TARGET_FLOW) {
			diag_error(f->diag, "flow:%s: no such flow in the packets", t->id);
		} else {
			diag_error(f->diag, "http:%llu: table http has no such row", (unsigned long long)t->row);
		}
	}
	return all;
}

/* What the reader of the bytes has to know about them. */
static void say_limits(const struct follow *f)
{
	if (f->target_count == 0 && f->item_count == 0) {
		diag_note(f->diag, "nothing to follow: no conversation passes the filter");
	}
	if (f->gaps > 0) {
		diag_warn(f->diag, "%llu gap%s left out of the output, %llu bytes that were not captured",
			  (unsigned long long)f->gaps, f->gaps == 1 ? "" : "s", (unsigned long long)f->gap_bytes);
	}
	if (f->failed_body) {
		diag_warn(f->diag, "a body is not whole: what frames it was not captured");
	}
	if (content_full(f->content)) {
		diag_warn(f->diag,
			  "more bytes than follow keeps at once: the rest is shown as gaps; name fewer conversations");
	}
}

static int second_pass(struct follow *f, struct run *r)
{
	struct line_sink sink = { f->content, follow_batch, NULL, false };
	struct engine_options eo;

	memset(&eo, 0, sizeof(eo));
	eo.sink = &sink;
	eo.fold = true;
	eo.packets = true;
	eo.no_ndpi = true;
	return run_engine(r, &eo);
}

static int write_all(struct follow *f, struct run *r)
{
	int code = 0;

	for (size_t i = 0; i < f->item_count && code == 0; i++) {
		code = follow_write(f, &f->items[i], i + 1, &r->err);
	}
	if (code == 0) {
		code = output_flush(&f->out, &r->err);
	}
	if (code < 0 && code != ERR_PIPE) {
		diag_err(f->diag, &r->err);
		return err_exit_status(code);
	}
	return 0;
}

/* The joined first pass is there: chooses, reads again, writes. */
static int follow_joined(struct follow *f, struct run *again)
{
	int status;

	if (follow_choose(f, &again->err) != 0) {
		diag_err(f->diag, &again->err);
		return err_exit_status(again->err.code);
	}
	if (content_ready(f->content) != 0) {
		err_nomem(&again->err, "the conversations");
		diag_err(f->diag, &again->err);
		return err_exit_status(ERR_NOMEM);
	}
	again->inputs = f->run->inputs;	/* what the first pass listed */
	status = second_pass(f, again);
	if (status == 0) {
		status = run_status(again);
	}
	if (status == 0 || again->code == ERR_STOPPED) {
		int written = write_all(f, again);

		status = written != 0 ? written : status;
		say_limits(f);
		if (!say_missing(f) && status == 0) {
			status = err_exit_status(ERR_USAGE);
		}
	}
	engine_free(again->engine);	/* before its inputs are given back */
	again->engine = NULL;
	input_list_init(&again->inputs);
	return status;
}

static int first_pass(struct follow *f, struct selection *sel, struct run *run)
{
	struct engine_options eo;
	int status;

	memset(&eo, 0, sizeof(eo));
	eo.fold = true;
	eo.packets = true;
	eo.join = true;
	eo.no_ndpi = true;
	status = selection_inputs(sel, "follow", run, &eo);
	if (status == 0) {
		status = run_engine(run, &eo);
	}
	if (status == 0 && run->code == ERR_STOPPED) {
		diag_note(f->diag, "stopped by a signal: nothing was found yet");
		status = err_exit_status(ERR_STOPPED);
	}
	f->run = run;
	f->join = status == 0 ? engine_joined(run->engine) : NULL;
	return status;
}

static int follow_run(struct follow *f, struct selection *sel, const struct options *o)
{
	struct run run, again;
	bool from_stdin;
	int status;

	run_init(&run, o, f->diag);
	run_init(&again, o, f->diag);
	status = joined_keep_stdin("follow", o, f->diag, &from_stdin);
	if (status == 0) {
		status = first_pass(f, sel, &run);
	}
	if (status == 0) {
		if (from_stdin) {
			lseek(STDIN_FILENO, 0, SEEK_SET);
		}
		status = follow_joined(f, &again);
	}
	run_release(&again);
	selection_end(sel, &run);
	return status;
}

int cmd_follow(const struct options *given, struct diag *d)
{
	struct options o = *given;	/* its list of inputs is the caller's; here without the targets */
	struct selection sel;
	struct follow f;
	struct err e;
	int status;

	memset(&f, 0, sizeof(f));
	memset(&sel, 0, sizeof(sel));
	err_init(&e);
	f.options = &o;
	f.diag = d;
	output_init(&f.out, STDOUT_FILENO);
	d->tty = d->tty && !isatty(STDOUT_FILENO);
	f.colours = o.follow_form <= FOLLOW_HEX && colour_wanted((enum colour_when)o.colour, STDOUT_FILENO);
	if (split_arguments(&f, &o, &e) != 0 || selection_new(&sel, &o, d, &e) != 0 ||
	    (content_new((enum content_view)o.follow_view, &f.content) != 0 && err_nomem(&e, "the conversations"))) {
		diag_err(d, &e);
		status = err_exit_status(e.code);
	} else {
		status = follow_run(&f, &sel, &o);
	}
	selection_release(&sel);
	content_free(f.content);
	free(f.targets);
	free(f.items);
	output_release(&f.out);
	return status;
}
