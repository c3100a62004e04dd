/* SPDX-License-Identifier: MIT */
/* When groups are evaluated, and what comes of it. */
#include "core/engine/rules.h"

#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/alert/rulefile/rule_group.h"
#include "core/base/mem.h"
#include "core/engine/internal.h"
#include "core/engine/metrics.h"
#include "core/engine/rules_inside.h"
#include "core/series/label_pairs.h"
#include "core/series/tsdb.h"

enum {
	GRACE_MS = 15000, /* so much longer a page is waited for at most */
	SETTLE_MS = 30000,
};

/* ---- evaluating: the pool's thread ---- */

static void release_attachment(void *query)
{
	query_unref(query);
}

static void tell(void *context, struct msg_obs_rules *message)
{
	struct group *group = context;
	struct parcel parcel = {.message = {.kind = MSG_obs_rules, .body = message},
		.attachment = group,
		.release = release_attachment};
	query_ref(&group->query);
	mailbox_post_due(group->to_engine, parcel);
}

void rules_work(struct query *query)
{
	struct group *group = (struct group *)query;
	struct metrics_view view = {group->metrics, INT64_MAX};
	struct querier querier = metrics_querier(&view);
	const struct rule_round round = {.time_ms = group->time_ms,
		.asked_ms = group->asked_ms,
		.querier = &querier,
		.tsdb = metrics_store(group->metrics),
		.clock = clock_real(),
		.cancelled = &query->cancelled,
		.tell = tell,
		.context = group};
	if (group->ends)
		rule_group_end(group->live, &round);
	else
		rule_group_run(group->live, &round);
}

/* ---- beginning: the engine's thread ---- */

/* Pages come now a little sooner and now a little later, and evaluations with them: that is not in the times by which alerts wait
 * (`for: 1m` is four evaluations every 15 s), unless they are too far apart. */
bool rules_begin(struct rules *rules, struct group *group)
{
	int64_t now_ms = now_wall(rules->engine), early_ms = group->due_ms - now_ms;
	int64_t slack_ms = rule_group_interval_ms(group->live) / 8; /* less than grace_ms() */
	bool keeps = early_ms <= slack_ms && early_ms >= -slack_ms;
	int64_t time_ms = keeps ? group->due_ms : now_ms;
	bool was_running = group->is_running;
	group->due_ms = time_ms + rule_group_interval_ms(group->live);
	if (!was_running) {
		group->time_ms = time_ms;
		group->asked_ms = now_ms;
		group->is_running = query_pool_add(rules->engine->pool, &group->query);
	}
	bool begins = !was_running && group->is_running;
	rules->running += begins;
	rules->missed += !begins;
	return begins;
}

/* One that follows a page waits for it a little longer. */
static int64_t grace_ms(const struct group *group)
{
	int64_t interval_ms = rule_group_interval_ms(group->live);
	int64_t least_ms =
		group->follows_every_ms < interval_ms ? group->follows_every_ms : interval_ms;
	if (!group->follows)
		return 0;
	return least_ms / 4 < GRACE_MS ? least_ms / 4 : GRACE_MS;
}

static void settle(struct rules *rules)
{
	bool all = now_mono(rules->engine) - rules->begun_mono_ms >= SETTLE_MS || !rules->count;
	for (size_t i = 0; i < rules->count && all; i++)
		all = rules->groups[i]->has_run;
	rules->is_settled = all;
	alerts_judge_others(rules->engine->alerts, all);
}

void rules_turn(struct rules *rules)
{
	if (!rules)
		return;
	int64_t now_ms = now_wall(rules->engine);
	if (!rules->is_settled)
		settle(rules);
	if (rules->next) {
		if (!rules->running)
			rules_adopt_next(rules);
		return;
	}
	for (size_t i = 0; i < rules->ending_count; i++)
		if (!rules->ending[i]->is_running) /* the pool was full */
			(void)rules_begin(rules, rules->ending[i]);
	for (size_t i = 0; i < rules->count; i++) {
		struct group *group = rules->groups[i];
		int64_t interval_ms = rule_group_interval_ms(group->live);
		if (group->due_ms - now_ms > 2 * interval_ms)
			group->due_ms = now_ms; /* the clock was put back */
		if (now_ms >= group->due_ms + grace_ms(group))
			(void)rules_begin(rules, group);
	}
}

