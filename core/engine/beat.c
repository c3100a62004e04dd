/* SPDX-License-Identifier: MIT */
#include "core/engine/beat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/base/redact.h"
#include "core/conf/settings.h"
#include "core/events/directory.h"
#include "core/alert/alert.h"
#include "core/act/act.h"
#include "core/store/ledger.h"
#include "core/collect/collect.h"
#include "core/engine/black_box.h"
#include "core/engine/checks.h"
#include "core/engine/digest.h"
#include "core/engine/event_history.h"
#include "core/engine/indexer.h"
#include "core/engine/internal.h"
#include "core/engine/journal.h"
#include "core/engine/judge.h"
#include "core/engine/leave.h"
#include "core/engine/metrics.h"
#include "core/engine/recall.h"
#include "core/engine/rules.h"
#include "core/engine/server.h"
#include "core/engine/tell.h"
#include "core/engine/metrics.h"
#include "core/engine/tidy.h"
#include "core/series/tsdb.h"

enum {
	CPU_SPAN = 5, /* beats over which CPU is averaged, and memory is looked at once */
	COST_BEATS =
		10, /* from one time that the turns' figures are shown to the next: to clients they are bytes */
};

static int64_t cpu_used_us(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* Second field of statm, in pages; rounded so that the state does not change for a page. */
static uint64_t resident_bytes(void)
{
	unsigned long long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE) >> 16 << 16;
}

static double own_cpu_percent(struct engine *engine)
{
	struct usage *usage = &engine->usage;
	struct usage_sample now = {.cost_us = clock_cost_us(), .cpu_us = cpu_used_us()};
	const struct usage_sample *then = &usage->samples[usage->count % CPU_SPAN];
	if (usage->count < CPU_SPAN)
		then = &usage->samples[0];
	int64_t span_us = now.cost_us - then->cost_us;
	double percent = usage->count && span_us > 0
				 ? (double)(now.cpu_us - then->cpu_us) * 100 / (double)span_us
				 : NAN;
	usage->samples[usage->count++ % CPU_SPAN] = now;
	return round(percent * 10) / 10;
}

static void show_histogram(
	const struct cost_histogram *histogram, double **counts, size_t *count, double *ret_seconds)
{
	free(*counts);
	*count = COUNT_OF(histogram->counts);
	*counts = xcalloc(*count, sizeof(**counts));
	for (size_t i = 0; i < *count; i++)
		(*counts)[i] = (double)histogram->counts[i];
	*ret_seconds = (double)histogram->sum_us / 1e6;
}

static void show_stages(const struct cost *cost, struct msg_engine *entity)
{
	for (unsigned i = 0; i < STAGE_COUNT; i++) {
		struct msg_sample *stage =
			i < entity->turn_stages_count
				? &entity->turn_stages[i]
				: msg_add(entity->turn_stages, &entity->turn_stages_count);
		msg_set(&stage->name, turn_stage_name((enum turn_stage)i));
		stage->value = (double)cost->stages_us[i] / 1e6;
	}
}

/* Every client gets the whole entity when one of its figures has changed. */
static void fill_cost(struct engine *engine, struct msg_engine *entity)
{
	const struct cost *cost = &engine->cost;
	unsigned beat = engine->beats++;
	if (beat > 1 && beat % COST_BEATS)
		return;
	struct cost_figures figures = cost_figures(cost);
	entity->turn_p50_ms = figures.p50_ms;
	entity->turn_p99_ms = figures.p99_ms;
	entity->turn_max_ms = figures.max_ms;
	msg_set(&entity->turn_max_stage, figures.max_stage);
	show_histogram(
		&cost->watch, &entity->turn_counts, &entity->turn_counts_count, &entity->turn_s);
	show_histogram(&cost->cpu, &entity->turn_cpu_counts, &entity->turn_cpu_counts_count,
		&entity->turn_cpu_s);
	show_stages(cost, entity);
	entity->sent_bytes = server_sent_bytes(engine->server);
}

