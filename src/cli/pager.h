/*
 * pager.h - output through a pager, when it was asked for (--pager) and standard output is a terminal.
 *
 * As git does: $PAGER, else less; LESS=FRX unless the user has set LESS, so that short output needs no key and colours
 * pass. A pager that is empty or "cat" is none. The pager reads from a pipe that takes the place of standard output;
 * when the user leaves it, the run ends silently, as with any closed pipe.
 */
#ifndef CLI_PAGER_H
#define CLI_PAGER_H

#include "base/err.h"

#include <sys/types.h>

struct pager {
	pid_t pid; /* 0: none */
	int saved; /* standard output as it was */
};

/* Nothing happens when standard output is no terminal. 0, or ERR_IO. */
int pager_begin(struct pager *p, struct err *e);
/* Closes the pipe and waits until the user has seen enough. */
void pager_end(struct pager *p);

#endif
