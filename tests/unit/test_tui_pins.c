/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "tui/pins.h"

enum { COLUMNS = 80 };

static void assert_pins(int column, const char *bytes, const char *wanted)
{
	autostr struct str to = STR_INIT, update = STR_INIT;
	struct pins pins = {.column = column};
	str_adds(&update, bytes);
	pins_add(&pins, COLUMNS, &update, &to);
	assert_string_equal(to.text, wanted);
}

static void letters_lines_and_ideographs_pass_as_they_are(void **state)
{
	(void)state;
	assert_pins(0,
		"orders \u2502 \u041f\u0440\u0438\u0432\u0435\u0442 \u65e5\u672c "
		"\u25b6\u2026\u28ff",
		"orders \u2502 \u041f\u0440\u0438\u0432\u0435\u0442 \u65e5\u672c "
		"\u25b6\u2026\u28ff");
}

static void behind_an_emoji_the_terminal_is_told_its_column(void **state)
{
	(void)state;
	assert_pins(0, "a\U0001f600b", "a  \033[2G\U0001f600\033[4Gb");
	assert_pins(-1, "\033[3;5H\u2764x", "\033[3;5H \033[5G\u2764\033[6Gx");
	assert_pins(4, "e\u0301x", " \033[5Ge\u0301\033[6Gx");
}

static void two_in_a_row_are_pinned_each(void **state)
{
	(void)state;
	assert_pins(
		0, "\U0001f600\U0001f680", "  \033[1G\U0001f600\033[3G  \033[3G\U0001f680\033[5G");
}

static void a_colour_does_not_come_between_and_an_own_move_needs_no_second(void **state)
{
	(void)state;
	assert_pins(0, "\U0001f600\033[31mb", "  \033[1G\U0001f600\033[31m\033[3Gb");
	assert_pins(0, "\U0001f600\033[4;1Hb", "  \033[1G\U0001f600\033[4;1Hb");
	assert_pins(0, "\U0001f600\rb", "  \033[1G\U0001f600\rb");
	assert_pins(0, "\U0001f600\033[3d\033[Kx", "  \033[1G\U0001f600\033[3d\033[3G\033[Kx");
}

static void moves_that_count_from_the_cursor_begin_where_it_belongs(void **state)
{
	(void)state;
	assert_pins(0, "\U0001f600\b\u2764", "  \033[1G\U0001f600\033[3G\b \033[2G\u2764\033[3G");
	assert_pins(0, "\U0001f600\033[5C\u2764",
		"  \033[1G\U0001f600\033[3G\033[5C \033[8G\u2764\033[9G");
	assert_pins(0, "\U0001f600\033[2Dx", "  \033[1G\U0001f600\033[3G\033[2Dx");
	assert_pins(0, "x\033[9b\u2764", "x\033[9b \033[11G\u2764\033[12G");
	assert_pins(3, "\t\u2764", "\t \033[9G\u2764\033[10G");
}

static void at_the_edge_there_is_no_column_to_tell(void **state)
{
	(void)state;
	assert_pins(78, "\U0001f600", "  \033[79G\U0001f600");
}

static void behind_what_is_not_followed_nothing_is_pinned_until_a_place_is_named(void **state)
{
	(void)state;
	assert_pins(0, "\0338\u2764", "\0338\u2764");
	assert_pins(0, "\033[2L\u2764\033[7G\u2764", "\033[2L\u2764\033[7G \033[7G\u2764\033[8G");
}

static void a_terminal_that_cannot_be_told_a_column_gets_what_ncurses_wrote(void **state)
{
	(void)state;
	autostr struct str to = STR_INIT, update = STR_INIT;
	struct pins pins = {.off = !pins_follow(NULL)};
	str_adds(&update, "\U0001f600b");
	pins_add(&pins, COLUMNS, &update, &to);
	assert_string_equal(to.text, "\U0001f600b");
	assert_true(pins_follow("\033[%i%p1%dG"));
	assert_false(pins_follow((const char *)-1) || pins_follow("\033[%p1%dG"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_lines_and_ideographs_pass_as_they_are),
		cmocka_unit_test(behind_an_emoji_the_terminal_is_told_its_column),
		cmocka_unit_test(two_in_a_row_are_pinned_each),
		cmocka_unit_test(a_colour_does_not_come_between_and_an_own_move_needs_no_second),
		cmocka_unit_test(moves_that_count_from_the_cursor_begin_where_it_belongs),
		cmocka_unit_test(at_the_edge_there_is_no_column_to_tell),
		cmocka_unit_test(
			behind_what_is_not_followed_nothing_is_pinned_until_a_place_is_named),
		cmocka_unit_test(a_terminal_that_cannot_be_told_a_column_gets_what_ncurses_wrote),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
