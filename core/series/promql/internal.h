/* SPDX-License-Identifier: MIT */
/*
 * One query while it runs. Its tree has a node for each expression (none for parentheses), which yields its value step by step;
 * nodes below a subquery have steps of their own. Labels are borrowed from the series that were read or from what the query made
 * (query_labels()); both stay until its end, and the same labels have the same address in each step.
 */
#ifndef BOTSWAIN_SERIES_PROMQL_INTERNAL_H
#define BOTSWAIN_SERIES_PROMQL_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/series/promql/ast.h"
#include "core/series/promql/eval.h"
#include "core/series/promql/eval_group.h"
#include "core/series/promql/value.h"
#include "core/series/querier.h"

struct query;
struct label;

/* Elements of one step. `no_name`: their metrics' names were dropped, although the labels may still have them. */
struct vector {
	struct vector_sample *list;
	size_t count, capacity;
	bool no_name;
};

/* The steps of the query, or of a subquery. */
struct frame {
	int64_t start_ms, step_ms;
	size_t steps;
	size_t step;
	int64_t now_ms;
};

struct window {
	const struct sample *samples; /* without stale ones */
	size_t count;
	int64_t from_ms, to_ms; /* from is left out */
	int64_t now_ms;         /* of the step */
	const double *args;     /* the scalars of the call, in order */
	struct query *query;
};

struct source_series {
	const struct labels *labels;
	const struct sample *samples;
	size_t count;
	size_t low, high; /* the window of this step: [low, high) */
	bool is_checked;  /* its name was looked at */
};

/* Series that a node reads from: of a selector, or what a subquery gave. */
struct source {
	struct selected_set set;
	struct source_series *list;
	size_t count;
	bool is_loaded;
	int64_t from_ms, to_ms; /* of this step; from is left out */
};

/* Finds elements that are the same. */
struct distinct {
	struct grouping grouping;
	uint64_t *seen; /* by number: the round in which it was there */
	size_t capacity;
	uint64_t round;
};

/* What was noticed, each once. */
struct notes {
	struct annotation *list;
	size_t count, capacity;
};

struct node {
	const struct expr *expr;
	struct frame *frame;
	struct node **kids;
	size_t kid_count;
	bool is_constant; /* the same in each step */
	bool is_done;     /* constant or shared, and there */
	bool has_failed;  /* shared: those that share it are evaluated alone */
	bool is_distinct; /* no two elements are the same but for the metric's name */
	double scalar;
	const char *string;
	struct vector vector;
	const struct function_way *way; /* of a call */
	struct source *source;          /* of a selector or subquery */
	struct frame *inner_frame;      /* of a subquery */
	struct distinct distinct;       /* of vector_check() */
	void *state;                    /* of its kind, with what frees it */
	void (*release)(void *state);
	size_t users;           /* parents, and the query itself */
	size_t samples, series; /* shared: what it cost, with all below */
	struct notes notes;     /* shared: its own */
};

struct query {
	const struct querier *querier;
	struct eval_options options;
	int64_t deadline_ms;
	struct node *top;
	struct frame frame;
	struct grouping made;    /* labels that were made, each of which is owned */
	struct memo nameless;    /* into `made` */
	struct sharing *sharing; /* of a group at one time; NULL: nothing is shared */
	size_t samples, series;
	uint64_t work, looked_at; /* since the clock was looked at */
	double *scratch;
	size_t scratch_capacity;
	struct notes own_notes, *notes; /* notes: where they go now */
	bool has_place;
	struct place place; /* of the first error */
};

enum {
	WAY_OF_NOW = 1 << 0,      /* never constant: the time goes in */
	WAY_KEEPS_NAME = 1 << 1,  /* of windows: the value is one of the series' own */
	WAY_OF_COUNTER = 1 << 2,  /* of windows: of anything else it says nothing */
	WAY_OF_QUANTILE = 1 << 3, /* the first argument is one */
};

/* How a function is evaluated: one of these. */
struct function_way {
	const char *name;
	unsigned flags;
	bool (*window)(const struct window *window, double *ret); /* false: no result */
	double (*value)(double value, const double *args);        /* of each element */
	double (*date)(double seconds);                           /* of each element, or of now */
	bool (*call)(struct query *query, struct node *node, struct err *err);
};

extern const struct function_way range_ways[], rate_ways[], math_ways[], time_ways[], label_ways[],
	vector_ways[], histogram_ways[];                 /* no name behind the last */
extern const struct function_way *const function_ways[]; /* all of them; NULL behind the last */
const struct function_way *function_way_find(const char *name);

/* ---- eval_share.c ---- */

/* The expressions of a group have the nodes in common that say the same, and aggregations their groups: each is evaluated once. */
struct sharing {
	struct node **nodes;      /* by expr->alike, as long as somebody uses it; borrowed */
	struct grouping **groups; /* of aggregations over the same labels */
	size_t group_count, group_capacity;
	struct selected_set *kept; /* labels that were read: borrowed until the end */
	size_t kept_count, kept_capacity;
};

