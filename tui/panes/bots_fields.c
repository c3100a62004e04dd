/* SPDX-License-Identifier: MIT */
/* The fields of a bot: how a column looks, what a cell says, what is compared. A value past three
 * intervals of its source is `--`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/format.h"
#include "core/base/width.h"
#include "core/base/str.h"
#include "core/conf/figures.h"
#include "tui/panes/bots.h"
#include "tui/show.h"

static const struct table_column columns[BOTS_COLUMNS] = {
	/* clang-format off */
	[BOTS_S]       = {"S",            ALIGN_LEFT,   1,  1, 0, false},
	[BOTS_NAME]    = {"BOT",          ALIGN_LEFT,  12, 16, 0, false},
	[BOTS_HOST]    = {"HOST",         ALIGN_LEFT,   5,  8, 8, false},
	[BOTS_UP]      = {"UP",           ALIGN_RIGHT,  4,  4, 6, false},
	[BOTS_RATE]    = {"UPD/s",        ALIGN_RIGHT,  5,  5, 4, false},
	[BOTS_PENDING] = {"PEND",         ALIGN_RIGHT,  5,  5, 2, false},
	[BOTS_BEAT]    = {"HB",           ALIGN_RIGHT,  4,  4, 3, false},
	[BOTS_P50]     = {"P50ms",        ALIGN_RIGHT,  5,  5, 14, false},
	[BOTS_P95]     = {"P95ms",        ALIGN_RIGHT,  5,  5, 7, false},
	[BOTS_P99]     = {"P99ms",        ALIGN_RIGHT,  5,  5, 10, false},
	[BOTS_ERRORS]  = {"ERR/m",        ALIGN_RIGHT,  5,  5, 5, false},
	[BOTS_SHARE]   = {"ERR%",         ALIGN_RIGHT,  4,  5, 11, false},
	[BOTS_CACHE]   = {"CACHE%",       ALIGN_RIGHT,  6,  6, 13, false},
	[BOTS_AVAILABLE] = {"UP24h%",     ALIGN_RIGHT,  6,  6, 12, false},
	[BOTS_WHY]     = {"WHY",          ALIGN_LEFT,  22, 30, 1, true},
	[BOTS_SPARK]   = {"UPD/s 15 MIN", ALIGN_RIGHT, 15, 15, 9, false},
	/* clang-format on */
};

/* ---- as text and as figures ---- */

const char *bots_text(const struct app *app, const struct msg_bot *bot, enum bots_field field)
{
	const char *const texts[BOTS_FIELDS] = {[BOTS_NAME] = bot->name,
		[BOTS_HOST] = app_is_many(app) ? app_host(app, bot->id) : bot->host,
		[BOTS_WHY] = bot->why,
		[BOTS_STATE] = bot->state,
		[BOTS_TRANSPORT] = bot->transport};
	return texts[field] ? texts[field] : "";
}

static double if_known(bool known, double value)
{
	return known ? value : NAN;
}

/* What the engine makes of all that tells it; NaN: the field is of no such kind. */
static double own_number(const struct app *app, const struct msg_bot *bot, enum bots_field field)
{
	const struct model *model = app_model(app);
	int64_t now_ms = app_now(app, bot->id);
	const double figures[BOTS_FIELDS] = {[BOTS_S] = (double)bot->severity,
		[BOTS_P50] = NAN,
		[BOTS_P99] = NAN,
		[BOTS_SHARE] = NAN,
		[BOTS_CACHE] = NAN,
		[BOTS_AVAILABLE] = NAN,
		[BOTS_NAME] = NAN,
		[BOTS_HOST] = NAN,
		[BOTS_WHY] = NAN,
		[BOTS_STATE] = NAN,
		[BOTS_TRANSPORT] = NAN,
		[BOTS_UP] = bot_up_ms(model, bot, now_ms),
		[BOTS_RATE] = bot->updates_per_s,
		[BOTS_PENDING] = bot_pending(model, bot, now_ms),
		[BOTS_BEAT] = bot_beat_ms(model, bot, now_ms),
		[BOTS_P95] = bot->p95_ms,
		[BOTS_ERRORS] = bot->errors_per_min,
		[BOTS_SPARK] = bot->updates_per_s,
		[BOTS_CPU] = bot->cpu_percent,
		[BOTS_MEM] = if_known(bot->rss_bytes, (double)bot->rss_bytes),
		[BOTS_RESTARTS] = (double)bot->restarts,
		[BOTS_SCORE] = if_known(bot->score >= 0, (double)bot->score)};
	return figures[field];
}

