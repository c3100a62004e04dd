/* SPDX-License-Identifier: MIT */
/* botswaind as a process: lock, socket, signals, who leaves when. Real time, bounded by deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/support/vt.h"
#include "tui/link.h"

enum {
	PATIENCE_MS = 10000,
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	CRASH = SIGABRT, /* SIGSEGV is the sanitizer's */
#else
	CRASH = SIGSEGV,
#endif
};

struct scene {
	char folder[64], *config, *state_dir, *program, *programs;
};

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void configure(const struct scene *scene, const char *more)
{
	autostr struct str yaml = STR_INIT;
	str_addf(&yaml,
		"state_dir: %s\ntelegram: {api: \"http://127.0.0.1:9\"}\nbots:\n"
		"  - {name: orders, token: {file: %s/token}}\n%s",
		scene->state_dir, scene->folder, more);
	write_file(scene->config, yaml.text);
}

static int setup(void **state)
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
	configure(scene, "");
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

static int teardown(void **state)
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

/* Runs botswaind with our configuration, in our folder; its standard error goes to folder/stderr. */
static pid_t start(const struct scene *scene, const char *option)
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

static char *read_all(const char *path)
{
	char buffer[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, buffer, sizeof(buffer) - 1) : 0;
	if (fd >= 0)
		close(fd);
	return xstrndup(buffer, got > 0 ? (size_t)got : 0);
}

static char *said(const struct scene *scene)
{
	autofree char *errors = xasprintf("%s/stderr", scene->folder);
	return read_all(errors);
}

/* Waits for its end; the wait status. */
static int end_of(pid_t pid)
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

static void assert_exits(pid_t pid, int expected)
{
	int status = end_of(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
}

/* A program that does nothing about cores, ended by the same signal. */
static pid_t crash_another(const struct scene *scene)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (chdir(scene->folder) == 0)
		execlp("sh", "sh", "-c", "kill -SEGV $$", NULL);
	_exit(127);
}

/* A client and its replica. */
struct screen {
	struct settings *settings;
	struct client *client;
	struct model *model;
};

static void load(const struct scene *scene, struct screen *screen)
{
	struct err err;
	autostr struct str report = STR_INIT;
	if (!settings_load(scene->config, &screen->settings, &report, &err))
		fail_msg("%s", report.text);
	screen->model = model_new();
}

static void step(struct screen *screen)
{
	struct pollfd fd = {.fd = client_fd(screen->client), .events = POLLIN};
	if (client_wants_write(screen->client))
		fd.events |= POLLOUT;
	(void)poll(&fd, 1, 100);
	client_pump(screen->client, screen->model, clock_mono_ms(clock_real()), NULL, NULL);
}

#define AWAIT(screen, condition)                                                                   \
	do {                                                                                       \
		int64_t until_ms_ = clock_mono_ms(clock_real()) + PATIENCE_MS;                     \
		while (!(condition)) {                                                             \
			if (clock_mono_ms(clock_real()) > until_ms_)                               \
				fail_msg("%s did not come true", #condition);                      \
			step(screen);                                                              \
		}                                                                                  \
	} while (0)

static void attach(struct screen *screen)
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

static void detach(struct screen *screen)
{
	client_free(screen->client);
	model_free(screen->model);
	settings_unref(screen->settings);
}

static void a_second_engine_says_who_has_the_lock_and_exits_5(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	pid_t first = start(scene, NULL);
	load(scene, &screen);
	attach(&screen);
	assert_exits(start(scene, NULL), 5);
	autofree char *words = said(scene), *name = xasprintf("pid %d since 20", (int)first);
	assert_non_null(strstr(words, "already running"));
	assert_non_null(strstr(words, name));
	detach(&screen);
	kill(first, SIGTERM);
	assert_exits(first, 0);
}

static unsigned mode_of(const char *folder, const char *name)
{
	autofree char *path = xasprintf("%s/%s", folder, name);
	struct stat found;
	assert_int_equal(stat(path, &found), 0);
	return found.st_mode & 07777;
}

static void nobody_else_may_look_into_the_state(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	assert_int_equal(mkdir(scene->state_dir, 0777), 0);
	assert_int_equal(chmod(scene->state_dir, 0755), 0);
	pid_t pid = start(scene, NULL);
	load(scene, &screen);
	attach(&screen);
	assert_int_equal(mode_of(scene->state_dir, "."), 0700);
	assert_int_equal(mode_of(scene->state_dir, "lock"), 0600);
	assert_int_equal(mode_of(scene->state_dir, "engine.sock"), 0600);
	autofree char *limits_path = xasprintf("/proc/%d/limits", (int)pid);
	autofree char *limits = read_all(limits_path);
	assert_non_null(strstr(limits, "Max core file size        0                    0"));
	detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

/* The kernel's own word on whether it wrote one, wherever the machine puts cores. */
static void an_engine_that_crashes_leaves_no_core(void **state)
{
	const struct scene *scene = *state;
	struct rlimit before, all;
	assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
	all = (struct rlimit){before.rlim_max, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_CORE, &all), 0);
	struct screen screen;
	pid_t pid = start(scene, NULL), other = crash_another(scene);
	assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
	load(scene, &screen);
	attach(&screen);
	kill(pid, CRASH);
	int status = end_of(pid), control = end_of(other);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), CRASH);
	assert_false(WCOREDUMP(status));
	if (before.rlim_max)
		assert_true(WCOREDUMP(control)); /* it would have been written */
	detach(&screen);
}

