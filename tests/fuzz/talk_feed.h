/*
 * talk_feed.h - feeds analyzers with a conversation written down in the fuzzer's input, as the tracker would.
 *
 * Input: a byte that chooses analyzer and ends, then the bytes of the conversation, with commands between (0xFF and):
 * 0 the other side speaks, 1 another packet, 2 N lost bytes (16 times N; 0: unknown how many), 3 N the side ends, 4
 * forty seconds pass, 0xFF the byte itself.
 *
 * Each conversation is fed twice, as it is and with every chunk of a stream (up to its first gap) cut into pieces.
 * Where the begin was seen and nothing was wrong with the content the rows must be equal; behind anything wrong an
 * analyzer may look for the next message where a packet begins, and those are others then.
 */
#ifndef FUZZ_TALK_FEED_H
#define FUZZ_TALK_FEED_H

#include "net_digest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "net/analyzer.h"
#include "net/rows.h"

struct feed {
	const struct analyzer *an;	/* now */
	void *st;
	struct talk talk;
	struct net_rows rows;
	struct flow flow;
	uint64_t offset[2];
	bool ended[2];
	unsigned int dir;
	uint64_t ts_ns, num;
	unsigned int piece;	/* bytes of the next piece, counted up; 0: whole chunks */
	bool switched;
};

static inline void feed_need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "talk_feed: %s\n", what);
		abort();
	}
}

static inline void feed_open(struct feed *f, const struct analyzer *an)
{
	f->an = an;
	f->talk.switch_to = NULL;
	f->st = an->open(&f->talk);
	feed_need(f->st != NULL, "no memory");
}

/* The analyzer may hand over or have had enough after each call. */
static inline void feed_after(struct feed *f, int rc)
{
	feed_need(rc == 0, "a call failed");
	if (f->talk.switch_to != NULL) {
		const struct analyzer *next = f->talk.switch_to;

		f->an->close(f->st);
		f->switched = true;
		feed_open(f, next);
	}
}

static inline void feed_piece(struct feed *f, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n);
	struct chunk c = { .data = copy, .len = n, .offset = f->offset[f->dir], .ts_ns = f->ts_ns, .num = f->num };

	feed_need(copy != NULL, "no memory");
	memcpy(copy, p, n);
	f->offset[f->dir] += n;
	if (!f->talk.finished) {
		feed_after(f, f->an->data(f->st, f->dir, &c));
	}
	free(copy);
}

static inline void feed_data(struct feed *f, const uint8_t *p, size_t n)
{
	if (n == 0 || f->ended[f->dir]) {
		return;
	}
	for (const struct analyzer *const *a = analyzers; *a != NULL; a++) {
		uint8_t *copy = malloc(n);

		feed_need(copy != NULL, "no memory");
		memcpy(copy, p, n);
		if ((*a)->probe != NULL) {
			(void)(*a)->probe(&f->talk, f->dir, copy, n, n % 2 == 0);
		}
		free(copy);
	}
	while (f->piece != 0 && f->an->ip_proto == IP_TCP && n > 0) {
		size_t part = 1 + f->piece++ % 7;

		part = part < n ? part : n;
		feed_piece(f, p, part);
		p += part;
		n -= part;
	}
	if (n > 0) {
		feed_piece(f, p, n);
	}
}

/* Behind a gap an analyzer may take the begin of a packet for that of a message: nothing is cut any more. */
static inline void feed_gap(struct feed *f, uint64_t n)
{
	f->piece = 0;
	if (!f->ended[f->dir] && !f->talk.finished && f->an->ip_proto == IP_TCP) {
		feed_after(f, f->an->gap(f->st, f->dir, f->offset[f->dir], n, f->ts_ns, f->num));
	}
	f->offset[f->dir] += n;
}

static inline void feed_end(struct feed *f, unsigned int dir, enum talk_end how)
{
	if (!f->ended[dir]) {
		f->ended[dir] = true;
		feed_after(f, f->an->end(f->st, dir, how, f->ts_ns, f->num));
	}
}

static inline void feed_command(struct feed *f, struct cursor *c, uint8_t command)
{
	f->num++;
	f->ts_ns += 1000000;
	if (command == 0) {
		f->dir = !f->dir;
	} else if (command == 2) {
		feed_gap(f, 16u * cur_u8(c));
	} else if (command == 3) {
		feed_end(f, f->dir, cur_u8(c) % (END_GONE + 1));
	} else if (command == 4) {
		f->ts_ns += UINT64_C(40) * NSEC_PER_SEC;
	}
}

