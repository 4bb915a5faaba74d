/*
 * collect_calls.c - what each system call is to the collecting of sockets: does it move bytes of a descriptor, open or end
 * a conversation, wait for something. Tables and pure functions of stamped events; any thread.
 */
#include "join/collect_internal.h"

#define PLAIN(type, wait) [EV_##type] = { CALL_PLAIN, wait, 0, 0, 0 }
#define FD(type, wait) [EV_##type] = { CALL_FD, wait, 0, 0, 0 }
#define MOVE(type, action, data, size, tuple) [EV_##type] = { action, WAIT_OTHER, data, size, tuple }
#define AS(type, action, wait) [EV_##type] = { action, wait, 0, 0, 0 }

/* Calls without a row are calls of which only the time matters: WAIT_OTHER. */
const struct call_row call_rows[SCHEMA_EVENTS] = {
	MOVE(SYSCALL_READ_X, CALL_READ, 1, 3, 0),
	MOVE(SYSCALL_READV_X, CALL_READ, 2, 0, 0),
	MOVE(SOCKET_RECV_X, CALL_READ, 1, 3, 4),
	MOVE(SOCKET_RECVFROM_X, CALL_READ, 1, 4, 2),
	MOVE(SOCKET_RECVMSG_X, CALL_READ, 2, 0, 3),
	MOVE(SOCKET_RECVMMSG_X, CALL_READ, 3, 2, 4),
	MOVE(SYSCALL_WRITE_X, CALL_WRITE, 1, 0, 0),
	MOVE(SYSCALL_WRITEV_X, CALL_WRITE, 1, 0, 0),
	MOVE(SOCKET_SEND_X, CALL_WRITE, 1, 0, 4),
	MOVE(SOCKET_SENDTO_X, CALL_WRITE, 1, 0, 4),
	MOVE(SOCKET_SENDMSG_X, CALL_WRITE, 1, 0, 4),
	MOVE(SOCKET_SENDMMSG_X, CALL_WRITE, 3, 2, 4),
	MOVE(SYSCALL_SENDFILE_X, CALL_WRITE, 0, 0, 0),
	MOVE(SYSCALL_COPY_FILE_RANGE_X, CALL_WRITE, 0, 0, 0),
	MOVE(SYSCALL_SPLICE_X, CALL_SPLICE, 0, 0, 0),

	AS(SOCKET_SOCKET_X, CALL_SOCKET, WAIT_OTHER),
	AS(SOCKET_BIND_X, CALL_BIND, WAIT_OTHER),
	AS(SOCKET_LISTEN_X, CALL_BIND, WAIT_OTHER),
	MOVE(SOCKET_CONNECT_X, CALL_CONNECT, 0, 0, 1),
	MOVE(SOCKET_ACCEPT_5_X, CALL_ACCEPT, 0, 0, 1),
	MOVE(SOCKET_ACCEPT4_6_X, CALL_ACCEPT, 0, 0, 1),
	AS(SOCKET_SHUTDOWN_X, CALL_SHUTDOWN, WAIT_OTHER),
	AS(SYSCALL_CLOSE_X, CALL_CLOSE, WAIT_OTHER),
	FD(SOCKET_SETSOCKOPT_X, WAIT_OTHER),
	FD(SOCKET_GETSOCKOPT_X, WAIT_OTHER),
	FD(SYSCALL_IOCTL_3_X, WAIT_OTHER),
	FD(SYSCALL_FCNTL_X, WAIT_FILE),
	FD(SYSCALL_DUP_1_X, WAIT_OTHER),
	FD(SYSCALL_DUP2_X, WAIT_OTHER),
	FD(SYSCALL_DUP3_X, WAIT_OTHER),

	AS(SYSCALL_EPOLLWAIT_X, CALL_EPOLL, WAIT_POLL),
	AS(SYSCALL_POLL_X, CALL_POLL, WAIT_POLL),
	AS(SYSCALL_PPOLL_X, CALL_POLL, WAIT_POLL),
	AS(SYSCALL_SELECT_X, CALL_POLL, WAIT_POLL),
	AS(SYSCALL_CLONE_20_X, CALL_CLONE, WAIT_OTHER),
	AS(SYSCALL_FORK_20_X, CALL_CLONE, WAIT_OTHER),
	AS(SYSCALL_VFORK_20_X, CALL_CLONE, WAIT_OTHER),
	AS(SYSCALL_CLONE3_X, CALL_CLONE, WAIT_OTHER),
	AS(SYSCALL_IO_URING_ENTER_X, CALL_RING, WAIT_OTHER),
	AS(SYSCALL_IO_URING_SETUP_X, CALL_RING, WAIT_OTHER),
	AS(SCHEDSWITCH_6_E, CALL_SWITCH, WAIT_OTHER),
	AS(PROCEXIT_1_E, CALL_EXIT, WAIT_OTHER),
	AS(DROP_E, CALL_DROP, WAIT_OTHER),
	AS(DROP_X, CALL_DROP, WAIT_OTHER),
	AS(GENERIC_X, CALL_GENERIC, WAIT_OTHER),

	PLAIN(SYSCALL_FUTEX_X, WAIT_LOCK),
	PLAIN(SYSCALL_SEMOP_X, WAIT_LOCK),
	FD(SYSCALL_FLOCK_X, WAIT_LOCK),
	PLAIN(SYSCALL_NANOSLEEP_X, WAIT_SLEEP),

	FD(SYSCALL_PREAD_X, WAIT_FILE),
	FD(SYSCALL_PWRITE_X, WAIT_FILE),
	FD(SYSCALL_PREADV_X, WAIT_FILE),
	FD(SYSCALL_PWRITEV_X, WAIT_FILE),
	FD(SYSCALL_FSTAT_X, WAIT_FILE),
	FD(SYSCALL_FSTAT64_X, WAIT_FILE),
	FD(SYSCALL_LSEEK_X, WAIT_FILE),
	FD(SYSCALL_LLSEEK_X, WAIT_FILE),
	PLAIN(SYSCALL_OPEN_X, WAIT_FILE),
	PLAIN(SYSCALL_CREAT_X, WAIT_FILE),
	PLAIN(SYSCALL_OPENAT_2_X, WAIT_FILE),
	PLAIN(SYSCALL_OPENAT2_X, WAIT_FILE),
	PLAIN(SYSCALL_OPEN_BY_HANDLE_AT_X, WAIT_FILE),
	PLAIN(SYSCALL_STAT_X, WAIT_FILE),
	PLAIN(SYSCALL_LSTAT_X, WAIT_FILE),
	PLAIN(SYSCALL_STAT64_X, WAIT_FILE),
	PLAIN(SYSCALL_LSTAT64_X, WAIT_FILE),
	PLAIN(SYSCALL_NEWFSTATAT_X, WAIT_FILE),
	PLAIN(SYSCALL_ACCESS_X, WAIT_FILE),
	PLAIN(SYSCALL_GETCWD_X, WAIT_FILE),
	PLAIN(SYSCALL_CHDIR_X, WAIT_FILE),
	PLAIN(SYSCALL_FCHDIR_X, WAIT_FILE),
	PLAIN(SYSCALL_RENAME_X, WAIT_FILE),
	PLAIN(SYSCALL_RENAMEAT_X, WAIT_FILE),
	PLAIN(SYSCALL_RENAMEAT2_X, WAIT_FILE),
	PLAIN(SYSCALL_SYMLINK_X, WAIT_FILE),
	PLAIN(SYSCALL_SYMLINKAT_X, WAIT_FILE),
	PLAIN(SYSCALL_LINK_2_X, WAIT_FILE),
	PLAIN(SYSCALL_LINKAT_2_X, WAIT_FILE),
	PLAIN(SYSCALL_UNLINK_2_X, WAIT_FILE),
	PLAIN(SYSCALL_UNLINKAT_2_X, WAIT_FILE),
	PLAIN(SYSCALL_MKDIR_2_X, WAIT_FILE),
	PLAIN(SYSCALL_MKDIRAT_X, WAIT_FILE),
	PLAIN(SYSCALL_RMDIR_2_X, WAIT_FILE),
	PLAIN(SYSCALL_MKNOD_X, WAIT_FILE),
	PLAIN(SYSCALL_MKNODAT_X, WAIT_FILE),
	PLAIN(SYSCALL_GETDENTS_X, WAIT_FILE),
	PLAIN(SYSCALL_GETDENTS64_X, WAIT_FILE),
	PLAIN(SYSCALL_CHMOD_X, WAIT_FILE),
	PLAIN(SYSCALL_FCHMOD_X, WAIT_FILE),
	PLAIN(SYSCALL_FCHMODAT_X, WAIT_FILE),
	PLAIN(SYSCALL_CHOWN_X, WAIT_FILE),
	PLAIN(SYSCALL_LCHOWN_X, WAIT_FILE),
	PLAIN(SYSCALL_FCHOWN_X, WAIT_FILE),
	PLAIN(SYSCALL_FCHOWNAT_X, WAIT_FILE),
};

