/* SPDX-License-Identifier: MIT */
/* Which paths a service's own /tmp hides, by the lines of mountinfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/attr.h"
#include "core/collect/private_tmp.h"

#define PRIVATE "systemd-private-0123456789abcdef0123456789abcdef-botswain.service-aBcDeF/tmp"

static void only_what_systemd_mounted_for_one_service_is_its_own(void **state)
{
	(void)state;
	static const struct {
		const char *line, *path;
		bool has;
	} cases[] = {
		{"165 117 254:0 /tmp/" PRIVATE " /tmp rw,nosuid shared:1 - ext4 /dev/vda rw\n",
			"/tmp/supervisor.sock", true},
		{"165 117 0:31 /" PRIVATE " /tmp rw - tmpfs tmpfs rw\n", "/tmp/a/b.log", true},
		{"166 117 254:0 /var/tmp/" PRIVATE " /var/tmp rw - ext4 /dev/vda rw\n",
			"/var/tmp/a", true},
		{"165 117 254:0 /tmp/" PRIVATE " /tmp rw - ext4 /dev/vda rw\n", "/tmpfile", false},
		{"165 117 254:0 /tmp/" PRIVATE " /tmp rw - ext4 /dev/vda rw\n", "/run/a.sock",
			false},
		{"31 26 0:31 / /tmp rw - tmpfs tmpfs rw\n", "/tmp/supervisor.sock", false},
		{"", "/tmp/a", false},
		{"31 26", "/tmp/a", false},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (private_tmp_has(cases[i].line, cases[i].path) != cases[i].has)
			fail_msg("%s in %s", cases[i].path, cases[i].line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_systemd_mounted_for_one_service_is_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
