/* SPDX-License-Identifier: MIT */
/*
 * What an engine before this one knew of alerts: since when they are active, which ALERTS_FOR_STATE in the store says (Prometheus
 * does the same of a `for` beyond its grace; we do it of every `for`), and which of them fired, which the ledger says.
 */
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/internal.h"
#include "core/base/mem.h"
#include "core/msg/msg.h"
#include "core/series/labels.h"

/* ---- since when ---- */

/* As labels_hash() of the alert: the series has a name besides. */
static uint64_t hash_of(const struct labels *series)
{
	size_t count = 0;
	autofree struct label *list = xcalloc(labels_count(series) + 1, sizeof(*list));
	for (size_t i = 0; i < labels_count(series); i++)
		if (strcmp(labels_at(series, i)->name, LABEL_NAME) != 0)
			list[count++] = *labels_at(series, i);
	struct labels *labels = labels_new(list, count);
	uint64_t hash = labels_hash(labels);
	labels_unref(labels);
	return hash;
}

/* The time of the stop does not count as time that it was active. What had fired fires at once; what had not waits for what was
 * left of its `for`, and of a long one for the grace at least. */
static void restore(
	struct active *active, const struct sample *last, const struct rule_scene *scene)
{
	enum { SECOND_MS = 1000 };
	int64_t for_ms = scene->rule->spec.for_ms, now_ms = scene->round->time_ms;
	if (!(last->value > 0 && last->value * SECOND_MS <= (double)last->time_ms))
		return; /* a page may have such a series, too */
	int64_t since_ms = (int64_t)last->value * SECOND_MS;
	int64_t left_ms = for_ms - (last->time_ms - since_ms);
	if (left_ms > 0 && for_ms > RULE_GRACE_MS && left_ms < RULE_GRACE_MS)
		since_ms = now_ms + RULE_GRACE_MS - for_ms;
	else if (left_ms > 0)
		since_ms += now_ms - last->time_ms;
	if (since_ms < active->active_ms)
		active->active_ms = since_ms;
}

static bool is_new(const struct active *active, const struct rule_scene *scene)
{
	return active->phase == ACTIVE_PENDING && active->active_ms == scene->round->time_ms;
}

static bool has_new(const struct rule_scene *scene)
{
	for (size_t i = 0; i < scene->rule->count; i++)
		if (is_new(&scene->rule->list[i], scene))
			return true;
	return false;
}

static void restore_all(struct rule_scene *scene, const struct selected_set *found)
{
	struct live_rule *rule = scene->rule;
	struct id_map places = {.count = 0};
	size_t at;
	for (size_t i = 0; i < rule->count; i++) {
		bool is_new UNUSED = id_map_add(&places, rule->list[i].hash, i);
	}
	for (size_t i = 0; i < found->count; i++) {
		const struct selected *series = &found->list[i];
		const struct sample *last = &series->samples[series->count - 1];
		if (!is_stale(last->value) && id_map_find(&places, hash_of(series->labels), &at) &&
			is_new(&rule->list[at], scene))
			restore(&rule->list[at], last, scene);
	}
	id_map_release(&places);
}

/* Not all is seen at the first look after a start: what comes within so long is restored, too. What was written since the start is
 * not what was before. */
void rule_restore(struct rule_scene *scene)
{
	enum { RESTORE_MS = 60000 };
	struct live_rule *rule = scene->rule;
	struct selected_set found = {.count = 0};
	struct err ignored;
	char name[] = LABEL_NAME, series[] = "ALERTS_FOR_STATE", alert[] = "alertname";
	int64_t past_ms = scene->round->time_ms - scene->group->first_ms;
	struct matcher matchers[] = {{.op = MATCH_EQUAL, .name = name, .value = series},
		{.op = MATCH_EQUAL, .name = alert, .value = rule->spec.name}};
	const struct selection selection = {.matchers = matchers,
		.matcher_count = COUNT_OF(matchers),
		.from_ms = scene->writes->time_ms - RULE_OUTAGE_MS,
		.to_ms = scene->writes->time_ms - past_ms - 1,
		.last_only = true};
	bool is_due = !rule->is_restored || past_ms <= RESTORE_MS;
	rule->is_restored = true;
	rule_recall(scene);
	if (!is_due || !rule->spec.for_ms || !has_new(scene))
		return;
	if (scene->querier->select(scene->querier->context, &selection, &found, &ignored))
		restore_all(scene, &found);
	selected_set_release(&found);
}

