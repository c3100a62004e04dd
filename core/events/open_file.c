/* SPDX-License-Identifier: MIT */
#include "core/events/open_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/mem.h"

struct open_file *open_file_new(int fd)
{
	struct open_file *file = xcalloc(1, sizeof(*file));
	file->fd = fd;
	atomic_init(&file->users, 1);
	return file;
}

struct open_file *open_file_ref(struct open_file *file)
{
	atomic_fetch_add_explicit(&file->users, 1, memory_order_relaxed);
	return file;
}

void open_file_unref(struct open_file *file)
{
	if (!file || atomic_fetch_sub(&file->users, 1) != 1)
		return;
	close(file->fd);
	free(file);
}

bool open_file_is_shared(const struct open_file *file)
{
	return atomic_load(&file->users) > 1;
}

/* The number stays: who is about to read has it. */
bool open_file_move(struct open_file *file, int fd)
{
	return dup3(fd, file->fd, O_CLOEXEC) >= 0;
}
