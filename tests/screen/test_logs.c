/* SPDX-License-Identifier: MIT */
/* Logs at the keyboard: following, standing still, searching, filtering, over more lines than a window
 * holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "core/events/writer.h"
#include "tests/support/console.h"
#include "tests/support/two_logs.h"

enum { LINES = 600, TRIES = 20000 };

static void write_lines(struct console *console, int from, int to)
{
	for (int i = from; i < to; i++) {
		char line[96];
		snprintf(line, sizeof(line), "%s line number %d%s",
			i % 100 == 50  ? "ERROR"
			: i % 25 == 10 ? "WARN"
				       : "INFO",
			i, i % 200 == 77 ? " needle" : "");
		console_log(console, i % 2 ? "bob" : "ada", line);
	}
	console_settle(console);
}

static int setup(void **state)
{
	struct console *console = two_logs_new(24, 80);
	write_lines(console, 0, LINES);
	console_keys(console, "5 +");
	*state = console;
	return 0;
}

static void the_newest_line_is_followed(void **state)
{
	struct console *console = *state;
	console_expect(console, "line number 599");
	console_expect(console, "follow");
	write_lines(console, LINES, LINES + 3);
	console_expect(console, "line number 602");
	console_expect_not(console, "line number 570");
}

static void a_line_of_no_bot_names_its_source(void **state)
{
	struct console *console = *state;
	console_log(console, "", "INFO nobody's line");
	console_settle(console);
	console_expect(console, ".log         I nobody's line");
}

static void going_up_ends_following_and_g_begins_it_again(void **state)
{
	struct console *console = *state;
	console_keys(console, "k k");
	write_lines(console, LINES, LINES + 50);
	console_expect_not(console, "line number 649");
	console_expect(console, "line number 597");
	console_expect(console, "G follows");
	console_keys(console, "G");
	console_expect(console, "line number 649");
}

static void every_line_is_reached_from_the_end_to_the_first(void **state)
{
	struct console *console = *state;
	char text[32];
	for (int at = LINES - 1; at > 0; at--) {
		snprintf(text, sizeof(text), "line number %d", at);
		if (console_row(console, text) < 0)
			fail_msg("line %d was jumped over", at);
		console_queue(console, "k");
		console_settle(console);
	}
	console_expect(console, "line number 0");
}

static void the_first_line_is_one_key_away_and_so_is_the_last(void **state)
{
	struct console *console = *state;
	console_keys(console, "g");
	console_expect(console, "line number 0");
	console_keys(console, "PgDn PgDn PgDn PgDn PgDn PgDn");
	console_expect(console, "line number 110");
	console_keys(console, "G");
	console_expect(console, "line number 599");
}

static void turn_until_shown(struct console *console, const char *text)
{
	for (int i = 0; i < TRIES && console_row(console, text) < 0; i++)
		console_turn(console, 10);
	console_expect(console, text);
}

static void a_search_goes_through_what_the_window_does_not_hold(void **state)
{
	struct console *console = *state;
	console_keys(console, "/");
	console_type(console, "needle");
	console_keys(console, "Enter");
	two_logs_assert_at(console, "line number 477");
	console_keys(console, "N");
	two_logs_assert_at(console, "line number 277");
	console_keys(console, "N");
	two_logs_assert_at(console, "line number 77 ");
	console_keys(console, "N");
	console_expect(console, "no more matches above: n looks below");
	console_keys(console, "n n");
	two_logs_assert_at(console, "line number 477");
	console_keys(console, "Esc Esc");
	console_expect_not(console, "/needle");
}

static void a_search_begins_empty_and_enter_alone_looks_again(void **state)
{
	struct console *console = *state;
	console_keys(console, "/");
	console_type(console, "needle");
	console_keys(console, "Enter");
	two_logs_assert_at(console, "line number 477");
	console_keys(console, "/");
	console_expect(console, "(Enter: 'needle' again)");
	console_type(console, "number 7");
	console_keys(console, "Esc");
	console_expect(console, "/needle");
	two_logs_assert_at(console, "line number 477"); /* given up: nothing was looked for */
	console_keys(console, "N / Enter");
	two_logs_assert_at(console, "line number 477");
	console_keys(console, "G /");
	console_type(console, "nowhere at all");
	console_keys(console, "Enter");
	console_expect(console, "nothing matches 'nowhere at all' in these lines");
}

static void what_is_no_search_and_no_bot_is_refused_with_a_sentence(void **state)
{
	struct console *console = *state;
	console_keys(console, ":");
	console_type(console, "search (");
	console_keys(console, "Enter");
	console_expect(console, "search, at character 1: ");
	console_keys(console, "Esc Esc :");
	console_type(console, "log_filter ~");
	console_keys(console, "Enter");
	console_expect(console, "filter, at character 1: ");
	console_keys(console, "Esc Esc 1 :");
	console_type(console, "bot_logs nobot");
	console_keys(console, "Enter");
	console_expect(console, "no bot 'nobot'");
	console_expect_not(console, "of ada");
	console_keys(console, "Esc Esc :");
	console_type(console, "bot_logs bob");
	console_keys(console, "Enter");
	console_expect(console, "of bob");
}

