/* SPDX-License-Identifier: MIT */
/* Lines go in raw and come out as rows: redacted, drawable, in order, none lost. */
#include "core/base/clock.h"
#include "core/base/redact.h"
#include "core/events/directory.h"
#include "core/events/fields.h"
#include "core/events/query.h"
#include "core/events/writer.h"
#include "core/msg/mailbox.h"
#include "core/msg/msg.h"
#include "tests/fuzz/safe.h"

#include <string.h>

/* No letter of it is one that the sanitiser could write for a control character. */
#define CANARY "a7ecanary-canary-canary-canary-canar"

static size_t write_lines(struct event_writer *writer, const char *text, size_t size)
{
	size_t lines = 0;
	for (size_t at = 0; at < size; lines++) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end ? (size_t)(end - text) - at : size - at;
		event_writer_line(writer, text + at, length, !end);
		at += length + 1;
	}
	return lines;
}

static void require_safe(const char *text)
{
	FUZZ_REQUIRE(!strstr(text, CANARY));
	fuzz_require_safe(text);
}

static void require_fields(const struct msg_row *row)
{
	FUZZ_REQUIRE(row->fields_count <= EVENT_FIELDS_MAX);
	for (size_t i = 0; i < row->fields_count; i++) {
		require_safe(row->fields[i].name);
		require_safe(row->fields[i].value);
	}
	for (size_t i = 0; i < row->values_count; i++)
		require_safe(row->values[i]);
}

static void require_rows(
	struct event_snapshot *snapshot, const struct redactor *redactor, size_t lines)
{
	static const char *const names[] = {"a", "ctx.b", "password"};
	const struct event_question all = {.anchor = EVENT_KEY_END,
		.before = EVENT_ROWS_MAX,
		.whole_lines = lines % 2,
		.all_fields = true,
		.names = names,
		.name_count = sizeof(names) / sizeof(names[0])};
	struct event_query *query = event_query_new(snapshot, NULL, redactor, &all);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	struct event_key last = EVENT_KEY_FIRST;
	while (!event_query_step(query, 64))
		continue;
	event_query_take(query, rows);
	FUZZ_REQUIRE(rows->rows_count == (lines < EVENT_ROWS_MAX ? lines : EVENT_ROWS_MAX));
	for (size_t i = 0; i < rows->rows_count; i++) {
		struct event_key key;
		FUZZ_REQUIRE(event_key_read(rows->rows[i].key, &key, NULL));
		FUZZ_REQUIRE(event_key_compare(last, key) < 0);
		require_safe(rows->rows[i].text);
		require_safe(rows->rows[i].correlation);
		require_safe(rows->rows[i].bot);
		require_fields(&rows->rows[i]);
		last = key;
	}
	msg_free(MSG_win_rows, rows);
	event_query_free(query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clock clock;
	struct redactor *redactor = redactor_new();
	const struct event_source source = {.id = 7, .name = "fuzz"};
	clock_init_virtual(&clock, INT64_C(1795168821744));
	FUZZ_REQUIRE(redactor_add(redactor, "123456:" CANARY, 7 + sizeof(CANARY) - 1));
	redactor_seal(redactor);
	struct event_writer *writer = event_writer_new(&source, redactor, &clock);
	struct event_directory *directory = event_directory_new(64 << 20);
	struct mailbox *box = mailbox_new(2);
	size_t lines = write_lines(writer, (const char *)data, size);
	struct parcel parcel;
	FUZZ_REQUIRE(event_writer_post(writer, box, true));
	while (mailbox_take(box, &parcel, 1)) {
		event_directory_add(directory, parcel.attachment);
		parcel.attachment = NULL;
		parcel_release(&parcel);
	}
	FUZZ_REQUIRE(event_directory_stats(directory).lines == lines);
	require_rows(event_directory_snapshot(directory), redactor, lines);
	event_writer_free(writer);
	event_directory_free(directory);
	mailbox_free(box);
	redactor_unref(redactor);
	return 0;
}
