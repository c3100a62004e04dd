/* SPDX-License-Identifier: MIT */
/* Both formats by tables: what is read, and what is refused at which place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
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
	"rpc_bucket{le=\"+Inf\"} 144320\n"
	"rpc_sum 5.3e+07\n"
	"rpcs NaN\n"
	"open{} 1 1795168821744";

static const char openmetrics[] =
	"# TYPE http_seconds histogram\n"
	"# UNIT http_seconds seconds\n"
	"# HELP http_seconds time of a call\n"
	"http_seconds_bucket{le=\"0.1\"} 3 # {trace_id=\"KOO5S4vxi0o\"} 0.067\n"
	"http_seconds_bucket{le=\"+Inf\"} 4 1520879607.789 # {trace_id=\"x\"} 9 1520879607.5\n"
	"http_seconds_count 4\n"
	"http_seconds_sum 1.5\n"
	"# TYPE jobs counter\n"
	"jobs_total{q=\"a\"} 17 1795168821.744\n"
	"jobs_created{q=\"a\"} 1795168821.744\n"
	"# TYPE build info\n"
	"build_info{version=\"1.2\"} 1\n"
	"# TYPE state stateset\n"
	"state{state=\"on\"} 1\n"
	"# TYPE load gaugehistogram\n"
	"load_bucket{le=\"+Inf\"} 2\n"
	"load_gcount 2\n"
	"load_gsum -7\n"
	"# TYPE rpc summary\n"
	"rpc{quantile=\"0.5\"} NaN\n"
	"# TYPE nobody unknown\n"
	"nobody -1\n"
	"bare 1e3\n"
	"{\"my.metric\",a=\"b\"} 5\n"
	"# EOF\n";

static struct prom_sample samples[32];

static size_t read_as(enum prom_format format, const char *text, size_t length, struct err *ret_err)
{
	struct prom_reader reader;
	size_t count = 0;
	enum prom_result result;
	prom_begin(&reader, text, length, format);
	while ((result = prom_read(&reader, &samples[count], ret_err)) == PROM_SAMPLE)
		count += count < COUNT_OF(samples) - 1;
	prom_end(&reader);
	return result == PROM_BAD ? SIZE_MAX : count;
}

static size_t read_all(const char *text, size_t length, struct err *ret_err)
{
	return read_as(PROM_GUESS, text, length, ret_err);
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

static void openmetrics_is_told_by_its_end_and_read_by_its_rules(void **state)
{
	(void)state;
	static const enum prom_type types[] = {PROM_HISTOGRAM, PROM_HISTOGRAM, PROM_HISTOGRAM,
		PROM_HISTOGRAM, PROM_COUNTER, PROM_COUNTER, PROM_INFO, PROM_STATESET,
		PROM_GAUGEHISTOGRAM, PROM_GAUGEHISTOGRAM, PROM_GAUGEHISTOGRAM, PROM_SUMMARY,
		PROM_UNTYPED, PROM_UNTYPED, PROM_UNTYPED};
	struct err err = {0};
	size_t count = read_all(openmetrics, sizeof(openmetrics) - 1, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(count, COUNT_OF(types));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(samples[i].type, types[i]);
	assert_false(samples[0].has_time);
	assert_true(samples[0].value == 3 && samples[1].time_ms == INT64_C(1520879607789));
	assert_true(samples[4].time_ms == INT64_C(1795168821744));
	assert_name(14, "my.metric");
	assert_int_equal(samples[14].label_count, 1);
}

static void a_content_type_tells_the_format(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		enum prom_format format;
	} cases[] = {{"", PROM_GUESS}, {"text/plain; version=0.0.4", PROM_TEXT},
		{"application/openmetrics-text", PROM_OPENMETRICS},
		{"Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", PROM_OPENMETRICS},
		{"application/openmetrics-textual", PROM_TEXT}, {"application/json", PROM_TEXT}};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(prom_format_of(cases[i].type), cases[i].format);
	struct err err = {0};
	static const char mixed[] = "a 1 5\n# EOF\n";
	assert_int_equal(read_as(PROM_TEXT, mixed, sizeof(mixed) - 1, &err), 1);
	assert_true(samples[0].time_ms == 5);
	assert_int_equal(read_as(PROM_GUESS, mixed, sizeof(mixed) - 1, &err), 1);
	assert_true(samples[0].time_ms == 5000);
}

struct bad {
	const char *text, *said;
};

static void assert_refused(enum prom_format format, const struct bad *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err err = {0};
		if (read_as(format, cases[i].text, strlen(cases[i].text), &err) != SIZE_MAX)
			fail_msg("taken: %s", cases[i].text);
		assert_string_equal(err.text, cases[i].said);
	}
}

static void a_bad_line_of_text_is_refused_at_its_place(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{"a 1\nb\n", "2:2: the value is missing"},
		{"a x\n", "1:3: the value is no number"},
		{"a 1 x", "1:5: the time is no whole number of milliseconds"},
		{"a 1 1.5", "1:5: the time is no whole number of milliseconds"},
		{"a 1 9223372036854775808", "1:5: the time is no whole number of milliseconds"},
		{"a 1 2 3", "1:7: text follows the sample"},
		{"a 1 # {x=\"y\"} 1", "1:5: the time is no whole number of milliseconds"},
		{"9a 1", "1:1: the name of a metric is missing"},
		{"a-b 1", "1:2: a blank is missing before the value"},
		{"a{b} 1", "1:4: '=' is missing behind a label's name"},
		{"a{b=1} 1", "1:5: a label's value in quotes is missing"},
		{"a{b='1'} 1", "1:5: a label's value in quotes is missing"},
		{"a{b=\"1} 1", "1:5: the label's value is never closed"},
		{"a{b=\"1\\\"} 1\nc 1\n", "1:5: the label's value is never closed"},
		{"a{b=\"1\nc\"} 1", "1:5: the label's value is never closed"},
		{"a{b=\"1\" c=\"2\"} 1", "1:9: ',' or '}' is missing behind a label"},
		{"a{b=\"1\"", "1:8: ',' or '}' is missing behind a label"},
		{"a{,} 1", "1:3: a label's name is missing"},
		{"a{b=\"1\",,} 1", "1:9: a label's name is missing"},
		{"a{b:c=\"1\"} 1", "1:4: '=' is missing behind a label's name"},
		{"a{1b=\"1\"} 1", "1:3: a label's name is missing"},
		{"a{b=\"1\",c=\"2\",b=\"3\"} 1", "1:15: a label of that name stands there already"},
		{"a{b=\"1\",\"b\"=\"3\"} 1", "1:9: a label of that name stands there already"},
		{"a{__name__=\"b\"} 1", "1:3: the name of a metric is no label"},
		{"a{b=\"x\xff\"} 1", "1:7: this byte is no UTF-8"},
		{"a{b=\"\xc3\xa4\xed\xa0\x80\"} 1", "1:8: this byte is no UTF-8"},
		{"{} 1", "1:2: the name of a metric is missing"},
		{"{b=\"1\"} 1", "1:2: the name of a metric is missing"},
		{"{\"\"} 1", "1:2: the name of a metric is empty"},
		{"\"a\" 1", "1:1: a name in quotes stands behind '{'"},
		{"{\"a\" b=\"c\"} 1", "1:6: ',' or '}' is missing behind the name"},
		{"{\"a\",\"b\"} 1", "1:9: '=' is missing behind a label's name"},
		{"{\"a} 1", "1:2: the name of a metric is never closed"},
		{"{\"my.metric\"} 1\nmy.metric 1", "2:3: a blank is missing before the value"},
		{"<html>", "1:1: the name of a metric is missing"},
		{"a 1e", "1:3: the value is no number"},
		{"a 0x10", "1:3: the value is no number"},
		{"a 0x1p4", "1:3: the value is no number"},
		{"a 1_000", "1:3: the value is no number"},
		{"a +NaN", "1:3: the value is no number"},
		{"a .", "1:3: the value is no number"},
		{"a --1", "1:3: the value is no number"},
		{"a 1,5", "1:3: the value is no number"},
		{"a 1e400", "1:3: the value is larger than a number can be"},
		{"# TYPE a counters\n", "1:10: no type of this format"},
		{"# TYPE a info\n", "1:10: no type of this format"},
		{"# TYPE a counter \n", "1:10: no type of this format"},
		{"# TYPE a\n", "1:9: no type of this format"},
		{"# TYPE 9a counter\n", "1:8: the name of a metric is missing"},
		{"# HELP a-b c\n", "1:9: a blank is missing behind the name"},
		{"# HELP a \xff\n", "1:10: this help is no UTF-8"},
	};
	assert_refused(PROM_TEXT, cases, COUNT_OF(cases));
}

static void a_bad_line_of_openmetrics_is_refused_at_its_place(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{"", "1:1: the last line is not '# EOF'"},
		{"a 1\n", "2:1: the last line is not '# EOF'"},
		{"a 1\n# EOF\na 1\n", "3:1: text follows '# EOF'"},
		{"a 1\n# EOF\n\n", "3:1: text follows '# EOF'"},
		{"a 1\n# EOF \n", "2:1: no HELP, TYPE, UNIT or EOF"},
		{"a 1\n\n# EOF\n", "2:1: an empty line"},
		{" a 1\n# EOF\n", "1:1: the name of a metric is missing"},
		{"a  1\n# EOF\n", "1:3: the value is no number"},
		{"a\t1\n# EOF\n", "1:2: a blank is missing before the value"},
		{"a 1\r\n# EOF\n", "1:3: the value is no number"},
		{"a 1 \n# EOF\n", "1:5: a blank ends the line"},
		{"a{b=\"c\"}1\n# EOF\n", "1:9: a blank is missing before the value"},
		{"a{b=\"c\",} 1\n# EOF\n", "1:9: a label's name is missing"},
		{"{\"a\",} 1\n# EOF\n", "1:6: a label is missing behind ','"},
		{"a{ b=\"c\"} 1\n# EOF\n", "1:3: a label's name is missing"},
		{"a{b =\"c\"} 1\n# EOF\n", "1:4: '=' is missing behind a label's name"},
		{"#TYPE a gauge\n# EOF\n", "1:2: a blank is missing behind '#'"},
		{"# a comment\n# EOF\n", "1:1: no HELP, TYPE, UNIT or EOF"},
		{"# TYPE a untyped\n# EOF\n", "1:10: no type of this format"},
		{"# TYPE a gauge\n# TYPE a gauge\n# EOF\n", "2:10: a second TYPE of that family"},
		{"# HELP a b\n# HELP a b\n# EOF\n", "2:10: a second HELP of that family"},
		{"# UNIT a_s s\n# UNIT a_s s\n# EOF\n", "2:12: a second UNIT of that family"},
		{"# UNIT a_s seconds\n# EOF\n", "1:12: the family's name does not end in its unit"},
		{"# UNIT s s\n# EOF\n", "1:10: the family's name does not end in its unit"},
		{"a 1\n# TYPE a gauge\n# EOF\n", "2:8: its samples came before"},
		{"# TYPE a gauge\na 1\n# HELP a b\n# EOF\n", "3:8: its samples came before"},
		{"a 1\nb 1\na{c=\"d\"} 1\n# EOF\n",
			"3:1: its family came before: lines of one stand together"},
		{"# TYPE a gauge\n# TYPE b gauge\na 1\n# EOF\n",
			"3:1: its family came before: lines of one stand together"},
		{"# TYPE a gauge\n# TYPE b gauge\n# HELP a b\n# EOF\n",
			"3:8: its family came before: lines of one stand together"},
		{"# TYPE a counter\na 1\n# EOF\n",
			"2:1: a sample of a family of type counter is not so named"},
		{"# TYPE a gauge\na_total 1\n# EOF\n",
			"2:1: a sample of a family of type gauge is not so named"},
		{"# TYPE a histogram\na_gsum 1\n# EOF\n",
			"2:1: a sample of a family of type histogram is not so named"},
		{"# TYPE a counter\na_total -1\n# EOF\n", "2:9: it counts: its value is 0 or more"},
		{"# TYPE a counter\na_total NaN\n# EOF\n",
			"2:9: it counts: its value is 0 or more"},
		{"# TYPE a info\na_info 2\n# EOF\n", "2:8: the value of an info is 1"},
		{"# TYPE a stateset\na{a=\"b\"} 2\n# EOF\n",
			"2:10: the value of a state is 0 or 1"},
		{"# TYPE a stateset\na{b=\"b\"} 1\n# EOF\n",
			"2:1: a stateset has a label of its own name"},
		{"# TYPE a histogram\na_bucket 1\n# EOF\n", "2:1: its label 'le' is missing"},
		{"# TYPE a histogram\na_bucket{le=\"x\"} 1\n# EOF\n",
			"2:14: the value of the label 'le' is no number"},
		{"# TYPE a summary\na 1\n# EOF\n", "2:1: its label 'quantile' is missing"},
		{"a 1 # {b=\"c\"} 1\n# EOF\n", "1:5: only counters and buckets have exemplars"},
		{"# TYPE a counter\na_total 1 # 1\n# EOF\n",
			"2:13: the labels of an exemplar are missing"},
		{"# TYPE a counter\na_total 1 # {b=\"c} 1\n# EOF\n",
			"2:16: the label's value is never closed"},
		{"# TYPE a counter\na_total 1 # {b=\"c\"}\n# EOF\n",
			"2:20: a blank is missing behind the labels"},
		{"# TYPE a counter\na_total 1 # {b=\"c\"} x\n# EOF\n",
			"2:21: the value of the exemplar is no number"},
		{"# TYPE a counter\na_total 1 # {b=\"c\"} 1 x\n# EOF\n",
			"2:23: the time is no number"},
		{"# TYPE a counter\na_total 1 # {b=\"c\"} 1 2 3\n# EOF\n",
			"2:24: text follows the exemplar"},
		{"# TYPE a counter\na_total 1 # {} 1\t2\n# EOF\n",
			"2:17: text follows the exemplar"},
		{"a 1 NaN\n# EOF\n", "1:5: the time is no moment"},
		{"a 1 1e300\n# EOF\n", "1:5: the time is no moment"},
	};
	assert_refused(PROM_OPENMETRICS, cases, COUNT_OF(cases));
}

static void text_that_a_server_takes_is_taken(void **state)
{
	(void)state;
	static const char *const pages[] = {"", "\n \n", "a 1", "a\t1\n", " a 1\n", "a{}1\n",
		"a {b=\"c\"} 1\n", "a{b=\"}\"} 1\n", "a{b=\"{\\\"}\\\\\"} 1\n", "a{b=\"\\d\"} 1\n",
		"a 1 \n", "a 1 5 \n", "a 1 +5\n", "a 1\na 1\n",
		"a 1\n# TYPE a gauge\n# TYPE a gauge\n", "#\n", "# \n", "#TYPE a gauge\n",
		"# HELP\n", "# HELP a\n", "# UNIT a b\n", "#a\n", "{\"a b\"} 1\n",
		"{ \"a b\" , } 1\n", "{\"a\",\"b c\"=\"d\"} 1\n", "# TYPE \"a b\" gauge\n",
		":a: 1\n", "a inf\nb -INF\nc +Infinity\nd nan\n",
		"a .5\nb 5.\nc +5\nd 5e-1\ne 1E+2\nf 1e-400\n"};
	for (size_t i = 0; i < COUNT_OF(pages); i++) {
		struct err err = {0};
		size_t count = read_as(PROM_TEXT, pages[i], strlen(pages[i]), &err);
		if (count == SIZE_MAX)
			fail_msg("'%s': %s", pages[i], err.text);
	}
}

static void an_escape_that_is_none_keeps_its_backslash(void **state)
{
	(void)state;
	static const char page[] = "a{b=\"C:\\dir\\new\\\\x\"} 1\n";
	struct err err = {0};
	autostr struct str text = STR_INIT;
	assert_int_equal(read_as(PROM_TEXT, page, sizeof(page) - 1, &err), 1);
	prom_label_value(&samples[0].labels[0], &text);
	assert_string_equal(text.text, "C:\\dir\new\\x");
}

static void a_quoted_name_and_its_labels_are_resolved(void **state)
{
	(void)state;
	static const char page[] = "{\"a \\\"b\\\\\",\"c d\"=\"e\"} 1\n";
	struct err err = {0};
	autostr struct str text = STR_INIT;
	assert_int_equal(read_as(PROM_TEXT, page, sizeof(page) - 1, &err), 1);
	prom_name(&samples[0], &text);
	assert_string_equal(text.text, "a \"b\\");
	str_clear(&text);
	prom_labels_text(&samples[0], &text);
	assert_string_equal(text.text, "c d=e");
}

static void numbers_are_the_nearest_doubles_in_every_locale(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		double value;
	} cases[] = {{"0", 0}, {"-0", -0.0}, {"999999999999999", 999999999999999},
		{"9007199254740993", 9007199254740992.0}, {"0.1", 0.1},
		{"123456.789012345", 123456.789012345},
		{"1.7976931348623157e308", 0x1.fffffffffffffp1023},
		{"2.2250738585072011e-308", 0x0.fffffffffffffp-1022}, {"5e-324", 0x1p-1074},
		{"0.30000000000000004", 0.30000000000000004}, {"1e23", 1e23}, {"8.5", 8.5},
		{"-12.25", -12.25},
		{"179769313486231570000000000000000000000", 1.7976931348623157e38}};
	(void)setlocale(LC_NUMERIC, "de_DE.UTF-8"); /* where there is one */
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		autostr struct str text = STR_INIT;
		struct err err = {0};
		str_addf(&text, "a %s\n", cases[i].text);
		assert_int_equal(read_as(PROM_TEXT, text.text, text.length, &err), 1);
		assert_memory_equal(&samples[0].value, &cases[i].value, sizeof(double));
	}
	(void)setlocale(LC_NUMERIC, "C");
}

