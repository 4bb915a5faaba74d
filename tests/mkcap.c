/*
 * mkcap.c - see mkcap.h: numbers, blocks, sections, packets and files. Builds into memory, reads
 * nothing, runs in the test's thread.
 */
#include "mkcap.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define MKCAP_MAX_BYTES ((size_t)1 << 30)
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "mkcap: %s\n", what);
		abort();
	}
}

void mkcap_init(struct mkcap *m, bool big_endian)
{
	memset(m, 0, sizeof(*m));
	buf_init(&m->out, MKCAP_MAX_BYTES);
	buf_init(&m->lens, MKCAP_MAX_BYTES);
	buf_init(&m->values, MKCAP_MAX_BYTES);
	m->big_endian = big_endian;
	m->nparams_override = -1;
}

void mkcap_release(struct mkcap *m)
{
	buf_release(&m->out);
	buf_release(&m->lens);
	buf_release(&m->values);
}

/* The low n bytes of x, most significant first when be. */
static void put(struct buf *b, uint64_t x, unsigned int n, bool be)
{
	for (unsigned int i = 0; i < n; i++) {
		unsigned int shift = 8 * (be ? n - 1 - i : i);

		buf_addc(b, (char)(x >> shift & 0xFF));
	}
	need(!b->failed, "out of memory");
}

void mkcap_u16(struct buf *b, uint16_t x, bool be)
{
	put(b, x, 2, be);
}

void mkcap_u32(struct buf *b, uint32_t x, bool be)
{
	put(b, x, 4, be);
}

void mkcap_u64(struct buf *b, uint64_t x, bool be)
{
	put(b, x, 8, be);
}

void mkcap_patch32(struct buf *b, size_t at, uint32_t x, bool be)
{
	size_t len = b->len;

	need(at + 4 <= len, "patch outside of the buffer");
	b->len = at;
	put(b, x, 4, be);
	b->len = len;
}

void mkcap_ip4(struct buf *b, const char *ip)
{
	struct in_addr a;

	need(inet_pton(AF_INET, ip, &a) == 1, "not an IPv4 address");
	buf_add(b, &a, 4);
}

void mkcap_ip6(struct buf *b, const char *ip)
{
	struct in6_addr a;

	need(inet_pton(AF_INET6, ip, &a) == 1, "not an IPv6 address");
	buf_add(b, &a, 16);
}

void mkcap_str16(struct buf *b, const void *s, size_t len, bool be)
{
	need(len <= UINT16_MAX, "string longer than its length field");
	put(b, len, 2, be);
	buf_add(b, s, len);
	need(!b->failed, "out of memory");
}

static void pad4(struct buf *b, size_t from)
{
	while ((b->len - from) % 4 != 0) {
		buf_addc(b, '\0');
	}
	need(!b->failed, "out of memory");
}

/* ---- blocks -------------------------------------------------------------------------------- */

void mkcap_block_begin(struct mkcap *m, uint32_t type)
{
	m->block_at = m->out.len;
	mkcap_u32(&m->out, type, m->big_endian);
	mkcap_u32(&m->out, 0, m->big_endian);
}

void mkcap_block_end(struct mkcap *m)
{
	uint32_t total;

	pad4(&m->out, m->block_at);
	total = (uint32_t)(m->out.len - m->block_at) + 4;
	mkcap_patch32(&m->out, m->block_at + 4, total, m->big_endian);
	mkcap_u32(&m->out, total, m->big_endian);
}

void mkcap_block(struct mkcap *m, uint32_t type, const void *body, size_t len)
{
	mkcap_block_begin(m, type);
	buf_add(&m->out, body, len);
	mkcap_block_end(m);
}

void mkcap_block_lying(struct mkcap *m, uint32_t type, const void *body, size_t len,
		       uint32_t leading, uint32_t trailing)
{
	mkcap_u32(&m->out, type, m->big_endian);
	mkcap_u32(&m->out, leading, m->big_endian);
	buf_add(&m->out, body, len);
	mkcap_u32(&m->out, trailing, m->big_endian);
}

void mkcap_option(struct mkcap *m, uint16_t code, const void *value, size_t len)
{
	size_t at;

	mkcap_u16(&m->out, code, m->big_endian);
	mkcap_u16(&m->out, (uint16_t)len, m->big_endian);
	at = m->out.len;
	buf_add(&m->out, value, len);
	pad4(&m->out, at);
}

