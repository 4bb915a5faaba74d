/*
 * proc_mounts.h - mounts of every mount namespace met: which device a file of a mount id is on, and, of overlays, in
 * which layer.
 *
 * Ids of mounts are the kernel's own and differ over namespaces; a namespace is read when a file on a mount not yet
 * known is met. One thread.
 */
#ifndef CAPTURE_PROC_MOUNTS_H
#define CAPTURE_PROC_MOUNTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"

struct mount_row {
	uint32_t dev;			/* as scap has it */
	const char *point, *root;	/* overlays only, else NULL; in the arena */
	const char *upper;		/* NULL: an overlay without upper layer */
};

struct mounts {
	struct arena arena;		/* owns texts */
	struct mount_row *rows;		/* owns */
	uint32_t count, cap;
	struct map by_id, namespaces;
};

void mounts_init(struct mounts *m);
void mounts_release(struct mounts *m);

/* The mount of that id, read from PID/mountinfo if need be; ns: inode number of the process' mount namespace. NULL: not
 * listed (a mount that was detached, or of another namespace). */
const struct mount_row *mounts_find(struct mounts *m, int64_t mnt_id, uint64_t ns, int pid_fd);

/* A device as stat tells it, as the format has it. */
uint32_t mounts_dev(unsigned int major, unsigned int minor);

enum mount_layer { LAYER_NONE, LAYER_UPPER, LAYER_LOWER };
/* Where the file of an overlay at path (as its processes name it) comes from. root_fd: the folder that upper layers are
 * below. */
enum mount_layer mounts_layer(const struct mount_row *row, const char *path, int root_fd);

#endif
