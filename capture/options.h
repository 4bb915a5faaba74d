/*
 * options.h - the command line of thresher-capture: one table, from which parsing, the usage text and the test of the
 * completion are made. Values are checked in full here; what they mean on this machine (containers, users, names of
 * calls) is found in selection.c.
 */
#ifndef CAPTURE_OPTIONS_H
#define CAPTURE_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"

#define OPTIONS_LIST_MAX 64

/* Repeated options, in their order; the texts are argv's. */
struct option_list {
	const char *items[OPTIONS_LIST_MAX];
	uint32_t count;
};

enum { COMPRESS_BY_NAME, COMPRESS_NONE, COMPRESS_GZIP, COMPRESS_ZSTD };

/* Bytes kept of what a call moved, by kind of its descriptor, and of a packet. */
enum snap_kind { SNAP_FILE, SNAP_NET, SNAP_HTTP, SNAP_OTHER, SNAP_PACKET, SNAP_KINDS };

struct capture_options {
	/* output */
	const char *path;		/* NULL: not given */
	bool force, interleave, split;
	uint64_t compress;		/* COMPRESS_ */
	uint64_t level;			/* 0: default */
	const char *file_size;		/* as tcpdump takes it: millions of bytes, or with a suffix */
	uint64_t rotate_bytes;
	uint64_t rotate_seconds, rotate_events, ring_files;
	uint64_t flush_ms;
	/* packets */
	struct option_list interfaces, namespaces;
	const char *packet_filter;
	uint64_t packet_buffer;
	bool promiscuous;
	/* what is recorded */
	struct option_list pids, comms, uids, cgroups, containers, syscalls, redact, snaplens;
	uint32_t snap[SNAP_KINDS];
	bool no_args, no_env, no_data, own_lists;
	bool switches, signals, page_faults;
	uint64_t ring_bytes;
	/* how long, as whom */
	uint64_t duration_s, count;	/* 0: no end */
	uint64_t priority;		/* nice value is minus this */
	const char *user;
	bool quiet, check, help, version;
	char **command;			/* behind "--"; NULL: none */
};

enum option_kind {
	OPTION_FLAG,	/* bool */
	OPTION_NUMBER,	/* uint64_t within [min, max]; suffixes K, M, G are powers of 1024 */
	OPTION_TEXT,	/* const char * */
	OPTION_WORD,	/* uint64_t: which of the words of choices, from 0 */
	OPTION_LIST,	/* struct option_list */
};

struct capture_option_row {
	const char *name;	/* long name without dashes */
	char letter;		/* short name, or 0 */
	uint8_t kind;		/* enum option_kind */
	size_t at;		/* offset in struct capture_options */
	const char *value;	/* how usage names the value, NULL for flags */
	uint64_t min, max;
	const char *choices;
	const char *group;	/* heading of the usage text, where one begins */
	const char *help;	/* lines separated by \n */
};

/* The table; ends with a row whose name is NULL. */
extern const struct capture_option_row capture_option_rows[];

void capture_options_init(struct capture_options *o);
/* argv without the program's name. ERR_USAGE with what is wrong. */
int capture_options_parse(struct capture_options *o, int argc, char **argv, struct err *e);
void capture_options_usage(struct buf *out);

#endif
