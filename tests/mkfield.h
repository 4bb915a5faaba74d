/*
 * mkfield.h - fields over events that went through decode and fold: what mkcap built becomes a batch, its last event
 * the subject.
 */
#ifndef MKFIELD_H
#define MKFIELD_H

#include "filter/format.h"
#include "mkstate.h"

#define MKFIELD_WANTS \
	(WANT_REFS | WANT_ANCESTORS | WANT_MEMORY | WANT_COUNTS | WANT_FDS | WANT_BEGIN)

struct mkfield {
	struct mkstate st;
	struct field_settings set;
	struct field_ctx c;
	struct buf out;
};

static inline void mkfield_init(struct mkfield *m)
{
	memset(&m->set, 0, sizeof(m->set));
	m->set.time_style = TIME_OF_DAY;
	m->set.wants = MKFIELD_WANTS | WANT_FOLD;
	mkstate_init(&m->st, false, MKFIELD_WANTS);
	field_ctx_init(&m->c, &m->set);
	buf_init(&m->out, 1u << 20);
}

static inline void mkfield_end(struct mkfield *m)
{
	field_ctx_release(&m->c);
	buf_release(&m->out);
	mkstate_end(&m->st);
}

/* Folds what was built; the last event is the subject from now on. */
static inline const struct event *mkfield_last(struct mkfield *m)
{
	struct batch *b = mkstate_fold(&m->st);

	assert(b->event_count > 0);
	field_ctx_batch(&m->c, b);
	field_ctx_event(&m->c, &b->events[b->event_count - 1], 1, b->event_count - 1);
	return m->c.ev;
}

/* The line a format gives; NULL: it is not printed. Good until the next call. */
static inline const char *mkfield_line(struct mkfield *m, const char *format)
{
	struct format *f = NULL;
	struct err e;
	bool printed;

	err_init(&e);
	buf_reset(&m->out);
	if (format_new(format, &f, &e) != 0) {
		buf_printf(&m->out, "(refused: %s)", e.message);
		return buf_str(&m->out);
	}
	printed = format_line(f, &m->c, &m->out);
	format_free(f);
	return printed ? buf_str(&m->out) : NULL;
}

/* The typed value of a field, borrowed from the context; false: none, or no such field. */
static inline bool mkfield_value(struct mkfield *m, const char *field, struct field_value *ret_v)
{
	struct field_use u;
	struct err e;
	size_t len;
	bool has;

	err_init(&e);
	if (field_use_parse(field, &u, &len, &e) != 0) {
		CU_FAIL("no such field");
		return false;
	}
	has = field_get(&m->c, &u, ret_v);
	field_use_release(&u);
	return has;
}

/* The value as text: lists in braces. */
static inline const char *mkfield_text(struct mkfield *m, const char *field)
{
	struct field_value v;

	buf_reset(&m->out);
	if (!mkfield_value(m, field, &v)) {
		return NULL;
	}
	buf_adds(&m->out, v.kind == VALUE_LIST ? "{" : "");
	field_value_print(&v, PT_CHARBUF, FMT_DEC, &m->out);
	buf_adds(&m->out, v.kind == VALUE_LIST ? "}" : "");
	return buf_str(&m->out);
}

static inline void mkfield_check(struct mkfield *m, const char *got, const char *expected)
{
	UNUSED_ARG(m);
	if (got == NULL || expected == NULL) {
		CU_ASSERT(got == NULL && expected == NULL);
		return;
	}
	CU_ASSERT_STRING_EQUAL(got, expected);
	if (strcmp(got, expected) != 0) {
		fprintf(stderr, "  got '%s', expected '%s'\n", got, expected);
	}
}

#define LINE(m, format, expected) mkfield_check(m, mkfield_line(m, format), expected)
#define VALUE(m, field, expected) mkfield_check(m, mkfield_text(m, field), expected)

#endif
