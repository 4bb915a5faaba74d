/*
 * print_lines.c - a stamped batch to lines: which events and packets are shown, in the order of the capture. Any
 * worker.
 */
#include "cli/print.h"
#include "stats/event_class.h"
#include "net/layer_walk.h"

/* A batch on its way into lines. */
struct turn {
	const struct print *p;
	const struct batch *b;
	struct field_ctx c;
	struct lines *out;
	uint64_t last_ns; /* of the event or packet before: what is without a time goes with it */
	struct layer_walk layers;
	uint32_t next_packet;
	struct print_join join;
	struct around_plan plan; /* with lines of context */
	struct filter_state *filter_state; /* owns; likewise, with a filter */
	struct field_ctx filter_c;
};

/* ---- what is shown --------------------------------------------------------------------------------------------- */

/* Enter events that have a number of their own in old captures: what they say is in their exit's
 * line. */
static bool is_passed_enter(const struct event *ev)
{
	return (ev->flags & (EVENT_EXIT | EVENT_UNKNOWN_TYPE)) == 0;
}

static bool in_range(const struct print *p, uint64_t ts_ns)
{
	return ts_ns >= p->range.from_ns && ts_ns < p->range.to_ns;
}

/* Printed, if it passes the filter. */
static bool wanted(const struct print *p, const struct event *ev)
{
	if (UNLIKELY(p->ranged) && ((ev->flags & EVENT_TIME_ZERO) != 0 || !in_range(p, ev->ts_ns))) {
		return false;
	}
	if (p->settings.raw) {
		return true;
	}
	return (ev->flags & (EVENT_SHOWN | EVENT_STATE_ONLY)) == EVENT_SHOWN && !is_passed_enter(ev) &&
	       !event_is_internal(ev);
}

static bool has_time(const struct packet *packet)
{
	return (packet->flags & PACKET_NO_TIME) == 0 && packet->ts_ns != UINT64_MAX;
}

static bool packet_wanted(const struct print *p, const struct packet *packet)
{
	return !p->ranged || (has_time(packet) && in_range(p, packet->ts_ns));
}

