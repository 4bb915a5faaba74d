/*
 * mkline.h - a packet built with mkpkt.h, dissected, stamped by hand where the tracker would have, and the line that
 * describe.c makes of it. State of one suite, so each file that includes it has its own.
 */
#ifndef TESTS_MKLINE_H
#define TESTS_MKLINE_H

#include <CUnit/CUnit.h>

#include "mkpkt.h"
#include "net/net.h"
#include "net/service.h"
#include "readers/frame.h"

#define BYTES(s) s, sizeof(s) - 1

static struct mkpkt pkt;
static struct packet packet;
static struct batch batch;
static struct buf text;
static struct flow flow;

/* What the tracker would stamp; cleared by start. */
static struct {
	uint8_t service;
	bool from_client;
	bool tracked;
	uint16_t marks;
	uint32_t rel_seq, rel_ack;
} stamps;

static void start(void)
{
	mkpkt_init(&pkt);
	memset(&stamps, 0, sizeof(stamps));
	memset(&packet, 0, sizeof(packet));
	packet.link_type = 1;
}

static void dissect(const void *data, uint32_t cap_len, uint32_t len)
{
	packet.data = data;
	packet.cap_len = cap_len;
	packet.orig_len = len;
	batch.packets = &packet;
	batch.packet_count = 1;
	arena_reset(&batch.arena);
	batch.fragments = NULL;
	batch.fragment_count = 0;
	batch.fragment_cap = 0;
	CU_ASSERT_EQUAL_FATAL(net_dissect(&batch), 0);
}

static struct layer *innermost(void)
{
	for (uint32_t i = 0; i < batch.layer_count; i++) {
		if (batch.layers[i].flags & LAYER_LAST) {
			return &batch.layers[i];
		}
	}
	CU_FAIL_FATAL("no last layer");
	return NULL;
}

static void stamp(struct layer *l)
{
	l->service = stamps.service;
	l->from_client = stamps.from_client;
	l->marks = stamps.marks;
	l->rel_seq = stamps.rel_seq;
	l->rel_ack = stamps.rel_ack;
	l->flow = stamps.tracked ? &flow : NULL;
}

/* The packet built is complete: "PROTOCOL INFO". */
static const char *line(void)
{
	struct layer *l;

	dissect(pkt.bytes, pkt.len, pkt.len);
	l = innermost();
	stamp(l);
	buf_reset(&text);
	buf_adds(&text, layer_protocol(&packet, l));
	buf_addc(&text, ' ');
	layer_describe(&packet, l, &text);
	return buf_str(&text);
}

static void check(const char *expected)
{
	const char *got;

	mkpkt_end(&pkt);
	got = line();
	if (strcmp(got, expected) != 0) {
		printf("\nexpected %s\ngot      %s\n", expected, got);
	}
	CU_ASSERT_STRING_EQUAL(got, expected);
}

static void tcp4(uint8_t flags, const void *data, size_t n)
{
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 6);
	mkpkt_tcp(&pkt, 50000, 80, 1000, (flags & TCP_ACK) != 0 ? 5000 : 0, flags, 64240);
	mkpkt_data(&pkt, data, n);
}

static void tcp_text(const char *data)
{
	tcp4(TCP_PSH | TCP_ACK, data, strlen(data));
}

static void udp4(uint16_t sport, uint16_t dport, const void *data, size_t n)
{
	start();
	mkpkt_eth(&pkt, 0x0800);
	mkpkt_ip4(&pkt, "10.0.0.1", "10.0.0.2", 17);
	mkpkt_udp(&pkt, sport, dport);
	mkpkt_data(&pkt, data, n);
}

/* ---- messages ---- */

#define DNS_QUESTION "\x03www\x07" "example\x03" "com\x00\x00\x01\x00\x01"

static const uint8_t dns_query[] = "\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" DNS_QUESTION;
static const uint8_t dns_response[] = "\x1a\x2b\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00" DNS_QUESTION
				      "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01" "a\xc0\x10"
				      "\x01" "a\xc0\x10\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01";

/* A client hello for a name, as one record. */
static size_t client_hello(uint8_t *p, const char *name)
{
	size_t n = strlen(name);
	size_t ext = n + 9;
	size_t body = 2 + 32 + 1 + 2 + 2 + 2 + 2 + 4 + ext;
	uint8_t *q = p;

	*q++ = 22;
	*q++ = 3;
	*q++ = 1;
	*q++ = (uint8_t)((body + 4) >> 8);
	*q++ = (uint8_t)(body + 4);
	*q++ = 1;
	*q++ = 0;
	*q++ = (uint8_t)(body >> 8);
	*q++ = (uint8_t)body;
	*q++ = 3;
	*q++ = 3;
	memset(q, 0x5a, 32);
	q += 32;
	memcpy(q, "\x00\x00\x02\x13\x01\x01\x00", 7);	/* no session id, one cipher, no compression */
	q += 7;
	*q++ = (uint8_t)((ext + 4) >> 8);
	*q++ = (uint8_t)(ext + 4);
	memcpy(q, "\x00\x17\x00\x00\x00\x00\x00", 7);	/* extended master secret, then the name */
	q += 7;
	*q++ = (uint8_t)(n + 5);
	*q++ = 0;
	*q++ = (uint8_t)(n + 3);
	*q++ = 0;
	*q++ = 0;
	*q++ = (uint8_t)n;
	memcpy(q, name, n);
	return (size_t)(q - p) + n;
}

static int set_up(void)
{
	batch_init(&batch);
	buf_init(&text, 1u << 20);
	return 0;
}

static int tear_down(void)
{
	batch.packets = NULL;
	batch.packet_count = 0;
	batch_release(&batch);
	buf_release(&text);
	return 0;
}

#endif
