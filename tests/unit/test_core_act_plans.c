/* SPDX-License-Identifier: MIT */
/* What a plan shows, when it is refused, when it is void, and who may run it. */
#include "tests/support/act_bench.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/verbs/verbs.h"

static void a_plan_shows_targets_consequences_and_the_command(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", "pay", "orders", NULL);
	assert_string_equal(plan.error, "");
	assert_int_not_equal(plan.plan, 0);
	assert_string_equal(plan.title, "Restart 2 bots in prod-eu");
	assert_int_equal(plan.targets_count, 2);
	assert_string_equal(plan.targets[0].name, "orders");
	assert_string_equal(
		plan.targets[0].consequence, "1204 updates pending (kept by Telegram, replayed)");
	assert_string_equal(plan.confirm, "yes");
	assert_string_equal(plan.command, "true orders");
	assert_int_equal(plan.expires_ms, BENCH_WALL_MS + 60000);
	assert_int_equal(plan.notes_count, 2);
	assert_string_equal(plan.notes[0],
		"Plan    one after the other; the next begins when the one before is seen to work "
		"or "
		"has failed, at most 45s after its command; a failure stops none");
	assert_string_equal(plan.notes[1], "Runs    true orders, and so on");
	msg_release(MSG_plan, &plan);
}

static void the_plan_of_a_stop_waits_for_its_process_to_go(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "stop", "orders", NULL);
	assert_string_equal(plan.notes[0], "Plan    done when its process is gone");
	msg_release(MSG_plan, &plan);
}

static void consequences_say_what_is_already_so(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan start = bench_plan(bench, "start", "orders", NULL);
	assert_string_equal(start.targets[0].consequence,
		"already running as pid 812; 1204 updates pending (kept by Telegram, replayed)");
	bench_bot(bench, "orders")->pending = 1;
	struct msg_plan one = bench_plan(bench, "start", "orders", NULL);
	assert_string_equal(one.targets[0].consequence,
		"already running as pid 812; 1 update pending (kept by Telegram, replayed)");
	msg_release(MSG_plan, &one);
	msg_set(&bench_bot(bench, "orders")->proc_state, "absent");
	bench_bot(bench, "orders")->pending = -1;
	struct msg_plan stop = bench_plan(bench, "stop", "orders", NULL);
	assert_string_equal(stop.targets[0].consequence, "already stopped");
	msg_set(&bench_bot(bench, "pay")->transport, "mtproto");
	struct msg_plan restart = bench_plan(bench, "restart", "pay", NULL);
	assert_string_equal(restart.targets[0].consequence, "transfers in progress are lost");
	msg_release(MSG_plan, &start);
	msg_release(MSG_plan, &stop);
	msg_release(MSG_plan, &restart);
}

static void every_verb_has_something_behind_it(void **state)
{
	struct act_bench *bench = *state;
	struct conf_backup backup = {.name = bench_words("fleet"),
		.file = bench_words("/tmp/{time}"),
		.command = bench->settings.driver.start};
	bench->settings.backups = &backup;
	bench->settings.backup_count = 1;
	for (size_t i = 0; verb_at(i); i++) {
		bool on_bots = verb_at(i)->targets == VERB_TARGETS_BOTS;
		struct msg_plan plan =
			bench_plan(bench, verb_at(i)->word, on_bots ? "orders" : NULL, NULL);
		assert_string_equal(plan.error, "");
		assert_int_not_equal(plan.plan, 0);
		assert_int_equal(plan.targets_count, 1);
		assert_true(*plan.targets[0].consequence);
		msg_release(MSG_plan, &plan);
	}
	bench->settings.backup_count = 0;
}

static void more_than_five_targets_want_a_word_typed(void **state)
{
	struct act_bench *bench = *state;
	const char *const names[] = {"a", "b", "c", "d"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		bench_add_bot(bench, names[i]);
	struct msg_plan plan =
		bench_plan(bench, "restart", "a", "b", "c", "d", "orders", "pay", NULL);
	assert_string_equal(plan.confirm, "typed");
	assert_string_equal(plan.typed, "restart 6");
	struct msg_run_req request = {
		.plan = plan.plan, .reason = bench_words("x"), .typed = bench_words("restart 5")};
	assert_string_equal(bench_refusal(bench, &request), "type 'restart 6' to confirm");
	msg_release(MSG_plan, &plan);
}

struct refused {
	const char *verb, *bot, *error;
	enum err_code code;
};

static void a_plan_is_refused_with_the_reason_and_the_next_step(void **state)
{
	struct act_bench *bench = *state;
	bench->settings.driver.stop.count = 0;
	bench_bot(bench, "pay")->enabled = false;
	/* clang-format off */
	const struct refused rows[] = {
		{"dance", "orders", "there is no verb 'dance': ':help' lists them", ERR_NOT_FOUND},
		{"restart", "nobody", "there is no bot 'nobody'", ERR_NOT_FOUND},
		{"restart", NULL, "restart which bot? Name or mark one", ERR_INVALID},
		{"restart", "pay", "'pay' is disabled in the configuration: enable it there first", ERR_REFUSED},
		{"stop", "orders", "stop is not configured: give its command under 'driver' in '/etc/botswain.yaml'", ERR_UNSUPPORTED},
		{"backup", NULL, "no backup is configured: add one under 'backups' in '/etc/botswain.yaml'", ERR_UNSUPPORTED},
	};
	/* clang-format on */
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct msg_plan plan = bench_plan(bench, rows[i].verb, rows[i].bot, NULL);
		assert_string_equal(plan.error, rows[i].error);
		assert_int_equal(plan.code, rows[i].code);
		assert_int_equal(plan.plan, 0);
		msg_release(MSG_plan, &plan);
	}
}

