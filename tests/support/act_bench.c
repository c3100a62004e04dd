/* SPDX-License-Identifier: MIT */
#include "tests/support/act_bench.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

enum { WAIT_MS = 10000 };

static uint64_t next_operation(void *context)
{
	return ++((struct act_bench *)context)->operation;
}

static uint64_t record(void *context, const struct audit_line *line)
{
	struct act_bench *bench = context;
	assert_true(bench->line_count < BENCH_LINES_MAX);
	bench->lines[bench->line_count++] =
		xasprintf("%s/%s/%s/%s", line->what, line->on ? line->on : "",
			line->why ? line->why : "", line->result ? line->result : "");
	return ++bench->ticket;
}

static struct bench_fact *find_fact(struct act_bench *bench, const char *key)
{
	for (size_t i = 0; i < bench->fact_count; i++)
		if (strcmp(bench->facts[i].key, key) == 0)
			return &bench->facts[i];
	return NULL;
}

static uint64_t put(void *context, const char *key, const void *value, size_t length)
{
	struct act_bench *bench = context;
	struct bench_fact *fact = find_fact(bench, key);
	if (!fact) {
		if (bench->fact_count == BENCH_FACTS_MAX)
			return ++bench->ticket; /* no test asks for it */
		fact = &bench->facts[bench->fact_count++];
		fact->key = xstrdup(key);
		str_init(&fact->value);
	}
	str_clear(&fact->value);
	str_add(&fact->value, value, length);
	return ++bench->ticket;
}

static bool get(void *context, const char *key, struct str *ret)
{
	const struct bench_fact *fact = find_fact(context, key);
	if (fact)
		str_add(ret, fact->value.text, fact->value.length);
	return fact && fact->value.length;
}

static void each(void *context, const char *prefix, journal_visit *visit, void *visit_context)
{
	struct act_bench *bench = context;
	for (size_t i = 0; i < bench->fact_count; i++)
		if (starts_with(bench->facts[i].key, prefix) && bench->facts[i].value.length)
			visit(visit_context, bench->facts[i].key, bench->facts[i].value.text,
				bench->facts[i].value.length);
}

static void take_accepted(void *context, uint64_t client, const struct msg_accepted *accepted)
{
	struct act_bench *bench = context;
	msg_release(MSG_accepted, &bench->accepted);
	bench->accepted = *accepted;
	bench->accepted.error = xstrdup(accepted->error);
	bench->accepted_client = client;
	bench->accepted_count++;
}

char *bench_words(const char *text)
{
	return (char *)(uintptr_t)text;
}

struct argv bench_command(const char *const *template)
{
	struct argv argv = {.argv = (char **)(uintptr_t) template};
	while (template[argv.count])
		argv.count++;
	return argv;
}

static const char *const true_bot[] = {"true", "{bot}", NULL};

struct msg_bot *bench_add_bot(struct act_bench *bench, const char *name)
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
	bot->proc_start_ms = BENCH_WALL_MS - 3600 * 1000;
	bot->proc_at_ms = BENCH_WALL_MS;
	bot->hb_state = xstrdup("ok");
	bot->hb_at_ms = bot->hb_seen_ms = BENCH_WALL_MS - 400;
	bot->pending = 1204;
	model_put(bench->model, MSG_bot, bot);
	return bot;
}

struct msg_bot *bench_bot(struct act_bench *bench, const char *name)
{
	return model_edit(bench->model, MSG_bot, entity_id("bot", name));
}

int bench_setup(void **state)
{
	struct act_bench *bench = xcalloc(1, sizeof(*bench));
	struct msg_engine *engine = msg_new(MSG_engine);
	clock_init_virtual(&bench->clock, BENCH_WALL_MS);
	bench->model = model_new();
	bench->mailbox = mailbox_new(1000);
	bench->settings = (struct settings){.path = bench_words("/etc/botswain.yaml"),
		.environment = bench_words("prod-eu"),
		.write = WRITE_ALWAYS,
		.driver = {
#define DRIVEN(id, ...) .id = bench_command(true_bot),
#include "core/verbs/verbs.def"
			.timeout_ms = 20000, .verify_ms = 30000, .stable_ms = 10000}};
	bench->journal = (struct journal){.context = bench,
		.operation = next_operation,
		.audit = record,
		.put = put,
		.get = get,
		.each = each};
	engine->id = 1;
	model_put(bench->model, MSG_engine, engine);
	bench_add_bot(bench, "orders");
	bench_add_bot(bench, "pay");
	bench->ann = (struct operator){.name = "ann", .uid = geteuid(), .client = 1};
	*state = bench;
	return 0;
}

void bench_open(struct act_bench *bench)
{
	bench->act = act_new(
		&bench->settings, &bench->clock, bench->model, &bench->journal, bench->mailbox);
	act_on_accepted(bench->act, take_accepted, bench);
}

int bench_setup_open(void **state)
{
	bench_setup(state);
	bench_open(*state);
	return 0;
}

