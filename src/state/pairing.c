/*
 * pairing.c - enter events wait for their exits, also across batches.
 *
 * While its batch lives a pending enter event is a pointer into it; at the batch's end what is
 * still pending is copied with its parameters, and the copy is retired once the exit has been
 * linked. Fold only.
 */
#include <stdlib.h>

#include "readers/batch.h"
#include "state/state_internal.h"

static size_t lens_bytes(const struct event *ev)
{
	return (size_t)ev->stored_nparams * ((ev->flags & EVENT_WIDE) != 0 ? 4 : 2);
}

static size_t copy_bytes(const struct event *ev)
{
	return sizeof(*ev) + lens_bytes(ev) + ev->values_len;
}

void enter_free(struct state *s, struct event *ev)
{
	slab_free(&s->slab, ev, copy_bytes(ev));
}

/* exit and exit_group never return: their missing exit is no evidence. */
static bool never_returns(const struct event *enter)
{
	struct param id = event_stored_param(enter, 0);
	const char *name;

	if (enter->stored_type != EV_GENERIC_E || id.len < 2) {
		return false;
	}
	name = schema_syscall_name(load_le16(id.p));
	return name != NULL && (strcmp(name, "exit") == 0 || strcmp(name, "exit_group") == 0);
}

/* The pending event was used by ev, or by none. */
static void let_go(struct state *s, struct task *t)
{
	if (t->enter_owned) {
		retire(s, t->enter, RETIRED_ENTER);
	}
	t->enter = NULL;
	t->enter_owned = false;
}

void pair_drop(struct state *s, struct task *t)
{
	if (t->enter == NULL) {
		return;
	}
	if (!never_returns(t->enter)) {
		s->counts.unfinished_calls++;
		if (t->group != NULL) {
			t->group->row->unfinished_calls++;
		}
	}
	let_go(s, t);
}

static void list_thread(struct state *s, struct task *t)
{
	if (s->enter_count == s->enter_cap) {
		size_t cap = s->enter_cap != 0 ? s->enter_cap * 2 : 256;
		struct task **bigger = realloc(s->enters, cap * sizeof(*bigger));

		if (bigger == NULL) {
			s->oom = true;
			return;
		}
		s->enters = bigger;
		s->enter_cap = cap;
	}
	s->enters[s->enter_count++] = t;
	t->listed = (uint32_t)s->enter_count;
}

void pair_enter(struct state *s, struct event *ev, struct task *t)
{
	pair_drop(s, t);
	s->seen_enters = true;
	s->seen_enter[ev->stored_type / 2] = true;
	if (t->listed == 0) {
		list_thread(s, t);
		if (t->listed == 0) {
			return;
		}
	}
	t->enter = ev;
	t->enter_owned = false;
}

static bool same_call(const struct event *enter, const struct event *ev)
{
	struct param a, b;

	if (enter->stored_type + 1 != ev->stored_type) {
		return false;
	}
	if (ev->stored_type != EV_GENERIC_X) {
		return true;
	}
	a = event_stored_param(enter, 0);
	b = event_stored_param(ev, 0);
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* A successful execveat ends in an execve exit event on most machines. */
static bool is_execveat(const struct event *enter, const struct event *ev)
{
	return enter->stored_type == EV_SYSCALL_EXECVEAT_E && ev->type == EV_SYSCALL_EXECVE_19_X;
}

void pair_exit(struct state *s, struct event *ev, struct task *t)
{
	const struct event *enter = t->enter;

	s->at_enter = NULL;
	if (enter == NULL || (!same_call(enter, ev) && !is_execveat(enter, ev))) {
		pair_drop(s, t);
		s->counts.exits_without_enter += s->seen_enter[ev->stored_type / 2] ? 1 : 0;
		return;
	}
	s->at_enter = enter;
	if (enter->stored_type + 1 == ev->stored_type) {
		ev->enter = enter;
	}
	if ((enter->flags & EVENT_TIME_ZERO) == 0) {
		ev->begin_ns = enter->ts_ns;
		ev->flags |= EVENT_BEGIN_EXACT;
	}
	let_go(s, t);
}

static void keep_one(struct state *s, struct task *t)
{
	const struct event *old = t->enter;
	struct event *ev;
	uint8_t *bytes;

	if (state_full(s)) {
		pair_drop(s, t); /* its exit will have no begin */
		return;
	}
	ev = slab_alloc(&s->slab, copy_bytes(old));
	if (ev == NULL) {
		s->oom = true;
		t->enter = NULL;
		return;
	}
	bytes = (uint8_t *)(ev + 1);
	*ev = *old;
	ev->thread = NULL;
	ev->fd = NULL;
	if (lens_bytes(old) + old->values_len > 0) {
		memcpy(bytes, old->lens, lens_bytes(old) + old->values_len);
	}
	ev->lens = bytes;
	t->enter = ev;
	t->enter_owned = true;
}

void pair_keep(struct state *s)
{
	for (size_t i = 0; i < s->enter_count; i++) {
		struct task *t = s->enters[i];

		if (t != NULL) {
			t->listed = 0;
			if (t->enter != NULL && !t->enter_owned) {
				keep_one(s, t);
			}
		}
	}
	s->enter_count = 0;
}
