/*
 * session_signals.c - signals of a recording: read between two looks at the rings, never interrupting one.
 *
 * With a command: what a terminal sends reaches the command by itself, so only what was sent to the recorder alone is
 * handed on.
 */
#include "capture/session_internal.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

int signals_block(struct signals *g, bool command, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		sigaddset(&set, ends[i]);
	}
	sigaddset(&set, SIGUSR1);
	if (command) {
		sigaddset(&set, SIGQUIT);
		sigaddset(&set, SIGUSR2);
	}
	signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &set, &g->before) != 0 ||
	    (g->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0) {
		return err_set(e, ERR_INTERNAL, "cannot take signals: %s", strerror(errno));
	}
	return 0;
}

void signals_read(struct session *s)
{
	struct signalfd_siginfo si;

	while (s->signals.fd >= 0 && read(s->signals.fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGUSR1) {
			s->signals.statistics = true;
			continue;
		}
		if (s->command.pid > 0 && si.ssi_code <= 0) { /* not from the terminal */
			command_signal(&s->command, (int)si.ssi_signo);
		}
		s->signals.ends += si.ssi_signo != SIGUSR2 && si.ssi_signo != SIGQUIT;
	}
}

void signals_let_kill(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		signal(ends[i], SIG_DFL);
		sigaddset(&set, ends[i]);
	}
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void signals_release(struct signals *g)
{
	if (g->fd >= 0) {
		close(g->fd);
		g->fd = -1;
		pthread_sigmask(SIG_SETMASK, &g->before, NULL);
	}
}
