/* SPDX-License-Identifier: MIT */
/* Questions to the store about files that stay where they lie, beside a naive model of the same lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/directory.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/open_file.h"
#include "core/events/query.h"
#include "core/msg/msg.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"

#define T INT64_C(1795168821744)

enum { FILES = 2 };

/* A line as it should be found. */
struct truth {
	int64_t wall_ms;
	uint64_t file, offset;
	int number; /* of the line, which stands in its message */
	bool is_error, is_bot, is_rare;
};

struct bench {
	struct event_directory *directory;
	struct names *names;
	struct str texts[FILES];
	struct truth *truths;
	size_t count, room;
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	bench->directory = event_directory_new(1 << 20);
	bench->names = names_new();
	for (size_t i = 0; i < FILES; i++)
		str_init(&bench->texts[i]);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	event_directory_free(bench->directory);
	names_unref(bench->names);
	for (size_t i = 0; i < FILES; i++)
		str_release(&bench->texts[i]);
	free(bench->truths);
	free(bench);
	return 0;
}

/* `late`: one of so many is up to that much behind. */
static void add_lines(struct bench *bench, size_t file, int lines, uint64_t late, int64_t late_ms,
	size_t padding, struct rng *rng)
{
	struct str *text = &bench->texts[file];
	int64_t wall_ms = T;
	for (int i = 0; i < lines; i++) {
		wall_ms += (int64_t)rng_below(rng, 5);
		bool is_late = late && rng_below(rng, late) == 0;
		struct truth truth = {
			.wall_ms = wall_ms -
				   (is_late ? (int64_t)rng_below(rng, (uint64_t)late_ms) : 0),
			.file = file,
			.offset = text->length,
			.number = (int)bench->count,
			.is_error = rng_below(rng, 10) == 0,
			.is_bot = rng_below(rng, 3) == 0,
			.is_rare = rng_below(rng, 500) == 0};
		str_addf(text,
			"{\"level\":%d,\"time\":%lld,\"bot\":\"%s\",\"msg\":\"%d%s %0*d\"}\n",
			truth.is_error ? 50 : 30, (long long)truth.wall_ms,
			truth.is_bot ? "ada" : "bob", truth.number, truth.is_rare ? " rare" : "",
			(int)padding, 0);
		bench->truths = grow(bench->truths, bench->count, &bench->room, sizeof(truth));
		bench->truths[bench->count++] = truth;
	}
}

static struct file_stream *file_of(struct bench *bench, size_t file)
{
	const struct str *text = &bench->texts[file];
	int fd = memfd_create("log", MFD_CLOEXEC);
	assert_int_equal(pwrite(fd, text->text, text->length, 0), text->length);
	struct open_file *open = open_file_new(fd);
	struct file_stream *stream = file_stream_new(&(struct file_options){
		.stream = {.source = file + 1, .id = 1000, .name = file ? "b" : "a"},
		.file = open,
		.to = text->length,
		.received_ms = T,
		.names = bench->names});
	open_file_unref(open);
	event_directory_add_file(bench->directory, stream);
	return stream;
}

