/*
 * sock.h - sockets as the system calls saw them: who opened them, the bytes that went through, and the
 * exchanges (request and response) in them with what the serving thread did in between.
 *
 * One struct sock = one open file (fd identity of the fold) with one peer: TCP, UDP (one per peer for unconnected
 * sockets), unix stream and datagram sockets, pipes (one direction). Collected per section, sharded by process, in file
 * order (collect.c); frozen afterwards.
 *
 * Exchange: a turn of the conversation: bytes in one direction, then bytes in the other. Seen from a server socket it
 * is a request read and a response written, from a client socket a request written and a response read. All protocols
 * have them; HTTP adds names. While a thread serves an exchange, it is in its focus: calls of that thread are counted
 * and timed for it, client exchanges begun meanwhile are its children, processes started meanwhile are its children
 * too. Event-driven servers change focus with the fd they work on: see collect_focus.c for the rules. Waits are counted
 * from the last call of the request to the first of the response; in exit-only captures each is the whole gap since the
 * thread's call before, computing included, so that they add up to nearly all of the think time. Pipes have no
 * exchanges: waiting for one is WAIT_SOCKET.
 */
#ifndef JOIN_SOCK_H
#define JOIN_SOCK_H

#include "base/intern.h"
#include "events/event.h"
#include "net/flow.h"
#include "net/knots.h"
#include "readers/source.h"

/*
 * Knots of a socket: [0] received, [1] sent; the offset counts bytes of that direction since the socket was opened
 * (inherited ones: since its first call). KNOT_DATA: one call that moved bytes; print is set when all of the first
 * min(8, len) bytes were captured, so two places may be compared when both have at least 8 bytes, or equally many.
 * Marks without bytes:
 *   sent KNOT_OPEN: connect; the SYN was not on the wire before begin_ns.
 *   received KNOT_OPEN: accept returned, or a connect was first known to have succeeded; the other's SYN was there by ts_ns.
 *   received KNOT_END: a read of 0 returned; the other's FIN was there by ts_ns.
 *   sent KNOT_END: shutdown, or the last close that was seen; our FIN was not on the wire before begin_ns.
 * Datagram sockets have no marks.
 */
enum sock_kind { SOCK_TCP_K, SOCK_UDP_K, SOCK_UNIX_K, SOCK_PIPE_K, SOCK_KINDS };
enum sock_role { SOCK_UNKNOWN_ROLE, SOCK_CLIENT, SOCK_SERVER };

enum {
	SOCK_INHERITED = 1,	/* open before the capture began, or never seen opened: offsets count from its first call */
	SOCK_FAILED = 2,	/* connect failed */
	SOCK_PENDING = 4,	/* connect in progress, its end not seen */
	SOCK_TUPLE_PARTLY = 8,	/* an address or port was never recorded (wildcard bind, no getsockname): wildcards are zeros */
	SOCK_SHARED = 16,	/* used by several processes */
	SOCK_BLIND = 32,	/* bytes passed that no event shows: sendfile/splice by count only is not blind; io_uring, mmap are */
	SOCK_CUT = 64,		/* a ceiling was reached: later calls are counted, not listed */
	SOCK_MAPPED = 128,	/* IPv4 in a mapped IPv6 socket */
	SOCK_CLOSED = 256,	/* a close was seen, and nothing after it by whoever else holds it */
	SOCK_DROPS = 512,	/* the capture lost events while it was open: counts may be low */
};

/*
 * Where the capture tells TCP's sequence numbers: the byte at offset o has number base + o (modulo 2^32), from this
 * offset to the next piece. More than one piece: calls between them are missing in the capture.
 */
struct seq_piece {
	uint64_t from, num;		/* num: raw number of the call that tells */
	uint32_t base;
};

struct sock_seqs {
	struct seq_piece *at[2];	/* [0] received, [1] sent; in the section's memory */
	uint32_t count[2], cap[2];
};

/* A thread that used the socket. */
struct sock_user {
	uint32_t process;		/* id within the section (state_process) */
	int64_t tid;
	uint64_t bytes[2];		/* received, sent */
	uint64_t calls[2];
	uint64_t first_ns, last_ns;
};

struct sock {
	const struct section *section;
	uint32_t id;			/* after freeze: ordinal within the section by first event */
	uint32_t fd_id;			/* fd_view.id */
	int32_t fd_num;			/* as first seen */
	uint8_t kind, role;		/* enum sock_kind, sock_role */
	uint16_t flags;			/* SOCK_ */
	bool dns;			/* its peer is a resolver: port 53 or 5353, or the resolver's unix socket */
	struct flow_key key;		/* TCP and UDP: as net/flow.h, without VLAN, tunnel and scope */
	uint8_t local;			/* end of the key that is this socket's own */
	uint64_t unix_local, unix_peer;	/* kernel addresses of unix sockets; pipes: the inode in both */
	const char *path;		/* unix: name, in the arena; "" none */
	uint32_t process;		/* that opened it (connect, accept, first use) */
	int64_t tid;
	uint64_t first_num, open_num, close_num;	/* raw event numbers; 0 not seen. open: connect's or accept's end */
	uint64_t first_ns, last_ns, open_ns, open_begin_ns, close_ns;	/* 0 not seen */
	bool open_begin_exact;
	uint64_t bytes[2], calls[2], errors[2];	/* [0] received, [1] sent */
	struct knots knots[2];			/* [0] received, [1] sent */
	struct sock_seqs *seqs;			/* in the section's memory; NULL: not told */
	struct sock_user *users;		/* in the section's memory */
	uint32_t user_count, user_cap;
	struct exchange *first_exchange, *last_exchange;	/* in order */
	uint32_t exchange_count;
	struct sock *peer;		/* the other end of a unix pair, pipe or loopback connection in the same section, or NULL; by freeze */
	void *match;			/* struct pair of match.h, or NULL */
};

