/* SPDX-License-Identifier: MIT */
/* Lines counted by time and level, in memory and in files where they lie, beside a naive model of the same lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/names.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/events/count.h"
#include "core/events/directory.h"
#include "core/events/file_index.h"
#include "core/events/file_stream.h"
#include "core/events/open_file.h"
#include "core/events/writer.h"
#include "core/parse/filter.h"
#include "core/parse/log_columns.h"
#include "core/parse/log_line.h"
#include "tests/support/event_store.h"

#define T EVENT_STORE_MS

enum { FILES = 2 };

/* A line as it should be counted. */
struct truth {
	int64_t wall_ms;
	uint64_t source, seq; /* seq: of a file alone */
	bool is_error, is_bot, is_rare;
};

/* A file that stays where it lies. */
struct log {
	struct str text;
	struct open_file *open;
	struct file_stream *stream;
	struct log_flow flow; /* of one that grows */
	size_t written;
	int64_t wall_ms; /* of its last line */
	int64_t now_ms;  /* no line of it is of later; 0: nobody says */
};

struct bench {
	struct event_store *store;
	struct names *names;
	struct log logs[FILES];
	struct truth *truths;
	size_t count, room;
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	void *store;
	(void)event_store_set_up(&store);
	bench->store = store;
	bench->names = names_new();
	for (size_t i = 0; i < FILES; i++)
		str_init(&bench->logs[i].text);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	void *store = bench->store;
	for (size_t i = 0; i < FILES; i++) {
		file_stream_unref(bench->logs[i].stream);
		open_file_unref(bench->logs[i].open);
		str_release(&bench->logs[i].text);
	}
	(void)event_store_tear_down(&store);
	names_unref(bench->names);
	free(bench->truths);
	free(bench);
	return 0;
}

static struct truth random_line(int64_t wall_ms, struct rng *rng)
{
	return (struct truth){.wall_ms = wall_ms,
		.is_error = rng_below(rng, 10) == 0,
		.is_bot = rng_below(rng, 3) == 0,
		.is_rare = rng_below(rng, 300) == 0};
}

static void keep(struct bench *bench, struct truth truth)
{
	bench->truths = grow(bench->truths, bench->count, &bench->room, sizeof(truth));
	bench->truths[bench->count++] = truth;
}

static const char *bot_of(const struct truth *truth)
{
	return truth->is_bot ? "ada" : "bob";
}

/* Appends lines to a file's text. One of so many is late; a file keeps its lines where they belong. */
static void print_lines(struct bench *bench, size_t file, int lines, uint64_t late, struct rng *rng)
{
	struct log *log = &bench->logs[file];
	log->wall_ms = log->wall_ms ? log->wall_ms : T;
	for (int i = 0; i < lines; i++) {
		log->wall_ms += (int64_t)rng_below(rng, 5);
		bool is_late = rng_below(rng, late) == 0;
		struct truth truth = random_line(
			log->wall_ms - (is_late ? (int64_t)rng_below(rng, 3000) : 0), rng);
		truth.source = 100 + file;
		truth.seq = 1000 + log->text.length;
		keep(bench, truth);
		str_addf(&log->text,
			"{\"level\":%d,\"time\":%lld,\"bot\":\"%s\",\"msg\":\"%d%s %0*d\"}\n",
			truth.is_error ? 50 : 30, (long long)truth.wall_ms, bot_of(&truth), i,
			truth.is_rare ? " rare" : "", 120, 0);
	}
}

static void write_out(struct log *log)
{
	size_t more = log->text.length - log->written;
	assert_int_equal(
		pwrite(log->open->fd, log->text.text + log->written, more, (off_t)log->written),
		more);
	log->written = log->text.length;
}

static void open_log(struct bench *bench, size_t file, bool is_growing)
{
	struct log *log = &bench->logs[file];
	log->open = open_file_new(memfd_create("log", MFD_CLOEXEC));
	write_out(log);
	log->stream = file_stream_new(&(struct file_options){
		.stream = {.source = 100 + file, .id = 1000, .name = file ? "y" : "x"},
		.file = log->open,
		.to = log->text.length,
		.received_ms = T,
		.now_ms = log->now_ms,
		.names = bench->names,
		.is_growing = is_growing});
	event_directory_add_file(bench->store->directory, log->stream);
}

