/* SPDX-License-Identifier: MIT */
/* What a window holds: generations, parts, bounds. The other end of the socket is this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/msg/event_key.h"
#include "core/model/model.h"
#include "tui/link.h"
#include "tui/window.h"

struct ends {
	struct link *link;
	struct model *model;
	struct window window;
	int engine; /* our end */
};

static void nothing(void *context, enum msg_kind kind, const void *body)
{
	(void)context, (void)kind, (void)body;
}

static void say(struct ends *ends, const char *line)
{
	autostr struct str bytes = STR_INIT;
	struct msg_any any;
	struct err err;
	if (!msg_parse(line, &any, &err))
		fail_msg("%s", err.text);
	msg_encode(any.kind, any.body, &bytes);
	msg_any_release(&any);
	assert_int_equal(write(ends->engine, bytes.text, bytes.length), (ssize_t)bytes.length);
	(void)link_step(ends->link, ends->model, 1, nothing, NULL);
}

static int setup(void **state)
{
	struct ends *ends = xcalloc(1, sizeof(*ends));
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ends->engine = fds[1];
	ends->model = model_new();
	ends->link = link_over(client_over(fds[0], "state", "screen", true));
	window_init(&ends->window, WINDOW_LOGS);
	say(ends, "welcome protocol=1 engine=\"state\" operator=\"me\"");
	assert_non_null(link_welcome(ends->link));
	*state = ends;
	return 0;
}

static int teardown(void **state)
{
	struct ends *ends = *state;
	window_release(&ends->window);
	link_free(ends->link);
	model_free(ends->model);
	close(ends->engine);
	free(ends);
	return 0;
}

static void ask(struct ends *ends, const char *filter)
{
	autofree char *copy = xstrdup(filter);
	struct msg_win_open wish = {.filter = copy, .before = 10, .follow = true};
	window_ask(&ends->window, ends->link, &wish);
}

static bool take(struct ends *ends, const char *line)
{
	struct msg_any any;
	struct err err;
	if (!msg_parse(line, &any, &err))
		fail_msg("%s", err.text);
	bool taken = window_take(&ends->window, any.kind, any.body);
	msg_any_release(&any);
	return taken;
}

static void the_same_wish_is_asked_once(void **state)
{
	struct ends *ends = *state;
	ask(ends, "a");
	ask(ends, "a");
	assert_int_equal(ends->window.wish.generation, 1);
	ask(ends, "b");
	assert_int_equal(ends->window.wish.generation, 2);
	window_forget(&ends->window);
	ask(ends, "b");
	assert_int_equal(ends->window.wish.generation, 3);
}

static void answers_to_older_questions_are_dropped(void **state)
{
	struct ends *ends = *state;
	ask(ends, "a");
	ask(ends, "b");
	assert_false(take(ends, "win_rows window=1 generation=1 replace=true rows=[{key=\"1\"}]"));
	assert_false(take(ends, "win_rows window=2 generation=2 replace=true rows=[{key=\"1\"}]"));
	assert_int_equal(ends->window.count, 0);
	assert_true(take(ends, "win_rows window=1 generation=2 replace=true rows=[{key=\"1\"}]"));
	assert_int_equal(ends->window.count, 1);
}

static void old_rows_stay_until_the_first_new_part_comes(void **state)
{
	struct ends *ends = *state;
	ask(ends, "a");
	assert_true(take(
		ends, "win_rows window=1 generation=1 replace=true rows=[{key=\"1\"}] done=true"));
	ask(ends, "b");
	assert_false(ends->window.answered);
	assert_int_equal(ends->window.count, 1);
	assert_true(take(ends, "win_rows window=1 generation=2 rows=[{key=\"7\"} {key=\"8\"}]"));
	assert_int_equal(ends->window.count, 2);
	assert_int_equal(window_find(&ends->window, "7"), 0);
	assert_int_equal(window_find(&ends->window, "1"), -1);
}

static void parts_are_appended_and_bounded(void **state)
{
	struct ends *ends = *state;
	ask(ends, "a");
	for (int i = 0; i < WINDOW_ROWS_MAX + 50; i++) {
		char line[96];
		snprintf(line, sizeof(line), "win_rows window=1 generation=1 rows=[{key=\"k%d\"}]",
			i);
		assert_true(take(ends, line));
	}
	assert_int_equal(ends->window.count, WINDOW_ROWS_MAX);
	assert_string_equal(ends->window.rows[0].key, "k50");
	assert_int_equal(ends->window.more_before, 50);
}

