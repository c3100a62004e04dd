/* SPDX-License-Identifier: MIT */
/* Fields of a line by their names: against jansson over random lines, and as filters compare them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/needle.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_field.h"

enum { LINES = 20000 };

static const char *field(const char *line, const char *name, struct str *to)
{
	struct log_part part;
	str_clear(to);
	if (!log_field_find(line, strlen(line), name, &part))
		return NULL;
	log_part_text(line, part, to);
	return to->text;
}

static void assert_field(const char *line, const char *name, const char *value)
{
	autostr struct str text = STR_INIT;
	const char *found = field(line, name, &text);
	if (!found || !value ? found != value : strcmp(found, value) != 0)
		fail_msg("%s of %s is %s", name, line, found ? found : "not there");
}

static void keys_are_found_by_name_and_by_path(void **state)
{
	(void)state;
	const char *line = "{\"time\":1, \"req\" : {\"id\":\"a-1\",\"n\":[1,{\"id\":2}]},"
			   "\"chat\":42,\"ok\":true,\"gone\":null,\"a.b\":\"dotted\"}";
	assert_field(line, "chat", "42");
	assert_field(line, "CHAT", "42");
	assert_field(line, "req.id", "a-1");
	assert_field(line, "ok", "true");
	assert_field(line, "a.b", "dotted");
	assert_field(line, "req.n", "[1,{\"id\":2}]");
	assert_field(line, "gone", NULL);
	assert_field(line, "req.nothing", NULL);
	assert_field(line, "cha", NULL);
	assert_field("{\"a\":\"\\\"q\\\" \\u0416\",\"b\":1}", "a", "\"q\" Ж");
	assert_field("{\"a\":\"x\",\"b\":", "a", "x");
	assert_field("{\"a\":\"cut her", "a", "cut her");
}

static void what_no_key_is_called_so_is_looked_for_further_in(void **state)
{
	(void)state;
	const char *line =
		"{\"text\":\"a=1\",\"record\":{\"extra\":{\"chat\":42,\"id\":5}},\"id\":6}";
	assert_field(line, "chat", "42");
	assert_field(line, "extra.chat", "42");
	assert_field(line, "id", "6");
	assert_field(line, "record.extra.id", "5");
	assert_field(line, "a", "1");
	assert_field("{\"msg\":\"handled update_id=77, chat=8\"}", "update_id", "77");
	assert_field("{\"msg\":\"user='Ada L', k=\",\"n\":1}", "user", "Ada L");
	assert_field("{\"msg\":\"user='Ada L', k=\",\"n\":1}", "k", "");
	assert_field("{\"msg\":\"user=\\\"Ada L\\\" k=1\"}", "user", "Ada L");
	assert_field("{\"msg\":\"user=\\\"cut", "user", "cut");
	assert_field("{\"msg\":\"user='open\",\"n\":\"it's \"}", "user", "");
	assert_field("{\"msg\":\"path=C:\\\\tmp\"}", "path", "C:");
}

static void what_stands_behind_an_equals_sign_is_a_field_of_any_line(void **state)
{
	(void)state;
	const char *line =
		"10:00:01 INFO chat=42 (user=ada) \"GET /x?offset=100&limit=5\" took=1.5s.";
	assert_field(line, "chat", "42");
	assert_field(line, "user", "ada");
	assert_field(line, "offset", "100");
	assert_field(line, "limit", "5");
	assert_field(line, "took", "1.5s");
	assert_field(line, "set", NULL);
	assert_field("level=info msg=\"a \\\"b\\\" c\" url=/x?a=1&b=2 k=", "msg", "a \"b\" c");
	assert_field("level=info msg=\"a b\" url=/x?a=1&b=2 k=", "url", "/x?a=1&b=2");
	assert_field("level=info k=", "k", "");
	assert_field("update(chat_id='12', user=\"a b\")", "chat_id", "12");
	assert_field("2026-11-20T10:00:00.123456789Z stdout F {\"chat\":9}", "chat", "9");
	assert_field("2026-11-20T10:00:00.123456789Z stdout F chat=9", "chat", "9");
	assert_field("", "a", NULL);
	assert_field("=", "a", NULL);
}

static void numbers_and_spans_are_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double number;
	} cases[] = {{"12", 12}, {"-1.5", -1.5}, {"1e3", 1000}, {"98%", 98}, {"512ms", 512},
		{"1.5s", 1500}, {"250us", .25}, {"250\302\265s", .25}, {"2m", 120000},
		{"1h30m", 5400000}};
	double number;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(log_field_number(cases[i].text, strlen(cases[i].text), &number));
		assert_true(number > cases[i].number - 1e-9 && number < cases[i].number + 1e-9);
	}
	static const char *const none[] = {"", "ms", "1 2", "abc", "12parsecs", "0x"};
	for (size_t i = 0; i < COUNT_OF(none); i++)
		assert_false(log_field_number(none[i], strlen(none[i]), &number));
}

/* ---- as filters ask ---- */

