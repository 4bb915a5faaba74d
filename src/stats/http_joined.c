/*
 * http_joined.c - see http_joined.h: what the system calls tell about an HTTP transaction. Main thread, at the end.
 */
#include "stats/http_joined.h"

/* The socket of the end that asked, or of the one that answered. */
static const struct sock *sock_of(const struct http_tx *x, const struct http_joined *j, bool server)
{
	const struct exchange *e = server ? j->server : j->client;

	if (e != NULL) {
		return e->sock;
	}
	if (j->pair == NULL || j->packets == NULL) {
		return NULL;
	}
	return j->pair->side[server ? !x->client : x->client].sock;
}

/* Without its exchange the socket still tells the process, but not which thread it was. */
static void add_who(struct net_cells *c, const struct http_tx *x, const struct http_joined *j, bool server)
{
	const struct exchange *e = server ? j->server : j->client;
	struct who w;

	if (e != NULL) {
		w = exchange_who(e, server && !(e->flags & EXCHANGE_NO_RESPONSE) ? 1 : 0);
	} else {
		w = sock_who(sock_of(x, j, server));
		w.tid = -1;
	}
	cells_who(c, &w);
}

static void add_times(struct net_cells *c, const struct http_joined *j)
{
	cells_call_time(c, j->accept_ns);
	cells_call_time(c, j->read_ns);
	cells_call_time(c, j->first_write_ns);
	cells_call_time(c, j->last_write_ns);
	cells_duration(c, j->wire_to_read_ns, j->wire_bound);
	cells_duration(c, j->think_ns, j->think_bound);
	cells_duration(c, j->write_to_wire_ns, j->write_bound);
}

static void add_match(struct net_cells *c, const struct http_joined *j)
{
	if (j->pair != NULL) {
		cells_name(c, match_reason_name(j->pair->reason));
		table_u64(c->table, j->pair->confidence);
	} else {
		table_unknown(c->table);
		table_unknown(c->table);
	}
}

static void add_calls(struct net_cells *c, const struct http_tx *x, const struct http_joined *j)
{
	const struct sock *s = sock_of(x, j, true);

	s = s != NULL ? s : sock_of(x, j, false);
	if (s != NULL) {
		cells_section(c, s->section);
	} else {
		table_unknown(c->table);
		table_unknown(c->table);
	}
}

static void add_unknown(struct net_cells *c)
{
	static const struct column columns[] = { HTTP_JOINED_COLUMNS };

	for (size_t i = 1; i < ARRAY_LEN(columns); i++) {
		table_unknown(c->table);
	}
}

static const char *seen_in(const struct http_joined *j)
{
	if (j == NULL || (j->calls[0] == NULL && j->calls[1] == NULL && j->server == NULL && j->client == NULL)) {
		return "packets";
	}
	return j->packets != NULL ? "both" : "syscalls";
}

void http_joined_cells(struct net_cells *c, const struct http_tx *x, const struct http_joined *j)
{
	cells_name(c, seen_in(j));
	if (j == NULL) {
		add_unknown(c);
		return;
	}
	add_who(c, x, j, true);
	add_who(c, x, j, false);
	add_times(c, j);
	cells_waits(c, j->server != NULL ? j->server : j->client);
	cells_id(c, j->accept_num);
	cells_id(c, j->read_num);
	cells_id(c, j->first_write_num);
	cells_id(c, j->last_write_num);
	cells_ordinal(c, j->span);
	add_match(c, j);
	add_calls(c, x, j);
	table_time(c->table, j->packets != NULL && c->clock != NULL
				     ? (x->flags & HTTP_REQUEST ? x->request.first_ns : x->response.first_ns) : 0);
}
