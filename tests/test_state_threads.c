/*
 * test_state_threads.c - births, executions, ends: who every thread is after each.
 */
#include "mkstate.h"
#include "state/state_internal.h"

#define MS UINT64_C(1000000)

static void test_state_threads_child_event_first(void)
{
	struct mkstate m;
	const struct event *ev;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "parent");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "child", 0);
	ev = mkstate_last(&m);
	CHECK_STR(ev->thread->comm->s, "child");
	CU_ASSERT_EQUAL(ev->thread->pid, 200);
	CU_ASSERT_EQUAL(ev->thread->ptid, 100);
	CU_ASSERT_EQUAL(ev->thread->clone_ns, m.now);
	CHECK_STR(ev->thread->cwd->s, "/home/u/");
	/* The caller's event makes no second child. */
	mkcap_clone_parent(&m.cap, mkstate_tick(&m), 100, 200, "child", 0);
	ev = mkstate_last(&m);
	CHECK_STR(ev->thread->comm->s, "parent");
	state_finish(m.s);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->children, 1);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 200)->parent, mkstate_proc(&m, 100)->id);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 200)->ppid, 100);
	mkstate_end(&m);
}

static void test_state_threads_caller_event_first(void)
{
	struct mkstate m;
	const struct thread_view *v;
	uint32_t process;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "parent");
	mkcap_clone_parent(&m.cap, mkstate_tick(&m), 100, 200, "parent", 0);
	v = mkstate_thread(&m, 200);
	CHECK_STR(v->comm->s, "parent");
	CU_ASSERT_EQUAL(v->ptid, 100);
	process = v->process;
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "parent", 0);
	v = mkstate_last(&m)->thread;
	CU_ASSERT_EQUAL(v->process, process);
	state_finish(m.s);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->children, 1);
	CU_ASSERT_EQUAL(state_counts(m.s)->unknown_threads, 0);
	mkstate_end(&m);
}

static void test_state_threads_reused_tid_is_a_new_process(void)
{
	struct mkstate m;
	uint32_t first;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "parent");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "a", 0);
	first = mkstate_last(&m)->thread->process;
	m.now += 2100 * MS;
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "b", 0);
	CU_ASSERT_NOT_EQUAL(mkstate_last(&m)->thread->process, first);
	state_finish(m.s);
	CHECK_STR(state_process(m.s, first)->comm->s, "a");
	CU_ASSERT_EQUAL(state_process(m.s, first)->end_ns, 0);
	CU_ASSERT_FALSE(state_process(m.s, first)->has_exit);
	mkstate_end(&m);
}

static void test_state_threads_late_caller_event_of_exited_child(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "parent");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "quick", 0);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 200, 0);
	mkcap_clone_parent(&m.cap, mkstate_tick(&m), 100, 200, "quick", 0);
	mkstate_fold(&m);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 1);
	CU_ASSERT_EQUAL(state_process_count(m.s), 2);
	mkstate_end(&m);
}

static void test_state_threads_vfork_is_made_by_the_child(void)
{
	struct mkstate m;
	struct mkcap_task t = { .res = 200,
				.tid = 100,
				.pid = 100,
				.ptid = 1,
				.exe = "sh",
				.comm = "sh",
				.vtid = 100,
				.vpid = 100 };

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "sh");
	mkcap_clone_full(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_VFORK_20_X, 21, &t);
	mkstate_fold(&m);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 1);
	mkstate_end(&m);
}

static void test_state_threads_share_process_and_fds(void)
{
	struct mkstate m;
	const struct thread_view *v;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "srv");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 101, 100, 1, "worker", PPM_CL_CLONE_THREAD);
	v = mkstate_last(&m)->thread;
	CU_ASSERT_EQUAL(v->process, mkstate_thread(&m, 100)->process);
	CU_ASSERT_EQUAL(v->pid, 100);
	CU_ASSERT_EQUAL(v->flags & TV_MAIN, 0);
	mkcap_openat(&m.cap, mkstate_tick(&m), 101, 5, "/etc/passwd", PPM_O_RDONLY);
	CHECK_FD(&m, 100, 5, "/etc/passwd");
	/* cwd is shared, too. */
	mkcap_chdir(&m.cap, mkstate_tick(&m), 100, 0, "/tmp");
	CHECK_STR(mkstate_thread(&m, 101)->cwd->s, "/tmp/");
	state_finish(m.s);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->threads, 2);
	mkstate_end(&m);
}

