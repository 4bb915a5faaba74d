/*
 * test_scap_writer.c - scap blocks out: byte by byte what the tests' own builder makes of the same facts, and what the
 * readers and the fold find in them.
 */
#include "mkstate.h"

#include "base/limits.h"
#include "schema/extra.h"
#include "writers/scap.h"

#define OUT_MAX ((size_t)256 << 20)

static struct scap_text text(const char *s)
{
	struct scap_text t = { s, (uint32_t)strlen(s) };

	return t;
}

static struct scap_text bytes(const char *s, size_t len)
{
	struct scap_text t = { s, (uint32_t)len };

	return t;
}

static void check_same(const struct buf *out, const struct mkcap *m)
{
	CU_ASSERT_FALSE(out->failed);
	CU_ASSERT_EQUAL(out->len, m->out.len);
	if (out->len == m->out.len) {
		CU_ASSERT(memcmp(out->data, m->out.data, out->len) == 0);
	}
}

static uint32_t le32(const struct buf *b, size_t at)
{
	return load_le32((const uint8_t *)b->data + at);
}

/* ---- lists ---- */

static void test_scap_writer_section_and_machine(void)
{
	struct scap_machine machine = { .cpus = 8,
					.memory_bytes = UINT64_C(8) << 30,
					.max_pid = 4194304,
					.boot_ns = UINT64_C(1700000000123456789),
					.hostname = "alpha" };
	struct mkcap m;
	struct buf out;

	buf_init(&out, OUT_MAX);
	mkcap_init(&m, false);
	scap_section(&out, NULL);
	CU_ASSERT_EQUAL(out.len, 28);
	scap_machine(&out, &machine);
	CU_ASSERT_EQUAL(out.len, 28 + 192);
	mkcap_section(&m, 2);
	mkcap_machine(&m, "alpha", 8, machine.boot_ns);
	check_same(&out, &m);
	buf_reset(&out);
	buf_reset(&m.out);
	scap_section(&out, "thresher-capture 1");
	mkcap_section_options(&m, 2, NULL, NULL, "thresher-capture 1", NULL);
	check_same(&out, &m);
	mkcap_release(&m);
	buf_release(&out);
}

static void test_scap_writer_interfaces(void)
{
	static const struct scap_interface rows[] = {
		{ .ip = { 10, 0, 0, 5 }, .mask = { 255, 255, 0, 0 }, .name = "eth0" },
		{ .v6 = true, .ip = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .mask = { 255, 255, 255, 255, 255, 255, 255, 255 }, .name = "eth0" },
	};
	struct mkcap m;
	struct buf out;

	buf_init(&out, OUT_MAX);
	mkcap_init(&m, false);
	scap_interfaces(&out, rows, 2);
	mkcap_interfaces(&m, true, "eth0", "10.0.0.5", "255.255.0.0", "2001:db8::1", "ffff:ffff:ffff:ffff::");
	check_same(&out, &m);
	mkcap_release(&m);
	buf_release(&out);
}

static void test_scap_writer_users(void)
{
	static const struct scap_user users[] = { { 0, 0, "root", "/home/root", "/bin/sh" },
						  { 33, 33, "www", "/home/www", "/bin/sh" } };
	static const struct scap_group groups[] = { { 0, "wheel" } };
	static const char *const user_names[] = { "root", "www" };
	static const uint32_t uids[] = { 0, 33 };
	static const char *const group_names[] = { "wheel" };
	static const uint32_t gids[] = { 0 };
	struct mkcap m;
	struct buf out;

	buf_init(&out, OUT_MAX);
	mkcap_init(&m, false);
	scap_users(&out, users, 2, groups, 1);
	mkcap_accounts(&m, true, user_names, uids, 2, group_names, gids, 1);
	check_same(&out, &m);
	mkcap_release(&m);
	buf_release(&out);
}

/* ---- threads ---- */

