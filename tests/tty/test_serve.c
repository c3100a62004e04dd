/* SPDX-License-Identifier: MIT */
/* `botswain serve` started by hand, on a real pty: SIGHUP is a reload until its terminal is gone. */
#include "tests/support/engine_process.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

enum { END_MS = 10000 };

static struct vt *serve(const struct scene *scene)
{
	autofree char *botswain = xasprintf("%s/botswain", scene->programs);
	struct vt *vt = vt_spawn(
		24, 100, (const char *const[]){botswain, "serve", "-c", scene->config, NULL}, NULL);
	vt_must_show(vt, "watches 1 bot", END_MS);
	return vt;
}

static void assert_place_is_free(const struct scene *scene)
{
	pid_t pid = scene_start(scene, NULL);
	struct screen screen;
	screen_load(scene, &screen);
	scene_await_socket(screen.settings);
	screen_attach(&screen);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

static void the_engine_ends_orderly_with_its_terminal(void **state)
{
	const struct scene *scene = *state;
	struct vt *vt = serve(scene);
	int status;
	vt_hang_up(vt);
	assert_true(vt_wait_exit(vt, false, END_MS, &status));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	vt_free(vt);
	assert_place_is_free(scene);
}

static void a_signal_with_the_terminal_there_is_a_reload(void **state)
{
	const struct scene *scene = *state;
	struct vt *vt = serve(scene);
	struct screen screen;
	int status;
	screen_load(scene, &screen);
	screen_attach(&screen);
	scene_configure(scene, "  - {name: extra, transport: none}\n");
	kill(vt_pid(vt), SIGHUP);
	AWAIT(&screen, model_bot(screen.model, entity_id("bot", "extra")));
	screen_detach(&screen);
	scene_configure(scene, "");
	kill(vt_pid(vt), SIGTERM);
	assert_true(vt_wait_exit(vt, true, END_MS, &status));
	assert_int_equal(status, 0);
	vt_free(vt);
}

static void it_ends_under_an_interactive_shell_too(void **state)
{
	const struct scene *scene = *state;
	autofree char *line =
		xasprintf("'%s/botswain' serve -c '%s'\r", scene->programs, scene->config);
	struct vt *vt = vt_spawn(24, 100,
		(const char *const[]){"bash", "--norc", "--noprofile", "-i", NULL},
		(const char *const[]){"HISTFILE=/dev/null", NULL});
	int status;
	vt_type(vt, line);
	vt_must_show(vt, "watches 1 bot", END_MS);
	pid_t engine = child_of_process(vt_pid(vt));
	assert_true(engine > 0);
	vt_hang_up(vt);
	assert_true(vt_wait_exit(vt, false, END_MS, &status));
	vt_free(vt);
	assert_true(process_ends(engine, END_MS));
	assert_place_is_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_engine_ends_orderly_with_its_terminal, scene_setup, scene_teardown),
		cmocka_unit_test_setup_teardown(
			a_signal_with_the_terminal_there_is_a_reload, scene_setup, scene_teardown),
		cmocka_unit_test_setup_teardown(
			it_ends_under_an_interactive_shell_too, scene_setup, scene_teardown),
	};
	return cmocka_run_group_tests(tests, scene_find_programs, NULL);
}
