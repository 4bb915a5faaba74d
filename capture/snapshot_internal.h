/*
 * snapshot_internal.h - what the parts of a snapshot share.
 *
 *   snapshot.c            the order of it all; blocks out
 *   snapshot_machine.c    machine, users, groups
 *   snapshot_net.c        network namespaces: sockets and interfaces
 *   proc_process.c        one process and its threads
 *   proc_fds.c            its descriptors
 */
#ifndef CAPTURE_SNAPSHOT_INTERNAL_H
#define CAPTURE_SNAPSHOT_INTERNAL_H

#include "base/arena.h"
#include "base/map.h"
#include "capture/proc_mounts.h"
#include "capture/snapshot.h"
#include "capture/sock_list.h"

/* Type of a descriptor that is a socket: what kind is known when all namespaces were asked. */
#define SNAP_SOCKET 255u

struct snap_fd {
	uint64_t ino;
	const char *name;	/* in the arena */
	uint32_t name_len;
	int32_t fd;
	uint32_t open_flags, dev;
	uint8_t type;		/* of the format, or SNAP_SOCKET */
};

struct snap_process {
	int64_t pid;
	uint64_t seen_ns, start_ns;
	uint64_t net_ns, pid_ns, mnt_ns, user_ns;	/* inode numbers; 0 unknown */
	uint32_t first_thread, thread_count;
	uint32_t first_fd, fd_count;
};

struct snapshot {
	struct snapshot_options opt;	/* its strings are borrowed during snapshot_take only */
	struct snapshot_counts counts;
	struct arena arena;
	struct scap_machine machine;
	uint64_t boot_ns;
	uint64_t self_net_ns, self_user_ns;

	struct scap_user *users;	/* owns */
	uint32_t user_count, user_cap;
	struct scap_group *groups;	/* owns */
	uint32_t group_count, group_cap;
	struct scap_interface *interfaces;	/* owns; names in the arena */
	uint32_t interface_count, interface_cap;
	struct map interfaces_known;

	struct snap_process *processes;	/* owns; by pid */
	uint32_t process_count, process_cap;
	struct scap_thread *threads;	/* owns; of one process after the other, its leader first; texts in the arena */
	uint32_t thread_count, thread_cap;
	struct snap_fd *fds;		/* owns; of one process after the other */
	uint32_t fd_count, fd_cap;
	struct map by_tid;		/* tid: index of its process + 1 */
	struct socks socks;
	struct containers *containers;	/* own_containers or the caller's */
	struct containers *own_containers;	/* owns */

	/* While it is taken. */
	int proc_fd, root_fd;
	struct mounts mounts;
	struct buf text, link;		/* scratch */
	char unified[256];		/* controllers of cgroup v2 */
};

/* A row more at the end of an array, zeroed; NULL: no memory, or count is at max. */
void *snapshot_grow(void **io_rows, uint32_t count, uint32_t *io_cap, uint32_t max, size_t size);
/* A copy in the arena; p NULL when there is no memory. */
struct scap_text snapshot_text(struct snapshot *s, const char *p, size_t len);
uint64_t snapshot_now(const struct snapshot *s);
/* Inode number of what a link of /proc/PID/ns leads to; 0 unknown. */
uint64_t snapshot_ns(int dir_fd, const char *path);

int snapshot_machine(struct snapshot *s);
int snapshot_accounts(struct snapshot *s);
int snapshot_networks(struct snapshot *s, struct err *e);

/* Looks at one process: adds it, its threads and descriptors. A process that is gone is nothing. ERR_NOMEM. */
int proc_process(struct snapshot *s, int64_t pid);
/* Adds the descriptors that dir_fd/fd lists to the newest process. False: not allowed to look. */
int proc_fds(struct snapshot *s, struct snap_process *p, int dir_fd, bool *ret_readable);

#endif
