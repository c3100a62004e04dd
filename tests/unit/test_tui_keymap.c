/* SPDX-License-Identifier: MIT */
/* The key table itself: one key, one meaning; nothing without help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "tui/keymap.h"
#include "tui/pane.h"

static int setup(void **state)
{
	static struct keymap keymap;
	keymap_init(&keymap);
	*state = &keymap;
	return 0;
}

static int teardown(void **state)
{
	keymap_release(*state);
	return 0;
}

static void a_key_has_one_meaning_in_a_scope(void **state)
{
	const struct keymap *keymap = *state;
	for (size_t i = 0; i < keymap->count; i++) {
		for (size_t j = i + 1; j < keymap->count; j++) {
			char name[KEY_NAME_MAX];
			const struct binding *a = &keymap->list[i], *b = &keymap->list[j];
			keycode_name(a->key, name);
			if (a->key == b->key && (a->scopes & b->scopes))
				fail_msg("%s means %s and %s in the same place", name,
					a->command->name, b->command->name);
		}
	}
}

static void every_default_key_is_a_key(void **state)
{
	const struct keymap *keymap = *state;
	const struct command *command;
	size_t keys = 0;
	for (size_t i = 0; (command = command_at(i)); i++)
		for (const char *at = command->keys; *at;
			at += strcspn(at, " "), at += strspn(at, " "))
			keys++;
	assert_int_equal(keymap->count, keys);
}

static void every_command_has_a_name_of_its_own_and_help(void **state)
{
	const struct command *command;
	(void)state;
	for (size_t i = 0; (command = command_at(i)); i++) {
		assert_ptr_equal(command_find(command->name), command);
		assert_true(strlen(command->help) > 4);
		assert_null(strchr(command->help, '\n'));
		assert_int_not_equal(command->scopes, 0);
		if (command->flags & (CMD_FOOT | CMD_BASE | CMD_OVER | CMD_PAST))
			assert_true(command->label[0] != '\0');
		if (command->flags & CMD_HIDDEN)
			assert_true(command->keys[0] != '\0');
	}
}

/* Multiplexers, flow control and aliases of other keys. */
static void no_key_is_taken_from_screen_tmux_or_the_terminal(void **state)
{
	static const char *const others[] = {"C-a", "C-b", "C-g", "C-n", "C-o", "C-p", "C-s", "C-t",
		"C-h", "C-q", "C-\\", "C-i", "C-j", "C-m"};
	const struct keymap *keymap = *state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		keycode key;
		if (!keycode_parse(others[i], &key))
			continue;
		for (size_t at = 0; at < keymap->count; at++)
			if (keymap->list[at].key == key)
				fail_msg("%s is bound to %s", others[i],
					keymap->list[at].command->name);
	}
}

static void no_lower_case_or_control_key_changes_anything_without_asking(void **state)
{
	const struct command *command;
	(void)state;
	/* What changes something goes through a plan and its dialog, whatever its key. */
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->flags & CMD_CHANGES)
			assert_true(command->flags & CMD_LIVE);
}

static void each_digit_is_the_pane_of_its_number(void **state)
{
	const struct keymap *keymap = *state;
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct binding *binding =
			id < 9 ? keymap_find(keymap, (enum scope)PANE_logs, (keycode)('1' + id))
			       : NULL; /* there are no more digits */
		assert_int_equal(binding != NULL, id <= PANE_checks);
		assert_int_equal(pane_digit((enum pane_id)id)[0], binding ? '1' + id : '\0');
		if (binding)
			assert_int_equal(binding->command->param, id);
		assert_int_equal(pane_find(pane_of((enum pane_id)id)->name), id);
	}
}

static void a_binding_of_the_configuration_takes_the_key_from_its_scopes(void **state)
{
	struct keymap *keymap = *state;
	struct err err;
	keycode key = 'o';
	assert_true(keymap_bind(keymap, "o", "sort pend", &err));
	const struct binding *binding = keymap_find(keymap, (enum scope)PANE_bots, key);
	assert_string_equal(binding->command->name, "sort");
	assert_string_equal(binding->args, "pend");
	assert_true(keymap_bind(keymap, "F5", "restart", &err));
	a_key_has_one_meaning_in_a_scope(state);
	assert_false(keymap_bind(keymap, "Ctrl-Foo", "restart", &err));
	assert_non_null(strstr(err.text, "no such key: 'Ctrl-Foo'"));
	assert_false(keymap_bind(keymap, "F6", "explode now", &err));
	assert_non_null(strstr(err.text, "no such command"));
}

static void a_key_that_is_bound_twice_is_refused(void **state)
{
	struct conf_keys keys[] = {
		{(char[]){"F5"}, (char[]){"restart"}}, {(char[]){"F5"}, (char[]){"stop"}}};
	const struct settings settings = {.keys = keys, .key_count = 2};
	struct err err;
	assert_false(keymap_configure(*state, &settings, &err));
	assert_string_equal(err.text, "key 'F5' is bound twice");
}

static void the_printed_page_is_the_committed_one(void **state)
{
	autostr struct str now = STR_INIT, page = STR_INIT;
	char chunk[4096];
	keymap_print(*state, &now);
	FILE *file = fopen("docs/keys.md", "re");
	if (!file)
		fail_msg("no docs/keys.md: build/botswain --print-keys writes it");
	for (size_t got; file && (got = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		str_add(&page, chunk, got);
	if (file)
		fclose(file);
	if (strcmp(now.text, page.text) != 0)
		fail_msg("docs/keys.md is not what the table says: build/botswain --print-keys > "
			 "docs/keys.md");
}

int main(void)
{
#define KEYMAP_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		KEYMAP_TEST(a_key_has_one_meaning_in_a_scope),
		KEYMAP_TEST(every_default_key_is_a_key),
		KEYMAP_TEST(every_command_has_a_name_of_its_own_and_help),
		KEYMAP_TEST(no_key_is_taken_from_screen_tmux_or_the_terminal),
		KEYMAP_TEST(no_lower_case_or_control_key_changes_anything_without_asking),
		KEYMAP_TEST(each_digit_is_the_pane_of_its_number),
		KEYMAP_TEST(a_binding_of_the_configuration_takes_the_key_from_its_scopes),
		KEYMAP_TEST(a_key_that_is_bound_twice_is_refused),
		KEYMAP_TEST(the_printed_page_is_the_committed_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
