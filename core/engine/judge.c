/* SPDX-License-Identifier: MIT */
#include "core/engine/judge.h"

#include <string.h>

#include "core/alert/alert.h"
#include "core/engine/checks.h"
#include "core/engine/digest.h"
#include "core/engine/exporter.h"
#include "core/engine/internal.h"

enum {
	JUDGE_SLICE = 8,
	JUDGE_BEAT = 2000,
	CLOCK_SLACK_MS = 500,
	JUDGE_LEAST_MS = 60000, /* whatever is known of what may change: once a minute */
};

/* Alerts look at what changed at once, and at the rest by time. */
static void put(struct engine *engine, enum msg_kind kind, void *body)
{
	uint64_t id = *(const uint64_t *)body;
	if (model_put_if_changed(engine->model, kind, body) && engine->alerts)
		alerts_check(engine->alerts, kind, id);
}

static void put_bot(struct engine *engine, struct msg_bot *bot)
{
	struct bot_facts *facts = facts_find(engine->facts, bot->id);
	if (!facts) {
		msg_free(MSG_bot, bot);
		return;
	}
	int64_t left_ms = refresh_bot(engine, bot, facts);
	int64_t verdict_ms = verdict_bot(bot, &engine->limits, now_wall(engine));
	left_ms = verdict_ms < left_ms ? verdict_ms : left_ms;
	left_ms = JUDGE_LEAST_MS < left_ms ? JUDGE_LEAST_MS : left_ms;
	facts_judged(engine->facts, bot, now_mono(engine) + left_ms);
	put(engine, MSG_bot, bot);
}

static void put_source(struct engine *engine, struct msg_source *source)
{
	uint64_t service = source_id("service", source->kind, source->name);
	refresh_source(engine, source);
	put(engine, MSG_source, source);
	(void)draft_edit(engine, MSG_service, service);
}

static void put_check(struct engine *engine, struct msg_check *check)
{
	checks_judge(engine, check);
	put(engine, MSG_check, check);
	checks_sum(engine);
}

/* Bots say what is wrong with their Redis. */
static bool says_other(const struct engine *engine, const struct msg_service *service)
{
	const struct msg_service *before = model_service(engine->model, service->id);
	return !before || strcmp(before->state, service->state) != 0 ||
	       strcmp(before->why, service->why) != 0;
}

static void put_service(struct engine *engine, struct msg_service *service)
{
	if (strcmp(service->kind, "health") == 0) {
		checks_judge_sum(engine, service);
		put(engine, MSG_service, service);
		return;
	}
	if (strcmp(service->kind, "engine") == 0) { /* judged by what the engine says of itself */
		put(engine, MSG_service, service);
		return;
	}
	refresh_service(engine, service);
	verdict_service(
		service, source_of_service(engine, service), &engine->limits, now_wall(engine));
	if (strcmp(service->kind, "redis") == 0 && says_other(engine, service))
		facts_plan_all(engine->facts, NEVER);
	put(engine, MSG_service, service);
}

void judge_and_put(struct engine *engine, enum msg_kind kind, void *body)
{
	if (kind == MSG_bot)
		put_bot(engine, body);
	else if (kind == MSG_source)
		put_source(engine, body);
	else if (kind == MSG_service)
		put_service(engine, body);
	else if (kind == MSG_check)
		put_check(engine, body);
	else
		model_put_if_changed(engine->model, kind, body);
}

static void judge_slice(struct engine *engine)
{
	size_t count = facts_count(engine->facts), drafted = 0;
	int64_t now_ms = now_mono(engine);
	for (; engine->to_judge && drafted < JUDGE_SLICE; engine->to_judge--) {
		size_t at = engine->judged++ % count;
		if (!facts_is_due(engine->facts, at, now_ms))
			continue;
		(void)draft_edit(engine, MSG_bot, facts_at(engine->facts, at)->id);
		drafted++;
	}
	drafts_commit(engine);
	engine->may_judge -= drafted < engine->may_judge ? drafted : engine->may_judge;
	if (!engine->may_judge)
		engine->to_judge = 0;
}

bool judge_some(struct engine *engine)
{
	int64_t begun_us = clock_cost_us();
	if (facts_count(engine->facts) == 0)
		engine->to_judge = 0;
	while (engine->to_judge && clock_cost_us() - begun_us < SLICE_US)
		judge_slice(engine);
	return engine->to_judge > 0;
}

/* Someone set the wall clock, by which most is judged. */
static bool was_set(struct engine *engine)
{
	int64_t offset_ms = now_wall(engine) - now_mono(engine);
	int64_t moved_ms = offset_ms - engine->clock_offset_ms;
	engine->clock_offset_ms = offset_ms;
	return moved_ms > CLOCK_SLACK_MS || moved_ms < -CLOCK_SLACK_MS;
}

void judge_begin(struct engine *engine)
{
	size_t count = facts_count(engine->facts);
	if (was_set(engine))
		facts_plan_all(engine->facts, NEVER);
	engine->judged = count ? engine->judged % count : 0;
	engine->to_judge = count;
	engine->may_judge = JUDGE_BEAT;
}

void judge_sources(struct engine *engine)
{
	size_t count;
	const struct msg_source *const *sources = model_sources(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		(void)draft_edit(engine, MSG_source, sources[i]->id);
	drafts_commit(engine);
}

/* A draft may be of before the change. */
void judge_busy(void *context, uint64_t bot)
{
	struct engine *engine = context;
	const struct msg_bot *now = model_bot(engine->model, bot);
	struct msg_bot *draft = draft_edit(engine, MSG_bot, bot);
	if (!now || !draft)
		return;
	draft->busy_op = now->busy_op;
	msg_set(&draft->busy_by, now->busy_by);
}

void judge_configure(struct engine *engine)
{
	alert_limits(engine->settings, &engine->limits);
	facts_plan_all(engine->facts, NEVER);
	if (engine->exporter)
		exporter_judge_by(engine->exporter, &engine->limits);
}
