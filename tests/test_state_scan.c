/*
 * test_state_scan.c - metadata blocks: what was there before the first event.
 */
#include "mkstate.h"

static const struct mkcap_proc full = {
	.tid = 700,
	.pid = 700,
	.ptid = 1,
	.sid = 70,
	.vpgid = 71,
	.vtid = 700,
	.vpid = 700,
	.pgid = 72,
	.comm = "sh",
	.exe = "-sh",
	.exepath = "/bin/sh (deleted)",
	.cwd = "/srv/",
	.root = "/",
	.args = "-c\0ls",
	.args_len = 6,
	.env = "A=1\0B=2",
	.env_len = 8,
	.cgroups = "cpu_cgroup=/a\0mem=/b",
	.cgroups_len = 21,
	.fdlimit = 4096,
	.flags = 0,
	.uid = 5,
	.gid = 6,
	.loginuid = 1000,
	.tty = 34816,
	.vmsize_kb = 10,
	.vmrss_kb = 11,
	.vmswap_kb = 12,
	.pfmajor = 13,
	.pfminor = 14,
	.pidns_init_start_ns = 77,
	.cap_inheritable = 1,
	.cap_permitted = 2,
	.cap_effective = 3,
	.exe_ino = 8,
	.exe_ctime_ns = 9,
	.exe_mtime_ns = 10,
	.exe_writable = 1,
	.exe_upper = 1,
	.exe_memfd = 1,
	.exe_lower = 1,
};

static void check_version(const struct thread_view *v, int version)
{
	CU_ASSERT_EQUAL(v->pid, 700);
	CU_ASSERT_EQUAL(v->ptid, 1);
	CHECK_STR(v->comm->s, "sh");
	CHECK_STR(v->image->exe->s, "-sh");
	CHECK_STR(v->cwd->s, "/srv/");
	CU_ASSERT_EQUAL(v->fdlimit, 4096);
	CU_ASSERT_EQUAL(v->uid, 5);
	CU_ASSERT_EQUAL(v->gid, 6);
	CU_ASSERT_EQUAL(v->image->args->len, 5);
	CU_ASSERT_NOT_EQUAL(v->flags & TV_FROM_SCAN, 0);
	CU_ASSERT_NOT_EQUAL(v->flags & TV_MAIN, 0);
	CU_ASSERT_EQUAL(v->vmrss_kb, version >= 2 ? 11 : 0);
	CU_ASSERT_EQUAL(v->pfminor, version >= 2 ? 14 : 0);
	CU_ASSERT_EQUAL(v->image->env->len, version >= 3 ? 7 : 0);
	CU_ASSERT_EQUAL(v->vtid, version >= 4 ? 700 : -1);
	CHECK_STR(v->root->s, version >= 5 ? "/" : "");
	CU_ASSERT_EQUAL(v->sid, version >= 6 ? 70 : -1);
	CHECK_STR(v->image->exepath->s, version >= 7 ? "/bin/sh" : "");
	CU_ASSERT_EQUAL(v->vpgid, version >= 8 ? 71 : -1);
	if (version >= 4) {
		CU_ASSERT_EQUAL(v->image->cgroups->len, 16);
		CU_ASSERT_EQUAL(memcmp(v->image->cgroups->s, "cpu=/a\0memory=/b", 16), 0);
	}
}

static void test_state_scan_process_versions(void)
{
	for (int version = 1; version <= 9; version++) {
		for (int be = 0; be < 2; be++) {
			struct mkstate m;

			mkstate_init(&m, be != 0, WANT_MEMORY);
			mkcap_processes(&m.cap, version, 0, &full, 1);
			check_version(mkstate_thread(&m, 700), version);
			CU_ASSERT_EQUAL(state_counts(m.s)->meta_malformed, 0);
			mkstate_end(&m);
		}
	}
}

