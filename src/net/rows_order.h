/*
 * rows_order.h - rows of all shards in one order that depends on the packets alone.
 *
 * Each shard sorts its own (side by side); the freeze merges them.
 */
#ifndef NET_ROWS_ORDER_H
#define NET_ROWS_ORDER_H

#include "net/flow.h"
#include "net/net.h"
#include "net/rows.h"

/* One kind of row of one shard. */
struct rows_order {
	struct ordered_row {
		uint64_t num;			/* packet that began it */
		const struct flow *flow;	/* NULL: none */
		uint32_t stream, at;		/* at: as the shard made them */
		void *row;
	} *rows;				/* owns */
	size_t count;
};

/* 0 or ERR_NOMEM. */
int rows_order_http(const struct rows *r, struct rows_order *ret_o);
int rows_order_dns(const struct rows *r, struct rows_order *ret_o);
int rows_order_tls(const struct rows *r, struct rows_order *ret_o);
void rows_order_release(struct rows_order *o);
/* The rows of all of them; orders is NET_SHARDS long, NULL where there is no shard. *ret_rows is the caller's
 * to free; NULL when there are none. 0 or ERR_NOMEM. */
int rows_merge(const struct rows_order *const orders[], void ***ret_rows, size_t *ret_count);

/* The same for flows, which shards have in order from the start. */
int rows_merge_flows(const struct rows *const shards[], struct flow ***ret_flows, size_t *ret_count);
/* Sets FLOW_REUSED where an earlier row has the same key. */
int rows_mark_reused(const struct rows *flows);
/* Sets outer of tunnelled flows: the last flow of the tunnel's key that began before. flows: in order. */
int rows_link_outer(struct flow *const *flows, size_t count);

#endif
