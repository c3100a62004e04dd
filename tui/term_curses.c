/* SPDX-License-Identifier: MIT */
/*
 * The real terminal. ncurses is known in this file alone, and only for what it does well: the smallest update from one
 * screen to the next, in the words of the terminal at hand. It does not see the terminal: it writes into a file in memory,
 * which can't block and can't fill, and after each doupdate() the bytes go to the queue of our own non-blocking line
 * (tui/tty.h), inside DEC 2026 brackets. Modes, size, input and signals are ours.
 */
#include <curses.h>

#include "tui/term.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/utf8.h"
#include "tui/frame_cut.h"
#include "tui/key_reader.h"
#include "tui/memory_file.h"
#include "tui/osc.h"
#include "tui/pacer.h"
#include "tui/pins.h"
#include "tui/sgr.h"
#include "tui/tty.h"

#define ENTER_MODES "\033[?2004h\033[8l" /* bracketed paste; text in the order of sending */
/* With their other screen some terminals save whether they show a cursor. */
#define LEAVE_MODES "\033[?25h\033[?2004l\033[8h"
#define FRAME_BEGIN "\033[?2026h"
#define FRAME_END   "\033[?2026l"

enum { LEAVE_LIMIT_MS = 200 };

struct look {
	attr_t attrs;
	int pair;
	bool known;
};

struct curses {
	struct term term;
	struct tty tty;
	const struct clock *clock;
	struct key_reader keys;
	struct theme theme;
	struct look looks[ROLE_COUNT][SURFACE_COUNT];
	struct grid *shown; /* what the terminal shows once the queue is drained */
	cchar_t *row;       /* room for one row */
	SCREEN *screen;
	WINDOW *window;
	struct memory_file out; /* what ncurses writes into */
	FILE *in;
	struct sgr_filter filter;
	struct pins pins;
	struct pacer pacer;
	struct grid *rest; /* the newest frame, while rows of it are still to be sent */
	struct frame_cut cut;
	bool unfinished, repaint, cursor_shown, away, resize_said, lost_said;
	atomic_bool *entered;
};

static struct curses *self(struct term *term)
{
	return (struct curses *)term;
}

static const struct curses *self_const(const struct term *term)
{
	return (const struct curses *)term;
}

/* ---- bytes of ncurses ---- */

/* Moves what ncurses has written to the line's queue, squeezed and pinned. True when it gives the terminal back. */
static bool collect(struct curses *curses)
{
	size_t size = 0;
	autostr struct str squeezed = STR_INIT;
	autofree char *bytes = memory_file_take(&curses->out, &size);
	if (size && !curses->tty.lost)
		sgr_squeeze(&curses->filter, bytes, size, &squeezed);
	pins_add(&curses->pins, curses->term.columns, &squeezed, &curses->tty.out);
	return memory_holds(bytes, size, tigetstr("rmcup")) &&
	       memory_holds(bytes, size, tigetstr("cnorm"));
}

static void collect_frame(struct curses *curses)
{
	size_t before = curses->tty.out.length;
	tty_adds(&curses->tty, FRAME_BEGIN);
	size_t start = curses->tty.out.length;
	(void)collect(curses);
	if (curses->tty.out.length == start)
		str_truncate(&curses->tty.out, before);
	else
		tty_adds(&curses->tty, FRAME_END);
}

static void flush(struct curses *curses)
{
	tty_flush(&curses->tty);
	if (tty_drained(&curses->tty))
		pacer_drained(&curses->pacer, clock_mono_ms(curses->clock));
}

/* ---- cells to ncurses ---- */

