/* SPDX-License-Identifier: MIT */
/* The rules of builtin.def: a judge for those that are not about a bot, and a sentence for each. */
#include "core/alert/internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/model/verdict.h"

/* ---- conditions ---- */

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = words; length && (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

static const struct msg_reason *find_reason(const struct msg_bot *bot, const char *ids)
{
	for (size_t i = 0; i < bot->reasons_count; i++)
		if (has_word(ids, bot->reasons[i].id))
			return &bot->reasons[i];
	return NULL;
}

static enum truth judge_bot(struct scene *scene)
{
	scene->reason = find_reason(scene->bot, scene->rule->holds);
	if (scene->reason)
		return TRUTH_YES;
	return find_reason(scene->bot, scene->rule->unsure) ? TRUTH_UNSURE : TRUTH_NO;
}

/* NULL-safe. */
static bool is_word(const char *text, const char *word)
{
	return text && !strcmp(text, word);
}

static bool is_one_of(const char *state, const char *const states[])
{
	for (size_t i = 0; states[i]; i++)
		if (is_word(state, states[i]))
			return true;
	return false;
}

/* A failure that does not reach the limit yet says neither yes nor no. */
static enum truth judge_failures(const struct scene *scene, bool fails, uint64_t count)
{
	if (!fails)
		return TRUTH_NO;
	return (double)count >= scene->limit ? TRUTH_YES : TRUTH_UNSURE;
}

/* The statistics of a Bot API server: when the API is not heard either, that is the one to speak of. */
static enum truth judge_statistics(const struct scene *scene, enum truth otherwise)
{
	static const char *const away[] = {"unreachable", "error", NULL};
	static const char *const silent[] = {"late", "stale", NULL};
	const struct msg_source *api =
		model_source(scene->model, entity_id("source", "telegram/telegram"));
	if (api && is_one_of(api->state, away))
		return TRUTH_NO;
	return api && is_one_of(api->state, silent) ? TRUTH_UNSURE : otherwise;
}

static enum truth judge_source_unreachable(const struct scene *scene)
{
	static const char *const bad[] = {"unreachable", "error", NULL};
	static const char *const silent[] = {"late", "stale", "checking", NULL};
	const struct msg_source *source = scene->source;
	if (is_word(source->kind, "redis") || is_word(source->kind, "postgres") ||
		is_word(source->kind, "scrape"))
		return TRUTH_NO; /* these have rules of their own */
	if (is_one_of(source->state, silent))
		return TRUTH_UNSURE;
	enum truth truth = judge_failures(scene, is_one_of(source->state, bad), source->fails);
	return is_word(source->kind, "botapi") ? judge_statistics(scene, truth) : truth;
}

static const struct msg_source *source_of(const struct scene *scene)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", scene->service->kind, scene->service->name);
	return model_source(scene->model, entity_id("source", path));
}

static enum truth judge_service(const struct scene *scene, const char *kind)
{
	static const char *const bad[] = {"unreachable", "failing", "full", "late", NULL};
	/* Without its password nobody asked: it may be down or not. */
	static const char *const silent[] = {"stale", "checking", "no secret", NULL};
	const struct msg_source *source = source_of(scene);
	if (!is_word(scene->service->kind, kind))
		return TRUTH_NO;
	if (is_one_of(scene->service->state, silent) || !source)
		return TRUTH_UNSURE;
	return judge_failures(scene, is_one_of(scene->service->state, bad), source->fails);
}

static enum truth judge_postgres_down(const struct scene *scene)
{
	return judge_service(scene, "postgres");
}

static enum truth judge_redis_down(const struct scene *scene)
{
	return judge_service(scene, "redis");
}

static enum truth judge_service_refusing(const struct scene *scene)
{
	/* What our account may not ask is no trouble: it was made so. */
	static const char *const refusing[] = {"login refused", "loading", "read-only", NULL};
	static const char *const silent[] = {
		"late", "stale", "checking", "unreachable", "failing", "no secret", NULL};
	if (!is_word(scene->service->kind, "redis") && !is_word(scene->service->kind, "postgres"))
		return TRUTH_NO;
	if (is_one_of(scene->service->state, refusing))
		return TRUTH_YES;
	return is_one_of(scene->service->state, silent) ? TRUTH_UNSURE : TRUTH_NO;
}

/* ---- sentences ---- */

static const char *span(double seconds, struct shown *shown)
{
	*shown = format_age((int64_t)(seconds * 1000));
	return shown->text;
}

