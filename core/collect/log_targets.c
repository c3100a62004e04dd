/* SPDX-License-Identifier: MIT */
#include "core/collect/log_targets.h"

#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/conf/settings.h"
#include "core/collect/roster.h"

static bool is_wild(const struct log_target *target)
{
	return !target->is_path && strpbrk(target->pattern, "*?[") != NULL;
}

static void add(struct log_targets *targets, const char *pattern, const char *bot, const char *name)
{
	targets->items =
		grow(targets->items, targets->count, &targets->capacity, sizeof(*targets->items));
	targets->items[targets->count++] =
		(struct log_target){.pattern = pattern, .bot = bot, .name = name};
}

static bool is_kind(const char *pattern, enum log_place kind)
{
	const char *rest;
	return log_place_of(pattern, &rest) == kind;
}

/* Those of its kind. */
static void add_named(
	struct log_targets *targets, const char *pattern, const char *bot, const char *name)
{
	if (is_kind(pattern, targets->kind))
		add(targets, pattern, bot, name);
}

/* Where its supervisor puts them, when the configuration names none. */
static void add_told(
	struct log_targets *targets, const struct roster *roster, const struct conf_bot *bot)
{
	size_t count;
	const struct bot_log *logs = roster_logs(roster, bot->name, &count);
	bool is_wanted = !bot->log_count && roster->settings->process_logs;
	for (size_t i = 0; i < count && is_wanted; i++) {
		size_t before = targets->count;
		add_named(targets, logs[i].path, bot->name, "");
		if (targets->count > before)
			targets->items[before].is_path = true;
	}
}

void log_targets_set(struct log_targets *targets, const struct roster *roster, enum log_place kind)
{
	const struct settings *settings = roster->settings;
	targets->count = 0;
	targets->kind = kind;
	for (size_t i = 0; i < roster->count; i++) {
		for (size_t j = 0; j < roster->bots[i]->log_count; j++)
			add_named(targets, roster->bots[i]->logs[j], roster->bots[i]->name, "");
		add_told(targets, roster, roster->bots[i]);
	}
	for (size_t i = 0; i < settings->log_count; i++)
		add_named(targets, settings->logs[i].glob, settings->logs[i].bot,
			settings->logs[i].name);
}

static bool is_named(const struct settings *settings, enum log_place kind)
{
	bool is_one = false;
	for (size_t i = 0; i < settings->log_count; i++)
		is_one |= is_kind(settings->logs[i].glob, kind);
	for (size_t i = 0; i < settings->bots_from_count; i++)
		is_one |= is_kind(settings->bots_from[i].log_template, kind);
	for (size_t i = 0; i < settings->bot_count; i++)
		for (size_t j = 0; j < settings->bots[i].log_count && !is_one; j++)
			is_one = is_kind(settings->bots[i].logs[j], kind);
	return is_one;
}

struct source_place log_targets_place(
	const struct settings *settings, enum log_place kind, int64_t interval_ms)
{
	return (struct source_place){.name = is_named(settings, kind) ? LOG_SOURCE_NAME : NULL,
		.interval_ms = interval_ms};
}

static bool is_among(const struct log_targets *targets, const char *pattern)
{
	for (size_t i = 0; i < targets->count; i++)
		if (strcmp(targets->items[i].pattern, pattern) == 0)
			return true;
	return false;
}

void log_targets_mark_new(struct log_targets *targets, const struct log_targets *before)
{
	for (size_t i = 0; i < targets->count; i++) {
		struct log_target *target = &targets->items[i];
		/* Most stay where they were. */
		bool is_same =
			i < before->count && strcmp(before->items[i].pattern, target->pattern) == 0;
		target->is_new = !is_same && !is_among(before, target->pattern);
	}
}

void log_targets_release(struct log_targets *targets)
{
	free(targets->items);
	*targets = (struct log_targets){0};
}

void log_target_expand(const struct log_target *target, log_found *found, void *context)
{
	glob_t paths;
	if (!is_wild(target)) {
		found(context, target, target->pattern);
		return;
	}
	if (glob(target->pattern, GLOB_NOSORT, NULL, &paths) == 0)
		for (size_t i = 0; i < paths.gl_pathc && i < LOG_FILES_MAX; i++)
			found(context, target, paths.gl_pathv[i]);
	globfree(&paths);
}

bool log_target_covers(const struct log_target *target, const char *path)
{
	return is_wild(target) ? fnmatch(target->pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0
			       : strcmp(target->pattern, path) == 0;
}

const char *log_target_label(const struct log_target *target, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (target->name[0] && strncmp(path, LOG_TARGET_OPEN, strlen(LOG_TARGET_OPEN)) == 0)
		return target->name;
	return slash ? slash + 1 : path;
}

char *log_target_folder(const struct log_target *target)
{
	size_t end = is_wild(target) ? strcspn(target->pattern, "*?[") : strlen(target->pattern);
	while (end > 1 && target->pattern[end - 1] != '/')
		end--;
	return xstrndup(target->pattern, end > 1 ? end - 1 : 1);
}
