/*
 * flow_walk.h - the flows of the whole run one after the other, and how an attempt to talk ended: for tables that add
 * flows up. Main thread, when the tables are built.
 */
#ifndef STATS_FLOW_WALK_H
#define STATS_FLOW_WALK_H

#include "net/net.h"
#include "stats/tap.h"

/* Calls each for every flow, in the order of sources, sections and first packets, until one returns other than 0. */
typedef int (*flow_visit)(void *arg, uint32_t source, const struct flow *f);
int flow_walk(const struct tap_input *in, flow_visit each, void *arg);

enum flow_outcome {
	OUTCOME_ESTABLISHED,	/* TCP: both sides agreed; others: both sides sent */
	OUTCOME_REJECTED,	/* answered by a reset, or by an ICMP error alone */
	OUTCOME_UNANSWERED,	/* nothing came back */
	OUTCOME_PARTIAL,	/* TCP whose beginning, or one direction, is not in the capture */
	OUTCOME_ONE_WAY,	/* nothing came back, nor has to: sent to a group, or a message that has no reply */
};
enum flow_outcome flow_outcome(const struct flow *f);

/* TCP: established, then torn down by a reset of one side. */
bool flow_was_reset(const struct flow *f);

/* Did the responder take part? For lists of what an address serves: answers to a scan do not count. */
bool flow_served(const struct flow *f);

static inline unsigned int flow_server(const struct flow *f)
{
	return f->client ^ 1u;
}

#endif
