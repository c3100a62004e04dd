/* SPDX-License-Identifier: MIT */
#include "tui/panes/logs_fold.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/log_level.h"
#include "core/parse/log_template.h"
#include "tui/window.h"

/* What was made of a row, kept while the window moves. */
struct print {
	uint64_t key, text; /* hash of its key; template of its text */
};

/* Rows from one line on that stand or are folded together. */
struct group {
	size_t first, end, last; /* rows; where the newest line of them begins */
	size_t lines;            /* below FOLD_LEAST: no repeats */
	bool is_open;
};

struct fold {
	enum fold_mode mode;
	bool is_due;
	uint64_t change; /* of the window */
	struct fold_apart apart;
	struct print *prints;
	size_t count;
	bool *hidden;
	struct group *groups;
	size_t group_count, capacity;
	uint64_t opened[FOLD_OPEN_MAX]; /* hashes of a key in each group that was expanded */
	size_t opened_count;
	size_t seen;
};

struct fold *fold_new(void)
{
	struct fold *fold = xcalloc(1, sizeof(*fold));
	fold->is_due = true;
	return fold;
}

void fold_free(struct fold *fold)
{
	if (!fold)
		return;
	free(fold->prints);
	free(fold->hidden);
	free(fold->groups);
	free(fold);
}

enum fold_mode fold_mode(const struct fold *fold)
{
	return fold->mode;
}

void fold_set_mode(struct fold *fold, enum fold_mode mode)
{
	fold->mode = mode;
	fold->opened_count = 0;
	fold->is_due = true;
}

static const char *const words[FOLD_MODES] = {
	[FOLD_ERRORS] = "errors", [FOLD_ALL] = "all", [FOLD_OFF] = "off"};

const char *fold_word(enum fold_mode mode)
{
	return words[mode];
}

bool fold_read(const char *word, enum fold_mode *ret_mode, struct err *err)
{
	for (size_t i = 0; i < FOLD_MODES; i++) {
		if (strcmp(words[i], word) != 0)
			continue;
		*ret_mode = (enum fold_mode)i;
		return true;
	}
	return err_set(err, ERR_INVALID, "repeats of what? errors, all or off");
}

/* ---- prints ---- */

static uint64_t hash_key(const char *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return hash;
}

/* Both are in the order of their keys: what was made before is found near where the last one was. */
static bool recall(
	const struct print *old, size_t count, size_t *at, uint64_t key, uint64_t *ret_text)
{
	for (size_t i = *at; i < count; i++) {
		if (old[i].key != key)
			continue;
		*at = i + 1;
		*ret_text = old[i].text;
		return true;
	}
	return false;
}

static void make_prints(struct fold *fold, const struct window *window)
{
	struct print *old = fold->prints;
	size_t old_count = fold->count, at = 0;
	fold->prints = xcalloc(window->count + 1, sizeof(*fold->prints));
	for (size_t i = 0; i < window->count; i++) {
		const struct msg_row *row = &window->rows[i];
		struct print *print = &fold->prints[i];
		print->key = hash_key(row->key);
		if (!recall(old, old_count, &at, print->key, &print->text))
			print->text = log_template(0, row->text, strlen(row->text));
	}
	fold->count = window->count;
	free(old);
}

/* ---- groups ---- */

static bool is_wanted(const struct fold *fold, const struct msg_row *row)
{
	if (fold->apart.is_apart && fold->apart.is_apart(fold->apart.context, row))
		return false;
	return !row->cont && (fold->mode == FOLD_ALL ||
				     (fold->mode == FOLD_ERRORS && row->level >= LOG_LEVEL_WARN));
}

/* Behind the rows that go on from this one. */
static size_t line_end(const struct window *window, size_t row)
{
	size_t end = row + 1;
	while (end < window->count && window->rows[end].cont &&
		strcmp(window->rows[end].source, window->rows[row].source) == 0)
		end++;
	return end;
}