/* The input without its first byte; text: room for all of it. */
static inline void feed_input(struct feed *f, struct cursor c, uint8_t *text)
{
	size_t n = 0;

	while (c.left > 0) {
		uint8_t byte = cur_u8(&c);

		if (byte == 0xFF) {
			uint8_t command = cur_u8(&c);

			if (command != 0xFF) {
				feed_data(f, text, n);
				n = 0;
				feed_command(f, &c, command);
				continue;
			}
		}
		text[n++] = byte;
	}
	feed_data(f, text, n);
	feed_end(f, 0, END_GONE);
	feed_end(f, 1, END_GONE);
	f->an->close(f->st);
}

/* What came of a conversation: a number for each of the first rows. */
#define FEED_ROWS 64u

struct fed {
	uint64_t rows[FEED_ROWS];
	unsigned int count;
	bool clean;	/* nothing wrong with any row, or behind the last of these */
	bool switched;	/* another analyzer took over */
};

/* HTTP/1 rows as long as one follows the other without a byte between, whole. */
static inline bool feed_is_next(const struct http_tx *t, const struct http_tx *before)
{
	const uint32_t wrong = HTTP_REQUEST_CUT | HTTP_RESPONSE_CUT | HTTP_REQUEST_OPEN | HTTP_RESPONSE_OPEN |
			       HTTP_RESET | HTTP_HEAD_CUT | HTTP_MALFORMED;

	return (t->flags & (HTTP_REQUEST | HTTP_RESPONSE | wrong)) == (HTTP_REQUEST | HTTP_RESPONSE) &&
	       t->stream == 0 && t->request.start == (before != NULL ? before->request.end : 0) &&
	       t->response.start == (before != NULL ? before->response.end : 0);
}

static inline void feed_take_http(const struct feed *f, struct fed *r)
{
	for (size_t i = 0; i < f->rows.http.count; i++) {
		const struct http_tx *t = rows_at(&f->rows.http, i);
		uint64_t d = 1;

		digest_http(&d, t);
		if (r->count == i && i < FEED_ROWS && feed_is_next(t, i > 0 ? rows_at(&f->rows.http, i - 1) : NULL)) {
			r->rows[r->count++] = d;
		}
	}
}

static inline void feed_take_others(const struct feed *f, struct fed *r)
{
	for (size_t i = 0; i < f->rows.dns.count; i++) {
		const struct dns_tx *t = rows_at(&f->rows.dns, i);
		uint64_t d = 1;

		digest_dns(&d, t);
		r->clean = r->clean && (t->flags & (DNS_MALFORMED | DNS_CUT)) == 0;
		/* The first message of all: where the next one begins nobody knows behind one that makes no sense. */
		if (i == 0 && t->query_num == 1) {
			r->rows[r->count++] = d;
		}
	}
	for (size_t i = 0; i < f->rows.tls.count; i++) {
		const struct tls_session *t = rows_at(&f->rows.tls, i);
		uint64_t d = 1;

		digest_tls(&d, t);
		r->clean = r->clean && (t->flags & (TLS_MALFORMED | TLS_CUT)) == 0;
		if (r->count < FEED_ROWS) {
			r->rows[r->count++] = d;
		}
	}
}

static inline const char *feed_text(const struct text *t)
{
	return t != NULL ? t->bytes : "-";
}

static inline void feed_show_message(const char *name, const struct http_message *m)
{
	fprintf(stderr,
		"  %s: first %llu last %llu head %llu offsets %llu-%llu head %llu body %llu declared %lld type %s\n",
		name, (unsigned long long)m->first_num, (unsigned long long)m->last_num,
		(unsigned long long)m->head_num, (unsigned long long)m->start, (unsigned long long)m->end,
		(unsigned long long)m->head_bytes, (unsigned long long)m->body_bytes, (long long)m->content_length,
		feed_text(m->content_type));
}

