/* SPDX-License-Identifier: MIT */
#include "core/engine/exposition_turns.h"

#include "core/base/str.h"
#include "core/engine/cost.h"
#include "core/msg/msg.h"

static void write_head(const char *name, const char *type, const char *help, struct str *to)
{
	str_addf(to, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

struct histogram {
	const char *name, *help;
	const double *counts;
	size_t count;
	double sum_s;
};

static void write_histogram(const struct histogram *it, const char *labels, struct str *to)
{
	double total = 0;
	write_head(it->name, "histogram", it->help, to);
	if (it->count != COST_BOUNDS + 1)
		return;
	for (size_t i = 0; i < COST_BOUNDS; i++) {
		total += it->counts[i];
		str_addf(to, "%s_bucket{%s,le=\"%.15g\"} %.15g\n", it->name, labels,
			cost_bound_s(i), total);
	}
	total += it->counts[COST_BOUNDS];
	str_addf(to, "%s_bucket{%s,le=\"+Inf\"} %.15g\n", it->name, labels, total);
	str_addf(to, "%s_sum{%s} %.15g\n", it->name, labels, it->sum_s);
	str_addf(to, "%s_count{%s} %.15g\n", it->name, labels, total);
}

static void write_watch(const struct msg_engine *engine, const char *labels, struct str *to)
{
	const struct histogram it = {.name = "botswain_engine_turn_seconds",
		.help = "its turns by how long they took, waiting left out",
		.counts = engine->turn_counts,
		.count = engine->turn_counts_count,
		.sum_s = engine->turn_s};
	write_histogram(&it, labels, to);
}

static void write_cpu(const struct msg_engine *engine, const char *labels, struct str *to)
{
	const struct histogram it = {.name = "botswain_engine_turn_cpu_seconds",
		.help = "the same turns by the processor time that they used",
		.counts = engine->turn_cpu_counts,
		.count = engine->turn_cpu_counts_count,
		.sum_s = engine->turn_cpu_s};
	write_histogram(&it, labels, to);
}

static void write_stages(const struct msg_engine *engine, const char *labels, struct str *to)
{
	static const char name[] = "botswain_engine_turn_stage_seconds_total";
	write_head(name, "counter", "what the stages of its turns took", to);
	for (size_t i = 0; i < engine->turn_stages_count; i++)
		str_addf(to, "%s{%s,stage=\"%s\"} %.15g\n", name, labels,
			engine->turn_stages[i].name, engine->turn_stages[i].value);
}

static void write_refused(const struct msg_engine *engine, const char *labels, struct str *to)
{
	static const char name[] = "botswain_tsdb_refused_total";
	write_head(name, "counter", "samples that the store of metrics refused", to);
	for (size_t i = 0; i < engine->tsdb_refused_count; i++)
		str_addf(to, "%s{%s,reason=\"%s\"} %.15g\n", name, labels,
			engine->tsdb_refused[i].name, engine->tsdb_refused[i].value);
}

bool exposition_turns(
	const struct msg_engine *engine, const char *labels, size_t index, struct str *to)
{
	static void (*const families[])(const struct msg_engine *, const char *, struct str *) = {
		write_watch, write_cpu, write_stages, write_refused};
	if (index >= COUNT_OF(families))
		return false;
	if (engine)
		families[index](engine, labels, to);
	return true;
}
