/* SPDX-License-Identifier: MIT */
#include "tui/cli/log_past.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/engine/client.h"
#include "core/msg/msg.h"
#include "tui/cli/cli.h"

enum { ONE_CLOCK_MS = 5000 };

struct log_page {
	struct msg_row *rows;
	size_t count;
};

void log_past_init(struct log_past *past)
{
	*past = (struct log_past){.rows = 0};
	window_init(&past->older, WINDOW_DETAIL);
}

void log_past_forget(struct log_past *past)
{
	for (size_t p = 0; p < past->page_count; p++) {
		for (size_t i = 0; i < past->pages[p].count; i++)
			msg_release(MSG_row, &past->pages[p].rows[i]);
		free(past->pages[p].rows);
	}
	free(past->pages);
	past->pages = NULL;
	past->page_count = past->page_room = past->rows = 0;
}

void log_past_release(struct log_past *past)
{
	window_release(&past->older);
	log_past_forget(past);
}

/* The window goes on, so it is a copy. */
static void keep(struct log_past *past, const struct window *page)
{
	if (!page->count)
		return;
	past->pages = grow(past->pages, past->page_count, &past->page_room, sizeof(*past->pages));
	struct log_page *kept = &past->pages[past->page_count++];
	*kept = (struct log_page){.rows = xcalloc(page->count, sizeof(*kept->rows))};
	for (; kept->count < page->count; kept->count++) {
		struct msg_row *copy = msg_copy(MSG_row, &page->rows[kept->count]);
		kept->rows[kept->count] = *copy;
		free(copy);
	}
	past->rows += kept->count;
}

static void ask_older(
	struct log_past *past, const struct window *page, struct client *client, const char *filter)
{
	struct window *older = &past->older;
	struct msg_win_open open = {.window = (uint64_t)older->id,
		.generation = ++older->wish.generation,
		.store = (char *)(uintptr_t) "events",
		.filter = (char *)(uintptr_t)filter,
		.anchor = page->rows[0].key,
		.before = LOG_PAGE_ROWS};
	older->asked = true;
	client_send(client, MSG_win_open, &open);
	older->answered = false;
}

void log_past_take(struct log_past *past, const struct window *page, struct client *client,
	const char *filter, size_t wanted)
{
	keep(past, page);
	past->has_more = page->count && page->more_before;
	past->is_whole = !past->has_more || past->rows >= wanted;
	if (!past->is_whole)
		ask_older(past, page, client, filter);
}

static int compare_lines(const void *a, const void *b)
{
	const struct past_line *left = a, *right = b;
	if (left->at_ms != right->at_ms)
		return left->at_ms < right->at_ms ? -1 : 1;
	if (left->engine != right->engine)
		return left->engine < right->engine ? -1 : 1;
	return (left->row > right->row) - (left->row < right->row); /* as its engine has them */
}

int64_t log_skew_ms(const struct cli *cli, size_t engine)
{
	int64_t found_ms = cli_now_ms(cli, engine) - cli_now_ms(cli, 0);
	return llabs(found_ms) < ONE_CLOCK_MS ? 0 : found_ms;
}

struct past_line *log_past_list(
	const struct cli *cli, const struct log_past pasts[], size_t *ret_count)
{
	size_t count = 0, at = 0;
	for (size_t i = 0; i < cli->engine_count; i++)
		count += pasts[i].rows;
	struct past_line *lines = xcalloc(count + 1, sizeof(*lines));
	for (size_t i = 0; i < cli->engine_count; i++)
		for (size_t p = pasts[i].page_count; p-- > 0;) {
			const struct log_page *page = &pasts[i].pages[p];
			for (size_t row = 0; row < page->count; row++)
				lines[at++] = (struct past_line){&page->rows[row], i,
					page->rows[row].time_ms - log_skew_ms(cli, i)};
		}
	if (cli_is_many(cli) && count)
		qsort(lines, count, sizeof(*lines), compare_lines);
	*ret_count = count;
	return lines;
}
