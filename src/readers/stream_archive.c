/*
 * stream_archive.c - see stream_archive.h. Reads pieces borrowed from the layer below in
 * libarchive's callbacks, produces member streams block by block, without copying in between.
 *
 * The layer below ending badly is told to libarchive as a plain end, so that it gives all it has;
 * the code is kept and takes the place of whatever libarchive says then.
 *
 * After a member's data failed, libarchive is not asked to step over the rest of it: it would go on
 * with a decompressor that has already given up, and some of them then write where they should not
 * (libbz2 does, inside 7z). A zip is opened again and brought to the next member; 7z ends there.
 *
 * libarchive converts member names by the thread's locale: it is UTF-8 during these calls,
 * whatever the user's is.
 */
#include "readers/stream_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"

struct archive_layer {
	struct archive *a;		/* owns */
	struct stream *under;		/* borrowed */
	enum content content;
	bool seekable;
	bool opened;			/* libarchive has settled on the format */
	int broken;			/* code that ended the data of the last member, 0: none */
	unsigned int reopened;		/* times */
	uint64_t headers;		/* read so far */
	bool in_member;			/* libarchive stands behind a header */
	uint64_t header_end;		/* served may not reach it while a header is read */
	locale_t utf8;			/* owns; (locale_t)0: not there */
	struct archive_entry *entry;	/* borrowed from a until the next header */
	uint64_t served;		/* bytes given to libarchive */
	uint64_t announced;		/* bytes of the members so far, by their headers */
	uint64_t delivered;		/* bytes of the members really read */
	int under_code;			/* how the layer below ended, 0: not yet */
	struct err under_err;
	char name[LIMIT_MEMBER_NAME + 1];
};

struct member_stream {
	struct stream base;
	struct archive_layer *layer;	/* borrowed, or owned: */
	bool owns_layer;		/* a single compression */
	const uint8_t *block;		/* borrowed from libarchive until the next block */
	size_t block_left;
	uint64_t block_off;		/* of block in the member: before it are zeros (sparse) */
	uint64_t pos;			/* in the member */
	bool last;			/* no further block; zeros up to block_off */
	int late;			/* code that holds after this block, 0: none */
};

/* ---- libarchive's callbacks --------------------------------------------------------------- */

static la_ssize_t on_read(struct archive *a, void *data, const void **ret_p)
{
	struct archive_layer *l = data;
	const uint8_t *p = NULL;
	size_t n = 0;

	UNUSED_ARG(a);
	if (!l->in_member && l->served >= l->header_end) {
		l->under_code = err_set(&l->under_err, ERR_LIMIT, "a header of more than %u MiB",
					LIMIT_ARCHIVE_HEADER_BYTES >> 20);
	}
	if (l->under_code == 0 || l->under_code == ERR_EOF) {
		l->under_code = stream_borrow(l->under, STREAM_PIECE_BYTES, &p, &n, &l->under_err);
	}
	if (l->under_code != 0) {
		return 0;
	}
	l->served += n;
	*ret_p = p;
	return (la_ssize_t)n;
}

static la_int64_t on_skip(struct archive *a, void *data, la_int64_t n)
{
	struct archive_layer *l = data;

	UNUSED_ARG(a);
	if (n <= 0) {
		return 0;
	}
	return (la_int64_t)stream_file_skip(l->under, (uint64_t)n);
}

static la_int64_t on_seek(struct archive *a, void *data, la_int64_t off, int whence)
{
	struct archive_layer *l = data;
	int64_t size = (int64_t)stream_file_size(l->under);
	int64_t base = 0;
	int64_t to;

	UNUSED_ARG(a);
	if (whence == SEEK_CUR) {
		base = (int64_t)stream_file_pos(l->under);
	} else if (whence == SEEK_END) {
		base = size;
	}
	if (__builtin_add_overflow(base, off, &to) || to < 0 || to > size) {
		return ARCHIVE_FATAL;
	}
	stream_file_seek(l->under, (uint64_t)to);
	l->under_code = 0;
	return to;
}

