/* SPDX-License-Identifier: MIT */
/* Every process of this machine as far as we may look, once: for `discover`. Any thread. */
#ifndef BOTSWAIN_COLLECT_PROCS_H
#define BOTSWAIN_COLLECT_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "core/collect/clues.h"

struct proc_seen {
	pid_t pid, parent;
	char comm[32];
	char *command; /* its arguments with blanks between them, redacted */
	char *folder;  /* working directory, "" unknown */
	char *unit;    /* systemd's, by its cgroup: orders.service; "" none */
	struct clues clues;
};

struct procs {
	struct proc_seen *items; /* by pid */
	size_t count, capacity;
	size_t hidden; /* processes whose environment may not be read */
};

/* `api`: the Bot API's base URL; connections to it count like those to Telegram. */
void procs_read(struct procs *procs, const char *api);
void procs_release(struct procs *procs);
const struct proc_seen *procs_find(const struct procs *procs, pid_t pid); /* NULL: none */

#endif
