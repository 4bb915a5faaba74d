/*
 * mkcap.h - builds captures in memory, byte by byte, with a knob for each lie: the tests' own
 * expected values come from here, never from the program under test.
 *
 * A mkcap is a growing buffer of pcapng blocks (or a legacy pcap file). All functions abort the test
 * run on lack of memory or wrong use. Little-endian unless mkcap_init's big_endian is set. The code is
 * written from the format alone and shares nothing with src/ but struct buf: it is a second opinion.
 *
 * mkcap.c: numbers, blocks, sections, packets, files. mkcap_state.c: the metadata lists.
 * mkcap_event.c: events parameter by parameter. mkcap_calls.c: whole events. mkcap_io.c: the calls of sockets.
 */
#ifndef MKCAP_H
#define MKCAP_H

#include "base/buf.h"

struct mkcap {
	struct buf out;
	bool big_endian;
	bool v1;	/* events as V1 blocks (0x204/0x208), no nparams */
	bool with_flags;	/* event blocks carry the u32 flags */
	uint32_t event_flags;	/* their value */
	uint16_t cpu;	/* of the next events */
	int nparams_override;	/* >= 0: what V2 headers claim instead of the real count */
	int32_t len_lie;	/* added to the length in event headers; V1 with 4 is what mergecap writes */
	uint32_t block_type_override;	/* not 0: type of the next event blocks */
	const char *comment;	/* non-NULL: a comment option behind each event */
	const struct buf *extra;	/* non-NULL: a custom option behind each event with these items (mkcap_extra) */
	/* what clone and execve shorthands carry */
	uint32_t uid, gid;
	const char *cgroups;	/* strings NUL-separated, length below; may be NULL */
	size_t cgroups_len;
	/* the block and the event being built */
	size_t block_at, entry_at;
	bool fds_v2;
	uint64_t ts_ns;
	int64_t tid;
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
/* The same over bytes already written. */
void mkcap_patch32(struct buf *b, size_t at, uint32_t x, bool be);
/* An address as text, appended as its 4 or 16 bytes in network order. */
void mkcap_ip4(struct buf *b, const char *ip);
void mkcap_ip6(struct buf *b, const char *ip);
/* u16 length and bytes (the lists' strings), no terminator. */
void mkcap_str16(struct buf *b, const void *s, size_t len, bool be);

/* One item of a recorder's custom option, in the capture's byte order; value: its bytes. */
void mkcap_extra(struct mkcap *m, struct buf *items, uint16_t kind, const void *value, size_t len);

/* Any block: type, body padded to 4, both lengths. */
void mkcap_block(struct mkcap *m, uint32_t type, const void *body, size_t len);
/* The same with the lengths as given. */
void mkcap_block_lying(struct mkcap *m, uint32_t type, const void *body, size_t len,
		       uint32_t leading, uint32_t trailing);
/* A block whose body is appended to out between the two calls. Blocks do not nest. */
void mkcap_block_begin(struct mkcap *m, uint32_t type);
void mkcap_block_end(struct mkcap *m);
/* One pcapng option and the end of options, appended to out. */
void mkcap_option(struct mkcap *m, uint16_t code, const void *value, size_t len);
void mkcap_option_end(struct mkcap *m);

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
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t pidns_init_start_ns;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ctime_ns, exe_mtime_ns;
	uint8_t exe_writable, exe_upper, exe_memfd, exe_lower;
};

/*
 * Process list block of version 1 to 9. Version 9 has a tail of tail_bytes behind root: 0, 4, 5, 29
 * (the older layout), 66, 67, 68 or 76 (with pgid); above 76: unknown zero bytes behind it.
 * NULL strings are empty.
 */
void mkcap_processes(struct mkcap *m, int version, unsigned int tail_bytes,
		     const struct mkcap_proc *p, size_t n);

/* Fd list blocks: begin, entries, end. v2: entries carry their length. */
void mkcap_fds_begin(struct mkcap *m, bool v2, int64_t tid);
void mkcap_fd_named(struct mkcap *m, int64_t fd, uint64_t ino, uint8_t type, const char *name);
/* dev is written in V2 lists only, as the writers did. */
void mkcap_fd_file2(struct mkcap *m, int64_t fd, uint64_t ino, uint32_t flags, const char *name,
		    uint32_t dev);
void mkcap_fd_ipv4(struct mkcap *m, int64_t fd, uint64_t ino, const char *sip, uint16_t sport,
		   const char *dip, uint16_t dport, uint8_t l4);
