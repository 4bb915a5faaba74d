/*
 * filter_file.h - saved filters, macros and lists, from files.
 *
 * YAML, a list of items as Falco's rules have them:
 *     - filter: failed logins
 *       condition: proc.name = sshd and failed
 *     - macro: failed
 *       condition: evt.failed = true
 *     - list: shells
 *       items: [bash, sh, zsh]
 * Rules and required versions among them are passed over, so that macros and lists of a rules file can be used. Or
 * Wireshark's: lines of "name" expression (dfilters), or "TRUE","name","expression","comment" (dfilter_buttons). Which
 * it is is told by content.
 *
 * Read are $XDG_CONFIG_HOME/thresher/filters.yaml (~/.config without that variable) when it is there, then the files
 * named; later definitions of a name replace earlier ones. Main thread.
 */
#ifndef CLI_FILTER_FILE_H
#define CLI_FILTER_FILE_H

#include "base/err.h"
#include "cli/options.h"
#include "filter/filter.h"

struct filter_book;

struct saved_filter {
	char *name; /* owns, as all texts here */
	char *text;
	char *file;
	unsigned int line;
};

/* ERR_OPEN, ERR_IO; ERR_USAGE: a file says something else than that, e tells file and line; ERR_NOMEM. */
int filter_book_new(const struct option_texts *files, struct filter_book **ret_book, struct err *e);
void filter_book_free(struct filter_book *book);

/* Macros and lists; saved filters whose name could be a macro's are macros too. */
const struct filter_library *filter_book_library(const struct filter_book *book);
/* A saved filter by name. ERR_USAGE with the names there are in e. */
int filter_book_find(const struct filter_book *book, const char *name, const struct saved_filter **ret_f,
		     struct err *e);

/* filter_book_new without files, and one file's content: for tests and fuzzing. text is not terminated. */
int filter_book_empty(struct filter_book **ret_book, struct err *e);
int filter_book_read(struct filter_book *book, const char *file, const char *text, size_t len, struct err *e);

#endif
