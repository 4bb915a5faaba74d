/*
 * escape.c - see escape.h. One walk for all targets: runs of plain bytes are copied at once, the
 * rest goes through one function per target. A table says for each byte and target which is which.
 */
#include "base/escape.h"

/* What stops a run of plain bytes. Every target stops at controls and at bytes from 0x80 on. */
enum {
	STOP_ALL = 1, /* controls, DEL, 0x80..0xff */
	STOP_HTML = 2, /* & < > " ' */
	STOP_JSON = 4, /* " and backslash */
	STOP_SCRIPT = 8, /* < > & */
	STOP_CSV = 16, /* the quote: doubled */
	QUOTE_CSV = 32 /* the cell needs quotes */
};

#define ROW16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x

/* clang-format off */
static const uint8_t stops[256] = {
	STOP_ALL, STOP_ALL, STOP_ALL, STOP_ALL, STOP_ALL, STOP_ALL, STOP_ALL, STOP_ALL,
	STOP_ALL, STOP_ALL | QUOTE_CSV, STOP_ALL | QUOTE_CSV, STOP_ALL,
	STOP_ALL, STOP_ALL | QUOTE_CSV, STOP_ALL, STOP_ALL,
	ROW16(STOP_ALL),
	['"'] = STOP_HTML | STOP_JSON | STOP_CSV | QUOTE_CSV,
	['&'] = STOP_HTML | STOP_SCRIPT,
	['\''] = STOP_HTML,
	[','] = QUOTE_CSV,
	['<'] = STOP_HTML | STOP_SCRIPT,
	['>'] = STOP_HTML | STOP_SCRIPT,
	['\\'] = STOP_JSON,
	[0x7f] = STOP_ALL,
	[0x80] = ROW16(STOP_ALL), ROW16(STOP_ALL), ROW16(STOP_ALL), ROW16(STOP_ALL),
	ROW16(STOP_ALL), ROW16(STOP_ALL), ROW16(STOP_ALL), ROW16(STOP_ALL),
};
/* clang-format on */

static const char hex[] = "0123456789abcdef";

static bool continues(const uint8_t *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			return false;
		}
	}
	return true;
}

size_t escape_utf8(const uint8_t *p, size_t n, uint32_t *ret_char)
{
	size_t len = p[0] < 0x80   ? 1
		     : p[0] < 0xc2 ? 0
		     : p[0] < 0xe0 ? 2
		     : p[0] < 0xf0 ? 3
		     : p[0] < 0xf5 ? 4
				   : 0;
	uint32_t c;

	if (len == 0 || len > n || !continues(p, len)) {
		return 0;
	}
	switch (len) {
	case 1: c = p[0]; break;
	case 2: c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu); break;
	case 3:
		c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		if (c < 0x800 || (c >= 0xd800 && c <= 0xdfff) || (c >= 0xef80 && c <= 0xefff)) {
			return 0;
		}
		break;
	default:
		c = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 |
		    (p[3] & 0x3fu);
		if (c < 0x10000 || c > 0x10ffff) {
			return 0;
		}
		break;
	}
	*ret_char = c;
	return len;
}

struct range {
	uint32_t first, last;
};

/* Characters from U+00A0 on that hide, reorder or break text. Sorted. */
static const struct range hidden[] = {
	{ 0x00ad, 0x00ad }, /* soft hyphen */
	{ 0x061c, 0x061c }, /* Arabic letter mark */
	{ 0x180e, 0x180e }, /* Mongolian vowel separator */
	{ 0x200b, 0x200b }, /* zero width space; the joiners after it are part of normal writing */
	{ 0x200e, 0x200f }, /* left-to-right, right-to-left mark */
	{ 0x2028, 0x202e }, /* line and paragraph separator, embeddings and overrides */
	{ 0x2060, 0x206f }, /* word joiner, invisible operators, isolates, deprecated controls */
	{ 0xfeff, 0xfeff }, /* byte order mark */
	{ 0xfff9, 0xfffb }, /* interlinear annotation */
	{ 0xfffe, 0xffff }, /* not characters */
	{ 0xe0000, 0xe0fff } /* tags, variation selectors */
};

static bool is_hidden(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden) && c >= hidden[i].first; i++) {
		if (c <= hidden[i].last) {
			return true;
		}
	}
	return false;
}

static void add_hex_byte(struct buf *b, uint8_t c)
{
	const char text[4] = { '\\', 'x', hex[c >> 4], hex[c & 15] };

	buf_add(b, text, sizeof(text));
}

/* \uXXXX, or \UXXXXXXXX beyond the basic plane. */
static void add_hex_char(struct buf *b, uint32_t c)
{
	buf_adds(b, c > 0xffff ? "\\U" : "\\u");
	for (int shift = c > 0xffff ? 28 : 12; shift >= 0; shift -= 4) {
		buf_addc(b, hex[c >> shift & 15]);
	}
}

