/*
 * sock_diag.c - see sock_diag.h. One request a list; the answers come in parts, until one says that it is the last.
 *
 * The kernel's structs are copied out of the messages, never laid over them.
 */
#include "capture/sock_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cursor.h"

#define ANSWER_BYTES ((size_t)64 << 10)
#define PATIENCE_S 5	/* the kernel answers at once, or not at all */

/* Of TCP: what has no inode number is left out (time-wait alone may be most of a server's list). */
enum { STATE_SYN_RECV = 3, STATE_TIME_WAIT = 6, STATE_CLOSE = 7, STATE_LISTEN = 10, STATE_NEW_SYN_RECV = 12, STATE_BOUND = 13 };
#define STATES_WANTED (~(1u << STATE_SYN_RECV | 1u << STATE_TIME_WAIT | 1u << STATE_NEW_SYN_RECV))

#define PROTOCOL_MPTCP 262u

struct diag {
	int fd;
	uint32_t seq;
	struct socks *socks;
	struct buf name;
	uint8_t *answer;	/* ANSWER_BYTES */
};

/* One message's payload; 0 or the error that ends the list. */
typedef int diag_row(struct diag *d, struct cursor payload, uint8_t l4);

/* ---- netlink ---- */

/* Request and, behind it, an attribute if attr_len is not 0. */
static int ask(struct diag *d, const void *request, size_t len, const void *attr, size_t attr_len)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + len + attr_len),
			      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			      .nlmsg_seq = ++d->seq };
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct iovec parts[3] = { { &h, sizeof(h) },
				  { (void *)(uintptr_t)request, len },
				  { (void *)(uintptr_t)attr, attr_len } };
	struct msghdr m = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = parts, .msg_iovlen = attr_len > 0 ? 3 : 2
	};

	return sendmsg(d->fd, &m, 0) == (ssize_t)h.nlmsg_len ? 0 : ERR_UNSUPPORTED;
}

/* The messages of one part. *ret_done: the last was among them. */
static int take_part(struct diag *d, struct cursor part, diag_row *row, uint8_t l4, bool *ret_done)
{
	while (part.left >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr h;
		struct cursor payload;
		int rc;

		memcpy(&h, part.p, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > part.left) {
			return ERR_MALFORMED;
		}
		payload = cur_sub(&part, h.nlmsg_len);
		cur_skip(&part, min_u64(NLMSG_ALIGN(h.nlmsg_len) - h.nlmsg_len, part.left));
		cur_skip(&payload, sizeof(h));
		if (h.nlmsg_seq != d->seq) {
			continue;
		}
		if (h.nlmsg_type == NLMSG_ERROR) {
			return ERR_UNSUPPORTED;
		}
		if (h.nlmsg_type == NLMSG_DONE) {
			int32_t status = 0;

			if (payload.left >= sizeof(status)) {
				memcpy(&status, payload.p, sizeof(status));
			}
			*ret_done = true;
			return status < 0 ? ERR_UNSUPPORTED : 0;
		}
		rc = row(d, payload, l4);
		if (rc != 0) {
			return rc;
		}
	}
	return 0;
}

static int take_answer(struct diag *d, diag_row *row, uint8_t l4)
{
	bool done = false;
	int rc = 0;

	while (!done && rc == 0) {
		ssize_t n = recv(d->fd, d->answer, ANSWER_BYTES, MSG_TRUNC);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0 || (size_t)n > ANSWER_BYTES) {
			return ERR_UNSUPPORTED;
		}
		rc = take_part(d, cur_make(d->answer, (size_t)n), row, l4, &done);
	}
	return rc;
}

/* The next attribute of a message; false at the end. */
static bool next_attr(struct cursor *c, uint16_t *ret_type, struct cursor *ret_value)
{
	struct nlattr a;

	if (c->left < sizeof(a)) {
		return false;
	}
	memcpy(&a, c->p, sizeof(a));
	if (a.nla_len < sizeof(a) || a.nla_len > c->left) {
		return false;
	}
	*ret_type = a.nla_type & NLA_TYPE_MASK;
	*ret_value = cur_sub(c, a.nla_len);
	cur_skip(ret_value, sizeof(a));
	cur_skip(c, min_u64(NLA_ALIGN(a.nla_len) - a.nla_len, c->left));
	return true;
}

