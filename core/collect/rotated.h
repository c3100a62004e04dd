/* SPDX-License-Identifier: MIT */
/* What a log was rotated to: PATH.1, PATH.2.gz, PATH-20261120, PATH.2026-11-20_10 and the like.
 * Any thread. */
#ifndef BOTSWAIN_COLLECT_ROTATED_H
#define BOTSWAIN_COLLECT_ROTATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

enum { ROTATED_MAX = 64 };

struct rotated {
	char *path;
	dev_t device;
	ino_t inode;
	off_t bytes;
	/* ns since 1970; a file system that does not know when a file was made tells when it was
	 * written last instead */
	int64_t born_ns, written_ns, changed_ns;
	bool is_packed;   /* compressed: nobody reads it here */
	bool knows_birth; /* born_ns is that */
};

/* All regular files that the log at `path` was rotated to, oldest first; at most ROTATED_MAX. */
size_t rotated_find(const char *path, struct rotated **ret) MUST_CHECK;
void rotated_free(struct rotated *list, size_t count);
/* An open file in the same terms, without a path. */
MUST_CHECK bool rotated_of(int fd, struct rotated *ret);
/* It came into being after the other: by its birth, or where it was packed by when its bytes were
 * written. */
bool rotated_is_after(const struct rotated *one, const struct rotated *other);

#endif
