/* SPDX-License-Identifier: MIT */
/* botswaind as a process: lock, socket, signals, who leaves when. Real time, bounded by deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/model/model.h"
#include "tests/support/engine_process.h"
#include "tests/support/instrumented.h"
#include "tests/support/spawn.h"

enum {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	CRASH = SIGABRT, /* SIGSEGV is the sanitizer's */
#else
	CRASH = SIGSEGV,
#endif
};

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

static void a_second_engine_says_who_has_the_lock_and_exits_5(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	pid_t first = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	assert_exits(scene_start(scene, NULL), 5);
	autofree char *words = scene_said(scene), *name = xasprintf("pid %d since 20", (int)first);
	assert_non_null(strstr(words, "already running"));
	assert_non_null(strstr(words, name));
	screen_detach(&screen);
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
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	assert_int_equal(mode_of(scene->state_dir, "."), 0700);
	assert_int_equal(mode_of(scene->state_dir, "lock"), 0600);
	assert_int_equal(mode_of(scene->state_dir, "engine.sock"), 0600);
	autofree char *limits_path = xasprintf("/proc/%d/limits", (int)pid);
	autofree char *limits = read_all(limits_path);
	assert_non_null(strstr(limits, "Max core file size        0                    0"));
	screen_detach(&screen);
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
	pid_t pid = scene_start(scene, NULL), other = crash_another(scene);
	assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
	screen_load(scene, &screen);
	screen_attach(&screen);
	kill(pid, CRASH);
	int status = end_of(pid), control = end_of(other);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), CRASH);
	assert_false(WCOREDUMP(status));
	if (before.rlim_max)
		assert_true(WCOREDUMP(control)); /* it would have been written */
	screen_detach(&screen);
}

static void what_a_killed_engine_leaves_is_in_nobodys_way(void **state)
{
	const struct scene *scene = *state;
	for (int round = 0; round < 3; round++) {
		struct screen screen;
		pid_t pid = scene_start(scene, NULL);
		screen_load(scene, &screen);
		screen_attach(&screen);
		assert_int_equal(client_welcome(screen.client)->pid, (uint64_t)pid);
		kill(pid, SIGKILL);
		assert_true(WIFSIGNALED(end_of(pid)));
		AWAIT(&screen, client_state(screen.client) == CLIENT_LOST);
		screen_detach(&screen);
	}
}

static void an_engine_whose_state_directory_is_removed_ends_and_says_why(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	spawn_well(WORDS("rm", "-r", scene->state_dir), &(struct spawn){0}, PATIENCE_MS);
	AWAIT(&screen, client_state(screen.client) == CLIENT_LOST);
	assert_exits(pid, 1);
	autofree char *said = scene_said(scene);
	autofree char *name = xasprintf("somebody removed or replaced '%s/lock'", scene->state_dir);
	assert_non_null(strstr(said, name));
	assert_int_not_equal(access(scene->state_dir, F_OK), 0);
	screen_detach(&screen);
}

