/* SPDX-License-Identifier: MIT */
#include "widgets/chart_legend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "core/base/width.h"
#include "widgets/chart_heat.h"
#include "widgets/chart_time.h"

enum {
	FIGURE_CELLS = 10, /* "-1023 MiB" and a blank */
	NAME_LEAST = 8,
	NAME_MOST = 40,
	STALE_CELLS = 11, /* "stale 59m" */
	FIGURES = 4,
	GAP = 2,       /* between the plot and what is beside it */
	TABLE_GAP = 4, /* between tables */
	SHOWN_MOST = 1000,
};

/* What is written, for whom. */
struct view {
	const struct canvas *canvas;
	const struct chart *chart;
	const struct chart_scale *scale;
};

/* In the order in which they go when room is short: the last first. */
static const char *const headings[FIGURES] = {"now", "max", "min", "avg"};

static int64_t now_of(const struct chart *chart)
{
	return chart->now_ms ? chart->now_ms : chart->to_ms;
}

static const struct chart_unit *unit_of(const struct chart *chart)
{
	return chart->unit ? chart->unit : chart_unit_named(NULL);
}

static bool has_stale(const struct chart *chart)
{
	for (size_t i = 0; i < chart->count; i++)
		if (chart->series[i].stale_since_ms)
			return true;
	return false;
}

static int longest_name(const struct chart *chart)
{
	int longest = NAME_LEAST;
	for (size_t i = 0; i < chart->count; i++) {
		int cells = (int)text_width(chart->series[i].name, strlen(chart->series[i].name));
		longest = cells > longest ? cells : longest;
	}
	return longest < NAME_MOST ? longest : NAME_MOST;
}

/* How many figures stand beside names of so many cells. */
static int figures_in(const struct chart *chart, int columns, int name)
{
	int room = columns - name - 3 - (has_stale(chart) ? STALE_CELLS : 0);
	int count = room / FIGURE_CELLS;
	return count < 1 ? 1 : count < FIGURES ? count : FIGURES;
}

static int table_cells(const struct chart *chart, int most)
{
	int name = longest_name(chart), figures = FIGURES;
	int rest = 3 + name + (has_stale(chart) ? STALE_CELLS : 0);
	while (figures > 1 && rest + figures * FIGURE_CELLS > most)
		figures--;
	int cells = rest + figures * FIGURE_CELLS;
	return cells < most ? cells : most;
}

/* Under the plot: more tables side by side as long as they have room and one would be high. */
static struct chart_legend plan_under(const struct chart *chart, int rows, int columns, int count)
{
	int most = (columns + TABLE_GAP) / (table_cells(chart, columns) + TABLE_GAP), tables = 1;
	while (tables < most && (count + tables - 1) / tables > rows / 6)
		tables++;
	int needed = (count + tables - 1) / tables;
	return (struct chart_legend){
		CHART_LEGEND_UNDER, 1 + (needed < rows / 3 ? needed : rows / 3), columns, tables};
}

struct chart_legend chart_legend_plan(const struct chart *chart, int rows, int columns)
{
	int count = chart->count < SHOWN_MOST ? (int)chart->count : SHOWN_MOST;
	if (rows < 3 || columns < 8 || count == 0)
		return (struct chart_legend){CHART_LEGEND_NONE, 0, 0, 0};
	if (chart->form == CHART_HEAT)
		return (struct chart_legend){CHART_LEGEND_OVER, 1, columns, 0};
	if (count > 1 && columns >= 40 && rows >= 18)
		return plan_under(chart, rows, columns, count);
	if (count > 1 && columns >= 110 && rows >= 5)
		return (struct chart_legend){
			CHART_LEGEND_BESIDE, rows, GAP + table_cells(chart, columns * 2 / 5), 1};
	return (struct chart_legend){CHART_LEGEND_OVER, 1, columns, 0};
}

/* ---- figures ---- */

/* In the order of the headings. */
struct row {
	double values[FIGURES];
};

