/*
 * http_join.c - HTTP transactions as both sides saw them. Reads the transactions of packets and of calls, the pairs of
 * flows and sockets, the knots and exchanges of sockets; makes the rows of struct http_joined: first those that are in
 * packets, in their order, then those in calls alone, by server's (then client's) socket. One thread, after matching.
 *
 * A place in a flow's stream is a place in the socket's (the pair's shift), which is a call. What packets and calls
 * found is the same transaction when the last byte of its request passed in the same call; where one call brought
 * several, in their order. Where the packets lack the request, it is when the same call began the response (read its
 * beginning).
 */
#include "join/join_internal.h"

#include "net/net.h"

/* What is known of one row's calls, while its connection is worked on. */
struct row_calls {
	struct call read, first_write, last_write;	/* server's */
	struct call asked;				/* client's: wrote the request's last byte */
	struct call answered;				/* client's: read the response's first byte, where the packets lack the request */
	size_t row;
};

struct http_work {
	struct join *j;
	struct call_txs calls;
	struct row_calls *rc;		/* owns; of the connection at hand */
	struct call_query *queries;	/* owns; three for each */
	size_t cap;
};

static int work_room(struct http_work *w, size_t n)
{
	size_t cap = n + n / 2 + 16;
	struct row_calls *rc;
	struct call_query *q;

	if (n > w->cap) {
		rc = realloc(w->rc, cap * sizeof(*rc));
		w->rc = rc != NULL ? rc : w->rc;
		q = realloc(w->queries, 3 * cap * sizeof(*q));
		w->queries = q != NULL ? q : w->queries;
		if (rc == NULL || q == NULL) {
			return ERR_NOMEM;
		}
		w->cap = cap;
	}
	memset(w->rc, 0, n * sizeof(*w->rc));
	return 0;
}

static struct call call_of(uint64_t num, uint64_t ts_ns)
{
	return (struct call){ num, ts_ns, 0, false };
}

/* There is room for all. */
static struct http_joined *row_new(struct http_work *w)
{
	struct http_joined *r = &w->j->http[w->j->http_count++];

	memset(r, 0, sizeof(*r));
	r->wire_to_read_ns = r->think_ns = r->write_to_wire_ns = UINT64_MAX;
	r->span = UINT32_MAX;
	return r;
}

/* ---- exchanges --------------------------------------------------------------------------------------------- */

static int by_call(const void *a, const void *b)
{
	const struct call_query *x = a;
	const struct call_query *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* Is the end of the connection the server's (client's) of this row? Rows of calls alone belong to one socket. */
static bool is_side(const struct http_joined *r, unsigned int end, bool server)
{
	return r->packets == NULL || (r->packets->client != end) == server;
}

static const struct row_calls *row_with(const struct call *c, bool server)
{
	size_t at = server ? offsetof(struct row_calls, read) : offsetof(struct row_calls, asked);

	return (const struct row_calls *)(const void *)((const char *)c - at);
}

/* Of each row whose request passed in a known call of s, the exchange that holds it. */
static void find_exchanges(struct http_work *w, const struct sock *s, size_t n, unsigned int end, bool server)
{
	const struct exchange *x = s->first_exchange;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct call *c = server ? &w->rc[i].read : &w->rc[i].asked;

		if (c->num != 0 && is_side(&w->j->http[w->rc[i].row], end, server)) {
			w->queries[count++] = (struct call_query){ c->num, c };
		}
	}
	qsort(w->queries, count, sizeof(*w->queries), by_call);
	for (size_t i = 0; i < count; i++) {
		struct http_joined *r = &w->j->http[row_with(w->queries[i].ret, server)->row];
		uint64_t num = w->queries[i].key;

		while (x != NULL && max_u64(x->last_num[0], x->last_num[1]) < num) {
			x = x->next;
		}
		if (x != NULL && x->first_num[0] != 0 && x->first_num[0] <= num) {
			*(server ? &r->server : &r->client) = x;
		}
	}
}

/* ---- times ------------------------------------------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Between two clocks: below zero it is not known. */
static uint64_t later_by(uint64_t a, uint64_t b)
{
	return a >= b ? a - b : UINT64_MAX;
}

