/*
 * rows_order.c - see rows_order.h. Rows are made nearly in order, so sorting mostly finds nothing to do.
 * Sorting runs in the shards, merging and linking in one thread when all shards are done.
 */
#include "net/rows_order.h"

#include "base/hash.h"

/* ---- order of rows --------------------------------------------------------------------------- */

static int by_flow(const struct flow *a, const struct flow *b)
{
	if (a == b || a == NULL || b == NULL) {
		return (a != NULL) - (b != NULL);
	}
	if (a->first_num != b->first_num) {
		return a->first_num < b->first_num ? -1 : 1;
	}
	return (a->first_layer > b->first_layer) - (a->first_layer < b->first_layer);
}

static int compare(const struct ordered_row *a, const struct ordered_row *b)
{
	int flow;

	if (a->num != b->num) {
		return a->num < b->num ? -1 : 1;
	}
	flow = by_flow(a->flow, b->flow);
	if (flow != 0) {
		return flow;
	}
	if (a->stream != b->stream) {
		return a->stream < b->stream ? -1 : 1;
	}
	return (a->at > b->at) - (a->at < b->at);
}

static int compare_any(const void *a, const void *b)
{
	return compare(a, b);
}

static void sort(struct rows_order *o)
{
	for (size_t i = 1; i < o->count; i++) {
		if (compare(&o->rows[i - 1], &o->rows[i]) > 0) {
			qsort(o->rows, o->count, sizeof(*o->rows), compare_any);
			return;
		}
	}
}

static int order(const struct rows *r, void (*fill)(struct ordered_row *), struct rows_order *ret_o)
{
	struct ordered_row *rows = NULL;

	if (r->count > 0) {
		rows = calloc(r->count, sizeof(*rows));
		if (rows == NULL) {
			return ERR_NOMEM;
		}
	}
	for (size_t i = 0; i < r->count; i++) {
		rows[i].row = rows_at(r, i);
		rows[i].at = (uint32_t)i;
		fill(&rows[i]);
	}
	ret_o->rows = rows;
	ret_o->count = r->count;
	sort(ret_o);
	return 0;
}

void rows_order_release(struct rows_order *o)
{
	free(o->rows);
	o->rows = NULL;
	o->count = 0;
}

static void fill_http(struct ordered_row *o)
{
	const struct http_tx *h = o->row;

	o->num = (h->flags & HTTP_REQUEST) != 0 ? h->request.first_num : h->response.first_num;
	o->flow = h->flow;
	o->stream = h->stream;
}

static void fill_dns(struct ordered_row *o)
{
	const struct dns_tx *d = o->row;

	o->num = (d->flags & DNS_QUERY) != 0 ? d->query_num : d->response_num;
	o->flow = d->flow;
}

static void fill_tls(struct ordered_row *o)
{
	const struct tls_session *t = o->row;

	o->num = (t->flags & TLS_CLIENT_HELLO) != 0 ? t->client_hello_num : t->server_hello_num;
	o->flow = t->flow;
}

int rows_order_http(const struct rows *r, struct rows_order *ret_o)
{
	return order(r, fill_http, ret_o);
}

int rows_order_dns(const struct rows *r, struct rows_order *ret_o)
{
	return order(r, fill_dns, ret_o);
}

int rows_order_tls(const struct rows *r, struct rows_order *ret_o)
{
	return order(r, fill_tls, ret_o);
}

int rows_merge(const struct rows_order *const orders[], void ***ret_rows, size_t *ret_count)
{
	size_t at[NET_SHARDS] = { 0 };
	size_t total = 0;
	void **rows;

	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		total += orders[i] != NULL ? orders[i]->count : 0;
	}
	rows = total > 0 ? malloc(total * sizeof(*rows)) : NULL;
	if (rows == NULL && total > 0) {
		return ERR_NOMEM;
	}
	for (size_t n = 0; n < total; n++) {
		const struct ordered_row *first = NULL;
		unsigned int from = 0;

		for (unsigned int i = 0; i < NET_SHARDS; i++) {
			if (orders[i] != NULL && at[i] < orders[i]->count &&
			    (first == NULL || compare(&orders[i]->rows[at[i]], first) < 0)) {
				first = &orders[i]->rows[at[i]];
				from = i;
			}
		}
		rows[n] = first->row;
		at[from]++;
	}
	*ret_rows = rows;
	*ret_count = total;
	return 0;
}