static void fill_files(const struct engine *engine, struct msg_engine *entity)
{
	struct indexer_progress progress = indexer_progress(engine->events);
	entity->index_segments = progress.segments;
	entity->index_done = progress.done;
	entity->index_runs = engine->events_looked_at && progress.done < progress.segments &&
			     event_directory_has_room(engine->events);
	entity->events_in_place = engine->events_in_place;
}

static void add_refused(struct msg_engine *entity, const char *why, uint64_t count)
{
	struct msg_sample *sample = msg_add(entity->tsdb_refused, &entity->tsdb_refused_count);
	msg_set(&sample->name, why);
	sample->value = (double)count;
}

static void fill_metrics(struct engine *engine, struct msg_engine *entity)
{
	struct tsdb_statistics figures;
	metrics_figures(engine->metrics, &figures);
	entity->tsdb_series = figures.series;
	entity->tsdb_chunks = figures.chunks;
	entity->tsdb_samples = figures.samples_memory + figures.samples_disk;
	entity->tsdb_bytes = figures.bytes_memory;
	entity->tsdb_disk_bytes = figures.bytes_disk;
	entity->tsdb_oldest_ms = figures.oldest_ms == INT64_MAX ? 0 : figures.oldest_ms;
	for (size_t i = 0; i < entity->tsdb_refused_count; i++)
		msg_release(MSG_sample, &entity->tsdb_refused[i]);
	entity->tsdb_refused_count = 0;
	add_refused(entity, "series", figures.refused_series);
	add_refused(entity, "memory", figures.refused[TSDB_NO_ROOM]);
	add_refused(entity, "old", figures.refused[TSDB_OLD]);
	add_refused(entity, "twice", figures.refused[TSDB_AGAIN]);
	add_refused(entity, "time", figures.refused[TSDB_BAD_TIME]);
	entity->dropped += figures.refused_series + figures.refused[TSDB_NO_ROOM];
}

static void fill_figures(struct engine *engine, struct msg_engine *entity)
{
	entity->cpu_percent = own_cpu_percent(engine);
	if (engine->usage.count % CPU_SPAN == 1)
		entity->rss_bytes = resident_bytes();
	fill_cost(engine, entity);
	entity->clients = server_clients(engine->server);
	entity->dropped = engine->dropped + mailbox_dropped(engine->mailbox);
	fill_metrics(engine, entity);
	entity->store_bytes = event_directory_bytes(engine->events);
	entity->store_limit_bytes = engine->settings->event_bytes;
	event_history_show(engine, entity);
	fill_files(engine, entity);
	entity->checking_done = engine->checking_done;
	entity->checking_total = engine->checking_total;
	tell_show(engine, entity);
	rules_show(engine->rules, entity);
	msg_set(&entity->config_error, engine->config_error);
	msg_set(&entity->leaving, engine->leaving);
	recall_show(engine, entity);
	black_box_fill(engine, entity);
	if (engine->ledger_error[0])
		msg_set(&entity->ledger_error, engine->ledger_error);
}

static void fill_identity(const struct engine *engine, struct msg_engine *entity)
{
	const struct settings *settings = engine->settings;
	msg_set(&entity->environment, settings->environment);
	msg_set(&entity->write, engine->options.read_only ? write_mode_word(WRITE_READ_ONLY)
							  : write_mode_word(settings->write));
	autofree char *undriven = act_undriven_verbs(settings);
	msg_set(&entity->undriven, undriven);
	entity->started_ms = engine->started_ms;
	entity->pid = entity->pid ? entity->pid : (uint64_t)getpid();
	entity->own = engine->options.own;
	msg_set(&entity->config, settings->path);
}

void beat_begin(struct engine *engine)
{
	struct msg_engine *entity = draft_make(engine, MSG_engine, 1);
	fill_identity(engine, entity);
	fill_figures(engine, entity);
	black_box_show(engine, entity);
	drafts_commit(engine);
}

