/*
 * test_stats_http.c - the table of HTTP transactions: cells of transactions made by hand, and of packets built here.
 * What is expected was put in.
 */
#include "mkcells.h"
#include "mkpkt.h"

#define T0 UINT64_C(1700000000000000000)

/* A POST and its answer, everything known. */
static void whole(struct mkcells *m, struct flow *f, struct http_tx *x)
{
	memset(x, 0, sizeof(*x));
	mkcells_flow(f, IP_TCP, 8080, 7);
	x->flow = f;
	x->client = 1;
	x->flags = HTTP_REQUEST | HTTP_RESPONSE;
	x->depth = 3;
	x->version = 11;
	x->status = 302;
	x->method = mkcells_text(m, "POST");
	x->target = mkcells_text(m, "/login?a=b");
	x->host = mkcells_text(m, "shop.example:8080");
	x->reason = mkcells_text(m, "Found");
	x->user_agent = mkcells_text(m, "curl/7.88.1");
	x->referrer = mkcells_text(m, "http://shop.example/");
	x->server = mkcells_text(m, "nginx");
	x->location = mkcells_text(m, "/home");
	x->forwarded = mkcells_text(m, "192.0.2.1");
	x->request = (struct http_message){ .first_ns = T0, .last_ns = T0 + 50, .first_num = 4, .last_num = 6, .head_ns = T0 + 40, .head_bytes = 200,
					    .body_bytes = 30, .content_length = 30,
					    .content_type = mkcells_text(m, "application/json") };
	x->response = (struct http_message){ .first_ns = T0 + 170, .last_ns = T0 + 1170, .first_num = 8, .last_num = 12,
					     .head_ns = T0 + 180, .head_bytes = 150, .body_bytes = 4000, .content_length = UINT64_MAX,
					     .content_type = mkcells_text(m, "text/html; charset=utf-8") };
}

static void test_stats_http_whole(void)
{
	static const struct {
		const char *column;
		uint64_t want;
	} numbers[] = {
		{ "time", T0 }, { "end", T0 + 1170 }, { "client_port", 40000 }, { "server_port", 8080 }, { "status", 302 },
		{ "request_head", 200 }, { "request_body", 30 }, { "request_length", 30 },
		{ "response_head", 150 }, { "response_body", 4000 },
		{ "time_to_first_byte", 120 }, { "total", 1170 }, { "request_duration", 50 }, { "response_duration", 1000 },
		{ "depth", 3 }, { "flow", 7 }, { "request_packet", 4 }, { "request_last_packet", 6 },
		{ "response_packet", 8 }, { "response_last_packet", 12 }, { "section", 2 },
	};
	static const struct {
		const char *column, *want;
	} texts[] = {
		{ "client", "10.0.0.2" }, { "server", "10.0.0.1" }, { "method", "POST" }, { "host", "shop.example:8080" },
		{ "target", "/login?a=b" }, { "version", "1.1" }, { "reason", "Found" }, { "user_agent", "curl/7.88.1" },
		{ "referrer", "http://shop.example/" }, { "server_software", "nginx" }, { "location", "/home" },
		{ "forwarded", "192.0.2.1" }, { "request_type", "application/json" },
		{ "response_type", "text/html; charset=utf-8" }, { "flags", "" }, { "source", "web.pcapng" },
	};
	static const char *const unknown[] = { "scheme", "upgrade", "client_frames", "server_frames", "response_length",
					       "stream", NULL };
	struct mkcells m;
	struct http_tx x;
	struct flow f;

	mkcells_init(&m, &http_def);
	whole(&m, &f, &x);
	http_row(&m.cells, &x);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		CU_ASSERT_EQUAL(run_num(m.t, 0, numbers[i].column), numbers[i].want);
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CU_ASSERT_TRUE(run_text_is(m.t, 0, texts[i].column, texts[i].want));
	}
	mkcells_unknown(m.t, 0, unknown);
	mkcells_release(&m);
}

