/*
 * tls_internal.h - the parts of the TLS analyzer: recognition (tls_probe.c), records (tls.c), handshake messages
 * (tls_handshake.c), hellos (tls_hello.c), fingerprints (ja.c), certificates (tls_cert.c).
 */
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include "base/cursor.h"
#include "base/err.h"
#include "net/analyzer.h"
#include "net/tls.h"

struct net_rows;

/* Bytes of one handshake message that are kept: two directions make LIMIT_ANALYZER_BYTES. */
#define TLS_MESSAGE_BYTES (LIMIT_ANALYZER_BYTES / 2)

enum { TLS_1_3 = 0x0304 };

enum tls_record { REC_CHANGE_CIPHER = 20, REC_ALERT = 21, REC_HANDSHAKE = 22, REC_DATA = 23, REC_HEARTBEAT = 24 };

enum tls_message {
	MSG_CLIENT_HELLO = 1,
	MSG_SERVER_HELLO = 2,
	MSG_CERTIFICATE = 11,
	MSG_SERVER_KEY = 12,
	MSG_SERVER_DONE = 14
};

#define TLS_RECORD_HEAD 5
#define TLS_MESSAGE_HEAD 4
/* An SSL 2 client hello up to its lists. */
#define TLS_SSL2_HEAD 11
/* Length a message may claim; more is no TLS. */
#define TLS_MESSAGE_CLAIM_MAX (256u << 10)

/* One direction. */
struct tls_side {
	uint8_t head[TLS_SSL2_HEAD];	/* of a record */
	uint8_t head_have;
	bool started;			/* a record was seen */
	uint8_t type;			/* enum tls_record; 0: not a record */
	uint16_t len;			/* its length */
	uint16_t left;			/* bytes of it to come; 0: a header comes next */
	bool lost;			/* where records begin is not known */
	bool encrypted;			/* what follows is, alerts of two bytes aside */
	bool skipping;			/* where messages begin is not known before the next record */
	bool holed;			/* a part of its handshake is missing */
	bool certificate, done;		/* server: seen */
	bool finished;			/* an encrypted handshake message came (before TLS 1.3) */
	uint8_t alert_have, alert_level;
	uint8_t *msg;			/* owns; handshake message with its header */
	uint32_t have, cap;
	uint32_t want;			/* its length with header, 0 unknown */
	uint32_t seen;			/* bytes that passed */
};

struct tls_state {
	struct talk *t;
	struct tls_session *s;		/* NULL: beyond the ceiling */
	struct tls_side side[2];
	unsigned int client_records;	/* TLS 1.3: encrypted records of the client before its Finished */
	bool client_finished;		/* TLS 1.3 */
};

/* ---- tls_probe.c ---- */

enum probe tls_probe(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n, bool mid);
/* A record header: type, version, length that go together. */
bool tls_sane_record(const uint8_t head[TLS_RECORD_HEAD]);
enum probe tls_probe_ssl2(const uint8_t *p, size_t n);

/* ---- tls_handshake.c ---- */

/* Bytes of handshake records in clear; c: what they came with. 0 or ERR_NOMEM, as below. */
int tls_feed_messages(struct tls_state *st, unsigned int dir, const uint8_t *p, size_t n, const struct chunk *c);
/* len bytes of the record are missing. */
int tls_skip_messages(struct tls_state *st, unsigned int dir, uint64_t len, const struct chunk *c);
/* Nothing more of the message will come: takes what there is of it. */
int tls_cut_message(struct tls_state *st, unsigned int dir, const struct chunk *c);
/* An SSL 2 hello: its version is all that is taken. */
void tls_take_ssl2(struct tls_state *st, unsigned int dir, const uint8_t *head, const struct chunk *c);

/* ---- tls_hello.c ---- */

/* A hello of either side. Cursors are over the message's bytes, empty where there is nothing. */
struct tls_hello {
	bool whole;			/* all of it could be read */
	uint16_t version;		/* legacy_version */
	const uint8_t *random;		/* 32 bytes; NULL: too short */
	struct cursor session;
	struct cursor ciphers;		/* client: the list; server: empty */
	uint16_t cipher;		/* server */
	struct cursor extensions;	/* all of them */
	struct cursor alpn, groups, formats, signatures, versions;	/* client: the lists, without their lengths */
	struct cursor sni;		/* first host name */
	bool has_sni;
	bool psk, early_data, ech;
	uint16_t chosen_version;	/* server: of supported_versions, else 0 */
	uint16_t group;			/* server: of key_share, else 0 */
};

/* body: behind the four bytes of the handshake header. False: not even a version. */
bool tls_client_hello(const uint8_t *body, size_t n, struct tls_hello *ret_h);
bool tls_server_hello(const uint8_t *body, size_t n, struct tls_hello *ret_h);
/* A server hello that is a hello retry request. */
bool tls_is_retry(const struct tls_hello *h);
bool tls_is_grease(uint16_t x);
/* Highest version offered: of supported_versions, else the legacy one. */
uint16_t tls_offered_version(const struct tls_hello *h);

/* The next extension; false at the end. */
bool tls_next_extension(struct cursor *io_list, uint16_t *ret_type, struct cursor *ret_body);

/* ---- ja.c ---- */

/* "" where the hash is not allowed. ERR_NOMEM. */
int ja3_client(const struct tls_hello *h, char ret_ja3[33]);
int ja3_server(const struct tls_hello *h, char ret_ja3s[33]);
int ja4_client(const struct tls_hello *h, char ret_ja4[40]);

/* ---- tls_cert.c ---- */

/* Fills what the session says of the server's certificate: n bytes, all of it. 0 or ERR_NOMEM. */
int tls_certificate(const uint8_t *der, size_t n, struct net_rows *rows, struct tls_session *s);

#endif
