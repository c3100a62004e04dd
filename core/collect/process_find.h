/* SPDX-License-Identifier: MIT */
/* Which pid is a bot's: from its pid file, or by a pattern on command lines. Process thread. */
#ifndef BOTSWAIN_COLLECT_PROCESS_FIND_H
#define BOTSWAIN_COLLECT_PROCESS_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct err;
struct str;

/* Identity of a pid file's content: a file that was not written again names the same process. */
struct pidfile_mark {
	uint64_t inode;
	int64_t changed_ns;
};

/* ERR_NOT_FOUND: no file, an empty one, or 0; ERR_DENIED: it may not be read, or not be seen. `ret_mark` is set when the file could be read. */
MUST_CHECK bool pidfile_read(
	const char *path, pid_t *ret_pid, struct pidfile_mark *ret_mark, struct err *err);

struct pattern;
/* PCRE2, with JIT and a match limit. */
MUST_CHECK bool pattern_new(const char *regex, struct pattern **ret, struct err *err);
void pattern_free(struct pattern *pattern); /* NULL is legal */

struct search {
	const struct pattern *pattern; /* NULL: not looked for */
	const char *directory;         /* its working directory; NULL or "": whichever */
	pid_t found;                   /* out: the oldest process that matches, 0 none */
	pid_t hidden; /* out: one that matches by its command line and whose directory may not be
			 read, 0 none: who was not found may be there */
};

/* Whether a process with this command line is one that the search means; `*ret_hidden` becomes true
 * when that cannot be told. */
bool search_means(const struct search *search, pid_t pid, const struct str *line, bool *ret_hidden);

/* One walk through /proc for all searches. Our own process never matches. The result is the errno of what could not be
 * looked at for want of our own (descriptors, say): who was not found may be there. 0: all was seen. */
int processes_search(struct search *searches, size_t count);

#endif
