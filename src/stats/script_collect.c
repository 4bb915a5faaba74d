/*
 * script_collect.c - the workers' part of scripts: puts their filters to the events and packets of a batch and writes
 * what passes, with the values of the fields, as records for the thread that calls Lua in order. Any worker; memory is
 * taken from a list.
 */
#include "stats/script_internal.h"

#ifdef HAVE_LUA

#include "events/addr.h"
#include "net/layer_walk.h"
#include "stats/event_class.h"

/* Values of a list: each takes some bytes even when it is empty. */
#define LIST_MAX (LIMIT_SCRIPT_VALUE_BYTES / 16)

static struct script_worker *take_worker(struct script_set *set)
{
	struct script_worker *w;

	pthread_mutex_lock(&set->lock);
	w = set->idle;
	if (w != NULL) {
		set->idle = w->next;
	}
	pthread_mutex_unlock(&set->lock);
	if (w != NULL) {
		return w;
	}
	w = calloc(1, sizeof(*w));
	if (w != NULL) {
		field_ctx_init(&w->ctx, &set->settings);
		buf_init(&w->text, SIZE_MAX / 4);
	}
	return w;
}

static void put_worker(struct script_set *set, struct script_worker *w)
{
	pthread_mutex_lock(&set->lock);
	w->next = set->idle;
	set->idle = w;
	pthread_mutex_unlock(&set->lock);
}

/* ---- values ------------------------------------------------------------------------------------------------ */

static void add_text(struct buf *out, const char *text, size_t len)
{
	uint32_t n = (uint32_t)min_u64(len, LIMIT_SCRIPT_VALUE_BYTES);

	buf_addc(out, VALUE_TEXT);
	buf_add(out, &n, sizeof(n));
	buf_add(out, text, n);
}

static void add_value(struct script_worker *w, const struct field_value *v, struct buf *out);

static void add_list(struct script_worker *w, const struct field_value *v, struct buf *out)
{
	uint32_t n = (uint32_t)min_u64(v->len, LIST_MAX);
	size_t from = out->len;

	buf_addc(out, VALUE_LIST);
	buf_add(out, &n, sizeof(n));
	for (uint32_t i = 0; i < n; i++) {
		/* So that the texts of a list together are not longer than one may be. */
		if (v->v.items[i].kind == VALUE_LIST || out->len - from > LIMIT_SCRIPT_VALUE_BYTES) {
			buf_addc(out, (char)SCRIPT_NO_VALUE);
		} else {
			add_value(w, &v->v.items[i], out);
		}
	}
}

static void add_value(struct script_worker *w, const struct field_value *v, struct buf *out)
{
	switch (v->kind) {
	case VALUE_UINT:
	case VALUE_INT:
	case VALUE_DOUBLE:
		buf_addc(out, (char)v->kind);
		buf_add(out, &v->v.u, sizeof(v->v.u));
		break;
	case VALUE_BOOL:
		buf_addc(out, VALUE_BOOL);
		buf_addc(out, v->v.u != 0);
		break;
	case VALUE_TEXT:
	case VALUE_BYTES: add_text(out, v->v.text, v->len); break;
	case VALUE_IP:
		buf_reset(&w->text);
		addr_add_ip(&w->text, v->len == 16, (const uint8_t *)v->v.text);
		add_text(out, w->text.data, w->text.len);
		break;
	default: add_list(w, v, out); break;
	}
}

static void add_field(struct script_worker *w, const struct field_use *u, struct buf *out)
{
	struct field_value v;

	if (u->field->flags & FIELD_PRINT_ONLY) {
		buf_reset(&w->text);
		if (field_print(&w->ctx, u, &w->text)) {
			add_text(out, w->text.data, w->text.len);
			return;
		}
	} else if (field_get(&w->ctx, u, &v)) {
		add_value(w, &v, out);
		return;
	}
	buf_addc(out, (char)SCRIPT_NO_VALUE);
}

/* ---- events and packets ------------------------------------------------------------------------------------ */