static void check_tail(const struct thread_view *v, unsigned int tail)
{
	bool modern = tail >= 66;

	CU_ASSERT_EQUAL(v->loginuid, tail >= 4 ? 1000 : UID_NONE);
	CU_ASSERT_EQUAL((v->flags & TV_EXE_WRITABLE) != 0, tail >= 5);
	CU_ASSERT_EQUAL(v->cap_effective, tail >= 29 ? 3 : 0);
	CU_ASSERT_EQUAL(v->pidns_start_ns, modern ? 77 : 0);
	CU_ASSERT_EQUAL(v->tty, modern ? 34816 : 0);
	CU_ASSERT_EQUAL((v->flags & TV_EXE_UPPER) != 0, modern);
	CU_ASSERT_EQUAL(v->exe_ino, modern ? 8 : 0);
	CU_ASSERT_EQUAL(v->exe_mtime_ns, modern ? 10 : 0);
	CU_ASSERT_EQUAL((v->flags & TV_EXE_MEMFD) != 0, tail >= 67);
	CU_ASSERT_EQUAL((v->flags & TV_EXE_LOWER) != 0, tail >= 68);
	CU_ASSERT_EQUAL(v->pgid, tail >= 76 ? 72 : -1);
}

static void test_state_scan_tails(void)
{
	static const unsigned int tails[] = { 0, 4, 5, 29, 66, 67, 68, 76, 90 };

	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		struct mkcap_proc two[2] = { full, full };
		struct mkstate m;

		two[0].tid = two[0].pid = 600;
		mkstate_init(&m, false, 0);
		mkcap_processes(&m.cap, 9, tails[i], two, 2);
		check_tail(mkstate_thread(&m, 700), tails[i]);
		mkstate_end(&m);
	}
}

static void test_state_scan_cut_lists(void)
{
	/* A list cut anywhere gives the entries before the cut and one finding. */
	struct mkcap whole;
	struct mkcap_proc two[2] = { full, full };
	size_t body;

	two[0].tid = two[0].pid = 600;
	mkcap_init(&whole, false);
	mkcap_processes(&whole, 9, 76, two, 2);
	body = whole.out.len - 12;
	for (size_t cut = 4; cut < body; cut += 7) {
		struct mkstate m;

		mkstate_init(&m, false, 0);
		mkcap_block(&m.cap, 0x215, whole.out.data + 8, cut);
		mkstate_fold(&m);
		CU_ASSERT(state_counts(m.s)->meta_malformed <= 1);
		CU_ASSERT(m.source->damage_count <= 1);
		state_finish(m.s);
		CU_ASSERT(state_counts(m.s)->threads_live <= 1);
		mkstate_end(&m);
	}
	for (int version = 1; version < 9; version++) {
		struct mkcap old;
		struct mkstate m;

		mkcap_init(&old, false);
		mkcap_processes(&old, version, 0, two, 2);
		mkstate_init(&m, false, 0);
		mkcap_block(&m.cap, load_le32((const uint8_t *)old.out.data), old.out.data + 8,
			    old.out.len - 12 - 20);
		mkstate_fold(&m);
		CU_ASSERT_EQUAL(state_counts(m.s)->meta_malformed, 1);
		state_finish(m.s);
		CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 1);
		mkstate_end(&m);
		mkcap_release(&old);
	}
	mkcap_release(&whole);
}

static void test_state_scan_threads_follow_their_leader(void)
{
	struct mkcap_proc p[2] = { full, full };
	struct mkstate m;
	const struct thread_view *v;

	p[1].tid = 701;
	p[1].vtid = 701;
	p[1].cwd = "/elsewhere/";
	p[1].comm = "worker";
	mkstate_init(&m, false, 0);
	mkcap_processes(&m.cap, 9, 76, p, 2);
	v = mkstate_thread(&m, 701);
	CHECK_STR(v->comm->s, "worker");
	CHECK_STR(v->cwd->s, "/srv/");
	CU_ASSERT_EQUAL(v->process, mkstate_thread(&m, 700)->process);
	CU_ASSERT_PTR_EQUAL(v->image, mkstate_thread(&m, 700)->image);
	mkstate_end(&m);
}

