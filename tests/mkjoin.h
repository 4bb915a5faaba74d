/*
 * mkjoin.h - one scripted story seen twice, as a capture of system calls and as one of packets of the same connections,
 * together with what is true of it: who spoke, which bytes went through which call and which packet, how far the two
 * clocks are apart.
 *
 *     struct mkjoin j;
 *     mkjoin_init(&j, &(struct mkjoin_knobs){ .offset_ns = 3600 * NSEC_PER_SEC, .lose_per_mille = 50 });
 *     uint32_t web = mkjoin_process(&j, 100, "nginx");
 *     uint32_t curl = mkjoin_process(&j, 900, "curl");
 *     uint32_t c = mkjoin_conn(&j, MKJOIN_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
 *     mkjoin_listen(&j, web, "10.0.0.2", 80);
 *     mkjoin_connect(&j, c, curl);
 *     mkjoin_accept(&j, c, web);
 *     mkjoin_get(&j, c, curl, web, "/index.html", 5000);
 *     mkjoin_close(&j, c, 0, curl);
 *     mkjoin_finish(&j);                j.calls and j.packets are whole captures
 *     mkjoin_release(&j);
 *
 * The script moves a clock of its own, which is the one of the system calls; what it does happens at once, packets and
 * arrivals a little later. A process MKJOIN_NONE is on a host whose calls nobody recorded: its packets are there, its
 * events are not. Delays are drawn from the seed, never from the knobs that only say what the captures missed: the same
 * script has the same calls and packets (by index in j) with any of these.
 *
 * Numbers of events are raw: all event blocks counted from 1. Ends and directions: 0 is the client, 1 the server;
 * stream[0] is what the client sends. Aborts on wrong use.
 *
 * mkjoin.c: the host and the files. mkjoin_talk.c: calls of sockets. mkjoin_wire.c: packets. mkjoin_web.c: messages.
 * mkjoin_truth.c: what has to be found. mkjoin_shop.c: a story with everything.
 */
#ifndef TESTS_MKJOIN_H
#define TESTS_MKJOIN_H

#include "mkcap.h"

#define MKJOIN_NONE UINT32_MAX
#define MKJOIN_START_NS (UINT64_C(1700000000) * NSEC_PER_SEC)
#define MKJOIN_TEXT 128
#define MKJOIN_FAR_PID 900

struct mkjoin_knobs {
	uint64_t seed;
	/* The packets' clock minus the syscalls', at MKJOIN_START_NS, and how much faster it runs. */
	int64_t offset_ns;
	double drift_ppm;
	int digits;			/* of packet times: 3, 6 (also 0) or 9; cut, not rounded */
	/* What the captures missed. */
	uint32_t lose_per_mille;	/* packets, drawn */
	uint32_t lose_every;		/* every nth packet */
	uint32_t miss_every;		/* every nth read and write of TCP sockets: no event */
	uint32_t packet_snaplen;	/* bytes of a frame; 0: all */
	uint32_t call_snaplen;		/* bytes of data in an event; 0: 80; UINT32_MAX: none */
	/* How it is written. */
	bool enters;			/* with enter events */
	bool one_file;			/* all in calls, packets and events interleaved by their own times */
	bool late_calls, late_packets;	/* for stories: that capture begins in the middle */
	/* Of one host only: processes with pids from MKJOIN_FAR_PID on are on the clients' host. */
	bool only_near, only_far;
	int64_t calls_ahead_ns;		/* added to the times of events: the rows here keep the true clock */
	/* These change the story. */
	uint32_t again_every;		/* every nth segment with data is sent twice */
	uint64_t latency_ns;		/* between the client's host and where packets are captured; 0: 30 us */
	bool nonblocking;		/* connects are in progress first */
	bool one_side;			/* for stories: the clients' host was not recorded */
	const char *net;		/* for stories: first two parts of the addresses; NULL: "10.0" */
};

enum mkjoin_kind { MKJOIN_TCP, MKJOIN_UDP, MKJOIN_UNIX };

