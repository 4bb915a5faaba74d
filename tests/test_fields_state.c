/*
 * test_fields_state.c - fields whose values the fold has to keep: leaders of sessions and groups, homes of users, types
 * of fds, changed names, processor time, time since the first event.
 */
#include "mkfield.h"

/* A process of the scan in a session and groups of others. */
static void process_led(struct mkfield *m, int64_t pid, int64_t ptid, const char *comm, int64_t sid,
			int64_t pgid)
{
	struct mkcap_proc p = {
		.tid = pid,
		.pid = pid,
		.ptid = ptid,
		.sid = sid,
		.vpgid = pgid,
		.pgid = pgid,
		.vtid = pid,
		.vpid = pid,
		.comm = comm,
		.exe = comm,
		.exepath = "/bin/prog",
		.cwd = "/",
		.root = "/",
		.uid = 1000,
		.loginuid = UINT32_MAX,
	};

	mkcap_processes(&m->st.cap, 9, 76, &p, 1);
}

static void touch(struct mkfield *m, int64_t tid)
{
	mkcap_chdir(&m->st.cap, mkstate_tick(&m->st), tid, 0, "/");
	mkfield_last(m);
}

/* init - sh (leads the session); init - job (adopted), whose session and group are those of sh. */
static void test_fields_state_leader_is_no_ancestor(void)
{
	struct mkfield m;

	mkfield_init(&m);
	process_led(&m, 1, 0, "init", 1, 1);
	process_led(&m, 100, 1, "sh", 100, 100);
	process_led(&m, 200, 1, "job", 100, 100);
	touch(&m, 200);
	LINE(&m, "%proc.pname %proc.sname %proc.sid.exe", "init sh sh");
	LINE(&m, "%proc.pgid.name %proc.vpgid.name %proc.vpgid.exepath", "sh sh /bin/prog");
	touch(&m, 100);
	LINE(&m, "%proc.sname %proc.is_sid_leader", "sh true");
	/* the leader ends: the farthest ancestor in an unbroken line, here the process itself */
	mkcap_procexit(&m.st.cap, mkstate_tick(&m.st), 100, 0);
	mkfield_last(&m);
	touch(&m, 200);
	LINE(&m, "%proc.sname %proc.pgid.name", "job job");
	mkfield_end(&m);
}

/* Numbers of a pid namespace are not looked up among those of the host. */
static void test_fields_state_leader_in_a_namespace(void)
{
	struct mkfield m;
	struct mkcap_proc p = {
		.tid = 500,
		.pid = 500,
		.ptid = 1,
		.sid = 7,
		.vpgid = 7,
		.pgid = 7,
		.vtid = 9,
		.vpid = 9,
		.comm = "inner",
		.exe = "inner",
		.flags = PPM_CL_CHILD_IN_PIDNS,
	};

	mkfield_init(&m);
	process_led(&m, 1, 0, "init", 1, 1);
	process_led(&m, 7, 1, "kworker", 7, 7);
	mkcap_processes(&m.st.cap, 9, 76, &p, 1);
	touch(&m, 500);
	LINE(&m, "%proc.sname", "inner");
	mkfield_end(&m);
}

static void test_fields_state_user_home(void)
{
	static const char *const users[] = { "root", "ann" };
	static const uint32_t uids[] = { 0, 1000 };
	struct mkfield m;

	mkfield_init(&m);
	mkcap_users(&m.st.cap, true, users, uids, 2);
	process_led(&m, 100, 1, "sh", 100, 100);
	touch(&m, 100);
	LINE(&m, "%user.name %user.homedir %user.shell", "ann /home/ann /bin/sh");
	mkcap_event(&m.st.cap, mkstate_tick(&m.st), 100, EV_SYSCALL_SETUID_X);
	mkcap_p_s64(&m.st.cap, 0);
	mkcap_p_u32(&m.st.cap, 77);
	mkcap_end(&m.st.cap);
	mkfield_last(&m);
	LINE(&m, "%user.name %user.homedir %user.shell", "<NA> <NA> <NA>");
	/* told later: from then on it is known */
	mkcap_user_added(&m.st.cap, mkstate_tick(&m.st), 77, 77, "late", "");
	touch(&m, 100);
	LINE(&m, "%user.name %user.homedir", "late /home");
	mkfield_end(&m);
}

static void test_fields_state_container_user(void)
{
	struct mkfield m;
	struct mkcap_proc p = {
		.tid = 300,
		.pid = 300,
		.ptid = 1,
		.vtid = 300,
		.vpid = 300,
		.comm = "app",
		.uid = 5,
		.cgroups = "cpu=/lxc/web",
		.cgroups_len = sizeof("cpu=/lxc/web"),
	};

	mkfield_init(&m);
	mkcap_user_added(&m.st.cap, mkstate_tick(&m.st), 5, 5, "games", "");
	mkcap_user_added(&m.st.cap, mkstate_tick(&m.st), 5, 5, "webuser", "web");
	mkcap_user_added(&m.st.cap, mkstate_tick(&m.st), 5, 5, "webuser", "web");
	mkfield_last(&m);
	mkcap_processes(&m.st.cap, 9, 76, &p, 1);
	touch(&m, 300);
	LINE(&m, "%container.id %user.name %user.homedir", "web webuser /home");
	mkfield_end(&m);
}

