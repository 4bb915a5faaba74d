/*
 * lane.c - the reading side of a lane: opens its input, walks the captures inside, and has the framer fill
 * one batch after the other. Runs on whichever thread has the lane's framing turn.
 */
#include "engine/engine_internal.h"

#include "base/limits.h"

static int lane_add_source(struct lane *ln, const char *name, const char *wrap)
{
	struct source *s = source_new(0, name);

	if (s == NULL) {
		return ERR_NOMEM;
	}
	if (ln->source_count == ln->source_cap) {
		uint32_t cap = ln->source_cap == 0 ? 4 : ln->source_cap * 2;
		struct source **grown = realloc(ln->sources, cap * sizeof(*grown));

		if (grown == NULL) {
			source_free(s);
			return ERR_NOMEM;
		}
		ln->sources = grown;
		ln->source_cap = cap;
	}
	snprintf(s->wrap, sizeof(s->wrap), "%s", wrap);
	s->file_bytes = ln->file->bytes;
	ln->sources[ln->source_count++] = s;
	ln->source = s;
	return 0;
}

static int lane_skip(struct lane *ln, const char *name, const struct err *why, int code)
{
	return input_skip_add(&ln->skips, &ln->skip_count, &ln->skip_cap, name,
			      why->message[0] != '\0' ? why->message : err_text(code), code);
}

/* The rest of the file cannot be read: the current source says so, or the file is skipped. */
static int lane_input_failed(struct lane *ln, const struct err *why, int code)
{
	struct source *last = ln->source_count > 0 ? ln->sources[ln->source_count - 1] : NULL;

	if (code == ERR_NOMEM) {
		return code;
	}
	if (last != NULL && last->error == 0) {
		struct damage d = { last->bytes, 0, "" };

		last->error = code;
		snprintf(last->error_text, sizeof(last->error_text), "%.200s", why->message);
		snprintf(d.what, sizeof(d.what), "%.90s", why->message);
		return source_add_damage(last, &d);
	}
	return lane_skip(ln, ln->file->path, why, code);
}

static int lane_open(struct engine *en, struct lane *ln)
{
	struct input_options opt = { en->opt.hash, en->opt.hash && en->opt.threads > 1, engine_stop_flag() };
	struct err why;
	int rc;

	ln->open = true;
	err_init(&why);
	rc = input_open(ln->file, &opt, &ln->input, &why);
	if (rc == 0) {
		return 0;
	}
	ln->input = NULL;
	return rc == ERR_NOMEM ? rc : lane_skip(ln, ln->file->path, &why, rc);
}

/* Steps to the next capture. ERR_EOF: none left. */
static int lane_next_source(struct engine *en, struct lane *ln)
{
	for (;;) {
		const char *name;
		const char *wrap;
		struct err why;
		int rc;

		err_init(&why);
		rc = input_next(ln->input, &ln->stream, &name, &wrap, &why);
		if (rc == ERR_EOF) {
			return rc;
		}
		if (rc != 0) {
			rc = lane_input_failed(ln, &why, rc);
			return rc != 0 ? rc : ERR_EOF;
		}
		if (ln->member != UINT32_MAX && ln->members_seen++ != ln->member) {
			if (ln->members_seen > ln->member) {
				return ERR_EOF;
			}
			continue;
		}
		rc = lane_add_source(ln, name, wrap);
		if (rc != 0) {
			return rc;
		}
		framer_init(&ln->framer, ln->stream, ln->source, en->opt.batch_bytes);
		return 0;
	}
}

int lane_frame(struct engine *en, struct lane *ln, struct slot *s, struct err *e)
{
	int rc;

	if (!ln->open) {
		rc = lane_open(en, ln);
		if (rc != 0) {
			return err_nomem(e, "an input");
		}
	}
	if (ln->input == NULL) {
		return ERR_EOF;
	}
	for (;;) {
		if (ln->stream == NULL) {
			rc = lane_next_source(en, ln);
			if (rc != 0) {
				return rc == ERR_EOF ? rc : err_nomem(e, "a source");
			}
		}
		rc = framer_next(&ln->framer, &s->batch, e);
		if (rc != ERR_EOF) {
			s->disk_pos = stream_disk_pos(ln->stream);
			s->source = ln->source;
			s->stream = ln->stream;
			return rc;
		}
		/* A mapped stream stays readable until the next input_next: its last batches may still be
		 * in use, so the caller lets them drain before it comes back. */
		framer_release(&ln->framer);
		snprintf(ln->source->note, sizeof(ln->source->note), "%s", stream_note(ln->stream));
		ln->stream = NULL;
		return LANE_DRAIN;
	}
}

