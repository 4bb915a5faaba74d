/*
 * test_capture_probe.c - the BPF programs on this kernel: a child process does what a step says, and the events that
 * come out are held against what it did. No mock; where the kernel does not let us, every step says so aloud and is
 * skipped.
 */
#include "mkprobe.h"

void suite_capture_probe(CU_pSuite suite);

/* ---- files ---- */

static int32_t do_files(void)
{
	char path[] = "/tmp/probe-test-XXXXXX";
	struct iovec v[2] = { { (void *)(uintptr_t)"one", 3 }, { (void *)(uintptr_t)"four", 4 } };
	char buf[100];
	struct stat st;
	int dir, fd;

	if (mkdtemp(path) == NULL || chdir(path) != 0) {
		return -1;
	}
	dir = open(".", O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "made", O_RDWR | O_CREAT | O_EXCL, 0640);
	fstat(fd, &st);
	if (write(fd, "hello", 5) != 5 || pread(fd, buf, 3, 1) != 3 || writev(fd, v, 2) != 7) {
		return -1;
	}
	fchmod(fd, 04711);
	renameat(dir, "made", dir, "moved");
	openat(dir, "missing", O_WRONLY | O_APPEND);
	syscall(SYS_getdents64, dir, buf, sizeof(buf));
	unlinkat(dir, "moved", 0);
	close(fd);
	close(dir);
	rmdir(path);
	return (int32_t)st.st_ino;
}

static void test_capture_probe_files(void)
{
	const struct caught *k;
	const uint8_t *entries;
	struct catch c;
	size_t len;

	if (!record_tree(&c, do_files)) {
		return;
	}
	CU_ASSERT_EQUAL(c.stats.drops_ring + c.stats.drops_scratch, 0);
	k = find_text(&c, EV_SYSCALL_OPENAT_2_X, 2, "made");
	CU_ASSERT(number(k, 0) >= 0);
	CU_ASSERT_EQUAL(number(k, 3), PPM_O_RDWR | PPM_O_CREAT | PPM_O_EXCL | PPM_O_F_CREATED);
	CU_ASSERT_EQUAL(number(k, 4), 0640);
	CU_ASSERT_EQUAL((int32_t)number(k, 6), c.reported);
	k = find_text(&c, EV_SYSCALL_OPENAT_2_X, 2, "missing");
	CU_ASSERT_EQUAL(number(k, 0), -ENOENT);
	CU_ASSERT_EQUAL(number(k, 3), PPM_O_WRONLY | PPM_O_APPEND);
	k = find(&c, EV_SYSCALL_WRITE_X, 0);
	CU_ASSERT_EQUAL(number(k, 0), 5);
	CU_ASSERT(bytes_are(k, 1, "hello", 5));
	CU_ASSERT_EQUAL(number(k, 3), 5);
	k = find(&c, EV_SYSCALL_PREAD_X, 0);
	CU_ASSERT(bytes_are(k, 1, "ell", 3));
	CU_ASSERT_EQUAL(number(k, 4), 1);
	k = find(&c, EV_SYSCALL_WRITEV_X, 0);
	CU_ASSERT(bytes_are(k, 1, "onefour", 7));
	CU_ASSERT_EQUAL(number(k, 3), 7);
	CU_ASSERT_EQUAL(number(find(&c, EV_SYSCALL_FCHMOD_X, 0), 2), 04711);
	k = find(&c, EV_SYSCALL_RENAMEAT_X, 0);
	CU_ASSERT(text_is(k, 2, "made") && text_is(k, 4, "moved"));
	CU_ASSERT(text_is(find(&c, EV_SYSCALL_UNLINKAT_2_X, 0), 2, "moved"));
	/* Of the three entries at least one fits into 100 bytes; each is inode, type, length, name. */
	k = find(&c, EV_SYSCALL_GETDENTS64_X, 0);
	entries = extra(k, EXTRA_DIRENTS, &len);
	CU_ASSERT_FATAL(entries != NULL && len > 10);
	CU_ASSERT(entries[9] > 0 && len >= 10u + entries[9]);
	release(&c);
}

