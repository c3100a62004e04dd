/* SPDX-License-Identifier: MIT */
/* A pager in place of the console, on a real terminal: it has the keys, the signals and usual modes; then the console has
 * them again, and nothing is left of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/servers.h"
#include "tests/support/vt.h"

enum { UP_MS = 15000, KEY_MS = 5000 };

static const char pager_text[] = "#!/bin/sh\n"
				 "trap 'exit 3' INT\n"
				 "echo \"PAGER HAS $# $(wc -l <\"$1\") lines\"\n"
				 "grep -c 'hello from the log' \"$1\"\n"
				 "ls -l \"$1\" | cut -c1-10\n"
				 "read answer\n"
				 "echo \"answer was $answer\"\n"
				 "read again\n";

struct scene {
	char folder[64];
	char *config;
};

static void put(const struct scene *scene, const char *name, const char *text, mode_t mode)
{
	autofree char *path = xasprintf("%s/%s", scene->folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	snprintf(scene->folder, sizeof(scene->folder), "/tmp/botswain-pager-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	put(scene, "pager", pager_text, 0700);
	put(scene, "ada.log", "", 0600);
	autofree char *state_dir = xasprintf("%s/state", scene->folder);
	assert_int_equal(mkdir(state_dir, 0700), 0);
	autofree char *yaml = xasprintf("environment: demo\nstate_dir: %s\n"
					"logs: [{name: ada, path: %s/ada.log}]\n",
		state_dir, scene->folder);
	put(scene, "botswain.yaml", yaml, 0600);
	scene->config = xasprintf("%s/botswain.yaml", scene->folder);
	autofree char *pager = xasprintf("%s/pager", scene->folder);
	assert_int_equal(setenv("PAGER", pager, 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", scene->folder, 1), 0);
	assert_int_equal(setenv("XDG_STATE_HOME", state_dir, 1), 0);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	remove_folder(scene->folder);
	free(scene->config);
	free(scene);
	return 0;
}

static const char *program(void)
{
	const char *build = getenv("BOTSWAIN_BUILD");
	static char path[256];
	snprintf(path, sizeof(path), "%s/botswain", build ? build : "build");
	return path;
}

/* The pager has come, with lines that came meanwhile. */
static struct vt *open_pager(const struct scene *scene)
{
	struct vt *vt =
		vt_spawn(24, 80, (const char *const[]){program(), "-c", scene->config, NULL}, NULL);
	vt_must_show(vt, "own engine", UP_MS);
	vt_press(vt, "5 +");
	put(scene, "ada.log", "hello from the log\n", 0600);
	vt_must_show(vt, "hello from the log", UP_MS);
	vt_press(vt, "p");
	vt_must_show(vt, "PAGER HAS 1", KEY_MS);
	vt_must_show(vt, "-rw-------", KEY_MS);
	return vt;
}

static bool has_file(const struct scene *scene)
{
	autofree char *pattern = xasprintf("%s/botswain-log*", scene->folder);
	glob_t found;
	int status = glob(pattern, 0, NULL, &found);
	globfree(&found);
	return status == 0;
}

/* A child takes it away. */
static void assert_goes(const struct scene *scene)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + KEY_MS;
	while (has_file(scene) && clock_mono_ms(clock_real()) < until_ms)
		(void)poll(NULL, 0, 5);
	assert_false(has_file(scene));
}

static void quit(struct vt *vt)
{
	int status;
	vt_press(vt, "q");
	if (!vt_wait_exit(vt, true, 1000, &status)) {
		vt_press(vt, "q");
		assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	}
	assert_int_equal(status, 0);
	vt_free(vt);
}

static void a_pager_has_the_terminal_until_it_ends(void **state)
{
	const struct scene *scene = *state;
	struct vt *vt = open_pager(scene);
	assert_true(vt_modes(vt).c_lflag & ICANON);
	assert_true(vt_modes(vt).c_lflag & ECHO);
	assert_true(has_file(scene));
	vt_type(vt, "q and more\r");
	vt_must_show(vt, "answer was q and more", KEY_MS);
	vt_type(vt, "\r");
	vt_must_show(vt, "5 Logs", KEY_MS);
	vt_must_not_show(vt, "PAGER HAS", KEY_MS);
	assert_false(vt_modes(vt).c_lflag & ICANON);
	assert_goes(scene);
	vt_press(vt, "?");
	vt_must_show(vt, "Esc Close", KEY_MS);
	vt_press(vt, "Esc");
	vt_must_not_show(vt, "Esc Close", KEY_MS);
	quit(vt);
}

static void its_interrupt_is_its_own(void **state)
{
	const struct scene *scene = *state;
	struct vt *vt = open_pager(scene);
	vt_send(vt, "\003", 1);
	vt_must_show(vt, "5 Logs", KEY_MS);
	assert_goes(scene);
	quit(vt);
}

/* It is said; the screen goes on. */
static void without_a_pager_the_console_stays(void **state)
{
	const struct scene *scene = *state;
	assert_int_equal(setenv("PAGER", "no-such-pager", 1), 0);
	struct vt *vt =
		vt_spawn(24, 80, (const char *const[]){program(), "-c", scene->config, NULL}, NULL);
	vt_must_show(vt, "own engine", UP_MS);
	vt_press(vt, "5 +");
	vt_must_show(vt, "a screen of", UP_MS);
	vt_press(vt, "p");
	vt_must_show(vt, "there is no 'no-such-pager' here", KEY_MS);
	assert_goes(scene);
	quit(vt);
}

static void a_console_that_is_told_to_end_takes_it_along(void **state)
{
	const struct scene *scene = *state;
	struct vt *vt = open_pager(scene);
	int status;
	assert_int_equal(kill(vt_pid(vt), SIGTERM), 0);
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	assert_goes(scene);
	assert_true(vt_modes(vt).c_lflag & ICANON);
	vt_free(vt);
}

int main(void)
{
#define PAGER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		PAGER_TEST(a_pager_has_the_terminal_until_it_ends),
		PAGER_TEST(its_interrupt_is_its_own),
		PAGER_TEST(without_a_pager_the_console_stays),
		PAGER_TEST(a_console_that_is_told_to_end_takes_it_along),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
