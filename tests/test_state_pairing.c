/*
 * test_state_pairing.c - begins of calls, pairs of old captures, numbers, and how long views live.
 */
#include "mkstate.h"
#include "state/state_internal.h"

static void start(struct mkstate *m, unsigned int wants)
{
	mkstate_init(m, false, wants);
	mkstate_process(m, 100, 1, "x");
}

static void enter_read(struct mkstate *m, uint64_t ts, int64_t tid, int64_t fd)
{
	mkcap_read_enter_old(&m->cap, ts, tid, fd, 100);
}

static void exit_read(struct mkstate *m, uint64_t ts, int64_t tid)
{
	mkcap_read_exit_old(&m->cap, ts, tid, 4, "data");
}

static void test_state_pairing_in_one_batch(void)
{
	struct mkstate m;
	const struct batch *b;
	const struct event *ev;
	uint64_t t0;

	start(&m, 0);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/f", 1);
	t0 = mkstate_tick(&m);
	enter_read(&m, t0, 100, 3);
	exit_read(&m, t0 + 700, 100);
	b = mkstate_fold(&m);
	ev = &b->events[2];
	CU_ASSERT_PTR_EQUAL(ev->enter, &b->events[1]);
	CU_ASSERT_EQUAL(ev->begin_ns, t0);
	CU_ASSERT_EQUAL(ev->flags & (EVENT_BEGIN_EXACT | EVENT_BEGIN_BOUND), EVENT_BEGIN_EXACT);
	CU_ASSERT_EQUAL(event_latency_ns(ev), 700);
	/* The descriptor is known from the enter event alone. */
	CU_ASSERT_NOT_EQUAL(ev->flags & EVENT_HAS_FD, 0);
	CU_ASSERT_EQUAL(ev->fd_num, 3);
	CHECK_STR(ev->fd->name, "/f");
	CU_ASSERT_EQUAL(state_counts(m.s)->unfinished_calls, 0);
	mkstate_end(&m);
}

static void test_state_pairing_across_batches(void)
{
	struct mkstate m;
	const struct event *ev;
	uint64_t t0;

	start(&m, 0);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/f", 1);
	t0 = mkstate_tick(&m);
	enter_read(&m, t0, 100, 3);
	mkstate_fold(&m);
	mkstate_release(&m); /* the enter's bytes are gone */
	mkcap_switch(&m.cap, t0 + 100, 100, 0);
	mkstate_fold(&m);
	mkstate_release(&m);
	exit_read(&m, t0 + 900, 100);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->begin_ns, t0);
	CU_ASSERT_NOT_EQUAL(ev->flags & EVENT_BEGIN_EXACT, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev->enter);
	CU_ASSERT_EQUAL(ev->fd_num, 3);
	CHECK_STR(ev->fd->name, "/f");
	/* The copy lives as long as the batch of the exit. */
	mkstate_fold(&m);
	CU_ASSERT_EQUAL(load_le64(event_stored_param(ev->enter, 0).p), 3);
	mkstate_release(&m);
	mkstate_end(&m);
}

static void test_state_pairing_stale_enters(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m, 0);
	enter_read(&m, mkstate_tick(&m), 100, 3);
	enter_read(&m, mkstate_tick(&m), 100, 4); /* the first is stale */
	mkcap_write_exit_old(&m.cap, mkstate_tick(&m), 100, 1, "x"); /* so is the second */
	exit_read(&m, mkstate_tick(&m), 100); /* and this has none */
	ev = mkstate_last(&m);
	CU_ASSERT_PTR_NULL(ev->enter);
	CU_ASSERT_EQUAL(ev->flags & EVENT_BEGIN_EXACT, 0);
	CU_ASSERT_EQUAL(state_counts(m.s)->unfinished_calls, 2);
	/* write's enter type never appeared here, read's did. */
	CU_ASSERT_EQUAL(state_counts(m.s)->exits_without_enter, 1);
	enter_read(&m, mkstate_tick(&m), 100, 5);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 9);
	mkstate_fold(&m);
	CU_ASSERT_EQUAL(state_counts(m.s)->unfinished_calls, 3);
	state_finish(m.s);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->unfinished_calls, 3);
	mkstate_end(&m);
}

static void test_state_pairing_pending_at_the_end(void)
{
	struct mkstate m;

	start(&m, 0);
	enter_read(&m, mkstate_tick(&m), 100, 3);
	mkstate_fold(&m);
	CU_ASSERT_EQUAL(state_counts(m.s)->unfinished_calls, 0);
	state_finish(m.s);
	CU_ASSERT_EQUAL(state_counts(m.s)->unfinished_calls, 1);
	mkstate_end(&m);
}

