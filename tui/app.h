/* SPDX-License-Identifier: MIT */
/*
 * The screen program's state and its turn: events come in, the replica of the model changes, at
 * most one frame goes out. It owns no descriptor and waits for nothing; loop.c (a terminal) and
 * script.c (no terminal) drive it. Commands and panes read and change it directly. Screen thread
 * only.
 */
#ifndef BOTSWAIN_TUI_APP_H
#define BOTSWAIN_TUI_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/model/model.h"
#include "tui/alarm.h"
#include "tui/keymap.h"
#include "tui/layout.h"
#include "tui/links.h"
#include "tui/overlay.h"
#include "tui/pane.h"
#include "tui/term.h"
#include "tui/views.h"
#include "tui/parts.h"
#include "tui/rowset.h"
#include "widgets/prompt.h"
#include "widgets/toast.h"

enum {
	APP_ORDER_MS = 2000, /* rows keep their places so long after a key */
	APP_READ_MS =
		1000, /* between reads while the picture is held, and at most: by them silence is known */
	APP_TRAIL_MS = 60, /* Detail follows a cursor that stands still so long */
	APP_FIRST_MS =
		30, /* a frame waits so long for the first words of an engine that is there */
	APP_INTERRUPT_MS = 1000, /* two Ctrl-C within this leave */
	APP_SKEW_MS = 5000,      /* clocks that differ by less are one */
	APP_REQUESTS_MAX = 64,
};

struct figures;
struct saved;

/* A request whose answer somebody wants to hear. `kind` is MSG_none when the engine went away. */
typedef void reply_take(struct app *app, uint64_t req, enum msg_kind kind, const void *body);

/* What the picture says of one engine. */
struct app_engine {
	int64_t now_ms; /* its wall clock: of its last turn mark, from which the ages of its entities are
			   computed */
	int64_t skew_ms;  /* so far its clock goes before that of the screen; clocks that differ by
			    seconds count as one */
	bool silent;      /* no turn mark for LINK_SILENT_MS: nothing of it counts as current */
	int64_t silent_s; /* for so long, by our own clock */
	int64_t link_mono_ms;       /* of the last read of the link */
	unsigned epoch;             /* of the link when requests were last looked at */
	unsigned heard_epoch;       /* of the attachment whose whole state has come */
	enum link_state link_state; /* as the picture shows it, and why */
	char link_why[256];
	uint64_t focused_bot; /* what it was told last, and over which attachment */
	unsigned focused_epoch;
};

struct app {
	/* borrowed */
	const struct clock *clock;
	const struct settings *settings;
	struct term *term;

	struct links *links;
	struct app_engine engines[LINKS_MAX]; /* by the number of the link */
	struct model *live;                   /* what all engines know; the links own it */
	struct model *frozen;                 /* the picture that pause holds; NULL: not paused */
	int64_t now_ms; /* wall clock of the picture: of the first engine that is not silent */
	bool silent;    /* all are: nothing counts as current */
	double own_cpu; /* percent of one core; NaN unknown */
	uint64_t own_rss;

	struct past *past; /* what is shown, or about to be, is not now (past.h); NULL */
	struct links *(*open_past)(const struct links *links); /* tests; NULL: links_past() */

	struct keymap keymap;
	struct layout layout;
	struct views views;
	void *view[PANE_COUNT];               /* of the panes */
	struct window windows[WINDOW_COUNT];  /* by enum window_id; [0] is not used */
	struct window (*parts)[WINDOW_COUNT]; /* theirs of each engine (parts.h); NULL: only one */
	uint32_t window_engines[WINDOW_COUNT],
		window_parts[WINDOW_COUNT]; /* who was asked, who has a part */
	struct overlay *overlay;            /* the innermost; NULL: none */
	struct toast toast;
	struct alarm alarm;
	struct figures *figures;  /* named ones, as this screen asks for them */
	struct saved *saved;      /* NULL: nothing is remembered */
	uint64_t toast_operation; /* the toast is about this one, and ends with it; 0 none */
	const struct command *
		toast_refused; /* it says why this cannot be done, and ends when it can; NULL: none */
	bool answers;          /* what is said now answers a key */
	bool toast_answers; /* the toast does: the next key that does something hastens its end */
	struct {
		uint64_t req;
		size_t link;
		reply_take *take;
	} requests[APP_REQUESTS_MAX];
	uint64_t last_request; /* requests are numbered over all engines */
	size_t answerer;       /* the link whose answer is heard */
	bool toast_goes_on;    /* it was said by app_toast_more() */
	struct history commands, filters, reasons, times, queries; /* typed before */

	bool anonymous; /* figures of this machine and this process are not drawn: for goldens */
	struct grid *grid;
	struct layout drawn; /* as the whole of `grid` was drawn last */
	int64_t start_mono_ms;
	bool recalled; /* began with what an engine before knew, and nobody touched a key since */
	int64_t hold_mono_ms;      /* until then a frame waits for the first words of an engine */
	int64_t key_mono_ms;       /* of the last key */
	int64_t interrupt_mono_ms; /* of the last Ctrl-C */
	int64_t data_mono_ms;      /* of the last frame that new state asked for */
	bool trails; /* Detail still shows the bot before: a held key costs two rows, not a pane */
	bool dirty;  /* a key, a size, a toast: paint at once */
	bool moved; /* a step of the cursor in Bots alone: only what follows from it is drawn anew */
	bool dirty_data; /* new state: paint when due */
	bool dirty_news; /* new lines of a log: paint when the terminal takes a frame */
	bool quit;
	bool leaves_when_idle;       /* with the last operation that runs (leave.h) */
	struct hand_over *hand_over; /* the loop gives it the terminal; NULL: none waits */
	bool suspend;                /* the loop gives the terminal back and stops */
};

