/*
 * tcp.c - one TCP segment at a time: where it stands in the stream of its direction, what it acknowledges, what it
 * opens or closes; counts, marks and history of the flow, and content to the analyzers through stream.c. Reads
 * layers, fills their stamps. Runs in the shard of the flow.
 *
 * Numbers in segments are claims, maybe of somebody else than the two ends:
 *   - bytes that are acknowledged and were not seen are given up when the sender goes on behind them, or when what they
 *     are answered with is there (payload, FIN; up to 64 KiB); three acknowledgements must agree before that, and none is
 *     believed beyond the window. A sender who goes on in front of them takes all of it back;
 *   - a jump far ahead in sequence is believed when several segments agree on it; what was jumped over is not known to
 *     have been sent: neither stream_bytes nor missed_bytes, but FLOW_STREAM_DROPPED;
 *   - a RST far from its stream ends nothing, nor does one of number 0 of an end that has spoken; streams of an end that
 *     goes on after its RST or FIN are taken up again (tcp_reopen.c);
 *   - a SYN with other numbers in a live connection is a proposal (track.h).
 */
#include "base/limits.h"
#include "net/track.h"

/* So many packets must agree on a jump. */
#define VOTES 3
/* A packet with payload or FIN is enough for so many bytes: a window without scale. */
#define ANSWERED_BYTES 65535
/* Assumed reach of a sender where the window scale is not known. */
#define REACH_UNKNOWN (4 * (uint64_t)LIMIT_REORDER_BYTES)

/* Where the bytes of one direction go. */
struct out {
	struct shard *s;
	struct live_flow *lf;
	unsigned int dir;
	uint64_t ts_ns, num;
	const uint8_t *now;	/* payload of the packet at hand, or NULL */
	uint32_t now_cap;
	bool jump;	/* what is skipped may never have been sent */
};

static int out_data(void *arg, uint64_t off, const uint8_t *p, size_t n)
{
	const struct out *o = arg;
	struct chunk c = { p, n, off, o->ts_ns, o->num };

	o->lf->late = (uintptr_t)p - (uintptr_t)o->now >= o->now_cap;
	return o->lf->content ? feed_data(o->s, o->lf, o->dir, &c) : 0;
}

