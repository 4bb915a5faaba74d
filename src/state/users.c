/*
 * users.c - names of user and group ids, of the host and of each container.
 *
 * Filled from the user list block and from user and group events. Names live as long as the
 * state, so views point at them without counting. Fold only.
 */
#include "state/state_internal.h"

bool state_grow(struct state *s, void **items, uint32_t count, uint32_t *cap, size_t item_size)
{
	uint32_t n = *cap != 0 ? *cap * 2 : 16;
	void *bigger;

	if (count < *cap) {
		return true;
	}
	bigger = slab_alloc(&s->slab, n * item_size);
	if (bigger == NULL) {
		s->oom = true;
		return false;
	}
	if (count > 0) {
		memcpy(bigger, *items, count * item_size);
	}
	slab_free(&s->slab, *items, *cap * item_size);
	*items = bigger;
	*cap = n;
	return true;
}

/* Cut to the format's own ceiling; beyond the number of names NULL. */
static const struct str *keep_name(struct state *s, struct param name)
{
	size_t len = min_u64(name.len, STATE_NAME_BYTES);

	if (s->name_count >= LIMIT_USERS) {
		s->counts.name_evictions++;
		return NULL;
	}
	s->name_count++;
	return str_forever(s, name.p, len);
}

/* Home or shell: kept once while it stays the same. */
static const struct str *keep_text(struct state *s, const struct str *had, struct param text)
{
	const struct str *kept;

	if (had != NULL && str_equal(had, text.p, min_u64(text.len, STATE_NAME_BYTES))) {
		return had;
	}
	kept = text.len > 0 ? keep_name(s, text) : NULL;
	return kept != NULL ? kept : s->empty;
}

static void map_name(struct state *s, struct map *m, uint32_t id, const struct str *name)
{
	if (map_set(m, (uint64_t)id + 1, (uintptr_t)name) != 0) {
		s->oom = true;
	}
	s->epoch++;
}

static void fill_user(struct state *s, struct user_row *row, uint32_t uid, uint32_t gid, const struct str *name,
		      struct param home, struct param shell)
{
	row->uid = uid;
	row->gid = gid;
	row->name = name;
	row->home = keep_text(s, row->home, home);
	row->shell = keep_text(s, row->shell, shell);
	s->epoch++;
}

static void host_user(struct state *s, uint32_t uid, uint32_t gid, const struct str *name,
		      struct param home, struct param shell)
{
	size_t at = map_get(&s->host_users, (uint64_t)uid + 1);
	void *users = s->users;
	struct user_row *row;

	if (at == 0) {
		if (!state_grow(s, &users, s->user_count, &s->user_cap, sizeof(*s->users))) {
			return;
		}
		s->users = users;
		at = ++s->user_count;
		memset(&s->users[at - 1], 0, sizeof(*s->users));
		if (map_set(&s->host_users, (uint64_t)uid + 1, at) != 0) {
			s->oom = true;
			return;
		}
	}
	row = &s->users[at - 1];
	fill_user(s, row, uid, gid, name, home, shell);
}

static void container_user(struct state *s, struct container *c, uint32_t uid, uint32_t gid,
			   const struct str *name, struct param home, struct param shell)
{
	struct user_row *row = (struct user_row *)map_get(&c->users, (uint64_t)uid + 1);

	if (row == NULL) {
		row = slab_alloc(&s->slab, sizeof(*row));
		if (row == NULL || map_set(&c->users, (uint64_t)uid + 1, (uintptr_t)row) != 0) {
			s->oom = true;
			return;
		}
		memset(row, 0, sizeof(*row));
	}
	fill_user(s, row, uid, gid, name, home, shell);
}

void user_put(struct state *s, struct container *c, uint32_t uid, uint32_t gid, struct param name,
	      struct param home, struct param shell)
{
	const struct str *kept = user_find(s, c, uid);

	if (!str_equal(kept, name.p, name.len) || kept == s->empty) {
		kept = keep_name(s, name);
	}
	if (kept == NULL) {
		return;
	}
	if (c != NULL) {
		container_user(s, c, uid, gid, kept, home, shell);
	} else {
		host_user(s, uid, gid, kept, home, shell);
	}
}

void group_put(struct state *s, struct container *c, uint32_t gid, struct param name)
{
	const struct str *kept = user_group_find(s, c, gid);
	void *groups = s->user_groups;
	size_t at;

	if (!str_equal(kept, name.p, name.len) || kept == s->empty) {
		kept = keep_name(s, name);
	}
	if (kept == NULL) {
		return;
	}
	if (c != NULL) {
		map_name(s, &c->groups, gid, kept);
		return;
	}
	at = map_get(&s->host_groups, (uint64_t)gid + 1);
	if (at == 0) {
		if (!state_grow(s, &groups, s->user_group_count, &s->user_group_cap,
				sizeof(*s->user_groups))) {
			return;
		}
		s->user_groups = groups;
		at = ++s->user_group_count;
		if (map_set(&s->host_groups, (uint64_t)gid + 1, at) != 0) {
			s->oom = true;
			return;
		}
	}
	s->user_groups[at - 1].gid = gid;
	s->user_groups[at - 1].name = kept;
	s->epoch++;
}

