/*
 * state.c - life of a section's state, and the loop that folds a batch: every event gets its
 * thread, its descriptor, its call's begin and its numbers, and those that change something have
 * their effect.
 *
 * Reads decoded batches in file order; one thread at a time. What it stamps is immutable
 * afterwards.
 */
#include "state/state.h"

#include <stdlib.h>
#include <sys/random.h>

#include "readers/batch.h"
#include "readers/source.h"
#include "base/hash.h"
#include "state/state_internal.h"

/* ---- life ---- */

static bool make_constants(struct state *s)
{
	s->empty = slab_alloc(&s->slab, sizeof(*s->empty) + 1);
	s->no_image = slab_alloc(&s->slab, sizeof(*s->no_image));
	s->draft = slab_alloc(&s->slab, sizeof(*s->draft) + LIMIT_PATH_BYTES + 1);
	s->path = slab_alloc(&s->slab, LIMIT_PATH_BYTES + 16);
	if (s->empty == NULL || s->no_image == NULL || s->draft == NULL || s->path == NULL) {
		return false;
	}
	memset(s->empty, 0, sizeof(*s->empty) + 1);
	s->empty->refs = UINT32_MAX; /* never given back */
	s->no_image->refs = 1;
	s->no_image->exe = s->no_image->exepath = s->no_image->args = s->empty;
	s->no_image->env = s->no_image->cgroups = s->empty;
	memset(s->draft, 0, sizeof(*s->draft) + 1);
	return true;
}

/* A thread and group in no table, for children whose parent has no number. */
static bool make_nobody(struct state *s)
{
	struct task *t = task_add(s, INT64_MAX);
	struct group *g = t != NULL ? group_add(s, -1) : NULL;

	if (g == NULL) {
		return false;
	}
	task_move(s, t, g);
	map_del(&s->far_threads, key_mix(s, (uint64_t)INT64_MAX));
	s->groups = NULL;
	s->thread_count = 0;
	s->row_count = 0; /* the row is used again */
	g->row = &s->sink;
	g->id = ID_NONE;
	s->nobody = t;
	return true;
}

int state_new(struct section *section, unsigned int wants, struct state **ret_s, struct err *e)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		return err_nomem(e, "the state of a section");
	}
	s->section = section;
	s->wants = wants;
	s->no_fds = (wants & WANT_NO_FDS) != 0;
	slab_init(&s->slab);
	map_init(&s->far_threads);
	map_init(&s->far_groups);
	map_init(&s->host_users);
	map_init(&s->host_groups);
	map_init(&s->container_ids);
	map_init(&s->scan_inodes);
	buf_init(&s->text, LIMIT_PATH_BYTES + 256);
	s->num = s->raw = s->packets = 1;
	s->closing = -1;
	if (getrandom(&s->strs.seed, sizeof(s->strs.seed), GRND_NONBLOCK) < 0) {
		s->strs.seed = hash_seed(s);
	}
	if (!make_constants(s) || !make_nobody(s)) {
		state_free(s);
		return err_nomem(e, "the state of a section");
	}
	*ret_s = s;
	return 0;
}

void state_free(struct state *s)
{
	if (s == NULL) {
		return;
	}
	for (uint32_t i = 0; i < s->container_count; i++) {
		map_release(&s->containers[i]->users);
		map_release(&s->containers[i]->groups);
	}
	map_release(&s->far_threads);
	map_release(&s->far_groups);
	map_release(&s->host_users);
	map_release(&s->host_groups);
	map_release(&s->container_ids);
	map_release(&s->scan_inodes);
	str_table_release(&s->strs);
	retired_release(&s->retired);
	buf_release(&s->text);
	free(s->enters);
	free(s->cpus);
	slab_release(&s->slab);
	free(s);
}

void state_set_ordinals(struct state *s, uint64_t num, uint64_t raw, uint64_t packets)
{
	s->num = num;
	s->raw = raw;
	s->packets = packets;
}

void state_ordinals(const struct state *s, uint64_t *ret_num, uint64_t *ret_raw,
		    uint64_t *ret_packets)
{
	*ret_num = s->num;
	*ret_raw = s->raw;
	*ret_packets = s->packets;
}

/* ---- one event ---- */

