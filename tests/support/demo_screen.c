/* SPDX-License-Identifier: MIT */
#include "tests/support/demo_screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/demo_charts.h"
#include "widgets/chart.h"
#include "widgets/frame.h"
#include "widgets/gauge.h"
#include "widgets/sparkline.h"

static const struct row {
	char state;
	const char *bot, *host, *up, *rate, *pend, *lag, *why;
} bots[] = {
	{'!', "shop_pay", "eu-2", "13m", "0.0", "1204", "6m", "webhook 502 x38 6m"},
	{'?', "news_de", "node3", "--", "--", "--", "--", "no heartbeat 48s"},
	{'w', "quiz_bot", "eu-1", "9h", "31.2", "143", "4s", "429 retry_after 3 s, 6 in 1m"},
	{'w', "support_en", "eu-2", "12d", "2.1", "0", "0s", "slow: p95 1902ms"},
	{'x', "promo_x", "eu-3", "--", "--", "0", "--", "stopped on purpose 2h"},
	{'.', "alerts_hub", "eu-1", "44d", "12.7", "0", "0s", ""},
	{'.', "booking", "eu-1", "44d", "8.9", "0", "0s", ""},
	{'.', "courier_msk", "eu-3", "20d", "5.5", "0", "1s", ""},
	{'.', "漢字bot", "eu-2", "12d", "22.0", "1", "1s", ""},
	{'.', "echo_demo", "eu-3", "6d", "0.1", "0", "0s", ""},
	{'.', "faq_pl", "eu-1", "9d", "1.0", "0", "0s", ""},
	{'.', "gate_corp", "eu-2", "12d", "3.3", "0", "0s", ""},
};

static const struct table_column columns[] = {
	{.title = "S", .min = 1, .ideal = 1},
	{.title = "BOT", .min = 10, .ideal = 14},
	{.title = "WHY", .min = 12, .ideal = 30, .priority = 1, .flexible = true},
	{.title = "HOST", .min = 5, .ideal = 6, .priority = 6},
	{.title = "UP", .align = ALIGN_RIGHT, .min = 4, .ideal = 5, .priority = 5},
	{.title = "UPD/s", .align = ALIGN_RIGHT, .min = 5, .ideal = 6, .priority = 4},
	{.title = "PEND", .align = ALIGN_RIGHT, .min = 5, .ideal = 5, .priority = 2},
	{.title = "LAG", .align = ALIGN_RIGHT, .min = 4, .ideal = 4, .priority = 3},
	{.title = "UPD/s 15 MIN", .sparkline = true, .min = 12, .ideal = 18, .priority = 9},
};

static enum role state_role(char state)
{
	static const char letters[] = "!w?x";
	static const enum role roles[] = {ROLE_CRIT, ROLE_WARN, ROLE_UNKNOWN, ROLE_STOPPED};
	const char *found = strchr(letters, state);
	return found ? roles[found - letters] : ROLE_OK;
}

static void wave(double *values, size_t count, double phase)
{
	for (size_t i = 0; i < count; i++)
		values[i] = 180 + 90 * sin(phase + (double)i / 17) +
			    30 * sin((double)i * (phase + 1.3)) + (i % 13 == 0 ? 40 : 0);
	for (size_t i = count * 2 / 5; i < count * 2 / 5 + count / 25; i++)
		values[i] = (double)NAN;
}

static void table_cell(const void *data, size_t row, size_t column, struct cell_text *ret_cell)
{
	static double values[24];
	const struct row *bot = &bots[row];
	const char *text[] = {
		NULL, bot->bot, bot->why, bot->host, bot->up, bot->rate, bot->pend, bot->lag};
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
		ret_cell->role = column == 1   ? ROLE_STRONG
				 : column == 2 ? state_role(bot->state)
					       : ROLE_TEXT;
		if (strcmp(text[column], "--") == 0)
			ret_cell->role = ROLE_STALE;
	}
}

