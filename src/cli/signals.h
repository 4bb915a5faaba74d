/*
 * signals.h - SIGINT and SIGTERM end the run cleanly the first time (engine_stop: what was read is
 * finished and written) and the usual way the second time. SIGPIPE is ignored: a closed pipe is an
 * error of write.
 */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "base/base.h"

void signals_setup(void);

#endif
