/*
 * tcp_health.c - table `tcp_health`: per TCP service (address, port, what is spoken), how attempts ended, how long
 * handshakes took, and what had to be sent again. Reads the flows; main thread, at the end.
 */
#include <math.h>

#include "events/addr.h"
#include "stats/flow_walk.h"
#include "stats/groups.h"
#include "stats/hist.h"
#include "stats/net_cells.h"

/* Services of one source that were only tried: scans have any number of them, so all but the busiest share a row. */
#define TRIED_KEPT 1000

struct service_key {
	uint32_t source;
	uint8_t addr[16];
	uint16_t port;
	uint8_t zero[2];
	char service[24];	/* padded with zeros; "" unknown */
};
_Static_assert(sizeof(struct service_key) == 48, "compared as bytes");

struct service {
	struct service_key key;
	uint64_t services;	/* 0: one, that of the key; else how many share this row */
	uint64_t flows, established, rejected, unanswered, partial, reset;
	uint64_t payload_packets, retransmissions, retransmitted, out_of_order, dup_acks, zero_windows, duplicates;
	uint64_t missed;
	uint32_t timed;		/* last one of its timed flows, number + 1; 0: none */
};

/* A flow whose handshake was seen; those of one service are a list, so that histograms are needed for one service at
 * a time only. */
struct timed_flow {
	uint64_t rtt_server, rtt_client;	/* UINT64_MAX: not seen */
	uint32_t before;			/* number + 1 of the one before, 0: none */
};

struct health {
	struct groups rows;
	struct timed_flow *timed;	/* owns */
	size_t count, cap;
};

static int add_timed(struct health *s, struct service *row, const struct flow *f)
{
	struct timed_flow x = { flow_rtt_server(f), flow_rtt_client(f), row->timed };

	if (x.rtt_server == UINT64_MAX && x.rtt_client == UINT64_MAX) {
		return 0;
	}
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 64 : s->cap * 2;
		struct timed_flow *grown = realloc(s->timed, cap * sizeof(*grown));

		if (grown == NULL || cap >= UINT32_MAX) {
			s->timed = grown != NULL ? grown : s->timed;
			return ERR_NOMEM;
		}
		s->timed = grown;
		s->cap = cap;
	}
	s->timed[s->count++] = x;
	row->timed = (uint32_t)s->count;
	return 0;
}

static void add_side(struct service *row, const struct flow_side *side)
{
	row->payload_packets += side->payload_packets;
	row->retransmissions += side->retransmissions;
	row->retransmitted += side->retransmitted_bytes;
	row->out_of_order += side->out_of_order;
	row->dup_acks += side->dup_acks;
	row->zero_windows += side->zero_windows;
	row->duplicates += side->duplicates;
	row->missed += side->missed_bytes;
}

