/*
 * mkdns.h - DNS messages for tests, written field by field from RFC 1035 alone.
 */
#ifndef TESTS_MKDNS_H
#define TESTS_MKDNS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MKDNS_RESPONSE 0x8180	/* QR, RD, RA */
#define MKDNS_QUERY 0x0100	/* RD */

struct mkdns {
	uint8_t bytes[70000];
	size_t len;
	size_t record;		/* offset of the length of the open record's data */
};

static inline void mkdns_u8(struct mkdns *m, unsigned int x)
{
	if (m->len >= sizeof(m->bytes)) {
		abort();
	}
	m->bytes[m->len++] = (uint8_t)x;
}

static inline void mkdns_u16(struct mkdns *m, unsigned int x)
{
	mkdns_u8(m, x >> 8 & 255);
	mkdns_u8(m, x & 255);
}

static inline void mkdns_u32(struct mkdns *m, uint32_t x)
{
	mkdns_u16(m, x >> 16);
	mkdns_u16(m, x & 0xffff);
}

static inline void mkdns_bytes(struct mkdns *m, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mkdns_u8(m, ((const uint8_t *)p)[i]);
	}
}

/* Header; counts of questions, answers, authorities, additionals. */
static inline void mkdns_init(struct mkdns *m, unsigned int id, unsigned int bits, unsigned int qd, unsigned int an,
			      unsigned int ns, unsigned int ar)
{
	m->len = 0;
	mkdns_u16(m, id);
	mkdns_u16(m, bits);
	mkdns_u16(m, qd);
	mkdns_u16(m, an);
	mkdns_u16(m, ns);
	mkdns_u16(m, ar);
}

/* "www.example.com": labels between dots; "" is the root. */
static inline void mkdns_name(struct mkdns *m, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		mkdns_u8(m, (unsigned int)n);
		mkdns_bytes(m, name, n);
		name += n + (name[n] == '.');
	}
	mkdns_u8(m, 0);
}

static inline void mkdns_pointer(struct mkdns *m, unsigned int to)
{
	mkdns_u16(m, 0xc000 | to);
}

static inline void mkdns_question(struct mkdns *m, const char *name, unsigned int type, unsigned int class_)
{
	mkdns_name(m, name);
	mkdns_u16(m, type);
	mkdns_u16(m, class_);
}

/* Behind the owner's name: type, class IN, TTL, and room for the length. */
static inline void mkdns_begin(struct mkdns *m, unsigned int type, uint32_t ttl)
{
	mkdns_u16(m, type);
	mkdns_u16(m, 1);
	mkdns_u32(m, ttl);
	m->record = m->len;
	mkdns_u16(m, 0);
}

static inline void mkdns_end(struct mkdns *m)
{
	size_t n = m->len - m->record - 2;

	m->bytes[m->record] = (uint8_t)(n >> 8);
	m->bytes[m->record + 1] = (uint8_t)n;
}

/* A record owned by the first question's name. */
static inline void mkdns_a(struct mkdns *m, uint32_t ttl, uint32_t addr)
{
	mkdns_pointer(m, 12);
	mkdns_begin(m, 1, ttl);
	mkdns_u32(m, addr);
	mkdns_end(m);
}

static inline void mkdns_text(struct mkdns *m, const char *s)
{
	mkdns_u8(m, (unsigned int)strlen(s));
	mkdns_bytes(m, s, strlen(s));
}

/* One question, and with a response one address. */
static inline void mkdns_simple(struct mkdns *m, unsigned int id, const char *name, unsigned int type, int response)
{
	mkdns_init(m, id, response ? MKDNS_RESPONSE : MKDNS_QUERY, 1, response ? 1 : 0, 0, 0);
	mkdns_question(m, name, type, 1);
	if (response) {
		mkdns_a(m, 300, 0x0a000007);
	}
}

#endif
