/*
 * cmd_print.c - `thresher print`: events and packets as lines of text or JSON.
 *
 * Workers format whole batches (print_lines.c); lines are written in order by whichever thread has
 * the turn (print_emit.c), several captures merged by time. What must be known of all inputs before
 * the first line (their span of time, the join) is found in a pass before. Main thread.
 */
#include <time.h>
#include <unistd.h>

#include "cli/colour.h"
#include "cli/command.h"
#include "cli/pager.h"
#include "cli/print.h"
#include "cli/select.h"

/* ---- options ---- */

static int check_options(const struct options *o, struct err *e)
{
	if (o->json && o->format != NULL) {
		return err_set(e, ERR_USAGE, "--json and --format exclude each other");
	}
	if (o->json && (o->verbose || o->hex > 0 || o->ascii)) {
		return err_set(e, ERR_USAGE,
			       "--json holds everything already: --verbose, --hex and --ascii are for text");
	}
	if (o->around > 0 && o->filter == NULL && o->packet_filter == NULL) {
		return err_set(e, ERR_USAGE, "--around is for what passes a filter: -f or --packet-filter");
	}
	return 0;
}

/* Which kinds of lines there are, and which of them are shown. */
static void choose_kinds(struct print *p, const struct options *o)
{
	unsigned int kinds;

	if (o->format == NULL || p->format == NULL) {
		p->events = o->events || !o->packets;
		p->packets = o->packets || !o->events;
		return;
	}
	kinds = format_kinds(p->format) & (FORMAT_OF_EVENTS | FORMAT_OF_PACKETS);
	if (kinds == 0) {
		kinds = FORMAT_OF_EVENTS | FORMAT_OF_PACKETS;
	}
	p->format_packets = (kinds & FORMAT_OF_PACKETS) != 0;
	if (p->format_packets) {
		p->events = (kinds & FORMAT_OF_EVENTS) != 0 && (o->events || !o->packets);
		p->packets = o->packets || !o->events;
	} else {
		/* Beside a format of events packets have a form of their own. */
		p->events = true;
		p->packets = o->packets;
	}
}

/* Text: the format, and the work its fields need. */
static int init_text(struct print *p, const struct options *o, unsigned int *ret_wants, struct err *e)
{
	const char *name = o->format != NULL ? o->format : "plain";
	const char *named = format_named(name);
	unsigned int wants;
	int code = format_new(named != NULL ? named : name, &p->format, e);

	if (code < 0) {
		return code;
	}
	choose_kinds(p, o);
	p->format_joined = (format_kinds(p->format) & FORMAT_JOINED) != 0;
	wants = format_wants(p->format);
	if (o->time_format == TIME_LATENCY) {
		wants |= WANT_FOLD;
	}
	p->emitter.marks = format_has_marks(p->format, &p->settings) ||
			   (p->packets && (o->time_format == TIME_RELATIVE || o->time_format == TIME_DELTA));
	p->colour = colour_wanted((enum colour_when)o->colour, STDOUT_FILENO);
	if (p->colour && o->format == NULL) {
		code = print_line_init(p, e);
	}
	p->has_data = o->hex > 0 || o->ascii;
	p->data = (struct data_style){ o->hex > 0, o->ascii, o->hex > 1 };
	p->has_verbose = o->verbose;
	if (code == 0 && o->verbose) {
		unsigned int more = 0;

		code = print_verbose_init(&p->verbose, p->colour, o->join, &more, e);
		wants |= more;
	}
	*ret_wants = wants;
	return code;
}

static int print_init(struct print *p, const struct options *o, struct err *e)
{
	unsigned int wants = WANT_FOLD | WANT_REFS;
	int code;

	memset(p, 0, sizeof(*p));
	emitter_init(&p->emitter);
	p->emitter.left = o->count;
	p->emitter.around.lines = o->around;
	p->emitter.around.separate = !o->json;
	p->json = o->json;
	p->around = o->around;
	p->settings.raw = o->raw;
	p->settings.local_time = o->local_time;
	p->settings.time_style = (uint8_t)o->time_format;
	code = check_options(o, e);
	if (code == 0 && o->json) {
		choose_kinds(p, o);
	} else if (code == 0) {
		code = init_text(p, o, &wants, e);
	}
	p->settings.wants = p->events ? wants | (o->raw ? WANT_RAW : 0) : 0;
	return code;
}

static void print_release(struct print *p)
{
	print_line_release(p);
	print_verbose_release(&p->verbose);
	emitter_release(&p->emitter);
}

/* ---- the passes ---- */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Nothing printed must not look like nothing read. */
static void say_nothing(const struct run *r, const struct print *p, bool chosen)
{
	struct run_totals t = run_totals(r);

	if (r->code != 0) {
		return;
	}
	if (t.events == 0 && t.packets == 0) {
		diag_note(r->diag, "nothing to print: the input holds no events and no packets");
	} else if (!(p->events && t.events > 0) && !(p->packets && t.packets > 0)) {
		if (p->events) {
			diag_note(r->diag, "no events to print: the input holds %llu packet%s, see --packets",
				  (unsigned long long)t.packets, plural(t.packets));
		} else {
			diag_note(r->diag, "no packets to print: the input holds %llu event%s, see --events",
				  (unsigned long long)t.events, plural(t.events));
		}
	} else if (chosen && p->emitter.printed == 0 && p->emitter.left > 0) {
		diag_note(r->diag, "nothing passes: %llu event%s and %llu packet%s were read",
			  (unsigned long long)t.events, plural(t.events), (unsigned long long)t.packets,
			  plural(t.packets));
	}
}

