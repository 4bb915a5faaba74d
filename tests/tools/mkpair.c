/*
 * mkpair.c - makes two captures of one busy web server, its system calls and its packets, for bench.sh and the proofs
 * of the join, and says what is in them.
 *
 * mkpair CALLS PACKETS [FLOWS]     FLOWS (100000) connections of one request each, about 64 at any moment, served by four
 *                                  single-threaded workers: accept, read, a file, write, end. Each has a tuple of its own but
 *                                  for every hundredth, which has that of one long over.
 *
 * The packets' clock is 3 h ahead and runs 20 ppm faster. Writes pcapng both (events without enter events, packets of
 * Ethernet with microseconds) and prints what a reader must find as key=value lines. Numbers are drawn from a generator
 * of its own and the clock is counted: the same arguments give the same bytes everywhere.
 */
#include "mkpkt.h"

#include <stdio.h>
#include <stdlib.h>

#define WORKERS 4u
#define SLOTS 64u
#define START_NS (UINT64_C(1700000000) * NSEC_PER_SEC)
#define OFFSET_NS (UINT64_C(10800) * NSEC_PER_SEC)
#define DRIFT_NS UINT64_C(50000)	/* of which the packets' clock gains one: 20 ppm */
#define REUSED_AFTER 2000
#define PAUSE_NS NSEC_PER_SEC	/* after every thousandth connection */
#define FLUSH_BYTES ((size_t)1 << 20)
#define FIRST_FD 10
#define MESSAGE_MAX 4096u
#define SNAPLEN 80u

enum { EV_READ = 7, EV_WRITEV = 119, EV_RECVFROM = 35 };
enum { F_FIN = 1, F_SYN = 2, F_PSH = 8, F_ACK = 16 };

/* The life of a connection, an event or a packet each. */
enum step {
	STEP_SYN, STEP_SYNACK, STEP_ACK, STEP_WAKE, STEP_ACCEPT, STEP_REQUEST, STEP_REQUEST_ACK, STEP_READ, STEP_OPEN, STEP_FILE,
	STEP_SHUT, STEP_WRITE, STEP_RESPONSE, STEP_MORE, STEP_RESPONSE_ACK, STEP_CLIENT_FIN, STEP_END, STEP_CLOSE,
	STEP_SERVER_FIN, STEP_LAST_ACK, STEP_OVER,
};

struct conn {
	struct mkconv v;
	char ip[24];
	unsigned int slot;
	enum step step;
	size_t request, response;	/* bytes */
	char text[2][MESSAGE_MAX];
};

struct found {
	uint64_t flows, events, packets, request_bytes, response_bytes;
};

struct pair {
	struct mkcap calls, packets;
	FILE *file[2];
	uint64_t state;			/* of the generator */
	uint64_t now_ns;
	uint64_t tuples, flows;
	uint64_t num;			/* of packets */
	struct found found;
};

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "mkpair: %s\n", what);
		exit(1);
	}
}

/* Below n. The multiplier is Knuth's for MMIX. */
static uint32_t draw(struct pair *p, uint32_t n)
{
	p->state = p->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((p->state >> 32) * n >> 32);
}

static void flush(struct mkcap *m, FILE *f, size_t above)
{
	if (m->out.len > above) {
		need(fwrite(m->out.data, 1, m->out.len, f) == m->out.len, "cannot write");
		buf_reset(&m->out);
	}
}

/* ---- one connection ----------------------------------------------------------------------------------------- */

static size_t make_request(struct pair *p, struct conn *c)
{
	int n = snprintf(c->text[0], MESSAGE_MAX,
			 "GET /item?id=%u HTTP/1.1\r\nHost: shop%u.example\r\nUser-Agent: pair/%u\r\nAccept: */*\r\n"
			 "Cookie: session=%08x\r\n\r\n",
			 draw(p, 50000), draw(p, 12), draw(p, 1000000), draw(p, UINT32_MAX));

	return (size_t)n;
}

static size_t make_response(struct pair *p, struct conn *c)
{
	size_t body = 100 + draw(p, 2400);
	int n = snprintf(c->text[1], MESSAGE_MAX,
			 "HTTP/1.1 200 OK\r\nServer: pair\r\nContent-Type: text/plain\r\nContent-Length: "
			 "%zu\r\nConnection: close\r\n\r\n",
			 body);
	uint32_t x = draw(p, UINT32_MAX);

	for (size_t i = 0; i < body; i++) {
		x = x * 1664525u + 1013904223u;
		c->text[1][(size_t)n + i] = (char)('a' + (x >> 24) % 26);
	}
	return (size_t)n + body;
}

