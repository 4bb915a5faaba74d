/*
 * http_start.c - the start lines of HTTP/1 messages: recognised in unknown bytes, and taken apart. Lenient where
 * real clients and servers are (RFC 9112, 3 and 4); what is against the grammar is said. Thread: any.
 */
#include "net/http_head.h"

/* Registered methods, and what UPnP and proxies use. */
/* clang-format off */
static const char *const methods[] = {
	"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "ACL",
	"BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE",
	"MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH",
	"PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT", "UNLINK",
	"UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL", "M-SEARCH", "NOTIFY", "SUBSCRIBE",
	"UNSUBSCRIBE", "PURGE", "BAN", "RPC_IN_DATA", "RPC_OUT_DATA", "QUERY",
};
/* clang-format on */

/* tchar of RFC 9110, 5.6.2: one bit each, from 0x20 on. */
static bool is_token_char(uint8_t c)
{
	static const uint32_t bits[3] = { 0x03FF6CFA, 0xC7FFFFFE, 0x57FFFFFF };

	return c >= 0x20 && c < 0x80 && (bits[(c - 0x20) >> 5] >> (c & 31) & 1) != 0;
}

static size_t token_len(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_token_char(p[i])) {
		i++;
	}
	return i;
}

/* prefix: is it the beginning of one? */
static bool is_method(const uint8_t *p, size_t n, bool prefix)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		size_t len = strlen(methods[i]);

		if ((len == n || (prefix && len > n)) && memcmp(methods[i], p, n) == 0) {
			return true;
		}
	}
	return false;
}

/* "HTTP/1.1": 11; 0: no version. */
static uint8_t version_of(const uint8_t *p)
{
	if (memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '2' || p[6] != '.' || p[7] < '0' ||
	    p[7] > '9') {
		return 0;
	}
	return (uint8_t)((p[5] - '0') * 10 + (p[7] - '0'));
}

/* "HTTP/1.1 200", as far as it is there. */
static enum http_start start_of_response(const uint8_t *p, size_t n)
{
	static const char form[] = "HTTP/1.# ###";

	for (size_t i = 0; i < n && i < sizeof(form) - 1; i++) {
		if (form[i] == '#' ? p[i] < '0' || p[i] > '9' : p[i] != (uint8_t)form[i]) {
			return START_NO;
		}
	}
	return n < sizeof(form) - 1 ? START_MORE : START_RESPONSE;
}

/* The first bytes of a target that say: this is a request's. */
static enum http_start start_of_target(const uint8_t *p, size_t n, bool connect)
{
	static const char scheme[] = "http";

	if (p[0] == '/') {
		return START_REQUEST;
	}
	if (connect) {
		return is_token_char(p[0]) || p[0] == '[' ? START_REQUEST : START_NO;
	}
	for (size_t i = 0; i < sizeof(scheme) - 1; i++) {
		if (i == n) {
			return START_MORE;
		}
		if ((p[i] | 0x20) != scheme[i]) {
			return p[0] == '*' ? START_MORE : START_NO;
		}
	}
	return START_REQUEST;
}

static enum http_start start_of_request(const uint8_t *p, size_t n, bool mid)
{
	size_t token = token_len(p, n < 32 ? n : 32);
	const uint8_t *lf;
	enum http_start s;

	if (token == n) {
		return token <= 24 && (!mid || is_method(p, token, true)) ? START_MORE : START_NO;
	}
	if (token == 0 || p[token] != ' ') {
		return START_NO;
	}
	lf = memchr(p, '\n', n);
	if (lf != NULL) {
		struct http_request_line line;

		return http_request_line(p, (size_t)(lf - p), &line) && line.version < 20 &&
				       (!line.bare || !mid) &&
				       (!mid || !line.malformed || is_method(p, token, false))
			       ? START_REQUEST
			       : START_NO;
	}
	if (token + 1 == n) {
		return START_MORE;
	}
	s = start_of_target(p + token + 1, n - token - 1,
			    token == 7 && memcmp(p, "CONNECT", 7) == 0);
	if (s == START_NO || (mid && !is_method(p, token, false))) {
		return START_NO;
	}
	return is_method(p, token, false) ? s : START_MORE;
}

enum http_start http_start(const uint8_t *p, size_t n, bool mid)
{
	size_t skip = 0;
	enum http_start s;

