/* SPDX-License-Identifier: MIT */
#include "core/collect/resolve.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

struct lookup {
	char *host, port[8];
	int done_fd, failure;
	int why;             /* errno with EAI_SYSTEM */
	atomic_bool is_done; /* what was found is there to read */
	struct addrinfo *found;
	_Atomic unsigned references; /* the asker and the thread */
};

static void unref(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->references, 1) != 1)
		return;
	if (lookup->found)
		freeaddrinfo(lookup->found);
	autoclose_release(&lookup->done_fd);
	free(lookup->host);
	free(lookup);
}

static int look_up(struct lookup *lookup, int flags)
{
	struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG | flags, .ai_socktype = SOCK_STREAM};
	return getaddrinfo(lookup->host, lookup->port, &hints, &lookup->found);
}

static void *main_of_thread(void *argument)
{
	struct lookup *lookup = argument;
	uint64_t one = 1;
	lookup->failure = look_up(lookup, 0);
	lookup->why = errno;
	atomic_store(&lookup->is_done, true);
	ssize_t ignored UNUSED = write(lookup->done_fd, &one, sizeof(one));
	unref(lookup);
	return NULL;
}

static int start_thread(struct lookup *lookup)
{
	pthread_t thread;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	atomic_fetch_add(&lookup->references, 1);
	int failure = pthread_create(&thread, NULL, main_of_thread, lookup);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failure)
		atomic_fetch_sub(&lookup->references, 1);
	else
		pthread_detach(thread);
	return failure;
}

static bool wait_for(struct lookup *lookup, const struct net_limit *limit, struct err *err)
{
	lookup->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int failure = lookup->done_fd < 0 ? errno : start_thread(lookup);
	if (failure)
		return err_errno(err, failure, "cannot look up '%s'", lookup->host);
	if (!net_wait(lookup->done_fd, POLLIN, limit, "the name was not resolved", err))
		return false;
	if (!atomic_load(&lookup->is_done))
		return err_set(err, ERR_INTERNAL, "name '%s' not resolved", lookup->host);
	if (lookup->failure == EAI_SYSTEM)
		return err_errno(err, lookup->why, "cannot look up '%s'", lookup->host);
	if (lookup->failure)
		return err_set(err, ERR_UNREACHABLE, "name '%s' not resolved: %s", lookup->host,
			gai_strerror(lookup->failure));
	return true;
}

bool resolve(const char *host, int port, const struct net_limit *limit, struct addrinfo **ret,
	struct err *err)
{
	struct lookup *lookup = xcalloc(1, sizeof(*lookup));
	lookup->references = 1;
	lookup->host = xstrdup(host);
	snprintf(lookup->port, sizeof(lookup->port), "%d", port);
	lookup->done_fd = -1;
	bool is_found = look_up(lookup, AI_NUMERICHOST) == 0 || wait_for(lookup, limit, err);
	if (is_found) {
		*ret = lookup->found;
		lookup->found = NULL;
	}
	unref(lookup);
	return is_found;
}
