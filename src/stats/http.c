/*
 * http.c - table `http`: one row per HTTP transaction found in the packets, with what the system calls know of it
 * (http_joined.c), and those that only the system calls show. No batches are read: the shards of src/net and src/join
 * have found them. Runs on the main thread at the end.
 *
 * A column is one row of columns[] and one call below, at the same place.
 */
#include "stats/http_joined.h"
#include "stats/passed.h"

static const struct column columns[] = {
	{ "time", COL_TIME, "", "First byte of the request; of the response where the request was not seen" },
	{ "client", COL_TEXT, "", "Address of who asked" },
	{ "server", COL_TEXT, "", "Address of who was asked" },
	{ "server_port", COL_U64, "id", "Port of the server" },
	{ "method", COL_TEXT, "", "Method of the request" },
	{ "host", COL_TEXT, "", "Host of the request, as sent: field Host, or :authority of HTTP/2" },
	{ "target", COL_TEXT, "", "Path and query, or whatever the request line has in that place" },
	{ "status", COL_U64, "id", "Status code of the final response" },
	{ "total", COL_DURATION, "ns", "First byte of the request to last byte of the response" },
	{ "time_to_first_byte", COL_DURATION, "ns",
	  "Last byte of the request to first byte of the response; unknown where the response began before" },
	{ "response_body", COL_BYTES, "bytes",
	  "Body of the response as transferred, without the framing of chunks; what was seen of it where flags say "
	  "response_open or response_unsure" },
	{ "response_type", COL_TEXT, "", "Content-Type of the response" },
	{ "request_body", COL_BYTES, "bytes",
	  "Body of the request as transferred, without the framing of chunks; what was seen of it where flags say "
	  "request_open or request_unsure" },
	{ "user_agent", COL_TEXT, "", "User-Agent of the request" },
	{ "referrer", COL_TEXT, "", "Referer of the request" },
	{ "forwarded", COL_TEXT, "", "Whom proxies name as the client: Forwarded or X-Forwarded-For of the request" },
	{ "request_type", COL_TEXT, "", "Content-Type of the request" },
	{ "reason", COL_TEXT, "", "Text after the status code" },
	{ "version", COL_TEXT, "", "HTTP version of the request; of the response where that was not seen" },
	{ "scheme", COL_TEXT, "", "http or https, where the request says so (HTTP/2)" },
	{ "server_software", COL_TEXT, "", "Server of the response" },
	{ "location", COL_TEXT, "", "Location of the response: where it sends the client" },
	{ "upgrade", COL_TEXT, "", "Protocol that a 101 changed to" },
	{ "client_frames", COL_U64, "", "WebSocket frames the client sent after an upgrade" },
	{ "server_frames", COL_U64, "", "WebSocket frames the server sent after an upgrade" },
	{ "end", COL_TIME, "", "Last byte of the response" },
	{ "request_duration", COL_DURATION, "ns", "First to last byte of the request" },
	{ "response_duration", COL_DURATION, "ns", "First to last byte of the response" },
	{ "request_head", COL_BYTES, "bytes", "Request line and fields; HTTP/2: as compressed" },
	{ "response_head", COL_BYTES, "bytes", "Status line and fields; HTTP/2: as compressed" },
	{ "request_length", COL_BYTES, "bytes", "Content-Length of the request, as declared" },
	{ "response_length", COL_BYTES, "bytes", "Content-Length of the response, as declared" },
	{ "flags", COL_TEXT, "",
	  "no_request, no_response: its head is not in the capture, or only in the calls, which then tell its words. request_cut, "
	  "response_cut: bytes of it are missing from the capture. request_open, response_open: its end was not seen before the "
	  "connection or the capture ended. "
	  "request_unsure, response_unsure: what says where it ends is missing: its end is taken to be the last byte before "
	  "the next message. chunked_request, chunked_response. "
	  "continue: a 100 came before. upgraded, connect: another protocol follows. pipelined: asked before the response "
	  "to the request before was complete. reset. pushed: by HTTP/2 server push. head_cut: not all of a head was captured or "
	  "kept: fields may be missing, the target may be cut. malformed. close_delimited: the body ends with the connection. "
	  "frames_cut: frames are counted up to where bytes were missing" },
	{ "stream", COL_U64, "id", "HTTP/2 stream; unknown for HTTP/1" },
	{ "depth", COL_U64, "id", "Which transaction of its connection this is, from 1" },
	{ "flow", COL_U64, "id", "Row of table flows with this number, source and section" },
	{ "client_port", COL_U64, "id", "Port of the client" },
	{ "request_packet", COL_U64, "id", "Number of the packet with the first byte of the request" },
	{ "request_last_packet", COL_U64, "id", "Number of the packet with the last byte of the request that was seen" },
	{ "response_packet", COL_U64, "id", "Number of the packet with the first byte of the response" },
	{ "response_last_packet", COL_U64, "id", "Number of the packet with the last byte of the response that was seen" },
	HTTP_JOINED_COLUMNS,
	SOURCE_COLUMNS,
};

