/*
 * thread.c - see thread.h. The caller's thread starts and joins; thread_main is the first frame
 * of the new one.
 */
#include "base/thread.h"

#include <signal.h>

#include "base/err.h"

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	t->fn(t->arg);
	return NULL;
}

void thread_block_signals(sigset_t *ret_old)
{
	sigset_t set;

	sigfillset(&set);
	sigdelset(&set, SIGBUS);
	sigdelset(&set, SIGSEGV);
	sigdelset(&set, SIGFPE);
	sigdelset(&set, SIGILL);
	pthread_sigmask(SIG_BLOCK, &set, ret_old);
}

int thread_start(struct thread *t, void (*fn)(void *arg), void *arg)
{
	sigset_t old;
	int r;

	assert(!t->running);
	t->fn = fn;
	t->arg = arg;
	/* The mask is inherited: set before the start, so that no signal finds it open. */
	thread_block_signals(&old);
	r = pthread_create(&t->id, NULL, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0) {
		return ERR_NOMEM;
	}
	t->running = true;
	return 0;
}

void thread_join(struct thread *t)
{
	if (t->running) {
		pthread_join(t->id, NULL);
		t->running = false;
	}
}
