/*
 * dns_record.c - what a resource record says, in the way dig shows it: each type is a row with the parts of its
 * data. What does not fit its row is shown as RFC 3597 has it. See dns_message.h. The shard's thread.
 */
#include "net/dns_message.h"

#include <arpa/inet.h>
#include <time.h>

#include "base/cursor.h"
#include "base/encode.h"

enum { TYPE_OPT = 41 };

/*
 * A letter for each part:
 *   n name   1 2 4 number of so many bytes   a A address of IPv4, IPv6   T type   d time of a signature
 *   s text with its length, quoted   c the same, bare   S texts to the end, bare   q rest, quoted
 *   x rest as hex   b rest as base64   t rest as a list of types   h salt of NSEC3   H hash of NSEC3   v parameters of SVCB
 */
static const struct layout {
	uint16_t type;
	const char *parts;
} layouts[] = {
	{ 1, "a" },		/* A */
	{ 2, "n" },		/* NS */
	{ 5, "n" },		/* CNAME */
	{ 6, "nn44444" },	/* SOA */
	{ 12, "n" },		/* PTR */
	{ 13, "ss" },		/* HINFO */
	{ 14, "nn" },		/* MINFO */
	{ 15, "2n" },		/* MX */
	{ 16, "S" },		/* TXT */
	{ 17, "nn" },		/* RP */
	{ 18, "2n" },		/* AFSDB */
	{ 28, "A" },		/* AAAA */
	{ 33, "222n" },		/* SRV */
	{ 35, "22sssn" },	/* NAPTR */
	{ 36, "2n" },		/* KX */
	{ 39, "n" },		/* DNAME */
	{ 43, "211x" },		/* DS */
	{ 44, "11x" },		/* SSHFP */
	{ 46, "T114dd2nb" },	/* RRSIG */
	{ 47, "nt" },		/* NSEC */
	{ 48, "211b" },		/* DNSKEY */
	{ 49, "b" },		/* DHCID */
	{ 50, "112hHt" },	/* NSEC3 */
	{ 51, "112h" },		/* NSEC3PARAM */
	{ 52, "111x" },		/* TLSA */
	{ 53, "111x" },		/* SMIMEA */
	{ 59, "211x" },		/* CDS */
	{ 60, "211b" },		/* CDNSKEY */
	{ 61, "b" },		/* OPENPGPKEY */
	{ 62, "42t" },		/* CSYNC */
	{ 63, "411x" },		/* ZONEMD */
	{ 64, "2nv" },		/* SVCB */
	{ 65, "2nv" },		/* HTTPS */
	{ 99, "S" },		/* SPF */
	{ 256, "22q" },		/* URI */
	{ 257, "1cq" },		/* CAA */
};

/* RFC 9460, section 14.3.2. */
static const char *const svcb_keys[] = { "mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
					 "ech",       "ipv6hint", "dohpath",         "ohttp" };

/* Without padding, as NSEC3 has it (RFC 5155). */
static void add_base32hex(struct buf *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	uint32_t bits = 0;
	unsigned int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		have += 8;
		while (have >= 5) {
			have -= 5;
			buf_addc(out, digits[bits >> have & 31]);
		}
	}
	if (have > 0) {
		buf_addc(out, digits[bits << (5 - have) & 31]);
	}
}

static void add_address(struct buf *out, int family, const uint8_t *p)
{
	char text[INET6_ADDRSTRLEN];

	if (p != NULL && inet_ntop(family, p, text, sizeof(text)) != NULL) {
		buf_adds(out, text);
	}
}

static void add_type(struct buf *out, uint16_t type)
{
	char name[DNS_NAME_BYTES];

	buf_adds(out, dns_type_name(type, name));
}

/* A name within the data: compression leads to the message around it. */
static void add_name(const struct dns_message *m, struct cursor *c, struct buf *out)
{
	struct dns_name name;
	size_t off = (size_t)(c->p - m->p);
	size_t from = off;

	if (c->bad || dns_name_read(m->p, m->n, &off, &name) != 0) {
		c->bad = true;
		return;
	}
	cur_skip(c, off - from);
	buf_add(out, name.text, name.len);
	buf_addc(out, '.');
}

