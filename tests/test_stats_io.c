/*
 * test_stats_io.c - the table io: the same rows however the events are spread over workers, intervals that fit
 * the span, and counts that are those of the events put in.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "base/limits.h"
#include "state/view.h"
#include "stats/stats.h"

#define T0 UINT64_C(1700000000000000000)
#define MS UINT64_C(1000000)

/* The steps of the interval, as docs promise them: each divides the next. */
static const uint64_t ladder_ms[] = {
	1, 5, 10, 50, 100, 500, 1000, 5000, 10000, 30000, 60000, 300000, 600000, 3600000, 21600000, 86400000,
	864000000, 8640000000,
};

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Open files of three kinds. */
static struct fd_view file_fd = { .type = FD_FILE_V2 };
static struct fd_view net_fd = { .type = FD_IPV6 };
static struct fd_view pipe_fd = { .type = FD_FIFO };
static const struct thread_view main_thread = { .flags = TV_KNOWN | TV_MAIN };

/* Event of one of a few kinds; what each kind adds is known by check_row. */
enum kind { FILE_READ, FILE_WRITE, NET_READ, NET_WRITE, PIPE_WRITE, FAILED, OPEN, CHILD, ENTER, STATE, KINDS };

static struct event make_event(enum kind kind, uint64_t ts, int64_t bytes)
{
	static const uint16_t types[] = {
		[FILE_READ] = EV_SYSCALL_READ_X,   [FILE_WRITE] = EV_SYSCALL_PWRITE_X,
		[NET_READ] = EV_SOCKET_RECVFROM_X, [NET_WRITE] = EV_SYSCALL_WRITE_X,
		[PIPE_WRITE] = EV_SYSCALL_WRITE_X, [FAILED] = EV_SYSCALL_WRITE_X,
		[OPEN] = EV_SYSCALL_OPENAT_2_X,	   [CHILD] = EV_SYSCALL_CLONE_20_X,
		[ENTER] = EV_SYSCALL_OPEN_E,	   [STATE] = EV_SYSCALL_WRITE_X,
	};
	struct event ev = { .ts_ns = ts, .tid = 1, .type = types[kind], .stored_type = types[kind],
			    .refs = EVENT_NO_REFS, .res = bytes, .thread = &main_thread };

	ev.flags = EVENT_EXIT | EVENT_SHOWN | EVENT_HAS_RES | EVENT_IS_SYSCALL;
	switch (kind) {
	case FILE_READ:
	case FILE_WRITE:
	case STATE:
		ev.fd = &file_fd;
		ev.flags |= kind == STATE ? EVENT_STATE_ONLY : 0;
		break;
	case NET_READ:
	case NET_WRITE:
		ev.fd = &net_fd;
		break;
	case PIPE_WRITE:
		ev.fd = &pipe_fd;
		break;
	case FAILED:
		ev.fd = &file_fd;
		ev.res = -5;
		ev.flags |= EVENT_FAILED;
		break;
	case CHILD:
		ev.res = 0;
		break;
	case ENTER:
		ev.flags &= ~(EVENT_EXIT | EVENT_HAS_RES);
		break;
	default:
		break;
	}
	return ev;
}

struct story {
	struct event *events;
	enum kind *kinds;
	size_t count;
};

static void story_init(struct story *s, size_t cap)
{
	s->events = calloc(cap, sizeof(*s->events));
	s->kinds = calloc(cap, sizeof(*s->kinds));
	s->count = 0;
}

static void story_add(struct story *s, enum kind kind, uint64_t ts, int64_t bytes)
{
	s->kinds[s->count] = kind;
	s->events[s->count++] = make_event(kind, ts, bytes);
}

static void story_release(struct story *s)
{
	free(s->events);
	free(s->kinds);
}

static void feed(void *st, const struct story *s, size_t from, size_t to)
{
	struct section section = { .slot = 0 };
	struct batch b;

	memset(&b, 0, sizeof(b));
	b.section = &section;
	b.events = s->events + from;
	b.event_count = (uint32_t)(to - from);
	CU_ASSERT_EQUAL(tap_io.batch(st, &b), 0);
}

