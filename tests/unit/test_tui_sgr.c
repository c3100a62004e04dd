/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <vterm.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "core/base/str.h"
#include "tui/sgr.h"

static void assert_squeezes(const char *bytes, const char *wanted)
{
	autostr struct str to = STR_INIT;
	struct sgr_filter filter = {
		.known = true, .sent = {.charset = 'B'}, .wanted = {.charset = 'B'}};
	sgr_squeeze(&filter, bytes, strlen(bytes), &to);
	assert_string_equal(to.text, wanted);
}

static void only_the_difference_is_sent(void **state)
{
	(void)state;
	assert_squeezes("\033(B\033[0;1m\033[38;5;235m\033[48;5;231mab\033(B\033[0m\033[38;5;"
			"235m\033[48;5;231mc",
		"\033[1;38;5;235;48;5;231mab\033[22mc");
	assert_squeezes("\033[31mx\033[32my", "\033[31mx\033[32my");
	assert_squeezes("\033[1m\033[0mx", "x");
}

static void nothing_is_sent_before_something_is_drawn(void **state)
{
	(void)state;
	assert_squeezes("\033[31m\033[4;1H\033[0m\r\033[5C", "\033[4;1H\r\033[5C");
	assert_squeezes("\033[41m\033[K", "\033[41m\033[K");
}

static void blanks_do_not_care_for_the_colour_of_text(void **state)
{
	(void)state;
	assert_squeezes("\033[31ma\033[39m  \033[32mb", "\033[31ma  \033[32mb");
	assert_squeezes("\033[31ma\033[39m\033[4X\033[K", "\033[31ma\033[4X\033[K");
	assert_squeezes("\033[4ma\033[24m b", "\033[4ma\033[m b");
	assert_squeezes("\033[7ma\033[27m b", "\033[7ma\033[m b");
}

static void a_reset_is_used_when_it_is_shorter(void **state)
{
	(void)state;
	assert_squeezes("\033[1;4;31;41mx\033[0my", "\033[1;4;31;41mx\033[my");
	assert_squeezes("\033[1;4;31;41mx\033[0;32my", "\033[1;4;31;41mx\033[0;32my");
}

static void bright_and_direct_colours_keep_their_form(void **state)
{
	(void)state;
	assert_squeezes("\033[91mx\033[105my", "\033[91mx\033[105my");
	assert_squeezes("\033[38;2;1;2;3mx", "\033[38;2;1;2;3mx");
	assert_squeezes("\033[38:2::10:20:30mx", "\033[38:2::10:20:30mx");
}

static void what_is_not_followed_passes_as_it_is(void **state)
{
	(void)state;
	assert_squeezes("\033[58;5;3mx", "\033[58;5;3m\033(B\033[mx");
	assert_squeezes("\033[4:3mx", "\033[4:3m\033(B\033[mx");
	assert_squeezes("\033]0;a\a", "\033]0;a\a");
	assert_squeezes("\033[", "\033[");
}

static void other_letters_come_back_to_plain_ones(void **state)
{
	(void)state;
	assert_squeezes("\033(0qq\033(Ba", "\033(0qq\033(Ba");
	assert_squeezes("\033(0\033(Ba", "a");
}

/* ---- the same picture, whatever ncurses might say ---- */

enum { ROWS = 8, COLUMNS = 30 };

static void add_random_piece(struct rng *rng, struct str *to)
{
	static const char *const pieces[] = {"a", "bc", " ", "   ", "\033[0m", "\033[m", "\033[1m",
		"\033[2m", "\033[22m", "\033[4m", "\033[24m", "\033[7m", "\033[27m", "\033[3m",
		"\033[23m", "\033(B\033[0;1m", "\033(B\033[m", "\033[39;49m", "\033[31m",
		"\033[42m", "\033[95m", "\033[38;5;200m", "\033[48;5;17m", "\033[K", "\033[1K",
		"\033[J", "\033[5X", "\033[3P", "\033[2@", "\033[L", "\033[M", "\r", "\n", "\b",
		"\033[3C", "\033[2A", "\033M", "\033[38;2;9;8;7m", "é", "漢"};
	if (rng_below(rng, 5) == 0)
		str_addf(to, "\033[%d;%dH", 1 + (int)rng_below(rng, ROWS),
			1 + (int)rng_below(rng, COLUMNS));
	else
		str_adds(to, pieces[rng_below(rng, COUNT_OF(pieces))]);
}

struct screen {
	VTerm *vterm;
	VTermScreen *screen;
};

static struct screen screen_new(void)
{
	struct screen screen = {.vterm = vterm_new(ROWS, COLUMNS)};
	vterm_set_utf8(screen.vterm, 1);
	screen.screen = vterm_obtain_screen(screen.vterm);
	vterm_screen_reset(screen.screen, 1);
	return screen;
}

static bool is_blank(const VTermScreenCell *cell)
{
	return (cell->chars[0] == 0 || cell->chars[0] == ' ') && !cell->attrs.underline &&
	       !cell->attrs.reverse;
}

static void assert_same_cell(const struct screen *a, const struct screen *b, VTermPos pos)
{
	VTermScreenCell one, two;
	vterm_screen_get_cell(a->screen, pos, &one);
	vterm_screen_get_cell(b->screen, pos, &two);
	bool blank = is_blank(&one) && is_blank(&two);
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && !blank; i++) {
		assert_int_equal(one.chars[i], two.chars[i]);
		if (!one.chars[i])
			break;
	}
	assert_true(vterm_color_is_equal(&one.bg, &two.bg));
	if (blank || one.chars[0] == (uint32_t)-1)
		return;
	assert_true(vterm_color_is_equal(&one.fg, &two.fg));
	assert_int_equal(one.attrs.bold, two.attrs.bold);
	assert_int_equal(one.attrs.underline, two.attrs.underline);
	assert_int_equal(one.attrs.reverse, two.attrs.reverse);
	assert_int_equal(one.attrs.italic, two.attrs.italic);
}

static void the_picture_is_the_same_with_and_without_it(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 11);
	size_t before = 0, after = 0;
	for (int round = 0; round < 300; round++) {
		struct screen plain = screen_new(), squeezed = screen_new();
		struct sgr_filter filter = {.known = false};
		sgr_forget(&filter);
		for (int update = 0; update < 4; update++) {
			autostr struct str bytes = STR_INIT, fewer = STR_INIT;
			for (int i = 0; i < 60; i++)
				add_random_piece(&rng, &bytes);
			sgr_squeeze(&filter, bytes.text, bytes.length, &fewer);
			vterm_input_write(plain.vterm, bytes.text, bytes.length);
			vterm_input_write(squeezed.vterm, fewer.text, fewer.length);
			before += bytes.length;
			after += fewer.length;
		}
		for (int row = 0; row < ROWS; row++)
			for (int column = 0; column < COLUMNS; column++)
				assert_same_cell(
					&plain, &squeezed, (VTermPos){.row = row, .col = column});
		vterm_free(plain.vterm);
		vterm_free(squeezed.vterm);
	}
	assert_true(after < before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_difference_is_sent),
		cmocka_unit_test(nothing_is_sent_before_something_is_drawn),
		cmocka_unit_test(blanks_do_not_care_for_the_colour_of_text),
		cmocka_unit_test(a_reset_is_used_when_it_is_shorter),
		cmocka_unit_test(bright_and_direct_colours_keep_their_form),
		cmocka_unit_test(what_is_not_followed_passes_as_it_is),
		cmocka_unit_test(other_letters_come_back_to_plain_ones),
		cmocka_unit_test(the_picture_is_the_same_with_and_without_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