static void a_key_is_of_the_bytes_of_a_series(void **state)
{
	(void)state;
	static const char page[] =
		"a{b=\"c\"} 1\na{b=\"c\"} 2 7\na{b=\"d\"} 1\na {b=\"c\"} 1\na 1\n";
	struct err err = {0};
	assert_int_equal(read_as(PROM_TEXT, page, sizeof(page) - 1, &err), 5);
	assert_true(samples[0].key == samples[1].key);
	assert_int_equal(samples[1].series.length, strlen("a{b=\"c\"}"));
	for (size_t i = 2; i < 5; i++)
		assert_true(samples[i].key != samples[0].key);
}

static void labels_are_looked_at_only_when_they_are_asked_for(void **state)
{
	(void)state;
	static const char page[] = "a{b=x} 1\nc 2\n";
	struct prom_reader reader;
	struct prom_sample last;
	struct err err = {0};
	prom_begin(&reader, page, sizeof(page) - 1, PROM_TEXT);
	assert_int_equal(prom_next(&reader, &samples[0], &err), PROM_SAMPLE);
	assert_true(samples[0].value == 1);
	assert_false(prom_labels(&reader, &samples[0], &err));
	assert_string_equal(err.text, "1:5: a label's value in quotes is missing");
	assert_int_equal(prom_next(&reader, &samples[1], &err), PROM_SAMPLE);
	assert_name(1, "c");
	assert_int_equal(prom_next(&reader, &last, &err), PROM_END);
	err.text[0] = '\0';
	assert_false(prom_labels(&reader, &samples[0], &err)); /* later, too, at its own place */
	assert_string_equal(err.text, "1:5: a label's value in quotes is missing");
	prom_end(&reader);
}

