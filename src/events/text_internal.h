/*
 * text_internal.h - shared by text.c and the files that know the text of one kind of value.
 */
#ifndef EVENTS_TEXT_INTERNAL_H
#define EVENTS_TEXT_INTERNAL_H

#include "events/text.h"

/* One value on its way to text. v is present and at least as long as its type. */
struct text_value {
	const struct text_ctx *ctx;
	const struct event *ev;
	const struct schema_param *row;
	struct param v;
	unsigned int ref; /* number of its object, when the type has one */
	uint8_t type; /* enum param_type: the row's, or what a PT_DYN value selected */
	uint8_t fmt; /* enum param_fmt, the row's */
};

typedef void text_fn(const struct text_value *t, struct buf *out);

/* Asks the caller's function; false without one. */
bool text_find_ref(const struct text_value *t, unsigned int kind, struct text_ref *ret_ref);

/* text_number.c */
text_fn text_int8, text_int16, text_int32, text_int64, text_uint8, text_uint16, text_port;
text_fn text_errno, text_errno_name, text_flags, text_flags_names, text_enum_names;
text_fn text_mode, text_mode_names, text_signal, text_signal_name, text_sigset, text_syscall,
	text_syscall_name;
text_fn text_reltime, text_reltime_seconds, text_abstime;
void text_add_errno_name(struct buf *out, int64_t res);

/* text_object.c: values that name something */
text_fn text_string, text_path_name, text_bytes, text_sockaddr, text_tuple, text_ipv4, text_ipv6;
text_fn text_fd, text_fd_name, text_pid, text_pid_name, text_uid, text_uid_name, text_gid_name;
text_fn text_fdlist, text_unsupported;

#endif