const struct table_def http_def = {
	"http", "HTTP",
	"Every HTTP request and its response, on any port, with the processes that asked and served where system calls were "
	"captured too. Source and section are those of the packets, or of the calls where no packet shows it.",
	columns, ARRAY_LEN(columns),
};

/* Bits of no meaning in http.h, for what is missing. */
#define NO_REQUEST (1u << 30)
#define NO_RESPONSE (1u << 31)

static const struct flag_word words[] = {
	{ NO_REQUEST, "no_request" },
	{ NO_RESPONSE, "no_response" },
	{ HTTP_REQUEST_CUT, "request_cut" },
	{ HTTP_RESPONSE_CUT, "response_cut" },
	{ HTTP_REQUEST_OPEN, "request_open" },
	{ HTTP_RESPONSE_OPEN, "response_open" },
	{ HTTP_CHUNKED_REQUEST, "chunked_request" },
	{ HTTP_CHUNKED_RESPONSE, "chunked_response" },
	{ HTTP_CONTINUE, "continue" },
	{ HTTP_UPGRADED, "upgraded" },
	{ HTTP_CONNECT, "connect" },
	{ HTTP_PIPELINED, "pipelined" },
	{ HTTP_RESET, "reset" },
	{ HTTP_PUSHED, "pushed" },
	{ HTTP_HEAD_CUT, "head_cut" },
	{ HTTP_MALFORMED, "malformed" },
	{ HTTP_CLOSE_DELIMITED, "close_delimited" },
	{ HTTP_REQUEST_UNSURE, "request_unsure" },
	{ HTTP_RESPONSE_UNSURE, "response_unsure" },
	{ HTTP_FRAMES_CUT, "frames_cut" },
};

static const char *version_name(uint8_t version)
{
	switch (version) {
	case 9: return "0.9";
	case 10: return "1.0";
	case 11: return "1.1";
	case 20: return "2";
	default: return NULL;
	}
}

/* A message's last byte: known only where it came to its end. */
static uint64_t end_ns(const struct http_tx *x, const struct http_message *m, uint32_t seen,
		       uint32_t open)
{
	return (x->flags & seen) && !(x->flags & open) ? m->last_ns : 0;
}

static uint64_t asked_ns(const struct http_tx *x)
{
	return x->flags & HTTP_REQUEST ? x->request.first_ns : 0;
}

static uint64_t answered_ns(const struct http_tx *x)
{
	return x->flags & HTTP_RESPONSE ? x->response.first_ns : 0;
}

static uint64_t request_end_ns(const struct http_tx *x)
{
	return end_ns(x, &x->request, HTTP_REQUEST, HTTP_REQUEST_OPEN);
}

static uint64_t response_end_ns(const struct http_tx *x)
{
	return end_ns(x, &x->response, HTTP_RESPONSE, HTTP_RESPONSE_OPEN);
}

static void add_bytes(struct net_cells *c, bool known, uint64_t bytes)
{
	if (known) {
		table_bytes(c->table, bytes);
	} else {
		table_unknown(c->table);
	}
}

static void add_declared(struct net_cells *c, bool seen, uint64_t length)
{
	add_bytes(c, seen && length != UINT64_MAX, length);
}

/* The socket that a transaction seen by system calls alone went through, or NULL. */
static const struct sock *calls_sock(const struct http_joined *j)
{
	const struct exchange *x = j == NULL ? NULL : j->server != NULL ? j->server : j->client;

	return x != NULL ? x->sock : NULL;
}

