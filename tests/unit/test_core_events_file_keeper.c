/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/str.h"
#include "core/events/file_index.h"
#include "core/events/file_keeper.h"
#include "core/events/file_stream.h"
#include "core/events/open_file.h"

#define T      INT64_C(1795168821744)
#define MINUTE INT64_C(60000)

struct bench {
	struct file_keeper *keeper;
	struct names *names;
	struct log_flow flow;
	int counted;
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	bench->keeper = file_keeper_new();
	bench->names = names_new();
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	file_keeper_free(bench->keeper);
	names_unref(bench->names);
	free(bench);
	return 0;
}

/* Deleted from the start on, as any file is sooner or later. */
static struct open_file *make_deleted(void)
{
	char path[] = "/tmp/botswain-keeper.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	return open_file_new(fd);
}

static void append(const struct open_file *file, const char *text)
{
	off_t end = lseek(file->fd, 0, SEEK_END);
	assert_int_equal(pwrite(file->fd, text, strlen(text), end), strlen(text));
}

static void count(void *context, const struct file_line *line)
{
	struct bench *bench = context;
	bench->counted += line->length > 0;
}

static struct file_options options_of(const struct bench *bench, struct open_file *file)
{
	return (struct file_options){.stream = {.source = 1, .id = 1000, .name = "a"},
		.file = file,
		.received_ms = T,
		.names = bench->names};
}

static bool grow_by(struct bench *bench, struct open_file *file, uint64_t from, uint64_t to)
{
	struct file_options options = options_of(bench, file);
	const struct file_growth growth = {
		.flow = &bench->flow, .now_ms = T, .line = count, .context = bench};
	options.from = from;
	options.to = to;
	return file_keeper_grow(bench->keeper, &options, &growth);
}

static void what_follows_is_appended_to_one_stream_over_what_was_copied_between(void **state)
{
	struct bench *bench = *state;
	struct open_file *file = make_deleted();
	size_t count;
	append(file, "one\ntwo\nthree\nfour\n");
	assert_true(grow_by(bench, file, 0, 4));
	assert_true(grow_by(bench, file, 4, 8));
	assert_true(file_keeper_is_waiting(bench->keeper));
	assert_true(grow_by(bench, file, 14, 19)); /* "three" was copied */
	struct file_stream **list = file_keeper_waiting(bench->keeper, &count);
	assert_int_equal(count, 1);
	assert_int_equal(file_index_progress(list[0]->index).lines, 3);
	assert_false(atomic_load(&list[0]->is_full));
	assert_int_equal(file_index_offset(list[0]->index, 2), 14);
	assert_int_equal(bench->counted, 3);
	for (size_t i = 0; i < count; i++)
		file_stream_unref(list[i]);
	free(list);
	open_file_unref(file);
}

static void a_stream_has_so_many_segments_and_the_next_goes_on(void **state)
{
	struct bench *bench = *state;
	struct open_file *file = make_deleted();
	size_t count;
	for (uint64_t i = 0; i < FILE_GROWING_SEGMENTS + 1; i++) {
		append(file, "line\n");
		assert_true(grow_by(bench, file, i * 5, i * 5 + 5));
	}
	struct file_stream **list = file_keeper_waiting(bench->keeper, &count);
	assert_int_equal(count, 2);
	assert_int_equal(file_index_progress(list[0]->index).lines, FILE_GROWING_SEGMENTS);
	assert_int_equal(file_index_progress(list[1]->index).lines, 1);
	for (size_t i = 0; i < count; i++)
		file_stream_unref(list[i]);
	free(list);
	open_file_unref(file);
}

static void the_space_of_a_deleted_file_is_given_back_some_minutes_later(void **state)
{
	struct bench *bench = *state;
	struct open_file *file = make_deleted();
	append(file, "one\n");
	assert_true(grow_by(bench, file, 0, 4));
	file_keeper_look(bench->keeper, 1);
	file_keeper_look(bench->keeper, 14 * MINUTE);
	assert_false(atomic_load(&file->is_over));
	file_keeper_look(bench->keeper, 16 * MINUTE);
	assert_true(atomic_load(&file->is_over));
	open_file_unref(file);
}

static void that_of_a_large_one_is_given_back_at_once(void **state)
{
	struct bench *bench = *state;
	struct open_file *file = make_deleted();
	append(file, "one\n");
	assert_true(grow_by(bench, file, 0, 4));
	assert_int_equal(ftruncate(file->fd, (65 << 20)), 0);
	file_keeper_look(bench->keeper, 1);
	assert_true(atomic_load(&file->is_over));
	open_file_unref(file);
}

static void of_more_files_than_may_be_open_the_oldest_is_asked_no_more(void **state)
{
	struct bench *bench = *state;
	struct open_file *files[KEPT_FILES_MAX + 1];
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct file_options options = options_of(bench, files[i] = make_deleted());
		file_keeper_add(bench->keeper, &options);
	}
	assert_true(atomic_load(&files[0]->is_over));
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		assert_int_equal(atomic_load(&files[i]->is_over), i == 0);
		open_file_unref(files[i]);
	}
}

static void lines_that_the_engine_never_took_are_counted(void **state)
{
	struct bench *bench = *state;
	struct open_file *file = make_deleted();
	append(file, "one\ntwo\n");
	for (int i = 0; i < 65; i++) {
		assert_true(grow_by(bench, file, 0, 4));
		file_keeper_end(bench->keeper);
	}
	assert_int_equal(file_keeper_dropped(bench->keeper), 1);
	assert_int_equal(file_keeper_dropped(bench->keeper), 0);
	open_file_unref(file);
}

static void what_cannot_be_read_is_not_counted(void **state)
{
	struct bench *bench = *state;
	struct open_file *file = open_file_new(open("/", O_PATH | O_CLOEXEC));
	assert_false(grow_by(bench, file, 0, 4));
	assert_int_equal(bench->counted, 0);
	open_file_unref(file);
}

int main(void)
{
#define KEEPER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		KEEPER_TEST(what_follows_is_appended_to_one_stream_over_what_was_copied_between),
		KEEPER_TEST(a_stream_has_so_many_segments_and_the_next_goes_on),
		KEEPER_TEST(the_space_of_a_deleted_file_is_given_back_some_minutes_later),
		KEEPER_TEST(that_of_a_large_one_is_given_back_at_once),
		KEEPER_TEST(of_more_files_than_may_be_open_the_oldest_is_asked_no_more),
		KEEPER_TEST(lines_that_the_engine_never_took_are_counted),
		KEEPER_TEST(what_cannot_be_read_is_not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
