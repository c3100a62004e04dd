/* SPDX-License-Identifier: MIT */
#include "tui/cli/log_tail.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "tui/cli/cli.h"
#include "tui/cli/log_past.h"
#include "tui/cli/log_print.h"
#include "tui/cli/merge.h"
#include "tui/window.h"

enum { FOREVER_MS = 1000, GAP_SAID_MS = 10000 };

/* Of one engine. An answer comes in parts, and later ones add to it or replace it: what was printed is known by its key. */
struct reader {
	struct window window; /* the end */
	bool has_end;         /* is there */
	bool is_filling;      /* lines before those of the window are being asked for */
	struct log_past past;
	struct log_asked asked;
	char **seen; /* keys, in order */
	size_t seen_count;
};

struct tail {
	const struct log_wish *wish;
	struct reader readers[WAYS_MAX]; /* one an engine that is asked */
	struct log_print print;
	struct merge *merge; /* what several engines say as it happens */
	uint64_t parts; /* of answers that have come: grows while there is something to wait for */
	size_t left_out,
		to_skip; /* lines of the past that are not printed, the oldest; and still to come */
	bool is_counted; /* all know how far back they go */
	bool has_begun;  /* the past is printed */
	bool is_ending,
		has_ended;   /* standard input ended, and the last lines are asked for; they came */
	int64_t gap_said_ms; /* mono; 0: never */
	char error[256];
};

/* ---- what was printed ---- */

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_seen(const struct reader *reader, const char *key)
{
	return reader->seen_count && bsearch(&key, reader->seen, reader->seen_count,
					     sizeof(*reader->seen), compare_keys) != NULL;
}

static void forget_seen(struct reader *reader)
{
	for (size_t i = 0; i < reader->seen_count; i++)
		free(reader->seen[i]);
	free(reader->seen);
	reader->seen = NULL;
	reader->seen_count = 0;
}

static void remember(struct reader *reader)
{
	forget_seen(reader);
	const struct window *window = &reader->window;
	reader->seen = xcalloc(window->count + 1, sizeof(*reader->seen));
	for (size_t i = 0; i < window->count; i++)
		reader->seen[reader->seen_count++] = xstrdup(window->rows[i].key);
	if (reader->seen_count)
		qsort(reader->seen, reader->seen_count, sizeof(*reader->seen), compare_keys);
}

/* "": none was. */
static const char *newest_seen(const struct reader *reader)
{
	const char *newest = "";
	for (size_t i = 0; i < reader->seen_count; i++)
		if (!*newest || event_key_compare_texts(reader->seen[i], newest) > 0)
			newest = reader->seen[i];
	return newest;
}

/* ---- what is new ---- */

/* What several engines say is held for a moment, so that it stands in the order in which it happened. */
static void print_new(
	const struct cli *cli, struct tail *tail, size_t engine, const struct msg_row *row)
{
	autostr struct str line = STR_INIT;
	if (!cli_is_many(cli)) {
		log_print_row(&tail->print, cli, engine, row);
		return;
	}
	log_print_line(cli, engine, row, &line);
	merge_add(tail->merge, row->time_ms - log_skew_ms(cli, engine), engine,
		clock_mono_ms(clock_real()), line.text, line.length);
}

/* Without a line in common with what was printed there are others in between. */
static bool has_gap(const struct reader *reader)
{
	const struct window *window = &reader->window;
	const char *newest = newest_seen(reader);
	if (!window->count ||
		(*newest && event_key_compare_texts(window->rows[0].key, newest) <= 0))
		return false;
	return window->more_before || window->trimmed || window->count >= LOG_PAGE_ROWS;
}

static void print_news(const struct cli *cli, struct tail *tail, size_t engine)
{
	struct reader *reader = &tail->readers[engine];
	const struct window *window = &reader->window;
	if (reader->is_filling)
		return;
	if (has_gap(reader)) {
		log_past_again(&reader->past, newest_seen(reader), window, &reader->asked);
		reader->is_filling = true;
	} else {
		for (size_t i = 0; i < window->count; i++)
			if (!is_seen(reader, window->rows[i].key))
				print_new(cli, tail, engine, &window->rows[i]);
	}
	remember(reader);
}

/* A flood goes on. */
static void say_gap(struct tail *tail)
{
	int64_t now_ms = clock_mono_ms(clock_real());
	if (tail->gap_said_ms && now_ms - tail->gap_said_ms < GAP_SAID_MS)
		return;
	tail->gap_said_ms = now_ms;
	cli_say(0,
		"lines came faster than they could be printed, and the engine forgot some: they "
		"are missing here%s",
		tail->wish->until_end ? "; without -f all of a pipe are kept" : "");
}

static void fill(const struct cli *cli, struct tail *tail, size_t engine)
{
	struct reader *reader = &tail->readers[engine];
	const struct msg_row *row;
	while (!tail->print.is_gone && (row = log_past_peek(&reader->past, &reader->asked))) {
		print_new(cli, tail, engine, row);
		log_past_pop(&reader->past);
	}
	if (!reader->past.is_over)
		return;
	if (reader->past.has_gap)
		say_gap(tail);
	reader->is_filling = false;
	print_news(cli, tail, engine);
}