static void what_a_killed_engine_leaves_is_in_nobodys_way(void **state)
{
	const struct scene *scene = *state;
	for (int round = 0; round < 3; round++) {
		struct screen screen;
		pid_t pid = start(scene, NULL);
		load(scene, &screen);
		attach(&screen);
		assert_int_equal(client_welcome(screen.client)->pid, (uint64_t)pid);
		kill(pid, SIGKILL);
		assert_true(WIFSIGNALED(end_of(pid)));
		AWAIT(&screen, client_state(screen.client) == CLIENT_LOST);
		detach(&screen);
	}
}

/* Who asked, and what came of it: refused by signal, taken by signal, taken by a screen. */
static void assert_reloads_recorded(const struct scene *scene)
{
	autofree char *path = xasprintf("%s/audit.jsonl", scene->state_dir);
	autofree char *audit = read_all(path);
	const char *line = audit;
	static const char *const words[][2] = {{"\"SIGHUP\"", "botswain.yaml:5:"},
		{"\"SIGHUP\"", "read again"}, {"\"who\":\"", "read again"}};
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		line = strstr(line, "\"what\":\"reload\"");
		assert_non_null(line);
		while (line > audit && line[-1] != '\n')
			line--;
		autofree char *one = xstrndup(line, strcspn(line, "\n"));
		assert_non_null(strstr(one, words[i][0]));
		assert_non_null(strstr(one, words[i][1]));
		assert_int_equal(i == 2, !strstr(one, "SIGHUP"));
		line += strlen(one);
	}
}

static void a_reload_is_all_or_nothing(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	pid_t pid = start(scene, NULL);
	load(scene, &screen);
	attach(&screen);
	configure(scene, "  - {nam: broken}\n");
	kill(pid, SIGHUP);
	AWAIT(&screen, model_engine(screen.model)->config_error[0]);
	assert_non_null(strstr(model_engine(screen.model)->config_error, "botswain.yaml:5:"));
	configure(scene, "  - {name: extra, transport: none}\n");
	kill(pid, SIGHUP);
	AWAIT(&screen, model_bot(screen.model, entity_id("bot", "extra")));
	AWAIT(&screen, !model_engine(screen.model)->config_error[0]);
	configure(scene, "");
	struct msg_reload_req request = {.req = client_next_request(screen.client)};
	client_send(screen.client, MSG_reload_req, &request);
	AWAIT(&screen, !model_bot(screen.model, entity_id("bot", "extra")));
	detach(&screen);
	kill(pid, SIGINT);
	assert_exits(pid, 0);
	assert_reloads_recorded(scene);
}

static void an_own_engine_is_found_or_started_and_leaves_with_its_last_client(void **state)
{
	const struct scene *scene = *state;
	struct screen first = {0}, second = {0};
	struct err err = {.code = ERR_NONE};
	bool started;
	load(scene, &first);
	load(scene, &second);
	if (!client_attach(
		    first.settings, "screen", true, PATIENCE_MS, &first.client, &started, &err))
		fail_msg("%s", err.text);
	assert_true(started);
	assert_true(client_attach(
		second.settings, "screen", true, PATIENCE_MS, &second.client, &started, &err));
	assert_false(started);
	AWAIT(&first, model_engine(first.model));
	AWAIT(&second, model_engine(second.model));
	assert_true(client_welcome(first.client)->own);
	pid_t pid = (pid_t)client_welcome(first.client)->pid;
	assert_int_equal(client_welcome(second.client)->pid, (uint64_t)pid);
	detach(&first);
	AWAIT(&second, model_engine(second.model)->clients == 1);
	detach(&second);
	assert_exits(pid, 0);
}

