/*
 * net.c - the packets of one section: sorts the layers of each batch to the shards of their flows, and puts
 * the rows of all shards into one order at the end. What happens to a layer is track.c's business. net_fold
 * runs in order, net_track and net_finish shard by shard, net_freeze alone.
 */
#include "net/net.h"

#include "base/limits.h"
#include "net/track.h"

const struct net_limits net_limits_usual = {
	.flows = LIMIT_FLOWS,
	.live_flows = LIMIT_LIVE_FLOWS,
	.http = LIMIT_HTTP,
	.dns = LIMIT_DNS,
	.tls = LIMIT_TLS,
	.text_bytes = LIMIT_NET_TEXT_BYTES,
	.feeds = LIMIT_ANALYZER_TOTAL_BYTES / LIMIT_ANALYZER_BYTES,
	.reorder_bytes = LIMIT_REORDER_BYTES,
	.reorder_total_bytes = LIMIT_REORDER_TOTAL_BYTES,
};

struct net {
	struct section *section;	/* borrowed */
	struct net_options opt;
	struct net_limits limits;
	struct fragments *fragments;	/* own; in order */
	struct packet_meta *meta;
	uint64_t malformed;
	struct shard *shards[NET_SHARDS];	/* own; made by net_fold with their first layer */

	/* By net_freeze. */
	struct flow **flows;		/* own the arrays, not the rows */
	void **http, **dns, **tls;
	size_t flow_count, http_count, dns_count, tls_count;
};

int net_new(struct section *sec, const struct net_options *opt, struct net **ret_net, struct err *e)
{
	return net_new_limited(sec, opt, NULL, ret_net, e);
}

int net_new_limited(struct section *sec, const struct net_options *opt, const struct net_limits *limits,
		    struct net **ret_net, struct err *e)
{
	struct net *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		return err_nomem(e, "flows");
	}
	n->section = sec;
	n->opt = *opt;
	n->limits = limits != NULL ? *limits : net_limits_usual;
	if (fragments_new(&n->fragments) != 0 || packet_meta_new(&n->meta) != 0) {
		net_free(n);
		return err_nomem(e, "flows");
	}
	*ret_net = n;
	return 0;
}

void net_free(struct net *n)
{
	if (n == NULL) {
		return;
	}
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		shard_free(n->shards[i]);
	}
	fragments_free(n->fragments);
	packet_meta_free(n->meta);
	free(n->flows);
	free(n->http);
	free(n->dns);
	free(n->tls);
	free(n);
}

/* ---- to the shards --------------------------------------------------------------------------- */

static bool is_tracked(const struct layer *l)
{
	return (l->flags & (LAYER_NO_FLOW | LAYER_FRAGMENT)) == 0;
}

static int need_room(struct batch *b)
{
	uint32_t *grown;

	if (b->shard_layers_cap >= b->layer_count) {
		return 0;
	}
	grown = realloc(b->shard_layers, (size_t)b->layer_cap * sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	b->shard_layers = grown;
	b->shard_layers_cap = b->layer_cap;
	return 0;
}

static int need_shards(struct net *n, const uint32_t count[NET_SHARDS], struct err *e)
{
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		if (count[i] > 0 && n->shards[i] == NULL &&
		    shard_new(&n->limits, &n->opt, n->section, n->opt.content ? n->opt.ndpi : NULL, &n->shards[i]) !=
			    0) {
			return err_nomem(e, "flows");
		}
	}
	return 0;
}

/* Datagrams put together stand behind all packets of the batch; in the lists of the shards they stand behind
 * the packet that completed them, so that nothing depends on where a batch ends. */
static void sort_layers(struct batch *b, uint32_t rebuilt, uint32_t next[NET_SHARDS])
{
	uint32_t at = 0;
	uint32_t late = rebuilt;

	while (at < rebuilt || late < b->layer_count) {
		uint32_t i;

		if (at < rebuilt && (late == b->layer_count || b->layers[at].packet <= b->layers[late].packet)) {
			i = at++;
		} else {
			i = late++;
		}
		if (is_tracked(&b->layers[i])) {
			b->shard_layers[next[b->layers[i].shard]++] = i;
		}
	}
}

int net_fold(struct net *n, struct batch *b, struct err *e)
{
	uint32_t rebuilt = b->layer_count;
	uint32_t next[NET_SHARDS] = { 0 };
	uint32_t sum = 0;

	if (fragments_fold(n->fragments, b) != 0 || packet_meta_fold(n->meta, b) != 0 || need_room(b) != 0) {
		return err_nomem(e, "packets");
	}
	for (uint32_t i = 0; i < b->layer_count; i++) {
		const struct layer *l = &b->layers[i];

		n->malformed += (l->flags & LAYER_MALFORMED) != 0;
		next[l->shard] += is_tracked(l);
	}
	if (need_shards(n, next, e) != 0) {
		return ERR_NOMEM;
	}
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		b->shard_start[i] = sum;
		sum += next[i];
		next[i] = b->shard_start[i];
	}
	b->shard_start[NET_SHARDS] = sum;
	sort_layers(b, rebuilt, next);
	return 0;
}