/* What is shipped asks for the engine's own figure, where there is one: the model holds it, fresher than an answer, and as
 * Detail shows it. */
double bots_number(const struct app *app, const struct msg_bot *bot, enum bots_field field)
{
	return bots_is_asked(app, field) ? bots_figure_value(app, bot->id, field)
					 : own_number(app, bot, field);
}

/* An age is of now: nothing stands still because it is not looked at. */
double bots_last(const struct app *app, const struct msg_bot *bot, enum bots_field field)
{
	if (bots_is_asked(app, field))
		return NAN;
	static const char *const names[BOTS_FIELDS] = {[BOTS_UP] = "proc_start_ms",
		[BOTS_RATE] = "updates_per_s",
		[BOTS_PENDING] = "pending",
		[BOTS_BEAT] = "hb_at_ms",
		[BOTS_P95] = "p95_ms",
		[BOTS_ERRORS] = "errors_per_min",
		[BOTS_CPU] = "cpu_percent",
		[BOTS_MEM] = "rss_bytes"};
	double value = names[field] ? bot_last(bot, names[field]) : NAN;
	if (isnan(value) || (field != BOTS_UP && field != BOTS_BEAT))
		return value;
	/* It ran so long when it was seen last; its beat is as old as it is now. */
	int64_t until_ms = field == BOTS_UP ? bot->last_ms : app_now(app, bot->id);
	return fmax((double)until_ms - value, 0);
}

/* ---- cells ---- */

static void say(struct cell_text *cell, enum role role, const char *text)
{
	cell->role = role;
	(void)print_text(cell->text, sizeof(cell->text), "%s", text);
}

/* The figure's limits are in its own unit. Red is for what alerts say. */
static enum role graded_role(const struct figure *figure, enum role usual, double value)
{
	return figure_grade(figure, value / bots_figure_factor(figure)) ? ROLE_WARN : usual;
}

static enum role figure_role(
	const struct app *app, const struct msg_bot *bot, enum bots_field field, double value)
{
	const struct figure *figure = bots_figure(app, field);
	bool late = strcmp(bot->hb_state, "late") == 0 || strcmp(bot->hb_state, "missing") == 0;
	if (field == BOTS_BEAT)
		return late ? ROLE_WARN : ROLE_TEXT;
	enum role usual = value == 0 ? ROLE_DIM : field == BOTS_ERRORS ? ROLE_WARN : ROLE_TEXT;
	return figure ? graded_role(figure, usual, value) : usual;
}

/* What counts is how much is missing: 99.95 is not 100, and never rounded up to it. */
static struct shown availability(double percent)
{
	struct shown shown = {""};
	if (percent >= 100)
		return show_figure(100);
	(void)print_text(shown.text, sizeof(shown.text), "%.2f", floor(percent * 100) / 100);
	return shown;
}

static void say_figure(struct cell_text *cell, const struct app *app, const struct msg_bot *bot,
	enum bots_field field)
{
	double value = bots_number(app, bot, field);
	bool is_age = field == BOTS_UP || field == BOTS_BEAT;
	bool is_old = isnan(value);
	if (is_old)
		value = bots_last(app, bot, field);
	enum role role = is_old ? ROLE_STALE : figure_role(app, bot, field, value);
	if (isnan(value))
		say(cell, ROLE_STALE, "--");
	else if (is_age)
		say(cell, role, format_age((int64_t)value).text);
	else if (field == BOTS_PENDING)
		say(cell, role, format_count((int64_t)value).text);
	else if (field == BOTS_AVAILABLE)
		say(cell, role, availability(value).text);
	else
		say(cell, role, show_figure(value).text);
}