/* ---- errors ------------------------------------------------------------------------------ */

static bool says(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

/* libarchive has few codes and tells the rest in words. */
static int code_of_text(struct archive *a, const char *text)
{
	/* Not ours: it asked for what the archive said. */
	if (archive_errno(a) == ENOMEM) {
		return ERR_LIMIT;
	}
	if (says(text, "truncated") || says(text, "premature end") || says(text, "end of file") ||
	    says(text, "no progress")) {
		return ERR_TRUNCATED;
	}
	if (says(text, "encrypt") || says(text, "passphrase") || says(text, "unsupported") ||
	    says(text, "not supported")) {
		return ERR_UNSUPPORTED;
	}
	return ERR_MALFORMED;
}

static bool under_failed(const struct archive_layer *l)
{
	return l->under_code != 0 && l->under_code != ERR_EOF;
}

/* What libarchive's refusal means; *ret_text is borrowed until the next call into libarchive. */
static int failure(struct archive_layer *l, const char **ret_text)
{
	const char *text = archive_error_string(l->a);

	if (under_failed(l)) {
		*ret_text = l->under_err.message;
		return l->under_code;
	}
	*ret_text = text != NULL ? text : "damaged";
	return code_of_text(l->a, *ret_text);
}

static int fail_layer(struct archive_layer *l, struct err *e)
{
	const char *text;
	int code = failure(l, &text);

	/* Not to be asked before: its answer then comes from a format that is not there. */
	if (l->opened && !under_failed(l) && archive_read_has_encrypted_entries(l->a) == 1) {
		return err_set(e, ERR_UNSUPPORTED, "%s: encrypted archive",
			       content_name(l->content));
	}
	return err_set(e, code, "%s: %s", content_name(l->content), text);
}

/* What the bytes that come out are measured against. */
static uint64_t cost(const struct archive_layer *l)
{
	if (l->seekable) {
		return stream_file_size(l->under);
	}
	return min_u64(l->served, stream_disk_pos(l->under));
}

/* ---- opening ----------------------------------------------------------------------------- */

static int set_format(struct archive_layer *l)
{
	switch (l->content) {
	case CONTENT_TAR: return archive_read_support_format_tar(l->a);
	case CONTENT_CPIO: return archive_read_support_format_cpio(l->a);
	case CONTENT_7Z: return archive_read_support_format_7zip(l->a);
	case CONTENT_ZIP:
		return l->seekable ? archive_read_support_format_zip(l->a)
				   : archive_read_support_format_zip_streamable(l->a);
	default:
		/* One compression and nothing else; "empty" because raw wants at least one byte. */
		if (archive_read_support_format_empty(l->a) != ARCHIVE_OK) {
			return ARCHIVE_FATAL;
		}
		return archive_read_support_format_raw(l->a);
	}
}

/* Appended, not bid for: otherwise libarchive would undo a second layer of the same kind, too,
 * and nobody would count it. */
static int set_filter(struct archive_layer *l)
{
	switch (l->content) {
	case CONTENT_XZ: return archive_read_append_filter(l->a, ARCHIVE_FILTER_XZ);
	case CONTENT_LZ4: return archive_read_append_filter(l->a, ARCHIVE_FILTER_LZ4);
	case CONTENT_BZIP2: return archive_read_append_filter(l->a, ARCHIVE_FILTER_BZIP2);
	default: return ARCHIVE_OK;
	}
}

static int start(struct archive_layer *l)
{
	int r = set_format(l);

	if (r == ARCHIVE_OK) {
		r = set_filter(l);
	}
	if (r != ARCHIVE_OK) {
		return r;
	}
	archive_read_set_read_callback(l->a, on_read);
	if (stream_file_seekable(l->under)) {
		archive_read_set_skip_callback(l->a, on_skip);
	}
	if (l->seekable) {
		archive_read_set_seek_callback(l->a, on_seek);
	}
	archive_read_set_callback_data(l->a, l);
	return archive_read_open1(l->a);
}

static locale_t enter_utf8(const struct archive_layer *l)
{
	return l->utf8 != (locale_t)0 ? uselocale(l->utf8) : (locale_t)0;
}

static void leave_utf8(locale_t before)
{
	if (before != (locale_t)0) {
		uselocale(before);
	}
}

int archive_layer_new(struct stream *under, enum content content, struct archive_layer **ret_l,
		      struct err *e)
{
	struct archive_layer *l;
	locale_t before;
	int r = 0;

	if (content == CONTENT_7Z && !stream_file_seekable(under)) {
		return err_set(e, ERR_UNSUPPORTED,
			       "a 7z archive can only be read from a file of its own, not from a "
			       "stream or another archive");
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL) {
		return err_nomem(e, "an archive");
	}
	l->under = under;
	l->content = content;
	l->seekable =
		stream_file_seekable(under) && (content == CONTENT_ZIP || content == CONTENT_7Z);
	l->header_end = LIMIT_ARCHIVE_HEADER_BYTES;
	l->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	err_init(&l->under_err);
	l->a = archive_read_new();
	if (l->a == NULL) {
		archive_layer_free(l);
		return err_nomem(e, "an archive");
	}
	before = enter_utf8(l);
	/* "empty" also takes what cannot be inflated at all, but leaves the reason standing. */
	if (start(l) < ARCHIVE_WARN || (!content_is_archive(content) && archive_errno(l->a) != 0)) {
		r = fail_layer(l, e);
	}
	leave_utf8(before);
	if (r != 0) {
		archive_layer_free(l);
		return r;
	}
	l->opened = true;
	*ret_l = l;
	return 0;
}

void archive_layer_free(struct archive_layer *l)
{
	if (l == NULL) {
		return;
	}
	archive_read_free(l->a);
	if (l->utf8 != (locale_t)0) {
		freelocale(l->utf8);
	}
	free(l);
}

/* ---- members ----------------------------------------------------------------------------- */

/* Formats whose data libarchive copies without decoding it: going on after damage is safe. */
static bool is_stored(const struct archive_layer *l)
{
	return l->content == CONTENT_TAR || l->content == CONTENT_CPIO;
}

/* The next header; damaged ones are stepped over a few times. */
static int next_header(struct archive_layer *l)
{
	int r = ARCHIVE_OK;

	if (l->in_member) {
		/* libarchive would do so itself, but then skipped data counted as header. */
		r = archive_read_data_skip(l->a);
		l->in_member = false;
	}
	l->header_end = l->served + LIMIT_ARCHIVE_HEADER_BYTES;
	if (r == ARCHIVE_EOF) {
		archive_set_error(l->a, EIO, "truncated member");
		return ARCHIVE_FATAL;
	}
	if (r == ARCHIVE_FATAL || (r < ARCHIVE_WARN && !is_stored(l))) {
		return r;
	}
	for (int tries = 0; tries < LIMIT_ARCHIVE_RETRIES; tries++) {
		r = archive_read_next_header(l->a, &l->entry);
		if ((r != ARCHIVE_RETRY && r != ARCHIVE_FAILED) || !is_stored(l)) {
			break;
		}
	}
	l->headers++;
	l->in_member = r == ARCHIVE_OK || r == ARCHIVE_WARN;
	return r;
}

/* Opens the archive afresh and passes over the members already seen. */
static int open_again(struct archive_layer *l)
{
	uint64_t seen = l->headers;
	int r;

	if (!l->seekable || l->content != CONTENT_ZIP || l->reopened == LIMIT_ARCHIVE_RETRIES) {
		return l->broken;
	}
	l->reopened++;
	archive_read_free(l->a);
	stream_file_seek(l->under, 0);
	l->under_code = 0;
	l->opened = false;
	l->in_member = false;
	l->header_end = l->served + LIMIT_ARCHIVE_HEADER_BYTES;
	l->headers = 0;
	l->a = archive_read_new();
	if (l->a == NULL) {
		return ERR_NOMEM;
	}
	if (start(l) < ARCHIVE_WARN) {
		return l->broken;
	}
	l->opened = true;
	while (l->headers < seen) {
		r = next_header(l);
		if (r < ARCHIVE_WARN || r == ARCHIVE_EOF) {
			return l->broken;
		}
	}
	l->broken = 0;
	return 0;
}

static void keep_name(struct archive_layer *l)
{
	const char *name = archive_entry_pathname(l->entry);

	if (name == NULL) {
		name = archive_entry_pathname_utf8(l->entry);
	}
	snprintf(l->name, sizeof(l->name), "%s", name != NULL ? name : "");
}

static enum member_kind kind_of(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry) != NULL || archive_entry_filetype(entry) == AE_IFLNK) {
		return MEMBER_LINK;
	}
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR: return MEMBER_DIRECTORY;
	case 0:	/* a format without file types */
	case AE_IFREG: return MEMBER_FILE;
	default: return MEMBER_SPECIAL;
	}
}

