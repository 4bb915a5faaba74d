/*
 * net.h - packets of one section: from dissected layers to flows, streams and transactions.
 *
 *     struct net *n;
 *     net_new(section, &opt, &n, e);
 *     net_dissect(b);            any worker, once per batch
 *     net_fold(n, b, e);         in order, one batch at a time
 *     net_track(n, shard, b);    per shard in order; shards side by side; stamps the layers of the shard
 *     net_finish(n, shard);      after the shard's last batch
 *     net_freeze(n);             after all shards, one thread; from then on everything is constant
 *
 * What comes out does not depend on the threads: the number of shards is fixed, and a flow's shard depends on its key
 * alone.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "net/dns.h"
#include "net/flow.h"
#include "net/http.h"
#include "net/packet_meta.h"
#include "net/tls.h"

#define NET_SHARDS BATCH_SHARDS

struct ndpi_module;
struct net;

struct net_options {
	struct ndpi_module *ndpi;	/* borrowed, of the run: asked about flows that nothing else names; or NULL */
	bool content;		/* feed analyzers; else flows only */
	bool knots;		/* keep where the bytes of each flow lie in time: flow.h */
};

/* 0 or ERR_NOMEM. */
int net_new(struct section *sec, const struct net_options *opt, struct net **ret_net, struct err *e);
void net_free(struct net *n);

/* Fills b->layers (in b's own memory, kept for reuse) and b->fragments. 0 or ERR_NOMEM. */
int net_dissect(struct batch *b);
/* Fragments, metadata blocks, b->shard_layers. first_packet_num of the batch must be set. 0 or ERR_NOMEM. */
int net_fold(struct net *n, struct batch *b, struct err *e);
int net_track(struct net *n, unsigned int shard, struct batch *b);
int net_finish(struct net *n, unsigned int shard);
int net_freeze(struct net *n);

/* After net_freeze: constant arrays in a total order that depends on the input alone. flows: by first packet; http,
 * dns, tls: by the packet that began them, then flow, then stream. */
const struct flow *const *net_flows(const struct net *n, size_t *ret_count);
const struct http_tx *const *net_http(const struct net *n, size_t *ret_count);
const struct dns_tx *const *net_dns(const struct net *n, size_t *ret_count);
const struct tls_session *const *net_tls(const struct net *n, size_t *ret_count);
const struct address_name *net_names(const struct net *n, size_t *ret_count);

/* Counted, not kept. */
struct net_quality {
	uint64_t flows_dropped, http_dropped, dns_dropped, tls_dropped;	/* rows beyond the ceilings */
	uint64_t flows_evicted, flows_timed_out;
	uint64_t fragments, datagrams_rebuilt, fragments_dropped;	/* dropped: ceiling, timeout, overlap that contradicts */
	uint64_t malformed;			/* layers with LAYER_MALFORMED */
	uint64_t reordered_bytes_dropped;	/* reassembly under a ceiling */
	uint64_t duplicates;			/* packets captured twice */
	uint64_t secrets, names;		/* decryption secrets and name records read */
	uint64_t texts_cut;			/* rows whose texts were cut or left out under LIMIT_NET_TEXT_BYTES */
};
void net_quality(const struct net *n, struct net_quality *ret_q);

/* One line in the spirit of tshark's Info column, without relation to other packets but what the stamps say. Appends
 * to out, not escaped. */
struct buf;
void layer_describe(const struct packet *p, const struct layer *l, struct buf *out);
/* The name of the topmost protocol known: "HTTP", "DNS", "TCP", "ARP". */
const char *layer_protocol(const struct packet *p, const struct layer *l);
/* What the payload is taken for, enum service_id: by what the shard of its flow found, else by its first bytes.
 * SERVICE_NONE without payload, and for transports that carry no service. */
uint8_t layer_service(const struct layer *l);

#endif
