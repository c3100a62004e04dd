/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/needle.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/ahead.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/line_block.h"
#include "core/events/open_file.h"
#include "core/events/part.h"
#include "core/events/view.h"

#define T INT64_C(1795168821744)

/* Lines of all lengths, so that they lie across whatever is read at a time; some hold the text, nearly, twice or hidden; some are
 * late. */
static void add_line(struct str *text, int number, struct rng *rng)
{
	static const char *const said[] = {"", "", "", "needle", "neeedle", "needleneedle",
		"nee\\u0064le", "\\\\needle", "n\\teedle"};
	int64_t late_ms = rng_below(rng, 20) ? 0 : 5000;
	size_t fill = rng_below(rng, 40) ? rng_below(rng, 200) : rng_below(rng, 90000);
	str_addf(text, "{\"level\":30,\"time\":%lld,\"bot\":\"b%d\",\"msg\":\"",
		(long long)(T + number * 10 - late_ms), (int)rng_below(rng, 3));
	for (size_t i = 0; i < fill; i++)
		str_add(text, "n", 1);
	str_adds(text, said[rng_below(rng, sizeof(said) / sizeof(*said))]);
	str_adds(text, rng_below(rng, 2) ? "\"}\n" : " and more\"}\n");
}

static struct file_stream *stream_of(const struct str *text)
{
	struct open_file *file = open_file_new(memfd_create("log", MFD_CLOEXEC));
	struct names *names = names_new();
	size_t segment;
	assert_int_equal(pwrite(file->fd, text->text, text->length, 0), text->length);
	struct file_stream *stream =
		file_stream_new(&(struct file_options){.stream = {1, 1, "log", false, NULL},
			.file = file,
			.to = text->length,
			.received_ms = T,
			.names = names});
	while (file_index_next(stream->index, &segment))
		assert_true(file_index_read(stream->index, segment));
	names_unref(names);
	open_file_unref(file);
	return stream;
}

static void assert_same_line(
	struct part_view *view, size_t line, struct part_view *hits, size_t hit)
{
	assert_true(hit < part_view_count(hits));
	assert_int_equal(event_key_compare(part_view_key(view, line), part_view_key(hits, hit)), 0);
	struct event_line ours = part_view_line(hits, hit), theirs = part_view_line(view, line);
	assert_int_equal(ours.record->late_ms, theirs.record->late_ms);
	assert_string_equal(ours.bot, theirs.bot);
	event_line_take(&ours);
	event_line_take(&theirs);
	assert_int_equal(ours.record->length, theirs.record->length);
	assert_memory_equal(ours.bytes, theirs.bytes, ours.record->length);
}

/* Returns how many lines of the part are left out. */
static size_t assert_hits(
	const struct store_part *part, struct needle *needle, struct scratch *scratch)
{
	struct part_view *view = part_view_open(part);
	struct part_view *hits = part_view_open_hits(part, needle, scratch);
	size_t found = 0, lines = part_view_count(view);
	for (size_t i = 0; i < lines; i++)
		if (part_view_may_say(view, i, needle))
			assert_same_line(view, i, hits, found++);
	assert_int_equal(found, hits ? part_view_count(hits) : 0);
	part_view_close(hits);
	part_view_close(view);
	return lines - found;
}

static size_t assert_all(struct file_stream *stream, const char *text)
{
	struct needle needle;
	struct scratch scratch = {0};
	struct file_segment segment;
	size_t left_out = 0;
	assert_true(needle_set(&needle, text, strlen(text), false));
	for (size_t i = 0; i < file_index_segments(stream->index); i++) {
		assert_true(file_index_segment(stream->index, i, &segment));
		for (size_t j = 0; j < segment.block_count; j++) {
			const struct store_part part = {.file = stream,
				.block = segment.blocks[j],
				.segment = i,
				.count = line_block_summary(segment.blocks[j])->lines};
			left_out += assert_hits(&part, &needle, &scratch);
		}
	}
	scratch_release(&scratch);
	return left_out;
}

static void of_a_block_the_lines_that_may_say_it_are_opened_and_no_others(void **state)
{
	struct rng rng;
	(void)state;
	rng_init(&rng, 41);
	for (int round = 0; round < 30; round++) {
		autostr struct str text = STR_INIT;
		for (int i = 0; i < 300; i++)
			add_line(&text, i, &rng);
		struct file_stream *stream = stream_of(&text);
		assert_true(assert_all(stream, "needle") > 100);
		assert_true(assert_all(stream, "neeedle") > 100);
		assert_int_equal(assert_all(stream, "e"), 0);
		assert_true(assert_all(stream, "nowhere") > 100);
		file_stream_unref(stream);
	}
}