/* As in captures of sysdig: only the first thread's entry has the environment, and it is not the first of the list. */
static void test_state_scan_threads_listed_before_their_leader(void)
{
	struct mkcap_proc p[3] = { full, full, full };
	struct mkstate m;

	p[0].tid = p[0].vtid = 701;
	p[0].env_len = 0;
	p[0].comm = "worker";
	p[2].tid = p[2].vtid = 702;
	p[2].env_len = 0;
	p[2].exe = "other";
	mkstate_init(&m, false, 0);
	mkcap_processes(&m.cap, 9, 76, p, 3);
	mkcap_event(&m.cap, mkstate_tick(&m), 701, EV_SYSCALL_GETUID_E);
	mkcap_end(&m.cap);
	mkstate_fold(&m);
	CU_ASSERT_EQUAL(mkstate_thread(&m, 701)->image->env->len, 7);
	CU_ASSERT_PTR_EQUAL(mkstate_thread(&m, 701)->image, mkstate_thread(&m, 700)->image);
	CHECK_STR(mkstate_thread(&m, 702)->image->env->s, "A=1");
	CHECK_STR(mkstate_thread(&m, 702)->image->exe->s, "other");
	mkstate_end(&m);
}

static void test_state_scan_machine_and_users(void)
{
	struct mkstate m;
	const char *const users[] = { "root", "daemon" };
	const uint32_t uids[] = { 0, 5 };
	const char *const groups[] = { "staff" };
	const uint32_t gids[] = { 6 };
	const struct user_row *u;
	const struct group_row *g;
	const struct thread_view *v;
	uint32_t n;

	for (int v2 = 0; v2 < 2; v2++) {
		mkstate_init(&m, v2 == 0, 0);
		mkcap_machine(&m.cap, "host.example", 4, 1234567);
		mkcap_accounts(&m.cap, v2 != 0, users, uids, 2, groups, gids, 1);
		mkcap_interfaces(&m.cap, v2 != 0, "eth0", "10.0.0.1", "255.255.255.0", "fd00::1",
				 "ffff::");
		mkcap_processes(&m.cap, 9, 76, &full, 1);
		v = mkstate_thread(&m, 700);
		CHECK_STR(v->user_name->s, "daemon");
		CHECK_STR(v->group_name->s, "staff");
		CU_ASSERT_TRUE(m.section.has_machine);
		CHECK_STR(m.section.hostname, "host.example");
		CU_ASSERT_EQUAL(m.section.num_cpus, 4);
		CU_ASSERT_EQUAL(m.section.boot_ns, 1234567);
		u = state_users(m.s, &n);
		CU_ASSERT_EQUAL_FATAL(n, 2);
		CU_ASSERT_EQUAL(u[1].uid, 5);
		CHECK_STR(u[1].home->s, "/home/daemon");
		g = state_groups(m.s, &n);
		CU_ASSERT_EQUAL_FATAL(n, 1);
		CHECK_STR(g[0].name->s, "staff");
		state_interfaces(m.s, &n);
		CU_ASSERT_EQUAL(n, 2);
		CU_ASSERT_EQUAL(state_counts(m.s)->meta_malformed, 0);
		mkstate_end(&m);
	}
}

