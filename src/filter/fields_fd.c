/*
 * fields_fd.c - the file the call works on. Any worker, own context.
 *
 * Client is the stored source, server the stored destination; local and remote follow from the
 * role: a client's local end is the client. Without a role nothing is said.
 */
#include "events/addr.h"
#include "filter/fields_internal.h"

#define FD(c) ((c)->ev->fd)

/* An enter event, as stored, of a call that makes an fd: there is none yet, which upstream shows as
 * -1. */
static bool is_before_creation(const struct field_ctx *c)
{
	const struct schema_event *s;

	if (!c->set->raw || (c->ev->flags & EVENT_UNKNOWN_TYPE)) {
		return false;
	}
	s = &schema_events[c->ev->type];
	return !s->is_exit && (s->flags & EF_CREATES_FD) != 0;
}

static bool value_num(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	if (c->ev->flags & EVENT_HAS_FD) {
		return value_int(v, c->ev->fd_num);
	}
	return is_before_creation(c) && value_int(v, -1);
}

static bool value_type(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return FD(c) != NULL && value_cstr(v, fd_type_word(FD(c)));
}

static bool text_typechar(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	UNUSED_ARG(u);
	if (FD(c) == NULL) {
		return false;
	}
	buf_addc(out, fd_type_char(FD(c)->type));
	return true;
}

static bool value_name(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return FD(c) != NULL && value_text(v, FD(c)->name, FD(c)->name_len);
}

static bool value_nameraw(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	if (FD(c) != NULL && FD(c)->raw_name != NULL) {
		return value_str(v, FD(c)->raw_name);
	}
	return value_name(c, u, v);
}

enum { PART_DIRECTORY, PART_FILENAME };

static bool value_part(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct fd_view *fd = FD(c);
	const char *slash;
	size_t at;

	if (fd == NULL || !fd_is_file(fd)) {
		return false;
	}
	slash = memrchr(fd->name, '/', fd->name_len);
	at = slash != NULL ? (size_t)(slash - fd->name) : 0;
	if (u->field->which == PART_FILENAME) {
		return slash == NULL ? value_text(v, fd->name, fd->name_len)
				     : value_text(v, slash + 1, fd->name_len - at - 1);
	}
	if (fd->type == FD_DIRECTORY) {
		return value_text(v, fd->name, fd->name_len);
	}
	return value_text(v, fd->name, slash != NULL && at == 0 ? 1 : at);
}

/* fd.containername, fd.containerdirectory: "id:" before it; nothing before that of the host. */
static bool text_container(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	const struct thread_view *t = c->ev->thread;
	struct field_value v;

	if (t == NULL || FD(c) == NULL) {
		return false;
	}
	if (u->field->which == PART_DIRECTORY) {
		if (!value_part(c, u, &v)) {
			return false;
		}
	} else {
		value_name(c, u, &v);
	}
	if (t->container != NULL) {
		buf_add(out, t->container->id->s, t->container->id->len);
	}
	buf_addc(out, ':');
	buf_add(out, v.v.text, v.len);
	return true;
}

enum { END_CLIENT, END_SERVER, END_LOCAL, END_REMOTE };

/* True when the asked end is the stored source. False in *ret_ok: not known. */
static bool end_is_source(const struct fd_view *fd, int end, bool *ret_ok)
{
	*ret_ok = fd->role != ROLE_NONE;
	switch (end) {
	case END_CLIENT: return true;
	case END_SERVER: return false;
	case END_LOCAL: return fd->role == ROLE_CLIENT;
	default: return fd->role == ROLE_SERVER;
	}
}

/* A listening socket has one end: what it is bound to, the server's. */
static bool has_end(const struct fd_view *fd, bool source)
{
	return fd_is_inet(fd) &&
	       (!source || (fd->type != FD_IPV4_SERVER && fd->type != FD_IPV6_SERVER));
}

static bool ip_of(const struct fd_view *fd, bool source, struct field_value *v)
{
	v->kind = VALUE_IP;
	v->len = fd->type == FD_IPV6 || fd->type == FD_IPV6_SERVER ? 16 : 4;
	v->v.text = (const char *)(source ? fd->src_ip : fd->dst_ip);
	return true;
}

static bool value_ip(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct fd_view *fd = FD(c);
	bool known = false;
	bool source = fd != NULL && end_is_source(fd, u->field->which, &known);

	return known && has_end(fd, source) && ip_of(fd, source, v);
}

/* Connected, bound, or at least sent through: before that there are no ends. */
static bool has_ends(const struct fd_view *fd)
{
	return fd != NULL && fd_is_inet(fd) &&
	       (fd->role != ROLE_NONE || fd->src_port != 0 || fd->dst_port != 0 ||
		!addr_is_zero(fd->src_ip, sizeof(fd->src_ip)) ||
		!addr_is_zero(fd->dst_ip, sizeof(fd->dst_ip)));
}

