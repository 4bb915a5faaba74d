/*
 * proc_parse.h - the texts of /proc/PID: stat, status, limits, cgroup, fdinfo. Pure text to numbers; what is absent
 * keeps its default.
 */
#ifndef CAPTURE_PROC_PARSE_H
#define CAPTURE_PROC_PARSE_H

#include "base/buf.h"

#define PROC_COMM_BYTES 16	/* the kernel's task name, as events have it */

struct proc_stat {
	char comm[PROC_COMM_BYTES];	/* ended by a NUL */
	char state;			/* R S D Z T t X I ... */
	int64_t ppid, pgid, sid;
	uint32_t tty;
	uint32_t kernel_flags;		/* PROC_PF_ */
	uint64_t minor_faults, major_faults;
	uint32_t threads;
	uint64_t start_ticks;		/* since boot */
};

#define PROC_PF_KTHREAD 0x00200000u

struct proc_status {
	uint32_t uid, gid;		/* effective */
	int64_t vtid, vpgid;		/* in the innermost pid namespace; -1 unknown */
	unsigned int pid_levels;	/* pid namespaces from the reader's to its own, 1: the same; 0 unknown */
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
};

struct proc_fdinfo {
	uint32_t flags;			/* PPM_O_ */
	int64_t mnt_id;			/* -1 unknown */
	int64_t pid;			/* of a pidfd; 0: none */
};

/* False: not of the expected form; nothing was written. */
bool proc_parse_stat(const struct buf *text, struct proc_stat *ret_st);
/* False: not a status. */
bool proc_parse_status(const struct buf *text, struct proc_status *ret_st);
/* The soft limit of open files; -1: none, or not told. */
int64_t proc_parse_limits(const struct buf *text);
void proc_parse_fdinfo(const struct buf *text, struct proc_fdinfo *ret_i);

/* Kernel's open flags as the format has them. */
uint32_t proc_open_flags(uint64_t kernel);

/* "subsystem=path", each ended by a NUL, appended: one per controller. unified: names of controllers for the line of
 * cgroup v2, separated by blanks. */
void proc_parse_cgroups(const struct buf *text, const char *unified, struct buf *out);

/* Decimal, octal and hex digits from *io_s on, which moves behind them; 0 without any. */
uint64_t text_number(const char **io_s, const char *end, unsigned int base);
/* Behind blanks and tabs. */
const char *text_blanks(const char *s, const char *end);

#endif
