/*
 * mkjoined.h - captures built in memory through framing, decode, fold, flows and sockets to their matches, without the
 * engine and without threads; and the way from what a mkjoin says to the rows that must say the same.
 *
 *     struct mkjoined k;
 *     mkjoined_init(&k);
 *     mkjoined_add(&k, &j.calls);
 *     mkjoined_add(&k, &j.packets);
 *     mkjoined_run(&k, NULL);
 *     mkjoined_pair(&k, &j, conn) ...
 *     mkjoined_release(&k);
 */
#ifndef TESTS_MKJOINED_H
#define TESTS_MKJOINED_H

#include "mkjoin.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "events/decode.h"
#include "join/match.h"
#include "net/net.h"
#include "readers/frame.h"
#include "readers/input.h"
#include "state/state.h"

#define MKJOINED_SOURCES 4
#define MKJOINED_BATCHES 256

struct mkjoined {
	struct source *source[MKJOINED_SOURCES];
	struct input *input[MKJOINED_SOURCES];
	int fd[MKJOINED_SOURCES];
	uint32_t count;
	struct batch *batch[MKJOINED_BATCHES];
	size_t batch_count;
	size_t batch_bytes;		/* 0: 64 KiB, so that a story is several batches */
	struct match *match;
};

static inline void mkjoined_need(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

static inline void mkjoined_init(struct mkjoined *k)
{
	memset(k, 0, sizeof(*k));
}

/* What the engine counts of a section in passing. */
static inline void mkjoined_count(struct section *s, const struct batch_tally *t)
{
	s->has_scap |= t->scap;
	s->events += t->events;
	s->enter_events += t->enters;
	s->drop_events += t->drops;
	s->packets += t->packets;
	if (t->first_ns != 0 && (s->first_ns == 0 || t->first_ns < s->first_ns)) {
		s->first_ns = t->first_ns;
	}
	s->last_ns = max_u64(s->last_ns, t->last_ns);
	if (t->first_event_ns != 0 && (s->first_event_ns == 0 || t->first_event_ns < s->first_event_ns)) {
		s->first_event_ns = t->first_event_ns;
	}
	s->last_event_ns = max_u64(s->last_event_ns, t->last_event_ns);
}

static inline void mkjoined_events(struct batch *b, struct err *e)
{
	struct section *sec = b->section;

	if (!sec->has_scap) {
		return;
	}
	if (sec->state == NULL) {
		mkjoined_need(state_new(sec, 0, &sec->state, e) == 0, "state_new");
		mkjoined_need(socks_new(sec, &sec->socks, e) == 0, "socks_new");
	}
	mkjoined_need(state_fold(sec->state, b, e) == 0, "state_fold");
	mkjoined_need(socks_sort(b) == 0, "socks_sort");
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		mkjoined_need(socks_collect(sec->socks, i, b) == 0, "socks_collect");
	}
}

static inline void mkjoined_packets(struct batch *b, struct err *e)
{
	struct net_options opt = { .content = true, .knots = true };
	struct section *sec = b->section;

	if (b->packet_count == 0 && sec->net == NULL) {
		return;
	}
	mkjoined_need(net_dissect(b) == 0, "net_dissect");
	if (sec->net == NULL) {
		mkjoined_need(net_new(sec, &opt, &sec->net, e) == 0, "net_new");
	}
	mkjoined_need(net_fold(sec->net, b, e) == 0, "net_fold");
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		mkjoined_need(net_track(sec->net, i, b) == 0, "net_track");
	}
}

static inline void mkjoined_finish(struct section *sec)
{
	if (sec->state != NULL) {
		state_finish(sec->state);
	}
	for (unsigned int i = 0; i < BATCH_SHARDS; i++) {
		mkjoined_need(sec->socks == NULL || socks_finish(sec->socks, i) == 0, "socks_finish");
		mkjoined_need(sec->net == NULL || net_finish(sec->net, i) == 0, "net_finish");
	}
	mkjoined_need(sec->socks == NULL || socks_freeze(sec->socks) == 0, "socks_freeze");
	mkjoined_need(sec->net == NULL || net_freeze(sec->net) == 0, "net_freeze");
}

static inline void mkjoined_read(struct mkjoined *k, struct source *src, struct stream *st)
{
	uint64_t raw = 1;
	uint64_t packet = 1;
	struct framer fr;
	struct err e;

	err_init(&e);
	framer_init(&fr, st, src, k->batch_bytes != 0 ? k->batch_bytes : 64 << 10);
	for (;;) {
		struct batch *b = malloc(sizeof(*b));

		mkjoined_need(b != NULL && k->batch_count < MKJOINED_BATCHES, "so many batches");
		batch_init(b);
		k->batch[k->batch_count++] = b;
		if (framer_next(&fr, b, &e) != 0) {
			break;
		}
		mkjoined_need(decode_batch(b) == 0, "decode_batch");
		if (b->section == NULL) {
			continue;
		}
		mkjoined_count(b->section, &b->tally);
		b->first_raw_num = raw;
		b->first_packet_num = packet;
		raw += b->event_count;
		packet += b->packet_count;
		mkjoined_events(b, &e);
		mkjoined_packets(b, &e);
	}
	framer_release(&fr);
}

