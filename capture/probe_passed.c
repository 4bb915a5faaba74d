/*
 * probe_passed.c - descriptors that came over a unix socket: what each is open on, in the words of the descriptor
 * lists, goes along with the event that brought them (EXTRA_PASSED).
 */
#include "capture/probe_build.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "capture/sock_list.h"
#include "schema/extra.h"
#include "schema/schema.h"
#include "writers/scap.h"

enum { FD_UNKNOWN = 0, FD_DIRECTORY = 2, FD_FIFO = 7, FD_FILE_V2 = 16 };

#define PASSED_BYTES 32768u	/* more than RECORD_PASSED entries take */

static uint8_t l4_of(const struct record_socket *s)
{
	switch (s->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_MPTCP: return SOCK_L4_TCP;
	case IPPROTO_UDP: return SOCK_L4_UDP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return s->type == SOCK_RAW ? SOCK_L4_RAW : SOCK_L4_ICMP;
	default: return s->type == SOCK_RAW ? SOCK_L4_RAW : SOCK_L4_UNKNOWN;
	}
}

static void fill_inet(const struct record_socket *s, struct scap_fd *fd)
{
	bool server;

	fd->l4 = l4_of(s);
	fd->src_port = s->local_port;
	fd->dst_port = s->peer_port;
	memcpy(fd->src_ip, s->local, sizeof(fd->src_ip));
	memcpy(fd->dst_ip, s->peer, sizeof(fd->dst_ip));
	/* As the lists have it: what listens, and datagram sockets without a peer. */
	server = fd->l4 == SOCK_L4_TCP ? s->state == TCP_LISTEN : fd->l4 == SOCK_L4_UDP && s->peer_port == 0;
	fd->type = sock_inet_type(s->family == AF_INET6, server);
}

/* Abstract names begin with a NUL: '@', as in the lists. path: room for RECORD_UNIX_PATH bytes. */
static void fill_unix(const struct record_socket *s, struct scap_fd *fd, char *path)
{
	uint32_t len = s->path_len <= RECORD_UNIX_PATH ? s->path_len : 0;

	for (uint32_t i = 0; i < len; i++) {
		path[i] = s->path[i] == '\0' && s->path[0] == '\0' ? '@' : (char)s->path[i];
	}
	fd->type = SOCK_UNIX;
	fd->unix_src = s->own_address;
	fd->unix_dst = s->peer_address;
	fd->name.s = path;
	fd->name.len = (uint32_t)strnlen(path, len);
}

static uint8_t file_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return FD_DIRECTORY;
	case S_IFIFO: return FD_FIFO;
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK: return FD_FILE_V2;
	default: return FD_UNKNOWN;	/* of the kernel's own: which only its name would tell */
	}
}

/* flags: of the call. Modes of files are numbered as the format's. */
static void add_passed(struct buf *out, const struct record_passed *p, uint64_t flags)
{
	struct scap_fd fd = { .fd = p->fd, .ino = p->file.ino, .type = file_type(p->file.mode) };
	char path[RECORD_UNIX_PATH];

	if (fd.type == FD_FILE_V2) {
		fd.dev = convert_device(p->file.dev);
		fd.open_flags = (p->file.open_mode & PPM_O_RDWR) | (flags & MSG_CMSG_CLOEXEC ? PPM_O_CLOEXEC : 0);
	}
	switch (p->socket.family) {
	case AF_UNSPEC: break;
	case AF_INET:
	case AF_INET6: fill_inet(&p->socket, &fd); break;
	case AF_UNIX: fill_unix(&p->socket, &fd, path); break;
	case AF_NETLINK: fd.type = SOCK_NETLINK; break;
	default: fd.type = SOCK_OTHER; break;
	}
	scap_fd(out, &fd);
}

void build_passed(struct build *b, const struct build_item *it)
{
	uint16_t head[2] = { EXTRA_PASSED, 0 };
	uint64_t flags = b->rec->args[b->row->type == EV_SOCKET_RECVMSG_X ? 2 : 3];
	size_t room = sizeof(b->extra) - b->extra_len;
	struct buf out = { (char *)b->extra + b->extra_len, 0, room, room, false };

	if (it->len < sizeof(struct record_passed) || room < PASSED_BYTES) {
		return;
	}
	buf_add(&out, head, sizeof(head));
	for (size_t at = 0; it->len - at >= sizeof(struct record_passed); at += sizeof(struct record_passed)) {
		struct record_passed p;

		memcpy(&p, it->data + at, sizeof(p));
		add_passed(&out, &p, flags);
	}
	if (!out.failed && out.len <= PASSED_BYTES) {
		head[1] = (uint16_t)(out.len - sizeof(head));
		memcpy(out.data, head, sizeof(head));
		b->extra_len += (uint32_t)out.len;
	}
}
