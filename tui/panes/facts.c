/* SPDX-License-Identifier: MIT */
#include "tui/panes/facts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tui/app.h"
#include "tui/show.h"
#include "widgets/canvas.h"

void fact_add(struct facts *facts, enum role role, const char *label, const char *format, ...)
{
	if (facts->count == FACTS_MAX)
		return;
	struct fact *fact = &facts->list[facts->count++];
	va_list args;
	*fact = (struct fact){.role = role};
	va_start(args, format);
	(void)vprint_text(fact->text, sizeof(fact->text), format, args);
	va_end(args);
	(void)copy_text(fact->label, sizeof(fact->label), label);
}

void fact_wrap(struct facts *facts)
{
	if (facts->count)
		facts->list[facts->count - 1].may_wrap = true;
}

/* How many bytes stand in the first row: up to the last blank that is not too far to the left. */
static size_t first_row(const char *text, size_t room)
{
	size_t cells, fits = text_clip(text, strlen(text), room, &cells);
	if (!text[fits])
		return fits;
	for (size_t at = fits; at > fits / 2; at--)
		if (text[at - 1] == ' ')
			return at;
	return fits;
}

void facts_fit(struct facts *facts, int columns)
{
	int room = columns - FACT_LABEL_CELLS - 2;
	for (size_t i = 0; room > 0 && i < facts->count && facts->count < FACTS_MAX; i++) {
		struct fact *fact = &facts->list[i];
		size_t first = fact->may_wrap ? first_row(fact->text, (size_t)room) : 0;
		if (!first || !fact->text[first])
			continue;
		memmove(fact + 2, fact + 1, (facts->count - i - 1) * sizeof(*fact));
		facts->count++;
		fact[1] = (struct fact){.role = fact->role, .may_wrap = true, .continues = true};
		(void)copy_text(fact[1].text, sizeof(fact[1].text), fact->text + first);
		fact->text[first] = '\0';
	}
}

void fact_draw(const struct fact *fact, const struct canvas *canvas, int row)
{
	int column = FACT_LABEL_CELLS + 2;
	canvas_field(canvas, row, 1, FACT_LABEL_CELLS, ALIGN_LEFT, ROLE_DIM, fact->label);
	canvas_field(
		canvas, row, column, canvas->columns - column, ALIGN_LEFT, fact->role, fact->text);
}

static struct shown ago(const struct app *app, const struct msg_bot *bot, int64_t at_ms)
{
	return format_duration(app_now(app, bot->id) - at_ms);
}

static struct bot_age age_of(const struct app *app, const struct msg_bot *bot)
{
	return bot_age(app_model(app), bot, app_now(app, bot->id));
}

static void add_reasons(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	for (size_t i = 0; i < bot->reasons_count; i++) {
		const struct msg_reason *reason = &bot->reasons[i];
		bool is_note = reason->severity == SEVERITY_OK;
		const char *label = i == 0 ? "why" : i == 1 ? "also" : "";
		fact_add(facts, is_note ? ROLE_TEXT : severity_role(reason->severity), label,
			"%s%s%s  (%s)", reason->text, reason->since_ms ? "  " : "",
			reason->since_ms ? ago(app, bot, reason->since_ms).text : "",
			reason->source);
	}
}

/* From before the engine's start, each until it is observed. */
static void add_last(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	static const struct {
		const char *name, *unit;
	} figures[] = {{"pending", "pending"}, {"updates_per_s", "updates/s"}, {"p95_ms", "ms p95"},
		{"errors_per_min", "errors/min"}, {"cpu_percent", "% cpu"}};
	autostr struct str text = STR_INIT;
	if (!bot->last_ms)
		return;
	fact_add(facts, ROLE_STALE, "last known", "%s ago: %s%s%s",
		ago(app, bot, bot->last_ms).text, bot->last_state, bot->last_why[0] ? ", " : "",
		bot->last_why);
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		if (!isnan(bot_last(bot, figures[i].name)))
			str_addf(&text, "%s %s  ", show_figure(bot_last(bot, figures[i].name)).text,
				figures[i].unit);
	if (text.length)
		fact_add(facts, ROLE_STALE, "", "%s", text.text);
}

