/*
 * http_heir.c - see http_heir.h. Thread: the flow's shard.
 */
#include "net/http_heir.h"

#include "base/limits.h"
#include "net/flow.h"

/* Bytes of one direction that probes are shown at most. */
#define PROBE_BYTES 2048

enum { ENTRY_DATA, ENTRY_GAP, ENTRY_END };

struct entry {
	uint64_t offset, len, ts_ns, num;
	uint8_t kind, dir, how;
};

void http_log_init(struct http_log *l)
{
	buf_init(&l->bytes, LIMIT_HTTP_HEAD_BYTES);
}

void http_log_release(struct http_log *l)
{
	buf_release(&l->bytes);
}

static int add(struct http_log *l, const struct entry *e, const void *p, size_t n)
{
	int rc = buf_grow(&l->bytes, sizeof(*e) + n);

	if (rc != 0) {
		return rc;
	}
	buf_add(&l->bytes, e, sizeof(*e));
	buf_add(&l->bytes, p, n);
	return 0;
}

int http_log_data(struct http_log *l, unsigned int dir, const struct chunk *c)
{
	struct entry e = { c->offset, c->len, c->ts_ns, c->num, ENTRY_DATA, (uint8_t)dir, 0 };

	return add(l, &e, c->data, c->len);
}

int http_log_gap(struct http_log *l, unsigned int dir, uint64_t offset, uint64_t len,
		 uint64_t ts_ns, uint64_t num)
{
	struct entry e = { offset, len, ts_ns, num, ENTRY_GAP, (uint8_t)dir, 0 };

	return add(l, &e, NULL, 0);
}

int http_log_end(struct http_log *l, unsigned int dir, enum talk_end how, uint64_t ts_ns,
		 uint64_t num)
{
	struct entry e = { 0, 0, ts_ns, num, ENTRY_END, (uint8_t)dir, (uint8_t)how };

	return add(l, &e, NULL, 0);
}

/* The entry at *at, and where its bytes are; moves on. */
static const uint8_t *next_entry(const struct http_log *l, size_t *at, struct entry *ret_entry)
{
	const uint8_t *p = (const uint8_t *)l->bytes.data + *at;

	memcpy(ret_entry, p, sizeof(*ret_entry));
	*at += sizeof(*ret_entry) + (ret_entry->kind == ENTRY_DATA ? ret_entry->len : 0);
	return p + sizeof(*ret_entry);
}

int http_log_replay(struct http_log *l, const struct analyzer *a, void *st)
{
	/* The analyzer may begin to log again while it reads this. */
	struct http_log old = *l;
	size_t at = 0;
	int rc = 0;

	http_log_init(l);
	while (at < old.bytes.len && rc == 0) {
		struct entry e;
		const uint8_t *p = next_entry(&old, &at, &e);

		if (e.kind == ENTRY_DATA) {
			struct chunk c = { p, (size_t)e.len, e.offset, e.ts_ns, e.num };

			rc = a->data(st, e.dir, &c);
		} else if (e.kind == ENTRY_GAP) {
			rc = a->gap(st, e.dir, e.offset, e.len, e.ts_ns, e.num);
		} else {
			rc = a->end(st, e.dir, (enum talk_end)e.how, e.ts_ns, e.num);
		}
	}
	http_log_release(&old);
	return rc;
}

/* The first bytes of one direction; 0 when it began with a gap. */
static size_t first_bytes(const struct http_log *l, unsigned int dir, uint8_t *out, size_t max)
{
	size_t at = 0;
	size_t len = 0;

	while (at < l->bytes.len && len < max) {
		struct entry e;
		const uint8_t *p = next_entry(l, &at, &e);
		size_t n;

		if (e.dir != dir) {
			continue;
		}
		if (e.kind != ENTRY_DATA) {
			break;
		}
		n = e.len < max - len ? (size_t)e.len : max - len;
		memcpy(out + len, p, n);
		len += n;
	}
	return len;
}

