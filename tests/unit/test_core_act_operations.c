/* SPDX-License-Identifier: MIT */
/* From the accepted run to the recorded result. */
#include "tests/support/act_bench.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static void nothing_is_done_that_cannot_be_recorded_and_it_comes_back(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	bench->failing = true;
	bench_ledger(bench);
	assert_int_equal(bench->accepted.code, ERR_IO);
	assert_int_equal(bench->accepted.operation, 0);
	bench_ended(bench, 1, "failed", "not run: it cannot be recorded: no space left");
	act_turn(bench->act);
	assert_string_equal(model_engine(bench->model)->ledger_error, "no space left");
	plan = bench_plan(bench, "restart", "orders", NULL);
	assert_string_equal(
		plan.error, "nothing can be recorded, so nothing is done: no space left");
	msg_release(MSG_plan, &plan);
	struct msg_obs_ledger again = {.ticket = 0, .code = ERR_NONE, .error = bench_words("")};
	act_observe(bench->act, MSG_obs_ledger, &again);
	act_turn(bench->act);
	assert_string_equal(model_engine(bench->model)->ledger_error, "");
	assert_int_equal(bench_code(bench), ERR_NONE);
}

static void nothing_runs_before_the_audit_line_is_durable(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	act_turn(bench->act);
	assert_int_equal(bench->accepted_count, 0);
	assert_string_equal(bench_operation(bench, 1)->state, "accepted");
	assert_int_equal(bench->line_count, 1);
	assert_string_equal(bench->lines[0], "restart/orders/stuck/accepted");
	struct msg_obs_ledger seen = {.ticket = ++bench->answered, .error = bench_words("")};
	act_observe(bench->act, MSG_obs_ledger, &seen);
	assert_int_equal(bench->accepted_count, 1);
	assert_int_equal(bench->accepted_client, 1);
	assert_int_equal(bench->accepted.operation, 1);
	assert_string_equal(bench->lines[1], "restart/orders/stuck/intent");
	struct parcel parcel; /* the intent is not durable yet: no child */
	assert_int_equal(mailbox_take(bench->mailbox, &parcel, 1), 0);
	bench_ledger(bench);
	bench_child(bench, "ended");
	assert_string_equal(bench_operation(bench, 1)->state, "verifying");
}

/* The disk may fill up between the line that accepts it and the one that announces the child. */
static void a_step_whose_intent_is_not_recorded_starts_no_child(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	struct msg_obs_ledger seen = {.ticket = ++bench->answered, .error = bench_words("")};
	act_observe(bench->act, MSG_obs_ledger, &seen);
	assert_int_equal(bench->accepted.operation, 1);
	bench->failing = true;
	bench_ledger(bench);
	bench_ended(bench, 1, "failed", "not run: it cannot be recorded: no space left");
	struct parcel parcel;
	assert_int_equal(mailbox_take(bench->mailbox, &parcel, 1), 0);
	assert_int_equal(bench_bot(bench, "orders")->busy_op, 0);
}

/* A disk that hangs answers nothing at all: neither good nor bad. */
static void what_the_ledger_does_not_record_in_time_is_not_done(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	assert_true(act_due_ms(bench->act) <= clock_mono_ms(&bench->clock) + 15000);
	clock_advance(&bench->clock, 14999);
	act_turn(bench->act);
	assert_int_equal(bench->accepted_count, 0);
	clock_advance(&bench->clock, 1);
	act_turn(bench->act);
	assert_int_equal(bench->accepted.code, ERR_TIMEOUT);
	assert_int_equal(bench->accepted.operation, 0);
	bench_ended(bench, 1, "failed",
		"not run: it cannot be recorded: the audit file took no line for 15 s: look at the "
		"disk of the state directory");
	plan = bench_plan(bench, "restart", "orders", NULL);
	assert_string_equal(plan.error, "nothing can be recorded, so nothing is done: the audit "
					"file took no line for 15 s: "
					"look at the disk of the state directory");
	msg_release(MSG_plan, &plan);
	bench_ledger(bench); /* the disk wakes up: too late for that one, in time for others */
	struct parcel parcel;
	assert_int_equal(mailbox_take(bench->mailbox, &parcel, 1), 0);
	assert_int_equal(bench->accepted_count, 1);
	act_turn(bench->act);
	assert_int_equal(bench_code(bench), ERR_NONE);
}

