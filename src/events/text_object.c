/*
 * text_object.c - the text of what a value names: strings, paths, data, sockets, fds, processes,
 * users.
 *
 * Each function appends the text of one present value; names of other objects come from the
 * caller's ref function. Captured text goes through escape_terminal, captured data shows dots.
 */
#include "events/text_internal.h"

#include "base/escape.h"
#include "events/addr.h"
#include "events/path.h"

#define FDLIST_ENTRY 10 /* s64 fd, u16 poll flags */
#define AT_FDCWD_TEXT "AT_FDCWD"

/* ---- strings ---- */

/* Up to the first NUL: what the traced program saw as the string. */
static size_t string_len(struct param v)
{
	const uint8_t *end = memchr(v.p, '\0', v.len);

	return end != NULL ? (size_t)(end - v.p) : v.len;
}

static bool string_is(struct param v, size_t len, const char *what)
{
	return len == strlen(what) && memcmp(v.p, what, len) == 0;
}

void text_string(const struct text_value *t, struct buf *out)
{
	size_t len = string_len(t->v);

	if (string_is(t->v, len, "(NULL)")) {
		buf_add(out, "<NA>", 4);
	} else {
		escape_terminal(out, t->v.p, len);
	}
}

/* The absolute path of a relative one; nothing when it is absolute, missing, or its base is
 * unknown. */
void text_path_name(const struct text_value *t, struct buf *out)
{
	char path[PATH_BYTES];
	struct text_ref dir;
	size_t len = string_len(t->v);
	unsigned int kind = t->type == PT_FSRELPATH ? REF_DIR : TEXT_REF_CWD;

	if (len == 0 || t->v.p[0] == '/' || string_is(t->v, len, "(NULL)") ||
	    string_is(t->v, len, "<NA>")) {
		return;
	}
	if (!text_find_ref(t, kind, &dir) || dir.len == 0) {
		return;
	}
	len = path_absolute(path, dir.s, dir.len, (const char *)t->v.p, len);
	escape_terminal(out, path, len);
}

/* ---- data ---- */

static inline char dot(uint8_t c)
{
	return c >= 0x20 && c < 0x7F ? (char)c : '.';
}

void text_add_dots(struct buf *out, const uint8_t *p, size_t n, size_t max)
{
	bool cut = max != 0 && n > max;
	size_t shown = cut ? max : n;
	char *room = buf_room(out, shown);

	if (room == NULL) {
		return;
	}
	for (size_t i = 0; i < shown; i++) {
		room[i] = dot(p[i]);
	}
	for (size_t i = 0; cut && i < 3 && shown > 3; i++) {
		room[shown - 1 - i] = '.';
	}
	out->len += shown;
}

void text_bytes(const struct text_value *t, struct buf *out)
{
	text_add_dots(out, t->v.p, t->v.len,
		      t->ctx->data_max != 0 ? t->ctx->data_max : TEXT_DATA_MAX);
}

void text_unsupported(const struct text_value *t, struct buf *out)
{
	UNUSED_ARG(t);
	buf_add(out, "(n.a.)", 6);
}

/* ---- addresses ---- */

static void add_family(struct buf *out, unsigned int family, bool whole)
{
	if (whole) {
		buf_add(out, "family ", 7);
		buf_add_u64(out, family);
	} else {
		buf_adds(out, family == PPM_AF_INET    ? "INVALID IPv4"
			      : family == PPM_AF_INET6 ? "INVALID IPv6"
						       : "INVALID unix");
	}
}

void text_sockaddr(const struct text_value *t, struct buf *out)
{
	struct addr_sock a;
	bool whole = addr_read_sock(t->v, &a);

	if (whole && a.family == PPM_AF_UNIX) {
		escape_terminal(out, a.path, a.path_len);
	} else if (whole && (a.family == PPM_AF_INET || a.family == PPM_AF_INET6)) {
		addr_add_endpoint(out, a.family == PPM_AF_INET6, a.ip, a.port);
	} else {
		add_family(out, a.family, whole);
	}
}

