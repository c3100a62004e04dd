/* SPDX-License-Identifier: MIT */
/* A line at the bottom of the screen: filters and searches, applied while they are typed. */
#include "tui/overlays/overlays.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "tui/app.h"

struct line {
	struct overlay overlay;
	struct prompt prompt;
	char *label, *hint, *before;
	struct history *history;
	line_apply *apply;
	bool is_search;
	struct err err;
};

static void free_line(struct overlay *overlay)
{
	struct line *line = (struct line *)overlay;
	prompt_release(&line->prompt);
	free(line->label);
	free(line->hint);
	free(line->before);
	free(line);
}

static void draw(const struct app *app, struct overlay *overlay, const struct canvas *screen)
{
	struct line *line = (struct line *)overlay;
	int row = screen->rows - (app->layout.footer.rows > 1 ? 2 : 1);
	struct rect rect = {row > 0 ? row : 0, 0, 1, screen->columns};
	canvas_fill(screen, rect, ROLE_INPUT);
	canvas_surface(screen, rect, SURFACE_FOOTER);
	int cells = screen->columns - 2;
	if (line->err.code) {
		int start = canvas_text_right(
			screen, rect.row, screen->columns - 1, ROLE_TOAST_ERROR, line->err.text);
		cells = start > cells / 3 ? start - 2 : cells;
	}
	prompt_draw(&line->prompt, screen, rect.row, 1, cells, line->label, line->hint, true);
}

static struct prompt *prompt(struct overlay *overlay)
{
	return &((struct line *)overlay)->prompt;
}

static void changed(struct app *app, struct overlay *overlay)
{
	struct line *line = (struct line *)overlay;
	line->err.code = ERR_NONE;
	(void)line->apply(app, line->prompt.text.text, false, &line->err);
}

static void recall(struct app *app, struct overlay *overlay, int step)
{
	struct line *line = (struct line *)overlay;
	if (prompt_edit(&line->prompt, step < 0 ? PROMPT_HISTORY_UP : PROMPT_HISTORY_DOWN))
		changed(app, overlay);
}

static void enter(struct app *app, struct overlay *overlay)
{
	struct line *line = (struct line *)overlay;
	line->err.code = ERR_NONE;
	const char *typed = line->prompt.text.text;
	if (!line->apply(
		    app, line->is_search && !typed[0] ? line->before : typed, true, &line->err))
		return;
	if (line->history)
		history_add(line->history, typed);
	app_pop(app);
}

static void cancelled(struct app *app, struct overlay *overlay)
{
	struct line *line = (struct line *)overlay;
	struct err ignored = {.code = ERR_NONE};
	(void)line->apply(app, line->before, !line->is_search, &ignored);
}

static const struct overlay_ops ops = {.free = free_line,
	.draw = draw,
	.prompt = prompt,
	.changed = changed,
	.recall = recall,
	.enter = enter,
	.cancelled = cancelled};

static struct line *open_line(struct app *app, const char *label, const char *hint,
	const char *before, struct history *history, line_apply *apply)
{
	struct line *line = xcalloc(1, sizeof(*line));
	*line = (struct line){.overlay = {.ops = &ops, .scope = SCOPE_PROMPT},
		.label = xstrdup(label),
		.hint = xstrdup(hint),
		.before = xstrdup(before),
		.history = history,
		.apply = apply};
	prompt_init(&line->prompt, history);
	app_push(app, &line->overlay);
	return line;
}

void line_open(struct app *app, const char *label, const char *hint, const char *before,
	struct history *history, line_apply *apply)
{
	struct line *line = open_line(app, label, hint, before, history, apply);
	prompt_set(&line->prompt, before);
}

void search_open(struct app *app, const char *label, const char *hint, const char *before,
	struct history *history, line_apply *apply)
{
	autofree char *again =
		before[0] ? xasprintf("%s    (Enter: '%s' again)", hint, before) : xstrdup(hint);
	struct line *line = open_line(app, label, again, before, history, apply);
	line->is_search = true;
}
