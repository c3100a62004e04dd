/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "core/base/format.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/chunk.h"
#include "core/events/file_index.h"
#include "core/events/open_file.h"
#include "core/events/line_block.h"

#define T INT64_C(1795168821744)

static uint16_t number_of(void *context, const char *name, size_t length)
{
	(void)context;
	uint32_t number = 2166136261u;
	for (size_t i = 0; i < length; i++)
		number = (number ^ (unsigned char)name[i]) * 16777619u;
	return length ? (uint16_t)(number >> 8) : 0;
}

/* Times with milliseconds and levels in words, as most frameworks write them; names of bots of any length. */
static void add_usual_line(struct str *text, int64_t wall_ms, struct rng *rng)
{
	static const char *const levels[] = {"info", "DEBUG", "warning", "error", "critical", "x"};
	static const char *const ends[] = {"", "\r", " \\n", " \\u0041", " \x1b[1m"};
	const char *level = levels[rng_below(rng, COUNT_OF(levels))];
	const char *end = ends[rng_below(rng, 4) ? 0 : rng_below(rng, COUNT_OF(ends))];
	struct shown shown = format_rfc3339(wall_ms);
	if (rng_below(rng, 2)) {
		shown.text[10] = ' ';
		str_addf(text, "%.19s,%.3s %s [main] %s%s\n", shown.text, shown.text + 20, level,
			rng_below(rng, 3) ? "done" : "", end);
		return;
	}
	int digits = rng_below(rng, 3) ? 2 : (int)rng_below(rng, 30) + 1;
	str_addf(text, "{\"time\":\"%s\",\"level\":\"%s\",\"bot\":\"b%0*d%s\"%s\n", shown.text,
		level, digits, (int)rng_below(rng, 70), rng_below(rng, 20) ? "" : "\\t",
		rng_below(rng, 9) ? ",\"msg\":\"done\"}" : "}");
}

/* Lines of several kinds, tracebacks among them; times rise, now and then a line is late. */
static void add_lines(struct str *text, size_t bytes, struct rng *rng)
{
	int64_t wall_ms = T;
	while (text->length < bytes) {
		wall_ms += (int64_t)rng_below(rng, 30);
		int64_t at_ms = rng_below(rng, 50) ? wall_ms : wall_ms - 2000;
		str_addf(text, "{\"level\":%d,\"time\":%lld,\"bot\":\"bot-%d\",\"msg\":\"%0*d\"}\n",
			(int)rng_below(rng, 7) * 10, (long long)at_ms, (int)rng_below(rng, 9),
			(int)rng_below(rng, 200) + 1, 7);
		for (uint64_t more = rng_below(rng, 4); more; more--)
			add_usual_line(text, at_ms, rng);
		if (rng_below(rng, 40) == 0)
			str_adds(text,
				"Traceback (most recent call last):\n  File \"a.py\"\n\nE: x\n");
		if (rng_below(rng, 400) == 0)
			str_adds(text, "no time\n\n");
		if (rng_below(rng, 100) == 0)
			str_adds(text, "2026-11-20 10:00:21 \x1b[31mERROR\x1b[0m in colours\n");
	}
}

static int file_of(const struct str *text)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	assert_int_equal(pwrite(fd, text->text, text->length, 0), text->length);
	return fd;
}

static struct file_index *index_of(const struct str *text, uint64_t from)
{
	struct open_file *file = open_file_new(file_of(text));
	struct file_index *index = file_index_new(&(struct file_source){.file = file,
		.from = from,
		.to = text->length,
		.received_ms = T + 1,
		.bot = number_of});
	open_file_unref(file);
	return index;
}

/* What the line at `at` is when all before it were read. */
struct expected {
	struct log_flow flow;
	size_t at;
};

/* Empty lines are no lines. */
static void skip_empty(struct expected *expected, const struct str *text)
{
	const char *at = text->text + expected->at;
	while (*at == '\n' || strncmp(at, "\r\n", 2) == 0)
		at += *at == '\r' ? 2 : 1;
	expected->at = (size_t)(at - text->text);
}

static void assert_entry(
	struct expected *expected, const struct str *text, const struct line_entry *entry)
{
	skip_empty(expected, text);
	const struct log_arrival arrival = {.received_ms = T + 1};
	const char *start = text->text + expected->at;
	const char *newline = memchr(start, '\n', text->length - expected->at);
	size_t length = newline ? (size_t)(newline - start) : text->length - expected->at;
	struct log_line line;
	size_t taken = length + 1;
	length -= newline && length && newline[-1] == '\r';
	autostr struct str plain = STR_INIT;
	log_normalise(start, length, &plain);
	start = plain.text;
	length = plain.length;
	log_line_read(start, length, &arrival, &line);
	log_flow_take(&expected->flow, start, length, &line);
	int64_t wall_ms = line.wall_ms != LOG_NO_TIME ? line.wall_ms
			  : expected->flow.has_times  ? expected->flow.wall_ms
						      : T + 1;
	assert_int_equal(entry->offset, expected->at);
	assert_int_equal(entry->wall_ms, wall_ms);
	assert_int_equal(entry->level, line.level);
	assert_int_equal(entry->bot, number_of(NULL, start + line.bot.offset, line.bot.length));
	assert_int_equal(
		entry->flags & RECORD_CONTINUES, line.is_continuation ? RECORD_CONTINUES : 0);
	expected->at += taken;
}

