/*
 * input.h - from what the user named to captures: files, directories (recursively, sorted by
 * bytes of the path), stdin ("-"), archives and whatever compression, all by content.
 *
 *   struct input_list: the files to open, known at once.
 *   struct input: one of them being read; yields its captures one after the other (one for a
 *   plain file, any number for an archive).
 *
 * Recognised: pcapng (section header), legacy pcap in its four magics, alone or inside gzip,
 * zstd, xz, lz4, bzip2 and tar, zip, 7z, cpio, nested up to LIMIT_NESTING. What is neither is
 * skipped and listed with a reason. Nothing is ever written to the file system.
 */
#ifndef READERS_INPUT_H
#define READERS_INPUT_H

#include "base/base.h"

#include <stdatomic.h>

#include "base/err.h"
#include "readers/source.h"
#include "readers/stream.h"

struct input_file {
	char *path;		/* owns; as opened ("-" stdin) */
	uint64_t bytes;		/* size on disk, UINT64_MAX: no regular file, or standard input */
	bool named;		/* the user named it (not found in a directory) */
};

/* Something that is not read, and why. */
struct input_skip {
	char *name;		/* owns; as source names */
	char *reason;		/* owns; "not a capture", "empty file", "permission denied", ... */
	int code;		/* ERR_NOT_CAPTURE, ERR_OPEN, ERR_LIMIT, ... */
};

struct input_list {
	struct input_file *files;	/* owns; in the order to report */
	size_t count, cap;
	struct input_skip *skips;	/* owns; those found while listing */
	size_t skip_count, skip_cap;
	struct input_seen *seen;	/* owns; private: what was reached already */
};

void input_list_init(struct input_list *l);
void input_list_release(struct input_list *l);

/*
 * Adds what path names: a file, "-", or a directory with everything below it (symbolic links to
 * files are followed, to directories only when named; special files are skipped; a file reached
 * twice, also by another of its names, is listed once). A missing or unreadable named path is
 * ERR_OPEN with detail; one found in a directory becomes a skip.
 */
int input_list_add(struct input_list *l, const char *path, struct err *e);

int input_skip_add(struct input_skip **skips, size_t *count, size_t *cap, const char *name,
		   const char *reason, int code);

struct input_options {
	bool hash;		/* SHA-256 of the file as stored on disk */
	bool hash_thread;	/* hash on a thread of its own (else inline) */
	const atomic_bool *stop;	/* or NULL; true ends waiting for a pipe: ERR_STOPPED */
};

struct input;

/* Opens for reading; f may go afterwards. *ret_in is owned by the caller (input_free). */
int input_open(const struct input_file *f, const struct input_options *opt, struct input **ret_in,
	       struct err *e);
void input_free(struct input *in);

/*
 * The next capture inside. 0: *ret_stream is positioned at its first byte and borrowed until the
 * next call or input_free; *ret_name (borrowed likewise) is the name to show and *ret_wrap the
 * wrapping. Non-captures are stepped over and recorded. ERR_EOF: no more. Other codes: the rest of
 * this file cannot be read (captures already yielded stand); detail in e. An archive inside another
 * one that cannot be read is stepped over and recorded, like a member that is no capture.
 */
int input_next(struct input *in, struct stream **ret_stream, const char **ret_name,
	       const char **ret_wrap, struct err *e);

/* What was stepped over so far; borrowed until input_free. */
const struct input_skip *input_skips(const struct input *in, size_t *ret_count);

/* After input_next gave ERR_EOF (or an error): reads the file to its end if hashing was asked for
 * and writes 64 hex digits and NUL. ERR_IO when the rest could not be read. */
int input_sha256(struct input *in, char ret_hex[65], struct err *e);

#endif
