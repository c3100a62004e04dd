/* SPDX-License-Identifier: MIT */
/*
 * Marked lines of Logs, some with a name. A mark outlives its screen: by the time, the source and a sum of its line, never
 * its text. Private to the files of Logs. Screen thread only.
 */
#ifndef BOTSWAIN_TUI_PANES_LOGS_MARKS_H
#define BOTSWAIN_TUI_PANES_LOGS_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct msg_row;
struct str;

enum { MARKS_MAX = 64, MARK_NAME_CELLS = 24 };

struct logs_mark {
	char *key;                  /* "": remembered from a screen before */
	char *name, *source, *text; /* each may be "" */
	int64_t time_ms;
	uint32_t sum;
};

struct logs_marks {
	struct logs_mark list[MARKS_MAX]; /* oldest first */
	size_t count;
};

void logs_marks_release(struct logs_marks *marks);
/* NULL: it is not marked. */
const struct logs_mark *logs_marks_of(
	const struct app *app, const struct logs_marks *marks, const struct msg_row *row);

void logs_marks_keep(const struct logs_marks *marks,
	void (*put)(void *context, const char *name, const char *text), void *context);
void logs_marks_recall(struct logs_marks *marks, const char *name, const char *text);

#endif
