/* SPDX-License-Identifier: MIT */
/* on_alert of a real botswaind: it tells after its grace, a reload gives it another program, and of two engines only the
 * one that has the lock tells. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/tell.h"
#include "core/model/model.h"
#include "tests/support/engine_process.h"

enum { TOLD_MS = TELL_GRACE_MS + 20000 };

static char *path_in(const struct scene *scene, const char *name)
{
	return xasprintf("%s/%s", scene->folder, name);
}

/* What it is told goes to NAME.out. */
static void write_program(const struct scene *scene, const char *name)
{
	autofree char *path = path_in(scene, name);
	autofree char *text = xasprintf("#!/bin/sh\ncat >>%s.out\n", path);
	write_file(path, text);
	assert_int_equal(chmod(path, 0700), 0);
}

static char *told(const struct scene *scene, const char *name)
{
	autofree char *out = xasprintf("%s/%s.out", scene->folder, name);
	return read_all(out);
}

static bool was_told(const struct scene *scene, const char *name, const char *what)
{
	autofree char *text = told(scene, name);
	return strstr(text, what) != NULL;
}

static void configure(const struct scene *scene, const char *program, const char *bots)
{
	autofree char *more = xasprintf("%son_alert: [%s/%s]\n", bots, scene->folder, program);
	scene_configure(scene, more);
}

#define GONE(name)                                                                                 \
	"  - {name: " name ", transport: none, heartbeat: none, process: {match: "                 \
	"no-such-process-" name "}}\n"

static void it_tells_after_its_grace_and_by_the_program_of_the_last_reload(void **state)
{
	const struct scene *scene = *state;
	struct screen screen = {.client = NULL};
	write_program(scene, "first");
	write_program(scene, "second");
	configure(scene, "first", GONE("gone"));
	pid_t engine = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	assert_exits(scene_start(scene, NULL), 5); /* another one has no lock, and no say */
	int64_t until_ms = clock_mono_ms(clock_real()) + TOLD_MS;
	while (!was_told(scene, "first", "\"name\":\"gone\"") &&
		clock_mono_ms(clock_real()) < until_ms)
		screen_step(&screen);
	assert_true(was_told(scene, "first", "\"event\":\"firing\""));
	AWAIT(&screen, model_engine(screen.model)->told >= 1);
	configure(scene, "second", GONE("gone") GONE("later"));
	assert_int_equal(kill(engine, SIGHUP), 0);
	AWAIT(&screen, was_told(scene, "second", "\"name\":\"later\""));
	assert_false(was_told(scene, "first", "\"name\":\"later\""));
	assert_false(was_told(scene, "second", "\"name\":\"gone\""));
	AWAIT(&screen, model_engine(screen.model)->tell_waiting == 0);
	assert_int_equal(model_engine(screen.model)->told_failed, 0);
	screen_detach(&screen);
	assert_int_equal(kill(engine, SIGTERM), 0);
	assert_exits(engine, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_tells_after_its_grace_and_by_the_program_of_the_last_reload, scene_setup,
			scene_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