/* Copies a struct of the kernel from the beginning of a payload, which moves behind it. */
static bool take_struct(struct cursor *c, void *ret_x, size_t n)
{
	const uint8_t *p = cur_take(c, n);

	if (p != NULL) {
		memcpy(ret_x, p, n);
		cur_skip(c, min_u64(NLMSG_ALIGN(n) - n, c->left));
	}
	return p != NULL;
}

/* ---- lists ---- */

static int inet_row(struct diag *d, struct cursor payload, uint8_t l4)
{
	struct inet_diag_msg m;
	struct sock row = { .l4 = l4 };
	bool v6, server;

	if (!take_struct(&payload, &m, sizeof(m))) {
		return ERR_MALFORMED;
	}
	v6 = m.idiag_family == AF_INET6;
	row.ino = m.idiag_inode;
	row.src_port = ntohs(m.id.idiag_sport);
	row.dst_port = ntohs(m.id.idiag_dport);
	memcpy(row.src_ip, m.id.idiag_src, v6 ? 16 : 4);
	memcpy(row.dst_ip, m.id.idiag_dst, v6 ? 16 : 4);
	if (l4 == SOCK_L4_TCP) {
		server = m.idiag_state == STATE_LISTEN || m.idiag_state == STATE_BOUND;
	} else {
		server = l4 == SOCK_L4_UDP && row.dst_port == 0;
	}
	row.type = sock_inet_type(v6, server);
	return socks_add(d->socks, &row);
}

static int unix_row(struct diag *d, struct cursor payload, uint8_t l4)
{
	struct unix_diag_msg m;
	struct sock row = { .type = SOCK_UNIX, .l4 = l4 };
	struct cursor value;
	uint16_t type;

	if (!take_struct(&payload, &m, sizeof(m))) {
		return ERR_MALFORMED;
	}
	row.ino = m.udiag_ino;
	buf_reset(&d->name);
	while (next_attr(&payload, &type, &value)) {
		if (type == UNIX_DIAG_PEER && value.left >= 4) {
			uint32_t peer;

			memcpy(&peer, value.p, sizeof(peer));
			row.peer_ino = peer;
		} else if (type == UNIX_DIAG_NAME && value.left > 0) {
			buf_add(&d->name, value.p, value.left);
		}
	}
	/* Abstract names begin with a NUL and may hold more: shown as /proc/net/unix shows them. Others may end with
	 * one. */
	while (d->name.len > 1 && d->name.data[0] != '\0' && d->name.data[d->name.len - 1] == '\0') {
		d->name.len--;
	}
	for (size_t i = 0; i < d->name.len; i++) {
		if (d->name.data[i] == '\0') {
			d->name.data[i] = '@';
		}
	}
	row.name = d->name.data;
	row.name_len = (uint32_t)d->name.len;
	return socks_add(d->socks, &row);
}

static int netlink_row(struct diag *d, struct cursor payload, uint8_t l4)
{
	struct netlink_diag_msg m;
	struct sock row = { .type = SOCK_NETLINK, .l4 = l4 };

	if (!take_struct(&payload, &m, sizeof(m))) {
		return ERR_MALFORMED;
	}
	buf_reset(&d->name);
	sock_netlink_name(&d->name, m.ndiag_protocol, m.ndiag_portid);
	row.ino = m.ndiag_ino;
	row.name = d->name.data;
	row.name_len = (uint32_t)d->name.len;
	return socks_add(d->socks, &row);
}

static int packet_row(struct diag *d, struct cursor payload, uint8_t l4)
{
	struct packet_diag_msg m;
	struct packet_diag_info info = { 0 };
	struct sock row = { .type = SOCK_OTHER, .l4 = l4 };
	char interface[IF_NAMESIZE];
	struct cursor value;
	uint16_t type;

	if (!take_struct(&payload, &m, sizeof(m))) {
		return ERR_MALFORMED;
	}
	while (next_attr(&payload, &type, &value)) {
		if (type == PACKET_DIAG_INFO && value.left >= sizeof(info)) {
			memcpy(&info, value.p, sizeof(info));
		}
	}
	buf_reset(&d->name);
	sock_packet_name(&d->name, info.pdi_index != 0 ? if_indextoname(info.pdi_index, interface) : NULL, m.pdiag_num);
	row.ino = m.pdiag_ino;
	row.name = d->name.data;
	row.name_len = (uint32_t)d->name.len;
	return socks_add(d->socks, &row);
}

