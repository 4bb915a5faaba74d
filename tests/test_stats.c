/*
 * test_stats.c - the tables processes, syscalls, commands, sources and quality of small captures built here:
 * every number expected is one that was put in.
 */
#include "mkrun.h"
#include "schema/extra.h"

#define T0 UINT64_C(1700000000000000000)
#define US UINT64_C(1000)

static const struct mkcap_proc scan[] = {
	{ .tid = 1, .pid = 1, .ptid = 0, .comm = "init", .exe = "/sbin/init", .exepath = "/sbin/init", .cwd = "/",
	  .root = "/", .loginuid = UINT32_MAX },
	{ .tid = 100, .pid = 100, .ptid = 1, .comm = "srv", .exe = "srv", .exepath = "/usr/sbin/srv", .cwd = "/",
	  .root = "/", .args = "-d\0--port\08", .args_len = 11, .uid = 33, .gid = 33, .loginuid = 1000 },
	{ .tid = 200, .pid = 200, .ptid = 1, .comm = "other", .exe = "other", .cwd = "/", .root = "/" },
};

static const char *const users[] = { "root", "www" };
static const uint32_t uids[] = { 0, 33 };

static void begin(struct mkcap *m)
{
	mkcap_init(m, false);
	mkcap_section_options(m, 2, "x86_64", "Linux 6.1", "recorder 1.0", NULL);
	mkcap_machine(m, "web1", 4, 77);
	mkcap_users(m, true, users, uids, 2);
	mkcap_processes(m, 9, 76, scan, ARRAY_LEN(scan));
}

/* ---- processes ------------------------------------------------------------------------------------------ */

/* What srv (100) does; the numbers are summed up in test_stats_process_sums. */
static void srv_story(struct mkcap *m)
{
	mkcap_openat(m, T0 + 1 * US, 100, 3, "/srv/in", 1);
	mkcap_openat(m, T0 + 2 * US, 100, -2, "/srv/none", 1);
	mkcap_read(m, T0 + 3 * US, 100, 100, 3, "x");
	mkcap_read(m, T0 + 4 * US, 100, 50, 3, NULL);
	mkcap_read(m, T0 + 5 * US, 100, 0, 3, NULL);
	mkcap_read(m, T0 + 6 * US, 100, -11, 3, NULL);
	mkcap_openat(m, T0 + 7 * US, 100, 4, "/srv/out", 2);
	mkcap_write(m, T0 + 8 * US, 100, 30, 4, "y");
	mkcap_socket(m, T0 + 9 * US, 100, 5, 2, 1, 6);
	mkcap_connect4(m, T0 + 10 * US, 100, -115, 5, "10.0.0.1", 40000, "10.0.0.2", 80);
	mkcap_write(m, T0 + 11 * US, 100, 70, 5, "z");
	mkcap_read(m, T0 + 12 * US, 100, 40, 5, NULL);
	mkcap_accept4(m, T0 + 13 * US, 100, 6, "10.0.0.9", 50000, "10.0.0.1", 80);
	mkcap_recvfrom4(m, T0 + 14 * US, 100, 9, 6, "q", "10.0.0.9", 50000, "10.0.0.1", 80);
	mkcap_socket(m, T0 + 15 * US, 100, 7, 2, 1, 6);
	mkcap_connect4(m, T0 + 16 * US, 100, -111, 7, "10.0.0.1", 40001, "10.0.0.2", 81);
	mkcap_pipe(m, T0 + 17 * US, 100, 8, 9, 5);
	mkcap_write(m, T0 + 18 * US, 100, 1000, 9, "pipe");
}

