/*
 * test_state_fds.c - descriptors that are not sockets: what each number is open on after each call.
 */
#include "mkstate.h"
#include "state/state_internal.h"

static void start(struct mkstate *m)
{
	mkstate_init(m, false, 0);
	mkstate_process(m, 100, 1, "x");
}

static void test_state_fds_open_joins(void)
{
	static const struct {
		const char *path, *name;
	} rows[] = {
		{ "/etc/passwd", "/etc/passwd" },
		{ "a", "/home/u/a" },
		{ "./a/./b", "/home/u/a/b" },
		{ "../a", "/home/a" },
		{ "../../../../a", "/a" },
		{ "/x//y///z", "/x/y/z" },
		{ "/x/./y/../z/", "/x/z" },
		{ "/..", "/" },
		{ "/", "/" },
		{ ".hidden", "/home/u/.hidden" },
		{ "a..b/..c", "/home/u/a..b/..c" },
		{ "/a/b/c/d/e/f/g.", "/a/b/c/d/e/f/g." },
		{ "/aaaaaaa/.bbbbbbbbbbbbbbbbb/c", "/aaaaaaa/.bbbbbbbbbbbbbbbbb/c" },
		{ "/aaaaaaaaaaaaaaaaaaaaaaa//b", "/aaaaaaaaaaaaaaaaaaaaaaa/b" },
		{ ".", "/home/u" },
	};
	struct mkstate m;

	start(&m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct event *ev;

		mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, rows[i].path, PPM_O_RDONLY);
		ev = mkstate_last(&m);
		CHECK_STR(ev->fd->name, rows[i].name);
		CU_ASSERT_EQUAL(ev->fd_num, 3);
		if (strcmp(rows[i].path, rows[i].name) != 0) {
			CU_ASSERT_PTR_NOT_NULL_FATAL(ev->fd->raw_name);
			CHECK_STR(ev->fd->raw_name->s, rows[i].path);
		} else {
			CU_ASSERT_PTR_NULL(ev->fd->raw_name);
		}
	}
	mkstate_end(&m);
}

static void test_state_fds_path_too_long(void)
{
	struct mkstate m;
	char path[1100];

	start(&m);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	path[0] = '/';
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, path, 1);
	CHECK_STR(mkstate_last(&m)->fd->name, "/DIR_TOO_LONG/FILENAME_TOO_LONG");
	path[1024] = '\0';
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, path, 1);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->name_len, 1024);
	mkstate_end(&m);
}

static void openat_dir(struct mkstate *m, int64_t fd, int64_t dirfd, const char *name,
		       uint32_t flags)
{
	mkcap_event(&m->cap, mkstate_tick(m), 100, EV_SYSCALL_OPENAT_2_X);
	mkcap_p_s64(&m->cap, fd);
	mkcap_p_s64(&m->cap, dirfd);
	mkcap_p_str(&m->cap, name);
	mkcap_p_u32(&m->cap, flags);
	mkcap_p_u32(&m->cap, 0);
	mkcap_p_u32(&m->cap, 5);
	mkcap_p_u64(&m->cap, 6);
	mkcap_end(&m->cap);
}

static void test_state_fds_directories(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	openat_dir(&m, 3, -100, "/var", PPM_O_DIRECTORY);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->type, FD_DIRECTORY);
	openat_dir(&m, 4, 3, "log/x", PPM_O_RDONLY);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "/var/log/x");
	CU_ASSERT_EQUAL(ev->fd->dev, 5);
	CU_ASSERT_EQUAL(ev->fd->ino, 6);
	CU_ASSERT_EQUAL(ev->fd->type, FD_FILE_V2);
	openat_dir(&m, 5, 77, "lost", PPM_O_RDONLY);
	CHECK_STR(mkstate_last(&m)->fd->name, "<UNKNOWN>lost");
	openat_dir(&m, 6, 77, "/abs", PPM_O_RDONLY);
	CHECK_STR(mkstate_last(&m)->fd->name, "/abs");
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_FCHDIR_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_s64(&m.cap, 3);
	mkcap_end(&m.cap);
	CHECK_STR(mkstate_last(&m)->thread->cwd->s, "/var/");
	mkcap_chdir(&m.cap, mkstate_tick(&m), 100, 0, "log/../lib");
	CHECK_STR(mkstate_last(&m)->thread->cwd->s, "/var/lib/");
	mkcap_chdir(&m.cap, mkstate_tick(&m), 100, -2, "/nope");
	CHECK_STR(mkstate_last(&m)->thread->cwd->s, "/var/lib/");
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_GETCWD_X);
	mkcap_p_s64(&m.cap, 6);
	mkcap_p_str(&m.cap, "/real");
	mkcap_end(&m.cap);
	CHECK_STR(mkstate_last(&m)->thread->cwd->s, "/real/");
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_CHROOT_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_str(&m.cap, "jail");
	mkcap_end(&m.cap);
	CHECK_STR(mkstate_last(&m)->thread->root->s, "/real/jail");
	mkstate_end(&m);
}