int64_t rules_due_ms(const struct rules *rules)
{
	int64_t due_ms = INT64_MAX;
	if (!rules || rules->next)
		return due_ms; /* a group that ends wakes the engine */
	int64_t offset_ms = now_wall(rules->engine) - now_mono(rules->engine);
	for (size_t i = 0; i < rules->count; i++) {
		int64_t group_ms =
			rules->groups[i]->due_ms + grace_ms(rules->groups[i]) - offset_ms;
		due_ms = group_ms < due_ms ? group_ms : due_ms;
	}
	return due_ms;
}

/* ---- pages that arrive ---- */

static struct source *source_of(struct rules *rules, uint64_t key)
{
	for (size_t i = 0; i < rules->source_count; i++)
		if (rules->sources[i].key == key)
			return &rules->sources[i];
	return NULL;
}

static void note_source(struct rules *rules, uint64_t key, int64_t now_ms, int64_t every_ms)
{
	enum { SOURCES_MAX = 1024, SAME_READING_MS = 1000 };
	struct source *source = source_of(rules, key);
	if (!source && rules->source_count < SOURCES_MAX) {
		rules->sources = grow(rules->sources, rules->source_count, &rules->source_room,
			sizeof(*rules->sources));
		source = &rules->sources[rules->source_count++];
		*source = (struct source){.key = key};
	}
	if (!source)
		return;
	int64_t past_ms = now_ms - source->seen_ms;
	if (every_ms || past_ms > SAME_READING_MS)
		source->every_ms = every_ms ? every_ms : past_ms;
	source->seen_ms = now_ms;
}

/* Its page is there: evaluated now when that is near to its time, else its time is one at which a page comes. */
static void follow(struct rules *rules, struct group *group, int64_t now_ms)
{
	int64_t interval_ms = rule_group_interval_ms(group->live);
	int64_t every_ms = group->follows_every_ms;
	int64_t near_ms = (every_ms < interval_ms ? every_ms : interval_ms) / 2;
	int64_t early_ms = group->due_ms - now_ms;
	if (early_ms > near_ms) {
		if (every_ms > 0 && every_ms <= interval_ms)
			group->due_ms = now_ms + (early_ms + every_ms / 2) / every_ms * every_ms;
		return;
	}
	if (!group->is_aligned)
		group->due_ms = now_ms;
	group->is_aligned = true;
	(void)rules_begin(rules, group);
}

static void see(struct rules *rules, uint64_t key, int64_t every_ms)
{
	int64_t now_ms = now_wall(rules->engine);
	note_source(rules, key, now_ms, every_ms);
	for (size_t i = 0; i < rules->count && !rules->next; i++) {
		struct group *group = rules->groups[i];
		if (group->follows == key)
			follow(rules, group, now_ms);
	}
}

/* The instance or bot that figures are of, from the first of them. */
static uint64_t source_of_labels(const char *text)
{
	enum { LABELS_MAX = 32 };
	struct label list[LABELS_MAX];
	autofree char *copy = xstrdup(text);
	size_t count = label_pairs_read(copy, list, LABELS_MAX);
	static const char *const names[] = {"bot", "instance"};
	for (size_t name = 0; name < COUNT_OF(names); name++)
		for (size_t i = 0; i < count; i++)
			if (strcmp(list[i].name, names[name]) == 0)
				return rule_source(list[i].name, list[i].value);
	return 0;
}

