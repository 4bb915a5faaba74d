/*
 * spans_trace.c - spans as a Chrome trace. Reads the constant spans of a join; writes JSON. One thread.
 *
 * A viewer wants slices of one row to lie in each other or apart. A thread that serves several requests at a time gets several
 * rows: each slice goes to the first one where it fits. Sections may be of different hosts: their numbers of processes are set
 * apart by SECTION_STEP, rows of one thread by LANE_STEP.
 */
#include "join/join_internal.h"

#include "base/escape.h"
#include "state/state.h"

#define SECTION_STEP UINT64_C(1000000000)
#define LANE_STEP UINT64_C(10000000)	/* above Linux' highest number of a process, 4,194,304 */
#define LANES 64

/* Ends of slices that are open in one row, innermost last. */
struct lane {
	uint64_t *ends;		/* owns */
	uint32_t count, cap;
};

struct row_of_span {
	uint32_t process, rank;
	int64_t tid;
	uint32_t span;
};

struct trace {
	const struct join *j;
	struct buf *out;
	struct row_of_span *rows;	/* owns; spans by thread, then start, longest first */
	uint16_t *lane;			/* owns; by span */
	struct lane lanes[LANES];
	uint64_t base_ns;
	bool any;			/* an event was written */
};

static int by_thread(const void *a, const void *b)
{
	const struct row_of_span *x = a;
	const struct row_of_span *y = b;

	if (x->rank != y->rank) {
		return x->rank < y->rank ? -1 : 1;
	}
	if (x->process != y->process) {
		return x->process < y->process ? -1 : 1;
	}
	if (x->tid != y->tid) {
		return x->tid < y->tid ? -1 : 1;
	}
	return (x->span > y->span) - (x->span < y->span);	/* by start */
}

static bool same_thread(const struct row_of_span *x, const struct row_of_span *y)
{
	return x->rank == y->rank && x->process == y->process && x->tid == y->tid;
}

/* ---- rows -------------------------------------------------------------------------------------------------- */