static attr_t curses_attrs(unsigned attrs)
{
	return (attrs & STYLE_BOLD ? A_BOLD : 0) | (attrs & STYLE_DIM ? A_DIM : 0) |
	       (attrs & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
	       (attrs & STYLE_REVERSE ? A_REVERSE : 0) | (attrs & STYLE_ITALIC ? A_ITALIC : 0);
}

static const struct look *look_of(struct curses *curses, const struct cell *cell)
{
	struct look *look = &curses->looks[cell->role][cell->surface];
	if (look->known)
		return look;
	const struct style *style = &curses->theme.styles[cell->role][cell->surface];
	int fg = sgr_number(style->fg, curses->term.depth),
	    bg = sgr_number(style->bg, curses->term.depth);
	look->attrs = curses_attrs(style->attrs);
	look->pair =
		curses->term.depth == DEPTH_MONO || (fg < 0 && bg < 0) ? 0 : alloc_pair(fg, bg);
	look->known = look->pair >= 0;
	look->pair = look->pair < 0 ? 0 : look->pair;
	return look;
}

/* The cluster as ncurses takes it: one spacing character and what combines with it, `most` in all. In the last column that
 * is one: some terminals are in the next row already when a mark comes. A character that the C library sees with another
 * width than we do would shift the row, so it is replaced. */
static void wide_text(const struct cell *cell, int most, wchar_t ret_text[CCHARW_MAX + 1])
{
	size_t length = strnlen(cell->text, sizeof(cell->text)), at = 0;
	int count = 0;
	while (at < length && count < most) {
		struct utf8_char next = utf8_next(cell->text + at, length - at);
		if (count > 0 && wcwidth((wchar_t)next.code) != 0)
			break;
		ret_text[count++] = (wchar_t)next.code;
		at += next.size;
	}
	ret_text[count] = L'\0';
	if (count == 0 || wcwidth(ret_text[0]) != cell->width)
		wcscpy(ret_text, cell->width == 2 ? L"\uff1f" : L"?");
}

static void set_cell(struct curses *curses, cchar_t *to, const struct cell *cell, int most)
{
	wchar_t text[CCHARW_MAX + 1] = {(wchar_t)(unsigned char)cell->text[0]};
	const struct look *look = look_of(curses, cell);
	int pair = look->pair;
	if (cell->text[0] < ' ' || cell->text[0] > '~' || cell->text[1])
		wide_text(cell, most, text);
	if (setcchar(to, text, look->attrs | curses_attrs(cell->attrs), 0, &pair) == ERR)
		setcchar(to, L"?", 0, 0, NULL);
}

static void put_row(struct curses *curses, const struct grid *grid, int row)
{
	int count = 0, from, to;
	grid_row_span(curses->shown, grid, row, &from, &to);
	if (!curses->pins.off && pins_disputed_row(grid, row))
		wredrawln(curses->window, row, 1);
	curses->row =
		xreallocarray(curses->row, (size_t)curses->term.columns + 1, sizeof(*curses->row));
	for (int column = from; column < to && column < curses->term.columns; column++) {
		const struct cell *cell = grid_cell(grid, row, column);
		if (cell->width == 0)
			continue;
		if (column + cell->width > curses->term.columns)
			break;
		int most = column + cell->width < curses->term.columns ? CCHARW_MAX : 1;
		set_cell(curses, &curses->row[count++], cell, most);
	}
	mvwadd_wchnstr(curses->window, row, from, curses->row, count);
}

static void place_cursor(struct curses *curses, const struct grid *grid)
{
	bool wanted = grid->cursor_row >= 0 && grid->cursor_row < curses->term.rows &&
		      grid->cursor_column < curses->term.columns;
	if (wanted != curses->cursor_shown)
		curs_set(wanted);
	curses->cursor_shown = wanted;
	leaveok(curses->window, !wanted);
	if (wanted)
		wmove(curses->window, grid->cursor_row, grid->cursor_column);
}

/* What the terminal shows is not known any more, or of another size: every row counts as changed. */
static void forget_shown(struct curses *curses, const struct grid *grid)
{
	grid_resize(curses->shown, grid->rows, grid->columns);
	for (int row = 0; row < grid->rows; row++)
		for (int column = 0; column < grid->columns; column++)
			curses->shown->cells[row * grid->columns + column].width = UINT8_MAX;
	werase(curses->window);
	clearok(curses->window, TRUE);
	curses->repaint = false;
}

/* Gives changed rows to ncurses, as many as the line may have; false when some are left. */
static bool put_rows(struct curses *curses, const struct grid *grid)
{
	int rows[CANVAS_SIDE_MAX];
	bool whole;
	int last = grid->rows < curses->term.rows ? grid->rows : curses->term.rows;
	idlok(curses->window, frame_scrolled(curses->shown, grid, last));
	int count = frame_cut_choose(
		&curses->cut, curses->shown, grid, last, curses->pacer.budget, rows, &whole);
	for (int i = 0; i < count; i++) {
		put_row(curses, grid, rows[i]);
		grid_copy_row(curses->shown, grid, rows[i]);
	}
	return whole;
}

static void paint(struct curses *curses, const struct grid *grid)
{
	if (curses->repaint || curses->shown->rows != grid->rows ||
		curses->shown->columns != grid->columns)
		forget_shown(curses, grid);
	curses->unfinished = !put_rows(curses, grid);
	if (curses->unfinished && grid != curses->rest)
		grid_copy(curses->rest, grid);
	place_cursor(curses, grid);
	wnoutrefresh(curses->window);
	doupdate();
	collect_frame(curses);
	pacer_began(&curses->pacer, clock_mono_ms(curses->clock), curses->tty.out.length);
	flush(curses);
}

static void present(struct term *term, const struct grid *grid)
{
	paint(self(term), grid);
}

/* ---- in and out of our mode ---- */

static void enter(struct curses *curses)
{
	if (curses->entered)
		atomic_store(curses->entered, true);
	tty_raw(&curses->tty);
	tty_adds(&curses->tty, ENTER_MODES);
	sgr_forget(&curses->filter);
	curses->pins.column = -1;
	curses->repaint = true;
	curses->away = false;
	curses->cursor_shown = false;
}

static void leave(struct curses *curses)
{
	if (curses->away)
		return;
	curses->away = true;
	endwin();
	bool is_whole = collect(curses);
	sgr_settle(&curses->filter, &curses->tty.out);
	tty_adds(&curses->tty, LEAVE_MODES);
	tty_flush_wait(&curses->tty, LEAVE_LIMIT_MS);
	tty_restore(&curses->tty);
	/* What the line never took, or what never came to it, is the guard's business: it sees the flag. */
	if (curses->entered && is_whole && !curses->tty.lost && tty_drained(&curses->tty))
		atomic_store(curses->entered, false);
}

static void free_curses(struct term *term)
{
	struct curses *curses = self(term);
	if (curses->screen) {
		leave(curses);
		delscreen(curses->screen);
	}
	memory_file_close(&curses->out);
	if (curses->in)
		fclose(curses->in);
	tty_release(&curses->tty);
	key_reader_release(&curses->keys);
	grid_free(curses->shown);
	grid_free(curses->rest);
	free(curses->row);
	free(curses);
}

static void suspend(struct term *term)
{
	leave(self(term));
}

static void check_size(struct curses *curses)
{
	int rows = curses->term.rows, columns = curses->term.columns;
	tty_size(&curses->tty, &rows, &columns);
	rows = rows > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : rows;
	columns = columns > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : columns;
	if (rows == curses->term.rows && columns == curses->term.columns)
		return;
	curses->term.rows = rows;
	curses->term.columns = columns;
	if (curses->window)
		resize_term(rows, columns);
	curses->repaint = true;
	curses->resize_said = false;
}

/* Also after a stop that we could not prepare for (SIGSTOP): the guard has put the terminal right
 * then, so ncurses is told that it has left, and what it would say about it is dropped. */
static void resume(struct term *term)
{
	struct curses *curses = self(term);
	if (!curses->away && curses->entered && atomic_load(curses->entered)) {
		/* A SIGCONT without a stop: the terminal is in our mode. */
		tty_raw(&curses->tty);
		curses->repaint = true;
	} else {
		if (!curses->away)
			endwin();
		memory_file_drop(&curses->out);
		enter(curses);
	}
	check_size(curses);
	curses->resize_said = false;
}

static void resized(struct term *term)
{
	check_size(self(term));
}

/* ---- the loop's side ---- */

static int fd(const struct term *term)
{
	const struct curses *curses = self_const(term);
	return curses->tty.lost || curses->away ? -1 : curses->tty.fd;
}

static short poll_events(const struct term *term)
{
	return tty_drained(&self_const(term)->tty) ? POLLIN : POLLIN | POLLOUT;
}

static int64_t frame_wait_ms(const struct curses *curses)
{
	return pacer_wait_ms(&curses->pacer, clock_mono_ms(curses->clock));
}

static bool can_present(const struct term *term)
{
	const struct curses *curses = self_const(term);
	return !curses->tty.lost && !curses->away && tty_drained(&curses->tty) &&
	       frame_wait_ms(curses) == 0;
}

static int timeout_ms(const struct term *term, bool is_due)
{
	const struct curses *curses = self_const(term);
	int64_t wait = -1, frame = frame_wait_ms(curses);
	if ((curses->tty.lost && !curses->lost_said) || !curses->resize_said)
		return 0;
	if (curses->away)
		return -1;
	if (tty_drained(&curses->tty) && (curses->unfinished || (is_due && frame > 0)))
		wait = frame;
	int64_t keys = key_reader_wait_ms(&curses->keys, clock_mono_ms(curses->clock));
	if (keys >= 0 && (wait < 0 || keys < wait))
		wait = keys;
	return (int)wait;
}

static void handle(struct term *term, short revents)
{
	struct curses *curses = self(term);
	if (curses->away)
		return;
	if (revents & (POLLIN | POLLHUP | POLLERR))
		key_reader_fill(&curses->keys, &curses->tty, clock_mono_ms(curses->clock));
	if (revents & (POLLHUP | POLLERR | POLLNVAL))
		curses->tty.lost = true;
	flush(curses);
	if (curses->unfinished && can_present(term))
		paint(curses, curses->rest);
}

static bool next_key(struct curses *curses, struct term_event *ret_event)
{
	struct key_event event;
	if (!key_reader_next(&curses->keys, clock_mono_ms(curses->clock), &event))
		return false;
	pacer_key(&curses->pacer);
	*ret_event = (struct term_event){
		.type = event.type == KEY_EVENT_PASTE ? TERM_EVENT_PASTE : TERM_EVENT_KEY,
		.key = event.key,
		.text = event.text,
		.length = event.length};
	return true;
}

static bool next_event(struct term *term, struct term_event *ret_event)
{
	struct curses *curses = self(term);
	if (curses->tty.lost) {
		*ret_event = (struct term_event){.type = TERM_EVENT_LOST};
		bool first = !curses->lost_said;
		curses->lost_said = true;
		return first;
	}
	if (!curses->resize_said) {
		*ret_event = (struct term_event){
			.type = TERM_EVENT_RESIZE, .rows = term->rows, .columns = term->columns};
		return curses->resize_said = true;
	}
	return next_key(curses, ret_event);
}

static void repaint(struct term *term)
{
	self(term)->repaint = true;
}

static bool copy(struct term *term, const char *text, size_t length, struct err *err)
{
	struct curses *curses = self(term);
	if (!osc_copy(&curses->tty.out, getenv("TMUX") != NULL, getenv("STY") != NULL, text, length,
		    err))
		return false;
	tty_flush(&curses->tty);
	return true;
}

static void title(struct term *term, const char *text)
{
	osc_title(&self(term)->tty.out, getenv("TERM"), text);
	tty_flush(&self(term)->tty);
}

static void bell(struct term *term)
{
	tty_adds(&self(term)->tty, "\a");
	tty_flush(&self(term)->tty);
}

static void notify(struct term *term, enum notify_way way, const char *title, const char *text)
{
	struct curses *curses = self(term);
	const char *name = getenv("TERM");
	unsigned ways = osc_notify_ways(way, name ? name : "", getenv("VTE_VERSION") != NULL);
	osc_notify(
		&curses->tty.out, ways, getenv("TMUX") != NULL, getenv("STY") != NULL, title, text);
	tty_flush(&curses->tty);
}

static const struct term_ops ops = {
	.name = "curses",
	.free = free_curses,
	.fd = fd,
	.poll_events = poll_events,
	.timeout_ms = timeout_ms,
	.handle = handle,
	.next_event = next_event,
	.can_present = can_present,
	.present = present,
	.repaint = repaint,
	.copy = copy,
	.title = title,
	.bell = bell,
	.notify = notify,
	.resized = resized,
	.suspend = suspend,
	.resume = resume,
};

/* ncurses takes four signals for itself unless somebody has them; for the time of newterm() somebody has. */
static SCREEN *newterm_without_signals(const char *name, FILE *out, FILE *in)
{
	static const int taken[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
	struct sigaction before[COUNT_OF(taken)],
		ours = {.sa_handler = SIG_IGN, .sa_flags = SA_RESTART};
	for (size_t i = 0; i < COUNT_OF(taken); i++)
		sigaction(taken[i], &ours, &before[i]);
	mem_assure(512 << 10); /* ncurses 6.4 crashes where it finds no memory then */
	SCREEN *screen = newterm(name, out, in);
	for (size_t i = 0; i < COUNT_OF(taken); i++)
		sigaction(taken[i], &before[i], NULL);
	return screen;
}

/* The terminal's own description; failing that (a new terminal on an old server) one that nearly all understand. */
static SCREEN *open_screen(struct curses *curses, const char *name)
{
	static const char *const fall_backs[] = {"xterm-256color", "xterm", "vt100", "ansi"};
	/* ncurses can't ask the terminal for its size, and believes the environment before its own table. */
	char text[16];
	snprintf(text, sizeof(text), "%d", curses->term.rows);
	setenv("LINES", text, 1);
	snprintf(text, sizeof(text), "%d", curses->term.columns);
	setenv("COLUMNS", text, 1);
	SCREEN *screen = newterm_without_signals(name, curses->out.file, curses->in);
	for (size_t i = 0; !screen && i < COUNT_OF(fall_backs); i++)
		screen = newterm_without_signals(fall_backs[i], curses->out.file, curses->in);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	return screen;
}

static enum depth depth_of_terminal(bool no_colour)
{
	if (no_colour || !has_colors() || start_color() == ERR)
		return DEPTH_MONO;
	if (use_default_colors() == ERR)
		assume_default_colors(COLOR_WHITE, COLOR_BLACK);
	if (tigetflag("RGB") > 0 || COLORS > 256)
		return DEPTH_RGB;
	return COLORS >= 256  ? DEPTH_256
	       : COLORS >= 16 ? DEPTH_16
	       : COLORS >= 8  ? DEPTH_8
			      : DEPTH_MONO;
}

static bool open_files(struct curses *curses, struct err *err)
{
	if (!tty_open(&curses->tty, err) || !memory_file_open(&curses->out, err))
		return false;
	curses->in = fopen("/dev/null", "re");
	return curses->in || err_errno(err, errno, "cannot open /dev/null");
}

static bool open_curses(struct curses *curses, const struct term_options *options, struct err *err)
{
	const char *name = getenv("TERM");
	if (!name || !*name || strcmp(name, "dumb") == 0)
		return err_set(err, ERR_UNSUPPORTED,
			"TERM is '%s', a terminal that can't place its cursor: "
			"set TERM, or use a command such as 'botswain bots'",
			name ? name : "");
	if (!open_files(curses, err))
		return false;
	curses->term.rows = 24;
	curses->term.columns = 80;
	check_size(curses);
	curses->screen = open_screen(curses, name);
	if (!curses->screen || !tigetstr("cup"))
		return err_set(err, ERR_UNSUPPORTED,
			"no description of terminal '%s' has a way to place its cursor: "
			"set TERM=xterm, or install ncurses-term",
			name);
	curses->window = stdscr;
	typeahead(-1);
	curses->term.depth = depth_of_terminal(options->no_colour);
	theme_reduce(&curses->theme, curses->term.depth);
	curses->pins.off = !pins_follow(tigetstr("hpa"));
	curses->filter.off = COLORS < 8 || strcmp(name, "ansi") == 0;
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	bool plain = strncmp(name, "linux", 5) == 0;
	curses->term.glyphs = options->ascii || !utf8 ? GLYPHS_ASCII
			      : plain                 ? GLYPHS_PLAIN
						      : GLYPHS_FULL;
	return true;
}

struct term *term_curses_new(const struct term_options *options, struct err *err)
{
	struct curses *curses = xcalloc(1, sizeof(*curses));
	curses->term.ops = &ops;
	curses->term.copy_way = osc_copy_way(getenv("TMUX") != NULL, getenv("STY") != NULL);
	curses->tty.fd = -1;
	curses->clock = options->clock;
	curses->theme = *options->theme;
	curses->entered = options->entered;
	curses->keys.escape_ms = options->escape_ms ? options->escape_ms : TERM_ESCAPE_MS;
	pacer_begin(&curses->pacer, clock_mono_ms(options->clock));
	curses->away = true;
	if (!open_curses(curses, options, err)) {
		free_curses(&curses->term);
		return NULL;
	}
	curses->shown = grid_new(0, 0, curses->term.glyphs);
	curses->rest = grid_new(0, 0, curses->term.glyphs);
	/* Before it has left once, ncurses writes at every step of its cursor, some 70 times a frame. */
	endwin();
	memory_file_drop(&curses->out);
	enter(curses);
	curs_set(0);
	return &curses->term;
}
