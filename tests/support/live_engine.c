/* SPDX-License-Identifier: MIT */
#include "tests/support/live_engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client.h"
#include "core/engine/engine.h"

enum { TURN_MS = 20, ANSWER_MS = 10000 };

struct live_engine {
	struct settings *settings;
	struct engine *engine;
	struct client *client;
	struct model *model;
	struct msg_any answer; /* the last message that was no state */
	uint64_t generation;   /* of the last window that was opened */
};

static bool is_points_of(
	const struct live_engine *live, enum msg_kind kind, const struct msg_win_points *points)
{
	return kind == MSG_win_points && points->generation == live->generation;
}

/* The answer that is waited for stays when those of other windows come with it. */
static void take(void *context, enum msg_kind kind, const void *body)
{
	struct live_engine *live = context;
	if (is_points_of(live, live->answer.kind, live->answer.body) && kind == MSG_win_points &&
		!is_points_of(live, kind, body))
		return;
	msg_any_release(&live->answer);
	live->answer = (struct msg_any){.kind = kind, .body = msg_copy(kind, body)};
}

static void turn(struct live_engine *live)
{
	(void)engine_turn(live->engine, TURN_MS);
	client_pump(live->client, live->model, clock_mono_ms(clock_real()), take, live);
}

struct live_engine *live_engine_new(const char *folder, const char *yaml)
{
	struct live_engine *live = xcalloc(1, sizeof(*live));
	const struct engine_options options = {.workers = true, .listen = true};
	autofree char *path = xasprintf("%s/botswain.yaml", folder);
	autofree char *text = xasprintf("%sstate_dir: %s/state\n", yaml, folder);
	autostr struct str report = STR_INIT;
	struct err err = {.text = ""};
	int fds[2];
	if (!settings_parse(text, strlen(text), path, &live->settings, &report, &err))
		fail_msg("%s", report.text);
	if (!engine_new(live->settings, clock_real(), &options, &live->engine, &err))
		fail_msg("%s", err.text);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	live->model = model_new();
	live->client = client_over(fds[0], live->settings->state_dir, "script", true);
	engine_adopt(live->engine, fds[1]);
	return live;
}

void live_engine_free(struct live_engine *live)
{
	if (!live)
		return;
	client_free(live->client);
	engine_free(live->engine);
	model_free(live->model);
	msg_any_release(&live->answer);
	settings_unref(live->settings);
	free(live);
}

const struct model *live_model(const struct live_engine *live)
{
	return live->model;
}

const struct msg_bot *live_bot(const struct live_engine *live, const char *name)
{
	return model_bot(live->model, entity_id("bot", name));
}

void live_wait(struct live_engine *live,
	bool (*is_so)(const struct live_engine *live, const void *context), const void *context,
	int64_t limit_ms, const char *what)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + limit_ms;
	while (!is_so(live, context)) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("not within %d ms: %s", (int)limit_ms, what);
		turn(live);
	}
}

static bool has_answer(const struct live_engine *live, const void *context)
{
	return live->answer.kind == *(const enum msg_kind *)context;
}

static const void *ask(
	struct live_engine *live, enum msg_kind kind, const void *request, enum msg_kind reply)
{
	client_send(live->client, kind, request); /* it may borrow from the last answer */
	msg_any_release(&live->answer);
	live->answer = (struct msg_any){.kind = MSG_none};
	live_wait(live, has_answer, &reply, ANSWER_MS, msg_info(reply)->name);
	return live->answer.body;
}

const struct msg_plan *live_plan(
	struct live_engine *live, const char *verb, const char *kind, const char *name)
{
	struct msg_target target = {.id = entity_id(kind, name), .name = (char *)(uintptr_t)name};
	const struct msg_plan_req request = {.req = client_next_request(live->client),
		.verb = (char *)(uintptr_t)verb,
		.targets = &target,
		.targets_count = 1};
	return ask(live, MSG_plan_req, &request, MSG_plan);
}

const struct msg_accepted *live_try(
	struct live_engine *live, const char *verb, const char *kind, const char *name)
{
	const struct msg_plan *plan = live_plan(live, verb, kind, name);
	assert_string_equal(plan->error, "");
	const struct msg_run_req request = {.req = client_next_request(live->client),
		.plan = plan->plan,
		.reason = (char *)(uintptr_t) "a test wants it",
		.typed = (char *)(uintptr_t)plan->typed};
	return ask(live, MSG_run_req, &request, MSG_accepted);
}

uint64_t live_run(struct live_engine *live, const char *verb, const char *kind, const char *name)
{
	const struct msg_accepted *accepted = live_try(live, verb, kind, name);
	assert_string_equal(accepted->error, "");
	return accepted->operation;
}

void live_open(struct live_engine *live, const struct msg_win_open *request)
{
	struct msg_win_open open = *request;
	if (!open.store)
		open.store = (char *)(uintptr_t) "query";
	open.generation = ++live->generation;
	client_send(live->client, MSG_win_open, &open);
}

static bool has_points(const struct live_engine *live, const void *context)
{
	(void)context;
	return is_points_of(live, live->answer.kind, live->answer.body);
}

const struct msg_win_points *live_query(
	struct live_engine *live, const struct msg_win_open *request)
{
	live_open(live, request);
	live_wait(live, has_points, NULL, ANSWER_MS, "the answer to a query");
	return live->answer.body;
}

void live_cancel(struct live_engine *live, uint64_t operation)
{
	const struct msg_cancel_req request = {
		.req = client_next_request(live->client), .operation = operation};
	const struct msg_answer *answer = ask(live, MSG_cancel_req, &request, MSG_answer);
	assert_string_equal(answer->text, "it is being ended");
}

static bool has_ended(const struct live_engine *live, const void *context)
{
	const struct msg_operation *operation =
		model_operation(live->model, *(const uint64_t *)context);
	return operation && operation->ended_ms;
}

const struct msg_operation *live_end(struct live_engine *live, uint64_t operation, int64_t limit_ms)
{
	live_wait(live, has_ended, &operation, limit_ms, "the end of the operation");
	return model_operation(live->model, operation);
}
