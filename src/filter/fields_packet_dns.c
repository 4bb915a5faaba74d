/*
 * fields_packet_dns.c - fields of DNS, mDNS and LLMNR: of the first message in the packet. Of answers the first
 * LIMIT_DNS_ANSWERS are looked at. Any worker, own context.
 */
#include "filter/fields_packet.h"

#include "base/limits.h"

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_PTR = 12,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_OPT = 41
};

enum { DNS_RA = 0x0080 };

static bool value_id(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);

	UNUSED_ARG(u);
	return m != NULL && value_uint(v, m->id);
}

static bool value_flag(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);

	return m != NULL && value_bool(v, (m->bits & u->field->which) != 0);
}

/* Of responses only. */
static bool value_response_flag(struct field_ctx *c, const struct field_use *u,
				struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);

	return m != NULL && (m->bits & DNS_QR) != 0 &&
	       value_bool(v, (m->bits & u->field->which) != 0);
}

static bool value_opcode(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);

	UNUSED_ARG(u);
	return m != NULL && value_uint(v, m->opcode);
}

static bool value_rcode(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);

	UNUSED_ARG(u);
	return m != NULL && (m->bits & DNS_QR) != 0 && value_uint(v, m->bits & 15);
}

static bool value_count(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);

	return m != NULL && value_uint(v, m->counts[u->field->which]);
}

/* The root has a name that can be seen. */
static bool value_dns_name(struct field_value *v, const char *text, size_t len)
{
	return len > 0 ? value_text(v, text, len) : value_cstr(v, "<Root>");
}

/* ---- the question ------------------------------------------------------------------------------------------ */

static const struct dns_message *question(struct field_ctx *c)
{
	const struct dns_message *m = packet_dns(c);

	return m != NULL && m->has_question ? m : NULL;
}

static bool value_name(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = question(c);

	UNUSED_ARG(u);
	return m != NULL && value_dns_name(v, m->name.text, m->name.len);
}

enum { QUESTION_TYPE, QUESTION_CLASS, QUESTION_LEN };

static bool value_question(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = question(c);

	if (m == NULL) {
		return false;
	}
	switch (u->field->which) {
	case QUESTION_TYPE: return value_uint(v, m->type);
	case QUESTION_CLASS: return value_uint(v, m->class_);
	default: return value_uint(v, m->name.len);
	}
}

/* ---- answers ----------------------------------------------------------------------------------------------- */

enum { RECORD_NAME, RECORD_TYPE, RECORD_CLASS, RECORD_TTL };

/* Class and TTL of OPT are something else. */
static bool add_record(struct field_ctx *c, const struct dns_message *m, const struct dns_record *r,
		       int what, struct value_list *list)
{
	struct dns_name name;
	struct field_value shown;
	size_t off = r->name_off;
	const char *text;

	if (what == RECORD_TYPE) {
		list_uint(list, r->type);
		return true;
	}
	if (what != RECORD_NAME) {
		if (r->type != TYPE_OPT) {
			list_uint(list, what == RECORD_TTL ? r->ttl : r->class_);
		}
		return true;
	}
	if (dns_name_read(m->p, m->n, &off, &name) != 0) {
		return true;
	}
	value_dns_name(&shown, name.text, name.len);
	text = ctx_dup(c, shown.v.text, shown.len);
	if (text != NULL) {
		list_text(list, text, shown.len);
	}
	return text != NULL;
}

/* Of all records, whatever their section. */
static bool value_records(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);
	struct value_list list;
	struct dns_record r;
	struct dns_walk w;

	if (m == NULL || !list_start(c, &list, LIMIT_DNS_ANSWERS)) {
		return false;
	}
	dns_walk_init(&w, m);
	for (unsigned int n = 0; n < LIMIT_DNS_ANSWERS && dns_walk_next(&w, &r); n++) {
		if (!add_record(c, m, &r, u->field->which, &list)) {
			return false;
		}
	}
	return list_value(&list, v);
}

/* What records of one type say. */
static bool add_data(struct field_ctx *c, const struct dns_message *m, const struct dns_record *r,
		     struct value_list *list)
{
	struct field_value text;

	if (r->type == TYPE_A || r->type == TYPE_AAAA) {
		if (r->data_len == (r->type == TYPE_A ? 4 : 16)) {
			list_ip(list, m->p + r->data_off, r->data_len);
		}
		return true;
	}
	buf_reset(&c->tmp);
	dns_data_text(m, r, &c->tmp);
	if (r->type != TYPE_TXT && c->tmp.len > 0 && c->tmp.data[c->tmp.len - 1] == '.') {
		c->tmp.len--; /* as the name of the question is shown */
	}
	if (!value_from_tmp(c, &text)) {
		return false;
	}
	list_text(list, text.v.text, text.len);
	return true;
}

