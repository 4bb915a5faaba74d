/*
 * passed.c - see passed.h.
 */
#include "stats/passed.h"

#include "readers/source.h"

static bool any_passed(const struct passed *p, const uint64_t *nums, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (nums[i] != 0 && passed_has(p, nums[i])) {
			return true;
		}
	}
	return p->words == NULL;
}

bool flow_passes(const struct flow *f)
{
	return f->section->passed_packets.words == NULL || f->passed;
}

bool http_passes(const struct http_tx *x, const struct section *sec)
{
	const uint64_t nums[] = { x->request.first_num,	 x->request.head_num,  x->request.last_num,
				  x->response.first_num, x->response.head_num, x->response.last_num };
	const struct passed *p = x->flow != NULL ? &x->flow->section->passed_packets : &sec->passed_events;

	return any_passed(p, nums, ARRAY_LEN(nums));
}

bool dns_passes(const struct dns_tx *x)
{
	const uint64_t nums[] = { x->query_num, x->last_query_num, x->response_num };

	return any_passed(&x->flow->section->passed_packets, nums, ARRAY_LEN(nums));
}

bool tls_passes(const struct tls_session *t)
{
	return flow_passes(t->flow);
}

bool sock_passes(const struct sock *s)
{
	const struct passed *p = &s->section->passed_events;
	const uint64_t nums[] = { s->first_num, s->open_num, s->close_num };

	if (any_passed(p, nums, ARRAY_LEN(nums))) {
		return true;
	}
	for (unsigned int dir = 0; dir < 2; dir++) {
		struct knot_walk w;
		struct knot k;

		memset(&w, 0, sizeof(w));
		while (knots_next(&s->knots[dir], &w, &k)) {
			if (passed_has(p, k.num)) {
				return true;
			}
		}
	}
	return false;
}

bool exchange_passes(const struct exchange *x)
{
	const uint64_t nums[] = { x->first_num[0], x->last_num[0], x->first_num[1], x->last_num[1] };

	return any_passed(&x->sock->section->passed_events, nums, ARRAY_LEN(nums));
}
