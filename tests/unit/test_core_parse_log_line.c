/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/parse/log_line.h"

#define T INT64_C(1795168821744) /* 2026-11-20T10:00:21.744Z */

/* An hour after T, UTC. */
static const struct log_arrival arrival = {.received_ms = T + 3600000};

struct sample {
	const char *line;
	enum log_form form;
	enum log_level level;
	int64_t wall_ms;
	const char *message, *bot, *correlation;
};

static void assert_part(const char *line, struct log_part part, const char *expected)
{
	autostr struct str text = STR_INIT;
	log_part_text(line, part, &text);
	if (strcmp(text.text, expected ? expected : "") != 0)
		fail_msg("%s\n  gave '%s', not '%s'", line, text.text, expected ? expected : "");
}

static void assert_sample(const struct sample *sample)
{
	struct log_line line;
	log_line_read(sample->line, strlen(sample->line), &arrival, &line);
	if (line.form != sample->form || line.level != sample->level ||
		line.wall_ms != sample->wall_ms)
		fail_msg("%s\n  form %d, level %s, time %lld", sample->line, line.form,
			log_level_word(line.level), (long long)line.wall_ms);
	assert_part(sample->line, line.message, sample->message);
	assert_part(sample->line, line.bot, sample->bot);
	assert_part(sample->line, line.correlation, sample->correlation);
}

static void assert_samples(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_sample(&samples[i]);
}

static void json_of_every_framework_is_read(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		/* pino */
		{"{\"level\":50,\"time\":1795168821744,\"pid\":7,\"hostname\":\"h\",\"msg\":\"pool "
		 "\\\"a\\\" 0/20\","
		 "\"reqId\":1,\"err\":{\"type\":\"E\",\"message\":\"x\",\"stack\":\"at a\\n at "
		 "b\"}}",
			LOG_JSON, LOG_LEVEL_ERROR, T, "pool \"a\" 0/20", NULL, NULL},
		/* zap */
		{"{\"level\":\"warn\",\"ts\":1795168821.744,\"caller\":\"a/"
		 "b.go:1\",\"msg\":\"slow\",\"bot\":\"quiz\"}",
			LOG_JSON, LOG_LEVEL_WARN, T, "slow", "quiz", NULL},
		/* structlog */
		{"{\"event\": \"user joined\", \"level\": \"info\", \"timestamp\": "
		 "\"2026-11-20T10:00:21.744Z\", "
		 "\"correlation_id\": \"c-1\", \"bot_id\": 123456}",
			LOG_JSON, LOG_LEVEL_INFO, T, "user joined", "123456", "c-1"},
		/* loguru, serialised */
		{"{\"text\": \"2026 | INFO\\n\", \"record\": {\"elapsed\": {\"repr\": \"0:01\", "
		 "\"seconds\": 1.1}, "
		 "\"exception\": null, \"extra\": {\"bot\": \"shop\", \"request_id\": \"r1\"}, "
		 "\"level\": {\"icon\": "
		 "\"x\", \"name\": \"SUCCESS\", \"no\": 25}, \"message\": \"done\", \"time\": "
		 "{\"repr\": \"2026-11-20 "
		 "10:00:21.744+00:00\", \"timestamp\": 1795168821.744}}}",
			LOG_JSON, LOG_LEVEL_INFO, T, "done", "shop", "r1"},
		/* python-json-logger, winston, zerolog, bunyan */
		{"{\"asctime\": \"2026-11-20 10:00:21,744\", \"levelname\": \"CRITICAL\", "
		 "\"message\": \"m\", \"levelno\": 50}",
			LOG_JSON, LOG_LEVEL_FATAL, T, "m", NULL, NULL},
		{"{\"level\":\"verbose\",\"message\":\"m\",\"timestamp\":\"2026-11-20T13:00:21.744+"
		 "03:00\"}",
			LOG_JSON, LOG_LEVEL_DEBUG, T, "m", NULL, NULL},
		{"{\"level\":\"info\",\"time\":1795168821,\"message\":\"m\"}", LOG_JSON,
			LOG_LEVEL_INFO, T - 744, "m", NULL, NULL},
		{"{\"level\":30,\"time\":\"2026-11-20T10:00:21.744Z\",\"v\":0,\"msg\":"
		 "\"\\ud83d\\ude00 \\u0416\"}",
			LOG_JSON, LOG_LEVEL_INFO, T, "😀 Ж", NULL, NULL},
		{"{\"ts\":1795168821744000000,\"level\":\"DEBUG\",\"msg\":\"ns\"}", LOG_JSON,
			LOG_LEVEL_DEBUG, T, "ns", NULL, NULL},
		/* msg beats event, an error stands in for a message, and without any the line is
		   one */
		{"{\"event\":\"update\",\"msg\":\"late\"}", LOG_JSON, LOG_LEVEL_NONE, LOG_NO_TIME,
			"late", NULL, NULL},
		{"{\"msg\":\"late\",\"event\":\"update\"}", LOG_JSON, LOG_LEVEL_NONE, LOG_NO_TIME,
			"late", NULL, NULL},
		{"{\"severity\":3,\"err\":{\"message\":\"boom\"}}", LOG_JSON, LOG_LEVEL_ERROR,
			LOG_NO_TIME, "boom", NULL, NULL},
		{"{\"x\":[{\"msg\":\"inner\"},\"}\"],\"y\":{\"level\":\"fatal\"}}", LOG_JSON,
			LOG_LEVEL_NONE, LOG_NO_TIME,
			"{\"x\":[{\"msg\":\"inner\"},\"}\"],\"y\":{\"level\":\"fatal\"}}", NULL,
			NULL},
		{"{}", LOG_JSON, LOG_LEVEL_NONE, LOG_NO_TIME, "{}", NULL, NULL},
	};
	assert_samples(samples, COUNT_OF(samples));
}

