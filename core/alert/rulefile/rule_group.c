/* SPDX-License-Identifier: MIT */
#include "core/alert/rulefile/rule_group.h"

#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/internal.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/msg/msg.h"
#include "core/parse/regex.h"
#include "core/series/labels.h"
#include "core/series/promql/eval.h"
#include "core/series/promql/group.h"
#include "core/series/tsdb.h"

/* ---- which rules are evaluated together ---- */

static bool matches_name(const struct matcher *matcher, const char *name)
{
	bool is_pattern = matcher->op == MATCH_REGEX || matcher->op == MATCH_NOT_REGEX;
	bool is_so = is_pattern ? regex_match(matcher->regex, name, strlen(name), 0, NULL, NULL) !=
					  REGEX_NO
				: strcmp(matcher->value, name) == 0;
	return is_so == (matcher->op == MATCH_EQUAL || matcher->op == MATCH_REGEX);
}

static bool may_select(const struct expr *expr, const char *name)
{
	const struct expr *kid;
	bool may = expr->kind == EXPR_SELECTOR;
	for (size_t i = 0; may && i < expr->selector.matcher_count; i++)
		if (strcmp(expr->selector.matchers[i].name, LABEL_NAME) == 0)
			may = matches_name(&expr->selector.matchers[i], name);
	for (size_t i = 0; !may && (kid = expr_kid(expr, i)); i++)
		may = may_select(kid, name);
	return may;
}

static bool reads(const struct live_rule *rule, const struct live_rule *earlier)
{
	const struct expr *expr = rule->spec.expr;
	if (earlier->spec.is_record)
		return may_select(expr, earlier->spec.name);
	return may_select(expr, "ALERTS") || may_select(expr, "ALERTS_FOR_STATE");
}

static bool reads_one_of(const struct rule_group *group, size_t rule, size_t first)
{
	for (size_t i = first; i < rule; i++)
		if (reads(&group->rules[rule], &group->rules[i]))
			return true;
	return false;
}

static void end_batch(struct rule_group *group, size_t first, size_t end)
{
	struct expr **exprs = xcalloc(end - first + 1, sizeof(*exprs));
	for (size_t i = first; i < end; i++) {
		exprs[i - first] = group->rules[i].spec.expr;
		group->rules[i].spec.expr = NULL;
	}
	group->batches =
		xreallocarray(group->batches, group->batch_count + 1, sizeof(*group->batches));
	group->batches[group->batch_count++] =
		(struct batch){first, end - first, promql_group_new(exprs, end - first)};
	free(exprs);
}

/* All of them are looked at before the first goes. */
static void make_batches(struct rule_group *group)
{
	autofree bool *begins = xcalloc(group->count + 1, sizeof(*begins));
	size_t first = 0;
	for (size_t i = 1; i < group->count; i++)
		if (reads_one_of(group, i, first)) {
			begins[i] = true;
			first = i;
		}
	begins[group->count] = true;
	first = 0;
	for (size_t i = 1; i <= group->count; i++)
		if (begins[i]) {
			end_batch(group, first, i);
			first = i;
		}
}

/* ---- the group ---- */

static uint64_t key_of(const struct rule_spec *spec)
{
	uint64_t hash = hash64_text(HASH64_BEGIN, spec->is_record ? "record " : "alert ");
	hash = hash64_text(hash, spec->name);
	for (size_t i = 0; i < spec->labels.count; i++) {
		hash = hash64_byte(hash, 0);
		hash = hash64_text(hash, spec->labels.list[i].name);
		hash = hash64_byte(hash, 0);
		hash = hash64_text(hash, spec->labels.list[i].text);
	}
	return hash;
}

