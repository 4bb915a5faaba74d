/*
 * process.c - what is kept of every process for the report: rows, executions, time on a CPU.
 *
 * Rows are made by the fold and never freed before the state; their strings are shared with the
 * views.
 */
#include <stdlib.h>

#include "readers/source.h"
#include "state/state_internal.h"

static bool row_chunk(struct state *s)
{
	struct process *chunk;

	if (s->row_count / PROCESS_CHUNK >= s->chunk_cap) {
		void *rows = s->rows;

		if (!state_grow(s, &rows, s->chunk_cap, &s->chunk_cap, sizeof(*s->rows))) {
			return false;
		}
		s->rows = rows;
	}
	chunk = slab_alloc(&s->slab, PROCESS_CHUNK * sizeof(*chunk));
	if (chunk == NULL) {
		s->oom = true;
		return false;
	}
	s->rows[s->row_count / PROCESS_CHUNK] = chunk;
	return true;
}

struct process *process_add(struct state *s, uint32_t *ret_id)
{
	struct process *row;

	*ret_id = ID_NONE;
	if (s->row_count >= LIMIT_PROCESSES || state_full(s)) {
		s->counts.process_evictions++;
		return &s->sink;
	}
	if (s->row_count % PROCESS_CHUNK == 0 && !row_chunk(s)) {
		return &s->sink;
	}
	row = &s->rows[s->row_count / PROCESS_CHUNK][s->row_count % PROCESS_CHUNK];
	memset(row, 0, sizeof(*row));
	row->id = s->row_count++;
	row->parent = ID_NONE;
	row->pid = row->ppid = row->vpid = row->sid = -1;
	row->uid = row->loginuid = UID_NONE;
	row->comm = row->exe = row->exepath = row->args = row->cwd = row->user_name = s->empty;
	*ret_id = row->id;
	return row;
}

uint32_t state_process_count(const struct state *s)
{
	return s->row_count;
}

const struct process *state_process(const struct state *s, uint32_t id)
{
	return id < s->row_count ? &s->rows[id / PROCESS_CHUNK][id % PROCESS_CHUNK] : NULL;
}

const struct exec_row *state_execs(const struct state *s, uint32_t *ret_count)
{
	*ret_count = s->exec_count;
	return s->execs;
}

/* The event's own string, or what the thread had. */
static const struct str *own_or(struct state *s, struct param own, const struct str *had)
{
	return own.p != NULL ? str_get(s, own.p, own.len) : str_ref(had);
}

static void exec_strings(struct state *s, struct exec_row *row, const struct task *t,
			 const struct params *ps)
{
	const struct thread_view *v = t->view;
	struct param name = params_text(ps, 30);

	row->comm = own_or(s, params_text(ps, 13), v->comm);
	row->exe = own_or(s, params_text(ps, 1), v->image->exe);
	row->args = own_or(s, params_list(ps, 2), v->image->args);
	row->cwd = str_ref(v->cwd);
	if (row->result >= 0 || name.p == NULL) {
		row->exepath = str_ref(v->image->exepath);
	} else {
		size_t n =
			path_join(s->path, v->cwd->s, v->cwd->len, (const char *)name.p, name.len);

		row->exepath = str_get(s, s->path, n);
	}
}

void state_exec_row(struct state *s, const struct event *ev, struct task *t,
		    const struct params *ps)
{
	const struct thread_view *v;
	struct exec_row *row;
	struct group *parent = group_parent(s, t->group);
	void *rows = s->execs;

	if (s->exec_count >= LIMIT_COMMANDS || state_full(s)) {
		s->counts.command_evictions++;
		return;
	}
	if (!state_grow(s, &rows, s->exec_count, &s->exec_cap, sizeof(*row))) {
		return;
	}
	s->execs = rows;
	task_sync(s, t);
	v = t->view;
	row = &s->execs[s->exec_count++];
	row->ts_ns = ev->ts_ns;
	row->event_num = s->raw + (uint64_t)(ev - s->batch->events);
	row->offset = s->batch->base_off + ev->block_off;
	row->result = ev->res;
	row->process = t->group->id;
	row->parent = t->group->row->parent;
	row->tid = t->tid;
	row->uid = v->uid;
	row->loginuid = v->loginuid;
	row->tty = v->tty;
	row->user_name = v->user_name;
	row->container = container_ref(v->container);
	row->parent_comm = s->empty;
	if (parent != NULL && parent->threads != NULL) {
		const struct task *leader =
			parent->leader != NULL ? parent->leader : parent->threads;

		row->parent_comm = str_ref(leader->view->comm);
	}
	exec_strings(s, row, t, ps);
}

/* ---- time on a CPU ---- */

static struct cpu_slot *cpu_slot(struct state *s, uint16_t cpu)
{
	uint32_t n = s->cpu_count;
	struct cpu_slot *bigger;

	if (cpu < n) {
		return &s->cpus[cpu];
	}
	if (cpu >= LIMIT_CPUS) {
		return NULL;
	}
	n = (cpu + 64u) / 64u * 64u;
	bigger = realloc(s->cpus, n * sizeof(*bigger));
	if (bigger == NULL) {
		s->oom = true;
		return NULL;
	}
	s->cpus = bigger;
	for (uint32_t i = s->cpu_count; i < n; i++) {
		s->cpus[i].ts_ns = 0;
		s->cpus[i].next = -1;
	}
	s->cpu_count = n;
	return &s->cpus[cpu];
}

/* The thread leaves the CPU; param 0 comes next. A slice counts when its both ends are in the
 * capture. */
void effect_switch(struct state *s, struct event *ev, struct task *t)
{
	struct cpu_slot *cpu = cpu_slot(s, ev->cpu);
	int64_t next = -1;

	s->counts.switches++;
	if (t != NULL && (s->wants & WANT_MEMORY) != 0) {
		effect_memory(s, ev, t);
	}
	if (cpu == NULL) {
		return;
	}
	if (ev->tid != 0 && t != NULL) {
		struct process *row = t->group->row;

		if (cpu->next == ev->tid && ev->ts_ns >= cpu->ts_ns) {
			s->slice_ns = ev->ts_ns - cpu->ts_ns;
			s->has_slice = true;
			row->cpu_ns += s->slice_ns;
			row->cpu_slices++;
			t->cpu_ns += s->slice_ns;
		} else {
			row->cpu_slices_unknown++;
		}
	}
	if (!event_s64(ev, 0, &next)) {
		next = -1;
	}
	cpu->next = next;
	cpu->ts_ns = ev->ts_ns;
}

/* Processor time of the thread since it was made, sampled by the recorder: the difference to the sample before. */
void effect_procinfo(struct state *s, struct event *ev, struct task *t)
{
	uint64_t user, system;

	if (!event_u64(ev, 0, &user) || !event_u64(ev, 1, &system)) {
		return;
	}
	if (t->sample_user_ns <= user && t->sample_system_ns <= system) {
		s->sample_user_ns = user - t->sample_user_ns;
		s->sample_system_ns = system - t->sample_system_ns;
		s->has_sample = true;
	}
	t->sample_user_ns = user;
	t->sample_system_ns = system;
}

void effect_signal(struct state *s, struct event *ev, struct task *t)
{
	UNUSED_ARG(ev);
	UNUSED_ARG(t);
	s->counts.signals++;
}

void effect_page_fault(struct state *s, struct event *ev, struct task *t)
{
	UNUSED_ARG(ev);
	UNUSED_ARG(t);
	s->counts.page_faults++;
}
