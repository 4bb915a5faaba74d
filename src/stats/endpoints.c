/*
 * endpoints.c - table `endpoints`: per address, what it sent and received, as client and as server, with the names
 * that the capture gives it. Reads the flows and DNS answers of all sections of a source; main thread, at the end.
 */
#include "events/addr.h"
#include "stats/flow_walk.h"
#include "stats/groups.h"
#include "stats/net_cells.h"

/* Of each address, in the order they were seen. */
#define NAMES_KEPT 8
#define SERVED_KEPT 16

enum { NAME_DNS = 1, NAME_BLOCK = 2 };

/* The key of all three tables below begins with an address of a source. */
struct at_source {
	uint32_t source;
	uint8_t addr[16];	/* IPv4 as ::ffff:a.b.c.d */
};
_Static_assert(sizeof(struct at_source) == 20, "compared as bytes");

struct endpoint {
	struct at_source key;
	uint8_t name_count, served_count;
	uint8_t names_from;		/* NAME_ */
	bool more_names, more_served;
	uint64_t flows_client, flows_server, failed, peers;
	uint64_t packets_sent, packets_received, bytes_sent, bytes_received;
	uint64_t first_ns, last_ns;
};

struct name {
	struct at_source key;
	uint32_t zero;
	const struct text *text;
	uint32_t order;			/* of the address, from 0 */
};
#define NAME_KEY_BYTES offsetof(struct name, order)
_Static_assert(NAME_KEY_BYTES == 32, "compared as bytes");

struct served {
	struct at_source key;
	uint16_t port;
	uint8_t ip_proto, zero;
	char service[24];		/* padded with zeros; "" unknown */
	uint64_t flows;
};
#define SERVED_KEY_BYTES offsetof(struct served, flows)
_Static_assert(SERVED_KEY_BYTES == 48, "compared as bytes");

struct peer {
	struct at_source key;
	uint8_t addr[16];
};

struct endpoints {
	struct groups rows, names, served, peers;
	struct intern texts;		/* shards keep equal names apart */
};

static void endpoints_init(struct endpoints *s)
{
	groups_init(&s->rows, sizeof(struct at_source), sizeof(struct endpoint));
	groups_init(&s->names, NAME_KEY_BYTES, sizeof(struct name));
	groups_init(&s->served, SERVED_KEY_BYTES, sizeof(struct served));
	groups_init(&s->peers, sizeof(struct peer), sizeof(struct peer));
	intern_init(&s->texts, SIZE_MAX);
}

static void endpoints_release(struct endpoints *s)
{
	groups_release(&s->rows);
	groups_release(&s->names);
	groups_release(&s->served);
	groups_release(&s->peers);
	intern_release(&s->texts);
}

static struct at_source key_of(uint32_t source, const uint8_t addr[16])
{
	struct at_source key = { .source = source };

	memcpy(key.addr, addr, sizeof(key.addr));
	return key;
}

/* ---- flows --------------------------------------------------------------------------------------------- */

static int add_peer(struct endpoints *s, struct endpoint *row, const uint8_t addr[16])
{
	struct peer key = { .key = row->key };
	size_t before = s->peers.count;

	memcpy(key.addr, addr, sizeof(key.addr));
	if (groups_get(&s->peers, &key) == NULL) {
		return ERR_NOMEM;
	}
	row->peers += s->peers.count - before;
	return 0;
}

static int add_served(struct endpoints *s, struct endpoint *row, const struct flow *f)
{
	struct served key = { .key = row->key, .port = f->key.port[flow_server(f)], .ip_proto = f->key.ip_proto };
	const char *service = flow_service(f);
	struct served *served;

	if (service != NULL) {
		memcpy(key.service, service, strnlen(service, sizeof(key.service)));
	}
	served = groups_find(&s->served, &key);
	if (served == NULL) {
		if (row->served_count == SERVED_KEPT) {
			row->more_served = true;
			return 0;
		}
		served = groups_get(&s->served, &key);
		if (served == NULL) {
			return ERR_NOMEM;
		}
		row->served_count++;
	}
	served->flows++;
	return 0;
}

static void add_times(struct endpoint *row, const struct flow *f)
{
	if (f->first_ns != 0 && (row->first_ns == 0 || f->first_ns < row->first_ns)) {
		row->first_ns = f->first_ns;
	}
	row->last_ns = max_u64(row->last_ns, f->last_ns);
}

static int add_end(struct endpoints *s, uint32_t source, const struct flow *f, unsigned int end)
{
	struct at_source key = key_of(source, f->key.addr[end]);
	struct endpoint *row = groups_get(&s->rows, &key);
	enum flow_outcome outcome = flow_outcome(f);

	if (row == NULL) {
		return ERR_NOMEM;
	}
	row->packets_sent += f->side[end].packets;
	row->packets_received += f->side[end ^ 1].packets;
	row->bytes_sent += f->side[end].bytes;
	row->bytes_received += f->side[end ^ 1].bytes;
	add_times(row, f);
	if (add_peer(s, row, f->key.addr[end ^ 1]) != 0) {
		return ERR_NOMEM;
	}
	if (end == f->client) {
		row->flows_client++;
		row->failed += outcome == OUTCOME_REJECTED || outcome == OUTCOME_UNANSWERED;
		return 0;
	}
	row->flows_server++;
	return flow_has_ports(f) && flow_served(f) ? add_served(s, row, f) : 0;
}

