/*
 * fds.c - descriptor tables and the making of fd views.
 *
 * A table is a directory of chunks of 32 entries; a forked process shares its parent's chunks
 * until one of them writes. Fold only.
 */
#include "state/state_internal.h"

/* ---- views ---- */

static size_t view_bytes(const struct fd_view *v)
{
	return sizeof(*v) + v->name_len + 1;
}

void fd_view_free(struct state *s, struct fd_view *v)
{
	str_unref(s, v->raw_name);
	slab_free(&s->slab, v, view_bytes(v));
}

void fd_view_unref(struct state *s, struct fd_view *v)
{
	v->refs--;
	if (v->refs == 0) {
		retire(s, v, RETIRED_FD);
	}
}

struct fd_view *fd_draft(struct state *s, const struct fd_view *old)
{
	struct fd_view *d = s->draft;

	str_unref(s, d->raw_name);
	memcpy(d, old, view_bytes(old));
	d->refs = 0;
	if (d->raw_name != NULL) {
		str_ref(d->raw_name);
	}
	return d;
}

static void new_file(struct state *s, const struct task *t, unsigned int type, struct fd_view *v)
{
	memset(v, 0, sizeof(*v));
	v->type = (uint8_t)type;
	v->process = t != NULL ? t->group->id : ID_NONE;
	v->id = s->next_fd_id;
	s->next_fd_id += s->next_fd_id < ID_NONE ? 1 : 0;
}

struct fd_view *fd_view_new(struct state *s, const struct task *t, unsigned int type,
			    const char *name, size_t len)
{
	struct fd_view *v;

	if (state_full(s)) {
		s->counts.fd_evictions++;
		return NULL;
	}
	v = slab_alloc(&s->slab, sizeof(*v) + len + 1);
	if (v == NULL) {
		s->oom = true;
		return NULL;
	}
	new_file(s, t, type, v);
	v->refs = 1;
	v->name_len = (uint32_t)len;
	memcpy(v->name, name, len);
	v->name[len] = '\0';
	return v;
}

struct fd_view *fd_draft_new(struct state *s, const struct task *t, unsigned int type)
{
	struct fd_view *d = s->draft;

	str_unref(s, d->raw_name);
	new_file(s, t, type, d);
	d->name[0] = '\0';
	return d;
}

void fd_draft_name(struct state *s, const char *name, size_t len)
{
	struct fd_view *d = s->draft;

	if (len > LIMIT_PATH_BYTES) {
		len = LIMIT_PATH_BYTES;
	}
	memcpy(d->name, name, len);
	d->name[len] = '\0';
	d->name_len = (uint32_t)len;
}

struct fd_view *fd_draft_view(struct state *s)
{
	const struct fd_view *d = s->draft;
	struct fd_view *v;

	if (state_full(s)) {
		s->counts.fd_evictions++;
		return NULL;
	}
	v = slab_alloc(&s->slab, view_bytes(d));
	if (v == NULL) {
		s->oom = true;
		return NULL;
	}
	memcpy(v, d, view_bytes(d));
	v->refs = 1;
	if (v->raw_name != NULL) {
		str_ref(v->raw_name);
	}
	return v;
}

struct fd_view *fd_put(struct state *s, struct fd_table *t, int64_t fd, struct fd_view *v,
		       bool cloexec)
{
	bool kept;

	if (v == NULL) {
		return NULL;
	}
	kept = fds_set(s, t, fd, v, cloexec);
	fd_view_unref(s, v);
	return kept ? v : NULL;
}

struct fd_view *fd_commit(struct state *s, struct fd_table *t, int64_t fd, bool cloexec)
{
	return fd_put(s, t, fd, fd_draft_view(s), cloexec);
}

/* ---- chunks ---- */

static void chunk_unref(struct state *s, struct fd_chunk *c)
{
	if (--c->refs > 0) {
		return;
	}
	for (unsigned int i = 0; i < FD_CHUNK && c->used > 0; i++) {
		if (c->e[i] != 0) {
			fd_view_unref(s, FD_VIEW(c->e[i]));
			c->used--;
		}
	}
	s->fd_slots -= FD_CHUNK;
	slab_free(&s->slab, c, sizeof(*c));
}

static bool slots_left(struct state *s, uint64_t n)
{
	if (s->fd_slots + n > LIMIT_FDS || state_full(s)) {
		s->counts.fd_evictions++;
		return false;
	}
	return true;
}