static void add_quoted(struct buf *out, const uint8_t *p, size_t n)
{
	buf_addc(out, '"');
	buf_add(out, p, n);
	buf_addc(out, '"');
}

static struct cursor text_of(struct cursor *c)
{
	size_t n = cur_u8(c);

	return cur_sub(c, n);
}

static void add_texts(struct cursor *c, struct buf *out)
{
	bool first = true;

	while (c->left > 0 && !c->bad && !out->failed) {
		struct cursor text = text_of(c);

		if (!first) {
			buf_addc(out, ' ');
		}
		first = false;
		buf_add(out, text.p, text.left);
	}
}

/* Seconds since 1970 modulo 2^32, taken as before 2106. */
static void add_signature_time(struct buf *out, uint32_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&when, &tm) != NULL) {
		buf_printf(out, "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			   tm.tm_hour, tm.tm_min, tm.tm_sec);
	}
}

/* Blocks of 256 types, each with a bitmap of at most 32 bytes (RFC 4034, 4.1.2). */
static void add_types(struct cursor *c, struct buf *out)
{
	bool first = true;

	while (c->left > 0 && !c->bad && !out->failed) {
		unsigned int block = cur_u8(c);
		struct cursor bits = text_of(c);

		for (unsigned int i = 0; bits.left > 0 && i < 256; i += 8) {
			unsigned int byte = cur_u8(&bits);

			for (unsigned int bit = 0; bit < 8; bit++) {
				if ((byte & 0x80 >> bit) != 0) {
					if (!first) {
						buf_addc(out, ' ');
					}
					first = false;
					add_type(out, (uint16_t)(block << 8 | (i + bit)));
				}
			}
		}
		c->bad = c->bad || bits.left > 0;
	}
}

static void add_svcb_key(struct buf *out, uint16_t key)
{
	if (key < ARRAY_LEN(svcb_keys)) {
		buf_adds(out, svcb_keys[key]);
	} else {
		buf_printf(out, "key%u", key);
	}
}

static void comma(struct buf *out, bool *io_first)
{
	if (!*io_first) {
		buf_addc(out, ',');
	}
	*io_first = false;
}

static void add_svcb_value(struct cursor *v, uint16_t key, struct buf *out)
{
	bool first = true;

	switch (key) {
	case 0:
		while (v->left > 0 && !v->bad) {
			comma(out, &first);
			add_svcb_key(out, cur_be16(v));
		}
		break;
	case 1:
		buf_addc(out, '"');
		while (v->left > 0 && !v->bad) {
			struct cursor name = text_of(v);

			comma(out, &first);
			buf_add(out, name.p, name.left);
		}
		buf_addc(out, '"');
		break;
	case 3:
		buf_add_u64(out, cur_be16(v));
		break;
	case 4:
	case 6:
		while (v->left > 0 && !v->bad) {
			comma(out, &first);
			add_address(out, key == 4 ? AF_INET : AF_INET6, cur_take(v, key == 4 ? 4 : 16));
		}
		break;
	case 5:
		buf_add_base64(out, v->p, v->left);
		break;
	default:
		add_quoted(out, v->p, v->left);
		break;
	}
}

static void add_svcb(struct cursor *c, struct buf *out)
{
	bool first = true;

	while (c->left > 0 && !c->bad && !out->failed) {
		uint16_t key = cur_be16(c);
		size_t len = cur_be16(c);
		struct cursor value = cur_sub(c, len);

		if (!first) {
			buf_addc(out, ' ');
		}
		first = false;
		add_svcb_key(out, key);
		if (len > 0) {
			buf_addc(out, '=');
			add_svcb_value(&value, key, out);
		}
		c->bad = c->bad || value.bad;
	}
}