static void logfmt_is_read(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		{"time=\"2026-11-20T10:00:21.744Z\" level=warning msg=\"it \\\"is\\\" late\" "
		 "bot=quiz trace_id=t1",
			LOG_LOGFMT, LOG_LEVEL_WARN, T, "it \"is\" late", "quiz", "t1"},
		{"ts=9999999999999999999 msg=x", LOG_LOGFMT, LOG_LEVEL_NONE, INT64_C(9999999999999),
			"x", NULL, NULL},
		{"ts=1795168821.744 lvl=eror msg=x", LOG_LOGFMT, LOG_LEVEL_NONE, T, "x", NULL,
			NULL},
		{"level=error bare words msg= err=\"down\"", LOG_LOGFMT, LOG_LEVEL_ERROR,
			LOG_NO_TIME, "down", NULL, NULL},
		{"a=1 nothing known", LOG_LOGFMT, LOG_LEVEL_NONE, LOG_NO_TIME, "a=1 nothing known",
			NULL, NULL},
		{"msg=\"never closed", LOG_LOGFMT, LOG_LEVEL_NONE, LOG_NO_TIME, "never closed",
			NULL, NULL},
	};
	assert_samples(samples, COUNT_OF(samples));
}

static void lines_for_people_are_read(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		/* Python's logging: the usual formats, aiogram, loguru, basicConfig, uvicorn */
		{"2026-11-20 10:00:21,744 - telegram.ext.updater - ERROR - Error while getting "
		 "Updates: Conflict",
			LOG_TEXT, LOG_LEVEL_ERROR, T, "Error while getting Updates: Conflict", NULL,
			NULL},
		{"2026-11-20 10:00:21,744 INFO aiogram.event: Update id=1 is handled", LOG_TEXT,
			LOG_LEVEL_INFO, T, "aiogram.event: Update id=1 is handled", NULL, NULL},
		{"2026-11-20 10:00:21.744 | WARNING  | app.main:run:42 - slow", LOG_TEXT,
			LOG_LEVEL_WARN, T, "slow", NULL, NULL},
		{"[2026-11-20 10:00:21,744] [ERROR] bot: it failed", LOG_TEXT, LOG_LEVEL_ERROR, T,
			"bot: it failed", NULL, NULL},
		{"INFO:root:started", LOG_TEXT, LOG_LEVEL_INFO, LOG_NO_TIME, "started", NULL, NULL},
		{"INFO:     127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK", LOG_TEXT, LOG_LEVEL_INFO,
			LOG_NO_TIME, "127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK", NULL, NULL},
		{"2026-11-20 10:00:21,744 DEBUG    [bot.handlers:12] handled", LOG_TEXT,
			LOG_LEVEL_DEBUG, T, "handled", NULL, NULL},
		{"2026-11-20 10:00:21,744 DEBUG    [req-12] handled", LOG_TEXT, LOG_LEVEL_DEBUG, T,
			"[req-12] handled", NULL, NULL},
		{"[2026-11-20 10:00:21,744] ERROR in handlers: it failed", LOG_TEXT,
			LOG_LEVEL_ERROR, T, "it failed", NULL, NULL},
		{"2026-11-20 10:00:21,744 ERROR in the middle: it failed", LOG_TEXT,
			LOG_LEVEL_ERROR, T, "in the middle: it failed", NULL, NULL},
		{"2026-11-20T10:00:21.744Z\tWARN\tbot\tapp/main.go:42\tslow\t{\"a\": 1}", LOG_TEXT,
			LOG_LEVEL_WARN, T, "slow\t{\"a\": 1}", NULL, NULL},
		{"2026-11-20T10:00:21.744Z\tWARN\tno place\tin it", LOG_TEXT, LOG_LEVEL_WARN, T,
			"no place\tin it", NULL, NULL},
		{"    {}[\"missing\"]", LOG_TEXT, LOG_LEVEL_NONE, LOG_NO_TIME,
			"    {}[\"missing\"]", NULL, NULL},
		/* nginx, Redis, PostgreSQL, supervisord, syslog, Go, Rust */
		{"unix: - - [20/Nov/2026:10:00:21 +0000] \"GET / HTTP/1.1\" 500 1", LOG_TEXT,
			LOG_LEVEL_ERROR, T - 744, "\"GET / HTTP/1.1\" 500 1", NULL, NULL},
		{"2026-11-20 10:00:21.744 UTC [123] STATEMENT:  select 1", LOG_TEXT, LOG_LEVEL_NONE,
			T, "select 1", NULL, NULL},
		{"2026-11-20 10:00:21,744 ERRO pool crashed", LOG_TEXT, LOG_LEVEL_ERROR, T,
			"pool crashed", NULL, NULL},
		{"2026/11/20 10:00:21 [error] 7#7: *1 upstream timed out", LOG_TEXT,
			LOG_LEVEL_ERROR, T - 744, "*1 upstream timed out", NULL, NULL},
		{"10.0.0.1 - - [20/Nov/2026:13:00:21 +0300] \"POST /hook HTTP/1.1\" 502 150 \"-\"",
			LOG_TEXT, LOG_LEVEL_ERROR, T - 744, "\"POST /hook HTTP/1.1\" 502 150 \"-\"",
			NULL, NULL},
		{"10.0.0.1 - - [20/Nov/2026:10:00:21 +0000] \"GET / HTTP/1.1\" 404 1", LOG_TEXT,
			LOG_LEVEL_WARN, T - 744, "\"GET / HTTP/1.1\" 404 1", NULL, NULL},
		{"812:M 20 Nov 2026 10:00:21.744 # Out of disk", LOG_TEXT, LOG_LEVEL_WARN, T,
			"Out of disk", NULL, NULL},
		{"812:C 20 Nov 2026 10:00:21.744 * Ready", LOG_TEXT, LOG_LEVEL_INFO, T, "Ready",
			NULL, NULL},
		{"2026-11-20 10:00:21.744 UTC [123] ERROR:  relation \"x\" does not exist",
			LOG_TEXT, LOG_LEVEL_ERROR, T, "relation \"x\" does not exist", NULL, NULL},
		{"2026-11-20 10:00:21,744 CRIT Supervisor is running as root", LOG_TEXT,
			LOG_LEVEL_FATAL, T, "Supervisor is running as root", NULL, NULL},
		{"Nov 20 10:00:21 host bot[7]: hello", LOG_TEXT, LOG_LEVEL_NONE, T - 744,
			"host bot[7]: hello", NULL, NULL},
		{"Dec 31 10:00:21 host x", LOG_TEXT, LOG_LEVEL_NONE, INT64_C(1767175221000),
			"host x", NULL, NULL},
		{"2026/11/20 10:00:21 plain Go", LOG_TEXT, LOG_LEVEL_NONE, T - 744, "plain Go",
			NULL, NULL},
		{"2026-11-20T10:00:21.744123Z  WARN hyper: odd", LOG_TEXT, LOG_LEVEL_WARN, T,
			"hyper: odd", NULL, NULL},
		{"10:00:21.744 debug: cache hit", LOG_TEXT, LOG_LEVEL_DEBUG, T, "cache hit", NULL,
			NULL},
		{"12:00:21 yesterday", LOG_TEXT, LOG_LEVEL_NONE, T - 744 - 22 * INT64_C(3600000),
			"yesterday", NULL, NULL},
		{"2026-11-20 10:00:21 +0000 - [I] short", LOG_TEXT, LOG_LEVEL_INFO, T - 744,
			"short", NULL, NULL},
		/* words of prose are no levels */
		{"2026-11-20 10:00:21,744 the error of a user", LOG_TEXT, LOG_LEVEL_NONE, T,
			"the error of a user", NULL, NULL},
		{"Error while starting", LOG_TEXT, LOG_LEVEL_NONE, LOG_NO_TIME,
			"Error while starting", NULL, NULL},
		{"Error: listen EADDRINUSE", LOG_TEXT, LOG_LEVEL_ERROR, LOG_NO_TIME,
			"listen EADDRINUSE", NULL, NULL},
		{"just text", LOG_TEXT, LOG_LEVEL_NONE, LOG_NO_TIME, "just text", NULL, NULL},
		{"", LOG_TEXT, LOG_LEVEL_NONE, LOG_NO_TIME, "", NULL, NULL},
	};
	assert_samples(samples, COUNT_OF(samples));
}

