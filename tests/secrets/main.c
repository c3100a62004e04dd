/* SPDX-License-Identifier: MIT */
/*
 * make check-secrets: a secret in every input that can carry one, and a search for it in every byte that botswain writes or
 * is: terminals, the socket both ways, files with and without a name, what it says, its children, its pages, what is left of
 * a crash; and what another user can read of it. All secrets hold one mark: a part of one is found as well as the whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/doors.h"
#include "tests/support/folder.h"
#include "tests/support/memory.h"
#include "tests/support/search.h"
#include "tests/support/spawn.h"
#include "tests/support/tap.h"
#include "tests/support/vt.h"

#define MARK   "Zq7xKw4vPn2rTb9s"
#define NEEDLE "Zq7xKw4v" /* so much of it is a leak */

enum {
	SCREENS = 3,
	LIMIT_MS = 20000,
	QUIET_MS = 300,
	NOBODY = 65534,
	TOLD_MAX = 256,
	TOLD_BYTES = 160
};

static const struct {
	int rows, columns;
} sizes[SCREENS] = {{24, 80}, {45, 160}, {12, 40}};

static const char *const keys[] = {"1", "j", "2", "PgDn", "G", "Esc", "3", "G", "4", "5", "k",
	":save home/saved.jsonl", "Enter", "k", "v", "Esc", "k", "v", "Esc", ":columns note detail",
	"Enter", "6", "Enter", "Esc", "7", "j", "Enter", "Esc", "8", "j", ":streams", "Enter", "g",
	"Enter", "Esc", "1"};

/* Secrets of others, in the shapes that they have. */
static const char *const shapes[] = {
	"GET https://api.telegram.org/bot8200001:AAf" MARK "abcdefghijklmn/getMe 404",
	"rotated to 8200001:AAf" MARK "abcdefghijklmn",
	"password=pw" MARK "1 host=db",
	"password: 'pw" MARK "1'",
	"Authorization: Bearer be" MARK "2",
	"Authorization: Basic ba" MARK "==",
	"postgres://bot:pg" MARK "@db:5432/fleet",
	"redis://:re" MARK "@127.0.0.1:6379/0",
	"{\"token\": \"to" MARK "3\", \"api_key\":\"ke" MARK "4\"}",
	"secret_token=se" MARK "5&x=1",
	"8200001:AAf" MARK "\u200babcdefghijklmn",
};

static struct {
	struct doors doors;
	struct search search;
	struct vt *screens[SCREENS];
	pid_t tap;
	char *program, *way;
} scene;

/* What stays in a file or a memory is found again each time. */
static void tell(const char *sentence)
{
	static char said[TOLD_MAX][TOLD_BYTES];
	static size_t count;
	char start[TOLD_BYTES];
	(void)copy_text(start, sizeof(start), sentence);
	for (size_t i = 0; i < count; i++)
		if (strcmp(said[i], start) == 0)
			return;
	if (count < TOLD_MAX)
		(void)copy_text(said[count++], TOLD_BYTES, start);
	print_error("%s\n", sentence);
}

/* ---- the scene ---- */

static void open_screens(void)
{
	autofree char *memory = xasprintf("XDG_STATE_HOME=%s/home", folder);
	for (size_t i = 0; i < SCREENS; i++) {
		scene.screens[i] = vt_spawn(sizes[i].rows, sizes[i].columns,
			WORDS(scene.program, "-c", scene.doors.config, "--connect", scene.way),
			WORDS(memory));
		vt_record(scene.screens[i]);
		vt_must_show(scene.screens[i], "d0", LIMIT_MS);
	}
}

static int setup(void **state)
{
	struct rlimit core;
	assert_int_equal(folder_setup(state), 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	core.rlim_cur = core.rlim_max; /* a core would be written */
	assert_int_equal(setrlimit(RLIMIT_CORE, &core), 0);
	autofree char *tap = folder_path("tap.sock"), *engine = folder_path("state/engine.sock"),
		      *record = folder_path("tap.record");
	autofree char *program = build_program("botswain");
	scene.program = realpath(program, NULL);
	assert_non_null(scene.program);
	scene.way = xasprintf("unix:%s", tap);
	scene.search = (struct search){.needle = NEEDLE, .tell = tell};
	doors_open(&scene.doors, MARK);
	doors_start_engine(&scene.doors);
	scene.tap = tap_start(tap, engine, record);
	doors_await(&scene.doors);
	assert_int_equal(chdir(folder), 0); /* a core would be written here */
	open_screens();
	return 0;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < SCREENS; i++)
		vt_free(scene.screens[i]);
	(void)spawn_end(&scene.tap, SIGKILL);
	doors_close(&scene.doors);
	free(scene.program);
	free(scene.way);
	return folder_teardown(state);
}

