/*
 * http_calls.c - transactions that were found in the bytes of calls, put in order by socket, and calls of a socket
 * looked up by offset or number in one walk over its knots. One thread, after all freezes.
 */
#include "join/join_internal.h"

#include "join/ordered.h"
#include "join/sock_feed.h"

/* ---- transactions by socket -------------------------------------------------------------------------------- */

static uint64_t first_num(const struct http_tx *tx)
{
	return (tx->flags & HTTP_REQUEST) != 0 ? tx->request.first_num : tx->response.first_num;
}

/* Of one socket and one event: what one call held. */
static int by_stream(const void *a, const void *b)
{
	const struct call_tx *x = a;
	const struct call_tx *y = b;

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

/* In the order of sockets, then events. items: room for all. */
static int put_in_order(struct call_tx *rows, size_t count, struct ordered *items)
{
	int rc = ordered_sort(items, count);

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct http_tx *tx = items[i].row;
		struct sock *sock = tx->owner;

		rows[i] = (struct call_tx){ tx, sock, tx->client != sock->local, false };
	}
	for (size_t i = 0; i < count && rc == 0;) {
		size_t n = 1;

		while (i + n < count && items[i + n].key == items[i].key && items[i + n].tie == items[i].tie) {
			n++;
		}
		if (n > 1) {
			qsort(&rows[i], n, sizeof(*rows), by_stream);
		}
		i += n;
	}
	return rc;
}

/* Rows of one section; sections follow each other. */
static int add_section(struct call_txs *t, const struct join_section *s, struct ordered *items)
{
	size_t n = 0;
	int rc;

	for (unsigned int shard = 0; shard < BATCH_SHARDS; shard++) {
		const struct rows *rows = socks_http(s->section->socks, shard);

		for (size_t i = 0; i < rows->count; i++) {
			const struct http_tx *tx = rows_at(rows, i);
			const struct sock *sock = tx->owner;

			if (sock != NULL) {
				items[n++] = (struct ordered){ sock->id, first_num(tx), rows_at(rows, i) };
			}
		}
	}
	rc = put_in_order(&t->rows[t->count], n, items);
	t->count += n;
	return rc;
}

int call_txs_new(const struct join *j, struct call_txs *ret_t)
{
	struct call_txs t = { NULL, 0, NULL };
	size_t n = count_all(j);
	size_t at = 0;
	struct ordered *items = large_alloc((n + 1) * sizeof(*items));
	int rc = 0;

	t.rows = large_alloc((n + 1) * sizeof(*t.rows));
	t.first = large_alloc((j->sock_count + 1) * sizeof(*t.first));
	rc = items == NULL || t.rows == NULL || t.first == NULL ? ERR_NOMEM : 0;
	for (uint32_t i = 0; i < j->section_count && rc == 0; i++) {
		rc = add_section(&t, &j->sections[i], items);
	}
	free(items);
	if (rc != 0) {
		call_txs_release(&t);
		return rc;
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