static void add_end(struct net_cells *c, const struct http_tx *x, const struct http_joined *j, bool client)
{
	const struct sock *s = calls_sock(j);

	if (!c->of_calls || s == NULL) {
		cells_address(c, x->flow, client ? x->client : !x->client);
	} else {
		cells_sock_address(c, s, client ? sock_client(s) : !sock_client(s));
	}
}

static void add_end_port(struct net_cells *c, const struct http_tx *x, const struct http_joined *j, bool client)
{
	const struct sock *s = calls_sock(j);

	if (!c->of_calls || s == NULL) {
		cells_port(c, x->flow, client ? x->client : !x->client);
	} else {
		cells_sock_port(c, s, client ? sock_client(s) : !sock_client(s));
	}
}

static void add_who(struct net_cells *c, const struct http_tx *x, const struct http_joined *j)
{
	cells_time(c, x->flags & HTTP_REQUEST ? x->request.first_ns : x->response.first_ns);
	add_end(c, x, j, true);
	add_end(c, x, j, false);
	add_end_port(c, x, j, false);
}

static void add_what(struct net_cells *c, const struct http_tx *x)
{
	cells_text(c, x->method);
	cells_text(c, x->host);
	cells_text(c, x->target);
	cells_id(c, x->status);
	cells_span(c, asked_ns(x), response_end_ns(x));
	cells_span(c, request_end_ns(x), answered_ns(x));
	add_bytes(c, http_body_known(x, false), x->response.body_bytes);
	cells_text(c, x->response.content_type);
	add_bytes(c, http_body_known(x, true), x->request.body_bytes);
}

static void add_frames(struct net_cells *c, const struct http_tx *x)
{
	bool known = x->flags & HTTP_UPGRADED && x->frames[0] + x->frames[1] > 0;

	for (unsigned int i = 0; i < 2; i++) {
		if (known) {
			table_u64(c->table, x->frames[i]);
		} else {
			table_unknown(c->table);
		}
	}
}

static void add_fields(struct net_cells *c, const struct http_tx *x)
{
	cells_text(c, x->user_agent);
	cells_text(c, x->referrer);
	cells_text(c, x->forwarded);
	cells_text(c, x->request.content_type);
	cells_text(c, x->reason);
	cells_name(c, version_name(x->version));
	cells_text(c, x->scheme);
	cells_text(c, x->server);
	cells_text(c, x->location);
	cells_text(c, x->upgrade);
	add_frames(c, x);
}

static void add_course(struct net_cells *c, const struct http_tx *x)
{
	cells_time(c, response_end_ns(x));
	cells_span(c, asked_ns(x), request_end_ns(x));
	cells_span(c, answered_ns(x), response_end_ns(x));
	add_bytes(c, x->flags & HTTP_REQUEST && x->request.head_ns != 0, x->request.head_bytes);
	add_bytes(c, x->flags & HTTP_RESPONSE && x->response.head_ns != 0, x->response.head_bytes);
	add_declared(c, x->flags & HTTP_REQUEST, x->request.content_length);
	add_declared(c, x->flags & HTTP_RESPONSE, x->response.content_length);
}

/* Numbers of system calls are no numbers of packets. */
static void add_packet(struct net_cells *c, uint64_t num)
{
	cells_id(c, c->of_calls ? 0 : num);
}

static void add_place(struct net_cells *c, const struct http_tx *x, const struct http_joined *j)
{
	cells_id(c, x->stream);
	cells_id(c, x->depth);
	cells_flow(c, x->flow);
	add_end_port(c, x, j, true);
	add_packet(c, x->request.first_num);
	add_packet(c, x->flags & HTTP_REQUEST ? x->request.last_num : 0);
	add_packet(c, x->response.first_num);
	add_packet(c, x->flags & HTTP_RESPONSE ? x->response.last_num : 0);
}

/* The texts of the half that the packets lack, as the calls have them. Its times and lengths stay unknown: they are of
 * another clock, and of another capture. */
static void complete(struct http_tx *x, const struct http_tx *calls)
{
	if ((x->flags & HTTP_REQUEST) == 0 && (calls->flags & HTTP_REQUEST) != 0) {
		x->method = calls->method;
		x->host = calls->host;
		x->target = calls->target;
		x->scheme = calls->scheme;
		x->user_agent = calls->user_agent;
		x->referrer = calls->referrer;
		x->forwarded = calls->forwarded;
		x->request.content_type = calls->request.content_type;
	}
	if ((x->flags & HTTP_RESPONSE) == 0 && (calls->flags & HTTP_RESPONSE) != 0) {
		x->status = calls->status;
		x->reason = calls->reason;
		x->server = calls->server;
		x->location = calls->location;
		x->response.content_type = calls->response.content_type;
	}
}

