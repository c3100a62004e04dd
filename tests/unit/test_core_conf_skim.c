/* SPDX-License-Identifier: MIT */
/* A configuration that is read without its bots says of everything else the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/internal.h"
#include "core/conf/settings.h"

static char path[64];

static int setup(void **state)
{
	(void)state;
	copy_text(path, sizeof(path), "/tmp/botswain-skim-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return setenv("XDG_STATE_HOME", "/tmp", 1);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static bool load(const char *text, struct settings **ret, struct err *err)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	*err = (struct err){.code = ERR_NONE};
	return settings_load_without_bots(path, ret, err);
}

static void skimmed(const char *text, const char *expected)
{
	autostr struct str rest = STR_INIT;
	skim_bots(text, strlen(text), &rest);
	assert_string_equal(rest.length ? rest.text : "", expected);
}

static void what_stands_around_the_bots_is_read(void **state)
{
	struct settings *settings;
	struct err err;
	(void)state;
	assert_true(load("environment: shop\n"
			 "bots: # all of them\n"
			 "  a: {token: {file: a}}\n"
			 "# between\n"
			 "\n"
			 "  b:\n"
			 "    token: {file: b}\n"
			 "redis:\n"
			 "  main: {port: 7000}\n"
			 "theme: mono\n",
		&settings, &err));
	assert_int_equal(settings->bot_count, 0);
	assert_string_equal(settings->environment, "shop");
	assert_string_equal(settings->theme, "mono");
	assert_int_equal(settings->redis_count, 1);
	assert_int_equal(settings->redis[0].port, 7000);
	settings_unref(settings);
}

static void bots_that_are_wrong_keep_nobody_from_looking(void **state)
{
	struct settings *settings;
	struct err err;
	(void)state;
	assert_true(load("bots:\n  a: {tokn: [}\n   b: 1\nwrite: armed\n", &settings, &err));
	assert_int_equal(settings->write, WRITE_ARMED);
	settings_unref(settings);
	assert_true(load("bots_from: [{dir: /nowhere/at/all}]\n", &settings, &err));
	settings_unref(settings);
}

static void what_is_wrong_elsewhere_is_said_with_its_line(void **state)
{
	struct settings *settings;
	struct err err;
	(void)state;
	assert_false(
		load("bots:\n  a:\n    token: {file: a}\nwrite: sometimes\n", &settings, &err));
	assert_non_null(strstr(err.text, ":4:8:"));
}

static void only_the_block_below_the_key_of_the_root_is_left_out(void **state)
{
	static const char *const whole[] = {
		"bots: {a: {token: {file: a}}}\nwrite: armed\n",
		"redis:\n  bots:\n    port: 1\n",
		"bots_from:\n  - dir: x\n",
		"\"bots\":\n  a: 1\n",
		"bots:x\n  y\n",
		"bot:\n  s: 1\n",
		"",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(whole); i++)
		skimmed(whole[i], whole[i]);
	skimmed("bots:", "\n");
	skimmed("bots:\n", "\n");
	skimmed("bots:   \r\n  a: 1\r\nwrite: armed", "\n\nwrite: armed");
	skimmed("x: 1\nbots:\n  a: 1\n...\n", "x: 1\n\n\n...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_around_the_bots_is_read),
		cmocka_unit_test(bots_that_are_wrong_keep_nobody_from_looking),
		cmocka_unit_test(what_is_wrong_elsewhere_is_said_with_its_line),
		cmocka_unit_test(only_the_block_below_the_key_of_the_root_is_left_out),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
