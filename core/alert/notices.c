/* SPDX-License-Identifier: MIT */
#include "core/alert/notices.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/alert.h"
#include "core/alert/notice_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/model/model.h"

/* An alert that began, as it was told or counted. */
struct told {
	struct msg_alert *alert; /* owned; its id orders the list */
	bool is_counted;         /* in a summary only: that it is over is told by none */
};

struct notices {
	const struct clock *clock;
	const struct model *model;
	const struct alerts *alerts;
	char *host, *environment;
	int per_minute;
	unsigned severity; /* least */
	struct told *told;
	size_t told_count, told_room;
	struct notice waiting[NOTICES_WAITING_MAX]; /* a ring */
	size_t first, count;
	int64_t minute_ms; /* mono time at which this minute began */
	int in_minute;     /* lines of it */
	struct notice_summary more;
	bool is_more_due; /* the minute in which it began is over */
	uint64_t dropped;
	notices_forget *forget; /* of marks */
	void *context;
};

void notice_release(struct notice *notice)
{
	free(notice->line);
	free(notice->about);
	free(notice->mark);
	*notice = (struct notice){.line = NULL};
}

struct notices *notices_new(const struct clock *clock, const struct model *model,
	const struct alerts *alerts, const char *host)
{
	struct notices *notices = xcalloc(1, sizeof(*notices));
	*notices = (struct notices){.clock = clock,
		.model = model,
		.alerts = alerts,
		.host = xstrdup(host),
		.environment = xstrdup(""),
		.minute_ms = INT64_MIN / 2};
	return notices;
}

void notices_clear(struct notices *notices)
{
	for (size_t i = 0; i < notices->told_count; i++)
		msg_free(MSG_alert, notices->told[i].alert);
	notices->told_count = 0;
	for (; notices->count; notices->count--) {
		notice_release(&notices->waiting[notices->first]);
		notices->first = (notices->first + 1) % NOTICES_WAITING_MAX;
	}
	notices->more = (struct notice_summary){.firing = 0};
	notices->is_more_due = false;
}

void notices_on_forget(struct notices *notices, notices_forget *forget, void *context)
{
	notices->forget = forget;
	notices->context = context;
}

void notices_free(struct notices *notices)
{
	if (!notices)
		return;
	notices_clear(notices);
	free(notices->told);
	free(notices->host);
	free(notices->environment);
	free(notices);
}

void notices_configure(
	struct notices *notices, const struct conf_on_alert *conf, const char *environment)
{
	free(notices->environment);
	notices->environment = xstrdup(environment);
	notices->per_minute = conf->per_minute;
	notices->severity = conf->severity == TOLD_CRIT ? SEVERITY_CRIT : SEVERITY_WARN;
}

/* ---- the list of what was told ---- */

