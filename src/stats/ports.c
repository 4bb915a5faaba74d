/*
 * ports.c - table `ports`: per transport and server port, what spoke on it, how many on both sides, and how much.
 * Reads the flows of all sources; main thread, at the end.
 */
#include "stats/flow_walk.h"
#include "stats/groups.h"
#include "stats/net_cells.h"

/* Services named of one port, in the order they were seen. */
#define SERVICES_KEPT 8

struct port_key {
	uint16_t port;
	uint8_t ip_proto, zero;
};
_Static_assert(sizeof(struct port_key) == 4, "compared as bytes");

struct port {
	struct port_key key;
	uint8_t service_count;
	bool more_services;
	uint64_t flows, clients, servers, packets, bytes, payload, rejected, unanswered;
	uint64_t first_ns, last_ns;
};

struct port_service {
	struct port_key key;
	char service[24];	/* padded with zeros */
	uint32_t zero;
	uint64_t flows;
};
#define SERVICE_KEY_BYTES offsetof(struct port_service, flows)
_Static_assert(SERVICE_KEY_BYTES == 32, "compared as bytes");

/* An address on one side of a port: for counting different ones. */
struct port_address {
	struct port_key key;
	uint32_t server;
	uint8_t addr[16];
};

struct ports {
	struct groups rows, services, addresses;
};

static int add_service(struct ports *s, struct port *row, const char *name)
{
	struct port_service key = { .key = row->key };
	struct port_service *service;

	if (name == NULL) {
		return 0;
	}
	memcpy(key.service, name, strnlen(name, sizeof(key.service)));
	service = groups_find(&s->services, &key);
	if (service == NULL) {
		if (row->service_count == SERVICES_KEPT) {
			row->more_services = true;
			return 0;
		}
		service = groups_get(&s->services, &key);
		if (service == NULL) {
			return ERR_NOMEM;
		}
		row->service_count++;
	}
	service->flows++;
	return 0;
}

/* Counts in *io_count when the address is new on this side of the port. */
static int add_address(struct ports *s, const struct port_key *port, const struct flow *f, bool server,
		       uint64_t *io_count)
{
	struct port_address key = { .key = *port, .server = server };
	size_t before = s->addresses.count;

	memcpy(key.addr, f->key.addr[server ? flow_server(f) : f->client], sizeof(key.addr));
	if (groups_get(&s->addresses, &key) == NULL) {
		return ERR_NOMEM;
	}
	*io_count += s->addresses.count - before;
	return 0;
}

