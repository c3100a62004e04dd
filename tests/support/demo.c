/* SPDX-License-Identifier: MIT */
#include "tests/support/demo.h"

#include <locale.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "tui/guard.h"
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

struct demo {
	struct term *term;
	struct grid *grid;
	struct table table;
	int signals; /* a signalfd */
	bool dirty, done;
};

static void stop(struct demo *demo)
{
	term_suspend(demo->term);
	guard_stop_self();
	term_resume(demo->term);
}

static void on_key(struct demo *demo, keycode key)
{
	switch (key) {
	case 'q':
		demo->done = true;
		break;
	case 'j':
	case K_DOWN:
		table_move(&demo->table, TABLE_DOWN, 10);
		break;
	case 'k':
	case K_UP:
		table_move(&demo->table, TABLE_UP, 10);
		break;
	case 'z' | K_CTRL:
		stop(demo);
		break;
	case 'C': /* a crash */
		raise(SIGSEGV);
		break;
	case 'H': /* a screen that answers nothing, not even SIGTERM */
		for (;;)
			pause();
	default:
		break;
	}
}

static void take_events(struct demo *demo)
{
	for (struct term_event event; term_next_event(demo->term, &event); demo->dirty = true) {
		if (event.type == TERM_EVENT_RESIZE)
			grid_resize(demo->grid, event.rows, event.columns);
		else if (event.type == TERM_EVENT_LOST)
			demo->done = true;
		else if (event.type == TERM_EVENT_KEY)
			on_key(demo, event.key);
	}
}

static void take_signals(struct demo *demo)
{
	for (struct signalfd_siginfo info;
		read(demo->signals, &info, sizeof(info)) == sizeof(info);) {
		if (info.ssi_signo == SIGWINCH)
			term_resized(demo->term);
		else if (info.ssi_signo == SIGTSTP)
			stop(demo);
		else if (info.ssi_signo == SIGCONT)
			term_resume(demo->term);
		else
			demo->done = true;
	}
}

static void paint(struct demo *demo)
{
	struct canvas canvas = canvas_of(demo->grid);
	grid_clear(demo->grid);
	draw(&canvas, &demo->table);
	term_present(demo->term, demo->grid);
	demo->dirty = false;
}

static void run(struct demo *demo)
{
	while (!demo->done) {
		struct pollfd slots[] = {
			{.fd = term_fd(demo->term), .events = term_poll_events(demo->term)},
			{.fd = demo->signals, .events = POLLIN}};
		poll(slots, COUNT_OF(slots), term_timeout_ms(demo->term));
		take_signals(demo);
		term_handle(demo->term, slots[0].revents);
		take_events(demo);
		if (demo->dirty && term_can_present(demo->term))
			paint(demo);
	}
}

static int open_signals(void)
{
	static const int ours[] = {SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < COUNT_OF(ours); i++)
		sigaddset(&set, ours[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int demo_main(int argc, char **argv)
{
	struct theme theme;
	struct err err = {0};
	int status = 0;
	atomic_bool *entered;
	if (!guard_start(&entered, &status))
		return status;
	setlocale(LC_ALL, "");
	if (!theme_builtin(argc > 1 ? argv[1] : "system", &theme, &err))
		return fprintf(stderr, "%s\n", err.text), 2;
	struct demo demo = {.signals = open_signals(),
		.dirty = true,
		.table = {.rows = COUNT_OF(rows),
			.descending = true,
			.focused = true,
			.fold = "30 more ok, folded (Enter unfolds)"}};
	struct term_options options = {.clock = clock_real(),
		.theme = &theme,
		.ascii = argc > 2,
		.no_colour = getenv("NO_COLOR") != NULL,
		.entered = entered};
	demo.term = term_curses_new(&options, &err);
	if (!demo.term)
		return fprintf(stderr, "%s\n", err.text), 1;
	demo.grid = grid_new(0, 0, demo.term->glyphs);
	run(&demo);
	term_free(demo.term);
	grid_free(demo.grid);
	close(demo.signals);
	return 0;
}
