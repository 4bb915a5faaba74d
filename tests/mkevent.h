/*
 * mkevent.h - one struct event over a hand-made byte array, for tests of what reads events without
 * a capture around them. Parameters are appended in order; mkevent_done fills the record.
 */
#ifndef MKEVENT_H
#define MKEVENT_H

#include "events/event.h"

#define MKEVENT_PARAMS 40
#define MKEVENT_BYTES 2048

struct mkevent {
	struct event ev;
	uint8_t bytes[MKEVENT_PARAMS * 4 + MKEVENT_BYTES]; /* lengths, then values */
	uint8_t values[MKEVENT_BYTES];
	uint32_t lens[MKEVENT_PARAMS];
	uint32_t used;
	unsigned int n;
	bool wide;
};

static inline void mkevent_init(struct mkevent *m, uint16_t stored_type)
{
	memset(m, 0, sizeof(*m));
	m->ev.stored_type = stored_type;
	m->ev.refs = EVENT_NO_REFS;
	m->ev.tid = 1;
}

static inline void mkevent_bytes(struct mkevent *m, const void *p, size_t n)
{
	assert(m->n < MKEVENT_PARAMS && m->used + n <= MKEVENT_BYTES);
	if (n > 0) {
		memcpy(m->values + m->used, p, n);
	}
	m->used += (uint32_t)n;
	m->lens[m->n++] = (uint32_t)n;
}

/* A little-endian number of n bytes. */
static inline void mkevent_num(struct mkevent *m, uint64_t x, unsigned int n)
{
	uint8_t b[8];

	for (unsigned int i = 0; i < 8; i++) {
		b[i] = (uint8_t)(x >> (8 * i));
	}
	mkevent_bytes(m, b, n);
}

static inline void mkevent_str(struct mkevent *m, const char *s)
{
	mkevent_bytes(m, s, strlen(s) + 1);
}

/* Lays the bytes out and looks the conversion up, as decoding does. */
static inline struct event *mkevent_done(struct mkevent *m)
{
	const struct schema_conv *conv;
	unsigned int width = m->wide ? 4 : 2;

	for (unsigned int i = 0; i < m->n; i++) {
		for (unsigned int k = 0; k < width; k++) {
			m->bytes[i * width + k] = (uint8_t)(m->lens[i] >> (8 * k));
		}
	}
	memcpy(m->bytes + m->n * width, m->values, m->used);
	m->ev.lens = m->bytes;
	m->ev.values_len = m->used;
	m->ev.stored_nparams = (uint8_t)m->n;
	m->ev.nparams = (uint8_t)m->n;
	m->ev.type = m->ev.stored_type;
	m->ev.flags |= m->wide ? EVENT_WIDE : 0;
	if (m->ev.type < SCHEMA_EVENTS) {
		m->ev.conv = schema_conv_index[m->ev.type][m->n < 33 ? m->n : 33];
		conv = &schema_convs[m->ev.conv];
		if (m->ev.conv != 0) {
			m->ev.type = conv->type;
			m->ev.nparams = conv->sources != NULL ? conv->nparams : (uint8_t)m->n;
		}
	}
	return &m->ev;
}

#endif
