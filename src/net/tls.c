/*
 * tls.c - what a TLS connection shows without its keys: records are followed by their headers, handshake messages
 * are taken from them until encryption begins (tls_handshake.c), application data is counted. One row of struct
 * tls_session for each connection. Runs on the flow's shard.
 */
#include "net/tls_internal.h"

#include "net/layer.h"
#include "net/rows.h"

static void take_alert(struct tls_state *st, unsigned int dir, const uint8_t *p, size_t n)
{
	struct tls_side *side = &st->side[dir];

	/* Encrypted ones are longer. */
	if (side->len != 2) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (side->alert_have++ == 0) {
			side->alert_level = p[i];
		} else if (side->alert_level == 1 || side->alert_level == 2) {
			st->s->alert_level[dir] = side->alert_level;
			st->s->alert[dir] = p[i];
		}
	}
}

/* Before TLS 1.3: what follows of this side is encrypted. A server that does so without a certificate or the end of
 * its hello goes on with an earlier session. */
static void change_cipher(struct tls_state *st, unsigned int dir)
{
	struct tls_session *s = st->s;
	struct tls_side *side = &st->side[dir];

	if (s->version >= TLS_1_3 || (s->flags & TLS_HELLO_RETRY) != 0) {
		return;		/* sent for the sake of boxes in between */
	}
	if (s->version == 0 && dir == s->client && (s->flags & TLS_EARLY_DATA) != 0) {
		return;
	}
	side->encrypted = true;
	if ((s->flags & TLS_SERVER_HELLO) != 0 && dir != s->client && !side->certificate && !side->done &&
	    !side->holed) {
		s->flags |= TLS_RESUMED;
	}
}

/*
 * TLS 1.3 hides the end of the handshake in records of application data. The client's Finished is alone in its
 * record as a rule: 36 or 52 bytes with its header, the true type and a tag of 16. An alert makes 19 bytes; what a
 * client certificate needs comes before.
 */
static void data_1_3(struct tls_state *st, unsigned int dir, const struct chunk *c)
{
	struct tls_session *s = st->s;
	uint16_t len = st->side[dir].len;

	if (dir != s->client) {
		if (st->client_finished && s->client_data_ns != 0 && s->server_data_ns == 0) {
			s->server_data_ns = c->ts_ns;
		}
	} else if (st->client_finished) {
		s->client_data_ns = s->client_data_ns != 0 ? s->client_data_ns : c->ts_ns;
	} else if (len != 19) {
		st->client_records++;
		if (len == 53 || len == 69 || st->client_records == 4) {
			st->client_finished = true;
			s->flags |= TLS_ESTABLISHED;
		}
	}
}

static void take_data(struct tls_state *st, unsigned int dir, const struct chunk *c)
{
	struct tls_session *s = st->s;
	uint64_t *first = dir == s->client ? &s->client_data_ns : &s->server_data_ns;

	s->records[dir]++;
	if (s->version >= TLS_1_3 && (s->flags & TLS_SERVER_HELLO) != 0) {
		data_1_3(st, dir, c);
		return;
	}
	*first = *first != 0 ? *first : c->ts_ns;
	if ((s->flags & TLS_SERVER_HELLO) != 0 || (s->flags & TLS_CLIENT_HELLO) == 0) {
		s->flags |= TLS_ESTABLISHED;
	}
}

static void begin_record(struct tls_state *st, unsigned int dir, const struct chunk *c)
{
	struct tls_side *side = &st->side[dir];
	struct tls_session *s = st->s;

	side->head_have = 0;
	if (!tls_sane_record(side->head)) {
		/* Where the start was missed, a side begins anywhere. */
		side->lost = true;
		s->flags |= side->started || st->t->client_known ? TLS_MALFORMED : TLS_CUT;
		return;
	}
	side->type = side->head[0];
	side->len = side->left = load_be16(side->head + 3);
	side->alert_have = 0;
	side->skipping = false;
	if (side->type == REC_DATA) {
		take_data(st, dir, c);
	} else if (side->type == REC_CHANGE_CIPHER) {
		change_cipher(st, dir);
	} else if (side->type == REC_HANDSHAKE && side->encrypted && s->version < TLS_1_3) {
		side->finished = true;
		if (st->side[0].finished && st->side[1].finished) {
			s->flags |= TLS_ESTABLISHED;
		}
	}
}

