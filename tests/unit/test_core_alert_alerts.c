/* SPDX-License-Identifier: MIT */
/* How an alert lives under a virtual clock: it waits, fires, holds, is renewed, resolves, and does not flap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/model/model.h"
#include "core/model/verdict.h"
#include "tests/support/alert_bench.h"

static void a_pending_alert_whose_condition_ends_was_never_there(void **state)
{
	struct alert_bench *bench = *state;
	alert_bench_configure(bench, "alerts: {bot_down: {for: 10s}}");
	see_bot(bench, "proc_state=\"absent\" proc_fails=2");
	assert_string_equal(phase_of(bench, "bot_down"), "pending");
	see_bot(bench, "");
	assert_string_equal(phase_of(bench, "bot_down"), "none");
}

static void a_short_recovery_does_not_flap(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "proc_state=\"absent\" proc_fails=2");
	int64_t fired_ms = alert_of(bench, "bot_down")->fired_ms;
	for (int i = 0; i < 5; i++) {
		clock_advance(&bench->clock, 2000);
		see_bot(bench, "");
		pass(bench, 2000);
		assert_string_equal(phase_of(bench, "bot_down"), "firing");
		see_bot(bench, "proc_state=\"absent\" proc_fails=2");
	}
	assert_int_equal(alert_of(bench, "bot_down")->fired_ms, fired_ms);
	see_bot(bench, "");
	pass(bench, 1000);
	pass(bench, 5000);
	assert_string_equal(phase_of(bench, "bot_down"), "resolved");
}

static void a_resolved_alert_that_comes_back_fires_anew(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "restarts=4");
	see_bot(bench, "");
	assert_string_equal(phase_of(bench, "restart_loop"), "resolved");
	pass(bench, 60000);
	see_bot(bench, "restarts=5");
	const struct msg_alert *alert = alert_of(bench, "restart_loop");
	assert_string_equal(alert->state, "firing");
	assert_int_equal(alert->fired_ms, ALERT_BENCH_MS + 60000);
	assert_int_equal(alert->since_ms, ALERT_BENCH_MS + 60000);
	assert_int_equal(alert->resolved_ms, 0);
}

static void a_bot_that_loops_is_not_told_to_be_down_at_each_death(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "proc_state=\"absent\" proc_fails=2");
	assert_string_equal(phase_of(bench, "bot_down"), "firing");
	int64_t fired_ms = alert_of(bench, "bot_down")->fired_ms;
	pass(bench, 1000);
	see_bot(bench, "restarts=3");
	assert_string_equal(phase_of(bench, "bot_down"), "resolved");
	assert_non_null(strstr(
		alert_of(bench, "bot_down")->text, "; over because restart_loop says it instead"));
	for (int i = 0; i < 6; i++) {
		pass(bench, 6000);
		see_bot(bench, "restarts=4 proc_state=\"absent\" proc_fails=2");
		pass(bench, 6000);
		assert_string_equal(phase_of(bench, "bot_down"), "resolved");
		see_bot(bench, "restarts=5");
		assert_string_equal(phase_of(bench, "restart_loop"), "firing");
	}
	assert_int_equal(alert_of(bench, "bot_down")->fired_ms, fired_ms);
	/* Its starts are over, and it is down. */
	see_bot(bench, "restarts=2 proc_state=\"absent\" proc_fails=2");
	assert_string_equal(phase_of(bench, "restart_loop"), "resolved");
	assert_string_equal(phase_of(bench, "bot_down"), "firing");
	assert_true(alert_of(bench, "bot_down")->fired_ms > fired_ms);
}

static void a_bot_that_is_first_seen_in_its_loop_is_one_alert(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "restarts=3 proc_state=\"absent\" proc_fails=2");
	assert_string_equal(phase_of(bench, "restart_loop"), "firing");
	assert_string_equal(phase_of(bench, "bot_down"), "none");
	/* An operation on it leaves the loop firing. */
	see_bot(bench, "restarts=3 proc_state=\"absent\" proc_fails=2 busy_op=3");
	assert_string_equal(phase_of(bench, "bot_down"), "none");
}

