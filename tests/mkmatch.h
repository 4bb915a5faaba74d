/*
 * mkmatch.h - flows and sockets made by hand, as tracking and collecting would have left them:
 * conversations in which somebody writes, segments travel and somebody reads, at times of our own
 * choosing.
 *
 *     struct mkmatch k;
 *     mkmatch_init(&k);
 *     struct talk t = mkmatch_talk(&k, IP_TCP, "10.0.0.1", 40000, "10.0.0.2", 80);
 *     talk_open(&t); talk_say(&t, 0, 300, 1); talk_say(&t, 1, 9000, 2); talk_close(&t);
 *     mkmatch_run(&k, NULL); ... match_pair_of_flow(k.m, t.f) ...
 *     mkmatch_release(&k);
 */
#ifndef TESTS_MKMATCH_H
#define TESTS_MKMATCH_H

#include "join/match_internal.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>

#define MKMATCH_SECTIONS 4
#define MKMATCH_ROWS 4096
#define MKMATCH_START (UINT64_C(1700000000) * NSEC_PER_SEC)

struct mkmatch {
	struct section calls[MKMATCH_SECTIONS], packets[MKMATCH_SECTIONS];
	struct packet_interface interface;
	const struct flow *flows[MKMATCH_SECTIONS][MKMATCH_ROWS];
	struct sock *socks[MKMATCH_SECTIONS][MKMATCH_ROWS];
	size_t flow_count[MKMATCH_SECTIONS], sock_count[MKMATCH_SECTIONS];
	bool one_section; /* calls and packets of index 0 are one section */
	struct match *m;
	struct knot_room room;
	uint64_t random;
};

static inline void mkmatch_init(struct mkmatch *k)
{
	memset(k, 0, sizeof(*k));
	k->random = 42;
	knot_room_init(&k->room, SIZE_MAX);
	for (uint32_t i = 0; i < MKMATCH_SECTIONS; i++) {
		k->calls[i].slot = i;
		k->packets[i].slot = MKMATCH_SECTIONS + i;
		k->calls[i].has_scap = true;
		k->packets[i].interfaces = &k->interface;
		k->packets[i].interface_count = 1;
	}
	k->interface.ts_units = NSEC_PER_SEC;
}

static inline uint64_t mkmatch_draw(struct mkmatch *k)
{
	k->random = k->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return k->random >> 33;
}

static inline int mkmatch_run(struct mkmatch *k, const struct match_options *opt)
{
	static const struct match_options usual;
	struct flow_list *flows = calloc(MKMATCH_SECTIONS, sizeof(*flows));
	struct sock_list *socks = calloc(MKMATCH_SECTIONS, sizeof(*socks));
	uint32_t nf = 0;
	uint32_t ns = 0;

	for (uint32_t i = 0; i < MKMATCH_SECTIONS; i++) {
		if (k->flow_count[i] > 0) {
			flows[nf++] =
				(struct flow_list){ k->one_section ? &k->calls[i] : &k->packets[i],
						    k->flows[i], k->flow_count[i], 0 };
		}
		if (k->sock_count[i] > 0) {
			socks[ns++] = (struct sock_list){ &k->calls[i], k->socks[i],
							  k->sock_count[i], 0 };
		}
	}
	return match_lists(flows, nf, socks, ns, opt != NULL ? opt : &usual, &k->m);
}

static inline void mkmatch_release(struct mkmatch *k)
{
	match_free(k->m);
	for (uint32_t i = 0; i < MKMATCH_SECTIONS; i++) {
		for (size_t r = 0; r < k->flow_count[i]; r++) {
			const struct flow *f = k->flows[i][r];

			for (unsigned int dir = 0; dir < 2; dir++) {
				free(f->knots[dir]);
			}
			free((void *)(uintptr_t)f);
		}
		for (size_t r = 0; r < k->sock_count[i]; r++) {
			free(k->socks[i][r]);
		}
	}
	knot_room_release(&k->room);
	memset(k, 0, sizeof(*k));
}

/* ---- keys
 * ------------------------------------------------------------------------------------------------------------
 * */

