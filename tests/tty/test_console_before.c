/* SPDX-License-Identifier: MIT */
/* A console whose engine takes long to begin, on a real fleet: what the engine before knew is on the screen at once, and said
 * to be old. `botswaind` beside the program is a script that waits for a line in $GATE, a pipe, then becomes the real one; it
 * ends when the pipe is closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
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
static char *place; /* a folder with the console and the script */

/* A console whose engine waits. */
struct late {
	struct vt *vt;
	int gate;
};

static void write_script(void)
{
	autofree char *path = xasprintf("%s/botswaind", place);
	autofree char *real = build_program("botswaind");
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nread -r _ <\"$GATE\" || exit 1\nexec '%s' \"$@\"\n", real);
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

/* Each with a pipe of its own, which both ends hold open. */
static struct late open_late(void)
{
	static unsigned number;
	autofree char *program = xasprintf("%s/botswain", place);
	autofree char *config = xasprintf("%s/botswain.yaml", fleet.dir);
	autofree char *memory = xasprintf("XDG_STATE_HOME=%s/screens", fleet.dir);
	autofree char *gate = xasprintf("GATE=%s/gate-%u", place, ++number);
	const char *path = gate + strlen("GATE=");
	assert_int_equal(mkfifo(path, 0600), 0);
	struct late late = {.gate = open(path, O_RDWR | O_CLOEXEC)};
	assert_true(late.gate >= 0);
	late.vt = vt_spawn(24, 80, (const char *const[]){program, "-c", config, NULL},
		(const char *const[]){memory, gate, NULL});
	return late;
}

static void let_in(const struct late *late)
{
	assert_int_equal(write(late->gate, "\n", 1), 1);
}

static void quit_late(struct late *late)
{
	quit(late->vt);
	close(late->gate);
}

static void what_was_known_stands_there_until_the_engine_speaks(void **state)
{
	(void)state;
	see_the_fleet_once();
	struct late late = open_late();
	struct vt *vt = late.vt;
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
	let_in(&late);
	vt_must_not_show(vt, "all here is as it was", AGAIN_MS);
	vt_must_show(vt, "own engine", AGAIN_MS);
	vt_must_show(vt, "3 ok", AGAIN_MS);
	quit_late(&late);
}

static void nothing_can_be_done_with_it(void **state)
{
	(void)state;
	see_the_fleet_once();
	struct late late = open_late();
	struct vt *vt = late.vt;
	vt_must_show(vt, "all here is as it was", FIRST_MS);
	vt_press(vt, "P");
	vt_must_show(vt, "nothing that could be held", KEY_MS);
	assert_false(vt_shows(vt, "PAUSED"));
	vt_press(vt, "r");
	vt_must_show(vt, "no engine", KEY_MS);
	vt_must_not_show(vt, "Restart orders", KEY_MS);
	quit_late(&late);
}

static void where_nothing_is_known_nothing_is_shown(void **state)
{
	(void)state;
	autofree char *file = xasprintf("%s/state/last.view", fleet.dir);
	assert_int_equal(unlink(file), 0);
	struct late late = open_late();
	struct vt *vt = late.vt;
	vt_must_show(vt, "starting the engine", FIRST_MS);
	vt_must_not_show(vt, "as it was", KEY_MS);
	quit_late(&late);
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