/* 7z and zip inflate what they step over: it counts although nobody reads it. */
static int count_announced(struct archive_layer *l, struct err *e)
{
	int64_t size = archive_entry_size_is_set(l->entry) ? archive_entry_size(l->entry) : 0;

	if ((l->content != CONTENT_7Z && l->content != CONTENT_ZIP) || size <= 0) {
		return 0;
	}
	if (__builtin_add_overflow(l->announced, (uint64_t)size, &l->announced)) {
		l->announced = UINT64_MAX;
	}
	if (l->announced > LIMIT_EXPANSION_GRACE &&
	    l->announced / LIMIT_EXPANSION_RATIO > cost(l)) {
		return err_set(e, ERR_LIMIT,
			       "%s: members of %llu bytes in %llu: more than %u to one is a bomb",
			       content_name(l->content), (unsigned long long)l->announced,
			       (unsigned long long)cost(l), LIMIT_EXPANSION_RATIO);
	}
	return 0;
}

static int describe(struct archive_layer *l, struct member *ret_m, struct err *e)
{
	keep_name(l);
	ret_m->name = l->name;
	ret_m->kind = kind_of(l->entry);
	ret_m->encrypted = archive_entry_is_encrypted(l->entry) != 0;
	return count_announced(l, e);
}

static int next_member(struct archive_layer *l, struct member *ret_m, struct err *e)
{
	int r;

	if (l->broken != 0 && !is_stored(l) && open_again(l) != 0) {
		return err_set(e, l->broken, "%s: what follows a damaged member cannot be read",
			       content_name(l->content));
	}
	r = next_header(l);
	if (r == ARCHIVE_EOF && !under_failed(l)) {
		return ERR_EOF;
	}
	return r < ARCHIVE_WARN || r == ARCHIVE_EOF ? fail_layer(l, e) : describe(l, ret_m, e);
}

