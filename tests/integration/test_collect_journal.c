/* SPDX-License-Identifier: MIT */
/* The systemd journal, live and back: files that systemd-journal-remote writes while they are read by their path. What goes
 * wrong with them is in test_collect_journal_trouble.c. */
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

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/journal_scene.h"
#include "tests/support/numbered.h"
#include "tests/support/spawn.h"

enum {
	LINES = 10000,
	STEP = 500,
	LINE_BYTES = 1200,
	MINUTE_MS = 60000,
	WAIT_MS = 20000,
	FDS = 256,
	JOURNALS = 64
};

#define SECRET "AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc"

/* ---- nothing lost, nothing twice ---- */

static void ten_thousand_lines_through_rotation_and_vacuum_are_each_there_once(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	size_t vacuumed = 0;
	for (int at = 0; at < LINES; at += STEP) {
		journal_remote_count(&remote, "orders.service", at, at + STEP, LINE_BYTES);
		autofree char *last = xasprintf("number %d. ", at + STEP - 1);
		if (at % (4 * STEP) == 0)
			collected_wait_event(&collected, last, NULL);
		vacuumed += journal_remote_vacuum(&remote);
	}
	journal_scene_end_and_wait("the end");
	print_message("# %zu files were rotated away and vacuumed\n", vacuumed);
	assert_true(vacuumed >= 2);
	assert_numbered(&collected, LINES);
}

static void a_start_in_the_middle_of_writing_loses_nothing_and_reads_nothing_twice(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_remote_count(&remote, "orders.service", 0, LINES / 2, 80);
	journal_scene_watch(ORDERS, "");
	journal_remote_count(&remote, "orders.service", LINES / 2, LINES, 80);
	journal_scene_end_and_wait("the end");
	assert_numbered(&collected, LINES);
}

/* The program itself ends and begins again, on the same file; and once with a new one. */
static void a_journal_that_is_stopped_and_started_again_goes_on(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	for (int at = 0; at < LINES; at += LINES / 4) {
		journal_remote_count(&remote, "orders.service", at, at + LINES / 4, 80);
		journal_remote_end(&remote);
		if (at == LINES / 4) {
			autofree char *old = folder_path("journal/remote.journal");
			autofree char *new = folder_path("journal/remote@aside.journal");
			assert_int_equal(rename(old, new), 0);
		}
		journal_remote_start(&remote);
	}
	journal_scene_end_and_wait("the end");
	assert_numbered(&collected, LINES);
}

static void one_file_is_followed_by_its_path_through_its_rotation(void **state)
{
	(void)state;
	journal_scene_begin();
	collected_start(
		&collected, "logs: {all: {path: 'journal:%s/journal/remote.journal'}}\n", folder);
	for (int at = 0; at < LINES; at += STEP)
		journal_remote_count(&remote, "orders.service", at, at + STEP, LINE_BYTES);
	journal_scene_end_and_wait("the end");
	assert_true(journal_remote_files(&remote, true) >= 1);
	assert_numbered(&collected, LINES);
}

static void two_writers_in_one_folder_hide_nothing_from_each_other(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	journal_remote_count(&remote, "orders.service", 0, LINES / 2, 80);
	journal_scene_end_and_wait("the first");
	journal_remote_end(&remote);
	/* Its entries are older than those of the other that were read. */
	autofree char *old = folder_path("journal/remote.journal");
	autofree char *new = folder_path("journal/other.journal");
	assert_int_equal(rename(old, new), 0);
	journal_remote_start(&remote);
	for (int i = LINES / 2; i < LINES; i++)
		journal_remote_say(
			&remote, MINUTE_MS, "_SYSTEMD_UNIT=orders.service\nMESSAGE=number %d. ", i);
	journal_scene_end_and_wait("the end");
	assert_numbered(&collected, LINES);
}

