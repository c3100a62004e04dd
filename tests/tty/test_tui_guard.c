/* SPDX-License-Identifier: MIT */
/* The terminal after every way to leave it, on a real pty. The screen is this program itself, run
 * as `--screen`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/str.h"
#include "tests/support/demo.h"
#include "tests/support/vt.h"

static char self_path[512];

static struct vt *open_screen(void)
{
	struct vt *vt = vt_spawn(24, 80, (const char *const[]){self_path, "--screen", NULL}, NULL);
	vt_must_show(vt, "shop_pay", 5000);
	assert_true(vt_alt_screen(vt));
	assert_false(vt_modes(vt).c_lflag & (ICANON | ECHO));
	return vt;
}

/* The pid of the one child of `parent`. */
static pid_t child_of(pid_t parent)
{
	char path[64], text[64] = "";
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return (pid_t)strtol(text, NULL, 10);
}

static void assert_right_again(struct vt *vt)
{
	int row, column;
	bool visible;
	struct termios modes = vt_modes(vt);
	assert_true(modes.c_lflag & ICANON);
	assert_true(modes.c_lflag & ECHO);
	assert_true(modes.c_lflag & ISIG);
	assert_true(modes.c_oflag & OPOST);
	assert_false(vt_alt_screen(vt));
	vt_cursor(vt, &row, &column, &visible);
	assert_true(visible);
}

/* The guard is gone, the terminal is right, and the last words of the modes are "off". */
static int assert_leaves(struct vt *vt, int limit_ms)
{
	int status;
	if (!vt_wait_exit(vt, true, limit_ms, &status))
		fail_msg("still there after %d ms", limit_ms);
	assert_right_again(vt);
	return status;
}

static void quitting_leaves_the_terminal_as_it_was(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	vt_record(vt);
	vt_press(vt, "q");
	int status = assert_leaves(vt, 1000);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_non_null(strstr(vt_recorded(vt)->text, "\033[?2004l"));
	assert_false(vt_shows(vt, "shop_pay"));
	vt_free(vt);
}

static void signals_to_the_guard_end_both_in_order(void **state)
{
	(void)state;
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT};
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		struct vt *vt = open_screen();
		pid_t child = child_of(vt_pid(vt));
		kill(vt_pid(vt), signals[i]);
		int status = assert_leaves(vt, 1000);
		assert_true(WIFEXITED(status));
		assert_int_equal(kill(child, 0), -1);
		vt_free(vt);
	}
}

static void a_killed_screen_leaves_a_usable_terminal_and_its_signal(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	kill(child_of(vt_pid(vt)), SIGKILL);
	int status = assert_leaves(vt, 1000);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_true(vt_shows(vt, "botswain: the screen was ended by signal 9 (Killed)"));
	vt_free(vt);
}

static void a_crash_leaves_a_usable_terminal(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	vt_record(vt);
	vt_press(vt, "C");
	int status = assert_leaves(vt, 1000);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	assert_non_null(strstr(vt_recorded(vt)->text, "\033[?2004l"));
	assert_non_null(strstr(vt_recorded(vt)->text, "\033[?2026l"));
	vt_free(vt);
}

static void a_screen_that_does_not_leave_is_killed(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	pid_t child = child_of(vt_pid(vt));
	vt_press(vt, "H");
	assert_true(vt_wait_quiet(vt, 50, 2000));
	kill(vt_pid(vt), SIGTERM);
	assert_leaves(vt, 2500);
	assert_int_equal(kill(child, 0), -1);
	vt_free(vt);
}

static void a_killed_guard_takes_the_screen_along(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	int status;
	kill(vt_pid(vt), SIGKILL);
	assert_true(vt_wait_exit(vt, true, 1000, &status));
	/* The line closes when its last process is gone; the child has put it right before that. */
	assert_true(vt_wait_no_text(vt, "shop_pay", 2000));
	assert_false(vt_alt_screen(vt));
	vt_free(vt);
}

static bool is_gone(pid_t pid, int limit_ms)
{
	int64_t end = clock_mono_ms(clock_real()) + limit_ms;
	while (kill(pid, 0) == 0)
		if (clock_mono_ms(clock_real()) > end)
			return false;
	return true;
}

static void a_lost_line_ends_both_processes(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	pid_t child = child_of(vt_pid(vt));
	int status;
	vt_hang_up(vt);
	assert_true(vt_wait_exit(vt, false, 2000, &status));
	assert_true(is_gone(child, 500));
	vt_free(vt);
}

