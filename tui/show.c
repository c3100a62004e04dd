/* SPDX-License-Identifier: MIT */
#include "tui/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "core/base/str.h"
#include "tui/links.h"

enum role severity_role(uint64_t severity)
{
	static const enum role roles[] = {[SEVERITY_OK] = ROLE_OK,
		[SEVERITY_STOPPED] = ROLE_STOPPED,
		[SEVERITY_UNKNOWN] = ROLE_UNKNOWN,
		[SEVERITY_WARN] = ROLE_WARN,
		[SEVERITY_CRIT] = ROLE_CRIT};
	return severity < COUNT_OF(roles) ? roles[severity] : ROLE_UNKNOWN;
}

enum role outcome_role(const char *state)
{
	static const struct {
		const char *state;
		enum role role;
	} roles[] = {{"done", ROLE_OK}, {"failed", ROLE_CRIT}, {"unverified", ROLE_WARN},
		{"cancelled", ROLE_STOPPED}, {"skipped", ROLE_STOPPED}, {"waiting", ROLE_DIM}};
	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (strcmp(roles[i].state, state) == 0)
			return roles[i].role;
	return ROLE_STRONG;
}

/* In the order of the status line. Of those that are sole there is one source, or one for each of many bots: their kind
 * says enough. `brief`: where columns are few; NULL: none. */
static const struct {
	const char *kind, *brief;
	bool is_sole;
} source_kinds[] = {
	{"telegram", "tg", true},
	{"process", "pr", true},
	{"supervisor", "sv", false},
	{"redis", "rd", false},
	{"postgres", "pg", false},
	{"files", "fi", true},
	{"journal", "jo", true},
	{"docker", "dk", true},
	{"scrape", "sc", true},
	{"botapi", NULL, false},
	{"prometheus", "pm", true},
};

const char *source_kind_at(size_t index)
{
	return index < COUNT_OF(source_kinds) ? source_kinds[index].kind : NULL;
}

void source_name(const struct msg_source *source, bool brief, char *ret_text, size_t size)
{
	for (size_t i = 0; i < COUNT_OF(source_kinds); i++) {
		const char *words = brief ? source_kinds[i].brief : source_kinds[i].kind;
		if (strcmp(source_kinds[i].kind, source->kind) != 0 || !words ||
			(!brief && !source_kinds[i].is_sole))
			continue;
		(void)print_text(ret_text, size, "%s", words);
		return;
	}
	/* A supervisor goes by its name: supervisord, web. */
	bool by_name = strcmp(source->kind, "supervisor") == 0;
	(void)print_text(ret_text, size, "%s%s%s", by_name ? "" : source->kind, by_name ? "" : " ",
		source->name);
}

void service_name(const struct msg_service *service, char *ret_text, size_t size)
{
	if (strcmp(service->kind, "engine") == 0)
		(void)print_text(ret_text, size, "%s", service->name);
	else if (service->checks)
		(void)print_text(ret_text, size, "%s %lld/%lld", service->kind,
			(long long)service->passed, (long long)service->checks);
	else
		(void)print_text(ret_text, size, "%s %s", service->kind, service->name);
}

void alert_target(
	const struct model *model, const struct msg_alert *alert, char *ret_text, size_t size)
{
	const struct msg_service *service = model_service(model, alert->target);
	const struct msg_source *source = model_source(model, alert->target);
	if (strcmp(alert->target_kind, "service") == 0 && service)
		service_name(service, ret_text, size);
	else if (source && strcmp(source->kind, "scrape") == 0)
		(void)print_text(ret_text, size, "scrape %s", source->name); /* one of many */
	else if (strcmp(alert->target_kind, "source") == 0 && source)
		source_name(source, false, ret_text, size);
	else
		(void)print_text(ret_text, size, "%s", alert->target_name);
}

enum alert_stage alert_stage(const struct msg_alert *alert)
{
	if (strcmp(alert->state, "firing") == 0)
		return ALERT_FIRES;
	return strcmp(alert->state, "pending") == 0 ? ALERT_WAITS : ALERT_OVER;
}

int64_t alert_since(const struct msg_alert *alert)
{
	return alert_stage(alert) == ALERT_OVER ? alert->resolved_ms : alert->since_ms;
}

int alert_order(const struct msg_alert *one, int64_t one_now_ms, const struct msg_alert *other,
	int64_t other_now_ms)
{
	enum alert_stage stage = alert_stage(one);
	bool over = stage == ALERT_OVER;
	unsigned place = alert_place(one->rule), place_of_other = alert_place(other->rule);
	if (stage != alert_stage(other))
		return stage < alert_stage(other) ? -1 : 1;
	if (!over && one->severity != other->severity)
		return one->severity > other->severity ? -1 : 1;
	if (!over && place != place_of_other)
		return place < place_of_other ? -1 : 1;
	int64_t age_ms = one_now_ms - alert_since(one);
	int64_t age_of_other_ms = other_now_ms - alert_since(other);
	if (age_ms != age_of_other_ms)
		return (age_ms > age_of_other_ms) == !over ? -1 : 1;
	return (one->id > other->id) - (one->id < other->id);
}

const char *state_word(const char *state)
{
	static const char *const words[][2] = {{"not_permitted", "not permitted"},
		{"not_configured", "not configured"}, {"not_polled", "not polled"},
		{"no_secret", "no secret"}};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(words[i][0], state) == 0)
			return words[i][1];
	return state;
}

