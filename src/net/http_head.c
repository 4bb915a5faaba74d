/*
 * http_head.c - lines of HTTP/1 heads out of chunks, and what each header field says: about the length of the
 * body, about an upgrade, for the tables. Shapes that two implementations read in two ways (request smuggling)
 * are marked as malformed. Thread: the flow's shard.
 */
#include "net/http_head.h"

#include "base/limits.h"

static bool goes_on(uint8_t c)
{
	return c == ' ' || c == '\t';
}

void http_lines_release(struct http_lines *l)
{
	uint32_t crs = l->crs;

	free(l->kept);
	memset(l, 0, sizeof(*l));
	l->crs = crs;
}

void http_lines_reset(struct http_lines *l)
{
	l->len = 0;
	l->whole = false;
	l->done = false;
	l->over = false;
	if (UNLIKELY(l->cap > 512)) { /* long lines are rare, idle connections are many */
		http_lines_release(l);
	}
}

static int keep(struct http_lines *l, const void *p, size_t n)
{
	if (n > 0) {
		l->last = ((const uint8_t *)p)[n - 1];
	}
	if (n > LIMIT_HTTP_HEAD_BYTES - l->len) {
		n = LIMIT_HTTP_HEAD_BYTES - l->len;
		l->over = true;
	}
	if (n > l->cap - l->len) {
		uint32_t cap = l->cap == 0 ? 128 : l->cap;
		char *grown;

		while (n > cap - l->len) {
			cap *= 2;
		}
		grown = realloc(l->kept, cap);
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		l->kept = grown;
		l->cap = cap;
	}
	if (n > 0) {
		memcpy(l->kept + l->len, p, n);
		l->len += (uint32_t)n;
	}
	return 0;
}

static int hand_out(struct http_lines *l, struct http_part *ret_line)
{
	l->done = true;
	*ret_line = (struct http_part){ (const uint8_t *)l->kept, l->len };
	return 1;
}

/* The line ends at n in the chunk, and nothing of it was kept: can it be used where it is? */
static bool in_place(const struct chunk *c, size_t n, bool fold)
{
	return !fold || n == 0 || (n == 1 && c->data[0] == '\r') ||
	       (n + 1 < c->len && !goes_on(c->data[n + 1]));
}

int http_lines_next(struct http_lines *l, struct chunk *c, bool fold, struct http_part *ret_line)
{
	if (l->done) {
		http_lines_reset(l);
	}
	while (c->len > 0) {
		const uint8_t *lf;
		size_t n;

		if (l->whole) {
			if (!goes_on(c->data[0])) {
				return hand_out(l, ret_line);
			}
			l->whole = false;
		}
		lf = memchr(c->data, '\n', c->len);
		n = lf != NULL ? (size_t)(lf - c->data) : c->len;
		if (LIKELY(lf != NULL && l->len == 0 && in_place(c, n, fold))) {
			bool cr = n > 0 && c->data[n - 1] == '\r';

			*ret_line = (struct http_part){ c->data, cr ? n - 1 : n };
			l->crs += cr;
			chunk_take(c, n + 1);
			return 1;
		}
		if (keep(l, c->data, n) != 0) {
			return ERR_NOMEM;
		}
		chunk_take(c, n + (lf != NULL));
		if (lf != NULL) {
			if (l->len > 0 && l->last == '\r') {
				l->len -= l->kept[l->len - 1] == '\r';
				l->crs++;
			}
			if (!fold || l->len == 0) {
				return hand_out(l, ret_line);
			}
			l->whole = true;
		}
	}
	return 0;
}

void http_head_init(struct http_head *h)
{
	memset(h, 0, sizeof(*h));
	h->length = UINT64_MAX;
}

void http_head_watch(struct http_head *h, const uint8_t *p, size_t n)
{
	uint8_t controls = 0;

	while (n > 0) {
		size_t part = n < 128 ? n : 128;
		uint8_t crs = 0;

		for (size_t i = 0; i < part; i++) {
			uint8_t c = p[i];

			crs = (uint8_t)(crs + (c == '\r'));
			controls |= (uint8_t)((c < 0x20) & (c != '\t') & (c != '\n') & (c != '\r'));
		}
		h->crs += crs;
		p += part;
		n -= part;
	}
	h->controls |= controls != 0;
}

static struct http_part trim(const uint8_t *p, size_t n)
{
	while (n > 0 && goes_on(p[0])) {
		p++;
		n--;
	}
	while (n > 0 && (goes_on(p[n - 1]) || p[n - 1] == '\r')) {
		n--;
	}
	return (struct http_part){ p, n };
}

/* "42" or, from proxies that joined two fields, "42, 42". */
static void content_length(struct http_head *h, struct http_part v)
{
	do {
		const uint8_t *comma = memchr(v.p, ',', v.n);
		size_t n = comma != NULL ? (size_t)(comma - v.p) : v.n;
		struct http_part one = trim(v.p, n);
		uint64_t x = 0;

		if (!http_number(one.p, one.n, &x) || x > (uint64_t)INT64_MAX ||
		    (h->length != UINT64_MAX && h->length != x)) {
			h->length_bad = true;
			h->malformed = true;
			return;
		}
		h->length = x;
		n += comma != NULL;
		v.p += n;
		v.n -= n;
	} while (v.n > 0);
}

static void transfer_encoding(struct http_head *h, struct http_part v)
{
	size_t at = v.n;
	struct http_part last;

	while (at > 0 && v.p[at - 1] != ',') {
		at--;
	}
	last = trim(v.p + at, v.n - at);
	h->malformed |= h->coding != CODING_NONE;
	if (http_is(last.p, last.n, "chunked")) {
		h->coding = CODING_CHUNKED;
	} else if (!http_is(last.p, last.n, "identity")) {
		h->coding = CODING_OTHER;
	}
}

static uint8_t upgrade_of(struct http_part v)
{
	if (http_list_has(v.p, v.n, "websocket")) {
		return UPGRADE_WEBSOCKET;
	}
	return http_list_has(v.p, v.n, "h2c") ? UPGRADE_H2C : UPGRADE_OTHER;
}

int http_head_field(struct http_head *h, struct http_out *o, struct http_tx *tx, bool request,
		    bool keep_text, const struct http_part *line)
{
	const uint8_t *colon = memchr(line->p, ':', line->n);
	size_t name = colon != NULL ? (size_t)(colon - line->p) : 0;
	enum http_field f;
	struct http_part v;

	h->malformed |= name == 0 || goes_on(line->p[0]);
	if (name == 0) {
		return 0;
	}
	while (name > 1 && goes_on(line->p[name - 1])) {
		h->malformed = true;
		name--;
	}
	f = http_field_id(line->p, name);
	if (f == FIELD_OTHER) {
		return 0;
	}
	v = trim(colon + 1, line->n - (size_t)(colon + 1 - line->p));
	switch (f) {
	case FIELD_CONTENT_LENGTH: content_length(h, v); return 0;
	case FIELD_TRANSFER_ENCODING: transfer_encoding(h, v); return 0;
	case FIELD_UPGRADE:
		h->upgrade = upgrade_of(v);
		return tx != NULL && !request && tx->status == 101 && tx->upgrade == NULL
			       ? http_text(o, tx, NULL, v.p, v.n, &tx->upgrade)
			       : 0;
	case FIELD_HOST: h->hosts += h->hosts < 2; break;
	default: break;
	}
	return tx != NULL && keep_text ? http_field_keep(o, tx, request, f, v.p, v.n) : 0;
}