static int compare_truths(const void *left, const void *right)
{
	const struct truth *a = left, *b = right;
	if (a->wall_ms != b->wall_ms)
		return a->wall_ms < b->wall_ms ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* ---- questions ---- */

enum kind { ALL, ERRORS, OF_BOT, RARE, NONE, KINDS };

static const char *const expressions[KINDS] = {
	NULL, "level>=error", "bot=ada", "rare", "never there"};

static bool fits(const struct truth *truth, enum kind kind)
{
	return kind == ALL || (kind == ERRORS && truth->is_error) ||
	       (kind == OF_BOT && truth->is_bot) || (kind == RARE && truth->is_rare);
}

static bool is_within(const struct truth *truth, const struct event_question *question)
{
	return (!question->from_ms || truth->wall_ms >= question->from_ms) &&
	       (!question->to_ms || truth->wall_ms < question->to_ms);
}

static struct event_key key_of(const struct truth *truth)
{
	return (struct event_key){truth->wall_ms, truth->file + 1, 1000 + truth->offset};
}

/* The numbers that should come, in order, each behind a blank. */
static void expect(const struct bench *bench, const struct event_question *question, enum kind kind,
	struct str *to)
{
	size_t at = 0, from, wanted = question->before;
	while (at < bench->count &&
		event_key_compare(key_of(&bench->truths[at]), question->anchor) < 0)
		at++;
	for (from = at; from > 0 && wanted > 0; from--)
		wanted -= fits(&bench->truths[from - 1], kind) &&
			  is_within(&bench->truths[from - 1], question);
	for (size_t i = from; i < at; i++)
		if (fits(&bench->truths[i], kind) && is_within(&bench->truths[i], question))
			str_addf(to, " %d", bench->truths[i].number);
	wanted = question->after;
	for (size_t i = at; i < bench->count && wanted > 0; i++)
		if (fits(&bench->truths[i], kind) && is_within(&bench->truths[i], question)) {
			str_addf(to, " %d", bench->truths[i].number);
			wanted--;
		}
}

static struct msg_win_rows *answer_to(struct bench *bench, const struct event_question *question,
	const char *expression, size_t step)
{
	struct filter_schema schema = log_schema(T, 0);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	size_t at;
	struct filter *filter = expression ? filter_new(expression, &schema, &at, NULL) : NULL;
	struct event_query *query =
		event_query_new(event_directory_snapshot(bench->directory), filter, NULL, question);
	while (!event_query_step(query, step))
		continue;
	event_query_take(query, rows);
	assert_true(rows->done);
	event_query_free(query);
	return rows;
}

static void ask_for(struct bench *bench, const struct event_question *question,
	const char *expression, size_t step, struct str *to)
{
	struct msg_win_rows *rows = answer_to(bench, question, expression, step);
	for (size_t i = 0; i < rows->rows_count; i++)
		str_addf(to, " %d", atoi(rows->rows[i].text));
	msg_free(MSG_win_rows, rows);
}

static void ask(struct bench *bench, const struct event_question *question, enum kind kind,
	size_t step, struct str *to)
{
	ask_for(bench, question, expressions[kind], step, to);
}

static void assert_answer(
	struct bench *bench, const struct event_question *question, enum kind kind, size_t step)
{
	autostr struct str expected = STR_INIT, answer = STR_INIT;
	expect(bench, question, kind, &expected);
	ask(bench, question, kind, step, &answer);
	if (strcmp(expected.text, answer.text) != 0)
		fail_msg("%s, %zu before and %zu after %lld:\n%.300s\ninstead of\n%.300s",
			expressions[kind] ? expressions[kind] : "all", question->before,
			question->after, (long long)(question->anchor.time_ms - T), answer.text,
			expected.text);
}

static void assert_random_answers(struct bench *bench, int rounds, struct rng *rng)
{
	qsort(bench->truths, bench->count, sizeof(*bench->truths), compare_truths);
	for (int i = 0; i < rounds; i++) {
		const struct truth *near = &bench->truths[rng_below(rng, bench->count)];
		struct event_question question = {.anchor = key_of(near),
			.before = (size_t)rng_below(rng, 40),
			.after = (size_t)rng_below(rng, 40)};
		if (rng_below(rng, 5) == 0)
			question.anchor = rng_below(rng, 2) ? EVENT_KEY_END : EVENT_KEY_FIRST;
		if (rng_below(rng, 3) == 0)
			question.from_ms = near->wall_ms - (int64_t)rng_below(rng, 60) + 20;
		if (rng_below(rng, 3) == 0)
			question.to_ms = near->wall_ms + (int64_t)rng_below(rng, 60) - 20;
		assert_answer(bench, &question, (enum kind)rng_below(rng, KINDS),
			1 + (size_t)rng_below(rng, 3000));
	}
}

/* ---- tests ---- */

static void whatever_is_indexed_the_answers_are_those_of_all_lines(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	struct file_stream *files[FILES];
	rng_init(&rng, 13);
	add_lines(bench, 0, 40000, 30, 3000, 90, &rng);
	add_lines(bench, 1, 9000, 10, 50, 300, &rng);
	for (size_t i = 0; i < FILES; i++)
		files[i] = file_of(bench, i);
	assert_true(file_index_segments(files[0]->index) >= 3);
	assert_random_answers(bench, 60, &rng);
	for (size_t i = 0; i < FILES; i++) { /* and all of it */
		size_t segment;
		while (file_index_next(files[i]->index, &segment))
			assert_true(file_index_read(files[i]->index, segment));
	}
	assert_random_answers(bench, 60, &rng);
	for (size_t i = 0; i < FILES; i++)
		file_stream_unref(files[i]);
}

static void lines_that_are_far_too_late_stand_where_they_belong(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	size_t segment;
	rng_init(&rng, 14);
	add_lines(bench, 0, 30000, 20, 100000000, 100, &rng);
	struct file_stream *file = file_of(bench, 0);
	while (file_index_next(file->index, &segment))
		assert_true(file_index_read(file->index, segment));
	assert_random_answers(bench, 60, &rng);
	file_stream_unref(file);
}

/* Also the first line of a block, and of a segment. */
static void a_line_behind_a_newer_one_is_marked_late(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	size_t segment, marked = 0;
	int64_t newest_ms = INT64_MIN;
	rng_init(&rng, 27);
	add_lines(bench, 0, 30000, 2, 100000, 150, &rng);
	struct file_stream *file = file_of(bench, 0);
	while (file_index_next(file->index, &segment))
		assert_true(file_index_read(file->index, segment));
	assert_true(file_index_segments(file->index) > 1);
	for (size_t i = 0; i < bench->count; i++) {
		const struct truth *truth = &bench->truths[i];
		const struct event_question one = {.anchor = key_of(truth), .after = 1};
		bool is_late = truth->wall_ms < newest_ms;
		newest_ms = is_late ? newest_ms : truth->wall_ms;
		if (i % 97 && i % 4096 > 1)
			continue; /* all would take long */
		struct msg_win_rows *rows = answer_to(bench, &one, NULL, 100);
		assert_int_equal(rows->rows_count, 1);
		assert_int_equal(rows->rows[0].late, is_late);
		marked += is_late;
		msg_free(MSG_win_rows, rows);
	}
	assert_true(marked > 100);
	file_stream_unref(file);
}

/* A banner is of the time of what comes behind it, not of that of the file. */
static void first_lines_without_a_time_stand_first(void **state)
{
	struct bench *bench = *state;
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	autostr struct str answer = STR_INIT;
	str_adds(&bench->texts[0], "1 a banner\n2 of two lines\n"
				   "2026-11-20T09:00:21.746Z 3 in the morning\n"
				   "2026-11-20T09:00:23Z 4 a moment later\n");
	struct file_stream *file = file_of(bench, 0);
	ask_for(bench, &all, NULL, 100, &answer);
	assert_string_equal(answer.text, " 1 2 3 4");
	file_stream_unref(file);
}

/* The end of a large file is there before anything else of it is known. */
static void the_end_is_answered_from_the_last_segment(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 15);
	add_lines(bench, 0, 60000, 0, 0, 200, &rng);
	struct file_stream *file = file_of(bench, 0);
	const struct event_question last = {.anchor = EVENT_KEY_END, .before = 45};
	assert_answer(bench, &last, ALL, 256);
	assert_int_equal(file_index_progress(file->index).done, 1);
	file_stream_unref(file);
}