static void test_state_threads_leader_stays_until_the_last(void)
{
	struct mkstate m;
	const struct process *p;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "srv");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 101, 100, 1, "worker", PPM_CL_CLONE_THREAD);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0);
	CU_ASSERT_NOT_EQUAL(mkstate_last(&m)->thread->flags & TV_DEAD, 0);
	state_finish(m.s);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->end_ns, 0);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 101, 9);
	CHECK_STR(mkstate_last(&m)->thread->comm->s, "worker");
	state_finish(m.s);
	p = mkstate_proc(&m, 100);
	CU_ASSERT_EQUAL(p->end_ns, m.now);
	CU_ASSERT_TRUE(p->has_exit);
	CU_ASSERT_EQUAL(p->exit_status, 9);
	CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 0);
	mkstate_end(&m);
}

static void test_state_threads_exec_keeps_identity(void)
{
	struct mkstate m;
	const struct event *ev;
	const struct exec_row *x;
	uint32_t process;
	uint32_t n;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "bash");
	process = mkstate_thread(&m, 100)->process;
	mkcap_execve(&m.cap, mkstate_tick(&m), 100, 100, 1, "ls", "-l\0/tmp", 8, "ls",
		     "/usr/bin/ls");
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->thread->process, process);
	CHECK_STR(ev->thread->comm->s, "ls");
	CHECK_STR(ev->thread->image->exe->s, "ls");
	CHECK_STR(ev->thread->image->exepath->s, "/usr/bin/ls");
	CU_ASSERT_EQUAL(ev->thread->image->args->len, 7);
	CU_ASSERT_EQUAL(memcmp(ev->thread->image->args->s, "-l\0/tmp", 8), 0);
	CU_ASSERT_EQUAL(ev->thread->exec_ns, m.now);
	x = state_execs(m.s, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(x->result, 0);
	CU_ASSERT_EQUAL(x->process, process);
	CU_ASSERT_EQUAL(x->event_num, 2);
	CHECK_STR(x->comm->s, "ls");
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_process(m.s, process)->execs, 1);
	mkstate_end(&m);
}

static void test_state_threads_failed_exec_is_a_row_only(void)
{
	struct mkstate m;
	struct mkcap_task t = { .res = -2,
				.tid = 100,
				.pid = 100,
				.ptid = 1,
				.exe = "nope",
				.comm = "bash",
				.filename = "bin/nope",
				.vtid = 100,
				.vpid = 100 };
	const struct exec_row *x;
	uint32_t n;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "bash");
	mkcap_execve_full(&m.cap, mkstate_tick(&m), 100, 293, 31, &t);
	CHECK_STR(mkstate_last(&m)->thread->comm->s, "bash");
	x = state_execs(m.s, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(x->result, -2);
	CHECK_STR(x->exe->s, "nope");
	CHECK_STR(x->exepath->s, "/home/u/bin/nope");
	state_finish(m.s);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->execs, 0);
	mkstate_end(&m);
}

static void test_state_threads_exec_ends_other_threads(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "srv");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 101, 100, 1, "w1", PPM_CL_CLONE_THREAD);
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 102, 100, 1, "w2", PPM_CL_CLONE_THREAD);
	/* A worker executes: the leader's exit is seen, then the worker appears under the
	 * leader's id. */
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0);
	mkcap_execve(&m.cap, mkstate_tick(&m), 100, 100, 1, "new", NULL, 0, "new", "/usr/bin/new");
	CU_ASSERT_EQUAL(mkstate_last(&m)->thread->flags & TV_DEAD, 0);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 1);
	CHECK_STR(mkstate_proc(&m, 100)->comm->s, "new");
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->end_ns, 0);
	mkstate_end(&m);
}