/*
 * Lines around others show what does not pass, and the engine does less for that: so with --around the filter is put to
 * events and packets here, and the engine knows of none.
 */
static void keep_filter(struct print *p, const struct selection *sel, struct engine_options *eo)
{
	p->filter = sel->filter;
	p->packet_filter = sel->packet_filter;
	p->filter_settings.raw = p->settings.raw;
	p->filter_settings.lookup = p->settings.lookup;
	p->filter_settings.wants = p->settings.wants;
	eo->wants |= p->settings.wants & ~WANT_FOLD;
	eo->filter = NULL;
	eo->packet_filter = NULL;
}

/* The run that prints; r has its inputs. */
static int print_pass(struct print *p, const struct selection *sel, struct run *r)
{
	struct line_sink sink = { p, print_lines_format, print_emit, true };
	struct engine_options eo;
	int status;

	if (p->emitter.left == 0) {
		return 0;
	}
	memset(&eo, 0, sizeof(eo));
	eo.sink = &sink;
	eo.packets = p->packets;
	eo.no_ndpi = true; /* lines tell what is known by content */
	eo.filter_raw = p->settings.raw;
	eo.lookup = p->settings.lookup;
	selection_apply(sel, &eo);
	eo.fold = eo.fold || (p->settings.wants & WANT_FOLD) != 0;
	eo.wants = p->settings.wants & ~WANT_FOLD;
	p->settings.wants |= engine_wants(&eo);
	if (p->around > 0) {
		keep_filter(p, sel, &eo);
	}
	status = run_engine(r, &eo);
	if (status == 0 && r->code != ERR_PIPE) {
		int code = output_flush(&p->emitter.out, &r->err);

		status = run_status(r);
		say_nothing(r, p, selection_any(sel) || p->ranged);
		if (code < 0 && code != ERR_PIPE) {
			diag_err(r->diag, &r->err);
			status = err_exit_status(code);
		}
	}
	return status;
}

/* What the capture's own span of time decides. */
static int find_range(struct print *p, const struct options *o, const struct run *before, struct err *e)
{
	struct time_extent x = { 0, 0 };

	if (o->from == NULL && o->to == NULL && o->last_ns == 0) {
		return 0;
	}
	if (before != NULL) {
		uint32_t count;
		struct source *const *sources = engine_sources(before->engine, &count);

		x = time_extent(sources, count);
	}
	p->ranged = true;
	return time_range_find(o, &x, &p->range, e);
}

/* A pass that counts only. */
static int look_over(struct joined *before)
{
	struct engine_options eo;

	memset(&eo, 0, sizeof(eo));
	return run_engine(&before->run, &eo);
}

/* Two passes: the first joins, or looks how long the capture is. */
static int print_twice(struct print *p, const struct selection *sel, const struct options *o, bool joins,
		       struct diag *d)
{
	struct join_options plain = { false, 0 };
	struct joined before;
	struct run run;
	int status =
		joined_list(&before, joins ? "print --join" : "print --from, --to or --last with a time of the capture",
			    o, d);

	run_init(&run, o, d);
	if (status == 0) {
		status = joins ? joined_run(&before, &plain) : look_over(&before);
	}
	if (status == 0 && find_range(p, o, &before.run, &run.err) != 0) {
		diag_err(d, &run.err);
		status = err_exit_status(run.err.code);
	}
	if (status == 0) {
		if (joins && before.pair_count == 0) {
			diag_note(d, "nothing joined: no connection is in both packets and system calls");
		}
		p->joined = o->join ? &before : NULL;
		p->settings.lookup = joins ? before.lookup : NULL;
		joined_lend_inputs(&before, &run);
		status = print_pass(p, sel, &run);
		engine_free(run.engine);	/* before its inputs are given back */
		run.engine = NULL;
		joined_take_inputs(&run);
	}
	run_release(&run);
	joined_release(&before);
	return status;
}

static int print_once(struct print *p, const struct selection *sel, const struct options *o, struct diag *d)
{
	struct run run;
	int status;

	run_init(&run, o, d);
	status = run_inputs(&run);
	if (status == 0) {
		status = print_pass(p, sel, &run);
	}
	run_release(&run);
	return status;
}

/* All of it; what is wrong has been said. */
static int print_run(struct print *p, const struct options *o, struct diag *d)
{
	struct selection sel;
	struct pager pager = { 0, -1 };
	bool needs_extent = false;
	struct err e;
	int status;
	int code;

	err_init(&e);
	code = selection_new(&sel, o, d, &e);
	code = code == 0 ? time_range_check(o, &needs_extent, &e) : code;
	if (code == 0 && !needs_extent) {
		code = find_range(p, o, NULL, &e);
	}
	if (code == 0 && o->pager) {
		code = pager_begin(&pager, &e);
	}
	if (code < 0) {
		diag_err(d, &e);
		status = err_exit_status(code);
	} else {
		bool joins = o->join || p->format_joined || selection_joins(&sel);

		status = joins || needs_extent ? print_twice(p, &sel, o, joins, d) : print_once(p, &sel, o, d);
	}
	pager_end(&pager);
	selection_release(&sel);
	return status;
}

int cmd_print(const struct options *o, struct diag *d)
{
	struct print p;
	struct err e;
	int status;
	int code;

	if (o->list) {
		return fields_list(NULL, 0, false, d);
	}
	err_init(&e);
	/* Two of a kind on one terminal: lines and progress would mix. */
	d->tty = d->tty && !isatty(STDOUT_FILENO);
	tzset();
	code = print_init(&p, o, &e);
	if (code < 0) {
		diag_err(d, &e);
		status = err_exit_status(code);
	} else {
		status = print_run(&p, o, d);
	}
	print_release(&p);
	return status;
}