/* The first one is waited for; what was found is what is found without. */
static void take_first(struct ahead *ahead, struct needle *needle, size_t *taken)
{
	const struct store_part *part;
	struct scratch alone = {0};
	const struct scratch *scratch = ahead_wait(ahead, &part);
	assert_non_null(scratch);
	assert_int_equal(part->segment, (*taken)++);
	assert_true(part_seek(part, needle, &alone));
	assert_int_equal(scratch->length, alone.length);
	assert_memory_equal(scratch->bytes, alone.bytes, alone.length);
	assert_int_equal(scratch->hit_count, alone.hit_count);
	for (size_t i = 0; i < alone.hit_count; i++)
		assert_int_equal(scratch->hits[i], alone.hits[i]);
	ahead_release(ahead);
	scratch_release(&alone);
}

static void blocks_that_are_read_ahead_come_in_order_with_what_is_found_in_them(void **state)
{
	autostr struct str text = STR_INIT;
	struct needle needle;
	struct rng rng;
	size_t begun = 0, taken = 0;
	(void)state;
	rng_init(&rng, 42);
	for (int i = 0; i < 2000; i++)
		add_line(&text, i, &rng);
	struct file_stream *stream = stream_of(&text);
	struct file_segment segment;
	assert_true(needle_set(&needle, "needle", 6, false));
	struct ahead *ahead = ahead_new(&needle);
	for (int round = 0; round < 500 && ahead; round++) {
		size_t of = begun % file_index_segments(stream->index);
		assert_true(file_index_segment(stream->index, of, &segment));
		if (ahead_count(ahead) == AHEAD_BLOCKS ||
			(ahead_count(ahead) && rng_below(&rng, 3) == 0))
			take_first(ahead, &needle, &taken);
		else
			ahead_begin(ahead, &(struct store_part){.file = stream,
						   .block = segment.blocks[0],
						   .segment = begun++});
	}
	assert_true(!ahead || taken > 100);
	ahead_free(ahead); /* with some that nobody waited for */
	file_stream_unref(stream);
}

static void a_block_that_cannot_be_read_any_more_is_told_apart(void **state)
{
	autostr struct str text = STR_INIT;
	struct needle needle;
	struct rng rng;
	struct file_segment segment;
	const struct store_part *part;
	(void)state;
	rng_init(&rng, 43);
	add_line(&text, 0, &rng);
	struct file_stream *stream = stream_of(&text);
	assert_true(file_index_segment(stream->index, 0, &segment));
	assert_true(needle_set(&needle, "needle", 6, false));
	struct ahead *ahead = ahead_new(&needle);
	assert_int_equal(ftruncate(file_index_file(stream->index)->fd, 0), 0);
	if (ahead) {
		ahead_begin(
			ahead, &(struct store_part){.file = stream, .block = segment.blocks[0]});
		assert_null(ahead_wait(ahead, &part));
		ahead_release(ahead);
	}
	ahead_free(ahead);
	file_stream_unref(stream);
}

/* ---- a disk that does not answer ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_stuck, is_waited_for;

/* Instead of the C library's: with `is_stuck` whoever reads in a thread waits. */
ssize_t pread(int fd, void *bytes, size_t length, off_t offset)
{
	if (gettid() != getpid()) {
		pthread_mutex_lock(&lock);
		is_waited_for |= is_stuck;
		pthread_cond_broadcast(&changed);
		while (is_stuck)
			pthread_cond_wait(&changed, &lock);
		pthread_mutex_unlock(&lock);
	}
	return syscall(SYS_pread64, fd, bytes, length, offset);
}

static void set_stuck(bool is)
{
	pthread_mutex_lock(&lock);
	is_stuck = is;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void who_leaves_does_not_wait_for_a_block_that_is_read(void **state)
{
	autostr struct str text = STR_INIT;
	struct needle needle;
	struct rng rng;
	struct file_segment segment;
	(void)state;
	rng_init(&rng, 44);
	add_line(&text, 0, &rng);
	struct file_stream *stream = stream_of(&text);
	assert_true(file_index_segment(stream->index, 0, &segment));
	assert_true(needle_set(&needle, "needle", 6, false));
	struct ahead *ahead = ahead_new(&needle);
	set_stuck(true);
	for (size_t i = 0; i < AHEAD_BLOCKS && ahead; i++)
		ahead_begin(
			ahead, &(struct store_part){.file = stream, .block = segment.blocks[0]});
	pthread_mutex_lock(&lock);
	while (!is_waited_for && ahead)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	ahead_free(ahead);
	file_stream_unref(stream); /* the thread has it still */
	set_stuck(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_block_the_lines_that_may_say_it_are_opened_and_no_others),
		cmocka_unit_test(
			blocks_that_are_read_ahead_come_in_order_with_what_is_found_in_them),
		cmocka_unit_test(a_block_that_cannot_be_read_any_more_is_told_apart),
		cmocka_unit_test(who_leaves_does_not_wait_for_a_block_that_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