static void a_private_engine_keeps_nothing_and_leaves_at_once(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	struct err err = {.code = ERR_NONE};
	load(scene, &screen);
	if (!client_start_private(screen.settings, "cli", &screen.client, &err))
		fail_msg("%s", err.text);
	AWAIT(&screen, model_bot(screen.model, entity_id("bot", "orders")));
	assert_string_equal(model_engine(screen.model)->write, "read-only");
	assert_int_not_equal(access(scene->state_dir, F_OK), 0);
	pid_t pid = (pid_t)client_welcome(screen.client)->pid;
	detach(&screen);
	assert_exits(pid, 0);
}

static void an_engine_that_cannot_start_says_why(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	struct err err = {.code = ERR_NONE};
	bool started;
	load(scene, &screen);
	configure(scene, "  - {nam: broken}\n");
	assert_exits(start(scene, NULL), 2);
	autofree char *words = said(scene);
	assert_non_null(strstr(words, "botswain.yaml:5:"));
	assert_false(client_attach(
		screen.settings, "screen", true, PATIENCE_MS, &screen.client, &started, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.text, "botswain.yaml:5:"));
	detach(&screen);
}

/* ---- who is in the way ---- */

/* A lock without an engine behind it: somebody who leaves, or who never opens its socket. */
static int hold_lock(const struct scene *scene, const char *words)
{
	autofree char *path = xasprintf("%s/lock", scene->state_dir);
	assert_int_equal(mkdir(scene->state_dir, 0700), 0);
	write_file(path, words);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	return fd;
}

static void step_link(struct link *link, struct screen *screen)
{
	int64_t now_ms = clock_mono_ms(clock_real());
	int limit_ms = link_timeout_ms(link, now_ms);
	struct pollfd slot = link_poll(link);
	(void)poll(&slot, 1, limit_ms >= 0 && limit_ms < 100 ? limit_ms : 100);
	(void)link_step(link, screen->model, clock_mono_ms(clock_real()), NULL, NULL);
}

static void await_link(
	struct link *link, struct screen *screen, enum link_state state, const char *why)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	while (link_state(link) != state || !strstr(link_why(link), why)) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg(
				"no '%s' came, but %u '%s'", why, link_state(link), link_why(link));
		step_link(link, screen);
	}
}

static void assert_own_engine_leaves_with(struct link *link, struct screen *screen)
{
	await_link(link, screen, LINK_ATTACHED, "");
	assert_true(link_welcome(link)->own);
	pid_t pid = (pid_t)link_welcome(link)->pid;
	link_free(link);
	assert_exits(pid, 0);
	detach(screen);
}

static void a_screen_says_who_has_the_lock_and_comes_in_when_it_goes(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	int lock = hold_lock(scene, "pid 7 since 2026-02-03T04:05:06Z\n");
	load(scene, &screen);
	struct link *link = link_new(screen.settings, "screen");
	await_link(
		link, &screen, LINK_WAITING, "pid 7 since 2026-02-03T04:05:06Z is already running");
	close(lock);
	assert_own_engine_leaves_with(link, &screen);
}

