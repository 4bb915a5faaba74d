/*
 * request_name.c - see request_name.h. Reads the captured beginning of what a call moved; writes a line of text. Each
 * protocol reads only what it needs; what is cut gives a shorter name or none. Any thread.
 */
#include "join/request_name.h"

#include "base/cursor.h"
#include "net/dns.h"
#include "net/http_head.h"
#include "net/layer.h"

/* At most REQUEST_NAME bytes; line ends and tabs become blanks, runs of them one. */
static void add_bytes(struct buf *out, const void *text, size_t n)
{
	const uint8_t *p = text;
	bool blank = true;

	for (size_t i = 0; i < n && out->len < REQUEST_NAME; i++) {
		bool white = p[i] == ' ' || p[i] == '\n' || p[i] == '\r' || p[i] == '\t';

		if (!white || !blank) {
			buf_addc(out, white ? ' ' : (char)p[i]);
		}
		blank = white;
	}
}

/* Up to the first NUL, where a protocol ends its texts so. */
static void add_text(struct buf *out, const void *text, size_t n)
{
	add_bytes(out, text, strnlen(text, n));
}

/* ---- which protocol --------------------------------------------------------------------------------------- */

/* The record that begins a request, or its header alone. */
static bool is_fastcgi(const uint8_t *p, uint32_t cap, uint32_t len)
{
	return cap >= 8 && p[0] == 1 && p[1] == 1 && p[4] == 0 && p[5] == 8 && p[6] == 0 && p[7] == 0 &&
	       (len == 8 || (cap >= 11 && p[8] == 0 && p[9] >= 1 && p[9] <= 3));
}

/* A client's first message, or a simple query or statement of exactly the call's length. */
static bool is_postgresql(const uint8_t *p, uint32_t cap, uint32_t len)
{
	if (cap < 8) {
		return false;
	}
	if (load_be32(p) == len) {
		uint32_t code = load_be32(p + 4);

		return (len == 8 && (code == 80877103 || code == 80877104)) || (len == 16 && code == 80877102) ||
		       (code == 0x30000 && cap >= 13 && memcmp(p + 8, "user", 5) == 0);
	}
	return p[0] == 'Q' && load_be32(p + 1) == len - 1 && p[5] >= ' ' && p[5] < 0x7f && len > 6;
}

uint8_t request_service(const uint8_t *p, uint32_t cap, uint32_t len, bool mid)
{
	if (cap == 0) {
		return SERVICE_NONE;
	}
	if (cap >= 3 && p[0] == 22 && p[1] == 3 && p[2] <= 4) {
		return SERVICE_TLS;
	}
	if (is_fastcgi(p, cap, len)) {
		return SERVICE_FASTCGI;
	}
	if (is_postgresql(p, cap, len)) {
		return SERVICE_POSTGRESQL;
	}
	if (cap >= 16 && http_start(p, cap, true) == START_REQUEST) {
		return SERVICE_HTTP;
	}
	return mid ? SERVICE_NONE : service_of_bytes(IP_TCP, true, p, cap);
}

/* ---- HTTP ------------------------------------------------------------------------------------------------- */

static void http_name(const uint8_t *p, uint32_t cap, struct buf *out)
{
	struct http_request_line line;
	const uint8_t *end = memchr(p, '\n', cap);
	size_t n = end != NULL ? (size_t)(end - p) : cap;

	if (end != NULL && n > 0 && p[n - 1] == '\r') {
		n--;
	}
	if (!(end != NULL ? http_request_line(p, n, &line) : http_request_line_cut(p, n, &line))) {
		return;
	}
	add_text(out, line.method.p, line.method.n);
	buf_addc(out, ' ');
	/* A NUL in it may be there to hide what follows. */
	add_bytes(out, line.target.p, line.target.n);
}

/* ---- PostgreSQL ------------------------------------------------------------------------------------------- */

static void postgres_startup(struct cursor c, struct buf *out)
{
	buf_adds(out, "startup");
	while (c.left > 1 && *c.p != 0) {
		const uint8_t *key = c.p;
		const uint8_t *end = memchr(c.p, 0, c.left);
		const uint8_t *value = end != NULL ? end + 1 : NULL;
		size_t left = end != NULL ? c.left - (size_t)(value - c.p) : 0;

		if (left == 0) {
			return;
		}
		if (strcmp((const char *)key, "database") == 0) {
			buf_addc(out, ' ');
			add_text(out, value, left);
			return;
		}
		cur_skip(&c, (size_t)(value - c.p) + strnlen((const char *)value, left));
		cur_skip(&c, c.left > 0 ? 1 : 0);
	}
}