static const struct scap_thread full_thread = {
	.tid = 1001, .pid = 1000, .ptid = 1, .sid = 900, .vpgid = 7, .pgid = 1000, .vtid = 9, .vpid = 8,
	.comm = { "nginx", 5 }, .exe = { "nginx:", 6 }, .exepath = { "/usr/sbin/nginx", 15 },
	.args = { "worker\0process\0", 15 }, .env = { "A=1\0B=2\0", 8 }, .cwd = { "/srv/", 5 },
	.cgroups = { "cpu=/a\0memory=/a\0", 17 }, .root = { "/", 1 },
	.fdlimit = 1024, .flags = 0x2001, .uid = 33, .gid = 34, .tty = 0x8801, .loginuid = 1000,
	.vmsize_kb = 100, .vmrss_kb = 50, .vmswap_kb = 2, .pfmajor = 3, .pfminor = UINT64_C(5000000000),
	.pidns_start_ns = UINT64_C(1700000000000000001),
	.cap_inheritable = 1, .cap_permitted = UINT64_C(0x1ffffffffff), .cap_effective = 2,
	.exe_ino = 77, .exe_ctime_ns = 88, .exe_mtime_ns = 99, .exe_writable = true, .exe_upper = true, .exe_memfd = false,
	.exe_lower = true,
};

static const struct mkcap_proc full_proc = {
	.tid = 1001, .pid = 1000, .ptid = 1, .sid = 900, .vpgid = 7, .pgid = 1000, .vtid = 9, .vpid = 8,
	.comm = "nginx", .exe = "nginx:", .exepath = "/usr/sbin/nginx",
	.args = "worker\0process", .args_len = 15, .env = "A=1\0B=2", .env_len = 8, .cwd = "/srv/",
	.cgroups = "cpu=/a\0memory=/a", .cgroups_len = 17, .root = "/",
	.fdlimit = 1024, .flags = 0x2001, .uid = 33, .gid = 34, .tty = 0x8801, .loginuid = 1000,
	.vmsize_kb = 100, .vmrss_kb = 50, .vmswap_kb = 2, .pfmajor = 3, .pfminor = UINT64_C(5000000000),
	.pidns_init_start_ns = UINT64_C(1700000000000000001),
	.cap_inheritable = 1, .cap_permitted = UINT64_C(0x1ffffffffff), .cap_effective = 2,
	.exe_ino = 77, .exe_ctime_ns = 88, .exe_mtime_ns = 99, .exe_writable = 1, .exe_upper = 1, .exe_memfd = 0,
	.exe_lower = 1,
};

static void test_scap_writer_threads(void)
{
	struct scap_thread plain = {
		.tid = 5, .pid = 5, .ptid = -1, .sid = -1, .vpgid = -1, .pgid = -1, .vtid = -1, .vpid = -1
	};
	const struct mkcap_proc procs[] = {
		full_proc,
		{ .tid = 5, .pid = 5, .ptid = -1, .sid = -1, .vpgid = -1, .pgid = -1, .vtid = -1, .vpid = -1 },
	};
	struct mkcap m;
	struct buf out;
	size_t at;

	buf_init(&out, OUT_MAX);
	mkcap_init(&m, false);
	at = scap_threads_begin(&out);
	scap_thread(&out, &full_thread);
	scap_thread(&out, &plain);
	scap_threads_end(&out, at);
	mkcap_processes(&m, 9, 76, procs, 2);
	check_same(&out, &m);
	mkcap_release(&m);
	buf_release(&out);
}

/* Offsets from the specification alone: length, five numbers, then comm. */
static void test_scap_writer_texts_are_cut(void)
{
	char *big = malloc(10000);
	struct scap_thread t = { .tid = 1, .pid = 1 };
	struct cursor c;
	struct buf out;
	size_t at;

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	memset(big, 'x', 10000);
	t.comm = bytes(big, 10000);
	t.exe = bytes(big, 1023);
	t.args = bytes(big, 10000);
	t.cwd = bytes(big, 1024);
	buf_init(&out, OUT_MAX);
	at = scap_threads_begin(&out);
	scap_thread(&out, &t);
	scap_threads_end(&out, at);
	c = cur_make(out.data + 8, out.len - 12);
	CU_ASSERT_EQUAL((cur_le32(&c) + 3u) / 4 * 4, out.len - 12);
	cur_skip(&c, 5 * 8);
	CU_ASSERT_EQUAL(cur_le16(&c), 1023);
	cur_skip(&c, 1023);
	CU_ASSERT_EQUAL(cur_le16(&c), 1023);
	cur_skip(&c, 1023);
	CU_ASSERT_EQUAL(cur_le16(&c), 0);	/* exepath */
	CU_ASSERT_EQUAL(cur_le16(&c), 4096);
	cur_skip(&c, 4096);
	CU_ASSERT_EQUAL(cur_le16(&c), 1023);
	CU_ASSERT_FALSE(c.bad);
	free(big);
	buf_release(&out);
}

