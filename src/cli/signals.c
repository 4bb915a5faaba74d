/*
 * signals.c - see signals.h. The handler runs on any thread and only sets the engine's flag.
 */
#include "cli/signals.h"

#include <errno.h>
#include <signal.h>

#include "engine/engine.h"

static void on_stop(int sig)
{
	int saved = errno;

	UNUSED_ARG(sig);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	engine_stop();
	errno = saved;
}

/* A signal that was ignored when the program began (nohup, a background job) stays ignored. */
static void handle(int sig)
{
	struct sigaction old;
	struct sigaction action;

	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_IGN) {
		return;
	}
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_stop;
	sigemptyset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

void signals_setup(void)
{
	handle(SIGINT);
	handle(SIGTERM);
	signal(SIGPIPE, SIG_IGN);
}
