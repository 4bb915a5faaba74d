/*
 * test_http2.c - HTTP/2 over cleartext: frames by RFC 9113, header blocks by the examples of RFC 7541 (appendix
 * C) and by libnghttp2's encoder. Each conversation also byte by byte and cut at every place.
 */
#include "mkchat.h"
#include "mkh2.h"

#include <CUnit/Basic.h>

#define C CHAT_C
#define S CHAT_S
#define BOTH (HTTP_REQUEST | HTTP_RESPONSE)
#define SETTINGS_BYTES 9

/* All of the client, then all of the server. */
static void play(struct mkchat *m, struct h2_ends *e)
{
	const struct said said[] = { { .dir = C, .bytes = e->say[C].data, .len = e->say[C].len },
				     { .dir = S, .bytes = e->say[S].data, .len = e->say[S].len },
				     ENDS(C, END_FIN),
				     ENDS(S, END_FIN),
				     OVER };

	CU_ASSERT(mkchat_same_in_pieces(&analyzer_http2, 0, true, said));
	mkchat_open(m, &analyzer_http2, 0, true);
	mkchat_play(m, said);
	mkchat_close(m);
	CU_ASSERT(!m->no_memory);
}

/* RFC 7541, C.3 to C.6: three requests and three responses over one connection, without and with Huffman. */
static void test_http2_rfc7541_examples(void)
{
	static const char *const requests[2][3] = {
		{ "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
		  "8286 84be 5808 6e6f 2d63 6163 6865",
		  "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65" },
		{ "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
		  "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf" },
	};
	/* The examples have a table of 256 bytes: the first block says so. */
	static const char *const responses[2][3] = {
		{ "3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 "
		  "3230 3133 2032 303a 3133 3a32 3120 474d"
		  "546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
		  "4803 3330 37c1 c0bf",
		  "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d "
		  "54c0 5a04 677a 6970 7738 666f 6f3d"
		  "4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 "
		  "2d61 6765 3d33 3630 303b 2076 6572"
		  "7369 6f6e 3d31" },
		{ "3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 "
		  "66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7"
		  "8f0b 97c8 e9ae 82ae 43d3",
		  "4883 640e ffc1 c0bf",
		  "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab "
		  "77ad 94e7 821d d7f2 e6c7 b335 dfdf"
		  "cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 "
		  "07" },
	};
	static const uint16_t status[] = { 302, 307, 200 };

	for (int huffman = 0; huffman < 2; huffman++) {
		struct h2_ends e;
		struct mkchat m;

		h2_ends_init(&e);
		for (unsigned int i = 0; i < 3; i++) {
			h2_hex(&e.say[C], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 2 * i + 1,
			       requests[huffman][i]);
			h2_hex(&e.say[S], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 2 * i + 1,
			       responses[huffman][i]);
		}
		play(&m, &e);
		CU_ASSERT_EQUAL(mkchat_count(&m), 3);
		for (unsigned int i = 0; i < 3; i++) {
			const struct http_tx *tx = mkchat_http(&m, i);

			CU_ASSERT(tx->flags == BOTH && tx->version == 20 &&
				  tx->stream == 2 * i + 1 && tx->depth == i + 1);
			CU_ASSERT(is_text(tx->method, "GET") &&
				  is_text(tx->host, "www.example.com"));
			CU_ASSERT(is_text(tx->scheme, i == 2 ? "https" : "http") &&
				  is_text(tx->target, i == 2 ? "/index.html" : "/"));
			CU_ASSERT(tx->status == status[i] &&
				  is_text(tx->location, "https://www.example.com"));
		}
		mkchat_release(&m);
		h2_ends_release(&e);
	}
}

