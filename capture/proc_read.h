/*
 * proc_read.h - small files, links and lists of /proc, and files below a root, read with a bound on everything.
 *
 * What vanishes while it is read is ERR_OPEN like what never was there: processes end at any moment. One thread;
 * scratch is the caller's.
 */
#ifndef CAPTURE_PROC_READ_H
#define CAPTURE_PROC_READ_H

#include "base/buf.h"
#include "base/err.h"

/* The first max bytes of a file replace out's content. ERR_OPEN, ERR_IO, ERR_NOMEM. */
int proc_read(int dir_fd, const char *path, size_t max, struct buf *out);

/* The text of a link replaces out's content (not ended by a NUL); false: no link, or not allowed. */
bool proc_link(int dir_fd, const char *path, struct buf *out);

/* Each line without its newline, until one returns false; what is longer than the buffer comes cut, the rest is left
 * out. At most max bytes are read. */
typedef bool proc_line(void *arg, const char *line, size_t len);
int proc_lines(int dir_fd, const char *path, uint64_t max, proc_line *fn, void *arg);

/* Lines of a text that is there already. */
void proc_text_lines(const struct buf *text, proc_line *fn, void *arg);

/* Names of an open folder that are decimal numbers, ascending order not promised. At most max; *ret_n counted. The
 * caller frees. Takes fd. */
int proc_numbers(int fd, size_t max, int64_t **ret_list, size_t *ret_n);

/* Opens a file below a root folder that is an ordinary file, whatever links lead there (they stay below the root), to
 * be read without ever waiting. -1: none. */
int root_open(int root_fd, const char *path);
/* Its first max bytes replace out's content; a longer file is ERR_LIMIT. */
int root_read(int root_fd, const char *path, size_t max, struct buf *out);
/* Whether an ordinary file is there. */
bool root_has(int root_fd, const char *path);
/* A folder below a root, to be listed. -1: none. */
int root_open_folder(int root_fd, const char *path);

#endif
