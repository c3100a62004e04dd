/* SPDX-License-Identifier: MIT */
/* Templates of rules: what Prometheus makes of them, and what is refused, by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/template/template.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/series/labels.h"
#include "core/series/promql/value.h"

/* up yields two samples, none none, 7 a number, else it fails. */
static bool answer(void *context, const char *query, struct query_result *ret, struct err *err)
{
	(void)context;
	*ret = (struct query_result){.type = VALUE_VECTOR};
	if (strcmp(query, "none") == 0)
		return true;
	if (strcmp(query, "7") == 0) {
		*ret = (struct query_result){.type = VALUE_SCALAR, .scalar = 7};
		return true;
	}
	if (strcmp(query, "up{bot=\"orders\"}") != 0)
		return err_set(err, ERR_SYNTAX, "unknown query");
	ret->vector_count = 2;
	ret->vector = xcalloc(2, sizeof(*ret->vector));
	for (size_t i = 0; i < 2; i++)
		ret->vector[i] = (struct vector_sample){
			labels_new(
				(const struct label[]){{"job", i ? "b" : "a"}, {LABEL_NAME, "up"}},
				2),
			(double)i + 1.5};
	return true;
}

static char *run(const char *text, double value)
{
	struct str made = STR_INIT;
	struct err err = {.code = ERR_NONE};
	int line = 0;
	struct template *template = template_new(text, &line, &err);
	if (!template)
		fail_msg("%s: %s", text, err.text);
	struct labels *labels = labels_new((const struct label[]){{"bot", "orders"},
						   {"instance", "h:80"}, {LABEL_NAME, "metric"}},
		3);
	template_run(template,
		&(struct template_scene){.labels = labels, .value = value, .query = answer}, &made);
	labels_unref(labels);
	template_free(template);
	return str_detach(&made);
}

struct row {
	const char *text;
	double value;
	const char *made;
};

static void go(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autofree char *made = run(rows[i].text, rows[i].value);
		if (strcmp(made, rows[i].made) != 0)
			fail_msg("%s makes '%s', and not '%s'", rows[i].text, made, rows[i].made);
	}
}

#define GO(...)                                                                                    \
	go((const struct row[]){__VA_ARGS__},                                                      \
		sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row))

static void labels_and_the_value_are_filled_in(void **state)
{
	(void)state;
	GO({"plain", 0, "plain"}, {"{{ $labels.bot }}", 0, "orders"},
		{"{{$labels.nothing}}x", 0, "x"}, {"{{ .Labels.bot }} {{ .Value }}", 3, "orders 3"},
		{"{{ $labels }}", 0, "map[__name__:metric bot:orders instance:h:80]"},
		{"a {{- \" b \" -}}  c", 0, "a b c"}, {"a{{/* nothing */}}b", 0, "ab"},
		{"{{ \"}}\" }}", 0, "}}"}, {"{{ `raw\\` }}", 0, "raw\\"},
		{"{{ $externalLabels.x }}", 0, ""});
}

static void numbers_are_printed_as_go_prints_them(void **state)
{
	(void)state;
	GO({"{{ $value }}", 0, "0"}, {"{{ $value }}", 123456, "123456"},
		{"{{ $value }}", 1234567, "1.234567e+06"}, {"{{ $value }}", 0.1, "0.1"},
		{"{{ $value }}", 0.00001, "1e-05"}, {"{{ $value }}", -2.5, "-2.5"},
		{"{{ $value }}", (double)NAN, "NaN"}, {"{{ $value }}", (double)INFINITY, "+Inf"},
		{"{{ $value }}", 1.0 / 3, "0.3333333333333333"},
		{"{{ 3 }} {{ 1.50 }}", 0, "3 1.5"});
}

static void figures_are_made_readable(void **state)
{
	(void)state;
	GO({"{{ humanize $value }}", 0, "0"}, {"{{ $value | humanize }}", 1234567, "1.235M"},
		{"{{ $value | humanize }}", 0.0012, "1.2m"},
		{"{{ $value | humanize }}", 999, "999"},
		{"{{ $value | humanize }}", (double)NAN, "NaN"},
		{"{{ $value | humanize1024 }}", 1536, "1.5ki"},
		{"{{ $value | humanize1024 }}", 1, "1"},
		{"{{ $value | humanizePercentage }}", 0.1234567, "12.35%"},
		{"{{ $value | humanizeDuration }}", 0, "0s"},
		{"{{ $value | humanizeDuration }}", 59.5, "59.5s"},
		{"{{ $value | humanizeDuration }}", 90, "1m 30s"},
		{"{{ $value | humanizeDuration }}", 3661, "1h 1m 1s"},
		{"{{ $value | humanizeDuration }}", 90061, "1d 1h 1m 1s"},
		{"{{ $value | humanizeDuration }}", -90, "-1m 30s"},
		{"{{ $value | humanizeDuration }}", 0.0021, "2.1ms"},
		{"{{ humanize \"1500\" }}", 0, "1.5k"});
}

