/*
 * mktalk.h - one conversation given to one analyzer by hand: chunks of exactly their size (so that the address
 * sanitizer sees a byte too far), gaps, ends. Aborts when memory is out.
 */
#ifndef TESTS_MKTALK_H
#define TESTS_MKTALK_H

#include <stdlib.h>

#include "base/limits.h"
#include "net/analyzer.h"
#include "net/dns.h"
#include "net/flow.h"
#include "net/http.h"
#include "net/rows.h"
#include "net/tls.h"

struct mktalk {
	struct net_rows rows;
	struct flow flow;
	struct talk t;
	const struct analyzer *a;
	void *st;
	uint64_t offset[2];
	uint64_t now, num;	/* of the last chunk; each call moves them by 1 ms and 1 */
};

static inline void mktalk_rows(struct net_rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	rows_init(&rows->flows, sizeof(struct flow), 1000);
	rows_init(&rows->http, sizeof(struct http_tx), 1000);
	rows_init(&rows->dns, sizeof(struct dns_tx), 100000);
	rows_init(&rows->tls, sizeof(struct tls_session), 1000);
	intern_init(&rows->texts, 16u << 20);
	arena_init(&rows->arena);
}

static inline void mktalk_rows_release(struct net_rows *rows)
{
	rows_release(&rows->flows);
	rows_release(&rows->http);
	rows_release(&rows->dns);
	rows_release(&rows->tls);
	intern_release(&rows->texts);
	arena_release(&rows->arena);
}

static inline void mktalk_init(struct mktalk *k, const struct analyzer *a, uint16_t port0, uint16_t port1)
{
	memset(k, 0, sizeof(*k));
	mktalk_rows(&k->rows);
	k->t.rows = &k->rows;
	k->t.flow = &k->flow;
	k->t.port[0] = port0;
	k->t.port[1] = port1;
	k->flow.key.ip_version = 4;
	k->a = a;
	k->now = UINT64_C(1700000000) * NSEC_PER_SEC;
	k->st = a->open(&k->t);
	if (k->st == NULL) {
		abort();
	}
}

static inline void mktalk_release(struct mktalk *k)
{
	k->a->close(k->st);
	mktalk_rows_release(&k->rows);
}

static inline void mktalk_data(struct mktalk *k, unsigned int dir, const void *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);
	struct chunk c;

	if (copy == NULL) {
		abort();
	}
	k->now += 1000000;
	k->num++;
	if (n > 0) {
		memcpy(copy, p, n);
		c = (struct chunk){ copy, n, k->offset[dir], k->now, k->num };
		if (k->a->data(k->st, dir, &c) != 0) {
			abort();
		}
	}
	k->offset[dir] += n;
	free(copy);
}

static inline void mktalk_gap(struct mktalk *k, unsigned int dir, uint64_t n)
{
	if (k->a->gap(k->st, dir, k->offset[dir], n, k->now, k->num) != 0) {
		abort();
	}
	k->offset[dir] += n;
}

static inline void mktalk_end(struct mktalk *k, enum talk_end how)
{
	for (unsigned int dir = 0; dir < 2; dir++) {
		if (k->a->end(k->st, dir, how, k->now, k->num) != 0) {
			abort();
		}
	}
}

static inline const struct dns_tx *mktalk_dns(const struct mktalk *k, size_t i)
{
	if (i >= k->rows.dns.count) {
		abort();
	}
	return rows_at(&k->rows.dns, i);
}

static inline const struct tls_session *mktalk_tls(const struct mktalk *k, size_t i)
{
	if (i >= k->rows.tls.count) {
		abort();
	}
	return rows_at(&k->rows.tls, i);
}

static inline bool text_is(const struct text *t, const char *s)
{
	return t != NULL && t->len == strlen(s) && memcmp(t->bytes, s, t->len) == 0;
}

static inline uint64_t mktalk_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

#endif
