/*
 * mkhttp.c - makes a long packet capture of a web site at work, for bench.sh and the proofs, and says what is in it.
 *
 * mkhttp FILE [PACKETS]         about 64 HTTP connections at any moment, until PACKETS (1000000) are written and the open ones
 *                               have ended: keep-alive, GET and POST, chunked and counted bodies of 0.2 to 20 KB, one
 *                               data packet of a hundred sent again, some swapped, some connections reset, DNS.
 * mkhttp short FILE [FLOWS]     FLOWS (1000000) flows of one or two packets: a scan, rejected, datagrams.
 *
 * Writes pcapng (Ethernet, microseconds, right checksums) and prints what a reader must find as key=value lines.
 * Numbers are drawn from a generator of its own and the clock is counted: the same arguments give the same bytes
 * everywhere.
 */
#include "mkcap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECTIONS 64
#define SEGMENT 1448u		/* 1500 less IPv4 and TCP with timestamps */
#define SEGMENT6 1428u
#define MESSAGE_MAX 32768u
#define FILLER_BYTES 65536u
#define START_US UINT64_C(1700000000000000)
#define FLUSH_BYTES ((size_t)1 << 20)

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { TCP = 6, UDP = 17 };

/* What a reader must find. */
struct found {
	uint64_t packets, bytes, tcp_flows, udp_flows, requests, responses, dns, retransmissions, out_of_order;
	uint64_t resets, request_bodies, response_bodies, chunked, rejected;
};

struct site {
	struct mkcap m;
	FILE *f;
	uint64_t state;		/* of the generator */
	uint64_t now_us;
	uint64_t tuples;	/* used so far: each connection and each question has its own */
	uint16_t ip_id;
	struct found found;
	char filler[FILLER_BYTES];
};

enum step { STEP_SYN, STEP_SYNACK, STEP_ACK, STEP_REQUEST, STEP_THINK, STEP_RESPONSE, STEP_FIN, STEP_FINACK, STEP_LAST, STEP_OVER };

struct conn {
	uint8_t addr[2][16];	/* client, server */
	uint16_t port[2];
	uint32_t seq[2];	/* of the next byte each side sends */
	bool v6;
	bool doomed;		/* to be reset in the middle of its last response */
	enum step step;
	unsigned int left;	/* requests to come */
	unsigned int unacked;	/* segments of the response */
	size_t body;		/* of the response: counted when it is complete */
	size_t len, sent;	/* of message */
	char message[MESSAGE_MAX];
};

/* One packet to be written. */
struct segment {
	const uint8_t *addr[2];	/* source, destination */
	uint16_t port[2];
	bool v6;
	uint8_t proto, flags;
	uint32_t seq, ack;
	const void *data;
	size_t len;
};

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "mkhttp: %s\n", what);
		exit(1);
	}
}

/* Below n. The multiplier is Knuth's for MMIX. */
static uint32_t draw(struct site *s, uint32_t n)
{
	s->state = s->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((s->state >> 32) * n >> 32);
}

/* ---- packets --------------------------------------------------------------------------------- */

static uint8_t *put16(uint8_t *p, uint32_t x)
{
	p[0] = (uint8_t)(x >> 8);
	p[1] = (uint8_t)x;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t x)
{
	return put16(put16(p, x >> 16), x);
}

static uint8_t *put(uint8_t *p, const void *data, size_t n)
{
	if (n > 0) {
		memcpy(p, data, n);
	}
	return p + n;
}

/* The Internet checksum's sum, not folded. */
static uint64_t sum_of(const uint8_t *p, size_t n, uint64_t sum)
{
	for (; n >= 2; p += 2, n -= 2) {
		sum += (uint32_t)(p[0] << 8 | p[1]);
	}
	return n > 0 ? sum + (uint32_t)(p[0] << 8) : sum;
}

