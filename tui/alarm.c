/* SPDX-License-Identifier: MIT */
#include "tui/alarm.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "tui/app.h"
#include "tui/past.h"

enum { SENTENCE_CELLS = 120 };

void alarm_init(struct alarm *alarm, const struct settings *settings)
{
	*alarm = (struct alarm){.bell = settings->screen_bell,
		.flash = settings->screen_flash,
		.notify = settings->screen_notify,
		.told_mono_ms = INT64_MIN / 2};
}

void alarm_release(struct alarm *alarm)
{
	free(alarm->known);
	free(alarm->text);
	*alarm = (struct alarm){.known = NULL};
}

void alarm_mute(struct alarm *alarm)
{
	alarm->bell = alarm->flash = false;
	alarm->notify = NOTIFY_NO;
}

/* ---- what is new ---- */

/* Also while the past is shown. A file has no now, and is never looked at. */
static const struct links *links_of_now(const struct app *app)
{
	const struct links *now = past_present(app);
	return now ? now : app->links;
}

static const struct model *now_of(const struct app *app)
{
	return links_model(links_of_now(app));
}

/* Nobody is woken for a bot that operators keep disabled. */
static bool is_wanted(const struct app *app, const struct msg_alert *alert)
{
	const struct msg_bot *bot = strcmp(alert->target_kind, "bot") == 0
					    ? model_bot(now_of(app), alert->target)
					    : NULL;
	return alert->severity >= SEVERITY_CRIT && strcmp(alert->state, "firing") == 0 &&
	       (!bot || bot->enabled);
}

static bool is_old(const struct app *app, const struct msg_alert *alert)
{
	size_t link = links_of(alert->id);
	const struct msg_engine *engine = model_find(now_of(app), MSG_engine, links_id(link, 1));
	return !(app->alarm.primed >> link & 1) ||
	       (engine && alert->fired_ms < engine->started_ms + ALARM_START_MS);
}

/* Until its id or a later one. */
static const struct alarm_known *advance(const struct alarm *alarm, size_t *at, uint64_t id)
{
	while (*at < alarm->count && alarm->known[*at].id < id)
		(*at)++;
	return *at < alarm->count && alarm->known[*at].id == id ? &alarm->known[*at] : NULL;
}

/* One that went with its engine and fires again on the next is the same. */
static struct alarm_known meet(
	const struct app *app, const struct alarm_known *before, const struct msg_alert *alert)
{
	bool same = before && (before->gone_mono_ms || before->fired_ms == alert->fired_ms);
	return (struct alarm_known){.id = alert->id,
		.fired_ms = alert->fired_ms,
		.told = same ? before->told : is_old(app, alert)};
}

/* What the model does not have any more, in its place among the others. */
static size_t keep_gone(
	const struct app *app, size_t *at, uint64_t below, struct alarm_known *next, size_t count)
{
	const struct alarm *alarm = &app->alarm;
	int64_t now_ms = app_mono_ms(app);
	for (; *at < alarm->count && alarm->known[*at].id < below; (*at)++) {
		struct alarm_known gone = alarm->known[*at];
		if (model_alert(now_of(app), gone.id))
			continue; /* it is there, and fires no more */
		gone.gone_mono_ms = gone.gone_mono_ms ? gone.gone_mono_ms : now_ms;
		gone.told = true;
		if (now_ms - gone.gone_mono_ms < ALARM_ORPHAN_MS)
			next[count++] = gone;
	}
	return count;
}

static void look(struct app *app)
{
	struct alarm *alarm = &app->alarm;
	size_t count, kept = 0, at = 0;
	const struct msg_alert *const *alerts = model_alerts(now_of(app), &count);
	struct alarm_known *next = xcalloc(count + alarm->count + 1, sizeof(*next));
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(app, alerts[i]))
			continue;
		kept = keep_gone(app, &at, alerts[i]->id, next, kept);
		next[kept++] = meet(app, advance(alarm, &at, alerts[i]->id), alerts[i]);
		at += at < alarm->count && alarm->known[at].id == alerts[i]->id;
	}
	kept = keep_gone(app, &at, UINT64_MAX, next, kept);
	free(alarm->known);
	alarm->known = next;
	alarm->count = kept;
	for (size_t i = 0; i < links_count(links_of_now(app)); i++)
		alarm->primed |= (uint32_t)(link_turn_wall_ms(links_at(links_of_now(app), i)) != 0)
				 << i;
}

/* ---- the signal ---- */

static int64_t fired(const struct app *app, const struct msg_alert *alert)
{
	return app_time(app, alert->id, alert->fired_ms);
}

