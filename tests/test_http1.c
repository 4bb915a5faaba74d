/*
 * test_http1.c - HTTP/1 as RFC 9112 has it and as real clients and servers are: every conversation also byte by
 * byte and cut at every place.
 */
#include "mkchat.h"

#include <CUnit/Basic.h>

#define C CHAT_C
#define S CHAT_S

/* Plays it as written; the caller looks at the rows. Also in pieces. */
static void play(struct mkchat *m, const struct said *said)
{
	CU_ASSERT(mkchat_same_in_pieces(&analyzer_http1, 0, true, said));
	mkchat_open(m, &analyzer_http1, 0, true);
	mkchat_play(m, said);
	mkchat_close(m);
	CU_ASSERT(!m->no_memory);
}

static void test_http1_get_and_response(void)
{
	static const char request[] =
		"GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/8.0\r\n"
		"Referer: http://x/\r\nX-Forwarded-For: 10.0.0.1\r\nAccept: */*\r\n\r\n";
	static const char head[] = "HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Type: "
				   "text/html; charset=utf-8\r\n"
				   "Content-Length: 5\r\nLocation: /b\r\n\r\n";
	const struct said said[] = { SAID(C, request), SAID(S, head), SAID(S, "he"), SAID(S, "llo"),
				     OVER };
	struct mkchat m;
	const struct http_tx *tx;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	tx = mkchat_http(&m, 0);
	CU_ASSERT_EQUAL(tx->flags, HTTP_REQUEST | HTTP_RESPONSE);
	CU_ASSERT(tx->flow == &m.flow && tx->client == 0 && tx->version == 11 && tx->depth == 1 &&
		  tx->stream == 0);
	CU_ASSERT_EQUAL(tx->status, 404);
	CU_ASSERT(is_text(tx->method, "GET") && is_text(tx->target, "/a?b=c") &&
		  is_text(tx->host, "shop.example"));
	CU_ASSERT(is_text(tx->user_agent, "curl/8.0") && is_text(tx->referrer, "http://x/") &&
		  is_text(tx->forwarded, "10.0.0.1"));
	CU_ASSERT(is_text(tx->reason, "Not Found") && is_text(tx->server, "nginx") &&
		  is_text(tx->location, "/b"));
	CU_ASSERT(is_text(tx->response.content_type, "text/html; charset=utf-8") &&
		  tx->request.content_type == NULL);
	CU_ASSERT(tx->scheme == NULL && tx->upgrade == NULL);
	CU_ASSERT(tx->request.start == 0 && tx->request.end == sizeof(request) - 1 &&
		  tx->request.head_bytes == sizeof(request) - 1);
	CU_ASSERT(tx->request.body_bytes == 0 && tx->request.content_length == UINT64_MAX);
	CU_ASSERT(tx->request.first_num == 1 && tx->request.last_num == 1 &&
		  tx->request.head_num == 1);
	CU_ASSERT(tx->request.first_ns == 1000 && tx->request.last_ns == 1000 &&
		  tx->request.head_ns == 1000);
	CU_ASSERT(tx->response.start == 0 && tx->response.head_bytes == sizeof(head) - 1);
	CU_ASSERT(tx->response.end == sizeof(head) - 1 + 5 && tx->response.body_bytes == 5 &&
		  tx->response.content_length == 5);
	CU_ASSERT(tx->response.first_num == 2 && tx->response.head_num == 2 &&
		  tx->response.last_num == 4);
	CU_ASSERT(tx->response.first_ns == 2000 && tx->response.head_ns == 2000 &&
		  tx->response.last_ns == 4000);
	mkchat_release(&m);
}

