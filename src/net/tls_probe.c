/*
 * tls_probe.c - is this TLS? From the first bytes of a direction, or from where a segment begins. Strict: a wrong
 * yes hides what the bytes are. Shard's thread.
 */
#include "net/tls_internal.h"

/* Plaintext of 2^14 and what compression, MAC and padding may add (RFC 5246, 6.2.3). */
#define RECORD_MAX (16384 + 2048)

bool tls_sane_record(const uint8_t head[TLS_RECORD_HEAD])
{
	uint16_t len = load_be16(head + 3);

	return head[0] >= REC_CHANGE_CIPHER && head[0] <= REC_HEARTBEAT && head[1] == 3 && head[2] <= 4 &&
	       len <= RECORD_MAX && (len > 0 || head[0] == REC_DATA);
}

/* A record with a hello: 16 03 0x, length, 01 or 02, length, 03 0x. */
static enum probe probe_hello(const uint8_t *p, size_t n)
{
	uint32_t len;

	if (n < TLS_RECORD_HEAD + TLS_MESSAGE_HEAD + 2) {
		bool other = n > TLS_RECORD_HEAD && p[5] != MSG_CLIENT_HELLO && p[5] != MSG_SERVER_HELLO;

		return other ? PROBE_NO : PROBE_MORE;
	}
	len = load_be32(p + 5) & 0xffffff;
	if ((p[5] != MSG_CLIENT_HELLO && p[5] != MSG_SERVER_HELLO) || len < 38 || len > TLS_MESSAGE_CLAIM_MAX) {
		return PROBE_NO;
	}
	return p[9] == 3 && p[10] <= 4 ? PROBE_YES : PROBE_NO;
}

/* From the middle of a connection: a record header, and where the segment holds the whole record, a second one. */
static enum probe probe_middle(const uint8_t *p, size_t n)
{
	size_t len = load_be16(p + 3);

	if (p[0] == REC_HANDSHAKE && n > TLS_RECORD_HEAD + TLS_MESSAGE_HEAD && load_be32(p + 5) >> 24 <= 24 &&
	    (load_be32(p + 5) & 0xffffff) <= TLS_MESSAGE_CLAIM_MAX) {
		return PROBE_YES;
	}
	if (p[0] == REC_CHANGE_CIPHER) {
		return len == 1 && n > TLS_RECORD_HEAD && p[5] == 1 ? PROBE_YES : PROBE_NO;
	}
	if (p[0] != REC_DATA || p[2] == 0 || p[2] == 4 || len < 17) {
		return PROBE_NO;
	}
	if (n >= 2 * TLS_RECORD_HEAD + len) {
		return tls_sane_record(p + TLS_RECORD_HEAD + len) ? PROBE_YES : PROBE_NO;
	}
	return PROBE_YES;
}

/* An SSL 2 client hello that offers SSL 3 or later too: length with its first bit set, 1, version, three lengths. */
enum probe tls_probe_ssl2(const uint8_t *p, size_t n)
{
	size_t ciphers;
	size_t session;
	size_t challenge;

	if ((n > 2 && p[2] != MSG_CLIENT_HELLO) || (n > 3 && p[3] != 3 && p[3] != 0) ||
	    (n > 4 && p[4] > (p[3] == 3 ? 3 : 2))) {
		return PROBE_NO;
	}
	if (n < 11) {
		return PROBE_MORE;
	}
	ciphers = load_be16(p + 5);
	session = load_be16(p + 7);
	challenge = load_be16(p + 9);
	if (ciphers == 0 || ciphers % 3 != 0 || (session != 0 && session != 16) || challenge < 16 || challenge > 32 ||
	    (p[3] == 0 && p[4] != 2)) {
		return PROBE_NO;
	}
	return (size_t)(load_be16(p) & 0x7fff) == 9 + ciphers + session + challenge ? PROBE_YES : PROBE_NO;
}

enum probe tls_probe(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n, bool mid)
{
	UNUSED_ARG(t);
	UNUSED_ARG(dir);
	if (n > 0 && (p[0] & 0x80) != 0) {
		return tls_probe_ssl2(p, n);
	}
	if ((n > 0 && (p[0] < REC_CHANGE_CIPHER || p[0] > REC_DATA)) || (n > 1 && p[1] != 3) || (n > 2 && p[2] > 4)) {
		return PROBE_NO;
	}
	if (n > 0 && !mid && p[0] != REC_HANDSHAKE) {
		return PROBE_NO;
	}
	if (n < TLS_RECORD_HEAD) {
		return PROBE_MORE;
	}
	if (!tls_sane_record(p)) {
		return PROBE_NO;
	}
	return mid ? probe_middle(p, n) : probe_hello(p, n);
}
