/*
 * selection.h - which processes and calls are recorded: what the options name, found on this machine.
 */
#ifndef CAPTURE_SELECTION_H
#define CAPTURE_SELECTION_H

#include "capture/options.h"
#include "capture/probe.h"

/* Fills everything of ret_p. ERR_USAGE: a user, cgroup, container, call or process that there is not. */
int selection_resolve(const struct capture_options *opt, struct probe_options *ret_p, struct err *e);

#endif
