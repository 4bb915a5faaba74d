/*
 * feed.c - the content of one flow to the analyzer that understands it: finds out which one that is, keeps
 * the first bytes until it is known, then hands on chunks, gaps and ends of both directions. Gets bytes in
 * order from tcp.c and datagrams from track.c. Runs in the shard of the flow.
 *
 * A direction is asked for at its start; where the start was missed, at the start of each segment, PROBES
 * times. What one direction said while nobody knew it is replayed when the other one is recognised, as far as
 * it was kept.
 */
#include "net/service.h"
#include "net/track.h"

/* Bytes of each direction, and chunks of both, that are kept while undecided: a preface, a start line, a greeting. */
#define HELD_BYTES 2048
#define HELD_CHUNKS 16
/* Chunks of a direction that are shown to analyzers before it is given up; datagrams. */
#define PROBES 32
#define PROBES_UDP 8
/* Times one conversation changes its protocol. */
#define SWITCHES 8

struct held_chunk {
	uint64_t offset, ts_ns, num;
	uint32_t at, len;	/* in the bytes of its direction */
	unsigned int dir;
};

struct held {
	struct held_chunk chunks[HELD_CHUNKS];
	unsigned int count;
	uint32_t len[2];
	uint8_t bytes[2][HELD_BYTES];
};

struct feed {
	struct talk talk;
	struct live_flow *lf;
	struct feed *older, *newer;	/* in the shard's list */
	const struct analyzer *analyzer;	/* NULL: not known yet */
	void *st;			/* owns; the analyzer's */
	struct held *held;		/* owns; NULL: nothing kept */
	uint64_t at[2];			/* what the analyzer gets next */
	uint8_t switches;
	bool used;			/* data came since it was last looked at for room */
	bool refused[2];		/* its start is nobody's */
	bool ended[2];
	uint8_t how[2];			/* enum talk_end */
};

static bool is_tcp(const struct live_flow *lf)
{
	return lf->key.ip_proto == IP_TCP;
}

static void close_analyzer(struct feed *f)
{
	if (f->analyzer != NULL) {
		f->analyzer->close(f->st);
	}
	f->analyzer = NULL;
	f->st = NULL;
}

static void link_newest(struct feed_list *l, struct feed *f)
{
	f->newer = NULL;
	f->older = l->newest;
	if (f->older != NULL) {
		f->older->newer = f;
	} else {
		l->oldest = f;
	}
	l->newest = f;
	l->count++;
}

static void unlink_feed(struct feed_list *l, struct feed *f)
{
	if (f->older != NULL) {
		f->older->newer = f->newer;
	} else {
		l->oldest = f->newer;
	}
	if (f->newer != NULL) {
		f->newer->older = f->older;
	} else {
		l->newest = f->older;
	}
	l->count--;
}

void feed_free(struct shard *s, struct feed *f)
{
	if (f == NULL) {
		return;
	}
	unlink_feed(&s->feeds, f);
	close_analyzer(f);
	free(f->held);
	free(f);
}

/* Nobody wants more of this flow. */
static void give_up(struct shard *s, struct live_flow *lf)
{
	feed_free(s, lf->feed);
	lf->feed = NULL;
	lf->content = false;
}

/* What is followed of the flow ends here; the next bytes are taken up as if the start had been missed. */
static int drop_feed(struct shard *s, struct live_flow *lf)
{
	for (unsigned int i = 0; i < 2 && lf->feed != NULL; i++) {
		int rc = feed_end(s, lf, i, END_GONE, lf->flow->last_ns, lf->flow->last_num);

		if (rc != 0) {
			return rc;
		}
	}
	give_up(s, lf);
	lf->content = true;
	return 0;
}

/* One that had data lately gets another round. */
static int make_room(struct shard *s)
{
	struct live_flow *lf;

	if (LIKELY(s->feeds.count < s->feeds.max)) {
		return 0;
	}
	while (s->feeds.oldest->used) {
		struct feed *f = s->feeds.oldest;

		f->used = false;
		unlink_feed(&s->feeds, f);
		link_newest(&s->feeds, f);
	}
	lf = s->feeds.oldest->lf;
	lf->flow->flags |= is_tcp(lf) ? FLOW_STREAM_DROPPED : 0;
	return drop_feed(s, lf);
}

