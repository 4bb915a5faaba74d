/*
 * test_addr.c - socket addresses and lexical paths: reading, text, damaged values.
 */
#include "base/base.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>

#include "events/addr.h"
#include "events/path.h"

static struct buf out;

static void expect(const char *want)
{
	CU_ASSERT_STRING_EQUAL(buf_str(&out), want);
	buf_reset(&out);
}

static void ip6(const char *text)
{
	uint8_t ip[16];

	CU_ASSERT_FATAL(inet_pton(AF_INET6, text, ip) == 1);
	addr_add_ip6(&out, ip);
	expect(text);
}

static void test_addr_ipv6_is_compressed(void)
{
	static const char *const texts[] = {
		"::",
		"::1",
		"1::",
		"fe80::1",
		"2001:db8::3:1234",
		"2001:db8:0:1:1:1:1:1",
		"1:2:3:4:5:6:7:8",
		"::ffff:10.0.0.1",
		"::1.2.3.4",
		"1:0:0:2::3",
		"1::2:0:0:3:4",
		"2600:1f18:262c:6542:9aa6:df7a:9a47:d29e",
		"1:2:3:4:5:6:7::",
		"0:1::",
		"64:ff9b::808:808",
		"::2:3:4:5:6:7:8",
		"ff02::fb",
	};

	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char canonical[INET6_ADDRSTRLEN];
		uint8_t ip[16];

		/* The system's own text is the reference. */
		CU_ASSERT_FATAL(inet_pton(AF_INET6, texts[i], ip) == 1);
		CU_ASSERT_FATAL(inet_ntop(AF_INET6, ip, canonical, sizeof(canonical)) != NULL);
		ip6(canonical);
	}
	buf_release(&out);
}

/* Every pattern of zero and non-zero groups. */
static void test_addr_ipv6_zero_runs(void)
{
	buf_init(&out, 4096);
	for (unsigned int bits = 0; bits < 256; bits++) {
		char canonical[INET6_ADDRSTRLEN];
		uint8_t ip[16] = { 0 };

		for (unsigned int g = 0; g < 8; g++) {
			ip[2 * g + 1] = bits & (1u << g) ? (uint8_t)(g + 1) : 0;
		}
		CU_ASSERT_FATAL(inet_ntop(AF_INET6, ip, canonical, sizeof(canonical)) != NULL);
		addr_add_ip6(&out, ip);
		expect(canonical);
	}
	buf_release(&out);
}

static void test_addr_text(void)
{
	static const uint8_t a[4] = { 10, 0, 0, 1 }, b[4] = { 255, 200, 99, 7 };
	static const uint8_t one[16] = { [15] = 1 };

	buf_init(&out, 4096);
	addr_add_ip4(&out, b);
	expect("255.200.99.7");
	addr_add_endpoint(&out, false, a, 80);
	expect("10.0.0.1:80");
	addr_add_pair(&out, false, a, 1, b, 65535, true);
	expect("10.0.0.1:1->255.200.99.7:65535");
	addr_add_pair(&out, false, a, 1, b, 2, false);
	expect("10.0.0.1->255.200.99.7");
	addr_add_pair(&out, true, one, 55000, one, 80, true);
	expect("::1:55000->::1:80");
	addr_add_unix(&out, 0, UINT64_C(0xffff88003c420800));
	expect("0->ffff88003c420800 ");
	buf_release(&out);
}

static void test_addr_reads_tuples(void)
{
	uint8_t v4[13] = { PPM_AF_INET, 1, 2, 3, 4, 0x50, 0, 5, 6, 7, 8, 0xBB, 1 };
	uint8_t v6[37] = { PPM_AF_INET6, [1] = 0x20,  [16] = 1, [17] = 0x39,
			   [18] = 0x30,  [19] = 0x20, [34] = 2, [35] = 0x50 };
	struct addr_tuple t;

	CU_ASSERT(addr_read_tuple((struct param){ v4, sizeof(v4) }, &t));
	CU_ASSERT(t.family == PPM_AF_INET && t.src_port == 80 && t.dst_port == 443);
	CU_ASSERT(memcmp(t.src_ip, "\1\2\3\4", 4) == 0 && memcmp(t.dst_ip, "\5\6\7\10", 4) == 0);
	CU_ASSERT(addr_read_tuple((struct param){ v6, sizeof(v6) }, &t));
	CU_ASSERT(t.family == PPM_AF_INET6 && t.src_port == 12345 && t.dst_port == 80);
	CU_ASSERT(t.src_ip[0] == 0x20 && t.src_ip[15] == 1 && t.dst_ip[15] == 2);
	for (uint32_t n = 0; n < sizeof(v4); n++) {
		CU_ASSERT(!addr_read_tuple((struct param){ v4, n }, &t));
	}
	for (uint32_t n = 0; n < sizeof(v6); n++) {
		CU_ASSERT(!addr_read_tuple((struct param){ v6, n }, &t));
	}
	CU_ASSERT(!addr_read_tuple((struct param){ NULL, 0 }, &t));
	CU_ASSERT(t.family == 0);
}

