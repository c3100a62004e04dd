/* SPDX-License-Identifier: MIT */
#include "tests/support/cold_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "tests/support/folder.h"

enum {
	LATE_ONE_OF = 12,
	CLOSE_ONE_OF = 150,
	DELIVER_EACH = 64,
	DRAIN_EACH = 4096,
	CLOSE_MS = 5000
};

static void open_cold(struct cold_store *pair, uint64_t budget)
{
	struct err err = {.code = ERR_NONE};
	event_directory_set_budget(pair->cold->directory, COLD_STORE_BYTES);
	assert_true(history_open(folder, budget, &pair->history, &err));
	event_directory_keep(pair->cold->directory, pair->history);
}

int cold_store_set_up(void **state)
{
	struct cold_store *pair = xcalloc(1, sizeof(*pair));
	void *store;
	(void)folder_setup(NULL);
	(void)event_store_set_up(&store);
	pair->all = store;
	pair->wall_ms = EVENT_STORE_MS - 1000000;
	rng_init(&pair->rng, 31);
	(void)event_store_set_up(&store);
	pair->cold = store;
	open_cold(pair, COLD_STORE_DISK);
	*state = pair;
	return 0;
}

int cold_store_tear_down(void **state)
{
	struct cold_store *pair = *state;
	void *store = pair->all;
	history_close(pair->history, CLOSE_MS);
	(void)event_store_tear_down(&store);
	store = pair->cold;
	(void)event_store_tear_down(&store);
	free(pair);
	(void)folder_teardown(NULL);
	return 0;
}

void cold_store_look(struct cold_store *pair)
{
	enum { LOOKS = 15 };
	history_drain(pair->history);
	for (int i = 0; i < LOOKS; i++) {
		(void)event_directory_weigh(pair->cold->directory);
		history_drain(pair->history);
	}
}

void cold_store_restart(struct cold_store *pair, uint64_t budget)
{
	cold_store_deliver(pair);
	pair->wall_ms += 10000;
	event_store_begin_again(pair->all, 60000);
	event_store_begin_again(pair->cold, 60000);
	event_directory_cool(pair->cold->directory);
	history_close(pair->history, CLOSE_MS);
	event_directory_free(pair->cold->directory);
	pair->cold->directory = event_directory_new(COLD_STORE_BYTES);
	open_cold(pair, budget);
	cold_store_look(pair);
}

void cold_store_line(struct cold_store *pair, size_t source, const char *line)
{
	event_writer_line(pair->all->writers[source], line, strlen(line), false);
	event_writer_line(pair->cold->writers[source], line, strlen(line), false);
	pair->lines++;
}

/* A writer that redacts with something else begins a chunk, a small one. */
static void begin_chunk(struct cold_store *pair, size_t source)
{
	struct redactor *redactor = redactor_new();
	redactor_seal(redactor);
	event_writer_redact_with(pair->all->writers[source], redactor);
	event_writer_redact_with(pair->cold->writers[source], redactor);
	redactor_unref(redactor);
}

static void add_line(struct cold_store *pair)
{
	static const char *const levels[] = {"info", "info", "info", "debug", "warn", "error"};
	struct rng *rng = &pair->rng;
	char line[400];
	size_t source = rng_below(rng, EVENT_STORE_SOURCES);
	pair->wall_ms += (int64_t)rng_below(rng, 40);
	bool is_late = rng_below(rng, LATE_ONE_OF) == 0;
	int64_t wall_ms = pair->wall_ms - (is_late ? (int64_t)rng_below(rng, 3000) : 0);
	const char *level = levels[rng_below(rng, COUNT_OF(levels))];
	unsigned bot = (unsigned)rng_below(rng, 9), rare = (unsigned)rng_below(rng, 200);
	snprintf(line, sizeof(line),
		"{\"level\":\"%s\",\"time\":%lld,\"bot\":\"%s%u\",\"msg\":\"%zu \\\"%s\\\" %u\","
		"\"update_id\":\"u%zu\"}",
		level, (long long)wall_ms, bot ? "bot-" : "", bot, pair->lines,
		rare ? "ordinary" : "rare", rare * 7919, pair->lines % 97);
	cold_store_line(pair, source, line);
	if (rng_below(rng, CLOSE_ONE_OF) == 0)
		begin_chunk(pair, source);
}