/* Of many segments one is read, and what stands around the anchor is there. */
static void the_middle_of_a_large_file_is_answered_from_where_it_lies(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 17);
	add_lines(bench, 0, 120000, 0, 0, 200, &rng);
	qsort(bench->truths, bench->count, sizeof(*bench->truths), compare_truths);
	for (size_t at = 3000; at < bench->count; at += 9001) {
		struct file_stream *file = file_of(bench, 0);
		const struct event_question around = {
			.anchor = key_of(&bench->truths[at]), .before = 20, .after = 20};
		assert_answer(bench, &around, ALL, 256);
		event_directory_remove_file(bench->directory, file);
		file_stream_unref(file);
	}
}

/* Nothing outside the limits is shown, counted, or said to be there. */
static void limits_are_those_of_what_is_counted_too(void **state)
{
	static const char *const none[] = {"level>=fatal", "never there"};
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 18);
	add_lines(bench, 0, 30000, 20, 500, 100, &rng);
	struct file_stream *file = file_of(bench, 0);
	for (int i = 0; i < 20; i++) {
		struct event_question question = {.anchor = EVENT_KEY_END, .before = 1000};
		const struct truth *near = &bench->truths[rng_below(&rng, bench->count)];
		uint64_t within = 0;
		question.from_ms = near->wall_ms - (int64_t)rng_below(&rng, 20000);
		question.to_ms = near->wall_ms + (int64_t)rng_below(&rng, 20000);
		for (size_t at = 0; at < bench->count; at++)
			within += is_within(&bench->truths[at], &question);
		struct msg_win_rows *rows =
			answer_to(bench, &question, none[i % 2], 1 + rng_below(&rng, 3000));
		assert_int_equal(rows->hidden, within);
		assert_int_equal(rows->more_before + rows->more_after, 0);
		msg_free(MSG_win_rows, rows);
		rows = answer_to(bench, &question, NULL, 1000);
		assert_int_equal(rows->more_before > 0, within > 1000);
		msg_free(MSG_win_rows, rows);
	}
	file_stream_unref(file);
}