static void test_stats_process_sums(void)
{
	for (unsigned int threads = 1; threads <= 3; threads++) {
		const struct table *t;
		struct mkcap m;
		struct run r;
		size_t row;

		begin(&m);
		srv_story(&m);
		m.with_flags = true;
		m.event_flags = 1;
		mkcap_write(&m, T0 + 19 * US, 100, 5000, 4, "state only");
		m.with_flags = false;
		mkcap_close(&m, T0 + 20 * US, 200, 0, 3);
		run_report_of(&r, &m, threads, 4096);
		t = run_table(&r, "processes");
		CU_ASSERT_EQUAL(t->row_count, 3);
		row = run_row_num(t, "pid", 100);
		CU_ASSERT_EQUAL(run_num(t, row, "events"), 18);
		CU_ASSERT_EQUAL(run_num(t, row, "syscalls"), 18);
		CU_ASSERT_EQUAL(run_num(t, row, "errors"), 4);
		CU_ASSERT_EQUAL(run_num(t, row, "file_read"), 150);
		CU_ASSERT_EQUAL(run_num(t, row, "file_written"), 30);
		CU_ASSERT_EQUAL(run_num(t, row, "net_in"), 49);
		CU_ASSERT_EQUAL(run_num(t, row, "net_out"), 70);
		CU_ASSERT_EQUAL(run_num(t, row, "files_opened"), 2);
		/* In progress counts, refused does not. */
		CU_ASSERT_EQUAL(run_num(t, row, "connections"), 2);
		CU_ASSERT_EQUAL(run_num(t, row, "first_seen"), T0 + 1 * US);
		CU_ASSERT_EQUAL(run_num(t, row, "threads"), 1);
		CU_ASSERT_TRUE(run_text_is(t, row, "name", "srv"));
		CU_ASSERT_TRUE(run_text_is(t, row, "exe", "/usr/sbin/srv"));
		CU_ASSERT_TRUE(run_text_is(t, row, "command_line", "srv -d --port 8"));
		CU_ASSERT_EQUAL(run_num(t, row, "parent_pid"), 1);
		CU_ASSERT_TRUE(run_text_is(t, row, "parent", "init"));
		CU_ASSERT_TRUE(run_text_is(t, row, "user", "www"));
		CU_ASSERT_EQUAL(run_num(t, row, "uid"), 33);
		CU_ASSERT_TRUE(run_text_is(t, row, "container", "host"));
		CU_ASSERT_TRUE(run_text_is(t, row, "host", "web1"));
		CU_ASSERT_TRUE(run_unknown(t, row, "start"));
		CU_ASSERT_TRUE(run_unknown(t, row, "end"));
		CU_ASSERT_TRUE(run_unknown(t, row, "exit_code"));
		CU_ASSERT_TRUE(run_unknown(t, row, "cpu_time"));
		row = run_row_num(t, "pid", 200);
		CU_ASSERT_EQUAL(run_num(t, row, "events"), 1);
		CU_ASSERT_EQUAL(run_num(t, row, "first_seen"), T0 + 20 * US);
		CU_ASSERT_EQUAL(run_num(t, row, "last_seen"), T0 + 20 * US);
		row = run_row_num(t, "pid", 1);
		CU_ASSERT_EQUAL(run_num(t, row, "events"), 0);
		CU_ASSERT_TRUE(run_unknown(t, row, "first_seen"));
		run_release(&r);
		mkcap_release(&m);
	}
}

