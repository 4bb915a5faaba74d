/*
 * test_report_write.c - the folder of a report and its drawings: where it may be written, what it
 * replaces, what stays when writing fails. Works in a folder of its own under $TMPDIR or /tmp.
 */
#include "report/render.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/plot.h"

void suite_report_write(CU_pSuite suite);

#define T UINT64_C(1795248131000000000)

static const struct column columns[] = {
	{ "time", COL_TIME, "", "time" },
	{ "in", COL_BYTES, "bytes", "in" },
	{ "out", COL_BYTES, "bytes", "out" },
	{ "name", COL_TEXT, "", "name" },
};
static const struct table_def io_def = { "io", "IO", "Over time.", columns, ARRAY_LEN(columns) };
static const struct plot_series series[] = { { "in", "in" }, { "out", "out" } };
static const struct plot_def plots[] = {
	{ "bytes", "Bytes", "bytes", "io", series, 2, true },
	{ "absent", "Absent", "bytes", "no_such_table", series, 2, false },
};

struct place {
	char root[200]; /* a new folder */
	char dir[220]; /* root/report */
};

static void place_init(struct place *p)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(p->root, sizeof(p->root), "%s/thresher-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->root));
	snprintf(p->dir, sizeof(p->dir), "%s/report", p->root);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	UNUSED_ARG(st);
	UNUSED_ARG(kind);
	UNUSED_ARG(ftw);
	return remove(path);
}

static void place_release(struct place *p)
{
	chmod(p->root, 0755);
	nftw(p->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void in_place(const struct place *p, const char *name, char *ret_path)
{
	snprintf(ret_path, 300, "%s/%s", p->root, name);
}

static bool exists(const struct place *p, const char *name)
{
	char path[300];
	struct stat st;

	in_place(p, name, path);
	return lstat(path, &st) == 0;
}

static void put_file(const struct place *p, const char *name, const char *text)
{
	char path[300];
	FILE *f;

	in_place(p, name, path);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void put_folder(const struct place *p, const char *name)
{
	char path[300];

	in_place(p, name, path);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
}

/* Entries of the root: what a failed run left behind would be one more. */
static unsigned int entries(const struct place *p)
{
	DIR *d = opendir(p->root);
	unsigned int n = 0;

	while (readdir(d) != NULL) {
		n++;
	}
	closedir(d);
	return n - 2;
}

static bool file_holds(const struct place *p, const char *name, const char *text)
{
	char path[300];
	struct buf b;
	FILE *f;
	char part[4096];
	size_t n;
	bool found;

	in_place(p, name, path);
	f = fopen(path, "r");
	if (f == NULL) {
		return false;
	}
	buf_init(&b, 1 << 26);
	while ((n = fread(part, 1, sizeof(part), f)) > 0) {
		buf_add(&b, part, n);
	}
	fclose(f);
	found = b.len > 0 && memmem(b.data, b.len, text, strlen(text)) != NULL;
	buf_release(&b);
	return found;
}

static void make_report(struct report *r, const char *name, unsigned int rows)
{
	struct table *t = table_new(&io_def);

	report_init(r);
	r->version = "thresher 0.1";
	for (unsigned int i = 0; i < rows; i++) {
		table_time(t, T + i * NSEC_PER_SEC);
		table_bytes(t, i * 1000);
		table_bytes(t, 70000 - i);
		table_text(t, name);
	}
	CU_ASSERT_EQUAL_FATAL(report_add(r, t), 0);
}

/* Writes a small report whose text cells are name. */
static int write_named(const char *dir, const char *name, struct err *e)
{
	struct report r;
	char *index = NULL;
	char *note = NULL;
	int rc;

	err_init(e);
	make_report(&r, name, 10);
	rc = report_write(&r, dir, &index, &note, e);
	if (rc == 0) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(index);
		CU_ASSERT_EQUAL(access(index, R_OK), 0);
	} else {
		CU_ASSERT_PTR_NULL(index);
		CU_ASSERT_NOT_EQUAL(e->message[0], '\0');
	}
	CU_ASSERT_PTR_NULL(note);
	free(note);
	free(index);
	report_release(&r);
	return rc;
}

static void test_report_write_fresh(void)
{
	struct place p;
	struct err e;
	char path[300];

	place_init(&p);
	CU_ASSERT_EQUAL(report_check(p.dir, NULL), 0);
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), 0);
	CU_ASSERT_EQUAL(entries(&p), 1);
	CU_ASSERT_TRUE(file_holds(&p, "report/index.html", "alpha"));
	CU_ASSERT_TRUE(file_holds(&p, "report/report.json", "alpha"));
	CU_ASSERT_TRUE(file_holds(&p, "report/csv/io.csv", "alpha"));
	CU_ASSERT_TRUE(file_holds(&p, "report/.thresher-report", "csv/io.csv\n"));
	CU_ASSERT_FALSE(exists(&p, "report/plots"));
	in_place(&p, "slashes///", path);
	CU_ASSERT_EQUAL(write_named(path, "beta", &e), 0);
	CU_ASSERT_TRUE(file_holds(&p, "slashes/index.html", "beta"));
	place_release(&p);
}

