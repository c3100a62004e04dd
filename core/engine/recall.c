/* SPDX-License-Identifier: MIT */
#include "core/engine/recall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/rules.h"
#include "core/store/last.h"
#include "core/store/ledger.h"

enum {
	KEEP_EVERY_MS = 15000,
	KEEP_ROWS = 2000,     /* of a round; with more the next one comes later */
	KEEP_SLICE = 64,      /* entities looked at in a turn */
	LOAD_WAIT_MS = 60000, /* a log without a line for so long is silent */
	FORGET_MS = 600000,   /* after the start nobody asks any more */
};
static const int64_t old_ms = INT64_C(7) * 86400000, old_alert_ms = 3600000;

struct recall {
	char *identity;
	struct last_rows round;   /* encoded so far */
	uint64_t kept_rev;        /* what changed later is not written yet */
	uint64_t at_rev, end_rev; /* of the round: looked at up to, and as far as */
	bool is_round;
	int64_t due_mono_ms;
};

/* A state directory serves one configuration; one that was put in its place knows nothing. */
static char *identity_of(const struct engine *engine)
{
	return xasprintf("%s\n%s", engine->settings->path, engine->settings->environment);
}

void recall_begin(struct engine *engine)
{
	engine->recall = xcalloc(1, sizeof(*engine->recall));
	engine->recall->identity = identity_of(engine);
	engine->recall->due_mono_ms = now_mono(engine) + KEEP_EVERY_MS;
	const char *note = engine->ledger ? ledger_last_note(engine->ledger) : "";
	if (note[0])
		journal_say(engine->book, LOG_LEVEL_WARN, "%s", note);
}

void recall_free(struct recall *recall)
{
	if (!recall)
		return;
	last_rows_release(&recall->round);
	free(recall->identity);
	free(recall);
}

/* ---- what was known ---- */

/* A clock that was set back makes nothing younger than now. */
static bool is_usable(const struct engine *engine, const struct last_row *row, int64_t most_ms)
{
	return now_wall(engine) - row->wall_ms <= most_ms;
}

static int64_t time_of(const struct engine *engine, const struct last_row *row)
{
	int64_t now = now_wall(engine);
	return row->wall_ms < now ? row->wall_ms : now;
}

/* NULL: it cannot be read. The caller frees it. */
static void *decode(const struct last_row *row)
{
	struct msg_any any = {.kind = MSG_none};
	struct err err;
	size_t used = 0;
	if (msg_decode(row->body, row->length, MSG_FRAME_MAX, &any, &used, &err) && used &&
		any.kind == (enum msg_kind)row->kind && *(const uint64_t *)any.body == row->id)
		return any.body;
	if (any.body)
		msg_any_release(&any);
	return NULL;
}

enum group { GROUP_PROCESS, GROUP_BEAT, GROUP_TELEGRAM, GROUP_LOAD, GROUPS };

static double figure(bool known, double value)
{
	return known ? value : NAN;
}

static void add_figure(struct msg_bot *bot, const char *name, double value)
{
	if (isnan(value))
		return;
	struct msg_sample *sample = msg_add(bot->last_figures, &bot->last_figures_count);
	msg_set(&sample->name, name);
	sample->value = value;
}

/* The names by which a screen asks for them; in the order of the groups. */
static const struct {
	const char *name;
	enum group group;
} figures[] = {
	{"proc_start_ms", GROUP_PROCESS},
	{"cpu_percent", GROUP_PROCESS},
	{"rss_bytes", GROUP_PROCESS},
	{"hb_at_ms", GROUP_BEAT},
	{"pending", GROUP_TELEGRAM},
	{"rtt_ms", GROUP_TELEGRAM},
	{"updates_per_s", GROUP_LOAD},
	{"p95_ms", GROUP_LOAD},
	{"errors_per_min", GROUP_LOAD},
};

