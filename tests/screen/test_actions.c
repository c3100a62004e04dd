/* SPDX-License-Identifier: MIT */
/* What changes something, from the keyboard: an engine with a ledger and a driver that runs
 * /bin/true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/support/action_scene.h"
#include "tests/support/console.h"

enum { BOTS = ACTION_BOTS, SETTLE_LIMIT = 400 };

static int setup(void **state)
{
	return action_setup(state, "always", BOTS);
}

static int setup_armed(void **state)
{
	return action_setup(state, "armed", BOTS);
}

/* ---- what is asked here ---- */

static const struct msg_operation *operation(const struct console *console)
{
	size_t count;
	const struct msg_operation *const *list = model_operations(console->harness->model, &count);
	return count ? list[0] : NULL;
}

static const struct msg_operation *await_operation(struct console *console)
{
	const struct msg_operation *found = NULL;
	for (int i = 0; i < SETTLE_LIMIT && !(found = operation(console)); i++)
		console_settle(console);
	if (!found)
		fail_msg("no operation: %s", console->app->toast.text);
	if (!found)
		abort();
	return found;
}

/* In the open dialog: into the reason, and on to the button that does it. */
static void confirm(struct console *console, const char *reason, const char *typed)
{
	console_keys(console, typed ? "S-Tab S-Tab" : "S-Tab");
	console_type(console, reason);
	if (typed) {
		console_keys(console, "Enter");
		console_type(console, typed);
	}
	console_keys(console, "Tab Tab Enter");
}

/* An operation of another screen. `ended_ms` 0: it runs. */
static void put_operation(struct console *console, uint64_t id, const char *title,
	int64_t started_ms, int64_t ended_ms)
{
	struct msg_operation *body = msg_new(MSG_operation);
	body->id = id;
	msg_set(&body->title, title);
	msg_set(&body->verb, "backup");
	msg_set(&body->by, "root");
	msg_set(&body->reason, "");
	msg_set(&body->result, "");
	msg_set(&body->command, "");
	msg_set(&body->state, ended_ms ? "done" : "running");
	body->started_ms = started_ms;
	body->ended_ms = ended_ms;
	body->progress = ended_ms ? 100 : 99;
	(void)model_put_if_changed(console->app->live, MSG_operation, body);
	app_dirty(console->app);
}

static void output_from_before_the_engine_began_is_said_to_be_gone(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	int64_t begun_ms = app_engine(console->app, 0)->started_ms;
	put_operation(console, 5, "Backup old", begun_ms - 9000, begun_ms - 5000);
	console_settle(console);
	console_keys(console, "6 + +");
	console_expect(console, "its output is not kept over a new start of the engine");
	put_operation(console, 5, "Backup old", begun_ms + 1, begun_ms + 2);
	console_settle(console);
	console_expect(console, "no output");
}

static void a_running_backup_shows_how_long_it_takes_and_how_far_it_is(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	put_operation(console, 7, "back it up", console->app->now_ms - 83000, 0);
	console_keys(console, "6");
	console_expect(console, "1m23 99%");
}

/* Two thirds of the screen are not enough for seven bots, six alerts and what was done a moment ago. */
static void what_fires_is_seen_before_what_has_ended(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	for (int i = 0; i < 6; i++)
		action_kill(console, action_bots[i]);
	console_resize(console, 32, 160);
	console_advance(console, 1000);
	console_expect(console, "6 firing");
	for (uint64_t id = 1; id <= 4; id++)
		put_operation(console, id, "restart gus", console->app->now_ms - 2000,
			console->app->now_ms - 1000);
	console_settle(console);
	/* title, heading and six alerts */
	assert_in_range(
		console_row(console, "7 Services") - console_row(console, "3 Alerts"), 8, 10);
	console_expect(console, "6 Operations  done restart gus");
	put_operation(console, 5, "restart fay", console->app->now_ms, 0);
	console_settle(console);
	console_expect_not(console, "6 Operations  running");
	console_expect(console, "1 running");
	console_expect(console, "restart fay");
	console_expect(console, "done       ");
}

static int64_t minutes_ago(const struct console *console, int minutes)
{
	return console->app->now_ms - minutes * INT64_C(60000);
}

static void put_history(struct console *console, int count)
{
	for (int i = 0; i < count; i++) {
		autofree char *title = xasprintf("restart old %d", i);
		put_operation(console, (uint64_t)(i + 1), title, minutes_ago(console, 20 + i),
			minutes_ago(console, 19 + i));
	}
	console_advance(console, APP_ORDER_MS);
}

