/* SPDX-License-Identifier: MIT */
/* botswain -- FILE on a real terminal: Logs is all there is, and the way out of it is the way out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/vt.h"

enum { ROWS = 30, COLUMNS = 120, UP_MS = 15000, KEY_MS = 5000 };

struct scene {
	char path[64];
	struct vt *vt;
};

static struct scene scene;

static const char *const outside[] = {
	"XDG_STATE_HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent", NULL};

static const char *program(void)
{
	const char *build = getenv("BOTSWAIN_BUILD");
	static char path[256];
	snprintf(path, sizeof(path), "%s/botswain", build ? build : "build");
	return path;
}

static int setup(void **state)
{
	snprintf(scene.path, sizeof(scene.path), "/tmp/botswain-lines-XXXXXX");
	int fd = mkstemp(scene.path);
	assert_true(fd >= 0);
	dprintf(fd, "2026-11-20T10:00:01Z INFO the first\n2026-11-20T10:00:02Z INFO the last\n");
	close(fd);
	scene.vt = vt_spawn(
		ROWS, COLUMNS, (const char *const[]){program(), "--", scene.path, NULL}, outside);
	vt_must_show(scene.vt, "the last", UP_MS);
	*state = &scene;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vt_free(scene.vt);
	return unlink(scene.path);
}

static void must_leave(struct vt *vt)
{
	int status;
	vt_press(vt, "q");
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	assert_int_equal(status, 0);
}

static void the_first_q_leaves(void **state)
{
	(void)state;
	must_leave(scene.vt);
}

static void the_bar_of_the_cursor_goes_over_the_whole_row(void **state)
{
	int row, column;
	(void)state;
	vt_press(scene.vt, "g");
	vt_must_show(scene.vt, "G follows", KEY_MS);
	assert_true(vt_wait_quiet(scene.vt, 50, KEY_MS));
	assert_true(vt_find(scene.vt, "the first", &row, &column));
	uint32_t bar = vt_cell(scene.vt, row, column).bg;
	assert_int_not_equal(bar, VT_DEFAULT);
	for (column = 0; column < COLUMNS; column++)
		assert_int_equal(vt_cell(scene.vt, row, column).bg, bar);
	must_leave(scene.vt);
}

static void q_in_another_pane_comes_back_first(void **state)
{
	(void)state;
	vt_press(scene.vt, "1");
	vt_must_show(scene.vt, "no bot yet", KEY_MS);
	vt_press(scene.vt, "+");
	vt_press(scene.vt, "q");
	vt_must_not_show(scene.vt, "no bot yet", KEY_MS);
	vt_must_show(scene.vt, "the last", KEY_MS);
	must_leave(scene.vt);
}

static void without_a_file_the_way_to_name_one_is_said(void **state)
{
	const char *const argv[] = {program(), "--", NULL};
	int status;
	(void)state;
	if (access("/etc/botswain/botswain.yaml", F_OK) == 0)
		skip(); /* this machine has a configuration */
	struct vt *vt = vt_spawn(ROWS, COLUMNS, argv, outside);
	vt_must_show(vt, "log files need none: botswain -- FILE...", UP_MS);
	assert_true(vt_wait_exit(vt, true, KEY_MS, &status));
	vt_free(vt);
}

int main(void)
{
#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		LOG_TEST(the_first_q_leaves),
		LOG_TEST(the_bar_of_the_cursor_goes_over_the_whole_row),
		LOG_TEST(q_in_another_pane_comes_back_first),
		cmocka_unit_test(without_a_file_the_way_to_name_one_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
