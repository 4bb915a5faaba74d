/*
 * describe_tls.c - one line for the TLS records of a segment (RFC 8446, 5246), the name a client asks for among them,
 * and for QUIC's long headers (RFC 9000). Reads the captured payload of one layer; any thread.
 */
#include "net/describe_internal.h"

#include "net/tls.h"

enum { RECORD_CCS = 20, RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_DATA = 23, RECORD_HEARTBEAT = 24 };
enum { EXTENSION_SERVER_NAME = 0 };

/* Ciphertext may be 256 bytes longer than its plaintext in 1.3, 2048 before. */
#define RECORD_BYTES (16384u + 2048u)
#define RECORD_HEAD 5
/* Longer chains of certificates are refused by the usual libraries. */
#define MESSAGE_BYTES (128u << 10)

bool describe_is_tls(const uint8_t *p, size_t n)
{
	return n >= RECORD_HEAD && p[0] >= RECORD_CCS && p[0] <= RECORD_HEARTBEAT && p[1] == 3 && p[2] <= 4 &&
	       load_be16(p + 3) <= RECORD_BYTES && load_be16(p + 3) > 0;
}

static const char *handshake_name(uint8_t type)
{
	static const char *const names[] = {
		[0] = "Hello Request", [1] = "Client Hello", [2] = "Server Hello", [4] = "New Session Ticket",
		[8] = "Encrypted Extensions", [11] = "Certificate", [12] = "Server Key Exchange",
		[13] = "Certificate Request", [14] = "Server Hello Done", [15] = "Certificate Verify",
		[16] = "Client Key Exchange", [20] = "Finished", [22] = "Certificate Status", [24] = "Key Update",
	};

	return type < ARRAY_LEN(names) ? names[type] : NULL;
}

/* The name in the extensions of a client hello whose body begins at c; empty: none, or not captured. */
static struct cursor hello_name(struct cursor c)
{
	struct cursor none = { NULL, 0, true };

	cur_skip(&c, 2 + 32);
	cur_skip(&c, cur_u8(&c));
	cur_skip(&c, cur_be16(&c));
	cur_skip(&c, cur_u8(&c));
	cur_skip(&c, 2);	/* length of all extensions: the hello's own end bounds them */
	while (c.left >= 4) {
		uint16_t type = cur_be16(&c);
		size_t len = cur_be16(&c);
		struct cursor ext;

		if (type != EXTENSION_SERVER_NAME) {
			cur_skip(&c, len);
			continue;
		}
		ext = cur_sub(&c, len);
		cur_skip(&ext, 2);
		return cur_u8(&ext) == 0 ? cur_sub(&ext, cur_be16(&ext)) : none;
	}
	return none;
}

/* Names joined by ", ". False: enough of them. */
static bool next_name(struct buf *out, unsigned int *count)
{
	if (*count == DESCRIBE_MESSAGES) {
		ADD(out, ", ...");
		return false;
	}
	if ((*count)++ > 0) {
		ADD(out, ", ");
	}
	return true;
}

/* Messages of one handshake record; what makes no sense as one is encrypted. */
static bool add_handshake(struct cursor c, struct buf *out, unsigned int *count)
{
	do {
		uint8_t type = cur_u8(&c);
		size_t len = (size_t)cur_u8(&c) << 16;
		const char *name = handshake_name(type);

		len |= cur_be16(&c);
		if (!next_name(out, count)) {
			return false;
		}
		/* A message may go on in the next record or segment, but not for long. */
		if (c.bad || name == NULL || len > MESSAGE_BYTES) {
			ADD(out, "Encrypted Handshake Message");
			return true;
		}
		buf_adds(out, name);
		if (type == 1) {
			struct cursor sni = hello_name(cur_make(c.p, len < c.left ? len : c.left));

			if (sni.left > 0) {
				ADD(out, " (SNI=");
				describe_value(out, sni.p, sni.left, 255);
				buf_addc(out, ')');
			}
		}
		cur_skip(&c, len < c.left ? len : c.left);
	} while (c.left > 0);
	return true;
}

static void add_alert(const uint8_t *body, size_t len, struct buf *out)
{
	char name[TLS_NAME_BYTES];

	if (len != 2 || body[0] < 1 || body[0] > 2) {
		ADD(out, "Encrypted Alert");
		return;
	}
	buf_adds(out, body[0] == 2 ? "Alert (fatal, " : "Alert (warning, ");
	buf_adds(out, tls_alert_name(body[1], name));
	buf_addc(out, ')');
}

/* One record; false: enough was said. */
static bool add_record(struct cursor *c, struct buf *out, unsigned int *count, bool *encrypted)
{
	uint8_t type = c->p[0];
	size_t len = load_be16(c->p + 3);
	size_t cap;

	cur_skip(c, RECORD_HEAD);
	cap = len < c->left ? len : c->left;
	if (type == RECORD_HANDSHAKE && !*encrypted && cap > 0) {
		if (!add_handshake(cur_make(c->p, cap), out, count)) {
			return false;
		}
	} else if (!next_name(out, count)) {
		return false;
	} else if (type == RECORD_HANDSHAKE) {
		ADD(out, "Encrypted Handshake Message");
	} else if (type == RECORD_CCS) {
		ADD(out, "Change Cipher Spec");
		*encrypted = true;
	} else if (type == RECORD_ALERT) {
		add_alert(c->p, cap == len ? len : 0, out);
	} else {
		buf_adds(out, type == RECORD_DATA ? "Application Data" : "Heartbeat");
	}
	cur_skip(c, cap);
	return true;
}

bool describe_tls(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	unsigned int count = 0;
	bool encrypted = false;

	while (describe_is_tls(c.p, c.left) && add_record(&c, out, &count, &encrypted)) {
	}
	return count > 0;
}

bool describe_quic(const struct layer *l, struct buf *out)
{
	static const char *const kinds[] = { "Initial", "0-RTT", "Handshake", "Retry" };
	struct cursor c = cur_make(l->payload, l->payload_cap);
	uint8_t first = cur_u8(&c);
	uint32_t version;

	if ((first & 0x80) == 0) {
		ADD(out, "Protected Payload");
		return (first & 0x40) != 0;
	}
	version = cur_be32(&c);
	if (c.bad) {
		return false;
	}
	if (version == 0) {
		ADD(out, "Version Negotiation");
		return true;
	}
	buf_adds(out, kinds[first >> 4 & 3]);
	if (version != 1) {
		ADD(out, ", version 0x");
		buf_add_hex(out, version, false);
	}
	return true;
}