/* A text that ends with a NUL, or where the capture does. */
static size_t text_length(const struct cursor *c)
{
	return strnlen((const char *)c->p, c->left);
}

static void statement(struct cursor c, bool named, struct buf *out)
{
	if (named) {
		size_t n = text_length(&c);

		cur_skip(&c, n < c.left ? n + 1 : n);
	}
	if (c.left > 0) {
		add_text(out, c.p, c.left);
	}
}

/* Bind: the portal, then the statement's name. */
static void bind_name(struct cursor c, struct buf *out)
{
	size_t n = text_length(&c);

	cur_skip(&c, n < c.left ? n + 1 : n);
	buf_adds(out, "EXECUTE ");
	if (c.left > 0) {
		add_text(out, c.p, c.left);
	}
}

static void postgres_name(const uint8_t *p, uint32_t cap, struct buf *out)
{
	struct cursor c = cur_make(p, cap);

	if (cap >= 8 && p[0] == 0) {
		uint32_t code = load_be32(p + 4);

		cur_skip(&c, 8);
		switch (code) {
		case 80877103: buf_adds(out, "SSLRequest"); break;
		case 80877104: buf_adds(out, "GSSENCRequest"); break;
		case 80877102: buf_adds(out, "CancelRequest"); break;
		case 0x30000: postgres_startup(c, out); break;
		default: break;
		}
		return;
	}
	while (c.left >= 5 && out->len == 0) {
		uint8_t kind = cur_u8(&c);
		uint32_t len = cur_be32(&c);
		struct cursor body = c;

		switch (kind) {
		case 'Q': statement(body, false, out); break;
		case 'P': statement(body, true, out); break;
		case 'B': bind_name(body, out); break;
		case 'X': buf_adds(out, "Terminate"); break;
		default: break;
		}
		if (len < 4 || len - 4 > c.left) {
			return;
		}
		cur_skip(&c, len - 4);
	}
}

/* ---- Redis, MySQL ----------------------------------------------------------------------------------------- */

/* "*2\r\n$3\r\nGET\r\n$5\r\nfirst\r\n": the command and what it works on. */
static void redis_name(const uint8_t *p, uint32_t cap, struct buf *out)
{
	struct cursor c = cur_make(p, cap);

	for (unsigned int line = 0; line < 5 && c.left > 0; line++) {
		const uint8_t *end = memchr(c.p, '\n', c.left);
		size_t n = end != NULL ? (size_t)(end - c.p) : c.left;
		size_t shown = n > 0 && c.p[n - 1] == '\r' ? n - 1 : n;

		if (line == 2 || line == 4) {
			if (line == 4) {
				buf_addc(out, ' ');
			}
			add_text(out, c.p, shown);
		}
		cur_skip(&c, end != NULL ? n + 1 : n);
	}
}

static void mysql_name(const uint8_t *p, uint32_t cap, struct buf *out)
{
	if (cap > 5 && p[4] == 3) {
		add_text(out, p + 5, cap - 5);
	}
}

void request_name(uint8_t service, const uint8_t *p, uint32_t cap, struct buf *out)
{
	if (cap == 0) {
		return;
	}
	switch (service) {
	case SERVICE_HTTP: http_name(p, cap, out); break;
	case SERVICE_POSTGRESQL: postgres_name(p, cap, out); break;
	case SERVICE_REDIS: redis_name(p, cap, out); break;
	case SERVICE_MYSQL: mysql_name(p, cap, out); break;
	default: break;
	}
}

/* ---- FastCGI ---------------------------------------------------------------------------------------------- */

enum { FASTCGI_PARAMS = 4 };

/* Length of a name or value: one byte, or four with the highest bit set. */
static uint32_t param_length(struct cursor *c)
{
	uint32_t n = cur_u8(c);

	if (n >= 0x80) {
		n = (n & 0x7f) << 24;
		n |= (uint32_t)cur_u8(c) << 16;
		n |= cur_be16(c);
	}
	return n;
}

