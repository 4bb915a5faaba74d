/*
 * test_http2_damage.c - HTTP/2 with parts missing, in disorder, or from somebody who means harm: what is told is
 * right, what is not known is left out, and it always ends.
 */
#include "mkchat.h"
#include "mkh2.h"

#include "base/limits.h"

#include <CUnit/Basic.h>

#define C CHAT_C
#define S CHAT_S
#define BOTH (HTTP_REQUEST | HTTP_RESPONSE)

/* The capture begins in the middle: what leans on the lost state of the compression is unknown, the rest is right. */
static void test_http2_damage_start_missed(void)
{
	struct buf c, s;
	struct mkchat m;
	const struct http_tx *tx;

	for (unsigned int wrong = 0; wrong < 2;
	     wrong++) { /* also with the wrong end taken for the client */
		buf_init(&c, 1 << 16);
		buf_init(&s, 1 << 16);
		h2_frame(&c, H2_WINDOW_UPDATE, 0, 0, "\0\0\1\0", 4);
		h2_hex(&c, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 3,
		       "8286 84be 5886 a8eb 1064 9cbf"); /* RFC 7541, C.4.2 */
		h2_hex(&s, H2_HEADERS, H2_END_HEADERS, 3, "4803 3330 37c1 c0bf"); /* C.5.2 */
		h2_frame(&s, H2_DATA, H2_END_STREAM, 3, "abcd", 4);
		mkchat_open(&m, &analyzer_http2, wrong, false);
		mkchat_data(&m, 0, c.data, c.len);
		mkchat_data(&m, 1, s.data, s.len);
		mkchat_close(&m);
		CU_ASSERT(mkchat_count(&m) == 1 && m.talk.client == 0);
		tx = mkchat_http(&m, 0);
		CU_ASSERT(tx->flags == (BOTH | HTTP_HEAD_CUT) && tx->client == 0 &&
			  tx->stream == 3);
		CU_ASSERT(is_text(tx->method, "GET") && is_text(tx->target, "/") &&
			  is_text(tx->scheme, "http"));
		CU_ASSERT(tx->host == NULL && tx->location == NULL && tx->status == 307);
		CU_ASSERT(tx->response.body_bytes == 4 && tx->response.end == s.len);
		mkchat_release(&m);
		buf_release(&c);
		buf_release(&s);
	}
}

/* What entered the table since is known again, wherever its entry stands by now. */
static void test_http2_damage_start_missed_then_learned(void)
{
	struct h2_ends e;
	struct mkchat m;
	size_t at;

	h2_ends_init(&e);
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS, 1,
		   H2_LINES(":status: 200", "server: old", "x-custom: 1"));
	at = e.say[S].len;
	/* The second one's name is an entry that was missed; its own entry counts all the same. */
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS | H2_END_STREAM, 3,
		   H2_LINES(":status: 200", "server: new", "x-custom: 2"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS | H2_END_STREAM, 5,
		   H2_LINES(":status: 200", "server: new"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS | H2_END_STREAM, 7,
		   H2_LINES(":status: 200", "server: old"));
	h2_headers(&e.say[S], e.d[S], H2_END_HEADERS | H2_END_STREAM, 9,
		   H2_LINES("x-custom: 1", ":status: 404", "server: new"));
	mkchat_open(&m, &analyzer_http2, 0, false);
	mkchat_data(&m, S, e.say[S].data + at, e.say[S].len - at);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 4);
	for (size_t i = 0; i < 4; i++) {
		const struct http_tx *tx = mkchat_http(&m, i);

		CU_ASSERT(tx->status == (i == 3 ? 404 : 200) &&
			  is_text(tx->server, i == 2 ? NULL : "new"));
		CU_ASSERT_EQUAL(tx->flags,
				HTTP_RESPONSE | HTTP_REQUEST_CUT | (i != 1 ? HTTP_HEAD_CUT : 0));
	}
	mkchat_release(&m);
	h2_ends_release(&e);
}

