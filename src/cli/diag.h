/*
 * diag.h - what the program says on stderr: errors, warnings, notes.
 *
 * One line each: "thresher: FAILURE 'FILE': detail (at offset N)". File names and other captured
 * text are escaped for the terminal. Colour only on a terminal and without NO_COLOR. Main thread
 * only.
 */
#ifndef CLI_DIAG_H
#define CLI_DIAG_H

#include "base/err.h"

struct diag {
	bool quiet; /* notes and warnings are left out */
	bool colour;
	bool tty; /* stderr is a terminal */
	bool progress_shown; /* a progress line is on the screen and must be wiped first */
};

void diag_init(struct diag *d);

/* Always shown. Text is escaped. */
void diag_error(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same from a filled struct err. */
void diag_err(struct diag *d, const struct err *e);
/* Left out when quiet. */
void diag_warn(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
void diag_note(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Replaces the progress line ("" wipes it). Only when tty and not quiet. */
void diag_progress(struct diag *d, const char *text);

#endif
