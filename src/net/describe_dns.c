/*
 * describe_dns.c - one line for a DNS message: kind, id, question, answers. The reading is dns_message.c's. Reads the
 * captured payload of one layer; any thread.
 */
#include "net/describe_internal.h"

#include "net/dns_message.h"

/* Bytes of answers after which a line ends. */
#define ANSWER_BYTES 1024

static const char *opcode_name(uint8_t opcode)
{
	switch (opcode) {
	case 0: return "Standard query";
	case 1: return "Inverse query";
	case 2: return "Server status request";
	case 4: return "Zone change notification";
	case 5: return "Dynamic update";
	default: return "Unknown operation";
	}
}

static void add_name(struct buf *out, const struct dns_name *name)
{
	buf_addc(out, ' ');
	if (name->len == 0) {
		ADD(out, "<Root>");
	}
	buf_add(out, name->text, name->len);
}

/* NS, CNAME, PTR, DNAME */
static bool is_one_name(uint16_t type)
{
	return type == 2 || type == 5 || type == 12 || type == 39;
}

static void add_answers(const struct dns_message *m, struct buf *out)
{
	size_t start = out->len;
	unsigned int count = 0;
	struct dns_walk walk;
	struct dns_record r;

	dns_walk_init(&walk, m);
	while (dns_walk_next(&walk, &r) && r.section == 0) {
		char type[DNS_NAME_BYTES];

		if (count++ == DESCRIBE_MESSAGES || out->len - start > ANSWER_BYTES) {
			ADD(out, " ...");
			return;
		}
		buf_addc(out, ' ');
		buf_adds(out, dns_type_name(r.type, type));
		buf_addc(out, ' ');
		dns_data_text(m, &r, out);
		if (is_one_name(r.type) && out->len > 0 && out->data[out->len - 1] == '.') {
			out->len--;	/* as the name of the question is shown */
		}
	}
}

static void add_message(const struct dns_message *m, struct buf *out)
{
	char name[DNS_NAME_BYTES];
	bool response = (m->bits & DNS_QR) != 0;

	buf_adds(out, opcode_name(m->opcode));
	if (response) {
		ADD(out, " response");
	}
	buf_addc(out, ' ');
	describe_hex16(out, m->id);
	if (response && (m->bits & 15) != 0) {
		buf_addc(out, ' ');
		buf_adds(out, dns_rcode_name(m->bits & 15, name));
	}
	if (m->has_question) {
		buf_addc(out, ' ');
		buf_adds(out, dns_type_name(m->type, name));
		add_name(out, &m->name);
	}
	if (response && (m->bits & DNS_TC) != 0) {
		ADD(out, " (truncated)");
	}
	if (response) {
		add_answers(m, out);
	}
}

bool describe_dns(const struct layer *l, struct buf *out)
{
	const uint8_t *p = l->payload;
	size_t n = l->payload_cap;
	struct dns_message m;

	if (l->key.ip_proto == IP_TCP) {	/* a length in front: a segment that begins a message has one that fits */
		if (n < 2 + DNS_HEADER_BYTES || load_be16(p) < DNS_HEADER_BYTES ||
		    !dns_looks_like(p + 2, n - 2, true)) {
			return false;
		}
		p += 2;
		n -= 2;
		n = n < load_be16(p - 2) ? n : load_be16(p - 2);
	}
	if (!dns_message_read(p, n, &m)) {
		return false;
	}
	add_message(&m, out);
	if (m.broken) {
		buf_adds(out, l->payload_cap < l->payload_len ? " [Packet size limited during capture]" :
								" [Malformed packet]");
	}
	return true;
}
