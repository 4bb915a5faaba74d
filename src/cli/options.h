/*
 * options.h - the command line: one table of options, from which parsing, usage texts and the test
 * of the shell completion are made.
 *
 * An option row says to which commands it belongs (OPT_FOR_ bits), what its value is and where in
 * struct options it goes. Values are checked in full: a number has no other characters and lies in
 * its range.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"

enum {
	OPT_FOR_INFO = 1,
	OPT_FOR_PRINT = 2,
	OPT_FOR_REPORT = 4,
	OPT_FOR_RUNS = OPT_FOR_INFO | OPT_FOR_PRINT | OPT_FOR_REPORT,
	OPT_FOR_HELP = 8, /* every command: --help */
};

/* Everything a command line can say. Texts borrow from argv. */
struct options {
	bool help;
	bool quiet;
	bool strict;
	bool hash;
	bool reproducible; /* also set by SOURCE_DATE_EPOCH in the environment */
	bool json;
	bool all;
	bool raw;
	bool events; /* --events, --packets: print only these */
	bool packets;
	bool list;
	bool local_time;
	uint64_t threads;
	uint64_t batch_bytes;
	uint64_t count; /* UINT64_MAX: no limit */
	uint64_t time_format; /* the letter of -t */
	const char *format; /* -p, NULL: the default line */
	const char *out_dir;
	const char **inputs; /* owns the array; the strings are argv's */
	size_t input_count;
};

enum option_kind {
	OPTION_FLAG, /* bool */
	OPTION_NUMBER, /* uint64_t within [min, max]; suffixes K, M, G where max allows them */
	OPTION_LETTER, /* uint64_t: one of the letters of choices */
	OPTION_TEXT, /* const char * */
};

struct option_row {
	const char *name; /* long name without dashes */
	char letter; /* short name, or 0 */
	uint8_t kind; /* enum option_kind */
	unsigned int commands; /* OPT_FOR_ bits */
	size_t at; /* offset in struct options */
	const char *value; /* how usage names the value, NULL for flags */
	uint64_t min, max; /* OPTION_NUMBER */
	const char *choices; /* OPTION_LETTER */
	const char *help; /* lines of usage, separated by \n */
};

/* The table; ends with a row whose name is NULL. */
extern const struct option_row option_rows[];

void options_init(struct options *o);
void options_release(struct options *o);

/*
 * Parses argv[0..argc) of a command (its name not included) that takes the options with any of the
 * bits in commands. Inputs are collected; "--" ends options; "-" is an input. ERR_USAGE with what
 * is wrong in e; ERR_NOMEM.
 */
int options_parse(struct options *o, unsigned int commands, int argc, char **argv, struct err *e);

/* The "options:" lines of a usage text for a command. */
void options_usage(struct buf *out, unsigned int commands);

#endif
