/* SPDX-License-Identifier: MIT */
/*
 * The kinds of sources, listed in sources.def. A kind says which parts of the settings want a
 * worker of it and makes that worker; collect.c starts, keeps and stops them.
 */
#ifndef BOTSWAIN_COLLECT_SOURCES_H
#define BOTSWAIN_COLLECT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/collect/worker.h"

struct settings;

struct source_place {
	const char *name; /* NULL: none is named now, but may come with its first report */
	int64_t interval_ms;
};

struct source_kind {
	const char *name,
		*help;   /* with a `place`, its name is the kind that post_source() tells of */
	bool listens;    /* gets ORDER_ROSTER, ORDER_FOCUS, ORDER_HURRY */
	bool is_service; /* `place` is a row of services, too */
	/* How many parts of the settings may want a worker of this kind. */
	size_t (*count)(const struct settings *settings);
	/* The part, or NULL when it wants none; lives as long as the settings. */
	const void *(*part)(const struct settings *settings, size_t index);
	/* What the settings call a part: its source is in the model as long as they name it, also before its first
	 * report. NULL: it comes with its first report, and its worker says when it is gone. */
	struct source_place (*place)(const void *part);
	/* The worker of the old part serves the new one as it is. */
	bool (*same)(const void *one, const void *other);
	struct worker_spec (*make)(const void *part);
};

/* For kinds with one worker that learns all it needs from its orders. */
size_t source_one(const struct settings *settings);
const void *source_whole(const struct settings *settings, size_t index);
bool source_always_same(const void *one, const void *other);

#define SOURCE(name) extern const struct source_kind source_##name;
#include "core/collect/sources.def"
#undef SOURCE

/* In the order of sources.def; NULL at the end. */
extern const struct source_kind *const source_kinds[];

#endif
