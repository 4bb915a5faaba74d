/*
 * analyzer.h - what an application protocol is to the tracker: content in order, events out as rows.
 *
 * An analyzer is fed one conversation: chunks of both directions in the order of the stream, gaps where bytes
 * were lost or not captured, the end. It never sees a TCP header: the same analyzers serve bytes taken from
 * syscalls. It keeps only what it still needs, under LIMIT_ANALYZER_BYTES a conversation. Directions are ends
 * of the flow's key (0, 1), not client and server: who asks is what the analyzer finds out.
 *
 * One thread at a time (the flow's shard). Returning ERR_NOMEM ends the run; anything wrong in the content is
 * for the analyzer to note and survive.
 */
#ifndef NET_ANALYZER_H
#define NET_ANALYZER_H

#include "base/err.h"
#include "net/service.h"

struct talk;

/* Bytes of one direction, consecutive to the chunk or gap before. */
struct chunk {
	const uint8_t *data;	/* borrowed for the call */
	size_t len;		/* at least 1 */
	uint64_t offset;	/* in the stream of this direction: 0 is the first byte after the SYN, or the first seen */
	uint64_t ts_ns;		/* of the packet that made it readable (a byte that came early waits for the gap before it) */
	uint64_t num;		/* packet number of the same */
};

enum probe { PROBE_NO, PROBE_MORE, PROBE_YES };

enum talk_end {
	END_FIN,	/* the direction was closed in order */
	END_RESET,
	END_GONE,	/* evicted, timed out, or the capture ended */
};

struct analyzer {
	const char *name;
	uint8_t service;		/* enum service_id: set on the flow when the probe says yes */
	uint8_t ip_proto;		/* IP_TCP or IP_UDP */
	/* Is this the start of something of mine? p: n bytes from the start of a direction, or, with mid, from
	 * where a segment of a stream begins whose start was missed. PROBE_MORE: undecided, ask again with more
	 * bytes. NULL: never recognised by content (opened by port). */
	enum probe (*probe)(const struct talk *t, unsigned int dir, const uint8_t *p, size_t n, bool mid);
	void *(*open)(struct talk *t);	/* NULL: no memory */
	int (*data)(void *st, unsigned int dir, const struct chunk *c);	/* UDP: one datagram */
	/* len bytes from offset on are missing; ts and num of the packet that showed it. len 0: unknown how many. */
	int (*gap)(void *st, unsigned int dir, uint64_t offset, uint64_t len, uint64_t ts_ns, uint64_t num);
	int (*end)(void *st, unsigned int dir, enum talk_end how, uint64_t ts_ns, uint64_t num);
	void (*close)(void *st);	/* after both directions ended; frees st */
};

/* The list in analyzer.c; NULL-terminated. */
extern const struct analyzer *const analyzers[];

/*
 * talk - the conversation as analyzers see it: where rows go and what is known of the ends.
 */
struct talk {
	struct net_rows *rows;		/* where to add: rows.h */
	struct flow *flow;		/* NULL when the bytes come from syscalls */
	uint8_t client;			/* end taken for the initiator */
	bool client_known;		/* the SYN was seen: not to be changed */
	uint16_t port[2];
	/* Set by an analyzer that hands over what follows from both directions' next chunk on (STARTTLS): NULL
	 * goes on with it, else the named analyzer is opened after this call returns. What changes protocol in
	 * the middle of a chunk (an HTTP upgrade, CONNECT) hands over by itself and goes on as a shell around
	 * the new one: http_heir.h. */
	const struct analyzer *switch_to;
	bool finished;			/* set by an analyzer that wants no more bytes */
	uint8_t nested;			/* analyzers around the one that is being opened: 0, but inside tunnels */
	/* Up to where the other end's bytes had come to the sender of what is handed over when he sent it, as he
	 * acknowledged it: by end that sends. Not from syscalls: acks is false. late: it had to wait for a gap before
	 * it, and this is what was acknowledged later. */
	uint64_t had[2];
	bool late;
	bool acks;
	bool retaken;			/* messages before went by while nobody looked */
	struct http_tx *upgraded;	/* to the open of what follows an HTTP upgrade: its transaction, else NULL */
};

/* The analyzer found out who asks: takes effect when the start was missed. */
void talk_set_client(struct talk *t, unsigned int end);

extern const struct analyzer analyzer_http1, analyzer_http2, analyzer_websocket, analyzer_tls, analyzer_dns_tcp,
	analyzer_dns_udp, analyzer_mdns;

#endif
