/* SPDX-License-Identifier: MIT */
/* The states of an alerting rule's alerts, evaluation by evaluation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/internal.h"
#include "core/alert/template/template.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/model/model.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"

static const char alert_name[] = "alertname", alert_state[] = "alertstate";

/* An element of the result as an alert. */
struct seen {
	struct labels *labels;
	uint64_t hash;
	double value;
	char **annotations;
};

struct seen_list {
	struct seen *list;
	size_t count;
	struct id_map places; /* by hash */
};

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; texts && i < count; i++)
		free(texts[i]);
	free(texts);
}

static void release_seen(struct seen_list *seen, size_t annotations)
{
	for (size_t i = 0; i < seen->count; i++) {
		labels_unref(seen->list[i].labels);
		free_texts(seen->list[i].annotations, annotations);
	}
	free(seen->list);
	id_map_release(&seen->places);
}

/* ---- making alerts of elements ---- */

static char *expand(const struct rule_scene *scene, const struct vector_sample *sample,
	const struct rule_text *text, unsigned flags)
{
	autostr struct str made = STR_INIT;
	struct str safe = STR_INIT;
	const struct template_scene of = {.labels = sample->labels,
		.value = sample->value,
		.query = rule_query,
		.context = (void *)(uintptr_t)scene};
	template_run(text->template, &of, &made);
	sanitize_as(&safe, made.text, made.length, flags);
	return str_detach(&safe);
}

/* Those of the element but its name, those of the rule over them, and what it is called. */
static struct labels *labels_of(const struct rule_scene *scene, const struct vector_sample *sample)
{
	const struct rule_texts *own = &scene->rule->spec.labels;
	size_t elements = sample->labels ? labels_count(sample->labels) : 0, count = 0;
	autofree struct label *list = xcalloc(elements + own->count + 1, sizeof(*list));
	autofree char **texts = xcalloc(own->count + 1, sizeof(*texts));
	for (size_t i = 0; i < elements; i++)
		if (strcmp(labels_at(sample->labels, i)->name, LABEL_NAME) != 0)
			list[count++] = *labels_at(sample->labels, i);
	for (size_t i = 0; i < own->count; i++) {
		texts[i] = expand(scene, sample, &own->list[i], 0);
		list[count++] = (struct label){own->list[i].name, texts[i]};
	}
	list[count++] = (struct label){alert_name, scene->rule->spec.name};
	struct labels *labels = labels_new(list, count);
	for (size_t i = 0; i < own->count; i++)
		free(texts[i]);
	return labels;
}

static bool look(struct rule_scene *scene, const struct query_result *result,
	struct seen_list *seen, struct err *err)
{
	const struct rule_texts *annotations = &scene->rule->spec.annotations;
	for (size_t i = 0; i < result->vector_count; i++) {
		const struct vector_sample *sample = &result->vector[i];
		struct seen *one = &seen->list[seen->count++];
		one->labels = labels_of(scene, sample);
		one->hash = labels_hash(one->labels);
		one->value = sample->value;
		if (!id_map_add(&seen->places, one->hash, i))
			return err_set(err, ERR_INVALID,
				"vector contains metrics with the same labelset after applying "
				"alert labels");
		one->annotations = xcalloc(annotations->count + 1, sizeof(char *));
		for (size_t j = 0; j < annotations->count; j++)
			one->annotations[j] =
				expand(scene, sample, &annotations->list[j], SANITIZE_ROWS);
	}
	return true;
}

/* ---- the list of those that are active ---- */

uint64_t active_id(const struct rule_group *group, const struct labels *labels)
{
	autostr struct str path = STR_INIT;
	str_addf(&path, "rulefile/%s/%s/", group->file, group->name);
	labels_text(labels, &path);
	return entity_id("alert", path.text);
}

static void clear_annotations(struct active *active)
{
	for (size_t i = 0; active->annotations && active->annotations[i]; i++)
		free(active->annotations[i]);
	free(active->annotations);
	active->annotations = NULL;
}

void active_release(struct active *active)
{
	labels_unref(active->labels);
	clear_annotations(active);
}

void active_drop(struct live_rule *rule, size_t at)
{
	if (rule->list[at].told) {
		rule->gone = grow(rule->gone, rule->gone_count, &rule->gone_room, sizeof(uint64_t));
		rule->gone[rule->gone_count++] = rule->list[at].id;
	}
	active_release(&rule->list[at]);
	rule->list[at] = rule->list[--rule->count];
}

struct active *active_add(struct live_rule *rule, uint64_t hash, struct labels *labels)
{
	rule->list = grow(rule->list, rule->count, &rule->room, sizeof(*rule->list));
	rule->list[rule->count] = (struct active){.hash = hash, .labels = labels};
	return &rule->list[rule->count++];
}

static void refresh(struct active *active, struct seen *seen, uint64_t round)
{
	active->value = seen->value;
	active->round = round;
	clear_annotations(active);
	active->annotations = seen->annotations;
	seen->annotations = NULL;
}

/* What is over and comes again begins anew. */
static void begin(struct active *active, int64_t time_ms)
{
	active->phase = ACTIVE_PENDING;
	active->active_ms = time_ms;
	active->fired_ms = active->kept_ms = active->resolved_ms = 0;
}

