/*
 * standard_fds.c - see standard_fds.h. Main thread, first of all.
 */
#include "base/standard_fds.h"

#include <fcntl.h>
#include <unistd.h>

void standard_fds_take(void)
{
	int fd;

	do {
		/* The lowest number that is free; for the other direction than the one it is used in. */
		fd = open("/dev/null", (fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0) {
		close(fd);
	}
}
