/* SPDX-License-Identifier: MIT */
/* The inside of a group of rules at work. */
#ifndef BOTSWAIN_ALERT_RULEFILE_INTERNAL_H
#define BOTSWAIN_ALERT_RULEFILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/alert/rulefile/rule_book.h"
#include "core/alert/rulefile/rule_group.h"
#include "core/base/err.h"
#include "core/base/id_map.h"
#include "core/series/querier.h"

struct group_result;
struct label;
struct labels;
struct promql_group;
struct query_result;
struct tsdb_series;

/* ---- what a rule writes ---- */

struct output {
	uint64_t key;               /* labels_hash() */
	struct tsdb_series *series; /* NULL: the store has no room for it */
	uint64_t round;
};

struct outputs {
	struct id_map places; /* by key */
	struct output *list;
	size_t count, room;
};

/* At the time of the round. False: it is a new one, outputs_add() takes its labels. */
bool outputs_put(struct outputs *outputs, const struct rule_round *round, uint64_t number,
	uint64_t key, double value);
void outputs_add(struct outputs *outputs, const struct rule_round *round, uint64_t number,
	const struct labels *labels, double value);
/* Those that were not written in this round end. */
void outputs_end(struct outputs *outputs, const struct rule_round *round, uint64_t number);
void outputs_release(struct outputs *outputs);

/* ---- alerts ---- */

enum active_phase { ACTIVE_PENDING, ACTIVE_FIRING, ACTIVE_RESOLVED };
enum { WRITTEN_PENDING, WRITTEN_FIRING, WRITTEN_STATE, WRITTEN };

struct active {
	uint64_t hash, id;
	struct labels *labels;
	enum active_phase phase;
	/* of evaluations; 0: not yet */
	int64_t active_ms, fired_ms, kept_ms, resolved_ms;
	double value;
	char **annotations;     /* in the order of the rule's */
	uint64_t round;         /* in which it was seen last */
	uint64_t keys[WRITTEN]; /* of its series; 0: not known yet */
	enum active_phase told_phase;
	uint64_t told; /* hash of what was told of it; 0: nothing was */
	int64_t told_ms;
};

struct trouble {
	struct err err;
	bool is_there;
	int64_t since_ms, resolved_ms; /* resolved 0: it is */
	uint64_t told;
};

struct live_rule {
	struct rule_spec spec;
	uint64_t key; /* of what makes it the same over a reload */
	struct active *list;
	size_t count, room;
	struct outputs outputs;
	struct trouble trouble;
	bool is_restored;
	uint64_t *gone; /* ids of alerts that were told of, and are forgotten */
	size_t gone_count, gone_room;
};

/* Rules one behind the other of which none reads what another of them writes: they are evaluated together. */
struct batch {
	size_t first, count;
	struct promql_group *exprs;
};

struct reads {
	struct id_map places;
	size_t counts[64];
	size_t count;
	bool is_counting;
	const struct querier *inner;
};

struct rule_group {
	char *file, *name;
	int64_t interval_ms, offset_ms;
	size_t limit;
	struct live_rule *rules;
	size_t count;
	struct batch *batches;
	size_t batch_count;
	uint64_t rounds;
	int64_t first_ms, last_ms; /* of its evaluations */
	struct reads reads;
	struct rule_group *old; /* what is left of the one before; NULL: nothing */
	struct msg_alert **recalled;
	size_t recalled_count, recalled_room;
	size_t failing;
};

/* A rule in its group in this round. */
struct rule_scene {
	struct rule_group *group;
	struct live_rule *rule;
	const struct rule_round *round;
	const struct rule_round *writes; /* the same at the time that is asked of */
	const struct querier *querier;
};

/* rule_alert.c: takes what an alerting rule's expression yields. False: the rule fails, its alerts stay. */
bool rule_alert_take(
	struct rule_scene *scene, const struct query_result *result, struct err *err) MUST_CHECK;
void active_release(struct active *active);
void active_drop(struct live_rule *rule, size_t at);
/* For the caller to fill. */
struct active *active_add(struct live_rule *rule, uint64_t hash, struct labels *labels);
uint64_t active_id(const struct rule_group *group, const struct labels *labels);

/* rule_record.c: the same of a recording rule. */
bool rule_record_take(
	struct rule_scene *scene, const struct query_result *result, struct err *err) MUST_CHECK;

/* rule_restore.c: since when alerts are active that an engine before this one knew. */
void rule_restore(struct rule_scene *scene);
void rule_recall(struct rule_scene *scene);
void rule_recall_end(struct rule_scene *scene);

/* rule_tell.c */
struct telling {
	const struct rule_group *group;
	const struct rule_round *round;
	struct msg_obs_rules *message;
};
void tell_begin(
	struct telling *telling, const struct rule_group *group, const struct rule_round *round);
void tell_rule(struct telling *telling, struct live_rule *rule);
/* All of it is shown no more. */
void tell_gone(struct telling *telling, const struct live_rule *rule);
void tell_end(struct telling *telling, double took_ms);

/* An instant query of the round; `ret` is released by the caller. */
bool rule_query(void *scene, const char *query, struct query_result *ret, struct err *err);

#endif
