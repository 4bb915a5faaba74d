/*
 * naming.c - see naming.h. Texts in, texts out; naming_highest reads one folder. Main thread.
 */
#include "capture/naming.h"

#include <dirent.h>
#include <errno.h>

#include "base/buf.h"

/* Linux' own PATH_MAX. */
#define NAME_MAX_BYTES 4096
#define NUMBER_DIGITS 5

const char *naming_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static size_t suffix_len(const char *s, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && memcmp(s + len - n, suffix, n) == 0 ? n : 0;
}

static size_t compression_len(const char *s, size_t len)
{
	size_t n = suffix_len(s, len, ".gz");

	return n > 0 ? n : suffix_len(s, len, ".zst");
}

enum sink_form naming_form(const char *path)
{
	size_t len = strlen(path);

	if (suffix_len(path, len, ".gz") > 0) {
		return SINK_GZIP;
	}
	return suffix_len(path, len, ".zst") > 0 ? SINK_ZSTD : SINK_PLAIN;
}

/* Length of the name up to what tells its kind: "day" of "day.scap.zst". A leading dot begins no suffix. */
static size_t stem_len(const char *path)
{
	const char *base = naming_base(path);
	size_t len = strlen(base);
	size_t end = len - compression_len(base, len);

	for (size_t i = end; i > 1; i--) {
		if (base[i - 1] == '.') {
			end = i - 1;
			break;
		}
	}
	return (size_t)(base - path) + end;
}

static int finish(struct buf *b, char **ret_name, struct err *e)
{
	char *name;
	size_t len;

	buf_str(b);
	if (b->failed || b->len >= NAME_MAX_BYTES) {
		buf_release(b);
		return b->failed ? err_nomem(e, "a file name")
				 : err_set(e, ERR_USAGE, "the output file's name is too long");
	}
	name = buf_detach(b, &len);
	*ret_name = name;
	return 0;
}

/* strftime over the name; fails where the result does not fit. */
static int add_time(struct buf *b, const char *path, time_t t, struct err *e)
{
	char *room = buf_room(b, NAME_MAX_BYTES);
	struct tm tm;
	size_t n;

	if (room == NULL) {
		return err_nomem(e, "a file name");
	}
	if (localtime_r(&t, &tm) == NULL || (n = strftime(room, NAME_MAX_BYTES, path, &tm)) == 0) {
		return err_set(e, ERR_USAGE, "'%s' is no name for a file: its conversions give nothing, or too much",
			       path);
	}
	b->len += n;
	return 0;
}

int naming_rotated(const char *path, uint64_t number, time_t t, char **ret_name, struct err *e)
{
	struct buf timed, b;
	const char *name = path;
	size_t stem;
	int rc = 0;

	buf_init(&timed, 2 * NAME_MAX_BYTES);
	buf_init(&b, 2 * NAME_MAX_BYTES);
	if (strchr(path, '%') != NULL) {
		rc = add_time(&timed, path, t, e);
		name = buf_str(&timed);
	}
	if (rc == 0) {
		stem = stem_len(name);
		buf_add(&b, name, stem);
		if (number > 0) {
			buf_addc(&b, '-');
			buf_add_u64_pad(&b, number, NUMBER_DIGITS);
		}
		buf_adds(&b, name + stem);
		rc = finish(&b, ret_name, e);
	}
	buf_release(&timed);
	buf_release(&b);
	return rc;
}

int naming_packets(const char *path, char **ret_name, struct err *e)
{
	size_t len = strlen(path);
	struct buf b;

	buf_init(&b, 2 * NAME_MAX_BYTES);
	buf_add(&b, path, stem_len(path));
	buf_adds(&b, ".packets.pcapng");
	buf_adds(&b, path + len - compression_len(path, len));
	return finish(&b, ret_name, e);
}

int naming_spool(const char *path, char **ret_name, struct err *e)
{
	struct buf b;

	buf_init(&b, 2 * NAME_MAX_BYTES);
	buf_adds(&b, path);
	buf_adds(&b, NAMING_SPOOL);
	return finish(&b, ret_name, e);
}

/* "day-00017.scap.zst": 17; 0: not one of ours. */
static uint64_t number_of(const char *name, const char *base, size_t stem)
{
	uint64_t x = 0;
	size_t digits = 0;

	if (strncmp(name, base, stem) != 0 || name[stem] != '-') {
		return 0;
	}
	for (name += stem + 1; *name >= '0' && *name <= '9' && digits < 15; name++, digits++) {
		x = x * 10 + (uint64_t)(*name - '0');
	}
	return digits >= NUMBER_DIGITS && strncmp(name, base + stem, strlen(base + stem)) == 0 ? x : 0;
}

uint64_t naming_highest(const char *path)
{
	const char *base = naming_base(path);
	size_t folder_len = (size_t)(base - path);
	size_t stem = stem_len(path) - folder_len;
	char *folder = folder_len > 0 ? strndup(path, folder_len) : strdup(".");
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	const struct dirent *row;
	uint64_t highest = 0;

	while (dir != NULL && (row = readdir(dir)) != NULL) {
		uint64_t x = number_of(row->d_name, base, stem);

		highest = x > highest ? x : highest;
	}
	if (dir != NULL) {
		closedir(dir);
	}
	free(folder);
	return highest;
}
