/*
 * render_trace.c - the rows of table `spans` as Chrome trace JSON, which Perfetto (ui.perfetto.dev) and
 * chrome://tracing open: one track per thread, an arrow from each span to those begun on its behalf.
 *
 * Slices of one track must lie within each other or apart. A thread that serves several requests at once breaks that,
 * so its spans are dealt out to as many tracks as it takes (lanes). Times count from the first span: microseconds since
 * the epoch would not fit the doubles that viewers read them into.
 */
#include "report/render.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "report/value.h"

/* Slices of one thread that overlap; beyond that some are drawn wrong, none is left out. */
#define LANES 64
/* Nesting within a lane. */
#define LANE_DEPTH 64

/* Process ids of different sections are kept apart: Linux has no more than 4 million. */
#define SECTION_PIDS 10000000

struct span_row {
	uint64_t start_ns, end_ns;
	int64_t pid, tid;
	uint32_t row;
	uint32_t section;	/* ordinal of source and section in the trace */
	uint32_t lane;
};

struct columns {
	int id, parent, kind, protocol, name, process, pid, tid, container, start, duration, source, section, event;
};

struct trace {
	const struct table *t;
	struct columns at;
	struct span_row *rows;	/* owns; by row of the table, later by thread and start */
	struct span_row **by_thread;	/* owns */
	size_t count;
	uint64_t zero_ns;	/* the first start */
	bool any;		/* an event was written */
};

static const struct {
	const char *name;
	size_t at;
} names[] = {
	{ "id", offsetof(struct columns, id) },		  { "parent", offsetof(struct columns, parent) },
	{ "kind", offsetof(struct columns, kind) },	  { "protocol", offsetof(struct columns, protocol) },
	{ "name", offsetof(struct columns, name) },	  { "process", offsetof(struct columns, process) },
	{ "pid", offsetof(struct columns, pid) },	  { "tid", offsetof(struct columns, tid) },
	{ "container", offsetof(struct columns, container) }, { "start", offsetof(struct columns, start) },
	{ "duration", offsetof(struct columns, duration) },  { "source", offsetof(struct columns, source) },
	{ "section", offsetof(struct columns, section) },	  { "request_event", offsetof(struct columns, event) },
};

static bool find_columns(struct trace *x)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int col = table_column(x->t, names[i].name);

		if (col < 0) {
			return false;
		}
		memcpy((char *)&x->at + names[i].at, &col, sizeof(col));
	}
	return true;
}

static struct cell cell_at(const struct trace *x, size_t row, int col)
{
	return table_cell(x->t, row, (unsigned int)col);
}

static bool is_unknown(const struct cell *c)
{
	return (c->marks & CELL_UNKNOWN) != 0;
}

static uint64_t number_at(const struct trace *x, size_t row, int col, uint64_t unknown)
{
	struct cell c = cell_at(x, row, col);

	return is_unknown(&c) ? unknown : c.v.u;
}

/* ---- threads and lanes -------------------------------------------------------------------------------- */

static bool same_section(const struct trace *x, size_t a, size_t b)
{
	struct cell sa = cell_at(x, a, x->at.source), sb = cell_at(x, b, x->at.source);

	return sa.len == sb.len && memcmp(sa.v.text, sb.v.text, sa.len) == 0 &&
	       number_at(x, a, x->at.section, 0) == number_at(x, b, x->at.section, 0);
}

/* Sections are few; most rows are of the one before. */
static uint32_t section_of(const struct trace *x, size_t row, uint32_t *first_rows, uint32_t *io_count, uint32_t max)
{
	for (uint32_t i = 0; i < *io_count; i++) {
		if (same_section(x, row, first_rows[i])) {
			return i;
		}
	}
	if (*io_count < max) {
		first_rows[(*io_count)++] = (uint32_t)row;
	}
	return *io_count - 1;
}

#define SECTIONS_MAX 200

static void read_rows(struct trace *x)
{
	uint32_t first_rows[SECTIONS_MAX];
	uint32_t sections = 0;

	x->zero_ns = UINT64_MAX;
	for (size_t row = 0; row < x->t->row_count; row++) {
		struct span_row *s = &x->rows[x->count];

		s->start_ns = number_at(x, row, x->at.start, 0);
		if (s->start_ns == 0) {
			continue;	/* no time, no place */
		}
		s->end_ns = s->start_ns + number_at(x, row, x->at.duration, 0);
		s->section = section_of(x, row, first_rows, &sections, SECTIONS_MAX);
		s->pid = (int64_t)number_at(x, row, x->at.pid, 0) + (int64_t)s->section * SECTION_PIDS;
		s->tid = (int64_t)number_at(x, row, x->at.tid, number_at(x, row, x->at.pid, 0));
		s->row = (uint32_t)row;
		x->zero_ns = min_u64(x->zero_ns, s->start_ns);
		x->by_thread[x->count] = s;
		x->count++;
	}
}

