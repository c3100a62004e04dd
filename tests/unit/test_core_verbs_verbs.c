/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/verbs/verbs.h"

static void every_verb_is_found_by_its_word_and_nothing_else_is(void **state)
{
	(void)state;
	size_t count = 0;
	for (const struct verb *verb; (verb = verb_at(count)); count++)
		assert_ptr_equal(verb_find(verb->word), verb);
	assert_non_null(verb_find("restart"));
	assert_non_null(verb_find("backup"));
	assert_null(verb_at(count + 1));
	static const char *const strangers[] = {"", "rest", "restarts", "Restart", " stop"};
	for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++)
		assert_null(verb_find(strangers[i]));
}

/* Each of them stops something, starts something or writes a file: none is for who may only look,
 * and none goes without a question. */
static void whatever_changes_something_wants_the_role_and_a_confirmation(void **state)
{
	(void)state;
	const struct verb *verb;
	for (size_t i = 0; (verb = verb_at(i)); i++) {
		if (verb->role == VERB_ROLE_VIEW)
			fail_msg("%s is open to who may only look", verb->word);
		if (verb->confirm == VERB_CONFIRM_NO)
			fail_msg("%s goes without a question", verb->word);
		assert_true(*verb->help && *verb->consequence);
	}
}

static void what_is_done_to_bots_takes_bots_and_a_backup_takes_none(void **state)
{
	(void)state;
	const struct verb *verb;
	for (size_t i = 0; (verb = verb_at(i)); i++)
		assert_int_equal(verb->targets, strcmp(verb->word, "backup") == 0
							? VERB_TARGETS_BACKUP
							: VERB_TARGETS_BOTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_is_found_by_its_word_and_nothing_else_is),
		cmocka_unit_test(whatever_changes_something_wants_the_role_and_a_confirmation),
		cmocka_unit_test(what_is_done_to_bots_takes_bots_and_a_backup_takes_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