static void walk_screens(void)
{
	for (size_t key = 0; key < COUNT_OF(keys); key++)
		for (size_t i = 0; i < SCREENS; i++) {
			vt_press(scene.screens[i], keys[key]);
			(void)vt_wait_quiet(scene.screens[i], 50, QUIET_MS);
		}
}

/* ---- where is searched ---- */

static void search_said(const char *place, const char *const *argv)
{
	autofree char *said = NULL;
	(void)spawn_run(argv, &(struct spawn){0}, LIMIT_MS, &said);
	search_bytes(&scene.search, place, said, strlen(said));
}

/* It reads the one secret that it needs, the password of a supervisord, and asks no server for the others. */
static bool is_of_others(const char *text)
{
	return starts_with(text, "pw-") && !starts_with(text, "pw-supervisord");
}

static void search_commands(const char *text)
{
	static const char *const commands[][2] = {{"bots", "--json"}, {"bots", NULL},
		{"services", "--json"}, {"services", NULL}, {"sources", "--json"},
		{"sources", NULL}, {"checks", NULL}, {"alerts", "--json"}, {"alerts", NULL},
		{"ops", "--json"}, {"ops", NULL}, {"logs", "--json"}, {"logs", NULL},
		{"streams", "--json"}, {"streams", NULL}, {"check-config", NULL},
		{"discover", NULL}};
	for (size_t i = 0; i < COUNT_OF(commands) - is_of_others(text); i++)
		search_said(commands[i][0], WORDS(scene.program, "-c", scene.doors.config,
						    commands[i][0], commands[i][1]));
}

/* An engine on files alone has no configuration: of secrets it knows their shapes only. */
static void search_input(const char *text)
{
	static const char *const forms[] = {"--json", "--jsonl", NULL};
	autofree char *path = folder_path("input.log");
	if (starts_with(text, "pw-"))
		return;
	folder_write(
		"input.log", 0600, "INFO %s\nlevel=error msg=\"%s\" x=\"%s\"\n", text, text, text);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		search_said("logs of a file", WORDS(scene.program, "logs", path, forms[i]));
		search_said(
			"logs of standard input", WORDS("sh", "-c", "exec \"$0\" logs - $2 <\"$1\"",
							  scene.program, path, forms[i]));
	}
}

/* A configuration with secrets where they may not be is quoted in the report of its errors. */
static void search_report(void)
{
	autofree char *bad = folder_path("bad.yaml");
	folder_write("bad.yaml", 0600,
		"bots:\n  a: {token: 8200001:AAf" MARK "abcdefghijklmn}\n"
		"  b: {token: {fil: x}, webhook: 'https://h/8200001:AAf" MARK "abcdefghijklmn'}\n"
		"postgres:\n  main: {dsn: 'postgres://u:pg" MARK "@h/d'}\n"
		"redis:\n  main: {password: pw" MARK "}\n  x: {host: 'redis://:pw" MARK "@h'}\n");
	search_said("check-config of secrets in the wrong place",
		WORDS(scene.program, "check-config", bad));
}

static void search_pages(void)
{
	static const char *const paths[] = {"metrics", "healthz"};
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		autofree char *url =
			xasprintf("http://127.0.0.1:%d/%s", scene.doors.http_port, paths[i]);
		struct http_answer answer = http_ask(url, NULL, "test", LIMIT_MS);
		search_bytes(&scene.search, url, answer.body, strlen(answer.body));
		http_answer_clear(&answer);
	}
}

static void search_screens(void)
{
	for (size_t i = 0; i < SCREENS; i++) {
		const struct str *sent = vt_recorded(scene.screens[i]);
		const pid_t pids[] = {
			vt_pid(scene.screens[i]), memory_child(vt_pid(scene.screens[i]))};
		search_bytes(&scene.search, "a screen", sent->text, sent->length);
		for (size_t p = 0; p < COUNT_OF(pids); p++) {
			search_process(&scene.search, pids[p]);
			search_unnamed(&scene.search, pids[p]);
			search_memory(&scene.search, pids[p], "the memory of a screen");
		}
	}
}

/* What is written below the folder, but for what was planted there. */
static void search_files(void)
{
	static const char *const trees[] = {"state", "tmp", "runtime", "home"},
				 *const files[] = {"engine.said", "tap.record", "told"};
	for (size_t i = 0; i < COUNT_OF(trees); i++) {
		autofree char *path = folder_path(trees[i]);
		search_tree(&scene.search, path);
	}
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		autofree char *path = folder_path(files[i]);
		if (access(path, F_OK) == 0) /* on_alert's program writes when an alert began */
			search_file(&scene.search, path);
	}
}

