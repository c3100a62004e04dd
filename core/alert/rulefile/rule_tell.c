/* SPDX-License-Identifier: MIT */
/* What changed of a group's alerts, as messages. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/rulefile/internal.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/model/model.h"
#include "core/msg/msg.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"

enum { SENTENCE_CELLS = 1000, REFRESH_MS = 5000, ANNOTATION_BYTES = 12000 };

/* ---- parts ---- */

static void begin_part(struct telling *telling)
{
	const struct rule_group *group = telling->group;
	autofree char *name = xasprintf("%s:%s", group->file, group->name);
	telling->message = msg_new(MSG_obs_rules);
	msg_set(&telling->message->group, name);
}

void tell_begin(
	struct telling *telling, const struct rule_group *group, const struct rule_round *round)
{
	*telling = (struct telling){.group = group, .round = round};
	begin_part(telling);
}

static void end_part(struct telling *telling)
{
	telling->round->tell(telling->round->context, telling->message);
	telling->message = NULL;
}

void tell_end(struct telling *telling, double took_ms)
{
	telling->message->failing = telling->group->failing;
	telling->message->took_ms = took_ms;
	telling->message->done = true;
	end_part(telling);
}

static void make_room(struct telling *telling)
{
	struct msg_obs_rules *message = telling->message;
	if (message->alerts_count + message->gone_count < RULE_TOLD_MAX)
		return;
	end_part(telling);
	begin_part(telling);
}

static void add_gone(struct telling *telling, uint64_t id)
{
	make_room(telling);
	struct msg_obs_rules *message = telling->message;
	message->gone =
		xreallocarray(message->gone, message->gone_count + 1, sizeof(*message->gone));
	message->gone[message->gone_count++] = (double)id;
}

/* ---- an alert ---- */

/* info and none are shown, and alarm nobody; a severity of another name counts as a warning. */
static unsigned severity_of(const struct labels *labels)
{
	const char *word = labels_get(labels, "severity");
	if (strcmp(word, "critical") == 0)
		return SEVERITY_CRIT;
	return strcmp(word, "info") == 0 || strcmp(word, "none") == 0 ? SEVERITY_OK : SEVERITY_WARN;
}

static const char *annotation_of(
	const struct live_rule *rule, const struct active *active, const char *name)
{
	for (size_t i = 0; active->annotations && i < rule->spec.annotations.count; i++)
		if (strcmp(rule->spec.annotations.list[i].name, name) == 0)
			return active->annotations[i];
	return "";
}

/* Lines become one. */
static void add_line(struct str *to, const char *text)
{
	autostr struct str line = STR_INIT;
	for (; *text; text++) {
		bool is_blank = *text == ' ' || *text == '\n' || *text == '\t';
		if (!is_blank)
			str_addch(&line, *text);
		else if (line.length && line.text[line.length - 1] != ' ')
			str_addch(&line, ' ');
	}
	sanitize_clip(to, line.text, line.length, SENTENCE_CELLS);
}

static void add_sentence(const struct live_rule *rule, const struct active *active, struct str *to)
{
	static const char *const names[] = {"summary", "description", "message"};
	for (size_t i = 0; i < COUNT_OF(names) && !to->length; i++)
		add_line(to, annotation_of(rule, active, names[i]));
	if (to->length)
		return;
	add_line(to, rule->spec.query);
	str_adds(to, " (now ");
	value_text(active->value, to);
	str_adds(to, ")");
}

static void add_label(struct msg_alert *alert, const struct label *from)
{
	struct msg_label *label = msg_add(alert->labels, &alert->labels_count);
	msg_set(&label->name, from->name);
	msg_set(&label->value, from->value);
}

static void add_texts(
	const struct live_rule *rule, const struct active *active, struct msg_alert *alert)
{
	for (size_t i = 0; i < labels_count(active->labels); i++)
		add_label(alert, labels_at(active->labels, i));
	size_t bytes = 0;
	for (size_t i = 0; active->annotations && i < rule->spec.annotations.count; i++) {
		bytes += strlen(active->annotations[i]);
		if (bytes > ANNOTATION_BYTES)
			break;
		struct msg_label *text = msg_add(alert->annotations, &alert->annotations_count);
		msg_set(&text->name, rule->spec.annotations.list[i].name);
		msg_set(&text->value, active->annotations[i]);
	}
}

static const char *target_of(const struct rule_group *group, const struct labels *labels)
{
	static const char *const names[] = {"bot", "instance", "job"};
	const char *target = "";
	for (size_t i = 0; i < COUNT_OF(names) && !*target; i++)
		target = labels_get(labels, names[i]);
	return *target ? target : group->name;
}

static void set_places(
	const struct rule_group *group, const struct live_rule *rule, struct msg_alert *alert)
{
	autofree char *origin = xasprintf("%s:%d", group->file, rule->spec.line);
	msg_set(&alert->target_kind, "rule");
	msg_set(&alert->origin, origin);
	msg_set(&alert->group, group->name);
	msg_set(&alert->rule, rule->spec.name);
}