/* Children, programs, exit codes and signals; a process id used twice is two rows. */
static void test_stats_process_lives(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t row;
	size_t first = SIZE_MAX;
	size_t second = SIZE_MAX;

	begin(&m);
	mkcap_clone_parent(&m, T0 + 1, 100, 300, "srv", 0);
	mkcap_clone_child(&m, T0 + 2, 300, 300, 100, "srv", 0);
	mkcap_execve(&m, T0 + 3, 300, 300, 100, "sh", "-c\0id", 6, "sh", "/bin/sh");
	mkcap_clone_parent(&m, T0 + 4, 100, 301, "srv", 0);
	mkcap_clone_child(&m, T0 + 5, 301, 301, 100, "srv", 0);
	mkcap_procexit(&m, T0 + 6, 301, 9);
	mkcap_procexit(&m, T0 + 7, 300, 3 << 8);
	mkcap_clone_parent(&m, T0 + 8, 100, 300, "srv", 0);
	mkcap_clone_child(&m, T0 + 9, 300, 300, 100, "srv", 0);
	mkcap_procexit(&m, T0 + 10, 300, 0);
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "processes");
	CU_ASSERT_EQUAL(t->row_count, 6);
	row = run_row_num(t, "pid", 100);
	CU_ASSERT_EQUAL(run_num(t, row, "children"), 3);
	CU_ASSERT_EQUAL(run_num(t, row, "execs"), 0);
	row = run_row_num(t, "pid", 301);
	CU_ASSERT_EQUAL(run_num(t, row, "exit_code"), 128 + 9);
	CU_ASSERT_EQUAL(run_num(t, row, "end"), T0 + 6);
	CU_ASSERT_EQUAL(run_num(t, row, "parent_pid"), 100);
	for (size_t i = 0; i < t->row_count; i++) {
		if (run_num(t, i, "pid") == 300) {
			if (first == SIZE_MAX) {
				first = i;
			} else {
				second = i;
			}
		}
	}
	CU_ASSERT_FATAL(first != SIZE_MAX && second != SIZE_MAX);
	CU_ASSERT_TRUE(run_text_is(t, first, "name", "sh"));
	CU_ASSERT_TRUE(run_text_is(t, first, "exe", "/bin/sh"));
	CU_ASSERT_TRUE(run_text_is(t, first, "command_line", "sh -c id"));
	CU_ASSERT_EQUAL(run_num(t, first, "exit_code"), 3);
	CU_ASSERT_EQUAL(run_num(t, first, "execs"), 1);
	CU_ASSERT_EQUAL(run_num(t, first, "end"), T0 + 7);
	CU_ASSERT_TRUE(run_text_is(t, second, "name", "srv"));
	CU_ASSERT_EQUAL(run_num(t, second, "exit_code"), 0);
	CU_ASSERT_EQUAL(run_num(t, second, "execs"), 0);
	CU_ASSERT_EQUAL(run_num(t, second, "end"), T0 + 10);
	CU_ASSERT_TRUE(run_num(t, second, "start") > T0 + 7 && run_num(t, second, "start") <= T0 + 9);
	run_release(&r);
	mkcap_release(&m);
}

/* Time on a CPU: only slices of which both ends were seen; more must have been where one was not. */
static void test_stats_cpu_time(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t row;

	begin(&m);
	m.cpu = 3;
	mkcap_switch(&m, T0 + 1000, 200, 100);
	m.cpu = 1;
	mkcap_switch(&m, T0 + 1500, 1, 0);
	m.cpu = 3;
	mkcap_switch(&m, T0 + 4000, 100, 200);
	mkcap_switch(&m, T0 + 9000, 200, 100);
	mkcap_switch(&m, T0 + 9500, 100, 0);
	run_report_of(&r, &m, 1, 4096);
	t = run_table(&r, "processes");
	row = run_row_num(t, "pid", 100);
	CU_ASSERT_EQUAL(run_num(t, row, "cpu_time"), 3500);
	CU_ASSERT_EQUAL(run_num(t, row, "cpu_time_seen"), 3500);
	row = run_row_num(t, "pid", 200);
	CU_ASSERT_TRUE(run_unknown(t, row, "cpu_time"));
	CU_ASSERT_EQUAL(run_num(t, row, "cpu_time_seen"), 5000);
	row = run_row_num(t, "pid", 1);
	CU_ASSERT_TRUE(run_unknown(t, row, "cpu_time"));
	CU_ASSERT_TRUE(run_unknown(t, row, "cpu_time_seen"));
	run_release(&r);
	mkcap_release(&m);
}

/* ---- syscalls ------------------------------------------------------------------------------------------- */

/* Without enter events a call begins after the one before it at the earliest: marked, and not for the first. */
static void test_stats_latency_bounds(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t row;

	begin(&m);
	mkcap_write(&m, T0, 100, 4, 9, "data");
	mkcap_write(&m, T0 + 700, 100, 4, 9, "data");
	mkcap_write(&m, T0 + 800, 200, -9, 9, "data");
	mkcap_close(&m, T0 + 1700, 100, 0, 9);
	run_report_of(&r, &m, 1, 4096);
	t = run_table(&r, "syscalls");
	row = run_row_text(t, "event", "write");
	CU_ASSERT_EQUAL(run_num(t, row, "calls"), 3);
	CU_ASSERT_EQUAL(run_num(t, row, "errors"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "timed"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "total"), 700);
	CU_ASSERT_EQUAL(run_num(t, row, "mean"), 700);
	CU_ASSERT_EQUAL(run_num(t, row, "max"), 700);
	CU_ASSERT_EQUAL(run_num(t, row, "p50"), 700);
	CU_ASSERT_EQUAL(run_num(t, row, "latency_bound"), 1);
	CU_ASSERT_TRUE(run_cell(t, row, "max").marks & CELL_BOUND);
	CU_ASSERT_TRUE(run_cell(t, row, "p99").marks & CELL_BOUND);
	row = run_row_text(t, "event", "close");
	CU_ASSERT_EQUAL(run_num(t, row, "total"), 1000);
	run_release(&r);
	mkcap_release(&m);
}

