/*
 * handlers.c - which event has which effect: one row per event type of today's layout.
 *
 * A type without a row only gets its stamps. Rows marked any are called without a known thread
 * too, and no placeholder is made for their thread. ROW_WANT rows are called only when somebody
 * reads what they keep.
 */
#include "state/state_internal.h"

#define ROW(type, fn) [EV_##type] = { fn, false, 0 }
#define ROW_ANY(type, fn) [EV_##type] = { fn, true, 0 }
#define ROW_WANT(type, fn, wants) [EV_##type] = { fn, false, wants }

const struct effect_row effect_rows[SCHEMA_EVENTS] = {
	/* threads */
	ROW_ANY(SYSCALL_CLONE_20_X, effect_clone),
	ROW_ANY(SYSCALL_FORK_20_X, effect_clone),
	ROW_ANY(SYSCALL_VFORK_20_X, effect_clone),
	ROW_ANY(SYSCALL_CLONE3_X, effect_clone),
	ROW(SYSCALL_EXECVE_19_X, effect_execve),
	ROW(SYSCALL_EXECVEAT_X, effect_execve),
	ROW_ANY(PROCEXIT_1_E, effect_procexit),
	ROW(SYSCALL_CHDIR_X, effect_chdir),
	ROW(SYSCALL_FCHDIR_X, effect_fchdir),
	ROW(SYSCALL_GETCWD_X, effect_getcwd),
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
	ROW_ANY(SCHEDSWITCH_6_E, effect_switch),
	ROW(SIGNALDELIVER_E, effect_signal),
	ROW(PAGE_FAULT_E, effect_page_fault),

	/* descriptors */
	ROW(SYSCALL_OPEN_X, effect_open),
	ROW(SYSCALL_CREAT_X, effect_creat),
	ROW(SYSCALL_OPENAT_2_X, effect_openat),
	ROW(SYSCALL_OPENAT2_X, effect_openat2),
	ROW(SYSCALL_OPEN_BY_HANDLE_AT_X, effect_open_by_handle),
	ROW(SYSCALL_CLOSE_X, effect_close),
	ROW(SYSCALL_CLOSE_RANGE_X, effect_close_range),
	ROW(SYSCALL_DUP_1_X, effect_dup),
	ROW(SYSCALL_DUP2_X, effect_dup),
	ROW(SYSCALL_DUP3_X, effect_dup3),
	ROW(SYSCALL_FCNTL_X, effect_fcntl),
	ROW(SYSCALL_PIPE_X, effect_pipe),
	ROW(SYSCALL_PIPE2_X, effect_pipe),
	ROW(SYSCALL_EVENTFD_X, effect_anonymous),
	ROW(SYSCALL_EVENTFD2_X, effect_anonymous),
	ROW(SYSCALL_SIGNALFD_X, effect_anonymous),
	ROW(SYSCALL_SIGNALFD4_X, effect_anonymous),
	ROW(SYSCALL_TIMERFD_CREATE_X, effect_anonymous),
	ROW(SYSCALL_INOTIFY_INIT_X, effect_anonymous),
	ROW(SYSCALL_INOTIFY_INIT1_X, effect_anonymous),
	ROW(SYSCALL_EPOLL_CREATE_X, effect_anonymous),
	ROW(SYSCALL_EPOLL_CREATE1_X, effect_anonymous),
	ROW(SYSCALL_USERFAULTFD_X, effect_anonymous),
	ROW(SYSCALL_IO_URING_SETUP_X, effect_anonymous),
	ROW(SYSCALL_BPF_2_X, effect_bpf),
	ROW(SYSCALL_MEMFD_CREATE_X, effect_memfd),
	ROW(SYSCALL_PIDFD_OPEN_X, effect_pidfd_open),
	ROW(SYSCALL_PIDFD_GETFD_X, effect_pidfd_getfd),

	/* sockets */
	ROW(SOCKET_SOCKET_X, effect_socket),
	ROW(SOCKET_SOCKETPAIR_X, effect_socketpair),
	ROW(SOCKET_BIND_X, effect_bind),
	ROW(SOCKET_CONNECT_X, effect_connect),
	ROW(SOCKET_ACCEPT_5_X, effect_accept),
	ROW(SOCKET_ACCEPT4_6_X, effect_accept),
	ROW(SOCKET_GETSOCKOPT_X, effect_getsockopt),
	ROW(SOCKET_SEND_X, effect_send),
	ROW(SOCKET_SENDTO_X, effect_send),
	ROW(SOCKET_SENDMSG_X, effect_send),
	ROW(SOCKET_SENDMMSG_X, effect_send),
	ROW(SOCKET_RECV_X, effect_recv),
	ROW(SOCKET_RECVFROM_X, effect_recvfrom),
	ROW(SOCKET_RECVMSG_X, effect_recvmsg),
	ROW(SOCKET_RECVMMSG_X, effect_recvmmsg),

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
