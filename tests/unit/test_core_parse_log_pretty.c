/* SPDX-License-Identifier: MIT */
/* All fields of a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "core/parse/log_field.h"
#include "core/parse/log_pretty.h"

/* `depth name kind value;` each. */
struct told {
	struct str text;
	size_t count, most;
};

static bool take(void *context, const char *text, const struct log_field *field)
{
	struct told *told = context;
	str_addf(&told->text, "%u ", field->depth);
	log_part_text(text, field->name, &told->text);
	str_addf(&told->text, " %c ", "tnwol~"[field->kind]);
	log_part_text(text, field->value, &told->text);
	str_adds(&told->text, ";");
	return ++told->count < told->most;
}

static void assert_fields(const char *line, enum log_form form, const char *expected)
{
	struct told told = {.text = STR_INIT, .most = SIZE_MAX};
	assert_int_equal(log_pretty_walk(line, strlen(line), take, &told), form);
	assert_string_equal(told.text.text, expected);
	str_release(&told.text);
}

static void an_object_is_told_with_what_is_nested_in_it(void **state)
{
	(void)state;
	assert_fields("{\"level\":30,\"msg\":\"hi "
		      "\\\"you\\\"\",\"ctx\":{\"chat\":-100.5,\"tags\":[\"a\",true,"
		      "{}]},\"none\":null}",
		LOG_JSON,
		"0 level n 30;0 msg t hi \"you\";0 ctx o ;1 chat n -100.5;1 tags l ;2  t a;2  w "
		"true;"
		"2  o ;0 none w null;");
	assert_fields("{}", LOG_JSON, "");
	assert_fields(" { \"a\" : [ ] , \"b\" : 1e+3 } ", LOG_JSON, "0 a l ;0 b n 1e+3;");
}

static void what_cannot_be_read_is_not_left_out(void **state)
{
	(void)state;
	assert_fields("{\"a\":1,oops}", LOG_JSON, "0 a n 1;0  ~ oops};");
	assert_fields("{\"a\":1} and more", LOG_JSON, "0 a n 1;0  ~ and more;");
	assert_fields("{\"a\":\"cut of", LOG_JSON, "0 a t cut of;");
	assert_fields("{\"a\":{\"b\":", LOG_JSON, "0 a o ;0  ~ \"b\":;");
	assert_fields("{\"a\":[1,,2]}", LOG_JSON, "0 a l ;1  n 1;0  ~ ,2]};");
}

static void what_is_nested_too_deep_is_one_value(void **state)
{
	autostr struct str line = STR_INIT;
	struct told told = {.text = STR_INIT, .most = SIZE_MAX};
	(void)state;
	str_adds(&line, "{\"a\":");
	for (int i = 0; i < 60; i++)
		str_adds(&line, "[");
	for (int i = 0; i < 60; i++)
		str_adds(&line, "]");
	str_adds(&line, ",\"z\":1}");
	assert_int_equal(log_pretty_walk(line.text, line.length, take, &told), LOG_JSON);
	assert_non_null(strstr(told.text.text, "23  ~ [[[[["));
	assert_non_null(strstr(told.text.text, ";0 z n 1;"));
	str_release(&told.text);
}

static void logfmt_is_told_with_the_words_between(void **state)
{
	(void)state;
	assert_fields("ts=2026-11-20T10:00:21Z level=info msg=\"a \\\"b\\\" c\" stray word ms=12.5 "
		      "ok=true",
		LOG_LOGFMT,
		"0 ts t 2026-11-20T10:00:21Z;0 level t info;0 msg t a \"b\" c;0  ~ stray word;0 ms "
		"n 12.5;"
		"0 ok w true;");
	assert_fields("a= b=\"", LOG_LOGFMT, "0 a t ;0 b t ;");
}

