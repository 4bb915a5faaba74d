/*
 * addr.c - socket addresses: from parameter bytes to fields, and from fields to text.
 *
 * Reads values of events (little-endian since decode) through a cursor, appends to a buf. Any
 * thread.
 */
#include "events/addr.h"

#define IP6_GROUPS 8

bool addr_is_zero(const uint8_t *ip, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ip[i] != 0) {
			return false;
		}
	}
	return true;
}

bool addr_is_mapped(const uint8_t ip[16])
{
	if (!addr_is_zero(ip, 10)) {
		return false;
	}
	return (ip[10] == 0xFF && ip[11] == 0xFF) || addr_is_zero(ip + 10, 6);
}

static void read_path(struct cursor *c, const uint8_t **ret_path, uint32_t *ret_len)
{
	const uint8_t *end;

	if (c->left == 0) {
		*ret_path = NULL;
		*ret_len = 0;
		return;
	}
	end = memchr(c->p, '\0', c->left);
	*ret_path = c->p;
	*ret_len = (uint32_t)(end != NULL ? (size_t)(end - c->p) : c->left);
}

static uint16_t read_endpoint(struct cursor *c, uint8_t *ip, size_t n)
{
	const uint8_t *p = cur_take(c, n);

	if (p != NULL) {
		memcpy(ip, p, n);
	}
	return cur_le16(c);
}

bool addr_read_sock(struct param v, struct addr_sock *ret_addr)
{
	struct cursor c = cur_make(v.p, v.p != NULL ? v.len : 0);

	memset(ret_addr, 0, sizeof(*ret_addr));
	ret_addr->family = cur_u8(&c);
	switch (ret_addr->family) {
	case PPM_AF_INET: ret_addr->port = read_endpoint(&c, ret_addr->ip, 4); break;
	case PPM_AF_INET6: ret_addr->port = read_endpoint(&c, ret_addr->ip, 16); break;
	case PPM_AF_UNIX: read_path(&c, &ret_addr->path, &ret_addr->path_len); break;
	default: break;
	}
	return !c.bad;
}

/* Two mapped addresses are an IPv4 pair that a socket of the other family carried. */
static void fold_mapped(struct addr_tuple *t)
{
	if (t->family != PPM_AF_INET6 || !addr_is_mapped(t->src_ip) || !addr_is_mapped(t->dst_ip)) {
		return;
	}
	t->family = PPM_AF_INET;
	memcpy(t->src_ip, t->src_ip + 12, 4);
	memset(t->src_ip + 4, 0, 12);
	memcpy(t->dst_ip, t->dst_ip + 12, 4);
	memset(t->dst_ip + 4, 0, 12);
}

bool addr_read_tuple(struct param v, struct addr_tuple *ret_tuple)
{
	struct addr_tuple *t = ret_tuple;
	struct cursor c = cur_make(v.p, v.p != NULL ? v.len : 0);
	size_t ip_bytes;

	memset(t, 0, sizeof(*t));
	t->family = cur_u8(&c);
	switch (t->family) {
	case PPM_AF_INET:
	case PPM_AF_INET6:
		ip_bytes = t->family == PPM_AF_INET ? 4 : 16;
		t->src_port = read_endpoint(&c, t->src_ip, ip_bytes);
		t->dst_port = read_endpoint(&c, t->dst_ip, ip_bytes);
		if (!c.bad) {
			fold_mapped(t);
		}
		break;
	case PPM_AF_UNIX:
		t->unix_src = cur_le64(&c);
		t->unix_dst = cur_le64(&c);
		read_path(&c, &t->path, &t->path_len);
		break;
	default: break;
	}
	return !c.bad;
}

static char *put_octet(char *p, uint8_t x)
{
	if (x >= 100) {
		*p++ = (char)('0' + x / 100);
		x %= 100;
		*p++ = (char)('0' + x / 10);
	} else if (x >= 10) {
		*p++ = (char)('0' + x / 10);
	}
	*p++ = (char)('0' + x % 10);
	return p;
}

static char *put_ip4(char *p, const uint8_t *ip)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0) {
			*p++ = '.';
		}
		p = put_octet(p, ip[i]);
	}
	return p;
}

void addr_add_ip4(struct buf *b, const uint8_t *ip)
{
	char text[16];

	buf_add(b, text, (size_t)(put_ip4(text, ip) - text));
}

static char *put_group(char *p, const uint8_t *two)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int x = load_be16(two);
	bool started = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned int d = (x >> shift) & 15;

		started = started || d != 0 || shift == 0;
		if (started) {
			*p++ = digits[d];
		}
	}
	return p;
}

/* First of the longest runs of two or more zero groups; length 0 when there is none. */
static void longest_zeros(const uint8_t *ip, int *ret_at, int *ret_len)
{
	int best_at = -1, best_len = 0, len = 0;

	for (int i = 0; i < IP6_GROUPS; i++) {
		len = ip[2 * i] == 0 && ip[2 * i + 1] == 0 ? len + 1 : 0;
		if (len > best_len) {
			best_len = len;
			best_at = i - len + 1;
		}
	}
	*ret_at = best_at;
	*ret_len = best_len >= 2 ? best_len : 0;
}

void addr_add_ip6(struct buf *b, const uint8_t *ip)
{
	char text[48];
	char *p = text;
	int at, zeros;
	bool embedded;

	longest_zeros(ip, &at, &zeros);
	/* ::1.2.3.4 and ::ffff:1.2.3.4 are written with dots. */
	embedded = at == 0 && (zeros == 6 || (zeros == 5 && ip[10] == 0xFF && ip[11] == 0xFF));
	for (int i = 0; i < IP6_GROUPS; i++) {
		if (zeros > 0 && i == at) {
			*p++ = ':';
			i += zeros - 1;
			if (i == IP6_GROUPS - 1) {
				*p++ = ':';
			}
			continue;
		}
		if (i > 0) {
			*p++ = ':';
		}
		if (i == 6 && embedded) {
			p = put_ip4(p, ip + 12);
			break;
		}
		p = put_group(p, ip + 2 * (size_t)i);
	}
	buf_add(b, text, (size_t)(p - text));
}

void addr_add_ip(struct buf *b, bool v6, const uint8_t *ip)
{
	if (v6) {
		addr_add_ip6(b, ip);
	} else {
		addr_add_ip4(b, ip);
	}
}

void addr_add_endpoint(struct buf *b, bool v6, const uint8_t *ip, uint16_t port)
{
	addr_add_ip(b, v6, ip);
	buf_addc(b, ':');
	buf_add_u64(b, port);
}

void addr_add_pair(struct buf *b, bool v6, const uint8_t *src, uint16_t sport, const uint8_t *dst,
		   uint16_t dport, bool ports)
{
	if (!ports) {
		addr_add_ip(b, v6, src);
		buf_add(b, "->", 2);
		addr_add_ip(b, v6, dst);
		return;
	}
	addr_add_endpoint(b, v6, src, sport);
	buf_add(b, "->", 2);
	addr_add_endpoint(b, v6, dst, dport);
}

void addr_add_unix(struct buf *b, uint64_t src, uint64_t dst)
{
	buf_add_hex(b, src, false);
	buf_add(b, "->", 2);
	buf_add_hex(b, dst, false);
	buf_addc(b, ' ');
}