struct rule_group *rule_group_new(struct rule_group_spec *spec)
{
	struct rule_group *group = xcalloc(1, sizeof(*group));
	*group = (struct rule_group){.file = spec->file,
		.name = spec->name,
		.interval_ms = spec->interval_ms,
		.offset_ms = spec->offset_ms,
		.limit = spec->limit,
		.rules = xcalloc(spec->count + 1, sizeof(*group->rules)),
		.count = spec->count};
	for (size_t i = 0; i < spec->count; i++) {
		group->rules[i].spec = spec->rules[i];
		group->rules[i].key = key_of(&spec->rules[i]);
	}
	spec->count = 0;
	spec->file = spec->name = NULL;
	rule_group_spec_release(spec);
	make_batches(group);
	return group;
}

static void release_rule(struct live_rule *rule)
{
	while (rule->count)
		active_release(&rule->list[--rule->count]);
	free(rule->list);
	free(rule->gone);
	outputs_release(&rule->outputs);
	struct rule_group_spec spec = {
		.rules = xmemdup(&rule->spec, sizeof(rule->spec)), .count = 1};
	rule_group_spec_release(&spec);
}

void rule_group_free(struct rule_group *group)
{
	if (!group)
		return;
	rule_group_free(group->old);
	for (size_t i = 0; i < group->batch_count; i++)
		promql_group_free(group->batches[i].exprs);
	for (size_t i = 0; i < group->count; i++)
		release_rule(&group->rules[i]);
	for (size_t i = 0; i < group->recalled_count; i++)
		msg_free(MSG_alert, group->recalled[i]);
	free(group->recalled);
	free(group->batches);
	free(group->rules);
	free(group->file);
	free(group->name);
	id_map_release(&group->reads.places);
	free(group);
}

const char *rule_group_file(const struct rule_group *group)
{
	return group->file;
}

const char *rule_group_name(const struct rule_group *group)
{
	return group->name;
}

int64_t rule_group_interval_ms(const struct rule_group *group)
{
	return group->interval_ms;
}

size_t rule_group_failing(const struct rule_group *group)
{
	return group->failing;
}

/* ---- a reload ---- */

/* A firing one that is younger than the new `for` waits again. */
static void demote(struct live_rule *rule, int64_t last_ms)
{
	for (size_t i = 0; i < rule->count; i++) {
		struct active *active = &rule->list[i];
		if (active->phase != ACTIVE_FIRING ||
			last_ms - active->active_ms >= rule->spec.for_ms)
			continue;
		active->phase = ACTIVE_PENDING;
		active->fired_ms = 0;
	}
}

/* Annotations are in the order of the new rule. */
static void drop_annotations(struct live_rule *rule)
{
	for (size_t i = 0; i < rule->count; i++) {
		char **texts = rule->list[i].annotations;
		for (size_t j = 0; texts && texts[j]; j++)
			free(texts[j]);
		free(texts);
		rule->list[i].annotations = NULL;
	}
}

static bool same_annotations(const struct rule_texts *one, const struct rule_texts *other)
{
	bool same = one->count == other->count;
	for (size_t i = 0; same && i < one->count; i++)
		same = strcmp(one->list[i].name, other->list[i].name) == 0;
	return same;
}

static void move(struct live_rule *to, struct live_rule *from, int64_t last_ms)
{
	to->list = from->list;
	to->count = from->count;
	to->room = from->room;
	to->outputs = from->outputs;
	to->trouble = from->trouble;
	to->gone = from->gone;
	to->gone_count = from->gone_count;
	to->gone_room = from->gone_room;
	to->is_restored = from->is_restored;
	from->list = NULL;
	from->gone = NULL;
	from->count = from->room = from->gone_count = from->gone_room = 0;
	from->outputs = (struct outputs){.count = 0};
	from->trouble = (struct trouble){.is_there = false};
	if (!same_annotations(&to->spec.annotations, &from->spec.annotations))
		drop_annotations(to);
	demote(to, last_ms);
}

