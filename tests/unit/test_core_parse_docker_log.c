/* SPDX-License-Identifier: MIT */
/* Frames and raw text of a container's log: lines with their time and stream, whatever the pieces that they come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/parse/docker_log.h"

#define STAMP "2026-11-20T10:00:21.744111222Z "

static void note(void *context, const struct docker_log_line *line)
{
	struct str *seen = context;
	if (line->wall_ns == INT64_MIN)
		str_addf(seen, "%u - %.*s%s\n", line->stream, (int)line->length, line->text,
			line->is_cut ? " (cut)" : "");
	else
		str_addf(seen, "%u %" PRId64 " %.*s%s\n", line->stream, line->wall_ns % 1000000000,
			(int)line->length, line->text, line->is_cut ? " (cut)" : "");
}

static void frame(struct str *to, unsigned stream, const char *text)
{
	size_t length = strlen(text);
	const char header[8] = {(char)stream, 0, 0, 0, (char)(length >> 24), (char)(length >> 16),
		(char)(length >> 8), (char)length};
	str_add(to, header, sizeof(header));
	str_adds(to, text);
}

/* In pieces of `size`; the caller releases what is seen. */
static bool feed(bool is_raw, const struct str *bytes, size_t size, bool is_whole, struct str *seen)
{
	struct docker_log log;
	bool is_good = true;
	str_init(seen);
	docker_log_init(&log, is_raw, note, seen);
	for (size_t at = 0; at < bytes->length && is_good; at += size) {
		size_t left = bytes->length - at;
		is_good = docker_log_feed(&log, bytes->text + at, left < size ? left : size);
	}
	docker_log_end(&log, is_whole);
	docker_log_release(&log);
	return is_good;
}

static void assert_seen(bool is_raw, const struct str *bytes, bool is_whole, const char *expected)
{
	for (size_t size = 1; size <= bytes->length; size++) {
		autostr struct str seen;
		assert_true(feed(is_raw, bytes, size, is_whole, &seen));
		assert_string_equal(seen.text ? seen.text : "", expected);
	}
}

static void each_frame_is_a_line_of_its_stream_and_time(void **state)
{
	(void)state;
	autostr struct str bytes = STR_INIT;
	frame(&bytes, 1, STAMP "out\n");
	frame(&bytes, 2, "2026-11-20T10:00:22Z err\n");
	frame(&bytes, 2, "2026-11-20T13:00:22.5+03:00 \n");
	frame(&bytes, 1, "without a time\n");
	frame(&bytes, 1, "");
	frame(&bytes, 3, STAMP "cannot read it\n");
	assert_seen(false, &bytes, true,
		"1 744111222 out\n2 0 err\n2 500000000 \n1 - without a time\n"
		"3 744111222 cannot read it\n");
}

/* Docker cuts what is longer than 16 KiB; of the two streams each goes on by itself. */
static void a_line_in_several_frames_is_one(void **state)
{
	(void)state;
	autostr struct str bytes = STR_INIT;
	frame(&bytes, 1, STAMP "a long");
	frame(&bytes, 2, "2026-11-20T10:00:22Z of the other\n");
	frame(&bytes, 1, "2026-11-20T10:00:23Z  line");
	frame(&bytes, 1, "2026-11-20T10:00:24Z  ends\n");
	frame(&bytes, 1, "2026-11-20T10:00:25Z two\nin one\n");
	assert_seen(false, &bytes, true,
		"2 0 of the other\n1 744111222 a long line ends\n1 0 two\n1 0 in one\n");
}

static void what_did_not_end_is_given_out_only_when_that_is_all(void **state)
{
	(void)state;
	autostr struct str bytes = STR_INIT;
	frame(&bytes, 1, STAMP "whole\n");
	frame(&bytes, 1, STAMP "half");
	assert_seen(false, &bytes, true, "1 744111222 whole\n1 744111222 half\n");
	assert_seen(false, &bytes, false, "1 744111222 whole\n");
	frame(&bytes, 1, STAMP "a broken frame\n");
	str_truncate(&bytes, bytes.length - 3);
	assert_seen(false, &bytes, false, "1 744111222 whole\n");
}

static void of_a_terminal_the_lines_come_as_they_are(void **state)
{
	(void)state;
	autostr struct str bytes = STR_INIT;
	str_adds(&bytes, STAMP "one\r\n" STAMP "two\r\n\n" STAMP "open");
	assert_seen(
		true, &bytes, true, "0 744111222 one\n0 744111222 two\n0 - \n0 744111222 open\n");
	assert_seen(true, &bytes, false, "0 744111222 one\n0 744111222 two\n0 - \n");
}

static void what_are_no_frames_is_refused(void **state)
{
	(void)state;
	static const char *const noise[] = {"HTTP/1.1 200 OK\r\n", "\x04\0\0\0\0\0\0\1x",
		"\1\1\0\0\0\0\0\1x", "{\"message\":1}"};
	for (size_t i = 0; i < COUNT_OF(noise); i++) {
		autostr struct str bytes = STR_INIT, seen;
		str_add(&bytes, noise[i], 9);
		assert_false(feed(false, &bytes, 9, true, &seen));
		assert_null(seen.text && seen.length ? seen.text : NULL);
	}
}