/* A longer one that begins at the same time is around the shorter. */
static int compare_threads(const void *a, const void *b)
{
	const struct span_row *x = *(struct span_row *const *)a, *y = *(struct span_row *const *)b;

	if (x->pid != y->pid) {
		return x->pid < y->pid ? -1 : 1;
	}
	if (x->tid != y->tid) {
		return x->tid < y->tid ? -1 : 1;
	}
	if (x->start_ns != y->start_ns) {
		return x->start_ns < y->start_ns ? -1 : 1;
	}
	if (x->end_ns != y->end_ns) {
		return x->end_ns > y->end_ns ? -1 : 1;
	}
	return x->row < y->row ? -1 : x->row > y->row;
}

struct lane {
	uint64_t ends[LANE_DEPTH];
	unsigned int depth;
};

static bool fits(struct lane *l, const struct span_row *s)
{
	while (l->depth > 0 && l->ends[l->depth - 1] <= s->start_ns) {
		l->depth--;
	}
	return l->depth == 0 || (l->depth < LANE_DEPTH && s->end_ns <= l->ends[l->depth - 1]);
}

static void place(struct lane *lanes, struct span_row *s)
{
	for (uint32_t i = 0; i < LANES; i++) {
		if (fits(&lanes[i], s)) {
			lanes[i].ends[lanes[i].depth++] = s->end_ns;
			s->lane = i;
			return;
		}
	}
	s->lane = LANES - 1;
}

static void deal_out(struct trace *x, struct lane *lanes)
{
	for (size_t i = 0; i < x->count; i++) {
		struct span_row *s = x->by_thread[i];

		if (i == 0 || s->pid != x->by_thread[i - 1]->pid || s->tid != x->by_thread[i - 1]->tid) {
			memset(lanes, 0, LANES * sizeof(*lanes));
		}
		place(lanes, s);
	}
}

/* ---- writing ------------------------------------------------------------------------------------------ */

/* Microseconds with three digits behind the point. */
static void add_us(struct buf *b, uint64_t ns)
{
	buf_printf(b, "%llu.%03u", (unsigned long long)(ns / 1000), (unsigned int)(ns % 1000));
}

static void add_text(struct buf *b, const struct cell *c, const char *unknown)
{
	buf_addc(b, '"');
	if (is_unknown(c)) {
		buf_adds(b, unknown);
	} else {
		escape_json(b, c->v.text, c->len);
	}
	buf_addc(b, '"');
}

/* Further lanes of a thread are threads of their own to the viewer. */
static int64_t track(const struct span_row *s)
{
	return s->tid + (int64_t)s->lane * SECTION_PIDS;
}

static void begin_event(struct sink *s, struct trace *x, const char *phase, const struct span_row *r)
{
	sink_more(s);
	buf_adds(s->buf, x->any ? ",\n{" : "\n{");
	x->any = true;
	buf_printf(s->buf, "\"ph\":\"%s\",\"pid\":%lld,\"tid\":%lld", phase, (long long)r->pid, (long long)track(r));
}

static void add_process_name(struct sink *s, struct trace *x, const struct span_row *r)
{
	struct cell name = cell_at(x, r->row, x->at.process);

	begin_event(s, x, "M", r);
	buf_adds(s->buf, ",\"name\":\"process_name\",\"args\":{\"name\":");
	add_text(s->buf, &name, "?");
	buf_adds(s->buf, "}}");
}

static void add_slice(struct sink *s, struct trace *x, const struct span_row *r)
{
	struct cell kind = cell_at(x, r->row, x->at.kind), protocol = cell_at(x, r->row, x->at.protocol);
	struct cell name = cell_at(x, r->row, x->at.name), container = cell_at(x, r->row, x->at.container);
	struct cell source = cell_at(x, r->row, x->at.source);
	struct buf *b = s->buf;

	begin_event(s, x, "X", r);
	buf_adds(b, ",\"ts\":");
	add_us(b, r->start_ns - x->zero_ns);
	buf_adds(b, ",\"dur\":");
	add_us(b, r->end_ns - r->start_ns);
	buf_adds(b, ",\"cat\":");
	add_text(b, &protocol, "unknown");
	buf_adds(b, ",\"name\":");
	add_text(b, is_unknown(&name) ? &kind : &name, "span");
	buf_adds(b, ",\"args\":{\"span\":");
	buf_add_u64(b, number_at(x, r->row, x->at.id, 0));
	buf_adds(b, ",\"kind\":");
	add_text(b, &kind, "");
	buf_adds(b, ",\"container\":");
	add_text(b, &container, "");
	buf_adds(b, ",\"source\":");
	add_text(b, &source, "");
	buf_adds(b, ",\"event\":");
	buf_add_u64(b, number_at(x, r->row, x->at.event, 0));
	buf_adds(b, "}}");
}

