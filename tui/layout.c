/* SPDX-License-Identifier: MIT */
#include "tui/layout.h"

enum {
	TOP_MIN = 15, /* rows of the two columns above Logs */
	LOGS_MIN = 7, /* rows that Logs keeps on a wide screen */
	METRICS_MIN = 6,
	DETAIL_MIN = 8,
	BOTS_MIN = 6,
	SERVICES_MIN = 4,
	SERVICES_MAX = 8,
	ENDED_MIN = 3, /* under this an operation that has ended is one line */
	TINY_ROWS = 9,
};

static int clamp(int value, int low, int high)
{
	if (value > high)
		value = high;
	return value < low ? low : value;
}

/* Rows of a pane with its title; one line when nothing happens in it. */
static int with_title(int wanted)
{
	return wanted > 0 ? wanted + 1 : 1;
}

/* Takes `rows` from the top of `from`. */
static struct rect take_top(struct rect *from, int rows)
{
	rows = clamp(rows, 0, from->rows);
	struct rect taken = {from->row, from->column, rows, from->columns};
	from->row += rows;
	from->rows -= rows;
	return taken;
}

static struct rect take_bottom(struct rect *from, int rows)
{
	rows = clamp(rows, 0, from->rows);
	from->rows -= rows;
	return (struct rect){from->row + from->rows, from->column, rows, from->columns};
}

static struct rect take_left(struct rect *from, int columns)
{
	struct rect taken = {from->row, from->column, from->rows, columns};
	from->column += columns;
	from->columns -= columns;
	return taken;
}

/* Status and key lines: the more rows, the more of them. Returns what is left for the panes. */
static struct rect place_edges(const struct layout_wish *wish, struct layout *layout)
{
	struct rect rest = {0, 0, wish->rows, wish->columns};
	int status = wish->rows >= 12 ? 2 : wish->rows >= 2 ? 1 : 0;
	int footer = wish->rows >= LAYOUT_SMALL_ROWS ? 2 : wish->rows >= 6 ? 1 : 0;
	layout->status = take_top(&rest, status);
	layout->footer = take_bottom(&rest, footer);
	return rest;
}

static void place_full(const struct layout_wish *wish, struct layout *layout, struct rect rest)
{
	layout->panes[wish->focus] = rest;
}

/* How Bots and the lower pane share the rows: on small screens the focused one gets the most. */
static int lower_share(const struct layout_wish *wish, int rows, bool bare)
{
	if (bare)
		return wish->focus == PANE_bots ? clamp(rows * 3 / 8, 3, rows)
						: clamp(rows * 5 / 8, 3, rows);
	int bots = with_title(wish->wanted[PANE_bots]);
	int half = rows * 9 / 20;
	if (rows - bots > half) /* the bots need less than their half */
		half = rows - (bots > BOTS_MIN ? bots : BOTS_MIN);
	return clamp(half, 4, rows - 4);
}

static void place_narrow(const struct layout_wish *wish, struct layout *layout, struct rect rest)
{
	bool fires = wish->wanted[PANE_alerts] > 0;
	if (wish->lower != PANE_alerts && (fires || !layout->bare))
		layout->panes[PANE_alerts] = take_top(&rest, 1);
	if (wish->lower != PANE_operations && !layout->bare)
		layout->panes[PANE_operations] = take_bottom(&rest, 1);
	layout->panes[wish->lower] = take_bottom(&rest, lower_share(wish, rest.rows, layout->bare));
	layout->panes[PANE_bots] = rest;
}

static int services_rows(const struct layout_wish *wish)
{
	return clamp(with_title(wish->wanted[PANE_services]), 1, SERVICES_MAX);
}

static int services_least(const struct layout_wish *wish)
{
	int services = services_rows(wish);
	return services < SERVICES_MIN ? services : SERVICES_MIN;
}

/* What fires gets its rows, up to a quarter of the screen. */
static int alerts_claim(const struct layout_wish *wish)
{
	return clamp(with_title(wish->needed[PANE_alerts]), 1, wish->rows / 4);
}

/* Of a column of so many: two thirds, as long as half of it is enough for what fires. */
static int bots_rows(const struct layout_wish *wish, int rows)
{
	int most = rows * 2 / 3, least = rows / 2;
	int claimed = rows - alerts_claim(wish) - services_least(wish);
	if (most > claimed)
		most = claimed > least ? claimed : least;
	return clamp(with_title(wish->wanted[PANE_bots]), BOTS_MIN, most);
}

