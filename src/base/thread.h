/*
 * thread.h - starting and joining a thread; the only place that does.
 *
 * A started thread has all signals blocked but the four that a fault raises in the thread
 * itself (a blocked SIGBUS would kill the program when a mapped file is cut): SIGINT and its
 * like always reach the main thread.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/base.h"

#include <pthread.h>
#include <signal.h>

struct thread {
	pthread_t id;
	void (*fn)(void *arg);
	void *arg;
	bool running; /* started and not yet joined */
};

/* Runs fn(arg). The struct must stay where it is until thread_join. 0 or ERR_NOMEM. */
int thread_start(struct thread *t, void (*fn)(void *arg), void *arg);

/* Waits for the end of fn. Does nothing on a zeroed struct or a second time. */
void thread_join(struct thread *t);

/* Blocks in the calling thread what a started thread has blocked; for a pool of its own. */
void thread_block_signals(sigset_t *ret_old);

#endif