static int add_flow(void *arg, uint32_t source, const struct flow *f)
{
	struct ports *s = arg;
	struct port_key key = { .port = f->key.port[flow_server(f)], .ip_proto = f->key.ip_proto };
	enum flow_outcome outcome = flow_outcome(f);
	struct port *row;

	UNUSED_ARG(source);
	if (!flow_has_ports(f)) {
		return 0;
	}
	row = groups_get(&s->rows, &key);
	if (row == NULL) {
		return ERR_NOMEM;
	}
	row->flows++;
	row->packets += f->side[0].packets + f->side[1].packets;
	row->bytes += f->side[0].bytes + f->side[1].bytes;
	row->payload += f->side[0].payload_bytes + f->side[1].payload_bytes;
	row->rejected += outcome == OUTCOME_REJECTED;
	row->unanswered += outcome == OUTCOME_UNANSWERED;
	if (f->first_ns != 0 && (row->first_ns == 0 || f->first_ns < row->first_ns)) {
		row->first_ns = f->first_ns;
	}
	row->last_ns = max_u64(row->last_ns, f->last_ns);
	if (add_address(s, &key, f, false, &row->clients) != 0 || add_address(s, &key, f, true, &row->servers) != 0) {
		return ERR_NOMEM;
	}
	return add_service(s, row, flow_service(f));
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static int by_key(const struct port_key *a, const struct port_key *b)
{
	if (a->ip_proto != b->ip_proto) {
		return a->ip_proto < b->ip_proto ? -1 : 1;
	}
	return a->port < b->port ? -1 : a->port > b->port;
}

static int by_flows(const void *pa, const void *pb)
{
	const struct port *a = pa;
	const struct port *b = pb;

	if (a->flows != b->flows) {
		return a->flows > b->flows ? -1 : 1;
	}
	if (a->bytes != b->bytes) {
		return a->bytes > b->bytes ? -1 : 1;
	}
	return by_key(&a->key, &b->key);
}

static int services_by_flows(const void *pa, const void *pb)
{
	const struct port_service *a = pa;
	const struct port_service *b = pb;
	int c = by_key(&a->key, &b->key);

	if (c != 0) {
		return c;
	}
	if (a->flows != b->flows) {
		return a->flows > b->flows ? -1 : 1;
	}
	return memcmp(a->service, b->service, sizeof(a->service));
}

static const struct column columns[] = {
	{ "protocol", COL_TEXT, "", "Transport" },
	{ "port", COL_U64, "id", "Port of the responder" },
	{ "services", COL_TEXT, "",
	  "What was spoken on it, by number of flows; by content, else by the number of the port" },
	{ "flows", COL_U64, "", "Flows to it" },
	{ "rejected", COL_U64, "", "Of these, answered by a reset, or by an ICMP error alone" },
	{ "unanswered", COL_U64, "", "Of these, never answered; those sent to a group of addresses do not count" },
	{ "clients", COL_U64, "", "Addresses that began flows to it" },
	{ "servers", COL_U64, "", "Addresses it was tried on" },
	{ "packets", COL_U64, "", "Packets, both ways" },
	{ "bytes", COL_BYTES, "bytes", "Their bytes on the wire" },
	{ "payload", COL_BYTES, "bytes", "Bytes above the transport, as sent" },
	{ "first_seen", COL_TIME, "", "First packet" },
	{ "last_seen", COL_TIME, "", "Last packet" },
};

static const struct table_def def = {
	"ports", "Ports",
	"Server ports over all sources: those of the side that did not begin. Where the beginning of a TCP connection "
	"is not in the capture, who began is an inference.",
	columns, ARRAY_LEN(columns),
};

/* services: by port. */
static void add_services_cell(struct table *t, const struct groups *services, const struct port *row, struct buf *text)
{
	size_t low = 0;
	size_t high = services->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct port_service *x = groups_row(services, mid);

		if (by_key(&x->key, &row->key) < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	for (size_t i = 0; i < row->service_count; i++) {
		const struct port_service *x = groups_row(services, low + i);

		buf_adds(text, i > 0 ? ", " : "");
		buf_add(text, x->service, strnlen(x->service, sizeof(x->service)));
	}
	buf_adds(text, row->more_services ? ", ..." : "");
	t->failed = t->failed || text->failed;
	if (text->len > 0) {
		table_textn(t, text->data, text->len);
	} else {
		table_unknown(t);
	}
	buf_reset(text);
}

static void add_row(struct table *t, const struct ports *s, const struct port *row, struct buf *text)
{
	table_text(t, ip_proto_name(row->key.ip_proto));
	table_u64(t, row->key.port);
	add_services_cell(t, &s->services, row, text);
	table_u64(t, row->flows);
	table_u64(t, row->rejected);
	table_u64(t, row->unanswered);
	table_u64(t, row->clients);
	table_u64(t, row->servers);
	table_u64(t, row->packets);
	table_bytes(t, row->bytes);
	table_bytes(t, row->payload);
	table_time(t, row->first_ns);
	table_time(t, row->last_ns);
}

static int fill(struct table *t, struct ports *s, const struct tap_input *in)
{
	struct buf text;

	if (flow_walk(in, add_flow, s) != 0) {
		return ERR_NOMEM;
	}
	groups_sort(&s->rows, by_flows);
	groups_sort(&s->services, services_by_flows);
	buf_init(&text, 4096);
	for (size_t i = 0; i < s->rows.count; i++) {
		add_row(t, s, groups_row(&s->rows, i), &text);
	}
	buf_release(&text);
	return 0;
}

static int ports_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct ports s;
	int rc;

	UNUSED_ARG(st);
	groups_init(&s.rows, sizeof(struct port_key), sizeof(struct port));
	groups_init(&s.services, SERVICE_KEY_BYTES, sizeof(struct port_service));
	groups_init(&s.addresses, sizeof(struct port_address), sizeof(struct port_address));
	rc = t == NULL ? ERR_NOMEM : fill(t, &s, in);
	groups_release(&s.rows);
	groups_release(&s.services);
	groups_release(&s.addresses);
	if (rc != 0) {
		table_free(t);
		return err_nomem(e, "table ports");
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table ports");
}

const struct tap tap_ports = {
	.name = "ports",
	.help = "server ports with their services, clients and failures",
	.order = TAP_FREE,
	.flows = true,
	.tables = ports_tables,
};
