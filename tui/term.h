/* SPDX-License-Identifier: MIT */
/*
 * A terminal: a grid of cells goes out, keys come in. Two back ends: curses (the real one) and
 *headless (in memory, for scripts, tests and screens without a terminal). Nothing here ever blocks:
 *the terminal is a descriptor of the caller's poll loop, and a terminal that takes no bytes costs
 *frames, never time.
 *
 * One turn of the loop:
 *
 *	struct pollfd slot = {.fd = term_fd(term), .events = term_poll_events(term)};
 *	poll(&slot, ..., min(own timers, term_timeout_ms(term, dirty)));
 *	term_handle(term, slot.revents);                  // reads, drains; also when revents is 0
 *	while (term_next_event(term, &event)) ...          // keys, pastes, size, loss
 *	if (dirty && term_can_present(term)) {             // last frame is out, frame cap has
 *passed draw(grid); term_present(term, grid); dirty = false;
 *	}
 *
 * While `dirty` stays because term_can_present() said no, term_timeout_ms() and term_poll_events()
 *wake the loop when it will say yes. Draw as late as that: frames are never queued, the newest
 *state wins.
 *
 * SIGWINCH, SIGCONT and SIGTSTP are the loop's: call term_resized(), term_resume() and
 *term_suspend(). One thread.
 */
#ifndef BOTSWAIN_TUI_TERM_H
#define BOTSWAIN_TUI_TERM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/conf/settings.h"
#include "themes/theme.h"
#include "tui/keycode.h"
#include "widgets/canvas.h"

struct clock;
struct err;
struct str;
struct term;

enum {
	TERM_ESCAPE_MS = 40, /* an ESC byte with nothing behind it for so long is the Esc key */
	TERM_COPY_MAX =
		74 * 1024, /* bytes of base64 that terminals and multiplexers take in one OSC 52 */
};

struct term_options {
	const struct clock *clock; /* borrowed for the terminal's life */
	const struct theme
		*theme; /* as read; the back end reduces its own copy to the colours it has */
	bool ascii;     /* no glyph beyond ASCII; also chosen when the locale is not UTF-8 */
	bool no_colour; /* NO_COLOR or the setting */
	int escape_ms;  /* 0: TERM_ESCAPE_MS */
	atomic_bool *
		entered; /* may be NULL: true while the terminal is in our mode (see tui/guard.h) */
};

enum term_event_type {
	TERM_EVENT_KEY,
	TERM_EVENT_PASTE,  /* `text`: raw bytes, sanitise them; line breaks are CR or LF */
	TERM_EVENT_RESIZE, /* `rows`, `columns`: draw everything anew */
	TERM_EVENT_LOST,   /* the line is gone: leave; nothing can be shown any more. Said once */
};

struct term_event {
	enum term_event_type type;
	keycode key;
	const char *text; /* valid until the next call of term_next_event() or term_handle() */
	size_t length;
	int rows, columns;
};

struct term_ops {
	const char *name;
	void (*free)(struct term *term);
	int (*fd)(const struct term *term);
	short (*poll_events)(const struct term *term);
	int (*timeout_ms)(const struct term *term, bool is_due);
	void (*handle)(struct term *term, short revents);
	bool (*next_event)(struct term *term, struct term_event *ret_event);
	bool (*can_present)(const struct term *term);
	void (*present)(struct term *term, const struct grid *grid);
	void (*repaint)(struct term *term);
	bool (*copy)(struct term *term, const char *text, size_t length, struct err *err);
	void (*title)(struct term *term, const char *text);
	void (*bell)(struct term *term);
	void (*notify)(struct term *term, enum notify_way way, const char *title, const char *text);
	void (*resized)(struct term *term);
	void (*suspend)(struct term *term);
	void (*resume)(struct term *term);
};

/* What every back end begins with. */
struct term {
	const struct term_ops *ops;
	int rows, columns;
	enum depth depth;
	const char *copy_way;  /* how copies go, in a few words; NULL: OSC 52 as it is */
	enum glyph_set glyphs; /* give it to grid_new() */
};

/* Takes over the terminal behind standard input: own mode, alternate screen. Fails with a sentence
 * that says what to do: not a terminal, or one that can't place its cursor (TERM=dumb). An unknown
 * TERM is treated as a plain xterm-like one without colours. setlocale(LC_ALL, "") must have run.
 */
MUST_CHECK struct term *term_curses_new(const struct term_options *options, struct err *err);
/* Puts the terminal right and frees; waits at most 200 ms for what is still to be written. NULL is
 * legal. */
void term_free(struct term *term);

int term_fd(const struct term *term); /* -1: nothing to poll (headless, or the line is lost) */
short term_poll_events(const struct term *term); /* POLLIN, and POLLOUT while bytes wait */
/* Until term_handle() must run or, when a frame `is_due`, may go; -1: no hurry. */
int term_timeout_ms(const struct term *term, bool is_due);
void term_handle(struct term *term, short revents);
bool term_next_event(struct term *term, struct term_event *ret_event);

/* True when the last frame has left and the frame cap allows another. */
bool term_can_present(const struct term *term);
/* Shows the grid: only what differs from the last frame is sent. A grid of another size than the
 * terminal is cut or padded. When term_can_present() is false the frame is dropped. */
void term_present(struct term *term, const struct grid *grid);
/* The next frame repaints everything (Ctrl-L). */
void term_repaint(struct term *term);

/* Copies sanitised text by OSC 52, wrapped for tmux and screen. False: too long, or no such way;
 * err says so. */
MUST_CHECK bool term_copy(struct term *term, const char *text, size_t length, struct err *err);
/* How that goes, in a few words. */
const char *term_copy_way(const struct term *term);
/* The window's title, ASCII; nothing where the terminal is not known to take one. */
void term_title(struct term *term, const char *text);
void term_bell(struct term *term);
/* Has the terminal tell the desktop that it stands on; a terminal that would show the bytes as text gets none of them. */
void term_notify(struct term *term, enum notify_way way, const char *title, const char *text);

/* After SIGWINCH: the new size comes as TERM_EVENT_RESIZE when it differs. */
void term_resized(struct term *term);
/* Gives the terminal back for a while (Ctrl-Z, a pager) and takes it again, with a full repaint. */
void term_suspend(struct term *term);
void term_resume(struct term *term);

/* ---- headless ---- */

struct term *term_headless_new(
	int rows, int columns, const struct term_options *options) MUST_CHECK;
/* Queues a key, a paste, a new size, the loss of the line. */
void term_headless_key(struct term *term, keycode key);
void term_headless_paste(struct term *term, const char *text);
void term_headless_resize(struct term *term, int rows, int columns);
void term_headless_lose(struct term *term);
/* What was presented last (blank before the first frame), how many frames were, and what was copied
 * last ("" if nothing). */
const struct grid *term_headless_grid(const struct term *term);
unsigned long term_headless_frames(const struct term *term);
const char *term_headless_copied(const struct term *term);
/* How often it was rung; what was last notified as "way|title|text" ("" if nothing), and how often. */
unsigned term_headless_bells(const struct term *term);
const char *term_headless_notified(const struct term *term, unsigned *ret_count);

#endif
