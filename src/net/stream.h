/*
 * stream.h - one direction of a TCP connection put in order.
 *
 * Bytes in order pass through without a copy; only what came early is kept, sorted, until the gap before it
 * is filled or given up. Offsets count from the first byte after the SYN (or the first one seen) and never
 * wrap. What has passed is not kept: content sent again is compared with what still waits here, and the
 * tracker compares beginnings (track.h).
 *
 * Costs: a segment is looked up among at most STREAM_PIECES pieces; bytes that continue a piece are appended
 * to it (amortised doubling), nothing else moves. Where a ceiling is reached the oldest gap is given up, so
 * no byte that was seen is lost. One thread at a time.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/err.h"

/* Pieces with gaps between them that wait in one direction: more than loss and reordering make. */
#define STREAM_PIECES 256
/* Gaps given up that are remembered, to tell late bytes from bytes sent again. */
#define STREAM_LOST 8

/* Memory for early bytes: one for all streams of a shard. */
struct stream_budget {
	size_t used, max;
	size_t max_stream;	/* of one stream */
	uint64_t given_up;	/* bytes not waited for any longer under a ceiling */
};

struct early;

struct tcp_stream {
	uint64_t edge;		/* the next byte in order */
	uint64_t high;		/* behind the furthest byte seen; at least edge */
	struct early *early;	/* owns; NULL while nothing ever came early and nothing was lost */
};

/* Where bytes go. Offsets are consecutive over both calls. Non-zero returns end the call and are handed on. */
struct stream_sink {
	void *arg;
	int (*data)(void *arg, uint64_t off, const uint8_t *p, size_t n);
	/* cut: seen on the wire, not captured; else never seen. */
	int (*gap)(void *arg, uint64_t off, uint64_t len, bool cut);
};

/* A segment: len bytes on the wire from off on, of which the first cap were captured. */
struct stream_segment {
	uint64_t off;
	uint32_t len, cap;
	const uint8_t *data;	/* borrowed for the call */
	bool content;		/* false: nobody wants the bytes; only what was seen is kept track of */
};

/* What a segment was made of, in bytes: before + filled + fresh = len. */
struct stream_verdict {
	uint32_t before;	/* seen before */
	uint32_t filled;	/* not seen before, but later ones were */
	uint32_t fresh;		/* beyond all that was seen */
	uint32_t regained;	/* part of filled that had been given up already */
	bool after_gap;		/* bytes right before it are missing so far */
	bool differs;		/* seen before with other content */
	bool gave_up;		/* a gap was given up under a ceiling */
};

/* 0, ERR_NOMEM, or what the sink returned. */
int tcp_stream_add(struct tcp_stream *s, struct stream_budget *b, const struct stream_segment *seg,
		   const struct stream_sink *sink, struct stream_verdict *ret_v);
/* Gives up what is missing before off: the gaps and what stands between them go to the sink, then what
 * follows in order. */
int tcp_stream_give_up(struct tcp_stream *s, struct stream_budget *b, uint64_t off, const struct stream_sink *sink);
/* Gives up all gaps before bytes that were seen. */
int tcp_stream_flush(struct tcp_stream *s, struct stream_budget *b, const struct stream_sink *sink);
/* The end of the last gap given up, behind which nothing was seen, is waited for again from off on: offsets go back. */
void tcp_stream_take_back(struct tcp_stream *s, uint64_t off);
/* Nobody wants content any more: keeps ranges, frees bytes. */
void tcp_stream_drop_content(struct tcp_stream *s, struct stream_budget *b);
void tcp_stream_release(struct tcp_stream *s, struct stream_budget *b);

static inline bool tcp_stream_waits(const struct tcp_stream *s)
{
	return s->high > s->edge;
}

#endif
