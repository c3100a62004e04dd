/* SPDX-License-Identifier: MIT */
#include "tests/support/engine_process.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/support/spawn.h"

void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

void scene_configure(const struct scene *scene, const char *more)
{
	autostr struct str yaml = STR_INIT;
	str_addf(&yaml,
		"state_dir: %s\ntelegram: {api: \"http://127.0.0.1:9\"}\nbots:\n"
		"  - {name: orders, token: {file: %s/token}}\n%s",
		scene->state_dir, scene->folder, more);
	write_file(scene->config, yaml.text);
}

int scene_setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	const char *build = getenv("BOTSWAIN_BUILD");
	strcpy(scene->folder, "/tmp/botswain-engine-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->config = xasprintf("%s/botswain.yaml", scene->folder);
	scene->state_dir = xasprintf("%s/state", scene->folder);
	autofree char *program = xasprintf("%s/botswaind", build ? build : "build");
	scene->program = realpath(program, NULL);
	assert_non_null(scene->program);
	scene->programs =
		xstrndup(scene->program, (size_t)(strrchr(scene->program, '/') - scene->program));
	autofree char *token = xasprintf("%s/token", scene->folder);
	write_file(token, "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi\n");
	scene_configure(scene, "");
	*state = scene;
	return 0;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found;
	(void)type;
	(void)walk;
	return remove(path);
}

int scene_teardown(void **state)
{
	struct scene *scene = *state;
	nftw(scene->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(scene->config);
	free(scene->state_dir);
	free(scene->program);
	free(scene->programs);
	free(scene);
	return 0;
}

int scene_find_programs(void **state)
{
	const char *build = getenv("BOTSWAIN_BUILD");
	autofree char *beside = realpath(build ? build : "build", NULL), *path = NULL;
	(void)state;
	assert_non_null(beside);
	path = xasprintf("%s:%s", beside, getenv("PATH"));
	return setenv("PATH", path, 1);
}

/* Runs botswaind with our configuration, in our folder; its standard error goes to folder/stderr. */
pid_t scene_start(const struct scene *scene, const char *option)
{
	autofree char *errors = xasprintf("%s/stderr", scene->folder);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no engine behind */
	int fd = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDERR_FILENO);
	if (chdir(scene->folder) == 0)
		execl(scene->program, "botswaind", "-c", scene->config, option, NULL);
	_exit(127);
}

static bool is_there(const void *path)
{
	return access(path, F_OK) == 0;
}

void scene_await_socket(const struct settings *settings)
{
	assert_true(comes_true(is_there, settings->socket_path, PATIENCE_MS));
}

char *read_all(const char *path)
{
	char buffer[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, buffer, sizeof(buffer) - 1) : 0;
	if (fd >= 0)
		close(fd);
	return xstrndup(buffer, got > 0 ? (size_t)got : 0);
}

char *scene_said(const struct scene *scene)
{
	autofree char *errors = xasprintf("%s/stderr", scene->folder);
	return read_all(errors);
}

/* Waits for its end; the wait status. */
int end_of(pid_t pid)
{
	int status = 0, fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};
	if (poll(&ended, 1, PATIENCE_MS) != 1) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		fail_msg("it did not end");
	}
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

void assert_exits(pid_t pid, int expected)
{
	int status = end_of(pid);
	if (WIFSIGNALED(status))
		fail_msg("it was ended by signal %d", WTERMSIG(status));
	assert_int_equal(WEXITSTATUS(status), expected);
}

void screen_load(const struct scene *scene, struct screen *screen)
{
	struct err err;
	autostr struct str report = STR_INIT;
	if (!settings_load(scene->config, &screen->settings, &report, &err))
		fail_msg("%s", report.text);
	screen->model = model_new();
}

void screen_step(struct screen *screen)
{
	struct pollfd fd = {.fd = client_fd(screen->client), .events = POLLIN};
	if (client_wants_write(screen->client))
		fd.events |= POLLOUT;
	(void)poll(&fd, 1, 100);
	client_pump(screen->client, screen->model, clock_mono_ms(clock_real()), NULL, NULL);
}

void screen_attach(struct screen *screen)
{
	struct err err = {.code = ERR_NONE};
	int64_t until_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	while (!client_connect(screen->settings->socket_path, screen->settings->state_dir, "screen",
		true, &screen->client, &err)) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("%s", err.text);
		(void)poll(NULL, 0, 10);
	}
	AWAIT(screen, model_engine(screen->model));
}

void screen_detach(struct screen *screen)
{
	client_free(screen->client);
	model_free(screen->model);
	settings_unref(screen->settings);
}
