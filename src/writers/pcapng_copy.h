/*
 * pcapng_copy.h - blocks and options of a captured section, handed on into a file of ours.
 *
 * The input is untrusted and in the byte order of its section (be); the output is little-endian. What is damaged is
 * left out from there on. Values whose layout is not known are handed on as bytes from little-endian sections and left
 * out from others.
 */
#ifndef WRITERS_PCAPNG_COPY_H
#define WRITERS_PCAPNG_COPY_H

#include "base/buf.h"

/* The body of a name resolution, a decryption secrets, a custom block. False: nothing was appended. */
bool pcapng_copy_names(struct buf *out, const uint8_t *body, size_t len, bool be);
bool pcapng_copy_secrets(struct buf *out, const uint8_t *body, size_t len, bool be);
bool pcapng_copy_custom(struct buf *out, const uint8_t *body, size_t len, bool be);

/* The options of a packet, without their end. False: none was a process id (option 8). */
bool pcapng_copy_packet_options(struct buf *out, const uint8_t *options, size_t len, bool be);

#endif
