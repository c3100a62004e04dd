/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <hiredis/hiredis.h>

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

/* A reply with these fields, which end with NULL. */
static struct stream_entry read_fields(const char *id, const char *bot, const char *const *texts)
{
	redisReply parts[16] = {0}, *list[16], reply = {.type = REDIS_REPLY_ARRAY, .element = list};
	struct stream_entry entry = {0};
	for (; texts[reply.elements]; reply.elements++) {
		redisReply *part = &parts[reply.elements];
		part->type = REDIS_REPLY_STRING;
		part->len = strlen(texts[reply.elements]);
		part->str = (char *)(uintptr_t)texts[reply.elements];
		list[reply.elements] = part;
	}
	stream_entry_read(&entry, &fields, "events:x", bot, id, &reply);
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
	static const char *const texts[] = {"type", "paid", "n", "1", "odd", NULL};
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
		cmocka_unit_test(times_are_read_in_every_usual_unit),
		cmocka_unit_test(ids_are_ordered_by_time_and_then_by_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
