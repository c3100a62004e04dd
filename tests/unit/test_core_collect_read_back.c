/* SPDX-License-Identifier: MIT */
/* Where the last minutes of a log begin: files of every kind, and what the tail makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/collect/read_back.h"
#include "core/collect/tail.h"
#include "core/events/open_file.h"
#include "core/parse/log_line.h"
#include "tests/support/servers.h"

#define NOW_MS INT64_C(1795252800000) /* 2026-11-21 10:40:00 UTC */
enum { MINUTE_MS = 60000, SPAN_MS = 15 * MINUTE_MS, PLENTY = 64 << 20 };

struct bench {
	char folder[64];
	struct str lines;
	struct read_back back;
	unsigned count, old;
	int64_t first_back_ms;
	struct str
		older; /* what lies where it is, of each file the bytes that were told, newest first */
	struct tail tail;
};

static void take_line(void *context, const char *line, size_t length, bool is_cut)
{
	struct bench *bench = context;
	assert_false(is_cut);
	if (bench->count == 0)
		bench->first_back_ms = bench->tail.back_ms;
	bench->count++;
	bench->old += bench->tail.back_ms != LOG_NO_TIME;
	str_add(&bench->lines, line, length);
	str_addch(&bench->lines, '\n');
}

static void take_older(void *context, struct open_file *file, uint64_t to, int64_t written_ms)
{
	struct bench *bench = context;
	autofree char *bytes = xmalloc((size_t)to);
	assert_true(written_ms > 0);
	assert_int_equal(pread(file->fd, bytes, (size_t)to, 0), to);
	str_insert(&bench->older, 0, bytes, (size_t)to);
}

static void take_loss(void *context, uint64_t bytes, const char *why)
{
	(void)context;
	fail_msg("%ju bytes are lost: %s", (uintmax_t)bytes, why);
}

static char *path_of(const struct bench *bench, const char *name)
{
	return xasprintf("%s/%s", bench->folder, name);
}

