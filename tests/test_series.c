/*
 * test_series.c - processes over several files: a rotated series of one host is counted once, and what merely
 * looks alike stays apart.
 */
#include "mkrun.h"

#define T0 UINT64_C(1700000000000000000)
#define SEC NSEC_PER_SEC

/* A part of a series: who is there when it begins, and when that is. */
struct part {
	const char *host;
	uint64_t boot_ns;
	uint32_t cpus;
	uint64_t first_ns;
	const char *comm;	/* of process 100 */
};

static const struct part usual = { "web1", 500, 4, T0, "srv" };

static void begin(struct mkcap *m, const struct part *p)
{
	struct mkcap_proc scan[] = {
		{ .tid = 100, .pid = 100, .ptid = 1, .comm = p->comm, .exe = p->comm, .exepath = "/bin/srv",
		  .args = "-d", .args_len = 2, .cwd = "/", .root = "/" },
		{ .tid = 200, .pid = 200, .ptid = 100, .comm = "worker", .exe = "worker", .cwd = "/", .root = "/" },
	};

	mkcap_init(m, false);
	mkcap_section(m, 2);
	mkcap_machine(m, p->host, p->cpus, p->boot_ns);
	mkcap_processes(m, 9, 76, scan, ARRAY_LEN(scan));
	mkcap_openat(m, p->first_ns, 100, 3, "/x", 1);
}

/* n writes of 10 bytes by 100, one a second; the last is n seconds after the first event. */
static void writes(struct mkcap *m, uint64_t first_ns, unsigned int n)
{
	for (unsigned int i = 1; i <= n; i++) {
		mkcap_write(m, first_ns + i * SEC, 100, 10, 3, "data");
	}
}

static void save_part(const struct dir *d, const char *name, const struct part *p, unsigned int n)
{
	struct mkcap m;

	begin(&m, p);
	writes(&m, p->first_ns, n);
	mkcap_save(&m, dir_file(d, name));
	mkcap_release(&m);
}

/* Rows of the table processes with this pid, and the bytes written in the first of them. */
static size_t rows_of(const struct run *r, uint64_t pid, uint64_t *ret_written)
{
	const struct table *t = run_table(r, "processes");
	size_t n = 0;

	for (size_t i = 0; i < t->row_count; i++) {
		if (run_num(t, i, "pid") == pid) {
			if (n++ == 0) {
				*ret_written = run_num(t, i, "file_written");
			}
		}
	}
	return n;
}

/* Two files: are they one series? Whatever the order of their names and the number of threads. */
static bool is_series(const struct part *a, const struct part *b)
{
	static const char *const names[2][2] = { { "a", "b" }, { "b", "a" } };
	bool joined[4];

	for (unsigned int i = 0; i < 4; i++) {
		uint64_t written = 0;
		uint64_t other = 0;
		struct dir d;
		struct run r;
		size_t n;

		dir_init(&d);
		save_part(&d, names[i % 2][0], a, 5);
		save_part(&d, names[i % 2][1], b, 7);
		run_report_on(&r, d.path, 1 + i / 2, 4096);
		n = rows_of(&r, 100, &written);
		CU_ASSERT_TRUE(n == 1 || n == 2);
		joined[i] = n == 1;
		CU_ASSERT_TRUE(n == 2 || written == 120);
		CU_ASSERT_TRUE(n == 1 || written == 50 || written == 70);
		CU_ASSERT_EQUAL(rows_of(&r, 200, &other), strcmp(a->comm, b->comm) == 0 ? n : 1);
		CU_ASSERT_EQUAL(run_sum(run_table(&r, "processes"), "file_written"), 120);
		run_release(&r);
		dir_release(&d);
	}
	CU_ASSERT_TRUE(joined[0] == joined[1] && joined[0] == joined[2] && joined[0] == joined[3]);
	return joined[0];
}

static void test_series_of_two_files(void)
{
	struct part next = usual;

	next.first_ns = T0 + 6 * SEC;
	CU_ASSERT_TRUE(is_series(&usual, &next));
	/* A pause of a minute between them, or an overlap, is still a series; more is not. */
	next.first_ns = T0 + 5 * SEC + 60 * SEC;
	CU_ASSERT_TRUE(is_series(&usual, &next));
	next.first_ns = T0 + 5 * SEC + 61 * SEC;
	CU_ASSERT_FALSE(is_series(&usual, &next));
	next.first_ns = T0 + 2 * SEC;
	CU_ASSERT_TRUE(is_series(&usual, &next));
	/* One inside the other, or both at once: copies or two recorders. */
	next.first_ns = T0;
	CU_ASSERT_FALSE(is_series(&usual, &next));
}

