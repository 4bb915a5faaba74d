/*
 * regex.h - regular expressions of filters, by PCRE2.
 *
 * Two uses: "regex" (Falco) must match the whole value, "matches" (Wireshark) any part of it and without
 * case. Bytes, not characters: captured text need not be UTF-8, and a byte that is none must not make an
 * expression miss. Upstream's library finds the longest alternative where PCRE2 takes the first; for a whole
 * value both give the same answer. Expressions are compiled on the main thread and constant; matching needs
 * memory of the worker. A match that would take more than LIMIT_REGEX_STEPS is given up: it counts as no
 * match, and is counted.
 */
#ifndef FILTER_REGEX_H
#define FILTER_REGEX_H

#include "base/base.h"

struct filter_state;

/* NULL: why says what is wrong. */
void *regex_new(const char *pattern, size_t len, bool anywhere, char *why, size_t why_size);

/* The worker's memory. 0 or ERR_NOMEM; safe to release half-built. */
int regex_state_init(struct filter_state *st);
void regex_state_release(struct filter_state *st);

#endif
