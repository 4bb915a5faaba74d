/*
 * test_output.c - standard output and the progress line: what a full disk, a closed pipe and odd
 * rates give.
 */
#include "cli/output.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/progress.h"

#define CHUNK 100000u

static char chunk[CHUNK];

static void test_output_collects_and_keeps_order(void)
{
	struct output o;
	struct err e;
	char name[] = "/tmp/test_output.XXXXXX";
	int fd = mkstemp(name);
	char back[16];

	CU_ASSERT_FATAL(fd >= 0);
	err_init(&e);
	memset(chunk, 'x', sizeof(chunk));
	output_init(&o, fd);
	CU_ASSERT_EQUAL(output_write(&o, "begin", 5, &e), 0);
	CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), 0);
	for (int i = 0; i < 7; i++) {
		CU_ASSERT_EQUAL(output_write(&o, chunk, CHUNK, &e), 0);
	}
	CU_ASSERT_EQUAL(output_write(&o, "end", 3, &e), 0);
	CU_ASSERT_EQUAL(output_flush(&o, &e), 0);
	CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), 5 + 7 * (off_t)CHUNK + 3);
	CU_ASSERT_EQUAL(pread(fd, back, 6, 0), 6);
	CU_ASSERT_EQUAL(memcmp(back, "beginx", 6), 0);
	CU_ASSERT_EQUAL(pread(fd, back, 4, 4 + 7 * (off_t)CHUNK), 4);
	CU_ASSERT_EQUAL(memcmp(back, "xend", 4), 0);
	output_release(&o);
	close(fd);
	unlink(name);
}

static void test_output_full_disk_sticks(void)
{
	struct output o;
	struct err e;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	err_init(&e);
	output_init(&o, fd);
	CU_ASSERT_EQUAL(output_write(&o, "x", 1, &e), 0);
	CU_ASSERT_EQUAL(output_flush(&o, &e), ERR_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(e.message, "cannot write standard output"));
	CU_ASSERT_EQUAL(output_write(&o, "x", 1, NULL), ERR_IO);
	CU_ASSERT_EQUAL(output_flush(&o, NULL), ERR_IO);
	output_release(&o);
	close(fd);
}

static void test_output_closed_pipe(void)
{
	struct output o;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	output_init(&o, ends[1]);
	CU_ASSERT_EQUAL(output_write(&o, "x", 1, NULL), 0);
	CU_ASSERT_EQUAL(output_flush(&o, NULL), ERR_PIPE);
	CU_ASSERT_EQUAL(err_exit_status(ERR_PIPE), 0);
	output_release(&o);
	close(ends[1]);
	signal(SIGPIPE, SIG_DFL);
}

static void check_progress(const struct progress *p, const char *expected)
{
	struct buf text;

	buf_init(&text, 512);
	progress_text(&text, p);
	CU_ASSERT_STRING_EQUAL(buf_str(&text), expected);
	buf_release(&text);
}

static void test_output_progress_line(void)
{
	struct progress p = { 0, UINT64_MAX, 0, 0, 0, 0 };

	check_progress(&p, "0 events");
	p.disk_bytes = 250000000;
	p.disk_total = 1000000000;
	p.events = 2000000;
	p.elapsed_ns = 2 * NSEC_PER_SEC;
	check_progress(&p, " 25 %, 2.0 M events, 1.0 M events/s, 125.0 MB/s, 6 s left");
	p.packets = 1500;
	p.disk_total = UINT64_MAX; /* standard input */
	check_progress(&p, "2.0 M events, 1.5 k packets, 1.0 M events/s, 125.0 MB/s");
	p.packets = 0;
	p.disk_total = 250000000;
	check_progress(&p, "100 %, 2.0 M events, 1.0 M events/s, 125.0 MB/s");
	p.disk_total = 1000; /* a file that grew */
	check_progress(&p, "100 %, 2.0 M events, 1.0 M events/s, 125.0 MB/s");
	p.disk_bytes = 20000000;
	p.disk_total = UINT64_C(1000000000);
	p.elapsed_ns = 1000 * NSEC_PER_SEC;
	check_progress(&p, "  2 %, 2.0 M events, 2.0 k events/s, 0.0 MB/s, 13 h 36 min left");
}

void suite_output(CU_pSuite suite);
void suite_output(CU_pSuite suite)
{
	CU_add_test(suite, "test_output_collects_and_keeps_order",
		    test_output_collects_and_keeps_order);
	CU_add_test(suite, "test_output_full_disk_sticks", test_output_full_disk_sticks);
	CU_add_test(suite, "test_output_closed_pipe", test_output_closed_pipe);
	CU_add_test(suite, "test_output_progress_line", test_output_progress_line);
}
