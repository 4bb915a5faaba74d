/*
 * stream_archive.h - archives and the rarer compressions, undone by libarchive over a stream.
 *
 * An archive lies over the stream it is read from and borrows it; its members come in order, one at
 * a time. zip and 7z are read by seeking when the stream is a mapped file; else zip in
 * order, 7z not at all. One thread at a time.
 */
#ifndef READERS_STREAM_ARCHIVE_H
#define READERS_STREAM_ARCHIVE_H

#include "readers/input_sniff.h"
#include "readers/stream_layer.h"

struct archive_layer;

enum member_kind { MEMBER_FILE, MEMBER_DIRECTORY, MEMBER_LINK, MEMBER_SPECIAL };

struct member {
	const char *name;	/* borrowed until the next archive_layer_next; at most
				 * LIMIT_MEMBER_NAME bytes; "" unknown */
	enum member_kind kind;
	bool encrypted;
};

/* content is one of the archives. ERR_UNSUPPORTED when this one cannot be read in order. */
int archive_layer_new(struct stream *under, enum content content, struct archive_layer **ret_l,
		      struct err *e);
void archive_layer_free(struct archive_layer *l);

/* The next member of whatever kind. ERR_EOF: no more. Other codes end the archive: not to be called
 * again. */
int archive_layer_next(struct archive_layer *l, struct member *ret_m, struct err *e);

/* The bytes of the member just reported; owned by the caller, freed before the next
 * archive_layer_next. */
int archive_layer_open(struct archive_layer *l, struct stream **ret_s, struct err *e);

/* xz, lz4 or bzip2: the inflated bytes of under. */
int stream_open_filter(struct stream *under, enum content content, struct stream **ret_s,
		       struct err *e);

#endif
