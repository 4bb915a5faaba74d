/*
 * dns_message.c - header, questions and records of one message, and what a row keeps of a response. See
 * dns_message.h. The shard's thread.
 */
#include "net/dns_message.h"

#include "base/cursor.h"
#include "base/err.h"
#include "base/limits.h"
#include "net/rows.h"
#include "readers/batch.h"

/* A record behind its name: type, class, TTL, length. */
#define RECORD_HEAD 10
/* Each shard's part. */
#define KEPT_MAX (LIMIT_DNS_KEPT / BATCH_SHARDS)

enum { TYPE_A = 1, TYPE_AAAA = 28, TYPE_OPT = 41 };

/* Reads a question at *io_off; m: where the first one goes, else NULL. */
static int read_question(const uint8_t *p, size_t n, size_t *io_off, struct dns_message *m)
{
	struct cursor c;
	uint16_t type;
	uint16_t class_;

	if (dns_name_read(p, n, io_off, m != NULL ? &m->name : NULL) != 0) {
		return ERR_MALFORMED;
	}
	c = cur_make(p + *io_off, n - *io_off);
	type = cur_be16(&c);
	class_ = cur_be16(&c);
	if (c.bad) {
		return ERR_MALFORMED;
	}
	*io_off += 4;
	if (m != NULL) {
		m->type = type;
		m->class_ = class_;
		m->has_question = true;
	}
	return 0;
}

bool dns_message_read(const uint8_t *p, size_t n, struct dns_message *ret_m)
{
	struct cursor c = cur_make(p, n);

	if (n < DNS_HEADER_BYTES) {
		return false;
	}
	ret_m->p = p;
	ret_m->n = n;
	ret_m->id = cur_be16(&c);
	ret_m->bits = cur_be16(&c);
	ret_m->opcode = ret_m->bits >> 11 & 15;
	for (unsigned int i = 0; i < 4; i++) {
		ret_m->counts[i] = cur_be16(&c);
	}
	ret_m->type = 0;
	ret_m->class_ = 0;
	ret_m->name.len = 0;
	ret_m->has_question = false;
	ret_m->broken = false;
	ret_m->records = DNS_HEADER_BYTES;
	for (unsigned int i = 0; i < ret_m->counts[0] && !ret_m->broken; i++) {
		ret_m->broken = read_question(p, n, &ret_m->records, i == 0 ? ret_m : NULL) != 0;
	}
	if (ret_m->broken) {
		ret_m->records = n;
	}
	return true;
}

void dns_walk_init(struct dns_walk *w, const struct dns_message *m)
{
	w->m = m;
	w->off = m->records;
	w->section = 0;
	w->left = m->counts[1];
	w->broken = m->broken;
}

bool dns_walk_next(struct dns_walk *w, struct dns_record *ret_r)
{
	struct cursor c;

	while (w->left == 0 && w->section < 2) {
		w->section++;
		w->left = w->m->counts[1 + w->section];
	}
	if (w->left == 0 || w->broken) {
		return false;
	}
	w->left--;
	ret_r->section = w->section;
	ret_r->name_off = w->off;
	if (dns_name_read(w->m->p, w->m->n, &w->off, NULL) != 0) {
		w->broken = true;
		return false;
	}
	c = cur_make(w->m->p + w->off, w->m->n - w->off);
	ret_r->type = cur_be16(&c);
	ret_r->class_ = cur_be16(&c);
	ret_r->ttl = cur_be32(&c);
	ret_r->data_len = cur_be16(&c);
	ret_r->data_off = w->off + RECORD_HEAD;
	cur_skip(&c, ret_r->data_len);
	if (c.bad) {
		w->broken = true;
		return false;
	}
	w->off = ret_r->data_off + ret_r->data_len;
	return true;
}

/* Adds DNS_ flags that show. */
static int keep_answer(const struct dns_message *m, const struct dns_record *r, struct net_rows *rows,
		       struct dns_answer *a, uint16_t *io_flags)
{
	char text[4096];
	struct buf out = { .data = text, .cap = sizeof(text), .max = sizeof(text) };	/* never grows: cap is max */
	struct dns_name name;
	size_t off = r->name_off;

