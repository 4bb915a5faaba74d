/*
 * tcp.c - one TCP segment at a time: where it stands in the stream of its direction, what it acknowledges, what it
 * opens or closes; counts, marks and history of the flow, and content to the analyzers through stream.c. Reads
 * layers, fills their stamps. Runs in the shard of the flow.
 *
 * Numbers in segments are claims, maybe of somebody else than the two ends. A jump far ahead, in sequence or in
 * acknowledgement, is believed when several packets agree on it; a RST far from its stream ends nothing.
 */
#include "base/limits.h"
#include "net/track.h"

/* So many packets must agree on a jump. */
#define VOTES 3
/* Assumed reach of a sender where the window scale is not known. */
#define REACH_UNKNOWN (4 * (uint64_t)LIMIT_REORDER_BYTES)

/* Where the bytes of one direction go. */
struct out {
	struct shard *s;
	struct live_flow *lf;
	unsigned int dir;
	uint64_t ts_ns, num;
};

static int out_data(void *arg, uint64_t off, const uint8_t *p, size_t n)
{
	const struct out *o = arg;
	struct chunk c = { p, n, off, o->ts_ns, o->num };

	return o->lf->content ? feed_data(o->s, o->lf, o->dir, &c) : 0;
}

static int out_gap(void *arg, uint64_t off, uint64_t len, bool cut)
{
	const struct out *o = arg;

	if (!cut) {
		o->lf->flow->side[o->dir].missed_bytes += len;
		flow_letter_counted(o->lf, o->dir, 'G', &o->lf->side[o->dir].gaps);
	}
	return o->lf->content ? feed_gap(o->s, o->lf, o->dir, off, len, o->ts_ns, o->num) : 0;
}

static struct stream_sink sink_of(struct out *o)
{
	struct stream_sink sink = { o, out_data, out_gap };

	return sink;
}

static int give_up(struct out *o, uint64_t off)
{
	struct stream_sink sink = sink_of(o);

	return tcp_stream_give_up(&o->lf->side[o->dir].stream, &o->s->budget, off, &sink);
}

bool tcp_is_open(const struct live_flow *lf)
{
	const struct flow *f = lf->flow;

	return !tcp_is_over(lf) && ((lf->side[0].spoke && lf->side[1].spoke) || (f->flags & FLOW_START_MISSED) != 0 ||
				    f->side[0].payload_packets + f->side[1].payload_packets > 0);
}

void tcp_release(struct shard *s, struct live_flow *lf)
{
	tcp_stream_release(&lf->side[0].stream, &s->budget);
	tcp_stream_release(&lf->side[1].stream, &s->budget);
}

/* How far beyond the acknowledged a segment may be. */
static uint64_t reach(const struct live_flow *lf, unsigned int dir)
{
	const struct flow_side *from = &lf->flow->side[dir];
	const struct flow_side *to = &lf->flow->side[1 - dir];

	if (from->syns == 0 || to->syns == 0) {
		return REACH_UNKNOWN;
	}
	if (from->window_shift > 14 || to->window_shift > 14) {
		return LIMIT_REORDER_BYTES;
	}
	return max_u64((uint64_t)to->max_window << to->window_shift, LIMIT_REORDER_BYTES);
}

/* ---- letters --------------------------------------------------------------------------------- */

static void letters(struct live_flow *lf, const struct layer *l)
{
	uint8_t control = l->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST);

	switch (control) {
	case 0:
		if (l->payload_len > 0) {
			flow_letter(lf, l->from, LETTER_D);
		} else if ((l->tcp_flags & TCP_ACK) != 0) {
			flow_letter(lf, l->from, LETTER_A);
		}
		break;
	case TCP_SYN:
		flow_letter(lf, l->from, (l->tcp_flags & TCP_ACK) != 0 ? LETTER_H : LETTER_S);
		break;
	case TCP_FIN:
		flow_letter(lf, l->from, LETTER_F);
		break;
	case TCP_RST:
		flow_letter(lf, l->from, LETTER_R);
		break;
	case TCP_SYN | TCP_FIN:
	case TCP_SYN | TCP_RST:
		flow_letter(lf, l->from, LETTER_Q);
		break;
	default:
		flow_letter(lf, l->from, LETTER_I);
		break;
	}
}

/* ---- acknowledgements ------------------------------------------------------------------------ */

