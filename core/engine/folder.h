/* SPDX-License-Identifier: MIT */
/* Folders that only we may look into: the state directory, the socket's. */
#ifndef BOTSWAIN_ENGINE_FOLDER_H
#define BOTSWAIN_ENGINE_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct err;

struct folder_group {
	const char *name; /* "": none */
	gid_t id;
};

/* Makes the folder and those above it (0700). One that is there must be ours; wider permissions are
 * taken away. */
MUST_CHECK bool folder_make_private(const char *path, struct err *err);

/* May wait for a directory service. Any thread. */
MUST_CHECK bool folder_find_group(const char *name, gid_t *ret, struct err *err);
/* Lets the members of a group pass through the folder to what they know by name (0710), and use the socket in it. */
MUST_CHECK bool folder_open_to(const char *path, const char *socket_path,
	const struct folder_group *group, struct err *err);
/* Nobody but us from now on. */
MUST_CHECK bool folder_close(const char *path, const char *socket_path, struct err *err);

#endif
