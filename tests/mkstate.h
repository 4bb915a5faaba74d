/*
 * mkstate.h - a section's state under test: what was built with mkcap since the last call becomes
 * one batch, is decoded and folded. Batches stay alive, as in the pipeline, until they are
 * released.
 */
#ifndef MKSTATE_H
#define MKSTATE_H

#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "events/decode.h"
#include "events/event.h"
#include "mkcap.h"
#include "readers/frame.h"
#include "readers/source.h"
#include "state/state.h"

#define MKSTATE_BATCHES 64

struct mkstate {
	struct mkcap cap;
	struct section section;
	struct source *source;
	struct state *s;
	struct batch batches[MKSTATE_BATCHES];
	uint8_t *bytes[MKSTATE_BATCHES];
	unsigned int count, released;
	uint64_t now; /* of the next event: see mkstate_tick */
};

static inline void mkstate_init(struct mkstate *m, bool big_endian, unsigned int wants)
{
	memset(m, 0, sizeof(*m));
	mkcap_init(&m->cap, big_endian);
	m->source = source_new(0, "test");
	m->section.source = m->source;
	m->section.big_endian = big_endian;
	m->section.minor = 2;
	m->section.boot_ns = 1000;
	m->now = UINT64_C(1700000000) * NSEC_PER_SEC;
	assert(state_new(&m->section, wants, &m->s, NULL) == 0);
}

/* A later moment, one microsecond on. */
static inline uint64_t mkstate_tick(struct mkstate *m)
{
	m->now += 1000;
	return m->now;
}

/* Folds what was built; the batch stays valid until it is released. */
static inline struct batch *mkstate_fold(struct mkstate *m)
{
	struct batch *b = &m->batches[m->count];
	size_t len;

	assert(m->count < MKSTATE_BATCHES);
	batch_init(b);
	m->bytes[m->count] = (uint8_t *)buf_detach(&m->cap.out, &len);
	buf_init(&m->cap.out, (size_t)1 << 30);
	b->bytes = m->bytes[m->count];
	b->len = len;
	b->section = &m->section;
	b->serial = m->count++;
	CU_ASSERT_EQUAL(decode_batch(b), 0);
	CU_ASSERT_EQUAL(state_fold(m->s, b, NULL), 0);
	return b;
}

/* No batch so far is in use: their memory goes, and views dropped up to then may go. */
static inline void mkstate_release(struct mkstate *m)
{
	while (m->released < m->count) {
		struct batch *b = &m->batches[m->released];

		state_batch_released(m->s, b->serial);
		batch_release(b);
		free(m->bytes[m->released++]);
	}
}

static inline void mkstate_end(struct mkstate *m)
{
	mkstate_release(m);
	state_free(m->s);
	source_free(m->source);
	mkcap_release(&m->cap);
}

/* The only event of the next batch, or its last one. */
static inline const struct event *mkstate_last(struct mkstate *m)
{
	struct batch *b = mkstate_fold(m);

	assert(b->event_count > 0);
	return &b->events[b->event_count - 1];
}

/* A process as of the scan: known, with cwd "/home/u/". */
static inline void mkstate_process(struct mkstate *m, int64_t pid, int64_t ptid, const char *comm)
{
	struct mkcap_proc p = {
		.tid = pid,
		.pid = pid,
		.ptid = ptid,
		.sid = pid,
		.vpgid = pid,
		.vtid = pid,
		.vpid = pid,
		.pgid = pid,
		.comm = comm,
		.exe = comm,
		.exepath = "/usr/bin/x",
		.cwd = "/home/u",
		.root = "/",
		.fdlimit = 1024,
		.uid = 1000,
		.gid = 1000,
		.loginuid = UINT32_MAX,
	};

	mkcap_processes(&m->cap, 9, 76, &p, 1);
}

static inline const struct process *mkstate_proc(struct mkstate *m, int64_t pid)
{
	const struct process *found = NULL;

	for (uint32_t i = 0; i < state_process_count(m->s); i++) {
		if (state_process(m->s, i)->pid == pid) {
			found = state_process(m->s, i);
		}
	}
	return found;
}

/* What an fd of a thread is open on, seen through a read of it. */
static inline const struct fd_view *mkstate_fd(struct mkstate *m, int64_t tid, int64_t fd)
{
	mkcap_read(&m->cap, mkstate_tick(m), tid, 0, fd, NULL);
	return mkstate_last(m)->fd;
}

/* A thread's view, seen through a call that does nothing. */
static inline const struct thread_view *mkstate_thread(struct mkstate *m, int64_t tid)
{
	mkcap_event(&m->cap, mkstate_tick(m), tid, EV_SYSCALL_GETUID_X);
	mkcap_p_u32(&m->cap, 0);
	mkcap_end(&m->cap);
	return mkstate_last(m)->thread;
}

#define CHECK_STR(have, want) CU_ASSERT_STRING_EQUAL((have), (want))
/* The name of an fd, or a failure when it is unknown. */
#define CHECK_FD(m, tid, fd, want)                                                     \
	do {                                                                           \
		const struct fd_view *view_ = mkstate_fd(m, tid, fd);                  \
		CU_ASSERT_PTR_NOT_NULL(view_);                                         \
		CU_ASSERT_STRING_EQUAL(view_ != NULL ? view_->name : "(no fd)", want); \
	} while (0)
#define CHECK_NO_FD(m, tid, fd) CU_ASSERT_PTR_NULL(mkstate_fd(m, tid, fd))

#endif