static void add_file(struct bench *bench, size_t file, int lines, uint64_t late, struct rng *rng)
{
	print_lines(bench, file, lines, late, rng);
	open_log(bench, file, false);
}

static void count_nothing(void *context, const struct file_line *line)
{
	(void)context, (void)line;
}

static void grow_log(struct bench *bench, size_t file, int lines, struct rng *rng)
{
	struct log *log = &bench->logs[file];
	print_lines(bench, file, lines, 20, rng);
	write_out(log);
	const struct file_growth growth = {
		.flow = &log->flow, .now_ms = T + INT64_C(86400000), .line = count_nothing};
	struct file_index *index = log->stream->index;
	uint64_t end = file_index_offset(index, file_index_segments(index));
	assert_true(file_index_append(index, end, log->text.length, &growth));
}

static void add_memory(struct bench *bench, int lines, int64_t from_ms, struct rng *rng)
{
	for (int i = 0; i < lines; i++) {
		size_t source = (size_t)rng_below(rng, 3);
		from_ms += (int64_t)rng_below(rng, 20);
		struct truth truth = random_line(
			from_ms - (rng_below(rng, 20) == 0 ? (int64_t)rng_below(rng, 900) : 0),
			rng);
		truth.source = source + 1;
		keep(bench, truth);
		event_writer_event(bench->store->writers[source],
			&(struct event_input){.wall_ms = truth.wall_ms,
				.level = truth.is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
				.bot = bot_of(&truth),
				.message = truth.is_rare ? "a rare line" : "a line"});
	}
	event_store_deliver(bench->store);
}

/* ---- questions ---- */

enum kind { ALL, ERRORS, OF_BOT, OF_SOURCE, RARE, RARE_ERRORS, OLD, NONE, KINDS };

static const char *const expressions[KINDS] = {"", "level>=error", "bot=ada",
	"source=a or source=x", "rare", "rare level>=error", "time<2026-11-20T10:00:25Z",
	"never there"};

static bool fits(const struct truth *truth, enum kind kind)
{
	const bool answers[KINDS] = {[ALL] = true,
		[ERRORS] = truth->is_error,
		[OF_BOT] = truth->is_bot,
		[OF_SOURCE] = truth->source == 1 || truth->source == 100,
		[RARE] = truth->is_rare,
		[RARE_ERRORS] = truth->is_rare && truth->is_error,
		[OLD] = truth->wall_ms < T + 3256};
	return answers[kind];
}

struct asked {
	struct count_grid grid;
	struct event_key behind;
	enum kind kind;
	bool of_bot;      /* as the window's bots, besides */
	int64_t again_ms; /* with marks */
};

static void expect(const struct bench *bench, const struct asked *asked, uint64_t *to)
{
	size_t columns = asked->grid.columns;
	memset(to, 0, LOG_LEVELS * columns * sizeof(*to));
	for (size_t i = 0; i < bench->count; i++) {
		const struct truth *truth = &bench->truths[i];
		struct event_key key = {truth->wall_ms, truth->source, truth->seq};
		int64_t since_ms = truth->wall_ms - asked->grid.from_ms;
		if (!fits(truth, asked->kind) || (asked->of_bot && !truth->is_bot) ||
			event_key_compare(key, asked->behind) <= 0 || since_ms < 0 ||
			since_ms / asked->grid.step_ms >= (int64_t)columns)
			continue;
		to[(truth->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO) * columns +
			(size_t)(since_ms / asked->grid.step_ms)]++;
	}
}