/* The rows for whoever looks for the difference. */
static inline void feed_show(const struct feed *f)
{
	for (size_t i = 0; i < f->rows.http.count; i++) {
		const struct http_tx *t = rows_at(&f->rows.http, i);

		fprintf(stderr,
			"http %zu: flags %x client %u status %u version %u stream %u depth %u method %s target %s\n", i,
			t->flags, t->client, t->status, t->version, t->stream, t->depth, feed_text(t->method),
			feed_text(t->target));
		feed_show_message("request", &t->request);
		feed_show_message("response", &t->response);
	}
	for (size_t i = 0; i < f->rows.dns.count; i++) {
		const struct dns_tx *t = rows_at(&f->rows.dns, i);

		fprintf(stderr,
			"dns %zu: flags %x client %u id %u rcode %u name %s packets %llu %llu %llu bytes %u %u kept "
			"%u\n",
			i, t->flags, t->client, t->id, t->rcode, feed_text(t->name), (unsigned long long)t->query_num,
			(unsigned long long)t->last_query_num, (unsigned long long)t->response_num, t->query_bytes,
			t->response_bytes, t->kept_count);
	}
	for (size_t i = 0; i < f->rows.tls.count; i++) {
		const struct tls_session *t = rows_at(&f->rows.tls, i);

		fprintf(stderr,
			"tls %zu: flags %x client %u version %x %x cipher %x alert %u %u sni %s ja3 %s ja3s %s ja4 "
			"%s\n",
			i, t->flags, t->client, t->version, t->client_version, t->cipher, t->alert[0], t->alert[1],
			feed_text(t->sni), t->ja3, t->ja3s, t->ja4);
		fprintf(stderr, "  packets %llu %llu records %llu %llu bytes %llu %llu subject %s\n",
			(unsigned long long)t->client_hello_num, (unsigned long long)t->server_hello_num,
			(unsigned long long)t->records[0], (unsigned long long)t->records[1],
			(unsigned long long)t->data_bytes[0], (unsigned long long)t->data_bytes[1],
			feed_text(t->subject));
	}
}

struct feed_options {
	bool cut;	/* in pieces */
	bool show;
};

static inline void feed_run(const struct analyzer *an, const uint8_t *data, size_t size, struct feed_options opt,
			    struct fed *ret)
{
	struct feed *f = calloc(1, sizeof(*f));
	uint8_t *text = malloc(size);

	feed_need(f != NULL && text != NULL, "no memory");
	rows_init(&f->rows.flows, sizeof(struct flow), 16);
	rows_init(&f->rows.http, sizeof(struct http_tx), 1000);
	rows_init(&f->rows.dns, sizeof(struct dns_tx), 1000);
	rows_init(&f->rows.tls, sizeof(struct tls_session), 1000);
	intern_init(&f->rows.texts, 1 << 20);
	arena_init(&f->rows.arena);
	f->talk.rows = &f->rows;
	f->talk.flow = (data[0] & 64) != 0 ? &f->flow : NULL;
	f->talk.client_known = (data[0] & 128) == 0;
	f->talk.client = data[0] >> 5 & 1;
	f->talk.port[!f->talk.client] = an->service == SERVICE_TLS ? 443 : 80;
	f->talk.port[f->talk.client] = 40000;
	f->ts_ns = UINT64_C(1700000000000000000);
	f->num = 1;
	f->piece = opt.cut && f->talk.client_known ? 1 : 0;
	feed_open(f, an);
	feed_input(f, cur_make(data + 1, size - 1), text);
	memset(ret, 0, sizeof(*ret));
	ret->clean = true;
	ret->switched = f->switched;
	feed_take_http(f, ret);
	feed_take_others(f, ret);
	if (opt.show) {
		feed_show(f);
	}
	rows_release(&f->rows.flows);
	rows_release(&f->rows.http);
	rows_release(&f->rows.dns);
	rows_release(&f->rows.tls);
	intern_release(&f->rows.texts);
	arena_release(&f->rows.arena);
	free(text);
	free(f);
}

static inline bool feed_differs(const struct analyzer *an, const struct fed *a, const struct fed *b)
{
	if (a->switched || b->switched || !a->clean || !b->clean) {
		return false;
	}
	/* Messages that are whole when the stream is not cut are so when it is. */
	if (an->service == SERVICE_HTTP) {
		return b->count < a->count || memcmp(a->rows, b->rows, a->count * sizeof(a->rows[0])) != 0;
	}
	return a->count == b->count && memcmp(a->rows, b->rows, a->count * sizeof(a->rows[0])) != 0;
}

/* One input for one of count analyzers. */
static inline void feed_both(const struct analyzer *const *choice, unsigned int count, const uint8_t *data, size_t size)
{
	const struct analyzer *an;
	struct fed whole;
	struct fed cut;

	if (size < 2) {
		return;
	}
	an = choice[(data[0] & 31) % count];
	feed_run(an, data, size, (struct feed_options){ false, false }, &whole);
	feed_run(an, data, size, (struct feed_options){ true, false }, &cut);
	if (feed_differs(an, &whole, &cut)) {
		fprintf(stderr, "talk_feed: rows of %s depend on where the stream is cut; whole:\n", an->name);
		feed_run(an, data, size, (struct feed_options){ false, true }, &whole);
		fprintf(stderr, "in pieces:\n");
		feed_run(an, data, size, (struct feed_options){ true, true }, &cut);
		abort();
	}
}

#endif
