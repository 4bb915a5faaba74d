/*
 * test_http1_gaps.c - HTTP/1 with bytes missing: lost packets, snaplen, a capture that begins or ends in the
 * middle. What was seen is told, what was not is never made up.
 */
#include "mkchat.h"

#include <CUnit/Basic.h>

#define C CHAT_C
#define S CHAT_S
#define GET(n) SAID(C, "GET /" n " HTTP/1.1\r\nHost: h\r\n\r\n")
#define OK(n) SAID(S, "HTTP/1.1 20" n " OK\r\nContent-Length: 0\r\n\r\n")
#define BOTH (HTTP_REQUEST | HTTP_RESPONSE)

static void play(struct mkchat *m, const struct said *said, bool known)
{
	mkchat_open(m, &analyzer_http1, 0, known);
	mkchat_play(m, said);
	mkchat_close(m);
	CU_ASSERT(!m->no_memory);
}

static void check(const struct mkchat *m, size_t i, const char *target, uint16_t status,
		  uint32_t flags)
{
	const struct http_tx *tx = mkchat_http(m, i);

	CU_ASSERT(is_text(tx->target, target));
	CU_ASSERT_EQUAL(tx->status, status);
	CU_ASSERT_EQUAL(tx->flags, flags);
}

static void test_http1_gaps_in_body_of_known_length(void)
{
	const struct said said[] = {
		GET("1"),    SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc"),
		GAP(S, 900), SAID(S, "0123456789"),
		GAP(S, 87),  GET("2"),
		OK("1"),     OVER
	};
	struct mkchat m;
	const struct http_tx *tx;

	play(&m, said, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	check(&m, 0, "/1", 200, BOTH | HTTP_RESPONSE_CUT);
	tx = mkchat_http(&m, 0);
	CU_ASSERT(tx->response.body_bytes == 1000 &&
		  tx->response.end == tx->response.head_bytes + 1000);
	CU_ASSERT(tx->response.last_num == 5 && tx->response.head_num == 2);
	check(&m, 1, "/2", 201, BOTH);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->response.start, tx->response.end);
	mkchat_release(&m);
}

static void test_http1_gaps_inside_a_chunk(void)
{
	const struct said said[] = {
		GET("1"),
		SAID(S, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nabcd"),
		GAP(S, 1000),
		SAID(S, "0123456789"),
		GAP(S, 10),
		SAID(S, "\r\n0\r\n\r\n"),
		GET("2"),
		OK("1"),
		OVER
	};
	struct mkchat m;

	play(&m, said, true);
	check(&m, 0, "/1", 200, BOTH | HTTP_RESPONSE_CUT | HTTP_CHUNKED_RESPONSE);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->response.body_bytes, 1024);
	check(&m, 1, "/2", 201, BOTH);
	mkchat_release(&m);
}

static void test_http1_gaps_over_chunk_framing(void)
{
	const struct said said[] = {
		GET("1"),
		SAID(S, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab"),
		GAP(S, 50),
		SAID(S, "more of it"),
		SAID(S, "and the last\r\n0\r\n\r\n"),
		GET("2"),
		GET("3"),
		OK("1"),
		OVER
	};
	const struct said unended[] = {
		GET("1"),   SAID(S, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab"),
		GAP(S, 50), SAID(S, "more of it"),
		GET("2"),   OK("1"),
		OVER
	};
	struct mkchat m;

	play(&m, said, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 3);
	check(&m, 0, "/1", 200, BOTH | HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE | HTTP_CHUNKED_RESPONSE);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->response.last_num, 5);
	/* What was counted before the framing was lost. */
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->response.body_bytes, 2);
	check(&m, 1, "/2", 201, BOTH);
	/* The end was seen, so it is known that the second had no answer yet. */
	check(&m, 2, "/3", 0, HTTP_REQUEST | HTTP_PIPELINED);
	mkchat_release(&m);
	play(&m, unended, true);
	check(&m, 0, "/1", 200, BOTH | HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE | HTTP_CHUNKED_RESPONSE);
	check(&m, 1, "/2", 201, BOTH);
	mkchat_release(&m);
}

