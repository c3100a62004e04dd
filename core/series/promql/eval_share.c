/* SPDX-License-Identifier: MIT */
/* What the expressions of a group have in common. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/series/labels.h"
#include "core/series/promql/internal.h"

bool is_shared(const struct query *query, const struct frame *frame)
{
	return query->sharing && frame == &query->frame;
}

/* ---- groups ---- */

static bool is_same_choice(const struct label_choice *one, const struct label_choice *other)
{
	bool is_same = one->is_listed == other->is_listed && one->count == other->count;
	for (size_t i = 0; i < one->count && is_same; i++)
		is_same = strcmp(one->names[i], other->names[i]) == 0;
	return is_same;
}

struct grouping *shared_grouping(struct query *query, const struct expr *expr)
{
	struct sharing *sharing = query->sharing;
	struct label_choice choice;
	label_choice_init(&choice, !expr->aggregate.is_without, expr->aggregate.labels,
		expr->aggregate.label_count);
	for (size_t i = 0; i < sharing->group_count; i++) {
		if (is_same_choice(&choice, &sharing->groups[i]->choice)) {
			label_choice_release(&choice);
			return sharing->groups[i];
		}
	}
	struct grouping *groups = xcalloc(1, sizeof(*groups));
	*groups = (struct grouping){.choice = choice, .is_remembered = true};
	sharing->groups = grow(sharing->groups, sharing->group_count, &sharing->group_capacity,
		sizeof(struct grouping *));
	sharing->groups[sharing->group_count++] = groups;
	return groups;
}

/* ---- labels ---- */

void sharing_keep(struct sharing *sharing, struct source *source)
{
	struct selected_set *set = &source->set;
	for (size_t i = 0; i < set->count; i++) {
		if (!set->block)
			free(set->list[i].samples);
		set->list[i].samples = NULL;
	}
	free(set->block);
	set->block = NULL;
	sharing->kept = grow(sharing->kept, sharing->kept_count, &sharing->kept_capacity,
		sizeof(*sharing->kept));
	sharing->kept[sharing->kept_count++] = *set;
	*set = (struct selected_set){0};
}

void sharing_release(struct sharing *sharing)
{
	for (size_t i = 0; i < sharing->group_count; i++) {
		grouping_release(sharing->groups[i]);
		free(sharing->groups[i]);
	}
	for (size_t i = 0; i < sharing->kept_count; i++)
		selected_set_release(&sharing->kept[i]);
	free(sharing->groups);
	free(sharing->kept);
}

/* ---- notes ---- */

static bool is_place(struct place one, struct place other)
{
	return one.from == other.from && one.to == other.to;
}

/* Where the other expression, which says the same, has what is at a place of the one. */
static bool find_place(const struct expr *one, const struct expr *other, struct place *place)
{
	const struct expr *kid;
	if (is_place(one->place, *place)) {
		*place = other->place;
		return true;
	}
	for (size_t i = 0; (kid = expr_kid(one, i)); i++) {
		if (find_place(kid, expr_kid(other, i), place))
			return true;
	}
	return false;
}

void collect_notes(struct notes *to, const struct node *node, const struct expr *parens)
{
	const struct expr *expr = expr_bare(parens);
	for (size_t i = 0; i < node->kid_count; i++) {
		if (node->kids[i]->frame == node->frame)
			collect_notes(to, node->kids[i], expr_kid(expr, i));
	}
	for (size_t i = 0; i < node->notes.count; i++) {
		struct annotation note = node->notes.list[i];
		if (!find_place(node->expr, expr, &note.place))
			note.place = expr->place;
		notes_add(to, &note);
	}
}
