/* SPDX-License-Identifier: MIT */
/* What may stand where the cursor is in a PromQL expression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "tui/query_words.h"

/* The cursor stands at the end of `text`. */
static const struct {
	const char *text;
	enum query_want want;
	const char *word, *metric, *label;
} spots[] = {
	{"", QUERY_NAME, "", "", ""},
	{"rate(bot_u", QUERY_NAME, "bot_u", "", ""},
	{"up + sc", QUERY_NAME, "sc", "", ""},
	{"12", QUERY_NOTHING, "12", "", ""},
	{"up{", QUERY_LABEL, "", "up", ""},
	{"rate(up {jo", QUERY_LABEL, "jo", "up", ""},
	{"{jo", QUERY_LABEL, "jo", "", ""},
	{"up{job=", QUERY_NOTHING, "", "up", ""},
	{"up{job!~ ", QUERY_NOTHING, "", "up", ""},
	{"up{job=\"a", QUERY_VALUE, "a", "up", "job"},
	{"up{job=\"a\\\"b", QUERY_VALUE, "a\\\"b", "up", "job"},
	{"up{job=~'a|b", QUERY_VALUE, "a|b", "up", "job"},
	{"up{job=\"a}\",x", QUERY_LABEL, "x", "up", ""},
	{"up{job=\"a\"}", QUERY_NAME, "", "up", ""},
	{"up{job=\"a\"}[5", QUERY_NOTHING, "5", "up", ""},
	{"rate(up[5m]) / ab", QUERY_NAME, "ab", "", ""},
	{"sum by (jo", QUERY_GROUP, "jo", "", ""},
	{"sum without(a, jo", QUERY_GROUP, "jo", "", ""},
	{"sum by (job) (u", QUERY_NAME, "u", "", ""},
	{"label_replace(up, \"a", QUERY_NOTHING, "a", "", ""},
};

static void each_place_wants_what_may_stand_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(spots); i++) {
		struct query_spot spot = query_spot_of(spots[i].text, strlen(spots[i].text));
		if (spot.want != spots[i].want ||
			strcmp(spots[i].text + spot.from, spots[i].word) != 0 ||
			strcmp(spot.metric, spots[i].metric) != 0 ||
			strcmp(spot.label, spots[i].label) != 0)
			fail_msg("'%s': want %d, word '%s', metric '%s', label '%s'", spots[i].text,
				(int)spot.want, spots[i].text + spot.from, spot.metric, spot.label);
	}
}

static void what_stands_behind_the_cursor_does_not_count(void **state)
{
	(void)state;
	struct query_spot spot = query_spot_of("up{job=\"a\"}", 5);
	assert_int_equal(spot.want, QUERY_LABEL);
	assert_int_equal(spot.from, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_wants_what_may_stand_there),
		cmocka_unit_test(what_stands_behind_the_cursor_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