/* One half missing: everything of it is unknown, whatever its fields hold; the other half's are known. */
static void test_stats_http_halves(void)
{
	static const char *const response[] = { "status", "response_head", "response_body", "response_length", "response_duration",
						"time_to_first_byte", "total", "end", "response_packet", "response_last_packet",
						NULL };
	static const char *const request[] = {
		"request_head", "request_body", "request_length", "request_duration",    "time_to_first_byte",
		"total",        "method",       "request_packet", "request_last_packet", NULL
	};
	static const struct http_message none;
	struct mkcells m;
	struct http_tx x;
	struct flow f;

	mkcells_init(&m, &http_def);
	whole(&m, &f, &x);
	x.flags = HTTP_REQUEST;
	x.status = 0;
	x.response = none;
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 0, response);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "request_duration"), 50);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "flags", "no_response"));
	whole(&m, &f, &x);
	x.flags = HTTP_RESPONSE;
	x.method = NULL;
	x.request = none;
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 1, request);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "time"), T0 + 170);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "response_duration"), 1000);
	CU_ASSERT_TRUE(run_text_is(m.t, 1, "flags", "no_request"));
	mkcells_release(&m);
}

/* A message that did not end has no last byte; a response may begin before the request has ended. */
static void test_stats_http_open(void)
{
	static const char *const response[] = { "response_duration", "total", "end", NULL };
	static const char *const request[] = { "request_duration", "time_to_first_byte", NULL };
	struct mkcells m;
	struct http_tx x;
	struct flow f;

	mkcells_init(&m, &http_def);
	whole(&m, &f, &x);
	x.flags |= HTTP_RESPONSE_OPEN | HTTP_RESPONSE_CUT;
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 0, response);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "time_to_first_byte"), 120);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "response_body"), 4000);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "flags", "response_cut, response_open"));
	whole(&m, &f, &x);
	x.flags |= HTTP_REQUEST_OPEN;
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 1, request);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "total"), 1170);
	whole(&m, &f, &x);
	x.response.first_ns = x.request.last_ns - 1;
	http_row(&m.cells, &x);
	CU_ASSERT_TRUE(run_unknown(m.t, 2, "time_to_first_byte"));
	CU_ASSERT_EQUAL(run_num(m.t, 2, "total"), 1170);
	mkcells_release(&m);
}

/* What was not seen or counted is unknown, not nought; what was counted of it is told, with a word. */
static void test_stats_http_cut(void)
{
	static const char *const request[] = { "request_head", "request_body", NULL };
	static const char *const response[] = { "response_head", "response_body", NULL };
	static const char *const bodies[] = { "response_body", "request_body", NULL };
	static const char *const packet[] = { "response_body", "response_last_packet", "end", NULL };
	struct mkcells m;
	struct http_tx x;
	struct flow f;

	mkcells_init(&m, &http_def);
	/* Heads that were cut. */
	whole(&m, &f, &x);
	x.request.head_ns = x.request.head_bytes = x.request.body_bytes = 0;
	x.response.head_ns = x.response.head_bytes = x.response.body_bytes = 0;
	x.flags |= HTTP_HEAD_CUT | HTTP_REQUEST_UNSURE | HTTP_RESPONSE_UNSURE;
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 0, request);
	mkcells_unknown(m.t, 0, response);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "flags", "head_cut, request_unsure, response_unsure"));
	/* Bodies of which nothing was counted. */
	whole(&m, &f, &x);
	x.request.body_bytes = x.response.body_bytes = 0;
	x.flags |= HTTP_REQUEST_OPEN | HTTP_RESPONSE_UNSURE;
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 1, bodies);
	CU_ASSERT_EQUAL(run_num(m.t, 1, "response_head"), 150);
	/* The same, and something was. */
	x.request.body_bytes = 1;
	x.response.body_bytes = 2;
	http_row(&m.cells, &x);
	CU_ASSERT_EQUAL(run_num(m.t, 2, "request_body"), 1);
	CU_ASSERT_EQUAL(run_num(m.t, 2, "response_body"), 2);
	CU_ASSERT_TRUE(run_text_is(m.t, 2, "flags", "request_open, response_unsure"));
	/* Nought that is known: all of both was seen. */
	whole(&m, &f, &x);
	x.request.body_bytes = x.response.body_bytes = 0;
	http_row(&m.cells, &x);
	CU_ASSERT_EQUAL(run_num(m.t, 3, "request_body"), 0);
	CU_ASSERT_EQUAL(run_num(m.t, 3, "response_body"), 0);
	/* Bytes of a response without its head: nobody knows what they are. */
	x.flags &= ~(uint32_t)HTTP_RESPONSE;
	x.flags |= HTTP_RESPONSE_CUT;
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 4, packet);
	CU_ASSERT_TRUE(run_text_is(m.t, 4, "flags", "no_response, response_cut"));
	/* A version that was not captured. */
	x.version = 0;
	http_row(&m.cells, &x);
	CU_ASSERT_TRUE(run_unknown(m.t, 5, "version"));
	mkcells_release(&m);
}

