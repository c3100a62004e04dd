/* SPDX-License-Identifier: MIT */
#include "tests/support/fleet.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum { UP_MS = 120000, ASK_MS = 60000 };

/* Takes the fleet down when the test ends in whatever way. */
static pid_t start_watch(const struct fleet *fleet)
{
	autofree char *program = build_program("fleet/watch");
	autofree char *self = xasprintf("%d", (int)getpid());
	return spawn_start(WORDS(program, self, "--", "tests/fleet/down", fleet->dir),
		&(struct spawn){.death_signal = SPAWN_OUTLIVES});
}

void fleet_start(struct fleet *fleet, int bots)
{
	autofree char *count = xasprintf("%d", bots), *build = build_program(".");
	strcpy(fleet->dir, "/tmp/botswain-fleet-test-XXXXXX");
	assert_non_null(mkdtemp(fleet->dir));
	fleet->watch = start_watch(fleet);
	setenv("BOTS", count, 1);
	setenv("TROUBLE", "0", 1);
	setenv("BUILD", build, 1);
	spawn_well(WORDS("tests/fleet/up", fleet->dir), &(struct spawn){0}, UP_MS);
}

void fleet_stop(struct fleet *fleet)
{
	spawn_well(WORDS("tests/fleet/down", fleet->dir), &(struct spawn){0}, UP_MS);
	(void)spawn_end(&fleet->watch, SIGKILL);
}

static pid_t read_pid(const char *path)
{
	FILE *file = fopen(path, "re");
	int pid = 0;
	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

pid_t fleet_pid(const struct fleet *fleet, const char *bot)
{
	autofree char *path = xasprintf("%s/run/%s.pid", fleet->dir, bot);
	return read_pid(path);
}

void fleet_control(const struct fleet *fleet, const char *route, const char *json)
{
	spawn_well(WORDS("tests/fleet/ctl", fleet->dir, route, json), &(struct spawn){0}, ASK_MS);
}

struct vt *fleet_console(const struct fleet *fleet, int rows, int columns)
{
	autofree char *program = build_program("botswain");
	autofree char *config = xasprintf("%s/botswain.yaml", fleet->dir);
	autofree char *memory = xasprintf("XDG_STATE_HOME=%s/screens", fleet->dir);
	return vt_spawn(rows, columns, (const char *const[]){program, "-c", config, NULL},
		(const char *const[]){memory, NULL});
}

int fleet_ask(const struct fleet *fleet, const char *const words[], struct str *ret)
{
	autofree char *program = build_program("botswain");
	autofree char *config = xasprintf("%s/botswain.yaml", fleet->dir);
	const char *argv[16] = {program, "-c", config};
	autofree char *said = NULL;
	for (size_t i = 0; words[i] && i < 10; i++)
		argv[i + 3] = words[i];
	int status = spawn_run(argv, &(struct spawn){0}, ASK_MS, &said);
	str_adds(ret, said);
	return status;
}

pid_t fleet_engine(const struct fleet *fleet)
{
	autofree char *path = xasprintf("%s/state/lock", fleet->dir);
	FILE *file = fopen(path, "re");
	char line[128] = "";
	if (file && !fgets(line, sizeof(line), file))
		*line = '\0';
	if (file)
		fclose(file);
	const char *digits = line + strcspn(line, "0123456789");
	pid_t pid = (pid_t)strtol(digits, NULL, 10);
	return pid > 0 && kill(pid, 0) == 0 ? pid : 0;
}

pid_t child_of_process(pid_t parent)
{
	autofree char *path = xasprintf("/proc/%d/task/%d/children", (int)parent, (int)parent);
	return read_pid(path);
}

bool process_ends(pid_t pid, int limit_ms)
{
	struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	if (ended.fd < 0)
		return true;
	bool is_gone = poll(&ended, 1, limit_ms) == 1;
	close(ended.fd);
	return is_gone;
}

long process_cpu_ms(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/stat", (int)pid);
	unsigned long user = 0, system = 0;
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				 &user, &system),
		2);
	fclose(file);
	return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}