/* Ages stand in line up to here; further right they would be far from what they belong to. */
enum { AGE_COLUMN = 44 };

/* `redis main: no answer in time` in few columns: half a word more would say less. Detail has all of it. */
static void make_brief(char *why, int room)
{
	static const char tail[] = "no answer in ";
	char *at = strstr(why, tail);
	if (at && (int)text_width(why, strlen(why)) > room)
		at[strlen("no answer")] = '\0';
}

/* The reason, cut to what the column leaves, and its age at the right end. */
static void say_why(struct cell_text *cell, const struct bots_view *view, const struct msg_bot *bot)
{
	char why[224], age[16];
	bot_why(bot, why, sizeof(why));
	bot_why_age(bot, app_now(view->app, bot->id), age, sizeof(age));
	int cells_for_both = view->why_cells < AGE_COLUMN ? view->why_cells : AGE_COLUMN;
	int room = cells_for_both - (age[0] ? (int)strlen(age) + 1 : 0);
	if ((int)text_width(why, strlen(why)) > room)
		room = view->why_cells - (age[0] ? (int)strlen(age) + 1 : 0);
	make_brief(why, room);
	int width = (int)text_width(why, strlen(why));
	bool cut = width > room;
	size_t cells = 0, length = strlen(why);
	if (cut)
		length = text_clip(why, length, room > 1 ? (size_t)room - 1 : 0, &cells);
	else
		cells = (size_t)width;
	const char *sign = cut ? glyph_text(view->app->grid->glyphs, GLYPH_ELLIPSIS) : "";
	int pad = room - (int)cells - cut;
	(void)print_text(cell->text, sizeof(cell->text), "%.*s%s%*s%s%s", (int)length, why, sign,
		age[0] && pad > 0 ? pad : 0, "", age[0] ? " " : "", age);
	cell->role = severity_role(bot->severity);
}

/* `ret_count` 0: nobody knows. */
static const double *course_of(const struct app *app, const struct msg_bot *bot, size_t *ret_count)
{
	const double *told = bots_figure_course(app, bot->id);
	bool is_asked = bots_is_asked(app, BOTS_SPARK);
	*ret_count = !is_asked ? bot->spark_count : told ? BOTS_SPARK_POINTS : 0;
	return is_asked ? told : bot->spark;
}

/* The whole span in as many cells as there are: the mean of what falls into one. */
static void say_course(
	struct cell_text *cell, const struct bots_view *view, const struct msg_bot *bot)
{
	size_t cells = view->spark_cells > 0 ? (size_t)view->spark_cells : 0, count;
	const double *course = course_of(view->app, bot, &count);
	if (cells > BOTS_COURSE_MAX)
		cells = BOTS_COURSE_MAX;
	if (cells > count)
		cells = count;
	for (size_t i = 0; i < cells; i++) {
		size_t from = i * count / cells, to = (i + 1) * count / cells;
		double sum = 0, known = 0;
		for (size_t at = from; at < to; at++) {
			sum += isnan(course[at]) ? 0 : course[at];
			known += isnan(course[at]) ? 0 : 1;
		}
		view->course[i] = known > 0 ? sum / known : NAN;
	}
	*cell = (struct cell_text){.role = ROLE_SERIES1, .values = view->course, .count = cells};
}