/* Its own tuple, or one that was used long before and is over. */
static void conn_start(struct pair *p, struct conn *c)
{
	uint64_t n = p->flows % 100 == 0 && p->tuples >= REUSED_AFTER ? p->tuples - REUSED_AFTER : p->tuples++;
	uint32_t isn = draw(p, UINT32_MAX);

	snprintf(c->ip, sizeof(c->ip), "10.%u.%u.7", (unsigned int)(1 + n / 60000 / 250),
		 (unsigned int)(n / 60000 % 250));
	mkconv_init(&c->v, &p->packets, c->ip, (uint16_t)(1024 + n % 60000), "10.0.0.2", 80, 0);
	c->v.num = &p->num;
	c->v.seq[0] = isn;
	c->v.seq[1] = isn * 3 + 17;
	c->request = make_request(p, c);
	c->response = make_response(p, c);
	c->step = STEP_SYN;
	p->now_ns += p->flows % 1000 == 999 ? PAUSE_NS : 0;
	p->flows++;
	p->found.flows++;
	p->found.request_bytes += c->request;
	p->found.response_bytes += c->response;
}

static int64_t worker_of(const struct conn *c)
{
	return 101 + c->slot % WORKERS;
}

static int64_t fd_of(const struct conn *c)
{
	return FIRST_FD + c->slot;
}

/* ---- its packets --------------------------------------------------------------------------------------------- */

static void packet(struct pair *p, struct conn *c, unsigned int side, uint8_t flags, size_t at, size_t n)
{
	uint64_t stamp = p->now_ns + OFFSET_NS + (p->now_ns - START_NS) / DRIFT_NS;
	uint32_t seq = c->v.seq[side];

	c->v.now = stamp / 1000;
	mkconv_raw(&c->v, side, seq, (flags & F_ACK) != 0 ? c->v.seq[1 - side] : 0, flags, c->text[side] + at, n);
	c->v.seq[side] += (uint32_t)n + ((flags & (F_SYN | F_FIN)) != 0);
}

static bool packet_step(struct pair *p, struct conn *c)
{
	size_t first = c->response < 1448 ? c->response : 1448;

	switch (c->step) {
	case STEP_SYN: packet(p, c, 0, F_SYN, 0, 0); return true;
	case STEP_SYNACK: packet(p, c, 1, F_SYN | F_ACK, 0, 0); return true;
	case STEP_ACK: packet(p, c, 0, F_ACK, 0, 0); return true;
	case STEP_REQUEST: packet(p, c, 0, F_ACK | F_PSH, 0, c->request); return true;
	case STEP_REQUEST_ACK: packet(p, c, 1, F_ACK, 0, 0); return true;
	case STEP_RESPONSE: packet(p, c, 1, F_ACK, 0, first); return true;
	case STEP_MORE:
		if (c->response > first) {
			packet(p, c, 1, F_ACK | F_PSH, first, c->response - first);
		}
		return true;
	case STEP_RESPONSE_ACK: packet(p, c, 0, F_ACK, 0, 0); return true;
	case STEP_CLIENT_FIN: packet(p, c, 0, F_FIN | F_ACK, 0, 0); return true;
	case STEP_SERVER_FIN: packet(p, c, 1, F_FIN | F_ACK, 0, 0); return true;
	case STEP_LAST_ACK: packet(p, c, 0, F_ACK, 0, 0); return true;
	default: return false;
	}
}

/* ---- its calls ----------------------------------------------------------------------------------------------- */

static void io(struct pair *p, struct conn *c, uint16_t type, unsigned int side, size_t n)
{
	struct mkcap_io x = {
		.res = (int64_t)n, .fd = fd_of(c), .data = c->text[side], .len = n < SNAPLEN ? n : SNAPLEN, .size = 4096
	};

	if (type == EV_RECVFROM) {
		x.sip = c->ip;
		x.sport = c->v.port[0];
		x.dip = "10.0.0.2";
		x.dport = 80;
	}
	mkcap_io(&p->calls, p->now_ns, worker_of(c), type, &x);
}

static void accept_step(struct pair *p, struct conn *c)
{
	struct mkcap_io x = { .fd = fd_of(c), .sip = c->ip, .sport = c->v.port[0], .dip = "10.0.0.2", .dport = 80 };

	mkcap_accept(&p->calls, p->now_ns, worker_of(c), &x);
}

/* The file's own fd is beyond those of the connections. */
static void file_step(struct pair *p, struct conn *c)
{
	int64_t tid = worker_of(c);
	int64_t fd = FIRST_FD + SLOTS + c->slot;
	struct mkcap_io x = { .res = (int64_t)c->response / 2, .fd = fd, .size = 65536 };

	switch (c->step) {
	case STEP_OPEN: mkcap_openat(&p->calls, p->now_ns, tid, fd, "/srv/www/item.txt", 1); break;
	case STEP_FILE: mkcap_io(&p->calls, p->now_ns, tid, EV_READ, &x); break;
	default: mkcap_close(&p->calls, p->now_ns, tid, 0, fd); break;
	}
}

