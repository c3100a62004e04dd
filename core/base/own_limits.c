/* SPDX-License-Identifier: MIT */
#include "core/base/own_limits.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/attr.h"

/* Written before there is a second thread. */
static struct {
	bool is_raised;
	struct rlimit before;
} descriptors;

void own_limits_no_core(void)
{
	const struct rlimit none = {0, 0};
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}

void own_limits_raise(void)
{
	struct rlimit most;
	if (getrlimit(RLIMIT_NOFILE, &descriptors.before) != 0)
		return;
	most = descriptors.before;
	most.rlim_cur = most.rlim_max;
	descriptors.is_raised = setrlimit(RLIMIT_NOFILE, &most) == 0;
}

static int own_score(void)
{
	char text[16];
	autoclose int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	return (int)strtol(text, NULL, 10);
}

void own_limits_unspare(pid_t process)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)process);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t ignored UNUSED = fd < 0 ? -1 : write(fd, "0", 1);
}

void own_limits_not_for(pid_t child)
{
	if (descriptors.is_raised)
		(void)prlimit(child, RLIMIT_NOFILE, &descriptors.before, NULL);
	if (own_score() < 0)
		own_limits_unspare(child);
}
