/* SPDX-License-Identifier: MIT */
/* What a screen on several engines remembers, when the next one is given them in another order, or not all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/servers.h"
#include "tui/saved.h"

enum { EU, US, WAIT_MS = 5000 };

struct scene {
	char folder[64];
	char *yaml[2];
	struct console *console;
};

static const size_t as_given[] = {EU, US}, turned[] = {US, EU}, one[] = {US};

static char *config(const char *folder, const char *name)
{
	return xasprintf("environment: %s\nstate_dir: %s/%s\nbots:\n"
			 "  courier: {token: {file: t}, process: {match: a}}\n"
			 "  orders: {token: {file: t}, process: {match: a}}\n",
		name, folder, name);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-screen-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	autofree char *home = xasprintf("%s/home", scene->folder);
	setenv("XDG_STATE_HOME", home, 1);
	scene->yaml[EU] = config(scene->folder, "eu");
	scene->yaml[US] = config(scene->folder, "us");
	const struct console_engine engines[] = {
		{"eu", scene->yaml[EU], 0}, {"us", scene->yaml[US], 0}};
	scene->console = console_many(engines, 2, 24, 80);
	console_advance(scene->console, 2000);
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

static struct ways ways_in(const struct console *console, const size_t *order, size_t count)
{
	struct ways ways = {.count = count};
	for (size_t i = 0; i < count; i++)
		ways.list[i] = console->ways[order[i]];
	return ways;
}

/* Opens orders of us, under a filter. */
static void look(struct console *console)
{
	struct rowset *rows = pane_bots.rows(console->app->view[PANE_bots]);
	console_keys(console, "/");
	console_type(console, "bot=orders");
	console_keys(console, "Enter");
	rowset_move_to(rows, (size_t)rowset_find(rows, links_id(US, entity_id("bot", "orders"))));
	rows->touched = true;
	console_keys(console, "Enter");
}

static size_t files_in(const char *folder)
{
	autofree char *path = xasprintf("%s/home/botswain", folder);
	size_t count = 0;
	DIR *listing = opendir(path);
	for (const struct dirent *entry; listing && (entry = readdir(listing));)
		count += strncmp(entry->d_name, "screen-", 7) == 0 &&
			 strlen(entry->d_name) == strlen("screen-0123456789abcdef.json");
	if (listing)
		closedir(listing);
	return count;
}

static void leave_a_view(struct scene *scene)
{
	const struct ways ways = ways_in(scene->console, as_given, 2);
	int64_t until_ms = clock_mono_ms(clock_real()) + WAIT_MS;
	saved_begin(scene->console->app, saved_look(scene->console->app->settings, &ways));
	look(scene->console);
	saved_end(scene->console->app);
	while (!files_in(scene->folder) && clock_mono_ms(clock_real()) < until_ms)
		(void)poll(NULL, 0, 5);
	assert_int_equal(files_in(scene->folder), 1);
}

/* The next screen, on these engines. */
static struct console *come_back(struct scene *scene, const size_t *order, size_t count)
{
	const struct ways ways = ways_in(scene->console, order, count);
	struct console *next = console_many_beside(scene->console, order, count, 24, 80);
	saved_begin(next->app, saved_look(next->app->settings, &ways));
	console_advance(next, 2000);
	saved_end(next->app);
	return next;
}

static void the_same_engines_in_another_order_are_the_same_view(void **state)
{
	struct scene *scene = *state;
	leave_a_view(scene);
	struct console *next = come_back(scene, turned, 2);
	const struct rowset *rows = pane_bots.rows(next->app->view[PANE_bots]);
	assert_string_equal(pane_bots.filtered_by(next->app->view[PANE_bots]), "bot=orders");
	assert_string_equal(links_name(next->app->links, 0), "us");
	assert_int_equal(rows->cursor, links_id(0, entity_id("bot", "orders")));
	console_expect_not(next, "not taken up");
	console_free(next);
}

static void one_engine_fewer_is_a_view_of_its_own(void **state)
{
	struct scene *scene = *state;
	leave_a_view(scene);
	struct console *next = come_back(scene, one, 1);
	assert_string_equal(pane_bots.filtered_by(next->app->view[PANE_bots]), "");
	console_expect_not(next, "not taken up");
	console_expect(next, "2 bots");
	console_free(next);
}

/* Whose list stands in its configuration has one file, however the list changes. */
static void a_cursor_on_an_engine_that_is_not_there_any_more_is_on_none(void **state)
{
	struct scene *scene = *state;
	autostr struct str text = STR_INIT;
	struct err err = {.code = ERR_NONE};
	bool newer;
	look(scene->console);
	saved_print(scene->console->app, "here", &text);
	static const struct {
		size_t order[2], count;
		bool is_there;
	} cases[] = {{{US, EU}, 2, true}, {{US}, 1, true}, {{EU}, 1, false}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct console *next =
			console_many_beside(scene->console, cases[i].order, cases[i].count, 24, 80);
		if (!saved_take(next->app, "here", text.text, text.length, &newer, &err))
			fail_msg("%s", err.text);
		assert_int_equal(pane_bots.rows(next->app->view[PANE_bots])->recalled,
			cases[i].is_there ? links_id(0, entity_id("bot", "orders")) : 0);
		console_free(next);
	}
}

int main(void)
{
#define SAVED_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SAVED_TEST(the_same_engines_in_another_order_are_the_same_view),
		SAVED_TEST(one_engine_fewer_is_a_view_of_its_own),
		SAVED_TEST(a_cursor_on_an_engine_that_is_not_there_any_more_is_on_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