static struct event_count *begin(
	struct bench *bench, const struct asked *asked, const struct event_marks *since)
{
	static const char *const bots[] = {"ada", "nobody"};
	struct filter_schema schema = log_schema(T, 0);
	const struct count_question question = {.grid = asked->grid,
		.behind = asked->behind,
		.bots = bots,
		.bot_count = asked->of_bot ? COUNT_OF(bots) : 0,
		.since = since,
		.again_ms = asked->again_ms};
	struct err err;
	size_t at;
	struct filter *filter = filter_new(expressions[asked->kind], &schema, &at, &err);
	assert_non_null(filter);
	return event_count_new(
		event_directory_snapshot(bench->store->directory), filter, NULL, &question);
}

static const struct count_sums *finish(struct event_count *count, size_t step)
{
	uint64_t left = UINT64_MAX;
	for (;;) {
		bool is_done = event_count_step(count, step);
		const struct count_sums *sums = event_count_sums(count);
		assert_true(sums->left <= left);
		left = sums->left;
		if (is_done)
			return sums;
	}
}

static void assert_same(
	const struct asked *asked, const uint64_t *expected, const uint64_t *counted)
{
	for (size_t i = 0; i < LOG_LEVELS * asked->grid.columns; i++)
		if (expected[i] != counted[i])
			fail_msg("'%s'%s from %lld, %zu columns of %lld ms: %llu instead of %llu "
				 "lines of "
				 "%s in column %zu",
				expressions[asked->kind], asked->of_bot ? " of a bot" : "",
				(long long)(asked->grid.from_ms - T), asked->grid.columns,
				(long long)asked->grid.step_ms, (unsigned long long)counted[i],
				(unsigned long long)expected[i],
				log_level_word((enum log_level)(i / asked->grid.columns)),
				i % asked->grid.columns);
}

static void assert_counted(struct bench *bench, const struct asked *asked, size_t step)
{
	autofree uint64_t *expected = xcalloc(LOG_LEVELS * asked->grid.columns, sizeof(*expected));
	struct event_count *count = begin(bench, asked, NULL);
	expect(bench, asked, expected);
	const struct count_sums *sums = finish(count, step);
	assert_int_equal(sums->left, 0);
	assert_same(asked, expected, sums->lines);
	event_count_free(count);
}

static struct asked random_question(const struct bench *bench, struct rng *rng)
{
	static const int64_t steps[] = {1, 50, 2000, 60000, INT64_C(1) << 40};
	const struct truth *near = &bench->truths[rng_below(rng, bench->count)];
	struct asked asked = {.kind = (enum kind)rng_below(rng, KINDS),
		.behind = EVENT_KEY_FIRST,
		.of_bot = rng_below(rng, 4) == 0};
	asked.grid = (struct count_grid){near->wall_ms - (int64_t)rng_below(rng, 3000),
		steps[rng_below(rng, COUNT_OF(steps))], 1 + (size_t)rng_below(rng, 200)};
	if (rng_below(rng, 3) == 0)
		asked.grid.from_ms = T - 5000;
	/* Behind a line of a file: the numbers of lines in memory are the writer's affair. */
	near = &bench->truths[rng_below(rng, bench->count)];
	if (near->source >= 100 && rng_below(rng, 3) == 0)
		asked.behind = (struct event_key){near->wall_ms, near->source, near->seq};
	return asked;
}

static void assert_random_counts(struct bench *bench, int rounds, struct rng *rng)
{
	for (int i = 0; i < rounds; i++) {
		struct asked asked = random_question(bench, rng);
		assert_counted(bench, &asked, 1 + (size_t)rng_below(rng, 6000));
	}
}

/* ---- tests ---- */

static void whatever_is_indexed_the_counts_are_those_of_all_lines(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 21);
	add_file(bench, 0, 40000, 30, &rng);
	add_file(bench, 1, 9000, 10, &rng);
	add_memory(bench, 5000, T, &rng);
	assert_true(file_index_segments(bench->logs[0].stream->index) >= 2);
	assert_random_counts(bench, 40, &rng);
	for (size_t i = 0; i < FILES; i++) {
		size_t segment;
		while (file_index_next(bench->logs[i].stream->index, &segment))
			assert_true(file_index_read(bench->logs[i].stream->index, segment));
	}
	assert_random_counts(bench, 80, &rng);
}

