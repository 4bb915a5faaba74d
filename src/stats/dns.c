/*
 * dns.c - table `dns`: one row per DNS exchange found in the packets, with the process that asked where the system
 * calls show it (dns_asker.c). No batches are read: the shards of src/net have found them. Runs on the main thread at
 * the end.
 */
#include "stats/dns_asker.h"
#include "stats/passed.h"

static const struct column columns[] = {
	{ "time", COL_TIME, "", "Query; the response where the query was not seen" },
	{ "client", COL_TEXT, "", "Address of who asked" },
	{ "server", COL_TEXT, "", "Address of who was asked; a group's for mDNS and LLMNR" },
	{ "server_port", COL_U64, "id", "Port of the server" },
	{ "name", COL_TEXT, "",
	  "Name asked for, without the last dot; the root is a dot. Bytes that are no plain text as \\DDD. mDNS "
	  "announcements ask for nothing: the name of their first record" },
	{ "type", COL_TEXT, "", "Type asked for: A, AAAA, TXT, ..." },
	{ "rcode", COL_TEXT, "", "Response code: NOERROR, NXDOMAIN, ...; unknown without a response" },
	{ "answers", COL_TEXT, "", "Data of the answers" },
	{ "answer_count", COL_U64, "", "Answers by the response's header" },
	{ "latency", COL_DURATION, "ns", "From the first query to the response, repeated queries included" },
	{ "retries", COL_U64, "", "How often the query was sent again before there was a response" },
	{ "extra_responses", COL_U64, "", "Further responses: to repeated queries, or forged ones" },
	{ "query_bytes", COL_BYTES, "bytes", "Length of the query's message" },
	{ "response_bytes", COL_BYTES, "bytes", "Length of the response's message" },
	{ "flags", COL_TEXT, "",
	  "no_query, no_response: not in the capture. truncated: there was more than the response could hold. "
	  "authoritative. "
	  "recursion_desired. malformed: what could be read is shown. cut: by the snapshot length. answers_cut: more "
	  "answers "
	  "than are kept" },
	{ "protocol", COL_TEXT, "", "udp, tcp, mdns or llmnr" },
	{ "class", COL_TEXT, "", "Class asked for; unknown without a question" },
	{ "opcode", COL_TEXT, "", "Kind of the query: query, notify, update, ..." },
	{ "id", COL_U64, "id", "Identification number of the query" },
	{ "authority_count", COL_U64, "", "Authority records by the response's header" },
	{ "additional_count", COL_U64, "", "Additional records by the response's header" },
	{ "flow", COL_U64, "id", "Row of table flows with this number, source and section" },
	{ "client_port", COL_U64, "id", "Port of the client" },
	{ "query_packet", COL_U64, "id", "Number of the packet with the first query" },
	{ "last_query_packet", COL_U64, "id", "Number of the packet with the last query before the response" },
	{ "response_packet", COL_U64, "id", "Number of the packet with the response" },
	WHO_COLUMNS("", "that asked"),
	WHO_COLUMNS("origin_", "that had asked it: where a resolver on the same host asked on behalf of another"),
	SOURCE_COLUMNS,
};

const struct table_def dns_def = {
	"dns", "DNS", "Every DNS query and its response, over UDP and TCP, and of mDNS and LLMNR.", columns, ARRAY_LEN(columns),
};

/* Bits of no meaning in dns.h, for what is missing. */
#define NO_QUERY (1u << 30)
#define NO_RESPONSE (1u << 31)

static const struct flag_word words[] = {
	{ NO_QUERY, "no_query" },
	{ NO_RESPONSE, "no_response" },
	{ DNS_TRUNCATED, "truncated" },
	{ DNS_AUTHORITATIVE, "authoritative" },
	{ DNS_RECURSION_DESIRED, "recursion_desired" },
	{ DNS_MALFORMED, "malformed" },
	{ DNS_CUT, "cut" },
	{ DNS_ANSWERS_CUT, "answers_cut" },
};

#define RCODE_NONE 65535

/* IANA's names; NULL for others. */
static const char *class_name(uint16_t class_)
{
	switch (class_) {
	case 1: return "IN";
	case 3: return "CH";
	case 4: return "HS";
	case 254: return "NONE";
	case 255: return "ANY";
	default: return NULL;
	}
}

static const char *const opcode_names[] = { "query", "iquery", "status", NULL, "notify", "update", "dso" };

#define PORT_LLMNR 5355

static const char *protocol_name(const struct dns_tx *x)
{
	const struct flow *f = x->flow;

	if (f != NULL && (f->key.port[0] == PORT_LLMNR || f->key.port[1] == PORT_LLMNR)) {
		return "llmnr";
	}
	if (x->flags & DNS_MULTICAST) {
		return "mdns";
	}
	return x->flags & DNS_OVER_TCP ? "tcp" : "udp";
}

/* A name, else the number. */
static void add_named(struct net_cells *c, const char *name, uint64_t number)
{
	if (name != NULL) {
		cells_name(c, name);
	} else {
		buf_add_u64(&c->scratch, number);
		cells_scratch(c);
	}
}

static void add_who(struct net_cells *c, const struct dns_tx *x)
{
	cells_time(c, x->flags & DNS_QUERY ? x->query_ns : x->response_ns);
	cells_address(c, x->flow, x->client);
	cells_address(c, x->flow, !x->client);
	cells_port(c, x->flow, !x->client);
}

/* Is it known what was asked? The name alone may not have been kept. */
static bool has_question(const struct dns_tx *x)
{
	return x->name != NULL || (x->questions > 0 && x->type != 0);
}

