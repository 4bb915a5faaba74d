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

/*
 * Copies: a packet captured more than once is counted in packets and bytes, and left out of all else. What is compared:
 * flow and direction, sequence and acknowledgement number, length, flags, checksum, IP number, and of datagrams
 * the beginning and the end. Equal packets are copies when they were captured close to each other in time, in
 * whatever order the file has them:
 *   - 50 ms, where the IP number is not 0 and changed with the sender's packet before (numbers that stay tell nothing);
 *   - 10 ms at different places (interface of the file, or the one that a cooked v2 header names, or in and out by a
 *     cooked header) without such a number;
 *   - 0.2 ms at one place without such a number: IPv4 TCP with payload, SYN or FIN (IPv6: less than a microsecond,
 *     but where cooked headers do not name the interface); a
 *     datagram only if it has an IP number and is the first of its sender;
 *   - or in the same nanosecond.
 * All others were sent again. Packets without time are copies by their IP number alone. The last packets of a shard are
 * remembered, some thousands, in slots that follow from the packets alone; a copy beyond that is taken for sent again.
 */
struct recent {
	uint64_t ts_ns;
	uint32_t flow;		/* serial of the live flow << 1 | end that sent it; 0: none */
	uint32_t place;
	uint32_t seq, ack;	/* datagrams: checksum, 0 */
	uint16_t len, ip_id;
	uint32_t tag;		/* TCP: flags, checksum; datagrams: seeded, checksum and content */
};
_Static_assert(sizeof(struct recent) == 32, "two in a line of the cache");

#define COPIES_WAYS 4
#define COPIES_SLOTS_MIN 64
#define COPIES_SLOTS_MAX 1024

struct copies {
	struct copies_slot {
		struct recent recent[COPIES_WAYS];	/* the last one first */
	} *slots;			/* owns; NULL: no packet yet */
	uint32_t mask;
	uint64_t count;			/* remembered so far */
	uint64_t seed;			/* of tags */
};

/* What the IP numbers of a sender do from packet to packet. */
enum { IP_IDS_NONE, IP_IDS_UNKNOWN, IP_IDS_CHANGE, IP_IDS_REPEAT };

/*
 * A segment with payload: bytes sent again must be the same. Compared are the first bytes of the segments remembered,
 * wherever a later segment has them, and the sum of a whole segment that is sent again with the same bounds: the sum
 * that its checksum claimed. Claims count only of a sender whose first segment that could be summed was as claimed,
 * and only against a segment that is summed itself. Not compared: the rest of segments whose bounds have moved, and
 * what was sent longer ago.
 */
struct sent {
	uint32_t seq;
	uint16_t len, sum;	/* len: the lower half; sum 0: none */
	uint8_t sample_len;
	uint8_t sample[8];
};
#define RECENT_SENT 8

/* Do the checksums of a sender say what its payload adds up to? */
enum { CLAIMS_UNKNOWN, CLAIMS_TRUE, CLAIMS_FALSE };

/* Ends as Zeek has them. */
enum tcp_state {
	TCP_INACTIVE, TCP_SYN_SENT, TCP_SYN_ACK_SENT, TCP_PARTIAL, TCP_ESTABLISHED, TCP_CLOSED, TCP_RESET,
};

/* One end of a TCP connection: what it sends. */
struct tcp_side {
	struct tcp_stream stream;
	uint64_t acked;		/* furthest offset that the other end acknowledged and that is believed */
	uint64_t told;		/* what the other end acknowledged last, believed or not */
	uint64_t jumped_from, jumped_to;	/* given up behind all that was seen, because of a single packet; equal: none */
	uint64_t leapt;		/* bytes of the stream that nobody says were sent: jumped over */
	uint64_t reset_off;	/* where the other end's stream stood when this one's RST ended both */
	uint64_t fin_off;	/* offset of its FIN; UINT64_MAX none */
	uint64_t ack_low;	/* smallest of the acknowledgements that voted */
	uint64_t jump_off;	/* where the last segment too far ahead ended */
	struct sent sent[RECENT_SENT];	/* the last ones, in a ring */
	uint8_t sent_at;
	uint8_t claims;		/* CLAIMS_ */
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
	bool reset;		/* its RST was believed */
	bool bare;		/* its first segment had no payload, SYN or FIN */
	bool keep_alive;	/* its last packet was one */
};

/*
 * A SYN with other numbers in the middle of a live connection may be anybody's: it only proposes another one. That
 * begins when the other end acknowledges it by SYN+ACK, and gets the SYN then; any other answer drops it.
 */
