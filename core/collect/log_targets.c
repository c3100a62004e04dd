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

/* Where its supervisor puts them, when the configuration names none. */
static void add_told(
	struct log_targets *targets, const struct roster *roster, const struct conf_bot *bot)
{
	size_t count;
	const struct bot_log *logs = roster_logs(roster, bot->name, &count);
	for (size_t i = 0; i < count && !bot->log_count; i++) {
		add(targets, logs[i].path, bot->name, "");
		targets->items[targets->count - 1].is_path = true;
	}
}

void log_targets_set(struct log_targets *targets, const struct roster *roster)
{
	const struct settings *settings = roster->settings;
	targets->count = 0;
	for (size_t i = 0; i < roster->count; i++) {
		for (size_t j = 0; j < roster->bots[i]->log_count; j++)
			add(targets, roster->bots[i]->logs[j], roster->bots[i]->name, "");
		add_told(targets, roster, roster->bots[i]);
	}
	for (size_t i = 0; i < settings->log_count; i++)
		add(targets, settings->logs[i].glob, settings->logs[i].bot, settings->logs[i].name);
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

char *log_target_folder(const struct log_target *target)
{
	size_t end = is_wild(target) ? strcspn(target->pattern, "*?[") : strlen(target->pattern);
	while (end > 1 && target->pattern[end - 1] != '/')
		end--;
	return xstrndup(target->pattern, end > 1 ? end - 1 : 1);
}
