/*
 * sock_feed.c - see sock_feed.h. Runs in the shard of the process, while the batch is live.
 *
 * The bytes of a call go to the analyzer that recognises the conversation, what was not captured as a gap. Directions
 * are ends of the socket's key, as analyzers want them. A direction is asked for at its start, or at each call where
 * the start was missed, PROBES times; what came before it was recognised is kept as far as HELD_BYTES and HELD_CHUNKS
 * go.
 */
#include "join/sock_feed.h"

#include "base/limits.h"
#include "join/request_name.h"
#include "net/analyzer.h"
#include "net/dns.h"
#include "net/layer.h"

#define HELD_BYTES 1024
#define HELD_CHUNKS 8
#define PROBES 16

struct held_call {
	struct chunk chunk;	/* data: in the feed's bytes */
	uint32_t missing;	/* bytes of the call that were not captured, or not kept */
	uint8_t end;
};

struct held_bytes {
	struct held_call calls[HELD_CHUNKS];
	uint32_t count, len;
	uint8_t bytes[HELD_BYTES];
};

struct sock_feed {
	struct sock_feed *older, *newer;
	struct feed_mark *mark;
	struct sock *sock;
	struct talk talk;
	const struct analyzer *analyzer;	/* NULL: not known yet */
	void *st;			/* owns */
	struct held_bytes *held;	/* owns; NULL: nothing */
	struct fastcgi_walk fastcgi;
	uint64_t at[2];			/* by end: the next offset */
	uint8_t local;			/* end of the socket's own */
	bool refused[2];
};

/* ---- life ------------------------------------------------------------------------------------------------- */

/* Processes are uneven: see collect.c. */
#define SHARE_OF(limit) ((limit) / 2)

void sock_feeds_init(struct sock_feeds *fs, const struct section *section)
{
	memset(fs, 0, sizeof(*fs));
	rows_init(&fs->rows.http, sizeof(struct http_tx), SHARE_OF(LIMIT_HTTP));
	/* Tunnelled inside HTTP; packets are where these are looked for. */
	rows_init(&fs->rows.flows, 1, 0);
	rows_init(&fs->rows.dns, sizeof(struct dns_tx), 0);
	rows_init(&fs->rows.tls, 1, 0);
	intern_init(&fs->rows.texts, LIMIT_NET_TEXT_BYTES / BATCH_SHARDS);
	arena_init(&fs->rows.arena);
	fs->rows.section = section;
	fs->max = LIMIT_LIVE_FLOWS / BATCH_SHARDS;
}

static void feed_free(struct sock_feeds *fs, struct sock_feed *f)
{
	if (f->older != NULL) {
		f->older->newer = f->newer;
	} else {
		fs->oldest = f->newer;
	}
	if (f->newer != NULL) {
		f->newer->older = f->older;
	} else {
		fs->newest = f->older;
	}
	fs->live--;
	f->mark->feed = NULL;
	if (f->analyzer != NULL) {
		f->analyzer->close(f->st);
	}
	free(f->held);
	free(f);
}

void sock_feeds_release(struct sock_feeds *fs)
{
	while (fs->oldest != NULL) {
		feed_free(fs, fs->oldest);
	}
	rows_release(&fs->rows.http);
	rows_release(&fs->rows.flows);
	rows_release(&fs->rows.dns);
	rows_release(&fs->rows.tls);
	intern_release(&fs->rows.texts);
	arena_release(&fs->rows.arena);
}

static void give_up(struct sock_feeds *fs, struct sock_feed *f)
{
	f->mark->given_up = true;
	feed_free(fs, f);
}

/* Rows that were added since there were so many are this socket's. */
static void own_rows(struct sock_feeds *fs, const struct sock_feed *f, size_t before)
{
	for (size_t i = before; i < fs->rows.http.count; i++) {
		((struct http_tx *)rows_at(&fs->rows.http, i))->owner = f->sock;
	}
}

static int end_feed(struct sock_feeds *fs, struct sock_feed *f, enum talk_end how, uint64_t ts_ns, uint64_t num)
{
	size_t before = fs->rows.http.count;
	int rc = 0;

	for (unsigned int end = 0; end < 2 && f->analyzer != NULL && rc == 0 && !f->talk.finished; end++) {
		rc = f->analyzer->end(f->st, end, how, ts_ns, num);
	}
	own_rows(fs, f, before);
	feed_free(fs, f);
	return rc;
}