static int add_flow(void *arg, uint32_t source, const struct flow *f)
{
	int rc = add_end(arg, source, f, 0);

	return rc == 0 ? add_end(arg, source, f, 1) : rc;
}

/* ---- names --------------------------------------------------------------------------------------------- */

/* A name of an address that has flows; others are nobody's. */
static int add_name(struct endpoints *s, uint32_t source, const uint8_t addr[16], const struct text *text, uint8_t from)
{
	struct name key = { .key = key_of(source, addr) };
	struct endpoint *row = groups_find(&s->rows, &key.key);
	struct name *name;

	if (row == NULL || text == NULL || text->len == 0) {
		return 0;
	}
	if (intern_get(&s->texts, text->bytes, text->len, &key.text) != 0) {
		return ERR_NOMEM;
	}
	if (groups_find(&s->names, &key) == NULL) {
		if (row->name_count == NAMES_KEPT) {
			row->more_names = true;
			return 0;
		}
		name = groups_get(&s->names, &key);
		if (name == NULL) {
			return ERR_NOMEM;
		}
		name->order = row->name_count++;
	}
	row->names_from |= from;
	return 0;
}

/* What was asked for is what the client calls the address, whatever aliases led to it. */
static const struct text *name_of_answer(const struct dns_tx *tx, const struct dns_answer *a)
{
	bool asked = a->section == 0 && !(tx->flags & DNS_MULTICAST) && tx->name != NULL;

	return asked ? tx->name : a->name;
}

static int add_answers(struct endpoints *s, uint32_t source, const struct dns_tx *tx)
{
	for (uint32_t i = 0; i < tx->kept_count; i++) {
		const struct dns_answer *a = &tx->kept[i];
		uint8_t addr[16] = { [10] = 0xFF, [11] = 0xFF };

		if (a->addr_len != 4 && a->addr_len != 16) {
			continue;
		}
		memcpy(a->addr_len == 4 ? addr + 12 : addr, a->addr, a->addr_len);
		if (add_name(s, source, addr, name_of_answer(tx, a), NAME_DNS) != 0) {
			return ERR_NOMEM;
		}
	}
	return 0;
}

static int add_names_of(struct endpoints *s, uint32_t source, const struct net *net)
{
	size_t count = 0;
	const struct dns_tx *const *dns = net_dns(net, &count);
	const struct address_name *names;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = add_answers(s, source, dns[i]);
	}
	names = net_names(net, &count);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = add_name(s, source, names[i].addr, names[i].name, NAME_BLOCK);
	}
	return rc;
}

static int add_names(struct endpoints *s, const struct tap_input *in)
{
	int rc = 0;

	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count && rc == 0; k++) {
			const struct net *net = in->sources[i]->sections[k]->net;

			rc = net != NULL ? add_names_of(s, i, net) : 0;
		}
	}
	return rc;
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static int by_place(const struct at_source *a, const struct at_source *b)
{
	if (a->source != b->source) {
		return a->source < b->source ? -1 : 1;
	}
	return memcmp(a->addr, b->addr, sizeof(a->addr));
}

static int by_bytes(const void *pa, const void *pb)
{
	const struct endpoint *a = pa;
	const struct endpoint *b = pb;
	uint64_t x = a->bytes_sent + a->bytes_received;
	uint64_t y = b->bytes_sent + b->bytes_received;

	if (a->key.source == b->key.source && x != y) {
		return x > y ? -1 : 1;
	}
	return by_place(&a->key, &b->key);
}

static int by_order(const void *pa, const void *pb)
{
	const struct name *a = pa;
	const struct name *b = pb;
	int c = by_place(&a->key, &b->key);

	return c != 0 ? c : a->order < b->order ? -1 : a->order > b->order;
}

static int by_flows(const void *pa, const void *pb)
{
	const struct served *a = pa;
	const struct served *b = pb;
	int c = by_place(&a->key, &b->key);

	if (c != 0) {
		return c;
	}
	if (a->flows != b->flows) {
		return a->flows > b->flows ? -1 : 1;
	}
	if (a->port != b->port) {
		return a->port < b->port ? -1 : 1;
	}
	if (a->ip_proto != b->ip_proto) {
		return a->ip_proto < b->ip_proto ? -1 : 1;
	}
	return memcmp(a->service, b->service, sizeof(a->service));
}

/* The first row of an address in a table sorted by place whose rows begin with one; its count when there is none. */
static size_t first_of(const struct groups *g, const struct at_source *key)
{
	size_t low = 0;
	size_t high = g->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_place(groups_row(g, mid), key) < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return low;
}

