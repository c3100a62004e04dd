/* SPDX-License-Identifier: MIT */
/* Windows and seeks on log lines, and what the engine writes there itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/str.h"
#include "core/events/open_file.h"
#include "core/events/writer.h"
#include "tests/support/engine_harness.h"

static const char config[] = "state_dir: /nowhere/state\n"
			     "redis: {main: {host: 127.0.0.1}}\n"
			     "bots:\n"
			     "  - {name: orders, token: {file: /nowhere/t1}, process: {match: o}, "
			     "heartbeat: hb:orders}\n"
			     "  - {name: support, token: {file: /nowhere/t2}}\n";

struct scene {
	struct harness *harness;
	struct harness_screen *screen;
	struct event_writer *writer;
	unsigned lines;
};

static struct event_writer *writer_of(struct harness *harness, const char *name, const char *bot)
{
	const struct event_source source = {
		.id = entity_id("source", name), .name = name, .bot = bot};
	return event_writer_new(&source, NULL, &harness->clock);
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	scene->harness = harness_new(config);
	scene->screen = harness_attach(scene->harness);
	scene->writer = writer_of(scene->harness, "orders.log", "orders");
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	event_writer_free(scene->writer);
	harness_detach(scene->screen);
	harness_free(scene->harness);
	free(scene);
	return 0;
}

static void post(struct scene *scene)
{
	assert_true(event_writer_post(scene->writer, engine_mailbox(scene->harness->engine), true));
	harness_settle(scene->harness);
}

static void write_lines(struct scene *scene, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		autofree char *line = xasprintf(
			"%s line %u", scene->lines % 10 == 9 ? "ERROR" : "INFO", scene->lines);
		event_writer_line(scene->writer, line, strlen(line), false);
		scene->lines++;
		clock_advance(&scene->harness->clock, 1);
	}
	post(scene);
}

static const struct msg_win_rows *ask_window(struct scene *scene, const char *more)
{
	static uint64_t generation;
	harness_forget(scene->screen);
	harness_send(scene->screen, "win_open window=1 generation=%llu store=\"events\" %s",
		(unsigned long long)++generation, more);
	return harness_await(scene->screen, MSG_win_rows);
}

static const struct msg_win_rows *open_window(struct scene *scene, const char *more)
{
	autofree char *of_orders = xasprintf("bots=[{name=\"orders\"}] %s", more);
	return ask_window(scene, of_orders);
}

static void the_end_has_the_newest_lines_of_three_pages(void **state)
{
	struct scene *scene = *state;
	write_lines(scene, 100);
	const struct msg_win_rows *rows = open_window(scene, "before=10");
	assert_int_equal(rows->rows_count, 30);
	assert_true(rows->replace && rows->done);
	assert_string_equal(rows->rows[29].text, "line 99");
	assert_string_equal(rows->rows[0].text, "line 70");
	assert_string_equal(rows->rows[29].bot, "orders");
	assert_int_equal(rows->rows[29].level, LOG_LEVEL_ERROR);
	assert_true(rows->more_before > 0);
}

static void an_anchor_has_rows_on_both_sides(void **state)
{
	struct scene *scene = *state;
	write_lines(scene, 100);
	const struct msg_win_rows *rows = open_window(scene, "before=20");
	autofree char *anchor = xstrdup(rows->rows[10].key);
	autofree char *more = xasprintf("anchor=\"%s\" before=1 after=1", anchor);
	rows = open_window(scene, more);
	assert_int_equal(rows->rows_count, 6);
	assert_string_equal(rows->rows[3].key, anchor);
}

static void a_followed_end_gets_what_is_new(void **state)
{
	struct scene *scene = *state;
	write_lines(scene, 3);
	const struct msg_win_rows *rows = open_window(scene, "before=1 follow=true");
	assert_string_equal(rows->rows[2].text, "line 2");
	harness_forget(scene->screen);
	clock_advance(&scene->harness->clock, 2000); /* more than four times what it took */
	write_lines(scene, 1);
	rows = harness_await(scene->screen, MSG_win_rows);
	assert_string_equal(rows->rows[rows->rows_count - 1].text, "line 3");
}

/* As an old log does that was packed: it is there when it is unpacked. */
static void of_a_file_that_comes_later_a_followed_end_gets_the_lines_too(void **state)
{
	static const char text[] =
		"{\"level\":30,\"time\":1000000000000,\"msg\":\"of long ago\"}\n";
	struct scene *scene = *state;
	write_lines(scene, 3);
	(void)open_window(scene, "before=10 follow=true");
	harness_forget(scene->screen);
	clock_advance(&scene->harness->clock, 2000);
	struct open_file *file = open_file_new(memfd_create("log", MFD_CLOEXEC));
	struct names *names = names_new();
	assert_int_equal(pwrite(file->fd, text, strlen(text), 0), strlen(text));
	event_writer_older(scene->writer, file, strlen(text), 0, names);
	post(scene);
	const struct msg_win_rows *rows = harness_await(scene->screen, MSG_win_rows);
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, 4);
	assert_string_equal(rows->rows[0].text, "of long ago");
	open_file_unref(file);
	names_unref(names);
}

