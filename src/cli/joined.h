/*
 * joined.h - the first of two passes: all inputs read and joined, so that a second one can tell of each packet whose it
 * is and of each call where its bytes went. For print --join and annotate, and for filters, formats and fields that ask
 * what only the join knows.
 *
 *   joined_list, joined_run, then questions to j.lookup from any thread, joined_release at the very end.
 */
#ifndef CLI_JOINED_H
#define CLI_JOINED_H

#include "cli/run.h"
#include "join/lookup.h"
#include "state/state.h"

struct joined {
	struct run run;
	const struct join *join;	/* borrowed from the engine; NULL: the input holds nothing to join */
	struct lookup *lookup;		/* owns; NULL likewise */
	bool from_stdin;		/* standard input is one of them */
	size_t pair_count;		/* 0: nothing was joined */
	size_t shared_dir;		/* bytes of the directory that all absolute inputs share, with its slash */
	bool many_packets, many_calls;	/* several sources hold such: numbers need the name of theirs */
};

/* Standard input, where it is among the inputs, is kept as far as LIMIT_SPOOL_BYTES, so that it can be read twice: the
 * second time after a seek to its start. Other pipes are refused. 0, or the exit status; what is wrong, or left out,
 * has been said. what: the command, for messages. */
int joined_keep_stdin(const char *what, const struct options *o, struct diag *d, bool *ret_named);

/*
 * Lists the inputs. what: the option or command, for messages. Standard input is kept in a file up to
 * LIMIT_SPOOL_BYTES; that there was more is said. 0, or the exit status; what is wrong has been said.
 */
int joined_list(struct joined *j, const char *what, const struct options *o, struct diag *d);
/* Reads and joins them. 0, or the exit status; what was damaged or skipped has not been said: the second pass tells. */
int joined_run(struct joined *j, const struct join_options *opt);
void joined_release(struct joined *j);

/* The second pass reads what the first one listed, whatever was made in the folders meanwhile: borrowed by r between
 * the two. */
void joined_lend_inputs(const struct joined *j, struct run *r);
void joined_take_inputs(struct run *r);

/* The process of an owner, or NULL. */
const struct process *joined_process(const struct packet_owner *o);
/* The name of a source without that directory: where evidence lies on this machine is nobody's business. Of either
 * pass. */
const char *joined_shown(const struct joined *j, const struct source *s);
/* The name of the call's event as print has it; "" when unknown, as when print does not show it. */
const char *joined_call_name(const struct lookup_call *c);

#endif