enum { BOTH_IPS, BOTH_PORTS };

/* fd.ip, fd.net, fd.port, fd.proto: both ends, of which either may match. */
static bool value_both(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct fd_view *fd = FD(c);
	struct field_value *items;
	size_t n = 0;

	if (!has_ends(fd) || (items = ctx_alloc(c, 2 * sizeof(*items))) == NULL) {
		return false;
	}
	for (int source = 1; source >= 0; source--) {
		if (!has_end(fd, source)) {
			continue;
		}
		if (u->field->which == BOTH_IPS) {
			ip_of(fd, source, &items[n++]);
		} else {
			value_uint(&items[n++], source ? fd->src_port : fd->dst_port);
		}
	}
	return value_list(v, items, n);
}

static bool value_port(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct fd_view *fd = FD(c);
	bool known = false;
	bool source = fd != NULL && end_is_source(fd, u->field->which, &known);

	return known && has_end(fd, source) && value_uint(v, source ? fd->src_port : fd->dst_port);
}

/* fd.cproto and its kin: ports as text; upstream asks the machine that analyses for a name only when told to. */
static bool text_proto(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	struct field_value port;

	if (!value_port(c, u, &port)) {
		return false;
	}
	buf_add_u64(out, port.v.u);
	return true;
}

static bool value_l4(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	static const char *const words[] = { "<NA>", "<NA>", "tcp", "udp", "icmp", "raw" };
	const struct fd_view *fd = FD(c);

	UNUSED_ARG(u);
	if (fd == NULL || !fd_is_inet(fd)) {
		return false;
	}
	return value_cstr(v, fd->role != ROLE_NONE && fd->l4 < ARRAY_LEN(words) ? words[fd->l4]
										: "<NA>");
}

static bool value_family(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return FD(c) != NULL && fd_is_net(FD(c)) &&
	       value_cstr(v, FD(c)->type == FD_UNIX ? "unix" : "ip");
}

static bool value_is_server(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return FD(c) != NULL && value_bool(v, fd_is_inet(FD(c)) && FD(c)->role == ROLE_SERVER);
}

/* Written one behind the other, as upstream: rules only compare it. */
static bool text_uid(struct field_ctx *c, const struct field_use *u, struct buf *out)
{
	struct field_value num;

	if (c->ev->tid < 0 || !value_num(c, u, &num)) {
		return false;
	}
	buf_add_s64(out, c->ev->tid);
	buf_add_s64(out, num.v.s);
	return true;
}

static bool value_connected(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return FD(c) != NULL && value_bool(v, (FD(c)->flags & FV_CONNECTED) != 0);
}

static bool value_layer(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	return FD(c) != NULL && fd_is_file(FD(c)) &&
	       value_bool(v, (FD(c)->flags & u->field->which) != 0);
}

enum { DEV_ALL, DEV_MAJOR, DEV_MINOR };

/* Linux' device numbers: 12 bits of major in the middle, 20 of minor around it. */
static bool value_dev(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	uint32_t dev;

	if (FD(c) == NULL || !fd_is_file(FD(c))) {
		return false;
	}
	dev = FD(c)->dev;
	switch (u->field->which) {
	case DEV_MAJOR: return value_int(v, dev >> 8 & 0xfff);
	case DEV_MINOR: return value_int(v, (dev & 0xff) | (dev >> 12 & 0xfff00));
	default: return value_int(v, (int64_t)dev);
	}
}

static bool value_ino(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return FD(c) != NULL && FD(c)->ino != 0 && value_int(v, (int64_t)FD(c)->ino);
}

/* Of the process' fds, or of one of the first three or of the one at hand: others are not stamped. */
static const struct fd_view *one_fd(const struct field_ctx *c, int64_t number)
{
	const struct ref_counts *n = ctx_counts(c);

	if (number >= 0 && number < 3) {
		return n != NULL ? n->std[number] : NULL;
	}
	return number >= 0 && (c->ev->flags & EVENT_HAS_FD) != 0 && c->ev->fd_num == number ? FD(c)
											    : NULL;
}

