/* SPDX-License-Identifier: MIT */
/* What is printed from the table of options, or should say the same. `--print`: docs/settings.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/internal.h"

static void read_whole(const char *path, struct str *ret)
{
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s is not there: make docs", path);
	char buffer[4096];
	for (size_t got; (got = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		str_add(ret, buffer, got);
	fclose(file);
}

static void the_committed_page_is_what_the_table_prints(void **state)
{
	(void)state;
	struct str page autostr = STR_INIT, committed autostr = STR_INIT;
	settings_print(&page);
	read_whole("docs/settings.md", &committed);
	if (strcmp(page.text, committed.text) != 0)
		fail_msg("docs/settings.md is not what the table says: make docs");
}

static void the_embedded_default_is_the_installed_example(void **state)
{
	(void)state;
	struct str file autostr = STR_INIT;
	read_whole("config/botswain.yaml", &file);
	assert_string_equal(settings_default_text(), file.text);
}

/* An example begins with `#key` and goes on with `#  ...` until a blank line. */
static void uncomment(const char *text, struct str *ret)
{
	bool on = false;
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		bool starts = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
		on = length && (on || starts);
		if (on && (starts || starts_with(line, "#  ")))
			str_add(ret, line + 1, length - 1);
		str_addch(ret, '\n');
		line += length + (line[length] == '\n');
	}
}

static char *examples(void)
{
	struct str text = STR_INIT;
	uncomment(settings_default_text(), &text);
	return str_detach(&text);
}

static void the_default_text_alone_is_a_configuration(void **state)
{
	(void)state;
	struct settings *settings = NULL;
	struct err err = {0};
	const char *text = settings_default_text();
	assert_true(
		settings_parse(text, strlen(text), "/tmp/botswain.yaml", &settings, NULL, &err));
	assert_int_equal(settings->bot_count, 0);
	settings_unref(settings);
}

static void every_example_of_the_default_text_is_read(void **state)
{
	(void)state;
	char *text autofree = examples(), folder[] = "/tmp/botswain-docs-XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/tokens", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	struct settings *settings = NULL;
	struct str report autostr = STR_INIT;
	struct err err = {0};
	snprintf(path, sizeof(path), "%s/botswain.yaml", folder);
	if (!settings_parse(text, strlen(text), path, &settings, &report, &err))
		fail_msg("%s", report.text);
	const struct rule_options *alert;
	for (size_t i = 0; (alert = rule_options_at(i)); i++)
		if (!settings_rule(settings, alert->rule))
			fail_msg("'%s' is not under 'alerts' in config/botswain.yaml", alert->rule);
	assert_int_equal(settings->bot_count, 8);
	assert_int_equal(settings->redis_count, 2);
	settings_unref(settings);
	snprintf(path, sizeof(path), "%s/tokens", folder);
	rmdir(path);
	rmdir(folder);
}

static bool shows(const char *text, const struct option *option)
{
	char key[80];
	snprintf(key, sizeof(key), "%s:", option->key);
	for (const char *at = text; (at = strstr(at, key)); at++)
		if (at == text || strchr("\n {-", at[-1]))
			return true;
	return false;
}

static void every_option_is_in_the_default_text_with_its_default(void **state)
{
	(void)state;
	char *text autofree = examples();
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)); i++) {
		bool named = option->type == TYPE_NAME; /* the key of its mapping */
		if (!named && !shows(text, option))
			fail_msg("'%s' is not in config/botswain.yaml", option->key);
		if (option->type >= TYPE_SCALARS || !option->fallback || !*option->fallback ||
			!strcmp(option->fallback, "0"))
			continue;
		char line[160];
		snprintf(line, sizeof(line), "%s: %s", option->key, option->fallback);
		if (!strstr(text, line))
			fail_msg("'%s' is not in config/botswain.yaml", line);
	}
}

static void the_table_is_sound(void **state)
{
	(void)state;
	const struct option *option, *other;
	for (size_t i = 0; (option = option_at(i)); i++) {
		assert_true(*option->help && !strchr(option->help, '\n'));
		for (size_t j = i + 1; (other = option_at(j)); j++)
			if (option->section == other->section)
				assert_string_not_equal(option->key, other->key);
		assert_ptr_equal(option_find(option->section, option->key), option);
	}
}

int main(int argc, char **argv)
{
	struct str page autostr = STR_INIT;
	if (argc == 2 && !strcmp(argv[1], "--print")) {
		settings_print(&page);
		fputs(page.text, stdout);
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_committed_page_is_what_the_table_prints),
		cmocka_unit_test(the_embedded_default_is_the_installed_example),
		cmocka_unit_test(the_default_text_alone_is_a_configuration),
		cmocka_unit_test(every_example_of_the_default_text_is_read),
		cmocka_unit_test(every_option_is_in_the_default_text_with_its_default),
		cmocka_unit_test(the_table_is_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