static inline void mkmatch_addr(const char *text, uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (strchr(text, ':') != NULL) {
		CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET6, text, addr), 1);
	} else {
		memcpy(addr, mapped, 12);
		CU_ASSERT_EQUAL_FATAL(inet_pton(AF_INET, text, addr + 12), 1);
	}
}

/* Returns the end that a became. */
static inline unsigned int mkmatch_key(struct flow_key *key, uint8_t proto, const char *a,
				       uint16_t a_port, const char *b, uint16_t b_port)
{
	uint8_t addr[2][16];
	unsigned int end;
	int c;

	memset(key, 0, sizeof(*key));
	mkmatch_addr(a, addr[0]);
	mkmatch_addr(b, addr[1]);
	c = memcmp(addr[0], addr[1], 16);
	end = c > 0 || (c == 0 && a_port > b_port);
	memcpy(key->addr[end], addr[0], 16);
	memcpy(key->addr[1 - end], addr[1], 16);
	key->port[end] = a_port;
	key->port[1 - end] = b_port;
	key->ip_proto = proto;
	key->ip_version = 4;
	return end;
}

/* ---- conversations
 * --------------------------------------------------------------------------------------------------- */

/* Speaker 0 is the client. Times are true ones; each recorder has its own clock. */
struct talk {
	struct mkmatch *k;
	struct flow *f; /* NULL: not captured */
	struct sock *s[2]; /* client's, server's; NULL: not recorded */
	unsigned int client; /* end of the flow's key */
	uint64_t now;
	uint64_t sent[2];
	uint64_t flow_base[2],
		sock_base[2][2]; /* where the views begin: [speaker], [speaker][direction] */
	uint32_t mss;
	int64_t packets_offset; /* packets' clock minus true time */
	double drift; /* of the packets' clock, per ns, from MKMATCH_START on */
	uint64_t unit_ns; /* of the packets' clock */
	uint64_t
		begin_slack; /* 0: begins are exact; else they are only known to be that much earlier at most */
	unsigned int lost; /* per thousand of segments that the capture lacks */
	bool flow_mute,
		sock_mute
			[2]; /* nothing is recorded for a while: a view begins late or has a hole */
	bool no_prints; /* of calls */
	uint64_t delay[2]; /* write to wire, wire to read */
};

static inline struct flow *mkmatch_flow(struct mkmatch *k, uint32_t sec, uint8_t proto,
					const char *a, uint16_t a_port, const char *b,
					uint16_t b_port, unsigned int *ret_end)
{
	struct flow *f = calloc(1, sizeof(*f));
	size_t id = k->flow_count[sec]++;

	CU_ASSERT_FATAL(f != NULL && id < MKMATCH_ROWS);
	*ret_end = mkmatch_key(&f->key, proto, a, a_port, b, b_port);
	f->client = (uint8_t)*ret_end;
	f->id = (uint32_t)id;
	f->first_num = id + 1;
	f->section = k->one_section ? &k->calls[sec] : &k->packets[sec];
	for (unsigned int i = 0; i < 2; i++) {
		f->knots[i] = calloc(1, sizeof(*f->knots[i]));
	}
	k->flows[sec][id] = f;
	return f;
}

static inline struct sock *mkmatch_sock(struct mkmatch *k, uint32_t sec, uint8_t proto,
					const char *local, uint16_t local_port, const char *remote,
					uint16_t remote_port)
{
	struct sock *s = calloc(1, sizeof(*s));
	size_t id = k->sock_count[sec]++;

	CU_ASSERT_FATAL(s != NULL && id < MKMATCH_ROWS);
	s->kind = proto == IP_TCP ? SOCK_TCP_K : SOCK_UDP_K;
	s->local = (uint8_t)mkmatch_key(&s->key, proto, local, local_port, remote, remote_port);
	s->id = (uint32_t)id;
	s->section = &k->calls[sec];
	k->socks[sec][id] = s;
	return s;
}

