/*
 * test_capture_snapshot.c - a snapshot of a machine made of files: what /proc says in text is what the fold finds in
 * the blocks.
 */
#include "mkroot.h"

#include "capture/proc_parse.h"
#include "capture/redact.h"
#include "capture/snapshot.h"
#include "mkstate.h"

#define OUT_MAX ((size_t)64 << 20)

/* pid, comm, parent, group, session, terminal, kernel's flags, threads, start */
static void put_stat(struct mkroot *r, const char *name, int pid, const char *comm, char state, int parent,
		     unsigned int flags, int threads)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%d (%s) %c %d %d 900 34817 -1 %u 501 0 7 0 10 20 0 0 20 0 %d 0 250000 1000 200 18446744073709551615 "
		 "1 1\n",
		 pid, comm, state, parent, pid, flags, threads);
	mkroot_file(r, name, text);
}

#define STATUS(ids, groups)                                                                                                     \
	"Name:\tx\nUmask:\t0022\nState:\tS (sleeping)\nUid:\t1000\t33\t0\t0\nGid:\t1000\t34\t0\t0\nNStgid:\t" ids "\nNSpid:\t"  \
	ids "\nNSpgid:\t" groups "\nVmPeak:\t 9999 kB\nVmSize:\t   12345 kB\nVmRSS:\t     678 kB\nVmSwap:\t       9 kB\n"         \
	"CapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000400\n"

static const char limits[] = "Limit                     Soft Limit           Hard Limit           Units     \n"
			     "Max cpu time              unlimited            unlimited            seconds   \n"
			     "Max open files            4096                 524288               files     \n";

/* One process with two threads and a descriptor of each kind; a thread of the kernel. */
static void make_machine(struct mkroot *r)
{
	static const char command[] = "nginx: worker\0--password\0hunter2\0-x";
	static const char environment[] = "PATH=/bin\0DB_PASSWORD=secret99\0";
	static const struct {
		const char *fd, *target, *info;
	} fds[] = {
		{ "0", "/dev/null", "pos:\t0\nflags:\t0100002\nmnt_id:\t22\nino:\t3\n" },
		{ "1", "pipe:[77]", "" },
		{ "2", "/var/log/nope.log (deleted)", "pos:\t0\nflags:\t02102001\nmnt_id:\t23\n" },
		{ "3", "socket:[5000000001]", "" },
		{ "4", "socket:[5000000002]", "" },
		{ "5", "socket:[5000000003]", "" },
		{ "6", "socket:[5000000004]", "" },
		{ "7", "anon_inode:[eventpoll]", "" },
		{ "8", "anon_inode:[eventfd]", "" },
		{ "9", "anon_inode:inotify", "" },
		{ "10", "anon_inode:[timerfd]", "" },
		{ "11", "anon_inode:[signalfd]", "" },
		{ "12", "/memfd:payload (deleted)", "" },
		{ "13", "anon_inode:[pidfd]", "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nPid:\t4711\nNSpid:\t4711\n" },
		{ "14", "anon_inode:bpf-prog", "" },
		{ "15", "anon_inode:[io_uring]", "" },
		{ "16", "anon_inode:[userfaultfd]", "" },
		{ "17", "socket:[5000000005]", "" },
		{ "18", "anon_inode:[perf_event]", "" },
		{ "19", "socket:[5000000099]", "" },
		{ "20", "socket:[5000000006]", "" },
	};
	char name[64];

	mkroot_file(r, "proc/sys/kernel/pid_max", "99999\n");
	put_stat(r, "proc/2/stat", 2, "kthreadd", 'S', 0, 0x208040, 1);
	mkroot_file(r, "proc/2/status", "Name:\tkthreadd\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nNSpid:\t2\nNSpgid:\t0\n");
	put_stat(r, "proc/100/stat", 100, "we) ird (name", 'S', 1, 0x400100, 2);
	mkroot_file(r, "proc/100/status", STATUS("100\t7", "100\t7"));
	mkroot_bytes(r, "proc/100/cmdline", command, sizeof(command));
	mkroot_bytes(r, "proc/100/environ", environment, sizeof(environment) - 1);
	mkroot_file(r, "proc/100/cgroup", "5:cpu,cpuacct:/a:b\n1:name=systemd:/x\n0::/unified.slice\n");
	mkroot_file(r, "proc/100/limits", limits);
	mkroot_file(r, "proc/100/loginuid", "1000");
	mkroot_file(r, "proc/100/mountinfo", "22 1 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw\n"
					     "23 1 259:300 / / rw shared:1 - ext4 /dev/root rw\nnonsense\n24\n");
	mkroot_link(r, "proc/100/exe", "/usr/sbin/nginx");
	mkroot_link(r, "proc/100/cwd", "/srv/www");
	mkroot_link(r, "proc/100/root", "/");
	put_stat(r, "proc/300/stat", 300, "sshd", 'S', 1, 0, 1);
	mkroot_file(r, "proc/300/status", STATUS("300", "300"));
	mkroot_bytes(r, "proc/300/cmdline", "sshd: root@pts/0\0\0\0\0\0\0", 22);
	put_stat(r, "proc/100/task/100/stat", 100, "we) ird (name", 'S', 1, 0x400100, 2);
	put_stat(r, "proc/100/task/101/stat", 101, "pool", 'S', 1, 0x400140, 2);
	mkroot_file(r, "proc/100/task/101/status", STATUS("101\t8", "100\t7"));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		snprintf(name, sizeof(name), "proc/100/fd/%s", fds[i].fd);
		mkroot_link(r, name, fds[i].target);
		snprintf(name, sizeof(name), "proc/100/fdinfo/%s", fds[i].fd);
		mkroot_file(r, name, fds[i].info);
	}
}