static bool table_marked(const void *data, size_t row)
{
	(void)data;
	return row == 0 || row == 3;
}

static const struct table_kind table_kind = {
	.columns = columns, .count = COUNT_OF(columns), .cell = table_cell, .marked = table_marked};

static const struct log_span found[] = {{.start = 5, .length = 5, .current = true}};

static const struct log_row lines[] = {
	{.time = "12:03:58",
		.source = "shop_pay",
		.text = "POST /hook 502 upstream timed out upd=884213",
		.level = 'E',
		.repeats = "x37",
		.spans = found,
		.span_count = 1},
	{.text = "mark 12:04:00", .rule = true},
	{.time = "12:04:01",
		.source = "shop_pay",
		.text = "pool: 0/20 connections free, waited 5.0s",
		.level = 'F'},
	{.time = "12:04:02",
		.source = "quiz_bot",
		.text = "429 retry_after=3 chat=-100..91 (6 in 1m)",
		.level = 'W'},
	{.time = "12:04:05",
		.source = "shop_pay",
		.text = "redis: XADD latency 812ms",
		.level = 'W'},
	{.time = "12:04:06",
		.source = "shop_pay",
		.text = "GET /bot<redacted>/getWebhookInfo 200 91ms",
		.level = 'I'},
	{.time = "12:04:06",
		.source = "support_en",
		.text = "slow handler on_message 1902ms chat=5521..07 and a text that goes on and "
			"on until it does not fit "
			"into any screen that an operator would have at three in the morning on a "
			"telephone",
		.level = 'W'},
	{.time = "12:04:07",
		.source = "echo_demo",
		.text = "update 88412 handled in 3ms",
		.level = 'D'},
	{.time = "12:04:07",
		.source = "shop_pay",
		.text = "POST /hook 502 upstream timed out upd=884219",
		.level = 'E'},
};

static void log_line(const void *data, size_t row, struct log_row *ret_row)
{
	(void)data;
	*ret_row = lines[row];
	ret_row->repeats = lines[row].repeats ? lines[row].repeats : "";
}

static const struct logview_kind log_kind = {.row = log_line};

static const struct menu_entry entries[] = {
	{"restart shop_pay", "r", "", "locked: READ-ONLY, press ! to arm", NULL},
	{"stop shop_pay", "S", "", "locked: READ-ONLY, press ! to arm", NULL},
	{"backup", "b", "pg-main, all bots", NULL, NULL},
	{"view logs of shop_pay", "l", "", NULL, NULL},
	{"filter table", "/", "host=eu-2 state!=ok", NULL, NULL},
	{"copy the line", "y", "OSC 52", NULL, NULL},
};

/* ---- drawing ---- */

static void draw_status(const struct canvas *canvas)
{
	const struct segment first[] = {
		{.text = "prod-eu", .role = ROLE_ENV},
		{.text = "READ-ONLY", .role = ROLE_READ_ONLY},
		{.text = "42 bots", .role = ROLE_STRONG, .priority = 1},
		{.text = "37 ok", .role = ROLE_OK, .priority = 2},
		{.text = "2 WARN", .role = ROLE_WARN},
		{.text = "1 CRIT", .role = ROLE_CRIT},
		{.text = "1 stale", .role = ROLE_UNKNOWN, .priority = 1},
		{.text = "own engine", .role = ROLE_DIM, .priority = 4},
		{.text = "0.6% cpu 9M", .role = ROLE_DIM, .priority = 5, .right = true},
		{.text = "12:04:07Z", .role = ROLE_TEXT, .right = true},
	};
	const struct segment second[] = {
		{.text = "api 0.4s", .role = ROLE_DIM},
		{.text = "pg-main 1.1s", .role = ROLE_DIM},
		{.text = "redis-1 0.9s", .role = ROLE_DIM},
		{.text = "prom 3/4: node3 stale 48s", .role = ROLE_WARN},
	};
	segments_draw(canvas, 0, first, COUNT_OF(first), 2);
	segments_draw(canvas, 1, second, COUNT_OF(second), 3);
	canvas_surface(canvas, (struct rect){0, 0, 2, canvas->columns}, SURFACE_STATUS);
}

