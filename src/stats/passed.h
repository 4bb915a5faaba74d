/*
 * passed.h - which rows a run with a filter shows: flows with a packet that passed, transactions of which a packet or
 * event that begins or ends one of their parts passed, sockets with a call, trees of spans with a call that passed.
 *
 * Without a filter everything passes. Main thread, when tables are built.
 */
#ifndef STATS_PASSED_H
#define STATS_PASSED_H

#include "join/join.h"
#include "net/net.h"
#include "net/tls.h"

bool flow_passes(const struct flow *f);
/* From packets, by its flow; from calls, by sec, the section of its events. */
bool http_passes(const struct http_tx *x, const struct section *sec);
bool dns_passes(const struct dns_tx *x);
bool tls_passes(const struct tls_session *t);
bool sock_passes(const struct sock *s);
bool exchange_passes(const struct exchange *x);

#endif
