/*
 * hasher.h - SHA-256 of the bytes of one file as they are stored on disk.
 *
 * Three ways to feed it, chosen at the start and not mixed:
 *   inline  hasher_update on the caller's thread;
 *   queue   hasher_start_queue, then hasher_update copies the bytes to a thread that hashes them;
 *           it waits while LIMIT_HASH_QUEUE chunks are under way;
 *   file    hasher_start_file: a thread reads the file itself, at its own pace.
 * hasher_finish ends all three. owner: the thread that reads the file.
 */
#ifndef READERS_HASHER_H
#define READERS_HASHER_H

#include "base/err.h"

struct hasher;

int hasher_new(struct hasher **ret_h, struct err *e);
/* Stops the thread if there is one. NULL is fine. */
void hasher_free(struct hasher *h);

int hasher_start_queue(struct hasher *h, struct err *e);
/* Reads len bytes of fd from offset 0 by pread; fd must stay open until hasher_finish or _free. */
int hasher_start_file(struct hasher *h, int fd, uint64_t len, struct err *e);

/* Inline and queue: the next n bytes. */
void hasher_update(struct hasher *h, const void *p, size_t n);

/* 64 hex digits and NUL once everything is hashed; ERR_IO when the file could not be read to its
 * end. A second call gives the same answer. */
int hasher_finish(struct hasher *h, char ret_hex[65], struct err *e);

#endif
