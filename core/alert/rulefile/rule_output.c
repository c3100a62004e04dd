/* SPDX-License-Identifier: MIT */
/* What a rule writes into the store: each series until it is not yielded any more, then it ends at once. And recording rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/internal.h"
#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"
#include "core/series/tsdb.h"

static void append(struct output *output, const struct rule_round *round, double value)
{
	if (output->series)
		(void)tsdb_append(output->series, round->time_ms, value);
}

bool outputs_put(struct outputs *outputs, const struct rule_round *round, uint64_t number,
	uint64_t key, double value)
{
	size_t place;
	if (!id_map_find(&outputs->places, key, &place))
		return false;
	outputs->list[place].round = number;
	append(&outputs->list[place], round, value);
	return true;
}

void outputs_add(struct outputs *outputs, const struct rule_round *round, uint64_t number,
	const struct labels *labels, double value)
{
	uint64_t key = labels_hash(labels);
	struct err ignored; /* the store counts it */
	if (outputs_put(outputs, round, number, key, value))
		return;
	outputs->list = grow(outputs->list, outputs->count, &outputs->room, sizeof(*outputs->list));
	outputs->list[outputs->count] = (struct output){
		.key = key, .series = tsdb_refer(round->tsdb, labels, &ignored), .round = number};
	append(&outputs->list[outputs->count], round, value);
	bool is_new UNUSED = id_map_add(&outputs->places, key, outputs->count);
	outputs->count++;
}

void outputs_end(struct outputs *outputs, const struct rule_round *round, uint64_t number)
{
	size_t left = 0;
	for (size_t i = 0; i < outputs->count; i++) {
		struct output output = outputs->list[i];
		if (output.round == number) {
			outputs->list[left++] = output;
			continue;
		}
		append(&output, round, stale_value());
		tsdb_release(output.series);
	}
	if (left == outputs->count)
		return;
	outputs->count = left;
	id_map_clear(&outputs->places);
	for (size_t i = 0; i < left; i++) {
		bool is_new UNUSED = id_map_add(&outputs->places, outputs->list[i].key, i);
	}
}

void outputs_release(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		tsdb_release(outputs->list[i].series);
	free(outputs->list);
	id_map_release(&outputs->places);
	*outputs = (struct outputs){.count = 0};
}

/* ---- recording rules ---- */

/* Those of the element but its name, and those of the rule over them. */
static struct labels *labels_of(const struct live_rule *rule, const struct labels *element)
{
	size_t count = 0, most = (element ? labels_count(element) : 0) + RULE_LABELS_MAX + 1;
	autofree struct label *list = xcalloc(most, sizeof(*list));
	for (size_t i = 0; element && i < labels_count(element); i++)
		list[count++] = *labels_at(element, i);
	for (size_t i = 0; i < rule->spec.labels.count; i++)
		list[count++] = (struct label){
			rule->spec.labels.list[i].name, rule->spec.labels.list[i].text};
	list[count++] = (struct label){LABEL_NAME, rule->spec.name};
	return labels_new(list, count);
}

struct recorded {
	struct labels *labels;
	double value;
};

static bool gather(const struct live_rule *rule, const struct query_result *result,
	struct recorded *list, struct err *err)
{
	struct id_map seen = {.count = 0};
	bool good = true;
	for (size_t i = 0; i < result->vector_count; i++) {
		const struct vector_sample *sample = &result->vector[i];
		list[i] = (struct recorded){labels_of(rule, sample->labels), sample->value};
		good &= id_map_add(&seen, labels_hash(list[i].labels), i);
	}
	id_map_release(&seen);
	return good || err_set(err, ERR_INVALID,
			       "vector contains metrics with the same labelset after applying "
			       "rule labels");
}

bool rule_record_take(struct rule_scene *scene, const struct query_result *result, struct err *err)
{
	struct live_rule *rule = scene->rule;
	size_t count = result->vector_count, limit = scene->group->limit;
	if (limit && count > limit)
		return err_set(
			err, ERR_LIMIT, "exceeded limit of %zu with %zu series", limit, count);
	autofree struct recorded *list = xcalloc(count + 1, sizeof(*list));
	bool good = gather(rule, result, list, err);
	for (size_t i = 0; i < count; i++) {
		if (good)
			outputs_add(&rule->outputs, scene->writes, scene->group->rounds,
				list[i].labels, list[i].value);
		labels_unref(list[i].labels);
	}
	if (good)
		outputs_end(&rule->outputs, scene->writes, scene->group->rounds);
	return good;
}
