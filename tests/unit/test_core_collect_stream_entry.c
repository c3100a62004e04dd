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
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/stream_entry.h"
#include "core/conf/settings.h"
#include "core/parse/log_field.h"
#include "core/parse/log_line.h"
#include "core/parse/log_pretty.h"

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
	assert_string_equal(entry.event.message, "raw=\"a b\" stream=s");
	assert_string_equal(entry.event.rest, "");
	stream_entry_release(&entry);
}

struct found {
	const char *name;
	struct str value;
};

static bool take(void *context, const char *text, const struct log_field *field)
{
	struct found *found = context;
	if (field->name.length == strlen(found->name) &&
		memcmp(text + field->name.offset, found->name, field->name.length) == 0)
		log_part_text(text, field->value, &found->value);
	return true;
}

/* By all who look for fields in a line, with a message before it or without. */
static void assert_read_again(const char *line, const char *name, const char *value)
{
	autostr struct str text = STR_INIT;
	struct found found = {name, STR_INIT};
	struct log_part part;
	assert_true(log_field_find(line, strlen(line), name, &part));
	log_part_text(line, part, &text);
	assert_string_equal(text.text, value);
	(void)log_pretty_walk(line, strlen(line), take, &found);
	assert_string_equal(found.value.text, value);
	str_release(&found.value);
}

static void a_value_is_one_where_fields_are_looked_for(void **state)
{
	(void)state;
	static const char *const values[] = {"ada", "Ada L", "Ada L.", "1,5", "/x?chat=42&upd=5",
		"(a) b", "say \"hi\"", "{\"a\":\"b c\"}", "it's", "C:\\dir", "-100", "12.5", "a.",
		"[1,2]", "\xd0\x90\xd0\xb4\xd0\xb0 L", "it's \xe2\x80\xa6"};
	for (size_t i = 0; i < COUNT_OF(values) * 2; i++) {
		const char *value = values[i / 2];
		const char *const texts[] = {"type", "paid", "user", value, "n", "1",
			i % 2 ? "msg" : NULL, "something was paid", NULL};
		struct stream_entry entry = read_fields("1600000000123-7", "", texts);
		autofree char *line = xasprintf("%s %s", entry.event.message, entry.event.rest);
		assert_read_again(line, "user", value);
		assert_read_again(line, "n", "1");
		assert_read_again(line, "stream", "events:x");
		stream_entry_release(&entry);
	}
}

/* With backslashes in it a secret would not be found. */
static void nothing_of_a_value_is_escaped(void **state)
{
	(void)state;
	static const struct {
		const char *value, *kept;
	} cases[] = {
		{"a \"b\" it's", "a \"b\" it's"}, {"a\\b c", "a\\b c"}, {"a \"b\"", "'a \"b\"'"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *const texts[] = {"msg", "m", "v", cases[i].value, NULL};
		struct stream_entry entry = read_fields("1600000000123-7", "", texts);
		autofree char *rest = xasprintf("v=%s stream=events:x", cases[i].kept);
		assert_string_equal(entry.event.rest, rest);
		stream_entry_release(&entry);
	}
}

static void a_name_with_a_blank_is_quoted_as_well(void **state)
{
	(void)state;
	autofree char *plain = stream_origin("events:x"), *odd = stream_origin("my events");
	assert_string_equal(plain, "stream=events:x");
	assert_string_equal(odd, "stream=\"my events\"");
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

/* The time of an id is read eight digits at once. */
static void an_id_is_a_time_as_far_as_it_is_digits(void **state)
{
	static const struct {
		const char *id;
		int64_t wall_ms;
	} ids[] = {{"1700000000123-4", INT64_C(1700000000123)}, {"12345678-0", 12345678},
		{"1234567-0", 1234567}, {"12345678", 12345678}, {"1234567/8-0", 1234567},
		{"1234567:8-0", 1234567}, {"123p5678-0", 123},
		{"1\xfa"
		 "345678-0",
			1},
		{"-12345678", LOG_NO_TIME}, {"x2345678-0", LOG_NO_TIME},
		{"999999999999999999-0", INT64_C(999999999999999999)},
		{"9999999999999999999-0", LOG_NO_TIME}, {"", LOG_NO_TIME}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		static const char *const none[] = {NULL};
		struct stream_entry entry = read_fields(ids[i].id, "", none);
		if (entry.event.wall_ms != ids[i].wall_ms)
			fail_msg("%s: %lld", ids[i].id, (long long)entry.event.wall_ms);
		stream_entry_release(&entry);
	}
}

/* Names that begin alike, are as long, or are not mapped at all. */
static void a_name_is_that_field_alone(void **state)
{
	(void)state;
	static char same[] = "same", near[] = "sand", none[] = "";
	static const struct conf_fields twice = {.bot = same,
		.level = near,
		.msg = same,
		.ts = none,
		.type = none,
		.correlation_id = none};
	struct stream_entry entry;
	stream_entry_init(&entry, &twice);
	stream_entry_begin(&entry, "1-1", 3);
	static const char *const texts[] = {"sand", "warn", "same", "shop", "samt", "1", "", "2",
		"sam", "3", "sames", "4", NULL};
	for (size_t i = 0; texts[i]; i++)
		if (i % 2)
			stream_entry_value(&entry, texts[i], strlen(texts[i]));
		else
			stream_entry_name(&entry, texts[i], strlen(texts[i]));
	stream_entry_end(&entry, "stream=x", "");
	assert_string_equal(entry.event.bot, "shop");
	assert_int_equal(entry.event.level, LOG_LEVEL_WARN);
	assert_string_equal(entry.event.message, "samt=1 =2 sam=3 sames=4 stream=x");
	stream_entry_release(&entry);
}

/* Where copies of 8, of 16 and of more bytes begin and end. */
static void a_value_of_any_length_is_whole(void **state)
{
	char value[100];
	(void)state;
	for (size_t length = 0; length < sizeof(value); length++) {
		for (size_t i = 0; i < length; i++)
			value[i] = (char)('a' + i % 26);
		value[length] = '\0';
		const char *const texts[] = {
			"msg", value, "other", value, "a_name_of_many_letters", value, NULL};
		struct stream_entry entry = read_fields("1-1", "", texts);
		autofree char *rest = xasprintf(
			"other=%s a_name_of_many_letters=%s stream=events:x", value, value);
		if (length)
			assert_string_equal(entry.event.rest, rest);
		assert_int_equal(entry.event.rest_length, strlen(entry.event.rest));
		if (length)
			assert_string_equal(entry.event.message, value);
		assert_int_equal(entry.event.message_length, strlen(entry.event.message));
		stream_entry_release(&entry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapped_fields_have_their_meaning),
		cmocka_unit_test(what_is_not_said_comes_from_the_id_and_the_stream),
		cmocka_unit_test(what_is_no_time_or_no_text_is_kept_all_the_same),
		cmocka_unit_test(a_value_is_one_where_fields_are_looked_for),
		cmocka_unit_test(nothing_of_a_value_is_escaped),
		cmocka_unit_test(a_name_with_a_blank_is_quoted_as_well),
		cmocka_unit_test(what_is_too_long_is_cut_where_it_is_too_long),
		cmocka_unit_test(times_are_read_in_every_usual_unit),
		cmocka_unit_test(ids_are_ordered_by_time_and_then_by_number),
		cmocka_unit_test(an_id_is_a_time_as_far_as_it_is_digits),
		cmocka_unit_test(a_name_is_that_field_alone),
		cmocka_unit_test(a_value_of_any_length_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