static void a_screen_without_an_engine_can_be_left(void **state)
{
	const struct scene *scene = *state;
	autofree char *program = xasprintf("%s/botswain", scene->programs);
	int status, lock = hold_lock(scene, "pid 7 since 2026-02-03T04:05:06Z\n");
	struct vt *vt =
		vt_spawn(24, 80, (const char *const[]){program, "-c", scene->config, NULL}, NULL);
	vt_must_show(vt, "no engine: pid 7 since 2026-02-03T04:05:06Z is already run", PATIENCE_MS);
	vt_press(vt, "?");
	vt_must_show(vt, "Esc Close", PATIENCE_MS);
	vt_press(vt, "Esc");
	vt_must_not_show(vt, "Esc Close", PATIENCE_MS);
	vt_press(vt, "q");
	assert_true(vt_wait_exit(vt, true, PATIENCE_MS, &status));
	assert_int_equal(status, 0);
	vt_free(vt);
	close(lock);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(copy_text(address.sun_path, sizeof(address.sun_path), path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* Somebody lets one client in and leaves without a word to it. */
static pid_t leave_after_the_next_client(const struct screen *screen)
{
	int listener = listen_at(screen->settings->socket_path);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		int client = accept(listener, NULL, NULL);
		unlink(screen->settings->socket_path);
		close(listener);
		close(client);
		_exit(client < 0);
	}
	close(listener);
	return pid;
}

static void an_engine_is_found_only_when_it_has_answered(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	struct err err = {.code = ERR_NONE};
	bool started;
	load(scene, &screen);
	assert_int_equal(mkdir(scene->state_dir, 0700), 0);
	pid_t leaving = leave_after_the_next_client(&screen);
	if (!client_attach(
		    screen.settings, "cli", true, PATIENCE_MS, &screen.client, &started, &err))
		fail_msg("%s", err.text);
	assert_true(started);
	assert_exits(leaving, 0);
	assert_true(client_welcome(screen.client)->own);
	pid_t pid = (pid_t)client_welcome(screen.client)->pid;
	AWAIT(&screen, model_engine(screen.model));
	detach(&screen);
	assert_exits(pid, 0);
}

static void who_listens_and_never_answers_is_named(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	load(scene, &screen);
	assert_int_equal(mkdir(scene->state_dir, 0700), 0);
	int listener = listen_at(screen.settings->socket_path);
	struct link *link = link_new(screen.settings, "screen");
	await_link(link, &screen, LINK_MEETING, "");
	await_link(link, &screen, LINK_WAITING, "engine.sock' does not answer");
	close(listener);
	assert_own_engine_leaves_with(link, &screen);
}

static pid_t await_pid_file(const struct scene *scene)
{
	autofree char *path = xasprintf("%s/pid", scene->folder);
	int64_t until_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	for (;;) {
		autofree char *text = read_all(path);
		if (strchr(text, '\n'))
			return atoi(text);
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("no '%s' came", path);
		(void)poll(NULL, 0, 10);
	}
}

/* Its end takes long: a thread waits for a child of it, whose end this test keeps from it. */
static void an_engine_that_leaves_is_not_to_be_found_while_it_ends(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	autofree char *more = xasprintf("  - {name: slow, transport: none, process: {pid_command: "
					"[sh, -c, 'echo $$ >%s/pid; exec sleep 60']}}\n",
		scene->folder);
	configure(scene, more);
	pid_t engine = start(scene, NULL);
	autofree char *words = xasprintf("pid %d since 20", (int)engine);
	load(scene, &screen);
	struct link *link = link_new(screen.settings, "screen");
	await_link(link, &screen, LINK_ATTACHED, "");
	pid_t child = await_pid_file(scene);
	assert_int_equal(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
	kill(engine, SIGTERM);
	await_link(link, &screen, LINK_WAITING, words);
	assert_int_equal(access(screen.settings->socket_path, F_OK), -1);
	assert_int_equal(waitpid(engine, NULL, WNOHANG), 0);
	(void)end_of(child);
	assert_exits(engine, 0);
	assert_own_engine_leaves_with(link, &screen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Engines are started by PATH. */
static int find_programs(void **state)
{
	const char *build = getenv("BOTSWAIN_BUILD");
	autofree char *beside = realpath(build ? build : "build", NULL), *path = NULL;
	(void)state;
	assert_non_null(beside);
	path = xasprintf("%s:%s", beside, getenv("PATH"));
	return setenv("PATH", path, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_engine_says_who_has_the_lock_and_exits_5),
		TEST(nobody_else_may_look_into_the_state),
		TEST(an_engine_that_crashes_leaves_no_core),
		TEST(what_a_killed_engine_leaves_is_in_nobodys_way),
		TEST(a_reload_is_all_or_nothing),
		TEST(an_own_engine_is_found_or_started_and_leaves_with_its_last_client),
		TEST(a_private_engine_keeps_nothing_and_leaves_at_once),
		TEST(an_engine_that_cannot_start_says_why),
		TEST(a_screen_says_who_has_the_lock_and_comes_in_when_it_goes),
		TEST(a_screen_without_an_engine_can_be_left),
		TEST(an_engine_is_found_only_when_it_has_answered),
		TEST(who_listens_and_never_answers_is_named),
		TEST(an_engine_that_leaves_is_not_to_be_found_while_it_ends),
	};
	return cmocka_run_group_tests(tests, find_programs, NULL);
}
