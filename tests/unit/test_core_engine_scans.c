/* SPDX-License-Identifier: MIT */
/* Windows and seeks that take long: what a client hears meanwhile, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/secret.h"
#include "core/base/str.h"
#include "core/events/writer.h"
#include "core/collect/hub.h"
#include "core/collect/vault.h"
#include "core/engine/event_job.h"
#include "core/engine/internal.h"
#include "core/engine/peer.h"
#include "core/engine/query_pool.h"
#include "core/engine/server.h"
#include "core/engine/window_job.h"
#include "core/engine/windows.h"
#include "tests/support/engine_harness.h"

enum {
	LINES = 200000,
	RARE_EVERY = 20000,
	BATCH = 5000,
	STEP_MS = 10,
	GAP_MS = 50, /* 20 a second */
	TRIES = 100000,
	HEARD_MAX = 4096,
};

static const char config[] = "state_dir: /nowhere/state\n"
			     "bots:\n"
			     "  - {name: orders, token: {file: /nowhere/t1}}\n";

struct heard {
	struct msg_any message;
	int64_t mono_ms;
};

struct scene {
	struct harness *harness;
	struct harness_screen *screen;
	struct event_writer *writer, *slow;
	struct heard heard[HEARD_MAX];
	size_t count;
};

static struct event_writer *writer_of(struct harness *harness, const char *name)
{
	const struct event_source source = {
		.id = entity_id("source", name), .name = name, .bot = "orders"};
	return event_writer_new(&source, NULL, &harness->clock);
}

static void post(struct scene *scene, struct event_writer *writer)
{
	assert_true(event_writer_post(writer, engine_mailbox(scene->harness->engine), true));
	harness_settle(scene->harness);
}

static void write_line(struct event_writer *writer, int64_t wall_ms, const char *text)
{
	const struct event_input input = {
		.wall_ms = wall_ms, .level = LOG_LEVEL_INFO, .message = text};
	event_writer_event(writer, &input);
}

/* Old to new: one line a millisecond, the last one now; each RARE_EVERY-th holds a needle. */
static void write_store(struct scene *scene)
{
	int64_t first_ms = clock_wall_ms(&scene->harness->clock) - LINES;
	for (int i = 0; i < LINES; i++) {
		write_line(scene->writer, first_ms + i, i % RARE_EVERY ? "tick" : "needle");
		if (i % BATCH == BATCH - 1)
			post(scene, scene->writer);
	}
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	scene->harness = harness_new(config);
	scene->screen = harness_attach(scene->harness);
	scene->writer = writer_of(scene->harness, "orders.log");
	scene->slow = writer_of(scene->harness, "slow.log");
	write_store(scene);
	*state = scene;
	return 0;
}

static void forget(struct scene *scene)
{
	while (scene->count)
		msg_any_release(&scene->heard[--scene->count].message);
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	forget(scene);
	event_writer_free(scene->writer);
	event_writer_free(scene->slow);
	harness_detach(scene->screen);
	harness_free(scene->harness);
	free(scene);
	return 0;
}

static void hear(void *context, enum msg_kind kind, const void *body)
{
	struct scene *scene = context;
	assert_true(scene->count < HEARD_MAX);
	scene->heard[scene->count++] =
		(struct heard){{kind, msg_copy(kind, body)}, clock_mono_ms(&scene->harness->clock)};
}

/* One turn of both ends; then a moment passes. */
static void turn(struct scene *scene)
{
	(void)engine_turn(scene->harness->engine, 1);
	client_pump(scene->screen->client, scene->screen->model,
		clock_mono_ms(&scene->harness->clock), hear, scene);
	clock_advance(&scene->harness->clock, STEP_MS);
}

static void say(struct scene *scene, const char *line)
{
	struct msg_any message;
	struct err err;
	if (!msg_parse(line, &message, &err))
		fail_msg("'%s': %s", line, err.text);
	client_send(scene->screen->client, message.kind, message.body);
	msg_any_release(&message);
	client_pump(scene->screen->client, scene->screen->model, 0, hear, scene);
}

static const void *last_of(const struct scene *scene, enum msg_kind kind)
{
	for (size_t i = scene->count; i-- > 0;)
		if (scene->heard[i].message.kind == kind)
			return scene->heard[i].message.body;
	return NULL;
}