static int need_feed(struct shard *s, struct live_flow *lf)
{
	struct feed *f = lf->feed;
	int rc;

	if (LIKELY(f != NULL)) {
		f->used = true;
		return 0;
	}
	rc = make_room(s);
	if (rc != 0) {
		return rc;
	}
	f = calloc(1, sizeof(*f));
	if (f == NULL) {
		return ERR_NOMEM;
	}
	f->lf = lf;
	f->talk.rows = &s->rows;
	f->talk.flow = lf->flow;
	f->talk.client = lf->flow->client;
	f->talk.client_known = is_tcp(lf) && (lf->flow->side[0].syns > 0 || lf->flow->side[1].syns > 0);
	f->talk.acks = is_tcp(lf);
	f->talk.retaken = is_tcp(lf) && (lf->flow->flags & FLOW_STREAM_DROPPED) != 0;
	f->talk.port[0] = lf->key.port[0];
	f->talk.port[1] = lf->key.port[1];
	for (unsigned int i = 0; i < 2 && is_tcp(lf); i++) {
		f->ended[i] = lf->side[i].ended;
		f->how[i] = END_FIN;
	}
	link_newest(&s->feeds, f);
	lf->feed = f;
	return 0;
}

int feed_restart(struct shard *s, struct live_flow *lf)
{
	int rc;

	lf->flow->flags |= FLOW_STREAM_DROPPED;
	lf->probes[0] = lf->probes[1] = 0;
	rc = drop_feed(s, lf);
	if (rc == 0) {
		rc = need_feed(s, lf);
	}
	for (unsigned int i = 0; i < 2 && rc == 0; i++) {
		lf->feed->at[i] = lf->side[i].stream.edge;
	}
	return rc;
}

/* ---- to the analyzer ------------------------------------------------------------------------- */

/* What the analyzer asked for in the call that has just returned. */
static int after_call(struct shard *s, struct live_flow *lf, int rc)
{
	struct feed *f = lf->feed;

	if (UNLIKELY(rc != 0)) {
		return rc;
	}
	if (UNLIKELY(f->talk.client != lf->flow->client)) {
		flow_set_client(lf, f->talk.client);
	}
	if (UNLIKELY(f->talk.switch_to != NULL && !f->talk.finished)) {
		const struct analyzer *next = f->talk.switch_to;

		close_analyzer(f);
		f->talk.switch_to = NULL;
		if (++f->switches > SWITCHES) {
			give_up(s, lf);
			return 0;
		}
		f->st = next->open(&f->talk);
		if (f->st == NULL) {
			return ERR_NOMEM;
		}
		f->analyzer = next;
		lf->flow->service = next->service;
	}
	if (UNLIKELY(f->talk.finished)) {
		give_up(s, lf);
	}
	return 0;
}

static int pass_gap(struct shard *s, struct live_flow *lf, unsigned int dir, uint64_t off, uint64_t len,
		    uint64_t ts_ns, uint64_t num)
{
	struct feed *f = lf->feed;

	f->at[dir] = off + len;
	return after_call(s, lf, f->analyzer->gap(f->st, dir, off, len, ts_ns, num));
}

static int pass_data(struct shard *s, struct live_flow *lf, unsigned int dir, const struct chunk *c)
{
	struct feed *f = lf->feed;

	if (UNLIKELY(c->offset > f->at[dir])) {	/* went by while nobody was there */
		int rc = pass_gap(s, lf, dir, f->at[dir], c->offset - f->at[dir], c->ts_ns, c->num);

		if (rc != 0 || lf->feed == NULL) {
			return rc;
		}
	}
	f->at[dir] = c->offset + c->len;
	if (LIKELY(f->talk.acks)) {
		f->talk.had[dir] = lf->side[1 - dir].told;
		f->talk.late = lf->late;
	}
	return after_call(s, lf, f->analyzer->data(f->st, dir, c));
}

static int pass_end(struct shard *s, struct live_flow *lf, unsigned int dir, uint64_t ts_ns, uint64_t num)
{
	struct feed *f = lf->feed;
	int rc = after_call(s, lf, f->analyzer->end(f->st, dir, f->how[dir], ts_ns, num));

	if (rc == 0 && lf->feed != NULL && f->ended[0] && f->ended[1]) {
		give_up(s, lf);
	}
	return rc;
}

/* ---- while it is not known ------------------------------------------------------------------- */