static void add_question(struct net_cells *c, const struct dns_tx *x)
{
	char text[DNS_NAME_BYTES];

	if (x->name != NULL && x->name->len == 0) {
		cells_name(c, ".");
	} else {
		cells_text(c, x->name);
	}
	table_text(c->table, has_question(x) ? dns_type_name(x->type, text) : NULL);
}

static void add_answers(struct net_cells *c, const struct dns_tx *x)
{
	for (uint32_t i = 0; i < x->kept_count; i++) {
		const struct dns_answer *a = &x->kept[i];

		if (a->section == 0 && a->data != NULL) {
			buf_adds(&c->scratch, c->scratch.len > 0 ? ", " : "");
			buf_add(&c->scratch, a->data->bytes, a->data->len);
		}
	}
	cells_scratch(c);
}

/* A count of the response's. */
static void add_count(struct net_cells *c, const struct dns_tx *x, uint64_t n)
{
	if (x->flags & DNS_RESPONSE) {
		table_u64(c->table, n);
	} else {
		table_unknown(c->table);
	}
}

static void add_response(struct net_cells *c, const struct dns_tx *x)
{
	char text[DNS_NAME_BYTES];

	if (x->rcode == RCODE_NONE || !(x->flags & DNS_RESPONSE)) {
		table_unknown(c->table);
	} else {
		table_text(c->table, dns_rcode_name(x->rcode, text));
	}
	if (x->flags & DNS_RESPONSE) {
		add_answers(c, x);
	} else {
		table_unknown(c->table);
	}
	add_count(c, x, x->answers);
	cells_span(c, x->query_ns, x->response_ns);
}

static void add_sizes(struct net_cells *c, const struct dns_tx *x)
{
	struct table *t = c->table;

	if (x->flags & DNS_QUERY) {
		table_u64(t, x->retries);
	} else {
		table_unknown(t);
	}
	add_count(c, x, x->extra_responses);
	if (x->flags & DNS_QUERY) {
		table_bytes(t, x->query_bytes);
	} else {
		table_unknown(t);
	}
	if (x->flags & DNS_RESPONSE) {
		table_bytes(t, x->response_bytes);
	} else {
		table_unknown(t);
	}
}

static void add_details(struct net_cells *c, const struct dns_tx *x)
{
	cells_name(c, protocol_name(x));
	if (has_question(x)) {
		add_named(c, class_name(x->class_), x->class_);
	} else {
		table_unknown(c->table);
	}
	add_named(c, x->opcode < ARRAY_LEN(opcode_names) ? opcode_names[x->opcode] : NULL, x->opcode);
	table_u64(c->table, x->id);
	add_count(c, x, x->authorities);
	add_count(c, x, x->additionals);
}

static void add_place(struct net_cells *c, const struct dns_tx *x)
{
	cells_flow(c, x->flow);
	cells_port(c, x->flow, x->client);
	cells_id(c, x->query_num);
	cells_id(c, x->last_query_num);
	cells_id(c, x->response_num);
}

void dns_joined_row(struct net_cells *c, const struct dns_tx *x, const struct who *asker, const struct who *behind)
{
	uint32_t flags = x->flags;

	flags |= x->flags & DNS_QUERY ? 0 : NO_QUERY;
	flags |= x->flags & DNS_RESPONSE ? 0 : NO_RESPONSE;
	add_who(c, x);
	add_question(c, x);
	add_response(c, x);
	add_sizes(c, x);
	cells_words(c, flags, words, ARRAY_LEN(words));
	add_details(c, x);
	add_place(c, x);
	cells_who(c, asker);
	cells_who(c, behind);
	cells_source(c);
}

void dns_row(struct net_cells *c, const struct dns_tx *x)
{
	static const struct who nobody = { NULL, ID_NONE, -1 };

	dns_joined_row(c, x, &nobody, &nobody);
}

static void dns_rows(struct net_cells *c)
{
	struct net_quality q;
	size_t count;
	const struct dns_tx *const *rows = net_dns(c->net, &count);

	for (size_t i = 0; i < count; i++) {
		if (dns_passes(rows[i])) {
			dns_row(c, rows[i]);
		}
	}
	net_quality(c->net, &q);
	c->table->rows_dropped += q.dns_dropped;
}

static void section_rows(struct net_cells *c, const struct dns_askers *a)
{
	struct net_quality q;
	size_t count;
	const struct dns_tx *const *rows = net_dns(c->net, &count);

	for (size_t i = 0; i < count; i++) {
		struct who asker, behind;

		if (!dns_passes(rows[i])) {
			continue;
		}
		dns_asker(a, rows[i], &asker, &behind);
		dns_joined_row(c, rows[i], &asker, &behind);
	}
	net_quality(c->net, &q);
	c->table->rows_dropped += q.dns_dropped;
}

static int dns_rows_joined(struct net_cells *c, const struct tap_input *in)
{
	struct dns_askers *a;
	int rc = dns_askers_new(in->join, &a);

	for (uint32_t i = 0; i < in->source_count && rc == 0; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			c->section = in->sources[i]->sections[k];
			c->net = c->section->net;
			c->clock = section_clock(in, c->section);
			if (c->net != NULL) {
				section_rows(c, a);
			}
		}
	}
	if (rc == 0) {
		dns_askers_free(a);
	}
	return rc;
}

static int dns_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return in->join != NULL ? join_table(&dns_def, in, r, e, dns_rows_joined)
				: net_table(&dns_def, in, r, e, dns_rows);
}

const struct tap tap_dns = {
	.name = "dns",
	.help = "DNS queries and their responses",
	.order = TAP_FREE,
	.flows = true,
	.join = true,
	.tables = dns_tables,
};
