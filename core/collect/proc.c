/* SPDX-License-Identifier: MIT */
#include "core/collect/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/msg/msg.h"

enum { STAT_MAX = 4096, COMMAND_LINE_MAX = 16 << 10, FDS_MAX = 100000 };

/* Reads what fits; -1 with errno on failure. */
static ssize_t read_file(const char *path, char *bytes, size_t size)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t length = 0;
	for (ssize_t count = 1; count && length < size; length += (size_t)count) {
		count = read(fd, bytes + length, size - length);
		if (count < 0)
			return -1;
	}
	return (ssize_t)length;
}

/* The name of the command may hold blanks and parentheses: fields count from the last one. */
bool proc_parse_stat(const char *line, size_t length, struct proc_figures *ret, struct err *err)
{
	enum { UTIME = 14, STIME = 15, THREADS = 20, START = 22, RSS = 24, FIELDS = 25 };
	const char *at = memrchr(line, ')', length), *end = line + length;
	uint64_t fields[FIELDS] = {0};
	char text[STAT_MAX];
	if (!at || end - at < 4 || (size_t)(end - at) >= sizeof(text))
		return err_set(err, ERR_SYNTAX, "the process status does not parse");
	memcpy(text, at + 1, (size_t)(end - at - 1));
	text[end - at - 1] = '\0';
	char *save = NULL, *word = strtok_r(text, " \n", &save);
	ret->state = word ? *word : '?';
	size_t field = 4;
	for (; field < FIELDS && (word = strtok_r(NULL, " \n", &save)); field++)
		fields[field] = strtoull(word, NULL, 10);
	if (field < FIELDS)
		return err_set(err, ERR_SYNTAX, "the process status ends after field %zu", field);
	ret->cpu_ticks = fields[UTIME] + fields[STIME];
	ret->threads = fields[THREADS];
	ret->start_ticks = fields[START];
	ret->rss_bytes = fields[RSS] * (uint64_t)sysconf(_SC_PAGESIZE);
	return true;
}

/* Kernels since 6.2 say it as the size of the directory; older ones want it counted. */
static uint64_t count_fds(pid_t pid)
{
	char path[64];
	struct stat status;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	if (stat(path, &status) == 0 && status.st_size > 0)
		return (uint64_t)status.st_size;
	DIR *directory = opendir(path);
	uint64_t count = 0;
	if (!directory)
		return 0;
	for (const struct dirent *entry; count < FDS_MAX && (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

bool proc_read(pid_t pid, struct proc_figures *ret, struct err *err)
{
	char path[64], line[STAT_MAX];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	ssize_t length = read_file(path, line, sizeof(line));
	if (length <= 0 && (length == 0 || errno == ENOENT || errno == ESRCH))
		return err_set(err, ERR_NOT_FOUND, "no process %d", (int)pid);
	if (length < 0)
		return err_errno(err, errno, "cannot read '%s'", path);
	if (!proc_parse_stat(line, (size_t)length, ret, err))
		return false;
	if (ret->state == 'Z' || ret->state == 'X')
		return err_set(err, ERR_NOT_FOUND, "process %d has ended", (int)pid);
	ret->fds = count_fds(pid);
	return true;
}

void proc_tell(const struct proc_figures *figures, struct msg_obs_process *obs)
{
	obs->rss_bytes = figures->rss_bytes;
	obs->fds = figures->fds;
	obs->threads = figures->threads;
	obs->held = figures->state == 'T'; /* by a signal; t is a debugger's */
}

static int64_t boot_wall_s(void)
{
	autofree char *line = NULL;
	size_t size = 0;
	long long boot = 0;
	FILE *file = fopen("/proc/stat", "re");
	if (!file)
		return 0;
	while (getline(&line, &size, file) > 0)
		if (sscanf(line, "btime %lld", &boot) == 1)
			break;
	fclose(file);
	return boot;
}

int64_t proc_start_wall_ms(uint64_t start_ticks)
{
	int64_t boot = boot_wall_s();
	uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	return boot ? boot * 1000 + (int64_t)(start_ticks * 1000 / per_second) : 0;
}

double proc_cpu_percent(uint64_t ticks, int64_t span_ms)
{
	if (span_ms <= 0)
		return NAN;
	double seconds = (double)ticks / (double)sysconf(_SC_CLK_TCK);
	return seconds * 100000.0 / (double)span_ms;
}

bool proc_arguments(pid_t pid, struct str *ret)
{
	char path[64], bytes[COMMAND_LINE_MAX];
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	ssize_t length = read_file(path, bytes, sizeof(bytes));
	str_clear(ret);
	if (length > 0 && bytes[length - 1] == '\0')
		length--;
	if (length > 0)
		str_add(ret, bytes, (size_t)length);
	return length > 0;
}

bool proc_command_line(pid_t pid, struct str *ret)
{
	bool is_there = proc_arguments(pid, ret);
	for (size_t i = 0; i < ret->length; i++)
		if (ret->text[i] == '\0')
			ret->text[i] = ' ';
	return is_there;
}
