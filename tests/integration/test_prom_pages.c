/* SPDX-License-Identifier: MIT */
/*
 * Pages of Prometheus text that nobody wrote by hand: what a generator tells of is read back equal in both formats, and
 * promtool, where it is installed, takes and refuses what we do, but for what a table below names with its reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/parse/prom_text.h"
#include "tests/support/folder.h"
#include "tests/support/spawn.h"

enum { PAGES = 2000, MUTANTS = 300, PROMTOOL_MS = 60000, PARSE_ERROR = 1 };

struct writer {
	struct rng rng;
	bool is_open;          /* OpenMetrics */
	bool may_quote;        /* names */
	struct str page, told; /* what it says: a line a sample, as tell() has it */
	unsigned family;
};

static unsigned below(struct writer *writer, unsigned limit)
{
	return (unsigned)rng_below(&writer->rng, limit);
}

static bool one_in(struct writer *writer, unsigned many)
{
	return below(writer, many) == 0;
}

/* ---- what is told, and what was read, in the same words ---- */

static void tell(struct str *to, const char *name, double value, bool has_time, int64_t time_ms)
{
	str_addf(to, "|%s|%a|", name, value);
	if (has_time)
		str_addf(to, "%" PRId64, time_ms);
	str_addch(to, '\n');
}

static void tell_label(struct str *to, const char *name, const struct str *value)
{
	str_addf(to, "%s=%zu:", name, value->length);
	str_add(to, value->text, value->length);
	str_addch(to, ';');
}

static void tell_read(struct str *to, const struct prom_sample *sample)
{
	autostr struct str name = STR_INIT, value = STR_INIT;
	for (size_t i = 0; i < sample->label_count; i++) {
		str_clear(&name);
		str_clear(&value);
		prom_label_name(&sample->labels[i], &name);
		prom_label_value(&sample->labels[i], &value);
		tell_label(to, name.text, &value);
	}
	str_clear(&name);
	prom_name(sample, &name);
	tell(to, name.text, sample->value, sample->has_time, sample->time_ms);
}

/* ---- the generator ---- */

/* A gap that may be there: in text only. */
static void add_gap(struct writer *writer)
{
	static const char *const gaps[] = {" ", "\t", "  "};
	if (!writer->is_open && one_in(writer, 8))
		str_adds(&writer->page, gaps[below(writer, COUNT_OF(gaps))]);
}

static void add_blank(struct writer *writer)
{
	str_addch(&writer->page, ' ');
	add_gap(writer);
}

static void add_escaped(struct str *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool escapes = text[i] == '"' || text[i] == '\\' || text[i] == '\n';
		str_adds(to, escapes ? "\\" : "");
		str_addch(to, text[i] == '\n' ? 'n' : text[i]);
	}
}

static void make_value(struct writer *writer, struct str *to)
{
	static const char *const parts[] = {"a", "sendMessage", " ", "}", "{", ",", "=", "\"", "\\",
		"\n", "#", "\xc3\xa4", "\xf0\x9f\x99\x82", "200", "\t", "/var/log/x.log", "\x7f",
		"nn"};
	for (unsigned count = below(writer, 5) * below(writer, 4); count > 0; count--)
		str_adds(to, parts[below(writer, COUNT_OF(parts))]);
}

static void add_label(struct writer *writer, const char *name, const struct str *value)
{
	bool is_bare = !strpbrk(name, " ");
	add_gap(writer);
	str_adds(&writer->page, is_bare ? "" : "\"");
	str_adds(&writer->page, name);
	str_adds(&writer->page, is_bare ? "" : "\"");
	add_gap(writer);
	str_addch(&writer->page, '=');
	add_gap(writer);
	str_addch(&writer->page, '"');
	add_escaped(&writer->page, value->text, value->length);
	str_addch(&writer->page, '"');
	add_gap(writer);
	tell_label(&writer->told, name, value);
}

/* One that the type asks for, and up to seven others. */
static void add_labels(
	struct writer *writer, const char *needed, const char *its_value, bool is_behind)
{
	static const char *const names[] = {
		"bot", "method", "code", "_x1", "Le", "a", "queue_name_that_is_long"};
	unsigned first = below(writer, COUNT_OF(names)), count = below(writer, COUNT_OF(names));
	for (unsigned i = 0; i < count + (needed != NULL); i++) {
		autostr struct str value = STR_INIT;
		str_adds(&writer->page, i || is_behind ? "," : "");
		if (i == count)
			str_adds(&value, its_value);
		else
			make_value(writer, &value);
		add_label(
			writer, i == count ? needed : names[(first + i) % COUNT_OF(names)], &value);
	}
	if (count && !writer->is_open && one_in(writer, 10))
		str_addch(&writer->page, ',');
}