static void what_the_runtime_of_a_container_writes_is_stepped_over(void **state)
{
	(void)state;
	static const struct sample samples[] = {
		{"2026-11-20T10:00:21.744111222+00:00 stdout F "
		 "{\"level\":\"warn\",\"msg\":\"slow\",\"bot\":\"quiz\",\"trace_id\":\"t1\"}",
			LOG_JSON, LOG_LEVEL_WARN, T, "slow", "quiz", "t1"},
		/* the time of the program has no zone, and may be another one than ours */
		{"2026-11-20T12:00:21.744+02:00 stderr F 2026-11-20 03:00:21,744 - app - ERROR - "
		 "failed",
			LOG_TEXT, LOG_LEVEL_ERROR, T, "failed", NULL, NULL},
		{"2026-11-20T10:00:21.744Z stdout P x", LOG_TEXT, LOG_LEVEL_NONE, T, "x", NULL,
			NULL},
		/* not what it looks like */
		{"2026-11-20T10:00:21.744Z stdout of it", LOG_TEXT, LOG_LEVEL_NONE, T,
			"stdout of it", NULL, NULL},
	};
	assert_samples(samples, COUNT_OF(samples));
}

static void times_without_a_zone_are_local_times_of_the_writer(void **state)
{
	(void)state;
	static const char *const lines[] = {"2026-11-20 10:00:21,744 - a - INFO - x",
		"10:00:21.744 x", "7:M 20 Nov 2026 10:00:21.744 * x"};
	const struct log_arrival berlin = {.received_ms = T, .utc_offset_s = 3600};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct log_line line;
		log_line_read(lines[i], strlen(lines[i]), &berlin, &line);
		assert_true(line.wall_ms == T - 3600000);
	}
}