/* Pairs of enter and exit: exact, over other threads' events in between, and batches that part them. */
static void test_stats_latency_exact(void)
{
	static const size_t sizes[] = { 64, 200, 1 << 20 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		const struct table *t;
		struct mkcap m;
		struct run r;
		size_t row;

		begin(&m);
		mkcap_read_enter_old(&m, T0, 100, 9, 100);
		mkcap_read_enter_old(&m, T0 + 10, 200, 9, 100);
		mkcap_read_exit_old(&m, T0 + 500, 100, 3, "abc");
		mkcap_read_exit_old(&m, T0 + 10010, 200, -4, NULL);
		mkcap_close_enter_old(&m, T0 + 10011, 200, 9);
		mkcap_close_exit_old(&m, T0 + 10012, 200, 0);
		mkcap_read_enter_old(&m, T0 + 10020, 100, 9, 100);
		run_report_of(&r, &m, 2, sizes[i]);
		t = run_table(&r, "syscalls");
		row = run_row_text(t, "event", "read");
		CU_ASSERT_EQUAL(run_num(t, row, "calls"), 2);
		CU_ASSERT_EQUAL(run_num(t, row, "errors"), 1);
		CU_ASSERT_EQUAL(run_num(t, row, "timed"), 2);
		CU_ASSERT_EQUAL(run_num(t, row, "total"), 10500);
		CU_ASSERT_EQUAL(run_num(t, row, "mean"), 5250);
		CU_ASSERT_EQUAL(run_num(t, row, "max"), 10000);
		CU_ASSERT_EQUAL(run_num(t, row, "latency_bound"), 0);
		CU_ASSERT_FALSE(run_cell(t, row, "max").marks & CELL_BOUND);
		row = run_row_text(t, "event", "close");
		CU_ASSERT_EQUAL(run_num(t, row, "max"), 1);
		/* The last read began and did not return. */
		t = run_table(&r, "processes");
		CU_ASSERT_EQUAL(run_num(t, run_row_num(t, "pid", 100), "unfinished_calls"), 1);
		CU_ASSERT_EQUAL(run_num(t, run_row_num(t, "pid", 200), "unfinished_calls"), 0);
		t = run_table(&r, "quality");
		CU_ASSERT_EQUAL(run_num(t, run_row_text(t, "kind", "unfinished calls"), "count"), 1);
		run_release(&r);
		mkcap_release(&m);
	}
}

/* Generic events are calls of their own, by their syscall code; calls are sorted by number. */
static void test_stats_syscalls_generic_and_order(void)
{
	const struct table *t;
	struct mkcap m;
	struct run r;

	begin(&m);
	for (unsigned int i = 0; i < 5; i++) {
		mkcap_event(&m, T0 + i, 100, EV_GENERIC_X);
		mkcap_p_u16(&m, i < 3 ? 1 : 2);
		mkcap_p_u16(&m, 0);
		mkcap_end(&m);
	}
	mkcap_close(&m, T0 + 9, 100, 0, 3);
	run_report_of(&r, &m, 2, 64);
	t = run_table(&r, "syscalls");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 3);
	CU_ASSERT_TRUE(run_text_is(t, 0, "event", schema_syscall_name(1)));
	CU_ASSERT_EQUAL(run_num(t, 0, "calls"), 3);
	CU_ASSERT_TRUE(run_text_is(t, 1, "event", schema_syscall_name(2)));
	CU_ASSERT_EQUAL(run_num(t, 1, "calls"), 2);
	CU_ASSERT_TRUE(run_text_is(t, 2, "event", "close"));
	run_release(&r);
	mkcap_release(&m);
}