static void an_intent_that_is_not_recorded_in_time_starts_no_child(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	struct msg_obs_ledger seen = {.ticket = ++bench->answered, .error = bench_words("")};
	act_observe(bench->act, MSG_obs_ledger, &seen);
	clock_advance(&bench->clock, 15000);
	act_turn(bench->act);
	assert_string_equal(bench_operation(bench, 1)->state, "failed");
	bench_ledger(bench);
	struct parcel parcel;
	assert_int_equal(mailbox_take(bench->mailbox, &parcel, 1), 0);
	assert_int_equal(act_running(bench->act), 0);
}

static void a_restart_is_done_when_a_new_process_beats_and_stays(void **state)
{
	struct act_bench *bench = *state;
	uint64_t id = bench_begin(bench, "restart", "orders");
	assert_int_equal(bench_bot(bench, "orders")->busy_op, id);
	assert_string_equal(bench_bot(bench, "orders")->busy_by, "being restarted by ann");
	bench_child(bench, "ended");
	clock_advance(&bench->clock, 500);
	bench_come_up(bench, "orders", 934);
	bench_pass(bench, "orders", 1000);
	bench_beat(bench, "orders");
	bench_pass(bench, "orders", 8000);
	assert_string_equal(bench_operation(bench, id)->state, "verifying");
	assert_string_equal(bench_operation(bench, id)->steps[0].text,
		"pid 812 -> 934, watched until it has run for 10s");
	bench_beat(bench, "orders");
	bench_pass(bench, "orders", 1000);
	bench_ended(bench, id, "done", "pid 812 -> 934, heartbeat 1.0s ago");
	assert_int_equal(bench_bot(bench, "orders")->busy_op, 0);
	assert_string_equal(bench_bot(bench, "orders")->busy_by, "");
	assert_string_equal(bench->lines[bench->line_count - 1],
		"restart/orders/stuck/done: pid 812 -> 934, heartbeat 1.0s ago");
}

static void a_bot_that_dies_again_within_the_stable_time_has_failed(void **state)
{
	struct act_bench *bench = *state;
	uint64_t id = bench_begin(bench, "restart", "orders");
	bench_child(bench, "ended");
	bench_come_up(bench, "orders", 934);
	bench_beat(bench, "orders");
	bench_pass(bench, "orders", 1000);
	msg_set(&bench_bot(bench, "orders")->proc_state, "absent");
	bench_pass(bench, "orders", 4000);
	bench_ended(bench, id, "failed", "it came up as pid 934 and died again within 10s");
}

static void a_command_that_fails_is_failed_with_its_last_word(void **state)
{
	struct act_bench *bench = *state;
	static const char *const broken[] = {"cat", "/no/such/{bot}", NULL};
	bench->settings.driver.restart = bench_command(broken);
	uint64_t id = bench_begin(bench, "restart", "orders");
	bench_child(bench, "ended");
	bench_ended(bench, id, "failed", "exit 1: cat: /no/such/orders: No such file or directory");
	assert_int_equal(bench_bot(bench, "orders")->busy_op, 0);
}

static void a_command_that_is_not_there_is_named(void **state)
{
	struct act_bench *bench = *state;
	static const char *const broken[] = {"no-such-ctl", "{bot}", NULL};
	bench->settings.driver.restart = bench_command(broken);
	uint64_t id = bench_begin(bench, "restart", "orders");
	bench_child(bench, "ended");
	bench_ended(bench, id, "failed", "cannot run 'no-such-ctl': not found");
}