static void fill_server(struct http_joined *r, const struct row_calls *rc, const struct sock *s)
{
	if (s->role != SOCK_CLIENT) {
		r->accept_num = s->open_num;
		r->accept_ns = s->open_ns;
	}
	r->read_num = rc->read.num;
	r->read_ns = rc->read.ts_ns;
	r->first_write_num = rc->first_write.num;
	r->first_write_ns = rc->first_write.ts_ns;
	r->last_write_num = rc->last_write.num;
	r->last_write_ns = rc->last_write.ts_ns;
	if (rc->read.ts_ns != 0 && rc->first_write.ts_ns != 0) {
		bool exact = rc->first_write.exact && rc->first_write.begin_ns != 0;

		r->think_ns = later(exact ? rc->first_write.begin_ns : rc->first_write.ts_ns, rc->read.ts_ns);
		r->think_bound = !exact;
	}
}

/* Delays between the wire and the server's process, where the clocks are known. */
static void fill_wire(const struct join *j, struct http_joined *r, const struct row_calls *rc, const struct sock *s)
{
	const struct clock_pair *clock = match_clock(j->match, s->section, r->pair->packets);
	const struct http_tx *tx = r->packets;
	uint64_t arrived;
	uint64_t left;

	if (clock == NULL || clock->origin == CLOCK_UNKNOWN) {
		return;
	}
	arrived = (tx->flags & HTTP_REQUEST) != 0 ? clock_to_calls(clock, tx->request.last_ns) : 0;
	left = (tx->flags & HTTP_RESPONSE) != 0 ? clock_to_calls(clock, tx->response.first_ns) : 0;
	if (arrived != 0 && rc->read.ts_ns != 0) {
		r->wire_to_read_ns = later_by(rc->read.ts_ns, arrived);
	}
	if (left != 0 && rc->first_write.begin_ns != 0) {
		r->write_to_wire_ns = later_by(left, rc->first_write.begin_ns);
		r->write_bound = !rc->first_write.exact;
	}
}

/* ---- transactions of packets ------------------------------------------------------------------------------- */

static void query(struct http_work *w, size_t *io_count, const struct pair *p, unsigned int end, unsigned int dir,
		  uint64_t offset, struct call *ret)
{
	uint64_t at;

	if (join_sock_offset(p, end, dir, offset, &at)) {
		w->queries[(*io_count)++] = (struct call_query){ at, ret };
	}
}

static void find_server_calls(struct http_work *w, const struct pair *p, unsigned int end, size_t n)
{
	const struct sock *s = p->side[end].sock;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct http_tx *tx = w->j->http[w->rc[i].row].packets;

		if ((tx->flags & HTTP_REQUEST) != 0 && tx->client != end && tx->request.end > tx->request.start) {
			query(w, &count, p, end, 0, tx->request.end - 1, &w->rc[i].read);
		}
	}
	calls_at(&s->knots[0], w->queries, count);
	count = 0;
	for (size_t i = 0; i < n; i++) {
		const struct http_tx *tx = w->j->http[w->rc[i].row].packets;

		if ((tx->flags & HTTP_RESPONSE) != 0 && tx->client != end && tx->response.end > tx->response.start) {
			query(w, &count, p, end, 1, tx->response.start, &w->rc[i].first_write);
			query(w, &count, p, end, 1, tx->response.end - 1, &w->rc[i].last_write);
		}
	}
	calls_at(&s->knots[1], w->queries, count);
}

static void find_client_calls(struct http_work *w, const struct pair *p, unsigned int end, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct http_tx *tx = w->j->http[w->rc[i].row].packets;

		if ((tx->flags & HTTP_REQUEST) != 0 && tx->client == end && tx->request.end > tx->request.start) {
			query(w, &count, p, end, 1, tx->request.end - 1, &w->rc[i].asked);
		}
	}
	calls_at(&p->side[end].sock->knots[1], w->queries, count);
	count = 0;
	for (size_t i = 0; i < n; i++) {
		const struct http_tx *tx = w->j->http[w->rc[i].row].packets;

		if ((tx->flags & HTTP_REQUEST) == 0 && tx->client == end && tx->response.end > tx->response.start) {
			query(w, &count, p, end, 0, tx->response.start, &w->rc[i].answered);
		}
	}
	calls_at(&p->side[end].sock->knots[0], w->queries, count);
}

