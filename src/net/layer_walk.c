/*
 * layer_walk.c - see layer_walk.h. Any thread, while the batch is in use.
 */
#include "net/layer_walk.h"

void layer_walk_init(struct layer_walk *w, const struct batch *b)
{
	uint32_t first = b->layer_count;

	while (first > 0 && (b->layers[first - 1].flags & LAYER_REBUILT) != 0) {
		first--;
	}
	w->batch = b;
	w->next = 0;
	w->rebuilt = first;
	w->rebuilt_first = first;
}

/* Passes the layers up to those of a packet and returns its last one, or NULL. */
static const struct layer *pass(const struct batch *b, uint32_t *at, uint32_t end, uint32_t packet)
{
	const struct layer *found = NULL;

	while (*at < end && b->layers[*at].packet <= packet) {
		const struct layer *l = &b->layers[(*at)++];

		if (l->packet == packet && (found == NULL || (l->flags & LAYER_LAST) != 0)) {
			found = l;
		}
	}
	return found;
}

const struct layer *layer_walk_next(struct layer_walk *w, uint32_t packet)
{
	const struct batch *b = w->batch;
	const struct layer *l = pass(b, &w->next, w->rebuilt_first, packet);

	if (UNLIKELY(w->rebuilt < b->layer_count) && b->layers[w->rebuilt].packet <= packet) {
		const struct layer *whole = pass(b, &w->rebuilt, b->layer_count, packet);

		l = whole != NULL && (whole->flags & LAYER_LAST) != 0 ? whole : l;
	}
	return l;
}
