/* SPDX-License-Identifier: MIT */
/* A listening socket of this machine alone: 127.0.0.1:PORT, [::1]:PORT, or a Unix socket by its path. Any thread. */
#ifndef BOTSWAIN_ENGINE_HTTP_DOOR_H
#define BOTSWAIN_ENGINE_HTTP_DOOR_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;

/* Non-blocking, CLOEXEC. A socket file that nobody listens on any more is replaced; one that answers is not. */
MUST_CHECK bool http_door_open(const char *address, int *ret_fd, struct err *err);

#endif
