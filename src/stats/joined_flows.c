/*
 * joined_flows.c - table `joined_flows`: every flow with the sockets at its ends, the bytes by packets and by system
 * calls, and why they differ. Main thread, at the end.
 */
#include "state/state.h"
#include "stats/flow_walk.h"
#include "stats/join_cells.h"
#include "stats/passed.h"

/* Processes that share a socket, listed in one cell. */
#define USERS_SHOWN 8

#define SOCKET_COLUMNS(end) \
	WHO_COLUMNS(end "_", "that opened the " end "'s socket"), \
	{ end "_fd", COL_S64, "id", "File descriptor of the " end "'s socket" }, \
	{ end "_users", COL_TEXT, "", \
	  "Threads that used that socket, where there are several: name pid/tid, bytes received and sent by each" }, \
	{ end "_received", COL_BYTES, "bytes", "Received by the " end " by its system calls" }, \
	{ end "_sent", COL_BYTES, "bytes", "Sent by the " end " by its system calls" }, \
	{ end "_received_difference", COL_S64, "bytes", "Bytes by packets minus bytes received by calls" }, \
	{ end "_sent_difference", COL_S64, "bytes", "Bytes by packets minus bytes sent by calls" }, \
	{ end "_agree", COL_U64, "", "Places of equal offset where the payload is the same in both" }, \
	{ end "_differ", COL_U64, "", "Places of equal offset where it is not" }, \
	{ end "_clock", COL_U64, "id", "Row of table clock with this number" }, \
	{ end "_socket", COL_U64, "id", "Number of the socket in its section" }, \
	{ end "_event", COL_U64, "id", "Number of the first event on the socket" }, \
	{ end "_source", COL_TEXT, "", "Capture of the " end "'s system calls" }, \
	{ end "_section", COL_U64, "id", "Section of that source" }

static const struct column columns[] = {
	{ "time", COL_TIME, "", "First packet of the flow" },
	{ "protocol", COL_TEXT, "", "tcp or udp" },
	{ "client", COL_TEXT, "", "Address of who opened the connection" },
	{ "client_port", COL_U64, "id", "Its port" },
	{ "server", COL_TEXT, "", "Address of the other end" },
	{ "server_port", COL_U64, "id", "Its port" },
	{ "service", COL_TEXT, "", "Application protocol" },
	{ "match", COL_TEXT, "",
	  "What joins flow and socket: sequence numbers, exact; tuple and bytes; tuple, where no payload was captured on "
	  "one side; bytes behind NAT, a proposal, as the addresses differ" },
	{ "confidence", COL_U64, "percent", "How well that is proven" },
	{ "to_server", COL_BYTES, "bytes", "From client to server by packets: what was sent again counts once" },
	{ "to_client", COL_BYTES, "bytes", "From server to client by packets: what was sent again counts once" },
	{ "difference", COL_TEXT, "", "Why bytes by packets and by calls differ, or what was counted in a special way" },
	SOCKET_COLUMNS("client"),
	SOCKET_COLUMNS("server"),
	{ "flow", COL_U64, "id", "Row of table flows with this number, source and section" },
	{ "packet", COL_U64, "id", "Number of the flow's first packet" },
	SOURCE_COLUMNS,
};

const struct table_def joined_flows_def = {
	"joined_flows", "Flows with their processes",
	"Every flow whose socket is in the system calls, at one end or both. Source and section are those of the packets.",
	columns, ARRAY_LEN(columns),
};

/* ---- bytes and why they differ ------------------------------------------------------------------------ */

/* Distinct bytes of a direction. */
static uint64_t stream_bytes(const struct flow *f, unsigned int end)
{
	return f->key.ip_proto == IP_TCP ? f->side[end].stream_bytes : f->side[end].payload_bytes;
}

static void add_word(struct buf *b, const char *word, bool *io_any)
{
	buf_adds(b, *io_any ? ", " : "");
	buf_adds(b, word);
	*io_any = true;
}