static void a_plan_expires_after_a_minute(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_run_req request = {.plan = plan.plan, .reason = bench_words("x")};
	clock_advance(&bench->clock, 60000);
	assert_string_equal(
		bench_refusal(bench, &request), "the plan is older than 60 s: plan again");
	msg_release(MSG_plan, &plan);
}

static void a_plan_expires_when_a_target_shows_something_else(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", "pay", NULL);
	struct msg_run_req request = {.plan = plan.plan, .reason = bench_words("x")};
	bench_bot(bench, "pay")->pid = 900;
	assert_string_equal(bench_refusal(bench, &request),
		"'pay' changed: its pid was 812 and is 900; look again and plan anew");
	bench_bot(bench, "pay")->severity = SEVERITY_CRIT;
	msg_set(&bench_bot(bench, "pay")->state, "down");
	assert_string_equal(bench_refusal(bench, &request),
		"'pay' changed: it was 'ok' and is 'down'; look again and plan anew");
	bench_bot(bench, "pay")->enabled = false;
	assert_string_equal(bench_refusal(bench, &request),
		"'pay' is disabled in the configuration: enable it there first");
	msg_release(MSG_plan, &plan);
}

static void a_bot_that_loops_may_change_its_pid_under_a_plan(void **state)
{
	struct act_bench *bench = *state;
	bench_bot(bench, "orders")->severity = SEVERITY_CRIT;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	bench_bot(bench, "orders")->pid = 977;
	bench_bot(bench, "orders")->pending += 5;
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
}

static void what_is_left_of_an_operation_that_just_ended_may_fade(void **state)
{
	struct act_bench *bench = *state;
	msg_set(&bench_bot(bench, "orders")->state, "busy");
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	msg_set(&bench_bot(bench, "orders")->state, "ok");
	struct msg_accepted accepted = {.req = 0};
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
}

static void a_reason_must_be_given(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct msg_run_req request = {.plan = plan.plan, .reason = bench_words("  ")};
	assert_string_equal(
		bench_refusal(bench, &request), "give a reason: it goes to the audit file");
	msg_release(MSG_plan, &plan);
}

static void somebody_elses_plan_cannot_be_run(void **state)
{
	struct act_bench *bench = *state;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	struct operator root = {.name = "ann", .uid = bench->ann.uid + 1, .client = 2};
	struct msg_run_req request = {.plan = plan.plan, .reason = bench_words("x")};
	struct msg_accepted accepted = {.req = 0};
	assert_true(act_run(bench->act, &root, &request, &accepted));
	assert_int_equal(accepted.code, ERR_NOT_FOUND);
	msg_release(MSG_accepted, &accepted);
	msg_release(MSG_plan, &plan);
}

static void arm(struct act_bench *bench, bool on, enum err_code code)
{
	struct msg_arm_req request = {.req = 3, .on = on};
	struct msg_answer answer = {.req = 0};
	act_arm(bench->act, &bench->ann, &request, &answer);
	assert_int_equal(answer.code, code);
	msg_release(MSG_answer, &answer);
}

static void arming_is_per_operator_and_lasts_fifteen_minutes(void **state)
{
	struct act_bench *bench = *state;
	bench->settings.write = WRITE_ARMED;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	assert_string_equal(plan.error, "read-only: press ! in the console to arm for 15 minutes");
	msg_release(MSG_plan, &plan);
	arm(bench, true, ERR_NONE);
	const struct msg_engine *engine = model_engine(bench->model);
	assert_int_equal(engine->armed_count, 1);
	assert_string_equal(engine->armed[0].operator, "ann");
	assert_int_equal(engine->armed[0].until_ms, BENCH_WALL_MS + 15 * 60 * 1000);
	assert_int_equal(bench_code(bench), ERR_NONE);
	strcpy(bench->ann.name, "bob");
	assert_int_equal(bench_code(bench), ERR_REFUSED);
	strcpy(bench->ann.name, "ann");
	assert_int_equal(act_due_ms(bench->act), 15 * 60 * 1000);
	clock_advance(&bench->clock, 15 * 60 * 1000);
	act_turn(bench->act);
	assert_int_equal(bench_code(bench), ERR_REFUSED);
	assert_int_equal(model_engine(bench->model)->armed_count, 0);
}