static void test_state_fds_failed_open_shows_its_path(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, -2, "missing", PPM_O_RDONLY);
	ev = mkstate_last(&m);
	CU_ASSERT_NOT_EQUAL(ev->flags & EVENT_HAS_FD, 0);
	CU_ASSERT_EQUAL(ev->fd_num, -1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev->fd);
	CHECK_STR(ev->fd->name, "/home/u/missing");
	CU_ASSERT_EQUAL(ev->fd->id, ID_NONE);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->fds_live, 0);
	mkstate_end(&m);
}

static void test_state_fds_close_shows_then_forgets(void)
{
	struct mkstate m;

	start(&m);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/a", 1);
	mkcap_close(&m.cap, mkstate_tick(&m), 100, -9, 3); /* failed: still open */
	CHECK_FD(&m, 100, 3, "/a");
	mkcap_close(&m.cap, mkstate_tick(&m), 100, 0, 3);
	CHECK_STR(mkstate_last(&m)->fd->name, "/a");
	CHECK_NO_FD(&m, 100, 3);
	/* Interrupted, but Linux has freed the number. */
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/b", 1);
	mkcap_close(&m.cap, mkstate_tick(&m), 100, -4, 3);
	mkstate_fold(&m);
	CHECK_NO_FD(&m, 100, 3);
	/* An fd nobody opened counts as an orphan. */
	CU_ASSERT_EQUAL(state_counts(m.s)->orphan_fd_events, 2);
	mkstate_end(&m);
}

static void test_state_fds_dup_keeps_identity(void)
{
	struct mkstate m;
	const struct event *ev;
	uint32_t id;

	start(&m);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/a", 1);
	id = mkstate_last(&m)->fd->id;
	mkcap_dup(&m.cap, mkstate_tick(&m), 100, 4, 3);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd_num, 4);
	CU_ASSERT_EQUAL(ev->fd->id, id);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 5, "/b", 1);
	CU_ASSERT_NOT_EQUAL(mkstate_last(&m)->fd->id, id);
	mkcap_dup2(&m.cap, mkstate_tick(&m), 100, 5, 3, 5);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->id, id);
	CHECK_FD(&m, 100, 5, "/a");
	mkcap_close(&m.cap, mkstate_tick(&m), 100, 0, 3);
	CHECK_FD(&m, 100, 4, "/a");
	/* Of an unknown fd: the old number is shown, and what was there is gone. */
	mkcap_dup2(&m.cap, mkstate_tick(&m), 100, 4, 77, 4);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd_num, 77);
	CU_ASSERT_PTR_NULL(ev->fd);
	CHECK_NO_FD(&m, 100, 4);
	/* Reused numbers are other files. */
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/a", 1);
	CU_ASSERT_NOT_EQUAL(mkstate_last(&m)->fd->id, id);
	mkstate_end(&m);
}

static void fcntl_call(struct mkstate *m, int64_t res, int64_t fd, uint8_t cmd, uint64_t arg)
{
	mkcap_event(&m->cap, mkstate_tick(m), 100, EV_SYSCALL_FCNTL_X);
	mkcap_p_s64(&m->cap, res);
	mkcap_p_s64(&m->cap, fd);
	mkcap_p_u8(&m->cap, cmd);
	mkcap_p_u64(&m->cap, arg);
	mkcap_end(&m->cap);
}

static void exec(struct mkstate *m, int64_t tid)
{
	mkcap_execve(&m->cap, mkstate_tick(m), tid, tid, 1, "y", NULL, 0, "y", "/usr/bin/y");
}

