/*
 * fields_packet_tls.c - fields of TLS: of the records that lie in the packet, and of a hello as far as it lies
 * there. Any worker, own context.
 */
#include "filter/fields_packet.h"

static bool list_begin(struct field_ctx *c, const struct tls_facts *t, struct value_list *l,
		       size_t cap)
{
	return t != NULL && cap > 0 && list_start(c, l, cap);
}

enum { RECORD_TYPE, RECORD_VERSION, RECORD_LENGTH };

static bool value_records(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);
	struct value_list list;

	if (!list_begin(c, t, &list, TLS_FACTS_MAX)) {
		return false;
	}
	for (unsigned int i = 0; i < t->record_count; i++) {
		switch (u->field->which) {
		case RECORD_TYPE: list_uint(&list, t->records[i].type); break;
		case RECORD_VERSION: list_uint(&list, t->records[i].version); break;
		default: list_uint(&list, t->records[i].len); break;
		}
	}
	return list_value(&list, v);
}

static bool value_messages(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);
	struct value_list list;

	UNUSED_ARG(u);
	if (!list_begin(c, t, &list, TLS_FACTS_MAX)) {
		return false;
	}
	for (unsigned int i = 0; i < t->message_count; i++) {
		list_uint(&list, t->messages[i]);
	}
	return list_value(&list, v);
}

static bool value_handshake(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);
	bool found = false;

	UNUSED_ARG(u);
	for (unsigned int i = 0; t != NULL && i < t->record_count; i++) {
		found = found || t->records[i].type == REC_HANDSHAKE;
	}
	return value_present(v, found);
}

/* The hello in the packet: the client's where there are both. */
static const struct tls_hello *hello(const struct tls_facts *t)
{
	if (t == NULL) {
		return NULL;
	}
	return t->has_client ? &t->client : t->has_server ? &t->server : NULL;
}

static bool value_version(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_hello *h = hello(packet_tls(c));

	UNUSED_ARG(u);
	return h != NULL && value_uint(v, h->version);
}

static bool value_name(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);

	UNUSED_ARG(u);
	return t != NULL && t->has_client && t->client.sni.left > 0 &&
	       value_text(v, (const char *)t->client.sni.p, t->client.sni.left);
}

/* Numbers of two bytes each. */
static void list_numbers(struct value_list *l, struct cursor numbers)
{
	while (numbers.left >= 2) {
		list_uint(l, cur_be16(&numbers));
	}
}

/* What the client offers, or what the server chose. */
static bool value_ciphers(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);
	const struct tls_hello *h = hello(t);
	struct value_list list;

	UNUSED_ARG(u);
	if (h == NULL || !list_start(c, &list, h->ciphers.left / 2 + 1)) {
		return false;
	}
	if (t->has_client) {
		list_numbers(&list, h->ciphers);
	} else if (h->whole) {
		list_uint(&list, h->cipher);
	}
	return list_value(&list, v);
}

static bool value_versions(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);
	const struct tls_hello *h = hello(t);
	struct value_list list;

	UNUSED_ARG(u);
	if (h == NULL || !list_start(c, &list, h->versions.left / 2 + 1)) {
		return false;
	}
	if (t->has_client) {
		list_numbers(&list, h->versions);
	} else if (h->chosen_version != 0) {
		list_uint(&list, h->chosen_version);
	}
	return list_value(&list, v);
}

static bool value_alpn(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_hello *h = hello(packet_tls(c));
	struct value_list list;
	struct cursor names;

	UNUSED_ARG(u);
	if (h == NULL || !list_start(c, &list, h->alpn.left / 2 + 1)) {
		return false;
	}
	names = h->alpn;
	while (names.left > 0) {
		size_t len = cur_u8(&names);
		struct cursor name = cur_sub(&names, len);

		if (name.bad) {
			break;
		}
		list_text(&list, (const char *)name.p, name.left);
	}
	return list_value(&list, v);
}

