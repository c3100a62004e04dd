/* SPDX-License-Identifier: MIT */
/* The lines of the log written into a file, or into one for a pager. */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/reap.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/servers.h"
#include "tests/support/two_logs.h"
#include "tui/hand_over.h"
#include "tui/panes/logs_save.h"
#include "tui/panes/logs_view.h"

enum { LINES = 3500, LIMIT_MS = 10000 };

/* In place of the C library's: what the screen itself does, not its children, is counted. */
static unsigned looks;
static pid_t screen;

int access(const char *path, int how)
{
	looks += getpid() == screen;
	return faccessat(AT_FDCWD, path, how, 0);
}

int unlink(const char *path)
{
	looks += getpid() == screen;
	return unlinkat(AT_FDCWD, path, 0);
}

struct scene {
	struct console *console;
	char folder[64];
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	snprintf(scene->folder, sizeof(scene->folder), "/tmp/botswain-save-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->console = two_logs_new(24, 80);
	for (int i = 0; i < LINES; i++) {
		autofree char *line = xasprintf(
			"{\"level\":%d,\"msg\":\"line %d\",\"n\":%d}", i % 100 ? 30 : 50, i, i);
		console_log(scene->console, i % 2 ? "bob" : "ada", line);
	}
	two_logs_open(scene->console);
	looks = 0;
	screen = getpid();
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	console_free(scene->console);
	remove_folder(scene->folder);
	free(scene);
	return 0;
}

static char *path_in(const struct scene *scene, const char *name)
{
	return xasprintf("%s/%s", scene->folder, name);
}

static void save_as(struct scene *scene, const char *name)
{
	autofree char *command = xasprintf("save %s/%s", scene->folder, name);
	console_keys(scene->console, ":");
	console_type(scene->console, command);
	console_keys(scene->console, "Enter");
}

static void read_file(const char *path, struct str *to)
{
	char bytes[4096];
	size_t got;
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("no file '%s'", path);
	str_clear(to);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		str_add(to, bytes, got);
	fclose(file);
}

static size_t count(const char *text, const char *word)
{
	size_t found = 0;
	for (; (text = strstr(text, word)); text += strlen(word))
		found++;
	return found;
}

static void all_lines_that_fit_are_saved_in_their_order(void **state)
{
	struct scene *scene = *state;
	autofree char *path = path_in(scene, "all.log");
	autostr struct str text = STR_INIT;
	save_as(scene, "all.log");
	console_expect(scene->console, "saved: 3501 lines, ");
	read_file(path, &text);
	const char *at = text.text;
	for (int i = 0; i < LINES; i++) {
		autofree char *line = xasprintf(
			i % 2 ? "Z bob bob.log %s line %d\n" : "Z ada ada.log %s line %d\n",
			i % 100 ? "info" : "error", i);
		at = strstr(at, line);
		if (!at)
			fail_msg("line %d is missing, or not in its place", i);
	}
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void the_filter_and_the_bots_count_and_jsonl_has_the_fields(void **state)
{
	struct scene *scene = *state;
	autofree char *path = path_in(scene, "some.jsonl");
	autostr struct str text = STR_INIT;
	console_keys(scene->console, "1 l &");
	console_type(scene->console, "level>=error");
	console_keys(scene->console, "Enter");
	save_as(scene, "some.jsonl");
	console_expect(scene->console, "saved: 35 lines, ");
	read_file(path, &text);
	assert_int_equal(count(text.text, "\n"), 35);
	assert_int_equal(count(text.text, "\"bot\":\"ada\""), 35);
	assert_int_equal(count(text.text, "{\"v\":1,\"time\":\""), 35);
	assert_non_null(
		strstr(text.text, "\"msg\":\"line 3400\",\"fields\":{\"level\":50,\"msg\":\"line "
				  "3400\",\"n\":3400}}\n"));
}

/* Of a host whose clock goes before ours. */
static void lines_that_are_a_little_ahead_are_saved_too(void **state)
{
	struct scene *scene = *state;
	console_log(scene->console, "ada", "2026-03-01T12:03:00Z INFO from the future");
	console_expect(scene->console, "from the future");
	save_as(scene, "ahead.log");
	console_expect(scene->console, "saved: 3502 lines, ");
}

static void a_file_that_is_there_is_replaced_only_when_that_is_said(void **state)
{
	struct scene *scene = *state;
	autofree char *path = path_in(scene, "there.log");
	autostr struct str text = STR_INIT;
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs("precious", file);
	fclose(file);
	save_as(scene, "there.log");
	console_expect(scene->console, "Replace the file?");
	console_keys(scene->console, "Esc");
	read_file(path, &text);
	assert_string_equal(text.text, "precious");
	console_expect_not(scene->console, "saved:");
	save_as(scene, "there.log");
	console_expect(scene->console, "Replace the file?");
	console_keys(scene->console, "Tab Enter");
	console_expect(scene->console, "saved: 3501 lines");
	read_file(path, &text);
	assert_null(strstr(text.text, "precious"));
	assert_int_equal(count(text.text, "\n"), LINES + 1);
}

static void what_cannot_be_written_is_said(void **state)
{
	struct scene *scene = *state;
	save_as(scene, "no/such/folder.log");
	console_expect(scene->console, "cannot write (No such file or directory): '");
	console_keys(scene->console, ":");
	console_type(scene->console, "save");
	console_keys(scene->console, "Enter Enter");
	console_expect(scene->console, "save to which file?");
}

static void escape_ends_it_and_leaves_nothing(void **state)
{
	struct scene *scene = *state;
	autofree char *path = path_in(scene, "stopped.log");
	console_keys(scene->console, ":");
	autofree char *command = xasprintf("save %s", path);
	console_type(scene->console, command);
	console_queue(scene->console, "Enter Esc");
	console_turn(scene->console, 1);
	console_expect(scene->console, "nothing was saved");
	for (int i = 0; i < 5000 && reap_left(); i++)
		console_turn(scene->console, 1); /* until the child has ended */
	assert_int_equal(reap_left(), 0);
	assert_int_not_equal(faccessat(AT_FDCWD, path, F_OK, 0), 0);
	assert_null(((const struct logs_view *)scene->console->app->view[PANE_logs])->save);
	save_as(scene, "next.log");
	console_expect(scene->console, "saved: 3501 lines");
}

static void what_was_to_be_replaced_stays_when_it_is_stopped(void **state)
{
	struct scene *scene = *state;
	autofree char *path = path_in(scene, "there.log");
	autostr struct str text = STR_INIT;
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs("precious", file);
	fclose(file);
	save_as(scene, "there.log");
	console_expect(scene->console, "Replace the file?");
	console_keys(scene->console, "Tab");
	console_queue(scene->console, "Enter Esc");
	console_turn(scene->console, 1);
	console_expect(scene->console, "nothing was saved");
	for (int i = 0; i < 5000 && reap_left(); i++)
		console_turn(scene->console, 1); /* until the child has ended */
	read_file(path, &text);
	assert_string_equal(text.text, "precious");
}

/* The file stands around the cursor's line, which the pager is told the number of. */
static void a_pager_gets_the_lines_around_the_cursor(void **state)
{
	struct scene *scene = *state;
	autostr struct str text = STR_INIT;
	assert_int_equal(setenv("PAGER", "/bin/more -f", 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", scene->folder, 1), 0);
	console_keys(scene->console, "/");
	console_type(scene->console, "\"line 1777\"");
	console_keys(scene->console, "Enter p");
	for (int i = 0; i < 5000 && !scene->console->app->hand_over; i++)
		console_turn(scene->console, 5);
	struct hand_over *it = scene->console->app->hand_over;
	assert_non_null(it);
	assert_string_equal(hand_over_name(it), "more");
	autofree char *path = xstrdup(hand_over_file(it));
	assert_int_equal(strncmp(path, scene->folder, strlen(scene->folder)), 0);
	read_file(path, &text);
	assert_int_equal(count(text.text, "\n"), LINES + 1);
	autostr struct str words = STR_INIT;
	hand_over_say(it, &words);
	/* Before it stands that the screen attached. */
	autofree char *expected = xasprintf("/bin/more -f +1779 %s", path);
	const char *at = strstr(text.text, " line 1777\n");
	assert_non_null(at);
	str_truncate(&text, (size_t)(at - text.text));
	assert_int_equal(count(text.text, "\n"), 1778);
	assert_string_equal(words.text, expected);
	hand_over_free(it);
	scene->console->app->hand_over = NULL;
	assert_int_equal(looks, 0); /* a disk may take its time */
	for (int i = 0; i < 5000 && reap_left(); i++)
		console_turn(scene->console, 1); /* until the child has ended */
	assert_int_not_equal(faccessat(AT_FDCWD, path, F_OK, 0), 0);
}

static void a_pager_that_is_not_there_is_named(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(setenv("PAGER", "nosuchpager", 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", scene->folder, 1), 0);
	console_keys(scene->console, "k p");
	console_expect(scene->console, "there is no 'nosuchpager' here");
	assert_null(scene->console->app->hand_over);
	assert_int_equal(looks, 0);
	assert_int_equal(rmdir(scene->folder), 0); /* nothing is left in it */
	assert_int_equal(mkdir(scene->folder, 0700), 0);
}

static bool is_there(const struct scene *scene)
{
	autofree char *pattern = path_in(scene, "botswain-log-*.log");
	glob_t found;
	int status = glob(pattern, 0, NULL, &found);
	globfree(&found);
	return status == 0;
}

/* It has written all, and the screen no longer wants it. */
static void a_file_for_a_pager_that_is_stopped_late_is_taken_away(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(setenv("PAGER", "/bin/more", 1), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", scene->folder, 1), 0);
	console_queue(scene->console, "k p");
	const struct logs_view *view = scene->console->app->view[PANE_logs];
	int64_t until_ms = clock_mono_ms(clock_real()) + LIMIT_MS;
	while (!(view->save && is_there(scene)) && clock_mono_ms(clock_real()) < until_ms)
		if (!view->save || scene->console->app->windows[WINDOW_SAVE].asked)
			console_turn(scene->console, 1);
	assert_non_null(view->save);
	assert_true(logs_save_stop(scene->console->app));
	for (int i = 0; i < 5000 && reap_left(); i++)
		console_turn(scene->console, 1);
	assert_int_equal(rmdir(scene->folder), 0); /* nothing is left in it */
	assert_int_equal(mkdir(scene->folder, 0700), 0);
}

int main(void)
{
#define SAVE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SAVE_TEST(all_lines_that_fit_are_saved_in_their_order),
		SAVE_TEST(the_filter_and_the_bots_count_and_jsonl_has_the_fields),
		SAVE_TEST(lines_that_are_a_little_ahead_are_saved_too),
		SAVE_TEST(a_file_that_is_there_is_replaced_only_when_that_is_said),
		SAVE_TEST(what_cannot_be_written_is_said),
		SAVE_TEST(escape_ends_it_and_leaves_nothing),
		SAVE_TEST(what_was_to_be_replaced_stays_when_it_is_stopped),
		SAVE_TEST(a_pager_gets_the_lines_around_the_cursor),
		SAVE_TEST(a_pager_that_is_not_there_is_named),
		SAVE_TEST(a_file_for_a_pager_that_is_stopped_late_is_taken_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
