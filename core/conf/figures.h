/* SPDX-License-Identifier: MIT */
/*
 * Named figures of bots: what PromQL says of each, in which unit, and what is aimed at. Those that are shipped (figures.def),
 * with what `figures` of the settings says of them and of further ones, and over that what a screen changed. PromQL is not
 * looked into: that is the engine's. One thread at a time.
 */
#ifndef BOTSWAIN_CONF_FIGURES_H
#define BOTSWAIN_CONF_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/attr.h"

struct settings;

enum { FIGURE_QUERY_MAX = 4096 };

struct figure {
	const char *name, *unit /* chart_unit_named() */, *help;
	double target, warn, crit; /* NAN: none */
	bool below;                /* less is worse */
	const char *query;         /* of the settings, or shipped */
	const char *budget;        /* what is left of what may go wrong, 1 all; "": none */
	char *changed;             /* the screen's own query; NULL: it has none */
	bool is_ours;              /* its query is as shipped */
};

struct figures {
	struct figure *list; /* the shipped ones first */
	size_t count;
};

/* `settings` (may be NULL) is borrowed for as long as these live. */
struct figures *figures_new(const struct settings *settings) MUST_CHECK;
void figures_free(struct figures *figures); /* NULL is legal */
/* The one of that name; NULL: none. */
struct figure *figures_find(const struct figures *figures, const char *name);
/* What it asks now. */
const char *figure_query(const struct figure *figure);
/* NULL, "" or what it would ask anyway: that again. */
void figure_change(struct figure *figure, const char *query);
/* Nobody changed its query, neither in the settings nor on this screen. */
bool figure_is_shipped(const struct figure *figure);
/* 0: all is well or nobody says what is, 1: warn, 2: crit. */
int figure_grade(const struct figure *figure, double value);

/*
 * An expression as the engine is asked: `$(p95)`, `$(p95.budget)` and `$(p95.target)` become those of the figure of that name, $bot a
 * pattern of names (within quotes, as `bot=~"$bot"`). What names no figure stays as it is. `bots`: names of bots, none are all of them.
 */
char *figures_fill(const struct figures *figures, const char *text, const char *const *bots,
	size_t count) MUST_CHECK;
/* Which byte of `text` a byte of what it was filled into comes from: of what was put in, its beginning. */
size_t figures_place(const struct figures *figures, const char *text, const char *const *bots,
	size_t count, size_t filled);
/* The query, or the budget, of a figure in the same way. */
char *figure_fill(const struct figures *figures, const struct figure *figure, bool is_budget,
	const char *const *bots, size_t count) MUST_CHECK;

#endif