	memset(a, 0, sizeof(*a));
	a->type = r->type;
	a->section = r->section;
	a->ttl = r->ttl;
	if (dns_name_read(m->p, m->n, &off, &name) != 0) {
		*io_flags |= DNS_MALFORMED;
	} else if (intern_get(&rows->texts, name.text, name.len, &a->name) != 0) {
		return ERR_NOMEM;
	}
	if ((r->type == TYPE_A && r->data_len == 4) || (r->type == TYPE_AAAA && r->data_len == 16)) {
		a->addr_len = (uint8_t)r->data_len;
		memcpy(a->addr, m->p + r->data_off, r->data_len);
	}
	dns_data_text(m, r, &out);
	*io_flags |= out.failed ? DNS_ANSWERS_CUT : 0;
	return intern_get(&rows->texts, out.data, out.len, &a->data);
}

/* Rcode, extended by the OPT record (which stands anywhere among the additional ones), and how many can be kept. */
static uint32_t survey(const struct dns_message *m, struct dns_tx *tx)
{
	struct dns_record r;
	struct dns_walk w;
	uint32_t count = 0;

	tx->rcode = m->bits & 15;
	dns_walk_init(&w, m);
	while (dns_walk_next(&w, &r)) {
		if (r.type == TYPE_OPT && r.section == 2) {
			tx->rcode = (uint16_t)(r.ttl >> 24 << 4 | (m->bits & 15));
		}
		count++;
	}
	if (w.broken) {
		tx->flags |= DNS_MALFORMED;
	}
	return count;
}

int dns_keep_response(const struct dns_message *m, struct net_rows *rows, struct dns_tx *tx)
{
	uint32_t count = survey(m, tx);
	uint32_t keep = count > LIMIT_DNS_ANSWERS ? LIMIT_DNS_ANSWERS : count;
	struct dns_record r;
	struct dns_walk w;

	tx->questions = m->counts[0];
	tx->answers = m->counts[1];
	tx->authorities = m->counts[2];
	tx->additionals = m->counts[3];
	keep = (uint32_t)min_u64(keep, KEPT_MAX - rows->dns_kept);
	if (keep > 0) {
		tx->kept = arena_alloc(&rows->arena, keep * sizeof(*tx->kept));
		if (tx->kept == NULL) {
			return ERR_NOMEM;
		}
		rows->dns_kept += keep;
	}
	dns_walk_init(&w, m);
	while (tx->kept_count < keep && dns_walk_next(&w, &r)) {
		if (keep_answer(m, &r, rows, &tx->kept[tx->kept_count], &tx->flags) != 0) {
			return ERR_NOMEM;
		}
		tx->kept_count++;
	}
	if (keep < count) {
		tx->flags |= DNS_ANSWERS_CUT;
	}
	return 0;
}

static bool known_class(uint16_t class_)
{
	return class_ == 1 || class_ == 3 || class_ == 4 || class_ == 254 || class_ == 255;
}

/* The whole datagram is one well-made message with one question. */
static bool strictly(const struct dns_message *m)
{
	struct dns_name name;
	struct dns_record r;
	struct dns_walk w;

	if (m->counts[0] != 1 || m->broken || !known_class(m->class_) || m->type == 0 || (m->bits & 0x40) != 0) {
		return false;
	}
	if ((m->bits & DNS_QR) == 0 &&
	    (m->counts[1] != 0 || m->counts[2] != 0 || m->counts[3] > 2 || (m->bits & 15) != 0)) {
		return false;
	}
	dns_walk_init(&w, m);
	while (dns_walk_next(&w, &r)) {
		size_t off = r.name_off;

		if ((r.type != TYPE_OPT && !known_class(r.class_)) || dns_name_read(m->p, m->n, &off, &name) != 0) {
			return false;
		}
	}
	return !w.broken && w.off == m->n;
}

bool dns_looks_like(const uint8_t *p, size_t n, bool loose)
{
	struct dns_message m;

	if (!dns_message_read(p, n, &m) || m.opcode == 3 || m.opcode > 6) {
		return false;
	}
	if (!loose) {
		return m.opcode == 0 && strictly(&m);
	}
	/* Cut by a snaplen the questions are incomplete; but what is there must be one, and counts stay in reason. */
	return m.counts[0] <= 64 &&
	       (m.counts[0] > 0 || m.counts[1] > 0 || m.counts[2] > 0 || m.counts[3] > 0 || (m.bits & 15) != 0) &&
	       (!m.broken || m.has_question || n < 512);
}