/* Reads lines in order; returns level letters and a '+' before each line that goes on. */
static void assert_flow(
	const char *const *lines, size_t count, const char *expected, int64_t last_ms)
{
	struct log_flow flow = {0};
	struct log_line line = {0};
	autostr struct str said = STR_INIT;
	for (size_t i = 0; i < count; i++) {
		log_line_read(lines[i], strlen(lines[i]), &arrival, &line);
		log_flow_take(&flow, lines[i], strlen(lines[i]), &line);
		str_addf(&said, "%s%c", line.is_continuation ? "+" : "",
			log_level_letter(line.level));
	}
	assert_string_equal(said.text, expected);
	assert_true(line.wall_ms == last_ms);
}

static void a_traceback_belongs_to_the_line_before_it(void **state)
{
	(void)state;
	static const char *const lines[] = {"2026-11-20 10:00:21,744 - app - INFO - ok",
		"2026-11-20 10:00:21,744 - app - ERROR - failed",
		"Traceback (most recent call last):", "  File \"a.py\", line 1, in <module>",
		"    raise ValueError(1)", "ValueError: 1", "",
		"During handling of the above exception, another exception occurred:",
		"KeyError: 'x'", "2026-11-20 10:00:21,744 - app - INFO - ok again",
		"  and more of it"};
	assert_flow(lines, COUNT_OF(lines), "IE+E+E+E+E+E+E+EI+I", T);
}