/* As of a bot that writes its local time: what is claimed to be of later is of when it came, indexed or not. */
static void of_a_clock_that_is_ahead_nothing_is_counted_in_the_future(void **state)
{
	struct bench *bench = *state;
	struct log *log = &bench->logs[0];
	for (int i = 0; i < 40000; i++)
		str_addf(&log->text, "{\"level\":30,\"time\":%lld,\"msg\":\"%d %0*d\"}\n",
			(long long)T + 3 * 3600000 + i, i, 160, 0);
	log->now_ms = T;
	open_log(bench, 0, false);
	struct asked asked = {.grid = {T - 3600000, 3660000, 1}, .behind = EVENT_KEY_FIRST};
	for (int round = 0; round < 2; round++) {
		struct event_count *count = begin(bench, &asked, NULL);
		const struct count_sums *sums = finish(count, 1000);
		assert_int_equal(sums->lines[LOG_LEVEL_INFO], 40000);
		assert_int_equal(sums->after, 0);
		event_count_free(count);
	}
}

/* What came since goes on top, and makes what a count of everything makes. */
static void a_count_goes_on_from_the_marks_of_the_one_before(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 22);
	add_file(bench, 0, 2000, 30, &rng);
	open_log(bench, 1, true);
	add_memory(bench, 3000, T, &rng);
	for (enum kind kind = ALL; kind < KINDS; kind++) {
		struct asked asked = {.grid = {T - 1000, 1000, 150},
			.behind = EVENT_KEY_FIRST,
			.kind = kind,
			.again_ms = INT64_MIN};
		uint64_t expected[LOG_LEVELS * 150], summed[LOG_LEVELS * 150];
		struct event_count *count = begin(bench, &asked, NULL);
		memcpy(summed, finish(count, 500)->lines, sizeof(summed));
		autofree struct event_marks *marks = event_count_marks(count);
		event_count_free(count);
		add_memory(bench, 500, T + 1000 * (int64_t)kind, &rng);
		grow_log(bench, 1, 300, &rng);
		count = begin(bench, &asked, marks);
		const struct count_sums *sums = finish(count, 500);
		assert_true(sums->cost < 5000 + 500 * (uint64_t)kind);
		for (size_t i = 0; i < COUNT_OF(summed); i++)
			summed[i] += sums->lines[i];
		event_count_free(count);
		expect(bench, &asked, expected);
		assert_same(&asked, expected, summed);
	}
}

/* What is to be counted anew is, and nothing twice. */
static void of_some_columns_all_is_counted_again(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 28);
	add_file(bench, 0, 3000, 30, &rng);
	open_log(bench, 1, true);
	add_memory(bench, 3000, T, &rng);
	grow_log(bench, 1, 300, &rng);
	for (int round = 0; round < 40; round++) {
		uint64_t expected[LOG_LEVELS * 150], summed[LOG_LEVELS * 150];
		size_t first = (size_t)rng_below(&rng, 150);
		struct asked asked = {.grid = {T - 1000, 1000, 150},
			.behind = EVENT_KEY_FIRST,
			.kind = (enum kind)rng_below(&rng, KINDS),
			.again_ms = INT64_MIN};
		struct event_count *count = begin(bench, &asked, NULL);
		memcpy(summed, finish(count, 500)->lines, sizeof(summed));
		autofree struct event_marks *marks = event_count_marks(count);
		event_count_free(count);
		add_memory(bench, 50, T + 500 * round, &rng);
		grow_log(bench, 1, 30, &rng);
		asked.again_ms = T - 1000 + (int64_t)first * 1000;
		count = begin(bench, &asked, marks);
		const struct count_sums *sums = finish(count, 1 + (size_t)rng_below(&rng, 900));
		for (size_t i = 0; i < COUNT_OF(summed); i++)
			summed[i] = sums->lines[i] + (i % 150 < first ? 0 : summed[i]);
		event_count_free(count);
		expect(bench, &asked, expected);
		assert_same(&asked, expected, summed);
	}
}

