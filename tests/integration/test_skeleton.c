/* SPDX-License-Identifier: MIT */
/*
 * The whole loop once, on three real bots: a bot is killed, its row turns red with the reason, and
 * the operator's keys bring it back, verified. Two programs, one socket, a terminal emulator as the
 * judge.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

enum { SEEN_MS = 8000, KEY_MS = 3000, BACK_MS = 45000 };

static struct fleet fleet;

static int setup(void **state)
{
	(void)state;
	fleet_start(&fleet, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fleet_stop(&fleet);
	return 0;
}

static bool is_red(uint32_t colour)
{
	uint32_t red = colour >> 16 & 0xff, green = colour >> 8 & 0xff, blue = colour & 0xff;
	return colour != VT_DEFAULT && red > 2 * green && red > 2 * blue;
}

/* Its supervisor starts a program again by itself when it dies within its first second. */
static bool is_well_up(struct vt *vt, const void *data)
{
	int row, column;
	(void)data;
	if (!vt_shows(vt, "3 ok") || !vt_find(vt, "process    pid ", &row, &column))
		return false;
	autostr struct str line = STR_INIT;
	vt_row(vt, row, &line);
	const char *up = strstr(line.text, "  up ");
	return up && strtod(up + 5, NULL) >= 3;
}

/* The row of the bot is red, by its letter and by its colour. */
static bool has_red_row(struct vt *vt, const void *data)
{
	int row, column;
	autofree char *start = xasprintf("! %s ", (const char *)data);
	if (!vt_find(vt, start, &row, &column))
		return false;
	struct vt_cell cell = vt_cell(vt, row, column);
	return is_red(cell.fg) || is_red(cell.bg);
}

static bool cursor_is_on(struct vt *vt, const void *data)
{
	int row, column;
	autofree char *start = xasprintf("▶ ! %s ", (const char *)data);
	return vt_find(vt, start, &row, &column);
}

static void restart_by_keys(struct vt *vt, const char *reason)
{
	vt_press(vt, "Home");
	assert_true(vt_wait(vt, cursor_is_on, "orders", KEY_MS));
	vt_press(vt, "r");
	vt_must_show(vt, "Restart orders in demo", KEY_MS);
	vt_press(vt, "S-Tab");
	vt_type(vt, reason);
	vt_must_show(vt, reason, KEY_MS);
	vt_press(vt, "Tab Tab Enter");
	vt_must_not_show(vt, "Cancel Esc", KEY_MS);
}

static void assert_was_verified(const char *reason, pid_t new_pid)
{
	autostr struct str text = STR_INIT;
	autofree char *pid = xasprintf("pid %d", (int)new_pid);
	assert_int_equal(fleet_ask(&fleet, (const char *const[]){"ops", NULL}, &text), 0);
	if (!strstr(text.text, " done ") || !strstr(text.text, pid) || !strstr(text.text, reason))
		fail_msg("no verified restart of %s in:\n%s", pid, text.text);
}

static void a_killed_bot_turns_red_and_keys_bring_it_back_verified(void **state)
{
	(void)state;
	struct vt *vt = fleet_console(&fleet, 45, 160);
	int status;
	assert_true(vt_wait(vt, is_well_up, NULL, 2 * SEEN_MS));
	pid_t engine = fleet_engine(&fleet), old = fleet_pid(&fleet, "orders");
	assert_true(engine > 0 && engine != vt_pid(vt));
	assert_true(old > 0);
	assert_int_equal(kill(old, SIGKILL), 0);
	assert_true(vt_wait(vt, has_red_row, "orders", SEEN_MS));
	vt_must_show(vt, "process gone", KEY_MS);
	vt_must_show(vt, "1 crit", KEY_MS);
	restart_by_keys(vt, "hung poller");
	vt_must_show(vt, "3 ok", BACK_MS);
	vt_must_show(vt, "done restart orders", BACK_MS);
	pid_t new = fleet_pid(&fleet, "orders");
	assert_true(new > 0 && new != old);
	assert_int_equal(kill(new, 0), 0);
	assert_was_verified("hung poller", new);
	vt_press(vt, "q");
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	assert_int_equal(status, 0);
	assert_true(process_ends(engine, KEY_MS));
	vt_free(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_bot_turns_red_and_keys_bring_it_back_verified),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