static int feed_new(struct sock_feeds *fs, struct feed_mark *m, const struct sock_bytes *b)
{
	const struct sock *s = b->sock;
	struct sock_feed *f;
	int rc = 0;

	if (fs->live >= fs->max) {
		fs->evicted++;
		rc = end_feed(fs, fs->oldest, END_GONE, b->ts_ns, b->num);
	}
	f = rc == 0 ? calloc(1, sizeof(*f)) : NULL;
	if (f == NULL) {
		return ERR_NOMEM;
	}
	f->mark = m;
	f->sock = b->sock;
	f->local = s->local & 1;
	f->talk.rows = &fs->rows;
	f->talk.client = s->role == SOCK_SERVER ? !f->local : f->local;
	f->talk.client_known = (s->flags & SOCK_INHERITED) == 0 && s->role != SOCK_UNKNOWN_ROLE;
	f->talk.port[0] = s->key.port[0];
	f->talk.port[1] = s->key.port[1];
	f->older = fs->newest;
	if (fs->newest != NULL) {
		fs->newest->newer = f;
	} else {
		fs->oldest = f;
	}
	fs->newest = f;
	fs->live++;
	m->feed = f;
	return 0;
}

/* ---- to the analyzer -------------------------------------------------------------------------------------- */

static int after_call(struct sock_feeds *fs, struct sock_feed *f, int rc, size_t before)
{
	own_rows(fs, f, before);
	if (rc == 0 && (f->talk.finished || f->talk.switch_to != NULL)) {
		give_up(fs, f);	/* no longer HTTP */
	}
	return rc;
}

static int pass_gap(struct sock_feeds *fs, struct feed_mark *m, unsigned int end, uint64_t len, uint64_t ts_ns,
		    uint64_t num)
{
	struct sock_feed *f = m->feed;
	size_t before = fs->rows.http.count;
	uint64_t from = f->at[end];

	f->at[end] += len;
	return after_call(fs, f, f->analyzer->gap(f->st, end, from, len, ts_ns, num), before);
}

/* A chunk and, behind it, bytes that are not there. */
static int pass(struct sock_feeds *fs, struct feed_mark *m, unsigned int end, const struct chunk *c, uint64_t missing)
{
	size_t before = fs->rows.http.count;
	struct sock_feed *f = m->feed;
	int rc = 0;

	if (c->offset > f->at[end]) {
		rc = pass_gap(fs, m, end, c->offset - f->at[end], c->ts_ns, c->num);
	}
	if (rc == 0 && m->feed != NULL && c->len > 0) {
		before = fs->rows.http.count;
		f->at[end] = c->offset + c->len;
		rc = after_call(fs, f, f->analyzer->data(f->st, end, c), before);
	}
	if (rc == 0 && m->feed != NULL && missing > 0) {
		rc = pass_gap(fs, m, end, missing, c->ts_ns, c->num);
	}
	return rc;
}

/* ---- while it is not known -------------------------------------------------------------------------------- */

static int hold(struct sock_feed *f, unsigned int end, const struct chunk *c, uint32_t missing)
{
	struct held_bytes *h = f->held;
	struct held_call *k;
	uint32_t n;

	if (h == NULL) {
		h = f->held = malloc(sizeof(*h));
		if (h == NULL) {
			return ERR_NOMEM;
		}
		h->count = h->len = 0;
	}
	if (h->count == HELD_CHUNKS) {
		return 0;
	}
	n = (uint32_t)min_u64(c->len, HELD_BYTES - h->len);
	k = &h->calls[h->count++];
	k->chunk = *c;
	k->chunk.data = h->bytes + h->len;
	k->chunk.len = n;
	k->missing = missing + (uint32_t)(c->len - n);
	k->end = (uint8_t)end;
	if (n > 0) {
		memcpy(h->bytes + h->len, c->data, n);
	}
	h->len += n;
	return 0;
}

