/*
 * account.c - the in-order stage's bookkeeping: adds what framing and decode counted and found in one batch to
 * its section and source. Runs with the lane's fold turn, so in file order.
 */
#include "engine/engine_internal.h"

#include "events/event.h"
#include "readers/blocks.h"

/* Framing and decode each add in their own order: by place, so that batch sizes do not show. */
static int by_place(const void *pa, const void *pb)
{
	const struct damage *a = pa;
	const struct damage *b = pb;

	if (a->offset != b->offset) {
		return a->offset < b->offset ? -1 : 1;
	}
	return strcmp(a->what, b->what);
}

static int add_damages(struct source *src, const struct batch *b)
{
	if (b->damage_count > 1) {
		qsort(b->damages, b->damage_count, sizeof(*b->damages), by_place);
	}
	for (uint32_t i = 0; i < b->damage_count; i++) {
		const struct damage *d = &b->damages[i];

		if (d->what[0] == '\0') {	/* the framer went on looking: one damage in several batches */
			src->damage_bytes += d->bytes;
			if (src->damage_count > 0 && src->damages_total == src->damage_count) {
				src->damages[src->damage_count - 1].bytes += d->bytes;
			}
			continue;
		}
		if (source_add_damage(src, d) != 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

static void add_tally(struct section *s, const struct batch_tally *t)
{
	s->has_scap |= t->scap;
	s->events += t->events;
	s->events_shown += t->shown;
	s->events_state_only += t->state_only;
	s->events_unknown += t->unknown;
	s->events_time_zero += t->time_zero;
	s->events_bad_params += t->bad_params;
	s->enter_events += t->enters;
	s->packets += t->packets;
	s->packet_bytes += t->packet_bytes;
	s->packets_cut += t->packets_cut;
	if (t->first_ns != 0 && (s->first_ns == 0 || t->first_ns < s->first_ns)) {
		s->first_ns = t->first_ns;
	}
	s->last_ns = max_u64(s->last_ns, t->last_ns);
	if (t->first_event_ns != 0 &&
	    (s->first_event_ns == 0 || t->first_event_ns < s->first_event_ns)) {
		s->first_event_ns = t->first_event_ns;
	}
	s->last_event_ns = max_u64(s->last_event_ns, t->last_event_ns);
}

static int add_types(struct section *s, const struct batch *b)
{
	if (b->tally.events == 0) {
		return 0;
	}
	if (s->events_by_type == NULL) {
		s->events_by_type = calloc(SCHEMA_EVENTS, sizeof(*s->events_by_type));
		if (s->events_by_type == NULL) {
			return ERR_NOMEM;
		}
	}
	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		s->events_by_type[i] += b->by_type[i];
	}
	s->drop_events = s->events_by_type[EV_DROP_E];
	return 0;
}

static int add_interfaces(struct section *s, const struct batch *b)
{
	if (b->packet_count == 0) {
		return 0;
	}
	if (s->interface_tally_count < b->interface_count) {
		struct interface_tally *grown = realloc(s->interface_tally,
							b->interface_count * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		memset(grown + s->interface_tally_count, 0,
		       (b->interface_count - s->interface_tally_count) * sizeof(*grown));
		s->interface_tally = grown;
		s->interface_tally_count = b->interface_count;
	}
	for (uint32_t i = 0; i < b->packet_count; i++) {
		const struct packet *p = &b->packets[i];

		if (p->interface < s->interface_tally_count) {
			struct interface_tally *t = &s->interface_tally[p->interface];

			t->packets++;
			t->bytes += p->orig_len;
			t->cut_packets += p->cap_len < p->orig_len;
		}
	}
	return 0;
}

/* Who the host was is told even when nothing folds: otherwise the fold reads these blocks. */
static int add_machine(struct source *src, struct section *sec, const struct batch *b)
{
	for (uint32_t i = 0; i < b->meta_count; i++) {
		const struct meta_block *m = &b->metas[i];
		struct damage d = { b->base_off + m->block_off, 0, "machine info block is too short" };

		if (m->type == BLOCK_MACHINE && !section_parse_machine(sec, m->body, m->body_len) &&
		    source_add_damage(src, &d) != 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

/* From when on packets are measured: frame.time_relative, frame.time_delta. */
static void note_packet_times(struct lane *ln, struct batch *b)
{
	b->packet_before_ns = ln->last_packet_ns;
	for (uint32_t i = 0; i < b->packet_count && ln->first_packet_ns == 0; i++) {
		ln->first_packet_ns = (b->packets[i].flags & PACKET_NO_TIME) == 0 ? b->packets[i].ts_ns : 0;
	}
	for (uint32_t i = b->packet_count; i > 0; i--) {
		if ((b->packets[i - 1].flags & PACKET_NO_TIME) == 0) {
			ln->last_packet_ns = b->packets[i - 1].ts_ns;
			break;
		}
	}
	b->first_packet_ns = ln->first_packet_ns;
}

int account_batch(struct engine *en, struct lane *ln, struct slot *s)
{
	struct batch *b = &s->batch;
	struct section *sec = b->section;

	if (ln->fold_source != s->source) {
		ln->fold_source = s->source;
		ln->num = 1;
		ln->raw_num = 1;
		ln->packet_num = 1;
		ln->first_packet_ns = ln->last_packet_ns = 0;
	}
	b->first_num = ln->num;
	b->first_raw_num = ln->raw_num;
	b->first_packet_num = ln->packet_num;
	ln->num += b->tally.numbered;
	ln->raw_num += b->tally.events;
	ln->packet_num += b->packet_count;
	note_packet_times(ln, b);
	if (add_damages(s->source, b) != 0) {
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < b->tally.block_types; i++) {
		const struct block_count *t = &b->tally.blocks[i];

		block_count_add(s->source->blocks, &s->source->block_types, t->type, t->blocks, t->bytes);
	}
	if (sec == NULL) {
		return 0;
	}
	if (sec->slot == UINT32_MAX) {
		pthread_mutex_lock(&en->lock);
		sec->slot = en->next_slot++;
		pthread_mutex_unlock(&en->lock);
	}
	add_tally(sec, &b->tally);
	if ((!en->opt.fold && add_machine(s->source, sec, b) != 0) || add_types(sec, b) != 0) {
		return ERR_NOMEM;
	}
	return add_interfaces(sec, b);
}