int bench_teardown(void **state)
{
	struct act_bench *bench = *state;
	act_free(bench->act);
	for (size_t i = 0; i < bench->line_count; i++)
		free(bench->lines[i]);
	for (size_t i = 0; i < bench->fact_count; i++) {
		free(bench->facts[i].key);
		str_release(&bench->facts[i].value);
	}
	msg_release(MSG_accepted, &bench->accepted);
	mailbox_free(bench->mailbox);
	model_free(bench->model);
	free(bench);
	return 0;
}

struct msg_plan bench_plan(struct act_bench *bench, const char *verb, ...)
{
	struct msg_plan_req request = {.req = 1, .verb = bench_words(verb)};
	struct msg_plan plan = {.req = 0};
	va_list names;
	va_start(names, verb);
	for (const char *name; (name = va_arg(names, const char *));) {
		struct msg_target *target = msg_add(request.targets, &request.targets_count);
		target->id = entity_id("bot", name);
		target->name = bench_words(name);
	}
	va_end(names);
	act_plan(bench->act, &bench->ann, &request, &plan);
	free(request.targets);
	return plan;
}

bool bench_run(struct act_bench *bench, uint64_t plan, uint64_t req, struct msg_accepted *ret)
{
	struct msg_run_req request = {
		.req = req, .plan = plan, .reason = bench_words("stuck"), .typed = bench_words("")};
	return act_run(bench->act, &bench->ann, &request, ret);
}

const char *bench_refusal(struct act_bench *bench, const struct msg_run_req *request)
{
	static char text[256];
	struct msg_accepted accepted = {.req = 0};
	assert_true(act_run(bench->act, &bench->ann, request, &accepted));
	assert_int_equal(accepted.operation, 0);
	assert_int_not_equal(accepted.code, ERR_NONE);
	copy_text(text, sizeof(text), accepted.error);
	msg_release(MSG_accepted, &accepted);
	return text;
}

void bench_ledger(struct act_bench *bench)
{
	while (bench->answered < bench->ticket) {
		struct msg_obs_ledger seen = {.ticket = ++bench->answered,
			.code = bench->failing ? ERR_IO : ERR_NONE,
			.error = bench_words(bench->failing ? "no space left" : "")};
		act_observe(bench->act, MSG_obs_ledger, &seen);
	}
}

uint64_t bench_begin(struct act_bench *bench, const char *verb, const char *name)
{
	struct msg_plan plan = bench_plan(bench, verb, name, NULL);
	struct msg_accepted accepted = {.req = 0};
	assert_string_equal(plan.error, "");
	assert_false(bench_run(bench, plan.plan, 2, &accepted));
	msg_release(MSG_plan, &plan);
	bench_ledger(bench);
	assert_int_equal(bench->accepted.code, ERR_NONE);
	return bench->accepted.operation;
}

void bench_child(struct act_bench *bench, const char *event)
{
	for (bool found = false; !found;) {
		struct pollfd bell = {.fd = mailbox_fd(bench->mailbox), .events = POLLIN};
		struct parcel parcel;
		assert_int_equal(poll(&bell, 1, WAIT_MS), 1);
		while (mailbox_take(bench->mailbox, &parcel, 1)) {
			const struct msg_obs_child *child = parcel.message.body;
			if (parcel.message.kind != MSG_obs_child) {
				parcel_release(&parcel); /* notes of its output */
				continue;
			}
			found = found || strcmp(child->event, event) == 0;
			act_observe(bench->act, parcel.message.kind, parcel.message.body);
			parcel_release(&parcel);
		}
	}
}

void bench_pass(struct act_bench *bench, const char *name, int64_t ms)
{
	struct msg_bot *bot = bench_bot(bench, name);
	clock_advance(&bench->clock, ms);
	bot->proc_at_ms = bot->hb_seen_ms = clock_wall_ms(&bench->clock);
	act_turn(bench->act);
	bench_ledger(bench);
}

void bench_beat(struct act_bench *bench, const char *name)
{
	bench_bot(bench, name)->hb_at_ms = clock_wall_ms(&bench->clock);
}

void bench_come_up(struct act_bench *bench, const char *name, uint64_t pid)
{
	struct msg_bot *bot = bench_bot(bench, name);
	msg_set(&bot->proc_state, "running");
	bot->pid = pid;
	bot->proc_start_ms = clock_wall_ms(&bench->clock);
}

const struct msg_operation *bench_operation(struct act_bench *bench, uint64_t id)
{
	const struct msg_operation *found = model_operation(bench->model, id);
	assert_non_null(found);
	return found;
}

void bench_ended(struct act_bench *bench, uint64_t id, const char *state, const char *result)
{
	const struct msg_operation *found = bench_operation(bench, id);
	assert_string_equal(found->result, result);
	assert_string_equal(found->state, state);
	assert_int_not_equal(found->ended_ms, 0);
	assert_int_equal(act_running(bench->act), 0);
}

enum err_code bench_code(struct act_bench *bench)
{
	struct msg_plan plan = bench_plan(bench, "restart", "orders", NULL);
	enum err_code code = (enum err_code)plan.code;
	/* what is only locked is shown all the same */
	assert_int_equal(plan.targets_count, 1);
	msg_release(MSG_plan, &plan);
	return code;
}
