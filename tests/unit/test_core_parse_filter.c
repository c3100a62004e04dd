/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/needle.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/parse/filter.h"
#include "core/parse/log_field.h"
#include "core/parse/log_level.h"

#define NOW INT64_C(1795168821744) /* 2026-11-20T10:00:21.744Z */

enum { BOT, HOST, PEND, UP, MEM, LEVEL, TIME, COLUMNS };

static const struct filter_column columns[COLUMNS] = {
	[BOT] = {"bot", FILTER_TEXT},
	[HOST] = {"host", FILTER_TEXT},
	[PEND] = {"pend", FILTER_NUMBER},
	[UP] = {"up", FILTER_DURATION},
	[MEM] = {"mem", FILTER_BYTES},
	[LEVEL] = {"level", FILTER_LEVEL},
	[TIME] = {"time", FILTER_TIME},
};

static const struct filter_schema schema = {.columns = columns, .count = COLUMNS, .now_ms = NOW};

struct row {
	const char *bot, *host, *text;
	double number[COLUMNS];
	bool is_pend_unknown;
};

static const struct row shop = {.bot = "shop_pay",
	.host = "eu-2",
	.text = "shop_pay eu-2 webhook 502 Оплата",
	.number = {[PEND] = 1204,
		[UP] = 780000,
		[MEM] = 100 << 20,
		[LEVEL] = LOG_LEVEL_ERROR,
		[TIME] = (double)(NOW - 60000)}};

static void get(const void *row, size_t column, struct filter_value *ret_value)
{
	const struct row *of = row;
	if (column == FILTER_FIELD) {
		struct log_part part;
		ret_value->is_known =
			log_field_find(of->text, strlen(of->text), ret_value->field, &part);
		ret_value->text = ret_value->is_known ? of->text + part.offset : NULL;
		ret_value->length = ret_value->is_known ? part.length : 0;
		return;
	}
	const char *text = column == BOT ? of->bot : column == HOST ? of->host : of->text;
	bool is_text = column == BOT || column == HOST || column == FILTER_WHOLE;
	ret_value->is_known = is_text ? text != NULL : !(column == PEND && of->is_pend_unknown);
	if (is_text && text) {
		ret_value->text = text;
		ret_value->length = strlen(text);
	} else if (!is_text) {
		ret_value->number = of->number[column];
	}
}

static bool fits(const char *expression, const struct row *row)
{
	size_t at;
	struct err err;
	struct filter *filter = filter_new(expression, &schema, &at, &err);
	if (!filter)
		fail_msg("%s: %s", expression, err.text);
	bool is = filter_match(filter, get, row);
	filter_free(filter);
	return is;
}

#define assert_fits(expression)   assert_true(fits(expression, &shop))
#define assert_misses(expression) assert_false(fits(expression, &shop))

static void words_are_looked_for_anywhere_in_any_case(void **state)
{
	(void)state;
	assert_fits("");
	assert_fits("  ");
	assert_fits("WEBHOOK");
	assert_fits("оПЛАТА");
	assert_fits("pay 502");
	assert_fits("\"hook 502\"");
	assert_misses("pay 503");
	assert_fits("!503");
	assert_misses("!502");
	assert_misses("hook.502");
}

static void patterns_are_smart_about_case(void **state)
{
	(void)state;
	assert_fits("/hook|x/ ");
	assert_fits("/hook 5\\d+/");
	assert_fits("~web");
	assert_fits("~Оплата");
	assert_misses("/Hook/");
	assert_fits("!/Hook/");
	assert_fits("/\\S+/");
	assert_misses("/a\\/b/");
}

static void columns_are_compared_by_their_kind(void **state)
{
	(void)state;
	assert_fits("pend>1000");
	assert_fits("pend >= 1204 pend<=1204 pend=1204");
	assert_fits("pend>1.2k pend<1M");
	assert_fits("pend != 5");
	assert_misses("pend<1204");
	assert_fits("up=13m up>10m up<1h30m up>600");
	assert_fits("mem>=100M");
	assert_misses("mem>100M");
	assert_fits("level>=warn level=E level<fatal level!=info");
	assert_fits("time>-2m time<10:00:00");
	assert_misses("time>-30s");
	assert_fits("time<2026-11-20T10:00:00Z time>=2026-11-20T13:59:21+04:00");
	assert_misses("time<11:00"); /* the latest 11:00 is yesterday's */
}

