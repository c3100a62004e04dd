/* SPDX-License-Identifier: MIT */
#include "tests/torture/harness.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/support/engine_process.h"
#include "tests/support/fleet.h"

enum { START_MS = 15000, TRY_MS = 20, LOOK_MS = 50 };

int64_t bench_now_ms(void)
{
	return clock_mono_ms(clock_real());
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	autostr struct str text = STR_INIT;
	char buffer[4096];
	for (size_t got; file && (got = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		str_add(&text, buffer, got);
	if (file)
		fclose(file);
	return xstrndup(text.text ? text.text : "", text.length);
}

/* The fleet's, with a state directory, a page and a backup of our own. */
static char *make_config(const struct bench *bench)
{
	autofree char *path = xasprintf("%s/botswain.yaml", bench->fleet);
	autofree char *fleet = read_text(path);
	const char *state = strstr(fleet, "\nstate_dir:"), *backups = strstr(fleet, "\nbackups:");
	autostr struct str text = STR_INIT;
	if (!state || !backups)
		return xstrdup("");
	str_add(&text, fleet, (size_t)(state + 1 - fleet));
	str_addf(&text, "state_dir: %s\nhttp: {listen: %s/metrics.sock}\n", bench->state,
		bench->folder);
	str_adds(&text, "events: {memory: 1MiB}\nrecording: {disk: 1MiB}\n");
	const char *rest = strchr(state + 1, '\n') + 1;
	str_add(&text, rest, (size_t)(backups + 1 - rest));
	str_addf(&text,
		"backups:\n  copy:\n    command: [cat, %s]\n    file: \"%s/copy-{time}\"\n"
		"    verify: [cmp, %s, \"{file}\"]\n",
		bench->source, bench->backups, bench->source);
	return xstrdup(text.text);
}

static struct torture *map_control(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool is_long = fd >= 0 && ftruncate(fd, sizeof(struct torture)) == 0;
	void *shared = is_long ? mmap(NULL, sizeof(struct torture), PROT_READ | PROT_WRITE,
					 MAP_SHARED, fd, 0)
			       : MAP_FAILED;
	if (fd >= 0)
		close(fd);
	if (shared == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	return shared;
}

void bench_init(struct bench *bench, const char *fleet, const char *build, unsigned number)
{
	struct err err;
	autostr struct str report = STR_INIT;
	*bench = (struct bench){.fleet = fleet, .build = build, .number = number};
	bench->folder = xasprintf("%s/t%u", fleet, number);
	bench->config = xasprintf("%s/torture-%u.yaml", fleet, number);
	bench->state = xasprintf("%s/state", bench->folder);
	bench->backups = xasprintf("%s/backups", bench->folder);
	bench->source = xasprintf("%s/source", bench->folder);
	bench->control = xasprintf("%s/control", bench->folder);
	bench->said = xasprintf("%s/said", bench->folder);
	bench->output = xasprintf("%s/output", bench->folder);
	bench->engine = xasprintf("%s/botswaind", build);
	bench->screen = xasprintf("%s/botswain", build);
	bench->shim = xasprintf("%s/tests/torture.so", build);
	mkdir(bench->folder, 0700);
	mkdir(bench->backups, 0700);
	write_file(bench->source, "what is backed up\n");
	bench->text = make_config(bench);
	write_file(bench->config, bench->text);
	bench->torture = map_control(bench->control);
	if (!settings_load(bench->config, &bench->settings, &report, &err)) {
		fprintf(stderr, "torture: %s\n", report.text);
		exit(1);
	}
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found;
	(void)type;
	(void)walk;
	return remove(path);
}

void bench_clean(struct bench *bench)
{
	bench_stop(bench);
	nftw(bench->state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	nftw(bench->backups, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	mkdir(bench->backups, 0700);
	write_file(bench->config, bench->text);
}

void bench_release(struct bench *bench)
{
	bench_stop(bench);
	nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	unlink(bench->config);
	munmap(bench->torture, sizeof(*bench->torture));
	settings_unref(bench->settings);
	char **paths[] = {&bench->folder, &bench->config, &bench->state, &bench->backups,
		&bench->source, &bench->control, &bench->said, &bench->output, &bench->engine,
		&bench->screen, &bench->shim, &bench->text};
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		free(*paths[i]);
}

void bench_arm(struct bench *bench)
{
	memset(bench->torture, 0, sizeof(*bench->torture));
}

const char *const *bench_environment(
	const struct bench *bench, const char *who, const struct injection *injection)
{
	static char lines[10][192];
	static const char *list[11];
	size_t count = 0;
#define LINE(...) (snprintf(lines[count], sizeof(lines[0]), __VA_ARGS__), count++)
	LINE("LD_PRELOAD=%s", bench->shim);
	LINE("TORTURE_CONTROL=%s", bench->control);
	LINE("TORTURE_WHO=%s", who);
	LINE("TORTURE_CLASS=%s", torture_classes[injection->class]);
	LINE("TORTURE_ERROR=%d", injection->error);
	if (injection->at)
		LINE("TORTURE_AT=%lu", injection->at);
	else if (!injection->place)
		LINE("TORTURE_NOTE=1");
	else {
		LINE("TORTURE_PLACE=%llx", (unsigned long long)injection->place);
		LINE("TORTURE_HIT=%u", injection->hit);
	}
	if (injection->goes_on)
		LINE("TORTURE_ON=1");
#undef LINE
	for (size_t i = 0; i < count; i++)
		list[i] = lines[i];
	list[count] = NULL;
	return list;
}

static NORETURN void become(
	const struct bench *bench, const char *const argv[], const char *const environment[])
{
	int said = open(bench->said, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	int output = open(bench->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int nothing = open("/dev/null", O_RDONLY);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
	for (size_t i = 0; environment && environment[i]; i++)
		putenv(xstrdup(environment[i]));
	setsid();
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

pid_t bench_start(
	const struct bench *bench, const char *const argv[], const char *const environment[])
{
	pid_t pid = fork();
	if (pid == 0)
		become(bench, argv, environment);
	return pid;
}

bool bench_end(pid_t pid, int signal, int limit_ms, int *ret)
{
	if (signal)
		kill(pid, signal);
	bool ended = process_ends(pid, limit_ms);
	if (!ended)
		kill(pid, SIGKILL);
	waitpid(pid, ret, 0);
	return ended;
}

/* ---- an engine from outside ---- */

void eye_init(struct eye *eye)
{
	*eye = (struct eye){.model = model_new()};
}

void eye_release(struct eye *eye)
{
	client_free(eye->client);
	model_free(eye->model);
}

static void come_in(struct eye *eye, const struct bench *bench)
{
	struct err err;
	const struct settings *settings = bench->settings;
	if (!client_connect(settings->socket_path, settings->state_dir, "screen", true,
		    &eye->client, &err)) {
		eye->client = NULL;
		(void)poll(NULL, 0, TRY_MS);
	}
}

static void look(struct eye *eye)
{
	struct pollfd slot = {.fd = client_fd(eye->client), .events = POLLIN};
	if (client_wants_write(eye->client))
		slot.events |= POLLOUT;
	(void)poll(&slot, 1, LOOK_MS);
	eye->has_turned |= client_pump(eye->client, eye->model, bench_now_ms(), NULL, NULL) > 0;
	if (client_state(eye->client) != CLIENT_LOST)
		return;
	client_free(eye->client);
	eye->client = NULL;
	(void)poll(NULL, 0, TRY_MS);
}

bool eye_await(struct eye *eye, const struct bench *bench, pid_t engine,
	bool (*is_so)(const struct eye *eye), int64_t limit_ms)
{
	int64_t until_ms = bench_now_ms() + limit_ms;
	eye->has_turned = false;
	while (bench_now_ms() < until_ms) {
		if (!eye->client && process_ends(engine, 0))
			return false;
		if (eye->client)
			look(eye);
		else
			come_in(eye, bench);
		if (eye->client && is_so(eye))
			return true;
	}
	return false;
}

/* ---- the engine that nobody hurts ---- */

static bool has_turned(const struct eye *eye)
{
	return eye->has_turned;
}

bool bench_serve(struct bench *bench)
{
	struct eye eye;
	if (bench->running && !process_ends(bench->running, 0))
		return true;
	bench_stop(bench);
	bench->running = bench_start(
		bench, (const char *const[]){bench->engine, "-c", bench->config, NULL}, NULL);
	eye_init(&eye);
	bool good = eye_await(&eye, bench, bench->running, has_turned, START_MS);
	eye_release(&eye);
	return good;
}

void bench_stop(struct bench *bench)
{
	int status;
	if (bench->running > 0)
		(void)bench_end(bench->running, SIGTERM, START_MS, &status);
	bench->running = 0;
}
