/*
 * input_sniff.h - what a stream holds, by its first bytes and never by a name.
 */
#ifndef READERS_INPUT_SNIFF_H
#define READERS_INPUT_SNIFF_H

#include "base/base.h"

/* Bytes that are enough to tell. */
#define SNIFF_BYTES 4096

enum content {
	CONTENT_CAPTURE,	/* pcapng or legacy pcap */
	/* compressed */
	CONTENT_GZIP,
	CONTENT_ZSTD,
	CONTENT_XZ,
	CONTENT_LZ4,
	CONTENT_BZIP2,
	/* archives */
	CONTENT_TAR,
	CONTENT_ZIP,
	CONTENT_7Z,
	CONTENT_CPIO,
	/* nothing to read */
	CONTENT_OTHER,
};

/* Of the first n bytes; n < SNIFF_BYTES only when there are no more. */
enum content sniff_content(const uint8_t *p, size_t n);

/* "gzip", "tar", ...; "" for captures and others. */
const char *content_name(enum content c);
bool content_is_archive(enum content c);

/* For CONTENT_OTHER, why it is not read: "not a capture (text)", "empty file", ... */
const char *sniff_reason(const uint8_t *p, size_t n);

#endif