const struct user_row *user_row_find(const struct state *s, const struct container *c, uint32_t uid)
{
	size_t at;

	if (c != NULL) {
		return (const struct user_row *)map_get(&c->users, (uint64_t)uid + 1);
	}
	at = map_get(&s->host_users, (uint64_t)uid + 1);
	return at != 0 ? &s->users[at - 1] : NULL;
}

const struct str *user_find(const struct state *s, const struct container *c, uint32_t uid)
{
	const struct user_row *row = user_row_find(s, c, uid);

	return row != NULL ? row->name : s->empty;
}

const struct str *user_group_find(const struct state *s, const struct container *c, uint32_t gid)
{
	uintptr_t at;

	if (c != NULL) {
		at = map_get(&c->groups, (uint64_t)gid + 1);
		return at != 0 ? (const struct str *)at : s->empty;
	}
	at = map_get(&s->host_groups, (uint64_t)gid + 1);
	return at != 0 ? s->user_groups[at - 1].name : s->empty;
}

const struct user_row *state_users(const struct state *s, uint32_t *ret_count)
{
	*ret_count = s->user_count;
	return s->users;
}

const struct group_row *state_groups(const struct state *s, uint32_t *ret_count)
{
	*ret_count = s->user_group_count;
	return s->user_groups;
}

/* ---- events ---- */

/* The container an event names; made when the id is new. True with NULL: the host. */
static bool event_container(struct state *s, const struct event *ev, unsigned int at,
			    struct container **ret_c)
{
	struct param id = param_text(event_param(ev, at));

	*ret_c = NULL;
	if (id.p == NULL || id.len == 0) {
		return true;
	}
	*ret_c = container_add(s, (const char *)id.p, id.len, -1);
	return *ret_c != NULL;
}

void effect_user_added(struct state *s, struct event *ev, struct task *t)
{
	struct container *c;
	uint32_t uid = 0;
	uint32_t gid = UID_NONE;

	UNUSED_ARG(t);
	if (!event_u32(ev, 0, &uid) || !event_container(s, ev, 5, &c)) {
		return;
	}
	event_u32(ev, 1, &gid);
	user_put(s, c, uid, gid, param_text(event_param(ev, 2)), param_text(event_param(ev, 3)),
		 param_text(event_param(ev, 4)));
}

void effect_group_added(struct state *s, struct event *ev, struct task *t)
{
	struct container *c;
	uint32_t gid;

	UNUSED_ARG(t);
	if (event_u32(ev, 0, &gid) && event_container(s, ev, 2, &c)) {
		group_put(s, c, gid, param_text(event_param(ev, 1)));
	}
}

/* Takes the id out of a host table; the last row fills its place. */
void effect_user_deleted(struct state *s, struct event *ev, struct task *t)
{
	struct container *c;
	uint32_t uid;
	size_t at;

	UNUSED_ARG(t);
	if (!event_u32(ev, 0, &uid) || !event_container(s, ev, 5, &c)) {
		return;
	}
	s->epoch++;
	if (c != NULL) {
		map_del(&c->users, (uint64_t)uid + 1);
		return;
	}
	at = map_del(&s->host_users, (uint64_t)uid + 1);
	if (at == 0) {
		return;
	}
	s->user_count--;
	if (at - 1 != s->user_count) {
		s->users[at - 1] = s->users[s->user_count];
		map_set(&s->host_users, (uint64_t)s->users[at - 1].uid + 1, at);
	}
}

void effect_group_deleted(struct state *s, struct event *ev, struct task *t)
{
	struct container *c;
	uint32_t gid;
	size_t at;

	UNUSED_ARG(t);
	if (!event_u32(ev, 0, &gid) || !event_container(s, ev, 2, &c)) {
		return;
	}
	s->epoch++;
	if (c != NULL) {
		map_del(&c->groups, (uint64_t)gid + 1);
		return;
	}
	at = map_del(&s->host_groups, (uint64_t)gid + 1);
	if (at == 0) {
		return;
	}
	s->user_group_count--;
	if (at - 1 != s->user_group_count) {
		s->user_groups[at - 1] = s->user_groups[s->user_group_count];
		map_set(&s->host_groups, (uint64_t)s->user_groups[at - 1].gid + 1, at);
	}
}
