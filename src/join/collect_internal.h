/*
 * collect_internal.h - the parts of collecting sockets as they see each other.
 *
 * While events come, a socket is a part: one open file (fd identity) with one peer as used by one process. A process
 * belongs to one shard, so a part belongs to one thread at a time, and what is found does not depend on which processes
 * share a shard. Freezing merges the parts of one open file into one struct sock (collect_merge.c).
 *
 * Memory: parts and turns are rows that never move; lists of users and open turns lie in the shard's arena.
 */
#ifndef JOIN_COLLECT_INTERNAL_H
#define JOIN_COLLECT_INTERNAL_H

#include "base/arena.h"
#include "base/map.h"
#include "join/ordered.h"
#include "join/sock.h"
#include "join/sock_feed.h"
#include "net/rows.h"
#include "readers/batch.h"
#include "state/view.h"

/* ---- what calls are: collect_calls.c ------------------------------------------------------------------- */

enum call_action {
	CALL_IGNORED,		/* not a call, nothing to see */
	CALL_PLAIN,		/* only its time matters */
	CALL_FD,		/* works on a descriptor, moves nothing */
	CALL_READ, CALL_WRITE,	/* move bytes of a descriptor */
	CALL_SPLICE,
	CALL_SOCKET, CALL_BIND, CALL_CONNECT, CALL_ACCEPT, CALL_SHUTDOWN, CALL_CLOSE,
	CALL_POLL, CALL_EPOLL,
	CALL_CLONE, CALL_SWITCH, CALL_EXIT, CALL_DROP, CALL_RING,
	CALL_GENERIC,		/* by the number of the system call */
};

struct call_row {
	uint8_t action;		/* enum call_action */
	uint8_t wait;		/* enum wait_kind where the descriptor does not tell */
	uint8_t data;		/* parameter with the bytes moved, 0: none */
	uint8_t size;		/* parameter with the bytes asked for (messages: moved), 0: none */
	uint8_t tuple;		/* parameter with both ends, 0: none */
};

extern const struct call_row call_rows[SCHEMA_EVENTS];

/* Calls without an event of their own, by their internal code. */
struct generic_row {
	uint8_t action, wait;	/* as in a call_row */
};
struct generic_row call_generic(unsigned int code);

/* Bytes a successful call moved. */
uint32_t call_bytes(const struct event *ev);
/* True for calls that wait for a lock though their type does not say so. */
bool call_locks(const struct event *ev);

/* ---- one shard ------------------------------------------------------------------------------------------ */

/* An exchange with what only collecting needs. */
struct turn {
	struct exchange x;	/* first: a turn is its row */
	struct turn *merged;	/* by merging: the turn that stands for it */
	bool closed;		/* no response can come any more */
	bool dead;		/* in no socket's list */
};

/* Requests of a datagram socket that wait for their response. */
struct open_turn {
	struct turn *turn;
	uint16_t tag;		/* of a DNS message */
	bool tagged;
};

/* Bytes a call may look at without taking them, to be known by the next call's first ones: enough to tell TLS from
 * others. */
#define PEEK_MAX 8

/* The last call that received bytes, in case it only looked (MSG_PEEK). */
struct last_read {
	struct knots_mark before;
	uint32_t n;		/* bytes; 0: it did take them */
	uint32_t user;
	uint8_t bytes[PEEK_MAX];	/* where they tell */
	bool by_bytes;
};

#define PART_ENDED(dir) (1u << (dir))

struct part {
	struct sock s;		/* first: a part is its row */
	struct part *peers;	/* the next part of the same open file and process: another peer */
	struct part *first;	/* head of that list */
	struct part *same_hash;	/* in the table of peers */
	struct turn *owner;	/* client: in whose focus its last exchange was begun */
	struct open_turn *open;	/* datagrams; in the arena */
	uint16_t open_count, open_cap;
	uint32_t drops;		/* events of lost events before it */
	bool has_peer;		/* the other end is known */
	bool guessed;		/* nobody saw it made: what it is was taken from its calls alone */
	bool listed;		/* among the peers */
	bool duplicated;	/* the process has it under two numbers */
	bool bound_client;	/* connect was seen: the source is its own end whatever the role of the fd */
	uint8_t ended;		/* PART_ENDED */
	struct last_read *read;	/* in the arena; NULL: nothing that might be taken back */
	uint32_t last_user;
	uint64_t user_overflow;	/* calls of threads that are not listed */
	uint64_t last_num;	/* of the last call that moved bytes or opened it */
	uint64_t close_num, close_ns, close_begin_ns;
	uint32_t close_user, close_drops;
	bool close_exact;
	struct part *merged;	/* by merging: the part that stands for it */
	struct feed_mark feed;
};

