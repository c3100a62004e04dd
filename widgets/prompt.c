/* SPDX-License-Identifier: MIT */
#include "widgets/prompt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/sanitize.h"
#include "core/base/width.h"

/* ---- history ---- */

void history_release(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->lines[i]);
	free(history->lines);
	*history = (struct history){.lines = NULL};
}

void history_add(struct history *history, const char *line)
{
	if (!*line || (history->count && strcmp(history->lines[history->count - 1], line) == 0))
		return;
	if (history->count == HISTORY_LINES_MAX) {
		free(history->lines[0]);
		memmove(history->lines, history->lines + 1,
			--history->count * sizeof(*history->lines));
	}
	history->lines =
		grow(history->lines, history->count, &history->capacity, sizeof(*history->lines));
	history->lines[history->count++] = xstrdup(line);
}

static void recall(struct prompt *prompt, size_t back)
{
	if (prompt->recalled == 0) {
		str_clear(&prompt->own);
		str_add(&prompt->own, prompt->text.text, prompt->text.length);
	}
	prompt_set(prompt,
		back ? prompt->history->lines[prompt->history->count - back] : prompt->own.text);
	prompt->recalled = back;
}

static bool history_step(struct prompt *prompt, bool up)
{
	if (!prompt->history ||
		(up ? prompt->recalled >= prompt->history->count : prompt->recalled == 0))
		return false;
	recall(prompt, up ? prompt->recalled + 1 : prompt->recalled - 1);
	return true;
}

/* ---- the text ---- */

void prompt_init(struct prompt *prompt, const struct history *history)
{
	*prompt = (struct prompt){.history = history};
	str_init(&prompt->text);
	str_init(&prompt->own);
	str_init(&prompt->killed);
}

void prompt_release(struct prompt *prompt)
{
	if (prompt->secret && prompt->text.capacity)
		explicit_bzero(prompt->text.text, prompt->text.capacity);
	str_release(&prompt->text);
	str_release(&prompt->own);
	str_release(&prompt->killed);
}

void prompt_set(struct prompt *prompt, const char *text)
{
	str_clear(&prompt->text);
	prompt->cursor = prompt->shift = 0;
	prompt->recalled = 0;
	prompt_insert(prompt, text, strlen(text));
}

bool prompt_insert(struct prompt *prompt, const char *bytes, size_t length)
{
	autostr struct str safe = STR_INIT;
	sanitize_as(&safe, bytes, length, SANITIZE_ROWS);
	while (safe.length && safe.text[safe.length - 1] == '\n')
		str_truncate(&safe, safe.length - 1);
	for (size_t i = 0; i < safe.length; i++)
		if (safe.text[i] == '\n')
			safe.text[i] = ' ';
	if (prompt->text.length + safe.length > PROMPT_BYTES_MAX)
		return false;
	str_insert(&prompt->text, prompt->cursor, safe.text, safe.length);
	prompt->cursor += safe.length;
	return true;
}

static size_t cluster_left(const struct prompt *prompt)
{
	return prompt->cursor - text_cluster_before(prompt->text.text, prompt->cursor).size;
}

static size_t cluster_right(const struct prompt *prompt)
{
	return prompt->cursor + text_cluster(prompt->text.text + prompt->cursor,
					prompt->text.length - prompt->cursor)
					.size;
}

