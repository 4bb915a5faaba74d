/*
 * http2_stream.c - the streams of a connection that are not complete: found by number, given up in the order of their
 * beginning. Thread: the flow's shard.
 */
#include "net/http2_internal.h"

#include "base/limits.h"

void h2_streams_release(struct h2_streams *a)
{
	struct h2_stream *lists[2] = { a->oldest, a->free };

	for (unsigned int i = 0; i < 2; i++) {
		while (lists[i] != NULL) {
			struct h2_stream *next = lists[i]->newer;

			free(lists[i]);
			lists[i] = next;
		}
	}
	map_release(&a->by_id);
	memset(a, 0, sizeof(*a));
}

struct h2_stream *h2_stream_find(const struct http2 *h, uint32_t id)
{
	return (struct h2_stream *)map_get(&h->streams.by_id, id);
}

static void unlink_stream(struct h2_streams *a, struct h2_stream *st)
{
	if (st->older != NULL) {
		st->older->newer = st->newer;
	} else {
		a->oldest = st->newer;
	}
	if (st->newer != NULL) {
		st->newer->older = st->older;
	} else {
		a->newest = st->older;
	}
	map_del(&a->by_id, st->id);
	a->count--;
	st->newer = a->free;
	a->free = st;
}

static void link_stream(struct h2_streams *a, struct h2_stream *st)
{
	st->older = a->newest;
	if (a->newest != NULL) {
		a->newest->newer = st;
	} else {
		a->oldest = st;
	}
	a->newest = st;
	a->count++;
}

int h2_stream_add(struct http2 *h, uint32_t id, struct http_tx *tx, struct h2_stream **ret_stream)
{
	struct h2_streams *a = &h->streams;
	struct h2_stream *st;
	int rc;

	if (a->count >= LIMIT_HTTP_PENDING) {
		h2_stream_close(h, a->oldest, HTTP_REQUEST_OPEN | HTTP_RESPONSE_OPEN);
	}
	st = a->free;
	if (st != NULL) {
		a->free = st->newer;
	} else if ((st = malloc(sizeof(*st))) == NULL) {
		return ERR_NOMEM;
	}
	memset(st, 0, sizeof(*st));
	st->id = id;
	st->tx = tx;
	rc = tx == NULL ? http_tx_new(&h->out, h->client, &st->tx) : 0;
	if (rc == 0) {
		rc = map_set(&a->by_id, id, (uintptr_t)st);
	}
	if (rc != 0) {
		st->newer = a->free;
		a->free = st;
		return rc;
	}
	if (tx == NULL) {
		st->tx->stream = id;
		st->tx->version = 20;
	}
	st->losses[0] = h->side[0].losses;
	st->losses[1] = h->side[1].losses;
	link_stream(a, st);
	*ret_stream = st;
	return 0;
}

/* Frames were lost while the message was on its way. */
static void mark_losses(const struct http2 *h, const struct h2_stream *st, unsigned int dir)
{
	if (st->losses[dir] != h->side[dir].losses) {
		st->tx->flags |= dir == h->client ? HTTP_REQUEST_CUT | HTTP_REQUEST_UNSURE
						  : HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE;
	}
}

void h2_stream_close(struct http2 *h, struct h2_stream *st, uint32_t flags)
{
	if ((st->done & DONE_REQUEST) == 0) {
		mark_losses(h, st, h->client);
		st->tx->flags |= flags & HTTP_RESET;
		st->tx->flags |= st->asked ? flags & HTTP_REQUEST_OPEN : 0;
	}
	if ((st->done & DONE_RESPONSE) == 0) {
		mark_losses(h, st, !h->client);
		st->tx->flags |= flags & HTTP_RESET;
		st->tx->flags |= st->answered ? flags & HTTP_RESPONSE_OPEN : 0;
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (h->side[i].stream == st) {
			h->side[i].stream = NULL;
		}
		if (h->side[i].block.stream == st) {
			h->side[i].block.stream = NULL;
		}
	}
	unlink_stream(&h->streams, st);
}

void h2_stream_done(struct http2 *h, struct h2_stream *st, const struct h2_side *s)
{
	mark_losses(h, st, s->dir);
	st->losses[s->dir] = s->losses;
	st->done |= s->dir == h->client ? DONE_REQUEST : DONE_RESPONSE;
	h->out.like[s->dir != h->client] = st->tx;
	if (st->done == (DONE_REQUEST | DONE_RESPONSE)) {
		h2_stream_close(h, st, 0);
	}
}

void h2_streams_end(struct http2 *h, const struct h2_side *s, bool reset)
{
	bool client = s->dir == h->client;

	for (struct h2_stream *st = h->streams.oldest; st != NULL; st = st->newer) {
		if (reset) {
			st->tx->flags |= HTTP_RESET;
		}
		if ((st->done & (client ? DONE_REQUEST : DONE_RESPONSE)) != 0) {
			continue;
		}
		mark_losses(h, st, s->dir);
		if (client) {
			st->tx->flags |= st->asked ? HTTP_REQUEST_OPEN : 0;
		} else if (st->answered) {
			st->tx->flags |= HTTP_RESPONSE_OPEN;
		}
	}
}