/* ---- processes ---- */

static int32_t do_processes(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		char *const argv[] = { (char *)(uintptr_t) "zero", (char *)(uintptr_t) "first", (char *)(uintptr_t) "",
				       NULL };
		char *const envp[] = { (char *)(uintptr_t)"NAME=value", NULL };

		execve("/no/such/program", argv, envp);
		execve("/bin/true", argv, envp);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	return pid;
}

/* Threads of the sanitizer's own in every child would be found as well. */
static bool alone(void)
{
#ifdef __SANITIZE_THREAD__
	test_skip("the thread sanitizer's own threads are recorded, too");
	return false;
#else
	return true;
#endif
}

static void test_capture_probe_processes(void)
{
	static const char args[] = "first\0";
	static const char env[] = "NAME=value";
	const struct caught *k, *child, *end;
	struct catch c;

	if (!alone() || !record_tree(&c, do_processes)) {
		return;
	}
	/* Both sides of the clone, the child's first. */
	CU_ASSERT_EQUAL(count_type(&c, EV_SYSCALL_CLONE_20_X), 2);
	child = find(&c, EV_SYSCALL_CLONE_20_X, 0);
	CU_ASSERT_EQUAL(child->tid, c.reported);
	CU_ASSERT_EQUAL(number(child, 0), 0);
	CU_ASSERT_EQUAL(number(child, 3), c.reported);
	CU_ASSERT_EQUAL(number(child, 5), c.child);
	k = find(&c, EV_SYSCALL_CLONE_20_X, 1);
	CU_ASSERT_EQUAL(k->tid, c.child);
	CU_ASSERT_EQUAL(number(k, 0), c.reported);
	CU_ASSERT_EQUAL(number(k, 16), geteuid());
	k = find(&c, EV_SYSCALL_EXECVE_19_X, 0);
	CU_ASSERT_EQUAL(number(k, 0), -ENOENT);
	CU_ASSERT(text_is(k, 1, "zero") && text_is(k, 30, "/no/such/program"));
	k = find(&c, EV_SYSCALL_EXECVE_19_X, 1);
	CU_ASSERT_EQUAL(k->tid, c.reported);
	CU_ASSERT_EQUAL(number(k, 0), 0);
	CU_ASSERT(text_is(k, 1, "zero") && bytes_are(k, 2, args, sizeof(args)));
	CU_ASSERT(text_is(k, 13, "true") && bytes_are(k, 15, env, sizeof(env)));
	CU_ASSERT(text_is(k, 30, "/bin/true"));
	CU_ASSERT(text_ends(k, 27, "/bin/true"));	/* as the whole machine sees it, whatever the root of this process */
	CU_ASSERT_EQUAL(number(k, 28), getpgrp());
	end = find(&c, EV_PROCEXIT_1_E, 0);
	CU_ASSERT_EQUAL(end->tid, c.reported);
	CU_ASSERT_EQUAL(number(end, 1), 0);
	end = find(&c, EV_PROCEXIT_1_E, 1);
	CU_ASSERT_EQUAL(end->tid, c.child);
	CU_ASSERT_EQUAL(number(end, 0), 7 << 8);
	CU_ASSERT_EQUAL(number(end, 1), 7);
	release(&c);
}

/* ---- sockets ---- */

static int listener(struct sockaddr_in *ret_a)
{
	socklen_t len = sizeof(*ret_a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(ret_a, 0, sizeof(*ret_a));
	ret_a->sin_family = AF_INET;
	ret_a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)ret_a, len) != 0 || listen(fd, 4) != 0) {
		return -1;
	}
	getsockname(fd, (struct sockaddr *)ret_a, &len);
	return fd;
}

