/* SPDX-License-Identifier: MIT */
/* Where the files of a process are for us, when it has mounts of its own: a container's, a
 * sandboxed service's. Any thread. */
#ifndef BOTSWAIN_COLLECT_OUTSIDE_H
#define BOTSWAIN_COLLECT_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Its namespace of this kind (mnt, net: namespaces(7)) is another than ours, as far as we may see. */
bool outside_is_other(pid_t pid, const char *kind);
/* The path under which we find what it calls `path`: the same file, seen from here. False: it is in
 * its image alone, or may not be seen, or does not fit. */
bool outside_path(pid_t pid, const char *path, char *ret, size_t size);

#endif