static void test_report_write_replaces_report(void)
{
	struct place p;
	struct err e;

	place_init(&p);
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), 0);
	CU_ASSERT_EQUAL(report_check(p.dir, NULL), 0);
	CU_ASSERT_EQUAL(write_named(p.dir, "beta", &e), 0);
	CU_ASSERT_EQUAL(entries(&p), 1);
	CU_ASSERT_TRUE(file_holds(&p, "report/index.html", "beta"));
	CU_ASSERT_FALSE(file_holds(&p, "report/index.html", "alpha"));
	place_release(&p);
}

static void test_report_write_takes_empty_folder(void)
{
	struct place p;
	struct err e;

	place_init(&p);
	put_folder(&p, "report");
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), 0);
	CU_ASSERT_TRUE(file_holds(&p, "report/index.html", "alpha"));
	CU_ASSERT_EQUAL(entries(&p), 1);
	place_release(&p);
}

static void test_report_write_spares_foreign_folder(void)
{
	struct place p;
	struct err e;

	place_init(&p);
	put_folder(&p, "report");
	put_file(&p, "report/evidence.scap", "precious");
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), ERR_EXISTS);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "is not a report"));
	CU_ASSERT_EQUAL(report_check(p.dir, NULL), ERR_EXISTS);
	CU_ASSERT_TRUE(file_holds(&p, "report/evidence.scap", "precious"));
	CU_ASSERT_EQUAL(entries(&p), 1);
	place_release(&p);
}

static void test_report_write_spares_notes_in_report(void)
{
	struct place p;
	struct err e;

	place_init(&p);
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), 0);
	put_file(&p, "report/csv/notes.txt", "precious");
	CU_ASSERT_EQUAL(write_named(p.dir, "beta", &e), ERR_EXISTS);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "csv/notes.txt"));
	CU_ASSERT_TRUE(file_holds(&p, "report/csv/notes.txt", "precious"));
	CU_ASSERT_TRUE(file_holds(&p, "report/index.html", "alpha"));
	CU_ASSERT_EQUAL(entries(&p), 1);
	place_release(&p);
}

static void test_report_write_spares_files_and_links(void)
{
	struct place p;
	struct err e;
	char target[300];

	place_init(&p);
	put_file(&p, "report", "precious");
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), ERR_EXISTS);
	CU_ASSERT_TRUE(file_holds(&p, "report", "precious"));
	unlink(p.dir);
	in_place(&p, "real", target);
	CU_ASSERT_EQUAL(write_named(target, "alpha", &e), 0);
	CU_ASSERT_EQUAL(symlink(target, p.dir), 0);
	CU_ASSERT_EQUAL(write_named(p.dir, "beta", &e), ERR_EXISTS);
	CU_ASSERT_TRUE(file_holds(&p, "real/index.html", "alpha"));
	CU_ASSERT_EQUAL(entries(&p), 2);
	place_release(&p);
}

/* A marker that names a way out, and a link where a file should be: both are left alone. */
static void test_report_write_never_follows_links(void)
{
	struct place p;
	struct err e;
	char link[300];
	char target[300];

	place_init(&p);
	put_file(&p, "precious.csv", "precious");
	in_place(&p, "precious.csv", target);
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), 0);
	in_place(&p, "report/csv/io.csv", link);
	unlink(link);
	CU_ASSERT_EQUAL(symlink(target, link), 0);
	CU_ASSERT_EQUAL(write_named(p.dir, "beta", &e), ERR_EXISTS);
	unlink(link);
	put_file(&p, "report/.thresher-report",
		 "../precious.csv\ncsv/../../precious.csv\n/etc/"
		 "hostname\nreport.json\nindex.html\n");
	CU_ASSERT_EQUAL(write_named(p.dir, "beta", &e), 0);
	CU_ASSERT_TRUE(file_holds(&p, "precious.csv", "precious"));
	CU_ASSERT_TRUE(file_holds(&p, "report/index.html", "beta"));
	CU_ASSERT_EQUAL(entries(&p), 2);
	place_release(&p);
}