/* One half of an arrow; it is named after the span it points to. */
static void add_arrow(struct sink *s, struct trace *x, const char *phase, const struct span_row *r, uint64_t at_ns,
		      uint64_t id)
{
	begin_event(s, x, phase, r);
	buf_adds(s->buf, ",\"ts\":");
	add_us(s->buf, at_ns - x->zero_ns);
	buf_printf(s->buf, ",\"id\":%llu,\"cat\":\"span\",\"name\":\"on behalf of\"%s}", (unsigned long long)id,
		   phase[0] == 'f' ? ",\"bp\":\"e\"" : "");
}

/* Rows of the table are in the order of their ids, and so are ours. */
static const struct span_row *row_by_id(const struct trace *x, uint64_t id)
{
	size_t low = 0;
	size_t high = x->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (number_at(x, x->rows[mid].row, x->at.id, 0) < id) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low < x->count && number_at(x, x->rows[low].row, x->at.id, 0) == id ? &x->rows[low] : NULL;
}

static void add_arrows(struct sink *s, struct trace *x)
{
	for (size_t i = 0; i < x->count; i++) {
		const struct span_row *r = &x->rows[i];
		uint64_t parent = number_at(x, r->row, x->at.parent, UINT64_MAX);
		const struct span_row *p = parent != UINT64_MAX ? row_by_id(x, parent) : NULL;
		uint64_t from;

		if (p == NULL) {
			continue;
		}
		from = max_u64(p->start_ns, min_u64(p->end_ns, r->start_ns));
		add_arrow(s, x, "s", p, from, number_at(x, r->row, x->at.id, 0));
		add_arrow(s, x, "f", r, max_u64(r->start_ns, from), number_at(x, r->row, x->at.id, 0));
	}
}

static void add_events(struct sink *s, struct trace *x)
{
	for (size_t i = 0; i < x->count; i++) {
		if (i == 0 || x->by_thread[i]->pid != x->by_thread[i - 1]->pid) {
			add_process_name(s, x, x->by_thread[i]);
		}
		add_slice(s, x, x->by_thread[i]);
	}
	add_arrows(s, x);
}

/* False: no memory. */
static bool prepare(struct trace *x)
{
	struct lane *lanes = calloc(LANES, sizeof(*lanes));
	bool ok;

	x->rows = calloc(x->t->row_count + 1, sizeof(*x->rows));
	x->by_thread = calloc(x->t->row_count + 1, sizeof(*x->by_thread));
	ok = lanes != NULL && x->rows != NULL && x->by_thread != NULL;
	if (ok) {
		read_rows(x);
		qsort(x->by_thread, x->count, sizeof(struct span_row *), compare_threads);
		deal_out(x, lanes);
	}
	free(lanes);
	return ok;
}

void render_trace_to(const struct report *r, struct sink *s)
{
	struct trace x = { .t = report_table(r, "spans") };

	buf_adds(s->buf, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
	if (x.t != NULL && find_columns(&x)) {
		if (prepare(&x)) {
			add_events(s, &x);
		} else {
			s->buf->failed = true;
		}
	}
	buf_adds(s->buf, "\n],\"otherData\":{\"version\":\"");
	escape_json(s->buf, r->version, strlen(r->version));
	buf_adds(s->buf, "\"");
	if (x.count > 0) {
		buf_adds(s->buf, ",\"zero\":\"");
		value_time(s->buf, x.zero_ns);
		buf_adds(s->buf, "\"");
	}
	buf_adds(s->buf, "}}\n");
	free(x.rows);
	free(x.by_thread);
}

void render_trace(const struct report *r, struct buf *out)
{
	struct sink s = { out, -1, 0 };

	render_trace_to(r, &s);
}

/* ---- into a file -------------------------------------------------------------------------------------- */

/* One slice with its texts: names are cut long before. */
#define BUFFER_BYTES_MAX ((size_t)1 << 30)

static int write_failed(struct err *e, const char *path, int why)
{
	if (why == ENOMEM) {
		return err_nomem(e, "the trace");
	}
	return err_set(e, ERR_IO, "cannot write '%s': %s", path, strerror(why));
}

/* mkstemp leaves it to its owner alone: as with other files of a report the user's mask says. */
static void set_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(fd, 0666 & ~mask) != 0) {
		return;		/* readable by its owner then */
	}
}

int report_write_trace(const struct report *r, const char *path, struct err *e)
{
	struct sink s = { NULL, -1, 0 };
	struct buf b;
	char *temp = NULL;
	int why;

	if (asprintf(&temp, "%s.tmp-XXXXXX", path) < 0) {
		return err_nomem(e, "the trace");
	}
	s.fd = mkstemp(temp);
	if (s.fd < 0) {
		why = errno;
		free(temp);
		return write_failed(e, path, why);
	}
	buf_init(&b, BUFFER_BYTES_MAX);
	s.buf = &b;
	set_mode(s.fd);
	render_trace_to(r, &s);
	why = sink_finish(&s);
	if (close(s.fd) != 0 && why == 0) {
		why = errno;
	}
	if (why == 0 && rename(temp, path) != 0) {
		why = errno;
	}
	if (why != 0) {
		unlink(temp);
	}
	buf_release(&b);
	free(temp);
	return why == 0 ? 0 : write_failed(e, path, why);
}