/* As much of a chunk as there is room for; nothing when there is none. */
static int hold(struct feed *f, unsigned int dir, const struct chunk *c)
{
	struct held *h = f->held;
	struct held_chunk *k;
	size_t n;

	if (h == NULL) {
		h = f->held = malloc(sizeof(*h));
		if (h == NULL) {
			return ERR_NOMEM;
		}
		h->count = 0;
		h->len[0] = h->len[1] = 0;
	}
	n = HELD_BYTES - h->len[dir];
	n = c->len < n ? c->len : n;
	if (n == 0 || h->count == HELD_CHUNKS) {
		return 0;
	}
	k = &h->chunks[h->count++];
	*k = (struct held_chunk){ c->offset, c->ts_ns, c->num, h->len[dir], (uint32_t)n, dir };
	memcpy(h->bytes[dir] + k->at, c->data, n);
	h->len[dir] += (uint32_t)n;
	return 0;
}

/* Forgets what a direction has said. */
static void drop_held(struct feed *f, unsigned int dir)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; f->held != NULL && i < f->held->count; i++) {
		if (f->held->chunks[i].dir != dir) {
			f->held->chunks[kept++] = f->held->chunks[i];
		}
	}
	if (f->held != NULL) {
		f->held->count = kept;
		f->held->len[dir] = 0;
	}
}

static int replay(struct shard *s, struct live_flow *lf)
{
	struct held *h = lf->feed->held;
	int rc = 0;

	lf->feed->held = NULL;
	for (unsigned int i = 0; h != NULL && i < h->count && rc == 0 && lf->feed != NULL; i++) {
		const struct held_chunk *k = &h->chunks[i];
		struct chunk c = { h->bytes[k->dir] + k->at, k->len, k->offset, k->ts_ns, k->num };

		rc = pass_data(s, lf, k->dir, &c);
	}
	free(h);
	return rc;
}

/* The analyzer is known; dir said what tells. c: what has not been held, or NULL. */
static int start(struct shard *s, struct live_flow *lf, const struct analyzer *a, unsigned int dir,
		 const struct chunk *c)
{
	struct feed *f = lf->feed;
	int rc;

	f->st = a->open(&f->talk);
	if (f->st == NULL) {
		return ERR_NOMEM;
	}
	f->analyzer = a;
	lf->flow->service = a->service;
	lf->flow->service_by = BY_CONTENT;
	rc = replay(s, lf);
	if (rc == 0 && lf->feed != NULL && c != NULL) {
		rc = pass_data(s, lf, dir, c);
	}
	for (unsigned int i = 0; i < 2 && rc == 0 && lf->feed != NULL; i++) {
		if (f->ended[i]) {
			rc = pass_end(s, lf, i, lf->flow->last_ns, lf->flow->last_num);
		}
	}
	return rc;
}

static enum probe ask(const struct live_flow *lf, unsigned int dir, const uint8_t *p, size_t n, bool mid,
		      const struct analyzer **ret_a)
{
	enum probe answer = PROBE_NO;

	for (unsigned int i = 0; analyzers[i] != NULL; i++) {
		const struct analyzer *a = analyzers[i];
		enum probe r;

		if (a->probe == NULL || a->ip_proto != lf->key.ip_proto) {
			continue;
		}
		r = a->probe(&lf->feed->talk, dir, p, n, mid);
		if (r == PROBE_YES) {
			*ret_a = a;
			return r;
		}
		answer = r == PROBE_MORE ? r : answer;
	}
	return answer;
}

/* No analyzer's: maybe a signature's. Ends the search when it is, or when nothing is left to ask. */
static void refuse(struct shard *s, struct live_flow *lf, unsigned int dir, const uint8_t *p, size_t n, bool mid)
{
	struct feed *f = lf->feed;

	if (!mid) {
		uint8_t service = service_of_bytes(lf->key.ip_proto, dir == lf->flow->client, p, n);

		if (service != SERVICE_NONE) {
			lf->flow->service = service;
			lf->flow->service_by = BY_CONTENT;
			give_up(s, lf);
			return;
		}
	}
	f->refused[dir] = is_tcp(lf) && !mid;
	if ((f->refused[0] || lf->probes[0] >= PROBES) && (f->refused[1] || lf->probes[1] >= PROBES)) {
		give_up(s, lf);
	}
}