/* A message's times are those of the chunks that held its first byte, the end of its head, its last byte. */
static void test_http1_times_are_of_the_bytes(void)
{
	static const char request[] = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd";
	static const char response[] = "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	const struct said said[] = { SAID(C, request), SAID(S, response), OVER };
	size_t n = sizeof(request) - 1;
	struct mkchat m;
	const struct http_tx *tx;

	mkchat_open(&m, &analyzer_http1, 0, true);
	m.step = 1;
	mkchat_play(&m, said);
	mkchat_close(&m);
	tx = mkchat_http(&m, 0);
	CU_ASSERT(tx->request.first_num == 1 && tx->request.head_num == n - 4 &&
		  tx->request.last_num == n);
	/* An empty line before a message is not part of it. */
	CU_ASSERT(tx->response.start == 2 && tx->response.first_num == n + 3);
	CU_ASSERT(tx->response.head_num == n + sizeof(response) - 1 - 2 &&
		  tx->response.last_num == n + sizeof(response) - 1);
	CU_ASSERT(tx->response.first_ns == tx->response.first_num * 1000 &&
		  tx->response.last_ns == tx->response.last_num * 1000);
	mkchat_release(&m);
}

static void test_http1_keep_alive(void)
{
	const struct said said[] = {
		SAID(C, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
		SAID(C, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"),
		SAID(S, "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"),
		SAID(C, "GET /3 HTTP/1.1\r\nHost: b\r\n\r\n"),
		SAID(S, "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n"),
		SAID(C, "HEAD /4 HTTP/1.1\r\nHost: b\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
		SAID(C, "HEAD /5 HTTP/1.1\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
		SAID(C, "GET /6 HTTP/1.1\r\n\r\n"),
		SAID(S, "HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n"),
		OVER
	};
	static const uint16_t status[] = { 200, 304, 204, 200, 200, 500 };
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 6);
	for (size_t i = 0; i < 6; i++) {
		const struct http_tx *tx = mkchat_http(&m, i);
		char target[] = "/1";

		target[1] = (char)('1' + i);
		CU_ASSERT(is_text(tx->target, target));
		CU_ASSERT_EQUAL(tx->status, status[i]);
		CU_ASSERT_EQUAL(tx->depth, i + 1);
		CU_ASSERT_EQUAL(tx->flags & ~(uint32_t)HTTP_CHUNKED_RESPONSE,
				HTTP_REQUEST | HTTP_RESPONSE);
	}
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->response.content_length, 99);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->response.body_bytes, 0);
	CU_ASSERT(is_text(mkchat_http(&m, 2)->host, "b"));
	CU_ASSERT_EQUAL(mkchat_http(&m, 3)->response.content_length, 1000);
	CU_ASSERT_PTR_NULL(mkchat_http(&m, 5)->reason);
	mkchat_release(&m);
}

static void test_http1_pipelining(void)
{
	const struct said said[] = {
		SAID(C, "GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nPOST /3 "
			"HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /4 HTTP/1.1\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 A\r\nContent-Length: 2\r\n\r\nxxHTTP/1.1 201 "
			"B\r\nContent-Length: 2\r\n\r\n"
			"HTTP/1.1 202 C\r\nContent-Length: 0\r\n\r\nHTTP/1.1 203 "
			"D\r\nContent-Length: 1\r\n\r\nx"),
		SAID(C, "GET /5 HTTP/1.1\r\n\r\n"), OVER
	};
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 5);
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(mkchat_http(&m, i)->status, 200 + i);
		CU_ASSERT_EQUAL((mkchat_http(&m, i)->flags & HTTP_PIPELINED) != 0, i > 0);
	}
	CU_ASSERT_EQUAL(mkchat_http(&m, 2)->request.body_bytes, 3);
	CU_ASSERT_EQUAL(mkchat_http(&m, 4)->flags, HTTP_REQUEST);
	mkchat_release(&m);
}

static void test_http1_chunked(void)
{
	static const char body[] = "4;name=\"v\"\r\nWiki\r\n0005 ;x\r\npedia\r\nE\r\n "
				   "in\r\n\r\nchunks.\r\n0\r\nTrailer: a\r\nX: b\r\n\r\n";
	const struct said said[] = {
		SAID(C, "PUT /u HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
		SAID(C, body),
		SAID(S, "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"),
		SAID(S, body),
		SAID(C, "GET /2 HTTP/1.1\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 OK\r\ntransfer-encoding:chunked\r\n\r\n0\r\n\r\n"),
		OVER
	};
	struct mkchat m;
	const struct http_tx *tx;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	tx = mkchat_http(&m, 0);
	CU_ASSERT_EQUAL(tx->flags, HTTP_REQUEST | HTTP_RESPONSE | HTTP_CHUNKED_REQUEST |
					   HTTP_CHUNKED_RESPONSE);
	CU_ASSERT(tx->request.body_bytes == 23 && tx->response.body_bytes == 23);
	CU_ASSERT_EQUAL(tx->request.end - tx->request.start,
			tx->request.head_bytes + sizeof(body) - 1);
	CU_ASSERT_EQUAL(tx->response.end - tx->response.start,
			tx->response.head_bytes + sizeof(body) - 1);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags,
			HTTP_REQUEST | HTTP_RESPONSE | HTTP_CHUNKED_RESPONSE);
	mkchat_release(&m);
}

