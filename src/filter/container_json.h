/*
 * container_json.h - what the JSON text of a container event says, key by key.
 *
 * What was parsed stays in the context until its next batch: parsed trees could not be shared by workers
 * without a lock. A NULL view, a missing key or another type is false.
 */
#ifndef FILTER_CONTAINER_JSON_H
#define FILTER_CONTAINER_JSON_H

#include "filter/fields.h"

struct container_memory;
void container_memory_free(struct container_memory *m);

enum mount_part {
	MOUNT_ALL,
	MOUNT_SOURCE,
	MOUNT_DEST,
	MOUNT_MODE,
	MOUNT_RDWR,
	MOUNT_PROPAGATION,
};

bool container_json_bool(struct field_ctx *c, const struct container_view *k, const char *key,
			 bool *ret_x);
bool container_json_u64(struct field_ctx *c, const struct container_view *k, const char *key,
			uint64_t *ret_x);
bool container_json_text(struct field_ctx *c, const struct container_view *k, const char *key,
			 struct buf *out);

/* One mount by number (index >= 0) or by a pattern for its source (its destination when the source
 * is asked for); arg NULL: all of them. */
bool container_json_mount(struct field_ctx *c, const struct container_view *k, const char *arg,
			  int64_t index, enum mount_part part, struct buf *out);

/* "exe arg arg", or "NONE" when the container has no such probe. */
bool container_json_probe(struct field_ctx *c, const struct container_view *k, const char *key,
			  struct buf *out);

/* A text among the texts of an object: labels, pod_sandbox_labels. */
bool container_json_label(struct field_ctx *c, const struct container_view *k, const char *object,
			  const char *key, struct buf *out);
/* All of them as "key:value", separated by ", ", in the order of their keys; false: there are none. */
bool container_json_labels(struct field_ctx *c, const struct container_view *k, const char *object,
			   struct buf *out);

#endif