/* System calls without an event of their own. */
static const struct {
	const char *name;
	uint8_t action, wait;
} generic_names[] = {
	{ "clock_nanosleep", CALL_PLAIN, WAIT_SLEEP },
	{ "nanosleep", CALL_PLAIN, WAIT_SLEEP },
	{ "wait4", CALL_PLAIN, WAIT_CHILD },
	{ "waitpid", CALL_PLAIN, WAIT_CHILD },
	{ "waitid", CALL_PLAIN, WAIT_CHILD },
	{ "futex_wait", CALL_PLAIN, WAIT_LOCK },
	{ "futex_waitv", CALL_PLAIN, WAIT_LOCK },
	{ "futex_wake", CALL_PLAIN, WAIT_LOCK },
	{ "futex_requeue", CALL_PLAIN, WAIT_LOCK },
	{ "semtimedop", CALL_PLAIN, WAIT_LOCK },
	{ "select", CALL_POLL, WAIT_POLL },
	{ "pselect6", CALL_POLL, WAIT_POLL },
	{ "poll", CALL_POLL, WAIT_POLL },
	{ "ppoll", CALL_POLL, WAIT_POLL },
	{ "epoll_wait", CALL_EPOLL, WAIT_POLL },
	{ "epoll_wait_old", CALL_EPOLL, WAIT_POLL },
	{ "epoll_pwait", CALL_EPOLL, WAIT_POLL },
	{ "epoll_pwait2", CALL_EPOLL, WAIT_POLL },
	{ "fsync", CALL_PLAIN, WAIT_FILE },
	{ "fdatasync", CALL_PLAIN, WAIT_FILE },
	{ "sync", CALL_PLAIN, WAIT_FILE },
	{ "syncfs", CALL_PLAIN, WAIT_FILE },
	{ "sync_file_range", CALL_PLAIN, WAIT_FILE },
	{ "msync", CALL_PLAIN, WAIT_FILE },
	{ "readlink", CALL_PLAIN, WAIT_FILE },
	{ "readlinkat", CALL_PLAIN, WAIT_FILE },
	{ "statx", CALL_PLAIN, WAIT_FILE },
	{ "statfs", CALL_PLAIN, WAIT_FILE },
	{ "fstatfs", CALL_PLAIN, WAIT_FILE },
	{ "faccessat", CALL_PLAIN, WAIT_FILE },
	{ "faccessat2", CALL_PLAIN, WAIT_FILE },
	{ "truncate", CALL_PLAIN, WAIT_FILE },
	{ "ftruncate", CALL_PLAIN, WAIT_FILE },
	{ "fallocate", CALL_PLAIN, WAIT_FILE },
	{ "fadvise64", CALL_PLAIN, WAIT_FILE },
	{ "utimensat", CALL_PLAIN, WAIT_FILE },
	{ "preadv2", CALL_PLAIN, WAIT_FILE },
	{ "pwritev2", CALL_PLAIN, WAIT_FILE },
};