static inline bool has_bytes(const struct part *p)
{
	return p->s.bytes[0] + p->s.bytes[1] > 0;
}

/* What a thread waited for, before it is known for whom. */
struct held {
	uint64_t wait_ns[WAIT_KINDS];
	uint32_t wait_calls[WAIT_KINDS];
	uint64_t syscalls, running_ns, poll_ns;
	uint32_t polls;
	bool bound;
};

/* A thread that serves. */
struct server {
	int64_t tid;
	uint32_t process;
	struct turn *focus;	/* works on it, or NULL */
	struct turn *parked;	/* worked on it until it polled; goes on when its next call says so */
	bool by_epoll;		/* an event loop: what comes next may be anything */
	struct held held;	/* for parked */
	uint64_t last_ns;	/* of its last event since it serves */
	uint64_t out_ns;	/* last event was: switched out at; 0: it was not */
};

struct collector {		/* one shard */
	struct socks *socks;
	struct rows parts, turns;	/* struct part, struct turn */
	struct arena arena;
	struct map files;	/* fd id and process to the part of its last peer */
	struct map numbers;	/* process and fd number to part: for calls with two descriptors */
	struct map peers;	/* hash of file and key to parts (same_hash) */
	struct map servers;	/* tid to struct server * */
	struct map rings;	/* process + 1 to event number of its first io_uring call */
	struct server *last;
	int64_t absent;		/* a thread known not to serve; -1: none */
	struct server *spare;	/* given back; linked through parked */
	uint64_t seed;
	struct knot_room knots;
	struct sock_feeds feeds;
	struct exchange_child *children;	/* owns */
	size_t child_count, child_cap;
	uint32_t drops;
	bool switches;		/* any switch event was seen */
	bool oom;

	/* the event at hand */
	const struct batch *batch;
	const struct event *ev;
	const struct call_row *row;
	uint64_t num;
	struct server *server;	/* of its thread, or NULL */
	uint8_t action;
};

struct socks {
	const struct section *section;
	struct collector shards[BATCH_SHARDS];
	bool remade;			/* turns were made anew by merging */
	struct sock **list;		/* owns; after freeze */
	struct exchange **exchanges;	/* owns */
	struct exchange_child *children;	/* owns */
	size_t count, exchange_count, child_count;
};

/* ---- collect_part.c ------------------------------------------------------------------------------------- */

/* A socket or pipe this collects. */
bool view_collected(const struct fd_view *fd);
/* The part of the event's descriptor; made when make is set. NULL: none, or beyond a ceiling. */
struct part *part_of(struct collector *c, bool make);
/* The part a number of the event's process is known for, or NULL. */
struct part *part_by_number(const struct collector *c, int64_t fd_num);
void part_note_number(struct collector *c, struct part *p, int32_t fd_num);
/* The event's process has closed it. If it holds the open file under another number too, what comes next makes a part
 * of its own, and merging brings them together: so the tables hold what is open only. */
void part_forget(struct collector *c, const struct part *p, int32_t fd_num);
/* Ends of the event's descriptor, where p lacks them. */
void part_learn_ends(struct collector *c, struct part *p);
/* The end a connect that failed was meant for. */
void part_learn_target(struct part *p, struct param addr);
/* A new part for the event's descriptor in place of the one it had. */
struct part *part_again(struct collector *c);
/* Index of the event's thread among the users; false: beyond the ceiling, the call is counted only. */
bool part_user(struct collector *c, struct part *p, uint32_t *ret_user);
/* A knot of the event in direction dir. */
void part_knot(struct collector *c, struct part *p, unsigned int dir, uint8_t kind, uint32_t len, uint64_t prints);
void part_touch(struct collector *c, struct part *p);
bool key_ends_swapped(const struct flow_key *k);

/* ---- collect_turns.c ------------------------------------------------------------------------------------ */

/* n bytes passed in direction dir; data: those captured. */
void turns_data(struct collector *c, struct part *p, unsigned int dir, uint32_t n, struct param data);
/* Bytes are about to pass: settles who asks, where that is not known yet. */
void turns_role(struct part *p, unsigned int dir);
/* The last call only looked at n bytes: takes them back. */
void turns_unread(struct part *p, uint32_t n);
/* Will these bytes begin an exchange of a client? */
bool turns_begins(const struct part *p, unsigned int dir);
struct turn *turn_new(struct collector *c, struct part *p);