static void test_state_fds_close_on_exec(void)
{
	struct mkstate m;

	start(&m);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/stays", 1);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 4, "/goes", 1 | PPM_O_CLOEXEC);
	mkcap_dup(&m.cap, mkstate_tick(&m), 100, 5, 4); /* the copy stays */
	fcntl_call(&m, 6, 3, PPM_FCNTL_F_DUPFD_CLOEXEC, 0); /* goes */
	fcntl_call(&m, 7, 4, PPM_FCNTL_F_DUPFD, 0); /* stays */
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 8, "/marked", 1);
	fcntl_call(&m, 0, 8, PPM_FCNTL_F_SETFD, 1); /* goes */
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 9, "/unmarked", 1 | PPM_O_CLOEXEC);
	fcntl_call(&m, 0, 9, PPM_FCNTL_F_SETFD, 0); /* stays */
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_DUP3_X);
	mkcap_p_s64(&m.cap, 10);
	mkcap_p_s64(&m.cap, 3);
	mkcap_p_s64(&m.cap, 10);
	mkcap_p_u32(&m.cap, PPM_O_CLOEXEC);
	mkcap_end(&m.cap);
	exec(&m, 100);
	mkstate_fold(&m);
	CHECK_FD(&m, 100, 3, "/stays");
	CHECK_NO_FD(&m, 100, 4);
	CHECK_FD(&m, 100, 5, "/goes");
	CHECK_NO_FD(&m, 100, 6);
	CHECK_FD(&m, 100, 7, "/goes");
	CHECK_NO_FD(&m, 100, 8);
	CHECK_FD(&m, 100, 9, "/unmarked");
	CHECK_NO_FD(&m, 100, 10);
	mkstate_end(&m);
}

static void test_state_fds_fork_copies(void)
{
	struct mkstate m;
	uint32_t id;

	start(&m);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/a", 1);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 90, "/far", 1);
	id = mkstate_fd(&m, 100, 3)->id;
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "x", 0);
	mkcap_close(&m.cap, mkstate_tick(&m), 100, 0, 3);
	mkcap_openat(&m.cap, mkstate_tick(&m), 200, 4, "/child", 1);
	mkstate_fold(&m);
	CU_ASSERT_EQUAL(mkstate_fd(&m, 200, 3)->id, id);
	CHECK_FD(&m, 200, 90, "/far");
	CHECK_NO_FD(&m, 100, 3);
	CHECK_NO_FD(&m, 100, 4);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 200, 0);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0);
	mkstate_fold(&m);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->fds_live, 0);
	CU_ASSERT_EQUAL(m.s->fd_slots, 0);
	mkstate_end(&m);
}

static void test_state_fds_clone_files_shares(void)
{
	struct mkstate m;

	start(&m);
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "x", PPM_CL_CLONE_FILES);
	mkcap_openat(&m.cap, mkstate_tick(&m), 200, 3, "/shared", 1);
	mkstate_fold(&m);
	CHECK_FD(&m, 100, 3, "/shared");
	exec(&m, 200); /* the program of its own gets a table of its own */
	mkcap_close(&m.cap, mkstate_tick(&m), 200, 0, 3);
	mkstate_fold(&m);
	CHECK_FD(&m, 100, 3, "/shared");
	CHECK_NO_FD(&m, 200, 3);
	mkstate_end(&m);
}

static void close_range_call(struct mkstate *m, uint32_t first, uint32_t last, uint32_t flags)
{
	mkcap_event(&m->cap, mkstate_tick(m), 100, EV_SYSCALL_CLOSE_RANGE_X);
	mkcap_p_s64(&m->cap, 0);
	mkcap_p_u32(&m->cap, first);
	mkcap_p_u32(&m->cap, last);
	mkcap_p_u32(&m->cap, flags);
	mkcap_end(&m->cap);
}

static void test_state_fds_close_range(void)
{
	struct mkstate m;

	start(&m);
	for (int64_t fd = 3; fd < 8; fd++) {
		mkcap_openat(&m.cap, mkstate_tick(&m), 100, fd, "/a", 1);
	}
	close_range_call(&m, 4, 5, 0);
	close_range_call(&m, 7, UINT32_MAX, PPM_CLOSE_RANGE_CLOEXEC);
	mkstate_fold(&m);
	CHECK_FD(&m, 100, 3, "/a");
	CHECK_NO_FD(&m, 100, 4);
	CHECK_NO_FD(&m, 100, 5);
	CHECK_FD(&m, 100, 6, "/a");
	CHECK_FD(&m, 100, 7, "/a");
	exec(&m, 100);
	mkstate_fold(&m);
	CHECK_FD(&m, 100, 6, "/a");
	CHECK_NO_FD(&m, 100, 7);
	mkstate_end(&m);
}

