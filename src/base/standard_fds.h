/*
 * standard_fds.h - descriptors 0, 1 and 2, which who started the program may have closed.
 */
#ifndef BASE_STANDARD_FDS_H
#define BASE_STANDARD_FDS_H

#include "base/base.h"

/*
 * Takes the numbers of those that are closed, or the next file opened would get one, and what is said on standard
 * error would be written into it. Reads and writes fail as on the closed ones, and what is executed finds them
 * closed. To be called before anything is opened.
 */
void standard_fds_take(void);

#endif
