/*
 * collect_part.c - finds or makes the part an event works on: which open file, which process, which peer; its ends, its
 * users, its knots. Reads views stamped by the fold; the thread that has the shard.
 */
#include "join/collect_internal.h"

#include "base/hash.h"
#include "events/addr.h"

#define PORT_DNS 53
#define PORT_MDNS 5353

/* Own addresses of one datagram socket that one peer speaks to: a host has a few, more are made up. */
#define PEER_ENDS_MAX 64

/* ---- ends ------------------------------------------------------------------------------------------------ */

struct ends {
	const uint8_t *ip[2];	/* [0] own, [1] peer */
	uint16_t port[2];
	bool v6;
};

bool view_collected(const struct fd_view *fd)
{
	if (fd == NULL || fd->id == ID_NONE) {
		return false;
	}
	if (fd_is_inet(fd)) {
		return fd->l4 == L4_TCP || fd->l4 == L4_UDP;
	}
	return fd->type == FD_UNIX || fd->type == FD_FIFO;
}

static struct ends ends_of(const struct fd_view *fd, bool client)
{
	static const uint8_t none[16];
	bool bound = fd->type == FD_IPV4_SERVER || fd->type == FD_IPV6_SERVER;
	bool own_is_dst = bound || (fd->role == ROLE_SERVER && !client);
	struct ends e;

	e.ip[0] = own_is_dst ? fd->dst_ip : fd->src_ip;
	e.port[0] = own_is_dst ? fd->dst_port : fd->src_port;
	e.ip[1] = bound ? none : own_is_dst ? fd->src_ip : fd->dst_ip;
	e.port[1] = bound ? 0 : own_is_dst ? fd->src_port : fd->dst_port;
	e.v6 = fd->type == FD_IPV6 || fd->type == FD_IPV6_SERVER;
	return e;
}

static void put_ip(uint8_t to[16], const uint8_t *ip, bool v6)
{
	if (v6) {
		memcpy(to, ip, 16);
		return;
	}
	memset(to, 0, 10);
	to[10] = to[11] = 0xFF;
	memcpy(to + 12, ip, 4);
}

static bool ip_zero(const uint8_t ip[16], uint8_t version)
{
	return version == 4 ? addr_is_zero(ip + 12, 4) : addr_is_zero(ip, 16);
}

bool key_ends_swapped(const struct flow_key *k)
{
	int order = memcmp(k->addr[0], k->addr[1], sizeof(k->addr[0]));

	return order != 0 ? order > 0 : k->port[0] > k->port[1];
}

static void set_key(struct part *p, const struct ends *e)
{
	struct flow_key *k = &p->s.key;

	memset(k, 0, sizeof(*k));
	k->ip_proto = p->s.kind == SOCK_TCP_K ? IP_TCP : IP_UDP;
	k->ip_version = e->v6 ? 6 : 4;
	for (unsigned int i = 0; i < 2; i++) {
		put_ip(k->addr[i], e->ip[i], e->v6);
		k->port[i] = e->port[i];
	}
	p->has_peer = k->port[1] != 0 && !ip_zero(k->addr[1], k->ip_version);
	p->s.flags &= (uint16_t)~SOCK_TUPLE_PARTLY;
	if (!p->has_peer || k->port[0] == 0 || ip_zero(k->addr[0], k->ip_version)) {
		p->s.flags |= SOCK_TUPLE_PARTLY;
	}
	p->s.dns = k->port[1] == PORT_DNS || k->port[1] == PORT_MDNS;
	p->s.local = 0;
	if (key_ends_swapped(k)) {
		struct flow_key was = *k;

		memcpy(k->addr[0], was.addr[1], 16);
		memcpy(k->addr[1], was.addr[0], 16);
		k->port[0] = was.port[1];
		k->port[1] = was.port[0];
		p->s.local = 1;
	}
}

/* Does the peer of e, over the same port of ours, speak through p? An own address not known yet is no difference. */
static bool same_peer(const struct part *p, const struct ends *e)
{
	const struct flow_key *k = &p->s.key;
	unsigned int own = p->s.local;
	uint8_t ip[16];

	put_ip(ip, e->ip[1], e->v6);
	if (k->port[!own] != e->port[1] || k->port[own] != e->port[0] || memcmp(k->addr[!own], ip, sizeof(ip)) != 0) {
		return false;
	}
	put_ip(ip, e->ip[0], e->v6);
	return memcmp(k->addr[own], ip, sizeof(ip)) == 0 || ip_zero(k->addr[own], k->ip_version) ||
	       ip_zero(ip, e->v6 ? 6 : 4);
}

static bool names_peer(const struct ends *e)
{
	return e->port[1] != 0 && !addr_is_zero(e->ip[1], e->v6 ? 16 : 4);
}

