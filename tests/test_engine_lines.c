/*
 * test_engine_lines.c - ordered lines: one source after the other or merged by time, from any number of
 * threads; a consumer that has enough, or fails.
 */
#include "mkrun.h"

#include "base/limits.h"

#define T0 UINT64_C(1700000000000000000)

static const struct { unsigned int threads; size_t batch_bytes; } ways[] = {
	{ 1, 64 << 10 }, { 1, 4096 }, { 2, 4096 }, { 3, 4096 }, { 8, 4096 }, { 8, 64 << 10 },
};

/* What a sink got, and when it says stop. */
struct got {
	struct buf text;	/* "source number\n" for each line */
	size_t lines, calls;
	size_t stop_after;	/* lines; 0: never */
	int stop_code;
	bool inconsistent;
	bool busy;		/* two threads in emit at once would be an error */
	unsigned int skip_mod;	/* format leaves out events whose number is not a multiple; 0: none */
	int format_code;
};

static int format(void *arg, const struct batch *b, struct lines *out)
{
	const struct got *g = arg;

	if (g->format_code != 0) {
		return g->format_code;
	}
	for (uint32_t i = 0; i < b->event_count; i++) {
		uint64_t num = b->first_raw_num + i;

		if (g->skip_mod != 0 && num % g->skip_mod != 0) {
			continue;
		}
		buf_add_u64(&out->text, num);
		buf_addc(&out->text, '\n');
		if (lines_add(out, b->events[i].ts_ns, num) != 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

static int emit(void *arg, const struct source *src, const char *text, size_t len, size_t line_count,
		const struct line *rows, size_t base, struct err *e)
{
	struct got *g = arg;
	const char *name = strrchr(src->name, '/');
	size_t at = 0;

	g->inconsistent |= g->busy || line_count == 0;
	g->busy = true;
	g->calls++;
	for (size_t i = 0; i < line_count; i++) {
		size_t end = rows[i].end - base;

		g->inconsistent |= end <= at || end > len || text[end - 1] != '\n' ||
				   strtoull(text + at, NULL, 10) != rows[i].num;
		buf_adds(&g->text, name + 1);
		buf_addc(&g->text, ' ');
		buf_add(&g->text, text + at, end - at);
		at = end;
		g->lines++;
		if (g->lines == g->stop_after) {
			g->busy = false;
			return g->stop_code == ERR_EOF ? ERR_EOF : err_set(e, g->stop_code, "the sink fails");
		}
	}
	g->inconsistent |= at != len;
	g->busy = false;
	return 0;
}

#define SOURCES 3
static const size_t counts[SOURCES] = { 3000, 4000, 5000 };

/* Time of event k of source s: several of one source at the same time, and the same times in all. */
static uint64_t source_time(unsigned int s, size_t k)
{
	return T0 + (uint64_t)k / (s + 2) * 100;
}

static void save_sources(const struct dir *d)
{
	for (unsigned int s = 0; s < SOURCES; s++) {
		struct mkcap m;
		char name[16];

		mkcap_init(&m, false);
		mkcap_section(&m, 2);
		for (size_t k = 0; k < counts[s]; k++) {
			mkcap_close(&m, source_time(s, k), 1, 0, 3);
		}
		snprintf(name, sizeof(name), "%u", s);
		mkcap_save(&m, dir_file(d, name));
		mkcap_release(&m);
	}
}

static void expect_in_turn(struct buf *out)
{
	buf_init(out, SIZE_MAX);
	for (unsigned int s = 0; s < SOURCES; s++) {
		for (size_t k = 0; k < counts[s]; k++) {
			buf_printf(out, "%u %zu\n", s, k + 1);
		}
	}
}

/* By time; of equal times the earlier source first; within a source as in the file. */
static void expect_merged(struct buf *out)
{
	size_t at[SOURCES] = { 0 };

	buf_init(out, SIZE_MAX);
	for (;;) {
		unsigned int best = SOURCES;

		for (unsigned int s = 0; s < SOURCES; s++) {
			if (at[s] < counts[s] &&
			    (best == SOURCES || source_time(s, at[s]) < source_time(best, at[best]))) {
				best = s;
			}
		}
		if (best == SOURCES) {
			return;
		}
		at[best]++;
		buf_printf(out, "%u %zu\n", best, at[best]);
	}
}

static void run_lines(struct run *r, const char *path, unsigned int threads, size_t batch_bytes,
		      struct got *g, bool merge)
{
	struct line_sink sink = { g, format, emit, merge };
	struct engine_options opt = { .threads = threads, .batch_bytes = batch_bytes, .sink = &sink };

	buf_init(&g->text, SIZE_MAX);
	run_engine_on(r, path, &opt);
	CU_ASSERT_FALSE(g->inconsistent);
}

static void check_all(const struct dir *d, const struct buf *want, bool merge)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct got g = { .stop_after = 0 };
		struct run r;

		run_lines(&r, d->path, ways[i].threads, ways[i].batch_bytes, &g, merge);
		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_EQUAL(g.lines, 12000);
		CU_ASSERT_TRUE(same(&g.text, want));
		buf_release(&g.text);
		run_release(&r);
	}
}

static void test_engine_lines_in_turn(void)
{
	struct buf want;
	struct dir d;

	dir_init(&d);
	save_sources(&d);
	expect_in_turn(&want);
	check_all(&d, &want, false);
	buf_release(&want);
	dir_release(&d);
}

static void test_engine_lines_merged_by_time(void)
{
	struct buf want;
	struct dir d;

	dir_init(&d);
	save_sources(&d);
	expect_merged(&want);
	check_all(&d, &want, true);
	buf_release(&want);
	dir_release(&d);
}

/* Members of one archive are sources of their own; names differ, so only the order of numbers is compared. */
static void test_engine_lines_merged_over_archive(void)
{
	char cmd[300];
	struct buf want;
	struct dir d;

	dir_init(&d);
	save_sources(&d);
	snprintf(cmd, sizeof(cmd), "cd '%s' && tar -czf all.tgz 0 1 2 && rm 0 1 2", d.path);
	CU_ASSERT_EQUAL_FATAL(system(cmd), 0);
	expect_merged(&want);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct got g = { .stop_after = 0 };
		struct buf names;
		struct run r;

		run_lines(&r, d.path, ways[i].threads, ways[i].batch_bytes, &g, true);
		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_EQUAL(g.lines, 12000);
		/* "all.tgz:0 1" to "0 1" */
		buf_init(&names, SIZE_MAX);
		for (const char *p = buf_str(&g.text); *p != '\0';) {
			const char *end = strchr(p, '\n') + 1;
			const char *colon = memchr(p, ':', (size_t)(end - p));

			CU_ASSERT_PTR_NOT_NULL_FATAL(colon);
			buf_add(&names, colon + 1, (size_t)(end - colon - 1));
			p = end;
		}
		CU_ASSERT_TRUE(same(&names, &want));
		buf_release(&names);
		buf_release(&g.text);
		run_release(&r);
	}
	buf_release(&want);
	dir_release(&d);
}

