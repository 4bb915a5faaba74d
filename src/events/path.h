/*
 * path.h - absolute paths from a directory and a name, by text alone: nothing on this machine is
 * looked at. Any thread.
 */
#ifndef EVENTS_PATH_H
#define EVENTS_PATH_H

#include "base/base.h"
#include "base/limits.h"

/* Room the result needs, NUL included. */
#define PATH_BYTES LIMIT_PATH_BYTES

/*
 * Writes name made absolute to out[PATH_BYTES], NUL-terminated, and returns its length: name
 * itself when it begins with '/', else dir + '/' + name; repeated slashes, "." and ".." are
 * resolved, no slash stays at the end (but of "/" alone). Bytes are kept as they are. What does
 * not fit becomes "/PATH_TOO_LONG".
 */
size_t path_absolute(char *out, const char *dir, size_t dir_len, const char *name, size_t name_len);

#endif
