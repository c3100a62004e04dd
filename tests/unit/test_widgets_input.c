/* SPDX-License-Identifier: MIT */
/* Prompt, menu, dialog, toast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "tests/support/golden.h"
#include "widgets/dialog.h"
#include "widgets/fuzzy.h"
#include "widgets/menu.h"
#include "widgets/toast.h"

/* ---- prompt ---- */

static void type(struct prompt *prompt, const char *text)
{
	assert_true(prompt_insert(prompt, text, strlen(text)));
}

static void the_line_is_edited_by_whole_letters(void **state)
{
	(void)state;
	struct prompt prompt;
	prompt_init(&prompt, NULL);
	type(&prompt, "ae\u0301漢");
	prompt_edit(&prompt, PROMPT_BACKSPACE);
	assert_string_equal(prompt.text.text, "ae\u0301");
	prompt_edit(&prompt, PROMPT_LEFT);
	assert_int_equal(prompt.cursor, 1);
	prompt_edit(&prompt, PROMPT_DELETE);
	assert_string_equal(prompt.text.text, "a");
	assert_false(prompt_edit(&prompt, PROMPT_DELETE));
	prompt_release(&prompt);
}

static void words_are_killed_and_yanked(void **state)
{
	(void)state;
	struct prompt prompt;
	prompt_init(&prompt, NULL);
	type(&prompt, "restart shop_pay  now");
	prompt_edit(&prompt, PROMPT_WORD_LEFT);
	prompt_edit(&prompt, PROMPT_KILL_WORD);
	assert_string_equal(prompt.text.text, "restart now");
	prompt_edit(&prompt, PROMPT_HOME);
	prompt_edit(&prompt, PROMPT_YANK);
	assert_string_equal(prompt.text.text, "shop_pay  restart now");
	prompt_edit(&prompt, PROMPT_KILL_END);
	assert_string_equal(prompt.text.text, "shop_pay  ");
	prompt_edit(&prompt, PROMPT_KILL_START);
	assert_string_equal(prompt.text.text, "");
	prompt_release(&prompt);
}

static void history_keeps_the_line_that_was_being_typed(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	struct prompt prompt;
	history_add(&history, "one");
	history_add(&history, "two");
	history_add(&history, "two");
	history_add(&history, "");
	assert_int_equal(history.count, 2);
	prompt_init(&prompt, &history);
	type(&prompt, "half");
	assert_true(prompt_edit(&prompt, PROMPT_HISTORY_UP));
	assert_string_equal(prompt.text.text, "two");
	prompt_edit(&prompt, PROMPT_HISTORY_UP);
	assert_false(prompt_edit(&prompt, PROMPT_HISTORY_UP));
	assert_string_equal(prompt.text.text, "one");
	prompt_edit(&prompt, PROMPT_HISTORY_DOWN);
	prompt_edit(&prompt, PROMPT_HISTORY_DOWN);
	assert_string_equal(prompt.text.text, "half");
	assert_false(prompt_edit(&prompt, PROMPT_HISTORY_DOWN));
	prompt_release(&prompt);
	history_release(&history);
}

static void history_forgets_the_oldest(void **state)
{
	(void)state;
	struct history history = {.count = 0};
	char line[16];
	for (int i = 0; i < HISTORY_LINES_MAX + 10; i++) {
		snprintf(line, sizeof(line), "%d", i);
		history_add(&history, line);
	}
	assert_int_equal(history.count, HISTORY_LINES_MAX);
	assert_string_equal(history.lines[0], "10");
	history_release(&history);
}

static void completion_takes_what_candidates_share(void **state)
{
	(void)state;
	static const char *const bots[] = {"shop_pay", "shop_play", "support", "sté", "stè"};
	struct prompt prompt;
	prompt_init(&prompt, NULL);
	type(&prompt, "restart Sh");
	assert_int_equal(prompt_complete(&prompt, 8, bots, COUNT_OF(bots)), 2);
	assert_string_equal(prompt.text.text, "restart shop_p");
	type(&prompt, "a");
	assert_int_equal(prompt_complete(&prompt, 8, bots, COUNT_OF(bots)), 1);
	assert_string_equal(prompt.text.text, "restart shop_pay");
	type(&prompt, "x");
	assert_int_equal(prompt_complete(&prompt, 8, bots, COUNT_OF(bots)), 0);
	assert_string_equal(prompt.text.text, "restart shop_payx");
	prompt_set(&prompt, "st");
	assert_int_equal(prompt_complete(&prompt, 0, bots, COUNT_OF(bots)), 2);
	assert_true(utf8_valid(prompt.text.text, prompt.text.length));
	prompt_release(&prompt);
}

