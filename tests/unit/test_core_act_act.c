/* SPDX-License-Identifier: MIT */
/* Plans and operations under a virtual clock: the ledger's answers and the bots' state are given
 * by the test, the children are real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/act/act.h"
#include "core/act/journal.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"
#include "core/msg/mailbox.h"

enum { WAIT_MS = 10000, LINES_MAX = 200 };
static const int64_t WALL_MS = 1795168821744;

struct bench {
	struct clock clock;
	struct model *model;
	struct mailbox *mailbox;
	struct settings settings;
	struct journal journal;
	struct act *act;
	/* the journal's side */
	uint64_t ticket, answered, operation;
	bool failing;
	char *lines[LINES_MAX]; /* what/on/result */
	size_t line_count;
	/* answers to runs */
	struct msg_accepted accepted;
	unsigned accepted_count;
	uint64_t accepted_client;
};

static struct operator ann = {.name = "ann", .client = 1};

static uint64_t next_operation(void *context)
{
	return ++((struct bench *)context)->operation;
}

static uint64_t record(void *context, const struct audit_line *line)
{
	struct bench *bench = context;
	assert_true(bench->line_count < LINES_MAX);
	assert_string_equal(line->who, "ann");
	bench->lines[bench->line_count++] =
		xasprintf("%s/%s/%s/%s", line->what, line->on ? line->on : "",
			line->why ? line->why : "", line->result ? line->result : "");
	return ++bench->ticket;
}

static uint64_t put(void *context, const char *key, const void *value, size_t length)
{
	(void)key;
	(void)value;
	(void)length;
	return ++((struct bench *)context)->ticket;
}

static bool get(void *context, const char *key, struct str *ret)
{
	(void)context;
	(void)key;
	(void)ret;
	return false;
}

static void take_accepted(void *context, uint64_t client, const struct msg_accepted *accepted)
{
	struct bench *bench = context;
	msg_release(MSG_accepted, &bench->accepted);
	bench->accepted = *accepted;
	bench->accepted.error = xstrdup(accepted->error);
	bench->accepted_client = client;
	bench->accepted_count++;
}

static char *words(const char *text)
{
	return (char *)(uintptr_t)text;
}

static struct argv command(const char *const *template)
{
	struct argv argv = {.argv = (char **)(uintptr_t) template};
	while (template[argv.count])
		argv.count++;
	return argv;
}

static const char *const true_bot[] = {"true", "{bot}", NULL};

static struct msg_bot *add_bot(struct bench *bench, const char *name)
{
	struct msg_bot *bot = msg_new(MSG_bot);
	bot->id = entity_id("bot", name);
	bot->name = xstrdup(name);
	bot->enabled = true;
	bot->severity = SEVERITY_OK;
	bot->state = xstrdup("ok");
	bot->transport = xstrdup("polling");
	bot->proc_state = xstrdup("running");
	bot->pid = 812;
	bot->proc_start_ms = WALL_MS - 3600 * 1000;
	bot->proc_at_ms = WALL_MS;
	bot->hb_state = xstrdup("ok");
	bot->hb_at_ms = bot->hb_seen_ms = WALL_MS - 400;
	bot->pending = 1204;
	model_put(bench->model, MSG_bot, bot);
	return bot;
}

static struct msg_bot *bot_of(struct bench *bench, const char *name)
{
	return model_edit(bench->model, MSG_bot, entity_id("bot", name));
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct msg_engine *engine = msg_new(MSG_engine);
	clock_init_virtual(&bench->clock, WALL_MS);
	bench->model = model_new();
	bench->mailbox = mailbox_new(1000);
	bench->settings = (struct settings){.path = words("/etc/botswain.yaml"),
		.environment = words("prod-eu"),
		.write = WRITE_ALWAYS,
		.driver = {.start = command(true_bot),
			.stop = command(true_bot),
			.restart = command(true_bot),
			.timeout_ms = 20000,
			.verify_ms = 30000,
			.stable_ms = 10000}};
	bench->journal = (struct journal){.context = bench,
		.operation = next_operation,
		.audit = record,
		.put = put,
		.get = get};
	engine->id = 1;
	model_put(bench->model, MSG_engine, engine);
	add_bot(bench, "orders");
	add_bot(bench, "pay");
	ann.uid = geteuid();
	*state = bench;
	return 0;
}

