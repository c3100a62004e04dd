/* SPDX-License-Identifier: MIT */
/*
 * A question that must not be answered by accident: a title, what would happen, fields, buttons. The focus begins on
 * the button that does nothing; the key that opened the dialog answers nothing in it; a button that changes something
 * is locked until every required field is filled and every expected word is typed. Letters press buttons only while no
 * field has the focus. Typed on the button that does nothing, one that is no button's key is text of an empty first
 * field; so is the key that opened the dialog, when it came once more and another character follows: held down it is
 * nothing. Whoever presses a locked button is led to the field that it waits for, and told so. Texts are copied and must be sanitised. Screen thread only.
 */
#ifndef BOTSWAIN_WIDGETS_DIALOG_H
#define BOTSWAIN_WIDGETS_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include "widgets/canvas.h"
#include "widgets/prompt.h"

enum {
	DIALOG_ROWS_MAX = 200,
	DIALOG_FIELDS_MAX = 6,
	DIALOG_BUTTONS_MAX = 4,
	DIALOG_NO_ANSWER = -1
};

struct dialog_row {
	enum role role;
	char *label; /* a dim word before the text, all of one width; "" */
	char *text;
};

struct dialog_field {
	char *label, *hint;
	char *expect; /* NULL, or the word that must be typed */
	char *wish;   /* what is said while it is not right: "a reason is needed first" */
	bool required;
	struct prompt prompt;
};

struct dialog_button {
	char *label;
	char key;     /* 0: none */
	bool danger;  /* changes something; locked until the fields are right */
	bool cancels; /* has the focus at first */
};

struct dialog {
	char *title, *note;
	struct dialog_row *rows;
	size_t row_count, row_capacity;
	size_t top; /* first line on screen when they do not all fit (a long row takes several) */
	struct dialog_field fields[DIALOG_FIELDS_MAX];
	size_t field_count;
	struct dialog_button buttons[DIALOG_BUTTONS_MAX];
	size_t button_count;
	size_t focus; /* fields first, then buttons */
	char opened_by;
	bool released; /* another character was typed since it was opened */
	size_t held;   /* how often the key that opened it came before that */
	bool refused;  /* somebody wanted what is locked: the note is a warning */
};

/* `opened_by`: the character of the key that led here, 0 if none. */
void dialog_init(struct dialog *dialog, const char *title, char opened_by);
void dialog_release(struct dialog *dialog);
/* A word at the lower edge; "" ends a warning. */
void dialog_note(struct dialog *dialog, const char *note);
void dialog_add_row(struct dialog *dialog, enum role role, const char *label, const char *text);
/* `label` is a noun: what is missing is said as "a LABEL is needed first". Returns the field's prompt, for history or a first text; valid until dialog_release(). */
struct prompt *dialog_add_field(struct dialog *dialog, const char *label, const char *hint,
	bool required, const char *expect);
void dialog_add_button(struct dialog *dialog, const char *label, char key, bool danger);
/* The button that does nothing; Esc is its key. */
void dialog_add_cancel(struct dialog *dialog, const char *label);

/* Tab and Shift-Tab. */
void dialog_next(struct dialog *dialog, int step);
/* Up and Down: scrolls a body that does not fit. */
void dialog_scroll(struct dialog *dialog, int step);
/* The field that has the focus, NULL when a button has it. */
struct dialog_field *dialog_field(struct dialog *dialog);
/* Why buttons that change something are locked now; NULL when they are not. */
const char *dialog_locked(const struct dialog *dialog);

/* Enter: the index of the pressed button, or DIALOG_NO_ANSWER (a field passes the focus on). */
int dialog_enter(struct dialog *dialog);
/* Esc: the index of the button that cancels. */
int dialog_cancel(const struct dialog *dialog);
/* What Enter does now: "Restart", "Focus Reason". */
void dialog_say_enter(const struct dialog *dialog, char *ret_text, size_t size);
/* A typed character: goes into the focused field, or presses the button whose key it is, or begins the first field (but
 * for a blank). */
int dialog_type(struct dialog *dialog, const char *utf8);

void dialog_draw(struct dialog *dialog, const struct canvas *canvas);

#endif
