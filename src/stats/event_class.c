/*
 * event_class.c - see event_class.h. Pure functions of stamped events; any worker.
 */
#include "stats/event_class.h"

#define EINPROGRESS_RES (-115)

static uint64_t message_bytes(const struct event *ev, unsigned int size_param)
{
	uint32_t size;

	/* The result counts messages here; the size parameter has the bytes. */
	return event_u32(ev, size_param, &size) ? size : 0;
}

void event_bytes_moved(const struct event *ev, struct event_bytes *ret_b)
{
	const struct schema_event *se = &schema_events[ev->type];
	uint64_t n = (uint64_t)ev->res;

	memset(ret_b, 0, sizeof(*ret_b));
	switch (ev->type) {
	case EV_SOCKET_SENDMMSG_X:
		ret_b->out = message_bytes(ev, 2);
		return;
	case EV_SOCKET_RECVMMSG_X:
		ret_b->in = message_bytes(ev, 2);
		return;
	case EV_SYSCALL_SENDFILE_X:
	case EV_SYSCALL_COPY_FILE_RANGE_X:
		ret_b->out = n;
		ret_b->file_in = n;
		return;
	case EV_SYSCALL_FINIT_MODULE_X:
		return;		/* reads the module through the kernel; its result is no byte count */
	default:
		break;
	}
	if (se->flags & EF_READS_FROM_FD) {
		ret_b->in = n;
	} else {
		ret_b->out = n;
	}
}

bool event_opens_file(const struct event *ev)
{
	switch (ev->type) {
	case EV_SYSCALL_OPEN_X:
	case EV_SYSCALL_CREAT_X:
	case EV_SYSCALL_OPENAT_2_X:
	case EV_SYSCALL_OPENAT2_X:
	case EV_SYSCALL_OPEN_BY_HANDLE_AT_X:
		return (ev->flags & EVENT_HAS_RES) && ev->res >= 0;
	default:
		return false;
	}
}

bool event_connects(const struct event *ev)
{
	if (!(ev->flags & EVENT_HAS_RES) || event_fd_class(ev) != FDC_NET) {
		return false;
	}
	switch (ev->type) {
	case EV_SOCKET_CONNECT_X:
		return ev->res >= 0 || ev->res == EINPROGRESS_RES;
	case EV_SOCKET_ACCEPT_5_X:
	case EV_SOCKET_ACCEPT4_6_X:
		return ev->res >= 0;
	default:
		return false;
	}
}