/* With another grid nothing can be added to what was counted before. */
static void what_is_begun_again_counts_the_lines_before_the_marks_too(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 29);
	add_file(bench, 0, 3000, 30, &rng);
	open_log(bench, 1, true);
	add_memory(bench, 3000, T, &rng);
	grow_log(bench, 1, 300, &rng);
	struct asked asked = {
		.grid = {T - 1000, 1000, 150}, .behind = EVENT_KEY_FIRST, .again_ms = INT64_MIN};
	struct event_count *count = begin(bench, &asked, NULL);
	autofree struct event_marks *marks = event_count_marks(count);
	event_count_free(count);
	add_memory(bench, 50, T, &rng);
	for (int round = 0; round < 2; round++) {
		uint64_t expected[LOG_LEVELS * 75];
		asked.grid = (struct count_grid){T - 1000, 1000, 150};
		asked.again_ms = round ? T + 4000 : INT64_MIN;
		count = begin(bench, &asked, marks);
		(void)finish(count, 500);
		asked.grid = (struct count_grid){T - 1000, 2000, 75};
		event_count_again(count, &asked.grid);
		expect(bench, &asked, expected);
		assert_same(&asked, expected, finish(count, 500)->lines);
		event_count_free(count);
	}
}

/* Ten thousand lines in one column are one look at each block, once they are indexed. */
static void what_lies_in_one_column_is_not_looked_at_line_by_line(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	size_t segment;
	rng_init(&rng, 23);
	add_file(bench, 0, 40000, 30, &rng);
	while (file_index_next(bench->logs[0].stream->index, &segment))
		assert_true(file_index_read(bench->logs[0].stream->index, segment));
	const struct asked asked = {.grid = {T - 10000, 3600000, 1}, .behind = EVENT_KEY_FIRST};
	struct event_count *count = begin(bench, &asked, NULL);
	assert_true(event_count_step(count, 1000));
	event_count_free(count);
}

/* One segment tells where it ends; what lies before it is not asked any more. */
static void of_files_that_nobody_has_read_what_is_not_asked_for_is_hardly_looked_at(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	rng_init(&rng, 30);
	add_file(bench, 0, 120000, 1000000, &rng);
	size_t segments = file_index_segments(bench->logs[0].stream->index);
	assert_true(segments >= 4);
	const struct truth *last = &bench->truths[bench->count - 1];
	const struct asked asked = {.grid = {INT64_MIN / 2, INT64_MAX, 1},
		.behind = {last->wall_ms, last->source, last->seq}};
	struct event_count *count = begin(bench, &asked, NULL);
	const struct count_sums *sums = finish(count, 100);
	uint64_t of_last = file_index_offset(bench->logs[0].stream->index, segments) -
			   file_index_offset(bench->logs[0].stream->index, segments - 1);
	assert_true(sums->cost < of_last / 64 + 256 + segments);
	assert_int_equal(sums->before + sums->after, 0);
	event_count_free(count);
}

static void a_grid_has_a_usual_step_and_holds_its_span(void **state)
{
	struct rng rng;
	(void)state;
	rng_init(&rng, 24);
	struct count_grid grid = count_grid_of(T, T + 300000, 62);
	assert_int_equal(grid.step_ms, 5000);
	assert_true(grid.from_ms % 5000 == 0);
	for (int i = 0; i < 2000; i++) {
		int64_t from_ms = (int64_t)rng_below(&rng, UINT64_C(1) << 42) - (INT64_C(1) << 40);
		int64_t to_ms =
			from_ms + 1 + (int64_t)rng_below(&rng, UINT64_C(1) << rng_below(&rng, 42));
		size_t columns = 2 + (size_t)rng_below(&rng, 300);
		grid = count_grid_of(from_ms, to_ms, columns);
		assert_true(grid.columns >= 1 && grid.columns <= columns);
		assert_true(grid.from_ms <= from_ms && grid.from_ms > from_ms - grid.step_ms);
		assert_true(grid.from_ms + (int64_t)grid.columns * grid.step_ms >= to_ms);
	}
}

