/* SPDX-License-Identifier: MIT */
/* Thresholds for verdicts from the same settings that the rules use; and the page of the rules. */
#include <math.h>
#include <string.h>

#include "core/alert/internal.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/verdict.h"

enum { STALE_INTERVALS = 3 };

enum alert_id {
#define ALERT(name, ...) ALERT_##name,
#include "core/alert/builtin.def"
};

/* An alert whose SETTING_ is undeclared here has no line RULE(name, ...) in core/conf/options.def yet. */
enum {
#define RULE(name, ...) SETTING_##name,
#include "core/conf/options.def"
};
#define ALERT(name, ...) _Static_assert((int)SETTING_##name >= 0, "");
#include "core/alert/builtin.def"

static double first(const struct settings *settings, enum alert_id id)
{
	const struct conf_rule *set = settings_rule(settings, alert_rule_at(id)->name);
	return set && !isnan(set->limit) ? set->limit : alert_rule_at(id)->limit;
}

static double second(const struct settings *settings, enum alert_id id)
{
	const struct conf_rule *set = settings_rule(settings, alert_rule_at(id)->name);
	return set && !isnan(set->second) ? set->second : alert_rule_at(id)->second;
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
#define LIMIT(type, field, fallback, alert, which, factor)                                         \
	ret->field = (type)(which(settings, ALERT_##alert) * (factor));
#include "core/model/limits.def"
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
