/*
 * glob.h - shell patterns over bytes, as fnmatch without flags: * and ? match a slash and a leading dot too,
 * [...] with ranges, classes and ! or ^, a backslash takes the next character as it is. Any thread; time
 * grows with the product of both lengths at most.
 */
#ifndef FILTER_GLOB_H
#define FILTER_GLOB_H

#include "base/base.h"

bool glob_match(const char *pattern, size_t pattern_len, const char *s, size_t len, bool fold);

/* Characters that make a pattern of a text? */
bool glob_is_pattern(const char *s, size_t len);

static inline unsigned char ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

#endif