/* One thing at p that is not plain, made visible. Returns the bytes used. */
static size_t add_visible(struct buf *b, const uint8_t *p, size_t n)
{
	uint32_t c = 0;
	size_t len = escape_utf8(p, n, &c);

	if (len <= 1) {
		if (*p == '\n' || *p == '\r' || *p == '\t') {
			buf_addc(b, '\\');
			buf_addc(b, *p == '\n' ? 'n' : *p == '\r' ? 'r' : 't');
		} else {
			add_hex_byte(b, *p);
		}
		return 1;
	}
	if (c < 0xa0) {
		add_hex_byte(b, p[0]);
		add_hex_byte(b, p[1]);
	} else if (is_hidden(c)) {
		add_hex_char(b, c);
	} else {
		buf_add(b, p, len);
	}
	return len;
}

static size_t add_html(struct buf *b, const uint8_t *p, size_t n)
{
	switch (*p) {
	case '&': buf_adds(b, "&amp;"); return 1;
	case '<': buf_adds(b, "&lt;"); return 1;
	case '>': buf_adds(b, "&gt;"); return 1;
	case '"': buf_adds(b, "&quot;"); return 1;
	case '\'': buf_adds(b, "&#39;"); return 1;
	default: return add_visible(b, p, n);
	}
}

/* The private character that stands for a byte from 0x80 on, as UTF-8. */
static void add_private(struct buf *b, uint8_t c)
{
	const uint8_t text[3] = { 0xee, (uint8_t)(0xbc | c >> 6), (uint8_t)(0x80 | (c & 0x3f)) };

	buf_add(b, text, sizeof(text));
}

static void add_json_ascii(struct buf *b, uint8_t c)
{
	static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; i + 1 < sizeof(short_forms); i += 2) {
		if ((uint8_t)short_forms[i] == c) {
			buf_addc(b, '\\');
			buf_addc(b, short_forms[i + 1]);
			return;
		}
	}
	add_hex_char(b, c);
}

static size_t add_json(struct buf *b, const uint8_t *p, size_t n)
{
	uint32_t c = 0;
	size_t len;

	if (*p < 0x80) {
		add_json_ascii(b, *p);
		return 1;
	}
	len = escape_utf8(p, n, &c);
	if (len == 0) {
		add_private(b, *p);
		return 1;
	}
	if (c == 0x2028 || c == 0x2029) {
		add_hex_char(b, c);
	} else {
		buf_add(b, p, len);
	}
	return len;
}

static size_t add_csv(struct buf *b, const uint8_t *p, size_t n)
{
	if (*p == '"') {
		buf_adds(b, "\"\"");
		return 1;
	}
	if (*p == '\n' || *p == '\r' || *p == '\t') {
		buf_addc(b, (char)*p);
		return 1;
	}
	return add_visible(b, p, n);
}

typedef size_t add_fn(struct buf *b, const uint8_t *p, size_t n);

static inline void walk(struct buf *b, const uint8_t *p, size_t n, uint8_t stop, add_fn *add)
{
	const uint8_t *end = p + n;

	while (p < end) {
		const uint8_t *run = p;

		while (end - p >= 4 && ((stops[p[0]] | stops[p[1]] | stops[p[2]] | stops[p[3]]) & stop) == 0) {
			p += 4;
		}
		while (p < end && (stops[*p] & stop) == 0) {
			p++;
		}
		buf_add(b, run, (size_t)(p - run));
		if (p < end) {
			p += add(b, p, (size_t)(end - p));
		}
	}
}

void escape_terminal(struct buf *b, const void *s, size_t n)
{
	walk(b, s, n, STOP_ALL, add_visible);
}

void escape_html(struct buf *b, const void *s, size_t n)
{
	walk(b, s, n, STOP_ALL | STOP_HTML, add_html);
}

void escape_json(struct buf *b, const void *s, size_t n)
{
	walk(b, s, n, STOP_ALL | STOP_JSON, add_json);
}

void escape_json_script(struct buf *b, const void *s, size_t n)
{
	walk(b, s, n, STOP_ALL | STOP_JSON | STOP_SCRIPT, add_json);
}

/* Would a spreadsheet take the cell for a formula? */
static bool is_formula(const uint8_t *p, size_t n)
{
	if (n == 0) {
		return false;
	}
	if (memchr("=+-@\t\r\n", *p, 7) != NULL) {
		return true;
	}
	/* U+FF1D, U+FF0B, U+FF0D, U+FF20: full-width = + - @ */
	return n >= 3 && p[0] == 0xef && p[1] == 0xbc &&
	       (p[2] == 0x9d || p[2] == 0x8b || p[2] == 0x8d || p[2] == 0xa0);
}

void escape_csv(struct buf *b, const void *s, size_t n)
{
	const uint8_t *p = s;
	uint8_t seen = 0;
	bool formula = is_formula(p, n);
	size_t i = 0;

	for (; n - i >= 4; i += 4) {
		seen |= stops[p[i]] | stops[p[i + 1]] | stops[p[i + 2]] | stops[p[i + 3]];
	}
	for (; i < n; i++) {
		seen |= stops[p[i]];
	}
	if (!formula && (seen & (STOP_ALL | QUOTE_CSV)) == 0) {
		buf_add(b, p, n);
		return;
	}
	if (seen & QUOTE_CSV) {
		buf_addc(b, '"');
	}
	if (formula) {
		buf_addc(b, '\'');
	}
	walk(b, p, n, STOP_ALL | STOP_CSV, add_csv);
	if (seen & QUOTE_CSV) {
		buf_addc(b, '"');
	}
}