static void search_all(const char *text)
{
	search_files();
	search_screens();
	search_process(&scene.search, scene.doors.engine);
	search_unnamed(&scene.search, scene.doors.engine);
	search_commands(text);
	search_input(text);
	search_report();
	search_pages();
}

/* ---- what is promised ---- */

static void act(const char *reason)
{
	autofree char *said = NULL, *backup = NULL;
	(void)spawn_run(WORDS(scene.program, "-c", scene.doors.config, "restart", "d0", "--yes",
				"--reason", reason),
		&(struct spawn){0}, LIMIT_MS, &said);
	(void)spawn_run(WORDS(scene.program, "-c", scene.doors.config, "backup", "main", "--yes",
				"--reason", reason),
		&(struct spawn){0}, LIMIT_MS, &backup);
	search_bytes(&scene.search, "restart", said, strlen(said));
	search_bytes(&scene.search, "backup", backup, strlen(backup));
}

static void try_text(const char *text)
{
	size_t found = scene.search.found;
	doors_plant(&scene.doors, text);
	doors_await(&scene.doors);
	act(text);
	walk_screens();
	search_all(text);
	if (scene.search.found != found)
		print_error("after this was planted: %s\n", text);
}

static void no_secret_is_in_a_byte_that_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < scene.doors.secret_count; i++)
		try_text(scene.doors.secrets[i].value);
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		try_text(shapes[i]);
	print_message("%zu secrets, %zu shapes: %zu places, %zu bytes, %zu found, %zu not read\n",
		scene.doors.secret_count, COUNT_OF(shapes), scene.search.places, scene.search.bytes,
		scene.search.found, scene.search.unread);
	assert_true(scene.search.places > 500);
	assert_int_equal(scene.search.unread, 0);
	assert_int_equal(scene.search.found, 0);
}

/* In a child that is nobody: what it can open of a process or a file. */
static int open_as_nobody(const char *path)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
			_exit(2);
		_exit(open(path, O_RDONLY | O_CLOEXEC) >= 0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status);
}

static void another_user_can_look_into_nothing(void **state)
{
	(void)state;
	static const char *const parts[] = {"mem", "environ", "maps", "fd", "syscall", "stack"};
	const pid_t pids[] = {scene.doors.engine, vt_pid(scene.screens[0]),
		memory_child(vt_pid(scene.screens[0]))};
	static const char *const files[] = {"state", "state/engine.sock", "state/audit.jsonl"};
	if (geteuid() != 0)
		skip();
	for (size_t p = 0; p < COUNT_OF(pids); p++)
		for (size_t i = 0; i < COUNT_OF(parts); i++) {
			autofree char *path = xasprintf("/proc/%d/%s", (int)pids[p], parts[i]);
			if (open_as_nobody(path))
				fail_msg("another user can read %s", path);
		}
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		autofree char *path = folder_path(files[i]);
		if (open_as_nobody(path))
			fail_msg("another user can read %s", path);
	}
}

/* Where the engine and the screens run. */
static size_t cores(void)
{
	autofree char *pattern = folder_path("*core*");
	glob_t found;
	size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	if (count)
		globfree(&found);
	return count;
}

/* Somebody who does nothing about it: else nothing is proved. */
static void assert_cores_are_written(void)
{
	pid_t pid = fork();
	int status;
	struct rlimit limit;
	assert_true(pid >= 0);
	if (pid == 0)
		abort();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	if (limit.rlim_cur)
		assert_true(WCOREDUMP(status));
}

/* A screen and its guard, then the engine: nothing is left of their memory. */
static void a_crash_leaves_nothing_of_it(void **state)
{
	(void)state;
	static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS};
	assert_cores_are_written();
	size_t before = cores();
	for (size_t i = 0; i < SCREENS; i++) {
		int status;
		pid_t screen = memory_child(vt_pid(scene.screens[i]));
		assert_true(screen > 0);
		assert_int_equal(kill(screen, signals[i]), 0);
		assert_true(vt_wait_exit(scene.screens[i], true, LIMIT_MS, &status));
		assert_false(WIFSIGNALED(status) && WCOREDUMP(status));
		const struct str *sent = vt_recorded(scene.screens[i]);
		search_bytes(&scene.search, "a screen that crashed", sent->text, sent->length);
	}
	int status = spawn_end(&scene.doors.engine, SIGSEGV);
	assert_true(WIFSIGNALED(status));
	assert_false(WCOREDUMP(status));
	assert_int_equal(cores(), before);
	search_files();
	assert_int_equal(scene.search.found, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_secret_is_in_a_byte_that_is_written),
		cmocka_unit_test(another_user_can_look_into_nothing),
		cmocka_unit_test(a_crash_leaves_nothing_of_it),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
