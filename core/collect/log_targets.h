/* SPDX-License-Identifier: MIT */
/* Which logs there are, and whose: the patterns of the roster, and the paths that those of files match now. Of the
 * thread that reads that kind of them. */
#ifndef BOTSWAIN_COLLECT_LOG_TARGETS_H
#define BOTSWAIN_COLLECT_LOG_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/collect/sources.h"
#include "core/parse/log_place.h"

struct roster;
struct settings;

enum { LOG_FILES_MAX = 4096 };

/* What a source that reads logs is called, whatever kind it is of. */
#define LOG_SOURCE_NAME "logs"

/* A path of a file that has none any more: it is open here. */
#define LOG_TARGET_OPEN "/proc/self/fd/"

struct log_target {
	const char *pattern; /* of the roster */
	const char *bot;     /* "" each line says */
	const char *name;    /* of a log of the settings, "" of a bot's */
	bool is_path;        /* stands for itself, whatever characters it has */
	bool is_new;         /* its pattern was not among those before */
};

struct log_targets {
	struct log_target *items;
	size_t count, capacity;
	enum log_place kind;
};

/* The patterns of this kind, of all bots, then those of the settings. They point into the roster. */
void log_targets_set(struct log_targets *targets, const struct roster *roster, enum log_place kind);
/* Of the source that reads this kind: it has a name as soon as some log of it is written down. What supervisors name is not known
 * before they were asked. */
struct source_place log_targets_place(
	const struct settings *settings, enum log_place kind, int64_t interval_ms);
/* Compares with those of the roster before, which must still be there. */
void log_targets_mark_new(struct log_targets *targets, const struct log_targets *before);
void log_targets_release(struct log_targets *targets);

/* Calls `found` for each path that the pattern matches; one without wildcards matches itself,
 * whether it is there or not. */
typedef void log_found(void *context, const struct log_target *target, const char *path);
void log_target_expand(const struct log_target *target, log_found *found, void *context);
/* The pattern matches this path, whether anything is there or not. */
bool log_target_covers(const struct log_target *target, const char *path);
/* What a file of it is called in a row: the last part of its path, or what the settings call one without a path. */
const char *log_target_label(const struct log_target *target, const char *path);
/* The folder to watch for new files of the pattern: up to the last '/' before a wildcard. The
 * caller frees it. */
char *log_target_folder(const struct log_target *target);

#endif
