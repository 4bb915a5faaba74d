/*
 * sockets.h - sockets: addresses of both ends, sequence numbers of TCP, kernel addresses of unix sockets.
 */
#ifndef CAPTURE_BPF_SOCKETS_H
#define CAPTURE_BPF_SOCKETS_H

#include "files.h"

static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *socket;
	u16 mode;

	if (!file) {
		return NULL;
	}
	mode = GET(GET(file, f_inode), i_mode);
	if ((mode & MODE_TYPE) != MODE_SOCKET) {
		return NULL;
	}
	socket = GET(file, private_data);
	return GET(socket, sk);
}

/* A TCP connection, beyond its first packet: before, and of what listens, the numbers mean nothing. */
static __always_inline bool is_tcp(struct sock *sk)
{
	u8 state = GET(sk, __sk_common.skc_state);

	return GET(sk, sk_protocol) == IPPROTO_TCP_NUMBER && state != TCP_IS_LISTEN && state != TCP_IS_CLOSED &&
	       state != TCP_IS_SYN_SENT;
}

/*
 * The numbers of the first bytes are not kept by the kernel. Received: what is next less what came, FIN included in
 * both. Sent: what is next less what went out for the first time; no longer once a FIN is among it, which is not
 * counted.
 */
static __always_inline void read_tcp(struct sock *sk, struct record_tcp *ret)
{
	struct tcp_sock *tcp = (void *)sk;
	u8 state = GET(sk, __sk_common.skc_state);

	ret->write_seq = GET(tcp, write_seq);
	ret->copied_seq = GET(tcp, copied_seq);
	ret->first_sent = 0;
	ret->first_received = 0;
	if (state == TCP_IS_ESTABLISHED || state == TCP_IS_CLOSE_WAIT) {
		ret->first_sent = GET(tcp, snd_nxt) -
			(u32)(GET(tcp, bytes_sent) - GET(tcp, bytes_retrans));
		ret->first_received = GET(tcp, rcv_nxt) - (u32)GET(tcp, bytes_received);
	}
}

/* What the data of a call on this file counts as; for sockets also which one. */
static __always_inline u8 kind_of(struct file *file, struct sock **ret_sk)
{
	struct inode *inode;
	u16 mode, family;

	*ret_sk = NULL;
	if (!file) {
		return KIND_UNKNOWN;
	}
	inode = GET(file, f_inode);
	mode = GET(inode, i_mode) & MODE_TYPE;
	if (mode == MODE_REGULAR) {
		return KIND_FILE;
	}
	if (mode != MODE_SOCKET) {
		return KIND_OTHER;
	}
	*ret_sk = sock_of_file(file);
	family = GET(*ret_sk, __sk_common.skc_family);
	return family == AF_INET || family == AF_INET6 ? KIND_NET : KIND_SOCKET;
}

static __always_inline void read_unix(struct sock *sk, struct record_socket *r, bool outgoing)
{
	struct unix_sock *own = (void *)sk;
	struct unix_sock *peer = (void *)GET(own, peer);
	struct unix_address *address;
	s32 len;

	r->own_address = (u64)own;
	r->peer_address = (u64)peer;
	address = outgoing ? GET(peer, addr) : GET(own, addr);
	if (!address) {
		return;
	}
	len = GET(address, len) - 2;	/* without the family */
	if (len <= 0 || len > RECORD_UNIX_PATH) {
		return;
	}
	bpf_probe_read_kernel(r->path, (u32)len & 127, (char *)&address->name[0] + 2);
	r->path_len = (u32)len;
}

static __always_inline void read_inet(struct sock *sk, struct record_socket *r)
{
	r->local_port = GET(sk, __sk_common.skc_num);
	r->peer_port = __builtin_bswap16(GET(sk, __sk_common.skc_dport));
	if (r->family == AF_INET6) {
		for (int i = 0; i < 4; i++) {
			((u32 *)r->local)[i] = GET(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i]);
			((u32 *)r->peer)[i] = GET(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[i]);
		}
	} else {
		u32 local = GET(sk, __sk_common.skc_rcv_saddr);
		u32 peer = GET(sk, __sk_common.skc_daddr);

		if (local == 0) {
			local = GET((struct inet_sock *)sk, inet_saddr);
		}
		__builtin_memcpy(r->local, &local, 4);
		__builtin_memcpy(r->peer, &peer, 4);
	}
	if (r->state == TCP_IS_LISTEN) {
		r->queue = GET(sk, sk_ack_backlog);
		r->queue_max = GET(sk, sk_max_ack_backlog);
	}
}

static __always_inline void read_socket(struct sock *sk, struct record_socket *r, bool outgoing)
{
	r->family = GET(sk, __sk_common.skc_family);
	r->type = GET(sk, sk_type);
	r->protocol = GET(sk, sk_protocol);
	r->state = GET(sk, __sk_common.skc_state);
	if (r->family == AF_UNIX) {
		read_unix(sk, r, outgoing);
	} else if (r->family == AF_INET || r->family == AF_INET6) {
		read_inet(sk, r);
	}
}

