/*
 * net_cells.c - see net_cells.h.
 */
#include "stats/net_cells.h"

#include "events/addr.h"
#include "join/match.h"
#include "net/service.h"
#include "state/view.h"
#include "stats/join_cells.h"

/* A small table without chains: what has lost its place is copied again. 96 KiB. */
#define KEPT_BITS 10
#define KEPT_WAYS 2

/* One cell's text: 64 answers of the longest kind fit. */
#define SCRATCH_BYTES_MAX ((size_t)1 << 20)

enum kept_kind { KEPT_NONE, KEPT_TEXT, KEPT_STR, KEPT_IP4, KEPT_IP6, KEPT_WORDS };

struct kept_text {
	uint64_t a, b;		/* what it was made of; with the kind */
	const char *text;	/* in the arena of the table */
	uint32_t len;
	uint8_t kind;		/* enum kept_kind */
};

bool cells_init(struct net_cells *c, const struct table_def *def)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->scratch, SCRATCH_BYTES_MAX);
	c->table = table_new(def);
	c->kept = calloc((size_t)KEPT_WAYS << KEPT_BITS, sizeof(*c->kept));
	return c->table != NULL && c->kept != NULL;
}

void cells_release(struct net_cells *c)
{
	table_free(c->table);
	free(c->kept);
	buf_release(&c->scratch);
}

int net_table(const struct table_def *def, const struct tap_input *in, struct report *r, struct err *e,
	      void (*rows)(struct net_cells *c))
{
	struct net_cells c;
	int rc = ERR_NOMEM;

	if (cells_init(&c, def)) {
		c.clock_packets = in->clock_packets;
		for (uint32_t i = 0; i < in->source_count; i++) {
			for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
				c.section = in->sources[i]->sections[k];
				c.net = c.section->net;
				c.clock = section_clock(in, c.section);
				if (c.net != NULL) {
					rows(&c);
				}
			}
		}
		rc = report_add(r, c.table);
		c.table = NULL;
	}
	cells_release(&c);
	return rc == 0 ? 0 : err_nomem(e, def->name);
}

/* ---- texts that repeat ------------------------------------------------------------------------------ */

/*
 * The text made of this, or an empty place for it: *ret_found tells. Of the two places a text can have the first holds
 * what was asked for last, so one that comes with every row is not pushed out by those that come once.
 */
static struct kept_text *kept_find(struct net_cells *c, uint8_t kind, uint64_t a, uint64_t b, bool *ret_found)
{
	uint64_t h = (a ^ (b << 32 | b >> 32) ^ kind) * UINT64_C(0x9E3779B97F4A7C15);
	struct kept_text *k = &c->kept[(h >> (64 - KEPT_BITS)) * KEPT_WAYS];
	struct kept_text first = k[0];

	*ret_found = true;
	if (first.kind == kind && first.a == a && first.b == b) {
		return k;
	}
	if (k[1].kind == kind && k[1].a == a && k[1].b == b) {
		k[0] = k[1];
	} else {
		k[0] = (struct kept_text){ .a = a, .b = b, .text = "", .kind = kind };
		*ret_found = false;
	}
	k[1] = first;
	return k;
}

/* Copies n bytes into the table for it. */
static void keep(struct net_cells *c, struct kept_text *k, const void *s, size_t n)
{
	const char *copy = arena_dup(&c->table->arena, s, n);

	if (copy == NULL) {
		c->table->failed = true;
		return;
	}
	k->text = copy;
	k->len = (uint32_t)min_u64(n, UINT32_MAX);
}

static void keep_scratch(struct net_cells *c, struct kept_text *k)
{
	c->table->failed = c->table->failed || c->scratch.failed;
	keep(c, k, c->scratch.data, c->scratch.len);
	buf_reset(&c->scratch);
}

void cells_text(struct net_cells *c, const struct text *x)
{
	struct kept_text *k;
	bool found;

	if (x == NULL) {
		table_unknown(c->table);
		return;
	}
	k = kept_find(c, KEPT_TEXT, (uintptr_t)x, 0, &found);
	if (!found) {
		keep(c, k, x->bytes, x->len);
	}
	table_text_kept(c->table, k->text, k->len);
}

void cells_str(struct net_cells *c, const struct str *s)
{
	struct kept_text *k;
	bool found;

	if (s == NULL || s->len == 0) {
		table_unknown(c->table);
		return;
	}
	k = kept_find(c, KEPT_STR, (uintptr_t)s, 0, &found);
	if (!found) {
		keep(c, k, s->s, s->len);
	}
	table_text_kept(c->table, k->text, k->len);
}

void cells_name(struct net_cells *c, const char *constant)
{
	if (constant == NULL || constant[0] == '\0') {
		table_unknown(c->table);
	} else {
		table_text_kept(c->table, constant, strlen(constant));
	}
}

void cells_scratch(struct net_cells *c)
{
	c->table->failed = c->table->failed || c->scratch.failed;
	table_textn(c->table, c->scratch.data, c->scratch.len);
	buf_reset(&c->scratch);
}