static uint16_t folded(uint64_t sum)
{
	while (sum >> 16 != 0) {
		sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static uint8_t *put_ip(struct site *s, uint8_t *p, const struct segment *g, size_t payload)
{
	uint8_t *start = p;

	if (g->v6) {
		p = put32(p, 6u << 28);
		p = put16(p, (uint32_t)payload);
		*p++ = g->proto;
		*p++ = 64;
		return put(put(p, g->addr[0], 16), g->addr[1], 16);
	}
	p = put32(p, 0x45000000u | (uint32_t)(payload + 20));
	p = put32(p, (uint32_t)s->ip_id++ << 16 | 0x4000u);
	*p++ = 64;
	*p++ = g->proto;
	p = put(put(put16(p, 0), g->addr[0], 4), g->addr[1], 4);
	put16(start + 10, folded(sum_of(start, 20, 0)));
	return p;
}

static uint8_t *put_tcp_options(struct site *s, uint8_t *p, bool syn)
{
	static const uint8_t for_syn[] = { 2, 4, 1460 >> 8, 1460 & 255, 4, 2 };

	if (syn) {
		p = put(p, for_syn, sizeof(for_syn));
	} else {
		p = put16(p, 0x0101);
	}
	p = put16(p, 8 << 8 | 10);
	p = put32(p, (uint32_t)(s->now_us / 1000));
	p = put32(p, (uint32_t)(s->now_us / 1000 - 1));
	return syn ? put32(p, 0x01030307) : p;
}

/* Appends header and data; the checksum is set by the caller. */
static uint8_t *put_transport(struct site *s, uint8_t *p, const struct segment *g)
{
	bool syn = (g->flags & SYN) != 0;

	p = put16(put16(p, g->port[0]), g->port[1]);
	if (g->proto == UDP) {
		p = put16(put16(p, (uint32_t)g->len + 8), 0);
	} else {
		p = put32(put32(p, g->seq), g->ack);
		p = put16(p, (syn ? 10u : 8u) << 12 | g->flags);
		p = put32(put16(p, 501), 0);
		p = put_tcp_options(s, p, syn);
	}
	return put(p, g->data, g->len);
}

static void flush(struct site *s, size_t above)
{
	if (s->m.out.len > above) {
		need(fwrite(s->m.out.data, 1, s->m.out.len, s->f) == s->m.out.len, "cannot write");
		buf_reset(&s->m.out);
	}
}

/* Every packet is a little later than the one before. */
static void send_packet(struct site *s, const struct segment *g)
{
	static const uint8_t ether[2][14] = { { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 },
					      { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xDD } };
	size_t header = g->proto == UDP ? 8 : (g->flags & SYN) != 0 ? 40 : 32;
	uint8_t frame[2048];
	uint8_t *transport;
	uint8_t *end;
	uint64_t sum;

	s->now_us += 1 + draw(s, 20);
	transport = put_ip(s, put(frame, ether[g->v6], 14), g, header + g->len);
	end = put_transport(s, transport, g);
	sum = g->proto + header + g->len;
	sum = sum_of(g->addr[0], g->v6 ? 16 : 4, sum_of(g->addr[1], g->v6 ? 16 : 4, sum));
	put16(transport + (g->proto == UDP ? 6 : 16), folded(sum_of(transport, (size_t)(end - transport), sum)));
	mkcap_epb(&s->m, 0, s->now_us, frame, (uint32_t)(end - frame), (uint32_t)(end - frame));
	s->found.packets++;
	s->found.bytes += (uint64_t)(end - frame);
	flush(s, FLUSH_BYTES);
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* A client no other conversation has, and a server. */
static void place(struct site *s, struct conn *c, unsigned int server, uint16_t port)
{
	uint64_t n = s->tuples++;
	static const uint8_t net[2][8] = { { 0xfd, 0, 0, 10, 0, 1 }, { 0xfd, 0, 0, 10 } };

	memset(c->addr, 0, sizeof(c->addr));
	if (c->v6) {
		memcpy(c->addr[0], net[0], 8);
		memcpy(c->addr[1], net[1], 8);
		c->addr[0][15] = (uint8_t)(1 + n % 250);
		c->addr[1][15] = (uint8_t)server;
	} else {
		put32(c->addr[0], 10u << 24 | 1u << 16 | (uint32_t)(1 + n % 250));
		put32(c->addr[1], 10u << 24 | server);
	}
	c->port[0] = (uint16_t)(1024 + n / 250 % 64000);
	c->port[1] = port;
}

static struct segment segment_of(const struct conn *c, unsigned int side, uint8_t flags)
{
	struct segment g = { .addr = { c->addr[side], c->addr[!side] },
			     .port = { c->port[side], c->port[!side] },
			     .v6 = c->v6,
			     .proto = TCP,
			     .flags = flags,
			     .seq = c->seq[side],
			     .ack = (flags & ACK) != 0 ? c->seq[!side] : 0 };

	return g;
}

/* A segment without data; SYN and FIN take a number. */
static void send_flags(struct site *s, struct conn *c, unsigned int side, uint8_t flags)
{
	struct segment g = segment_of(c, side, flags);

	send_packet(s, &g);
	c->seq[side] += (flags & (SYN | FIN)) != 0;
}

static size_t send_at(struct site *s, struct conn *c, unsigned int side, size_t at)
{
	size_t most = c->v6 ? SEGMENT6 : SEGMENT;
	size_t n = c->len - at < most ? c->len - at : most;
	struct segment g = segment_of(c, side, at + n == c->len ? ACK | PSH : ACK);

	g.seq += (uint32_t)at;
	g.data = c->message + at;
	g.len = n;
	send_packet(s, &g);
	return n;
}

/* The next one or two segments of the message, now and then in the wrong order or twice. The numbers of the side move
 * on when the message is over: until then they stand for its first byte. */
static unsigned int send_data(struct site *s, struct conn *c, unsigned int side)
{
	size_t most = c->v6 ? SEGMENT6 : SEGMENT;
	unsigned int sent = 1;

	if (c->len - c->sent > most && draw(s, 200) == 0) {
		size_t n = send_at(s, c, side, c->sent + most);

		c->sent += send_at(s, c, side, c->sent) + n;
		s->found.out_of_order++;
		sent = 2;
	} else {
		size_t at = c->sent;

		c->sent += send_at(s, c, side, at);
		if (draw(s, 100) == 0) {
			(void)send_at(s, c, side, at);
			s->found.retransmissions++;
		}
	}
	if (c->sent == c->len) {
		c->seq[side] += (uint32_t)c->len;
	}
	return sent;
}

/* ---- messages -------------------------------------------------------------------------------- */

static void say(struct conn *c, const char *text)
{
	size_t n = strlen(text);

	need(n <= sizeof(c->message) - c->len, "message too long");
	memcpy(c->message + c->len, text, n);
	c->len += n;
}

PRINTF_LIKE(2, 3) static void sayf(struct conn *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(c, text);
}

static void say_filler(struct site *s, struct conn *c, size_t n)
{
	need(n <= sizeof(c->message) - c->len, "message too long");
	memcpy(c->message + c->len, s->filler + draw(s, FILLER_BYTES - (uint32_t)n), n);
	c->len += n;
}

/* 200 to 20000 bytes, every size from small to large as likely as the next: half of all are below 2000. */
static size_t body_bytes(struct site *s)
{
	size_t low = 200;

	for (uint32_t octave = draw(s, 7); octave > 0; octave--) {
		low *= 2;
	}
	low += draw(s, (uint32_t)low);
	return low > 20000 ? 20000 : low;
}

static void make_request(struct site *s, struct conn *c)
{
	static const char *const paths[] = { "/", "/index.html", "/item.php?id=", "/static/app.js?v=", "/api/v1/cart/",
					     "/img/thumb/" };
	bool post = draw(s, 8) == 0;
	size_t body = post ? 40 + draw(s, 3000) : 0;

	c->len = 0;
	c->sent = 0;
	sayf(c, "%s %s%u HTTP/1.1\r\nHost: shop%u.example\r\n", post ? "POST" : "GET", paths[draw(s, ARRAY_LEN(paths))],
	     draw(s, 5000), draw(s, 12));
	say(c, "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
	       "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
	       "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n");
	sayf(c, "Cookie: session=%08x%08x; basket=%u\r\n", draw(s, UINT32_MAX), draw(s, UINT32_MAX), draw(s, 100));
	if (draw(s, 2) == 0) {
		sayf(c, "Referer: http://shop.example/list?page=%u\r\n", draw(s, 40));
	}
	if (post) {
		sayf(c, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n", body);
	}
	say(c, "\r\n");
	say_filler(s, c, body);
	s->found.requests++;
	s->found.request_bodies += body;
}

static void say_chunks(struct site *s, struct conn *c, size_t body)
{
	while (body > 0) {
		size_t n = 1 + draw(s, 4096);

		n = n < body ? n : body;
		sayf(c, "%zx\r\n", n);
		say_filler(s, c, n);
		say(c, "\r\n");
		body -= n;
	}
	say(c, "0\r\n\r\n");
	s->found.chunked++;
}

static void make_response(struct site *s, struct conn *c)
{
	static const struct {
		const char *line;
		unsigned int share;	/* of a hundred */
	} status[] = { { "200 OK", 86 }, { "304 Not Modified", 5 }, { "404 Not Found", 4 }, { "302 Found", 3 },
		       { "500 Internal Server Error", 2 } };
	uint32_t at = draw(s, 100);
	size_t body = body_bytes(s);
	unsigned int k = 0;

	while (at >= status[k].share) {
		at -= status[k++].share;
	}
	body = k == 1 ? 0 : body;
	c->len = 0;
	c->sent = 0;
	sayf(c, "HTTP/1.1 %s\r\nServer: nginx/1.22.1\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
		"Content-Type: text/html; charset=UTF-8\r\nConnection: %s\r\n"
		"Cache-Control: no-store, no-cache, must-revalidate\r\nX-Request: %08x\r\n",
	     status[k].line, c->left > 0 ? "keep-alive" : "close", draw(s, UINT32_MAX));
	if (k == 1) {
		say(c, "\r\n");
	} else if (draw(s, 4) == 0) {
		say(c, "Transfer-Encoding: chunked\r\n\r\n");
		say_chunks(s, c, body);
	} else {
		sayf(c, "Content-Length: %zu\r\n\r\n", body);
		say_filler(s, c, body);
	}
	c->body = body;
	s->found.responses++;
}

/* ---- conversations --------------------------------------------------------------------------- */

static void conn_start(struct site *s, struct conn *c)
{
	c->v6 = draw(s, 8) == 0;
	place(s, c, 1 + draw(s, 4), draw(s, 4) == 0 ? 8080 : 80);
	c->seq[0] = draw(s, UINT32_MAX);
	c->seq[1] = draw(s, UINT32_MAX);
	c->left = draw(s, 10) == 0 ? 1 : 5 + draw(s, 11);
	c->doomed = draw(s, 300) == 0;
	c->step = STEP_SYN;
	s->found.tcp_flows++;
}

static void response_step(struct site *s, struct conn *c)
{
	c->unacked += send_data(s, c, 1);
	if (c->doomed && c->left == 0 && c->sent < c->len) {
		/* What was sent so far arrived; the client has had enough. */
		c->seq[1] += (uint32_t)c->sent;
		send_flags(s, c, 0, RST | ACK);
		s->found.resets++;
		c->step = STEP_OVER;
		return;
	}
	if (c->unacked >= 2 || c->sent == c->len) {
		struct segment g = segment_of(c, 0, ACK);

		g.ack += c->sent == c->len ? 0 : (uint32_t)c->sent;
		send_packet(s, &g);
		c->unacked = 0;
	}
	if (c->sent == c->len) {
		s->found.response_bodies += c->body;
		c->step = c->left > 0 ? STEP_REQUEST : STEP_FIN;
	}
}

/* The next packet or two of a connection. */
static void conn_step(struct site *s, struct conn *c)
{
	switch (c->step) {
	case STEP_SYN: send_flags(s, c, 0, SYN); break;
	case STEP_SYNACK: send_flags(s, c, 1, SYN | ACK); break;
	case STEP_ACK:
		send_flags(s, c, 0, ACK);
		c->len = 0;
		c->sent = 0;
		break;
	case STEP_REQUEST:
		if (c->sent == c->len) {
			c->left--;
			make_request(s, c);
		}
		(void)send_data(s, c, 0);
		if (c->sent < c->len) {
			return;
		}
		break;
	case STEP_THINK:
		send_flags(s, c, 1, ACK);
		make_response(s, c);
		c->unacked = 0;
		break;
	case STEP_RESPONSE: response_step(s, c); return;
	case STEP_FIN: send_flags(s, c, 1, FIN | ACK); break;
	case STEP_FINACK: send_flags(s, c, 0, FIN | ACK); break;
	case STEP_LAST: send_flags(s, c, 1, ACK); break;
	case STEP_OVER: return;
	}
	c->step++;
}

/* A question and, but for one in fifty, its answer. */
static void dns_exchange(struct site *s)
{
	struct conn c = { .v6 = false };
	struct segment g;
	char name[32];
	uint8_t q[128];
	uint8_t *p;
	size_t n = (size_t)snprintf(name, sizeof(name), "w%u", draw(s, 900));

	place(s, &c, 53, 53);
	p = put32(put32(put32(q, (draw(s, 65536)) << 16 | 0x0100u), 1u << 16), 0);
	*p++ = (uint8_t)n;
	p = put(p, name, n);
	p = put(p, "\4shop\7example\0\0\1\0\1", 18);
	g = segment_of(&c, 0, 0);
	g.proto = UDP;
	g.data = q;
	g.len = (size_t)(p - q);
	send_packet(s, &g);
	s->found.dns++;
	s->found.udp_flows++;
	if (draw(s, 50) == 0) {
		return;
	}
	put16(q + 2, 0x8180);
	put16(q + 6, 1);
	p = put(p, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x0a\0\0\1", 16);
	g = segment_of(&c, 1, 0);
	g.proto = UDP;
	g.data = q;
	g.len = (size_t)(p - q);
	send_packet(s, &g);
}

static void make_site(struct site *s, uint64_t packets)
{
	struct conn *conns = calloc(CONNECTIONS, sizeof(*conns));
	unsigned int open = CONNECTIONS;

	need(conns != NULL, "out of memory");
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		conn_start(s, &conns[i]);
	}
	while (open > 0) {
		struct conn *c = &conns[draw(s, CONNECTIONS)];

		if (draw(s, 400) == 0) {
			dns_exchange(s);
		}
		/* A turn is a burst, as segments arrive. */
		for (uint32_t burst = 1 + draw(s, 6); burst > 0 && c->step != STEP_OVER; burst--) {
			conn_step(s, c);
			if (c->step == STEP_OVER && s->found.packets < packets) {
				conn_start(s, c);
			} else if (c->step == STEP_OVER) {
				open--;
			} else if (s->found.packets >= packets && c->step == STEP_REQUEST && c->sent == c->len) {
				c->step = STEP_FIN;
			}
		}
	}
	free(conns);
}

static void make_short(struct site *s, uint64_t flows)
{
	struct conn c;

	memset(&c, 0, sizeof(c));
	for (uint64_t i = 0; i < flows; i++) {
		uint32_t kind = draw(s, 4);

		c.v6 = draw(s, 8) == 0;
		place(s, &c, 1 + draw(s, 200), (uint16_t)(1 + draw(s, 1024)));
		c.seq[0] = draw(s, UINT32_MAX);
		c.seq[1] = 0;
		if (kind == 0) {
			struct segment g = segment_of(&c, 0, 0);

			g.proto = UDP;
			g.data = s->filler;
			g.len = 1 + draw(s, 64);
			send_packet(s, &g);
			s->found.udp_flows++;
			continue;
		}
		send_flags(s, &c, 0, SYN);
		s->found.tcp_flows++;
		if (kind == 1) {
			send_flags(s, &c, 1, RST | ACK);
			s->found.rejected++;
		}
	}
}

static void print_found(const struct found *f)
{
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "packets", f->packets }, { "bytes", f->bytes }, { "flows", f->tcp_flows + f->udp_flows },
		{ "tcp_flows", f->tcp_flows }, { "udp_flows", f->udp_flows }, { "requests", f->requests },
		{ "responses", f->responses }, { "chunked", f->chunked }, { "dns", f->dns },
		{ "retransmissions", f->retransmissions }, { "out_of_order", f->out_of_order }, { "resets", f->resets },
		{ "rejected", f->rejected }, { "request_bodies", f->request_bodies },
		{ "response_bodies", f->response_bodies },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		printf("%s=%llu\n", rows[i].key, (unsigned long long)rows[i].value);
	}
}

int main(int argc, char **argv)
{
	bool brief = argc > 1 && strcmp(argv[1], "short") == 0;
	char **args = argv + 1 + brief;
	char *end = NULL;
	uint64_t count = 1000000;
	struct site *s;

	if (args[0] != NULL && args[1] != NULL) {
		count = strtoull(args[1], &end, 10);
	}
	if (args[0] == NULL || (end != NULL && (*end != '\0' || count == 0 || args[2] != NULL))) {
		fprintf(stderr, "usage: mkhttp [short] FILE [COUNT]\n");
		return 2;
	}
	s = calloc(1, sizeof(*s));
	need(s != NULL, "out of memory");
	s->f = fopen(args[0], "wb");
	need(s->f != NULL, "cannot create the file");
	s->state = 1;
	s->now_us = START_US;
	for (size_t i = 0; i < FILLER_BYTES; i++) {
		s->filler[i] = i % 80 == 79 ? '\n' : (char)('a' + draw(s, 26));
	}
	mkcap_init(&s->m, false);
	mkcap_section_options(&s->m, 0, NULL, NULL, "mkhttp", NULL);
	mkcap_idb(&s->m, 1, 262144, -1, "eth0");
	if (brief) {
		make_short(s, count);
	} else {
		make_site(s, count);
	}
	flush(s, 0);
	need(fclose(s->f) == 0, "cannot write");
	print_found(&s->found);
	mkcap_release(&s->m);
	free(s);
	return 0;
}