static size_t place_of(const struct notices *notices, uint64_t id)
{
	size_t low = 0, high = notices->told_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (notices->told[middle].alert->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct told *find(struct notices *notices, uint64_t id)
{
	size_t at = place_of(notices, id);
	return at < notices->told_count && notices->told[at].alert->id == id ? &notices->told[at]
									     : NULL;
}

/* Takes ownership of the alert. */
static struct told *remember(struct notices *notices, struct msg_alert *alert)
{
	struct told *told = find(notices, alert->id);
	if (told) {
		msg_free(MSG_alert, told->alert);
		told->alert = alert;
		return told;
	}
	size_t at = place_of(notices, alert->id);
	notices->told = grow(
		notices->told, notices->told_count, &notices->told_room, sizeof(*notices->told));
	memmove(notices->told + at + 1, notices->told + at,
		(notices->told_count++ - at) * sizeof(*notices->told));
	notices->told[at] = (struct told){.alert = alert};
	return &notices->told[at];
}

static void forget(struct notices *notices, size_t at)
{
	msg_free(MSG_alert, notices->told[at].alert);
	memmove(notices->told + at, notices->told + at + 1,
		(--notices->told_count - at) * sizeof(*notices->told));
}

void notices_recall(struct notices *notices, const char *mark, size_t length)
{
	autofree char *line = xstrndup(mark, length);
	struct msg_any message;
	struct err ignored;
	if (!msg_parse(line, &message, &ignored))
		return;
	if (message.kind == MSG_alert)
		(void)remember(notices, message.body);
	else
		msg_any_release(&message);
}

/* ---- the queue ---- */

static bool has_room(const struct notices *notices)
{
	return notices->in_minute < notices->per_minute && notices->count < NOTICES_WAITING_MAX;
}

static struct notice *append(struct notices *notices)
{
	size_t at = (notices->first + notices->count++) % NOTICES_WAITING_MAX;
	notices->in_minute++;
	return &notices->waiting[at];
}

static struct notice_scene scene_of(const struct notices *notices)
{
	return (struct notice_scene){.model = notices->model,
		.environment = notices->environment,
		.host = notices->host};
}

static char *mark_of(const struct msg_alert *alert)
{
	struct str text = STR_INIT;
	msg_dump(MSG_alert, alert, &text);
	return str_detach(&text);
}

static void write_key(char key[NOTICE_KEY_MAX], const struct msg_alert *alert)
{
	snprintf(key, NOTICE_KEY_MAX, "told/%016" PRIx64, alert->id);
}

static void count_only(struct notices *notices, bool fires, const struct msg_alert *alert)
{
	char key[NOTICE_KEY_MAX];
	notices->more.firing += fires;
	notices->more.resolved += !fires;
	if (fires && alert->severity > notices->more.severity)
		notices->more.severity = (unsigned)alert->severity;
	notices->dropped++;
	write_key(key, alert);
	if (!fires && notices->forget)
		notices->forget(notices->context, key);
}

/* False: it does not fit, and is counted. */
static bool offer(struct notices *notices, const char *event, const struct msg_alert *alert)
{
	const struct notice_scene scene = scene_of(notices);
	bool fires = strcmp(event, "firing") == 0;
	if (!has_room(notices)) {
		count_only(notices, fires, alert);
		return false;
	}
	struct notice *notice = append(notices);
	*notice = (struct notice){.line = notice_line(&scene, event, alert),
		.about = xasprintf("%s of %s, %s", alert->rule, alert->target_name, event),
		.mark = fires ? mark_of(alert) : xstrdup("")};
	write_key(notice->key, alert);
	return true;
}

/* A minute is over: what was only counted in it is told first. */
static void turn_minute(struct notices *notices)
{
	int64_t now_ms = clock_mono_ms(notices->clock);
	const struct notice_scene scene = scene_of(notices);
	if (now_ms - notices->minute_ms >= NOTICES_MINUTE_MS) {
		notices->minute_ms = now_ms;
		notices->in_minute = 0;
		notices->is_more_due = notices->more.firing || notices->more.resolved;
	}
	if (!notices->is_more_due || !has_room(notices))
		return;
	notices->is_more_due = false;
	struct notice *notice = append(notices);
	*notice = (struct notice){
		.line = notice_summary_line(&scene, &notices->more, clock_wall_ms(notices->clock)),
		.about = xasprintf("a summary of %s",
			format_many(notices->more.firing + notices->more.resolved, "alert").text),
		.mark = xstrdup("")};
	notices->more = (struct notice_summary){.firing = 0};
}

bool notices_next(struct notices *notices, struct notice *ret)
{
	if (!notices->count)
		return false;
	*ret = notices->waiting[notices->first];
	notices->waiting[notices->first] = (struct notice){.line = NULL};
	notices->first = (notices->first + 1) % NOTICES_WAITING_MAX;
	notices->count--;
	return true;
}

/* ---- looking ---- */

/* Until its sources have spoken, that a rule does not hold says nothing. */
static bool has_been_looked_at(const struct model *model, const struct msg_alert *alert)
{
	const struct msg_bot *bot = model_bot(model, alert->target);
	if (!bot || !bot->enabled)
		return true;
	bool asked = strcmp(bot->tg_state, "checking") != 0 &&
		     (bot->pending >= 0 || strcmp(bot->tg_state, "ok") != 0);
	return asked && strcmp(bot->proc_state, "unknown") != 0 &&
	       strcmp(bot->hb_state, "unknown") != 0;
}

static void begin(struct notices *notices, const struct msg_alert *alert)
{
	struct told *told = find(notices, alert->id);
	bool worse = told && alert->severity > told->alert->severity;
	if (told && !worse)
		return;
	bool fits = offer(notices, "firing", alert);
	told = remember(notices, msg_copy(MSG_alert, alert));
	told->is_counted = !fits && (told->is_counted || !worse);
}

/* What fires of what the configuration wants told. */
static void look_at_firing(struct notices *notices)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(notices->model, &count);
	for (size_t i = 0; i < count; i++)
		if (alerts[i]->severity >= notices->severity &&
			strcmp(alerts[i]->state, "firing") == 0)
			begin(notices, alerts[i]);
}

static bool is_over(const struct notices *notices, const struct told *told)
{
	const struct msg_alert *alert = model_alert(notices->model, told->alert->id);
	if (alert)
		return strcmp(alert->state, "resolved") == 0;
	return alerts_ask(notices->alerts, told->alert->rule, told->alert->target) == ALERT_NO &&
	       has_been_looked_at(notices->model, told->alert);
}

/* What it was when it fired, and when that was over. */
static void end(struct notices *notices, const struct told *told)
{
	const struct msg_alert *alert = model_alert(notices->model, told->alert->id);
	struct msg_alert *last = msg_copy(MSG_alert, alert ? alert : told->alert);
	if (!last->resolved_ms)
		last->resolved_ms = clock_wall_ms(notices->clock);
	(void)offer(notices, "resolved", last);
	msg_free(MSG_alert, last);
}

static void look_at_told(struct notices *notices)
{
	for (size_t i = notices->told_count; i-- > 0;) {
		struct told *told = &notices->told[i];
		if (!is_over(notices, told))
			continue;
		if (!told->is_counted)
			end(notices, told);
		forget(notices, i);
	}
}

void notices_scan(struct notices *notices)
{
	turn_minute(notices);
	look_at_told(notices);
	look_at_firing(notices);
}

size_t notices_waiting(const struct notices *notices)
{
	return notices->count;
}

uint64_t notices_dropped(const struct notices *notices)
{
	return notices->dropped;
}