static void test_state_threads_placeholder_is_revealed_by_exec(void)
{
	struct mkstate m;
	const struct thread_view *v;
	uint32_t process;

	mkstate_init(&m, false, 0);
	v = mkstate_thread(&m, 300);
	CU_ASSERT_EQUAL(v->flags & TV_KNOWN, 0);
	CHECK_STR(v->comm->s, "");
	CU_ASSERT_EQUAL(v->pid, -1);
	CU_ASSERT_EQUAL(v->uid, UID_NONE);
	process = v->process;
	mkcap_execve(&m.cap, mkstate_tick(&m), 300, 300, 1, "id", NULL, 0, "id", "/usr/bin/id");
	v = mkstate_last(&m)->thread;
	CU_ASSERT_NOT_EQUAL(v->flags & TV_KNOWN, 0);
	CU_ASSERT_EQUAL(v->process, process);
	CU_ASSERT_EQUAL(v->pid, 300);
	state_finish(m.s);
	CU_ASSERT_TRUE(state_process(m.s, process)->known);
	CU_ASSERT_EQUAL(state_process(m.s, process)->pid, 300);
	mkstate_end(&m);
}

static void test_state_threads_some_events_make_no_placeholder(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkcap_switch(&m.cap, mkstate_tick(&m), 300, 301);
	CU_ASSERT_PTR_NULL(mkstate_last(&m)->thread);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 300, 0);
	CU_ASSERT_PTR_NULL(mkstate_last(&m)->thread);
	CU_ASSERT_EQUAL(state_counts(m.s)->unknown_threads, 0);
	mkstate_end(&m);
}

static void test_state_threads_unknown_caller_is_named_by_its_clone(void)
{
	struct mkstate m;
	const struct thread_view *v;

	mkstate_init(&m, false, 0);
	mkcap_clone_parent(&m.cap, mkstate_tick(&m), 100, 200, "nginx", 0);
	v = mkstate_last(&m)->thread;
	CHECK_STR(v->comm->s, "nginx");
	CU_ASSERT_EQUAL(v->pid, 100);
	CU_ASSERT_NOT_EQUAL(v->flags & TV_KNOWN, 0);
	v = mkstate_thread(&m, 200);
	CHECK_STR(v->comm->s, "nginx");
	CU_ASSERT_EQUAL(v->ptid, 100);
	mkstate_end(&m);
}

static void test_state_threads_orphans_go_to_the_reaper(void)
{
	struct mkstate m;
	const struct thread_view *v;

	mkstate_init(&m, false, WANT_ANCESTORS);
	mkstate_process(&m, 1, 0, "init");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 100, 100, 1, "middle", 0);
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "leaf", 0);
	v = mkstate_thread(&m, 200);
	CU_ASSERT_EQUAL(v->ptid, 100);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0); /* reaper_tid 1 */
	v = mkstate_thread(&m, 200);
	CU_ASSERT_EQUAL(v->ptid, 1);
	state_finish(m.s);
	/* Who started it stays in the row. */
	CU_ASSERT_EQUAL(mkstate_proc(&m, 200)->ppid, 100);
	mkstate_end(&m);
}

static void test_state_threads_chain_of_ends(void)
{
	struct mkstate m;

	/* Each parent ends before its child is looked at: the last one still finds init. */
	mkstate_init(&m, false, 0);
	mkstate_process(&m, 1, 0, "init");
	for (int64_t pid = 100; pid < 150; pid++) {
		mkcap_clone_child(&m.cap, mkstate_tick(&m), pid, pid, pid == 100 ? 1 : pid - 1, "x",
				  0);
	}
	for (int64_t pid = 100; pid < 149; pid++) {
		mkcap_procexit(&m.cap, mkstate_tick(&m), pid, 0);
	}
	CU_ASSERT_EQUAL(mkstate_thread(&m, 149)->ptid, 1);
	mkstate_end(&m);
}

