/*
 * event_class.c - see event_class.h. Pure functions of stamped events; any worker.
 */
#include "stats/event_class.h"

#define EINPROGRESS_RES (-115)

const uint8_t event_class_bits[SCHEMA_EVENTS] = {
	[EV_SYSCALL_READ_X] = CLASS_MOVES,
	[EV_SYSCALL_WRITE_X] = CLASS_MOVES,
	[EV_SYSCALL_PREAD_X] = CLASS_MOVES,
	[EV_SYSCALL_PWRITE_X] = CLASS_MOVES,
	[EV_SYSCALL_READV_X] = CLASS_MOVES,
	[EV_SYSCALL_WRITEV_X] = CLASS_MOVES,
	[EV_SYSCALL_PREADV_X] = CLASS_MOVES,
	[EV_SYSCALL_PWRITEV_X] = CLASS_MOVES,
	[EV_SOCKET_SEND_X] = CLASS_MOVES,
	[EV_SOCKET_SENDTO_X] = CLASS_MOVES,
	[EV_SOCKET_SENDMSG_X] = CLASS_MOVES,
	[EV_SOCKET_SENDMMSG_X] = CLASS_MOVES,
	[EV_SOCKET_RECV_X] = CLASS_MOVES,
	[EV_SOCKET_RECVFROM_X] = CLASS_MOVES,
	[EV_SOCKET_RECVMSG_X] = CLASS_MOVES,
	[EV_SOCKET_RECVMMSG_X] = CLASS_MOVES,
	[EV_SYSCALL_SENDFILE_X] = CLASS_MOVES,
	[EV_SYSCALL_COPY_FILE_RANGE_X] = CLASS_MOVES,
	[EV_SYSCALL_OPEN_X] = CLASS_OPENS,
	[EV_SYSCALL_CREAT_X] = CLASS_OPENS,
	[EV_SYSCALL_OPENAT_2_X] = CLASS_OPENS,
	[EV_SYSCALL_OPENAT2_X] = CLASS_OPENS,
	[EV_SYSCALL_OPEN_BY_HANDLE_AT_X] = CLASS_OPENS,
	[EV_SOCKET_CONNECT_X] = CLASS_CONNECTS,
	[EV_SOCKET_ACCEPT_5_X] = CLASS_CONNECTS,
	[EV_SOCKET_ACCEPT4_6_X] = CLASS_CONNECTS,
	[EV_SYSCALL_CLONE_20_X] = CLASS_STARTS,
	[EV_SYSCALL_FORK_20_X] = CLASS_STARTS,
	[EV_SYSCALL_VFORK_20_X] = CLASS_STARTS,
	[EV_SYSCALL_CLONE3_X] = CLASS_STARTS,
};

void event_bytes_moved(const struct event *ev, struct event_bytes *ret_b)
{
	const struct schema_event *se = &schema_events[ev->type];
	uint64_t n = (uint64_t)ev->res;

	memset(ret_b, 0, sizeof(*ret_b));
	switch (ev->type) {
	case EV_SOCKET_SENDMMSG_X:
		ret_b->out = event_messages_bytes(ev);
		return;
	case EV_SOCKET_RECVMMSG_X:
		ret_b->in = event_messages_bytes(ev);
		return;
	case EV_SYSCALL_SENDFILE_X:
	case EV_SYSCALL_COPY_FILE_RANGE_X:
		ret_b->out = n;
		ret_b->file_in = n;
		return;
	default:
		break;
	}
	if (se->flags & EF_READS_FROM_FD) {
		ret_b->in = n;
	} else {
		ret_b->out = n;
	}
}

bool event_connects(const struct event *ev)
{
	if (!(event_class_bits[ev->type] & CLASS_CONNECTS) || !(ev->flags & EVENT_HAS_RES) ||
	    event_fd_class(ev) != FDC_NET) {
		return false;
	}
	return ev->res >= 0 || (ev->type == EV_SOCKET_CONNECT_X && ev->res == EINPROGRESS_RES);
}

bool event_starts_process(const struct event *ev)
{
	return (event_class_bits[ev->type] & CLASS_STARTS) && (ev->flags & EVENT_HAS_RES) && ev->res == 0 &&
	       ev->thread != NULL && (ev->thread->flags & TV_MAIN);
}

bool event_is_internal(const struct event *ev)
{
	switch (ev->type) {
	case EV_SCAPEVENT_E:
	case EV_PROCINFO_E:
	case EV_CONTAINER_E:
	case EV_CONTAINER_JSON_E:
	case EV_CONTAINER_JSON_2_E:
	case EV_ASYNCEVENT_E:
	case EV_USER_ADDED_E:
	case EV_USER_DELETED_E:
	case EV_GROUP_ADDED_E:
	case EV_GROUP_DELETED_E:
	case EV_K8S_E:
	case EV_MESOS_E:
	case EV_INFRASTRUCTURE_EVENT_E: return true;
	default: return false;
	}
}
