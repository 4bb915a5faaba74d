/*
 * sink.h - one file that is recorded into: plain, gzip or zstd, flushed so that it can be read whenever the recorder
 * dies.
 *
 * The file has its own name from the beginning, and mode 0600. What is given to sink_write are whole blocks; once it
 * returns, they can be read back from the file as it lies there, though a compressed file has no end yet. When the
 * disk is full (or any write fails) the file is cut back to the last whole block that it took (compressed: to the
 * last sink_write), and a compressed one is given its end, so that readers find nothing wrong with it; the first
 * failure sticks.
 *
 * zstd: a frame ends every few megabytes, so that readers can take frames in parallel. One thread at a time.
 */
#ifndef CAPTURE_SINK_H
#define CAPTURE_SINK_H

#include "base/err.h"

enum sink_form { SINK_PLAIN, SINK_GZIP, SINK_ZSTD };

/* Levels that a form takes; 0 stands for SINK_LEVEL_DEFAULT. */
#define SINK_LEVEL_DEFAULT 3
#define SINK_LEVEL_MAX_GZIP 9
#define SINK_LEVEL_MAX_ZSTD 19

struct sink_options {
	enum sink_form form;
	int level;
	bool force;		/* an existing file is replaced; else it is an error */
	bool to_user;		/* the file is given to this user (-Z) */
	uint32_t uid, gid;
};

struct sink;

/*
 * "-" is standard output. What exists and is no regular file (/dev/null, a named pipe) is written into. ERR_EXISTS
 * for a regular file without force; ERR_OPEN, ERR_NOMEM.
 */
int sink_open(const char *path, const struct sink_options *opt, struct sink **ret_s, struct err *e);

/* 0, ERR_IO, ERR_NOMEM; ERR_PIPE: the reader of a pipe is gone. */
int sink_write(struct sink *s, const void *blocks, size_t n, struct err *e);
/* Ends the compressed stream; nothing can be written afterwards but sink_append. */
int sink_end(struct sink *s, struct err *e);
/* All bytes of a finished file behind those of this one, as they are. On failure this one is cut back to what it
 * was. */
int sink_append(struct sink *s, const char *path, struct err *e);
/* Closes and frees; what was not ended stays without an end. NULL-safe. */
void sink_free(struct sink *s);

/* Bytes in the file so far. Any thread. */
uint64_t sink_bytes(const struct sink *s);
/* As it was opened. Borrowed until sink_free. */
const char *sink_path(const struct sink *s);
/* A regular file, which can be cut and appended to. */
bool sink_is_file(const struct sink *s);

/* What a pipe's reader does not take within this time is waited for no longer once *flag is set. Borrows until
 * sink_free. */
void sink_give_up_on(struct sink *s, const bool *flag);

#endif
