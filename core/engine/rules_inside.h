/* SPDX-License-Identifier: MIT */
/* The inside of the rules of rule files; rules.c and rules_adopt.c alone include it. */
#ifndef BOTSWAIN_ENGINE_RULES_INSIDE_H
#define BOTSWAIN_ENGINE_RULES_INSIDE_H

#include "core/engine/query_pool.h"
#include "core/engine/rules.h"

struct metrics;
struct rule_group;

/* A source that tells again and again. */
struct source {
	uint64_t key;
	int64_t seen_ms, every_ms; /* wall */
};

/* A group and its place in time. Only its job touches `live` while it runs. */
struct group {
	struct query query;
	struct rule_group *live;
	struct mailbox *to_engine;
	const struct metrics *metrics;
	int64_t time_ms, asked_ms; /* of the evaluation that runs, or was the last */
	int64_t due_ms;            /* wall */
	uint64_t follows;          /* the source whose pages it is just behind; 0: none */
	int64_t follows_every_ms;
	bool is_aligned;       /* its times are those of the pages since it follows them */
	bool is_running, ends; /* ends: its rules are gone, it runs a last time */
	bool has_run;
	size_t failing;
};

struct rules {
	struct engine *engine;
	struct group **groups;
	size_t count;
	struct group **ending;
	size_t ending_count, ending_room;
	struct rule_book *next; /* waits until no group runs */
	struct source *sources;
	size_t source_count, source_room;
	size_t running;
	uint64_t missed;
	size_t loaded, refused;
	struct msg_alert **recalled;
	size_t recalled_count, recalled_room;
	int64_t begun_mono_ms;
	bool is_settled;
};

/* rules.c: it is evaluated now. False: it still runs, or the pool is full; that is counted. */
bool rules_begin(struct rules *rules, struct group *group);
/* Pool thread. */
void rules_work(struct query *query);
/* rules_adopt.c: the book that waits; no group runs. */
void rules_adopt_next(struct rules *rules);

#endif
