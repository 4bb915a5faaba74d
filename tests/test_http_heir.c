/*
 * test_http_heir.c - what follows HTTP/1 on the same connection: tunnels, WebSocket, HTTP/2 after an upgrade;
 * from the very byte on where it changes, however the bytes were cut.
 */
#include "mkchat.h"
#include "mkh2.h"

#include <CUnit/Basic.h>

#define C CHAT_C
#define S CHAT_S
#define BOTH (HTTP_REQUEST | HTTP_RESPONSE)

static void play(struct mkchat *m, const struct said *said)
{
	CU_ASSERT(mkchat_same_in_pieces(&analyzer_http1, 0, true, said));
	mkchat_open(m, &analyzer_http1, 0, true);
	mkchat_play(m, said);
	mkchat_close(m);
	CU_ASSERT(!m->no_memory);
}

/* The start of a TLS client hello: record, handshake, version, random, no session, one cipher, no compression,
 * no extensions. */
#define HELLO                                          \
	"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" \
	"0123456789abcdef0123456789abcdef"             \
	"\x00\x00\x02\x13\x01\x01\x00\x00\x00"

static void test_http_heir_tunnel_with_tls(void)
{
	const struct said said[] = { SAID(C, "CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n"),
				     SAID(S, "HTTP/1.1 200 Connection established\r\n\r\n"),
				     SAID(C, HELLO), OVER };
	/* An eager client does not wait for the answer. */
	const struct said eager[] = {
		SAID(C, "CONNECT shop:443 HTTP/1.1\r\nHost: shop:443\r\n\r\n" HELLO),
		SAID(S, "HTTP/1.1 200 OK\r\n\r\n"), OVER
	};
	const struct said *const both[] = { said, eager };

	for (size_t i = 0; i < 2; i++) {
		struct mkchat m;

		play(&m, both[i]);
		CU_ASSERT_EQUAL(mkchat_count(&m), 1);
		CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, BOTH | HTTP_CONNECT);
		CU_ASSERT(is_text(mkchat_http(&m, 0)->target, "shop:443") &&
			  mkchat_http(&m, 0)->status == 200);
		CU_ASSERT(m.flow.service == SERVICE_TLS && m.flow.service_by == BY_CONTENT);
		mkchat_release(&m);
	}
}