/* ---- the past ---- */

static bool is_there(const struct cli *cli, const struct tail *tail, size_t engine)
{
	return tail->readers[engine].window.asked &&
	       client_state(cli->engines[engine].client) == CLIENT_ATTACHED;
}

/* The one whose next line is the oldest; engine_count: none has one. False: one has still to come. */
static bool find_oldest(const struct cli *cli, struct tail *tail, size_t *ret_engine)
{
	int64_t best_ms = 0;
	*ret_engine = cli->engine_count;
	for (size_t i = 0; i < cli->engine_count; i++) {
		struct reader *reader = &tail->readers[i];
		if (!reader->has_end || !reader->past.is_counted)
			continue; /* it left before it told anything */
		const struct msg_row *row = log_past_peek(&reader->past, &reader->asked);
		if (!row && !reader->past.is_over && is_there(cli, tail, i))
			return false;
		int64_t at_ms = row ? row->time_ms - log_skew_ms(cli, i) : 0;
		if (row && (*ret_engine == cli->engine_count || at_ms < best_ms)) {
			best_ms = at_ms;
			*ret_engine = i;
		}
	}
	return true;
}

static bool is_beyond(const struct cli *cli, const struct tail *tail)
{
	bool is = tail->left_out > 0;
	for (size_t i = 0; i < cli->engine_count; i++)
		is |= tail->readers[i].past.has_more;
	return is;
}

static void say_missing(const struct cli *cli, const struct tail *tail)
{
	bool has_gap = false;
	for (size_t i = 0; i < cli->engine_count; i++)
		has_gap |= tail->readers[i].past.has_gap;
	if (has_gap)
		cli_say(0,
			"the engine forgot lines while they were printed: some are missing here");
}

/* A pattern that takes for ever is no match; who wrote it wants to know. */
static void say_costly(const struct cli *cli, const struct tail *tail)
{
	uint64_t costly = 0;
	for (size_t i = 0; i < cli->engine_count; i++)
		costly += tail->readers[i].past.costly;
	if (costly)
		cli_say(0,
			"the pattern takes too long on %llu lines, which count as not matching: "
			"write it without repeats inside repeats",
			(unsigned long long)costly);
}

/* What came while the past was still on its way follows it. */
static void end_past(const struct cli *cli, struct tail *tail)
{
	tail->has_begun = true;
	say_missing(cli, tail);
	say_costly(cli, tail);
	/* Nobody who asked for no number is to take the newest lines for all. */
	if (is_beyond(cli, tail) && !tail->wish->is_bounded && !tail->wish->follow)
		cli_say(0,
			"these are the newest %zu lines, there are older ones: -n all prints all "
			"%s",
			tail->wish->lines,
			cli_has_files(cli) ? "of them" : "that the engine holds");
	for (size_t i = 0; i < cli->engine_count && tail->wish->follow; i++)
		if (tail->readers[i].has_end)
			print_news(cli, tail, i);
}

static void pour(const struct cli *cli, struct tail *tail)
{
	size_t engine;
	while (!tail->print.is_gone && find_oldest(cli, tail, &engine)) {
		if (engine == cli->engine_count) {
			log_print_flush(&tail->print);
			end_past(cli, tail);
			return;
		}
		struct reader *reader = &tail->readers[engine];
		if (tail->to_skip > 0)
			tail->to_skip--;
		else
			log_print_row(&tail->print, cli, engine,
				log_past_peek(&reader->past, &reader->asked));
		log_past_pop(&reader->past);
	}
}

static bool has_any(const struct cli *cli, const struct tail *tail)
{
	for (size_t i = 0; i < cli->engine_count; i++)
		if (tail->readers[i].has_end)
			return true;
	return false;
}

/* Each that can still answer knows how far back it goes. */
static bool all_counted(const struct cli *cli, const struct tail *tail)
{
	for (size_t i = 0; i < cli->engine_count; i++)
		if (is_there(cli, tail, i) && !tail->readers[i].past.is_counted)
			return false;
	return has_any(cli, tail);
}

static void count_left_out(const struct cli *cli, struct tail *tail)
{
	size_t rows = 0;
	for (size_t i = 0; i < cli->engine_count; i++)
		rows += tail->readers[i].past.rows;
	tail->left_out = rows > tail->wish->lines ? rows - tail->wish->lines : 0;
	tail->to_skip = tail->left_out;
	tail->is_counted = true;
}

/* ---- answers ---- */

static void take_end(struct cli *cli, struct tail *tail, struct reader *reader)
{
	copy_text(tail->error, sizeof(tail->error), reader->window.error);
	if (!reader->window.done || tail->error[0])
		return;
	if (!reader->has_end) {
		reader->has_end = true;
		remember(reader);
		log_past_begin(&reader->past, &reader->window, &reader->asked, tail->wish->lines);
	} else if (tail->has_begun) {
		tail->has_ended = tail->is_ending;
		print_news(cli, tail, cli->speaker);
	}
}