/* Batches of random length go to random workers, whose states are merged in random order. */
static void tabulate(const struct story *s, unsigned int workers, uint64_t seed, struct report *r)
{
	struct tap_input in = { 0 };
	void *states[16];
	size_t at = 0;
	uint64_t x = seed;

	for (unsigned int i = 0; i < workers; i++) {
		states[i] = tap_io.state_new();
	}
	while (at < s->count) {
		size_t n = 1 + next_random(&x) % 500;

		n = n < s->count - at ? n : s->count - at;
		feed(states[next_random(&x) % workers], s, at, at + n);
		at += n;
	}
	while (workers > 1) {
		unsigned int a = (unsigned int)(next_random(&x) % workers);
		unsigned int b = (unsigned int)(next_random(&x) % workers);

		if (a == b) {
			continue;
		}
		CU_ASSERT_EQUAL(tap_io.merge(states[a], states[b]), 0);
		tap_io.state_free(states[b]);
		states[b] = states[--workers];
	}
	report_init(r);
	CU_ASSERT_EQUAL(tap_io.tables(states[0], &in, r, NULL), 0);
	tap_io.state_free(states[0]);
}

static uint64_t num(const struct table *t, size_t row, const char *column)
{
	int col = table_column(t, column);

	CU_ASSERT_FATAL(col >= 0);
	return table_cell(t, row, (unsigned int)col).v.u;
}

static bool same_tables(const struct table *a, const struct table *b)
{
	if (a->row_count != b->row_count || a->rows_dropped != b->rows_dropped) {
		return false;
	}
	for (size_t i = 0; i < a->row_count; i++) {
		for (unsigned int k = 0; k < a->def->column_count; k++) {
			if (table_cell(a, i, k).v.u != table_cell(b, i, k).v.u) {
				return false;
			}
		}
	}
	return true;
}

/* One row, beside the events of its interval counted here. */
static void check_row(const struct table *t, size_t row, const struct story *s)
{
	uint64_t from = num(t, row, "time");
	uint64_t width = num(t, row, "interval");
	uint64_t n[KINDS] = { 0 };
	uint64_t bytes[KINDS] = { 0 };

	for (size_t i = 0; i < s->count; i++) {
		if (s->events[i].ts_ns >= from && s->events[i].ts_ns - from < width) {
			n[s->kinds[i]]++;
			bytes[s->kinds[i]] += (uint64_t)s->events[i].res;
		}
	}
	CU_ASSERT_EQUAL(num(t, row, "events"),
			n[FILE_READ] + n[FILE_WRITE] + n[NET_READ] + n[NET_WRITE] + n[PIPE_WRITE] + n[FAILED] +
				n[OPEN] + n[CHILD]);
	CU_ASSERT_EQUAL(num(t, row, "file"), n[FILE_READ] + n[FILE_WRITE] + n[FAILED] + n[OPEN]);
	CU_ASSERT_EQUAL(num(t, row, "net"), n[NET_READ] + n[NET_WRITE]);
	CU_ASSERT_EQUAL(num(t, row, "ipc"), n[PIPE_WRITE]);
	CU_ASSERT_EQUAL(num(t, row, "process"), n[CHILD]);
	CU_ASSERT_EQUAL(num(t, row, "file_read"), bytes[FILE_READ]);
	CU_ASSERT_EQUAL(num(t, row, "file_written"), bytes[FILE_WRITE]);
	CU_ASSERT_EQUAL(num(t, row, "net_in"), bytes[NET_READ]);
	CU_ASSERT_EQUAL(num(t, row, "net_out"), bytes[NET_WRITE]);
	CU_ASSERT_EQUAL(num(t, row, "errors"), n[FAILED]);
	CU_ASSERT_EQUAL(num(t, row, "started"), n[CHILD]);
}

/* Rows follow one another without gaps and are at most what a plot can show. */
static void check_axis(const struct table *t)
{
	CU_ASSERT_TRUE(t->row_count <= LIMIT_SERIES_POINTS);
	for (size_t i = 0; i < t->row_count; i++) {
		CU_ASSERT_EQUAL(num(t, i, "interval"), num(t, 0, "interval"));
		CU_ASSERT_EQUAL(num(t, i, "time"), num(t, 0, "time") + i * num(t, 0, "interval"));
	}
}

/* The smallest step at which first to last takes at most the points of a plot. */
static uint64_t step_for(uint64_t first, uint64_t last)
{
	size_t i = 0;

	while (last / (ladder_ms[i] * MS) - first / (ladder_ms[i] * MS) >= LIMIT_SERIES_POINTS) {
		i++;
	}
	return ladder_ms[i] * MS;
}

