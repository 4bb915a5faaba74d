/*
 * fdlist.c - fd list blocks: the descriptors a thread had when the capture began; and, when all
 * lists are read, which end of each listed connection is the client. Entries of the same form tell
 * of descriptors that came in a message.
 *
 * Fold only.
 */
#include "base/cursor.h"
#include "readers/batch.h"
#include "readers/source.h"
#include "state/state_internal.h"

#define LOOPBACK_NET 127

/* ---- zero addresses ---- */

static bool in_network(const struct interface_row *i, const uint8_t *ip)
{
	if (i->v6) {
		return memcmp(i->ip, ip, 8) == 0;
	}
	for (int k = 0; k < 4; k++) {
		if ((i->ip[k] & i->mask[k]) != (ip[k] & i->mask[k])) {
			return false;
		}
	}
	return true;
}

static bool is_loopback(const struct interface_row *i)
{
	static const uint8_t loopback6[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

	return i->v6 ? memcmp(i->ip, loopback6, 16) == 0 : i->ip[0] == LOOPBACK_NET;
}

/* The interface a peer at ip would be talked to from, or NULL. */
static const struct interface_row *interface_for(const struct state *s, const uint8_t *ip, bool v6)
{
	const struct interface_row *network = NULL;
	const struct interface_row *first = NULL;
	uint32_t n = s->interface_count < STATE_SCAN_INTERFACES ? s->interface_count
								: STATE_SCAN_INTERFACES;

	for (uint32_t k = 0; k < n; k++) {
		const struct interface_row *i = &s->interfaces[k];

		if (i->v6 != v6) {
			continue;
		}
		if (memcmp(i->ip, ip, v6 ? 16 : 4) == 0) {
			return i;
		}
		if (network == NULL && in_network(i, ip)) {
			network = i;
		}
		if (first == NULL && !is_loopback(i)) {
			first = i;
		}
	}
	return network != NULL ? network : first;
}

void socket_patch_zero(const struct state *s, struct fd_view *d)
{
	bool v6 = d->type == FD_IPV6;
	bool src = addr_is_zero(d->src_ip, sizeof(d->src_ip));
	uint8_t *zero = src ? d->src_ip : d->dst_ip;
	const uint8_t *other = src ? d->dst_ip : d->src_ip;
	const struct interface_row *i;

	if (LIKELY(!src && !addr_is_zero(d->dst_ip, sizeof(d->dst_ip)))) {
		return;
	}
	i = interface_for(s, other, v6);
	if (i == NULL || (memcmp(i->ip, other, v6 ? 16 : 4) == 0 && d->src_port == d->dst_port)) {
		return;
	}
	memcpy(zero, i->ip, v6 ? 16 : 4);
}

/* ---- entries ---- */

static void read_ip(struct cursor *c, uint8_t *ip, size_t n)
{
	const uint8_t *p = cur_take(c, n);

	if (p != NULL) {
		memcpy(ip, p, n);
	}
}

/* Only IPv4 addresses with zero ends are patched here. */
static void read_pair(struct state *s, struct cursor *c, bool be, struct fd_view *d)
{
	size_t n = d->type == FD_IPV4 ? 4 : 16;

	read_ip(c, d->src_ip, n);
	read_ip(c, d->dst_ip, n);
	d->src_port = cur_u16(c, be);
	d->dst_port = cur_u16(c, be);
	d->l4 = cur_u8(c);
	if (c->bad) {
		return;
	}
	if (n == 16 && addr_is_mapped(d->src_ip) && addr_is_mapped(d->dst_ip)) {
		d->type = FD_IPV4;
		memmove(d->src_ip, d->src_ip + 12, 4);
		memmove(d->dst_ip, d->dst_ip + 12, 4);
		memset(d->src_ip + 4, 0, 12);
		memset(d->dst_ip + 4, 0, 12);
	}
	if (d->src_port == 0 && d->dst_port == 0 && addr_is_zero(d->src_ip, n) && addr_is_zero(d->dst_ip, n)) {
		return;	/* neither bound nor connected: nothing to patch, nothing to show */
	}
	if (d->type == FD_IPV4) {
		socket_patch_zero(s, d);
	}
	if (d->l4 == L4_TCP) {
		d->flags |= FV_CONNECTED;
	}
	socket_set_name(s, d);
}

static void read_server(struct state *s, struct cursor *c, bool be, struct fd_view *d)
{
	read_ip(c, d->dst_ip, d->type == FD_IPV4_SERVER ? 4 : 16);
	d->dst_port = cur_u16(c, be);
	d->l4 = cur_u8(c);
	d->role = ROLE_SERVER;
	if (!c->bad) {
		socket_set_name(s, d);
	}
}

static void read_name(struct state *s, struct cursor *c, bool be)
{
	uint16_t len = cur_u16(c, be);
	const uint8_t *p = cur_take(c, len);

	if (p != NULL) {
		fd_draft_name(s, (const char *)p, strnlen((const char *)p, len));
	}
}

/* The data of one entry into the draft. False: a type this old list can't be read past. */
static bool read_data(struct state *s, struct cursor *c, bool be, bool v2, struct fd_view *d)
{
	switch (d->type) {
	case FD_UNKNOWN: break;
	case FD_IPV4:
	case FD_IPV6: read_pair(s, c, be, d); break;
	case FD_IPV4_SERVER:
	case FD_IPV6_SERVER: read_server(s, c, be, d); break;
	case FD_UNIX:
		d->unix_src = cur_u64(c, be);
		d->unix_dst = cur_u64(c, be);
		read_name(s, c, be);
		d->role = d->name_len == 0 ? ROLE_CLIENT : ROLE_SERVER;
		break;
	case FD_FILE_V2:
		d->open_flags = cur_u32(c, be);
		read_name(s, c, be);
		if (v2 && c->left >= 4) {
			d->dev = cur_u32(c, be);
		}
		break;
	default:
		if (d->type >= FD_TYPE_COUNT) {
			return v2;
		}
		read_name(s, c, be);
		break;
	}
	return true;
}

/* A socket listed by several processes is one open file: its inode number tells. */
static void share_id(struct state *s, struct fd_view *d)
{
	uint64_t key = key_mix(s, d->ino);
	uintptr_t id;

	if (d->ino == 0 || !fd_is_net(d) || s->scan_inodes.count >= LIMIT_FDS) {
		return;
	}
	id = map_get(&s->scan_inodes, key);
	if (id != 0) {
		d->id = (uint32_t)(id - 1);
	} else if (map_set(&s->scan_inodes, key, (uintptr_t)d->id + 1) != 0) {
		s->oom = true;
	}
}

/* Of the lists alone, so that finding the roles costs what the lists cost, however many processes
 * share a table by the time of a later list. */
static void note_socket(struct state *s, const struct task *t, int64_t fd)
{
	void *rows = s->listed;

	if (s->listed_count >= LIMIT_FDS) {
		s->counts.fd_evictions++;
		return;
	}
	if (state_grow(s, &rows, s->listed_count, &s->listed_cap, sizeof(*s->listed))) {
		s->listed = rows;
		s->listed[s->listed_count].tid = t->tid;
		s->listed[s->listed_count++].fd = (int32_t)fd; /* below LIMIT_FD_NUMBER */
	}
}

/* An entry into the draft. */
static bool read_entry(struct state *s, struct cursor *c, bool be, bool v2, int64_t *ret_fd)
{
	int64_t fd = (int64_t)cur_u64(c, be);
	uint64_t ino = cur_u64(c, be);
	struct fd_view *d = fd_draft_new(s, NULL, cur_u8(c));

	d->ino = ino;
	if (c->bad || !read_data(s, c, be, v2, d) || c->bad) {
		return false;
	}
	*ret_fd = fd;
	return true;
}

static bool read_fd(struct state *s, struct cursor *c, bool be, bool v2, struct task *t)
{
	struct fd_view *d = s->draft;
	bool cloexec;
	int64_t fd;

	if (!read_entry(s, c, be, v2, &fd)) {
		return false;
	}
	d->flags |= FV_FROM_SCAN;
	cloexec = d->type == FD_FILE_V2 && (d->open_flags & PPM_O_CLOEXEC) != 0;
	share_id(s, d);
	if (fd_commit(s, task_fds(t), fd, cloexec) != NULL && fd_is_inet(d)) {
		note_socket(s, t, fd);
	}
	return true;
}

void meta_fds(struct state *s, const struct meta_block *m, bool v2)
{
	struct cursor c = cur_make(m->body, m->body_len);
	bool be = s->section->big_endian;
	int64_t tid = (int64_t)cur_u64(&c, be);
	struct task *t;

	if (c.bad) {
		meta_malformed(s, m, m->body_len, "fd list without a thread id");
		return;
	}
	t = task_find(s, tid);
	if (t == NULL) {
		s->counts.orphan_fd_lists++;
		return;
	}
	s->scan_pending = true;
	while (c.left >= 4) {
		size_t left = c.left;
		struct cursor entry = c;
		bool ok;

		if (v2) {
			uint32_t len = cur_u32(&c, be);

			if (len < 4) {
				meta_malformed(s, m, left, "fd entry shorter than its own length");
				return;
			}
			entry = cur_sub(&c, len - 4);
		}
		ok = read_fd(s, &entry, be, v2, t);
		if (!v2) {
			c = entry;
		}
		if (!ok) {
			meta_malformed(s, m, left, "fd entry does not fit");
			if (!v2 || c.bad) {
				return;
			}
		}
	}
}

/* ---- passed descriptors ---- */

void port_serves(struct state *s, uint16_t port)
{
	s->served[port / 8] |= (uint8_t)(1u << port % 8);
}

/* As of the listed ones: what has a port that somebody here takes connections on was accepted. */
static void give_passed_role(struct state *s, struct fd_view *d)
{
	if ((d->type != FD_IPV4 && d->type != FD_IPV6) || d->l4 != L4_TCP || d->dst_port == 0) {
		return;
	}
	if ((s->served[d->src_port / 8] & (1u << d->src_port % 8)) != 0) {
		d->role = ROLE_SERVER;
		socket_swap(d);
		socket_set_name(s, d);
	} else {
		d->role = ROLE_CLIENT;
	}
}

void fds_passed(struct state *s, struct cursor entries, struct task *t)
{
	bool be = s->section->big_endian;
	struct fd_view *d = s->draft;

	while (entries.left >= 4) {
		uint32_t len = cur_u32(&entries, be);
		struct cursor entry = cur_sub(&entries, len < 4 ? 0 : len - 4);
		int64_t fd;

		if (len < 4 || entries.bad) {
			return;
		}
		if (read_entry(s, &entry, be, true, &fd) && d->type != FD_UNKNOWN && fd >= 0) {
			give_passed_role(s, d);
			fd_commit(s, task_fds(t), fd, d->type == FD_FILE_V2 && (d->open_flags & PPM_O_CLOEXEC) != 0);
		}
	}
}

/* ---- after all lists ---- */

/* The fd of a listed socket as it is now; 0 when it is gone, or was replaced by a later list. */
static uintptr_t listed_entry(const struct state *s, const struct listed_fd *l, struct task **ret_t)
{
	struct task *t = task_find(s, l->tid);
	uintptr_t e = t != NULL ? fds_entry(task_fds(t), l->fd) : 0;

	if (e == 0 || !fd_is_inet(FD_VIEW(e)) || (FD_VIEW(e)->flags & FV_FROM_SCAN) == 0) {
		return 0;
	}
	*ret_t = t;
	return e;
}

static void collect_ports(struct state *s, uint8_t *ports)
{
	struct task *t;

	for (uint32_t i = 0; i < s->listed_count; i++) {
		uintptr_t e = listed_entry(s, &s->listed[i], &t);
		const struct fd_view *v = FD_VIEW(e);

		if (e != 0 && (v->type == FD_IPV4_SERVER || v->type == FD_IPV6_SERVER)) {
			ports[v->dst_port / 8] |= (uint8_t)(1u << v->dst_port % 8);
			if (v->l4 == L4_TCP) {
				port_serves(s, v->dst_port);
			}
		}
	}
}

/* A connection from a port somebody here listens on was accepted: the other end is the client. */
static void give_role(struct state *s, struct group *g, int64_t fd, uintptr_t e,
		      const uint8_t *ports)
{
	const struct fd_view *v = FD_VIEW(e);
	struct fd_view *d = fd_draft(s, v);

	if ((ports[v->src_port / 8] & (1u << v->src_port % 8)) != 0) {
		d->role = ROLE_SERVER;
		socket_swap(d);
		socket_set_name(s, d);
	} else {
		d->role = ROLE_CLIENT;
	}
	fd_commit(s, g->fds, fd, FD_CLOEXEC(e));
}

static void give_roles(struct state *s, const uint8_t *ports)
{
	struct task *t;

	for (uint32_t i = 0; i < s->listed_count; i++) {
		uintptr_t e = listed_entry(s, &s->listed[i], &t);
		const struct fd_view *v = FD_VIEW(e);

		if (e != 0 && (v->type == FD_IPV4 || v->type == FD_IPV6) && v->role == ROLE_NONE) {
			give_role(s, t->group, s->listed[i].fd, e, ports);
		}
	}
}

static void link_parents(struct state *s)
{
	for (struct group *g = s->groups; g != NULL; g = g->next) {
		struct task *parent;

		if (g->parent != NULL || !g->row->from_scan || g->ptid <= 0) {
			continue;
		}
		parent = task_find(s, g->ptid);
		if (parent != NULL && parent->group != g) {
			int64_t ptid = g->ptid;

			group_set_parent(s, g, parent->group);
			g->ptid = ptid;
			parent->group->row->children++;
		}
	}
}

void scan_finish(struct state *s)
{
	uint8_t *ports = slab_alloc(&s->slab, PORT_BYTES);

	s->scan_pending = false;
	map_release(&s->scan_inodes);
	/* It looks at every process: too many lists among the events would make that a burden. */
	if (s->scans++ < STATE_SCANS_MAX) {
		link_parents(s);
		scan_share_env(s);
	}
	if (ports == NULL) {
		s->oom = true;
		return;
	}
	memset(ports, 0, PORT_BYTES);
	collect_ports(s, ports);
	give_roles(s, ports);
	slab_free(&s->slab, ports, PORT_BYTES);
	slab_free(&s->slab, s->listed, s->listed_cap * sizeof(*s->listed));
	s->listed = NULL;
	s->listed_count = 0;
	s->listed_cap = 0;
}