static void take_rows(void *context, enum msg_kind kind, const void *body)
{
	struct cli *cli = context;
	struct tail *tail = cli->context;
	struct reader *reader = &tail->readers[cli->speaker];
	struct log_past *past = &reader->past;
	if (kind != MSG_win_rows || tail->print.is_gone)
		return;
	tail->parts++;
	if (window_take(&reader->window, kind, body))
		take_end(cli, tail, reader);
	else if (window_take(&past->asked, kind, body) && past->asked.done &&
		 !log_past_take(past, &reader->asked, tail->wish->lines))
		copy_text(tail->error, sizeof(tail->error), past->asked.error);
}

/* ---- until the end ---- */

static void print_due(struct cli *cli, struct tail *tail)
{
	for (size_t i = 0; i < cli->engine_count && tail->has_begun; i++)
		if (tail->readers[i].is_filling)
			fill(cli, tail, i);
	merge_take(tail->merge, clock_mono_ms(clock_real()), &tail->print.out);
	log_print_flush(&tail->print);
}

static void ask_end(struct cli *cli, struct tail *tail, size_t engine, bool follow)
{
	struct window *window = &tail->readers[engine].window;
	struct msg_win_open open = {.window = (uint64_t)window->id,
		.generation = ++window->wish.generation,
		.store = (char *)(uintptr_t) "events",
		.filter = (char *)(uintptr_t)tail->wish->filter,
		.before = LOG_PAGE_ROWS,
		.follow = follow,
		.lines = tail->readers[engine].asked.lines};
	window->answered = false;
	client_send(cli->engines[engine].client, MSG_win_open, &open);
}

/* Its source is gone once all of it is in the store. */
static bool has_input(const struct cli *cli)
{
	size_t count;
	const struct msg_source *const *sources = model_sources(cli->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(sources[i]->kind, "pipe") == 0)
			return true;
	return false;
}

/* True: standard input ended, and all of it is printed. */
static bool is_at_end(struct cli *cli, struct tail *tail)
{
	if (!tail->wish->until_end || !tail->has_begun)
		return false;
	if (!tail->is_ending && !has_input(cli)) {
		tail->is_ending = true;
		ask_end(cli, tail, 0, false);
	}
	return tail->has_ended && !tail->readers[0].is_filling;
}

static bool ended(struct cli *cli)
{
	struct tail *tail = cli->context;
	if (!tail->is_counted && !tail->error[0] && all_counted(cli, tail))
		count_left_out(cli, tail);
	if (tail->is_counted && !tail->has_begun && !tail->error[0])
		pour(cli, tail);
	print_due(cli, tail);
	return tail->print.is_gone || tail->error[0] || is_at_end(cli, tail) ||
	       (tail->has_begun && !tail->wish->follow);
}

/* As long as something comes: many pages take longer than one answer may. */
static void wait_for_end(struct cli *cli, const struct tail *tail)
{
	bool follow = tail->wish->follow;
	uint64_t parts;
	do {
		parts = tail->parts;
		if (cli_until_any(cli, ended, follow ? FOREVER_MS : cli->wait_ms))
			return;
	} while (cli_any_left(cli) && (follow || tail->parts != parts));
}

static void begin(struct cli *cli, struct tail *tail)
{
	cli->take = take_rows;
	cli->context = tail;
	for (size_t i = 0; i < cli->engine_count; i++) {
		struct reader *reader = &tail->readers[i];
		window_init(&reader->window, WINDOW_LOGS);
		log_past_init(&reader->past);
		reader->asked = (struct log_asked){
			cli->engines[i].client, tail->wish->filter, cli->json || cli->jsonl};
		reader->window.asked = cli_takes(cli, i);
		if (reader->window.asked)
			ask_end(cli, tail, i, tail->wish->follow);
	}
}

static int result(const struct cli *cli, const struct tail *tail)
{
	if (*tail->error)
		return cli_say(CLI_USAGE, "%s\n  the filter: %s", tail->error, tail->wish->filter);
	if (tail->print.is_gone || tail->has_ended || (tail->has_begun && !tail->wish->follow))
		return CLI_OK;
	return cli_unknown(cli, tail->has_begun ? "no more lines come" : "no answer came");
}

int log_tail_run(struct cli *cli, const struct log_wish *wish)
{
	struct tail tail = {.wish = wish, .print = {.out = STR_INIT}, .merge = merge_new()};
	begin(cli, &tail);
	wait_for_end(cli, &tail);
	cli->context = NULL;
	cli->take = NULL;
	merge_end(tail.merge, &tail.print.out);
	if (!tail.error[0])
		log_print_end(&tail.print, cli);
	int status = result(cli, &tail);
	for (size_t i = 0; i < cli->engine_count; i++) {
		window_release(&tail.readers[i].window);
		log_past_release(&tail.readers[i].past);
		forget_seen(&tail.readers[i]);
	}
	log_print_release(&tail.print);
	merge_free(tail.merge);
	return status;
}
