/*
 * command.c - see command.h. The child runs only what may be run between fork and exec.
 */
#include "capture/command.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static void child_main(char **argv, const sigset_t *mask, int go, int failed)
{
	char letter;
	int why;
	ssize_t n;

	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	do {
		n = read(go, &letter, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1) {
		_exit(COMMAND_RECORDER_FAILED); /* the recorder gave up */
	}
	execvp(argv[0], argv);
	why = errno;
	n = write(failed, &why, sizeof(why));
	_exit(n == (ssize_t)sizeof(why) && why != ENOENT ? COMMAND_NOT_RUNNABLE : COMMAND_NOT_FOUND);
}

static void close_both(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

int command_start(struct command *c, char **argv, const sigset_t *mask, struct err *e)
{
	int go[2], failed[2];

	memset(c, 0, sizeof(*c));
	if (pipe2(go, O_CLOEXEC) != 0) {
		return err_set(e, ERR_OPEN, "cannot make a pipe: %s", strerror(errno));
	}
	if (pipe2(failed, O_CLOEXEC) != 0) {
		close_both(go);
		return err_set(e, ERR_OPEN, "cannot make a pipe: %s", strerror(errno));
	}
	c->pid = fork();
	if (c->pid == 0) {
		close(go[1]);
		close(failed[0]);
		child_main(argv, mask, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	if (c->pid < 0) {
		c->pid = 0;
		close(go[1]);
		close(failed[0]);
		return err_set(e, ERR_OPEN, "cannot start a process: %s", strerror(errno));
	}
	c->go = go[1];
	c->failed = failed[0];
	c->waiting = true;
	return 0;
}

int command_release(struct command *c, int *ret_status, struct err *e)
{
	int why = 0;
	ssize_t n = write(c->go, "x", 1);

	close(c->go);
	c->waiting = false;
	do {
		/* Closed by its exec, or told why there was none. */
		n = n == 1 || n < 0 ? read(c->failed, &why, sizeof(why)) : n;
	} while (n < 0 && errno == EINTR);
	close(c->failed);
	if (n != (ssize_t)sizeof(why)) {
		return 0;
	}
	command_wait(c);
	*ret_status = why == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NOT_RUNNABLE;
	return err_set(e, ERR_OPEN, "cannot run the command: %s", strerror(why));
}

bool command_ended(struct command *c)
{
	if (!c->ended && c->pid > 0 && waitpid(c->pid, &c->status, WNOHANG) == c->pid) {
		c->ended = true;
	}
	return c->ended;
}

void command_signal(const struct command *c, int number)
{
	if (c->pid > 0 && !c->ended) {
		kill(c->pid, number);
	}
}

void command_wait(struct command *c)
{
	while (c->pid > 0 && !c->ended) {
		if (waitpid(c->pid, &c->status, 0) == c->pid) {
			c->ended = true;
		} else if (errno != EINTR) {
			return;
		}
	}
}

int command_exit_status(const struct command *c)
{
	return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}

void command_drop(struct command *c)
{
	if (c->waiting) {
		c->waiting = false;
		close(c->go);
		close(c->failed);
		command_wait(c);
	}
}
