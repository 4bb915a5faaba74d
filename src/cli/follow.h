/*
 * follow.h - the parts of `thresher follow`: what is followed, in which form it is written.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "cli/run.h"
#include "cli/output.h"
#include "join/content.h"

enum follow_form { FOLLOW_TEXT, FOLLOW_HEX, FOLLOW_RAW, FOLLOW_JSON };	/* the words of --as */
enum follow_side { FOLLOW_BOTH, FOLLOW_CLIENT, FOLLOW_SERVER };		/* the words of --side */

/* What one argument names. */
enum target_kind { TARGET_FD, TARGET_FLOW, TARGET_HTTP };
struct target {
	enum target_kind kind;
	int64_t pid;		/* TARGET_FD */
	int32_t fd;
	uint64_t row;		/* TARGET_HTTP: row of the table, from 1 */
	const char *id;		/* TARGET_FLOW: Community ID */
	bool found;
};

/* Does an argument name a target, not a file? */
bool target_is(const char *arg);
/* ERR_USAGE with what is wrong in e. */
int target_parse(const char *arg, struct target *ret_t, struct err *e);

/* One thing to write: a conversation, or one message exchange in it. */
struct follow_item {
	uint32_t talk;
	const struct http_tx *http;	/* NULL: all of it */
	uint64_t http_row;
	bool message[2];	/* of http: the request and the response are there */
	uint64_t start[2], end[2];	/* [start, end) of them, by direction; all of it: 0 and UINT64_MAX */
};

struct follow {
	const struct options *options;
	struct diag *diag;
	struct target *targets;		/* owns */
	size_t target_count;
	struct content *content;	/* owns */
	struct follow_item *items;	/* owns */
	size_t item_count, item_cap;
	const struct run *run;		/* the first pass */
	const struct join *join;	/* of it; NULL: nothing to join */
	struct output out;
	bool colours;
	uint64_t gaps, gap_bytes;	/* left out of raw output */
	bool failed_body;		/* a body could not be unwrapped */
};

/* Chooses items from the joined first pass: targets, else all that passed the filter. 0, ERR_NOMEM, ERR_LIMIT,
 * ERR_USAGE. */
int follow_choose(struct follow *f, struct err *e);

/* Writes one item in the form asked for. ordinal: from 1. 0, ERR_NOMEM, or what the output says. */
int follow_write(struct follow *f, const struct follow_item *it, size_t ordinal, struct err *e);

/* The pieces of [start, end) of a direction, in place; returns how many are left. */
size_t follow_slice(struct content_piece *pieces, size_t count, uint64_t start, uint64_t end);
/* Of one HTTP message its body: what lies behind the head, without the frames of chunked coding and HTTP/2. Pieces are
 * replaced, gaps stay gaps. False: not to be told, because what frames it was not captured; pieces are what lies behind
 * the head then. */
bool follow_body(const struct http_tx *x, bool request, struct content_piece **io_pieces, size_t *io_count);

#endif
