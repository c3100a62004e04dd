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
#include "core/engine/client_lock.h"
#include "core/engine/folder.h"

enum { LINE_MAX_BYTES = 128 };

struct lock {
	int fd;
	char *path;
	char left_by[LINE_MAX_BYTES]; /* "": the holder before gave it back */
};

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

/* What client_lock_holder() looks at. The flock has decided; where this is not to be had, only a sentence is poorer. */
static void show(int fd)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	(void)fcntl(fd, F_OFD_SETLK, &all);
}

/* Where nobody can look nothing is known: it is. */
static bool is_at(int fd, const char *path)
{
	struct stat ours, found;
	if (fstat(fd, &ours) != 0)
		return true;
	if (lstat(path, &found) != 0)
		return errno != ENOENT && errno != ENOTDIR;
	return ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
}

/* `taken`: what is said of who has it. */
static bool take(const char *state_dir, const char *file, const char *taken,
	const struct clock *clock, struct lock **ret, struct err *err)
{
	char line[LINE_MAX_BYTES] = "";
	if (!folder_make_private(state_dir, err))
		return false;
	autofree char *path = xasprintf("%s/%s", state_dir, file);
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return err_errno(err, errno, "cannot lock '%s'", path);
		client_lock_line(fd, line, sizeof(line));
		return err_set(err, ERR_REFUSED, "%s %s '%s'", *line ? line : "another process",
			taken, state_dir);
	}
	if (!is_at(fd, path))
		return err_set(err, ERR_CONFLICT, "'%s' was removed just now: try again", path);
	show(fd);
	client_lock_line(fd, line, sizeof(line));
	if (!sign(fd, clock, path, err))
		return false;
	*ret = xcalloc(1, sizeof(**ret));
	memcpy((*ret)->left_by, line, sizeof(line));
	(*ret)->fd = keep_fd(&fd);
	(*ret)->path = xstrdup(path);
	return true;
}

bool lock_take(const char *state_dir, const struct clock *clock, struct lock **ret, struct err *err)
{
	return take(state_dir, LOCK_FILE, "is already running as the engine of", clock, ret, err);
}

bool lock_take_own(
	const char *state_dir, const struct clock *clock, struct lock **ret, struct err *err)
{
	char line[128];
	if (client_lock_holder(state_dir, LOCK_CLAIM_FILE, line, sizeof(line)))
		return err_set(err, ERR_REFUSED,
			"%s is a service that takes over as the engine of '%s'", line, state_dir);
	return lock_take(state_dir, clock, ret, err);
}

bool lock_claim(
	const char *state_dir, const struct clock *clock, struct lock **ret, struct err *err)
{
	return take(state_dir, LOCK_CLAIM_FILE, "already waits for its place as the engine of",
		clock, ret, err);
}

const char *lock_left_by(const struct lock *lock)
{
	return lock->left_by;
}

bool lock_is_held(const struct lock *lock)
{
	return is_at(lock->fd, lock->path);
}

const char *lock_path(const struct lock *lock)
{
	return lock->path;
}

void lock_free(struct lock *lock)
{
	if (!lock)
		return;
	int failed UNUSED = ftruncate(lock->fd, 0); /* then a sentence of the next one is wrong */
	close(lock->fd);
	free(lock->path);
	free(lock);
}
