/*
 * collect_sort.c - groups the events of a folded batch by shard of their process, in order, without those that can
 * never matter. Any worker, once per batch; writes b->shard_events and b->event_shard_start.
 */
#include "join/collect_internal.h"

#define NO_SHARD 0xFF
#define EVERY_SHARD 0xFE

_Static_assert(BATCH_SHARDS == 8, "shard_of takes the three highest bits");

static uint8_t shard_of(const struct event *ev)
{
	const unsigned int looked_at = EVENT_EXIT | EVENT_SHOWN | EVENT_STATE_ONLY | EVENT_UNKNOWN_TYPE;

	if ((ev->flags & looked_at) != (EVENT_EXIT | EVENT_SHOWN)) {
		return NO_SHARD;
	}
	if ((ev->flags & EVENT_IS_SYSCALL) == 0) {
		uint8_t action = call_rows[ev->type].action;

		if (action == CALL_DROP) {
			return EVERY_SHARD;
		}
		if (action == CALL_IGNORED) {
			return NO_SHARD;
		}
	}
	if (ev->thread == NULL) {
		return NO_SHARD;
	}
	return (uint8_t)(ev->thread->process * UINT32_C(0x9E3779B1) >> 29);
}

/* Room for n indices and, behind them, a byte for each event. */
static int make_room(struct batch *b, size_t indices)
{
	size_t need = indices + b->event_count / sizeof(uint32_t) + 1;
	uint32_t *grown;

	if (need <= b->shard_events_cap) {
		return 0;
	}
	need += need / 4;
	grown = realloc(b->shard_events, need * sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	b->shard_events = grown;
	b->shard_events_cap = (uint32_t)min_u64(need, UINT32_MAX);
	return 0;
}

static uint32_t count_shards(const struct batch *b, uint8_t *shards, uint32_t *counts)
{
	uint32_t everywhere = 0;

	for (uint32_t i = 0; i < b->event_count; i++) {
		uint8_t shard = shard_of(&b->events[i]);

		shards[i] = shard;
		if (LIKELY(shard < BATCH_SHARDS)) {
			counts[shard]++;
		} else if (shard == EVERY_SHARD) {
			everywhere++;
		}
	}
	return everywhere;
}

static void place(struct batch *b, const uint8_t *shards, uint32_t *next)
{
	for (uint32_t i = 0; i < b->event_count; i++) {
		if (LIKELY(shards[i] < BATCH_SHARDS)) {
			b->shard_events[next[shards[i]]++] = i;
		} else if (shards[i] == EVERY_SHARD) {
			for (unsigned int k = 0; k < BATCH_SHARDS; k++) {
				b->shard_events[next[k]++] = i;
			}
		}
	}
}

int socks_sort(struct batch *b)
{
	uint32_t counts[BATCH_SHARDS] = { 0 };
	uint32_t next[BATCH_SHARDS];
	uint32_t everywhere;
	uint8_t *shards;
	uint32_t at = 0;
	size_t keep;

	memset(b->event_shard_start, 0, sizeof(b->event_shard_start));
	if (b->event_count == 0) {
		return 0;
	}
	keep = b->event_count;
	if (make_room(b, keep) != 0) {
		return ERR_NOMEM;
	}
	shards = (uint8_t *)(b->shard_events + keep);
	everywhere = count_shards(b, shards, counts);
	if (everywhere > 0) {
		/* Lost events are told to every shard: more indices than events, if anything. */
		size_t more = keep + (size_t)everywhere * (BATCH_SHARDS - 1);

		if (make_room(b, more) != 0) {
			return ERR_NOMEM;
		}
		memmove(b->shard_events + more, b->shard_events + keep, b->event_count);
		shards = (uint8_t *)(b->shard_events + more);
	}
	for (unsigned int k = 0; k < BATCH_SHARDS; k++) {
		b->event_shard_start[k] = next[k] = at;
		at += counts[k] + everywhere;
	}
	b->event_shard_start[BATCH_SHARDS] = at;
	place(b, shards, next);
	return 0;
}
