/* SPDX-License-Identifier: MIT */
#include "tests/support/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"

static bool has_text(const char *pid, const char *text)
{
	char words[4096];
	autofree char *path = xasprintf("/proc/%s/cmdline", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	size_t length = fread(words, 1, sizeof(words), file);
	fclose(file);
	return memmem(words, length, text, strlen(text)) && strtol(pid, NULL, 10) != getpid();
}

/* How many such processes there are for which `each` says true. */
static size_t find(const char *text, bool (*each)(pid_t pid, int limit_ms), int limit_ms)
{
	size_t count = 0;
	DIR *folder = opendir("/proc");
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));)
		if (isdigit((unsigned char)entry->d_name[0]) && has_text(entry->d_name, text))
			count += each((pid_t)strtol(entry->d_name, NULL, 10), limit_ms);
	closedir(folder);
	return count;
}

static bool count_it(pid_t pid, int limit_ms)
{
	(void)pid;
	(void)limit_ms;
	return true;
}

static bool goes_on(pid_t pid, int limit_ms)
{
	int process = pidfd_open(pid, 0);
	struct pollfd ends = {.fd = process, .events = POLLIN};
	bool is_over = process < 0 || poll(&ends, 1, limit_ms) == 1;
	if (process >= 0)
		close(process);
	return !is_over;
}

size_t processes_with(const char *text)
{
	return find(text, count_it, 0);
}

bool processes_end(const char *text, int limit_ms)
{
	return find(text, goes_on, limit_ms) == 0;
}

bool processes_left_a_zombie(void)
{
	siginfo_t info = {0};
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}