void cold_store_deliver(struct cold_store *pair)
{
	event_store_deliver(pair->all);
	event_store_deliver(pair->cold);
	event_directory_trim(pair->cold->directory);
}

void cold_store_add(struct cold_store *pair, size_t lines)
{
	for (size_t i = 0; i < lines; i++) {
		add_line(pair);
		if (i % DELIVER_EACH == 0)
			cold_store_deliver(pair);
		if (i % DRAIN_EACH == 0)
			history_drain(pair->history); /* or more would wait than may */
	}
	cold_store_deliver(pair);
	history_drain(pair->history);
}

/* ---- questions ---- */

static struct msg_win_rows *answer(struct event_store *store, const struct event_question *question,
	const char *expression, const struct redactor *redactor, size_t step)
{
	const struct filter_schema schema = log_schema(EVENT_STORE_MS, 0);
	size_t at;
	struct filter *filter = filter_new(expression, &schema, &at, NULL);
	assert_non_null(filter);
	struct event_query *query = event_query_new(
		event_directory_snapshot(store->directory), filter, redactor, question);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	while (!event_query_step(query, step))
		event_query_rest(query);
	event_query_take(query, rows);
	event_query_free(query);
	return rows;
}

void assert_cold_answer(struct cold_store *pair, const struct event_question *question,
	const char *expression, const struct redactor *redactor)
{
	size_t step = 1 + rng_below(&pair->rng, 700);
	struct msg_win_rows *expected = answer(pair->all, question, expression, redactor, step);
	struct msg_win_rows *rows = answer(pair->cold, question, expression, redactor, step);
	assert_int_equal(rows->rows_count, expected->rows_count);
	for (size_t i = 0; i < rows->rows_count; i++) {
		autostr struct str is = STR_INIT, should = STR_INIT;
		msg_encode(MSG_row, &rows->rows[i], &is);
		msg_encode(MSG_row, &expected->rows[i], &should);
		assert_string_equal(rows->rows[i].text, expected->rows[i].text);
		assert_int_equal(is.length, should.length);
		assert_memory_equal(is.text, should.text, is.length);
	}
	assert_int_equal(rows->hits, expected->hits);
	assert_int_equal(rows->hidden, expected->hidden);
	assert_int_equal(rows->more_before, expected->more_before);
	assert_int_equal(rows->more_after, expected->more_after);
	assert_true(rows->scanned_from_ms == expected->scanned_from_ms);
	assert_true(rows->scanned_to_ms == expected->scanned_to_ms);
	assert_int_equal(rows->dropped, expected->dropped);
	msg_free(MSG_win_rows, rows);
	msg_free(MSG_win_rows, expected);
}

const char *cold_store_expression(struct cold_store *pair)
{
	static const char *const expressions[] = {"", "", "level>=error", "bot=bot-3", "rare",
		"rare level>=warn", "never there", "source=b", "id=u7", "/ordinary.* 0$/",
		"!ordinary"};
	return expressions[rng_below(&pair->rng, COUNT_OF(expressions))];
}

struct event_question cold_store_question(struct cold_store *pair)
{
	static const char *const bots[] = {"bot-2", "bot-5"};
	struct rng *rng = &pair->rng;
	int64_t span_ms = pair->wall_ms - (EVENT_STORE_MS - 1000000);
	int64_t at_ms = pair->wall_ms - (int64_t)rng_below(rng, (uint64_t)span_ms);
	bool is_end = rng_below(rng, 4) == 0, is_bounded = rng_below(rng, 4) == 0;
	return (struct event_question){
		.anchor = is_end ? EVENT_KEY_END : (struct event_key){at_ms, 0, 0},
		.before = (size_t)rng_below(rng, 300),
		.after = (size_t)rng_below(rng, 300),
		.from_ms = is_bounded ? at_ms - 20000 : 0,
		.to_ms = is_bounded ? at_ms + 30000 : 0,
		.bots = bots,
		.bot_count = rng_below(rng, 5) == 0 ? COUNT_OF(bots) : 0,
		.with_lines = rng_below(rng, 4) == 0,
		.all_fields = rng_below(rng, 4) == 0};
}