/* Bytes of the record's body. */
static int take_body(struct tls_state *st, unsigned int dir, const uint8_t *p, size_t n, const struct chunk *c)
{
	struct tls_side *side = &st->side[dir];

	side->left -= (uint16_t)n;
	switch (side->type) {
	case REC_DATA:
		st->s->data_bytes[dir] += n;
		return 0;
	case REC_ALERT:
		take_alert(st, dir, p, n);
		return 0;
	case REC_HANDSHAKE:
		return side->encrypted || side->skipping ? 0 : tls_feed_messages(st, dir, p, n, c);
	default:
		return 0;
	}
}

/* ---- the analyzer ------------------------------------------------------------------------------------------ */

static void *open_state(struct talk *t)
{
	struct tls_state *st = calloc(1, sizeof(*st));
	void *row;

	if (st == NULL) {
		return NULL;
	}
	if (rows_add(&t->rows->tls, &row) != 0) {
		free(st);
		return NULL;
	}
	st->t = t;
	st->s = row;
	if (row != NULL) {
		st->s->flow = t->flow;
		st->s->client = t->client;
	}
	return st;
}

/* One more byte of a record header. */
static void take_head(struct tls_state *st, unsigned int dir, uint8_t byte, const struct chunk *c)
{
	struct tls_side *side = &st->side[dir];
	bool ssl2 = !side->started && (side->head_have > 0 ? side->head[0] : byte) >= 0x80;

	side->head[side->head_have++] = byte;
	if (ssl2 && side->head_have == TLS_SSL2_HEAD) {
		side->started = true;
		side->head_have = 0;
		side->lost = tls_probe_ssl2(side->head, TLS_SSL2_HEAD) != PROBE_YES;
		if (!side->lost) {
			tls_take_ssl2(st, dir, side->head, c);
			side->type = 0;
			side->left = (uint16_t)((load_be16(side->head) & 0x7fff) + 2 - TLS_SSL2_HEAD);
		}
	} else if (!ssl2 && side->head_have == TLS_RECORD_HEAD) {
		begin_record(st, dir, c);
		side->started = true;
	}
}

static int data(void *state, unsigned int dir, const struct chunk *c)
{
	struct tls_state *st = state;
	struct tls_side *side = &st->side[dir];
	struct cursor cur = cur_make(c->data, c->len);

	if (st->s == NULL) {
		st->t->finished = true;
		return 0;
	}
	while (cur.left > 0 && !side->lost) {
		if (side->left == 0) {
			take_head(st, dir, cur_u8(&cur), c);
		} else {
			size_t n = cur.left < side->left ? cur.left : side->left;

			if (take_body(st, dir, cur_take(&cur, n), n, c) != 0) {
				return ERR_NOMEM;
			}
		}
	}
	if (st->side[0].lost && st->side[1].lost) {
		st->t->finished = true;
	}
	return 0;
}

static int gap(void *state, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns, uint64_t num)
{
	struct tls_state *st = state;
	struct tls_side *side = &st->side[dir];
	struct chunk c = { NULL, 0, offset, ts_ns, num };

	if (st->s == NULL || side->lost) {
		return 0;
	}
	if (len > 0 && len <= side->left) {
		side->left -= (uint16_t)len;
		st->s->data_bytes[dir] += side->type == REC_DATA ? len : 0;
		return side->type == REC_HANDSHAKE ? tls_skip_messages(st, dir, len, &c) : 0;
	}
	/* A record boundary went with it. */
	side->lost = true;
	if (!side->encrypted) {
		side->holed = true;
		st->s->flags |= TLS_CUT;
	}
	return tls_cut_message(st, dir, &c);
}

static int end(void *state, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num)
{
	struct tls_state *st = state;
	struct chunk c = { NULL, 0, 0, ts_ns, num };

	if (st->s == NULL) {
		return 0;
	}
	if (how == END_GONE && !st->side[dir].encrypted && (st->s->flags & TLS_ESTABLISHED) == 0) {
		st->s->flags |= TLS_CUT;
	}
	return tls_cut_message(st, dir, &c);
}

static void close_state(void *state)
{
	struct tls_state *st = state;

	free(st->side[0].msg);
	free(st->side[1].msg);
	free(st);
}

const struct analyzer analyzer_tls = {
	.name = "tls",
	.service = SERVICE_TLS,
	.ip_proto = IP_TCP,
	.probe = tls_probe,
	.open = open_state,
	.data = data,
	.gap = gap,
	.end = end,
	.close = close_state,
};
