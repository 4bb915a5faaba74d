/*
 * mknet.h - a capture built in memory (or a file) through framing, decode and src/net to the frozen flows,
 * without the engine and without threads.
 *
 *     struct mknet k;
 *     mknet_run(&k, &m, NULL);
 *     mknet_flow(&k, 0)->conn_state ...
 *     mknet_release(&k);
 *
 * Batches stay as they are until mknet_release, so that the stamps of layers can be looked at. Aborts on lack
 * of memory or wrong use. All functions look at one section, the first with packets unless opt.section says
 * otherwise.
 */
#ifndef TESTS_MKNET_H
#define TESTS_MKNET_H

#include "mkcap.h"
#include "net/net.h"

struct ndpi_module;
struct net_limits;

struct mknet_options {
	size_t batch_bytes;		/* 0: 512 KiB */
	bool shuffled;			/* all batches folded first, then shard by shard in an order of its own */
	bool no_content;		/* flows only: no analyzer is fed */
	bool knots;			/* keep flow->knots */
	struct ndpi_module *ndpi;	/* borrowed, or NULL */
	uint32_t section;		/* to look at: index in the source, from 1; 0: the first with packets */
	const struct net_limits *limits;	/* net_internal.h; NULL: the ceilings of limits.h */
};

struct mknet {
	struct source *source;		/* owns; its sections' nets too */
	struct input *input;		/* owns */
	struct batch **batches;		/* own */
	size_t batch_count, batch_cap;
	struct section *section;	/* looked at; NULL: none with packets */
	struct net *net;		/* its flows, frozen; NULL: none */
	int fd;
};

void mknet_run(struct mknet *k, const struct mkcap *m, const struct mknet_options *opt);
void mknet_bytes(struct mknet *k, const void *data, size_t len, const struct mknet_options *opt);
void mknet_file(struct mknet *k, const char *path, const struct mknet_options *opt);
void mknet_release(struct mknet *k);

size_t mknet_flow_count(const struct mknet *k);
/* The i-th by first packet; aborts when there are fewer. */
const struct flow *mknet_flow(const struct mknet *k, size_t i);
size_t mknet_http_count(const struct mknet *k);
const struct http_tx *mknet_http(const struct mknet *k, size_t i);
size_t mknet_dns_count(const struct mknet *k);
const struct dns_tx *mknet_dns(const struct mknet *k, size_t i);
size_t mknet_tls_count(const struct mknet *k);
const struct tls_session *mknet_tls(const struct mknet *k, size_t i);

/* The nth layer (from 0) of packet num (from 1, over the source) in the order of batch->layers, or NULL. */
const struct layer *mknet_layer(const struct mknet *k, uint64_t num, unsigned int nth);

/* One number for all rows with all their texts, but for pointers: equal inputs must give equal ones. */
uint64_t mknet_digest(const struct mknet *k);

#endif