/* The newest of those that nobody was told of; how many there are. */
static size_t untold(const struct app *app, const struct msg_alert **ret_newest)
{
	const struct alarm *alarm = &app->alarm;
	size_t count = 0;
	*ret_newest = NULL;
	for (size_t i = 0; i < alarm->count; i++) {
		if (alarm->known[i].told)
			continue;
		const struct msg_alert *alert = model_alert(now_of(app), alarm->known[i].id);
		if (alert && (!*ret_newest || fired(app, alert) > fired(app, *ret_newest)))
			*ret_newest = alert;
		count++;
	}
	return count;
}

static void raise_signal(struct app *app, const struct msg_alert *newest, size_t count)
{
	struct alarm *alarm = &app->alarm;
	autostr struct str text = STR_INIT;
	const char *host = app_host(app, newest->id);
	autofree char *sentence = xasprintf(
		"CRIT %s%s%s: %s", newest->rule, host[0] ? " on " : "", host, newest->text);
	(void)sanitize_clip(&text, sentence, strlen(sentence), SENTENCE_CELLS);
	if (count > 1)
		str_addf(&text, " (and %zu more)", count - 1);
	free(alarm->text);
	alarm->text = str_detach(&text);
	for (size_t i = 0; i < alarm->count; i++)
		alarm->known[i].told = true;
	alarm->due = true;
	alarm->told_mono_ms = app_mono_ms(app);
	alarm->flash_until_ms = alarm->flash ? alarm->told_mono_ms + ALARM_FLASH_MS : 0;
	app->dirty = true;
}

/* What begins to fire, of any severity, is painted at once. */
static void show_new(struct app *app)
{
	struct alarm *alarm = &app->alarm;
	size_t count, firing = 0;
	int64_t newest_ms = 0;
	const struct msg_alert *const *alerts = model_alerts(now_of(app), &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(alerts[i]->state, "firing") != 0)
			continue;
		firing++;
		newest_ms = alerts[i]->fired_ms > newest_ms ? alerts[i]->fired_ms : newest_ms;
	}
	app->dirty_news |= newest_ms > alarm->newest_ms || firing > alarm->firing;
	alarm->newest_ms = newest_ms;
	alarm->firing = firing;
}

void alarm_step(struct app *app, uint32_t turned)
{
	struct alarm *alarm = &app->alarm;
	int64_t now_ms = app_mono_ms(app);
	const struct msg_alert *newest;
	if (turned) {
		look(app);
		show_new(app);
	}
	size_t count = untold(app, &newest);
	if (newest && now_ms - alarm->told_mono_ms >= ALARM_GAP_MS)
		raise_signal(app, newest, count);
	if (alarm->flash_until_ms && now_ms >= alarm->flash_until_ms) {
		alarm->flash_until_ms = 0;
		app->dirty = true;
	}
}

void alarm_sound(struct app *app)
{
	struct alarm *alarm = &app->alarm;
	if (!alarm->due)
		return;
	alarm->due = false;
	if (alarm->bell)
		term_bell(app->term);
	if (alarm->notify == NOTIFY_NO)
		return;
	const struct msg_engine *engine = model_engine(now_of(app));
	const char *environment = engine ? engine->environment : app->settings->environment;
	autofree char *title = xasprintf(
		"botswain%s%s", app_is_many(app) ? "" : " ", app_is_many(app) ? "" : environment);
	term_notify(app->term, alarm->notify, title, alarm->text);
}

int64_t alarm_left_ms(const struct app *app)
{
	const struct alarm *alarm = &app->alarm;
	const struct msg_alert *newest;
	int64_t now_ms = app_mono_ms(app), due_ms = INT64_MAX;
	if (alarm->flash_until_ms)
		due_ms = alarm->flash_until_ms;
	if (untold(app, &newest) && newest && alarm->told_mono_ms + ALARM_GAP_MS < due_ms)
		due_ms = alarm->told_mono_ms + ALARM_GAP_MS;
	if (due_ms == INT64_MAX)
		return -1;
	return due_ms > now_ms ? due_ms - now_ms : 0;
}

const char *alarm_banner(const struct app *app)
{
	return app->alarm.flash_until_ms ? app->alarm.text : NULL;
}

void alarm_say(const struct alarm *alarm, struct str *text)
{
	str_addf(text, "bell %s, notifications %s, flash %s", alarm->bell ? "on" : "off",
		notify_way_word(alarm->notify), alarm->flash ? "on" : "off");
}