/* Out of step, a block too long to be put together: what it entered into the table is not known either. */
static void test_http2_damage_start_missed_then_overlong(void)
{
	struct buf block, s;
	struct mkchat m;

	buf_init(&block, 1 << 20);
	buf_init(&s, 1 << 20);
	buf_addc(&block, (char)0x88);
	for (int i = 0; i < 6000; i++) {
		buf_add(&block, "\x76\5wrong", 7); /* server, with indexing */
	}
	buf_add(&block, "\x76\5right", 7);
	/* Each cut between two fields. */
	h2_frame(&s, H2_HEADERS, 0, 1, block.data, 1 + 7 * 2285);
	h2_frame(&s, H2_CONTINUATION, 0, 1, block.data + 1 + 7 * 2285, 7 * 2285);
	h2_frame(&s, H2_CONTINUATION, H2_END_HEADERS, 1, block.data + 1 + 7 * 4570,
		 block.len - 1 - 7 * 4570);
	h2_hex(&s, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 3, "89 be");
	mkchat_open(&m, &analyzer_http2, 0, false);
	mkchat_data(&m, S, s.data, s.len);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	CU_ASSERT((mkchat_http(&m, 0)->flags & HTTP_HEAD_CUT) != 0 &&
		  mkchat_http(&m, 0)->response.head_bytes == block.len);
	CU_ASSERT(mkchat_http(&m, 1)->status == 204 && mkchat_http(&m, 1)->server == NULL);
	mkchat_release(&m);
	buf_release(&block);
	buf_release(&s);
}

/* The client's preface is there, but the SYN is not: who asks is known by it, and a server whose first frame is
 * none of settings was not heard from the start. */
static void test_http2_damage_preface_without_syn(void)
{
	struct buf c, s;
	struct mkchat m;

	for (unsigned int settings = 0; settings < 2; settings++) {
		buf_init(&c, 1 << 16);
		buf_init(&s, 1 << 16);
		buf_adds(&c, H2_PREFACE);
		h2_frame(&c, H2_SETTINGS, 0, 0, NULL, 0);
		h2_hex(&c, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 1,
		       "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d");
		h2_hex(&c, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 3, "8286 84be");
		h2_frame(&s, settings != 0 ? H2_SETTINGS : H2_PING, 0, 0, "12345678",
			 settings != 0 ? 0 : 8);
		/* The table may be larger when all is known: 64 KiB are allowed in step. */
		h2_hex(&s, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 1, "3fe1ff03 88");
		h2_hex(&s, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 3, "be 89");
		mkchat_open(&m, &analyzer_http2, 0, false);
		mkchat_data(&m, 1, c.data, c.len);
		mkchat_data(&m, 0, s.data, s.len);
		CU_ASSERT_EQUAL(m.talk.client, 1);
		mkchat_close(&m);
		CU_ASSERT_EQUAL(mkchat_count(&m), 2);
		CU_ASSERT(mkchat_http(&m, 0)->client == 1 && mkchat_http(&m, 0)->status == 200);
		CU_ASSERT(mkchat_http(&m, 1)->status == (settings != 0 ? 0 : 204) &&
			  is_text(mkchat_http(&m, 1)->host, "www.example.com"));
		/* An index that cannot be: in step it breaks the block, out of step it is one that was missed. */
		CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, BOTH | HTTP_HEAD_CUT);
		mkchat_release(&m);
		buf_release(&c);
		buf_release(&s);
	}
}

