/* SPDX-License-Identifier: MIT */
/*
 * Every engine chose the same steps, unless all of the log is asked for: then each part is laid on the grid of the one that spans
 * most, a bar going where its middle lies. Clocks that differ move bars by less than one.
 */
#include "tui/parts_counts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/app.h"

struct grid_of_time {
	int64_t from_ms, step_ms;
	size_t columns;
};

static size_t columns_of(const struct msg_win_points *points)
{
	return points->series_count ? points->series[0].values_count : 0;
}

/* On the clock of the screen. A sum has no place in time. */
static struct grid_of_time grid_of(const struct app *app, size_t link, const struct window *part)
{
	const struct msg_win_points *points = &part->points;
	size_t columns = columns_of(points);
	int64_t span_ms = points->to_ms - points->from_ms;
	if (!columns || span_ms <= 0)
		return (struct grid_of_time){0, 1, columns};
	return (struct grid_of_time){
		points->from_ms - app->engines[link].skew_ms, span_ms / (int64_t)columns, columns};
}

/* The steps of the coarsest, from the first beginning to the last end. */
static struct grid_of_time common_grid(const struct app *app, enum window_id id, uint32_t ready)
{
	struct grid_of_time all = {INT64_MAX, 1, 0};
	int64_t to_ms = INT64_MIN;
	uint64_t most = 1;
	for (size_t i = 0; i < links_count(app->links); i++) {
		struct grid_of_time grid = grid_of(app, i, &app->parts[i][id]);
		int64_t end_ms = grid.from_ms + grid.step_ms * (int64_t)grid.columns;
		if (!(ready >> i & 1) || !grid.columns)
			continue;
		all.from_ms = grid.from_ms < all.from_ms ? grid.from_ms : all.from_ms;
		all.step_ms = grid.step_ms > all.step_ms ? grid.step_ms : all.step_ms;
		to_ms = end_ms > to_ms ? end_ms : to_ms;
		most = app->parts[i][id].wish.columns;
	}
	if (to_ms == INT64_MIN)
		return all;
	uint64_t columns =
		(uint64_t)(to_ms - all.from_ms + all.step_ms / 2) / (uint64_t)all.step_ms;
	while (columns > most && columns > 1) { /* two far from each other */
		all.step_ms *= 2;
		columns = (columns + 1) / 2;
	}
	all.columns = columns ? (size_t)columns : 1;
	return all;
}

static struct msg_points *level_of(struct msg_win_points *all, const char *name, size_t columns)
{
	for (size_t i = 0; i < all->series_count; i++)
		if (strcmp(all->series[i].name, name) == 0)
			return &all->series[i];
	struct msg_points *level = msg_add(all->series, &all->series_count);
	msg_set(&level->name, name);
	level->values = xcalloc(columns, sizeof(*level->values));
	level->values_count = columns;
	return level;
}

static void add_part(const struct grid_of_time *grid, const struct grid_of_time *of,
	const struct msg_win_points *part, struct msg_win_points *all)
{
	for (size_t i = 0; i < part->series_count; i++) {
		const struct msg_points *from = &part->series[i];
		struct msg_points *to = level_of(all, from->name, grid->columns);
		to->last += from->last;
		for (size_t j = 0; j < from->values_count; j++) {
			int64_t middle_ms =
				of->from_ms + of->step_ms * (int64_t)j + of->step_ms / 2;
			int64_t at = (middle_ms - grid->from_ms) / grid->step_ms;
			if (middle_ms >= grid->from_ms && at < (int64_t)grid->columns)
				to->values[at] += from->values[j];
		}
	}
}

void parts_merge_counts(struct app *app, enum window_id id, uint32_t ready)
{
	struct window *whole = &app->windows[id];
	struct grid_of_time grid = common_grid(app, id, ready);
	struct msg_win_points all = {
		.window = (uint64_t)id, .generation = whole->wish.generation, .done = true};
	if (grid.columns) {
		all.from_ms = grid.from_ms;
		all.to_ms = grid.from_ms + grid.step_ms * (int64_t)grid.columns;
	}
	for (size_t i = 0; i < links_count(app->links); i++) {
		const struct window *part = &app->parts[i][id];
		struct grid_of_time of = grid_of(app, i, part);
		if (!(ready >> i & 1))
			continue;
		all.done &= part->done;
		all.looked += part->points.looked;
		all.left += part->points.left;
		if (part->error[0] && !all.error)
			all.error = xstrdup(part->error);
		if (grid.columns)
			add_part(&grid, &of, &part->points, &all);
	}
	(void)window_take(whole, MSG_win_points, &all);
	msg_release(MSG_win_points, &all);
}
