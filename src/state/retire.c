/*
 * retire.c - views and enter events nobody will find any more, until their batches are released.
 *
 * A queue in the order of retirement and a second one of marks: up to where it was filled when
 * each batch ended. state_batch_released empties the first up to the mark of its serial.
 */
#include <stdlib.h>

#include "state/state_internal.h"

#define KIND_MASK ((uintptr_t)3)

static bool grow_ring(void **ring, size_t *mask, uint64_t head, uint64_t tail, size_t item)
{
	size_t n = *mask != 0 ? (*mask + 1) * 2 : 1024;
	uint8_t *bigger = malloc(n * item);
	const uint8_t *old = *ring;

	if (bigger == NULL) {
		return false;
	}
	for (uint64_t i = head; i < tail; i++) {
		memcpy(bigger + (i & (n - 1)) * item, old + (i & *mask) * item, item);
	}
	free(*ring);
	*ring = bigger;
	*mask = n - 1;
	return true;
}

void retire(struct state *s, const void *p, enum retired_kind kind)
{
	struct retired *r = &s->retired;

	DBG_ASSERT(((uintptr_t)p & KIND_MASK) == 0);
	if (UNLIKELY(r->tail - r->head >= (r->mask != 0 ? r->mask + 1 : 0))) {
		void *ring = r->ring;

		if (!grow_ring(&ring, &r->mask, r->head, r->tail, sizeof(*r->ring))) {
			s->oom = true; /* leaked until the state's end */
			return;
		}
		r->ring = ring;
	}
	r->ring[r->tail++ & r->mask] = (uintptr_t)p | (uintptr_t)kind;
}

void retire_mark(struct state *s, uint64_t serial)
{
	struct retired *r = &s->retired;

	if (r->mark_tail - r->mark_head >= (r->mark_mask != 0 ? r->mark_mask + 1 : 0)) {
		void *ring = r->marks;

		if (!grow_ring(&ring, &r->mark_mask, r->mark_head, r->mark_tail,
			       sizeof(*r->marks))) {
			s->oom = true;
			return;
		}
		r->marks = ring;
	}
	r->marks[r->mark_tail & r->mark_mask].serial = serial;
	r->marks[r->mark_tail & r->mark_mask].end = r->tail;
	r->mark_tail++;
}

static void free_retired(struct state *s, uintptr_t x)
{
	void *p = (void *)(x & ~KIND_MASK);

	switch ((enum retired_kind)(x & KIND_MASK)) {
	case RETIRED_THREAD: thread_view_free(s, p); break;
	case RETIRED_FD: fd_view_free(s, p); break;
	case RETIRED_ENTER: enter_free(s, p); break;
	}
}

void retire_until(struct state *s, uint64_t serial)
{
	struct retired *r = &s->retired;

	while (r->mark_head < r->mark_tail &&
	       r->marks[r->mark_head & r->mark_mask].serial <= serial) {
		uint64_t end = r->marks[r->mark_head & r->mark_mask].end;

		while (r->head < end) {
			free_retired(s, r->ring[r->head++ & r->mask]);
		}
		r->mark_head++;
	}
}

void retired_release(struct retired *r)
{
	free(r->ring);
	free(r->marks);
	memset(r, 0, sizeof(*r));
}