/* Bytes by packets minus bytes by calls: what the alignment passes over because one of them lacks it counts too. */
static int64_t bytes_apart(const struct pair_side *side, unsigned int dir)
{
	return side->byte_difference[dir] + pair_shift(side, dir, side->sock->bytes[dir]);
}

/* The packets show more than the calls. */
static void explain_more(struct buf *b, const struct pair_side *side, unsigned int dir)
{
	const struct sock *s = side->sock;
	bool any = false;

	if (s->flags & SOCK_INHERITED) {
		add_word(b, "the system calls begin in the middle", &any);
	}
	if (s->flags & SOCK_DROPS) {
		add_word(b, "events were dropped", &any);
	}
	if (s->flags & SOCK_BLIND) {
		add_word(b, "bytes passed that no call shows", &any);
	}
	if (!any && side->piece_count[dir] > 0) {
		add_word(b, "calls in between are missing", &any);
	}
	if (!any) {
		add_word(b, dir == 1 ? "no reason known" : "not read by the process", &any);
	}
}

/* The calls show more than the packets. */
static void explain_less(struct buf *b, const struct flow *f, bool sent)
{
	bool any = false;

	if (f->flags & FLOW_START_MISSED) {
		add_word(b, "the packets begin in the middle", &any);
	}
	if (f->flags & (FLOW_EVICTED | FLOW_TIMED_OUT)) {
		add_word(b, "the flow was given up before its end", &any);
	}
	if (sent && flow_was_reset(f)) {
		add_word(b, "reset before all was sent", &any);
	}
	if (!any) {
		add_word(b, "packets are missing", &any);
	}
}

static void explain(struct buf *b, const struct pair *p, unsigned int end, unsigned int dir)
{
	const struct pair_side *side = &p->side[end];

	if (side->sock == NULL || !side->aligned[dir] || bytes_apart(side, dir) == 0) {
		return;
	}
	buf_adds(b, b->len > 0 ? "; " : "");
	buf_adds(b, end == p->flow->client ? "client" : "server");
	buf_adds(b, dir == 1 ? " sent: " : " received: ");
	if (bytes_apart(side, dir) > 0) {
		explain_more(b, side, dir);
	} else {
		explain_less(b, p->flow, dir == 1);
	}
}

static void explain_again(struct buf *b, const struct flow *f, unsigned int end)
{
	if (f->side[end].retransmitted_bytes > 0) {
		buf_printf(b, "%s%llu bytes of the %s were sent again and count once", b->len > 0 ? "; " : "",
			   (unsigned long long)f->side[end].retransmitted_bytes,
			   end == f->client ? "client" : "server");
	}
}

static void add_difference(struct net_cells *c, const struct pair *p)
{
	unsigned int client = p->flow->client;

	for (unsigned int i = 0; i < 2; i++) {
		explain(&c->scratch, p, i == 0 ? client : !client, 1);
		explain(&c->scratch, p, i == 0 ? client : !client, 0);
	}
	explain_again(&c->scratch, p->flow, client);
	explain_again(&c->scratch, p->flow, !client);
	cells_scratch(c);
}

/* ---- the sockets -------------------------------------------------------------------------------------- */

static void add_user(struct net_cells *c, const struct sock *s, const struct sock_user *u)
{
	const struct state *st = s->section->state;
	const struct process *p =
		st != NULL && u->process < state_process_count(st) ? state_process(st, u->process) : NULL;
	struct buf *b = &c->scratch;

	buf_adds(b, b->len > 0 ? "; " : "");
	if (p != NULL && p->comm->len > 0) {
		buf_add(b, p->comm->s, p->comm->len);
	} else {
		buf_adds(b, "?");
	}
	if (p != NULL && p->pid > 0) {
		buf_printf(b, " %lld/%lld", (long long)p->pid, (long long)u->tid);
	} else {
		buf_printf(b, " ?/%lld", (long long)u->tid);
	}
	buf_printf(b, " %llu received %llu sent", (unsigned long long)u->bytes[0], (unsigned long long)u->bytes[1]);
}

