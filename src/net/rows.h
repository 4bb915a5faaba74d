/*
 * rows.h - where a shard keeps what its analyzers found, until the report.
 *
 * Rows never move (chunks), so pointers to them stay good; texts are interned per shard. Beyond the ceilings of
 * limits.h rows are counted, not kept. One thread at a time.
 */
#ifndef NET_ROWS_H
#define NET_ROWS_H

#include "base/err.h"
#include "base/intern.h"

struct mdns;
struct section;
struct tls_session;

struct rows {
	size_t row_bytes, max;
	void **chunks;		/* owns; of a fixed number of rows each */
	size_t count, chunk_count, chunk_cap;
	struct arena arena;	/* of later chunks */
	uint64_t dropped;	/* beyond max */
};

void rows_init(struct rows *r, size_t row_bytes, size_t max);
void rows_release(struct rows *r);
/* A new row, zeroed. *ret_row is NULL (and 0 returned) beyond the ceiling. ERR_NOMEM. */
int rows_add(struct rows *r, void **ret_row);
void *rows_at(const struct rows *r, size_t i);

/* One shard's. */
struct net_rows {
	struct rows flows;	/* struct flow */
	struct rows http;	/* struct http_tx */
	struct rows dns;	/* struct dns_tx */
	struct rows tls;	/* struct tls_session */
	struct intern texts;
	struct arena arena;	/* answers of DNS rows and the like; lives as long as the rows */
	const struct section *section;	/* borrowed; what they belong to */
	uint64_t dns_kept;	/* answers, under LIMIT_DNS_KEPT; 0 at birth */
	struct mdns *mdns;	/* open queries to the mDNS group, in the arena; NULL at birth */
	/* Sessions whose certificate was decoded, by its digest: most servers show the same one again. NULL at
	 * birth. */
	const struct tls_session *certificates[16];
};

#endif