/* Within a header block nothing but its continuation may come, and no continuation without one. */
static void test_http2_damage_broken_order_of_frames(void)
{
	static const struct {
		uint8_t first, second;
		uint32_t id;
	} orders[] = {
		{ H2_HEADERS, H2_HEADERS, 3 },      { H2_HEADERS, H2_PING, 0 },
		{ H2_HEADERS, H2_DATA, 1 },         { H2_HEADERS, H2_HEADERS, 1 },
		{ H2_HEADERS, H2_CONTINUATION, 3 }, { H2_SETTINGS, H2_CONTINUATION, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		bool block = orders[i].first == H2_HEADERS;
		struct h2_ends e;
		struct mkchat m;
		size_t at;

		h2_ends_init(&e);
		h2_hex(&e.say[C], orders[i].first, 0, block ? 1 : 0, block ? "8286" : "");
		h2_hex(&e.say[C], orders[i].second,
		       orders[i].second == H2_HEADERS ? H2_END_HEADERS : 0, orders[i].id,
		       "8286 8486 8284 8284");
		at = e.say[C].len;
		h2_frame(&e.say[C], H2_PING, 0, 0, "12345678", 8);
		h2_hex(&e.say[C], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 5, "8386 85");
		mkchat_open(&m, &analyzer_http2, 0, true);
		mkchat_data(&m, C, e.say[C].data, at);
		mkchat_data(&m, C, e.say[C].data + at, e.say[C].len - at);
		mkchat_close(&m);
		CU_ASSERT_EQUAL(mkchat_count(&m), block ? 2 : 1);
		CU_ASSERT(is_text(mkchat_http(&m, block ? 1 : 0)->method, "POST"));
		CU_ASSERT_EQUAL(mkchat_http(&m, block ? 1 : 0)->flags, HTTP_REQUEST);
		CU_ASSERT_EQUAL((mkchat_http(&m, 0)->flags & HTTP_REQUEST_CUT) != 0, block);
		mkchat_release(&m);
		h2_ends_release(&e);
	}
}

/* Long heads: what comes late is not kept, but the table stays in step. */
static void test_http2_damage_long_head(void)
{
	struct h2_ends e;
	struct buf block;
	struct mkchat m;
	static char value[4000];

	h2_ends_init(&e);
	buf_init(&block, 1 << 20);
	memset(value, 'v', sizeof(value) - 1);
	h2_block(&block, e.d[C], H2_LINES(":method: GET", ":path: /long"));
	for (int i = 0; i < 10; i++) {
		char line[4100];

		snprintf(line, sizeof(line), "x-%d: %s", i, value);
		h2_block(&block, e.d[C], H2_LINES(line));
	}
	h2_block(&block, e.d[C], H2_LINES("user-agent: late", "referer: r"));
	h2_frame(&e.say[C], H2_HEADERS, 0, 1, block.data, 16000);
	h2_frame(&e.say[C], H2_CONTINUATION, H2_END_HEADERS, 1, block.data + 16000,
		 block.len - 16000);
	h2_headers(&e.say[C], e.d[C], H2_END_HEADERS, 3,
		   H2_LINES(":method: GET", ":path: /2", "user-agent: late", "referer: r"));
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_close(&m);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->target, "/long") &&
		  mkchat_http(&m, 0)->user_agent == NULL);
	CU_ASSERT((mkchat_http(&m, 0)->flags & HTTP_HEAD_CUT) != 0);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->request.head_bytes, block.len);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->user_agent, "late") &&
		  is_text(mkchat_http(&m, 1)->referrer, "r"));
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags & HTTP_HEAD_CUT, 0);
	mkchat_release(&m);
	buf_release(&block);
	h2_ends_release(&e);
}