static struct row row_of(const struct chart *chart, size_t series)
{
	struct chart_figures figures = chart_figures(&chart->series[series]);
	double first = figures.now;
	if (chart->has_cursor)
		first = chart_value_at(chart, &chart->series[series], chart->cursor_ms);
	return (struct row){{first, figures.max, figures.min, figures.mean}};
}

static enum role figure_role(
	const struct chart *chart, const struct chart_series *series, int column, double value)
{
	enum role role = column ? ROLE_TEXT : ROLE_STRONG;
	if (isnan(value) || (!column && series->stale_since_ms && !chart->has_cursor))
		return ROLE_STALE;
	for (size_t i = 0; i < chart->limit_count && !column; i++)
		if (chart->limits_below ? value <= chart->limits[i].value
					: value >= chart->limits[i].value)
			role = chart->limits[i].role;
	return role;
}

static struct shown heading_of(const struct chart *chart)
{
	return chart->has_cursor ? chart_moment_text(chart->cursor_ms,
					   chart->to_ms - chart->from_ms, chart->local_time)
				 : (struct shown){"now"};
}

static struct shown stale_text(const struct chart *chart, const struct chart_series *series)
{
	struct shown shown = {""};
	if (series->stale_since_ms)
		(void)print_text(shown.text, sizeof(shown.text), "stale %s",
			format_age(now_of(chart) - series->stale_since_ms).text);
	return shown;
}

static struct shown value_text(const struct view *view, double value)
{
	return chart_scale_text(view->scale, unit_of(view->chart), value);
}

/* ---- what the letters of marks mean ---- */

static bool is_said(const struct chart *chart, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (chart->marks[i].letter == chart->marks[at].letter &&
			strcmp(chart->marks[i].name, chart->marks[at].name) == 0)
			return true;
	return chart->marks[at].at_ms < chart->from_ms || chart->marks[at].at_ms > chart->to_ms;
}

/* "R restart  ! alert" in the first row, from the right, before column `to`; those that have no room behind `from` are left out. */
static void draw_key(const struct view *view, int from, int to)
{
	const struct chart *chart = view->chart;
	for (size_t i = chart->mark_count; i-- > 0;) {
		const struct chart_mark *mark = &chart->marks[i];
		int start = to - 2 - (int)text_width(mark->name, strlen(mark->name));
		if (is_said(chart, i) || start < from)
			continue;
		canvas_printf(view->canvas, 0, start, mark->role, "%c", mark->letter);
		canvas_text(view->canvas, 0, start + 2, ROLE_DIM, mark->name);
		to = start - 2;
	}
}

/* ---- the table ---- */

static void draw_headings(const struct view *view, int name_end, int figures)
{
	for (int i = 0; i < figures; i++) {
		int end = name_end + (i + 1) * FIGURE_CELLS;
		canvas_text_right(view->canvas, 0, end, ROLE_DIM,
			i ? headings[i] : heading_of(view->chart).text);
	}
}

static void draw_row(const struct view *view, size_t at, int row, int name_end, int figures)
{
	const struct chart_series *series = &view->chart->series[at];
	canvas_printf(view->canvas, row, 0, series->role, "%c", chart_letter(at));
	canvas_attrs(view->canvas, (struct rect){row, 0, 1, 1}, STYLE_BOLD);
	canvas_field(view->canvas, row, 2, name_end - 2, ALIGN_LEFT, series->role, series->name);
	struct row figure = row_of(view->chart, at);
	for (int i = 0; i < figures; i++) {
		double value = figure.values[i];
		canvas_text_right(view->canvas, row, name_end + (i + 1) * FIGURE_CELLS,
			figure_role(view->chart, series, i, value), value_text(view, value).text);
	}
	canvas_text(view->canvas, row, name_end + figures * FIGURE_CELLS + 2, ROLE_STALE,
		stale_text(view->chart, series).text);
}

