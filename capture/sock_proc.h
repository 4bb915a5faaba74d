/*
 * sock_proc.h - sockets of a process' network namespace from /proc/PID/net: slower than netlink, and without the peers
 * of unix sockets, but there for namespaces that may not be entered and for lists a kernel does not tell otherwise. One
 * thread.
 */
#ifndef CAPTURE_SOCK_PROC_H
#define CAPTURE_SOCK_PROC_H

#include "capture/sock_list.h"

/* The lists that told (SOCKS_ bits) lacks; pid_fd: an open /proc/PID. unix sockets are always read, for their
 * addresses, when addresses is true. ERR_NOMEM, ERR_LIMIT; files that are not there are none. */
int sock_proc_list(struct socks *s, int pid_fd, unsigned int told, bool addresses);

#endif
