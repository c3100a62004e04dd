/* SPDX-License-Identifier: MIT */
#include "tui/memory_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"

enum { PART_BYTES = 16 << 10, KEPT_BYTES = 256 << 10 };

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

/* What was taken stays in the file until it is worth a call to begin it anew. */
static void forget_taken(struct memory_file *memory, int fd)
{
	if (memory->taken < KEPT_BYTES)
		return;
	lseek(fd, 0, SEEK_SET);
	if (ftruncate(fd, 0) == 0)
		memory->taken = 0;
	else
		lseek(fd, memory->taken, SEEK_SET);
}

char *memory_file_take(struct memory_file *memory, size_t *ret_size)
{
	struct str bytes = STR_INIT;
	char part[PART_BYTES];
	fflush(memory->file);
	int fd = fileno(memory->file);
	ssize_t got;
	do {
		got = pread(fd, part, sizeof(part), memory->taken);
		if (got > 0) {
			str_add(&bytes, part, (size_t)got);
			memory->taken += got;
		}
	} while (got == sizeof(part));
	forget_taken(memory, fd);
	*ret_size = bytes.length;
	return bytes.length ? str_detach(&bytes) : NULL;
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