static void a_command_that_takes_too_long_is_ended(void **state)
{
	struct act_bench *bench = *state;
	static const char *const slow[] = {"tail", "-f", "/dev/null", NULL};
	bench->settings.driver.restart = bench_command(slow);
	uint64_t id = bench_begin(bench, "restart", "orders");
	bench_child(bench, "started");
	bench_pass(bench, "orders", 20000);
	bench_child(bench, "ended");
	bench_ended(bench, id, "failed", "it ran longer than 20s and was ended");
}

static void cancel_ends_the_child_and_what_waits(void **state)
{
	struct act_bench *bench = *state;
	static const char *const slow[] = {"tail", "-f", "/dev/null", NULL};
	bench->settings.driver.restart = bench_command(slow);
	struct msg_plan plan = bench_plan(bench, "restart", "orders", "pay", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	bench_ledger(bench);
	bench_child(bench, "started");
	struct msg_cancel_req request = {.req = 9, .operation = 1};
	struct msg_answer answer = {.req = 0};
	act_cancel(bench->act, &bench->ann, &request, &answer);
	assert_int_equal(answer.code, ERR_NONE);
	msg_release(MSG_answer, &answer);
	bench_child(bench, "ended");
	bench_ended(bench, 1, "cancelled", "0 of 2 done, 2 cancelled; orders: cancelled");
	assert_int_equal(bench_bot(bench, "pay")->busy_op, 0);
	act_cancel(bench->act, &bench->ann, &request, &answer);
	assert_string_equal(answer.text, "operation 1 has ended already");
	msg_release(MSG_answer, &answer);
}

static void cancel_before_it_is_recorded_answers_who_asked_for_it(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	struct msg_cancel_req request = {.req = 9, .operation = 1};
	struct msg_answer answer = {.req = 0};
	act_cancel(bench->act, &bench->ann, &request, &answer);
	assert_int_equal(answer.code, ERR_NONE);
	msg_release(MSG_answer, &answer);
	assert_int_equal(bench->accepted_count, 1);
	assert_int_equal(bench->accepted.req, 2);
	assert_int_equal(bench->accepted.code, ERR_CANCELLED);
	bench_ledger(bench);
	assert_int_equal(bench->accepted_count, 1);
}

static void steps_go_one_after_the_other_and_a_failure_stops_none(void **state)
{
	struct act_bench *bench = *state;
	static const char *const half[] = {"test", "{bot}", "=", "pay", NULL};
	bench->settings.driver.restart = bench_command(half);
	struct msg_plan plan = bench_plan(bench, "restart", "orders", "pay", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	bench_ledger(bench);
	assert_string_equal(bench_operation(bench, 1)->steps[1].state, "waiting");
	bench_child(bench, "ended");
	assert_string_equal(bench_operation(bench, 1)->steps[0].state, "failed");
	assert_string_equal(bench_operation(bench, 1)->steps[0].text, "exit 1");
	bench_ledger(bench);
	bench_child(bench, "ended");
	bench_come_up(bench, "pay", 935);
	bench_beat(bench, "pay");
	bench_pass(bench, "pay", 2000);
	bench_beat(bench, "pay");
	bench_pass(bench, "pay", 10000);
	bench_ended(bench, 1, "failed", "1 of 2 done, 1 failed; orders: exit 1");
	assert_string_equal(bench->lines[bench->line_count - 1],
		"restart/orders, pay/stuck/failed: 1 of 2 done, 1 failed; orders: exit 1");
}

static void a_repeated_run_is_answered_and_not_done_again(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	assert_false(bench_run(bench, plan.plan, 2, &accepted)); /* not durable yet: waits too */
	bench_ledger(bench);
	assert_int_equal(bench->accepted_count, 1);
	for (uint64_t req = 2; req < 5; req++) {
		assert_true(bench_run(bench, plan.plan, req, &accepted));
		assert_int_equal(accepted.operation, 1);
		assert_int_equal(accepted.req, req);
		msg_release(MSG_accepted, &accepted);
	}
	bench_child(bench, "ended");
	assert_int_equal(bench->operation, 1);
	msg_release(MSG_plan, &plan);
}

static void a_busy_bot_is_left_alone(void **state)
{
	struct act_bench *bench = *state;
	bench_begin(bench, "restart", "orders");
	struct msg_plan plan = bench_plan(bench, "stop", "orders", NULL);
	assert_int_equal(plan.code, ERR_CONFLICT);
	assert_string_equal(
		plan.error, "operation 1 (restart) works on 'orders': wait for it or cancel it");
	msg_release(MSG_plan, &plan);
	bench_child(bench, "ended");
}

static void a_bot_written_from_an_old_copy_does_not_stay_busy(void **state)
{
	struct act_bench *bench = *state;
	static const char *const broken[] = {"false", NULL};
	bench->settings.driver.restart = bench_command(broken);
	uint64_t id = bench_begin(bench, "restart", "orders");
	struct msg_bot *copy = msg_copy(MSG_bot, bench_bot(bench, "orders"));
	bench_child(bench, "ended");
	assert_int_equal(copy->busy_op, id);
	model_put(bench->model, MSG_bot, copy);
	act_turn(bench->act);
	assert_int_equal(bench_bot(bench, "orders")->busy_op, 0);
}

static void a_custom_verb_ends_as_unverified(void **state)
{
	struct act_bench *bench = *state;
	static const char *const argv[] = {"echo", "{bot}", "{reason}", NULL};
	struct conf_verb verb = {.name = bench_words("flush"),
		.help = bench_words("flush its queue"),
		.per_bot = true,
		.typed = true,
		.command = bench_command(argv)};
	bench->settings.verbs = &verb;
	bench->settings.verb_count = 1;
	act_reload(bench->act, &bench->settings);
	const struct msg_verb *shown = model_verb(bench->model, entity_id("verb", "flush"));
	assert_string_equal(shown->command, "echo {bot} {reason}");
	struct msg_plan plan = bench_plan(bench, "flush", "orders", NULL);
	assert_string_equal(plan.typed, "flush orders");
	struct msg_run_req request = {.plan = plan.plan,
		.reason = bench_words("stuck"),
		.typed = bench_words("flush orders")};
	struct msg_accepted accepted = {.req = 0};
	assert_false(act_run(bench->act, &bench->ann, &request, &accepted));
	msg_release(MSG_plan, &plan);
	bench_ledger(bench);
	bench_child(bench, "ended");
	bench_ended(bench, 1, "unverified", "ended with 0; what it did is not observed");
	bench->settings.verb_count = 0;
	act_reload(bench->act, &bench->settings);
	assert_null(model_verb(bench->model, entity_id("verb", "flush")));
}

static void a_verb_of_the_fleet_runs_once_without_targets(void **state)
{
	struct act_bench *bench = *state;
	static const char *const argv[] = {"test", "{reason}", "=", "stuck", NULL};
	struct conf_verb verb = {.name = bench_words("rotate"),
		.help = bench_words("rotate the keys"),
		.command = bench_command(argv)};
	bench->settings.verbs = &verb;
	bench->settings.verb_count = 1;
	struct msg_plan plan = bench_plan(bench, "rotate", "orders", NULL);
	assert_string_equal(plan.error, "rotate works on the fleet, not on bots");
	msg_release(MSG_plan, &plan);
	plan = bench_plan(bench, "rotate", NULL);
	assert_string_equal(plan.title, "Rotate in prod-eu");
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	bench_ledger(bench);
	bench_child(bench, "ended");
	bench_ended(bench, 1, "unverified", "ended with 0; what it did is not observed");
	assert_string_equal(bench_operation(bench, 1)->steps[0].name, "fleet");
	bench->settings.verb_count = 0;
}

static void cancel_while_the_outcome_is_watched_says_that_the_command_had_ended(void **state)
{
	struct act_bench *bench = *state;
	bench->settings.write = WRITE_ARMED;
	struct msg_arm_req arm = {.on = true};
	struct msg_answer answer = {.req = 0};
	act_arm(bench->act, &bench->ann, &arm, &answer);
	msg_release(MSG_answer, &answer);
	uint64_t id = bench_begin(bench, "restart", "orders");
	bench_child(bench, "ended");
	arm.on = false; /* who started it may stop it, also disarmed */
	act_arm(bench->act, &bench->ann, &arm, &answer);
	msg_release(MSG_answer, &answer);
	struct msg_cancel_req request = {.operation = id};
	act_cancel(bench->act, &bench->ann, &request, &answer);
	assert_int_equal(answer.code, ERR_NONE);
	msg_release(MSG_answer, &answer);
	bench_ended(bench, id, "cancelled",
		"the command had ended with 0; what came of it was not watched");
}

static void a_secret_in_the_reason_goes_no_further(void **state)
{
	struct act_bench *bench = *state;
	static const char *const argv[] = {"echo", "{reason}", NULL};
	bench->settings.driver.restart = bench_command(argv);
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_run_req request = {.plan = plan.plan,
		.reason = bench_words(
			"new token 123456789:AAEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\x1b[2J")};
	struct msg_accepted accepted = {.req = 0};
	assert_false(act_run(bench->act, &bench->ann, &request, &accepted));
	msg_release(MSG_plan, &plan);
	bench_ledger(bench);
	const struct msg_operation *operation = bench_operation(bench, 1);
	assert_string_equal(operation->reason, "new token 123456789:<redacted>^[[2J");
	assert_null(strstr(operation->command, "AAE"));
	assert_null(strstr(bench->lines[0], "AAE"));
	bench_child(bench, "ended");
	assert_non_null(strstr(bench->lines[1], "<redacted>"));
}

static void leaving_ends_the_child_and_says_so_in_the_audit(void **state)
{
	struct act_bench *bench = *state;
	static const char *const slow[] = {"tail", "-f", "/dev/null", NULL};
	bench->settings.driver.restart = bench_command(slow);
	bench_begin(bench, "restart", "orders");
	bench_child(bench, "started");
	act_free(bench->act);
	bench->act = NULL;
	assert_string_equal(bench->lines[bench->line_count - 1],
		"restart/orders/stuck/cancelled: the engine left");
}

static void operations_survive_a_restart_and_one_cut_off_is_said_to_be(void **state)
{
	struct act_bench *bench = *state;
	static const char *const broken[] = {"false", NULL};
	bench->settings.driver.stop = bench_command(broken);
	uint64_t failed = bench_begin(bench, "stop", "pay");
	bench_child(bench, "ended");
	uint64_t cut = bench_begin(bench, "restart", "orders");
	bench_child(bench, "ended");
	struct bench_fact before = bench->facts[bench->fact_count - 1];
	char *value = xmemdup(before.value.text, before.value.length + 1);
	act_free(bench->act); /* says that it left */
	str_clear(&bench->facts[bench->fact_count - 1].value);
	str_add(&bench->facts[bench->fact_count - 1].value, value, before.value.length);
	free(value); /* as after kill -9: it never could */
	model_free(bench->model);
	bench->model = model_new();
	bench_open(bench);
	bench_ended(bench, failed, "failed", "exit 1");
	bench_ended(bench, cut, "unverified",
		"the engine ended while it ran: what came of it was not watched");
	assert_string_equal(bench->lines[bench->line_count - 1],
		"restart/restart orders/stuck/unverified: the engine ended while it ran: what came "
		"of it was not watched");
	assert_string_equal(bench_operation(bench, cut)->steps[0].state, "unverified");
}

static void only_the_last_two_hundred_operations_stay(void **state)
{
	struct act_bench *bench = *state;
	size_t count;
	bench->failing = true; /* the shortest way to an end */
	for (int i = 0; i < 205; i++) {
		struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
		struct msg_accepted accepted = {.req = 0};
		assert_false(bench_run(bench, plan.plan, 2, &accepted));
		msg_release(MSG_plan, &plan);
		bench_ledger(bench);
		while (bench->line_count)
			free(bench->lines[--bench->line_count]);
		struct msg_obs_ledger again = {.ticket = 0, .error = bench_words("")};
		act_observe(bench->act, MSG_obs_ledger, &again);
	}
	const struct msg_operation *const *list = model_operations(bench->model, &count);
	assert_int_equal(count, 200);
	assert_int_equal(list[0]->id, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup_open, bench_teardown)

static int64_t span_of(struct act_bench *bench, uint64_t id)
{
	const struct msg_operation *operation = bench_operation(bench, id);
	return operation->deadline_ms - operation->started_ms;
}

/* The command may take 20 s, its outcome 30 s, what came up at the last moment 10 s more. */
static void an_operation_states_by_when_it_has_ended(void **state)
{
	enum { STEP_MS = 20000 + 30000 + 10000, SPARE_MS = 45000 };
	static const char *const names[] = {"orders", "pay"};
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", "pay", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	assert_in_range(span_of(bench, 1), 2 * STEP_MS, 2 * (STEP_MS + SPARE_MS));
	bench_ledger(bench);
	for (int bot = 0; bot < 2; bot++) {
		clock_advance(&bench->clock, 19999);
		bench_child(bench, "ended");
		clock_advance(&bench->clock, 29998);
		bench_come_up(bench, names[bot], (uint64_t)(900 + bot));
		bench_pass(bench, names[bot], 1);
		bench_pass(bench, names[bot], 14999);
		bench_pass(bench, names[bot], 1);
	}
	const struct msg_operation *operation = bench_operation(bench, 1);
	assert_true(operation->ended_ms);
	assert_in_range(operation->ended_ms - operation->started_ms, 2 * STEP_MS,
		operation->deadline_ms - operation->started_ms);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_done_that_cannot_be_recorded_and_it_comes_back),
		TEST(nothing_runs_before_the_audit_line_is_durable),
		TEST(a_step_whose_intent_is_not_recorded_starts_no_child),
		TEST(what_the_ledger_does_not_record_in_time_is_not_done),
		TEST(an_intent_that_is_not_recorded_in_time_starts_no_child),
		TEST(a_restart_is_done_when_a_new_process_beats_and_stays),
		TEST(a_bot_that_dies_again_within_the_stable_time_has_failed),
		TEST(a_command_that_fails_is_failed_with_its_last_word),
		TEST(a_command_that_is_not_there_is_named),
		TEST(a_command_that_takes_too_long_is_ended),
		TEST(cancel_ends_the_child_and_what_waits),
		TEST(cancel_before_it_is_recorded_answers_who_asked_for_it),
		TEST(steps_go_one_after_the_other_and_a_failure_stops_none),
		TEST(a_repeated_run_is_answered_and_not_done_again),
		TEST(a_busy_bot_is_left_alone),
		TEST(a_bot_written_from_an_old_copy_does_not_stay_busy),
		TEST(a_custom_verb_ends_as_unverified),
		TEST(a_verb_of_the_fleet_runs_once_without_targets),
		TEST(cancel_while_the_outcome_is_watched_says_that_the_command_had_ended),
		TEST(an_operation_states_by_when_it_has_ended),
		TEST(a_secret_in_the_reason_goes_no_further),
		TEST(leaving_ends_the_child_and_says_so_in_the_audit),
		TEST(operations_survive_a_restart_and_one_cut_off_is_said_to_be),
		TEST(only_the_last_two_hundred_operations_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