static void test_http2_exchange(void)
{
	struct h2_ends e;
	struct mkchat m;
	const struct http_tx *tx;
	size_t request_len, answer_at, answer_len;

	h2_ends_init(&e);
	request_len = e.say[C].len;
	h2_ask(&e, 1, "/a?b", H2_END_STREAM);
	request_len = e.say[C].len - request_len;
	h2_frame(&e.say[S], H2_WINDOW_UPDATE, 0, 0, "\0\0\1\0", 4);
	answer_at = e.say[S].len;
	h2_answer(&e, 1, "404", 0);
	answer_len = e.say[S].len - answer_at;
	h2_frame(&e.say[S], H2_PING, 0, 0, "12345678", 8);
	h2_frame(&e.say[S], H2_DATA, 0, 1, "abc", 3);
	h2_frame(&e.say[S], H2_DATA, H2_END_STREAM, 1, "de", 2);
	h2_frame(&e.say[S], H2_GOAWAY, 0, 0, "\0\0\0\1\0\0\0\0", 8);
	play(&m, &e);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	tx = mkchat_http(&m, 0);
	CU_ASSERT(tx->flags == BOTH && tx->status == 404 && tx->client == 0 && tx->flow == &m.flow);
	CU_ASSERT(is_text(tx->target, "/a?b") && is_text(tx->host, "h.example") &&
		  is_text(tx->user_agent, "nghttp2"));
	CU_ASSERT(is_text(tx->referrer, "r") && is_text(tx->server, "s") &&
		  is_text(tx->response.content_type, "text/plain"));
	CU_ASSERT(tx->request.start == 24 + 9 && tx->request.end == 24 + 9 + request_len);
	CU_ASSERT(tx->request.head_bytes == request_len - 9 && tx->request.body_bytes == 0);
	CU_ASSERT(tx->response.start == answer_at && tx->response.head_bytes == answer_len - 9);
	CU_ASSERT(tx->response.end == answer_at + answer_len + 17 + 12 + 11 &&
		  tx->response.body_bytes == 5);
	CU_ASSERT(tx->response.content_length == 5 && tx->request.content_length == UINT64_MAX);
	mkchat_release(&m);
	/* Times: byte by byte the chunk's number is the place of the byte. */
	mkchat_open(&m, &analyzer_http2, 0, true);
	m.step = 1;
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_data(&m, S, e.say[S].data, e.say[S].len);
	mkchat_close(&m);
	tx = mkchat_http(&m, 0);
	CU_ASSERT(tx->request.first_num == tx->request.start + 1 &&
		  tx->request.last_num == tx->request.end);
	CU_ASSERT_EQUAL(tx->request.head_num, tx->request.end);
	CU_ASSERT_EQUAL(tx->response.first_num, e.say[C].len + tx->response.start + 1);
	CU_ASSERT_EQUAL(tx->response.head_num, e.say[C].len + answer_at + answer_len);
	CU_ASSERT_EQUAL(tx->response.last_num, e.say[C].len + tx->response.end);
	CU_ASSERT_EQUAL(tx->response.last_ns, tx->response.last_num * 1000);
	mkchat_release(&m);
	h2_ends_release(&e);
}