/* What was answered by one call alone: that call tells the transaction. */
static bool is_answer_of(const struct call_tx *rows, size_t count, size_t at, uint64_t num, bool server)
{
	const struct call_tx *t = &rows[at];

	return t->server == server && (t->tx->flags & HTTP_REQUEST) != 0 && (t->tx->flags & HTTP_RESPONSE) != 0 &&
	       t->tx->response.first_num == num && (at == 0 || rows[at - 1].tx->response.first_num != num) &&
	       (at + 1 == count || rows[at + 1].tx->response.first_num != num);
}

/* Rows whose request the packets lack: the calls of s know it by the response. (In the order of rows they may stand
 * anywhere.) */
static void find_lost_requests(struct http_work *w, const struct sock *s, size_t n, unsigned int end, bool server)
{
	size_t number = join_sock_number(w->j, s);
	struct call_tx *rows = w->calls.rows + w->calls.first[number];
	size_t count = w->calls.first[number + 1] - w->calls.first[number];
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		struct http_joined *r = &w->j->http[w->rc[i].row];
		const struct http_tx *tx = r->packets;
		uint64_t num = server ? w->rc[i].first_write.num : w->rc[i].answered.num;

		if ((tx->flags & HTTP_REQUEST) != 0 || (tx->client != end) != server || num == 0) {
			continue;
		}
		while (at < count && rows[at].tx->response.first_num < num) {
			at++;
		}
		if (at < count && is_answer_of(rows, count, at, num, server)) {
			r->calls[server ? 0 : 1] = rows[at].tx;
			rows[at].used = true;
			*(server ? &w->rc[i].read : &w->rc[i].asked) =
				call_of(rows[at].tx->request.last_num, rows[at].tx->request.last_ns);
		}
	}
}

/* Rows whose response the packets lack, after take_calls. */
static void find_lost_responses(struct http_work *w, const struct sock *s, size_t n, unsigned int end)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct http_joined *r = &w->j->http[w->rc[i].row];
		const struct http_tx *tx = r->calls[0];

		if ((r->packets->flags & HTTP_RESPONSE) == 0 && r->packets->client != end && tx != NULL &&
		    (tx->flags & HTTP_RESPONSE) != 0) {
			w->rc[i].first_write = call_of(tx->response.first_num, tx->response.first_ns);
			w->rc[i].last_write = call_of(tx->response.last_num, tx->response.last_ns);
			w->queries[count++] = (struct call_query){ tx->response.first_num, &w->rc[i].first_write };
		}
	}
	calls_numbered(&s->knots[1], w->queries, count);
}

/* Gives the rows at hand the transactions that the calls of s hold. */
static void take_calls(struct http_work *w, const struct sock *s, size_t n, unsigned int side, bool server)
{
	size_t number = join_sock_number(w->j, s);
	size_t at = w->calls.first[number];
	size_t end = w->calls.first[number + 1];
	size_t i = 0;

	while (i < n && at < end) {
		uint64_t num = server ? w->rc[i].read.num : w->rc[i].asked.num;
		struct call_tx *t = &w->calls.rows[at];

		if (num == 0 || !is_side(&w->j->http[w->rc[i].row], side, server) ||
		    w->j->http[w->rc[i].row].calls[server ? 0 : 1] != NULL) {
			i++;
		} else if (t->server != server || t->used || (t->tx->flags & HTTP_REQUEST) == 0 ||
			   t->tx->request.last_num < num) {
			at++;
		} else if (t->tx->request.last_num > num) {
			i++;
		} else {
			w->j->http[w->rc[i].row].calls[server ? 0 : 1] = t->tx;
			t->used = true;
			i++;
			at++;
		}
	}
}

/* Rows of one flow: w->rc holds n. */
static void join_flow(struct http_work *w, const struct pair *p, size_t n)
{
	for (unsigned int end = 0; end < 2; end++) {
		const struct sock *s = p->side[end].sock;

		if (s == NULL) {
			continue;
		}
		find_server_calls(w, p, end, n);
		find_client_calls(w, p, end, n);
		for (unsigned int server = 0; server < 2; server++) {
			find_lost_requests(w, s, n, end, server != 0);
			find_exchanges(w, s, n, end, server != 0);
			take_calls(w, s, n, end, server != 0);
		}
		find_lost_responses(w, s, n, end);
		for (size_t i = 0; i < n; i++) {
			struct http_joined *r = &w->j->http[w->rc[i].row];

			if (r->packets->client != end) {
				fill_server(r, &w->rc[i], s);
				fill_wire(w->j, r, &w->rc[i], s);
			}
		}
	}
}

