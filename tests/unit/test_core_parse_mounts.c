/* SPDX-License-Identifier: MIT */
/* Where the files of a container are for the machine that runs it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/str.h"
#include "core/parse/mounts.h"

/* The machine: its disk at /, a second one at /srv, a part of that again at /home/bots. */
static const char ours[] = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
			   "23 22 0:21 / /proc rw - proc proc rw\n"
			   "30 22 8:17 / /srv rw shared:2 - ext4 /dev/sdb1 rw\n"
			   "31 22 8:17 /a\\040b /home/bots rw shared:2 - ext4 /dev/sdb1 rw\n";

/* A container: its image at /, settings and secrets of the machine, a folder of the second disk. */
static const char container[] =
	"90 80 0:55 / / rw - overlay overlay rw,lowerdir=/x\n"
	"91 90 0:60 / /proc rw - proc proc rw\n"
	"92 90 8:1 /etc/bots/one.json /app/bot.json ro - ext4 /dev/sda1 rw\n"
	"93 90 8:17 /a\\040b/keys /run/secrets ro - ext4 /dev/sdb1 rw\n"
	"94 90 8:17 / /data rw - ext4 /dev/sdb1 rw\n";

static void assert_place(const char *theirs, const char *path, size_t nth, const char *expected)
{
	autostr struct str place = STR_INIT;
	bool is_found = mounts_outside(theirs, ours, path, nth, &place);
	assert_int_equal(is_found, expected != NULL);
	assert_string_equal(place.text, expected ? expected : "");
}

static void a_file_that_is_mounted_is_found_where_it_came_from(void **state)
{
	(void)state;
	assert_place(container, "/app/bot.json", 0, "/etc/bots/one.json");
	assert_place(container, "/app/bot.json", 1, NULL);
	assert_place(container, "/data", 0, "/srv");
	assert_place(container, "/data/x", 0, "/srv/x");
}

static void every_place_of_a_file_is_named_once(void **state)
{
	(void)state;
	assert_place(container, "/run/secrets/token", 0, "/srv/a b/keys/token");
	assert_place(container, "/run/secrets/token", 1, "/home/bots/keys/token");
	assert_place(container, "/run/secrets/token", 2, NULL);
}

static void what_is_in_the_image_is_nowhere(void **state)
{
	(void)state;
	assert_place(container, "/app/other.json", 0, NULL);
	assert_place(container, "/app", 0, NULL);
	assert_place(container, "/datax", 0, NULL);
}

static void a_service_with_mounts_of_its_own_on_our_disk_has_our_paths(void **state)
{
	static const char service[] = "70 60 8:1 / / rw - ext4 /dev/sda1 rw\n"
				      "71 70 8:1 /tmp/private-1 /tmp rw - ext4 /dev/sda1 rw\n";
	(void)state;
	assert_place(service, "/etc/bot.env", 0, "/etc/bot.env");
	assert_place(service, "/tmp/token", 0, "/tmp/private-1/token");
}

static void the_later_of_two_mounts_at_one_place_counts(void **state)
{
	static const char twice[] = "70 60 8:1 / / rw - ext4 /dev/sda1 rw\n"
				    "71 70 8:17 /old /key rw - ext4 /dev/sdb1 rw\n"
				    "72 71 8:17 /new /key rw - ext4 /dev/sdb1 rw\n";
	(void)state;
	assert_place(twice, "/key", 0, "/srv/new");
}

static void lines_that_cannot_be_read_are_left_out(void **state)
{
	(void)state;
	assert_place("", "/x", 0, NULL);
	assert_place("70\n\n70 60 8:1\n70 60 8:1 root point\n", "/x", 0, NULL);
	assert_place("nonsense\n70 60 8:1 / / rw\n\n", "/x", 0, "/x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_mounted_is_found_where_it_came_from),
		cmocka_unit_test(every_place_of_a_file_is_named_once),
		cmocka_unit_test(what_is_in_the_image_is_nowhere),
		cmocka_unit_test(a_service_with_mounts_of_its_own_on_our_disk_has_our_paths),
		cmocka_unit_test(the_later_of_two_mounts_at_one_place_counts),
		cmocka_unit_test(lines_that_cannot_be_read_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
