/*
 * flows.c - table `flows`: one row per connection or exchange of packets between two ends. No batches are read: the
 * shards of src/net have counted. Runs on the main thread at the end.
 *
 * "Client" is who is taken for the initiator. What only TCP has is unknown for other flows.
 */
#include "net/service.h"
#include "stats/net_cells.h"
#include "stats/passed.h"

static const struct column columns[] = {
	{ "first", COL_TIME, "", "First packet" },
	{ "flow", COL_U64, "id", "Number of the flow in its section, from 0, in the order of first packets" },
	{ "protocol", COL_TEXT, "", "tcp, udp, icmp, ...; a number for IP protocols without a name here" },
	{ "service", COL_TEXT, "", "Application protocol" },
	{ "client", COL_TEXT, "", "Address of the initiator; inferred when the start was missed (see flags)" },
	{ "client_port", COL_U64, "id", "Its port; unknown for protocols without" },
	{ "server", COL_TEXT, "", "Address of the responder" },
	{ "server_port", COL_U64, "id", "Its port; unknown for protocols without" },
	{ "conn_state", COL_TEXT, "",
	  "As Zeek has it. S0 no answer, S1 established and not closed, SF closed in order, REJ refused, S2 and S3 closed by "
	  "the client or server only, RSTO and RSTR reset by the client or server, RSTOS0 and RSTRH reset before it was "
	  "established, SH and SHR closed before it was, OTH start not seen" },
	{ "duration", COL_DURATION, "ns", "From the first to the last packet" },
	{ "client_bytes", COL_BYTES, "bytes", "Whole frames the client sent, as long as they were on the wire" },
	{ "server_bytes", COL_BYTES, "bytes", "Whole frames the server sent" },
	{ "client_packets", COL_U64, "", "Packets the client sent" },
	{ "server_packets", COL_U64, "", "Packets the server sent" },
	{ "history", COL_TEXT, "",
	  "What happened, in order, as Zeek has it; upper case by the client, lower case by the server: s SYN, h SYN+ACK, "
	  "a ACK, d data, f FIN, r RST, c bad checksum, g gap, t retransmission, w zero window, i inconsistent, q odd flags, "
	  "^ direction inferred" },
	{ "service_by", COL_TEXT, "",
	  "How it is known: content (recognised or decoded), ndpi (libndpi), port (a guess by the port alone)" },
	{ "client_ip_bytes", COL_BYTES, "bytes", "The same from the IP header on" },
	{ "server_ip_bytes", COL_BYTES, "bytes", "The same from the IP header on" },
	{ "client_payload", COL_BYTES, "bytes", "Content above TCP, UDP or the like the client sent; what was sent again counts again" },
	{ "server_payload", COL_BYTES, "bytes", "Content the server sent; what was sent again counts again" },
	{ "client_stream", COL_BYTES, "bytes", "TCP: length of the client's byte stream, each byte once, missed ones included" },
	{ "server_stream", COL_BYTES, "bytes", "TCP: length of the server's byte stream, each byte once, missed ones included" },
	{ "client_missed", COL_BYTES, "bytes", "TCP: bytes of the client's stream that are in no packet of the capture" },
	{ "server_missed", COL_BYTES, "bytes", "TCP: bytes of the server's stream that are in no packet of the capture" },
	{ "rtt_client", COL_DURATION, "ns",
	  "TCP handshake, SYN+ACK to ACK: the way from where was captured to the client and back" },
	{ "rtt_server", COL_DURATION, "ns",
	  "TCP handshake, SYN to SYN+ACK: the way from where was captured to the server and back" },
	{ "client_retransmissions", COL_U64, "", "TCP segments with bytes the client had sent before" },
	{ "server_retransmissions", COL_U64, "", "TCP segments with bytes the server had sent before" },
	{ "client_retransmitted", COL_BYTES, "bytes", "Bytes the client sent again" },
	{ "server_retransmitted", COL_BYTES, "bytes", "Bytes the server sent again" },
	{ "client_out_of_order", COL_U64, "", "TCP segments of the client that came late and filled a gap" },
	{ "server_out_of_order", COL_U64, "", "TCP segments of the server that came late and filled a gap" },
	{ "client_zero_windows", COL_U64, "", "TCP segments by which the client said that it can take no more" },
	{ "server_zero_windows", COL_U64, "", "TCP segments by which the server said that it can take no more" },
	{ "client_resets", COL_U64, "", "TCP resets (RST) by the client" },
	{ "server_resets", COL_U64, "", "TCP resets (RST) by the server" },
	{ "duplicates", COL_U64, "", "TCP packets that were captured twice: in the packets and bytes, not in what concerns TCP" },
	{ "icmp_type", COL_U64, "id", "ICMP: type of the message, of the request where there is a reply to it" },
	{ "icmp_code", COL_U64, "id", "ICMP: code of messages that have no reply" },
	{ "icmp_errors", COL_U64, "", "ICMP errors that quote a packet of this flow" },
	{ "flags", COL_TEXT, "",
	  "start_missed: TCP without SYN in the capture. flipped: the first packet was the server's. evicted: given up under a "
	  "ceiling of this program. timed_out: ended by silence. overlap_differs: bytes were sent again with other content. "
	  "cut: content is missing through the snapshot length. icmp_error: see icmp_errors. reused: the same addresses and "
	  "ports had an earlier flow. simultaneous_open: both sent a SYN. duplicates: see there. stream_dropped: content "
	  "was not followed to the end under a ceiling of this program" },
	{ "vlan", COL_U64, "id", "VLAN (outer tag)" },
	{ "inner_vlan", COL_U64, "id", "VLAN of the inner tag (QinQ)" },
	{ "tunnel", COL_TEXT, "", "Innermost tunnel around it and its number: vxlan:100, geneve:7, gre, ..." },
	{ "outer_flow", COL_U64, "id", "Flow of the tunnel itself" },
	{ "community_id", COL_TEXT, "", "Community ID, version 1, seed 0: the same in Zeek, Suricata and others" },
	{ "writer_client", COL_TEXT, "", "Process of the client, as the program that wrote the capture noted it" },
	{ "writer_client_pid", COL_U64, "id", "Its process id" },
	{ "writer_client_container", COL_TEXT, "", "Its container: name, else id; with its pod where there is one" },
	{ "writer_server", COL_TEXT, "", "Process of the server, as the program that wrote the capture noted it" },
	{ "writer_server_pid", COL_U64, "id", "Its process id" },
	{ "writer_server_container", COL_TEXT, "", "Its container: name, else id; with its pod where there is one" },
	{ "writer_by", COL_TEXT, "",
	  "Where those notes are: option (of the packet), block (of processes), comment (of the packet), pktap" },
	{ "last", COL_TIME, "", "Last packet" },
	{ "first_packet", COL_U64, "id", "Number of the first packet in the source, from 1" },
	{ "last_packet", COL_U64, "id", "Number of the last packet in the source" },
	SOURCE_COLUMNS,
};

