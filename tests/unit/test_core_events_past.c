/* SPDX-License-Identifier: MIT */
/* What the history has of earlier engines: shown once where its source tells it again, whatever its files hold, and no secret that
 * became known since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/events/directory.h"
#include "core/events/file_stream.h"
#include "core/events/frame.h"
#include "core/events/history_files.h"
#include "core/events/open_file.h"
#include "core/events/writer.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"
#include "tests/support/cold_store.h"
#include "tests/support/folder.h"

enum { MANY = 4000, STEP_MS = 7 };

#define FROM_MS (EVENT_STORE_MS - 1000000)

static char *line_of(size_t number)
{
	return xasprintf("{\"time\":%lld,\"level\":\"info\",\"msg\":\"line %05zu %0100d\"}",
		(long long)(FROM_MS + (int64_t)(number / 3) * STEP_MS), number, 0);
}

/* Lines of source a, as they are written. */
static void write_lines(struct cold_store *pair, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		autofree char *line = line_of(i);
		event_writer_line(pair->cold->writers[0], line, strlen(line), false);
		if (i % 100 == 0)
			cold_store_deliver(pair);
	}
	cold_store_deliver(pair);
	history_drain(pair->history);
}

/* Each line there once, in its order. */
static void assert_lines(struct cold_store *pair, const char *expression, size_t from, size_t to)
{
	struct event_question question = {.anchor = EVENT_KEY_FIRST, .after = 1000};
	for (size_t at = from; at < to;) {
		struct msg_win_rows *rows = event_store_answer(pair->cold, &question, expression);
		assert_true(rows->rows_count > 0);
		for (size_t i = 0; i < rows->rows_count; i++)
			assert_int_equal(strtoul(rows->rows[i].text + 5, NULL, 10), at++);
		assert_true(event_key_read(
			rows->rows[rows->rows_count - 1].key, &question.anchor, NULL));
		question.anchor.seq++;
		if (at >= to)
			assert_int_equal(rows->more_after, 0);
		msg_free(MSG_win_rows, rows);
	}
}

/* ---- told again ---- */

static void what_a_source_tells_again_is_there_once(void **state)
{
	static const size_t backs[] = {2000, 1, 35, 700};
	struct cold_store *pair = *state;
	size_t count = MANY;
	write_lines(pair, 0, count);
	for (size_t i = 0; i < COUNT_OF(backs); i++) {
		cold_store_restart(pair, COLD_STORE_DISK);
		assert_lines(pair, "line", 0, count);
		/* what it says first is ours, and of a time before */
		event_store_add(pair->cold, 0, FROM_MS + 1000 + (int64_t)i, "x", "not all is here");
		write_lines(pair, count - backs[i], count);
		cold_store_look(pair);
		assert_lines(pair, "line", 0, count);
		write_lines(pair, count, count + 500);
		count += 500;
		cold_store_look(pair);
		assert_lines(pair, "line", 0, count);
	}
}

static void tell_untimed(struct cold_store *pair, size_t from, size_t to, bool is_back)
{
	struct event_writer *writer = pair->cold->writers[0];
	int64_t now_ms = clock_wall_ms(&pair->cold->clock);
	for (size_t i = from; i < to; i++) {
		autofree char *line = xasprintf("line %05zu of a log without times %0100d", i, 0);
		event_writer_back(writer, is_back ? now_ms : LOG_NO_TIME);
		event_writer_line(writer, line, strlen(line), false);
		clock_advance(&pair->cold->clock, i % 50 == 0);
		if (i % 100 == 0)
			cold_store_deliver(pair);
	}
	cold_store_deliver(pair);
	history_drain(pair->history);
}

/* Each time they are read they have another time. A file that grows is read from further on each time. */
static void lines_without_times_are_known_by_what_they_say(void **state)
{
	static const size_t backs[] = {700, 3, 40, 500};
	struct cold_store *pair = *state;
	size_t count = MANY;
	tell_untimed(pair, 0, count, false);
	for (size_t i = 0; i < COUNT_OF(backs); i++) {
		cold_store_restart(pair, COLD_STORE_DISK);
		assert_lines(pair, "line", 0, count);
		event_store_add(pair->cold, 0, FROM_MS + (int64_t)i, "x", "not all is here");
		tell_untimed(pair, count - backs[i], count, true);
		cold_store_look(pair);
		assert_lines(pair, "line", 0, count);
		tell_untimed(pair, count, count + 500, false);
		count += 500;
		cold_store_look(pair);
		assert_lines(pair, "line", 0, count);
	}
}

