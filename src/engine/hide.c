/*
 * hide.c - the run's filters, put to the events and packets of a stamped batch before anybody looks at it.
 *
 * What does not pass is marked EVENT_HIDDEN or PACKET_HIDDEN, no more: state and flows have seen everything. The worker
 * that taps a batch marks it, with the filter's memory of its own; the thread that releases batches in order keeps
 * which packets and events have passed, so that tables of flows and transactions show those that had some.
 */
#include "engine/engine_internal.h"

#include "filter/filter.h"
#include "filter/packet_bpf.h"
#include "net/flow.h"
#include "net/layer_walk.h"
#include "state/state.h"

/* One worker's. */
struct hide_worker {
	struct filter_state *state;	/* owns; NULL before its first batch */
	struct field_ctx ctx;
	bool ready;
};

struct hide {
	struct field_settings settings;
	unsigned int kinds;		/* FILTER_OF_ */
	uint8_t *skip;			/* owns: batch->skip of the run, or NULL */
	uint8_t *hidden;		/* owns: batch->hidden, or NULL */
	struct hide_worker *workers;	/* owns */
	unsigned int worker_count;
};

bool hide_asked(const struct engine_options *opt)
{
	return opt->filter != NULL || opt->packet_filter != NULL;
}

static int find_hidden(struct hide *h, const struct engine *en)
{
	if (en->opt.filter == NULL || en->opt.filter_raw) {
		return 0;
	}
	h->hidden = calloc(SCHEMA_EVENTS, 1);
	if (h->hidden == NULL) {
		return ERR_NOMEM;
	}
	for (unsigned int t = 0; t < SCHEMA_EVENTS; t++) {
		h->hidden[t] = !filter_types_has(filter_types(en->opt.filter), t);
	}
	return 0;
}

/*
 * Types whose events decode need not look into: those that cannot pass and that no view depends on, as far as they are
 * stored in today's layout. Only for runs without statistics: these need processes and sockets as all events left them.
 */
static int find_skip(struct hide *h, const struct engine *en)
{
	uint8_t unread[SCHEMA_EVENTS];

	if (en->opt.filter == NULL || en->tap_count > 0 || en->join || en->opt.filter_raw || en->opt.lookup != NULL) {
		return 0;
	}
	h->skip = calloc(SCHEMA_EVENTS, 1);
	if (h->skip == NULL) {
		return ERR_NOMEM;
	}
	memset(unread, 1, sizeof(unread));
	if (en->opt.fold) {
		state_skippable(en->wants, unread);
	}
	for (unsigned int t = 0; t < SCHEMA_EVENTS; t++) {
		const struct schema_event *se = &schema_events[t];
		bool exit = se->source != ES_SYSCALL || se->is_exit;

		h->skip[t] = unread[t] != 0 && exit && !filter_types_has(filter_types(en->opt.filter), t);
	}
	return 0;
}

int hide_new(struct engine *en, struct hide **ret_h, struct err *e)
{
	struct hide *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		return err_nomem(e, "the filter");
	}
	h->settings.raw = en->opt.filter_raw;
	h->settings.wants = en->wants;
	h->settings.lookup = en->opt.lookup;
	h->kinds = en->opt.filter != NULL ? filter_kinds(en->opt.filter) : FILTER_OF_EVENTS | FILTER_OF_PACKETS;
	h->worker_count = en->worker_count;
	h->workers = calloc(en->worker_count, sizeof(*h->workers));
	if (h->workers == NULL || find_skip(h, en) != 0 || find_hidden(h, en) != 0) {
		hide_free(h);
		return err_nomem(e, "the filter");
	}
	*ret_h = h;
	return 0;
}

void hide_free(struct hide *h)
{
	if (h == NULL) {
		return;
	}
	for (unsigned int i = 0; h->workers != NULL && i < h->worker_count; i++) {
		filter_state_free(h->workers[i].state);
		if (h->workers[i].ready) {
			field_ctx_release(&h->workers[i].ctx);
		}
	}
	free(h->workers);
	free(h->skip);
	free(h->hidden);
	free(h);
}

const uint8_t *hide_skip(const struct hide *h)
{
	return h != NULL ? h->skip : NULL;
}

const uint8_t *hide_types(const struct hide *h)
{
	return h != NULL ? h->hidden : NULL;
}