static void test_report_write_wants_a_name(void)
{
	struct err e;

	CU_ASSERT_EQUAL(write_named("", "x", &e), ERR_USAGE);
	CU_ASSERT_EQUAL(write_named("/", "x", &e), ERR_USAGE);
	CU_ASSERT_EQUAL(write_named(".", "x", &e), ERR_USAGE);
	CU_ASSERT_EQUAL(write_named("/tmp/..", "x", &e), ERR_USAGE);
}

static void test_report_write_needs_parent(void)
{
	struct place p;
	struct err e;
	char path[300];

	place_init(&p);
	in_place(&p, "missing/report", path);
	CU_ASSERT_EQUAL(write_named(path, "x", &e), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "No such file"));
	put_file(&p, "file", "");
	in_place(&p, "file/report", path);
	CU_ASSERT_EQUAL(write_named(path, "x", &e), ERR_IO);
	if (geteuid() != 0) {
		chmod(p.root, 0555);
		CU_ASSERT_EQUAL(write_named(p.dir, "x", &e), ERR_IO);
		chmod(p.root, 0755);
	}
	CU_ASSERT_EQUAL(entries(&p), 1);
	place_release(&p);
}

/* A ceiling on file sizes fails in the middle of a file as a full disk does. */
static void test_report_write_full_disk_leaves_nothing(void)
{
	struct place p;
	struct err e;
	struct rlimit old, small;
	void (*old_handler)(int);
	struct report r;
	char *index = NULL;
	char *note = NULL;

	place_init(&p);
	CU_ASSERT_EQUAL(write_named(p.dir, "alpha", &e), 0);
	make_report(&r, "a name that takes some room in each of the files", 20000);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 700000;
	old_handler = signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	err_init(&e);
	CU_ASSERT_EQUAL(report_write(&r, p.dir, &index, &note, &e), ERR_IO);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, old_handler);
	CU_ASSERT_PTR_NULL(index);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "cannot write 'io.csv'"));
	CU_ASSERT_EQUAL(entries(&p), 1);
	CU_ASSERT_TRUE(file_holds(&p, "report/index.html", "alpha"));
	/* With room again it works. */
	err_init(&e);
	CU_ASSERT_EQUAL(report_write(&r, p.dir, &index, &note, &e), 0);
	CU_ASSERT_EQUAL(entries(&p), 1);
	free(index);
	free(note);
	report_release(&r);
	place_release(&p);
}

/* ---- plots ---- */

static bool have_gnuplot(void)
{
	return system("command -v gnuplot > /dev/null 2>&1") == 0;
}

static void test_report_write_plots(void)
{
	struct place p;
	struct report r;
	struct err e;
	char *index = NULL;
	char *note = NULL;

	if (!have_gnuplot()) {
		return;
	}
	place_init(&p);
	make_report(&r, "x", 60);
	r.plots = plots;
	r.plot_count = ARRAY_LEN(plots);
	err_init(&e);
	CU_ASSERT_EQUAL(report_write(&r, p.dir, &index, &note, &e), 0);
	CU_ASSERT_PTR_NULL(note);
	CU_ASSERT_TRUE(file_holds(&p, "report/plots/bytes.svg", "</svg>"));
	CU_ASSERT_FALSE(exists(&p, "report/plots/absent.svg"));
	CU_ASSERT_TRUE(file_holds(&p, "report/index.html", "aria-label=\"Bytes\""));
	free(index);
	/* The earlier report with its plots is replaced, too. */
	CU_ASSERT_EQUAL(write_named(p.dir, "beta", &e), 0);
	CU_ASSERT_FALSE(exists(&p, "report/plots"));
	CU_ASSERT_EQUAL(entries(&p), 1);
	report_release(&r);
	place_release(&p);
}