static void pasted_controls_and_lines_are_harmless(void **state)
{
	(void)state;
	struct prompt prompt;
	prompt_init(&prompt, NULL);
	type(&prompt, "a\nb\033[2J\r\n");
	assert_string_equal(prompt.text.text, "a b^[[2J");
	autostr struct str many = STR_INIT;
	for (int i = 0; i < PROMPT_BYTES_MAX; i++)
		str_addch(&many, 'x');
	assert_false(prompt_insert(&prompt, many.text, many.length));
	assert_string_equal(prompt.text.text, "a b^[[2J");
	prompt_release(&prompt);
}

static void a_long_line_scrolls_so_that_the_cursor_shows(void **state)
{
	(void)state;
	struct grid *grid = grid_new(1, 12, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	struct prompt prompt;
	prompt_init(&prompt, NULL);
	type(&prompt, "0123456789abcdef");
	prompt_draw(&prompt, &canvas, 0, 0, 12, "> ", "", true);
	assert_true(grid->cursor_column > 2 && grid->cursor_column < 12);
	assert_string_equal(grid_cell(grid, 0, grid->cursor_column - 1)->text, "f");
	prompt_edit(&prompt, PROMPT_HOME);
	prompt_draw(&prompt, &canvas, 0, 0, 12, "> ", "", true);
	assert_int_equal(grid->cursor_column, 2);
	assert_string_equal(grid_cell(grid, 0, 2)->text, "0");
	prompt_release(&prompt);
	grid_free(grid);
}

static void a_secret_is_never_drawn(void **state)
{
	(void)state;
	struct grid *grid = grid_new(1, 20, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	autostr struct str text = STR_INIT;
	struct prompt prompt;
	prompt_init(&prompt, NULL);
	prompt.secret = true;
	type(&prompt, "hunter2");
	prompt_draw(&prompt, &canvas, 0, 0, 20, "PIN ", "", true);
	grid_dump_text(grid, &text);
	assert_string_equal(text.text, "PIN •••••••\n");
	prompt_edit(&prompt, PROMPT_KILL_START);
	assert_int_equal(prompt.killed.length, 0);
	prompt_release(&prompt);
	grid_free(grid);
}

static void random_edits_keep_the_line_whole(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"a", " ", "é", "漢", "e\u0301", "\xff", "\033", "👩\u200d👩"};
	struct rng rng;
	struct prompt prompt;
	rng_init(&rng, 9);
	prompt_init(&prompt, NULL);
	for (int i = 0; i < 20000; i++) {
		const char *text = texts[rng_below(&rng, COUNT_OF(texts))];
		if (rng_below(&rng, 2))
			prompt_insert(&prompt, text, strlen(text));
		else
			prompt_edit(&prompt,
				(enum prompt_edit)rng_below(&rng, PROMPT_HISTORY_DOWN + 1));
		assert_true(prompt.cursor <= prompt.text.length);
		assert_true(utf8_valid(prompt.text.text, prompt.cursor));
		assert_true(utf8_valid(
			prompt.text.text + prompt.cursor, prompt.text.length - prompt.cursor));
	}
	prompt_release(&prompt);
}

/* ---- menu ---- */

static const struct menu_entry entries[] = {
	{"restart shop_pay", "r", "", "locked: READ-ONLY, press ! to arm", NULL},
	{"restore shop_pay", "R", "", "locked: READ-ONLY, press ! to arm", NULL},
	{"view logs of shop_pay", "l", "", NULL, NULL},
	{"sort by spread", "o", "now SEV", NULL, NULL},
};

static void fuzzy_prefers_beginnings_of_words(void **state)
{
	(void)state;
	assert_true(fuzzy_score("sp", "restart shop_pay", NULL) >
		    fuzzy_score("sp", "view sapling", NULL));
	assert_true(fuzzy_score("rest", "restart", NULL) > fuzzy_score("rest", "forest", NULL));
	assert_int_equal(fuzzy_score("xyz", "restart", NULL), -1);
	assert_int_equal(fuzzy_score("", "restart", NULL), 0);
	assert_true(fuzzy_score("RE SHO", "restart shop_pay", NULL) > 0);
	uint64_t places;
	fuzzy_score("sp", "restart shop_pay", &places);
	assert_int_equal(places, UINT64_C(1) << 8 | UINT64_C(1) << 13);
}

static void the_menu_filters_and_keeps_locked_entries_in_sight(void **state)
{
	(void)state;
	struct menu menu;
	menu_init(&menu, "Actions", entries, COUNT_OF(entries));
	assert_int_equal(menu.shown, 4);
	menu.searching = true;
	prompt_set(&menu.prompt, "resto");
	menu_filter(&menu);
	assert_int_equal(menu.shown, 2); /* restart shop_pay has these letters too, further apart */
	assert_string_equal(menu_chosen(&menu)->title, "restore shop_pay");
	assert_non_null(menu_chosen(&menu)->locked);
	prompt_set(&menu.prompt, "zzz");
	menu_filter(&menu);
	assert_null(menu_chosen(&menu));
	menu_move(&menu, 1);
	menu_release(&menu);
}

static void the_menu_looks_as_it_did(void **state)
{
	(void)state;
	struct menu menu;
	struct grid *grid = grid_new(12, 76, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	menu_init(&menu, "Actions on shop_pay", entries, COUNT_OF(entries));
	menu_move(&menu, 2);
	menu_draw(&menu, &canvas);
	golden_check_grid("widgets_menu", grid);
	grid_resize(grid, 5, 30);
	canvas = canvas_of(grid);
	menu.searching = true;
	prompt_set(&menu.prompt, "sp");
	menu_filter(&menu);
	menu_draw(&menu, &canvas);
	golden_check_grid("widgets_menu_small", grid);
	menu_release(&menu);
	grid_free(grid);
}

/* ---- dialog ---- */

enum { CANCEL, DRY_RUN, RESTART };

static void open_dialog(struct dialog *dialog, bool fields)
{
	dialog_init(dialog, "Restart 2 bots in prod-eu", 'r');
	dialog_add_row(dialog, ROLE_CRIT, "shop_pay", "eu-2  CRIT  1204 updates pending");
	dialog_add_row(dialog, ROLE_WARN, "support_en", "eu-2  WARN  0 pending");
	if (fields) {
		dialog_add_field(dialog, "Reason:", "for the audit log", true, NULL);
		dialog_add_field(dialog, "Type restart 2:", "", false, "restart 2");
	}
	dialog_add_cancel(dialog, "Cancel");
	dialog_add_button(dialog, "Dry run", 'd', false);
	dialog_add_button(dialog, "Restart", 'y', true);
}

static void enter_at_once_cancels(void **state)
{
	(void)state;
	struct dialog dialog;
	open_dialog(&dialog, true);
	assert_null(dialog_field(&dialog));
	assert_int_equal(dialog_enter(&dialog), CANCEL);
	dialog_release(&dialog);
	open_dialog(&dialog, false);
	assert_int_equal(dialog_enter(&dialog), CANCEL);
	assert_int_equal(dialog_cancel(&dialog), CANCEL);
	dialog_release(&dialog);
}

static void the_key_that_opened_it_answers_nothing(void **state)
{
	(void)state;
	struct dialog dialog;
	open_dialog(&dialog, false);
	dialog_add_button(&dialog, "Repeat", 'r', true);
	for (int i = 0; i < 50; i++)
		assert_int_equal(dialog_type(&dialog, "r"), DIALOG_NO_ANSWER);
	assert_int_equal(dialog_type(&dialog, "y"), RESTART);
	dialog_release(&dialog);
}

static void a_letter_that_is_no_key_of_a_button_goes_into_the_first_field(void **state)
{
	(void)state;
	struct dialog dialog;
	open_dialog(&dialog, true);
	for (int i = 0; i < 50; i++)
		assert_int_equal(dialog_type(&dialog, "r"), DIALOG_NO_ANSWER);
	assert_int_equal(dialog_type(&dialog, " "), DIALOG_NO_ANSWER);
	assert_null(dialog_field(&dialog));
	assert_int_equal(dialog_type(&dialog, "s"), DIALOG_NO_ANSWER);
	assert_ptr_equal(dialog_field(&dialog), &dialog.fields[0]);
	assert_int_equal(dialog_type(&dialog, "y"), DIALOG_NO_ANSWER);
	assert_string_equal(dialog.fields[0].prompt.text.text, "sy");
	/* Once it is begun it is written where it stands. */
	dialog_next(&dialog, -1);
	assert_int_equal(dialog_type(&dialog, "r"), DIALOG_NO_ANSWER);
	assert_int_equal(dialog_type(&dialog, "\u00e9"), DIALOG_NO_ANSWER);
	assert_string_equal(dialog.fields[0].prompt.text.text, "sy");
	dialog_release(&dialog);
}

static void a_reason_that_begins_with_the_key_of_the_dialog_is_whole(void **state)
{
	(void)state;
	struct dialog dialog;
	open_dialog(&dialog, true);
	for (const char *at = "redis is back"; *at; at++)
		assert_int_equal(dialog_type(&dialog, (char[]){*at, '\0'}), DIALOG_NO_ANSWER);
	assert_string_equal(dialog.fields[0].prompt.text.text, "redis is back");
	dialog_release(&dialog);
}

static void a_letter_on_the_button_that_is_meant_is_never_text(void **state)
{
	(void)state;
	struct dialog dialog;
	open_dialog(&dialog, true);
	dialog_next(&dialog, 1);
	dialog_next(&dialog, 1);
	for (const char *at = "rr st"; *at; at++)
		assert_int_equal(dialog_type(&dialog, (char[]){*at, '\0'}), DIALOG_NO_ANSWER);
	assert_null(dialog_field(&dialog));
	assert_true(dialog.refused);
	assert_int_equal(dialog_type(&dialog, "y"), DIALOG_NO_ANSWER);
	assert_string_equal(dialog.fields[0].prompt.text.text, "");
	assert_true(dialog.refused);
	assert_ptr_equal(dialog_field(&dialog), &dialog.fields[0]);
	/* In the field it is. */
	assert_int_equal(dialog_type(&dialog, "y"), DIALOG_NO_ANSWER);
	assert_string_equal(dialog.fields[0].prompt.text.text, "y");
	dialog_note(&dialog, "");
	assert_false(dialog.refused);
	dialog_release(&dialog);
}

static void assert_enter(const struct dialog *dialog, const char *text)
{
	char said[32];
	dialog_say_enter(dialog, said, sizeof(said));
	assert_string_equal(said, text);
}

static void enter_says_what_it_does(void **state)
{
	(void)state;
	struct dialog dialog;
	dialog_init(&dialog, "Restart 2 bots", 'r');
	dialog_add_field(&dialog, "Reason", "", true, NULL);
	dialog_add_field(&dialog, "Type \"restart 2\":", "", true, "restart 2");
	dialog_add_cancel(&dialog, "Cancel");
	dialog_add_button(&dialog, "Restart", 'y', true);
	assert_enter(&dialog, "Cancel");
	dialog_next(&dialog, 1);
	assert_enter(&dialog, "Focus Reason");
	dialog_next(&dialog, 1);
	assert_enter(&dialog, "Focus the word");
	type(&dialog_field(&dialog)->prompt, "stuck");
	dialog_next(&dialog, 1);
	assert_enter(&dialog, "Focus Cancel");
	dialog_next(&dialog, -2);
	dialog_next(&dialog, -1);
	assert_enter(&dialog, "Focus the word");
	dialog_next(&dialog, -1);
	dialog_next(&dialog, -1);
	type(&dialog_field(&dialog)->prompt, "restart 2");
	dialog_next(&dialog, 1);
	dialog_next(&dialog, 1);
	assert_enter(&dialog, "Restart");
	dialog_release(&dialog);
}

static void without_a_field_a_letter_is_nothing(void **state)
{
	(void)state;
	struct dialog dialog;
	open_dialog(&dialog, false);
	assert_int_equal(dialog_type(&dialog, "s"), DIALOG_NO_ANSWER);
	assert_int_equal(dialog_type(&dialog, "r"), DIALOG_NO_ANSWER);
	assert_int_equal(dialog_enter(&dialog), CANCEL);
	dialog_release(&dialog);
}

static void what_changes_something_waits_for_its_fields(void **state)
{
	(void)state;
	struct dialog dialog;
	open_dialog(&dialog, true);
	dialog_next(&dialog, 1);
	dialog_next(&dialog, 1);
	assert_int_equal(dialog_enter(&dialog), DIALOG_NO_ANSWER);
	assert_string_equal(dialog_locked(&dialog), "a reason is needed first");
	/* The refusal leads to the first field that is not right. */
	assert_ptr_equal(dialog_field(&dialog), &dialog.fields[0]);
	assert_int_equal(dialog_type(&dialog, "y"), DIALOG_NO_ANSWER);
	assert_string_equal(dialog.fields[0].prompt.text.text, "y");
	assert_int_equal(dialog_enter(&dialog), DIALOG_NO_ANSWER);
	type(&dialog_field(&dialog)->prompt, "restart 3");
	assert_string_equal(dialog_locked(&dialog), "type \"restart 2\" first");
	prompt_edit(&dialog_field(&dialog)->prompt, PROMPT_BACKSPACE);
	type(&dialog_field(&dialog)->prompt, "2");
	assert_null(dialog_locked(&dialog));
	dialog_next(&dialog, 1);
	assert_int_equal(dialog_enter(&dialog), CANCEL);
	dialog_next(&dialog, -1);
	dialog_next(&dialog, 1);
	dialog_next(&dialog, 1);
	assert_int_equal(dialog_enter(&dialog), DRY_RUN);
	dialog_next(&dialog, 1);
	assert_int_equal(dialog_enter(&dialog), RESTART);
	dialog_release(&dialog);
}

static void blanks_are_no_reason(void **state)
{
	(void)state;
	struct dialog dialog;
	dialog_init(&dialog, "Stop", 'S');
	struct prompt *reason = dialog_add_field(&dialog, "Reason:", "", true, NULL);
	dialog_add_cancel(&dialog, "Cancel");
	dialog_add_button(&dialog, "Stop", 'y', true);
	type(reason, "   ");
	assert_non_null(dialog_locked(&dialog));
	dialog_release(&dialog);
}

static void dialogs_look_as_they_did(void **state)
{
	(void)state;
	struct dialog dialog;
	struct grid *grid = grid_new(14, 70, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	open_dialog(&dialog, true);
	dialog_note(&dialog, "expires in 60s");
	dialog_draw(&dialog, &canvas);
	golden_check_grid("widgets_dialog", grid);
	grid_resize(grid, 8, 40);
	canvas = canvas_of(grid);
	for (int i = 0; i < 20; i++)
		dialog_add_row(&dialog, ROLE_TEXT, "", "one more row");
	dialog_scroll(&dialog, 100);
	dialog_next(&dialog, -1);
	dialog_draw(&dialog, &canvas);
	golden_check_grid("widgets_dialog_small", grid);
	dialog_release(&dialog);
	grid_free(grid);
}

static void no_size_is_too_small_to_draw_in(void **state)
{
	(void)state;
	struct dialog dialog;
	struct menu menu;
	open_dialog(&dialog, true);
	menu_init(&menu, "Actions", entries, COUNT_OF(entries));
	for (int rows = 0; rows < 12; rows++)
		for (int columns = 0; columns < 50; columns++) {
			struct grid *grid = grid_new(rows, columns, GLYPHS_FULL);
			struct canvas canvas = canvas_of(grid);
			dialog_draw(&dialog, &canvas);
			menu_draw(&menu, &canvas);
			grid_free(grid);
		}
	menu_release(&menu);
	dialog_release(&dialog);
}

/* ---- toast ---- */

static void a_toast_passes_and_an_error_stays_longer(void **state)
{
	(void)state;
	struct toast toast = {.until_ms = 0};
	assert_int_equal(toast_due_ms(&toast, 5), -1);
	toast_say(&toast, 1000, false, "copied %d lines", 3);
	assert_int_equal(toast_due_ms(&toast, 1000), 1000 + TOAST_MS);
	assert_int_equal(toast_due_ms(&toast, 1000 + TOAST_MS), -1);
	toast_say(&toast, 1000, true, "lost");
	assert_int_equal(toast_due_ms(&toast, 1000 + TOAST_MS), 1000 + TOAST_ERROR_MS);
	toast_hasten(&toast);
	assert_int_equal(toast_due_ms(&toast, 1001), 1000 + TOAST_LEAST_MS);
	toast_hasten(&toast);
	assert_int_equal(toast_due_ms(&toast, 1001), 1000 + TOAST_LEAST_MS);
	assert_true(toast_dismiss(&toast));
	toast_hasten(&toast);
	assert_int_equal(toast_due_ms(&toast, 1001), -1);
	toast_say(&toast, 1000, true, "lost");
	assert_true(toast_dismiss(&toast));
	assert_false(toast_dismiss(&toast));
}

static void draw_toast_over(const char *row, const char *expected)
{
	struct grid *grid = grid_new(2, 24, GLYPHS_FULL);
	struct canvas canvas = canvas_of(grid);
	struct toast toast = {.until_ms = 0};
	char text[128] = "";
	toast_say(&toast, 1000, false, "copied");
	canvas_text(&canvas, 1, 0, ROLE_TEXT, row);
	toast_draw(&toast, &canvas);
	for (int column = 0; column < 24; column++)
		strcat(text, grid_cell(grid, 1, column)->text);
	assert_string_equal(text, expected);
	grid_free(grid);
}

static void a_toast_keeps_apart_from_the_row_under_it(void **state)
{
	(void)state;
	draw_toast_over("this is a line of a log", "this is a lin…   copied ");
	draw_toast_over("this is a line 15", "this is a lin…   copied ");
	draw_toast_over("a line", "a line           copied ");
	draw_toast_over("", "                 copied ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_is_edited_by_whole_letters),
		cmocka_unit_test(words_are_killed_and_yanked),
		cmocka_unit_test(history_keeps_the_line_that_was_being_typed),
		cmocka_unit_test(history_forgets_the_oldest),
		cmocka_unit_test(completion_takes_what_candidates_share),
		cmocka_unit_test(pasted_controls_and_lines_are_harmless),
		cmocka_unit_test(a_long_line_scrolls_so_that_the_cursor_shows),
		cmocka_unit_test(a_secret_is_never_drawn),
		cmocka_unit_test(random_edits_keep_the_line_whole),
		cmocka_unit_test(fuzzy_prefers_beginnings_of_words),
		cmocka_unit_test(the_menu_filters_and_keeps_locked_entries_in_sight),
		cmocka_unit_test(the_menu_looks_as_it_did),
		cmocka_unit_test(enter_at_once_cancels),
		cmocka_unit_test(the_key_that_opened_it_answers_nothing),
		cmocka_unit_test(a_letter_that_is_no_key_of_a_button_goes_into_the_first_field),
		cmocka_unit_test(a_reason_that_begins_with_the_key_of_the_dialog_is_whole),
		cmocka_unit_test(a_letter_on_the_button_that_is_meant_is_never_text),
		cmocka_unit_test(enter_says_what_it_does),
		cmocka_unit_test(without_a_field_a_letter_is_nothing),
		cmocka_unit_test(what_changes_something_waits_for_its_fields),
		cmocka_unit_test(blanks_are_no_reason),
		cmocka_unit_test(dialogs_look_as_they_did),
		cmocka_unit_test(no_size_is_too_small_to_draw_in),
		cmocka_unit_test(a_toast_passes_and_an_error_stays_longer),
		cmocka_unit_test(a_toast_keeps_apart_from_the_row_under_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
