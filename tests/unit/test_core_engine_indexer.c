/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/str.h"
#include "core/events/directory.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/open_file.h"
#include "core/engine/indexer.h"

#define T INT64_C(1795168821744)

enum { FILES = 3, BYTES = 9 << 20, WAIT_STEPS = 1000, STEP_MS = 10, BUDGET = 8 << 20 };

struct bench {
	struct event_directory *directory;
	struct file_stream *files[FILES];
	struct indexer *indexer;
};

static int fill(void)
{
	autostr struct str text = STR_INIT;
	int fd = memfd_create("log", MFD_CLOEXEC);
	for (int i = 0; text.length < BYTES; i++)
		str_addf(&text, "2026-11-20 10:00:%02d,%03d INFO [ada] line %d of a log\n",
			i / 1000 % 60, i % 1000, i);
	assert_int_equal(write(fd, text.text, text.length), text.length);
	return fd;
}

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct names *names = names_new();
	bench->directory = event_directory_new(BUDGET);
	bench->indexer = indexer_new();
	for (int i = 0; i < FILES; i++) {
		struct open_file *file = open_file_new(fill());
		bench->files[i] = file_stream_new(&(struct file_options){
			.stream = {.source = (uint64_t)i + 1, .id = 1, .name = "a"},
			.file = file,
			.to = BYTES,
			.received_ms = T + i,
			.names = names});
		open_file_unref(file);
		event_directory_add_file(bench->directory, bench->files[i]);
	}
	names_unref(names);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	indexer_free(bench->indexer);
	for (size_t i = 0; i < FILES; i++)
		file_stream_unref(bench->files[i]);
	event_directory_free(bench->directory);
	free(bench);
	return 0;
}

static bool comes(const struct bench *bench, uint64_t done)
{
	for (int i = 0; i < WAIT_STEPS && indexer_progress(bench->directory).done < done; i++)
		(void)poll(NULL, 0, STEP_MS);
	return indexer_progress(bench->directory).done >= done;
}

static void all_files_are_indexed_while_somebody_looks(void **state)
{
	struct bench *bench = *state;
	uint64_t all = indexer_progress(bench->directory).segments;
	assert_true(all >= FILES * 3);
	indexer_look(bench->indexer, bench->directory, true);
	assert_true(comes(bench, all));
	assert_int_equal(indexer_progress(bench->directory).done, all);
}

static void while_nobody_looks_nothing_is_read(void **state)
{
	struct bench *bench = *state;
	indexer_look(bench->indexer, bench->directory, false);
	assert_int_equal(indexer_progress(bench->directory).done, 0);
}

static void the_newest_file_comes_first(void **state)
{
	struct bench *bench = *state;
	size_t segments = file_index_segments(bench->files[FILES - 1]->index);
	indexer_look(bench->indexer, bench->directory, true);
	assert_true(comes(bench, segments));
	assert_int_equal(file_index_progress(bench->files[FILES - 1]->index).done, segments);
}

static void it_may_be_told_again_and_again_and_ends_at_any_time(void **state)
{
	struct bench *bench = *state;
	for (int i = 0; i < 50; i++)
		indexer_look(bench->indexer, bench->directory, i % 3 != 0);
	indexer_look(bench->indexer, bench->directory, true);
	assert_true(comes(bench, 1));
}

static void beyond_half_of_the_budget_nothing_is_begun(void **state)
{
	struct bench *bench = *state;
	event_directory_set_budget(bench->directory, 1000);
	event_directory_weigh(bench->directory);
	indexer_look(bench->indexer, bench->directory, true);
	assert_int_equal(indexer_progress(bench->directory).done, 0);
}

int main(void)
{
#define INDEXER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		INDEXER_TEST(all_files_are_indexed_while_somebody_looks),
		INDEXER_TEST(while_nobody_looks_nothing_is_read),
		INDEXER_TEST(the_newest_file_comes_first),
		INDEXER_TEST(it_may_be_told_again_and_again_and_ends_at_any_time),
		INDEXER_TEST(beyond_half_of_the_budget_nothing_is_begun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
