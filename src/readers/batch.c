/*
 * batch.c - the memory of a batch: see batch.h and frame.h. A batch belongs to one stage at a time.
 */
#include "readers/batch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "readers/frame.h"
#include "readers/source.h"

void batch_init(struct batch *b)
{
	memset(b, 0, sizeof(*b));
	arena_init(&b->arena);
}

void batch_release(struct batch *b)
{
	free(b->owned);
	free(b->events);
	free(b->packets);
	free(b->layers);
	free(b->shard_layers);
	free(b->shard_events);
	free(b->metas);
	free(b->refs);
	free(b->damages);
	free(b->by_type);
	arena_release(&b->arena);
	batch_init(b);
}

void batch_reset(struct batch *b)
{
	b->section = NULL;
	b->base_off = 0;
	b->bytes = NULL;
	b->len = 0;
	b->event_count = 0;
	b->packet_count = 0;
	b->layer_count = 0;
	b->fragments = NULL;	/* in the arena */
	b->fragment_count = 0;
	b->packet_processes = NULL;	/* in the arena */
	b->fragment_cap = 0;
	memset(b->shard_start, 0, sizeof(b->shard_start));
	memset(b->event_shard_start, 0, sizeof(b->event_shard_start));
	b->meta_count = 0;
	b->ref_count = 0;
	b->damage_count = 0;
	b->end_off = 0;
	b->failed = false;
	/* Rows beyond block_types are all zero: the first ones are all there usually is to clear. */
	memset(b->tally.blocks, 0, b->tally.block_types * sizeof(b->tally.blocks[0]));
	memset(&b->tally, 0, offsetof(struct batch_tally, blocks));
	arena_reset(&b->arena);
}

int batch_damage(struct batch *b, uint64_t offset, uint64_t bytes, const char *fmt, ...)
{
	struct damage *d;
	va_list ap;

	if (b->damage_count == b->damage_cap) {
		uint32_t cap = b->damage_cap == 0 ? 4 : b->damage_cap * 2;
		struct damage *grown = realloc(b->damages, cap * sizeof(*grown));

		if (grown == NULL) {
			b->failed = true;
			return ERR_NOMEM;
		}
		b->damages = grown;
		b->damage_cap = cap;
	}
	d = &b->damages[b->damage_count++];
	d->offset = offset;
	d->bytes = bytes;
	va_start(ap, fmt);
	vsnprintf(d->what, sizeof(d->what), fmt, ap);
	va_end(ap);
	return 0;
}