/* Times that go back within a source: its lines keep their order, and the outcome does not depend on the way. */
static void test_engine_lines_merged_with_times_that_go_back(void)
{
	struct buf want;
	struct dir d;

	dir_init(&d);
	for (unsigned int s = 0; s < SOURCES; s++) {
		struct mkcap m;
		uint64_t x = s + 1;
		char name[16];

		mkcap_init(&m, false);
		mkcap_section(&m, 2);
		for (size_t k = 0; k < 4000; k++) {
			x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
			mkcap_close(&m, T0 + k * 100 + (x >> 33) % 5000, 1, 0, 3);
		}
		snprintf(name, sizeof(name), "%u", s);
		mkcap_save(&m, dir_file(&d, name));
		mkcap_release(&m);
	}
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		unsigned long last[SOURCES] = { 0 };
		struct got g = { .stop_after = 0 };
		struct run r;

		run_lines(&r, d.path, ways[i].threads, ways[i].batch_bytes, &g, true);
		CU_ASSERT_EQUAL(g.lines, 12000);
		for (const char *p = buf_str(&g.text); *p != '\0'; p = strchr(p, '\n') + 1) {
			unsigned long num = strtoul(p + 2, NULL, 10);

			CU_ASSERT_EQUAL(num, last[p[0] - '0'] + 1);
			last[p[0] - '0'] = num;
		}
		if (i == 0) {
			want = g.text;
		} else {
			CU_ASSERT_TRUE(same(&g.text, &want));
			buf_release(&g.text);
		}
		run_release(&r);
	}
	buf_release(&want);
	dir_release(&d);
}

/* Batches without a single line must not hold up the others. */
static void test_engine_lines_few(void)
{
	struct dir d;

	dir_init(&d);
	save_sources(&d);
	for (int merge = 0; merge < 2; merge++) {
		for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
			struct got g = { .skip_mod = 900 };
			struct run r;

			run_lines(&r, d.path, ways[i].threads, ways[i].batch_bytes, &g, merge != 0);
			CU_ASSERT_EQUAL(r.code, 0);
			CU_ASSERT_EQUAL(g.lines, 3000 / 900 + 4000 / 900 + 5000 / 900);
			buf_release(&g.text);
			run_release(&r);
		}
	}
	dir_release(&d);
}

/* The sink has enough: no error, nothing more comes, and it was the first lines that came. */
static void test_engine_lines_stop_when_sink_has_enough(void)
{
	static const size_t stops[] = { 1, 10, 2999, 3000, 3001, 7500, 12000 };
	struct buf want[2];
	struct dir d;

	dir_init(&d);
	save_sources(&d);
	expect_in_turn(&want[0]);
	expect_merged(&want[1]);
	for (size_t k = 0; k < 2 * ARRAY_LEN(stops); k++) {
		for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
			struct got g = { .stop_after = stops[k / 2], .stop_code = ERR_EOF };
			struct run r;

			run_lines(&r, d.path, ways[i].threads, ways[i].batch_bytes, &g, k % 2 != 0);
			CU_ASSERT_EQUAL(r.code, 0);
			CU_ASSERT_EQUAL(g.lines, stops[k / 2]);
			CU_ASSERT_EQUAL(memcmp(g.text.data, want[k % 2].data, g.text.len), 0);
			buf_release(&g.text);
			run_release(&r);
		}
	}
	buf_release(&want[0]);
	buf_release(&want[1]);
	dir_release(&d);
}