static void check_story(const struct story *s, uint64_t first, uint64_t last, uint64_t dropped)
{
	struct report want;
	const struct table *t;

	tabulate(s, 1, 1, &want);
	t = want.tables[0];
	check_axis(t);
	CU_ASSERT_EQUAL(num(t, 0, "interval"), step_for(first, last));
	CU_ASSERT_EQUAL(num(t, 0, "time"), first / num(t, 0, "interval") * num(t, 0, "interval"));
	CU_ASSERT_EQUAL(num(t, t->row_count - 1, "time"), last / num(t, 0, "interval") * num(t, 0, "interval"));
	CU_ASSERT_EQUAL(t->rows_dropped, dropped);
	for (size_t i = 0; i < t->row_count; i += 1 + t->row_count / 50) {
		check_row(t, i, s);
	}
	for (uint64_t seed = 2; seed < 12; seed++) {
		struct report r;

		tabulate(s, 1 + (unsigned int)seed % 9, seed, &r);
		CU_ASSERT_TRUE(same_tables(r.tables[0], t));
		report_release(&r);
	}
	report_release(&want);
}

/* n events of all kinds over a span, in no order. */
static void spread(struct story *s, size_t n, uint64_t span, uint64_t seed)
{
	uint64_t x = seed;

	story_add(s, OPEN, T0, 3);
	for (size_t i = 0; i < n; i++) {
		story_add(s, (enum kind)(next_random(&x) % KINDS), T0 + next_random(&x) % (span + 1),
			  (int64_t)(1 + next_random(&x) % 1000));
	}
	story_add(s, OPEN, T0 + span, 3);
}

static void test_stats_io_does_not_depend_on_workers(void)
{
	static const uint64_t spans[] = {
		0, 1, 999999, MS, 100 * MS, 1199 * MS, 1200 * MS, 1201 * MS, 5999 * MS, 6000 * MS, 20000 * MS,
		1000000 * MS, 86400000 * MS, 4000000000 * MS,
	};

	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		struct story s;

		story_init(&s, 40000);
		spread(&s, 30000, spans[i], i + 1);
		check_story(&s, T0, T0 + spans[i], 0);
		story_release(&s);
	}
}

/* Stray times far off: they are left out of the axis, and how many intervals that were is told. */
static void test_stats_io_leaves_stray_times_out(void)
{
	static const uint64_t strays[] = { 1, 1000000000, T0 + 400 * 86400 * NSEC_PER_SEC, UINT64_MAX - 1,
					   UINT64_MAX - 2 };

	for (size_t n = 1; n <= ARRAY_LEN(strays); n++) {
		struct story s;
		uint64_t dropped = 0;

		story_init(&s, 40000);
		for (size_t i = 0; i < n; i++) {
			story_add(&s, FILE_READ, strays[i], 5);
			/* The two last ones share an interval. */
			dropped += i < 4;
		}
		/* Two at each end are well below a thousandth. */
		spread(&s, 30000, 1000 * MS, n);
		check_story(&s, T0, T0 + 1000 * MS, dropped);
		story_release(&s);
	}
}

/* More distinct moments than a worker keeps apart. */
static void test_stats_io_many_buckets(void)
{
	struct story s;

	story_init(&s, 100000);
	for (uint64_t i = 0; i < 50000; i++) {
		story_add(&s, NET_WRITE, T0 + i * 3 * MS, 7);
	}
	check_story(&s, T0, T0 + 49999 * 3 * MS, 0);
	story_release(&s);
	story_init(&s, 100000);
	for (uint64_t i = 0; i < 8193; i++) {
		story_add(&s, NET_WRITE, T0 + i * MS, 7);
	}
	check_story(&s, T0, T0 + 8192 * MS, 0);
	story_release(&s);
}

struct capture {
	uint64_t from_ns, last_ns;
};

/* One worker, and sources of one section each, as long as given. */
static void tabulate_captures(const struct story *s, const struct capture *captures, uint32_t n, struct report *r)
{
	struct section sections[16];
	struct section *section_of[16];
	struct source sources[16];
	struct source *list[16];
	struct tap_input in = { .sources = list, .source_count = n };
	void *st = tap_io.state_new();

	memset(sections, 0, sizeof(sections));
	memset(sources, 0, sizeof(sources));
	for (uint32_t i = 0; i < n; i++) {
		sections[i].first_ns = captures[i].from_ns;
		sections[i].last_ns = captures[i].last_ns;
		section_of[i] = &sections[i];
		sources[i].sections = &section_of[i];
		sources[i].section_count = 1;
		list[i] = &sources[i];
	}
	feed(st, s, 0, s->count);
	report_init(r);
	CU_ASSERT_EQUAL(tap_io.tables(st, &in, r, NULL), 0);
	tap_io.state_free(st);
}

#define HOUR (3600 * NSEC_PER_SEC)

