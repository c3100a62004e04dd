/* SPDX-License-Identifier: MIT */
/*
 * Health checks: an entity each, one for all of them together among the services, and the worst of a
 * bot's on its row. Whether the last look is too old is told by the monotonic clock.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/conf/settings.h"
#include "core/engine/checks.h"
#include "core/engine/digest.h"
#include "core/engine/internal.h"
#include "core/model/verdict.h"

static uint64_t check_id(const char *name, const char *bot)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/%s", name, bot);
	return entity_id("check", path);
}

static const char *word_of(uint64_t code)
{
	return code == ERR_NONE ? "ok" : code == ERR_PROTOCOL ? "failing" : "unreachable";
}

static uint64_t code_of(const char *word)
{
	return strcmp(word, "ok") == 0        ? ERR_NONE
	       : strcmp(word, "failing") == 0 ? ERR_PROTOCOL
					      : ERR_UNREACHABLE;
}

/* ---- on the bot's row ---- */

/* The check of the bot that fails for longest; NULL: it has none, or all pass. */
static const struct msg_check *worst_other(
	const struct engine *engine, const char *bot, uint64_t but)
{
	size_t count;
	const struct msg_check *worst = NULL;
	const struct msg_check *const *checks = model_checks(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		if (checks[i]->id != but && strcmp(checks[i]->bot, bot) == 0 && checks[i]->fails &&
			(!worst || checks[i]->fails > worst->fails))
			worst = checks[i];
	return worst;
}

static void show_on_bot(
	struct engine *engine, const struct msg_obs_check *seen, const struct msg_check *check)
{
	struct msg_bot *bot = draft_edit(engine, MSG_bot, entity_id("bot", seen->bot));
	if (!bot)
		return;
	const struct msg_check *other = worst_other(engine, seen->bot, check->id);
	bool is_worse = other && other->fails > seen->fails;
	bot->health_at_ms = now_wall(engine);
	bot->health_ms = seen->latency_ms;
	bot->health_fails = is_worse ? other->fails : seen->fails;
	msg_set(&bot->health_why, is_worse ? other->why : seen->why);
	const struct source_facts *facts = sources_facts(engine, is_worse ? other->id : check->id);
	msg_set(&bot->health_state, facts->reported);
}

static void take_from_bot(struct engine *engine, const struct msg_obs_check *seen, uint64_t id)
{
	struct msg_bot *bot = draft_edit(engine, MSG_bot, entity_id("bot", seen->bot));
	if (!bot || worst_other(engine, seen->bot, id))
		return;
	msg_set(&bot->health_state, "");
	msg_set(&bot->health_why, "");
	bot->health_fails = 0;
	bot->health_ms = NAN;
}

/* ---- the check ---- */

/* One that was never asked stands there as `checking`, so that the sum counts it from the start. */
static void begin(struct engine *engine, const char *name, const char *bot, int64_t interval_ms)
{
	uint64_t id = check_id(name, bot);
	if (model_check(engine->model, id))
		return;
	struct msg_check *check = draft_make(engine, MSG_check, id);
	msg_set(&check->name, name);
	msg_set(&check->bot, bot);
	check->latency_ms = NAN;
	check->interval_ms = interval_ms;
	if (engine->drafts.count >= TURN_PARCELS)
		drafts_commit(engine);
}

void checks_begin(struct engine *engine)
{
	const struct settings *settings = engine->settings;
	for (size_t i = 0; i < settings->check_count; i++)
		begin(engine, settings->checks[i].name, settings->checks[i].bot,
			settings->checks[i].interval_ms);
	for (size_t i = 0; i < settings->bot_count; i++)
		if (settings->bots[i].health[0])
			begin(engine, settings->bots[i].name, settings->bots[i].name,
				settings->health_interval_ms);
}

static void digest_gone(struct engine *engine, const struct msg_obs_check *seen)
{
	uint64_t id = check_id(seen->name, seen->bot);
	take_from_bot(engine, seen, id);
	sources_facts(engine, id)->reported[0] = '\0';
	digest_end(engine, id);
	draft_remove(engine, MSG_check, id);
	checks_sum(engine);
}

void digest_check(struct engine *engine, const void *body)
{
	const struct msg_obs_check *seen = body;
	if (seen->gone) {
		digest_gone(engine, seen);
		return;
	}
	struct msg_check *check = draft_make(engine, MSG_check, check_id(seen->name, seen->bot));
	struct source_facts *facts = sources_facts(engine, check->id);
	snprintf(facts->reported, sizeof(facts->reported), "%s", word_of(seen->code));
	facts->heard_mono_ms = now_mono(engine);
	msg_set(&check->name, seen->name);
	msg_set(&check->bot, seen->bot);
	msg_set(&check->url, seen->url);
	msg_set(&check->why, seen->why);
	check->at_ms = now_wall(engine);
	if (seen->code == ERR_NONE)
		check->ok_ms = check->at_ms;
	check->latency_ms = seen->latency_ms;
	check->status = seen->status;
	check->fails = seen->fails;
	check->interval_ms = seen->interval_ms;
	if (seen->bot[0])
		show_on_bot(engine, seen, check);
	digest_record(engine, check->id, "botswain_check_duration_ms", "check", seen->name,
		seen->latency_ms);
}

void checks_judge(struct engine *engine, struct msg_check *check)
{
	const struct source_facts *facts = sources_facts(engine, check->id);
	int64_t age_ms = now_mono(engine) - facts->heard_mono_ms;
	const struct check_seen seen = {.is_answered = facts->reported[0] != '\0',
		.is_old = age_ms > 3 * check->interval_ms + CHECK_SLACK_MS,
		.code = code_of(facts->reported)};
	const struct msg_bot *bot = model_bot(engine->model, entity_id("bot", check->bot));
	if (seen.is_old)
		digest_end_silent(engine, check->id);
	verdict_check(check, bot, &seen, &engine->limits, now_wall(engine));
}

void checks_sum(struct engine *engine)
{
	size_t count;
	(void)model_checks(engine->model, &count);
	if (!count) {
		draft_remove(engine, MSG_service, source_id("service", "health", "checks"));
		return;
	}
	(void)service_draft(engine, "health", "checks");
}

void checks_judge_sum(struct engine *engine, struct msg_service *sum)
{
	size_t count;
	const struct msg_check *const *checks = model_checks(engine->model, &count);
	verdict_checks(sum, checks, count, now_wall(engine));
}

void checks_look(struct engine *engine)
{
	size_t count;
	const struct msg_check *const *checks = model_checks(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		(void)draft_edit(engine, MSG_check, checks[i]->id);
	drafts_commit(engine);
}