static void test_http2_damage_gaps(void)
{
	struct h2_ends e;
	struct mkchat m;
	static char zeros[1000];
	size_t head, cut, asked;

	/* Inside a DATA frame: it passes. */
	h2_ends_init(&e);
	h2_ask(&e, 1, "/1", H2_END_STREAM);
	h2_answer(&e, 1, "200", 0);
	head = e.say[S].len;
	h2_frame(&e.say[S], H2_DATA, H2_END_STREAM, 1, zeros, sizeof(zeros));
	cut = e.say[S].len;
	h2_ask(&e, 3, "/3", H2_END_STREAM);
	h2_answer(&e, 3, "201", H2_END_STREAM);
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_data(&m, S, e.say[S].data, head + 9 + 10);
	mkchat_gap(&m, S, 990, false);
	mkchat_data(&m, S, e.say[S].data + cut, e.say[S].len - cut);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, BOTH | HTTP_RESPONSE_CUT);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->response.body_bytes, 1000);
	CU_ASSERT(mkchat_http(&m, 1)->flags == BOTH && mkchat_http(&m, 1)->status == 201 &&
		  is_text(mkchat_http(&m, 1)->server, "s"));
	mkchat_release(&m);
	/* Over frames: what leans on the table as it was before is not known any more. */
	asked = e.say[C].len;
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_data(&m, S, e.say[S].data, head + 9 + 10);
	mkchat_gap(&m, S, 995, false);
	mkchat_data(&m, S, "not a frame", 11);
	h2_ask(&e, 5, "/5", H2_END_STREAM);
	mkchat_data(&m, C, e.say[C].data + asked, e.say[C].len - asked);
	h2_frame(&e.say[S], H2_PING, 0, 0, "12345678", 8);
	h2_hex(&e.say[S], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 5, "fe 89");
	mkchat_data(&m, S, e.say[S].data + cut, e.say[S].len - cut);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_http(&m, 2)->flags, BOTH | HTTP_HEAD_CUT);
	CU_ASSERT_EQUAL(mkchat_http(&m, 2)->status, 204);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags,
			BOTH | HTTP_RESPONSE_CUT | HTTP_RESPONSE_OPEN | HTTP_RESPONSE_UNSURE);
	/* Ten bytes were seen, at least. */
	CU_ASSERT(http_body_known(mkchat_http(&m, 0), false) && mkchat_http(&m, 0)->response.body_bytes == 10);
	/* All of its frames were seen. */
	CU_ASSERT_EQUAL(mkchat_http(&m, 1)->flags, BOTH | HTTP_HEAD_CUT);
	CU_ASSERT(http_body_known(mkchat_http(&m, 1), false) && mkchat_http(&m, 1)->response.body_bytes == 0);
	CU_ASSERT_PTR_NULL(mkchat_http(&m, 1)->server);
	mkchat_release(&m);
	h2_ends_release(&e);
}

/* The packet ends within a header block and the next bytes are beyond it: what was read of it stays, with its time. */
static void test_http2_damage_cut_in_a_block(void)
{
	for (unsigned int end = 0; end < 2; end++) { /* by a gap, by the end of the capture */
		struct h2_ends e;
		struct mkchat m;
		const struct http_tx *tx;
		size_t c, s;

		h2_ends_init(&e);
		c = e.say[C].len;
		s = e.say[S].len;
		h2_hex(&e.say[C], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 1, "82 84 86 4101 61");	/* GET / http, "a" */
		h2_hex(&e.say[S], H2_HEADERS, H2_END_HEADERS, 1, "89 7601 73 5f01 74");	/* 204, server, type */
		h2_frame(&e.say[S], H2_DATA, H2_END_STREAM, 1, "0123456789", 10);
		mkchat_open(&m, &analyzer_http2, 0, true);
		mkchat_data(&m, C, e.say[C].data, c);
		mkchat_data(&m, S, e.say[S].data, s);
		/* The request as far as its second field, the response as far as its status. */
		mkchat_data(&m, C, e.say[C].data + c, 9 + 2);
		mkchat_data(&m, S, e.say[S].data + s, 9 + 1);
		if (end == 0) {
			mkchat_gap(&m, C, 500, false);
			mkchat_gap(&m, S, 500, false);
		}
		mkchat_close(&m);
		CU_ASSERT_EQUAL_FATAL(mkchat_count(&m), 1);
		tx = mkchat_http(&m, 0);
		CU_ASSERT_EQUAL(tx->flags & (BOTH | HTTP_HEAD_CUT | HTTP_REQUEST_OPEN | HTTP_RESPONSE_OPEN),
				BOTH | HTTP_HEAD_CUT | HTTP_REQUEST_OPEN | HTTP_RESPONSE_OPEN);
		CU_ASSERT_EQUAL((tx->flags & (HTTP_REQUEST_CUT | HTTP_RESPONSE_CUT)) != 0, end == 0);
		CU_ASSERT(tx->status == 204 && is_text(tx->method, "GET") && tx->host == NULL);
		/* Prefaces, then the two. */
		CU_ASSERT(tx->request.first_num == 3 && tx->request.last_num == 3 && tx->request.start == c);
		CU_ASSERT(tx->response.first_num == 4 && tx->response.last_num == 4 && tx->response.start == s);
		CU_ASSERT(tx->request.first_ns != 0 && tx->response.first_ns > tx->request.first_ns);
		CU_ASSERT(tx->request.head_ns == 0 && tx->response.head_ns == 0);
		CU_ASSERT(!http_body_known(tx, true) && !http_body_known(tx, false));
		mkchat_release(&m);
		h2_ends_release(&e);
	}
}

