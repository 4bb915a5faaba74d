/*
 * track_copies.c - packets that were captured more than once: at several interfaces, by a mirror port that sees both
 * sides of a switch, by the pseudo interface "any". The last packets of a shard are remembered and compared; the rules
 * are in track.h. Runs in the shard of the flow.
 */
#include "base/hash.h"
#include "net/track.h"

/* Between two captures of one packet: bridges, mirror ports and the queues of taps add at most milliseconds. */
#define COPY_NS (UINT64_C(50) * 1000000)
/* Where no IP number tells: below what a retransmission over a real network takes. */
#define COPY_PLACES_NS (UINT64_C(10) * 1000000)
#define COPY_BARE_NS (UINT64_C(200) * 1000)
#define COPY_BARE6_NS UINT64_C(999)	/* no IP number ever tells */

/* Bytes of a datagram that are compared: of its beginning, and of its end. */
#define SAMPLE 64

/* Of TCP the checksum has to do: numbers and lengths are compared beside it, and a look at the payload costs. */
static uint32_t tag_of(const struct copies *c, const struct layer *l)
{
	uint64_t h;
	uint32_t n;

	if (LIKELY(l->key.ip_proto == IP_TCP)) {
		return (uint32_t)l->tcp_flags << 16 | l->tcp_checksum;
	}
	h = c->seed ^ (uint32_t)(l->tcp_checksum << 8 | l->icmp_code);
	n = l->payload_cap < SAMPLE ? l->payload_cap : SAMPLE;
	if (n > 0) {
		h = hash_bytes(h, l->payload, n);
	}
	if (l->payload_cap > SAMPLE) {
		n = l->payload_cap - SAMPLE < SAMPLE ? l->payload_cap - SAMPLE : SAMPLE;
		h = hash_bytes(h, l->payload + l->payload_cap - n, n);
	}
	return (uint32_t)(h ^ h >> 32);
}

/* Without seed: which packets are forgotten must not differ from run to run. */
static inline uint32_t slot_at(uint32_t seq, uint32_t ack, uint16_t len, uint16_t ip_id)
{
	uint64_t h = ((uint64_t)seq << 32 | ack) * UINT64_C(0x9e3779b97f4a7c15);

	h ^= ((uint32_t)len << 16 | ip_id) * UINT64_C(0xd6e8feb86659fd93);
	h *= UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)(h >> 40);
}

static uint32_t slot_of(const struct recent *r)
{
	return slot_at(r->seq, r->ack, r->len, r->ip_id);
}

void track_copies_prefetch(const struct copies *c, const struct layer *l)
{
	bool tcp = l->key.ip_proto == IP_TCP;

	if (LIKELY(c->slots != NULL)) {
		const struct copies_slot *slot = &c->slots[slot_at(tcp ? l->seq : l->tcp_checksum, tcp ? l->ack : 0,
								   (uint16_t)l->payload_len, l->ip_id) & c->mask];

		__builtin_prefetch(slot, 1);
		__builtin_prefetch(&slot->recent[2], 1);
	}
}

static void print_of(const struct copies *c, const struct live_flow *lf, const struct seen *p, struct recent *ret_r)
{
	const struct layer *l = p->layer;
	bool tcp = l->key.ip_proto == IP_TCP;

	ret_r->ts_ns = p->ts_ns;
	ret_r->flow = lf->serial << 1 | p->dir;
	ret_r->place = l->place;
	ret_r->seq = tcp ? l->seq : l->tcp_checksum;
	ret_r->ack = tcp ? l->ack : 0;
	ret_r->len = (uint16_t)l->payload_len;
	ret_r->ip_id = l->ip_id;
	ret_r->tag = tag_of(c, l);
}

