/*
 * track_copies.c - packets that were captured more than once: the last few of each direction are remembered and
 * compared. Runs in the shard of the flow.
 */
#include "net/track.h"

/*
 * The same packet again: seen on another interface, or twice on one (the pseudo interface "any"), where the
 * IP header's number tells it from a retransmission. A checksum of 0 in UDP says nothing.
 */
bool track_is_copy(const struct live_flow *lf, const struct seen *p)
{
	const struct layer *l = p->layer;

	for (unsigned int i = 0; i < RECENT_PACKETS; i++) {
		const struct recent *r = &lf->recent[p->dir][i];

		if (LIKELY(r->seq != l->seq || r->checksum != l->tcp_checksum || r->len != l->payload_len + 1 ||
			   r->ack != l->ack || r->tcp_flags != l->tcp_flags)) {
			continue;
		}
		if (r->ip_id == l->ip_id && l->ip_id != 0) {
			return true;
		}
		if (r->interface != (uint16_t)p->packet->interface &&
		    (l->tcp_checksum != 0 || l->key.ip_proto == IP_TCP)) {
			return true;
		}
	}
	return false;
}

/* Its length is kept plus one, so that an empty place is like no packet. */
void track_remember(struct live_flow *lf, const struct seen *p)
{
	const struct layer *l = p->layer;
	struct recent *r = &lf->recent[p->dir][lf->recent_at[p->dir]];

	lf->recent_at[p->dir] = (lf->recent_at[p->dir] + 1) % RECENT_PACKETS;
	r->seq = l->seq;
	r->ack = l->ack;
	r->len = l->payload_len + 1;
	r->checksum = l->tcp_checksum;
	r->ip_id = l->ip_id;
	r->interface = (uint16_t)p->packet->interface;
	r->tcp_flags = l->tcp_flags;
	r->sample_len = (uint8_t)min_u64(l->payload_cap, sizeof(r->sample));
	if (r->sample_len > 0) {
		memcpy(r->sample, l->payload, r->sample_len);
	}
}