static void pairs_in_a_line_for_people_are_told_and_nothing_else(void **state)
{
	(void)state;
	assert_fields("12:00:01 WARN flood (retry_after=3, chat=-100) see http://x/?q=1", LOG_TEXT,
		"0 retry_after n 3;0 chat n -100;0 q n 1;");
	assert_fields("1=2 and -x=3 are no names", LOG_TEXT, "");
	assert_fields("", LOG_TEXT, "");
}

/* As filters find them (log_field_find). */
static void a_value_ends_where_a_filter_takes_it_to_end(void **state)
{
	static const struct {
		const char *line, *name, *value;
	} cases[] = {{"came user='Ada L' from afar", "user", "Ada L"},
		{"event='it broke' level='info'", "level", "info"},
		{"event='it broke' level='info'", "event", "it broke"},
		{"GET /x?chat=42&upd=5", "chat", "42"}, {"GET /x?chat=42&upd=5", "upd", "5"},
		{"got a=1,b=2.", "a", "1"}, {"got a=1,b=2.", "b", "2"},
		{"got path=C:\\tmp now", "path", "C:\\tmp"}, {"in <b a=1>", "a", "1"},
		{"it has k='open and more", "k", ""}, {"k='open and=more", "k", "'open"},
		{"said \"q=1\" here", "q", "1"}, {"a=x\"y\" b=2", "a", "x\"y\""},
		{"the \xd0\xb8\xd0\xbc\xd1\x8f=Ada L", "\xd0\xb8\xd0\xbc\xd1\x8f", "Ada"},
		{"a=1\r", "a", "1"}, {"a='x\\'", "a", "'x\\'"}, {"a='", "a", "'"}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct told told = {.text = STR_INIT, .most = SIZE_MAX};
		autostr struct str found = STR_INIT, wanted = STR_INIT;
		const char *line = cases[i].line;
		struct log_part part;
		assert_true(log_field_find(line, strlen(line), cases[i].name, &part));
		log_part_text(line, part, &found);
		assert_string_equal(found.length ? found.text : "", cases[i].value);
		(void)log_pretty_walk(line, strlen(line), take, &told);
		for (const char *kind = "tnw"; *kind; kind++)
			str_addf(&wanted, "0 %s %c %s;%s", cases[i].name, *kind, cases[i].value,
				kind[1] ? "\n" : "");
		bool is_told = false;
		for (char *rest = NULL, *way = strtok_r(wanted.text, "\n", &rest); way;
			way = strtok_r(NULL, "\n", &rest))
			is_told |= strstr(told.text.text, way) != NULL;
		if (!is_told)
			fail_msg("%s of %s is told as %s", cases[i].name, line, told.text.text);
		str_release(&told.text);
	}
}

static void the_line_in_the_envelope_of_a_container_counts(void **state)
{
	(void)state;
	assert_fields("2026-11-20T10:00:21.744111222Z stdout F {\"a\":1}", LOG_JSON, "0 a n 1;");
	assert_fields(
		"2026-11-20T10:00:21.744111222Z stderr F a=1 b=c", LOG_LOGFMT, "0 a n 1;0 b t c;");
}

static void who_has_seen_enough_hears_no_more(void **state)
{
	static const char line[] = "{\"a\":1,\"b\":{\"c\":2},\"d\":3} rest";
	struct told told = {.text = STR_INIT, .most = 2};
	(void)state;
	(void)log_pretty_walk(line, strlen(line), take, &told);
	assert_string_equal(told.text.text, "0 a n 1;0 b o ;");
	str_release(&told.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_told_with_what_is_nested_in_it),
		cmocka_unit_test(what_cannot_be_read_is_not_left_out),
		cmocka_unit_test(what_is_nested_too_deep_is_one_value),
		cmocka_unit_test(logfmt_is_told_with_the_words_between),
		cmocka_unit_test(pairs_in_a_line_for_people_are_told_and_nothing_else),
		cmocka_unit_test(a_value_ends_where_a_filter_takes_it_to_end),
		cmocka_unit_test(the_line_in_the_envelope_of_a_container_counts),
		cmocka_unit_test(who_has_seen_enough_hears_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