static void test_state_threads_ancestors(void)
{
	struct mkstate m;
	const struct event *ev;
	const struct ref_chain *chain;
	const struct batch *b;

	mkstate_init(&m, false, WANT_ANCESTORS);
	mkstate_process(&m, 1, 0, "init");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 100, 100, 1, "sshd", 0);
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "bash", 0);
	ev = mkstate_last(&m);
	b = &m.batches[m.count - 1];
	CU_ASSERT_NOT_EQUAL_FATAL(ev->refs, EVENT_NO_REFS);
	chain = b->refs[ev->refs];
	CU_ASSERT_EQUAL_FATAL(chain->count, 2);
	CHECK_STR(chain->up[0]->comm->s, "sshd");
	CHECK_STR(chain->up[1]->comm->s, "init");
	mkstate_end(&m);
}

static void test_state_threads_cyclic_parents_end(void)
{
	struct mkstate m;
	const struct event *ev;
	const struct ref_chain *chain;

	mkstate_init(&m, false, WANT_ANCESTORS | WANT_COUNTS);
	mkstate_process(&m, 100, 200, "a");
	mkstate_process(&m, 200, 100, "b");
	mkstate_process(&m, 300, 300, "own parent");
	mkstate_thread(&m, 100);
	mkstate_thread(&m, 300);
	ev = &m.batches[m.count - 2].events[0];
	chain = m.batches[m.count - 2].refs[ev->refs];
	CU_ASSERT(chain->count >= 1 && chain->count <= 64);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 200, 0);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 300, 0);
	mkstate_fold(&m);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 0);
	mkstate_end(&m);
}

static void test_state_threads_counts(void)
{
	struct mkstate m;
	const struct event *ev;
	const struct ref_counts *c;

	mkstate_init(&m, false, WANT_COUNTS);
	mkstate_process(&m, 100, 1, "srv");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 101, 100, 1, "w", PPM_CL_CLONE_THREAD);
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "child", 0);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 0, "/dev/null", 1);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 7, "/etc/hosts", 1);
	ev = mkstate_last(&m);
	c = m.batches[m.count - 1].refs[ev->refs];
	CU_ASSERT_EQUAL(c->threads, 2);
	CU_ASSERT_EQUAL(c->children, 1);
	CU_ASSERT_EQUAL(c->open_fds, 2);
	CHECK_STR(c->std[0]->name, "/dev/null");
	CU_ASSERT_PTR_NULL(c->std[1]);
	/* A grandchild that lost its parent is a child of the heir. */
	mkstate_process(&m, 1, 0, "init");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 300, 300, 200, "leaf", 0);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 200, 0); /* reaper_tid 1 */
	mkcap_chdir(&m.cap, mkstate_tick(&m), 1, 0, "/");
	ev = mkstate_last(&m);
	c = m.batches[m.count - 1].refs[ev->refs];
	CU_ASSERT_EQUAL(c->children, 2); /* srv and leaf */
	mkcap_chdir(&m.cap, mkstate_tick(&m), 100, 0, "/");
	ev = mkstate_last(&m);
	c = m.batches[m.count - 1].refs[ev->refs];
	CU_ASSERT_EQUAL(c->children, 0);
	mkstate_end(&m);
}

static void test_state_threads_ids(void)
{
	struct mkstate m;
	const struct thread_view *v;
	const char *const users[] = { "root", "www-data" };
	const uint32_t uids[] = { 0, 33 };

	mkstate_init(&m, false, 0);
	mkcap_users(&m.cap, true, users, uids, 2);
	mkstate_process(&m, 100, 1, "x");
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_SETUID_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_u32(&m.cap, 33);
	mkcap_end(&m.cap);
	v = mkstate_last(&m)->thread;
	CU_ASSERT_EQUAL(v->uid, 33);
	CHECK_STR(v->user_name->s, "www-data");
	/* All ones leaves the id alone; a failed call too. */
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_SETRESUID_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_u32(&m.cap, UINT32_MAX);
	mkcap_p_u32(&m.cap, UINT32_MAX);
	mkcap_p_u32(&m.cap, UINT32_MAX);
	mkcap_end(&m.cap);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_SETUID_X);
	mkcap_p_s64(&m.cap, -1);
	mkcap_p_u32(&m.cap, 0);
	mkcap_end(&m.cap);
	CU_ASSERT_EQUAL(mkstate_last(&m)->thread->uid, 33);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_SETSID_X);
	mkcap_p_s64(&m.cap, 100);
	mkcap_end(&m.cap);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_SETPGID_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_s64(&m.cap, 0);
	mkcap_end(&m.cap);
	v = mkstate_last(&m)->thread;
	CU_ASSERT_EQUAL(v->sid, 100);
	CU_ASSERT_EQUAL(v->pgid, 100);
	mkstate_end(&m);
}