static struct fd_chunk *chunk_new(struct state *s)
{
	struct fd_chunk *c;

	if (!slots_left(s, FD_CHUNK)) {
		return NULL;
	}
	c = slab_alloc(&s->slab, sizeof(*c));
	if (c == NULL) {
		s->oom = true;
		return NULL;
	}
	memset(c, 0, sizeof(*c));
	c->refs = 1;
	s->fd_slots += FD_CHUNK;
	return c;
}

/* The chunk at dir[i], ours alone, so that it may be written. */
static struct fd_chunk *chunk_own(struct state *s, struct fd_table *t, size_t i)
{
	struct fd_chunk *c = t->dir[i];
	struct fd_chunk *own;

	if (c != NULL && c->refs == 1) {
		return c;
	}
	own = chunk_new(s);
	if (own == NULL) {
		return NULL;
	}
	if (c != NULL) {
		memcpy(own->e, c->e, sizeof(own->e));
		own->used = c->used;
		own->cloexec = c->cloexec;
		for (unsigned int k = 0; k < FD_CHUNK; k++) {
			if (own->e[k] != 0) {
				FD_VIEW(own->e[k])->refs++;
			}
		}
		c->refs--;
	}
	t->dir[i] = own;
	return own;
}

/* ---- tables ---- */

#define TYPES_BYTES (FD_TYPE_COUNT * sizeof(uint32_t))

struct fd_table *fds_new(struct state *s)
{
	struct fd_table *t = slab_alloc(&s->slab, sizeof(*t));

	if (t == NULL) {
		s->oom = true;
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	t->refs = 1;
	t->dir = t->few;
	t->chunks = FD_INLINE_CHUNKS;
	if (UNLIKELY((s->wants & WANT_COUNTS) != 0)) {
		t->types = slab_alloc(&s->slab, TYPES_BYTES);
		if (t->types == NULL) {
			s->oom = true;
		} else {
			memset(t->types, 0, TYPES_BYTES);
		}
	}
	return t;
}

/* An entry comes (1) or goes (-1). */
static inline void count_type(struct fd_table *t, uintptr_t e, int step)
{
	unsigned int type;

	if (LIKELY(t->types == NULL)) {
		return;
	}
	type = FD_VIEW(e)->type;
	if (type < FD_TYPE_COUNT) {
		t->types[type] += (uint32_t)step;
	}
}

uint32_t fds_types(const struct fd_table *t)
{
	uint32_t types = 0;

	for (unsigned int i = 0; t->types != NULL && i < FD_TYPE_COUNT; i++) {
		types |= (uint32_t)(t->types[i] != 0) << i;
	}
	return types;
}

static void dir_free(struct state *s, struct fd_table *t)
{
	if (t->dir != t->few) {
		s->fd_slots -= t->chunks;
		slab_free(&s->slab, t->dir, t->chunks * sizeof(struct fd_chunk *));
	}
}

static bool dir_grow(struct state *s, struct fd_table *t, size_t need)
{
	size_t n = t->chunks;
	struct fd_chunk **dir;

	while (n < need) {
		n *= 2;
	}
	if (!slots_left(s, n)) {
		return false;
	}
	dir = slab_alloc(&s->slab, n * sizeof(struct fd_chunk *));
	if (dir == NULL) {
		s->oom = true;
		return false;
	}
	memcpy(dir, t->dir, t->chunks * sizeof(struct fd_chunk *));
	memset(dir + t->chunks, 0, (n - t->chunks) * sizeof(struct fd_chunk *));
	dir_free(s, t);
	t->dir = dir;
	t->chunks = (uint32_t)n;
	s->fd_slots += n;
	return true;
}

struct fd_table *fds_copy(struct state *s, const struct fd_table *from)
{
	struct fd_table *t = fds_new(s);