static const void *await(struct scene *scene, enum msg_kind kind)
{
	for (int i = 0; i < TRIES && !last_of(scene, kind); i++)
		turn(scene);
	const void *body = last_of(scene, kind);
	assert_non_null(body);
	return body;
}

static const struct msg_win_rows *await_rows(struct scene *scene, uint64_t generation)
{
	const struct msg_win_rows *rows = NULL;
	for (int i = 0; i < TRIES; i++) {
		rows = last_of(scene, MSG_win_rows);
		if (rows && rows->done && rows->generation == generation)
			return rows;
		turn(scene);
	}
	fail_msg("generation %llu was not answered", (unsigned long long)generation);
	return rows;
}

/* Of whatever was heard, not only at the end: windows are answered in any order. */
static const struct msg_win_rows *await_rows_of(struct scene *scene, uint64_t window)
{
	for (int i = 0; i < TRIES / 20; i++) { /* of a few lines */
		for (size_t at = 0; at < scene->count; at++) {
			const struct msg_win_rows *rows = scene->heard[at].message.body;
			if (scene->heard[at].message.kind == MSG_win_rows && rows->done &&
				rows->window == window)
				return rows;
		}
		turn(scene);
	}
	fail_msg("window %llu was not answered", (unsigned long long)window);
	return NULL;
}

static const struct msg_seek *await_seek(struct scene *scene)
{
	const struct msg_seek *seek = await(scene, MSG_seek);
	for (int i = 0; i < TRIES && !seek->done; i++) {
		turn(scene);
		seek = last_of(scene, MSG_seek);
	}
	assert_true(seek->done);
	return seek;
}

/* A seek's end is told at once, whatever was told before. */
static bool is_end_of_seek(const struct msg_any *message)
{
	return message->kind == MSG_seek && ((const struct msg_seek *)message->body)->done;
}

/* How many parts there are; fails when two are nearer than 20 a second allow. */
static size_t count_spaced(const struct scene *scene, enum msg_kind kind)
{
	size_t count = 0;
	int64_t before_ms = INT64_MIN / 2;
	for (size_t i = 0; i < scene->count; i++) {
		if (scene->heard[i].message.kind != kind)
			continue;
		if (!is_end_of_seek(&scene->heard[i].message))
			assert_true(scene->heard[i].mono_ms - before_ms >= GAP_MS);
		before_ms = scene->heard[i].mono_ms;
		count++;
	}
	return count;
}

static struct peer *peer_of(struct scene *scene)
{
	struct peer *peer = server_peer_at(scene->harness->engine->server, 0);
	assert_non_null(peer);
	return peer;
}

/* ---- windows ---- */

static void a_long_answer_comes_in_parts_twenty_a_second_and_the_last_says_so(void **state)
{
	struct scene *scene = *state;
	int64_t back_ms = INT64_MAX;
	size_t rows = 0;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	await_rows(scene, 1);
	assert_true(count_spaced(scene, MSG_win_rows) >= 5);
	for (size_t i = 0; i < scene->count; i++) {
		const struct msg_win_rows *part = scene->heard[i].message.body;
		assert_int_equal(part->replace, i == 0);
		assert_int_equal(part->done, i == scene->count - 1);
		assert_true(part->scanned_from_ms < back_ms);
		back_ms = part->scanned_from_ms;
		for (size_t r = 0; r < part->rows_count; r++) /* older from part to part */
			assert_true(part->rows[r].time_ms >= part->scanned_from_ms);
		rows += part->rows_count;
		assert_int_equal(part->hits, rows);
	}
	assert_int_equal(rows, LINES / RARE_EVERY);
	assert_true(((const struct msg_win_rows *)scene->heard[0].message.body)->rows_count < rows);
}

static void the_parts_together_are_the_rows_of_an_answer_in_one(void **state)
{
	enum { ROWS = 64 };
	struct scene *scene = *state;
	char keys[ROWS][64];
	size_t count = 0;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	await_rows(scene, 1);
	for (size_t i = scene->count; i-- > 0;) { /* each part is older than the one before it */
		const struct msg_win_rows *part = scene->heard[i].message.body;
		for (size_t r = 0; r < part->rows_count && count < ROWS; r++)
			copy_text(keys[count++], sizeof(keys[0]), part->rows[r].key);
	}
	forget(scene);
	say(scene, "win_open window=1 generation=2 store=\"events\" before=100 filter=\"needle\"");
	for (int i = 0; i < TRIES && !last_of(scene, MSG_win_rows); i++) { /* no part is due: */
		(void)engine_turn(scene->harness->engine, 1); /* the clock stands still */
		client_pump(scene->screen->client, scene->screen->model, 0, hear, scene);
	}
	const struct msg_win_rows *whole = await(scene, MSG_win_rows);
	assert_true(whole->done && whole->replace);
	assert_int_equal(whole->rows_count, count);
	for (size_t r = 0; r < count; r++)
		assert_string_equal(whole->rows[r].key, keys[r]);
}