/* Padding, priority, continuation; a body; trailers; 100 and 103 before the answer. */
static void test_http2_frames_of_every_shape(void)
{
	struct h2_ends e;
	struct buf block, padded;
	struct mkchat m;
	const struct http_tx *tx;
	size_t block_len;

	h2_ends_init(&e);
	buf_init(&block, 1 << 16);
	buf_init(&padded, 1 << 16);
	h2_block(&block, e.d[C],
		 H2_LINES(":method: POST", ":scheme: http", ":path: /p", ":authority: a",
			  "content-type: x/y"));
	block_len = block.len;
	/* pad length 7, priority, 3 bytes of the block, padding; the rest in two continuations, the first of
	 * them empty */
	buf_add(&padded, "\7\0\0\0\0\20", 6);
	buf_add(&padded, block.data, 3);
	buf_add(&padded, "\0\0\0\0\0\0\0", 7);
	h2_frame(&e.say[C], H2_HEADERS, H2_PADDED | H2_WITH_PRIORITY, 1, padded.data, padded.len);
	h2_frame(&e.say[C], H2_CONTINUATION, 0, 1, NULL, 0);
	h2_frame(&e.say[C], H2_CONTINUATION, H2_END_HEADERS, 1, block.data + 3, block.len - 3);
	h2_frame(&e.say[C], H2_DATA, H2_PADDED, 1, "\3body\0\0\0", 8);
	h2_frame(&e.say[C], H2_DATA, H2_PADDED, 1, "\0", 1);
	h2_frame(&e.say[C], 0xEE, 0xFF, 1, "unknown", 7);
	h2_headers(&e.say[C], e.d[C], H2_END_HEADERS | H2_END_STREAM, 1,
		   H2_LINES("x-trailer: 1", "user-agent: no"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS, 1, H2_LINES(":status: 100"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS, 1, H2_LINES(":status: 103", "server: no"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS, 1,
		   H2_LINES(":status: 200", "server: yes", "location: /l"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS | H2_END_STREAM, 1,
		   H2_LINES("grpc-status: 0", "content-type: no"));
	play(&m, &e);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	tx = mkchat_http(&m, 0);
	CU_ASSERT_EQUAL(tx->flags, BOTH | HTTP_CONTINUE);
	CU_ASSERT(is_text(tx->method, "POST") && is_text(tx->target, "/p") &&
		  is_text(tx->request.content_type, "x/y"));
	CU_ASSERT(tx->user_agent == NULL && tx->request.body_bytes == 4 &&
		  tx->request.head_bytes == 6 + block_len + 7);
	CU_ASSERT_EQUAL(tx->request.end, e.say[C].len);
	CU_ASSERT(tx->status == 200 && is_text(tx->server, "yes") && is_text(tx->location, "/l"));
	CU_ASSERT(tx->response.content_type == NULL && tx->response.end == e.say[S].len);
	mkchat_release(&m);
	buf_release(&block);
	buf_release(&padded);
	h2_ends_release(&e);
}

static void test_http2_streams_side_by_side(void)
{
	struct h2_ends e;
	struct mkchat m;

	h2_ends_init(&e);
	for (uint32_t id = 1; id <= 9; id += 2) {
		char path[] = "/0";

		path[1] = (char)('0' + id);
		h2_ask(&e, id, path, H2_END_STREAM);
	}
	for (uint32_t id = 9; id >= 1 && id <= 9; id -= 2) {
		h2_answer(&e, id, id == 5 ? "500" : "200", 0);
	}
	for (uint32_t id = 1; id <= 9; id += 2) {
		h2_frame(&e.say[S], H2_DATA, id != 7 ? H2_END_STREAM : 0, id, "123456789", id);
	}
	play(&m, &e);
	CU_ASSERT_EQUAL(mkchat_count(&m), 5);
	for (size_t i = 0; i < 5; i++) {
		const struct http_tx *tx = mkchat_http(&m, i);

		CU_ASSERT(tx->stream == 2 * i + 1 && tx->target->bytes[1] == (char)('1' + 2 * i));
		CU_ASSERT(tx->status == (i == 2 ? 500 : 200) &&
			  tx->response.body_bytes == 2 * i + 1);
		CU_ASSERT_EQUAL(tx->flags, BOTH | (i == 3 ? HTTP_RESPONSE_OPEN : 0));
	}
	mkchat_release(&m);
	h2_ends_release(&e);
}

static void test_http2_push_and_reset(void)
{
	struct h2_ends e;
	struct buf push;
	struct mkchat m;

	h2_ends_init(&e);
	buf_init(&push, 4096);
	h2_ask(&e, 1, "/", H2_END_STREAM);
	h2_ask(&e, 3, "/reset", 0);
	h2_ask(&e, 5, "/connect", 0);
	buf_add(&push, "\0\0\0\2", 4);
	h2_block(&push, e.d[S],
		 H2_LINES(":method: GET", ":scheme: http", ":path: /style.css", ":authority: h"));
	h2_frame(&e.say[S], H2_PUSH_PROMISE, H2_END_HEADERS, 1, push.data, push.len);
	h2_answer(&e, 1, "200", H2_END_STREAM);
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS, 2, H2_LINES(":status: 200", "server: p"));
	h2_frame(&e.say[S], H2_DATA, H2_END_STREAM, 2, "css", 3);
	h2_frame(&e.say[S], H2_RST_STREAM, 0, 3, "\0\0\0\7", 4);
	play(&m, &e);
	CU_ASSERT_EQUAL(mkchat_count(&m), 4);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, BOTH);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, HTTP_REQUEST | HTTP_REQUEST_OPEN | HTTP_RESET);
	CU_ASSERT_EQUAL(mkchat_http(&m, 2)->flags, HTTP_REQUEST | HTTP_REQUEST_OPEN);
	CU_ASSERT_EQUAL(mkchat_http(&m, 3)->flags, BOTH | HTTP_PUSHED);
	CU_ASSERT(mkchat_http(&m, 3)->stream == 2 &&
		  is_text(mkchat_http(&m, 3)->target, "/style.css"));
	CU_ASSERT(mkchat_http(&m, 3)->client == 0 && mkchat_http(&m, 3)->response.body_bytes == 3);
	CU_ASSERT(mkchat_http(&m, 3)->request.start == SETTINGS_BYTES &&
		  is_text(mkchat_http(&m, 3)->server, "p"));
	mkchat_release(&m);
	buf_release(&push);
	h2_ends_release(&e);
}

static void test_http2_connection_reset(void)
{
	struct h2_ends e;
	struct mkchat m;

	h2_ends_init(&e);
	h2_ask(&e, 1, "/1", H2_END_STREAM);
	h2_ask(&e, 3, "/3", H2_END_STREAM);
	h2_answer(&e, 1, "200", 0);
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_data(&m, S, e.say[S].data, e.say[S].len);
	mkchat_end(&m, S, END_RESET);
	mkchat_end(&m, C, END_RESET);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, BOTH | HTTP_RESET | HTTP_RESPONSE_OPEN);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, HTTP_REQUEST | HTTP_RESET);
	mkchat_release(&m);
	h2_ends_release(&e);
}

