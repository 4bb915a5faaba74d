/*
 * taps.c - the statistics' states: one per tap and worker, one more per tap for ordered taps, merged in
 * the end. A state is touched by its worker alone (an ordered tap's: by who holds the lock) until the merge,
 * which runs on the caller's thread.
 */
#include "engine/engine_internal.h"

#include "filter/filter.h"

static void **tap_state(struct engine *en, unsigned int tap, unsigned int worker)
{
	return &en->tap_states[(size_t)tap * (en->worker_count + 1) + worker];
}

unsigned int engine_wants(const struct engine_options *opt)
{
	unsigned int wants = opt->wants;

	if (opt->filter != NULL) {
		wants |= filter_wants(opt->filter) & ~WANT_FOLD;
	}
	for (unsigned int t = 0; opt->taps != NULL && opt->taps[t] != NULL; t++) {
		wants |= opt->taps[t]->wants;
	}
	return wants;
}

int taps_init(struct engine *en, struct err *e)
{
	en->wants = engine_wants(&en->opt);
	if (en->opt.filter != NULL) {
		en->opt.fold = en->opt.fold || (filter_wants(en->opt.filter) & WANT_FOLD) != 0;
	}
	en->follow = en->opt.packets || en->opt.packet_filter != NULL ||
		     (en->opt.filter != NULL && (filter_kinds(en->opt.filter) & FILTER_OF_PACKETS) != 0);
	en->join = en->opt.join;
	en->tap_count = 0;
	for (; en->opt.taps != NULL && en->opt.taps[en->tap_count] != NULL; en->tap_count++) {
		const struct tap *tap = en->opt.taps[en->tap_count];

		en->follow = en->follow || tap->packets || tap->flows;
		en->join = en->join || tap->join;
	}
	en->join = en->join && en->opt.fold && !en->opt.no_join;
	en->follow = en->follow || en->join;
	if (en->tap_count == 0) {
		return 0;
	}
	en->tap_states = calloc((size_t)en->tap_count * (en->worker_count + 1), sizeof(void *));
	return en->tap_states != NULL ? 0 : err_nomem(e, "the statistics");
}

static int feed_one(struct engine *en, unsigned int t, unsigned int worker, const struct batch *b)
{
	const struct tap *tap = en->opt.taps[t];
	void **st = tap_state(en, t, worker);

	if (!(tap->events && b->event_count > 0) && !(tap->packets && b->packet_count > 0)) {
		return 0;
	}
	if (*st == NULL) {
		*st = tap->state_new();
		if (*st == NULL) {
			return ERR_NOMEM;
		}
	}
	return tap->batch(*st, b);
}

int taps_feed(struct engine *en, unsigned int worker, const struct batch *b, bool ordered)
{
	int rc = 0;

	for (unsigned int t = 0; t < en->tap_count && rc == 0; t++) {
		if ((en->opt.taps[t]->order == TAP_ORDERED) != ordered) {
			continue;
		}
		if (ordered) {
			pthread_mutex_lock(&en->ordered_lock);
			rc = feed_one(en, t, en->worker_count, b);
			pthread_mutex_unlock(&en->ordered_lock);
		} else {
			rc = feed_one(en, t, worker, b);
		}
	}
	return rc;
}

int taps_merge(struct engine *en)
{
	for (unsigned int t = 0; t < en->tap_count; t++) {
		const struct tap *tap = en->opt.taps[t];
		void **first = tap_state(en, t, 0);

		for (unsigned int w = 1; w <= en->worker_count; w++) {
			void **other = tap_state(en, t, w);

			if (*other == NULL) {
				continue;
			}
			if (*first == NULL) {
				*first = *other;
			} else {
				if (tap->merge(*first, *other) != 0) {
					return ERR_NOMEM;
				}
				tap->state_free(*other);
			}
			*other = NULL;
		}
	}
	return 0;
}

void taps_release(struct engine *en)
{
	for (unsigned int t = 0; en->tap_states != NULL && t < en->tap_count; t++) {
		for (unsigned int w = 0; w <= en->worker_count; w++) {
			void *st = *tap_state(en, t, w);

			if (st != NULL) {
				en->opt.taps[t]->state_free(st);
			}
		}
	}
	free(en->tap_states);
	en->tap_states = NULL;
}