static void a_grid_of_any_two_times_is_one_that_can_be_counted_in(void **state)
{
	static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -(INT64_C(1) << 52), -T, -1, 0, 1,
		T, INT64_C(1) << 52, INT64_MAX - 1, INT64_MAX};
	static const size_t columns[] = {0, 1, 2, 1000};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(times) * COUNT_OF(times) * COUNT_OF(columns); i++) {
		int64_t from_ms = times[i % COUNT_OF(times)];
		int64_t to_ms = times[i / COUNT_OF(times) % COUNT_OF(times)];
		size_t most = columns[i / COUNT_OF(times) / COUNT_OF(times)];
		struct count_grid grid = count_grid_of(from_ms, to_ms, most);
		assert_true(grid.columns >= 1 && grid.columns <= (most > 2 ? most : 2));
		assert_true(grid.step_ms > 0 && grid.step_ms < INT64_C(1) << 56);
		assert_true(grid.from_ms > -(INT64_C(1) << 56) && grid.from_ms < INT64_C(1) << 53);
		if (from_ms < to_ms && to_ms <= INT64_C(1) << 52)
			assert_true(grid.from_ms + (int64_t)grid.columns * grid.step_ms >= to_ms);
	}
}

static void the_span_of_a_store_is_told_from_its_ends(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	int64_t first_ms, last_ms;
	struct event_snapshot *snapshot = event_directory_snapshot(bench->store->directory);
	assert_false(event_snapshot_span(snapshot, &first_ms, &last_ms));
	event_snapshot_free(snapshot);
	rng_init(&rng, 25);
	add_file(bench, 0, 60000, 1000000, &rng);
	snapshot = event_directory_snapshot(bench->store->directory);
	assert_true(event_snapshot_span(snapshot, &first_ms, &last_ms));
	assert_int_equal(file_index_progress(bench->logs[0].stream->index).done, 0);
	assert_true(first_ms == bench->truths[0].wall_ms);
	assert_true(last_ms <= bench->truths[bench->count - 1].wall_ms && last_ms > T + 60000);
	event_snapshot_free(snapshot);
}

/* A log of last week is not one bar because botswain says something today. */
static void our_own_events_do_not_stretch_the_span_of_a_log(void **state)
{
	struct bench *bench = *state;
	struct rng rng;
	int64_t first_ms, last_ms, day_ms = 86400000;
	const int64_t own_ms[] = {T - 300, T, T + day_ms};
	rng_init(&rng, 26);
	add_memory(bench, 100, T - 900, &rng);
	for (size_t i = 0; i < COUNT_OF(own_ms); i++) {
		event_store_add(bench->store, 3, own_ms[i], NULL, "own");
		event_store_deliver(bench->store);
		struct event_snapshot *snapshot = event_directory_snapshot(bench->store->directory);
		assert_true(event_snapshot_span(snapshot, &first_ms, &last_ms));
		assert_true(first_ms >= T - 1900 && first_ms <= T - 300);
		assert_true(last_ms <= T + 2000);
		event_snapshot_free(snapshot);
	}
}

int main(void)
{
#define COUNT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		COUNT_TEST(whatever_is_indexed_the_counts_are_those_of_all_lines),
		COUNT_TEST(of_a_clock_that_is_ahead_nothing_is_counted_in_the_future),
		COUNT_TEST(a_count_goes_on_from_the_marks_of_the_one_before),
		COUNT_TEST(of_some_columns_all_is_counted_again),
		COUNT_TEST(what_is_begun_again_counts_the_lines_before_the_marks_too),
		COUNT_TEST(what_lies_in_one_column_is_not_looked_at_line_by_line),
		COUNT_TEST(of_files_that_nobody_has_read_what_is_not_asked_for_is_hardly_looked_at),
		COUNT_TEST(a_grid_has_a_usual_step_and_holds_its_span),
		COUNT_TEST(a_grid_of_any_two_times_is_one_that_can_be_counted_in),
		COUNT_TEST(our_own_events_do_not_stretch_the_span_of_a_log),
		COUNT_TEST(the_span_of_a_store_is_told_from_its_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