static void printf_is_that_of_go(void **state)
{
	(void)state;
	GO({"{{ printf \"%.2f\" $value }}", 1.005, "1.00"},
		{"{{ $value | printf \"%.1f%%\" }}", 12.34, "12.3%"},
		{"{{ printf \"%s-%s\" $labels.bot \"x\" }}", 0, "orders-x"},
		{"{{ printf \"%d %x\" 5 255 }}", 0, "5 ff"},
		{"{{ printf \"%d\" $value }}", 5, "%!d(float64=5)"},
		{"{{ printf \"%s\" }}", 0, "%!s(MISSING)"},
		{"{{ printf \"x\" 1 }}", 0, "x%!(EXTRA int=1)"},
		{"{{ printf \"%5.1f|%-5s|%05.1f\" $value \"a\" $value }}", 2.25,
			"  2.2|a    |002.2"},
		{"{{ printf \"%v %g %e\" $value $value $value }}", 0.5, "0.5 0.5 5.000000e-01"},
		{"{{ printf \"%q\" \"a\\\"b\" }}", 0, "\"a\\\"b\""},
		{"{{ printf \"%.3s\" \"abcdef\" }}", 0, "abc"},
		{"{{ printf \"%\" }}", 0, "%!(NOVERB)"});
}

static void conditions_choose(void **state)
{
	(void)state;
	GO({"{{ if gt $value 5.0 }}big{{ else }}small{{ end }}", 6, "big"},
		{"{{ if gt $value 5.0 }}big{{ else }}small{{ end }}", 5, "small"},
		{"{{ if $labels.nothing }}a{{ else if eq $labels.bot \"orders\" }}b{{ else }}c{{ "
		 "end "
		 "}}!",
			0, "b!"},
		{"{{ if and (ge $value 1.0) (not false) }}yes{{ end }}", 1, "yes"},
		{"{{ if or false \"\" }}yes{{ end }}no", 1, "no"},
		{"{{ if eq $labels.bot \"a\" \"orders\" }}one of them{{ end }}", 0, "one of them"},
		{"{{ with $labels.bot }}<{{ . }}>{{ else }}none{{ end }}", 0, "<orders>"},
		{"{{ with $labels.x }}<{{ . }}>{{ else }}none{{ end }}", 0, "none"},
		{"{{ $x := 3 }}{{ if true }}{{ $x = 4 }}{{ end }}{{ $x }}", 0, "4"},
		{"{{ if lt $value 1.0 }}{{ if true }}in{{ end }}{{ end }}out", 0, "inout"});
}

#define QUERY "(query \"up{bot=\\\"orders\\\"}\")"

static void queries_are_asked(void **state)
{
	(void)state;
	GO({"{{ with query \"up{bot=\\\"orders\\\"}\" }}{{ . | first | value }}{{ end }}", 0,
		   "1.5"},
		{"{{ with printf \"up{bot=\\\"%s\\\"}\" $labels.bot | query }}"
		 "{{ . | first | value | humanize }}{{ end }}",
			0, "1.5"},
		{"{{ range " QUERY " }}{{ .Labels.job }}={{ .Value }} {{ end }}", 0,
			"a=1.5 b=2.5 "},
		{"{{ range $i, $x := " QUERY " }}{{ $i }}{{ $x.Labels.job }}{{ end }}", 0, "0a1b"},
		{"{{ range query \"none\" }}x{{ else }}empty{{ end }}", 0, "empty"},
		{"{{ label \"job\" (first " QUERY ") }}", 0, "a"}, {"{{ len " QUERY " }}", 0, "2"},
		{"{{ query \"7\" | first | value }}", 0, "7"},
		{"{{ with query \"none\" }}x{{ end }}y", 0, "y"});
}

