/* SPDX-License-Identifier: MIT */
/* Clients that err, lie, flood or sleep: each is refused or dropped, and the engine goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/server.h"
#include "tests/support/engine_harness.h"
#include "tests/support/raw_client.h"

enum { MANY_BOTS = 3000 };

static void another_protocol_is_refused(void **state)
{
	int fd = raw_connect(*state);
	raw_say(fd, "hello protocol=99 build=\"9.9\" engine=\"/nowhere/state\"");
	raw_assert_refused(*state, fd, ERR_PROTOCOL, "99");
	raw_assert_serving(*state);
}

static void another_identity_is_refused_with_both_names(void **state)
{
	int fd = raw_connect(*state);
	raw_say(fd, "hello protocol=%d engine=\"/elsewhere\"", MSG_PROTOCOL);
	raw_assert_refused(*state, fd, ERR_CONFLICT, "'/nowhere/state'");
	fd = raw_connect(*state);
	raw_say(fd, "hello protocol=%d engine=\"/elsewhere\"", MSG_PROTOCOL);
	raw_assert_refused(*state, fd, ERR_CONFLICT, "'/elsewhere'");
}

/* A screen of our own user shows the engine's words as they come. */
static void what_a_client_said_comes_back_harmless(void **state)
{
	int fd = raw_connect(*state);
	raw_say(fd, "hello protocol=%d engine=\"/else\x1bwhere\"", MSG_PROTOCOL);
	raw_assert_refused(*state, fd, ERR_CONFLICT, "/else^[where");
	struct harness_screen *screen = harness_attach(*state);
	harness_send(screen, "plan_req req=1 verb=\"re\x1bstart\"");
	const struct msg_plan *plan = harness_got(screen, MSG_plan);
	assert_non_null(plan);
	assert_string_equal(plan->verb, "re^[start");
	assert_null(strchr(plan->error, '\x1b'));
	harness_send(screen, "win_open window=1 generation=1 store=\"query\" filter=\"up\x1b\"");
	const struct msg_win_points *points = harness_await(screen, MSG_win_points);
	assert_string_equal(points->error, "1:3: unexpected character: '^['");
	harness_detach(screen);
}

static void a_request_before_the_hello_is_refused(void **state)
{
	int fd = raw_connect(*state);
	raw_say(fd, "reload_req req=1");
	raw_assert_refused(*state, fd, ERR_PROTOCOL, "hello");
}

static void a_frame_of_two_gigabytes_is_hung_up_on_at_once(void **state)
{
	int fd = raw_connect(*state);
	assert_int_equal(send(fd, "\xff\xff\xff\x7f\x10\x00", 6, 0), 6);
	raw_assert_hung_up(*state, fd);
	fd = raw_connect(*state);
	raw_greet(fd);
	harness_settle(*state);
	assert_int_equal(send(fd, "\xff\xff\xff\x7f\x10\x00", 6, 0), 6);
	raw_assert_hung_up(*state, fd);
	raw_assert_serving(*state);
}

static void what_is_no_request_is_hung_up_on(void **state)
{
	int fd = raw_connect(*state);
	raw_greet(fd);
	raw_say(fd, "obs_getme bot=\"bot-1\" tg_id=666");
	raw_assert_hung_up(*state, fd);
	assert_int_equal(harness_bot(*state, "bot-1")->tg_id, 0);
}

static void who_says_nothing_is_hung_up_on_after_five_seconds(void **state)
{
	struct harness *harness = *state;
	int fd = raw_connect(harness);
	autostr struct str heard = STR_INIT;
	bool closed;
	harness_advance(harness, SERVER_HELLO_MS);
	raw_hear(harness, fd, &heard, &closed);
	assert_false(closed);
	harness_advance(harness, 1);
	raw_assert_hung_up(harness, fd);
}

