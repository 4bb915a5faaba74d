/*
 * net_internal.h - the parts of src/net as they see each other.
 */
#ifndef NET_NET_INTERNAL_H
#define NET_NET_INTERNAL_H

#include "net/net.h"
#include "net/rows.h"

/* ---- ceilings: net.c ---------------------------------------------------------------------------------- */

/* Of one section; limits.h has the values in use, tests take smaller ones. Each shard gets its part, at least one. */
struct net_limits {
	size_t flows, live_flows;
	size_t http, dns, tls;
	size_t text_bytes;
	size_t feeds;			/* conversations that are analyzed at the same time */
	size_t reorder_bytes;		/* of one direction of one flow: not divided */
	size_t reorder_total_bytes;
};
extern const struct net_limits net_limits_usual;

/* As net_new; limits may be NULL. */
int net_new_limited(struct section *sec, const struct net_options *opt, const struct net_limits *limits,
		    struct net **ret_net, struct err *e);

/* ---- dissection: dissect.c and the tables behind it ------------------------------------------------ */

/* A new layer of the batch, zeroed but for packet; NULL: no memory. Pointers to others may move. */
struct layer *batch_new_layer(struct batch *b, uint32_t packet);
/* Dissects len bytes of an IP payload (a datagram put together) of transport proto as one more layer like "of", which
 * is a fragment of it: tunnels inside are followed. total_len: bytes on the wire. */
int dissect_rebuilt(struct batch *b, uint32_t of, uint8_t proto, const uint8_t *data, uint32_t cap_len,
		    uint32_t total_len);
/* Canonical order, hash and shard of a key whose ends are set as sent (end 0 is the sender): sets from too. */
void layer_set_flow(struct layer *l);

/* ---- fragments: fragment.c, in order ------------------------------------------------------------------ */

struct fragments;
int fragments_new(struct fragments **ret_f);
void fragments_free(struct fragments *f);
/* Takes the fragments of the batch; datagrams that are complete become layers of b. 0 or ERR_NOMEM. */
int fragments_fold(struct fragments *f, struct batch *b);
/* Adds fragments, datagrams_rebuilt, fragments_dropped. */
void fragments_quality(const struct fragments *f, struct net_quality *q);

/* ---- what capture tools wrote beside packets: packet_meta.c, in order --------------------------------- */

struct packet_meta;
int packet_meta_new(struct packet_meta **ret_m);
void packet_meta_free(struct packet_meta *m);
/* Reads the blocks (names, secrets, processes) among b->metas and the options of packets; sets b->packet_processes (in
 * the arena, parallel to packets; NULL when no packet names a process). 0 or ERR_NOMEM. */
int packet_meta_fold(struct packet_meta *m, struct batch *b);
/* Client randoms with secrets. Grows in order while shards run: shards ask only in net_finish and net_freeze. */
const struct net_keys *packet_meta_keys(const struct packet_meta *m);
const struct address_name *packet_meta_names(const struct packet_meta *m, size_t *ret_count);
void packet_meta_quality(const struct packet_meta *m, struct net_quality *q);

#endif