static void a_newer_generation_ends_what_is_under_way(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	await(scene, MSG_win_rows);
	struct query *old = &peer_of(scene)->windows->windows[0].job->query;
	query_ref(old);
	say(scene, "win_open window=1 generation=2 store=\"events\" before=3 filter=\"tick\"");
	await_rows(scene, 2);
	assert_true(query_cancelled(old));
	query_unref(old);
	forget(scene);
	for (int i = 0; i < 100; i++)
		turn(scene);
	assert_null(last_of(scene, MSG_win_rows));
}

static void a_long_answer_lets_others_have_their_turn(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	say(scene, "win_open window=2 generation=1 store=\"events\" before=100 filter=\"needle\"");
	say(scene, "win_open window=3 generation=1 store=\"series\" from_ms=-1000 columns=1");
	await(scene, MSG_win_points);
	for (size_t i = 0; i < scene->count; i++)
		if (scene->heard[i].message.kind == MSG_win_rows)
			assert_false(
				((const struct msg_win_rows *)scene->heard[i].message.body)->done);
}

static void a_client_that_reads_nothing_is_sent_no_further_part(void **state)
{
	struct scene *scene = *state;
	struct peer *peer = peer_of(scene);
	say(scene, "win_open window=1 generation=1 store=\"events\" before=100 filter=\"needle\"");
	await(scene, MSG_win_rows);
	const struct msg_turn filler = {.number = 1};
	for (size_t sent = 0; sent < 4 << 20;
		sent = peer->out.length) /* more than a socket takes */
		peer_send(peer, MSG_turn, &filler);
	(void)engine_turn(scene->harness->engine, 0);
	uint64_t told_ms = (uint64_t)peer->windows->windows[0].told_mono_ms;
	while (peer->windows->windows[0].job) {
		size_t backlog = peer_backlog(peer);
		assert_true(backlog > 0);
		clock_advance(&scene->harness->clock, 1);
		(void)engine_turn(scene->harness->engine, 1);
		if (peer->windows->windows[0].job)
			assert_int_equal(peer->windows->windows[0].told_mono_ms, told_ms);
	}
}

/* ---- following ---- */

static const struct msg_win_rows *next_rows(struct scene *scene)
{
	forget(scene);
	return await(scene, MSG_win_rows);
}

static void a_followed_end_sends_only_what_is_new_and_where_it_belongs(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
		   "filter=\"needle or more\"");
	const struct msg_win_rows *rows = await_rows(scene, 1);
	uint64_t hits = rows->hits, hidden = rows->hidden;
	int64_t now_ms = clock_wall_ms(&scene->harness->clock);
	write_line(scene->writer, now_ms, "tick");
	write_line(scene->writer, now_ms, "more 1");
	write_line(scene->writer, now_ms + 1, "more 2");
	post(scene, scene->writer);
	rows = next_rows(scene);
	assert_false(rows->replace);
	assert_true(rows->done);
	assert_int_equal(rows->rows_count, 2);
	assert_string_equal(rows->rows[1].text, "more 2");
	assert_int_equal(rows->hits, hits + 2);
	assert_int_equal(rows->hidden, hidden + 1);
	write_line(scene->slow, now_ms - 1, "more, but late");
	post(scene, scene->slow);
	rows = next_rows(scene);
	assert_false(rows->replace);
	assert_int_equal(rows->rows_count, 1);
	assert_string_equal(rows->rows[0].text, "more, but late");
	assert_int_equal(rows->rows[0].time_ms, now_ms - 1);
}

