/*
 * process_flows.h - what each process suffered of the network: packets, retransmissions and round-trip times of the
 * flows that src/join matched with its sockets. A flow of several processes is shared out by the bytes each of them
 * moved.
 */
#ifndef STATS_PROCESS_FLOWS_H
#define STATS_PROCESS_FLOWS_H

#include "join/match.h"
#include "stats/tap.h"

struct process_flows;

/* One process of the run. */
struct process_net {
	uint64_t flows;			/* it had a part in */
	uint64_t packets, retransmissions;	/* its share, rounded so that the shares of a flow add up */
	uint64_t rtt_median_ns, rtt_max_ns;	/* UINT64_MAX: none was seen */
};

/* Added up by numbers of series.h. Without a join or packets *ret_f is NULL. 0 or ERR_NOMEM. */
int process_flows_new(const struct tap_input *in, struct process_flows **ret_f);
void process_flows_free(struct process_flows *f);
/* f may be NULL: all zero and unknown. */
void process_flows_get(const struct process_flows *f, uint32_t process, struct process_net *ret_net);

/* Round trip of the whole path: SYN to SYN+ACK and on to the ACK; UINT64_MAX: no handshake was seen whole. */
uint64_t flow_round_trip(const struct flow *f);

/*
 * For tests with pairs made by hand: the pairs' processes are numbered by number(section, process).
 */
typedef uint32_t (*process_number)(const void *arg, const struct section *sec, uint32_t process);
int process_flows_of(const struct pair *pairs, size_t count, uint32_t processes, process_number number, const void *arg,
		     struct process_flows **ret_f);

#endif
