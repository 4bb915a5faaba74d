/*
 * container_json.h - what the JSON text of a container event says, key by key.
 *
 * The text is parsed anew for every question: these fields are asked for rarely, and parsed trees
 * could not be shared by workers without a lock. Any thread. A NULL view, a missing key or another
 * type is false.
 */
#ifndef FILTER_CONTAINER_JSON_H
#define FILTER_CONTAINER_JSON_H

#include "base/buf.h"
#include "state/view.h"

enum mount_part {
	MOUNT_ALL,
	MOUNT_SOURCE,
	MOUNT_DEST,
	MOUNT_MODE,
	MOUNT_RDWR,
	MOUNT_PROPAGATION,
};

bool container_json_bool(const struct container_view *k, const char *key, bool *ret_x);
bool container_json_u64(const struct container_view *k, const char *key, uint64_t *ret_x);
bool container_json_text(const struct container_view *k, const char *key, struct buf *out);

/* One mount by number (index >= 0) or by a pattern for its source (its destination when the source
 * is asked for); arg NULL: all of them. */
bool container_json_mount(const struct container_view *k, const char *arg, int64_t index,
			  enum mount_part part, struct buf *out);

/* "exe arg arg", or "NONE" when the container has no such probe. */
bool container_json_probe(const struct container_view *k, const char *key, struct buf *out);

#endif
