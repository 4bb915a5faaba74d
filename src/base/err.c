/*
 * err.c - see err.h. No thread of its own: a struct err belongs to its caller.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

struct err_row {
	const char *name;
	const char *text;
	int status;
};

static const struct err_row rows[] = {
	{ "OK", "ok", 0 },
#define ERR_X(name, status, text) { #name, text, status },
#include "base/err.def"
#undef ERR_X
};

_Static_assert(ARRAY_LEN(rows) == ERR_COUNT, "one row per error code");

static const struct err_row *row_of(int code)
{
	unsigned int n = code <= 0 ? (unsigned int)-code : 0;

	return n < ARRAY_LEN(rows) ? &rows[n] : &rows[-ERR_INTERNAL];
}

void err_init(struct err *e)
{
	memset(e, 0, sizeof(*e));
	e->offset = ERR_NO_OFFSET;
}

static int set_va(struct err *e, int code, const char *fmt, va_list ap)
{
	e->code = code;
	vsnprintf(e->message, sizeof(e->message), fmt, ap);
	return code;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL || e->code != 0) {
		return code;
	}
	va_start(ap, fmt);
	set_va(e, code, fmt, ap);
	va_end(ap);
	return code;
}

int err_set_at(struct err *e, int code, const char *file, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL || e->code != 0) {
		return code;
	}
	snprintf(e->file, sizeof(e->file), "%s", file != NULL ? file : "");
	e->offset = offset;
	va_start(ap, fmt);
	set_va(e, code, fmt, ap);
	va_end(ap);
	return code;
}

int err_nomem(struct err *e, const char *what)
{
	return err_set(e, ERR_NOMEM, "out of memory for %s", what);
}

const char *err_text(int code)
{
	return row_of(code)->text;
}

const char *err_name(int code)
{
	return row_of(code)->name;
}

int err_exit_status(int code)
{
	return row_of(code)->status;
}
