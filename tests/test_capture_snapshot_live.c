/*
 * test_capture_snapshot_live.c - snapshots of this very machine: what forked children opened, in namespaces of their
 * own, is what the fold finds. Children tell the numbers they got; nothing expected comes from the snapshot.
 */
#include "base/base.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/snapshot.h"
#include "mkroot.h"
#include "mkstate.h"

enum slot {
	FD_TCP_LISTEN, FD_TCP_CLIENT, FD_TCP_SERVER, FD_TCP6_LISTEN, FD_TCP_NEW, FD_UDP_BOUND, FD_UDP_CONNECTED, FD_RAW_ICMP,
	FD_UNIX_LISTEN, FD_UNIX_ABSTRACT, FD_UNIX_PAIR, FD_UNIX_OTHER, FD_NETLINK_ROUTE, FD_PIPE, FD_EPOLL_SET, FD_EVENT, FD_TIMER,
	FD_SIGNAL, FD_WATCH, FD_MEM, FD_APPEND, FD_FOLDER, SLOTS
};

/* What a child says of itself. */
struct told {
	int pid, tid;		/* as the test sees them are filled in by the test */
	int fds[SLOTS];		/* -1: could not be had here */
	uint64_t inos[SLOTS];
	uint16_t ports[SLOTS];	/* own port of sockets */
	bool namespace;
};

struct child {
	pid_t pid;
	int from, hold;		/* it tells; it lives until hold is closed */
	struct told told;
};

/* ---- in the child ---- */

static void open_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCSIFFLAGS, &r);
	close(fd);
}

static uint16_t bind_any(int fd, int family)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = family == AF_INET6 ? sizeof(a6) : sizeof(a);
	struct sockaddr *to = family == AF_INET6 ? (struct sockaddr *)&a6 : (struct sockaddr *)&a;

	if (bind(fd, to, len) != 0 || getsockname(fd, to, &len) != 0) {
		return 0;
	}
	return ntohs(family == AF_INET6 ? a6.sin6_port : a.sin_port);
}

static uint16_t own_port(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &len) == 0 ? ntohs(a.sin_port) : 0;
}

static void dial(int fd, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr = { htonl(INADDR_LOOPBACK) } };

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		abort();
	}
}

static void open_inet(struct told *t)
{
	t->fds[FD_TCP_LISTEN] = socket(AF_INET, SOCK_STREAM, 0);
	t->ports[FD_TCP_LISTEN] = bind_any(t->fds[FD_TCP_LISTEN], AF_INET);
	listen(t->fds[FD_TCP_LISTEN], 5);
	t->fds[FD_TCP_CLIENT] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	dial(t->fds[FD_TCP_CLIENT], t->ports[FD_TCP_LISTEN]);
	t->ports[FD_TCP_CLIENT] = own_port(t->fds[FD_TCP_CLIENT]);
	t->fds[FD_TCP_SERVER] = accept(t->fds[FD_TCP_LISTEN], NULL, NULL);
	t->fds[FD_TCP6_LISTEN] = socket(AF_INET6, SOCK_STREAM, 0);
	t->ports[FD_TCP6_LISTEN] = bind_any(t->fds[FD_TCP6_LISTEN], AF_INET6);
	listen(t->fds[FD_TCP6_LISTEN], 5);
	t->fds[FD_TCP_NEW] = socket(AF_INET, SOCK_STREAM, 0);
	t->fds[FD_UDP_BOUND] = socket(AF_INET, SOCK_DGRAM, 0);
	t->ports[FD_UDP_BOUND] = bind_any(t->fds[FD_UDP_BOUND], AF_INET);
	t->fds[FD_UDP_CONNECTED] = socket(AF_INET, SOCK_DGRAM, 0);
	dial(t->fds[FD_UDP_CONNECTED], t->ports[FD_UDP_BOUND]);
	t->ports[FD_UDP_CONNECTED] = own_port(t->fds[FD_UDP_CONNECTED]);
	t->fds[FD_RAW_ICMP] = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static void open_local(struct told *t, const char *path)
{
	struct sockaddr_un named = { .sun_family = AF_UNIX };
	struct sockaddr_un abstract = { .sun_family = AF_UNIX, .sun_path = "\0thresher-test" };
	int pair[2];

	snprintf(named.sun_path, sizeof(named.sun_path), "%.100s", path);
	t->fds[FD_UNIX_LISTEN] = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(t->fds[FD_UNIX_LISTEN], (struct sockaddr *)&named, sizeof(named));
	listen(t->fds[FD_UNIX_LISTEN], 1);
	t->fds[FD_UNIX_ABSTRACT] = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(t->fds[FD_UNIX_ABSTRACT], (struct sockaddr *)&abstract,
	     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 14));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
		t->fds[FD_UNIX_PAIR] = pair[0];
		t->fds[FD_UNIX_OTHER] = pair[1];
	}
	t->fds[FD_NETLINK_ROUTE] = socket(AF_NETLINK, SOCK_RAW, 0);
}