static void a_traceback_of_a_program_without_times_ends_at_its_exception(void **state)
{
	(void)state;
	static const char *const lines[] = {"starting",
		"Traceback (most recent call last):", "  File \"a.py\", line 1", "ValueError: 1",
		"starting", "    at indented"};
	assert_flow(lines, COUNT_OF(lines), "-E+E+E-+-", LOG_NO_TIME);
}

static void a_traceback_in_a_container_has_the_times_of_its_runtime(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"2026-11-20T10:00:21.000Z stderr F 2026-11-20 10:00:21,000 - app - ERROR - failed",
		"2026-11-20T10:00:21.001Z stderr F Traceback (most recent call last):",
		"2026-11-20T10:00:21.002Z stderr F   File \"a.py\", line 1",
		"2026-11-20T10:00:21.744Z stderr F ValueError: 1"};
	static const char *const alone[] = {"2026-11-20T10:00:21.000Z stdout F starting",
		"2026-11-20T10:00:21.744Z stdout F ready"};
	assert_flow(lines, COUNT_OF(lines), "E+E+E+E", T);
	assert_flow(alone, COUNT_OF(alone), "--", T);
}

static void lines_of_json_never_go_on(void **state)
{
	(void)state;
	static const char *const lines[] = {"{\"level\":50,\"time\":1795168821744,\"msg\":\"a\"}",
		"{\"msg\":\"b\"}", "a=1 b=2"};
	assert_flow(lines, COUNT_OF(lines), "E--", LOG_NO_TIME);
}

static void what_looks_like_another_form_is_a_part_of_the_line_before_it(void **state)
{
	(void)state;
	static const char *const lines[] = {"2026-11-20 10:00:21,744 - app - ERROR - bad answer",
		"{\"ok\":false,\"error_code\":400}", "a=1 b=2", "[1, 2]",
		"2026-11-20 10:00:21,744 - app - INFO - ok",
		"{\"level\":\"warn\",\"msg\":\"says itself how bad\"}"};
	assert_flow(lines, COUNT_OF(lines), "E+E+E+EIW", LOG_NO_TIME);
}

