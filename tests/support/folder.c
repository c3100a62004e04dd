/* SPDX-License-Identifier: MIT */
#include "tests/support/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/servers.h"

char folder[64];

int folder_setup(void **state)
{
	(void)state;
	copy_text(folder, sizeof(folder), "/tmp/botswain-test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

int folder_teardown(void **state)
{
	(void)state;
	if (*folder)
		remove_folder(folder);
	*folder = '\0';
	return 0;
}

char *folder_path(const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

FILE *folder_open(const char *name, const char *mode)
{
	autofree char *path = folder_path(name);
	FILE *file = fopen(path, mode);
	if (!file)
		fail_msg("cannot open '%s'", path);
	return file;
}

void folder_write(const char *name, mode_t mode, const char *format, ...)
{
	autofree char *path = folder_path(name), *part = xasprintf("%s.part", name);
	autofree char *part_path = folder_path(part);
	FILE *file = folder_open(part, "we");
	va_list args;
	va_start(args, format);
	assert_true(vfprintf(file, format, args) >= 0);
	va_end(args);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(part_path, mode), 0);
	assert_int_equal(rename(part_path, path), 0);
}

void folder_append(const char *name, const char *format, ...)
{
	FILE *file = folder_open(name, "ae");
	va_list args;
	va_start(args, format);
	assert_true(vfprintf(file, format, args) >= 0);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

char *folder_read(const char *name)
{
	char text[65536];
	autofree char *path = folder_path(name);
	FILE *file = fopen(path, "re");
	size_t length = file ? fread(text, 1, sizeof(text), file) : 0;
	if (file)
		fclose(file);
	return xstrndup(text, length);
}

void folder_gate(const char *name)
{
	autofree char *path = folder_path(name);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(chmod(path, 0666), 0);
}

/* Who waits has the FIFO, which ends; who comes later finds the file. */
void folder_gate_open(const char *name)
{
	autofree char *path = folder_path(name);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	folder_write(name, 0644, "now\n");
	close(fd);
}
