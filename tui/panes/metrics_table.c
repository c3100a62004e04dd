/* SPDX-License-Identifier: MIT */
/* The charts of Metrics: expressions with a title and a unit. */
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tui/panes/metrics.h"

/* clang-format off */
static const struct metric metrics[] = {
	{"updates", "updates/s of the fleet", "botswain_updates_per_second", false, "/s"},
	{"pending", "pending updates of the fleet", "botswain_pending_updates", false, ""},
	{"states", "bots by state", "botswain_bots{severity=~\"crit|warn|unknown\"}", false, ""},
	{"bot-updates", "updates/s of %s", "bot_updates_per_second{bot=\"%s\"}", true, "/s"},
	{"bot-pending", "pending updates of %s", "telegram_pending_update_count{bot=\"%s\"}", true, ""},
	{"bot-p95", "handler p95 of %s", "bot_handler_p95_ms{bot=\"%s\"}", true, "ms"},
	{"bot-quantile", "handler p95 of %s by its buckets",
		"histogram_quantile(0.95, sum by (le) (rate(bot_update_duration_seconds_bucket{bot=\"%s\"}[1m])))", true, "seconds"},
	{"bot-api", "Bot API round trip of %s", "telegram_request_duration_ms{bot=\"%s\"}", true, "ms"},
	{"bot-cpu", "CPU of %s", "process_cpu_percent{bot=\"%s\"}", true, "percent"},
	{"bot-handled", "updates/s that %s counts", "sum(rate(bot_updates_total{bot=\"%s\"}[1m]))", true, "/s"},
	{"bot-memory", "resident memory of %s", "process_resident_memory_bytes{bot=\"%s\"}", true, "bytes"},
	{"scrapes", "time that pages of metrics take", "scrape_duration_seconds", false, "seconds"},
	{"redis-rate", "Redis operations/s", "redis_instantaneous_ops_per_sec", false, "/s"},
	{"redis-ping", "Redis PING", "redis_ping_duration_ms", false, "ms"},
	{"pg-rate", "Postgres transactions/s", "pg_transactions_per_second", false, "/s"},
	{"pg-ping", "Postgres SELECT 1", "pg_select_duration_ms", false, "ms"},
};
/* clang-format on */

const struct metric *metric_at(size_t index)
{
	return index < COUNT_OF(metrics) ? &metrics[index] : NULL;
}

size_t metric_count(void)
{
	return COUNT_OF(metrics);
}

static void add_name(struct str *to, const char *name, bool is_query)
{
	for (; *name; name++) {
		if (is_query && (*name == '"' || *name == '\\'))
			str_addch(to, '\\');
		str_addch(to, *name);
	}
}

char *metric_text(const char *text, const char *bot, bool is_query)
{
	struct str filled = STR_INIT;
	const char *at = strstr(text, "%s");
	str_add(&filled, text, at ? (size_t)(at - text) : strlen(text));
	if (at) {
		add_name(&filled, bot, is_query);
		str_adds(&filled, at + 2);
	}
	return str_detach(&filled);
}

const char *metric_unit_of(const char *query)
{
	/* The first that it holds; what counts series, or rates of seconds and bytes, has no unit of its own. */
	static const struct {
		const char *word, *unit;
	} units[] = {
		{"count", ""},
		{"histogram_quantile(", "seconds"},
		{"rate(", "/s"},
		{"_per_sec", "/s"},
		{"_bytes", "bytes"},
		{"_seconds", "seconds"},
		{"_percent", "percent"},
		{"_ratio", "ratio"},
		{"_ms", "ms"},
	};
	bool is_seconds = strstr(query, "_seconds") != NULL;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (strstr(query, units[i].word) &&
			(is_seconds || strcmp(units[i].word, "histogram_quantile(") != 0))
			return units[i].unit;
	return "";
}
