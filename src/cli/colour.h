/*
 * colour.h - the few colours of text on a terminal: when they are used, and what they are for.
 *
 * Never inside JSON, never where stdout is no terminal (unless --color=always): text there has the same bytes on every
 * machine.
 */
#ifndef CLI_COLOUR_H
#define CLI_COLOUR_H

#include "base/buf.h"
#include "cli/options.h"

enum colour {
	COLOUR_NONE,
	COLOUR_DIM, /* times, ids: what the eye passes over */
	COLOUR_PROCESS, /* names of processes */
	COLOUR_BAD, /* failed calls, segments that went wrong */
	COLOUR_PACKET, /* numbers and protocols of packets */
	COLOUR_NAME, /* names of fields in front of their values */
	COLOUR_COUNT,
};

/* Colours on this file descriptor? AUTO: it is a terminal that has some, and NO_COLOR is not set. */
bool colour_wanted(enum colour_when when, int fd);

/* What is added to out between the two has the colour. on false: nothing is added. */
void colour_begin(struct buf *out, bool on, enum colour c);
void colour_end(struct buf *out, bool on, enum colour c);
/* What was added since from up to (not including) end gets the colour too late. */
void colour_range(struct buf *out, bool on, enum colour c, size_t from, size_t end);

#endif