static void a_loop_that_nobody_is_told_of_hides_no_death(void **state)
{
	struct alert_bench *bench = *state;
	alert_bench_configure(bench, "alerts: {restart_loop: {off: yes}}");
	see_bot(bench, "restarts=3 proc_state=\"absent\" proc_fails=2");
	assert_string_equal(phase_of(bench, "bot_down"), "firing");
	alert_bench_configure(bench, "alerts: {restart_loop: {for: 1m}}");
	pass(bench, 1000);
	see_bot(bench, "restarts=3 proc_state=\"absent\" proc_fails=2");
	assert_string_equal(phase_of(bench, "restart_loop"), "pending");
	assert_string_equal(phase_of(bench, "bot_down"), "firing");
	pass(bench, 61000);
	pass(bench, 1000);
	assert_string_equal(phase_of(bench, "restart_loop"), "firing");
	assert_string_equal(phase_of(bench, "bot_down"), "resolved");
}

static void one_alert_a_rule_and_target(void **state)
{
	struct alert_bench *bench = *state;
	for (int i = 0; i < 10; i++) {
		see_bot(bench, "proc_state=\"absent\" proc_fails=2");
		pass(bench, 1000);
	}
	size_t count;
	model_alerts(bench->model, &count);
	assert_int_equal(count, 1);
	assert_non_null(model_alert(bench->model, entity_id("alert", "bot_down/bot/orders")));
}

static void disabled_or_worked_on_does_not_page(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "proc_state=\"absent\" proc_fails=9 enabled=false");
	see_bot(bench, "proc_state=\"absent\" proc_fails=9 busy_op=3");
	assert_string_equal(phase_of(bench, "bot_down"), "none");
	see_bot(bench, "proc_state=\"absent\" proc_fails=9");
	assert_string_equal(phase_of(bench, "bot_down"), "firing");
	see_bot(bench, "proc_state=\"absent\" proc_fails=9 busy_op=4");
	pass(bench, 20000);
	assert_string_equal(phase_of(bench, "bot_down"), "firing"); /* until it is seen to run */
	see_bot(bench, "");
	pass(bench, 1000);
	pass(bench, 6000);
	assert_string_equal(phase_of(bench, "bot_down"), "resolved");
}

static void a_bot_that_was_dead_before_the_first_look_is_down_and_not_late(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench,
		"proc_state=\"absent\" proc_fails=9 hb_state=\"missing\" hb_at_ms=0 added_ms=~50s");
	assert_string_equal(phase_of(bench, "bot_down"), "firing");
	assert_string_equal(phase_of(bench, "heartbeat_late"), "none");
}

static void only_a_process_that_is_seen_to_run_is_said_to_run(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench,
		"proc_state=\"not_configured\" hb_state=\"missing\" hb_at_ms=0 added_ms=~50s");
	assert_string_equal(alert_of(bench, "heartbeat_late")->text,
		"orders gives no heartbeat for 50s (limit 30s)");
}

static void a_silent_source_neither_begins_nor_ends_an_alert(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "hb_state=\"missing\" hb_at_ms=~41s");
	assert_string_equal(phase_of(bench, "heartbeat_late"), "firing");
	for (int i = 0; i < 30; i++) {
		see_bot(bench, "hb_state=\"missing\" hb_at_ms=~90s hb_seen_ms=~40s");
		pass(bench, 2000);
	}
	assert_string_equal(phase_of(bench, "heartbeat_late"), "firing");
	see_bot(bench, "");
	pass(bench, 1000);
	pass(bench, 6000);
	see_bot(bench, "hb_state=\"missing\" hb_at_ms=~90s hb_seen_ms=~40s");
	assert_string_equal(phase_of(bench, "heartbeat_late"), "resolved");
}

static void a_backlog_that_stays_high_goes_on_and_one_that_falls_is_over(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "pending=400 pending_rises=0 pending_slope=5");
	assert_string_equal(phase_of(bench, "backlog_rising"), "none");
	see_bot(bench, "pending=500 pending_rises=3 pending_slope=50");
	pass(bench, 20000);
	see_bot(bench, "pending=490 pending_rises=0 pending_slope=20");
	pass(bench, 20000);
	assert_string_equal(phase_of(bench, "backlog_rising"), "firing");
	see_bot(bench, "pending=300 pending_rises=0 pending_slope=-90");
	pass(bench, 1000);
	pass(bench, 5000);
	assert_string_equal(phase_of(bench, "backlog_rising"), "resolved");
}

