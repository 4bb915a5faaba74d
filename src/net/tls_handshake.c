/*
 * tls_handshake.c - puts handshake messages together from records in clear and takes from them what a session's row
 * says. Of a message at most TLS_MESSAGE_BYTES are kept: the names in a hello and the first certificate stand in
 * front. Shard's thread.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "net/rows.h"
#include "net/tls_internal.h"

static int keep_text(struct tls_state *st, struct cursor text, const struct text **ret_text)
{
	if (text.left == 0) {
		return 0;
	}
	return intern_get(&st->t->rows->texts, text.p, text.left < LIMIT_NET_TEXT ? text.left : LIMIT_NET_TEXT,
			  ret_text);
}

/* Names, each behind its length, as one text. */
static int keep_protocols(struct tls_state *st, struct cursor list, const struct text **ret_text)
{
	struct buf out;
	int rc = 0;

	buf_init(&out, LIMIT_NET_TEXT);
	while (list.left > 0 && !list.bad) {
		size_t n = cur_u8(&list);
		struct cursor name = cur_sub(&list, n);

		if (out.len > 0) {
			buf_addc(&out, ',');
		}
		buf_add(&out, name.p, name.left);
	}
	if (out.len > 0) {
		rc = intern_get(&st->t->rows->texts, out.data, out.len, ret_text);
	}
	buf_release(&out);
	return rc;
}

static void client_is(struct tls_state *st, unsigned int dir)
{
	st->s->client = (uint8_t)dir;
	talk_set_client(st->t, dir);
}

/* n bytes of body, whole or not. */
static int take_client_hello(struct tls_state *st, unsigned int dir, const uint8_t *p, size_t n, bool whole,
			     const struct chunk *c)
{
	struct tls_session *s = st->s;
	struct tls_hello h;
	int rc;

	if ((s->flags & TLS_CLIENT_HELLO) != 0 || !tls_client_hello(p, n, &h)) {
		return 0;	/* a second one follows a retry request: the first is the client's own */
	}
	s->flags |= TLS_CLIENT_HELLO | (h.early_data ? TLS_EARLY_DATA : 0) | (h.ech ? TLS_ECH : 0);
	s->flags |= whole && !h.whole ? TLS_MALFORMED : 0;
	s->client_hello_ns = c->ts_ns;
	s->client_hello_num = c->num;
	s->client_version = tls_offered_version(&h);
	client_is(st, dir);
	if (h.random != NULL) {
		memcpy(s->client_random, h.random, sizeof(s->client_random));
	}
	rc = keep_text(st, h.sni, &s->sni);
	rc = rc != 0 ? rc : keep_protocols(st, h.alpn, &s->alpn_offered);
	if (rc == 0 && whole && h.whole) {
		rc = ja3_client(&h, s->ja3);
		rc = rc != 0 ? rc : ja4_client(&h, s->ja4);
	}
	return rc;
}

static int take_server_hello(struct tls_state *st, unsigned int dir, const uint8_t *p, size_t n, bool whole,
			     const struct chunk *c)
{
	struct tls_session *s = st->s;
	struct tls_hello h;
	int rc;

	if ((s->flags & TLS_SERVER_HELLO) != 0 || !tls_server_hello(p, n, &h)) {
		return 0;
	}
	if ((s->flags & TLS_CLIENT_HELLO) == 0) {
		client_is(st, !dir);
	}
	s->version = h.chosen_version != 0 ? h.chosen_version : h.version;
	s->cipher = h.cipher;
	s->group = h.group;
	if (tls_is_retry(&h)) {
		s->flags |= TLS_HELLO_RETRY;
		return 0;
	}
	s->flags |= TLS_SERVER_HELLO | (whole && !h.whole ? TLS_MALFORMED : 0);
	s->server_hello_ns = c->ts_ns;
	s->server_hello_num = c->num;
	if (s->version >= TLS_1_3) {
		st->side[0].encrypted = st->side[1].encrypted = true;
		s->flags |= h.psk ? TLS_RESUMED : 0;
	}
	rc = keep_protocols(st, h.alpn, &s->alpn);
	return rc == 0 && whole && h.whole ? ja3_server(&h, s->ja3s) : rc;
}

/* The first certificate of the list: the one of whoever sent it. */
static int take_certificate(struct tls_state *st, unsigned int dir, const uint8_t *p, size_t n)
{
	struct cursor c = cur_make(p, n);
	struct tls_session *s = st->s;
	size_t list;
	size_t len;

	list = (size_t)cur_be16(&c) << 8;
	list |= cur_u8(&c);
	len = (size_t)cur_be16(&c) << 8;
	len |= cur_u8(&c);
	if (list == 0 || len == 0) {
		return 0;	/* the client has none */
	}
	if (dir == s->client) {
		s->flags |= TLS_CLIENT_CERT;
		return 0;
	}
	st->side[dir].certificate = true;
	if (c.bad || len > c.left) {
		s->flags |= TLS_CUT;
		return 0;
	}
	return s->cert_sha256[0] == '\0' ? tls_certificate(c.p, len, st->t->rows, s) : 0;
}