static void lines_that_are_told_by_nobody_else_stay(void **state)
{
	struct cold_store *pair = *state;
	write_lines(pair, 0, MANY);
	cold_store_restart(pair, COLD_STORE_DISK);
	write_lines(pair, MANY, MANY + 500);
	cold_store_look(pair);
	assert_lines(pair, "", 0, MANY + 500);
	assert_int_equal(event_directory_stats(pair->cold->directory).evicted_lines, 0);
}

/* Nothing of it is there twice, not even for a moment. */
static void a_source_has_time_to_tell(void **state)
{
	struct cold_store *pair = *state;
	write_lines(pair, 0, MANY);
	cold_store_restart(pair, COLD_STORE_DISK);
	event_directory_free(pair->cold->directory);
	pair->cold->directory = event_directory_new(COLD_STORE_BYTES);
	history_close(pair->history, 1000);
	struct err err;
	assert_true(history_open(folder, COLD_STORE_DISK, &pair->history, &err));
	event_directory_keep(pair->cold->directory, pair->history);
	history_drain(pair->history);
	for (int i = 0; i < 5; i++)
		(void)event_directory_weigh(pair->cold->directory);
	assert_int_equal(event_directory_stats(pair->cold->directory).lines, 0);
	write_lines(pair, MANY - 500, MANY);
	assert_int_equal(event_directory_stats(pair->cold->directory).lines, 500);
	cold_store_look(pair);
	assert_lines(pair, "", 0, MANY);
}

/* A file of source a that lies there, with these lines. */
static struct file_stream *lay_file(struct cold_store *pair, const char *text, size_t length)
{
	struct names *names = names_new();
	struct open_file *open = open_file_new(memfd_create("log", MFD_CLOEXEC));
	assert_int_equal(write(open->fd, text, length), length);
	struct file_stream *file = file_stream_new(&(struct file_options){
		.stream = {.source = 1, .id = (UINT64_C(1) << 63) + 1000, .name = "a"},
		.file = open,
		.to = length,
		.received_ms = EVENT_STORE_MS,
		.names = names});
	event_directory_add_file(pair->cold->directory, file);
	open_file_unref(open);
	names_unref(names);
	return file;
}

static void what_lies_in_a_file_is_there_once(void **state)
{
	struct cold_store *pair = *state;
	write_lines(pair, 0, MANY);
	for (size_t from = 0; from < MANY; from += 1234) {
		autostr struct str text = STR_INIT;
		for (size_t i = from; i < MANY; i++) {
			autofree char *line = line_of(i);
			str_addf(&text, "%s\n", line);
		}
		cold_store_restart(pair, COLD_STORE_DISK);
		struct file_stream *file = lay_file(pair, text.text, text.length);
		cold_store_look(pair);
		assert_lines(pair, "", 0, MANY);
		/* once it is gone, all is shown that there is */
		event_directory_remove_file(pair->cold->directory, file);
		file_stream_unref(file);
		cold_store_look(pair);
		assert_lines(pair, "", 0, MANY);
	}
}

static void of_a_file_without_times_only_it_is_shown(void **state)
{
	static const char text[] = "an old line\nanother old line\n";
	struct cold_store *pair = *state;
	write_lines(pair, 0, 100);
	cold_store_restart(pair, COLD_STORE_DISK);
	struct file_stream *file = lay_file(pair, text, sizeof(text) - 1);
	cold_store_look(pair);
	assert_event_answer(pair->cold,
		&(struct event_question){.anchor = EVENT_KEY_END, .before = 10}, NULL,
		"an old line another old line");
	file_stream_unref(file);
}

/* ---- whatever its files hold ---- */

static char *first_file(void)
{
	struct dirent **entries;
	char *path = NULL;
	int found = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < found; i++) {
		if (!path && entries[i]->d_name[0] != '.')
			path = folder_path(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	assert_non_null(path);
	return path;
}

static char *read_file(const char *path, size_t *ret_length)
{
	struct stat status;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &status), 0);
	char *bytes = xmalloc((size_t)status.st_size);
	assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
	*ret_length = (size_t)status.st_size;
	return bytes;
}

static void put_file(const char *path, const char *bytes, size_t length)
{
	autoclose int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(write(fd, bytes, length), length);
}

