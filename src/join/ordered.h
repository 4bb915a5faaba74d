/*
 * ordered.h - putting rows in order. Most lists of the join are nearly in order already, being several lists that are,
 * one after the other: that costs little more than looking at them.
 */
#ifndef JOIN_ORDERED_H
#define JOIN_ORDERED_H

#include "base/base.h"

/* A row with what orders it beside the pointer: sorting a million rows must not look into each. */
struct ordered {
	uint64_t key, tie;
	void *row;
};

/* By key, then tie, then as they stood. 0 or ERR_NOMEM (the order is then any). */
int ordered_sort(struct ordered *items, size_t count);

#endif