static int32_t do_tcp(void)
{
	static const char request[] =
		"GET /a-path-longer-than-the-eighty-bytes-that-are-kept-of-other-data-of-a-socket HTTP/1.1\r\n"
		"Host: somewhere\r\n\r\n";
	char buf[300];
	struct sockaddr_in a;
	int server = listener(&a);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int peer;

	if (connect(client, (struct sockaddr *)&a, sizeof(a)) != 0) {
		return -1;
	}
	peer = accept4(server, NULL, NULL, SOCK_NONBLOCK);
	if (send(client, request, sizeof(request) - 1, 0) < 0 || recv(peer, buf, sizeof(request) - 1, 0) < 0) {
		return -1;
	}
	memset(buf, 'x', sizeof(buf));
	if (send(client, buf, 200, 0) != 200) {
		return -1;
	}
	close(client);
	close(peer);
	close(server);
	return ntohs(a.sin_port);
}

struct tcp_numbers {
	uint32_t write_seq, copied_seq, first_sent, first_received;
};

static struct tcp_numbers tcp_of(const struct caught *k)
{
	struct tcp_numbers t = { 0, 0, 0, 0 };
	size_t len;
	const uint8_t *p = extra(k, EXTRA_TCP, &len);

	if (p != NULL && len == sizeof(t)) {
		memcpy(&t, p, sizeof(t));
	}
	return t;
}

static void test_capture_probe_tcp(void)
{
	const uint8_t loopback[] = { 127, 0, 0, 1 };
	const struct caught *k, *in;
	struct tcp_numbers first, second, received;
	const uint8_t *p;
	struct catch c;
	uint16_t port;
	size_t len;

	if (!record_tree(&c, do_tcp)) {
		return;
	}
	k = find(&c, EV_SOCKET_CONNECT_X, 0);
	p = value(k, 1, &len);
	CU_ASSERT_FATAL(number(k, 0) == 0 && len == 13);
	memcpy(&port, p + 11, 2);
	CU_ASSERT(p[0] == AF_INET && memcmp(p + 1, loopback, 4) == 0 && memcmp(p + 7, loopback, 4) == 0);
	CU_ASSERT_EQUAL(port, c.reported);
	in = find(&c, EV_SOCKET_ACCEPT4_6_X, 0);
	CU_ASSERT(bytes_are(in, 1, p, 13));	/* from the client to the server, on both sides */
	CU_ASSERT_EQUAL(number(in, 4), 4);
	CU_ASSERT_EQUAL(number(in, 5), PPM_O_NONBLOCK);
	k = find(&c, EV_SOCKET_SENDTO_X, 0);
	CU_ASSERT(bytes_are(k, 4, p, 13));
	value(k, 1, &len);
	CU_ASSERT_EQUAL(len, number(k, 0));	/* looks like HTTP: more than 80 bytes are kept */
	CU_ASSERT(len > 80);
	/* What was written stands between the two numbers, and where the connection began is known. */
	first = tcp_of(k);
	second = tcp_of(find(&c, EV_SOCKET_SENDTO_X, 1));
	CU_ASSERT(first.write_seq != 0 && first.write_seq == first.first_sent);
	CU_ASSERT_EQUAL(second.write_seq - first.write_seq, (uint32_t)number(k, 0));
	CU_ASSERT_EQUAL(second.first_sent, first.first_sent);
	value(find(&c, EV_SOCKET_SENDTO_X, 1), 1, &len);
	CU_ASSERT_EQUAL(len, 80);
	in = find(&c, EV_SOCKET_RECVFROM_X, 0);
	received = tcp_of(in);
	CU_ASSERT_EQUAL(received.copied_seq, first.write_seq);
	CU_ASSERT_EQUAL(received.first_received, first.first_sent);
	CU_ASSERT(bytes_are(in, 2, p, 13));
	release(&c);
}

