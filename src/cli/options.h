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
	OPT_FOR_ANNOTATE = 16,
	OPT_FOR_FIELDS = 32,
	OPT_FOR_FOLLOW = 64,
	OPT_FOR_TOP = 128,
	OPT_FOR_RUNS = OPT_FOR_INFO | OPT_FOR_PRINT | OPT_FOR_REPORT | OPT_FOR_ANNOTATE | OPT_FOR_FOLLOW |
		       OPT_FOR_TOP,
	OPT_FOR_HELP = 8, /* every command: --help */
};

#define OFFSET_NOT_GIVEN INT64_MIN

/* By whose clock joined tables show times: the words of report's --clock. */
enum clock_shown { CLOCK_SHOWN_SYSCALLS, CLOCK_SHOWN_PACKETS };
/* By whose clock annotate writes times: the words of its own. */
enum clock_written { CLOCK_WRITTEN_PACKETS, CLOCK_WRITTEN_SYSCALLS };

/* When colours are used: the words of --color. */
enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* The values of an option that may be given more than once. */
struct option_texts {
	const char **items; /* owns the array; the strings are argv's */
	size_t count;
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
	bool join;
	bool list;
	bool local_time;
	uint64_t threads;
	uint64_t batch_bytes;
	uint64_t count; /* UINT64_MAX: no limit */
	uint64_t time_format; /* the letter of -t */
	const char *format; /* -p, NULL: the default line */
	const char *out_dir;
	bool no_join;
	int64_t clock_offset_ns; /* packets' clock minus syscalls'; OFFSET_NOT_GIVEN */
	uint64_t clock_shown; /* enum clock_shown */
	uint64_t clock_written; /* enum clock_written */
	const char *trace; /* file for the spans as a Chrome trace, NULL: none */
	const char *out_file; /* of annotate; NULL: not named */
	const char *with; /* --with, NULL: WITH_USUAL of annotate.h */
	const char *filter; /* -f: an expression, or @name; NULL: everything passes */
	struct option_texts filter_files;
	struct option_texts scripts;
	const char *packet_filter; /* in tcpdump's language; NULL: everything passes */
	bool verbose;
	bool ascii;
	uint64_t hex; /* how often -x was given */
	uint64_t around; /* lines of context, 0: none */
	const char *from, *to; /* times, not parsed: what they mean depends on the capture; NULL: open */
	int64_t last_ns; /* 0: not given */
	uint64_t colour; /* enum colour_when */
	bool pager;
	uint64_t follow_form, follow_side, follow_view; /* enums of cli/follow.h and join/content.h */
	bool body;
	uint64_t top_form; /* the word of top --as */
	const char **inputs; /* owns the array; the strings are argv's */
	size_t input_count;
};

enum option_kind {
	OPTION_FLAG, /* bool */
	OPTION_NUMBER, /* uint64_t within [min, max]; suffixes K, M, G where max allows them */
	OPTION_LETTER, /* uint64_t: one of the letters of choices */
	OPTION_TEXT, /* const char * */
	OPTION_ONCE, /* the same, but a second one is refused: it would be the only one that counts */
	OPTION_TEXTS, /* struct option_texts: every one counts */
	OPTION_COUNT, /* uint64_t: a flag that says more when it is repeated */
	OPTION_WORD, /* uint64_t: which of the words of choices, from 0 */
	OPTION_DURATION, /* int64_t, ns: sign, then numbers with units: "+12040.7s", "-3h20m"; a number alone is seconds */
	OPTION_SPAN, /* the same without sign, above 0 */
};

struct option_row {
	const char *name; /* long name without dashes */
	char letter; /* short name, or 0 */
	uint8_t kind; /* enum option_kind */
	unsigned int commands; /* OPT_FOR_ bits */
	size_t at; /* offset in struct options */
	const char *value; /* how usage names the value, NULL for flags */
	uint64_t min, max; /* OPTION_NUMBER */
	const char *choices; /* OPTION_LETTER: letters; OPTION_WORD: words, a blank between them */
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

/* "3h20m", "-1.5s", "10": sign, then one or more numbers with a unit each, all added up; a number alone is seconds. */
bool option_duration(const char *s, int64_t *ret_ns);

/* The "options:" lines of a usage text for a command. */
void options_usage(struct buf *out, unsigned int commands);

#endif
