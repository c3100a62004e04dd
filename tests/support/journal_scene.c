/* SPDX-License-Identifier: MIT */
#include "tests/support/journal_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct journal_remote remote;

int journal_scene_teardown(void **state)
{
	collect_scene_stop();
	if (remote.in)
		journal_remote_end(&remote);
	return folder_teardown(state);
}

void journal_scene_begin(void)
{
	if (!journal_remote_is_here()) {
		print_message("# systemd-journal-remote is not installed\n");
		skip();
	}
	journal_remote_start(&remote);
}

void journal_scene_watch(const char *bots, const char *more)
{
	collected_start(&collected, "journal: %s/journal\nbots: [%s]\n%s\n", folder, bots, more);
	collect_wait_ok("kind=\"journal\"");
}

void journal_scene_end_and_wait(const char *last)
{
	journal_remote_say(&remote, 0, "_SYSTEMD_UNIT=orders.service\nMESSAGE=%s", last);
	journal_remote_flush(&remote);
	collected_wait_event(&collected, last, NULL);
}
