/*
 * spans_process.c - spans of processes: those started in the focus of an exchange, their descendants that were started
 * within the capture, and as their children the exchanges that these processes begin without a focus of their own.
 * Reads children of exchanges and the processes of the state. One thread.
 */
#include "join/join_internal.h"

#include "base/limits.h"
#include "state/state.h"

/* Started processes of one section: by parent, then start. */
struct started {
	uint32_t parent, id;
	uint64_t start_ns;
};

struct family {
	struct spans_work *w;
	const struct join_section *sec;
	const struct state *state;
	uint32_t count;			/* processes */
	struct started *started;	/* owns */
	size_t started_count;
	uint32_t *span;			/* owns; draft by process; NO_SPAN, or one of the next two */
	uint32_t *first_exec;		/* owns; by process, index of its first exec; UINT32_MAX none */
	uint32_t *chain;		/* owns; room for all processes */
};

#define SPAN_UNKNOWN UINT32_MAX
#define SPAN_NONE (UINT32_MAX - 1)	/* nobody above it has one */

static int by_parent(const void *a, const void *b)
{
	const struct started *x = a;
	const struct started *y = b;

	if (x->parent != y->parent) {
		return x->parent < y->parent ? -1 : 1;
	}
	if (x->start_ns != y->start_ns) {
		return x->start_ns < y->start_ns ? -1 : 1;
	}
	return (x->id > y->id) - (x->id < y->id);
}

static int family_init(struct family *f)
{
	const struct exec_row *execs;
	uint32_t exec_count;

	f->started = malloc(((size_t)f->count + 1) * sizeof(*f->started));
	f->span = malloc(((size_t)f->count + 1) * sizeof(*f->span));
	f->first_exec = malloc(((size_t)f->count + 1) * sizeof(*f->first_exec));
	f->chain = malloc(((size_t)f->count + 1) * sizeof(*f->chain));
	if (f->started == NULL || f->span == NULL || f->first_exec == NULL || f->chain == NULL) {
		return ERR_NOMEM;
	}
	memset(f->span, 0xff, ((size_t)f->count + 1) * sizeof(*f->span));
	memset(f->first_exec, 0xff, ((size_t)f->count + 1) * sizeof(*f->first_exec));
	for (uint32_t i = 0; i < f->count; i++) {
		const struct process *p = state_process(f->state, i);

		if (p->parent < f->count && p->start_ns != 0) {
			f->started[f->started_count++] = (struct started){ p->parent, i, p->start_ns };
		}
	}
	qsort(f->started, f->started_count, sizeof(*f->started), by_parent);
	execs = state_execs(f->state, &exec_count);
	for (uint32_t i = 0; i < exec_count; i++) {
		uint32_t p = execs[i].process;

		if (execs[i].result == 0 && p < f->count && f->first_exec[p] == UINT32_MAX) {
			f->first_exec[p] = i;
		}
	}
	return 0;
}

static void family_release(struct family *f)
{
	free(f->started);
	free(f->span);
	free(f->first_exec);
	free(f->chain);
}

/* ---- names ------------------------------------------------------------------------------------------------- */

#define COMMAND_BYTES 512

static void add_command(struct buf *out, const struct str *exe, const struct str *args)
{
	size_t end = out->len + COMMAND_BYTES;

	buf_add(out, exe->s, min_u64(exe->len, COMMAND_BYTES));
	if (args->len > 0) {
		buf_addc(out, ' ');
	}
	for (uint32_t i = 0; i < args->len && out->len < end; i++) {
		buf_addc(out, args->s[i] == '\0' ? ' ' : args->s[i]);
	}
}

static int name_process(struct family *f, struct span *d, uint32_t id)
{
	const struct process *p = state_process(f->state, id);
	uint32_t count;
	const struct exec_row *execs = state_execs(f->state, &count);

	d->protocol = "process";
	if (f->first_exec[id] != UINT32_MAX) {
		add_command(&f->w->text, execs[f->first_exec[id]].exe, execs[f->first_exec[id]].args);
		if (p->execs > 1) {	/* what it was in the end: setsid, env and their like become another program */
			buf_adds(&f->w->text, " -> ");
			add_command(&f->w->text, p->exe, p->args);
		}
	} else {
		buf_add(&f->w->text, p->comm->s, p->comm->len);
	}
	return span_text(f->w, &d->name);
}

/* ---- spans of processes ------------------------------------------------------------------------------------ */

