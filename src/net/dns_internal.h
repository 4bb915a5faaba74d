/*
 * dns_internal.h - what dns.c (pairing within a flow) and dns_mdns.c (pairing over the group) share.
 */
#ifndef NET_DNS_INTERNAL_H
#define NET_DNS_INTERNAL_H

#include "net/analyzer.h"
#include "net/dns_message.h"
#include "net/rows.h"

/* Where a message came from. */
struct dns_arrival {
	struct talk *t;
	uint64_t ts_ns, num;
	uint8_t dir;
	uint16_t flags;		/* DNS_ of the way it came */
};

/* A new row with what its first message says. *ret_tx is NULL beyond the ceiling. 0 or ERR_NOMEM. */
int dns_row_new(const struct dns_arrival *a, const struct dns_message *m, bool response, struct dns_tx **ret_tx);
/* The same query came again. */
void dns_row_retry(const struct dns_arrival *a, struct dns_tx *tx);
/* Puts a response into a row. 0 or ERR_NOMEM. */
int dns_row_response(const struct dns_arrival *a, const struct dns_message *m, struct dns_tx *tx);

/* One mDNS message of at least a header. *ret_tx: its row, or NULL. */
int mdns_message(const struct dns_arrival *a, const struct dns_message *m, struct dns_tx **ret_tx);

#endif
