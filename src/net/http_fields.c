/*
 * http_fields.c - transactions as rows, their texts, and the header fields that fill them, for HTTP/1 and HTTP/2
 * alike. Reads untrusted names and values of known length; produces struct http_tx. Thread: the flow's shard.
 */
#include "net/http_internal.h"

#include "base/limits.h"

void http_out_release(struct http_out *o)
{
	free(o->spare);
	o->spare = NULL;
}

int http_tx_new(struct http_out *o, unsigned int client, struct http_tx **ret_tx)
{
	void *row;
	struct http_tx *tx;

	if (rows_add(&o->t->rows->http, &row) != 0) {
		return ERR_NOMEM;
	}
	tx = row;
	if (tx == NULL) {
		if (o->spare == NULL && (o->spare = malloc(sizeof(*o->spare))) == NULL) {
			return ERR_NOMEM;
		}
		tx = o->spare;
		memset(tx, 0, sizeof(*tx));
	}
	tx->flow = o->t->flow;
	tx->client = (uint8_t)client;
	tx->depth = ++o->depth;
	tx->request.content_length = UINT64_MAX;
	tx->response.content_length = UINT64_MAX;
	*ret_tx = tx;
	return 0;
}

int http_text(struct http_out *o, struct http_tx *tx, const struct text *like, const void *p,
	      size_t n, const struct text **ret_text)
{
	if (UNLIKELY(n > LIMIT_NET_TEXT)) {
		n = LIMIT_NET_TEXT;
		tx->flags |= HTTP_HEAD_CUT;
	}
	if (like != NULL && like->len == n && (n == 0 || memcmp(like->bytes, p, n) == 0)) {
		*ret_text = like;
		return 0;
	}
	return intern_get(&o->t->rows->texts, p, n, ret_text);
}

bool http_is(const uint8_t *p, size_t n, const char *lower)
{
	size_t i;

	for (i = 0; i < n && lower[i] != '\0'; i++) {
		uint8_t c = p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i];

		if (c != (uint8_t)lower[i]) {
			return false;
		}
	}
	return i == n && lower[i] == '\0';
}

/* By the length of their names. */
static const struct {
	const char *name;
	enum http_field field;
} fields[18][2] = {
	[4] = { { "host", FIELD_HOST } },
	[6] = { { "server", FIELD_SERVER } },
	[7] = { { "upgrade", FIELD_UPGRADE }, { "referer", FIELD_REFERER } },
	[8] = { { "location", FIELD_LOCATION } },
	[9] = { { "forwarded", FIELD_FORWARDED } },
	[10] = { { "connection", FIELD_CONNECTION }, { "user-agent", FIELD_USER_AGENT } },
	[12] = { { "content-type", FIELD_CONTENT_TYPE } },
	[14] = { { "content-length", FIELD_CONTENT_LENGTH } },
	[15] = { { "x-forwarded-for", FIELD_X_FORWARDED_FOR } },
	[17] = { { "transfer-encoding", FIELD_TRANSFER_ENCODING } },
};

enum http_field http_field_id(const uint8_t *name, size_t n)
{
	for (size_t i = 0; n < ARRAY_LEN(fields) && i < 2 && fields[n][i].name != NULL; i++) {
		const char *full = fields[n][i].name;

		if ((name[0] | 0x20) == full[0] && http_is(name, n, full)) {
			return fields[n][i].field;
		}
	}
	return FIELD_OTHER;
}

/* Where a field's value is kept in a transaction; NULL: not kept. */
static const struct text **place(struct http_tx *tx, bool request, enum http_field f)
{
	struct http_message *m = request ? &tx->request : &tx->response;

	switch (f) {
	case FIELD_HOST: return request ? &tx->host : NULL;
	case FIELD_USER_AGENT: return request ? &tx->user_agent : NULL;
	case FIELD_REFERER: return request ? &tx->referrer : NULL;
	case FIELD_FORWARDED:
	case FIELD_X_FORWARDED_FOR: return request ? &tx->forwarded : NULL;
	case FIELD_SERVER: return request ? NULL : &tx->server;
	case FIELD_LOCATION: return request ? NULL : &tx->location;
	case FIELD_CONTENT_TYPE: return &m->content_type;
	default: return NULL;
	}
}

int http_field_keep(struct http_out *o, struct http_tx *tx, bool request, enum http_field f,
		    const uint8_t *p, size_t n)
{
	const struct text **at = place(tx, request, f);
	const struct text *like = NULL;

	if (at == NULL || *at != NULL) {
		return 0;
	}
	if (o->like[!request] != NULL) {
		like = *(const struct text *const *)((const char *)o->like[!request] +
						     ((char *)at - (char *)tx));
	}
	return http_text(o, tx, like, p, n, at);
}

bool http_number(const uint8_t *p, size_t n, uint64_t *ret_x)
{
	uint64_t x = 0;

	if (n == 0) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9' || __builtin_mul_overflow(x, (uint64_t)10, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(p[i] - '0'), &x)) {
			return false;
		}
	}
	*ret_x = x;
	return true;
}

bool http_list_has(const uint8_t *p, size_t n, const char *token)
{
	size_t at = 0;

	while (at < n) {
		size_t from, to;

		while (at < n && (p[at] == ' ' || p[at] == '\t' || p[at] == ',')) {
			at++;
		}
		from = at;
		while (at < n && p[at] != ',') {
			at++;
		}
		to = at;
		while (to > from && (p[to - 1] == ' ' || p[to - 1] == '\t')) {
			to--;
		}
		if (http_is(p + from, to - from, token)) {
			return true;
		}
	}
	return false;
}