static void test_state_threads_prctl_names_the_thread(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "old");
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_PRCTL_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_u32(&m.cap, PPM_PR_SET_NAME);
	mkcap_p_str(&m.cap, "new");
	mkcap_p_s64(&m.cap, 0);
	mkcap_end(&m.cap);
	CHECK_STR(mkstate_last(&m)->thread->comm->s, "new");
	mkstate_end(&m);
}

static void test_state_threads_long_names_are_cut(void)
{
	static char name[3 * LIMIT_PATH_BYTES + 1];
	struct mkstate m;

	memset(name, 'n', sizeof(name) - 1);
	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "parent");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, name, 0);
	CU_ASSERT_EQUAL(mkstate_last(&m)->thread->comm->len, LIMIT_PATH_BYTES);
	mkstate_end(&m);
}

/* What there is stays, what is new is refused and counted. */
static void test_state_threads_full_state_grows_no_more(void)
{
	struct mkstate m;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "parent");
	CHECK_STR(mkstate_thread(&m, 100)->comm->s, "parent");
	m.s->slab.live += LIMIT_STATE_BYTES;
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 200, 200, 100, "child", 0);
	CU_ASSERT_PTR_NULL(mkstate_last(&m)->thread);
	CHECK_STR(mkstate_thread(&m, 100)->comm->s, "parent");
	CU_ASSERT(state_counts(m.s)->thread_evictions > 0);
	m.s->slab.live -= LIMIT_STATE_BYTES;
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 300, 300, 100, "late", 0);
	CHECK_STR(mkstate_last(&m)->thread->comm->s, "late");
	mkstate_end(&m);
}

static void test_state_threads_memory_makes_no_views(void)
{
	struct mkstate m;
	const struct thread_view *before;
	unsigned int wants[2] = { 0, WANT_MEMORY };

	for (int i = 0; i < 2; i++) {
		const struct thread_view *after;

		mkstate_init(&m, false, wants[i]);
		mkstate_process(&m, 100, 1, "x");
		before = mkstate_thread(&m, 100);
		mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_BRK_4_X);
		mkcap_p_u64(&m.cap, 1);
		mkcap_p_u32(&m.cap, 500);
		mkcap_p_u32(&m.cap, 50);
		mkcap_p_u32(&m.cap, 5);
		mkcap_p_u64(&m.cap, 1);
		mkcap_end(&m.cap);
		after = mkstate_last(&m)->thread;
		if (wants[i] == 0) {
			CU_ASSERT_PTR_EQUAL(before, after);
		} else {
			CU_ASSERT_EQUAL(after->vmsize_kb, 500);
			CU_ASSERT_EQUAL(after->vmrss_kb, 50);
			CU_ASSERT_EQUAL(before->vmsize_kb, 0);
		}
		mkstate_end(&m);
	}
}