static void test_state_pairing_tracepoints_stand_between(void)
{
	struct mkstate m;
	const struct event *ev;
	uint64_t t0;

	start(&m, 0);
	t0 = mkstate_tick(&m);
	enter_read(&m, t0, 100, 3);
	mkcap_switch(&m.cap, mkstate_tick(&m), 100, 0);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SIGNALDELIVER_E);
	mkcap_p_s64(&m.cap, 1);
	mkcap_p_s64(&m.cap, 100);
	mkcap_p_u8(&m.cap, 10);
	mkcap_end(&m.cap);
	exit_read(&m, mkstate_tick(&m), 100);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->begin_ns, t0);
	CU_ASSERT_EQUAL(state_counts(m.s)->unfinished_calls, 0);
	CU_ASSERT_EQUAL(state_counts(m.s)->signals, 1);
	mkstate_end(&m);
}

static void test_state_pairing_bound_without_enters(void)
{
	struct mkstate m;
	const struct batch *b;
	uint64_t t0 = UINT64_C(1700000000) * NSEC_PER_SEC;

	start(&m, 0);
	mkcap_read(&m.cap, t0 + 100, 100, 0, 0, NULL); /* nothing before: unknown */
	mkcap_switch(&m.cap, t0 + 200, 100, 0); /* happens inside calls */
	mkcap_read(&m.cap, t0 + 500, 100, 0, 0, NULL); /* since the first */
	mkcap_clone_child(&m.cap, t0 + 600, 200, 200, 100, "c", 0);
	mkcap_read(&m.cap, t0 + 650, 200, 0, 0, NULL); /* since its birth */
	b = mkstate_fold(&m);
	CU_ASSERT_EQUAL(b->events[0].begin_ns, 0);
	CU_ASSERT_EQUAL(b->events[0].flags & (EVENT_BEGIN_EXACT | EVENT_BEGIN_BOUND), 0);
	CU_ASSERT_EQUAL(b->events[1].flags & EVENT_BEGIN_BOUND, 0);
	CU_ASSERT_EQUAL(b->events[2].begin_ns, t0 + 100);
	CU_ASSERT_NOT_EQUAL(b->events[2].flags & EVENT_BEGIN_BOUND, 0);
	CU_ASSERT_EQUAL(b->events[3].begin_ns, 0);
	CU_ASSERT_EQUAL(b->events[4].begin_ns, t0 + 600);
	CU_ASSERT_EQUAL(state_counts(m.s)->exits_without_enter, 0);
	mkstate_end(&m);
}

static void test_state_pairing_times_that_lie(void)
{
	struct mkstate m;
	const struct batch *b;
	uint64_t t0 = UINT64_C(1700000000) * NSEC_PER_SEC;

	start(&m, 0);
	mkcap_read(&m.cap, t0, 100, 0, 0, NULL);
	mkcap_read(&m.cap, 0, 100, 0, 0, NULL); /* no time */
	mkcap_read(&m.cap, UINT64_MAX, 100, 0, 0, NULL);
	mkcap_read(&m.cap, t0 - 500, 100, 0, 0, NULL); /* a small inversion between CPUs */
	mkcap_read(&m.cap, t0 - 3 * NSEC_PER_SEC, 100, 0, 0, NULL);
	b = mkstate_fold(&m);
	CU_ASSERT_EQUAL(b->events[1].begin_ns, 0);
	CU_ASSERT_EQUAL(event_latency_ns(&b->events[3]), 0);
	CU_ASSERT_EQUAL(state_counts(m.s)->time_reversals, 1);
	state_finish(m.s);
	CU_ASSERT_EQUAL(mkstate_proc(&m, 100)->first_ns, t0);
	mkstate_end(&m);
}

static void test_state_pairing_old_open_prefers_enter(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m, 0);
	/* The name was changed by another thread between enter and exit. */
	mkcap_open_enter_old(&m.cap, mkstate_tick(&m), 100, "/etc/shadow", PPM_O_RDONLY);
	mkcap_open_exit_old(&m.cap, mkstate_tick(&m), 100, 3, "/tmp/innocent", PPM_O_RDONLY);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "/etc/shadow");
	/* Enters of before 2022 carry nothing. */
	mkcap_open_enter_old(&m.cap, mkstate_tick(&m), 100, NULL, 0);
	mkcap_open_exit_old(&m.cap, mkstate_tick(&m), 100, 4, "rel", PPM_O_RDONLY);
	CHECK_STR(mkstate_last(&m)->fd->name, "/home/u/rel");
	mkstate_end(&m);
}