void text_tuple(const struct text_value *t, struct buf *out)
{
	struct addr_tuple a;
	bool whole = addr_read_tuple(t->v, &a);

	if (whole && a.family == PPM_AF_UNIX) {
		addr_add_unix(out, a.unix_src, a.unix_dst);
		escape_terminal(out, a.path, a.path_len);
	} else if (whole && (a.family == PPM_AF_INET || a.family == PPM_AF_INET6)) {
		addr_add_pair(out, a.family == PPM_AF_INET6, a.src_ip, a.src_port, a.dst_ip,
			      a.dst_port, true);
	} else {
		add_family(out, a.family, whole);
	}
}

void text_ipv4(const struct text_value *t, struct buf *out)
{
	addr_add_ip4(out, t->v.p);
}

void text_ipv6(const struct text_value *t, struct buf *out)
{
	addr_add_ip6(out, t->v.p);
}

/* ---- fds, processes, users ---- */

static int64_t signed_value(const struct text_value *t)
{
	return t->v.len >= 8 && t->type != PT_FD32 && t->type != PT_PID32
		       ? (int64_t)load_le64(t->v.p)
		       : (int32_t)load_le32(t->v.p);
}

void text_fd(const struct text_value *t, struct buf *out)
{
	buf_add_s64(out, signed_value(t));
}

void text_fd_name(const struct text_value *t, struct buf *out)
{
	int64_t fd = signed_value(t);
	struct text_ref ref;

	if (t->ev->thread == NULL) {
		return;
	}
	if (fd == PPM_AT_FDCWD) {
		buf_add(out, AT_FDCWD_TEXT, sizeof(AT_FDCWD_TEXT) - 1);
	} else if (fd < 0) {
		text_add_errno_name(out, fd);
	} else if (text_find_ref(t, REF_FD, &ref)) {
		buf_addc(out, '<');
		buf_addc(out, ref.type);
		if (ref.l4 != 0) {
			buf_addc(out, ref.l4);
		}
		buf_addc(out, '>');
		escape_terminal(out, ref.s, ref.len);
	}
}

void text_pid(const struct text_value *t, struct buf *out)
{
	buf_add_s64(out, signed_value(t));
}

void text_pid_name(const struct text_value *t, struct buf *out)
{
	struct text_ref ref;

	if (text_find_ref(t, REF_THREAD, &ref)) {
		escape_terminal(out, ref.s, ref.len);
	}
}

void text_uid(const struct text_value *t, struct buf *out)
{
	buf_add_s64(out, (int32_t)load_le32(t->v.p));
}

static void add_owner_name(const struct text_value *t, unsigned int kind, struct buf *out)
{
	struct text_ref ref;

	if (load_le32(t->v.p) == UINT32_MAX) {
		buf_add(out, "<NONE>", 6);
	} else if (text_find_ref(t, kind, &ref) && ref.len > 0) {
		escape_terminal(out, ref.s, ref.len);
	} else {
		buf_add(out, "<NA>", 4);
	}
}

void text_uid_name(const struct text_value *t, struct buf *out)
{
	add_owner_name(t, REF_USER, out);
}

void text_gid_name(const struct text_value *t, struct buf *out)
{
	add_owner_name(t, REF_GROUP, out);
}

unsigned int text_fdlist_count(struct param v)
{
	unsigned int count, fit;

	if (v.p == NULL || v.len < 2) {
		return 0;
	}
	count = load_le16(v.p);
	fit = (v.len - 2) / FDLIST_ENTRY;
	return count < fit ? count : fit;
}

/* "3:f1 7:44": fd, type character, poll flags in hex. */
void text_fdlist(const struct text_value *t, struct buf *out)
{
	unsigned int count = text_fdlist_count(t->v);
	struct text_value entry = *t;

	for (unsigned int i = 0; i < count; i++) {
		const uint8_t *p = t->v.p + 2 + (size_t)i * FDLIST_ENTRY;
		struct text_ref ref;

		if (i > 0) {
			buf_addc(out, ' ');
		}
		buf_add_u64(out, load_le64(p));
		buf_addc(out, ':');
		entry.ref = t->ref + i;
		buf_addc(out, text_find_ref(&entry, REF_FDLIST, &ref) ? ref.type : '?');
		buf_add_hex(out, (uint32_t)(int16_t)load_le16(p + 8), false);
	}
}
