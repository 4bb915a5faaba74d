/*
 * mklayers.h - built packets through dissection alone, without framing: each packet's captured bytes lie in a heap
 * block of just their size, so that a sanitizer sees one byte too many.
 *
 *     struct mklayers m;
 *     mklayers_init(&m);
 *     mklayers_packet(&m, 1, &p);        as often as wanted
 *     mklayers_dissect(&m);
 *     m.b.layers[0] ...
 *     mklayers_next(&m);                 the next batch of the same section
 *     mklayers_release(&m);
 */
#ifndef MKLAYERS_H
#define MKLAYERS_H

#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "mkpkt.h"
#include "net/net_internal.h"
#include "readers/frame.h"

/* Link and ether types. */
enum { LINK_NULL = 0, LINK_ETH = 1, LINK_PPP = 9, LINK_RAW = 101, LINK_LOOP = 108, LINK_SLL = 113, LINK_SLL2 = 276 };
enum { TYPE_IP4 = 0x0800, TYPE_ARP = 0x0806, TYPE_IP6 = 0x86DD };

struct mklayers {
	struct batch b;
	struct section section;
	uint64_t ts_ns;		/* of the next packet */
	uint32_t interface;	/* of the next packet */
};

static inline void mklayers_init(struct mklayers *m)
{
	memset(m, 0, sizeof(*m));
	batch_init(&m->b);
	m->b.section = &m->section;
	m->ts_ns = UINT64_C(1700000000) * NSEC_PER_SEC;
}

static inline void mklayers_drop(struct mklayers *m)
{
	for (uint32_t i = 0; i < m->b.packet_count; i++) {
		free((void *)(uintptr_t)m->b.packets[i].data);
	}
	m->b.packet_count = 0;
}

static inline void mklayers_release(struct mklayers *m)
{
	mklayers_drop(m);
	batch_release(&m->b);
}

static inline void mklayers_next(struct mklayers *m)
{
	mklayers_drop(m);
	batch_reset(&m->b);
	m->b.section = &m->section;
}

static inline void mklayers_bytes(struct mklayers *m, uint16_t link, const void *data, uint32_t cap, uint32_t len)
{
	struct batch *b = &m->b;
	uint8_t *copy = malloc(cap);

	if (cap > 0 && copy == NULL) {
		abort();
	}
	if (cap > 0) {
		memcpy(copy, data, cap);
	}
	if (b->packet_count == b->packet_cap) {
		b->packet_cap = b->packet_cap == 0 ? 16 : b->packet_cap * 2;
		b->packets = realloc(b->packets, b->packet_cap * sizeof(*b->packets));
		if (b->packets == NULL) {
			abort();
		}
	}
	b->packets[b->packet_count++] = (struct packet){ .ts_ns = m->ts_ns, .data = copy, .cap_len = cap, .orig_len = len,
							 .interface = m->interface, .link_type = link };
}

/* The packet ends here: its lengths and checksums are filled in. */
static inline void mklayers_packet(struct mklayers *m, uint16_t link, struct mkpkt *p)
{
	mkpkt_end(p);
	mklayers_bytes(m, link, p->bytes, p->len, p->len);
}

static inline void mklayers_dissect(struct mklayers *m)
{
	CU_ASSERT_EQUAL_FATAL(net_dissect(&m->b), 0);
}

/* One packet alone; valid until the next one. */
static inline const struct layer *mklayers_one(struct mklayers *m, uint16_t link, struct mkpkt *p)
{
	mklayers_next(m);
	mklayers_packet(m, link, p);
	mklayers_dissect(m);
	CU_ASSERT_FATAL(m->b.layer_count > 0);
	return m->b.layers;
}

/* "eth:ip:tcp" */
static inline bool mklayers_path_is(const struct layer *l, const char *expected)
{
	char text[128] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < PATH_LEVELS && path_at(l->path, i) != 0; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? ":" : "",
				      proto_name(path_at(l->path, i)));
	}
	if (strcmp(text, expected) != 0) {
		fprintf(stderr, "\n    path is %s, not %s\n", text, expected);
		return false;
	}
	return true;
}

/* Who sent the packet, from where to where. */
static inline bool mklayers_ends_are(const struct layer *l, const char *src, uint16_t sport, const char *dst,
				     uint16_t dport)
{
	const struct flow_key *k = &l->key;
	struct buf b;
	uint8_t want[2][16] = { { [10] = 0xFF, [11] = 0xFF }, { [10] = 0xFF, [11] = 0xFF } };
	const char *ips[2] = { src, dst };
	bool same;

	buf_init(&b, 64);
	for (unsigned int i = 0; i < 2; i++) {
		buf_reset(&b);
		if (strchr(ips[i], ':') != NULL) {
			mkcap_ip6(&b, ips[i]);
			memcpy(want[i], b.data, 16);
		} else {
			mkcap_ip4(&b, ips[i]);
			memcpy(want[i] + 12, b.data, 4);
		}
	}
	buf_release(&b);
	same = memcmp(k->addr[l->from], want[0], 16) == 0 && memcmp(k->addr[1 - l->from], want[1], 16) == 0 &&
	       k->port[l->from] == sport && k->port[1 - l->from] == dport;
	return same;
}

/* IPv4, TCP from 10.0.0.9:40000 to 10.0.0.2:80 and "hello", on what stands there already. */
static inline void mklayers_add_tcp4(struct mkpkt *p)
{
	mkpkt_ip4(p, "10.0.0.9", "10.0.0.2", 6);
	mkpkt_tcp(p, 40000, 80, 111, 222, TCP_ACK | TCP_PSH, 4096);
	mkpkt_data(p, "hello", 5);
}

/* IPv6, UDP from [2001:db8::1]:5000 to [2001:db8::2]:53 and "query". */
static inline void mklayers_add_udp6(struct mkpkt *p)
{
	mkpkt_ip6(p, "2001:db8::1", "2001:db8::2", 17);
	mkpkt_udp(p, 5000, 53);
	mkpkt_data(p, "query", 5);
}

#endif