static void a_terminal_that_stops_reading_does_not_hold_up_the_end(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	pid_t child = child_of(vt_pid(vt));
	int status;
	/* Full repaints until nothing more goes into the line, with nobody reading. */
	for (int i = 0; i < 200; i++)
		vt_type(vt, i % 2 ? "j" : "k");
	kill(vt_pid(vt), SIGTERM);
	assert_true(vt_wait_exit(vt, false, 2000, &status));
	assert_true(WIFEXITED(status));
	assert_true(is_gone(child, 500));
	vt_free(vt);
}

/* A shell with job control, and our program in it. No line editing: that has modes of its own. */
static struct vt *open_in_shell(void)
{
	static const char *const shell[] = {
		"bash", "--norc", "--noprofile", "--noediting", "-i", NULL};
	struct vt *vt =
		vt_spawn(24, 80, shell, (const char *const[]){"PS1=ready:", "HISTFILE=", NULL});
	vt_must_show(vt, "ready:", 5000);
	vt_type(vt, self_path);
	vt_type(vt, " --screen\r");
	vt_must_show(vt, "news_de", 5000);
	return vt;
}

static bool takes_lines(struct vt *vt, const void *data)
{
	(void)data;
	return vt_modes(vt).c_lflag & ICANON;
}

/* What is typed into a raw terminal would reach the shell without its end of line. */
static void leave_shell(struct vt *vt)
{
	int status;
	vt_press(vt, "q");
	vt_must_not_show(vt, "news_de", 2000);
	assert_true(vt_wait(vt, takes_lines, NULL, 2000));
	assert_right_again(vt);
	vt_type(vt, "exit\r");
	assert_true(vt_wait_exit(vt, true, 2000, &status));
	vt_free(vt);
}

static bool stopped(struct vt *vt, const void *data)
{
	(void)data;
	return vt_shows(vt, "Stopped") && vt_shows(vt, "ready:") && !vt_alt_screen(vt);
}

static void ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_back(void **state)
{
	(void)state;
	struct vt *vt = open_in_shell();
	for (int round = 0; round < 2; round++) {
		vt_press(vt, "C-z");
		assert_true(vt_wait(vt, stopped, NULL, 2000));
		vt_type(vt, "echo still here: $((40 + 2))\r");
		vt_must_show(vt, "still here: 42", 2000);
		assert_false(vt_shows(vt, "news_de"));
		vt_type(vt, "clear; fg\r");
		vt_must_show(vt, "news_de", 2000);
		assert_true(vt_alt_screen(vt));
	}
	leave_shell(vt);
}

static void stopping_either_process_from_outside_stops_both(void **state)
{
	(void)state;
	static const struct {
		int signal;
		bool child;
	} ways[] = {{SIGTSTP, false}, {SIGTSTP, true}, {SIGSTOP, true}};
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct vt *vt = open_in_shell();
		pid_t guard = vt_foreground(vt);
		kill(ways[i].child ? child_of(guard) : guard, ways[i].signal);
		assert_true(vt_wait(vt, stopped, NULL, 2000));
		vt_type(vt, "clear; fg\r");
		vt_must_show(vt, "news_de", 2000);
		assert_true(vt_alt_screen(vt));
		leave_shell(vt);
	}
}

static void without_job_control_ctrl_z_does_nothing(void **state)
{
	(void)state;
	struct vt *vt = open_screen();
	vt_press(vt, "C-z");
	vt_must_show(vt, "shop_pay", 1000);
	vt_press(vt, "j");
	assert_true(vt_wait_quiet(vt, 100, 2000));
	vt_must_show(vt, "shop_pay", 1000);
	vt_press(vt, "q");
	assert_leaves(vt, 1000);
	vt_free(vt);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--screen") == 0)
		return demo_main(1, argv);
	ssize_t length = readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);
	assert_true(length > 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quitting_leaves_the_terminal_as_it_was),
		cmocka_unit_test(signals_to_the_guard_end_both_in_order),
		cmocka_unit_test(a_killed_screen_leaves_a_usable_terminal_and_its_signal),
		cmocka_unit_test(a_crash_leaves_a_usable_terminal),
		cmocka_unit_test(a_screen_that_does_not_leave_is_killed),
		cmocka_unit_test(a_killed_guard_takes_the_screen_along),
		cmocka_unit_test(a_lost_line_ends_both_processes),
		cmocka_unit_test(a_terminal_that_stops_reading_does_not_hold_up_the_end),
		cmocka_unit_test(ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_back),
		cmocka_unit_test(stopping_either_process_from_outside_stops_both),
		cmocka_unit_test(without_job_control_ctrl_z_does_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
