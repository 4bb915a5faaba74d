/*
 * track.h - what the tracker keeps of flows that are not over, and the shards that hold them.
 *
 * A flow has two parts: the row (struct flow, kept for the report) and the live part here, which goes when
 * the flow ends, is evicted or timed out. Everything belongs to one shard and is touched by one thread at a
 * time.
 */
#ifndef NET_TRACK_H
#define NET_TRACK_H

#include "net/analyzer.h"
#include "net/ndpi.h"
#include "net/net_internal.h"
#include "net/rows_order.h"
#include "net/stream.h"

struct feed;

/* One of the last packets of a direction: tells copies from retransmissions. */
struct recent {
	uint32_t seq, ack, len;
	uint16_t checksum, ip_id, interface;
	uint8_t tcp_flags;
	uint8_t sample_len;
	uint8_t sample[8];	/* first bytes of the payload: sent again, they must be the same */
};
#define RECENT_PACKETS 4

/* What a segment with payload added up to: sent again, it must be the same. */
struct sent {
	uint32_t seq;
	uint16_t len, sum;	/* len: the lower half; sum 0: none */
};
#define RECENT_SENT 8

/* Ends as Zeek has them. */
enum tcp_state {
	TCP_INACTIVE, TCP_SYN_SENT, TCP_SYN_ACK_SENT, TCP_PARTIAL, TCP_ESTABLISHED, TCP_CLOSED, TCP_RESET,
};

/* One end of a TCP connection: what it sends. */
struct tcp_side {
	struct tcp_stream stream;
	uint64_t acked;		/* furthest offset that the other end acknowledged */
	uint64_t fin_off;	/* offset of its FIN; UINT64_MAX none */
	uint64_t ack_low;	/* smallest of the acknowledgements that voted */
	uint64_t jump_off;	/* where the last segment too far ahead ended */
	struct sent sent[RECENT_SENT];	/* the last ones, in a ring */
	uint8_t sent_at;
	uint32_t base;		/* sequence number of offset 0 */
	uint32_t syn_seq;
	uint32_t last_ack;
	uint32_t sent_again, zero_windows, gaps;	/* for the history */
	uint16_t last_window;
	uint8_t state, before;	/* enum tcp_state, now and before that */
	uint8_t ack_votes;	/* packets in a row that acknowledge what was not seen */
	uint8_t jump_votes;	/* segments in a row too far ahead */
	bool known;		/* base is set */
	bool guessed;		/* base comes from the other end's acknowledgement */
	bool spoke;		/* a segment of this end was seen */
	bool acks;		/* last_ack and last_window are set */
	bool ended;		/* its stream is over */
	bool keep_alive;	/* its last packet was one */
};

enum live_list {
	LIST_BRIEF,	/* closed, or TCP that was never established */
	LIST_TCP, LIST_UDP, LIST_OTHER, LIST_COUNT
};

struct live_flow {
	struct flow_key key;
	uint32_t hash;			/* seeded */
	struct flow *flow;		/* NULL: the row is beyond the ceiling; the flow is only not counted again */
	struct live_flow *older, *newer;	/* in its list */
	uint64_t touched;		/* number of the shard's layer that came last: order over all lists */
	uint64_t seen_ns;		/* the shard's clock at that */
	struct feed *feed;		/* owns; NULL: nothing to feed (yet, or any more) */
	struct ndpi_state *ndpi;	/* owns */
	uint8_t list;			/* enum live_list */
	bool content;			/* somebody may want bytes */
	bool ndpi_wants;
	uint8_t probes[2];		/* chunks of each end that were shown to analyzers */
	uint8_t history;		/* letters */
	uint16_t seen_letters[2];	/* of each end: bits of the once-only ones */
	uint8_t recent_at[2];
	struct recent recent[2][RECENT_PACKETS];
	struct tcp_side side[];		/* two for TCP, else none */
};

/* ---- flow_table.c ---------------------------------------------------------------------------- */

struct flow_table {
	struct flow_slot {
		struct live_flow *live;
		uint32_t hash;
	} *slots;			/* owns */
	size_t mask, count, max;
	uint64_t seed;
	struct live_flow *oldest[LIST_COUNT], *newest[LIST_COUNT];
	struct live_flow *free[2];	/* without and with TCP; through newer */
	void **chunks;			/* owns */
	size_t chunk_count, chunk_cap;
};

void flow_table_init(struct flow_table *t, size_t max);
/* Live parts must have been removed: what hangs on them is the caller's. */
void flow_table_release(struct flow_table *t);
uint32_t flow_table_hash(const struct flow_table *t, const struct flow_key *key);
struct live_flow *flow_table_find(const struct flow_table *t, const struct flow_key *key, uint32_t hash);
/* A new live part, zeroed but for key and hash, newest of its list. NULL: no memory. The caller has seen to
 * it that there are fewer than max. */
struct live_flow *flow_table_add(struct flow_table *t, const struct flow_key *key, uint32_t hash, enum live_list list);
void flow_table_remove(struct flow_table *t, struct live_flow *lf);
/* Newest of that list from now on. */
void flow_table_touch(struct flow_table *t, struct live_flow *lf, enum live_list list);
/* The one to give up: brief ones first, else the least recently touched. NULL: none. */
struct live_flow *flow_table_victim(const struct flow_table *t);
static inline void flow_table_prefetch(const struct flow_table *t, uint32_t hash)
{
	__builtin_prefetch(&t->slots[hash & t->mask]);
}

/* ---- shards ---------------------------------------------------------------------------------- */

/* Feeds of a shard, in the order in which they came or were last spared. */
struct feed_list {
	struct feed *oldest, *newest;
	size_t count, max;
};

