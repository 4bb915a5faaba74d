/*
 * layer_walk.h - the layer of each packet of a batch that says most of it, for whoever goes through the packets.
 */
#ifndef NET_LAYER_WALK_H
#define NET_LAYER_WALK_H

#include "net/layer.h"

/* Finds the layer of each packet that says most of it: the innermost, of a datagram put together where there is one.
 * Packets are asked for in order. */
struct layer_walk {
	const struct batch *batch;
	uint32_t next;		/* layers of dissected packets not passed yet */
	uint32_t rebuilt;	/* the same of rebuilt datagrams, which lie behind them */
	uint32_t rebuilt_first;
};

void layer_walk_init(struct layer_walk *w, const struct batch *b);
/* NULL: the batch was not dissected. */
const struct layer *layer_walk_next(struct layer_walk *w, uint32_t packet);

#endif
