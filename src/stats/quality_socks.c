/*
 * quality_socks.c - the rows of table `quality` about the sockets that the join collected of a source: what its
 * ceilings left out.
 */
#include "stats/quality_rows.h"

#include "join/sock.h"

void quality_add_socks(struct table *t, const struct source *src)
{
	struct socks_counts sum = { 0 };

	for (uint32_t i = 0; i < src->section_count; i++) {
		struct socks_counts c;

		if (src->sections[i]->socks != NULL) {
			socks_counted(src->sections[i]->socks, &c);
			sum.socks_dropped += c.socks_dropped;
			sum.exchanges_dropped += c.exchanges_dropped;
			sum.socks_cut += c.socks_cut;
			sum.http_dropped += c.http_dropped;
			sum.feeds_evicted += c.feeds_evicted;
		}
	}
	quality_add(t, src, "sockets not followed", sum.socks_dropped,
		    "ceiling on sockets reached: nothing of them is joined");
	quality_add(t, src, "sockets followed in part", sum.socks_cut,
		    "a ceiling was reached: later calls, threads or requests on them are counted, not joined");
	quality_add(t, src, "requests not followed", sum.exchanges_dropped,
		    "ceiling on requests in sockets reached: no spans of them");
	quality_add(t, src, "HTTP in calls not listed", sum.http_dropped, "ceiling on transactions reached");
	quality_add(t, src, "HTTP in calls given up", sum.feeds_evicted,
		    "ceiling on conversations at once reached: their transactions end there");
}