static void test_report_write_without_gnuplot(void)
{
	struct place p;
	struct report r;
	struct err e;
	char *index = NULL;
	char *note = NULL;
	char *path = strdup(getenv("PATH"));

	place_init(&p);
	make_report(&r, "x", 60);
	r.plots = plots;
	r.plot_count = ARRAY_LEN(plots);
	setenv("PATH", p.root, 1);
	err_init(&e);
	CU_ASSERT_EQUAL(report_write(&r, p.dir, &index, &note, &e), 0);
	setenv("PATH", path, 1);
	CU_ASSERT_STRING_EQUAL(note, "gnuplot is not installed");
	CU_ASSERT_TRUE(
		file_holds(&p, "report/index.html", "Plots are missing: gnuplot is not installed"));
	CU_ASSERT_FALSE(exists(&p, "report/plots"));
	free(index);
	free(note);
	free(path);
	report_release(&r);
	place_release(&p);
}

/* A gnuplot that fails, and one that says what is no drawing. */
static void check_bad_gnuplot(const char *script, const char *want)
{
	struct place p;
	struct report r;
	struct err e;
	struct buf svg;
	char name[300];
	char *path = strdup(getenv("PATH"));

	place_init(&p);
	put_file(&p, "gnuplot", script);
	in_place(&p, "gnuplot", name);
	chmod(name, 0755);
	make_report(&r, "x", 5);
	setenv("PATH", p.root, 1);
	buf_init(&svg, 1 << 20);
	err_init(&e);
	CU_ASSERT_EQUAL(render_plot(&r, &plots[0], &svg, &e), ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, want));
	setenv("PATH", path, 1);
	buf_release(&svg);
	free(path);
	report_release(&r);
	place_release(&p);
}

static void test_report_plot_survives_bad_gnuplot(void)
{
	check_bad_gnuplot("#!/bin/sh\necho 'no terminal' >&2\nexit 1\n", "could not draw: no terminal");
	check_bad_gnuplot("#!/bin/sh\necho hello\n", "not understood");
	check_bad_gnuplot("#!/bin/sh\necho '<svg><g>'\n", "not understood");
	check_bad_gnuplot("#!/bin/sh\nkill -9 $$\n", "signal 9");
}

static void test_report_plot_times_out(void)
{
	struct place p;
	struct report r;
	struct err e;
	struct buf svg;
	struct plot_job job;
	char name[300];
	char *path = strdup(getenv("PATH"));

	place_init(&p);
	put_file(&p, "gnuplot", "#!/bin/sh\nexec /bin/sleep 30\n");
	in_place(&p, "gnuplot", name);
	chmod(name, 0755);
	make_report(&r, "x", 5);
	setenv("PATH", p.root, 1);
	buf_init(&svg, 1 << 20);
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(plot_start(&r, &plots[0], 1, &job, &e), 0);
	setenv("PATH", path, 1);
	CU_ASSERT_EQUAL(plot_finish(&job, 0, &svg, &e), ERR_UNSUPPORTED);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "took longer"));
	CU_ASSERT_EQUAL(job.pid, 0);
	buf_release(&svg);
	free(path);
	report_release(&r);
	place_release(&p);
}

static void test_report_plot_draws_the_same_twice(void)
{
	struct report r;
	struct buf a, b;
	struct err e;

	if (!have_gnuplot()) {
		return;
	}
	make_report(&r, "<hostile>", 60);
	buf_init(&a, 1 << 24);
	buf_init(&b, 1 << 24);
	err_init(&e);
	CU_ASSERT_EQUAL(render_plot(&r, &plots[0], &a, &e), 0);
	CU_ASSERT_EQUAL(render_plot(&r, &plots[0], &b, &e), 0);
	CU_ASSERT_STRING_EQUAL(buf_str(&a), buf_str(&b));
	CU_ASSERT_EQUAL(strncmp(buf_str(&a), "<svg role=\"img\" aria-label=\"Bytes\" ", 35), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&a), "2026-11-21 UTC"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&a), ">08:02:20<"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&a), ">100k<"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&a), "currentColor"));
	CU_ASSERT_PTR_NULL(strstr(buf_str(&a), "gnuplot 5"));
	CU_ASSERT_PTR_NULL(strstr(buf_str(&a), "hostile"));
	CU_ASSERT_EQUAL(render_plot(&r, &plots[1], &b, &e), ERR_EOF);
	buf_release(&b);
	buf_release(&a);
	report_release(&r);
}