/* The messages of one call are events of their own, but one call. */
static void test_stats_syscalls_messages(void)
{
	const struct table *t;
	struct mkcap m;
	struct buf items;
	struct run r;

	begin(&m);
	buf_init(&items, 64);
	for (uint32_t i = 0; i < 4; i++) {
		const uint8_t numbers[8] = { (uint8_t)(i % 3), 0, 0, 0, 3, 0, 0, 0 };	/* a call with three, then another one */

		buf_reset(&items);
		mkcap_extra(&m, &items, EXTRA_MESSAGE, numbers, sizeof(numbers));
		m.extra = &items;
		mkcap_event(&m, T0 + i / 3, 100, EV_SOCKET_SENDMMSG_X);
		mkcap_p_s64(&m, 10);
		mkcap_p_s64(&m, 3);
		mkcap_p_u32(&m, 10);
		mkcap_p_empty(&m);
		mkcap_p_empty(&m);
		mkcap_end(&m);
	}
	m.extra = NULL;
	run_report_of(&r, &m, 2, 64);
	t = run_table(&r, "syscalls");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "calls"), 2);
	run_release(&r);
	buf_release(&items);
	mkcap_release(&m);
}

/* ---- commands ------------------------------------------------------------------------------------------- */

static void test_stats_commands(void)
{
	struct mkcap_task fail = { .res = -2, .tid = 300, .pid = 300, .ptid = 100, .exe = "srv", .comm = "srv",
				   .uid = 33, .loginuid = 1000, .tty = 34816, .filename = "/bin/nothing" };
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t ok_at;

	begin(&m);
	m.uid = 33;
	mkcap_clone_parent(&m, T0 + 1, 100, 300, "srv", 0);
	mkcap_clone_child(&m, T0 + 2, 300, 300, 100, "srv", 0);
	mkcap_chdir(&m, T0 + 3, 300, 0, "/tmp");
	mkcap_execve_full(&m, T0 + 4, 300, 293, 31, &fail);
	ok_at = m.out.len;
	mkcap_execve(&m, T0 + 5, 300, 300, 100, "sh", "-c\0id; ls", 10, "sh", "/bin/sh");
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "commands");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "time"), T0 + 4);
	CU_ASSERT_TRUE(run_text_is(t, 0, "result", "ENOENT"));
	CU_ASSERT_EQUAL(run_num(t, 0, "pid"), 300);
	CU_ASSERT_EQUAL(run_num(t, 0, "event"), 4);
	CU_ASSERT_EQUAL(run_num(t, 1, "time"), T0 + 5);
	CU_ASSERT_TRUE(run_text_is(t, 1, "result", "ok"));
	CU_ASSERT_EQUAL(run_num(t, 1, "pid"), 300);
	CU_ASSERT_TRUE(run_text_is(t, 1, "process", "sh"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "parent", "srv"));
	CU_ASSERT_EQUAL(run_num(t, 1, "parent_pid"), 100);
	CU_ASSERT_TRUE(run_text_is(t, 1, "user", "www"));
	CU_ASSERT_EQUAL(run_num(t, 1, "uid"), 33);
	CU_ASSERT_TRUE(run_unknown(t, 1, "login_uid"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "cwd", "/tmp/"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "exe", "/bin/sh"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "command_line", "sh -c id; ls"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "source", "capture.scap"));
	CU_ASSERT_EQUAL(run_num(t, 1, "event"), 5);
	CU_ASSERT_EQUAL(run_num(t, 1, "offset"), ok_at);
	run_release(&r);
	mkcap_release(&m);
}

/* ---- sources and quality -------------------------------------------------------------------------------- */