static void test_state_scan_fd_names(void)
{
	for (int v2 = 0; v2 < 2; v2++) {
		struct mkstate m;
		const struct fd_view *fd;

		mkstate_init(&m, false, 0);
		mkstate_process(&m, 100, 1, "srv");
		mkcap_fds_begin(&m.cap, v2 != 0, 100);
		mkcap_fd_named(&m.cap, 0, 11, FD_FIFO, "pipe:[11]");
		mkcap_fd_file2(&m.cap, 1, 12, PPM_O_WRONLY, "/var/log/x", 0x801);
		mkcap_fd_unix(&m.cap, 2, 13, 0xABC, 0xDEF, "/run/s");
		mkcap_fd_unix(&m.cap, 3, 14, 1, 2, "");
		mkcap_fd_server4(&m.cap, 4, 15, "0.0.0.0", 80, L4_TCP);
		mkcap_fd_ipv6(&m.cap, 5, 16, "::ffff:10.0.0.1", 5000, "::ffff:10.0.0.2", 6000,
			      L4_TCP);
		mkcap_fds_end(&m.cap);
		CHECK_FD(&m, 100, 0, "pipe:[11]");
		fd = mkstate_fd(&m, 100, 1);
		CHECK_STR(fd->name, "/var/log/x");
		CU_ASSERT_EQUAL(fd->type, FD_FILE_V2);
		CU_ASSERT_EQUAL(fd->dev, v2 ? 0x801 : 0);
		CU_ASSERT_EQUAL(fd->flags & FV_FROM_SCAN, FV_FROM_SCAN);
		CU_ASSERT_EQUAL(fd->process, ID_NONE);
		fd = mkstate_fd(&m, 100, 2);
		CHECK_STR(fd->name, "/run/s");
		CU_ASSERT_EQUAL(fd->unix_dst, 0xDEF);
		CU_ASSERT_EQUAL(fd->role, ROLE_SERVER);
		CU_ASSERT_EQUAL(mkstate_fd(&m, 100, 3)->role, ROLE_CLIENT);
		CHECK_FD(&m, 100, 4, "0.0.0.0:80");
		fd = mkstate_fd(&m, 100, 5);
		CU_ASSERT_EQUAL(fd->type, FD_IPV4);
		CHECK_STR(fd->name, "10.0.0.1:5000->10.0.0.2:6000");
		mkstate_end(&m);
	}
}

static void test_state_scan_roles(void)
{
	struct mkstate m;
	const struct fd_view *fd;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "srv");
	mkstate_process(&m, 200, 1, "cli");
	mkcap_fds_begin(&m.cap, true, 100);
	mkcap_fd_server4(&m.cap, 3, 1, "0.0.0.0", 80, L4_TCP);
	mkcap_fd_ipv4(&m.cap, 4, 2, "10.0.0.1", 80, "10.0.0.9", 40000, L4_TCP);
	mkcap_fd_ipv6(&m.cap, 5, 3, "fd00::1", 80, "fd00::9", 40001, L4_TCP);
	mkcap_fds_end(&m.cap);
	mkcap_fds_begin(&m.cap, true, 200);
	mkcap_fd_ipv4(&m.cap, 4, 5, "10.0.0.1", 50000, "10.0.0.9", 443, L4_TCP);
	mkcap_fds_end(&m.cap);
	fd = mkstate_fd(&m, 100, 4);
	CHECK_STR(fd->name, "10.0.0.9:40000->10.0.0.1:80");
	CU_ASSERT_EQUAL(fd->role, ROLE_SERVER);
	CU_ASSERT_EQUAL(fd->src_port, 40000);
	fd = mkstate_fd(&m, 100, 5);
	CHECK_STR(fd->name, "fd00::9:40001->fd00::1:80");
	fd = mkstate_fd(&m, 200, 4);
	CHECK_STR(fd->name, "10.0.0.1:50000->10.0.0.9:443");
	CU_ASSERT_EQUAL(fd->role, ROLE_CLIENT);
	mkstate_end(&m);
}

static void test_state_scan_zero_address_is_patched(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkcap_interface4(&m.cap, true, "eth0", "10.1.2.3", "255.255.255.0");
	mkstate_process(&m, 100, 1, "x");
	mkcap_fds_begin(&m.cap, true, 100);
	mkcap_fd_ipv4(&m.cap, 4, 2, "0.0.0.0", 5353, "10.1.2.77", 53, L4_UDP);
	mkcap_fds_end(&m.cap);
	CHECK_FD(&m, 100, 4, "10.1.2.3:5353->10.1.2.77:53");
	mkstate_end(&m);
}

static void test_state_scan_shared_socket_has_one_id(void)
{
	struct mkstate m;
	uint32_t id;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "a");
	mkstate_process(&m, 200, 100, "b");
	for (int64_t pid = 100; pid <= 200; pid += 100) {
		mkcap_fds_begin(&m.cap, true, pid);
		mkcap_fd_server4(&m.cap, 3, 4711, "0.0.0.0", 80, L4_TCP);
		mkcap_fd_file2(&m.cap, 4, 99, 1, "/etc/hosts", 1);
		mkcap_fds_end(&m.cap);
	}
	id = mkstate_fd(&m, 100, 3)->id;
	CU_ASSERT_EQUAL(mkstate_fd(&m, 200, 3)->id, id);
	/* An inode of a file says nothing of who opened it. */
	CU_ASSERT_NOT_EQUAL(mkstate_fd(&m, 200, 4)->id, mkstate_fd(&m, 100, 4)->id);
	mkstate_end(&m);
}

