/* SPDX-License-Identifier: MIT */
#include "core/engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/folder.h"

struct lock {
	int fd;
};

static bool say_who_has_it(int fd, const char *state_dir, struct err *err)
{
	char text[128] = "";
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return err_set(err, ERR_REFUSED, "%s is already running as the engine of '%s'",
		text[0] ? text : "another process", state_dir);
}

/* One line for humans: "pid 812 since 2026-02-03T04:05:06Z". */
static bool sign(int fd, const struct clock *clock, const char *path, struct err *err)
{
	time_t now = (time_t)(clock_wall_ms(clock) / 1000);
	struct tm parts;
	char text[96], since[32];
	gmtime_r(&now, &parts);
	strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &parts);
	int length = snprintf(text, sizeof(text), "pid %d since %s\n", (int)getpid(), since);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length)
		return err_errno(err, errno, "cannot write '%s'", path);
	return true;
}

bool lock_take(const char *state_dir, const struct clock *clock, struct lock **ret, struct err *err)
{
	if (!folder_make_private(state_dir, err))
		return false;
	autofree char *path = xasprintf("%s/lock", state_dir);
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return say_who_has_it(fd, state_dir, err);
		return err_errno(err, errno, "cannot lock '%s'", path);
	}
	if (!sign(fd, clock, path, err))
		return false;
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->fd = keep_fd(&fd);
	return true;
}

void lock_free(struct lock *lock)
{
	if (!lock)
		return;
	close(lock->fd);
	free(lock);
}
