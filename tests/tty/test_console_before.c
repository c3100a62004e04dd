/* SPDX-License-Identifier: MIT */
/* A console whose engine takes long to begin, on a real fleet: what the engine before knew is on the screen at once, and said
 * to be old. `botswaind` beside the program is a script that waits for a file, then becomes the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/botapi.h"
#include "tests/support/fleet.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum { UP_MS = 15000, KEY_MS = 3000, AGAIN_MS = 10000, FIRST_MS = 2000 };

static struct fleet fleet;
static char *gate; /* the script waits for it */

/* A folder with the console and the script. */
static char *place;

static void write_script(void)
{
	autofree char *path = xasprintf("%s/botswaind", place);
	autofree char *real = build_program("botswaind");
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file,
		"#!/bin/sh\nwhile [ ! -e '%s' ]; do kill -0 $PPID || exit 1; sleep 0.05; done\n"
		"exec '%s' \"$@\"\n",
		gate, real);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

/* It looks for its engine beside the file that it is. */
static void copy_console(void)
{
	autofree char *real = build_program("botswain");
	autofree char *said = NULL;
	const char *const argv[] = {"cp", real, place, NULL};
	assert_int_equal(spawn_run(argv, &(struct spawn){0}, KEY_MS, &said), 0);
}

static int setup(void **state)
{
	(void)state;
	fleet_start(&fleet, 3);
	place = xasprintf("%s/place", fleet.dir);
	gate = xasprintf("%s/gate", place);
	assert_int_equal(mkdir(place, 0700), 0);
	copy_console();
	write_script();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fleet_stop(&fleet);
	free(place);
	free(gate);
	return 0;
}

static void quit(struct vt *vt)
{
	int status;
	pid_t engine = fleet_engine(&fleet);
	vt_press(vt, "q");
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	assert_int_equal(status, 0);
	if (engine)
		assert_true(process_ends(engine, AGAIN_MS));
	vt_free(vt);
}

static void see_the_fleet_once(void)
{
	struct vt *vt = fleet_console(&fleet, 24, 80);
	vt_must_show(vt, "own engine", UP_MS);
	vt_must_show(vt, "3 ok", UP_MS);
	quit(vt);
}

static struct vt *open_late(void)
{
	autofree char *program = xasprintf("%s/botswain", place);
	autofree char *config = xasprintf("%s/botswain.yaml", fleet.dir);
	autofree char *memory = xasprintf("XDG_STATE_HOME=%s/screens", fleet.dir);
	return vt_spawn(24, 80, (const char *const[]){program, "-c", config, NULL},
		(const char *const[]){memory, NULL});
}

static void open_gate(void)
{
	FILE *file = fopen(gate, "we");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

static void what_was_known_stands_there_until_the_engine_speaks(void **state)
{
	(void)state;
	see_the_fleet_once();
	struct vt *vt = open_late();
	vt_must_show(vt, "all here is as it was", FIRST_MS);
	assert_false(vt_shows(vt, "as it was 0s ago")); /* its engine left 2 s after its screen */
	vt_must_show(vt, "starting the engine", FIRST_MS);
	vt_must_show(vt, "3 bots", FIRST_MS);
	vt_must_show(vt, "no engine", FIRST_MS);
	vt_must_show(vt, "orders", FIRST_MS);
	vt_press(vt, "?");
	vt_must_show(vt, "Esc Close", KEY_MS);
	vt_press(vt, "Esc");
	vt_must_not_show(vt, "Esc Close", KEY_MS);
	open_gate();
	vt_must_not_show(vt, "all here is as it was", AGAIN_MS);
	vt_must_show(vt, "own engine", AGAIN_MS);
	vt_must_show(vt, "3 ok", AGAIN_MS);
	quit(vt);
	assert_int_equal(unlink(gate), 0);
}

static void nothing_can_be_done_with_it(void **state)
{
	(void)state;
	see_the_fleet_once();
	struct vt *vt = open_late();
	vt_must_show(vt, "all here is as it was", FIRST_MS);
	vt_press(vt, "P");
	vt_must_show(vt, "nothing that could be held", KEY_MS);
	assert_false(vt_shows(vt, "PAUSED"));
	vt_press(vt, "r");
	vt_must_show(vt, "no engine", KEY_MS);
	vt_must_not_show(vt, "Restart orders", KEY_MS);
	quit(vt);
}

static void where_nothing_is_known_nothing_is_shown(void **state)
{
	(void)state;
	autofree char *file = xasprintf("%s/state/last.view", fleet.dir);
	assert_int_equal(unlink(file), 0);
	struct vt *vt = open_late();
	vt_must_show(vt, "starting the engine", FIRST_MS);
	vt_must_not_show(vt, "as it was", KEY_MS);
	quit(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_known_stands_there_until_the_engine_speaks),
		cmocka_unit_test(nothing_can_be_done_with_it),
		cmocka_unit_test(where_nothing_is_known_nothing_is_shown),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
