/* SPDX-License-Identifier: MIT */
/* Who is in an engine's way, as a screen that wants one sees it: locks, sockets without an answer, ends that take long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
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
#include "tests/support/sockets.h"
#include "tests/support/vt.h"
#include "tui/link.h"

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
	screen_detach(screen);
}

static void a_screen_says_who_has_the_lock_and_comes_in_when_it_goes(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	int lock = hold_lock(scene, "pid 7 since 2026-02-03T04:05:06Z\n");
	screen_load(scene, &screen);
	struct link *link = link_new(screen.settings, NULL, "screen");
	await_link(
		link, &screen, LINK_WAITING, "pid 7 since 2026-02-03T04:05:06Z is already running");
	close(lock);
	assert_own_engine_leaves_with(link, &screen);
}

/* Whoever has the lock may have something to say, while others want its place. */
static void what_a_running_engine_says_outlives_those_that_want_its_place(void **state)
{
	const struct scene *scene = *state;
	static const char own[] = "botswaind: the engine that runs says this\n";
	struct screen screen = {0};
	int lock = hold_lock(scene, "pid 7 since 2026-02-03T04:05:06Z\n");
	autofree char *path = xasprintf("%s/engine.log", scene->state_dir);
	write_file(path, own);
	screen_load(scene, &screen);
	struct link *link = link_new(screen.settings, NULL, "screen");
	await_link(
		link, &screen, LINK_WAITING, "pid 7 since 2026-02-03T04:05:06Z is already running");
	char line[sizeof(own)] = "";
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_string_equal(line, own);
	link_free(link);
	screen_detach(&screen);
	close(lock);
}

static void a_log_of_engines_is_bounded(void **state)
{
	enum { TOO_LONG = (1 << 20) + 1 };
	const struct scene *scene = *state;
	struct screen screen = {0};
	struct stat status;
	int lock = hold_lock(scene, "pid 7 since 2026-02-03T04:05:06Z\n");
	autofree char *path = xasprintf("%s/engine.log", scene->state_dir);
	write_file(path, "");
	assert_int_equal(truncate(path, TOO_LONG), 0);
	screen_load(scene, &screen);
	struct link *link = link_new(screen.settings, NULL, "screen");
	await_link(
		link, &screen, LINK_WAITING, "pid 7 since 2026-02-03T04:05:06Z is already running");
	assert_int_equal(stat(path, &status), 0);
	assert_in_range(status.st_size, 1, 4096);
	link_free(link);
	screen_detach(&screen);
	close(lock);
}

/* Before ours on PATH: an engine that begins when the test lets it. Returns the PATH of before. */
static char *hold_the_next_engine(const struct scene *scene)
{
	autofree char *gate = xasprintf("%s/gate", scene->folder);
	autofree char *program = xasprintf("%s/botswaind", scene->folder);
	autofree char *script =
		xasprintf("#!/bin/sh\nread -r word <%s\nexec %s \"$@\"\n", gate, scene->program);
	autofree char *path = xasprintf("%s:%s", scene->folder, getenv("PATH"));
	char *before = xstrdup(getenv("PATH"));
	assert_int_equal(mkfifo(gate, 0600), 0);
	write_file(program, script);
	assert_int_equal(chmod(program, 0700), 0);
	assert_int_equal(setenv("PATH", path, 1), 0);
	return before;
}

static void let_it_begin(const struct scene *scene)
{
	autofree char *gate = xasprintf("%s/gate", scene->folder);
	autoclose int fd = open(gate, O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "go\n", 3), 3);
}