static bool is_shown(const struct event *ev, bool raw)
{
	return raw || (ev->flags & (EVENT_SHOWN | EVENT_STATE_ONLY)) == EVENT_SHOWN;
}

static void hide_events(const struct engine *en, struct hide_worker *w, struct batch *b)
{
	const struct filter *f = en->opt.filter;
	const struct filter_types *types = f != NULL ? filter_types(f) : NULL;
	bool raw = en->opt.filter_raw;
	bool none = (en->hide->kinds & FILTER_OF_EVENTS) == 0;

	if (f == NULL) {
		return;
	}
	for (uint32_t i = 0; i < b->event_count; i++) {
		struct event *ev = &b->events[i];
		struct event stored;
		const struct event *subject = ev;

		if (none || !is_shown(ev, raw) || !filter_types_has(types, ev->type)) {
			ev->flags |= EVENT_HIDDEN;
			continue;
		}
		if (raw) {
			stored = event_as_stored(ev);
			subject = &stored;
		}
		field_ctx_event(&w->ctx, subject, raw ? b->first_raw_num + i : b->first_num + ev->num, i);
		if (!filter_match(f, w->state, &w->ctx)) {
			ev->flags |= EVENT_HIDDEN;
		}
	}
}

/* A flow is told by all that has a packet of it. */
static void note_flows(struct batch *b)
{
	for (uint32_t i = 0; i < b->layer_count; i++) {
		const struct layer *l = &b->layers[i];

		if (l->flow != NULL && (b->packets[l->packet].flags & PACKET_HIDDEN) == 0) {
			flow_note_passed(l->flow);
		}
	}
}

static void hide_packets(const struct engine *en, struct hide_worker *w, struct batch *b)
{
	const struct filter *f = en->opt.filter;
	bool none = (en->hide->kinds & FILTER_OF_PACKETS) == 0;
	struct layer_walk walk;

	layer_walk_init(&walk, b);
	for (uint32_t i = 0; i < b->packet_count; i++) {
		struct packet *p = &b->packets[i];
		const struct layer *l = layer_walk_next(&walk, i);

		if (none || (en->opt.packet_filter != NULL && !packet_bpf_match(en->opt.packet_filter, p))) {
			p->flags |= PACKET_HIDDEN;
			continue;
		}
		if (f == NULL) {
			continue;
		}
		field_ctx_packet(&w->ctx, p, l, b->first_packet_num + i, i);
		if (!filter_match(f, w->state, &w->ctx)) {
			p->flags |= PACKET_HIDDEN;
		}
	}
	note_flows(b);
}

int hide_batch(struct engine *en, unsigned int worker, struct batch *b, struct err *e)
{
	struct hide_worker *w = &en->hide->workers[worker];

	if (b->section == NULL) {
		return 0;
	}
	if (!w->ready) {
		int rc = en->opt.filter != NULL ? filter_state_new(en->opt.filter, &w->state, e) : 0;

		if (rc != 0) {
			return rc;
		}
		field_ctx_init(&w->ctx, &en->hide->settings);
		w->ready = true;
	}
	field_ctx_batch(&w->ctx, b);
	hide_events(en, w, b);
	hide_packets(en, w, b);
	return 0;
}

uint64_t engine_filter_gave_up(const struct engine *en)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; en->hide != NULL && i < en->hide->worker_count; i++) {
		if (en->hide->workers[i].state != NULL) {
			sum += filter_gave_up(en->hide->workers[i].state);
		}
	}
	return sum;
}

bool hide_keeps(const struct engine *en)
{
	return en->hide != NULL && (en->tap_count > 0 || en->join);
}

int hide_keep(const struct batch *b)
{
	struct section *sec = b->section;
	int rc = 0;

	if (sec == NULL) {
		return 0;
	}
	for (uint32_t i = 0; i < b->packet_count && rc == 0; i++) {
		rc = passed_add(&sec->passed_packets, b->first_packet_num + i,
				(b->packets[i].flags & PACKET_HIDDEN) == 0);
	}
	for (uint32_t i = 0; i < b->event_count && rc == 0; i++) {
		rc = passed_add(&sec->passed_events, b->first_raw_num + i, (b->events[i].flags & EVENT_HIDDEN) == 0);
	}
	return rc;
}