/* ---- descriptors ---- */

static void add_fds(struct buf *out)
{
	const struct scap_fd rows[] = {
		{ .fd = 3, .ino = 11, .type = 16, .name = text("/etc/hosts"), .open_flags = 0x1001, .dev = 0x800010 },
		{ .fd = 4, .ino = 12, .type = 3, .l4 = 2, .src_ip = { 10, 0, 0, 1 }, .dst_ip = { 10, 0, 0, 2 }, .src_port = 40000,
		  .dst_port = 80 },
		{ .fd = 5, .ino = 13, .type = 4, .l4 = 3, .src_ip = { [15] = 1 }, .dst_ip = { 0x20, 1, [15] = 2 }, .src_port = 1,
		  .dst_port = 65535 },
		{ .fd = 6, .ino = 14, .type = 5, .l4 = 2, .src_ip = { 0 }, .src_port = 22 },
		{ .fd = 7, .ino = 15, .type = 6, .l4 = 2, .src_ip = { 0 }, .src_port = 443 },
		{ .fd = 8, .ino = 16, .type = 8, .unix_src = UINT64_C(0xffff888012345678), .unix_dst = UINT64_C(0xffff888087654321),
		  .name = text("/run/x.sock") },
		{ .fd = 9, .ino = 17, .type = 7, .name = text("pipe:[17]") },
		{ .fd = 10, .ino = 18, .type = 2, .name = text("/srv") },
		{ .fd = 1048575, .ino = UINT64_MAX, .type = 21, .name = text("/proc/77") },
	};
	size_t at = scap_fds_begin(out, 1000);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		scap_fd(out, &rows[i]);
	}
	scap_fds_end(out, at);
}

static void test_scap_writer_fds(void)
{
	struct mkcap m;
	struct buf out;

	buf_init(&out, OUT_MAX);
	mkcap_init(&m, false);
	add_fds(&out);
	mkcap_fds_begin(&m, true, 1000);
	mkcap_fd_file2(&m, 3, 11, 0x1001, "/etc/hosts", 0x800010);
	mkcap_fd_ipv4(&m, 4, 12, "10.0.0.1", 40000, "10.0.0.2", 80, 2);
	mkcap_fd_ipv6(&m, 5, 13, "::1", 1, "2001::2", 65535, 3);
	mkcap_fd_server4(&m, 6, 14, "0.0.0.0", 22, 2);
	mkcap_fd_server6(&m, 7, 15, "::", 443, 2);
	mkcap_fd_unix(&m, 8, 16, UINT64_C(0xffff888012345678), UINT64_C(0xffff888087654321), "/run/x.sock");
	mkcap_fd_named(&m, 9, 17, 7, "pipe:[17]");
	mkcap_fd_named(&m, 10, 18, 2, "/srv");
	mkcap_fd_named(&m, 1048575, UINT64_MAX, 21, "/proc/77");
	mkcap_fds_end(&m);
	check_same(&out, &m);
	mkcap_release(&m);
	buf_release(&out);
}

