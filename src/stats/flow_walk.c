/*
 * flow_walk.c - see flow_walk.h.
 */
#include "stats/flow_walk.h"
#include "stats/passed.h"

int flow_walk(const struct tap_input *in, flow_visit each, void *arg)
{
	int rc = 0;

	for (uint32_t i = 0; i < in->source_count; i++) {
		for (uint32_t k = 0; k < in->sources[i]->section_count; k++) {
			const struct net *net = in->sources[i]->sections[k]->net;
			size_t count = 0;
			const struct flow *const *flows = net != NULL ? net_flows(net, &count) : NULL;

			for (size_t f = 0; f < count && rc == 0; f++) {
				rc = flow_passes(flows[f]) ? each(arg, i, flows[f]) : 0;
			}
		}
	}
	return rc;
}

/* Multicast, or the broadcast address of every IPv4 network. */
static bool is_group(const uint8_t addr[16])
{
	static const uint8_t v4[12] = { [10] = 0xFF, [11] = 0xFF };
	static const uint8_t all[4] = { 0xFF, 0xFF, 0xFF, 0xFF };

	if (memcmp(addr, v4, sizeof(v4)) != 0) {
		return addr[0] == 0xFF;
	}
	return addr[12] >> 4 == 0xE || memcmp(addr + 12, all, sizeof(all)) == 0;
}

/* Requests of ICMP that one waits for; the key holds the type in place of a port. */
enum { ICMP_ECHO = 8, ICMPV6_ECHO = 128 };

static bool wants_reply(const struct flow *f)
{
	if (is_group(f->key.addr[flow_server(f)])) {
		return false;
	}
	switch (f->key.ip_proto) {
	case IP_TCP:
	case IP_UDP:
	case IP_SCTP: return true;
	case IP_ICMP: return f->key.port[f->client] == ICMP_ECHO;
	case IP_ICMPV6: return f->key.port[f->client] == ICMPV6_ECHO;
	default: return false;
	}
}

/* Of flows to which the other side never said anything. */
static enum flow_outcome outcome_alone(const struct flow *f)
{
	if (f->flags & FLOW_ICMP_ERROR) {
		return OUTCOME_REJECTED;
	}
	return wants_reply(f) ? OUTCOME_UNANSWERED : OUTCOME_ONE_WAY;
}

enum flow_outcome flow_outcome(const struct flow *f)
{
	switch (f->conn_state) {
	case CONN_S1:
	case CONN_SF:
	case CONN_S2:
	case CONN_S3:
	case CONN_RSTO:
	case CONN_RSTR: return OUTCOME_ESTABLISHED;
	case CONN_REJ: return OUTCOME_REJECTED;
	case CONN_S0:
	case CONN_SH:
	case CONN_RSTOS0: return outcome_alone(f);
	default: break;
	}
	if (f->key.ip_proto == IP_TCP) {
		return OUTCOME_PARTIAL;
	}
	return f->side[0].packets > 0 && f->side[1].packets > 0 ? OUTCOME_ESTABLISHED : outcome_alone(f);
}

bool flow_was_reset(const struct flow *f)
{
	return f->conn_state == CONN_RSTO || f->conn_state == CONN_RSTR;
}

bool flow_served(const struct flow *f)
{
	return f->synack_ns != 0 || f->side[flow_server(f)].payload_packets > 0;
}
