/* SPDX-License-Identifier: MIT */
/* The views: bots, services, checks, sources, alerts and ops. A column is a function; a view is a table of them. */
#include <math.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/model/verdict.h"
#include "tui/cli/list.h"
#include "tui/show.h"

/* clang-format off */
#define TEXT_CELL(type, field) \
	static void put_##type##_##field(const struct model *model, const void *body, int64_t now_ms, struct str *to) \
	{ (void)model, (void)now_ms; str_adds(to, ((const struct msg_##type *)body)->field); }
#define AGE_CELL(type, field) \
	static void put_##type##_##field(const struct model *model, const void *body, int64_t now_ms, struct str *to) \
	{ (void)model; int64_t at = ((const struct msg_##type *)body)->field; \
	  if (at > 0) str_adds(to, format_duration(now_ms > at ? now_ms - at : 0).text); }
#define NUMBER_CELL(type, field) \
	static void put_##type##_##field(const struct model *model, const void *body, int64_t now_ms, struct str *to) \
	{ double value = ((const struct msg_##type *)body)->field; \
	  (void)model, (void)now_ms; if (!isnan(value)) str_adds(to, format_number(value).text); }
/* Nothing where nothing is. */
#define COUNT_CELL(type, field) \
	static void put_##type##_##field(const struct model *model, const void *body, int64_t now_ms, struct str *to) \
	{ uint64_t count = ((const struct msg_##type *)body)->field; \
	  (void)model, (void)now_ms; if (count) str_adds(to, format_count((int64_t)count).text); }
#define SEVERITY_CELL(type) \
	static void put_##type##_letter(const struct model *model, const void *body, int64_t now_ms, struct str *to) \
	{ (void)model, (void)now_ms; str_addch(to, severity_letter((unsigned)((const struct msg_##type *)body)->severity)); }
#define WEIGHT(type) \
	static uint64_t type##_severity(const struct model *model, const void *body, int64_t now_ms) \
	{ (void)model, (void)now_ms; return ((const struct msg_##type *)body)->severity; }
#define LABEL(type, field) \
	static const char *type##_label(const void *body) { return ((const struct msg_##type *)body)->field; }

SEVERITY_CELL(bot) WEIGHT(bot) LABEL(bot, name)
TEXT_CELL(bot, name) TEXT_CELL(bot, state) TEXT_CELL(bot, why)
SEVERITY_CELL(service) WEIGHT(service) LABEL(service, name)
TEXT_CELL(service, state) TEXT_CELL(service, why)
NUMBER_CELL(service, latency_ms) NUMBER_CELL(service, rate) NUMBER_CELL(service, slow_ms) NUMBER_CELL(service, lag)
SEVERITY_CELL(check) WEIGHT(check) LABEL(check, name)
TEXT_CELL(check, name) TEXT_CELL(check, bot) TEXT_CELL(check, url) TEXT_CELL(check, why)
NUMBER_CELL(check, latency_ms) AGE_CELL(check, at_ms) AGE_CELL(check, since_ms) TEXT_CELL(check, state)
SEVERITY_CELL(source) WEIGHT(source) LABEL(source, name)
TEXT_CELL(source, kind) TEXT_CELL(source, state) TEXT_CELL(source, error)
AGE_CELL(source, ok_ms) NUMBER_CELL(source, latency_ms) TEXT_CELL(source, circuit)
COUNT_CELL(source, dropped)
SEVERITY_CELL(alert)
TEXT_CELL(alert, rule) TEXT_CELL(alert, state) TEXT_CELL(alert, text)
TEXT_CELL(operation, title) TEXT_CELL(operation, by) TEXT_CELL(operation, reason) TEXT_CELL(operation, state)
TEXT_CELL(operation, result) AGE_CELL(operation, started_ms)
	/* clang-format on */

	/* As the screen says it: nothing of what is too old to be shown. */
	static void add_age(double age_ms, struct str *to)
{
	if (!isnan(age_ms))
		str_adds(to, format_duration((int64_t)age_ms).text);
}

static void put_bot_up(const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	add_age(bot_up_ms(model, body, now_ms), to);
}

static void put_bot_beat(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	add_age(bot_beat_ms(model, body, now_ms), to);
}

static void put_bot_pending(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	double pending = bot_pending(model, body, now_ms);
	if (!isnan(pending))
		str_adds(to, format_count((int64_t)pending).text);
}

static void add_figure(double value, struct str *to)
{
	if (!isnan(value))
		str_adds(to, show_figure(value).text);
}

static void put_bot_rate(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	(void)model, (void)now_ms;
	add_figure(((const struct msg_bot *)body)->updates_per_s, to);
}

static void put_bot_p95(const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	(void)model, (void)now_ms;
	add_figure(((const struct msg_bot *)body)->p95_ms, to);
}

static void put_service_used(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	const struct msg_service *service = body;
	(void)model, (void)now_ms;
	if (service->used_bytes)
		str_adds(to, format_bytes((int64_t)service->used_bytes).text);
}

static void put_service_clients(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	const struct msg_service *service = body;
	(void)model, (void)now_ms;
	if (service->clients < 0)
		return;
	str_addf(to, "%lld", (long long)service->clients);
	if (service->max_clients > 0)
		str_addf(to, "/%lld", (long long)service->max_clients);
}

static void put_service_words(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	char name[128];
	(void)model, (void)now_ms;
	service_name(body, name, sizeof(name));
	str_adds(to, name);
}

/* As the screen calls it; where that says the kind alone, by its own name. */
static void put_source_words(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	const struct msg_source *source = body;
	char name[128];
	(void)model, (void)now_ms;
	source_name(source, false, name, sizeof(name));
	str_adds(to, strcmp(name, source->kind) == 0 ? source->name : name);
}

/* As it is printed, without its quotes too: redis/main. */
static bool service_answers_to(const void *body, const char *word)
{
	const struct msg_service *service = body;
	char name[128];
	size_t length = strlen(service->kind);
	service_name(service, name, sizeof(name));
	return strcmp(name, word) == 0 ||
	       (strncmp(word, service->kind, length) == 0 && word[length] == '/' &&
		       strcmp(word + length + 1, service->name) == 0);
}

static void put_alert_words(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	char name[128];
	(void)now_ms;
	alert_target(model, body, name, sizeof(name));
	str_adds(to, name);
}

static bool is_health(const void *body)
{
	return strcmp(((const struct msg_service *)body)->kind, "health") == 0;
}

/* Of an answer that is too old nothing is shown. */
static void put_check_status(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	const struct msg_check *check = body;
	(void)model, (void)now_ms;
	if (check->status && strcmp(check->state, "stale") != 0)
		str_addf(to, "%lld", (long long)check->status);
}

/* As on the screen: of what is over since when it is. */
static void put_alert_since(
	const struct model *model, const void *body, int64_t now_ms, struct str *to)
{
	int64_t at_ms = alert_since(body);
	(void)model;
	if (at_ms > 0)
		str_adds(to, format_duration(now_ms > at_ms ? now_ms - at_ms : 0).text);
}

/* A resolved alert is no trouble, and one that waits for its hold time not yet. */
static uint64_t alert_weight(const struct model *model, const void *body, int64_t now_ms)
{
	(void)model, (void)now_ms;
	const struct msg_alert *alert = body;
	return strcmp(alert->state, "firing") == 0 ? alert->severity : SEVERITY_OK;
}

static int order_of_alerts(
	const void *one, int64_t one_now_ms, const void *other, int64_t other_now_ms)
{
	return alert_order(one, one_now_ms, other, other_now_ms);
}

/* clang-format off */
static const struct list_column bot_columns[] = {
	{"S", false, put_bot_letter}, {"BOT", false, put_bot_name}, {"STATE", false, put_bot_state}, {"UP", true, put_bot_up},
	{"UPD/s", true, put_bot_rate}, {"PEND", true, put_bot_pending}, {"HB", true, put_bot_beat},
	{"P95ms", true, put_bot_p95}, {"WHY", false, put_bot_why},
};
static const struct list_column service_columns[] = {
	{"S", false, put_service_letter}, {"SERVICE", false, put_service_words}, {"STATE", false, put_service_state}, {"ms", true, put_service_latency_ms}, {"SIZE", true, put_service_used},
	{"CLIENTS", true, put_service_clients}, {"OPS/s", true, put_service_rate}, {"SLOWms", true, put_service_slow_ms},
	{"LAG", true, put_service_lag}, {"WHY", false, put_service_why},
};
static const struct list_column check_columns[] = {
	{"S", false, put_check_letter}, {"CHECK", false, put_check_name}, {"BOT", false, put_check_bot},
	{"STATE", false, put_check_state}, {"HTTP", true, put_check_status}, {"ms", true, put_check_latency_ms},
	{"AGE", true, put_check_at_ms}, {"SINCE", true, put_check_since_ms}, {"URL", false, put_check_url}, {"WHY", false, put_check_why},
};
static const struct list_column source_columns[] = {
	{"S", false, put_source_letter}, {"SOURCE", false, put_source_words}, {"KIND", false, put_source_kind},
	{"STATE", false, put_source_state}, {"AGE", true, put_source_ok_ms}, {"ms", true, put_source_latency_ms},
	{"DROPPED", true, put_source_dropped}, {"CIRCUIT", false, put_source_circuit}, {"ERROR", false, put_source_error},
};
static const struct list_column alert_columns[] = {
	{"S", false, put_alert_letter}, {"SINCE", true, put_alert_since}, {"STATE", false, put_alert_state},
	{"TARGET", false, put_alert_words}, {"ALERT", false, put_alert_rule}, {"TEXT", false, put_alert_text},
};
static const struct list_column operation_columns[] = {
	{"AGO", true, put_operation_started_ms}, {"OPERATION", false, put_operation_title}, {"BY", false, put_operation_by},
	{"STATE", false, put_operation_state}, {"RESULT", false, put_operation_result}, {"REASON", false, put_operation_reason},
};

#define VIEW(id, word, type, weigh, label_of, arguments, text, ...) \
	static const struct list_view id##_view = {.name = word, .kind = MSG_##type, .columns = type##_columns, \
		.column_count = COUNT_OF(type##_columns), .severity = weigh, .label = label_of, __VA_ARGS__}; \
	static int run_##id(struct cli *cli, int argc, char **argv) { return list_run(cli, &id##_view, argc, argv); } \
	extern const struct cli_command cli_##id; \
	const struct cli_command cli_##id = {.name = word, .args = arguments, .help = text, .engine = true, \
		.checks = MSG_##type == MSG_service || MSG_##type == MSG_check, .run = run_##id};
VIEW(bots, "bots", bot, bot_severity, bot_label, "[NAME...] [--json]", "every bot, worst first")
VIEW(checks, "checks", check, check_severity, check_label, "[NAME...] [--json]", "every health check, worst first")
VIEW(services, "services", service, service_severity, service_label, "[NAME...] [--json]",
	"every Redis and Postgres, and the health checks", .parts = &checks_view,
	.is_sum = is_health, .answers_to = service_answers_to)
VIEW(sources, "sources", source, source_severity, source_label, "[NAME...] [--json]", "what is polled, and how fresh it is")
VIEW(alerts, "alerts", alert, alert_weight, NULL, "[--json]", "alerts that fire, wait or are just over: worst first, causes before what follows",
	.order = order_of_alerts)
VIEW(ops, "ops", operation, NULL, NULL, "[--json]", "operations, running and ended")
/* clang-format on */