/* owner: the thread that tracks it; after net_finish the one that freezes. */
struct shard {
	struct net_rows rows;
	struct flow_table table;
	struct stream_budget budget;
	struct feed_list feeds;
	struct ndpi_module *ndpi;	/* borrowed; NULL: not asked */
	bool content;
	uint64_t layers;		/* seen so far */
	uint64_t clock_ns;		/* latest time that can be believed */
	uint64_t jump_ns;		/* earliest of the times far ahead of it */
	unsigned int jumps;		/* packets in a row that claim such a time */
	uint64_t leap_layer, leap_ns;	/* since when the last jump was claimed, and the clock after it */
	uint64_t evicted, timed_out, duplicates;
	struct rows_order http, dns, tls;	/* by shard_finish */
};

/* The packet at hand. */
struct seen {
	const struct packet *packet;
	struct layer *layer;
	uint64_t num;
	uint64_t ts_ns;		/* 0 unknown */
	unsigned int dir;	/* end that sent it */
};

/* ---- track.c --------------------------------------------------------------------------------- */

int shard_new(const struct net_limits *limits, const struct net_options *opt, struct section *sec,
	      struct ndpi_module *ndpi, struct shard **ret_s);
void shard_free(struct shard *s);
int shard_track(struct shard *s, struct batch *b, const uint32_t *layers, uint32_t count);
/* Ends all flows and sorts rows. */
int shard_finish(struct shard *s);

/* ---- track_copies.c, flow_process.c ---------------------------------------------------------- */

/* Was this very packet seen before? */
bool track_is_copy(const struct live_flow *lf, const struct seen *p);
void track_remember(struct live_flow *lf, const struct seen *p);
/* The process named beside the packet, to the end it belongs to. b->packet_processes is there. */
void flow_set_process(struct live_flow *lf, const struct batch *b, const struct seen *p);

/* ---- flow.c ---------------------------------------------------------------------------------- */

/* A letter of the history; given in upper case, written in lower case when end dir is not the initiator. Once
 * for each end. */
enum letter { LETTER_S, LETTER_H, LETTER_A, LETTER_D, LETTER_F, LETTER_R, LETTER_I, LETTER_Q };
void flow_letter(struct live_flow *lf, unsigned int dir, enum letter letter);
/* One that is repeated at the powers of ten; *io_count is how often it came. */
void flow_letter_counted(struct live_flow *lf, unsigned int dir, char letter, uint32_t *io_count);
/* Another end is taken for the initiator. */
void flow_set_client(struct live_flow *lf, unsigned int end);
/* Which end that is when no SYN tells. sender: of the first packet. */
unsigned int flow_guess_client(const struct flow_key *key, unsigned int sender, bool to_group);

/* ---- tcp_start.c ----------------------------------------------------------------------------- */

/* Does this segment begin another connection than the live one? */
bool tcp_begins_another(const struct live_flow *lf, const struct layer *l);
/* Who opened it, by the first segment; sets the flags of the flow that go with it. */
void tcp_first(struct live_flow *lf, const struct layer *l);
/* Where the streams start: from a SYN, else from the first segment, or from what the other end acknowledges. */
void tcp_learn_base(struct live_flow *lf, const struct layer *l);
/* Counts and times of a segment with SYN. */
void tcp_take_syn(struct live_flow *lf, const struct seen *p);

/* ---- tcp.c, tcp_marks.c, tcp_state.c --------------------------------------------------------- */

/* One segment that is no copy. */
int tcp_packet(struct shard *s, struct live_flow *lf, const struct seen *p);
/* Sequence numbers relative to the first ones. */
void tcp_stamp(const struct live_flow *lf, struct layer *l);
/* The flow ends: what waits goes to the analyzers, what is known goes into the row. Streams are freed. */
int tcp_end(struct shard *s, struct live_flow *lf);
/* Frees streams. */
void tcp_release(struct shard *s, struct live_flow *lf);
/* More than an attempt, and not over. */
bool tcp_is_open(const struct live_flow *lf);

/* Marks of a segment by its numbers alone, before anything of it was taken. */
void tcp_mark(struct live_flow *lf, struct layer *l);

/* Offset of a sequence number in the stream of its sender; below 0: before what is known. */
static inline int64_t tcp_offset(const struct tcp_side *side, uint32_t seq)
{
	uint32_t edge_seq = side->base + (uint32_t)side->stream.edge;

	return (int64_t)side->stream.edge + (int32_t)(seq - edge_seq);
}

/* Both ends have closed in order, or one was reset. */
static inline bool tcp_is_over(const struct live_flow *lf)
{
	return lf->side[0].ended && lf->side[1].ended;
}

void tcp_state_packet(struct live_flow *lf, const struct layer *l, unsigned int dir);
uint8_t tcp_conn_state(const struct live_flow *lf);

/* ---- feed.c ---------------------------------------------------------------------------------- */

/* Calls are for one live flow whose content is wanted; they see to it that lf->feed exists where it must, and
 * set lf->content to false when nobody wants more. Beyond the shard's ceiling of feeds the one that was
 * longest without data goes; when its flow speaks again it is taken up like one whose start was missed. 0,
 * ERR_NOMEM. */
int feed_data(struct shard *s, struct live_flow *lf, unsigned int dir, const struct chunk *c);
int feed_gap(struct shard *s, struct live_flow *lf, unsigned int dir, uint64_t off, uint64_t len, uint64_t ts_ns,
	     uint64_t num);
int feed_end(struct shard *s, struct live_flow *lf, unsigned int dir, enum talk_end how, uint64_t ts_ns,
	     uint64_t num);
void feed_free(struct shard *s, struct feed *f);

#endif