static void open_act(struct bench *bench)
{
	bench->act = act_new(
		&bench->settings, &bench->clock, bench->model, &bench->journal, bench->mailbox);
	act_on_accepted(bench->act, take_accepted, bench);
}

static int setup_open(void **state)
{
	setup(state);
	open_act(*state);
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	act_free(bench->act);
	for (size_t i = 0; i < bench->line_count; i++)
		free(bench->lines[i]);
	msg_release(MSG_accepted, &bench->accepted);
	mailbox_free(bench->mailbox);
	model_free(bench->model);
	free(bench);
	return 0;
}

static struct msg_plan plan_of(struct bench *bench, const char *verb, ...)
{
	struct msg_plan_req request = {.req = 1, .verb = words(verb)};
	struct msg_plan plan = {.req = 0};
	va_list names;
	va_start(names, verb);
	for (const char *name; (name = va_arg(names, const char *));) {
		struct msg_target *target = msg_add(request.targets, &request.targets_count);
		target->id = entity_id("bot", name);
		target->name = words(name);
	}
	va_end(names);
	act_plan(bench->act, &ann, &request, &plan);
	free(request.targets);
	return plan;
}

static bool run(struct bench *bench, uint64_t plan, uint64_t req, struct msg_accepted *ret)
{
	struct msg_run_req request = {
		.req = req, .plan = plan, .reason = words("stuck"), .typed = words("")};
	return act_run(bench->act, &ann, &request, ret);
}

/* A run that is refused at once; the sentence, valid until the next call. */
static const char *refusal(struct bench *bench, const struct msg_run_req *request)
{
	static char text[256];
	struct msg_accepted accepted = {.req = 0};
	assert_true(act_run(bench->act, &ann, request, &accepted));
	assert_int_equal(accepted.operation, 0);
	assert_int_not_equal(accepted.code, ERR_NONE);
	copy_text(text, sizeof(text), accepted.error);
	msg_release(MSG_accepted, &accepted);
	return text;
}

static void answer_ledger(struct bench *bench)
{
	while (bench->answered < bench->ticket) {
		struct msg_obs_ledger seen = {.ticket = ++bench->answered,
			.code = bench->failing ? ERR_IO : ERR_NONE,
			.error = words(bench->failing ? "no space left" : "")};
		act_observe(bench->act, MSG_obs_ledger, &seen);
	}
}

