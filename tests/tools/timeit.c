/*
 * timeit.c - runs a command and writes one line about it: wall, user and system seconds, peak resident
 * set in kB, exit status. For bench.sh, so that it needs no package.
 *
 * timeit FILE COMMAND [ARG...] appends the line to FILE; the command's streams are untouched.
 */
#include "base/base.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static int report(const char *path, double wall, const struct rusage *use, int status)
{
	FILE *f = fopen(path, "a");
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	if (f == NULL) {
		perror(path);
		return 125;
	}
	fprintf(f, "%.3f %.3f %.3f %ld %d\n", wall, seconds_of(&use->ru_utime),
		seconds_of(&use->ru_stime), use->ru_maxrss, code);
	if (fclose(f) != 0) {
		perror(path);
		return 125;
	}
	return code;
}

int main(int argc, char **argv)
{
	struct rusage use;
	double start;
	int status;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: timeit FILE COMMAND [ARG...]\n");
		return 125;
	}
	start = seconds_now();
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "timeit: cannot run '%s': %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &use) != child) {
		perror("timeit");
		return 125;
	}
	return report(argv[1], seconds_now() - start, &use, status);
}
