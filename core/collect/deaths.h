/* SPDX-License-Identifier: MIT */
/* How a worker that watches processes hears that one of them, or a command that it ran about them, has ended: one epoll of
 * their descriptors. That worker's thread only. */
#ifndef BOTSWAIN_COLLECT_DEATHS_H
#define BOTSWAIN_COLLECT_DEATHS_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;

/* The first member of that worker's context. */
struct deaths {
	int epoll_fd;
};

/* Of a struct worker_spec: opens the epoll; closes it and frees the context, also of a worker whose thread was not started. */
MUST_CHECK bool deaths_prepare(void *context, struct err *err);
void deaths_release(void *context);

#endif
