/*
 * mksock.h - a capture built in memory (or a file) through framing, decode, fold and collecting to the frozen sockets
 * of one section, without the engine and without threads.
 *
 *     struct mksock k;
 *     mksock_run(&k, &m, NULL);
 *     mksock_sock(&k, 0)->bytes[0] ...
 *     mksock_release(&k);
 *
 * Batches are given back as soon as they are collected, as in the pipeline, unless shuffled: what is found must not
 * point into them. Aborts on lack of memory or wrong use. All functions look at the first section with events. All of
 * it is in this header, so that tests of lower rooms link without src/join.
 */
#ifndef TESTS_MKSOCK_H
#define TESTS_MKSOCK_H

#include <linux/memfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/hash.h"
#include "events/decode.h"
#include "join/sock.h"
#include "mkcap.h"
#include "readers/batch.h"
#include "readers/frame.h"
#include "readers/input.h"
#include "state/state.h"

struct mksock_options {
	size_t batch_bytes;	/* 0: 512 KiB */
	bool shuffled;		/* all batches folded first, then shard by shard in an order of its own */
};

struct mksock {
	struct source *source;	/* owns; its sections' states and sockets too */
	struct input *input;	/* owns */
	struct batch **batches;	/* own; shuffled only */
	size_t batch_count, batch_cap;
	struct section *section;	/* looked at; NULL: none with events */
	struct state *state;		/* its, finished */
	struct socks *socks;		/* its, frozen */
	struct sock *const *list;
	size_t count;
	struct exchange *const *exchanges;
	size_t exchange_count;
	const struct exchange_child *children;
	size_t child_count;
	uint64_t events;
	int fd;
};

static inline void mksock_need_(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static inline struct batch *mksock_new_batch_(void)
{
	struct batch *b = malloc(sizeof(*b));

	mksock_need_(b != NULL, "memory");
	batch_init(b);
	return b;
}

static inline void mksock_drop_batch_(struct batch *b)
{
	batch_release(b);
	free(b);
}

static inline void mksock_keep_batch_(struct mksock *k, struct batch *b)
{
	if (k->batch_count == k->batch_cap) {
		k->batch_cap = k->batch_cap == 0 ? 64 : k->batch_cap * 2;
		k->batches = realloc(k->batches, k->batch_cap * sizeof(struct batch *));
		mksock_need_(k->batches != NULL, "memory");
	}
	k->batches[k->batch_count++] = b;
}

static inline void mksock_fold_(struct batch *b)
{
	struct section *sec = b->section;
	struct err e;

	err_init(&e);
	mksock_need_(decode_batch(b) == 0, "decode_batch");
	if (sec == NULL) {
		return;
	}
	if (sec->state == NULL) {
		mksock_need_(state_new(sec, 0, &sec->state, &e) == 0, "state_new");
		mksock_need_(socks_new(sec, &sec->socks, &e) == 0, "socks_new");
	}
	sec->events += b->event_count;
	mksock_need_(state_fold(sec->state, b, &e) == 0, "state_fold");
	mksock_need_(socks_sort(b) == 0, "socks_sort");
}

static inline void mksock_collect_(struct batch *b, unsigned int shard)
{
	if (b->section != NULL && b->section->socks != NULL) {
		mksock_need_(socks_collect(b->section->socks, shard, b) == 0, "socks_collect");
	}
}

static inline void mksock_read_source_(struct mksock *k, struct stream *st,
				       const struct mksock_options *opt)
{
	uint64_t serial = 0;
	struct framer fr;
	struct err e;

	err_init(&e);
	k->source = source_new(0, "test");
	framer_init(&fr, st, k->source, opt->batch_bytes != 0 ? opt->batch_bytes : 512 << 10);
	for (;;) {
		struct batch *b = mksock_new_batch_();

		if (framer_next(&fr, b, &e) != 0) {
			mksock_drop_batch_(b);
			break;
		}
		b->serial = serial++;
		mksock_fold_(b);
		k->events += b->event_count;
		if (opt->shuffled) {
			mksock_keep_batch_(k, b);
			continue;
		}
		for (unsigned int s = 0; s < BATCH_SHARDS; s++) {
			mksock_collect_(b, s);
		}
		if (b->section != NULL) {
			state_batch_released(b->section->state, b->serial);
		}
		mksock_drop_batch_(b);
	}
	framer_release(&fr);
	for (unsigned int s = 0; s < BATCH_SHARDS && opt->shuffled; s++) {
		for (size_t i = 0; i < k->batch_count; i++) {
			mksock_collect_(k->batches[i], (s * 5 + 3) % BATCH_SHARDS);
		}
	}
}

static inline void mksock_finish_(struct section *sec)
{
	if (sec->state == NULL) {
		return;
	}
	state_finish(sec->state);
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		mksock_need_(socks_finish(sec->socks, i) == 0, "socks_finish");
	}
	mksock_need_(socks_freeze(sec->socks) == 0, "socks_freeze");
}