static void an_operation_that_begins_is_the_first_row_at_once(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	put_history(console, 12);
	console_keys(console, "6");
	put_operation(console, 70, "restart ada", console->app->now_ms, 0);
	console_keys(console, "c"); /* a key, as the one that confirmed it */
	assert_true(console_row(console, "restart ada") >= 0);
	assert_true(console_row(console, "restart ada") < console_row(console, "restart old 0"));
	/* Also one that began under the dialog. */
	console_keys(console, "1 r");
	put_operation(console, 71, "restart bob", console->app->now_ms + 1, 0);
	console_settle(console);
	console_keys(console, "Esc 6");
	const struct rowset *rows = pane_operations.rows(console->app->view[PANE_operations]);
	assert_int_equal(rows->shown.ids[0], 71);
	console_keys(console, "g x");
	console_expect(console, "Cancel this operation?");
	assert_null(operation(console));
}

static void rows_stay_where_a_row_was_chosen_though_an_operation_begins(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	put_history(console, 3);
	console_keys(console, "6 j");
	put_operation(console, 70, "restart ada", console->app->now_ms, 0);
	console_settle(console);
	const struct rowset *rows = pane_operations.rows(console->app->view[PANE_operations]);
	assert_int_equal(rows->shown.ids[0], 1);
	assert_int_equal(rows->shown.ids[3], 70);
	assert_int_equal(rows->cursor, 2);
	console_expect(console, "new order in ");
	console_advance(console, APP_ORDER_MS);
	assert_int_equal(rows->shown.ids[0], 70);
	assert_int_equal(rows->cursor, 2);
}

static void the_only_operation_that_runs_is_cancelled_from_any_row(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	put_history(console, 3);
	console_keys(console, "6 j");
	console_keys(console, "x");
	console_expect(console, "cancel: nothing runs");
	put_operation(console, 70, "restart ada", console->app->now_ms, 0);
	console_keys(console, "x");
	console_expect(console, "Cancel this operation?");
	assert_true(console_row(console, "│  restart ada") > 0);
	console_keys(console, "Esc");
	put_operation(console, 71, "restart bob", console->app->now_ms, 0);
	console_keys(console, "x");
	console_expect(console, "several run: put the cursor of Operations on one");
	assert_null(console->app->overlay);
}

static void the_target_stays_though_rows_change_their_order(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "j j"); /* cem */
	action_kill(console, "gus");
	action_heal(console, 5);
	console_keys(console, "r");
	action_kill(console, "fay");
	console_advance(console, 2000);
	action_heal(console, 5);
	assert_true(console_row(console, "Restart cem") >= 0);
	/* Under the dialog the rows are where they were. */
	const struct rowset *rows = pane_bots.rows(console->app->view[PANE_bots]);
	assert_true(rows->order_changed);
	console_expect(console, "new order held");
	assert_int_equal(rows->shown.ids[2], entity_id("bot", "cem"));
	confirm(console, "stuck", NULL);
	const struct msg_operation *run = await_operation(console);
	assert_int_equal(run->steps_count, 1);
	assert_string_equal(run->steps[0].name, "cem");
	/* When nobody presses anything, the order is the wanted one again. */
	console_advance(console, APP_ORDER_MS);
	assert_false(rows->order_changed);
	assert_int_equal(rows->cursor, entity_id("bot", "cem"));
	assert_int_not_equal(rows->shown.ids[2], entity_id("bot", "cem"));
}

static void rows_keep_their_places_for_two_seconds_after_a_key(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "j");
	action_kill(console, "gus");
	console_settle(console);
	console_expect(console, "new order in 2s");
	assert_true(console_row(console, ". ada") < console_row(console, "! gus"));
	action_heal(console, 6);
	console_advance(console, APP_ORDER_MS);
	console_expect_not(console, "new order");
	assert_true(console_row(console, "! gus") < console_row(console, ". ada"));
	console_expect(console, "▶ . bob");
}

static void the_key_that_opened_the_dialog_never_confirms(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "r r r r Enter");
	console_expect_not(console, "Restart ada");
	assert_null(operation(console));
}

static void what_was_typed_before_the_dialog_was_painted_is_discarded(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_queue(console, "r y Tab Enter y");
	console_settle(console);
	console_expect(console, "Restart ada");
	console_expect(console, "[ Cancel Esc ]");
	assert_null(operation(console));
}

