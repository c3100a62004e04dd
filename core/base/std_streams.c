/* SPDX-License-Identifier: MIT */
#include "core/base/std_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The lowest number that is free is taken, so each that is closed is taken in turn. */
void std_streams_hold(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}
