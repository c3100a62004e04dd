/* SPDX-License-Identifier: MIT */
#include "core/engine/log_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/collect/log_targets.h"

/* What turns out to be no regular file is not waited for. */
static bool is_readable(const char *path, struct err *err)
{
	struct stat status;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) != 0)
		return err_errno(err, errno, "cannot read '%.200s'", path);
	return S_ISREG(status.st_mode) ||
	       err_set(err, ERR_UNSUPPORTED, "'%.200s' is no regular file", path);
}

/* As YAML has it in double quotes. */
static void add_quoted(struct str *to, const char *text)
{
	str_addch(to, '"');
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < 0x20 || *at == 0x7f)
			str_addf(to, "\\x%02x", *at);
		else if (*at == '"' || *at == '\\')
			str_addf(to, "\\%c", *at);
		else
			str_addch(to, (char)*at);
	}
	str_addch(to, '"');
}

/* A path is a pattern in a configuration: these are not meant to be one. */
static char *literal_of(const char *path)
{
	autostr struct str literal = STR_INIT;
	bool is_wild = strpbrk(path, "*?[") != NULL;
	for (; *path; path++) {
		if (is_wild && strchr("*?[\\", *path))
			str_addch(&literal, '\\');
		str_addch(&literal, *path);
	}
	return str_detach(&literal);
}

bool log_files_is_stream(int fd)
{
	struct stat status;
	return fd > 0 && fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
}

static void add_log(struct str *to, const char *name, const char *path)
{
	autofree char *literal = literal_of(path);
	str_addf(to, "  \"%s\": {path: ", name);
	add_quoted(to, literal);
	str_adds(to, "}\n");
}

static bool add_path(struct str *to, const char *path, size_t number, struct err *err)
{
	char name[32];
	if (!is_readable(path, err))
		return false;
	autofree char *whole = realpath(path, NULL);
	if (!whole)
		return err_errno(err, errno, "cannot find '%.200s'", path);
	snprintf(name, sizeof(name), "%zu", number);
	add_log(to, name, whole);
	return true;
}

bool log_files_configure(
	const char *const *paths, size_t count, int input_fd, struct str *to, struct err *err)
{
	bool has_file = input_fd > 0 && !log_files_is_stream(input_fd);
	char path[32];
	str_adds(to, "environment: logs\nstate_dir: /nonexistent/botswain\nevents: {read_back: "
		     "0}\n");
	if (count || has_file)
		str_adds(to, "logs:\n");
	for (size_t i = 0; i < count; i++)
		if (!add_path(to, paths[i], i + 1, err))
			return false;
	snprintf(path, sizeof(path), LOG_TARGET_OPEN "%d", input_fd);
	if (has_file)
		add_log(to, "stdin", path);
	return true;
}