static inline bool turn_answered(const struct turn *t)
{
	return t->x.first_num[1] != 0 || t->closed;
}

/* ---- collect_focus.c ------------------------------------------------------------------------------------ */

struct server *server_find(struct collector *c, const struct event *ev);
/* The event's thread works on t (NULL: on something that is no exchange). polled: what it waited for if it polled
 * before. */
void focus_move(struct collector *c, struct turn *t, uint8_t polled);
/* It read more of the request: what was counted before it was no think time. */
void focus_request(struct collector *c, struct turn *t);
/* The exchange in whose focus the event's thread begins something on behalf of p (may be NULL), or NULL. */
struct turn *focus_for(const struct collector *c, const struct part *p);
/* Counts the call for the exchange in focus. */
void focus_count(struct collector *c, uint8_t wait);
void focus_poll(struct collector *c, bool epoll);
void focus_switch(struct collector *c);
/* On-CPU time up to the event. */
void focus_tick(struct collector *c);
void focus_close(struct collector *c, const struct part *p);
void focus_child(struct collector *c);
void focus_exit(struct collector *c);

/* A call on p moves the focus of its thread to the exchange p works for, and is counted where the focus then is. */
void work_on(struct collector *c, struct part *p);
/* The same where it begins something on p as a client: on behalf of what was in focus. */
void begin_on(struct collector *c, struct part *p);
/* A call on a descriptor that is no conversation. */
void work_elsewhere(struct collector *c);
/* The exchange a call on p works for, or NULL. */
struct turn *turn_of(const struct part *p);

static inline bool serves(const struct part *p)
{
	return p->s.role == SOCK_SERVER && p->s.kind != SOCK_PIPE_K;
}

/* ---- calls: collect_bytes.c, collect_open.c --------------------------------------------------------------- */

static inline bool call_ok(const struct event *ev)
{
	return (ev->flags & EVENT_HAS_RES) != 0 && ev->res >= 0;
}

void call_transfer(struct collector *c, unsigned int dir);
/* The last call that received bytes had only looked: takes them back. */
void part_unread(struct collector *c, struct part *p);
void call_splice(struct collector *c);
/* A connect that was in progress has ended, if the fold says so. */
void part_settle(struct collector *c, struct part *p);
void call_socket(struct collector *c);
void call_bind(struct collector *c);
void call_connect(struct collector *c);
void call_accept(struct collector *c);
void call_shutdown(struct collector *c);
void call_close(struct collector *c);

/* ---- collect_seq.c -------------------------------------------------------------------------------------- */

/* n bytes are about to pass in direction dir: notes the sequence number of the first where the event has it. */
void seq_note(struct collector *c, struct part *p, unsigned int dir);
/* The bytes of p at and behind this offset of its received ones are taken back. */
void seq_unread(struct part *p, uint64_t offset);
/* A piece of the merged socket: pieces come in the order of events. 0 or ERR_NOMEM. */
int seq_merge(struct collector *c, struct sock *s, unsigned int dir, uint64_t num, uint64_t from, uint32_t base);

/* ---- collect_feed.c -------------------------------------------------------------------------------------- */

/* n bytes passed, not yet counted in p; after turns_data. */
void feed_bytes(struct collector *c, struct part *p, unsigned int dir, uint32_t n, struct param data);
void feed_close(struct collector *c, struct part *p);
/* After merging: transactions belong to the sockets that stay; those whose request and response were seen in different
 * parts become one. 0 or ERR_NOMEM. */
int feed_settle(struct socks *s);

/* ---- freezing: collect_freeze.c, _groups.c, _merge.c, _peers.c ---------------------------------------- */

/* For qsort. */
static inline int by_num(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Parts of one open file become one; rows that stand for others only are left out. list: all parts, reordered.
 * Returns how many remain, or ERR_NOMEM. */
int merge_parts(struct socks *s, struct part **list, size_t count, size_t *ret_count);
/* Parts that are one socket: reorders them, and all but one then stand for the other. 0 or ERR_NOMEM. */
int merge_group(struct socks *s, struct part **parts, size_t count);
/* By first event, for qsort of pointers to parts. */
int part_first_order(const void *a, const void *b);
/* Ends of one connection, and the parents that follow. list by first event. 0 or ERR_NOMEM. */
int peers_find(struct sock *const *list, size_t count);

#endif
