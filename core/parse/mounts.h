/* SPDX-License-Identifier: MIT */
/*
 * A path as a process with mounts of its own sees it (a container), as others see it: from the two
 * mountinfo files (proc(5)). Pure; any thread.
 */
#ifndef BOTSWAIN_PARSE_MOUNTS_H
#define BOTSWAIN_PARSE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct str;

/*
 * Appends to `ret` the nth place (from 0) where `path` of `theirs` may be in `ours`. False: there
 * is no further one. What lies in the image of a container is nowhere: its place goes with the
 * container. Only a place: another mount may stand over it, so the caller compares the files.
 */
bool mounts_outside(
	const char *theirs, const char *ours, const char *path, size_t nth, struct str *ret);

#endif
