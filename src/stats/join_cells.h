/*
 * join_cells.h - what the tables over the join have in common: cells of processes, of exchanges and of what was waited
 * for, the clock that a section's times are shown by, and the order of the rows of table http.
 *
 * Main thread, when the tables are built.
 */
#ifndef STATS_JOIN_CELLS_H
#define STATS_JOIN_CELLS_H

#include "join/join.h"
#include "state/view.h"
#include "stats/net_cells.h"

/* A process of a section, and one of its threads. */
struct who {
	const struct section *section;	/* NULL: unknown */
	uint32_t process;		/* ID_NONE: unknown */
	int64_t tid;			/* 0 or less: unknown */
};

/* Four columns and their cells: name, pid, thread, container. prefix is "" or ends with an underscore. */
#define WHO_COLUMNS(prefix, of) \
	{ prefix "process", COL_TEXT, "", "Name of the process " of }, \
	{ prefix "pid", COL_S64, "id", "Its process id" }, \
	{ prefix "tid", COL_S64, "id", "Its thread" }, \
	{ prefix "container", COL_TEXT, "", "Its container, \"host\" outside of containers" }
void cells_who(struct net_cells *c, const struct who *w);

/* Who sent or read the request (side 0), or the response (side 1), of an exchange; all unknown when it is NULL. */
struct who exchange_who(const struct exchange *x, unsigned int side);
/* Who opened a socket; NULL: unknown. */
struct who sock_who(const struct sock *s);

/* Twelve columns and their cells: what the threads that served an exchange did between its request and its response. */
#define WAIT_COLUMNS \
	{ "wait_file", COL_DURATION, "ns", "Of that time, in calls on files, folders and paths" }, \
	{ "wait_socket", COL_DURATION, "ns", "In calls on other sockets and pipes" }, \
	{ "wait_dns", COL_DURATION, "ns", "In calls on sockets that ask for names" }, \
	{ "wait_lock", COL_DURATION, "ns", "In calls on locks" }, \
	{ "wait_sleep", COL_DURATION, "ns", "Asleep as it asked for" }, \
	{ "wait_child", COL_DURATION, "ns", "Waiting for child processes" }, \
	{ "wait_poll", COL_DURATION, "ns", "Waiting for any of several descriptors, that nothing above explains" }, \
	{ "wait_off_cpu", COL_DURATION, "ns", "Switched out outside of those calls" }, \
	{ "wait_other", COL_DURATION, "ns", "In all other calls" }, \
	{ "running", COL_DURATION, "ns", "On a CPU, from context switches; unknown without them" }, \
	{ "waits_bound", COL_BOOL, "", "The waits are upper bounds: the capture does not tell when a call began" }, \
	{ "syscalls", COL_U64, "", "Calls of the serving threads between the last read of the request and the first write of the response" }
void cells_waits(struct net_cells *c, const struct exchange *x);	/* NULL: unknown */

/* A duration, UINT64_MAX unknown; bound: an upper bound. Two cells: itself, and whether it is one. */
void cells_duration(struct net_cells *c, uint64_t ns, bool bound);
/* The last request byte read to the first response byte written, of a server's exchange; else UINT64_MAX. */
uint64_t exchange_think(const struct exchange *x, bool *ret_bound);

/* An end of a socket's tuple; unknown where it was never recorded, and for sockets without one. */
void cells_sock_address(struct net_cells *c, const struct sock *s, unsigned int end);
void cells_sock_port(struct net_cells *c, const struct sock *s, unsigned int end);
/* The end of the key that opened the connection: by the socket's role, else its own. */
unsigned int sock_client(const struct sock *s);

/* The clock pair that times of this section's packets (or calls) are shown by: the one with most evidence, NULL: none
 * known. */
const struct clock_pair *section_clock(const struct tap_input *in, const struct section *sec);

/* A number, 0 included; UINT32_MAX is unknown. */
void cells_ordinal(struct net_cells *c, uint32_t n);

/* Builds one table over the join and adds it to the report; without a join it has no rows. 0 or ERR_NOMEM. */
int join_table(const struct table_def *def, const struct tap_input *in, struct report *r, struct err *e,
	       int (*rows)(struct net_cells *c, const struct tap_input *in));

/* One row of table http. */
struct http_ref {
	const struct http_tx *packets;		/* NULL: only the system calls show it */
	const struct http_joined *joined;	/* NULL: not joined */
	const struct section *section;		/* of the packets, else of the calls */
};

/* All rows in the order of the table: those of the packets as in the nets, then those that only calls show. To be
 * freed. 0 or ERR_NOMEM. */
int http_refs_new(const struct tap_input *in, struct http_ref **ret_refs, size_t *ret_count);

/* One row each, of the table so named: what the taps call, and tests with rows made by hand. */
extern const struct table_def joined_flows_def, clock_def, unmatched_def, spans_def;
void http_joined_row(struct net_cells *c, const struct http_tx *x, const struct http_joined *j);
void dns_joined_row(struct net_cells *c, const struct dns_tx *x, const struct who *asker, const struct who *behind);
void joined_flows_row(struct net_cells *c, const struct pair *p);
void clock_row(struct net_cells *c, uint32_t id, const struct clock_pair *p);
void unmatched_flow_row(struct net_cells *c, const struct flow *f, uint8_t reason);
void unmatched_sock_row(struct net_cells *c, const struct sock *s, uint8_t reason);
void span_row(struct net_cells *c, const struct span *s, size_t http_row);	/* SIZE_MAX: none */

#endif
