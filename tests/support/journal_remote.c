/* SPDX-License-Identifier: MIT */
#include "tests/support/journal_remote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "tests/support/folder.h"
#include "tests/support/spawn.h"

#define PROGRAM "/lib/systemd/systemd-journal-remote"

enum { END_MS = 20000, PIPE_BYTES = 1 << 20 };

bool journal_remote_is_here(void)
{
	return access(PROGRAM, X_OK) == 0;
}

void journal_remote_start(struct journal_remote *remote)
{
	autofree char *pipe = folder_path("pipe");
	*remote = (struct journal_remote){.in = folder_path("journal"), .mono_us = 1000000};
	autofree char *script =
		xasprintf("trap '' XFSZ; ulimit -f %d; exec " PROGRAM " -o %s/remote.journal %s",
			JOURNAL_FILE_BLOCKS, remote->in, pipe);
	assert_true(mkdir(remote->in, 0700) == 0 || errno == EEXIST);
	assert_true(mkfifo(pipe, 0600) == 0 || errno == EEXIST);
	remote->pipe = open(pipe, O_RDWR | O_CLOEXEC);
	assert_true(remote->pipe >= 0);
	assert_true(fcntl(remote->pipe, F_SETPIPE_SZ, PIPE_BYTES) > 0);
	remote->pid =
		spawn_start(WORDS("sh", "-c", script), &(struct spawn){.death_signal = SIGKILL});
	remote->to = fdopen(remote->pipe, "w");
	assert_non_null(remote->to);
}

static bool has_ended(const void *context)
{
	const pid_t *pid = context;
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)*pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;
}

static bool is_drained(const void *context)
{
	const int *pipe = context;
	int waiting = 0;
	return ioctl(*pipe, FIONREAD, &waiting) == 0 && waiting == 0;
}

/* What has read all of its pipe ends by itself when nobody has that open for writing. */
void journal_remote_end(struct journal_remote *remote)
{
	bool is_read = remote->to && fflush(remote->to) == 0 && remote->has_said &&
		       comes_true(is_drained, &remote->pipe, END_MS);
	if (remote->to)
		(void)fclose(remote->to);
	remote->to = NULL;
	if (is_read && !comes_true(has_ended, &remote->pid, END_MS))
		print_message("# systemd-journal-remote does not end\n");
	(void)spawn_end(&remote->pid, SIGTERM);
	free(remote->in);
	remote->in = NULL;
}

static void begin(struct journal_remote *remote, int64_t ago_ms)
{
	remote->has_said = true;
	int64_t wall_us = (clock_wall_ms(clock_real()) - ago_ms) * 1000;
	fprintf(remote->to,
		"__REALTIME_TIMESTAMP=%" PRId64 "\n__MONOTONIC_TIMESTAMP=%" PRIu64
		"\n_BOOT_ID=0123456789abcdef0123456789abcdef\n",
		wall_us, ++remote->mono_us);
}

void journal_remote_begin(struct journal_remote *remote)
{
	begin(remote, 0);
}

/* In the form for any bytes: the name, 8 bytes with the length, the value. */
void journal_remote_field(
	struct journal_remote *remote, const char *name, const char *value, size_t length)
{
	fprintf(remote->to, "%s\n", name);
	for (int i = 0; i < 8; i++)
		fputc((int)((uint64_t)length >> 8 * i & 0xff), remote->to);
	fwrite(value, 1, length, remote->to);
	fputc('\n', remote->to);
}

void journal_remote_done(struct journal_remote *remote)
{
	fputc('\n', remote->to);
}

void journal_remote_say(struct journal_remote *remote, int64_t ago_ms, const char *format, ...)
{
	va_list args;
	begin(remote, ago_ms);
	va_start(args, format);
	vfprintf(remote->to, format, args);
	va_end(args);
	fputs("\n\n", remote->to);
}

void journal_remote_flush(struct journal_remote *remote)
{
	assert_int_equal(fflush(remote->to), 0);
}

void journal_remote_count(
	struct journal_remote *remote, const char *unit, int from, int to, size_t bytes)
{
	autofree char *filler = xcalloc(bytes + 1, 1);
	struct rng rng;
	rng_init(&rng, (uint64_t)from + 1);
	for (int i = from; i < to; i++) {
		for (size_t j = 0; j < bytes; j++)
			filler[j] = "0123456789abcdefghijklmnopqrstuv"[rng_below(&rng, 32)];
		journal_remote_say(remote, 0, "_SYSTEMD_UNIT=%s\nPRIORITY=6\nMESSAGE=number %d. %s",
			unit, i, filler);
	}
	journal_remote_flush(remote);
}

/* ---- its files ---- */

static size_t each_file(const struct journal_remote *remote, bool archived_only, bool removes)
{
	size_t count = 0;
	DIR *dir = opendir(remote->in);
	assert_non_null(dir);
	for (const struct dirent *item; (item = readdir(dir));) {
		autofree char *path = xasprintf("%s/%s", remote->in, item->d_name);
		if (!strstr(item->d_name, ".journal") ||
			(archived_only && !strchr(item->d_name, '@')))
			continue;
		count++;
		if (removes)
			assert_int_equal(unlink(path), 0);
	}
	closedir(dir);
	return count;
}

size_t journal_remote_files(const struct journal_remote *remote, bool archived_only)
{
	return each_file(remote, archived_only, false);
}

size_t journal_remote_vacuum(const struct journal_remote *remote)
{
	return each_file(remote, true, true);
}