static void test_series_of_one_host_only(void)
{
	struct part next = usual;

	next.first_ns = T0 + 6 * SEC;
	next.host = "web2";
	CU_ASSERT_FALSE(is_series(&usual, &next));
	next.host = "";
	CU_ASSERT_FALSE(is_series(&usual, &next));
	next.host = usual.host;
	next.boot_ns = 501;
	CU_ASSERT_FALSE(is_series(&usual, &next));
	next.boot_ns = 0;	/* not recorded */
	CU_ASSERT_TRUE(is_series(&usual, &next));
	next.boot_ns = usual.boot_ns;
	next.cpus = 8;
	CU_ASSERT_FALSE(is_series(&usual, &next));
}

/* The same pid with another program is another process, though the files are a series. */
static void test_series_keeps_other_programs_apart(void)
{
	const struct table *t;
	struct part next = usual;
	uint64_t written = 0;
	struct dir d;
	struct run r;

	next.first_ns = T0 + 6 * SEC;
	next.comm = "new";
	dir_init(&d);
	save_part(&d, "a", &usual, 5);
	save_part(&d, "b", &next, 7);
	run_report_on(&r, d.path, 2, 4096);
	CU_ASSERT_EQUAL(rows_of(&r, 100, &written), 2);
	CU_ASSERT_EQUAL(rows_of(&r, 200, &written), 1);
	t = run_table(&r, "processes");
	CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "name", "srv"), "file_written"), 50);
	CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "name", "new"), "file_written"), 70);
	t = run_table(&r, "sources");
	CU_ASSERT_TRUE(run_unknown(t, 0, "continues"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "continues", "a"));
	run_release(&r);
	dir_release(&d);
}

/* A process that ended in the first file is not the one with its pid in the second; one that was started in
 * the first goes on in the second. */
static void test_series_of_ended_and_started_processes(void)
{
	struct mkcap_proc child = { .tid = 300, .pid = 300, .ptid = 100, .comm = "child", .exe = "child", .cwd = "/",
				    .root = "/" };
	const struct table *t;
	struct part next = usual;
	uint64_t written = 0;
	struct mkcap m;
	struct dir d;
	struct run r;
	size_t row;

	dir_init(&d);
	begin(&m, &usual);
	mkcap_clone_parent(&m, T0 + 1, 100, 300, "srv", 0);
	mkcap_clone_child(&m, T0 + 2, 300, 300, 100, "child", 0);
	mkcap_openat(&m, T0 + 3, 300, 3, "/y", 1);
	mkcap_write(&m, T0 + 4, 300, 11, 3, "data");
	writes(&m, T0, 5);
	mkcap_procexit(&m, T0 + 6 * SEC, 100, 0);
	mkcap_save(&m, dir_file(&d, "a"));
	mkcap_release(&m);
	next.first_ns = T0 + 8 * SEC;
	begin(&m, &next);
	mkcap_processes(&m, 9, 76, &child, 1);
	mkcap_openat(&m, next.first_ns + 1, 300, 4, "/z", 1);
	mkcap_write(&m, next.first_ns + 2, 300, 22, 4, "data");
	mkcap_procexit(&m, next.first_ns + 3, 300, 7 << 8);
	mkcap_save(&m, dir_file(&d, "b"));
	mkcap_release(&m);
	run_report_on(&r, d.path, 2, 4096);
	CU_ASSERT_EQUAL(rows_of(&r, 100, &written), 2);
	t = run_table(&r, "processes");
	row = run_row_num(t, "pid", 300);
	CU_ASSERT_EQUAL(run_num(t, row, "file_written"), 33);
	CU_ASSERT_EQUAL(run_num(t, row, "files_opened"), 2);
	CU_ASSERT_EQUAL(run_num(t, row, "exit_code"), 7);
	CU_ASSERT_EQUAL(run_num(t, row, "end"), next.first_ns + 3);
	CU_ASSERT_TRUE(run_num(t, row, "start") >= T0 + 1 && run_num(t, row, "start") <= T0 + 2);
	CU_ASSERT_EQUAL(run_num(t, row, "last_seen"), next.first_ns + 3);
	CU_ASSERT_TRUE(run_text_is(t, row, "source", "a"));
	run_release(&r);
	dir_release(&d);
}