static int32_t do_unix(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct msghdr m;
	struct iovec v[2] = { { (void *)(uintptr_t)"ab", 2 }, { (void *)(uintptr_t)"cde", 3 } };
	struct mmsghdr many[2];
	int in = socket(AF_UNIX, SOCK_DGRAM, 0);
	int out = socket(AF_UNIX, SOCK_DGRAM, 0);
	char buf[10];

	snprintf(a.sun_path, sizeof(a.sun_path), "/tmp/probe-test-%d.sock", (int)getpid());
	memset(&m, 0, sizeof(m));
	memset(many, 0, sizeof(many));
	m.msg_iov = v;
	m.msg_iovlen = 2;
	if (bind(in, (struct sockaddr *)&a, sizeof(a)) != 0 || connect(out, (struct sockaddr *)&a, sizeof(a)) != 0) {
		return -1;
	}
	sendmsg(out, &m, 0);
	recv(in, buf, sizeof(buf), 0);
	many[0].msg_hdr.msg_iov = many[1].msg_hdr.msg_iov = v;
	many[0].msg_hdr.msg_iovlen = 1;
	many[1].msg_hdr.msg_iovlen = 2;
	sendmmsg(out, many, 2, 0);
	unlink(a.sun_path);
	return getpid();
}

static void test_capture_probe_unix(void)
{
	static const char *const sent[] = { "ab", "abcde" };
	const struct caught *k;
	const uint8_t *p;
	struct catch c;
	char path[64];
	size_t len;

	if (!record_tree(&c, do_unix)) {
		return;
	}
	snprintf(path, sizeof(path), "/tmp/probe-test-%d.sock", c.reported);
	k = find(&c, EV_SOCKET_SENDMSG_X, 0);
	CU_ASSERT(bytes_are(k, 1, "abcde", 5));
	p = value(k, 4, &len);
	CU_ASSERT_FATAL(len == 17 + strlen(path) + 1);
	CU_ASSERT(p[0] == AF_UNIX && strcmp((const char *)p + 17, path) == 0);
	/* Two messages of one call are two events of one time, of which the first has the call's serial. */
	CU_ASSERT_EQUAL(count_type(&c, EV_SOCKET_SENDMMSG_X), 2);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t numbers[2] = { i, 2 };

		k = find(&c, EV_SOCKET_SENDMMSG_X, i);
		CU_ASSERT_EQUAL(number(k, 0), (int64_t)strlen(sent[i]));
		CU_ASSERT_EQUAL(number(k, 2), (int64_t)strlen(sent[i]));
		CU_ASSERT(bytes_are(k, 3, sent[i], strlen(sent[i])));
		CU_ASSERT_EQUAL(k->ts_ns, find(&c, EV_SOCKET_SENDMMSG_X, 0)->ts_ns);
		p = extra(k, EXTRA_MESSAGE, &len);
		CU_ASSERT(p != NULL && len == sizeof(numbers) && memcmp(p, numbers, len) == 0);
		CU_ASSERT_EQUAL(extra(k, EXTRA_SERIAL, &len) != NULL, i == 0);
	}
	release(&c);
}

/* ---- descriptors that come in a message ---- */

#define PASSED_FDS 5

/* Over a socket of its own: an accepted connection, what listens, a file, a pipe, a unix socket; credentials stand
 * before them. */
static int32_t do_pass(void)
{
	union {
		struct cmsghdr head;
		char room[256];
	} control;
	struct iovec v = { (void *)(uintptr_t)"x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &control };
	struct sockaddr_in a;
	int server = listener(&a);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int fds[PASSED_FDS], pair[2], ends[2];
	char byte;

	if (connect(client, (struct sockaddr *)&a, sizeof(a)) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
	    pipe(ends) != 0 || setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) != 0) {
		return -1;
	}
	fds[0] = accept4(server, NULL, NULL, 0);
	fds[1] = server;
	fds[2] = open("/dev/null", O_WRONLY);
	fds[3] = ends[0];
	fds[4] = pair[0];
	memset(&control, 0, sizeof(control));
	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fds)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), fds, sizeof(fds));
	m.msg_controllen = CMSG_SPACE(sizeof(fds));
	if (sendmsg(pair[0], &m, 0) != 1) {
		return -1;
	}
	v.iov_base = &byte;
	m.msg_controllen = sizeof(control);
	return recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC) == 1 ? ntohs(a.sin_port) : -1;
}

