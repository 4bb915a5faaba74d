/*
 * dns.c - DNS over UDP and TCP: messages in, one row of struct dns_tx for each exchange out. Queries of a flow wait
 * in a list for their response; answered ones stay there for a while, so that a second response is known for what
 * it is. mDNS shares the datagram side; its pairing is in dns_mdns.c. Runs on the flow's shard.
 */
#include "net/dns_internal.h"

#include "base/cursor.h"
#include "base/limits.h"
#include "net/layer.h"

#define PORT_DNS 53
#define PORT_NETBIOS_NS 137	/* looks like DNS, is not */
#define PORT_MDNS 5353
#define PORT_LLMNR 5355

/* Bytes of one message over TCP that are kept while it arrives in parts: two directions make LIMIT_ANALYZER_BYTES. */
#define MESSAGE_BYTES (LIMIT_ANALYZER_BYTES / 2)

/* An exchange whose response may still come. */
struct open_query {
	struct dns_tx *tx;
	uint32_t name_hash;
	uint16_t id;
	uint8_t client;
	bool answered;
};

/* One direction of a TCP conversation: what is there of the message that is arriving. */
struct dns_stream {
	uint8_t *bytes;			/* owns; NULL: nothing kept */
	uint32_t have, cap;
	uint32_t want;			/* length of the message; 0: the prefix is not complete */
	uint32_t seen;			/* bytes of it that passed, kept or not */
	uint8_t prefix[2];
	uint8_t prefix_have;
	bool holed;			/* a part is missing: what was kept ends before it */
	bool lost;			/* where messages begin is not known */
};

struct dns_state {
	struct talk *t;
	struct open_query *open;	/* owns; oldest first */
	uint32_t open_count, open_cap;
	bool multicast;
	struct dns_tx *last;		/* row of the last datagram, NULL none; for the gap that shows it was cut */
	bool last_response;
	struct dns_stream *streams;	/* owns; two over TCP, NULL over UDP */
};

int dns_row_new(const struct dns_arrival *a, const struct dns_message *m, bool response, struct dns_tx **ret_tx)
{
	struct net_rows *rows = a->t->rows;
	void *row;
	struct dns_tx *tx;

	if (rows_add(&rows->dns, &row) != 0) {
		return ERR_NOMEM;
	}
	*ret_tx = tx = row;
	if (tx == NULL) {
		return 0;
	}
	tx->flow = a->t->flow;
	tx->id = m->id;
	tx->opcode = m->opcode;
	tx->type = m->type;
	tx->class_ = m->class_;
	tx->rcode = UINT16_MAX;
	tx->questions = m->counts[0];
	tx->flags = a->flags | (m->broken ? DNS_MALFORMED : 0) | ((m->bits & DNS_RD) != 0 ? DNS_RECURSION_DESIRED : 0);
	tx->client = response ? !a->dir : a->dir;
	if (m->has_question && intern_get(&rows->texts, m->name.text, m->name.len, &tx->name) != 0) {
		return ERR_NOMEM;
	}
	if (!response) {
		tx->flags |= DNS_QUERY;
		tx->query_bytes = (uint32_t)m->n;
		tx->query_ns = tx->last_query_ns = a->ts_ns;
		tx->query_num = tx->last_query_num = a->num;
	}
	return 0;
}

void dns_row_retry(const struct dns_arrival *a, struct dns_tx *tx)
{
	tx->retries++;
	tx->last_query_ns = a->ts_ns;
	tx->last_query_num = a->num;
}

int dns_row_response(const struct dns_arrival *a, const struct dns_message *m, struct dns_tx *tx)
{
	tx->flags |= DNS_RESPONSE | a->flags | (m->broken ? DNS_MALFORMED : 0);
	tx->flags |= (m->bits & DNS_TC) != 0 ? DNS_TRUNCATED : 0;
	tx->flags |= (m->bits & DNS_AA) != 0 ? DNS_AUTHORITATIVE : 0;
	tx->response_bytes = (uint32_t)m->n;
	tx->response_ns = a->ts_ns;
	tx->response_num = a->num;
	return dns_keep_response(m, a->t->rows, tx);
}

/* The oldest ones leave. */
static void drop_open(struct dns_state *st, uint32_t n)
{
	if (n > 0) {
		st->open_count -= n;
		memmove(st->open, st->open + n, st->open_count * sizeof(*st->open));
	}
}

