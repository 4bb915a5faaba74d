/*
 * quality_rows.h - the parts of table `quality` as they see each other.
 */
#ifndef STATS_QUALITY_ROWS_H
#define STATS_QUALITY_ROWS_H

#include "stats/tap.h"

/* One row; nothing when count is 0. src NULL: of the whole run. */
void quality_add(struct table *t, const struct source *src, const char *kind, uint64_t count, const char *detail);

/* quality_packets.c: the rows about what src/net found in a source. */
void quality_add_packets(struct table *t, const struct source *src);

/* quality_socks.c: the rows about what src/join collected of a source. */
void quality_add_socks(struct table *t, const struct source *src);

/* quality_copies.c: the rows about sections whose events, or packets, another one has, too. 0 or ERR_NOMEM. */
int quality_add_copies(struct table *t, const struct tap_input *in);

#endif
