/*
 * match_sources.c - what the sources of a run bring to matching: the frozen flows and sockets of all
 * their sections, in the order of sources and sections. One thread.
 */
#include "join/match_internal.h"

#include "net/net.h"

static uint32_t count_sections(struct source *const *sources, uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		n += sources[i]->section_count;
	}
	return n;
}

static int by_source(const void *a, const void *b)
{
	const struct source *x = *(struct source *const *)a;
	const struct source *y = *(struct source *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

int match_new(struct source *const *sources, uint32_t count, const struct match_options *opt,
	      struct match **ret_m, struct err *e)
{
	uint32_t n = count_sections(sources, count);
	struct source **sorted = malloc((count + 1) * sizeof(struct source *));
	struct flow_list *flows = calloc(n + 1, sizeof(*flows));
	struct sock_list *socks = calloc(n + 1, sizeof(*socks));
	uint32_t nf = 0;
	uint32_t ns = 0;

	if (sorted == NULL || flows == NULL || socks == NULL) {
		free(sorted);
		free(flows);
		free(socks);
		return err_nomem(e, "the join");
	}
	if (count > 0) {
		memcpy(sorted, sources, count * sizeof(struct source *));
		qsort(sorted, count, sizeof(struct source *), by_source);
	}
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < sorted[i]->section_count; k++) {
			const struct section *sec = sorted[i]->sections[k];

			if (sec->net != NULL) {
				flows[nf].section = sec;
				flows[nf].rows = net_flows(sec->net, &flows[nf].count);
				nf++;
			}
			if (sec->socks != NULL) {
				socks[ns].section = sec;
				socks[ns].rows = socks_list(sec->socks, &socks[ns].count);
				ns++;
			}
		}
	}
	free(sorted);
	return match_lists(flows, nf, socks, ns, opt, ret_m) != 0 ? err_nomem(e, "the join") : 0;
}
