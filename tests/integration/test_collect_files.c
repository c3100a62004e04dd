/* SPDX-License-Identifier: MIT */
/* Log files, followed: rotated, truncated, deleted, made later, cut in mid-line. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/collect_scene.h"
#include "tests/support/numbered.h"

static void move(const char *from, const char *to)
{
	autofree char *old = folder_path(from), *new = folder_path(to);
	assert_int_equal(rename(old, new), 0);
}

static void watch(void)
{
	collected_start(&collected,
		"bots: [{name: orders, transport: none, logs: [%s/orders.log]}]\n"
		"logs: [{name: rest, path: '%s/many*.log'}]\n",
		folder, folder);
	collect_wait_ok("kind=\"files\"");
}

static void what_is_there_at_the_start_is_shown_from_its_last_part_on(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++)
		folder_append("orders.log",
			"line %d of a log that was there before us, rather long\n", i);
	watch();
	const char *first = collected_wait_event(&collected, "orders.log orders", NULL);
	assert_non_null(strstr(first, " of a log that was there before us, rather long"));
	assert_null(strstr(first, "line 0 "));
	collected_wait_event(&collected, "line 1999 ", NULL);
	assert_in_range(collected_count_events(&collected, "line "), 1000, 1300);
}

static void a_line_that_is_written_is_seen_at_once_with_its_level_and_bot(void **state)
{
	(void)state;
	folder_append("orders.log", "first\n");
	watch();
	folder_append("orders.log", "2026-11-20 10:00:21,744 - bot - ERROR - it broke\n");
	collected_wait_event(&collected, "orders.log orders E ", "it broke", NULL);
	collected_wait_for(&collected, 0, "obs_notes", NULL);
	folder_append("orders.log", "{\"level\":\"warn\",\"msg\":\"hm\"}\n");
	collected_wait_event(&collected, "orders.log orders W ", "hm", NULL);
}

static void a_secret_in_a_line_is_gone_before_it_is_kept(void **state)
{
	(void)state;
	watch();
	collected.forbidden = "AAHsecretsecretsecretsecret";
	folder_append(
		"orders.log", "GET /bot123456:AAHsecretsecretsecretsecretsecretsecre/getUpdates\n");
	collected_wait_event(&collected, "<redacted>", NULL);
}

static void a_file_that_is_rotated_by_renaming_loses_nothing(void **state)
{
	(void)state;
	folder_append("orders.log", "before\n");
	watch();
	folder_append("orders.log", "last of the old\n");
	move("orders.log", "orders.log.1");
	folder_append("orders.log.1", "late to the old\n");
	folder_append("orders.log", "first of the new\n");
	collected_wait_event(&collected, "last of the old", NULL);
	collected.events_at = 0;
	collected_wait_event(&collected, "late to the old", NULL);
	collected.events_at = 0;
	collected_wait_event(&collected, "first of the new", NULL);
	folder_append("orders.log.1", "very late to the old\n");
	folder_append("orders.log", "second of the new\n");
	collected_wait_event(&collected, "second of the new", NULL);
	collected.events_at = 0;
	collected_wait_event(&collected, "very late to the old", NULL);
	assert_int_equal(collected_count_events(&collected, "of the new"), 2);
}

static void a_file_that_is_truncated_is_read_from_its_start(void **state)
{
	(void)state;
	folder_append("orders.log", "one\ntwo\nthree\n");
	watch();
	collected_wait_event(&collected, "three", NULL);
	autofree char *path = folder_path("orders.log");
	assert_int_equal(truncate(path, 0), 0);
	folder_append("orders.log", "four\n");
	collected_wait_event(&collected, "orders.log orders I ",
		"orders.log' was emptied; what comes is read from its start", NULL);
	collected_wait_event(&collected, "four", NULL);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
}

static void a_file_that_is_rewritten_longer_than_before_is_read_from_its_start(void **state)
{
	(void)state;
	folder_append("orders.log", "one\n");
	watch();
	collected_wait_event(&collected, "one", NULL);
	autofree char *path = folder_path("orders.log");
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	const char text[] = "completely different\nand longer\n";
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	collected_wait_event(&collected, "completely different", NULL);
	collected_wait_event(&collected, "and longer", NULL);
}

static void a_file_that_is_deleted_and_made_again_is_followed(void **state)
{
	(void)state;
	folder_append("orders.log", "one\n");
	watch();
	collected_wait_event(&collected, "one", NULL);
	autofree char *path = folder_path("orders.log");
	assert_int_equal(unlink(path), 0);
	collected_wait_event(
		&collected, "orders.log orders I ", "orders.log' is gone; it is waited for", NULL);
	folder_append("orders.log", "two\n");
	collected_wait_event(&collected, "two", NULL);
}

static void a_file_that_is_made_later_is_read_whole(void **state)
{
	(void)state;
	watch();
	folder_append("many-1.log", "bot=quiz level=info msg=\"hello from quiz\"\n");
	collected_wait_event(&collected, "many-1.log", "hello from quiz", NULL);
	folder_append("many-2.log", "again\n");
	collected_wait_event(&collected, "many-2.log", "again", NULL);
}

static void a_line_without_its_end_waits_for_it_but_not_for_ever(void **state)
{
	(void)state;
	watch();
	folder_append("orders.log", "half of ");
	folder_append("orders.log", "a line\n");
	const char *line = collected_wait_event(&collected, "half of ", NULL);
	assert_non_null(strstr(line, "half of a line"));
	folder_append("orders.log", "never ended");
	collected_wait_event(&collected, "never ended (cut)", NULL);
}

static void a_line_without_end_is_cut_and_the_next_one_is_whole(void **state)
{
	(void)state;
	watch();
	FILE *file = folder_open("orders.log", "ae");
	for (int i = 0; i < 300000; i++)
		fputc('x', file);
	fputs("\nnext\n", file);
	fclose(file);
	collected_wait_event(&collected, "xxxx", "(cut)", NULL);
	collected_wait_event(&collected, "orders - next", NULL);
}

static void hostile_bytes_are_harmless_on_the_way_out(void **state)
{
	(void)state;
	watch();
	collected.forbidden = "\033[31m";
	folder_append("orders.log", "a \033[31mred\033[0m \033]0;title\a %c\xff end\n", 1);
	collected_wait_event(&collected, " end", NULL);
}

static void a_file_that_may_not_be_read_is_named(void **state)
{
	(void)state;
	autofree char *path = folder_path("orders.log");
	assert_int_equal(mkdir(path, 0700), 0);
	watch();
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(path, path), 0);
	collected_wait(&collected, "obs_source", "kind=\"files\"", "state=\"error\"", "orders.log",
		"Too many levels of symbolic links", NULL);
	assert_int_equal(unlink(path), 0);
	folder_append("orders.log", "now it may\n");
	collected_wait_event(&collected, "now it may", NULL);
	collect_wait_ok("kind=\"files\"");
}

static void a_fifo_in_place_of_a_log_stops_nobody(void **state)
{
	(void)state;
	autofree char *path = folder_path("orders.log");
	assert_int_equal(mkfifo(path, 0600), 0);
	folder_append("many-1.log", "still here\n");
	watch();
	collected_wait_event(&collected, "still here", NULL);
}

static void a_reload_goes_on_where_it_was(void **state)
{
	(void)state;
	folder_append("orders.log", "one\n");
	watch();
	collected_wait_event(&collected, "one", NULL);
	folder_append("other.log", "was there\n");
	collected_reload(&collected,
		"bots: [{name: orders, transport: none, logs: [%s/orders.log]},"
		" {name: other, transport: none, logs: [%s/other.log]}]\n",
		folder, folder);
	folder_append("orders.log", "two\n");
	collected_wait_event(&collected, "other.log other", "was there", NULL);
	collected.events_at = 0;
	collected_wait_event(&collected, "two", NULL);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
}

static void a_log_that_is_rotated_twice_at_once_loses_nothing(void **state)
{
	(void)state;
	folder_append("orders.log", "one\n");
	watch();
	collected_wait_event(&collected, "one", NULL);
	folder_append("orders.log", "two\n");
	move("orders.log", "orders.log.2");
	folder_append("orders.log", "three\n");
	move("orders.log", "orders.log.1");
	folder_append("orders.log", "four\n");
	collected_wait_event(&collected, "four", NULL);
	collected.events_at = 0;
	collected_wait_event(&collected, "two", NULL);
	collected_wait_event(&collected, "three", NULL);
	assert_int_equal(collected_count_events(&collected, "orders.log orders"), 4);
}

static void what_is_lost_of_a_log_is_counted_and_said(void **state)
{
	(void)state;
	folder_append("orders.log", "one\n");
	watch();
	collected_wait_event(&collected, "one", NULL);
	folder_append("orders.log.1.gz", "packed\n");
	autofree char *packed = folder_path("orders.log.1.gz");
	const struct timespec later[2] = {{.tv_sec = 4000000000}, {.tv_sec = 4000000000}};
	assert_int_equal(utimensat(AT_FDCWD, packed, later, 0), 0);
	move("orders.log", "orders.log.2");
	folder_append("orders.log", "three\n");
	collected_wait(&collected, "obs_notes", "source=\"orders.log\"", "dropped=1", NULL);
	collected_wait_event(&collected, "orders.log orders W a part of '",
		"orders.log' is lost: ", "packed before it could be read", NULL);
	collected_wait_event(&collected, "three", NULL);
	collected_wait(&collected, "obs_source", "kind=\"files\"", "dropped=1", NULL);
}

/* Lines enough that the last bytes of a file are not all of it. */
static void append_many(const char *name)
{
	for (int i = 0; i < 2000; i++)
		folder_append(name, "line %d of a log that is longer than what is read first\n", i);
}

