/*
 * mkcap_event.c - see mkcap.h: one event block, parameter by parameter. The lengths and the values
 * are gathered beside each other and put behind the header by mkcap_end.
 */
#include "mkcap.h"

#include <stdio.h>
#include <stdlib.h>

void mkcap_event(struct mkcap *m, uint64_t ts_ns, int64_t tid, uint16_t type)
{
	buf_reset(&m->lens);
	buf_reset(&m->values);
	m->nparams = 0;
	m->ts_ns = ts_ns;
	m->tid = tid;
	m->type = type;
	/* The three types whose schema says LARGE_PAYLOAD: plugin, container and async events. */
	m->large = type == 322 || type == 324 || type == 402;
}

static uint32_t block_type(const struct mkcap *m)
{
	if (m->block_type_override != 0) {
		return m->block_type_override;
	}
	if (m->v1) {
		return m->with_flags ? 0x208 : 0x204;
	}
	if (m->large) {
		return m->with_flags ? 0x222 : 0x221;
	}
	return m->with_flags ? 0x217 : 0x216;
}

void mkcap_extra(struct mkcap *m, struct buf *items, uint16_t kind, const void *value, size_t len)
{
	mkcap_u16(items, kind, m->big_endian);
	mkcap_u16(items, (uint16_t)len, m->big_endian);
	buf_add(items, value, len);
}

/* Option 2989: enterprise number 32473, "THR1", items. */
static void extra_option(struct mkcap *m)
{
	struct buf value;

	buf_init(&value, 1u << 20);
	mkcap_u32(&value, 32473, m->big_endian);
	buf_adds(&value, "THR1");
	buf_add(&value, m->extra->data, m->extra->len);
	mkcap_option(m, 2989, value.data, value.len);
	buf_release(&value);
}

void mkcap_end(struct mkcap *m)
{
	size_t header = m->v1 ? 22 : 26;
	uint32_t len = (uint32_t)(header + m->lens.len + m->values.len) + (uint32_t)m->len_lie;

	mkcap_block_begin(m, block_type(m));
	mkcap_u16(&m->out, m->cpu, m->big_endian);
	if (m->with_flags) {
		mkcap_u32(&m->out, m->event_flags, m->big_endian);
	}
	mkcap_u64(&m->out, m->ts_ns, m->big_endian);
	mkcap_u64(&m->out, (uint64_t)m->tid, m->big_endian);
	mkcap_u32(&m->out, len, m->big_endian);
	mkcap_u16(&m->out, m->type, m->big_endian);
	if (!m->v1) {
		uint32_t n = m->nparams_override >= 0 ? (uint32_t)m->nparams_override : m->nparams;

		mkcap_u32(&m->out, n, m->big_endian);
	}
	buf_add(&m->out, m->lens.data, m->lens.len);
	buf_add(&m->out, m->values.data, m->values.len);
	if (m->comment != NULL || m->extra != NULL) {
		while ((m->out.len - m->block_at) % 4 != 0) {
			buf_addc(&m->out, '\0');
		}
		if (m->comment != NULL) {
			mkcap_option(m, 1, m->comment, strlen(m->comment));
		}
		if (m->extra != NULL) {
			extra_option(m);
		}
		mkcap_option_end(m);
	}
	mkcap_block_end(m);
}

/* Notes the length of the parameter whose bytes follow. */
static void param(struct mkcap *m, size_t len)
{
	if (m->large) {
		mkcap_u32(&m->lens, (uint32_t)len, m->big_endian);
	} else if (len <= UINT16_MAX) {
		mkcap_u16(&m->lens, (uint16_t)len, m->big_endian);
	} else {
		fprintf(stderr, "mkcap: parameter of %zu bytes in event type %u\n", len, m->type);
		abort();
	}
	m->nparams++;
}

void mkcap_p_u8(struct mkcap *m, uint8_t x)
{
	param(m, 1);
	buf_addc(&m->values, (char)x);
}

void mkcap_p_u16(struct mkcap *m, uint16_t x)
{
	param(m, 2);
	mkcap_u16(&m->values, x, m->big_endian);
}

void mkcap_p_u32(struct mkcap *m, uint32_t x)
{
	param(m, 4);
	mkcap_u32(&m->values, x, m->big_endian);
}

void mkcap_p_u64(struct mkcap *m, uint64_t x)
{
	param(m, 8);
	mkcap_u64(&m->values, x, m->big_endian);
}

void mkcap_p_s64(struct mkcap *m, int64_t x)
{
	mkcap_p_u64(m, (uint64_t)x);
}

void mkcap_p_bytes(struct mkcap *m, const void *p, size_t n)
{
	param(m, n);
	buf_add(&m->values, p, n);
}

void mkcap_p_str(struct mkcap *m, const char *s)
{
	mkcap_p_bytes(m, s, s != NULL ? strlen(s) + 1 : 0);
}

void mkcap_p_empty(struct mkcap *m)
{
	param(m, 0);
}

void mkcap_p_tuple4(struct mkcap *m, const char *sip, uint16_t sport, const char *dip,
		    uint16_t dport)
{
	param(m, 13);
	buf_addc(&m->values, 2);
	mkcap_ip4(&m->values, sip);
	mkcap_u16(&m->values, sport, m->big_endian);
	mkcap_ip4(&m->values, dip);
	mkcap_u16(&m->values, dport, m->big_endian);
}

void mkcap_p_tuple6(struct mkcap *m, const char *sip, uint16_t sport, const char *dip,
		    uint16_t dport)
{
	param(m, 37);
	buf_addc(&m->values, 10);
	mkcap_ip6(&m->values, sip);
	mkcap_u16(&m->values, sport, m->big_endian);
	mkcap_ip6(&m->values, dip);
	mkcap_u16(&m->values, dport, m->big_endian);
}

void mkcap_p_tuple_unix(struct mkcap *m, uint64_t src, uint64_t dst, const char *path)
{
	param(m, 17 + strlen(path) + 1);
	buf_addc(&m->values, 1);
	mkcap_u64(&m->values, src, m->big_endian);
	mkcap_u64(&m->values, dst, m->big_endian);
	buf_add(&m->values, path, strlen(path) + 1);
}

void mkcap_p_sockaddr4(struct mkcap *m, const char *ip, uint16_t port)
{
	param(m, 7);
	buf_addc(&m->values, 2);
	mkcap_ip4(&m->values, ip);
	mkcap_u16(&m->values, port, m->big_endian);
}

void mkcap_p_sockaddr6(struct mkcap *m, const char *ip, uint16_t port)
{
	param(m, 19);
	buf_addc(&m->values, 10);
	mkcap_ip6(&m->values, ip);
	mkcap_u16(&m->values, port, m->big_endian);
}

void mkcap_p_sockaddr_unix(struct mkcap *m, const char *path)
{
	param(m, 1 + strlen(path) + 1);
	buf_addc(&m->values, 1);
	buf_add(&m->values, path, strlen(path) + 1);
}
