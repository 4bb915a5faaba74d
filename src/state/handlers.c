/*
 * handlers.c - which event has which effect: one row per event type of today's layout.
 *
 * A type without a row only gets its stamps. Rows marked any are called without a known thread
 * too, and no placeholder is made for their thread. ROW_WANT rows are called only when somebody
 * reads what they keep, ROW_FD rows not when nobody reads descriptors (WANT_NO_FDS). ROW_COUNT rows keep nothing but
 * counts for statistics: what else a filter passes does not depend on them.
 */
#include "state/state_internal.h"

#define ROW(type, fn) [EV_##type] = { fn, false, EFFECT_THREADS, 0 }
#define ROW_ANY(type, fn) [EV_##type] = { fn, true, EFFECT_THREADS, 0 }
#define ROW_WANT(type, fn, wants) [EV_##type] = { fn, false, EFFECT_THREADS, wants }
#define ROW_FD(type, fn) [EV_##type] = { fn, false, EFFECT_FDS, 0 }
#define ROW_COUNT(type, fn, any) [EV_##type] = { fn, any, EFFECT_COUNTS, 0 }

const struct effect_row effect_rows[SCHEMA_EVENTS] = {
	/* threads */
	ROW_ANY(SYSCALL_CLONE_20_X, effect_clone),
	ROW_ANY(SYSCALL_FORK_20_X, effect_clone),
	ROW_ANY(SYSCALL_VFORK_20_X, effect_clone),
	ROW_ANY(SYSCALL_CLONE3_X, effect_clone),
	ROW(SYSCALL_EXECVE_19_X, effect_execve),
	ROW(SYSCALL_EXECVEAT_X, effect_execve),
	ROW_ANY(PROCEXIT_1_E, effect_procexit),
	ROW_FD(SYSCALL_CHDIR_X, effect_chdir),
	ROW_FD(SYSCALL_FCHDIR_X, effect_fchdir),
	ROW_FD(SYSCALL_GETCWD_X, effect_getcwd),
	ROW(SYSCALL_CHROOT_X, effect_chroot),
	ROW(SYSCALL_SETUID_X, effect_setuid),
	ROW(SYSCALL_SETGID_X, effect_setgid),
	ROW(SYSCALL_SETRESUID_X, effect_setresuid),
	ROW(SYSCALL_SETREUID_X, effect_setresuid),
	ROW(SYSCALL_SETRESGID_X, effect_setresgid),
	ROW(SYSCALL_SETREGID_X, effect_setresgid),
	ROW(SYSCALL_SETSID_X, effect_setsid),
	ROW(SYSCALL_SETPGID_X, effect_setpgid),
	ROW(SYSCALL_CAPSET_X, effect_capset),
	ROW(SYSCALL_UNSHARE_X, effect_unshare),
	ROW(SYSCALL_SETNS_X, effect_setns),
	ROW(SYSCALL_GETRLIMIT_X, effect_rlimit),
	ROW(SYSCALL_SETRLIMIT_X, effect_rlimit),
	ROW(SYSCALL_PRLIMIT_X, effect_prlimit),
	ROW(SYSCALL_PRCTL_X, effect_prctl),
	ROW_WANT(SYSCALL_BRK_4_X, effect_memory, WANT_MEMORY),
	ROW_WANT(SYSCALL_MMAP_X, effect_memory, WANT_MEMORY),
	ROW_WANT(SYSCALL_MMAP2_X, effect_memory, WANT_MEMORY),
	ROW_WANT(SYSCALL_MUNMAP_X, effect_memory, WANT_MEMORY),
	ROW_COUNT(SCHEDSWITCH_6_E, effect_switch, true),
	ROW_WANT(PROCINFO_E, effect_procinfo, WANT_COUNTS),
	ROW_COUNT(SIGNALDELIVER_E, effect_signal, false),
	ROW_COUNT(PAGE_FAULT_E, effect_page_fault, false),

	/* descriptors */
	ROW_FD(SYSCALL_OPEN_X, effect_open),
	ROW_FD(SYSCALL_CREAT_X, effect_creat),
	ROW_FD(SYSCALL_OPENAT_2_X, effect_openat),
	ROW_FD(SYSCALL_OPENAT2_X, effect_openat2),
	ROW_FD(SYSCALL_OPEN_BY_HANDLE_AT_X, effect_open_by_handle),
	ROW_FD(SYSCALL_CLOSE_X, effect_close),
	ROW_FD(SYSCALL_CLOSE_RANGE_X, effect_close_range),
	ROW_FD(SYSCALL_DUP_1_X, effect_dup),
	ROW_FD(SYSCALL_DUP2_X, effect_dup),
	ROW_FD(SYSCALL_DUP3_X, effect_dup3),
	ROW_FD(SYSCALL_FCNTL_X, effect_fcntl),
	ROW_FD(SYSCALL_PIPE_X, effect_pipe),
	ROW_FD(SYSCALL_PIPE2_X, effect_pipe),
	ROW_FD(SYSCALL_EVENTFD_X, effect_anonymous),
	ROW_FD(SYSCALL_EVENTFD2_X, effect_anonymous),
	ROW_FD(SYSCALL_SIGNALFD_X, effect_anonymous),
	ROW_FD(SYSCALL_SIGNALFD4_X, effect_anonymous),
	ROW_FD(SYSCALL_TIMERFD_CREATE_X, effect_anonymous),
	ROW_FD(SYSCALL_INOTIFY_INIT_X, effect_anonymous),
	ROW_FD(SYSCALL_INOTIFY_INIT1_X, effect_anonymous),
	ROW_FD(SYSCALL_EPOLL_CREATE_X, effect_anonymous),
	ROW_FD(SYSCALL_EPOLL_CREATE1_X, effect_anonymous),
	ROW_FD(SYSCALL_USERFAULTFD_X, effect_anonymous),
	ROW_FD(SYSCALL_IO_URING_SETUP_X, effect_anonymous),
	ROW_FD(SYSCALL_BPF_2_X, effect_bpf),
	ROW_FD(SYSCALL_MEMFD_CREATE_X, effect_memfd),
	ROW_FD(SYSCALL_PIDFD_OPEN_X, effect_pidfd_open),
	ROW_FD(SYSCALL_PIDFD_GETFD_X, effect_pidfd_getfd),

	/* sockets */
	ROW_FD(SOCKET_SOCKET_X, effect_socket),
	ROW_FD(SOCKET_SOCKETPAIR_X, effect_socketpair),
	ROW_FD(SOCKET_BIND_X, effect_bind),
	ROW_FD(SOCKET_CONNECT_X, effect_connect),
	ROW_FD(SOCKET_ACCEPT_5_X, effect_accept),
	ROW_FD(SOCKET_ACCEPT4_6_X, effect_accept),
	ROW_FD(SOCKET_GETSOCKOPT_X, effect_getsockopt),
	ROW_FD(SOCKET_SEND_X, effect_send),
	ROW_FD(SOCKET_SENDTO_X, effect_send),
	ROW_FD(SOCKET_SENDMSG_X, effect_send),
	ROW_FD(SOCKET_SENDMMSG_X, effect_send),
	ROW_FD(SOCKET_RECV_X, effect_recv),
	ROW_FD(SOCKET_RECVFROM_X, effect_recvfrom),
	ROW_FD(SOCKET_RECVMSG_X, effect_recvmsg),
	ROW_FD(SOCKET_RECVMMSG_X, effect_recvmmsg),

	/* containers, users */
	ROW_ANY(CONTAINER_E, effect_container_old),
	ROW_ANY(CONTAINER_JSON_E, effect_container_json),
	ROW_ANY(CONTAINER_JSON_2_E, effect_container_json),
	ROW_ANY(ASYNCEVENT_E, effect_async),
	ROW_ANY(USER_ADDED_E, effect_user_added),
	ROW_ANY(USER_DELETED_E, effect_user_deleted),
	ROW_ANY(GROUP_ADDED_E, effect_group_added),
	ROW_ANY(GROUP_DELETED_E, effect_group_deleted),
};

void state_skippable(unsigned int wants, uint8_t ret_skip[SCHEMA_EVENTS])
{
	bool fds = (wants & (WANT_FDS | WANT_REFS | WANT_COUNTS)) != 0;

	for (unsigned int i = 0; i < SCHEMA_EVENTS; i++) {
		const struct effect_row *row = &effect_rows[i];
		bool reads = row->fn != NULL && (row->wants & ~wants) == 0 && row->kind != EFFECT_COUNTS &&
			     (row->kind != EFFECT_FDS || fds);

		ret_skip[i] = !reads && (wants & WANT_BEGIN) == 0;
	}
}