static void texts_are_compared_as_globs_and_patterns(void **state)
{
	(void)state;
	assert_fits("host=eu-*");
	assert_fits("HOST = EU-?");
	assert_fits("bot=shop_pay");
	assert_misses("bot=shop");
	assert_misses("bot=sh.p_pay");
	assert_fits("bot!=quiz");
	assert_misses("bot!=shop*");
	assert_fits("bot~^shop");
	assert_fits("bot ~ /_(pay|buy)$/");
	assert_misses("bot!~pay");
	assert_misses("bot=\"shop*\"");
}

static void and_binds_before_or_and_not_before_both(void **state)
{
	(void)state;
	assert_fits("nothing or pay and 502");
	assert_fits("pay or nothing and nowhere");
	assert_misses("(pay or nothing) and nowhere");
	assert_fits("not (nothing or nowhere) pay");
	assert_misses("not pay or nothing");
	assert_fits("!(nothing) AND NOT nowhere");
	assert_fits("!!pay");
	assert_fits("((((pay))))");
	assert_fits("\"502\" \"eu-2\"");
	assert_misses("\"and\"");
}

static void an_unknown_value_fits_no_comparison(void **state)
{
	(void)state;
	struct row row = shop;
	row.is_pend_unknown = true;
	row.host = NULL;
	assert_false(fits("pend>0", &row));
	assert_false(fits("pend!=0", &row));
	assert_false(fits("host!=eu-2", &row));
	assert_false(fits("host=*", &row));
	assert_true(fits("not pend>0", &row));
}

static void assert_refused(const char *expression, size_t at, const char *said)
{
	size_t where = SIZE_MAX;
	struct err err = {0};
	assert_null(filter_new(expression, &schema, &where, &err));
	if (where != at || !strstr(err.text, said))
		fail_msg("%s: byte %zu: %s", expression, where, err.text);
}

static void errors_say_at_which_byte_and_what_to_write(void **state)
{
	(void)state;
	assert_refused(
		"pay foo=1", 4, "no column 'foo'; there are bot, host, pend, up, mem, level, time");
	assert_refused("pend>many", 5, "'many' is no number: write 12, 1.5 or 12k");
	assert_refused("pend~x", 4, "'pend' is no text");
	assert_refused("bot>x", 3, "'bot' is text");
	assert_refused("up>5x", 3, "no unit at position 2");
	assert_refused("mem>5Q", 4, "unknown unit");
	assert_refused("level>loud", 6, "no level");
	assert_refused("time>late", 5, "no time");
	assert_refused("time>25:00", 5, "no time");
	assert_refused("(pay or 502", 0, "( is never closed");
	assert_refused("pay)", 3, "')' without its '('");
	assert_refused("pay or", 6, "missing at the end");
	assert_refused("pend>", 5, "missing at the end");
	assert_refused("or pay", 0, "nothing stands before it");
	assert_refused("pay or or 502", 7, "nothing stands before it");
	assert_refused("a \"b", 2, "\" is never closed");
	assert_refused("a /b", 2, "/ is never closed");
	assert_refused("x /a(b/", 6, "missing closing parenthesis");
	assert_refused("~", 1, "missing at the end");
	assert_refused("!", 1, "missing at the end");
	assert_refused("()", 1, "missing before ')'");
	assert_refused("/\\C/", 3, "\\C");
}

static void errors_name_the_expression_and_count_characters_from_one(void **state)
{
	(void)state;
	struct filter_schema search = schema;
	struct err err = {0};
	size_t at;
	assert_refused("(", 1, "filter, at character 1: ");
	assert_refused("~", 1, "filter, at character 1: ");
	assert_refused("pay)", 3, "filter, at character 4: ");
	assert_refused("\u043f\u043b pend>many", 10, "filter, at character 9: ");
	search.noun = "search";
	assert_null(filter_new("(", &search, &at, &err));
	assert_non_null(strstr(err.text, "search, at character 1: "));
}