static void test_http1_interim_responses(void)
{
	static const char early[] = "HTTP/1.1 103 Early Hints\r\nServer: no\r\nLink: </a>\r\n\r\n";
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct said said[] = {
		SAID(C, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
		SAID(S, go_on),
		SAID(C, "ab"),
		SAID(S, early),
		SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		SAID(C, "GET / HTTP/1.1\r\n\r\n"),
		SAID(S, early),
		SAID(S, "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n"),
		OVER
	};
	struct mkchat m;
	const struct http_tx *tx;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	tx = mkchat_http(&m, 0);
	CU_ASSERT_EQUAL(tx->flags, HTTP_REQUEST | HTTP_RESPONSE | HTTP_CONTINUE);
	CU_ASSERT(tx->status == 200 && tx->server == NULL);
	CU_ASSERT(tx->request.head_num == 1 && tx->request.last_num == 3);
	CU_ASSERT(tx->response.first_num == 5 &&
		  tx->response.start == sizeof(go_on) + sizeof(early) - 2);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, HTTP_REQUEST | HTTP_RESPONSE);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->status, 201);
	mkchat_release(&m);
}

static void test_http1_response_ends_with_the_connection(void)
{
	const struct said said[] = { SAID(C, "GET / HTTP/1.0\r\n\r\n"),
				     SAID(S, "HTTP/1.0 200 OK\r\n\r\nabc"),
				     SAID(S, "HTTP/1.1 200 OK\r\n\r\n"),
				     ENDS(S, END_FIN),
				     ENDS(C, END_FIN),
				     OVER };
	const struct said cut[] = { SAID(C, "GET / HTTP/1.0\r\n\r\n"),
				    SAID(S, "HTTP/1.0 200 OK\r\n\r\nabc"), ENDS(S, END_GONE),
				    OVER };
	const struct said reset[] = { SAID(C, "GET / HTTP/1.0\r\n\r\n"),
				      SAID(S, "HTTP/1.0 200 OK\r\n\r\nabc"), ENDS(S, END_RESET),
				      ENDS(C, END_RESET), OVER };
	uint32_t both = HTTP_REQUEST | HTTP_RESPONSE | HTTP_CLOSE_DELIMITED;
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, both);
	CU_ASSERT(mkchat_http(&m, 0)->version == 10 &&
		  mkchat_http(&m, 0)->response.body_bytes == 22);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->response.last_num, 3);
	mkchat_release(&m);
	play(&m, cut);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, both | HTTP_RESPONSE_OPEN);
	mkchat_release(&m);
	play(&m, reset);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, both | HTTP_RESPONSE_OPEN | HTTP_RESET);
	mkchat_release(&m);
}

