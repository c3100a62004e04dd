/* SPDX-License-Identifier: MIT */
#include "tests/support/gate.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_S = 20 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const char *shut; /* the call; NULL: none */
	unsigned waiting, unlinks;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct timespec limit(void)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LIMIT_S;
	return until;
}

static void await(bool (*is_there)(unsigned value), unsigned value)
{
	struct timespec until = limit();
	pthread_mutex_lock(&gate.lock);
	while (!is_there(value))
		if (pthread_cond_timedwait(&gate.changed, &gate.lock, &until) != 0) {
			fputs("not ok - nobody came to the gate\n", stdout);
			exit(1);
		}
	pthread_mutex_unlock(&gate.lock);
}

static bool is_waited_at(unsigned value)
{
	return gate.waiting > value;
}

static bool are_unlinked(unsigned value)
{
	return gate.unlinks > value;
}

void gate_shut(const char *call)
{
	pthread_mutex_lock(&gate.lock);
	gate.shut = call;
	pthread_mutex_unlock(&gate.lock);
}

void gate_await(void)
{
	await(is_waited_at, 0);
}

void gate_open(void)
{
	gate_shut(NULL);
	pthread_cond_broadcast(&gate.changed);
}

unsigned gate_unlinks(void)
{
	pthread_mutex_lock(&gate.lock);
	unsigned unlinks = gate.unlinks;
	pthread_mutex_unlock(&gate.lock);
	return unlinks;
}

void gate_await_unlink(unsigned more_than)
{
	await(are_unlinked, more_than);
}

/* ---- the calls ---- */

static bool ends_with(const char *path, const char *ending)
{
	size_t length = strlen(path), tail = strlen(ending);
	return length >= tail && strcmp(path + length - tail, ending) == 0;
}

/* The file is closed under its final name. */
static void pass(const char *call, const char *path)
{
	if (!ends_with(path, strcmp(call, "close") == 0 ? ".dump" : ".part"))
		return;
	pthread_mutex_lock(&gate.lock);
	bool is_held = gate.shut && strcmp(gate.shut, call) == 0;
	gate.waiting += is_held;
	pthread_cond_broadcast(&gate.changed);
	while (gate.shut && strcmp(gate.shut, call) == 0)
		pthread_cond_wait(&gate.changed, &gate.lock);
	gate.waiting -= is_held;
	pthread_mutex_unlock(&gate.lock);
}

static void pass_fd(const char *call, int fd)
{
	char link[32], path[4096];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	pass(call, path);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	pass_fd("write", fd);
	return syscall(SYS_write, fd, bytes, length);
}

int fsync(int fd)
{
	pass_fd("fsync", fd);
	return (int)syscall(SYS_fsync, fd);
}

int close(int fd)
{
	pass_fd("close", fd);
	return (int)syscall(SYS_close, fd);
}

int flock(int fd, int operation)
{
	pass_fd("flock", fd);
	return (int)syscall(SYS_flock, fd, operation);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	pass("renameat2", from);
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int unlink(const char *path)
{
	pass("unlink", path);
	int result = (int)syscall(SYS_unlink, path);
	pthread_mutex_lock(&gate.lock);
	gate.unlinks++;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
	return result;
}
