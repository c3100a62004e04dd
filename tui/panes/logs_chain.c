/* SPDX-License-Identifier: MIT */
/*
 * The filters of Logs: each goes on top of those before, can be turned over, switched off and dropped by itself, and stands in
 * the title. What they make together is one expression, which the engine knows.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "core/parse/log_columns.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"

bool logs_chain_check(const struct app *app, const char *text, struct err *err)
{
	struct filter_schema schema = log_schema(app->now_ms, 0);
	size_t at;
	struct filter *filter = filter_new(text, &schema, &at, err);
	filter_free(filter);
	return filter != NULL;
}

static void print(const struct logs_filter *filter, struct str *to)
{
	str_addf(to, filter->is_not ? "not (%s)" : "%s", filter->text);
}

size_t logs_chain_active(const struct logs_chain *chain)
{
	size_t count = 0;
	for (size_t i = 0; i < chain->count; i++)
		count += !chain->list[i].is_off;
	return count;
}

/* One by itself is as it was typed, so that what is said of it names the right place. */
void logs_chain_join(const struct logs_chain *chain, size_t filters, struct str *to)
{
	for (size_t i = 0, at = 0; i < chain->count && at < filters; i++) {
		const struct logs_filter *filter = &chain->list[i];
		if (filter->is_off)
			continue;
		str_adds(to, at++ ? " and " : "");
		str_adds(to, filters > 1 ? "(" : "");
		print(filter, to);
		str_adds(to, filters > 1 ? ")" : "");
	}
}

static void join(struct logs_view *view)
{
	autostr struct str all = STR_INIT;
	logs_chain_join(&view->chain, logs_chain_active(&view->chain), &all);
	logs_replace(&view->expression, all.text ? all.text : "");
}

static void drop(struct logs_view *view, size_t at)
{
	struct logs_chain *chain = &view->chain;
	free(chain->list[at].text);
	memmove(chain->list + at, chain->list + at + 1,
		(--chain->count - at) * sizeof(chain->list[0]));
}

static void release(struct logs_chain *chain)
{
	while (chain->count)
		free(chain->list[--chain->count].text);
}

void logs_chain_release(struct logs_view *view)
{
	release(&view->chain);
	release(&view->aside);
	free(view->aside_key);
}

void logs_chain_drop(struct logs_chain *chain)
{
	release(chain);
}

struct logs_chain logs_chain_take(struct logs_view *view)
{
	struct logs_chain chain = view->chain;
	view->chain = (struct logs_chain){.count = 0};
	join(view);
	return chain;
}

void logs_chain_put(struct logs_view *view, struct logs_chain chain)
{
	release(&view->chain);
	view->chain = chain;
	join(view);
}

void logs_chain_clear(struct logs_view *view)
{
	release(&view->chain);
	release(&view->aside);
	join(view);
}

bool logs_chain_add(struct logs_view *view, const char *text, bool is_off, struct err *err)
{
	struct logs_chain *chain = &view->chain;
	if (chain->count == FILTERS_MAX)
		return err_set(err, ERR_LIMIT,
			"%d filters are in force already: Esc drops the newest", FILTERS_MAX);
	chain->list[chain->count++] = (struct logs_filter){.text = xstrdup(text), .is_off = is_off};
	release(&view->aside);
	join(view);
	return true;
}

bool logs_filter(struct app *app, const char *text, bool final, struct err *err)
{
	if (!logs_chain_check(app, text, err))
		return false;
	return !final || !text[0] || logs_chain_add(logs_view(app), text, false, err);
}

/* ---- a line and its surroundings ---- */

void logs_chain_set_aside(struct logs_view *view)
{
	release(&view->aside);
	view->aside = view->chain;
	view->chain = (struct logs_chain){.count = 0};
	logs_replace(&view->aside_key, view->cursor_key);
	join(view);
}

/* Back to the line that was left, with the filters as they were. */
static void take_back(struct app *app, struct logs_view *view)
{
	release(&view->chain);
	view->chain = view->aside;
	view->aside = (struct logs_chain){.count = 0};
	join(view);
	logs_stand_still(app);
	logs_replace(&view->cursor_key, view->aside_key);
	logs_replace(&view->anchor, view->aside_key);
	view->going = true;
}

bool logs_chain_escape(struct app *app)
{
	struct logs_view *view = logs_view(app);
	if (view->aside.count) {
		take_back(app, view);
		return true;
	}
	if (!view->chain.count)
		return false;
	drop(view, view->chain.count - 1);
	join(view);
	return true;
}

/* ---- in sight ---- */

/* `hidden`: by it; NULL: not known. */
static void note_filter(
	const struct logs_filter *filter, size_t cells, const uint64_t *hidden, struct str *note)
{
	autostr struct str text = STR_INIT;
	print(filter, &text);
	size_t shown = text_clip(text.text, text.length, cells, NULL);
	str_adds(note, "&");
	str_add(note, text.text, shown);
	str_adds(note, shown < text.length ? "~" : "");
	if (hidden)
		str_addf(note, " -%llu", (unsigned long long)*hidden);
	str_adds(note, filter->is_off ? " (off)  " : "  ");
}

static void note_each(
	const struct app *app, const struct logs_chain *chain, size_t cells, struct str *note)
{
	size_t active = 0;
	for (size_t i = 0; i < chain->count; i++) {
		const struct logs_filter *filter = &chain->list[i];
		uint64_t hidden;
		bool is_known = !filter->is_off && logs_chain_active(chain) > 1 &&
				logs_hidden(app, active, active + 1, &hidden);
		note_filter(filter, cells, is_known ? &hidden : NULL, note);
		active += !filter->is_off;
	}
}