static void a_part_of_openmetrics_needs_no_end(void **state)
{
	(void)state;
	struct prom_reader reader;
	struct err err = {0};
	prom_begin(&reader, "a 1\n", 4, PROM_OPENMETRICS);
	reader.is_part = true;
	assert_int_equal(prom_read(&reader, &samples[0], &err), PROM_SAMPLE);
	assert_int_equal(prom_read(&reader, &samples[0], &err), PROM_END);
	prom_end(&reader);
}

static void repeat(struct str *to, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		str_adds(to, text);
}

static void assert_bound(const struct str *text, const char *said)
{
	struct err err = {0};
	assert_true(read_as(PROM_TEXT, text->text, text->length, &err) == SIZE_MAX);
	assert_string_equal(err.text, said);
}

static void bounds_hold(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	str_adds(&text, "a{");
	for (int i = 0; i < 65; i++)
		str_addf(&text, "l%02d=\"x\",", i);
	str_adds(&text, "} 1\n");
	assert_bound(&text, "1:515: more than 64 labels");
	str_clear(&text);
	repeat(&text, "a", 513);
	assert_bound(&text, "1:1: the name of a metric is longer than 512 bytes");
	str_adds(&text, " 1\n");
	assert_bound(&text, "1:1: the name of a metric is longer than 512 bytes");
	str_clear(&text);
	str_adds(&text, "a{b=\"");
	repeat(&text, "a", 8193);
	str_adds(&text, "\"} 1");
	assert_bound(&text, "1:5: the label's value is longer than 8192 bytes");
	str_clear(&text);
	str_adds(&text, "a ");
	repeat(&text, "1", 513);
	assert_bound(&text, "1:3: the value is too long for a number");
}