const struct table_def flows_def = {
	"flows", "Flows",
	"Every TCP connection and every exchange of UDP, ICMP and other packets between two ends. The client is who began.",
	columns, ARRAY_LEN(columns),
};

static const struct flag_word words[] = {
	{ FLOW_START_MISSED, "start_missed" },
	{ FLOW_FLIPPED, "flipped" },
	{ FLOW_EVICTED, "evicted" },
	{ FLOW_TIMED_OUT, "timed_out" },
	{ FLOW_OVERLAP_DIFFERS, "overlap_differs" },
	{ FLOW_CUT, "cut" },
	{ FLOW_ICMP_ERROR, "icmp_error" },
	{ FLOW_REUSED, "reused" },
	{ FLOW_SIMULTANEOUS_OPEN, "simultaneous_open" },
	{ FLOW_DUPLICATES, "duplicates" },
	{ FLOW_STREAM_DROPPED, "stream_dropped" },
	{ FLOW_ONE_SIDED, "one_sided" },
};

static const char *const origin_names[] = {
	[FROM_OPTION] = "option",
	[FROM_BLOCK] = "block",
	[FROM_COMMENT] = "comment",
	[FROM_PKTAP] = "pktap",
};

static bool is_icmp(const struct flow *f)
{
	return f->key.ip_proto == IP_ICMP || f->key.ip_proto == IP_ICMPV6;
}

