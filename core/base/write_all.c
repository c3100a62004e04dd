/* SPDX-License-Identifier: MIT */
#include "core/base/write_all.h"

#include <errno.h>
#include <unistd.h>

bool write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;
	while (length) {
		ssize_t written = write(fd, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		length -= (size_t)written;
	}
	return true;
}

bool write_all_at(int fd, const void *bytes, size_t length, off_t offset)
{
	const char *at = bytes;
	while (length) {
		ssize_t written = pwrite(fd, at, length, offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		offset += written;
		length -= (size_t)written;
	}
	return true;
}
