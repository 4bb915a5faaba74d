/*
 * sock_feed.h - what was said over sockets, read while the bytes are there: HTTP by the analyzers of src/net, and a
 * name for each exchange from the first bytes of its request ("GET /item.php?id=1", "SELECT name FROM ...", "A
 * example.com").
 *
 * The collector calls sock_feed_bytes for each call that moved bytes; nothing of a batch is kept but what analyzers and
 * names copy. One struct sock_feeds per shard, one thread at a time.
 */
#ifndef JOIN_SOCK_FEED_H
#define JOIN_SOCK_FEED_H

#include "join/sock.h"
#include "net/http.h"
#include "net/rows.h"

struct sock_feed;

/* One shard's. */
struct sock_feeds {
	struct net_rows rows;		/* http: struct http_tx with owner set; texts: names of exchanges too */
	struct sock_feed *oldest, *newest;	/* own; live ones */
	uint32_t live, max;
	uint64_t evicted;		/* given up under the ceiling */
};

/* Beside each socket while events come; zeroed at first. */
struct feed_mark {
	struct sock_feed *feed;		/* owned by the shard; NULL: none */
	uint8_t service;		/* enum service_id of the requests, as far as known */
	uint8_t probes;			/* asked so often what it is */
	bool given_up;			/* nobody understands it */
};

/* One call. */
struct sock_bytes {
	struct sock *sock;
	struct exchange *exchange;	/* that it belongs to, or NULL */
	unsigned int dir;		/* 0 received, 1 sent */
	uint64_t offset;		/* of its first byte in the direction */
	uint32_t len;			/* bytes moved */
	const uint8_t *data;		/* borrowed for the call: the first cap of them, or NULL */
	uint32_t cap;
	uint64_t ts_ns, num;
};

void sock_feeds_init(struct sock_feeds *fs, const struct section *section);
void sock_feeds_release(struct sock_feeds *fs);
/* 0 or ERR_NOMEM. */
int sock_feed_bytes(struct sock_feeds *fs, struct feed_mark *m, const struct sock_bytes *b);
/* The socket was closed. */
int sock_feed_end(struct sock_feeds *fs, struct feed_mark *m, uint64_t ts_ns, uint64_t num);
/* After the shard's last event: ends what is open. */
int sock_feeds_finish(struct sock_feeds *fs);

/* Transactions found in the section's calls, by shard; owner is the struct sock, or NULL: part of another row. After
 * socks_freeze. Defined by the collector. */
const struct rows *socks_http(const struct socks *s, unsigned int shard);

#endif