static int add_process(struct family *f, uint32_t id, uint32_t parent, uint64_t start_ns, uint64_t num)
{
	const struct process *p = state_process(f->state, id);
	struct span *d;

	d = span_add(f->w, f->sec->section);
	if (d == NULL) {
		f->span[id] = SPAN_NONE;
		return 0;
	}
	f->span[id] = (uint32_t)(f->w->count - 1);
	d->num = num;
	d->kind = SPAN_PROCESS;
	d->parent = parent;
	d->process = id;
	d->tid = p->pid;
	d->start_ns = start_ns;
	d->end_ns = max_u64(start_ns, p->end_ns != 0 ? p->end_ns : p->last_ns);
	return name_process(f, d, id);
}

/* Where a process of the parent would stand that was started then. */
static size_t place_of(const struct family *f, uint32_t parent, uint64_t ts_ns)
{
	size_t low = 0;
	size_t high = f->started_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct started *s = &f->started[mid];

		if (s->parent < parent || (s->parent == parent && s->start_ns < ts_ns)) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

/* Others of the same parent that are looked at on either side: clones by several threads at the same moment. */
#define NEARBY 64

/* The process that a clone made: of this parent, with this number, started about then. ID_NONE: a thread, or not
 * known. */
static uint32_t process_of(const struct family *f, const struct exchange_child *c)
{
	uint32_t parent = c->exchange->process[c->exchange->first_num[0] != 0 ? 0 : 1];
	size_t at = place_of(f, parent, c->ts_ns);
	size_t from = at > NEARBY ? at - NEARBY : 0;
	uint64_t best = UINT64_MAX;
	uint32_t id = ID_NONE;

	for (size_t i = from; i < f->started_count && i < at + NEARBY; i++) {
		const struct started *s = &f->started[i];
		const struct process *p;
		uint64_t apart;

		if (s->parent != parent) {
			continue;
		}
		p = state_process(f->state, s->id);
		apart = s->start_ns > c->ts_ns ? s->start_ns - c->ts_ns : c->ts_ns - s->start_ns;
		if ((p->pid == c->tid || p->vpid == c->tid) && apart < best) {
			best = apart;
			id = s->id;
		}
	}
	return id;
}

static int add_children(struct family *f)
{
	int rc = 0;

	for (size_t i = 0; i < f->sec->child_count && rc == 0; i++) {
		const struct exchange_child *c = &f->sec->children[i];
		uint32_t parent = f->w->of_exchange[join_exchange_number(f->w->j, c->exchange)];
		uint32_t id = parent != UINT32_MAX ? process_of(f, c) : ID_NONE;

		if (id != ID_NONE && f->span[id] == SPAN_UNKNOWN) {
			rc = add_process(f, id, parent, c->ts_ns, c->num);
		}
	}
	return rc;
}

/* The span of a process or of the nearest one above it; those between get theirs. */
static int descend(struct family *f, uint32_t id)
{
	size_t n = 0;
	uint32_t above;
	int rc = 0;

	while (f->span[id] == SPAN_UNKNOWN) {
		const struct process *p = state_process(f->state, id);

		f->span[id] = SPAN_NONE;	/* ends a ring too */
		f->chain[n++] = id;
		if (p->parent >= f->count || p->start_ns == 0) {
			break;
		}
		id = p->parent;
	}
	above = f->span[id];
	while (n > 0 && above < SPAN_NONE && rc == 0) {
		uint32_t down = f->chain[--n];
		const struct process *p = state_process(f->state, down);

		rc = add_process(f, down, above, p->start_ns, p->id);
		above = f->span[down];
	}
	return rc;
}

static int add_descendants(struct family *f)
{
	int rc = 0;

	for (uint32_t id = 0; id < f->count && rc == 0; id++) {
		rc = descend(f, id);
	}
	return rc;
}

/* What they begin on nobody else's behalf. */
static void adopt(struct family *f)
{
	for (size_t i = 0; i < f->sec->exchange_count; i++) {
		uint32_t at = f->w->of_exchange[join_exchange_number(f->w->j, f->sec->exchanges[i])];
		struct span *s = at != UINT32_MAX ? &f->w->rows[at] : NULL;

		if (s != NULL && s->kind == SPAN_CLIENT && s->parent == UINT32_MAX && s->process < f->count &&
		    f->span[s->process] < SPAN_NONE) {
			s->parent = f->span[s->process];
		}
	}
}

int spans_processes(struct spans_work *w)
{
	int rc = 0;

	for (uint32_t rank = 0; rank < w->j->section_count && rc == 0; rank++) {
		struct family f = { .w = w, .sec = &w->j->sections[rank] };

		f.state = f.sec->section->state;
		if (f.sec->child_count == 0 || f.state == NULL) {
			continue;
		}
		f.count = state_process_count(f.state);
		rc = family_init(&f);
		if (rc == 0) {
			rc = add_children(&f);
		}
		if (rc == 0) {
			rc = add_descendants(&f);
		}
		if (rc == 0) {
			adopt(&f);
		}
		family_release(&f);
	}
	return rc;
}