static void test_http2_connect_and_malformed(void)
{
	struct h2_ends e;
	struct mkchat m;

	h2_ends_init(&e);
	h2_headers(&e.say[C], e.d[C], H2_END_HEADERS, 1,
		   H2_LINES(":method: CONNECT", ":authority: a:443"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS, 1, H2_LINES(":status: 200"));
	h2_headers(&e.say[C], e.d[C], H2_END_HEADERS | H2_END_STREAM, 3,
		   H2_LINES(":method: GET", ":method: POST", ":path: /",
			    "transfer-encoding: chunked"));
	play(&m, &e);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags,
			BOTH | HTTP_CONNECT | HTTP_REQUEST_OPEN | HTTP_RESPONSE_OPEN);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->host, "a:443"));
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, HTTP_REQUEST | HTTP_MALFORMED);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->method, "GET"));
	mkchat_release(&m);
	h2_ends_release(&e);
}

/* A response that became readable before its request. */
static void test_http2_response_before_its_request(void)
{
	struct h2_ends e;
	struct mkchat m;
	size_t at;

	h2_ends_init(&e);
	at = e.say[C].len;
	h2_ask(&e, 1, "/late", H2_END_STREAM);
	h2_answer(&e, 1, "200", H2_END_STREAM);
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, at);
	mkchat_data(&m, S, e.say[S].data, e.say[S].len);
	mkchat_data(&m, C, e.say[C].data + at, e.say[C].len - at);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	CU_ASSERT(mkchat_http(&m, 0)->flags == BOTH &&
		  is_text(mkchat_http(&m, 0)->target, "/late"));
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->status, 200);
	mkchat_release(&m);
	h2_ends_release(&e);
}

static enum probe probe(const char *s, size_t n, bool mid)
{
	struct talk t;

	memset(&t, 0, sizeof(t));
	return analyzer_http2.probe(&t, 0, (const uint8_t *)s, n, mid);
}

static void test_http2_probe(void)
{
	static const char settings[] = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64\0\0\0\4\1\0\0\0\0";
	static const char ping[] = "\0\0\10\6\0\0\0\0\0"
				   "12345678";
	static const char zeros[64];

	CU_ASSERT_EQUAL(probe(H2_PREFACE, 24, false), PROBE_YES);
	for (size_t n = 0; n < 24; n++) {
		CU_ASSERT_EQUAL(probe(H2_PREFACE, n, false), PROBE_MORE);
	}
	CU_ASSERT_EQUAL(probe("PRI * HTTP/1.1\r\n\r\n", 18, false), PROBE_NO);
	CU_ASSERT_EQUAL(probe(settings, sizeof(settings) - 1, false), PROBE_YES);
	CU_ASSERT_EQUAL(probe(settings, 10, false), PROBE_MORE);
	CU_ASSERT_EQUAL(probe(settings, sizeof(settings) - 1, true), PROBE_YES);
	CU_ASSERT_EQUAL(probe(ping, sizeof(ping) - 1, true), PROBE_YES);
	CU_ASSERT_EQUAL(probe(ping, sizeof(ping) - 1, false), PROBE_NO);
	CU_ASSERT_EQUAL(probe(zeros, sizeof(zeros), true), PROBE_NO);
	CU_ASSERT_EQUAL(probe(zeros, sizeof(zeros), false), PROBE_NO);
	CU_ASSERT_EQUAL(probe("\0\0\0\5hello", 9, true), PROBE_NO);
	CU_ASSERT_EQUAL(probe("GET / HTTP/1.1\r\n", 16, true), PROBE_NO);
}

void suite_http2(CU_pSuite suite);
void suite_http2(CU_pSuite suite)
{
	CU_add_test(suite, "test_http2_rfc7541_examples", test_http2_rfc7541_examples);
	CU_add_test(suite, "test_http2_exchange", test_http2_exchange);
	CU_add_test(suite, "test_http2_frames_of_every_shape", test_http2_frames_of_every_shape);
	CU_add_test(suite, "test_http2_streams_side_by_side", test_http2_streams_side_by_side);
	CU_add_test(suite, "test_http2_push_and_reset", test_http2_push_and_reset);
	CU_add_test(suite, "test_http2_connection_reset", test_http2_connection_reset);
	CU_add_test(suite, "test_http2_connect_and_malformed", test_http2_connect_and_malformed);
	CU_add_test(suite, "test_http2_response_before_its_request",
		    test_http2_response_before_its_request);
	CU_add_test(suite, "test_http2_probe", test_http2_probe);
}
