/*
 * mkprobe.h - the BPF programs over one child process: what a step made the kernel say, kept event by event, for
 * test_capture_probe.c.
 */
#ifndef TESTS_MKPROBE_H
#define TESTS_MKPROBE_H

#include "base/base.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/calls.h"
#include "capture/probe.h"
#include "schema/extra.h"
#include "schema/schema.h"

#define CAUGHT_MAX 200000
#define RING_BYTES (4u << 20)

#include "skip.h"

struct caught {
	uint64_t ts_ns;
	int64_t tid;
	uint16_t type, cpu;
	uint32_t nparams, values_len, extra_len;
	uint16_t lens[32];
	uint8_t *bytes;		/* values, then extra items */
};

struct catch {
	struct probe *probe;
	struct caught *events;
	size_t count;
	struct probe_stats stats;
	pid_t child;
	int status;
	int32_t reported;	/* a number the child found out */
};

static inline struct probe_options all_options(void)
{
	return (struct probe_options){
		.ring_bytes = RING_BYTES, .snap_file = 80, .snap_net = 80, .snap_http = 400, .snap_other = 80, .all_syscalls = true,
		.self = (int32_t)getpid(),
	};
}

static inline int keep(void *arg, const struct scap_event *ev)
{
	struct catch *c = arg;
	struct caught *k;

	if (c->count == CAUGHT_MAX) {
		return 0;
	}
	k = &c->events[c->count];
	memset(k, 0, sizeof(*k));
	k->ts_ns = ev->ts_ns;
	k->tid = ev->tid;
	k->type = ev->type;
	k->cpu = ev->cpu;
	k->nparams = ev->nparams;
	for (uint32_t i = 0; i < ev->nparams; i++) {
		k->lens[i] = ev->lens[i];
		k->values_len += ev->lens[i];
	}
	k->extra_len = ev->extra_len;
	k->bytes = malloc(k->values_len + k->extra_len + 1u);
	if (k->bytes == NULL) {
		return ERR_NOMEM;
	}
	memcpy(k->bytes, ev->values, k->values_len);
	memcpy(k->bytes + k->values_len, ev->extra, ev->extra_len);
	c->count++;
	return 0;
}

/* ---- one run ---- */

typedef int32_t step(void);

static inline pid_t start_child(step *run, int *ret_go, int *ret_answer)
{
	int go[2], answer[2];
	pid_t pid;

	if (pipe(go) != 0 || pipe(answer) != 0) {
		return -1;
	}
	pid = fork();
	if (pid == 0) {
		char wait_for[1];
		int32_t result;

		close(go[1]);
		close(answer[0]);
		if (read(go[0], wait_for, 1) != 1) {
			_exit(100);
		}
		result = run();
		if (write(answer[1], &result, sizeof(result)) != sizeof(result)) {
			_exit(101);
		}
		_exit(7);
	}
	close(go[0]);
	close(answer[1]);
	*ret_go = go[1];
	*ret_answer = answer[0];
	return pid;
}

/* Records what run does in a child. False: the kernel does not let us, which was said. */
static inline bool record(struct catch *c, struct probe_options *opt, bool tree, bool poll, step *run)
{
	struct err e;
	int go = -1;
	int answer = -1;
	bool done = false;

	memset(c, 0, sizeof(*c));
	err_init(&e);
	c->events = calloc(CAUGHT_MAX, sizeof(*c->events));
	c->child = start_child(run, &go, &answer);
	CU_ASSERT_FATAL(c->events != NULL && c->child > 0);
	if (tree) {
		opt->pids[opt->pid_count++] = c->child;
	}
	if (probe_open(opt, &c->probe, &e) != 0) {
		struct buf check;

		buf_init(&check, 1u << 16);
		if (probe_check(&check)) {
			CU_FAIL("the probe does not open where it should");
			printf("\n%s\n", e.message);
		} else {
			test_skip(e.message);
		}
		buf_release(&check);
		close(go);
		close(answer);
		waitpid(c->child, &c->status, 0);
		free(c->events);
		return false;
	}
	CU_ASSERT(write(go, "!", 1) == 1);
	while (!done) {
		if (poll) {
			CU_ASSERT(probe_poll(c->probe, 20, keep, c, &e) == 0);
		}
		done = waitpid(c->child, &c->status, poll ? WNOHANG : 0) == c->child;
	}
	CU_ASSERT(read(answer, &c->reported, sizeof(c->reported)) == sizeof(c->reported));
	CU_ASSERT(probe_drain(c->probe, keep, c, &e) == 0);
	probe_stats(c->probe, &c->stats);
	close(go);
	close(answer);
	return true;
}