static double make_number(struct writer *writer, bool is_positive)
{
	double number = (double)below(writer, 100000000);
	switch (below(writer, is_positive ? 5 : 9)) {
	case 0:
		return number / 1000;
	case 1:
		return number * 1e15 + (double)below(writer, 999);
	case 2:
		return ldexp(number + 1, (int)below(writer, 1900) - 1000);
	case 3:
		return 0;
	case 5:
		return NAN;
	case 6:
		return INFINITY;
	case 7:
		return -INFINITY;
	case 8:
		return -number / 7;
	default:
		return number;
	}
}

static void add_number(struct writer *writer, double number)
{
	static const char *const nans[] = {"NaN", "nan", "NAN"}, *const infs[] = {"Inf", "+Inf",
									 "inf", "Infinity"};
	if (isnan(number))
		str_adds(&writer->page, nans[below(writer, COUNT_OF(nans))]);
	else if (isinf(number))
		str_addf(&writer->page, "%s",
			number < 0 ? "-Inf" : infs[below(writer, COUNT_OF(infs))]);
	else if (number == floor(number) && number < 1e15)
		str_addf(&writer->page, "%.0f", number);
	else
		str_addf(&writer->page, one_in(writer, 2) ? "%.17g" : "%.17E", number);
}

static int64_t add_time(struct writer *writer)
{
	int64_t time_ms = (int64_t)below(writer, 2000000000) * 1000 + (int64_t)below(writer, 1000);
	add_blank(writer);
	if (writer->is_open)
		str_addf(&writer->page, "%" PRId64 ".%03d", time_ms / 1000, (int)(time_ms % 1000));
	else
		str_addf(&writer->page, "%" PRId64, time_ms);
	return time_ms;
}

/* What a sample of a type is like. */
struct shape {
	const char *suffix, *label, *value; /* label NULL: none is needed */
	bool is_positive, has_exemplar;
	double is; /* NaN: anything */
};

static void add_exemplar(struct writer *writer)
{
	str_adds(&writer->page, " # {trace_id=\"a\\\"}b\"} 0.5");
	if (one_in(writer, 2))
		(void)add_time(writer);
}

static void add_sample(struct writer *writer, const char *family, const struct shape *shape)
{
	autofree char *name = xasprintf("%s%s", family, shape->suffix);
	bool is_quoted = strpbrk(name, ". "),
	     has_labels = is_quoted || shape->label || !one_in(writer, 5);
	const char *label = shape->label && !*shape->label ? family : shape->label;
	add_gap(writer);
	if (is_quoted)
		str_addf(&writer->page, "{\"%s\"", name);
	else
		str_addf(&writer->page, "%s%s", name, has_labels ? "{" : "");
	if (has_labels) {
		add_labels(writer, label, shape->value, is_quoted);
		str_addch(&writer->page, '}');
	}
	double number = isnan(shape->is) ? make_number(writer, shape->is_positive) : shape->is;
	bool has_time = one_in(writer, 4);
	add_blank(writer);
	add_number(writer, number);
	int64_t time_ms = has_time ? add_time(writer) : 0;
	if (writer->is_open && shape->has_exemplar && one_in(writer, 3))
		add_exemplar(writer);
	str_addch(&writer->page, '\n');
	tell(&writer->told, name, number, has_time, time_ms);
}