/* The fold finds the process and the descriptor in the blocks and the event behind them. */
static void test_scap_writer_read_back(void)
{
	struct scap_thread t = full_thread;
	struct mkstate m;
	const struct event *ev;
	size_t at;

	mkstate_init(&m, false, WANT_FDS | WANT_MEMORY);
	t.tid = t.pid;
	at = scap_threads_begin(&m.cap.out);
	scap_thread(&m.cap.out, &t);
	scap_threads_end(&m.cap.out, at);
	add_fds(&m.cap.out);
	mkcap_read(&m.cap, mkstate_tick(&m), 1000, 5, 4, "hello");
	ev = mkstate_last(&m);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev->thread);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev->fd);
	CU_ASSERT_STRING_EQUAL(ev->fd->name, "10.0.0.1:40000->10.0.0.2:80");
	CU_ASSERT_STRING_EQUAL(ev->thread->comm->s, "nginx");
	CU_ASSERT_STRING_EQUAL(ev->thread->image->exepath->s, "/usr/sbin/nginx");
	CU_ASSERT_EQUAL(ev->thread->image->args->len, 14);
	CU_ASSERT_EQUAL(ev->thread->pidns_start_ns, UINT64_C(1700000000000000001));
	CU_ASSERT_EQUAL(ev->thread->cap_permitted, UINT64_C(0x1ffffffffff));
	CU_ASSERT_EQUAL(ev->thread->exe_mtime_ns, 99);
	CU_ASSERT_EQUAL(ev->thread->pgid, 1000);
	CU_ASSERT_EQUAL(ev->thread->flags & (TV_EXE_WRITABLE | TV_EXE_UPPER | TV_EXE_LOWER | TV_EXE_MEMFD),
			TV_EXE_WRITABLE | TV_EXE_UPPER | TV_EXE_LOWER);
	CU_ASSERT_EQUAL(state_counts(m.s)->meta_malformed, 0);
	mkstate_end(&m);
}

/* ---- events ---- */

