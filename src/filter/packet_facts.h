/*
 * packet_facts.h - what one packet says, for the fields of packets: its layers by protocol, and the first HTTP
 * head, DNS message and TLS records of its own payload, read once and only when a field asks.
 *
 * A packet is read alone: of a message in several segments its first packet tells what lies in it, the others
 * nothing. Which protocol a payload is, is told as layer_protocol tells it: by what the flow's shard found, else
 * by the first bytes.
 *
 * All pointers borrow from the batch, or are good as values are (fields.h). NULL: the packet has no such thing,
 * the subject is an event, or memory is out. Any worker, own context.
 */
#ifndef FILTER_PACKET_FACTS_H
#define FILTER_PACKET_FACTS_H

#include "base/cursor.h"
#include "filter/fields.h"
#include "join/lookup.h"
#include "net/dns_message.h"
#include "net/flow.h"
#include "net/tls_internal.h"

/* ---- layers ---- */

/* The innermost layer. */
static inline const struct layer *packet_layer(const struct field_ctx *c)
{
	return c->packet != NULL ? c->layer : NULL;
}

/* The layer around, or NULL. */
const struct layer *packet_outer(const struct field_ctx *c, const struct layer *l);
/* From the innermost layer outwards, the first with addresses of that version (4, 6). */
const struct layer *packet_ip(const struct field_ctx *c, unsigned int version);
/* Likewise, the first that is a segment, datagram or message of that transport. */
const struct layer *packet_transport(const struct field_ctx *c, unsigned int ip_proto);
/* Is the protocol (enum proto) in the path of the layer? */
bool layer_has(const struct layer *l, unsigned int proto);

/* ---- HTTP/1 ---- */

/* Header fields that make a row each: FACT(id, name in lower case, field, name). */
#define HTTP_FACTS(FACT)                                                                            \
	FACT(CONTENT_LENGTH, "content-length", "http.content_length_header", "Content-Length")      \
	FACT(HOST, "host", "http.host", "Host")                                                     \
	FACT(USER_AGENT, "user-agent", "http.user_agent", "User-Agent")                             \
	FACT(REFERER, "referer", "http.referer", "Referer")                                         \
	FACT(COOKIE, "cookie", "http.cookie", "Cookie")                                             \
	FACT(AUTHORIZATION, "authorization", "http.authorization", "Authorization")                 \
	FACT(X_FORWARDED_FOR, "x-forwarded-for", "http.x_forwarded_for", "X-Forwarded-For")         \
	FACT(ACCEPT, "accept", "http.accept", "Accept")                                             \
	FACT(ACCEPT_ENCODING, "accept-encoding", "http.accept_encoding", "Accept-Encoding")         \
	FACT(ACCEPT_LANGUAGE, "accept-language", "http.accept_language", "Accept-Language")         \
	FACT(CONTENT_TYPE, "content-type", "http.content_type", "Content-Type")                     \
	FACT(CONTENT_ENCODING, "content-encoding", "http.content_encoding", "Content-Encoding")     \
	FACT(TRANSFER_ENCODING, "transfer-encoding", "http.transfer_encoding", "Transfer-Encoding") \
	FACT(CONNECTION, "connection", "http.connection", "Connection")                             \
	FACT(UPGRADE, "upgrade", "http.upgrade", "Upgrade")                                         \
	FACT(CACHE_CONTROL, "cache-control", "http.cache_control", "Cache-Control")                 \
	FACT(SERVER, "server", "http.server", "Server")                                             \
	FACT(LOCATION, "location", "http.location", "Location")                                     \
	FACT(SET_COOKIE, "set-cookie", "http.set_cookie", "Set-Cookie")                             \
	FACT(DATE, "date", "http.date", "Date")                                                     \
	FACT(LAST_MODIFIED, "last-modified", "http.last_modified", "Last-Modified")                 \
	FACT(WWW_AUTHENTICATE, "www-authenticate", "http.www_authenticate", "WWW-Authenticate")

enum http_fact {
#define FACT(id, lower, field, name) HTTP_FACT_##id,
	HTTP_FACTS(FACT)
#undef FACT
	HTTP_FACT_COUNT
};

/* p NULL: not there, or not whole in this packet. */
struct fact_text {
	const char *p;
	uint32_t len;
};

struct http_facts {
	bool request; /* else a response */
	uint8_t version; /* 10, 11; 9: HTTP/0.9; 0: not there */
	uint16_t status; /* 0: not there */
	struct fact_text method, target, reason;
	struct fact_text headers[HTTP_FACT_COUNT]; /* the first of each */
};

const struct http_facts *packet_http(struct field_ctx *c);

/* ---- DNS ---- */

/* The first message of the payload. mDNS and LLMNR too. */
const struct dns_message *packet_dns(struct field_ctx *c);

/* ---- TLS ---- */

/* More than a packet of real traffic has; the rest of one that has more is not looked at. */
#define TLS_FACTS_MAX 32

struct tls_facts {
	uint8_t record_count, message_count;
	struct {
		uint8_t type;
		uint16_t version, len;
	} records[TLS_FACTS_MAX];
	uint8_t messages[TLS_FACTS_MAX]; /* types of handshake messages in clear */
	bool has_client, has_server, has_alert;
	struct tls_hello client, server; /* as far as they lie in this packet: .whole */
	uint8_t alert_level, alert;
};

const struct tls_facts *packet_tls(struct field_ctx *c);

/* ---- the rest ---- */

/* What the payload is taken for: enum service_id, SERVICE_NONE without payload. */
uint8_t packet_service(const struct field_ctx *c);
/* The Community ID of a flow's key; of the same key as before it is not computed again. NULL: no memory. */
const char *packet_community_id(struct field_ctx *c, const struct flow_key *key);

/* ---- of the pass before ---- */

/* Who sent the packet, or got it; NULL: not joined. */
const struct packet_owner *packet_joined(struct field_ctx *c);
/* The packets of the call at hand; NULL: not a call of a joined socket. */
const struct frames *event_joined(struct field_ctx *c);
/* The section as joined; NULL: nothing of it was. */
const struct section *section_joined(struct field_ctx *c);

void packet_facts_free(struct packet_facts *f);

#endif
