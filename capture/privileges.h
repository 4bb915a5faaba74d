/*
 * privileges.h - what the recorder is allowed, what it needs for what, and giving up what it needs no longer.
 *
 *   CAP_BPF, CAP_PERFMON                loading and attaching (CAP_SYS_ADMIN before Linux 5.8)
 *   CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH the snapshot: /proc of other users' processes, files of container engines
 *   CAP_SYS_ADMIN                       the snapshot and packets: other network namespaces
 *   CAP_NET_RAW, CAP_NET_ADMIN          packets; sockets of all users, promiscuous mode
 */
#ifndef CAPTURE_PRIVILEGES_H
#define CAPTURE_PRIVILEGES_H

#include "base/buf.h"
#include "base/err.h"

struct privileges_user {
	bool given;		/* else nobody changes */
	uint32_t uid, gid;
	char name[64];
};

/* By name or number. ERR_USAGE. */
int privileges_user(const char *name, struct privileges_user *ret_u, struct err *e);

struct privileges_plan {
	struct privileges_user user;
	bool snapshots;		/* more are to come: keep what they need */
	bool files;		/* more files are opened, joined, removed: keep root's right to do so, unless user is given */
};

/* Gives up everything else, for this thread and those it starts later. */
int privileges_drop(const struct privileges_plan *plan, struct err *e);

/* For --check: lines "ok ..." and "no ..."; false when what recording needs at least is missing. */
bool privileges_check(struct buf *out);
bool privileges_have(int capability);

#endif
