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

/* Both ends are there: numbers of a third one must be acknowledged. */
static bool is_live(const struct live_flow *lf)
{
	return lf->side[0].spoke && lf->side[1].spoke && !tcp_is_over(lf);
}

/* A SYN that was seen before, or captured behind what follows it. */
static bool is_its_own(const struct live_flow *lf, const struct layer *l)
{
	const struct tcp_side *me = &lf->side[l->from];

	return (lf->flow->side[l->from].syns > 0 && l->seq == me->syn_seq) || !me->known || l->seq + 1 == me->base;
}

static bool is_syn(const struct layer *l)
{
	return UNLIKELY((l->tcp_flags & (TCP_SYN | TCP_RST)) == TCP_SYN) && (l->flags & LAYER_NO_TRANSPORT) == 0;
}

bool tcp_begins_another(const struct live_flow *lf, const struct layer *l)
{
	if (LIKELY(!is_syn(l))) {
		return false;
	}
	if (lf->flow->side[l->from].syns > 0 && l->seq == lf->side[l->from].syn_seq) {
		return false;
	}
	if ((l->tcp_flags & TCP_ACK) == 0) {
		return !is_its_own(lf, l) && !is_live(lf);
	}
	if (tcp_is_over(lf)) {
		return true;
	}
	if (is_live(lf)) {
		return lf->proposal.num != 0 && lf->proposal.dir != l->from && l->ack == lf->proposal.seq + 1;
	}
	return lf->flow->side[l->from].syns > 0 && l->ack != lf->side[1 - l->from].base;
}

bool tcp_is_stray_syn(const struct live_flow *lf, const struct layer *l)
{
	if (LIKELY(!is_syn(l)) || is_its_own(lf, l) || !is_live(lf)) {
		return false;
	}
	return (l->tcp_flags & TCP_ACK) == 0 || l->ack != lf->side[1 - l->from].base;
}

void tcp_propose(struct live_flow *lf, const struct seen *p)
{
	const struct layer *l = p->layer;
	struct proposal *x = &lf->proposal;

	if ((l->tcp_flags & TCP_ACK) != 0 || (x->num != 0 && x->seq == l->seq && x->dir == p->dir)) {
		return;
	}
	*x = (struct proposal){ .num = p->num, .ts_ns = p->ts_ns, .last_num = p->last_num, .last_ns = p->last_ns, .seq = l->seq, .frame_len = l->frame_len,
				.ip_len = l->ip_len, .dir = (uint8_t)p->dir, .window_shift = l->window_shift };
}

void tcp_take_back_syn(struct flow *f, const struct proposal *x)
{
	struct flow_side *side = &f->side[x->dir];

	side->packets--;
	side->bytes -= x->frame_len;
	side->ip_bytes -= x->ip_len;
	if (f->last_num == x->num) {
		f->last_num = x->last_num;
		f->last_ns = x->last_ns;
	}
}

int tcp_accept_syn(struct shard *s, struct live_flow *lf, const struct proposal *x)
{
	struct flow *f = lf->flow;
	struct tcp_side *me = &lf->side[x->dir];
	struct flow_side *side;
	struct knot open = { .ts_ns = x->ts_ns, .num = x->num, .kind = KNOT_OPEN };

	if (f == NULL) {
		return 0;
	}
	side = &f->side[x->dir];
	f->first_num = x->num;
	f->first_ns = f->last_ns = f->syn_ns = x->ts_ns;
	f->began_ns = lf->last_ns = x->ts_ns;
	f->first_from = f->client = x->dir;
	f->flags &= (uint16_t)~(FLOW_START_MISSED | FLOW_FLIPPED);
	memset(f->history, 0, sizeof(f->history));
	lf->history = 0;
	side->packets = 1;
	side->bytes = x->frame_len;
	side->ip_bytes = x->ip_len;
	side->syns = 1;
	side->window_shift = x->window_shift;
	me->syn_seq = x->seq;
	me->base = x->seq + 1;
	me->known = me->spoke = true;
	me->state = TCP_SYN_SENT;
	flow_letter(lf, x->dir, LETTER_S);
	return s->knots ? flow_knot(s, f, x->dir, &open) : 0;
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

	if (UNLIKELY(!me->spoke)) {
		me->bare = l->payload_len == 0 && (l->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0;
	}
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