void rule_group_adopt(struct rule_group *group, struct rule_group *old)
{
	autofree bool *taken = xcalloc(old->count + 1, sizeof(*taken));
	for (size_t i = 0; i < group->count; i++)
		for (size_t j = 0; j < old->count; j++) {
			if (taken[j] || group->rules[i].key != old->rules[j].key)
				continue;
			taken[j] = true;
			move(&group->rules[i], &old->rules[j], old->last_ms);
			break;
		}
	group->rounds = old->rounds;
	group->first_ms = old->first_ms;
	group->last_ms = old->last_ms;
	group->old = old;
	struct msg_alert **recalled = group->recalled;
	group->recalled = old->recalled;
	group->recalled_count = old->recalled_count;
	group->recalled_room = old->recalled_room;
	old->recalled = recalled;
	old->recalled_count = old->recalled_room = 0;
}

/* ---- what it reads ---- */

uint64_t rule_source(const char *label, const char *value)
{
	return hash64_text(hash64_byte(hash64_text(HASH64_BEGIN, label), 0), value);
}

static void count_source(struct reads *reads, const struct labels *labels)
{
	static const char *const names[] = {"bot", "instance"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *value = labels_get(labels, names[i]);
		size_t place;
		if (!*value)
			continue;
		uint64_t source = rule_source(names[i], value);
		if (id_map_find(&reads->places, source, &place)) {
			reads->counts[place]++;
		} else if (reads->count < COUNT_OF(reads->counts)) {
			bool is_new UNUSED = id_map_add(&reads->places, source, reads->count);
			reads->counts[reads->count++] = 1;
		}
	}
}

static bool select_counted(
	void *context, const struct selection *selection, struct selected_set *ret, struct err *err)
{
	struct reads *reads = context;
	if (!reads->inner->select(reads->inner->context, selection, ret, err))
		return false;
	for (size_t i = 0; reads->is_counting && i < ret->count; i++)
		count_source(reads, ret->list[i].labels);
	return true;
}

/* Often at first, then now and then. */
static void begin_reads(struct rule_group *group, const struct querier *querier)
{
	enum { FIRST = 10, EVERY = 20 };
	struct reads *reads = &group->reads;
	reads->inner = querier;
	reads->is_counting = group->rounds < FIRST || group->rounds % EVERY == 0;
	if (!reads->is_counting)
		return;
	id_map_clear(&reads->places);
	reads->count = 0;
}

size_t rule_group_reads(const struct rule_group *group, uint64_t source)
{
	size_t place;
	return id_map_find(&group->reads.places, source, &place) ? group->reads.counts[place] : 0;
}

/* ---- evaluating ---- */

static struct eval_options options_of(const struct rule_scene *scene)
{
	return (struct eval_options){.start_ms = scene->writes->time_ms,
		.end_ms = scene->writes->time_ms,
		.limits = {.samples = RULE_SAMPLES_MAX, .time_ms = RULE_TIME_MS},
		.clock = scene->round->clock,
		.cancelled = scene->round->cancelled};
}

bool rule_query(void *context, const char *query, struct query_result *ret, struct err *err)
{
	const struct rule_scene *scene = context;
	const struct eval_options options = options_of(scene);
	struct expr *expr = promql_parse(query, strlen(query), NULL, err);
	bool good = expr && promql_eval(expr, scene->querier, &options, ret, NULL, err);
	expr_free(expr);
	return good && (ret->type == VALUE_VECTOR || ret->type == VALUE_SCALAR ||
			       err_set(err, ERR_INVALID, "a vector or a number is wanted"));
}

/* A number is a vector of one element without labels. */
static void make_vector(struct query_result *result)
{
	if (result->type != VALUE_SCALAR)
		return;
	result->vector = xcalloc(1, sizeof(*result->vector));
	result->vector[0] = (struct vector_sample){labels_new(NULL, 0), result->scalar};
	result->vector_count = 1;
	result->type = VALUE_VECTOR;
}