static void test_http_heir_tunnel_with_http(void)
{
	const struct said said[] = { SAID(C, "CONNECT a:80 HTTP/1.1\r\n\r\n"),
				     SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
				     SAID(C, "GET /in HTTP/1.1\r\n\r\n"),
				     SAID(S, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"),
				     OVER };
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	CU_ASSERT(mkchat_http(&m, 0)->flags == (BOTH | HTTP_CONNECT) &&
		  mkchat_http(&m, 0)->response.body_bytes == 0);
	CU_ASSERT(mkchat_http(&m, 1)->status == 404 && is_text(mkchat_http(&m, 1)->target, "/in"));
	mkchat_release(&m);
}

static void test_http_heir_tunnel_refused(void)
{
	const struct said said[] = { SAID(C, "CONNECT a:80 HTTP/1.1\r\n\r\n"),
				     SAID(S, "HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n"),
				     SAID(C, "CONNECT a:80 HTTP/1.1\r\nProxy-Authorization: "
					     "x\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
				     SAID(S,
					  "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 "
					  "200 OK\r\nContent-Length: 0\r\n\r\n"),
				     OVER };
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 3);
	CU_ASSERT(mkchat_http(&m, 0)->status == 407 && mkchat_http(&m, 1)->status == 403 &&
		  mkchat_http(&m, 2)->status == 200);
	CU_ASSERT(is_text(mkchat_http(&m, 2)->method, "GET") && mkchat_http(&m, 0)->flags == BOTH);
	mkchat_release(&m);
}

/* No answer ever comes (the other direction was not captured): what was held back is told by its content. */
static void test_http_heir_tunnel_unanswered(void)
{
	const struct said said[] = { SAID(C,
					  "CONNECT a:80 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"),
				     ENDS(C, END_FIN), OVER };
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	CU_ASSERT(is_text(mkchat_http(&m, 1)->target, "/2") &&
		  mkchat_http(&m, 1)->request.start == 25);
	mkchat_release(&m);
	mkchat_open(&m, &analyzer_http1, 0, true);
	mkchat_data(&m, C, "CONNECT a:80 HTTP/1.1\r\n\r\n", 25);
	for (int i = 0; i < 3000; i++) {
		mkchat_data(&m, C, "GET /2 HTTP/1.1\r\n\r\n", 19);
	}
	CU_ASSERT(mkchat_count(&m) > 2900);
	mkchat_close(&m);
	CU_ASSERT_EQUAL(mkchat_count(&m), 3001);
	mkchat_release(&m);
}

static void test_http_heir_tunnel_with_something_else(void)
{
	const struct said said[] = {
		SAID(C, "CONNECT a:22 HTTP/1.1\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 OK\r\n\r\n\x01\x02\x03\x04 binary, and more of it"),
		SAID(C, "\x05\x06\x07\x08 binary, and more of it"), OVER
	};
	struct mkchat m;

	play(&m, said);
	CU_ASSERT(mkchat_count(&m) == 1 && m.talk.finished);
	mkchat_release(&m);
}

/* RFC 6455, 5.7: a text frame, a masked one, ping and pong, 256 bytes, and 64 KiB. */
static void test_http_heir_websocket(void)
{
	static char big[4 + 256 + 10 + 65536];
	const struct said said[] = {
		SAID(C, "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: "
			"Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n"),
		SAID(S, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: "
			"Upgrade\r\n\r\n\x81\x05\x48\x65\x6c\x6c\x6f"
			"\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"),
		SAID(C, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x8a\x85\x37\xfa\x21\x3d\x7f"
			"\x9f\x4d\x51\x58"),
		SAID(S, "\x89\x05\x48\x65\x6c\x6c\x6f"), OVER
	};
	struct mkchat m;
	const struct http_tx *tx;

	play(&m, said);
	tx = mkchat_http(&m, 0);
	CU_ASSERT(mkchat_count(&m) == 1 && tx->status == 101 &&
		  tx->flags == (BOTH | HTTP_UPGRADED));
	CU_ASSERT(is_text(tx->upgrade, "WebSocket") && tx->frames[0] == 2 && tx->frames[1] == 4);
	CU_ASSERT(m.flow.service == SERVICE_WEBSOCKET && tx->response.body_bytes == 0);
	mkchat_release(&m);

	memcpy(big, "\x82\x7e\x01\x00", 4);
	memcpy(big + 4 + 256, "\x82\x7f\0\0\0\0\0\1\0\0", 10);
	mkchat_open(&m, &analyzer_http1, 0, true);
	mkchat_play(&m, (const struct said[]){ said[0], OVER });
	mkchat_data(&m, S, "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\n\r\n", 39);
	mkchat_data(&m, S, big, 300);
	mkchat_gap(&m, S, sizeof(big) - 300, false);
	mkchat_data(&m, S, "\x81\x01x", 3);
	mkchat_gap(&m, S, 3, false);
	mkchat_data(&m, S, "\x81\x01x", 3);
	mkchat_close(&m);
	/* A gap inside a frame passes; after one over its end nobody knows where frames begin. */
	CU_ASSERT(mkchat_http(&m, 0)->frames[1] == 3 && mkchat_http(&m, 0)->frames[0] == 0);
	CU_ASSERT_EQUAL(mkchat_http(&m, 0)->flags, BOTH | HTTP_UPGRADED | HTTP_FRAMES_CUT);
	mkchat_release(&m);
}

static void test_http_heir_upgrade_refused(void)
{
	const struct said said[] = {
		SAID(C, "GET /1 HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
			"h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
		SAID(S, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nUpgrade: h2c\r\n\r\nok"),
		SAID(C, "GET /2 HTTP/1.1\r\n\r\n"),
		SAID(S, "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n"), OVER
	};
	struct mkchat m;

	play(&m, said);
	CU_ASSERT_EQUAL(mkchat_count(&m), 2);
	CU_ASSERT(mkchat_http(&m, 0)->status == 200 && mkchat_http(&m, 0)->flags == BOTH &&
		  mkchat_http(&m, 0)->upgrade == NULL);
	CU_ASSERT(mkchat_http(&m, 1)->status == 201 && mkchat_http(&m, 1)->flags == BOTH);
	mkchat_release(&m);
}

/* RFC 7540, 3.2: the answer to the request over HTTP/1 comes on stream 1. */
static void test_http_heir_h2c(void)
{
	nghttp2_hd_deflater *d[2];
	struct buf c, s;
	struct mkchat m;
	const struct http_tx *tx;
	size_t head;

	buf_init(&c, 1 << 16);
	buf_init(&s, 1 << 16);
	CU_ASSERT_EQUAL_FATAL(nghttp2_hd_deflate_new(&d[0], 4096), 0);
	CU_ASSERT_EQUAL_FATAL(nghttp2_hd_deflate_new(&d[1], 4096), 0);
	buf_adds(&c, "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, "
		     "HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n");
	head = c.len;
	buf_adds(&c, H2_PREFACE);
	h2_frame(&c, H2_SETTINGS, 0, 0, NULL, 0);
	h2_headers(&c, d[0], H2_END_HEADERS | H2_END_STREAM, 3,
		   H2_LINES(":method: GET", ":path: /3", ":scheme: http", ":authority: h"));
	buf_adds(&s, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
		     "h2c\r\nServer: old\r\n\r\n");
	h2_frame(&s, H2_SETTINGS, 0, 0, NULL, 0);
	h2_headers(&s, d[1], H2_END_HEADERS, 1, H2_LINES(":status: 200", "server: nghttpd"));
	h2_frame(&s, H2_DATA, H2_END_STREAM, 1, "body", 4);
	h2_headers(&s, d[1], H2_END_HEADERS | H2_END_STREAM, 3,
		   H2_LINES(":status: 404", "server: nghttpd"));
	{
		const struct said in_order[] = {
			{ .dir = C, .bytes = c.data, .len = head },
			{ .dir = S, .bytes = s.data, .len = s.len },
			{ .dir = C, .bytes = c.data + head, .len = c.len - head },
			OVER
		};
		/* The server's packet was captured late: what the client says is held until the 101. */
		const struct said late[] = { { .dir = C, .bytes = c.data, .len = c.len },
					     { .dir = S, .bytes = s.data, .len = s.len },
					     OVER };
		const struct said *const both[] = { in_order, late };

		for (size_t i = 0; i < 2; i++) {
			play(&m, both[i]);
			CU_ASSERT_EQUAL(mkchat_count(&m), 2);
			tx = mkchat_http(&m, 0);
			CU_ASSERT(tx->status == 200 && tx->flags == (BOTH | HTTP_UPGRADED) &&
				  tx->version == 11 && tx->stream == 1);
			CU_ASSERT(is_text(tx->target, "/1") && is_text(tx->server, "nghttpd") &&
				  is_text(tx->upgrade, "h2c"));
			CU_ASSERT(tx->reason == NULL && tx->response.body_bytes == 4 &&
				  tx->request.end == head);
			tx = mkchat_http(&m, 1);
			CU_ASSERT(tx->version == 20 && tx->stream == 3 && tx->depth == 2 &&
				  tx->status == 404 && tx->flags == BOTH);
			CU_ASSERT(is_text(tx->target, "/3") && is_text(tx->host, "h"));
			CU_ASSERT_EQUAL(m.flow.service, SERVICE_HTTP2);
			mkchat_release(&m);
		}
	}
	nghttp2_hd_deflate_del(d[0]);
	nghttp2_hd_deflate_del(d[1]);
	buf_release(&c);
	buf_release(&s);
}

void suite_http_heir(CU_pSuite suite);
void suite_http_heir(CU_pSuite suite)
{
	CU_add_test(suite, "test_http_heir_tunnel_with_tls", test_http_heir_tunnel_with_tls);
	CU_add_test(suite, "test_http_heir_tunnel_with_http", test_http_heir_tunnel_with_http);
	CU_add_test(suite, "test_http_heir_tunnel_refused", test_http_heir_tunnel_refused);
	CU_add_test(suite, "test_http_heir_tunnel_unanswered", test_http_heir_tunnel_unanswered);
	CU_add_test(suite, "test_http_heir_tunnel_with_something_else",
		    test_http_heir_tunnel_with_something_else);
	CU_add_test(suite, "test_http_heir_websocket", test_http_heir_websocket);
	CU_add_test(suite, "test_http_heir_upgrade_refused", test_http_heir_upgrade_refused);
	CU_add_test(suite, "test_http_heir_h2c", test_http_heir_h2c);
}