static inline void mksock_look_at_(struct mksock *k)
{
	for (uint32_t i = 0; i < k->source->section_count; i++) {
		struct section *sec = k->source->sections[i];

		mksock_finish_(sec);
		if (k->section == NULL && sec->socks != NULL && sec->events > 0) {
			k->section = sec;
			k->state = sec->state;
			k->socks = sec->socks;
		}
	}
	if (k->socks != NULL) {
		k->list = socks_list(k->socks, &k->count);
		k->exchanges = socks_exchanges(k->socks, &k->exchange_count);
		k->children = socks_children(k->socks, &k->child_count);
	}
}

static inline void mksock_file(struct mksock *k, const char *path, const struct mksock_options *opt)
{
	static const struct mksock_options usual;
	struct input_options in_opt = { false, false, NULL };
	char *name = strdup(path);
	struct input_file file = { name, UINT64_MAX, true };
	struct stream *st;
	const char *member;
	const char *wrap;
	struct err e;

	memset(k, 0, sizeof(*k));
	k->fd = -1;
	opt = opt != NULL ? opt : &usual;
	err_init(&e);
	mksock_need_(input_open(&file, &in_opt, &k->input, &e) == 0, path);
	free(name);
	mksock_need_(input_next(k->input, &st, &member, &wrap, &e) == 0, "not a capture");
	mksock_read_source_(k, st, opt);
	mksock_look_at_(k);
}

static inline void mksock_bytes(struct mksock *k, const void *data, size_t len,
				const struct mksock_options *opt)
{
	/* Not memfd_create: another header may have come before the feature macros. */
	int fd = (int)syscall(SYS_memfd_create, "capture", MFD_CLOEXEC);
	char path[64];

	mksock_need_(fd >= 0 && write(fd, data, len) == (ssize_t)len, "memfd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	mksock_file(k, path, opt);
	k->fd = fd;
}

static inline void mksock_run(struct mksock *k, const struct mkcap *m, const struct mksock_options *opt)
{
	mksock_bytes(k, m->out.data, m->out.len, opt);
}

static inline void mksock_release(struct mksock *k)
{
	for (size_t i = 0; i < k->batch_count; i++) {
		mksock_drop_batch_(k->batches[i]);
	}
	free(k->batches);
	for (uint32_t i = 0; k->source != NULL && i < k->source->section_count; i++) {
		struct section *sec = k->source->sections[i];

		socks_free(sec->socks);
		state_free(sec->state);
		sec->socks = NULL;
		sec->state = NULL;
	}
	source_free(k->source);
	input_free(k->input);
	if (k->fd >= 0) {
		close(k->fd);
	}
	memset(k, 0, sizeof(*k));
}

/* ---- what came out --------------------------------------------------------------------------- */

/* Aborts when there are fewer. */
static inline const struct sock *mksock_sock(const struct mksock *k, size_t i)
{
	mksock_need_(i < k->count, "fewer sockets than expected");
	return k->list[i];
}

/* The nth exchange (from 0) of a socket; aborts when there are fewer. */
static inline const struct exchange *mksock_exchange(const struct sock *s, size_t n)
{
	const struct exchange *x = s->first_exchange;

	for (; n > 0 && x != NULL; n--) {
		x = x->next;
	}
	mksock_need_(x != NULL, "fewer exchanges than expected");
	return x;
}

static inline const struct process *mksock_process(const struct mksock *k, uint32_t id)
{
	return id < state_process_count(k->state) ? state_process(k->state, id) : NULL;
}

/* The nth socket (from 0) that process pid opened with this local (remote) port, 0: any; NULL: none. */
static inline const struct sock *mksock_find(const struct mksock *k, int64_t pid, uint16_t local_port,
					     uint16_t remote_port, size_t n)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct sock *s = k->list[i];
		const struct process *p = mksock_process(k, s->process);

		if (p == NULL || p->pid != pid ||
		    (local_port != 0 && s->key.port[s->local] != local_port) ||
		    (remote_port != 0 && s->key.port[!s->local] != remote_port)) {
			continue;
		}
		if (n-- == 0) {
			return s;
		}
	}
	return NULL;
}

/* Knots of one direction, unpacked into at most max; how many there are. */
static inline size_t mksock_knots(const struct sock *s, unsigned int dir, struct knot *ret_knots, size_t max)
{
	struct knot_walk w = { 0 };
	struct knot x;
	size_t n = 0;

	while (knots_next(&s->knots[dir], &w, &x)) {
		if (n < max) {
			ret_knots[n] = x;
		}
		n++;
	}
	return n;
}

