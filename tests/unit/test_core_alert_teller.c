/* SPDX-License-Identifier: MIT */
/* The thread of on_alert when descriptors are out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/alert/teller.h"
#include "core/base/err.h"
#include "core/msg/mailbox.h"

static void without_a_descriptor_there_is_none_and_it_says_why(void **state)
{
	struct mailbox *mailbox = mailbox_new(1);
	struct rlimit old, few;
	struct err err = {.code = ERR_NONE};
	int next = dup(STDIN_FILENO);
	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){(rlim_t)next, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	struct teller *teller = teller_new(mailbox, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_null(teller);
	assert_string_equal(err.text, "its thread cannot be started: Too many open files");
	teller = teller_new(mailbox, &err); /* the next notice */
	assert_non_null(teller);
	teller_free(teller);
	mailbox_free(mailbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_descriptor_there_is_none_and_it_says_why),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