static void add_figures(struct msg_bot *bot, const struct msg_bot *before)
{
	bool runs = strcmp(before->proc_state, "running") == 0;
	const double values[COUNT_OF(figures)] = {
		figure(runs && before->proc_start_ms, (double)before->proc_start_ms),
		figure(runs, before->cpu_percent),
		figure(before->rss_bytes, (double)before->rss_bytes),
		figure(before->hb_at_ms, (double)before->hb_at_ms),
		figure(before->pending >= 0, (double)before->pending),
		before->rtt_ms,
		before->updates_per_s,
		before->p95_ms,
		before->errors_per_min,
	};
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		add_figure(bot, figures[i].name, values[i]);
}

void recall_bot(const struct engine *engine, struct msg_bot *bot)
{
	if (!engine->ledger || !engine->recall)
		return;
	const struct last_row *row = last_rows_find(
		ledger_last(engine->ledger, engine->recall->identity), MSG_bot, bot->id);
	struct msg_bot *before = row && is_usable(engine, row, old_ms) ? decode(row) : NULL;
	if (!before)
		return;
	bot->last_ms = time_of(engine, row);
	bot->last_severity = before->severity;
	msg_set(&bot->last_state, before->state);
	msg_set(&bot->last_why, before->why);
	add_figures(bot, before);
	msg_free(MSG_bot, before);
}

/* ---- what was observed since ---- */

static bool is_word(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

static void find_seen(const struct engine *engine, const struct msg_bot *bot,
	const struct bot_facts *facts, bool ret_seen[GROUPS])
{
	bool is_late = now_mono(engine) - engine->started_mono_ms > LOAD_WAIT_MS;
	ret_seen[GROUP_PROCESS] =
		facts->process_mono_ms != NEVER || !is_word(bot->proc_state, "unknown");
	ret_seen[GROUP_BEAT] = facts->look_mono_ms != NEVER || !is_word(bot->hb_state, "unknown");
	ret_seen[GROUP_TELEGRAM] = !is_word(bot->tg_state, "checking");
	ret_seen[GROUP_LOAD] = is_late || facts->worker_count || facts->lines;
}

static enum group group_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		if (strcmp(figures[i].name, name) == 0)
			return figures[i].group;
	return GROUP_LOAD;
}

static void forget(struct msg_bot *bot)
{
	bot->last_ms = 0;
	bot->last_severity = 0;
	msg_set(&bot->last_state, "");
	msg_set(&bot->last_why, "");
}

void recall_refresh(const struct engine *engine, struct msg_bot *bot, const struct bot_facts *facts)
{
	bool seen[GROUPS], all = true;
	size_t kept = 0;
	if (!bot->last_ms)
		return;
	find_seen(engine, bot, facts, seen);
	for (size_t i = 0; i < GROUPS; i++)
		all &= seen[i];
	for (size_t i = 0; i < bot->last_figures_count; i++)
		if (seen[group_of(bot->last_figures[i].name)])
			msg_release(MSG_sample, &bot->last_figures[i]);
		else
			bot->last_figures[kept++] = bot->last_figures[i];
	bot->last_figures_count = kept;
	if (all)
		forget(bot);
}

/* ---- services and alerts ---- */

static void show_service(
	const struct engine *engine, struct msg_engine *entity, const struct msg_service *service)
{
	const struct last_row *row = last_rows_find(
		ledger_last(engine->ledger, engine->recall->identity), MSG_service, service->id);
	if (!row || !is_word(service->state, "checking") || !is_usable(engine, row, old_ms))
		return;
	struct msg_service *before = decode(row);
	if (!before)
		return;
	struct msg_service *shown = msg_add(entity->last_services, &entity->last_services_count);
	*shown = *before;
	shown->at_ms = time_of(engine, row);
	if (shown->at_ms > entity->last_ms)
		entity->last_ms = shown->at_ms;
	free(before); /* its strings are the list's now */
}

static void clear(struct msg_engine *entity)
{
	for (size_t i = 0; i < entity->last_services_count; i++)
		msg_release(MSG_service, &entity->last_services[i]);
	entity->last_services_count = 0;
	entity->last_bots = 0;
	entity->last_ms = 0;
}

void recall_show(const struct engine *engine, struct msg_engine *entity)
{
	size_t count;
	clear(entity);
	if (!engine->ledger || !engine->recall)
		return;
	struct fleet_sums sums = facts_sums(engine->facts);
	entity->last_bots = sums.recalled;
	entity->last_ms = sums.recalled_ms;
	const struct msg_service *const *services = model_services(engine->model, &count);
	for (size_t i = 0; i < count; i++)
		show_service(engine, entity, services[i]);
}