static void test_engine_lines_end_when_sink_fails(void)
{
	static const int codes[] = { ERR_IO, ERR_PIPE, ERR_NOMEM };
	struct dir d;

	dir_init(&d);
	save_sources(&d);
	for (size_t k = 0; k < 2 * ARRAY_LEN(codes); k++) {
		for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
			struct got g = { .stop_after = 3500, .stop_code = codes[k / 2] };
			struct run r;

			run_lines(&r, d.path, ways[i].threads, ways[i].batch_bytes, &g, k % 2 != 0);
			CU_ASSERT_EQUAL(r.code, codes[k / 2]);
			CU_ASSERT_EQUAL(r.err.code, codes[k / 2]);
			CU_ASSERT_EQUAL(g.lines, 3500);
			CU_ASSERT_STRING_EQUAL(r.err.message, "the sink fails");
			buf_release(&g.text);
			run_release(&r);
		}
	}
	dir_release(&d);
}

static void test_engine_lines_end_when_format_fails(void)
{
	struct dir d;

	dir_init(&d);
	save_sources(&d);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct got g = { .format_code = ERR_NOMEM };
		struct run r;

		run_lines(&r, d.path, ways[i].threads, ways[i].batch_bytes, &g, i % 2 != 0);
		CU_ASSERT_EQUAL(r.code, ERR_NOMEM);
		buf_release(&g.text);
		run_release(&r);
	}
	dir_release(&d);
}

/* More captures than may be open at once can be shown in turn, but not merged. */
static void test_engine_lines_of_many_files(void)
{
	struct dir d;

	dir_init(&d);
	for (unsigned int i = 0; i < LIMIT_OPEN_SOURCES + 1; i++) {
		struct mkcap m;
		char name[16];

		mkcap_init(&m, false);
		mkcap_section(&m, 2);
		mkcap_close(&m, T0 + 1000 - i, 1, 0, 3);
		snprintf(name, sizeof(name), "%03u", i);
		mkcap_save(&m, dir_file(&d, name));
		mkcap_release(&m);
	}
	for (unsigned int threads = 1; threads <= 8; threads *= 2) {
		struct got g = { .stop_after = 0 };
		const char *p;
		struct run r;

		run_lines(&r, d.path, threads, 4096, &g, false);
		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_EQUAL(g.lines, LIMIT_OPEN_SOURCES + 1);
		p = buf_str(&g.text);
		for (unsigned int i = 0; i < g.lines; i++) {
			CU_ASSERT_EQUAL(strtoul(p, NULL, 10), i);
			p = strchr(p, '\n') + 1;
		}
		buf_release(&g.text);
		run_release(&r);
		memset(&g, 0, sizeof(g));
		run_lines(&r, d.path, threads, 4096, &g, true);
		CU_ASSERT_EQUAL(r.code, ERR_USAGE);
		CU_ASSERT_EQUAL(g.lines, 0);
		buf_release(&g.text);
		run_release(&r);
	}
	unlink(dir_file(&d, "000"));
	for (unsigned int threads = 1; threads <= 8; threads *= 2) {
		struct got g = { .stop_after = 0 };
		const char *p;
		struct run r;

		run_lines(&r, d.path, threads, 4096, &g, true);
		CU_ASSERT_EQUAL(r.code, 0);
		CU_ASSERT_EQUAL(g.lines, LIMIT_OPEN_SOURCES);
		p = buf_str(&g.text);
		for (unsigned int i = 0; i < g.lines; i++) {
			CU_ASSERT_EQUAL(strtoul(p, NULL, 10), LIMIT_OPEN_SOURCES - i);
			p = strchr(p, '\n') + 1;
		}
		buf_release(&g.text);
		run_release(&r);
	}
	dir_release(&d);
}

void suite_engine_lines(CU_pSuite suite);
void suite_engine_lines(CU_pSuite suite)
{
	CU_add_test(suite, "test_engine_lines_in_turn", test_engine_lines_in_turn);
	CU_add_test(suite, "test_engine_lines_merged_by_time", test_engine_lines_merged_by_time);
	CU_add_test(suite, "test_engine_lines_merged_over_archive", test_engine_lines_merged_over_archive);
	CU_add_test(suite, "test_engine_lines_merged_with_times_that_go_back",
		    test_engine_lines_merged_with_times_that_go_back);
	CU_add_test(suite, "test_engine_lines_few", test_engine_lines_few);
	CU_add_test(suite, "test_engine_lines_stop_when_sink_has_enough",
		    test_engine_lines_stop_when_sink_has_enough);
	CU_add_test(suite, "test_engine_lines_end_when_sink_fails", test_engine_lines_end_when_sink_fails);
	CU_add_test(suite, "test_engine_lines_end_when_format_fails",
		    test_engine_lines_end_when_format_fails);
	CU_add_test(suite, "test_engine_lines_of_many_files", test_engine_lines_of_many_files);
}
