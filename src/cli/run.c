/*
 * run.c - see run.h. Main thread.
 */
#include "cli/run.h"

#include "cli/progress.h"

/* Lines of each kind on stderr; the rest is in the report, and counted. */
#define NOTES_MAX 8

void run_init(struct run *r, const struct options *o, struct diag *d)
{
	memset(r, 0, sizeof(*r));
	r->options = o;
	r->diag = d;
	input_list_init(&r->inputs);
	err_init(&r->err);
}

void run_release(struct run *r)
{
	engine_free(r->engine);
	r->engine = NULL;
	input_list_release(&r->inputs);
}

int run_inputs(struct run *r)
{
	int status = 0;

	if (r->options->input_count == 0) {
		diag_error(r->diag, "no input named; see 'thresher help'");
		return err_exit_status(ERR_USAGE);
	}
	for (size_t i = 0; i < r->options->input_count; i++) {
		struct err e;
		int code;

		err_init(&e);
		code = input_list_add(&r->inputs, r->options->inputs[i], &e);
		if (code < 0) {
			diag_err(r->diag, &e);
			status = err_exit_status(code);
		}
	}
	return status;
}

static bool nothing_found(const struct run *r)
{
	uint32_t count;

	engine_sources(r->engine, &count);
	return count == 0;
}

/* One line: what there was instead of captures. */
static void say_nothing_found(struct run *r)
{
	const struct input_skip *skips;
	size_t count;

	skips = engine_skips(r->engine, &count);
	if (count == 0) {
		diag_error(r->diag, "no capture in '%s': nothing there", r->options->inputs[0]);
	} else if (count == 1) {
		diag_error(r->diag, "no capture in '%s': %s", skips[0].name, skips[0].reason);
	} else {
		diag_error(r->diag, "no capture in any of %zu files: '%s' (%s), '%s' (%s)%s", count,
			   skips[0].name, skips[0].reason, skips[1].name, skips[1].reason,
			   count > 2 ? ", ..." : "");
	}
}

int run_engine(struct run *r, struct engine_options *eo)
{
	eo->threads = (unsigned int)r->options->threads;
	eo->batch_bytes = (size_t)r->options->batch_bytes;
	eo->hash = r->options->hash;
	if (r->diag->tty && !r->diag->quiet) {
		eo->progress = progress_show;
		eo->progress_arg = r->diag;
	}
	r->code = engine_new(eo, &r->engine, &r->err);
	if (r->code == 0) {
		r->code = engine_run(r->engine, &r->inputs, &r->err);
	}
	diag_progress(r->diag, "");
	if (r->code < 0 && r->code != ERR_STOPPED && r->code != ERR_PIPE) {
		diag_err(r->diag, &r->err);
		return err_exit_status(r->code);
	}
	if (nothing_found(r) && r->code == 0) {
		say_nothing_found(r);
		return err_exit_status(ERR_NOT_CAPTURE);
	}
	return 0;
}

static void say_skips(struct run *r)
{
	const struct input_skip *skips;
	size_t count;

	skips = engine_skips(r->engine, &count);
	for (size_t i = 0; i < count && i < NOTES_MAX; i++) {
		diag_note(r->diag, "skipped '%s': %s", skips[i].name, skips[i].reason);
	}
	if (count > NOTES_MAX) {
		diag_note(r->diag, "skipped %zu more", count - NOTES_MAX);
	}
}

static void say_damage(struct run *r, const struct source *s)
{
	const struct damage *d = s->damage_count > 0 ? &s->damages[0] : NULL;
	struct buf text;

	buf_init(&text, 4096);
	buf_printf(&text, "damaged input '%s': ", s->name);
	if (d != NULL) {
		buf_printf(&text, "%s (at offset %llu)", d->what, (unsigned long long)d->offset);
	} else {
		buf_adds(&text, s->error_text);
	}
	if (s->damages_total > 1) {
		buf_printf(&text, " and %llu more", (unsigned long long)(s->damages_total - 1));
	}
	if (s->damage_bytes > 0) {
		buf_printf(&text, ", %llu byte%s skipped",
			   (unsigned long long)s->damage_bytes,
			   s->damage_bytes == 1 ? "" : "s");
	}
	if (r->options->strict) {
		diag_error(r->diag, "%s", buf_str(&text));
	} else {
		diag_warn(r->diag, "%s", buf_str(&text));
	}
	buf_release(&text);
}

static bool is_damaged(const struct source *s)
{
	return s->damages_total > 0 || s->error < 0;
}

struct run_totals run_totals(const struct run *r)
{
	struct run_totals t = { 0, 0, 0, 0, 0, 0, 0 };
	uint32_t count;
	struct source *const *sources = engine_sources(r->engine, &count);

	t.sources = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct source *s = sources[i];

		t.damaged_sources += is_damaged(s);
		t.damages += s->damages_total;
		t.damage_bytes += s->damage_bytes;
		for (uint32_t k = 0; k < s->section_count; k++) {
			t.events += s->sections[k]->events;
			t.shown += s->sections[k]->events_shown;
			t.packets += s->sections[k]->packets;
		}
	}
	return t;
}

/* Input that could not be read to its end is worse than input that makes no sense. */
static int worst_source_status(const struct run *r)
{
	uint32_t count;
	struct source *const *sources = engine_sources(r->engine, &count);

	for (uint32_t i = 0; i < count; i++) {
		if (sources[i]->error == ERR_IO || sources[i]->error == ERR_OPEN) {
			return err_exit_status(ERR_IO);
		}
	}
	return 0;
}

int run_status(struct run *r)
{
	struct run_totals t = run_totals(r);
	uint32_t count;
	struct source *const *sources = engine_sources(r->engine, &count);
	uint32_t said = 0;

	say_skips(r);
	if (engine_filter_gave_up(r->engine) > 0) {
		diag_warn(r->diag, "%llu regex matches were given up: counted as no match",
			  (unsigned long long)engine_filter_gave_up(r->engine));
	}
	for (uint32_t i = 0; i < count && said < NOTES_MAX; i++) {
		if (is_damaged(sources[i])) {
			say_damage(r, sources[i]);
			said++;
		}
	}
	if (t.damaged_sources > said) {
		diag_warn(r->diag, "%u more damaged inputs", t.damaged_sources - said);
	}
	if (r->code == ERR_STOPPED) {
		diag_note(r->diag, "stopped by a signal: what was read until then is shown");
		return err_exit_status(ERR_STOPPED);
	}
	if (worst_source_status(r) != 0) {
		return worst_source_status(r);
	}
	return t.damaged_sources > 0 && r->options->strict ? err_exit_status(ERR_MALFORMED) : 0;
}