/* Reads all that can be read of a folder as it is; how many lines that were. */
static size_t read_anew(struct cold_store *pair, struct history_figures *ret)
{
	struct err err;
	struct event_question question = {.anchor = EVENT_KEY_END, .before = 1000};
	size_t lines = 0, rows_count;
	struct event_directory *before = pair->cold->directory;
	struct history *used = pair->history;
	pair->cold->directory = event_directory_new(COLD_STORE_BYTES);
	assert_true(history_open(folder, COLD_STORE_DISK, &pair->history, &err));
	event_directory_keep(pair->cold->directory, pair->history);
	cold_store_look(pair);
	do {
		struct msg_win_rows *rows = event_store_answer(pair->cold, &question, NULL);
		rows_count = rows->rows_count;
		lines += rows_count;
		if (rows_count)
			assert_true(event_key_read(rows->rows[0].key, &question.anchor, NULL));
		msg_free(MSG_win_rows, rows);
	} while (rows_count == 1000 && lines < 2 * MANY);
	(void)event_directory_weigh(pair->cold->directory);
	*ret = history_figures(pair->history);
	struct event_stats stats = event_directory_stats(pair->cold->directory);
	assert_int_equal(stats.evicted_lines, ret->unreadable_lines);
	history_close(pair->history, 1000);
	event_directory_free(pair->cold->directory);
	pair->cold->directory = before;
	pair->history = used;
	return lines;
}

static void a_file_that_was_cut_is_used_up_to_its_last_whole_frame(void **state)
{
	struct cold_store *pair = *state;
	struct history_figures figures;
	struct rng rng;
	size_t length;
	rng_init(&rng, 5);
	write_lines(pair, 0, MANY);
	cold_store_restart(pair, COLD_STORE_DISK);
	autofree char *path = first_file(), *bytes = read_file(path, &length);
	assert_int_equal(read_anew(pair, &figures), MANY);
	size_t before = MANY;
	for (size_t cut = length; cut > length / 20; cut -= length / 20) {
		put_file(path, bytes, cut - (size_t)rng_below(&rng, length / 20));
		size_t lines = read_anew(pair, &figures);
		assert_true(lines <= before);
		assert_string_equal(figures.error, "");
		before = lines;
	}
	assert_true(before < MANY / 2);
}

static void a_damaged_file_costs_its_lines_and_says_so(void **state)
{
	struct cold_store *pair = *state;
	struct history_figures figures;
	struct rng rng;
	size_t length, costly = 0;
	rng_init(&rng, 6);
	write_lines(pair, 0, MANY);
	cold_store_restart(pair, COLD_STORE_DISK);
	autofree char *path = first_file(), *bytes = read_file(path, &length);
	for (int i = 0; i < 150; i++) {
		size_t at = (size_t)rng_below(&rng, length);
		char was = bytes[at];
		bytes[at] = (char)(was ^ (1 << rng_below(&rng, 8)));
		put_file(path, bytes, length);
		bytes[at] = was;
		size_t lines = read_anew(pair, &figures);
		assert_true(lines <= MANY);
		if (lines < MANY)
			assert_non_null(strstr(figures.error, "damaged"));
		costly += lines < MANY;
	}
	assert_true(costly > 140); /* a bit of a head of zstd may mean nothing */
}

/* A head with a right checksum says what no chunk could be, or its lines do. */
static void lies_in_its_files_are_refused(void **state)
{
	enum { CHECKSUM_AT = 16 };
	struct cold_store *pair = *state;
	struct history_figures figures;
	struct rng rng;
	size_t length;
	rng_init(&rng, 7);
	write_lines(pair, 0, MANY);
	cold_store_restart(pair, COLD_STORE_DISK);
	autofree char *path = first_file(), *bytes = read_file(path, &length);
	for (int i = 0; i < 300; i++) {
		autofree char *lie = xmemdup(bytes, length);
		struct frame_start start;
		char *head = lie + HISTORY_MAGIC_BYTES;
		assert_true(frame_read_start(head, &start));
		size_t at = 4 + (size_t)rng_below(&rng, start.head_bytes - 4);
		uint32_t value = (uint32_t)rng_below(&rng, UINT32_MAX) >> rng_below(&rng, 32);
		memcpy(head + at, &value, start.head_bytes - at < 4 ? start.head_bytes - at : 4);
		memset(head + CHECKSUM_AT, 0, sizeof(value));
		value = (uint32_t)crc32(0, (unsigned char *)head, start.head_bytes);
		memcpy(head + CHECKSUM_AT, &value, sizeof(value));
		put_file(path, lie, length);
		(void)read_anew(pair, &figures);
	}
}

static void what_is_no_history_is_left_alone(void **state)
{
	struct cold_store *pair = *state;
	struct history_figures figures;
	folder_write("000000000001.log.zst", 0600, "%s", "something else altogether");
	folder_write("notes.txt", 0600, "%s", "mine");
	assert_int_equal(symlink("/etc/passwd", "000000000007.log.zst") ? 0 : 1, 1);
	(void)unlink("000000000007.log.zst");
	assert_int_equal(read_anew(pair, &figures), 0);
	assert_non_null(strstr(figures.error, "damaged"));
	autofree char *notes = folder_read("notes.txt");
	assert_string_equal(notes, "mine");
}

