/*
 * redact.h - what must not be written: patterns (PCRE2) over arguments, environments and data; what they match becomes
 * '*'.
 *
 * The length never changes, and NULs stay (they part arguments). A pattern with groups covers what its groups matched,
 * one without groups its whole match. A text a pattern gives up on (its match limit) is covered whole: nothing slips
 * through unread. What one call wrote is looked at alone: a secret that is cut by the snaplen or written in two calls
 * may not be recognised.
 */
#ifndef CAPTURE_REDACT_H
#define CAPTURE_REDACT_H

#include "base/err.h"

#define REDACT_PATTERNS_MAX 64

struct redact;

/* secrets: the built-in set (passwords, tokens, keys, Authorization headers) too. Nothing to look for: *ret_r is NULL.
 * ERR_USAGE with pattern and place when one does not compile; ERR_NOMEM. */
int redact_new(const char *const *patterns, size_t count, bool secrets, struct redact **ret_r, struct err *e);
void redact_free(struct redact *r);

/* Covers in place; how many places. r NULL: none. One thread at a time. */
size_t redact_apply(const struct redact *r, char *bytes, size_t len);

#endif
