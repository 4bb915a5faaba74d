/*
 * names.c - the names of descriptors: joined paths, socket tuples, type words.
 *
 * Text in, text out; reads nothing of the state but a thread's cwd and fd table. Fold only, but for
 * fd_type_word and fd_type_char (any thread).
 */
#include "state/state_internal.h"

/* ---- paths ---- */

static const char too_long[] = "/DIR_TOO_LONG/FILENAME_TOO_LONG";
static const char unknown_base[] = "<UNKNOWN>";

/* Removes the last component of out, never the first character. */
static size_t up(const char *out, size_t len)
{
	if (len <= 1) {
		return len;
	}
	len--;
	while (len > 0 && out[len - 1] != '/') {
		len--;
	}
	return len;
}

/* The top bit of each byte of x that is zero. */
static uint64_t zero_bytes(uint64_t x)
{
	const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);

	return ~(((x & low) + low) | x | low);
}

/* A slash in the eight bytes at p with a dot or another slash behind it; nine bytes are read. */
static uint64_t odd_slash(const char *p)
{
	const uint64_t slashes = UINT64_C(0x2F2F2F2F2F2F2F2F);
	const uint64_t dot_or_slash = UINT64_C(0x0101010101010101); /* they differ in this bit */
	uint64_t here = load_le64((const uint8_t *)p);
	uint64_t next = load_le64((const uint8_t *)p + 1);

	return zero_bytes(here ^ slashes) & zero_bytes((next | dot_or_slash) ^ slashes);
}

/* Nothing to collapse: no "//", no component of dots, no slash at the end. */
static bool is_plain(const char *p, size_t len)
{
	uint64_t odd = 0;
	size_t i = 0;

	if (len == 0 || p[0] == '.' || p[len - 1] == '/') {
		return false;
	}
	for (; i + 9 <= len; i += 8) {
		odd |= odd_slash(p + i);
	}
	for (; i + 1 < len; i++) {
		odd |= (p[i] == '/') & ((p[i + 1] == '/') | (p[i + 1] == '.'));
	}
	return odd == 0;
}

/* Appends one component and the slash behind it, if any. */
static size_t add_part(char *out, size_t len, const char *part, size_t n, bool slash)
{
	bool at_start = len == 0 || out[len - 1] == '/';

	if (at_start && n == 1 && part[0] == '.') {
		return len;
	}
	if (at_start && n == 2 && part[0] == '.' && part[1] == '.') {
		return up(out, len);
	}
	memcpy(out + len, part, n);
	len += n;
	if (slash && (len == 0 || out[len - 1] != '/')) {
		out[len++] = '/';
	}
	return len;
}

size_t path_join(char *out, const char *base, size_t base_len, const char *path, size_t path_len)
{
	size_t len = 0;

	if (path_len > 0 && path[0] == '/') {
		base_len = 0;
	}
	if (base_len + path_len > LIMIT_PATH_BYTES) {
		memcpy(out, too_long, sizeof(too_long));
		return sizeof(too_long) - 1;
	}
	memcpy(out, base, base_len);
	len = base_len;
	if (LIKELY(is_plain(path, path_len))) {
		memcpy(out + len, path, path_len);
		len += path_len;
		out[len] = '\0';
		return len;
	}
	while (path_len > 0) {
		const char *slash = memchr(path, '/', path_len);
		size_t n = slash != NULL ? (size_t)(slash - path) : path_len;

		len = add_part(out, len, path, n, slash != NULL);
		n += slash != NULL ? 1 : 0;
		path += n;
		path_len -= n;
	}
	if (len > 1 && out[len - 1] == '/') {
		len--;
	}
	out[len] = '\0';
	return len;
}

void path_base(const struct task *t, int64_t dirfd, char *scratch, const char **ret_p,
	       size_t *ret_len)
{
	const struct fd_view *dir;

	if (dirfd == PPM_AT_FDCWD) {
		*ret_p = t->group->cwd->s;
		*ret_len = t->group->cwd->len;
		return;
	}
	dir = fds_get(task_fds(t), dirfd);
	if (dir == NULL) {
		*ret_p = unknown_base;
		*ret_len = sizeof(unknown_base) - 1;
		return;
	}
	memcpy(scratch, dir->name, dir->name_len);
	*ret_len = dir->name_len;
	if (dir->name_len == 0 || scratch[dir->name_len - 1] != '/') {
		scratch[(*ret_len)++] = '/';
	}
	*ret_p = scratch;
}