static struct msg_alert *alert_of(
	const struct rule_group *group, const struct live_rule *rule, const struct active *active)
{
	static const char *const phases[] = {"pending", "firing", "resolved"};
	autostr struct str sentence = STR_INIT;
	struct msg_alert *alert = msg_new(MSG_alert);
	alert->id = active->id;
	alert->severity = severity_of(active->labels);
	alert->since_ms = active->active_ms;
	alert->fired_ms = active->fired_ms;
	alert->resolved_ms = active->resolved_ms;
	alert->value = active->value;
	alert->limit = NAN;
	set_places(group, rule, alert);
	add_sentence(rule, active, &sentence);
	msg_set(&alert->text, sentence.text);
	msg_set(&alert->target_name, target_of(group, active->labels));
	msg_set(&alert->state, phases[active->phase]);
	add_texts(rule, active, alert);
	return alert;
}

/* Moves the alert into the message, unless the same was told last; the hash of it. */
static uint64_t tell_alert(struct telling *telling, struct msg_alert *alert, uint64_t told)
{
	autostr struct str bytes = STR_INIT;
	msg_encode(MSG_alert, alert, &bytes);
	uint64_t hash = hash64_bytes(HASH64_BEGIN, bytes.text, bytes.length) | 1;
	if (hash != told) {
		make_room(telling);
		struct msg_alert *place =
			msg_add(telling->message->alerts, &telling->message->alerts_count);
		*place = *alert;
		free(alert);
	} else {
		msg_free(MSG_alert, alert);
	}
	return hash;
}

/* A value that moves is told now and then, a change of the state at once. */
static void tell_active(
	struct telling *telling, const struct live_rule *rule, struct active *active)
{
	int64_t now_ms = telling->round->time_ms;
	bool is_shown = active->phase != ACTIVE_RESOLVED ||
			now_ms - active->resolved_ms < RULE_RESOLVED_SHOWN_MS;
	bool is_due = !active->told || active->told_phase != active->phase ||
		      now_ms - active->told_ms >= REFRESH_MS;
	if (!is_shown && active->told) {
		add_gone(telling, active->id);
		active->told = 0;
	}
	if (!is_shown || !is_due)
		return;
	active->told = tell_alert(telling, alert_of(telling->group, rule, active), active->told);
	active->told_phase = active->phase;
	active->told_ms = now_ms;
}

/* ---- a rule that fails ---- */

static uint64_t trouble_id(const struct rule_group *group, const struct live_rule *rule)
{
	autofree char *path = xasprintf("rulefile/%s/%s/rule_failing/%s/%" PRIu64, group->file,
		group->name, rule->spec.name, rule->key);
	return entity_id("alert", path);
}

static struct msg_alert *alert_of_trouble(
	const struct rule_group *group, const struct live_rule *rule)
{
	const struct trouble *trouble = &rule->trouble;
	autostr struct str text = STR_INIT;
	struct msg_alert *alert = msg_new(MSG_alert);
	str_addf(&text,
		"rule %s of group %s cannot be evaluated, what it knew stays: ", rule->spec.name,
		group->name);
	add_line(&text, trouble->err.text);
	alert->id = trouble_id(group, rule);
	alert->severity = SEVERITY_WARN;
	alert->since_ms = alert->fired_ms = trouble->since_ms;
	alert->resolved_ms = trouble->resolved_ms;
	alert->value = alert->limit = NAN;
	set_places(group, rule, alert);
	msg_set(&alert->rule, "rule_failing");
	msg_set(&alert->target_name, rule->spec.name);
	msg_set(&alert->text, text.text);
	msg_set(&alert->state, trouble->resolved_ms ? "resolved" : "firing");
	return alert;
}

static void tell_trouble(struct telling *telling, struct live_rule *rule)
{
	struct trouble *trouble = &rule->trouble;
	if (!trouble->is_there)
		return;
	if (trouble->resolved_ms &&
		telling->round->time_ms - trouble->resolved_ms >= RULE_RESOLVED_SHOWN_MS) {
		add_gone(telling, trouble_id(telling->group, rule));
		*trouble = (struct trouble){.is_there = false};
		return;
	}
	trouble->told = tell_alert(telling, alert_of_trouble(telling->group, rule), trouble->told);
}

void tell_rule(struct telling *telling, struct live_rule *rule)
{
	for (size_t i = 0; i < rule->gone_count; i++)
		add_gone(telling, rule->gone[i]);
	rule->gone_count = 0;
	for (size_t i = 0; i < rule->count; i++)
		tell_active(telling, rule, &rule->list[i]);
	tell_trouble(telling, rule);
}

void tell_gone(struct telling *telling, const struct live_rule *rule)
{
	for (size_t i = 0; i < rule->gone_count; i++)
		add_gone(telling, rule->gone[i]);
	for (size_t i = 0; i < rule->count; i++)
		if (rule->list[i].told)
			add_gone(telling, rule->list[i].id);
	if (rule->trouble.told)
		add_gone(telling, trouble_id(telling->group, rule));
}
