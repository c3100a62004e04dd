/* SPDX-License-Identifier: MIT */
/*
 * make check-hostile: every payload in every text of every message that a screen gets, on every view that shows it, at three
 * sizes. What a second emulator is to judge goes to a file (tests/hostile/judge.mjs). Exit 1 when something is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hostile/copies.h"
#include "tests/hostile/doors.h"
#include "tests/hostile/places.h"
#include "tests/hostile/replays.h"
#include "tests/support/folder.h"
#include "tests/support/hostile_lines.h"
#include "tests/support/hostile_walk.h"

/* Of the payloads each text gets so many on a view, and others on the next. HOSTILE_EVERY=1: all of them, and each place of
 * places.def begins with each once; the two take half an hour. */
enum { ONE_IN = 6, CAPTURED_ONE_IN = 12 };

static const char *program, *capture_path;

static void tell(const char *sentence)
{
	print_error("%s\n", sentence);
}

static void say(const char *name, const struct hostile_walk *walk)
{
	print_message("%s: %zu texts, %zu pictures, %zu cells, %zu faults\n", name, walk->texts,
		walk->pictures, walk->cells, walk->faults);
	if (walk->faults)
		fail_msg("%s", walk->first);
}

static void text_of_others_stays_in_its_cells_and_does_nothing_else(void **state)
{
	(void)state;
	const char *every = getenv("HOSTILE_EVERY");
	struct hostile_walk walk = {
		.every = every ? strtoul(every, NULL, 10) : ONE_IN, .is_whole = true, .tell = tell};
	assert_true(walk.every > 0);
	hostile_walk(&walk);
	print_message("whole: %zu fields, %zu of them on no view\n", walk.fields, walk.unshown);
	say("whole", &walk);
}

static void a_part_of_it_is_kept_for_a_second_emulator(void **state)
{
	(void)state;
	struct hostile_walk walk = {.every = CAPTURED_ONE_IN, .one_view = 1, .tell = tell};
	walk.capture = fopen(capture_path, "we");
	assert_non_null(walk.capture);
	hostile_walk(&walk);
	assert_int_equal(fclose(walk.capture), 0);
	say("captured", &walk);
}

static void what_the_command_line_prints_of_it_is_text_in_lines(void **state)
{
	(void)state;
	struct hostile_lines lines = {.program = program, .every = 1, .tell = tell};
	hostile_lines(&lines);
	print_message("lines: %zu outputs, %zu bytes, %zu faults\n", lines.outputs, lines.bytes,
		lines.faults);
	if (lines.faults)
		fail_msg("%s", lines.first);
}

int main(int argc, char **argv)
{
	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: hostile PROGRAM CAPTURE [TEST]\n");
		return 2;
	}
	program = argv[1];
	capture_path = argv[2];
	if (argc == 4)
		cmocka_set_test_filter(argv[3]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_others_stays_in_its_cells_and_does_nothing_else),
		cmocka_unit_test(a_part_of_it_is_kept_for_a_second_emulator),
		cmocka_unit_test(what_is_copied_of_it_is_one_safe_line),
		cmocka_unit_test_setup_teardown(what_the_command_line_prints_of_it_is_text_in_lines,
			folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			what_comes_through_real_doors_is_made_safe_by_the_engine, folder_setup,
			folder_teardown),
		cmocka_unit_test_setup_teardown(
			what_supervisors_certificates_and_files_say_is_made_safe, folder_setup,
			folder_teardown),
		cmocka_unit_test_setup_teardown(what_a_recording_of_others_holds_is_made_safe,
			folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
