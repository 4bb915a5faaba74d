/*
 * mkcap.h - builds captures in memory, byte by byte, with a knob for each lie: the tests' own
 * expected values come from here, never from the program under test.
 *
 * A mkcap is a growing buffer of pcapng blocks (or a legacy pcap file). All functions abort the test
 * run on lack of memory. Little-endian unless mkcap_init's big_endian is set.
 */
#ifndef MKCAP_H
#define MKCAP_H

#include "base/buf.h"

struct mkcap {
	struct buf out;
	bool big_endian;
	bool v1;		/* events as V1 blocks (0x204/0x208), no nparams */
	bool with_flags;	/* event blocks carry the u32 flags */
	uint32_t event_flags;	/* their value */
	uint16_t cpu;		/* of the next events */
	int nparams_override;	/* >= 0: what V2 headers claim instead of the real count */
	const char *comment;	/* non-NULL: a comment option behind each event */
	/* the event being built */
	size_t block_at, lens_at;
	uint16_t type;
	unsigned int nparams;
	struct buf lens, values;
	bool large;
};

void mkcap_init(struct mkcap *m, bool big_endian);
void mkcap_release(struct mkcap *m);

/* Raw numbers in the capture's byte order, appended to out. */
void mkcap_u16(struct buf *b, uint16_t x, bool be);
void mkcap_u32(struct buf *b, uint32_t x, bool be);
void mkcap_u64(struct buf *b, uint64_t x, bool be);

/* Any block: type, body padded to 4, both lengths. */
void mkcap_block(struct mkcap *m, uint32_t type, const void *body, size_t len);
/* The same with the trailing length as given. */
void mkcap_block_lying(struct mkcap *m, uint32_t type, const void *body, size_t len, uint32_t leading,
		       uint32_t trailing);

void mkcap_section(struct mkcap *m, uint16_t minor);
/* With options: any may be NULL. */
void mkcap_section_options(struct mkcap *m, uint16_t minor, const char *hardware, const char *os,
			   const char *application, const char *comment);
void mkcap_machine(struct mkcap *m, const char *hostname, uint32_t cpus, uint64_t boot_ns);

struct mkcap_proc {
	int64_t tid, pid, ptid, sid, vpgid, vtid, vpid, pgid;
	const char *comm, *exe, *exepath, *cwd, *root;
	const char *args, *env, *cgroups;	/* strings NUL-separated, lengths below */
	size_t args_len, env_len, cgroups_len;
	int64_t fdlimit;
	uint32_t flags, uid, gid, loginuid, tty;
};

/* Process list block of version 1 to 9; version 9 has a tail of tail_bytes: 0, 4, 5, 29, 66 or 74 (with pgid). */
void mkcap_processes(struct mkcap *m, int version, unsigned int tail_bytes, const struct mkcap_proc *p,
		     size_t n);

/* Fd list blocks: begin, entries, end. v2: entries carry their length. */
void mkcap_fds_begin(struct mkcap *m, bool v2, int64_t tid);
void mkcap_fd_named(struct mkcap *m, int64_t fd, uint64_t ino, uint8_t type, const char *name);
void mkcap_fd_file2(struct mkcap *m, int64_t fd, uint64_t ino, uint32_t flags, const char *name, uint32_t dev);
void mkcap_fd_ipv4(struct mkcap *m, int64_t fd, uint64_t ino, const char *sip, uint16_t sport,
		   const char *dip, uint16_t dport, uint8_t l4);
void mkcap_fd_ipv6(struct mkcap *m, int64_t fd, uint64_t ino, const char *sip, uint16_t sport,
		   const char *dip, uint16_t dport, uint8_t l4);
void mkcap_fd_server4(struct mkcap *m, int64_t fd, uint64_t ino, const char *ip, uint16_t port, uint8_t l4);
void mkcap_fd_unix(struct mkcap *m, int64_t fd, uint64_t ino, uint64_t src, uint64_t dst, const char *path);
void mkcap_fds_end(struct mkcap *m);

void mkcap_users(struct mkcap *m, bool v2, const char *const *names, const uint32_t *uids, size_t n);
void mkcap_groups(struct mkcap *m, bool v2, const char *const *names, const uint32_t *gids, size_t n);
void mkcap_interface4(struct mkcap *m, bool v2, const char *name, const char *ip, const char *mask);

/* Events: begin, one call per parameter in order, end. Values are in the capture's byte order. */
void mkcap_event(struct mkcap *m, uint64_t ts_ns, int64_t tid, uint16_t type);
void mkcap_p_u8(struct mkcap *m, uint8_t x);
void mkcap_p_u16(struct mkcap *m, uint16_t x);
void mkcap_p_u32(struct mkcap *m, uint32_t x);
void mkcap_p_u64(struct mkcap *m, uint64_t x);
void mkcap_p_s64(struct mkcap *m, int64_t x);
void mkcap_p_str(struct mkcap *m, const char *s);		/* with final NUL */
void mkcap_p_bytes(struct mkcap *m, const void *p, size_t n);
void mkcap_p_empty(struct mkcap *m);
void mkcap_p_tuple4(struct mkcap *m, const char *sip, uint16_t sport, const char *dip, uint16_t dport);
void mkcap_p_sockaddr4(struct mkcap *m, const char *ip, uint16_t port);
void mkcap_end(struct mkcap *m);

/* Shorthands for whole events in today's layout. */
void mkcap_openat(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *path, uint32_t flags);
void mkcap_read(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *data);
void mkcap_write(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *data);
void mkcap_close(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd);
/* Child side of a fork-like clone (res 0) in today's layout. */
void mkcap_clone_child(struct mkcap *m, uint64_t ts, int64_t tid, int64_t pid, int64_t ptid,
		       const char *comm, uint32_t flags);
/* Parent side (res = child). */
void mkcap_clone_parent(struct mkcap *m, uint64_t ts, int64_t tid, int64_t child, const char *comm,
			uint32_t flags);
void mkcap_execve(struct mkcap *m, uint64_t ts, int64_t tid, int64_t pid, int64_t ptid, const char *exe,
		  const char *args, size_t args_len, const char *comm, const char *path);
void mkcap_procexit(struct mkcap *m, uint64_t ts, int64_t tid, int64_t status);
void mkcap_switch(struct mkcap *m, uint64_t ts, int64_t tid, int64_t next);

/* pcapng packets. */
void mkcap_idb(struct mkcap *m, uint16_t link_type, uint32_t snaplen, int tsresol, const char *name);
void mkcap_epb(struct mkcap *m, uint32_t interface, uint64_t units, const void *data, uint32_t cap_len,
	       uint32_t orig_len);

/* Legacy pcap into out (m must be fresh): magic microseconds or nanoseconds. */
void mkcap_pcap_header(struct mkcap *m, bool nanoseconds, uint16_t link_type);
void mkcap_pcap_packet(struct mkcap *m, uint32_t sec, uint32_t frac, const void *data, uint32_t cap_len,
		       uint32_t orig_len);

/* Writes what was built to a file; aborts on failure. */
void mkcap_save(const struct mkcap *m, const char *path);

#endif
