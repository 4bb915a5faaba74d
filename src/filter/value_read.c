/*
 * value_read.c - see value_read.h: numbers, ports, addresses, networks, truth, bytes.
 */
#include "filter/value_read.h"

#include <arpa/inet.h>

#define NUMBER_BYTES 64 /* longest text of a number or address */

static bool copy_text(const char *s, size_t len, char out[NUMBER_BYTES])
{
	if (len == 0 || len >= NUMBER_BYTES || memchr(s, '\0', len) != NULL) {
		return false;
	}
	memcpy(out, s, len);
	out[len] = '\0';
	return true;
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : 99;
}

bool value_read_number(const char *s, size_t len, struct number *ret_n)
{
	bool neg = len > 0 && s[0] == '-';
	size_t i = neg || (len > 0 && s[0] == '+') ? 1 : 0;
	unsigned int base = 10;
	uint64_t u = 0;

	if (len > i + 2 && s[i] == '0' && (s[i + 1] == 'x' || s[i + 1] == 'X')) {
		base = 16;
		i += 2;
	}
	if (i >= len) {
		return false;
	}
	for (; i < len; i++) {
		unsigned int d = (unsigned int)digit_of(s[i]);

		if (d >= base || __builtin_mul_overflow(u, base, &u) ||
		    __builtin_add_overflow(u, d, &u)) {
			return false;
		}
	}
	if (neg && u > (uint64_t)INT64_MAX + 1) {
		return false;
	}
	ret_n->neg = neg && u != 0;
	ret_n->u = ret_n->neg ? UINT64_C(0) - u : u;
	return true;
}

static bool read_double(const char *s, size_t len, double *ret_f)
{
	char text[NUMBER_BYTES];
	char *end;

	if (!copy_text(s, len, text) || strspn(text, "0123456789+-.eE") != len) {
		return false;
	}
	*ret_f = strtod(text, &end);
	return *end == '\0';
}

static bool read_port(const char *s, size_t len, struct number *ret_n)
{
	int port;

	if (value_read_number(s, len, ret_n)) {
		return !ret_n->neg && ret_n->u <= UINT16_MAX;
	}
	port = port_of_service(s, len);
	if (port < 0) {
		return false;
	}
	ret_n->u = (uint64_t)port;
	ret_n->neg = false;
	return true;
}

static bool read_bool(const char *s, size_t len, struct number *ret_n)
{
	/* clang-format off */
	static const struct {
		const char *word;
		bool is;
	} words[] = { { "true", true },	  { "false", false }, { "True", true }, { "False", false },
		      { "TRUE", true }, { "FALSE", false }, { "1", true },	  { "0", false } };
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i].word) == len && memcmp(words[i].word, s, len) == 0) {
			ret_n->u = words[i].is;
			ret_n->neg = false;
			return true;
		}
	}
	return false;
}

/* An address, a prefix behind a slash allowed or required. Bits beyond the prefix are cleared. */
static bool read_address(const struct lexer *x, const char *s, size_t len, bool need_bits,
			 struct constant *k)
{
	const char *slash = memchr(s, '/', len);
	size_t n = slash != NULL ? (size_t)(slash - s) : len;
	bool v6 = memchr(s, ':', n) != NULL;
	uint8_t *ip = arena_alloc(x->arena, 16);
	char text[NUMBER_BYTES];
	struct number bits = { v6 ? 128 : 32, false };

	if (ip == NULL || (slash == NULL && need_bits) || !copy_text(s, n, text) ||
	    inet_pton(v6 ? AF_INET6 : AF_INET, text, ip) != 1) {
		return false;
	}
	if (slash != NULL && (!value_read_number(slash + 1, len - n - 1, &bits) || bits.neg ||
			      bits.u > (v6 ? 128 : 32))) {
		return false;
	}
	k->len = v6 ? 16 : 4;
	k->bits = (uint8_t)bits.u;
	for (unsigned int i = k->bits; i < k->len * 8; i++) {
		ip[i / 8] &= (uint8_t) ~(0x80 >> (i % 8));
	}
	k->v.text = k->to.text = (const char *)ip;
	return true;
}

bool value_read_hex(const char *s, size_t len, char *out, uint32_t *ret_len)
{
	if (len % 2 != 0) {
		return false;
	}
	for (size_t i = 0; i < len; i += 2) {
		if (digit_of(s[i]) > 15 || digit_of(s[i + 1]) > 15) {
			return false;
		}
		out[i / 2] = (char)(digit_of(s[i]) << 4 | digit_of(s[i + 1]));
	}
	*ret_len = (uint32_t)(len / 2);
	return true;
}

/* aa:bb:cc, or aa-bb-cc, or one byte: pairs of digits with the same character between them. */
static bool read_byte_row(const struct lexer *x, const struct lexed *w, struct constant *k)
{
	char *out;

	if (w->len % 3 != 2) {
		return false;
	}
	out = arena_alloc(x->arena, w->len);
	if (out == NULL) {
		return false;
	}
	for (size_t i = 0; i < w->len; i += 3) {
		uint32_t one;

		if (!value_read_hex(w->s + i, 2, out + i / 3, &one) ||
		    (i > 0 && (w->s[i - 1] != w->s[2] || strchr(":-", w->s[2]) == NULL))) {
			return false;
		}
	}
	k->v.text = k->to.text = out;
	k->len = (w->len + 1) / 3;
	return true;
}

