/* SPDX-License-Identifier: MIT */
#include "core/engine/exposition.h"

#include <math.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/exposition_turns.h"
#include "core/model/model.h"
#include "core/model/verdict.h"

static double seconds(int64_t ms)
{
	return ms ? (double)ms / 1000 : NAN;
}

static double known(uint64_t value)
{
	return value ? (double)value : NAN;
}

static double count(int64_t value)
{
	return value < 0 ? NAN : (double)value;
}

static bool is_one_of(const char *word, const char *list)
{
	const char *found = strstr(list, word);
	size_t length = strlen(word);
	return found && length && (found == list || found[-1] == ' ') && strchr(" ", found[length]);
}

static struct bot_signs signs(const struct exposition *page, const struct msg_bot *e)
{
	return verdict_signs(e, page->limits, page->now_ms);
}

static double bot_up(const struct exposition *page, const struct msg_bot *e)
{
	return signs(page, e).up;
}

static double telegram_up(const struct exposition *page, const struct msg_bot *e)
{
	return signs(page, e).telegram_up;
}

static double process_start(const struct exposition *page, const struct msg_bot *e)
{
	return signs(page, e).sees_process ? seconds(e->proc_start_ms) : NAN;
}

static double source_up(const struct msg_source *e)
{
	return is_one_of(e->state, "checking not_configured") ? NAN : strcmp(e->state, "ok") == 0;
}

static double service_up(const struct msg_service *e)
{
	static const char *const none[] = {"unreachable", "login refused", "not permitted"};
	for (size_t i = 0; i < COUNT_OF(none); i++)
		if (strcmp(e->state, none[i]) == 0)
			return 0;
	return is_one_of(e->state, "checking stale") ? NAN : 1;
}

/* ---- labels ---- */

static void add_label(struct str *to, const char *name, const char *value)
{
	str_addf(to, "%s%s=\"", to->text[to->length - 1] == '{' ? "" : ",", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			str_addf(to, "\\%c", *value);
		else if (*value == '\n')
			str_adds(to, "\\n");
		else
			str_add(to, value, 1);
	}
	str_adds(to, "\"");
}

static void label_engine(struct str *to, const struct msg_engine *e, bool info)
{
	add_label(to, "environment", e->environment);
	if (info)
		add_label(to, "version", BOTSWAIN_VERSION);
}

static void label_bot(struct str *to, const struct msg_bot *e, bool info)
{
	add_label(to, "bot", e->name);
	if (!info)
		return;
	autofree char *id = xasprintf("%lld", (long long)e->tg_id);
	add_label(to, "id", id);
	add_label(to, "username", e->username);
	add_label(to, "transport", e->transport);
	add_label(to, "state", e->state);
}

static void label_source(struct str *to, const struct msg_source *e, bool info)
{
	(void)info;
	add_label(to, "source", e->name);
	add_label(to, "kind", e->kind);
}

static void label_service(struct str *to, const struct msg_service *e, bool info)
{
	(void)info;
	add_label(to, "service", e->name);
}

static void label_alert(struct str *to, const struct msg_alert *e, bool info)
{
	(void)info;
	add_label(to, "alertname", e->rule);
	add_label(to, "alertstate", e->state);
	add_label(to, "severity", e->severity >= SEVERITY_CRIT ? "crit" : "warn");
	add_label(to, e->target_kind, e->target_name);
}

static void label_operation(struct str *to, const struct msg_operation *e, bool info)
{
	(void)info;
	add_label(to, "verb", e->verb);
	add_label(to, "state", e->state);
	autofree char *id = xasprintf("%llu", (unsigned long long)e->id);
	add_label(to, "id", id);
}

/* ---- families ---- */

enum family_kind {
	KIND_engine,
	KIND_bot,
	KIND_source,
	KIND_redis,
	KIND_postgres,
	KIND_alert,
	KIND_operation,
};

#define ENTITY_engine    msg_engine
#define ENTITY_bot       msg_bot
#define ENTITY_source    msg_source
#define ENTITY_redis     msg_service
#define ENTITY_postgres  msg_service
#define ENTITY_alert     msg_alert
#define ENTITY_operation msg_operation

#define METRIC(kind, name, type, expression, help)                                                 \
	static double value_##name(const struct exposition *page UNUSED, const void *body)         \
	{                                                                                          \
		const struct ENTITY_##kind *e UNUSED = body;                                       \
		return expression;                                                                 \
	}
#include "core/engine/exposition.def"

static const struct family {
	enum family_kind kind;
	const char *name, *type, *help;
	double (*value)(const struct exposition *page, const void *body);
} families[] = {
#define METRIC(kind, name, type, expression, help) {KIND_##kind, #name, #type, help, value_##name},
#include "core/engine/exposition.def"
};

static bool is_service_of(const void *body, const char *kind)
{
	return strcmp(((const struct msg_service *)body)->kind, kind) == 0;
}

static bool is_redis(const void *body)
{
	return is_service_of(body, "redis");
}

static bool is_postgres(const void *body)
{
	return is_service_of(body, "postgres");
}

static bool is_current(const void *body)
{
	return strcmp(((const struct msg_alert *)body)->state, "resolved") != 0;
}

typedef void write_labels(struct str *to, const void *body, bool info);
#define LABELS(entity)                                                                             \
	static void labels_of_##entity(struct str *to, const void *body, bool info)                \
	{                                                                                          \
		label_##entity(to, body, info);                                                    \
	}
LABELS(engine)
LABELS(bot)
LABELS(source)
LABELS(service)
LABELS(alert)
LABELS(operation)

static const struct {
	enum msg_kind entity;
	bool (*belongs)(const void *body); /* NULL: all do */
	write_labels *labels;
} kinds[] = {
	[KIND_engine] = {MSG_engine, NULL, labels_of_engine},
	[KIND_bot] = {MSG_bot, NULL, labels_of_bot},
	[KIND_source] = {MSG_source, NULL, labels_of_source},
	[KIND_redis] = {MSG_service, is_redis, labels_of_service},
	[KIND_postgres] = {MSG_service, is_postgres, labels_of_service},
	[KIND_alert] = {MSG_alert, is_current, labels_of_alert},
	[KIND_operation] = {MSG_operation, NULL, labels_of_operation},
};

static void write_sample(const struct exposition *page, const struct family *family,
	const void *body, struct str *to)
{
	double value = family->value(page, body);
	if (isnan(value))
		return;
	size_t length = strlen(family->name);
	bool info = length > 5 && strcmp(family->name + length - 5, "_info") == 0;
	str_addf(to, "%s{", family->name);
	kinds[family->kind].labels(to, body, info);
	str_addf(to, "} %.15g\n", value);
}

static bool write_turns(const struct exposition *page, size_t index, struct str *to)
{
	autostr struct str labels = STR_INIT;
	const struct msg_engine *engine = model_engine(page->model);
	str_adds(&labels, "{");
	if (engine)
		label_engine(&labels, engine, false);
	return exposition_turns(engine, labels.text + 1, index, to);
}

bool exposition_family(const struct exposition *page, size_t index, struct str *to)
{
	if (index >= COUNT_OF(families))
		return write_turns(page, index - COUNT_OF(families), to);
	size_t count;
	const struct family *family = &families[index];
	const void *const *bodies = model_list(page->model, kinds[family->kind].entity, &count);
	str_addf(to, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
		family->type);
	for (size_t i = 0; i < count; i++)
		if (!kinds[family->kind].belongs || kinds[family->kind].belongs(bodies[i]))
			write_sample(page, family, bodies[i], to);
	return true;
}
