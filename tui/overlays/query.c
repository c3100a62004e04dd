/* SPDX-License-Identifier: MIT */
/*
 * The prompt for an expression of Metrics, at the bottom of the screen: what is wrong stands under its place, what may be typed
 * above the line. Tab takes it, and the next one after that; Enter asks, and the line stays open until the engine has
 * answered without an error.
 */
#include "tui/overlays/overlays.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/conf/figures.h"
#include "tui/app.h"
#include "tui/panes/bots.h"
#include "tui/panes/metrics.h"
#include "tui/query_words.h"

enum { WORDS_MAX = 200, WORDS_ROWS = 8, NAME_CELLS = 44, BOX_CELLS = 110 };

struct word {
	char *text, *note;
	const char *behind; /* typed with it */
};

struct query {
	struct overlay overlay;
	struct prompt prompt;
	char *before; /* what is shown when it is given up; "": a chart of the table */
	bool waits;   /* for the answer to what was entered */
	bool failed;  /* it is an error, which is shown until something is typed */
	const struct figure *figure; /* whose query it is; NULL: of none */
	bool is_of_none;             /* the engine answered, but no bot can take it */
	struct query_spot spot;
	struct word words[WORDS_MAX];
	size_t count, chosen, left;
	bool is_long;    /* the engine did not tell all of some list: what is typed is asked for */
	bool is_taken;   /* Tab has put one into the line: the next one replaces it */
	size_t word_end; /* where that ends */
	uint64_t change; /* of the window that the words are of */
};

/* ---- what may be typed ---- */

static void drop_words(struct query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		free(query->words[i].text);
		free(query->words[i].note);
	}
	query->count = query->chosen = query->left = 0;
}

static const char *behind_of(enum query_want want, const char *unit, char next)
{
	if (unit[0])
		return next == '(' ? "" : "(";
	if (want == QUERY_LABEL)
		return next == '=' || next == '!' ? "" : "=\"";
	return want == QUERY_VALUE && next != '"' ? "\"" : "";
}

static char *note_of(const struct msg_points *name)
{
	if (name->unit[0])
		return xstrdup(name->help);
	autofree char *count = name->last > 0 ? xasprintf("%.0f series", name->last) : xstrdup("");
	return xasprintf("%s%s%s%s%s", name->type, name->type[0] && count[0] ? ", " : "", count,
		name->help[0] ? "  " : "", name->help);
}

static void add_words(struct query *query, const struct msg_win_points *names, bool begins)
{
	const char *text = query->prompt.text.text;
	size_t length = query->prompt.cursor - query->spot.from;
	autofree char *typed = xstrndup(text + query->spot.from, length);
	for (size_t i = 0; i < names->series_count; i++) {
		const struct msg_points *name = &names->series[i];
		bool is_begun = strncasecmp(name->name, typed, length) == 0;
		if (is_begun != begins || (!begins && !strcasestr(name->name, typed)))
			continue;
		if (query->count == WORDS_MAX) {
			query->left++;
			continue;
		}
		query->words[query->count++] = (struct word){.text = xstrdup(name->name),
			.note = note_of(name),
			.behind = behind_of(
				query->spot.want, name->unit, text[query->prompt.cursor])};
	}
}

static bool shows_words(const struct query *query)
{
	bool typed = query->prompt.cursor > query->spot.from;
	return query->spot.want > QUERY_NAME || (query->spot.want == QUERY_NAME && typed);
}

/* What the engine is asked for the spot; false: nothing. */
static bool wish_of(const struct query_spot *spot, struct msg_win_open *wish, char *names[])
{
	static char of_metrics[] = "__name__", of_labels[] = "", store[] = "metrics";
	if (spot->want == QUERY_NOTHING)
		return false;
	names[0] = spot->want == QUERY_NAME    ? of_metrics
		   : spot->want == QUERY_VALUE ? (char *)(uintptr_t)spot->label
					       : of_labels;
	*wish = (struct msg_win_open){.store = store,
		.filter = (char *)(uintptr_t)spot->metric,
		.names = names,
		.names_count = 1};
	if (spot->want == QUERY_NAME || spot->want == QUERY_GROUP)
		wish->filter = of_labels;
	return true;
}

static void find_words(const struct app *app, struct query *query)
{
	const struct window *window = &app->windows[WINDOW_NAMES];
	if (query->is_taken)
		return;
	drop_words(query);
	query->change = window->change;
	query->is_long |=
		window->asked && window->answered && (window->points.left || window->error[0]);
	if (!window->asked || !window->answered || window->error[0] || !shows_words(query))
		return;
	add_words(query, &window->points, true);
	add_words(query, &window->points, false);
	query->left += window->points.left;
}

/* ---- its turns ---- */

static const struct overlay_ops ops;

static struct query *query_of(struct app *app)
{
	return app->overlay && app->overlay->ops == &ops ? (struct query *)app->overlay : NULL;
}