/* ---- requests ---- */

static int list_inet(struct diag *d, int family, unsigned int protocol, uint8_t l4)
{
	struct inet_diag_req_v2 req = { .sdiag_family = (uint8_t)family,
					.sdiag_protocol = (uint8_t)(protocol <= UINT8_MAX ? protocol : IPPROTO_TCP),
					.idiag_states = STATES_WANTED };
	struct {
		struct nlattr head;
		uint32_t protocol;
	} attr = { { sizeof(attr), INET_DIAG_REQ_PROTOCOL }, protocol };
	int rc = ask(d, &req, sizeof(req), &attr, protocol <= UINT8_MAX ? 0 : sizeof(attr));

	return rc == 0 ? take_answer(d, inet_row, l4) : rc;
}

static int list_unix(struct diag *d)
{
	struct unix_diag_req req = { .sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX,
				     .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER };
	int rc = ask(d, &req, sizeof(req), NULL, 0);

	return rc == 0 ? take_answer(d, unix_row, SOCK_L4_NA) : rc;
}

static int list_netlink(struct diag *d)
{
	struct netlink_diag_req req = { .sdiag_family = AF_NETLINK, .sdiag_protocol = NDIAG_PROTO_ALL };
	int rc = ask(d, &req, sizeof(req), NULL, 0);

	return rc == 0 ? take_answer(d, netlink_row, SOCK_L4_NA) : rc;
}

static int list_packet(struct diag *d)
{
	struct packet_diag_req req = { .sdiag_family = AF_PACKET, .pdiag_show = PACKET_SHOW_INFO };
	int rc = ask(d, &req, sizeof(req), NULL, 0);

	return rc == 0 ? take_answer(d, packet_row, SOCK_L4_NA) : rc;
}

static const struct inet_list {
	int family;
	unsigned int protocol;
	uint8_t l4;
	unsigned int told;
} inet_lists[] = {
	{ AF_INET, IPPROTO_TCP, SOCK_L4_TCP, SOCKS_TCP },  { AF_INET6, IPPROTO_TCP, SOCK_L4_TCP, SOCKS_TCP6 },
	{ AF_INET, IPPROTO_UDP, SOCK_L4_UDP, SOCKS_UDP },  { AF_INET6, IPPROTO_UDP, SOCK_L4_UDP, SOCKS_UDP6 },
	{ AF_INET, IPPROTO_RAW, SOCK_L4_RAW, SOCKS_RAW },  { AF_INET6, IPPROTO_RAW, SOCK_L4_RAW, SOCKS_RAW6 },
	{ AF_INET, PROTOCOL_MPTCP, SOCK_L4_TCP, 0 },       { AF_INET6, PROTOCOL_MPTCP, SOCK_L4_TCP, 0 },
};

static bool fatal(int rc)
{
	return rc == ERR_NOMEM || rc == ERR_LIMIT;
}

static int list_all(struct diag *d, unsigned int *io_told)
{
	static const struct {
		int (*list)(struct diag *d);
		unsigned int told;
	} others[] = { { list_unix, SOCKS_UNIX }, { list_netlink, SOCKS_NETLINK }, { list_packet, SOCKS_PACKET } };

	for (size_t i = 0; i < ARRAY_LEN(inet_lists); i++) {
		const struct inet_list *l = &inet_lists[i];
		int rc = list_inet(d, l->family, l->protocol, l->l4);

		if (fatal(rc)) {
			return rc;
		}
		*io_told |= rc == 0 ? l->told : 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		int rc = others[i].list(d);

		if (fatal(rc)) {
			return rc;
		}
		*io_told |= rc == 0 ? others[i].told : 0;
	}
	return 0;
}

int sock_diag_list(struct socks *s, unsigned int *ret_told)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct diag d = { .socks = s };
	unsigned int told = 0;
	int rc = 0;

	d.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (d.fd < 0) {
		*ret_told = 0;
		return 0;
	}
	setsockopt(d.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	buf_init(&d.name, ANSWER_BYTES);
	d.answer = malloc(ANSWER_BYTES);
	rc = d.answer != NULL ? list_all(&d, &told) : ERR_NOMEM;
	free(d.answer);
	buf_release(&d.name);
	close(d.fd);
	if (rc == 0) {
		*ret_told = told;
	}
	return rc;
}
