/* SPDX-License-Identifier: MIT */
#include "core/engine/log_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

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

bool log_files_configure(const char *const *paths, size_t count, struct str *to, struct err *err)
{
	str_adds(to, "environment: logs\nstate_dir: /nonexistent/botswain\nevents: {read_back: "
		     "0}\nlogs:\n");
	for (size_t i = 0; i < count; i++) {
		if (!is_readable(paths[i], err))
			return false;
		autofree char *whole = realpath(paths[i], NULL);
		if (!whole)
			return err_errno(err, errno, "cannot find '%.200s'", paths[i]);
		str_addf(to, "  \"%zu\": {path: ", i + 1);
		add_quoted(to, whole);
		str_adds(to, "}\n");
	}
	return true;
}
