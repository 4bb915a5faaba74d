/*
 * stream_fault.c - see stream_fault.h. The handler runs on whichever thread touched the page; it
 * calls nothing but fstat, mmap and sigaction, and reads only atomics and what was frozen before
 * they were stored.
 *
 * A signal handler gets no argument, so the table of mappings is the one mutable global of the
 * readers. Rows are taken and given back under lock; start is stored last and cleared first.
 */
#include "readers/stream_fault.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"

struct mapping {
	atomic_uintptr_t start;		/* 0: free row. release after, acquire before the others */
	size_t len;			/* frozen while start is set */
	int fd;				/* likewise */
	bool taken;			/* guarded by lock */
	atomic_uint_fast64_t lost;	/* relaxed: a counter */
};

static struct mapping mappings[LIMIT_MAPPINGS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool installed;			/* guarded by lock */
static struct sigaction previous;	/* frozen before the first row is set */
static uintptr_t page_bytes;		/* likewise */

/* Puts zeros over the page of addr, or over all from there on when the file ends before it. */
static bool put_zeros(struct mapping *m, uintptr_t start, uintptr_t addr)
{
	uintptr_t page = addr & ~(page_bytes - 1);
	size_t end = (m->len + page_bytes - 1) & ~(page_bytes - 1);
	size_t n = end - (page - start);
	struct stat st;

	if (fstat(m->fd, &st) == 0 && (uint64_t)st.st_size > page - start) {
		n = page_bytes;
		atomic_fetch_add_explicit(&m->lost, page_bytes, memory_order_relaxed);
	}
	return mmap((void *)page, n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	       MAP_FAILED;
}

static bool handle(uintptr_t addr)
{
	for (size_t i = 0; i < ARRAY_LEN(mappings); i++) {
		struct mapping *m = &mappings[i];
		uintptr_t start = atomic_load_explicit(&m->start, memory_order_acquire);

		if (start != 0 && addr >= start && addr - start < m->len) {
			return put_zeros(m, start, addr);
		}
	}
	return false;
}

static void on_bus(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	UNUSED_ARG(context);
	/* A positive code is a fault with an address; others were sent by somebody. */
	if (info->si_code <= 0 || !handle((uintptr_t)info->si_addr)) {
		sigaction(sig, &previous, NULL);
		if (info->si_code <= 0) {
			raise(sig);
		}
		/* A fault comes again on return, and meets what was there before. */
	}
	errno = saved;
}

static int install(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_bus;
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	sigemptyset(&sa.sa_mask);
	page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	if (sigaction(SIGBUS, &sa, &previous) != 0) {
		return ERR_INTERNAL;
	}
	installed = true;
	return 0;
}

int fault_register(const void *p, size_t len, int fd, unsigned int *ret_row)
{
	int r = ERR_LIMIT;

	pthread_mutex_lock(&lock);
	if (!installed && install() != 0) {
		pthread_mutex_unlock(&lock);
		return ERR_INTERNAL;
	}
	for (unsigned int i = 0; i < ARRAY_LEN(mappings) && r != 0; i++) {
		struct mapping *m = &mappings[i];

		if (!m->taken) {
			m->taken = true;
			m->len = len;
			m->fd = fd;
			atomic_store_explicit(&m->lost, 0, memory_order_relaxed);
			atomic_store_explicit(&m->start, (uintptr_t)p, memory_order_release);
			*ret_row = i;
			r = 0;
		}
	}
	pthread_mutex_unlock(&lock);
	return r;
}

void fault_unregister(unsigned int row)
{
	pthread_mutex_lock(&lock);
	atomic_store_explicit(&mappings[row].start, 0, memory_order_release);
	mappings[row].taken = false;
	pthread_mutex_unlock(&lock);
}

uint64_t fault_lost_bytes(unsigned int row)
{
	return atomic_load_explicit(&mappings[row].lost, memory_order_relaxed);
}