static void add_row(struct net_cells *c, const struct http_tx *x, const struct http_joined *j)
{
	uint32_t flags = x->flags;

	flags |= x->flags & HTTP_REQUEST ? 0 : NO_REQUEST;
	flags |= x->flags & HTTP_RESPONSE ? 0 : NO_RESPONSE;
	c->of_calls = j != NULL && j->packets == NULL;
	add_who(c, x, j);
	add_what(c, x);
	add_fields(c, x);
	add_course(c, x);
	cells_words(c, flags, words, ARRAY_LEN(words));
	add_place(c, x, j);
	http_joined_cells(c, x, j);
	cells_source(c);
	c->of_calls = false;
}

void http_joined_row(struct net_cells *c, const struct http_tx *x, const struct http_joined *j)
{
	const struct http_tx *calls = j == NULL ? NULL : j->calls[0] != NULL ? j->calls[0] : j->calls[1];
	struct http_tx whole;

	if (calls == NULL || calls == x || (~x->flags & (HTTP_REQUEST | HTTP_RESPONSE)) == 0) {
		add_row(c, x, j);
		return;
	}
	whole = *x;
	complete(&whole, calls);
	add_row(c, &whole, j);
}

void http_row(struct net_cells *c, const struct http_tx *x)
{
	http_joined_row(c, x, NULL);
}

static void http_rows(struct net_cells *c)
{
	struct net_quality q;
	size_t count;
	const struct http_tx *const *rows = net_http(c->net, &count);

	for (size_t i = 0; i < count; i++) {
		if (http_passes(rows[i], c->section)) {
			http_row(c, rows[i]);
		}
	}
	net_quality(c->net, &q);
	c->table->rows_dropped += q.http_dropped;
}

static const struct http_tx *shown_tx(const struct http_ref *r)
{
	if (r->packets != NULL) {
		return r->packets;
	}
	return r->joined->calls[0] != NULL ? r->joined->calls[0] : r->joined->calls[1];
}

/* A transaction is shown by the clock of its own pair; others by that of their section. */
static const struct clock_pair *clock_of(const struct tap_input *in, const struct http_ref *r,
					 const struct clock_pair *of_section)
{
	const struct pair *p = r->joined != NULL ? r->joined->pair : NULL;
	const struct clock_pair *clocks;
	size_t count;

	if (p == NULL || r->packets == NULL) {
		return of_section;
	}
	clocks = join_clocks(in->join, &count);
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t at = p->clock[i == 0 ? !r->packets->client : r->packets->client];

		if (at < count && clocks[at].origin != CLOCK_UNKNOWN) {
			return &clocks[at];
		}
	}
	return of_section;
}

static void http_dropped(const struct tap_input *in, struct table *t)
{
	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			struct net_quality q;

			if (in->sources[i]->sections[k]->net != NULL) {
				net_quality(in->sources[i]->sections[k]->net, &q);
				t->rows_dropped += q.http_dropped;
			}
		}
	}
}

static int http_rows_joined(struct net_cells *c, const struct tap_input *in)
{
	const struct clock_pair *of_section = NULL;
	struct http_ref *refs;
	size_t count;
	int rc = http_refs_new(in, &refs, &count);

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct http_tx *x = shown_tx(&refs[i]);

		if (c->section != refs[i].section) {
			c->section = refs[i].section;
			of_section = section_clock(in, c->section);
		}
		c->clock = clock_of(in, &refs[i], of_section);
		http_joined_row(c, x, refs[i].joined);
	}
	if (rc == 0) {
		free(refs);
		http_dropped(in, c->table);
	}
	return rc;
}

static int http_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return in->join != NULL ? join_table(&http_def, in, r, e, http_rows_joined)
				: net_table(&http_def, in, r, e, http_rows);
}

const struct tap tap_http = {
	.name = "http",
	.help = "HTTP requests and their responses",
	.order = TAP_FREE,
	.flows = true,
	.join = true,
	.tables = http_tables,
};
