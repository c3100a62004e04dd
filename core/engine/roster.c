/* SPDX-License-Identifier: MIT */
#include "core/engine/roster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/act/act.h"
#include "core/base/mem.h"
#include "core/collect/sources.h"
#include "core/conf/settings.h"
#include "core/engine/checks.h"
#include "core/engine/digest.h"
#include "core/engine/halt.h"
#include "core/engine/internal.h"
#include "core/engine/memory.h"
#include "core/engine/recall.h"

/* An entity of a bot of which nothing is known yet. */
static struct msg_bot *make_bot(struct engine *engine, const char *name)
{
	struct bot_facts *facts = facts_add(engine->facts, name);
	struct msg_bot *bot = draft_make(engine, MSG_bot, facts->id);
	if (!msg_set(&bot->name, name))
		return bot;
	bot->added_ms = now_wall(engine);
	bot->cpu_percent = bot->rtt_ms = bot->pending_slope = bot->health_ms = NAN;
	bot->api_requests_per_s = bot->api_updates_per_s = NAN;
	bot->pending = bot->score = bot->exit_status = bot->proc_restarts = -1;
	memory_recall_url(engine, bot, facts);
	halt_recall(engine, facts);
	recall_bot(engine, bot);
	bot->errors_per_min = bot->warnings_per_min = bot->updates_per_s = bot->p95_ms = NAN;
	return bot;
}

/* The words for what was not observed yet, where nothing else stands. */
static void begin_state(char **field, bool configured, const char *begin)
{
	bool none = !*field || !**field || strcmp(*field, "not_configured") == 0 ||
		    strcmp(*field, "not_polled") == 0;
	if (!configured)
		msg_set(field, strcmp(begin, "checking") == 0 ? "not_polled" : "not_configured");
	else if (none)
		msg_set(field, begin);
}

static bool has_heartbeat(const struct settings *settings, const struct conf_bot *conf)
{
	for (size_t i = 0; i < settings->redis_count; i++) {
		const struct conf_redis *redis = &settings->redis[i];
		if (conf->redis[0] && strcmp(conf->redis, redis->name) != 0)
			continue;
		if (redis->heartbeats[0] || conf->heartbeat[0])
			return true;
	}
	return false;
}

/* Drafts are found by looking through them: keep them few. */
static void commit_now_and_then(struct engine *engine)
{
	if (engine->drafts.count >= TURN_PARCELS)
		drafts_commit(engine);
}

/* After where it was named is known: a bot of a database has the process of its entry. */
static void say_undriven(const struct engine *engine, struct msg_bot *bot)
{
	autofree char *why = act_undriven(engine->settings, bot);
	msg_set(&bot->undriven, why);
}

/* Of a bot that a database named: that does not say it again after a reload. */
static void say_undriven_of_others(struct engine *engine)
{
	for (size_t i = 0; i < facts_count(engine->facts); i++) {
		const struct bot_facts *facts = facts_at(engine->facts, i);
		if (facts->conf)
			continue;
		say_undriven(engine, draft_make(engine, MSG_bot, facts->id));
		commit_now_and_then(engine);
	}
}

static void apply_bot(struct engine *engine, const struct conf_bot *conf)
{
	struct msg_bot *bot = make_bot(engine, conf->name);
	struct bot_facts *facts = facts_find(engine->facts, bot->id);
	facts->conf = conf;
	bool asked = conf->transport == TRANSPORT_POLLING || conf->transport == TRANSPORT_WEBHOOK;
	bool polled = conf->token.given && conf->enabled && asked;
	if (!facts->database || !conf->enabled) {
		bot->enabled = conf->enabled;
		msg_set(&bot->enabled_by, "config");
	}
	msg_set(&bot->transport, transport_word(conf->transport));
	begin_state(&bot->tg_state, polled, "checking");
	begin_state(&bot->proc_state, process_is_given(&conf->process), "unknown");
	begin_state(&bot->hb_state, has_heartbeat(engine->settings, conf), "unknown");
	say_undriven(engine, bot);
	if (conf->health[0] && !(bot->health_state && bot->health_state[0]))
		msg_set(&bot->health_state, "checking");
}