static void test_state_fds_pipe(void)
{
	struct mkstate m;
	const struct event *ev;
	const struct fd_view *first;

	start(&m);
	mkcap_pipe(&m.cap, mkstate_tick(&m), 100, 3, 4, 555);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd_num, 4);
	CU_ASSERT_EQUAL(ev->fd->type, FD_FIFO);
	CU_ASSERT_EQUAL(ev->fd->ino, 555);
	first = mkstate_fd(&m, 100, 3);
	CU_ASSERT_EQUAL(first->ino, 555);
	CU_ASSERT_NOT_EQUAL(first->id, ev->fd->id);
	CHECK_STR(first->name, "");
	mkstate_end(&m);
}

static void one_param_fd(struct mkstate *m, uint16_t type, int64_t fd, uint32_t flags)
{
	mkcap_event(&m->cap, mkstate_tick(m), 100, type);
	mkcap_p_s64(&m->cap, fd);
	mkcap_p_u32(&m->cap, flags);
	mkcap_end(&m->cap);
}

static void test_state_fds_without_paths(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m);
	one_param_fd(&m, EV_SYSCALL_EPOLL_CREATE1_X, 3, PPM_EPOLL_CLOEXEC);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd->type, FD_EPOLL);
	CU_ASSERT_EQUAL(ev->fd_num, 3);
	CU_ASSERT_EQUAL(fd_type_char(ev->fd->type), 'l');
	CHECK_STR(fd_type_word(ev->fd), "eventpoll");
	one_param_fd(&m, EV_SYSCALL_USERFAULTFD_X, 4, 0);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->type, FD_USERFAULTFD);
	one_param_fd(&m, EV_SYSCALL_IO_URING_SETUP_X, 5, 0);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->type, FD_IO_URING);
	one_param_fd(&m, EV_SYSCALL_EPOLL_CREATE1_X, -24, 0);
	ev = mkstate_last(&m);
	CU_ASSERT_PTR_NULL(ev->fd);
	/* bpf: only some commands make an fd; 0 of the others is success. */
	one_param_fd(&m, EV_SYSCALL_BPF_2_X, 6, PPM_BPF_PROG_LOAD);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->type, FD_BPF);
	one_param_fd(&m, EV_SYSCALL_BPF_2_X, 0, PPM_BPF_MAP_LOOKUP_ELEM);
	CU_ASSERT_PTR_NULL(mkstate_last(&m)->fd);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_MEMFD_CREATE_X);
	mkcap_p_s64(&m.cap, 7);
	mkcap_p_str(&m.cap, "payload");
	mkcap_p_u32(&m.cap, 0);
	mkcap_end(&m.cap);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd->type, FD_MEMFD);
	CHECK_STR(ev->fd->name, "payload");
	exec(&m, 100);
	mkstate_fold(&m);
	CHECK_NO_FD(&m, 100, 3);
	CHECK_FD(&m, 100, 4, "");
	CHECK_NO_FD(&m, 100, 5);
	CHECK_FD(&m, 100, 7, "payload");
	mkstate_end(&m);
}

static void test_state_fds_pidfd(void)
{
	struct mkstate m;
	uint32_t id;

	start(&m);
	mkstate_process(&m, 200, 1, "target");
	mkcap_openat(&m.cap, mkstate_tick(&m), 200, 9, "/secret", 1);
	id = mkstate_last(&m)->fd->id;
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_PIDFD_OPEN_X);
	mkcap_p_s64(&m.cap, 3);
	mkcap_p_s64(&m.cap, 200);
	mkcap_p_u32(&m.cap, 0);
	mkcap_end(&m.cap);
	CHECK_STR(mkstate_last(&m)->fd->name, "/proc/200");
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_PIDFD_GETFD_X);
	mkcap_p_s64(&m.cap, 4);
	mkcap_p_s64(&m.cap, 3);
	mkcap_p_s64(&m.cap, 9);
	mkcap_p_u32(&m.cap, 0);
	mkcap_end(&m.cap);
	CU_ASSERT_EQUAL(mkstate_last(&m)->fd->id, id);
	CHECK_FD(&m, 100, 4, "/secret");
	mkstate_end(&m);
}