static void make_sockets(struct mkroot *r)
{
	mkroot_file(r, "proc/100/net/tcp",
		    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
		    "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5000000001 1 0 100 0 0 10 0\n"
		    "   1: 0100000A:1F90 0200000A:C000 01 00000000:00000000 00:00000000 00000000     0        0 5000000002 1 0 20 4 30 10 -1\n"
		    "   2: 0100000A:1F90 0200000A:C001 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0\n");
	mkroot_file(r, "proc/100/net/udp6",
		    "  sl  local_address                         remote_address                        st tx_queue "
		    "rx_queue tr tm->when "
		    "retrnsmt   uid  timeout inode ref pointer drops\n"
		    "  5: B80D0120000000000000000001000000:0035 B80D0120000000000000000002000000:9C40 01 "
		    "00000000:00000000 00:00000000 "
		    "00000000     0        0 5000000003 2 0 0\n");
	mkroot_file(r, "proc/100/net/unix",
		    "Num       RefCount Protocol Flags    Type St Inode Path\n"
		    "ffff888012345678: 00000002 00000000 00010000 0001 01 5000000004 /run/my sock\n"
		    "0000000009a2b1b5: 00000002 00000000 00010000 0001 01 5000000006\n");
	mkroot_file(r, "proc/100/net/netlink",
		    "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
		    "00000000b9f5f089 16  4242       00000000 0        0        0     2        0        5000000005\n");
	mkroot_file(r, "root/etc/passwd",
		    "root:x:0:0:root:/root:/bin/bash\n# "
		    "comment\nbad:x:y:z:a:b:c\nwww-data:x:33:34:w:/var/www:/bin/false\nshort:x:1\n");
	mkroot_file(r, "root/etc/group", "root:x:0:\nwww-data:x:34:a,b\nx:x:-1:\n");
}

struct fixture {
	struct mkroot files;
	char proc[160], root[160];
	struct snapshot *snap;
	struct mkstate m;
	uint64_t clock;
};

/* Each look at the clock is a nanosecond later. */
static uint64_t ticking(void *arg)
{
	struct fixture *f = arg;

	return UINT64_C(1800000000) * NSEC_PER_SEC + ++f->clock;
}