/* Entry i (from 0) of those of a descriptor list: what follows its number. */
static const uint8_t *entry(const uint8_t *p, size_t len, unsigned int i, uint32_t *ret_len)
{
	static const uint8_t none[64];
	uint32_t n;

	for (size_t at = 0; len - at >= 4; at += n) {
		memcpy(&n, p + at, 4);
		if (n < 21 || n > len - at) {
			break;
		}
		if (i-- == 0) {
			*ret_len = n - 12;
			return p + at + 12;
		}
	}
	*ret_len = 0;
	return none;
}

static void test_capture_probe_passed(void)
{
	static const uint8_t loopback[] = { 127, 0, 0, 1 };
	static const uint8_t types[PASSED_FDS] = { 3, 5, 16, 7, 8 };
	const uint8_t *p, *e;
	const struct caught *k;
	struct catch c;
	uint16_t port;
	uint32_t n;
	size_t len = 0;

	if (!record_tree(&c, do_pass)) {
		return;
	}
	CU_ASSERT(c.reported > 0);
	k = find(&c, EV_SOCKET_RECVMSG_X, 0);
	p = extra(k, EXTRA_PASSED, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	for (unsigned int i = 0; i < PASSED_FDS; i++) {
		e = entry(p, len, i, &n);
		CU_ASSERT_EQUAL(e[8], types[i]);
		CU_ASSERT(i == 2 || i == 3 || n >= 16);
	}
	entry(p, len, PASSED_FDS, &n);
	CU_ASSERT_EQUAL(n, 0);
	/* From this end to the other: address, address, port, port, TCP. */
	e = entry(p, len, 0, &n);
	memcpy(&port, e + 17, sizeof(port));
	CU_ASSERT(n == 22 && memcmp(e + 9, loopback, 4) == 0 && memcmp(e + 13, loopback, 4) == 0 && e[21] == 2);
	CU_ASSERT_EQUAL(port, c.reported);
	memcpy(&port, value(find(&c, EV_SOCKET_ACCEPT4_6_X, 0), 1, &len) + 5, sizeof(port));
	CU_ASSERT(memcmp(e + 19, &port, sizeof(port)) == 0);
	p = extra(k, EXTRA_PASSED, &len);
	e = entry(p, len, 1, &n);
	memcpy(&port, e + 13, sizeof(port));
	CU_ASSERT(n == 16 && memcmp(e + 9, loopback, 4) == 0 && port == c.reported && e[15] == 2);
	e = entry(p, len, 2, &n);
	CU_ASSERT(e[9] == PPM_O_WRONLY && (e[10] << 8 & PPM_O_CLOEXEC) != 0);
	CU_ASSERT_PTR_NULL(extra(find(&c, EV_SOCKET_SENDMSG_X, 0), EXTRA_PASSED, &len));
	release(&c);
}

#define MESSAGES 100

/* So many messages of one byte, from vectors of one byte; received in room for three. */
static int32_t do_many_messages(void)
{
	static struct mmsghdr many[MESSAGES];
	static struct iovec v[MESSAGES];
	static char room[MESSAGES][3];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0) {
		return -1;
	}
	for (int i = 0; i < MESSAGES; i++) {
		v[i] = (struct iovec){ room[i], 1 };
		many[i].msg_hdr.msg_iov = &v[i];
		many[i].msg_hdr.msg_iovlen = 1;
	}
	if (sendmmsg(fds[0], many, MESSAGES, 0) != MESSAGES) {
		return -1;
	}
	for (int i = 0; i < MESSAGES; i++) {
		v[i].iov_len = 3;
	}
	return recvmmsg(fds[1], many, MESSAGES, 0, NULL) == MESSAGES ? getpid() : -1;
}

