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

	return GET(sk, sk_protocol) == IPPROTO_TCP_NUMBER && state != TCP_IS_LISTEN && state != TCP_IS_CLOSED && state != TCP_IS_SYN_SENT;
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
	r->family = GET(sk, __sk_common.skc_family);
	r->type = GET(sk, sk_type);
	r->protocol = GET(sk, sk_protocol);
	r->state = GET(sk, __sk_common.skc_state);
	if (r->family == AF_UNIX) {
		read_unix(sk, r, outgoing != 0);
		return (int)item_end(s, at, sizeof(*r), 0);
	}
	if (r->family == AF_INET || r->family == AF_INET6) {
		read_inet(sk, r);
	}
	return (int)item_end(s, at, __builtin_offsetof(struct record_socket, path), 0);
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

#endif
