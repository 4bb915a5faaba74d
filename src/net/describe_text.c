/*
 * describe_text.c - one line for SSH, for protocols that talk in lines (SMTP, FTP, Stratum), for DHCP and for NTP.
 * Reads the captured payload of one layer; any thread.
 */
#include "net/describe_internal.h"

/* ---- SSH: RFC 4253 ------------------------------------------------------------------------------- */

static const char *ssh_message(uint8_t type)
{
	switch (type) {
	case 1: return "Disconnect";
	case 2: return "Ignore";
	case 4: return "Debug";
	case 20: return "Key Exchange Init";
	case 21: return "New Keys";
	case 30: return "Key Exchange Request";
	case 31: return "Key Exchange Reply";
	case 32: return "Key Exchange GEX Init";
	case 33: return "Key Exchange GEX Reply";
	case 34: return "Key Exchange GEX Request";
	default: return NULL;
	}
}

/* A binary packet in the clear: its padding makes it a multiple of 8. */
static const char *ssh_clear(struct cursor c)
{
	uint32_t len = cur_be32(&c);
	uint8_t padding = cur_u8(&c);
	uint8_t type = cur_u8(&c);

	if (c.bad || len > 35000 || (len + 4) % 8 != 0 || padding < 4 || padding >= len) {
		return NULL;
	}
	return ssh_message(type);
}

bool describe_ssh(const struct layer *l, struct buf *out)
{
	struct cursor c = cur_make(l->payload, l->payload_cap);
	const char *name;
	bool ended;

	buf_adds(out, l->from_client ? "Client: " : "Server: ");
	if (c.left >= 4 && memcmp(c.p, "SSH-", 4) == 0) {
		ADD(out, "Protocol (");
		describe_value(out, c.p, describe_line_bytes(c.p, c.left, &ended), 255);
		buf_addc(out, ')');
		return true;
	}
	name = ssh_clear(c);
	if (name != NULL) {
		buf_adds(out, name);
		return true;
	}
	ADD(out, "Encrypted packet (len=");
	buf_add_u64(out, l->payload_len);
	buf_addc(out, ')');
	return true;
}

/* ---- lines ------------------------------------------------------------------------------------------ */

bool describe_line(const struct layer *l, struct buf *out)
{
	bool ended;
	size_t len = describe_line_bytes(l->payload, l->payload_cap, &ended);

	for (size_t i = 0; i < len; i++) {
		if (l->payload[i] < 0x20 && l->payload[i] != '\t') {
			return false;	/* content of a mail, or encrypted since */
		}
	}
	if (len == 0) {
		return false;
	}
	buf_adds(out, l->from_client ? "C: " : "S: ");
	describe_value(out, l->payload, len, 4 * DESCRIBE_VALUE_BYTES);
	return true;
}

/* ---- DHCP: RFC 2131, 2132 --------------------------------------------------------------------------- */

#define DHCP_COOKIE 0x63825363u

static uint8_t dhcp_type(struct cursor c)
{
	while (c.left > 1) {
		uint8_t option = cur_u8(&c);
		struct cursor value;

		if (option == 0) {
			continue;
		}
		if (option == 255) {
			break;
		}
		value = cur_sub(&c, cur_u8(&c));
		if (option == 53) {
			return cur_u8(&value);
		}
	}
	return 0;
}

bool describe_dhcp(const struct layer *l, struct buf *out)
{
	static const char *const types[] = { "message", "Discover", "Offer", "Request", "Decline", "ACK", "NAK",
					     "Release", "Inform" };
	struct cursor c = cur_make(l->payload, l->payload_cap);
	uint32_t transaction;
	uint8_t type;

	cur_skip(&c, 4);
	transaction = cur_be32(&c);
	cur_skip(&c, 228);
	if (cur_be32(&c) != DHCP_COOKIE) {
		return false;
	}
	type = dhcp_type(c);
	ADD(out, "DHCP ");
	buf_adds(out, types[type < ARRAY_LEN(types) ? type : 0]);
	ADD(out, " - Transaction ID 0x");
	buf_add_hex(out, transaction, false);
	return true;
}

/* ---- NTP: RFC 5905 ---------------------------------------------------------------------------------- */

bool describe_ntp(const struct layer *l, struct buf *out)
{
	static const char *const modes[] = { "reserved",  "symmetric active", "symmetric passive", "client",
					     "server",    "broadcast",        "control message",   "private" };
	uint8_t first = l->payload[0];

	ADD(out, "NTP Version ");
	buf_add_u64(out, first >> 3 & 7);
	ADD(out, ", ");
	buf_adds(out, modes[first & 7]);
	return true;
}
