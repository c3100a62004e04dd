/* SPDX-License-Identifier: MIT */
/*
 * The life of an alert: an instance is made when its condition is first true, and goes when it was
 * resolved long enough. Times that decide are monotonic; those that are shown are wall times.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/internal.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"

enum {
	TURN_MS = 1000,
	REFRESH_MS = 5000,
	BEFORE_WAIT_MS = 30000, /* what fired before this start is not over before all was asked */
	BEFORE_MAX_MS = 600000, /* nobody can tell for so long: it is forgotten */
};
enum phase { PHASE_PENDING, PHASE_FIRING, PHASE_RESOLVED };

struct instance {
	uint64_t key; /* of rule and target */
	uint64_t id, target;
	const struct rule *rule;
	enum phase phase;
	int64_t since_ms;                  /* mono: the condition holds since */
	int64_t over_ms;                   /* mono: it does not hold since; -1: it holds */
	int64_t resolved_ms, refreshed_ms; /* mono */
	struct msg_alert *before;          /* it fired before this start, and was not seen since */
};

struct alerts {
	struct settings *settings;
	const struct clock *clock;
	struct model *model;
	struct instance *instances; /* ordered by key */
	size_t count, capacity;
	int64_t turned_ms;
	bool others_settled; /* rules of others were judged since the start */
};

struct alerts *alerts_new(struct settings *settings, const struct clock *clock, struct model *model)
{
	struct alerts *alerts = xcalloc(1, sizeof(*alerts));
	*alerts = (struct alerts){.settings = settings_ref(settings),
		.clock = clock,
		.model = model,
		.turned_ms = INT64_MIN,
		.others_settled = true};
	return alerts;
}

void alerts_free(struct alerts *alerts)
{
	if (!alerts)
		return;
	settings_unref(alerts->settings);
	for (size_t i = 0; i < alerts->count; i++)
		msg_free(MSG_alert, alerts->instances[i].before);
	free(alerts->instances);
	free(alerts);
}

void alerts_reload(struct alerts *alerts, struct settings *settings)
{
	struct settings *old = alerts->settings;
	alerts->settings = settings_ref(settings);
	settings_unref(old);
	alerts->turned_ms = INT64_MIN;
}

/* ---- what the settings make of a rule ---- */

static bool is_off(const struct alerts *alerts, const struct rule *rule)
{
	const struct conf_rule *set = settings_rule(alerts->settings, rule->about.name);
	return set && set->off;
}

static int64_t hold_ms(const struct alerts *alerts, const struct rule *rule)
{
	const struct conf_rule *set = settings_rule(alerts->settings, rule->about.name);
	return set && set->for_ms >= 0 ? set->for_ms : rule->about.for_ms;
}

/* A webhook that fails while updates pile up is as bad as its bot's own state says. */
static unsigned severity_of(const struct alerts *alerts, const struct scene *scene)
{
	const struct conf_rule *set = settings_rule(alerts->settings, scene->rule->about.name);
	if (set && *set->severity)
		return strcmp(set->severity, "warn") == 0 ? SEVERITY_WARN : SEVERITY_CRIT;
	unsigned severity = scene->rule->severity;
	if (scene->reason && scene->reason->severity > severity)
		severity = (unsigned)scene->reason->severity;
	if (scene->check && scene->check->severity > severity)
		severity = (unsigned)scene->check->severity;
	return severity;
}

static bool set_scene(
	const struct alerts *alerts, const struct rule *rule, uint64_t target, struct scene *ret)
{
	const struct conf_rule *set = settings_rule(alerts->settings, rule->about.name);
	*ret = (struct scene){.model = alerts->model,
		.rule = rule,
		.limit = rule->about.limit,
		.second = rule->about.second,
		.wall_ms = clock_wall_ms(alerts->clock)};
	if (set && !isnan(set->limit))
		ret->limit = set->limit;
	if (set && !isnan(set->second))
		ret->second = set->second;
	if (rule->target == MSG_bot)
		ret->bot = model_bot(alerts->model, target);
	else if (rule->target == MSG_source)
		ret->source = model_source(alerts->model, target);
	else if (rule->target == MSG_check)
		ret->check = model_check(alerts->model, target);
	else
		ret->service = model_service(alerts->model, target);
	return ret->bot || ret->source || ret->service || ret->check;
}

/* ---- instances ---- */