/* A file that came and went while nobody looked: here it never was where the others are. */
static void entries_that_are_vacuumed_unread_are_counted_and_said(void **state)
{
	(void)state;
	journal_scene_begin();
	int written = 0;
	for (; journal_remote_files(&remote, true) < 2; written += STEP) {
		autofree char *last = xasprintf("number %d. ", written);
		journal_remote_count(
			&remote, "orders.service", written, written + STEP, LINE_BYTES);
		assert_true(written < 100000);
	}
	journal_remote_end(&remote);
	/* The archived files by age, then the live one. */
	autofree char *in = folder_path("journal"), *away = folder_path("away");
	assert_int_equal(rename(in, away), 0);
	assert_int_equal(mkdir(in, 0700), 0);
	autofree char *script =
		xasprintf("cd %s && set -- remote@*.journal && mv $1 %s/remote.journal", away, in);
	spawn_well(WORDS("sh", "-c", script), &(struct spawn){0}, WAIT_MS);
	collected_start(
		&collected, "logs: {all: {path: 'journal:%s'}}\nevents: {read_back: 0}\n", in);
	collect_wait_ok("kind=\"journal\"");
	autofree char *rotate = xasprintf("cd %1$s && mv %2$s/remote.journal %2$s/remote@0.journal "
					  "&& mv remote.journal %2$s/ && "
					  "journalctl -q -o cat --file remote@*.journal | wc -l",
		away, in);
	autofree char *unread = NULL;
	assert_int_equal(
		spawn_run(WORDS("sh", "-c", rotate), &(struct spawn){0}, WAIT_MS, &unread), 0);
	autofree char *said = xasprintf("%d entries of the journal '", atoi(unread));
	collected_wait_event(&collected, " W ", said, "are lost", NULL);
	autofree char *dropped = xasprintf("dropped=%d", atoi(unread));
	collected_wait(&collected, "obs_source", "kind=\"journal\"", dropped, NULL);
}

/* ---- what an entry says ---- */

static void priority_time_and_fields_are_those_of_the_entry(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	journal_remote_say(
		&remote, 0, "_SYSTEMD_UNIT=orders.service\nPRIORITY=3\nMESSAGE=cannot pay");
	journal_remote_say(&remote, 0, "_SYSTEMD_UNIT=orders.service\nPRIORITY=4\nMESSAGE=slow");
	journal_remote_say(&remote, 0,
		"_SYSTEMD_UNIT=orders.service\nPRIORITY=6\nMESSAGE={\"level\":\"error\",\"msg\":"
		"\"its own word\"}");
	journal_remote_say(&remote, 0,
		"_SYSTEMD_UNIT=orders.service\nPRIORITY=7\nCHAT=five and "
		"six\nCODE_LINE=7\nMESSAGE=with fields");
	journal_remote_say(&remote, 0,
		"_SYSTEMD_UNIT=orders.service\nMESSAGE=token 123456:" SECRET
		"\nOTHER=123456:" SECRET);
	journal_remote_flush(&remote);
	collected.forbidden = SECRET;
	collected_wait_event(&collected, "journal:orders.service orders E cannot pay", NULL);
	collected_wait_event(&collected, " W slow", NULL);
	collected_wait_event(&collected, " E ", "its own word", NULL);
	const char *line =
		collected_wait_event(&collected, " D with fields chat=\"five and six\"", NULL);
	assert_null(strstr(line, "code_line"));
	collected_wait_event(&collected, "token ", "other=", NULL);
}

static void say_binary(const char *fields, const char *name, const char *value, uint64_t length)
{
	fprintf(remote.to,
		"__REALTIME_TIMESTAMP=%lld\n__MONOTONIC_TIMESTAMP=1\n"
		"_BOOT_ID=0123456789abcdef0123456789abcdef\n_SYSTEMD_UNIT=orders.service\n"
		"%s\n%s\n",
		(long long)clock_wall_ms(clock_real()) * 1000, fields, name);
	fwrite(&length, sizeof(length), 1, remote.to);
	fwrite(value, 1, length, remote.to);
	fputs("\n\n", remote.to);
	journal_remote_flush(&remote);
}