/* Takes ownership of links, of which there are no more to come. */
struct app *app_new(const struct clock *clock, const struct settings *settings, struct term *term,
	struct links *links) MUST_CHECK;
void app_free(struct app *app); /* NULL is legal */

/* ---- its turn ---- */

void app_event(struct app *app, const struct term_event *event);
/* Reads and writes the link, and everything that time alone changes. */
void app_step(struct app *app);
enum { APP_SLOTS = 2 * LINKS_MAX };
/* The links' slots to poll, at most APP_SLOTS. Returns their number; *timeout_ms (-1: none) is
 * lowered to when one that is not to be read yet should be. State that comes by itself is read in
 * batches: a frame shows it no sooner. */
size_t app_poll(const struct app *app, struct pollfd *slots, int *timeout_ms);
/* Milliseconds until app_step() has something to do by itself. */
int app_timeout_ms(const struct app *app);
/* Paints when something visible changed, it is due and the terminal takes it. */
void app_paint(struct app *app);
/* The clocks are those of the last turn marks: while a picture is held they stand. */
void app_read_clocks(struct app *app);
/* app_paint() would paint, if the terminal takes it. */
bool app_frame_is_due(const struct app *app);
/* True while a frame is owed (script: the picture is not yet what the state is). */
bool app_owes_frame(const struct app *app);

/* ---- for panes, commands and overlays ---- */

/* What is drawn: the live replica, or the held picture. */
const struct model *app_model(const struct app *app);
/* There are several engines. */
bool app_is_many(const struct app *app);
/* The wall clock of the engine that an entity came from, as of the picture: its ages are measured
 * against it. */
int64_t app_now(const struct app *app, uint64_t id);
/* A time that an entity carries, by the clock of the screen. */
int64_t app_time(const struct app *app, uint64_t id, int64_t time_ms);
/* What the engine of an entity is called on a screen on several; "" on one. */
const char *app_host(const struct app *app, uint64_t id);
/* Nothing of that entity is current, because its engine is silent or gone, while others are not. */
bool app_is_gone(const struct app *app, uint64_t id);
/* A bot's severity as far as it is known: of one whose engine is gone nobody knows that it is well. */
unsigned app_severity(const struct app *app, const struct msg_bot *bot);
/* What an engine says of itself; NULL: nothing yet. */
const struct msg_engine *app_engine(const struct app *app, size_t link);
/* What is shown, or about to be, is a recording. */
bool app_is_past(const struct app *app);
/* One of them is attached and has said welcome. */
bool app_is_attached(const struct app *app);
const struct pane *app_pane(const struct app *app); /* the focused one */
void *app_view(struct app *app);                    /* its view */
/* Monotonic now of its clock. */
int64_t app_mono_ms(const struct app *app);
/* Rows must keep their places: a key was just pressed, a dialog or a range is open. */
bool app_holds_rows(const struct app *app);
/* For the title of a pane whose rows keep another order than the wanted one: until when. */
void app_say_held(const struct app *app, struct str *text);
void app_focus(struct app *app, enum pane_id pane);
void app_toast(struct app *app, bool error, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same behind what was said last, if that was said by this function at the same time. */
void app_toast_more(struct app *app, bool error, const char *format, ...) PRINTF_LIKE(3, 4);
/* What was said last is about an operation: it goes when that has ended. */
void app_toast_until_ended(struct app *app, uint64_t operation);
/* Sends a request whose first field is `req` (set here) to one engine, whose ids are in it; `take`
 * hears the answer. False, with a toast, without that engine. */
bool app_request(struct app *app, size_t link, enum msg_kind kind, void *body, reply_take *take);
/* While `take` hears an answer: what its engine is called. */
const char *app_answerer(const struct app *app);
void app_push(struct app *app, struct overlay *overlay); /* takes ownership */
void app_pop(struct app *app);
void app_dirty(struct app *app);
/* Whoever waits for an answer hears that none will come. */
void app_fail_requests(struct app *app);

/* The engines whose bots app_targets() are, all if there are none; bit n: link n. */
uint32_t app_engines_at_hand(const struct app *app);
/* True when this operator may change things now on one of these; otherwise why not. */
bool app_may_change(const struct app *app, struct str *ret_why);
/* Until when write mode of an engine is armed for us, its wall ms; 0: not, INT64_MAX: always. */
int64_t app_armed_until(const struct app *app, size_t link);
/* What an action acts on: in Detail the bot that is shown, in Alerts that of the alert, else the
 * marked bots and those of an open range, else the one under the cursor. */
void app_targets(const struct app *app, struct id_list *ret_ids);
/* False, with the reason, where the bot under the cursor of Bots would be meant while the cursor is in a pane of other
 * things: what changes something is for what its operator looks at, or names. */
bool app_sees_targets(const struct app *app, struct str *ret_why);
/* The entity of that name, on a screen on several engines also as HOST/NAME; 0 with an error: none, or
 * one on several of them. */
uint64_t app_find(
	const struct app *app, enum msg_kind kind, const char *name, struct err *err) MUST_CHECK;
/* The bots that `names` names, blanks between; false with an error at the first that is none. */
MUST_CHECK bool app_named(
	const struct app *app, const char *names, struct id_list *ret_ids, struct err *err);
/* What a cancel is for: the running operation under the cursor of Operations, else the only one
 * that runs. 0: none, or several; `ret_running` counts them. */
uint64_t app_cancels(const struct app *app, size_t *ret_running);

#endif
