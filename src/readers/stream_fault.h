/*
 * stream_fault.h - keeps the program alive when a mapped file becomes shorter, or a page of it
 * cannot be read: the SIGBUS is caught and zeros are put in place of what is gone.
 *
 * Only addresses inside registered mappings are handled; any other SIGBUS gets what was set up
 * for it before. Threads must not block SIGBUS (thread.h does not).
 */
#ifndef READERS_STREAM_FAULT_H
#define READERS_STREAM_FAULT_H

#include "base/base.h"

/* Registers len mapped bytes at p, from offset 0 of fd. 0 and a row, or ERR_LIMIT. Any thread. */
int fault_register(const void *p, size_t len, int fd, unsigned int *ret_row);

/* Before munmap and close; nobody may read the mapping any more. */
void fault_unregister(unsigned int row);

/* Bytes of single pages that could not be read though the file still has them. */
uint64_t fault_lost_bytes(unsigned int row);

#endif
