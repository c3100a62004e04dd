/* SPDX-License-Identifier: MIT */
/* Packed logs, one after the other within a budget, which is theirs as long as somebody has what was unpacked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/unpack.h"
#include "core/events/open_file.h"
#include "tests/support/folder.h"

enum { LOG_BYTES = 100000, BUDGET = 150000, FILES_MAX = 4 };

struct bench {
	struct unpack unpack;
	struct open_file *files[FILES_MAX]; /* as a writer has them */
	size_t count;
	uint64_t bytes; /* of the last */
	char why[128];
};

static struct bench bench;

static void take(void *context, const struct unpack_job *job, struct open_file *file,
	uint64_t bytes, const char *why)
{
	assert_ptr_equal(context, &bench);
	assert_ptr_equal(job->owner, &bench);
	assert_true(bench.count < FILES_MAX);
	bench.files[bench.count++] = file ? open_file_ref(file) : NULL;
	bench.bytes = bytes;
	copy_text(bench.why, sizeof(bench.why), why ? why : "");
}

static void pack(const char *name)
{
	autofree char *path = folder_path(name);
	gzFile file = gzopen(path, "wb");
	assert_non_null(file);
	for (int i = 0; i < LOG_BYTES / 10; i++)
		assert_int_equal(gzwrite(file, "some line\n", 10), 10);
	assert_int_equal(gzclose(file), Z_OK);
}

static int setup(void **state)
{
	bench = (struct bench){0};
	if (folder_setup(state) != 0)
		return -1;
	pack("log.gz");
	return 0;
}

/* As a log does that is asked for no more. */
static void let_go(void)
{
	while (bench.count)
		open_file_unref(bench.files[--bench.count]);
}

static int teardown(void **state)
{
	let_go();
	unpack_release(&bench.unpack);
	return folder_teardown(state);
}

static void unpack_one(void)
{
	autofree char *path = folder_path("log.gz");
	unpack_add(&bench.unpack, &bench, path, 0);
	while (unpack_step(&bench.unpack, BUDGET, take, &bench))
		continue;
}

static void all_that_somebody_has_is_within_the_budget(void **state)
{
	(void)state;
	unpack_one();
	assert_int_equal(bench.bytes, LOG_BYTES);
	assert_string_equal(bench.why, "");
	unpack_one();
	assert_int_equal(bench.bytes, BUDGET - LOG_BYTES);
	assert_string_equal(bench.why, "it is larger than events: unpacked allows");
	unpack_one();
	assert_int_equal(bench.bytes, 0);
	assert_null(bench.files[2]);
	assert_string_equal(bench.why, "it is larger than events: unpacked allows");
}

static void what_nobody_has_any_more_gives_its_space_back(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		unpack_one();
		assert_int_equal(bench.bytes, LOG_BYTES);
		assert_string_equal(bench.why, "");
		let_go();
		unpack_look(&bench.unpack);
		assert_int_equal(bench.unpack.given_count, 0);
		assert_int_equal(bench.unpack.taken, 0);
	}
}

static void what_is_not_asked_for_any_more_is_not_unpacked(void **state)
{
	(void)state;
	autofree char *path = folder_path("log.gz");
	unpack_add(&bench.unpack, &bench, path, 0);
	unpack_add(&bench.unpack, &bench, path, 0);
	unpack_forget(&bench.unpack, &bench);
	assert_false(unpack_step(&bench.unpack, BUDGET, take, &bench));
	assert_int_equal(bench.count, 0);
}

static void what_cannot_be_opened_is_said(void **state)
{
	(void)state;
	unpack_add(&bench.unpack, &bench, "/nonexistent/log.gz", 0);
	assert_false(unpack_step(&bench.unpack, BUDGET, take, &bench));
	assert_string_equal(bench.why, "it cannot be opened");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_somebody_has_is_within_the_budget),
		TEST(what_nobody_has_any_more_gives_its_space_back),
		TEST(what_is_not_asked_for_any_more_is_not_unpacked),
		TEST(what_cannot_be_opened_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
