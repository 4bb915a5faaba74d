/*
 * capture_file.h - the file that a capture is written to: under a temporary name beside the one asked for until it is
 * whole, so that nobody finds half a capture; or standard output ("-").
 *
 * The first failure sticks. One thread at a time.
 */
#ifndef WRITERS_CAPTURE_FILE_H
#define WRITERS_CAPTURE_FILE_H

#include "base/buf.h"
#include "base/err.h"

struct capture_file {
	char *path;		/* owns; as asked for */
	char *temp;		/* owns; NULL: standard output, or no file any more */
	int fd;			/* -1: not open */
	struct buf pending;
	uint64_t bytes;		/* written and pending */
	int code;		/* of the first failure */
};

/* ERR_OPEN where the folder cannot be written to; ERR_NOMEM. */
int capture_file_open(const char *path, struct capture_file *ret_f, struct err *e);
/* Small pieces are collected. 0, ERR_IO, ERR_NOMEM, or ERR_PIPE: standard output was closed by its reader. */
int capture_file_write(struct capture_file *f, const void *p, size_t n, struct err *e);
/* Writes what is pending and gives the file its name. */
int capture_file_commit(struct capture_file *f, struct err *e);
/* What was not committed is removed. Safe on zeros. */
void capture_file_release(struct capture_file *f);

#endif
