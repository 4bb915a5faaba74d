/*
 * test_http1_limits.c - HTTP/1 from somebody who means harm: heads, lines and pipelines without end, ceilings
 * of rows, tunnels in tunnels, every cut and every flipped bit of good conversations.
 */
#include "mkchat.h"

#include "base/limits.h"

#include <CUnit/Basic.h>
#include <time.h>

#define C CHAT_C
#define S CHAT_S

static void say(struct mkchat *m, unsigned int dir, const char *s)
{
	mkchat_data(m, dir, s, strlen(s));
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Fields beyond what is kept are not shown, but those that frame the message still do. */
static void test_http1_limits_long_head(void)
{
	struct mkchat m;
	const struct http_tx *tx;

	mkchat_open(&m, &analyzer_http1, 0, true);
	say(&m, C, "POST / HTTP/1.1\r\nHost: h\r\n");
	for (size_t i = 0; i < LIMIT_HTTP_HEAD_BYTES / 16; i++) {
		say(&m, C, "X-Filler: aaaa\r\n");
	}
	say(&m, C, "User-Agent: late\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n\r\n");
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	tx = mkchat_http(&m, 0);
	CU_ASSERT(is_text(tx->host, "h") && tx->user_agent == NULL &&
		  (tx->flags & HTTP_HEAD_CUT) != 0);
	CU_ASSERT(tx->request.body_bytes == 3 && tx->request.head_bytes > LIMIT_HTTP_HEAD_BYTES);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->target, "/2"));
	mkchat_release(&m);
}

/* One line of 4 MiB, fed in small pieces: time in proportion, memory bounded, the connection goes on behind it. */
static void test_http1_limits_long_lines(void)
{
	static char filler[64];
	double start = seconds();
	struct mkchat m;

	memset(filler, 'a', sizeof(filler));
	mkchat_open(&m, &analyzer_http1, 0, true);
	say(&m, C, "GET / HTTP/1.1\r\nX-Long: ");
	for (size_t i = 0; i < 65536; i++) {
		mkchat_data(&m, C, filler, sizeof(filler));
	}
	say(&m, C, "\r\nHost: h\r\n\r\n");
	say(&m, C, "GET /");
	for (size_t i = 0; i < 65536; i++) {
		mkchat_data(&m, C, filler, sizeof(filler));
	}
	say(&m, C, " HTTP/1.1\r\n\r\n");
	say(&m, C, "GET /3 HTTP/1.1\r\n\r\n");
	mkchat_close(&m);
	CU_ASSERT(m.talk.rows->http.count == 2 && is_text(mkchat_http(&m, 0)->target, "/"));
	CU_ASSERT((mkchat_http(&m, 0)->flags & HTTP_HEAD_CUT) != 0);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->target, "/3"));
	CU_ASSERT(seconds() - start < 2);
	mkchat_release(&m);
	/* A target that fits the head but not a text is cut. */
	mkchat_open(&m, &analyzer_http1, 0, true);
	say(&m, C, "GET /");
	for (size_t i = 0; i < 2 * LIMIT_NET_TEXT / sizeof(filler); i++) {
		mkchat_data(&m, C, filler, sizeof(filler));
	}
	say(&m, C, " HTTP/1.1\r\n\r\n");
	mkchat_close(&m);
	CU_ASSERT(mkchat_http(&m, 0)->target->len == LIMIT_NET_TEXT &&
		  (mkchat_http(&m, 0)->flags & HTTP_HEAD_CUT) != 0);
	mkchat_release(&m);
}

/* Chunk sizes, extensions and trailers without end cost no memory and end where they end. */
static void test_http1_limits_endless_chunk_framing(void)
{
	double start = seconds();
	struct mkchat m;

	mkchat_open(&m, &analyzer_http1, 0, true);
	say(&m, C, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 300000; i++) {
		say(&m, C, "0");
	}
	say(&m, C, "3;");
	for (int i = 0; i < 100000; i++) {
		say(&m, C, "ext=1;");
	}
	say(&m, C, "\r\nabc\r\n0\r\n");
	for (int i = 0; i < 100000; i++) {
		say(&m, C, "T: 1\r\n");
	}
	say(&m, C, "\r\nGET /2 HTTP/1.1\r\n\r\n");
	mkchat_close(&m);
	CU_ASSERT(mkchat_count(&m) == 2 && mkchat_http(&m, 0)->request.body_bytes == 3);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->target, "/2"));
	CU_ASSERT(seconds() - start < 2);
	mkchat_release(&m);
}

static void test_http1_limits_pending(void)
{
	struct mkchat m;
	size_t asked = LIMIT_HTTP_PENDING + 50;

	mkchat_open(&m, &analyzer_http1, 0, true);
	for (size_t i = 0; i < asked; i++) {
		say(&m, C, "GET / HTTP/1.1\r\n\r\n");
	}
	for (size_t i = 0; i < asked + 1; i++) {
		/* There is room again, but its turn would come too early. */
		if (i == 10) {
			say(&m, C, "GET /between HTTP/1.1\r\n\r\n");
		}
		say(&m, S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	}
	asked++;
	say(&m, C, "GET /last HTTP/1.1\r\n\r\n");
	say(&m, S, "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n");
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), asked + 51 + 1);
	for (size_t i = 0; i < mkchat_count(&m); i++) {
		const struct http_tx *tx = mkchat_http(&m, i);

		CU_ASSERT_EQUAL((tx->flags & HTTP_REQUEST) != 0, i < asked || i == asked + 51);
		CU_ASSERT_EQUAL((tx->flags & HTTP_RESPONSE) != 0,
				i < LIMIT_HTTP_PENDING || i >= asked);
	}
	CU_ASSERT(mkchat_http(&m, asked + 51)->status == 201 &&
		  is_text(mkchat_http(&m, asked + 51)->target, "/last"));
	mkchat_release(&m);
}

