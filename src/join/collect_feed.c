/*
 * collect_feed.c - between the collector and sock_feed.c: what a call of a part moved goes to its feed, and after
 * freezing the rows found belong to the sockets that the parts became. Thread: the shard's; settling: the one that
 * freezes.
 */
#include "join/collect_internal.h"

void feed_bytes(struct collector *c, struct part *p, unsigned int dir, uint32_t n, struct param data)
{
	struct sock_bytes b = { &p->s, p->s.last_exchange, dir, p->s.bytes[dir], n, data.p, data.len, 0, c->num };

	b.ts_ns = (c->ev->flags & EVENT_TIME_ZERO) == 0 ? c->ev->ts_ns : 0;
	if (sock_feed_bytes(&c->feeds, &p->feed, &b) != 0) {
		c->oom = true;
	}
}

void feed_close(struct collector *c, struct part *p)
{
	if (sock_feed_end(&c->feeds, &p->feed, c->ev->ts_ns, c->num) != 0) {
		c->oom = true;
	}
}

/* ---- after freezing ---------------------------------------------------------------------------------------- */

/* A transaction of which one process moved the request, another the response. */
struct half {
	struct http_tx *tx;
	uint64_t num;
};

static bool is_half(const struct http_tx *tx)
{
	uint32_t has = tx->flags & (HTTP_REQUEST | HTTP_RESPONSE);

	return has == HTTP_REQUEST || has == HTTP_RESPONSE;
}

/* By socket, in no meaningful order, then event. */
static int half_order(const void *a, const void *b)
{
	const struct half *x = a;
	const struct half *y = b;

	if (x->tx->owner != y->tx->owner) {
		return (uintptr_t)x->tx->owner < (uintptr_t)y->tx->owner ? -1 : 1;
	}
	return (x->num > y->num) - (x->num < y->num);
}

/* The response goes to the request that came first. */
static void unite(struct http_tx *to, struct http_tx *from)
{
	const uint32_t of_request = HTTP_REQUEST | HTTP_REQUEST_CUT | HTTP_REQUEST_OPEN | HTTP_CHUNKED_REQUEST;

	to->flags |= from->flags & ~of_request;
	to->flags &= ~(uint32_t)HTTP_RESPONSE_OPEN | (from->flags & HTTP_RESPONSE_OPEN);
	to->status = from->status;
	to->response = from->response;
	to->reason = from->reason;
	to->server = from->server;
	to->location = from->location;
}

static void unite_halves(struct half *h, size_t count)
{
	size_t waits = 0;	/* the oldest request of the socket that may have no response yet */

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || h[i].tx->owner != h[i - 1].tx->owner) {
			waits = i;
		}
		if ((h[i].tx->flags & HTTP_REQUEST) != 0) {
			continue;
		}
		while (waits < i && (h[waits].tx->flags & (HTTP_REQUEST | HTTP_RESPONSE)) != HTTP_REQUEST) {
			waits++;
		}
		if (waits < i && h[waits].tx->owner == h[i].tx->owner) {
			unite(h[waits].tx, h[i].tx);
			h[i].num = 0;	/* its row is nobody's, once all are done */
			waits++;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (h[i].num == 0) {
			h[i].tx->owner = NULL;
		}
	}
}

static int settle_halves(struct socks *s, size_t count)
{
	struct half *h = malloc((count + 1) * sizeof(*h));
	size_t n = 0;

	if (h == NULL) {
		return ERR_NOMEM;
	}
	for (unsigned int shard = 0; shard < BATCH_SHARDS; shard++) {
		const struct rows *rows = &s->shards[shard].feeds.rows.http;

		for (size_t i = 0; i < rows->count && n < count; i++) {
			struct http_tx *tx = rows_at(rows, i);

			if (is_half(tx)) {
				bool asks = (tx->flags & HTTP_REQUEST) != 0;

				h[n++] = (struct half){ tx, asks ? tx->request.first_num : tx->response.first_num };
			}
		}
	}
	qsort(h, n, sizeof(*h), half_order);
	unite_halves(h, n);
	free(h);
	return 0;
}

int feed_settle(struct socks *s)
{
	size_t halves = 0;
	size_t answers = 0;

	for (unsigned int shard = 0; shard < BATCH_SHARDS; shard++) {
		const struct rows *rows = &s->shards[shard].feeds.rows.http;

		for (size_t i = 0; i < rows->count; i++) {
			struct http_tx *tx = rows_at(rows, i);
			struct part *p = tx->owner;

			while (p->merged != NULL) {
				p = p->merged;
			}
			tx->owner = &p->s;
			halves += is_half(tx);
			answers += (tx->flags & (HTTP_REQUEST | HTTP_RESPONSE)) == HTTP_RESPONSE;
		}
	}
	return answers > 0 ? settle_halves(s, halves) : 0;
}

const struct rows *socks_http(const struct socks *s, unsigned int shard)
{
	return &s->shards[shard].feeds.rows.http;
}