static void hostile_bodies_are_refused_by_a_bound(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	repeat(&text, "a", 1 << 20);
	str_adds(&text, " 1\n");
	assert_bound(&text, "1:262145: the line is longer than 262144 bytes");
	str_clear(&text);
	str_adds(&text, "a{");
	for (int i = 0; i < 1000000; i++)
		str_addf(&text, "l%d=\"\",", i);
	str_adds(&text, "} 1\n");
	assert_bound(&text, "1:262145: the line is longer than 262144 bytes");
	str_clear(&text);
	str_adds(&text, "a{b=\"");
	repeat(&text, "xxxxxxxxxxxxxxxx", 1 << 18);
	assert_bound(&text, "1:262145: the line is longer than 262144 bytes");
	str_clear(&text);
	str_adds(&text, "# HELP a ");
	repeat(&text, "xxxxxxxxxxxxxxxx", 1 << 18);
	assert_bound(&text, "1:262145: the line is longer than 262144 bytes");
	str_clear(&text);
	for (int i = 0; i <= PROM_FAMILIES_MAX; i++)
		str_addf(&text, "m%d 1\n", i);
	str_adds(&text, "# EOF\n");
	struct err err = {0};
	assert_true(read_all(text.text, text.length, &err) == SIZE_MAX);
	assert_string_equal(err.text, "65537:1: more than 65536 families");
}