/* Each of the first messages is an event; those beyond them are one more together. */
static void test_capture_probe_many_messages(void)
{
	const struct caught *k;
	struct catch c;

	if (!record_tree(&c, do_many_messages)) {
		return;
	}
	CU_ASSERT(c.reported > 0);
	for (unsigned int out = 0; out < 2; out++) {
		uint16_t type = out ? EV_SOCKET_SENDMMSG_X : EV_SOCKET_RECVMMSG_X;

		CU_ASSERT_EQUAL(count_type(&c, type), 65);
		CU_ASSERT_EQUAL(number(find(&c, type, 0), 0), 1);
		CU_ASSERT_EQUAL(number(find(&c, type, 63), 0), 1);
		k = find(&c, type, 64);
		CU_ASSERT_EQUAL(number(k, 0), MESSAGES - 64);
		CU_ASSERT_EQUAL(k->lens[3], 0);
	}
	release(&c);
}

/* One call sends to two peers, one call receives from both. */
static int32_t do_peers(void)
{
	struct iovec v[2] = { { (void *)(uintptr_t)"one", 3 }, { (void *)(uintptr_t)"three", 5 } };
	struct mmsghdr many[2];
	struct sockaddr_in to[2];
	socklen_t len = sizeof(to[0]);
	int fds[2], out = socket(AF_INET, SOCK_DGRAM, 0);
	char room[2][8];

	memset(many, 0, sizeof(many));
	for (unsigned int i = 0; i < 2; i++) {
		fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
		to[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		if (bind(fds[i], (struct sockaddr *)&to[i], sizeof(to[i])) != 0 ||
		    getsockname(fds[i], (struct sockaddr *)&to[i], &len) != 0) {
			return -1;
		}
		many[i].msg_hdr = (struct msghdr){
			.msg_name = &to[i], .msg_namelen = sizeof(to[i]), .msg_iov = &v[i], .msg_iovlen = 1
		};
	}
	if (sendmmsg(out, many, 2, 0) != 2 || getsockname(out, (struct sockaddr *)&to[0], &len) != 0) {
		return -1;
	}
	to[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sendto(fds[0], "back", 4, 0, (struct sockaddr *)&to[0], sizeof(to[0]));
	sendto(fds[1], "bk", 2, 0, (struct sockaddr *)&to[0], sizeof(to[0]));
	for (unsigned int i = 0; i < 2; i++) {
		v[i] = (struct iovec){ room[i], sizeof(room[i]) };
	}
	return recvmmsg(out, many, 2, 0, NULL) == 2 ? getpid() : -1;
}

/* Each message has its own peer: as the events of the plain calls say. */
static void test_capture_probe_messages_have_peers(void)
{
	static const char *const back[] = { "back", "bk" };
	struct catch c;

	if (!record_tree(&c, do_peers)) {
		return;
	}
	CU_ASSERT(c.reported > 0);
	CU_ASSERT_EQUAL(count_type(&c, EV_SOCKET_SENDMMSG_X), 2);
	CU_ASSERT_EQUAL(count_type(&c, EV_SOCKET_RECVMMSG_X), 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct caught *in = find(&c, EV_SOCKET_RECVMMSG_X, i);
		size_t len;
		const uint8_t *plain = value(find(&c, EV_SOCKET_SENDTO_X, i), 4, &len);
		const uint8_t *out = value(find(&c, EV_SOCKET_SENDMMSG_X, i), 4, &len);

		CU_ASSERT_EQUAL(len, 13);
		CU_ASSERT(memcmp(out + 11, plain + 5, 2) == 0);	/* to the port that answers */
		CU_ASSERT(memcmp(out + 5, plain + 11, 2) == 0 || memcmp(out + 5, "\0\0", 2) == 0);
		CU_ASSERT(bytes_are(in, 3, back[i], strlen(back[i])));
		CU_ASSERT(memcmp(value(in, 4, &len) + 5, plain + 5, 2) == 0);
	}
	release(&c);
}

/* ---- times, numbers, drops ---- */

#define CALLS 5000

static int32_t do_many_calls(void)
{
	int null = open("/dev/null", O_WRONLY);

	for (int i = 0; i < CALLS; i++) {
		syscall(SYS_getppid);
		if (write(null, "0123456789abcdefghijklmnopqrstuvwxyz", (size_t)(i % 36)) < 0) {
			return -1;
		}
	}
	usleep(20000);
	return 0;
}

static size_t generic_calls(const struct catch *c, uint16_t native)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		n += c->events[i].type == EV_GENERIC_X && (uint16_t)number(&c->events[i], 1) == native;
	}
	return n;
}