/* ---- digest ---------------------------------------------------------------------------------- */

static inline void mksock_add_(uint64_t *h, const void *p, size_t n)
{
	*h = hash_bytes(*h, p, n);
}

#define MKSOCK_ADD(h, field) mksock_add_(h, &(field), sizeof(field))

static inline void mksock_add_sock_(uint64_t *h, const struct sock *s)
{
	uint32_t peer = s->peer != NULL ? s->peer->id : UINT32_MAX;

	MKSOCK_ADD(h, s->id);
	MKSOCK_ADD(h, s->fd_id);
	MKSOCK_ADD(h, s->fd_num);
	MKSOCK_ADD(h, s->kind);
	MKSOCK_ADD(h, s->role);
	MKSOCK_ADD(h, s->flags);
	MKSOCK_ADD(h, s->key);
	MKSOCK_ADD(h, s->local);
	MKSOCK_ADD(h, s->unix_local);
	MKSOCK_ADD(h, s->unix_peer);
	mksock_add_(h, s->path, strlen(s->path));
	MKSOCK_ADD(h, s->process);
	MKSOCK_ADD(h, s->tid);
	MKSOCK_ADD(h, s->first_num);
	MKSOCK_ADD(h, s->open_num);
	MKSOCK_ADD(h, s->close_num);
	MKSOCK_ADD(h, s->first_ns);
	MKSOCK_ADD(h, s->last_ns);
	MKSOCK_ADD(h, s->open_ns);
	MKSOCK_ADD(h, s->open_begin_ns);
	MKSOCK_ADD(h, s->close_ns);
	MKSOCK_ADD(h, s->bytes);
	MKSOCK_ADD(h, s->calls);
	MKSOCK_ADD(h, s->errors);
	MKSOCK_ADD(h, s->exchange_count);
	MKSOCK_ADD(h, peer);
	for (unsigned int dir = 0; dir < 2; dir++) {
		struct knot_walk w = { 0 };
		struct knot k;

		while (knots_next(&s->knots[dir], &w, &k)) {
			MKSOCK_ADD(h, k.offset);
			MKSOCK_ADD(h, k.len);
			MKSOCK_ADD(h, k.ts_ns);
			MKSOCK_ADD(h, k.num);
			MKSOCK_ADD(h, k.print);
		}
	}
	for (uint32_t i = 0; i < s->user_count; i++) {
		MKSOCK_ADD(h, s->users[i].process);
		MKSOCK_ADD(h, s->users[i].tid);
		MKSOCK_ADD(h, s->users[i].bytes);
		MKSOCK_ADD(h, s->users[i].calls);
	}
}

static inline void mksock_add_exchange_(uint64_t *h, const struct exchange *x)
{
	uint32_t parent = x->parent != NULL ? x->parent->id : UINT32_MAX;

	MKSOCK_ADD(h, x->sock->id);
	MKSOCK_ADD(h, x->id);
	MKSOCK_ADD(h, parent);
	MKSOCK_ADD(h, x->flags);
	MKSOCK_ADD(h, x->process);
	MKSOCK_ADD(h, x->tid);
	MKSOCK_ADD(h, x->start);
	MKSOCK_ADD(h, x->end);
	MKSOCK_ADD(h, x->first_num);
	MKSOCK_ADD(h, x->last_num);
	MKSOCK_ADD(h, x->first_ns);
	MKSOCK_ADD(h, x->last_ns);
	MKSOCK_ADD(h, x->begin_ns);
	MKSOCK_ADD(h, x->syscalls);
	MKSOCK_ADD(h, x->wait_ns);
	MKSOCK_ADD(h, x->wait_calls);
	MKSOCK_ADD(h, x->running_ns);
}

/* One number for all rows with all they say, but for pointers: equal inputs must give equal ones. */
static inline uint64_t mksock_digest(const struct mksock *k)
{
	uint64_t h = 1;

	for (size_t i = 0; i < k->count; i++) {
		mksock_add_sock_(&h, k->list[i]);
	}
	for (size_t i = 0; i < k->exchange_count; i++) {
		mksock_add_exchange_(&h, k->exchanges[i]);
	}
	for (size_t i = 0; i < k->child_count; i++) {
		uint32_t id = k->children[i].exchange->id;

		MKSOCK_ADD(&h, id);
		MKSOCK_ADD(&h, k->children[i].tid);
		MKSOCK_ADD(&h, k->children[i].num);
	}
	return h;
}

#endif