/* Which call moves the bytes. */
enum mkjoin_how {
	MKJOIN_RW,		/* read, write */
	MKJOIN_V,		/* readv, writev */
	MKJOIN_FROM,		/* recvfrom, sendto */
	MKJOIN_MSG,		/* recvmsg, sendmsg */
	MKJOIN_MMSG,		/* recvmmsg, sendmmsg */
	MKJOIN_FILE,		/* sendfile: count without data */
	MKJOIN_UNSEEN,		/* none that is recorded, as with io_uring */
	MKJOIN_HOW = 15,
	MKJOIN_WAITS = 16,	/* added to one for receiving: the call began as soon as the thread was free */
};

enum mkjoin_what {
	MKJOIN_OTHER, MKJOIN_CONNECT, MKJOIN_ACCEPT, MKJOIN_RECEIVE, MKJOIN_SEND, MKJOIN_EOF, MKJOIN_SHUTDOWN, MKJOIN_CLOSE,
};

struct mkjoin_call {
	uint64_t num, enter_num;	/* of its event and enter event; 0: not in the capture */
	uint64_t begin_ns, end_ns;
	uint32_t task;
	uint32_t conn;			/* MKJOIN_NONE: none */
	uint8_t end;			/* of the connection */
	uint8_t what;			/* enum mkjoin_what */
	uint16_t type;			/* of the event */
	int32_t fd;			/* -1 none */
	uint64_t offset;		/* RECEIVE, SEND: in the stream */
	uint32_t len;
};

struct mkjoin_packet {
	uint64_t num;			/* 0: not in the capture */
	uint64_t true_ns, stamp_ns;	/* when it passed, and what stands in the capture */
	uint32_t conn;
	uint8_t side;			/* that sends it */
	uint8_t flags;			/* of TCP */
	bool again;			/* a retransmission */
	uint64_t offset;
	uint32_t len;			/* of payload */
};

struct mkjoin_task {
	int64_t tid, pid, ptid;
	char comm[16];
	uint32_t leader;		/* the task of its process that has pid as tid */
	uint64_t start_ns, last_ns;	/* clone (0: before all), last event's end */
	uint64_t exit_ns;		/* 0: lives */
};

/* One end of a connection. */
struct mkjoin_end {
	char ip[46], seen_ip[46];	/* its own address, and the one that others see */
	uint16_t port, seen_port;
	bool wild;			/* bound to all addresses: its calls show zeros for the own one */
	bool mapped;			/* IPv4 in an IPv6 socket */
	uint32_t task;			/* that opened it; MKJOIN_NONE: nobody recorded */
	int32_t fd;			/* as opened */
	uint64_t kernel;		/* address of a unix socket */
	uint64_t read;			/* bytes of the other's stream taken so far */
	uint64_t fin_ns;		/* when its FIN reached the other end; 0: none yet */
	/* Of the capture, by mkjoin_finish. */
	uint64_t bytes[2], calls[2];	/* received, sent: by recorded calls */
	uint64_t open_num, close_num;	/* connect's or accept's end; the close of the last that had it open; 0 */
	uint64_t first_num, last_num;	/* of all recorded calls on it; 0: none */
};

struct mkjoin_arrival {
	uint64_t end;			/* of the stream up to there */
	uint64_t ns;
};

struct mkjoin_arrivals {
	struct mkjoin_arrival *rows;
	size_t count, cap;
};

struct mkjoin_conn {
	uint8_t kind;			/* enum mkjoin_kind */
	bool wire;			/* passes the interface that is captured */
	bool refused;
	struct mkjoin_end end[2];
	struct buf stream[2];		/* all bytes, in truth */
	const char *path;		/* unix */
	/* Settable before it is opened. */
	uint32_t mss;
	uint32_t isn[2];
	uint64_t latency_ns;
	/* Of the script. */
	struct mkjoin_arrivals arrivals[2];	/* by direction */
	uint64_t ready_ns;		/* may be accepted */
	uint64_t wire_ns[2];		/* last segment of each side */
	/* Of the capture, by mkjoin_finish. */
	uint64_t packets;		/* captured */
	uint64_t first_packet, last_packet;
	uint64_t first_ns, last_ns;	/* of its captured packets, by the true clock */
};

