/*
 * decode.h - from the blocks of a batch to records: events, packets, metadata blocks.
 *
 * Works on one batch alone, so any worker may decode any batch at any time after framing.
 * Nothing is copied but big-endian events, which are brought to little-endian in the batch's arena.
 */
#ifndef EVENTS_DECODE_H
#define EVENTS_DECODE_H

#include "readers/batch.h"

/* Fills events, packets, metas, tally, by_type; adds damage. 0 or ERR_NOMEM (b->failed set). */
int decode_batch(struct batch *b);

#endif