static void open_others(struct told *t, const char *file)
{
	sigset_t set;
	int ends[2];

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (pipe(ends) == 0) {
		t->fds[FD_PIPE] = ends[0];
	}
	t->fds[FD_EPOLL_SET] = epoll_create1(0);
	t->fds[FD_EVENT] = eventfd(0, 0);
	t->fds[FD_TIMER] = timerfd_create(CLOCK_MONOTONIC, 0);
	t->fds[FD_SIGNAL] = signalfd(-1, &set, 0);
	t->fds[FD_WATCH] = inotify_init();
	t->fds[FD_MEM] = memfd_create("loot", 0);
	t->fds[FD_APPEND] = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	t->fds[FD_FOLDER] = open("/", O_RDONLY);
}

static void *thread_main(void *arg)
{
	struct told *t = arg;

	prctl(PR_SET_NAME, "second");
	__atomic_store_n(&t->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
	pause();
	return NULL;
}

static void fill_inodes(struct told *t)
{
	for (int i = 0; i < SLOTS; i++) {
		struct stat st;

		t->inos[i] = t->fds[i] >= 0 && fstat(t->fds[i], &st) == 0 ? st.st_ino : 0;
	}
}

static void child_main(const char *folder, int to, int hold)
{
	struct told t = { 0 };
	struct rlimit limit = { 777, 4096 };
	char path[160], byte;
	pthread_t thread;

	memset(t.fds, -1, sizeof(t.fds));
	t.namespace = unshare(CLONE_NEWNET) == 0;
	if (t.namespace) {
		open_loopback();
	}
	setrlimit(RLIMIT_NOFILE, &limit);
	prctl(PR_SET_NAME, "first");
	if (chdir(folder) != 0 || setpgid(0, 0) != 0) {
		abort();
	}
	open_inet(&t);
	snprintf(path, sizeof(path), "%s/sock", folder);
	open_local(&t, path);
	snprintf(path, sizeof(path), "%s/log file", folder);
	open_others(&t, path);
	fill_inodes(&t);
	pthread_create(&thread, NULL, thread_main, &t);
	while (__atomic_load_n(&t.tid, __ATOMIC_ACQUIRE) == 0) {
		sched_yield();
	}
	t.pid = (int)getpid();
	if (write(to, &t, sizeof(t)) != sizeof(t)) {
		abort();
	}
	(void)!read(hold, &byte, 1);
	_exit(0);
}

/* ---- children ---- */

static void child_start(struct child *c, void (*run)(const char *folder, int to, int hold), const char *folder)
{
	int up[2], down[2];

	if (pipe(up) != 0 || pipe(down) != 0) {
		abort();
	}
	c->pid = fork();
	if (c->pid == 0) {
		close(up[0]);
		close(down[1]);
		run(folder, up[1], down[0]);
		_exit(1);
	}
	close(up[1]);
	close(down[0]);
	c->from = up[0];
	c->hold = down[1];
	CU_ASSERT_EQUAL(read(c->from, &c->told, sizeof(c->told)), (ssize_t)sizeof(c->told));
}

static void child_end(struct child *c)
{
	close(c->hold);
	close(c->from);
	waitpid(c->pid, NULL, 0);
}

/* Addresses that are made up, so that it can be told whose they are. */
static uint64_t address_of(void *arg, uint64_t ino)
{
	UNUSED_ARG(arg);
	return ino + UINT64_C(0xffff888000000000);
}

static struct snapshot *take(struct mkstate *m)
{
	struct snapshot_options opt = { .proc = "/proc", .root = "/", .unix_address = address_of };
	struct snapshot *s = NULL;
	struct err e;

	err_init(&e);
	CU_ASSERT_EQUAL_FATAL(snapshot_take(&opt, &s, &e), 0);
	mkstate_init(m, false, WANT_FDS | WANT_MEMORY);
	snapshot_blocks(s, &m->cap.out);
	return s;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

/* ---- what the child had ---- */

static const struct fd_view *fd_of(struct mkstate *m, const struct child *c, enum slot slot)
{
	const struct fd_view *v = mkstate_fd(m, c->pid, c->told.fds[slot]);

	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CU_ASSERT_EQUAL(v->ino, c->told.inos[slot]);
	return v;
}

static void check_named(struct mkstate *m, const struct child *c, enum slot slot, unsigned int type, const char *name)
{
	const struct fd_view *v = fd_of(m, c, slot);

	CU_ASSERT_EQUAL(v->type, type);
	CHECK_STR(v->name, name);
}

static void check_inet(struct mkstate *m, const struct child *c, enum slot slot, unsigned int type, unsigned int l4,
		       const char *fmt, unsigned int a, unsigned int b)
{
	const struct fd_view *v = fd_of(m, c, slot);
	char name[128];

	snprintf(name, sizeof(name), fmt, a, b);
	CU_ASSERT_EQUAL(v->type, type);
	CU_ASSERT_EQUAL(v->l4, l4);
	CHECK_STR(v->name, name);
}

static void check_sockets(struct mkstate *m, const struct child *c)
{
	const uint16_t *p = c->told.ports;

	check_inet(m, c, FD_TCP_LISTEN, FD_IPV4_SERVER, L4_TCP, "127.0.0.1:%u", p[FD_TCP_LISTEN], 0);
	check_inet(m, c, FD_TCP_CLIENT, FD_IPV4, L4_TCP, "127.0.0.1:%u->127.0.0.1:%u", p[FD_TCP_CLIENT],
		   p[FD_TCP_LISTEN]);
	check_inet(m, c, FD_TCP_SERVER, FD_IPV4, L4_TCP, "127.0.0.1:%u->127.0.0.1:%u", p[FD_TCP_CLIENT],
		   p[FD_TCP_LISTEN]);
	if (p[FD_TCP6_LISTEN] != 0) {
		check_inet(m, c, FD_TCP6_LISTEN, FD_IPV6_SERVER, L4_TCP, "::1:%u", p[FD_TCP6_LISTEN], 0);
	}
	CU_ASSERT_EQUAL(fd_of(m, c, FD_TCP_NEW)->type, FD_IPV4);
	CU_ASSERT_EQUAL(fd_of(m, c, FD_TCP_NEW)->l4, L4_TCP);
	check_inet(m, c, FD_UDP_BOUND, FD_IPV4_SERVER, L4_UDP, "127.0.0.1:%u", p[FD_UDP_BOUND], 0);
	check_inet(m, c, FD_UDP_CONNECTED, FD_IPV4, L4_UDP, "127.0.0.1:%u->127.0.0.1:%u", p[FD_UDP_CONNECTED],
		   p[FD_UDP_BOUND]);
	if (c->told.fds[FD_RAW_ICMP] >= 0) {
		CU_ASSERT_EQUAL(fd_of(m, c, FD_RAW_ICMP)->l4, L4_RAW);
	}
}

static void check_others(struct mkstate *m, const struct child *c, const char *folder)
{
	char text[192];
	const struct fd_view *v;

	snprintf(text, sizeof(text), "%s/sock", folder);
	check_named(m, c, FD_UNIX_LISTEN, FD_UNIX, text);
	check_named(m, c, FD_UNIX_ABSTRACT, FD_UNIX, "@thresher-test");
	check_named(m, c, FD_UNIX_PAIR, FD_UNIX, "");
	v = fd_of(m, c, FD_UNIX_PAIR);
	CU_ASSERT_EQUAL(v->unix_src, address_of(NULL, c->told.inos[FD_UNIX_PAIR]));
	CU_ASSERT_EQUAL(v->unix_dst, address_of(NULL, c->told.inos[FD_UNIX_OTHER]));
	CU_ASSERT_EQUAL(fd_of(m, c, FD_UNIX_LISTEN)->unix_dst, 0);
	CU_ASSERT_EQUAL(fd_of(m, c, FD_NETLINK_ROUTE)->type, FD_NETLINK);
	snprintf(text, sizeof(text), "pipe:[%llu]", (unsigned long long)c->told.inos[FD_PIPE]);
	check_named(m, c, FD_PIPE, FD_FIFO, text);
	CU_ASSERT_EQUAL(mkstate_fd(m, c->pid, c->told.fds[FD_EPOLL_SET])->type, FD_EPOLL);
	CU_ASSERT_EQUAL(mkstate_fd(m, c->pid, c->told.fds[FD_EVENT])->type, FD_EVENTFD);
	CU_ASSERT_EQUAL(mkstate_fd(m, c->pid, c->told.fds[FD_TIMER])->type, FD_TIMERFD);
	CU_ASSERT_EQUAL(mkstate_fd(m, c->pid, c->told.fds[FD_SIGNAL])->type, FD_SIGNALFD);
	CU_ASSERT_EQUAL(mkstate_fd(m, c->pid, c->told.fds[FD_WATCH])->type, FD_INOTIFY);
	check_named(m, c, FD_MEM, FD_MEMFD, "loot");
	snprintf(text, sizeof(text), "%s/log file", folder);
	check_named(m, c, FD_APPEND, FD_FILE_V2, text);
	v = fd_of(m, c, FD_APPEND);
	CU_ASSERT_EQUAL(v->open_flags & ~(uint32_t)PPM_O_LARGEFILE, PPM_O_WRONLY | PPM_O_APPEND | PPM_O_CLOEXEC);
	CU_ASSERT_NOT_EQUAL(v->dev, 0);
	check_named(m, c, FD_FOLDER, FD_DIRECTORY, "/");
}

static void check_process(struct mkstate *m, const struct child *c, const char *folder)
{
	const struct thread_view *v = mkstate_thread(m, c->pid);
	char text[192], exe[1024];
	struct stat st;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n > 0 ? n : 0] = '\0';
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	snprintf(text, sizeof(text), "%s/", folder);
	CHECK_STR(v->comm->s, "first");
	CHECK_STR(v->cwd->s, text);
	CHECK_STR(v->image->exepath->s, exe);
	CU_ASSERT_EQUAL(v->ptid, getpid());
	CU_ASSERT_EQUAL(v->uid, geteuid());
	CU_ASSERT_EQUAL(v->gid, getegid());
	CU_ASSERT_EQUAL(v->sid, getsid(0));
	CU_ASSERT_EQUAL(v->pgid, c->pid);
	CU_ASSERT_EQUAL(v->fdlimit, 777);
	CU_ASSERT_EQUAL(stat(exe, &st), 0);
	CU_ASSERT_EQUAL(v->exe_ino, st.st_ino);
	CU_ASSERT_EQUAL(v->exe_mtime_ns, (uint64_t)st.st_mtim.tv_sec * NSEC_PER_SEC + (uint64_t)st.st_mtim.tv_nsec);
	CU_ASSERT_TRUE(v->vmsize_kb > v->vmrss_kb && v->vmrss_kb > 0);
	CHECK_STR(mkstate_thread(m, c->told.tid)->comm->s, "second");
	CU_ASSERT_EQUAL(mkstate_thread(m, c->told.tid)->pid, c->pid);
}

static void test_capture_snapshot_live_child(void)
{
	struct mkroot folder;
	struct child c;
	struct mkstate m;
	struct snapshot *s;
	struct stat before, after;
	uint64_t from, to;

	mkroot_init(&folder);
	stat("/proc/self/ns/net", &before);
	child_start(&c, child_main, folder.path);
	if (!c.told.namespace) {
		printf("\n    no network namespace of its own for the child (not root): sockets are looked up in this "
		       "one\n");
	}
	from = now_ns();
	s = take(&m);
	to = now_ns();
	stat("/proc/self/ns/net", &after);
	CU_ASSERT_EQUAL(before.st_ino, after.st_ino);
	CU_ASSERT_TRUE(snapshot_seen_ns(s, c.pid) >= from && snapshot_seen_ns(s, c.pid) <= to);
	CU_ASSERT_EQUAL(snapshot_seen_ns(s, c.told.tid), snapshot_seen_ns(s, c.pid));
	CU_ASSERT_EQUAL(snapshot_counts(s)->namespaces_denied, 0);
	CU_ASSERT_TRUE(snapshot_counts(s)->namespaces >= 1u + c.told.namespace);
	check_process(&m, &c, folder.path);
	check_sockets(&m, &c);
	check_others(&m, &c, folder.path);
	CU_ASSERT_EQUAL(state_counts(m.s)->meta_malformed, 0);
	mkstate_end(&m);
	snapshot_free(s);
	child_end(&c);
	mkroot_end(&folder);
}

/* ---- a pid namespace ---- */

static void inner_main(const char *folder, int to, int hold)
{
	struct told t = { 0 };
	char byte;
	pid_t inner;

	UNUSED_ARG(folder);
	t.namespace = unshare(CLONE_NEWPID) == 0;
	inner = fork();
	if (inner == 0) {
		(void)!read(hold, &byte, 1);
		_exit(0);
	}
	t.pid = inner;
	(void)!write(to, &t, sizeof(t));
	(void)!read(hold, &byte, 1);
	kill(inner, SIGKILL);
	waitpid(inner, NULL, 0);
	_exit(0);
}

static void test_capture_snapshot_live_pid_namespace(void)
{
	const struct thread_view *v;
	struct child c;
	struct mkstate m;
	struct snapshot *s;

	child_start(&c, inner_main, "");
	s = take(&m);
	v = mkstate_thread(&m, c.told.pid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CU_ASSERT_EQUAL(v->ptid, c.pid);
	if (c.told.namespace) {
		CU_ASSERT_EQUAL(v->vpid, 1);
		CU_ASSERT_EQUAL(v->vtid, 1);
		CU_ASSERT_TRUE(v->flags & TV_IN_PIDNS);
		/* The namespace began with this process, some hundredths of a second ago (kernel ticks). */
		CU_ASSERT_TRUE(v->pidns_start_ns > now_ns() - 10 * NSEC_PER_SEC && v->pidns_start_ns < now_ns());
	} else {
		printf("\n    no pid namespace (not root): not looked at\n");
	}
	CU_ASSERT_EQUAL(mkstate_thread(&m, c.pid)->vpid, c.pid);
	CU_ASSERT_FALSE(mkstate_thread(&m, c.pid)->flags & TV_IN_PIDNS);
	mkstate_end(&m);
	snapshot_free(s);
	child_end(&c);
}

/* ---- what comes and goes ---- */

static void storm_main(const char *folder, int to, int hold)
{
	struct told t = { 0 };

	UNUSED_ARG(folder);
	UNUSED_ARG(hold);
	(void)!write(to, &t, sizeof(t));
	for (;;) {
		pid_t pids[8];

		for (int i = 0; i < 8; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				(void)!pipe((int[2]){ 0, 0 });
				_exit(0);
			}
		}
		for (int i = 0; i < 8; i++) {
			waitpid(pids[i], NULL, 0);
		}
	}
}

static void test_capture_snapshot_live_vanishing(void)
{
	struct snapshot_options opt = { .proc = "/proc", .root = "/" };
	struct child c;
	struct buf out;

	child_start(&c, storm_main, "");
	buf_init(&out, (size_t)256 << 20);
	for (int i = 0; i < 20; i++) {
		struct snapshot *s;
		struct err e;

		err_init(&e);
		CU_ASSERT_EQUAL_FATAL(snapshot_take(&opt, &s, &e), 0);
		buf_reset(&out);
		snapshot_blocks(s, &out);
		CU_ASSERT_FALSE(out.failed);
		CU_ASSERT_NOT_EQUAL(snapshot_seen_ns(s, c.pid), 0);
		snapshot_free(s);
	}
	buf_release(&out);
	kill(c.pid, SIGKILL);
	child_end(&c);
}

/* A leader that ended: what its threads share is told through one of them. */
static void *lonely_main(void *arg)
{
	int *fds = arg;
	struct told t = { .tid = (int)syscall(SYS_gettid) };
	char byte, state[128];

	do {	/* until the leader is a zombie */
		int fd = open("/proc/self/stat", O_RDONLY);
		ssize_t n = read(fd, state, sizeof(state) - 1);

		state[n > 0 ? n : 0] = '\0';
		close(fd);
	} while (strstr(state, ") Z ") == NULL);
	(void)!write(fds[0], &t, sizeof(t));
	(void)!read(fds[1], &byte, 1);
	_exit(0);
}

static void lonely_start(const char *folder, int to, int hold)
{
	static int fds[2];	/* the leader's stack may go */
	pthread_t thread;

	UNUSED_ARG(folder);
	fds[0] = to;
	fds[1] = hold;
	pthread_create(&thread, NULL, lonely_main, fds);
	syscall(SYS_exit, 0);
}

static void test_capture_snapshot_live_dead_leader(void)
{
	struct child c;
	struct mkstate m;
	struct snapshot *s;
	const struct thread_view *v;

	child_start(&c, lonely_start, "");
	s = take(&m);
	v = mkstate_thread(&m, c.told.tid);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	CU_ASSERT_EQUAL(v->pid, c.pid);
	CU_ASSERT_TRUE(v->image->exepath->len > 0);
	CU_ASSERT_TRUE(snapshot_counts(s)->fds > 0);
	CU_ASSERT_PTR_NOT_NULL(mkstate_fd(&m, c.told.tid, 0));
	mkstate_end(&m);
	snapshot_free(s);
	child_end(&c);
}

void suite_capture_snapshot_live(CU_pSuite suite);
void suite_capture_snapshot_live(CU_pSuite suite)
{
	CU_add_test(suite, "test_capture_snapshot_live_child", test_capture_snapshot_live_child);
	CU_add_test(suite, "test_capture_snapshot_live_pid_namespace", test_capture_snapshot_live_pid_namespace);
	CU_add_test(suite, "test_capture_snapshot_live_vanishing", test_capture_snapshot_live_vanishing);
	CU_add_test(suite, "test_capture_snapshot_live_dead_leader", test_capture_snapshot_live_dead_leader);
}