static void a_frame_of_any_size_is_cut_and_the_next_is_whole(void **state)
{
	(void)state;
	enum { SIZE = 64 * LIMIT_LOG_STORED_BYTES + 100000 };
	autofree char *text = xmalloc(SIZE + 1);
	memset(text, 'x', SIZE);
	memcpy(text, STAMP, strlen(STAMP));
	text[SIZE - 1] = '\n';
	text[SIZE] = '\0';
	autostr struct str bytes = STR_INIT, seen;
	frame(&bytes, 1, text);
	frame(&bytes, 1, STAMP "next\n");
	assert_true(feed(false, &bytes, 4096, true, &seen));
	assert_true(seen.length < LIMIT_LOG_STORED_BYTES + 200);
	assert_non_null(strstr(seen.text, " (cut)\n"));
	assert_string_equal(
		seen.text + seen.length - strlen("1 744111222 next\n"), "1 744111222 next\n");
}

/* In one frame, and as a terminal's. */
static void of_the_lines_of_a_text_the_one_whose_end_is_left_out_is_the_cut_one(void **state)
{
	(void)state;
	enum { SIZE = 2 * LIMIT_LOG_STORED_BYTES };
	static const char first[] = STAMP "whole\n";
	autofree char *text = xmalloc(SIZE + 1);
	memset(text, 'x', SIZE);
	memcpy(text, first, strlen(first));
	text[SIZE] = '\0';
	autostr struct str frames = STR_INIT, raw = STR_INIT, seen, other;
	frame(&frames, 1, text);
	frame(&frames, 1, STAMP "next\n");
	str_addf(&raw, "%s\n" STAMP "next\n" STAMP "open", text);
	assert_true(feed(false, &frames, 4096, true, &seen));
	assert_true(feed(true, &raw, 4096, true, &other));
	assert_memory_equal(seen.text, "1 744111222 whole\n1 744111222 xxx", 30);
	assert_memory_equal(other.text, "0 744111222 whole\n0 - xxx", 24);
	assert_non_null(strstr(seen.text, "xx (cut)\n1 744111222 next\n"));
	assert_non_null(strstr(other.text, "xx (cut)\n0 744111222 next\n0 744111222 open\n"));
}

/* As of a server that puts many lines into one frame. */
static void of_a_frame_of_many_lines_none_is_lost(void **state)
{
	(void)state;
	autostr struct str text = STR_INIT, bytes = STR_INIT, seen;
	str_adds(&text, STAMP);
	for (int i = 0; i < 20000; i++)
		str_addf(&text, "line %d of many\n", i);
	frame(&bytes, 1, text.text);
	assert_true(feed(false, &bytes, 4096, true, &seen));
	assert_null(strstr(seen.text, "(cut)"));
	const char *at = seen.text;
	for (int i = 0; i < 20000; i++) {
		autofree char *line = xasprintf("1 744111222 line %d of many\n", i);
		assert_memory_equal(at, line, strlen(line));
		at += strlen(line);
	}
}

/* However much its engine sends without ending a line, on however many streams. */
static void what_is_held_of_a_log_is_bounded(void **state)
{
	(void)state;
	enum { MANY = 64, BOUND = 10 * LIMIT_LOG_STORED_BYTES };
	autofree char *text = xmalloc(LIMIT_LOG_STORED_BYTES);
	memset(text, 'x', LIMIT_LOG_STORED_BYTES - 1);
	text[LIMIT_LOG_STORED_BYTES - 1] = '\0';
	autostr struct str bytes = STR_INIT, seen = STR_INIT;
	struct docker_log log;
	for (unsigned i = 0; i < MANY; i++)
		frame(&bytes, i % DOCKER_LOG_STREAMS, text);
	docker_log_init(&log, false, note, &seen);
	assert_true(docker_log_feed(&log, bytes.text, bytes.length));
	size_t held = log.text.capacity;
	for (unsigned i = 0; i < DOCKER_LOG_STREAMS; i++)
		held += log.parts[i].line.capacity;
	assert_true(held <= BOUND);
	docker_log_release(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_is_a_line_of_its_stream_and_time),
		cmocka_unit_test(a_line_in_several_frames_is_one),
		cmocka_unit_test(what_did_not_end_is_given_out_only_when_that_is_all),
		cmocka_unit_test(of_a_terminal_the_lines_come_as_they_are),
		cmocka_unit_test(what_are_no_frames_is_refused),
		cmocka_unit_test(a_frame_of_any_size_is_cut_and_the_next_is_whole),
		cmocka_unit_test(of_a_frame_of_many_lines_none_is_lost),
		cmocka_unit_test(
			of_the_lines_of_a_text_the_one_whose_end_is_left_out_is_the_cut_one),
		cmocka_unit_test(what_is_held_of_a_log_is_bounded),
	};
	return cmocka_run_group_tests_name("core/parse/docker_log", tests, NULL, NULL);
}