static const struct column columns[] = {
	{ "address", COL_TEXT, "", "IP address" },
	{ "names", COL_TEXT, "",
	  "Names the capture gives it: asked for and answered with this address, or in the file's name records" },
	{ "names_from", COL_TEXT, "", "dns: answers seen in the packets; capture: names its writer stored" },
	{ "flows_client", COL_U64, "", "Flows it began" },
	{ "flows_server", COL_U64, "", "Flows others began with it" },
	{ "failed", COL_U64, "",
	  "Of the flows it began, those refused, or never answered where an answer was due (not to groups)" },
	{ "peers", COL_U64, "", "Addresses it had flows with" },
	{ "serves", COL_TEXT, "", "Ports on which it answered with more than a refusal, by number of flows" },
	{ "packets_sent", COL_U64, "", "Packets it sent" },
	{ "packets_received", COL_U64, "", "Packets sent to it" },
	{ "bytes_sent", COL_BYTES, "bytes", "Bytes on the wire it sent" },
	{ "bytes_received", COL_BYTES, "bytes", "Bytes on the wire sent to it" },
	{ "first_seen", COL_TIME, "", "First packet" },
	{ "last_seen", COL_TIME, "", "Last packet" },
	{ "source", COL_TEXT, "", "Capture" },
};

static const struct table_def def = {
	"endpoints", "Endpoints",
	"Addresses seen in the packets of each capture. A packet in a tunnel counts for the addresses of each of its "
	"layers.",
	columns, ARRAY_LEN(columns),
};

static void add_text(struct table *t, struct buf *text)
{
	t->failed = t->failed || text->failed;
	if (text->len > 0) {
		table_textn(t, text->data, text->len);
	} else {
		table_unknown(t);
	}
	buf_reset(text);
}

static void add_name_cells(struct table *t, const struct endpoints *s, const struct endpoint *row, struct buf *text)
{
	static const char *const origins[] = { NULL, "dns", "capture", "dns, capture" };

	if (row->name_count > 0) {
		size_t at = first_of(&s->names, &row->key);

		for (size_t i = 0; i < row->name_count; i++) {
			const struct name *name = groups_row(&s->names, at + i);

			buf_adds(text, i > 0 ? ", " : "");
			buf_add(text, name->text->bytes, name->text->len);
		}
		buf_adds(text, row->more_names ? ", ..." : "");
	}
	add_text(t, text);
	table_text(t, origins[row->names_from]);
}

/* "443/tcp tls, 53/udp dns, 8080/tcp" */
static void add_served_cell(struct table *t, const struct endpoints *s, const struct endpoint *row, struct buf *text)
{
	if (row->served_count > 0) {
		size_t at = first_of(&s->served, &row->key);

		for (size_t i = 0; i < row->served_count; i++) {
			const struct served *x = groups_row(&s->served, at + i);

			buf_printf(text, "%s%u/%s%s", i > 0 ? ", " : "", x->port, ip_proto_name(x->ip_proto),
				   x->service[0] != '\0' ? " " : "");
			buf_add(text, x->service, strnlen(x->service, sizeof(x->service)));
		}
		buf_adds(text, row->more_served ? ", ..." : "");
	}
	add_text(t, text);
}

static void add_row(struct table *t, const struct endpoints *s, const struct endpoint *row, const struct source *src,
		    struct buf *text)
{
	bool v4 = addr_is_mapped(row->key.addr);

	addr_add_ip(text, !v4, v4 ? row->key.addr + 12 : row->key.addr);
	add_text(t, text);
	add_name_cells(t, s, row, text);
	table_u64(t, row->flows_client);
	table_u64(t, row->flows_server);
	table_u64(t, row->failed);
	table_u64(t, row->peers);
	add_served_cell(t, s, row, text);
	table_u64(t, row->packets_sent);
	table_u64(t, row->packets_received);
	table_bytes(t, row->bytes_sent);
	table_bytes(t, row->bytes_received);
	table_time(t, row->first_ns);
	table_time(t, row->last_ns);
	table_text(t, src->shown);
}

static int fill(struct table *t, struct endpoints *s, const struct tap_input *in)
{
	struct buf text;

	if (flow_walk(in, add_flow, s) != 0 || add_names(s, in) != 0) {
		return ERR_NOMEM;
	}
	groups_sort(&s->rows, by_bytes);
	groups_sort(&s->names, by_order);
	groups_sort(&s->served, by_flows);
	buf_init(&text, (size_t)1 << 20);
	for (size_t i = 0; i < s->rows.count; i++) {
		const struct endpoint *row = groups_row(&s->rows, i);

		add_row(t, s, row, in->sources[row->key.source], &text);
	}
	buf_release(&text);
	return 0;
}

static int endpoints_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct endpoints s;
	int rc;

	UNUSED_ARG(st);
	endpoints_init(&s);
	rc = t == NULL ? ERR_NOMEM : fill(t, &s, in);
	endpoints_release(&s);
	if (rc != 0) {
		table_free(t);
		return err_nomem(e, "table endpoints");
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table endpoints");
}

const struct tap tap_endpoints = {
	.name = "endpoints",
	.help = "addresses with what they sent, received and serve",
	.order = TAP_FREE,
	.flows = true,
	.tables = endpoints_tables,
};
