/* SPDX-License-Identifier: MIT */
#include "tui/cli/log_past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "core/msg/event_key.h"
#include "core/msg/msg.h"
#include "tui/cli/cli.h"

enum { ONE_CLOCK_MS = 5000 };

void log_past_init(struct log_past *past)
{
	*past = (struct log_past){.rows = 0};
	window_init(&past->asked, WINDOW_DETAIL);
}

static void drop_page(struct log_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		msg_release(MSG_row, &page->rows[i]);
	free(page->rows);
	*page = (struct log_page){NULL, 0};
}

static void drop_held(struct log_past *past)
{
	while (past->page_count > 0)
		drop_page(&past->pages[--past->page_count]);
}

void log_past_release(struct log_past *past)
{
	window_release(&past->asked);
	drop_page(&past->newest);
	drop_page(&past->page);
	drop_held(past);
}

/* The window of the end goes on, so it is a copy. */
static struct log_page copy_page(const struct window *window)
{
	struct log_page page = {xcalloc(window->count + 1, sizeof(*page.rows)), 0};
	for (; page.count < window->count; page.count++) {
		struct msg_row *copy = msg_copy(MSG_row, &window->rows[page.count]);
		page.rows[page.count] = *copy;
		free(copy);
	}
	return page;
}

/* What was asked for is nobody else's. */
static struct log_page take_page(struct log_past *past)
{
	struct log_page page = {past->asked.rows, past->asked.count};
	past->asked.rows = NULL;
	past->asked.count = 0;
	return page;
}

static void ask(struct log_past *past, const struct log_asked *asked, const char *anchor,
	size_t before, size_t after)
{
	struct window *window = &past->asked;
	struct msg_win_open open = {.window = (uint64_t)window->id,
		.generation = ++window->wish.generation,
		.store = (char *)(uintptr_t) "events",
		.filter = (char *)(uintptr_t)asked->filter,
		.anchor = (char *)(uintptr_t)anchor,
		.before = before,
		.after = after,
		.lines = asked->lines};
	window->asked = true;
	client_send(asked->client, MSG_win_open, &open);
	window->answered = window->done = false;
}

static void ask_onwards(struct log_past *past, const struct log_asked *asked)
{
	const struct event_key first = EVENT_KEY_FIRST;
	ask(past, asked, past->from[0] ? past->from : event_key_print(first).text, 0,
		LOG_PAGE_ROWS);
}

static void set_from(struct log_past *past, const char *key, bool is_behind)
{
	snprintf(past->from, sizeof(past->from), "%s", key);
	past->is_behind = is_behind;
}

/* ---- how far back it goes ---- */

static void end_counting(struct log_past *past, const struct log_asked *asked)
{
	past->is_counted = true;
	if (past->is_streamed)
		ask_onwards(past, asked);
}

static void count_on(struct log_past *past, const struct log_asked *asked,
	const struct window *page, size_t wanted)
{
	past->has_more = page->count && page->more_before;
	if (past->has_more && wanted == LOG_ALL) {
		past->has_more = false;
		past->is_streamed = true;
	}
	if (past->is_streamed && wanted != LOG_ALL && page->count)
		set_from(past, page->rows[0].key, false);
	if (past->has_more && past->rows < wanted)
		ask(past, asked, page->rows[0].key, LOG_PAGE_ROWS, 0);
	else
		end_counting(past, asked);
}

void log_past_begin(struct log_past *past, const struct window *end, const struct log_asked *asked,
	size_t wanted)
{
	past->newest = copy_page(end);
	past->rows = end->count;
	past->costly = end->costly;
	count_on(past, asked, end, wanted);
}

/* One page more than are held: from here on they are counted. */
static void keep(struct log_past *past)
{
	if (past->page_count == LOG_PAGES_HELD) {
		drop_held(past);
		past->is_streamed = true;
	}
	if (!past->is_streamed)
		past->pages[past->page_count++] = take_page(past);
}

bool log_past_take(struct log_past *past, const struct log_asked *asked, size_t wanted)
{
	if (past->asked.error[0])
		return false;
	if (past->is_counted)
		return true; /* lines that are given out next */
	past->rows += past->asked.count;
	past->costly += past->asked.costly;
	const struct window seen =
		past->asked; /* its rows may be kept, which stay where they are */
	keep(past);
	count_on(past, asked, &seen, wanted);
	return true;
}

void log_past_again(struct log_past *past, const char *key, const struct window *end,
	const struct log_asked *asked)
{
	drop_page(&past->page);
	drop_page(&past->newest);
	past->newest = copy_page(end);
	past->is_over = past->has_gap = false;
	past->is_streamed = past->is_counted = true;
	past->at = 0;
	set_from(past, key, true);
	ask_onwards(past, asked);
}

/* ---- giving them out ---- */

static bool is_before(const char *key, const char *than)
{
	return event_key_compare_texts(key, than) < 0;
}

/* Without the line that they go on from, which was given, and those of the end, which are given last. */
static void cut(struct log_past *past, struct log_page *page)
{
	size_t first = 0, end = page->count;
	const char *stop = past->newest.count ? past->newest.rows[0].key : NULL;
	bool has_from = page->count && strcmp(page->rows[0].key, past->from) == 0;
	past->has_gap |= past->is_behind && past->from[0] && !has_from;
	if (past->is_behind && has_from)
		msg_release(MSG_row, &page->rows[first++]);
	while (stop && end > first && !is_before(page->rows[end - 1].key, stop))
		msg_release(MSG_row, &page->rows[--end]);
	past->is_streamed = end == page->count && past->asked.more_after;
	memmove(page->rows, page->rows + first, (end - first) * sizeof(*page->rows));
	page->count = end - first;
}

/* The next one is asked for while this one is given out. */
static bool take_streamed(struct log_past *past, const struct log_asked *asked)
{
	if (!past->asked.done)
		return false;
	past->page = take_page(past);
	if (past->page.count)
		cut(past, &past->page);
	else
		past->is_streamed = false;
	past->asked.done = false;
	if (past->page.count)
		set_from(past, past->page.rows[past->page.count - 1].key, true);
	if (past->is_streamed)
		ask_onwards(past, asked);
	return true;
}

/* False: it has not come yet, or there is none. */
static bool next_page(struct log_past *past, const struct log_asked *asked)
{
	drop_page(&past->page);
	past->at = 0;
	if (past->is_streamed)
		return take_streamed(past, asked);
	if (past->page_count > 0) {
		past->page = past->pages[--past->page_count];
		return true;
	}
	past->is_over = past->newest.count == 0;
	past->page = past->newest;
	past->newest = (struct log_page){NULL, 0};
	return !past->is_over;
}

const struct msg_row *log_past_peek(struct log_past *past, const struct log_asked *asked)
{
	while (!past->is_over && past->at >= past->page.count)
		if (!next_page(past, asked))
			return NULL;
	return past->is_over ? NULL : &past->page.rows[past->at];
}

void log_past_pop(struct log_past *past)
{
	past->at++;
}

int64_t log_skew_ms(const struct cli *cli, size_t engine)
{
	int64_t found_ms = cli_now_ms(cli, engine) - cli_now_ms(cli, 0);
	return llabs(found_ms) < ONE_CLOCK_MS ? 0 : found_ms;
}
