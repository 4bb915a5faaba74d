/*
 * dns_mdns.c - mDNS (RFC 6762): who asks the group and who answers are different flows, and often nobody asked.
 * Questions wait in a ring of the shard, where all mDNS meets, for a response with a record of that name. Runs on
 * the shard's thread.
 */
#include "net/dns_internal.h"

#include "base/limits.h"
#include "net/flow.h"

/* Questions of one message and records of one response that are looked at. */
#define QUESTIONS_MAX 8
#define RECORDS_MAX 32
#define CLASS_MASK 0x7fff	/* the first bit asks for a unicast answer, or flushes caches */

struct mdns_question {
	struct dns_tx *tx;	/* NULL: never used */
	const struct text *name;
	uint32_t hash;
	uint16_t type;
};

struct mdns {
	struct mdns_question ring[LIMIT_MDNS_PENDING];
	uint32_t next;		/* the oldest */
};

static bool waits(const struct mdns_question *q, uint64_t now)
{
	return q->tx != NULL && (q->tx->flags & DNS_RESPONSE) == 0 &&
	       (now < q->tx->last_query_ns || now - q->tx->last_query_ns <= LIMIT_MDNS_WAIT_NS);
}

/* IPv4 and IPv6 are asked side by side: each is answered in kind. */
static bool same_version(const struct talk *t, const struct dns_tx *tx)
{
	return t->flow == NULL || tx->flow == NULL || t->flow->key.ip_version == tx->flow->key.ip_version;
}

/* The latest open question of this name; type 0: any. same_flow: asked by this one. */
static struct dns_tx *find_question(const struct dns_arrival *a, const struct dns_name *name, uint16_t type,
				    bool same_flow)
{
	struct mdns *g = a->t->rows->mdns;
	uint32_t hash = dns_name_hash(name->text, name->len);

	for (uint32_t i = 1; i <= LIMIT_MDNS_PENDING; i++) {
		struct mdns_question *q = &g->ring[(g->next + LIMIT_MDNS_PENDING - i) % LIMIT_MDNS_PENDING];

		if (q->tx == NULL) {
			break;
		}
		if (q->hash == hash && (type == 0 || q->type == type) && waits(q, a->ts_ns) &&
		    (same_flow ? q->tx->flow == a->t->flow : same_version(a->t, q->tx)) &&
		    dns_name_equal(q->name, name->text, name->len)) {
			return q->tx;
		}
	}
	return NULL;
}

static int add_questions(const struct dns_arrival *a, const struct dns_message *m, struct dns_tx *tx)
{
	struct net_rows *rows = a->t->rows;
	struct dns_name name;
	size_t off = DNS_HEADER_BYTES;

	for (unsigned int i = 0; i < m->counts[0] && i < QUESTIONS_MAX; i++) {
		struct mdns_question *q = &rows->mdns->ring[rows->mdns->next];

		if (dns_name_read(m->p, m->n, &off, &name) != 0 || m->n - off < 4) {
			break;
		}
		if (intern_get(&rows->texts, name.text, name.len, &q->name) != 0) {
			return ERR_NOMEM;
		}
		q->tx = tx;
		q->hash = dns_name_hash(name.text, name.len);
		q->type = (uint16_t)(m->p[off] << 8 | m->p[off + 1]);
		rows->mdns->next = (rows->mdns->next + 1) % LIMIT_MDNS_PENDING;
		off += 4;
	}
	return 0;
}

static int take_query(const struct dns_arrival *a, const struct dns_message *m, struct dns_tx **ret_tx)
{
	struct dns_tx *tx = m->has_question ? find_question(a, &m->name, m->type, true) : NULL;

	*ret_tx = NULL;
	if (tx != NULL) {
		dns_row_retry(a, tx);
		return 0;
	}
	if (dns_row_new(a, m, false, &tx) != 0) {
		return ERR_NOMEM;
	}
	if (tx == NULL) {
		return 0;
	}
	*ret_tx = tx;
	tx->class_ &= CLASS_MASK;
	return add_questions(a, m, tx);
}

/* The question that a record of the response answers, or NULL. */
static struct dns_tx *find_answered(const struct dns_arrival *a, const struct dns_message *m)
{
	struct dns_record r;
	struct dns_walk w;
	struct dns_name name;
	unsigned int looked = 0;

	dns_walk_init(&w, m);
	while (looked++ < RECORDS_MAX && dns_walk_next(&w, &r) && r.section == 0) {
		size_t off = r.name_off;
		struct dns_tx *tx;

		if (dns_name_read(m->p, m->n, &off, &name) != 0) {
			break;
		}
		tx = find_question(a, &name, 0, false);
		if (tx != NULL) {
			return tx;
		}
	}
	return NULL;
}

/* A row that nobody asked for is named by its first record. */
static int take_announcement(const struct dns_arrival *a, const struct dns_message *m, struct dns_tx **ret_tx)
{
	struct dns_record r;
	struct dns_walk w;
	struct dns_name name;
	struct dns_tx *tx;

	if (dns_row_new(a, m, true, &tx) != 0) {
		return ERR_NOMEM;
	}
	*ret_tx = tx;
	if (tx == NULL) {
		return 0;
	}
	dns_walk_init(&w, m);
	if (!m->has_question && dns_walk_next(&w, &r)) {
		size_t off = r.name_off;

		tx->type = r.type;
		tx->class_ = r.class_;
		if (dns_name_read(m->p, m->n, &off, &name) == 0 &&
		    intern_get(&a->t->rows->texts, name.text, name.len, &tx->name) != 0) {
			return ERR_NOMEM;
		}
	}
	tx->class_ &= CLASS_MASK;
	return dns_row_response(a, m, tx);
}

int mdns_message(const struct dns_arrival *a, const struct dns_message *m, struct dns_tx **ret_tx)
{
	struct net_rows *rows = a->t->rows;
	struct dns_tx *tx;

	if (rows->mdns == NULL) {
		rows->mdns = arena_alloc(&rows->arena, sizeof(*rows->mdns));
		if (rows->mdns == NULL) {
			return ERR_NOMEM;
		}
		memset(rows->mdns, 0, sizeof(*rows->mdns));
	}
	if ((m->bits & DNS_QR) == 0) {
		return take_query(a, m, ret_tx);
	}
	tx = find_answered(a, m);
	if (tx == NULL) {
		return take_announcement(a, m, ret_tx);
	}
	*ret_tx = tx;
	return dns_row_response(a, m, tx);
}