static void test_http1_open_ends(void)
{
	const struct said in_body[] = { SAID(C, "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"),
					ENDS(C, END_FIN),
					SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
					ENDS(S, END_FIN), OVER };
	const struct said in_head[] = { SAID(C, "GET /path HTTP/1.1\r\nHost: a\r\nUser-Agent: cur"),
					ENDS(C, END_RESET), OVER };
	const struct said in_line[] = { SAID(C, "GET /pa"), ENDS(C, END_FIN), OVER };
	const struct said unanswered[] = { SAID(C, "GET / HTTP/1.1\r\n\r\n"), ENDS(C, END_FIN),
					   ENDS(S, END_RESET), OVER };
	struct mkchat m;

	play(&m, in_body);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags,
			HTTP_REQUEST | HTTP_RESPONSE | HTTP_REQUEST_OPEN | HTTP_RESPONSE_OPEN);
	CU_ASSERT(mkchat_http(&m, 0)->request.body_bytes == 3 &&
		  mkchat_http(&m, 0)->response.body_bytes == 2);
	CU_ASSERT(mkchat_http(&m, 0)->response.content_length == 9 &&
		  mkchat_http(&m, 0)->response.last_num == 3);
	mkchat_release(&m);
	play(&m, in_head);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags,
			HTTP_REQUEST | HTTP_REQUEST_OPEN | HTTP_HEAD_CUT | HTTP_RESET);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->host, "a") && mkchat_http(&m, 0)->user_agent == NULL);
	CU_ASSERT(mkchat_http(&m, 0)->request.end == 44 &&
		  mkchat_http(&m, 0)->request.last_num == 1);
	mkchat_release(&m);
	play(&m, in_line);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags,
			HTTP_REQUEST | HTTP_REQUEST_OPEN | HTTP_HEAD_CUT);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->target, "/pa"));
	mkchat_release(&m);
	play(&m, unanswered);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, HTTP_REQUEST | HTTP_RESET);
	mkchat_release(&m);
}

static void test_http1_old_and_lenient(void)
{
	const struct said bare[] = { SAID(C, "GET /old\r\n"), SAID(S, "<html>\r\n"),
				     SAID(S, "HTTP/1.1 200 OK\r\n\r\n"), ENDS(S, END_FIN), OVER };
	const struct said bare_line[] = { SAID(C, "GET /old\n"), SAID(S, "Hello"), ENDS(S, END_FIN),
					  OVER };
	const struct said bare_with_head[] = {
		SAID(C, "GET /old\r\n"), SAID(S, "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"),
		OVER
	};
	const struct said lf[] = { SAID(C, "\r\n\n GET"), OVER };
	const struct said bare_lf[] = { SAID(C, "\r\n\r\nGET /lf HTTP/1.1\nHost: h\n\n"),
					SAID(S, "\nHTTP/1.1 200 OK\nContent-Length: 1\n\nx"),
					OVER };
	const struct said folded[] = {
		SAID(C, "GET / HTTP/1.1\r\nUser-Agent: a\r\n  b\r\n\tc\r\nHost: h\r\n\r\n"), OVER
	};
	const struct said spaces[] = { SAID(C, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
				       SAID(S, "HTTP/1.1  200\r\n\r\n"), OVER };
	const struct said custom[] = {
		SAID(C, "FOO-BAR http://h.example:80/x HTTP/1.1\r\nHost: h\r\n\r\n"), OVER
	};
	struct mkchat m;
	const struct http_tx *tx;

	play(&m, bare);
	tx = mkchat_http(&m, 0);
	CU_ASSERT_EQUAL(tx->flags, HTTP_REQUEST | HTTP_RESPONSE | HTTP_CLOSE_DELIMITED);
	CU_ASSERT(tx->version == 9 && tx->status == 0 && tx->response.body_bytes == 27 &&
		  tx->response.head_bytes == 0);
	CU_ASSERT(mkchat_count(&m) == 1 && is_text(tx->target, "/old"));
	mkchat_release(&m);
	play(&m, bare_line);
	CU_ASSERT(mkchat_http(&m, 0)->response.body_bytes == 5 &&
		  mkchat_http(&m, 0)->response.end == 5);
	mkchat_release(&m);
	play(&m, bare_with_head);
	CU_ASSERT(mkchat_http(&m, 0)->status == 400 && mkchat_http(&m, 0)->version == 9);
	mkchat_release(&m);
	play(&m, lf);
	CU_ASSERT_EQUAL(mkchat_count(&m), 0);
	mkchat_release(&m);
	play(&m, bare_lf);
	tx = mkchat_http(&m, 0);
	CU_ASSERT_EQUAL(tx->flags, HTTP_REQUEST | HTTP_RESPONSE);
	CU_ASSERT(is_text(tx->host, "h") && tx->response.body_bytes == 1 && tx->request.start == 4);
	mkchat_release(&m);
	play(&m, folded);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->user_agent, "a  b\tc") &&
		  is_text(mkchat_http(&m, 0)->host, "h"));
	mkchat_release(&m);
	play(&m, spaces);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, HTTP_REQUEST | HTTP_RESPONSE | HTTP_MALFORMED |
							   HTTP_CLOSE_DELIMITED |
							   HTTP_RESPONSE_OPEN);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->target, "/a b") && mkchat_http(&m, 0)->status == 200);
	mkchat_release(&m);
	play(&m, custom);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->method, "FOO-BAR") &&
		  is_text(mkchat_http(&m, 0)->scheme, "http"));
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, HTTP_REQUEST);
	mkchat_release(&m);
}