void cells_key_address(struct net_cells *c, const struct flow_key *key, unsigned int end)
{
	struct kept_text *k;
	uint64_t a, b;
	bool v4, found;

	if (key == NULL) {
		table_unknown(c->table);
		return;
	}
	v4 = key->ip_version == 4;
	memcpy(&a, key->addr[end], 8);
	memcpy(&b, key->addr[end] + 8, 8);
	k = kept_find(c, v4 ? KEPT_IP4 : KEPT_IP6, a, b, &found);
	if (!found) {
		addr_add_ip(&c->scratch, !v4, key->addr[end] + (v4 ? 12 : 0));
		keep_scratch(c, k);
	}
	table_text_kept(c->table, k->text, k->len);
}

void cells_address(struct net_cells *c, const struct flow *f, unsigned int end)
{
	cells_key_address(c, f != NULL ? &f->key : NULL, end);
}

void cells_words(struct net_cells *c, uint32_t flags, const struct flag_word *words, size_t count)
{
	bool found;
	struct kept_text *k = kept_find(c, KEPT_WORDS, (uintptr_t)words, flags, &found);

	if (!found) {
		for (size_t i = 0; i < count; i++) {
			if (flags & words[i].bit) {
				buf_adds(&c->scratch, c->scratch.len > 0 ? ", " : "");
				buf_adds(&c->scratch, words[i].word);
			}
		}
		keep_scratch(c, k);
	}
	table_text_kept(c->table, k->text, k->len);
}

/* ---- other cells ------------------------------------------------------------------------------------ */

bool key_has_ports(const struct flow_key *key)
{
	switch (key->ip_proto) {
	case IP_TCP:
	case IP_UDP:
	case IP_SCTP: return true;
	default: return false;
	}
}

bool flow_has_ports(const struct flow *f)
{
	return key_has_ports(&f->key);
}

void cells_key_port(struct net_cells *c, const struct flow_key *key, unsigned int end)
{
	if (key == NULL || !key_has_ports(key)) {
		table_unknown(c->table);
	} else {
		table_u64(c->table, key->port[end]);
	}
}

void cells_port(struct net_cells *c, const struct flow *f, unsigned int end)
{
	cells_key_port(c, f != NULL ? &f->key : NULL, end);
}

/* Where the clocks' distance is not known, a time stays what its capture says. */
static uint64_t on_clock(const struct net_cells *c, uint64_t ns, bool of_calls)
{
	uint64_t mapped = 0;

	if (c->clock == NULL || ns == 0 || of_calls != c->clock_packets) {
		return ns;
	}
	mapped = of_calls ? clock_to_packets(c->clock, ns) : clock_to_calls(c->clock, ns);
	return mapped != 0 ? mapped : ns;
}

void cells_time(struct net_cells *c, uint64_t ns)
{
	table_time(c->table, on_clock(c, ns, c->of_calls));
}

void cells_call_time(struct net_cells *c, uint64_t ns)
{
	table_time(c->table, on_clock(c, ns, true));
}

void cells_flow(struct net_cells *c, const struct flow *f)
{
	if (f == NULL) {
		table_unknown(c->table);
	} else {
		table_u64(c->table, f->id);
	}
}

void cells_service(struct net_cells *c, const struct flow *f)
{
	const char *name = f != NULL ? flow_service(f) : NULL;

	if (name != NULL && name == f->service_ndpi) {
		table_text(c->table, name);
	} else {
		cells_name(c, name);
	}
}

void cells_id(struct net_cells *c, uint64_t id)
{
	if (id == 0) {
		table_unknown(c->table);
	} else {
		table_u64(c->table, id);
	}
}

void cells_span(struct net_cells *c, uint64_t from_ns, uint64_t to_ns)
{
	if (from_ns == 0 || to_ns < from_ns) {
		table_unknown(c->table);
	} else {
		table_duration(c->table, to_ns - from_ns);
	}
}

void cells_section(struct net_cells *c, const struct section *sec)
{
	table_text(c->table, sec->source->shown);
	table_u64(c->table, sec->index);
}

void cells_source(struct net_cells *c)
{
	cells_section(c, c->section);
}

/* By IANA's numbers, in lower case as Zeek and Wireshark have them. */
static const struct {
	uint8_t number;
	const char *name;
} ip_protos[] = {
	{ IP_TCP, "tcp" },   { IP_UDP, "udp" }, { IP_ICMP, "icmp" }, { IP_ICMPV6, "icmpv6" }, { IP_SCTP, "sctp" },
	{ IP_IGMP, "igmp" }, { IP_GRE, "gre" }, { IP_ESP, "esp" },   { IP_AH, "ah" },	      { IP_IPIP, "ipip" },
	{ IP_IPV6, "ipv6" }, { 89, "ospf" },	{ 103, "pim" },	     { 112, "vrrp" },	      { 115, "l2tp" },
};

const char *ip_proto_name(uint8_t ip_proto)
{
	for (size_t i = 0; i < ARRAY_LEN(ip_protos); i++) {
		if (ip_protos[i].number == ip_proto) {
			return ip_protos[i].name;
		}
	}
	return NULL;
}

const char *flow_service(const struct flow *f)
{
	const char *name = service_name(f->service);

	if (f->service == SERVICE_NONE && f->service_by == BY_NDPI) {
		name = f->service_ndpi;
	} else if (f->service == SERVICE_NONE && f->service_by == BY_PORT) {
		name = service_of_port(f->key.ip_proto, f->key.port[!f->client]);
		if (name == NULL) {
			name = service_of_port(f->key.ip_proto, f->key.port[f->client]);
		}
	}
	return name != NULL && name[0] != '\0' ? name : NULL;
}
