/* SPDX-License-Identifier: MIT */
#include "tests/support/two_logs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "tests/support/console.h"

struct console *two_logs_new(int rows, int columns)
{
	return console_new("environment: demo\n"
			   "state_dir: /nowhere/state\n"
			   "bots:\n"
			   "  ada: {token: {file: t}, logs: [l]}\n"
			   "  bob: {token: {file: t}, logs: [l]}\n",
		rows, columns);
}

void two_logs_open(struct console *console)
{
	console_settle(console);
	console_keys(console, "5 +");
}

int two_logs_teardown(void **state)
{
	console_free(*state);
	return 0;
}

void two_logs_go_to(struct console *console, const char *text)
{
	console_keys(console, "/");
	console_type(console, text);
	console_keys(console, "Enter");
}

void two_logs_assert_at(struct console *console, const char *text)
{
	autostr struct str copied = STR_INIT;
	pane_logs.copy(console->app, console->app->view[PANE_logs], &copied);
	if (!strstr(copied.text, text))
		fail_msg("the cursor is on '%s', not on '%s'", copied.text, text);
}