static void test_report_plot_scripts_of_odd_tables(void)
{
	struct report r;
	struct table *t = table_new(&io_def);
	struct buf b;

	report_init(&r);
	buf_init(&b, 1 << 20);
	CU_ASSERT_EQUAL(plot_script(&r, &plots[0], &b), ERR_EOF);
	report_add(&r, t);
	CU_ASSERT_EQUAL(plot_script(&r, &plots[0], &b), ERR_EOF);
	/* One row, all unknown, at the end of time. */
	table_time(t, UINT64_MAX);
	table_unknown(t);
	table_unknown(t);
	table_text(t, "\"\n!rm -rf /");
	CU_ASSERT_EQUAL(plot_script(&r, &plots[0], &b), ERR_EOF);
	/* Time that goes back. */
	table_time(t, T);
	table_bytes(t, UINT64_MAX);
	table_bytes(t, UINT64_MAX);
	table_text(t, "");
	CU_ASSERT_EQUAL(plot_script(&r, &plots[0], &b), 0);
	CU_ASSERT_PTR_NULL(strstr(buf_str(&b), "rm -rf"));
	CU_ASSERT_TRUE(b.len < 10000);
	buf_release(&b);
	report_release(&r);
}

/* A series of zeros is in neither legend nor curves, and keeps no other from its colour; a plot of zeros is none. */
static void test_report_plot_leaves_out_zeros(void)
{
	struct report r;
	struct table *t = table_new(&io_def);
	struct buf both;
	struct buf b;

	report_init(&r);
	buf_init(&both, 1 << 20);
	buf_init(&b, 1 << 20);
	report_add(&r, t);
	table_time(t, T);
	table_bytes(t, 0);
	table_bytes(t, 0);
	table_text(t, "");
	CU_ASSERT_EQUAL(plot_script(&r, &plots[0], &b), ERR_EOF);
	table_time(t, T + 1);
	table_bytes(t, 0);
	table_bytes(t, 7);
	table_text(t, "");
	CU_ASSERT_EQUAL(plot_script(&r, &plots[0], &b), 0);
	CU_ASSERT_PTR_NULL(strstr(buf_str(&b), "\"in\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&b), "\"out\""));
	table_time(t, T + 2);
	table_bytes(t, 5);
	table_bytes(t, 7);
	table_text(t, "");
	CU_ASSERT_EQUAL(plot_script(&r, &plots[0], &both), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&both), "\"in\""));
	/* The second colour stays out's. */
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&both), "#e69f00"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&b), "#e69f00"));
	CU_ASSERT_PTR_NULL(strstr(buf_str(&b), "#3a86c8"));
	buf_release(&both);
	buf_release(&b);
	report_release(&r);
}

static void add_times(struct report *r, const struct table_def *d, uint64_t from, uint64_t last)
{
	struct table *t = table_new(d);

	for (unsigned int i = 0; i < 2; i++) {
		table_time(t, i == 0 ? from : last);
		table_bytes(t, 1);
	}
	report_add(r, t);
}

static void check_axis(uint64_t from, uint64_t last, uint64_t want_from, uint64_t want_to)
{
	static const struct column time_columns[] = { { "time", COL_TIME, "", "" }, { "in", COL_BYTES, "", "" } };
	static const struct table_def defs[] = { { "one", "", "", time_columns, 2 },
						 { "two", "", "", time_columns, 2 } };
	static const struct plot_def two[] = {
		{ "a", "A", "bytes", "one", series, 1, false },
		{ "b", "B", "bytes", "two", series, 1, false },
	};
	struct plot_axis a;
	struct report r;

	report_init(&r);
	r.plots = two;
	r.plot_count = 2;
	add_times(&r, &defs[0], T, T + 50);	/* ends at T + 100 */
	add_times(&r, &defs[1], from, last);
	CU_ASSERT_TRUE(plot_axis(&r, &two[0], &a));
	CU_ASSERT_EQUAL(a.count, 1);
	CU_ASSERT_EQUAL(a.span[0].from_ns, want_from);
	CU_ASSERT_EQUAL(a.span[0].to_ns, want_to);
	report_release(&r);
}

