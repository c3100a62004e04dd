/* SPDX-License-Identifier: MIT */
#include "core/collect/process_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/pid.h"
#include "core/collect/private_tmp.h"
#include "core/collect/proc.h"

static bool say_no_pidfile(const char *path, int errnum, struct err *err)
{
	if (errnum == ENOENT && private_tmp_hides(path))
		return err_set(
			err, ERR_DENIED, "cannot see pid file '%.80s': %s", path, PRIVATE_TMP_STEP);
	if (errnum == ENOENT || errnum == ENOTDIR)
		return err_set(err, ERR_NOT_FOUND, "no pid file '%s'", path);
	err_errno(err, errnum, "cannot read pid file '%s'", path);
	if (err && errnum == EACCES)
		err->code = ERR_DENIED;
	return false;
}

bool pidfile_read(const char *path, pid_t *ret_pid, struct pidfile_mark *ret_mark, struct err *err)
{
	char text[256];
	struct stat status;
	int32_t pid;
	/* Non-blocking: a pid file that is a FIFO must not hold the thread. */
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return say_no_pidfile(path, errno, err);
	if (fstat(fd, &status) < 0)
		return err_errno(err, errno, "cannot read pid file '%s'", path);
	ssize_t length = read(fd, text, sizeof(text));
	if (length < 0)
		return err_errno(err, errno, "cannot read pid file '%s'", path);
	ret_mark->inode = status.st_ino;
	ret_mark->changed_ns = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
	if (!pid_read(text, (size_t)length, &pid, NULL))
		return err_set(err, ERR_NOT_FOUND, "pid file '%s' holds no pid", path);
	*ret_pid = pid;
	return true;
}

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

bool pattern_new(const char *regex, struct pattern **ret, struct err *err)
{
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR text[120];
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
		PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	if (!compiled) {
		pcre2_get_error_message(code, text, sizeof(text));
		return err_set(err, ERR_INVALID, "bad pattern at character %zu: %s", at + 1,
			(const char *)text);
	}
	struct pattern *pattern = xcalloc(1, sizeof(*pattern));
	pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE);
	pattern->code = compiled;
	pattern->data = pcre2_match_data_create_from_pattern(compiled, NULL);
	pattern->context = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(pattern->context, LIMIT_REGEX_MATCH);
	*ret = pattern;
	return true;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->context);
	pcre2_match_data_free(pattern->data);
	pcre2_code_free(pattern->code);
	free(pattern);
}

static bool matches(const struct pattern *pattern, const struct str *line)
{
	return pcre2_match(pattern->code, (PCRE2_SPTR)line->text, line->length, 0, 0, pattern->data,
		       pattern->context) >= 0;
}

static bool is_older(pid_t one, pid_t other)
{
	struct proc_figures a, b;
	if (!proc_read(one, &a, NULL))
		return false;
	return !proc_read(other, &b, NULL) || a.start_ticks < b.start_ticks;
}

/* A folder that was taken away under its process (a deploy) is still where that was started. */
static bool is_in(pid_t pid, const char *directory, bool *ret_hidden)
{
	static const char gone[] = " (deleted)";
	char link[64], path[PATH_MAX], real[PATH_MAX];
	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		*ret_hidden |= errno == EACCES || errno == EPERM;
	path[length > 0 ? length : 0] = '\0';
	size_t end = strlen(path) > strlen(gone) ? strlen(path) - strlen(gone) : 0;
	if (end && strcmp(path + end, gone) == 0)
		path[end] = '\0';
	return strcmp(path, directory) == 0 ||
	       (length > 0 && realpath(directory, real) && strcmp(path, real) == 0);
}

bool search_means(const struct search *search, pid_t pid, const struct str *line, bool *ret_hidden)
{
	if (!search->pattern || !matches(search->pattern, line))
		return false;
	bool is_anywhere = !search->directory || !*search->directory;
	return is_anywhere || is_in(pid, search->directory, ret_hidden);
}

/* The oldest one is it: what it started has its command line, too. */
static void try(struct search *search, pid_t pid, const struct str *line)
{
	bool is_hidden = false;
	if (search_means(search, pid, line, &is_hidden) &&
		(!search->found || is_older(pid, search->found)))
		search->found = pid;
	if (is_hidden)
		search->hidden = pid;
}

/* Nothing about the other process: we lack what it takes to look. */
static bool is_our_want(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

int processes_search(struct search *searches, size_t count)
{
	autostr struct str line = STR_INIT;
	DIR *directory = opendir("/proc");
	int32_t pid;
	int want = 0;
	if (!directory)
		return errno;
	for (const struct dirent *entry; (entry = readdir(directory));) {
		if (!pid_read(entry->d_name, strlen(entry->d_name), &pid, NULL) || pid == getpid())
			continue;
		errno = 0;
		if (!proc_command_line(pid, &line)) {
			want = is_our_want(errno) ? errno : want;
			continue;
		}
		for (size_t i = 0; i < count; i++)
			try(&searches[i], pid, &line);
	}
	closedir(directory);
	return want;
}
