/* SPDX-License-Identifier: MIT */
#include "tui/panes/logs_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/str.h"
#include "core/base/width.h"
#include "tui/overlays/overlays.h"
#include "tui/panes/logs.h"
#include "tui/panes/logs_view.h"

enum {
	CLOCKS_MS =
		2000, /* by how much the clock of one of several engines may be taken for another one after a new start */
	NOTE_CELLS = 24,
};

/* ---- which line ---- */

/* FNV-1a. Tells lines of one moment and source apart; nothing can be read from it. */
static uint32_t sum_of(const char *text)
{
	uint32_t sum = 2166136261u;
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619u;
	return sum;
}

static bool is_of(const struct app *app, const struct logs_mark *mark, const struct msg_row *row)
{
	if (mark->key[0])
		return strcmp(mark->key, row->key) == 0;
	int64_t apart_ms = llabs(mark->time_ms - row->time_ms);
	return apart_ms <= (app_is_many(app) ? CLOCKS_MS : 0) &&
	       strcmp(mark->source, row->source) == 0 && mark->sum == sum_of(row->text);
}

const struct logs_mark *logs_marks_of(
	const struct app *app, const struct logs_marks *marks, const struct msg_row *row)
{
	for (size_t i = 0; i < marks->count; i++)
		if (is_of(app, &marks->list[i], row))
			return &marks->list[i];
	return NULL;
}

static void release(struct logs_mark *mark)
{
	free(mark->key);
	free(mark->name);
	free(mark->source);
	free(mark->text);
}

void logs_marks_release(struct logs_marks *marks)
{
	while (marks->count)
		release(&marks->list[--marks->count]);
}

static void drop(struct logs_marks *marks, size_t at)
{
	release(&marks->list[at]);
	memmove(marks->list + at, marks->list + at + 1,
		(--marks->count - at) * sizeof(marks->list[0]));
}

static struct logs_mark *add(struct logs_marks *marks, const struct msg_row *row)
{
	struct logs_mark *mark = &marks->list[marks->count++];
	*mark = (struct logs_mark){.key = xstrdup(row->key),
		.name = xstrdup(""),
		.source = xstrdup(row->source),
		.text = xstrdup(row->text),
		.time_ms = row->time_ms,
		.sum = sum_of(row->text)};
	return mark;
}

/* ---- marking ---- */

static const struct msg_row *row_here(struct app *app)
{
	const struct window *window = logs_window(app);
	size_t at = logs_view(app)->list.cursor;
	logs_remember_cursor(logs_view(app), window);
	return at < window->count ? &window->rows[at] : NULL;
}

static bool has_room(struct app *app, const struct logs_marks *marks)
{
	if (marks->count == MARKS_MAX)
		app_toast(app, true, "%d lines are marked already; m on one of them takes it off",
			MARKS_MAX);
	return marks->count < MARKS_MAX;
}

void logs_mark_line(struct app *app)
{
	struct logs_marks *marks = &logs_view(app)->marks;
	const struct msg_row *row = row_here(app);
	const struct logs_mark *mark = row ? logs_marks_of(app, marks, row) : NULL;
	if (mark)
		drop(marks, (size_t)(mark - marks->list));
	else if (row && has_room(app, marks))
		(void)add(marks, row);
}

static bool is_name(const char *text)
{
	size_t cells;
	size_t length = strlen(text);
	return text_clip(text, length, MARK_NAME_CELLS, &cells) == length && !strchr(text, '\t');
}

static struct logs_mark *named(struct logs_marks *marks, const char *name)
{
	for (size_t i = 0; i < marks->count; i++)
		if (*name && strcmp(marks->list[i].name, name) == 0)
			return &marks->list[i];
	return NULL;
}

