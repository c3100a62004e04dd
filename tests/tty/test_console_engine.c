/* SPDX-License-Identifier: MIT */
/*
 * The console on a real fleet when its other half, or its terminal, fails: an engine that is killed
 * is replaced, a frozen one is said to be silent, a killed screen leaves neither a broken terminal
 * nor an engine, and a terminal that reads nothing holds up nobody but itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/support/fleet.h"
#include "tests/support/vt.h"

enum { UP_MS = 15000, KEY_MS = 3000, AGAIN_MS = 10000 };

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

static struct vt *open_console(pid_t *ret_engine)
{
	struct vt *vt = fleet_console(&fleet, 24, 80);
	vt_must_show(vt, "own engine", UP_MS); /* before, all may be well of an earlier one */
	vt_must_show(vt, "3 ok", UP_MS);
	*ret_engine = fleet_engine(&fleet);
	assert_true(*ret_engine > 0);
	return vt;
}

static void quit(struct vt *vt, pid_t engine)
{
	int status;
	vt_press(vt, "q");
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	assert_int_equal(status, 0);
	assert_true(process_ends(engine, AGAIN_MS));
	vt_free(vt);
}

/* What follows an Esc at once would be a key with Alt. */
static void assert_help_opens_and_closes(struct vt *vt, int limit_ms)
{
	vt_press(vt, "?");
	vt_must_show(vt, "Esc Close", limit_ms);
	vt_press(vt, "Esc");
	vt_must_not_show(vt, "Esc Close", limit_ms);
}

static bool has_another_engine(struct vt *vt, const void *data)
{
	pid_t now = fleet_engine(&fleet);
	return now > 0 && now != *(const pid_t *)data && vt_shows(vt, "3 ok") &&
	       vt_shows(vt, "own engine");
}

static void a_killed_engine_is_replaced_under_the_running_screen(void **state)
{
	(void)state;
	pid_t engine;
	struct vt *vt = open_console(&engine);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(kill(engine, SIGKILL), 0);
		assert_true(vt_wait(vt, has_another_engine, &engine, AGAIN_MS));
		engine = fleet_engine(&fleet);
	}
	vt_must_not_show(vt, "no engine", KEY_MS);
	quit(vt, engine);
}

static void a_frozen_engine_is_said_to_be_silent_and_keys_are_answered(void **state)
{
	(void)state;
	pid_t engine;
	struct vt *vt = open_console(&engine);
	assert_int_equal(kill(engine, SIGSTOP), 0);
	vt_must_show(vt, "engine silent since", 6000);
	assert_help_opens_and_closes(vt, 500);
	assert_int_equal(kill(engine, SIGCONT), 0);
	vt_must_not_show(vt, "engine silent since", AGAIN_MS);
	vt_must_show(vt, "3 ok", AGAIN_MS);
	quit(vt, fleet_engine(&fleet));
}

static void a_killed_screen_leaves_the_terminal_right_and_no_engine(void **state)
{
	(void)state;
	pid_t engine;
	int status, row, column;
	bool visible;
	struct vt *vt = open_console(&engine);
	assert_int_equal(kill(child_of_process(vt_pid(vt)), SIGKILL), 0);
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	assert_true(WIFSIGNALED(status));
	struct termios modes = vt_modes(vt);
	assert_true((modes.c_lflag & ICANON) && (modes.c_lflag & ECHO));
	assert_false(vt_alt_screen(vt));
	vt_cursor(vt, &row, &column, &visible);
	assert_true(visible);
	assert_true(process_ends(engine, AGAIN_MS));
	vt_free(vt);
}

/* Neither the guard nor the screen, which hold what was typed and shown. */
static void assert_writes_no_core(pid_t pid)
{
	autofree char *path = xasprintf("/proc/%d/limits", (int)pid);
	char line[256];
	bool is_none = false;
	FILE *limits = fopen(path, "re");
	assert_non_null(limits);
	while (fgets(line, sizeof(line), limits))
		is_none |= starts_with(line, "Max core file size        0                    0 ");
	fclose(limits);
	assert_true(is_none);
}

static void a_screen_that_crashes_leaves_no_core(void **state)
{
	(void)state;
	struct rlimit before, all;
	pid_t engine;
	int status;
	assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
	all = (struct rlimit){before.rlim_max, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_CORE, &all), 0);
	struct vt *vt = open_console(&engine);
	assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
	pid_t screen = child_of_process(vt_pid(vt));
	assert_writes_no_core(vt_pid(vt));
	assert_writes_no_core(screen);
	assert_int_equal(kill(screen, SIGABRT), 0);
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	assert_true(WIFSIGNALED(status));
	assert_false(WCOREDUMP(status));
	assert_true(process_ends(engine, AGAIN_MS));
	vt_free(vt);
}

static void a_closed_terminal_takes_screen_and_engine_along(void **state)
{
	(void)state;
	pid_t engine;
	struct vt *vt = open_console(&engine);
	pid_t screen = child_of_process(vt_pid(vt));
	int status;
	vt_hang_up(vt);
	assert_true(vt_wait_exit(vt, false, KEY_MS, &status));
	assert_true(process_ends(screen, KEY_MS));
	assert_true(process_ends(engine, AGAIN_MS));
	vt_free(vt);
}

