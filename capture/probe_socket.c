/*
 * probe_socket.c - socket addresses, tuples and options as the event format has them. Addresses came from the memory
 * of the process: any bytes of any length.
 */
#include "capture/probe_build.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "schema/schema.h"

#define NO_ADDRESS 0

static uint16_t net_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint16_t family_of(const struct build_item *it)
{
	return it->len >= sizeof(uint16_t) ? build_u16(it, 0) : NO_ADDRESS;
}

/* A unix path without the mark of an abstract one, ended by NUL. */
static void add_unix_path(struct build *b, const uint8_t *path, size_t len)
{
	size_t n;

	if (len > 0 && path[0] == '\0') {
		path++;
		len--;
	}
	n = strnlen((const char *)path, len);
	build_add(b, path, n);
	build_number(b, 0, 1);
}

void build_address(struct build *b, const struct build_item *it)
{
	uint16_t family = family_of(it);

	if (it->len < sizeof(uint16_t)) {
		return;
	}
	build_number(b, family, 1);
	if (family == AF_INET && it->len >= offsetof(struct sockaddr_in, sin_zero)) {
		build_add(b, it->data + offsetof(struct sockaddr_in, sin_addr), 4);
		build_number(b, net_u16(it->data + offsetof(struct sockaddr_in, sin_port)), 2);
	} else if (family == AF_INET6 && it->len >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		build_add(b, it->data + offsetof(struct sockaddr_in6, sin6_addr), 16);
		build_number(b, net_u16(it->data + offsetof(struct sockaddr_in6, sin6_port)), 2);
	} else if (family == AF_UNIX) {
		add_unix_path(b, it->data + sizeof(uint16_t), it->len - sizeof(uint16_t));
	}
}

struct end {
	const uint8_t *ip;
	uint16_t port;
};

/* The peer of a datagram is in the address of the call, where there is one; a connection's is the socket's. */
static struct end peer_end(const struct record_socket *s, const struct build_item *address)
{
	struct end e = { s->peer, s->peer_port };

	if (s->type == SOCK_STREAM || family_of(address) != s->family) {
		return e;
	}
	if (s->family == AF_INET && address->len >= offsetof(struct sockaddr_in, sin_zero)) {
		e.ip = address->data + offsetof(struct sockaddr_in, sin_addr);
		e.port = net_u16(address->data + offsetof(struct sockaddr_in, sin_port));
	} else if (s->family == AF_INET6 && address->len >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		e.ip = address->data + offsetof(struct sockaddr_in6, sin6_addr);
		e.port = net_u16(address->data + offsetof(struct sockaddr_in6, sin6_port));
	}
	return e;
}

static void add_inet_tuple(struct build *b, const struct record_socket *s, const struct build_item *address,
			   bool outgoing)
{
	struct end local = { s->local, s->local_port };
	struct end peer = peer_end(s, address);
	const struct end *from = outgoing ? &local : &peer;
	const struct end *to = outgoing ? &peer : &local;
	size_t bytes = s->family == AF_INET ? 4 : 16;

	build_number(b, s->family, 1);
	build_add(b, from->ip, bytes);
	build_number(b, from->port, 2);
	build_add(b, to->ip, bytes);
	build_number(b, to->port, 2);
}

/* Outgoing, the format has the peer's address first; incoming, the own one. */
static void add_unix_tuple(struct build *b, const struct record_socket *s, const struct build_item *address,
			   bool outgoing)
{
	size_t len = s->path_len <= RECORD_UNIX_PATH ? s->path_len : 0;

	build_number(b, AF_UNIX, 1);
	build_number(b, outgoing ? s->peer_address : s->own_address, 8);
	build_number(b, outgoing ? s->own_address : s->peer_address, 8);
	if (len == 0 && outgoing && family_of(address) == AF_UNIX) {
		add_unix_path(b, address->data + sizeof(uint16_t), address->len - sizeof(uint16_t));
	} else {
		add_unix_path(b, s->path, len);
	}
}

