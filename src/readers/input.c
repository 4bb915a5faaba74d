/*
 * input.c - one file from the outside in: sniffs the innermost stream, undoes what it finds
 * (compression, archive, compression in it, ...) and stops at captures. Reads a file through
 * stream_layer.h, produces captures one after the other and the list of what was stepped over. One
 * thread at a time; its levels are a stack, freed from the top.
 */
#include "readers/input.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "readers/input_sniff.h"
#include "readers/stream_archive.h"
#include "readers/stream_layer.h"

/* The file, and for each wrapping either an inflated stream or an archive and its member. */
#define MAX_LEVELS (1 + 2 * LIMIT_NESTING)

/* One of the two is set. The lengths are those of name and wrap before this level. */
struct level {
	struct stream *stream;		/* owns */
	struct archive_layer *archive;	/* owns */
	size_t name_len, wrap_len;
};

struct input {
	struct level levels[MAX_LEVELS];	/* 0 is the file, as long as the input lives */
	unsigned int depth;
	unsigned int wraps;		/* levels that undo something */
	uint32_t members;		/* of all archives inside */
	bool started;
	int ended;			/* sticky: what input_next gives from now on */
	struct buf name, wrap;
	struct input_skip *skips;	/* owns */
	size_t skip_count, skip_cap;
};

/* What a step of the search came to, besides error codes. */
enum { STEP_ON = 0, STEP_FOUND = 1 };

static struct level *top(struct input *in)
{
	return &in->levels[in->depth - 1];
}

static struct level *push(struct input *in)
{
	struct level *l;

	assert(in->depth < MAX_LEVELS);
	l = &in->levels[in->depth++];
	memset(l, 0, sizeof(*l));
	l->name_len = in->name.len;
	l->wrap_len = in->wrap.len;
	return l;
}

static void pop(struct input *in)
{
	struct level *l = top(in);

	/* A member's stream stands on its archive and undoes nothing itself. */
	if (in->depth > 1 && (l->archive != NULL || in->levels[in->depth - 2].archive == NULL)) {
		in->wraps--;
	}
	stream_free(l->stream);
	archive_layer_free(l->archive);
	in->name.len = l->name_len;
	in->wrap.len = l->wrap_len;
	in->depth--;
}

/* Down to the innermost archive. ERR_EOF: there is none, so the file has nothing more. */
static int pop_to_archive(struct input *in)
{
	while (in->depth > 1 && top(in)->archive == NULL) {
		pop(in);
	}
	return in->depth > 1 ? STEP_ON : ERR_EOF;
}

static bool inside_other_archive(const struct input *in)
{
	for (unsigned int i = 0; i + 1 < in->depth; i++) {
		if (in->levels[i].archive != NULL) {
			return true;
		}
	}
	return false;
}

static int skip(struct input *in, const char *reason, int code)
{
	return input_skip_add(&in->skips, &in->skip_count, &in->skip_cap, buf_str(&in->name),
			      reason, code);
}

/* Steps over what is on top. */
static int skip_top(struct input *in, const char *reason, int code)
{
	int r = skip(in, reason, code);

	return r != 0 ? r : pop_to_archive(in);
}

/* Failures of the machine, not of the input: they are not stepped over. */
static bool is_fatal(int code)
{
	return code == ERR_NOMEM || code == ERR_STOPPED || code == ERR_INTERNAL;
}

static int give_up_top(struct input *in, int code, const struct err *why, struct err *e)
{
	if (is_fatal(code)) {
		return err_set(e, code, "%s", why->message);
	}
	return skip_top(in, why->message[0] != '\0' ? why->message : err_text(code), code);
}

static int open_wrapping(struct stream *under, enum content c, struct level *l, struct err *e)
{
	switch (c) {
	case CONTENT_GZIP: return stream_open_gzip(under, &l->stream, e);
	case CONTENT_ZSTD: return stream_open_zstd(under, &l->stream, e);
	case CONTENT_XZ:
	case CONTENT_LZ4:
	case CONTENT_BZIP2: return stream_open_filter(under, c, &l->stream, e);
	default: return archive_layer_new(under, c, &l->archive, e);
	}
}

static int unwrap(struct input *in, enum content c, struct err *e)
{
	struct stream *under = top(in)->stream;
	struct err why;
	char text[96];
	int r;

	if (in->wraps == LIMIT_NESTING) {
		snprintf(text, sizeof(text), "%s inside %u other wrappings: deeper than is read",
			 content_name(c), LIMIT_NESTING);
		return skip_top(in, text, ERR_LIMIT);
	}
	err_init(&why);
	push(in);
	in->wraps++;
	if (in->wrap.len > 0) {
		buf_addc(&in->wrap, '+');
	}
	buf_adds(&in->wrap, content_name(c));
	r = open_wrapping(under, c, top(in), &why);
	return r != 0 ? give_up_top(in, r, &why, e) : STEP_ON;
}

/* The stream on top gave no byte: empty, or damaged from the start. */
static int skip_empty(struct input *in, struct err *e)
{
	struct err why;
	uint8_t byte;
	size_t n = 0;
	int r;

	err_init(&why);
	r = stream_read(top(in)->stream, &byte, 1, &n, &why);
	if (r == ERR_EOF) {
		return skip_top(in, "empty file", ERR_NOT_CAPTURE);
	}
	return give_up_top(in, r, &why, e);
}