void call_names_init(struct call_names *n)
{
	memset(n->action, CALL_PLAIN, sizeof(n->action));
	memset(n->wait, WAIT_OTHER, sizeof(n->wait));
	for (unsigned int code = 0; code < CALL_GENERICS; code++) {
		const char *name = schema_syscall_name(code);

		for (size_t i = 0; name != NULL && i < ARRAY_LEN(generic_names); i++) {
			if (strcmp(name, generic_names[i].name) == 0) {
				n->action[code] = generic_names[i].action;
				n->wait[code] = generic_names[i].wait;
			}
		}
	}
}

uint32_t call_bytes(const struct event *ev, const struct call_row *row)
{
	uint32_t size = 0;

	if ((ev->flags & EVENT_HAS_RES) == 0 || ev->res <= 0) {
		return 0;
	}
	if (ev->type == EV_SOCKET_SENDMMSG_X || ev->type == EV_SOCKET_RECVMMSG_X) {
		/* The result may count messages; the size parameter has the bytes. */
		return event_u32(ev, row->size, &size) ? size : 0;
	}
	return (uint32_t)min_u64((uint64_t)ev->res, UINT32_MAX);
}

bool call_locks(const struct event *ev)
{
	uint8_t cmd;

	if (ev->type != EV_SYSCALL_FCNTL_X || !event_u8(ev, 2, &cmd)) {
		return false;
	}
	return cmd == PPM_FCNTL_F_SETLKW || cmd == PPM_FCNTL_F_SETLKW64 || cmd == PPM_FCNTL_F_OFD_SETLKW;
}

const char *wait_kind_name(uint8_t kind)
{
	static const char *const names[WAIT_KINDS] = {
		"file", "socket", "dns", "lock", "sleep", "child", "poll", "off-cpu", "other",
	};

	return kind < WAIT_KINDS ? names[kind] : "unknown";
}