/* How far apart in time two captures of it may be; none: 0. */
static uint64_t patience(const struct live_flow *lf, const struct seen *p, bool same_place)
{
	const struct layer *l = p->layer;
	uint8_t ids = l->ip_id != 0 ? lf->ip_ids[p->dir] : IP_IDS_REPEAT;

	if (ids == IP_IDS_CHANGE) {
		return COPY_NS;
	}
	if (!same_place) {
		return COPY_PLACES_NS;
	}
	if (l->key.ip_proto == IP_TCP) {
		if (l->payload_len == 0 && (l->tcp_flags & (TCP_SYN | TCP_FIN)) == 0) {
			return 0;
		}
		return l->key.ip_version == 6 && (l->place & PLACE_MIXED) == 0 ? COPY_BARE6_NS : COPY_BARE_NS;
	}
	return ids == IP_IDS_UNKNOWN ? COPY_BARE_NS : 0;
}

static bool is_copy_of(const struct live_flow *lf, const struct seen *p, const struct recent *r)
{
	uint64_t may = patience(lf, p, r->place == p->print.place);
	uint64_t apart = r->ts_ns > p->ts_ns ? r->ts_ns - p->ts_ns : p->ts_ns - r->ts_ns;

	if (apart == 0 && p->ts_ns % 1000 != 0) {
		return true;
	}
	if ((r->ts_ns == 0) != (p->ts_ns == 0) || (p->ts_ns == 0 && may != COPY_NS)) {
		return false;
	}
	return may > 0 && apart <= may;
}

bool track_is_copy(struct shard *s, const struct live_flow *lf, struct seen *p)
{
	const struct copies *c = &s->copies;
	const struct recent *r;

	print_of(c, lf, p, &p->print);
	if (UNLIKELY(c->slots == NULL)) {
		return false;
	}
	r = c->slots[slot_of(&p->print) & c->mask].recent;
	for (unsigned int i = 0; i < COPIES_WAYS; i++, r++) {
		if (UNLIKELY(r->flow == p->print.flow && r->seq == p->print.seq && r->ack == p->print.ack &&
			     r->len == p->print.len && r->ip_id == p->print.ip_id && r->tag == p->print.tag) &&
		    is_copy_of(lf, p, r)) {
			return true;
		}
	}
	return false;
}

static void put(struct copies *c, const struct recent *r)
{
	struct recent *slot = c->slots[slot_of(r) & c->mask].recent;

	memmove(slot + 1, slot, (COPIES_WAYS - 1) * sizeof(*slot));
	slot[0] = *r;
}

static int grow(struct copies *c)
{
	size_t n = c->slots != NULL ? (c->mask + (size_t)1) * 4 : COPIES_SLOTS_MIN;
	struct copies bigger = { .mask = (uint32_t)n - 1, .seed = c->seed, .count = c->count };

	bigger.slots = calloc(n, sizeof(*bigger.slots));
	if (bigger.slots == NULL) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; c->slots != NULL && i <= c->mask; i++) {
		for (unsigned int k = COPIES_WAYS; k-- > 0;) {	/* the oldest first */
			if (c->slots[i].recent[k].flow != 0) {
				put(&bigger, &c->slots[i].recent[k]);
			}
		}
	}
	free(c->slots);
	*c = bigger;
	return 0;
}

int track_remember(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	struct copies *c = &s->copies;
	uint16_t id = p->layer->ip_id;

	if (lf->ip_ids[p->dir] == IP_IDS_NONE) {
		lf->ip_ids[p->dir] = IP_IDS_UNKNOWN;
	} else {
		lf->ip_ids[p->dir] = id != lf->last_ip_id[p->dir] ? IP_IDS_CHANGE : IP_IDS_REPEAT;
	}
	lf->last_ip_id[p->dir] = id;
	if (UNLIKELY(c->slots == NULL || (c->count > c->mask / 2 && c->mask + 1 < COPIES_SLOTS_MAX)) && grow(c) != 0) {
		return ERR_NOMEM;
	}
	c->count++;
	put(c, &p->print);
	return 0;
}

void copies_init(struct copies *c)
{
	memset(c, 0, sizeof(*c));
	c->seed = hash_seed(c);
}

void copies_release(struct copies *c)
{
	free(c->slots);
	copies_init(c);
}