int net_track(struct net *n, unsigned int shard, struct batch *b)
{
	uint32_t first = b->shard_start[shard];
	uint32_t count = b->shard_start[shard + 1] - first;

	return count > 0 ? shard_track(n->shards[shard], b, &b->shard_layers[first], count) : 0;
}

int net_finish(struct net *n, unsigned int shard)
{
	return n->shards[shard] != NULL ? shard_finish(n->shards[shard]) : 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void mark_logged_keys(struct net *n)
{
	const struct net_keys *keys = packet_meta_keys(n->meta);

	for (size_t i = 0; keys != NULL && i < n->tls_count; i++) {
		struct tls_session *t = n->tls[i];

		if ((t->flags & TLS_CLIENT_HELLO) != 0 && net_keys_has(keys, t->client_random)) {
			t->flags |= TLS_KEY_LOGGED;
		}
	}
}

static int merge_rows(struct net *n)
{
	const struct rows *flows[NET_SHARDS] = { NULL };
	const struct rows_order *http[NET_SHARDS] = { NULL };
	const struct rows_order *dns[NET_SHARDS] = { NULL };
	const struct rows_order *tls[NET_SHARDS] = { NULL };

	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		if (n->shards[i] != NULL) {
			flows[i] = &n->shards[i]->rows.flows;
			http[i] = &n->shards[i]->http;
			dns[i] = &n->shards[i]->dns;
			tls[i] = &n->shards[i]->tls;
		}
	}
	if (rows_merge_flows(flows, &n->flows, &n->flow_count) != 0 ||
	    rows_merge(http, &n->http, &n->http_count) != 0 ||
	    rows_merge(dns, &n->dns, &n->dns_count) != 0 ||
	    rows_merge(tls, &n->tls, &n->tls_count) != 0) {
		return ERR_NOMEM;
	}
	return 0;
}

int net_freeze(struct net *n)
{
	if (merge_rows(n) != 0 || rows_link_outer(n->flows, n->flow_count) != 0) {
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n->flow_count; i++) {
		n->flows[i]->id = (uint32_t)i;
	}
	mark_logged_keys(n);
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		if (n->shards[i] != NULL) {
			rows_order_release(&n->shards[i]->http);
			rows_order_release(&n->shards[i]->dns);
			rows_order_release(&n->shards[i]->tls);
		}
	}
	return 0;
}

const struct flow *const *net_flows(const struct net *n, size_t *ret_count)
{
	*ret_count = n->flow_count;
	return (const struct flow *const *)n->flows;
}

const struct http_tx *const *net_http(const struct net *n, size_t *ret_count)
{
	*ret_count = n->http_count;
	return (const struct http_tx *const *)n->http;
}

const struct dns_tx *const *net_dns(const struct net *n, size_t *ret_count)
{
	*ret_count = n->dns_count;
	return (const struct dns_tx *const *)n->dns;
}

const struct tls_session *const *net_tls(const struct net *n, size_t *ret_count)
{
	*ret_count = n->tls_count;
	return (const struct tls_session *const *)n->tls;
}

const struct address_name *net_names(const struct net *n, size_t *ret_count)
{
	return packet_meta_names(n->meta, ret_count);
}

void net_quality(const struct net *n, struct net_quality *ret_q)
{
	memset(ret_q, 0, sizeof(*ret_q));
	ret_q->malformed = n->malformed;
	for (unsigned int i = 0; i < NET_SHARDS; i++) {
		const struct shard *s = n->shards[i];

		if (s == NULL) {
			continue;
		}
		ret_q->flows_dropped += s->rows.flows.dropped;
		ret_q->http_dropped += s->rows.http.dropped;
		ret_q->dns_dropped += s->rows.dns.dropped;
		ret_q->tls_dropped += s->rows.tls.dropped;
		ret_q->flows_evicted += s->evicted;
		ret_q->flows_timed_out += s->timed_out;
		ret_q->reordered_bytes_dropped += s->budget.given_up;
		ret_q->duplicates += s->duplicates;
		ret_q->texts_cut += s->rows.texts.refused;
	}
	fragments_quality(n->fragments, ret_q);
	packet_meta_quality(n->meta, ret_q);
}
