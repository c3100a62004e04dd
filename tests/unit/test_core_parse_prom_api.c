/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/parse/prom_api.h"

#define DATA(type, result)                                                                         \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":" result "}}"

static struct prom_api_answer answer;
static struct err err;

static int setup(void **state)
{
	(void)state;
	memset(&err, 0, sizeof(err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	prom_api_release(&answer);
	return 0;
}

static bool read_body(const char *body)
{
	static const struct prom_api_limits limits = {2, 3};
	prom_api_release(&answer);
	return prom_api_read(body, strlen(body), &limits, &answer, &err);
}

static void is_refused(const char *body, const char *why)
{
	assert_false(read_body(body));
	assert_string_equal(err.text, why);
	assert_null(answer.series);
}

static void is_none(const char *body, const char *why)
{
	autofree char *text = xasprintf("that is no answer of a Prometheus: %s", why);
	is_refused(body, text);
	assert_int_equal(err.code, ERR_PROTOCOL);
}

static void a_vector_has_labels_and_exact_values(void **state)
{
	(void)state;
	assert_true(read_body(DATA("vector",
		"[{\"metric\":{\"__name__\":\"up\",\"job\":\"p\"},\"value\":[1435781451.781,"
		"\"0.1\"],\"more\":{}},{\"metric\":{},\"value\":[5,\"4.9406564584124654e-324\"]}"
		"]")));
	assert_int_equal(answer.type, PROM_API_VECTOR);
	assert_int_equal(answer.series_count, 2);
	assert_int_equal(answer.series[0].label_count, 2);
	assert_string_equal(answer.series[0].labels[1].value, "p");
	assert_int_equal(answer.series[0].points[0].time_ms, INT64_C(1435781451781));
	assert_true(answer.series[0].points[0].value == 0.1);
	assert_true(answer.series[1].points[0].value == 4.9406564584124654e-324);
}

static void a_matrix_has_nan_and_the_infinities(void **state)
{
	(void)state;
	assert_true(read_body(DATA("matrix",
		"[{\"metric\":{},\"values\":[[1,\"NaN\"],[2.5,\"+Inf\"],[-3,\"-Inf\"]]}]")));
	assert_int_equal(answer.series[0].point_count, 3);
	assert_true(isnan(answer.series[0].points[0].value));
	assert_true(answer.series[0].points[1].value == (double)INFINITY);
	assert_true(answer.series[0].points[2].value == -(double)INFINITY);
	assert_int_equal(answer.series[0].points[1].time_ms, 2500);
	assert_int_equal(answer.series[0].points[2].time_ms, -3000);
}

static void a_scalar_is_one_value_and_a_string_one_text(void **state)
{
	(void)state;
	assert_true(read_body(DATA("scalar", "[1,\"9007199254740993\"]")));
	assert_true(answer.series[0].points[0].value == 9007199254740992.0);
	assert_true(read_body(DATA("string", "[1,\"a\\u00e4\"]")));
	assert_string_equal(answer.string, "aä");
	assert_int_equal(answer.series_count, 0);
}

static void an_error_has_its_type_and_its_words(void **state)
{
	(void)state;
	assert_true(read_body("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"x\","
			      "\"data\":7}"));
	assert_string_equal(answer.error_type, "bad_data");
	assert_string_equal(answer.error, "x");
	assert_true(read_body("{\"status\":\"error\",\"error\":4}"));
	assert_string_equal(answer.error_type, "");
	assert_string_equal(answer.error, "it does not say why");
}

static void warnings_and_infos_are_kept(void **state)
{
	(void)state;
	assert_true(read_body(
		"{\"status\":\"success\",\"infos\":[\"b\",7],\"warnings\":[\"a\"],\"data\":"
		"{\"resultType\":\"vector\",\"result\":[]}}"));
	assert_int_equal(answer.note_count, 2);
	assert_string_equal(answer.notes[0], "a");
	assert_string_equal(answer.notes[1], "b");
}

static void native_histograms_are_counted_and_left_out(void **state)
{
	(void)state;
	assert_true(read_body(DATA("vector",
		"[{\"metric\":{},\"histogram\":[1,{\"count\":\"3\"}]},{\"metric\":{},\"value\":[1,"
		"\"2\"]}]")));
	assert_int_equal(answer.series_count, 1);
	assert_int_equal(answer.histograms, 1);
}

static void what_is_no_answer_is_one_sentence(void **state)
{
	(void)state;
	is_none("", "it is empty");
	is_none("<html>", "it is a page of HTML");
	is_none("[]", "it has no status");
	is_none("{\"status\":7}", "it has no status");
	is_none("{\"status\":\"ok\"}", "its status is neither success nor error");
	is_none("{\"status\":\"success\"}", "its result has no type that there is");
	is_none(DATA("table", "[]"), "its result has no type that there is");
	is_none(DATA("vector", "{}"), "the result is no list");
	is_none(DATA("vector", "[7]"), "a series has no labels");
	is_none(DATA("vector", "[{\"metric\":{\"a\":1},\"value\":[1,\"1\"]}]"),
		"a label is no text");
	is_none(DATA("vector", "[{\"metric\":{}}]"), "a value is no pair of a time and a text");
	is_none(DATA("matrix", "[{\"metric\":{},\"values\":7}]"), "a series has no values");
	is_none(DATA("scalar", "[1,2]"), "a value is no pair of a time and a text");
	is_none(DATA("scalar", "[1,\"0x1\"]"), "a value is no number");
	is_none(DATA("scalar", "[1,\"\"]"), "a value is no number");
	is_none(DATA("scalar", "[1e300,\"1\"]"), "a time is no number");
	is_none(DATA("scalar", "[\"1\",\"1\"]"), "a time is no number");
}

static void what_is_larger_than_the_limits_is_refused_before_it_is_built(void **state)
{
	static const char most[] = "an answer of more than 2 series or 3 points: ask for less of "
				   "them, or with a longer step";
	autostr struct str body = STR_INIT;
	(void)state;
	is_refused(DATA("matrix", "[{\"metric\":{},\"values\":[[1,\"1\"],[2,\"1\"],[3,\"1\"],"
				  "[4,\"1\"]]}]"),
		most);
	assert_int_equal(err.code, ERR_LIMIT);
	is_refused(DATA("vector", "[{},{},{}]"), most);
	for (int i = 0; i < 100000; i++)
		str_adds(&body, "[");
	is_none(body.text, "it is nested deeper than any");
	str_clear(&body);
	str_adds(&body, "[\"[[[[[[[[[[[[[[[[[[[[,,,\\\"\"");
	for (int i = 0; i < 100000; i++)
		str_adds(&body, ",[]");
	is_refused(body.text, most);
	str_clear(&body);
	str_adds(&body, "[{}");
	for (int i = 0; i < 4103; i++)
		str_adds(&body, "{}");
	is_none(body.text, "it is no JSON");
	str_adds(&body, "{}");
	is_refused(body.text, most);
}

static void an_escape_at_the_very_end_ends_the_text(void **state)
{
	(void)state;
	is_none("\"\\", "it is no JSON");
	is_none("{\"", "it is no JSON");
}

static bool read_list(const char *body)
{
	prom_api_release(&answer);
	return prom_api_read_names(body, strlen(body), 3, &answer, &err);
}

static void names_are_a_list_of_texts(void **state)
{
	(void)state;
	assert_true(read_list("{\"status\":\"success\",\"data\":[\"a\",\"b,\\\"]\"],"
			      "\"warnings\":[\"cut\"]}"));
	assert_int_equal(answer.name_count, 2);
	assert_string_equal(answer.names[1], "b,\"]");
	assert_string_equal(answer.notes[0], "cut");
	assert_true(read_list("{\"status\":\"success\",\"data\":[]}"));
	assert_int_equal(answer.name_count, 0);
	assert_true(read_list("{\"status\":\"error\",\"error\":\"no\"}"));
	assert_string_equal(answer.error, "no");
}

static void what_is_no_list_of_names_is_refused(void **state)
{
	static const struct {
		const char *data, *why;
	} cases[] = {
		{"{}", "that is no answer of a Prometheus: there is no list of names"},
		{"null", "that is no answer of a Prometheus: there is no list of names"},
		{"[\"a\",1]", "that is no answer of a Prometheus: a name is no text"},
		{"[\"a\",\"b\",\"c\",\"d\"]", "more than 3 names"},
		{"[[[[[[[[[[[[[[[[[[\"a\"",
			"that is no answer of a Prometheus: it is nested deeper "
			"than any"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autofree char *body =
			xasprintf("{\"status\":\"success\",\"data\":%s}", cases[i].data);
		assert_false(read_list(body));
		assert_string_equal(err.text, cases[i].why);
		assert_null(answer.names);
	}
}

static void a_great_many_names_are_refused_before_they_are_built(void **state)
{
	autostr struct str body = STR_INIT;
	(void)state;
	str_adds(&body, "{\"status\":\"success\",\"data\":[");
	for (int i = 0; i < 100000; i++)
		str_adds(&body, "\"\",");
	assert_false(read_list(body.text)); /* it is not even JSON */
	assert_string_equal(err.text, "more than 3 names");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_vector_has_labels_and_exact_values),
		TEST(a_matrix_has_nan_and_the_infinities),
		TEST(a_scalar_is_one_value_and_a_string_one_text),
		TEST(an_error_has_its_type_and_its_words),
		TEST(warnings_and_infos_are_kept),
		TEST(native_histograms_are_counted_and_left_out),
		TEST(what_is_no_answer_is_one_sentence),
		TEST(what_is_larger_than_the_limits_is_refused_before_it_is_built),
		TEST(an_escape_at_the_very_end_ends_the_text),
		TEST(names_are_a_list_of_texts),
		TEST(what_is_no_list_of_names_is_refused),
		TEST(a_great_many_names_are_refused_before_they_are_built),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