void mkcap_fd_ipv6(struct mkcap *m, int64_t fd, uint64_t ino, const char *sip, uint16_t sport,
		   const char *dip, uint16_t dport, uint8_t l4);
void mkcap_fd_server4(struct mkcap *m, int64_t fd, uint64_t ino, const char *ip, uint16_t port,
		      uint8_t l4);
void mkcap_fd_server6(struct mkcap *m, int64_t fd, uint64_t ino, const char *ip, uint16_t port,
		      uint8_t l4);
void mkcap_fd_unix(struct mkcap *m, int64_t fd, uint64_t ino, uint64_t src, uint64_t dst,
		   const char *path);
void mkcap_fds_end(struct mkcap *m);

/* One list block each. Readers let a later list replace an earlier one: mkcap_accounts has both kinds.
 * A user's gid is its uid, its home /home/NAME, its shell /bin/sh. */
void mkcap_users(struct mkcap *m, bool v2, const char *const *names, const uint32_t *uids,
		 size_t n);
void mkcap_groups(struct mkcap *m, bool v2, const char *const *names, const uint32_t *gids,
		  size_t n);
void mkcap_accounts(struct mkcap *m, bool v2, const char *const *users, const uint32_t *uids,
		    size_t nusers, const char *const *groups, const uint32_t *gids, size_t ngroups);
/* Interface list with one entry each; broadcast is zero. mkcap_interfaces has one of each kind. */
void mkcap_interface4(struct mkcap *m, bool v2, const char *name, const char *ip, const char *mask);
void mkcap_interface6(struct mkcap *m, bool v2, const char *name, const char *ip, const char *mask);
void mkcap_interfaces(struct mkcap *m, bool v2, const char *name, const char *ip4,
		      const char *mask4, const char *ip6, const char *mask6);

/* Events: begin, one call per parameter in order, end. Values are in the capture's byte order. */
void mkcap_event(struct mkcap *m, uint64_t ts_ns, int64_t tid, uint16_t type);
void mkcap_p_u8(struct mkcap *m, uint8_t x);
void mkcap_p_u16(struct mkcap *m, uint16_t x);
void mkcap_p_u32(struct mkcap *m, uint32_t x);
void mkcap_p_u64(struct mkcap *m, uint64_t x);
void mkcap_p_s64(struct mkcap *m, int64_t x);
void mkcap_p_str(struct mkcap *m, const char *s); /* with final NUL; NULL: empty */
void mkcap_p_bytes(struct mkcap *m, const void *p, size_t n);
void mkcap_p_empty(struct mkcap *m);
void mkcap_p_tuple4(struct mkcap *m, const char *sip, uint16_t sport, const char *dip,
		    uint16_t dport);
void mkcap_p_tuple6(struct mkcap *m, const char *sip, uint16_t sport, const char *dip,
		    uint16_t dport);
void mkcap_p_tuple_unix(struct mkcap *m, uint64_t src, uint64_t dst, const char *path);
void mkcap_p_sockaddr4(struct mkcap *m, const char *ip, uint16_t port);
void mkcap_p_sockaddr6(struct mkcap *m, const char *ip, uint16_t port);
void mkcap_p_sockaddr_unix(struct mkcap *m, const char *path);
void mkcap_end(struct mkcap *m);

/* Shorthands for whole events in today's layout. Strings of data are written without final NUL; when
 * data is NULL the parameter is empty. */
void mkcap_openat(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *path,
		  uint32_t flags);
void mkcap_read(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		const char *data);
void mkcap_write(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		 const char *data);
void mkcap_close(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd);
/* Child side of a fork-like clone (res 0) in today's layout. */
void mkcap_clone_child(struct mkcap *m, uint64_t ts, int64_t tid, int64_t pid, int64_t ptid,
		       const char *comm, uint32_t flags);
/* Parent side (res = child); the caller is a process leader whose parent is 1. */
void mkcap_clone_parent(struct mkcap *m, uint64_t ts, int64_t tid, int64_t child, const char *comm,
			uint32_t flags);
void mkcap_execve(struct mkcap *m, uint64_t ts, int64_t tid, int64_t pid, int64_t ptid,
		  const char *exe, const char *args, size_t args_len, const char *comm,
		  const char *path);
void mkcap_procexit(struct mkcap *m, uint64_t ts, int64_t tid, int64_t status);
void mkcap_switch(struct mkcap *m, uint64_t ts, int64_t tid, int64_t next);