void build_tuple(struct build *b, const struct build_item *socket, const struct build_item *address, bool outgoing)
{
	struct record_socket s;

	if (socket->len < offsetof(struct record_socket, path)) {
		return;
	}
	memset(&s, 0, sizeof(s));
	memcpy(&s, socket->data, socket->len < sizeof(s) ? socket->len : sizeof(s));
	if (s.family == AF_INET || s.family == AF_INET6) {
		add_inet_tuple(b, &s, address, outgoing);
	} else if (s.family == AF_UNIX) {
		add_unix_tuple(b, &s, address, outgoing);
	}
}

uint64_t socket_option_level(uint64_t level)
{
	return level == SOL_SOCKET ? PPM_SOCKOPT_LEVEL_SOL_SOCKET : level == IPPROTO_TCP ? PPM_SOCKOPT_LEVEL_SOL_TCP :
		PPM_SOCKOPT_LEVEL_UNKNOWN;
}

/* Options of the level of sockets have the kernel's numbers, but for those that came twice, with longer times. */
uint64_t socket_option_name(uint64_t level, uint64_t name)
{
	if (level != SOL_SOCKET) {
		return PPM_SOCKOPT_UNKNOWN;
	}
	switch (name) {
	case 63:
		return PPM_SOCKOPT_SO_TIMESTAMP;
	case 64:
		return PPM_SOCKOPT_SO_TIMESTAMPNS;
	case 65:
		return PPM_SOCKOPT_SO_TIMESTAMPING;
	case 66:
		return PPM_SOCKOPT_SO_RCVTIMEO;
	case 67:
		return PPM_SOCKOPT_SO_SNDTIMEO;
	default:
		return name <= PPM_SOCKOPT_SO_COOKIE ? name : PPM_SOCKOPT_UNKNOWN;
	}
}

static bool option_is_number(uint64_t name)
{
	switch (name) {
	case PPM_SOCKOPT_SO_LINGER:
	case PPM_SOCKOPT_SO_PEERCRED:
	case PPM_SOCKOPT_SO_BINDTODEVICE:
	case PPM_SOCKOPT_SO_ATTACH_FILTER:
	case PPM_SOCKOPT_SO_PEERNAME:
	case PPM_SOCKOPT_SO_PEERSEC:
	case PPM_SOCKOPT_SO_PEERGROUPS:
	case PPM_SOCKOPT_SO_MEMINFO:
	case PPM_SOCKOPT_UNKNOWN:
		return false;
	default:
		return true;
	}
}

void build_option(struct build *b, const struct build_item *it, uint64_t level, uint64_t name)
{
	uint64_t option = socket_option_name(level, name);

	if (option == PPM_SOCKOPT_SO_ERROR && it->len >= 4) {
		build_number(b, PPM_SOCKOPT_IDX_ERRNO, 1);
		build_number(b, (uint64_t)-(int64_t)(int32_t)build_u32(it, 0), 8);
	} else if ((option == PPM_SOCKOPT_SO_RCVTIMEO || option == PPM_SOCKOPT_SO_SNDTIMEO) && it->len >= 16) {
		build_number(b, PPM_SOCKOPT_IDX_TIMEVAL, 1);
		build_number(b, build_u64(it, 0) * NSEC_PER_SEC + build_u64(it, 8) * 1000, 8);
	} else if (option == PPM_SOCKOPT_SO_COOKIE && it->len >= 8) {
		build_number(b, PPM_SOCKOPT_IDX_UINT64, 1);
		build_number(b, build_u64(it, 0), 8);
	} else if (option_is_number(option) && it->len == 4) {
		build_number(b, PPM_SOCKOPT_IDX_UINT32, 1);
		build_number(b, build_u32(it, 0), 4);
	} else {
		build_number(b, PPM_SOCKOPT_IDX_UNKNOWN, 1);
		build_add(b, it->data, it->len);
	}
}
