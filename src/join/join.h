/*
 * join.h - syscalls with packets: after all sources are read, once, main thread (sorting may use workers).
 *
 * Input: frozen nets and socks of all sections. Output: pairs, clocks, reasons, spans, joined transactions: constant
 * until join_free. Deterministic; memory a small multiple of the rows it joins.
 */
#ifndef JOIN_JOIN_H
#define JOIN_JOIN_H

#include "join/spans.h"

struct join_options {
	bool offset_given;
	int64_t offset_ns;		/* --clock-offset: packets minus syscalls */
};

struct join;
int join_new(struct source *const *sources, uint32_t count, const struct join_options *opt, struct join **ret_j,
	     struct err *e);
void join_free(struct join *j);

const struct pair *join_pairs(const struct join *j, size_t *ret_count);
const struct clock_pair *join_clocks(const struct join *j, size_t *ret_count);
/* Of a flow or socket without partner. */
enum unmatched_reason join_flow_reason(const struct join *j, const struct flow *f);
enum unmatched_reason join_sock_reason(const struct join *j, const struct sock *s);
/* NULL: none. Of a socket, the first and best. */
const struct pair *join_pair_of_flow(const struct join *j, const struct flow *f);
const struct pair *join_pair_of_sock(const struct join *j, const struct sock *s);
/* The clock of two sections, or NULL. */
const struct clock_pair *join_clock(const struct join *j, const struct section *calls, const struct section *packets);
/* By id. */
const struct span *join_spans(const struct join *j, size_t *ret_count);
const struct span *join_span_of_exchange(const struct join *j, const struct exchange *x);	/* NULL: none */
/* Those of packets in their order (source, section, as net_http), then those found in calls alone by server's, then
 * client's socket. */
const struct http_joined *join_http(const struct join *j, size_t *ret_count);

#endif