/* Nothing says yet how it is: then how it was is the best that can be said. */
static bool is_recalled(const struct msg_bot *bot)
{
	return bot->last_ms && strcmp(bot->state, "checking") == 0;
}

void bot_why(const struct msg_bot *bot, char *ret_text, size_t size)
{
	bool unsaid = !bot->why[0] && bot->severity != SEVERITY_OK;
	if (is_recalled(bot))
		(void)print_text(ret_text, size, "checking; was %s%s%s", bot->last_state,
			bot->last_why[0] ? ": " : "", bot->last_why);
	else
		(void)print_text(ret_text, size, "%s", unsaid ? bot->state : bot->why);
}

void bot_why_age(const struct msg_bot *bot, int64_t now_ms, char *ret_text, size_t size)
{
	bool known = bot->why_since_ms && (bot->why[0] || bot->severity != SEVERITY_OK);
	int64_t since_ms = is_recalled(bot) ? bot->last_ms : known ? bot->why_since_ms : 0;
	int64_t age_ms = now_ms > since_ms ? now_ms - since_ms : 0;
	(void)print_text(
		ret_text, size, "%.*s", (int)size - 1, since_ms ? format_age(age_ms).text : "");
}

double bot_last(const struct msg_bot *bot, const char *figure)
{
	for (size_t i = 0; i < bot->last_figures_count; i++)
		if (strcmp(bot->last_figures[i].name, figure) == 0)
			return bot->last_figures[i].value;
	return NAN;
}

const struct msg_service *service_last(const struct model *model, const struct msg_service *service)
{
	const struct msg_engine *engine =
		model_find(model, MSG_engine, links_id(links_of(service->id), 1));
	for (size_t i = 0; engine && i < engine->last_services_count; i++) {
		const struct msg_service *last = &engine->last_services[i];
		if (strcmp(last->kind, service->kind) == 0 &&
			strcmp(last->name, service->name) == 0 &&
			strcmp(service->state, "checking") == 0)
			return last;
	}
	return NULL;
}

int64_t source_interval_ms(const struct model *model, const char *kind, uint64_t id)
{
	int64_t longest = 0;
	size_t count;
	const struct msg_source *const *sources = model_sources(model, &count);
	for (size_t i = 0; i < count; i++)
		if (links_of(sources[i]->id) == links_of(id) &&
			strcmp(sources[i]->kind, kind) == 0 && sources[i]->interval_ms > longest)
			longest = sources[i]->interval_ms;
	return longest;
}

struct shown show_figure(double value)
{
	if (isfinite(value) && (value == 0 || fabs(value) >= 10))
		return format_count((int64_t)round(value));
	return format_number(value);
}

/* As the engine counts it: three intervals, of a short one three seconds. */
enum { STALE_INTERVALS = 3, STALE_LEAST_MS = 3000 };

/* What is younger than the least limit is not asked for its source: it is what most bots are, in every cell of theirs. */
static bool too_old(const struct model *model, const char *kind, const struct msg_bot *bot,
	int64_t at_ms, int64_t now_ms)
{
	if (at_ms <= 0 || now_ms - at_ms <= STALE_LEAST_MS)
		return false;
	int64_t interval_ms = source_interval_ms(model, kind, bot->id);
	return interval_ms > 0 && now_ms - at_ms > STALE_INTERVALS * interval_ms;
}

/* Of whoever looks at it: ourselves, or its supervisor. */
static bool process_too_old(const struct model *model, const struct msg_bot *bot, int64_t now_ms)
{
	return too_old(
		model, bot->proc_by[0] ? "supervisor" : "process", bot, bot->proc_at_ms, now_ms);
}

static bool beat_too_old(const struct model *model, const struct msg_bot *bot, int64_t now_ms)
{
	return too_old(model, "redis", bot, bot->hb_seen_ms, now_ms);
}

static bool telegram_too_old(const struct model *model, const struct msg_bot *bot, int64_t now_ms)
{
	return too_old(model, "telegram", bot, bot->tg_at_ms, now_ms);
}

struct bot_age bot_age(const struct model *model, const struct msg_bot *bot, int64_t now_ms)
{
	return (struct bot_age){.process = process_too_old(model, bot, now_ms),
		.heartbeat = beat_too_old(model, bot, now_ms),
		.telegram = telegram_too_old(model, bot, now_ms)};
}

static double since(int64_t at_ms, int64_t now_ms)
{
	return now_ms > at_ms ? (double)(now_ms - at_ms) : 0;
}

double bot_up_ms(const struct model *model, const struct msg_bot *bot, int64_t now_ms)
{
	bool runs = bot->proc_start_ms && strcmp(bot->proc_state, "running") == 0;
	bool known = runs && !process_too_old(model, bot, now_ms);
	return known ? since(bot->proc_start_ms, now_ms) : NAN;
}

double bot_beat_ms(const struct model *model, const struct msg_bot *bot, int64_t now_ms)
{
	bool known = bot->hb_at_ms && !beat_too_old(model, bot, now_ms);
	return known ? since(bot->hb_at_ms, now_ms) : NAN;
}

double bot_pending(const struct model *model, const struct msg_bot *bot, int64_t now_ms)
{
	bool known = bot->tg_at_ms && bot->pending >= 0 && !telegram_too_old(model, bot, now_ms);
	return known ? (double)bot->pending : NAN;
}

void show_notes(const struct msg_win_points *points, struct str *to)
{
	if (points->notes_count > 1)
		str_addf(to, "%zu notes: ", points->notes_count);
	if (points->notes_count)
		str_adds(to, points->notes[0]);
}