/* Each datagram is a start. Between those that nobody knows nothing is kept. */
static int probe_datagram(struct shard *s, struct live_flow *lf, unsigned int dir, const struct chunk *c)
{
	const struct analyzer *a = NULL;

	lf->probes[dir]++;
	if (ask(lf, dir, c->data, c->len, false, &a) == PROBE_YES) {
		return start(s, lf, a, dir, c);
	}
	refuse(s, lf, dir, c->data, c->len, false);
	feed_free(s, lf->feed);
	lf->feed = NULL;
	return 0;
}

/* The first chunk of what may be a start, or one more after PROBE_MORE. */
static int probe_stream(struct shard *s, struct live_flow *lf, unsigned int dir, const struct chunk *c)
{
	struct feed *f = lf->feed;
	bool mid = (lf->flow->flags & FLOW_START_MISSED) != 0 || c->offset > 0;
	bool more = f->held != NULL && f->held->len[dir] > 0 && !f->refused[dir];
	const struct analyzer *a = NULL;
	const uint8_t *p = c->data;
	size_t n = c->len;
	enum probe answer;

	if (f->refused[dir] || lf->probes[dir] >= PROBES) {
		return f->refused[dir] ? hold(f, dir, c) : 0;
	}
	if (more) {
		const struct held *h = f->held;
		unsigned int first = 0;

		if (hold(f, dir, c) != 0) {
			return ERR_NOMEM;
		}
		while (h->chunks[first].dir != dir) {
			first++;
		}
		mid = (lf->flow->flags & FLOW_START_MISSED) != 0 || h->chunks[first].offset > 0;
		p = h->bytes[dir];
		n = h->len[dir];
	}
	lf->probes[dir]++;
	answer = ask(lf, dir, p, n, mid, &a);
	if (answer == PROBE_YES) {
		if (more) {	/* the whole chunk, not only what was held of it */
			f->held->count -= f->held->chunks[f->held->count - 1].dir == dir &&
					  f->held->chunks[f->held->count - 1].offset == c->offset;
		}
		return start(s, lf, a, dir, c);
	}
	if (answer == PROBE_MORE && n < HELD_BYTES && lf->probes[dir] < PROBES) {
		return more ? 0 : hold(f, dir, c);
	}
	refuse(s, lf, dir, p, n, mid);
	if (lf->feed == NULL) {
		return 0;
	}
	if (mid) {
		drop_held(f, dir);
		return 0;
	}
	return more ? 0 : hold(f, dir, c);
}

/* ---- what the tracker calls ------------------------------------------------------------------ */

int feed_data(struct shard *s, struct live_flow *lf, unsigned int dir, const struct chunk *c)
{
	if (UNLIKELY(lf->feed == NULL) && !is_tcp(lf) && lf->probes[dir] >= PROBES_UDP) {
		return 0;
	}
	if (UNLIKELY(need_feed(s, lf) != 0)) {
		return ERR_NOMEM;
	}
	if (LIKELY(lf->feed->analyzer != NULL)) {
		return pass_data(s, lf, dir, c);
	}
	return is_tcp(lf) ? probe_stream(s, lf, dir, c) : probe_datagram(s, lf, dir, c);
}

/* A feed that is made later sees by the offsets what it has missed. */
int feed_gap(struct shard *s, struct live_flow *lf, unsigned int dir, uint64_t off, uint64_t len, uint64_t ts_ns,
	     uint64_t num)
{
	struct feed *f = lf->feed;

	if (f == NULL) {
		return 0;
	}
	if (f->analyzer == NULL) {	/* what was said before it was no start of anything */
		if (f->held != NULL && f->held->len[dir] > 0 && !f->refused[dir]) {
			drop_held(f, dir);
		}
		return 0;
	}
	if (off > f->at[dir]) {
		len += off - f->at[dir];
		off = f->at[dir];
	}
	return pass_gap(s, lf, dir, off, len, ts_ns, num);
}

int feed_end(struct shard *s, struct live_flow *lf, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num)
{
	struct feed *f = lf->feed;

	if (f == NULL || f->ended[dir]) {
		return 0;
	}
	f->ended[dir] = true;
	f->how[dir] = (uint8_t)how;
	if (f->analyzer != NULL) {
		return pass_end(s, lf, dir, ts_ns, num);
	}
	if (f->ended[0] && f->ended[1]) {
		give_up(s, lf);
	}
	return 0;
}