int archive_layer_next(struct archive_layer *l, struct member *ret_m, struct err *e)
{
	locale_t before = enter_utf8(l);
	int r = next_member(l, ret_m, e);

	leave_utf8(before);
	return r;
}

/* No more blocks. 0 when the member ends in a hole, whose zeros are still to come. */
static int end_blocks(struct member_stream *m, int64_t off)
{
	const struct archive_layer *l = m->layer;

	m->last = true;
	if (off > 0 && (uint64_t)off > m->pos) {
		m->block_off = (uint64_t)off;
		return 0;
	}
	if (m->owns_layer && under_failed(l)) {
		return stream_fail_under(&m->base, l->under_code, &l->under_err);
	}
	return ERR_EOF;
}

/* libarchive refuses, or warns about what it just gave (wrong checksum or size). Keeps the detail;
 * after a warning the archive can go on. */
static int complain(struct member_stream *m, int r)
{
	struct archive_layer *l = m->layer;
	const char *text = "pieces out of order";
	int code = ERR_MALFORMED;

	if (r != ARCHIVE_OK) {
		code = failure(l, &text);
	}
	if (r != ARCHIVE_WARN) {
		l->broken = code;
	}
	return err_set(&m->base.end_err, code, "%s: %s", content_name(l->content), text);
}