/* Where one thread used it there is nothing to share. */
static void add_users(struct net_cells *c, const struct sock *s)
{
	if (s->user_count < 2) {
		table_unknown(c->table);
		return;
	}
	for (uint32_t i = 0; i < s->user_count && i < USERS_SHOWN; i++) {
		add_user(c, s, &s->users[i]);
	}
	if (s->user_count > USERS_SHOWN) {
		buf_printf(&c->scratch, "; and %u more", s->user_count - USERS_SHOWN);
	}
	cells_scratch(c);
}

static void add_side_bytes(struct table *t, const struct pair_side *side)
{
	table_bytes(t, side->sock->bytes[0]);
	table_bytes(t, side->sock->bytes[1]);
	for (unsigned int dir = 0; dir < 2; dir++) {
		if (side->aligned[dir]) {
			table_s64(t, bytes_apart(side, dir));
		} else {
			table_unknown(t);
		}
	}
	table_u64(t, side->agree);
	table_u64(t, side->differ);
}

static void add_side(struct net_cells *c, const struct pair *p, unsigned int end)
{
	static const struct column side_columns[] = { SOCKET_COLUMNS("") };
	const struct sock *s = p->side[end].sock;
	const struct who w = sock_who(s);

	if (s == NULL) {
		for (size_t i = 0; i < ARRAY_LEN(side_columns); i++) {
			table_unknown(c->table);
		}
		return;
	}
	cells_who(c, &w);
	if (s->fd_num >= 0) {
		table_s64(c->table, s->fd_num);
	} else {
		table_unknown(c->table);
	}
	add_users(c, s);
	add_side_bytes(c->table, &p->side[end]);
	cells_ordinal(c, p->clock[end]);
	table_u64(c->table, s->id);
	cells_id(c, s->first_num);
	cells_section(c, s->section);
}

void joined_flows_row(struct net_cells *c, const struct pair *p)
{
	const struct flow *f = p->flow;
	struct table *t = c->table;

	c->section = p->packets;
	cells_time(c, f->first_ns);
	cells_name(c, ip_proto_name(f->key.ip_proto));
	cells_address(c, f, f->client);
	cells_port(c, f, f->client);
	cells_address(c, f, !f->client);
	cells_port(c, f, !f->client);
	cells_service(c, f);
	cells_name(c, match_reason_name(p->reason));
	table_u64(t, p->confidence);
	table_bytes(t, stream_bytes(f, f->client));
	table_bytes(t, stream_bytes(f, !f->client));
	add_difference(c, p);
	add_side(c, p, f->client);
	add_side(c, p, !f->client);
	cells_flow(c, f);
	cells_id(c, f->first_num);
	cells_source(c);
}

static bool pair_passes(const struct pair *p)
{
	return flow_passes(p->flow) || (p->side[0].sock != NULL && sock_passes(p->side[0].sock)) ||
	       (p->side[1].sock != NULL && sock_passes(p->side[1].sock));
}

static int joined_flows_rows(struct net_cells *c, const struct tap_input *in)
{
	const struct section *last = NULL;
	size_t count;
	const struct pair *pairs = join_pairs(in->join, &count);

	for (size_t i = 0; i < count; i++) {
		if (pairs[i].packets != last) {
			last = pairs[i].packets;
			c->clock = section_clock(in, last);
		}
		if (pair_passes(&pairs[i])) {
			joined_flows_row(c, &pairs[i]);
		}
	}
	return 0;
}

static int joined_flows_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return join_table(&joined_flows_def, in, r, e, joined_flows_rows);
}

const struct tap tap_joined_flows = {
	.name = "joined_flows",
	.help = "flows with the sockets and processes at their ends",
	.order = TAP_FREE,
	.flows = true,
	.join = true,
	.tables = joined_flows_tables,
};