/*
 * Bytes that were acknowledged and not seen are not coming any more. One pure acknowledgement is not enough:
 * it may have been captured before the data. One that comes with data is, unless it is far off: what answers
 * them is next.
 */
static int take_ack(struct out *o, struct layer *l)
{
	struct tcp_side *side = &o->lf->side[o->dir];
	int64_t acked = tcp_offset(side, l->ack);
	uint64_t off;

	if (acked < 0) {
		return 0;
	}
	off = min_u64((uint64_t)acked, side->fin_off);
	if (LIKELY(off <= side->stream.edge)) {
		side->acked = max_u64(side->acked, off);
		side->ack_votes = 0;
		return 0;
	}
	l->marks |= MARK_ACKED_UNSEEN;
	if ((l->payload_len > 0 || (l->tcp_flags & TCP_FIN) != 0) && off <= side->stream.high + LIMIT_REORDER_BYTES) {
		side->ack_low = off;
		side->ack_votes = VOTES;
	} else {
		side->ack_low = side->ack_votes > 0 ? min_u64(side->ack_low, off) : off;
		side->ack_votes++;
	}
	if (side->ack_votes < VOTES) {
		return 0;
	}
	side->ack_votes = 0;
	side->acked = max_u64(side->acked, side->ack_low);
	return give_up(o, side->ack_low);
}

/* ---- content --------------------------------------------------------------------------------- */

/* The same beginning as when these bytes came first. */
static bool sample_differs(const struct live_flow *lf, const struct layer *l)
{
	for (unsigned int i = 0; i < RECENT_PACKETS; i++) {
		const struct recent *r = &lf->recent[l->from][i];
		uint32_t n = r->sample_len < l->payload_cap ? r->sample_len : l->payload_cap;

		if (n > 0 && r->seq == l->seq && memcmp(r->sample, l->payload, n) != 0) {
			return true;
		}
	}
	return false;
}

static bool sum_differs(const struct tcp_side *side, const struct layer *l)
{
	for (unsigned int i = 0; i < RECENT_SENT; i++) {
		const struct sent *s = &side->sent[i];

		if (s->sum != 0 && s->seq == l->seq && s->len == (uint16_t)l->payload_len && s->sum != l->payload_sum) {
			return true;
		}
	}
	return false;
}

static void remember_sum(struct tcp_side *side, const struct layer *l)
{
	struct sent *s = &side->sent[side->sent_at];

	if (l->payload_sum != 0) {
		s->seq = l->seq;
		s->len = (uint16_t)l->payload_len;
		s->sum = l->payload_sum;
		side->sent_at = (side->sent_at + 1) % RECENT_SENT;
	}
}

static void count_segment(struct live_flow *lf, struct layer *l, const struct stream_verdict *v)
{
	struct flow_side *fs = &lf->flow->side[l->from];

	if (v->before > 0) {
		l->marks |= MARK_RETRANSMISSION;
		fs->retransmissions++;
		fs->retransmitted_bytes += v->before;
		flow_letter_counted(lf, l->from, 'T', &lf->side[l->from].sent_again);
		if (v->differs || sample_differs(lf, l) ||
		    (l->payload_sum != 0 && sum_differs(&lf->side[l->from], l))) {
			l->marks |= MARK_OVERLAP_DIFFERS;
			lf->flow->flags |= FLOW_OVERLAP_DIFFERS;
		}
	}
	if (v->filled > 0) {
		l->marks |= MARK_OUT_OF_ORDER;
		fs->out_of_order++;
		fs->missed_bytes -= v->regained;
	}
	if (v->after_gap) {
		l->marks |= MARK_GAP;
	}
	if (v->gave_up) {
		lf->flow->flags |= FLOW_STREAM_DROPPED;
	}
}

/* Before the first byte that is known: n bytes that have no place in the stream. */
static void count_before_start(struct live_flow *lf, struct layer *l, uint32_t n)
{
	struct stream_verdict v = { 0 };

	if ((lf->flow->flags & FLOW_START_MISSED) != 0) {
		v.filled = n;
	} else {
		v.before = n;
	}
	count_segment(lf, l, &v);
}

