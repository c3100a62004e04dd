/* SPDX-License-Identifier: MIT */
#include "tui/panes/dashboard_layout.h"

enum {
	STAT_COLUMNS = 18, /* the least */
	CHART_COLUMNS = 36,
	STAT_ROWS = 4, /* with the title */
	STAT_ROWS_MAX = 6,
	CHART_ROWS = 7,
	LOW_ROWS = 14, /* under these one chart fills the pane */
};

/* A line while it is made. */
struct line {
	const struct dashboard_row *row;
	size_t first, count; /* panels of the row */
	size_t number;       /* of the first of them */
	int rows;
	bool is_flat; /* nothing but figures */
};

struct lines {
	struct line list[PLACED_MAX];
	size_t count;
	int chart_rows;
};

static bool is_flat(const struct dashboard_panel *panel)
{
	return panel->kind == PANEL_STAT;
}

static int columns_of(const struct dashboard_panel *panel)
{
	return is_flat(panel) ? STAT_COLUMNS : CHART_COLUMNS;
}

/* So many panels from `first` on fit beside each other; one at least. */
static size_t fitting(const struct dashboard_row *row, size_t first, int columns)
{
	size_t count = 0;
	int used = 0;
	while (first + count < row->count) {
		used += columns_of(&row->panels[first + count]) + (count > 0);
		if (count && used > columns)
			break;
		count++;
	}
	return count;
}

static void add_line(struct lines *lines, const struct dashboard_row *row, size_t first,
	size_t count, size_t number)
{
	struct line *line = &lines->list[lines->count++];
	*line = (struct line){row, first, count, number + first, STAT_ROWS, true};
	for (size_t i = 0; i < count; i++)
		line->is_flat &= is_flat(&row->panels[first + i]);
	if (!line->is_flat)
		line->rows = lines->chart_rows;
}

/* Panels are spread evenly over the lines of their row. */
static void break_row(
	struct lines *lines, const struct dashboard_row *row, int columns, size_t number)
{
	size_t needed = 0, first = 0;
	for (size_t at = 0; at < row->count; at += fitting(row, at, columns))
		needed++;
	for (; needed; needed--) {
		size_t most = fitting(row, first, columns);
		size_t share = (row->count - first + needed - 1) / needed;
		size_t count = share < most ? share : most;
		if (needed == 1)
			count = row->count - first;
		add_line(lines, row, first, count, number);
		first += count;
	}
}

/* What is left over goes to the charts by the weights of their rows, then to figures up to a limit. */
static void share_out(struct lines *lines, int spare)
{
	int weights = 0;
	for (size_t i = 0; i < lines->count; i++) {
		int most = STAT_ROWS_MAX - STAT_ROWS;
		if (lines->list[i].is_flat && spare >= 8 * most) {
			lines->list[i].rows += 1;
			spare -= 1;
		}
		weights += lines->list[i].is_flat ? 0 : lines->list[i].row->weight;
	}
	for (size_t i = 0; i < lines->count && weights; i++) {
		struct line *line = &lines->list[i];
		if (line->is_flat)
			continue;
		int part = spare * line->row->weight / weights;
		line->rows += part;
		spare -= part;
		weights -= line->row->weight;
	}
}

static void place_line(const struct line *line, int top, int columns, struct dashboard_layout *to)
{
	int weights = 0, column = 0;
	for (size_t i = 0; i < line->count; i++)
		weights += line->row->panels[line->first + i].weight;
	int left = columns - (int)(line->count - 1);
	for (size_t i = 0; i < line->count; i++) {
		int weight = line->row->panels[line->first + i].weight;
		int width = left * weight / weights;
		to->panels[line->number + i] = (struct rect){top, column, line->rows, width};
		to->line_of[line->number + i] = to->line_count;
		column += width + 1;
		left -= width;
		weights -= weight;
	}
	to->line_count++;
}

void dashboard_layout(
	const struct dashboard *dashboard, int rows, int columns, struct dashboard_layout *ret)
{
	struct lines lines = {
		.chart_rows = rows < LOW_ROWS && rows > STAT_ROWS ? rows : CHART_ROWS};
	int used = 0;
	*ret = (struct dashboard_layout){.panel_count = dashboard->panel_count};
	size_t number = 0;
	for (size_t i = 0; i < dashboard->row_count; i++) {
		break_row(&lines, &dashboard->rows[i], columns, number);
		number += dashboard->rows[i].count;
	}
	for (size_t i = 0; i < lines.count; i++)
		used += lines.list[i].rows;
	if (used < rows && dashboard->panel_count <= PANELS_SHOWN_MAX)
		share_out(&lines, rows - used);
	for (size_t i = 0; i < lines.count; i++) {
		place_line(&lines.list[i], ret->rows, columns, ret);
		ret->rows += lines.list[i].rows;
	}
}

int dashboard_scroll(const struct dashboard_layout *layout, size_t panel, int top, int rows)
{
	if (layout->rows <= rows || panel >= layout->panel_count)
		return 0;
	const struct rect *rect = &layout->panels[panel];
	if (rect->row + rect->rows > top + rows)
		top = rect->row + rect->rows - rows;
	if (rect->row < top)
		top = rect->row;
	/* Lines begin at the top, unless the last one ends at the bottom. */
	for (size_t i = 0; i < layout->panel_count; i++) {
		int row = layout->panels[i].row;
		bool is_cut = row < top && row + layout->panels[i].rows > top;
		if (is_cut && rect->row + rect->rows - (row + layout->panels[i].rows) <= rows)
			top = row + layout->panels[i].rows;
	}
	return top;
}
