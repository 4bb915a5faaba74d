/*
 * view.h - what a thread and a file descriptor were at one moment.
 *
 * Views are immutable. The fold (the only writer, one thread at a time per section) replaces a
 * view by a new one whenever something in it changes and stamps events with pointers to the views
 * of their moment; a replaced view is kept until every batch that may point to it is released.
 * So taps and printing read them on any thread without locks. All strings are NUL-terminated,
 * never NULL ("" when unknown or empty), and may hold any byte: escape before showing.
 */
#ifndef STATE_VIEW_H
#define STATE_VIEW_H

#include "base/base.h"

#define ID_NONE UINT32_MAX	/* no such process, fd, container, ... */
#define UID_NONE UINT32_MAX

/* A string shared by views. len counts without the final NUL; NULs may be inside (args, env). */
struct str {
	uint32_t refs;		/* owner: fold */
	uint32_t len;
	char s[];
};

struct container_view;

/* The strings of one program image, shared by all threads of a process and its children until exec. */
struct image {
	uint32_t refs;			/* owner: fold */
	const struct str *exe;		/* argv[0] */
	const struct str *exepath;	/* "" unknown */
	const struct str *args;		/* argv[1..], NUL-separated, no final NUL */
	const struct str *env;		/* NAME=value, NUL-separated, no final NUL */
	const struct str *cgroups;	/* subsystem=path, NUL-separated, names normalised */
};

enum {
	TV_KNOWN = 1,		/* not a placeholder: comm, pid, parent come from the capture */
	TV_MAIN = 2,		/* the thread group's leader */
	TV_IN_PIDNS = 4,	/* in a pid namespace other than the initial one */
	TV_FROM_SCAN = 8,	/* was there when the capture began */
	TV_EXE_WRITABLE = 16, TV_EXE_UPPER = 32, TV_EXE_LOWER = 64, TV_EXE_MEMFD = 128,
	TV_DEAD = 256,		/* its exit was seen (only on views of its own exit event and later) */
};

struct thread_view {
	uint32_t refs;			/* owner: fold */
	uint32_t process;		/* dense id of the process within the section: state_process() */
	int64_t tid, pid, ptid;		/* pid and ptid -1 when unknown */
	int64_t vtid, vpid, sid, vpgid, pgid;	/* -1 unknown */
	uint64_t clone_ns;		/* start, 0: before the capture */
	uint64_t exec_ns;		/* last exec, 0: before the capture */
	uint64_t pidns_start_ns;	/* 0: unknown */
	uint32_t uid, gid, loginuid;	/* UID_NONE */
	uint32_t tty;
	uint32_t flags;			/* TV_ */
	uint32_t clone_flags;		/* PPM_CL_ as last known */
	int64_t fdlimit;		/* -1 unknown */
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ctime_ns, exe_mtime_ns;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;	/* kept current only with WANT_MEMORY */
	uint64_t pfmajor, pfminor;
	const struct str *comm;		/* "" unknown: shown <NA> */
	const struct str *cwd;		/* with trailing slash, "" unknown */
	const struct str *root;
	const struct image *image;	/* never NULL */
	const struct str *user_name;	/* of uid in the thread's container; "" unknown: shown <NA> */
	const struct str *group_name;
	const struct str *login_name;
	const struct container_view *container;	/* NULL: host or unknown */
};

/* PPM fd types (the numbers of fd list entries). */
enum fd_type {
	FD_UNKNOWN = 0, FD_FILE = 1, FD_DIRECTORY = 2, FD_IPV4 = 3, FD_IPV6 = 4, FD_IPV4_SERVER = 5,
	FD_IPV6_SERVER = 6, FD_FIFO = 7, FD_UNIX = 8, FD_EVENTFD = 9, FD_UNSUPPORTED = 10,
	FD_SIGNALFD = 11, FD_EPOLL = 12, FD_INOTIFY = 13, FD_TIMERFD = 14, FD_NETLINK = 15,
	FD_FILE_V2 = 16, FD_BPF = 17, FD_USERFAULTFD = 18, FD_IO_URING = 19, FD_MEMFD = 20,
	FD_PIDFD = 21, FD_TYPE_COUNT
};

enum l4_proto { L4_UNKNOWN = 0, L4_NA = 1, L4_TCP = 2, L4_UDP = 3, L4_ICMP = 4, L4_RAW = 5 };

enum fd_role { ROLE_NONE, ROLE_CLIENT, ROLE_SERVER };

enum {
	FV_CONNECTED = 1, FV_PENDING = 2, FV_FAILED = 4,
	FV_FROM_SCAN = 8,	/* open before the capture began */
	FV_UPPER = 16, FV_LOWER = 32,
	FV_GUESSED = 64,	/* created from a use of an fd whose creation was not seen */
};

struct fd_view {
	uint32_t refs;			/* owner: fold */
	uint32_t id;			/* stable identity of the open file within the section: dup, fork and
					 * SCM_RIGHTS keep it, a reused fd number is another id */
	uint8_t type;			/* enum fd_type */
	uint8_t l4;			/* enum l4_proto */
	uint8_t role;			/* enum fd_role */
	uint8_t flags;			/* FV_ */
	uint32_t open_flags;		/* PPM_O_ */
	uint32_t dev;			/* as stored, 0 unknown */
	uint32_t process;		/* process that created it, ID_NONE when inherited from the scan or passed */
	uint64_t ino;
	uint64_t open_ns;		/* 0: before the capture, or by the sender of a passed descriptor */
	/* Sockets. IPv4 uses the first 4 bytes, network order; ports are host integers. Source is the
	 * client end once a role is known; server sockets have their bound address in dst. */
	uint8_t src_ip[16], dst_ip[16];
	uint16_t src_port, dst_port;
	uint64_t unix_src, unix_dst;	/* kernel socket addresses */
	uint32_t name_len;
	const struct str *raw_name;	/* as the program passed it, NULL: same as name */
	char name[];			/* as shown: path, tuple, ... NUL-terminated */
};

struct container_view {
	uint32_t id_index;		/* dense index within the section */
	int32_t type;			/* number of STATE's engine table, -1 unknown */
	const struct str *id;		/* 12 characters, or a name */
	const struct str *full_id, *name, *image, *image_id, *image_repo, *image_tag, *image_digest;
	const struct str *json;		/* the container event's text, "" when only seen in cgroups */
	const struct str *sandbox_json;	/* that of its pod's sandbox, when json lacks the pod's labels; "" otherwise */
	int8_t privileged;		/* -1 unknown */
};

/* Word of sysdig's fd.type ("file") and character of fd.typechar ('f'; '?' unknown number). */
const char *fd_type_word(const struct fd_view *fd);
char fd_type_char(unsigned int type);

/* True for ipv4, ipv6 and their server sockets; for regular files (incl. directories). */
static inline bool fd_is_inet(const struct fd_view *fd)
{
	return fd->type >= FD_IPV4 && fd->type <= FD_IPV6_SERVER;
}

static inline bool fd_is_net(const struct fd_view *fd)
{
	return fd_is_inet(fd) || fd->type == FD_UNIX;
}

static inline bool fd_is_file(const struct fd_view *fd)
{
	return fd->type == FD_FILE || fd->type == FD_DIRECTORY || fd->type == FD_FILE_V2;
}

#endif
