/* SPDX-License-Identifier: MIT */
/* A verb on bots is lit only where a driver carries it out, and says why it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/console.h"
#include "widgets/canvas.h"

static const char yaml[] = "environment: demo\n"
			   "state_dir: /nowhere/state\n"
			   "write: always\n"
			   "driver: {supervisor: systemd, restart: [/bin/true, \"{program}\"]}\n"
			   "bots:\n"
			   "  ada: {token: {file: t}, process: {systemd: ada.service}}\n"
			   "  bob: {token: {file: t}, process: {match: a}}\n";

static int setup(void **state)
{
	*state = console_new(yaml, 24, 100);
	console_healthy(*state, "ada", 100);
	console_healthy(*state, "bob", 101);
	console_advance(*state, 3000);
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

/* The role of a word of the key lines. */
static enum role role_of(struct console *console, const char *word)
{
	const struct grid *grid = term_headless_grid(console->term);
	int row = console_row(console, word);
	for (int column = 0; column < grid->columns; column++) {
		size_t length = 0;
		while (word[length] && column + (int)length < grid->columns &&
			grid_cell(grid, row, column + (int)length)->text[0] == word[length])
			length++;
		if (!word[length])
			return grid_cell(grid, row, column)->role;
	}
	fail_msg("no '%s'", word);
	return ROLE_TEXT;
}

static void what_no_driver_carries_out_is_dim_with_the_reason(void **state)
{
	struct console *console = *state;
	console_keys(console, "1 Home");
	console_expect(console, "Restart");
	enum role lit = role_of(console, "Restart");
	assert_int_not_equal(lit, role_of(console, "Stop"));
	console_keys(console, "S");
	console_expect(console, "stop: no driver configured for ada: `driver: {stop: [");
	console_keys(console, "Esc j");
	assert_int_not_equal(lit, role_of(console, "Restart"));
	console_keys(console, "r");
	console_expect(console, "restart: no driver configured for bob: ");
	console_expect_not(console, "Cancel");
}

static void what_is_named_is_judged_and_not_what_is_under_the_cursor(void **state)
{
	struct console *console = *state;
	console_keys(console, "1 Home j");
	console_keys(console, ":");
	console_type(console, "restart ada");
	console_keys(console, "Enter");
	console_settle(console);
	/* It reaches the engine, which has no ledger here. */
	assert_non_null(strstr(console->app->toast.text, "refused: this engine only watches"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_no_driver_carries_out_is_dim_with_the_reason),
		TEST(what_is_named_is_judged_and_not_what_is_under_the_cursor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
