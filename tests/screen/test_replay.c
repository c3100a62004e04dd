/* SPDX-License-Identifier: MIT */
/* A recorded incident shows, replayed, the pictures that were shown: pane by pane, at every mark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "tests/support/fleet_scene.h"
#include "tests/support/recorded.h"

enum { MARKS_MAX = 16, ROWS = 45, COLUMNS = 160 };

/* A picture of the incident: which keys led to it, and when it was. */
struct mark {
	const char *keys;
	int64_t at_ms;
	struct str picture;
};

struct incident {
	char *folder, *file;
	struct mark marks[MARKS_MAX];
	size_t count;
};

static void take_mark(struct incident *incident, struct console *console, const char *keys)
{
	struct mark *mark = &incident->marks[incident->count++];
	assert_true(incident->count <= MARKS_MAX);
	console_keys(console, keys);
	console_advance(console, 3000);
	recorded_settle(console);
	mark->keys = keys;
	mark->at_ms = console->app->now_ms;
	str_init(&mark->picture);
	recorded_picture(console, &mark->picture);
}

static void orders_dies(struct console *console)
{
	for (int i = 0; i < 4; i++) {
		harness_feed(console->harness, "obs_process bot=\"orders\" state=\"absent\"");
		console_log(console, "orders", "ERROR killed by signal 9");
		console_advance(console, 2000);
	}
}

static void record(struct incident *incident)
{
	static const char *const keys[] = {"1", "2", "3", "4", "5", "6", "7"};
	incident->folder = recorded_folder();
	incident->file = xasprintf("%s/incident.rec", incident->folder);
	const struct engine_options options = {.record = incident->file};
	struct console *console = fleet_open(&options, ROWS, COLUMNS);
	fleet_live(console, 60000);
	take_mark(incident, console, "1");
	fleet_live(console, 90000); /* over a keyframe */
	take_mark(incident, console, "3");
	orders_dies(console);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		take_mark(incident, console, keys[i]);
	fleet_live(console, 20000);
	take_mark(incident, console, "5 +");
	recorded_settle(console);
	console_free(console);
}

static int setup(void **state)
{
	struct incident *incident = xcalloc(1, sizeof(*incident));
	record(incident);
	*state = incident;
	return 0;
}

static int teardown(void **state)
{
	struct incident *incident = *state;
	for (size_t i = 0; i < incident->count; i++)
		str_release(&incident->marks[i].picture);
	free(incident->file);
	recorded_remove(incident->folder);
	free(incident);
	return 0;
}

static void show(struct console *console, const struct mark *mark)
{
	autostr struct str picture = STR_INIT;
	recorded_go(console, mark->at_ms);
	recorded_picture(console, &picture);
	if (strcmp(picture.text, mark->picture.text) != 0)
		fail_msg("the picture after '%s' was:\n%s\nand replayed it is:\n%s", mark->keys,
			mark->picture.text, picture.text);
}

static void every_mark_is_replayed_as_it_was(void **state)
{
	const struct incident *incident = *state;
	struct console *console = recorded_replay(incident->file, ROWS, COLUMNS);
	for (size_t i = 0; i < incident->count; i++) {
		console_keys(console, incident->marks[i].keys);
		show(console, &incident->marks[i]);
	}
	console_free(console);
}

static void going_back_shows_what_was_and_nothing_later(void **state)
{
	const struct incident *incident = *state;
	struct console *console = recorded_replay(incident->file, ROWS, COLUMNS);
	for (size_t i = incident->count - 1; i-- > 0;) {
		console_keys(console, incident->marks[i].keys);
		show(console, &incident->marks[i]);
	}
	console_free(console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mark_is_replayed_as_it_was),
		cmocka_unit_test(going_back_shows_what_was_and_nothing_later),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
