/*
 * library.h - looking macros and lists up while a filter is parsed. The rest of a library is in filter.h.
 * Main thread only.
 *
 * What is defined anew takes the place of the old one, for all that use it: trees of macros and items of
 * lists are made again when a filter next asks (library_refresh). A macro or list sees what was defined
 * before it; one defined anew sees what was there at that moment, so that it can come to use itself: an
 * error.
 */
#ifndef FILTER_LIBRARY_H
#define FILTER_LIBRARY_H

#include "filter/ast.h"

/* A filter sees all. */
#define LIBRARY_ALL UINT32_MAX

struct library_item {
	const char *s;
	uint32_t len;
};

struct library_list {
	const struct library_item *items;
	size_t count;
};

/* Before a filter is parsed. lib may be NULL. ERR_USAGE: a macro uses itself, or does not fit what was
 * defined anew. */
int library_refresh(const struct filter_library *lib, struct err *e);

/* Of the first visible macros; *ret_tree NULL: no such macro. lib may be NULL. */
int library_find_macro(const struct filter_library *lib, const char *name, size_t len, uint32_t visible,
		       struct filter_tree **ret_tree, struct err *e);
/* NULL: no such list. lib may be NULL. */
const struct library_list *library_find_list(const struct filter_library *lib, const char *name, size_t len);

#endif
