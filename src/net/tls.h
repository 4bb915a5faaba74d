/*
 * tls.h - what is visible of a TLS session: the hellos, the certificate before TLS 1.3, alerts, times. RFC 5246,
 * 8446; JA3 by its authors' description (2017), JA4 by FoxIO's (2023).
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/intern.h"

struct flow;

enum {
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_ESTABLISHED = 4,	/* application data or (TLS 1.2) both Finished followed */
	TLS_RESUMED = 8,	/* the server took up an earlier session (1.2) or a pre-shared key (1.3) */
	TLS_HELLO_RETRY = 16,
	TLS_KEY_LOGGED = 32,	/* the capture holds secrets for its client random */
	TLS_CUT = 64,		/* parts of the handshake are missing from the capture */
	TLS_MALFORMED = 128,
	TLS_EARLY_DATA = 256,	/* offered */
	TLS_ECH = 512,		/* the client hello's name may not be the one meant */
	TLS_CLIENT_CERT = 1024,	/* the server asked for and got a certificate of the client */
};

struct tls_session {
	struct flow *flow;
	void *owner;
	uint16_t flags;				/* TLS_ */
	uint16_t version;			/* chosen: 0x0304 is TLS 1.3; 0 unknown */
	uint16_t client_version;		/* highest offered */
	uint16_t cipher;			/* chosen; 0 unknown */
	uint16_t group;				/* of the key exchange; 0 unknown */
	uint8_t client;				/* end that sent the client hello */
	uint8_t alert_level[2], alert[2];	/* last cleartext alert of each end; level 0: none */
	const struct text *sni;			/* NULL: none */
	const struct text *alpn_offered;	/* names joined by ',' */
	const struct text *alpn;		/* chosen, or NULL (in TLS 1.3 it is encrypted) */
	const struct text *subject, *issuer;	/* of the server's first certificate, as RFC 4514 writes names */
	const struct text *alt_names;		/* of the same; ',' between */
	uint64_t not_before_ns, not_after_ns;	/* its validity, 0 unknown */
	uint8_t client_random[32];		/* of the client hello: net_freeze sets TLS_KEY_LOGGED by it */
	char cert_sha256[65];			/* of its DER; "" none */
	char ja3[33], ja3s[33], ja4[40];	/* "" none (JA3: also where MD5 is not allowed) */
	/* Of the packet that completed the hello; data: first application data; 0 not seen. In TLS 1.3 the end of
	 * the handshake looks like data: there client_data is the first record after what must be the client's
	 * Finished, server_data the first of the server after that. */
	uint64_t client_hello_ns, server_hello_ns, client_data_ns, server_data_ns;
	uint64_t client_hello_num, server_hello_num;
	/* Records of type application data and their bytes, by end; in TLS 1.3 the end of the handshake too. */
	uint64_t records[2], data_bytes[2];
};

/* "TLS 1.3", "TLS 1.2", "SSL 3.0"; "0x7f1c" for others. */
#define TLS_NAME_BYTES 64
const char *tls_version_name(uint16_t version, char buf[TLS_NAME_BYTES]);
/* IANA's: "TLS_AES_128_GCM_SHA256"; "0x1301" for unknown. */
const char *tls_cipher_name(uint16_t cipher, char buf[TLS_NAME_BYTES]);
const char *tls_alert_name(uint8_t alert, char buf[TLS_NAME_BYTES]);
const char *tls_group_name(uint16_t group, char buf[TLS_NAME_BYTES]);

#endif