static int out_gap(void *arg, uint64_t off, uint64_t len, bool cut)
{
	const struct out *o = arg;

	if (UNLIKELY(o->jump)) {
		o->lf->side[o->dir].leapt += len;
	} else if (!cut) {
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

/* Offsets that only a FIN or a keep-alive makes: one behind all that was sent. */
static uint64_t without_signs(const struct out *o, const struct layer *l, struct tcp_side *side, uint64_t off)
{
	bool fin = (l->tcp_flags & TCP_FIN) != 0 || o->lf->flow->side[l->from].fins > 0;

	if (UNLIKELY(off == 1 && side->bare && side->stream.high == 0 && side->acked == 0 &&
		     (o->lf->flow->flags & FLOW_START_MISSED) != 0)) {	/* the first segment was a keep-alive */
		side->base++;
		side->bare = false;
		return 0;
	}
	if (fin && side->fin_off == UINT64_MAX && side->ack_votes == 0 &&
	    off == max_u64(side->stream.high, side->acked) + 1) {
		return off - 1;	/* the FIN of the other end, which was not captured */
	}
	return off;
}

/* What is believed to have arrived. enough: that it is answered by this packet. */
static int give_up_acked(struct out *o, uint64_t off, bool enough)
{
	struct tcp_side *side = &o->lf->side[o->dir];

	side->acked = max_u64(side->acked, off);
	if (enough && off > side->stream.high && side->spoke) {
		side->jumped_from = side->stream.high;
		side->jumped_to = off;
	} else if (side->spoke && !enough) {
		off = min_u64(off, side->stream.high);
	}
	return off > side->stream.edge ? give_up(o, off) : 0;
}

static int take_ack(struct out *o, struct layer *l)
{
	struct tcp_side *side = &o->lf->side[o->dir];
	int64_t acked = tcp_offset(side, l->ack);
	uint64_t off;

	if (acked < 0) {
		side->told = 0;
		return 0;
	}
	off = min_u64((uint64_t)acked, side->fin_off);
	side->told = off;
	if (UNLIKELY(off > side->stream.edge)) {
		off = without_signs(o, l, side, off);
	}
	if (LIKELY(off <= side->stream.edge)) {
		side->acked = max_u64(side->acked, off);
		side->ack_votes = 0;
		return 0;
	}
	l->marks |= MARK_ACKED_UNSEEN;
	if (side->spoke && off > max_u64(side->stream.high, side->acked) + reach(o->lf, o->dir)) {
		return 0;
	}
	if ((l->payload_len > 0 || (l->tcp_flags & TCP_FIN) != 0) && off <= side->stream.high + ANSWERED_BYTES) {
		side->ack_votes = 0;
		return give_up_acked(o, off, true);
	}
	side->ack_low = side->ack_votes > 0 ? min_u64(side->ack_low, off) : off;
	side->ack_votes++;
	if (side->ack_votes < VOTES) {
		return 0;
	}
	side->ack_votes = 0;
	return give_up_acked(o, side->ack_low, false);
}

/* ---- content --------------------------------------------------------------------------------- */

static void count_segment(struct live_flow *lf, struct layer *l, const struct stream_verdict *v)
{
	struct flow_side *fs = &lf->flow->side[l->from];

	if (v->before > 0) {
		l->marks |= MARK_RETRANSMISSION;
		fs->retransmissions++;
		fs->retransmitted_bytes += v->before;
		flow_letter_counted(lf, l->from, 'T', &lf->side[l->from].sent_again);
		if (v->differs || tcp_sent_differs(&lf->side[l->from], l)) {
			l->marks |= MARK_OVERLAP_DIFFERS;
			lf->flow->flags |= FLOW_OVERLAP_DIFFERS;
		}
	}
	if (v->filled > 0) {
		l->marks |= MARK_OUT_OF_ORDER;
		fs->out_of_order++;
		fs->missed_bytes -= min_u64(fs->missed_bytes, v->regained);
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

static int jump(struct out *o, uint64_t off)
{
	int rc;

	o->jump = true;
	rc = give_up(o, off);
	o->jump = false;
	return rc;
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
	o->lf->flow->flags |= FLOW_STREAM_DROPPED;
	if (tcp_stream_waits(&side->stream)) {
		struct stream_sink sink = sink_of(o);
		int rc = tcp_stream_flush(&side->stream, &o->s->budget, &sink);

		if (rc != 0) {
			return rc;
		}
	}
	return jump(o, off);
}

/* More was acknowledged than was seen: the sender goes on behind that, or shows that it was never sent. */
static int settle_acked(struct out *o, const struct stream_segment *seg)
{
	struct tcp_side *me = &o->lf->side[o->dir];

	if (seg->off >= me->acked) {
		return give_up(o, me->acked);
	}
	if (seg->off <= me->stream.high && seg->off + seg->len > me->stream.high) {
		me->acked = me->stream.high;
		me->ack_votes = 0;
	}
	return 0;
}

static int take_payload(struct out *o, const struct seen *p)
{
	struct layer *l = p->layer;
	struct tcp_side *me = &o->lf->side[o->dir];
	struct stream_segment seg = { 0, l->payload_len, l->payload_cap, l->payload, o->lf->content };
	struct stream_sink sink = sink_of(o);
	int64_t at;
	uint64_t high;
	struct stream_verdict v;
	bool refused;
	int rc = UNLIKELY(me->jumped_to > me->jumped_from) ? tcp_take_back(o->s, o->lf, l) : 0;

	if (rc != 0) {
		return rc;
	}
	seg.content = o->lf->content;
	at = tcp_offset(me, l->seq + ((l->tcp_flags & TCP_SYN) != 0 ? 1 : 0));
	high = me->stream.high;

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
	if (UNLIKELY(me->acked > me->stream.high)) {
		rc = settle_acked(o, &seg);
		if (rc != 0) {
			return rc;
		}
	}
	rc = tcp_stream_add(&me->stream, &o->s->budget, &seg, &sink, &v);
	if (UNLIKELY(v.fresh != seg.len || v.after_gap || v.gave_up)) {
		count_segment(o->lf, l, &v);
	}
	tcp_remember_sent(me, l);
	if (UNLIKELY(o->s->knots) && rc == 0) {
		rc = flow_knot_segment(o->s, o->lf, p, &seg, &v, high);
	}
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
	o->lf->wanted |= o->lf->content;
	return o->lf->content ? feed_end(o->s, o->lf, o->dir, how, o->ts_ns, o->num) : 0;
}

static int flush_and_end(struct out *o, enum talk_end how)
{
	struct tcp_side *side = &o->lf->side[o->dir];
	struct stream_sink sink = sink_of(o);
	int rc = side->ended ? 0 : tcp_stream_flush(&side->stream, &o->s->budget, &sink);

	if (rc == 0 && !side->ended) {
		uint64_t off = max_u64(side->acked, side->ack_votes > 0 ? side->ack_low : 0);

		off = min_u64(off, side->fin_off);
		if (off > side->stream.edge && (!side->spoke || off <= side->stream.edge + reach(o->lf, o->dir))) {
			rc = give_up(o, off);
		}
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

	if (!me->known || !me->spoke) {
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
	if (tcp_is_over(o->lf)) {
		return 0;
	}
	rc = flush_and_end(o, END_RESET);
	o->dir = 1 - dir;
	if (rc == 0) {
		rc = flush_and_end(o, END_RESET);
	}
	o->dir = dir;
	o->lf->side[dir].reset = true;
	o->lf->side[dir].reset_off = o->lf->side[1 - dir].stream.high;
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

static int take_content(struct out *o, const struct seen *p)
{
	struct layer *l = p->layer;
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
		rc = take_payload(o, p);
	}
	if (rc == 0 && (l->tcp_flags & TCP_RST) != 0) {
		rc = take_rst(o, l);
	}
	return rc;
}

int tcp_packet(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	struct out o = { s, lf, p->dir, p->ts_ns, p->num, p->layer->payload, p->layer->payload_cap, false };
	struct flow *f = lf->flow;
	struct layer *l = p->layer;
	bool content;
	int rc;

	if (UNLIKELY(tcp_is_stray_syn(lf, l))) {
		tcp_propose(lf, p);
		return 0;
	}
	if (UNLIKELY(lf->proposal.num != 0) && lf->proposal.dir != p->dir) {
		lf->proposal.num = 0;
	}
	rc = UNLIKELY(lf->side[p->dir].ended) ? tcp_reopen(s, lf, p) : 0;
	if (rc != 0) {
		return rc;
	}
	content = lf->content;
	tcp_learn_base(lf, l);
	if (UNLIKELY((l->tcp_flags & TCP_SYN) != 0)) {
		tcp_take_syn(lf, p);
	} else if (UNLIKELY(f->handshake_ns == 0 && f->synack_ns != 0) && p->dir == f->client &&
		   (l->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK) {
		f->handshake_ns = p->ts_ns;
	}
	count_payload(lf, l);
	tcp_mark(lf, l);
	if (LIKELY((l->tcp_flags & TCP_RST) == 0) || rst_is_near(lf, l)) {
		tcp_state_packet(lf, l, p->dir);
	}
	letters(lf, l);
	lf->side[p->dir].spoke = true;
	rc = take_content(&o, p);
	if (UNLIKELY(s->knots) && rc == 0 && (l->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) != 0) {
		rc = flow_knot_control(s, lf, p);
	}
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
	struct out o = { s, lf, 0, f->last_ns, f->last_num, NULL, 0, false };
	int rc = 0;

	for (o.dir = 0; o.dir < 2 && rc == 0; o.dir++) {
		struct tcp_side *side = &lf->side[o.dir];

		rc = flush_and_end(&o, side->fin_off <= side->stream.edge ? END_FIN : END_GONE);
	}
	for (unsigned int i = 0; i < 2; i++) {
		f->side[i].stream_bytes = lf->side[i].stream.edge - lf->side[i].leapt;
		f->side[i].first_seq = lf->side[i].base;
	}
	for (unsigned int i = 0; i < 2; i++) {
		const struct tcp_side *silent = &lf->side[i];

		if (f->side[i].packets == 0 && lf->side[1 - i].acks &&
		    (silent->acked > 0 || silent->stream.edge > 0 || f->side[1 - i].syns > 0)) {
			f->flags |= FLOW_ONE_SIDED;
		}
	}
	f->conn_state = tcp_conn_state(lf);
	tcp_release(s, lf);
	return rc;
}