static int look_inside(struct input *in, struct err *e)
{
	const uint8_t *p = NULL;
	size_t n = 0;
	enum content c;
	int r = stream_peek(top(in)->stream, &p, SNIFF_BYTES, &n, e);

	if (r != 0) {
		return r;
	}
	if (n == 0) {
		return skip_empty(in, e);
	}
	c = sniff_content(p, n);
	if (c == CONTENT_CAPTURE) {
		return STEP_FOUND;
	}
	if (c == CONTENT_OTHER) {
		return skip_top(in, sniff_reason(p, n), ERR_NOT_CAPTURE);
	}
	return unwrap(in, c, e);
}

/* "archive:member", without the "./" that tar likes to write. */
static void add_member_name(struct input *in, const char *name)
{
	buf_addc(&in->name, ':');
	while (name[0] == '.' && name[1] == '/') {
		name += 2;
	}
	if (name[0] != '\0') {
		buf_adds(&in->name, name);
	} else {
		buf_printf(&in->name, "member %u", in->members);
	}
}

static int enter_member(struct input *in, struct archive_layer *archive, const struct member *m,
			struct err *e)
{
	push(in);
	add_member_name(in, m->name);
	if (m->kind == MEMBER_LINK || m->kind == MEMBER_SPECIAL) {
		return skip_top(in,
				m->kind == MEMBER_LINK ? "link inside an archive, not followed"
						       : "special file inside an archive",
				ERR_NOT_CAPTURE);
	}
	if (m->encrypted) {
		return skip_top(in, "encrypted archive member", ERR_UNSUPPORTED);
	}
	return archive_layer_open(archive, &top(in)->stream, e);
}

/* The archive on top can go no further. Its own fault is the file's only if it is the outermost. */
static int end_archive(struct input *in, int code, const struct err *why, struct err *e)
{
	bool ends_file = is_fatal(code) || (code != ERR_UNSUPPORTED && !inside_other_archive(in));
	int r;

	if (code != ERR_EOF && ends_file) {
		return err_set(e, code, "%s", why->message);
	}
	r = code != ERR_EOF ? skip(in, why->message, code) : 0;
	if (r == 0) {
		pop(in);
		r = pop_to_archive(in);
	}
	return r;
}

static int next_member(struct input *in, struct err *e)
{
	struct archive_layer *archive = top(in)->archive;
	struct member m;
	struct err why;
	int r;

	err_init(&why);
	r = archive_layer_next(archive, &m, &why);
	if (r == 0 && in->members == LIMIT_ARCHIVE_MEMBERS) {
		return err_set(e, ERR_LIMIT, "more than %u members in archives",
			       LIMIT_ARCHIVE_MEMBERS);
	}
	if (r != 0) {
		return end_archive(in, r, &why, e);
	}
	in->members++;
	return m.kind == MEMBER_DIRECTORY ? STEP_ON : enter_member(in, archive, &m, e);
}

static int search(struct input *in, struct err *e)
{
	int r = STEP_ON;

	if (in->started) {
		r = pop_to_archive(in);
	}
	in->started = true;
	while (r == STEP_ON) {
		r = top(in)->archive != NULL ? next_member(in, e) : look_inside(in, e);
	}
	return r;
}

int input_next(struct input *in, struct stream **ret_stream, const char **ret_name,
	       const char **ret_wrap, struct err *e)
{
	if (in->ended == 0) {
		int r = search(in, e);

		if (r == STEP_FOUND) {
			*ret_stream = top(in)->stream;
			*ret_name = buf_str(&in->name);
			*ret_wrap = buf_str(&in->wrap);
			return 0;
		}
		in->ended = r;
		if (r != ERR_EOF && e != NULL && e->file[0] == '\0') {
			snprintf(e->file, sizeof(e->file), "%s", buf_str(&in->name));
		}
		return r;
	}
	return in->ended;
}

int input_open(const struct input_file *f, const struct input_options *opt, struct input **ret_in,
	       struct err *e)
{
	struct file_options fo = {
		.regular_only = !f->named,
		.hash = opt->hash,
		.hash_thread = opt->hash_thread,
		.stop = opt->stop,
	};
	struct input *in = calloc(1, sizeof(*in));
	int r;

	if (in == NULL) {
		return err_nomem(e, "an input");
	}
	buf_init(&in->name, LIMIT_SOURCE_NAME);
	buf_init(&in->wrap, SOURCE_WRAP_BYTES);
	buf_adds(&in->name, f->path);
	push(in);
	r = stream_open_file(f->path, &fo, &top(in)->stream, e);
	if (r != 0) {
		input_free(in);
		return r;
	}
	*ret_in = in;
	return 0;
}

void input_free(struct input *in)
{
	if (in == NULL) {
		return;
	}
	while (in->depth > 0) {
		pop(in);
	}
	for (size_t i = 0; i < in->skip_count; i++) {
		free(in->skips[i].name);
		free(in->skips[i].reason);
	}
	free(in->skips);
	buf_release(&in->name);
	buf_release(&in->wrap);
	free(in);
}

const struct input_skip *input_skips(const struct input *in, size_t *ret_count)
{
	*ret_count = in->skip_count;
	return in->skips;
}

int input_sha256(struct input *in, char ret_hex[65], struct err *e)
{
	while (in->depth > 1) {
		pop(in);
	}
	if (in->ended == 0) {
		in->ended = ERR_EOF;
	}
	return stream_file_sha256(in->levels[0].stream, ret_hex, e);
}