static bool value_types(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);
	const struct fd_view *one = u->arg != NULL ? one_fd(c, u->index) : NULL;
	uint32_t types = u->arg == NULL                             ? (n != NULL ? n->fd_types : 0)
			 : one != NULL && one->type < FD_TYPE_COUNT ? 1u << one->type
								    : 0;
	struct field_value *items =
		types != 0 ? ctx_alloc(c, FD_TYPE_COUNT * sizeof(*items)) : NULL;
	size_t count = 0;

	for (unsigned int type = 0; items != NULL && type < FD_TYPE_COUNT; type++) {
		const struct fd_view fd = { .type = (uint8_t)type };
		bool told = false;

		if ((types >> type & 1) == 0) {
			continue;
		}
		/* Kinds that the language does not tell apart have one word. */
		value_cstr(&items[count], fd_type_word(&fd));
		for (size_t k = 0; k < count; k++) {
			told = told || items[k].v.text == items[count].v.text ||
			       strcmp(items[k].v.text, items[count].v.text) == 0;
		}
		count += !told;
	}
	return count > 0 && value_list(v, items, count);
}

static bool value_name_changed(struct field_ctx *c, const struct field_use *u,
			       struct field_value *v)
{
	const struct ref_counts *n = ctx_counts(c);

	UNUSED_ARG(u);
	return FD(c) != NULL && n != NULL && value_bool(v, n->name_changed);
}

static bool value_id(struct field_ctx *c, const struct field_use *u, struct field_value *v)
{
	UNUSED_ARG(u);
	return FD(c) != NULL && FD(c)->id != ID_NONE && value_uint(v, FD(c)->id);
}

#define FOLD (WANT_FOLD | WANT_FDS)
#define COUNTS (WANT_FOLD | WANT_FDS | WANT_COUNTS)
#define EITHER (FIELD_FILTER_ONLY | FIELD_NO_RHS | FIELD_NO_TRANSFORM)
#define NAME (FIELD_NO_RHS | FIELD_NO_TRANSFORM)