/* The calls of one end that carried a request or response. */
struct mkjoin_served {
	uint64_t first_num, last_num;	/* of those with its first and its last byte; 0: not recorded */
	uint64_t first_begin_ns, first_end_ns, last_end_ns;
	uint32_t first_task, last_task;
};

/* A request and its response. */
struct mkjoin_turn {
	uint32_t conn;
	uint32_t parent;		/* turn during whose service it was begun; MKJOIN_NONE: none */
	bool http;
	char method[16], target[MKJOIN_TEXT];	/* HTTP; else target is the name */
	uint16_t status;		/* 0: never answered */
	uint64_t start[2], stop[2];	/* [start, stop) of request and response in their streams */
	uint64_t body[2];
	/* Of the capture, by mkjoin_finish; the second index is request, response. */
	struct mkjoin_served served[2][2];	/* client's end, server's end */
	uint64_t packet_first[2], packet_last[2];	/* captured packets with the first and the last byte; 0: not captured */
	uint64_t packet_first_ns[2], packet_last_ns[2];	/* by the true clock */
};

struct mkjoin_fd {
	uint32_t leader;
	int32_t fd;
	uint8_t type;			/* number of fd lists */
	uint8_t kind;			/* enum mkjoin_kind, when listening */
	uint32_t conn;			/* MKJOIN_NONE: none */
	uint8_t end;
	uint64_t open_ns, close_ns;	/* 0: before all, not yet */
	char ip[46];			/* listening and bound */
	uint16_t port;
	const char *path;
};

/* A block built ahead, to be put in its place by time. */
struct mkjoin_block {
	uint64_t ns, order;
	size_t at, len;
	uint32_t owner;			/* index of call or packet; MKJOIN_NONE: none */
	uint8_t what;			/* 0 event, 1 enter event, 2 packet */
};

struct mkjoin {
	struct mkjoin_knobs knobs;
	struct mkcap calls, packets;	/* the captures, after mkjoin_finish */
	uint64_t now;
	struct mkjoin_call *call;
	struct mkjoin_packet *packet;
	struct mkjoin_task *task;
	struct mkjoin_conn *conn;
	struct mkjoin_turn *turn;
	struct mkjoin_fd *fd;
	size_t call_count, packet_count, task_count, conn_count, turn_count, fd_count;
	uint64_t event_blocks, packet_blocks;	/* in the captures */
	/* of the builder */
	size_t call_cap, packet_cap, task_cap, conn_cap, turn_cap, fd_cap;
	struct mkjoin_block *block;
	size_t block_count, block_cap;
	struct mkcap parts, frames;	/* blocks ahead: events, packets */
	uint64_t calls_from_ns, calls_until_ns, packets_from_ns, packets_until_ns;
	uint64_t draw, transfers, segments, kernel;
	struct buf text;		/* of mkjoin_get and its like */
};

void mkjoin_init(struct mkjoin *j, const struct mkjoin_knobs *knobs);	/* NULL: none turned */
void mkjoin_release(struct mkjoin *j);
/* Writes both captures, numbers what is in them and completes the truth. Once. */
void mkjoin_finish(struct mkjoin *j);

/* ---- the host (mkjoin.c) ---- */