/* Runs a plan until its first child is on its way. */
static uint64_t begin(struct bench *bench, const char *verb, const char *name)
{
	struct msg_plan plan = plan_of(bench, verb, name, NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_string_equal(plan.error, "");
	assert_false(run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	answer_ledger(bench);
	assert_int_equal(bench->accepted.code, ERR_NONE);
	return bench->accepted.operation;
}

/* Waits for a child's event and hands it on. */
static void wait_child(struct bench *bench, const char *event)
{
	for (bool found = false; !found;) {
		struct pollfd bell = {.fd = mailbox_fd(bench->mailbox), .events = POLLIN};
		struct parcel parcel;
		assert_int_equal(poll(&bell, 1, WAIT_MS), 1);
		while (mailbox_take(bench->mailbox, &parcel, 1)) {
			const struct msg_obs_child *child = parcel.message.body;
			found = found || strcmp(child->event, event) == 0;
			act_observe(bench->act, parcel.message.kind, parcel.message.body);
			parcel_release(&parcel);
		}
	}
}

/* Time passes; the bot is looked at after it. */
static void pass(struct bench *bench, const char *name, int64_t ms)
{
	struct msg_bot *bot = bot_of(bench, name);
	clock_advance(&bench->clock, ms);
	bot->proc_at_ms = bot->hb_seen_ms = clock_wall_ms(&bench->clock);
	act_turn(bench->act);
	answer_ledger(bench);
}

static void beat(struct bench *bench, const char *name)
{
	bot_of(bench, name)->hb_at_ms = clock_wall_ms(&bench->clock);
}

static void come_up(struct bench *bench, const char *name, uint64_t pid)
{
	struct msg_bot *bot = bot_of(bench, name);
	msg_set(&bot->proc_state, "running");
	bot->pid = pid;
	bot->proc_start_ms = clock_wall_ms(&bench->clock);
}

static const struct msg_operation *operation(struct bench *bench, uint64_t id)
{
	const struct msg_operation *found = model_operation(bench->model, id);
	assert_non_null(found);
	return found;
}

static void assert_ended(struct bench *bench, uint64_t id, const char *state, const char *result)
{
	const struct msg_operation *found = operation(bench, id);
	assert_string_equal(found->result, result);
	assert_string_equal(found->state, state);
	assert_int_not_equal(found->ended_ms, 0);
	assert_int_equal(act_running(bench->act), 0);
}

static void a_plan_shows_targets_consequences_and_the_command(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", "pay", "orders", NULL);
	assert_string_equal(plan.error, "");
	assert_int_not_equal(plan.plan, 0);
	assert_string_equal(plan.title, "Restart 2 bots in prod-eu");
	assert_int_equal(plan.targets_count, 2);
	assert_string_equal(plan.targets[0].name, "orders");
	assert_string_equal(
		plan.targets[0].consequence, "1204 updates pending (kept by Telegram, replayed)");
	assert_string_equal(plan.confirm, "yes");
	assert_string_equal(plan.command, "true orders");
	assert_int_equal(plan.expires_ms, WALL_MS + 60000);
	assert_int_equal(plan.notes_count, 2);
	assert_string_equal(plan.notes[1], "Runs    true orders, and so on");
	msg_release(MSG_plan, &plan);
}

static void consequences_say_what_is_already_so(void **state)
{
	struct bench *bench = *state;
	struct msg_plan start = plan_of(bench, "start", "orders", NULL);
	assert_string_equal(start.targets[0].consequence,
		"already running as pid 812; 1204 updates pending (kept by Telegram, replayed)");
	msg_set(&bot_of(bench, "orders")->proc_state, "absent");
	bot_of(bench, "orders")->pending = -1;
	struct msg_plan stop = plan_of(bench, "stop", "orders", NULL);
	assert_string_equal(stop.targets[0].consequence, "already stopped");
	msg_set(&bot_of(bench, "pay")->transport, "mtproto");
	struct msg_plan restart = plan_of(bench, "restart", "pay", NULL);
	assert_string_equal(restart.targets[0].consequence, "transfers in progress are lost");
	msg_release(MSG_plan, &start);
	msg_release(MSG_plan, &stop);
	msg_release(MSG_plan, &restart);
}

static void more_than_five_targets_want_a_word_typed(void **state)
{
	struct bench *bench = *state;
	const char *const names[] = {"a", "b", "c", "d"};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		add_bot(bench, names[i]);
	struct msg_plan plan = plan_of(bench, "restart", "a", "b", "c", "d", "orders", "pay", NULL);
	assert_string_equal(plan.confirm, "typed");
	assert_string_equal(plan.typed, "restart 6");
	struct msg_run_req request = {
		.plan = plan.plan, .reason = words("x"), .typed = words("restart 5")};
	assert_string_equal(refusal(bench, &request), "type 'restart 6' to confirm");
	msg_release(MSG_plan, &plan);
}

struct refused {
	const char *verb, *bot, *error;
	enum err_code code;
};

static void a_plan_is_refused_with_the_reason_and_the_next_step(void **state)
{
	struct bench *bench = *state;
	bench->settings.driver.stop.count = 0;
	bot_of(bench, "pay")->enabled = false;
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
		struct msg_plan plan = plan_of(bench, rows[i].verb, rows[i].bot, NULL);
		assert_string_equal(plan.error, rows[i].error);
		assert_int_equal(plan.code, rows[i].code);
		assert_int_equal(plan.plan, 0);
		msg_release(MSG_plan, &plan);
	}
}

static void a_plan_expires_after_a_minute(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	struct msg_run_req request = {.plan = plan.plan, .reason = words("x")};
	clock_advance(&bench->clock, 60000);
	assert_string_equal(refusal(bench, &request), "the plan is older than 60 s: plan again");
	msg_release(MSG_plan, &plan);
}

static void a_plan_expires_when_a_target_shows_something_else(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", "pay", NULL);
	struct msg_run_req request = {.plan = plan.plan, .reason = words("x")};
	bot_of(bench, "pay")->pid = 900;
	assert_string_equal(refusal(bench, &request),
		"'pay' changed: its pid was 812 and is 900; look again and plan anew");
	bot_of(bench, "pay")->severity = SEVERITY_CRIT;
	msg_set(&bot_of(bench, "pay")->state, "down");
	assert_string_equal(refusal(bench, &request),
		"'pay' changed: it was 'ok' and is 'down'; look again and plan anew");
	bot_of(bench, "pay")->enabled = false;
	assert_string_equal(refusal(bench, &request),
		"'pay' is disabled in the configuration: enable it there first");
	msg_release(MSG_plan, &plan);
}

static void a_bot_that_loops_may_change_its_pid_under_a_plan(void **state)
{
	struct bench *bench = *state;
	bot_of(bench, "orders")->severity = SEVERITY_CRIT;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	bot_of(bench, "orders")->pid = 977;
	bot_of(bench, "orders")->pending += 5;
	struct msg_accepted accepted = {.req = 0};
	assert_false(run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
}

static void a_reason_must_be_given(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	struct msg_run_req request = {.plan = plan.plan, .reason = words("  ")};
	assert_string_equal(refusal(bench, &request), "give a reason: it goes to the audit file");
	msg_release(MSG_plan, &plan);
}

static void somebody_elses_plan_cannot_be_run(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	struct operator root = {.name = "ann", .uid = ann.uid + 1, .client = 2};
	struct msg_run_req request = {.plan = plan.plan, .reason = words("x")};
	struct msg_accepted accepted = {.req = 0};
	assert_true(act_run(bench->act, &root, &request, &accepted));
	assert_int_equal(accepted.code, ERR_NOT_FOUND);
	msg_release(MSG_accepted, &accepted);
	msg_release(MSG_plan, &plan);
}

static void arm(struct bench *bench, bool on, enum err_code code)
{
	struct msg_arm_req request = {.req = 3, .on = on};
	struct msg_answer answer = {.req = 0};
	act_arm(bench->act, &ann, &request, &answer);
	assert_int_equal(answer.code, code);
	msg_release(MSG_answer, &answer);
}

static enum err_code code_of_plan(struct bench *bench)
{
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	enum err_code code = (enum err_code)plan.code;
	/* what is only locked is shown all the same */
	assert_int_equal(plan.targets_count, 1);
	msg_release(MSG_plan, &plan);
	return code;
}

static void arming_is_per_operator_and_lasts_fifteen_minutes(void **state)
{
	struct bench *bench = *state;
	bench->settings.write = WRITE_ARMED;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	assert_string_equal(plan.error, "read-only: press ! to arm for 15 minutes");
	msg_release(MSG_plan, &plan);
	arm(bench, true, ERR_NONE);
	const struct msg_engine *engine = model_engine(bench->model);
	assert_int_equal(engine->armed_count, 1);
	assert_string_equal(engine->armed[0].operator, "ann");
	assert_int_equal(engine->armed[0].until_ms, WALL_MS + 15 * 60 * 1000);
	assert_int_equal(code_of_plan(bench), ERR_NONE);
	strcpy(ann.name, "bob");
	assert_int_equal(code_of_plan(bench), ERR_REFUSED);
	strcpy(ann.name, "ann");
	assert_int_equal(act_due_ms(bench->act), 15 * 60 * 1000);
	clock_advance(&bench->clock, 15 * 60 * 1000);
	act_turn(bench->act);
	assert_int_equal(code_of_plan(bench), ERR_REFUSED);
	assert_int_equal(model_engine(bench->model)->armed_count, 0);
}

static void disarming_locks_at_once(void **state)
{
	struct bench *bench = *state;
	bench->settings.write = WRITE_ARMED;
	arm(bench, true, ERR_NONE);
	arm(bench, false, ERR_NONE);
	assert_int_equal(code_of_plan(bench), ERR_REFUSED);
	assert_string_equal(bench->lines[0], "arm///armed for 15 minutes");
	assert_string_equal(bench->lines[1], "disarm///read-only");
}

static void what_the_configuration_forbids_cannot_be_armed(void **state)
{
	struct bench *bench = *state;
	bench->settings.write = WRITE_READ_ONLY;
	arm(bench, true, ERR_REFUSED);
	assert_int_equal(code_of_plan(bench), ERR_REFUSED);
}

static void another_user_may_look_but_not_act(void **state)
{
	struct bench *bench = *state;
	uid_t own = ann.uid;
	ann.uid = own + 4711;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	ann.uid = own;
	assert_int_equal(plan.code, ERR_DENIED);
	msg_release(MSG_plan, &plan);
}

static void an_engine_that_only_watches_cannot_be_armed(void **state)
{
	struct bench *bench = *state;
	bench->act = act_new(&bench->settings, &bench->clock, bench->model, NULL, bench->mailbox);
	arm(bench, true, ERR_REFUSED);
	assert_int_equal(code_of_plan(bench), ERR_REFUSED);
	assert_int_equal(bench->line_count, 0);
}

static void nothing_is_done_that_cannot_be_recorded_and_it_comes_back(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	bench->failing = true;
	answer_ledger(bench);
	assert_int_equal(bench->accepted.code, ERR_IO);
	assert_int_equal(bench->accepted.operation, 0);
	assert_ended(bench, 1, "failed", "not run: it cannot be recorded: no space left");
	act_turn(bench->act);
	assert_string_equal(model_engine(bench->model)->ledger_error, "no space left");
	plan = plan_of(bench, "restart", "orders", NULL);
	assert_string_equal(
		plan.error, "nothing can be recorded, so nothing is done: no space left");
	msg_release(MSG_plan, &plan);
	struct msg_obs_ledger again = {.ticket = 0, .code = ERR_NONE, .error = words("")};
	act_observe(bench->act, MSG_obs_ledger, &again);
	act_turn(bench->act);
	assert_string_equal(model_engine(bench->model)->ledger_error, "");
	assert_int_equal(code_of_plan(bench), ERR_NONE);
}

static void nothing_runs_before_the_audit_line_is_durable(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	assert_int_equal(bench->accepted_count, 0);
	assert_string_equal(operation(bench, 1)->state, "accepted");
	assert_int_equal(bench->line_count, 1);
	assert_string_equal(bench->lines[0], "restart/orders/stuck/accepted");
	struct msg_obs_ledger seen = {.ticket = ++bench->answered, .error = words("")};
	act_observe(bench->act, MSG_obs_ledger, &seen);
	assert_int_equal(bench->accepted_count, 1);
	assert_int_equal(bench->accepted_client, 1);
	assert_int_equal(bench->accepted.operation, 1);
	assert_string_equal(bench->lines[1], "restart/orders/stuck/intent");
	struct parcel parcel; /* the intent is not durable yet: no child */
	assert_int_equal(mailbox_take(bench->mailbox, &parcel, 1), 0);
	answer_ledger(bench);
	wait_child(bench, "ended");
	assert_string_equal(operation(bench, 1)->state, "verifying");
}

static void a_restart_is_done_when_a_new_process_beats_and_stays(void **state)
{
	struct bench *bench = *state;
	uint64_t id = begin(bench, "restart", "orders");
	assert_int_equal(bot_of(bench, "orders")->busy_op, id);
	wait_child(bench, "ended");
	clock_advance(&bench->clock, 500);
	come_up(bench, "orders", 934);
	pass(bench, "orders", 1000);
	beat(bench, "orders");
	pass(bench, "orders", 8000);
	assert_string_equal(operation(bench, id)->state, "verifying");
	beat(bench, "orders");
	pass(bench, "orders", 1000);
	assert_ended(bench, id, "done", "pid 812 -> 934, heartbeat 1.0s ago");
	assert_int_equal(bot_of(bench, "orders")->busy_op, 0);
	assert_string_equal(bench->lines[bench->line_count - 1],
		"restart/orders/stuck/done: pid 812 -> 934, heartbeat 1.0s ago");
}

static void a_bot_that_dies_again_within_the_stable_time_has_failed(void **state)
{
	struct bench *bench = *state;
	uint64_t id = begin(bench, "restart", "orders");
	wait_child(bench, "ended");
	come_up(bench, "orders", 934);
	beat(bench, "orders");
	pass(bench, "orders", 1000);
	msg_set(&bot_of(bench, "orders")->proc_state, "absent");
	pass(bench, "orders", 4000);
	assert_ended(bench, id, "failed", "it came up as pid 934 and died again within 10s");
}

static void a_command_that_fails_is_failed_with_its_last_word(void **state)
{
	struct bench *bench = *state;
	static const char *const broken[] = {"cat", "/no/such/{bot}", NULL};
	bench->settings.driver.restart = command(broken);
	uint64_t id = begin(bench, "restart", "orders");
	wait_child(bench, "ended");
	assert_ended(
		bench, id, "failed", "exit 1: cat: /no/such/orders: No such file or directory");
	assert_int_equal(bot_of(bench, "orders")->busy_op, 0);
}

static void a_command_that_is_not_there_is_named(void **state)
{
	struct bench *bench = *state;
	static const char *const broken[] = {"no-such-ctl", "{bot}", NULL};
	bench->settings.driver.restart = command(broken);
	uint64_t id = begin(bench, "restart", "orders");
	wait_child(bench, "ended");
	assert_ended(bench, id, "failed", "cannot run 'no-such-ctl': not found");
}

static void a_command_that_takes_too_long_is_ended(void **state)
{
	struct bench *bench = *state;
	static const char *const slow[] = {"tail", "-f", "/dev/null", NULL};
	bench->settings.driver.restart = command(slow);
	uint64_t id = begin(bench, "restart", "orders");
	wait_child(bench, "started");
	pass(bench, "orders", 20000);
	wait_child(bench, "ended");
	assert_ended(bench, id, "failed", "it ran longer than 20s and was ended");
}

static void cancel_ends_the_child_and_what_waits(void **state)
{
	struct bench *bench = *state;
	static const char *const slow[] = {"tail", "-f", "/dev/null", NULL};
	bench->settings.driver.restart = command(slow);
	struct msg_plan plan = plan_of(bench, "restart", "orders", "pay", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	answer_ledger(bench);
	wait_child(bench, "started");
	struct msg_cancel_req request = {.req = 9, .operation = 1};
	struct msg_answer answer = {.req = 0};
	act_cancel(bench->act, &ann, &request, &answer);
	assert_int_equal(answer.code, ERR_NONE);
	msg_release(MSG_answer, &answer);
	wait_child(bench, "ended");
	assert_ended(bench, 1, "cancelled", "0 of 2 done, 2 cancelled; orders: cancelled");
	assert_int_equal(bot_of(bench, "pay")->busy_op, 0);
	act_cancel(bench->act, &ann, &request, &answer);
	assert_string_equal(answer.text, "operation 1 has ended already");
	msg_release(MSG_answer, &answer);
}

static void steps_go_one_after_the_other_and_a_failure_stops_none(void **state)
{
	struct bench *bench = *state;
	static const char *const half[] = {"test", "{bot}", "=", "pay", NULL};
	bench->settings.driver.restart = command(half);
	struct msg_plan plan = plan_of(bench, "restart", "orders", "pay", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	answer_ledger(bench);
	assert_string_equal(operation(bench, 1)->steps[1].state, "waiting");
	wait_child(bench, "ended");
	assert_string_equal(operation(bench, 1)->steps[0].state, "failed");
	assert_string_equal(operation(bench, 1)->steps[0].text, "exit 1");
	answer_ledger(bench);
	wait_child(bench, "ended");
	come_up(bench, "pay", 935);
	beat(bench, "pay");
	pass(bench, "pay", 2000);
	beat(bench, "pay");
	pass(bench, "pay", 10000);
	assert_ended(bench, 1, "failed", "1 of 2 done, 1 failed; orders: exit 1");
	assert_string_equal(bench->lines[bench->line_count - 1],
		"restart/orders, pay/stuck/failed: 1 of 2 done, 1 failed; orders: exit 1");
}

static void a_repeated_run_is_answered_and_not_done_again(void **state)
{
	struct bench *bench = *state;
	struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_false(run(bench, plan.plan, 2, &accepted));
	assert_false(run(bench, plan.plan, 2, &accepted)); /* not durable yet: waits too */
	answer_ledger(bench);
	assert_int_equal(bench->accepted_count, 1);
	for (uint64_t req = 2; req < 5; req++) {
		assert_true(run(bench, plan.plan, req, &accepted));
		assert_int_equal(accepted.operation, 1);
		assert_int_equal(accepted.req, req);
		msg_release(MSG_accepted, &accepted);
	}
	wait_child(bench, "ended");
	assert_int_equal(bench->operation, 1);
	msg_release(MSG_plan, &plan);
}

static void a_busy_bot_is_left_alone(void **state)
{
	struct bench *bench = *state;
	begin(bench, "restart", "orders");
	struct msg_plan plan = plan_of(bench, "stop", "orders", NULL);
	assert_int_equal(plan.code, ERR_CONFLICT);
	assert_string_equal(
		plan.error, "operation 1 (restart) works on 'orders': wait for it or cancel it");
	msg_release(MSG_plan, &plan);
	wait_child(bench, "ended");
}

static void a_bot_written_from_an_old_copy_does_not_stay_busy(void **state)
{
	struct bench *bench = *state;
	static const char *const broken[] = {"false", NULL};
	bench->settings.driver.restart = command(broken);
	uint64_t id = begin(bench, "restart", "orders");
	struct msg_bot *copy = msg_copy(MSG_bot, bot_of(bench, "orders"));
	wait_child(bench, "ended");
	assert_int_equal(copy->busy_op, id);
	model_put(bench->model, MSG_bot, copy);
	act_turn(bench->act);
	assert_int_equal(bot_of(bench, "orders")->busy_op, 0);
}

static void a_custom_verb_ends_as_unverified(void **state)
{
	struct bench *bench = *state;
	static const char *const argv[] = {"echo", "{bot}", "{reason}", NULL};
	struct conf_verb verb = {.name = words("flush"),
		.help = words("flush its queue"),
		.per_bot = true,
		.typed = true,
		.command = command(argv)};
	bench->settings.verbs = &verb;
	bench->settings.verb_count = 1;
	act_reload(bench->act, &bench->settings);
	const struct msg_verb *shown = model_verb(bench->model, entity_id("verb", "flush"));
	assert_string_equal(shown->command, "echo {bot} {reason}");
	struct msg_plan plan = plan_of(bench, "flush", "orders", NULL);
	assert_string_equal(plan.typed, "flush orders");
	struct msg_run_req request = {
		.plan = plan.plan, .reason = words("stuck"), .typed = words("flush orders")};
	struct msg_accepted accepted = {.req = 0};
	assert_false(act_run(bench->act, &ann, &request, &accepted));
	msg_release(MSG_plan, &plan);
	answer_ledger(bench);
	wait_child(bench, "ended");
	assert_ended(bench, 1, "unverified", "ended with 0; what it did is not observed");
	bench->settings.verb_count = 0;
	act_reload(bench->act, &bench->settings);
	assert_null(model_verb(bench->model, entity_id("verb", "flush")));
}

static void leaving_ends_the_child_and_says_so_in_the_audit(void **state)
{
	struct bench *bench = *state;
	static const char *const slow[] = {"tail", "-f", "/dev/null", NULL};
	bench->settings.driver.restart = command(slow);
	begin(bench, "restart", "orders");
	wait_child(bench, "started");
	act_free(bench->act);
	bench->act = NULL;
	assert_string_equal(bench->lines[bench->line_count - 1],
		"restart/orders/stuck/cancelled: the engine left");
}

static void only_the_last_two_hundred_operations_stay(void **state)
{
	struct bench *bench = *state;
	size_t count;
	bench->failing = true; /* the shortest way to an end */
	for (int i = 0; i < 205; i++) {
		struct msg_plan plan = plan_of(bench, "restart", "orders", NULL);
		struct msg_accepted accepted = {.req = 0};
		assert_false(run(bench, plan.plan, 2, &accepted));
		msg_release(MSG_plan, &plan);
		answer_ledger(bench);
		while (bench->line_count)
			free(bench->lines[--bench->line_count]);
		struct msg_obs_ledger again = {.ticket = 0, .error = words("")};
		act_observe(bench->act, MSG_obs_ledger, &again);
	}
	const struct msg_operation *const *list = model_operations(bench->model, &count);
	assert_int_equal(count, 200);
	assert_int_equal(list[0]->id, 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_open, teardown)

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	const struct CMUnitTest tests[] = {
		TEST(a_plan_shows_targets_consequences_and_the_command),
		TEST(consequences_say_what_is_already_so),
		TEST(more_than_five_targets_want_a_word_typed),
		TEST(a_plan_is_refused_with_the_reason_and_the_next_step),
		TEST(a_plan_expires_after_a_minute),
		TEST(a_plan_expires_when_a_target_shows_something_else),
		TEST(a_bot_that_loops_may_change_its_pid_under_a_plan),
		TEST(a_reason_must_be_given),
		TEST(somebody_elses_plan_cannot_be_run),
		TEST(arming_is_per_operator_and_lasts_fifteen_minutes),
		TEST(disarming_locks_at_once),
		TEST(what_the_configuration_forbids_cannot_be_armed),
		TEST(another_user_may_look_but_not_act),
		cmocka_unit_test_setup_teardown(
			an_engine_that_only_watches_cannot_be_armed, setup, teardown),
		TEST(nothing_is_done_that_cannot_be_recorded_and_it_comes_back),
		TEST(nothing_runs_before_the_audit_line_is_durable),
		TEST(a_restart_is_done_when_a_new_process_beats_and_stays),
		TEST(a_bot_that_dies_again_within_the_stable_time_has_failed),
		TEST(a_command_that_fails_is_failed_with_its_last_word),
		TEST(a_command_that_is_not_there_is_named),
		TEST(a_command_that_takes_too_long_is_ended),
		TEST(cancel_ends_the_child_and_what_waits),
		TEST(steps_go_one_after_the_other_and_a_failure_stops_none),
		TEST(a_repeated_run_is_answered_and_not_done_again),
		TEST(a_busy_bot_is_left_alone),
		TEST(a_bot_written_from_an_old_copy_does_not_stay_busy),
		TEST(a_custom_verb_ends_as_unverified),
		TEST(leaving_ends_the_child_and_says_so_in_the_audit),
		TEST(only_the_last_two_hundred_operations_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