static inline void release(struct catch *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->events[i].bytes);
	}
	free(c->events);
	probe_close(c->probe);
}

static inline bool record_tree(struct catch *c, step *run)
{
	struct probe_options opt = all_options();

	return record(c, &opt, true, true, run);
}

/* ---- what was caught ---- */

static inline const uint8_t *value(const struct caught *k, unsigned int i, size_t *ret_len)
{
	size_t at = 0;

	for (unsigned int n = 0; n < i && n < k->nparams; n++) {
		at += k->lens[n];
	}
	*ret_len = i < k->nparams ? k->lens[i] : 0;
	return k->bytes + at;
}

static inline int64_t number(const struct caught *k, unsigned int i)
{
	size_t len;
	const uint8_t *p = value(k, i, &len);
	uint64_t x = 0;

	memcpy(&x, p, len < 8 ? len : 8);
	return (int64_t)x;
}

static inline bool text_is(const struct caught *k, unsigned int i, const char *text)
{
	size_t len;
	const uint8_t *p = value(k, i, &len);

	return len == strlen(text) + 1 && memcmp(p, text, len) == 0;
}

static inline bool text_ends(const struct caught *k, unsigned int i, const char *end)
{
	size_t len;
	size_t n = strlen(end) + 1;
	const uint8_t *p = value(k, i, &len);

	return len >= n && memcmp(p + len - n, end, n) == 0;
}

static inline bool bytes_are(const struct caught *k, unsigned int i, const void *bytes, size_t n)
{
	size_t len;
	const uint8_t *p = value(k, i, &len);

	return len == n && memcmp(p, bytes, n) == 0;
}

/* Bytes of an extra item, or NULL. */
static inline const uint8_t *extra(const struct caught *k, uint16_t kind, size_t *ret_len)
{
	const uint8_t *p = k->bytes + k->values_len;
	size_t left = k->extra_len;

	while (left >= 4) {
		uint16_t head[2];

		memcpy(head, p, 4);
		if (head[1] > left - 4) {
			return NULL;
		}
		if (head[0] == kind) {
			*ret_len = head[1];
			return p + 4;
		}
		p += 4 + head[1];
		left -= 4u + head[1];
	}
	return NULL;
}

static inline uint64_t extra_number(const struct caught *k, uint16_t kind)
{
	uint64_t x = 0;
	size_t len;
	const uint8_t *p = extra(k, kind, &len);

	if (p != NULL && len == sizeof(x)) {
		memcpy(&x, p, sizeof(x));
	}
	return x;
}

/* The n-th event (from 0) of a type. */
static inline const struct caught *find(const struct catch *c, uint16_t type, size_t n)
{
	static const struct caught none = { .bytes = (uint8_t *)(uintptr_t)"" };

	for (size_t i = 0; i < c->count; i++) {
		if (c->events[i].type == type && n-- == 0) {
			return &c->events[i];
		}
	}
	return &none;
}

static inline size_t count_type(const struct catch *c, uint16_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		n += c->events[i].type == type;
	}
	return n;
}

/* The n-th event whose text parameter i is text. */
static inline const struct caught *find_text(const struct catch *c, uint16_t type, unsigned int i, const char *text)
{
	for (size_t n = 0; n < c->count; n++) {
		if (c->events[n].type == type && text_is(&c->events[n], i, text)) {
			return &c->events[n];
		}
	}
	return find(c, UINT16_MAX, 0);
}

#endif
