/*
 * tcp_sent.c - were bytes that are sent again the same? The rules, and what is not compared, are in track.h (struct
 * sent). Runs in the shard of the flow.
 */
#include "base/cursor.h"
#include "net/track.h"

/* The ones' complement sum of the payload, never 0. */
static uint16_t sum_of(const struct layer *l)
{
	const uint8_t *p = l->payload;
	uint32_t n = l->payload_cap;
	uint64_t sum = 0;

	for (; n >= 4; p += 4, n -= 4) {
		sum += load_be32(p);
	}
	if (n >= 2) {
		sum += load_be16(p);
		p += 2;
		n -= 2;
	}
	if (n > 0) {
		sum += (uint64_t)p[0] << 8;
	}
	while (sum > UINT16_MAX) {
		sum = (sum >> 16) + (sum & UINT16_MAX);
	}
	return sum != 0 ? (uint16_t)sum : UINT16_MAX;
}

static bool can_be_summed(const struct layer *l)
{
	return l->payload_sum != 0 && l->payload_cap == l->payload_len;
}

/* The first bytes of a segment before, where this one has them too. */
static bool sample_differs(const struct sent *s, const struct layer *l)
{
	uint32_t at = s->seq - l->seq;
	uint32_t n;

	if (s->sample_len == 0 || at >= l->payload_cap) {
		return false;
	}
	n = l->payload_cap - at < s->sample_len ? l->payload_cap - at : s->sample_len;
	return memcmp(s->sample, l->payload + at, n) != 0;
}

bool tcp_sent_differs(struct tcp_side *me, const struct layer *l)
{
	bool sums = false;

	for (unsigned int i = 0; i < RECENT_SENT; i++) {
		const struct sent *s = &me->sent[i];

		if (sample_differs(s, l)) {
			return true;
		}
		sums |= s->sum != 0 && s->seq == l->seq && s->len == (uint16_t)l->payload_len &&
			s->sum != l->payload_sum;
	}
	if (!sums || me->claims != CLAIMS_TRUE || !can_be_summed(l)) {
		return false;
	}
	if (sum_of(l) != l->payload_sum) {
		me->claims = CLAIMS_FALSE;
		return false;
	}
	return true;
}

void tcp_remember_sent(struct tcp_side *me, const struct layer *l)
{
	struct sent *s = &me->sent[me->sent_at];

	if (UNLIKELY(me->claims == CLAIMS_UNKNOWN) && can_be_summed(l)) {
		me->claims = sum_of(l) == l->payload_sum ? CLAIMS_TRUE : CLAIMS_FALSE;
	}
	me->sent_at = (me->sent_at + 1) % RECENT_SENT;
	s->seq = l->seq;
	s->len = (uint16_t)l->payload_len;
	s->sum = l->payload_sum;
	if (LIKELY(l->payload_cap >= sizeof(s->sample))) {
		s->sample_len = sizeof(s->sample);
		memcpy(s->sample, l->payload, sizeof(s->sample));
	} else {
		s->sample_len = (uint8_t)l->payload_cap;
		if (s->sample_len > 0) {
			memcpy(s->sample, l->payload, s->sample_len);
		}
	}
}