static bool is_repeat(const struct fold *fold, const struct window *window, size_t a, size_t b)
{
	const struct msg_row *one = &window->rows[a], *other = &window->rows[b];
	size_t length = line_end(window, a) - a;
	if (other->cont || one->level != other->level || strcmp(one->source, other->source) != 0 ||
		strcmp(one->bot, other->bot) != 0 || line_end(window, b) - b != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (fold->prints[a + i].text != fold->prints[b + i].text)
			return false;
	return true;
}

static bool was_opened(const struct fold *fold, const struct group *group)
{
	for (size_t row = group->first; row < group->end; row++)
		for (size_t i = 0; i < fold->opened_count; i++)
			if (fold->opened[i] == fold->prints[row].key)
				return true;
	return false;
}

/* The line at `row` with its repeats. */
static struct group read_group(const struct fold *fold, const struct window *window, size_t row)
{
	struct group group = {.first = row, .last = row, .end = line_end(window, row), .lines = 1};
	while (is_wanted(fold, &window->rows[row]) && group.end < window->count &&
		is_wanted(fold, &window->rows[group.end]) &&
		is_repeat(fold, window, row, group.end)) {
		group.last = group.end;
		group.end = line_end(window, group.last);
		group.lines++;
	}
	group.is_open = group.lines >= FOLD_LEAST && was_opened(fold, &group);
	return group;
}

static void find_groups(struct fold *fold, const struct window *window)
{
	fold->group_count = 0;
	fold->seen = window->count;
	free(fold->hidden);
	fold->hidden = xcalloc(window->count + 1, sizeof(*fold->hidden));
	for (size_t row = 0; row < window->count;) {
		struct group group = read_group(fold, window, row);
		row = group.end;
		if (group.lines < FOLD_LEAST)
			continue;
		fold->groups = grow(
			fold->groups, fold->group_count, &fold->capacity, sizeof(*fold->groups));
		fold->groups[fold->group_count++] = group;
		if (group.is_open)
			continue;
		fold->seen -= group.last - group.first;
		memset(fold->hidden + group.first, true, group.last - group.first);
	}
}

bool fold_look(struct fold *fold, const struct window *window, const struct fold_apart *apart)
{
	if (!fold->is_due && fold->change == window->change && fold->count == window->count &&
		fold->apart.change == apart->change)
		return false;
	fold->apart = *apart;
	fold->is_due = false;
	fold->change = window->change;
	make_prints(fold, window);
	find_groups(fold, window);
	return true;
}

const bool *fold_hidden(const struct fold *fold)
{
	return fold->hidden;
}

size_t fold_seen(const struct fold *fold)
{
	return fold->seen;
}

static struct group *group_of(const struct fold *fold, size_t row)
{
	for (size_t i = 0; i < fold->group_count; i++)
		if (row >= fold->groups[i].first && row < fold->groups[i].end)
			return &fold->groups[i];
	return NULL;
}

bool fold_is_most(const struct fold *fold, size_t row)
{
	const struct group *group = row < fold->count ? group_of(fold, row) : NULL;
	return group && !group->is_open && group->last == row &&
	       (group->end - group->first) * 2 > fold->count;
}

size_t fold_shown_for(const struct fold *fold, size_t row)
{
	const struct group *group =
		row < fold->count && fold->hidden[row] ? group_of(fold, row) : NULL;
	return group ? group->last : row;
}

/* ---- what is said, and done ---- */

void fold_say(const struct fold *fold, const struct window *window, size_t row, struct str *to)
{
	const struct group *group = row < fold->count ? group_of(fold, row) : NULL;
	if (!group || group->last != row || group->is_open)
		return;
	bool more = (group->first == 0 && window->more_before) ||
		    (group->end == window->count && window->more_after);
	int64_t span_ms = window->rows[row].time_ms - window->rows[group->first].time_ms;
	str_addf(to, "x%zu%s", group->lines, more ? "+" : "");
	if (span_ms >= 1000)
		str_addf(to, " in %s", format_age(span_ms).text);
}

static void open_group(struct fold *fold, const struct group *group)
{
	if (fold->opened_count == FOLD_OPEN_MAX) /* the one expanded first */
		memmove(fold->opened, fold->opened + 1,
			--fold->opened_count * sizeof(*fold->opened));
	fold->opened[fold->opened_count++] = fold->prints[group->last].key;
}

static void close_group(struct fold *fold, const struct group *group)
{
	size_t kept = 0;
	for (size_t i = 0; i < fold->opened_count; i++) {
		bool is_of = false;
		for (size_t row = group->first; row < group->end; row++)
			is_of |= fold->opened[i] == fold->prints[row].key;
		fold->opened[kept] = fold->opened[i];
		kept += !is_of;
	}
	fold->opened_count = kept;
}

bool fold_toggle(struct fold *fold, size_t row)
{
	const struct group *group = row < fold->count ? group_of(fold, row) : NULL;
	if (!group)
		return false;
	if (group->is_open)
		close_group(fold, group);
	else
		open_group(fold, group);
	fold->is_due = true;
	return true;
}

void fold_reveal(struct fold *fold, size_t row)
{
	if (row < fold->count && fold->hidden[row])
		(void)fold_toggle(fold, row);
}