/* Two tables about the same time share an axis; one of another time, or of far more, does not squeeze this one. */
static void test_report_plot_axes_agree(void)
{
	check_axis(T, T + 50, T, T + 100);
	check_axis(T - 20, T + 20, T - 20, T + 100);
	check_axis(T + 10, T + 60, T, T + 110);
	check_axis(T - 50, T + 50, T - 50, T + 150);
	check_axis(T - 51, T + 50, T, T + 100);
	check_axis(T + 100, T + 110, T, T + 100);
	check_axis(T - 20, T - 10, T, T + 100);
	check_axis(1, 2, T, T + 100);
}

static void test_report_plot_cleans_svg(void)
{
	static const char raw[] =
		"<?xml version=\"1.0\"?>\n<!-- c --><svg viewBox=\"0 0 1 1\" onload=\"x()\">"
		"<title>Gnuplot</title><desc>Produced by GNUPLOT 9</desc><script>x()</script>"
		"<defs><path id='a'/></defs><g id=\"g1\" color=\"black\"><g stroke='none'>\n</g>"
		"<a href=\"x\"><path d='M0,0'/></a><path stroke='rgb(  0,   0,   3)' d='M0,0  L1,1 "
		"'/>"
		"<text fill = 'black'>a &lt; b</text></g></svg>";
	struct buf b;

	buf_init(&b, 1 << 20);
	CU_ASSERT_EQUAL(plot_svg_clean(raw, sizeof(raw) - 1, "p", "A \"plot\"", &b), 0);
	CU_ASSERT_STRING_EQUAL(
		buf_str(&b),
		"<svg role=\"img\" aria-label=\"A &quot;plot&quot;\" viewBox=\"0 0 1 1\">\n"
		"<g id=\"p-g1\"><path stroke=\"currentColor\" stroke-opacity=\"0.13\" d=\"M0,0 "
		"L1,1\"/>\n"
		"<text fill=\"currentColor\">a &lt; b</text></g>\n</svg>\n");
	buf_reset(&b);
	CU_ASSERT_EQUAL(plot_svg_clean("", 0, "p", "", &b), ERR_MALFORMED);
	/* Cut anywhere, it ends in a code. */
	for (size_t n = 1; n < sizeof(raw) - 8; n++) {
		buf_reset(&b);
		CU_ASSERT_EQUAL(plot_svg_clean(raw, n, "p", "", &b), ERR_MALFORMED);
	}
	buf_release(&b);
}

void suite_report_write(CU_pSuite suite)
{
	CU_add_test(suite, "test_report_write_fresh", test_report_write_fresh);
	CU_add_test(suite, "test_report_write_replaces_report", test_report_write_replaces_report);
	CU_add_test(suite, "test_report_write_takes_empty_folder",
		    test_report_write_takes_empty_folder);
	CU_add_test(suite, "test_report_write_spares_foreign_folder",
		    test_report_write_spares_foreign_folder);
	CU_add_test(suite, "test_report_write_spares_notes_in_report",
		    test_report_write_spares_notes_in_report);
	CU_add_test(suite, "test_report_write_spares_files_and_links",
		    test_report_write_spares_files_and_links);
	CU_add_test(suite, "test_report_write_never_follows_links",
		    test_report_write_never_follows_links);
	CU_add_test(suite, "test_report_write_wants_a_name", test_report_write_wants_a_name);
	CU_add_test(suite, "test_report_write_needs_parent", test_report_write_needs_parent);
	CU_add_test(suite, "test_report_write_full_disk_leaves_nothing",
		    test_report_write_full_disk_leaves_nothing);
	CU_add_test(suite, "test_report_write_plots", test_report_write_plots);
	CU_add_test(suite, "test_report_write_without_gnuplot", test_report_write_without_gnuplot);
	CU_add_test(suite, "test_report_plot_survives_bad_gnuplot",
		    test_report_plot_survives_bad_gnuplot);
	CU_add_test(suite, "test_report_plot_times_out", test_report_plot_times_out);
	CU_add_test(suite, "test_report_plot_draws_the_same_twice",
		    test_report_plot_draws_the_same_twice);
	CU_add_test(suite, "test_report_plot_scripts_of_odd_tables",
		    test_report_plot_scripts_of_odd_tables);
	CU_add_test(suite, "test_report_plot_axes_agree", test_report_plot_axes_agree);
	CU_add_test(suite, "test_report_plot_leaves_out_zeros", test_report_plot_leaves_out_zeros);
	CU_add_test(suite, "test_report_plot_cleans_svg", test_report_plot_cleans_svg);
}