static int setup(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	copy_text(bench->folder, sizeof(bench->folder), "/tmp/botswain-back-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	str_init(&bench->lines);
	str_init(&bench->older);
	autofree char *path = path_of(bench, "log");
	tail_init(&bench->tail, path, take_line, take_loss, bench);
	bench->back = read_back_new(NOW_MS, SPAN_MS, PLENTY);
	bench->tail.older = take_older;
	bench->back.least = 0; /* times alone decide */
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	tail_release(&bench->tail);
	str_release(&bench->lines);
	str_release(&bench->older);
	remove_folder(bench->folder);
	free(bench);
	return 0;
}

static void write_text(const struct bench *bench, const char *name, const char *text)
{
	autofree char *path = path_of(bench, name);
	FILE *file = fopen(path, "ae");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* As Python writes it, so many ms before now; the time is UTC, and so is the test. */
static void add_python(struct str *to, int64_t ago_ms, const char *level, const char *text)
{
	char when[32];
	time_t second = (time_t)((NOW_MS - ago_ms) / 1000);
	struct tm parts;
	gmtime_r(&second, &parts);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &parts);
	str_addf(to, "%s,%03d %s bot: %s\n", when, (int)((NOW_MS - ago_ms) % 1000), level, text);
}

/* The file was written last so long before now. */
static void written(const struct bench *bench, const char *name, int64_t ago_ms)
{
	autofree char *path = path_of(bench, name);
	struct timespec time = {.tv_sec = (time_t)((NOW_MS - ago_ms) / 1000)};
	const struct timespec times[2] = {time, time};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Files that are made after this are younger than those before, also where the kernel's time of a
 * file moves on in steps. */
static void pass_tick(const struct bench *bench)
{
	autofree char *path = path_of(bench, "tick");
	struct stat first = {.st_size = -1}, now;
	do {
		write_text(bench, "tick", "");
		assert_int_equal(stat(path, &now), 0);
		assert_int_equal(unlink(path), 0);
		if (first.st_size < 0)
			first = now;
	} while (first.st_ctim.tv_sec == now.st_ctim.tv_sec &&
		 first.st_ctim.tv_nsec == now.st_ctim.tv_nsec);
}

static void read_all(struct bench *bench)
{
	struct err err = {0};
	assert_true(tail_look(&bench->tail, 0, &bench->back, &err));
	while (tail_read(&bench->tail, 0, PLENTY))
		;
}

static unsigned count_of(const struct bench *bench, const char *word)
{
	unsigned count = 0;
	for (const char *at = bench->lines.text; (at = strstr(at, word)); at += strlen(word))
		count++;
	return count;
}

static void the_first_line_is_the_first_of_the_last_minutes(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	for (int ago_s = 3 * 3600; ago_s > 0; ago_s--) {
		autofree char *line = xasprintf("line %d", ago_s);
		add_python(&text, ago_s * 1000, "INFO", line);
	}
	write_text(bench, "log", text.text);
	read_all(bench);
	assert_int_equal(bench->count, 900);
	assert_int_equal(bench->old, 900);
	assert_non_null(strstr(bench->lines.text, "line 900\n"));
	assert_null(strstr(bench->lines.text, "line 901\n"));
	assert_null(bench->back.left_out);
	/* What comes now is new. */
	write_text(bench, "log", "a line of now\n");
	read_all(bench);
	assert_int_equal(bench->count, 901);
	assert_int_equal(bench->old, 900);
}

static void of_a_quiet_log_the_last_part_is_read_however_old_it_is(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	bench->back.least = READ_BACK_LEAST;
	for (int i = 4000; i > 0; i--)
		add_python(&text, 3600000 + i * 1000, "INFO", "of long ago");
	write_text(bench, "log", text.text);
	read_all(bench);
	assert_in_range(bench->lines.length, READ_BACK_LEAST - 64, READ_BACK_LEAST);
	assert_int_equal(bench->old, bench->count);
	assert_null(bench->back.left_out);
}

static void a_traceback_belongs_to_the_line_before_it(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	add_python(&text, 16 * MINUTE_MS, "ERROR", "too old");
	str_adds(&text, "Traceback (most recent call last):\n  File \"old.py\"\nOldError: x\n");
	add_python(&text, 14 * MINUTE_MS, "ERROR", "young");
	str_adds(&text, "Traceback (most recent call last):\n  File \"young.py\"\nYoungError: y\n");
	write_text(bench, "log", text.text);
	read_all(bench);
	assert_int_equal(bench->count, 4);
	assert_null(strstr(bench->lines.text, "old"));
	assert_non_null(strstr(bench->lines.text, "YoungError"));
}

static void a_file_without_any_time_is_read_from_its_last_part(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	for (int i = 0; i < 20000; i++)
		str_addf(&text, "no time here, number %d\n", i);
	write_text(bench, "log", text.text);
	written(bench, "log", 5 * MINUTE_MS);
	read_all(bench);
	assert_in_range(bench->lines.length, READ_BACK_LEAST - 64, READ_BACK_LEAST);
	assert_non_null(strstr(bench->lines.text, "number 19999\n"));
	assert_int_equal(bench->first_back_ms, NOW_MS - 5 * MINUTE_MS);
}

static void a_json_log_in_colours_is_read_back_by_its_times_too(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	for (int ago_s = 3600; ago_s > 0; ago_s--)
		str_addf(&text, "{\"level\":30,\"time\":%lld,\"msg\":\"\\u001b[31mno %d\"}\n",
			(long long)(NOW_MS - ago_s * 1000), ago_s);
	write_text(bench, "log", text.text);
	read_all(bench);
	assert_int_equal(bench->count, 900);
}

static void more_than_the_bound_is_left_out_and_said(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	char filler[512];
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	for (int i = 24000; i > 0; i--)
		add_python(&text, i * 30, "INFO", filler);
	assert_true(text.length > READ_BACK_BYTES + (4 << 20));
	write_text(bench, "log", text.text);
	read_all(bench);
	assert_non_null(bench->back.left_out);
	assert_in_range(bench->lines.length, READ_BACK_BYTES - 1024, READ_BACK_BYTES);
	assert_int_equal(bench->back.bytes, PLENTY - bench->lines.length);
}

static void what_all_files_may_take_is_shared(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	for (int i = 10000; i > 0; i--)
		add_python(&text, i * 50, "INFO", "rather much");
	write_text(bench, "log", text.text);
	bench->back.bytes = 100;
	read_all(bench);
	assert_non_null(bench->back.left_out);
	assert_in_range(bench->lines.length, READ_BACK_LEAST - 128, READ_BACK_LEAST);
	assert_int_equal(bench->back.bytes, 0);
}

static void what_it_was_rotated_to_is_read_before_it(void **state)
{
	struct bench *bench = *state;
	static const struct {
		const char *name;
		int from_s, to_s;
	} files[] = {
		{"log.3", 4000, 3001}, {"log.2", 3000, 601}, {"log.1", 600, 201}, {"log", 200, 1}};
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		autostr struct str text = STR_INIT;
		for (int ago_s = files[i].from_s; ago_s >= files[i].to_s; ago_s--) {
			autofree char *line = xasprintf("line %d.", ago_s);
			add_python(&text, ago_s * 1000, "INFO", line);
		}
		write_text(bench, files[i].name, text.text);
		written(bench, files[i].name, files[i].to_s * 1000);
		pass_tick(bench);
	}
	read_all(bench);
	assert_int_equal(bench->count, 900);
	assert_non_null(strstr(bench->lines.text, "line 900."));
	assert_true(
		strstr(bench->lines.text, "line 201.") < strstr(bench->lines.text, "line 200."));
	assert_true(
		strstr(bench->lines.text, "line 601.") < strstr(bench->lines.text, "line 600."));
	assert_int_equal(count_of(bench, "line 700."), 1);
	assert_null(bench->back.left_out);
}

static bool is_taken(void *context, const char *path)
{
	(void)context;
	return strstr(path, "log.1") != NULL;
}

static void what_somebody_else_reads_is_not_read_twice(void **state)
{
	struct bench *bench = *state;
	autostr struct str old = STR_INIT, now = STR_INIT;
	add_python(&old, 10 * MINUTE_MS, "INFO", "rotated");
	add_python(&now, MINUTE_MS, "INFO", "of now");
	write_text(bench, "log.1", old.text);
	written(bench, "log.1", 5 * MINUTE_MS);
	write_text(bench, "log", now.text);
	bench->back.is_taken = is_taken;
	read_all(bench);
	assert_int_equal(bench->count, 1);
	assert_non_null(strstr(bench->lines.text, "of now"));
}

static void what_was_packed_meanwhile_is_missed_aloud(void **state)
{
	struct bench *bench = *state;
	autostr struct str now = STR_INIT;
	add_python(&now, MINUTE_MS, "INFO", "of now");
	write_text(bench, "log.1.gz", "packed");
	written(bench, "log.1.gz", 5 * MINUTE_MS);
	write_text(bench, "log", now.text);
	read_all(bench);
	assert_int_equal(bench->count, 1);
	assert_non_null(bench->back.left_out);
}

/* Of a log and what it was rotated to every line is read, or said to lie where it is, and none both. */
static void what_is_not_read_is_told_where_it_lies(void **state)
{
	static const int64_t ages_ms[] = {5 * SPAN_MS, 3 * SPAN_MS, SPAN_MS / 2, 0};
	static const char *const names[] = {"log.3", "log.2", "log.1", "log"};
	struct bench *bench = *state;
	autostr struct str all = STR_INIT;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		autostr struct str text = STR_INIT;
		int64_t from_ms = ages_ms[i] + SPAN_MS;
		for (int line = 0; line < 500; line++)
			add_python(&text, from_ms - line * (SPAN_MS / 500), "INFO", names[i]);
		pass_tick(bench);
		write_text(bench, names[i], text.text);
		written(bench, names[i], ages_ms[i]);
		str_add(&all, text.text, text.length);
	}
	read_all(bench);
	assert_true(bench->count > 500 && bench->count < 1100);
	assert_true(bench->older.length > 0);
	str_add(&bench->older, bench->lines.text, bench->lines.length);
	assert_string_equal(bench->older.text, all.text);
}

