/*
 * dns.h - one DNS exchange: a query and its response, paired by flow, id and question (RFC 1035), over UDP and TCP;
 * mDNS by RFC 6762 (queries and announcements, paired over the group by name); LLMNR by RFC 4795 (one row each:
 * query and response are different flows).
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "base/intern.h"

struct flow;

enum {
	DNS_QUERY = 1,		/* seen */
	DNS_RESPONSE = 2,
	DNS_TRUNCATED = 4,	/* TC set in the response */
	DNS_OVER_TCP = 8,
	DNS_MULTICAST = 16,
	DNS_MALFORMED = 32,	/* what could be read was */
	DNS_AUTHORITATIVE = 64,
	DNS_RECURSION_DESIRED = 128,
	DNS_CUT = 256,		/* by snaplen or loss, or its connection ended within */
	DNS_ANSWERS_CUT = 512,	/* more answers, or longer ones, than are kept */
};

/* Answers kept word for word. */
struct dns_answer {
	uint16_t type;
	uint8_t section;		/* 0 answer, 1 authority, 2 additional */
	uint8_t addr_len;		/* 4 or 16 for A and AAAA, else 0 */
	uint32_t ttl;
	const struct text *name;	/* its owner; NULL: not kept */
	/* "10.0.0.1", "10 mail.example.", ...: as dig shows them, names with their last dot; but texts of TXT
	 * joined by a space, neither quoted nor escaped; NULL: not kept */
	const struct text *data;
	uint8_t addr[16];
};

struct dns_tx {
	struct flow *flow;		/* the flow of the first message seen */
	void *owner;			/* for the join, NULL from packets */
	/* Of the first question, as sent, without the last dot ("" is the root); labels' own dots, backslashes, blanks
	 * and unprintable bytes as \DDD (RFC 4343). NULL: no question, or not kept. mDNS announcements have none: the
	 * owner of their first record stands here. */
	const struct text *name;
	uint16_t id, type, class_, rcode;	/* rcode with the extension of EDNS; 65535: none seen */
	uint16_t flags;			/* DNS_ */
	/* As counted by the response's header; questions: by the query's until then. */
	uint16_t questions, answers, authorities, additionals;
	uint8_t client;			/* end that asked */
	uint8_t opcode;
	uint32_t retries;		/* the same query sent again before the response */
	/* Further responses to it: answers to its retries, messages of a zone transfer, forgeries. Their bytes are not
	 * added. */
	uint32_t extra_responses;
	uint32_t query_bytes, response_bytes;	/* DNS message */
	uint64_t query_ns, last_query_ns, response_ns;	/* 0: not seen */
	uint64_t query_num, last_query_num, response_num;	/* packet (or event) numbers */
	struct dns_answer *kept;	/* owned by the shard's arena */
	uint32_t kept_count;
};

/* "A", "AAAA", "TXT", ... or "TYPE65399" into the buffer; "NOERROR", "NXDOMAIN", ... or "RCODE31"; "" for 65535. */
#define DNS_NAME_BYTES 16
const char *dns_type_name(uint16_t type, char buf[DNS_NAME_BYTES]);
const char *dns_rcode_name(uint16_t rcode, char buf[DNS_NAME_BYTES]);

#endif