static void merge(struct rule_scene *scene, struct seen_list *seen)
{
	struct live_rule *rule = scene->rule;
	struct id_map places = {.count = 0};
	for (size_t i = 0; i < rule->count; i++) {
		bool is_new UNUSED = id_map_add(&places, rule->list[i].hash, i);
	}
	for (size_t i = 0; i < seen->count; i++) {
		struct seen *one = &seen->list[i];
		size_t at;
		bool is_there = id_map_find(&places, one->hash, &at);
		struct active *active =
			is_there ? &rule->list[at]
				 : active_add(rule, one->hash, labels_ref(one->labels));
		if (!is_there)
			active->id = active_id(scene->group, one->labels);
		if (!is_there || active->phase == ACTIVE_RESOLVED)
			begin(active, scene->round->time_ms);
		refresh(active, one, scene->group->rounds);
	}
	id_map_release(&places);
}

/* ---- steps ---- */

/* It was not seen. False: it is to be forgotten. */
static bool let_go(const struct rule_scene *scene, struct active *active)
{
	int64_t time_ms = scene->round->time_ms, keep_ms = scene->rule->spec.keep_ms;
	if (active->phase == ACTIVE_PENDING)
		return false;
	if (active->phase == ACTIVE_RESOLVED)
		return time_ms - active->resolved_ms <= RULE_RESOLVED_MS;
	if (keep_ms && !active->kept_ms)
		active->kept_ms = time_ms;
	if (keep_ms && time_ms - active->kept_ms < keep_ms)
		return true;
	active->phase = ACTIVE_RESOLVED;
	active->resolved_ms = time_ms;
	return true;
}

static void hold(const struct rule_scene *scene, struct active *active)
{
	int64_t time_ms = scene->round->time_ms;
	active->kept_ms = 0;
	if (active->phase != ACTIVE_PENDING ||
		time_ms - active->active_ms < scene->rule->spec.for_ms)
		return;
	active->phase = ACTIVE_FIRING;
	active->fired_ms = active->fired_ms ? active->fired_ms : time_ms;
}

static size_t step(struct rule_scene *scene)
{
	struct live_rule *rule = scene->rule;
	size_t live = 0;
	for (size_t i = rule->count; i-- > 0;) {
		struct active *active = &rule->list[i];
		if (active->round == scene->group->rounds)
			hold(scene, active);
		else if (!let_go(scene, active)) {
			active_drop(rule, i);
			continue;
		}
		live += rule->list[i].phase != ACTIVE_RESOLVED;
	}
	return live;
}

/* ---- ALERTS and ALERTS_FOR_STATE ---- */

static struct labels *written_labels(
	const struct active *active, const char *name, const char *state)
{
	size_t count = labels_count(active->labels);
	autofree struct label *list = xcalloc(count + 2, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i] = *labels_at(active->labels, i);
	list[count++] = (struct label){LABEL_NAME, name};
	if (state)
		list[count++] = (struct label){alert_state, state};
	return labels_new(list, count);
}

static void write_one(struct rule_scene *scene, struct active *active, unsigned which, double value)
{
	static const char *const names[WRITTEN] = {"ALERTS", "ALERTS", "ALERTS_FOR_STATE"};
	static const char *const states[WRITTEN] = {"pending", "firing", NULL};
	struct outputs *outputs = &scene->rule->outputs;
	uint64_t number = scene->group->rounds;
	if (active->keys[which] &&
		outputs_put(outputs, scene->writes, number, active->keys[which], value))
		return;
	struct labels *labels = written_labels(active, names[which], states[which]);
	active->keys[which] = labels_hash(labels);
	outputs_add(outputs, scene->writes, number, labels, value);
	labels_unref(labels);
}

static void write_all(struct rule_scene *scene)
{
	enum { SECOND_MS = 1000 };
	struct live_rule *rule = scene->rule;
	for (size_t i = 0; i < rule->count; i++) {
		struct active *active = &rule->list[i];
		if (active->phase == ACTIVE_RESOLVED)
			continue;
		write_one(scene, active,
			active->phase == ACTIVE_FIRING ? WRITTEN_FIRING : WRITTEN_PENDING, 1);
		write_one(
			scene, active, WRITTEN_STATE, floor((double)active->active_ms / SECOND_MS));
	}
	outputs_end(&rule->outputs, scene->writes, scene->group->rounds);
}

/* More than the limit: all of them are dropped. */
static bool drop_all(struct rule_scene *scene, size_t count, struct err *err)
{
	struct live_rule *rule = scene->rule;
	while (rule->count)
		active_drop(rule, rule->count - 1);
	outputs_end(&rule->outputs, scene->writes, scene->group->rounds);
	return err_set(err, ERR_LIMIT, "exceeded limit of %zu with %zu alerts", scene->group->limit,
		count);
}

bool rule_alert_take(struct rule_scene *scene, const struct query_result *result, struct err *err)
{
	size_t count = result->vector_count;
	if (count > RULE_ALERTS_MAX)
		return err_set(err, ERR_LIMIT, "it yields %zu alerts, at most %d are kept", count,
			RULE_ALERTS_MAX);
	struct seen_list seen = {.list = xcalloc(count + 1, sizeof(*seen.list))};
	bool good = look(scene, result, &seen, err);
	if (good) {
		merge(scene, &seen);
		rule_restore(scene);
		size_t live = step(scene);
		if (scene->group->limit && live > scene->group->limit)
			good = drop_all(scene, live, err);
		else
			write_all(scene);
	}
	release_seen(&seen, scene->rule->spec.annotations.count);
	return good;
}
