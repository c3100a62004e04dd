/* SPDX-License-Identifier: MIT */
/* The lines of two engines in one log, whose clocks are two hours apart: one of them whole, repeats, an id through both,
 * columns, a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/servers.h"
#include "tests/support/two_logs.h"

enum { EU, US, AHEAD_MS = 2 * 3600 * 1000, LINES = 1300 };

struct scene {
	char folder[64];
	char *yaml[2];
	struct console *console;
};

/* Of three milliseconds, by the clock of each. */
static void write_lines(struct console *console, size_t engine)
{
	console_on(console, engine);
	for (int i = 0; i < LINES; i++) {
		autofree char *line = xasprintf(
			"{\"time\":\"2026-03-01T%d:50:00.00%dZ\",\"level\":30,"
			"\"msg\":\"%s line %d\",\"request_id\":\"req-%04d\","
			"\"n\":%d}",
			engine == EU ? 11 : 13, i * 3 / LINES, engine == EU ? "eu" : "us", i, i, i);
		console_log(console, "ada", line);
	}
}

static int setup(void **state)
{
	static const char *const names[] = {"eu", "us"};
	struct scene *scene = xcalloc(1, sizeof(*scene));
	snprintf(scene->folder, sizeof(scene->folder), "/tmp/botswain-screen-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	for (size_t i = 0; i < 2; i++)
		scene->yaml[i] = xasprintf("environment: %s\nstate_dir: %s/%s\n"
					   "bots:\n  ada: {token: {file: t}, logs: [l]}\n",
			names[i], scene->folder, names[i]);
	const struct console_engine engines[] = {
		{"eu", scene->yaml[EU], 0}, {"us", scene->yaml[US], AHEAD_MS}};
	scene->console = console_many(engines, 2, 24, 80);
	write_lines(scene->console, EU);
	write_lines(scene->console, US);
	console_on(scene->console, EU);
	console_settle(scene->console);
	console_keys(scene->console, "5 +");
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	console_free(scene->console);
	remove_folder(scene->folder);
	free(scene->yaml[EU]);
	free(scene->yaml[US]);
	free(scene);
	return 0;
}

static void the_view_asks_the_engine_of_the_line(void **state)
{
	struct scene *scene = *state;
	two_logs_go_to(scene->console, "\"us line 77\"");
	console_keys(scene->console, "v");
	console_expect(scene->console, "engine us");
	console_expect(scene->console, "n           77");
	two_logs_go_to(scene->console, "q");
	console_keys(scene->console, "Esc Esc G");
	two_logs_go_to(scene->console, "\"eu line 78\"");
	console_keys(scene->console, "v");
	console_expect(scene->console, "engine eu");
	console_expect(scene->console, "n           78");
}

/* What an engine that is lost would have told is told once it is back. */
static void a_line_of_an_engine_that_is_lost_says_so(void **state)
{
	struct scene *scene = *state;
	two_logs_go_to(scene->console, "\"us line 1299\"");
	console_keys(scene->console, "v");
	console_expect(scene->console, "n           1299");
	console_kill(scene->console, US);
	console_advance(scene->console, 2000);
	console_keys(scene->console, "k k k");
	console_expect(scene->console, "there is no engine that could tell the rest");
	console_expect(scene->console, "us line 1296");
	console_revive(scene->console, US);
	console_advance(scene->console, 12000);
	console_expect_not(scene->console, "there is no engine that could tell the rest");
}

static void an_id_is_followed_through_both_engines(void **state)
{
	struct scene *scene = *state;
	two_logs_go_to(scene->console, "\"us line 500\"");
	console_keys(scene->console, "c");
	console_expect(scene->console, "us line 500");
	console_expect(scene->console, "eu line 500");
	console_expect_not(scene->console, "line 501");
}

static void columns_have_the_values_of_both(void **state)
{
	struct scene *scene = *state;
	console_keys(scene->console, "C");
	console_type(scene->console, "n");
	console_keys(scene->console, "Enter");
	console_expect(scene->console, "I 1299 us line 1299");
	two_logs_go_to(scene->console, "\"eu line 1299\"");
	console_expect(scene->console, "I 1299 eu line 1299");
	console_expect(scene->console, "I  867 us line 867");
}

static void lines_of_both_are_saved_none_lost_and_none_twice(void **state)
{
	struct scene *scene = *state;
	autofree char *path = xasprintf("%s/all.log", scene->folder),
		      *command = xasprintf("save %s", path);
	bool seen[2][LINES] = {{false}};
	size_t count = 0;
	console_keys(scene->console, ":");
	console_type(scene->console, command);
	console_keys(scene->console, "Enter");
	console_expect(scene->console, "saved: 26");
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	for (char line[512]; fgets(line, sizeof(line), file);) {
		const char *us = strstr(line, "us line "), *at = us;
		if (!us)
			at = strstr(line, "eu line ");
		if (!at)
			continue;
		long number = strtol(strstr(at, "line ") + 5, NULL, 10);
		assert_in_range(number, 0, LINES - 1);
		assert_false(seen[us != NULL][number]);
		seen[us != NULL][number] = true;
		count++;
	}
	fclose(file);
	assert_int_equal(count, 2 * LINES);
}

int main(void)
{
#define MANY_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		MANY_TEST(the_view_asks_the_engine_of_the_line),
		MANY_TEST(a_line_of_an_engine_that_is_lost_says_so),
		MANY_TEST(an_id_is_followed_through_both_engines),
		MANY_TEST(columns_have_the_values_of_both),
		MANY_TEST(lines_of_both_are_saved_none_lost_and_none_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
