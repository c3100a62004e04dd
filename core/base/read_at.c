/* SPDX-License-Identifier: MIT */
#include "core/base/read_at.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_at(int fd, void *bytes, size_t length, off_t offset)
{
	ssize_t got;
	do {
		got = pread(fd, bytes, length, offset);
	} while (got < 0 && errno == EINTR);
	return got;
}

ssize_t read_all_at(int fd, void *bytes, size_t length, off_t offset)
{
	size_t done = 0;
	while (done < length) {
		ssize_t got =
			read_at(fd, (char *)bytes + done, length - done, offset + (off_t)done);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}