static void test_state_scan_lists_that_lie(void)
{
	struct mkstate m;
	uint8_t bytes[64];

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "x");
	/* A list of a thread nobody knows. */
	mkcap_fds_begin(&m.cap, true, 999);
	mkcap_fd_named(&m.cap, 0, 11, FD_FIFO, "pipe");
	mkcap_fds_end(&m.cap);
	/* An unknown type: skipped by its length in V2, the end of the block in the old list. */
	mkcap_fds_begin(&m.cap, true, 100);
	mkcap_fd_named(&m.cap, 1, 11, 200, "future");
	mkcap_fd_named(&m.cap, 2, 12, FD_FIFO, "after");
	mkcap_fds_end(&m.cap);
	mkcap_fds_begin(&m.cap, false, 100);
	mkcap_fd_named(&m.cap, 3, 11, 200, "future");
	mkcap_fd_named(&m.cap, 4, 12, FD_FIFO, "lost");
	mkcap_fds_end(&m.cap);
	/* Numbers out of all bounds. */
	mkcap_fds_begin(&m.cap, true, 100);
	mkcap_fd_named(&m.cap, 1ll << 40, 11, FD_FIFO, "far");
	mkcap_fd_named(&m.cap, -5, 11, FD_FIFO, "negative");
	mkcap_fds_end(&m.cap);
	/* Entries of length zero must not loop. */
	memset(bytes, 0, sizeof(bytes));
	mkcap_block(&m.cap, 0x215, bytes, sizeof(bytes));
	mkcap_block(&m.cap, 0x218, bytes, sizeof(bytes));
	mkcap_block(&m.cap, 0x219, bytes, sizeof(bytes));
	mkcap_block(&m.cap, 0x220, bytes, sizeof(bytes));
	mkcap_block(&m.cap, 0x201, bytes, 10);
	CHECK_FD(&m, 100, 2, "after");
	CHECK_NO_FD(&m, 100, 4);
	CU_ASSERT_EQUAL(state_counts(m.s)->orphan_fd_lists, 2);
	CU_ASSERT_EQUAL(state_counts(m.s)->fd_evictions, 1);
	CU_ASSERT(state_counts(m.s)->meta_malformed >= 4);
	CU_ASSERT(m.source->damage_count >= 4);
	mkstate_end(&m);
}

void suite_state_scan(CU_pSuite suite);

void suite_state_scan(CU_pSuite suite)
{
	CU_add_test(suite, "test_state_scan_process_versions", test_state_scan_process_versions);
	CU_add_test(suite, "test_state_scan_tails", test_state_scan_tails);
	CU_add_test(suite, "test_state_scan_cut_lists", test_state_scan_cut_lists);
	CU_add_test(suite, "test_state_scan_threads_follow_their_leader",
		    test_state_scan_threads_follow_their_leader);
	CU_add_test(suite, "test_state_scan_threads_listed_before_their_leader",
		    test_state_scan_threads_listed_before_their_leader);
	CU_add_test(suite, "test_state_scan_machine_and_users", test_state_scan_machine_and_users);
	CU_add_test(suite, "test_state_scan_fd_names", test_state_scan_fd_names);
	CU_add_test(suite, "test_state_scan_roles", test_state_scan_roles);
	CU_add_test(suite, "test_state_scan_zero_address_is_patched",
		    test_state_scan_zero_address_is_patched);
	CU_add_test(suite, "test_state_scan_shared_socket_has_one_id",
		    test_state_scan_shared_socket_has_one_id);
	CU_add_test(suite, "test_state_scan_lists_that_lie", test_state_scan_lists_that_lie);
}