	while (skip < n && skip < 8 && (p[skip] == '\r' || p[skip] == '\n')) {
		skip++;
	}
	if (skip == n) {
		return START_MORE;
	}
	p += skip;
	n -= skip;
	s = start_of_response(p, n);
	if (s == START_NO || (s == START_MORE && n < 5)) { /* "H" may become HEAD */
		enum http_start r = start_of_request(p, n, mid);

		s = s == START_MORE && r == START_NO ? s : r;
	}
	return s == START_MORE && n >= HTTP_START_MAX ? START_NO : s;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool all_visible(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] <= ' ' || p[i] == 0x7F) {
			return false;
		}
	}
	return true;
}

/* Method and the start of the target. */
static bool take_method(const uint8_t *p, size_t n, struct http_request_line *l)
{
	size_t token = token_len(p, n);

	memset(l, 0, sizeof(*l));
	if (token == 0 || token == n || (p[token] != ' ' && p[token] != '\t')) {
		return false;
	}
	l->method = (struct http_part){ p, token };
	l->malformed = p[token] != ' ';
	p += token + 1;
	n -= token + 1;
	while (n > 0 && is_blank(*p)) {
		p++;
		n--;
		l->malformed = true;
	}
	l->target = (struct http_part){ p, n };
	return true;
}

static bool is_bare(const struct http_request_line *l)
{
	return l->method.n == 3 && memcmp(l->method.p, "GET", 3) == 0 && l->target.n > 0 &&
	       l->target.p[0] == '/' && all_visible(l->target.p, l->target.n);
}

bool http_request_line(const uint8_t *p, size_t n, struct http_request_line *ret_line)
{
	struct http_request_line l;
	struct http_part *t = &l.target;

	while (n > 0 && is_blank(p[n - 1])) {
		n--;
	}
	if (!take_method(p, n, &l)) {
		return false;
	}
	if (t->n >= 8) {
		l.version = version_of(t->p + t->n - 8);
	}
	if (l.version == 0) {
		l.version = 9;
		l.bare = true;
		if (!is_bare(&l)) {
			return false;
		}
		*ret_line = l;
		return true;
	}
	t->n -= 8;
	l.malformed |= t->n == 0 || t->p[t->n - 1] != ' ' || l.version > 11;
	while (t->n > 0 && is_blank(t->p[t->n - 1])) {
		t->n--;
	}
	l.malformed |= !all_visible(t->p, t->n);
	*ret_line = l;
	return true;
}

bool http_request_line_cut(const uint8_t *p, size_t n, struct http_request_line *ret_line)
{
	struct http_request_line l;
	const uint8_t *end;

	if (!take_method(p, n, &l) || l.target.n == 0 ||
	    !is_method(l.method.p, l.method.n, false) ||
	    start_of_target(l.target.p, l.target.n,
			    l.method.n == 7 && memcmp(l.method.p, "CONNECT", 7) == 0) == START_NO) {
		return false;
	}
	end = memchr(l.target.p, ' ', l.target.n);
	if (end != NULL) {
		l.target.n = (size_t)(end - l.target.p);
	}
	*ret_line = l;
	return all_visible(l.target.p, l.target.n);
}

bool http_status_line(const uint8_t *p, size_t n, struct http_status_line *ret_line)
{
	struct http_status_line l = { { NULL, 0 }, 0, 0, false };
	size_t at = 8;

	while (n > 0 && is_blank(p[n - 1])) {
		n--;
	}
	if (n < 12 || (l.version = version_of(p)) == 0 || !is_blank(p[at])) {
		return false;
	}
	while (at < n && is_blank(p[at])) {
		at++;
	}
	l.malformed = at != 9 || l.version > 11;
	if (n - at < 3 || (n - at > 3 && !is_blank(p[at + 3]))) {
		return false;
	}
	for (size_t i = at; i < at + 3; i++) {
		if (p[i] < '0' || p[i] > '9') {
			return false;
		}
		l.status = (uint16_t)(l.status * 10 + (p[i] - '0'));
	}
	at += 3;
	while (at < n && is_blank(p[at])) {
		at++;
	}
	l.reason = (struct http_part){ p + at, n - at };
	*ret_line = l;
	return l.status >= 100;
}