static void a_line_from_before_what_was_sent_makes_no_gap_in_it(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	const struct msg_win_rows *rows = await_rows(scene, 1);
	uint64_t more = rows->more_before;
	int64_t oldest_ms = rows->rows[0].time_ms;
	assert_true(more > 0);
	write_line(scene->slow, oldest_ms - 1000, "long ago");
	post(scene, scene->slow);
	rows = next_rows(scene);
	assert_int_equal(rows->rows_count, 0);
	assert_int_equal(rows->more_before, more + 1);
}

/* Between two late lines, and between them and what was sent, are lines that were not sent. */
static void a_second_line_from_before_what_was_sent_makes_no_gap_either(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	const struct msg_win_rows *rows = await_rows(scene, 1);
	uint64_t more = rows->more_before;
	int64_t oldest_ms = rows->rows[0].time_ms;
	for (uint64_t i = 1; i <= 3; i++) {
		write_line(scene->slow, oldest_ms - 1000 + (int64_t)i, "late");
		post(scene, scene->slow);
		rows = next_rows(scene);
		assert_false(rows->replace);
		assert_int_equal(rows->rows_count, 0);
		assert_int_equal(rows->more_before, more + i);
	}
}

static void a_late_line_makes_no_gap_where_hardly_a_line_was_left(void **state)
{
	struct scene *scene = *state;
	struct event_writer *other = writer_of(scene->harness, "other.log");
	int64_t first_ms = HARNESS_START_MS - LINES - 1000;
	for (int i = 0; i < 31; i++) /* one more than three pages; hits are rare */
		write_line(scene->slow, first_ms + i, "rare");
	post(scene, scene->slow);
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
		   "filter=\"rare\"");
	const struct msg_win_rows *rows = await_rows(scene, 1);
	assert_int_equal(rows->hits, 30);
	assert_int_equal(rows->more_before, 1);
	write_line(other, first_ms - 1, "rare");
	post(scene, other);
	rows = next_rows(scene);
	assert_false(rows->replace);
	assert_int_equal(rows->rows_count, 0);
	assert_int_equal(rows->more_before, 2);
	event_writer_free(other);
}

static void more_news_than_a_page_takes_its_place(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	uint64_t more = await_rows(scene, 1)->more_before;
	int64_t now_ms = clock_wall_ms(&scene->harness->clock);
	for (int i = 0; i < 100; i++)
		write_line(scene->writer, now_ms + i, "flood");
	post(scene, scene->writer);
	const struct msg_win_rows *rows = next_rows(scene);
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, 30);
	assert_int_equal(rows->rows[29].time_ms, now_ms + 99);
	assert_true(rows->more_before > more);
}

static void a_page_of_late_lines_does_not_hide_the_newest(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true");
	const struct msg_win_rows *rows = await_rows(scene, 1);
	int64_t newest_ms = rows->rows[29].time_ms;
	for (int i = 0; i < 100; i++)
		write_line(scene->slow, newest_ms - 10, "late");
	post(scene, scene->slow);
	rows = next_rows(scene);
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, 30);
	assert_int_equal(rows->rows[29].time_ms, newest_ms);
	assert_string_equal(rows->rows[0].text, "late");
}

static void rows_leave_a_followed_end_when_their_time_is_over(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
		   "filter=\"needle time>-5m\"");
	assert_int_equal(await_rows(scene, 1)->hits, LINES / RARE_EVERY);
	clock_advance(&scene->harness->clock, 600000);
	write_line(scene->writer, clock_wall_ms(&scene->harness->clock), "needle");
	post(scene, scene->writer);
	const struct msg_win_rows *rows = next_rows(scene);
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, 1);
}

static void rows_that_are_held_stay_while_they_are_looked_for_again(void **state)
{
	struct scene *scene = *state;
	const struct msg_win_rows *rows;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
		   "filter=\"needle time>-1h\"");
	assert_int_equal(await_rows(scene, 1)->hits, LINES / RARE_EVERY);
	forget(scene);
	write_line(scene->writer, clock_wall_ms(&scene->harness->clock), "tick");
	post(scene, scene->writer);
	await_rows(scene, 1);
	for (size_t i = 0; i < scene->count; i++) {
		assert_int_equal(scene->heard[i].message.kind, MSG_win_rows);
		rows = scene->heard[i].message.body;
		assert_true(rows->done);
		assert_int_equal(rows->rows_count, LINES / RARE_EVERY);
	}
}