static void cut_everywhere(const char *page, size_t size)
{
	for (size_t length = 0; length < size; length++) {
		struct err err;
		autostr struct str text = STR_INIT;
		autofree char *cut = xmemdup(page, length ? length : 1);
		size_t count = read_all(cut, length, &err);
		if (count != SIZE_MAX && count > 0)
			prom_labels_text(&samples[count - 1], &text);
	}
}

static void a_scrape_cut_at_any_byte_never_overruns(void **state)
{
	(void)state;
	cut_everywhere(scrape, sizeof(scrape) - 1);
	cut_everywhere(openmetrics, sizeof(openmetrics) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scrape_is_read_sample_by_sample),
		cmocka_unit_test(openmetrics_is_told_by_its_end_and_read_by_its_rules),
		cmocka_unit_test(a_content_type_tells_the_format),
		cmocka_unit_test(a_bad_line_of_text_is_refused_at_its_place),
		cmocka_unit_test(a_bad_line_of_openmetrics_is_refused_at_its_place),
		cmocka_unit_test(text_that_a_server_takes_is_taken),
		cmocka_unit_test(an_escape_that_is_none_keeps_its_backslash),
		cmocka_unit_test(a_quoted_name_and_its_labels_are_resolved),
		cmocka_unit_test(numbers_are_the_nearest_doubles_in_every_locale),
		cmocka_unit_test(a_key_is_of_the_bytes_of_a_series),
		cmocka_unit_test(labels_are_looked_at_only_when_they_are_asked_for),
		cmocka_unit_test(a_part_of_openmetrics_needs_no_end),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(hostile_bodies_are_refused_by_a_bound),
		cmocka_unit_test(a_scrape_cut_at_any_byte_never_overruns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
