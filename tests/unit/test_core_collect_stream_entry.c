/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/collect/stream_entry.h"
#include "core/conf/settings.h"
#include "core/parse/log_line.h"

static char names[][16] = {"bot", "level", "msg", "ts", "type", "correlation_id"};
static const struct conf_fields fields = {.bot = names[0],
	.level = names[1],
	.msg = names[2],
	.ts = names[3],
	.type = names[4],
	.correlation_id = names[5]};

/* An entry with these fields, which end with NULL. */
static struct stream_entry read_fields(const char *id, const char *bot, const char *const *texts)
{
	struct stream_entry entry;
	stream_entry_init(&entry, &fields);
	stream_entry_begin(&entry, id, strlen(id));
	for (size_t i = 0; texts[i]; i++)
		if (i % 2)
			stream_entry_value(&entry, texts[i], strlen(texts[i]));
		else
			stream_entry_name(&entry, texts[i], strlen(texts[i]));
	stream_entry_end(&entry, "stream=events:x", bot);
	return entry;
}

static void mapped_fields_have_their_meaning(void **state)
{
	(void)state;
	static const char *const texts[] = {"bot", "orders", "level", "ERROR", "msg", "it broke",
		"ts", "1700000000", "correlation_id", "c-1", "amount", "12", NULL};
	struct stream_entry entry = read_fields("1600000000000-0", "other", texts);
	assert_string_equal(entry.event.bot, "orders");
	assert_int_equal(entry.event.level, LOG_LEVEL_ERROR);
	assert_string_equal(entry.event.message, "it broke");
	assert_true(entry.event.wall_ms == INT64_C(1700000000000));
	assert_string_equal(entry.event.correlation, "c-1");
	assert_string_equal(entry.event.rest, "amount=12 stream=events:x");
	stream_entry_release(&entry);
}

static void what_is_not_said_comes_from_the_id_and_the_stream(void **state)
{
	(void)state;
	static const char *const texts[] = {"type", "paid", "n", "1", NULL};
	struct stream_entry entry = read_fields("1600000000123-7", "orders", texts);
	assert_string_equal(entry.event.bot, "orders");
	assert_true(entry.event.wall_ms == INT64_C(1600000000123));
	assert_string_equal(entry.event.message, "type=paid n=1 stream=events:x");
	assert_int_equal(entry.event.level, LOG_LEVEL_NONE);
	assert_null(entry.event.correlation);
	stream_entry_release(&entry);
	entry = read_fields("nonsense", "", texts);
	assert_null(entry.event.bot);
	assert_true(entry.event.wall_ms == LOG_NO_TIME);
	stream_entry_release(&entry);
}

static void what_is_no_time_or_no_text_is_kept_all_the_same(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"ts", "tomorrow", "level", "17", "msg", "hello", "msg", ", you", NULL};
	struct stream_entry entry = read_fields("1600000000123-7", "", texts);
	assert_string_equal(entry.event.rest, "ts=tomorrow stream=events:x");
	assert_string_equal(entry.event.message, "hello, you");
	assert_true(entry.event.wall_ms == INT64_C(1600000000123));
	/* it is used again: nothing of the one before is left */
	stream_entry_begin(&entry, "1600000000124-0", 15);
	stream_entry_name(&entry, "raw", 3);
	stream_entry_value(&entry, "a\0b", 3);
	stream_entry_end(&entry, "stream=s", "");
	assert_string_equal(entry.event.message, "raw=a b stream=s");
	assert_string_equal(entry.event.rest, "");
	stream_entry_release(&entry);
}

static void what_is_too_long_is_cut_where_it_is_too_long(void **state)
{
	(void)state;
	static char text[9000];
	struct stream_entry entry;
	memset(text, 'x', sizeof(text));
	stream_entry_init(&entry, &fields);
	stream_entry_begin(&entry, "1-1", 3);
	for (int i = 0; i < 40; i++) {
		stream_entry_name(&entry, "name", 4);
		stream_entry_value(&entry, text, sizeof(text));
	}
	stream_entry_name(&entry, "msg", 3);
	stream_entry_value(&entry, "short", 5);
	stream_entry_end(&entry, "stream=s", "");
	assert_string_equal(entry.event.message, "short");
	assert_in_range(strlen(entry.event.rest), 16384, 16384 + 4200);
	assert_non_null(strstr(entry.event.rest, "x\xe2\x80\xa6 name="));
	stream_entry_release(&entry);
}

static void times_are_read_in_every_usual_unit(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t wall_ms;
	} cases[] = {
		{"1700000000", INT64_C(1700000000000)},
		{"1700000000.5", INT64_C(1700000000500)},
		{"1700000000123", INT64_C(1700000000123)},
		{"1700000000123456", INT64_C(1700000000123)},
		{"2023-11-14T22:13:20Z", INT64_C(1700000000000)},
		{"2023-11-14T22:13:20.250+00:00", INT64_C(1700000000250)},
		{"", LOG_NO_TIME},
		{"soon", LOG_NO_TIME},
		{"-5", LOG_NO_TIME},
		{"nan", LOG_NO_TIME},
		{"1e300", LOG_NO_TIME},
		{"12x", LOG_NO_TIME},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_true(stream_time_ms(cases[i].text) == cases[i].wall_ms);
}

static void ids_are_ordered_by_time_and_then_by_number(void **state)
{
	(void)state;
	assert_true(stream_id_compare("5-1", "5-2") < 0);
	assert_true(stream_id_compare("10-0", "9-99") > 0);
	assert_true(stream_id_compare("5-10", "5-9") > 0);
	assert_int_equal(stream_id_compare("5-1", "5-1"), 0);
	assert_int_equal(stream_id_compare("", "0-0"), 0);
	assert_true(stream_id_compare("18446744073709551615-1", "1-1") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapped_fields_have_their_meaning),
		cmocka_unit_test(what_is_not_said_comes_from_the_id_and_the_stream),
		cmocka_unit_test(what_is_no_time_or_no_text_is_kept_all_the_same),
		cmocka_unit_test(what_is_too_long_is_cut_where_it_is_too_long),
		cmocka_unit_test(times_are_read_in_every_usual_unit),
		cmocka_unit_test(ids_are_ordered_by_time_and_then_by_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
