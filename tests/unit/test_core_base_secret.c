/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/secret.h"
#include "core/base/str.h"

#define PART  "AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"
#define TOKEN "123456:" PART

static bool is_token(const char *text, int64_t *ret_id)
{
	return token_check(text, strlen(text), ret_id, NULL);
}

static void assert_refused(const char *text, const char *why)
{
	struct err err = {0};
	int64_t id = -1;
	assert_false(token_check(text, strlen(text), &id, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.text, why));
	assert_null(strstr(err.text, "AAEhBO"));
	assert_int_equal(id, -1);
}

static void a_token_gives_its_id(void **state)
{
	(void)state;
	int64_t id;
	assert_true(is_token(TOKEN, &id));
	assert_int_equal(id, 123456);
	assert_true(is_token("18014398509481983:" PART, &id)); /* 2^54 - 1 */
	assert_int_equal(id, INT64_C(18014398509481983));
	assert_true(is_token("1:abcdefghijklmnopqrstuvwx", &id));
}

static void a_bad_token_is_refused_with_the_place_and_never_shown(void **state)
{
	(void)state;
	assert_refused("", "does not start with a bot id");
	assert_refused("0123:" PART, "does not start with a bot id");
	assert_refused("18014398509481984:" PART, "does not start with a bot id");
	assert_refused("99999999999999999999:" PART, "does not start with a bot id");
	assert_refused("bot" TOKEN, "does not start with a bot id");
	assert_refused("123456" PART, "no ':'");
	assert_refused("123456", "no ':'");
	assert_refused("123456:AAEhBOweik6ad9r/QXMENQjcrGbqCr4K", "position 23");
	assert_refused("123456:AAEhBOweik", "10 characters after the ':'");
	assert_refused(TOKEN PART "aaaaaaaaaaaaaaaaaaaa", "at most 80");
}

static void what_is_printed_of_a_secret_names_it_only(void **state)
{
	(void)state;
	autosecret struct secret secret = {0};
	assert_string_equal(secret_show(&secret).text, "(none)");
	assert_string_equal(secret_reveal(&secret), "");
	secret_set(&secret, TOKEN, strlen(TOKEN));
	assert_string_equal(secret_show(&secret).text, "bot123456:****");
	secret_set(&secret, "hunter2", 7);
	assert_string_equal(secret_show(&secret).text, "****");
	assert_string_equal(secret_reveal(&secret), "hunter2");
}

static void blanks_around_a_secret_do_not_belong_to_it(void **state)
{
	(void)state;
	autosecret struct secret secret = {0};
	secret_set(&secret, "\t hunter2 \r\n\n", 12);
	assert_string_equal(secret_reveal(&secret), "hunter2");
	assert_int_equal(secret.length, 7);
	secret_set(&secret, " \n", 2);
	assert_false(secret_is_set(&secret));
}

static void moving_empties_the_source_and_comparing_sees_each_byte(void **state)
{
	(void)state;
	autosecret struct secret one = {0}, other = {0};
	secret_set(&one, "hunter2", 7);
	secret_set(&other, "hunter3", 7);
	assert_false(secret_equal(&one, &other));
	secret_move(&other, &one);
	assert_false(secret_is_set(&one));
	assert_string_equal(secret_reveal(&other), "hunter2");
	secret_set(&one, "hunter2", 7);
	assert_true(secret_equal(&one, &other));
	secret_set(&one, "hunter", 6);
	assert_false(secret_equal(&one, &other));
}

static void wiping_leaves_no_byte(void **state)
{
	(void)state;
	char text[] = "hunter2";
	wipe(text, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		assert_int_equal(text[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_gives_its_id),
		cmocka_unit_test(a_bad_token_is_refused_with_the_place_and_never_shown),
		cmocka_unit_test(what_is_printed_of_a_secret_names_it_only),
		cmocka_unit_test(blanks_around_a_secret_do_not_belong_to_it),
		cmocka_unit_test(moving_empties_the_source_and_comparing_sees_each_byte),
		cmocka_unit_test(wiping_leaves_no_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