static void test_capture_probe_counts_and_times(void)
{
	uint64_t last[1024] = { 0 };
	uint64_t before = 0;
	size_t gaps = 0;
	size_t backward = 0;
	struct catch c;

	if (!record_tree(&c, do_many_calls)) {
		return;
	}
	CU_ASSERT_EQUAL(generic_calls(&c, SYS_getppid), CALLS);
	CU_ASSERT(count_type(&c, EV_SYSCALL_WRITE_X) >= CALLS);
	for (size_t i = 0; i < c.count; i++) {
		const struct caught *k = &c.events[i];
		uint64_t serial = extra_number(k, EXTRA_SERIAL);
		uint64_t begin = extra_number(k, EXTRA_BEGIN);

		gaps += k->cpu < ARRAY_LEN(last) && last[k->cpu] != 0 && serial != last[k->cpu] + 1;
		last[k->cpu % ARRAY_LEN(last)] = serial;
		backward += k->ts_ns < before;
		before = k->ts_ns;
		CU_ASSERT(begin == 0 || begin <= k->ts_ns);
		CU_ASSERT(k->type != EV_SYSCALL_WRITE_X || k->lens[1] == number(k, 0));
		if (k->type == EV_GENERIC_X && (uint16_t)number(k, 1) == SYS_clock_nanosleep) {
			CU_ASSERT(begin != 0 && k->ts_ns - begin >= 20000000);
		}
	}
	CU_ASSERT_EQUAL(gaps, 0);
	CU_ASSERT_EQUAL(backward, 0);
	CU_ASSERT_EQUAL(c.stats.drops_ring, 0);
	CU_ASSERT_EQUAL(c.stats.events, c.count);
	release(&c);
}

/* A ring that nobody empties: what does not fit is counted, and the serial numbers say how much is missing. */
static void test_capture_probe_counts_drops(void)
{
	struct probe_options opt = all_options();
	struct catch c;
	uint64_t drops = 0;

	opt.ring_bytes = 65536;
	if (!record(&c, &opt, true, false, do_many_calls)) {
		return;
	}
	CU_ASSERT(c.count < CALLS && c.count > 100);
	CU_ASSERT(c.stats.drops_ring > 0);
	for (uint32_t i = 0; i < c.stats.cpus; i++) {
		drops += c.stats.drops_by_cpu[i];
	}
	CU_ASSERT_EQUAL(drops, c.stats.drops_ring);
	CU_ASSERT(c.count + c.stats.drops_ring >= CALLS);
	release(&c);
}

/* ---- filters ---- */