/* All that say the same at the time of the query; subqueries have times of their own. */
bool is_shared(const struct query *query, const struct frame *frame);
/* Groups of aggregations over the same labels. Borrowed. */
struct grouping *shared_grouping(struct query *query, const struct expr *aggregate);
/* Frees a source but for its labels. */
void sharing_keep(struct sharing *sharing, struct source *source);
void sharing_release(struct sharing *sharing);
/* What the nodes of an expression noticed, with the places that it has there. */
void collect_notes(struct notes *to, const struct node *node, const struct expr *expr);

/* ---- eval_plan.c ---- */

struct node *eval_node_new(
	struct query *query, const struct expr *expr, struct frame *frame) MUST_CHECK;
/* One user less. */
void eval_node_free(struct query *query, struct node *node);
/* Behind parentheses. */
const struct expr *expr_bare(const struct expr *expr);

/* ---- eval.c ---- */

void query_begin(
	struct query *query, const struct querier *querier, const struct eval_options *options);
void query_release(struct query *query);
/* The value at the start of the query, of one expression out of many: limits begin anew. */
bool query_instant(struct query *query, struct node *top, struct query_result *ret,
	struct err *err) MUST_CHECK;
/* The value of this step, into the node. */
bool eval_node(struct query *query, struct node *node, struct err *err) MUST_CHECK;
/* Counts what was done, and looks at the clock and at whether it was cancelled now and then. */
bool query_spend(struct query *query, size_t work, struct err *err) MUST_CHECK;
bool query_keep_samples(struct query *query, size_t count, struct err *err) MUST_CHECK;
/* Series of one kind: all that were read, all that were made, those of a result. */
bool query_allows_series(const struct query *query, size_t count, struct err *err) MUST_CHECK;
void query_annotate(struct query *query, enum annotation_kind kind, struct place place,
	const char *format, ...) PRINTF_LIKE(4, 5);
/* Copies the text. */
void notes_add(struct notes *notes, const struct annotation *annotation);
void notes_release(struct notes *notes);
/* Room for so many doubles, until the next call. */
double *query_scratch(struct query *query, size_t count) MUST_CHECK;

/* ---- eval_labels.c ---- */

/* All of these are borrowed. */
const struct labels *query_labels(struct query *query, const struct label *list, size_t count);
const struct labels *query_nameless(struct query *query, const struct labels *labels);
const struct labels *query_group_labels(
	struct query *query, struct grouping *grouping, uint32_t number);
/* Drops the names of the elements in truth. */
void vector_settle(struct query *query, struct vector *vector);
void vector_add(struct vector *vector, const struct labels *labels, double value);
void vector_clear(struct vector *vector);
/* The round in which this number was seen becomes the present one; true: it was that already. */
bool distinct_meets(struct distinct *distinct, uint32_t number);
/* Fails when two elements of the node's vector have the same labels. */
bool vector_check(struct node *node, struct err *err) MUST_CHECK;
/* Drops the names from the node's vector, whose elements are some of the kid's; fails when then two are the same. */
bool vector_drop_names(struct node *node, const struct node *kid, struct err *err) MUST_CHECK;

/* ---- eval_source.c ---- */

/* The series of a selector or subquery, each with its window of this step. */
bool eval_source_at(
	struct query *query, struct node *node, struct source **ret, struct err *err) MUST_CHECK;
struct window eval_source_window(struct query *query, const struct node *node, size_t index);
bool eval_selector(struct query *query, struct node *node, struct err *err) MUST_CHECK;
void eval_source_free(struct source *source);

/* ---- eval_frame.c ---- */

/* All steps, in order of the labels. */
bool eval_frame(struct query *query, struct node *node, struct frame *frame,
	struct selected_set *ret, struct err *err) MUST_CHECK;

/* ---- eval_binary.c, eval_match.c, eval_aggregate.c, eval_call.c ---- */

bool eval_negate(struct query *query, struct node *node, struct err *err) MUST_CHECK;
bool eval_binary(struct query *query, struct node *node, struct err *err) MUST_CHECK;
/* One element, or two numbers. False: a comparison that does not hold. */
bool eval_operator(enum binary_op op, double left, double right, double *ret);
bool is_comparison(enum binary_op op);
bool eval_match(struct query *query, struct node *node, struct err *err) MUST_CHECK;
bool eval_sets(struct query *query, struct node *node, struct err *err) MUST_CHECK;
bool eval_aggregate(struct query *query, struct node *node, struct err *err) MUST_CHECK;
bool eval_call(struct query *query, struct node *node, struct err *err) MUST_CHECK;
/* Notes that a series is no counter by its name. */
void check_counter(struct query *query, const struct node *node, const struct labels *labels);
/* Of values that are sorted, NaN first. */
double quantile_of(double quantile, const double *sorted, size_t count);
void sort_values(double *values, size_t count);
/* Says so when it is no quantile. */
void check_quantile(struct query *query, double quantile, struct place place);

#endif