static size_t place_of(const struct alerts *alerts, uint64_t key)
{
	size_t low = 0, high = alerts->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (alerts->instances[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t key_of(const struct rule *rule, uint64_t target)
{
	uint64_t number = (uint64_t)(rule - rule_at(0)) + 1;
	return target ^ (number * UINT64_C(0x9e3779b97f4a7c15));
}

/* NULL: it never was, or it is over for good. */
static struct instance *find(struct alerts *alerts, uint64_t key)
{
	size_t at = place_of(alerts, key);
	return at < alerts->count && alerts->instances[at].key == key ? &alerts->instances[at]
								      : NULL;
}

/* heartbeat_late/bot/orders, redis_down/service/redis/main */
static uint64_t entity_id_of(const struct scene *scene)
{
	const char *kind = "", *name = "";
	char path[256];
	if (scene->bot) {
		name = scene->bot->name;
	} else if (scene->check) {
		kind = scene->check->name;
		name = scene->check->bot;
	} else {
		kind = scene->source ? scene->source->kind : scene->service->kind;
		name = scene->source ? scene->source->name : scene->service->name;
	}
	snprintf(path, sizeof(path), "%s/%s/%s%s%s", scene->rule->about.name,
		scene->rule->about.target, kind, *kind ? "/" : "", name);
	return entity_id("alert", path);
}

static struct instance *insert(struct alerts *alerts, uint64_t key)
{
	size_t at = place_of(alerts, key);
	alerts->instances =
		grow(alerts->instances, alerts->count, &alerts->capacity, sizeof(struct instance));
	memmove(alerts->instances + at + 1, alerts->instances + at,
		(alerts->count++ - at) * sizeof(struct instance));
	struct instance *instance = &alerts->instances[at];
	*instance = (struct instance){.key = key,
		.phase = PHASE_PENDING,
		.since_ms = clock_mono_ms(alerts->clock),
		.over_ms = -1,
		.refreshed_ms = INT64_MIN};
	return instance;
}

static struct instance *make(
	struct alerts *alerts, uint64_t key, uint64_t target, const struct scene *scene)
{
	struct instance *instance = insert(alerts, key);
	instance->id = entity_id_of(scene);
	instance->target = target;
	instance->rule = scene->rule;
	return instance;
}

static void drop(struct alerts *alerts, size_t at)
{
	model_remove(alerts->model, MSG_alert, alerts->instances[at].id);
	msg_free(MSG_alert, alerts->instances[at].before);
	memmove(alerts->instances + at, alerts->instances + at + 1,
		(--alerts->count - at) * sizeof(struct instance));
}

/* ---- the entity ---- */

static const char *name_of(const struct scene *scene)
{
	if (scene->bot)
		return scene->bot->name;
	if (scene->check)
		return scene->check->name;
	return scene->source ? scene->source->name : scene->service->name;
}

static struct msg_alert *entity_of(struct alerts *alerts, const struct instance *instance)
{
	const struct msg_alert *old = instance->before;
	if (!old)
		old = model_alert(alerts->model, instance->id);
	struct msg_alert *alert = old ? msg_copy(MSG_alert, old) : msg_new(MSG_alert);
	alert->id = instance->id;
	return alert;
}

static const char *phase_word(enum phase phase)
{
	static const char *const words[] = {"pending", "firing", "resolved"};
	return words[phase];
}

/* From here on the model has it. */
static void put(struct alerts *alerts, struct instance *instance, struct msg_alert *alert)
{
	const struct msg_alert *before = model_alert(alerts->model, alert->id);
	bool is_news = !before || strcmp(before->state, alert->state) != 0;
	msg_free(MSG_alert, instance->before);
	instance->before = NULL;
	if (model_put_if_changed(alerts->model, MSG_alert, alert) && is_news)
		model_hurry(alerts->model);
}

/* The condition holds: its sentence, its figures. */
static void show(struct alerts *alerts, struct instance *instance, const struct scene *scene)
{
	struct str text autostr = STR_INIT;
	int64_t now = clock_wall_ms(alerts->clock);
	struct msg_alert *alert = entity_of(alerts, instance);
	bool begins = strcmp(alert->state ? alert->state : "resolved", "resolved") == 0;
	alert->value = scene->rule->say(scene, &text);
	alert->limit = isnan(alert->value) ? (double)NAN : scene->limit;
	alert->severity = severity_of(alerts, scene);
	alert->target = instance->target;
	if (begins) {
		alert->since_ms = now;
		alert->fired_ms = alert->resolved_ms = 0;
	}
	if (instance->phase == PHASE_FIRING && !alert->fired_ms)
		alert->fired_ms = now;
	if (instance->phase == PHASE_PENDING)
		alert->fired_ms = 0;
	msg_set(&alert->rule, scene->rule->about.name);
	msg_set(&alert->target_kind, scene->rule->about.target);
	msg_set(&alert->target_name, name_of(scene));
	msg_set(&alert->text, text.text);
	msg_set(&alert->origin, scene->rule->about.origin);
	msg_set(&alert->state, phase_word(instance->phase));
	put(alerts, instance, alert);
}

/* ---- the steps ---- */

/* Why it is over: NULL: its condition is. */
static void resolve(struct alerts *alerts, struct instance *instance, const char *why)
{
	instance->phase = PHASE_RESOLVED;
	instance->resolved_ms = clock_mono_ms(alerts->clock);
	struct msg_alert *alert = entity_of(alerts, instance);
	alert->resolved_ms = clock_wall_ms(alerts->clock);
	msg_set(&alert->state, phase_word(PHASE_RESOLVED));
	if (why) {
		autofree char *text = xasprintf("%s; %s", alert->text ? alert->text : "", why);
		msg_set(&alert->text, text);
	}
	put(alerts, instance, alert);
}

static bool has_moved(
	const struct alerts *alerts, const struct instance *instance, const struct scene *scene)
{
	const struct msg_alert *alert = model_alert(alerts->model, instance->id);
	return alert && rule_has_moved(scene, alert->value);
}

static void hold(struct alerts *alerts, struct instance *instance, const struct scene *scene)
{
	int64_t now = clock_mono_ms(alerts->clock);
	enum phase before = instance->phase;
	if (before == PHASE_RESOLVED)
		instance->since_ms = now;
	instance->over_ms = -1;
	instance->phase = now - instance->since_ms >= hold_ms(alerts, instance->rule)
				  ? PHASE_FIRING
				  : PHASE_PENDING;
	bool due = instance->refreshed_ms == INT64_MIN ||
		   now - instance->refreshed_ms >= REFRESH_MS || has_moved(alerts, instance, scene);
	if (instance->phase == before && !due)
		return;
	instance->refreshed_ms = now;
	show(alerts, instance, scene);
}

/* False: the instance is to go (it was pending, and nobody heard of it). `why`: it is over at once, for another reason
 * than that its condition ended. */
static bool let_go(struct alerts *alerts, struct instance *instance, const char *why)
{
	int64_t now = clock_mono_ms(alerts->clock);
	if (instance->phase == PHASE_PENDING)
		return false;
	if (instance->phase == PHASE_RESOLVED)
		return now - instance->resolved_ms < ALERT_RESOLVED_SHOWN_MS;
	if (instance->over_ms < 0)
		instance->over_ms = now;
	if (why || now - instance->over_ms >= instance->rule->about.keep_ms)
		resolve(alerts, instance, why);
	return true;
}

static const struct rule *rule_named(const char *name)
{
	const struct rule *rule;
	for (size_t i = 0; (rule = rule_at(i)); i++)
		if (strcmp(rule->about.name, name) == 0)
			return rule;
	return NULL;
}

/* Between its starts a bot that loops is down: one alert says so, and does not come and go with each of them. */
static bool is_said_by_loop(struct alerts *alerts, const struct rule *rule, uint64_t target)
{
	struct scene scene;
	if (strcmp(rule->about.name, "bot_down") != 0)
		return false;
	const struct rule *loop = rule_named("restart_loop");
	if (!loop || is_off(alerts, loop) || !set_scene(alerts, loop, target, &scene))
		return false;
	enum truth truth = rule_judge(&scene);
	if (truth == TRUTH_YES && !hold_ms(alerts, loop))
		return true;
	const struct instance *instance = find(alerts, key_of(loop, target));
	return truth != TRUTH_NO && instance && instance->phase == PHASE_FIRING &&
	       !instance->before;
}

/* NULL: the rule is to be asked. */
static const char *over_because(
	struct alerts *alerts, const struct rule *rule, uint64_t target, bool is_there)
{
	if (is_off(alerts, rule))
		return "over because the configuration turned the rule off";
	if (!is_there)
		return "over because there is no such target any more";
	return is_said_by_loop(alerts, rule, target) ? "over because restart_loop says it instead"
						     : NULL;
}

/* ---- over a restart ---- */

void alerts_recall(struct alerts *alerts, struct msg_alert *alert)
{
	const struct rule *rule = rule_named(alert->rule);
	uint64_t key = rule ? key_of(rule, alert->target) : 0;
	if (!rule || is_off(alerts, rule) || find(alerts, key)) {
		msg_free(MSG_alert, alert);
		return;
	}
	struct instance *instance = insert(alerts, key);
	int64_t age_ms = clock_wall_ms(alerts->clock) - alert->since_ms;
	instance->id = alert->id;
	instance->target = alert->target;
	instance->rule = rule;
	instance->phase = PHASE_FIRING;
	instance->refreshed_ms = clock_mono_ms(alerts->clock); /* as yet: when it was recalled */
	instance->since_ms = instance->refreshed_ms - (age_ms > 0 ? age_ms : 0);
	instance->before = alert;
}

/* Nobody has seen since the start whether it still holds. True: that waits. */
static bool wait_for_sight(
	struct alerts *alerts, struct instance *instance, enum truth truth, const char *why)
{
	int64_t age_ms = clock_mono_ms(alerts->clock) - instance->refreshed_ms;
	if (truth == TRUTH_YES) {
		instance->refreshed_ms = INT64_MIN; /* shown now */
		return false;
	}
	if (age_ms < BEFORE_WAIT_MS)
		return true;
	/* A target that is gone with its configuration has nothing to say any more. */
	if (why || (truth == TRUTH_UNSURE && age_ms > BEFORE_MAX_MS)) {
		drop(alerts, (size_t)(instance - alerts->instances));
		return true;
	}
	return truth == TRUTH_UNSURE;
}

static void step(struct alerts *alerts, const struct rule *rule, uint64_t target)
{
	struct scene scene;
	const char *why =
		over_because(alerts, rule, target, set_scene(alerts, rule, target, &scene));
	uint64_t key = key_of(rule, target);
	struct instance *instance = find(alerts, key);
	enum truth truth = why ? TRUTH_NO : rule_judge(&scene);
	if (instance && instance->before && wait_for_sight(alerts, instance, truth, why))
		return;
	bool resolved = instance && instance->phase == PHASE_RESOLVED;
	if (truth == TRUTH_UNSURE && !resolved) {
		if (instance && has_moved(alerts, instance, &scene))
			show(alerts, instance, &scene);
		return;
	}
	if (truth == TRUTH_YES)
		hold(alerts, instance ? instance : make(alerts, key, target, &scene), &scene);
	else if (instance && !let_go(alerts, instance, why))
		drop(alerts, (size_t)(instance - alerts->instances));
}

void alerts_check(struct alerts *alerts, unsigned kind, uint64_t id)
{
	const struct rule *rule;
	for (size_t i = 0; (rule = rule_at(i)); i++)
		if ((unsigned)rule->target == kind)
			step(alerts, rule, id);
}

void alerts_judge_others(struct alerts *alerts, bool is_settled)
{
	alerts->others_settled = is_settled;
}

void alerts_turn(struct alerts *alerts)
{
	int64_t now = clock_mono_ms(alerts->clock);
	if (alerts->turned_ms != INT64_MIN && now - alerts->turned_ms < TURN_MS)
		return;
	alerts->turned_ms = now;
	for (size_t i = alerts->count; i-- > 0;)
		step(alerts, alerts->instances[i].rule, alerts->instances[i].target);
}

enum alert_answer alerts_ask(const struct alerts *alerts, const char *name, uint64_t target)
{
	static const enum alert_answer answers[] = {
		[TRUTH_NO] = ALERT_NO, [TRUTH_YES] = ALERT_YES, [TRUTH_UNSURE] = ALERT_UNSURE};
	const struct rule *rule = rule_at(0);
	struct scene scene;
	for (size_t i = 1; rule && strcmp(rule->about.name, name) != 0; i++)
		rule = rule_at(i);
	if (!rule)
		return alerts->others_settled ? ALERT_NO : ALERT_UNSURE;
	if (is_off(alerts, rule) || !set_scene(alerts, rule, target, &scene))
		return ALERT_NO;
	return answers[rule_judge(&scene)];
}
