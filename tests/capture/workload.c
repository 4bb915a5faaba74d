/*
 * workload.c - what the recorder is tested with: processes doing known things, and the truth about it.
 *
 *   workload TRUTH FOLDER PART...
 *
 * Parts: files, processes, killed, threads, pipes, unix, tcp SERVER-NETNS CLIENT-NETNS SERVER-IP, container, spin,
 * loop. Each call that matters is followed by a note: one line of TRUTH, "tid|event|text|text...", texts that the
 * line of this event must hold when thresher prints it. Lines of one thread stand in the order of its calls. Notes
 * are kept in memory and written when a process ends, so that they add one call each. Nothing here depends on time:
 * two runs make the same calls (but for tcp, and of killed it depends on who looks whether the last call returned).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char notes[1 << 16];
static size_t notes_len;
static const char *folder;
static int truth_fd; /* from the beginning: a child may change its root */
static pthread_mutex_t notes_lock = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what)
{
	perror(what);
	_exit(99);
}

static long need(long result, const char *what)
{
	if (result < 0) {
		die(what);
	}
	return result;
}

__attribute__((format(printf, 2, 3))) static void note(const char *event, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&notes_lock);
	notes_len +=
		(size_t)snprintf(notes + notes_len, sizeof(notes) - notes_len, "%ld|%s|", syscall(SYS_gettid), event);
	va_start(ap, fmt);
	notes_len += (size_t)vsnprintf(notes + notes_len, sizeof(notes) - notes_len, fmt, ap);
	va_end(ap);
	notes_len += (size_t)snprintf(notes + notes_len, sizeof(notes) - notes_len, "\n");
	pthread_mutex_unlock(&notes_lock);
}

static void write_notes(void)
{
	if (write(truth_fd, notes, notes_len) != (ssize_t)notes_len) {
		die("the truth");
	}
	notes_len = 0;
}

static const char *in(const char *name)
{
	static __thread char paths[4][512];
	static __thread unsigned int next;

	next = (next + 1) % 4;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

/* ---- files ---------------------------------------------------------------------------------------------- */

static void files_data(void)
{
	struct iovec two[2] = { { "vector-one", 10 }, { "vector-two", 10 } };
	char data[256];
	int fd, other;
	void *map;

	fd = (int)need(openat(AT_FDCWD, in("data"), O_RDWR | O_CREAT | O_CLOEXEC, 0640), "openat");
	note("openat", "fd=%d(|name=%s/data|O_RDWR|O_CREAT|O_CLOEXEC|mode=0640", fd, folder);
	need(write(fd, "hello file", 10), "write");
	note("write", "res=10 |data=hello file|fd=%d(<f>%s/data)|size=10", fd, folder);
	need(writev(fd, two, 2), "writev");
	note("writev", "res=20 |data=vector-onevector-two|size=20");
	need(pwrite(fd, "HELLO", 5, 0), "pwrite");
	note("pwrite", "res=5 |data=HELLO|pos=0");
	need(lseek(fd, 6, SEEK_SET), "lseek");
	note("lseek", "res=6 |offset=6|SEEK_SET");
	need(read(fd, data, 200), "read");
	note("read", "res=24 |data=filevector-onevector-two|size=200");
	need(read(fd, data, 200) + 0, "read");
	note("read", "res=0 |size=200");
	need(pread(fd, data, 5, 0), "pread");
	note("pread", "res=5 |data=HELLO|pos=0");
	need(ftruncate(fd, 8192), "ftruncate");
	need(fchmod(fd, 0600), "fchmod");
	note("fchmod", "res=0 |mode=0600");
	map = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		die("mmap");
	}
	note("mmap", "length=8192|PROT_READ|MAP_PRIVATE|fd=%d(<f>%s/data)", fd, folder);
	munmap(map, 8192);
	other = (int)need(openat(AT_FDCWD, in("copy"), O_WRONLY | O_CREAT | O_TRUNC, 0600), "openat");
	note("openat", "fd=%d(|name=%s/copy|O_WRONLY|O_TRUNC", other, folder);
	need(copy_file_range(fd, &(off64_t){ 0 }, other, NULL, 10, 0), "copy_file_range");
	note("copy_file_range", "res=10 |%d(<f>%s/data)|%d(<f>%s/copy)", fd, folder, other, folder);
	need(sendfile(other, fd, &(off_t){ 0 }, 7), "sendfile");
	note("sendfile", "res=7 |%d(<f>%s/data)|%d(<f>%s/copy)", fd, folder, other, folder);
	need(dup2(other, 77), "dup2");
	note("dup2", "77(|%s/copy", folder);
	need(write(77, "through a copy", 14), "write");
	note("write", "res=14 |data=through a copy|fd=77(<f>%s/copy)", folder);
	need(fcntl(77, F_DUPFD_CLOEXEC, 90), "fcntl");
	note("fcntl", "F_DUPFD_CLOEXEC");
	close(90);
	close(77);
	note("close", "res=0 |fd=77(<f>%s/copy)", folder);
	close(other);
	close(fd);
	note("close", "res=0 |fd=%d(<f>%s/data)", fd, folder);
	if (write(fd, "x", 1) >= 0) {
		die("write to a closed descriptor");
	}
	note("write", "EBADF|fd=%d", fd);
}

