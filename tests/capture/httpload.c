/*
 * httpload.c - httpload N: an HTTP server of four threads and four clients that ask it N times in all, over loopback,
 * a connection for every ten requests. For bench.sh: an ordinary server's calls without a server's installation.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 4, REQUESTS_A_CONNECTION = 10, BODY = 2000 };

static int listening;
static struct sockaddr_in address = { .sin_family = AF_INET };
static const char request[] = "GET /index.html HTTP/1.1\r\nHost: bench\r\n\r\n";

static void need(int good, const char *what)
{
	if (!good) {
		perror(what);
		exit(1);
	}
}

static void *serve(void *arg)
{
	char answer[BODY + 100], in[500];
	int head = snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BODY);

	(void)arg;
	memset(answer + head, 'x', BODY);
	for (;;) {
		int fd = accept(listening, NULL, NULL);

		while (fd >= 0 && read(fd, in, sizeof(in)) > 0) {
			need(write(fd, answer, (size_t)head + BODY) > 0, "write");
		}
		close(fd);
	}
	return NULL;
}

static void *ask(void *arg)
{
	char in[BODY + 100];
	int fd = -1;

	for (intptr_t i = 0; i < (intptr_t)arg; i++) {
		if (i % REQUESTS_A_CONNECTION == 0) {
			close(fd);
			fd = socket(AF_INET, SOCK_STREAM, 0);
			need(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
		}
		need(write(fd, request, sizeof(request) - 1) > 0, "write");
		for (ssize_t all = 0; all < BODY;) {
			ssize_t n = read(fd, in, sizeof(in));

			need(n > 0, "read");
			all += n;
		}
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	intptr_t each = argc > 1 ? atoi(argv[1]) / THREADS : 1000;
	socklen_t len = sizeof(address);
	pthread_t clients[THREADS], server;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listening = socket(AF_INET, SOCK_STREAM, 0);
	need(bind(listening, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(listening, 64) == 0,
	     "listen");
	getsockname(listening, (struct sockaddr *)&address, &len);
	for (int i = 0; i < THREADS; i++) {
		need(pthread_create(&server, NULL, serve, NULL) == 0, "thread");
	}
	for (int i = 0; i < THREADS; i++) {
		need(pthread_create(&clients[i], NULL, ask, (void *)each) == 0, "thread");
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(clients[i], NULL);
	}
	return 0;
}
