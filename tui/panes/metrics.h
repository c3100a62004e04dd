/* SPDX-License-Identifier: MIT */
/* The charts that Metrics can show, and what its commands do. */
#ifndef BOTSWAIN_TUI_PANES_METRICS_H
#define BOTSWAIN_TUI_PANES_METRICS_H

#include <stdbool.h>
#include <stddef.h>

struct app;

struct metric {
	const char *name;   /* for the command line */
	const char *title;  /* over the chart */
	const char *series; /* names, one a line; %s is the bot under the cursor */
	bool of_bot;
	const char *unit; /* chart_unit_named() */
};

/* metric_at(0 .. until NULL) */
const struct metric *metric_at(size_t index);

bool metrics_choose(struct app *app, const char *name);
void metrics_step(struct app *app, int step);
void metrics_span(struct app *app, int step);

#endif