static int open_heir(struct http_heir *h, const struct analyzer *a, struct http_tx *tx)
{
	uint8_t around = h->t->nested;

	h->t->nested = h->level;
	h->t->upgraded = tx;
	h->st = a->open(h->t);
	h->t->upgraded = NULL;
	h->t->nested = around;
	if (h->st == NULL) {
		return ERR_NOMEM;
	}
	h->a = a;
	if (h->t->flow != NULL) {
		h->t->flow->service = a->service;
		h->t->flow->service_by = BY_CONTENT;
	}
	return 0;
}

static void give_up(struct http_heir *h)
{
	http_log_release(&h->log);
	h->t->finished = true;
}

/* Asks everybody about the first bytes of a direction. */
static enum probe ask(const struct http_heir *h, unsigned int dir,
		      const struct analyzer **ret_analyzer)
{
	uint8_t first[PROBE_BYTES];
	size_t n = first_bytes(&h->log, dir, first, sizeof(first));
	enum probe answer = PROBE_NO;

	for (size_t i = 0; n > 0 && analyzers[i] != NULL; i++) {
		const struct analyzer *a = analyzers[i];
		enum probe p = a->ip_proto == IP_TCP && a->probe != NULL
				       ? a->probe(h->t, dir, first, n, false)
				       : PROBE_NO;

		if (p == PROBE_YES) {
			*ret_analyzer = a;
			return PROBE_YES;
		}
		if (p == PROBE_MORE && n < sizeof(first)) {
			answer = PROBE_MORE;
		}
	}
	return answer;
}

static int look(struct http_heir *h, unsigned int dir)
{
	const struct analyzer *a = NULL;
	int rc;

	if (h->refused[dir]) {
		return 0;
	}
	switch (ask(h, dir, &a)) {
	case PROBE_YES:
		rc = open_heir(h, a, NULL);
		return rc == 0 ? http_log_replay(&h->log, h->a, h->st) : rc;
	case PROBE_NO:
		h->refused[dir] = true;
		if (h->refused[!dir]) {
			give_up(h);
		}
		return 0;
	default: return 0;
	}
}

int http_heir_start(struct http_heir *h, struct talk *t, uint8_t level, const struct analyzer *a,
		    struct http_tx *tx)
{
	memset(h, 0, sizeof(*h));
	h->t = t;
	h->level = level;
	h->active = true;
	http_log_init(&h->log);
	if (level > HTTP_HEIR_LEVELS) {
		give_up(h);
		return 0;
	}
	return a != NULL ? open_heir(h, a, tx) : 0;
}

int http_heir_data(struct http_heir *h, unsigned int dir, const struct chunk *c)
{
	int rc;

	if (h->t->finished) {
		return 0;
	}
	if (h->a != NULL) {
		return h->a->data(h->st, dir, c);
	}
	rc = http_log_data(&h->log, dir, c);
	if (rc == 0) {
		return look(h, dir);
	}
	if (rc == ERR_LIMIT) {
		give_up(h);
		return 0;
	}
	return rc;
}

int http_heir_gap(struct http_heir *h, unsigned int dir, uint64_t offset, uint64_t len,
		  uint64_t ts_ns, uint64_t num)
{
	if (h->t->finished) {
		return 0;
	}
	if (h->a != NULL) {
		return h->a->gap(h->st, dir, offset, len, ts_ns, num);
	}
	/* Without the first bytes nobody can tell. */
	give_up(h);
	return 0;
}

int http_heir_end(struct http_heir *h, unsigned int dir, enum talk_end how, uint64_t ts_ns,
		  uint64_t num)
{
	int rc;

	if (h->a != NULL) {
		return h->a->end(h->st, dir, how, ts_ns, num);
	}
	if (h->t->finished) {
		return 0;
	}
	rc = http_log_end(&h->log, dir, how, ts_ns, num);
	if (rc == ERR_LIMIT) {
		give_up(h);
		rc = 0;
	}
	return rc;
}

void http_heir_release(struct http_heir *h)
{
	if (h->a != NULL) {
		h->a->close(h->st);
	}
	h->a = NULL;
	h->st = NULL;
	if (h->active) {
		http_log_release(&h->log);
	}
	h->active = false;
}
