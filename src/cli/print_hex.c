/*
 * print_hex.c - see print_hex.h. Any worker.
 */
#include "cli/print_hex.h"

#define INDENT "    "
#define HEX_BYTES 16u

/* The bytes of one line: "0000  48 54 .. 31  20 .. 0d  HTTP/1.1 200 OK." */
static void hex_line(struct buf *out, size_t at, unsigned int digits, const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	char line[16 + 2 + 3 * HEX_BYTES + 2 + HEX_BYTES];
	size_t len = 0;

	for (unsigned int i = digits; i > 0; i--) {
		line[len++] = hex[at >> (4 * (i - 1)) & 15];
	}
	line[len++] = ' ';
	for (size_t i = 0; i < HEX_BYTES; i++) {
		line[len++] = ' ';
		if (i == HEX_BYTES / 2) {
			line[len++] = ' ';
		}
		line[len++] = i < n ? hex[p[i] >> 4] : ' ';
		line[len++] = i < n ? hex[p[i] & 15] : ' ';
	}
	line[len++] = ' ';
	line[len++] = ' ';
	for (size_t i = 0; i < n; i++) {
		line[len++] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	}
	buf_addc(out, '\n');
	buf_add(out, INDENT, sizeof(INDENT) - 1);
	buf_add(out, line, len);
}

static void add_hex(struct buf *out, const uint8_t *p, size_t n)
{
	unsigned int digits = n <= 0x10000 ? 4 : 8;

	for (size_t at = 0; at < n; at += HEX_BYTES) {
		hex_line(out, at, digits, p + at, n - at < HEX_BYTES ? n - at : HEX_BYTES);
	}
}

/* One line of text; a CR before its end belongs to the end. */
static void text_line(struct buf *out, const uint8_t *p, size_t n)
{
	char *room;

	n -= n > 0 && p[n - 1] == '\r';
	buf_addc(out, '\n');
	buf_add(out, INDENT, sizeof(INDENT) - 1);
	room = buf_room(out, n);
	if (room == NULL) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		room[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : p[i] == '\t' ? '\t' : '.';
	}
	out->len += n;
}

static void add_ascii(struct buf *out, const uint8_t *p, size_t n)
{
	while (n > 0) {
		const uint8_t *end = memchr(p, '\n', n);
		size_t len = end != NULL ? (size_t)(end - p) : n;

		text_line(out, p, len);
		len += end != NULL;
		p += len;
		n -= len;
	}
}

/* name: of what; all: bytes there were, n of them recorded. */
static void add_data(const struct data_style *style, const char *name, const uint8_t *p, size_t n, uint64_t all,
		     struct buf *out)
{
	if (n == 0 && all == 0) {
		return;
	}
	buf_adds(out, "\n" INDENT);
	buf_adds(out, name);
	buf_adds(out, ", ");
	if (all > n) {
		buf_add_u64(out, n);
		buf_adds(out, " of ");
	}
	buf_add_u64(out, all > n ? all : n);
	buf_adds(out, (all > n ? all : n) == 1 ? " byte" : " bytes");
	if (style->hex) {
		add_hex(out, p, n);
	}
	if (style->ascii) {
		add_ascii(out, p, n);
	}
}

bool data_is_strings(const struct schema_param *p)
{
	static const char *const names[] = { "args", "env", "cgroups", "argv" };

	if (p->type == PT_CHARBUFARRAY) {
		return true;
	}
	for (size_t i = 0; p->type == PT_BYTEBUF && i < ARRAY_LEN(names); i++) {
		if (strcmp(p->name, names[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* Bytes that a call moved: its data may have been cut to the recorder's snaplen. */
static uint64_t bytes_moved(const struct event *ev, const struct schema_param *p)
{
	bool moves = (schema_events[ev->type].flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD)) != 0 &&
		     strcmp(p->name, "data") == 0;

	return moves && (ev->flags & EVENT_HAS_RES) != 0 && ev->res > 0 ? (uint64_t)ev->res : 0;
}

void print_event_data(const struct data_style *style, const struct event *ev, struct buf *out)
{
	const struct schema_event *se;
	unsigned int n;

	if (ev->flags & EVENT_UNKNOWN_TYPE) {
		return;
	}
	se = &schema_events[ev->type];
	n = ev->nparams < se->nparams ? ev->nparams : se->nparams;
	for (unsigned int i = 0; i < n; i++) {
		struct param v;

		if (se->params[i].type != PT_BYTEBUF || data_is_strings(&se->params[i])) {
			continue;
		}
		v = event_param(ev, i);
		if (v.p != NULL) {
			add_data(style, se->params[i].name, v.p, v.len, bytes_moved(ev, &se->params[i]), out);
		}
	}
}

void print_packet_data(const struct data_style *style, const struct packet *p, const struct layer *l, struct buf *out)
{
	bool transport = l != NULL && (l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT | LAYER_NO_TRANSPORT)) == 0;

	if (style->frames || !transport) {
		add_data(style, "packet", p->data, p->cap_len, p->orig_len, out);
	} else {
		add_data(style, "payload", l->payload, l->payload_cap, l->payload_len, out);
	}
}

void data_add_hex(struct buf *out, const uint8_t *p, size_t n)
{
	add_hex(out, p, n);
}
