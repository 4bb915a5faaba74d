/*
 * command.h - the table of commands and how one is found, explained and run.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/diag.h"
#include "cli/options.h"

struct command {
	const char *name;
	unsigned int options; /* OPT_FOR_ bits: which options it takes */
	const char *arguments; /* behind "[options]" in usage */
	const char *summary; /* one line for the list of commands */
	const char *about; /* paragraphs for its own usage */
	const char *examples; /* lines, each a command line */
	/* Returns the exit status. */
	int (*run)(const struct options *o, struct diag *d);
};

/* The table; ends with a row whose name is NULL. */
extern const struct command commands[];

const struct command *command_find(const char *name);

/* The whole program: argv as main gets it. Returns the exit status. */
int command_main(int argc, char **argv);

/* Usage texts. */
void command_usage(struct buf *out, const struct command *c);
void command_list(struct buf *out);

int cmd_info(const struct options *o, struct diag *d);
int cmd_follow(const struct options *o, struct diag *d);
int cmd_top(const struct options *o, struct diag *d);
int cmd_fields(const struct options *o, struct diag *d);
int cmd_annotate(const struct options *o, struct diag *d);
int cmd_print(const struct options *o, struct diag *d);
int cmd_report(const struct options *o, struct diag *d);
int cmd_help(const struct options *o, struct diag *d);
int cmd_version(const struct options *o, struct diag *d);

/* The fields whose names match one of the patterns (all without any), to standard output. Returns the exit status. */
int fields_list(const char *const *patterns, size_t count, bool json, struct diag *d);

#endif