static void get(const void *row, size_t column, struct filter_value *value)
{
	static struct str text = STR_INIT;
	const char *line = row;
	value->text = line;
	if (column == FILTER_FIELD)
		value->text = field(line, value->field, &text);
	value->is_known = value->text != NULL;
	value->length = value->text ? strlen(value->text) : 0;
}

static struct filter *compile(const char *expression)
{
	struct filter_schema schema = log_schema(0, 0);
	struct err err;
	size_t at;
	struct filter *filter = filter_new(expression, &schema, &at, &err);
	if (!filter)
		fail_msg("%s: %s", expression, err.text);
	return filter;
}

static bool fits(const char *expression, const char *line)
{
	struct filter *filter = compile(expression);
	bool is = filter_match(filter, get, line);
	filter_free(filter);
	return is;
}

static void fields_are_compared_as_columns_are(void **state)
{
	(void)state;
	const char *line =
		"{\"ms\":512,\"took\":\"1.5s\",\"chat\":42,\"user\":\"Ada L\",\"x\":\"a>b\"}";
	assert_true(fits("ms>500 ms<=512 ms=512 ms!=5", line));
	assert_true(fits("ms>0.5k took>1s took>=1500", line));
	assert_true(fits("took<2s and not (took<1s)", line));
	assert_false(fits("ms<512", line));
	assert_true(fits("chat=4* user=ada* user~^Ada user!~bob", line));
	assert_true(fits("user=\"ada l\"", line));
	assert_false(fits("chat=4", line));
	assert_false(fits("nothing!=4", line));
	assert_true(fits("not nothing=4", line));
	assert_false(fits("user>5", line));
	assert_true(fits("!chat=41", line));
}

static void what_is_no_comparison_is_a_word(void **state)
{
	(void)state;
	assert_true(fits("a->b", "went a->b quickly"));
	assert_true(fits("x<y", "if x<y then"));
	assert_true(fits("token=", "no token=given"));
	assert_true(fits("a==b", "if a==b then"));
	assert_true(fits("https://h?a=b", "GET https://h?a=bc"));
	assert_true(fits("foo=>bar", "{foo=>bar}"));
	assert_false(fits("a=b", "a=bc")); /* a field is compared as a whole */
	assert_true(fits("a=b*", "a=bc"));
	assert_true(fits("\"a=b\"", "a=bc")); /* in quotes it is text */
}

static void what_is_certain_stands_in_the_line(void **state)
{
	(void)state;
	static const struct {
		const char *expression, *needle;
	} cases[] = {{"chat=411249317", "411249317"}, {"ms>500", "ms"}, {"bot_name=pay*", "pay"},
		{"bot_name=p*", "bot_name"}, {"req.num!=abcdef", "req"}, {"x=plant*", "plant"},
		{"chat!=411249317", "chat"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct filter *filter = compile(cases[i].expression);
		const struct needle *needle = filter_certain(filter, 0);
		assert_non_null(needle);
		assert_int_equal(needle->length, strlen(cases[i].needle));
		assert_int_equal(
			strncasecmp((const char *)needle->bytes, cases[i].needle, needle->length),
			0);
		filter_free(filter);
	}
	struct filter *filter = compile("not chat=411249317");
	assert_null(filter_certain(filter, 0));
	filter_free(filter);
}

/* ---- random lines, against jansson ---- */

static const char *const names[] = {
	"a", "chat", "ms", "req", "num", "req.num", "User", "x_y", "a.b.c"};

static json_t *random_value(struct rng *rng, unsigned depth);

static json_t *random_object(struct rng *rng, unsigned depth)
{
	json_t *object = json_object();
	for (uint64_t i = rng_below(rng, 6); i > 0; i--)
		json_object_set_new(object, names[rng_below(rng, COUNT_OF(names))],
			random_value(rng, depth + 1));
	return object;
}

static json_t *random_text(struct rng *rng)
{
	static const char *const parts[] = {
		"a", "42", "\"", "\\", "\n", "Ж", "/", " ", "}", "{", ",", "😀"};
	autostr struct str text = STR_INIT;
	for (uint64_t i = rng_below(rng, 5); i > 0; i--)
		str_adds(&text, parts[rng_below(rng, COUNT_OF(parts))]);
	return json_string(text.text);
}

static json_t *random_value(struct rng *rng, unsigned depth)
{
	switch (rng_below(rng, depth < 4 ? 8 : 6)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(rng_below(rng, 2));
	case 2:
		return json_real((double)rng_below(rng, 1000) / 8);
	case 3:
		return json_integer((json_int_t)rng_below(rng, 50));
	case 4:
	case 5:
		return random_text(rng);
	case 6:
		return json_pack("[o,i]", random_object(rng, depth + 1), 3);
	default:
		return random_object(rng, depth);
	}
}

static const json_t *model_path(const json_t *object, const char *name)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t length = strlen(key);
		const json_t *found = NULL;
		if (json_is_object(value) && strncasecmp(name, key, length) == 0 &&
			name[length] == '.')
			found = model_path(value, name + length + 1);
		if (found)
			return found;
		if (strcasecmp(key, name) == 0 && !json_is_null(value))
			return value;
	}
	return NULL;
}

