/*
 * scripts.c - see scripts.h. Workers write records where print writes lines; the thread that has the turn to emit hands
 * them to Lua, one source after the other.
 */
#include "cli/scripts.h"

#include "base/limits.h"
#include "cli/file_text.h"

static int load_file(struct scripts *s, const char *path, struct err *e)
{
	struct buf text;
	int rc;

	buf_init(&text, LIMIT_SCRIPT_BYTES);
	rc = file_text_read(path, "a script", false, &text, e);
	if (rc == 0) {
		rc = script_set_add(s->set, path, buf_str(&text), text.len, e);
	}
	buf_release(&text);
	return rc;
}

int scripts_load(struct scripts *s, const struct option_texts *files, struct err *e)
{
	int rc = 0;

	memset(s, 0, sizeof(*s));
	if (files->count > 0) {
		rc = script_set_new(&s->set, e);
	}
	for (size_t i = 0; i < files->count && rc == 0; i++) {
		rc = load_file(s, files->items[i], e);
	}
	return rc;
}

void scripts_release(struct scripts *s)
{
	script_set_free(s->set);
	s->set = NULL;
}

/* The records of a batch are one line. */
static int collect(void *arg, const struct batch *b, struct lines *out)
{
	const struct scripts *s = arg;
	int rc = script_set_collect(s->set, b, &out->text);

	return rc == 0 && out->text.len > 0 ? lines_add(out, 0, 0) : rc;
}

static int feed(void *arg, const struct source *src, const char *text, size_t len, size_t line_count,
		const struct line *rows, size_t base, struct err *e)
{
	const struct scripts *s = arg;

	UNUSED_ARG(line_count);
	UNUSED_ARG(rows);
	UNUSED_ARG(base);
	UNUSED_ARG(e);
	script_set_feed(s->set, src->name[0] == '/' ? src->name + s->directory : src->name, text, len);
	return 0;
}

void scripts_apply(struct scripts *s, const struct input_list *inputs, struct engine_options *eo)
{
	unsigned int wants;

	if (s->set == NULL) {
		return;
	}
	wants = script_set_wants(s->set);
	s->sink = (struct line_sink){ s, collect, feed, false };
	s->directory = engine_shared_directory(inputs);
	eo->sink = &s->sink;
	eo->fold = eo->fold || (wants & WANT_FOLD) != 0;
	eo->wants |= wants & ~WANT_FOLD;
	eo->packets = eo->packets || script_set_packets(s->set);
	script_set_settings(s->set, engine_wants(eo), eo->lookup);
}

int scripts_report(struct scripts *s, struct report *r, struct err *e)
{
	return s->set != NULL ? script_set_report(s->set, r, e) : 0;
}

/* Line by line. */
static void say_printed(const char *name, const char *text, size_t len, struct diag *d)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		stop = stop != NULL ? stop : end;
		diag_note(d, "%s: %.*s", name, (int)(stop - text), text);
		text = stop + 1;
	}
}

int scripts_say(const struct scripts *s, struct diag *d)
{
	int status = 0;

	for (size_t i = 0; s->set != NULL && i < script_set_count(s->set); i++) {
		size_t len;
		const char *text = script_printed(s->set, i, &len);

		if (len > 0) {
			say_printed(script_name(s->set, i), text, len, d);
		}
		if (script_failure(s->set, i) != NULL) {
			diag_error(d, "script failed, its tables are left out: %s", script_failure(s->set, i));
			status = err_exit_status(ERR_USAGE);
		}
	}
	return status;
}
