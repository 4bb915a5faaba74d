/*
 * sock_list.h - sockets of the machine by inode number, whichever namespace and list told of them.
 *
 *   sock_diag.c   netlink, for the namespace the thread is in
 *   sock_proc.c   /proc/PID/net, for what netlink does not tell
 *
 * The first that tells of a socket counts, and adds its peer or address later if it lacked one. One thread.
 */
#ifndef CAPTURE_SOCK_LIST_H
#define CAPTURE_SOCK_LIST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"

struct sock {
	uint64_t ino;
	uint8_t type, l4;		/* numbers of the format: types 3 to 6, 8, 10, 15; l4 2 TCP ... */
	uint8_t src_ip[16], dst_ip[16];	/* IPv4: the first 4 bytes */
	uint16_t src_port, dst_port;
	uint64_t peer_ino;		/* unix; 0 unknown */
	uint64_t address;		/* unix: the kernel's; 0 unknown */
	const char *name;		/* unix: path, '@' before an abstract one; packet, netlink: what it is; in the arena */
	uint32_t name_len;
};

struct socks {
	struct arena arena;		/* owns names */
	struct sock *rows;		/* owns */
	uint32_t count, cap;
	struct map by_ino;
};

enum { SOCK_IPV4 = 3, SOCK_IPV6 = 4, SOCK_IPV4_SERVER = 5, SOCK_IPV6_SERVER = 6, SOCK_UNIX = 8, SOCK_OTHER = 10, SOCK_NETLINK = 15 };
enum { SOCK_L4_UNKNOWN = 0, SOCK_L4_NA = 1, SOCK_L4_TCP = 2, SOCK_L4_UDP = 3, SOCK_L4_ICMP = 4, SOCK_L4_RAW = 5 };

void socks_init(struct socks *s);
void socks_release(struct socks *s);

/* Copies the row and its name. Without inode number nobody has it: nothing is added. 0, ERR_NOMEM, ERR_LIMIT. */
int socks_add(struct socks *s, const struct sock *row);
/* Valid until the next is added. */
const struct sock *socks_find(const struct socks *s, uint64_t ino);

/* The row for a connected or a listening socket of an address family: type from both. */
uint8_t sock_inet_type(bool v6, bool server);

/* What is known when only the protocol's name is ("TCP", "UDPv6", "PACKET", as the socket's attribute tells): type and
 * l4, no addresses. */
void sock_from_protocol(const char *protocol, struct sock *io_row);

/* Name of a netlink socket: "route:PORT". Appended, not ended. */
struct buf;
void sock_netlink_name(struct buf *out, unsigned int protocol, uint32_t port);
/* Name of a packet socket: "packet:INTERFACE:0xPROTOCOL"; interface NULL: all. */
void sock_packet_name(struct buf *out, const char *interface, unsigned int protocol);

#endif