/* Everything a clone or execve event says, for what the shorthands fix. NULL strings are empty. */
struct mkcap_task {
	int64_t res, tid, pid, ptid;
	const char *exe, *args, *cwd, *comm, *cgroups, *env;
	size_t args_len, cgroups_len, env_len;
	int64_t fdlimit;
	uint64_t pgft_maj, pgft_min;
	uint32_t vm_size, vm_rss, vm_swap;
	uint32_t flags;	/* clone: PPM_CL_*; execve: execve flags */
	uint32_t uid, gid;
	/* clone only */
	int64_t vtid, vpid;
	uint64_t pidns_init_start_ns;
	/* execve only */
	uint32_t tty, loginuid;
	int64_t vpgid, pgid;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ctime_ns, exe_mtime_ns;
	const char *exepath, *filename;
};

/* type: 223 clone, 225 fork, 227 vfork, 335 clone3; nparams: 20 or 21. */
void mkcap_clone_full(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type,
		      unsigned int nparams, const struct mkcap_task *t);
/* type: 293 execve, 331 execveat; nparams: any count up to 31 (30 for execveat). */
void mkcap_execve_full(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type,
		       unsigned int nparams, const struct mkcap_task *t);

void mkcap_chdir(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *path);
void mkcap_dup(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t oldfd);
void mkcap_dup2(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t oldfd,
		int64_t newfd);
void mkcap_pipe(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd1, int64_t fd2, uint64_t ino);
void mkcap_socket(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint32_t domain,
		  uint32_t type, uint32_t proto);
void mkcap_socketpair(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd1, int64_t fd2,
		      uint64_t source, uint64_t peer);
void mkcap_bind4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *ip,
		 uint16_t port);
void mkcap_connect4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		    const char *sip, uint16_t sport, const char *dip, uint16_t dport);
void mkcap_connect6(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		    const char *sip, uint16_t sport, const char *dip, uint16_t dport);
void mkcap_connect_unix(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
			uint64_t src, uint64_t dst, const char *path);
/* Source is the peer, as in the traffic. */
void mkcap_accept4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *sip,
		   uint16_t sport, const char *dip, uint16_t dport);
void mkcap_accept_unix(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint64_t src,
		       uint64_t dst, const char *path);
void mkcap_sendto4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		   const char *data, const char *sip, uint16_t sport, const char *dip,
		   uint16_t dport);
void mkcap_recvfrom4(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd,
		     const char *data, const char *sip, uint16_t sport, const char *dip,
		     uint16_t dport);
void mkcap_drop(struct mkcap *m, uint64_t ts, bool enter, uint32_t ratio);

/* ---- mkcap_io.c: calls of sockets and what stands between them ---- */

/* IPv4 or, where ip holds a colon, IPv6; NULL: an empty parameter. */
void mkcap_p_tuple(struct mkcap *m, const char *sip, uint16_t sport, const char *dip, uint16_t dport);
void mkcap_p_sockaddr(struct mkcap *m, const char *ip, uint16_t port);

struct mkcap_io {
	int64_t res, fd;
	const void *data;	/* len bytes, as captured */
	size_t len;
	uint32_t size;		/* asked for; 0: res */
	const char *sip, *dip;	/* of the tuple, as mkcap_p_tuple has it */
	uint16_t sport, dport;
	const char *path;	/* not NULL: a unix tuple instead, in the order of the kind of call */
	uint64_t usrc, udst;
};

/* type: 7 read, 9 write, 31 sendto, 35 recvfrom, 49 sendmsg, 51 sendmmsg, 53 recvmsg, 55 recvmmsg, 117 readv, 119
 * writev. */
void mkcap_io(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, const struct mkcap_io *x);
/* Its enter event; type as above. */
void mkcap_io_enter(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t type, const struct mkcap_io *x);
void mkcap_sendfile(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t out_fd, int64_t in_fd,
		    uint64_t offset, uint64_t size);
void mkcap_sendfile_enter(struct mkcap *m, uint64_t ts, int64_t tid, int64_t out_fd, int64_t in_fd, uint64_t offset,
			  uint64_t size);