static void what_fails_stands_in_the_text(void **state)
{
	(void)state;
	GO({"a {{ query \"none\" | first | value }}", 0,
		   "<error expanding template: first() called on vector with no elements>"},
		{"{{ query \"bad\" }}", 0, "<error expanding template: unknown query>"},
		{"{{ humanize \"x\" }}", 0, "<error expanding template: a number is wanted>"},
		{"{{ $value.x }}", 0, "<error expanding template: there is no field 'x'>"},
		{"{{ lt 1 \"a\" }}", 0,
			"<error expanding template: these two cannot be compared>"});
}

static void texts_are_changed(void **state)
{
	(void)state;
	GO({"{{ toUpper \"aB\" }}{{ toLower \"Ab\" }}{{ title \"one two\" }}", 0, "ABabOne Two"},
		{"{{ $labels.instance | stripPort }}", 0, "h"},
		{"{{ stripPort \"[::1]:80\" }} {{ stripPort \"::1\" }}", 0, "::1 ::1"},
		{"{{ print 1 2 \"x\" }}", 0, "1 2x"}, {"{{ safeHtml \"<b>\" }}", 0, "<b>"});
}

static void what_is_not_known_is_refused_by_name_and_line(void **state)
{
	static const struct {
		const char *text, *why;
		int line;
	} rows[] = {
		{"a\n{{ $value | humanise }}", "'humanise'", 1},
		{"{{ tmpl \"x\" }}", "'tmpl'", 0},
		{"{{ define \"x\" }}{{ end }}", "'define'", 0},
		{"{{ $other }}", "an unknown variable '$other'", 0},
		{"{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "'$x'", 0},
		{"\n\n{{ if true }}", "an end is missing", 2},
		{"{{ end }}", "'end'", 0},
		{"{{ else }}", "'else'", 0},
		{"{{ $value", "does not end", 0},
		{"{{ }}", "empty", 0},
		{"{{ \"a }}", "does not end", 0},
		{"{{ printf }}", "number of arguments of 'printf'", 0},
		{"{{ $value 1 }}", "no function", 0},
		{"{{ (1 }}", "not closed", 0},
		{"{{ humanize 1 2 }}", "number of arguments of 'humanize'", 0},
		{"{{ 1 | }}", "a value is missing", 0},
		{"{{ # }}", "unexpected character", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = {.code = ERR_NONE};
		int line = -1;
		struct template *template = template_new(rows[i].text, &line, &err);
		if (template || !strstr(err.text, rows[i].why))
			fail_msg("%s: %s", rows[i].text, template ? "taken" : err.text);
		if (line != rows[i].line)
			fail_msg("%s: line %d", rows[i].text, line);
	}
}

static void a_run_is_bounded(void **state)
{
	autostr struct str text = STR_INIT;
	(void)state;
	for (int i = 0; i < 3000; i++)
		str_adds(&text, "{{ $labels }}");
	autofree char *made = run(text.text, 0);
	assert_non_null(strstr(made, "it makes more than"));
	str_clear(&text);
	for (int i = 0; i < 10500; i++)
		str_adds(&text, "{{\"\"}}");
	autofree char *long_one = run(text.text, 0);
	assert_non_null(strstr(long_one, "steps"));
}

static void deep_templates_are_refused(void **state)
{
	autostr struct str text = STR_INIT;
	struct err err = {.code = ERR_NONE};
	int line = 0;
	(void)state;
	for (int i = 0; i < 1000; i++)
		str_adds(&text, "{{ if true }}");
	assert_null(template_new(text.text, &line, &err));
	str_clear(&text);
	str_adds(&text, "{{ ");
	for (int i = 0; i < 1000; i++)
		str_addch(&text, '(');
	str_adds(&text, "1 }}");
	assert_null(template_new(text.text, &line, &err));
	assert_non_null(strstr(err.text, "too many"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_and_the_value_are_filled_in),
		cmocka_unit_test(numbers_are_printed_as_go_prints_them),
		cmocka_unit_test(figures_are_made_readable),
		cmocka_unit_test(printf_is_that_of_go),
		cmocka_unit_test(conditions_choose),
		cmocka_unit_test(queries_are_asked),
		cmocka_unit_test(what_fails_stands_in_the_text),
		cmocka_unit_test(texts_are_changed),
		cmocka_unit_test(what_is_not_known_is_refused_by_name_and_line),
		cmocka_unit_test(a_run_is_bounded),
		cmocka_unit_test(deep_templates_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
