/*
 * seeds_net.c - the seeds made of packets: links, tunnels and fragments, TCP gone wrong, HTTP, DNS, TLS, and what
 * capture tools write beside packets. Small, for the sweeps cut and flip every byte. See seeds.h.
 */
#include "mkpkt.h"
#include "seeds.h"

#define T0_US UINT64_C(1700000000000000)

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, GRE = 47, IP4_IN_IP = 4, SCTP = 132 };

static void start(struct mkcap *m, uint16_t link_type)
{
	mkcap_section(m, 0);
	mkcap_idb(m, link_type, 0, -1, "eth0");
}

/* ---- HTTP ------------------------------------------------------------------------------------ */

/* One connection with all kinds of framing, one with loss and its repair, one reset, one upgraded. */
void seed_http(struct mkcap *m)
{
	static const char upgrade[] = "GET /ws HTTP/1.1\r\nHost: c\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
				      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	struct mkconv c;
	uint32_t at;

	start(m, 1);
	mkconv_init(&c, m, "10.0.0.9", 40000, "10.0.0.2", 80, T0_US);
	mkconv_open(&c);
	mkconv_say(&c, 0, "GET /a?b=c HTTP/1.1\r\nHost: shop\r\nUser-Agent: t/1\r\n\r\n");
	mkconv_say(&c, 1, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello");
	mkconv_say(&c, 0, "HEAD /h HTTP/1.1\r\nHost: shop\r\n\r\nGET /p HTTP/1.1\r\nHost: shop\r\nReferer: /h\r\n\r\n");
	mkconv_say(&c, 1, "HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n"
			  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0;x=1\r\nT: 1\r\n\r\n");
	mkconv_say(&c, 0, "POST /up HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
	mkconv_say(&c, 1, "HTTP/1.1 100 Continue\r\n\r\n");
	mkconv_say(&c, 0, "abc");
	mkconv_say(&c, 1, "HTTP/1.0 500 Oops\r\nConnection: close\r\n\r\ntill the end");
	mkconv_close(&c, 1);

	mkconv_init(&c, m, "10.0.0.9", 40001, "10.0.0.2", 8080, T0_US + 100000);
	mkconv_open(&c);
	mkconv_say(&c, 0, "GET /x HTTP/1.1\r\n\r\n");
	at = c.seq[1];
	mkconv_raw(&c, 1, at + 20, c.seq[0], ACK, "tent-Length: 4\r\n\r\nbody", 22);
	mkconv_raw(&c, 1, at, c.seq[0], ACK, "HTTP/1.1 200 OK\r\nCon", 20);
	mkconv_raw(&c, 1, at, c.seq[0], ACK, "HTTP/1.1 200 ok\r\nCon", 20);
	c.seq[1] = at + 42 + 100;
	mkconv_say(&c, 1, "after a hole of a hundred bytes");
	mkconv_reset(&c, 0);

	mkconv_init(&c, m, "fd00::9", 40002, "fd00::2", 80, T0_US + 200000);
	mkconv_open(&c);
	mkconv_say(&c, 0, upgrade);
	mkconv_say(&c, 1, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
	mkconv_send(&c, 0, "\x81\x85\1\2\3\4igopn", 11);
	mkconv_send(&c, 1, "\x81\5hello\x88\0", 9);
	mkconv_close(&c, 0);
}

/* Prior knowledge: preface, settings, one request whose fields are all in the static table, its answer. */
void seed_http2(struct mkcap *m)
{
	static const char client[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
				     "\0\0\0\4\0\0\0\0\0"
				     "\0\0\6\1\5\0\0\0\1\x82\x86\x84\x41\1s";
	static const char server[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64"
				     "\0\0\0\4\1\0\0\0\0"
				     "\0\0\1\1\4\0\0\0\1\x88"
				     "\0\0\5\0\1\0\0\0\1hello"
				     "\0\0\x8\7\0\0\0\0\0\0\0\0\1\0\0\0\0";
	struct mkconv c;

	start(m, 1);
	mkconv_init(&c, m, "10.0.0.9", 40000, "10.0.0.2", 8080, T0_US);
	mkconv_open(&c);
	mkconv_send(&c, 0, client, sizeof(client) - 1);
	mkconv_send(&c, 1, server, sizeof(server) - 1);
	mkconv_close(&c, 0);
}

/* ---- DNS and TLS ------------------------------------------------------------------------------- */

static const uint8_t query[] = "\x12\x34\1\0\0\1\0\0\0\0\0\1\3www\4shop\7example\0\0\1\0\1\0\0\x29\x10\0\0\0\0\0\0\0";
static const uint8_t answer[] = "\x12\x34\x81\x80\0\1\0\3\0\0\0\0\3www\4shop\7example\0\0\1\0\1"
				"\xc0\x0c\0\5\0\1\0\0\1\x2c\0\6\3cdn\xc0\x10"
				"\xc0\x2e\0\1\0\1\0\0\1\x2c\0\4\x0a\0\0\1"
				"\xc0\x0c\0\x10\0\1\0\0\0\1\0\7\6v=a\"b\\";

void seed_dns(struct mkcap *m)
{
	uint8_t framed[2 + sizeof(query) - 1] = { 0, sizeof(query) - 1 };
	struct mkconv c;

	start(m, 1);
	mkconv_init(&c, m, "10.0.0.9", 5000, "10.0.0.53", 53, T0_US);
	mkconv_udp(&c, 0, query, sizeof(query) - 1);
	mkconv_udp(&c, 0, query, sizeof(query) - 1);
	mkconv_udp(&c, 1, answer, sizeof(answer) - 1);
	mkconv_udp(&c, 1, "\x12\x35\x81\x83\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", 18);
	mkconv_init(&c, m, "10.0.0.9", 5001, "10.0.0.53", 53, T0_US + 50000);
	memcpy(framed + 2, query, sizeof(query) - 1);
	mkconv_open(&c);
	mkconv_send(&c, 0, framed, sizeof(framed));
	mkconv_close(&c, 1);
	mkconv_init(&c, m, "10.0.0.9", 5353, "224.0.0.251", 5353, T0_US + 90000);
	mkconv_udp(&c, 0, "\0\0\0\0\0\1\0\0\0\0\0\0\5_http\4_tcp\5local\0\0\xc\0\1", 34);
}

/* A hello of either side; the session goes no further than an alert. */
void seed_tls(struct mkcap *m)
{
	static const char client_hello[] =
		"\x16\3\1\0\x6f\1\0\0\x6b\3\3"
		"0123456789abcdef0123456789abcdef"
		"\0\0\6\x13\1\xc0\x2f\xc0\x30\1\0"
		"\0\x3c"
		"\0\0\0\x11\0\xf\0\0\xcshop.example"
		"\0\x10\0\xe\0\xc\2h2\x8http/1.1"
		"\0\xa\0\4\0\2\0\x1d"
		"\0\xb\0\2\1\0"
		"\0\x2b\0\3\2\3\4";
	static const char server_hello[] =
		"\x16\3\3\0\x32\2\0\0\x2e\3\3"
		"0123456789abcdef0123456789abcdef"
		"\0\x13\1\0\0\6\0\x2b\0\2\3\4"
		"\x14\3\3\0\1\1"
		"\x17\3\3\0\5abcde"
		"\x15\3\3\0\2\2\x28";
	struct mkconv c;

	start(m, 1);
	mkconv_init(&c, m, "10.0.0.9", 40000, "10.0.0.2", 443, T0_US);
	mkconv_open(&c);
	mkconv_send(&c, 0, client_hello, sizeof(client_hello) - 1);
	mkconv_send(&c, 1, server_hello, sizeof(server_hello) - 1);
	mkconv_reset(&c, 0);
}

/* ---- links, tunnels, fragments ----------------------------------------------------------------- */

struct trace {
	struct mkcap *m;
	struct mkpkt p;
	uint64_t now_us;
};

static void done(struct trace *t, uint32_t interface)
{
	mkpkt_end(&t->p);
	mkcap_epb(t->m, interface, t->now_us, t->p.bytes, t->p.len, t->p.len);
	mkpkt_release(&t->p);
	mkpkt_init(&t->p);
	t->now_us += 10;
}

static struct trace *trace_new(struct mkcap *m)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		abort();
	}
	t->m = m;
	t->now_us = T0_US;
	mkpkt_init(&t->p);
	return t;
}

static void trace_free(struct trace *t)
{
	mkpkt_release(&t->p);
	free(t);
}

static void syn(struct trace *t, uint32_t interface)
{
	mkpkt_tcp(&t->p, 40000, 22, 1, 0, SYN, 1024);
	done(t, interface);
}

/* A packet of every link type, of tagged and labelled Ethernet, of IPv6 with extensions. */
void seed_links(struct mkcap *m)
{
	static const uint16_t links[] = { 1, 113, 276, 101, 0, 108, 9, 12, 228, 229, 147 };
	static const uint8_t padding[6] = { 1, 4 };
	struct trace *t = trace_new(m);
	struct mkpkt *p = &t->p;

	mkcap_section(m, 0);
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		mkcap_idb(m, links[i], 0, -1, NULL);
	}
	mkpkt_eth(p, 0x88A8);
	mkpkt_vlan(p, 100, 0x8100);
	mkpkt_vlan(p, 7, 0x0800);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", TCP);
	syn(t, 0);
	mkpkt_eth(p, 0x8847);
	mkpkt_mpls(p, 16, true);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", TCP);
	syn(t, 0);
	mkpkt_eth(p, 0x86DD);
	mkpkt_ip6(p, "fe80::1", "ff02::1", 0);
	mkpkt_ip6_ext(p, 60, padding, 6);
	mkpkt_ip6_ext(p, ICMP6, padding, 6);
	mkpkt_icmp6(p, 135, 0);
	done(t, 0);
	mkpkt_eth(p, 0x0806);
	mkpkt_data(p, "\0\1\x8\0\6\4\0\1\2\0\0\0\0\1\xa\0\0\1\0\0\0\0\0\0\xa\0\0\2", 28);
	done(t, 0);
	mkpkt_sll(p, 4, 0x0800);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", SCTP);
	mkpkt_sctp(p, 36412, 36412);
	done(t, 1);
	mkpkt_sll2(p, 3, 0, 0x86DD);
	mkpkt_ip6(p, "fd00::1", "fd00::2", TCP);
	syn(t, 2);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", TCP);
	syn(t, 3);
	mkpkt_null(p, 2, false);
	mkpkt_ip4(p, "127.0.0.1", "127.0.0.1", TCP);
	syn(t, 4);
	mkpkt_null(p, 30, true);
	mkpkt_ip6(p, "::1", "::1", TCP);
	syn(t, 5);
	mkpkt_ppp(p, 0x0021, true);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", TCP);
	syn(t, 6);
	trace_free(t);
}

static void inner(struct trace *t)
{
	mkpkt_ip4(&t->p, "192.168.0.1", "192.168.0.2", TCP);
	syn(t, 0);
}

/* All tunnels, an error that quotes a packet, a ping, a datagram in three fragments that come in the wrong order. */
void seed_tunnels(struct mkcap *m)
{
	struct trace *t = trace_new(m);
	struct mkpkt *p = &t->p;
	uint8_t data[40];

	start(m, 1);
	mkpkt_eth(p, 0x0800);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", GRE);
	mkpkt_gre(p, 0x0800, true, 77);
	inner(t);
	mkpkt_eth(p, 0x0800);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", UDP);
	mkpkt_udp(p, 50000, 4789);
	mkpkt_vxlan(p, 42);
	mkpkt_eth(p, 0x0800);
	inner(t);
	mkpkt_eth(p, 0x0800);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", UDP);
	mkpkt_udp(p, 50001, 6081);
	mkpkt_geneve(p, 43, 0x6558, 8);
	mkpkt_eth(p, 0x0800);
	inner(t);
	mkpkt_eth(p, 0x0800);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", IP4_IN_IP);
	inner(t);
	mkpkt_eth(p, 0x0800);
	mkpkt_ip4(p, "10.0.0.2", "10.0.0.1", ICMP);
	mkpkt_icmp(p, 3, 3);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", UDP);
	mkpkt_udp(p, 1234, 53);
	done(t, 0);
	mkpkt_eth(p, 0x0800);
	mkpkt_ip4(p, "10.0.0.1", "10.0.0.2", ICMP);
	mkpkt_icmp(p, 8, 0);
	done(t, 0);
	/* One datagram of 40 bytes: UDP header and 32 of text. */
	memset(data, 'x', sizeof(data));
	memcpy(data, "\x30\x39\0\x35\0\x28\0\0", 8);
	for (unsigned int i = 0; i < 3; i++) {
		static const uint8_t order[] = { 2, 0, 1 };
		uint32_t at = order[i] * 16u;

		mkpkt_eth(p, 0x0800);
		mkpkt_ip4_frag(p, "10.0.0.1", "10.0.0.2", UDP, 99, at, at < 32);
		mkpkt_data(p, data + at, at < 32 ? 16 : 8);
		done(t, 0);
	}
	mkpkt_eth(p, 0x86DD);
	mkpkt_ip6(p, "fd00::1", "fd00::2", 44);
	mkpkt_ip6_frag(p, UDP, 5, 0, true);
	mkpkt_data(p, data, 16);
	done(t, 0);
	trace_free(t);
}

/* ---- what tools write beside packets ------------------------------------------------------------ */

/* A packet with one option behind it. */
static void epb_with(struct mkcap *m, const struct mkpkt *p, uint16_t code, const void *value, size_t n)
{
	mkcap_block_begin(m, 6);
	mkcap_u32(&m->out, 0, m->big_endian);
	mkcap_u32(&m->out, (uint32_t)(T0_US >> 32), m->big_endian);
	mkcap_u32(&m->out, (uint32_t)T0_US, m->big_endian);
	mkcap_u32(&m->out, p->len, m->big_endian);
	mkcap_u32(&m->out, p->len, m->big_endian);
	buf_add(&m->out, p->bytes, p->len);
	while (m->out.len % 4 != 0) {
		buf_addc(&m->out, '\0');
	}
	mkcap_option(m, code, value, n);
	mkcap_option_end(m);
	mkcap_block_end(m);
}

/* Statistics, names, secrets, processes: as an option, as a comment, as custom blocks. Little-endian values. */
void seed_packet_meta(struct mkcap *m)
{
	static const char keys[] = "CLIENT_RANDOM 3031323334353637383961626364656630313233343536373839616263646566 00";
	static const char comment[] = "PID: 77\nCMD: nc\nARGS: nc -l\nParentPID: 1\nContainerName: web\n";
	static const uint8_t isb[] =
		"\0\0\0\0\0\0\0\0\0\0\0\0\4\0\x8\0\5\0\0\0\0\0\0\0\5\0\x8\0\1\0\0\0\0\0\0\0\0\0\0\0";
	static const uint8_t nrb[] = "\1\0\xd\0\xa\0\0\2shop.lan\0\0\0\0\0\0\0";
	static const uint8_t process[] = "\x6e\x7f\0\0\3\0\0\0\x4d\0\0\0\2\0\2\0nc\0\0\0\0\0\0";
	struct mkpkt *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		abort();
	}
	start(m, 1);
	mkpkt_init(p);
	mkpkt_eth(p, 0x0800);
	mkpkt_ip4(p, "10.0.0.2", "10.0.0.9", TCP);
	mkpkt_tcp(p, 4444, 5555, 9, 9, ACK, 100);
	mkpkt_end(p);
	mkcap_block_begin(m, 0xA);
	mkcap_u32(&m->out, 0x544C534B, m->big_endian);
	mkcap_u32(&m->out, sizeof(keys) - 1, m->big_endian);
	buf_add(&m->out, keys, sizeof(keys) - 1);
	mkcap_block_end(m);
	mkcap_block(m, 0xBAD, process, sizeof(process) - 1);
	mkcap_block(m, 4, nrb, sizeof(nrb) - 1);
	epb_with(m, p, 8, "\x4d\0\0\0\x4e\0\0\0", 8);
	epb_with(m, p, 1, comment, sizeof(comment) - 1);
	epb_with(m, p, 2, "\x1e\0\0\0", 4);
	mkcap_block(m, 5, isb, sizeof(isb) - 1);
	mkpkt_release(p);
	free(p);
}
