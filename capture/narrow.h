/*
 * narrow.h - of a snapshot's lists only what belongs to the processes that are recorded.
 */
#ifndef CAPTURE_NARROW_H
#define CAPTURE_NARROW_H

#include "base/buf.h"
#include "base/err.h"

/*
 * blocks: whole blocks as snapshot_blocks makes them, from at on. Entries of threads that are no descendants of roots
 * (nor roots), and their descriptors, are taken out; other blocks stay. 0 or ERR_NOMEM.
 */
int narrow_blocks(struct buf *blocks, size_t at, const int32_t *roots, uint32_t root_count, struct err *e);

#endif