static void test_scap_writer_event(void)
{
	static const uint16_t lens[] = { 8, 5, 8, 4 };	/* read: res, data, fd, size */
	uint8_t values[25] = { 5, 0, 0, 0, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o', 3, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0 };
	struct scap_event e = { .ts_ns = UINT64_C(1700000000000000007), .tid = 77, .cpu = 3, .type = 7, .nparams = 4, .lens = lens,
				.values = values };
	struct mkcap m;
	struct buf out;

	buf_init(&out, OUT_MAX);
	mkcap_init(&m, false);
	for (int flags = 0; flags < 2; flags++) {
		buf_reset(&out);
		buf_reset(&m.out);
		e.flags = (uint32_t)flags;
		CU_ASSERT_TRUE(scap_event(&out, &e));
		m.cpu = 3;
		m.with_flags = flags != 0;
		m.event_flags = 1;
		mkcap_event(&m, e.ts_ns, 77, 7);
		mkcap_p_s64(&m, 5);
		mkcap_p_bytes(&m, "hello", 5);
		mkcap_p_s64(&m, 3);
		mkcap_p_u32(&m, 9);
		mkcap_end(&m);
		check_same(&out, &m);
		CU_ASSERT_EQUAL(le32(&out, 0), flags != 0 ? 0x217 : 0x216);
	}
	mkcap_release(&m);
	buf_release(&out);
}

static void test_scap_writer_large_event(void)
{
	static const char json[] = "{\"container\":{\"id\":\"0123456789ab\"}}";
	const uint32_t lens[] = { sizeof(json) };
	const uint16_t narrow[] = { sizeof(json) };
	struct scap_event e = {
		.ts_ns = 9, .tid = -1, .type = 324, .nparams = 1, .lens32 = lens, .values = (const uint8_t *)json
	};
	struct mkcap m;
	struct buf out;

	buf_init(&out, OUT_MAX);
	mkcap_init(&m, false);
	CU_ASSERT_TRUE(scap_event(&out, &e));
	mkcap_container_json(&m, 9, json);
	check_same(&out, &m);
	/* The width is the type's. */
	buf_reset(&out);
	e.lens32 = NULL;
	e.lens = narrow;
	CU_ASSERT_TRUE(scap_event(&out, &e));
	check_same(&out, &m);
	CU_ASSERT_EQUAL(le32(&out, 0), 0x221);
	mkcap_release(&m);
	buf_release(&out);
}

/* What thresher adds lies in a custom option, with every remainder of the event's length, and the event is read as
 * without it. */
static void test_scap_writer_extra(void)
{
	uint8_t data[8] = "abcdefg";
	const uint8_t extra[] = { 3, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8 };

	for (uint16_t n = 0; n < 8; n++) {
		const uint16_t lens[] = { 8, n, 8, 4 };
		uint8_t values[32] = { 0 };
		struct scap_event e = { .ts_ns = 1000, .tid = 5, .type = 7, .nparams = 4, .lens = lens, .values = values,
					.extra = extra, .extra_len = sizeof(extra) };
		struct mkstate m;
		const struct event *ev;
		struct cursor c;
		size_t option;

		values[0] = 7;
		memcpy(values + 8, data, n);
		values[8 + n] = 3;
		mkstate_init(&m, false, 0);
		CU_ASSERT_TRUE(scap_event(&m.cap.out, &e));
		option = 8 + ((2 + 26 + 8 + 20 + (size_t)n + 3) & ~(size_t)3);
		CU_ASSERT_EQUAL(m.cap.out.len, option + 4 + 20 + 4 + 4);
		c = cur_make(m.cap.out.data + option, m.cap.out.len - option);
		CU_ASSERT_EQUAL(cur_le16(&c), 2989);
		CU_ASSERT_EQUAL(cur_le16(&c), 20);
		CU_ASSERT_EQUAL(cur_le32(&c), 32473);
		CU_ASSERT_EQUAL(memcmp(cur_take(&c, 4), "THR1", 4), 0);
		CU_ASSERT_EQUAL(memcmp(cur_take(&c, 12), extra, 12), 0);
		CU_ASSERT_EQUAL(cur_le32(&c), 0);
		CU_ASSERT_EQUAL(cur_le32(&c), m.cap.out.len);
		ev = mkstate_last(&m);
		CU_ASSERT_EQUAL(ev->res, 7);
		CU_ASSERT_EQUAL(event_param(ev, 1).len, n);
		CU_ASSERT_EQUAL(ev->flags & EVENT_BAD_PARAMS, 0);
		mkstate_end(&m);
	}
}

static void test_scap_writer_event_refused(void)
{
	uint8_t *values = calloc(1, 200000);
	uint16_t lens[LIMIT_EVENT_PARAMS + 1] = { 0 };
	uint32_t wide[] = { 65536 };
	struct scap_event e = { .ts_ns = 1, .tid = 1, .type = 7, .lens = lens, .values = values };
	struct buf out;

	CU_ASSERT_PTR_NOT_NULL_FATAL(values);
	buf_init(&out, OUT_MAX);
	/* Just what fits: 65536 = cpu, header, two lengths, values, padding, the length behind. */
	e.nparams = 2;
	lens[0] = 60000;
	lens[1] = 65536 - 4 - 2 - 26 - 4 - 60000;
	CU_ASSERT_TRUE(scap_event(&out, &e));
	CU_ASSERT_EQUAL(out.len, 65536 + 8);
	buf_reset(&out);
	lens[1]++;
	CU_ASSERT_FALSE(scap_event(&out, &e));
	e.nparams = LIMIT_EVENT_PARAMS + 1;
	lens[0] = lens[1] = 0;
	CU_ASSERT_FALSE(scap_event(&out, &e));
	e.nparams = 1;
	e.lens = NULL;
	CU_ASSERT_FALSE(scap_event(&out, &e));
	e.lens32 = wide;
	CU_ASSERT_FALSE(scap_event(&out, &e));
	CU_ASSERT_EQUAL(out.len, 0);
	e.type = 324;
	CU_ASSERT_TRUE(scap_event(&out, &e));
	free(values);
	buf_release(&out);
}

void suite_scap_writer(CU_pSuite suite);
void suite_scap_writer(CU_pSuite suite)
{
	CU_add_test(suite, "test_scap_writer_section_and_machine", test_scap_writer_section_and_machine);
	CU_add_test(suite, "test_scap_writer_interfaces", test_scap_writer_interfaces);
	CU_add_test(suite, "test_scap_writer_users", test_scap_writer_users);
	CU_add_test(suite, "test_scap_writer_threads", test_scap_writer_threads);
	CU_add_test(suite, "test_scap_writer_texts_are_cut", test_scap_writer_texts_are_cut);
	CU_add_test(suite, "test_scap_writer_fds", test_scap_writer_fds);
	CU_add_test(suite, "test_scap_writer_read_back", test_scap_writer_read_back);
	CU_add_test(suite, "test_scap_writer_event", test_scap_writer_event);
	CU_add_test(suite, "test_scap_writer_large_event", test_scap_writer_large_event);
	CU_add_test(suite, "test_scap_writer_extra", test_scap_writer_extra);
	CU_add_test(suite, "test_scap_writer_event_refused", test_scap_writer_event_refused);
}