void mkcap_option_end(struct mkcap *m)
{
	mkcap_u32(&m->out, 0, m->big_endian);
}

static void text_option(struct mkcap *m, uint16_t code, const char *text)
{
	if (text != NULL) {
		mkcap_option(m, code, text, strlen(text));
	}
}

static void section_begin(struct mkcap *m, uint16_t minor)
{
	mkcap_block_begin(m, 0x0A0D0D0A);
	mkcap_u32(&m->out, BYTE_ORDER_MAGIC, m->big_endian);
	mkcap_u16(&m->out, 1, m->big_endian);
	mkcap_u16(&m->out, minor, m->big_endian);
	mkcap_u64(&m->out, UINT64_MAX, m->big_endian);
}

void mkcap_section(struct mkcap *m, uint16_t minor)
{
	section_begin(m, minor);
	mkcap_block_end(m);
}

void mkcap_section_options(struct mkcap *m, uint16_t minor, const char *hardware, const char *os,
			   const char *application, const char *comment)
{
	section_begin(m, minor);
	text_option(m, 1, comment);
	text_option(m, 2, hardware);
	text_option(m, 3, os);
	text_option(m, 4, application);
	mkcap_option_end(m);
	mkcap_block_end(m);
}

/* ---- packets ------------------------------------------------------------------------------- */

void mkcap_idb(struct mkcap *m, uint16_t link_type, uint32_t snaplen, int tsresol, const char *name)
{
	uint8_t resolution = (uint8_t)tsresol;

	mkcap_block_begin(m, 1);
	mkcap_u16(&m->out, link_type, m->big_endian);
	mkcap_u16(&m->out, 0, m->big_endian);
	mkcap_u32(&m->out, snaplen, m->big_endian);
	text_option(m, 2, name);
	if (tsresol >= 0) {
		mkcap_option(m, 9, &resolution, 1);
	}
	mkcap_option_end(m);
	mkcap_block_end(m);
}

void mkcap_epb(struct mkcap *m, uint32_t interface, uint64_t units, const void *data,
	       uint32_t cap_len, uint32_t orig_len)
{
	mkcap_block_begin(m, 6);
	mkcap_u32(&m->out, interface, m->big_endian);
	mkcap_u32(&m->out, (uint32_t)(units >> 32), m->big_endian);
	mkcap_u32(&m->out, (uint32_t)units, m->big_endian);
	mkcap_u32(&m->out, cap_len, m->big_endian);
	mkcap_u32(&m->out, orig_len, m->big_endian);
	buf_add(&m->out, data, cap_len);
	mkcap_block_end(m);
}

void mkcap_spb(struct mkcap *m, const void *data, uint32_t cap_len, uint32_t orig_len)
{
	mkcap_block_begin(m, 3);
	mkcap_u32(&m->out, orig_len, m->big_endian);
	buf_add(&m->out, data, cap_len);
	mkcap_block_end(m);
}

void mkcap_pcap_header(struct mkcap *m, bool nanoseconds, uint16_t link_type)
{
	need(m->out.len == 0, "a pcap header goes first");
	mkcap_u32(&m->out, nanoseconds ? 0xA1B23C4Du : 0xA1B2C3D4u, m->big_endian);
	mkcap_u16(&m->out, 2, m->big_endian);
	mkcap_u16(&m->out, 4, m->big_endian);
	mkcap_u32(&m->out, 0, m->big_endian);
	mkcap_u32(&m->out, 0, m->big_endian);
	mkcap_u32(&m->out, 262144, m->big_endian);
	mkcap_u32(&m->out, link_type, m->big_endian);
}

void mkcap_pcap_packet(struct mkcap *m, uint32_t sec, uint32_t frac, const void *data,
		       uint32_t cap_len, uint32_t orig_len)
{
	mkcap_u32(&m->out, sec, m->big_endian);
	mkcap_u32(&m->out, frac, m->big_endian);
	mkcap_u32(&m->out, cap_len, m->big_endian);
	mkcap_u32(&m->out, orig_len, m->big_endian);
	buf_add(&m->out, data, cap_len);
	need(!m->out.failed, "out of memory");
}

void mkcap_save(const struct mkcap *m, const char *path)
{
	FILE *f;

	need(!m->out.failed, "out of memory");
	f = fopen(path, "wb");
	need(f != NULL, "cannot create a file");
	need(fwrite(m->out.data, 1, m->out.len, f) == m->out.len, "cannot write a file");
	need(fclose(f) == 0, "cannot write a file");
}
