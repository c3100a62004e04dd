/* SPDX-License-Identifier: MIT */
#include "core/engine/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/alert/rulefile/rule_book.h"
#include "core/alert/rulefile/rule_group.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/metrics.h"
#include "core/engine/query_pool.h"
#include "core/series/label_pairs.h"
#include "core/series/tsdb.h"

enum {
	GRACE_MS = 15000, /* so much longer a page is waited for at most */
	SAID_LINES = 20,  /* findings in the journal; more are counted */
	SETTLE_MS = 30000,
};

/* A source that tells again and again. */
struct source {
	uint64_t key;
	int64_t seen_ms, every_ms; /* wall */
};

/* A group and its place in time. Only its job touches `live` while it runs. */
struct group {
	struct query query;
	struct rule_group *live;
	struct mailbox *to_engine;
	const struct metrics *metrics;
	int64_t time_ms, asked_ms; /* of the evaluation that runs, or was the last */
	int64_t due_ms;            /* wall */
	uint64_t follows;          /* the source whose pages it is just behind; 0: none */
	int64_t follows_every_ms;
	bool is_running, ends; /* ends: its rules are gone, it runs a last time */
	bool has_run;
	size_t failing;
};

struct rules {
	struct engine *engine;
	struct group **groups;
	size_t count;
	struct group **ending;
	size_t ending_count, ending_room;
	struct rule_book *next; /* waits until no group runs */
	struct source *sources;
	size_t source_count, source_room;
	size_t running;
	uint64_t missed;
	size_t loaded, refused;
	struct msg_alert **recalled;
	size_t recalled_count, recalled_room;
	int64_t begun_mono_ms;
	bool is_settled;
};

/* ---- reading ---- */

struct rule_book *rules_read(const struct settings *settings)
{
	struct rule_book *book = xcalloc(1, sizeof(*book));
	const struct rule_book_from from = {.globs = settings->rule_files,
		.glob_count = settings->rule_file_count,
		.interval_ms = settings->rule_interval_ms,
		.history_ms = settings->metrics_span_ms};
	str_init(&book->said);
	rule_book_load(book, &from);
	return book;
}

void rules_book_free(struct rule_book *book)
{
	if (!book)
		return;
	rule_book_release(book);
	free(book);
}

/* ---- groups ---- */

static void release_group(struct query *query)
{
	struct group *group = (struct group *)query;
	rule_group_free(group->live);
	free(group);
}

struct rules *rules_new(struct engine *engine)
{
	struct rules *rules = xcalloc(1, sizeof(*rules));
	rules->engine = engine;
	rules->begun_mono_ms = now_mono(engine);
	return rules;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		query_unref(&rules->groups[i]->query);
	for (size_t i = 0; i < rules->ending_count; i++)
		query_unref(&rules->ending[i]->query);
	for (size_t i = 0; i < rules->recalled_count; i++)
		msg_free(MSG_alert, rules->recalled[i]);
	free(rules->recalled);
	free(rules->groups);
	free(rules->ending);
	free(rules->sources);
	rules_book_free(rules->next);
	free(rules);
}

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

static void work(struct query *query)
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
static bool begin(struct rules *rules, struct group *group)
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

/* Each group has a moment of its own in its interval, the same after every start. */
static int64_t first_due_ms(const struct group *group, int64_t now_ms)
{
	int64_t interval_ms = rule_group_interval_ms(group->live);
	uint64_t hash = hash64_text(HASH64_BEGIN, rule_group_file(group->live));
	hash = hash64_text(hash64_byte(hash, ';'), rule_group_name(group->live));
	int64_t phase_ms = (int64_t)(hash % (uint64_t)interval_ms);
	int64_t begin_ms = now_ms - now_ms % interval_ms + phase_ms;
	return begin_ms < now_ms ? begin_ms + interval_ms : begin_ms;
}

static void adopt_next(struct rules *rules);

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
			adopt_next(rules);
		return;
	}
	for (size_t i = 0; i < rules->ending_count; i++)
		if (!rules->ending[i]->is_running) /* the pool was full */
			(void)begin(rules, rules->ending[i]);
	for (size_t i = 0; i < rules->count; i++) {
		struct group *group = rules->groups[i];
		int64_t interval_ms = rule_group_interval_ms(group->live);
		if (group->due_ms - now_ms > 2 * interval_ms)
			group->due_ms = now_ms; /* the clock was put back */
		if (now_ms >= group->due_ms + grace_ms(group))
			(void)begin(rules, group);
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
	(void)begin(rules, group);
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

/* ---- over a restart ---- */

bool rules_recall(struct rules *rules, struct msg_alert *alert)
{
	if (!rules || !*alert->group)
		return false;
	rules->recalled = grow(rules->recalled, rules->recalled_count, &rules->recalled_room,
		sizeof(*rules->recalled));
	rules->recalled[rules->recalled_count++] = alert;
	return true;
}

static bool is_of(const struct msg_alert *alert, const struct rule_group *group)
{
	const char *file = rule_group_file(group);
	size_t length = strlen(file);
	return strcmp(alert->group, rule_group_name(group)) == 0 &&
	       strncmp(alert->origin, file, length) == 0 && alert->origin[length] == ':' &&
	       alert->labels_count;
}

static void give_recalled(struct rules *rules, struct rule_group *group)
{
	for (size_t i = rules->recalled_count; i-- > 0;) {
		if (!is_of(rules->recalled[i], group))
			continue;
		rule_group_recall(group, rules->recalled[i]);
		rules->recalled[i] = rules->recalled[--rules->recalled_count];
	}
}

/* ---- reading them again ---- */

static struct group *find_group(
	const struct rules *rules, const struct rule_group *like, size_t *ret_at)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->groups[i] &&
			strcmp(rule_group_name(rules->groups[i]->live), rule_group_name(like)) ==
				0 &&
			strcmp(rule_group_file(rules->groups[i]->live), rule_group_file(like)) ==
				0) {
			*ret_at = i;
			return rules->groups[i];
		}
	return NULL;
}

