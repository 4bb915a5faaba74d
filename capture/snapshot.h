/*
 * snapshot.h - the machine as it is when a recording (or a rotated file) begins: what /proc, netlink and the files of
 * container engines tell, as scap blocks.
 *
 * The probe records already while the scan runs. Each process has a moment at which it was looked at
 * (snapshot_seen_ns): its events before that moment are in the snapshot and must not be written behind it; neither must
 * a parent's clone, fork or vfork event that is older than the moment of the child it returned. Processes that came and
 * went, or came after their turn, have none: all their events count.
 *
 * One thread. Enters network namespaces and comes back (CAP_SYS_ADMIN); without the permission sockets of other
 * namespaces are told as /proc/PID/net shows them (unix sockets without their peers), and the count says so.
 */
#ifndef CAPTURE_SNAPSHOT_H
#define CAPTURE_SNAPSHOT_H

#include "base/err.h"
#include "writers/scap.h"

struct redact;		/* capture/redact.h: patterns for what must not be written */
struct containers;	/* capture/containers.h */

struct snapshot_options {
	const char *proc;		/* "/proc"; tests give another root */
	const char *root;		/* "/": where /etc/passwd and the engines' folders are looked for */
	int64_t skip_pid;		/* left out: the recorder, whose events are not recorded either; 0: nobody */
	bool no_args, no_env;
	const struct redact *redact;	/* or NULL */
	uint64_t (*now_ns)(void *arg);	/* epoch time by the clock of the events; NULL: the system's clock */
	void *now_arg;
	struct containers *containers;	/* the recording's, told by snapshot_containers; NULL: the snapshot has its own */
	/* Kernel address of a unix socket by its inode number, as events name it; 0 unknown. NULL: taken from
	 * /proc/net/unix, which shows it with kernel.kptr_restrict = 1 only. */
	uint64_t (*unix_address)(void *arg, uint64_t ino);
	void *unix_arg;
};

struct snapshot_counts {
	uint32_t processes, threads, fds, sockets, sockets_unresolved, namespaces, namespaces_denied;
	uint32_t unreadable;		/* processes that could not be looked at, or whose descriptors could not */
	uint32_t containers;
	uint64_t took_ns;
};

struct snapshot;
/* opt is read during the call, but for what its pointers lead to: redact and containers are borrowed until
 * snapshot_free. */
int snapshot_take(const struct snapshot_options *opt, struct snapshot **ret_s, struct err *e);
void snapshot_free(struct snapshot *s);

/* Appends machine info, interfaces, users, processes and descriptors (not the section header). */
void snapshot_blocks(const struct snapshot *s, struct buf *out);
/* Appends one container event per container found, at time ts_ns. */
void snapshot_containers(const struct snapshot *s, uint64_t ts_ns, struct buf *out);
/* When the process of this pid, or of this thread's tid, was looked at; 0: it was not. */
uint64_t snapshot_seen_ns(const struct snapshot *s, int64_t tid);
const struct snapshot_counts *snapshot_counts(const struct snapshot *s);

#endif
