/* SPDX-License-Identifier: MIT */
/* Rule files as they are read at the start and at a reload, and the groups that come of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/rule_book.h"
#include "core/alert/rulefile/rule_group.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/rules_inside.h"

enum { SAID_LINES = 20 /* findings in the journal; more are counted */ };

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

/* What was posted may be taken by nobody any more and holds the group longer than the store of its series is there. */
static void leave(struct group *group)
{
	rule_group_free(group->live);
	group->live = NULL;
	query_unref(&group->query);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		leave(rules->groups[i]);
	for (size_t i = 0; i < rules->ending_count; i++)
		leave(rules->ending[i]);
	for (size_t i = 0; i < rules->recalled_count; i++)
		msg_free(MSG_alert, rules->recalled[i]);
	free(rules->recalled);
	free(rules->groups);
	free(rules->ending);
	free(rules->sources);
	rules_book_free(rules->next);
	free(rules);
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

static struct group *make_group(struct rules *rules, struct rule_group_spec *spec, int64_t now_ms)
{
	struct engine *engine = rules->engine;
	struct group *group = xcalloc(1, sizeof(*group));
	query_init(&group->query, rules_work, release_group);
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
	group->is_aligned = old->is_aligned;
	group->has_run = old->has_run;
	rule_group_adopt(group->live, old->live);
	old->live = NULL;
	query_unref(&old->query);
}

static void end_group(struct rules *rules, struct group *group)
{
	group->ends = true;
	(void)rules_begin(rules, group);
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

void rules_adopt_next(struct rules *rules)
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
		rules_adopt_next(rules);
}
