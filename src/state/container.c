/*
 * container.c - the containers of a section: found by cgroups or told by container events.
 *
 * A container's view is replaced when an event tells more; threads take the new view when they
 * are next shown. Views are counted by a hidden field in front of them. Fold only.
 */
#include "base/buf.h"
#include "state/state_internal.h"

struct box {
	uint32_t refs;
	struct container_view v;
};

/* Counts belong to the fold; views are written only while they are made. */
static struct box *box_of(const struct container_view *v)
{
	return (struct box *)((uintptr_t)v - offsetof(struct box, v));
}

const struct container_view *container_ref(const struct container_view *v)
{
	if (v != NULL) {
		box_of(v)->refs++;
	}
	return v;
}

void container_unref(struct state *s, const struct container_view *v)
{
	struct box *b;

	if (v == NULL) {
		return;
	}
	b = box_of(v);
	if (--b->refs > 0) {
		return;
	}
	str_unref(s, v->id);
	str_unref(s, v->full_id);
	str_unref(s, v->name);
	str_unref(s, v->image);
	str_unref(s, v->image_id);
	str_unref(s, v->image_repo);
	str_unref(s, v->image_tag);
	str_unref(s, v->image_digest);
	str_unref(s, v->json);
	str_unref(s, v->sandbox_json);
	slab_free(&s->slab, b, sizeof(*b));
}

struct container_view *container_view_new(struct state *s, uint32_t index, const char *id,
					  size_t len, int type)
{
	struct box *b = slab_alloc(&s->slab, sizeof(*b));
	struct container_view *v;

	if (b == NULL) {
		s->oom = true;
		return NULL;
	}
	b->refs = 1;
	v = &b->v;
	v->id_index = index;
	v->type = type;
	v->id = str_get(s, id, len);
	v->full_id = v->name = v->image = v->image_id = s->empty;
	v->image_repo = v->image_tag = v->image_digest = v->json = v->sandbox_json = s->empty;
	v->privileged = -1;
	return v;
}

void container_set_view(struct state *s, struct container *c, struct container_view *v)
{
	container_unref(s, c->view);
	c->view = v;
	s->container_views[c->index] = v;
	s->epoch++;
}

/* The interned id string is the key: equal content is one object while a container holds it. */
static uint64_t id_key(const struct str *id)
{
	return (uint64_t)(uintptr_t)id;
}

struct container *container_find(struct state *s, const char *id, size_t len)
{
	const struct str *key = str_get(s, id, len);
	size_t at = map_get(&s->container_ids, id_key(key));

	str_unref(s, key);
	return at != 0 ? s->containers[at - 1] : NULL;
}

static struct container *new_container(struct state *s, const char *id, size_t len, int type)
{
	struct container *c = slab_alloc(&s->slab, sizeof(*c));
	struct container_view *v;

	if (c == NULL) {
		s->oom = true;
		return NULL;
	}
	memset(c, 0, sizeof(*c));
	map_init(&c->users);
	map_init(&c->groups);
	c->index = s->container_count;
	v = container_view_new(s, c->index, id, len, type);
	if (v == NULL || map_set(&s->container_ids, id_key(v->id), (uintptr_t)c->index + 1) != 0) {
		s->oom = true;
		return NULL;
	}
	c->view = v;
	str_ref(v->id); /* the map's */
	s->containers[c->index] = c;
	s->container_views[c->index] = v;
	s->container_count++;
	return c;
}

struct container *container_add(struct state *s, const char *id, size_t len, int type)
{
	struct container *c = container_find(s, id, len);
	void *containers = s->containers;
	void *views = s->container_views;
	uint32_t cap = s->container_cap;

	if (c != NULL || len == 0) {
		return c;
	}
	if (s->container_count >= LIMIT_CONTAINERS) {
		s->counts.name_evictions++;
		return NULL;
	}
	if (!state_grow(s, &containers, s->container_count, &cap, sizeof(*s->containers))) {
		return NULL;
	}
	s->containers = containers;
	if (!state_grow(s, &views, s->container_count, &s->container_cap,
			sizeof(*s->container_views))) {
		return NULL;
	}
	s->container_views = views;
	return new_container(s, id, len, type);
}

const struct container_view *const *state_containers(const struct state *s, uint32_t *ret_count)
{
	*ret_count = s->container_count;
	return s->container_views;
}

static struct container *find_by_cgroups(struct state *s, const struct image *im)
{
	struct param id;
	int type;

	if (!cgroup_container(im->cgroups->s, im->cgroups->len, im->env->s, im->env->len, &id,
			      &type)) {
		return NULL;
	}
	return container_add(s, (const char *)id.p, id.len, type);
}

/* The same list is asked for at every clone and exec, so the last answers are kept; but for
 * those that hang on the environment too (Mesos). */
struct container *container_of_cgroups(struct state *s, const struct image *im)
{
	struct cgroup_memo *memo = &s->memos[((uintptr_t)im->cgroups >> 4) % CGROUP_MEMOS];
	struct container *c;

	if (im->cgroups->len == 0) {
		return NULL;
	}
	if (memo->cgroups == im->cgroups) {
		return memo->container;
	}
	c = find_by_cgroups(s, im);
	if (memmem(im->cgroups->s, im->cgroups->len, "/mesos/", 7) == NULL) {
		str_set(s, &memo->cgroups, str_ref(im->cgroups));
		memo->container = c;
	}
	return c;
}

/* ---- names of cgroup subsystems ---- */

static const struct subsystem_row {
	const char *from, *to;
} subsystem_rows[] = {
	{ "perf", "perf_event" },
	{ "mem", "memory" },
	{ "io", "blkio" },
};

static void add_item(struct buf *out, const char *p, size_t len)
{
	static const char suffix[] = "_cgroup";
	const size_t cut = sizeof(suffix) - 1;
	const char *eq = memchr(p, '=', len);
	size_t n = eq != NULL ? (size_t)(eq - p) : len;
	size_t path = len - n;

	if (n > cut && memcmp(p + n - cut, suffix, cut) == 0) {
		n -= cut;
	}
	for (size_t i = 0; i < ARRAY_LEN(subsystem_rows); i++) {
		if (strlen(subsystem_rows[i].from) == n &&
		    memcmp(p, subsystem_rows[i].from, n) == 0) {
			buf_adds(out, subsystem_rows[i].to);
			buf_add(out, p + len - path, path);
			return;
		}
	}
	buf_add(out, p, n);
	buf_add(out, p + len - path, path);
}

const struct str *cgroups_get(struct state *s, struct param raw)
{
	const char *p = (const char *)raw.p;
	size_t left = raw.len;
	struct buf out;
	const struct str *x;

	buf_init(&out, LIMIT_STRING_BYTES);
	while (left > 0) {
		size_t n = strnlen(p, left);

		add_item(&out, p, n);
		if (n < left) {
			buf_addc(&out, '\0');
			n++;
		}
		p += n;
		left -= n;
	}
	x = str_get(s, out.data, out.len);
	buf_release(&out);
	return x;
}