static void who_never_reads_is_dropped_after_ten_seconds_and_counted(void **state)
{
	(void)state;
	struct harness *harness = raw_harness(MANY_BOTS);
	struct harness_screen *good = harness_attach(harness);
	int fd = raw_connect(harness);
	raw_say(fd, "hello protocol=%d engine=\"/nowhere/state\" want_state=true", MSG_PROTOCOL);
	harness_advance(harness, SERVER_STUCK_MS - 1000);
	harness_sync(good);
	assert_int_equal(model_engine(good->model)->clients, 2);
	assert_int_equal(model_engine(good->model)->dropped, 0);
	harness_advance(harness, 3000);
	harness_sync(good);
	assert_int_equal(model_engine(good->model)->clients, 1);
	assert_int_equal(model_engine(good->model)->dropped, 1);
	harness_send(good, "win_open window=1 generation=1 store=\"events\" before=5");
	const struct msg_win_rows *rows = harness_await(good, MSG_win_rows);
	assert_int_equal(rows->rows_count, 2);
	assert_non_null(strstr(rows->rows[0].text, "a screen of "));
	assert_non_null(strstr(rows->rows[1].text, "it took no byte for 10 s"));
	assert_int_equal(client_state(good->client), CLIENT_ATTACHED);
	close(fd);
	harness_detach(good);
	harness_free(harness);
}

/* Sends what fits; the rest of `wire` begins at the result. */
static size_t push(int fd, const struct str *wire, size_t at)
{
	ssize_t sent = send(fd, wire->text + at, wire->length - at, MSG_NOSIGNAL | MSG_DONTWAIT);
	return at + (sent > 0 ? (size_t)sent : 0);
}

static unsigned count_messages(const struct str *bytes, enum msg_kind kind)
{
	unsigned count = 0;
	for (size_t at = 0, used = 0; at < bytes->length; at += used) {
		struct msg_any message;
		assert_true(msg_decode(bytes->text + at, bytes->length - at, MSG_FRAME_MAX,
			&message, &used, NULL));
		assert_true(used > 0);
		count += message.kind == kind;
		msg_any_release(&message);
	}
	return count;
}

static void a_flood_of_requests_waits_in_its_own_socket_and_none_is_lost(void **state)
{
	enum { FLOOD = 60000 };
	struct harness *harness = *state;
	struct harness_screen *good = harness_attach(harness);
	int fd = raw_connect(harness);
	autostr struct str wire = STR_INIT, heard = STR_INIT;
	char filter[200] = {0};
	const struct msg_win_open request = {
		.window = 99, .filter = memset(filter, 'x', sizeof(filter) - 1)};
	size_t sent = 0;
	bool closed;
	raw_greet(fd);
	for (int i = 0; i < FLOOD; i++)
		msg_encode(MSG_win_open, &request, &wire);
	for (int round = 0; round < 2000; round++) {
		sent = push(fd, &wire, sent);
		(void)engine_turn(harness->engine, 0);
	}
	assert_true(sent < wire.length); /* its replies are not read: no more is taken from it */
	harness_send(good, "win_open window=99 generation=1");
	assert_non_null(harness_got(good, MSG_win_rows));
	for (int round = 0; round < 10000 && count_messages(&heard, MSG_win_rows) < FLOOD;
		round++) {
		sent = push(fd, &wire, sent);
		raw_hear(harness, fd, &heard, &closed);
		assert_false(closed);
	}
	assert_int_equal(count_messages(&heard, MSG_win_rows), FLOOD);
	close(fd);
	harness_detach(good);
}

/* It reads, but slower than it is answered: what follows must not pile up here. */
static void a_slow_reader_of_a_following_window_makes_no_pile(void **state)
{
	enum { SECONDS = 60, NAMES = 64, PILE_BYTES = 2 << 20 };
	struct harness *harness = *state;
	int fd = raw_connect(harness);
	autostr struct str query = STR_INIT, heard = STR_INIT;
	char bytes[32768];
	bool closed;
	for (int i = 0; i < NAMES; i++)
		str_addf(&query,
			"%slabel_replace(vector(%d), \\\"i\\\", \\\"%d\\\", \\\"\\\", \\\"\\\")",
			i ? " or " : "", i, i);
	raw_greet(fd);
	raw_say(fd,
		"win_open window=1 generation=1 store=\"query\" follow=true from_ms=-60000 "
		"step_ms=60 columns=1000 filter=\"%s\"",
		query.text);
	for (int i = 0; i < SECONDS; i++) {
		harness_advance(harness, 1000);
		(void)engine_turn(harness->engine, 2);
		ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		str_add(&heard, bytes, got > 0 ? (size_t)got : 0);
	}
	size_t read_in_time = heard.length;
	for (size_t before = 0; before != heard.length;) {
		before = heard.length;
		raw_hear(harness, fd, &heard, &closed);
		assert_false(closed);
	}
	assert_in_range(count_messages(&heard, MSG_win_points), 2, SECONDS);
	assert_in_range(heard.length - read_in_time, 1, PILE_BYTES);
	close(fd);
}