static int start(struct sock_feeds *fs, struct feed_mark *m, const struct analyzer *a)
{
	struct sock_feed *f = m->feed;
	struct held_bytes *h = f->held;
	int rc = 0;

	f->st = a->open(&f->talk);
	if (f->st == NULL) {
		return ERR_NOMEM;
	}
	f->analyzer = a;
	f->held = NULL;
	m->service = a->service;
	for (uint32_t i = 0; h != NULL && i < h->count && rc == 0 && m->feed != NULL; i++) {
		rc = pass(fs, m, h->calls[i].end, &h->calls[i].chunk, h->calls[i].missing);
	}
	free(h);
	return rc;
}

static enum probe ask(const struct sock_feed *f, unsigned int end, const uint8_t *p, size_t n, bool mid,
		      const struct analyzer **ret_a)
{
	static const struct analyzer *const asked[] = { &analyzer_http1, &analyzer_http2 };
	enum probe answer = PROBE_NO;

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		enum probe r = asked[i]->probe(&f->talk, end, p, n, mid);

		if (r == PROBE_YES) {
			*ret_a = asked[i];
			return r;
		}
		answer = r == PROBE_MORE ? r : answer;
	}
	return answer;
}

/* The bytes of one direction in one piece: those held, then the new ones. Returns how many; room is HELD_BYTES. */
static size_t gather(const struct sock_feed *f, unsigned int end, const struct chunk *c, uint8_t *room)
{
	const struct held_bytes *h = f->held;
	size_t n = 0;

	for (uint32_t i = 0; h != NULL && i < h->count; i++) {
		const struct held_call *k = &h->calls[i];

		if (k->end == end && n + k->chunk.len <= HELD_BYTES) {
			memcpy(room + n, k->chunk.data, k->chunk.len);
			n += k->chunk.len;
		}
	}
	if (c->len > 0) {
		size_t more = min_u64(c->len, HELD_BYTES - n);

		memcpy(room + n, c->data, more);
		n += more;
	}
	return n;
}

/* Nothing more will tell, as far as it can be seen now. */
static bool hopeless(const struct sock_feed *f, unsigned int end, enum probe answer, uint32_t missing)
{
	return f->mark->probes >= PROBES || missing > 0 ||
	       (answer == PROBE_NO && (!f->talk.client_known || end == f->talk.client));
}

