/* SPDX-License-Identifier: MIT */
/* What a screen remembers for the next one: the text, the file, and a disk that does not answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/console.h"
#include "tests/support/fleet_scene.h"
#include "tui/panes/logs_view.h"
#include "tui/saved.h"

#define TOKEN "123456789:AAFexampleexampleexampleexample_12"

static char folder[64];
static bool is_disk_dead;

enum { HUNG_MAX = 16 };

/* Who waits for the dead disk; shared with our children. */
static struct hung {
	atomic_int count;
	pid_t pids[HUNG_MAX];
} * hung;

static void wait_for_ever(void)
{
	int at = atomic_fetch_add(&hung->count, 1);
	if (at < HUNG_MAX)
		hung->pids[at] = getpid();
	for (;;)
		pause();
}

/* They would outlive the test. How many there were. */
static int end_hung(void)
{
	int count = atomic_exchange(&hung->count, 0);
	for (int i = 0; i < count && i < HUNG_MAX; i++) {
		kill(hung->pids[i], SIGKILL);
		waitpid(hung->pids[i], NULL, 0);
	}
	return count;
}

/* A dead disk: whoever syncs a file, or opens ours, waits for ever. */
int fsync(int fd)
{
	if (is_disk_dead)
		wait_for_ever();
	return (int)syscall(SYS_fsync, fd);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	unsigned mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
	va_end(args);
	if (is_disk_dead && strstr(path, "/screen-"))
		wait_for_ever();
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int setup(void **state)
{
	hung = hung ? hung
		    : mmap(NULL, sizeof(*hung), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	assert_ptr_not_equal(hung, MAP_FAILED);
	strcpy(folder, "/tmp/botswain-saved-XXXXXX");
	assert_non_null(mkdtemp(folder));
	setenv("XDG_STATE_HOME", folder, 1);
	return fleet_setup(state);
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk)
{
	(void)found, (void)type, (void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct console *console = *state;
	is_disk_dead = false;
	saved_end(console->app);
	end_hung();
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return fleet_teardown(state);
}

static void run_line(struct console *console, const char *line)
{
	console_keys(console, ":");
	console_type(console, line);
	console_keys(console, "Enter");
}

/* A second screen on the same engine, with what the first one keeps. */
static struct console *next_screen(struct console *console)
{
	autostr struct str text = STR_INIT;
	struct err err = {.code = ERR_NONE};
	bool newer;
	saved_print(console->app, "here", &text);
	struct console *next = console_beside(console, 24, 80);
	if (!saved_take(next->app, "here", text.text, text.length, &newer, &err))
		fail_msg("%s", err.text);
	assert_false(newer);
	console_advance(next, 1000);
	return next;
}

/* ---- the text ---- */

static void order_and_filter_of_each_table_are_there_again_but_it_begins_at_its_top(void **state)
{
	struct console *console = *state;
	run_line(console, "sort PEND");
	run_line(console, "sort PEND");
	run_line(console, "filter !winter");
	console_keys(console, "G k");
	assert_true(pane_bots.rows(console->app->view[PANE_bots])->cursor_row > 0);
	console_keys(console, "3 /");
	console_type(console, "alert=bot_down");
	console_keys(console, "Enter");
	struct console *next = next_screen(console);
	assert_int_equal(pane_bots.rows(next->app->view[PANE_bots])->cursor_row, 0);
	assert_string_equal(pane_bots.filtered_by(next->app->view[PANE_bots]), "!winter");
	assert_int_equal(pane_bots.sorted_by(next->app->view[PANE_bots]),
		pane_bots.sorted_by(console->app->view[PANE_bots]));
	assert_true(pane_bots.sorted_by(next->app->view[PANE_bots]) > 0);
	assert_int_equal(pane_bots.descends(next->app->view[PANE_bots]),
		pane_bots.descends(console->app->view[PANE_bots]));
	console_expect(next, "/alert=bot_down");
	assert_int_equal(views_now(&next->app->views)->focus, PANE_alerts);
	console_free(next);
}

static void every_column_of_every_table_comes_back_in_both_directions(void **state)
{
	struct console *console = *state;
	for (int id = 0; id < PANE_COUNT; id++) {
		const struct pane *pane = pane_of((enum pane_id)id);
		for (size_t column = 0; pane->sort && column < 2 * pane->table->count; column++) {
			void *view = console->app->view[id];
			pane->sort(view, 0);
			pane->sort(view, (int)(column / 2));
			if (column % 2)
				pane->sort(view, (int)(column / 2));
			struct console *next = next_screen(console);
			assert_int_equal(
				pane->sorted_by(next->app->view[id]), pane->sorted_by(view));
			assert_int_equal(pane->descends(next->app->view[id]), pane->descends(view));
			console_free(next);
		}
	}
}

static void the_place_the_chart_the_log_filter_and_switches_are_there_again(void **state)
{
	struct console *console = *state;
	run_line(console, "metric pg-rate");
	run_line(console, "bell off");
	run_line(console, "log_filter level>=warn");
	console_keys(console, "4 }");
	console_keys(console, "+");
	struct console *next = next_screen(console);
	console_expect(next, "Postgres transactions/s  1h");
	assert_int_equal(views_now(&next->app->views)->zoom, ZOOM_FULL);
	assert_false(next->app->alarm.bell);
	console_keys(next, "5");
	console_expect(next, "level>=warn");
	console_free(next);
}

/* A mark by what its line says, though the file does not hold it. */
static void the_marks_and_the_filters_of_the_log_are_there_again(void **state)
{
	struct console *console = *state;
	autostr struct str file = STR_INIT;
	console_log(console, "shop-pay", "INFO a remarkable line");
	console_log(console, "shop-pay", "INFO an ordinary line");
	console_advance(console, 1000);
	console_keys(console, "5 + + /");
	console_type(console, "remarkable");
	console_keys(console, "Enter");
	run_line(console, "name_mark payday");
	console_keys(console, "Esc");
	run_line(console, "log_filter line");
	run_line(console, "log_filter level>=error");
	run_line(console, "log_filter password=hunter2hunter2");
	run_line(console, "filters 2 off");
	run_line(console, "filters 3 not");
	console_keys(console, "{ i");
	saved_print(console->app, "here", &file);
	assert_null(strstr(file.text, "a remarkable"));
	assert_null(strstr(file.text, "hunter2"));
	struct console *next = next_screen(console);
	console_expect(next, "last 1d  &line  &level>=error (off)");
	console_expect_not(next, "/bar");
	console_keys(next, "Esc Esc");
	run_line(next, "marks payday");
	console_expect(next, "a remarkable line");
	console_expect(next, "payday");
	run_line(next, "forget");
	console_expect_not(next, "last 1d");
	console_keys(next, "5 '");
	console_expect(next, "no line is marked");
	console_free(next);
}

static void a_detail_that_was_opened_shows_the_same_bot_and_can_be_left_again(void **state)
{
	struct console *console = *state;
	console_keys(console, "j Enter");
	uint64_t cursor = pane_bots.rows(console->app->view[PANE_bots])->cursor;
	struct console *next = next_screen(console);
	assert_int_equal(views_now(&next->app->views)->focus, PANE_detail);
	assert_int_equal(pane_bots.rows(next->app->view[PANE_bots])->cursor, cursor);
	console_keys(next, "q");
	console_expect(next, "1 Bots");
	assert_false(next->app->quit);
	console_free(next);
}

static void lines_typed_before_are_a_key_away_but_no_secret_among_them(void **state)
{
	struct console *console = *state;
	autostr struct str text = STR_INIT;
	run_line(console, "sort BOT");
	run_line(console, "filter " TOKEN);
	console_keys(console, "5 /");
	console_type(console, "password=hunter22");
	console_keys(console, "Enter");
	saved_print(console->app, "here", &text);
	assert_null(strstr(text.text, "AAFexample"));
	assert_null(strstr(text.text, "hunter22"));
	assert_non_null(strstr(text.text, "sort BOT"));
	struct console *next = next_screen(console);
	console_keys(next, ": Up");
	console_expect(next, "> sort BOT");
	console_free(next);
}

static void a_reason_and_a_typed_confirmation_are_not_kept(void **state)
{
	struct console *console = *state;
	autostr struct str text = STR_INIT;
	history_add(&console->app->reasons, "a reason that goes to the audit file");
	saved_print(console->app, "here", &text);
	assert_null(strstr(text.text, "audit"));
}

static void a_history_is_bounded_and_the_newest_stays(void **state)
{
	struct console *console = *state;
	autostr struct str text = STR_INIT;
	for (int i = 0; i < 2000; i++) {
		autofree char *line = xasprintf("filter \"\\\"%0200d", i);
		history_add(&console->app->commands, line);
		history_add(&console->app->filters, line);
	}
	saved_print(console->app, "here", &text);
	assert_true(text.length < SAVED_BYTES_MAX);
	assert_non_null(strstr(text.text, "01999"));
}

static void what_is_none_of_ours_changes_nothing(void **state)
{
	struct console *console = *state;
	static const struct {
		const char *text, *why;
		bool newer;
	} files[] = {{"", "damaged", false}, {"{", "damaged", false}, {"[]", "damaged", false},
		{"{\"v\":0,\"engines\":\"here\"}", "damaged", false},
		{"\x01\xff\xfe", "damaged", false},
		{"{\"v\":1,\"engines\":\"elsewhere\"}", "another engine", false},
		{"{\"v\":2,\"engines\":\"here\",\"place\":\"?\"}", "newer botswain", true}};
	autostr struct str before = STR_INIT;
	saved_print(console->app, "here", &before);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		autostr struct str after = STR_INIT;
		struct err err = {.code = ERR_NONE};
		bool newer;
		assert_false(saved_take(
			console->app, "here", files[i].text, strlen(files[i].text), &newer, &err));
		assert_non_null(strstr(err.text, files[i].why));
		assert_int_equal(newer, files[i].newer);
		saved_print(console->app, "here", &after);
		assert_string_equal(after.text, before.text);
	}
}

/* Right version, right engine, and nothing else in it is what it should be. */
static void parts_that_make_no_sense_are_left_out(void **state)
{
	struct console *console = *state;
	struct err err = {.code = ERR_NONE};
	bool newer;
	static const char *const files[] = {"{\"v\":1,\"engines\":\"here\"}",
		"{\"v\":1,\"engines\":\"here\",\"place\":{\"focus\":\"moon\",\"lower\":7},"
		"\"panes\":[],"
		"\"commands\":{},\"filters\":\"x\",\"alarm\":3}",
		"{\"v\":1,\"engines\":\"here\",\"place\":{\"focus\":\"bots\",\"lower\":\"bots\"},"
		"\"panes\":{"
		"\"bots\":{\"sort\":\"NO "
		"SUCH\",\"filter\":\"((\",\"cursor\":\"xyz\",\"descending\":1},"
		"\"metrics\":{\"metric\":\"none\",\"span\":\"9y\"},\"logs\":{\"lines\":\"((\","
		"\"search\":\"((\",\"mark1\":\"1\",\"mark2\":\"1 2 a\",\"mark3\":\"x 2 "
		"a\\tb\",\"span\":"
		"\"9y\",\"off_lines\":\"((\"},\"alerts\":7},\"commands\":[1,null,\"a\\u001b["
		"31m\\nb\"],"
		"\"alarm\":{\"notify\":\"smoke\"}}"};
	for (size_t i = 0; i < COUNT_OF(files); i++)
		assert_true(
			saved_take(console->app, "here", files[i], strlen(files[i]), &newer, &err));
	console_advance(console, 1000);
	console_expect(console, "1 Bots");
	assert_int_equal(console->app->commands.count, 1);
	assert_null(strchr(console->app->commands.lines[0], '\033'));
	assert_null(strchr(console->app->commands.lines[0], '\n'));
}

/* Variation selectors and joiners show nothing, and hide in a character that is drawn. */
static void filters_that_somebody_wrote_down_are_made_safe(void **state)
{
	struct console *console = *state;
	static const char file[] =
		"{\"v\":1,\"engines\":\"here\",\"place\":{\"focus\":\"logs\",\"lower\":\"logs\"},"
		"\"panes\":{\"logs\":{\"lines\":\"\\\"a\\ufe0eb\\u001bc\\\"\"},"
		"\"bots\":{\"filter\":\"\\\"d\\u200de\\u202ef\\\"\"}}}";
	struct err err;
	bool newer;
	assert_true(saved_take(console->app, "here", file, strlen(file), &newer, &err));
	const char *of_bots = pane_bots.filtered_by(console->app->view[PANE_bots]);
	const struct logs_view *logs = console->app->view[PANE_logs];
	assert_int_equal(logs->chain.count, 1);
	assert_null(strpbrk(logs->chain.list[0].text, "\xef\033"));
	assert_non_null(strstr(logs->chain.list[0].text, "<U+FE0E>"));
	assert_non_null(strstr(of_bots, "<U+202E>"));
	assert_non_null(strstr(of_bots, "<U+200D>"));
}

static void forgetting_leads_back_to_the_first_day(void **state)
{
	struct console *console = *state;
	autostr struct str before = STR_INIT, after = STR_INIT;
	saved_print(console->app, "here", &before);
	run_line(console, "sort BOT");
	run_line(console, "filter !winter");
	run_line(console, "metric pg-rate");
	run_line(console, "bell off");
	run_line(console, "log_filter level>=warn");
	console_keys(console, "4 } + 1 j");
	run_line(console, "forget");
	console_expect(console, "forgotten: ");
	saved_print(console->app, "here", &after);
	assert_string_equal(after.text, before.text);
}

/* ---- the file ---- */

static char *path_in(const char *name)
{
	return xasprintf("%s/botswain/%s", folder, name);
}

static void the_file_is_the_owners_alone_and_replaced_whole(void **state)
{
	(void)state;
	char text[SAVED_BYTES_MAX];
	size_t length = 0;
	struct stat status;
	autofree char *path = path_in("screen-1.json");
	assert_int_equal(saved_file_read(path, text, sizeof(text), &length), ENOENT);
	assert_int_equal(saved_file_write(path, "first", 5), 0);
	assert_int_equal(saved_file_write(path, "second", 6), 0);
	assert_int_equal(saved_file_read(path, text, sizeof(text), &length), 0);
	assert_int_equal(length, 6);
	assert_memory_equal(text, "second", 6);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	autofree char *parent = path_in("");
	assert_int_equal(stat(parent, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(saved_file_write(path, "", 0), 0);
	assert_int_equal(saved_file_read(path, text, sizeof(text), &length), ENOENT);
}

static void links_pipes_and_huge_files_are_not_read(void **state)
{
	(void)state;
	char text[SAVED_BYTES_MAX];
	size_t length = 0;
	autofree char *path = path_in("screen-1.json");
	autofree char *link = path_in("screen-2.json");
	autofree char *pipe = path_in("screen-3.json");
	assert_int_equal(saved_file_write(path, "text", 4), 0);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(saved_file_read(link, text, sizeof(text), &length), -1);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(saved_file_read(pipe, text, sizeof(text), &length), -1);
	assert_int_equal(truncate(path, SAVED_BYTES_MAX + 1), 0);
	assert_int_equal(saved_file_read(path, text, sizeof(text), &length), -1);
}

/* Many writers at once: what is read is whole, always. */
static void two_screens_do_not_spoil_each_others_file(void **state)
{
	(void)state;
	enum { WRITERS = 8, SIZE = 30000 };
	autofree char *path = path_in("screen-1.json");
	static char text[SIZE], got[SAVED_BYTES_MAX];
	size_t length = 0;
	int status, left = WRITERS;
	memset(text, 'x', sizeof(text));
	assert_int_equal(saved_file_write(path, text, SIZE), 0);
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0) {
			memset(text, 'a' + i, sizeof(text));
			for (int round = 0; round < 20; round++)
				if (saved_file_write(path, text, SIZE))
					_exit(1);
			_exit(0);
		}
	while (left) {
		assert_int_equal(saved_file_read(path, got, sizeof(got), &length), 0);
		assert_int_equal(length, SIZE);
		for (size_t i = 1; i < length; i++)
			assert_int_equal(got[i], got[0]);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			left--;
		}
	}
}

/* ---- children ---- */

/* Whole ones: not what is being written. */
static size_t files_there(void)
{
	static const char ending[] = ".json";
	autofree char *path = path_in("");
	DIR *listing = opendir(path);
	size_t count = 0;
	const struct dirent *entry;
	while (listing && (entry = readdir(listing))) {
		size_t length = strlen(entry->d_name);
		count += length > sizeof(ending) &&
			 strcmp(entry->d_name + length - strlen(ending), ending) == 0;
	}
	if (listing)
		closedir(listing);
	return count;
}

static bool await_file(void)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + 5000;
	while (!files_there() && clock_mono_ms(clock_real()) < until_ms)
		(void)poll(NULL, 0, 5);
	return files_there() == 1;
}

static void it_is_written_once_it_is_quiet_and_read_by_the_next_screen(void **state)
{
	struct console *console = *state;
	saved_begin(console->app, saved_look(console->app->settings, NULL));
	assert_non_null(console->app->saved);
	run_line(console, "filter !winter");
	saved_step(console->app);
	assert_int_equal(files_there(), 0);
	console_advance(console, SAVED_QUIET_MS);
	assert_true(saved_left_ms(console->app) >= 0);
	saved_step(console->app);
	assert_true(await_file());
	assert_int_equal(saved_left_ms(console->app), -1);
	struct console *next = console_beside(console, 24, 80);
	saved_begin(next->app, saved_look(next->app->settings, NULL));
	assert_string_equal(pane_bots.filtered_by(next->app->view[PANE_bots]), "!winter");
	saved_end(next->app);
	console_free(next);
}

static void a_screen_without_a_change_writes_nothing(void **state)
{
	struct console *console = *state;
	saved_begin(console->app, saved_look(console->app->settings, NULL));
	console_keys(console, "P P");
	console_advance(console, SAVED_QUIET_MS);
	saved_step(console->app);
	saved_end(console->app);
	(void)poll(NULL, 0, 200);
	assert_int_equal(files_there(), 0);
}

static void a_damaged_file_is_said_and_a_newer_one_is_left_as_it_is(void **state)
{
	struct console *console = *state;
	saved_begin(console->app, saved_look(console->app->settings, NULL));
	run_line(console, "filter !winter");
	saved_end(console->app);
	assert_true(await_file());
	autofree char *parent = path_in("");
	autofree char *path = NULL;
	DIR *listing = opendir(parent);
	const struct dirent *entry;
	while ((entry = readdir(listing)))
		if (strncmp(entry->d_name, "screen-", 7) == 0)
			path = path_in(entry->d_name);
	closedir(listing);
	assert_int_equal(saved_file_write(path, "{\"v\":1,", 7), 0);
	saved_begin(console->app, saved_look(console->app->settings, NULL));
	console_settle(console);
	console_expect(console, "the last view is not taken up: it is damaged");
	saved_end(console->app);
	static const char newer[] = "{\"v\":9}";
	char text[64];
	size_t length = 0;
	assert_int_equal(saved_file_write(path, newer, strlen(newer)), 0);
	saved_begin(console->app, saved_look(console->app->settings, NULL));
	run_line(console, "filter !weather");
	saved_end(console->app);
	(void)poll(NULL, 0, 200);
	assert_int_equal(saved_file_read(path, text, sizeof(text), &length), 0);
	assert_int_equal(length, strlen(newer));
	assert_memory_equal(text, newer, length);
}

static void a_dead_disk_holds_up_neither_start_nor_keys_nor_leaving(void **state)
{
	struct console *console = *state;
	is_disk_dead = true;
	int64_t begun_ms = clock_mono_ms(clock_real());
	saved_begin(console->app, saved_look(console->app->settings, NULL));
	assert_in_range(clock_mono_ms(clock_real()) - begun_ms, SAVED_READ_MS - 1, 1500);
	console_settle(console);
	console_expect(console, "its disk does not answer");
	run_line(console, "filter !winter");
	for (int i = 0; i < 5; i++) {
		console_keys(console, "j");
		console_advance(console, SAVED_QUIET_MS);
		begun_ms = clock_mono_ms(clock_real());
		saved_step(console->app);
		assert_in_range(clock_mono_ms(clock_real()) - begun_ms, 0, 200);
	}
	begun_ms = clock_mono_ms(clock_real());
	saved_end(console->app);
	assert_in_range(clock_mono_ms(clock_real()) - begun_ms, 0, 500);
	assert_int_equal(
		end_hung(), 2); /* one that read and one that wrote, however much changed */
}

static void a_screen_that_is_told_not_to_remembers_nothing(void **state)
{
	(void)state;
	struct console *console =
		console_new("state_dir: /nowhere/state\nscreen: {remember: no}\n", 24, 80);
	saved_begin(console->app, saved_look(console->app->settings, NULL));
	assert_null(console->app->saved);
	assert_int_equal(saved_left_ms(console->app), -1);
	saved_step(console->app);
	saved_end(console->app);
	console_free(console);
	assert_int_equal(files_there(), 0);
}

int main(void)
{
#define SAVED_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SAVED_TEST(order_and_filter_of_each_table_are_there_again_but_it_begins_at_its_top),
		SAVED_TEST(every_column_of_every_table_comes_back_in_both_directions),
		SAVED_TEST(the_place_the_chart_the_log_filter_and_switches_are_there_again),
		SAVED_TEST(the_marks_and_the_filters_of_the_log_are_there_again),
		SAVED_TEST(a_detail_that_was_opened_shows_the_same_bot_and_can_be_left_again),
		SAVED_TEST(lines_typed_before_are_a_key_away_but_no_secret_among_them),
		SAVED_TEST(a_reason_and_a_typed_confirmation_are_not_kept),
		SAVED_TEST(a_history_is_bounded_and_the_newest_stays),
		SAVED_TEST(what_is_none_of_ours_changes_nothing),
		SAVED_TEST(parts_that_make_no_sense_are_left_out),
		SAVED_TEST(filters_that_somebody_wrote_down_are_made_safe),
		SAVED_TEST(forgetting_leads_back_to_the_first_day),
		SAVED_TEST(the_file_is_the_owners_alone_and_replaced_whole),
		SAVED_TEST(links_pipes_and_huge_files_are_not_read),
		SAVED_TEST(two_screens_do_not_spoil_each_others_file),
		SAVED_TEST(it_is_written_once_it_is_quiet_and_read_by_the_next_screen),
		SAVED_TEST(a_screen_without_a_change_writes_nothing),
		SAVED_TEST(a_damaged_file_is_said_and_a_newer_one_is_left_as_it_is),
		SAVED_TEST(a_dead_disk_holds_up_neither_start_nor_keys_nor_leaving),
		SAVED_TEST(a_screen_that_is_told_not_to_remembers_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