/* brk of a thread tells the memory of the process: the thread that called shows it as its first one does. */
static void test_state_threads_share_memory(void)
{
	struct mkstate m;

	mkstate_init(&m, false, WANT_MEMORY);
	mkstate_process(&m, 100, 1, "x");
	mkcap_clone_child(&m.cap, mkstate_tick(&m), 101, 100, 1, "w", PPM_CL_CLONE_THREAD);
	mkcap_event(&m.cap, mkstate_tick(&m), 101, EV_SYSCALL_BRK_4_X);
	mkcap_p_u64(&m.cap, 1);
	mkcap_p_u32(&m.cap, 500);
	mkcap_p_u32(&m.cap, 50);
	mkcap_p_u32(&m.cap, 5);
	mkcap_p_u64(&m.cap, 1);
	mkcap_end(&m.cap);
	CU_ASSERT_EQUAL(mkstate_last(&m)->thread->vmsize_kb, 500);
	CU_ASSERT_EQUAL(mkstate_thread(&m, 101)->vmrss_kb, 50);
	CU_ASSERT_EQUAL(mkstate_thread(&m, 100)->vmsize_kb, 500);
	mkstate_end(&m);
}

static void test_state_threads_cpu_time(void)
{
	struct mkstate m;
	const struct process *p;
	uint64_t t0 = UINT64_C(1700000000) * NSEC_PER_SEC;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "a");
	mkstate_process(&m, 200, 1, "b");
	m.cap.cpu = 3;
	mkcap_switch(&m.cap, t0 + 1000, 0, 100); /* idle leaves, a comes */
	mkcap_switch(&m.cap, t0 + 5000, 100, 200); /* a ran 4000 */
	mkcap_switch(&m.cap, t0 + 6500, 200, 0); /* b ran 1500 */
	m.cap.cpu = 1;
	mkcap_switch(&m.cap, t0 + 7000, 100, 0); /* since when is unknown */
	mkstate_fold(&m);
	state_finish(m.s);
	p = mkstate_proc(&m, 100);
	CU_ASSERT_EQUAL(p->cpu_ns, 4000);
	CU_ASSERT_EQUAL(p->cpu_slices, 1);
	CU_ASSERT_EQUAL(p->cpu_slices_unknown, 1);
	p = mkstate_proc(&m, 200);
	CU_ASSERT_EQUAL(p->cpu_ns, 1500);
	CU_ASSERT_EQUAL(p->cpu_slices_unknown, 0);
	CU_ASSERT_EQUAL(state_counts(m.s)->switches, 4);
	mkstate_end(&m);
}

static void test_state_threads_pid_namespace(void)
{
	struct mkstate m;
	struct mkcap_task t = { .res = 0,
				.tid = 500,
				.pid = 500,
				.ptid = 100,
				.exe = "sh",
				.comm = "sh",
				.flags = PPM_CL_CHILD_IN_PIDNS,
				.vtid = 7,
				.vpid = 7,
				.pidns_init_start_ns = 5000 };
	const struct thread_view *v;

	mkstate_init(&m, false, 0);
	mkstate_process(&m, 100, 1, "runc");
	mkcap_clone_full(&m.cap, mkstate_tick(&m), 500, 223, 21, &t);
	v = mkstate_last(&m)->thread;
	CU_ASSERT_NOT_EQUAL(v->flags & TV_IN_PIDNS, 0);
	CU_ASSERT_EQUAL(v->vpid, 7);
	CU_ASSERT_EQUAL(v->pidns_start_ns, 5000 + 1000);
	/* Its own clone's result is a number of that namespace: no child is made of it. */
	t.res = 8;
	t.tid = 500;
	mkcap_clone_full(&m.cap, mkstate_tick(&m), 500, 223, 21, &t);
	mkstate_fold(&m);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 2);
	mkstate_end(&m);
}