void say_count(struct str *text, uint64_t count, const char *noun)
{
	str_addf(text, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

void say_row(struct str *text, uint64_t count, const char *noun, double limit)
{
	say_count(text, count, noun);
	str_addf(text, "%s (limit %.0f)", count == 1 ? "" : " in a row", limit);
}

/* A supervisor that gave up, waits or stopped it says so at the first look, and silence is measured in seconds: only a
 * process that is not found is looked for again. */
static double say_bot_down(const struct scene *scene, struct str *text)
{
	const struct msg_bot *bot = scene->bot;
	str_addf(text, "%s is down: %s", bot->name, scene->reason->text);
	if (!strcmp(scene->reason->id, "heartbeat_gone")) {
		struct shown shown;
		str_addf(text, " for %s, and no process is known",
			span((double)(scene->wall_ms - bot->hb_at_ms) / 1000, &shown));
	}
	if (strcmp(scene->reason->id, "process_gone") != 0)
		return (double)NAN;
	str_adds(text, ", ");
	say_row(text, bot->proc_fails, "look", scene->limit);
	return (double)bot->proc_fails;
}

static double say_heartbeat_late(const struct scene *scene, struct str *text)
{
	double age_s = (double)(scene->wall_ms - scene->reason->since_ms) / 1000;
	struct shown age, limit;
	bool runs = is_word(scene->bot->proc_state, "running");
	str_addf(text, "%s%s gives no heartbeat for %s (limit %s)", scene->bot->name,
		runs ? " runs, but" : "", span(age_s, &age), span(scene->limit, &limit));
	return age_s;
}

static double say_backlog_rising(const struct scene *scene, struct str *text)
{
	const struct msg_bot *bot = scene->bot;
	bool single = bot->pending == 1;
	str_addf(text, "%" PRId64 " update%s for %s (limit %.0f)", bot->pending,
		single ? " waits" : "s wait", bot->name, scene->limit);
	if ((double)bot->pending_rises >= scene->second) {
		str_adds(text, bot->pending_rises == 1 ? ", more at " : ", more at each of ");
		say_count(text, bot->pending_rises, "poll");
		str_addf(text, " (limit %.0f)", scene->second);
	}
	return (double)bot->pending;
}

/* A count goes back to where a run of the same trouble began, which may be long ago: what is within the limit is that
 * the last one was. */
static void say_last(const struct scene *scene, int64_t at_ms, struct str *text)
{
	struct shown limit;
	str_addf(text, ", the last at %sZ (said for %s)", format_clock(at_ms, false).text,
		span(scene->limit, &limit));
}

static double say_webhook_error(const struct scene *scene, struct str *text)
{
	const struct msg_bot *bot = scene->bot;
	str_addf(text, "%s: %s", bot->name, scene->reason->text);
	say_last(scene, bot->webhook_error_at_ms, text);
	return (double)bot->webhook_errors;
}

static double say_webhook_url_changed(const struct scene *scene, struct str *text)
{
	int64_t at_ms = scene->bot->url_changed_ms;
	struct shown limit;
	str_addf(text, "%s: its webhook URL changed at %sZ (said for %s): was that you?",
		scene->bot->name, format_clock(at_ms, false).text, span(scene->limit, &limit));
	return (double)(scene->wall_ms - at_ms) / 1000;
}

static double say_token_rejected(const struct scene *scene, struct str *text)
{
	str_addf(text, "%s: %s: put the new token in its file, then reload", scene->bot->name,
		scene->reason->text);
	return (double)scene->bot->tg_fails;
}

static double say_rate_limited(const struct scene *scene, struct str *text)
{
	const struct msg_bot *bot = scene->bot;
	if (!strcmp(scene->reason->id, "limited")) {
		str_addf(text, "%s: Telegram answered 429, it is asked again at %sZ", bot->name,
			format_clock(bot->retry_until_ms, false).text);
		return (double)(bot->retry_until_ms - scene->wall_ms) / 1000;
	}
	str_addf(text, "%s: its log says 429 ", bot->name);
	say_count(text, bot->floods, "time");
	say_last(scene, bot->flood_ms, text);
	return (double)bot->floods;
}

static double say_poller_conflict(const struct scene *scene, struct str *text)
{
	str_addf(text, "%s: another process polls with its token: its log says 409 ",
		scene->bot->name);
	say_count(text, scene->bot->conflicts, "time");
	say_last(scene, scene->bot->conflict_ms, text);
	return (double)scene->bot->conflicts;
}

static double say_worker_silent(const struct scene *scene, struct str *text)
{
	double age_s = (double)(scene->wall_ms - scene->reason->since_ms) / 1000;
	struct shown age, limit;
	str_addf(text, "%s: %s for %s (limit %s)", scene->bot->name, scene->reason->text,
		span(age_s, &age), span(scene->limit, &limit));
	return age_s;
}

static double say_restart_loop(const struct scene *scene, struct str *text)
{
	struct shown window;
	str_addf(text, "%s was started ", scene->bot->name);
	say_count(text, scene->bot->restarts, "time");
	str_addf(text, " within %s (limit %.0f)", span(scene->second, &window), scene->limit);
	return (double)scene->bot->restarts;
}

static double say_failures(
	const struct scene *scene, const struct msg_source *source, struct str *text)
{
	shorten_error(text, error_cause(source));
	str_adds(text, ", ");
	say_row(text, source->fails, "failure", scene->limit);
	return (double)source->fails;
}

static double say_source_unreachable(const struct scene *scene, struct str *text)
{
	const struct msg_source *source = scene->source;
	bool same = !*source->name || !strcmp(source->name, source->kind);
	str_addf(text, "%s%s%s cannot be asked: ", source->kind, same ? "" : " ",
		same ? "" : source->name);
	return say_failures(scene, source, text);
}

static double say_service_down(const struct scene *scene, struct str *text)
{
	str_addf(text, "%s %s is down: ", scene->service->kind, scene->service->name);
	return say_failures(scene, source_of(scene), text);
}

static double say_postgres_down(const struct scene *scene, struct str *text)
{
	return say_service_down(scene, text);
}

static double say_redis_down(const struct scene *scene, struct str *text)
{
	return say_service_down(scene, text);
}

static double say_service_refusing(const struct scene *scene, struct str *text)
{
	const struct msg_service *service = scene->service;
	str_addf(text, "%s %s: %s", service->kind, service->name, service->why);
	return (double)NAN;
}

static enum truth judge_scrape_failing(const struct scene *scene)
{
	return scrape_judge(scene);
}

static double say_scrape_failing(const struct scene *scene, struct str *text)
{
	return scrape_say(scene, text);
}

static enum truth judge_health_failing(const struct scene *scene)
{
	return check_judge(scene);
}

static double say_health_failing(const struct scene *scene, struct str *text)
{
	return check_say(scene, text);
}

/* clang-format off */
#define NONE           ((double)NAN)
#define judge_OF_BOT   NULL
#define KIND_BOT       MSG_bot
#define KIND_SOURCE    MSG_source
#define KIND_SERVICE   MSG_service
#define KIND_CHECK     MSG_check
#define WORD_BOT       "bot"
#define WORD_SOURCE    "source"
#define WORD_SERVICE   "service"
#define WORD_CHECK     "check"
#define JUDGE_BOT(id)     NULL
#define JUDGE_SOURCE(id)  judge_##id
#define JUDGE_SERVICE(id) judge_##id
#define JUDGE_CHECK(id)   judge_##id
#define WORD_WARN      "warn"
#define WORD_CRIT      "crit"
static const struct rule rules[] = {
#define ALERT(id, of, s, first, unit1, other, unit2, hold, kept, reasons, blind, from, text) \
	{.about = {.name = #id, .target = WORD_##of, .severity = WORD_##s, .unit = (unit1), .second_unit = (unit2), \
		.origin = (from), .help = (text), .limit = (first), .second = (other), .for_ms = (hold), .keep_ms = (kept)}, \
		.target = KIND_##of, .severity = SEVERITY_##s, .holds = (reasons), .unsure = (blind), \
		.judge = JUDGE_##of(id), .say = say_##id},
#include "core/alert/builtin.def"
};
/* clang-format on */

const struct rule *rule_at(size_t index)
{
	return index < COUNT_OF(rules) ? &rules[index] : NULL;
}

const struct alert_rule *alert_rule_at(size_t index)
{
	return index < COUNT_OF(rules) ? &rules[index].about : NULL;
}

enum truth rule_judge(struct scene *scene)
{
	return scene->bot ? judge_bot(scene) : scene->rule->judge(scene);
}

bool rule_has_moved(const struct scene *scene, double told)
{
	if (scene->rule->say == say_backlog_rising)
		return scene->bot->pending >= 0 && (double)scene->bot->pending != told;
	return scene->rule->say == say_webhook_error && scene->bot->webhook_errors > 0 &&
	       (double)scene->bot->webhook_errors != told;
}
