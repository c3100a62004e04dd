/* SPDX-License-Identifier: MIT */
/* Whose a line is by what it calls its bot, in a roster that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/collect/bot_memo.h"
#include "core/collect/roster.h"
#include "core/conf/settings.h"

static struct roster *roster_of(const char *yaml)
{
	struct settings *settings = NULL;
	struct err err = {0};
	if (!settings_parse(yaml, strlen(yaml), "/tmp/x.yaml", &settings, NULL, &err))
		fail_msg("%s", err.text);
	struct roster *roster = roster_new(settings, NULL, 0);
	settings_unref(settings);
	return roster;
}

static void assert_is_of(struct bot_memo *memo, const char *name, const char *bot)
{
	for (int times = 0; times < 2; times++) {
		const char *is_of = bot_memo_whose(memo, name, strlen(name));
		if (bot)
			assert_string_equal(is_of, bot);
		else
			assert_null(is_of);
	}
}

static const char yaml[] =
	"bots: [{name: orders, transport: none}, {name: quiz, transport: none, process: {systemd: "
	"quiz-bot}}]\n";

static void a_name_is_whose_the_roster_says(void **state)
{
	(void)state;
	struct roster *roster = roster_of(yaml);
	struct bot_memo memo = {0};
	bot_memo_begin(&memo, roster);
	assert_is_of(&memo, "orders", "orders");
	assert_is_of(&memo, "order", NULL);
	assert_is_of(&memo, "orders2", NULL);
	assert_is_of(&memo, "quiz", "quiz");
	assert_is_of(&memo, "", NULL);
	assert_is_of(&memo, "quiz-bot.service", NULL);
	char long_name[LIMIT_NAME_BYTES + 1];
	memset(long_name, 'o', sizeof(long_name));
	assert_null(bot_memo_whose(&memo, long_name, sizeof(long_name)));
	roster_unref(roster);
}

static void a_unit_is_whose_process_it_is_where_units_are_known(void **state)
{
	(void)state;
	struct roster *roster = roster_of(yaml);
	struct bot_memo memo = {.knows_units = true};
	bot_memo_begin(&memo, roster);
	assert_is_of(&memo, "quiz-bot.service", "quiz");
	assert_is_of(&memo, "quiz-bot", "quiz");
	assert_is_of(&memo, "quiz-bo", NULL);
	assert_is_of(&memo, "quiz-bot.timer", NULL);
	roster_unref(roster);
}

static void what_was_known_of_one_roster_is_not_of_the_next(void **state)
{
	(void)state;
	struct roster *one = roster_of(yaml),
		      *next = roster_of("bots: [{name: quiz, transport: none}]\n");
	struct bot_memo memo = {0};
	bot_memo_begin(&memo, one);
	assert_is_of(&memo, "orders", "orders");
	bot_memo_begin(&memo, next);
	roster_unref(one);
	assert_is_of(&memo, "orders", NULL);
	assert_is_of(&memo, "quiz", "quiz");
	roster_unref(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_whose_the_roster_says),
		cmocka_unit_test(a_unit_is_whose_process_it_is_where_units_are_known),
		cmocka_unit_test(what_was_known_of_one_roster_is_not_of_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
