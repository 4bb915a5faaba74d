/*
 * cmd_print.c - `thresher print`: one line per event.
 *
 * Workers format whole batches (format_batch); lines are written in order by whichever thread has
 * the turn (emit_lines), several captures merged by time. What depends on the line before is filled
 * in there.
 */
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/print_json.h"
#include "cli/run.h"
#include "filter/format.h"

/* sysdig's default. */
#define DEFAULT_FORMAT \
	"*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"

struct print {
	struct field_settings settings; /* frozen before the run */
	struct format *format; /* frozen; NULL with json */
	bool json;
	bool marks; /* lines hold marks of format.h */

	/* owner: the thread that emits */
	struct output out;
	struct buf filled;
	uint64_t left; /* lines still wanted */
	uint64_t first_ns, last_ns;
	bool any;
};

/* Events of no interest to a reader of system calls: the tools' own records. DROP is not one of
 * them: that events are missing has to be seen. */
static bool is_internal(const struct event *ev)
{
	switch (ev->type) {
	case EV_SCAPEVENT_E:
	case EV_PROCINFO_E:
	case EV_CONTAINER_E:
	case EV_CONTAINER_JSON_E:
	case EV_CONTAINER_JSON_2_E:
	case EV_ASYNCEVENT_E:
	case EV_USER_ADDED_E:
	case EV_USER_DELETED_E:
	case EV_GROUP_ADDED_E:
	case EV_GROUP_DELETED_E:
	case EV_K8S_E:
	case EV_MESOS_E:
	case EV_INFRASTRUCTURE_EVENT_E: return true;
	default: return false;
	}
}

/* The event as stored: its own layout, nothing taken from the enter event. */
static struct event as_stored(const struct event *ev)
{
	struct event raw = *ev;

	if (!(ev->flags & EVENT_UNKNOWN_TYPE)) {
		raw.type = ev->stored_type;
	}
	raw.conv = 0;
	raw.nparams = ev->stored_nparams;
	return raw;
}

static bool print_event(const struct print *p, struct field_ctx *c, struct buf *out)
{
	if (p->json) {
		print_json_event(c, out);
		return true;
	}
	return format_line(p->format, c, out);
}

/* Time to merge by: a stored time that is none must not hold up other captures. */
static uint64_t merge_time(const struct event *ev, uint64_t last_ns)
{
	return ev->flags & EVENT_TIME_ZERO ? last_ns : ev->ts_ns;
}

/* Enter events that have a number of their own in old captures: what they say is in their exit's
 * line. */
static bool is_passed_enter(const struct event *ev)
{
	return (ev->flags & (EVENT_EXIT | EVENT_UNKNOWN_TYPE)) == 0;
}

static bool wanted(const struct print *p, const struct event *ev)
{
	if (p->settings.raw) {
		return true;
	}
	return (ev->flags & (EVENT_SHOWN | EVENT_STATE_ONLY)) == EVENT_SHOWN &&
	       !is_passed_enter(ev) && !is_internal(ev);
}

/* line_sink.format */
static int format_batch(void *arg, const struct batch *b, struct lines *out)
{
	const struct print *p = arg;
	struct field_ctx c;
	uint64_t num = p->settings.raw ? b->first_raw_num : b->first_num;
	uint64_t last_ns = 0;
	int code = 0;

	field_ctx_init(&c, &p->settings);
	field_ctx_batch(&c, b);
	for (uint32_t i = 0; code == 0 && i < b->event_count; i++) {
		const struct event *ev = &b->events[i];
		struct event raw;

		last_ns = merge_time(ev, last_ns);
		if (wanted(p, ev)) {
			if (p->settings.raw) {
				raw = as_stored(ev);
				ev = &raw;
			}
			field_ctx_event(&c, ev, num, i);
			if (print_event(p, &c, &out->text)) {
				buf_addc(&out->text, '\n');
				code = out->text.failed ? ERR_NOMEM : lines_add(out, last_ns, num);
			}
		}
		num += p->settings.raw || (b->events[i].flags & EVENT_SHOWN);
	}
	field_ctx_release(&c);
	return code;
}

/* Fills the marks of every line. */
static int emit_filled(struct print *p, const char *text, size_t line_count,
		       const struct line *rows, size_t base, struct err *e)
{
	size_t from = 0;

	buf_reset(&p->filled);
	for (size_t i = 0; i < line_count; i++) {
		size_t end = rows[i].end - base;
		uint64_t ts = rows[i].ts_ns;

		if (!p->any) {
			p->first_ns = ts;
			p->last_ns = ts;
			p->any = true;
		}
		format_fill(&p->filled, text + from, end - from,
			    ts > p->first_ns ? ts - p->first_ns : 0,
			    ts > p->last_ns ? ts - p->last_ns : 0);
		p->last_ns = ts;
		from = end;
	}
	if (p->filled.failed) {
		return err_nomem(e, "lines to print");
	}
	return output_write(&p->out, p->filled.data, p->filled.len, e);
}

