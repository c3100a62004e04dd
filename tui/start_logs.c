/* SPDX-License-Identifier: MIT */
#include "tui/start_logs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/client.h"
#include "tui/cli/spool.h"
#include "tui/options.h"

static bool is_input(const char *file)
{
	return strcmp(file, "-") == 0;
}

static bool has_input(const struct options *options)
{
	bool has = false;
	for (int i = 0; i < options->file_count; i++)
		has |= is_input(options->files[i]);
	return has;
}

bool start_logs_input(const struct options *options, bool terminal, int *ret_input, struct err *err)
{
	*ret_input = 0;
	if (!has_input(options))
		return true;
	if (terminal && isatty(STDIN_FILENO))
		return err_set(err, ERR_INVALID,
			"standard input is the terminal: pipe something into it, as some-program | "
			"botswain -- -");
	if (!spool_input(true, ret_input, err))
		return false;
	if (!terminal)
		return true;
	autoclose int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	return (fd >= 0 && dup2(fd, STDIN_FILENO) >= 0) ||
	       err_errno(err, errno, "cannot open the terminal");
}

bool start_logs_open(const struct options *options, int input, struct client **ret, struct err *err)
{
	autofree const char **paths = xcalloc((size_t)options->file_count + 1, sizeof(*paths));
	size_t count = 0;
	for (int i = 0; i < options->file_count; i++)
		if (!is_input(options->files[i]))
			paths[count++] = options->files[i];
	return client_start_logs(paths, count, input, "screen", ret, err);
}
