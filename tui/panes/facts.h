/* SPDX-License-Identifier: MIT */
/* Everything known of a bot or a service as labelled lines, most urgent first. Pure. */
#ifndef BOTSWAIN_TUI_PANES_FACTS_H
#define BOTSWAIN_TUI_PANES_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"
#include "themes/theme.h"

struct app;
struct canvas;
struct msg_bot;
struct msg_service;
struct msg_stream;

enum { FACTS_MAX = 64, FACT_LABEL_CELLS = 10 };

struct fact {
	char label[12];
	char text[256];
	enum role role;
	bool may_wrap, continues; /* continues: the rest of the one before it */
};

struct facts {
	struct fact list[FACTS_MAX];
	size_t count;
};

/* One more; what is too much is left out. */
void fact_add(struct facts *facts, enum role role, const char *label, const char *format, ...)
	PRINTF_LIKE(4, 5);
/* The last one is worth as many rows as it needs. */
void fact_wrap(struct facts *facts);
/* Parts those that are wider than their room, between words where they can be. */
void facts_fit(struct facts *facts, int columns);
/* Draws one into a row. */
void fact_draw(const struct fact *fact, const struct canvas *canvas, int row);

void facts_of(const struct app *app, const struct msg_bot *bot, struct facts *ret_facts);
/* service_facts.c; of the recording with what the engine says of itself. */
void facts_of_service(
	const struct app *app, const struct msg_service *service, struct facts *ret_facts);
/* stream_facts.c; of a stream or one of its groups. */
void facts_of_stream(
	const struct app *app, const struct msg_stream *stream, struct facts *ret_facts);

#endif
