/*
 * test_service.c - names of services, signatures on bytes as the protocols' specifications have them, and on what
 * is none of them.
 */
#include "mktalk.h"

#include <CUnit/CUnit.h>

#include "net/layer.h"
#include "net/service.h"

#define OF(proto, client, text) service_of_bytes(proto, client, (const uint8_t *)(text), sizeof(text) - 1)

static void test_service_names(void)
{
	static const struct {
		uint8_t proto;
		uint16_t port;
		const char *name;
	} rows[] = {
#define PORT(proto, port, name) { proto, port, name },
#include "net/service_ports.def"
#undef PORT
	};

	CU_ASSERT_STRING_EQUAL(service_name(SERVICE_NONE), "");
	CU_ASSERT_STRING_EQUAL(service_name(SERVICE_HTTP), "http");
	CU_ASSERT_STRING_EQUAL(service_name(SERVICE_COUNT), "");
	for (uint8_t i = 1; i < SERVICE_COUNT; i++) {
		CU_ASSERT_TRUE(strlen(service_name(i)) > 0);
		for (uint8_t j = 1; j < i; j++) {
			CU_ASSERT_STRING_NOT_EQUAL(service_name(i), service_name(j));
		}
	}
	CU_ASSERT_STRING_EQUAL(service_by_name(BY_NOTHING), "");
	CU_ASSERT_STRING_EQUAL(service_by_name(BY_CONTENT), "content");
	CU_ASSERT_STRING_EQUAL(service_by_name(BY_NDPI), "ndpi");
	CU_ASSERT_STRING_EQUAL(service_by_name(BY_PORT), "port");
	/* Sorted, each port and protocol once, each found. */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CU_ASSERT_TRUE(i == 0 || rows[i - 1].port < rows[i].port ||
			       (rows[i - 1].port == rows[i].port && rows[i - 1].proto != rows[i].proto));
		CU_ASSERT_STRING_EQUAL(service_of_port(rows[i].proto, rows[i].port), rows[i].name);
	}
	CU_ASSERT_STRING_EQUAL(service_of_port(IP_TCP, 53), "dns");
	CU_ASSERT_STRING_EQUAL(service_of_port(IP_UDP, 53), "dns");
	CU_ASSERT_STRING_EQUAL(service_of_port(IP_UDP, 443), "quic");
	CU_ASSERT_PTR_NULL(service_of_port(IP_UDP, 22));
	CU_ASSERT_PTR_NULL(service_of_port(IP_SCTP, 80));
	CU_ASSERT_PTR_NULL(service_of_port(IP_TCP, 0));
	CU_ASSERT_PTR_NULL(service_of_port(IP_TCP, 65535));
}

static void test_service_text_protocols(void)
{
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), SERVICE_SSH);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "SSH-2.0-Go\r\n"), SERVICE_SSH);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "SSH-1.99-x\r\n"), SERVICE_SSH);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "SSH-3"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_UDP, true, "SSH-2.0-Go\r\n"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"), SERVICE_REDIS);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "*1\r\n$7\r\nFT.INFO\r\n"), SERVICE_REDIS);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "*1\r\n$4\r\npi"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "*x\r\n$4\r\nPING\r\n"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "*1\r\n$4\r\nP NG\r\n"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "+PONG\r\n"), SERVICE_REDIS);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "-NOAUTH Authentication required.\r\n"), SERVICE_REDIS);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "$5\r\nhello\r\n"), SERVICE_REDIS);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "$5\r\nhello world\r\n"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "+OK POP3 ready\r\n"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "220 mail.example.com ESMTP Postfix\r\n"), SERVICE_SMTP);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "EHLO client.example.com\r\n"), SERVICE_SMTP);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "ehlo x.y\r\n"), SERVICE_SMTP);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "HELO there, this goes on"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "220 (vsFTPd 3.0.3)\r\n"), SERVICE_FTP);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "220-FileZilla Server 1.0\r\n"), SERVICE_FTP);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "220 Welcome\r\n"), SERVICE_NONE);
}

static void test_service_stratum(void)
{
	CU_ASSERT_EQUAL(OF(IP_TCP, true,
			   "{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": [\"cpuminer/2.5\"]}\n"),
			SERVICE_STRATUM);
	CU_ASSERT_EQUAL(
		OF(IP_TCP, true,
		   "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":\"4A\",\"pass\":\"x\","
		   "\"agent\":\"XMRig/6.2\",\"algo\":[\"rx/0\"]}}\n"),
		SERVICE_STRATUM);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "{\"params\":[8],\"id\":null,\"method\":\"mining.set_difficulty\"}\n"),
			SERVICE_STRATUM);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "{\"id\":1,\"method\":\"login\",\"params\":{\"user\":\"a\"}}\n"),
			SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "{\"jsonrpc\":\"2.0\",\"method\":\"eth_call\",\"id\":1}\n"), SERVICE_NONE);
}

