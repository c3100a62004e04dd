/* SPDX-License-Identifier: MIT */
/* Everything known of a bot as labelled lines, most urgent first. Pure. */
#ifndef BOTSWAIN_TUI_PANES_FACTS_H
#define BOTSWAIN_TUI_PANES_FACTS_H

#include <stddef.h>
#include "themes/theme.h"

struct app;
struct msg_bot;

enum { FACTS_MAX = 64 };

struct fact {
	char label[12];
	char text[256];
	enum role role;
};

struct facts {
	struct fact list[FACTS_MAX];
	size_t count;
};

void facts_of(const struct app *app, const struct msg_bot *bot, struct facts *ret_facts);

#endif
