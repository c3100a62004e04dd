/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/engine/lock.h"
#include "tests/support/folder.h"

static struct lock *take(void)
{
	struct lock *lock;
	struct err err;
	if (!lock_take(folder, clock_real(), &lock, &err))
		fail_msg("%s", err.text);
	return lock;
}

static void who_gives_it_back_leaves_nothing_behind(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		struct lock *lock = take();
		assert_string_equal(lock_left_by(lock), "");
		lock_free(lock);
	}
}

static void who_dies_with_it_is_named_to_the_next_one_alone(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		(void)take();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	struct lock *lock = take();
	autofree char *line = xasprintf("pid %d since 2", (int)pid);
	assert_memory_equal(lock_left_by(lock), line, strlen(line));
	lock_free(lock);
	lock = take();
	assert_string_equal(lock_left_by(lock), "");
	lock_free(lock);
}

static void who_is_refused_changes_nothing(void **state)
{
	(void)state;
	struct lock *lock = take(), *other;
	struct err err;
	assert_false(lock_take(folder, clock_real(), &other, &err));
	assert_int_equal(err.code, ERR_REFUSED);
	assert_non_null(strstr(err.text, "is already running as the engine of"));
	lock_free(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			who_gives_it_back_leaves_nothing_behind, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(who_dies_with_it_is_named_to_the_next_one_alone,
			folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(
			who_is_refused_changes_nothing, folder_setup, folder_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
