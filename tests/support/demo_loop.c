/* SPDX-License-Identifier: MIT */
#include "tests/support/demo.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "tests/support/demo_charts.h"
#include "tests/support/demo_screen.h"
#include "tui/guard.h"
#include "tui/term.h"

struct demo {
	struct term *term;
	struct grid *grid;
	struct demo_screen screen;
	int signals; /* a signalfd */
	bool dirty, done;
};

static void stop(struct demo *demo)
{
	term_suspend(demo->term);
	guard_stop_self();
	term_resume(demo->term);
}

static void crash(struct demo *demo)
{
	(void)demo;
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would turn it into an exit */
	raise(SIGSEGV);
}

/* A screen that answers nothing, not even SIGTERM. */
static void hang(struct demo *demo)
{
	(void)demo;
	for (;;)
		pause();
}

static void quit(struct demo *demo)
{
	demo->done = true;
}

static void down(struct demo *demo)
{
	table_move(&demo->screen.table, TABLE_DOWN, 10);
}

static void up(struct demo *demo)
{
	table_move(&demo->screen.table, TABLE_UP, 10);
}

static void show_dialog(struct demo *demo)
{
	demo->screen.overlay = DEMO_DIALOG;
}

static void show_menu(struct demo *demo)
{
	demo->screen.overlay = DEMO_MENU;
}

static void back(struct demo *demo)
{
	demo->screen.overlay = DEMO_NONE;
}

static void wrap(struct demo *demo)
{
	demo->screen.log.wrap = !demo->screen.log.wrap;
}

static void say(struct demo *demo)
{
	toast_say(&demo->screen.toast, clock_mono_ms(clock_real()), false,
		"clipboard <- 1 line (OSC 52)");
}

static void copy(struct demo *demo)
{
	struct err err;
	if (!term_copy(demo->term, "copied text", 11, &err))
		demo->done = true;
}

static void tab(struct demo *demo)
{
	dialog_next(&demo->screen.dialog, 1);
}

static void search(struct demo *demo)
{
	demo->screen.menu.searching = true;
	prompt_set(&demo->screen.menu.prompt, "sp");
	menu_filter(&demo->screen.menu);
}

/* Every frame is new: for lines that are slow or stuck. */
static void flood(struct demo *demo)
{
	demo->screen.flood = !demo->screen.flood;
}

/* The next scene of charts, over the whole screen; behind the last one the widgets again. */
static void charts(struct demo *demo)
{
	demo->screen.charts = (demo->screen.charts + 1) % (DEMO_CHARTS + 1);
}

static const struct {
	keycode key;
	void (*run)(struct demo *demo);
} keys[] = {{'q', quit}, {'j', down}, {K_DOWN, down}, {'k', up}, {K_UP, up}, {'z' | K_CTRL, stop},
	{'C', crash}, {'H', hang}, {'F', flood}, {'d', show_dialog}, {'.', show_menu},
	{K_ESCAPE, back}, {'w', wrap}, {'c', charts}, {'t', say}, {'y', copy}, {K_TAB, tab},
	{'/', search}};

static void on_key(struct demo *demo, keycode key)
{
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (keys[i].key == key)
			keys[i].run(demo);
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
	demo_screen_draw(&demo->screen, &canvas);
	term_present(demo->term, demo->grid);
	demo->dirty = demo->screen.flood;
}

static void run(struct demo *demo)
{
	while (!demo->done) {
		struct pollfd slots[] = {
			{.fd = term_fd(demo->term), .events = term_poll_events(demo->term)},
			{.fd = demo->signals, .events = POLLIN}};
		poll(slots, COUNT_OF(slots), term_timeout_ms(demo->term, true));
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
	struct demo demo = {.signals = open_signals(), .dirty = true};
	demo_screen_init(&demo.screen);
	struct term_options options = {.clock = clock_real(),
		.theme = &theme,
		.ascii = argc > 2,
		.no_colour = getenv("NO_COLOR") != NULL,
		.entered = entered};
	demo.term = term_curses_new(&options, &err);
	if (demo.term) {
		demo.grid = grid_new(0, 0, demo.term->glyphs);
		run(&demo);
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	status = demo.term ? 0 : 1;
	term_free(demo.term);
	grid_free(demo.grid);
	demo_screen_release(&demo.screen);
	close(demo.signals);
	return status;
}
