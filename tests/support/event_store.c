/* SPDX-License-Identifier: MIT */
#include "tests/support/event_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"

static void open_writers(struct event_store *store)
{
	static const char *const names[EVENT_STORE_SOURCES] = {"a", "b", "c", "botswain"};
	for (size_t i = 0; i < EVENT_STORE_SOURCES; i++) {
		const struct event_source source = {
			.id = i + 1, .name = names[i], .is_own = i == 3};
		store->writers[i] = event_writer_new(&source, NULL, &store->clock);
	}
}

static void close_writers(struct event_store *store)
{
	for (size_t i = 0; i < EVENT_STORE_SOURCES; i++)
		event_writer_free(store->writers[i]);
}

int event_store_set_up(void **state)
{
	struct event_store *store = xcalloc(1, sizeof(*store));
	clock_init_virtual(&store->clock, EVENT_STORE_MS);
	store->box = mailbox_new(1000);
	store->directory = event_directory_new(64 << 20);
	open_writers(store);
	*state = store;
	return 0;
}

void event_store_begin_again(struct event_store *store, int64_t later_ms)
{
	close_writers(store);
	clock_advance(&store->clock, later_ms);
	open_writers(store);
}

int event_store_tear_down(void **state)
{
	struct event_store *store = *state;
	close_writers(store);
	mailbox_free(store->box);
	event_directory_free(store->directory);
	free(store);
	return 0;
}

void event_store_add(struct event_store *store, size_t source, int64_t wall_ms, const char *bot,
	const char *text)
{
	const struct event_input input = {
		.wall_ms = wall_ms, .level = LOG_LEVEL_INFO, .bot = bot, .message = text};
	event_writer_event(store->writers[source], &input);
}

void event_store_deliver(struct event_store *store)
{
	struct parcel parcel;
	for (size_t i = 0; i < EVENT_STORE_SOURCES; i++)
		assert_true(event_writer_post(store->writers[i], store->box, true));
	while (mailbox_take(store->box, &parcel, 1)) {
		event_directory_add(store->directory, parcel.attachment);
		parcel.attachment = NULL;
		parcel_release(&parcel);
	}
}

struct event_query *event_store_ask(
	struct event_store *store, const struct event_question *question, const char *expression)
{
	const struct filter_schema schema = log_schema(EVENT_STORE_MS, 0);
	size_t at;
	struct filter *filter = expression ? filter_new(expression, &schema, &at, NULL) : NULL;
	return event_query_new(event_directory_snapshot(store->directory), filter, NULL, question);
}

struct msg_win_rows *event_store_answer(
	struct event_store *store, const struct event_question *question, const char *expression)
{
	struct event_query *query = event_store_ask(store, question, expression);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	while (!event_query_step(query, 3))
		continue;
	event_query_take(query, rows);
	event_query_free(query);
	assert_true(rows->done);
	return rows;
}

void assert_event_answer(struct event_store *store, const struct event_question *question,
	const char *expression, const char *expected)
{
	autostr struct str said = STR_INIT;
	struct msg_win_rows *rows = event_store_answer(store, question, expression);
	for (size_t i = 0; i < rows->rows_count; i++)
		str_addf(&said, "%s%s", i ? " " : "", rows->rows[i].text);
	assert_string_equal(said.text, expected);
	msg_free(MSG_win_rows, rows);
}

void event_store_fill(struct event_store *store)
{
	event_store_add(store, 0, EVENT_STORE_MS - 900, "shop", "a1");
	event_store_add(store, 0, EVENT_STORE_MS - 500, "shop", "a2");
	event_store_add(store, 0, EVENT_STORE_MS - 100, "shop", "a3");
	event_store_add(store, 1, EVENT_STORE_MS - 700, "quiz", "b1");
	event_store_add(store, 1, EVENT_STORE_MS - 500, "quiz", "b2");
	event_store_add(store, 2, EVENT_STORE_MS - 800, "shop", "c1");
	event_store_add(store, 3, EVENT_STORE_MS - 600, NULL, "own");
	event_store_deliver(store);
}