static void add_process(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	autostr struct str text = STR_INIT;
	bool running = strcmp(bot->proc_state, "running") == 0;
	if (!bot->proc_state[0] || strcmp(bot->proc_state, "not_configured") == 0)
		return;
	if (age_of(app, bot).process) {
		fact_add(facts, ROLE_STALE, "process", "-- not looked at for %s",
			ago(app, bot, bot->proc_at_ms).text);
		return;
	}
	bool has_process = running || strcmp(bot->proc_state, "paused") == 0;
	if (running && bot->pid)
		str_addf(&text, "%spid %llu  up %s", bot->proc_held ? "stopped by a signal  " : "",
			(unsigned long long)bot->pid,
			bot->proc_start_ms ? ago(app, bot, bot->proc_start_ms).text : "--");
	else
		str_adds(&text, state_word(bot->proc_state));
	if (bot->restarts)
		str_addf(&text, "  %llu restart%s", (unsigned long long)bot->restarts,
			bot->restarts == 1 ? "" : "s");
	if (running && !isnan(bot->cpu_percent))
		str_addf(&text, "  cpu %s%%", show_figure(bot->cpu_percent).text);
	if (has_process && bot->rss_bytes)
		str_addf(&text, "  %s  %llu fds", format_bytes((int64_t)bot->rss_bytes).text,
			(unsigned long long)bot->fds);
	bool is_unknown = strcmp(bot->proc_state, "unknown") == 0;
	fact_add(facts,
		running && !bot->proc_held ? ROLE_TEXT
		: has_process              ? ROLE_WARN
		: is_unknown               ? ROLE_STALE
		: bot->enabled             ? ROLE_CRIT
					   : ROLE_DIM,
		"process", "%s", text.text);
}

/* The last end, of a process that ended once: what its supervisor knows of it. */
static void add_last_end(const struct app *app, const struct msg_bot *bot, struct str *text)
{
	if (bot->proc_oom)
		str_adds(text, "  ended out of memory");
	else if (bot->exit_status > 128)
		str_addf(text, "  ended by signal %lld", (long long)bot->exit_status - 128);
	else if (bot->exit_status >= 0)
		str_addf(text, "  ended with status %lld", (long long)bot->exit_status);
	else if (bot->proc_ended_ms)
		str_adds(text, "  ended");
	if (bot->proc_ended_ms)
		str_addf(text, " %s ago", ago(app, bot, bot->proc_ended_ms).text);
}

static void add_supervisor(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	autostr struct str text = STR_INIT;
	if (!bot->proc_by[0]) {
		if (bot->proc_error[0] && strcmp(bot->proc_state, "unknown") == 0)
			fact_add(facts, ROLE_WARN, "", "%s", bot->proc_error);
		return;
	}
	str_adds(&text, bot->proc_by);
	if (bot->proc_words[0])
		str_addf(&text, ": %s", bot->proc_words);
	if (bot->proc_restarts > 0)
		str_addf(&text, "  restarted x%lld", (long long)bot->proc_restarts);
	add_last_end(app, bot, &text);
	fact_add(facts, ROLE_TEXT, "supervisor", "%s", text.text);
	if (bot->proc_error[0])
		fact_add(facts, ROLE_WARN, "", "%s", bot->proc_error);
	if (bot->proc_log[0])
		fact_add(facts, ROLE_DIM, "its log", "%s", bot->proc_log);
}

static void add_heartbeat(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	bool fine = strcmp(bot->hb_state, "ok") == 0;
	enum role role = fine ? ROLE_TEXT : bot->enabled ? ROLE_WARN : ROLE_DIM;
	if (!bot->hb_state[0] || strcmp(bot->hb_state, "not_configured") == 0)
		return;
	if (age_of(app, bot).heartbeat)
		fact_add(facts, ROLE_STALE, "heartbeat", "-- not looked at for %s",
			ago(app, bot, bot->hb_seen_ms).text);
	else if (bot->hb_at_ms)
		fact_add(facts, role, "heartbeat", "%s  last %s ago%s%s", bot->hb_state,
			ago(app, bot, bot->hb_at_ms).text, bot->worker[0] ? "  worker " : "",
			bot->worker);
	else
		fact_add(facts, role, "heartbeat", "%s", bot->hb_state);
}

static void add_updates(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	autostr struct str text = STR_INIT;
	if (!bot->tg_at_ms || bot->pending < 0)
		return;
	if (age_of(app, bot).telegram)
		str_adds(&text, "--");
	else
		str_addf(&text, "%lld", (long long)bot->pending);
	if (!isnan(bot->pending_slope) && bot->pending_slope != 0)
		str_addf(&text, " (%s%s/min)", bot->pending_slope > 0 ? "+" : "-",
			format_number(fabs(bot->pending_slope)).text);
	fact_add(facts, bot->pending ? ROLE_TEXT : ROLE_DIM, "pending", "%s  %s %s", text.text,
		bot->transport, bot->webhook_url);
	if (bot->webhook_error_at_ms)
		fact_add(facts, bot->webhook_errors ? ROLE_WARN : ROLE_DIM, "hook error",
			"%s ago  \"%s\"%s%s", ago(app, bot, bot->webhook_error_at_ms).text,
			bot->webhook_error, bot->webhook_errors ? "  x" : "",
			bot->webhook_errors ? format_count((int64_t)bot->webhook_errors).text : "");
}