static void test_addr_mapped_pairs_are_ipv4(void)
{
	uint8_t v[37] = { PPM_AF_INET6, [11] = 0xFF, [12] = 0xFF, [13] = 10, [16] = 1, [17] = 1,
			  [29] = 0xFF,  [30] = 0xFF, [31] = 10,   [34] = 2,  [35] = 2 };
	struct addr_tuple t;

	CU_ASSERT(addr_read_tuple((struct param){ v, sizeof(v) }, &t));
	CU_ASSERT(t.family == PPM_AF_INET);
	CU_ASSERT(memcmp(t.src_ip, "\12\0\0\1", 4) == 0 && memcmp(t.dst_ip, "\12\0\0\2", 4) == 0);
	CU_ASSERT(t.src_port == 1 && t.dst_port == 2);
	/* An all-zero side counts as mapped; any other address does not. */
	memset(v + 19, 0, 16);
	CU_ASSERT(addr_read_tuple((struct param){ v, sizeof(v) }, &t) && t.family == PPM_AF_INET);
	v[34] = 1;
	CU_ASSERT(addr_read_tuple((struct param){ v, sizeof(v) }, &t) && t.family == PPM_AF_INET6);
}

static void test_addr_reads_unix(void)
{
	uint8_t v[22] = { PPM_AF_UNIX, 1, [9] = 2, [17] = '/', 'a', '\0', 'x', 'y' };
	struct addr_tuple t;
	struct addr_sock s;

	CU_ASSERT(addr_read_tuple((struct param){ v, sizeof(v) }, &t));
	CU_ASSERT(t.unix_src == 1 && t.unix_dst == 2 && t.path_len == 2);
	CU_ASSERT(memcmp(t.path, "/a", 2) == 0);
	CU_ASSERT(!addr_read_tuple((struct param){ v, 16 }, &t));
	CU_ASSERT(addr_read_tuple((struct param){ v, 17 }, &t) && t.path_len == 0);
	CU_ASSERT(addr_read_sock((struct param){ (const uint8_t *)"\1/run/x", 8 }, &s));
	CU_ASSERT(s.family == PPM_AF_UNIX && s.path_len == 6);
	CU_ASSERT(addr_read_sock((struct param){ (const uint8_t *)"\1ab", 3 }, &s) &&
		  s.path_len == 2);
}

static void test_addr_reads_sockaddr(void)
{
	uint8_t v4[7] = { PPM_AF_INET, 127, 0, 0, 1, 0x90, 0x1F };
	struct addr_sock s;

	CU_ASSERT(addr_read_sock((struct param){ v4, sizeof(v4) }, &s));
	CU_ASSERT(s.family == PPM_AF_INET && s.port == 8080 && s.ip[0] == 127 && s.ip[3] == 1);
	CU_ASSERT(!addr_read_sock((struct param){ v4, 6 }, &s));
	CU_ASSERT(s.family == PPM_AF_INET);
	v4[0] = PPM_AF_NETLINK;
	CU_ASSERT(addr_read_sock((struct param){ v4, 1 }, &s) && s.family == PPM_AF_NETLINK);
	CU_ASSERT(!addr_read_sock((struct param){ NULL, 0 }, &s));
}

struct path_case {
	const char *dir, *name, *want;
};

static void test_addr_paths(void)
{
	static const struct path_case cases[] = {
		{ "/home/u/", "f", "/home/u/f" },
		{ "/home/u", "f", "/home/u/f" },
		{ "/home/u/", "../v/./f", "/home/v/f" },
		{ "/home/u/", "../../../../etc", "/etc" },
		{ "/home/u/", "/etc//passwd", "/etc/passwd" },
		{ "/home/u/", "/etc/../x/", "/x" },
		{ "/", "f", "/f" },
		{ "/", "", "/" },
		{ "/a", "", "/a" },
		{ "/a", ".", "/a" },
		{ "/a", "..", "/" },
		{ "/a", "...", "/a/..." },
		{ "/a", "..b/.c", "/a/..b/.c" },
		{ "", "f", "/f" },
		{ "/a", "/", "/" },
	};
	char path[PATH_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = path_absolute(path, cases[i].dir, strlen(cases[i].dir), cases[i].name,
					 strlen(cases[i].name));

		CU_ASSERT_STRING_EQUAL(path, cases[i].want);
		CU_ASSERT(n == strlen(cases[i].want));
	}
}

static void test_addr_path_too_long(void)
{
	static char name[2 * PATH_BYTES];
	char path[PATH_BYTES];

	memset(name, 'x', sizeof(name));
	for (size_t n = 0; n < sizeof(name); n++) {
		size_t len = path_absolute(path, "/tmp/", 5, name, n);

		CU_ASSERT_FATAL(len < PATH_BYTES && path[len] == '\0' && path[0] == '/');
		CU_ASSERT(len == (n == 0 ? 4 : 5 + n) || strcmp(path, "/PATH_TOO_LONG") == 0);
	}
	CU_ASSERT(path_absolute(path, "/", 1, name, PATH_BYTES - 4) == PATH_BYTES - 3);
	CU_ASSERT(path_absolute(path, name, SIZE_MAX / 2, name, SIZE_MAX / 2) == 14);
}

void suite_addr(CU_pSuite suite);

void suite_addr(CU_pSuite suite)
{
	CU_add_test(suite, "test_addr_ipv6_is_compressed", test_addr_ipv6_is_compressed);
	CU_add_test(suite, "test_addr_ipv6_zero_runs", test_addr_ipv6_zero_runs);
	CU_add_test(suite, "test_addr_text", test_addr_text);
	CU_add_test(suite, "test_addr_reads_tuples", test_addr_reads_tuples);
	CU_add_test(suite, "test_addr_mapped_pairs_are_ipv4", test_addr_mapped_pairs_are_ipv4);
	CU_add_test(suite, "test_addr_reads_unix", test_addr_reads_unix);
	CU_add_test(suite, "test_addr_reads_sockaddr", test_addr_reads_sockaddr);
	CU_add_test(suite, "test_addr_paths", test_addr_paths);
	CU_add_test(suite, "test_addr_path_too_long", test_addr_path_too_long);
}