/* ---- sockets ---- */

bool tuple_parse(struct param v, struct addr_tuple *ret_t)
{
	bool whole = addr_read_tuple(v, ret_t);

	return whole && (ret_t->family == PPM_AF_INET || ret_t->family == PPM_AF_INET6 ||
			 ret_t->family == PPM_AF_UNIX);
}

bool sockaddr_parse(struct param v, struct addr_sock *ret_a)
{
	static const uint8_t zero[16];

	if (!addr_read_sock(v, ret_a)) {
		return false;
	}
	if (ret_a->family == PPM_AF_INET6 && addr_is_mapped(ret_a->ip) &&
	    memcmp(ret_a->ip, zero, sizeof(zero)) != 0) {
		ret_a->family = PPM_AF_INET;
		memcpy(ret_a->ip, ret_a->ip + 12, 4);
		memset(ret_a->ip + 4, 0, 12);
	}
	return ret_a->family == PPM_AF_INET || ret_a->family == PPM_AF_INET6 ||
	       ret_a->family == PPM_AF_UNIX;
}

void socket_name(const struct fd_view *v, struct buf *out)
{
	bool v6 = v->type == FD_IPV6 || v->type == FD_IPV6_SERVER;
	bool ports = v->l4 != L4_ICMP && v->l4 != L4_RAW;

	buf_reset(out);
	if (v->type == FD_IPV4_SERVER || v->type == FD_IPV6_SERVER) {
		addr_add_endpoint(out, v6, v->dst_ip, v->dst_port);
	} else if (v->l4 == L4_UNKNOWN) {
		buf_adds(out, "<unknown>");
	} else {
		addr_add_pair(out, v6, v->src_ip, v->src_port, v->dst_ip, v->dst_port, ports);
	}
}

void unix_name(const struct addr_tuple *t, struct buf *out)
{
	buf_reset(out);
	addr_add_unix(out, t->unix_src, t->unix_dst);
	buf_add(out, t->path, t->path_len);
}

/* ---- types ---- */

static const struct fd_type_row {
	const char *word;
	char c;
} type_rows[FD_TYPE_COUNT] = {
	[FD_UNKNOWN] = { "unknown", 'o' },
	[FD_FILE] = { "file", 'f' },
	[FD_DIRECTORY] = { "directory", 'd' },
	[FD_IPV4] = { "ipv4", '4' },
	[FD_IPV6] = { "ipv6", '6' },
	[FD_IPV4_SERVER] = { "ipv4", '4' },
	[FD_IPV6_SERVER] = { "ipv6", '6' },
	[FD_FIFO] = { "pipe", 'p' },
	[FD_UNIX] = { "unix", 'u' },
	[FD_EVENTFD] = { "event", 'e' },
	[FD_UNSUPPORTED] = { "unsupported", 'X' },
	[FD_SIGNALFD] = { "signalfd", 's' },
	[FD_EPOLL] = { "eventpoll", 'l' },
	[FD_INOTIFY] = { "inotify", 'i' },
	[FD_TIMERFD] = { "timerfd", 't' },
	[FD_NETLINK] = { "netlink", 'n' },
	[FD_FILE_V2] = { "file", 'f' },
	[FD_BPF] = { "bpf", 'b' },
	[FD_USERFAULTFD] = { "userfaultfd", 'u' },
	[FD_IO_URING] = { "io_uring", 'r' },
	[FD_MEMFD] = { "memfd", 'm' },
	[FD_PIDFD] = { "pidfd", 'P' },
};

const char *fd_type_word(const struct fd_view *fd)
{
	return fd->type < FD_TYPE_COUNT ? type_rows[fd->type].word : "unknown";
}

char fd_type_char(unsigned int type)
{
	return type < FD_TYPE_COUNT ? type_rows[type].c : '?';
}
