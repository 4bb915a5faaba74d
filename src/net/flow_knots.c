/*
 * flow_knots.c - where the bytes of a flow lie in time (knots.h), for those who join packets with
 * something else: segments as they were captured, SYN, FIN and RST, datagrams. Written by the shard of
 * the flow while it is tracked, nothing unless asked for.
 */
#include "net/track.h"

static struct knots *list_of(struct shard *s, struct flow *f, unsigned int dir)
{
	if (f->knots[dir] == NULL) {
		f->knots[dir] = arena_alloc(&s->rows.arena, sizeof(*f->knots[dir]));
		if (f->knots[dir] != NULL) {
			memset(f->knots[dir], 0, sizeof(*f->knots[dir]));
		}
	}
	return f->knots[dir];
}

int flow_knot(struct shard *s, struct flow *f, unsigned int dir, const struct knot *x)
{
	struct knots *k = list_of(s, f, dir);

	return k != NULL ? knots_add(k, x, &s->knot_room) : ERR_NOMEM;
}

int flow_knot_bytes(struct shard *s, struct flow *f, unsigned int dir, struct knot *x,
		    const uint8_t *data, uint32_t cap)
{
	uint64_t prints = knot_prints(data, cap, x->len);

	x->print = (uint32_t)prints;
	x->deep = (uint32_t)(prints >> 32);
	return flow_knot(s, f, dir, x);
}

int flow_knot_segment(struct shard *s, struct live_flow *lf, const struct seen *p,
		      const struct stream_segment *seg, const struct stream_verdict *v,
		      uint64_t high)
{
	struct knot x = { .offset = seg->off, .len = seg->len, .ts_ns = p->ts_ns, .num = p->num };
	const uint8_t *data = seg->data;
	uint32_t cap = seg->cap;

	if (UNLIKELY(v->before == seg->len)) {
		x.kind = KNOT_AGAIN;
	} else if (UNLIKELY(seg->off < high && v->filled == 0)) {
		uint32_t skip = (uint32_t)(high - seg->off);

		x.offset = high;
		x.len -= skip;
		data += cap > skip ? skip : cap;
		cap -= cap > skip ? skip : cap;
	}
	return flow_knot_bytes(s, lf->flow, p->dir, &x, data, cap);
}

int flow_knot_control(struct shard *s, struct live_flow *lf, const struct seen *p)
{
	const struct flow_side *side = &lf->flow->side[p->dir];
	const struct tcp_side *me = &lf->side[p->dir];
	uint8_t flags = p->layer->tcp_flags;
	struct knot x = { .ts_ns = p->ts_ns, .num = p->num };
	int rc = 0;

	if ((flags & TCP_SYN) != 0) {
		x.kind = side->syns == 1 ? KNOT_OPEN : KNOT_AGAIN;
		rc = flow_knot(s, lf->flow, p->dir, &x);
	}
	if (rc == 0 && (flags & TCP_FIN) != 0) {
		x.kind = side->fins == 1 ? KNOT_END : KNOT_AGAIN;
		x.offset = me->fin_off != UINT64_MAX ? me->fin_off : me->stream.high;
		rc = flow_knot(s, lf->flow, p->dir, &x);
	}
	if (rc == 0 && (flags & TCP_RST) != 0 && side->resets == 1) {
		x.kind = KNOT_END;
		x.offset = me->stream.high;
		rc = flow_knot(s, lf->flow, p->dir, &x);
	}
	return rc;
}