/* `hidden` is of what was read for the rows; what was counted is of all. */
void logs_chain_note(const struct app *app, const struct logs_view *view, uint64_t hidden,
	enum logs_brevity brevity, struct str *note)
{
	static const size_t cells[] = {[NOTE_WHOLE] = 200, [NOTE_SHORT] = 10};
	const struct logs_chain *chain = &view->chain;
	(void)logs_hidden(app, 0, logs_chain_active(chain), &hidden);
	if (brevity == NOTE_TINY) {
		if (chain->count)
			str_addf(note, "&%zu -%llu ", chain->count, (unsigned long long)hidden);
		return;
	}
	if (brevity == NOTE_LEAST && chain->count)
		str_addf(note, "&%s  ", format_many(chain->count, "filter").text);
	else if (brevity != NOTE_LEAST)
		note_each(app, chain, cells[brevity], note);
	if (view->expression[0])
		str_addf(note, "%llu hidden  ", (unsigned long long)hidden);
	if (view->aside.count)
		str_addf(note, "Esc: back to %s  ", format_many(view->aside.count, "filter").text);
}

/* ---- one of them ---- */

enum change { TURN_ON, TURN_OFF, TURN_OVER, DROP };

static const struct {
	const char *word, *title;
} changes[] = {
	[TURN_ON] = {"on", "Switch it on"},
	[TURN_OFF] = {"off", "Switch it off"},
	[TURN_OVER] = {"not", "Turn it over: what it showed is hidden"},
	[DROP] = {"drop", "Drop it"},
};

static void apply(struct logs_view *view, size_t at, enum change change)
{
	struct logs_filter *filter = &view->chain.list[at];
	if (change == DROP)
		drop(view, at);
	else if (change == TURN_OVER)
		filter->is_not = !filter->is_not;
	else
		filter->is_off = change == TURN_OFF;
	join(view);
}

static void made_change(struct app *app, int value)
{
	struct logs_view *view = logs_view(app);
	size_t at = (size_t)value / COUNT_OF(changes);
	if (at < view->chain.count)
		apply(view, at, (enum change)((size_t)value % COUNT_OF(changes)));
}

static void made_filter(struct app *app, int value)
{
	const struct logs_chain *chain = &logs_view(app)->chain;
	struct choice choices[COUNT_OF(changes)];
	size_t count = 0, at = (size_t)value;
	autostr struct str title = STR_INIT;
	if (at >= chain->count)
		return;
	for (size_t i = 0; i < COUNT_OF(changes); i++)
		if (i != (chain->list[at].is_off ? TURN_OFF : TURN_ON))
			choices[count++] = (struct choice){
				changes[i].title, "", value * (int)COUNT_OF(changes) + (int)i};
	print(&chain->list[at], &title);
	choices_open(app, title.text, choices, count, made_change);
}

static bool list_filters(struct app *app, struct err *err)
{
	const struct logs_chain *chain = &logs_view(app)->chain;
	struct choice choices[FILTERS_MAX];
	struct str titles[FILTERS_MAX];
	if (!chain->count)
		return err_set(err, ERR_NOT_FOUND, "no filter is in force: & adds one");
	for (size_t i = 0; i < chain->count; i++) {
		str_init(&titles[i]);
		str_addf(&titles[i], "%zu  ", i + 1);
		print(&chain->list[i], &titles[i]);
		choices[i] = (struct choice){
			titles[i].text, chain->list[i].is_off ? "off" : "on", (int)i};
	}
	choices_open(app, "Filters", choices, chain->count, made_filter);
	for (size_t i = 0; i < chain->count; i++)
		str_release(&titles[i]);
	return true;
}

bool logs_filters(struct app *app, const char *args, struct err *err)
{
	struct logs_view *view = logs_view(app);
	char *end;
	if (!args[0])
		return list_filters(app, err);
	if (strcmp(args, "clear") == 0) {
		logs_chain_clear(view);
		return true;
	}
	errno = 0;
	unsigned long number = strtoul(args, &end, 10);
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < COUNT_OF(changes); i++)
		if (!errno && number >= 1 && number <= view->chain.count &&
			strcmp(end, changes[i].word) == 0) {
			apply(view, number - 1, (enum change)i);
			return true;
		}
	return err_set(err, ERR_INVALID,
		"say which filter and what: 1 on, 1 off, 1 not, 1 drop, or clear");
}

/* ---- over the end of a screen ---- */

/* "lines" is the first; one that is off has a name of its own. */
void logs_chain_keep(const struct logs_view *view,
	void (*put)(void *context, const char *name, const char *text), void *context)
{
	for (size_t i = 0; i < view->chain.count; i++) {
		autostr struct str text = STR_INIT;
		char name[16];
		(void)print_text(name, sizeof(name), "%s%.0zu",
			view->chain.list[i].is_off ? "off_lines" : "lines", i);
		print(&view->chain.list[i], &text);
		put(context, name, text.text);
	}
}

/* Whoever wrote the file: a filter stands in the title. */
void logs_chain_recall(struct app *app, const char *name, const char *text)
{
	autostr struct str safe = STR_INIT;
	sanitize(&safe, text, strlen(text));
	static const char on[] = "lines", off[] = "off_lines";
	struct err ignored = {.code = ERR_NONE};
	struct logs_view *view = logs_view(app);
	bool is_off = strncmp(name, off, sizeof(off) - 1) == 0;
	if (!*name)
		logs_chain_clear(view);
	else if ((is_off || strncmp(name, on, sizeof(on) - 1) == 0) && safe.length &&
		 logs_chain_check(app, safe.text, &ignored))
		(void)logs_chain_add(view, safe.text, is_off, &ignored);
}
