/*
 * command.h - the command that is recorded: started stopped, so that it is known before its first instruction, then
 * let go.
 *
 * command_start forks; the child waits until command_release. Signals of the recorder are not its own: it gets back
 * the mask and the actions that the recorder was started with. Main thread.
 */
#ifndef CAPTURE_COMMAND_H
#define CAPTURE_COMMAND_H

#include "base/err.h"

#include <signal.h>
#include <sys/types.h>

/* Exit statuses of `thresher-capture -- COMMAND` when the command's own cannot be given. */
enum { COMMAND_RECORDER_FAILED = 125, COMMAND_NOT_RUNNABLE = 126, COMMAND_NOT_FOUND = 127 };

struct command {
	pid_t pid;		/* 0: none, or it ended */
	int go, failed;		/* pipes: to let it go; its errno when it could not be run */
	int status;		/* of waitpid, once it ended */
	bool waiting;		/* not let go yet */
	bool ended;
};

/* argv lives until the end; mask: the child's. */
int command_start(struct command *c, char **argv, const sigset_t *mask, struct err *e);
/* 0, or ERR_OPEN: it could not be run; *ret_status is then the exit status that says so. */
int command_release(struct command *c, int *ret_status, struct err *e);
/* True once it has ended. */
bool command_ended(struct command *c);
void command_signal(const struct command *c, int number);
/* Waits for its end. */
void command_wait(struct command *c);
/* As a shell gives it: 128 and the signal's number when one killed it. */
int command_exit_status(const struct command *c);
/* A command that was never let go ends without having run. */
void command_drop(struct command *c);

#endif
