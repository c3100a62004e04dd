/* SPDX-License-Identifier: MIT */
#include "core/collect/deaths.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "core/base/err.h"

bool deaths_prepare(void *context, struct err *err)
{
	struct deaths *deaths = context;
	deaths->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return deaths->epoll_fd >= 0 ||
	       err_errno(err, errno, "cannot watch for deaths of processes");
}

void deaths_release(void *context)
{
	struct deaths *deaths = context;
	autoclose_release(&deaths->epoll_fd);
	free(context);
}