/* ---- unix ---------------------------------------------------------------------------------------------- */

static bool starts_with(const char *s, const char *head)
{
	return strncmp(s, head, strlen(head)) == 0;
}

static bool is_resolver(const char *path)
{
	return starts_with(path, "/run/systemd/resolve") || starts_with(path, "/var/run/nscd/socket") ||
	       starts_with(path, "/run/nscd/socket");
}

static void set_path(struct collector *c, struct part *p, const char *path, size_t len)
{
	char *copy;

	if (len == 0 || p->s.path[0] != '\0') {
		return;
	}
	copy = arena_alloc(&c->arena, len + 1);
	if (copy == NULL) {
		c->oom = true;
		return;
	}
	memcpy(copy, path, len);
	copy[len] = '\0';
	p->s.path = copy;
	p->s.dns = is_resolver(copy);
}

/* Behind the two addresses of a unix socket's name, if they are there. */
static const char *path_in_name(const char *name)
{
	const char *arrow = strstr(name, "->");
	const char *blank = arrow != NULL ? strchr(arrow, ' ') : NULL;

	return blank != NULL ? blank + 1 : arrow != NULL ? "" : name;
}

/* The tuple says which address is whose: the first is the peer's in what goes out, and the own one in what comes in. */
static void learn_unix(struct collector *c, struct part *p)
{
	const struct fd_view *fd = c->ev->fd;
	bool out = c->action == CALL_CONNECT || c->action == CALL_WRITE;
	struct addr_tuple tu;
	uint64_t own;
	uint64_t peer;

	if (p->has_peer) {
		return;
	}
	if (c->row->tuple != 0 && addr_read_tuple(event_param(c->ev, c->row->tuple), &tu) &&
	    tu.family == PPM_AF_UNIX) {
		own = out ? tu.unix_dst : tu.unix_src;
		peer = out ? tu.unix_src : tu.unix_dst;
		if (tu.path != NULL) {
			set_path(c, p, (const char *)tu.path, tu.path_len);
		}
	} else {
		/* The fold keeps them as the last tuple had them: a connect's still has its path. */
		const char *path = path_in_name(fd->name);
		bool as_sent = fd->role == ROLE_CLIENT && *path != '\0' && fd->unix_dst != 0;

		own = as_sent ? fd->unix_dst : fd->unix_src;
		peer = as_sent ? fd->unix_src : fd->unix_dst;
		set_path(c, p, path, strlen(path));
	}
	p->s.unix_local = own;
	p->s.unix_peer = peer;
	p->has_peer = peer != 0;
}

/* An IPv6 socket that speaks IPv4. */
static void learn_mapped(struct collector *c, struct part *p)
{
	struct param v;

	if (c->row->tuple == 0 || p->s.key.ip_version != 4) {
		return;
	}
	v = event_param(c->ev, c->row->tuple);
	if (v.len > 0 && v.p[0] == PPM_AF_INET6) {
		p->s.flags |= SOCK_MAPPED;
	}
}

void part_learn_ends(struct collector *c, struct part *p)
{
	const struct fd_view *fd = c->ev->fd;

	if (p->s.kind == SOCK_PIPE_K) {
		p->s.unix_local = p->s.unix_peer = fd->ino;
		return;
	}
	if (p->s.kind == SOCK_UNIX_K) {
		learn_unix(c, p);
		return;
	}
	if (fd_is_inet(fd) && (!p->has_peer || (p->s.flags & SOCK_TUPLE_PARTLY) != 0)) {
		struct ends e = ends_of(fd, p->bound_client);

		if (names_peer(&e) || !p->has_peer) {
			set_key(p, &e);
			learn_mapped(c, p);
		}
	}
}

void part_learn_target(struct part *p, struct param addr)
{
	static const uint8_t none[16];
	struct addr_sock to;
	struct ends e;

	if (p->s.kind == SOCK_UNIX_K || p->has_peer || !addr_read_sock(addr, &to) ||
	    (to.family != PPM_AF_INET && to.family != PPM_AF_INET6)) {
		return;
	}
	e.v6 = to.family == PPM_AF_INET6 && !addr_is_mapped(to.ip);
	e.ip[0] = none;
	e.port[0] = 0;
	e.ip[1] = to.family == PPM_AF_INET6 && !e.v6 ? to.ip + 12 : to.ip;
	e.port[1] = to.port;
	set_key(p, &e);
}

/* ---- parts ----------------------------------------------------------------------------------------------- */

static uint64_t file_key(const struct event *ev, uint32_t id)
{
	return (uint64_t)ev->thread->process << 32 | id;
}

static uint64_t number_key(uint32_t process, int64_t fd_num)
{
	return (uint64_t)process << 32 | (uint32_t)fd_num;
}