void mkjoin_pass(struct mkjoin *j, uint64_t ns);
/* Running since before all. Returns its first task. */
uint32_t mkjoin_process(struct mkjoin *j, int64_t pid, const char *comm);
uint32_t mkjoin_thread(struct mkjoin *j, uint32_t leader, int64_t tid);
/* With both sides of clone; the child has the same files open. */
uint32_t mkjoin_fork(struct mkjoin *j, uint32_t task, int64_t pid);
void mkjoin_exit(struct mkjoin *j, uint32_t task);
/* A capture begins here and now: what was before is not in it, but what was open is in its lists. */
void mkjoin_begin_calls(struct mkjoin *j);
void mkjoin_begin_packets(struct mkjoin *j);
void mkjoin_end_calls(struct mkjoin *j);
void mkjoin_end_packets(struct mkjoin *j);
/* What a thread does besides; each moves the clock. */
void mkjoin_file(struct mkjoin *j, uint32_t task, const char *path, size_t n);	/* openat, read, close */
void mkjoin_sleep(struct mkjoin *j, uint32_t task, uint64_t ns);	/* clock_nanosleep, an event without parameters */
void mkjoin_lock(struct mkjoin *j, uint32_t task, uint64_t ns);		/* futex */
void mkjoin_epoll(struct mkjoin *j, uint32_t task, int64_t ready);	/* epoll_wait that ends now */

/* ---- sockets (mkjoin_talk.c) ---- */

/* Not open yet. UNIX: server is the path, the rest NULL and 0. */
uint32_t mkjoin_conn(struct mkjoin *j, uint8_t kind, const char *client, uint16_t cport, const char *server,
		     uint16_t sport);
/* The end's address as the other end and the packets see it. */
void mkjoin_nat(struct mkjoin *j, uint32_t conn, unsigned int end, const char *ip, uint16_t port);
/* socket, bind, listen. ip NULL: unix at path. kind UDP: socket and bind. */
void mkjoin_listen(struct mkjoin *j, uint32_t task, uint8_t kind, const char *ip, uint16_t port, const char *path);
/* Its listening socket has been there since before all. */
void mkjoin_listens(struct mkjoin *j, uint32_t task, uint8_t kind, const char *ip, uint16_t port, const char *path);
/* socket and connect; refused when the conn says so. UDP: no packet. */
void mkjoin_connect(struct mkjoin *j, uint32_t conn, uint32_t task);
/* Open at both ends since before all: neither handshake nor connect and accept, and its streams begin here. */
void mkjoin_established(struct mkjoin *j, uint32_t conn, uint32_t client, uint32_t server);
/* UDP: the server's end is the socket that listens. */
void mkjoin_accept(struct mkjoin *j, uint32_t conn, uint32_t task);
/* UDP without connect: the client's socket. */
void mkjoin_socket(struct mkjoin *j, uint32_t conn, uint32_t task);
/* The index of the call. task may be of another process that has the socket open. */
uint32_t mkjoin_send(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, unsigned int how,
		     const void *data, size_t n);
/* n 0: all that was sent and not received (UDP: one datagram). Waits until it is there. */
uint32_t mkjoin_receive(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, unsigned int how, size_t n);
/* A read of 0, after the other end's FIN. */
void mkjoin_eof(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task);
void mkjoin_shutdown(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task);
void mkjoin_close(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task);
/* Both ends, the first one first; each reads the other's end. */
void mkjoin_hang_up(struct mkjoin *j, uint32_t conn, unsigned int first, uint32_t client, uint32_t server);

/* ---- requests and responses (mkjoin_web.c) ---- */

/* Append a message to out and note where in the stream it will be when out is the next thing that end sends. parent:
 * turn in whose service it is asked, or MKJOIN_NONE. Returns the turn. */
uint32_t mkjoin_ask(struct mkjoin *j, struct buf *out, uint32_t conn, uint32_t parent, const char *method,
		    const char *target, size_t body);
void mkjoin_answer(struct mkjoin *j, struct buf *out, uint32_t turn, uint16_t status, size_t body);
/* The same for other protocols. */
uint32_t mkjoin_ask_bytes(struct mkjoin *j, struct buf *out, uint32_t conn, uint32_t parent, const char *name,
			  const void *data, size_t n);
