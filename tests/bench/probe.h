/* SPDX-License-Identifier: MIT */
/* What the kernel says of a process, threads summed. A process that is gone counts as 0. */
#ifndef BOTSWAIN_TESTS_BENCH_PROBE_H
#define BOTSWAIN_TESTS_BENCH_PROBE_H

#include <stddef.h>
#include <sys/types.h>

/* Time on a processor, of all its threads that live, in ms (schedstat). */
double probe_cpu_ms(pid_t pid);
/* Resident memory, and its part that is private and changed, in MiB (smaps_rollup). */
double probe_rss_mib(pid_t pid);
double probe_dirty_mib(pid_t pid);

/* Threads of a process: how often each gave up its processor by itself since it began. */
struct probe_thread {
	pid_t tid;
	char name[16];
	unsigned long wakeups;
};
enum { PROBE_THREADS = 64 };
size_t probe_threads(pid_t pid, struct probe_thread ret[PROBE_THREADS]);

/* System calls of these processes and their threads in so many seconds, a second, as strace -c -f counts them; NAN: there
 * is no strace, or it may not look. */
double probe_syscalls(const pid_t *pids, size_t count, int seconds);

/* us of the monotonic clock. */
double probe_now_us(void);
/* Now as a line of a log begins, 2026-11-20T10:00:00.123Z. */
struct probe_stamp {
	char text[32];
};
struct probe_stamp probe_stamp(void);

#endif