static void an_expression_that_is_too_large_is_refused(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	for (int i = 0; i < 40; i++)
		str_addch(&text, '(');
	assert_refused(text.text, 32, "nested deeper than 32");
	str_clear(&text);
	for (int i = 0; i < 40; i++)
		str_addch(&text, '!');
	assert_refused(text.text, 32, "nested deeper than 32");
	str_clear(&text);
	for (int i = 0; i < 65; i++)
		str_adds(&text, "a ");
	assert_refused(text.text, 128, "more than 64 terms");
	str_clear(&text);
	for (int i = 0; i < 5000; i++)
		str_addch(&text, 'a');
	assert_refused(text.text, 4096, "longer than 4096 bytes");
}

static void a_loose_schema_looks_for_what_is_no_column(void **state)
{
	(void)state;
	struct filter_schema loose = schema;
	struct row row = shop;
	size_t at;
	loose.is_loose = true;
	row.text = "chat=411249317 retry=4";
	struct filter *filter = filter_new("chat=411249317 retry>3 pend>5", &loose, &at, NULL);
	assert_non_null(filter);
	assert_true(filter_match(filter, get, &row));
	row.text = "chat 411249317";
	assert_false(filter_match(filter, get, &row));
	filter_free(filter);
}

static void a_slow_pattern_gives_up_and_is_counted(void **state)
{
	(void)state;
	size_t at;
	struct row row = shop;
	autofree char *text = xcalloc(1, 65536);
	memset(text, 'a', 65535);
	row.text = text;
	struct filter *filter = filter_new("/(a+)+$x|(a*)*b/", &schema, &at, NULL);
	assert_non_null(filter);
	int64_t start = clock_cost_us();
	assert_false(filter_match(filter, get, &row));
	assert_in_range(clock_cost_us() - start, 0, 20 * 1000);
	assert_int_equal(filter_costly(filter), 1);
	filter_free(filter);
	/* given up is no match, and a negation does not turn it into one by itself */
	filter = filter_new("bot!~/(a+)+$x|(a*)*b/", &schema, &at, NULL);
	row.bot = text;
	assert_false(filter_match(filter, get, &row));
	filter_free(filter);
}

static void invalid_utf8_can_be_searched(void **state)
{
	(void)state;
	struct row row = shop;
	row.text = "a\xff\xfe timeout \x9b";
	assert_true(fits("timeout", &row));
	assert_true(fits("/time(out)?/", &row));
	assert_false(fits("/^timeout/", &row));
}

static void what_to_highlight_is_found_in_order(void **state)
{
	(void)state;
	size_t at, start, end;
	const char *text = "quiz timeout 502 timeout";
	struct filter *filter =
		filter_new("(502 or /time\\w+/) !quiz bot=shop level>=info", &schema, &at, NULL);
	assert_non_null(filter);
	assert_true(filter_find(filter, FILTER_WHOLE, text, strlen(text), 0, &start, &end));
	assert_int_equal(start, 5);
	assert_int_equal(end, 12);
	assert_true(filter_find(filter, FILTER_WHOLE, text, strlen(text), end, &start, &end));
	assert_int_equal(start, 13);
	assert_true(filter_find(filter, FILTER_WHOLE, text, strlen(text), end, &start, &end));
	assert_int_equal(start, 17);
	assert_false(filter_find(filter, FILTER_WHOLE, text, strlen(text), end, &start, &end));
	filter_free(filter);
	filter = filter_new("", &schema, &at, NULL);
	assert_true(filter_is_empty(filter));
	assert_false(filter_find(filter, FILTER_WHOLE, text, strlen(text), 0, &start, &end));
	filter_free(filter);
}