/* No event or packet of the batch lies in the span. */
static bool out_of_range(const struct print *p, const struct batch *b)
{
	return p->ranged &&
	       (b->tally.first_ns == 0 || b->tally.last_ns < p->range.from_ns || b->tally.first_ns >= p->range.to_ns);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static bool has_kind(const struct print *p, unsigned int kind)
{
	return p->filter == NULL || (filter_kinds(p->filter) & kind) != 0;
}

static bool event_passes(struct turn *t, const struct event *ev, uint64_t num, uint32_t i)
{
	if (t->p->filter == NULL) {
		return true;
	}
	field_ctx_event(&t->filter_c, ev, num, i);
	return has_kind(t->p, FILTER_OF_EVENTS) && filter_match(t->p->filter, t->filter_state, &t->filter_c);
}

static bool packet_passes(struct turn *t, const struct packet *packet, const struct layer *l, uint64_t num, uint32_t i)
{
	if (!has_kind(t->p, FILTER_OF_PACKETS) ||
	    (t->p->packet_filter != NULL && !packet_bpf_match(t->p->packet_filter, packet))) {
		return false;
	}
	if (t->p->filter == NULL) {
		return true;
	}
	field_ctx_packet(&t->filter_c, packet, l, num, i);
	return filter_match(t->p->filter, t->filter_state, &t->filter_c);
}

static int end_line(struct turn *t, uint64_t num)
{
	buf_addc(&t->out->text, '\n');
	return t->out->text.failed ? ERR_NOMEM : lines_add(t->out, t->last_ns, num);
}

static int one_packet(struct turn *t, uint32_t i, const struct layer *l)
{
	const struct batch *b = t->b;
	uint64_t num = b->first_packet_num + i;
	uint64_t row = num;

	if (has_time(&b->packets[i])) {
		t->last_ns = b->packets[i].ts_ns;
	}
	if (!packet_wanted(t->p, &b->packets[i]) || (b->packets[i].flags & PACKET_HIDDEN) != 0) {
		return 0;
	}
	if (t->plan.counting) {
		return around_count(&t->plan, packet_passes(t, &b->packets[i], l, num, i));
	}
	if (t->p->around > 0 && !around_take(&t->plan, &row)) {
		return 0;
	}
	field_ctx_packet(&t->c, &b->packets[i], l, num, i);
	return print_line_packet(t->p, &t->join, &t->c, &t->out->text) ? end_line(t, row) : 0;
}

/* The packets that stand before an event; at_event of the first of them has been looked at. */
static int print_packets(struct turn *t, uint32_t event)
{
	const struct batch *b = t->b;
	int code = 0;

	while (code == 0 && t->next_packet < b->packet_count && b->packets[t->next_packet].at_event <= event) {
		uint32_t i = t->next_packet++;

		code = one_packet(t, i, layer_walk_next(&t->layers, i));
	}
	return code;
}

static int one_event(struct turn *t, uint32_t i)
{
	const struct print *p = t->p;
	const struct event *ev = &t->b->events[i];
	uint64_t num = p->settings.raw ? t->b->first_raw_num + i : t->b->first_num + ev->num;
	struct event raw;
	uint64_t row = num;

	if ((ev->flags & EVENT_HIDDEN) != 0) {
		return 0;
	}
	if (p->settings.raw) {
		raw = event_as_stored(ev);
		ev = &raw;
	}
	if (UNLIKELY(t->plan.counting)) {
		return around_count(&t->plan, event_passes(t, ev, num, i));
	}
	if (UNLIKELY(p->around > 0) && !around_take(&t->plan, &row)) {
		return 0;
	}
	field_ctx_event(&t->c, ev, num, i);
	return print_line_event(p, &t->join, &t->c, t->b->first_raw_num + i, &t->out->text) ? end_line(t, row) : 0;
}

static int print_events(struct turn *t)
{
	const struct print *p = t->p;
	const struct batch *b = t->b;
	uint32_t packets_at = p->packets && b->packet_count > 0 ? b->packets[0].at_event : UINT32_MAX;
	int code = 0;

	for (uint32_t i = 0; code == 0 && i < b->event_count; i++) {
		const struct event *ev = &b->events[i];

		if (UNLIKELY(i >= packets_at)) {
			code = print_packets(t, i);
			packets_at =
				t->next_packet < b->packet_count ? b->packets[t->next_packet].at_event : UINT32_MAX;
		}
		/* A stored time that is none must not hold up other captures. */
		t->last_ns = ev->flags & EVENT_TIME_ZERO ? t->last_ns : ev->ts_ns;
		if (code == 0 && wanted(p, ev)) {
			code = one_event(t, i);
		}
	}
	return code;
}

/* All of the batch, in order. */
static int walk(struct turn *t)
{
	int code = 0;

	t->next_packet = 0;
	t->last_ns = 0;
	layer_walk_init(&t->layers, t->b);
	if (t->p->events) {
		code = print_events(t);
	}
	if (code == 0 && t->p->packets) {
		code = print_packets(t, UINT32_MAX);
	}
	return code;
}

/* With lines of context a batch is walked twice: which lines are wanted is known after the first time. */
static int walk_around(struct turn *t)
{
	const struct print *p = t->p;
	int code = p->filter != NULL ? filter_state_new(p->filter, &t->filter_state, NULL) : 0;

	if (code != 0) {
		return code;
	}
	field_ctx_init(&t->filter_c, &p->filter_settings);
	field_ctx_batch(&t->filter_c, t->b);
	t->plan.counting = true;
	code = walk(t);
	if (code == 0 && t->plan.count > 0) {
		around_choose(&t->plan, p->around);
		code = walk(t);
		code = code == 0 ? lines_add(t->out, t->last_ns, around_end(&t->plan)) : code;
	}
	around_plan_release(&t->plan);
	field_ctx_release(&t->filter_c);
	filter_state_free(t->filter_state);
	return code;
}

int print_lines_format(void *arg, const struct batch *b, struct lines *out)
{
	const struct print *p = arg;
	struct turn t;
	int code;

	if (out_of_range(p, b)) {
		return 0;
	}
	memset(&t, 0, sizeof(t));
	t.p = p;
	t.b = b;
	t.out = out;
	field_ctx_init(&t.c, &p->settings);
	field_ctx_batch(&t.c, b);
	t.join.raw = p->settings.raw;
	t.join.json = p->json;
	print_join_begin(&t.join, p->joined, b);
	code = p->around > 0 ? walk_around(&t) : walk(&t);
	print_join_end(&t.join);
	field_ctx_release(&t.c);
	return code;
}
