/*
 * seeds.h - small captures that together use every block, list version and kind of event: what the fuzz
 * targets start from, what the sweeps cut and flip, and what golden cases read.
 */
#ifndef SEEDS_H
#define SEEDS_H

#include "mkcap.h"

struct seed {
	const char *name;	/* file name without folder */
	bool big_endian;
	void (*build)(struct mkcap *m);
};

/* The table; ends with a row whose name is NULL. */
extern const struct seed seeds[];

/* Conversations for the fuzz targets of analyzers: seeds_talk.c. Ends with a row whose name is NULL. */
struct talk_seed {
	const char *name, *bytes;
	size_t len;
};
extern const struct talk_seed talk_seeds[];

/* Those of packets: seeds_net.c. */
void seed_http(struct mkcap *m);
void seed_http2(struct mkcap *m);
void seed_dns(struct mkcap *m);
void seed_tls(struct mkcap *m);
void seed_links(struct mkcap *m);
void seed_tunnels(struct mkcap *m);
void seed_packet_meta(struct mkcap *m);

/* Calls and packets of the same connections: seeds_join.c. */
void seed_join(struct mkcap *m);
void seed_sequence(struct mkcap *m);

/* Builds one: m is initialised here, the caller releases it. */
void seed_build(const struct seed *s, struct mkcap *m);

#endif
