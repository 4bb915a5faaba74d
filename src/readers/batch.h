/*
 * batch.h - a run of consecutive blocks of one section, the unit of work of the pipeline.
 *
 * The framer fills bytes and blocks; decode fills events, packets and metas; the fold stamps
 * events and fills refs; taps read; then the engine resets it for reuse. A batch never spans two
 * sections. One stage owns it at a time; handing over is moving.
 */
#ifndef READERS_BATCH_H
#define READERS_BATCH_H

#include "base/arena.h"
#include "base/base.h"
#include "readers/source.h"

struct event;
struct layer;
struct packet_process;
struct fragment;

/* A block that is neither event nor packet: kept for the fold, in order. */
struct meta_block {
	uint32_t type;			/* private 2014 numbers already mapped to the public ones */
	uint32_t body_len;
	const uint8_t *body;		/* in the batch's bytes */
	uint32_t block_off;		/* from the batch's first byte */
	uint32_t at_event;		/* stands before events[at_event] */
};

/* A packet as framed: not dissected. */
struct packet {
	uint64_t ts_ns;			/* by the interface's resolution and offset */
	const uint8_t *data;		/* cap_len bytes in the batch */
	const uint8_t *options;		/* options_len bytes of pcapng options, or NULL */
	uint32_t options_len;
	uint32_t cap_len;
	uint32_t orig_len;
	uint32_t interface;		/* index within the section */
	uint32_t block_off;
	uint32_t at_event;		/* stands before events[at_event] */
	uint16_t link_type;		/* of its interface */
	uint16_t flags;			/* PACKET_ */
};

enum {
	PACKET_NO_TIME = 1,		/* simple packet block, or a time of 0 */
	PACKET_NO_INTERFACE = 2,	/* names an interface that was not described */
	PACKET_HIDDEN = 4,		/* does not pass the run's filter: statistics and print pass it over */
};

/* Groups of flows that are tracked side by side: a fixed number, so that no result depends on the threads. */
#define BATCH_SHARDS 8

/* What decode counted in one batch; added to the section by the in-order stage. */
struct batch_tally {
	uint64_t numbered;		/* events that have an ordinal without --raw: shown, or kept for state only */
	uint64_t events, shown, state_only, unknown, time_zero, bad_params, enters, drops;
	uint64_t packets, packet_bytes, packets_cut;
	uint64_t first_ns, last_ns, first_event_ns, last_event_ns;	/* first 0: none with a time */
	bool scap;			/* any scap block */
	uint32_t block_types;
	struct block_count blocks[SOURCE_BLOCK_TYPES];
};

struct batch {
	struct section *section;	/* borrowed from the engine for the life of the batch */
	const struct packet_interface *interfaces;	/* of the section when this batch was framed */
	uint32_t interface_count;
	uint64_t serial;		/* per lane, from 0, without gaps */
	uint64_t base_off;		/* of bytes[0] in the uncompressed source */
	const uint8_t *bytes;		/* whole blocks only */
	size_t len;
	uint8_t *owned;			/* buffer behind bytes when not mapped; kept for reuse */
	size_t owned_cap;

	/* By stored type: not 0, nobody asks for it; its events are counted (tally) where they are in today's layout,
	 * but not in events[], so that first_raw_num + i is not the raw ordinal of events[i]. NULL: all are wanted. Of
	 * the run. */
	const uint8_t *skip;
	const uint8_t *hidden;		/* by type (today's code): not 0, no such event passes the run's filter: the fold leaves its refs out.
					 * NULL: no filter. Of the run */
	struct event *events;		/* growable, kept for reuse */
	uint32_t event_count, event_cap;
	struct packet *packets;
	uint32_t packet_count, packet_cap;
	struct layer *layers;		/* of packets, by net_dissect; kept for reuse */
	uint32_t layer_count, layer_cap;
	struct fragment *fragments;	/* in the arena */
	uint32_t fragment_count, fragment_cap;
	const struct packet_process **packet_processes;	/* in the arena, by packet; or NULL */
	uint32_t *shard_layers;		/* indices into layers, grouped by shard, in order; kept for reuse */
	uint32_t shard_layers_cap;
	uint32_t shard_start[BATCH_SHARDS + 1];
	uint32_t *shard_events;		/* indices into events, grouped by shard of their process; kept for reuse */
	uint32_t shard_events_cap;
	uint32_t event_shard_start[BATCH_SHARDS + 1];
	struct meta_block *metas;
	uint32_t meta_count, meta_cap;

	/* Objects resolved by the fold for text output; see state.h, WANT_REFS. */
	const void **refs;
	uint32_t ref_count, ref_cap;

	struct batch_tally tally;
	uint32_t *by_type;		/* SCHEMA_EVENTS counts by stored type, kept for reuse */
	uint64_t end_off;		/* source bytes consumed up to here, for progress */

	struct damage *damages;		/* found by framing and decode, in no order; the account stage sorts */
	uint32_t damage_count, damage_cap;

	uint64_t first_num;		/* shown ordinal (from 1, per source) of the first shown event */
	uint64_t first_raw_num;		/* raw ordinal (from 1, per source) of events[0] */
	uint64_t first_packet_num;	/* ordinal (from 1, per source) of packets[0] */
	uint64_t first_packet_ns;	/* time of the source's first packet that has one; 0: none so far */
	uint64_t packet_before_ns;	/* time of the last one that has one before packets[0], 0: none */
	uint64_t first_call_ns;		/* the section's first event but for the tools' own records, 0: none so far. Of the fold */

	struct arena arena;		/* swapped big-endian events and whatever decode needs; reset on reuse */
	bool failed;			/* memory ran out: the rest of the batch is missing */
};

#endif
