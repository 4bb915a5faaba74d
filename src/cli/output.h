/*
 * output.h - standard output with errors noticed: large writes, a closed pipe told from a full
 * disk.
 *
 * Everything commands print goes through here. The first failure sticks: later writes do nothing
 * and return the same code. Main thread, or one thread at a time.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/buf.h"
#include "base/err.h"

struct output {
	int fd;
	int code; /* 0, ERR_PIPE or ERR_IO */
	int saved_errno; /* of ERR_IO */
	struct buf pending;
};

void output_init(struct output *o, int fd);
void output_release(struct output *o);

/* 0, ERR_PIPE (reader gone) or ERR_IO with detail in e. Small pieces are collected. */
int output_write(struct output *o, const char *text, size_t len, struct err *e);
int output_flush(struct output *o, struct err *e);

/* Writes b to standard output and flushes. Convenience for texts built at once; a buffer that
 * failed is ERR_NOMEM. */
int output_all(const struct buf *b, struct err *e);

#endif