/* Shapes that two readers frame in two ways. */
static void test_http1_smuggling_shapes(void)
{
	static const char *const bad[] = {
		"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length: 3\r\nContent-Length: 4\r\n",
		"Content-Length: 3, 4\r\n",
		"Content-Length: +3\r\n",
		"Content-Length: 99999999999999999999\r\n",
		"Content-Length: 9223372036854775808\r\n",
		"Content-Length: \r\n",
		"Content-Length: 0x3\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Host: a\r\nHost: b\r\n",
		"Content-Length : 3\r\n",
		"X: a\rContent-Length: 3\r\n",
		"no colon\r\n",
		": empty\r\n",
		" Host: a\r\n",
		"X: a\001b\r\n",
		"X: a\r\r\n",
	};
	static const char *const good[] = {
		"Content-Length: 3\r\nContent-Length: 3\r\n",
		"Content-Length: 3, 3\r\n",
		"Content-Length: 003\r\n",
		"content-length:\t3 \r\n",
		"Transfer-Encoding: gzip , chunked\r\n",
		"X:\r\nY: \r\n",
		"Host:\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad) + ARRAY_LEN(good); i++) {
		bool is_bad = i < ARRAY_LEN(bad);
		const struct said said[] = {
			SAID(C, "POST / HTTP/1.1\r\n"),
			{ .dir = C, .bytes = is_bad ? bad[i] : good[i - ARRAY_LEN(bad)] },
			SAID(C, "\r\n"),
			OVER
		};
		struct mkchat m;

		play(&m, said);
		CU_ASSERT_EQUAL(mkchat_count(&m), 1);
		if (((mkchat_http(&m, 0)->flags & HTTP_MALFORMED) != 0) != is_bad) {
			CU_FAIL();
			printf("%s: %s", is_bad ? "bad" : "good", said[1].bytes);
		}
		mkchat_release(&m);
	}
}

static void test_http1_chunked_wins_over_length(void)
{
	const struct said said[] = {
		SAID(C, "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: "
			"chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"),
		OVER
	};
	const struct said lf[] = {
		SAID(C, "POST / HTTP/1.1\r\nTransfer-Encoding: "
			"chunked\r\n\r\n5\nabcde\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"),
		OVER
	};
	const struct said lf_after[] = {
		SAID(C, "POST / HTTP/1.1\r\nTransfer-Encoding: "
			"chunked\r\n\r\n5\r\nabcde\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"),
		OVER
	};
	const struct said broken[] = {
		SAID(C, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdeXX"),
		SAID(C, "GET /2 HTTP/1.1\r\n\r\n"), OVER
	};
	const struct said overflow[] = { SAID(C, "POST / HTTP/1.1\r\nTransfer-Encoding: "
						 "chunked\r\n\r\nffffffffffffffff0\r\nabc"),
					 SAID(C, "GET /2 HTTP/1.1\r\n\r\n"), OVER };
	struct mkchat m;

	play(&m, said);
	CU_ASSERT(mkchat_count(&m) == 2 && mkchat_http(&m, 0)->request.body_bytes == 5);
	CU_ASSERT((mkchat_http(&m, 0)->flags & HTTP_MALFORMED) != 0 &&
		  mkchat_http(&m, 0)->request.content_length == 3);
	mkchat_release(&m);
	play(&m, lf);
	CU_ASSERT(mkchat_count(&m) == 2 && (mkchat_http(&m, 0)->flags & HTTP_MALFORMED) != 0);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags & HTTP_MALFORMED, 0);
	mkchat_release(&m);
	play(&m, lf_after);
	CU_ASSERT(mkchat_count(&m) == 2 && (mkchat_http(&m, 0)->flags & HTTP_MALFORMED) != 0);
	mkchat_release(&m);
	mkchat_open(&m, &analyzer_http1, 0, true);
	mkchat_play(&m, broken);
	mkchat_close(&m);
	CU_ASSERT(mkchat_count(&m) == 2 && (mkchat_http(&m, 0)->flags & HTTP_MALFORMED) != 0);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->target, "/2"));
	mkchat_release(&m);
	mkchat_open(&m, &analyzer_http1, 0, true);
	mkchat_play(&m, overflow);
	mkchat_close(&m);
	CU_ASSERT(mkchat_count(&m) == 2 && (mkchat_http(&m, 0)->flags & HTTP_MALFORMED) != 0);
	mkchat_release(&m);
}