/* Takes one block from libarchive, maybe an empty one, or returns how the member ended. */
static int take_block(struct member_stream *m)
{
	const void *p = NULL;
	size_t n = 0;
	la_int64_t off = 0;
	int r = archive_read_data_block(m->layer->a, &p, &n, &off);

	if (r == ARCHIVE_EOF) {
		return end_blocks(m, off);
	}
	if (r < ARCHIVE_WARN || (r == ARCHIVE_WARN && n == 0)) {
		return complain(m, r);
	}
	if (off < 0 || (uint64_t)off < m->pos) {
		return complain(m, ARCHIVE_OK);
	}
	if (r == ARCHIVE_WARN) {
		m->late = complain(m, r);
	}
	m->block = p;
	m->block_left = n;
	m->block_off = (uint64_t)off;
	return 0;
}

/* Gets a block or a hole to deliver, or returns how the member ended. */
static int next_block(struct member_stream *m)
{
	int r = 0;

	for (int tries = 0; r == 0 && tries <= LIMIT_ARCHIVE_RETRIES; tries++) {
		if (m->block_left > 0 || m->block_off > m->pos) {
			return 0;
		}
		if (m->last || m->late != 0) {
			return m->last ? ERR_EOF : m->late;
		}
		r = take_block(m);
	}
	return r != 0 ? r
		      : err_set(&m->base.end_err, ERR_MALFORMED, "%s: no data comes out",
				content_name(m->layer->content));
}

static int member_read(struct stream *s, uint8_t *p, size_t n, size_t *ret_n)
{
	struct member_stream *m = (struct member_stream *)s;
	int r = next_block(m);
	size_t k;

	if (r != 0) {
		return r;
	}
	if (m->block_off > m->pos) {
		k = (size_t)min_u64(n, m->block_off - m->pos);
		memset(p, 0, k);
	} else {
		k = n < m->block_left ? n : m->block_left;
		memcpy(p, m->block, k);
		m->block += k;
		m->block_left -= k;
		m->block_off += k;
	}
	m->pos += k;
	m->layer->delivered += k;
	*ret_n = k;
	return stream_check_expansion(s, m->layer->delivered, cost(m->layer));
}

static void member_free(struct stream *s)
{
	struct member_stream *m = (struct member_stream *)s;

	if (m->owns_layer) {
		archive_layer_free(m->layer);
	}
	free(m);
}

static const struct stream_ops member_ops = {
	.what = "archive",
	.read = member_read,
	.free = member_free,
};

int archive_layer_open(struct archive_layer *l, struct stream **ret_s, struct err *e)
{
	struct member_stream *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		return err_nomem(e, "an archive member");
	}
	stream_init(&m->base, &member_ops, l->under);
	m->layer = l;
	*ret_s = &m->base;
	return 0;
}

/* A stream that ends at once, with code and *why. */
static int open_ended(struct stream *under, int code, const struct err *why, struct stream **ret_s,
		      struct err *e)
{
	struct member_stream *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		return err_nomem(e, "a compressed input");
	}
	stream_init(&m->base, &member_ops, under);
	m->base.end = code;
	m->base.end_err = *why;
	*ret_s = &m->base;
	return 0;
}

int stream_open_filter(struct stream *under, enum content content, struct stream **ret_s,
		       struct err *e)
{
	struct archive_layer *l = NULL;
	struct member unused;
	struct err why;
	int r;

	err_init(&why);
	r = archive_layer_new(under, content, &l, &why);
	if (r == 0) {
		r = archive_layer_next(l, &unused, &why);
	}
	if (r != 0) {
		archive_layer_free(l);
		return open_ended(under, r, &why, ret_s, e);
	}
	r = archive_layer_open(l, ret_s, e);
	if (r != 0) {
		archive_layer_free(l);
		return r;
	}
	((struct member_stream *)*ret_s)->owns_layer = true;
	return 0;
}
