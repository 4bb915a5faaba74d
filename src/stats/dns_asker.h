/*
 * dns_asker.h - which process asked a DNS query, and for whom.
 *
 * The socket that sent the query tells the process. Where that process is a resolver that was itself asked by another
 * on the same host (over loopback, or the unix socket of the resolver), the tree of spans tells who is behind it.
 */
#ifndef STATS_DNS_ASKER_H
#define STATS_DNS_ASKER_H

#include "stats/join_cells.h"

struct dns_askers;

/* The join is borrowed until dns_askers_free. 0 or ERR_NOMEM. */
int dns_askers_new(const struct join *j, struct dns_askers **ret_a);
void dns_askers_free(struct dns_askers *a);

/* Of a query in the packets; unknown (section NULL) where the calls do not tell, *ret_behind also where nobody is. */
void dns_asker(const struct dns_askers *a, const struct dns_tx *x, struct who *ret_asker, struct who *ret_behind);

/* From the span of a query that was sent: the span of who asked first, itself when it asked for itself. spans: all, by
 * id. */
const struct span *dns_span_behind(const struct span *spans, size_t count, const struct span *s);

#endif