static int compare_flows(const void *a, const void *b)
{
	return by_flow(*(struct flow *const *)a, *(struct flow *const *)b);
}

/* A flow that got its first packet later (tcp_accept_syn) may stand behind others of its shard. */
static void sort_flows(struct flow **flows, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (by_flow(flows[i - 1], flows[i]) > 0) {
			qsort(flows, n, sizeof(*flows), compare_flows);
			return;
		}
	}
}

int rows_merge_flows(const struct rows *const shards[], struct flow ***ret_flows, size_t *ret_count)
{
	size_t at[NET_SHARDS] = { 0 };
	size_t total = 0;
	struct flow **flows;

	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		total += shards[i] != NULL ? shards[i]->count : 0;
	}
	flows = total > 0 ? malloc(total * sizeof(*flows)) : NULL;
	if (flows == NULL && total > 0) {
		return ERR_NOMEM;
	}
	for (size_t n = 0; n < total; n++) {
		struct flow *first = NULL;
		unsigned int from = 0;

		for (unsigned int i = 0; i < NET_SHARDS; i++) {
			struct flow *f;

			if (shards[i] == NULL || at[i] == shards[i]->count) {
				continue;
			}
			f = rows_at(shards[i], at[i]);
			if (first == NULL || by_flow(f, first) < 0) {
				first = f;
				from = i;
			}
		}
		flows[n] = first;
		at[from]++;
	}
	sort_flows(flows, total);
	*ret_flows = flows;
	*ret_count = total;
	return 0;
}

/* ---- the latest flow of a key ---------------------------------------------------------------- */

struct latest {
	const struct flow **slots;	/* owns */
	size_t mask;
	uint64_t seed;
};

static int latest_init(struct latest *t, size_t count)
{
	size_t n = 16;

	while (n < count * 2) {
		n *= 2;
	}
	t->slots = calloc(n, sizeof(struct flow *));
	t->mask = n - 1;
	t->seed = hash_seed(t);
	return t->slots != NULL ? 0 : ERR_NOMEM;
}

static size_t latest_find(const struct latest *t, const struct flow_key *key)
{
	size_t i = hash_bytes(t->seed, key, sizeof(*key)) & t->mask;

	while (t->slots[i] != NULL && memcmp(&t->slots[i]->key, key, sizeof(*key)) != 0) {
		i = (i + 1) & t->mask;
	}
	return i;
}

int rows_mark_reused(const struct rows *flows)
{
	struct latest t;

	if (flows->count < 2) {
		return 0;
	}
	if (latest_init(&t, flows->count) != 0) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < flows->count; i++) {
		struct flow *f = rows_at(flows, i);
		size_t at = latest_find(&t, &f->key);

		f->flags |= t.slots[at] != NULL ? FLOW_REUSED : 0;
		t.slots[at] = f;
	}
	free(t.slots);
	return 0;
}

int rows_link_outer(struct flow *const *flows, size_t count)
{
	struct latest t;
	size_t inner = 0;

	for (size_t i = 0; i < count; i++) {
		inner += flows[i]->outer_key != NULL;
	}
	if (inner == 0) {
		return 0;
	}
	if (latest_init(&t, count) != 0) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		struct flow *f = flows[i];

		if (f->outer_key != NULL) {
			f->outer = t.slots[latest_find(&t, f->outer_key)];
		}
		t.slots[latest_find(&t, &f->key)] = f;
	}
	free(t.slots);
	return 0;
}
