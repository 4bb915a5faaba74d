/*
 * args.c - see args.h. Any worker; reads the batch's refs only.
 */
#include "filter/args.h"

#include "events/path.h"

static bool from_fd(const struct fd_view *fd, struct text_ref *ret)
{
	static const char l4_chars[] = { 0, 0, 't', 'u', 'i', 'r' };

	ret->s = fd->name;
	ret->len = fd->name_len;
	ret->type = fd_type_char(fd->type);
	ret->l4 = fd_is_inet(fd) && fd->role != ROLE_NONE && fd->l4 < ARRAY_LEN(l4_chars)
			  ? l4_chars[fd->l4]
			  : 0;
	return true;
}

static bool from_str(const struct str *s, struct text_ref *ret)
{
	if (s->len == 0) {
		return false;
	}
	ret->s = s->s;
	ret->len = s->len;
	return true;
}

/* text_ref_fn. The kinds are those of schema_refs, in the order the fold wrote them. */
static bool find_ref(const void *owner, const struct event *ev, unsigned int index,
		     unsigned int kind, struct text_ref *ret)
{
	const struct field_ctx *c = owner;
	const void *object;

	memset(ret, 0, sizeof(*ret));
	if (kind == TEXT_REF_CWD) {
		return ev->thread != NULL && from_str(ev->thread->cwd, ret);
	}
	if (ev->refs == EVENT_NO_REFS || (c->set->wants & WANT_REFS) == 0 ||
	    (size_t)ev->refs + index >= c->batch->ref_count) {
		return false;
	}
	object = c->batch->refs[ev->refs + index];
	if (object == NULL) {
		return false;
	}
	switch (kind) {
	case REF_THREAD: return from_str(((const struct thread_view *)object)->comm, ret);
	case REF_FD:
	case REF_FDLIST: return from_fd(object, ret);
	default: return from_str(object, ret);
	}
}

struct text_ctx args_text(const struct field_ctx *c)
{
	struct text_ctx t = { find_ref, c, 0 };

	return t;
}

/* Number of the object of a parameter among the event's; lists do not stand before directories. */
static unsigned int object_index(const struct event *ev, unsigned int param)
{
	const struct schema_refs *refs = &schema_refs[ev->type];
	unsigned int i = 0;

	while (i < refs->count && refs->rows[i].param < param) {
		i++;
	}
	return i;
}

/* What parameter i is relative to; false: not known. */
static bool base_of(const struct field_ctx *c, unsigned int i, struct text_ref *ret)
{
	const struct event *ev = c->ev;

	if (schema_events[ev->type].params[i].type == PT_FSRELPATH) {
		return find_ref(c, ev, object_index(ev, i), REF_DIR, ret);
	}
	return find_ref(c, ev, 0, TEXT_REF_CWD, ret);
}

bool args_path(const struct field_ctx *c, unsigned int i, unsigned int base, struct buf *out)
{
	static const char unknown[] = "<UNKNOWN>";
	char path[PATH_BYTES];
	struct text_ref dir;
	struct param name;
	bool known;

	if (!event_text(c->ev, i, &name) || name.len == 0) {
		return false;
	}
	known = base_of(c, base, &dir);
	if (name.p[0] == '/' || known) {
		buf_add(out, path,
			path_absolute(path, known ? dir.s : "", known ? dir.len : 0,
				      (const char *)name.p, name.len));
		return true;
	}
	if (schema_events[c->ev->type].params[base].type == PT_FSRELPATH) {
		buf_adds(out, unknown);
	}
	buf_add(out, name.p, name.len);
	return true;
}
