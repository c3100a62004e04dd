/* SPDX-License-Identifier: MIT */
/* What the screen says while it waits for an answer: that it waits, and nothing that only an answer could tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tui/app.h"
#include "tui/panes/logs_view.h"
#include "tui/picture.h"

static const char config[] = "environment: demo\n"
			     "state_dir: /nowhere/state\n"
			     "bots:\n"
			     "  ada: {token: {file: t}, transport: polling, logs: [l]}\n"
			     "  bob: {token: {file: t}, transport: polling, logs: [l]}\n";

static int setup(void **state)
{
	*state = console_new(config, 24, 80);
	return 0;
}

static int teardown(void **state)
{
	console_free(*state);
	return 0;
}

static void see_telegram(struct console *console, const char *state, const char *error)
{
	harness_feed(console->harness,
		"obs_source kind=\"telegram\" name=\"telegram\" state=\"%s\" error=\"%s\" "
		"interval_ms=2000 latency_ms=2",
		state, error);
	console_settle(console);
}

static void a_limited_bot_is_not_waited_for_in_the_status_line(void **state)
{
	struct console *console = *state;
	harness_feed(console->harness, "obs_getme bot=\"ada\" tg_id=12");
	see_telegram(console, "ok", "");
	console_expect(console, "telegram checking 1/2");
	harness_feed(console->harness, "obs_getme bot=\"bob\" code=%d retry_after_s=30", ERR_RATE);
	see_telegram(console, "ok", "");
	console_advance(console, 1000);
	see_telegram(console, "ok", "");
	console_expect_not(console, "telegram checking");
	console_expect(console, "429, asked again in");
}

static void see(struct console *console, const char *kind, const char *name, const char *state)
{
	harness_feed(console->harness,
		"obs_source kind=\"%s\" name=\"%s\" state=\"%s\" error=\"%s\" interval_ms=2000 "
		"latency_ms=2",
		kind, name, state, strcmp(state, "ok") == 0 ? "" : "connection refused");
	console_settle(console);
}

/* Where the words begin, and whether they stand there again. */
static size_t place_of(struct console *console, const char *words, bool *ret_again)
{
	autostr struct str screen = STR_INIT;
	grid_dump_text(term_headless_grid(console->term), &screen);
	const char *at = strstr(screen.text, words);
	if (!at)
		fail_msg("'%s' is not in:\n%s", words, screen.text);
	*ret_again = strstr(at + 1, words) != NULL;
	return (size_t)(at - screen.text);
}

static void the_trouble_of_a_server_is_said_once_and_of_itself(void **state)
{
	struct console *console = *state;
	bool again;
	console_resize(console, 24, 160);
	see(console, "postgres", "main:listen", "unreachable");
	console_expect(console, "postgres main:listen unreachable");
	see(console, "postgres", "main", "unreachable");
	console_expect(console, "postgres main unreachable");
	console_expect_not(console, "main:listen");
	see(console, "postgres", "main", "not_permitted");
	assert_true(place_of(console, "postgres main not permitted", &again) <
		    place_of(console, "postgres main:listen unreachable", &again));
	see(console, "postgres", "main", "ok");
	see(console, "postgres", "main:listen", "ok");
	see(console, "redis", "main:streams", "unreachable");
	see(console, "redis", "main", "unreachable");
	console_resize(console, 12, 40);
	(void)place_of(console, "rd unreachable", &again);
	assert_false(again);
	see(console, "redis", "main", "ok");
	console_expect(console, "rd unreachable");
}

static void that_telegram_is_away_is_said_before_how_far_the_checks_got(void **state)
{
	struct console *console = *state;
	harness_feed(console->harness, "obs_getme bot=\"ada\" code=%d", ERR_UNREACHABLE);
	see_telegram(console, "unreachable", "Connection refused");
	console_expect(console, "telegram unreachable");
	console_expect_not(console, "telegram checking");
}

/* The picture of a moment at which the question is on its way. */
static void draw_unanswered(struct console *console, bool answered, bool done)
{
	struct window *window = &console->app->windows[WINDOW_LOGS];
	window->answered = answered;
	window->done = done;
	picture_update(console->app);
}

static const char *said_of_logs(const struct console *console)
{
	const struct logs_view *view = console->app->view[PANE_logs];
	return view->list.empty;
}

static void that_there_is_no_line_is_said_after_the_answer(void **state)
{
	struct console *console = *state;
	console_keys(console, "5 +");
	draw_unanswered(console, false, true);
	assert_string_equal(said_of_logs(console), "loading");
	draw_unanswered(console, true, false);
	assert_string_equal(said_of_logs(console), "loading");
	console->app->silent = true;
	draw_unanswered(console, false, false);
	assert_string_equal(said_of_logs(console), "");
	console->app->silent = false;
	draw_unanswered(console, true, true);
	assert_string_equal(said_of_logs(console), "no line yet");
	see(console, "files", "files", "checking");
	draw_unanswered(console, true, true);
	assert_string_equal(said_of_logs(console), "loading: not all logs were read yet");
	see(console, "files", "files", "ok");
	draw_unanswered(console, true, true);
	assert_string_equal(said_of_logs(console), "no line yet");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_limited_bot_is_not_waited_for_in_the_status_line),
		TEST(that_telegram_is_away_is_said_before_how_far_the_checks_got),
		TEST(the_trouble_of_a_server_is_said_once_and_of_itself),
		TEST(that_there_is_no_line_is_said_after_the_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
