/*
 * workload.h - what the parts of the workload share: notes of what they did (see workload.c), and their folder.
 */
#ifndef TESTS_CAPTURE_WORKLOAD_H
#define TESTS_CAPTURE_WORKLOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

extern const char *folder;

_Noreturn void die(const char *what);
/* The result, which must not be negative. */
long need(long result, const char *what);
/* One line of the truth about the calling thread. */
__attribute__((format(printf, 2, 3))) void note(const char *event, const char *fmt, ...);
/* Before a process ends. */
void write_notes(void);
/* A path in the folder; the last four of a thread are good. */
const char *in(const char *name);

/* A child runs fn, which ends with child_ends. */
pid_t start(void (*fn)(void));
_Noreturn void child_ends(int status);
void wait_for(pid_t pid, int expected);

/* workload_sockets.c */
void part_pipes(void);
void part_unix(void);
void part_tcp(void);
/* For part_tcp: names of namespaces, the server's address. */
extern const char *server_ns, *client_ns, *server_ip;

#endif