/* What lies in the file is not what is shown, and only that is found. */
static void text_is_found_as_it_is_shown(void **state)
{
	static const struct {
		const char *expression, *numbers;
	} cases[] = {{"kitten", " 1 2 3"}, {"hidden", " 4"}, {"<redacted>", " 5"}, {"redact", " 5"},
		{"AAaa0123456789", ""}, {"\"token=<red\"", " 5"}, {"msg~^.{2}kit", " 1 2 3"},
		{"/kit.en/ 3", " 3"}};
	struct bench *bench = *state;
	const struct event_question all = {.anchor = EVENT_KEY_END, .before = 100};
	str_adds(&bench->texts[0],
		"{\"time\":1795168821744,\"msg\":\"1 kitten\"}\n"
		"{\"time\":1795168821745,\"msg\":\"2 \\u006bit\\u0074en\"}\n"
		"2026-11-20T10:00:21.746Z 3 ki\x1b[31mtt\x1b[0men\n"
		"{\"log\":\"4 "
		"hidden\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T10:00:22Z\"}\n"
		"2026-11-20T10:00:23Z 5 token=AAaa0123456789BBbb\n");
	struct file_stream *file = file_of(bench, 0);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < COUNT_OF(cases); i++) {
			autostr struct str answer = STR_INIT;
			ask_for(bench, &all, cases[i].expression, 100, &answer);
			if (strcmp(answer.text, cases[i].numbers) != 0)
				fail_msg("%s finds%s", cases[i].expression, answer.text);
		}
	file_stream_unref(file);
}

