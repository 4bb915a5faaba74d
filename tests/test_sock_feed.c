/*
 * test_sock_feed.c - transactions and names out of the bytes of calls, given by hand: in pieces, cut, looked at before
 * they are taken, from the middle, of other protocols, beyond the ceiling.
 */
#include "join/sock_feed.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

#include "net/service.h"

struct side {
	struct sock_feeds feeds;
	struct section section;
	struct sock sock;
	struct exchange x;
	struct feed_mark mark;
	uint64_t now;
};

static void side_init(struct side *s, uint8_t role, uint16_t flags)
{
	memset(s, 0, sizeof(*s));
	sock_feeds_init(&s->feeds, &s->section);
	s->sock.kind = SOCK_TCP_K;
	s->sock.role = role;
	s->sock.flags = flags;
	s->sock.local = 1;
	s->x.sock = &s->sock;
	s->now = 1000;
}

static void side_release(struct side *s)
{
	sock_feeds_release(&s->feeds);
}

/* n bytes moved, cap of them captured, in a block of exactly that size. */
static void moves(struct side *s, unsigned int dir, const char *text, uint32_t cap, uint32_t n)
{
	uint8_t *copy = malloc(cap > 0 ? cap : 1);
	struct sock_bytes b = {
		&s->sock, &s->x, dir, s->sock.bytes[dir], n, cap > 0 ? copy : NULL, cap, s->now, s->now
	};

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, text, cap);
	CU_ASSERT_EQUAL(sock_feed_bytes(&s->feeds, &s->mark, &b), 0);
	s->sock.bytes[dir] += n;
	s->now++;
	free(copy);
}

static void says(struct side *s, unsigned int dir, const char *text)
{
	moves(s, dir, text, (uint32_t)strlen(text), (uint32_t)strlen(text));
}

static const struct http_tx *tx_at(const struct side *s, size_t i)
{
	CU_ASSERT_FATAL(i < s->feeds.rows.http.count);
	return rows_at(&s->feeds.rows.http, i);
}

