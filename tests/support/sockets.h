/* SPDX-License-Identifier: MIT */
/* Unix sockets of a test. */
#ifndef BOTSWAIN_TESTS_SOCKETS_H
#define BOTSWAIN_TESTS_SOCKETS_H

#include <stdbool.h>
#include "core/base/attr.h"

/* Listens, and says nothing by itself; the caller closes it. Fails the test when it cannot. */
int socket_listen(const char *path) MUST_CHECK;
/* Somebody listens there. `path`: a text; as comes_true() takes it. */
bool socket_listens(const void *path);

#endif
