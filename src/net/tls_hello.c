/*
 * tls_hello.c - reads client and server hellos (RFC 5246, 7.4.1; RFC 8446, 4.1). What is cut or wrong ends the
 * reading; what stands before it counts. Shard's thread.
 */
#include "net/tls_internal.h"

#define RANDOM_BYTES 32

enum extension {
	EXT_SERVER_NAME = 0, EXT_GROUPS = 10, EXT_POINT_FORMATS = 11, EXT_SIGNATURES = 13, EXT_ALPN = 16, EXT_PSK = 41,
	EXT_EARLY_DATA = 42, EXT_VERSIONS = 43, EXT_KEY_SHARE = 51, EXT_ECH = 0xfe0d,
};

/* RFC 8446, 4.1.3: the random of a hello retry request, SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[RANDOM_BYTES] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* RFC 8701: 0x0a0a, 0x1a1a, ... */
bool tls_is_grease(uint16_t x)
{
	return (x & 0x0f0f) == 0x0a0a && x >> 8 == (x & 0xff);
}

/* A region that may be cut short by the end of what was kept. */
static struct cursor region(struct cursor *c, size_t n, bool *io_whole)
{
	if (n > c->left) {
		*io_whole = false;
		n = c->left;
	}
	return cur_sub(c, n);
}

bool tls_next_extension(struct cursor *io_list, uint16_t *ret_type, struct cursor *ret_body)
{
	uint16_t type;
	size_t len;

	if (io_list->left == 0) {
		return false;
	}
	type = cur_be16(io_list);
	len = cur_be16(io_list);
	if (io_list->bad) {
		return false;
	}
	*ret_type = type;
	*ret_body = cur_sub(io_list, len);
	return !io_list->bad;
}

/* A list with its length in front, in two bytes or one. */
static struct cursor list16(struct cursor *c)
{
	size_t n = cur_be16(c);

	return cur_sub(c, n);
}

static struct cursor list8(struct cursor *c)
{
	size_t n = cur_u8(c);

	return cur_sub(c, n);
}

static void take_server_name(struct tls_hello *h, struct cursor body)
{
	struct cursor names = list16(&body);

	h->has_sni = true;
	while (names.left > 0 && !names.bad) {
		uint8_t kind = cur_u8(&names);
		struct cursor name = list16(&names);

		if (kind == 0 && !name.bad) {
			h->sni = name;
			return;
		}
	}
}

static void take_client_extension(struct tls_hello *h, uint16_t type, struct cursor body)
{
	switch (type) {
	case EXT_SERVER_NAME: take_server_name(h, body); break;
	case EXT_GROUPS: h->groups = list16(&body); break;
	case EXT_POINT_FORMATS: h->formats = list8(&body); break;
	case EXT_SIGNATURES: h->signatures = list16(&body); break;
	case EXT_ALPN: h->alpn = list16(&body); break;
	case EXT_VERSIONS: h->versions = list8(&body); break;
	case EXT_PSK: h->psk = true; break;
	case EXT_EARLY_DATA: h->early_data = true; break;
	case EXT_ECH: h->ech = true; break;
	default: break;
	}
}

static void take_server_extension(struct tls_hello *h, uint16_t type, struct cursor body)
{
	switch (type) {
	case EXT_ALPN: h->alpn = list16(&body); break;
	case EXT_VERSIONS: h->chosen_version = cur_be16(&body); break;
	case EXT_KEY_SHARE: h->group = cur_be16(&body); break;
	case EXT_PSK: h->psk = true; break;
	default: break;
	}
}

static void take_extensions(struct tls_hello *h, struct cursor *c,
			    void (*take)(struct tls_hello *h, uint16_t type, struct cursor body))
{
	struct cursor list;
	struct cursor body;
	uint16_t type;

	if (c->left == 0) {
		return;		/* there need not be any */
	}
	list = region(c, cur_be16(c), &h->whole);
	h->extensions = list;
	while (tls_next_extension(&list, &type, &body)) {
		take(h, type, body);
	}
	h->whole = h->whole && !list.bad && !c->bad && c->left == 0;
}

static bool take_start(struct tls_hello *h, struct cursor *c)
{
	memset(h, 0, sizeof(*h));
	h->whole = true;
	h->version = cur_be16(c);
	if (c->bad) {
		return false;
	}
	h->random = cur_take(c, RANDOM_BYTES);
	h->session = list8(c);
	return true;
}

bool tls_client_hello(const uint8_t *body, size_t n, struct tls_hello *ret_h)
{
	struct cursor c = cur_make(body, n);

	if (!take_start(ret_h, &c)) {
		return false;
	}
	ret_h->ciphers = region(&c, cur_be16(&c), &ret_h->whole);
	(void)list8(&c);	/* compression methods */
	if (c.bad) {
		ret_h->whole = false;
		return true;
	}
	take_extensions(ret_h, &c, take_client_extension);
	return true;
}

bool tls_server_hello(const uint8_t *body, size_t n, struct tls_hello *ret_h)
{
	struct cursor c = cur_make(body, n);

	if (!take_start(ret_h, &c)) {
		return false;
	}
	ret_h->cipher = cur_be16(&c);
	cur_skip(&c, 1);	/* compression method */
	if (c.bad) {
		ret_h->whole = false;
		return true;
	}
	take_extensions(ret_h, &c, take_server_extension);
	return true;
}

bool tls_is_retry(const struct tls_hello *h)
{
	return h->random != NULL && memcmp(h->random, retry_random, RANDOM_BYTES) == 0;
}

uint16_t tls_offered_version(const struct tls_hello *h)
{
	struct cursor list = h->versions;
	uint16_t highest = 0;

	while (list.left >= 2) {
		uint16_t version = cur_be16(&list);

		if (!tls_is_grease(version) && version > highest) {
			highest = version;
		}
	}
	return highest != 0 ? highest : h->version;
}
