/* SPDX-License-Identifier: MIT */
/* Where Docker or Podman answers. Any thread. */
#ifndef BOTSWAIN_COLLECT_DOCKER_SOCKET_H
#define BOTSWAIN_COLLECT_DOCKER_SOCKET_H

#include <stdbool.h>
#include "core/base/attr.h"

struct err;

/* `address`: a socket's path, also as unix://PATH; "": the first of the usual ones that answers. The caller frees *ret. */
MUST_CHECK bool docker_socket_find(const char *address, char **ret, struct err *err);

#endif