void lane_close_input(struct engine *en, struct lane *ln)
{
	const struct input_skip *skips;
	size_t count;

	if (ln->input == NULL) {
		return;
	}
	if (en->opt.hash && !ln->cut_short) {
		char hex[65] = "";
		struct err why;

		err_init(&why);
		if (input_sha256(ln->input, hex, &why) == 0) {
			for (uint32_t i = 0; i < ln->source_count; i++) {
				memcpy(ln->sources[i]->sha256, hex, sizeof(hex));
			}
		}
	}
	skips = input_skips(ln->input, &count);
	for (size_t i = 0; i < count; i++) {
		/* Without memory a line of the list of skipped files is lost: nothing else depends on it. */
		(void)input_skip_add(&ln->skips, &ln->skip_count, &ln->skip_cap, skips[i].name,
				     skips[i].reason, skips[i].code);
	}
	if (ln->cut_short && ln->source != NULL && ln->stream != NULL) {
		ln->source->stopped = true;
	}
	framer_release(&ln->framer);
	input_free(ln->input);
	ln->input = NULL;
	ln->stream = NULL;
}

void lane_free_slots(struct lane *ln)
{
	for (unsigned int i = 0; ln->slots != NULL && i < ln->slot_count; i++) {
		batch_release(&ln->slots[i].batch);
		buf_release(&ln->slots[i].lines.text);
		free(ln->slots[i].lines.rows);
	}
	free(ln->slots);
	ln->slots = NULL;
}

void lane_release(struct lane *ln)
{
	lane_free_slots(ln);
	framer_release(&ln->framer);
	input_free(ln->input);
	ln->input = NULL;
	for (uint32_t i = 0; i < ln->source_count; i++) {
		source_free(ln->sources[i]);
	}
	free(ln->folded);
	free(ln->sources);
	ln->sources = NULL;
	ln->source_count = 0;
	for (size_t i = 0; i < ln->skip_count; i++) {
		free(ln->skips[i].name);
		free(ln->skips[i].reason);
	}
	free(ln->skips);
	ln->skips = NULL;
	ln->skip_count = 0;
}

/* ---- which lanes -------------------------------------------------------------------------------- */

/* Captures inside a file, found by stepping through it once. Standard input and pipes cannot be read twice: 1. */
static int count_captures(const struct input_file *f, uint32_t *ret_count)
{
	struct input_options opt = { false, false, engine_stop_flag() };
	struct input *in;
	struct stream *st;
	const char *name;
	const char *wrap;
	uint32_t n = 0;
	int rc;

	*ret_count = 1;
	if (strcmp(f->path, "-") == 0 || f->bytes == UINT64_MAX || input_open(f, &opt, &in, NULL) != 0) {
		return 0;
	}
	while ((rc = input_next(in, &st, &name, &wrap, NULL)) == 0) {
		n++;
	}
	input_free(in);
	*ret_count = n > 0 ? n : 1;
	return rc == ERR_NOMEM ? rc : 0;
}

static int add_lane(struct engine *en, uint32_t *cap, uint32_t file_index, uint32_t member)
{
	struct lane *ln;

	if (en->lane_count == *cap) {
		uint32_t bigger = *cap == 0 ? 8 : *cap * 2;
		struct lane *grown = realloc(en->lanes, bigger * sizeof(*grown));

		if (grown == NULL) {
			return ERR_NOMEM;
		}
		en->lanes = grown;
		*cap = bigger;
	}
	ln = &en->lanes[en->lane_count++];
	memset(ln, 0, sizeof(*ln));
	ln->file = &en->inputs->files[file_index];
	ln->file_index = file_index;
	ln->member = member;
	return 0;
}

int lanes_build(struct engine *en, struct err *e)
{
	bool merge = en->opt.sink != NULL && en->opt.sink->merge;
	uint32_t cap = 0;

	for (uint32_t i = 0; i < en->inputs->count; i++) {
		uint32_t captures = 1;
		int rc = merge ? count_captures(&en->inputs->files[i], &captures) : 0;

		for (uint32_t m = 0; rc == 0 && m < captures; m++) {
			rc = add_lane(en, &cap, i, captures > 1 ? m : UINT32_MAX);
		}
		if (rc != 0) {
			return err_nomem(e, "the list of inputs");
		}
	}
	if (merge && en->lane_count > LIMIT_OPEN_SOURCES) {
		return err_set(e, ERR_USAGE,
			       "%u captures cannot be merged by time (at most %u can be open at once)",
			       en->lane_count, LIMIT_OPEN_SOURCES);
	}
	return 0;
}