struct flow_row {
	uint32_t flow;
	size_t row;
};

static int by_flow(const void *a, const void *b)
{
	const struct flow_row *x = a;
	const struct flow_row *y = b;

	if (x->flow != y->flow) {
		return x->flow < y->flow ? -1 : 1;
	}
	return (x->row > y->row) - (x->row < y->row);
}

static int join_flows(struct http_work *w, struct flow_row *rows, size_t count)
{
	int rc = 0;

	qsort(rows, count, sizeof(*rows), by_flow);
	for (size_t i = 0; i < count && rc == 0;) {
		const struct pair *p = w->j->http[rows[i].row].pair;
		size_t n = 1;

		while (i + n < count && rows[i + n].flow == rows[i].flow) {
			n++;
		}
		if (p != NULL) {
			rc = work_room(w, n);
			for (size_t k = 0; k < n && rc == 0; k++) {
				w->rc[k].row = rows[i + k].row;
			}
			if (rc == 0) {
				join_flow(w, p, n);
			}
		}
		i += n;
	}
	return rc;
}

static int join_packets(struct http_work *w, const struct net *net)
{
	size_t count;
	const struct http_tx *const *tx = net_http(net, &count);
	struct flow_row *rows = malloc((count + 1) * sizeof(*rows));
	int rc = rows != NULL ? 0 : ERR_NOMEM;

	for (size_t i = 0; i < count && rc == 0; i++) {
		struct http_joined *r = row_new(w);

		r->packets = tx[i];
		r->pair = match_pair_of_flow(w->j->match, tx[i]->flow);
		rows[i] = (struct flow_row){ tx[i]->flow->id, w->j->http_count - 1 };
	}
	if (rc == 0) {
		rc = join_flows(w, rows, count);
	}
	free(rows);
	return rc;
}

/* ---- transactions of calls alone --------------------------------------------------------------------------- */

