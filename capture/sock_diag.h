/*
 * sock_diag.h - sockets of the network namespace the calling thread is in, as the kernel tells them over netlink.
 *
 * Any user may ask; a kernel without one of the lists says so, and /proc/PID/net has to do (sock_proc.h). One thread.
 */
#ifndef CAPTURE_SOCK_DIAG_H
#define CAPTURE_SOCK_DIAG_H

#include "capture/sock_list.h"

/* Lists that were told whole, one bit each. */
enum {
	SOCKS_TCP = 1, SOCKS_TCP6 = 2, SOCKS_UDP = 4, SOCKS_UDP6 = 8, SOCKS_RAW = 16, SOCKS_RAW6 = 32, SOCKS_UNIX = 64,
	SOCKS_NETLINK = 128, SOCKS_PACKET = 256, SOCKS_ICMP = 512, SOCKS_ICMP6 = 1024
};

/* Adds what there is; *ret_told: SOCKS_ bits of the lists that came whole. ERR_NOMEM, ERR_LIMIT. */
int sock_diag_list(struct socks *s, unsigned int *ret_told);

#endif