/* In a folder that is not there yet nothing tells of a new file: the look after the reload is the
 * first to see it. */
static void a_file_that_is_made_just_before_a_reload_is_read_whole(void **state)
{
	(void)state;
	static const char *const yaml =
		"bots: [{name: orders, transport: none, logs: [%s/sub/orders.log]}%s]\n"
		"logs: [{name: rest, path: '%s/sub/many*.log'}]\n";
	collected_start(&collected, yaml, folder, "", folder);
	collect_wait_ok("kind=\"files\"");
	autofree char *ready = folder_path("ready"), *sub = folder_path("sub");
	assert_int_equal(mkdir(ready, 0700), 0);
	append_many("ready/orders.log");
	append_many("ready/many-1.log");
	assert_int_equal(rename(ready, sub), 0);
	collected_reload(&collected, yaml, folder, ", {name: pay, transport: none}", folder);
	collected_wait_event(&collected, "orders.log", "line 1999 ", NULL);
	collected.events_at = 0;
	collected_wait_event(&collected, "many-1.log", "line 1999 ", NULL);
	assert_int_equal(collected_count_events(&collected, "line "), 4000);
}

/* As a supervisor names it a moment later: more than is read back of what was there before, without any time. */
static void a_log_that_is_asked_for_after_it_was_made_is_read_whole(void **state)
{
	(void)state;
	enum { LINES = 10000 };
	collected_start(
		&collected, "bots: [{name: orders, transport: none, logs: [%s/a.log]}]\n", folder);
	collect_wait_ok("kind=\"files\"");
	FILE *file = folder_open("b.log", "ae");
	for (int i = 0; i < LINES; i++)
		fprintf(file, "number %d. %060d\n", i, i);
	fclose(file);
	collected_reload(&collected,
		"bots: [{name: orders, transport: none, logs: [%1$s/a.log, %1$s/b.log]}]\n",
		folder);
	autofree char *last = xasprintf("number %d. ", LINES - 1);
	collected_wait_event(&collected, last, NULL);
	assert_numbered(&collected, LINES);
}