static void begin(struct fixture *f, struct snapshot_options opt)
{
	struct err e;

	memset(f, 0, sizeof(*f));
	mkroot_init(&f->files);
	make_machine(&f->files);
	make_sockets(&f->files);
	snprintf(f->proc, sizeof(f->proc), "%s/proc", f->files.path);
	snprintf(f->root, sizeof(f->root), "%s/root", f->files.path);
	opt.proc = f->proc;
	opt.root = f->root;
	opt.now_ns = ticking;
	opt.now_arg = f;
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(snapshot_take(&opt, &f->snap, &e), 0);
	mkstate_init(&f->m, false, WANT_FDS | WANT_MEMORY);
	snapshot_blocks(f->snap, &f->m.cap.out);
}

static void end(struct fixture *f)
{
	CU_ASSERT_EQUAL(state_counts(f->m.s)->meta_malformed, 0);
	CU_ASSERT_EQUAL(state_counts(f->m.s)->orphan_fd_lists, 0);
	mkstate_end(&f->m);
	snapshot_free(f->snap);
	mkroot_end(&f->files);
}

static void check_list(const struct str *s, const char *want, size_t len)
{
	CU_ASSERT_EQUAL(s->len, len);
	CU_ASSERT(s->len == len && memcmp(s->s, want, len) == 0);
}

/* ---- processes ---- */

static void test_capture_snapshot_process(void)
{
	static const char args[] = "--password\0hunter2\0-x", env[] = "PATH=/bin\0DB_PASSWORD=secret99";
	static const char cgroups[] =
		"cpu=/a:b\0cpuacct=/a:b\0name=systemd=/x\0cpuset=/unified.slice\0cpu=/unified.slice\0"
		"blkio=/unified.slice\0memory=/unified.slice\0pids=/unified.slice";
	struct fixture f;
	const struct thread_view *v;

	begin(&f, (struct snapshot_options){ 0 });
	v = mkstate_thread(&f.m, 100);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CHECK_STR(v->comm->s, "we) ird (name");
	CHECK_STR(v->image->exe->s, "nginx: worker");
	CHECK_STR(v->image->exepath->s, "/usr/sbin/nginx");
	check_list(v->image->args, args, sizeof(args) - 1);
	check_list(v->image->env, env, sizeof(env) - 1);
	check_list(v->image->cgroups, cgroups, sizeof(cgroups) - 1);
	CHECK_STR(v->cwd->s, "/srv/www/");
	CHECK_STR(v->root->s, "/");
	CU_ASSERT_EQUAL(v->pid, 100);
	CU_ASSERT_EQUAL(v->ptid, 1);
	CU_ASSERT_EQUAL(v->sid, 900);
	CU_ASSERT_EQUAL(v->pgid, 100);
	CU_ASSERT_EQUAL(v->vpgid, 7);
	CU_ASSERT_EQUAL(v->vtid, 7);
	CU_ASSERT_EQUAL(v->vpid, 7);
	CU_ASSERT_EQUAL(v->tty, 34817);
	CU_ASSERT_EQUAL(v->uid, 33);
	CU_ASSERT_EQUAL(v->gid, 34);
	CU_ASSERT_EQUAL(v->loginuid, 1000);
	CU_ASSERT_EQUAL(v->fdlimit, 4096);
	CU_ASSERT_EQUAL(v->vmsize_kb, 12345);
	CU_ASSERT_EQUAL(v->vmrss_kb, 678);
	CU_ASSERT_EQUAL(v->vmswap_kb, 9);
	CU_ASSERT_EQUAL(v->pfminor, 501);
	CU_ASSERT_EQUAL(v->pfmajor, 7);
	CU_ASSERT_EQUAL(v->cap_inheritable, 1);
	CU_ASSERT_EQUAL(v->cap_permitted, UINT64_C(0x1ffffffffff));
	CU_ASSERT_EQUAL(v->cap_effective, 0x400);
	CU_ASSERT_TRUE(v->flags & TV_IN_PIDNS);
	CHECK_STR(v->user_name->s, "www-data");
	CHECK_STR(v->group_name->s, "www-data");
	end(&f);
}