static void all_lies_where_it_is_when_nothing_is_read_back(void **state)
{
	struct bench *bench = *state;
	write_text(bench, "log.1", "one\n");
	pass_tick(bench);
	write_text(bench, "log", "two\nthree\n");
	bench->back = read_back_new(NOW_MS, 0, PLENTY);
	read_all(bench);
	assert_int_equal(bench->count, 0);
	assert_string_equal(bench->older.text, "one\ntwo\nthree\n");
}

static void nothing_is_read_back_when_nothing_is_asked_for(void **state)
{
	struct bench *bench = *state;
	autostr struct str text = STR_INIT;
	add_python(&text, MINUTE_MS, "INFO", "before");
	write_text(bench, "log", text.text);
	bench->back = read_back_new(NOW_MS, 0, PLENTY);
	read_all(bench);
	assert_int_equal(bench->count, 0);
	write_text(bench, "log", "after\n");
	read_all(bench);
	assert_string_equal(bench->lines.text, "after\n");
	assert_int_equal(bench->old, 0);
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_first_line_is_the_first_of_the_last_minutes),
		TEST(of_a_quiet_log_the_last_part_is_read_however_old_it_is),
		TEST(a_traceback_belongs_to_the_line_before_it),
		TEST(a_file_without_any_time_is_read_from_its_last_part),
		TEST(a_json_log_in_colours_is_read_back_by_its_times_too),
		TEST(more_than_the_bound_is_left_out_and_said),
		TEST(what_all_files_may_take_is_shared),
		TEST(what_it_was_rotated_to_is_read_before_it),
		TEST(what_somebody_else_reads_is_not_read_twice),
		TEST(what_was_packed_meanwhile_is_missed_aloud),
		TEST(nothing_is_read_back_when_nothing_is_asked_for),
		TEST(what_is_not_read_is_told_where_it_lies),
		TEST(all_lies_where_it_is_when_nothing_is_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