static void test_state_fds_lying_numbers(void)
{
	static const int64_t fds[] = {
		-1, -100, INT32_MAX, 1ll << 40, INT64_MAX, INT64_MIN, 1 << 20
	};
	struct mkstate m;

	start(&m);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		mkcap_openat(&m.cap, mkstate_tick(&m), 100, fds[i], "/a", 1);
		mkcap_close(&m.cap, mkstate_tick(&m), 100, 0, fds[i]);
		mkcap_pipe(&m.cap, mkstate_tick(&m), 100, fds[i], 3, 1);
		mkcap_dup2(&m.cap, mkstate_tick(&m), 100, fds[i], 3, fds[i]);
	}
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, (1 << 20) - 1, "/highest", 1);
	/* No parameters at all: no result, so nothing was opened. */
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_OPENAT_2_X);
	mkcap_end(&m.cap);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SOCKET_SOCKET_X);
	mkcap_end(&m.cap);
	mkstate_fold(&m);
	CHECK_FD(&m, 100, (1 << 20) - 1, "/highest");
	CHECK_NO_FD(&m, 100, 0);
	CU_ASSERT(state_counts(m.s)->fd_evictions >= 4);
	mkstate_end(&m);
}

static void test_state_fds_many_in_many(void)
{
	struct mkstate m;

	/* Tables of many sizes, forked over and over, end with nothing left over. */
	start(&m);
	for (int64_t fd = 3; fd < 2000; fd += 3) {
		mkcap_openat(&m.cap, mkstate_tick(&m), 100, fd, "/tmp/file", 1);
	}
	for (int64_t pid = 200; pid < 230; pid++) {
		mkcap_clone_child(&m.cap, mkstate_tick(&m), pid, pid, pid == 200 ? 100 : pid - 1,
				  "c", 0);
		mkcap_close(&m.cap, mkstate_tick(&m), pid, 0, (pid - 199) * 3);
		mkcap_openat(&m.cap, mkstate_tick(&m), pid, 1 + 50 * (pid - 200), "/n", 1);
	}
	mkstate_fold(&m);
	CHECK_FD(&m, 229, 1 + 50 * 29, "/n");
	CHECK_NO_FD(&m, 229, 30);
	CHECK_FD(&m, 229, 93, "/tmp/file");
	CHECK_FD(&m, 100, 3, "/tmp/file");
	for (int64_t pid = 200; pid < 230; pid++) {
		mkcap_procexit(&m.cap, mkstate_tick(&m), pid, 0);
	}
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0);
	mkstate_fold(&m);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->fds_live, 0);
	CU_ASSERT_EQUAL(m.s->fd_slots, 0);
	mkstate_end(&m);
}

void suite_state_fds(CU_pSuite suite);

void suite_state_fds(CU_pSuite suite)
{
	CU_add_test(suite, "test_state_fds_open_joins", test_state_fds_open_joins);
	CU_add_test(suite, "test_state_fds_path_too_long", test_state_fds_path_too_long);
	CU_add_test(suite, "test_state_fds_directories", test_state_fds_directories);
	CU_add_test(suite, "test_state_fds_failed_open_shows_its_path",
		    test_state_fds_failed_open_shows_its_path);
	CU_add_test(suite, "test_state_fds_close_shows_then_forgets",
		    test_state_fds_close_shows_then_forgets);
	CU_add_test(suite, "test_state_fds_dup_keeps_identity", test_state_fds_dup_keeps_identity);
	CU_add_test(suite, "test_state_fds_close_on_exec", test_state_fds_close_on_exec);
	CU_add_test(suite, "test_state_fds_fork_copies", test_state_fds_fork_copies);
	CU_add_test(suite, "test_state_fds_clone_files_shares", test_state_fds_clone_files_shares);
	CU_add_test(suite, "test_state_fds_close_range", test_state_fds_close_range);
	CU_add_test(suite, "test_state_fds_pipe", test_state_fds_pipe);
	CU_add_test(suite, "test_state_fds_without_paths", test_state_fds_without_paths);
	CU_add_test(suite, "test_state_fds_pidfd", test_state_fds_pidfd);
	CU_add_test(suite, "test_state_fds_lying_numbers", test_state_fds_lying_numbers);
	CU_add_test(suite, "test_state_fds_many_in_many", test_state_fds_many_in_many);
}