void mkcap_bind(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *ip, uint16_t port);
void mkcap_bind_unix(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, const char *path);
void mkcap_listen(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, uint32_t backlog);
/* The address is the tuple's destination. */
void mkcap_connect(struct mkcap *m, uint64_t ts, int64_t tid, const struct mkcap_io *x);
void mkcap_connect_enter(struct mkcap *m, uint64_t ts, int64_t tid, const struct mkcap_io *x);
/* accept4; the new socket is fd. */
void mkcap_accept(struct mkcap *m, uint64_t ts, int64_t tid, const struct mkcap_io *x);
void mkcap_accept_enter(struct mkcap *m, uint64_t ts, int64_t tid);
void mkcap_shutdown(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, uint8_t how);
void mkcap_shutdown_enter(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint8_t how);
/* getsockopt of SO_ERROR: how a connect in progress ended. */
void mkcap_so_error(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, int64_t error);
void mkcap_close_enter(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd);
void mkcap_epoll_create1(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd);
void mkcap_epoll_wait(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res);
void mkcap_epoll_wait_enter(struct mkcap *m, uint64_t ts, int64_t tid);
/* Of one fd. */
void mkcap_poll(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, int64_t fd, uint64_t timeout);
void mkcap_futex(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, uint64_t addr);
void mkcap_futex_enter(struct mkcap *m, uint64_t ts, int64_t tid, uint64_t addr);
void mkcap_nanosleep(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, uint64_t interval_ns);
void mkcap_nanosleep_enter(struct mkcap *m, uint64_t ts, int64_t tid, uint64_t interval_ns);
/* A call that has no event type: code of the schema's list of calls (178 clock_nanosleep), number on the machine
 * (230). */
void mkcap_generic(struct mkcap *m, uint64_t ts, int64_t tid, uint16_t code, uint16_t native);

/* State records; tid is -1. The JSON is the whole object {"container":{...}}. */
void mkcap_container_json(struct mkcap *m, uint64_t ts, const char *json); /* 324 */
void mkcap_container_json16(struct mkcap *m, uint64_t ts, const char *json); /* 272 */
void mkcap_container_async(struct mkcap *m, uint64_t ts, const char *name,
			   const char *json); /* 402 */
void mkcap_container_old(struct mkcap *m, uint64_t ts, const char *id, uint32_t type,
			 const char *name, const char *image); /* 228 */
void mkcap_user_added(struct mkcap *m, uint64_t ts, uint32_t uid, uint32_t gid, const char *name,
		      const char *container);
void mkcap_group_added(struct mkcap *m, uint64_t ts, uint32_t gid, const char *name,
		       const char *container);

/* Pairs as older drivers sent them: enter events, and exits that lack what the enter has. */
void mkcap_read_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint32_t size);
void mkcap_read_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *data);
void mkcap_write_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, uint32_t size);
void mkcap_write_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *data);
void mkcap_close_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd);
void mkcap_close_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res);
/* The enter of open has no parameters before sysdig 0.29 (name NULL) and three since; the exit has the
 * four of the first releases. */
void mkcap_open_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, const char *name,
			  uint32_t flags);
void mkcap_open_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *name,
			 uint32_t flags);
void mkcap_socket_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, uint32_t domain,
			    uint32_t type, uint32_t proto);
void mkcap_socket_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd);
void mkcap_connect_enter_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t fd, const char *ip,
			     uint16_t port); /* ip NULL: without addr */
void mkcap_connect_exit_old(struct mkcap *m, uint64_t ts, int64_t tid, int64_t res, const char *sip,
			    uint16_t sport, const char *dip, uint16_t dport);
void mkcap_procexit_old(struct mkcap *m, uint64_t ts, int64_t tid); /* 16 */

/* pcapng packets. tsresol < 0: no option; snaplen 0: no limit; name may be NULL. */
void mkcap_idb(struct mkcap *m, uint16_t link_type, uint32_t snaplen, int tsresol,
	       const char *name);
void mkcap_epb(struct mkcap *m, uint32_t interface, uint64_t units, const void *data,
	       uint32_t cap_len, uint32_t orig_len);
void mkcap_spb(struct mkcap *m, const void *data, uint32_t cap_len, uint32_t orig_len);

/* Legacy pcap into out (m must be fresh): magic microseconds or nanoseconds. */
void mkcap_pcap_header(struct mkcap *m, bool nanoseconds, uint16_t link_type);
void mkcap_pcap_packet(struct mkcap *m, uint32_t sec, uint32_t frac, const void *data,
		       uint32_t cap_len, uint32_t orig_len);

/* Writes what was built to a file; aborts on failure. */
void mkcap_save(const struct mkcap *m, const char *path);

#endif