static void test_service_databases(void)
{
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\0\0\0\10\4\322\26\57"), SERVICE_POSTGRESQL);	/* SSLRequest */
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\0\0\0\10\4\322\26\60"), SERVICE_POSTGRESQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\0\0\0\37\0\3\0\0user\0shop\0database\0db\0\0"), SERVICE_POSTGRESQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\0\0\0\37\0\3\0\0name\0shop\0database\0db\0\0"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\0\0\0\40\0\3\0\0user\0shop\0database\0db\0\0"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "R\0\0\0\14\0\0\0\5abcd"), SERVICE_POSTGRESQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "R\0\0\0\27\0\0\0\12SCRAM-SHA-256\0\0"), SERVICE_POSTGRESQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "Q\0\0\0\15SELECT 1\0"), SERVICE_POSTGRESQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "Q\0\0\0\16SELECT 1\0"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "C\0\0\0\15SELECT 1\0Z\0\0\0\5I"), SERVICE_POSTGRESQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "C\0\0\0\15SELECT 1\0Z\0\0\0\5x"), SERVICE_NONE);
	/* MySQL's greeting: length, 0, 10, version, thread id, 8 of the scramble, filler, capabilities */
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "\32\0\0\0\0128.0.36\0\1\0\0\0abcdefgh\0\377\367\377\2\0"), SERVICE_MYSQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "\33\0\0\0\0128.0.36\0\1\0\0\0abcdefgh\0\377\367\377\2\0"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "\32\0\0\0\0118.0.36\0\1\0\0\0abcdefgh\0\377\367\377\2\0"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "\27\0\0\0\377\20\4Too many connections"), SERVICE_MYSQL);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\11\0\0\0\3select 1"), SERVICE_MYSQL);
}

static void test_service_binary_protocols(void)
{
	uint8_t dhcp[300] = { 1, 1, 6, 0 };
	uint8_t ntp[48] = { 0x23, 0, 6, 0xec, 0, 0, 1, 2, 0, 0, 3, 4 };
	uint8_t quic[1200] = { 0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x9e };

	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0"), SERVICE_FASTCGI);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\1\1\0\1\0\10\0\0\0\4\1\0\0\0\0\0"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, true, "\1\1\0\1\0\10\0\0\0\1\1\0\0\1\0\0"), SERVICE_NONE);
	CU_ASSERT_EQUAL(OF(IP_TCP, false, "\1\6\0\1\0\33\5\0Content-type: text/html\r\n\r\n"), SERVICE_FASTCGI);
	memcpy(dhcp + 236, "\x63\x82\x53\x63", 4);
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, dhcp, sizeof(dhcp)), SERVICE_DHCP);
	dhcp[236] = 0;
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, dhcp, sizeof(dhcp)), SERVICE_NONE);
	memcpy(ntp + 40, "\xea\x01\x02\x03\x04\x05\x06\x07", 8);
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, ntp, sizeof(ntp)), SERVICE_NTP);
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, ntp, 47), SERVICE_NONE);
	ntp[4] = 1;
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, ntp, sizeof(ntp)), SERVICE_NONE);
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, quic, sizeof(quic)), SERVICE_QUIC);
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, quic, 1199), SERVICE_NONE);
	quic[4] = 3;
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, quic, sizeof(quic)), SERVICE_NONE);
	quic[4] = 1;
	quic[5] = 21;
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, quic, sizeof(quic)), SERVICE_NONE);
	CU_ASSERT_EQUAL(service_of_bytes(IP_UDP, true, quic, 0), SERVICE_NONE);
}

/* Neither random bytes nor HTTP and TLS are anything; every cut of a good beginning is read within its bytes. */
static void test_service_nothing_else(void)
{
	static const char *const others[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"HTTP/1.1 220 OK\r\n\r\n",
		"POST /login HTTP/1.1\r\n\r\n{\"method\":\"login\"}",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"USER root\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	};
	static const char *const good[] = {
		"SSH-2.0-x",       "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n",
		"220 a ESMTP\r\n", "{\"method\":\"mining.subscribe\"}\n",
		"EHLO a.b\r\n",    "Content-type: text/html",
		"$5\r\nhello\r\n",
	};
	uint64_t x = 1234;
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		for (unsigned int client = 0; client < 2; client++) {
			CU_ASSERT_EQUAL(service_of_bytes(IP_TCP, client == 1, (const uint8_t *)others[i],
							 strlen(others[i])),
					SERVICE_NONE);
		}
	}
	for (unsigned int i = 0; i < 300000; i++) {
		uint8_t bytes[64];

		for (size_t j = 0; j < sizeof(bytes); j += 8) {
			uint64_t r = mktalk_random(&x);

			memcpy(bytes + j, &r, 8);
		}
		wrong += service_of_bytes(i & 1 ? IP_TCP : IP_UDP, (i & 2) != 0, bytes,
					  i & 4 ? 48 : sizeof(bytes)) != SERVICE_NONE;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		for (size_t n = 0; n <= strlen(good[i]); n++) {
			uint8_t *copy = malloc(n + 1);

			CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
			memcpy(copy + 1, good[i], n);	/* ends at the end of its memory */
			for (unsigned int client = 0; client < 2; client++) {
				(void)service_of_bytes(IP_TCP, client == 1, copy + 1, n);
				(void)service_of_bytes(IP_UDP, client == 1, copy + 1, n);
			}
			free(copy);
		}
	}
}

void suite_service(CU_pSuite suite);
void suite_service(CU_pSuite suite)
{
	CU_add_test(suite, "test_service_names", test_service_names);
	CU_add_test(suite, "test_service_text_protocols", test_service_text_protocols);
	CU_add_test(suite, "test_service_stratum", test_service_stratum);
	CU_add_test(suite, "test_service_databases", test_service_databases);
	CU_add_test(suite, "test_service_binary_protocols", test_service_binary_protocols);
	CU_add_test(suite, "test_service_nothing_else", test_service_nothing_else);
}