/* In the order of adding. */
static inline struct source *mkjoined_add(struct mkjoined *k, const struct mkcap *m)
{
	struct input_options opt = { false, false, NULL };
	int fd = memfd_create("capture", MFD_CLOEXEC);
	uint32_t i = k->count;
	char path[64];
	struct input_file file = { path, UINT64_MAX, true };
	struct stream *st;
	const char *member;
	const char *wrap;
	struct err e;

	err_init(&e);
	mkjoined_need(i < MKJOINED_SOURCES && fd >= 0 && write(fd, m->out.data, m->out.len) == (ssize_t)m->out.len,
		      "memfd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	mkjoined_need(input_open(&file, &opt, &k->input[i], &e) == 0, path);
	mkjoined_need(input_next(k->input[i], &st, &member, &wrap, &e) == 0, "not a capture");
	k->fd[i] = fd;
	k->source[i] = source_new(i, i == 0 ? "first" : "another");
	k->count++;
	mkjoined_read(k, k->source[i], st);
	for (uint32_t s = 0; s < k->source[i]->section_count; s++) {
		mkjoined_finish(k->source[i]->sections[s]);
	}
	return k->source[i];
}

/* As the engine numbers them. */
static inline void mkjoined_slots(const struct mkjoined *k)
{
	uint32_t slot = 0;

	for (uint32_t i = 0; i < k->count; i++) {
		for (uint32_t s = 0; s < k->source[i]->section_count; s++) {
			k->source[i]->sections[s]->slot = slot++;
		}
	}
}

static inline void mkjoined_run(struct mkjoined *k, const struct match_options *opt)
{
	static const struct match_options usual;
	struct err e;

	err_init(&e);
	mkjoined_slots(k);
	CU_ASSERT_EQUAL_FATAL(match_new(k->source, k->count, opt != NULL ? opt : &usual, &k->match, &e), 0);
}

/* Both views of one story. */
static inline void mkjoined_story(struct mkjoined *k, const struct mkjoin *j)
{
	mkjoined_init(k);
	mkjoined_add(k, &j->calls);
	if (j->packets.out.len > 0) {
		mkjoined_add(k, &j->packets);
	}
	mkjoined_run(k, NULL);
}

static inline void mkjoined_release(struct mkjoined *k)
{
	match_free(k->match);
	for (size_t i = 0; i < k->batch_count; i++) {
		batch_release(k->batch[i]);
		free(k->batch[i]);
	}
	for (uint32_t i = 0; i < k->count; i++) {
		for (uint32_t s = 0; s < k->source[i]->section_count; s++) {
			struct section *sec = k->source[i]->sections[s];

			net_free(sec->net);
			socks_free(sec->socks);
			state_free(sec->state);
			sec->net = NULL;
			sec->socks = NULL;
			sec->state = NULL;
		}
		source_free(k->source[i]);
		input_free(k->input[i]);
		close(k->fd[i]);
	}
	memset(k, 0, sizeof(*k));
}

/* ---- from the story to the rows ------------------------------------------------------------------------------- */

/* The connection whose first captured packet began this flow, or MKJOIN_NONE. */
static inline uint32_t mkjoined_conn_of(const struct mkjoin *j, const struct flow *f)
{
	for (uint32_t i = 0; i < j->conn_count; i++) {
		if (j->conn[i].packets > 0 && j->conn[i].first_packet == f->first_num) {
			return i;
		}
	}
	return MKJOIN_NONE;
}

/* The pair of the flow that this connection's first captured packet began, or NULL. */
static inline const struct pair *mkjoined_pair(const struct mkjoined *k, const struct mkjoin *j, uint32_t conn)
{
	size_t n;
	const struct pair *pairs = match_pairs(k->match, &n);

	for (size_t i = 0; i < n; i++) {
		if (mkjoined_conn_of(j, pairs[i].flow) == conn) {
			return &pairs[i];
		}
	}
	return NULL;
}

/* Which end of the connection is an end of the flow's key: their ports differ. */
static inline unsigned int mkjoined_end(const struct mkjoin *j, uint32_t conn, const struct flow *f, unsigned int side)
{
	return f->key.port[side] == j->conn[conn].end[0].seen_port ? 0 : 1;
}

/* The pid of a process row, 0 for none. */
static inline int64_t mkjoined_pid(const struct section *sec, uint32_t process)
{
	return process < state_process_count(sec->state) ? state_process(sec->state, process)->pid : 0;
}

static inline const struct socks *mkjoined_socks(const struct mkjoined *k)
{
	for (uint32_t i = 0; i < k->count; i++) {
		for (uint32_t s = 0; s < k->source[i]->section_count; s++) {
			if (k->source[i]->sections[s]->socks != NULL) {
				return k->source[i]->sections[s]->socks;
			}
		}
	}
	return NULL;
}

/* A socket of that process and number with that peer, in use when this end's first call was made. */
static inline bool mkjoined_is_end(const struct mkjoin *j, uint32_t conn, unsigned int end, const struct sock *s)
{
	const struct mkjoin_conn *c = &j->conn[conn];
	const struct mkjoin_end *e = &c->end[end];

	if (e->first_num == 0 || s->first_num > e->first_num || s->fd_num != e->fd ||
	    mkjoined_pid(s->section, s->process) != j->task[e->task].pid) {
		return false;
	}
	return c->kind == MKJOIN_UNIX || s->key.port[1 - s->local] == c->end[1 - end].seen_port;
}

/* The socket that carried this end's calls, or NULL. */
static inline const struct sock *mkjoined_sock(const struct mkjoined *k, const struct mkjoin *j, uint32_t conn,
					       unsigned int end)
{
	const struct mkjoin_end *e = &j->conn[conn].end[end];
	const struct socks *socks = mkjoined_socks(k);
	const struct sock *found = NULL;
	size_t n = 0;
	struct sock *const *list = socks != NULL ? socks_list(socks, &n) : NULL;

	for (size_t i = 0; i < n; i++) {
		const struct sock *s = list[i];

		if (e->open_num != 0 && s->open_num == e->open_num) {
			return s;
		}
		if (mkjoined_is_end(j, conn, end, s) && (found == NULL || s->first_num > found->first_num)) {
			found = s;
		}
	}
	return found;
}

#endif