void recall_alerts(struct engine *engine)
{
	if (!engine->ledger)
		return;
	const struct last_rows *rows = ledger_last(engine->ledger, engine->recall->identity);
	for (size_t i = 0; i < rows->count; i++) {
		const struct last_row *row = &rows->list[i];
		struct msg_alert *alert =
			row->kind == MSG_alert && is_usable(engine, row, old_alert_ms) ? decode(row)
										       : NULL;
		if (alert && !rules_recall(engine->rules, alert))
			alerts_recall(engine->alerts, alert);
	}
}

/* ---- keeping ---- */

/* Only what was observed: what is remembered is in the file already, with its own time. */
static bool is_worth(const struct entity *entity)
{
	const struct msg_bot *bot = entity->body;
	if (entity->kind == MSG_bot)
		return !bot->last_ms && !is_word(bot->state, "checking");
	if (entity->kind == MSG_service)
		return !is_word(((const struct msg_service *)entity->body)->state, "checking");
	return is_word(((const struct msg_alert *)entity->body)->state, "firing");
}

static void keep_entity(struct engine *engine, const struct entity *entity)
{
	struct last_rows *round = &engine->recall->round;
	if (entity->kind != MSG_bot && entity->kind != MSG_service && entity->kind != MSG_alert)
		return;
	if (!entity->body || (entity->kind == MSG_alert && !is_worth(entity))) {
		last_rows_add(round, entity->kind, entity->id, 0, NULL, 0);
		return;
	}
	autostr struct str bytes = STR_INIT;
	if (!is_worth(entity))
		return;
	msg_encode(entity->kind, entity->body, &bytes);
	if (bytes.length <= LAST_ROW_BYTES)
		last_rows_add(round, entity->kind, entity->id, now_wall(engine), bytes.text,
			bytes.length);
}

/* False: that was the last one of the round. */
static bool keep_slice(struct engine *engine, size_t most)
{
	struct recall *recall = engine->recall;
	const struct entity *entity = model_newer(engine->model, recall->at_rev);
	for (size_t i = 0; i < most && entity && entity->rev <= recall->end_rev;
		i++, entity = entity->newer) {
		recall->at_rev = entity->rev;
		if (recall->round.count < LAST_ROWS_MAX)
			keep_entity(engine, entity);
	}
	return entity && entity->rev <= recall->end_rev;
}

static void begin_round(struct engine *engine)
{
	struct recall *recall = engine->recall;
	recall->at_rev = recall->kept_rev;
	recall->end_rev = model_rev(engine->model);
	recall->is_round = true;
}

static void end_round(struct engine *engine)
{
	struct recall *recall = engine->recall;
	size_t rows = recall->round.count;
	recall->is_round = false;
	recall->due_mono_ms = now_mono(engine) + KEEP_EVERY_MS * (int64_t)(1 + rows / KEEP_ROWS);
	if (rows && !ledger_keep_last(engine->ledger, &recall->round, recall->identity))
		return; /* the next round takes it again */
	recall->kept_rev = recall->end_rev;
}

static void forget_in_time(const struct engine *engine)
{
	if (now_mono(engine) - engine->started_mono_ms > FORGET_MS)
		ledger_forget_last(engine->ledger);
}

bool recall_turn(struct engine *engine)
{
	struct recall *recall = engine->recall;
	if (!engine->ledger || !recall)
		return false;
	if (!recall->is_round) {
		if (now_mono(engine) < recall->due_mono_ms)
			return false;
		forget_in_time(engine);
		begin_round(engine);
	}
	if (keep_slice(engine, KEEP_SLICE))
		return true;
	end_round(engine);
	return false;
}

void recall_keep(struct engine *engine)
{
	if (!engine->ledger || !engine->recall)
		return;
	last_rows_release(&engine->recall->round);
	begin_round(engine);
	while (keep_slice(engine, LAST_ROWS_MAX))
		;
	end_round(engine);
}