static void note_trouble(struct live_rule *rule, const struct err *err, int64_t time_ms)
{
	struct trouble *trouble = &rule->trouble;
	if (!err) {
		if (trouble->is_there && !trouble->resolved_ms)
			trouble->resolved_ms = time_ms;
		return;
	}
	if (!trouble->is_there || trouble->resolved_ms)
		trouble->since_ms = time_ms;
	trouble->is_there = true;
	trouble->resolved_ms = 0;
	trouble->err = *err;
}

static void take_result(struct rule_scene *scene, struct group_result *result)
{
	struct live_rule *rule = scene->rule;
	bool good = result->is_good;
	if (!good && result->err.code == ERR_CANCELLED)
		return; /* the engine leaves, or reads its files again */
	if (good) {
		make_vector(&result->value);
		good = rule->spec.is_record ? rule_record_take(scene, &result->value, &result->err)
					    : rule_alert_take(scene, &result->value, &result->err);
	}
	scene->group->failing += !good;
	note_trouble(rule, good ? NULL : &result->err, scene->round->time_ms);
}

static void run_batch(struct rule_scene *scene, const struct batch *batch)
{
	struct rule_group *group = scene->group;
	const struct eval_options options = options_of(scene);
	const struct querier counted = {.select = select_counted, .context = &group->reads};
	struct group_result *results = xcalloc(batch->count + 1, sizeof(*results));
	promql_group_eval(batch->exprs, &counted, &options, results);
	for (size_t i = 0; i < batch->count; i++) {
		scene->rule = &group->rules[batch->first + i];
		take_result(scene, &results[i]);
	}
	group_results_release(results, batch->count);
	free(results);
}

static void end_recalled(struct rule_scene *scene)
{
	enum { WAIT_MS = 30000, ROUNDS_LEAST = 2 };
	struct rule_group *group = scene->group;
	if (!group->recalled_count || group->rounds < ROUNDS_LEAST ||
		scene->round->time_ms - group->first_ms < WAIT_MS)
		return;
	for (size_t i = 0; i < group->count; i++) {
		scene->rule = &group->rules[i];
		rule_recall_end(scene);
	}
}

/* What a reload left of the group before. */
static void end_old(
	struct telling *telling, struct rule_group *group, const struct rule_round *writes)
{
	struct rule_group *old = group->old;
	group->old = NULL;
	for (size_t i = 0; old && i < old->count; i++) {
		tell_gone(telling, &old->rules[i]);
		outputs_end(&old->rules[i].outputs, writes, UINT64_MAX);
	}
	rule_group_free(old);
}

void rule_group_run(struct rule_group *group, const struct rule_round *round)
{
	struct telling telling;
	struct rule_round writes = *round;
	int64_t begun_us = clock_cost_us();
	writes.time_ms = round->asked_ms - group->offset_ms;
	struct rule_scene scene = {
		.group = group, .round = round, .writes = &writes, .querier = round->querier};
	group->first_ms = group->rounds++ ? group->first_ms : round->time_ms;
	group->last_ms = round->time_ms;
	group->failing = 0;
	begin_reads(group, round->querier);
	tell_begin(&telling, group, round);
	end_old(&telling, group, &writes);
	for (size_t i = 0; i < group->batch_count; i++)
		run_batch(&scene, &group->batches[i]);
	end_recalled(&scene);
	for (size_t i = 0; i < group->count; i++)
		tell_rule(&telling, &group->rules[i]);
	tell_end(&telling, (double)(clock_cost_us() - begun_us) / 1000);
}

void rule_group_end(struct rule_group *group, const struct rule_round *round)
{
	struct telling telling;
	struct rule_round writes = *round;
	writes.time_ms = round->asked_ms - group->offset_ms;
	tell_begin(&telling, group, round);
	end_old(&telling, group, &writes);
	for (size_t i = 0; i < group->count; i++) {
		tell_gone(&telling, &group->rules[i]);
		outputs_end(&group->rules[i].outputs, &writes, UINT64_MAX);
	}
	group->failing = 0;
	tell_end(&telling, 0);
}
