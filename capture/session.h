/*
 * session.h - one recording from begin to end.
 *
 *   command forked → probe attached → packets opened → file opened → snapshot taken (events wait) → privileges given up
 *   → section headers, snapshot, the events that waited → command let go → events and packets as they come → drained, closed
 *
 * While a snapshot is taken, for the first file and for each of a rotation, a thread of its own reads /proc, and
 * events are kept back until it is known which of them the snapshot holds already: those go to the file before (of
 * the first file: nowhere), later ones behind the snapshot. Nothing is lost between two files.
 */
#ifndef CAPTURE_SESSION_H
#define CAPTURE_SESSION_H

#include "capture/options.h"

struct session_say {
	void (*line)(void *arg, const char *text);	/* from the packets' thread too */
	void *arg;
};

/*
 * Records until a signal, the command's end, or what the options say. *ret_status is the exit status: 0, the
 * command's, or what went wrong; set in any case. Returns 0 or the error's code; its message is in e.
 */
int session_run(const struct capture_options *opt, const struct session_say *say, int *ret_status, struct err *e);

#endif