static void ask_words(struct app *app, const struct query *query)
{
	struct msg_win_open wish;
	size_t from = query->spot.from, to = query->prompt.cursor;
	autofree char *typed = xstrndup(query->prompt.text.text + from, to > from ? to - from : 0);
	char *names[2] = {NULL, typed};
	if (!wish_of(&query->spot, &wish, names))
		return;
	wish.names_count = query->is_long && typed[0] ? 2 : 1;
	parts_ask(app, WINDOW_NAMES, ALL_ENGINES, &wish);
}

/* Some series, and none of them says of which bot it is. */
static bool is_of_bots(const struct msg_win_points *points)
{
	for (size_t i = 0; i < points->series_count; i++)
		for (size_t at = 0; at < points->series[i].labels_count; at++)
			if (strcmp(points->series[i].labels[at].name, "bot") == 0)
				return true;
	return !points->series_count;
}

static void finish(struct app *app, const struct query *query)
{
	autofree char *text = xstrdup(query->prompt.text.text);
	struct figure *figure =
		query->figure ? figures_find(app->figures, query->figure->name) : NULL;
	history_add(&app->queries, text);
	app_pop(app);
	if (figure)
		figure_keep(app, figure, text);
}

void query_turn(struct app *app)
{
	struct query *query = query_of(app);
	const struct window *chart = &app->windows[WINDOW_CHART];
	if (!query)
		return;
	ask_words(app, query);
	if (app->windows[WINDOW_NAMES].change != query->change)
		find_words(app, query);
	if (!query->waits || !chart->asked || !chart->answered)
		return;
	query->waits = false;
	query->is_of_none = query->figure && !is_of_bots(&chart->points);
	query->failed = chart->error[0] || query->is_of_none;
	if (!query->failed)
		finish(app, query);
}

static void changed(struct app *app, struct overlay *overlay)
{
	struct query *query = (struct query *)overlay;
	query->failed = query->waits = query->is_taken = false;
	query->spot = query_spot_of(query->prompt.text.text, query->prompt.cursor);
	ask_words(app, query);
	find_words(app, query);
}

/* ---- drawing ---- */

/* What is typed in it, with a blank. */
static struct shown label_of(const struct query *query)
{
	struct shown label = {""};
	(void)print_text(label.text, sizeof(label.text), "%s ",
		query->figure ? query->figure->name : "query");
	return label;
}

static int column_of(const struct query *query, size_t at)
{
	size_t shift = query->prompt.shift;
	const char *text = query->prompt.text.text;
	at = at < query->prompt.text.length ? at : query->prompt.text.length;
	int cells = at > shift ? (int)text_width(text + shift, at - shift) : 0;
	return 1 + (int)strlen(label_of(query).text) + cells;
}

/* The mark says the place that the sentence begins with. */
static const char *without_place(const char *error)
{
	size_t place = strspn(error, "0123456789:");
	return place && error[place] == ' ' ? error + place + 1 : error;
}

/* Behind its mark where there is room, else before it. */
static void draw_error(const struct app *app, const struct query *query, const struct canvas *line)
{
	const struct window *chart = &app->windows[WINDOW_CHART];
	const char *error = without_place(chart->error);
	if (query->is_of_none)
		error = "no series says of which bot it is: add by (bot)";
	int cells = (int)text_width(error, strlen(error));
	if (query->is_of_none) {
		(void)canvas_field(
			line, 0, 1, line->columns - 2, ALIGN_LEFT, ROLE_TOAST_ERROR, error);
		return;
	}
	if (!chart->points.place_to) {
		(void)canvas_field(
			line, 0, 1, line->columns - 2, ALIGN_LEFT, ROLE_TOAST_ERROR, chart->error);
		return;
	}
	int column = column_of(
		query, metrics_place(app, query->prompt.text.text, chart->points.place_from));
	column = column < line->columns ? column : line->columns - 1;
	canvas_text(line, 0, column, ROLE_TOAST_ERROR, "^");
	int behind = line->columns - column - 3, before = column - 2;
	if (cells <= behind || behind >= before)
		(void)canvas_field(
			line, 0, column + 2, behind, ALIGN_LEFT, ROLE_TOAST_ERROR, error);
	else
		(void)canvas_field(line, 0, 1, before, ALIGN_RIGHT, ROLE_TOAST_ERROR, error);
}

static void draw_keys(const struct query *query, const struct canvas *line)
{
	const char *text = query->waits
				   ? "asking the engine ..."
				   : "Enter asks  Tab completes  Up what was asked before  Esc";
	(void)canvas_field(line, 0, 1, line->columns - 2, ALIGN_LEFT, ROLE_DIM, text);
}

