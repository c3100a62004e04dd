/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/collect/programs.h"

#define SECRET "AAcanary-canary_canary0123456789abc"

static bool env(struct program *program, const char *variable)
{
	return program_env(program, variable, strlen(variable));
}

static void of_a_token_only_its_key_and_the_id_are_kept(void **state)
{
	(void)state;
	struct programs programs = {0};
	struct program *program = programs_add(&programs);
	assert_false(env(program, "PATH=/usr/bin"));
	assert_false(env(program, "BOT_TOKEN"));
	assert_false(env(program, "BOT_TOKEN=4242:short"));
	assert_false(env(program, "PASSWORD=" SECRET));
	assert_string_equal(program->token_key, "");
	assert_int_equal(program->tg_id, 0);
	assert_true(env(program, "SHOP_TOKEN=4242:" SECRET));
	assert_true(env(program, "OTHER_TOKEN=4343:" SECRET));
	assert_string_equal(program->token_key, "SHOP_TOKEN");
	assert_int_equal(program->tg_id, 4242);
	programs_release(&programs);
}

static void texts_lose_secrets_and_controls_and_have_an_end(void **state)
{
	(void)state;
	struct programs programs = {0};
	struct program *program = programs_add(&programs);
	const char argv[] = "bot --token 123456789:" SECRET " \x1b[2J";
	program_text(&program->command, argv, strlen(argv));
	assert_string_equal(program->command, "bot --token 123456789:<redacted> ^[[2J");
	autofree char *large = xmalloc(100000);
	memset(large, 'x', 100000);
	program_text(&program->command, large, 100000);
	assert_int_equal(strlen(program->command), PROGRAM_TEXT_BYTES);
	memset(large, '\x1b', 100000);
	program_text(&program->command, large, 100000);
	assert_int_equal(strlen(program->command), PROGRAM_TEXT_BYTES);
	memset(large, ' ', 100000);
	memcpy(large + PROGRAM_TEXT_BYTES - 20, "123456789:" SECRET, 30);
	program_text(&program->command, large, 100000);
	assert_null(strstr(program->command, "AAcanary"));
	programs_release(&programs);
}

static void a_new_program_knows_nothing(void **state)
{
	(void)state;
	struct programs programs = {0};
	const struct program *program = programs_add(&programs);
	assert_string_equal(program->name, "");
	assert_string_equal(program->log, "");
	assert_int_equal(program->restarts, -1);
	assert_int_equal(program->exit_status, -1);
	program_text(&programs.items[0].name, "orders.service", 14);
	assert_ptr_equal(programs_find(&programs, "orders.service"), program);
	assert_null(programs_find(&programs, "orders"));
	programs_release(&programs);
	assert_int_equal(programs.count, 0);
}

static void every_supervisor_has_a_name_of_its_own_and_says_what_its_address_is(void **state)
{
	(void)state;
	for (size_t i = 0; supervisor_kinds[i]; i++) {
		const struct supervisor_kind *kind = supervisor_kinds[i];
		assert_ptr_equal(supervisor_find(kind->name), kind);
		assert_non_null(kind->list);
		assert_true(strlen(kind->help) > 10);
	}
	assert_null(supervisor_find("upstart"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_token_only_its_key_and_the_id_are_kept),
		cmocka_unit_test(texts_lose_secrets_and_controls_and_have_an_end),
		cmocka_unit_test(a_new_program_knows_nothing),
		cmocka_unit_test(
			every_supervisor_has_a_name_of_its_own_and_says_what_its_address_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