static void an_entry_of_several_lines_is_one_of_its_level(void **state)
{
	(void)state;
	static const char text[] =
		"Traceback (most recent call last):\n  File \"x\"\nKeyError: 'x'";
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	say_binary("PRIORITY=3", "MESSAGE", text, strlen(text));
	/* One error, and two lines that go on. */
	collected_wait(&collected, "obs_notes", "level=5", "lines=1", "lines=2", NULL);
	journal_scene_end_and_wait("after it");
	assert_int_equal(collected_count_events(&collected, "orders E "), 3);
}

/* Of lines that are short each the last shows that others were left out. */
static void a_message_of_any_length_is_cut_and_says_so(void **state)
{
	(void)state;
	enum { LONG_BYTES = 3 * LIMIT_LOG_STORED_BYTES };
	autofree char *text = xmalloc(LONG_BYTES);
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	for (size_t i = 0; i < LONG_BYTES; i++)
		text[i] = i % 100 == 99 ? '\n' : (char)('a' + i / 100 % 26);
	say_binary("PRIORITY=3", "MESSAGE", text, LONG_BYTES);
	journal_scene_end_and_wait("after it");
	assert_int_equal(
		collected_count_events(&collected, "orders E "), LIMIT_LOG_STORED_BYTES / 100 + 1);
	assert_int_equal(collected_count_events(&collected, " (cut)"), 1);
}

static void bytes_that_are_no_text_end_no_field(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	say_binary("MESSAGE=with a field", "CHAT", "five\0and\tsix", 12);
	collected_wait_event(&collected, "with a field chat=\"five and six\"", NULL);
}

static void whose_an_entry_is_nobody_else_can_say(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS
		", {name: web, transport: none, process: {systemd: web.service}}",
		"process: {logs: no}");
	journal_remote_say(&remote, 0,
		"_PID=1\n_UID=0\n_SYSTEMD_UNIT=init.scope\nUNIT=orders.service\n"
		"PRIORITY=5\nMESSAGE=Started it");
	journal_remote_say(&remote, 0,
		"_PID=77\n_UID=1000\n_SYSTEMD_UNIT=evil.service\n"
		"UNIT=orders.service\nMESSAGE=forged");
	journal_remote_say(&remote, 0,
		"_PID=77\n_UID=999999\n_SYSTEMD_USER_UNIT=orders.service\n"
		"MESSAGE=forged too");
	journal_remote_say(&remote, 0, "_SYSTEMD_UNIT=other.service\nMESSAGE=of another");
	journal_scene_end_and_wait("the end");
	assert_int_equal(collected_count_events(&collected, "orders I Started it"), 1);
	assert_int_equal(collected_count_events(&collected, "forged"), 0);
	assert_int_equal(collected_count_events(&collected, "of another"), 0);
}

static void entries_of_a_whole_journal_are_whose_unit_wrote_them(void **state)
{
	(void)state;
	journal_scene_begin();
	collected_start(&collected,
		"bots: [{name: web, transport: none, process: {systemd: site}}]\n"
		"logs: {all: {path: 'journal:%s/journal'}}\nprocess: {logs: no}\n",
		folder);
	journal_remote_say(&remote, 0, "_SYSTEMD_UNIT=site.service\nMESSAGE=of the bot");
	journal_remote_say(&remote, 0, "_SYSTEMD_UNIT=ssh.service\nMESSAGE=of nobody");
	journal_remote_say(&remote, 0, "SYSLOG_IDENTIFIER=kernel\nMESSAGE=of the kernel");
	journal_remote_flush(&remote);
	collected_wait_event(&collected, "journal:journal web - of the bot", NULL);
	collected_wait_event(&collected, "ssh.service - of nobody", NULL);
	collected_wait_event(&collected, "kernel - of the kernel", NULL);
}