enum { JA3, JA3S, JA4 };

/* Fingerprints need all of a hello. */
static bool value_fingerprint(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);
	char text[40] = "";
	const char *copy;
	int rc = -1;

	if (t == NULL) {
		return false;
	}
	if (u->field->which == JA3S) {
		rc = t->has_server && t->server.whole ? ja3_server(&t->server, text) : -1;
	} else if (t->has_client && t->client.whole) {
		rc = u->field->which == JA3 ? ja3_client(&t->client, text)
					    : ja4_client(&t->client, text);
	}
	copy = rc == 0 && text[0] != '\0' ? ctx_dup(c, text, strlen(text)) : NULL;
	return copy != NULL && value_text(v, copy, strlen(text));
}

enum { ALERT_LEVEL, ALERT_DESCRIPTION };

static bool value_alert(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct tls_facts *t = packet_tls(c);

	return t != NULL && t->has_alert &&
	       value_uint(v, u->field->which == ALERT_LEVEL ? t->alert_level : t->alert);
}

/* clang-format off */
static const struct field rows[] = {
	PACKET_ROW("tls.record.content_type", PT_UINT8, FIELD_LIST, value_records, RECORD_TYPE,
		   "records of the packet: 20 change cipher spec, 21 alert, 22 handshake, 23 data"),
	PACKET_HEX("tls.record.version", PT_UINT16, FIELD_LIST, value_records, RECORD_VERSION,
		   "versions of the records: 0x0303"),
	PACKET_ROW("tls.record.length", PT_UINT16, FIELD_LIST, value_records, RECORD_LENGTH,
		   "their lengths without header"),
	PACKET_ROW("tls.handshake", PT_BOOL, 0, value_handshake, 0,
		   "true of packets with a handshake record, encrypted ones too"),
	PACKET_ROW("tls.handshake.type", PT_UINT8, FIELD_LIST, value_messages, 0,
		   "handshake messages in clear: 1 client hello, 2 server hello, 11 certificate"),
	PACKET_HEX("tls.handshake.version", PT_UINT16, 0, value_version, 0,
		   "version of a hello; TLS 1.3 says 0x0303 here"),
	PACKET_HEX("tls.handshake.extensions.supported_version", PT_UINT16, FIELD_LIST, value_versions, 0,
		   "versions that a client hello offers, or the one that a server hello chose"),
	PACKET_HEX("tls.handshake.ciphersuite", PT_UINT16, FIELD_LIST, value_ciphers, 0,
		   "ciphers that a client hello offers, or the one that a server hello chose"),
	PACKET_ROW("tls.handshake.extensions_server_name", PT_CHARBUF, 0, value_name, 0,
		   "name that a client hello asks for (SNI)"),
	PACKET_ROW("tls.handshake.extensions_alpn_str", PT_CHARBUF, FIELD_LIST, value_alpn, 0,
		   "protocols offered or chosen (ALPN)"),
	PACKET_ROW("tls.handshake.ja3", PT_CHARBUF, 0, value_fingerprint, JA3,
		   "JA3 fingerprint of a client hello"),
	PACKET_ROW("tls.handshake.ja3s", PT_CHARBUF, 0, value_fingerprint, JA3S,
		   "JA3S fingerprint of a server hello"),
	PACKET_ROW("tls.handshake.ja4", PT_CHARBUF, 0, value_fingerprint, JA4,
		   "JA4 fingerprint of a client hello"),
	PACKET_ROW("tls.alert_message.level", PT_UINT8, 0, value_alert, ALERT_LEVEL,
		   "alert in clear: 1 warning, 2 fatal"),
	PACKET_ROW("tls.alert_message.desc", PT_UINT8, 0, value_alert, ALERT_DESCRIPTION,
		   "its number: 40 handshake failure, 48 unknown CA"),
};
/* clang-format on */

const struct field_class field_class_tls = { "TLS", rows, ARRAY_LEN(rows), "tls" };
