/*
 * words.h - lists of words in one string, separated by single blanks: choices of options, groups of fields. Pure.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include "base/base.h"

/* The number of the word s[0..len) in the list, from 0; -1: it is none of them. */
static inline int words_find(const char *words, const char *s, size_t len)
{
	for (int i = 0; *words != '\0'; i++) {
		size_t n = strcspn(words, " ");

		if (n == len && memcmp(words, s, len) == 0) {
			return i;
		}
		words += n + (words[n] == ' ');
	}
	return -1;
}

#endif
