/* SPDX-License-Identifier: MIT */
/* The systemd journal in trouble: closed, not there, cut short, not ours to read, no journal. */
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

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/journal_scene.h"
#include "tests/support/numbered.h"
#include "tests/support/spawn.h"

enum { STEP = 500, LINE_BYTES = 1200, MINUTE_MS = 60000, WAIT_MS = 20000 };

#define MACHINE "journal/0123456789abcdef0123456789abcdef"

/* That of another machine is no folder that can be opened. */
static void a_folder_that_is_closed_hides_nothing_of_the_others(void **state)
{
	(void)state;
	journal_scene_begin();
	folder_write(MACHINE, 0600, "closed");
	journal_remote_count(&remote, "orders.service", 0, STEP, 80);
	journal_remote_end(&remote);
	journal_remote_start(&remote);
	collected_start(&collected, "journal: %s/journal\nbots: [" ORDERS "]\n", folder);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "state=\"error\"",
		"cannot read the journal", NULL);
	int written = STEP;
	for (; journal_remote_files(&remote, true) < 2; written += STEP)
		journal_remote_count(
			&remote, "orders.service", written, written + STEP, LINE_BYTES);
	journal_scene_end_and_wait("the end");
	assert_numbered(&collected, (size_t)written);
}

/* What it held was there before us, though we see it late. */
static void of_a_folder_that_is_opened_later_the_last_minutes_are_read(void **state)
{
	(void)state;
	autofree char *in = folder_path("journal"), *closed = folder_path(MACHINE),
		      *away = folder_path("away");
	journal_scene_begin();
	journal_remote_say(
		&remote, 60 * MINUTE_MS, "_SYSTEMD_UNIT=orders.service\nMESSAGE=of long ago");
	journal_remote_say(&remote, MINUTE_MS, "_SYSTEMD_UNIT=orders.service\nMESSAGE=young");
	journal_remote_end(&remote);
	assert_int_equal(rename(in, away), 0);
	assert_int_equal(mkdir(in, 0700), 0);
	folder_write(MACHINE, 0600, "closed");
	collected_start(&collected, "journal: %s/journal\nbots: [" ORDERS "]\n", folder);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "state=\"error\"",
		"cannot read the journal", NULL);
	assert_int_equal(unlink(closed), 0);
	assert_int_equal(rename(away, closed), 0);
	collected_wait_event(&collected, "young", NULL);
	collect_wait_ok("kind=\"journal\"");
	assert_int_equal(collected_count_events(&collected, "of long ago"), 0);
}

static void a_journal_that_is_not_there_is_said_and_read_once_it_is(void **state)
{
	(void)state;
	if (!journal_remote_is_here())
		skip();
	collected_start(&collected, "journal: %s/journal\nbots: [" ORDERS "]\n", folder);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "state=\"error\"",
		"cannot read the journal", NULL);
	journal_scene_begin();
	journal_scene_end_and_wait("at last");
	collect_wait_ok("kind=\"journal\"");
}

/* Its pages are mapped: where they are gone, reading them would be the end of the process. */
static void a_journal_that_is_cut_short_ends_nobody(void **state)
{
	(void)state;
	journal_scene_begin();
	journal_remote_count(&remote, "orders.service", 0, 3000, 400);
	journal_scene_watch(ORDERS, "");
	collected_wait_event(&collected, "number 2999. ", NULL);
	autofree char *path = folder_path("journal/remote.journal");
	assert_int_equal(truncate(path, 4096), 0);
	collected_reload(&collected,
		"journal: %s/journal\nbots: [" ORDERS
		", {name: quiet, transport: none, logs: ['journal:quiet.service']}]\n",
		folder);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "state=\"error\"", path, NULL);
	(void)unlink(path);
	journal_remote_end(&remote);
	journal_remote_start(&remote);
	journal_scene_end_and_wait("a new one");
	collect_wait_ok("kind=\"journal\"");
}

/* As the service's user, who is in no such group. */
static void who_may_not_read_it_is_told_which_group_may(void **state)
{
	(void)state;
	enum { NOBODY = 65534 };
	autofree char *config = folder_path("botswain.yaml"), *own = folder_path("own"),
		      *said = NULL;
	if (getuid() != 0) {
		print_message("# this needs another user\n");
		skip();
	}
	journal_scene_begin();
	journal_remote_count(&remote, "orders.service", 0, 1, 8);
	folder_write("botswain.yaml", 0644,
		"state_dir: %1$s/own\njournal: %1$s/journal\nbots: [" ORDERS "]\n", folder);
	assert_int_equal(mkdir(own, 0700), 0);
	assert_int_equal(chown(own, NOBODY, NOBODY), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	const struct spawn nobody = {.user = NOBODY, .group = NOBODY};
	const char *build = getenv("BOTSWAIN_BUILD");
	autofree char *program = xasprintf("%s/botswain", build ? build : "build");
	(void)spawn_run(WORDS(program, "-c", config, "sources"), &nobody, WAIT_MS, &said);
	if (!strstr(said, "may not look into the journal's folder") ||
		!strstr(said, "systemd-journal"))
		fail_msg("%s", said);
}

static void what_is_no_journal_is_named(void **state)
{
	(void)state;
	autofree char *in = folder_path("journal");
	assert_int_equal(mkdir(in, 0700), 0);
	autofree char *noise = xcalloc(10001, 1);
	memset(noise, 'x', 10000);
	folder_write("journal/noise.journal", 0600, "%s", noise);
	collected_start(&collected, "journal: %s/journal\nbots: [" ORDERS "]\n", folder);
	collected_wait(&collected, "obs_source", "kind=\"journal\"", "state=\"error\"",
		"noise.journal' is no journal, or is broken", NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, collect_setup, journal_scene_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_folder_that_is_closed_hides_nothing_of_the_others),
		TEST(of_a_folder_that_is_opened_later_the_last_minutes_are_read),
		TEST(a_journal_that_is_not_there_is_said_and_read_once_it_is),
		TEST(a_journal_that_is_cut_short_ends_nobody),
		TEST(who_may_not_read_it_is_told_which_group_may),
		TEST(what_is_no_journal_is_named),
	};
	return cmocka_run_group_tests_name("core/collect/journals in trouble", tests, NULL, NULL);
}
