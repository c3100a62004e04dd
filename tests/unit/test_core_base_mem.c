/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/support/instrumented.h"

struct end {
	int status;
	char said[128];
	bool left_a_note;
};

/* A child that wants more than there is. */
static struct end starve(bool with_note)
{
	struct end end = {0};
	int ends[2];
	atomic_bool *note = mmap(
		NULL, sizeof(*note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(note, MAP_FAILED);
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		if (with_note)
			mem_leave_note(note);
		_exit(xmalloc(SIZE_MAX / 4) != NULL);
	}
	close(ends[1]);
	ssize_t got = read(ends[0], end.said, sizeof(end.said) - 1);
	assert_true(got >= 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &end.status, 0), pid);
	end.left_a_note = atomic_load(note);
	munmap(note, sizeof(*note));
	return end;
}

static void who_finds_no_memory_says_so_and_aborts(void **state)
{
	(void)state;
	if (IS_INSTRUMENTED)
		skip(); /* its malloc() reports what it cannot give */
	struct end end = starve(false);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGABRT);
	assert_string_equal(end.said, "botswain: out of memory\n");
	assert_false(end.left_a_note);
}

static void a_parent_that_asked_for_it_learns_why(void **state)
{
	(void)state;
	if (IS_INSTRUMENTED)
		skip(); /* its malloc() reports what it cannot give */
	struct end end = starve(true);
	assert_int_equal(WTERMSIG(end.status), SIGABRT);
	assert_true(end.left_a_note);
}

static void a_product_that_is_too_large_is_no_small_block(void **state)
{
	(void)state;
	pid_t pid = fork();
	int status;
	if (pid == 0) {
		close(STDERR_FILENO);
		_exit(xreallocarray(NULL, SIZE_MAX / 2, 4) != NULL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void what_may_crash_without_memory_is_not_begun(void **state)
{
	(void)state;
	if (IS_INSTRUMENTED)
		skip(); /* its malloc() reports what it cannot give */
	pid_t pid = fork();
	int status;
	mem_assure(1 << 20);
	if (pid == 0) {
		close(STDERR_FILENO);
		mem_assure(SIZE_MAX / 4);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_finds_no_memory_says_so_and_aborts),
		cmocka_unit_test(a_parent_that_asked_for_it_learns_why),
		cmocka_unit_test(what_may_crash_without_memory_is_not_begun),
		cmocka_unit_test(a_product_that_is_too_large_is_no_small_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