/* All three views, in sections 0. */
static inline struct talk mkmatch_talk(struct mkmatch *k, uint8_t proto, const char *client,
				       uint16_t client_port, const char *server,
				       uint16_t server_port)
{
	struct talk t = {
		.k = k, .now = MKMATCH_START, .mss = 1448, .unit_ns = 1, .delay = { 20000, 30000 }
	};

	t.f = mkmatch_flow(k, 0, proto, client, client_port, server, server_port, &t.client);
	t.s[1] = mkmatch_sock(k, 0, proto, server, server_port, client, client_port);
	t.s[1]->role = SOCK_SERVER;
	return t;
}

/* The client's socket too. */
static inline void talk_client(struct talk *t, uint32_t sec, const char *client,
			       uint16_t client_port, const char *server, uint16_t server_port)
{
	t->s[0] = mkmatch_sock(t->k, sec, t->f->key.ip_proto, client, client_port, server,
			       server_port);
	t->s[0]->role = SOCK_CLIENT;
}

static inline uint64_t talk_stamp(const struct talk *t, uint64_t now)
{
	uint64_t ns = (uint64_t)((int64_t)now + t->packets_offset +
				 (int64_t)((double)(now - MKMATCH_START) * t->drift));

	return ns - ns % t->unit_ns;
}

static inline void talk_wire(struct talk *t, unsigned int from, uint64_t now, struct knot x)
{
	unsigned int end = from == 0 ? t->client : 1 - t->client;
	struct flow *f = t->f;

	if (f == NULL || t->flow_mute) {
		return;
	}
	x.ts_ns = talk_stamp(t, now);
	x.num = f->last_num = f->last_num + 1;
	f->first_ns = f->first_ns == 0 ? x.ts_ns : f->first_ns;
	f->last_ns = max_u64(f->last_ns, x.ts_ns);
	f->side[end].packets++;
	CU_ASSERT_EQUAL_FATAL(knots_add(f->knots[end], &x, &t->k->room), 0);
}

/* A call that ends now; begin: when it began. */
static inline void talk_call(struct talk *t, unsigned int who, unsigned int dir, uint64_t begin,
			     uint64_t now, struct knot x)
{
	struct sock *s = t->s[who];

	if (s == NULL || t->sock_mute[who]) {
		return;
	}
	x.ts_ns = now;
	x.begin_ns = begin - t->begin_slack;
	x.begin_exact = t->begin_slack == 0;
	x.num = now / 100;
	s->first_ns = s->first_ns == 0 ? now : s->first_ns;
	s->last_ns = now;
	CU_ASSERT_EQUAL_FATAL(knots_add(&s->knots[dir], &x, &t->k->room), 0);
}

/* Both prints of the bytes that seed makes, from at on. */
static inline uint64_t talk_prints(uint64_t seed, uint64_t at, uint32_t len)
{
	uint8_t b[KNOT_DEEP_BYTES];

	for (unsigned int i = 0; i < sizeof(b); i++) {
		uint64_t x = (seed << 32 ^ (at + i)) * UINT64_C(0x9E3779B97F4A7C15);

		x = (x ^ x >> 31) * UINT64_C(0xBF58476D1CE4E5B9);
		b[i] = (uint8_t)(x >> 56);
	}
	return knot_prints(b, sizeof(b), len);
}

static inline void talk_open(struct talk *t)
{
	struct knot open = { .kind = KNOT_OPEN };
	uint64_t begin = t->now;

	talk_wire(t, 0, t->now + t->delay[0], open);
	talk_wire(t, 1, t->now + 2 * t->delay[0], open);
	if (t->f != NULL && !t->flow_mute) {
		t->f->syn_ns = talk_stamp(t, t->now + t->delay[0]);
		t->f->synack_ns = talk_stamp(t, t->now + 2 * t->delay[0]);
		t->f->handshake_ns = talk_stamp(t, t->now + 3 * t->delay[0]);
		t->f->side[0].syns = t->f->side[1].syns = 1;
	} else if (t->f != NULL) {
		t->f->flags |= FLOW_START_MISSED;
	}
	t->now += 3 * t->delay[0] + t->delay[1];
	talk_call(t, 0, 1, begin, t->now, open);
	talk_call(t, 0, 0, begin, t->now, open);
	talk_call(t, 1, 0, begin, t->now, open);
	for (unsigned int who = 0; who < 2; who++) {
		struct sock *s = t->s[who];

		if (s != NULL && !t->sock_mute[who]) {
			s->open_begin_ns = begin - t->begin_slack;
			s->open_begin_exact = t->begin_slack == 0;
			s->open_ns = s->first_ns = t->now;
		} else if (s != NULL) {
			s->flags |= SOCK_INHERITED;
		}
	}
}

