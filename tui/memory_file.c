/* SPDX-License-Identifier: MIT */
#include "tui/memory_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

bool memory_file_open(struct memory_file *memory, struct err *err)
{
	int fd = memfd_create("botswain-frame", MFD_CLOEXEC);
	memory->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (memory->file)
		return true;
	err_errno(err, errno, "cannot make room for frames");
	if (fd >= 0)
		close(fd);
	return false;
}

void memory_file_close(struct memory_file *memory)
{
	if (memory->file)
		fclose(memory->file);
	memory->file = NULL;
}

/* The place where the next byte goes is how many there are: each taking starts anew at 0. */
char *memory_file_take(struct memory_file *memory, size_t *ret_size)
{
	fflush(memory->file);
	int fd = fileno(memory->file);
	off_t size = lseek(fd, 0, SEEK_CUR);
	if (size <= 0)
		return NULL;
	char *bytes = xmalloc((size_t)size);
	ssize_t got = pread(fd, bytes, (size_t)size, 0);
	lseek(fd, 0, SEEK_SET);
	*ret_size = got > 0 ? (size_t)got : 0;
	return bytes;
}

bool memory_holds(const char *bytes, size_t size, const char *word)
{
	if (!word || word == (const char *)-1)
		return true;
	return bytes && memmem(bytes, size, word, strlen(word));
}

void memory_file_drop(struct memory_file *memory)
{
	size_t size;
	free(memory_file_take(memory, &size));
}