static inline struct task *event_thread(struct state *s, const struct event *ev, bool any)
{
	struct task *t = s->last;

	if (LIKELY(t != NULL && t->tid == ev->tid)) {
		return t;
	}
	if (ev->tid < 0) {
		return NULL;
	}
	t = task_find(s, ev->tid);
	if (UNLIKELY(t == NULL) && !any) {
		t = task_get(s, ev->tid);
	}
	if (t != NULL) {
		s->last = t;
	}
	return t;
}

static void watch_time(struct state *s, const struct event *ev)
{
	if (UNLIKELY((ev->flags & EVENT_TIME_ZERO) != 0)) {
		return;
	}
	if (UNLIKELY(ev->ts_ns + NSEC_PER_SEC < s->last_ts_ns)) {
		s->counts.time_reversals++;
	}
	s->last_ts_ns = ev->ts_ns;
}

/* Without an enter event the call began after the thread's last one ended, if that was seen.
 * The return of a child from the clone that made it is no call of its own. */
static void stamp_begin(struct state *s, struct event *ev, struct task *t,
			const struct effect_row *row)
{
	if (UNLIKELY(s->seen_enters)) {
		pair_exit(s, ev, t);
	}
	if (UNLIKELY((ev->flags & EVENT_BEGIN_EXACT) != 0)) {
		return;
	}
	if (t->prev_ns != 0 && (ev->flags & EVENT_TIME_ZERO) == 0 &&
	    (ev->res != 0 || row->fn != effect_clone)) {
		ev->begin_ns = min_u64(t->prev_ns, ev->ts_ns);
		ev->flags |= EVENT_BEGIN_BOUND;
	}
}

static void fd_from_enter(struct event *ev)
{
	int at = schema_events[ev->type].fd_param;
	int64_t fd;

	if (at >= 0 && event_s64(ev, (unsigned int)at, &fd) && fd >= INT32_MIN && fd <= INT32_MAX) {
		ev->fd_num = (int32_t)fd;
		ev->flags |= EVENT_HAS_FD;
	}
}

static void stamp_fd(struct state *s, struct event *ev, const struct task *t)
{
	/* Old layouts hold the descriptor in the enter event, which decode did not know. */
	if (UNLIKELY((ev->flags & EVENT_HAS_FD) == 0 && ev->conv != 0)) {
		fd_from_enter(ev);
	}
	if ((ev->flags & EVENT_HAS_FD) != 0 && !s->no_fds) {
		ev->fd = fds_get(task_fds(t), ev->fd_num);
		if (ev->fd == NULL && ev->fd_num >= 0 && (ev->flags & EVENT_FAILED) == 0) {
			s->counts.orphan_fd_events++;
		}
	}
}

static inline void stamp_thread(struct state *s, struct event *ev, struct task *t)
{
	struct group *g = t->group;

	ev->thread = task_publish(s, t);
	if (UNLIKELY(!t->known)) {
		s->counts.unknown_thread_events++;
	}
	if ((ev->flags & EVENT_TIME_ZERO) == 0) {
		if (UNLIKELY(g->first_ns == 0)) {
			g->first_ns = ev->ts_ns;
		}
		g->last_ns = ev->ts_ns;
	}
}

/* A call has ended, and what its thread does next begins after it. */
static void call_ended(struct event *ev, struct task *t)
{
	if ((ev->flags & (EVENT_IS_SYSCALL | EVENT_TIME_ZERO)) == EVENT_IS_SYSCALL) {
		t->prev_ns = ev->ts_ns;
	}
}

static void after_event(struct state *s, const struct event *ev, const struct task *t)
{
	if (s->closing >= 0) {
		fds_remove(s, task_fds(t), s->closing);
		s->closing = -1;
	}
	if (s->dying != NULL) {
		task_die(s, ev);
	}
}

static void fold_enter(struct state *s, struct event *ev, struct task *t)
{
	if (t == NULL) {
		return;
	}
	if ((ev->flags & EVENT_HAS_FD) != 0) {
		ev->fd = fds_get(task_fds(t), ev->fd_num);
	}
	stamp_thread(s, ev, t);
	if ((ev->flags & EVENT_IS_SYSCALL) != 0) {
		pair_enter(s, ev, t);
	}
}

/* Returns the event's thread as it is after the effect: it may have been made, or made anew. */
static struct task *fold_exit(struct state *s, struct event *ev, struct task *t)
{
	const struct effect_row *row = &effect_rows[ev->type];