/* With elliptic curves the parameters begin with 3, named curve, and its number (RFC 8422, 5.4). */
static void take_server_key(struct tls_state *st, const uint8_t *p, size_t n)
{
	char name[TLS_NAME_BYTES];
	struct tls_session *s = st->s;

	if (n >= 3 && p[0] == 3 && strncmp(tls_cipher_name(s->cipher, name), "TLS_ECDHE_", 10) == 0 &&
	    strstr(tls_cipher_name(s->cipher, name), "_PSK_") == NULL) {
		s->group = load_be16(p + 1);
	}
}

/* The message of the side, or what there is of it. */
static int take_message(struct tls_state *st, unsigned int dir, bool whole, const struct chunk *c)
{
	struct tls_side *side = &st->side[dir];
	uint8_t type = side->have > 0 ? side->msg[0] : 0;
	size_t n = side->have > TLS_MESSAGE_HEAD ? side->have - TLS_MESSAGE_HEAD : 0;
	const uint8_t *p = n > 0 ? side->msg + TLS_MESSAGE_HEAD : NULL;
	int rc = 0;

	whole = whole && side->have == side->want;
	if (type == MSG_CLIENT_HELLO) {
		rc = take_client_hello(st, dir, p, n, whole, c);
	} else if (type == MSG_SERVER_HELLO) {
		rc = take_server_hello(st, dir, p, n, whole, c);
	} else if (type == MSG_CERTIFICATE) {
		rc = take_certificate(st, dir, p, n);
	} else if (type == MSG_SERVER_KEY) {
		take_server_key(st, p, n);
	} else if (type == MSG_SERVER_DONE) {
		side->done = true;
	}
	side->want = side->seen = side->have = 0;
	return rc;
}

int tls_cut_message(struct tls_state *st, unsigned int dir, const struct chunk *c)
{
	return st->side[dir].seen > 0 ? take_message(st, dir, false, c) : 0;
}

static int keep_part(struct tls_side *side, const uint8_t *p, size_t n)
{
	if (n > TLS_MESSAGE_BYTES - side->have) {
		n = TLS_MESSAGE_BYTES - side->have;
	}
	if (side->seen > side->have || n == 0) {
		return 0;	/* behind a hole or the ceiling */
	}
	if (side->have + n > side->cap) {
		uint32_t cap = side->cap == 0 ? 512 : side->cap;
		uint8_t *grown;

		while (cap < side->have + n) {
			cap *= 2;
		}
		grown = realloc(side->msg, cap);
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		side->msg = grown;
		side->cap = cap;
	}
	memcpy(side->msg + side->have, p, n);
	side->have += (uint32_t)n;
	return 0;
}

/* The header of a message is complete: how long, and could it be one? */
static void begin_message(struct tls_state *st, struct tls_side *side)
{
	uint32_t len = load_be32(side->msg) & 0xffffff;

	side->want = TLS_MESSAGE_HEAD + len;
	if (side->msg[0] > 25 || len > TLS_MESSAGE_CLAIM_MAX) {
		/* Most likely encrypted, and the change of ciphers missed. */
		side->encrypted = true;
		side->want = side->seen = side->have = 0;
		st->s->flags |= (st->s->flags & (TLS_CLIENT_HELLO | TLS_SERVER_HELLO)) != 0 ? TLS_MALFORMED : TLS_CUT;
	}
}

/* Bytes of handshake records in clear. */
int tls_feed_messages(struct tls_state *st, unsigned int dir, const uint8_t *p, size_t n, const struct chunk *c)
{
	struct tls_side *side = &st->side[dir];

	while (n > 0 && !side->encrypted) {
		size_t need = side->want == 0 ? TLS_MESSAGE_HEAD - side->seen : side->want - side->seen;
		size_t part = n < need ? n : need;

		if (keep_part(side, p, part) != 0) {
			return ERR_NOMEM;
		}
		side->seen += (uint32_t)part;
		p += part;
		n -= part;
		if (side->want == 0 && side->seen == TLS_MESSAGE_HEAD) {
			begin_message(st, side);
		}
		if (side->want != 0 && side->seen == side->want && take_message(st, dir, true, c) != 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

int tls_skip_messages(struct tls_state *st, unsigned int dir, uint64_t len, const struct chunk *c)
{
	struct tls_side *side = &st->side[dir];
	int rc = 0;

	if (side->encrypted || side->skipping) {
		return 0;
	}
	side->holed = true;
	st->s->flags |= TLS_CUT;
	if (side->want == 0 || len > side->want - side->seen) {
		side->skipping = true;
		return tls_cut_message(st, dir, c);
	}
	side->seen += (uint32_t)len;	/* within one message: the next one's place is known */
	if (side->seen == side->want) {
		rc = take_message(st, dir, false, c);
	}
	return rc;
}

void tls_take_ssl2(struct tls_state *st, unsigned int dir, const uint8_t *head, const struct chunk *c)
{
	st->s->flags |= TLS_CLIENT_HELLO;
	st->s->client_version = load_be16(head + 3);
	st->s->client_hello_ns = c->ts_ns;
	st->s->client_hello_num = c->num;
	client_is(st, dir);
}