struct fastcgi_params {
	struct param_text {
		const uint8_t *p;
		size_t n;
		bool cut;	/* the capture ends in it */
	} method, uri, script, query;
};

static void keep_param(struct fastcgi_params *f, struct cursor name, struct cursor value, bool cut)
{
	static const struct {
		const char *name;
		size_t at;
	} wanted[] = {
		{ "REQUEST_METHOD", offsetof(struct fastcgi_params, method) },
		{ "REQUEST_URI", offsetof(struct fastcgi_params, uri) },
		{ "SCRIPT_FILENAME", offsetof(struct fastcgi_params, script) },
		{ "QUERY_STRING", offsetof(struct fastcgi_params, query) },
	};

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (name.left == strlen(wanted[i].name) && memcmp(name.p, wanted[i].name, name.left) == 0) {
			struct param_text t = { value.p, value.left, cut };

			memcpy((uint8_t *)f + wanted[i].at, &t, sizeof(t));
		}
	}
}

static void add_param(struct buf *out, const struct param_text *t)
{
	add_text(out, t->p, t->n);
	if (t->cut) {
		buf_adds(out, "...");
	}
}

static void params_name(struct cursor c, struct buf *out)
{
	struct fastcgi_params f = { 0 };

	while (c.left > 0 && !c.bad) {
		uint32_t name_len = param_length(&c);
		uint32_t value_len = param_length(&c);
		struct cursor name;
		struct cursor value;

		if (c.bad || name_len > c.left) {
			break;
		}
		name = cur_sub(&c, name_len);
		value = cur_sub(&c, value_len < c.left ? value_len : (uint32_t)c.left);
		keep_param(&f, name, value, value.left < value_len);
	}
	if (f.uri.p == NULL && f.script.p == NULL) {
		return;
	}
	if (f.method.n > 0) {
		add_param(out, &f.method);
		buf_addc(out, ' ');
	}
	if (f.uri.p != NULL && (!f.uri.cut || f.script.p == NULL || f.script.cut || f.query.cut)) {
		add_param(out, &f.uri);
		return;
	}
	add_param(out, &f.script);
	if (f.query.n > 0) {
		buf_addc(out, '?');
		add_param(out, &f.query);
	}
}

void fastcgi_name(struct fastcgi_walk *w, const uint8_t *p, uint32_t cap, uint32_t len, struct buf *out)
{
	uint32_t at = 0;

	while (at < len && !w->lost && out->len == 0) {
		uint32_t n;

		if (w->left == 0) {
			if (at >= cap) {
				w->lost = true;
				return;
			}
			w->head[w->have++] = p[at++];
			if (w->have == sizeof(w->head)) {
				w->have = 0;
				w->type = w->head[1];
				w->left = (uint32_t)load_be16(w->head + 4) + w->head[6];
				w->fresh = true;
			}
			continue;
		}
		n = w->left < len - at ? w->left : len - at;
		if (w->type == FASTCGI_PARAMS && w->fresh && at < cap) {
			params_name(cur_make(p + at, n < cap - at ? n : cap - at), out);
		}
		w->fresh = false;
		w->left -= n;
		at += n;
	}
}

/* ---- DNS -------------------------------------------------------------------------------------------------- */

void dns_request_name(const uint8_t *p, uint32_t cap, struct buf *out)
{
	struct cursor c = cur_make(p, cap);
	char type[DNS_NAME_BYTES];
	uint8_t text[REQUEST_NAME];
	size_t n = 0;
	uint8_t len;

	cur_skip(&c, 12);
	if (c.bad || p[5] == 0) {	/* no question */
		return;
	}
	while ((len = cur_u8(&c)) != 0 && !c.bad) {
		const uint8_t *label = cur_take(&c, len);

		if (label == NULL || len > 63 || n + len + 1 > sizeof(text)) {
			return;
		}
		if (n > 0) {
			text[n++] = '.';
		}
		memcpy(text + n, label, len);
		n += len;
	}
	buf_adds(out, dns_type_name(cur_be16(&c), type));
	if (c.bad) {
		buf_reset(out);
		return;
	}
	buf_addc(out, ' ');
	if (n == 0) {
		buf_addc(out, '.');
	}
	add_text(out, text, n);
}