/* Every line of the file is in the index, as it was read one after the other. */
static void assert_whole(const struct file_index *index, const struct str *text, uint64_t from)
{
	struct expected expected = {.at = from};
	uint64_t lines = 0;
	for (size_t i = 0; i < file_index_segments(index); i++) {
		struct file_segment segment;
		assert_true(file_index_segment(index, i, &segment));
		for (size_t b = 0; b < segment.block_count; b++) {
			struct line_reader reader = line_reader_at(segment.blocks[b], 0);
			struct line_entry entry;
			for (; line_reader_next(&reader, &entry); lines++)
				assert_entry(&expected, text, &entry);
		}
	}
	skip_empty(&expected, text);
	assert_true(expected.at >= text->length);
	assert_int_equal(file_index_progress(index).lines, lines);
	assert_int_equal(file_index_progress(index).done, file_index_progress(index).segments);
}

static void read_all(struct file_index *index)
{
	size_t segment;
	while (file_index_next(index, &segment))
		assert_true(file_index_read(index, segment));
}

static void segments_read_alone_are_as_the_file_read_at_once(void **state)
{
	(void)state;
	struct rng rng;
	rng_init(&rng, 5);
	for (size_t mib = 0; mib <= 9; mib += 3) {
		autostr struct str text = STR_INIT;
		add_lines(&text, mib << 20, &rng);
		struct file_index *index = index_of(&text, 0);
		read_all(index);
		assert_whole(index, &text, 0);
		file_index_free(index);
	}
}

static void the_end_comes_first(void **state)
{
	(void)state;
	struct rng rng;
	autostr struct str text = STR_INIT;
	size_t segment;
	struct file_segment last;
	rng_init(&rng, 6);
	add_lines(&text, 9 << 20, &rng);
	struct file_index *index = index_of(&text, 0);
	size_t count = file_index_segments(index);
	assert_true(file_index_next(index, &segment));
	assert_int_equal(segment, count - 1);
	assert_int_equal(file_index_offset(index, count) - file_index_offset(index, segment),
		FILE_LAST_BYTES);
	assert_false(file_index_segment(index, segment, &last));
	assert_true(file_index_read(index, segment));
	assert_true(file_index_segment(index, segment, &last));
	assert_true(last.lines > 100);
	assert_true(file_index_read(index, count - 2)); /* asked for out of turn */
	assert_true(file_index_next(index, &segment));
	assert_int_equal(segment, count - 3);
	file_index_free(index);
}

static void a_part_is_indexed_alone(void **state)
{
	(void)state;
	struct rng rng;
	autostr struct str text = STR_INIT;
	rng_init(&rng, 8);
	add_lines(&text, 1 << 20, &rng);
	size_t from = (size_t)((char *)memchr(text.text + 300000, '\n', 9999) - text.text) + 1;
	struct file_index *index = index_of(&text, from);
	read_all(index);
	assert_whole(index, &text, from);
	file_index_free(index);
}

static void an_empty_file_has_an_index_without_lines(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT;
	struct file_index *index = index_of(&text, 0);
	read_all(index);
	assert_int_equal(file_index_progress(index).lines, 0);
	file_index_free(index);
}

static void *work(void *context)
{
	read_all(context);
	return NULL;
}

static void two_threads_share_the_work(void **state)
{
	(void)state;
	struct rng rng;
	autostr struct str text = STR_INIT;
	pthread_t threads[2];
	rng_init(&rng, 9);
	add_lines(&text, 17 << 20, &rng);
	struct file_index *index = index_of(&text, 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, index), 0);
	for (size_t i = file_index_segments(index); i-- > 0;)
		assert_true(file_index_read(index, i)); /* whoever has begun with it */
	for (size_t i = 0; i < COUNT_OF(threads); i++)
		pthread_join(threads[i], NULL);
	assert_whole(index, &text, 0);
	file_index_free(index);
}

static void a_file_that_cannot_be_read_may_be_tried_again(void **state)
{
	(void)state;
	struct file_segment segment;
	struct open_file *file = open_file_new(open("/", O_PATH));
	struct file_index *index = file_index_new(&(struct file_source){
		.file = file, .to = 1000, .received_ms = T, .bot = number_of});
	open_file_unref(file);
	assert_false(file_index_read(index, 0));
	assert_int_not_equal(errno, 0);
	assert_false(file_index_segment(index, 0, &segment));
	assert_false(file_index_read(index, 0));
	file_index_free(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_read_alone_are_as_the_file_read_at_once),
		cmocka_unit_test(the_end_comes_first),
		cmocka_unit_test(a_part_is_indexed_alone),
		cmocka_unit_test(an_empty_file_has_an_index_without_lines),
		cmocka_unit_test(two_threads_share_the_work),
		cmocka_unit_test(a_file_that_cannot_be_read_may_be_tried_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
