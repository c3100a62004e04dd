/* SPDX-License-Identifier: MIT */
/* Free memory between what is in use goes back to the system: after the configuration was read, and every ten minutes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/engine/tidy.h"
#include "tests/support/engine_harness.h"
#include "tests/support/instrumented.h"

enum { BLOCKS = 20000, BLOCK_BYTES = 2048, KEPT_EVERY = 100, LIMIT_MS = 5000 };

static long resident_kib(void)
{
	long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Some 40 MiB, all but every hundredth block freed again: none of it is at the end of the heap. */
static void make_holes(char *blocks[BLOCKS])
{
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = xmalloc(BLOCK_BYTES);
		memset(blocks[i], 1, BLOCK_BYTES);
	}
	for (int i = 0; i < BLOCKS; i++) {
		if (i % KEPT_EVERY == 0)
			continue;
		free(blocks[i]);
		blocks[i] = NULL;
	}
}

static bool falls_below(long kib)
{
	for (int waited = 0; waited < LIMIT_MS; waited++) {
		if (resident_kib() < kib)
			return true;
		(void)poll(NULL, 0, 1);
	}
	return false;
}

static void assert_gives_back(struct harness *harness, int64_t after_ms)
{
	static char *blocks[BLOCKS];
	make_holes(blocks);
	long before_kib = resident_kib();
	harness_advance(harness, after_ms);
	assert_true(falls_below(before_kib - 20 * 1024));
	for (int i = 0; i < BLOCKS; i += KEPT_EVERY)
		free(blocks[i]);
}

static void holes_are_given_back_every_ten_minutes(void **state)
{
	if (IS_INSTRUMENTED)
		skip();
	for (int round = 0; round < 2; round++)
		assert_gives_back(*state, 601000);
}

static void holes_are_given_back_soon_after_the_configuration_was_read(void **state)
{
	struct harness *harness = *state;
	if (IS_INSTRUMENTED)
		skip();
	tidy_soon(harness->engine);
	assert_gives_back(harness, 7000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_fleet_setup, harness_teardown)
	const struct CMUnitTest tests[] = {
		TEST(holes_are_given_back_every_ten_minutes),
		TEST(holes_are_given_back_soon_after_the_configuration_was_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
