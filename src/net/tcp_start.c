/*
 * tcp_start.c - how TCP connections begin: who opened it, where the streams of both ends start, and whether a
 * segment opens another connection between the same ports. Runs in the shard of the flow.
 */
#include "net/track.h"

void tcp_first(struct live_flow *lf, const struct layer *l)
{
	struct flow *f = lf->flow;

	lf->side[0].fin_off = lf->side[1].fin_off = UINT64_MAX;
	if ((l->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN) {
		return;
	}
	f->flags |= FLOW_START_MISSED;
	if ((l->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
		flow_set_client(lf, 1 - l->from);
	} else {
		flow_set_client(lf, flow_guess_client(&f->key, l->from, false));
	}
}

bool tcp_begins_another(const struct live_flow *lf, const struct layer *l)
{
	const struct tcp_side *me = &lf->side[l->from];

	if (LIKELY((l->tcp_flags & (TCP_SYN | TCP_RST)) != TCP_SYN) || (l->flags & LAYER_NO_TRANSPORT) != 0) {
		return false;
	}
	if (lf->flow->side[l->from].syns > 0 && l->seq == me->syn_seq) {
		return false;
	}
	if ((l->tcp_flags & TCP_ACK) == 0) {
		/* One that was captured behind its answer belongs to it. */
		return me->known && l->seq + 1 != me->base;
	}
	if (tcp_is_over(lf)) {
		return true;
	}
	return lf->flow->side[l->from].syns > 0 && l->ack != lf->side[1 - l->from].base;
}

/* Nothing of the stream was taken yet: its start may still move. */
static bool untouched(const struct tcp_side *side)
{
	return side->stream.high == 0;
}

void tcp_learn_base(struct live_flow *lf, const struct layer *l)
{
	struct tcp_side *me = &lf->side[l->from];
	struct tcp_side *other = &lf->side[1 - l->from];

	if ((l->tcp_flags & TCP_SYN) != 0) {
		if (untouched(me)) {
			me->base = l->seq + 1;
		}
		me->syn_seq = l->seq;
		me->known = true;
		me->guessed = false;
	} else if ((l->tcp_flags & TCP_RST) == 0) {
		if (!me->known ||
		    (me->guessed && untouched(me) && (lf->flow->flags & FLOW_START_MISSED) != 0)) {
			me->base = l->seq;
			me->known = true;
		}
		me->guessed = false;
	}
	if ((l->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK && !other->known) {
		other->base = l->ack;
		other->known = true;
		other->guessed = true;
	}
}

void tcp_take_syn(struct live_flow *lf, const struct seen *p)
{
	struct flow *f = lf->flow;
	const struct layer *l = p->layer;

	f->side[p->dir].syns++;
	f->side[p->dir].window_shift = l->window_shift;
	if ((l->tcp_flags & TCP_ACK) != 0) {
		f->synack_ns = f->synack_ns == 0 ? p->ts_ns : f->synack_ns;
		return;
	}
	f->syn_ns = f->syn_ns == 0 ? p->ts_ns : f->syn_ns;
	if (f->side[1 - p->dir].syns == 0) {
		return;
	}
	if (p->dir != f->client) {
		f->flags |= FLOW_SIMULTANEOUS_OPEN;
	} else {	/* if there was none before: it was captured behind its answer */
		f->flags &= (uint16_t)~FLOW_START_MISSED;
	}
}
