/* SPDX-License-Identifier: MIT */
/* The overlays that commands open. Each takes the keys until it ends. Screen thread only. */
#ifndef BOTSWAIN_TUI_OVERLAYS_H
#define BOTSWAIN_TUI_OVERLAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct err;
struct figure;
struct history;
struct msg_plan_req;

/* A line at the bottom. `apply` hears it at each change (`final` false) and at its end (true); when
 * the line is given up it hears `before` again. A false answer with an error keeps the line open
 * and shows the error. */
typedef bool line_apply(struct app *app, const char *text, bool final, struct err *err);
void line_open(struct app *app, const char *label, const char *hint, const char *before,
	struct history *history, line_apply *apply);
/* The same for a search: it begins empty, and Enter alone looks for `before` again. Given up, nothing is looked for
 * anew. */
void search_open(struct app *app, const char *label, const char *hint, const char *before,
	struct history *history, line_apply *apply);

/* One of a list by arrows, by typing or by its letter. Texts are copied. */
struct choice {
	const char *title, *note;
	int value;
};
typedef void choice_made(struct app *app, int value);
void choices_open(struct app *app, const char *title, const struct choice *choices, size_t count,
	choice_made *made);

/* The prompt for an expression of Metrics, with `text` in it; given up, `before` is shown again ("": a chart of the table). */
/* `figure` (NULL: none): when the engine has answered it becomes the figure's query on this screen. */
void query_open(struct app *app, const char *text, const char *before, const struct figure *figure);
/* Lists of what is measured, to chart it. */
void browser_open(struct app *app);
/* In every turn in which Metrics is on the screen. */
void query_turn(struct app *app);
void browser_turn(struct app *app);

/* All actions, those locked with the reason. */
void actions_open(struct app *app);
/* The command line with what fits beneath it. */
void palette_open(struct app *app);
/* Every key of the focused pane, then all others. */
void help_open(struct app *app);

/* Asks the engines of the targets, without any `engines` (bit n: link n), what a verb would do, shows their
 * answers in one dialog, and has each run its part when the operator says so. Ids are those of the screen.
 * `opened_by`: the character that led here, 0 none. */
void confirm_open(struct app *app, uint32_t engines, struct msg_plan_req *request, char opened_by);
/* A question of our own with one button that does something. */
typedef void confirmed(struct app *app, uint64_t subject);
void question_open(struct app *app, const char *title, const char *text, const char *button,
	char key, uint64_t subject, confirmed *act);

#endif