/* The entry of bots_from that reads this database; NULL: none. */
static const struct conf_bots_from *from_of(const struct settings *settings, const char *postgres)
{
	for (size_t i = 0; i < settings->bots_from_count; i++)
		if (strcmp(settings->bots_from[i].postgres, postgres) == 0)
			return &settings->bots_from[i];
	return NULL;
}

static void remove_bot(struct engine *engine, uint64_t id)
{
	const struct bot_facts *facts = facts_find(engine->facts, id);
	if (facts)
		digest_end_bot(engine, facts);
	draft_remove(engine, MSG_bot, id);
	facts_remove(engine->facts, id);
}

static void forget_database(struct bot_facts *facts)
{
	free(facts->database);
	facts->database = NULL;
}

static void forget_settings(struct engine *engine)
{
	for (size_t i = 0; i < facts_count(engine->facts); i++)
		facts_at(engine->facts, i)->conf = NULL;
}

static void remove_unnamed_bots(struct engine *engine)
{
	for (size_t i = facts_count(engine->facts); i-- > 0;) {
		struct bot_facts *facts = facts_at(engine->facts, i);
		if (facts->database && !from_of(engine->settings, facts->database))
			forget_database(facts);
		if (!facts->database && !facts->conf)
			remove_bot(engine, facts->id);
	}
}

/* "main" also names what is asked beside it: "main:streams". */
static bool is_named(const char *conf_name, const char *name)
{
	size_t length = strlen(conf_name);
	return strncmp(conf_name, name, length) == 0 &&
	       (name[length] == '\0' || name[length] == ':');
}

/* The kind whose sources the settings name; NULL: they come and go by themselves. */
static const struct source_kind *find_kind(const char *name)
{
	for (size_t i = 0; source_kinds[i]; i++)
		if (source_kinds[i]->place && strcmp(source_kinds[i]->name, name) == 0)
			return source_kinds[i];
	return NULL;
}

static bool names_source(const struct settings *settings, const char *kind_name, const char *name)
{
	const struct source_kind *kind = find_kind(kind_name);
	if (strcmp(kind_name, "supervisor") == 0)
		return settings_supervisor(settings, name) != NULL;
	for (size_t i = 0; kind && i < kind->count(settings); i++) {
		const void *part = kind->part(settings, i);
		const char *named = part ? kind->place(part).name : "";
		if (!named || is_named(named, name))
			return true;
	}
	return !kind;
}

/* Sources of other kinds come with their first report and are removed with their worker's last. */
static void remove_unnamed_sources(struct engine *engine)
{
	size_t count;
	const struct msg_source *const *sources = model_sources(engine->model, &count);
	for (size_t i = count; i-- > 0;) {
		const struct msg_source *source = sources[i];
		if (names_source(engine->settings, source->kind, source->name))
			continue;
		source_end(engine, source->kind, source->name, false);
		draft_remove(engine, MSG_service, source_id("service", source->kind, source->name));
		draft_remove(engine, MSG_source, source->id);
		sources = model_sources(engine->model, &count);
	}
}

static void apply_source(
	struct engine *engine, const struct source_kind *kind, const struct source_place *place)
{
	source_draft(engine, kind->name, place->name)->interval_ms = place->interval_ms;
	if (kind->is_service)
		(void)service_draft(engine, kind->name, place->name);
}

static void apply_sources(struct engine *engine)
{
	for (size_t k = 0; source_kinds[k]; k++) {
		const struct source_kind *kind = source_kinds[k];
		for (size_t i = 0; kind->place && i < kind->count(engine->settings); i++) {
			const void *part = kind->part(engine->settings, i);
			struct source_place place;
			if (!part)
				continue;
			place = kind->place(part);
			if (place.name)
				apply_source(engine, kind, &place);
		}
	}
}

/* How many bots have a token to be checked, and how many were answered. */
static void count_checked(struct engine *engine)
{
	engine->checking_done = engine->checking_total = 0;
	for (size_t i = 0; i < facts_count(engine->facts); i++) {
		struct bot_facts *facts = facts_at(engine->facts, i);
		const struct msg_bot *bot = model_bot(engine->model, facts->id);
		facts->counted = bot && strcmp(bot->tg_state, "not_polled") != 0;
		if (!facts->counted)
			continue;
		engine->checking_total++;
		engine->checking_done += facts->answered;
	}
}