static bool value_data(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct dns_message *m = packet_dns(c);
	struct value_list list;
	struct dns_record r;
	struct dns_walk w;

	if (m == NULL || (m->bits & DNS_QR) == 0 || !list_start(c, &list, LIMIT_DNS_ANSWERS)) {
		return false;
	}
	dns_walk_init(&w, m);
	for (unsigned int n = 0; n < LIMIT_DNS_ANSWERS && dns_walk_next(&w, &r); n++) {
		if (r.type == u->field->which && !add_data(c, m, &r, &list)) {
			return false;
		}
	}
	return list_value(&list, v);
}

/* clang-format off */
static const struct field rows[] = {
	PACKET_HEX("dns.id", PT_UINT16, 0, value_id, 0, "id that query and response share"),
	PACKET_ROW("dns.flags.response", PT_BOOL, 0, value_flag, DNS_QR,
		   "true of responses, false of queries"),
	PACKET_ROW("dns.flags.opcode", PT_UINT8, 0, value_opcode, 0, "0 query, 4 notify, 5 update"),
	PACKET_ROW("dns.flags.authoritative", PT_BOOL, 0, value_response_flag, DNS_AA,
		   "the answer is the zone's own; of responses"),
	PACKET_ROW("dns.flags.truncated", PT_BOOL, 0, value_flag, DNS_TC, "the message was cut to fit"),
	PACKET_ROW("dns.flags.recdesired", PT_BOOL, 0, value_flag, DNS_RD, "recursion is asked for"),
	PACKET_ROW("dns.flags.recavail", PT_BOOL, 0, value_response_flag, DNS_RA,
		   "recursion is offered; of responses"),
	PACKET_ROW("dns.flags.rcode", PT_UINT16, 0, value_rcode, 0,
		   "result: 0 none, 2 failure, 3 no such name, 5 refused; of responses"),
	PACKET_ROW("dns.count.queries", PT_UINT16, 0, value_count, 0, "questions"),
	PACKET_ROW("dns.count.answers", PT_UINT16, 0, value_count, 1, "answers"),
	PACKET_ROW("dns.count.auth_rr", PT_UINT16, 0, value_count, 2, "records about the authority"),
	PACKET_ROW("dns.count.add_rr", PT_UINT16, 0, value_count, 3, "additional records"),
	PACKET_ROW("dns.qry.name", PT_CHARBUF, 0, value_name, 0,
		   "name of the first question, without the last dot"),
	PACKET_ROW("dns.qry.name.len", PT_UINT16, 0, value_question, QUESTION_LEN, "characters of it"),
	PACKET_ROW("dns.qry.type", PT_UINT16, 0, value_question, QUESTION_TYPE,
		   "type asked for: 1 A, 28 AAAA, 16 TXT, 15 MX, 255 any"),
	PACKET_HEX("dns.qry.class", PT_UINT16, 0, value_question, QUESTION_CLASS,
		   "class asked for: 0x0001 is Internet"),
	PACKET_ROW("dns.resp.name", PT_CHARBUF, FIELD_LIST, value_records, RECORD_NAME,
		   "owners of the records"),
	PACKET_ROW("dns.resp.type", PT_UINT16, FIELD_LIST, value_records, RECORD_TYPE,
		   "types of the records"),
	PACKET_HEX("dns.resp.class", PT_UINT16, FIELD_LIST, value_records, RECORD_CLASS,
		   "classes of the records"),
	PACKET_ROW("dns.resp.ttl", PT_UINT32, FIELD_LIST, value_records, RECORD_TTL,
		   "seconds that the records may be kept"),
	PACKET_ROW("dns.a", PT_IPADDR, FIELD_LIST, value_data, TYPE_A, "IPv4 addresses of a response"),
	PACKET_ROW("dns.aaaa", PT_IPADDR, FIELD_LIST, value_data, TYPE_AAAA,
		   "IPv6 addresses of a response"),
	PACKET_ROW("dns.cname", PT_CHARBUF, FIELD_LIST, value_data, TYPE_CNAME,
		   "canonical names of a response"),
	PACKET_ROW("dns.ns", PT_CHARBUF, FIELD_LIST, value_data, TYPE_NS, "name servers of a response"),
	PACKET_ROW("dns.ptr.domain_name", PT_CHARBUF, FIELD_LIST, value_data, TYPE_PTR,
		   "names of an address, of a response"),
	PACKET_ROW("dns.txt", PT_CHARBUF, FIELD_LIST, value_data, TYPE_TXT, "texts of a response"),
};
/* clang-format on */

const struct field_class field_class_dns = { "DNS", rows, ARRAY_LEN(rows), "dns" };
