/*
 * tcp_marks.c - what a TCP segment shows by its numbers alone, before anything of it is taken into the
 * stream: keep-alives, zero windows, window updates, duplicate acknowledgements, SYNs and FINs sent again.
 * Runs in the shard of the flow.
 */
#include "net/track.h"

/* The sequence number behind all that was sent. */
static uint32_t next_seq(const struct tcp_side *me)
{
	return me->base + (uint32_t)me->stream.high + (me->fin_off == me->stream.high ? 1 : 0);
}

/* One byte or none in front of what is next, all of which was acknowledged (RFC 9293, 3.8.4). */
static bool is_keep_alive(const struct tcp_side *me, const struct layer *l)
{
	return me->spoke && me->known && l->payload_len <= 1 && l->seq == next_seq(me) - 1 &&
	       (l->tcp_flags & TCP_ACK) != 0 && (l->payload_len == 0 || me->acked >= me->stream.high);
}

/* Nothing but an acknowledgement that says the same as the one before (RFC 5681, 2). */
static bool repeats_ack(const struct tcp_side *me, const struct layer *l)
{
	return me->acks && l->payload_len == 0 && (l->tcp_flags & TCP_ACK) != 0 && l->ack == me->last_ack &&
	       l->seq == next_seq(me);
}

static void mark_ack(struct live_flow *lf, struct layer *l)
{
	const struct tcp_side *me = &lf->side[l->from];
	const struct tcp_side *other = &lf->side[1 - l->from];

	if (!repeats_ack(me, l)) {
		return;
	}
	if (l->window != me->last_window) {
		l->marks |= MARK_WINDOW_UPDATE;
	} else if (!other->keep_alive && other->known && (int64_t)other->stream.high > tcp_offset(other, l->ack)) {
		l->marks |= MARK_DUP_ACK;
		lf->flow->side[l->from].dup_acks++;
	}
}

static bool sent_again(const struct live_flow *lf, const struct layer *l)
{
	const struct tcp_side *me = &lf->side[l->from];

	if ((l->tcp_flags & TCP_SYN) != 0) {
		return lf->flow->side[l->from].syns > 1 && l->seq == me->syn_seq;
	}
	return (l->tcp_flags & TCP_FIN) != 0 && l->payload_len == 0 && me->fin_off != UINT64_MAX &&
	       tcp_offset(me, l->seq) == (int64_t)me->fin_off;
}

void tcp_mark(struct live_flow *lf, struct layer *l)
{
	struct flow_side *fs = &lf->flow->side[l->from];
	struct tcp_side *me = &lf->side[l->from];

	if ((l->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0) {
		if (UNLIKELY(l->window == 0)) {
			l->marks |= MARK_ZERO_WINDOW;
			fs->zero_windows++;
			flow_letter_counted(lf, l->from, 'W', &me->zero_windows);
		}
		if (UNLIKELY(is_keep_alive(me, l))) {
			l->marks |= MARK_KEEP_ALIVE;
		} else {
			mark_ack(lf, l);
		}
	} else if (UNLIKELY(sent_again(lf, l))) {
		l->marks |= MARK_RETRANSMISSION;
		fs->retransmissions++;
	}
	me->keep_alive = (l->marks & MARK_KEEP_ALIVE) != 0;
	if ((l->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK) {
		me->last_ack = l->ack;
		me->last_window = l->window;
		me->acks = true;
	}
}