static bool same_text(const struct text *a, const struct text *b)
{
	return a == b || (a != NULL && b != NULL && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* Both ends' views of one request. */
static bool same_request(const struct call_tx *server, const struct call_tx *client)
{
	bool whole = ((server->sock->flags | client->sock->flags) & (SOCK_INHERITED | SOCK_SHARED | SOCK_DROPS)) == 0;

	if ((client->tx->flags & HTTP_REQUEST) == 0 || client->server || client->used) {
		return false;
	}
	return (!whole || server->tx->request.start == client->tx->request.start) &&
	       server->tx->stream == client->tx->stream && same_text(server->tx->method, client->tx->method) &&
	       same_text(server->tx->target, client->tx->target);
}

/* How many of the other end's transactions are looked at for each. */
#define LOOK_AHEAD 16

static struct call_tx *client_view(const struct http_work *w, const struct call_tx *t, const struct sock *other,
				   size_t *io_at)
{
	size_t number = join_sock_number(w->j, other);
	size_t end = w->calls.first[number + 1];

	if (*io_at < w->calls.first[number] || *io_at > end) {
		*io_at = w->calls.first[number];
	}
	for (size_t i = *io_at; i < end && i < *io_at + LOOK_AHEAD; i++) {
		if (same_request(t, &w->calls.rows[i])) {
			*io_at = i + 1;
			return &w->calls.rows[i];
		}
	}
	return NULL;
}

/* A row for each transaction of s that has none; then their calls and exchanges. */
static int join_server_calls(struct http_work *w, size_t from, size_t to)
{
	const struct sock *s = w->calls.rows[from].sock;
	const struct sock *other = join_other_end(w->j, s);
	size_t at = SIZE_MAX;
	size_t n = 0;
	int rc = work_room(w, to - from);

	for (size_t i = from; i < to && rc == 0; i++) {
		struct call_tx *t = &w->calls.rows[i];
		const struct http_tx *tx = t->tx;
		struct call_tx *client;
		struct http_joined *r;

		if (t->used || !t->server) {
			continue;
		}
		r = row_new(w);
		t->used = true;
		r->calls[0] = tx;
		r->pair = match_pair_of_sock(w->j->match, s);
		client = other != NULL ? client_view(w, t, other, &at) : NULL;
		if (client != NULL) {
			client->used = true;
			r->calls[1] = client->tx;
			w->rc[n].asked = call_of(client->tx->request.last_num, client->tx->request.last_ns);
		}
		w->rc[n].row = w->j->http_count - 1;
		if ((tx->flags & HTTP_REQUEST) != 0) {
			w->rc[n].read = call_of(tx->request.last_num, tx->request.last_ns);
		}
		if ((tx->flags & HTTP_RESPONSE) != 0) {
			w->rc[n].first_write = call_of(tx->response.first_num, tx->response.first_ns);
			w->rc[n].last_write = call_of(tx->response.last_num, tx->response.last_ns);
		}
		n++;
	}
	if (rc != 0 || n == 0) {
		return rc;
	}
	for (size_t i = 0; i < n; i++) {
		w->queries[i] = (struct call_query){ w->rc[i].first_write.num, &w->rc[i].first_write };
	}
	calls_numbered(&s->knots[1], w->queries, n);
	find_exchanges(w, s, n, 0, true);
	if (other != NULL) {
		find_exchanges(w, other, n, 0, false);
	}
	for (size_t i = 0; i < n; i++) {
		fill_server(&w->j->http[w->rc[i].row], &w->rc[i], s);
	}
	return 0;
}

static int join_client_calls(struct http_work *w, size_t from, size_t to)
{
	size_t n = 0;
	int rc = work_room(w, to - from);

	for (size_t i = from; i < to && rc == 0; i++) {
		struct call_tx *t = &w->calls.rows[i];
		struct http_joined *r;

		if (t->used || t->server) {
			continue;
		}
		r = row_new(w);
		t->used = true;
		r->calls[1] = t->tx;
		r->pair = match_pair_of_sock(w->j->match, t->sock);
		w->rc[n].row = w->j->http_count - 1;
		if ((t->tx->flags & HTTP_REQUEST) != 0) {
			w->rc[n].asked = call_of(t->tx->request.last_num, t->tx->request.last_ns);
		}
		n++;
	}
	if (rc == 0 && n > 0) {
		find_exchanges(w, w->calls.rows[from].sock, n, 0, false);
	}
	return rc;
}

static int join_calls(struct http_work *w, int (*join)(struct http_work *, size_t, size_t))
{
	int rc = 0;

	for (size_t i = 0; i < w->calls.count && rc == 0;) {
		size_t end = i + 1;

		while (end < w->calls.count && w->calls.rows[end].sock == w->calls.rows[i].sock) {
			end++;
		}
		rc = join(w, i, end);
		i = end;
	}
	return rc;
}

/* ---- all --------------------------------------------------------------------------------------------------- */

/* A row for each transaction at most. */
static int make_rows(struct http_work *w)
{
	struct join *j = w->j;
	size_t rows = w->calls.count + 1;

	for (uint32_t i = 0; i < j->source_count; i++) {
		for (uint32_t k = 0; k < j->sources[i]->section_count; k++) {
			const struct net *net = j->sources[i]->sections[k]->net;
			size_t count = 0;

			if (net != NULL) {
				net_http(net, &count);
			}
			rows += count;
		}
	}
	j->http = large_alloc(rows * sizeof(*j->http));
	return j->http != NULL ? 0 : ERR_NOMEM;
}

int http_join(struct join *j)
{
	struct http_work w = { j, { NULL, 0, NULL }, NULL, NULL, 0 };
	int rc = call_txs_new(j, &w.calls);

	if (rc == 0) {
		rc = make_rows(&w);
	}

	for (uint32_t i = 0; i < j->source_count && rc == 0; i++) {
		const struct source *src = j->sources[i];

		for (uint32_t k = 0; k < src->section_count && rc == 0; k++) {
			rc = src->sections[k]->net != NULL ? join_packets(&w, src->sections[k]->net) : 0;
		}
	}
	if (rc == 0) {
		rc = join_calls(&w, join_server_calls);
	}
	if (rc == 0) {
		rc = join_calls(&w, join_client_calls);
	}
	call_txs_release(&w.calls);
	free(w.rc);
	free(w.queries);
	return rc;
}
