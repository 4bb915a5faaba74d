/*
 * spool.h - standard input that is read twice: kept in a file without a name, as far as a ceiling allows.
 */
#ifndef CLI_SPOOL_H
#define CLI_SPOOL_H

#include "base/err.h"

struct spool {
	uint64_t bytes;	/* kept */
	bool cut;	/* there was more */
};

/*
 * Standard input becomes a file of at most that many of its bytes, in $TMPDIR or /tmp, which vanishes with the program.
 * One that is a file already, at its start, stays as it is (bytes 0). 0, ERR_IO, ERR_STOPPED.
 */
int spool_stdin(uint64_t limit, struct spool *ret_s, struct err *e);

#endif
