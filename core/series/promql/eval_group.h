/* SPDX-License-Identifier: MIT */
/*
 * Series that are one by some of their labels: groups of aggregations, sides of a match, equal label sets. Each group has a number
 * from 0 on, the same in all steps of a query. Query thread only.
 */
#ifndef BOTSWAIN_SERIES_PROMQL_EVAL_GROUP_H
#define BOTSWAIN_SERIES_PROMQL_EVAL_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"

struct labels;
struct label;

/* Which labels count: those that are listed, or all but those. */
struct label_choice {
	bool is_listed; /* by, on; else without, ignoring */
	bool no_name;   /* the metric's name does not count, listed or not */
	const char **names;
	size_t count;
};

/* The names are borrowed, the array is a copy. */
void label_choice_init(
	struct label_choice *choice, bool is_listed, char *const *names, size_t count);
void label_choice_release(struct label_choice *choice);
bool label_choice_takes(const struct label_choice *choice, const char *name);
/* Those labels that count, into `to`, where there is room for all; how many. */
size_t label_choice_pick(
	const struct label_choice *choice, const struct labels *labels, struct label *to);

/* Numbers by the address of the labels, which stays the same from step to step. They mostly come in the order in which they came
 * before: the next one is looked at first. */
struct memo {
	struct memo_entry *list; /* as they came first */
	size_t count, capacity, next;
	uint32_t *slots; /* place in the list + 1, by the address */
	size_t slot_count;
};

void memo_release(struct memo *memo);
/* NULL: it is not there. Until the next is put in. */
uint32_t *memo_find(struct memo *memo, const struct labels *labels);
/* One that is there gets this number. */
void memo_put(struct memo *memo, const struct labels *labels, uint32_t number);

struct group_entry {
	const struct labels *first; /* one of those in it; borrowed */
	const struct labels *made;  /* the labels that count; borrowed, NULL until somebody asked */
	uint64_t hash;
	bool no_name;
};

struct grouping {
	struct label_choice choice;
	struct memo memo, nameless_memo; /* of the steps before */
	bool is_remembered;              /* there is more than one step */
	bool is_whole;                   /* all labels count, and no name is dropped */
	struct group_entry *list;
	size_t count, capacity;
	uint32_t *slots; /* number + 1 by the hash */
	size_t slot_count;
};

/* A zeroed one whose choice was set is empty. */
void grouping_release(struct grouping *grouping);
/* The number of the group; `no_name`: the metric's name is as good as gone. */
uint32_t grouping_find(struct grouping *grouping, const struct labels *labels, bool no_name);
#endif