/* clang-format off */
static const struct field rows[] = {
	{ "fd.num", PT_INT64, FMT_ID, ARG_NONE, 0, FOLD, value_num, NULL, 0,
	  "number of the fd" },
	{ "fd.type", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_type, NULL, 0,
	  "file, directory, ipv4, ipv6, unix, pipe, event, signalfd, eventpoll, ..." },
	{ "fd.typechar", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_typechar, 0,
	  "the same as one character: f, d, 4, 6, u, p, e, s, l, ..." },
	{ "fd.name", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_name, NULL, 0,
	  "path, or both ends of a connection" },
	{ "fd.nameraw", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_nameraw, NULL, 0,
	  "name as the program passed it" },
	{ "fd.directory", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_part, NULL, PART_DIRECTORY,
	  "directory of a file; of a directory, itself" },
	{ "fd.filename", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_part, NULL, PART_FILENAME,
	  "name of a file without its directory" },
	{ "fd.containername", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_container, PART_FILENAME,
	  "container id, a colon, name" },
	{ "fd.containerdirectory", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, NULL, text_container,
	  PART_DIRECTORY, "container id, a colon, directory" },
	{ "fd.ip", PT_IPADDR, FMT_NA, ARG_NONE, EITHER, FOLD, value_both, NULL, BOTH_IPS,
	  "address of either end" },
	{ "fd.cip", PT_IPADDR, FMT_NA, ARG_NONE, 0, FOLD, value_ip, NULL, END_CLIENT,
	  "address of the client's end" },
	{ "fd.sip", PT_IPADDR, FMT_NA, ARG_NONE, 0, FOLD, value_ip, NULL, END_SERVER,
	  "address of the server's end" },
	{ "fd.lip", PT_IPADDR, FMT_NA, ARG_NONE, 0, FOLD, value_ip, NULL, END_LOCAL,
	  "address of this process' end" },
	{ "fd.rip", PT_IPADDR, FMT_NA, ARG_NONE, 0, FOLD, value_ip, NULL, END_REMOTE,
	  "address of the other end" },
	{ "fd.port", PT_PORT, FMT_DEC, ARG_NONE, EITHER, FOLD, value_both, NULL, BOTH_PORTS,
	  "port of either end" },
	{ "fd.cport", PT_PORT, FMT_DEC, ARG_NONE, 0, FOLD, value_port, NULL, END_CLIENT,
	  "port of the client's end" },
	{ "fd.sport", PT_PORT, FMT_DEC, ARG_NONE, 0, FOLD, value_port, NULL, END_SERVER,
	  "port of the server's end" },
	{ "fd.lport", PT_PORT, FMT_DEC, ARG_NONE, 0, FOLD, value_port, NULL, END_LOCAL,
	  "port of this process' end" },
	{ "fd.rport", PT_PORT, FMT_DEC, ARG_NONE, 0, FOLD, value_port, NULL, END_REMOTE,
	  "port of the other end" },
	{ "fd.proto", PT_PORT, FMT_DEC, ARG_NONE, EITHER, FOLD, value_both, NULL, BOTH_PORTS,
	  "the same as fd.port" },
	{ "fd.cproto", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_proto, END_CLIENT,
	  "port of the client's end, as text" },
	{ "fd.sproto", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_proto, END_SERVER,
	  "port of the server's end, as text" },
	{ "fd.lproto", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_proto, END_LOCAL,
	  "port of this process' end, as text" },
	{ "fd.rproto", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_proto, END_REMOTE,
	  "port of the other end, as text" },
	{ "fd.net", PT_IPNET, FMT_NA, ARG_NONE, EITHER, FOLD, value_both, NULL, BOTH_IPS,
	  "address of either end, compared with networks" },
	{ "fd.cnet", PT_IPNET, FMT_NA, ARG_NONE, EITHER, FOLD, value_ip, NULL, END_CLIENT,
	  "address of the client's end, compared with networks" },
	{ "fd.snet", PT_IPNET, FMT_NA, ARG_NONE, EITHER, FOLD, value_ip, NULL, END_SERVER,
	  "address of the server's end, compared with networks" },
	{ "fd.lnet", PT_IPNET, FMT_NA, ARG_NONE, EITHER, FOLD, value_ip, NULL, END_LOCAL,
	  "address of this process' end, compared with networks" },
	{ "fd.rnet", PT_IPNET, FMT_NA, ARG_NONE, EITHER, FOLD, value_ip, NULL, END_REMOTE,
	  "address of the other end, compared with networks" },
	{ "fd.cip.name", PT_CHARBUF, FMT_NA, ARG_NONE, NAME, 0, value_absent, NULL, 0,
	  "never: would need a look-up in the network" },
	{ "fd.sip.name", PT_CHARBUF, FMT_NA, ARG_NONE, NAME, 0, value_absent, NULL, 0,
	  "never: would need a look-up in the network" },
	{ "fd.lip.name", PT_CHARBUF, FMT_NA, ARG_NONE, NAME, 0, value_absent, NULL, 0,
	  "never: would need a look-up in the network" },
	{ "fd.rip.name", PT_CHARBUF, FMT_NA, ARG_NONE, NAME, 0, value_absent, NULL, 0,
	  "never: would need a look-up in the network" },
	{ "fd.l4proto", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_l4, NULL, 0,
	  "tcp, udp, icmp or raw" },
	{ "fd.sockfamily", PT_CHARBUF, FMT_NA, ARG_NONE, 0, FOLD, value_family, NULL, 0,
	  "ip or unix" },
	{ "fd.is_server", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_is_server, NULL, 0,
	  "true when this process is the server's end" },
	{ "fd.uid", PT_CHARBUF, FMT_NA, ARG_NONE, FIELD_SAFE, FOLD, NULL, text_uid, 0,
	  "thread id and fd number written together" },
	{ "fd.connected", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_connected, NULL, 0,
	  "true for connected sockets" },
	{ "fd.name_changed", PT_BOOL, FMT_NA, ARG_NONE, 0, COUNTS, value_name_changed, NULL, 0,
	  "true when this event gave the fd another name, or its first" },
	{ "fd.types", PT_CHARBUF, FMT_NA, ARG_OPTIONAL, FIELD_SET | FIELD_NO_RHS | FIELD_ARG_NUMBER, COUNTS, value_types, NULL, 0,
	  "types of all fds of the process; [n] of fd 0, 1, 2, or of the event's own" },
	{ "fd.dev", PT_INT32, FMT_HEX, ARG_NONE, 0, FOLD, value_dev, NULL, DEV_ALL,
	  "device the file is on, in hexadecimal" },
	{ "fd.dev.major", PT_INT32, FMT_DEC, ARG_NONE, 0, FOLD, value_dev, NULL, DEV_MAJOR,
	  "major number of the device" },
	{ "fd.dev.minor", PT_INT32, FMT_DEC, ARG_NONE, 0, FOLD, value_dev, NULL, DEV_MINOR,
	  "minor number of the device" },
	{ "fd.ino", PT_INT64, FMT_DEC, ARG_NONE, 0, FOLD, value_ino, NULL, 0,
	  "inode" },
	{ "fd.is_upper_layer", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_layer, NULL, FV_UPPER,
	  "the file lies in the upper layer of an overlay" },
	{ "fd.is_lower_layer", PT_BOOL, FMT_NA, ARG_NONE, 0, FOLD, value_layer, NULL, FV_LOWER,
	  "the file lies in the lower layer of an overlay" },
	{ "fd.id", PT_UINT64, FMT_ID, ARG_NONE, FIELD_OURS, FOLD, value_id, NULL, 0,
	  "identity of the open file: kept by dup and fork, new when a number is reused" },
};
/* clang-format on */

const struct field_class field_class_fd = { "file descriptor", rows, ARRAY_LEN(rows), "fd" };