static void test_stats_sources(void)
{
	static const uint8_t frame[60] = { 0 };
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t len;

	begin(&m);
	mkcap_idb(&m, 1, 0, 9, "eth0");
	mkcap_idb(&m, 1, 0, 9, "eth1");
	mkcap_read_enter_old(&m, T0 + 5, 100, 9, 100);
	mkcap_read_exit_old(&m, T0 + 9, 100, 3, "abc");
	mkcap_epb(&m, 0, T0 + 3, frame, 60, 1500);
	mkcap_epb(&m, 1, T0 + 20, frame, 60, 60);
	mkcap_section(&m, 1);
	m.v1 = true;
	mkcap_close(&m, T0 + 100, 7, 0, 3);
	len = m.out.len;
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "sources");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 2);
	CU_ASSERT_TRUE(run_text_is(t, 0, "source", "capture.scap"));
	CU_ASSERT_EQUAL(run_num(t, 0, "section"), 0);
	CU_ASSERT_TRUE(run_text_is(t, 0, "format", "scap+packets 1.2"));
	CU_ASSERT_TRUE(run_unknown(t, 0, "wrapping"));
	CU_ASSERT_EQUAL(run_num(t, 0, "bytes"), len);
	CU_ASSERT_TRUE(run_text_is(t, 0, "host", "web1"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "os", "Linux 6.1"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "tool", "recorder 1.0"));
	CU_ASSERT_EQUAL(run_num(t, 0, "cpus"), 4);
	CU_ASSERT_EQUAL(run_num(t, 0, "events"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "enter_events"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "packets"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "packet_bytes"), 1560);
	CU_ASSERT_EQUAL(run_num(t, 0, "interfaces"), 2);
	CU_ASSERT_EQUAL(run_num(t, 0, "first"), T0 + 3);
	CU_ASSERT_EQUAL(run_num(t, 0, "last"), T0 + 20);
	CU_ASSERT_EQUAL(run_num(t, 0, "span"), 17);
	CU_ASSERT_EQUAL(run_num(t, 0, "damaged"), 0);
	CU_ASSERT_EQUAL(run_num(t, 0, "complete"), 1);
	CU_ASSERT_EQUAL(run_num(t, 1, "section"), 1);
	CU_ASSERT_TRUE(run_text_is(t, 1, "format", "scap 1.1"));
	CU_ASSERT_TRUE(run_unknown(t, 1, "host"));
	CU_ASSERT_TRUE(run_unknown(t, 1, "cpus"));
	CU_ASSERT_EQUAL(run_num(t, 1, "first"), T0 + 100);
	CU_ASSERT_EQUAL(run_num(t, 1, "span"), 0);
	run_release(&r);
	mkcap_release(&m);
}

static void drops(struct mkcap *m, uint32_t id, uint64_t by_interface, uint64_t by_os)
{
	struct buf x;

	buf_init(&x, 64);
	mkcap_u64(&x, by_interface, false);
	mkcap_u64(&x, by_os, false);
	mkcap_block_begin(m, 5);
	mkcap_u32(&m->out, id, false);
	mkcap_u64(&m->out, 0, false);
	mkcap_option(m, 5, x.data, 8);
	mkcap_option(m, 7, x.data + 8, 8);
	mkcap_option_end(m);
	mkcap_block_end(m);
	buf_release(&x);
}

static uint64_t quality_count(const struct table *t, const char *what)
{
	return run_num(t, run_row_text(t, "kind", what), "count");
}

static void test_stats_quality(void)
{
	static const uint8_t frame[60] = { 0 };
	const struct table *t;
	struct mkcap m;
	struct run r;
	size_t bad_at;
	size_t row;

	begin(&m);
	mkcap_idb(&m, 1, 0, 9, "eth0");
	mkcap_idb(&m, 1, 0, 9, "eth1");
	mkcap_epb(&m, 0, T0, frame, 10, 60);
	mkcap_epb(&m, 0, T0, frame, 60, 60);
	drops(&m, 0, 3, 5);
	drops(&m, 1, 10, 20);
	mkcap_drop(&m, T0, true, 2);
	mkcap_drop(&m, T0 + 1, false, 2);
	mkcap_drop(&m, T0 + 2, true, 2);
	mkcap_close(&m, 0, 100, 0, 3);
	mkcap_event(&m, T0 + 3, 100, 600);
	mkcap_end(&m);
	m.nparams_override = 60000;
	mkcap_close(&m, T0 + 4, 100, 0, 3);
	m.nparams_override = -1;
	m.with_flags = true;
	m.event_flags = 1;
	mkcap_close(&m, T0 + 5, 100, 0, 3);
	m.with_flags = false;
	mkcap_close(&m, T0 + 6, 9999, 0, 3);
	mkcap_close(&m, T0 + 7, 9999, 0, 3);
	bad_at = m.out.len;
	buf_add(&m.out, frame, 36);
	mkcap_close(&m, T0 + 8, 100, 0, 3);
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "quality");
	row = run_row_text(t, "kind", "damage");
	CU_ASSERT_EQUAL(run_num(t, row, "count"), 1);
	CU_ASSERT_EQUAL(run_num(t, row, "bytes"), 36);
	CU_ASSERT_EQUAL(run_num(t, row, "offset"), bad_at);
	CU_ASSERT_TRUE(run_text_is(t, row, "source", "capture.scap"));
	CU_ASSERT_EQUAL(quality_count(t, "recorder dropped events"), 2);
	CU_ASSERT_EQUAL(quality_count(t, "packets dropped by the interface"), 13);
	CU_ASSERT_EQUAL(quality_count(t, "packets dropped by the system"), 25);
	CU_ASSERT_EQUAL(quality_count(t, "packets cut"), 1);
	CU_ASSERT_EQUAL(quality_count(t, "events without time"), 1);
	CU_ASSERT_EQUAL(quality_count(t, "events of unknown type"), 1);
	CU_ASSERT_EQUAL(quality_count(t, "events with bad parameters"), 1);
	CU_ASSERT_EQUAL(quality_count(t, "events for state only"), 1);
	CU_ASSERT_EQUAL(quality_count(t, "threads not seen to start"), 1);
	CU_ASSERT_EQUAL(quality_count(t, "events of unknown threads"), 2);
	t = run_table(&r, "sources");
	CU_ASSERT_EQUAL(run_num(t, 0, "damaged"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "complete"), 1);
	CU_ASSERT_EQUAL(run_num(t, 0, "events"), 10);
	run_release(&r);
	mkcap_release(&m);
}