/* A source reads its secret late; the first member of the sources is their hub. */
static void learn_secret(struct scene *scene, const char *text)
{
	const struct hub *hub = (const struct hub *)(const void *)scene->harness->engine->collect;
	struct secret secret = {.length = 0};
	secret_set(&secret, text, strlen(text));
	vault_put(hub->vault, "bot/orders", &secret);
	vault_publish(hub->vault);
	secret_release(&secret);
}

/* An engine with workers, where a line shows what nobody knows for a secret yet. */
static void write_a_secret(struct scene *scene)
{
	const struct engine_options options = {.workers = true};
	harness_detach(scene->screen);
	harness_free(scene->harness);
	scene->harness = harness_open("state_dir: /nowhere/state\n", &options);
	scene->screen = harness_attach(scene->harness);
	event_writer_free(scene->writer);
	scene->writer = writer_of(scene->harness, "orders.log");
	write_line(scene->writer, HARNESS_START_MS, "password hunter2hunter2");
	post(scene, scene->writer);
}

static void assert_no_secret(const struct msg_win_rows *rows, size_t count)
{
	assert_true(rows->replace);
	assert_int_equal(rows->rows_count, count);
	assert_null(strstr(rows->rows[0].text, "hunter2hunter2"));
}

static void rows_that_show_what_turns_out_to_be_a_secret_are_sent_again(void **state)
{
	struct scene *scene = *state;
	write_a_secret(scene);
	say(scene, "win_open window=1 generation=1 store=\"events\" before=10 follow=true "
		   "filter=\"source=orders.log\"");
	assert_non_null(strstr(await_rows(scene, 1)->rows[0].text, "hunter2hunter2"));
	learn_secret(scene, "hunter2hunter2");
	write_line(scene->writer, HARNESS_START_MS, "news");
	post(scene, scene->writer);
	assert_no_secret(next_rows(scene), 2);
}

static void they_are_sent_again_without_news_and_wherever_their_window_stands(void **state)
{
	static const char *const stands[] = {"follow=true", "after=10 anchor=\"1/0/0\" follow=true",
		"after=10 anchor=\"1/0/0\"", ""};
	struct scene *scene = *state;
	write_a_secret(scene);
	uint64_t news = scene->harness->engine->event_changes;
	for (uint64_t i = 1; i <= COUNT_OF(stands); i++) {
		autofree char *line = xasprintf("win_open window=%d generation=%d store=\"events\" "
						"before=10 filter=\"source=orders.log\" %s",
			(int)i, (int)i, stands[i - 1]);
		say(scene, line);
		assert_non_null(strstr(await_rows(scene, i)->rows[0].text, "hunter2hunter2"));
	}
	learn_secret(scene, "hunter2hunter2");
	forget(scene);
	for (uint64_t i = 1; i <= COUNT_OF(stands); i++)
		assert_no_secret(await_rows_of(scene, i), 1);
	assert_int_equal(scene->harness->engine->event_changes, news);
	forget(scene);
	for (int i = 0; i < 3 * BEAT_MS / STEP_MS; i++)
		turn(scene);
	assert_null(last_of(scene, MSG_win_rows)); /* once */
}

/* ---- seeks ---- */

static void a_long_seek_says_how_far_it_is_and_then_where(void **state)
{
	struct scene *scene = *state;
	int64_t first_ms = HARNESS_START_MS - LINES, at_ms = INT64_MAX;
	write_line(scene->slow, first_ms, "the only one");
	post(scene, scene->slow);
	say(scene, "seek_req req=1 window=1 backwards=true expression=\"\\\"the only one\\\"\"");
	const struct msg_seek *seek = await_seek(scene);
	assert_true(count_spaced(scene, MSG_seek) >= 5);
	assert_string_equal(seek->error, "");
	assert_true(strtoll(seek->key, NULL, 10) <= first_ms + 1000);
	for (size_t i = 0; i < scene->count; i++) {
		const struct msg_seek *part = scene->heard[i].message.body;
		assert_int_equal(part->req, 1);
		assert_int_equal(part->done, i == scene->count - 1);
		assert_true(part->scanned_ms < at_ms);
		at_ms = part->scanned_ms;
	}
	forget(scene);
	say(scene, "seek_req req=1 window=1 backwards=true"); /* repeated: only its end is */
	assert_true(((const struct msg_seek *)await(scene, MSG_seek))->done);
}