static void a_file_that_is_taken_out_is_asked_no_more(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	autostr struct str answer = STR_INIT;
	rng_init(&rng, 16);
	add_lines(bench, 0, 100, 0, 0, 10, &rng);
	struct file_stream *file = file_of(bench, 0);
	const struct event_question last = {.anchor = EVENT_KEY_END, .before = 3};
	assert_answer(bench, &last, ALL, 10);
	event_directory_remove_file(bench->directory, file);
	ask(bench, &last, ALL, 10, &answer);
	assert_string_equal(answer.text, "");
	file_stream_unref(file);
}

/* ---- a file that grows ---- */

struct growing {
	struct open_file *file;
	struct file_stream *stream;
	struct log_flow flow;
	size_t written; /* of the text of file 0 */
	uint64_t counted;
};

static void count_line(void *context, const struct file_line *line)
{
	struct growing *growing = context;
	growing->counted += line->length > 0;
}

static struct growing grow_file(struct bench *bench)
{
	struct growing growing = {.file = open_file_new(memfd_create("log", MFD_CLOEXEC))};
	growing.stream = file_stream_new(
		&(struct file_options){.stream = {.source = 1, .id = 1000, .name = "a"},
			.file = growing.file,
			.received_ms = T,
			.names = bench->names,
			.is_growing = true});
	event_directory_add_file(bench->directory, growing.stream);
	return growing;
}

static void append_all(struct bench *bench, struct growing *growing)
{
	const struct str *text = &bench->texts[0];
	size_t more = text->length - growing->written;
	const struct file_growth growth = {.flow = &growing->flow,
		.now_ms = T + INT64_C(86400000),
		.line = count_line,
		.context = growing};
	assert_int_equal(pwrite(growing->file->fd, text->text + growing->written, more,
				 (off_t)growing->written),
		more);
	assert_true(
		file_index_append(growing->stream->index, growing->written, text->length, &growth));
	growing->written = text->length;
}

static void release_growing(struct growing *growing)
{
	file_stream_unref(growing->stream);
	open_file_unref(growing->file);
}

static void a_file_that_grows_answers_with_all_that_came(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 17);
	struct growing growing = grow_file(bench);
	for (int round = 0; round < 30; round++) {
		add_lines(bench, 0, 1 + (int)rng_below(&rng, 6000), 30, 2000, 60, &rng);
		append_all(bench, &growing);
		assert_int_equal(growing.counted, bench->count);
		assert_int_equal(event_directory_stats(bench->directory).lines, bench->count);
		assert_random_answers(bench, 3, &rng);
	}
	release_growing(&growing);
}

/* Which lines came since the marks, which it replaces; the least number first. */
static void ask_news(struct bench *bench, struct event_marks **marks, struct str *to)
{
	const struct event_question question = {
		.anchor = EVENT_KEY_END, .before = 1000, .since = *marks};
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	struct event_query *query =
		event_query_new(event_directory_snapshot(bench->directory), NULL, NULL, &question);
	while (!event_query_step(query, 100))
		continue;
	event_query_take(query, rows);
	free(*marks);
	*marks = event_query_marks(query);
	int seen[1000] = {0};
	for (size_t i = 0; i < rows->rows_count; i++)
		seen[atoi(rows->rows[i].text) % 1000]++;
	for (size_t i = 0; i < COUNT_OF(seen); i++)
		for (int n = 0; n < seen[i]; n++)
			str_addf(to, " %zu", i);
	event_query_free(query);
	msg_free(MSG_win_rows, rows);
}

static void of_a_file_that_grows_only_what_is_new_is_news(void **state)
{
	struct bench *bench = *state;
	struct event_marks *marks = NULL;
	struct rng rng;
	rng_init(&rng, 19);
	struct growing growing = grow_file(bench);
	for (int round = 0; round < 40; round++) {
		autostr struct str expected = STR_INIT, answer = STR_INIT;
		int lines = round % 5 ? 1 + (int)rng_below(&rng, 20) : 0;
		for (int i = 0; i < lines; i++)
			str_addf(&expected, " %zu", bench->count + (size_t)i);
		add_lines(bench, 0, lines, 5, 2000, 60, &rng);
		if (lines)
			append_all(bench, &growing);
		ask_news(bench, &marks, &answer);
		assert_string_equal(answer.text, expected.text);
	}
	assert_true(bench->count < 1000);
	free(marks);
	release_growing(&growing);
}