/* A response that became readable before its request: the packet with the request was captured late. */
static void test_http1_response_before_its_request(void)
{
	const struct said said[] = { SAID(S, "HTTP/1.1 200 A\r\nContent-Length: 1\r\n\r\nx"),
				     SAID(C, "GET /1 HTTP/1.1\r\n\r\n"),
				     SAID(C, "GET /2 HTTP/1.1\r\n\r\n"),
				     SAID(S, "HTTP/1.1 201 B\r\nContent-Length: 0\r\n\r\n"), OVER };
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->target, "/1") && mkchat_http(&m, 0)->status == 200);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->target, "/2") && mkchat_http(&m, 1)->status == 201);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, HTTP_REQUEST | HTTP_RESPONSE);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, HTTP_REQUEST | HTTP_RESPONSE);
	mkchat_release(&m);
}

/* What servers send to those who never asked is nobody's answer. */
static void test_http1_request_timeout_of_the_server(void)
{
	const struct said said[] = {
		SAID(S, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
		SAID(C, "GET /1 HTTP/1.1\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), OVER
	};
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	CU_ASSERT(mkchat_http(&m, 0)->status == 408 &&
		  mkchat_http(&m, 0)->flags == (HTTP_RESPONSE | HTTP_REQUEST_CUT));
	CU_ASSERT(mkchat_http(&m, 1)->status == 200 && is_text(mkchat_http(&m, 1)->target, "/1"));
	mkchat_release(&m);
}

static void test_http1_who_asks_is_found_out(void)
{
	struct mkchat m;

	/* The start was missed and the wrong end taken for the client. */
	mkchat_open(&m, &analyzer_http1, 0, false);
	mkchat_data(&m, 1, "GET / HTTP/1.1\r\n\r\n", 18);
	CU_ASSERT_EQUAL(m.talk.client, 1);
	mkchat_data(&m, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
	mkchat_close(&m);
	CU_ASSERT(mkchat_count(&m) == 1 && mkchat_http(&m, 0)->client == 1 &&
		  mkchat_http(&m, 0)->status == 200);
	mkchat_release(&m);
	mkchat_open(&m, &analyzer_http1, 0, false);
	mkchat_data(&m, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
	CU_ASSERT_EQUAL(m.talk.client, 1);
	mkchat_data(&m, 1, "GET / HTTP/1.1\r\n\r\n", 18);
	mkchat_close(&m);
	CU_ASSERT(mkchat_count(&m) == 2 && mkchat_http(&m, 0)->client == 1 &&
		  mkchat_http(&m, 1)->client == 1);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, HTTP_REQUEST);
	mkchat_release(&m);
	/* The SYN was seen: the tracker's word stands, the rows say what was said. */
	mkchat_open(&m, &analyzer_http1, 0, true);
	mkchat_data(&m, 1, "GET / HTTP/1.1\r\n\r\n", 18);
	CU_ASSERT_EQUAL(m.talk.client, 0);
	mkchat_close(&m);
	CU_ASSERT(mkchat_count(&m) == 1 && mkchat_http(&m, 0)->client == 1);
	mkchat_release(&m);
}

static enum probe probe(const char *s, bool mid)
{
	struct talk t;

	memset(&t, 0, sizeof(t));
	return analyzer_http1.probe(&t, 0, (const uint8_t *)s, strlen(s), mid);
}

static void test_http1_probe(void)
{
	static const char *const yes[] = {
		"GET / HTTP/1.1\r\n",
		"POST /a?b HTTP/1.0\r\nHost",
		"OPTIONS * HTTP/1.1\r\n",
		"CONNECT a.b:443 HTTP/1.1\r\n",
		"GET http://a/ HTTP/1.1\r\n",
		"GET /very/long",
		"HTTP/1.1 200 OK",
		"HTTP/1.0 404",
		"PROPFIND /x HTTP/1.1\n",
		"M-SEARCH * HTTP/1.1\r\n",
	};
	static const char *const no[] = {
		"GET key\r\n",
		"SSH-2.0-OpenSSH\r\n",
		"OPTIONS sip:a@b SIP/2.0\r\n",
		"OPTIONS rtsp://a RTSP/1.0\r\n",
		"*1\r\n$4\r\nPING\r\n",
		"220 mail ESMTP\r\n",
		"EHLO a\r\n",
		"PRI * HTTP/2.0\r\n\r\n",
		"HTTP/2 200\r\n",
		"\x16\x03\x01\x02",
		"get key\r\n",
		"USER anonymous\r\n",
		"HTTP/1.1 2x0",
		"NOTIFY sip:x SIP/2.0\r\n",
		"GETGETGETGETGETGETGETGETGETGETGETGET",
		"A B\r\n",
	};
	static const char *const more[] = { "",        "G",           "GET",  "GET ",      "H",
					    "HTTP/1.", "HTTP/1.1 20", "\r\n", "OPTIONS h", "HEAD" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		CU_ASSERT_EQUAL(probe(yes[i], false), PROBE_YES);
		CU_ASSERT_EQUAL(probe(yes[i], true), PROBE_YES);
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		CU_ASSERT_EQUAL(probe(no[i], false), PROBE_NO);
		CU_ASSERT_EQUAL(probe(no[i], true), PROBE_NO);
	}
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		CU_ASSERT_EQUAL(probe(more[i], false), PROBE_MORE);
	}
	/* At the start a method of one's own or no version will do, in the middle of a stream not. */
	CU_ASSERT_EQUAL(probe("FOO / HTTP/1.1\r\n", false), PROBE_YES);
	CU_ASSERT_EQUAL(probe("FOO /", false), PROBE_MORE);
	CU_ASSERT_EQUAL(probe("FOO /", true), PROBE_NO);
	CU_ASSERT_EQUAL(probe("FOO / HTTP/1.1\r\n", true), PROBE_YES);
	CU_ASSERT_EQUAL(probe("GET /\r\n", false), PROBE_YES);
	CU_ASSERT_EQUAL(probe("GET /\r\n", true), PROBE_NO);
	CU_ASSERT_EQUAL(probe("XYZ", true), PROBE_NO);
}

void suite_http1(CU_pSuite suite);
void suite_http1(CU_pSuite suite)
{
	CU_add_test(suite, "test_http1_get_and_response", test_http1_get_and_response);
	CU_add_test(suite, "test_http1_times_are_of_the_bytes", test_http1_times_are_of_the_bytes);
	CU_add_test(suite, "test_http1_keep_alive", test_http1_keep_alive);
	CU_add_test(suite, "test_http1_pipelining", test_http1_pipelining);
	CU_add_test(suite, "test_http1_chunked", test_http1_chunked);
	CU_add_test(suite, "test_http1_interim_responses", test_http1_interim_responses);
	CU_add_test(suite, "test_http1_response_ends_with_the_connection",
		    test_http1_response_ends_with_the_connection);
	CU_add_test(suite, "test_http1_open_ends", test_http1_open_ends);
	CU_add_test(suite, "test_http1_old_and_lenient", test_http1_old_and_lenient);
	CU_add_test(suite, "test_http1_smuggling_shapes", test_http1_smuggling_shapes);
	CU_add_test(suite, "test_http1_chunked_wins_over_length",
		    test_http1_chunked_wins_over_length);
	CU_add_test(suite, "test_http1_response_before_its_request",
		    test_http1_response_before_its_request);
	CU_add_test(suite, "test_http1_request_timeout_of_the_server",
		    test_http1_request_timeout_of_the_server);
	CU_add_test(suite, "test_http1_who_asks_is_found_out", test_http1_who_asks_is_found_out);
	CU_add_test(suite, "test_http1_probe", test_http1_probe);
}