/* The gap swallows the end of a body and more: at least one message is missing. */
static void test_http1_gaps_beyond_a_body(void)
{
	const struct said said[] = { SAID(C, "POST /1 HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"),
				     GAP(C, 60),
				     OK("0"),
				     OK("1"),
				     GET("3"),
				     OK("2"),
				     OVER };
	struct mkchat m;

	play(&m, said, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 3);
	check(&m, 0, "/1", 200, BOTH | HTTP_REQUEST_CUT);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->request.body_bytes, 10);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->request.end,
			mkchat_http(&m, 0)->request.head_bytes + 10);
	check(&m, 1, NULL, 201, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	check(&m, 2, "/3", 202, BOTH);
	mkchat_release(&m);
}

static void test_http1_gaps_lost_response(void)
{
	const struct said said[] = { GET("1"), GAP(S, 38), GET("2"), OK("2"),
				     GET("3"), OK("3"),    OVER };
	const struct said unknown[] = { GET("1"),
					{ .dir = S, .gap_unknown = true },
					SAID(S, "tail of a body"),
					GET("2"),
					OK("2"),
					OVER };
	const struct said twice[] = { GET("1"), GAP(S, 38), GET("2"), GAP(S, 38),
				      GET("3"), OK("3"),    OVER };
	const struct said start_only[] = { GET("1"), GAP(S, 30), OK("1"), OVER };
	const struct said both[] = { GET("1"), GAP(C, 40), GAP(S, 38), OK("2"), GET("3"), OK("3"), OVER };
	struct mkchat m;

	play(&m, said, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 3);
	check(&m, 0, "/1", 0, HTTP_REQUEST | HTTP_RESPONSE_CUT);
	check(&m, 1, "/2", 202, BOTH);
	check(&m, 2, "/3", 203, BOTH);
	mkchat_release(&m);
	play(&m, unknown, true);
	check(&m, 0, "/1", 0, HTTP_REQUEST | HTTP_RESPONSE_CUT);
	check(&m, 1, "/2", 202, BOTH);
	mkchat_release(&m);
	play(&m, twice, true);
	check(&m, 0, "/1", 0, HTTP_REQUEST | HTTP_RESPONSE_CUT);
	check(&m, 1, "/2", 0, HTTP_REQUEST | HTTP_RESPONSE_CUT);
	check(&m, 2, "/3", 203, BOTH);
	mkchat_release(&m);
	/* Nobody else asked: what follows the gap is the answer (an interim one was lost). */
	play(&m, start_only, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	check(&m, 0, "/1", 201, BOTH | HTTP_RESPONSE_CUT);
	mkchat_release(&m);
	/* A response and the next request are missing: the next response is not the first one's. */
	play(&m, both, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 3);
	check(&m, 0, "/1", 0, HTTP_REQUEST | HTTP_RESPONSE_CUT);
	check(&m, 1, NULL, 202, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	check(&m, 2, "/3", 203, BOTH);
	mkchat_release(&m);
}

/* As the tracker tells it: what the sender of the next bytes had received. */
static void had(struct mkchat *m, unsigned int dir, const char *text, uint64_t received)
{
	m->talk.acks = true;
	m->talk.had[dir] = received;
	mkchat_data(m, dir, text, strlen(text));
}

#define ASK(n) "GET /" n " HTTP/1.1\r\nHost: h\r\n\r\n" /* 28 bytes */
#define ANSWER(n) "HTTP/1.1 20" n " OK\r\nContent-Length: 0\r\n\r\n" /* 38 bytes */

/* The first request is lost; its response is not the second one's, whether the gap is known before or after it. */
static void test_http1_gaps_first_request_lost(void)
{
	for (int late = 0; late < 2; late++) {
		struct mkchat m;

		mkchat_open(&m, &analyzer_http1, 0, true);
		if (late == 0) {
			mkchat_gap(&m, C, 28, false);
		}
		had(&m, S, ANSWER("0"), 28);
		if (late != 0) {
			mkchat_gap(&m, C, 28, false);
		}
		had(&m, C, ASK("1"), 38);
		had(&m, S, ANSWER("1"), 56);
		mkchat_close(&m);
		CU_ASSERT_EQUAL_FATAL(mkchat_count(&m), 2);
		check(&m, 0, NULL, 200, HTTP_RESPONSE | HTTP_REQUEST_CUT);
		check(&m, 1, "/1", 201, BOTH);
		mkchat_release(&m);
	}
}

/* A response sent before the request had come is not its answer. */
static void test_http1_gaps_response_before_its_request_came(void)
{
	struct mkchat m;

	mkchat_open(&m, &analyzer_http1, 0, true);
	had(&m, C, ASK("0"), 0);
	had(&m, S, ANSWER("0"), 28);
	had(&m, C, ASK("1"), 38);
	had(&m, S, ANSWER("8"), 28);
	had(&m, S, ANSWER("1"), 56);
	mkchat_close(&m);
	CU_ASSERT_EQUAL_FATAL(mkchat_count(&m), 3);
	check(&m, 0, "/0", 200, BOTH);
	check(&m, 1, "/1", 201, BOTH);
	check(&m, 2, NULL, 208, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	mkchat_release(&m);
}

/* Of three asked at once, one response is lost or two: the next may be anybody's, the only one left is certain. */
static void test_http1_gaps_pipelined_response_lost(void)
{
	struct mkchat m;

	mkchat_open(&m, &analyzer_http1, 0, true);
	had(&m, C, ASK("0") ASK("1") ASK("2"), 0);
	mkchat_gap(&m, S, 38, false);
	had(&m, S, ANSWER("1"), 84);
	had(&m, S, ANSWER("2"), 84);
	mkchat_close(&m);
	CU_ASSERT_EQUAL_FATAL(mkchat_count(&m), 4);
	check(&m, 0, "/0", 0, HTTP_REQUEST | HTTP_RESPONSE_CUT);
	check(&m, 1, "/1", 0, HTTP_REQUEST | HTTP_PIPELINED);
	check(&m, 2, "/2", 202, BOTH | HTTP_PIPELINED);
	check(&m, 3, NULL, 201, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	mkchat_release(&m);
	mkchat_open(&m, &analyzer_http1, 0, true);
	had(&m, C, ASK("0") ASK("1") ASK("2"), 0);
	mkchat_gap(&m, S, 76, false);
	had(&m, S, ANSWER("2"), 84);
	mkchat_close(&m);
	CU_ASSERT_EQUAL_FATAL(mkchat_count(&m), 4);
	check(&m, 1, "/1", 0, HTTP_REQUEST | HTTP_PIPELINED);
	check(&m, 2, "/2", 0, HTTP_REQUEST | HTTP_PIPELINED);
	check(&m, 3, NULL, 202, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	mkchat_release(&m);
}

/* Of three asked one after the other, the second request is lost: it takes its response with it, as 28 bytes are one
 * request. */
static void test_http1_gaps_pipelined_request_lost(void)
{
	struct mkchat m;

	mkchat_open(&m, &analyzer_http1, 0, true);
	had(&m, C, ASK("0"), 0);
	mkchat_gap(&m, C, 28, false);
	had(&m, C, ASK("2"), 0);
	had(&m, S, ANSWER("0"), 84);
	had(&m, S, ANSWER("1"), 84);
	had(&m, S, ANSWER("2"), 84);
	mkchat_close(&m);
	CU_ASSERT_EQUAL_FATAL(mkchat_count(&m), 3);
	check(&m, 0, "/0", 200, BOTH);
	check(&m, 1, "/2", 202, BOTH | HTTP_PIPELINED);
	check(&m, 2, NULL, 201, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	mkchat_release(&m);
}

static void test_http1_gaps_lost_request(void)
{
	const struct said said[] = {
		GET("1"), OK("1"), GAP(C, 40), OK("2"), GET("3"), OK("3"), OVER
	};
	struct mkchat m;

	play(&m, said, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 3);
	check(&m, 0, "/1", 201, BOTH);
	check(&m, 1, NULL, 202, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	check(&m, 2, "/3", 203, BOTH);
	mkchat_release(&m);
}

static void test_http1_gaps_capture_begins_in_a_body(void)
{
	const struct said said[] = { SAID(S, "a body HTTP/1.1 in which"),
				     SAID(S, "words go on"),
				     SAID(C, "and this"),
				     GET("2"),
				     OK("2"),
				     OVER };
	const struct said response_first[] = { SAID(S, "xx"), OK("1"), GET("2"), OK("2"), OVER };
	const struct said short_chunks[] = { SAID(C, "PO"), SAID(C, "ST"),
					     SAID(C, " /2 HTTP/1.1\r\n\r\n"), OK("2"), OVER };
	struct mkchat m;

	play(&m, said, false);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	check(&m, 0, "/2", 202, BOTH);
	mkchat_release(&m);
	play(&m, response_first, false);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	check(&m, 0, NULL, 201, HTTP_RESPONSE | HTTP_REQUEST_CUT);
	check(&m, 1, "/2", 202, BOTH);
	mkchat_release(&m);
	play(&m, short_chunks, false);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	check(&m, 0, "/2", 202, BOTH);
	CU_ASSERT(mkchat_http(&m, 0)->request.start == 0 &&
		  mkchat_http(&m, 0)->request.first_num == 1);
	mkchat_release(&m);
}

/* Snaplen: every message shows its first n bytes, the rest is a gap of known length. Cut anywhere, the rows of both
 * exchanges are there. */
static void test_http1_gaps_snaplen_anywhere(void)
{
	static const char post[] =
		"POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\nUser-Agent: u\r\n\r\n";
	static const char ok[] = "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 500\r\n\r\n";
	size_t post_len = sizeof(post) - 1 + 300;
	size_t ok_len = sizeof(ok) - 1 + 500;

	for (size_t snap = 16; snap < sizeof(post) + 10; snap++) {
		struct mkchat m;
		const struct http_tx *tx;
		char a[512], b[768];
		size_t n;

		memset(a, 'x', sizeof(a));
		memcpy(a, post, sizeof(post) - 1);
		memset(b, 'y', sizeof(b));
		memcpy(b, ok, sizeof(ok) - 1);
		mkchat_open(&m, &analyzer_http1, 0, true);
		for (int round = 0; round < 3; round++) {
			a[7] = (char)('a' + round);
			n = snap < post_len ? snap : post_len;
			mkchat_data(&m, C, a, n);
			mkchat_gap(&m, C, post_len - n, false);
			mkchat_data(&m, S, b, snap);
			mkchat_gap(&m, S, ok_len - snap, false);
		}
		mkchat_close(&m);
		CU_ASSERT_EQUAL(mkchat_count(&m), 3);
		for (size_t i = 0; i < mkchat_count(&m); i++) {
			tx = mkchat_http(&m, i);
			CU_ASSERT_EQUAL(tx->flags & (BOTH | HTTP_REQUEST_CUT | HTTP_RESPONSE_CUT),
					BOTH | HTTP_REQUEST_CUT | HTTP_RESPONSE_CUT);
			CU_ASSERT_EQUAL((tx->flags & HTTP_HEAD_CUT) != 0, snap < sizeof(post) - 1);
			CU_ASSERT(is_text(tx->method, "POST") && tx->target != NULL &&
				  tx->target->bytes[2] == (char)('a' + (int)i - 0) - 0);
			CU_ASSERT_EQUAL(tx->status, 200);
			CU_ASSERT_EQUAL(tx->host != NULL, snap >= 22 + 9);
			CU_ASSERT_EQUAL(tx->request.start, i * post_len);
			CU_ASSERT_EQUAL(tx->request.end, (i + 1) * post_len);
			CU_ASSERT_EQUAL(tx->response.start, i * ok_len);
			CU_ASSERT_EQUAL(tx->response.end, (i + 1) * ok_len);
			if (snap >= 22 + 9 + 21) {
				CU_ASSERT(tx->request.content_length == 300 &&
					  tx->request.body_bytes == 300);
			}
			if (snap >= sizeof(ok) - 1) {
				CU_ASSERT(tx->response.content_length == 500 &&
					  tx->response.body_bytes == 500);
			}
		}
		mkchat_release(&m);
	}
}

/* As bytes of syscalls come: a large body passes in many pieces, each cut after 80 bytes; some of them look
 * like messages. */
static void test_http1_gaps_cut_head_then_body_that_looks_like_a_message(void)
{
	static const char head[] = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: "
				   "5000\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaa";
	struct mkchat m;

	mkchat_open(&m, &analyzer_http1, 0, true);
	mkchat_data(&m, C, head, 80);
	mkchat_gap(&m, C, 200, false);
	for (int i = 0; i < 5; i++) {
		mkchat_data(&m, C, "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n", 33);
		mkchat_gap(&m, C, 967, false);
	}
	mkchat_data(&m, C, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n", 31);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	check(&m, 0, "/upload", 0, HTTP_REQUEST | HTTP_REQUEST_CUT | HTTP_REQUEST_UNSURE | HTTP_HEAD_CUT);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->host, "a"));
	CU_ASSERT(mkchat_http(&m, 0)->request.content_length == 5000 &&
		  mkchat_http(&m, 0)->request.body_bytes == 5000);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->request.end, 5280);
	/* It came before anything was answered. */
	check(&m, 1, "/next", 0, HTTP_REQUEST | HTTP_PIPELINED);
	mkchat_release(&m);
}

static void test_http1_gaps_in_a_start_line(void)
{
	const struct said said[] = { SAID(C, "GET /a/very/long"),
				     GAP(C, 100),
				     SAID(S, "HTTP/1.1 200"),
				     GAP(S, 50),
				     GET("2"),
				     OK("1"),
				     OVER };
	const struct said too_little[] = { SAID(C, "GE"), GAP(C, 100), SAID(S, "HTTP/1.1 2"),
					   GAP(S, 50),    GET("2"),    OK("1"),
					   OVER };
	struct mkchat m;

	play(&m, said, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	check(&m, 0, "/a/very/long", 200,
	      BOTH | HTTP_REQUEST_CUT | HTTP_RESPONSE_CUT | HTTP_HEAD_CUT | HTTP_REQUEST_UNSURE |
		      HTTP_RESPONSE_UNSURE);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->request.end, 116);
	/* The version of the request was not captured: the response's stands there. */
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->version, 11);
	check(&m, 1, "/2", 201, BOTH);
	mkchat_release(&m);
	play(&m, too_little, true);
	CU_ASSERT_EQUAL(mkchat_count(&m), 1);
	check(&m, 0, "/2", 201, BOTH);
	mkchat_release(&m);
}

/* Is the body's size told, and which? UINT64_MAX: unknown. */
static void check_bodies(const struct mkchat *m, size_t i, uint64_t request, uint64_t response)
{
	const struct http_tx *tx = mkchat_http(m, i);

	CU_ASSERT_EQUAL(http_body_known(tx, true) ? tx->request.body_bytes : UINT64_MAX, request);
	CU_ASSERT_EQUAL(http_body_known(tx, false) ? tx->response.body_bytes : UINT64_MAX, response);
}

/* Nothing is made up of a head that was cut: neither its size nor a body of nought bytes. */
static void test_http1_gaps_sizes_of_cut_heads(void)
{
	const struct said said[] = { SAID(C, "GET /1 HTTP/1.0\r\nHost: a"),
				     GAP(C, 40),
				     SAID(S, "HTTP/1.0 200 OK\r\nServer: s\r\nX: yy"),
				     GAP(S, 4000),
				     SAID(S, "more"),
				     ENDS(S, END_FIN),
				     ENDS(C, END_FIN),
				     OVER };
	const struct said line_cut[] = { SAID(C, "GET /long"), GAP(C, 40), ENDS(S, END_FIN),
					 ENDS(C, END_FIN),     OVER };
	/* All that was announced has passed, or may not have. */
	const struct said announced[] = { GET("1"),
					  SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nX: yy"),
					  GAP(S, 80),
					  GET("2"),
					  SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nX: yy"),
					  GAP(S, 30),
					  OVER };
	const uint32_t cut = HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE | HTTP_HEAD_CUT;
	struct mkchat m;

	play(&m, said, true);
	check(&m, 0, "/1", 200, BOTH | HTTP_REQUEST_CUT | HTTP_REQUEST_UNSURE | cut);
	CU_ASSERT(mkchat_http(&m, 0)->request.head_ns == 0 && mkchat_http(&m, 0)->response.head_ns == 0);
	check_bodies(&m, 0, UINT64_MAX, UINT64_MAX);
	mkchat_release(&m);
	play(&m, line_cut, true);
	check(&m, 0, "/long", 0, HTTP_REQUEST | HTTP_REQUEST_CUT | HTTP_REQUEST_UNSURE | HTTP_HEAD_CUT);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->version, 0);
	check_bodies(&m, 0, UINT64_MAX, UINT64_MAX);
	mkchat_release(&m);
	play(&m, announced, true);
	check(&m, 0, "/1", 200, BOTH | cut);
	check_bodies(&m, 0, 0, 50);
	check(&m, 1, "/2", 200, BOTH | cut | HTTP_RESPONSE_OPEN);
	check_bodies(&m, 1, 0, UINT64_MAX);
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->response.content_length, 50);
	mkchat_release(&m);
}

/* The answers to HEAD, and 304, have no body whatever they declare: the next response is not taken for one. */
static void test_http1_gaps_cut_heads_without_body(void)
{
	static const char *const first[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\nX: yy",
		"HTTP/1.1 304 Not Modified\r\nContent-Length: 50000\r\nX: yy",
	};

	for (unsigned int i = 0; i < ARRAY_LEN(first); i++) {
		const struct said said[] = { { .dir = C,
					       .bytes = i == 0 ? "HEAD /1 HTTP/1.1\r\nHost: h\r\n\r\n"
							       : "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n" },
					     { .dir = S, .bytes = first[i] },
					     GAP(S, 80),
					     GET("2"),
					     OK("1"),
					     OVER };
		struct mkchat m;

		play(&m, said, true);
		CU_ASSERT_EQUAL_FATAL(mkchat_count(&m), 2);
		CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags,
				BOTH | HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE | HTTP_HEAD_CUT);
		CU_ASSERT_EQUAL(mkchat_http(&m, 0)->response.content_length, 50000);
		check_bodies(&m, 0, 0, UINT64_MAX);
		check(&m, 1, "/2", 201, BOTH);
		check_bodies(&m, 1, 0, 0);
		mkchat_release(&m);
	}
}

/* A body of which nothing, or not all, was counted before the capture ended or the framing was lost. */
static void test_http1_gaps_bodies_counted_in_part(void)
{
	const struct said none[] = { SAID(C, "POST /1 HTTP/1.1\r\nContent-Length: 10\r\n\r\n"), OVER };
	const struct said some[] = { SAID(C, "POST /1 HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"), OVER };
	const struct said lost[] = { GET("1"),
				     SAID(S, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
				     GAP(S, 50),
				     GET("2"),
				     OK("1"),
				     OVER };
	const struct said unknown[] = { GET("1"),
					SAID(S, "HTTP/1.0 200 OK\r\n\r\nabc"),
					{ .dir = S, .gap_unknown = true },
					SAID(S, "de"),
					ENDS(S, END_FIN),
					OVER };
	struct mkchat m;

	play(&m, none, true);
	check(&m, 0, "/1", 0, HTTP_REQUEST | HTTP_REQUEST_OPEN);
	check_bodies(&m, 0, UINT64_MAX, UINT64_MAX);
	mkchat_release(&m);
	play(&m, some, true);
	check(&m, 0, "/1", 0, HTTP_REQUEST | HTTP_REQUEST_OPEN);
	check_bodies(&m, 0, 3, UINT64_MAX);
	mkchat_release(&m);
	play(&m, lost, true);
	check(&m, 0, "/1", 200, BOTH | HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE | HTTP_CHUNKED_RESPONSE);
	check_bodies(&m, 0, 0, UINT64_MAX);
	check_bodies(&m, 1, 0, 0);
	mkchat_release(&m);
	play(&m, unknown, true);
	check(&m, 0, "/1", 200, BOTH | HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE | HTTP_CLOSE_DELIMITED);
	check_bodies(&m, 0, 0, 5);
	mkchat_release(&m);
}

void suite_http1_gaps(CU_pSuite suite);
void suite_http1_gaps(CU_pSuite suite)
{
	CU_add_test(suite, "test_http1_gaps_in_body_of_known_length",
		    test_http1_gaps_in_body_of_known_length);
	CU_add_test(suite, "test_http1_gaps_inside_a_chunk", test_http1_gaps_inside_a_chunk);
	CU_add_test(suite, "test_http1_gaps_over_chunk_framing",
		    test_http1_gaps_over_chunk_framing);
	CU_add_test(suite, "test_http1_gaps_beyond_a_body", test_http1_gaps_beyond_a_body);
	CU_add_test(suite, "test_http1_gaps_lost_response", test_http1_gaps_lost_response);
	CU_add_test(suite, "test_http1_gaps_first_request_lost", test_http1_gaps_first_request_lost);
	CU_add_test(suite, "test_http1_gaps_response_before_its_request_came",
		    test_http1_gaps_response_before_its_request_came);
	CU_add_test(suite, "test_http1_gaps_pipelined_response_lost", test_http1_gaps_pipelined_response_lost);
	CU_add_test(suite, "test_http1_gaps_pipelined_request_lost", test_http1_gaps_pipelined_request_lost);
	CU_add_test(suite, "test_http1_gaps_lost_request", test_http1_gaps_lost_request);
	CU_add_test(suite, "test_http1_gaps_capture_begins_in_a_body",
		    test_http1_gaps_capture_begins_in_a_body);
	CU_add_test(suite, "test_http1_gaps_snaplen_anywhere", test_http1_gaps_snaplen_anywhere);
	CU_add_test(suite, "test_http1_gaps_cut_head_then_body_that_looks_like_a_message",
		    test_http1_gaps_cut_head_then_body_that_looks_like_a_message);
	CU_add_test(suite, "test_http1_gaps_in_a_start_line", test_http1_gaps_in_a_start_line);
	CU_add_test(suite, "test_http1_gaps_sizes_of_cut_heads", test_http1_gaps_sizes_of_cut_heads);
	CU_add_test(suite, "test_http1_gaps_cut_heads_without_body", test_http1_gaps_cut_heads_without_body);
	CU_add_test(suite, "test_http1_gaps_bodies_counted_in_part", test_http1_gaps_bodies_counted_in_part);
}
