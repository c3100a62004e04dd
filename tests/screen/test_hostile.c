/* SPDX-License-Identifier: MIT */
/* Text of others on the screen: a part of what `make check-hostile` tries whole (tests/hostile). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "core/base/width.h"
#include "tests/support/hostile_walk.h"
#include "tests/support/puppet.h"
#include "widgets/canvas.h"

static void tell(const char *sentence)
{
	print_error("%s\n", sentence);
}

static void text_of_others_stays_in_its_cells_and_does_nothing_else(void **state)
{
	(void)state;
	struct hostile_walk walk = {.every = 36, .one_view = 1, .tell = tell};
	hostile_walk(&walk);
	print_message(
		"%zu texts, %zu pictures, %zu cells\n", walk.texts, walk.pictures, walk.cells);
	assert_true(walk.pictures > 500);
	if (walk.faults)
		fail_msg("%zu faults; the first: %s", walk.faults, walk.first);
}

/* The column of the word behind a text of a plan that has as many cells, and more bytes. */
static int column_behind(const char *state)
{
	struct scene_script scene;
	size_t plan = 0, text = 0;
	scene_read("tests/hostile/scene", &scene);
	while (scene.messages[plan].kind != MSG_plan)
		plan++;
	for (bool found = false; !found; text += !found) {
		autostr struct str name = STR_INIT;
		scene_text_name(&scene, plan, text, &name);
		found = strcmp(name.text, "plan.targets.state") == 0;
	}
	struct msg_any old = scene_replace(&scene, plan, text, state);
	struct puppet *puppet = puppet_new(&scene, 24, 80);
	puppet_keys(puppet, "1 r");
	autostr struct str screen = STR_INIT;
	grid_dump_text(puppet_grid(puppet), &screen);
	const char *found = strstr(screen.text, "1204 updates pending"), *line = found;
	assert_non_null(found);
	while (line > screen.text && line[-1] != '\n')
		line--;
	int column = (int)text_width(line, (size_t)(found - line));
	puppet_free(puppet);
	scene_restore(&scene, plan, old);
	scene_release(&scene);
	return column;
}

static void columns_of_a_dialog_stand_in_line_whatever_the_words_are_written_in(void **state)
{
	(void)state;
	assert_int_equal(column_behind("abcd"), column_behind("\u6f22\u5b57"));
	assert_int_equal(column_behind("abcd"), column_behind("a\u0301b\u0301c\u0301d\u0301"));
}

static void what_a_picture_asks_for_has_come_when_a_key_is_done(void **state)
{
	(void)state;
	struct scene_script scene;
	autostr struct str screen = STR_INIT;
	scene_read("tests/hostile/scene", &scene);
	struct puppet *puppet = puppet_new(&scene, 24, 80);
	puppet_keys(puppet, "5 k k v");
	grid_dump_text(puppet_grid(puppet), &screen);
	assert_non_null(strstr(screen.text, "cannot reach the database at all"));
	puppet_free(puppet);
	scene_release(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_others_stays_in_its_cells_and_does_nothing_else),
		cmocka_unit_test(
			columns_of_a_dialog_stand_in_line_whatever_the_words_are_written_in),
		cmocka_unit_test(what_a_picture_asks_for_has_come_when_a_key_is_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