static void test_fields_state_fd_types(void)
{
	struct mkfield m;

	mkfield_init(&m);
	process_led(&m, 100, 1, "sh", 100, 100);
	touch(&m, 100);
	LINE(&m, "%fd.types", NULL);
	mkcap_openat(&m.st.cap, mkstate_tick(&m.st), 100, 0, "/dev/null", 1);
	mkcap_pipe(&m.st.cap, mkstate_tick(&m.st), 100, 3, 4, 77);
	mkcap_socket(&m.st.cap, mkstate_tick(&m.st), 100, 1, 2, 1, 0);
	mkfield_last(&m);
	LINE(&m, "%fd.types|%fd.types[0]|%fd.types[1]", "(ipv4,pipe,file)|(file)|(ipv4)");
	LINE(&m, "%fd.types[2]", NULL);
	/* a child has them too; what it closes, its parent keeps */
	mkcap_clone_child(&m.st.cap, mkstate_tick(&m.st), 101, 101, 100, "child", 0);
	mkcap_close(&m.st.cap, mkstate_tick(&m.st), 101, 0, 3);
	mkcap_close(&m.st.cap, mkstate_tick(&m.st), 101, 0, 4);
	touch(&m, 101);
	VALUE(&m, "fd.types", "{ipv4 file}");
	touch(&m, 100);
	VALUE(&m, "fd.types", "{ipv4 pipe file}");
	/* a number that is used again counts once */
	mkcap_dup2(&m.st.cap, mkstate_tick(&m.st), 100, 1, 0, 1);
	mkfield_last(&m);
	VALUE(&m, "fd.types", "{pipe file}");
	VALUE(&m, "fd.types[1]", "{file}");
	mkfield_end(&m);
}

/* execve closes what is marked: the types go with them. */
static void test_fields_state_fd_types_after_exec(void)
{
	struct mkfield m;

	mkfield_init(&m);
	process_led(&m, 100, 1, "sh", 100, 100);
	mkcap_openat(&m.st.cap, mkstate_tick(&m.st), 100, 0, "/dev/null", 1);
	mkcap_socket(&m.st.cap, mkstate_tick(&m.st), 100, 3, 2, 1 | 02000000, 0);
	mkfield_last(&m);
	VALUE(&m, "fd.types", "{ipv4 file}");
	mkcap_execve(&m.st.cap, mkstate_tick(&m.st), 100, 100, 1, "ls", NULL, 0, "ls", "/bin/ls");
	touch(&m, 100);
	VALUE(&m, "fd.types", "{file}");
	mkfield_end(&m);
}

static void test_fields_state_name_changed(void)
{
	struct mkfield m;

	mkfield_init(&m);
	process_led(&m, 100, 1, "dig", 100, 100);
	mkcap_socket(&m.st.cap, mkstate_tick(&m.st), 100, 3, 2, 2, 0);
	mkfield_last(&m);
	LINE(&m, "%fd.name_changed", "false");
	mkcap_sendto4(&m.st.cap, mkstate_tick(&m.st), 100, 1, 3, "q", "10.0.0.1", 4000, "10.0.0.2",
		      53);
	mkfield_last(&m);
	LINE(&m, "%fd.name_changed %fd.name", "true 10.0.0.1:4000->10.0.0.2:53");
	mkcap_sendto4(&m.st.cap, mkstate_tick(&m.st), 100, 1, 3, "q", "10.0.0.1", 4000, "10.0.0.2",
		      53);
	mkfield_last(&m);
	LINE(&m, "%fd.name_changed", "false");
	mkcap_sendto4(&m.st.cap, mkstate_tick(&m.st), 100, 1, 3, "q", "10.0.0.1", 4000, "10.0.0.3",
		      53);
	mkfield_last(&m);
	LINE(&m, "%fd.name_changed", "true");
	touch(&m, 100);
	LINE(&m, "%fd.name_changed", NULL);
	mkfield_end(&m);
}