/* Words are parted by blanks: what operators type are names, paths and addresses. */
static size_t word_left(const struct prompt *prompt)
{
	size_t at = prompt->cursor;
	while (at > 0 && prompt->text.text[at - 1] == ' ')
		at--;
	while (at > 0 && prompt->text.text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_right(const struct prompt *prompt)
{
	size_t at = prompt->cursor;
	while (at < prompt->text.length && prompt->text.text[at] == ' ')
		at++;
	while (at < prompt->text.length && prompt->text.text[at] != ' ')
		at++;
	return at;
}

static bool move_to(struct prompt *prompt, size_t at)
{
	bool moved = at != prompt->cursor;
	prompt->cursor = at;
	return moved;
}

static bool cut(struct prompt *prompt, size_t from, size_t to, bool keep)
{
	if (from == to)
		return false;
	if (keep && !prompt->secret) {
		str_clear(&prompt->killed);
		str_add(&prompt->killed, prompt->text.text + from, to - from);
	}
	str_remove(&prompt->text, from, to - from);
	prompt->cursor = from;
	return true;
}

bool prompt_edit(struct prompt *prompt, enum prompt_edit edit)
{
	switch (edit) {
	case PROMPT_LEFT:
		return move_to(prompt, cluster_left(prompt));
	case PROMPT_RIGHT:
		return move_to(prompt, cluster_right(prompt));
	case PROMPT_WORD_LEFT:
		return move_to(prompt, word_left(prompt));
	case PROMPT_WORD_RIGHT:
		return move_to(prompt, word_right(prompt));
	case PROMPT_HOME:
		return move_to(prompt, 0);
	case PROMPT_END:
		return move_to(prompt, prompt->text.length);
	case PROMPT_BACKSPACE:
		return cut(prompt, cluster_left(prompt), prompt->cursor, false);
	case PROMPT_DELETE:
		return cut(prompt, prompt->cursor, cluster_right(prompt), false);
	case PROMPT_KILL_WORD:
		return cut(prompt, word_left(prompt), prompt->cursor, true);
	case PROMPT_KILL_START:
		return cut(prompt, 0, prompt->cursor, true);
	case PROMPT_KILL_END:
		return cut(prompt, prompt->cursor, prompt->text.length, true);
	case PROMPT_YANK:
		return prompt->killed.length &&
		       prompt_insert(prompt, prompt->killed.text, prompt->killed.length);
	case PROMPT_HISTORY_UP:
		return history_step(prompt, true);
	case PROMPT_HISTORY_DOWN:
		return history_step(prompt, false);
	}
	return false;
}

/* ---- completion ---- */

static size_t common_length(const char *a, const char *b)
{
	size_t length = 0;
	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

size_t prompt_complete(
	struct prompt *prompt, size_t from, const char *const *candidates, size_t count)
{
	size_t word = prompt->cursor - from, found = 0, shared = 0;
	const char *first = NULL;
	for (size_t i = 0; i < count; i++) {
		if (strncasecmp(candidates[i], prompt->text.text + from, word) != 0)
			continue;
		shared = first ? common_length(first, candidates[i]) < shared
					 ? common_length(first, candidates[i])
					 : shared
			       : strlen(candidates[i]);
		first = first ? first : candidates[i];
		found++;
	}
	if (!first || shared < word)
		return found;
	/* Whole clusters only: two names may part in the middle of a character. */
	shared = text_clip(first, shared, shared, NULL);
	cut(prompt, from, prompt->cursor, false);
	prompt_insert(prompt, first, shared);
	return found;
}

/* ---- drawing ---- */

static size_t shown_width(const struct prompt *prompt, size_t from, size_t to)
{
	return text_width(prompt->text.text + from, to - from);
}

/* Moves the first byte on screen as little as shows the cursor, in whole clusters. */
static void follow_cursor(struct prompt *prompt, size_t cells)
{
	if (prompt->shift > prompt->cursor || shown_width(prompt, 0, prompt->text.length) < cells)
		prompt->shift = prompt->cursor < cells ? 0 : prompt->cursor;
	if (shown_width(prompt, 0, prompt->text.length) < cells)
		prompt->shift = 0;
	while (prompt->shift < prompt->cursor &&
		shown_width(prompt, prompt->shift, prompt->cursor) >= cells)
		prompt->shift += text_cluster(
			prompt->text.text + prompt->shift, prompt->cursor - prompt->shift)
					 .size;
}

static void draw_secret(
	const struct prompt *prompt, const struct canvas *canvas, int row, int column, int end)
{
	for (size_t i = 0; i < shown_width(prompt, 0, prompt->text.length) && column < end; i++)
		column = canvas_glyph(canvas, row, column, ROLE_INPUT, GLYPH_BULLET);
}

void prompt_draw(struct prompt *prompt, const struct canvas *canvas, int row, int column, int cells,
	const char *label, const char *hint, bool focused)
{
	int start = canvas_text(canvas, row, column, ROLE_INPUT_LABEL, label), end = column + cells;
	if (start >= end)
		return;
	struct canvas field = canvas_sub(canvas, (struct rect){row, start, 1, end - start});
	follow_cursor(prompt, (size_t)(end - start));
	canvas_fill(&field, canvas_rect(&field), ROLE_INPUT);
	if (!prompt->text.length)
		canvas_text(&field, 0, 0, ROLE_INPUT_HINT, hint);
	else if (prompt->secret)
		draw_secret(prompt, &field, 0, 0, field.columns);
	else
		canvas_text(&field, 0, 0, ROLE_INPUT, prompt->text.text + prompt->shift);
	if (focused)
		canvas_cursor(&field, 0, (int)shown_width(prompt, prompt->shift, prompt->cursor));
}