/* The interval fits the captures, not the hours between them; rows are those of either. */
static void test_stats_io_leaves_pauses_out(void)
{
	static const struct capture captures[] = {
		{ T0 + 8 * HOUR, T0 + 8 * HOUR + 4000 * MS },
		{ T0, T0 + 10000 * MS },
		{ T0 + 2000 * MS, T0 + 3000 * MS },	/* of the same time */
		{ 0, 0 },				/* nothing with a time */
	};
	const struct table *t;
	struct report r;
	struct story s;

	story_init(&s, 20);
	story_add(&s, OPEN, T0, 3);
	story_add(&s, OPEN, T0 + 9000 * MS, 3);
	story_add(&s, OPEN, T0 + 8 * HOUR + 1000 * MS, 3);
	story_add(&s, OPEN, T0 + 8 * HOUR + 4000 * MS, 3);
	tabulate_captures(&s, captures, ARRAY_LEN(captures), &r);
	t = r.tables[0];
	/* 14 s in at most 1200 rows: 50 ms. What is quiet within a capture has rows, at its end and begin, too. */
	CU_ASSERT_EQUAL(num(t, 0, "interval"), 50 * MS);
	CU_ASSERT_EQUAL_FATAL(t->row_count, 201 + 81);
	CU_ASSERT_EQUAL(num(t, 0, "time"), T0);
	CU_ASSERT_EQUAL(num(t, 200, "time"), T0 + 10000 * MS);
	CU_ASSERT_EQUAL(num(t, 201, "time"), T0 + 8 * HOUR);
	CU_ASSERT_EQUAL(num(t, 281, "time"), T0 + 8 * HOUR + 4000 * MS);
	for (size_t i = 0; i < t->row_count; i++) {
		check_row(t, i, &s);
	}
	report_release(&r);
	story_release(&s);
}

/* Near captures, and many, keep their places on one axis. */
static void test_stats_io_keeps_short_pauses(void)
{
	struct capture captures[9] = { { T0, T0 + 10000 * MS }, { T0 + 60000 * MS, T0 + 64000 * MS } };
	struct report r;
	struct story s;

	story_init(&s, 20);
	story_add(&s, OPEN, T0, 3);
	story_add(&s, OPEN, T0 + 64000 * MS, 3);
	tabulate_captures(&s, captures, 2, &r);
	check_axis(r.tables[0]);
	CU_ASSERT_EQUAL(num(r.tables[0], r.tables[0]->row_count - 1, "time"), T0 + 64000 * MS);
	report_release(&r);
	for (uint32_t i = 0; i < 9; i++) {
		captures[i] = (struct capture){ T0 + i * HOUR, T0 + i * HOUR + 1000 * MS };
	}
	story_add(&s, OPEN, T0 + 8 * HOUR, 3);
	tabulate_captures(&s, captures, 9, &r);
	check_axis(r.tables[0]);
	report_release(&r);
	tabulate_captures(&s, captures, 8, &r);
	CU_ASSERT_EQUAL(num(r.tables[0], r.tables[0]->row_count - 1, "time"), T0 + 8 * HOUR);
	report_release(&r);
	story_release(&s);
}

/* Events without time are on no axis; nothing at all gives an empty table. */
static void test_stats_io_untimed_and_empty(void)
{
	struct tap_input in = { 0 };
	struct report r;
	struct story s;

	story_init(&s, 10);
	story_add(&s, FILE_READ, 0, 5);
	story_add(&s, FILE_READ, UINT64_MAX, 5);
	s.events[0].flags |= EVENT_TIME_ZERO;
	s.events[1].flags |= EVENT_TIME_ZERO;
	tabulate(&s, 2, 1, &r);
	CU_ASSERT_EQUAL(r.tables[0]->row_count, 0);
	report_release(&r);
	story_release(&s);
	report_init(&r);
	CU_ASSERT_EQUAL(tap_io.tables(NULL, &in, &r, NULL), 0);
	CU_ASSERT_EQUAL(r.tables[0]->row_count, 0);
	report_release(&r);
}

void suite_stats_io(CU_pSuite suite);
void suite_stats_io(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_io_does_not_depend_on_workers",
		    test_stats_io_does_not_depend_on_workers);
	CU_add_test(suite, "test_stats_io_leaves_stray_times_out", test_stats_io_leaves_stray_times_out);
	CU_add_test(suite, "test_stats_io_many_buckets", test_stats_io_many_buckets);
	CU_add_test(suite, "test_stats_io_leaves_pauses_out", test_stats_io_leaves_pauses_out);
	CU_add_test(suite, "test_stats_io_keeps_short_pauses", test_stats_io_keeps_short_pauses);
	CU_add_test(suite, "test_stats_io_untimed_and_empty", test_stats_io_untimed_and_empty);
}
