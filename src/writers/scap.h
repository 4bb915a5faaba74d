/*
 * scap.h - scap blocks out: section header, machine, interfaces, users, processes, descriptors, events, appended to a
 * buf.
 *
 * What libs writes today (section 1.2, little-endian): every block padded to 4, process and fd lists V2 with entry
 * lengths, events as V2 blocks (with flags, large where the type asks for it). A buf that ran out of memory is failed
 * and the caller's business. Strings are bytes with a length and may hold NULs where the format says so (args, env,
 * cgroups). What readers have no room for is cut: args, env and cgroups at 4096 bytes, users and groups at 255, other
 * texts at 1023. Any thread, one buf each.
 */
#ifndef WRITERS_SCAP_H
#define WRITERS_SCAP_H

#include "base/buf.h"
#include "base/cursor.h"

struct scap_text {
	const char *s;
	uint32_t len;
};

struct scap_machine {
	uint32_t cpus;
	uint64_t memory_bytes, max_pid, boot_ns, flags;
	const char *hostname;
};

struct scap_interface {
	bool v6;
	uint8_t ip[16], mask[16], broadcast[16];	/* IPv4: the first 4 bytes */
	const char *name;
};

struct scap_user {
	uint32_t uid, gid;
	const char *name, *home, *shell;
};

struct scap_group {
	uint32_t gid;
	const char *name;
};

struct scap_thread {
	int64_t tid, pid, ptid, sid, vpgid, pgid, vtid, vpid;	/* -1 unknown */
	struct scap_text comm, exe, exepath, args, env, cwd, cgroups, root;
	int64_t fdlimit;
	uint32_t flags;		/* PPM_CL_ */
	uint32_t uid, gid, tty, loginuid;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t pidns_start_ns;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ctime_ns, exe_mtime_ns;
	bool exe_writable, exe_upper, exe_lower, exe_memfd;
};

/* type: numbers of the format's fd list (1 file ... 21 pidfd). Server sockets (5, 6) have src only. */
struct scap_fd {
	int64_t fd;
	uint64_t ino;
	uint8_t type, l4;
	uint8_t src_ip[16], dst_ip[16];		/* IPv4: the first 4 bytes */
	uint16_t src_port, dst_port;
	uint64_t unix_src, unix_dst;
	uint32_t open_flags, dev;
	struct scap_text name;
};

/* One event: parameter values follow one another in values, lens says how long each is. */
struct scap_event {
	uint64_t ts_ns;
	int64_t tid;
	uint16_t cpu, type;
	uint32_t flags;			/* of the block; 1: state only */
	uint32_t nparams;
	const uint16_t *lens;		/* NULL: lens32 */
	const uint32_t *lens32;		/* types with large payload only */
	const uint8_t *values;
	const uint8_t *extra;		/* items of schema/extra.h, or NULL: written as one custom option */
	uint32_t extra_len;
};

/* application: of the section header's options, or NULL for none: sysdig to 0.29 at least refuses a header with
 * options. */
void scap_section(struct buf *out, const char *application);
void scap_machine(struct buf *out, const struct scap_machine *m);
void scap_interfaces(struct buf *out, const struct scap_interface *rows, size_t count);
void scap_users(struct buf *out, const struct scap_user *users, size_t user_count, const struct scap_group *groups,
		size_t group_count);

/* A process list block is begun, filled thread by thread, and ended; so is the fd list of one thread. */
size_t scap_threads_begin(struct buf *out);
void scap_thread(struct buf *out, const struct scap_thread *t);
void scap_threads_end(struct buf *out, size_t begun);
size_t scap_fds_begin(struct buf *out, int64_t tid);
void scap_fd(struct buf *out, const struct scap_fd *fd);
void scap_fds_end(struct buf *out, size_t begun);

/* False: an event longer than blocks may be (65536 bytes, large types 64 MiB), more than LIMIT_EVENT_PARAMS parameters,
 * or a parameter too long for its type; nothing was added. How wide lengths are depends on the type, whichever of lens
 * and lens32 is given. */
bool scap_event(struct buf *out, const struct scap_event *ev);

#endif
