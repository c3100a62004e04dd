/* SPDX-License-Identifier: MIT */
/* Thresholds for verdicts from the same settings that the rules use; and the page of the rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/internal.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/verdict.h"

enum { STALE_INTERVALS = 3 };

static const struct alert_rule *find(const char *name)
{
	const struct alert_rule *rule = alert_rule_at(0);
	for (size_t i = 1; rule && strcmp(rule->name, name) != 0; i++)
		rule = alert_rule_at(i);
	if (!rule)
		abort(); /* a name below is not in the table */
	return rule;
}

static double first(const struct settings *settings, const char *name)
{
	const struct conf_rule *set = settings_rule(settings, name);
	return set && !isnan(set->limit) ? set->limit : find(name)->limit;
}

static double second(const struct settings *settings, const char *name)
{
	const struct conf_rule *set = settings_rule(settings, name);
	return set && !isnan(set->second) ? set->second : find(name)->second;
}

static int64_t first_ms(const struct settings *settings, const char *name)
{
	return (int64_t)(first(settings, name) * 1000);
}

static int64_t longest(int64_t at_least_ms, int64_t interval_ms)
{
	int64_t ms = STALE_INTERVALS * interval_ms;
	return ms > at_least_ms ? ms : at_least_ms;
}

static void set_freshness(const struct settings *settings, struct verdict_limits *ret)
{
	int64_t redis_ms = 0, service_ms = 0;
	for (size_t i = 0; i < settings->redis_count; i++)
		redis_ms = longest(redis_ms, settings->redis[i].interval_ms);
	for (size_t i = 0; i < settings->postgres_count; i++)
		service_ms = longest(service_ms, settings->postgres[i].interval_ms);
	ret->process_stale_ms = longest(3000, settings->process_interval_ms);
	ret->telegram_stale_ms = longest(3000, settings->telegram_interval_ms);
	ret->health_stale_ms =
		longest(3000, settings->health_interval_ms) + settings->pages_timeout_ms;
	for (size_t i = 0; i < settings->check_count; i++) {
		int64_t ms = longest(3000, settings->checks[i].interval_ms) +
			     settings->checks[i].timeout_ms;
		if (*settings->checks[i].bot && ms > ret->health_stale_ms)
			ret->health_stale_ms = ms;
	}
	ret->heartbeat_stale_ms = redis_ms > 3000 ? redis_ms : 3000;
	ret->service_stale_ms =
		service_ms > ret->heartbeat_stale_ms ? service_ms : ret->heartbeat_stale_ms;
}

void alert_limits(const struct settings *settings, struct verdict_limits *ret)
{
	*ret = *verdict_defaults();
	set_freshness(settings, ret);
	ret->heartbeat_late_ms = first_ms(settings, "heartbeat_late");
	ret->pending_limit = (int64_t)first(settings, "backlog_rising");
	ret->pending_rises = (uint64_t)second(settings, "backlog_rising");
	ret->webhook_window_ms = first_ms(settings, "webhook_error");
	ret->url_window_ms = first_ms(settings, "webhook_url_changed");
	ret->conflict_window_ms = first_ms(settings, "poller_conflict");
	ret->flood_window_ms = first_ms(settings, "rate_limited");
	ret->worker_silent_ms = first_ms(settings, "worker_silent");
	ret->restart_limit = (uint64_t)first(settings, "restart_loop");
	ret->restart_window_ms = (int64_t)(second(settings, "restart_loop") * 1000);
	ret->fails_down = (uint64_t)first(settings, "bot_down");
	ret->source_fails = (uint64_t)first(settings, "source_unreachable");
	ret->redis_fails = (uint64_t)first(settings, "redis_down");
	ret->health_fails = (uint64_t)first(settings, "health_failing");
	ret->postgres_fails = (uint64_t)first(settings, "postgres_down");
}

static void print_limit(struct str *ret, double limit, const char *unit)
{
	if (isnan(limit))
		return;
	if (!strcmp(unit, "s"))
		str_adds(ret, format_age((int64_t)(limit * 1000)).text);
	else
		str_addf(ret, "%.0f %s", limit, unit);
}

void alerts_print(struct str *ret)
{
	str_adds(ret, "\n## Alerts\n\n"
		      "Thresholds, hold times and severities are settings (`alerts:` in "
		      "botswain.yaml). An "
		      "alert is pending until its condition held for its time, then firing, then "
		      "resolved "
		      "and shown for five more minutes. While nobody can tell, nothing changes.\n\n"
		      "| alert | of | | threshold | meaning | figure from "
		      "|\n|---|---|---|---|---|---|\n");
	const struct rule *rule;
	for (size_t i = 0; (rule = rule_at(i)); i++) {
		str_addf(ret, "| %s | %s | `%c` | ", rule->about.name, rule->about.target,
			severity_letter(rule->severity));
		print_limit(ret, rule->about.limit, rule->about.unit);
		str_adds(ret, isnan(rule->about.second) ? "" : ", ");
		print_limit(ret, rule->about.second, rule->about.second_unit);
		str_addf(ret, " | %s | %s |\n", rule->about.help, rule->about.origin);
	}
}