static void an_engine_leaves_its_place_to_one_that_began_in_a_new_folder(void **state)
{
	const struct scene *scene = *state;
	struct screen before, screen;
	struct stat door, found;
	autofree char *aside = xasprintf("%s/aside", scene->folder);
	pid_t first = scene_start(scene, NULL);
	screen_load(scene, &before);
	screen_attach(&before);
	kill(first, SIGSTOP); /* so that it looks only when the other is there */
	assert_int_equal(rename(scene->state_dir, aside), 0);
	pid_t second = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	assert_int_equal(client_welcome(screen.client)->pid, (uint64_t)second);
	assert_int_equal(stat(screen.settings->socket_path, &door), 0);
	kill(first, SIGCONT);
	assert_exits(first, 1);
	assert_int_equal(stat(screen.settings->socket_path, &found), 0);
	assert_true(found.st_ino == door.st_ino);
	AWAIT(&screen, client_state(screen.client) == CLIENT_ATTACHED);
	screen_detach(&before);
	screen_detach(&screen);
	kill(second, SIGTERM);
	assert_exits(second, 0);
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
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	scene_configure(scene, "  - {nam: broken}\n");
	kill(pid, SIGHUP);
	AWAIT(&screen, model_engine(screen.model)->config_error[0]);
	assert_non_null(strstr(model_engine(screen.model)->config_error, "botswain.yaml:5:"));
	scene_configure(scene, "  - {name: extra, transport: none}\n");
	kill(pid, SIGHUP);
	AWAIT(&screen, model_bot(screen.model, entity_id("bot", "extra")));
	AWAIT(&screen, !model_engine(screen.model)->config_error[0]);
	scene_configure(scene, "");
	struct msg_reload_req request = {.req = client_next_request(screen.client)};
	client_send(screen.client, MSG_reload_req, &request);
	AWAIT(&screen, !model_bot(screen.model, entity_id("bot", "extra")));
	screen_detach(&screen);
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
	screen_load(scene, &first);
	screen_load(scene, &second);
	if (!client_attach(first.settings, NULL, "screen", true, PATIENCE_MS, &first.client,
		    &started, &err))
		fail_msg("%s", err.text);
	assert_true(started);
	assert_true(client_attach(second.settings, NULL, "screen", true, PATIENCE_MS,
		&second.client, &started, &err));
	assert_false(started);
	AWAIT(&first, model_engine(first.model));
	AWAIT(&second, model_engine(second.model));
	assert_true(client_welcome(first.client)->own);
	pid_t pid = (pid_t)client_welcome(first.client)->pid;
	assert_int_equal(client_welcome(second.client)->pid, (uint64_t)pid);
	screen_detach(&first);
	AWAIT(&second, model_engine(second.model)->clients == 1);
	screen_detach(&second);
	assert_exits(pid, 0);
}

static void a_private_engine_keeps_nothing_and_leaves_at_once(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	struct err err = {.code = ERR_NONE};
	screen_load(scene, &screen);
	if (!client_start_private(screen.settings, "cli", &screen.client, &err))
		fail_msg("%s", err.text);
	AWAIT(&screen, model_bot(screen.model, entity_id("bot", "orders")));
	assert_string_equal(model_engine(screen.model)->write, "read-only");
	assert_int_not_equal(access(scene->state_dir, F_OK), 0);
	pid_t pid = (pid_t)client_welcome(screen.client)->pid;
	screen_detach(&screen);
	assert_exits(pid, 0);
}

static void an_engine_that_cannot_start_says_why(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {0};
	struct err err = {.code = ERR_NONE};
	bool started;
	screen_load(scene, &screen);
	scene_configure(scene, "  - {nam: broken}\n");
	assert_exits(scene_start(scene, NULL), 2);
	autofree char *words = scene_said(scene);
	assert_non_null(strstr(words, "botswain.yaml:5:"));
	assert_false(client_attach(screen.settings, NULL, "screen", true, PATIENCE_MS,
		&screen.client, &started, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.text, "botswain.yaml:5:"));
	screen_detach(&screen);
}

/* What malloc has reserved for threads: each piece ends where the address is a multiple of 64 MiB. */
static unsigned arenas_of(pid_t pid)
{
	enum { ARENA_BYTES = 64 << 20 };
	char line[512], rights[5];
	unsigned long from, to;
	unsigned count = 0;
	autofree char *path = xasprintf("/proc/%d/maps", (int)pid);
	FILE *maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		count += sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 &&
			 strcmp(rights, "---p") == 0 && to % ARENA_BYTES == 0;
	fclose(maps);
	return count;
}

/* Each would keep the most that any of its threads ever needed. */
static void its_threads_share_two_arenas_of_memory(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	if (IS_INSTRUMENTED)
		skip();
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	assert_in_range(arenas_of(pid), 0, 1); /* and the heap */
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_engine_says_who_has_the_lock_and_exits_5),
		TEST(nobody_else_may_look_into_the_state),
		TEST(an_engine_that_crashes_leaves_no_core),
		TEST(what_a_killed_engine_leaves_is_in_nobodys_way),
		TEST(an_engine_whose_state_directory_is_removed_ends_and_says_why),
		TEST(an_engine_leaves_its_place_to_one_that_began_in_a_new_folder),
		TEST(a_reload_is_all_or_nothing),
		TEST(an_own_engine_is_found_or_started_and_leaves_with_its_last_client),
		TEST(a_private_engine_keeps_nothing_and_leaves_at_once),
		TEST(an_engine_that_cannot_start_says_why),
		TEST(its_threads_share_two_arenas_of_memory),
	};
	return cmocka_run_group_tests(tests, scene_find_programs, NULL);
}