static int add_flow(void *arg, uint32_t source, const struct flow *f)
{
	struct health *s = arg;
	unsigned int server = flow_server(f);
	struct service_key key = { .source = source, .port = f->key.port[server] };
	const char *name = flow_service(f);
	enum flow_outcome outcome = flow_outcome(f);
	struct service *row;

	if (f->key.ip_proto != IP_TCP) {
		return 0;
	}
	memcpy(key.addr, f->key.addr[server], sizeof(key.addr));
	if (name != NULL) {
		memcpy(key.service, name, strnlen(name, sizeof(key.service)));
	}
	row = groups_get(&s->rows, &key);
	if (row == NULL) {
		return ERR_NOMEM;
	}
	row->flows++;
	row->established += outcome == OUTCOME_ESTABLISHED;
	row->rejected += outcome == OUTCOME_REJECTED;
	row->unanswered += outcome == OUTCOME_UNANSWERED;
	row->partial += outcome == OUTCOME_PARTIAL;
	row->reset += flow_was_reset(f);
	add_side(row, &f->side[0]);
	add_side(row, &f->side[1]);
	return add_timed(s, row, f);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

/* The busiest first. */
static int by_flows(const void *pa, const void *pb)
{
	const struct service *a = pa;
	const struct service *b = pb;

	if (a->key.source != b->key.source) {
		return a->key.source < b->key.source ? -1 : 1;
	}
	if (a->flows != b->flows) {
		return a->flows > b->flows ? -1 : 1;
	}
	if (a->key.port != b->key.port) {
		return a->key.port < b->key.port ? -1 : 1;
	}
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static const struct column columns[] = {
	{ "server", COL_TEXT, "", "Address of the responder" },
	{ "port", COL_U64, "id", "Its port" },
	{ "service", COL_TEXT, "", "What was spoken: by content, else by the number of the port" },
	{ "flows", COL_U64, "", "TCP flows to it" },
	{ "established", COL_U64, "", "Of these, connections that came about" },
	{ "rejected", COL_U64, "", "Answered by a reset, or by an ICMP error alone" },
	{ "unanswered", COL_U64, "", "Never answered" },
	{ "partial", COL_U64, "", "Neither: their beginning, or one direction, is not in the capture" },
	{ "reset", COL_U64, "", "Of the established ones, torn down by a reset" },
	{ "server_handshakes", COL_U64, "", "SYN and SYN+ACK both seen" },
	{ "server_rtt_p50", COL_DURATION, "ns",
	  "SYN to SYN+ACK, median (to 3 %): from the capture point to the server and back" },
	{ "server_rtt_p95", COL_DURATION, "ns", "95th percentile of it (to 3 %)" },
	{ "server_rtt_max", COL_DURATION, "ns", "Longest of it" },
	{ "client_handshakes", COL_U64, "", "SYN+ACK and the ACK that answers it both seen" },
	{ "client_rtt_p50", COL_DURATION, "ns",
	  "SYN+ACK to ACK, median (to 3 %): from the capture point to the client and back" },
	{ "client_rtt_p95", COL_DURATION, "ns", "95th percentile of it (to 3 %)" },
	{ "client_rtt_max", COL_DURATION, "ns", "Longest of it" },
	{ "payload_packets", COL_U64, "", "Segments with payload, both ways" },
	{ "retransmissions", COL_U64, "", "Segments with bytes seen before" },
	{ "retransmission_rate", COL_F64, "%", "Retransmissions, of the segments with payload" },
	{ "retransmitted", COL_BYTES, "bytes", "Bytes sent again" },
	{ "out_of_order", COL_U64, "", "Segments that filled a gap: late, but not sent again" },
	{ "dup_acks", COL_U64, "", "Acknowledgements sent again" },
	{ "zero_windows", COL_U64, "", "Packets that asked the peer to stop sending" },
	{ "missed", COL_BYTES, "bytes", "Bytes of the streams that are not in the capture" },
	{ "duplicates", COL_U64, "", "Packets captured twice, left out of these numbers" },
	{ "source", COL_TEXT, "", "Capture" },
};

static const struct table_def def = {
	"tcp_health", "TCP health",
	"Per service, how well TCP went. Handshake times tell the network on either side of where packets were "
	"captured. Of services that were only tried (scans) the 1,000 busiest of a capture are listed, the others share "
	"a row.",
	columns, ARRAY_LEN(columns),
};

static void add_rtt(struct table *t, const struct hist *h)
{
	table_u64(t, h->count);
	if (h->count == 0) {
		table_unknown(t);
		table_unknown(t);
		table_unknown(t);
	} else {
		table_duration(t, hist_percentile(h, 0.50));
		table_duration(t, hist_percentile(h, 0.95));
		table_duration(t, h->max);
	}
}

/* h: empty before and after. */
static void add_rtts(struct table *t, const struct health *s, const struct service *row, struct hist *h)
{
	for (unsigned int of_client = 0; of_client < 2; of_client++) {
		for (uint32_t i = row->timed; i != 0; i = s->timed[i - 1].before) {
			const struct timed_flow *x = &s->timed[i - 1];
			uint64_t rtt = of_client ? x->rtt_client : x->rtt_server;

			if (rtt != UINT64_MAX) {
				hist_add(h, rtt);
			}
		}
		add_rtt(t, h);
		if (h->count > 0) {
			memset(h, 0, sizeof(*h));
		}
	}
}

static void add_key(struct table *t, const struct service *row)
{
	const struct service_key *key = &row->key;
	bool v4 = addr_is_mapped(key->addr);
	struct buf text;

	buf_init(&text, 128);
	if (row->services > 0) {
		buf_printf(&text, "(%llu more that were only tried)", (unsigned long long)row->services);
	} else {
		addr_add_ip(&text, !v4, v4 ? key->addr + 12 : key->addr);
	}
	t->failed = t->failed || text.failed;
	table_textn(t, text.data, text.len);
	buf_release(&text);
	if (row->services > 0) {
		table_unknown(t);
	} else {
		table_u64(t, key->port);
	}
	if (key->service[0] != '\0') {
		table_textn(t, key->service, strnlen(key->service, sizeof(key->service)));
	} else {
		table_unknown(t);
	}
}

/* In per cent, to two digits behind the point. */
static double rate(uint64_t part, uint64_t whole)
{
	return whole > 0 ? rint((double)part * 10000 / (double)whole) / 100 : NAN;
}

static void add_row(struct table *t, const struct health *s, const struct service *row, const struct source *src,
		    struct hist *h)
{
	add_key(t, row);
	table_u64(t, row->flows);
	table_u64(t, row->established);
	table_u64(t, row->rejected);
	table_u64(t, row->unanswered);
	table_u64(t, row->partial);
	table_u64(t, row->reset);
	add_rtts(t, s, row, h);
	table_u64(t, row->payload_packets);
	table_u64(t, row->retransmissions);
	table_f64(t, rate(row->retransmissions, row->payload_packets));
	table_bytes(t, row->retransmitted);
	table_u64(t, row->out_of_order);
	table_u64(t, row->dup_acks);
	table_u64(t, row->zero_windows);
	table_bytes(t, row->missed);
	table_u64(t, row->duplicates);
	table_text(t, src->shown);
}

/* Adds one that was only tried. */
static void add_service(struct service *rest, const struct service *row)
{
	rest->services++;
	rest->flows += row->flows;
	rest->rejected += row->rejected;
	rest->unanswered += row->unanswered;
	rest->payload_packets += row->payload_packets;
	rest->retransmissions += row->retransmissions;
	rest->retransmitted += row->retransmitted;
	rest->out_of_order += row->out_of_order;
	rest->dup_acks += row->dup_acks;
	rest->zero_windows += row->zero_windows;
	rest->duplicates += row->duplicates;
	rest->missed += row->missed;
}

/* The services of one source, from row *io_at on, which is moved behind them. */
static void add_source(struct table *t, const struct health *s, const struct source *src, size_t *io_at, struct hist *h)
{
	const struct service *first = groups_row(&s->rows, *io_at);
	struct service rest = { .key.source = first->key.source };
	uint64_t tried = 0;

	for (; *io_at < s->rows.count; (*io_at)++) {
		const struct service *row = groups_row(&s->rows, *io_at);

		if (row->key.source != first->key.source) {
			break;
		}
		/* A row that other rows are added to has no list of handshakes: nor have these. */
		if (row->established + row->partial == 0 && row->timed == 0 && tried++ >= TRIED_KEPT) {
			add_service(&rest, row);
		} else {
			add_row(t, s, row, src, h);
		}
	}
	if (rest.flows > 0) {
		add_row(t, s, &rest, src, h);
	}
}

static int fill(struct table *t, struct health *s, const struct tap_input *in)
{
	struct hist *h = calloc(1, sizeof(*h));
	int rc = h == NULL ? ERR_NOMEM : flow_walk(in, add_flow, s);
	size_t at = 0;

	if (rc == 0) {
		groups_sort(&s->rows, by_flows);
		while (at < s->rows.count) {
			const struct service *row = groups_row(&s->rows, at);

			add_source(t, s, in->sources[row->key.source], &at, h);
		}
	}
	free(h);
	return rc;
}

static int tcp_health_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	struct table *t = table_new(&def);
	struct health s;
	int rc;

	UNUSED_ARG(st);
	memset(&s, 0, sizeof(s));
	groups_init(&s.rows, sizeof(struct service_key), sizeof(struct service));
	rc = t == NULL ? ERR_NOMEM : fill(t, &s, in);
	groups_release(&s.rows);
	free(s.timed);
	if (rc != 0) {
		table_free(t);
		return err_nomem(e, "table tcp_health");
	}
	return report_add(r, t) == 0 ? 0 : err_nomem(e, "table tcp_health");
}

const struct tap tap_tcp_health = {
	.name = "tcp_health",
	.help = "handshake times, failures and retransmissions per TCP service",
	.order = TAP_FREE,
	.flows = true,
	.tables = tcp_health_tables,
};