/* A conversation whose start was missed is asked for again at its next call. */
static int probe(struct sock_feeds *fs, struct feed_mark *m, unsigned int end, const struct chunk *c, uint32_t missing)
{
	struct sock_feed *f = m->feed;
	bool held = f->held != NULL && f->held->len > 0;
	const struct analyzer *a = NULL;
	enum probe answer = PROBE_NO;
	uint8_t room[HELD_BYTES];

	if (!f->refused[end]) {
		size_t n = held ? gather(f, end, c, room) : c->len;

		answer = n > 0 ? ask(f, end, held ? room : c->data, n, !f->talk.client_known && !held, &a) : PROBE_NO;
		m->probes++;
	}
	if (answer == PROBE_YES) {
		int rc = start(fs, m, a);

		return rc == 0 && m->feed != NULL ? pass(fs, m, end, c, missing) : rc;
	}
	if (hopeless(f, end, answer, missing)) {
		m->given_up = f->talk.client_known || m->probes >= PROBES;
		feed_free(fs, f);
		return 0;
	}
	f->refused[end] |= answer == PROBE_NO;
	return hold(f, end, c, missing);
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static bool is_dns(const struct sock *s)
{
	return s->kind == SOCK_UDP_K && (s->key.port[0] == 53 || s->key.port[1] == 53 || s->key.port[0] == 5353 ||
					 s->key.port[1] == 5353);
}

static uint8_t service_of(const struct feed_mark *m, const struct sock_bytes *b)
{
	uint8_t service;

	if (is_dns(b->sock)) {
		return SERVICE_DNS;
	}
	if (b->sock->kind == SOCK_UDP_K) {
		return SERVICE_NONE;
	}
	if (m->service == SERVICE_TLS || (m->feed != NULL && m->feed->analyzer != NULL)) {
		return m->service;
	}
	service = request_service(b->data, b->cap, b->len, b->offset > 0);
	return service != SERVICE_NONE ? service : m->service;
}

/* FastCGI is read in pieces: the walk lies in the feed, which no analyzer then uses. */
static int name_fastcgi(struct sock_feeds *fs, struct feed_mark *m, const struct sock_bytes *b, struct buf *out)
{
	if (m->feed == NULL) {
		int rc = feed_new(fs, m, b);

		if (rc != 0) {
			return rc;
		}
	}
	if (b->offset == b->exchange->start[0]) {
		memset(&m->feed->fastcgi, 0, sizeof(m->feed->fastcgi));
	}
	fastcgi_name(&m->feed->fastcgi, b->data, b->cap, b->len, out);
	return 0;
}

static int keep_name(struct sock_feeds *fs, struct feed_mark *m, const struct sock_bytes *b)
{
	char room[REQUEST_NAME + 16];
	struct buf name = { room, 0, sizeof(room), sizeof(room), false };
	int rc = 0;

	if (b->exchange->service == SERVICE_NONE) {
		b->exchange->service = m->service = service_of(m, b);
	}
	switch (b->exchange->service) {
	case SERVICE_NONE:
	case SERVICE_TLS:
		return 0;
	case SERVICE_DNS: dns_request_name(b->data, b->cap, &name); break;
	case SERVICE_FASTCGI: rc = name_fastcgi(fs, m, b, &name); break;
	default: request_name(b->exchange->service, b->data, b->cap, &name); break;
	}
	if (rc != 0 || name.len == 0) {
		return rc;
	}
	return intern_get(&fs->rows.texts, room, name.len < REQUEST_NAME ? name.len : REQUEST_NAME, &b->exchange->name);
}

/* ---- what the collector calls ----------------------------------------------------------------------------- */

static bool is_request(const struct sock_bytes *b)
{
	return b->exchange != NULL && b->exchange->first_num[1] == 0 &&
	       b->dir == (b->sock->role == SOCK_SERVER ? 0 : 1);
}

static bool may_be_http(const struct feed_mark *m)
{
	return m->service != SERVICE_TLS && m->service != SERVICE_FASTCGI && m->service != SERVICE_POSTGRESQL;
}

static int feed(struct sock_feeds *fs, struct feed_mark *m, const struct sock_bytes *b)
{
	struct chunk c = { b->data, b->cap, b->offset, b->ts_ns, b->num };
	uint32_t missing = b->len - b->cap;
	unsigned int end;

	if (m->feed == NULL) {
		int rc = feed_new(fs, m, b);

		if (rc != 0) {
			return rc;
		}
	}
	end = b->dir == 1 ? m->feed->local : !m->feed->local;
	if (m->feed->analyzer == NULL) {
		return probe(fs, m, end, &c, missing);
	}
	if (c.offset < m->feed->at[end]) {	/* looked at before it was taken */
		size_t known = min_u64(c.len, m->feed->at[end] - c.offset);

		c.data += known;
		c.len -= known;
		c.offset += known;
		if (c.offset < m->feed->at[end]) {
			return 0;
		}
	}
	return pass(fs, m, end, &c, missing);
}

int sock_feed_bytes(struct sock_feeds *fs, struct feed_mark *m, const struct sock_bytes *b)
{
	struct sock_bytes x = *b;
	int rc = 0;

	x.cap = x.data == NULL ? 0 : (uint32_t)min_u64(x.cap, x.len);
	if (x.cap > 0 && is_request(&x) && x.exchange->name == NULL) {
		rc = keep_name(fs, m, &x);
	}
	if (rc != 0 || m->given_up || x.sock->kind == SOCK_UDP_K || x.sock->kind == SOCK_PIPE_K || !may_be_http(m)) {
		return rc;
	}
	return feed(fs, m, &x);
}

int sock_feed_end(struct sock_feeds *fs, struct feed_mark *m, uint64_t ts_ns, uint64_t num)
{
	return m->feed != NULL ? end_feed(fs, m->feed, END_FIN, ts_ns, num) : 0;
}

int sock_feeds_finish(struct sock_feeds *fs)
{
	int rc = 0;

	while (fs->oldest != NULL && rc == 0) {
		rc = end_feed(fs, fs->oldest, END_GONE, fs->oldest->sock->last_ns, 0);
	}
	return rc;
}