static void set_map(struct collector *c, struct map *m, uint64_t key, void *value)
{
	if (map_set(m, key, (uintptr_t)value) != 0) {
		c->oom = true;
	}
}

static uint8_t kind_of(const struct fd_view *fd)
{
	if (fd->type == FD_UNIX) {
		return SOCK_UNIX_K;
	}
	if (fd->type == FD_FIFO) {
		return SOCK_PIPE_K;
	}
	return fd->l4 == L4_UDP ? SOCK_UDP_K : SOCK_TCP_K;
}

/* What the fold says of the role. Datagram sockets that were not listed, and unix sockets that were listed without a
 * name, show it by who speaks first. */
static uint8_t role_of(const struct part *p, const struct fd_view *fd)
{
	bool inherited = (p->s.flags & SOCK_INHERITED) != 0;

	if (p->s.kind == SOCK_PIPE_K || (p->s.kind == SOCK_UDP_K && (!inherited || (fd->flags & FV_GUESSED) != 0)) ||
	    (p->s.kind == SOCK_UNIX_K && inherited && fd->role == ROLE_CLIENT)) {
		return SOCK_UNKNOWN_ROLE;
	}
	return fd->role == ROLE_CLIENT ? SOCK_CLIENT : fd->role == ROLE_SERVER ? SOCK_SERVER : SOCK_UNKNOWN_ROLE;
}

static struct part *part_new(struct collector *c)
{
	const struct event *ev = c->ev;
	const struct fd_view *fd = ev->fd;
	struct part *p = NULL;
	void *row = NULL;

	if (rows_add(&c->parts, &row) != 0) {
		c->oom = true;
	}
	p = row;
	if (p == NULL) {
		return NULL;
	}
	p->first = p;
	p->drops = c->drops;
	p->s.section = c->socks->section;
	p->s.fd_id = fd->id;
	p->s.fd_num = (ev->flags & EVENT_HAS_FD) != 0 ? ev->fd_num : -1;
	p->s.kind = kind_of(fd);
	p->s.path = "";
	p->s.process = ev->thread->process;
	p->s.tid = ev->tid;
	p->s.first_num = c->num;
	if (fd->open_ns == 0 || (fd->flags & (FV_GUESSED | FV_FROM_SCAN)) != 0) {
		p->s.flags |= SOCK_INHERITED;
	}
	p->guessed = (fd->flags & FV_GUESSED) != 0;
	p->s.role = role_of(p, fd);
	part_learn_ends(c, p);
	return p;
}

static uint64_t hash_peer(const struct collector *c, const struct part *of, const uint8_t ip[16], uint16_t port)
{
	uint8_t bytes[16 + 2 + 4 + 4];

	memcpy(bytes, ip, 16);
	memcpy(bytes + 16, &port, 2);
	memcpy(bytes + 18, &of->s.fd_id, 4);
	memcpy(bytes + 22, &of->s.process, 4);
	return hash_bytes(c->seed, bytes, sizeof(bytes));
}

static uint64_t peer_hash(const struct collector *c, const struct part *of, const struct ends *e)
{
	uint8_t ip[16];

	put_ip(ip, e->ip[1], e->v6);
	return hash_peer(c, of, ip, e->port[1]);
}

static uint64_t own_hash(const struct collector *c, const struct part *p)
{
	return hash_peer(c, p, p->s.key.addr[!p->s.local], p->s.key.port[!p->s.local]);
}

static void list_peer(struct collector *c, struct part *p, uint64_t hash)
{
	p->listed = true;
	p->same_hash = (struct part *)map_get(&c->peers, hash);
	set_map(c, &c->peers, hash, p);
}

/* Another peer of a datagram socket than the last one. */
static struct part *other_peer(struct collector *c, struct part *last, const struct ends *e, bool make)
{
	uint64_t hash = peer_hash(c, last, e);
	struct part *p;

	if (!last->listed) {	/* the first one, until there is a second */
		list_peer(c, last, own_hash(c, last));
	}
	p = (struct part *)map_get(&c->peers, hash);
	for (unsigned int i = 0; p != NULL && (p->s.fd_id != last->s.fd_id || p->s.process != last->s.process ||
					       !same_peer(p, e)); i++) {
		p = i < PEER_ENDS_MAX ? p->same_hash : NULL;
	}
	if (p == NULL && make) {
		struct part *first = last->first;

		p = part_new(c);
		if (p == NULL) {
			return NULL;
		}
		p->first = first;
		p->peers = first->peers;
		first->peers = p;
		list_peer(c, p, hash);
	}
	if (p != NULL) {
		set_map(c, &c->files, file_key(c->ev, p->s.fd_id), p);
	}
	return p;
}

static struct part *datagram_part(struct collector *c, struct part *last, bool make)
{
	struct ends e = ends_of(c->ev->fd, last->bound_client);