	if (t == NULL || (from->chunks > t->chunks && !dir_grow(s, t, from->chunks))) {
		return t;
	}
	for (size_t i = 0; i < from->chunks; i++) {
		t->dir[i] = from->dir[i];
		if (t->dir[i] != NULL) {
			t->dir[i]->refs++;
		}
	}
	t->used = from->used;
	s->fds_live += t->used;
	if (t->types != NULL && from->types != NULL) {
		memcpy(t->types, from->types, TYPES_BYTES);
	}
	return t;
}

void fds_unref(struct state *s, struct fd_table *t)
{
	if (t == NULL || --t->refs > 0) {
		return;
	}
	for (size_t i = 0; i < t->chunks; i++) {
		if (t->dir[i] != NULL) {
			chunk_unref(s, t->dir[i]);
		}
	}
	s->fds_live -= t->used;
	dir_free(s, t);
	slab_free(&s->slab, t->types, TYPES_BYTES);
	slab_free(&s->slab, t, sizeof(*t));
}

bool fds_set(struct state *s, struct fd_table *t, int64_t fd, struct fd_view *v, bool cloexec)
{
	size_t i;
	struct fd_chunk *c;
	uintptr_t *e;

	if (fd < 0) {
		return false;
	}
	if (fd >= (int64_t)LIMIT_FD_NUMBER) {
		s->counts.fd_evictions++;
		return false;
	}
	i = (size_t)fd / FD_CHUNK;
	if (i >= t->chunks && !dir_grow(s, t, i + 1)) {
		return false;
	}
	c = chunk_own(s, t, i);
	if (c == NULL) {
		return false;
	}
	e = &c->e[(size_t)fd % FD_CHUNK];
	v->refs++;
	c->cloexec = (uint16_t)(c->cloexec + cloexec - FD_CLOEXEC(*e));
	if (*e != 0) {
		count_type(t, *e, -1);
		fd_view_unref(s, FD_VIEW(*e));
	} else {
		c->used++;
		t->used++;
		s->fds_live++;
	}
	*e = (uintptr_t)v | (cloexec ? 1 : 0);
	count_type(t, *e, 1);
	return true;
}

void fds_remove(struct state *s, struct fd_table *t, int64_t fd)
{
	struct fd_chunk *c;
	uintptr_t *e;

	if (fds_entry(t, fd) == 0) {
		return;
	}
	c = chunk_own(s, t, (size_t)fd / FD_CHUNK);
	if (c == NULL) {
		return;
	}
	e = &c->e[(size_t)fd % FD_CHUNK];
	count_type(t, *e, -1);
	fd_view_unref(s, FD_VIEW(*e));
	c->cloexec = (uint16_t)(c->cloexec - FD_CLOEXEC(*e));
	*e = 0;
	c->used--;
	t->used--;
	s->fds_live--;
}

void fds_set_cloexec(struct state *s, struct fd_table *t, int64_t fd, bool cloexec)
{
	uintptr_t e = fds_entry(t, fd);
	struct fd_chunk *c;

	if (e == 0 || FD_CLOEXEC(e) == cloexec) {
		return;
	}
	c = chunk_own(s, t, (size_t)fd / FD_CHUNK);
	if (c != NULL) {
		c->e[(size_t)fd % FD_CHUNK] ^= 1;
		c->cloexec = (uint16_t)(cloexec ? c->cloexec + 1 : c->cloexec - 1);
	}
}

int64_t fds_next(const struct fd_table *t, int64_t fd, uintptr_t *ret_entry)
{
	uint64_t k = (uint64_t)(fd + 1);

	while (k < (uint64_t)t->chunks * FD_CHUNK) {
		const struct fd_chunk *c = t->dir[k / FD_CHUNK];

		if (c == NULL || c->used == 0) {
			k = (k / FD_CHUNK + 1) * FD_CHUNK;
			continue;
		}
		if (c->e[k % FD_CHUNK] != 0) {
			*ret_entry = c->e[k % FD_CHUNK];
			return (int64_t)k;
		}
		k++;
	}
	return -1;
}

void fds_remove_range(struct state *s, struct fd_table *t, uint64_t first, uint64_t last, bool mark)
{
	uintptr_t e;

	if (first > INT32_MAX) {
		return;
	}
	for (int64_t fd = fds_next(t, (int64_t)first - 1, &e); fd >= 0 && (uint64_t)fd <= last;
	     fd = fds_next(t, fd, &e)) {
		if (mark) {
			fds_set_cloexec(s, t, fd, true);
		} else {
			fds_remove(s, t, fd);
		}
	}
}

void fds_remove_cloexec(struct state *s, struct fd_table *t)
{
	for (size_t i = 0; i < t->chunks; i++) {
		if (t->dir[i] == NULL || t->dir[i]->cloexec == 0) {
			continue;
		}
		for (size_t k = 0; k < FD_CHUNK && t->dir[i]->cloexec > 0; k++) {
			if (FD_CLOEXEC(t->dir[i]->e[k])) {
				fds_remove(s, t, (int64_t)(i * FD_CHUNK + k));
			}
		}
	}
}