static void a_filter_hides_and_says_how_much(void **state)
{
	struct scene *scene = *state;
	write_lines(scene, 100);
	const struct msg_win_rows *rows =
		open_window(scene, "before=10 filter=\"level>=error line\"");
	assert_int_equal(rows->rows_count, 10);
	assert_int_equal(rows->hits, 10);
	assert_true(rows->hidden >= 90);
	rows = open_window(scene, "before=10 filter=\"level>=nonsense\"");
	assert_non_null(strstr(rows->error, "filter, at character 8: 'nonsense' is no level"));
	assert_true(rows->done);
}

static void seek(struct scene *scene, const char *more, char **ret_key)
{
	static uint64_t req;
	harness_forget(scene->screen);
	harness_send(
		scene->screen, "seek_req req=%llu window=1 %s", (unsigned long long)++req, more);
	const struct msg_seek *reply = harness_await(scene->screen, MSG_seek);
	assert_true(reply->done);
	assert_string_equal(reply->error, "");
	*ret_key = xstrdup(reply->key);
}

static void assert_line_at(struct scene *scene, const char *key, const char *text)
{
	autofree char *more = xasprintf("anchor=\"%s\" after=1", key);
	const struct msg_win_rows *rows = open_window(scene, more);
	assert_string_equal(rows->rows[0].key, key);
	assert_string_equal(rows->rows[0].text, text);
}

static void seeks_find_the_next_hit_either_way_and_a_time(void **state)
{
	struct scene *scene = *state;
	autofree char *last = NULL, *before = NULL, *forward = NULL, *none = NULL, *timed = NULL;
	int64_t begun_ms = clock_wall_ms(&scene->harness->clock);
	write_lines(scene, 100);
	seek(scene, "backwards=true expression=\"level>=error\"", &last);
	assert_line_at(scene, last, "line 99");
	autofree char *back =
		xasprintf("backwards=true expression=\"level>=error\" from=\"%s\"", last);
	seek(scene, back, &before);
	assert_line_at(scene, before, "line 89");
	autofree char *on = xasprintf("expression=\"level>=error\" from=\"%s\"", before);
	seek(scene, on, &forward);
	assert_string_equal(forward, last);
	autofree char *past = xasprintf("expression=\"level>=error\" from=\"%s\"", last);
	seek(scene, past, &none);
	assert_string_equal(none, "");
	autofree char *at = xasprintf("time_ms=%lld", (long long)begun_ms + 50);
	seek(scene, at, &timed);
	assert_line_at(scene, timed, "line 50");
}

static unsigned count_seeks(const struct harness_screen *screen)
{
	unsigned count = 0;
	for (unsigned i = 0; i < screen->got_count; i++)
		count += screen->got[i].kind == MSG_seek;
	return count;
}

/* Its client waits for it: a screen has room for a few open requests only. */
static void a_seek_that_is_overtaken_is_answered_too(void **state)
{
	enum { SEEKS = 20, TRIES = 500 };
	struct scene *scene = *state;
	struct harness_screen *screen = scene->screen;
	char text[] = "level>=error";
	write_lines(scene, 100);
	harness_forget(screen);
	for (uint64_t i = 1; i <= SEEKS; i++) {
		const struct msg_seek_req request = {
			.req = 1000 + i, .window = 1, .expression = text};
		client_send(screen->client, MSG_seek_req, &request);
	}
	for (int i = 0; i < TRIES && count_seeks(screen) < SEEKS; i++) {
		harness_sync(screen);
		(void)engine_turn(scene->harness->engine, 10);
	}
	assert_int_equal(count_seeks(screen), SEEKS);
	const struct msg_seek *last = harness_got(screen, MSG_seek);
	assert_int_equal(last->req, 1000 + SEEKS);
	assert_string_equal(last->error, "");
	assert_true(last->key[0] != '\0');
}

static void what_an_operation_printed_is_a_window_of_its_own(void **state)
{
	struct scene *scene = *state;
	event_writer_free(scene->writer);
	scene->writer = writer_of(scene->harness, "op:7", NULL);
	event_writer_line(scene->writer, "orders: stopped", 15, false);
	post(scene);
	harness_send(scene->screen, "win_open window=2 generation=1 store=\"output\" operation=7 "
				    "before=10");
	const struct msg_win_rows *rows = harness_await(scene->screen, MSG_win_rows);
	assert_int_equal(rows->rows_count, 1);
	assert_string_equal(rows->rows[0].text, "orders: stopped");
	harness_forget(scene->screen);
	harness_send(scene->screen, "win_open window=2 generation=2 store=\"output\" before=10");
	rows = harness_await(scene->screen, MSG_win_rows);
	assert_non_null(strstr(rows->error, "operation"));
}

static bool has_row(const struct msg_win_rows *rows, const char *words)
{
	for (size_t i = 0; i < rows->rows_count; i++)
		if (strstr(rows->rows[i].text, words))
			return true;
	return false;
}

