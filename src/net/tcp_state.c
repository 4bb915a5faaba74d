/*
 * tcp_state.c - the states of both ends of a TCP connection by Zeek's conventions, and conn_state made of
 * them. A SYN+ACK establishes both ends; a FIN closes its sender's; a RST resets it, but for what both ends
 * have closed already. Runs in the shard of the flow.
 */
#include "net/track.h"

static void set_state(struct tcp_side *side, enum tcp_state state)
{
	side->before = side->state;
	side->state = (uint8_t)state;
}

static void from_inactive(struct tcp_side *me, struct tcp_side *other, const struct layer *l, bool client)
{
	if ((l->tcp_flags & TCP_SYN) != 0) {
		if (client && other->state == TCP_ESTABLISHED) {	/* its answer was captured before it */
			set_state(me, TCP_ESTABLISHED);
		} else if (client) {
			set_state(me, (l->tcp_flags & TCP_ACK) != 0 ? TCP_SYN_ACK_SENT : TCP_SYN_SENT);
		} else {
			if (other->state == TCP_SYN_SENT) {
				set_state(other, TCP_ESTABLISHED);
			}
			set_state(me, TCP_ESTABLISHED);
		}
	}
	if ((l->tcp_flags & TCP_FIN) != 0) {
		set_state(me, TCP_CLOSED);
	}
	if ((l->tcp_flags & TCP_RST) != 0) {
		set_state(me, TCP_RESET);
	}
	if (me->state != TCP_INACTIVE) {
		return;
	}
	if (!client && l->payload_len == 0 && other->state == TCP_SYN_SENT) {
		return;	/* some acknowledge a SYN before they answer it */
	}
	set_state(me, (l->tcp_flags & TCP_ACK) != 0 && other->state == TCP_ESTABLISHED ? TCP_ESTABLISHED : TCP_PARTIAL);
}

static void from_established(struct tcp_side *me, struct tcp_side *other, uint8_t flags)
{
	if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && me->state == TCP_PARTIAL && other->state == TCP_INACTIVE) {
		set_state(me, TCP_SYN_SENT);
	}
	if ((flags & (TCP_FIN | TCP_RST)) == TCP_FIN) {
		set_state(me, TCP_CLOSED);
		if (other->state == TCP_RESET && other->before == TCP_CLOSED) {	/* a FIN, then a RST: an ordinary end */
			set_state(other, TCP_CLOSED);
		}
	}
	if ((flags & TCP_RST) != 0) {
		set_state(me, TCP_RESET);
	}
}

void tcp_state_packet(struct live_flow *lf, const struct layer *l, unsigned int dir)
{
	struct tcp_side *me = &lf->side[dir];
	struct tcp_side *other = &lf->side[1 - dir];

	switch (me->state) {
	case TCP_INACTIVE:
		from_inactive(me, other, l, dir == lf->flow->client);
		break;
	case TCP_SYN_SENT:
	case TCP_SYN_ACK_SENT:
		if ((l->tcp_flags & TCP_FIN) != 0) {
			set_state(me, TCP_CLOSED);
		}
		if ((l->tcp_flags & TCP_RST) != 0) {
			set_state(me, TCP_RESET);
		}
		break;
	case TCP_PARTIAL:
	case TCP_ESTABLISHED:
		from_established(me, other, l->tcp_flags);
		break;
	case TCP_CLOSED:
		if ((l->tcp_flags & TCP_RST) != 0 && other->state != TCP_CLOSED) {
			set_state(me, TCP_RESET);
		}
		break;
	default:
		break;
	}
}

static bool inactive(const struct tcp_side *side)
{
	return side->state == TCP_INACTIVE || side->state == TCP_PARTIAL;
}

static enum conn_state reset_by_responder(const struct live_flow *lf)
{
	const struct tcp_side *o = &lf->side[lf->flow->client];
	bool empty = lf->flow->side[0].payload_bytes == 0 && lf->flow->side[1].payload_bytes == 0;

	if (o->state == TCP_SYN_SENT || o->state == TCP_SYN_ACK_SENT || (o->state == TCP_RESET && empty)) {
		return CONN_REJ;
	}
	return inactive(o) ? CONN_RSTRH : CONN_RSTR;
}

uint8_t tcp_conn_state(const struct live_flow *lf)
{
	const struct tcp_side *o = &lf->side[lf->flow->client];
	const struct tcp_side *r = &lf->side[1 - lf->flow->client];

	if (r->state == TCP_RESET) {
		return (uint8_t)reset_by_responder(lf);
	}
	if (o->state == TCP_RESET) {
		if (!inactive(r)) {
			return CONN_RSTO;
		}
		return lf->flow->side[lf->flow->client].syns > 0 && !r->spoke ? CONN_RSTOS0 : CONN_OTH;
	}
	if (o->state == TCP_CLOSED && r->state == TCP_CLOSED) {
		return CONN_SF;
	}
	if (o->state == TCP_CLOSED) {
		return inactive(r) ? CONN_SH : CONN_S2;
	}
	if (r->state == TCP_CLOSED) {
		return inactive(o) ? CONN_SHR : CONN_S3;
	}
	if (o->state == TCP_SYN_SENT && r->state == TCP_INACTIVE) {
		return CONN_S0;
	}
	return o->state == TCP_ESTABLISHED && r->state == TCP_ESTABLISHED ? CONN_S1 : CONN_OTH;
}