static void test_sock_feed_reads_a_server(void)
{
	struct side s;
	const struct http_tx *tx;

	side_init(&s, SOCK_SERVER, 0);
	says(&s, 0, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(s.x.name);
	CU_ASSERT_STRING_EQUAL(s.x.name->bytes, "GET /a");
	CU_ASSERT_EQUAL(s.x.service, SERVICE_HTTP);
	moves(&s, 1, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nxyz", 43, 1040);
	CU_ASSERT_EQUAL_FATAL(s.feeds.rows.http.count, 1);
	tx = tx_at(&s, 0);
	CU_ASSERT_PTR_EQUAL(tx->owner, &s.sock);
	CU_ASSERT_PTR_NULL(tx->flow);
	CU_ASSERT_EQUAL(tx->client, 0);
	CU_ASSERT_EQUAL(tx->status, 200);
	CU_ASSERT_EQUAL(tx->request.last_num, 1000);
	CU_ASSERT_EQUAL(tx->response.first_num, 1001);
	CU_ASSERT_EQUAL(tx->response.end, 1040);
	CU_ASSERT_EQUAL(sock_feed_end(&s.feeds, &s.mark, s.now, s.now), 0);
	CU_ASSERT_EQUAL(s.feeds.live, 0);
	side_release(&s);
}

static void test_sock_feed_reads_a_client_in_pieces(void)
{
	struct side s;

	side_init(&s, SOCK_CLIENT, 0);
	says(&s, 1, "GE");
	says(&s, 1, "T /pieces HT");
	says(&s, 1, "TP/1.1\r\nHost: h\r\n\r\n");
	says(&s, 0, "HTTP/1.1 204 No Content\r\n\r\n");
	CU_ASSERT_EQUAL_FATAL(s.feeds.rows.http.count, 1);
	CU_ASSERT_STRING_EQUAL(tx_at(&s, 0)->target->bytes, "/pieces");
	CU_ASSERT_EQUAL(tx_at(&s, 0)->client, 1);
	CU_ASSERT_EQUAL(tx_at(&s, 0)->status, 204);
	CU_ASSERT_EQUAL(tx_at(&s, 0)->request.first_num, 1000);
	CU_ASSERT_EQUAL(tx_at(&s, 0)->request.last_num, 1002);
	side_release(&s);
}

static void test_sock_feed_takes_a_look_back(void)
{
	struct side s;

	side_init(&s, SOCK_SERVER, 0);
	says(&s, 0, "GET /p");
	s.sock.bytes[0] = 0;	/* it had only looked */
	says(&s, 0, "GET /peek HTTP/1.0\r\n\r\n");
	says(&s, 1, "HTTP/1.0 200 OK\r\n\r\n");
	CU_ASSERT_EQUAL_FATAL(s.feeds.rows.http.count, 1);
	CU_ASSERT_STRING_EQUAL(tx_at(&s, 0)->target->bytes, "/peek");
	side_release(&s);
}

static void test_sock_feed_finds_the_next_message_of_an_old_connection(void)
{
	struct side s;

	side_init(&s, SOCK_SERVER, SOCK_INHERITED);
	says(&s, 0, "the rest of some body that was sent before");
	says(&s, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	says(&s, 0, "GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
	says(&s, 1, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
	CU_ASSERT_FATAL(s.feeds.rows.http.count >= 1);
	CU_ASSERT_EQUAL(tx_at(&s, s.feeds.rows.http.count - 1)->status, 404);
	side_release(&s);
}

static void test_sock_feed_leaves_other_protocols(void)
{
	struct side s;

	side_init(&s, SOCK_SERVER, 0);
	for (unsigned int i = 0; i < 100; i++) {
		says(&s, 0, "what is this\n");
		says(&s, 1, "nobody knows\n");
	}
	CU_ASSERT_EQUAL(s.feeds.rows.http.count, 0);
	CU_ASSERT_EQUAL(s.feeds.live, 0);
	CU_ASSERT_TRUE(s.mark.given_up);
	side_release(&s);
}

/* Its own feed is ended, and may begin again. */
static void test_sock_feed_gives_the_oldest_up_at_the_ceiling(void)
{
	static struct side all;
	struct feed_mark marks[3] = { { 0 } };
	struct sock socks[3];

	side_init(&all, SOCK_SERVER, 0);
	all.feeds.max = 2;
	for (unsigned int i = 0; i < 3; i++) {
		const char *text = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
		struct sock_bytes b = { &socks[i], NULL, 0, 0, (uint32_t)strlen(text), (const uint8_t *)text,
					(uint32_t)strlen(text), 1, 1 };

		socks[i] = all.sock;
		CU_ASSERT_EQUAL(sock_feed_bytes(&all.feeds, &marks[i], &b), 0);
	}
	CU_ASSERT_EQUAL(all.feeds.live, 2);
	CU_ASSERT_EQUAL(all.feeds.evicted, 1);
	CU_ASSERT_PTR_NULL(marks[0].feed);
	CU_ASSERT_PTR_NOT_NULL(marks[2].feed);
	CU_ASSERT_EQUAL(all.feeds.rows.http.count, 3);
	CU_ASSERT_EQUAL(sock_feeds_finish(&all.feeds), 0);
	CU_ASSERT_EQUAL(all.feeds.live, 0);
	side_release(&all);
}

void suite_sock_feed(CU_pSuite suite);
void suite_sock_feed(CU_pSuite suite)
{
	CU_add_test(suite, "test_sock_feed_reads_a_server", test_sock_feed_reads_a_server);
	CU_add_test(suite, "test_sock_feed_reads_a_client_in_pieces", test_sock_feed_reads_a_client_in_pieces);
	CU_add_test(suite, "test_sock_feed_takes_a_look_back", test_sock_feed_takes_a_look_back);
	CU_add_test(suite, "test_sock_feed_finds_the_next_message_of_an_old_connection",
		    test_sock_feed_finds_the_next_message_of_an_old_connection);
	CU_add_test(suite, "test_sock_feed_leaves_other_protocols", test_sock_feed_leaves_other_protocols);
	CU_add_test(suite, "test_sock_feed_gives_the_oldest_up_at_the_ceiling",
		    test_sock_feed_gives_the_oldest_up_at_the_ceiling);
}