static void test_state_threads_lying_numbers(void)
{
	static const int64_t ids[] = { -1,        0,       1,       INT32_MAX, INT64_MAX,
				       INT64_MIN, 4194303, 4194304, 1ll << 40 };
	struct mkstate m;

	mkstate_init(&m, false, WANT_ANCESTORS | WANT_COUNTS | WANT_REFS);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		for (size_t k = 0; k < ARRAY_LEN(ids); k++) {
			struct mkcap_task t = { .res = ids[k] > 0 ? ids[k] : 0,
						.tid = ids[k],
						.pid = ids[i],
						.ptid = ids[(i + k) % ARRAY_LEN(ids)],
						.exe = "x",
						.comm = "x",
						.vtid = ids[k],
						.vpid = ids[i] };

			t.flags = k % 2 == 0 ? PPM_CL_CLONE_THREAD : PPM_CL_CLONE_FILES;
			mkcap_clone_full(&m.cap, mkstate_tick(&m), ids[i], 223, 21, &t);
			t.res = 0;
			mkcap_clone_full(&m.cap, mkstate_tick(&m), ids[k], 223, 21, &t);
			mkcap_execve_full(&m.cap, mkstate_tick(&m), ids[i], 293, 31, &t);
			mkcap_openat(&m.cap, mkstate_tick(&m), ids[k], ids[i], "/x", 0);
			mkcap_dup2(&m.cap, mkstate_tick(&m), ids[i], ids[k], ids[i], ids[k]);
			if (k % 3 == 0) {
				mkcap_procexit(&m.cap, mkstate_tick(&m), ids[i], 0);
			}
		}
		mkstate_fold(&m);
		mkstate_release(&m);
	}
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->meta_malformed, 0);
	CU_ASSERT(state_counts(m.s)->fd_evictions > 0);
	mkstate_end(&m);
}

static uint64_t next_random(uint64_t *x)
{
	*x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *x >> 33;
}

/* Any event of few threads after any other: whatever the order, nothing is used after its end
 * (sanitizer builds see it) and nothing is left when all have ended. */
static void random_event(struct mkstate *m, uint64_t *seed)
{
	int64_t a = (int64_t)(next_random(seed) % 24);
	int64_t b = (int64_t)(next_random(seed) % 24);
	int64_t c = (int64_t)(next_random(seed) % 24);
	struct mkcap_task t = { .res = 0,
				.tid = a,
				.pid = b,
				.ptid = c,
				.exe = "e",
				.comm = "c",
				.vtid = a,
				.vpid = b };
	uint64_t ts = mkstate_tick(m);

	m->now += next_random(seed) % 4 == 0 ? 700 * MS : 0;
	switch (next_random(seed) % 10) {
	case 0:
	case 1:
		t.flags = next_random(seed) % 3 == 0 ? PPM_CL_CLONE_THREAD : 0;
		t.flags |= next_random(seed) % 3 == 0 ? PPM_CL_CLONE_FILES : 0;
		mkcap_clone_full(&m->cap, ts, a, 223, 21, &t);
		break;
	case 2:
		t.res = b + 1;
		t.flags = next_random(seed) % 3 == 0 ? PPM_CL_CLONE_THREAD : 0;
		mkcap_clone_full(&m->cap, ts, a, 223, 21, &t);
		break;
	case 3: mkcap_execve_full(&m->cap, ts, a, 293, 31, &t); break;
	case 4: mkcap_procexit(&m->cap, ts, a, 0); break;
	case 5: mkcap_chdir(&m->cap, ts, a, 0, b % 2 == 0 ? "/x" : "y"); break;
	case 6: mkcap_dup2(&m->cap, ts, a, c * 9, b, c * 9); break;
	case 7: mkcap_read_enter_old(&m->cap, ts, a, b, 1); break;
	case 8: mkcap_close(&m->cap, ts, a, 0, b); break;
	default: mkcap_openat(&m->cap, ts, a, b, "f", (uint32_t)(c % 2) * PPM_O_CLOEXEC); break;
	}
}

static void test_state_threads_random_lives(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct mkstate m;
		uint64_t x = seed;

		mkstate_init(&m, false, WANT_ANCESTORS | WANT_COUNTS | WANT_REFS | WANT_MEMORY);
		for (int batch = 0; batch < 20; batch++) {
			for (int i = 0; i < 300; i++) {
				random_event(&m, &x);
			}
			mkstate_fold(&m);
			if (next_random(&x) % 2 == 0) {
				mkstate_release(&m);
			}
		}
		for (int round = 0; round < 2; round++) {
			for (int64_t tid = 0; tid < 25; tid++) {
				mkcap_procexit(&m.cap, mkstate_tick(&m), tid, 0);
			}
		}
		mkstate_fold(&m);
		mkstate_release(&m);
		state_finish(m.s);
		CU_ASSERT_EQUAL(state_counts(m.s)->threads_live, 0);
		CU_ASSERT_EQUAL(state_counts(m.s)->fds_live, 0);
		CU_ASSERT_EQUAL(m.s->fd_slots, 0);
		CU_ASSERT_PTR_NULL(m.s->groups);
		mkstate_end(&m);
	}
}