static void say_words(struct cell_text *cell, const struct bots_view *view,
	const struct msg_bot *bot, enum bots_field field)
{
	char letter[] = {severity_letter(app_severity(view->app, bot)), '\0'};
	enum role role = severity_role(bot->severity);
	if (field == BOTS_S) {
		say(cell, role, letter);
	} else if (field == BOTS_WHY) {
		say_why(cell, view, bot);
	} else if (field == BOTS_NAME) {
		cell->role = bot->severity >= SEVERITY_WARN ? ROLE_STRONG : ROLE_TEXT;
		(void)print_text(cell->text, sizeof(cell->text), "%s%s%s",
			view->names_host ? app_host(view->app, bot->id) : "",
			view->names_host ? "/" : "", bot->name);
	} else {
		say(cell, ROLE_DIM, bots_text(view->app, bot, field));
	}
}

/* "lost 12s ago: webhook 502": what is left of a bot whose engine is gone. */
static void say_lost(
	struct cell_text *cell, const struct bots_view *view, const struct msg_bot *bot)
{
	char why[128];
	int64_t lost_s = view->app->engines[links_of(bot->id)].silent_s;
	bot_why(bot, why, sizeof(why));
	(void)print_text(cell->text, sizeof(cell->text), "lost %s ago%s%s",
		format_age(lost_s * 1000).text, why[0] ? ": " : "", why);
}

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret)
{
	const struct bots_view *view = data;
	const struct msg_bot *bot = model_bot(app_model(view->app), view->rows.shown.ids[row]);
	enum bots_field field = (enum bots_field)column;
	if (!bot)
		return;
	if (field == BOTS_SPARK)
		say_course(ret, view, bot);
	else if (field == BOTS_S || field == BOTS_NAME || field == BOTS_HOST || field == BOTS_WHY)
		say_words(ret, view, bot, field);
	else
		say_figure(ret, view->app, bot, field);
	if (!app_is_gone(view->app, bot->id))
		return;
	if (field == BOTS_WHY)
		say_lost(ret, view, bot);
	ret->role = ROLE_STALE;
}

static bool marked(const void *data, size_t row)
{
	const struct bots_view *view = data;
	return rowset_marked(&view->rows, view->rows.shown.ids[row]) ||
	       rowset_in_range(&view->rows, row);
}

const struct table_kind bots_table = {
	.columns = columns, .count = BOTS_COLUMNS, .cell = cell, .marked = marked};

/* ---- columns that nobody fills ---- */

static bool has_course(const struct app *app, const struct msg_bot *bot)
{
	if (bots_is_asked(app, BOTS_SPARK))
		return true;
	for (size_t i = 0; i < bot->spark_count; i++)
		if (!isnan(bot->spark[i]))
			return true;
	return false;
}

/* A column does not leave because nobody looks. */
static bool was_seen(const struct msg_bot *bot, enum bots_field field)
{
	const bool seen[BOTS_COLUMNS] = {[BOTS_UP] = bot->proc_start_ms > 0,
		[BOTS_PENDING] = bot->tg_at_ms && bot->pending >= 0,
		[BOTS_BEAT] = bot->hb_at_ms > 0};
	return seen[field];
}

static bool fills(const struct app *app, const struct msg_bot *bot, enum bots_field field)
{
	if (field == BOTS_SPARK)
		return has_course(app, bot);
	return bots_text(app, bot, field)[0] || was_seen(bot, field) ||
	       !isnan(bots_number(app, bot, field)) || !isnan(bots_last(app, bot, field));
}

uint64_t bots_absent(const struct app *app)
{
	uint64_t absent = 0;
	size_t count;
	const struct msg_bot *const *bots = model_bots(app_model(app), &count);
	for (int field = 0; field < BOTS_COLUMNS; field++) {
		bool filled = field == BOTS_S || field == BOTS_NAME || field == BOTS_WHY ||
			      bots_figure_fills(app, (enum bots_field)field);
		if (bots_is_only_figure((enum bots_field)field)) {
			absent |= (uint64_t)!filled << field;
			continue;
		}
		for (size_t i = 0; i < count && !filled; i++)
			filled = fills(app, bots[i], (enum bots_field)field);
		absent |= (uint64_t)!filled << field;
	}
	return absent;
}