/* A clean capture has nothing to complain about. */
static void test_stats_quality_of_a_clean_capture(void)
{
	struct mkcap m;
	struct run r;

	begin(&m);
	mkcap_openat(&m, T0, 100, 3, "/x", 1);
	mkcap_write(&m, T0 + 1, 100, 4, 3, "data");
	mkcap_close(&m, T0 + 2, 100, 0, 3);
	run_report_of(&r, &m, 1, 4096);
	CU_ASSERT_EQUAL(run_table(&r, "quality")->row_count, 0);
	run_release(&r);
	mkcap_release(&m);
}

/* More damage than is listed word for word is still counted. */
static void test_stats_quality_of_much_damage(void)
{
	static const uint8_t junk[16] = { 0 };
	const struct table *t;
	struct mkcap m;
	struct run r;
	uint64_t listed = 0;

	begin(&m);
	for (unsigned int i = 0; i < 200; i++) {
		buf_add(&m.out, junk, 16);
		mkcap_close(&m, T0 + i, 100, 0, 3);
	}
	for (size_t k = 0; k < 3; k++) {
		static const size_t sizes[] = { 64, 4096, 1 << 20 };

		run_report_of(&r, &m, 2, sizes[k]);
		t = run_table(&r, "quality");
		listed = 0;
		for (size_t i = 0; i < t->row_count; i++) {
			listed += run_text_is(t, i, "kind", "damage");
		}
		CU_ASSERT_EQUAL(listed, LIMIT_DAMAGE_ENTRIES);
		CU_ASSERT_EQUAL(quality_count(t, "damage not listed"), 200 - LIMIT_DAMAGE_ENTRIES);
		t = run_table(&r, "sources");
		CU_ASSERT_EQUAL(run_num(t, 0, "damaged"), 200);
		CU_ASSERT_EQUAL(run_num(t, 0, "events"), 200);
		run_release(&r);
	}
	mkcap_release(&m);
}

void suite_stats(CU_pSuite suite);
void suite_stats(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_process_sums", test_stats_process_sums);
	CU_add_test(suite, "test_stats_process_lives", test_stats_process_lives);
	CU_add_test(suite, "test_stats_cpu_time", test_stats_cpu_time);
	CU_add_test(suite, "test_stats_latency_bounds", test_stats_latency_bounds);
	CU_add_test(suite, "test_stats_latency_exact", test_stats_latency_exact);
	CU_add_test(suite, "test_stats_syscalls_generic_and_order", test_stats_syscalls_generic_and_order);
	CU_add_test(suite, "test_stats_syscalls_messages", test_stats_syscalls_messages);
	CU_add_test(suite, "test_stats_commands", test_stats_commands);
	CU_add_test(suite, "test_stats_sources", test_stats_sources);
	CU_add_test(suite, "test_stats_quality", test_stats_quality);
	CU_add_test(suite, "test_stats_quality_of_a_clean_capture", test_stats_quality_of_a_clean_capture);
	CU_add_test(suite, "test_stats_quality_of_much_damage", test_stats_quality_of_much_damage);
}