static void test_state_pairing_old_socket_and_close(void)
{
	struct mkstate m;
	const struct event *ev;

	start(&m, 0);
	mkcap_socket_enter_old(&m.cap, mkstate_tick(&m), 100, 2, 1, 0);
	mkcap_socket_exit_old(&m.cap, mkstate_tick(&m), 100, 3);
	ev = mkstate_last(&m);
	CU_ASSERT_EQUAL(ev->fd->type, FD_IPV4);
	CU_ASSERT_EQUAL(ev->fd->l4, L4_TCP);
	mkcap_connect_enter_old(&m.cap, mkstate_tick(&m), 100, 3, NULL, 0);
	mkcap_connect_exit_old(&m.cap, mkstate_tick(&m), 100, 0, "10.0.0.1", 1000, "10.0.0.2", 80);
	CHECK_STR(mkstate_last(&m)->fd->name, "10.0.0.1:1000->10.0.0.2:80");
	mkcap_close_enter_old(&m.cap, mkstate_tick(&m), 100, 3);
	mkstate_fold(&m);
	mkstate_release(&m);
	mkcap_close_exit_old(&m.cap, mkstate_tick(&m), 100, 0);
	ev = mkstate_last(&m);
	CHECK_STR(ev->fd->name, "10.0.0.1:1000->10.0.0.2:80");
	CHECK_NO_FD(&m, 100, 3);
	mkstate_end(&m);
}

static void test_state_pairing_exit_group_is_no_evidence(void)
{
	struct mkstate m;
	int code = -1;

	for (unsigned int i = 0; i < 1000; i++) {
		const char *name = schema_syscall_name(i);

		code = name != NULL && strcmp(name, "exit_group") == 0 ? (int)i : code;
	}
	CU_ASSERT_FATAL(code >= 0);
	start(&m, 0);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_GENERIC_E);
	mkcap_p_u16(&m.cap, (uint16_t)code);
	mkcap_p_u16(&m.cap, 231);
	mkcap_end(&m.cap);
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0);
	mkstate_fold(&m);
	CU_ASSERT_EQUAL(state_counts(m.s)->unfinished_calls, 0);
	mkstate_end(&m);
}

static void test_state_pairing_numbers(void)
{
	struct mkstate m;
	const struct batch *b;
	uint64_t num, raw, packets;

	start(&m, 0);
	enter_read(&m, mkstate_tick(&m), 100, 3); /* stored for its exit: not shown */
	exit_read(&m, mkstate_tick(&m), 100);
	mkcap_read(&m.cap, mkstate_tick(&m), 100, 0, 0, NULL);
	b = mkstate_fold(&m);
	CU_ASSERT_EQUAL(b->first_num, 1);
	CU_ASSERT_EQUAL(b->first_raw_num, 1);
	CU_ASSERT_EQUAL(b->events[1].num, 0);
	CU_ASSERT_EQUAL(b->events[2].num, 1);
	mkcap_read(&m.cap, mkstate_tick(&m), 100, 0, 0, NULL);
	b = mkstate_fold(&m);
	CU_ASSERT_EQUAL(b->first_num, 3);
	CU_ASSERT_EQUAL(b->first_raw_num, 4);
	state_set_ordinals(m.s, 100, 200, 300);
	mkcap_read(&m.cap, mkstate_tick(&m), 100, 0, 0, NULL);
	b = mkstate_fold(&m);
	CU_ASSERT_EQUAL(b->first_num, 100);
	CU_ASSERT_EQUAL(b->first_raw_num, 200);
	CU_ASSERT_EQUAL(b->first_packet_num, 300);
	state_ordinals(m.s, &num, &raw, &packets);
	CU_ASSERT_EQUAL(num, 101);
	CU_ASSERT_EQUAL(raw, 201);
	CU_ASSERT_EQUAL(packets, 300);
	mkstate_end(&m);
}

static void test_state_pairing_state_only_events_have_effects(void)
{
	struct mkstate m;
	const struct batch *b;

	start(&m, 0);
	m.cap.with_flags = true;
	m.cap.event_flags = 1;
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/hidden", 1);
	m.cap.with_flags = false;
	mkcap_read(&m.cap, mkstate_tick(&m), 100, 0, 3, NULL);
	b = mkstate_fold(&m);
	CHECK_STR(b->events[1].fd->name, "/hidden");
	CU_ASSERT_EQUAL(b->events[1].num, 1);	/* they have their ordinals, too */
	mkstate_end(&m);
}