static void add_protocol(struct net_cells *c, const struct flow *f)
{
	const char *name = ip_proto_name(f->key.ip_proto);

	if (name != NULL) {
		cells_name(c, name);
	} else {
		buf_add_u64(&c->scratch, f->key.ip_proto);
		cells_scratch(c);
	}
}

static void add_identity(struct net_cells *c, const struct flow *f)
{
	unsigned int client = f->client;

	cells_time(c, f->first_ns);
	cells_flow(c, f);
	add_protocol(c, f);
	cells_service(c, f);
	cells_address(c, f, client);
	cells_port(c, f, client);
	cells_address(c, f, !client);
	cells_port(c, f, !client);
}

static void add_sizes(struct net_cells *c, const struct flow *f)
{
	const struct flow_side *client = &f->side[f->client];
	const struct flow_side *server = &f->side[!f->client];
	struct table *t = c->table;

	cells_name(c, conn_state_name(f->conn_state));
	cells_span(c, f->first_ns, f->last_ns);
	table_bytes(t, client->bytes);
	table_bytes(t, server->bytes);
	table_u64(t, client->packets);
	table_u64(t, server->packets);
	if (f->history[0] != '\0') {
		table_text(t, f->history);
	} else {
		table_unknown(t);
	}
	cells_name(c, service_by_name(f->service_by));
	table_bytes(t, client->ip_bytes);
	table_bytes(t, server->ip_bytes);
	table_bytes(t, client->payload_bytes);
	table_bytes(t, server->payload_bytes);
}

static void add_rtt(struct table *t, uint64_t ns)
{
	if (ns == UINT64_MAX) {
		table_unknown(t);
	} else {
		table_duration(t, ns);
	}
}

static void add_tcp(struct table *t, const struct flow *f)
{
	const struct flow_side *client = &f->side[f->client];
	const struct flow_side *server = &f->side[!f->client];

	table_bytes(t, client->stream_bytes);
	table_bytes(t, server->stream_bytes);
	table_bytes(t, client->missed_bytes);
	table_bytes(t, server->missed_bytes);
	add_rtt(t, flow_rtt_client(f));
	add_rtt(t, flow_rtt_server(f));
	table_u64(t, client->retransmissions);
	table_u64(t, server->retransmissions);
	table_bytes(t, client->retransmitted_bytes);
	table_bytes(t, server->retransmitted_bytes);
	table_u64(t, client->out_of_order);
	table_u64(t, server->out_of_order);
	table_u64(t, client->zero_windows);
	table_u64(t, server->zero_windows);
	table_u64(t, client->resets);
	table_u64(t, server->resets);
	table_u64(t, (uint64_t)client->duplicates + server->duplicates);
}

/* From client_stream to duplicates. */
#define TCP_COLUMNS 17

static void add_not_tcp(struct table *t)
{
	for (unsigned int i = 0; i < TCP_COLUMNS; i++) {
		table_unknown(t);
	}
}

/* Types of requests whose replies are of the same flow, as the Community ID pairs them; the key then holds the type of
 * the reply where others have their code. */
static bool icmp_has_reply(const struct flow *f)
{
	switch (f->key.port[f->client] | (f->key.ip_proto == IP_ICMPV6 ? 256 : 0)) {
	case 0: case 8:			/* echo */
	case 9: case 10:		/* router */
	case 13: case 14:		/* timestamp */
	case 15: case 16:		/* information */
	case 17: case 18:		/* mask */
	case 256 | 128: case 256 | 129: /* echo */
	case 256 | 130: case 256 | 131: /* listener */
	case 256 | 133: case 256 | 134: /* router */
	case 256 | 135: case 256 | 136: /* neighbour */
	case 256 | 139: case 256 | 140: /* who are you */
	case 256 | 144: case 256 | 145: /* home agent */
		return true;
	default: return false;
	}
}

