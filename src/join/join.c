/*
 * join.c - the order of joining: flows with sockets, transactions, spans; and what others read of it. Main thread,
 * after all sources are read and their sections frozen.
 */
#include "join/join_internal.h"

#include "base/limits.h"

static int list_sections(struct join *j)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < j->source_count; i++) {
		for (uint32_t k = 0; k < j->sources[i]->section_count; k++) {
			const struct section *sec = j->sources[i]->sections[k];

			count += sec->socks != NULL;
			j->slots = sec->slot >= j->slots ? sec->slot + 1 : j->slots;
		}
	}
	j->sections = calloc((size_t)count + 1, sizeof(*j->sections));
	j->rank_of_slot = malloc(((size_t)j->slots + 1) * sizeof(*j->rank_of_slot));
	if (j->sections == NULL || j->rank_of_slot == NULL) {
		return ERR_NOMEM;
	}
	memset(j->rank_of_slot, 0xff, ((size_t)j->slots + 1) * sizeof(*j->rank_of_slot));
	for (uint32_t i = 0; i < j->source_count; i++) {
		for (uint32_t k = 0; k < j->sources[i]->section_count; k++) {
			const struct section *sec = j->sources[i]->sections[k];
			struct join_section *s = &j->sections[j->section_count];

			if (sec->socks == NULL) {
				continue;
			}
			j->rank_of_slot[sec->slot] = j->section_count++;
			s->section = sec;
			s->socks = socks_list(sec->socks, &s->sock_count);
			s->exchanges = socks_exchanges(sec->socks, &s->exchange_count);
			s->children = socks_children(sec->socks, &s->child_count);
			s->sock_base = j->sock_count;
			s->exchange_base = j->exchange_count;
			j->sock_count += s->sock_count;
			j->exchange_count += s->exchange_count;
		}
	}
	return 0;
}

int join_new(struct source *const *sources, uint32_t count, const struct join_options *opt, struct join **ret_j,
	     struct err *e)
{
	struct match_options how = { opt->offset_given, opt->offset_ns };
	struct join *j = calloc(1, sizeof(*j));
	int rc;

	if (j == NULL) {
		return err_set(e, ERR_NOMEM, "out of memory for the join");
	}
	j->sources = sources;
	j->source_count = count;
	intern_init(&j->names, LIMIT_NET_TEXT_BYTES);
	rc = list_sections(j);
	if (rc == 0) {
		rc = match_new(sources, count, &how, &j->match, e);
	}
	if (rc == 0) {
		rc = http_join(j);
	}
	if (rc == 0) {
		rc = spans_make(j);
	}
	if (rc != 0) {
		join_free(j);
		return err_set(e, rc, "out of memory for the join");
	}
	*ret_j = j;
	return 0;
}

void join_free(struct join *j)
{
	if (j == NULL) {
		return;
	}
	match_free(j->match);
	intern_release(&j->names);
	free(j->sections);
	free(j->rank_of_slot);
	free(j->http);
	free(j->spans);
	free(j->span_of_exchange);
	free(j);
}

const struct pair *join_pairs(const struct join *j, size_t *ret_count)
{
	return match_pairs(j->match, ret_count);
}

const struct clock_pair *join_clocks(const struct join *j, size_t *ret_count)
{
	return match_clocks(j->match, ret_count);
}

const struct clock_pair *join_clock(const struct join *j, const struct section *calls, const struct section *packets)
{
	return match_clock(j->match, calls, packets);
}

enum unmatched_reason join_flow_reason(const struct join *j, const struct flow *f)
{
	return match_flow_reason(j->match, f);
}

enum unmatched_reason join_sock_reason(const struct join *j, const struct sock *s)
{
	return match_sock_reason(j->match, s);
}

const struct pair *join_pair_of_flow(const struct join *j, const struct flow *f)
{
	return match_pair_of_flow(j->match, f);
}

const struct pair *join_pair_of_sock(const struct join *j, const struct sock *s)
{
	return match_pair_of_sock(j->match, s);
}

const struct span *join_spans(const struct join *j, size_t *ret_count)
{
	*ret_count = j->span_count;
	return j->spans;
}

const struct http_joined *join_http(const struct join *j, size_t *ret_count)
{
	*ret_count = j->http_count;
	return j->http;
}

const struct span *join_span_of_exchange(const struct join *j, const struct exchange *x)
{
	uint32_t at = j->span_of_exchange[join_exchange_number(j, x)];

	return at != UINT32_MAX ? &j->spans[at] : NULL;
}

/* ---- places ------------------------------------------------------------------------------------------------ */

/* The last piece that begins, in the flow, at or before the offset. */
static size_t piece_at(const struct shift_piece *p, size_t count, uint64_t flow_offset)
{
	size_t low = 0;
	size_t high = count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if ((int64_t)p[mid].from + p[mid].shift <= (int64_t)flow_offset) {
			low = mid;
		} else {
			high = mid;
		}
	}
	return low;
}

bool join_sock_offset(const struct pair *p, unsigned int end, unsigned int dir, uint64_t flow_offset,
		      uint64_t *ret_offset)
{
	const struct pair_side *s = &p->side[end];
	const struct shift_piece *pieces = s->pieces != NULL ? s->pieces + (dir == 1 ? s->piece_count[0] : 0) : NULL;
	int64_t shift = s->shift[dir];

	if (pieces != NULL && s->piece_count[dir] > 0) {
		size_t i = piece_at(pieces, s->piece_count[dir], flow_offset);

		shift = pieces[i].shift;
		if (i + 1 < s->piece_count[dir] && (int64_t)flow_offset - shift >= (int64_t)pieces[i + 1].from) {
			return false;	/* passed in a call that is not in the capture */
		}
	} else if (!s->aligned[dir]) {
		if ((p->flow->flags & FLOW_START_MISSED) != 0 || (s->sock->flags & SOCK_INHERITED) != 0) {
			return false;
		}
		shift = 0;
	}
	if ((int64_t)flow_offset < shift) {
		return false;
	}
	*ret_offset = (uint64_t)((int64_t)flow_offset - shift);
	return true;
}

struct sock *join_other_end(const struct join *j, const struct sock *s)
{
	const struct pair *p = s->peer == NULL ? match_pair_of_sock(j->match, s) : NULL;

	if (p == NULL) {
		return s->peer;
	}
	return p->side[p->side[0].sock == s ? 1 : 0].sock;
}