static void any_mixture_of_its_words_parses_or_is_refused_with_a_place(void **state)
{
	(void)state;
	static const char *const pieces[] = {"(", ")", "!", "not ", "and ", "or ", "pend", ">", "=",
		"~", "5", " ", "\"", "/", "\\", "a", "bot", "*", "[", "ж", "\xff"};
	struct rng rng;
	rng_init(&rng, 3);
	for (int round = 0; round < 20000; round++) {
		autostr struct str text = STR_INIT;
		size_t at = SIZE_MAX;
		struct err err = {0};
		for (uint64_t left = rng_below(&rng, 10); left; left--)
			str_adds(&text, pieces[rng_below(&rng, COUNT_OF(pieces))]);
		struct filter *filter = filter_new(text.text, &schema, &at, &err);
		if (filter)
			filter_match(filter, get, &shop);
		else if (at > text.length || !err.text[0])
			fail_msg("%s: byte %zu: %s", text.text, at, err.text);
		filter_free(filter);
	}
}

/* Of the row only the level is said. */
static void get_level_only(const void *row, size_t column, struct filter_value *ret_value)
{
	if (column == LEVEL)
		get(row, column, ret_value);
	else
		ret_value->is_any = true;
}

static void what_cannot_match_is_told_from_a_part_of_the_row(void **state)
{
	static const struct {
		const char *expression;
		bool may;
	} cases[] = {{"", true}, {"level>=error", true}, {"level<error", false},
		{"not level<error", true}, {"not level>=error", false}, {"502", true},
		{"502 level<error", false}, {"502 or level<error", true},
		{"not (502 or level>=error)", false}, {"not (502 and level>=error)", true},
		{"!502", true}, {"level=fatal or level=info", false}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t at;
		struct filter *filter = filter_new(cases[i].expression, &schema, &at, NULL);
		assert_non_null(filter);
		if (filter_may_match(filter, get_level_only, &shop) != cases[i].may)
			fail_msg("'%s' was judged wrongly", cases[i].expression);
		filter_free(filter);
	}
}

static void the_longest_text_that_every_fit_holds_is_told(void **state)
{
	static const struct {
		const char *expression, *certain; /* NULL: nothing */
	} cases[] = {{"", NULL}, {"timeout", "timeout"}, {"pay timeout", "timeout"},
		{"pay or timeout", NULL}, {"!timeout", NULL}, {"not timeout", NULL},
		{"pay not timeout", "pay"}, {"/time.?out in/", "out in"}, {"host=eu-*", "eu-"},
		{"bot=shop_pay", NULL}, {"host!=eu-2", NULL}, {"level>=warn", NULL},
		{"pend>5 (pay (web hoop))", "hoop"}, {"a or b pay", NULL}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t at;
		struct filter *filter = filter_new(cases[i].expression, &schema, &at, NULL);
		assert_non_null(filter);
		const struct needle *certain = filter_certain(filter, UINT64_C(1) << HOST);
		const char *expected = cases[i].certain;
		if (!certain != !expected ||
			(certain && (certain->length != strlen(expected) ||
					    memcmp(certain->bytes, expected, certain->length))))
			fail_msg("of '%s' %s is certain", cases[i].expression,
				certain ? (const char *)certain->bytes : "nothing");
		filter_free(filter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_looked_for_anywhere_in_any_case),
		cmocka_unit_test(patterns_are_smart_about_case),
		cmocka_unit_test(columns_are_compared_by_their_kind),
		cmocka_unit_test(texts_are_compared_as_globs_and_patterns),
		cmocka_unit_test(and_binds_before_or_and_not_before_both),
		cmocka_unit_test(an_unknown_value_fits_no_comparison),
		cmocka_unit_test(errors_say_at_which_byte_and_what_to_write),
		cmocka_unit_test(errors_name_the_expression_and_count_characters_from_one),
		cmocka_unit_test(an_expression_that_is_too_large_is_refused),
		cmocka_unit_test(a_loose_schema_looks_for_what_is_no_column),
		cmocka_unit_test(a_slow_pattern_gives_up_and_is_counted),
		cmocka_unit_test(invalid_utf8_can_be_searched),
		cmocka_unit_test(what_to_highlight_is_found_in_order),
		cmocka_unit_test(any_mixture_of_its_words_parses_or_is_refused_with_a_place),
		cmocka_unit_test(what_cannot_match_is_told_from_a_part_of_the_row),
		cmocka_unit_test(the_longest_text_that_every_fit_holds_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