static void assert_keys(const struct ends *ends, const char *expected)
{
	autostr struct str keys = STR_INIT;
	for (size_t i = 0; i < ends->window.count; i++)
		str_addf(&keys, "%s%s", i ? " " : "", ends->window.rows[i].key);
	assert_string_equal(keys.text, expected);
}

static void rows_go_where_their_keys_belong_and_are_held_once(void **state)
{
	struct ends *ends = *state;
	ask(ends, "a");
	assert_true(take(ends, "win_rows window=1 generation=1 replace=true more_before=9 "
			       "rows=[{key=\"100/2/7\"} {key=\"100/10/1\"}]"));
	assert_true(take(ends, "win_rows window=1 generation=1 more_before=4 "
			       "rows=[{key=\"9/1/1\"} {key=\"99/1/2\"} {key=\"100/2/6\"}]"));
	assert_keys(ends, "9/1/1 99/1/2 100/2/6 100/2/7 100/10/1");
	assert_int_equal(ends->window.more_before, 4);
	assert_true(take(ends, "win_rows window=1 generation=1 done=true "
			       "rows=[{key=\"100/2/7\"} {key=\"100/2/8\"} {key=\"101/1/3\"}]"));
	assert_keys(ends, "9/1/1 99/1/2 100/2/6 100/2/7 100/2/8 100/10/1 101/1/3");
	assert_int_equal(ends->window.more_before, 0);
	assert_true(ends->window.done);
}

/* Hashes of names, as engines have them: all of their hex digits count. */
static void rows_of_a_millisecond_are_in_the_order_of_source_and_sequence(void **state)
{
	enum { LINES = 120, STEP = 7 };
	static const char *const names[] = {"orders.log", "pay.log", "op:17", "redis/main"};
	struct ends *ends = *state;
	ask(ends, "a");
	for (size_t i = 0; i < LINES; i++) { /* each once, scrambled */
		size_t at = i * STEP % LINES;
		struct event_key key = {.time_ms = 1788000000000,
			.source = entity_id("source", names[at % COUNT_OF(names)]),
			.seq = at};
		autofree char *line =
			xasprintf("win_rows window=1 generation=1 rows=[{key=\"%s\"}]",
				event_key_print(key).text);
		assert_true(take(ends, line));
	}
	assert_int_equal(ends->window.count, LINES);
	for (size_t i = 1; i < LINES; i++) {
		struct event_key before, key;
		struct err err;
		assert_true(event_key_read(ends->window.rows[i - 1].key, &before, &err));
		assert_true(event_key_read(ends->window.rows[i].key, &key, &err));
		assert_true(event_key_compare(before, key) < 0);
	}
}

static void rows_of_the_audit_file_stay_in_the_order_in_which_they_come(void **state)
{
	struct ends *ends = *state;
	ask(ends, "a");
	assert_true(take(ends, "win_rows window=1 generation=1 "
			       "rows=[{key=\"9/audit/900\"} {key=\"10/audit/20\"} "
			       "{key=\"10/audit/3\"} {key=\"11/audit/1\"}]"));
	assert_keys(ends, "9/audit/900 10/audit/20 10/audit/3 11/audit/1");
}

static void an_engine_that_goes_is_asked_again_when_it_comes_back(void **state)
{
	struct ends *ends = *state;
	ask(ends, "a");
	close(ends->engine);
	ends->engine = -1;
	(void)link_step(ends->link, ends->model, 2, nothing, NULL);
	assert_int_equal(link_state(ends->link), LINK_WAITING);
	assert_true(link_why(ends->link)[0] != '\0');
	ask(ends, "b"); /* nobody hears it */
	assert_int_equal(ends->window.wish.generation, 1);
}

int main(void)
{
#define WINDOW_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WINDOW_TEST(the_same_wish_is_asked_once),
		WINDOW_TEST(answers_to_older_questions_are_dropped),
		WINDOW_TEST(old_rows_stay_until_the_first_new_part_comes),
		WINDOW_TEST(parts_are_appended_and_bounded),
		WINDOW_TEST(rows_go_where_their_keys_belong_and_are_held_once),
		WINDOW_TEST(rows_of_a_millisecond_are_in_the_order_of_source_and_sequence),
		WINDOW_TEST(rows_of_the_audit_file_stay_in_the_order_in_which_they_come),
		WINDOW_TEST(an_engine_that_goes_is_asked_again_when_it_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