static void draw_keys(const struct canvas *canvas)
{
	static const struct key_hint hints[] = {
		{"l", "Logs", false, 1},
		{"r", "Restart", true, 2},
		{"S", "Stop", true, 5},
		{"b", "Backup", false, 4},
		{"Spc", "Mark", false, 6},
		{"y", "Copy", false, 7},
		{".", "Actions", false, 0},
		{"P", "Pause", false, 8},
		{":", "command", false, 0},
		{"/", "filter", false, 0},
		{"?", "help", false, 0},
		{"!", "arm", false, 1},
		{"Tab", "pane", false, 3},
		{"q", "quit", false, 0},
	};
	int rows = canvas->rows > 14 ? 2 : 1;
	struct canvas foot =
		canvas_sub(canvas, (struct rect){canvas->rows - rows, 0, rows, canvas->columns});
	key_hints_draw(&foot, hints, COUNT_OF(hints));
	canvas_surface(&foot, canvas_rect(&foot), SURFACE_FOOTER);
}

static void draw_bots(struct demo_screen *screen, const struct canvas *canvas)
{
	char position[32];
	int page = table_page(canvas->rows - 1);
	table_fit(&screen->table, page);
	table_position(&screen->table, page, position, sizeof(position));
	struct frame frame = {.number = "1",
		.title = "Bots",
		.hint = "Spc mark  o sort",
		.note = position,
		.focused = true};
	struct canvas inner = frame_draw(canvas, &frame);
	table_draw(&table_kind, &screen->table, NULL, &inner);
}

static void draw_load(const struct canvas *canvas)
{
	double values[300], other[300];
	wave(values, COUNT_OF(values), 0);
	wave(other, COUNT_OF(other), 2);
	struct frame frame = {.number = "4",
		.title = "Fleet load upd/s",
		.hint = "",
		.note = "now 311  max 342  min 88"};
	struct canvas inner = frame_draw(canvas, &frame);
	struct chart_series series[] = {
		{.name = "eu-1", .values = values, .count = COUNT_OF(values), .role = ROLE_SERIES1},
		{.name = "eu-2", .values = other, .count = COUNT_OF(other), .role = ROLE_SERIES3}};
	const struct chart_limit limit = {280, ROLE_WARN, 'w'};
	struct chart chart = {.series = series,
		.count = 1,
		.limits = &limit,
		.limit_count = 1,
		.from_ms = INT64_C(11) * 3600000,
		.to_ms = INT64_C(12) * 3600000};
	struct canvas upper =
		canvas_sub(&inner, (struct rect){0, 0, inner.rows * 2 / 3, inner.columns});
	chart_draw(&upper, &chart);
	struct canvas lower = canvas_sub(
		&inner, (struct rect){upper.rows, 0, inner.rows - upper.rows - 1, inner.columns});
	chart.count = 2;
	chart.limit_count = 0;
	chart_draw(&lower, &chart);
	int column = canvas_text(&inner, inner.rows - 1, 1, ROLE_DIM, "pg clients 17/20 ");
	gauge_draw(&inner, inner.rows - 1, column, 16,
		&(struct gauge){.share = 0.85, .warn = 0.8, .crit = 0.95});
	column = canvas_text(&inner, inner.rows - 1, column + 18, ROLE_DIM, "redis memory 41% ");
	gauge_draw(&inner, inner.rows - 1, column, 16,
		&(struct gauge){.share = 0.41, .warn = 0.8, .crit = 0.95});
}

static void draw_log(struct demo_screen *screen, const struct canvas *canvas)
{
	struct frame frame = {.number = "5",
		.title = "Logs",
		.hint = "",
		.note = screen->log.follow ? "follow ON  2 filters hide 1812 lines  level>=I"
					   : "follow off"};
	struct canvas inner = frame_draw(canvas, &frame);
	logview_fit(&screen->log, &log_kind, NULL, &inner);
	logview_draw(&screen->log, &log_kind, NULL, &inner);
}