/* line_sink.emit */
static int emit_lines(void *arg, const struct source *src, const char *text, size_t len,
		      size_t line_count, const struct line *rows, size_t base, struct err *e)
{
	struct print *p = arg;
	int code;

	UNUSED_ARG(src);
	if (line_count >= p->left) {
		line_count = (size_t)p->left;
		len = line_count > 0 ? rows[line_count - 1].end - base : 0;
	}
	code = p->marks ? emit_filled(p, text, line_count, rows, base, e)
			: output_write(&p->out, text, len, e);
	p->left -= line_count;
	return code == 0 && p->left == 0 ? ERR_EOF : code;
}

/* ---- --list ---- */

static const char *arg_text(const struct field *f)
{
	static const char *const texts[] = { "", "[...]", "[...]", "[...]" };

	return texts[f->arg];
}

static int list_fields(struct diag *d)
{
	struct buf text;
	struct err e;
	int code;

	err_init(&e);
	buf_init(&text, 1u << 20);
	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);
		size_t from = text.len;

		buf_printf(&text, "%s%s", f->name, arg_text(f));
		do {
			buf_addc(&text, ' ');
		} while (!text.failed && text.len - from < 34);
		buf_printf(&text, "%s\n", f->help);
	}
	code = output_all(&text, &e);
	if (code < 0 && code != ERR_PIPE) {
		diag_err(d, &e);
	}
	buf_release(&text);
	return err_exit_status(code);
}

/* ---- the command ---- */

static int print_init(struct print *p, const struct options *o, struct err *e)
{
	unsigned int wants = WANT_FOLD | WANT_REFS;
	int code = 0;

	memset(p, 0, sizeof(*p));
	output_init(&p->out, STDOUT_FILENO);
	buf_init(&p->filled, SIZE_MAX / 4);
	p->left = o->count;
	p->json = o->json;
	p->settings.raw = o->raw;
	p->settings.local_time = o->local_time;
	p->settings.time_style = (uint8_t)o->time_format;
	if (o->json && o->format != NULL) {
		return err_set(e, ERR_USAGE, "--json and --format exclude each other");
	}
	if (!o->json) {
		code = format_new(o->format != NULL ? o->format : DEFAULT_FORMAT, &p->format, e);
	}
	if (code == 0 && !o->json) {
		wants = format_wants(p->format);
		if (o->time_format == TIME_LATENCY) {
			wants |= WANT_FOLD;
		}
		p->marks = format_has_marks(p->format, &p->settings);
	}
	p->settings.wants = wants | (o->raw ? WANT_RAW : 0);
	return code;
}

static void print_release(struct print *p)
{
	format_free(p->format);
	output_release(&p->out);
	buf_release(&p->filled);
}

/* Nothing printed must not look like nothing read. */
static void say_no_events(const struct run *r)
{
	struct run_totals t = run_totals(r);

	if (r->code == 0 && t.events == 0 && t.packets > 0) {
		diag_note(r->diag, "no events to print: the input holds %llu packet%s, no system calls",
			  (unsigned long long)t.packets, t.packets == 1 ? "" : "s");
	} else if (r->code == 0 && t.events == 0) {
		diag_note(r->diag, "no events to print: the input holds none");
	}
}

/* The run itself; print is set up. */
static int print_run(struct print *p, const struct options *o, struct diag *d)
{
	struct line_sink sink = { p, format_batch, emit_lines, true };
	struct engine_options eo;
	struct run run;
	int status;

	memset(&eo, 0, sizeof(eo));
	eo.sink = &sink;
	eo.fold = (p->settings.wants & WANT_FOLD) != 0;
	eo.wants = p->settings.wants & ~WANT_FOLD;
	run_init(&run, o, d);
	status = run_inputs(&run);
	if (status == 0 && p->left > 0) {
		status = run_engine(&run, &eo);
		if (status == 0 && run.code != ERR_PIPE) {
			int code = output_flush(&p->out, &run.err);

			status = run_status(&run);
			say_no_events(&run);
			if (code < 0 && code != ERR_PIPE) {
				diag_err(d, &run.err);
				status = err_exit_status(code);
			}
		}
	}
	run_release(&run);
	return status;
}

int cmd_print(const struct options *o, struct diag *d)
{
	struct print p;
	struct err e;
	int status;
	int code;

	if (o->list) {
		return list_fields(d);
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