/* ---- secrets ---- */

static struct redactor *redactor_of(const char *secret)
{
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, secret, strlen(secret)));
	redactor_seal(redactor);
	return redactor;
}

static struct msg_win_rows *ask_with(
	struct cold_store *pair, const char *expression, const struct redactor *redactor)
{
	const struct filter_schema schema = log_schema(EVENT_STORE_MS, 0);
	const struct event_question question = {
		.anchor = EVENT_KEY_END, .before = 10, .with_lines = true, .all_fields = true};
	size_t at;
	struct event_query *query = event_query_new(event_directory_snapshot(pair->cold->directory),
		filter_new(expression, &schema, &at, NULL), redactor, &question);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	while (!event_query_step(query, 100))
		continue;
	event_query_take(query, rows);
	event_query_free(query);
	return rows;
}

static void assert_no_oracle(struct cold_store *pair, const struct redactor *redactor)
{
	static const char *const guesses[] = {"sesame", "sesame-o", "/open-47/", "pass*=sesame*",
		"where=sesame-open-4711", "\"asks with sesame\"", "line~4711"};
	for (size_t i = 0; i < COUNT_OF(guesses); i++) {
		struct msg_win_rows *rows = ask_with(pair, guesses[i], redactor);
		assert_int_equal(rows->rows_count, 0);
		msg_free(MSG_win_rows, rows);
	}
	struct msg_win_rows *rows = ask_with(pair, "asks", redactor);
	assert_int_equal(rows->rows_count, 2);
	for (size_t i = 0; i < rows->rows_count; i++) {
		autostr struct str all = STR_INIT;
		msg_encode(MSG_row, &rows->rows[i], &all);
		assert_null(memmem(all.text, all.length, "4711", 4));
		assert_non_null(strstr(rows->rows[i].text, "<redacted>"));
	}
	msg_free(MSG_win_rows, rows);
}

static void a_secret_that_becomes_known_later_is_neither_shown_nor_found(void **state)
{
	struct cold_store *pair = *state;
	static const char *const lines[] = {
		"{\"time\":1795167821744,\"msg\":\"asks with sesame-open-4711\","
		"\"where\":\"sesame-open-4711\"}",
		"{\"time\":1795167821744,\"msg\":\"asks with \\u0073esame-open-4711\"}"};
	struct redactor *redactor = redactor_of("sesame-open-4711");
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		event_writer_line(pair->cold->writers[0], lines[i], strlen(lines[i]), false);
	write_lines(pair, 10, 30 * MANY / 10);
	struct msg_win_rows *rows = ask_with(pair, "sesame-open", NULL);
	assert_int_equal(rows->rows_count, 2); /* it is nobody's secret yet */
	msg_free(MSG_win_rows, rows);
	assert_true(history_figures(pair->history).bytes > 0);
	assert_no_oracle(pair, redactor);
	cold_store_restart(pair, COLD_STORE_DISK);
	assert_no_oracle(pair, redactor);
	redactor_unref(redactor);
}

static void a_secret_that_was_known_is_in_no_file(void **state)
{
	struct cold_store *pair = *state;
	struct redactor *redactor = redactor_of("sesame-open-4711");
	struct redactor *none = redactor_of("something else");
	event_writer_redact_with(pair->cold->writers[0], redactor);
	event_store_add(pair->cold, 0, FROM_MS, "x", "asks with sesame-open-4711");
	cold_store_restart(pair, COLD_STORE_DISK);
	struct msg_win_rows *rows = ask_with(pair, "asks", none);
	assert_int_equal(rows->rows_count, 1);
	assert_string_equal(rows->rows[0].text, "asks with <redacted>");
	msg_free(MSG_win_rows, rows);
	redactor_unref(redactor);
	redactor_unref(none);
}

#define with_pair(test)                                                                            \
	cmocka_unit_test_setup_teardown(test, cold_store_set_up, cold_store_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_pair(what_a_source_tells_again_is_there_once),
		with_pair(lines_without_times_are_known_by_what_they_say),
		with_pair(lines_that_are_told_by_nobody_else_stay),
		with_pair(a_source_has_time_to_tell),
		with_pair(what_lies_in_a_file_is_there_once),
		with_pair(of_a_file_without_times_only_it_is_shown),
		with_pair(a_file_that_was_cut_is_used_up_to_its_last_whole_frame),
		with_pair(a_damaged_file_costs_its_lines_and_says_so),
		with_pair(lies_in_its_files_are_refused),
		with_pair(what_is_no_history_is_left_alone),
		with_pair(a_secret_that_becomes_known_later_is_neither_shown_nor_found),
		with_pair(a_secret_that_was_known_is_in_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
