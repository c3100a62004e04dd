/* SPDX-License-Identifier: MIT */
/* Reading /proc: what the kernel says of a process. Any thread. */
#ifndef BOTSWAIN_COLLECT_PROC_H
#define BOTSWAIN_COLLECT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "core/base/attr.h"

struct err;
struct msg_obs_process;
struct str;

struct proc_figures {
	char state;                       /* R S D Z ... */
	uint64_t start_ticks;             /* since boot; with the pid it names a process for ever */
	uint64_t cpu_ticks;               /* user and system */
	uint64_t threads, rss_bytes, fds; /* fds 0: not permitted */
};

/* What of it is told of a bot's process as it is; its start and its share of a processor are worked out. */
void proc_tell(const struct proc_figures *figures, struct msg_obs_process *obs);

/* ERR_NOT_FOUND when there is no such process, or it ended and waits for its parent (zombie). */
MUST_CHECK bool proc_read(pid_t pid, struct proc_figures *ret, struct err *err);
/* The line of /proc/PID/stat. Pure. */
MUST_CHECK bool proc_parse_stat(
	const char *line, size_t length, struct proc_figures *ret, struct err *err);
/* Wall time (ms) at which a process started; 0 when the boot time is unknown. */
int64_t proc_start_wall_ms(uint64_t start_ticks);
/* CPU ticks over a span as percent of one core. */
double proc_cpu_percent(uint64_t ticks, int64_t span_ms);
/* The arguments with a NUL between them, into `ret` (cleared first), the first 16 KiB; false when
 * there are none, or none that can be read (errno). */
bool proc_arguments(pid_t pid, struct str *ret);
/* The arguments with blanks between them, into `ret` (cleared first); false when there are none. */
bool proc_command_line(pid_t pid, struct str *ret);

#endif
