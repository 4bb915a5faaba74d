/*
 * script_pattern.h - Lua's patterns (chapter 6.4.1 of its manual), with a ceiling on the steps of a match.
 *
 * Lua's own matcher may take time exponential in the pattern, and nothing can stop it. This one counts. Bytes, no
 * locale; of no use without a script, and without Lua in it: works on plain memory.
 */
#ifndef STATS_SCRIPT_PATTERN_H
#define STATS_SCRIPT_PATTERN_H

#include "base/base.h"

/* As Lua's. */
#define PATTERN_CAPTURES 32

enum { CAPTURE_OPEN = -1, CAPTURE_PLACE = -2 };

struct pattern_capture {
	const char *from;
	ptrdiff_t len;	/* CAPTURE_PLACE: () asks where from is */
};

struct pattern_match {
	/* Set by the caller; the pattern without a leading ^. */
	const char *subject, *subject_end;
	const char *pattern, *pattern_end;
	uint64_t steps;	/* that are left */

	/* After a match. */
	unsigned int count;
	struct pattern_capture captures[PATTERN_CAPTURES];

	const char *error;	/* PATTERN_BAD: what is wrong */
	unsigned int depth;
};

enum { PATTERN_NO, PATTERN_YES, PATTERN_BAD, PATTERN_STEPS /* no steps left */ };

/* Does the pattern match at from, within the subject? *ret_end is behind the match. */
int pattern_match(struct pattern_match *m, const char *from, const char **ret_end);

/* Has the pattern a character with a meaning? Without one it can be searched for as it is. */
bool pattern_is_plain(const char *p, size_t len);

#endif