static void test_stats_http_words(void)
{
	static const struct {
		uint8_t version;
		const char *want;
	} versions[] = { { 9, "0.9" }, { 10, "1.0" }, { 20, "2" } };
	struct mkcells m;
	struct http_tx x;
	struct flow f;

	mkcells_init(&m, &http_def);
	whole(&m, &f, &x);
	x.flags = HTTP_FRAMES_CUT * 2 - 1;
	x.stream = 5;
	x.scheme = mkcells_text(&m, "http");
	x.upgrade = mkcells_text(&m, "websocket");
	x.frames[0] = 7;
	http_row(&m.cells, &x);
	CU_ASSERT_TRUE(run_text_is(
		m.t, 0, "flags",
		"request_cut, response_cut, request_open, response_open, chunked_request, chunked_response, "
		"continue, upgraded, connect, pipelined, reset, pushed, head_cut, malformed, close_delimited, "
		"request_unsure, response_unsure, frames_cut"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "stream"), 5);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "scheme", "http"));
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "upgrade", "websocket"));
	CU_ASSERT_EQUAL(run_num(m.t, 0, "client_frames"), 7);
	CU_ASSERT_EQUAL(run_num(m.t, 0, "server_frames"), 0);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		x.version = versions[i].version;
		http_row(&m.cells, &x);
		CU_ASSERT_TRUE(run_text_is(m.t, i + 1, "version", versions[i].want));
	}
	mkcells_release(&m);
}

/* Without a flow (bytes of syscalls) the ends are unknown; bytes of a target stay as they are. */
static void test_stats_http_strange(void)
{
	static const char *const ends[] = { "client", "client_port", "server", "server_port", "flow", NULL };
	static const char bytes[] = "/a\0b\xff";
	struct mkcells m;
	struct http_tx x;
	struct flow f;

	mkcells_init(&m, &http_def);
	whole(&m, &f, &x);
	x.flow = NULL;
	x.target = mkcells_textn(&m, bytes, 5);
	x.host = mkcells_text(&m, "");
	http_row(&m.cells, &x);
	mkcells_unknown(m.t, 0, ends);
	CU_ASSERT_EQUAL(run_cell(m.t, 0, "target").len, 5);
	CU_ASSERT_EQUAL(memcmp(run_cell(m.t, 0, "target").v.text, bytes, 5), 0);
	CU_ASSERT_TRUE(run_text_is(m.t, 0, "host", ""));
	mkcells_release(&m);
}

/* ---- through the engine ------------------------------------------------------------------------------- */