/* The series from `from` to before `to`, as many as have rows. Returns where its headings end. */
static int draw_table(const struct view *view, size_t from, size_t to)
{
	const struct chart *chart = view->chart;
	int name = longest_name(chart), columns = view->canvas->columns;
	int figures = figures_in(chart, columns, name);
	int rest = columns - 3 - figures * FIGURE_CELLS - (has_stale(chart) ? STALE_CELLS : 0);
	int name_end = 2 + (name < rest ? name : rest > 1 ? rest : 1);
	draw_headings(view, name_end, figures);
	for (size_t i = from; i < to; i++)
		draw_row(view, i, 1 + (int)(i - from), name_end, figures);
	return name_end + figures * FIGURE_CELLS;
}

/* Down, then to the right; the last place counts what has none. */
static void draw_tables(const struct view *view, const struct chart_legend *legend)
{
	size_t rows = (size_t)(view->canvas->rows - 1), tables = (size_t)legend->tables;
	size_t places = rows * tables, count = view->chart->count;
	size_t shown = count <= places ? count : places ? places - 1 : 0;
	int columns = (view->canvas->columns + TABLE_GAP) / legend->tables;
	for (size_t i = 0; i < tables && rows; i++) {
		struct canvas part = canvas_sub(
			view->canvas, (struct rect){0, (int)i * columns, view->canvas->rows,
					      columns - (tables > 1 ? TABLE_GAP : 0)});
		struct view own = {&part, view->chart, view->scale};
		size_t from = i * rows, to = from + rows < shown ? from + rows : shown;
		int end = from < to ? draw_table(&own, from, to) : 0;
		if (i + 1 == tables)
			draw_key(&own, end + 2, part.columns);
		if (i + 1 == tables && shown < count)
			canvas_printf(&part, view->canvas->rows - 1, 2, ROLE_DIM, "and %zu more",
				count - shown);
	}
}

/* ---- the line ---- */

struct word {
	enum role role;
	struct shown text;
};

/* "now 12.4  max 19.0 ..." of one series, most important first; returns how many. */
static int words_of(const struct view *view, struct word words[FIGURES + 1])
{
	const struct chart *chart = view->chart;
	const struct chart_series *series = &chart->series[0];
	struct row figure = row_of(chart, 0);
	int count = 0;
	for (int i = 0; i < FIGURES; i++) {
		double value = figure.values[i];
		struct word *word = &words[count++];
		word->role = i ? ROLE_DIM : figure_role(chart, series, 0, value);
		(void)print_text(word->text.text, sizeof(word->text.text), "%s %s",
			i ? headings[i] : heading_of(chart).text, value_text(view, value).text);
		if (i || !series->stale_since_ms)
			continue;
		words[count].role = ROLE_STALE;
		words[count++].text = stale_text(chart, series);
	}
	return count;
}

/* At the right; the name before it if both have room. */
static void draw_one(const struct view *view)
{
	const struct canvas *canvas = view->canvas;
	const struct chart *chart = view->chart;
	struct word words[FIGURES + 1];
	int count = words_of(view, words), cells = 0, shown = 0;
	const char *name = chart->series[0].name;
	int name_cells = *name ? (int)text_width(name, strlen(name)) + 2 : 0;
	for (; shown < count; shown++) {
		int more = (int)strlen(words[shown].text.text) + (shown ? 2 : 0);
		if (shown && cells + more + name_cells > canvas->columns)
			break;
		cells += more;
	}
	int column = canvas->columns - cells;
	if (column > 4 && *name)
		canvas_field(canvas, 0, 0, column - 2 < name_cells ? column - 2 : name_cells,
			ALIGN_LEFT, chart->series[0].role, name);
	draw_key(view, name_cells, column - 2);
	/* Narrower than one figure: the value without its word. */
	const char *first = words[0].text.text;
	if (column < 0) {
		first = strrchr(first, ' ') ? strchr(first, ' ') + 1 : first;
		column = 0;
	}
	for (int i = 0; i < shown; i++)
		column = 2 + canvas_text(canvas, 0, column, words[i].role,
				     i ? words[i].text.text : first);
}