void rules_see_scrape(struct rules *rules, const struct msg_obs_scrape *seen)
{
	if (!rules || !rules->count)
		return;
	for (size_t i = seen->samples_count; i-- > 0;)
		if (strcmp(seen->samples[i].name, "up") == 0) {
			uint64_t key = source_of_labels(seen->samples[i].labels);
			if (key)
				see(rules, key, seen->interval_ms);
			return;
		}
}

void rules_see_figures(struct rules *rules, const struct msg_sample *figures, size_t count)
{
	if (!rules || !rules->count || !count)
		return;
	uint64_t key = source_of_labels(figures[0].labels);
	if (key)
		see(rules, key, 0);
}

/* ---- what came of it ---- */

/* The source that most of its series are of. */
static void choose_source(struct rules *rules, struct group *group)
{
	size_t most = 0;
	uint64_t before = group->follows;
	group->follows = 0;
	for (size_t i = 0; i < rules->source_count; i++) {
		const struct source *source = &rules->sources[i];
		size_t reads = rule_group_reads(group->live, source->key);
		bool is_better = reads > most || (reads == most && source->key == before);
		if (!reads || !is_better)
			continue;
		most = reads;
		group->follows = source->key;
		group->follows_every_ms = source->every_ms;
	}
	group->is_aligned &= group->follows == before;
}

/* What an alert is about: the bot, Redis or Postgres that its labels name. */
static void find_target(const struct engine *engine, struct msg_alert *alert)
{
	static const char *const kinds[] = {"redis", "postgres"};
	uint64_t bot = entity_id("bot", alert->target_name);
	for (size_t i = 0; i < alert->labels_count; i++)
		if (strcmp(alert->labels[i].name, "bot") == 0 && model_bot(engine->model, bot)) {
			msg_set(&alert->target_kind, "bot");
			alert->target = bot;
			return;
		}
	for (size_t i = 0; i < COUNT_OF(kinds) && alert->labels_count; i++) {
		uint64_t service = source_id("service", kinds[i], alert->target_name);
		if (!model_service(engine->model, service))
			continue;
		msg_set(&alert->target_kind, "service");
		alert->target = service;
		return;
	}
}

static void take_alert(struct engine *engine, struct msg_alert *alert)
{
	struct msg_alert *moved = xmemdup(alert, sizeof(*alert));
	const struct msg_alert *before = model_alert(engine->model, moved->id);
	bool is_news = !before || strcmp(before->state, moved->state) != 0;
	*alert = (struct msg_alert){.id = 0};
	find_target(engine, moved);
	if (model_put_if_changed(engine->model, MSG_alert, moved) && is_news)
		model_hurry(engine->model);
}

static void finish(struct rules *rules, struct group *group, const struct msg_obs_rules *message)
{
	group->is_running = false;
	group->has_run = true;
	group->failing = message->failing;
	rules->running--;
	if (!group->ends) {
		choose_source(rules, group);
		return;
	}
	for (size_t i = 0; i < rules->ending_count; i++)
		if (rules->ending[i] == group) {
			rules->ending[i] = rules->ending[--rules->ending_count];
			query_unref(&group->query);
			return;
		}
}

void rules_deliver(struct engine *engine, struct parcel *parcel)
{
	struct msg_obs_rules *message = parcel->message.body;
	struct group *group = parcel->attachment;
	if (!engine->rules || !group)
		return;
	for (size_t i = 0; i < message->gone_count; i++)
		model_remove(engine->model, MSG_alert, (uint64_t)message->gone[i]);
	for (size_t i = 0; i < message->alerts_count; i++)
		take_alert(engine, &message->alerts[i]);
	if (message->done)
		finish(engine->rules, group, message);
}

void rules_show(const struct rules *rules, struct msg_engine *entity)
{
	if (!rules)
		return;
	entity->rules = rules->loaded;
	entity->rules_refused = rules->refused;
	entity->rules_missed = rules->missed;
	entity->rules_failing = 0;
	for (size_t i = 0; i < rules->count; i++)
		entity->rules_failing += rules->groups[i]->failing;
}
