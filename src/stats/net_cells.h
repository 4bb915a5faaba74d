/*
 * net_cells.h - what the tables of flows and of what was said in them have in common: the walk over all sections with
 * packets, and cells that several of them have.
 *
 * Texts that repeat from row to row (hosts, user agents, addresses, flags) are copied into the table once or a few
 * times, not once a row. Runs on the main thread when the tables are built.
 */
#ifndef STATS_NET_CELLS_H
#define STATS_NET_CELLS_H

#include "net/net.h"
#include "stats/stats.h"

struct clock_pair;
struct kept_text;
struct str;

/* A table being filled, and the section whose rows are being added. */
struct net_cells {
	struct table *table;
	const struct section *section;
	const struct net *net;		/* of the section */
	struct buf scratch;		/* for one cell's text */
	struct kept_text *kept;		/* owns; texts copied before, by what they were made of */
	const struct clock_pair *clock;	/* between the packets and the system calls of the row, or NULL: times stay as they are */
	bool clock_packets;		/* show times by the packets' clock, else by the syscalls' */
	bool of_calls;			/* the row being added is of system calls, not of packets: so are its times */
};

/* False: no memory; release it all the same. */
bool cells_init(struct net_cells *c, const struct table_def *def);
void cells_release(struct net_cells *c);

/* Builds one table: calls rows for each section with packets, in the order of sources and sections, and adds the table
 * to the report. 0 or ERR_NOMEM. */
int net_table(const struct table_def *def, const struct tap_input *in, struct report *r, struct err *e,
	      void (*rows)(struct net_cells *c));

/* One bit and its word. */
struct flag_word {
	uint32_t bit;
	const char *word;
};

/* Each adds one cell. NULL, "" and 0 stand for unknown as told. */
void cells_text(struct net_cells *c, const struct text *x);		/* NULL: unknown */
void cells_name(struct net_cells *c, const char *constant);		/* NULL or "": unknown */
void cells_scratch(struct net_cells *c);				/* what c->scratch holds; empties it */
void cells_address(struct net_cells *c, const struct flow *f, unsigned int end);	/* NULL: unknown */
void cells_port(struct net_cells *c, const struct flow *f, unsigned int end);	/* NULL, or no ports: unknown */
void cells_flow(struct net_cells *c, const struct flow *f);		/* its id; NULL: unknown */
void cells_service(struct net_cells *c, const struct flow *f);		/* NULL: unknown */
void cells_id(struct net_cells *c, uint64_t id);			/* 0: unknown */
void cells_time(struct net_cells *c, uint64_t ns);			/* of the row's packets (or calls), by the clock shown; 0: unknown */
void cells_call_time(struct net_cells *c, uint64_t ns);			/* of system calls, by the clock shown; 0: unknown */
void cells_key_address(struct net_cells *c, const struct flow_key *key, unsigned int end);	/* NULL: unknown */
void cells_key_port(struct net_cells *c, const struct flow_key *key, unsigned int end);	/* NULL, or no ports: unknown */
void cells_str(struct net_cells *c, const struct str *s);		/* NULL or "": unknown */
void cells_span(struct net_cells *c, uint64_t from_ns, uint64_t to_ns);	/* from 0, or not in order: unknown */
void cells_words(struct net_cells *c, uint32_t flags, const struct flag_word *words, size_t count);	/* none: "" */
void cells_source(struct net_cells *c);					/* two cells: source and section */
void cells_section(struct net_cells *c, const struct section *sec);	/* the same, of another section */

/* Does this flow have ports? Those of ICMP are its type and code. */
bool flow_has_ports(const struct flow *f);
bool key_has_ports(const struct flow_key *key);
/* "tcp", "udp", ...; NULL for protocols known by number only. */
const char *ip_proto_name(uint8_t ip_proto);
/* The name of a flow's service, NULL unknown. Borrows from the flow. */
const char *flow_service(const struct flow *f);

/* One row each, of the table so named: what the taps call, and tests with rows made by hand. */
extern const struct table_def flows_def, http_def, dns_def, tls_def;
void flows_row(struct net_cells *c, const struct flow *f);
void http_row(struct net_cells *c, const struct http_tx *x);
void dns_row(struct net_cells *c, const struct dns_tx *x);
void tls_row(struct net_cells *c, const struct tls_session *x);

/* The columns every one of these tables ends with. */
#define SOURCE_COLUMNS \
	{ "source", COL_TEXT, "", "Capture" }, { "section", COL_U64, "id", "Section of the source, from 0" }

#endif