static int cells_of(const struct view *view, size_t at)
{
	const struct chart_series *series = &view->chart->series[at];
	struct shown value = value_text(view, row_of(view->chart, at).values[0]);
	return 4 + (int)text_width(series->name, strlen(series->name)) + (int)strlen(value.text);
}

/* "a crit 3" at a column; without its name if it is `short`. Returns where the next one starts. */
static int draw_entry(const struct view *view, size_t at, int column, bool is_short)
{
	const struct chart_series *series = &view->chart->series[at];
	double value = row_of(view->chart, at).values[0];
	canvas_printf(view->canvas, 0, column, series->role, "%c", chart_letter(at));
	canvas_attrs(view->canvas, (struct rect){0, column, 1, 1}, STYLE_BOLD);
	column += 2;
	if (!is_short)
		column = 1 + canvas_text(view->canvas, 0, column, series->role, series->name);
	return 2 + canvas_text(view->canvas, 0, column, figure_role(view->chart, series, 0, value),
			   value_text(view, value).text);
}

/* "a crit 3  b warn 1", and how many had no room. */
static void draw_several(const struct view *view)
{
	const struct chart *chart = view->chart;
	struct shown heading = heading_of(chart);
	int columns = view->canvas->columns, column = 0;
	size_t i = 0;
	if (chart->has_cursor && (int)strlen(heading.text) + cells_of(view, 0) + 4 < columns)
		column = 2 + canvas_text(view->canvas, 0, 0, ROLE_DIM, heading.text);
	for (; i < chart->count; i++) {
		bool has_room =
			column + cells_of(view, i) - 1 <= columns - (i + 1 < chart->count ? 5 : 0);
		if (!has_room && i)
			break;
		column = draw_entry(view, i, column, !has_room);
	}
	if (i < chart->count)
		column = 2 +
			 canvas_printf(view->canvas, 0, column, ROLE_DIM, "+%zu", chart->count - i);
	draw_key(view, column, columns);
}

/* What the shades of a heat map mean: up to how much; or what stands at the cursor, from the highest down. */
static void draw_shades(const struct view *view, struct rect plot)
{
	const struct chart *chart = view->chart;
	double most = chart_heat_most(chart, plot);
	int column = 0;
	for (int i = 1; i <= CHART_SHADES && !chart->has_cursor && most > 0; i++) {
		canvas_sign(view->canvas, 0, column, chart->series[0].role,
			chart_heat_sign(view->canvas->grid->glyphs, i));
		column =
			2 + canvas_printf(view->canvas, 0, column + 2, ROLE_DIM, "to %s",
				    chart_value_text(unit_of(chart), most * i / CHART_SHADES).text);
	}
	if (chart->has_cursor)
		column = 2 + canvas_text(view->canvas, 0, 0, ROLE_DIM, heading_of(chart).text);
	for (size_t i = chart->count; chart->has_cursor && i-- > 0;) {
		double value = chart_value_at(chart, &chart->series[i], chart->cursor_ms);
		if (!(value > 0) || column >= view->canvas->columns)
			continue;
		column = 1 + canvas_text(view->canvas, 0, column, ROLE_DIM, chart->series[i].name);
		column = 2 + canvas_text(view->canvas, 0, column, ROLE_STRONG,
				     chart_value_text(unit_of(chart), value).text);
	}
	draw_key(view, column, view->canvas->columns);
}

void chart_legend_draw(const struct canvas *canvas, const struct chart *chart,
	const struct chart_legend *legend, const struct chart_scale *scale, struct rect plot)
{
	struct view view = {canvas, chart, scale};
	if (canvas->rows < 1 || canvas->columns < 1 || legend->place == CHART_LEGEND_NONE)
		return;
	if (chart->form == CHART_HEAT)
		draw_shades(&view, plot);
	else if (legend->place != CHART_LEGEND_OVER)
		draw_tables(&view, legend);
	else if (chart->count == 1)
		draw_one(&view);
	else
		draw_several(&view);
}
