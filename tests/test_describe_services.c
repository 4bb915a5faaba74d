/*
 * test_describe_services.c - what one line says of application protocols, by stamp and by content.
 */
#include "mkline.h"

/* ---- HTTP -------------------------------------------------------------------------------------------- */

static void test_describe_services_http(void)
{
	tcp_text("GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n");
	check("HTTP GET /index.html HTTP/1.1");
	tcp_text("HTTP/1.1 404 Not Found\r\nServer: y\r\n\r\n");
	check("HTTP HTTP/1.1 404 Not Found");
	tcp_text("M-SEARCH * HTTP/1.1\r\n\r\n");
	check("HTTP M-SEARCH * HTTP/1.1");
	tcp_text("POST /a/very/long/one");	/* goes on in the next segment */
	check("HTTP POST /a/very/long/one ...");
	tcp_text("GETTING /x HTTPS/1.1\r\n");
	check("TCP 50000 \xe2\x86\x92 80 [PSH, ACK] Seq=1000 Ack=5000 Win=64240 Len=22");
	tcp_text("GET nothing\r\n");
	check("TCP 50000 \xe2\x86\x92 80 [PSH, ACK] Seq=1000 Ack=5000 Win=64240 Len=13");
	/* Within a body: the service is known, the segment begins no message. */
	tcp_text("<p>more of the page");
	stamps.service = SERVICE_HTTP;
	check("HTTP 50000 \xe2\x86\x92 80 [PSH, ACK] Seq=1000 Ack=5000 Win=64240 Len=19");
	/* Looks like it, but the flow is another's. */
	tcp_text("GET / HTTP/1.1\r\n\r\n");
	stamps.service = SERVICE_SSH;
	check("SSH Server: Encrypted packet (len=18)");
}