static void files_names(void)
{
	char entries[4096];
	long n;
	int fd;

	need(mkdir(in("dir"), 0750), "mkdir");
	note("mkdir", "res=0 |path=%s/dir", folder);
	need(symlink("nowhere", in("dir/symbolic")), "symlink");
	note("symlink", "res=0 |target=nowhere|%s/dir/symbolic", folder);
	need(link(in("data"), in("dir/hard")), "link");
	note("link", "res=0 |%s/data|%s/dir/hard", folder, folder);
	need(rename(in("dir/hard"), in("dir/renamed")), "rename");
	note("rename", "res=0 |oldpath=%s/dir/hard|newpath=%s/dir/renamed", folder, folder);
	fd = (int)need(open(in("dir"), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
	note("openat", "fd=%d(|name=%s/dir |O_DIRECTORY", fd, folder);
	n = need(syscall(SYS_getdents64, fd, entries, sizeof(entries)), "getdents64");
	note("getdents64", "fd=%d(", fd);
	if (n == 0) {
		die("getdents64");
	}
	close(fd);
	need(chmod(in("dir/renamed"), 0644), "chmod");
	note("chmod", "res=0 |filename=%s/dir/renamed|mode=0644", folder);
	need(chown(in("dir/renamed"), 1234, 5678), "chown");
	note("chown", "res=0 |path=%s/dir/renamed|uid=1234|gid=5678", folder);
	if (open(in("absent"), O_RDONLY) >= 0 || errno != ENOENT) {
		die("open of an absent file");
	}
	note("openat", "fd=-2(ENOENT)|name=%s/absent", folder);
	if (rmdir(in("dir")) == 0) {
		die("rmdir");
	}
	note("rmdir", "ENOTEMPTY|path=%s/dir", folder);
	need(unlink(in("dir/renamed")), "unlink");
	note("unlink", "res=0 |path=%s/dir/renamed", folder);
	need(unlinkat(AT_FDCWD, in("dir/symbolic"), 0), "unlinkat");
	note("unlinkat", "res=0 |name=%s/dir/symbolic", folder);
	need(rmdir(in("dir")), "rmdir");
	note("rmdir", "res=0 |path=%s/dir", folder);
}

static void files_other(void)
{
	int fd = (int)need(memfd_create("secret-memory", MFD_CLOEXEC), "memfd_create");

	note("memfd_create", "%d(|name=secret-memory|MFD_CLOEXEC", fd);
	close(fd);
	fd = (int)need(eventfd(5, EFD_CLOEXEC), "eventfd");
	close(fd);
	fd = (int)need(inotify_init1(IN_CLOEXEC), "inotify_init1");
	close(fd);
	need(chdir(folder), "chdir");
	note("chdir", "res=0 |path=%s", folder);
	fd = (int)need(open("relative", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "open");
	need(write(fd, "relative to cwd", 15), "write");
	note("write", "res=15 |fd=%d(<f>%s/relative)", fd, folder);
	close(fd);
}

static void part_files(void)
{
	files_data();
	files_names();
	files_other();
}

/* ---- processes ------------------------------------------------------------------------------------------ */

static void wait_for(pid_t pid, int expected)
{
	int status;

	need(waitpid(pid, &status, 0), "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != expected) {
		fprintf(stderr, "workload: process %d ended with %#x, not %d\n", (int)pid, status, expected);
		_exit(99);
	}
}

static void child_ends(int status)
{
	note("procexit", "ret=%d", status);
	write_notes();
	_exit(status);
}

static void child_execs(void)
{
	char *nothing[] = { "nothing", NULL };

	execve("/no/such/program", nothing, nothing);
	note("execve", "ENOENT|/no/such/program");
	execve(in("data"), nothing, nothing);
	note("execve", "EACCES");
	note("execve", "res=0 |args=-c.exit 5.last argument.|exe=/bin/sh|pid=%d(|comm=sh", getpid());
	note("procexit", "ret=5");
	write_notes();
	execve("/bin/sh", (char *[]){ "/bin/sh", "-c", "exit 5", "last argument", NULL },
	       (char *[]){ "WORKLOAD=environment", "PATH=/bin:/usr/bin", NULL });
	die("execve");
}

static void child_rights(void)
{
	need(unshare(CLONE_NEWNS), "unshare");
	note("unshare", "res=0 |CLONE_NEWNS");
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
	need(mkdir(in("mounted"), 0700), "mkdir");
	need(mount("workload", in("mounted"), "tmpfs", 0, NULL), "mount");
	note("mount", "res=0 |dir=%s/mounted|type=tmpfs", folder);
	need(umount2(in("mounted"), MNT_DETACH), "umount2");
	note("umount2", "res=0 |%s/mounted", folder);
	need(rmdir(in("mounted")), "rmdir");
	need(prctl(PR_SET_NAME, "renamed-task"), "prctl");
	note("prctl", "res=0 |PR_SET_NAME|renamed-task");
	need(setsid(), "setsid");
	note("setsid", "res=%d", getpid());
	need(chroot(folder), "chroot");
	note("chroot", "res=0 |path=%s", folder);
	need(setresgid(5678, 5678, 5678), "setresgid");
	note("setresgid", "res=0 |5678");
	need(setresuid(1234, 1234, 1234), "setresuid");
	note("setresuid", "res=0 |1234");
	if (setuid(0) == 0) {
		die("setuid");
	}
	note("setuid", "EPERM|uid=0");
	note("kill", "res=0 |pid=%d(|sig=0", getpid());
	need(kill(getpid(), 0), "kill");
	child_ends(4);
}

static pid_t start(void (*fn)(void))
{
	pid_t pid;

	write_notes(); /* the child begins without */
	pid = (pid_t)need(fork(), "fork");
	if (pid == 0) {
		note("clone", "res=0 |tid=%d(|ptid=%d(", getpid(), getppid());
		fn();
		_exit(99);
	}
	note("clone", "res=%d(", pid);
	return pid;
}

static void child_simple(void)
{
	child_ends(3);
}

static void child_killed(void)
{
	note("kill", "res=0 |SIGKILL");
	note("procexit", "sig=9");
	write_notes();
	kill(getpid(), SIGKILL);
}

static void part_processes(void)
{
	struct rlimit limit;

	wait_for(start(child_simple), 3);
	wait_for(start(child_execs), 5);
	wait_for(start(child_rights), 4);
	need(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	note("prlimit", "res=0 |RLIMIT_NOFILE");
}

static void part_killed(void)
{
	pid_t pid = start(child_killed);

	need(waitpid(pid, NULL, 0), "waitpid");
}

/* ---- threads -------------------------------------------------------------------------------------------- */

static void *thread_main(void *arg)
{
	int number = (int)(intptr_t)arg;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "thread-%d", number);
	fd = (int)need(openat(AT_FDCWD, in(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "openat");
	note("openat", "fd=%d(|name=%s/%s", fd, folder, name);
	need(write(fd, name, strlen(name)), "write");
	note("write", "data=%s|fd=%d(<f>%s/%s)", name, fd, folder, name);
	close(fd);
	usleep(20000); /* so that who joins it has to wait */
	return NULL;
}

static void part_threads(void)
{
	for (int i = 0; i < 4; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, thread_main, (void *)(intptr_t)i) != 0) {
			die("pthread_create");
		}
		pthread_join(t, NULL);
	}
}

/* ---- pipes, unix sockets -------------------------------------------------------------------------------- */

static int pipe_in[2];

static void child_reads(void)
{
	char data[64];

	close(pipe_in[1]);
	need(read(pipe_in[0], data, sizeof(data)), "read");
	note("read", "res=12 |data=through pipe|fd=%d(<p>", pipe_in[0]);
	need(read(pipe_in[0], data, sizeof(data)), "read");
	note("read", "res=0 |fd=%d(<p>", pipe_in[0]);
	child_ends(0);
}

static void part_pipes(void)
{
	pid_t pid;
	int fd;

	need(pipe2(pipe_in, O_CLOEXEC), "pipe2");
	note("pipe2", "res=0 |fd1=%d(<p>|fd2=%d(<p>|O_CLOEXEC", pipe_in[0], pipe_in[1]);
	pid = start(child_reads);
	close(pipe_in[0]);
	need(write(pipe_in[1], "through pipe", 12), "write");
	note("write", "res=12 |data=through pipe|fd=%d(<p>", pipe_in[1]);
	usleep(50000); /* the reader shall find what was written, then the end */
	close(pipe_in[1]);
	wait_for(pid, 0);
	need(mkfifo(in("fifo"), 0600), "mkfifo");
	note("mknodat", "res=0 |path=%s/fifo|S_IFIFO", folder);
	fd = (int)need(open(in("fifo"), O_RDWR | O_CLOEXEC), "open");
	note("openat", "fd=%d(|name=%s/fifo", fd, folder);
	close(fd);
	signal(SIGPIPE, SIG_IGN);
	need(pipe(pipe_in), "pipe");
	close(pipe_in[0]);
	if (write(pipe_in[1], "x", 1) >= 0) {
		die("write to a broken pipe");
	}
	note("write", "EPIPE|fd=%d(<p>", pipe_in[1]);
	close(pipe_in[1]);
}

static struct sockaddr_un unix_address(const char *name, bool abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path + abstract, sizeof(a.sun_path) - 1, "%s", name);
	return a;
}

static void unix_client(void)
{
	struct sockaddr_un a = unix_address(in("socket"), false);
	struct sockaddr_un absent = unix_address(in("no-socket"), false);
	char data[64];
	int fd = (int)need(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	note("socket", "fd=%d(<u>|AF_UNIX|type=", fd);
	if (connect(fd, (struct sockaddr *)&absent, sizeof(absent)) == 0) {
		die("connect");
	}
	note("connect", "ENOENT|%s/no-socket", folder);
	need(connect(fd, (struct sockaddr *)&a, sizeof(a)), "connect");
	note("connect", "res=0 |%s/socket", folder);
	need(send(fd, "unix request", 12, 0), "send");
	note("sendto", "res=12 |data=unix request|fd=%d(<u>|%s/socket)", fd, folder);
	need(recv(fd, data, sizeof(data), 0), "recv");
	note("recvfrom", "res=11 |data=unix answer|fd=%d(<u>", fd);
	close(fd);
	child_ends(0);
}

static void part_unix(void)
{
	struct sockaddr_un a = unix_address(in("socket"), false);
	struct sockaddr_un hidden = unix_address("workload-abstract", true);
	struct iovec text = { "message", 7 };
	struct msghdr m = { .msg_iov = &text, .msg_iovlen = 1 };
	char data[64];
	int pair[2];
	pid_t pid;
	int listening, fd;

	listening = (int)need(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	need(bind(listening, (struct sockaddr *)&a, sizeof(a)), "bind");
	note("bind", "res=0 |%s/socket|fd=%d(", folder, listening);
	need(listen(listening, 3), "listen");
	note("listen", "res=0 |fd=%d(|backlog=3", listening);
	pid = start(unix_client);
	fd = (int)need(accept4(listening, NULL, NULL, SOCK_CLOEXEC), "accept4");
	note("accept4", "fd=%d(<u>|%s/socket", fd, folder);
	need(recv(fd, data, sizeof(data), 0), "recv");
	note("recvfrom", "res=12 |data=unix request|fd=%d(<u>", fd);
	need(send(fd, "unix answer", 11, 0), "send");
	note("sendto", "res=11 |data=unix answer|fd=%d(<u>", fd);
	wait_for(pid, 0);
	close(fd);
	close(listening);
	need(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
	note("socketpair", "res=0 |fd1=%d(<u>|fd2=%d(<u>", pair[0], pair[1]);
	need(sendmsg(pair[0], &m, 0), "sendmsg");
	note("sendmsg", "res=7 |data=message|fd=%d(<u>", pair[0]);
	text = (struct iovec){ data, sizeof(data) };
	need(recvmsg(pair[1], &m, 0), "recvmsg");
	note("recvmsg", "res=7 |data=message|fd=%d(<u>", pair[1]);
	close(pair[0]);
	close(pair[1]);
	fd = (int)need(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	need(bind(fd, (struct sockaddr *)&hidden, sizeof(hidden)), "bind");
	note("bind", "res=0 |workload-abstract");
	close(fd);
}

/* ---- TCP and DNS over namespaces ------------------------------------------------------------------------ */

enum { HTTP_PORT = 8080, PASSED_PORT = 8081, MESSAGE_PORT = 5301, DNS_PORT = 53, BODY_BYTES = 300000, REQUESTS = 5 };
static const char *server_ns, *client_ns, *server_ip;

static void enter(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = (int)need(open(path, O_RDONLY | O_CLOEXEC), path);
	need(setns(fd, CLONE_NEWNET), "setns");
	note("setns", "res=0 |%s|CLONE_NEWNET", path);
	close(fd);
}

static struct sockaddr_in server_address(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, server_ip, &a.sin_addr);
	return a;
}

/* A question for workload.test, type A. */
static const unsigned char question[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\x08workload\x04test\0\0\1\0\1";

static void dns_client(void)
{
	struct sockaddr_in a = server_address(DNS_PORT);
	unsigned char answer[512];
	int fd = (int)need(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");

	note("socket", "fd=%d(<4>|AF_INET", fd);
	need(connect(fd, (struct sockaddr *)&a, sizeof(a)), "connect");
	note("connect", "res=0 |->%s:53|fd=%d(<4u>", server_ip, fd);
	need(send(fd, question, sizeof(question) - 1, 0), "send");
	note("sendto", "res=%zu |workload|->%s:53|fd=%d(<4u>", sizeof(question) - 1, server_ip, fd);
	need(recv(fd, answer, sizeof(answer), 0), "recv");
	note("recvfrom", "res=%zu |%s:53->|fd=%d(", sizeof(question) - 1 + 16, server_ip, fd);
	close(fd);
}

static void dns_server(int fd)
{
	unsigned char answer[512];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = need(recvfrom(fd, answer, sizeof(answer), 0, (struct sockaddr *)&from, &len), "recvfrom");

	answer[2] = 0x81;
	answer[3] = 0x80;
	answer[7] = 1;
	memcpy(answer + n, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1", 16);
	need(sendto(fd, answer, (size_t)n + 16, 0, (struct sockaddr *)&from, len), "sendto");
	note("sendto", "res=%zd |%s:53->", n + 16, server_ip);
}

static void read_all(int fd, size_t bytes)
{
	static char data[65536];

	while (bytes > 0) {
		ssize_t n = need(recv(fd, data, sizeof(data), 0), "recv");

		note("recvfrom", "res=%zd |fd=%d(<4t>|:%d)|->", n, fd, HTTP_PORT);
		if (n == 0) {
			die("end of stream");
		}
		bytes -= (size_t)n;
	}
}

static void http_client(void)
{
	struct sockaddr_in a = server_address(HTTP_PORT), refused = server_address(1), own;
	socklen_t len = sizeof(own);
	char request[256], tuple[128], head[64];
	int fd, head_len;

	enter(client_ns);
	dns_client();
	fd = (int)need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	if (connect(fd, (struct sockaddr *)&refused, sizeof(refused)) == 0) {
		die("connect");
	}
	note("connect", "ECONNREFUSED|%s:1", server_ip);
	close(fd);
	fd = (int)need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	need(connect(fd, (struct sockaddr *)&a, sizeof(a)), "connect");
	need(getsockname(fd, (struct sockaddr *)&own, &len), "getsockname");
	snprintf(tuple, sizeof(tuple), "%s:%u->%s:%d", inet_ntoa(own.sin_addr), ntohs(own.sin_port), server_ip,
		 HTTP_PORT);
	note("connect", "res=0 |tuple=%s|fd=%d(<4t>%s)", tuple, fd, tuple);
	head_len = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY_BYTES);
	for (int i = 0; i < REQUESTS; i++) {
		int n = snprintf(request, sizeof(request), "GET /item/%d HTTP/1.1\r\nHost: workload.test\r\n\r\n", i);

		need(send(fd, request, (size_t)n, 0), "send");
		note("sendto", "res=%d |data=GET /item/%d HTTP/1.1|fd=%d(<4t>%s)", n, i, fd, tuple);
		read_all(fd, (size_t)head_len + BODY_BYTES);
	}
	need(shutdown(fd, SHUT_WR), "shutdown");
	note("shutdown", "res=0 |fd=%d(<4t>%s)|SHUT_WR", fd, tuple);
	read_all(fd, 0);
	close(fd);
	child_ends(0);
}

/* ---- several peers in one call ---- */

static void message_client(void)
{
	static char data[2][8] = { "one", "three" };
	struct sockaddr_in peers[2] = { server_address(MESSAGE_PORT), server_address(MESSAGE_PORT + 1) };
	struct iovec v[2] = { { data[0], 3 }, { data[1], 5 } };
	struct mmsghdr many[2] = { 0 };
	int fd;

	enter(client_ns);
	fd = (int)need(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	for (int i = 0; i < 2; i++) {
		many[i].msg_hdr = (struct msghdr){
			.msg_name = &peers[i], .msg_namelen = sizeof(peers[i]), .msg_iov = &v[i], .msg_iovlen = 1
		};
	}
	need(sendmmsg(fd, many, 2, 0), "sendmmsg");
	note("sendmmsg", "res=3 |data=one|->%s:%d|fd=%d(<4u>", server_ip, MESSAGE_PORT, fd);
	note("sendmmsg", "res=5 |data=three|->%s:%d|fd=%d(<4u>", server_ip, MESSAGE_PORT + 1, fd);
	v[0].iov_len = v[1].iov_len = sizeof(data[0]);
	need(recvmmsg(fd, many, 2, 0, NULL), "recvmmsg");
	for (int i = 0; i < 2; i++) {
		note("recvmmsg", "res=%u |data=%.*s|tuple=%s:%u->", many[i].msg_len, (int)many[i].msg_len, data[i],
		     inet_ntoa(peers[i].sin_addr), ntohs(peers[i].sin_port));
	}
	close(fd);
	child_ends(0);
}

static void messages(void)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char data[8];
	int fds[2];
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in a = server_address((uint16_t)(MESSAGE_PORT + i));

		fds[i] = (int)need(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
		need(bind(fds[i], (struct sockaddr *)&a, sizeof(a)), "bind");
	}
	pid = start(message_client);
	for (int i = 0; i < 2; i++) {
		ssize_t n = need(recvfrom(fds[i], data, sizeof(data), 0, (struct sockaddr *)&from, &len), "recvfrom");

		need(sendto(fds[i], data, (size_t)n - 1, 0, (struct sockaddr *)&from, len), "sendto");
	}
	wait_for(pid, 0);
	close(fds[0]);
	close(fds[1]);
}

/* ---- a connection that another process serves ---- */

static int passing[2];

static void passed_client(void)
{
	struct sockaddr_in a = server_address(PASSED_PORT);
	char data[16];
	int fd;

	enter(client_ns);
	fd = (int)need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	need(connect(fd, (struct sockaddr *)&a, sizeof(a)), "connect");
	need(write(fd, "ask the other", 13), "write");
	note("write", "res=13 |->%s:%d)", server_ip, PASSED_PORT);
	need(read(fd, data, sizeof(data)), "read");
	note("read", "res=9 |data=I tell it|->%s:%d)", server_ip, PASSED_PORT);
	close(fd);
	child_ends(0);
}

/* It reads and writes like a file what it was given: only the message tells that it is a connection. */
static void passed_server(void)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char data[16];
	struct iovec text = { data, sizeof(data) };
	struct msghdr m = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int fd;

	need(recvmsg(passing[1], &m, MSG_CMSG_CLOEXEC), "recvmsg");
	note("recvmsg", "res=4 |data=take|fd=%d(<u>", passing[1]);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	need(read(fd, data, sizeof(data)), "read");
	note("read", "res=13 |data=ask the other|fd=%d(<4t>|->%s:%d)", fd, server_ip, PASSED_PORT);
	need(write(fd, "I tell it", 9), "write");
	note("write", "res=9 |fd=%d(<4t>|->%s:%d)", fd, server_ip, PASSED_PORT);
	close(fd);
	child_ends(0);
}

static void passed_on(void)
{
	struct sockaddr_in a = server_address(PASSED_PORT);
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = {
			      .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec text = { "take", 4 };
	struct msghdr m = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int listening = (int)need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	pid_t server, client;
	int fd;

	need(setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), "setsockopt");
	need(bind(listening, (struct sockaddr *)&a, sizeof(a)), "bind");
	need(listen(listening, 4), "listen");
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, passing), "socketpair");
	server = start(passed_server);
	client = start(passed_client);
	fd = (int)need(accept4(listening, NULL, NULL, SOCK_CLOEXEC), "accept4");
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	need(sendmsg(passing[0], &m, 0), "sendmsg");
	close(fd);
	wait_for(server, 0);
	wait_for(client, 0);
	close(passing[0]);
	close(passing[1]);
	close(listening);
}

static void http_server(int listening)
{
	static char body[BODY_BYTES];
	char request[512], head[64];
	int head_len = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY_BYTES);
	int fd = (int)need(accept4(listening, NULL, NULL, SOCK_CLOEXEC), "accept4");

	note("accept4", "fd=%d(<4t>|->%s:%d", fd, server_ip, HTTP_PORT);
	memset(body, 'b', sizeof(body));
	for (;;) {
		ssize_t n = need(read(fd, request, sizeof(request)), "read");

		note("read", "res=%zd |fd=%d(<4t>|->%s:%d)", n, fd, server_ip, HTTP_PORT);
		if (n == 0) {
			break;
		}
		need(write(fd, head, (size_t)head_len), "write");
		note("write", "res=%d |data=HTTP/1.1 200 OK|fd=%d(<4t>", head_len, fd);
		for (size_t at = 0; at < sizeof(body); at += (size_t)n) {
			n = need(write(fd, body + at, sizeof(body) - at), "write");
			note("write", "res=%zd |data=bbbb|fd=%d(<4t>|size=%zu", n, fd, sizeof(body) - at);
		}
	}
	close(fd);
}

static void part_tcp(void)
{
	struct sockaddr_in http = server_address(HTTP_PORT), dns = server_address(DNS_PORT);
	int listening, udp;
	pid_t pid;

	enter(server_ns);
	udp = (int)need(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	need(bind(udp, (struct sockaddr *)&dns, sizeof(dns)), "bind");
	note("bind", "res=0 |%s:53", server_ip);
	listening = (int)need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	need(setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), "setsockopt");
	note("setsockopt", "res=0 |SOL_SOCKET|SO_REUSEADDR|val=1");
	need(bind(listening, (struct sockaddr *)&http, sizeof(http)), "bind");
	note("bind", "res=0 |%s:%d|fd=%d(", server_ip, HTTP_PORT, listening);
	need(listen(listening, 16), "listen");
	pid = start(http_client);
	dns_server(udp);
	http_server(listening);
	wait_for(pid, 0);
	close(listening);
	close(udp);
	passed_on();
	messages();
}

/* ---- others --------------------------------------------------------------------------------------------- */

static void part_container(void)
{
	int fd = (int)need(openat(AT_FDCWD, in("in-container"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "openat");

	note("openat", "fd=%d(|name=%s/in-container", fd, folder);
	close(fd);
}

/* Numbered calls, for rotation: none may be missing, none twice. */
static void part_spin(void)
{
	char name[32];

	for (int i = 0; i < 30000; i++) {
		snprintf(name, sizeof(name), "/spin/%d", i);
		access(name, F_OK);
		if (i % 100 == 0) {
			usleep(5000);
		}
	}
}

/* Until it is killed. */
static void part_loop(void)
{
	for (;;) {
		access("/loop", F_OK);
		usleep(10000);
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "files", part_files },     { "processes", part_processes }, { "killed", part_killed },
	{ "threads", part_threads }, { "pipes", part_pipes },         { "unix", part_unix },
	{ "tcp", part_tcp },         { "container", part_container }, { "spin", part_spin },
	{ "loop", part_loop },
};

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: workload TRUTH FOLDER PART...\n");
		return 2;
	}
	truth_fd = (int)need(open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666), argv[1]);
	folder = argv[2];
	for (int i = 3; i < argc; i++) {
		size_t p = 0;

		while (p < sizeof(parts) / sizeof(parts[0]) && strcmp(parts[p].name, argv[i]) != 0) {
			p++;
		}
		if (p == sizeof(parts) / sizeof(parts[0])) {
			fprintf(stderr, "workload: no part '%s'\n", argv[i]);
			return 2;
		}
		if (parts[p].run == part_tcp && i + 3 < argc) {
			server_ns = argv[++i];
			client_ns = argv[++i];
			server_ip = argv[++i];
		}
		parts[p].run();
	}
	write_notes();
	return 0;
}