	if (LIKELY(t != NULL)) {
		if (LIKELY((ev->flags & EVENT_IS_SYSCALL) != 0)) {
			stamp_begin(s, ev, t, row);
		}
		stamp_fd(s, ev, t);
	}
	if (row->fn != NULL && (t != NULL || row->any) && (row->wants & ~s->wants) == 0 &&
	    (row->kind != EFFECT_FDS || !s->no_fds)) {
		row->fn(s, ev, t);
		if (UNLIKELY(row->any)) {
			t = event_thread(s, ev, true);
		}
	}
	if (LIKELY(t != NULL)) {
		stamp_thread(s, ev, t);
		call_ended(ev, t);
	}
	return t;
}

static void fold_event(struct state *s, struct event *ev)
{
	bool known_type = (ev->flags & EVENT_UNKNOWN_TYPE) == 0;
	bool dropped = UNLIKELY(ev->conv != 0) && schema_convs[ev->conv].action == CONV_DROP;
	struct task *t;

	ev->thread = NULL;
	ev->fd = NULL;
	ev->enter = NULL;
	ev->refs = EVENT_NO_REFS;
	watch_time(s, ev);
	t = event_thread(s, ev, !known_type || dropped || effect_rows[ev->type].any);
	if (UNLIKELY(!known_type || (dropped && (ev->flags & EVENT_EXIT) != 0))) {
		if (t != NULL) {
			stamp_thread(s, ev, t);
		}
	} else if ((ev->flags & EVENT_EXIT) == 0) {
		fold_enter(s, ev, t);
	} else {
		t = fold_exit(s, ev, t);
	}
	if (UNLIKELY(s->wants & (WANT_REFS | WANT_ANCESTORS | WANT_COUNTS))) {
		refs_stamp(s, ev, t);
	}
	if (UNLIKELY(s->closing >= 0 || s->dying != NULL)) {
		after_event(s, ev, t);
	}
}

/* ---- one batch ---- */

static void fold_run(struct state *s, struct event *ev, const struct event *end)
{
	if (UNLIKELY(s->scan_pending) && ev < end) {
		scan_finish(s);
	}
	for (; ev < end; ev++) {
		fold_event(s, ev);
	}
}

static void note_first_call(struct state *s, struct batch *b)
{
	for (uint32_t i = 0; s->first_call_ns == 0 && i < b->event_count; i++) {
		const struct event *ev = &b->events[i];

		if ((ev->flags & (EVENT_UNKNOWN_TYPE | EVENT_TIME_ZERO)) == 0 &&
		    schema_events[ev->type].source != ES_METAEVENT) {
			s->first_call_ns = ev->ts_ns;
		}
	}
	b->first_call_ns = s->first_call_ns;
}

int state_fold(struct state *s, struct batch *b, struct err *e)
{
	uint32_t at = 0;

	s->batch = b;
	b->ref_count = 0;
	b->first_num = s->num;
	b->first_raw_num = s->raw;
	b->first_packet_num = s->packets;
	s->chain_stamp++; /* chains made so far lie in another batch */
	for (uint32_t i = 0; i < b->meta_count; i++) {
		uint32_t upto = b->metas[i].at_event < b->event_count ? b->metas[i].at_event
								      : b->event_count;

		if (upto > at) {
			fold_run(s, b->events + at, b->events + upto);
			at = upto;
		}
		state_meta(s, &b->metas[i]);
	}
	if (b->event_count > at) {
		fold_run(s, b->events + at, b->events + b->event_count);
	}
	note_first_call(s, b);
	pair_keep(s);
	retire_mark(s, b->serial);
	s->num += b->tally.numbered;
	s->raw += b->tally.events;
	s->packets += b->packet_count;
	s->batch = NULL;
	return s->oom ? err_nomem(e, "the state of processes and descriptors") : 0;
}

void state_batch_released(struct state *s, uint64_t serial)
{
	retire_until(s, serial);
}

void state_finish(struct state *s)
{
	if (s->scan_pending) {
		scan_finish(s);
	}
	for (struct group *g = s->groups; g != NULL; g = g->next) {
		for (struct task *t = g->threads; t != NULL; t = t->next) {
			pair_drop(s, t);
		}
		group_note(s, g);
	}
	s->counts.threads_live = s->thread_count;
	s->counts.fds_live = s->fds_live;
}

const struct state_counts *state_counts(const struct state *s)
{
	return &s->counts;
}