static void a_log_that_is_given_to_another_bot_goes_on_where_it_was(void **state)
{
	(void)state;
	folder_append("orders.log", "one\n");
	watch();
	collected_wait_event(&collected, "one", NULL);
	collected_reload(&collected,
		"bots: [{name: pay, transport: none, logs: [%s/orders.log]}]\n", folder);
	folder_append("orders.log", "two\n");
	collected_wait_event(&collected, "two", NULL);
	folder_append("orders.log", "three\n");
	collected_wait_event(&collected, "orders.log pay ", "three", NULL);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
}

static bool is_open(const char *path)
{
	bool is_found = false;
	DIR *listing = opendir("/proc/self/fd");
	assert_non_null(listing);
	for (struct dirent *entry; !is_found && (entry = readdir(listing));) {
		char target[PATH_MAX];
		ssize_t length =
			readlinkat(dirfd(listing), entry->d_name, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		is_found = strcmp(target, path) == 0;
	}
	closedir(listing);
	return is_found;
}

/* A loop of links cannot be looked through, by root either. */
static void a_log_that_is_asked_for_no_more_is_let_go_where_nobody_can_look(void **state)
{
	(void)state;
	autofree char *sub = folder_path("sub"), *away = folder_path("away"),
		      *path = folder_path("away/a.log");
	assert_int_equal(mkdir(sub, 0700), 0);
	folder_append("sub/a.log", "one\n");
	collected_start(&collected, "logs: [{name: rest, path: '%s/sub/*.log'}]\n", folder);
	collected_wait_event(&collected, "one", NULL);
	assert_int_equal(rename(sub, away), 0);
	assert_int_equal(symlink(sub, sub), 0);
	collected_wait(&collected, "obs_source", "kind=\"files\"", "state=\"error\"", "a.log",
		"Too many levels of symbolic links", NULL);
	assert_true(is_open(path));
	folder_append("next.log", "next\n");
	collected_reload(&collected, "logs: [{name: rest, path: '%s/next.log'}]\n", folder);
	collected_wait_event(&collected, "next", NULL);
	collect_wait_ok("kind=\"files\"");
	assert_false(is_open(path));
}

/* What is kept goes on where it was. */
static void a_log_whose_folder_is_closed_for_a_while_is_not_read_again(void **state)
{
	(void)state;
	autofree char *sub = folder_path("sub"), *away = folder_path("away");
	assert_int_equal(mkdir(sub, 0700), 0);
	folder_append("sub/a.log", "one\n");
	collected_start(&collected, "logs: [{name: rest, path: '%s/sub/*.log'}]\n", folder);
	collected_wait_event(&collected, "one", NULL);
	assert_int_equal(rename(sub, away), 0);
	assert_int_equal(symlink(sub, sub), 0);
	collected_wait(&collected, "obs_source", "kind=\"files\"", "state=\"error\"", NULL);
	folder_append("away/a.log", "two\n");
	assert_int_equal(unlink(sub), 0);
	assert_int_equal(rename(away, sub), 0);
	collect_wait_ok("kind=\"files\"");
	folder_append("sub/a.log", "three\n");
	collected_wait_event(&collected, "three", NULL);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
	assert_int_equal(collected_count_events(&collected, "two"), 1);
}

static void fill_mailbox(void)
{
	while (mailbox_post(collected.mailbox, MSG_obs_notify, msg_new(MSG_obs_notify))) {
	}
}

/* What the files' worker does after it was told of everything before, also when it cannot say so. */
static void await_open(const char *name)
{
	autofree char *path = folder_path(name);
	int64_t until_ms = clock_mono_ms(clock_real()) + COLLECTED_WAIT_MS;
	while (!is_open(path)) {
		assert_true(clock_mono_ms(clock_real()) < until_ms);
		sched_yield();
	}
}

static void await_refused_post(void)
{
	uint64_t before = mailbox_dropped(collected.mailbox);
	int64_t until_ms = clock_mono_ms(clock_real()) + COLLECTED_WAIT_MS;
	while (mailbox_dropped(collected.mailbox) < before + 2) {
		assert_true(clock_mono_ms(clock_real()) < until_ms);
		sched_yield();
	}
}

static void lines_that_wait_for_a_full_engine_survive_that_their_log_gets_another_bot(void **state)
{
	(void)state;
	folder_append("next.log", "next\n");
	watch();
	fill_mailbox();
	folder_append("orders.log", "one\n");
	await_refused_post();
	collected_reload(&collected,
		"bots: [{name: pay, transport: none, logs: [%s/orders.log, %s/next.log]}]\n",
		folder, folder);
	await_open("next.log");
	folder_append("orders.log", "two\n");
	collected_wait_event(&collected, "orders.log pay ", "two", NULL);
	assert_int_equal(collected_count_events(&collected, "orders.log orders "), 1);
	assert_int_equal(collected_count_events(&collected, "one"), 1);
}

static void many_lines_make_few_notes(void **state)
{
	(void)state;
	watch();
	uint64_t before = collected.count;
	for (int i = 0; i < 40; i++) {
		autostr struct str text = STR_INIT;
		for (int j = 0; j < 1000; j++)
			str_addf(&text, "line %d %d\n", i, j);
		folder_append("orders.log", "%s", text.text);
	}
	collected_wait_event(&collected, "line 39 999", NULL);
	assert_int_equal(collected_count_events(&collected, "line "), 40000);
	assert_in_range(collected.count - before, 1, 130);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, collect_setup, collect_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_there_at_the_start_is_shown_from_its_last_part_on),
		TEST(a_line_that_is_written_is_seen_at_once_with_its_level_and_bot),
		TEST(a_secret_in_a_line_is_gone_before_it_is_kept),
		TEST(a_file_that_is_rotated_by_renaming_loses_nothing),
		TEST(a_file_that_is_truncated_is_read_from_its_start),
		TEST(a_file_that_is_rewritten_longer_than_before_is_read_from_its_start),
		TEST(a_file_that_is_deleted_and_made_again_is_followed),
		TEST(a_file_that_is_made_later_is_read_whole),
		TEST(a_line_without_its_end_waits_for_it_but_not_for_ever),
		TEST(a_line_without_end_is_cut_and_the_next_one_is_whole),
		TEST(hostile_bytes_are_harmless_on_the_way_out),
		TEST(a_file_that_may_not_be_read_is_named),
		TEST(a_fifo_in_place_of_a_log_stops_nobody),
		TEST(a_reload_goes_on_where_it_was),
		TEST(a_log_that_is_rotated_twice_at_once_loses_nothing),
		TEST(what_is_lost_of_a_log_is_counted_and_said),
		TEST(a_file_that_is_made_just_before_a_reload_is_read_whole),
		TEST(a_log_that_is_asked_for_after_it_was_made_is_read_whole),
		TEST(a_log_that_is_given_to_another_bot_goes_on_where_it_was),
		TEST(lines_that_wait_for_a_full_engine_survive_that_their_log_gets_another_bot),
		TEST(a_log_that_is_asked_for_no_more_is_let_go_where_nobody_can_look),
		TEST(a_log_whose_folder_is_closed_for_a_while_is_not_read_again),
		TEST(many_lines_make_few_notes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