static void pasted_text_is_never_a_key(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	term_headless_paste(console->term, "ry\ny\n");
	console_settle(console);
	console_expect(console, "pasted text is ignored");
	assert_null(console->app->overlay);
	assert_null(operation(console));
	/* In a dialog it goes into the field that has the focus, and answers nothing. */
	console_keys(console, "r S-Tab");
	term_headless_paste(console->term, "y\ny\n");
	console_settle(console);
	console_expect(console, "Restart ada");
	assert_null(operation(console));
}

static void the_reason_goes_along(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "r y"); /* it waits for a reason, and leads there */
	console_expect(console, "a reason is needed first");
	console_expect_not(console, "Reason y");
	console_expect(console, "Enter Focus Cancel");
	console_type(console, "stuck after deploy");
	action_heal(console, BOTS);
	assert_null(operation(console));
	console_keys(console, "Enter y");
	assert_string_equal(await_operation(console)->reason, "stuck after deploy");
	console_expect(console, "accepted");
}

static void a_letter_on_a_button_is_no_reason(void **state)
{
	static const char *const keys[] = {"Tab y", "Tab s t u c k", "Tab Enter"};
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		console_keys(console, "r");
		console_expect(console, "Enter Cancel ");
		console_keys(console, keys[i]);
		console_expect(console, "Reason why, for the audit file");
		console_expect(console, "a reason is needed first");
		console_keys(console, "Esc");
	}
	assert_null(operation(console));
	action_heal(console, BOTS);
	console_keys(console, "r Tab");
	console_expect(console, "Enter Focus Reason");
	console_keys(console, "y");
	console_type(console, "y");
	console_expect(console, "Reason y");
	console_expect_not(console, "is needed first");
	action_heal(console, BOTS);
	console_keys(console, "Enter Tab");
	console_expect(console, "Enter Restart");
	console_keys(console, "y");
	assert_string_equal(await_operation(console)->reason, "y");
}

static void a_reason_typed_at_once_may_begin_with_the_key_of_the_dialog(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "r");
	console_type(console, "redis is back");
	console_expect(console, "Reason redis is back");
	action_heal(console, BOTS);
	assert_null(operation(console));
	console_keys(console, "Enter y");
	assert_string_equal(await_operation(console)->reason, "redis is back");
}

static void accepted_is_no_longer_said_when_it_has_ended(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "r");
	console_keys(console, "S-Tab");
	console_type(console, "stuck");
	action_heal(console, BOTS);
	console_keys(console, "Enter y");
	const struct msg_operation *run = await_operation(console);
	console_expect(console, "accepted: Restart ada");
	struct msg_operation *ended =
		msg_copy(MSG_operation, model_operation(console->app->live, run->id));
	ended->ended_ms = console->app->now_ms;
	msg_set(&ended->state, "done");
	(void)model_put_if_changed(console->app->live, MSG_operation, ended);
	app_step(console->app);
	app_paint(console->app);
	assert_true(console_row(console, "accepted: Restart ada") < 0);
	/* What is said afterwards has its own time. */
	app_toast(console->app, false, "something else");
	app_step(console->app);
	app_paint(console->app);
	assert_true(console_row(console, "something else") >= 0);
}

static void a_reason_can_be_typed_at_once_and_never_confirms(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "r r r r");
	console_type(console, "say why, ready");
	console_expect(console, "Reason say why, ready");
	assert_null(operation(console));
	action_heal(console, BOTS);
	console_keys(console, "Enter y");
	assert_string_equal(await_operation(console)->reason, "say why, ready");
}

static void marked_bots_are_the_targets_and_many_want_a_typed_word(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "Space Space r");
	console_expect(console, "ada");
	console_expect(console, "bob");
	console_keys(console, "Esc * * v G v");
	action_heal(console, BOTS);
	console_keys(console, "r");
	console_expect(console, "Type \"restart 7\" to confirm:");
	action_heal(console, BOTS);
	confirm(console, "all of them", "restart 6");
	assert_null(operation(console));
	console_expect(console, "type \"restart 7\"");
	console_keys(console, "Backspace");
	console_type(console, "7");
	action_heal(console, BOTS);
	console_keys(console, "Enter Tab Enter");
	assert_int_equal(await_operation(console)->steps_count, 7);
}

static void an_open_range_is_taken_along(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "j v j j r");
	console_expect(console, "Restart 3 bots");
	console_expect(console, "? dan");
}