static void draw_words(const struct query *query, const struct canvas *screen, int end)
{
	size_t rows = query->count < WORDS_ROWS ? query->count : WORDS_ROWS;
	size_t top = query->chosen < rows ? 0 : query->chosen - rows + 1;
	int cells = screen->columns < BOX_CELLS ? screen->columns : BOX_CELLS;
	int names = cells / 2 < NAME_CELLS ? cells / 2 : NAME_CELLS;
	rows = end < (int)rows ? (size_t)(end > 0 ? end : 0) : rows;
	for (size_t i = 0; i < rows; i++) {
		const struct word *word = &query->words[top + i];
		struct rect rect = {end - (int)(rows - i), 0, 1, cells};
		bool is_chosen = query->is_taken && top + i == query->chosen;
		canvas_fill(screen, rect, ROLE_TEXT);
		canvas_surface(screen, rect, is_chosen ? SURFACE_SELECTED : SURFACE_DIALOG);
		(void)canvas_field(
			screen, rect.row, 1, names, ALIGN_LEFT, ROLE_KEY_LABEL, word->text);
		(void)canvas_field(screen, rect.row, names + 3, cells - names - 4, ALIGN_LEFT,
			ROLE_DIM, word->note);
	}
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	struct query *query = (struct query *)overlay;
	int row = screen->rows > 1 ? screen->rows - 2 : 0;
	struct rect rect = {row, 0, 2, screen->columns};
	canvas_fill(screen, rect, ROLE_INPUT);
	canvas_surface(screen, rect, SURFACE_FOOTER);
	prompt_draw(&query->prompt, screen, row, 1, screen->columns - 2, label_of(query).text,
		"PromQL, as rate(bot_updates_total[1m])", true);
	struct canvas line = canvas_sub(screen, (struct rect){row + 1, 0, 1, screen->columns});
	if (query->failed)
		draw_error(app, query, &line);
	else
		draw_keys(query, &line);
	draw_words(query, screen, row);
}

/* ---- keys ---- */

static struct prompt *prompt(struct overlay *overlay)
{
	return &((struct query *)overlay)->prompt;
}

static void put_word(struct query *query)
{
	const struct word *word = &query->words[query->chosen];
	struct prompt *line = &query->prompt;
	size_t from = query->spot.from;
	autostr struct str text = STR_INIT;
	str_add(&text, line->text.text, from);
	str_addf(&text, "%s%s", word->text, word->behind);
	size_t end = text.length;
	str_adds(&text, line->text.text + query->word_end);
	prompt_set(line, text.text);
	query->word_end = line->cursor = end < line->text.length ? end : line->text.length;
}

static void step(struct app *app, struct overlay *overlay, int by)
{
	struct query *query = (struct query *)overlay;
	(void)app;
	if (!query->count)
		return;
	if (query->is_taken)
		query->chosen = (query->chosen + query->count + (size_t)by) % query->count;
	else
		query->word_end = query->prompt.cursor;
	query->is_taken = true;
	query->failed = query->waits = false;
	put_word(query);
}

static void recall(struct app *app, struct overlay *overlay, int by)
{
	struct query *query = (struct query *)overlay;
	if (prompt_edit(&query->prompt, by < 0 ? PROMPT_HISTORY_UP : PROMPT_HISTORY_DOWN))
		changed(app, overlay);
}

static void show(struct app *app, const struct query *query, const char *text)
{
	if (query->figure)
		metrics_show_figure(app, query->figure->name, text);
	else
		metrics_show(app, text);
}

static void enter(struct app *app, struct overlay *overlay)
{
	struct query *query = (struct query *)overlay;
	query->waits = query->prompt.text.text[0] != '\0';
	query->failed = query->is_taken = false;
	drop_words(query);
	if (query->figure && !query->waits) {
		finish(app, query); /* an empty line: that of the settings again */
		return;
	}
	show(app, query, query->prompt.text.text);
	if (!query->waits)
		app_pop(app);
}

static void cancelled(struct app *app, struct overlay *overlay)
{
	const struct query *query = (const struct query *)overlay;
	metrics_show(app, query->before);
	if (query->figure)
		(void)views_leave(&app->views); /* it led there */
}

static void free_query(struct overlay *overlay)
{
	struct query *query = (struct query *)overlay;
	drop_words(query);
	prompt_release(&query->prompt);
	free(query->before);
	free(query);
}

static const struct overlay_ops ops = {.free = free_query,
	.draw = draw,
	.prompt = prompt,
	.changed = changed,
	.step = step,
	.recall = recall,
	.enter = enter,
	.cancelled = cancelled};

void query_open(struct app *app, const char *text, const char *before, const struct figure *figure)
{
	struct query *query = xcalloc(1, sizeof(*query));
	*query = (struct query){.overlay = {.ops = &ops, .scope = SCOPE_PROMPT},
		.before = xstrdup(before),
		.figure = figure};
	prompt_init(&query->prompt, &app->queries);
	prompt_set(&query->prompt, text);
	app_push(app, &query->overlay);
	query->spot.want = QUERY_NOTHING;
}
