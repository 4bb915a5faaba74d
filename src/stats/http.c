/*
 * http.c - table `http`: one row per HTTP transaction found in the packets. No batches are read: the shards of src/net have
 * found them. Runs on the main thread at the end.
 *
 * A column is one row of columns[] and one call below, at the same place.
 */
#include "stats/net_cells.h"

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
	{ "response_body", COL_BYTES, "bytes", "Body of the response as transferred, without the framing of chunks" },
	{ "response_type", COL_TEXT, "", "Content-Type of the response" },
	{ "request_body", COL_BYTES, "bytes", "Body of the request as transferred, without the framing of chunks" },
	{ "user_agent", COL_TEXT, "", "User-Agent of the request" },
	{ "referrer", COL_TEXT, "", "Referer of the request" },
	{ "forwarded", COL_TEXT, "", "Whom proxies name as the client: Forwarded or X-Forwarded-For of the request" },
	{ "request_type", COL_TEXT, "", "Content-Type of the request" },
	{ "reason", COL_TEXT, "", "Text after the status code" },
	{ "version", COL_TEXT, "", "HTTP version of the request; of the response where the request was not seen" },
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
	  "no_request, no_response: not in the capture. request_cut, response_cut: bytes of it are missing from the capture. "
	  "request_open, response_open: the connection or the capture ended before it did. chunked_request, chunked_response. "
	  "continue: a 100 came before. upgraded, connect: another protocol follows. pipelined: asked before the response "
	  "to the request before was complete. reset. pushed: by HTTP/2 server push. head_cut: longer than is kept. malformed. "
	  "close_delimited: the body ends with the connection" },
	{ "stream", COL_U64, "id", "HTTP/2 stream; unknown for HTTP/1" },
	{ "depth", COL_U64, "id", "Which transaction of its connection this is, from 1" },
	{ "flow", COL_U64, "id", "Row of table flows with this number, source and section" },
	{ "client_port", COL_U64, "id", "Port of the client" },
	{ "request_packet", COL_U64, "id", "Number of the packet with the first byte of the request" },
	{ "request_last_packet", COL_U64, "id", "Number of the packet with the last byte of the request" },
	{ "response_packet", COL_U64, "id", "Number of the packet with the first byte of the response" },
	{ "response_last_packet", COL_U64, "id", "Number of the packet with the last byte of the response" },
	SOURCE_COLUMNS,
};

const struct table_def http_def = {
	"http", "HTTP",
	"Every HTTP request and its response, on any port, with times as in the packets.",
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

static void add_who(struct net_cells *c, const struct http_tx *x)
{
	table_time(c->table, x->flags & HTTP_REQUEST ? x->request.first_ns : x->response.first_ns);
	cells_address(c, x->flow, x->client);
	cells_address(c, x->flow, !x->client);
	cells_port(c, x->flow, !x->client);
}

static void add_what(struct net_cells *c, const struct http_tx *x)
{
	cells_text(c, x->method);
	cells_text(c, x->host);
	cells_text(c, x->target);
	cells_id(c, x->status);
	cells_span(c, asked_ns(x), response_end_ns(x));
	cells_span(c, request_end_ns(x), answered_ns(x));
	add_bytes(c, x->flags & HTTP_RESPONSE, x->response.body_bytes);
	cells_text(c, x->response.content_type);
	add_bytes(c, x->flags & HTTP_REQUEST, x->request.body_bytes);
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
	table_time(c->table, response_end_ns(x));
	cells_span(c, asked_ns(x), request_end_ns(x));
	cells_span(c, answered_ns(x), response_end_ns(x));
	add_bytes(c, x->flags & HTTP_REQUEST, x->request.head_bytes);
	add_bytes(c, x->flags & HTTP_RESPONSE, x->response.head_bytes);
	add_declared(c, x->flags & HTTP_REQUEST, x->request.content_length);
	add_declared(c, x->flags & HTTP_RESPONSE, x->response.content_length);
}

static void add_place(struct net_cells *c, const struct http_tx *x)
{
	cells_id(c, x->stream);
	cells_id(c, x->depth);
	cells_flow(c, x->flow);
	cells_port(c, x->flow, x->client);
	cells_id(c, x->request.first_num);
	cells_id(c, x->request.last_num);
	cells_id(c, x->response.first_num);
	cells_id(c, x->response.last_num);
	cells_source(c);
}

void http_row(struct net_cells *c, const struct http_tx *x)
{
	uint32_t flags = x->flags;

	flags |= x->flags & HTTP_REQUEST ? 0 : NO_REQUEST;
	flags |= x->flags & HTTP_RESPONSE ? 0 : NO_RESPONSE;
	add_who(c, x);
	add_what(c, x);
	add_fields(c, x);
	add_course(c, x);
	cells_words(c, flags, words, ARRAY_LEN(words));
	add_place(c, x);
}

static void http_rows(struct net_cells *c)
{
	struct net_quality q;
	size_t count;
	const struct http_tx *const *rows = net_http(c->net, &count);

	for (size_t i = 0; i < count; i++) {
		http_row(c, rows[i]);
	}
	net_quality(c->net, &q);
	c->table->rows_dropped += q.http_dropped;
}

static int http_tables(void *st, const struct tap_input *in, struct report *r, struct err *e)
{
	UNUSED_ARG(st);
	return net_table(&http_def, in, r, e, http_rows);
}

const struct tap tap_http = {
	.name = "http",
	.help = "HTTP requests and their responses",
	.order = TAP_FREE,
	.flows = true,
	.tables = http_tables,
};