static void add_icmp(struct table *t, const struct flow *f)
{
	if (is_icmp(f)) {
		table_u64(t, f->key.port[f->client]);
	} else {
		table_unknown(t);
	}
	if (is_icmp(f) && !icmp_has_reply(f)) {
		table_u64(t, f->key.port[!f->client]);
	} else {
		table_unknown(t);
	}
	table_u64(t, f->icmp_errors);
}

static void add_way(struct net_cells *c, const struct flow *f)
{
	char id[COMMUNITY_ID_BYTES];

	cells_id(c, f->key.vlan[0]);
	cells_id(c, f->key.vlan[1]);
	if (f->key.tunnel == PROTO_NONE) {
		table_unknown(c->table);
	} else {
		buf_adds(&c->scratch, proto_name(f->key.tunnel));
		if (f->key.tunnel_id != 0) {
			buf_addc(&c->scratch, ':');
			buf_add_u64(&c->scratch, f->key.tunnel_id);
		}
		cells_scratch(c);
	}
	cells_flow(c, f->outer);
	community_id(&f->key, 0, id);
	table_text(c->table, id);
}

static void add_container(struct net_cells *c, const struct packet_process *p)
{
	const struct text *name = p->container != NULL ? p->container : p->container_id;

	if (name == NULL && p->pod == NULL) {
		table_unknown(c->table);
		return;
	}
	if (name != NULL) {
		buf_add(&c->scratch, name->bytes, name->len);
	}
	if (p->pod != NULL) {
		buf_adds(&c->scratch, name != NULL ? " in " : "");
		if (p->namespace_ != NULL) {
			buf_add(&c->scratch, p->namespace_->bytes, p->namespace_->len);
			buf_addc(&c->scratch, '/');
		}
		buf_add(&c->scratch, p->pod->bytes, p->pod->len);
	}
	cells_scratch(c);
}

static void add_writer_process(struct net_cells *c, const struct packet_process *p)
{
	if (p == NULL) {
		table_unknown(c->table);
		table_unknown(c->table);
		table_unknown(c->table);
		return;
	}
	cells_text(c, p->name != NULL ? p->name : p->path);
	cells_id(c, p->pid);
	add_container(c, p);
}

static void add_writer(struct net_cells *c, const struct flow *f)
{
	const struct packet_process *client = f->process[f->client];
	const struct packet_process *server = f->process[!f->client];
	const struct packet_process *any = client != NULL ? client : server;
	bool named = any != NULL && any->origin < ARRAY_LEN(origin_names);

	add_writer_process(c, client);
	add_writer_process(c, server);
	cells_name(c, named ? origin_names[any->origin] : NULL);
}

void flows_row(struct net_cells *c, const struct flow *f)
{
	add_identity(c, f);
	add_sizes(c, f);
	if (f->key.ip_proto == IP_TCP) {
		add_tcp(c->table, f);
	} else {
		add_not_tcp(c->table);
	}
	add_icmp(c->table, f);
	cells_words(c, f->flags, words, ARRAY_LEN(words));
	add_way(c, f);
	add_writer(c, f);
	cells_time(c, f->last_ns);
	cells_id(c, f->first_num);
	cells_id(c, f->last_num);
	cells_source(c);
}

static void flows_rows(struct net_cells *c)
{
	struct net_quality q;
	size_t count;
	const struct flow *const *rows = net_flows(c->net, &count);

	for (size_t i = 0; i < count; i++) {
		if (flow_passes(rows[i])) {
			flows_row(c, rows[i]);
		}
	}
	net_quality(c->net, &q);
	c->table->rows_dropped += q.flows_dropped;
}

static int flows_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return net_table(&flows_def, in, r, e, flows_rows);
}

const struct tap tap_flows = {
	.name = "flows",
	.help = "connections and other flows of packets",
	.order = TAP_FREE,
	.flows = true,
	.tables = flows_tables,
};