/* Five files of one host between those of another, named in no order: two rows for pid 100. */
static void test_series_of_many_files(void)
{
	static const unsigned int order[] = { 3, 0, 4, 1, 2 };
	struct part other = usual;
	struct buf want = { 0 };
	struct dir d;

	other.host = "db1";
	dir_init(&d);
	for (unsigned int i = 0; i < 5; i++) {
		struct part p = usual;
		char name[8];

		p.first_ns = T0 + order[i] * 20 * SEC;
		snprintf(name, sizeof(name), "w%u", i);
		save_part(&d, name, &p, 19);
		other.first_ns = p.first_ns + 5 * SEC;
		snprintf(name, sizeof(name), "d%u", i);
		save_part(&d, name, &other, 10);
	}
	for (unsigned int threads = 1; threads <= 8; threads *= 2) {
		uint64_t written = 0;
		const struct table *t;
		struct buf have;
		struct run r;

		run_report_on(&r, d.path, threads, 4096);
		CU_ASSERT_EQUAL(rows_of(&r, 100, &written), 2);
		t = run_table(&r, "processes");
		for (size_t i = 0; i < t->row_count; i++) {
			bool web = run_text_is(t, i, "host", "web1");

			if (run_num(t, i, "pid") == 100) {
				CU_ASSERT_EQUAL(run_num(t, i, "file_written"), 5 * (web ? 190 : 100));
				CU_ASSERT_EQUAL(run_num(t, i, "files_opened"), 5);
				CU_ASSERT_EQUAL(run_num(t, i, "first_seen"), web ? T0 : T0 + 5 * SEC);
				CU_ASSERT_EQUAL(run_num(t, i, "last_seen"),
						T0 + 80 * SEC + (web ? 19 : 15) * SEC);
			}
		}
		run_json(&r, threads == 1 ? &want : &have);
		if (threads > 1) {
			CU_ASSERT_TRUE(same(&have, &want));
			buf_release(&have);
		}
		run_release(&r);
	}
	buf_release(&want);
	dir_release(&d);
}

/* Two copies of one file are two captures: nothing is joined. */
static void test_series_of_copies(void)
{
	uint64_t written = 0;
	struct dir d;
	struct run r;

	dir_init(&d);
	save_part(&d, "a", &usual, 5);
	save_part(&d, "copy", &usual, 5);
	run_report_on(&r, d.path, 2, 4096);
	CU_ASSERT_EQUAL(rows_of(&r, 100, &written), 2);
	CU_ASSERT_EQUAL(written, 50);
	run_release(&r);
	dir_release(&d);
}

/* Sections of one file are joined as files are. */
static void test_series_of_sections(void)
{
	struct part next = usual;
	uint64_t written = 0;
	struct mkcap a;
	struct mkcap b;
	struct dir d;
	struct run r;

	next.first_ns = T0 + 6 * SEC;
	dir_init(&d);
	begin(&a, &usual);
	writes(&a, T0, 5);
	begin(&b, &next);
	writes(&b, next.first_ns, 7);
	buf_add(&a.out, b.out.data, b.out.len);
	mkcap_save(&a, dir_file(&d, "a"));
	run_report_on(&r, d.path, 2, 257);
	CU_ASSERT_EQUAL(rows_of(&r, 100, &written), 1);
	CU_ASSERT_EQUAL(written, 120);
	CU_ASSERT_TRUE(run_text_is(run_table(&r, "sources"), 1, "continues", "a"));
	run_release(&r);
	dir_release(&d);
	mkcap_release(&a);
	mkcap_release(&b);
}

void suite_series(CU_pSuite suite);
void suite_series(CU_pSuite suite)
{
	CU_add_test(suite, "test_series_of_two_files", test_series_of_two_files);
	CU_add_test(suite, "test_series_of_one_host_only", test_series_of_one_host_only);
	CU_add_test(suite, "test_series_keeps_other_programs_apart", test_series_keeps_other_programs_apart);
	CU_add_test(suite, "test_series_of_ended_and_started_processes",
		    test_series_of_ended_and_started_processes);
	CU_add_test(suite, "test_series_of_many_files", test_series_of_many_files);
	CU_add_test(suite, "test_series_of_copies", test_series_of_copies);
	CU_add_test(suite, "test_series_of_sections", test_series_of_sections);
}