/* Too far ahead to be believed? Asks again with each segment. */
static int leap(struct out *o, struct layer *l, uint64_t off, bool *ret_refused)
{
	struct tcp_side *side = &o->lf->side[o->dir];
	uint64_t far = reach(o->lf, o->dir);

	*ret_refused = false;
	if (LIKELY(off <= max_u64(side->stream.edge, side->acked) + far)) {
		side->jump_votes = 0;
		return 0;
	}
	if (side->jump_votes > 0 && off + far >= side->jump_off && off <= side->jump_off + far) {
		side->jump_votes++;
	} else {
		side->jump_votes = 1;
	}
	side->jump_off = off + l->payload_len;
	l->marks |= MARK_GAP;
	*ret_refused = side->jump_votes < VOTES;
	if (*ret_refused) {
		return 0;
	}
	side->jump_votes = 0;
	return give_up(o, off);
}

static int take_payload(struct out *o, struct layer *l)
{
	struct tcp_side *me = &o->lf->side[o->dir];
	struct stream_segment seg = { 0, l->payload_len, l->payload_cap, l->payload, o->lf->content };
	struct stream_sink sink = sink_of(o);
	int64_t at = tcp_offset(me, l->seq + ((l->tcp_flags & TCP_SYN) != 0 ? 1 : 0));
	struct stream_verdict v;
	bool refused;
	int rc;

	if (UNLIKELY(at < 0)) {
		uint32_t skip = (uint32_t)min_u64((uint64_t)-at, seg.len);
		uint32_t skip_cap = skip < seg.cap ? skip : seg.cap;

		count_before_start(o->lf, l, skip);
		seg.len -= skip;
		seg.cap -= skip_cap;
		seg.data += skip_cap;
		at = 0;
		if (seg.len == 0) {
			return 0;
		}
	}
	seg.off = (uint64_t)at;
	rc = leap(o, l, seg.off, &refused);
	if (rc != 0 || refused) {
		return rc;
	}
	rc = tcp_stream_add(&me->stream, &o->s->budget, &seg, &sink, &v);
	if (UNLIKELY(v.fresh != seg.len || v.after_gap || v.gave_up)) {
		count_segment(o->lf, l, &v);
	}
	remember_sum(me, l);
	return rc;
}

/* ---- ends ------------------------------------------------------------------------------------ */

static int end_stream(struct out *o, enum talk_end how)
{
	struct tcp_side *side = &o->lf->side[o->dir];

	if (side->ended) {
		return 0;
	}
	side->ended = true;
	return o->lf->content ? feed_end(o->s, o->lf, o->dir, how, o->ts_ns, o->num) : 0;
}

static int flush_and_end(struct out *o, enum talk_end how)
{
	struct tcp_side *side = &o->lf->side[o->dir];
	struct stream_sink sink = sink_of(o);
	int rc = side->ended ? 0 : tcp_stream_flush(&side->stream, &o->s->budget, &sink);

	if (rc == 0 && !side->ended && side->ack_votes > 0 && side->ack_low > side->stream.edge &&
	    side->ack_low <= side->stream.edge + LIMIT_REORDER_BYTES) {
		rc = give_up(o, side->ack_low);
	}
	return rc != 0 ? rc : end_stream(o, how);
}

/* Of the direction of a segment: where its FIN stands, if it can be one. */
static void take_fin(struct live_flow *lf, const struct layer *l)
{
	struct tcp_side *me = &lf->side[l->from];
	int64_t at = tcp_offset(me, l->seq + ((l->tcp_flags & TCP_SYN) != 0 ? 1 : 0)) + l->payload_len;

	lf->flow->side[l->from].fins++;
	if (me->fin_off == UINT64_MAX && at >= (int64_t)me->stream.edge &&
	    (uint64_t)at <= max_u64(me->stream.edge, me->acked) + reach(lf, l->from)) {
		me->fin_off = (uint64_t)at;
	}
}

static bool rst_is_near(const struct live_flow *lf, const struct layer *l)
{
	const struct tcp_side *me = &lf->side[l->from];
	uint64_t far = reach(lf, l->from);
	int64_t at;

	if (!me->known || !me->spoke || l->seq == 0) {
		return true;
	}
	at = tcp_offset(me, l->seq);
	return at + (int64_t)far >= (int64_t)me->stream.edge && at <= (int64_t)(me->stream.high + far);
}

static int take_rst(struct out *o, const struct layer *l)
{
	unsigned int dir = o->dir;
	int rc;

	o->lf->flow->side[dir].resets++;
	if (!rst_is_near(o->lf, l)) {
		return 0;
	}
	rc = flush_and_end(o, END_RESET);
	o->dir = 1 - dir;
	if (rc == 0) {
		rc = flush_and_end(o, END_RESET);
	}
	o->dir = dir;
	return rc;
}