static void test_state_pairing_views_live_until_released(void)
{
	struct mkstate m;
	const struct event *first;
	const struct event *second;

	/* Sanitizer builds see a view freed too early: each is a block of its own there. */
	start(&m, WANT_ANCESTORS | WANT_COUNTS);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "rel/../a", 1);
	first = mkstate_last(&m);
	mkcap_close(&m.cap, mkstate_tick(&m), 100, 0, 3);
	mkcap_chdir(&m.cap, mkstate_tick(&m), 100, 0, "/elsewhere");
	mkcap_execve(&m.cap, mkstate_tick(&m), 100, 100, 1, "new", "a\0b", 4, "new", "/new");
	mkcap_procexit(&m.cap, mkstate_tick(&m), 100, 0);
	second = mkstate_last(&m);
	state_batch_released(m.s, 0);
	/* Batch 1 is still in use, and it saw the first views, too. */
	CHECK_STR(m.batches[1].events[0].fd->name, "/home/u/a");
	CHECK_STR(m.batches[1].events[0].fd->raw_name->s, "rel/../a");
	CHECK_STR(m.batches[1].events[1].thread->cwd->s, "/elsewhere/");
	CHECK_STR(second->thread->image->args->s, "a");
	CHECK_STR(second->thread->comm->s, "new");
	CHECK_STR(first->fd->name, "/home/u/a");
	mkstate_release(&m);
	CU_ASSERT_PTR_NULL(mkstate_fd(&m, 100, 3));
	mkstate_end(&m);
}

/* One life: a process is born, opens, connects, executes, ends; a pair spans two batches. */
static void one_life(struct mkstate *m, int64_t pid)
{
	mkcap_clone_child(&m->cap, mkstate_tick(m), pid, pid, 100, "child", 0);
	mkcap_clone_child(&m->cap, mkstate_tick(m), pid + 1, pid, 100, "thread",
			  PPM_CL_CLONE_THREAD);
	mkcap_clone_child(&m->cap, mkstate_tick(m), pid + 2, pid + 2, pid, "orphan",
			  PPM_CL_CLONE_FILES);
	mkcap_openat(&m->cap, mkstate_tick(m), pid, 3, "rel/./file", 1);
	mkcap_dup2(&m->cap, mkstate_tick(m), pid, 40, 3, 40);
	mkcap_openat(&m->cap, mkstate_tick(m), pid, 5000, "/high", 1);
	mkcap_socket(&m->cap, mkstate_tick(m), pid, 4, 2, 2, 0);
	mkcap_sendto4(&m->cap, mkstate_tick(m), pid, 1, 4, "x", "1.1.1.1", 1, "2.2.2.2", 2);
	mkcap_chdir(&m->cap, mkstate_tick(m), pid, 0, "/tmp");
	enter_read(m, mkstate_tick(m), pid, 3);
	mkstate_fold(m);
	exit_read(m, mkstate_tick(m), pid);
	enter_read(m, mkstate_tick(m), pid + 2, 3);
	mkcap_execve(&m->cap, mkstate_tick(m), pid, pid, 100, "prog", "a", 2, "prog", "/bin/prog");
	mkcap_procexit(&m->cap, mkstate_tick(m), pid, 0);
	mkstate_fold(m);
	mkcap_procexit(&m->cap, mkstate_tick(m), pid + 2, 0);
	mkstate_fold(m);
	mkstate_release(m);
}

static void test_state_pairing_memory_is_steady(void)
{
	struct mkstate m;
	size_t live = 0;

	start(&m, 0);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 0, "/dev/null", 1);
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 33, "/var/log/inherited", 1);
	for (int64_t i = 0; i < 15; i++) {
		one_life(&m, 1000);
		if (i == 4) {
			live = m.s->slab.live;
		}
	}
	/* Rows of executions are kept, in an array that holds 16 of them from the first. */
	CU_ASSERT_EQUAL(m.s->slab.live, live);
	CU_ASSERT_EQUAL(m.s->retired.head, m.s->retired.tail);
	mkstate_end(&m);
}

