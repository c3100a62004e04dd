/* SPDX-License-Identifier: MIT */
/*
 * Every widget on one screen, on the real terminal: `build/tests/demo_widgets [THEME] [ascii]`. For
 * looking at them (pictures, new themes, strange terminals), and for terminal tests that need a
 * screen with a lot on it.
 */
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "tui/term.h"
#include "widgets/canvas.h"
#include "widgets/sparkline.h"
#include "widgets/table.h"

static const struct row {
	char state;
	const char *bot, *host, *up, *pend, *lag, *why;
} rows[] = {
	{'!', "shop_pay", "eu-2", "13m", "1204", "6m", "webhook 502 x38 6m"},
	{'?', "news_de", "node3", "--", "--", "--", "no heartbeat 48s"},
	{'w', "quiz_bot", "eu-1", "9h", "143", "4s", "429 retry_after 3 s, 6 in 1m"},
	{'w', "support_en", "eu-2", "12d", "0", "0s", "slow: p95 1902ms"},
	{'x', "promo_x", "eu-3", "--", "0", "--", "stopped on purpose 2h"},
	{'.', "alerts_hub", "eu-1", "44d", "0", "0s", ""},
	{'.', "booking", "eu-1", "44d", "0", "0s", ""},
	{'.', "courier_msk", "eu-3", "20d", "0", "1s", ""},
	{'.', "漢字bot", "eu-2", "12d", "1", "1s", ""},
	{'.', "echo_demo", "eu-3", "6d", "0", "0s", ""},
};

static const struct table_column columns[] = {
	{.title = "S", .min = 1, .ideal = 1},
	{.title = "BOT", .min = 10, .ideal = 16},
	{.title = "WHY", .min = 10, .ideal = 14, .priority = 1, .flexible = true},
	{.title = "HOST", .min = 5, .ideal = 6, .priority = 5},
	{.title = "UP", .align = ALIGN_RIGHT, .min = 4, .ideal = 5, .priority = 4},
	{.title = "PEND", .align = ALIGN_RIGHT, .min = 5, .ideal = 6, .priority = 2},
	{.title = "LAG", .align = ALIGN_RIGHT, .min = 4, .ideal = 5, .priority = 3},
	{.title = "PEND 15 MIN", .min = 12, .ideal = 24, .priority = 9},
};

static enum role state_role(char state)
{
	return state == '!'   ? ROLE_CRIT
	       : state == 'w' ? ROLE_WARN
	       : state == '?' ? ROLE_UNKNOWN
	       : state == 'x' ? ROLE_STOPPED
			      : ROLE_OK;
}

static void wave(double *values, size_t count, double phase)
{
	for (size_t i = 0; i < count; i++)
		values[i] = 50 + 45 * sin(phase + (double)i / 7) + 10 * sin((double)i * phase);
	if (count > 40)
		values[30] = values[31] = values[32] = (double)NAN;
}

static void cell(const void *data, size_t row, size_t column, struct cell_text *ret_cell)
{
	static double values[64];
	const struct row *bot = &rows[row];
	const char *text[] = {NULL, bot->bot, bot->why, bot->host, bot->up, bot->pend, bot->lag};
	(void)data;
	if (column == 0) {
		ret_cell->text[0] = bot->state;
		ret_cell->role = state_role(bot->state);
	} else if (column == COUNT_OF(columns) - 1) {
		wave(values, COUNT_OF(values), (double)row);
		ret_cell->values = values;
		ret_cell->count = COUNT_OF(values);
		ret_cell->role = row == 1 ? ROLE_STALE : ROLE_SERIES1;
	} else {
		snprintf(ret_cell->text, sizeof(ret_cell->text), "%s", text[column]);
		bool missing = strcmp(text[column], "--") == 0;
		ret_cell->role = column == 1   ? ROLE_STRONG
				 : column == 2 ? state_role(bot->state)
					       : ROLE_TEXT;
		if (missing)
			ret_cell->role = ROLE_STALE;
	}
}

static bool marked(const void *data, size_t row)
{
	(void)data;
	return row == 0 || row == 3;
}

static const struct table_kind kind = {
	.columns = columns, .count = COUNT_OF(columns), .cell = cell, .marked = marked};

static void draw(const struct canvas *canvas, struct table *table)
{
	struct rect rect = {2, 0, canvas->rows - 4, canvas->columns};
	canvas_box(canvas, rect, ROLE_BORDER_FOCUS);
	canvas_text(canvas, 2, 3, ROLE_TITLE_FOCUS, " 1 Bots ");
	struct canvas inner =
		canvas_sub(canvas, (struct rect){3, 1, rect.rows - 2, rect.columns - 2});
	table_fit(table, table_page(inner.rows));
	table_draw(&kind, table, NULL, &inner);
}

static bool turn(struct term *term, struct grid *grid, struct table *table, bool *dirty)
{
	struct term_event event;
	while (term_next_event(term, &event)) {
		*dirty = true;
		if (event.type == TERM_EVENT_RESIZE)
			grid_resize(grid, event.rows, event.columns);
		if (event.type == TERM_EVENT_LOST ||
			(event.type == TERM_EVENT_KEY && event.key == 'q'))
			return false;
		if (event.type == TERM_EVENT_KEY && (event.key == 'j' || event.key == K_DOWN))
			table_move(table, TABLE_DOWN, 10);
		if (event.type == TERM_EVENT_KEY && (event.key == 'k' || event.key == K_UP))
			table_move(table, TABLE_UP, 10);
	}
	if (*dirty && term_can_present(term)) {
		struct canvas canvas = canvas_of(grid);
		grid_clear(grid);
		draw(&canvas, table);
		term_present(term, grid);
		*dirty = false;
	}
	return true;
}

static volatile sig_atomic_t size_changed;

static void on_size(int signal)
{
	(void)signal;
	size_changed = 1;
}

int main(int argc, char **argv)
{
	struct theme theme;
	struct err err = {0};
	setlocale(LC_ALL, "");
	sigaction(SIGWINCH, &(struct sigaction){.sa_handler = on_size}, NULL);
	if (!theme_builtin(argc > 1 ? argv[1] : "system", &theme, &err))
		return fprintf(stderr, "%s\n", err.text), 2;
	struct term_options options = {.clock = clock_real(),
		.theme = &theme,
		.ascii = argc > 2,
		.no_colour = getenv("NO_COLOR") != NULL};
	struct term *term = term_curses_new(&options, &err);
	if (!term)
		return fprintf(stderr, "%s\n", err.text), 1;
	struct grid *grid = grid_new(0, 0, term->glyphs);
	struct table table = {.rows = COUNT_OF(rows),
		.sort = 0,
		.descending = true,
		.focused = true,
		.fold = "30 more ok, folded (Enter unfolds)"};
	for (bool dirty = true; turn(term, grid, &table, &dirty);) {
		struct pollfd slot = {.fd = term_fd(term), .events = term_poll_events(term)};
		poll(&slot, 1, term_timeout_ms(term));
		if (size_changed) {
			size_changed = 0;
			term_resized(term);
		}
		term_handle(term, slot.revents);
	}
	term_free(term);
	grid_free(grid);
	return 0;
}
