/*
 * fields_internal.h - shared by the files of the field table only.
 */
#ifndef FILTER_FIELDS_INTERNAL_H
#define FILTER_FIELDS_INTERNAL_H

#include "filter/fields.h"

/* One table per class. */
struct field_class {
	const char *title;
	const struct field *rows;
	size_t count;
	const char *first; /* what stands before the first dot of its names, separated by blanks; NULL: anything */
};

extern const struct field_class field_class_evt;
extern const struct field_class field_class_evt_io;
extern const struct field_class field_class_time;
extern const struct field_class field_class_proc;
extern const struct field_class field_class_thread;
extern const struct field_class field_class_ancestors;
extern const struct field_class field_class_fd;
extern const struct field_class field_class_fdlist;
extern const struct field_class field_class_user;
extern const struct field_class field_class_container;
extern const struct field_class field_class_fspath;
extern const struct field_class field_class_k8s;

/* Of packets, and of what was joined. */
extern const struct field_class field_class_frame;
extern const struct field_class field_class_ip;
extern const struct field_class field_class_tcp;
extern const struct field_class field_class_udp;
extern const struct field_class field_class_http;
extern const struct field_class field_class_dns;
extern const struct field_class field_class_tls;
extern const struct field_class field_class_flow;
extern const struct field_class field_class_joined;

static inline bool value_uint(struct field_value *v, uint64_t x)
{
	v->kind = VALUE_UINT;
	v->v.u = x;
	return true;
}

static inline bool value_int(struct field_value *v, int64_t x)
{
	v->kind = VALUE_INT;
	v->v.s = x;
	return true;
}

static inline bool value_bool(struct field_value *v, bool x)
{
	v->kind = VALUE_BOOL;
	v->v.u = x;
	return true;
}

static inline bool value_double(struct field_value *v, double x)
{
	v->kind = VALUE_DOUBLE;
	v->v.f = x;
	return true;
}

static inline bool value_text(struct field_value *v, const char *s, size_t len)
{
	v->kind = VALUE_TEXT;
	v->len = (uint32_t)len;
	v->v.text = s;
	return true;
}

static inline bool value_cstr(struct field_value *v, const char *s)
{
	return value_text(v, s, strlen(s));
}

static inline bool value_str(struct field_value *v, const struct str *s)
{
	return value_text(v, s->s, s->len);
}

static inline bool value_bytes(struct field_value *v, const void *p, size_t len)
{
	v->kind = VALUE_BYTES;
	v->len = (uint32_t)len;
	v->v.text = p;
	return true;
}

/* A copy that lives as long as the event's values; NULL: no memory. */
const void *ctx_dup(struct field_ctx *c, const void *p, size_t n);
void *ctx_alloc(struct field_ctx *c, size_t n);

/* Text in tmp becomes a value that stays; false: no memory. */
bool value_from_tmp(struct field_ctx *c, struct field_value *ret_v);

/* A list of n values in the context's arena. */
static inline bool value_list(struct field_value *v, const struct field_value *items, size_t n)
{
	v->kind = VALUE_LIST;
	v->len = (uint32_t)n;
	v->v.items = items;
	return n > 0;
}

/* field_value_fn of fields that are known by name but that no capture can answer. */
bool value_absent(struct field_ctx *c, const struct field_use *u, struct field_value *v);

/* The row of today's layout; NULL: of a type beyond the schema. */
static inline const struct schema_event *ctx_schema(const struct field_ctx *c)
{
	const struct event *ev = c->ev;

	return ev->type < SCHEMA_EVENTS && !(ev->flags & EVENT_UNKNOWN_TYPE) ? &schema_events[ev->type] : NULL;
}

/* NUL-separated strings joined by one blank. */
void add_joined(struct buf *out, const struct str *s);
/* comm, then args, as sysdig's cmdline. */
void add_cmdline(struct buf *out, const struct thread_view *t);
/* Seconds, a dot, nine digits. */
void add_seconds(struct buf *out, uint64_t ns);

/* "<NA>" or the string. */
bool value_comm(struct field_value *v, const struct str *comm);

/* Refs of the event at hand (state.h), NULL when the fold gave none. */
const struct ref_chain *ctx_chain(const struct field_ctx *c);
const struct ref_counts *ctx_counts(const struct field_ctx *c);

#endif