	if (!names_peer(&e)) {
		return last;
	}
	if (!last->has_peer) {
		set_key(last, &e);
		learn_mapped(c, last);
		return last;
	}
	return same_peer(last, &e) ? last : other_peer(c, last, &e, make);
}

struct part *part_of(struct collector *c, bool make)
{
	const struct event *ev = c->ev;
	uint64_t key = file_key(ev, ev->fd->id);
	struct part *p = (struct part *)map_get(&c->files, key);

	if (p != NULL) {
		if (p->s.kind == SOCK_UDP_K && fd_is_inet(ev->fd)) {
			return datagram_part(c, p, make);
		}
		return p;
	}
	return make ? part_again(c) : NULL;
}

struct part *part_again(struct collector *c)
{
	const struct event *ev = c->ev;
	struct part *p = part_new(c);

	if (p == NULL) {
		return NULL;
	}
	set_map(c, &c->files, file_key(ev, ev->fd->id), p);
	part_note_number(c, p, p->s.fd_num);
	return p;
}

struct part *part_by_number(const struct collector *c, int64_t fd_num)
{
	return fd_num < 0 || fd_num > INT32_MAX ? NULL :
		(struct part *)map_get(&c->numbers, number_key(c->ev->thread->process, fd_num));
}

void part_note_number(struct collector *c, struct part *p, int32_t fd_num)
{
	if (fd_num >= 0) {
		set_map(c, &c->numbers, number_key(p->s.process, fd_num), p);
	}
}

void part_forget(struct collector *c, const struct part *p, int32_t fd_num)
{
	map_del(&c->files, file_key(c->ev, p->s.fd_id));
	map_del(&c->numbers, number_key(c->ev->thread->process, fd_num));
}

/* ---- users and knots ------------------------------------------------------------------------------------- */

static bool add_user(struct collector *c, struct part *p)
{
	struct sock *s = &p->s;
	struct sock_user *u;

	if (s->user_count == LIMIT_SOCK_USERS) {
		return false;
	}
	if (s->user_count == s->user_cap) {
		uint32_t cap = s->user_cap == 0 ? 1 : s->user_cap * 2;
		struct sock_user *grown = arena_alloc(&c->arena, cap * sizeof(*grown));

		if (grown == NULL) {
			c->oom = true;
			return false;
		}
		if (s->user_count > 0) {
			memcpy(grown, s->users, s->user_count * sizeof(*grown));
		}
		s->users = grown;
		s->user_cap = cap;
	}
	u = &s->users[s->user_count];
	memset(u, 0, sizeof(*u));
	u->process = s->process;
	u->tid = c->ev->tid;
	u->first_ns = c->ev->ts_ns;
	p->last_user = s->user_count++;
	return true;
}

bool part_user(struct collector *c, struct part *p, uint32_t *ret_user)
{
	struct sock *s = &p->s;

	if (s->user_count == 0 || s->users[p->last_user].tid != c->ev->tid) {
		uint32_t i = 0;

		while (i < s->user_count && s->users[i].tid != c->ev->tid) {
			i++;
		}
		if (i < s->user_count) {
			p->last_user = i;
		} else if (!add_user(c, p)) {
			return false;
		}
	}
	s->users[p->last_user].last_ns = c->ev->ts_ns;
	*ret_user = p->last_user;
	return true;
}

void part_touch(struct collector *c, struct part *p)
{
	uint64_t ts = (c->ev->flags & EVENT_TIME_ZERO) == 0 ? c->ev->ts_ns : 0;

	if (p->s.first_ns == 0) {
		p->s.first_ns = ts;
	}
	if (ts != 0) {
		p->s.last_ns = ts;
	}
	p->last_num = c->num;
}

void part_knot(struct collector *c, struct part *p, unsigned int dir, uint8_t kind, uint32_t len, uint64_t prints)
{
	const struct event *ev = c->ev;
	struct knot k = { 0 };

	if (!part_user(c, p, &k.user)) {
		p->s.knots[dir].cut = true;
		p->user_overflow++;
	}
	k.offset = p->s.bytes[dir];
	k.len = len;
	k.ts_ns = (ev->flags & EVENT_TIME_ZERO) == 0 ? ev->ts_ns : 0;
	k.begin_ns = ev->begin_ns;
	k.begin_exact = (ev->flags & EVENT_BEGIN_EXACT) != 0;
	k.num = c->num;
	k.print = (uint32_t)prints;
	k.deep = (uint32_t)(prints >> 32);
	k.kind = kind;
	if (knots_add(&p->s.knots[dir], &k, &c->knots) != 0) {
		c->oom = true;
	}
	if (p->s.knots[dir].cut) {
		p->s.flags |= SOCK_CUT;
	}
}