/* One write of len bytes that carry seed, on the wire in segments, one read. */
static inline void talk_say(struct talk *t, unsigned int from, uint32_t len, uint64_t seed)
{
	uint64_t start = t->sent[from];
	uint64_t begin = t->now;
	uint64_t wire = t->now;
	bool udp = t->f != NULL && t->f->key.ip_proto == IP_UDP;
	uint64_t prints = t->no_prints ? 0 : talk_prints(seed, 0, len);
	struct knot call = { .len = len,
			     .print = (uint32_t)prints,
			     .deep = (uint32_t)(prints >> 32) };

	call.offset = start - t->sock_base[from][1];
	talk_call(t, from, 1, begin, begin + t->delay[0] * 2, call);
	for (uint32_t at = 0; at < len;) {
		uint32_t n = udp || len - at < t->mss ? len - at : t->mss;
		struct knot x = { .offset = start + at - t->flow_base[from], .len = n };

		prints = talk_prints(seed, at, n);
		x.print = (uint32_t)prints;
		x.deep = (uint32_t)(prints >> 32);
		wire += t->delay[0];
		if (mkmatch_draw(t->k) % 1000 >= t->lost) {
			talk_wire(t, from, wire, x);
		} else if (udp) {
			t->flow_base[from] += n; /* the capture does not know of it */
		}
		at += n;
	}
	t->sent[from] += len;
	t->now = wire + t->delay[1];
	call.offset = start - t->sock_base[1 - from][0];
	talk_call(t, 1 - from, 0, wire, t->now, call);
	if (t->f != NULL && t->flow_mute) {
		t->flow_base[from] = t->sent[from];
	}
	for (unsigned int who = 0; who < 2; who++) {
		if (t->s[who] != NULL && t->sock_mute[who]) {
			t->sock_base[who][who == from ? 1 : 0] += len;
		}
	}
	t->now += 50000;
}

/* Totals, without an end. */
static inline void talk_count(struct talk *t)
{
	for (unsigned int from = 0; from < 2; from++) {
		unsigned int end = from == 0 ? t->client : 1 - t->client;

		if (t->f != NULL) {
			t->f->side[end].stream_bytes = t->sent[from] - t->flow_base[from];
			t->f->side[end].payload_bytes = t->f->side[end].stream_bytes;
		}
		if (t->s[from] != NULL) {
			t->s[from]->bytes[1] = t->sent[from] - t->sock_base[from][1];
			t->s[from]->bytes[0] = t->sent[1 - from] - t->sock_base[from][0];
		}
	}
}

/* The client closes, then the server. */
static inline void talk_close(struct talk *t)
{
	talk_count(t);
	for (unsigned int from = 0; from < 2; from++) {
		unsigned int end = from == 0 ? t->client : 1 - t->client;
		struct knot call = { .kind = KNOT_END };
		struct knot fin = { .kind = KNOT_END,
				    .offset = t->sent[from] - t->flow_base[from] };

		if (t->f != NULL && t->f->key.ip_proto == IP_TCP && !t->flow_mute) {
			talk_wire(t, from, t->now + t->delay[0], fin);
			t->f->side[end].fins = 1;
		}
		call.offset = t->sent[from] - t->sock_base[from][1];
		talk_call(t, from, 1, t->now, t->now + 2 * t->delay[0], call);
		if (t->s[from] != NULL && !t->sock_mute[from]) {
			t->s[from]->flags |= SOCK_CLOSED;
			t->s[from]->close_ns = t->now + 2 * t->delay[0];
		}
		t->now += t->delay[0] + t->delay[1];
		call.offset = t->sent[from] - t->sock_base[1 - from][0];
		if (from == 0) {
			talk_call(t, 1, 0, t->now - t->delay[1], t->now, call);
		}
		t->now += 50000;
	}
}

#endif
