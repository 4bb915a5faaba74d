/*
 * tcp_reopen.c - ends and jumps of a TCP stream that turn out to have been claims of somebody else: the sender goes on
 * as if nothing had been. Runs in the shard of the flow.
 */
#include "net/track.h"

static void revive(struct tcp_side *side, uint8_t ended_as)
{
	side->ended = false;
	side->reset = false;
	if (side->state == ended_as) {
		side->state = side->before;
	}
}

/* A new round for the analyzers; bytes that went by meanwhile were not looked at. */
static int look_again(struct shard *s, struct live_flow *lf)
{
	if (!lf->content && !lf->wanted) {
		return 0;
	}
	return feed_restart(s, lf);
}

static bool is_in_order(const struct tcp_side *me, const struct layer *l)
{
	return me->known && l->payload_len > 0 && tcp_offset(me, l->seq) == (int64_t)me->stream.edge;
}

static bool acks_more(const struct tcp_side *me, const struct tcp_side *other, const struct layer *l)
{
	int64_t off = (l->tcp_flags & TCP_ACK) != 0 && other->known ? tcp_offset(other, l->ack) : 0;

	return off > (int64_t)me->reset_off && off <= (int64_t)other->stream.high;
}

int tcp_reopen(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	const struct layer *l = p->layer;
	struct tcp_side *me = &lf->side[p->dir];
	struct tcp_side *other = &lf->side[1 - p->dir];

	if ((l->tcp_flags & (TCP_SYN | TCP_RST)) != 0 || !me->ended) {
		return 0;
	}
	if (me->reset && (is_in_order(me, l) || acks_more(me, other, l))) {
		revive(me, TCP_RESET);
		if (other->fin_off > other->stream.edge || other->fin_off == UINT64_MAX) {
			revive(other, TCP_RESET);
		}
		return look_again(s, lf);
	}
	if (!me->reset && me->fin_off == me->stream.edge && is_in_order(me, l)) {
		me->fin_off = UINT64_MAX;
		revive(me, TCP_CLOSED);
		return look_again(s, lf);
	}
	return 0;
}

int tcp_take_back(struct shard *s, struct live_flow *lf, struct layer *l)
{
	struct tcp_side *me = &lf->side[l->from];
	uint64_t n = me->jumped_to - me->jumped_from;
	struct flow_side *fs = &lf->flow->side[l->from];

	if (tcp_offset(me, l->seq) != (int64_t)me->jumped_from || me->stream.edge != me->jumped_to ||
	    me->stream.high != me->jumped_to) {
		return 0;
	}
	tcp_stream_take_back(&me->stream, me->jumped_from);
	me->acked = min_u64(me->acked, me->jumped_from);
	me->ack_votes = 0;
	me->jumped_to = me->jumped_from;
	fs->missed_bytes -= min_u64(fs->missed_bytes, n);
	fs->out_of_order++;
	l->marks |= MARK_OUT_OF_ORDER;
	return look_again(s, lf);
}