static void call_step(struct pair *p, struct conn *c)
{
	switch (c->step) {
	case STEP_WAKE: mkcap_epoll_wait(&p->calls, p->now_ns, worker_of(c), 1); break;
	case STEP_ACCEPT: accept_step(p, c); break;
	case STEP_READ: io(p, c, EV_RECVFROM, 0, c->request); break;
	case STEP_OPEN:
	case STEP_FILE:
	case STEP_SHUT: file_step(p, c); break;
	case STEP_WRITE: io(p, c, EV_WRITEV, 1, c->response); break;
	case STEP_END: io(p, c, EV_READ, 0, 0); break;
	case STEP_CLOSE: mkcap_close(&p->calls, p->now_ns, worker_of(c), 0, fd_of(c)); break;
	default: break;
	}
	p->found.events++;
}

/* ---- all of them --------------------------------------------------------------------------------------------- */

static void conn_step(struct pair *p, struct conn *c)
{
	p->now_ns += 500 + draw(p, 3000);
	if (!packet_step(p, c)) {
		call_step(p, c);
	}
	c->step++;
}

static void make_pair(struct pair *p, uint64_t flows)
{
	struct conn *conns = calloc(SLOTS, sizeof(*conns));
	unsigned int open = 0;

	need(conns != NULL, "out of memory");
	for (unsigned int i = 0; i < SLOTS; i++) {
		conns[i].slot = i;
		conns[i].step = STEP_OVER;
		if (p->flows < flows) {
			conn_start(p, &conns[i]);
			open++;
		}
	}
	while (open > 0) {
		struct conn *c = &conns[draw(p, SLOTS)];

		/* A turn is a burst: a thread goes on with what it does. */
		for (uint32_t burst = 1 + draw(p, 8); burst > 0 && c->step != STEP_OVER; burst--) {
			conn_step(p, c);
		}
		if (c->step == STEP_OVER && p->flows < flows) {
			conn_start(p, c);
		} else if (c->step == STEP_OVER && c->v.m != NULL) {
			c->v.m = NULL;
			open--;
		}
		flush(&p->calls, p->file[0], FLUSH_BYTES);
		flush(&p->packets, p->file[1], FLUSH_BYTES);
	}
	free(conns);
}

static void write_heads(struct pair *p)
{
	struct mkcap_proc proc = { .ptid = 100, .sid = 100, .comm = "nginx", .exe = "nginx", .exepath = "/usr/sbin/nginx", .cwd = "/",
				   .root = "/", .fdlimit = 1024, .loginuid = UINT32_MAX };

	mkcap_section(&p->calls, 2);
	mkcap_machine(&p->calls, "shop", 4, START_NS - 3600 * NSEC_PER_SEC);
	for (unsigned int i = 0; i < WORKERS; i++) {
		int64_t pid = 101 + i;

		proc.tid = proc.pid = proc.vtid = proc.vpid = proc.vpgid = proc.pgid = pid;
		mkcap_processes(&p->calls, 9, 76, &proc, 1);
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		mkcap_fds_begin(&p->calls, true, 101 + i);
		mkcap_fd_server4(&p->calls, 6, 4711, "0.0.0.0", 80, 2);
		mkcap_fds_end(&p->calls);
	}
	mkcap_section_options(&p->packets, 0, NULL, NULL, "mkpair", NULL);
	mkcap_idb(&p->packets, 1, 262144, -1, "eth0");
}

static void print_found(const struct pair *p)
{
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "flows", p->found.flows }, { "events", p->found.events }, { "packets", p->num }, { "requests", p->found.flows },
		{ "request_bytes", p->found.request_bytes }, { "response_bytes", p->found.response_bytes }, { "offset_ns", OFFSET_NS },
		{ "drift_ppb", 1000000000 / DRIFT_NS }, { "first_ns", START_NS }, { "last_ns", p->now_ns },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		printf("%s=%llu\n", rows[i].key, (unsigned long long)rows[i].value);
	}
}

int main(int argc, char **argv)
{
	uint64_t flows = 100000;
	char *end = NULL;
	struct pair *p;

	if (argc == 4) {
		flows = strtoull(argv[3], &end, 10);
	}
	if (argc < 3 || argc > 4 || (end != NULL && (*end != '\0' || flows == 0))) {
		fprintf(stderr, "usage: mkpair CALLS PACKETS [FLOWS]\n");
		return 2;
	}
	p = calloc(1, sizeof(*p));
	need(p != NULL, "out of memory");
	for (unsigned int i = 0; i < 2; i++) {
		p->file[i] = fopen(argv[1 + i], "wb");
		need(p->file[i] != NULL, "cannot create a file");
	}
	p->state = 1;
	p->now_ns = START_NS;
	mkcap_init(&p->calls, false);
	mkcap_init(&p->packets, false);
	write_heads(p);
	make_pair(p, flows);
	flush(&p->calls, p->file[0], 0);
	flush(&p->packets, p->file[1], 0);
	need(fclose(p->file[0]) == 0 && fclose(p->file[1]) == 0, "cannot write");
	print_found(p);
	mkcap_release(&p->calls);
	mkcap_release(&p->packets);
	free(p);
	return 0;
}
