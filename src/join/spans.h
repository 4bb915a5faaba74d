/*
 * spans.h - requests over processes: every exchange, HTTP transaction, DNS exchange and process started on behalf of
 * one is a span with its parent, so that a request can be followed from the wire through all who served it.
 *
 * All times are by the syscalls' clock of their section (original packet times stay in flows and http). Parents: the
 * client exchange in whose focus it was begun; for the server's side of a connection inside the capture, the client's
 * side.
 */
#ifndef JOIN_SPANS_H
#define JOIN_SPANS_H

#include "join/match.h"
#include "net/dns.h"
#include "net/http.h"

struct buf;
struct join;

enum span_kind { SPAN_SERVER, SPAN_CLIENT, SPAN_PROCESS, SPAN_KINDS };

struct span {
	uint32_t id;			/* over the run, by start, section, event number */
	uint32_t parent;		/* UINT32_MAX: none */
	uint32_t root;			/* the span at the top of its tree */
	uint32_t depth;
	uint8_t kind;
	const struct section *section;	/* of the syscalls */
	const struct exchange *exchange;	/* NULL for SPAN_PROCESS */
	const struct http_tx *http;	/* NULL none */
	const struct dns_tx *dns;
	uint32_t process;		/* id within the section */
	int64_t tid;
	const char *protocol;		/* "http", "fastcgi", "postgresql", "unix", "tcp", "process", ... constant or in the run's arena */
	const struct text *name;	/* NULL: none. "GET /item.php?id=1", "SELECT name FROM ...", command line; not escaped; in the run's arena */
	uint64_t start_ns, end_ns;
	uint64_t num;			/* raw number of its first event; of processes nobody saw cloned: their id */
	uint64_t first_byte_ns;		/* of the response; 0 none */
};

/*
 * One HTTP transaction with what is known of it from either side.
 */
struct http_joined {
	const struct http_tx *packets;	/* NULL: not in the packets */
	const struct http_tx *calls[2];	/* as found in the buffers of the server's and client's calls, or NULL */
	const struct pair *pair;
	const struct exchange *server, *client;	/* NULL unknown */
	uint64_t accept_ns, read_ns, first_write_ns, last_write_ns;	/* of the server, syscalls' clock; 0 unknown */
	uint64_t accept_num, read_num, first_write_num, last_write_num;
	uint64_t wire_to_read_ns, think_ns, write_to_wire_ns;	/* UINT64_MAX unknown */
	bool wire_bound, think_bound, write_bound;	/* upper bounds */
	uint32_t span;			/* of the server's exchange, or the client's, or UINT32_MAX */
};

#endif