static void a_copied_line_names_its_source(void **state)
{
	struct console *console = *state;
	console_keys(console, "k");
	two_logs_assert_at(console, "Z ada ada.log info line number 598");
}

static void errors_and_warnings_are_one_key_apart(void **state)
{
	struct console *console = *state;
	console_keys(console, "E");
	two_logs_assert_at(console, "line number 550");
	console_keys(console, "E");
	two_logs_assert_at(console, "line number 450");
	console_keys(console, "w");
	two_logs_assert_at(console, "line number 460");
	console_keys(console, "W W");
	two_logs_assert_at(console, "line number 435");
	console_keys(console, "e");
	two_logs_assert_at(console, "line number 450");
}

static void from_the_end_the_next_error_is_the_newest(void **state)
{
	struct console *console = *state;
	console_keys(console, "e");
	two_logs_assert_at(console, "line number 550");
	console_expect(console, "newest error: E looks above");
	console_keys(console, "e");
	two_logs_assert_at(console, "line number 550");
	console_expect(console, "no more errors below: E looks above");
	console_keys(console, "E");
	two_logs_assert_at(console, "line number 450");
	console_keys(console, "G w");
	two_logs_assert_at(console, "line number 585");
	console_expect(console, "newest warning or error: W looks above");
	/* The last line is a place like any other once it is not followed. */
	console_log(console, "ada", "ERROR the last word");
	console_settle(console);
	console_keys(console, "G e");
	two_logs_assert_at(console, "the last word");
	console_keys(console, "e");
	two_logs_assert_at(console, "the last word");
	console_expect(console, "no more errors below: E looks above");
}

/* What came below since is looked at first. */
static void at_the_last_line_the_next_error_is_the_newest_above(void **state)
{
	struct console *console = *state;
	console_keys(console, "f e");
	two_logs_assert_at(console, "line number 550");
	console_expect(console, "newest error: E looks above");
	console_keys(console, "G f");
	console_log(console, "ada", "INFO nothing to see");
	console_settle(console);
	turn_until_shown(console, "1 new, G follows");
	console_keys(console, "e");
	two_logs_assert_at(console, "line number 550");
	console_expect(console, "newest error: E looks above");
	console_keys(console, "G f");
	console_log(console, "ada", "ERROR just now");
	console_settle(console);
	turn_until_shown(console, "1 new, G follows");
	console_keys(console, "e");
	two_logs_assert_at(console, "just now");
}

static void what_is_nowhere_is_said_to_be_nowhere(void **state)
{
	struct console *console = *state;
	console_keys(console, "&");
	console_type(console, "level<=info");
	console_keys(console, "Enter e");
	console_expect(console, "no errors in these lines");
	console_keys(console, "n");
	console_expect(console, "nothing was searched yet: / begins");
}

/* Long enough to be read, and no longer than the next key. */
static void what_a_key_was_answered_goes_with_the_next(void **state)
{
	struct console *console = *state;
	console_keys(console, "n");
	console_expect(console, "nothing was searched yet");
	console_advance(console, TOAST_LEAST_MS + 500);
	console_expect(console, "nothing was searched yet");
	console_keys(console, "k");
	console_advance(console, 1);
	console_expect_not(console, "nothing was searched yet");
	console_keys(console, "n k");
	console_expect(console, "nothing was searched yet");
	console_advance(console, TOAST_LEAST_MS);
	console_expect_not(console, "nothing was searched yet");
}

static void a_filter_hides_and_counts_and_enter_shows_the_context(void **state)
{
	struct console *console = *state;
	console_keys(console, "&");
	console_type(console, "level>=error");
	console_keys(console, "Enter X X"); /* repeats one by one */
	console_expect(console, "line number 550");
	console_expect_not(console, "line number 551");
	console_expect(console, " hidden");
	console_keys(console, "k");
	two_logs_assert_at(console, "line number 450");
	console_keys(console, "Enter");
	two_logs_assert_at(console, "line number 450");
	console_expect(console, "line number 451");
	console_expect_not(console, "hidden");
}

static void a_wrong_filter_says_what_is_wrong_and_changes_nothing(void **state)
{
	struct console *console = *state;
	console_keys(console, "&");
	console_type(console, "level>=loud");
	console_keys(console, "Enter");
	assert_non_null(console->app->overlay);
	console_expect(console, "loud");
	console_keys(console, "Esc");
	console_expect(console, "line number 599");
}

