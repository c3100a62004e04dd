/* SPDX-License-Identifier: MIT */
#include "core/engine/client_lock.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"

void client_lock_line(int fd, char *ret, size_t size)
{
	char text[128] = "";
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	copy_text(ret, size, text);
}

bool client_lock_holder(const char *state_dir, const char *file, char *ret, size_t size)
{
	struct flock found = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	autofree char *path = xasprintf("%s/%s", state_dir, file);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &found) != 0 || found.l_type == F_UNLCK)
		return false;
	client_lock_line(fd, ret, size);
	if (!ret[0])
		copy_text(ret, size, "another process");
	return true;
}
