/*
 * collect_seq.c - where the bytes of a TCP socket lie in its sequence numbers, as far as the recorder tells them with
 * its calls (schema/extra.h). What follows without a gap is one piece; a number that goes back to the last receive says
 * that this one had only looked. The thread that has the shard; merging: the one that freezes.
 */
#include "join/collect_internal.h"

#include "base/limits.h"
#include "events/extra.h"

static int add_piece(struct collector *c, struct sock_seqs *q, unsigned int dir, const struct seq_piece *x)
{
	uint32_t cap = q->cap[dir] == 0 ? 1 : q->cap[dir] * 2;
	struct seq_piece *grown;

	if (q->count[dir] == LIMIT_SEQ_PIECES) {
		return 0;
	}
	if (q->count[dir] == q->cap[dir]) {
		grown = arena_alloc(&c->arena, cap * sizeof(*grown));
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		if (q->count[dir] > 0) {
			memcpy(grown, q->at[dir], q->count[dir] * sizeof(*grown));
		}
		q->at[dir] = grown;
		q->cap[dir] = cap;
	}
	q->at[dir][q->count[dir]++] = *x;
	return 0;
}

static struct sock_seqs *seqs_of(struct collector *c, struct sock *s)
{
	if (s->seqs == NULL) {
		s->seqs = arena_alloc(&c->arena, sizeof(*s->seqs));
		if (s->seqs != NULL) {
			memset(s->seqs, 0, sizeof(*s->seqs));
		}
	}
	return s->seqs;
}

static const struct seq_piece *last_piece(const struct sock *s, unsigned int dir)
{
	return s->seqs != NULL && s->seqs->count[dir] > 0 ? &s->seqs->at[dir][s->seqs->count[dir] - 1] : NULL;
}

int seq_merge(struct collector *c, struct sock *s, unsigned int dir, uint64_t num, uint64_t from, uint32_t base)
{
	const struct seq_piece *last = last_piece(s, dir);
	struct seq_piece x = { from, num, base };
	struct sock_seqs *q;

	if (last != NULL && last->base == base) {
		return 0;
	}
	q = seqs_of(c, s);
	return q != NULL ? add_piece(c, q, dir, &x) : ERR_NOMEM;
}

void seq_unread(struct part *p, uint64_t offset)
{
	struct sock_seqs *q = p->s.seqs;

	while (q != NULL && q->count[0] > 0 && q->at[0][q->count[0] - 1].from >= offset) {
		q->count[0]--;
	}
}

/* The number of the byte that the event's call moves first; false: not told, or from before another call moved
 * bytes. */
static bool number_of(const struct collector *c, const struct part *p, unsigned int dir, uint32_t *ret_seq)
{
	struct event_extra x;

	if ((c->ev->flags & EVENT_EXTRA) == 0 || c->action == CALL_SPLICE || !event_extra(c->batch, c->ev, &x) ||
	    !x.has_tcp || c->ev->begin_ns < p->s.knots[dir].ts_ns) {
		return false;
	}
	*ret_seq = dir == 1 ? x.write_seq : x.copied_seq;
	return *ret_seq != 0;
}

void seq_note(struct collector *c, struct part *p, unsigned int dir)
{
	const struct seq_piece *last = last_piece(&p->s, dir);
	uint32_t seq;

	if (p->s.kind != SOCK_TCP_K || !number_of(c, p, dir, &seq)) {
		return;
	}
	if (dir == 0 && p->read != NULL && p->read->n != 0 && last != NULL &&
	    seq == (uint32_t)(last->base + p->s.bytes[0] - p->read->n)) {
		part_unread(c, p);
	}
	if (seq_merge(c, &p->s, dir, c->num, p->s.bytes[dir], (uint32_t)(seq - p->s.bytes[dir])) != 0) {
		c->oom = true;
	}
}