static const struct family {
	const char *type, *open_type; /* NULL: not in that format */
	struct shape shapes[4];
} families[] = {
	{"untyped", "unknown", {{"", NULL, NULL, false, false, NAN}}},
	{"gauge", "gauge", {{"", NULL, NULL, false, false, NAN}}},
	{"counter", NULL, {{"_total", NULL, NULL, true, false, NAN}}},
	{NULL, "counter",
		{{"_total", NULL, NULL, true, true, NAN},
			{"_created", NULL, NULL, true, false, NAN}}},
	{"histogram", "histogram",
		{{"_bucket", "le", "0.5", true, true, NAN},
			{"_bucket", "le", "+Inf", true, true, NAN},
			{"_count", NULL, NULL, true, false, NAN},
			{"_sum", NULL, NULL, false, false, NAN}}},
	{"summary", "summary",
		{{"", "quantile", "0.99", false, false, NAN},
			{"_sum", NULL, NULL, false, false, NAN},
			{"_count", NULL, NULL, true, false, NAN}}},
	{NULL, "gaugehistogram",
		{{"_bucket", "le", "+Inf", true, true, NAN},
			{"_gcount", NULL, NULL, true, false, NAN},
			{"_gsum", NULL, NULL, false, false, NAN}}},
	{NULL, "info", {{"_info", NULL, NULL, false, false, 1}}},
	{NULL, "stateset", {{"", "", "on", false, false, 0}, {"", "", "off", false, false, 1}}},
};

static const struct family *choose(struct writer *writer)
{
	for (;;) {
		const struct family *family = &families[below(writer, COUNT_OF(families))];
		if (writer->is_open ? family->open_type : family->type)
			return family;
	}
}

static void add_family(struct writer *writer)
{
	const struct family *family = choose(writer);
	bool is_quoted = writer->may_quote && one_in(writer, 6);
	const char *stem =
		writer->is_open ? "bot_metric" : "bot_metric:"; /* a label has no colon */
	autofree char *name = xasprintf("%s%u", is_quoted ? "my.metric " : stem, writer->family++);
	const char *quote = is_quoted ? "\"" : "";
	str_addf(&writer->page, "# HELP %s%s%s what it \\\\ is\n# TYPE %s%s%s %s\n", quote, name,
		quote, quote, name, quote, writer->is_open ? family->open_type : family->type);
	for (unsigned count = below(writer, 6); count > 0; count--)
		for (size_t i = 0; i < COUNT_OF(family->shapes) && family->shapes[i].suffix; i++)
			add_sample(writer, name, &family->shapes[i]);
	if (!writer->is_open && one_in(writer, 3))
		str_adds(&writer->page, one_in(writer, 2) ? "\n" : "# a comment {\"\n");
}

static void write_page(struct writer *writer, uint64_t seed)
{
	rng_init(&writer->rng, seed);
	str_clear(&writer->page);
	str_clear(&writer->told);
	for (unsigned count = 1 + below(writer, 4); count > 0; count--)
		add_family(writer);
	if (writer->is_open)
		str_adds(&writer->page, "# EOF\n");
}

/* ---- read back ---- */

static bool is_read(
	const struct str *page, enum prom_format format, struct str *told, struct err *err)
{
	struct prom_reader reader;
	struct prom_sample sample;
	enum prom_result result;
	prom_begin(&reader, page->text, page->length, format);
	while ((result = prom_read(&reader, &sample, err)) == PROM_SAMPLE)
		tell_read(told, &sample);
	prom_end(&reader);
	return result == PROM_END;
}

static void read_back(bool is_open)
{
	struct writer writer = {
		.is_open = is_open, .may_quote = true, .page = STR_INIT, .told = STR_INIT};
	for (uint64_t seed = 1; seed <= PAGES; seed++) {
		autostr struct str told = STR_INIT;
		struct err err = {0};
		write_page(&writer, seed);
		if (!is_read(&writer.page, is_open ? PROM_OPENMETRICS : PROM_TEXT, &told, &err))
			fail_msg("page %" PRIu64 ": %s\n%s", seed, err.text, writer.page.text);
		assert_string_equal(told.text, writer.told.text);
		assert_int_equal(told.length, writer.told.length);
	}
	str_release(&writer.page);
	str_release(&writer.told);
}

static void pages_of_text_are_read_back_as_they_were_written(void **state)
{
	(void)state;
	read_back(false);
}

static void pages_of_openmetrics_are_read_back_as_they_were_written(void **state)
{
	(void)state;
	read_back(true);
}

/* ---- beside promtool ---- */

/* What a Prometheus server takes when it scrapes and the library behind `promtool check metrics` does not, and the other way
 * round; each by what is said. */