/* sock: of the call's descriptor as it was on entry, or 0: the one behind fd. */
ON_ITS_OWN int take_socket(u32 slot, u32 at, u64 sock, u32 fd, u32 outgoing)
{
	struct scratch *s = scratch_of(slot);
	struct sock *sk = (void *)sock;
	struct record_socket *r;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	if (!sk) {
		sk = sock_of_file(file_of((s32)fd));
	}
	if (!sk) {
		return (int)item_end(s, at, 0, 0);
	}
	r = (void *)ITEM_BYTES(s, at);
	__builtin_memset(r, 0, sizeof(*r));
	read_socket(sk, r, outgoing != 0);
	return (int)item_end(s, at, r->family == AF_UNIX ? sizeof(*r) : __builtin_offsetof(struct record_socket, path),
			     0);
}

/* Of pipe and socketpair: the descriptors at the pointer, inode of the first, sockets behind both. */
ON_ITS_OWN int take_pair(u32 slot, u32 at, u64 pointer)
{
	struct scratch *s = scratch_of(slot);
	struct record_pair *r;
	struct file *file;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	r = (void *)ITEM_BYTES(s, at);
	__builtin_memset(r, 0, sizeof(*r));
	if (bpf_probe_read_user(r->fd, sizeof(r->fd), (void *)pointer)) {
		return (int)item_end(s, at, 0, 0);
	}
	file = file_of(r->fd[0]);
	if (file) {
		r->ino = GET(GET(file, f_inode), i_ino);
		r->first = (u64)sock_of_file(file);
		r->second = (u64)sock_of_file(file_of(r->fd[1]));
	}
	return (int)item_end(s, at, sizeof(*r), 0);
}

/* ---- passed descriptors ---- */

#define CONTROL_MESSAGES 8	/* looked at: the kernel writes one with descriptors at most */
#define CONTROL_SOCKET 1	/* SOL_SOCKET */
#define CONTROL_RIGHTS 1	/* SCM_RIGHTS */
#define CONTROL_END (-1)

struct user_control {
	u64 len;	/* with this head */
	s32 level, type;
};

/*
 * At offset at of the body: what descriptor i of those at s->control is open on. 0: it cannot be read. One that is gone
 * already has no file.
 */
ON_ITS_OWN int put_passed(u32 slot, u32 at, u32 i)
{
	struct scratch *s = scratch_of(slot);
	struct record_passed *r;
	struct file *file;
	struct sock *sk;

	if (!s || at >= RECORD_BODY) {
		return 0;
	}
	r = (void *)(s->body + in_body(at));
	__builtin_memset(r, 0, sizeof(*r));
	if (bpf_probe_read_user(&r->fd, sizeof(r->fd), (void *)(s->control + (u64)i * sizeof(r->fd)))) {
		return 0;
	}
	file = file_of(r->fd);
	if (!file) {
		return 1;
	}
	read_file(file, &r->file);
	sk = sock_of_file(file);
	if (sk) {
		read_socket(sk, &r->socket, false);
	}
	return 1;
}

/*
 * One control message: how many descriptors it has (control: where they are), 0 none, CONTROL_END behind the last one.
 * A function of its own, and its state in memory: see path_step.
 */
ON_ITS_OWN int control_step(u32 slot)
{
	struct scratch *s = scratch_of(slot);
	struct user_control head;
	u64 step;

	if (!s || s->control_len < sizeof(head) || bpf_probe_read_user(&head, sizeof(head), (void *)s->control) ||
	    head.len < sizeof(head) || head.len > s->control_len) {
		return CONTROL_END;
	}
	if (head.level == CONTROL_SOCKET && head.type == CONTROL_RIGHTS) {
		s->control += sizeof(head);
		return (int)((head.len - sizeof(head)) / sizeof(s32) & 1023);
	}
	step = (head.len + 7) & ~7ull;
	s->control += step;
	s->control_len = s->control_len > step ? s->control_len - step : 0;
	return 0;
}

/* more: how many descriptors there are, of which the first are told. */
ON_ITS_OWN int take_passed(u32 slot, u32 at)
{
	struct scratch *s = scratch_of(slot);
	u32 done = 0;
	int count = 0;

	if (!s || at >= RECORD_BODY) {
		return (int)at;
	}
	for (u32 i = 0; i < CONTROL_MESSAGES && count == 0; i++) {
		count = control_step(slot);
	}
	for (int i = 0; i < RECORD_PASSED; i++) {
		if (i >= count || !put_passed(slot, at + ITEM_HEAD + done, (u32)i)) {
			break;
		}
		done += sizeof(struct record_passed);
	}
	return (int)item_end(s, at, done, count > 0 ? (u32)count : 0);
}

#endif