static void test_describe_services_http2(void)
{
	static const uint8_t frames[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
					"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
					"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x0f\x00\x01"
					"\x00\x00\x02\x01\x05\x00\x00\x00\x01\x82\x84"
					"\x00\x00\x10\x00\x00\x00\x00\x00\x03half";
	static const uint8_t bad[] = "\x00\x00\x00\x04\x00\x00\x00\x00\x07 settings of a stream";

	tcp4(TCP_ACK, frames, sizeof(frames) - 1);
	stamps.service = SERVICE_HTTP2;
	check("HTTP2 Magic, SETTINGS[0], WINDOW_UPDATE[0], HEADERS[1], DATA[3]");
	tcp4(TCP_ACK, frames, sizeof(frames) - 1);
	check("HTTP2 Magic, SETTINGS[0], WINDOW_UPDATE[0], HEADERS[1], DATA[3]");
	/* The answer to the upgrade: the flow is another's already. */
	tcp_text("HTTP/1.1 101 Switching Protocols\r\n\r\n");
	stamps.service = SERVICE_HTTP2;
	check("HTTP HTTP/1.1 101 Switching Protocols");
	tcp_text("HTTP/1.1 101 Switching Protocols\r\n\r\n");
	stamps.service = SERVICE_WEBSOCKET;
	check("HTTP HTTP/1.1 101 Switching Protocols");
	tcp4(TCP_ACK, bad, sizeof(bad) - 1);
	stamps.service = SERVICE_HTTP2;
	check("HTTP2 50000 \xe2\x86\x92 80 [ACK] Seq=1000 Ack=5000 Win=64240 Len=30");
}

static void test_describe_services_websocket(void)
{
	tcp4(TCP_ACK, "\x81\x85\x01\x02\x03\x04hello", 11);
	stamps.service = SERVICE_WEBSOCKET;
	check("WEBSOCKET WebSocket Text [FIN] [MASKED] Len=5");
	tcp4(TCP_ACK, "\x02\x7e\x01\x00 and so on", 14);
	stamps.service = SERVICE_WEBSOCKET;
	check("WEBSOCKET WebSocket Binary Len=256");
	tcp4(TCP_ACK, "\xf3\x00", 2);	/* an opcode that is reserved */
	stamps.service = SERVICE_WEBSOCKET;
	check("WEBSOCKET 50000 \xe2\x86\x92 80 [ACK] Seq=1000 Ack=5000 Win=64240 Len=2");
}

/* ---- DNS --------------------------------------------------------------------------------------------- */

static const uint8_t dns_unknown[] = "\x00\x07\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01";

static void test_describe_services_dns(void)
{
	static uint8_t framed[sizeof(dns_query) + 1];

	udp4(4000, 53, dns_query, sizeof(dns_query) - 1);
	check("DNS Standard query 0x1a2b A www.example.com");
	udp4(53, 4000, dns_response, sizeof(dns_response) - 1);
	check("DNS Standard query response 0x1a2b A www.example.com CNAME a.example.com A 10.0.0.1");
	udp4(53, 4000, dns_unknown, sizeof(dns_unknown) - 1);
	check("DNS Standard query response 0x0007 NXDOMAIN NS <Root>");
	udp4(5353, 5353, dns_query, sizeof(dns_query) - 1);
	check("MDNS Standard query 0x1a2b A www.example.com");
	/* Told by the tracker on any port; nothing to be told where there is no message. */
	udp4(4000, 5000, dns_query, sizeof(dns_query) - 1);
	stamps.service = SERVICE_DNS;
	check("DNS Standard query 0x1a2b A www.example.com");
	udp4(4000, 53, "short", 5);
	check("UDP 4000 \xe2\x86\x92 53 Len=5");
	udp4(4000, 53, "short", 5);
	stamps.service = SERVICE_DNS;
	check("DNS 4000 \xe2\x86\x92 53 Len=5");
	/* Over TCP with its length in front. */
	framed[1] = sizeof(dns_query) - 1;
	memcpy(framed + 2, dns_query, sizeof(dns_query) - 1);
	tcp4(TCP_ACK, framed, sizeof(framed));
	stamps.service = SERVICE_DNS;
	check("DNS Standard query 0x1a2b A www.example.com");
	/* A question that leads beyond the end. */
	udp4(4000, 53, "\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x3fwww", 16);
	check("DNS Standard query 0x1a2b [Malformed packet]");
}

/* ---- TLS --------------------------------------------------------------------------------------------- */

static void test_describe_services_tls(void)
{
	static const uint8_t answer[] = "\x16\x03\x03\x00\x04\x02\x00\x00\x00"
					"\x14\x03\x03\x00\x01\x01"
					"\x16\x03\x03\x00\x08\x9a\xbc\xde\xf0\x12\x34\x56\x78"
					"\x17\x03\x03\x00\x02xx";
	uint8_t hello[256];
	size_t n = client_hello(hello, "shop.example");

	tcp4(TCP_ACK, hello, n);
	check("TLS Client Hello (SNI=shop.example)");
	tcp4(TCP_ACK, answer, sizeof(answer) - 1);
	check("TLS Server Hello, Change Cipher Spec, Encrypted Handshake Message, Application Data");
	tcp4(TCP_ACK, "\x15\x03\x03\x00\x02\x02\x28", 7);
	check("TLS Alert (fatal, handshake_failure)");
	tcp4(TCP_ACK, "\x15\x03\x03\x00\x12" "encrypted alert...", 23);
	check("TLS Encrypted Alert");
	/* In the middle of a record. */
	tcp_text("nothing to see");
	stamps.service = SERVICE_TLS;
	check("TLS 50000 \xe2\x86\x92 80 [PSH, ACK] Seq=1000 Ack=5000 Win=64240 Len=14");
}

/* ---- other services ------------------------------------------------------------------------------------ */

static void service(uint8_t id, bool from_client, const void *data, size_t n, const char *expected)
{
	tcp4(TCP_PSH | TCP_ACK, data, n);
	stamps.service = id;
	stamps.from_client = from_client;
	check(expected);
}

static void test_describe_services_ssh(void)
{
	service(SERVICE_SSH, true, BYTES("SSH-2.0-OpenSSH_9.2p1\r\n"), "SSH Client: Protocol (SSH-2.0-OpenSSH_9.2p1)");
	service(SERVICE_NONE, false, BYTES("SSH-2.0-x\n"), "SSH Server: Protocol (SSH-2.0-x)");
	service(SERVICE_SSH, false, BYTES("\x00\x00\x00\x0c\x0a\x14 key exchange"), "SSH Server: Key Exchange Init");
	service(SERVICE_SSH, true, BYTES("\xde\xad\xbe\xef\xca\xfe"), "SSH Client: Encrypted packet (len=6)");
}

static void test_describe_services_redis(void)
{
	service(SERVICE_REDIS, true, BYTES("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n"),
		"REDIS Request: SET key value");
	service(SERVICE_REDIS, true, BYTES("PING\r\n"), "REDIS Request: PING");
	service(SERVICE_REDIS, false, BYTES("+OK\r\n"), "REDIS Response: +OK");
	service(SERVICE_REDIS, false, BYTES("-ERR unknown\r\n"), "REDIS Response: -ERR unknown");
	service(SERVICE_REDIS, false, BYTES("$5\r\nvalue\r\n"), "REDIS Response: value");
	service(SERVICE_REDIS, false, BYTES("$-1\r\n"), "REDIS Response: (nil)");
	service(SERVICE_REDIS, false, BYTES("*2\r\n$1\r\na\r\n"), "REDIS Response: array of 2");
	service(SERVICE_REDIS, true, BYTES("*999999999999\r\n$4\r\nLIES\r\n"), "REDIS Request: LIES");
	service(SERVICE_REDIS, false, BYTES("in the middle"),
		"REDIS 50000 \xe2\x86\x92 80 [PSH, ACK] Seq=1000 Ack=5000 Win=64240 Len=13");
}

static void test_describe_services_postgresql(void)
{
	service(SERVICE_POSTGRESQL, true, BYTES("\0\0\0\x22\0\3\0\0user\0bob\0database\0shop\0\0"),
		"POSTGRESQL Startup message user=bob database=shop");
	service(SERVICE_POSTGRESQL, true, BYTES("\0\0\0\x08\x04\xd2\x16\x2f"), "POSTGRESQL SSL request");
	service(SERVICE_POSTGRESQL, false, BYTES("N"), "POSTGRESQL SSL refused");
	service(SERVICE_POSTGRESQL, true, BYTES("Q\0\0\0\x0dselect 1\0"), "POSTGRESQL Query: select 1");
	service(SERVICE_POSTGRESQL, true, BYTES("P\0\0\0\x12st\0select 2\0\0\0S\0\0\0\4"),
		"POSTGRESQL Parse: select 2, Sync");
	service(SERVICE_POSTGRESQL, false,
		BYTES("T\0\0\0\6\0\0D\0\0\0\6\0\0D\0\0\0\6\0\0C\0\0\0\x0dSELECT 2\0Z\0\0\0\5I"),
		"POSTGRESQL Row description, Data row, Command completion: SELECT 2, Ready for query");
	service(SERVICE_POSTGRESQL, false, BYTES("E\0\0\0\x19SERROR\0C42P01\0Mno x\0\0"), "POSTGRESQL Error: no x");
}

static void test_describe_services_mysql(void)
{
	service(SERVICE_MYSQL, false, BYTES("\x0c\0\0\0\x0a" "8.0.36\0rest"), "MYSQL Server greeting: version 8.0.36");
	service(SERVICE_MYSQL, true, BYTES("\x05\0\0\1secret"), "MYSQL Login request");
	service(SERVICE_MYSQL, true, BYTES("\x09\0\0\0\3select 1"), "MYSQL Request: Query select 1");
	service(SERVICE_MYSQL, true, BYTES("\x01\0\0\0\x0e"), "MYSQL Request: Ping");
	service(SERVICE_MYSQL, false, BYTES("\x07\0\0\1\0\0\0\2\0\0\0"), "MYSQL Response: OK");
	service(SERVICE_MYSQL, false, BYTES("\x0a\0\0\1\xff\x48\x04" "denied"), "MYSQL Response: Error 1096 denied");
}

static void test_describe_services_lines(void)
{
	service(SERVICE_SMTP, false, BYTES("220 mail ready\r\n"), "SMTP S: 220 mail ready");
	service(SERVICE_FTP, true, BYTES("RETR secret.txt\r\n"), "FTP C: RETR secret.txt");
	service(SERVICE_STRATUM, true, BYTES("{\"id\":1,\"method\":\"login\"}\n"),
		"STRATUM C: {\"id\":1,\"method\":\"login\"}");
	service(SERVICE_SMTP, true, BYTES("\x16\x03\x01 is TLS now"),
		"SMTP 50000 \xe2\x86\x92 80 [PSH, ACK] Seq=1000 Ack=5000 Win=64240 Len=14");
	service(SERVICE_FASTCGI, true, BYTES("\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\0\1\4\0\1\0\0\0\0"),
		"FASTCGI Begin request[1], Params[1]");
}

static void test_describe_services_datagrams(void)
{
	static uint8_t dhcp[244];

	memcpy(dhcp + 4, "\xde\xad\xbe\xef", 4);
	memcpy(dhcp + 236, "\x63\x82\x53\x63\x0c\x01x\x00", 8);
	udp4(68, 67, dhcp, sizeof(dhcp));
	mkpkt_data(&pkt, "\x35\x01\x01\xff", 4);
	stamps.service = SERVICE_DHCP;
	check("DHCP DHCP Discover - Transaction ID 0xdeadbeef");
	udp4(123, 123, "\x23\x02", 2);
	stamps.service = SERVICE_NTP;
	check("NTP NTP Version 4, client");
	udp4(4000, 443, "\xc3\x00\x00\x00\x01\x08", 6);
	stamps.service = SERVICE_QUIC;
	check("QUIC Initial");
	udp4(4000, 443, "\x43rest", 5);
	stamps.service = SERVICE_QUIC;
	check("QUIC Protected Payload");
}

void suite_describe_services(CU_pSuite suite);
void suite_describe_services(CU_pSuite suite)
{
	suite->pInitializeFunc = set_up;
	suite->pCleanupFunc = tear_down;
	CU_add_test(suite, "test_describe_services_http", test_describe_services_http);
	CU_add_test(suite, "test_describe_services_http2", test_describe_services_http2);
	CU_add_test(suite, "test_describe_services_websocket", test_describe_services_websocket);
	CU_add_test(suite, "test_describe_services_dns", test_describe_services_dns);
	CU_add_test(suite, "test_describe_services_tls", test_describe_services_tls);
	CU_add_test(suite, "test_describe_services_ssh", test_describe_services_ssh);
	CU_add_test(suite, "test_describe_services_redis", test_describe_services_redis);
	CU_add_test(suite, "test_describe_services_postgresql", test_describe_services_postgresql);
	CU_add_test(suite, "test_describe_services_mysql", test_describe_services_mysql);
	CU_add_test(suite, "test_describe_services_lines", test_describe_services_lines);
	CU_add_test(suite, "test_describe_services_datagrams", test_describe_services_datagrams);
}
