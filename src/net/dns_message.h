/*
 * dns_message.h - one DNS message in the bytes of a datagram or of the framed stream: header, first question,
 * records. RFC 1035, EDNS by RFC 6891. Knows nothing of flows or pairing; every length here is an attacker's.
 */
#ifndef NET_DNS_MESSAGE_H
#define NET_DNS_MESSAGE_H

#include "base/buf.h"
#include "net/dns.h"

struct net_rows;

/* A name of 255 octets, each shown as \DDD. */
#define DNS_NAME_TEXT 1024
#define DNS_HEADER_BYTES 12

/* Bits of the header's second word. */
enum { DNS_QR = 0x8000, DNS_AA = 0x0400, DNS_TC = 0x0200, DNS_RD = 0x0100 };

struct dns_name {
	uint32_t len;
	char text[DNS_NAME_TEXT];	/* as dns.h shows names; not terminated */
};

struct dns_message {
	const uint8_t *p;		/* borrowed from the caller's chunk */
	size_t n;
	uint16_t id, bits;
	uint16_t counts[4];		/* questions, answers, authorities, additionals */
	uint8_t opcode;
	uint16_t type, class_;		/* of the first question */
	bool has_question;		/* the first one could be read */
	bool broken;			/* a question breaks the rules or lies beyond the end */
	size_t records;			/* offset behind the questions; n when unknown */
	struct dns_name name;
};

/*
 * Reads the name at *io_off, following compression, and moves *io_off behind it (behind the first pointer).
 * Pointers must lead to earlier places each time; a name has at most 255 octets. ERR_MALFORMED. out NULL: stepped
 * over only, no pointer is followed.
 */
int dns_name_read(const uint8_t *p, size_t n, size_t *io_off, struct dns_name *out);
/* A number that is equal for names that differ in case only. */
uint32_t dns_name_hash(const char *text, size_t len);
bool dns_name_equal(const struct text *a, const char *b, size_t b_len);

/* False: shorter than a header. Reads header and questions. */
bool dns_message_read(const uint8_t *p, size_t n, struct dns_message *ret_m);

/* One resource record as it stands in the message. */
struct dns_record {
	size_t name_off, data_off;	/* in the message */
	uint32_t ttl;
	uint16_t type, class_, data_len;
	uint8_t section;		/* 0 answer, 1 authority, 2 additional */
};

struct dns_walk {
	const struct dns_message *m;
	size_t off;
	uint8_t section;
	uint16_t left;			/* records of this section */
	bool broken;			/* ended early */
};

void dns_walk_init(struct dns_walk *w, const struct dns_message *m);
/* False at the end, or when what follows cannot be read. */
bool dns_walk_next(struct dns_walk *w, struct dns_record *ret_r);

/* What a record says, as dig shows it. Appends to out (cut at its ceiling); what cannot be read is shown as RFC
 * 3597's \# with hex. */
void dns_data_text(const struct dns_message *m, const struct dns_record *r, struct buf *out);

/* Fills rcode, counts, flags and the kept answers of a response into the row. 0 or ERR_NOMEM. */
int dns_keep_response(const struct dns_message *m, struct net_rows *rows, struct dns_tx *tx);

/* Could these bytes be a DNS message, n of which were captured? loose: the port says so already. */
bool dns_looks_like(const uint8_t *p, size_t n, bool loose);

#endif
