/*
 * fields_packet_http.c - fields of HTTP/1: of the head that begins in the packet, as far as it lies there. Any
 * worker, own context.
 */
#include "filter/fields_packet.h"

#include "base/limits.h"
#include "net/http_head.h"

static bool value_fact(const struct fact_text *t, struct field_value *v)
{
	return t->p != NULL && value_text(v, t->p, t->len);
}

static const struct http_facts *request(struct field_ctx *c)
{
	const struct http_facts *h = packet_http(c);

	return h != NULL && h->request ? h : NULL;
}

static const struct http_facts *response(struct field_ctx *c)
{
	const struct http_facts *h = packet_http(c);

	return h != NULL && !h->request ? h : NULL;
}

static bool value_is_request(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_present(v, request(c) != NULL);
}

static bool value_is_response(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return value_present(v, response(c) != NULL);
}

static bool value_method(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct http_facts *h = request(c);

	UNUSED_ARG(u);
	return h != NULL && value_fact(&h->method, v);
}

enum { URI_ALL, URI_PATH, URI_QUERY };

static bool value_uri(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct http_facts *h = request(c);
	const char *mark;
	uint32_t path;

	if (h == NULL || h->target.p == NULL) {
		return false;
	}
	mark = u->field->which == URI_ALL ? NULL : memchr(h->target.p, '?', h->target.len);
	path = mark != NULL ? (uint32_t)(mark - h->target.p) : h->target.len;
	if (u->field->which == URI_QUERY) {
		return mark != NULL && value_text(v, mark + 1, h->target.len - path - 1);
	}
	return value_text(v, h->target.p, path);
}

/* An absolute target as it is; else with scheme and host in front. */
static bool text_full_uri(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct http_facts *h = request(c);
	const struct fact_text *host = h != NULL ? &h->headers[HTTP_FACT_HOST] : NULL;

	UNUSED_ARG(u);
	if (h == NULL || h->target.p == NULL || h->target.len == 0) {
		return false;
	}
	if (h->target.p[0] == '/' || h->target.p[0] == '*') {
		if (host->p == NULL) {
			return false;
		}
		buf_adds(out, "http://");
		buf_add(out, host->p, host->len);
	}
	buf_add(out, h->target.p, h->target.len);
	return true;
}

static bool value_version(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct http_facts *h = u->field->which != 0 ? request(c) : response(c);

	if (h == NULL) {
		return false;
	}
	switch (h->version) {
	case 10: return value_cstr(v, "HTTP/1.0");
	case 11: return value_cstr(v, "HTTP/1.1");
	default: return false;
	}
}

static bool value_code(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct http_facts *h = response(c);

	UNUSED_ARG(u);
	return h != NULL && value_uint(v, h->status);
}

static bool value_phrase(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct http_facts *h = response(c);

	UNUSED_ARG(u);
	return h != NULL && value_fact(&h->reason, v);
}

static bool value_header(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct http_facts *h = packet_http(c);

	return h != NULL && value_fact(&h->headers[u->field->which], v);
}

static bool value_length(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct http_facts *h = packet_http(c);
	const struct fact_text *t = h != NULL ? &h->headers[HTTP_FACT_CONTENT_LENGTH] : NULL;
	uint64_t x;

	UNUSED_ARG(u);
	return t != NULL && t->p != NULL && http_number((const uint8_t *)t->p, t->len, &x) &&
	       value_uint(v, x);
}

/* clang-format off */
static const struct field rows[] = {
	PACKET_ROW("http.request", PT_BOOL, 0, value_is_request, 0,
		   "true when a request begins in the packet"),
	PACKET_ROW("http.request.method", PT_CHARBUF, 0, value_method, 0, "method"),
	PACKET_ROW("http.request.uri", PT_CHARBUF, 0, value_uri, URI_ALL, "target as sent"),
	PACKET_ROW("http.request.uri.path", PT_CHARBUF, 0, value_uri, URI_PATH,
		   "target up to the question mark"),
	PACKET_ROW("http.request.uri.query", PT_CHARBUF, 0, value_uri, URI_QUERY,
		   "target behind the question mark"),
	{ "http.request.full_uri", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_PACKET, 0, NULL, text_full_uri, 0,
	  "target with http:// and host in front" },
	PACKET_ROW("http.request.version", PT_CHARBUF, 0, value_version, 1, "HTTP/1.0 or HTTP/1.1"),
	PACKET_ROW("http.response", PT_BOOL, 0, value_is_response, 0,
		   "true when a response begins in the packet"),
	PACKET_ROW("http.response.version", PT_CHARBUF, 0, value_version, 0, "HTTP/1.0 or HTTP/1.1"),
	PACKET_ROW("http.response.code", PT_UINT16, 0, value_code, 0, "status"),
	PACKET_ROW("http.response.phrase", PT_CHARBUF, 0, value_phrase, 0, "reason behind the status"),
	PACKET_ROW("http.content_length", PT_UINT64, 0, value_length, 0,
		   "declared length of the body, bytes"),
#define FACT(id, lower, field, name) PACKET_ROW(field, PT_CHARBUF, 0, value_header, HTTP_FACT_##id, "header " name),
	HTTP_FACTS(FACT)
#undef FACT
};
/* clang-format on */

const struct field_class field_class_http = { "HTTP", rows, ARRAY_LEN(rows), "http" };