/* Queries that nobody will answer any more leave. */
static void expire(struct dns_state *st, uint64_t now)
{
	uint32_t n = 0;

	while (n < st->open_count && now > st->open[n].tx->last_query_ns &&
	       now - st->open[n].tx->last_query_ns > LIMIT_DNS_WAIT_NS) {
		n++;
	}
	drop_open(st, n);
}

/* The latest exchange with this id and question; a message without question has its id alone. */
static struct open_query *find_open(struct dns_state *st, const struct dns_message *m, uint32_t hash,
				    unsigned int client)
{
	for (uint32_t i = st->open_count; i-- > 0;) {
		struct open_query *o = &st->open[i];

		if (o->id != m->id || o->client != client || (m->has_question && o->name_hash != hash) ||
		    o->tx->opcode != m->opcode) {
			continue;
		}
		if (!m->has_question ||
		    (o->tx->type == m->type && o->tx->class_ == m->class_ &&
		     (o->tx->name == NULL || dns_name_equal(o->tx->name, m->name.text, m->name.len)))) {
			return o;
		}
	}
	return NULL;
}

static int add_open(struct dns_state *st, struct dns_tx *tx, uint32_t hash)
{
	struct open_query *o;

	if (st->open_count == LIMIT_DNS_PENDING) {
		drop_open(st, 1);
	}
	if (st->open_count == st->open_cap) {
		uint32_t cap = st->open_cap == 0 ? 2 : st->open_cap * 2;
		struct open_query *grown = realloc(st->open, cap * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		st->open = grown;
		st->open_cap = cap;
	}
	o = &st->open[st->open_count++];
	o->tx = tx;
	o->name_hash = hash;
	o->id = tx->id;
	o->client = tx->client;
	o->answered = false;
	return 0;
}

static int take_query(struct dns_state *st, const struct dns_arrival *a, const struct dns_message *m)
{
	uint32_t hash = dns_name_hash(m->name.text, m->name.len);
	struct open_query *o = find_open(st, m, hash, a->dir);
	struct dns_tx *tx;
	int rc;

	talk_set_client(st->t, a->dir);
	if (o != NULL && !o->answered && m->has_question) {
		dns_row_retry(a, o->tx);
		return 0;
	}
	rc = dns_row_new(a, m, false, &tx);
	st->last = rc == 0 ? tx : NULL;
	return st->last != NULL ? add_open(st, tx, hash) : rc;
}

static int take_response(struct dns_state *st, const struct dns_arrival *a, const struct dns_message *m)
{
	struct open_query *o = find_open(st, m, dns_name_hash(m->name.text, m->name.len), !a->dir);
	struct dns_tx *tx;

	if (o != NULL && o->answered) {
		o->tx->extra_responses++;
		return 0;
	}
	if (o != NULL) {
		o->answered = true;
		st->last = o->tx;
		return dns_row_response(a, m, o->tx);
	}
	talk_set_client(st->t, !a->dir);
	if (dns_row_new(a, m, true, &tx) != 0) {
		return ERR_NOMEM;
	}
	st->last = tx;
	return tx != NULL ? dns_row_response(a, m, tx) : 0;
}

/* One message of at least a header. */
static int take_message(struct dns_state *st, const struct dns_arrival *a, const uint8_t *p, size_t n)
{
	struct dns_message m;
	bool response;

	if (!dns_message_read(p, n, &m)) {
		return 0;
	}
	response = (m.bits & DNS_QR) != 0;
	st->last_response = response;
	if (st->multicast) {
		return mdns_message(a, &m, &st->last);
	}
	expire(st, a->ts_ns);
	return response ? take_response(st, a, &m) : take_query(st, a, &m);
}

/* ---- datagrams ------------------------------------------------------------------------------------------ */

static bool has_port(const struct talk *t, uint16_t port)
{
	return t->port[0] == port || t->port[1] == port;
}

static enum probe probe_udp(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n, bool mid)
{
	UNUSED_ARG(dir);
	UNUSED_ARG(mid);
	if (has_port(t, PORT_MDNS) || has_port(t, PORT_NETBIOS_NS)) {
		return PROBE_NO;
	}
	return dns_looks_like(p, n, has_port(t, PORT_DNS) || has_port(t, PORT_LLMNR)) ? PROBE_YES : PROBE_NO;
}

static enum probe probe_mdns(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n, bool mid)
{
	UNUSED_ARG(dir);
	UNUSED_ARG(mid);
	return has_port(t, PORT_MDNS) && dns_looks_like(p, n, true) ? PROBE_YES : PROBE_NO;
}

static void *open_state(struct talk *t)
{
	struct dns_state *st = calloc(1, sizeof(*st));

	if (st != NULL) {
		st->t = t;
	}
	return st;
}

static void *open_mdns(struct talk *t)
{
	struct dns_state *st = open_state(t);

	if (st != NULL) {
		st->multicast = true;
	}
	return st;
}

static int data_udp(void *state, unsigned int dir, const struct chunk *c)
{
	struct dns_state *st = state;
	bool group = st->multicast || has_port(st->t, PORT_LLMNR);
	struct dns_arrival a = { st->t, c->ts_ns, c->num, (uint8_t)dir, group ? DNS_MULTICAST : 0 };

	st->last = NULL;
	return take_message(st, &a, c->data, c->len);
}

/* The rest of the datagram before was not captured. */
static int gap_udp(void *state, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns, uint64_t num)
{
	struct dns_state *st = state;

	UNUSED_ARG(dir);
	UNUSED_ARG(offset);
	UNUSED_ARG(ts_ns);
	UNUSED_ARG(num);
	if (st->last != NULL) {
		uint32_t *bytes = st->last_response ? &st->last->response_bytes : &st->last->query_bytes;

		st->last->flags |= DNS_CUT;
		st->last->flags &= (uint16_t)~DNS_MALFORMED;
		*bytes += (uint32_t)min_u64(len, UINT16_MAX);
		st->last = NULL;
	}
	return 0;
}

static int end_nothing(void *state, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num)
{
	UNUSED_ARG(state);
	UNUSED_ARG(dir);
	UNUSED_ARG(how);
	UNUSED_ARG(ts_ns);
	UNUSED_ARG(num);
	return 0;
}

static void close_state(void *state)
{
	struct dns_state *st = state;

	for (unsigned int i = 0; st->streams != NULL && i < 2; i++) {
		free(st->streams[i].bytes);
	}
	free(st->streams);
	free(st->open);
	free(st);
}

/* ---- streams: each message behind its length in two bytes ------------------------------------------------- */

/* A length and a header that go together. */
static enum probe probe_prefix(const uint8_t *p, size_t n, bool loose)
{
	size_t len;

	if (n < 2 + DNS_HEADER_BYTES) {
		return n >= 2 && load_be16(p) < DNS_HEADER_BYTES ? PROBE_NO : PROBE_MORE;
	}
	len = load_be16(p);
	if (len < DNS_HEADER_BYTES) {
		return PROBE_NO;
	}
	if (loose) {
		return dns_looks_like(p + 2, n - 2 < len ? n - 2 : len, true) ? PROBE_YES : PROBE_NO;
	}
	/* Elsewhere only a message that is whole, and alone. */
	return len == n - 2 && dns_looks_like(p + 2, len, false) ? PROBE_YES : PROBE_NO;
}

static enum probe probe_tcp(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n, bool mid)
{
	UNUSED_ARG(dir);
	UNUSED_ARG(mid);
	if (has_port(t, PORT_NETBIOS_NS)) {
		return PROBE_NO;
	}
	return probe_prefix(p, n, has_port(t, PORT_DNS) || has_port(t, PORT_LLMNR));
}

static void *open_tcp(struct talk *t)
{
	struct dns_state *st = open_state(t);

	if (st != NULL) {
		st->streams = calloc(2, sizeof(*st->streams));
		if (st->streams == NULL) {
			free(st);
			return NULL;
		}
	}
	return st;
}

/* The message is over: tell it, and wait for the next length. */
static int finish_message(struct dns_state *st, struct dns_stream *s, const struct dns_arrival *a, const uint8_t *p,
			  uint32_t have)
{
	int rc;

	st->last = NULL;
	rc = take_message(st, a, p, have);
	if (st->last != NULL && have < s->want) {
		st->last->flags &= (uint16_t)~DNS_MALFORMED;
		st->last->flags |= s->holed ? DNS_CUT : DNS_ANSWERS_CUT;
		*(st->last_response ? &st->last->response_bytes : &st->last->query_bytes) = s->want;
	}
	st->last = NULL;
	s->want = 0;
	s->seen = 0;
	s->have = 0;
	s->prefix_have = 0;
	s->holed = false;
	return rc;
}

static int keep_part(struct dns_stream *s, const uint8_t *p, size_t n)
{
	size_t part = n < MESSAGE_BYTES - s->have ? n : MESSAGE_BYTES - s->have;

	if (s->holed || part == 0) {
		return 0;
	}
	if (s->have + part > s->cap) {
		uint32_t cap = s->cap == 0 ? 512 : s->cap;
		uint8_t *grown;

		while (cap < s->have + part) {
			cap *= 2;
		}
		grown = realloc(s->bytes, cap);
		if (grown == NULL) {
			return ERR_NOMEM;
		}
		s->bytes = grown;
		s->cap = cap;
	}
	memcpy(s->bytes + s->have, p, part);
	s->have += (uint32_t)part;
	return 0;
}

/* Takes the bytes of one message from the cursor, or what there is of it. */
static int feed_message(struct dns_state *st, struct dns_stream *s, const struct dns_arrival *a, struct cursor *c)
{
	size_t part = c->left < s->want - s->seen ? c->left : s->want - s->seen;
	const uint8_t *p = cur_take(c, part);

	if (s->seen == 0 && part == s->want) {
		return finish_message(st, s, a, p, s->want);	/* whole: no need to copy */
	}
	if (keep_part(s, p, part) != 0) {
		return ERR_NOMEM;
	}
	s->seen += (uint32_t)part;
	return s->seen == s->want ? finish_message(st, s, a, s->bytes, s->have) : 0;
}

static int data_tcp(void *state, unsigned int dir, const struct chunk *chunk)
{
	struct dns_state *st = state;
	struct dns_stream *s = &st->streams[dir];
	bool group = has_port(st->t, PORT_LLMNR);
	struct dns_arrival a = { st->t, chunk->ts_ns, chunk->num, (uint8_t)dir,
				 DNS_OVER_TCP | (group ? DNS_MULTICAST : 0) };
	struct cursor c = cur_make(chunk->data, chunk->len);

	if (s->lost) {
		/* A message tends to begin where a segment does. */
		if (probe_prefix(chunk->data, chunk->len, true) != PROBE_YES) {
			return 0;
		}
		s->lost = false;
	}
	while (c.left > 0 && !s->lost) {
		if (s->want == 0) {
			s->prefix[s->prefix_have++] = cur_u8(&c);
			if (s->prefix_have == 2) {
				s->want = load_be16(s->prefix);
				s->prefix_have = 0;
				s->lost = s->want < DNS_HEADER_BYTES;
				s->want = s->lost ? 0 : s->want;
			}
		} else if (feed_message(st, s, &a, &c) != 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

static int gap_tcp(void *state, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns, uint64_t num)
{
	struct dns_state *st = state;
	struct dns_stream *s = &st->streams[dir];
	struct dns_arrival a = { st->t, ts_ns, num, (uint8_t)dir, DNS_OVER_TCP };
	int rc = 0;

	UNUSED_ARG(offset);
	if (s->want == 0) {
		s->lost = true;
		s->prefix_have = 0;
		return 0;
	}
	s->holed = true;
	if (len == 0 || len > s->want - s->seen) {
		s->lost = true;
	} else {
		s->seen += (uint32_t)len;
	}
	if (s->lost || s->seen == s->want) {
		rc = finish_message(st, s, &a, s->bytes, s->have);
	}
	return rc;
}

static int end_tcp(void *state, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num)
{
	UNUSED_ARG(how);
	/* What there is of a message that never became whole. */
	return gap_tcp(state, dir, 0, 0, ts_ns, num);
}

const struct analyzer analyzer_dns_udp = {
	.name = "dns",
	.service = SERVICE_DNS,
	.ip_proto = IP_UDP,
	.probe = probe_udp,
	.open = open_state,
	.data = data_udp,
	.gap = gap_udp,
	.end = end_nothing,
	.close = close_state,
};

const struct analyzer analyzer_mdns = {
	.name = "mdns",
	.service = SERVICE_MDNS,
	.ip_proto = IP_UDP,
	.probe = probe_mdns,
	.open = open_mdns,
	.data = data_udp,
	.gap = gap_udp,
	.end = end_nothing,
	.close = close_state,
};

const struct analyzer analyzer_dns_tcp = {
	.name = "dns",
	.service = SERVICE_DNS,
	.ip_proto = IP_TCP,
	.probe = probe_tcp,
	.open = open_tcp,
	.data = data_tcp,
	.gap = gap_tcp,
	.end = end_tcp,
	.close = close_state,
};