static void any_cut_of_a_line_is_read_without_an_overrun(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"{\"text\": \"a\\n\", \"record\": {\"level\": {\"name\": \"INFO\", \"no\": 20}, "
		"\"message\": \"d\\u00e9\\ud83d"
		"\\ude00\", \"time\": {\"timestamp\": 1795168821.744}, \"x\": [1, {\"y\": "
		"\"}\"}]}}",
		"time=\"2026-11-20T10:00:21.744Z\" level=warning msg=\"it \\\"is\\\" late\" "
		"bot=quiz",
		"2026-11-20 10:00:21,744 +0100 - telegram.ext.updater - ERROR - Error while",
		"10.0.0.1 - - [20/Nov/2026:13:00:21 +0300] \"POST /hook HTTP/1.1\" 502 150 \"-\"",
		"812:M 20 Nov 2026 10:00:21.744 # Out of disk",
		"Nov 20 10:00:21 host bot[7]: hello",
		"2026-11-20 10:00:21.744 | WARNING  | app.main:run:42 - slow",
		"2026-11-20T10:00:21.744Z stdout F {\"msg\":\"x\"}",
		"{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T10:00:21Z\"}"};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		for (size_t length = 0; length <= strlen(lines[i]); length++) {
			struct log_line line;
			autostr struct str text = STR_INIT;
			autofree char *cut = xmemdup(lines[i], length ? length : 1);
			log_line_read(cut, length, &arrival, &line);
			assert_true(line.message.offset + line.message.length <= length);
			assert_true(line.bot.offset + line.bot.length <= length);
			log_part_text(cut, line.message, &text);
			log_normalise(cut, length, &text);
		}
	}
}

static void a_line_of_four_mebibytes_is_read_in_one_pass(void **state)
{
	(void)state;
	static const char *const fills[] = {
		"[", "{\"a\":", "\\", "a=", "\"", "{\"extra\":", "\x1b[1;"};
	const size_t size = 4 << 20;
	for (size_t i = 0; i < COUNT_OF(fills); i++) {
		autofree char *text = xmalloc(size);
		autostr struct str kept = STR_INIT;
		struct log_line line;
		size_t piece = strlen(fills[i]);
		memcpy(text, "{\"msg\":\"x\",\"x\":", 15);
		for (size_t at = 15; at < size; at++)
			text[at] = fills[i][at % piece];
		int64_t start = clock_cost_us();
		log_line_read(text, size, &arrival, &line);
		log_normalise(text, size, &kept);
		assert_in_range(clock_cost_us() - start, 0, 5 * 1000 * 1000);
		assert_int_equal(line.form, LOG_JSON);
		assert_int_equal(line.message.length, 1);
	}
}

static void assert_normalised(const char *line, const char *expected)
{
	autostr struct str text = STR_INIT;
	log_normalise(line, strlen(line), &text);
	assert_string_equal(text.text, expected);
	assert_int_equal(log_needs_normalising(line, strlen(line)), strcmp(line, expected) != 0);
	assert_false(log_needs_normalising(text.text, text.length));
}

static void colours_are_taken_out_and_nothing_hides_behind_an_escape(void **state)
{
	(void)state;
	assert_normalised("\x1b[32mINFO\x1b[0m ok\x1b[38;5;1m", "INFO ok");
	assert_normalised("{\"msg\":\"\\u001b[31mred\\u001B[0m\"}", "{\"msg\":\"red\"}");
	assert_normalised("123456\\u003aAAE", "123456:AAE");
	assert_normalised("\\u0022 \\u005c \\u000a \\u0416 \\\\u003a \\u00",
		"\\u0022 \\u005c \\u000a \\u0416 \\\\u003a \\u00");
	assert_normalised("\x1b[2J\x1b]0;x\a \x1b[31", "\x1b[2J\x1b]0;x\a \x1b[31");
}