/* It is refused its place when the search is over. */
static void an_engine_that_nobody_needs_any_more_is_no_zombie(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	struct client *client;
	struct err err = {.code = ERR_NONE};
	siginfo_t ended;
	int lock = hold_lock(scene, "pid 7 since 2026-02-03T04:05:06Z\n");
	screen_load(scene, &screen);
	autofree char *path = hold_the_next_engine(scene);
	struct client_search *search = client_search_new(screen.settings, NULL, "screen", true);
	assert_int_equal(client_search_step(search, 0, &client, &err), CLIENT_SEARCHING);
	client_search_free(search);
	assert_int_equal(setenv("PATH", path, 1), 0);
	let_it_begin(scene);
	assert_int_equal(waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
	assert_int_equal(ended.si_status, 5);
	struct link *link = link_new(screen.settings, NULL, "screen");
	step_link(link, &screen);
	assert_int_equal(
		waitid(P_PID, (id_t)ended.si_pid, &ended, WEXITED | WNOWAIT | WNOHANG), -1);
	link_free(link);
	screen_detach(&screen);
	close(lock);
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

/* One of ours would take the lock, and the service could not come back. */
static void the_engine_of_a_service_is_waited_for_and_none_is_started(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	pid_t first = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	client_free(screen.client);
	struct link *link = link_new(screen.settings, NULL, "screen");
	await_link(link, &screen, LINK_ATTACHED, "");
	assert_int_equal(kill(first, SIGKILL), 0);
	end_of(first);
	await_link(link, &screen, LINK_WAITING, "waiting for its service");
	pid_t second = scene_start(scene, NULL);
	await_link(link, &screen, LINK_ATTACHED, "");
	assert_int_equal(link_welcome(link)->pid, second);
	link_free(link);
	model_free(screen.model);
	settings_unref(screen.settings);
	kill(second, SIGTERM);
	assert_exits(second, 0);
}

/* Somebody lets one client in and leaves without a word to it. */
static pid_t leave_after_the_next_client(const struct screen *screen)
{
	int listener = socket_listen(screen->settings->socket_path);
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
	screen_load(scene, &screen);
	assert_int_equal(mkdir(scene->state_dir, 0700), 0);
	pid_t leaving = leave_after_the_next_client(&screen);
	if (!client_attach(screen.settings, NULL, "cli", true, PATIENCE_MS, &screen.client,
		    &started, &err))
		fail_msg("%s", err.text);
	assert_true(started);
	assert_exits(leaving, 0);
	assert_true(client_welcome(screen.client)->own);
	pid_t pid = (pid_t)client_welcome(screen.client)->pid;
	AWAIT(&screen, model_engine(screen.model));
	screen_detach(&screen);
	assert_exits(pid, 0);
}

static void who_listens_and_never_answers_is_named(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	screen_load(scene, &screen);
	assert_int_equal(mkdir(scene->state_dir, 0700), 0);
	int listener = socket_listen(screen.settings->socket_path);
	struct link *link = link_new(screen.settings, NULL, "screen");
	await_link(link, &screen, LINK_MEETING, "");
	await_link(link, &screen, LINK_WAITING, "engine.sock' does not answer");
	close(listener);
	assert_own_engine_leaves_with(link, &screen);
}

/* Steps a link as if an hour had passed: it would look again. */
static bool would_ask_again(struct link *link, struct screen *screen)
{
	int64_t later_ms = clock_mono_ms(clock_real()) + 3600000;
	(void)link_step(link, screen->model, later_ms, NULL, NULL);
	return link_state(link) != LINK_WAITING || link_timeout_ms(link, later_ms) != -1;
}

/* Through ssh each question is a process. */
static void an_engine_without_a_recording_is_asked_for_it_once_until_it_is_another(void **state)
{
	const struct scene *scene = *state;
	struct screen now = {0}, then = {0};
	scene_configure(scene, "recording: {disk: 0}\n");
	pid_t first = scene_start(scene, NULL);
	screen_load(scene, &now);
	screen_load(scene, &then);
	scene_await_socket(now.settings);
	struct link *link = link_new(now.settings, NULL, "screen");
	await_link(link, &now, LINK_ATTACHED, "");
	struct link *past = link_past(link);
	await_link(past, &then, LINK_WAITING, "this engine records nothing");
	for (int i = 0; i < 3; i++)
		assert_false(would_ask_again(past, &then));
	assert_int_equal(kill(first, SIGKILL), 0);
	end_of(first);
	await_link(link, &now, LINK_WAITING, "waiting for its service");
	assert_false(would_ask_again(past, &then));
	scene_configure(scene, ""); /* it records now */
	pid_t second = scene_start(scene, NULL);
	await_link(link, &now, LINK_ATTACHED, "");
	await_link(past, &then, LINK_ATTACHED, "");
	link_free(past);
	link_free(link);
	screen_detach(&then);
	screen_detach(&now);
	kill(second, SIGTERM);
	assert_exits(second, 0);
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

/* A child whose end this test keeps from it, as a disk does that does not answer. */
static void an_engine_leaves_without_a_command_that_does_not_end(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	autofree char *more = xasprintf("  - {name: slow, transport: none, process: {pid_command: "
					"[sh, -c, 'echo $$ >%s/pid; exec sleep 60']}}\n",
		scene->folder);
	scene_configure(scene, more);
	pid_t engine = scene_start(scene, NULL);
	screen_load(scene, &screen);
	scene_await_socket(screen.settings);
	struct link *link = link_new(screen.settings, NULL, "screen");
	await_link(link, &screen, LINK_ATTACHED, "");
	pid_t child = await_pid_file(scene);
	assert_int_equal(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
	kill(engine, SIGTERM);
	assert_exits(engine, 0);
	(void)end_of(child);
	link_free(link);
	screen_detach(&screen);
}

static pid_t thread_of(pid_t process, const char *name)
{
	pid_t found = 0;
	autofree char *folder = xasprintf("/proc/%d/task", (int)process);
	DIR *threads = opendir(folder);
	assert_non_null(threads);
	for (struct dirent *entry; !found && (entry = readdir(threads));) {
		char said[64] = "";
		autofree char *path = xasprintf("%s/%s/comm", folder, entry->d_name);
		FILE *file = fopen(path, "re");
		if (file && fgets(said, sizeof(said), file) && starts_with(said, name))
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		if (file)
			fclose(file);
	}
	closedir(threads);
	return found;
}

/* A thread names itself, a little after its start. */
static pid_t await_thread(pid_t process, const char *name)
{
	pid_t thread;
	int64_t until_ms = clock_mono_ms(clock_real()) + PATIENCE_MS;
	while (!(thread = thread_of(process, name))) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("no thread '%s' came", name);
		(void)poll(NULL, 0, 10);
	}
	return thread;
}

/* Its end takes long: it waits for a thread that this test holds. */
static void an_engine_that_leaves_is_not_to_be_found_while_it_ends(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	pid_t engine = scene_start(scene, "--own");
	autofree char *words = xasprintf("pid %d since 20", (int)engine);
	screen_load(scene, &screen);
	scene_await_socket(screen.settings);
	struct link *link = link_new(screen.settings, NULL, "screen");
	await_link(link, &screen, LINK_ATTACHED, "");
	pid_t thread = await_thread(engine, "files");
	assert_int_equal(ptrace(PTRACE_SEIZE, thread, NULL, NULL), 0);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL), 0);
	assert_int_equal(waitpid(thread, NULL, __WALL), thread);
	kill(engine, SIGTERM);
	await_link(link, &screen, LINK_WAITING, words);
	assert_int_equal(access(screen.settings->socket_path, F_OK), -1);
	assert_int_equal(waitpid(engine, NULL, WNOHANG), 0);
	assert_int_equal(ptrace(PTRACE_DETACH, thread, NULL, NULL), 0);
	assert_exits(engine, 0);
	assert_own_engine_leaves_with(link, &screen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_screen_says_who_has_the_lock_and_comes_in_when_it_goes),
		TEST(what_a_running_engine_says_outlives_those_that_want_its_place),
		TEST(a_log_of_engines_is_bounded),
		TEST(an_engine_that_nobody_needs_any_more_is_no_zombie),
		TEST(a_screen_without_an_engine_can_be_left),
		TEST(the_engine_of_a_service_is_waited_for_and_none_is_started),
		TEST(an_engine_is_found_only_when_it_has_answered),
		TEST(who_listens_and_never_answers_is_named),
		TEST(an_engine_without_a_recording_is_asked_for_it_once_until_it_is_another),
		TEST(an_engine_leaves_without_a_command_that_does_not_end),
		TEST(an_engine_that_leaves_is_not_to_be_found_while_it_ends),
	};
	return cmocka_run_group_tests(tests, scene_find_programs, NULL);
}