static const struct difference {
	const char *said, *reason;
} theirs[] =
	{
		{"unexpected end of input stream", "a server takes a last line without its end"},
		{"invalid escape sequence",
			"a server keeps the backslash of an escape that is none"},
		{"second TYPE line", "a server takes the last of several, wherever it stands"},
		{"second HELP line", "a server takes the last of several"},
		{"expected float as value for 'le'", "a server does not look into labels"},
		{"expected float as value for 'quantile'", "a server does not look into labels"},
		{"spurious string after timestamp: \" ",
			"a server skips blanks at the end of a line"},
		{"spurious string after timestamp: \"\\t",
			"a server skips blanks at the end of a line"},
		{"expected integer as timestamp, got \"\"",
			"a server skips blanks at the end of a line"},
		{"invalid metric name", "promtool 2 knows no names in quotes"},
		{"invalid label name", "promtool 2 knows no names in quotes"},
},
  ours[] = {
	  {"no type of this format", "a server wants small letters, and a type"},
	  {"this help is no UTF-8", "a server wants UTF-8"},
	  {"a blank is missing before the value", "a sign ends a name there: a-1, a+Inf"},
};

static bool is_named(const struct difference *list, size_t count, const char *said)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(said, list[i].said))
			return true;
	return false;
}

static void put_anywhere(struct writer *writer)
{
	static const char bytes[] = "\"\"{}=,#\\ \n\n\t09azT_:.-+eENIx\xff\xc3\x01";
	char byte = bytes[below(writer, sizeof(bytes) - 1)];
	size_t at = below(writer, (unsigned)writer->page.length);
	if (one_in(writer, 2))
		str_insert(&writer->page, at, &byte, 1);
	else
		writer->page.text[at] = byte;
}

static void mutate(struct writer *writer)
{
	size_t at = below(writer, (unsigned)writer->page.length);
	size_t left = writer->page.length - at, many = 1 + below(writer, 12);
	autofree char *piece = xmemdup(writer->page.text + at, left);
	switch (below(writer, 4)) {
	case 0:
		str_remove(&writer->page, at, 1);
		break;
	case 1:
		str_insert(&writer->page, at, piece, many < left ? many : left);
		break;
	default:
		put_anywhere(writer);
	}
}

static bool has_promtool(void)
{
	return spawn_run(WORDS("promtool", "--version"), &(struct spawn){0}, PROMTOOL_MS, NULL) ==
	       0;
}

/* False: it is no page; *ret is what it says. */
static bool promtool_takes(const struct str *page, char **ret)
{
	autofree char *path = folder_path("page");
	FILE *file = folder_open("page", "w");
	assert_int_equal(fwrite(page->text, 1, page->length, file), page->length);
	assert_int_equal(fclose(file), 0);
	return spawn_run(WORDS("sh", "-c", "exec promtool check metrics <\"$1\"", "sh", path),
		       &(struct spawn){0}, PROMTOOL_MS, ret) != PARSE_ERROR;
}

static void compare(const struct writer *writer, uint64_t seed, size_t *both)
{
	autostr struct str told = STR_INIT;
	autofree char *said = NULL;
	struct err err = {0};
	bool is_theirs = promtool_takes(&writer->page, &said);
	bool is_ours = is_read(&writer->page, PROM_TEXT, &told, &err);
	both[is_ours] += is_ours == is_theirs;
	if (is_ours == is_theirs || (is_ours ? is_named(theirs, COUNT_OF(theirs), said)
					     : is_named(ours, COUNT_OF(ours), err.text)))
		return;
	fail_msg("page %" PRIu64 ": promtool %s, we %s\n%s", seed, is_theirs ? "takes it" : said,
		is_ours ? "take it" : err.text, writer->page.text);
}

static void promtool_takes_and_refuses_the_same_pages(void **state)
{
	(void)state;
	if (!has_promtool())
		skip(); /* Debian's package prometheus */
	struct writer writer = {.page = STR_INIT, .told = STR_INIT};
	size_t both[2] = {0};
	for (uint64_t seed = 1; seed <= MUTANTS; seed++) {
		write_page(&writer, seed);
		for (unsigned count = below(&writer, 3); count > 0 && writer.page.length; count--)
			mutate(&writer);
		compare(&writer, seed, both);
	}
	str_release(&writer.page);
	str_release(&writer.told);
	assert_true(both[0] > MUTANTS / 10 && both[1] > MUTANTS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_text_are_read_back_as_they_were_written),
		cmocka_unit_test(pages_of_openmetrics_are_read_back_as_they_were_written),
		cmocka_unit_test_setup_teardown(
			promtool_takes_and_refuses_the_same_pages, folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
