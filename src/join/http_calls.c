/*
 * http_calls.c - transactions that were found in the bytes of calls, put in order by socket, and calls of a socket looked up
 * by offset or number in one walk over its knots. One thread, after all freezes.
 */
#include "join/join_internal.h"

#include "join/sock_feed.h"

/* ---- transactions by socket -------------------------------------------------------------------------------- */

static uint64_t first_num(const struct http_tx *tx)
{
	return (tx->flags & HTTP_REQUEST) != 0 ? tx->request.first_num : tx->response.first_num;
}

static int by_socket(const void *a, const void *b)
{
	const struct call_tx *x = a;
	const struct call_tx *y = b;

	if (x->sock->id != y->sock->id) {
		return x->sock->id < y->sock->id ? -1 : 1;
	}
	if (first_num(x->tx) != first_num(y->tx)) {
		return first_num(x->tx) < first_num(y->tx) ? -1 : 1;
	}
	if (x->tx->depth != y->tx->depth) {
		return x->tx->depth < y->tx->depth ? -1 : 1;
	}
	return (x->tx->stream > y->tx->stream) - (x->tx->stream < y->tx->stream);
}

static size_t count_all(const struct join *j)
{
	size_t n = 0;

	for (uint32_t i = 0; i < j->section_count; i++) {
		for (unsigned int shard = 0; shard < BATCH_SHARDS; shard++) {
			n += socks_http(j->sections[i].section->socks, shard)->count;
		}
	}
	return n;
}

/* Rows of one section, in order; sections follow each other. */
static void add_section(struct call_txs *t, const struct join_section *s)
{
	size_t from = t->count;

	for (unsigned int shard = 0; shard < BATCH_SHARDS; shard++) {
		const struct rows *rows = socks_http(s->section->socks, shard);

		for (size_t i = 0; i < rows->count; i++) {
			const struct http_tx *tx = rows_at(rows, i);
			struct sock *sock = tx->owner;

			if (sock != NULL) {
				t->rows[t->count++] = (struct call_tx){ tx, sock, tx->client != sock->local, false };
			}
		}
	}
	if (t->count > from) {
		qsort(&t->rows[from], t->count - from, sizeof(*t->rows), by_socket);
	}
}

int call_txs_new(const struct join *j, struct call_txs *ret_t)
{
	struct call_txs t = { NULL, 0, NULL };
	size_t n = count_all(j);
	size_t at = 0;

	t.rows = calloc(n + 1, sizeof(*t.rows));
	t.first = calloc(j->sock_count + 1, sizeof(*t.first));
	if (t.rows == NULL || t.first == NULL) {
		call_txs_release(&t);
		return ERR_NOMEM;
	}
	for (uint32_t i = 0; i < j->section_count; i++) {
		add_section(&t, &j->sections[i]);
	}
	for (size_t sock = 0; sock <= j->sock_count; sock++) {
		while (at < t.count && join_sock_number(j, t.rows[at].sock) < sock) {
			at++;
		}
		t.first[sock] = at;
	}
	*ret_t = t;
	return 0;
}

void call_txs_release(struct call_txs *t)
{
	free(t->rows);
	free(t->first);
	t->rows = NULL;
	t->first = NULL;
}

/* ---- calls of a socket ------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct call_query *)a)->key;
	uint64_t y = ((const struct call_query *)b)->key;

	return (x > y) - (x < y);
}

static void sort(struct call_query *q, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (q[i].key < q[i - 1].key) {
			qsort(q, count, sizeof(*q), by_key);
			return;
		}
	}
}

static void answer(const struct call_query *q, const struct knot *x)
{
	*q->ret = (struct call){ x->num, x->ts_ns, x->begin_ns, x->begin_exact };
}

void calls_at(const struct knots *k, struct call_query *q, size_t count)
{
	struct knot_walk w = { 0 };
	struct knot x;
	size_t at = 0;

	sort(q, count);
	while (at < count && knots_next(k, &w, &x)) {
		if (x.kind != KNOT_DATA) {
			continue;
		}
		while (at < count && q[at].key < x.offset) {
			at++;
		}
		for (; at < count && q[at].key - x.offset < x.len; at++) {
			answer(&q[at], &x);
		}
	}
}

void calls_numbered(const struct knots *k, struct call_query *q, size_t count)
{
	struct knot_walk w = { 0 };
	struct knot x;
	size_t at = 0;

	sort(q, count);
	while (at < count && knots_next(k, &w, &x)) {
		while (at < count && q[at].key < x.num) {
			at++;
		}
		for (; at < count && q[at].key == x.num; at++) {
			answer(&q[at], &x);
		}
	}
}
