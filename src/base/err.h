/*
 * err.h - error codes and the detail that goes with one.
 *
 * Fallible functions return 0 or a negative ERR_ code. What a user needs to know beyond
 * the code (file, byte offset, what to do) goes into the struct err the caller passes
 * down; passing NULL is allowed and means "code only". Library files never print.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

enum err_code {
	ERR_OK = 0,
#define ERR_X(name, status, text) ERR_NUMBER_##name,
#include "base/err.def"
#undef ERR_X
	ERR_COUNT
};

enum {
#define ERR_X(name, status, text) ERR_##name = -(int)ERR_NUMBER_##name,
#include "base/err.def"
#undef ERR_X
};

#define ERR_NO_OFFSET UINT64_MAX

struct err {
	int code;		/* last code set, 0 if none */
	uint64_t offset;	/* byte offset in the uncompressed source, or ERR_NO_OFFSET */
	char file[256];		/* as the user named it, cut at the end; not escaped */
	char message[512];	/* failure first, lower case, no full stop; not escaped */
};

void err_init(struct err *e);

/* Sets code and message (the first error wins: a set err is not overwritten). Returns code. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As err_set with file and offset; file may be NULL (kept empty). */
int err_set_at(struct err *e, int code, const char *file, uint64_t offset, const char *fmt, ...)
	PRINTF_LIKE(5, 6);

/* "out of memory" for the thing named by what. Returns ERR_NOMEM. */
int err_nomem(struct err *e, const char *what);

/* The sentence, the name ("MALFORMED") and the exit status of a code. 0 gives "ok", "OK", 0. */
const char *err_text(int code);
const char *err_name(int code);
int err_exit_status(int code);

#endif
