/*
 * seeds_talk.c - conversations for the fuzz targets of analyzers, in the notation of fuzz/talk_feed.h: a byte that
 * chooses the analyzer, then what is said, with commands behind 0xFF.
 */
#include "seeds.h"

/* The other side speaks; another packet; 32 bytes lost; the side closes; is reset. */
#define TURN "\xff\0"
#define PACKET "\xff\1"
#define LOST "\xff\2\2"
#define FIN "\xff\3\0"
#define RESET "\xff\3\1"

#define TALK(name, text) { name, text, sizeof(text) - 1 }

/* http1, http2, websocket are 0, 1, 2 of fuzz_http; dns_udp, dns_tcp, tls, mdns 0 to 3 of fuzz_dns_tls. */
const struct talk_seed talk_seeds[] = {
	TALK("http-plain",
	     "\0GET /a?b=c HTTP/1.1\r\nHost: shop\r\nUser-Agent: t/1\r\nReferer: /x\r\n\r\n" TURN
	     "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhe" PACKET "llo" TURN
	     "HEAD /h HTTP/1.1\r\nHost: shop\r\n\r\nGET /p HTTP/1.1\r\nHost: shop\r\n\r\n" TURN
	     "HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n"
	     "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nabcde\r\n0;x=1\r\nT: 1\r\n\r\n" FIN TURN FIN),
	TALK("http-continue",
	     "\x40POST /up HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n" TURN
	     "HTTP/1.1 100 Continue\r\n\r\n" TURN "abc" TURN "HTTP/1.0 500 Oops\r\nConnection: close\r\n\r\ntill the end" FIN),
	TALK("http-chunked-request",
	     "\0PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nForwarded: for=1\r\nX-Forwarded-For: 1, 2\r\n\r\n"
	     "A\r\n0123456789\r\n0\r\n\r\n" TURN "HTTP/1.1 201 Created\r\nLocation: /d\r\nContent-Length: 0\r\n\r\n"),
	TALK("http-lost", "\0GET /x HTTP/1.1\r\nHost: a\r\n" LOST "\r\n\r\n" TURN
	     "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n0123456789" LOST "01234567" RESET),
	TALK("http-upgrade", "\0GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" TURN
	     "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" PACKET "\x81\5hello"),
	TALK("http-connect", "\0CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n" TURN "HTTP/1.1 200 OK\r\n\r\n" TURN
	     "GET / HTTP/1.1\r\n\r\n"),
	TALK("http-old", "\0GET /\r\n" TURN "<html>" FIN),
	TALK("http-response-first", "\0\xff\0HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n" FIN),
	TALK("http2-plain", "\1PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\6\1\5\0\0\0\1\x82\x86\x84\x41\1s" TURN
	     "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64\0\0\0\4\1\0\0\0\0\0\0\1\1\4\0\0\0\1\x88" PACKET
	     "\0\0\5\0\1\0\0\0\1hello\0\0\x8\7\0\0\0\0\0\0\0\0\1\0\0\0\0" FIN),
	TALK("http2-upgrade", "\0GET /u HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	     "HTTP2-Settings: AAMAAABk\r\n\r\n" TURN
	     "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" PACKET
	     "\0\0\0\4\0\0\0\0\0\0\0\1\1\5\0\0\0\1\x88" TURN "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"),
	TALK("http2-continued", "\1PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
	     "\0\0\x8\1\x2c\0\0\0\3\1\0\0\0\0\x10\x82\0\0\0\2\x9\4\0\0\0\3\x86\x84\0\0\4\3\0\0\0\0\3\0\0\0\x8" TURN
	     "\0\0\5\5\4\0\0\0\3\0\0\0\2\x82"),
	TALK("websocket", "\2\x81\x85\1\2\3\4igopn" TURN "\1\2he\x80\3llo\x89\0\x82\x7e\0\x80" LOST "\x88\2\3\xe8" FIN),
	TALK("dns-udp", "\0\x12\x34\1\0\0\1\0\0\0\0\0\1\3www\4shop\7example\0\0\1\0\1\0\0\x29\x10\0\0\0\0\0\0\0" PACKET
	     "\x12\x34\1\0\0\1\0\0\0\0\0\1\3www\4shop\7example\0\0\1\0\1\0\0\x29\x10\0\0\0\0\0\0\0" TURN
	     "\x12\x34\x81\x80\0\1\0\2\0\0\0\0\3www\4shop\7example\0\0\1\0\1\xc0\x0c\0\5\0\1\0\0\1\x2c\0\6\3cdn\xc0\x10"
	     "\xc0\x2e\0\1\0\1\0\0\1\x2c\0\4\x0a\0\0\1"),
	TALK("dns-records", "\0\xff\0\0\1\x84\0\0\0\0\7\0\0\0\0\0\0\x10\0\1\0\0\0\1\0\7\3a\"b\2\\\n"
	     "\0\0\xf\0\1\0\0\0\1\0\5\0\xa\1m\0\0\0\6\0\1\0\0\0\1\0\x18\1m\0\1r\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
	     "\0\0\x21\0\1\0\0\0\1\0\x9\0\1\0\2\0\x50\1s\0\0\0\x1c\0\1\0\0\0\1\0\x10" "0123456789abcdef"
	     "\0\0\x41\0\1\0\0\0\1\0\x7\0\1\0\0\1\0\0\0\1\1\0\1\0\0\0\1\0\7\0\5issuex"),
	TALK("dns-tcp", "\1\0\x1e\x12\x34\1\0\0\1\0\0\0\0\0\0\4shop\7example\0\0\xff\xff\0\1" PACKET "\0\2" TURN
	     "\0\xc\x12\x34\x81\x83\0\0\0\0\0\0\0\0" FIN),
	TALK("tls-hellos", "\2\x16\3\1\0\x6f\1\0\0\x6b\3\3" "0123456789abcdef0123456789abcdef" "\0\0\6\x13\1\xc0\x2f\xc0\x30\1\0"
	     "\0\x3c\0\0\0\x11\0\xf\0\0\xcshop.example\0\x10\0\xe\0\xc\2h2\x8http/1.1\0\xa\0\4\0\2\0\x1d\0\xb\0\2\1\0"
	     "\0\x2b\0\3\2\3\4" TURN "\x16\3\3\0\x32\2\0\0\x2e\3\3" "0123456789abcdef0123456789abcdef" "\0\x13\1\0\0\6\0\x2b\0\2\3\4"
	     "\x14\3\3\0\1\1\x17\3\3\0\5abcde\x15\3\3\0\2\2\x28" TURN "\x17\3\3\0\2ab" FIN),
	TALK("tls-certificate", "\2\xff\0\x16\3\3\0\x2c\2\0\0\x28\3\3" "0123456789abcdef0123456789abcdef" "\0\xc0\x2f\0\0\0"
	     "\x16\3\3\0\x17\xb\0\0\x13\0\0\x10\0\0\xd\x30\xb\x30\x9\2\1\1\x30\0\x30\0\x30\0\xe\0\0\0"),
	TALK("mdns", "\3\0\0\0\0\0\1\0\0\0\0\0\0\5_http\4_tcp\5local\0\0\xc\0\1" TURN
	     "\0\0\x84\0\0\0\0\1\0\0\0\0\5_http\4_tcp\5local\0\0\xc\0\1\0\0\0\x78\0\4\1a\xc0\x0c"),
	{ NULL, NULL, 0 },
};