static void disarming_locks_at_once(void **state)
{
	struct act_bench *bench = *state;
	bench->settings.write = WRITE_ARMED;
	arm(bench, true, ERR_NONE);
	arm(bench, false, ERR_NONE);
	assert_int_equal(bench_code(bench), ERR_REFUSED);
	assert_string_equal(bench->lines[0], "arm///armed for 15 minutes");
	assert_string_equal(bench->lines[1], "disarm///read-only");
}

static void what_the_configuration_forbids_cannot_be_armed(void **state)
{
	struct act_bench *bench = *state;
	bench->settings.write = WRITE_READ_ONLY;
	arm(bench, true, ERR_REFUSED);
	assert_int_equal(bench_code(bench), ERR_REFUSED);
}

static void another_user_may_look_but_not_act(void **state)
{
	struct act_bench *bench = *state;
	uid_t own = bench->ann.uid;
	bench->ann.uid = own + 4711;
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	bench->ann.uid = own;
	assert_int_equal(plan.code, ERR_DENIED);
	msg_release(MSG_plan, &plan);
}

static void an_engine_that_only_watches_cannot_be_armed(void **state)
{
	struct act_bench *bench = *state;
	bench->act = act_new(&bench->settings, &bench->clock, bench->model, NULL, bench->mailbox);
	arm(bench, true, ERR_REFUSED);
	assert_int_equal(bench_code(bench), ERR_REFUSED);
	assert_int_equal(bench->line_count, 0);
}

static void the_driver_is_told_what_the_supervisor_calls_it_and_leaves_others_alone(void **state)
{
	struct act_bench *bench = *state;
	const struct argv own = bench->settings.driver.restart;
	char *words[] = {own.argv[0], bench_words("{program}"), NULL};
	struct conf_bot bots[2] = {{.name = bench_words("orders")}, {.name = bench_words("pay")}};
	bots[0].process.systemd = bench_words("orders@1.service");
	bots[0].process.supervisor = bench->settings.driver.supervisor = bench_words("systemd");
	bots[1].process.docker = bench_words("pay-1");
	bots[1].process.supervisor = bench_words("docker");
	const struct conf_bot *const by_name[] = {&bots[0], &bots[1]};
	bench->settings.bots = bots;
	bench->settings.bots_by_name = by_name;
	bench->settings.bot_count = 2;
	bench->settings.driver.restart = (struct argv){.argv = words, .count = 2};
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	assert_string_equal(plan.error, "");
	assert_string_equal(plan.command, "true orders@1.service");
	struct msg_plan refused = bench_plan(bench, "restart", "pay", NULL);
	assert_int_equal(refused.code, ERR_UNSUPPORTED);
	assert_non_null(strstr(refused.error, "no driver configured for pay: "));
	bench->settings.driver.restart = own;
	bench->settings.bot_count = 0;
	bench->settings.bots = NULL;
	bench->settings.bots_by_name = NULL;
	msg_release(MSG_plan, &plan);
	msg_release(MSG_plan, &refused);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup_open, bench_teardown)

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST(a_plan_shows_targets_consequences_and_the_command),
		TEST(the_plan_of_a_stop_waits_for_its_process_to_go),
		TEST(consequences_say_what_is_already_so),
		TEST(every_verb_has_something_behind_it),
		TEST(more_than_five_targets_want_a_word_typed),
		TEST(a_plan_is_refused_with_the_reason_and_the_next_step),
		TEST(the_driver_is_told_what_the_supervisor_calls_it_and_leaves_others_alone),
		TEST(a_plan_expires_after_a_minute),
		TEST(a_plan_expires_when_a_target_shows_something_else),
		TEST(a_bot_that_loops_may_change_its_pid_under_a_plan),
		TEST(what_is_left_of_an_operation_that_just_ended_may_fade),
		TEST(a_reason_must_be_given),
		TEST(somebody_elses_plan_cannot_be_run),
		TEST(arming_is_per_operator_and_lasts_fifteen_minutes),
		TEST(disarming_locks_at_once),
		TEST(what_the_configuration_forbids_cannot_be_armed),
		TEST(another_user_may_look_but_not_act),
		cmocka_unit_test_setup_teardown(
			an_engine_that_only_watches_cannot_be_armed, bench_setup, bench_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