static struct group *make_group(struct rules *rules, struct rule_group_spec *spec, int64_t now_ms)
{
	struct engine *engine = rules->engine;
	struct group *group = xcalloc(1, sizeof(*group));
	query_init(&group->query, work, release_group);
	group->to_engine = engine->mailbox;
	group->metrics = engine->metrics;
	group->live = rule_group_new(spec);
	group->due_ms = first_due_ms(group, now_ms);
	give_recalled(rules, group->live);
	return group;
}

/* What was known of the group goes on; it keeps its rhythm. */
static void inherit(struct group *group, struct group *old)
{
	int64_t interval_ms = rule_group_interval_ms(group->live);
	if (interval_ms == rule_group_interval_ms(old->live))
		group->due_ms = old->due_ms;
	group->follows = old->follows;
	group->follows_every_ms = old->follows_every_ms;
	group->has_run = old->has_run;
	rule_group_adopt(group->live, old->live);
	old->live = NULL;
	query_unref(&old->query);
}

static void end_group(struct rules *rules, struct group *group)
{
	group->ends = true;
	(void)begin(rules, group);
	rules->ending = grow(
		rules->ending, rules->ending_count, &rules->ending_room, sizeof(*rules->ending));
	rules->ending[rules->ending_count++] = group;
}

static void say_findings(const struct engine *engine, const struct rule_book *book)
{
	autostr struct str sum = STR_INIT;
	enum log_level level = book->refused ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
	size_t lines = 0;
	rule_book_sum(book, &sum);
	journal_say(engine->book, level, "rule files: %s", sum.text);
	for (const char *at = book->said.text; at && *at && lines < SAID_LINES; lines++) {
		size_t length = strcspn(at, "\n");
		journal_say(engine->book, book->refused ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "%.*s",
			(int)length, at);
		at += length + (at[length] == '\n');
	}
	if (book->said_count > lines)
		journal_say(engine->book, LOG_LEVEL_WARN, "and %zu more findings of rule files",
			book->said_count - lines);
}

/* Rules that were refused watch nothing: that is an alert until the files are good. */
static void show_refused(const struct engine *engine, const struct rule_book *book)
{
	uint64_t id = entity_id("alert", "rules_refused");
	const struct msg_alert *old = model_alert(engine->model, id);
	struct msg_alert *alert;
	if (!book->refused) {
		if (old)
			model_remove(engine->model, MSG_alert, id);
		return;
	}
	autostr struct str text = STR_INIT, first = STR_INIT;
	sanitize(&first, book->said.text, strcspn(book->said.text, "\n"));
	rule_book_sum(book, &text);
	str_addf(&text, ": %s%s", first.text,
		book->said_count > 1 ? "; `botswain check-config` says all of it" : "");
	alert = old ? msg_copy(MSG_alert, old) : msg_new(MSG_alert);
	alert->id = id;
	alert->severity = SEVERITY_WARN;
	alert->since_ms = alert->fired_ms = old ? old->since_ms : now_wall(engine);
	alert->value = (double)book->refused;
	alert->limit = (double)NAN;
	msg_set(&alert->rule, "rules_refused");
	msg_set(&alert->target_kind, "rule");
	msg_set(&alert->target_name, "rules");
	msg_set(&alert->text, text.text);
	msg_set(&alert->state, "firing");
	msg_set(&alert->origin, "rules.files");
	model_put_if_changed(engine->model, MSG_alert, alert);
}

static void adopt_next(struct rules *rules)
{
	struct rule_book *book = rules->next;
	int64_t now_ms = now_wall(rules->engine);
	struct group **groups = xcalloc(book->count + 1, sizeof(struct group *));
	size_t at;
	for (size_t i = 0; i < book->count; i++) {
		groups[i] = make_group(rules, &book->groups[i], now_ms);
		struct group *old = find_group(rules, groups[i]->live, &at);
		if (!old)
			continue;
		rules->groups[at] = NULL;
		inherit(groups[i], old);
	}
	for (size_t i = 0; i < rules->count; i++)
		if (rules->groups[i])
			end_group(rules, rules->groups[i]);
	free(rules->groups);
	rules->groups = groups;
	rules->count = book->count;
	rules->loaded = book->loaded;
	rules->refused = book->refused;
	show_refused(rules->engine, book);
	rules->next = NULL;
	book->count = 0;
	rules_book_free(book);
}

void rules_adopt(struct rules *rules, struct rule_book *book)
{
	if (book->loaded || book->said_count)
		say_findings(rules->engine, book);
	rules_book_free(rules->next);
	rules->next = book;
	if (!rules->running)
		adopt_next(rules);
}