static void marked_lines_keep_their_mark(void **state)
{
	struct console *console = *state;
	console_keys(console, "k m k");
	int row = console_row(console, "line number 598");
	assert_true(row >= 0);
	console_expect(console, "●");
	console_keys(console, "j m k");
	console_expect_not(console, "●");
}

static void the_log_of_one_bot_leaves_the_others_out(void **state)
{
	struct console *console = *state;
	console_keys(console, "1 l");
	console_expect(console, "of ada");
	console_expect(console, "line number 598");
	console_expect_not(console, "line number 599");
	console_keys(console, "q");
	console_expect(console, "1 Bots");
}

static void a_pause_holds_the_lines_and_loses_none(void **state)
{
	struct console *console = *state;
	console_keys(console, "P");
	write_lines(console, LINES, LINES + 100);
	console_expect(console, "line number 599");
	console_expect_not(console, "line number 699");
	console_keys(console, "P");
	console_expect(console, "line number 699");
}

/* ---- more lines than are looked through in a moment ---- */

enum { MANY = 300000, BATCH = 5000 };

static void write_many(struct console *console)
{
	const struct event_source source = {
		.id = entity_id("source", "big.log"), .name = "big.log", .bot = "ada"};
	struct harness *harness = console->harness;
	struct event_writer *writer = event_writer_new(&source, NULL, &harness->clock);
	for (int i = 0; i < MANY; i++) {
		const struct event_input input = {.wall_ms = HARNESS_START_MS - MANY + i,
			.level = LOG_LEVEL_INFO,
			.message = i == 5              ? "the first straw"
				   : i == MANY - BATCH ? "the last straw"
						       : "hay"};
		event_writer_event(writer, &input);
		if (i % BATCH == BATCH - 1) {
			assert_true(
				event_writer_post(writer, engine_mailbox(harness->engine), true));
			harness_settle(harness);
		}
	}
	event_writer_free(writer);
	console_settle(console);
}

static void what_is_found_is_shown_while_the_rest_is_looked_through(void **state)
{
	struct console *console = *state;
	write_many(console);
	console_keys(console, "&");
	console_type(console, "straw");
	console_queue(console, "Enter");
	turn_until_shown(console, "reading: back to ");
	console_expect(console, "the last straw");
	console_expect_not(console, "the first straw");
	console_settle(console);
	console_expect(console, "the first straw");
	console_expect(console, "the last straw");
	console_expect_not(console, "reading:");
}

static void a_long_search_says_how_far_it_is_and_escape_ends_it(void **state)
{
	struct console *console = *state;
	write_many(console);
	console_keys(console, "/");
	console_type(console, "first straw");
	console_queue(console, "Enter");
	turn_until_shown(console, "searching: ");
	console_expect(console, "Esc stops");
	console_keys(console, "Esc");
	console_expect(console, "the search was stopped");
	console_expect_not(console, "searching");
	console_expect(console, "/first straw"); /* what was searched for stays for n */
	console_expect(console, "line number 599");
	console_keys(console, "N");
	two_logs_assert_at(console, "the first straw");
	console_expect_not(console, "searching");
}

int main(void)
{
#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, setup, two_logs_teardown)
	const struct CMUnitTest tests[] = {
		LOG_TEST(the_newest_line_is_followed),
		LOG_TEST(a_line_of_no_bot_names_its_source),
		LOG_TEST(going_up_ends_following_and_g_begins_it_again),
		LOG_TEST(every_line_is_reached_from_the_end_to_the_first),
		LOG_TEST(the_first_line_is_one_key_away_and_so_is_the_last),
		LOG_TEST(a_search_goes_through_what_the_window_does_not_hold),
		LOG_TEST(a_search_begins_empty_and_enter_alone_looks_again),
		LOG_TEST(what_is_no_search_and_no_bot_is_refused_with_a_sentence),
		LOG_TEST(a_copied_line_names_its_source),
		LOG_TEST(errors_and_warnings_are_one_key_apart),
		LOG_TEST(from_the_end_the_next_error_is_the_newest),
		LOG_TEST(at_the_last_line_the_next_error_is_the_newest_above),
		LOG_TEST(what_is_nowhere_is_said_to_be_nowhere),
		LOG_TEST(what_a_key_was_answered_goes_with_the_next),
		LOG_TEST(a_filter_hides_and_counts_and_enter_shows_the_context),
		LOG_TEST(a_wrong_filter_says_what_is_wrong_and_changes_nothing),
		LOG_TEST(marked_lines_keep_their_mark),
		LOG_TEST(the_log_of_one_bot_leaves_the_others_out),
		LOG_TEST(a_pause_holds_the_lines_and_loses_none),
		LOG_TEST(what_is_found_is_shown_while_the_rest_is_looked_through),
		LOG_TEST(a_long_search_says_how_far_it_is_and_escape_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