static void add_telegram(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	bool fine = strcmp(bot->tg_state, "ok") == 0;
	if (!bot->tg_state[0] || strcmp(bot->tg_state, "not_polled") == 0)
		return;
	fact_add(facts, fine ? ROLE_TEXT : ROLE_WARN, "telegram", "%s%s%s%s%s", bot->tg_state,
		fine && !isnan(bot->rtt_ms) ? "  " : "",
		fine && !isnan(bot->rtt_ms) ? format_number(bot->rtt_ms).text : "",
		fine && !isnan(bot->rtt_ms) ? " ms" : "", bot->tg_at_ms ? "" : "  never answered");
	if (!fine && bot->tg_error[0]) {
		fact_add(facts, ROLE_WARN, "", "%s", bot->tg_error);
		fact_wrap(facts);
	}
	if (bot->retry_until_ms > app_now(app, bot->id))
		fact_add(facts, ROLE_WARN, "", "not asked for another %s",
			format_duration(bot->retry_until_ms - app_now(app, bot->id)).text);
}

/* `is_old`: whoever tells it is not looked at; that it is not known is said then. */
static void add_figure(
	struct str *text, const char *before, double value, const char *unit, bool is_old)
{
	if (!isnan(value) || is_old)
		str_addf(text, "%s%s %s  ", before, isnan(value) ? "--" : show_figure(value).text,
			unit);
}

static void add_load(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	autostr struct str text = STR_INIT;
	bool is_old = age_of(app, bot).heartbeat;
	add_figure(&text, "", bot->updates_per_s, "updates/s", is_old);
	add_figure(&text, "p95 ", bot->p95_ms, "ms", is_old);
	add_figure(&text, "", bot->errors_per_min, "errors/min", false);
	add_figure(&text, "", bot->api_requests_per_s, "API requests/s", false);
	if (text.length)
		fact_add(facts, ROLE_TEXT, "load", "%s", text.text);
	if (bot->log_error[0])
		fact_add(facts, ROLE_LEVEL_ERROR, "log error", "%s", bot->log_error);
}

static void add_identity(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	autostr struct str text = STR_INIT;
	(void)app;
	if (bot->username[0])
		str_addf(&text, "@%s  ", bot->username);
	if (bot->tg_id)
		str_addf(&text, "id %lld  ", (long long)bot->tg_id);
	str_addf(&text, "%s", bot->enabled ? "" : "disabled by ");
	if (!bot->enabled)
		str_adds(&text, bot->enabled_by);
	if (text.length)
		fact_add(facts, ROLE_DIM, "bot", "%s", text.text);
}

static void add_score(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	autostr struct str text = STR_INIT;
	(void)app;
	if (bot->score < 0)
		return;
	str_addf(&text, "%lld of 100", (long long)bot->score);
	for (size_t i = 0; i < bot->score_parts_count; i++) {
		const struct msg_score_part *part = &bot->score_parts[i];
		if (part->points < 0)
			str_addf(&text, "  %s %lld", part->name, (long long)part->points);
		else if (part->points < part->of)
			str_addf(&text, "  %s %lld/%lld", part->name, (long long)part->points,
				(long long)part->of);
	}
	fact_add(facts, ROLE_DIM, "health", "%s", text.text);
}

static void add_operation(const struct app *app, const struct msg_bot *bot, struct facts *facts)
{
	const struct msg_operation *operation = model_operation(app_model(app), bot->busy_op);
	if (operation)
		fact_add(facts, ROLE_STRONG, "now", "%s: %s", operation->title, operation->state);
}

void facts_of(const struct app *app, const struct msg_bot *bot, struct facts *ret_facts)
{
	static void (*const parts[])(const struct app *, const struct msg_bot *, struct facts *) = {
		add_operation, add_reasons, add_last, add_process, add_supervisor, add_heartbeat,
		add_updates, add_telegram, add_load, add_identity, add_score};
	ret_facts->count = 0;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		parts[i](app, bot, ret_facts);
}