void mkjoin_answer_bytes(struct mkjoin *j, struct buf *out, uint32_t turn, const void *data, size_t n);
/* A FastCGI request and response, a PostgreSQL query and its result, a DNS question and answer: data for the above. */
void mkjoin_fastcgi_request(struct buf *out, const char *script, const char *uri);
void mkjoin_fastcgi_response(struct buf *out, const char *text);
void mkjoin_query(struct buf *out, const char *sql);
void mkjoin_result(struct buf *out, const char *value);
void mkjoin_dns_question(struct buf *out, uint16_t id, const char *name);
void mkjoin_dns_answer(struct buf *out, uint16_t id, const char *name, const char *ip);

/* What is in out is sent (from end), and out is empty again. */
uint32_t mkjoin_say(struct mkjoin *j, uint32_t conn, unsigned int end, uint32_t task, unsigned int how,
		    struct buf *out);
/* One request over an open connection, asked, read, answered in one write and read. Returns the turn. */
uint32_t mkjoin_get(struct mkjoin *j, uint32_t conn, uint32_t client, uint32_t server, const char *target, size_t body);

/* ---- what is true (mkjoin_truth.c) ---- */

/* The packets' clock minus the syscalls', at a moment of the latter; and a true moment as packets are stamped (not
 * cut). */
int64_t mkjoin_offset_at(const struct mkjoin *j, uint64_t ns);
uint64_t mkjoin_stamp(const struct mkjoin *j, uint64_t ns);
/* Recorded calls of a thread with numbers between these two, enter events not counted. */
uint64_t mkjoin_calls_between(const struct mkjoin *j, uint32_t task, uint64_t after, uint64_t before);
/* Both captures hold something of it. */
bool mkjoin_joinable(const struct mkjoin *j, uint32_t conn);

/* ---- a story with everything (mkjoin_shop.c) ---- */

enum { SHOP_SHORT = 100, SHOP_REUSES = 3 };

/* Handles of what is in it; conns unless said otherwise. */
struct mkjoin_shop {
	/* tasks */
	uint32_t nginx, worker, worker2, thread, php, postgres, resolver, forker, forked, helper;
	uint32_t client;		/* MKJOIN_NONE with one_side */
	uint32_t keepalive;		/* three GETs */
	uint32_t pipelined;		/* two GETs in one write, read in one */
	uint32_t interleaved[2];	/* in one thread, their requests and responses mixed */
	uint32_t dynamic;		/* nginx, php over unix, postgres over loopback */
	uint32_t fastcgi, query;	/* of it */
	uint32_t sendfile;		/* 50 KB without data in the calls */
	uint32_t upload;		/* POST of 20 KB read in pieces */
	uint32_t forked_conn;		/* accepted by forker, served by forked */
	uint32_t shared;		/* read by one process, written by another */
	uint32_t reused[SHOP_REUSES];	/* one tuple; the packets of the second were not captured */
	uint32_t mapped;		/* IPv4 in IPv6 sockets at the server; served by another thread than accepted it */
	uint32_t v6;
	uint32_t dns;			/* UDP, unconnected client, server bound to all addresses */
	uint32_t inherited;		/* open before the captures when they begin late, else before all */
	uint32_t refused;
	uint32_t unseen_calls;		/* packets only, of other hosts */
	uint32_t unseen_packets;	/* calls only: another interface */
	uint32_t bait_calls, bait_packets;	/* one tuple, other bytes, same time */
	uint32_t nat;			/* client's address differs in the packets */
	uint32_t brief[SHOP_SHORT];
	/* turns */
	uint32_t keepalive_turn[3], pipelined_turn[2], interleaved_turn[2], dynamic_turn, fastcgi_turn, query_turn;
	uint32_t sendfile_turn, upload_turn, forked_turn, shared_turn, mapped_turn, v6_turn, dns_turn,
		inherited_turn[2];
};

/* Tells it all, over about ten minutes, and finishes j. */
void mkjoin_shop(struct mkjoin *j, struct mkjoin_shop *ret_shop);

#endif