static void draw_flood(const struct canvas *canvas, unsigned frame)
{
	for (int row = 9; row < canvas->rows - 2; row++)
		for (int column = 0; column < canvas->columns; column += 8)
			canvas_printf(canvas, row, column,
				(enum role)(ROLE_OK + (frame + (unsigned)column / 8) % 4), "%08x",
				(frame + (unsigned)row) * 2654435761u);
}

void demo_screen_draw(struct demo_screen *screen, const struct canvas *canvas)
{
	if (screen->charts) {
		demo_charts_draw(canvas, screen->charts - 1);
		return;
	}
	int foot = canvas->rows > 14 ? 2 : 1, body = canvas->rows - 2 - foot,
	    wide = canvas->columns >= 120;
	int upper = body > 24 ? 16 : body > 12 ? body - 8 : body;
	draw_status(canvas);
	int left = wide ? canvas->columns * 5 / 8 : canvas->columns;
	struct canvas part = canvas_sub(canvas, (struct rect){2, 0, upper, left});
	draw_bots(screen, &part);
	if (wide) {
		part = canvas_sub(
			canvas, (struct rect){2, left + 1, upper, canvas->columns - left - 1});
		draw_load(&part);
		for (int row = 2; row < 2 + upper; row++)
			canvas_glyph(canvas, row, left, ROLE_BORDER, GLYPH_VERTICAL);
	}
	part = canvas_sub(canvas, (struct rect){2 + upper, 0, body - upper, canvas->columns});
	if (part.rows > 1)
		draw_log(screen, &part);
	draw_keys(canvas);
	if (screen->flood)
		draw_flood(canvas, screen->frames++);
	struct canvas above =
		canvas_sub(canvas, (struct rect){0, 0, canvas->rows - foot, canvas->columns});
	toast_draw(&screen->toast, &above);
	if (screen->overlay == DEMO_DIALOG)
		dialog_draw(&screen->dialog, &above);
	if (screen->overlay == DEMO_MENU)
		menu_draw(&screen->menu, &above);
}

static void make_dialog(struct dialog *dialog)
{
	dialog_init(dialog, "Restart 2 bots in prod-eu", 'r');
	dialog_add_row(dialog, ROLE_CRIT, "shop_pay",
		"eu-2  CRIT  1204 updates pending, kept by Telegram and replayed");
	dialog_add_row(dialog, ROLE_WARN, "support_en", "eu-2  WARN  0 pending");
	dialog_add_row(dialog, ROLE_TEXT, "", "");
	dialog_add_row(dialog, ROLE_TEXT, "Runs", "supervisorctl restart shop_pay");
	dialog_add_row(dialog, ROLE_TEXT, "Done", "new pid, heartbeat within 60s, backlog falling");
	dialog_add_field(
		dialog, "Reason (audit):", "why, for those who read the audit log", true, NULL);
	dialog_add_field(dialog, "Type restart 2:", "", false, "restart 2");
	dialog_add_cancel(dialog, "Cancel");
	dialog_add_button(dialog, "Dry run", 'd', false);
	dialog_add_button(dialog, "Restart", 'y', true);
	dialog_note(dialog, "expires in 60s");
}

void demo_screen_init(struct demo_screen *screen)
{
	*screen = (struct demo_screen){.table = {.rows = COUNT_OF(bots),
					       .descending = true,
					       .focused = true,
					       .fold = "30 more ok, folded (Enter unfolds)"},
		.log = {.count = COUNT_OF(lines),
			.follow = true,
			.time_cells = 8,
			.source_cells = 10}};
	make_dialog(&screen->dialog);
	menu_init(&screen->menu, "Actions on shop_pay", entries, COUNT_OF(entries));
}

void demo_screen_release(struct demo_screen *screen)
{
	dialog_release(&screen->dialog);
	menu_release(&screen->menu);
}