static void a_line_of_dockers_json_file_is_unwrapped(void **state)
{
	(void)state;
	assert_normalised("{\"log\":\"{\\\"level\\\":\\\"warn\\\"}\\n\",\"stream\":\"stdout\","
			  "\"time\":\"2026-11-20T10:00:21.744Z\"}",
		"2026-11-20T10:00:21.744Z stdout F {\"level\":\"warn\"}");
	assert_normalised("{\"log\":\"\\u001b[31m123456\\u003aAAE\\n\",\"stream\":\"stderr\","
			  "\"attrs\":{\"a\":\"b\"},\"time\":\"2026-11-20T10:00:21.744Z\"}",
		"2026-11-20T10:00:21.744Z stderr F 123456:AAE");
	/* cut, and another one's */
	assert_normalised("{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026",
		"{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"2026");
	assert_normalised("{\"log\":\"a\",\"level\":30}", "{\"log\":\"a\",\"level\":30}");
}

static void broken_escapes_become_replacement_characters(void **state)
{
	(void)state;
	const char *text = "\\ud83dx \\u12 \\q \\/ \\n \\";
	const struct log_part part = {0, (uint32_t)strlen(text), true};
	assert_part(text, part, "\ufffdx \ufffd12 q / \n \ufffd");
}

static void the_first_name_of_a_bot_counts_with_its_escapes(void **state)
{
	(void)state;
	static const struct {
		const char *line, *bot;
	} cases[] = {
		{"{\"bot\":\"shop\",\"level\":\"info\"}", "shop"},
		{"{\"bot\":\"a\\\"b\",\"level\":\"info\"}", "a\"b"},
		{"{\"bot\":\"a name of any length\\t\",\"level\":\"info\"}",
			"a name of any length\t"},
		{"{\"bot\":\"\",\"bot_id\":\"second\",\"bot_name\":\"third\"}", "second"},
		{"{\"bot\":\"first\",\"bot_id\":\"second\"}", "first"},
		{"{\"bot\":\"cut here", "cut here"},
		{"{\"bot\":\"cut in an escape\\", "cut in an escape\ufffd"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct log_line line;
		log_line_read(cases[i].line, strlen(cases[i].line), &arrival, &line);
		assert_part(cases[i].line, line.bot, cases[i].bot);
	}
}

static void levels_have_words_letters_and_numbers(void **state)
{
	(void)state;
	enum log_level level;
	assert_string_equal(log_level_word(LOG_LEVEL_WARN), "warn");
	assert_int_equal(log_level_letter(LOG_LEVEL_ERROR), 'E');
	assert_true(log_level_read("WARNING", 7, &level));
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_false(log_level_read("warned", 6, &level));
	assert_int_equal(log_level_of_number(60), LOG_LEVEL_FATAL);
	assert_int_equal(log_level_of_number(35), LOG_LEVEL_INFO);
	assert_int_equal(log_level_of_number(4), LOG_LEVEL_WARN);
	assert_int_equal(log_level_of_number(-1), LOG_LEVEL_NONE);
	assert_int_equal(log_level_of_python(50), LOG_LEVEL_FATAL);
	assert_int_equal(log_level_of_python(20), LOG_LEVEL_INFO);
	assert_int_equal(log_level_of_python(5), LOG_LEVEL_TRACE);
}

static const struct known_word {
	const char *text;
	enum log_level level;
} known_words[] = {{"t", LOG_LEVEL_TRACE}, {"trac", LOG_LEVEL_TRACE}, {"trace", LOG_LEVEL_TRACE},
	{"silly", LOG_LEVEL_TRACE}, {"blat", LOG_LEVEL_TRACE}, {"d", LOG_LEVEL_DEBUG},
	{"debg", LOG_LEVEL_DEBUG}, {"debug", LOG_LEVEL_DEBUG}, {"verbose", LOG_LEVEL_DEBUG},
	{"i", LOG_LEVEL_INFO}, {"info", LOG_LEVEL_INFO}, {"log", LOG_LEVEL_INFO},
	{"http", LOG_LEVEL_INFO}, {"notice", LOG_LEVEL_INFO}, {"success", LOG_LEVEL_INFO},
	{"w", LOG_LEVEL_WARN}, {"warn", LOG_LEVEL_WARN}, {"warning", LOG_LEVEL_WARN},
	{"e", LOG_LEVEL_ERROR}, {"err", LOG_LEVEL_ERROR}, {"erro", LOG_LEVEL_ERROR},
	{"error", LOG_LEVEL_ERROR}, {"severe", LOG_LEVEL_ERROR}, {"c", LOG_LEVEL_FATAL},
	{"f", LOG_LEVEL_FATAL}, {"crit", LOG_LEVEL_FATAL}, {"fatal", LOG_LEVEL_FATAL},
	{"panic", LOG_LEVEL_FATAL}, {"dpanic", LOG_LEVEL_FATAL}, {"emerg", LOG_LEVEL_FATAL},
	{"alert", LOG_LEVEL_FATAL}, {"critical", LOG_LEVEL_FATAL}};

static enum log_level known_level(const char *word, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(known_words); i++)
		if (strlen(known_words[i].text) == length &&
			strncasecmp(known_words[i].text, word, length) == 0)
			return known_words[i].level;
	return LOG_LEVEL_NONE;
}

static void assert_known(const char *word, size_t length)
{
	enum log_level level = LOG_LEVEL_NONE, known = known_level(word, length);
	assert_int_equal(log_level_read(word, length, &level), known != LOG_LEVEL_NONE);
	assert_int_equal(level, known);
}

static void words_of_levels_are_read_whole_and_in_any_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(known_words); i++) {
		char word[16] = "";
		size_t length = strlen(known_words[i].text);
		memcpy(word, known_words[i].text, length);
		for (size_t size = 0; size <= length + 2; size++)
			assert_known(word, size);
		for (size_t at = 0; at <= length; at++) {
			char was = word[at];
			for (int byte = 0; byte < 256; byte++) {
				word[at] = (char)byte;
				assert_known(word, length);
				assert_known(word, length + 1);
			}
			word[at] = was;
		}
		for (size_t at = 0; at < length; at++) {
			word[at] = (char)(word[at] - 'a' + 'A');
			assert_known(word, length);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_of_every_framework_is_read),
		cmocka_unit_test(logfmt_is_read),
		cmocka_unit_test(lines_for_people_are_read),
		cmocka_unit_test(what_the_runtime_of_a_container_writes_is_stepped_over),
		cmocka_unit_test(times_without_a_zone_are_local_times_of_the_writer),
		cmocka_unit_test(a_traceback_belongs_to_the_line_before_it),
		cmocka_unit_test(a_traceback_of_a_program_without_times_ends_at_its_exception),
		cmocka_unit_test(a_traceback_in_a_container_has_the_times_of_its_runtime),
		cmocka_unit_test(lines_of_json_never_go_on),
		cmocka_unit_test(what_looks_like_another_form_is_a_part_of_the_line_before_it),
		cmocka_unit_test(any_cut_of_a_line_is_read_without_an_overrun),
		cmocka_unit_test(a_line_of_four_mebibytes_is_read_in_one_pass),
		cmocka_unit_test(colours_are_taken_out_and_nothing_hides_behind_an_escape),
		cmocka_unit_test(broken_escapes_become_replacement_characters),
		cmocka_unit_test(a_line_of_dockers_json_file_is_unwrapped),
		cmocka_unit_test(levels_have_words_letters_and_numbers),
		cmocka_unit_test(words_of_levels_are_read_whole_and_in_any_case),
		cmocka_unit_test(the_first_name_of_a_bot_counts_with_its_escapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