static void test_stats_http_of_packets(void)
{
	const struct table *t;
	struct mkconv c;
	struct mkcap m;
	struct run r;
	uint64_t num = 0;
	uint64_t asked[2], answered[2], at[2];

	mkcap_init(&m, false);
	mkcap_section(&m, 0);
	mkcap_idb(&m, 1, 0, 9, NULL);
	mkconv_init(&c, &m, "2001:db8::9", 40000, "2001:db8::2", 8000, T0);
	c.num = &num;
	mkconv_open(&c);
	at[0] = c.now;
	asked[0] = mkconv_say(&c, 0, "GET /one HTTP/1.1\r\nHost: shop\r\nUser-Agent: x/1\r\n\r\n");
	answered[0] =
		mkconv_say(&c, 1, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello");
	c.now += 500000;
	at[1] = c.now;
	asked[1] = mkconv_say(&c, 0, "POST /two HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabc");
	answered[1] = mkconv_say(&c, 1, "HTTP/1.1 500 Oh no\r\nContent-Length: 0\r\n\r\n");
	mkconv_close(&c, 1);
	run_report_of(&r, &m, 2, 4096);
	t = run_table(&r, "http");
	CU_ASSERT_EQUAL_FATAL(t->row_count, 2);
	for (size_t i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(run_num(t, i, "time"), at[i]);
		CU_ASSERT_EQUAL(run_num(t, i, "request_packet"), asked[i]);
		CU_ASSERT_EQUAL(run_num(t, i, "request_last_packet"), asked[i]);
		CU_ASSERT_EQUAL(run_num(t, i, "response_packet"), answered[i]);
		CU_ASSERT_EQUAL(run_num(t, i, "response_last_packet"), answered[i]);
		CU_ASSERT_EQUAL(run_num(t, i, "total"), (answered[i] - asked[i]) * c.step);
		CU_ASSERT_EQUAL(run_num(t, i, "flow"), 0);
		CU_ASSERT_EQUAL(run_num(t, i, "depth"), i + 1);
		CU_ASSERT_TRUE(run_text_is(t, i, "client", "2001:db8::9"));
		CU_ASSERT_TRUE(run_text_is(t, i, "server", "2001:db8::2"));
		CU_ASSERT_EQUAL(run_num(t, i, "server_port"), 8000);
		CU_ASSERT_TRUE(run_text_is(t, i, "host", "shop"));
		CU_ASSERT_TRUE(run_text_is(t, i, "flags", ""));
	}
	CU_ASSERT_TRUE(run_text_is(t, 0, "target", "/one"));
	CU_ASSERT_EQUAL(run_num(t, 0, "status"), 200);
	CU_ASSERT_EQUAL(run_num(t, 0, "response_body"), 5);
	CU_ASSERT_EQUAL(run_num(t, 0, "response_length"), 5);
	CU_ASSERT_TRUE(run_text_is(t, 0, "user_agent", "x/1"));
	CU_ASSERT_TRUE(run_text_is(t, 0, "response_type", "text/plain"));
	CU_ASSERT_TRUE(run_text_is(t, 1, "method", "POST"));
	CU_ASSERT_EQUAL(run_num(t, 1, "status"), 500);
	CU_ASSERT_TRUE(run_text_is(t, 1, "reason", "Oh no"));
	CU_ASSERT_EQUAL(run_num(t, 1, "request_body"), 3);
	CU_ASSERT_EQUAL(run_num(t, 1, "response_body"), 0);
	run_release(&r);
	mkcap_release(&m);
}

void suite_stats_http(CU_pSuite suite);

void suite_stats_http(CU_pSuite suite)
{
	CU_add_test(suite, "test_stats_http_whole", test_stats_http_whole);
	CU_add_test(suite, "test_stats_http_halves", test_stats_http_halves);
	CU_add_test(suite, "test_stats_http_open", test_stats_http_open);
	CU_add_test(suite, "test_stats_http_cut", test_stats_http_cut);
	CU_add_test(suite, "test_stats_http_words", test_stats_http_words);
	CU_add_test(suite, "test_stats_http_strange", test_stats_http_strange);
	CU_add_test(suite, "test_stats_http_of_packets", test_stats_http_of_packets);
}