/* Does it lie in what is open there, or after it? Takes it then. */
static int lane_take(struct lane *l, const struct span *s, bool force, bool *ret_taken)
{
	while (l->count > 0 && l->ends[l->count - 1] <= s->start_ns) {
		l->count--;
	}
	*ret_taken = force || l->count == 0 || l->ends[l->count - 1] >= s->end_ns;
	if (!*ret_taken) {
		return 0;
	}
	if (l->count == l->cap) {
		uint32_t cap = l->cap == 0 ? 16 : l->cap * 2;
		uint64_t *grown = realloc(l->ends, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		l->ends = grown;
		l->cap = cap;
	}
	l->ends[l->count++] = s->end_ns;
	return 0;
}

static int place_span(struct trace *t, uint32_t span)
{
	bool taken = false;
	int rc = 0;

	for (uint16_t i = 0; i < LANES && !taken && rc == 0; i++) {
		rc = lane_take(&t->lanes[i], &t->j->spans[span], i == LANES - 1, &taken);
		t->lane[span] = i;
	}
	return rc;
}

static int place_all(struct trace *t)
{
	int rc = 0;

	for (size_t i = 0; i < t->j->span_count && rc == 0; i++) {
		if (i > 0 && !same_thread(&t->rows[i - 1], &t->rows[i])) {
			for (unsigned int k = 0; k < LANES; k++) {
				t->lanes[k].count = 0;
			}
		}
		rc = place_span(t, t->rows[i].span);
	}
	return rc;
}

/* ---- JSON -------------------------------------------------------------------------------------------------- */

static void begin_event(struct trace *t, const char *kind)
{
	buf_adds(t->out, t->any ? ",\n{\"ph\":\"" : "\n{\"ph\":\"");
	buf_adds(t->out, kind);
	buf_addc(t->out, '"');
	t->any = true;
}

static void add_key(struct buf *out, const char *key)
{
	buf_adds(out, ",\"");
	buf_adds(out, key);
	buf_adds(out, "\":");
}

static void add_string(struct buf *out, const char *key, const char *text)
{
	add_key(out, key);
	buf_addc(out, '"');
	escape_json(out, text, strlen(text));
	buf_addc(out, '"');
}

static void add_number(struct buf *out, const char *key, uint64_t x)
{
	add_key(out, key);
	buf_add_u64(out, x);
}

/* Nanoseconds as microseconds. */
static void add_micros(struct buf *out, const char *key, uint64_t ns)
{
	add_key(out, key);
	buf_add_u64(out, ns / 1000);
	buf_addc(out, '.');
	buf_add_u64_pad(out, ns % 1000, 3);
}

static uint32_t rank_of(const struct trace *t, const struct span *s)
{
	return t->j->rank_of_slot[s->section->slot];
}

static const struct process *process_of(const struct span *s)
{
	const struct state *state = s->section->state;

	return state != NULL && s->process < state_process_count(state) ? state_process(state, s->process) : NULL;
}

/* A process without a number is shown by its place in the list, below zero in spirit. */
static uint64_t shown_pid(const struct trace *t, const struct span *s)
{
	const struct process *p = process_of(s);
	uint64_t pid = p != NULL && p->pid >= 0 && p->pid < (int64_t)LANE_STEP ? (uint64_t)p->pid : LANE_STEP + s->process;

	return pid + rank_of(t, s) * SECTION_STEP;
}

static uint64_t shown_tid(const struct trace *t, const struct span *s)
{
	uint64_t tid = s->tid >= 0 ? (uint64_t)s->tid % LANE_STEP : 0;

	return tid + t->lane[s->id] * LANE_STEP;
}

static void add_thread(struct trace *t, const struct span *s)
{
	add_number(t->out, "pid", shown_pid(t, s));
	add_number(t->out, "tid", shown_tid(t, s));
}

static void write_process(struct trace *t, const struct span *s)
{
	const struct process *p = process_of(s);
	const struct section *sec = s->section;

	begin_event(t, "M");
	add_string(t->out, "name", "process_name");
	add_thread(t, s);
	buf_adds(t->out, ",\"args\":{\"name\":\"");
	if (p != NULL && p->comm->len > 0) {
		escape_json(t->out, p->comm->s, p->comm->len);
	} else {
		buf_adds(t->out, "unknown");
	}
	if (t->j->section_count > 1 && sec->hostname[0] != '\0') {
		buf_adds(t->out, " on ");
		escape_json(t->out, sec->hostname, strlen(sec->hostname));
	}
	buf_adds(t->out, "\"}}");
}

static void write_thread(struct trace *t, const struct span *s)
{
	begin_event(t, "M");
	add_string(t->out, "name", "thread_name");
	add_thread(t, s);
	buf_adds(t->out, ",\"args\":{\"name\":\"thread ");
	buf_add_s64(t->out, s->tid);
	if (t->lane[s->id] > 0) {
		buf_adds(t->out, " (");
		buf_add_u64(t->out, t->lane[s->id] + 1u);
		buf_addc(t->out, ')');
	}
	buf_adds(t->out, "\"}}");
}

/* Processes, threads and their rows, once each: spans of a thread stand together. */
static void write_names(struct trace *t)
{
	uint64_t seen = 0;	/* a bit for each row of the thread */

	for (size_t i = 0; i < t->j->span_count; i++) {
		const struct row_of_span *r = &t->rows[i];
		const struct span *s = &t->j->spans[r->span];

		if (i == 0 || r[-1].rank != r->rank || r[-1].process != r->process) {
			write_process(t, s);
		}
		if (i == 0 || !same_thread(&r[-1], r)) {
			seen = 0;
		}
		if ((seen >> t->lane[s->id] & 1) == 0) {
			seen |= UINT64_C(1) << t->lane[s->id];
			write_thread(t, s);
		}
	}
}
_Static_assert(LANES <= 64, "a bit each");

static void add_exchange(struct trace *t, const struct span *s)
{
	const struct exchange *x = s->exchange;
	struct buf *out = t->out;

	add_number(out, "request_bytes", x->end[0] - x->start[0]);
	add_number(out, "response_bytes", x->end[1] - x->start[1]);
	add_number(out, "first_event", x->first_num[0] != 0 ? x->first_num[0] : x->first_num[1]);
	add_number(out, "last_event", x->last_num[1] != 0 ? x->last_num[1] : x->last_num[0]);
	add_number(out, "syscalls", x->syscalls);
	for (unsigned int i = 0; i < WAIT_KINDS; i++) {
		if (x->wait_ns[i] > 0) {
			char key[32];

			snprintf(key, sizeof(key), "wait_%s_us", wait_kind_name((uint8_t)i));
			add_micros(out, key, x->wait_ns[i]);
		}
	}
	if ((x->flags & EXCHANGE_BOUND) != 0) {
		buf_adds(out, ",\"waits\":\"upper bounds\"");
	}
	if (s->http != NULL && s->http->status != 0) {
		add_number(out, "status", s->http->status);
	}
}

static void write_span(struct trace *t, const struct span *s)
{
	static const char *const kinds[SPAN_KINDS] = { "server", "client", "process" };
	const struct process *p = process_of(s);
	struct buf *out = t->out;

	begin_event(t, "X");
	add_string(out, "name", s->name);
	add_string(out, "cat", s->protocol);
	add_thread(t, s);
	add_micros(out, "ts", s->start_ns > t->base_ns ? s->start_ns - t->base_ns : 0);
	add_micros(out, "dur", s->end_ns - s->start_ns);
	buf_adds(out, ",\"args\":{\"span\":");
	buf_add_u64(out, s->id);
	if (s->parent != UINT32_MAX) {
		add_number(out, "parent", s->parent);
	}
	add_number(out, "root", s->root);
	add_string(out, "kind", kinds[s->kind]);
	if (p != NULL && p->pid >= 0) {
		add_number(out, "pid", (uint64_t)p->pid);
	}
	if (s->first_byte_ns > s->start_ns) {
		add_micros(out, "first_byte_after_us", s->first_byte_ns - s->start_ns);
	}
	if (s->exchange != NULL) {
		add_exchange(t, s);
	}
	buf_adds(out, "}}");
}

static void write_arrow(struct trace *t, const struct span *s)
{
	const struct span *up = &t->j->spans[s->parent];
	uint64_t from = min_u64(max_u64(s->start_ns, up->start_ns), up->end_ns);

	if (up->start_ns == 0 || s->start_ns == 0 || (shown_pid(t, up) == shown_pid(t, s) && shown_tid(t, up) == shown_tid(t, s))) {
		return;
	}
	begin_event(t, "s");
	add_string(t->out, "name", "causes");
	add_string(t->out, "cat", "causes");
	add_number(t->out, "id", s->id);
	add_thread(t, up);
	add_micros(t->out, "ts", from - t->base_ns);
	buf_addc(t->out, '}');
	begin_event(t, "f");
	buf_adds(t->out, ",\"bp\":\"e\"");
	add_string(t->out, "name", "causes");
	add_string(t->out, "cat", "causes");
	add_number(t->out, "id", s->id);
	add_thread(t, s);
	add_micros(t->out, "ts", max_u64(s->start_ns, from) - t->base_ns);
	buf_addc(t->out, '}');
}

/* ---- all --------------------------------------------------------------------------------------------------- */

static int trace_init(struct trace *t)
{
	const struct join *j = t->j;

	t->rows = malloc((j->span_count + 1) * sizeof(*t->rows));
	t->lane = calloc(j->span_count + 1, sizeof(*t->lane));
	if (t->rows == NULL || t->lane == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < j->span_count; i++) {
		const struct span *s = &j->spans[i];

		t->rows[i] = (struct row_of_span){ s->process, rank_of(t, s), s->tid, (uint32_t)i };
		if (t->base_ns == 0 && s->start_ns != 0) {
			t->base_ns = s->start_ns;
		}
	}
	qsort(t->rows, j->span_count, sizeof(*t->rows), by_thread);
	return place_all(t);
}

static void write_all(struct trace *t, struct source *const *sources, uint32_t count)
{
	buf_adds(t->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"base_ns\":\"");
	buf_add_u64(t->out, t->base_ns);
	buf_adds(t->out, "\",\"sources\":\"");
	for (uint32_t i = 0; i < count; i++) {
		escape_json(t->out, i > 0 ? ", " : "", i > 0 ? 2 : 0);
		escape_json(t->out, sources[i]->shown, strlen(sources[i]->shown));
	}
	buf_adds(t->out, "\"},\"traceEvents\":[");
	write_names(t);
	for (size_t i = 0; i < t->j->span_count; i++) {
		write_span(t, &t->j->spans[i]);
	}
	for (size_t i = 0; i < t->j->span_count; i++) {
		if (t->j->spans[i].parent != UINT32_MAX) {
			write_arrow(t, &t->j->spans[i]);
		}
	}
	buf_adds(t->out, "\n]}\n");
}

int spans_write_trace(const struct join *j, struct source *const *sources, uint32_t count, struct buf *out)
{
	struct trace *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL) {
		return ERR_NOMEM;
	}
	t->j = j;
	t->out = out;
	rc = trace_init(t);
	if (rc == 0) {
		write_all(t, sources, count);
		rc = !out->failed ? 0 : out->len < out->max ? ERR_NOMEM : ERR_LIMIT;
	}
	for (unsigned int i = 0; i < LANES; i++) {
		free(t->lanes[i].ends);
	}
	free(t->rows);
	free(t->lane);
	free(t);
	return rc;
}
