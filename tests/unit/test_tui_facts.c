/* SPDX-License-Identifier: MIT */
/* Labelled lines: what is worth all of its words gets as many rows as they need, and loses none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/width.h"
#include "tui/panes/facts.h"

enum { ROOM = 20, COLUMNS = FACT_LABEL_CELLS + 2 + ROOM };

static const char words[] =
	"502, but not from the Bot API: invalid answer (byte 1): no JSON: '<html>'";

static void make(struct facts *facts, const char *text)
{
	facts->count = 0;
	fact_add(facts, ROLE_TEXT, "before", "%s", words);
	fact_add(facts, ROLE_WARN, "telegram", "%s", text);
	fact_wrap(facts);
	fact_add(facts, ROLE_TEXT, "after", "x");
}

static void a_long_fact_is_parted_between_words_and_loses_none(void **state)
{
	static struct facts facts;
	char all[sizeof(words)] = "";
	(void)state;
	make(&facts, words);
	facts_fit(&facts, COLUMNS);
	assert_true(facts.count > 5);
	for (size_t i = 1; i + 1 < facts.count; i++) {
		const struct fact *fact = &facts.list[i];
		assert_true(text_width(fact->text, strlen(fact->text)) <= ROOM);
		assert_int_equal(fact->role, ROLE_WARN);
		assert_int_equal(fact->continues, i > 1);
		strcat(all, fact->text);
	}
	assert_string_equal(all, words);
	assert_string_equal(facts.list[1].text, "502, but not from ");
	assert_string_equal(facts.list[1].label, "telegram");
	assert_string_equal(facts.list[2].label, "");
	assert_string_equal(facts.list[0].text, words);
	assert_string_equal(facts.list[facts.count - 1].label, "after");
}

static void parted_once_it_stays_as_it_is(void **state)
{
	static struct facts facts;
	(void)state;
	make(&facts, words);
	facts_fit(&facts, COLUMNS);
	size_t count = facts.count;
	facts_fit(&facts, COLUMNS);
	assert_int_equal(facts.count, count);
}

static void a_word_without_a_blank_is_cut_where_the_room_ends(void **state)
{
	static struct facts facts;
	(void)state;
	make(&facts, "0123456789012345678901234567890123456789ab");
	facts_fit(&facts, COLUMNS);
	assert_int_equal(facts.count, 5);
	assert_string_equal(facts.list[1].text, "01234567890123456789");
	assert_string_equal(facts.list[3].text, "ab");
}

static void there_are_never_more_rows_than_there_is_room_for(void **state)
{
	static struct facts facts;
	(void)state;
	facts.count = 0;
	for (int i = 0; i < FACTS_MAX - 1; i++) {
		fact_add(&facts, ROLE_TEXT, "", "%s", words);
		fact_wrap(&facts);
	}
	facts_fit(&facts, COLUMNS);
	assert_int_equal(facts.count, FACTS_MAX);
	facts_fit(&facts, 3);
	assert_int_equal(facts.count, FACTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_fact_is_parted_between_words_and_loses_none),
		cmocka_unit_test(parted_once_it_stays_as_it_is),
		cmocka_unit_test(a_word_without_a_blank_is_cut_where_the_room_ends),
		cmocka_unit_test(there_are_never_more_rows_than_there_is_room_for),
	};
	return cmocka_run_group_tests_name("tui_facts", tests, NULL, NULL);
}
