/*
 * join_internal.h - the parts of the join as they see each other: join.c makes it, http_calls.c and http_join.c the
 * transactions, spans*.c the spans. All of it runs on one thread, after the last source.
 */
#ifndef JOIN_JOIN_INTERNAL_H
#define JOIN_JOIN_INTERNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/intern.h"
#include "join/join.h"

/* A section with sockets. Their numbers over the run: base + id. */
struct join_section {
	const struct section *section;
	struct sock *const *socks;
	struct exchange *const *exchanges;
	const struct exchange_child *children;
	size_t sock_count, exchange_count, child_count;
	size_t sock_base, exchange_base;
};

struct join {
	struct source *const *sources;	/* borrowed */
	uint32_t source_count;
	struct match *match;		/* owns */
	struct intern names;
	struct join_section *sections;	/* owns; by source, section */
	uint32_t section_count;
	uint32_t *rank_of_slot;		/* owns; index in sections, UINT32_MAX none */
	uint32_t slots;
	size_t sock_count, exchange_count;
	struct http_joined *http;	/* owns */
	size_t http_count;
	struct span *spans;		/* owns */
	size_t span_count;
	uint32_t *span_of_exchange;	/* owns; by number over the run; UINT32_MAX none */
};

static inline const struct join_section *join_section_of(const struct join *j, const struct section *sec)
{
	uint32_t rank = sec->slot < j->slots ? j->rank_of_slot[sec->slot] : UINT32_MAX;

	return rank != UINT32_MAX ? &j->sections[rank] : NULL;
}

static inline size_t join_sock_number(const struct join *j, const struct sock *s)
{
	return join_section_of(j, s->section)->sock_base + s->id;
}

static inline size_t join_exchange_number(const struct join *j, const struct exchange *x)
{
	return join_section_of(j, x->sock->section)->exchange_base + x->id;
}

/* Offset in the socket of a byte of the flow; dir: 0 received, 1 sent by the socket. False: not known. */
bool join_sock_offset(const struct pair *p, unsigned int end, unsigned int dir, uint64_t flow_offset,
		      uint64_t *ret_offset);
/* The socket at the other end, as far as the capture has it, or NULL. */
struct sock *join_other_end(const struct join *j, const struct sock *s);

/* ---- http_calls.c: transactions found in calls, by socket -------------------------------------------------- */

struct call_tx {
	const struct http_tx *tx;
	struct sock *sock;
	bool server;		/* the socket's owner was asked */
	bool used;		/* in a row already */
};

struct call_txs {
	struct call_tx *rows;	/* owns; by number of the socket, then first event */
	size_t count;
	size_t *first;		/* owns; by number of the socket: index of its first row; one more at the end */
};
/* 0 or ERR_NOMEM. */
int call_txs_new(const struct join *j, struct call_txs *ret_t);
void call_txs_release(struct call_txs *t);

/* A call of a socket's knots. num 0: not found. */
struct call {
	uint64_t num, ts_ns, begin_ns;
	bool exact;
};

struct call_query {
	uint64_t key;		/* offset, or event number */
	struct call *ret;
};
/* Fills what the queries ask for, in one walk; sorts them. */
void calls_at(const struct knots *k, struct call_query *q, size_t count);
void calls_numbered(const struct knots *k, struct call_query *q, size_t count);

/* ---- spans*.c: spans before all are in order ---------------------------------------------------------------- */

struct spans_work {
	struct join *j;
	struct span *rows;	/* owns, until they are in order: drafts, whose parents are indices of drafts */
	size_t count, cap;	/* cap: as many as there can be */
	uint32_t *of_exchange;	/* owns; draft by the exchange's number; UINT32_MAX none */
	struct buf text;	/* for names */
};

/* Zeroed but for section, parent and root. NULL: beyond what numbers of spans can say. */
struct span *span_add(struct spans_work *w, const struct section *section);
/* Processes started for an exchange, their descendants, and what those begin. 0 or ERR_NOMEM. */
int spans_processes(struct spans_work *w);
/* Parents of exchanges: in focus, and the other end's. */
void spans_parents(struct spans_work *w);
/* http and dns of the spans. 0 or ERR_NOMEM. */
int spans_messages(struct spans_work *w);
/* Protocols and names, after parents and messages. 0 or ERR_NOMEM. */
int spans_names(struct spans_work *w);
/* w->text as a constant, and empties it. "" beyond the ceiling. 0 or ERR_NOMEM. */
int span_text(struct spans_work *w, const struct text **ret_text);

/* ---- http_join.c, spans.c ----------------------------------------------------------------------------------- */

/* 0 or ERR_NOMEM. */
int http_join(struct join *j);
int spans_make(struct join *j);

#endif
