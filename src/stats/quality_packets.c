/*
 * quality_packets.c - the rows of table `quality` about packets: what their headers, their flows and the ceilings of
 * src/net leave doubtful. Main thread, at the end.
 */
#include "net/net.h"
#include "stats/quality_rows.h"

struct packet_sums {
	struct net_quality q;
	uint64_t missed_flows, missed_bytes;		/* TCP content that is not there */
	uint64_t differing, given_up, start_missed;	/* flows */
};

static void add_net_quality(struct net_quality *sum, const struct net_quality *q)
{
	uint64_t *a = (uint64_t *)sum;
	const uint64_t *b = (const uint64_t *)q;

	/* All members are uint64_t counts (asserted below). */
	for (size_t i = 0; i < sizeof(*sum) / sizeof(*a); i++) {
		a[i] += b[i];
	}
}

_Static_assert(sizeof(struct net_quality) % sizeof(uint64_t) == 0, "counts only");

static void sum_flows(struct packet_sums *sum, const struct net *net)
{
	size_t count = 0;
	const struct flow *const *flows = net_flows(net, &count);

	for (size_t i = 0; i < count; i++) {
		const struct flow *f = flows[i];
		uint64_t missed = f->side[0].missed_bytes + f->side[1].missed_bytes;

		sum->missed_flows += missed > 0;
		sum->missed_bytes += missed;
		sum->differing += (f->flags & FLOW_OVERLAP_DIFFERS) != 0;
		sum->given_up += (f->flags & FLOW_STREAM_DROPPED) != 0;
		sum->start_missed += f->key.ip_proto == IP_TCP && (f->flags & FLOW_START_MISSED) != 0;
	}
}

static void sum_packets(struct packet_sums *sum, const struct source *src)
{
	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < src->section_count; i++) {
		const struct section *s = src->sections[i];

		if (s->net != NULL) {
			struct net_quality q;

			net_quality(s->net, &q);
			add_net_quality(&sum->q, &q);
			sum_flows(sum, s->net);
		}
	}
}

static void add_bytes(struct table *t, const struct source *src, const char *kind, uint64_t count, uint64_t bytes,
		      const char *detail)
{
	if (count == 0) {
		return;
	}
	table_text(t, src->shown);
	table_text(t, kind);
	table_u64(t, count);
	table_bytes(t, bytes);
	table_unknown(t);
	table_text(t, detail);
}

void quality_add_packets(struct table *t, const struct source *src)
{
	struct packet_sums sum;
	const struct net_quality *q = &sum.q;

	sum_packets(&sum, src);
	quality_add(t, src, "malformed packets", q->malformed,
		  "a header contradicts itself or the length of its packet: what could be read of it was used");
	quality_add(t, src, "packets captured twice", q->duplicates,
		  "seen at more than one place: in packets and bytes, not in what is told of TCP");
	add_bytes(t, src, "TCP content missing", sum.missed_flows, sum.missed_bytes,
		  "flows with bytes that were sent and are in no packet: lost by the recorder, or cut off");
	add_bytes(t, src, "TCP streams given up", max_u64(sum.given_up, q->reordered_bytes_dropped > 0),
		  q->reordered_bytes_dropped,
		  "flows with more out of order than is kept: what was said in them after that is not known");
	quality_add(t, src, "TCP content sent twice, differing", sum.differing,
		  "flows in which bytes were sent again with other content: evasion, or a broken stack");
	quality_add(t, src, "connections begun before the capture", sum.start_missed,
		  "TCP flows without their first packets: who began is an inference");
	quality_add(t, src, "fragments dropped", q->fragments_dropped,
		  "incomplete, contradictory or beyond a ceiling: not put together, what they carried is not known");
	quality_add(t, src, "flows evicted", q->flows_evicted,
		  "ceiling on live flows reached: what follows of them counts as new flows");
	quality_add(t, src, "flows not listed", q->flows_dropped, "ceiling on flows reached");
	quality_add(t, src, "HTTP transactions not listed", q->http_dropped, "ceiling on transactions reached");
	quality_add(t, src, "DNS exchanges not listed", q->dns_dropped, "ceiling on exchanges reached");
	quality_add(t, src, "TLS sessions not listed", q->tls_dropped, "ceiling on sessions reached");
	quality_add(t, src, "network texts not kept", q->texts_cut,
		  "ceiling on the memory of hosts, targets and names reached: cut or shown empty");
}