static void a_repeated_request_gets_the_same_answer_and_is_not_redone(void **state)
{
	struct harness_screen *screen = harness_attach(*state);
	for (int i = 0; i < 3; i++) {
		harness_send(screen, "reload_req req=%d", i == 1 ? 2 : 1);
		for (int wait = 0; wait < 500 && screen->got_count <= (unsigned)i; wait++) {
			(void)engine_turn(screen->harness->engine, 10);
			harness_sync(screen);
		}
	}
	assert_int_equal(screen->got_count, 3);
	const struct msg_answer *first = screen->got[0].body, *again = screen->got[2].body;
	assert_true(msg_equal(MSG_answer, first, again, false));
	assert_int_equal(first->req, 1);
	harness_detach(screen);
}

static void what_cannot_be_read_comes_back_without_what_a_terminal_acts_upon(void **state)
{
	struct msg_seek_req seek = {
		.req = 1, .from = (char[]){"s\x97ries\033]0;x\007"}, .expression = (char[]){"x"}};
	autostr struct str heard = STR_INIT, wire = STR_INIT;
	bool closed;
	int fd = raw_connect(*state);
	raw_greet(fd);
	msg_encode(MSG_seek_req, &seek, &wire);
	assert_int_equal(send(fd, wire.text, wire.length, MSG_NOSIGNAL), (ssize_t)wire.length);
	for (int i = 0; i < 100 && !memmem(heard.text, heard.length, "no event key", 12); i++)
		raw_hear(*state, fd, &heard, &closed);
	assert_non_null(memmem(heard.text, heard.length, "no event key", 12));
	assert_null(memmem(heard.text, heard.length, "\033]0;", 4));
	assert_null(memmem(heard.text, heard.length, "s\x97r", 3));
	close(fd);
}

static void a_client_says_why_it_was_refused(void **state)
{
	struct harness *harness = *state;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	struct client *client = client_over(fds[0], "/elsewhere", "cli", true);
	struct model *model = model_new();
	engine_adopt(harness->engine, fds[1]);
	for (int i = 0; i < 3; i++) {
		client_pump(client, model, 0, NULL, NULL);
		harness_settle(harness);
	}
	assert_int_equal(client_state(client), CLIENT_LOST);
	assert_non_null(strstr(client_why(client), "/elsewhere"));
	client_free(client);
	model_free(model);
}

/* Not ten seconds later, as one does that nobody has found yet. */
static void an_own_engine_leaves_after_a_client_of_a_moment(void **state)
{
	(void)state;
	const struct engine_options options = {.own = true};
	struct harness *harness = harness_open("state_dir: /nowhere/state\n", &options);
	assert_true(engine_turn(harness->engine, 0));
	int fd = raw_connect(harness);
	raw_greet(fd);
	close(fd);
	harness_settle(harness);
	assert_false(engine_turn(harness->engine, 0));
	harness_free(harness);
}

/* A descriptor that takes nothing, and is not hung up: waiting for an answer would have no end. */
static void a_client_that_cannot_send_is_lost_and_says_why(void **state)
{
	(void)state;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	struct client *client = client_over(fd, "/nowhere/state", "cli", false);
	client_meet(client);
	assert_int_equal(client_state(client), CLIENT_LOST);
	assert_true(client_hung_up(client));
	assert_non_null(strstr(client_why(client), "cannot send to the engine: "));
	client_free(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, raw_setup, raw_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_protocol_is_refused),
		TEST(another_identity_is_refused_with_both_names),
		TEST(what_a_client_said_comes_back_harmless),
		TEST(a_request_before_the_hello_is_refused),
		TEST(a_frame_of_two_gigabytes_is_hung_up_on_at_once),
		TEST(what_is_no_request_is_hung_up_on),
		TEST(who_says_nothing_is_hung_up_on_after_five_seconds),
		cmocka_unit_test(who_never_reads_is_dropped_after_ten_seconds_and_counted),
		TEST(a_flood_of_requests_waits_in_its_own_socket_and_none_is_lost),
		TEST(a_slow_reader_of_a_following_window_makes_no_pile),
		TEST(a_repeated_request_gets_the_same_answer_and_is_not_redone),
		TEST(what_cannot_be_read_comes_back_without_what_a_terminal_acts_upon),
		TEST(a_client_says_why_it_was_refused),
		cmocka_unit_test(a_client_that_cannot_send_is_lost_and_says_why),
		cmocka_unit_test(an_own_engine_leaves_after_a_client_of_a_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
