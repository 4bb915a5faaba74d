/*
 * workload_sockets.c - parts of the workload (see workload.c) that talk: pipes, unix sockets, TCP and DNS over network
 * namespaces, datagrams of several peers, connections that another process serves.
 */
#include "workload.h"

#include <arpa/inet.h>
#include <sys/un.h>

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

void part_pipes(void)
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

void part_unix(void)
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
const char *server_ns, *client_ns, *server_ip;

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

void part_tcp(void)
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
