/* SPDX-License-Identifier: MIT */
/* What could be typed: the commands, and behind a command's name its arguments. */
#ifndef BOTSWAIN_TUI_COMPLETE_H
#define BOTSWAIN_TUI_COMPLETE_H

#include <stddef.h>

struct app;

struct candidate {
	char *text; /* the whole line */
	char *key, *note;
	char *locked; /* NULL: free */
};

struct completion {
	struct candidate *list;
	size_t count, capacity;
};

/* Fills `ret` (zeroed) with every candidate for a line; choosing among them is the menu's part. */
void complete_line(const struct app *app, const char *line, struct completion *ret);
void completion_release(struct completion *completion);

#endif
