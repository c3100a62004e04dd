/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/base/write_all.h"

static void bytes_at_a_place_leave_the_others_and_the_position_alone(void **state)
{
	(void)state;
	char bytes[16] = "";
	autoclose int fd = memfd_create("bytes", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(write_all(fd, "0123456789", 10));
	assert_true(write_all_at(fd, "abc", 3, 4));
	assert_true(write_all(fd, "x", 1));
	assert_true(write_all_at(fd, "", 0, 0));
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), 11);
	assert_string_equal(bytes, "0123abc789x");
}

static void what_cannot_be_written_is_said(void **state)
{
	(void)state;
	autoclose int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_false(write_all(fd, "a", 1));
	assert_false(write_all_at(fd, "a", 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_at_a_place_leave_the_others_and_the_position_alone),
		cmocka_unit_test(what_cannot_be_written_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