/* What a thread waited for while an exchange was in its focus. */
enum wait_kind {
	WAIT_FILE,		/* calls on files and directories, and path lookups */
	WAIT_SOCKET,		/* other sockets and pipes: for their exchanges see children */
	WAIT_DNS,		/* sockets of port 53, 5353 or of the resolver's unix socket */
	WAIT_LOCK,		/* futex, flock, semaphores */
	WAIT_SLEEP,		/* nanosleep and its like */
	WAIT_CHILD,		/* wait4 and its like */
	WAIT_POLL,		/* poll, select, epoll_wait that no other kind explains */
	WAIT_OFF_CPU,		/* switched out while not in a call listed here (needs switch events) */
	WAIT_OTHER,		/* other calls */
	WAIT_KINDS
};
const char *wait_kind_name(uint8_t kind);

enum {
	EXCHANGE_SERVER = 1,		/* request read, response written; else request written, response read */
	EXCHANGE_NO_RESPONSE = 2,	/* ended before the turn */
	EXCHANGE_BOUND = 4,		/* durations of waits are upper bounds (exit-only capture) */
	EXCHANGE_MOVED = 8,		/* answered by another thread than the one that read the request */
	EXCHANGE_SHARED_TIME = 16,	/* the thread served other exchanges in between */
	EXCHANGE_OPEN = 32,		/* the capture ended in it */
};

struct exchange {
	struct sock *sock;
	struct exchange *next;		/* of the socket */
	struct exchange *parent;	/* in whose focus it was begun; by freeze also the client exchange of the peer socket */
	uint32_t id;			/* after freeze: ordinal within the section by first event */
	uint32_t flags;			/* EXCHANGE_ */
	uint32_t process[2];		/* of request and response side: ids within the section */
	int64_t tid[2];			/* thread that read (wrote) the request, and that wrote (read) the response */
	uint64_t start[2], end[2];	/* stream offsets [start, end) of request and response */
	uint64_t first_num[2], last_num[2];	/* raw event numbers of first and last call of request and response */
	uint64_t first_ns[2], last_ns[2];	/* when those returned */
	uint64_t begin_ns[2];		/* when the first call of each began, exact or bound; 0 unknown */
	uint64_t syscalls;		/* of threads in its focus, between the last call of the request and the first of the response */
	uint64_t wait_ns[WAIT_KINDS];
	uint32_t wait_calls[WAIT_KINDS];
	uint64_t running_ns;		/* on the CPU by switch events, UINT64_MAX unknown */
	const struct text *name;	/* of the request, by its first bytes (request_name.h), not escaped; NULL none */
	uint8_t service;		/* enum service_id, by the same */
};

/* A process or thread started in the focus of an exchange. */
struct exchange_child {
	struct exchange *exchange;
	int64_t tid;			/* of the child, as clone returned it */
	uint64_t num, ts_ns;
};

struct socks;	/* of one section */

/* In order, one batch at a time, per shard; any worker. See engine/packets.c for the pattern. */
int socks_new(struct section *sec, struct socks **ret_s, struct err *e);
void socks_free(struct socks *s);
/* After the fold, any worker, once per batch: b->shard_events, grouped by process. 0 or ERR_NOMEM. */
int socks_sort(struct batch *b);
int socks_collect(struct socks *s, unsigned int shard, const struct batch *b);
int socks_finish(struct socks *s, unsigned int shard);
/* After socks_finish of all shards and state_finish. 0 or ERR_NOMEM. */
int socks_freeze(struct socks *s);

/* What a ceiling left out; after freeze. */
struct socks_counts {
	uint64_t socks_dropped, exchanges_dropped;
	uint64_t socks_cut;	/* with calls that are counted only */
	uint64_t http_dropped;	/* transactions in the bytes of calls, beyond the ceiling */
	uint64_t feeds_evicted;	/* conversations no longer read */
};
void socks_counted(const struct socks *s, struct socks_counts *ret_c);

/* After socks_freeze; by id. */
struct sock *const *socks_list(const struct socks *s, size_t *ret_count);
struct exchange *const *socks_exchanges(const struct socks *s, size_t *ret_count);
const struct exchange_child *socks_children(const struct socks *s, size_t *ret_count);

#endif