/* Beyond the ceiling of rows nothing is kept, but what is framed how must still be known. */
static void test_http1_limits_rows(void)
{
	struct mkchat m;

	mkchat_open(&m, &analyzer_http1, 0, true);
	mkchat_limit(&m, 1);
	for (int i = 0; i < 3; i++) {
		say(&m, C, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
		say(&m, S,
		    "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\nHTTP/1.1 200 "
		    "OK\r\nContent-Length: 1\r\n\r\nx");
	}
	mkchat_close(&m);
	CU_ASSERT(mkchat_count(&m) == 1 && m.rows.http.dropped == 5);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, HTTP_REQUEST | HTTP_RESPONSE);
	mkchat_release(&m);
}

static void test_http1_limits_tunnels_in_tunnels(void)
{
	struct mkchat m;

	mkchat_open(&m, &analyzer_http1, 0, true);
	for (int i = 0; i < 1000; i++) {
		say(&m, C, "CONNECT a:1 HTTP/1.1\r\n\r\n");
		say(&m, S, "HTTP/1.1 200 OK\r\n\r\n");
	}
	mkchat_close(&m);
	CU_ASSERT(m.talk.finished);
	CU_ASSERT_EQUAL(mkchat_count(&m), 5);
	CU_ASSERT_EQUAL(m.talk.nested, 0);
	mkchat_release(&m);
}

static const char *const corpus[][2] = {
	{ "GET /a HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\n x\r\n\r\nPOST /b "
	  "HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n",
	  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: "
	  "t\r\n\r\nabcHTTP/1.1 404 No\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n2;e\r\nxx\r\n0\r\n\r\n" },
	{ "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\nGET /in HTTP/1.1\r\n\r\nPRI * "
	  "HTTP/2.0\r\n\r\nSM\r\n\r\n",
	  "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nUpgrade: "
	  "websocket\r\n\r\n\x81\x03"
	  "abc\x82\x7e" },
	{ "GET /c HTTP/1.1\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n" },
	{ "GET /old\r\n", "plain text" },
};

/* Anything may be missing or wrong: it must only end. */
static void play_broken(const char *const talk[2], size_t cut, int gap, size_t flip)
{
	struct mkchat m;
	size_t at = 0;

	mkchat_open(&m, &analyzer_http1, 0, (flip & 1) == 0);
	for (unsigned int dir = 0; dir < 2; dir++) {
		size_t n = strlen(talk[dir]);
		char *copy = malloc(n + 1);

		memcpy(copy, talk[dir], n + 1);
		if (flip / 8 >= at && flip / 8 < at + n) {
			copy[flip / 8 - at] = (char)(copy[flip / 8 - at] ^ 1 << flip % 8);
		}
		if (cut >= at && cut < at + n) {
			mkchat_data(&m, dir, copy, cut - at);
			mkchat_gap(&m, dir, gap < 0 ? 0 : (uint64_t)gap, gap < 0);
			if (gap < 0 || (size_t)gap <= n - (cut - at)) {
				size_t skip = gap < 0 ? 1 : (size_t)gap;

				mkchat_data(&m, dir, copy + (cut - at) + skip,
					    n - (cut - at) > skip ? n - (cut - at) - skip : 0);
			}
		} else {
			mkchat_data(&m, dir, copy, n);
		}
		at += n;
		free(copy);
	}
	mkchat_close(&m);
	CU_ASSERT(!m.no_memory);
	for (size_t i = 0; i < mkchat_count(&m); i++) {
		const struct http_tx *tx = mkchat_http(&m, i);

		CU_ASSERT((tx->flags & (HTTP_REQUEST | HTTP_RESPONSE)) != 0);
		CU_ASSERT(tx->request.end >= tx->request.start || (tx->flags & HTTP_REQUEST) == 0);
		CU_ASSERT(tx->response.end >= tx->response.start ||
			  (tx->flags & HTTP_RESPONSE) == 0);
	}
	mkchat_release(&m);
}

static void test_http1_limits_cuts_and_flips(void)
{
	static const int gaps[] = { -1, 1, 2, 7, 30, 1000 };

	for (size_t k = 0; k < ARRAY_LEN(corpus); k++) {
		size_t total = strlen(corpus[k][0]) + strlen(corpus[k][1]);

		for (size_t cut = 0; cut < total; cut++) {
			for (size_t g = 0; g < ARRAY_LEN(gaps); g++) {
				play_broken(corpus[k], cut, gaps[g], SIZE_MAX - g);
			}
		}
		for (size_t flip = 0; flip < total * 8; flip++) {
			play_broken(corpus[k], SIZE_MAX, 0, flip);
		}
	}
}

void suite_http1_limits(CU_pSuite suite);
void suite_http1_limits(CU_pSuite suite)
{
	CU_add_test(suite, "test_http1_limits_long_head", test_http1_limits_long_head);
	CU_add_test(suite, "test_http1_limits_long_lines", test_http1_limits_long_lines);
	CU_add_test(suite, "test_http1_limits_endless_chunk_framing",
		    test_http1_limits_endless_chunk_framing);
	CU_add_test(suite, "test_http1_limits_pending", test_http1_limits_pending);
	CU_add_test(suite, "test_http1_limits_rows", test_http1_limits_rows);
	CU_add_test(suite, "test_http1_limits_tunnels_in_tunnels",
		    test_http1_limits_tunnels_in_tunnels);
	CU_add_test(suite, "test_http1_limits_cuts_and_flips", test_http1_limits_cuts_and_flips);
}
