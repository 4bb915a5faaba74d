/*
 * cmd_fields.c - `thresher fields`: what formats and filters can name. Reads the field table only. Main thread.
 */
#include "cli/command.h"

#include <fnmatch.h>

#include "cli/json.h"
#include "cli/output.h"
#include "filter/fields.h"
#include "filter/nearest.h"

/* What a field is compared as, in a word. */
static const char *type_word(unsigned int type)
{
	static const char *const words[PT_COUNT] = {
		[PT_INT8] = "int8",        [PT_INT16] = "int16",   [PT_INT32] = "int32",
		[PT_INT64] = "int64",      [PT_UINT8] = "uint8",   [PT_UINT16] = "uint16",
		[PT_UINT32] = "uint32",    [PT_UINT64] = "uint64", [PT_CHARBUF] = "text",
		[PT_BYTEBUF] = "bytes",    [PT_BOOL] = "bool",     [PT_DOUBLE] = "double",
		[PT_RELTIME] = "duration", [PT_ABSTIME] = "time",  [PT_PORT] = "port",
		[PT_IPADDR] = "address",   [PT_IPNET] = "network", [PT_DYN] = "any",
		[PT_PID] = "int64",        [PT_PID32] = "int64",   [PT_FD] = "int64",
		[PT_FD32] = "int64",       [PT_ERRNO] = "int64",
	};

	return type < PT_COUNT && words[type] != NULL ? words[type] : "other";
}

static const char *arg_word(const struct field *f)
{
	switch (f->arg) {
	case ARG_NONE: return "none";
	case ARG_OPTIONAL:
	case ARG_OPTIONAL_DOT: return "optional";
	default: return "required";
	}
}

/* The name with the place of its argument. */
static void add_usage(struct buf *out, const struct field *f)
{
	buf_adds(out, f->name);
	if (f->arg != ARG_NONE) {
		buf_adds(out, strcmp(arg_word(f), "required") == 0 ? "[X]" : "{[X]}");
	}
}

static const struct flag_row {
	unsigned int flag;
	const char *word; /* in JSON */
	const char *note; /* behind the help, NULL: nothing */
} flag_rows[] = {
	{ FIELD_FILTER_ONLY, "filter_only", "filters only" },
	{ FIELD_PRINT_ONLY, "print_only", "formats only" },
	{ FIELD_JOINED, "joined", "joined" },
	{ FIELD_LIST, "any_of_several", NULL },
	{ FIELD_SET, "list", "list" },
	{ FIELD_NO_RHS, "no_right_side", NULL },
	{ FIELD_NO_TRANSFORM, "no_transformer", NULL },
	{ FIELD_DEPRECATED, "deprecated_upstream", NULL },
	{ FIELD_OURS, "thresher_only", NULL },
};

static void pad_to(struct buf *out, size_t from, size_t width)
{
	do {
		buf_addc(out, ' ');
	} while (!out->failed && out->len - from < width);
}

static void add_line(struct buf *out, const struct field *f)
{
	size_t from = out->len;

	add_usage(out, f);
	pad_to(out, from, 34);
	buf_adds(out, type_word(f->type));
	pad_to(out, from, 43);
	buf_adds(out, f->help);
	for (size_t i = 0; i < ARRAY_LEN(flag_rows); i++) {
		if ((f->flags & flag_rows[i].flag) != 0 && flag_rows[i].note != NULL) {
			buf_printf(out, " (%s)", flag_rows[i].note);
		}
	}
	buf_addc(out, '\n');
}

static const char *subject_word(const struct field *f)
{
	return f->flags & FIELD_BOTH ? "both" : f->flags & FIELD_PACKET ? "packets" : "events";
}

static void add_member(struct buf *out, const char *key, const char *text)
{
	json_add_key(out, key);
	json_add_text(out, text);
	buf_addc(out, ',');
}

static void add_object(struct buf *out, const struct field *f, const char *title)
{
	bool first = true;

	buf_addc(out, '{');
	add_member(out, "name", f->name);
	add_member(out, "class", title);
	add_member(out, "of", subject_word(f));
	add_member(out, "type", type_word(f->type));
	add_member(out, "argument", arg_word(f));
	add_member(out, "help", f->help);
	json_add_key(out, "flags");
	buf_addc(out, '[');
	for (size_t i = 0; i < ARRAY_LEN(flag_rows); i++) {
		if ((f->flags & flag_rows[i].flag) != 0) {
			json_add_comma(out, &first);
			json_add_text(out, flag_rows[i].word);
		}
	}
	buf_adds(out, "]}");
}

/* ---- which ---- */

static bool contains(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; *text != '\0'; text++) {
		if (strncasecmp(text, part, n) == 0) {
			return true;
		}
	}
	return n == 0;
}

/* A pattern with wildcards for the whole name, else a part of it. */
static bool matches(const struct field *f, const char *pattern)
{
	if (strpbrk(pattern, "*?[") != NULL) {
		return fnmatch(pattern, f->name, FNM_CASEFOLD) == 0;
	}
	return contains(f->name, pattern);
}

static bool wanted(const struct field *f, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (matches(f, patterns[i])) {
			return true;
		}
	}
	return count == 0;
}

static bool any_matches(const char *pattern)
{
	for (size_t i = 0; i < field_count(); i++) {
		if (matches(field_at(i), pattern)) {
			return true;
		}
	}
	return false;
}

/* Every pattern names at least one field; else what is nearest. */
static int check_patterns(const char *const *patterns, size_t count, struct err *e)
{
	char hint[256] = "";

	for (size_t i = 0; i < count; i++) {
		if (any_matches(patterns[i])) {
			continue;
		}
		if (nearest_fields(patterns[i], strlen(patterns[i]), hint, sizeof(hint))) {
			return err_set(e, ERR_USAGE, "no field matches '%s'; nearest: %s",
				       patterns[i], hint);
		}
		return err_set(e, ERR_USAGE, "no field matches '%s'; see 'thresher fields'",
			       patterns[i]);
	}
	return 0;
}

/* ---- lists ---- */

static void add_text_list(struct buf *out, const char *const *patterns, size_t count)
{
	const char *before = NULL;

	for (size_t i = 0; i < field_count(); i++) {
		const struct field *f = field_at(i);
		const char *title = field_title(i);

		if (!wanted(f, patterns, count)) {
			continue;
		}
		if (title != before) {
			buf_printf(out, "%s%s:\n", before != NULL ? "\n" : "", title);
			before = title;
		}
		add_line(out, f);
	}
}

static void add_json_list(struct buf *out, const char *const *patterns, size_t count)
{
	bool first = true;

	buf_adds(out, "{\"fields\":[");
	for (size_t i = 0; i < field_count(); i++) {
		if (wanted(field_at(i), patterns, count)) {
			json_add_comma(out, &first);
			add_object(out, field_at(i), field_title(i));
		}
	}
	buf_adds(out, "]}\n");
}

int fields_list(const char *const *patterns, size_t count, bool json, struct diag *d)
{
	struct buf text;
	struct err e;
	int code;

	err_init(&e);
	buf_init(&text, 4u << 20);
	code = check_patterns(patterns, count, &e);
	if (code == 0) {
		if (json) {
			add_json_list(&text, patterns, count);
		} else {
			add_text_list(&text, patterns, count);
		}
		code = output_all(&text, &e);
	}
	if (code < 0 && code != ERR_PIPE) {
		diag_err(d, &e);
	}
	buf_release(&text);
	return err_exit_status(code);
}

int cmd_fields(const struct options *o, struct diag *d)
{
	return fields_list(o->inputs, o->input_count, o->json, d);
}