/* A frame of data of which not even the length of its padding was seen: how much of it is content nobody knows. */
static void test_http2_damage_gap_over_pad_length(void)
{
	struct h2_ends e;
	struct mkchat m;
	const struct http_tx *tx;
	static const uint8_t padded[200] = { 100 };	/* 99 bytes of content, 100 of padding */
	size_t head;

	h2_ends_init(&e);
	h2_ask(&e, 1, "/1", H2_END_STREAM);
	h2_answer(&e, 1, "200", 0);
	head = e.say[S].len;
	h2_frame(&e.say[S], H2_DATA, H2_END_STREAM | H2_PADDED, 1, padded, sizeof(padded));
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_data(&m, S, e.say[S].data, head + 9);
	mkchat_gap(&m, S, sizeof(padded), false);
	mkchat_close(&m);
	tx = mkchat_http(&m, 0);
	CU_ASSERT_EQUAL(tx->flags, BOTH | HTTP_RESPONSE_CUT | HTTP_RESPONSE_UNSURE);
	CU_ASSERT(!http_body_known(tx, false) && tx->response.end == head + 9 + sizeof(padded));
	mkchat_release(&m);
	h2_ends_release(&e);
}

/* One byte of a block may stand for thousands: decoding stops, memory and time do not grow. */
static void test_http2_damage_compression_bomb(void)
{
	struct h2_ends e;
	struct buf bomb;
	struct mkchat m;
	char value[3001];

	h2_ends_init(&e);
	buf_init(&bomb, 4 << 20);
	memset(value, 'v', sizeof(value));
	buf_addc(&bomb, (char)0x82);
	buf_add(&bomb, "\x40\x01x\x7f\xb9\x16",
		6); /* a new field "x" of 127 + 0x39 + (0x16 << 7) = 3000 bytes */
	buf_add(&bomb, value, 3000);
	for (int i = 0; i < 1 << 20; i++) {
		buf_addc(&bomb, (char)0xBE);
	}
	h2_frame(&e.say[C], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 1, bomb.data, bomb.len);
	/* In step, the table's newest entry would be "x"; what is spelled out is there. */
	h2_hex(&e.say[C], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 3, "be 83 86 85");
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	CU_ASSERT(is_text(mkchat_http(&m, 0)->method, "GET") &&
		  (mkchat_http(&m, 0)->flags & HTTP_HEAD_CUT) != 0);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->target, "/index.html") &&
		  is_text(mkchat_http(&m, 1)->method, "POST"));
	CU_ASSERT((mkchat_http(&m, 1)->flags & HTTP_HEAD_CUT) != 0);
	mkchat_release(&m);
	buf_release(&bomb);
	h2_ends_release(&e);
}

static void test_http2_damage_streams_without_end(void)
{
	struct h2_ends e;
	struct mkchat m;

	h2_ends_init(&e);
	for (uint32_t id = 1; id < 20000; id += 2) {
		h2_hex(&e.say[C], H2_HEADERS, H2_END_HEADERS, id, "828684");
	}
	h2_hex(&e.say[S], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 1, "88");
	h2_hex(&e.say[S], H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, 19999, "88");
	mkchat_open(&m, &analyzer_http2, 0, true);
	mkchat_data(&m, C, e.say[C].data, e.say[C].len);
	mkchat_data(&m, S, e.say[S].data, e.say[S].len);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 10001);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, HTTP_REQUEST | HTTP_REQUEST_OPEN);
	CU_ASSERT_EQUAL(mkchat_http(&m, 9999)->flags, BOTH | HTTP_REQUEST_OPEN);
	/* The answer to one that was given up stands alone. */
	CU_ASSERT((mkchat_http(&m, 10000)->flags & BOTH) == HTTP_RESPONSE &&
		  mkchat_http(&m, 10000)->stream == 1);
	mkchat_release(&m);
	h2_ends_release(&e);
}