void suite_state_threads(CU_pSuite suite);

void suite_state_threads(CU_pSuite suite)
{
	CU_add_test(suite, "test_state_threads_child_event_first",
		    test_state_threads_child_event_first);
	CU_add_test(suite, "test_state_threads_caller_event_first",
		    test_state_threads_caller_event_first);
	CU_add_test(suite, "test_state_threads_reused_tid_is_a_new_process",
		    test_state_threads_reused_tid_is_a_new_process);
	CU_add_test(suite, "test_state_threads_late_caller_event_of_exited_child",
		    test_state_threads_late_caller_event_of_exited_child);
	CU_add_test(suite, "test_state_threads_vfork_is_made_by_the_child",
		    test_state_threads_vfork_is_made_by_the_child);
	CU_add_test(suite, "test_state_threads_share_process_and_fds",
		    test_state_threads_share_process_and_fds);
	CU_add_test(suite, "test_state_threads_leader_stays_until_the_last",
		    test_state_threads_leader_stays_until_the_last);
	CU_add_test(suite, "test_state_threads_exec_keeps_identity",
		    test_state_threads_exec_keeps_identity);
	CU_add_test(suite, "test_state_threads_failed_exec_is_a_row_only",
		    test_state_threads_failed_exec_is_a_row_only);
	CU_add_test(suite, "test_state_threads_exec_ends_other_threads",
		    test_state_threads_exec_ends_other_threads);
	CU_add_test(suite, "test_state_threads_placeholder_is_revealed_by_exec",
		    test_state_threads_placeholder_is_revealed_by_exec);
	CU_add_test(suite, "test_state_threads_some_events_make_no_placeholder",
		    test_state_threads_some_events_make_no_placeholder);
	CU_add_test(suite, "test_state_threads_unknown_caller_is_named_by_its_clone",
		    test_state_threads_unknown_caller_is_named_by_its_clone);
	CU_add_test(suite, "test_state_threads_orphans_go_to_the_reaper",
		    test_state_threads_orphans_go_to_the_reaper);
	CU_add_test(suite, "test_state_threads_chain_of_ends", test_state_threads_chain_of_ends);
	CU_add_test(suite, "test_state_threads_ancestors", test_state_threads_ancestors);
	CU_add_test(suite, "test_state_threads_cyclic_parents_end",
		    test_state_threads_cyclic_parents_end);
	CU_add_test(suite, "test_state_threads_counts", test_state_threads_counts);
	CU_add_test(suite, "test_state_threads_ids", test_state_threads_ids);
	CU_add_test(suite, "test_state_threads_long_names_are_cut",
		    test_state_threads_long_names_are_cut);
	CU_add_test(suite, "test_state_threads_full_state_grows_no_more",
		    test_state_threads_full_state_grows_no_more);
	CU_add_test(suite, "test_state_threads_prctl_names_the_thread",
		    test_state_threads_prctl_names_the_thread);
	CU_add_test(suite, "test_state_threads_memory_makes_no_views",
		    test_state_threads_memory_makes_no_views);
	CU_add_test(suite, "test_state_threads_share_memory", test_state_threads_share_memory);
	CU_add_test(suite, "test_state_threads_cpu_time", test_state_threads_cpu_time);
	CU_add_test(suite, "test_state_threads_pid_namespace", test_state_threads_pid_namespace);
	CU_add_test(suite, "test_state_threads_lying_numbers", test_state_threads_lying_numbers);
	CU_add_test(suite, "test_state_threads_random_lives", test_state_threads_random_lives);
}
