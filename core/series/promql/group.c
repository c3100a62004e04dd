/* SPDX-License-Identifier: MIT */
#include "core/series/promql/group.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/promql/internal.h"
#include "core/series/text_table.h"

struct promql_group {
	struct expr **exprs;
	size_t count;
	uint32_t alike; /* how many numbers there are */
};

/* ---- what says the same ---- */

static void number(struct text_table *texts, struct expr *expr)
{
	autostr struct str text = STR_INIT;
	struct expr *kid;
	expr_text(expr, &text);
	expr->alike = text_table_add(texts, text.text);
	for (size_t i = 0; (kid = expr_kid(expr, i)); i++)
		number(texts, kid);
}

struct promql_group *promql_group_new(struct expr *const *exprs, size_t count)
{
	struct promql_group *group = xcalloc(1, sizeof(*group));
	struct text_table texts = {0};
	group->exprs = xcalloc(count + 1, sizeof(struct expr *));
	group->count = count;
	for (size_t i = 0; i < count; i++) {
		group->exprs[i] = exprs[i];
		number(&texts, exprs[i]);
	}
	group->alike = (uint32_t)texts.count;
	text_table_release(&texts);
	return group;
}

void promql_group_free(struct promql_group *group)
{
	if (!group)
		return;
	for (size_t i = 0; i < group->count; i++)
		expr_free(group->exprs[i]);
	free(group->exprs);
	free(group);
}

/* ---- evaluating ---- */

/* What fails is done again alone, which says why as it ever does. */
static void evaluate(
	struct query *query, const struct expr *expr, struct node *top, struct group_result *ret)
{
	struct notes notes = {0};
	*ret = (struct group_result){0};
	ret->is_good = query_instant(query, top, &ret->value, &ret->err);
	if (!ret->is_good) {
		ret->is_good = promql_eval(
			expr, query->querier, &query->options, &ret->value, &ret->place, &ret->err);
		return;
	}
	collect_notes(&notes, top, expr);
	ret->value.annotations = notes.list;
	ret->value.annotation_count = notes.count;
}

void promql_group_eval(struct promql_group *group, const struct querier *querier,
	const struct eval_options *given, struct group_result *ret)
{
	struct sharing sharing = {0};
	struct eval_options options = *given;
	struct query query;
	autofree struct node **tops = xcalloc(group->count + 1, sizeof(struct node *));
	options.step_ms = 0;
	query_begin(&query, querier, &options);
	sharing.nodes = xcalloc(group->alike + 1U, sizeof(struct node *));
	query.sharing = &sharing;
	for (size_t i = 0; i < group->count; i++)
		tops[i] = eval_node_new(&query, group->exprs[i], &query.frame);
	for (size_t i = 0; i < group->count; i++) {
		evaluate(&query, group->exprs[i], tops[i], &ret[i]);
		eval_node_free(&query, tops[i]);
	}
	query_release(&query);
	sharing_release(&sharing);
	free(sharing.nodes);
}

void group_results_release(struct group_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		query_result_release(&results[i].value);
}