struct proposal {
	uint64_t num, ts_ns;	/* num 0: none */
	uint64_t last_num, last_ns;	/* of the flow before it */
	uint32_t seq, frame_len, ip_len;
	uint8_t dir, window_shift;
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
	uint64_t last_ns;		/* time of the packet before */
	struct feed *feed;		/* owns; NULL: nothing to feed (yet, or any more) */
	struct ndpi_state *ndpi;	/* owns */
	uint8_t list;			/* enum live_list */
	bool content;			/* somebody may want bytes */
	bool late;			/* the bytes handed over came with an earlier packet */
	bool wanted;			/* somebody wanted bytes until the streams ended */
	struct proposal proposal;	/* TCP */
	bool ndpi_wants;
	uint8_t probes[2];		/* chunks of each end that were shown to analyzers */
	uint8_t history;		/* letters */
	uint16_t seen_letters[2];	/* of each end: bits of the once-only ones */
	uint8_t ip_ids[2];		/* IP_IDS_, of each end */
	uint16_t last_ip_id[2];
	uint32_t serial;		/* from 1 on, in the order of the shard */
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
	struct copies copies;
	uint32_t serials;
	struct ndpi_module *ndpi;	/* borrowed; NULL: not asked */
	bool content;
	bool knots;
	struct knot_room knot_room;
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
	bool copy;
	uint64_t last_num, last_ns;	/* of the flow, before a SYN */
	struct recent print;	/* of a packet that is followed; ts_ns and what is compared */
};

/* ---- track.c --------------------------------------------------------------------------------- */

int shard_new(const struct net_limits *limits, const struct net_options *opt, struct section *sec,
	      struct ndpi_module *ndpi, struct shard **ret_s);
void shard_free(struct shard *s);
int shard_track(struct shard *s, struct batch *b, const uint32_t *layers, uint32_t count);
/* Ends all flows and sorts rows. */
int shard_finish(struct shard *s);

/* ---- track_copies.c, flow_process.c ---------------------------------------------------------- */

void copies_init(struct copies *c);
void copies_release(struct copies *c);
/* Of a packet that is soon asked about. */
void track_copies_prefetch(const struct copies *c, const struct layer *l);
/* Was this very packet captured before? Sets p->print. */
bool track_is_copy(struct shard *s, const struct live_flow *lf, struct seen *p);
/* One that is no copy, after track_is_copy. 0 or ERR_NOMEM. */
int track_remember(struct shard *s, struct live_flow *lf, const struct seen *p);
/* The process named beside the packet, to the end it belongs to. b->packet_processes is there. */
void flow_set_process(struct live_flow *lf, const struct batch *b, const struct seen *p);

/* ---- flow_knots.c ---------------------------------------------------------------------------- */

/* All 0 or ERR_NOMEM. Call only if s->knots. */
int flow_knot(struct shard *s, struct flow *f, unsigned int dir, const struct knot *x);
/* As flow_knot, with the print of the bytes, of which cap were captured. */
int flow_knot_bytes(struct shard *s, struct flow *f, unsigned int dir, struct knot *x, const uint8_t *data,
		    uint32_t cap);
/* What the segment was, by the verdict of its stream; high: behind the furthest byte seen before it. */
int flow_knot_segment(struct shard *s, struct live_flow *lf, const struct seen *p, const struct stream_segment *seg,
		      const struct stream_verdict *v, uint64_t high);
/* SYN, FIN, RST, after they were counted. */
int flow_knot_control(struct shard *s, struct live_flow *lf, const struct seen *p);

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
/* A SYN of other numbers, which is taken for nothing but a proposal. */
bool tcp_is_stray_syn(const struct live_flow *lf, const struct layer *l);
void tcp_propose(struct live_flow *lf, const struct seen *p);
/* The SYN that was proposed is taken out of the flow, and put into the one that its answer has begun. */
void tcp_take_back_syn(struct flow *f, const struct proposal *x);
int tcp_accept_syn(struct shard *s, struct live_flow *lf, const struct proposal *x);
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

/* ---- tcp_reopen.c ---------------------------------------------------------------------------- */

/* Streams that a RST or FIN had ended go on when their sender does: the RST was not his, or was not heeded. He goes on
 * by payload in order, or by acknowledging new bytes. Before the segment is taken; 0 or ERR_NOMEM. */
int tcp_reopen(struct shard *s, struct live_flow *lf, const struct seen *p);
/* What was given up because of one packet is waited for after all: the sender goes on in front of it. */
int tcp_take_back(struct shard *s, struct live_flow *lf, struct layer *l);

/* ---- tcp_sent.c ------------------------------------------------------------------------------ */

/* Was what this segment repeats something else when it came first? */
bool tcp_sent_differs(struct tcp_side *me, const struct layer *l);
void tcp_remember_sent(struct tcp_side *me, const struct layer *l);

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
/* TCP: analysis begins anew with the next bytes of both ends, as if the start had been missed. */
int feed_restart(struct shard *s, struct live_flow *lf);
void feed_free(struct shard *s, struct feed *f);

#endif
