/*
 * cmd_print.c - `thresher print`: one line per event and per packet.
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
#include "cli/print_join.h"
#include "cli/print_json.h"
#include "cli/print_packet.h"
#include "cli/run.h"
#include "filter/format.h"

/* sysdig's default. */
#define DEFAULT_FORMAT \
	"*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"

struct print {
	struct field_settings settings; /* frozen before the run */
	struct format *format; /* frozen; NULL with json */
	bool json;
	bool events, packets; /* what is shown */
	bool marks; /* lines hold marks of format.h */
	const struct joined *joined; /* of the pass before; frozen; NULL without --join */

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

/* A batch on its way into lines. */
struct turn {
	const struct print *p;
	struct field_ctx c;
	struct lines *out;
	uint64_t last_ns; /* of the event or packet before: what is without a time goes with it */
	struct layer_walk layers;
	uint32_t next_packet;
	struct print_join join;
};

static int end_line(struct turn *t, uint64_t num)
{
	buf_addc(&t->out->text, '\n');
	return t->out->text.failed ? ERR_NOMEM : lines_add(t->out, t->last_ns, num);
}

/* The packets that stand before an event; at_event of the first of them has been looked at. */
static int print_packets(struct turn *t, const struct batch *b, uint32_t event)
{
	int code = 0;

	while (code == 0 && t->next_packet < b->packet_count && b->packets[t->next_packet].at_event <= event) {
		uint32_t i = t->next_packet++;
		const struct packet *packet = &b->packets[i];
		const struct layer *l = layer_walk_next(&t->layers, i);
		uint64_t num = b->first_packet_num + i;

		if ((packet->flags & PACKET_NO_TIME) == 0 && packet->ts_ns != UINT64_MAX) {
			t->last_ns = packet->ts_ns;
		}
		if (t->p->json) {
			print_packet_json(&t->c, packet, l, num, &t->out->text);
		} else {
			print_packet_text(&t->c, packet, l, num, &t->out->text);
		}
		if (t->p->joined != NULL) {
			print_join_packet(&t->join, l, num, &t->out->text);
		}
		code = end_line(t, num);
	}
	return code;
}

static int print_events(struct turn *t, const struct batch *b)
{
	const struct print *p = t->p;
	uint64_t num = p->settings.raw ? b->first_raw_num : b->first_num;
	uint32_t packets_at = p->packets && b->packet_count > 0 ? b->packets[0].at_event : UINT32_MAX;
	int code = 0;

	for (uint32_t i = 0; code == 0 && i < b->event_count; i++) {
		const struct event *ev = &b->events[i];
		struct event raw;

		if (UNLIKELY(i >= packets_at)) {
			code = print_packets(t, b, i);
			packets_at = t->next_packet < b->packet_count ? b->packets[t->next_packet].at_event :
									UINT32_MAX;
		}
		t->last_ns = merge_time(ev, t->last_ns);
		if (wanted(p, ev)) {
			if (p->settings.raw) {
				raw = as_stored(ev);
				ev = &raw;
			}
			field_ctx_event(&t->c, ev, num, i);
			if (code == 0 && print_event(p, &t->c, &t->out->text)) {
				if (p->joined != NULL) {
					print_join_event(&t->join, b->first_raw_num + i, &t->out->text);
				}
				code = end_line(t, num);
			}
		}
		num += p->settings.raw || (b->events[i].flags & EVENT_SHOWN);
	}
	return code;
}

/* line_sink.format */
static int format_batch(void *arg, const struct batch *b, struct lines *out)
{
	const struct print *p = arg;
	struct turn t;
	int code = 0;

	memset(&t, 0, sizeof(t));
	t.p = p;
	t.out = out;
	field_ctx_init(&t.c, &p->settings);
	field_ctx_batch(&t.c, b);
	layer_walk_init(&t.layers, b);
	t.join.raw = p->settings.raw;
	t.join.json = p->json;
	print_join_begin(&t.join, p->joined, b);
	if (p->events) {
		code = print_events(&t, b);
	}
	if (code == 0 && p->packets) {
		code = print_packets(&t, b, UINT32_MAX);
	}
	print_join_end(&t.join);
	field_ctx_release(&t.c);
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
	/* A format is one of events; packets have a form of their own. */
	p->events = o->events || o->format != NULL || !o->packets;
	p->packets = o->packets || (!o->events && o->format == NULL);
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
		p->marks = format_has_marks(p->format, &p->settings) ||
			   (p->packets && (o->time_format == TIME_RELATIVE || o->time_format == TIME_DELTA));
	}
	p->settings.wants = p->events ? wants | (o->raw ? WANT_RAW : 0) : 0;
	return code;
}

static void print_release(struct print *p)
{
	format_free(p->format);
	output_release(&p->out);
	buf_release(&p->filled);
}

/* Nothing printed must not look like nothing read. */
static void say_nothing(const struct run *r, const struct print *p)
{
	struct run_totals t = run_totals(r);

	if (r->code != 0 || (p->events && t.events > 0) || (p->packets && t.packets > 0)) {
		return;
	}
	if (t.events == 0 && t.packets == 0) {
		diag_note(r->diag, "nothing to print: the input holds no events and no packets");
	} else if (p->events) {
		diag_note(r->diag, "no events to print: the input holds %llu packet%s, see --packets",
			  (unsigned long long)t.packets, t.packets == 1 ? "" : "s");
	} else {
		diag_note(r->diag, "no packets to print: the input holds %llu event%s, see --events",
			  (unsigned long long)t.events, t.events == 1 ? "" : "s");
	}
}

/* The run that prints; print is set up. */
static int print_lines(struct print *p, const struct options *o, struct diag *d)
{
	struct line_sink sink = { p, format_batch, emit_lines, true };
	struct engine_options eo;
	struct run run;
	int status;

	memset(&eo, 0, sizeof(eo));
	eo.sink = &sink;
	eo.fold = (p->settings.wants & WANT_FOLD) != 0;
	eo.wants = p->settings.wants & ~WANT_FOLD;
	eo.packets = p->packets;
	eo.no_ndpi = true; /* lines tell what is known by content */
	run_init(&run, o, d);
	if (p->joined != NULL) {
		joined_lend_inputs(p->joined, &run);
		status = 0;
	} else {
		status = run_inputs(&run);
	}
	if (status == 0 && p->left > 0) {
		status = run_engine(&run, &eo);
		if (status == 0 && run.code != ERR_PIPE) {
			int code = output_flush(&p->out, &run.err);

			status = run_status(&run);
			say_nothing(&run, p);
			if (code < 0 && code != ERR_PIPE) {
				diag_err(d, &run.err);
				status = err_exit_status(code);
			}
		}
	}
	if (p->joined != NULL) {
		engine_free(run.engine);	/* before its inputs are given back */
		run.engine = NULL;
		joined_take_inputs(&run);
	}
	run_release(&run);
	return status;
}

/* All of it: with --join in two passes. */
static int print_run(struct print *p, const struct options *o, struct diag *d)
{
	struct join_options plain = { false, 0 };
	struct joined joined;
	int status;

	if (!o->join) {
		return print_lines(p, o, d);
	}
	status = joined_list(&joined, "print --join", o, d);
	if (status == 0) {
		status = joined_run(&joined, &plain);
	}
	if (status == 0) {
		if (joined.pair_count == 0) {
			diag_note(d, "nothing joined: no connection is in both packets and system calls");
		}
		p->joined = &joined;
		status = print_lines(p, o, d);
		p->joined = NULL;
	}
	joined_release(&joined);
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