static void assert_ends_with(struct scene *scene, struct query *query, const char *words)
{
	const struct msg_seek *seek = await_seek(scene);
	assert_int_equal(seek->req, 1);
	assert_non_null(strstr(seek->error, words));
	assert_true(query_cancelled(query));
	query_unref(query);
	forget(scene);
	for (int i = 0; i < 100; i++)
		turn(scene);
	assert_null(last_of(scene, MSG_seek));
}

static struct query *seek_nothing(struct scene *scene)
{
	say(scene, "seek_req req=1 window=1 backwards=true expression=\"nothing like it\"");
	assert_false(((const struct msg_seek *)await(scene, MSG_seek))->done);
	struct query *query = peer_of(scene)->seek;
	query_ref(query);
	return query;
}

static void a_seek_is_stopped_by_its_client(void **state)
{
	struct scene *scene = *state;
	struct query *query = seek_nothing(scene);
	say(scene, "seek_stop req=7"); /* of another */
	turn(scene);
	assert_false(query_cancelled(query));
	say(scene, "seek_stop req=1");
	assert_ends_with(scene, query, "stopped");
}

static void a_seek_that_is_asked_for_again_goes_on(void **state)
{
	struct scene *scene = *state;
	struct query *query = seek_nothing(scene);
	say(scene, "seek_req req=1 window=1 backwards=true expression=\"nothing like it\"");
	turn(scene);
	assert_false(query_cancelled(query));
	assert_ptr_equal(peer_of(scene)->seek, query);
	query_unref(query);
	assert_string_equal(await_seek(scene)->error, "");
	forget(scene);
	for (int i = 0; i < 100; i++)
		turn(scene);
	assert_null(last_of(scene, MSG_seek)); /* one answer to both */
}

static void a_seek_ends_when_its_window_looks_for_something_else(void **state)
{
	struct scene *scene = *state;
	say(scene, "win_open window=1 generation=1 store=\"events\" before=3");
	await_rows(scene, 1);
	struct query *query = seek_nothing(scene);
	say(scene, "win_open window=1 generation=2 store=\"events\" before=5");
	await_rows(scene, 2);
	assert_false(query_cancelled(query)); /* it only moved */
	say(scene, "win_open window=1 generation=3 store=\"events\" before=5 filter=\"tick\"");
	assert_ends_with(scene, query, "something else");
}

static void the_next_error_is_found_without_reading_what_has_none(void **state)
{
	struct scene *scene = *state;
	const struct event_input input = {
		.wall_ms = HARNESS_START_MS - LINES, .level = LOG_LEVEL_ERROR, .message = "boom"};
	event_writer_event(scene->slow, &input);
	post(scene, scene->slow);
	say(scene, "seek_req req=1 window=1 backwards=true expression=\"level>=error\"");
	const struct msg_seek *seek = await_seek(scene);
	assert_int_equal(count_spaced(scene, MSG_seek), 1); /* one slice was enough */
	assert_true(seek->key[0] != '\0');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_answer_comes_in_parts_twenty_a_second_and_the_last_says_so),
		TEST(the_parts_together_are_the_rows_of_an_answer_in_one),
		TEST(a_newer_generation_ends_what_is_under_way),
		TEST(a_long_answer_lets_others_have_their_turn),
		TEST(a_client_that_reads_nothing_is_sent_no_further_part),
		TEST(a_followed_end_sends_only_what_is_new_and_where_it_belongs),
		TEST(a_line_from_before_what_was_sent_makes_no_gap_in_it),
		TEST(a_second_line_from_before_what_was_sent_makes_no_gap_either),
		TEST(a_late_line_makes_no_gap_where_hardly_a_line_was_left),
		TEST(more_news_than_a_page_takes_its_place),
		TEST(a_page_of_late_lines_does_not_hide_the_newest),
		TEST(rows_leave_a_followed_end_when_their_time_is_over),
		TEST(rows_that_are_held_stay_while_they_are_looked_for_again),
		TEST(rows_that_show_what_turns_out_to_be_a_secret_are_sent_again),
		TEST(they_are_sent_again_without_news_and_wherever_their_window_stands),
		TEST(a_long_seek_says_how_far_it_is_and_then_where),
		TEST(a_seek_is_stopped_by_its_client),
		TEST(a_seek_that_is_asked_for_again_goes_on),
		TEST(a_seek_ends_when_its_window_looks_for_something_else),
		TEST(the_next_error_is_found_without_reading_what_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