static void test_capture_snapshot_threads(void)
{
	struct fixture f;
	const struct thread_view *v;
	const struct snapshot_counts *c;

	begin(&f, (struct snapshot_options){ 0 });
	v = mkstate_thread(&f.m, 101);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CHECK_STR(v->comm->s, "pool");
	CU_ASSERT_EQUAL(v->pid, 100);
	CU_ASSERT_EQUAL(v->vtid, 8);
	CU_ASSERT_EQUAL(v->vpid, 7);
	CHECK_STR(v->cwd->s, "/srv/www/");
	CHECK_STR(v->image->exepath->s, "/usr/sbin/nginx");
	CHECK_FD(&f.m, 101, 1, "pipe:[77]");
	v = mkstate_thread(&f.m, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CHECK_STR(v->comm->s, "kthreadd");
	CHECK_STR(v->image->exe->s, "kthreadd");
	CHECK_STR(v->image->exepath->s, "");
	CU_ASSERT_FALSE(v->flags & TV_IN_PIDNS);
	v = mkstate_thread(&f.m, 300);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CHECK_STR(v->image->exe->s, "sshd: root@pts/0");
	CU_ASSERT_EQUAL(v->image->args->len, 0);
	c = snapshot_counts(f.snap);
	CU_ASSERT_EQUAL(c->processes, 3);
	CU_ASSERT_EQUAL(c->threads, 4);
	CU_ASSERT_EQUAL(c->fds, 21);
	CU_ASSERT_EQUAL(c->sockets, 7);
	CU_ASSERT_EQUAL(c->sockets_unresolved, 1);
	CU_ASSERT_EQUAL(c->unreadable, 0);
	end(&f);
}

/* Both threads of a process have its moment; others none. */
static void test_capture_snapshot_seen(void)
{
	struct fixture f;
	uint64_t first, second;

	begin(&f, (struct snapshot_options){ 0 });
	first = snapshot_seen_ns(f.snap, 2);
	second = snapshot_seen_ns(f.snap, 100);
	CU_ASSERT_TRUE(first > UINT64_C(1800000000) * NSEC_PER_SEC);
	CU_ASSERT_TRUE(second > first);
	CU_ASSERT_EQUAL(snapshot_seen_ns(f.snap, 101), second);
	CU_ASSERT_EQUAL(snapshot_seen_ns(f.snap, 102), 0);
	CU_ASSERT_EQUAL(snapshot_seen_ns(f.snap, -1), 0);
	end(&f);
}

/* ---- descriptors ---- */

static void check_fd(struct fixture *f, int64_t fd, unsigned int type, const char *name)
{
	const struct fd_view *v = mkstate_fd(&f->m, 100, fd);

	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CU_ASSERT_EQUAL(v->type, type);
	CHECK_STR(v->name, name);
}

static void test_capture_snapshot_fds(void)
{
	struct fixture f;
	const struct fd_view *v;

	begin(&f, (struct snapshot_options){ 0 });
	check_fd(&f, 0, FD_FILE_V2, "/dev/null");
	v = mkstate_fd(&f.m, 100, 0);
	CU_ASSERT_EQUAL(v->open_flags, PPM_O_RDWR | PPM_O_LARGEFILE);
	CU_ASSERT_EQUAL(v->dev, 6);
	check_fd(&f, 1, FD_FIFO, "pipe:[77]");
	CU_ASSERT_EQUAL(mkstate_fd(&f.m, 100, 1)->ino, 77);
	check_fd(&f, 2, FD_FILE_V2, "/var/log/nope.log (deleted)");
	v = mkstate_fd(&f.m, 100, 2);
	CU_ASSERT_EQUAL(v->open_flags, PPM_O_WRONLY | PPM_O_APPEND | PPM_O_LARGEFILE | PPM_O_CLOEXEC);
	CU_ASSERT_EQUAL(v->dev, 259u << 8 | 44 | 1u << 20);	/* minor 300 = 0x12c: low byte, then bits 20 on */
	check_fd(&f, 7, FD_EPOLL, "anon_inode:[eventpoll]");
	check_fd(&f, 8, FD_EVENTFD, "anon_inode:[eventfd]");
	check_fd(&f, 9, FD_INOTIFY, "anon_inode:inotify");
	check_fd(&f, 10, FD_TIMERFD, "anon_inode:[timerfd]");
	check_fd(&f, 11, FD_SIGNALFD, "anon_inode:[signalfd]");
	check_fd(&f, 12, FD_MEMFD, "payload");
	check_fd(&f, 13, FD_PIDFD, "/proc/4711");
	check_fd(&f, 14, FD_BPF, "anon_inode:bpf-prog");
	check_fd(&f, 15, FD_IO_URING, "anon_inode:[io_uring]");
	check_fd(&f, 16, FD_USERFAULTFD, "anon_inode:[userfaultfd]");
	check_fd(&f, 18, FD_UNSUPPORTED, "anon_inode:[perf_event]");
	end(&f);
}

static void test_capture_snapshot_sockets(void)
{
	struct fixture f;
	const struct fd_view *v;

	begin(&f, (struct snapshot_options){ 0 });
	check_fd(&f, 3, FD_IPV4_SERVER, "0.0.0.0:8080");
	/* Accepted: the peer is the client. */
	check_fd(&f, 4, FD_IPV4, "10.0.0.2:49152->10.0.0.1:8080");
	CU_ASSERT_EQUAL(mkstate_fd(&f.m, 100, 4)->l4, L4_TCP);
	check_fd(&f, 5, FD_IPV6, "2001:db8::1:53->2001:db8::2:40000");
	CU_ASSERT_EQUAL(mkstate_fd(&f.m, 100, 5)->l4, L4_UDP);
	check_fd(&f, 6, FD_UNIX, "/run/my sock");
	v = mkstate_fd(&f.m, 100, 6);
	CU_ASSERT_EQUAL(v->unix_src, UINT64_C(0xffff888012345678));
	CU_ASSERT_EQUAL(v->ino, UINT64_C(5000000004));
	check_fd(&f, 20, FD_UNIX, "");
	CU_ASSERT_EQUAL(mkstate_fd(&f.m, 100, 20)->unix_src, 0);	/* hashed: not its address */
	check_fd(&f, 17, FD_NETLINK, "generic:4242");
	check_fd(&f, 19, FD_UNSUPPORTED, "socket:[5000000099]");
	end(&f);
}

static uint64_t double_of(void *arg, uint64_t ino)
{
	UNUSED_ARG(arg);
	return 2 * ino;
}

static void test_capture_snapshot_unix_address(void)
{
	struct fixture f;

	begin(&f, (struct snapshot_options){ .unix_address = double_of });
	CU_ASSERT_EQUAL(mkstate_fd(&f.m, 100, 6)->unix_src, UINT64_C(10000000008));
	end(&f);
}

/* ---- what is left out ---- */

static void test_capture_snapshot_without_secrets(void)
{
	static const char args[] = "--password\0*******\0-x", env[] = "PATH=/bin\0DB_PASSWORD=********";
	struct fixture f;
	const struct thread_view *v;
	struct redact *r;

	begin(&f, (struct snapshot_options){ .no_args = true, .no_env = true });
	v = mkstate_thread(&f.m, 100);
	CHECK_STR(v->image->exe->s, "nginx: worker");
	CU_ASSERT_EQUAL(v->image->args->len, 0);
	CU_ASSERT_EQUAL(v->image->env->len, 0);
	end(&f);
	CU_ASSERT_EQUAL_FATAL(redact_new(NULL, 0, true, &r, NULL), 0);
	begin(&f, (struct snapshot_options){ .redact = r });
	v = mkstate_thread(&f.m, 100);
	check_list(v->image->args, args, sizeof(args) - 1);
	check_list(v->image->env, env, sizeof(env) - 1);
	end(&f);
	redact_free(r);
}

/* Files that are cut, empty, or folders: nothing but fewer facts. */
static void test_capture_snapshot_broken(void)
{
	struct mkroot r;
	char proc[160], root[160];
	struct snapshot_options opt = { .proc = proc, .root = root };
	struct snapshot *s;
	struct err e;
	struct buf out;

	mkroot_init(&r);
	snprintf(proc, sizeof(proc), "%s/proc", r.path);
	snprintf(root, sizeof(root), "%s/root", r.path);
	err_init(&e);
	CU_ASSERT_EQUAL(snapshot_take(&opt, &s, &e), ERR_OPEN);
	CU_ASSERT_TRUE(strstr(e.file, "/proc") != NULL);
	mkroot_file(&r, "proc/1/stat", "");
	mkroot_file(&r, "proc/3/stat", "3 (");
	mkroot_file(&r, "proc/4/stat", "4 (x) S 1");
	put_stat(&r, "proc/5/stat", 5, "alone", 'Z', 1, 0, 1);
	mkroot_file(&r, "proc/5/status", "Uid:\t\n");
	mkroot_file(&r, "proc/6/stat/x", "");
	mkroot_file(&r, "proc/99999999999999999999/stat", "");
	mkroot_file(&r, "proc/7", "");
	mkroot_file(&r, "proc/self", "");
	mkroot_file(&r, "root/etc/passwd/x", "");
	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(snapshot_take(&opt, &s, &e), 0);
	CU_ASSERT_EQUAL(snapshot_counts(s)->processes, 1);
	buf_init(&out, OUT_MAX);
	snapshot_blocks(s, &out);
	CU_ASSERT_FALSE(out.failed);
	buf_release(&out);
	snapshot_free(s);
	mkroot_end(&r);
}

/* ---- texts alone ---- */

static struct buf over(char *text)
{
	struct buf b = { .data = text, .len = strlen(text) };

	return b;
}

static void test_capture_snapshot_parse(void)
{
	char stat[] = "7 (a b) c) R 1 2 3 -1 -1 4 5 6 7 8 9 10 11 12 20 0 3 0 99 1 2\n";
	char unlimited[] = "Max open files            unlimited            unlimited            files\n";
	char empty[] = "";
	struct buf text = over(stat);
	struct proc_stat st;
	struct proc_status status;

	CU_ASSERT_TRUE_FATAL(proc_parse_stat(&text, &st));
	CHECK_STR(st.comm, "a b) c");
	CU_ASSERT_EQUAL(st.state, 'R');
	CU_ASSERT_EQUAL(st.tty, UINT32_MAX);
	text = over(unlimited);
	CU_ASSERT_EQUAL(proc_parse_limits(&text), -1);
	text = over(empty);
	CU_ASSERT_FALSE(proc_parse_stat(&text, &st));
	CU_ASSERT_FALSE(proc_parse_status(&text, &status));
	CU_ASSERT_EQUAL(proc_open_flags(O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_NONBLOCK | O_DIRECTORY | O_TMPFILE),
			PPM_O_RDWR | PPM_O_CREAT | PPM_O_EXCL | PPM_O_TRUNC | PPM_O_NONBLOCK | PPM_O_DIRECTORY |
				PPM_O_TMPFILE);
	CU_ASSERT_EQUAL(proc_open_flags(O_WRONLY | O_SYNC | O_DIRECT),
			PPM_O_WRONLY | PPM_O_SYNC | PPM_O_DSYNC | PPM_O_DIRECT);
}

void suite_capture_snapshot(CU_pSuite suite);
void suite_capture_snapshot(CU_pSuite suite)
{
	CU_add_test(suite, "test_capture_snapshot_process", test_capture_snapshot_process);
	CU_add_test(suite, "test_capture_snapshot_threads", test_capture_snapshot_threads);
	CU_add_test(suite, "test_capture_snapshot_seen", test_capture_snapshot_seen);
	CU_add_test(suite, "test_capture_snapshot_fds", test_capture_snapshot_fds);
	CU_add_test(suite, "test_capture_snapshot_sockets", test_capture_snapshot_sockets);
	CU_add_test(suite, "test_capture_snapshot_unix_address", test_capture_snapshot_unix_address);
	CU_add_test(suite, "test_capture_snapshot_without_secrets", test_capture_snapshot_without_secrets);
	CU_add_test(suite, "test_capture_snapshot_broken", test_capture_snapshot_broken);
	CU_add_test(suite, "test_capture_snapshot_parse", test_capture_snapshot_parse);
}
