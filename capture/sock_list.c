/*
 * sock_list.c - see sock_list.h.
 */
#include "capture/sock_list.h"

#include "base/buf.h"
#include "base/limits.h"

void socks_init(struct socks *s)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	map_init(&s->by_ino);
}

void socks_release(struct socks *s)
{
	map_release(&s->by_ino);
	free(s->rows);
	arena_release(&s->arena);
}

static int grow(struct socks *s)
{
	uint32_t cap = s->cap != 0 ? s->cap * 2 : 512;
	struct sock *rows;

	if (s->count >= LIMIT_SOCKETS) {
		return ERR_LIMIT;
	}
	rows = realloc(s->rows, cap * sizeof(*rows));
	if (rows == NULL) {
		return ERR_NOMEM;
	}
	s->rows = rows;
	s->cap = cap;
	return 0;
}

int socks_add(struct socks *s, const struct sock *row)
{
	uintptr_t at = map_get(&s->by_ino, row->ino);
	struct sock *copy;

	if (row->ino == 0) {
		return 0;
	}
	if (at != 0) {
		copy = &s->rows[at - 1];
		copy->peer_ino = copy->peer_ino != 0 ? copy->peer_ino : row->peer_ino;
		copy->address = copy->address != 0 ? copy->address : row->address;
		return 0;
	}
	if (s->count == s->cap) {
		int rc = grow(s);

		if (rc != 0) {
			return rc;
		}
	}
	copy = &s->rows[s->count];
	*copy = *row;
	copy->name = row->name_len > 0 ? arena_dup(&s->arena, row->name, row->name_len) : NULL;
	if ((copy->name == NULL && row->name_len > 0) || map_set(&s->by_ino, row->ino, s->count + 1) != 0) {
		return ERR_NOMEM;
	}
	s->count++;
	return 0;
}

const struct sock *socks_find(const struct socks *s, uint64_t ino)
{
	uintptr_t at = map_get(&s->by_ino, ino);

	return at != 0 ? &s->rows[at - 1] : NULL;
}

uint8_t sock_inet_type(bool v6, bool server)
{
	if (server) {
		return v6 ? SOCK_IPV6_SERVER : SOCK_IPV4_SERVER;
	}
	return v6 ? SOCK_IPV6 : SOCK_IPV4;
}

void sock_from_protocol(const char *protocol, struct sock *io_row)
{
	static const struct {
		const char *protocol;
		uint8_t type, l4;
	} rows[] = {
		{ "TCP", SOCK_IPV4, SOCK_L4_TCP },	{ "TCPv6", SOCK_IPV6, SOCK_L4_TCP },	{ "MPTCP", SOCK_IPV4, SOCK_L4_TCP },
		{ "MPTCPv6", SOCK_IPV6, SOCK_L4_TCP },	{ "UDP", SOCK_IPV4, SOCK_L4_UDP },	{ "UDPv6", SOCK_IPV6, SOCK_L4_UDP },
		{ "PING", SOCK_IPV4, SOCK_L4_ICMP },	{ "PINGv6", SOCK_IPV6, SOCK_L4_ICMP },	{ "RAW", SOCK_IPV4, SOCK_L4_RAW },
		{ "RAWv6", SOCK_IPV6, SOCK_L4_RAW },	{ "UNIX", SOCK_UNIX, SOCK_L4_NA },	{ "UNIX-STREAM", SOCK_UNIX, SOCK_L4_NA },
		{ "NETLINK", SOCK_NETLINK, SOCK_L4_NA },
	};

	io_row->type = SOCK_OTHER;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].protocol, protocol) == 0) {
			io_row->type = rows[i].type;
			io_row->l4 = rows[i].l4;
		}
	}
}

void sock_netlink_name(struct buf *out, unsigned int protocol, uint32_t port)
{
	/* By number, from 0 (linux/netlink.h). */
	static const char *const names[] = {
		"route",   "unused", "usersock",      "firewall",  "sock_diag", "nflog",  "xfrm",    "selinux",
		"iscsi",   "audit",  "fib_lookup",    "connector", "netfilter", "ip6_fw", "dnrtmsg", "kobject_uevent",
		"generic", "dm",     "scsitransport", "ecryptfs",  "rdma",      "crypto", "smc",
	};

	if (protocol < ARRAY_LEN(names)) {
		buf_adds(out, names[protocol]);
	} else {
		buf_add_u64(out, protocol);
	}
	buf_addc(out, ':');
	buf_add_u64(out, port);
}

void sock_packet_name(struct buf *out, const char *interface, unsigned int protocol)
{
	buf_printf(out, "packet:%s:0x%04x", interface != NULL ? interface : "*", protocol);
}