/* Sums over the fleet, for its chart. */
static void record_fleet(struct engine *engine)
{
	struct fleet_sums sums = facts_sums(engine->facts);
	digest_record(engine, 0, "botswain_updates_per_second", "", "", sums.updates_per_s);
	digest_record(engine, 0, "botswain_pending_updates", "", "", sums.pending);
	for (unsigned i = 0; i <= SEVERITY_CRIT; i++)
		digest_record(engine, 0, "botswain_bots", "severity", severity_word(i),
			sums.severities[i]);
}

static void record_self(struct engine *engine)
{
	const struct msg_engine *entity = model_engine(engine->model);
	const struct {
		const char *name;
		double value;
	} own[] = {
		{"botswain_cpu_percent", entity->cpu_percent},
		{"botswain_resident_memory_bytes", (double)entity->rss_bytes},
		{"botswain_turn_p99_ms", entity->turn_p99_ms},
		{"botswain_clients", (double)entity->clients},
		{"botswain_dropped_total", (double)entity->dropped},
		{"botswain_unknown_observations_total", (double)engine->strangers},
		{"botswain_refused_samples_total", (double)engine->refused_samples},
		{"botswain_event_store_bytes", (double)entity->store_bytes},
		{"botswain_tsdb_series", (double)entity->tsdb_series},
		{"botswain_tsdb_bytes", (double)entity->tsdb_bytes},
		{"botswain_tsdb_oldest_timestamp_seconds",
			entity->tsdb_oldest_ms ? (double)entity->tsdb_oldest_ms / 1000 : NAN},
	};
	for (size_t i = 0; i < COUNT_OF(own); i++)
		digest_record(engine, 0, own[i].name, "", "", own[i].value);
}

static void record_rules(struct engine *engine)
{
	const struct msg_engine *entity = model_engine(engine->model);
	if (!entity->rules && !entity->rules_refused)
		return;
	digest_record(engine, 0, "botswain_rules", "", "", (double)entity->rules);
	digest_record(engine, 0, "botswain_rules_refused", "", "", (double)entity->rules_refused);
	digest_record(engine, 0, "botswain_rules_failing", "", "", (double)entity->rules_failing);
	digest_record(engine, 0, "botswain_rule_groups_missed_total", "", "",
		(double)entity->rules_missed);
}

/* What an operation works on is looked at more often: its outcome is what is observed. */
static void hurry_busy(const struct engine *engine)
{
	for (size_t i = 0; engine->collect && i < facts_count(engine->facts); i++)
		if (facts_is_busy(engine->facts, i))
			collect_hurry(engine->collect, facts_at(engine->facts, i)->name);
}

/* Secrets are read by the workers, one by one: whoever writes text gets to know them here, and windows
 * that may show one are sent again. */
static void renew_redactor(struct engine *engine)
{
	if (!engine->collect)
		return;
	struct redactor *redactor = collect_redactor(engine->collect);
	act_redact_with(engine->act, redactor);
	journal_redact_with(engine->book, redactor);
	if (engine->ledger)
		ledger_redact_with(engine->ledger, redactor);
	engine->redactor_changes += redactor != engine->redactor;
	redactor_unref(engine->redactor);
	engine->redactor = redactor;
}

void beat(struct engine *engine)
{
	if (now_mono(engine) < engine->beat_mono_ms)
		return;
	engine->beat_mono_ms = now_mono(engine) + BEAT_MS;
	judge_sources(engine);
	checks_look(engine);
	alerts_turn(engine->alerts);
	tell_beat(engine);
	engine->event_changes += event_directory_weigh(engine->events);
	event_directory_trim(engine->events);
	engine->events_looked_at &= server_clients(engine->server) > 0;
	indexer_look(engine->indexer, engine->events, engine->events_looked_at);
	judge_begin(engine);
	beat_begin(engine);
	record_fleet(engine);
	record_self(engine);
	lines_beat(engine);
	record_rules(engine);
	hurry_busy(engine);
	renew_redactor(engine);
	systemd_beat(engine);
	if (!leave_displaced(engine))
		server_keep_door(engine->server);
	tidy_beat(engine);
	reap_left();
}