void roster_apply(struct engine *engine)
{
	drafts_commit(engine);
	forget_settings(engine);
	for (size_t i = 0; i < engine->settings->bot_count; i++) {
		apply_bot(engine, &engine->settings->bots[i]);
		commit_now_and_then(engine);
	}
	remove_unnamed_bots(engine);
	say_undriven_of_others(engine);
	apply_sources(engine);
	checks_begin(engine);
	remove_unnamed_sources(engine);
	streams_remove_unnamed(engine);
	drafts_commit(engine);
	count_checked(engine);
}

/* ---- the fleet as a database has it ---- */

/* Most rows are as they were: those cost a look only. */
static bool row_is_known(
	struct engine *engine, const struct conf_bots_from *from, const struct msg_fleet_bot *row)
{
	struct bot_facts *facts = facts_find(engine->facts, entity_id("bot", row->name));
	const struct msg_bot *bot = facts ? model_bot(engine->model, facts->id) : NULL;
	if (!bot || !facts->database || strcmp(facts->database, from->postgres) != 0)
		return false;
	facts->fleet_round = engine->fleet_round;
	bool same_transport =
		facts->conf || !row->transport[0] || strcmp(bot->transport, row->transport) == 0;
	bool off_here = facts->conf && !facts->conf->enabled;
	return same_transport && (off_here || bot->enabled == row->enabled);
}

static bool any_heartbeats(const struct settings *settings)
{
	for (size_t i = 0; i < settings->redis_count; i++)
		if (settings->redis[i].heartbeats[0])
			return true;
	return false;
}

/* A bot that only the database names: the template of bots_from says how it is watched. */
static void apply_template(struct engine *engine, struct msg_bot *bot,
	const struct conf_bots_from *from, const struct msg_fleet_bot *row)
{
	bool process = from->pidfile_template[0] || from->pid_command.count ||
		       process_is_given(&from->process);
	bool token = row->token_ref[0] || from->token_dir[0];
	msg_set(&bot->transport,
		row->transport[0] ? row->transport : transport_word(from->transport));
	begin_state(&bot->tg_state, row->enabled && token, "checking");
	begin_state(&bot->proc_state, process, "unknown");
	begin_state(&bot->hb_state, any_heartbeats(engine->settings), "unknown");
}

static void apply_row(
	struct engine *engine, const struct conf_bots_from *from, const struct msg_fleet_bot *row)
{
	struct msg_bot *bot = make_bot(engine, row->name);
	struct bot_facts *facts = facts_find(engine->facts, bot->id);
	if (!facts->database)
		facts->database = xstrdup(from->postgres);
	facts->fleet_round = engine->fleet_round;
	if (!facts->conf || facts->conf->enabled) {
		bot->enabled = row->enabled;
		msg_set(&bot->enabled_by, from->postgres);
	}
	if (!facts->conf)
		apply_template(engine, bot, from, row);
	say_undriven(engine, bot);
}

/* Those that this database named, and no longer does. */
static bool remove_unfleeted(struct engine *engine, const char *database)
{
	bool removed = false;
	for (size_t i = facts_count(engine->facts); i-- > 0;) {
		struct bot_facts *facts = facts_at(engine->facts, i);
		if (!facts->database || strcmp(facts->database, database) != 0 ||
			facts->fleet_round == engine->fleet_round)
			continue;
		removed = true;
		forget_database(facts);
		if (!facts->conf)
			remove_bot(engine, facts->id);
	}
	return removed;
}

void digest_fleet(struct engine *engine, const void *body)
{
	const struct msg_obs_fleet *fleet = body;
	const struct conf_bots_from *from = from_of(engine->settings, fleet->source);
	if (!from) {
		engine->strangers++;
		return;
	}
	drafts_commit(engine);
	bool changed = false;
	engine->fleet_round++;
	for (size_t i = 0; i < fleet->bots_count; i++) {
		if (row_is_known(engine, from, &fleet->bots[i]))
			continue;
		changed = true;
		apply_row(engine, from, &fleet->bots[i]);
		commit_now_and_then(engine);
	}
	drafts_commit(engine);
	changed |= remove_unfleeted(engine, fleet->source);
	if (changed)
		count_checked(engine);
}
