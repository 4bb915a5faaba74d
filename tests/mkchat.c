/*
 * mkchat.c - see mkchat.h.
 */
#include "mkchat.h"

#include "base/limits.h"

void mkchat_open(struct mkchat *m, const struct analyzer *a, unsigned int client, bool known)
{
	memset(m, 0, sizeof(*m));
	rows_init(&m->rows.flows, sizeof(struct flow), LIMIT_FLOWS);
	rows_init(&m->rows.http, sizeof(struct http_tx), LIMIT_HTTP);
	intern_init(&m->rows.texts, LIMIT_NET_TEXT_BYTES);
	arena_init(&m->rows.arena);
	m->talk.rows = &m->rows;
	m->talk.flow = &m->flow;
	m->talk.client = (uint8_t)client;
	m->talk.client_known = known;
	m->analyzer = a;
	m->st = a->open(&m->talk);
	m->no_memory = m->st == NULL;
}

void mkchat_limit(struct mkchat *m, size_t rows)
{
	m->rows.http.max = rows;
}

static void feed(struct mkchat *m, unsigned int dir, const uint8_t *p, size_t n)
{
	/* A copy of exactly that size: the sanitizer sees every byte read beyond it. */
	uint8_t *copy = malloc(n);
	struct chunk c = { copy, n, m->off[dir], ++m->num * 1000, m->num };

	if (copy == NULL) {
		m->no_memory = true;
		return;
	}
	memcpy(copy, p, n);
	if (!m->no_memory && !m->talk.finished) {
		m->no_memory = m->analyzer->data(m->st, dir, &c) != 0;
	}
	free(copy);
	m->off[dir] += n;
	m->fed += n;
}

void mkchat_data(struct mkchat *m, unsigned int dir, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n > 0) {
		size_t len = m->step > 0 && m->step < n ? m->step : n;

		if (m->cut > m->fed && m->cut - m->fed < len) {
			len = m->cut - m->fed;
		}
		feed(m, dir, at, len);
		at += len;
		n -= len;
	}
}

void mkchat_gap(struct mkchat *m, unsigned int dir, uint64_t len, bool unknown)
{
	m->num++;
	if (!m->no_memory && !m->talk.finished) {
		m->no_memory = m->analyzer->gap(m->st, dir, m->off[dir], unknown ? 0 : len,
						m->num * 1000, m->num) != 0;
	}
	m->off[dir] += len;
}

void mkchat_end(struct mkchat *m, unsigned int dir, enum talk_end how)
{
	if (!m->no_memory && !m->ended[dir] && !m->talk.finished) {
		m->num++;
		m->no_memory = m->analyzer->end(m->st, dir, how, m->num * 1000, m->num) != 0;
	}
	m->ended[dir] = true;
}

void mkchat_play(struct mkchat *m, const struct said *said)
{
	for (; said->dir != CHAT_OVER; said++) {
		if (said->bytes != NULL) {
			mkchat_data(m, said->dir, said->bytes,
				    said->len > 0 ? said->len : strlen(said->bytes));
		} else if (said->end > 0) {
			mkchat_end(m, said->dir, (enum talk_end)(said->end - 1));
		} else {
			mkchat_gap(m, said->dir, said->gap, said->gap_unknown);
		}
	}
}

void mkchat_close(struct mkchat *m)
{
	mkchat_end(m, 0, END_GONE);
	mkchat_end(m, 1, END_GONE);
	m->analyzer->close(m->st);
	m->st = NULL;
}

void mkchat_release(struct mkchat *m)
{
	rows_release(&m->rows.flows);
	rows_release(&m->rows.http);
	intern_release(&m->rows.texts);
	arena_release(&m->rows.arena);
}

size_t mkchat_count(const struct mkchat *m)
{
	return m->rows.http.count;
}

const struct http_tx *mkchat_http(const struct mkchat *m, size_t i)
{
	static const struct http_tx none;

	return i < m->rows.http.count ? rows_at(&m->rows.http, i) : &none;
}

static void show_text(struct buf *out, const char *name, const struct text *t)
{
	if (t != NULL) {
		buf_printf(out, " %s='", name);
		buf_add(out, t->bytes, t->len);
		buf_addc(out, '\'');
	}
}

static void show_message(struct buf *out, const char *name, const struct http_message *msg)
{
	buf_printf(out, " %s=[%llu,%llu) head %llu body %llu", name, (unsigned long long)msg->start,
		   (unsigned long long)msg->end, (unsigned long long)msg->head_bytes,
		   (unsigned long long)msg->body_bytes);
	if (msg->content_length != UINT64_MAX) {
		buf_printf(out, " length %llu", (unsigned long long)msg->content_length);
	}
	show_text(out, "type", msg->content_type);
}

void mkchat_show(const struct mkchat *m, struct buf *out)
{
	for (size_t i = 0; i < mkchat_count(m); i++) {
		const struct http_tx *tx = mkchat_http(m, i);

		buf_printf(out, "%u.%u client %u version %u flags %05x status %u", tx->depth,
			   tx->stream, tx->client, tx->version, tx->flags, tx->status);
		show_text(out, "method", tx->method);
		show_text(out, "target", tx->target);
		show_text(out, "host", tx->host);
		show_text(out, "scheme", tx->scheme);
		show_text(out, "agent", tx->user_agent);
		show_text(out, "referrer", tx->referrer);
		show_text(out, "reason", tx->reason);
		show_text(out, "server", tx->server);
		show_text(out, "location", tx->location);
		show_text(out, "forwarded", tx->forwarded);
		show_text(out, "upgrade", tx->upgrade);
		show_message(out, "request", &tx->request);
		show_message(out, "response", &tx->response);
		buf_printf(out, " frames %llu %llu\n", (unsigned long long)tx->frames[0],
			   (unsigned long long)tx->frames[1]);
	}
}

static bool play(const struct analyzer *a, unsigned int client, bool known, const struct said *said,
		 size_t step, size_t cut, struct buf *out)
{
	struct mkchat m;
	bool ok;

	mkchat_open(&m, a, client, known);
	m.step = step;
	m.cut = cut;
	mkchat_play(&m, said);
	mkchat_close(&m);
	mkchat_show(&m, out);
	ok = !m.no_memory;
	mkchat_release(&m);
	return ok;
}

bool mkchat_same_in_pieces(const struct analyzer *a, unsigned int client, bool known,
			   const struct said *said)
{
	struct buf whole, pieces;
	size_t total = 0;
	bool same;

	buf_init(&whole, 16 << 20);
	buf_init(&pieces, 16 << 20);
	for (const struct said *s = said; s->dir != CHAT_OVER; s++) {
		total += s->bytes == NULL ? 0 : s->len > 0 ? s->len : strlen(s->bytes);
	}
	same = play(a, client, known, said, 0, 0, &whole);
	for (size_t cut = 0; cut < total && same; cut++) { /* 0: byte by byte */
		buf_reset(&pieces);
		same = play(a, client, known, said, cut == 0 ? 1 : 0, cut, &pieces) &&
		       pieces.len == whole.len && pieces.failed == whole.failed &&
		       memcmp(buf_str(&pieces), buf_str(&whole), whole.len) == 0;
		if (!same) {
			printf("cut at %zu:\n%swhole:\n%s", cut, buf_str(&pieces), buf_str(&whole));
		}
	}
	buf_release(&whole);
	buf_release(&pieces);
	return same;
}

bool is_text(const struct text *t, const char *s)
{
	if (t == NULL || s == NULL) {
		return t == NULL && s == NULL;
	}
	return t->len == strlen(s) && memcmp(t->bytes, s, t->len) == 0;
}
