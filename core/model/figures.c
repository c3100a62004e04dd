/* SPDX-License-Identifier: MIT */
#include "core/model/figures.h"

/* clang-format off */
#define SOURCE_FIGURES(FIELD) FIELD(ok_ms) FIELD(latency_ms) FIELD(next_ms)
#define SERVICE_FIGURES(FIELD) \
	FIELD(at_ms) FIELD(latency_ms) FIELD(used_bytes) FIELD(max_bytes) FIELD(clients) FIELD(max_clients) FIELD(rate) \
	FIELD(slow_ms) FIELD(lag) FIELD(uptime_s) FIELD(hit_ratio) FIELD(blocked) FIELD(details) FIELD(details_count)
#define ENGINE_FIGURES(FIELD) \
	FIELD(cpu_percent) FIELD(rss_bytes) FIELD(turn_p99_ms) FIELD(store_bytes) FIELD(history_bytes) FIELD(recording_from_ms) \
	FIELD(recording_bytes) FIELD(turn_p50_ms) FIELD(turn_max_ms) FIELD(turn_max_stage) FIELD(turn_counts) \
	FIELD(turn_counts_count) FIELD(turn_s) FIELD(turn_cpu_counts) FIELD(turn_cpu_counts_count) FIELD(turn_cpu_s) \
	FIELD(turn_stages) FIELD(turn_stages_count) FIELD(sent_bytes)
/* clang-format on */

/* The lists and texts stay theirs: these copies are only read. */
#define FIELD(name) a.name = b->name;
static bool is_same_source(const void *old, const void *new)
{
	struct msg_source a = *(const struct msg_source *)old;
	const struct msg_source *b = new;
	SOURCE_FIGURES(FIELD)
	return msg_equal(MSG_source, &a, b, true);
}

static bool is_same_service(const void *old, const void *new)
{
	struct msg_service a = *(const struct msg_service *)old;
	const struct msg_service *b = new;
	SERVICE_FIGURES(FIELD)
	return msg_equal(MSG_service, &a, b, true);
}

static bool is_same_engine(const void *old, const void *new)
{
	struct msg_engine a = *(const struct msg_engine *)old;
	const struct msg_engine *b = new;
	ENGINE_FIGURES(FIELD)
	return msg_equal(MSG_engine, &a, b, true);
}
#undef FIELD

static const struct {
	enum msg_kind kind;
	bool (*is_same)(const void *old, const void *new);
} kinds[] = {
	{MSG_source, is_same_source}, {MSG_service, is_same_service}, {MSG_engine, is_same_engine}};

bool figures_are_all(enum msg_kind kind, const void *old, const void *new)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].is_same(old, new);
	return false;
}