static void test_fields_state_exectime(void)
{
	struct mkfield m;
	uint64_t t;

	mkfield_init(&m);
	process_led(&m, 100, 1, "busy", 100, 100);
	t = mkstate_tick(&m.st);
	mkcap_switch(&m.st.cap, t, 0, 100);
	mkcap_switch(&m.st.cap, t + 4000, 100, 0);
	mkfield_last(&m);
	LINE(&m, "%thread.exectime %thread.totexectime", "4000 4000");
	mkcap_switch(&m.st.cap, t + 5000, 0, 100);
	mkcap_switch(&m.st.cap, t + 5500, 100, 0);
	mkfield_last(&m);
	LINE(&m, "%thread.exectime %thread.totexectime", "500 4500");
	/* not seen coming: how long it ran is unknown */
	mkcap_switch(&m.st.cap, t + 9000, 100, 0);
	mkfield_last(&m);
	LINE(&m, "*%thread.exectime %thread.totexectime", "<NA> 4500");
	m.st.now = t + 10000;
	touch(&m, 100);
	LINE(&m, "%thread.totexectime", NULL);
	mkfield_end(&m);
}

static void procinfo(struct mkfield *m, int64_t tid, uint64_t user_ns, uint64_t system_ns)
{
	mkcap_event(&m->st.cap, mkstate_tick(&m->st), tid, EV_PROCINFO_E);
	mkcap_p_u64(&m->st.cap, user_ns);
	mkcap_p_u64(&m->st.cap, system_ns);
	mkcap_end(&m->st.cap);
	mkfield_last(m);
}

static void test_fields_state_cpu(void)
{
	struct mkfield m;

	mkfield_init(&m);
	process_led(&m, 100, 1, "busy", 100, 100);
	procinfo(&m, 100, 3 * NSEC_PER_SEC, NSEC_PER_SEC);
	LINE(&m, "%thread.cpu", NULL);
	LINE(&m, "%evt.count.threadinfo %evt.count.procinfo", "1 1");
	procinfo(&m, 100, 3 * NSEC_PER_SEC + 250000000, NSEC_PER_SEC + 100000000);
	LINE(&m, "%thread.cpu %thread.cpu.user %thread.cpu.system", "35.0 25.0 10.0");
	/* counted backwards: another process of that number */
	procinfo(&m, 100, 0, 0);
	LINE(&m, "%thread.cpu", NULL);
	mkfield_end(&m);
}

static void test_fields_state_reltime(void)
{
	struct mkfield m;
	uint64_t t;

	mkfield_init(&m);
	t = mkstate_tick(&m.st);
	/* the tools' own records do not count */
	mkcap_user_added(&m.st.cap, t, 5, 5, "games", "");
	mkfield_last(&m);
	LINE(&m, "%evt.reltime", NULL);
	mkcap_chdir(&m.st.cap, t + 50, 100, 0, "/");
	mkcap_chdir(&m.st.cap, t + 50 + 3000000007, 100, 0, "/");
	mkfield_last(&m);
	LINE(&m, "%evt.reltime %evt.reltime.s %evt.reltime.ns", "3000000007 3 000000007");
	mkcap_chdir(&m.st.cap, t + 50 + 5, 100, 0, "/");
	mkfield_last(&m);
	LINE(&m, "%evt.reltime", "000000005");
	/* earlier than the first */
	mkcap_chdir(&m.st.cap, t, 100, 0, "/");
	mkfield_last(&m);
	LINE(&m, "%evt.reltime", "000000000");
	mkfield_end(&m);
}

static void test_fields_state_around(void)
{
	struct mkfield m;

	mkfield_init(&m);
	mkcap_chdir(&m.st.cap, UINT64_C(1700000000000000000), 100, 0, "/");
	mkfield_last(&m);
	VALUE(&m, "evt.around[1700000000000000000]", "0");
	VALUE(&m, "evt.around[1700000000250000000]", "250");
	VALUE(&m, "evt.around[1700000000250000001]", "251");
	VALUE(&m, "evt.around[1699999999999999999]", "1");
	VALUE(&m, "evt.around[99999999999999999999]", NULL);
	mkfield_end(&m);
}

void suite_fields_state(CU_pSuite suite);
void suite_fields_state(CU_pSuite suite)
{
	CU_add_test(suite, "test_fields_state_leader_is_no_ancestor",
		    test_fields_state_leader_is_no_ancestor);
	CU_add_test(suite, "test_fields_state_leader_in_a_namespace",
		    test_fields_state_leader_in_a_namespace);
	CU_add_test(suite, "test_fields_state_user_home", test_fields_state_user_home);
	CU_add_test(suite, "test_fields_state_container_user", test_fields_state_container_user);
	CU_add_test(suite, "test_fields_state_fd_types", test_fields_state_fd_types);
	CU_add_test(suite, "test_fields_state_fd_types_after_exec",
		    test_fields_state_fd_types_after_exec);
	CU_add_test(suite, "test_fields_state_name_changed", test_fields_state_name_changed);
	CU_add_test(suite, "test_fields_state_exectime", test_fields_state_exectime);
	CU_add_test(suite, "test_fields_state_cpu", test_fields_state_cpu);
	CU_add_test(suite, "test_fields_state_reltime", test_fields_state_reltime);
	CU_add_test(suite, "test_fields_state_around", test_fields_state_around);
}