static void lines_that_the_journal_left_out_are_counted(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	journal_remote_say(&remote, 0,
		"_PID=5\n_UID=0\nOBJECT_SYSTEMD_UNIT=orders.service\nPRIORITY=4\n"
		"MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\nN_DROPPED=1234\n"
		"MESSAGE=Suppressed 1234 messages from orders.service");
	journal_remote_say(&remote, 0,
		"_UID=1000\n_SYSTEMD_UNIT=orders.service\n"
		"MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\nN_DROPPED=99\n"
		"MESSAGE=a lie");
	journal_remote_flush(&remote);
	collected_wait_event(&collected, "orders W Suppressed 1234 messages", NULL);
	collected_wait_event(&collected, "a lie", NULL);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "dropped=1234", NULL);
}

/* ---- the past ---- */

static void the_last_minutes_are_read_back_and_a_quiet_unit_shows_its_last_lines(void **state)
{
	(void)state;
	journal_scene_begin();
	for (int i = 120; i > 0; i--)
		journal_remote_say(&remote, 60 * MINUTE_MS + i,
			"_SYSTEMD_UNIT=orders.service\nMESSAGE=of long ago %d.", i);
	journal_remote_say(&remote, 50 * MINUTE_MS, "_SYSTEMD_UNIT=quiet.service\nMESSAGE=quiet");
	for (int i = 14 * 60; i > 0; i--)
		journal_remote_say(
			&remote, i * 1000, "_SYSTEMD_UNIT=orders.service\nMESSAGE=young %d.", i);
	journal_remote_end(&remote);
	journal_remote_start(&remote);
	journal_scene_watch(
		ORDERS ", {name: quiet, transport: none, logs: ['journal:quiet.service']}", "");
	collected_wait_event(&collected, "quiet", NULL);
	journal_scene_end_and_wait("live");
	assert_int_equal(collected_count_events(&collected, "young "), 14 * 60);
	assert_int_equal(collected_count_events(&collected, "of long ago"), 0);
	assert_int_equal(collected_count_events(&collected, "quiet - quiet"), 1);
}

static void what_is_more_than_may_be_read_back_is_said(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_remote_count(&remote, "orders.service", 0, 10500, 8);
	journal_remote_end(&remote);
	journal_remote_start(&remote);
	journal_scene_watch(ORDERS, "");
	collected_wait_event(
		&collected, " W ", "the last minutes of the journal", "not all here", NULL);
	journal_scene_end_and_wait("live");
	assert_int_equal(collected_count_events(&collected, "number "), 10000);
	assert_int_equal(collected_count_events(&collected, "number 499. "), 0);
}

static void nothing_is_read_back_where_the_configuration_says_so(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_remote_count(&remote, "orders.service", 0, 10, 8);
	journal_remote_end(&remote);
	journal_remote_start(&remote);
	journal_scene_watch(ORDERS, "events: {read_back: 0}");
	journal_scene_end_and_wait("live");
	assert_int_equal(collected_count_events(&collected, "number "), 0);
}

/* What was there before it is asked for is its past, what comes is new, and of neither is anything twice. */
static void a_unit_that_a_reload_adds_has_its_past_and_its_future_once(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch("{name: quiet, transport: none, logs: ['journal:quiet.service']}", "");
	journal_remote_count(&remote, "orders.service", 0, 3000, 60);
	collected_reload(&collected,
		"journal: %s/journal\nbots: [" ORDERS
		", {name: quiet, transport: none, logs: ['journal:quiet.service']}]\n",
		folder);
	journal_remote_count(&remote, "orders.service", 3000, 6000, 60);
	journal_scene_end_and_wait("the end");
	assert_numbered(&collected, 6000);
}