static void place_left(const struct layout_wish *wish, struct layout *layout, struct rect left)
{
	int alerts = with_title(wish->wanted[PANE_alerts]);
	int services = services_rows(wish), claim = alerts_claim(wish);
	int others = left.rows - bots_rows(wish, left.rows);
	/* Alerts that are few leave their half to Services; those that fire leave it a few rows. */
	int spare = others - (alerts < others / 2 ? alerts : others / 2);
	if (spare > SERVICES_MIN && spare > others - claim)
		spare = others - claim > SERVICES_MIN ? others - claim : SERVICES_MIN;
	if (services > spare)
		services = spare > 3 ? spare : 1;
	layout->panes[PANE_services] = take_bottom(&left, services);
	layout->panes[PANE_alerts] = take_bottom(&left, clamp(alerts, 1, others - services));
	layout->panes[PANE_bots] = left;
}

static void place_right(const struct layout_wish *wish, struct layout *layout, struct rect right)
{
	int detail = with_title(wish->wanted[PANE_detail]);
	int metrics = right.rows / 3 > METRICS_MIN ? right.rows / 3 : METRICS_MIN;
	detail = clamp(detail, DETAIL_MIN, right.rows - metrics);
	layout->panes[PANE_detail] = take_top(&right, detail);
	layout->panes[PANE_metrics] = right;
}

/* Rows with which the two columns show what fires beside as many bots as without it. */
static int claimed_rows(const struct layout_wish *wish, int most)
{
	int bots = clamp(with_title(wish->wanted[PANE_bots]), BOTS_MIN, most * 2 / 3);
	return bots + alerts_claim(wish) + services_least(wish);
}

/* Rows of the two columns: what the taller one needs, as long as Logs keeps a third; a quarter while alerts want rows. */
static int top_rows(const struct layout_wish *wish, int rows)
{
	int left = with_title(wish->wanted[PANE_bots]) + with_title(wish->wanted[PANE_alerts]) +
		   services_rows(wish);
	int right = with_title(wish->wanted[PANE_detail]) + METRICS_MIN + 2;
	int most = rows * 2 / 3;
	if (wish->needed[PANE_alerts])
		most = clamp(claimed_rows(wish, most), most, rows * 3 / 4);
	if (most > rows - LOGS_MIN)
		most = rows - LOGS_MIN;
	return clamp(left > right ? left : right, TOP_MIN, most);
}

/* What runs has its rows; what has ended gives them up to alerts. */
static int operations_rows(const struct layout_wish *wish, int rows)
{
	int wanted = clamp(with_title(wish->wanted[PANE_operations]), 1, rows / 6);
	if (wish->needed[PANE_operations] || !wish->needed[PANE_alerts])
		return wanted;
	int spare = rows * 2 / 3 - claimed_rows(wish, rows * 2 / 3);
	return wanted <= spare ? wanted : spare < ENDED_MIN ? 1 : spare;
}

/* A pane without a place of its own stands where Logs stood until another is chosen. */
static void lend_place(const struct layout_wish *wish, struct layout *layout)
{
	if (layout->panes[wish->lower].rows > 0)
		return;
	layout->panes[wish->lower] = layout->panes[PANE_logs];
	layout->panes[PANE_logs] = (struct rect){0, 0, 0, 0};
}

static void place_wide(const struct layout_wish *wish, struct layout *layout, struct rect rest)
{
	layout->panes[PANE_operations] = take_bottom(&rest, operations_rows(wish, rest.rows));
	struct rect top = take_top(&rest, top_rows(wish, rest.rows));
	layout->panes[PANE_logs] = rest;
	struct rect left = take_left(&top, wish->columns * 5 / 8);
	layout->rule = take_left(&top, 1);
	place_left(wish, layout, left);
	place_right(wish, layout, top);
	lend_place(wish, layout);
	layout->wide = true;
}

void layout_compute(const struct layout_wish *wish, struct layout *ret_layout)
{
	*ret_layout = (struct layout){.bare = wish->rows < LAYOUT_SMALL_ROWS};
	struct rect rest = place_edges(wish, ret_layout);
	bool wide = wish->columns >= LAYOUT_WIDE_COLUMNS && wish->rows >= LAYOUT_WIDE_ROWS;
	if (wish->zoom == ZOOM_FULL || wish->rows < TINY_ROWS)
		place_full(wish, ret_layout, rest);
	else if (wide && wish->zoom == ZOOM_NORMAL)
		place_wide(wish, ret_layout, rest);
	else
		place_narrow(wish, ret_layout, rest);
}

static bool is_same(struct rect a, struct rect b)
{
	return a.row == b.row && a.column == b.column && a.rows == b.rows && a.columns == b.columns;
}

bool layout_is_same(const struct layout *a, const struct layout *b)
{
	for (int id = 0; id < PANE_COUNT; id++)
		if (!is_same(a->panes[id], b->panes[id]))
			return false;
	return is_same(a->status, b->status) && is_same(a->footer, b->footer) &&
	       is_same(a->rule, b->rule) && a->wide == b->wide && a->bare == b->bare;
}
