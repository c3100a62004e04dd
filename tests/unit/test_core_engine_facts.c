/* SPDX-License-Identifier: MIT */
/* What is remembered of bots is found by their ids, also after others have gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/engine/facts.h"

enum { BOTS = 300 };

static uint64_t name_bot(int number, char name[16])
{
	snprintf(name, 16, "bot-%d", number);
	return entity_id("bot", name);
}

static struct facts *some_bots(void)
{
	struct facts *facts = facts_new();
	char name[16];
	for (int i = 0; i < BOTS; i++) {
		(void)name_bot(i, name);
		struct msg_bot bot = {.id = facts_add(facts, name)->id,
			.pending = i,
			.updates_per_s = i % 2 ? (double)NAN : 1,
			.severity = SEVERITY_WARN};
		facts_judged(facts, &bot, 1000 + i);
	}
	return facts;
}

static void whoever_stays_is_found_after_others_have_gone(void **state)
{
	(void)state;
	struct facts *facts = some_bots();
	char name[16];
	for (int i = 0; i < BOTS; i += 3)
		facts_remove(facts, name_bot(i, name));
	assert_int_equal(facts_count(facts), BOTS - BOTS / 3);
	for (int i = 0; i < BOTS; i++) {
		const struct bot_facts *found = facts_find(facts, name_bot(i, name));
		assert_int_equal(found != NULL, i % 3 != 0);
		if (found)
			assert_string_equal(found->name, name);
	}
	facts_free(facts);
}

static void the_fleet_is_summed_of_those_that_are_there(void **state)
{
	(void)state;
	struct facts *facts = some_bots();
	char name[16];
	struct fleet_sums sums = facts_sums(facts);
	assert_int_equal((int)sums.pending, BOTS * (BOTS - 1) / 2);
	assert_int_equal((int)sums.updates_per_s, BOTS / 2);
	facts_remove(facts, name_bot(299, name));
	facts_remove(facts, name_bot(0, name));
	sums = facts_sums(facts);
	assert_int_equal((int)sums.pending, BOTS * (BOTS - 1) / 2 - 299);
	assert_int_equal((int)sums.updates_per_s, BOTS / 2 - 1);
	assert_int_equal((int)sums.severities[SEVERITY_WARN], BOTS - 2);
	facts_free(facts);
}

static void a_bot_is_due_at_its_time_and_all_are_when_it_is_said(void **state)
{
	(void)state;
	struct facts *facts = some_bots();
	size_t due = 0;
	for (size_t i = 0; i < BOTS; i++)
		due += facts_is_due(facts, i, 1099);
	assert_int_equal(due, 100);
	facts_plan_all(facts, NEVER);
	for (size_t i = 0; i < BOTS; i++)
		assert_true(facts_is_due(facts, i, 0));
	facts_free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_stays_is_found_after_others_have_gone),
		cmocka_unit_test(the_fleet_is_summed_of_those_that_are_there),
		cmocka_unit_test(a_bot_is_due_at_its_time_and_all_are_when_it_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