/* A name is one line's: it leaves the line that had it. */
bool logs_mark_name(struct app *app, const char *name, bool final, struct err *err)
{
	struct logs_marks *marks = &logs_view(app)->marks;
	const struct msg_row *row = row_here(app);
	if (!is_name(name))
		return err_set(err, ERR_INVALID, "a name is a few words: at most %d cells",
			MARK_NAME_CELLS);
	if (!final || !row || !*name)
		return true;
	struct logs_mark *before = named(marks, name);
	if (before)
		logs_replace(&before->name, "");
	const struct logs_mark *mark = logs_marks_of(app, marks, row);
	size_t at = mark ? (size_t)(mark - marks->list) : marks->count;
	if (!mark && !has_room(app, marks))
		return true;
	if (!mark)
		(void)add(marks, row);
	logs_replace(&marks->list[at].name, name);
	return true;
}

/* ---- going there ---- */

static void go_to(struct app *app, const struct logs_mark *mark)
{
	if (mark->key[0])
		logs_key_go(app, mark->key);
	else
		logs_time_go(app, mark->time_ms);
}

static void made(struct app *app, int value)
{
	const struct logs_marks *marks = &logs_view(app)->marks;
	if ((size_t)value < marks->count)
		go_to(app, &marks->list[value]);
}

/* The newest first. */
static void list_marks(struct app *app, const struct logs_marks *marks)
{
	struct choice choices[MARKS_MAX];
	char *titles[MARKS_MAX], *notes[MARKS_MAX];
	for (size_t i = 0; i < marks->count; i++) {
		const struct logs_mark *mark = &marks->list[marks->count - 1 - i];
		size_t shown = text_clip(mark->text, strlen(mark->text), NOTE_CELLS, NULL);
		titles[i] = xasprintf("%s%s%s", mark->name, mark->name[0] ? "  " : "",
			format_day_clock(mark->time_ms, false).text);
		notes[i] = xasprintf("%s  %.*s", mark->source, (int)shown, mark->text);
		choices[i] = (struct choice){titles[i], notes[i], (int)(marks->count - 1 - i)};
	}
	choices_open(app, "Marks", choices, marks->count, made);
	for (size_t i = 0; i < marks->count; i++) {
		free(titles[i]);
		free(notes[i]);
	}
}

bool logs_marks_go(struct app *app, const char *name, struct err *err)
{
	struct logs_marks *marks = &logs_view(app)->marks;
	if (!marks->count)
		return err_set(err, ERR_NOT_FOUND, "no line is marked: m marks one");
	if (!*name) {
		list_marks(app, marks);
		return true;
	}
	const struct logs_mark *mark = named(marks, name);
	if (!mark)
		return err_set(err, ERR_NOT_FOUND, "no mark has the name '%s'; ' lists them", name);
	go_to(app, mark);
	return true;
}

/* ---- over the end of a screen ---- */

void logs_marks_keep(const struct logs_marks *marks,
	void (*put)(void *context, const char *name, const char *text), void *context)
{
	for (size_t i = 0; i < marks->count; i++) {
		const struct logs_mark *mark = &marks->list[i];
		autostr struct str text = STR_INIT;
		char name[16];
		(void)print_text(name, sizeof(name), "mark%zu", i + 1);
		str_addf(&text, "%" PRId64 " %" PRIu32 " %s\t%s", mark->time_ms, mark->sum,
			mark->source, mark->name);
		put(context, name, text.text);
	}
}

/* Whoever wrote the file: what is shown of it is safe. */
static char *safe(const char *text, size_t length)
{
	struct str clean = STR_INIT;
	sanitize(&clean, text, length);
	return str_detach(&clean);
}

void logs_marks_recall(struct logs_marks *marks, const char *name, const char *text)
{
	int64_t time_ms;
	uint32_t sum;
	int used = 0;
	if (!*name)
		logs_marks_release(marks);
	if (strncmp(name, "mark", 4) != 0 || marks->count == MARKS_MAX ||
		sscanf(text, "%" SCNd64 " %" SCNu32 " %n", &time_ms, &sum, &used) != 2 || !used)
		return;
	const char *source = text + used, *tab = strchr(source, '\t');
	if (!tab || !is_name(tab + 1))
		return;
	marks->list[marks->count++] = (struct logs_mark){.key = xstrdup(""),
		.name = safe(tab + 1, strlen(tab + 1)),
		.source = safe(source, (size_t)(tab - source)),
		.text = xstrdup(""),
		.time_ms = time_ms,
		.sum = sum};
}