static void add_record(const struct script_set *set, struct script_worker *w, unsigned int script,
		       const struct script_record *head, struct buf *out)
{
	const struct script_wish *wish = &set->scripts[script]->wish;
	struct script_record rec = *head;
	size_t at = out->len;

	rec.script = (uint8_t)script;
	buf_add(out, &rec, sizeof(rec));
	for (unsigned int i = 0; i < wish->field_count; i++) {
		add_field(w, &wish->fields[i], out);
	}
	if (out->failed || out->len - at > UINT32_MAX) {
		out->failed = true;
		return;
	}
	rec.len = (uint32_t)(out->len - at);
	memcpy(out->data + at, &rec, sizeof(rec));
}

/* The subject of w's context, for whoever wants it. */
static void add_subject(const struct script_set *set, struct script_worker *w, const struct script_record *head,
			struct buf *out)
{
	for (unsigned int i = 0; i < set->count; i++) {
		struct script *s = set->scripts[i];

		if (!(head->packet ? s->wish.packets : s->wish.events) ||
		    atomic_load_explicit(&s->over, memory_order_relaxed)) {
			continue;
		}
		if (s->wish.filter == NULL || filter_match(s->wish.filter, w->states[i], &w->ctx)) {
			add_record(set, w, i, head, out);
		}
	}
}

static void add_packet(const struct script_set *set, struct script_worker *w, const struct batch *b, uint32_t i,
		       const struct layer *l, struct buf *out)
{
	const struct packet *p = &b->packets[i];
	struct script_record head;

	if (p->flags & PACKET_HIDDEN) {
		return;
	}
	memset(&head, 0, sizeof(head));
	head.packet = true;
	head.num = b->first_packet_num + i;
	head.has_time = (p->flags & PACKET_NO_TIME) == 0;
	head.ts_ns = p->ts_ns;
	field_ctx_packet(&w->ctx, p, l, head.num, i);
	add_subject(set, w, &head, out);
}

static void add_event(const struct script_set *set, struct script_worker *w, const struct batch *b, uint32_t i,
		      struct buf *out)
{
	const struct event *ev = &b->events[i];
	struct script_record head;

	if (!event_counts(ev)) {
		return;
	}
	memset(&head, 0, sizeof(head));
	head.num = b->first_num + ev->num;
	head.has_time = (ev->flags & EVENT_TIME_ZERO) == 0;
	head.ts_ns = ev->ts_ns;
	field_ctx_event(&w->ctx, ev, head.num, i);
	add_subject(set, w, &head, out);
}

static bool any_wants_events(const struct script_set *set)
{
	bool any = false;

	for (unsigned int i = 0; i < set->count; i++) {
		any = any || set->scripts[i]->wish.events;
	}
	return any;
}

/* Both kinds in the order of the capture. */
static void add_batch(const struct script_set *set, struct script_worker *w, const struct batch *b, struct buf *out)
{
	uint32_t packets = script_set_packets(set) ? b->packet_count : 0;
	uint32_t events = any_wants_events(set) ? b->event_count : 0;
	uint32_t next = 0;
	struct layer_walk walk;

	layer_walk_init(&walk, b);
	for (uint32_t i = 0; i <= events; i++) {
		while (next < packets && (i == events || b->packets[next].at_event <= i)) {
			add_packet(set, w, b, next, layer_walk_next(&walk, next), out);
			next++;
		}
		if (i < events) {
			add_event(set, w, b, i, out);
		}
	}
}

static int make_states(const struct script_set *set, struct script_worker *w)
{
	int rc = 0;

	for (unsigned int i = 0; i < set->count && rc == 0; i++) {
		if (set->scripts[i]->wish.filter != NULL && w->states[i] == NULL) {
			rc = filter_state_new(set->scripts[i]->wish.filter, &w->states[i], NULL);
		}
	}
	return rc;
}

int script_set_collect(struct script_set *set, const struct batch *b, struct buf *out)
{
	struct script_worker *w;
	int rc;

	if (b->section == NULL) {
		return 0;
	}
	w = take_worker(set);
	if (w == NULL) {
		return ERR_NOMEM;
	}
	rc = make_states(set, w);
	if (rc == 0) {
		field_ctx_batch(&w->ctx, b);
		add_batch(set, w, b, out);
		rc = out->failed || w->text.failed ? ERR_NOMEM : 0;
	}
	put_worker(set, w);
	return rc;
}

#endif