static void a_backlog_is_told_as_it_is_now(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "pending=212 pending_rises=3 pending_slope=50");
	clock_advance(&bench->clock, 1000);
	see_bot(bench, "pending=227 pending_rises=4 pending_slope=50");
	const struct msg_alert *alert = alert_of(bench, "backlog_rising");
	assert_string_equal(alert->text, "227 updates wait for orders (limit 200), more at each of "
					 "4 polls (limit 3)");
	/* High, but not rising: it goes on firing. */
	clock_advance(&bench->clock, 1000);
	see_bot(bench, "pending=219 pending_rises=0 pending_slope=20");
	alert = alert_of(bench, "backlog_rising");
	assert_string_equal(alert->state, "firing");
	assert_string_equal(alert->text, "219 updates wait for orders (limit 200)");
	assert_true(alert->value == 219);
	/* What is not known now is not told. */
	see_bot(bench, "pending=-1 tg_state=\"unreachable\" tg_fails=3");
	pass(bench, 10000);
	assert_string_equal(
		alert_of(bench, "backlog_rising")->text, "219 updates wait for orders (limit 200)");
}

static void a_longer_hold_after_a_reload_makes_firing_pending_again(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "restarts=4");
	assert_string_equal(phase_of(bench, "restart_loop"), "firing");
	alert_bench_configure(bench, "alerts: {restart_loop: {for: 1m}}");
	pass(bench, 1000);
	assert_string_equal(phase_of(bench, "restart_loop"), "pending");
	pass(bench, 60000);
	assert_string_equal(phase_of(bench, "restart_loop"), "firing");
}

static void a_target_that_leaves_resolves_its_alerts(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "restarts=4");
	model_remove(bench->model, MSG_bot, bot_id());
	pass(bench, 1000);
	assert_string_equal(phase_of(bench, "restart_loop"), "resolved");
}

static void a_webhook_that_fails_while_updates_pile_up_is_critical(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "webhook_error=\"x\" webhook_errors=2 webhook_error_at_ms=~1s pending=900");
	assert_int_equal(alert_of(bench, "webhook_error")->severity, SEVERITY_CRIT);
}

static void the_sentence_of_a_firing_alert_is_renewed_now_and_then(void **state)
{
	struct alert_bench *bench = *state;
	see_bot(bench, "restarts=4");
	uint64_t rev = alert_of(bench, "restart_loop")->rev;
	pass(bench, 1000);
	see_bot(bench, "restarts=5");
	assert_int_equal(alert_of(bench, "restart_loop")->rev, rev);
	pass(bench, 5000);
	assert_true(alert_of(bench, "restart_loop")->value == 5);
}

#define test(name) cmocka_unit_test_setup_teardown(name, alert_bench_setup, alert_bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_pending_alert_whose_condition_ends_was_never_there),
		test(a_short_recovery_does_not_flap),
		test(a_resolved_alert_that_comes_back_fires_anew),
		test(a_bot_that_loops_is_not_told_to_be_down_at_each_death),
		test(a_bot_that_is_first_seen_in_its_loop_is_one_alert),
		test(a_loop_that_nobody_is_told_of_hides_no_death),
		test(one_alert_a_rule_and_target),
		test(disabled_or_worked_on_does_not_page),
		test(a_bot_that_was_dead_before_the_first_look_is_down_and_not_late),
		test(only_a_process_that_is_seen_to_run_is_said_to_run),
		test(a_silent_source_neither_begins_nor_ends_an_alert),
		test(a_backlog_that_stays_high_goes_on_and_one_that_falls_is_over),
		test(a_backlog_is_told_as_it_is_now),
		test(a_longer_hold_after_a_reload_makes_firing_pending_again),
		test(a_target_that_leaves_resolves_its_alerts),
		test(a_webhook_that_fails_while_updates_pile_up_is_critical),
		test(the_sentence_of_a_firing_alert_is_renewed_now_and_then),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
