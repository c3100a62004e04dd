/* SPDX-License-Identifier: MIT */
#include "core/alert/notice_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/model/model.h"
#include "core/model/verdict.h"

static void put_text(json_t *object, const char *name, const char *text)
{
	json_t *value = json_string(text); /* NULL for what is not UTF-8 */
	json_object_set_new(object, name, value ? value : json_string(""));
}

static void put_time(json_t *object, const char *name, int64_t wall_ms)
{
	json_object_set_new(
		object, name, wall_ms ? json_string(format_rfc3339(wall_ms).text) : json_null());
}

static void put_figure(json_t *object, const char *name, double value)
{
	bool whole = isfinite(value) && value == floor(value) && fabs(value) < 1e15;
	json_object_set_new(object, name,
		!isfinite(value) ? json_null()
		: whole          ? json_integer((json_int_t)value)
				 : json_real(value));
}

/* What kind of source or service it is: redis, postgres ...; empty for a bot. */
static const char *type_of(const struct model *model, const struct msg_alert *alert)
{
	const struct msg_source *source = model_source(model, alert->target);
	const struct msg_service *service = model_service(model, alert->target);
	return source ? source->kind : service ? service->kind : "";
}

static json_t *target_of(const struct notice_scene *scene, const struct msg_alert *alert)
{
	json_t *target = json_object();
	const struct msg_bot *bot = model_bot(scene->model, alert->target);
	const char *type = type_of(scene->model, alert);
	put_text(target, "kind", alert->target_kind);
	if (*type)
		put_text(target, "type", type);
	put_text(target, "name", alert->target_name);
	put_text(target, "host", bot && *bot->host ? bot->host : scene->host);
	return target;
}

/* Of a rule file's alert: {"summary": "..."}. */
static void put_labels(json_t *object, const char *name, const struct msg_label *list, size_t count)
{
	json_t *labels = count ? json_object() : NULL;
	for (size_t i = 0; i < count; i++)
		put_text(labels, list[i].name, list[i].value);
	if (labels)
		json_object_set_new(object, name, labels);
}

static char *finish(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(object);
	char *line = xasprintf("%s\n", text ? text : "{}");
	free(text);
	return line;
}

static json_t *begin(const struct notice_scene *scene, const char *event)
{
	json_t *object = json_object();
	json_object_set_new(object, "v", json_integer(1));
	put_text(object, "event", event);
	put_text(object, "environment", scene->environment);
	return object;
}

char *notice_line(
	const struct notice_scene *scene, const char *event, const struct msg_alert *alert)
{
	json_t *object = begin(scene, event);
	char id[20];
	snprintf(id, sizeof(id), "%016" PRIx64, alert->id);
	put_text(object, "id", id);
	put_text(object, "rule", alert->rule);
	put_text(object, "severity", severity_word((unsigned)alert->severity));
	json_object_set_new(object, "target", target_of(scene, alert));
	put_text(object, "text", alert->text);
	put_time(object, "since", alert->since_ms);
	put_time(object, "fired", alert->fired_ms);
	put_time(object, "resolved", alert->resolved_ms);
	put_figure(object, "value", alert->value);
	put_figure(object, "limit", alert->limit);
	put_labels(object, "labels", alert->labels, alert->labels_count);
	put_labels(object, "annotations", alert->annotations, alert->annotations_count);
	return finish(object);
}

char *notice_summary_line(
	const struct notice_scene *scene, const struct notice_summary *summary, int64_t wall_ms)
{
	json_t *object = begin(scene, "summary");
	size_t count = summary->firing + summary->resolved;
	autofree char *text = xasprintf("%zu more alert%s not sent: %zu began, %zu ended", count,
		count == 1 ? "" : "s", summary->firing, summary->resolved);
	put_text(object, "severity", severity_word(summary->severity));
	put_text(object, "text", text);
	json_object_set_new(object, "firing", json_integer((json_int_t)summary->firing));
	json_object_set_new(object, "resolved", json_integer((json_int_t)summary->resolved));
	put_time(object, "time", wall_ms);
	return finish(object);
}
