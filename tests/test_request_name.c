/*
 * test_request_name.c - what a request is called by its first bytes: protocols whole, in pieces and cut; what is none
 * of them.
 */
#include "join/request_name.h"

#include <CUnit/CUnit.h>

#include "mkjoin.h"

/* The name by bytes of exactly their size, so that the address sanitizer sees one too far. */
static void check_name(uint8_t service, const void *p, uint32_t cap, uint32_t len, const char *want)
{
	uint8_t *copy = malloc(cap > 0 ? cap : 1);
	struct buf out;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, p, cap);
	buf_init(&out, 4096);
	CU_ASSERT_EQUAL(request_service(copy, cap, len, false), service);
	request_name(service, copy, cap, &out);
	CU_ASSERT_STRING_EQUAL(buf_str(&out), want);
	buf_release(&out);
	free(copy);
}

#define WHOLE(s) s, sizeof(s) - 1, sizeof(s) - 1

static void test_request_name_of_http(void)
{
	check_name(SERVICE_HTTP, WHOLE("GET /item.php?id=1 HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /item.php?id=1");
	check_name(SERVICE_HTTP, "POST /upload/a/long/pa", 22, 400, "POST /upload/a/long/pa");
}

/* What follows a NUL is part of what was asked for. */
static void test_request_name_of_http_with_nul(void)
{
	static const uint8_t bytes[] = "GET /a\0/../../etc/shadow HTTP/1.1\r\n\r\n";
	static const char want[] = "GET /a\0/../../etc/shadow";
	struct buf out;

	buf_init(&out, 4096);
	request_name(SERVICE_HTTP, bytes, sizeof(bytes) - 1, &out);
	CU_ASSERT_EQUAL_FATAL(out.len, sizeof(want) - 1);
	CU_ASSERT_EQUAL(memcmp(out.data, want, out.len), 0);
	buf_release(&out);
}

static void test_request_name_of_postgresql(void)
{
	check_name(SERVICE_POSTGRESQL, WHOLE("\0\0\0\x08\x04\xd2\x16\x2f"), "SSLRequest");
	check_name(SERVICE_POSTGRESQL, WHOLE("\0\0\0\x25\0\x03\0\0user\0postgres\0database\0shop\0\0"), "startup shop");
	check_name(SERVICE_POSTGRESQL, WHOLE("Q\0\0\0\x12select\n  1 +1\0"), "select 1 +1");
	check_name(SERVICE_POSTGRESQL, WHOLE("P\0\0\0\x12s1\0select 2\0\0\0S\0\0\0\x04"), "select 2");
}

static void test_request_name_of_redis(void)
{
	check_name(SERVICE_REDIS, WHOLE("*2\r\n$3\r\nGET\r\n$5\r\nfirst\r\n"), "GET first");
}

static void test_request_name_of_nothing(void)
{
	check_name(SERVICE_NONE, WHOLE("hello, world, how are you"), "");
	check_name(SERVICE_NONE, WHOLE("\x01"), "");
	check_name(SERVICE_TLS, WHOLE("\x16\x03\x01\x02\0\x01"), "");
	check_name(SERVICE_NONE, "", 0, 100, "");
}

/* However it is cut into reads, but not within the parameters. */
static void test_request_name_of_fastcgi_in_pieces(void)
{
	struct buf all;
	size_t sizes[] = { 8, 8, 8, SIZE_MAX };

	buf_init(&all, 4096);
	mkjoin_fastcgi_request(&all, "/srv/item.php", "/item.php?id=1");
	CU_ASSERT_EQUAL(request_service((const uint8_t *)all.data, 8, 8, false), SERVICE_FASTCGI);
	CU_ASSERT_EQUAL(request_service((const uint8_t *)all.data, 80, (uint32_t)all.len, false), SERVICE_FASTCGI);
	for (unsigned int way = 0; way < 2; way++) {
		struct fastcgi_walk w = { 0 };
		struct buf out;
		size_t at = 0;

		buf_init(&out, 4096);
		for (unsigned int i = 0; at < all.len; i++) {
			size_t n = way == 0 ? all.len : min_u64(sizes[i < 3 ? i : 3], all.len - at);

			fastcgi_name(&w, (const uint8_t *)all.data + at, (uint32_t)n, (uint32_t)n, &out);
			at += n;
		}
		CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&out), "/item.php?id=1"));
		buf_release(&out);
	}
	buf_release(&all);
}

/* No length that a message claims is believed. */
static void test_request_name_survives_every_cut(void)
{
	struct buf all;

	buf_init(&all, 4096);
	mkjoin_fastcgi_request(&all, "/srv/item.php", "/item.php?id=1");
	for (uint32_t cap = 0; cap <= all.len; cap++) {
		struct fastcgi_walk w = { 0 };
		uint8_t *copy = malloc(cap + 1);
		struct buf out;

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, all.data, cap);
		for (unsigned int flip = 0; flip < cap; flip += 3) {
			buf_init(&out, 4096);
			copy[flip] ^= 0xff;
			memset(&w, 0, sizeof(w));
			fastcgi_name(&w, copy, cap, (uint32_t)all.len, &out);
			dns_request_name(copy, cap, &out);
			request_name(SERVICE_POSTGRESQL, copy, cap, &out);
			request_name(SERVICE_REDIS, copy, cap, &out);
			request_name(SERVICE_MYSQL, copy, cap, &out);
			copy[flip] ^= 0xff;
			CU_ASSERT_TRUE(out.len <= 4 * REQUEST_NAME);
			buf_release(&out);
		}
		free(copy);
	}
	buf_release(&all);
}

static void test_request_name_of_dns(void)
{
	struct buf q;
	struct buf out;

	buf_init(&q, 4096);
	buf_init(&out, 4096);
	mkjoin_dns_question(&q, 7, "www.shop.example");
	dns_request_name((const uint8_t *)q.data, (uint32_t)q.len, &out);
	CU_ASSERT_STRING_EQUAL(buf_str(&out), "A www.shop.example");
	buf_reset(&out);
	dns_request_name((const uint8_t *)q.data, 20, &out);
	CU_ASSERT_EQUAL(out.len, 0);
	buf_release(&out);
	buf_release(&q);
}

void suite_request_name(CU_pSuite suite);
void suite_request_name(CU_pSuite suite)
{
	CU_add_test(suite, "test_request_name_of_http", test_request_name_of_http);
	CU_add_test(suite, "test_request_name_of_http_with_nul", test_request_name_of_http_with_nul);
	CU_add_test(suite, "test_request_name_of_postgresql", test_request_name_of_postgresql);
	CU_add_test(suite, "test_request_name_of_redis", test_request_name_of_redis);
	CU_add_test(suite, "test_request_name_of_nothing", test_request_name_of_nothing);
	CU_add_test(suite, "test_request_name_of_fastcgi_in_pieces", test_request_name_of_fastcgi_in_pieces);
	CU_add_test(suite, "test_request_name_survives_every_cut", test_request_name_survives_every_cut);
	CU_add_test(suite, "test_request_name_of_dns", test_request_name_of_dns);
}
