/*
 * ndpi.h - libndpi's opinion of what a flow speaks, for flows that no analyzer and no signature know. Built in
 * where libndpi is (HAVE_NDPI); else every flow is unknown at once and nothing is allocated.
 *
 * The opinion on a flow depends on that flow's packets alone: whatever the library remembers from one flow for
 * others is thrown away after each packet, what it knows of addresses and ports is not used. So one module serves
 * all shards, and neither the number of threads nor the order of flows shows in results.
 *
 *     struct ndpi_module *m;                     one for a section, or better one for the run
 *     ndpi_module_new(&m);
 *     struct ndpi_state *st = NULL;              of each flow
 *     done = ndpi_look(m, &st, p, l, ts, name);  each packet with payload until done
 *     ndpi_give_up(m, &st, name);                flow ended before it was done
 *     ndpi_module_free(m);
 *
 * Memory: a state is about 1 KiB until done. Behind a module stands one detector (6 MB, 15 ms to make) for each
 * thread that is inside ndpi_look at the same moment, made at the first look: a module that is never asked costs
 * nothing.
 */
#ifndef NET_NDPI_H
#define NET_NDPI_H

#include "net/layer.h"

struct ndpi_module;
struct ndpi_state;

/* Packets of a flow that are looked at. */
#define NDPI_PACKETS 8
#define NDPI_NAME_BYTES 24	/* as flow.service_ndpi */

/* "4.2.0", or NULL where libndpi is not built in. */
const char *ndpi_version(void);

/* 0 or ERR_NOMEM. Any thread may use it, also several at once. */
int ndpi_module_new(struct ndpi_module **ret_m);
/* States must have been freed before. */
void ndpi_module_free(struct ndpi_module *m);

/*
 * Shows one packet of a flow. Layers without payload, quoted ones and protocols other than TCP and UDP are passed
 * over (0). Returns 1 when done: *io_state is freed and NULL, ret_name is set (lower case, "" unknown); 0: wants
 * more; ERR_NOMEM. One thread at a time per state.
 */
int ndpi_look(struct ndpi_module *m, struct ndpi_state **io_state, const struct packet *p, const struct layer *l,
	      uint64_t ts_ns, char ret_name[NDPI_NAME_BYTES]);
/* No more packets: sets ret_name from what was seen ("" unknown), frees the state. *io_state may be NULL. */
void ndpi_give_up(struct ndpi_module *m, struct ndpi_state **io_state, char ret_name[NDPI_NAME_BYTES]);
/* free(NULL)-safe. */
void ndpi_state_free(struct ndpi_state *state);

#endif
