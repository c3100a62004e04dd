/* SPDX-License-Identifier: MIT */
#include "core/base/reap.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "core/base/mem.h"

static struct {
	pthread_mutex_t lock;
	_Atomic size_t count; /* changed under the lock */
	pid_t *pids;
	size_t capacity;
} left = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* True: it is on no list any more. */
static bool has_ended(pid_t pid, int *ret_status)
{
	pid_t ended;
	do
		ended = waitpid(pid, ret_status, WNOHANG);
	while (ended < 0 && errno == EINTR);
	return ended != 0;
}

static void keep(pid_t pid)
{
	pthread_mutex_lock(&left.lock);
	size_t count = atomic_load(&left.count);
	left.pids = grow(left.pids, count, &left.capacity, sizeof(*left.pids));
	left.pids[count] = pid;
	atomic_store(&left.count, count + 1);
	pthread_mutex_unlock(&left.lock);
}

bool reap_child(pid_t pid, int pidfd, int wait_ms, int *ret_status)
{
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	int status = 0;
	if (pidfd >= 0 && wait_ms > 0)
		poll(&end, 1, wait_ms);
	reap_left();
	if (!has_ended(pid, &status)) {
		keep(pid);
		return false;
	}
	if (ret_status)
		*ret_status = status;
	return true;
}

static void sweep(void)
{
	size_t kept = 0, count = atomic_load(&left.count);
	for (size_t i = 0; i < count; i++)
		if (!has_ended(left.pids[i], NULL))
			left.pids[kept++] = left.pids[i];
	atomic_store(&left.count, kept);
	if (kept)
		return;
	free(left.pids);
	left.pids = NULL;
	left.capacity = 0;
}

size_t reap_left(void)
{
	if (!atomic_load(&left.count))
		return 0;
	pthread_mutex_lock(&left.lock);
	sweep();
	size_t count = atomic_load(&left.count);
	pthread_mutex_unlock(&left.lock);
	return count;
}