/* Streams whose FIN is reached are over; when both are, nothing is waited for any more. */
static int close_reached(struct out *o)
{
	int rc = 0;

	for (unsigned int i = 0; i < 2 && rc == 0; i++) {
		struct tcp_side *side = &o->lf->side[i];
		struct out end = *o;

		end.dir = i;
		if (side->fin_off <= side->stream.edge && !side->ended) {
			rc = end_stream(&end, END_FIN);
		}
	}
	if (tcp_is_over(o->lf)) {
		tcp_release(o->s, o->lf);
	}
	return rc;
}

/* ---- a segment ------------------------------------------------------------------------------- */

static void count_payload(struct live_flow *lf, const struct layer *l)
{
	struct flow_side *fs = &lf->flow->side[l->from];

	if (l->payload_len > 0) {
		fs->payload_bytes += l->payload_len;
		fs->payload_packets++;
		if ((l->flags & LAYER_CUT) != 0) {
			lf->flow->flags |= FLOW_CUT;
		}
	}
	fs->max_window = fs->max_window < l->window ? l->window : fs->max_window;
}

static int take_content(struct out *o, struct layer *l)
{
	unsigned int dir = o->dir;
	int rc = 0;

	if ((l->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK) {
		o->dir = 1 - dir;
		rc = take_ack(o, l);
		o->dir = dir;
	}
	if (rc == 0 && (l->tcp_flags & TCP_FIN) != 0) {
		take_fin(o->lf, l);
	}
	if (rc == 0 && l->payload_len > 0 && (l->tcp_flags & TCP_RST) == 0 && (l->marks & MARK_KEEP_ALIVE) == 0) {
		rc = take_payload(o, l);
	}
	if (rc == 0 && (l->tcp_flags & TCP_RST) != 0) {
		rc = take_rst(o, l);
	}
	return rc;
}

int tcp_packet(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	struct out o = { s, lf, p->dir, p->ts_ns, p->num };
	struct flow *f = lf->flow;
	struct layer *l = p->layer;
	bool content = lf->content;
	int rc;

	tcp_learn_base(lf, l);
	if (UNLIKELY((l->tcp_flags & TCP_SYN) != 0)) {
		tcp_take_syn(lf, p);
	} else if (UNLIKELY(f->handshake_ns == 0 && f->synack_ns != 0) && p->dir == f->client &&
		   (l->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK) {
		f->handshake_ns = p->ts_ns;
	}
	count_payload(lf, l);
	tcp_mark(lf, l);
	tcp_state_packet(lf, l, p->dir);
	letters(lf, l);
	lf->side[p->dir].spoke = true;
	rc = take_content(&o, l);
	if (rc == 0 && (lf->side[0].fin_off != UINT64_MAX || lf->side[1].fin_off != UINT64_MAX || tcp_is_over(lf))) {
		rc = close_reached(&o);
	}
	if (content && !lf->content) {
		tcp_stream_drop_content(&lf->side[0].stream, &s->budget);
		tcp_stream_drop_content(&lf->side[1].stream, &s->budget);
	}
	return rc;
}

void tcp_stamp(const struct live_flow *lf, struct layer *l)
{
	const struct tcp_side *me = &lf->side[l->from];
	const struct tcp_side *other = &lf->side[1 - l->from];

	l->rel_seq = me->known ? l->seq - (me->base - 1) : 0;
	l->rel_ack = other->known && (l->tcp_flags & TCP_ACK) != 0 ? l->ack - (other->base - 1) : 0;
}

int tcp_end(struct shard *s, struct live_flow *lf)
{
	struct flow *f = lf->flow;
	struct out o = { s, lf, 0, f->last_ns, f->last_num };
	int rc = 0;

	for (o.dir = 0; o.dir < 2 && rc == 0; o.dir++) {
		struct tcp_side *side = &lf->side[o.dir];

		rc = flush_and_end(&o, side->fin_off <= side->stream.edge ? END_FIN : END_GONE);
	}
	for (unsigned int i = 0; i < 2; i++) {
		f->side[i].stream_bytes = lf->side[i].stream.edge;
		f->side[i].first_seq = lf->side[i].base;
	}
	f->conn_state = tcp_conn_state(lf);
	tcp_release(s, lf);
	return rc;
}