static void a_reason_that_begins_with_its_state_says_that_once(void **state)
{
	struct scene *scene = *state;
	for (int i = 0; i < 3; i++) {
		harness_feed(scene->harness, "obs_process bot=\"orders\" state=\"running\" pid=7");
		harness_feed(scene->harness, "obs_heartbeat bot=\"orders\" present=true "
					     "ttl_ms=30000 full_ttl_ms=30000 p95_ms=2600");
		harness_advance(scene->harness, 2000);
	}
	const struct msg_win_rows *rows = open_window(scene, "before=20");
	assert_true(has_row(rows, "orders is slow: p95 2.6s"));
}

static void what_changes_state_is_an_event_of_botswains(void **state)
{
	struct scene *scene = *state;
	harness_feed(scene->harness, "obs_process bot=\"orders\" state=\"running\" pid=7");
	harness_feed(scene->harness, "obs_process bot=\"orders\" state=\"absent\"");
	harness_feed(scene->harness, "obs_process bot=\"orders\" state=\"absent\"");
	harness_feed(scene->harness, "obs_process bot=\"orders\" state=\"absent\"");
	harness_advance(scene->harness, 2000);
	const struct msg_win_rows *rows = open_window(scene, "before=20");
	assert_true(has_row(rows, "orders is down: "));
	assert_true(has_row(rows, "alert bot_down firing: "));
	for (size_t i = 0; i < rows->rows_count; i++)
		assert_string_equal(rows->rows[i].source, "botswain");
	harness_feed(scene->harness, "obs_process bot=\"orders\" state=\"running\" pid=8");
	harness_advance(scene->harness, 8000);
	rows = open_window(scene, "before=20");
	assert_true(has_row(rows, "alert bot_down of orders resolved after "));
	assert_true(has_row(rows, " (was: orders is down: process gone, "));
	assert_false(has_row(rows, "resolved: "));
}

/* For one bot on the screen, for one bot on the command line. */
static void what_we_say_of_a_bot_stands_in_its_log_and_in_no_other(void **state)
{
	static const char support[] = "before=20 bots=[{name=\"support\"}]",
			  orders[] = "before=20 bots=[{name=\"orders\"}]";
	struct scene *scene = *state;
	for (int i = 0; i < 4; i++)
		harness_feed(
			scene->harness, i ? "obs_process bot=\"orders\" state=\"absent\""
					  : "obs_process bot=\"orders\" state=\"running\" pid=7");
	harness_advance(scene->harness, 2000);
	const struct msg_win_rows *rows = ask_window(scene, orders);
	assert_true(has_row(rows, "orders is down: "));
	assert_true(has_row(rows, "alert bot_down firing: "));
	assert_false(has_row(rows, "a screen of "));
	rows = ask_window(scene, "before=20 filter=\"bot=orders\"");
	assert_true(has_row(rows, "orders is down: "));
	assert_true(has_row(rows, "alert bot_down firing: "));
	assert_int_equal(ask_window(scene, support)->rows_count, 0);
	assert_int_equal(ask_window(scene, "before=20 filter=\"bot=support\"")->rows_count, 0);
	rows = ask_window(scene, "before=20 filter=\"bot=botswain\"");
	assert_true(has_row(rows, "a screen of "));
	assert_false(has_row(rows, "orders"));
}

static void what_we_say_of_a_bot_is_no_error_in_its_log(void **state)
{
	struct scene *scene = *state;
	write_lines(scene, 1);
	harness_advance(scene->harness, 3000);
	for (int i = 0; i < 4; i++)
		harness_feed(
			scene->harness, i ? "obs_process bot=\"orders\" state=\"absent\""
					  : "obs_process bot=\"orders\" state=\"running\" pid=7");
	harness_advance(scene->harness, 2000);
	assert_true(has_row(open_window(scene, "before=20"), "orders is down: "));
	const struct msg_bot *bot = model_bot(scene->harness->model, entity_id("bot", "orders"));
	assert_true(bot->errors_per_min == 0);
	assert_int_equal(bot->logs_count, 1);
}

static void the_store_is_bounded_and_shown(void **state)
{
	struct scene *scene = *state;
	write_lines(scene, 1000);
	harness_advance(scene->harness, 2000);
	const struct msg_engine *engine = model_engine(scene->harness->model);
	assert_true(engine->store_bytes > 10000);
	assert_true(engine->store_bytes <= engine->store_limit_bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_end_has_the_newest_lines_of_three_pages),
		TEST(an_anchor_has_rows_on_both_sides),
		TEST(a_followed_end_gets_what_is_new),
		TEST(of_a_file_that_comes_later_a_followed_end_gets_the_lines_too),
		TEST(a_filter_hides_and_says_how_much),
		TEST(seeks_find_the_next_hit_either_way_and_a_time),
		TEST(a_seek_that_is_overtaken_is_answered_too),
		TEST(what_an_operation_printed_is_a_window_of_its_own),
		TEST(a_reason_that_begins_with_its_state_says_that_once),
		TEST(what_changes_state_is_an_event_of_botswains),
		TEST(what_we_say_of_a_bot_stands_in_its_log_and_in_no_other),
		TEST(what_we_say_of_a_bot_is_no_error_in_its_log),
		TEST(the_store_is_bounded_and_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