/* ---- which fired ---- */

void rule_group_recall(struct rule_group *group, struct msg_alert *alert)
{
	group->recalled = grow(group->recalled, group->recalled_count, &group->recalled_room,
		sizeof(*group->recalled));
	group->recalled[group->recalled_count++] = alert;
}

/* It still holds, so it fires since then. */
static bool take(struct live_rule *rule, const struct msg_alert *alert)
{
	for (size_t i = 0; i < rule->count; i++) {
		struct active *active = &rule->list[i];
		if (active->id != alert->id || active->phase == ACTIVE_RESOLVED)
			continue;
		if (alert->since_ms < active->active_ms)
			active->active_ms = alert->since_ms;
		active->fired_ms = alert->fired_ms;
		return true;
	}
	return false;
}

static void drop(struct rule_group *group, size_t at)
{
	msg_free(MSG_alert, group->recalled[at]);
	group->recalled[at] = group->recalled[--group->recalled_count];
}

void rule_recall(struct rule_scene *scene)
{
	struct rule_group *group = scene->group;
	for (size_t i = group->recalled_count; i-- > 0;)
		if (take(scene->rule, group->recalled[i]))
			drop(group, i);
}

static struct labels *labels_of(const struct msg_alert *alert)
{
	autofree struct label *list = xcalloc(alert->labels_count + 1, sizeof(*list));
	for (size_t i = 0; i < alert->labels_count; i++)
		list[i] = (struct label){alert->labels[i].name, alert->labels[i].value};
	return labels_new(list, alert->labels_count);
}

/* All was asked since, and it does not hold: it is over. */
static void resolve(struct rule_scene *scene, const struct msg_alert *alert)
{
	struct labels *labels = labels_of(alert);
	struct active *active = active_add(scene->rule, labels_hash(labels), labels);
	active->id = alert->id;
	active->phase = ACTIVE_RESOLVED;
	active->active_ms = alert->since_ms;
	active->fired_ms = alert->fired_ms;
	active->resolved_ms = scene->round->time_ms;
	active->value = alert->value;
	const struct rule_texts *annotations = &scene->rule->spec.annotations;
	active->annotations = xcalloc(annotations->count + 1, sizeof(char *));
	for (size_t i = 0; i < annotations->count; i++) {
		const char *text = "";
		for (size_t j = 0; j < alert->annotations_count; j++)
			if (strcmp(alert->annotations[j].name, annotations->list[i].name) == 0)
				text = alert->annotations[j].value;
		active->annotations[i] = xstrdup(text);
	}
}

/* Rules of one name differ by the labels that they give. */
static bool is_of(const struct msg_alert *alert, const struct rule_spec *spec)
{
	if (strcmp(alert->rule, spec->name) != 0)
		return false;
	for (size_t i = 0; i < spec->labels.count; i++) {
		const char *text = spec->labels.list[i].text, *has = "";
		for (size_t j = 0; j < alert->labels_count; j++)
			if (strcmp(alert->labels[j].name, spec->labels.list[i].name) == 0)
				has = alert->labels[j].value;
		if (!strstr(text, "{{") && strcmp(text, has) != 0)
			return false;
	}
	return true;
}

void rule_recall_end(struct rule_scene *scene)
{
	struct rule_group *group = scene->group;
	const struct trouble *trouble = &scene->rule->trouble;
	if (!scene->rule->is_restored || (trouble->is_there && !trouble->resolved_ms))
		return; /* it was not evaluated yet */
	for (size_t i = group->recalled_count; i-- > 0;) {
		if (!is_of(group->recalled[i], &scene->rule->spec))
			continue;
		resolve(scene, group->recalled[i]);
		drop(group, i);
	}
}