static void a_small_screen_shows_its_filter_and_its_marks(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_resize(console, 12, 40);
	console_expect_not(console, "1 Bots");
	console_keys(console, "Space");
	console_expect(console, "1 marked");
	console_keys(console, "U /");
	console_type(console, "!ada");
	console_keys(console, "Enter");
	console_expect(console, "/!ada  1 hidden");
	console_keys(console, "Esc");
	console_expect_not(console, "hidden");
}

static void a_row_is_copied_as_a_line_and_as_json(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "y");
	assert_string_equal(term_headless_copied(console->term), "ada ok");
	console_keys(console, "Y");
	assert_non_null(strstr(term_headless_copied(console->term), "\"name\":\"ada\""));
	console_expect(console, "clipboard");
}

static void a_read_only_console_says_how_to_arm_and_arming_unlocks(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_expect(console, "READ-ONLY");
	console_expect(console, "! Arm ");
	console_expect(console, "r Restart(ro)");
	console_keys(console, "r");
	console_expect(console, "press ! to arm");
	assert_null(console->app->overlay);
	console_keys(console, "!");
	console_settle(console);
	console_expect(console, "ARMED");
	console_expect(console, "! Disarm");
	console_expect_not(console, "(ro)");
	console_keys(console, "r");
	console_expect(console, "Restart ada");
	console_keys(console, "Esc !");
	console_settle(console);
	console_expect(console, "READ-ONLY");
}

static void start_again(struct console *console, int pid, int64_t start_ms)
{
	harness_feed(console->harness,
		"obs_process bot=\"ada\" state=\"running\" pid=%d start_ms=%lld", pid,
		(long long)start_ms);
}

static void one_restart_is_a_single_one(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	start_again(console, 200, console->app->now_ms - 900);
	console_keys(console, "Enter");
	console_expect(console, "  1 restart ");
	console_expect_not(console, "1 restarts");
	start_again(console, 210, console->app->now_ms);
	console_settle(console);
	console_expect(console, "  2 restarts ");
}

static void the_dialog_lists_targets_and_consequences(void **state)
{
	struct action_scene *scene = *state;
	struct console *console = scene->console;
	console_keys(console, "Space Space r");
	console_golden(console, "console_confirm_80x24");
}

int main(void)
{
#define ACTION_TEST(test) cmocka_unit_test_setup_teardown(test, setup, action_teardown)
	const struct CMUnitTest tests[] = {
		ACTION_TEST(what_fires_is_seen_before_what_has_ended),
		ACTION_TEST(a_running_backup_shows_how_long_it_takes_and_how_far_it_is),
		ACTION_TEST(output_from_before_the_engine_began_is_said_to_be_gone),
		ACTION_TEST(an_operation_that_begins_is_the_first_row_at_once),
		ACTION_TEST(rows_stay_where_a_row_was_chosen_though_an_operation_begins),
		ACTION_TEST(the_only_operation_that_runs_is_cancelled_from_any_row),
		ACTION_TEST(the_target_stays_though_rows_change_their_order),
		ACTION_TEST(rows_keep_their_places_for_two_seconds_after_a_key),
		ACTION_TEST(the_key_that_opened_the_dialog_never_confirms),
		ACTION_TEST(what_was_typed_before_the_dialog_was_painted_is_discarded),
		ACTION_TEST(pasted_text_is_never_a_key),
		ACTION_TEST(the_reason_goes_along),
		ACTION_TEST(a_letter_on_a_button_is_no_reason),
		ACTION_TEST(accepted_is_no_longer_said_when_it_has_ended),
		ACTION_TEST(a_reason_typed_at_once_may_begin_with_the_key_of_the_dialog),
		ACTION_TEST(a_reason_can_be_typed_at_once_and_never_confirms),
		ACTION_TEST(marked_bots_are_the_targets_and_many_want_a_typed_word),
		ACTION_TEST(an_open_range_is_taken_along),
		ACTION_TEST(a_small_screen_shows_its_filter_and_its_marks),
		ACTION_TEST(a_row_is_copied_as_a_line_and_as_json),
		cmocka_unit_test_setup_teardown(
			a_read_only_console_says_how_to_arm_and_arming_unlocks, setup_armed,
			action_teardown),
		ACTION_TEST(one_restart_is_a_single_one),
		ACTION_TEST(the_dialog_lists_targets_and_consequences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