static void what_a_snapshot_saw_does_not_grow(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 23);
	struct growing growing = grow_file(bench);
	add_lines(bench, 0, 500, 0, 0, 60, &rng);
	append_all(bench, &growing);
	const struct event_question question = {.anchor = EVENT_KEY_END, .before = 1000};
	struct event_query *query =
		event_query_new(event_directory_snapshot(bench->directory), NULL, NULL, &question);
	add_lines(bench, 0, 500, 0, 0, 60, &rng);
	append_all(bench, &growing);
	struct msg_win_rows *rows = msg_new(MSG_win_rows);
	while (!event_query_step(query, 100))
		continue;
	event_query_take(query, rows);
	assert_int_equal(rows->rows_count, 500);
	event_query_free(query);
	msg_free(MSG_win_rows, rows);
	release_growing(&growing);
}

/* A day of lines is larger than any budget: what is full goes, the oldest first, and is counted. */
static void what_grows_beyond_the_budget_falls_out_and_is_counted(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 29);
	struct growing parts[3];
	event_directory_set_budget(bench->directory, 100000);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		str_clear(&bench->texts[0]);
		parts[i] = grow_file(bench);
		add_lines(bench, 0, 30000, 0, 0, 60, &rng);
		append_all(bench, &parts[i]);
		atomic_store(&parts[i].stream->is_full, true);
		event_directory_weigh(bench->directory);
		event_directory_trim(bench->directory);
	}
	struct event_stats stats = event_directory_stats(bench->directory);
	assert_true(stats.bytes <= 100000);
	assert_true(stats.evicted_lines > 0);
	assert_int_equal(stats.lines + stats.evicted_lines, bench->count);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		release_growing(&parts[i]);
}

/* It can be made again, so that nothing is lost. */
static void an_index_beyond_the_budget_is_forgotten_and_no_line_with_it(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 31);
	add_lines(bench, 0, 40000, 30, 3000, 90, &rng);
	struct file_stream *file = file_of(bench, 0);
	for (size_t segment; file_index_next(file->index, &segment);)
		assert_true(file_index_read(file->index, segment));
	event_directory_set_budget(bench->directory, 60000);
	event_directory_weigh(bench->directory);
	event_directory_trim(bench->directory);
	assert_true(event_directory_bytes(bench->directory) <= 60000);
	assert_int_equal(event_directory_stats(bench->directory).evicted_lines, 0);
	assert_random_answers(bench, 10, &rng);
	file_stream_unref(file);
}

int main(void)
{
#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		FILE_TEST(whatever_is_indexed_the_answers_are_those_of_all_lines),
		FILE_TEST(lines_that_are_far_too_late_stand_where_they_belong),
		FILE_TEST(a_line_behind_a_newer_one_is_marked_late),
		FILE_TEST(first_lines_without_a_time_stand_first),
		FILE_TEST(the_end_is_answered_from_the_last_segment),
		FILE_TEST(the_middle_of_a_large_file_is_answered_from_where_it_lies),
		FILE_TEST(limits_are_those_of_what_is_counted_too),
		FILE_TEST(text_is_found_as_it_is_shown),
		FILE_TEST(a_file_that_is_taken_out_is_asked_no_more),
		FILE_TEST(a_file_that_grows_answers_with_all_that_came),
		FILE_TEST(of_a_file_that_grows_only_what_is_new_is_news),
		FILE_TEST(what_a_snapshot_saw_does_not_grow),
		FILE_TEST(what_grows_beyond_the_budget_falls_out_and_is_counted),
		FILE_TEST(an_index_beyond_the_budget_is_forgotten_and_no_line_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