static void a_journal_that_is_asked_for_no_more_leaves(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	collected_reload(&collected,
		"journal: %s/journal\nbots: [{name: orders, transport: none}]\n", folder);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "gone=true", NULL);
}

/* Watches of inotify that are on the folder of the journal, of whatever part of this process. */
static unsigned count_watches(void)
{
	struct stat status;
	unsigned count = 0;
	autofree char *path = folder_path("journal");
	assert_int_equal(stat(path, &status), 0);
	autofree char *inode = xasprintf("ino:%lx ", (unsigned long)status.st_ino);
	for (int fd = 0; fd < FDS; fd++) {
		char line[512];
		autofree char *about = xasprintf("/proc/self/fdinfo/%d", fd);
		FILE *file = fopen(about, "re");
		while (file && fgets(line, sizeof(line), file))
			count += starts_with(line, "inotify ") && strstr(line, inode);
		if (file)
			fclose(file);
	}
	return count;
}

static void a_journal_that_is_asked_for_no_more_is_watched_no_more(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_scene_watch(ORDERS, "");
	assert_int_equal(count_watches(), 1);
	collected_reload(&collected, "journal: %s/none\nbots: [" ORDERS "]\n", folder);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "/none'", NULL);
	assert_int_equal(count_watches(), 0);
	collected_reload(&collected, "journal: %s/journal\nbots: [" ORDERS "]\n", folder);
	collect_wait_ok("kind=\"journal\"");
	journal_scene_end_and_wait("asked for again");
}

static void ask_for_many(struct str *to, const char *name)
{
	str_clear(to);
	for (int i = 0; i < JOURNALS; i++)
		str_addf(to, "  - {name: %s%d, path: 'journal:%s/%s%d'}\n", name, i, folder, name,
			i);
}

static void as_many_journals_as_can_be_read_may_be_changed_for_as_many_others(void **state)
{
	(void)state;
	autostr struct str logs = STR_INIT;
	ask_for_many(&logs, "one");
	collected_start(&collected, "logs:\n%s", logs.text);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "/one0'", NULL);
	ask_for_many(&logs, "other");
	collected_reload(&collected, "logs:\n%s", logs.text);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "/other0'", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, collect_setup, journal_scene_teardown)
	const struct CMUnitTest tests[] = {
		TEST(ten_thousand_lines_through_rotation_and_vacuum_are_each_there_once),
		TEST(a_start_in_the_middle_of_writing_loses_nothing_and_reads_nothing_twice),
		TEST(a_journal_that_is_stopped_and_started_again_goes_on),
		TEST(one_file_is_followed_by_its_path_through_its_rotation),
		TEST(two_writers_in_one_folder_hide_nothing_from_each_other),
		TEST(entries_that_are_vacuumed_unread_are_counted_and_said),
		TEST(priority_time_and_fields_are_those_of_the_entry),
		TEST(an_entry_of_several_lines_is_one_of_its_level),
		TEST(a_message_of_any_length_is_cut_and_says_so),
		TEST(bytes_that_are_no_text_end_no_field),
		TEST(whose_an_entry_is_nobody_else_can_say),
		TEST(entries_of_a_whole_journal_are_whose_unit_wrote_them),
		TEST(lines_that_the_journal_left_out_are_counted),
		TEST(the_last_minutes_are_read_back_and_a_quiet_unit_shows_its_last_lines),
		TEST(what_is_more_than_may_be_read_back_is_said),
		TEST(nothing_is_read_back_where_the_configuration_says_so),
		TEST(a_unit_that_a_reload_adds_has_its_past_and_its_future_once),
		TEST(a_journal_that_is_asked_for_no_more_leaves),
		TEST(a_journal_that_is_asked_for_no_more_is_watched_no_more),
		TEST(as_many_journals_as_can_be_read_may_be_changed_for_as_many_others),
	};
	return cmocka_run_group_tests_name("core/collect/journals", tests, NULL, NULL);
}