/* Every cut, with gaps, and every flipped bit: it must end, and what is told must hold together. */
static void test_http2_damage_cuts_and_flips(void)
{
	struct h2_ends e;
	size_t total;

	h2_ends_init(&e);
	h2_ask(&e, 1, "/1", H2_END_STREAM);
	h2_ask(&e, 3, "/3", 0);
	h2_frame(&e.say[C], H2_DATA, H2_PADDED | H2_END_STREAM, 3, "\2body\0\0", 7);
	h2_answer(&e, 1, "200", 0);
	h2_frame(&e.say[S], H2_DATA, H2_END_STREAM, 1, "12345", 5);
	h2_answer(&e, 3, "404", H2_END_STREAM);
	total = e.say[C].len + e.say[S].len;
	for (size_t i = 0; i < total * 8; i++) {
		unsigned int dir = i / 8 < e.say[C].len ? C : S;
		size_t at = dir == C ? i / 8 : i / 8 - e.say[C].len;
		static const uint64_t gaps[] = { 1, 3, 9, 20, 100, 0, 5000, 14 };
		struct mkchat m;

		e.say[dir].data[at] = (char)(e.say[dir].data[at] ^ 1 << i % 8);
		mkchat_open(&m, &analyzer_http2, 0, i % 3 != 0);
		for (unsigned int d = 0; d < 2; d++) {
			mkchat_data(&m, d, e.say[d].data, e.say[d].len);
		}
		mkchat_close(&m);
		CU_ASSERT(!m.no_memory);
		mkchat_release(&m);
		e.say[dir].data[at] = (char)(e.say[dir].data[at] ^ 1 << i % 8);

		mkchat_open(&m, &analyzer_http2, 0, true);
		mkchat_data(&m, !dir, e.say[!dir].data, e.say[!dir].len);
		mkchat_data(&m, dir, e.say[dir].data, at);
		mkchat_gap(&m, dir, gaps[i % 8], gaps[i % 8] == 0);
		if (at + gaps[i % 8] < e.say[dir].len) {
			mkchat_data(&m, dir, e.say[dir].data + at + gaps[i % 8],
				    e.say[dir].len - at - gaps[i % 8]);
		}
		mkchat_close(&m);
		CU_ASSERT(!m.no_memory);
		for (size_t k = 0; k < mkchat_count(&m); k++) {
			const struct http_tx *tx = mkchat_http(&m, k);

			/* Never a wrong field. */
			CU_ASSERT(tx->host == NULL || is_text(tx->host, "h.example"));
			CU_ASSERT(tx->server == NULL || is_text(tx->server, "s"));
			CU_ASSERT(tx->target == NULL || is_text(tx->target, "/1") ||
				  is_text(tx->target, "/3"));
			CU_ASSERT(tx->status == 0 || tx->status == 200 || tx->status == 404);
		}
		mkchat_release(&m);
	}
	h2_ends_release(&e);
}

void suite_http2_damage(CU_pSuite suite);
void suite_http2_damage(CU_pSuite suite)
{
	CU_add_test(suite, "test_http2_damage_start_missed", test_http2_damage_start_missed);
	CU_add_test(suite, "test_http2_damage_start_missed_then_learned",
		    test_http2_damage_start_missed_then_learned);
	CU_add_test(suite, "test_http2_damage_start_missed_then_overlong",
		    test_http2_damage_start_missed_then_overlong);
	CU_add_test(suite, "test_http2_damage_preface_without_syn",
		    test_http2_damage_preface_without_syn);
	CU_add_test(suite, "test_http2_damage_broken_order_of_frames",
		    test_http2_damage_broken_order_of_frames);
	CU_add_test(suite, "test_http2_damage_long_head", test_http2_damage_long_head);
	CU_add_test(suite, "test_http2_damage_gaps", test_http2_damage_gaps);
	CU_add_test(suite, "test_http2_damage_compression_bomb",
		    test_http2_damage_compression_bomb);
	CU_add_test(suite, "test_http2_damage_streams_without_end",
		    test_http2_damage_streams_without_end);
	CU_add_test(suite, "test_http2_damage_cuts_and_flips", test_http2_damage_cuts_and_flips);
	CU_add_test(suite, "test_http2_damage_cut_in_a_block", test_http2_damage_cut_in_a_block);
	CU_add_test(suite, "test_http2_damage_gap_over_pad_length", test_http2_damage_gap_over_pad_length);
}