/* Nobody reads for a while that outlasts every patience of screen and engine. */
static void leave_unread(struct vt *vt, pid_t screen, int64_t span_ms)
{
	int64_t end = clock_mono_ms(clock_real()) + span_ms;
	while (clock_mono_ms(clock_real()) < end)
		assert_false(process_ends(screen, 100));
	assert_int_equal(kill(vt_pid(vt), 0), 0);
}

static void a_terminal_that_stops_reading_freezes_nothing_but_itself(void **state)
{
	(void)state;
	pid_t engine;
	autostr struct str text = STR_INIT;
	struct vt *vt = open_console(&engine);
	pid_t screen = child_of_process(vt_pid(vt));
	for (int i = 0; i < 100; i++)
		vt_press(vt, "C-l j");
	assert_true(vt_wait_full(vt, UP_MS));
	long engine_ms = process_cpu_ms(engine), screen_ms = process_cpu_ms(screen);
	leave_unread(vt, screen, 12000);
	assert_in_range(process_cpu_ms(screen) - screen_ms, 0, 1200);
	assert_in_range(process_cpu_ms(engine) - engine_ms, 0, 1800);
	/* The engine has not been held up, and has not dropped a screen that still reads its socket. */
	assert_int_equal(fleet_ask(&fleet, (const char *const[]){"bots", NULL}, &text), 0);
	assert_non_null(strstr(text.text, "orders"));
	assert_int_equal(fleet_engine(&fleet), engine);
	vt_must_show(vt, "3 ok", KEY_MS);
	vt_must_not_show(vt, "no engine", KEY_MS);
	assert_help_opens_and_closes(vt, KEY_MS);
	quit(vt, engine);
}

static bool never(struct vt *vt, const void *data)
{
	(void)vt, (void)data;
	return false;
}

/* It may come some bytes after the bell and the flash. */
static bool has_told(struct vt *vt, const void *words)
{
	return strstr(vt_oscs(vt), words) != NULL;
}

/* What a terminal without OSC would show of it is nothing: libvterm knows neither 9 nor 777. */
static void a_critical_alert_rings_the_terminal_once_and_tells_the_desktop(void **state)
{
	(void)state;
	pid_t engine;
	struct vt *vt = open_console(&engine);
	assert_int_equal(vt_bells(vt), 0);
	(void)vt_wait(vt, never, NULL, 11000); /* what an engine finds at first is not new */
	fleet_control(&fleet, "revoke", "{\"bot\":\"orders\",\"revoked\":true}");
	assert_true(vt_wait_bells(vt, 1, 20000));
	vt_must_show(vt, "CRIT token_rejected: orders", KEY_MS);
	assert_true(vt_wait(vt, has_told, "9;botswain ", KEY_MS));
	assert_non_null(strstr(vt_oscs(vt), ": CRIT token_rejected: orders"));
	assert_null(strstr(vt_oscs(vt), "777;"));
	assert_false(vt_wait_bells(vt, 2, 3000));
	assert_false(vt_shows(vt, "9;botswain"));
	fleet_control(&fleet, "revoke", "{\"bot\":\"orders\",\"revoked\":false}");
	vt_must_show(vt, "3 ok", 20000);
	quit(vt, engine);
}

static void type_line(struct vt *vt, const char *line)
{
	vt_press(vt, ":");
	vt_must_show(vt, "> ", KEY_MS);
	vt_type(vt, line);
	vt_press(vt, "Enter");
}

/* Also when nobody said goodbye. */
static void the_next_screen_is_as_the_last_one_was(void **state)
{
	(void)state;
	pid_t engine;
	int status;
	struct vt *vt = open_console(&engine);
	type_line(vt, "filter !zebra");
	vt_must_show(vt, "/!zebra", KEY_MS);
	quit(vt, engine);
	vt = open_console(&engine);
	vt_must_show(vt, "/!zebra", KEY_MS);
	type_line(vt, "filter !lion");
	vt_must_show(vt, "/!lion", KEY_MS);
	vt_hang_up(vt);
	assert_true(vt_wait_exit(vt, false, KEY_MS, &status));
	assert_true(process_ends(engine, AGAIN_MS));
	vt_free(vt);
	vt = open_console(&engine);
	vt_must_show(vt, "/!lion", KEY_MS);
	vt_press(vt, ":");
	vt_press(vt, "Up");
	vt_must_show(vt, "> filter !lion", KEY_MS);
	vt_press(vt, "Esc");
	vt_must_not_show(vt, "> filter !lion", KEY_MS);
	type_line(vt, "forget");
	vt_must_not_show(vt, "/!lion", KEY_MS);
	quit(vt, engine);
	vt = open_console(&engine);
	vt_must_not_show(vt, "/!lion", KEY_MS);
	quit(vt, engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_engine_is_replaced_under_the_running_screen),
		cmocka_unit_test(a_frozen_engine_is_said_to_be_silent_and_keys_are_answered),
		cmocka_unit_test(a_killed_screen_leaves_the_terminal_right_and_no_engine),
		cmocka_unit_test(a_screen_that_crashes_leaves_no_core),
		cmocka_unit_test(a_closed_terminal_takes_screen_and_engine_along),
		cmocka_unit_test(a_critical_alert_rings_the_terminal_once_and_tells_the_desktop),
		cmocka_unit_test(the_next_screen_is_as_the_last_one_was),
		cmocka_unit_test(a_terminal_that_stops_reading_freezes_nothing_but_itself),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
