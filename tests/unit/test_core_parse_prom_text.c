/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/parse/prom_text.h"

static const char scrape[] =
	"# HELP http_requests_total The total number of HTTP requests.\n"
	"# TYPE http_requests_total counter\n"
	"http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
	"http_requests_total{ method = \"a\\\\b\\\"c\\nd\" , } 3\n"
	"\r\n"
	"# any comment\n"
	"bare 12.47\r\n"
	"weird{problem=\"division by zero\"} +Inf -3982045\n"
	"# TYPE rpc histogram\n"
	"rpc_bucket{le=\"+Inf\"} 144320 # {trace_id=\"x\"} 0.67\n"
	"rpc_sum 5.3e+07\n"
	"rpcs NaN\n"
	"open{} 1 1795168821.744\n"
	"# EOF";

static struct prom_sample samples[16];

static size_t read_all(const char *text, size_t length, struct err *ret_err)
{
	struct prom_reader reader = {.text = text, .length = length};
	size_t count = 0;
	for (;;) {
		enum prom_result result = prom_next(&reader, &samples[count], ret_err);
		if (result == PROM_BAD)
			return SIZE_MAX;
		if (result == PROM_END)
			return count;
		if (count < COUNT_OF(samples) - 1)
			count++;
	}
}

static void assert_name(size_t index, const char *name)
{
	assert_int_equal(samples[index].name.length, strlen(name));
	assert_memory_equal(samples[index].name.text, name, strlen(name));
}

static void a_scrape_is_read_sample_by_sample(void **state)
{
	(void)state;
	struct err err = {0};
	size_t count = read_all(scrape, sizeof(scrape) - 1, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(count, 8);
	assert_name(0, "http_requests_total");
	assert_int_equal(samples[0].type, PROM_COUNTER);
	assert_int_equal(samples[0].label_count, 2);
	assert_true(samples[0].value == 1027 && samples[0].has_time &&
		    samples[0].time_ms == INT64_C(1395066363000));
	autostr struct str text = STR_INIT;
	prom_labels_text(&samples[0], &text);
	assert_string_equal(text.text, "code=200,method=post");
	str_clear(&text);
	prom_label_value(&samples[1].labels[0], &text);
	assert_string_equal(text.text, "a\\b\"c\nd");
	assert_int_equal(samples[1].label_count, 1);
	assert_false(samples[1].has_time);
	assert_int_equal(samples[2].type, PROM_UNTYPED);
	assert_true(isinf(samples[3].value) && samples[3].time_ms == -3982045);
	assert_int_equal(samples[4].type, PROM_HISTOGRAM);
	assert_true(samples[5].value == 5.3e7);
	assert_int_equal(samples[5].type, PROM_HISTOGRAM);
	assert_int_equal(samples[6].type, PROM_UNTYPED);
	assert_true(isnan(samples[6].value));
	assert_true(samples[7].time_ms == INT64_C(1795168821744));
}

static void a_bad_line_is_refused_with_its_line_and_byte(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} cases[] = {{"a 1\nb\n", "line 2, byte 1: the value is no number"},
		{"a x\n", "line 1, byte 2: the value is no number"},
		{"a 1 x", "line 1, byte 4: the time is no number"},
		{"a 1 2 3", "line 1, byte 6: text follows the sample"},
		{"9a 1", "line 1, byte 0: the name of a metric is missing"},
		{"a{b} 1", "line 1, byte 3: '=' is missing behind a label's name"},
		{"a{b=1} 1", "line 1, byte 4: a label's value in quotes is missing"},
		{"a{b=\"1} 1", "line 1, byte 5: the label's value is never closed"},
		{"a{b=\"1\" c=\"2\"} 1", "line 1, byte 8: ',' or '}' is missing behind a label"},
		{"a{,} 1", "line 1, byte 2: a label's name is missing"},
		{"<html>", "line 1, byte 0: the name of a metric is missing"},
		{"a 1e", "line 1, byte 2: the value is no number"}};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = {0};
		assert_true(read_all(cases[i].text, strlen(cases[i].text), &err) == SIZE_MAX);
		assert_string_equal(err.text, cases[i].said);
	}
}

static void bounds_hold(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	struct err err = {0};
	str_adds(&text, "a{");
	for (int i = 0; i < 65; i++)
		str_addf(&text, "l%d=\"x\",", i);
	str_adds(&text, "} 1\n");
	assert_true(read_all(text.text, text.length, &err) == SIZE_MAX);
	assert_non_null(strstr(err.text, "too many labels"));
	str_clear(&text);
	for (int i = 0; i < 513; i++)
		str_addch(&text, 'a');
	assert_true(read_all(text.text, text.length, &err) == SIZE_MAX);
	str_clear(&text);
	str_adds(&text, "a{b=\"");
	for (int i = 0; i < 8193; i++)
		str_addch(&text, 'a');
	str_adds(&text, "\"} 1");
	assert_true(read_all(text.text, text.length, &err) == SIZE_MAX);
	assert_non_null(strstr(err.text, "too long"));
}

static void a_scrape_cut_at_any_byte_never_overruns(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof(scrape) - 1; length++) {
		struct err err;
		autostr struct str text = STR_INIT;
		autofree char *cut = xmemdup(scrape, length ? length : 1);
		size_t count = read_all(cut, length, &err);
		if (count != SIZE_MAX && count > 0)
			prom_labels_text(&samples[count - 1], &text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scrape_is_read_sample_by_sample),
		cmocka_unit_test(a_bad_line_is_refused_with_its_line_and_byte),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(a_scrape_cut_at_any_byte_never_overruns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