/* One part; c stands at it. */
static void add_part(const struct dns_message *m, struct cursor *c, char part, struct buf *out)
{
	struct cursor text;

	switch (part) {
	case 'n': add_name(m, c, out); break;
	case '1': buf_add_u64(out, cur_u8(c)); break;
	case '2': buf_add_u64(out, cur_be16(c)); break;
	case '4': buf_add_u64(out, cur_be32(c)); break;
	case 'a': add_address(out, AF_INET, cur_take(c, 4)); break;
	case 'A': add_address(out, AF_INET6, cur_take(c, 16)); break;
	case 'T': add_type(out, cur_be16(c)); break;
	case 'd': add_signature_time(out, cur_be32(c)); break;
	case 'S': add_texts(c, out); break;
	case 't': add_types(c, out); break;
	case 'v': add_svcb(c, out); break;
	case 's':
	case 'c':
	case 'h':
	case 'H':
		text = text_of(c);
		if (part == 's') {
			add_quoted(out, text.p, text.left);
		} else if (part == 'c') {
			buf_add(out, text.p, text.left);
		} else if (part == 'H') {
			add_base32hex(out, text.p, text.left);
		} else if (text.left == 0) {
			buf_addc(out, '-');
		} else {
			buf_add_hex_bytes(out, text.p, text.left);
		}
		break;
	default:
		if (part == 'x') {
			buf_add_hex_bytes(out, c->p, c->left);
		} else if (part == 'b') {
			buf_add_base64(out, c->p, c->left);
		} else {
			add_quoted(out, c->p, c->left);
		}
		cur_skip(c, c->left);
		break;
	}
}

static void add_option_name(struct buf *out, uint16_t code)
{
	const char *name = code == 3 ? "NSID" : code == 10 ? "COOKIE" : code == 12 ? "PADDING" : NULL;

	if (name != NULL) {
		buf_printf(out, "; %s ", name);
	} else {
		buf_printf(out, "; OPTION %u ", code);
	}
}

/* EDNS: the record's class and TTL mean something else, and options follow (RFC 6891, 7871, 7873, 8914). */
static void add_opt(const struct dns_record *r, struct cursor *c, struct buf *out)
{
	buf_printf(out, "version %u, udp %u%s", r->ttl >> 16 & 255, r->class_, (r->ttl & 0x8000) != 0 ? ", do" : "");
	while (c->left > 0 && !c->bad && !out->failed) {
		uint16_t code = cur_be16(c);
		size_t len = cur_be16(c);
		struct cursor v = cur_sub(c, len);

		if (code == 15 && v.left >= 2) {
			buf_printf(out, "; EDE %u%s", cur_be16(&v), v.left > 2 ? " " : "");
			buf_add(out, v.p, v.left);
		} else if (code == 8 && v.left >= 4) {
			uint8_t addr[16] = { 0 };
			uint16_t family = cur_be16(&v);
			uint8_t prefix = cur_u8(&v);

			cur_skip(&v, 1);
			memcpy(addr, v.p, v.left < 16 ? v.left : 16);
			buf_adds(out, "; CLIENT-SUBNET ");
			add_address(out, family == 1 ? AF_INET : AF_INET6, addr);
			buf_printf(out, "/%u", prefix);
		} else {
			add_option_name(out, code);
			buf_add_hex_bytes(out, v.p, v.left);
		}
	}
}

static const char *parts_of(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		if (layouts[i].type == type) {
			return layouts[i].parts;
		}
	}
	return NULL;
}

void dns_data_text(const struct dns_message *m, const struct dns_record *r, struct buf *out)
{
	struct cursor c = cur_make(m->p + r->data_off, r->data_len);
	const char *parts = parts_of(r->type);
	size_t start = out->len;

	if (r->type == TYPE_OPT) {
		add_opt(r, &c, out);
		return;
	}
	for (const char *part = parts; part != NULL && *part != '\0' && !c.bad; part++) {
		if (part != parts && !(*part == 'v' && c.left == 0)) {
			buf_addc(out, ' ');
		}
		add_part(m, &c, *part, out);
	}
	if (parts == NULL || c.bad || c.left > 0) {
		out->len = start;
		buf_printf(out, "\\# %u%s", r->data_len, r->data_len > 0 ? " " : "");
		buf_add_hex_bytes(out, m->p + r->data_off, r->data_len);
	}
}
