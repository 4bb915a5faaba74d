/*
 * pager.c - see pager.h. Main thread; standard output is handed over before anything is written.
 */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *pager_command(void)
{
	const char *s = getenv("PAGER");

	if (s == NULL) {
		return "less";
	}
	return s[0] == '\0' || strcmp(s, "cat") == 0 ? NULL : s;
}

/* In the child: reads from the pipe, writes to the terminal. */
static _Noreturn void run_pager(const char *command, int from)
{
	if (dup2(from, STDIN_FILENO) >= 0) {
		signal(SIGPIPE, SIG_DFL);
		setenv("LESS", "FRX", 0);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	}
	_exit(127);
}

int pager_begin(struct pager *p, struct err *e)
{
	const char *command = pager_command();
	int ends[2];

	memset(p, 0, sizeof(*p));
	if (command == NULL || isatty(STDOUT_FILENO) != 1) {
		return 0;
	}
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return err_set(e, ERR_IO, "cannot start the pager: %s", strerror(errno));
	}
	p->saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	p->pid = p->saved >= 0 ? fork() : -1;
	if (p->pid == 0) {
		run_pager(command, ends[0]);
	}
	close(ends[0]);
	if (p->pid < 0 || dup2(ends[1], STDOUT_FILENO) < 0) {
		int why = errno;

		close(ends[1]);
		if (p->saved >= 0) {
			close(p->saved);
		}
		p->pid = 0;
		return err_set(e, ERR_IO, "cannot start the pager: %s", strerror(why));
	}
	close(ends[1]);
	return 0;
}

void pager_end(struct pager *p)
{
	int status;

	if (p->pid <= 0) {
		return;
	}
	dup2(p->saved, STDOUT_FILENO); /* closes the pipe */
	close(p->saved);
	/* An interrupt is the pager's now: it has the terminal. */
	signal(SIGINT, SIG_IGN);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) {
	}
	p->pid = 0;
}
