/*
 * info_passing.c - see info_passing.h. Any worker.
 */
#include "cli/info_passing.h"

#include "events/event.h"

void info_passing_init(struct info_passing *ip)
{
	memset(ip, 0, sizeof(*ip));
	pthread_mutex_init(&ip->lock, NULL);
}

void info_passing_release(struct info_passing *ip)
{
	free(ip->rows);
	pthread_mutex_destroy(&ip->lock);
}

static void add_time(struct passing *p, uint64_t first_ns, uint64_t last_ns)
{
	if (first_ns == 0) {
		return;
	}
	p->first_ns = p->first_ns == 0 || first_ns < p->first_ns ? first_ns : p->first_ns;
	p->last_ns = last_ns > p->last_ns ? last_ns : p->last_ns;
}

static struct passing count_batch(const struct batch *b)
{
	struct passing p = { 0, 0, 0, 0 };

	for (uint32_t i = 0; i < b->event_count; i++) {
		const struct event *ev = &b->events[i];

		if ((ev->flags & (EVENT_SHOWN | EVENT_STATE_ONLY | EVENT_HIDDEN)) == EVENT_SHOWN) {
			p.events++;
			add_time(&p, ev->flags & EVENT_TIME_ZERO ? 0 : ev->ts_ns, ev->ts_ns);
		}
	}
	for (uint32_t i = 0; i < b->packet_count; i++) {
		const struct packet *pk = &b->packets[i];

		if ((pk->flags & PACKET_HIDDEN) == 0) {
			p.packets++;
			add_time(&p, pk->flags & PACKET_NO_TIME ? 0 : pk->ts_ns, pk->ts_ns);
		}
	}
	return p;
}

/* The row of a section; NULL: no memory. With the lock. */
static struct passing *row_of(struct info_passing *ip, uint32_t slot)
{
	if (slot >= ip->count) {
		size_t count = (size_t)slot + 16;
		struct passing *grown = realloc(ip->rows, count * sizeof(*grown));

		if (grown == NULL) {
			return NULL;
		}
		memset(grown + ip->count, 0, (count - ip->count) * sizeof(*grown));
		ip->rows = grown;
		ip->count = count;
	}
	return &ip->rows[slot];
}

int info_passing_batch(void *arg, const struct batch *b, struct lines *out)
{
	struct info_passing *ip = arg;
	struct passing p = count_batch(b);
	struct passing *row;

	UNUSED_ARG(out);
	if (b->section == NULL || p.events + p.packets == 0) {
		return 0;
	}
	pthread_mutex_lock(&ip->lock);
	row = row_of(ip, b->section->slot);
	if (row != NULL) {
		row->events += p.events;
		row->packets += p.packets;
		add_time(row, p.first_ns, p.last_ns);
	}
	pthread_mutex_unlock(&ip->lock);
	return row != NULL ? 0 : ERR_NOMEM;
}

struct passing info_passing_of(const struct info_passing *ip, const struct section *s)
{
	return s->slot < ip->count ? ip->rows[s->slot] : (struct passing){ 0, 0, 0, 0 };
}