static const json_t *model_within(const json_t *object, const char *name)
{
	const json_t *found = model_path(object, name);
	const char *key;
	json_t *value;
	if (!found)
		json_object_foreach((json_t *)(uintptr_t)object, key, value)
		{
			found = json_is_object(value) ? model_within(value, name) : NULL;
			if (found)
				break;
		}
	return found;
}

static char *model_text(const json_t *value, size_t flags)
{
	return !value                  ? NULL
	       : json_is_string(value) ? xstrdup(json_string_value(value))
				       : json_dumps(value, flags | JSON_ENCODE_ANY);
}

static bool model_fits(const char *value, const char *op, unsigned number)
{
	char *end;
	double found = value ? strtod(value, &end) : 0;
	bool is_number =
		value && *value && end != value && !*end && !isspace((unsigned char)*value);
	char text[16];
	snprintf(text, sizeof(text), "%u", number);
	if (strcmp(op, "=") == 0)
		return value && strcmp(value, text) == 0;
	if (strcmp(op, "!=") == 0)
		return value && strcmp(value, text) != 0;
	return is_number && (*op == '>' ? found > number : found < number);
}

static void assert_filter(const char *line, const char *name, const char *value, struct rng *rng)
{
	static const char *const ops[] = {"=", "!=", ">", "<"};
	const char *op = ops[rng_below(rng, COUNT_OF(ops))];
	unsigned number = (unsigned)rng_below(rng, 50);
	autofree char *expression = xasprintf("%s%s%u", name, op, number);
	struct filter *filter = compile(expression);
	bool is = filter_match(filter, get, line);
	const struct needle *needle = filter_certain(filter, 0);
	if (is != model_fits(value, op, number))
		fail_msg("%s is %d of %s", expression, is, line);
	if (is && needle && !needle_find(needle, line, strlen(line)))
		fail_msg("%s is not certain in %s", expression, line);
	filter_free(filter);
}

static void fields_of_random_lines_are_those_that_jansson_finds(void **state)
{
	(void)state;
	static const size_t forms[] = {JSON_COMPACT, 0, JSON_ENSURE_ASCII, JSON_ESCAPE_SLASH};
	struct rng rng;
	autostr struct str found = STR_INIT;
	size_t there = 0;
	rng_init(&rng, 80);
	for (size_t i = 0; i < LINES; i++) {
		size_t flags = forms[rng_below(&rng, COUNT_OF(forms))];
		const char *name = names[rng_below(&rng, COUNT_OF(names))];
		json_t *object = random_object(&rng, 0);
		autofree char *line = json_dumps(object, flags);
		const json_t *value = model_within(object, name);
		autofree char *wanted = model_text(value, flags);
		const char *is = field(line, name, &found);
		/* of what is no string the JSON is as it stands in the line */
		bool same = is && wanted ? json_is_object(value) || json_is_array(value) ||
						   strcmp(is, wanted) == 0
					 : (is != NULL) == (wanted != NULL);
		if (!same)
			fail_msg("%s of %s is %s, not %s", name, line, is, wanted);
		there += is != NULL;
		if (!json_is_object(value) && !json_is_array(value))
			assert_filter(line, name, wanted, &rng);
		/* wherever it is cut */
		(void)log_field_find(
			line, rng_below(&rng, strlen(line) + 1), name, &(struct log_part){0});
		json_decref(object);
	}
	assert_in_range(there, LINES / 4, LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_found_by_name_and_by_path),
		cmocka_unit_test(what_no_key_is_called_so_is_looked_for_further_in),
		cmocka_unit_test(what_stands_behind_an_equals_sign_is_a_field_of_any_line),
		cmocka_unit_test(numbers_and_spans_are_numbers),
		cmocka_unit_test(fields_are_compared_as_columns_are),
		cmocka_unit_test(what_is_no_comparison_is_a_word),
		cmocka_unit_test(what_is_certain_stands_in_the_line),
		cmocka_unit_test(fields_of_random_lines_are_those_that_jansson_finds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
