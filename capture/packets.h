/*
 * packets.h - live packets of interfaces in network namespaces (libpcap, nanoseconds), as pcapng blocks.
 *
 *   packets_open    handles: each is opened by a thread that enters the namespace, so that nobody else does
 *   packets_start   from then on one thread appends packet blocks to where the target says
 *   packets_free    after packets_stop, which waits for that thread
 *
 * Times are the kernel's CLOCK_REALTIME, as those of events are. Before packets_start they wait in the kernel's
 * buffer. An interface that disappears is told (say) and left out from there on. packets_lock keeps the thread from
 * appending, for a change of files; each new section needs packets_interfaces after its header, and gets
 * packets_statistics at its end.
 */
#ifndef CAPTURE_PACKETS_H
#define CAPTURE_PACKETS_H

#include "base/buf.h"
#include "base/err.h"

struct packets_options {
	const char *const *interfaces;		/* any: all of a namespace */
	uint32_t interface_count;
	const char *const *namespaces;		/* names, paths, "pid:N", "all"; none: the caller's own */
	uint32_t namespace_count;
	const char *filter;			/* pcap-filter(7), or NULL */
	uint32_t snaplen;
	uint64_t buffer_bytes;
	bool promiscuous;
	void (*say)(void *arg, const char *text);	/* from the packets' thread too */
	void *say_arg;
};

/* Where blocks go. Called with packets locked; not 0 from put ends the thread. */
struct packets_target {
	struct buf *(*room)(void *arg);
	int (*put)(void *arg, uint64_t ts_ns, size_t len);
	void *arg;
};

struct packets_counts {
	uint64_t packets, bytes;		/* written */
	uint64_t drops_kernel, drops_interface;
	uint32_t interfaces, gone;
};

struct packets;

/* ERR_USAGE (filter, name of a namespace), ERR_OPEN (no such interface, not permitted: what to do is said). */
int packets_open(const struct packets_options *opt, struct packets **ret_p, struct err *e);
int packets_start(struct packets *p, const struct packets_target *target, struct err *e);
/* What the kernel still has is taken. */
void packets_stop(struct packets *p);
void packets_free(struct packets *p);

void packets_lock(struct packets *p);
void packets_unlock(struct packets *p);

/* With the lock, or before the start. comment: beside each interface. */
void packets_interfaces(struct packets *p, const char *comment, struct buf *out);
void packets_statistics(struct packets *p, uint64_t now_ns, struct buf *out);
void packets_counts(struct packets *p, struct packets_counts *ret_c);

#endif