static void test_state_pairing_refs(void)
{
	struct mkstate m;
	const struct batch *b;
	const struct event *ev;
	const void *const *refs;

	start(&m, WANT_REFS);
	mkstate_process(&m, 200, 1, "victim");
	mkcap_openat(&m.cap, mkstate_tick(&m), 100, 3, "/dir", PPM_O_DIRECTORY);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_KILL_X);
	mkcap_p_s64(&m.cap, 0);
	mkcap_p_s64(&m.cap, 200);
	mkcap_p_u8(&m.cap, 9);
	mkcap_end(&m.cap);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_OPENAT_2_X);
	mkcap_p_s64(&m.cap, 4);
	mkcap_p_s64(&m.cap, 3);
	mkcap_p_str(&m.cap, "f");
	mkcap_p_u32(&m.cap, 1);
	mkcap_p_u32(&m.cap, 0);
	mkcap_p_u32(&m.cap, 0);
	mkcap_p_u64(&m.cap, 0);
	mkcap_end(&m.cap);
	mkcap_close(&m.cap, mkstate_tick(&m), 100, 0, 4);
	mkcap_event(&m.cap, mkstate_tick(&m), 100, EV_SYSCALL_POLL_X);
	mkcap_p_s64(&m.cap, 1);
	mkcap_p_bytes(&m.cap,
		      "\2\0"
		      "\3\0\0\0\0\0\0\0\1\0"
		      "\x63\0\0\0\0\0\0\0\1\0",
		      22);
	mkcap_p_s64(&m.cap, 0);
	mkcap_end(&m.cap);
	b = mkstate_fold(&m);
	ev = &b->events[1];
	CU_ASSERT_EQUAL_FATAL(state_ref_args(ev), 1);
	CHECK_STR(((const struct thread_view *)b->refs[ev->refs])->comm->s, "victim");
	ev = &b->events[2]; /* fd, dirfd, name */
	CU_ASSERT_EQUAL_FATAL(state_ref_args(ev), 3);
	refs = b->refs + ev->refs;
	CHECK_STR(((const struct fd_view *)refs[0])->name, "/dir/f");
	CHECK_STR(((const struct fd_view *)refs[1])->name, "/dir");
	CHECK_STR(((const struct str *)refs[2])->s, "/dir/");
	ev = &b->events[3]; /* what is closed is still shown */
	CHECK_STR(((const struct fd_view *)b->refs[ev->refs])->name, "/dir/f");
	ev = &b->events[4];
	CU_ASSERT_EQUAL_FATAL(state_ref_args(ev), 2);
	CHECK_STR(((const struct fd_view *)b->refs[ev->refs])->name, "/dir");
	CU_ASSERT_PTR_NULL(b->refs[ev->refs + 1]);
	mkstate_end(&m);
}

void suite_state_pairing(CU_pSuite suite);

void suite_state_pairing(CU_pSuite suite)
{
	CU_add_test(suite, "test_state_pairing_in_one_batch", test_state_pairing_in_one_batch);
	CU_add_test(suite, "test_state_pairing_across_batches", test_state_pairing_across_batches);
	CU_add_test(suite, "test_state_pairing_stale_enters", test_state_pairing_stale_enters);
	CU_add_test(suite, "test_state_pairing_pending_at_the_end",
		    test_state_pairing_pending_at_the_end);
	CU_add_test(suite, "test_state_pairing_tracepoints_stand_between",
		    test_state_pairing_tracepoints_stand_between);
	CU_add_test(suite, "test_state_pairing_bound_without_enters",
		    test_state_pairing_bound_without_enters);
	CU_add_test(suite, "test_state_pairing_times_that_lie", test_state_pairing_times_that_lie);
	CU_add_test(suite, "test_state_pairing_old_open_prefers_enter",
		    test_state_pairing_old_open_prefers_enter);
	CU_add_test(suite, "test_state_pairing_old_socket_and_close",
		    test_state_pairing_old_socket_and_close);
	CU_add_test(suite, "test_state_pairing_exit_group_is_no_evidence",
		    test_state_pairing_exit_group_is_no_evidence);
	CU_add_test(suite, "test_state_pairing_numbers", test_state_pairing_numbers);
	CU_add_test(suite, "test_state_pairing_state_only_events_have_effects",
		    test_state_pairing_state_only_events_have_effects);
	CU_add_test(suite, "test_state_pairing_views_live_until_released",
		    test_state_pairing_views_live_until_released);
	CU_add_test(suite, "test_state_pairing_memory_is_steady",
		    test_state_pairing_memory_is_steady);
	CU_add_test(suite, "test_state_pairing_refs", test_state_pairing_refs);
}
