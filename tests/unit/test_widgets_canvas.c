/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "core/base/str.h"
#include "widgets/canvas.h"

/* The text of a small grid, rows joined by newlines. */
static void assert_shows(const struct grid *grid, const char *wanted)
{
	autostr struct str text = STR_INIT;
	grid_dump_text(grid, &text);
	assert_string_equal(text.text, wanted);
}

static void text_is_cut_at_both_edges(void **state)
{
	(void)state;
	struct grid *grid = grid_new(2, 5, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	assert_int_equal(canvas_text(&canvas, 0, -2, ROLE_TEXT, "abcdefghij"), 8);
	canvas_text(&canvas, 7, 0, ROLE_TEXT, "below");
	canvas_text(&canvas, -1, 0, ROLE_TEXT, "above");
	assert_shows(grid, "cdefg\n\n");
	grid_free(grid);
}

static void a_window_draws_nowhere_else(void **state)
{
	(void)state;
	struct grid *grid = grid_new(3, 6, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	canvas_fill(&canvas, canvas_rect(&canvas), ROLE_TEXT);
	struct canvas window = canvas_sub(&canvas, (struct rect){1, 2, 9, 2});
	for (int row = -1; row < 5; row++)
		canvas_text(&window, row, -3, ROLE_CRIT, "0123456789");
	assert_shows(grid, "\n  34\n  34\n");
	assert_int_equal(grid_cell(grid, 1, 1)->role, ROLE_TEXT);
	assert_int_equal(grid_cell(grid, 1, 2)->role, ROLE_CRIT);
	grid_free(grid);
}

static void half_a_wide_cluster_never_stays(void **state)
{
	(void)state;
	struct grid *grid = grid_new(1, 6, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	canvas_text(&canvas, 0, 0, ROLE_TEXT, "漢字漢");
	canvas_text(&canvas, 0, 1, ROLE_TEXT, "a");
	assert_shows(grid, " a字漢\n");
	canvas_text(&canvas, 0, 2, ROLE_TEXT, "b");
	assert_shows(grid, " ab 漢\n");
	canvas_text(&canvas, 0, 3, ROLE_TEXT, "字");
	assert_shows(grid, " ab字\n");
	struct canvas window = canvas_sub(&canvas, (struct rect){0, 4, 1, 2});
	canvas_text(&window, 0, 0, ROLE_TEXT, "x");
	assert_shows(grid, " ab x\n");
	grid_free(grid);
}

static void a_wide_cluster_that_does_not_fit_is_left_out(void **state)
{
	(void)state;
	struct grid *grid = grid_new(1, 3, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	assert_int_equal(canvas_text(&canvas, 0, 0, ROLE_TEXT, "漢字"), 4);
	assert_shows(grid, "漢\n");
	grid_free(grid);
}

static void what_was_not_sanitised_becomes_a_replacement(void **state)
{
	(void)state;
	struct grid *grid = grid_new(1, 8, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	canvas_text(&canvas, 0, 0, ROLE_TEXT, "a\033[1m\xff\u202e");
	assert_shows(grid, "a\ufffd[1m\ufffd\ufffd\n");
	grid_free(grid);
}

static void ascii_grids_hold_only_ascii(void **state)
{
	(void)state;
	struct grid *grid = grid_new(3, 9, GLYPHS_ASCII);
	struct canvas canvas = canvas_of(grid);
	canvas_box(&canvas, canvas_rect(&canvas), ROLE_BORDER);
	canvas_text(&canvas, 1, 1, ROLE_TEXT, "é漢a…");
	assert_shows(grid, "+-------+\n|?? a?  |\n+-------+\n");
	grid_free(grid);
}

static void a_field_aligns_and_cuts_with_an_ellipsis(void **state)
{
	(void)state;
	struct grid *grid = grid_new(4, 6, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	canvas_field(&canvas, 0, 0, 6, ALIGN_RIGHT, ROLE_TEXT, "42");
	canvas_field(&canvas, 1, 0, 6, ALIGN_CENTRE, ROLE_TEXT, "42");
	canvas_field(&canvas, 2, 0, 6, ALIGN_RIGHT, ROLE_TEXT, "longer than that");
	canvas_field(&canvas, 3, 0, 4, ALIGN_LEFT, ROLE_TEXT, "漢字漢");
	assert_shows(grid, "    42\n  42\nlonge…\n漢…\n");
	grid_free(grid);
}

static void drawing_anything_anywhere_keeps_the_grid_whole(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 7);
	struct grid *grid = grid_new(6, 17, GLYPHS_FULL);
	for (int i = 0; i < 20000; i++) {
		struct canvas all = canvas_of(grid);
		struct rect rect = {(int)rng_below(&rng, 9) - 2, (int)rng_below(&rng, 22) - 3,
			(int)rng_below(&rng, 9), (int)rng_below(&rng, 22)};
		struct canvas canvas = canvas_sub(&all, rect);
		char bytes[12];
		static const char *const seeds[] = {
			"漢", "e\u0301", "a", "\xe6\xbc", "\u200d", "👩", "\xff", "\033"};
		size_t length = 0;
		for (int k = 0; k < 3; k++) {
			const char *seed = seeds[rng_below(&rng, 8)];
			memcpy(bytes + length, seed, strlen(seed));
			length += strlen(seed);
		}
		canvas_textn(&canvas, (int)rng_below(&rng, 8) - 1, (int)rng_below(&rng, 20) - 2,
			ROLE_OK, bytes, length);
		for (int row = 0; row < grid->rows; row++) {
			int cells = 0;
			for (int column = 0; column < grid->columns; column++) {
				const struct cell *cell = grid_cell(grid, row, column);
				assert_true(cell->width == 0 ? cell->text[0] == '\0'
							     : cell->text[0] != '\0');
				assert_int_equal(cell->text[CELL_TEXT_MAX - 1], '\0');
				cells += cell->width;
			}
			assert_int_equal(cells, grid->columns);
		}
	}
	grid_free(grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut_at_both_edges),
		cmocka_unit_test(a_window_draws_nowhere_else),
		cmocka_unit_test(half_a_wide_cluster_never_stays),
		cmocka_unit_test(a_wide_cluster_that_does_not_fit_is_left_out),
		cmocka_unit_test(what_was_not_sanitised_becomes_a_replacement),
		cmocka_unit_test(ascii_grids_hold_only_ascii),
		cmocka_unit_test(a_field_aligns_and_cuts_with_an_ellipsis),
		cmocka_unit_test(drawing_anything_anywhere_keeps_the_grid_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
