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

/* Builds one: m is initialised here, the caller releases it. */
void seed_build(const struct seed *s, struct mkcap *m);

#endif