/* 0800 for a slice of two bytes, 6 for one of a packet: as a text it would be of another length (of one byte: a
 * digit). */
static bool read_digits(const struct lexer *x, const struct value_read *how, const struct lexed *w, struct constant *k)
{
	char *out;

	if (how->bytes == 0 || (w->len != 2 * (uint64_t)how->bytes && !(how->hex_digit && w->len == 1))) {
		return false;
	}
	out = arena_alloc(x->arena, how->bytes);
	if (out == NULL) {
		return false;
	}
	if (w->len == 1) {
		out[0] = (char)digit_of(w->s[0]);
		k->len = 1;
		if (digit_of(w->s[0]) > 15) {
			return false;
		}
	} else if (!value_read_hex(w->s, w->len, out, &k->len)) {
		return false;
	}
	k->v.text = k->to.text = out;
	return true;
}

static void read_text(const struct lexed *w, struct constant *k)
{
	k->v.text = k->to.text = w->s;
	k->len = w->len;
}

static bool read_one(const struct lexer *x, const struct value_read *how, const struct lexed *w,
		     struct constant *k)
{
	bool ok = true;

	switch (how->cls) {
	case CLASS_NUMBER: ok = value_read_number(w->s, w->len, &k->v.n); break;
	case CLASS_PORT: ok = read_port(w->s, w->len, &k->v.n); break;
	case CLASS_BOOL: ok = read_bool(w->s, w->len, &k->v.n); break;
	case CLASS_DOUBLE:
		ok = read_double(w->s, w->len, &k->v.f);
		k->to.f = k->v.f;
		return ok;
	case CLASS_IP: return read_address(x, w->s, w->len, false, k);
	case CLASS_NET: return read_address(x, w->s, w->len, true, k);
	case CLASS_BYTES:
		if (w->quoted || !how->hex_bytes || !(read_byte_row(x, w, k) || read_digits(x, how, w, k))) {
			read_text(w, k);
		}
		return true;
	default: read_text(w, k); return true;
	}
	k->to.n = k->v.n;
	return ok;
}

static const char *wanted(enum value_class cls)
{
	/* clang-format off */
	static const char *const words[CLASS_COUNT] = {
		[CLASS_NUMBER] = "a whole number",
		[CLASS_PORT] = "a port: a number up to 65535 or the name of a service",
		[CLASS_DOUBLE] = "a number",
		[CLASS_BOOL] = "true or false",
		[CLASS_TEXT] = "a text",
		[CLASS_BYTES] = "bytes",
		[CLASS_IP] = "an address",
		[CLASS_NET] = "a network: address/bits",
	};
	/* clang-format on */

	return words[cls];
}

static int refuse(const struct lexer *x, const struct value_read *how, const struct lexed *w)
{
	return lex_fail(x, w->at, "'%s' is compared with %s, not with '%.*s'%s", how->field,
			wanted(how->cls), (int)min_u64(w->len, 64), w->s,
			!w->quoted && w->len > 0 && field_find(w->s, w->len) != NULL
				? "; the value of a field is val(...)"
				: "");
}

/* The order of two ends of a range. */
static bool is_ordered(enum value_class cls, const struct constant *k)
{
	switch (cls) {
	case CLASS_DOUBLE: return k->v.f <= k->to.f;
	case CLASS_IP: return memcmp(k->v.text, k->to.text, k->len) <= 0;
	default: return k->v.n.neg != k->to.n.neg ? k->v.n.neg : k->v.n.u <= k->to.n.u;
	}
}

static int read_range(const struct lexer *x, const struct value_read *how, const struct lexed *w,
		      size_t dots, struct constant *ret_k)
{
	struct lexed low = *w;
	struct lexed high = *w;
	struct constant a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	low.len = (uint32_t)dots;
	high.s = w->s + dots + 2;
	high.at = w->at + dots + 2;
	high.len = w->len - low.len - 2;
	if (how->cls == CLASS_TEXT || how->cls == CLASS_BYTES || how->cls == CLASS_NET ||
	    how->cls == CLASS_BOOL) {
		return lex_fail(x, w->at,
				"'%s' has no ranges; write '%.*s' in quotes if it is a text",
				how->field, (int)min_u64(w->len, 64), w->s);
	}
	if (!read_one(x, how, &low, &a)) {
		return refuse(x, how, &low);
	}
	if (!read_one(x, how, &high, &b)) {
		return refuse(x, how, &high);
	}
	memcpy(&a.to, &b.v, sizeof(a.to));
	if (a.len != b.len || a.bits != b.bits || (how->cls == CLASS_IP && a.bits != a.len * 8) ||
	    !is_ordered(how->cls, &a)) {
		return lex_fail(x, w->at,
				"'%.*s' is no range: the first end must not be above the second",
				(int)min_u64(w->len, 64), w->s);
	}
	*ret_k = a;
	return 0;
}

int value_read(const struct lexer *x, const struct value_read *how, const struct lexed *w,
	       struct constant *ret_k)
{
	const char *dots = how->range && !w->quoted ? memmem(w->s, w->len, "..", 2) : NULL;
	struct constant k;

	if (dots != NULL) {
		return read_range(x, how, w, (size_t)(dots - w->s), ret_k);
	}
	memset(&k, 0, sizeof(k));
	if (!read_one(x, how, w, &k)) {
		return refuse(x, how, w);
	}
	*ret_k = k;
	return 0;
}