static int32_t do_grandchild(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			syscall(SYS_getppid);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static void test_capture_probe_filters_trees(void)
{
	struct probe_options opt = all_options();
	struct catch c;

	if (!alone() || !record_tree(&c, do_grandchild)) {
		return;
	}
	CU_ASSERT_EQUAL(generic_calls(&c, SYS_getppid), 1);
	CU_ASSERT_EQUAL(count_type(&c, EV_PROCEXIT_1_E), 3);
	release(&c);
	/* Another tree: nothing of this one. */
	opt.pids[opt.pid_count++] = 0x3fffffff;
	if (record(&c, &opt, false, true, do_grandchild)) {
		CU_ASSERT_EQUAL(c.count, 0);
		release(&c);
	}
}

static void test_capture_probe_filters_calls(void)
{
	struct probe_options opt = all_options();
	struct catch c;

	opt.all_syscalls = false;
	opt.syscalls[SYS_getppid / 64] |= UINT64_C(1) << (SYS_getppid % 64);
	opt.no_data = true;
	if (!record(&c, &opt, true, true, do_grandchild)) {
		return;
	}
	CU_ASSERT_EQUAL(generic_calls(&c, SYS_getppid), 1);
	CU_ASSERT_EQUAL(c.count, 1u + count_type(&c, EV_PROCEXIT_1_E));
	release(&c);
}

static void test_capture_probe_filters_names_and_users(void)
{
	struct probe_options opt = all_options();
	struct catch c;

	snprintf(opt.comms[opt.comm_count++], sizeof(opt.comms[0]), "true");
	if (!record(&c, &opt, true, true, do_processes)) {
		return;
	}
	/* The name is the one at the beginning of a call: that of the exec was another. */
	CU_ASSERT(c.count > 0);
	for (size_t i = 0; i < c.count; i++) {
		CU_ASSERT_EQUAL(c.events[i].tid, c.reported);
	}
	release(&c);
	opt = all_options();
	opt.uids[opt.uid_count++] = 54321;
	if (record(&c, &opt, true, true, do_processes)) {
		CU_ASSERT_EQUAL(c.count, 0);
		release(&c);
	}
}

static void test_capture_probe_keeps_secrets(void)
{
	struct probe_options opt = all_options();
	const struct caught *k;
	struct catch c;

	opt.no_args = opt.no_env = opt.no_data = true;
	if (!record(&c, &opt, true, true, do_processes)) {
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		k = find(&c, EV_SYSCALL_EXECVE_19_X, i);
		CU_ASSERT(text_is(k, 1, "zero") && k->lens[2] == 0 && k->lens[15] == 0);
	}
	release(&c);
	if (record(&c, &opt, true, true, do_files)) {
		CU_ASSERT_EQUAL(number(find(&c, EV_SYSCALL_WRITE_X, 0), 0), 5);
		CU_ASSERT_EQUAL(find(&c, EV_SYSCALL_WRITE_X, 0)->lens[1], 0);
		release(&c);
	}
}

/* ---- without a kernel ---- */

static void test_capture_probe_rows_fit_schema(void)
{
	const struct call_row *row;

	for (size_t i = 0; (row = call_row_at(i)) != NULL; i++) {
		const struct schema_event *ev = &schema_events[row->type];
		size_t count = 0;

		while (count < CALLS_PARAMS && row->rules[count].how != RULE_NONE) {
			count++;
		}
		CU_ASSERT_EQUAL(count, ev->nparams);
		CU_ASSERT(ev->is_exit && !(ev->flags & (EF_OLD_VERSION | EF_UNUSED)));
		for (size_t other = 0; other < i; other++) {
			CU_ASSERT(strcmp(call_row_at(other)->name, row->name) != 0);
			CU_ASSERT(call_row_at(other)->type != row->type);
		}
	}
}

void suite_capture_probe(CU_pSuite suite)
{
	CU_add_test(suite, "test_capture_probe_rows_fit_schema", test_capture_probe_rows_fit_schema);
	CU_add_test(suite, "test_capture_probe_files", test_capture_probe_files);
	CU_add_test(suite, "test_capture_probe_processes", test_capture_probe_processes);
	CU_add_test(suite, "test_capture_probe_tcp", test_capture_probe_tcp);
	CU_add_test(suite, "test_capture_probe_unix", test_capture_probe_unix);
	CU_add_test(suite, "test_capture_probe_passed", test_capture_probe_passed);
	CU_add_test(suite, "test_capture_probe_many_messages", test_capture_probe_many_messages);
	CU_add_test(suite, "test_capture_probe_messages_have_peers", test_capture_probe_messages_have_peers);
	CU_add_test(suite, "test_capture_probe_counts_and_times", test_capture_probe_counts_and_times);
	CU_add_test(suite, "test_capture_probe_counts_drops", test_capture_probe_counts_drops);
	CU_add_test(suite, "test_capture_probe_filters_trees", test_capture_probe_filters_trees);
	CU_add_test(suite, "test_capture_probe_filters_calls", test_capture_probe_filters_calls);
	CU_add_test(suite, "test_capture_probe_filters_names_and_users", test_capture_probe_filters_names_and_users);
	CU_add_test(suite, "test_capture_probe_keeps_secrets", test_capture_probe_keeps_secrets);
}
