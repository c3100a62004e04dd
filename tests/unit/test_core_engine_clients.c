/* SPDX-License-Identifier: MIT */
/* Clients that err, lie, flood or sleep: each is refused or dropped, and the engine goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/server.h"
#include "tests/support/engine_harness.h"

enum { MANY_BOTS = 3000 };

static struct harness *new_harness(unsigned bots)
{
	autostr struct str yaml = STR_INIT;
	str_adds(&yaml, "state_dir: /nowhere/state\nbots:\n");
	for (unsigned i = 0; i < bots; i++)
		str_addf(&yaml, "  - {name: bot-%u, token: {file: /nowhere/t%u}}\n", i, i);
	return harness_new(yaml.text);
}

static int setup(void **state)
{
	*state = new_harness(2);
	return 0;
}

static int teardown(void **state)
{
	harness_free(*state);
	return 0;
}

/* A raw socket to the engine. */
static int connect_raw(struct harness *harness)
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	engine_adopt(harness->engine, fds[1]);
	return fds[0];
}

static void say(int fd, const char *format, ...)
{
	autostr struct str line = STR_INIT, wire = STR_INIT;
	struct msg_any message;
	va_list args;
	va_start(args, format);
	str_vaddf(&line, format, args);
	va_end(args);
	assert_true(msg_parse(line.text, &message, NULL));
	msg_encode(message.kind, message.body, &wire);
	msg_any_release(&message);
	assert_int_equal(send(fd, wire.text, wire.length, MSG_NOSIGNAL), (ssize_t)wire.length);
}

/* All that came; *ret_closed: the engine hung up. */
static void hear(struct harness *harness, int fd, struct str *ret, bool *ret_closed)
{
	char bytes[65536];
	*ret_closed = false;
	for (int i = 0; i < 64; i++) {
		harness_settle(harness);
		ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (got > 0)
			str_add(ret, bytes, (size_t)got);
		*ret_closed |= got == 0 || (got < 0 && errno != EAGAIN);
	}
}

static struct msg_any first_message(const struct str *bytes)
{
	struct msg_any message = {.kind = MSG_none};
	size_t used = 0;
	if (!msg_decode(bytes->text, bytes->length, MSG_FRAME_MAX, &message, &used, NULL))
		fail_msg("the engine sent nonsense");
	return message;
}

static void assert_refused(struct harness *harness, int fd, enum err_code code, const char *word)
{
	autostr struct str heard = STR_INIT;
	bool closed;
	hear(harness, fd, &heard, &closed);
	struct msg_any message = first_message(&heard);
	assert_int_equal(message.kind, MSG_refuse);
	assert_int_equal(((const struct msg_refuse *)message.body)->code, code);
	assert_non_null(strstr(((const struct msg_refuse *)message.body)->text, word));
	assert_true(closed);
	msg_any_release(&message);
	close(fd);
}

static void assert_hung_up(struct harness *harness, int fd)
{
	autostr struct str heard = STR_INIT;
	bool closed;
	hear(harness, fd, &heard, &closed);
	assert_true(closed);
	close(fd);
}

/* The engine serves others as if nothing had been. */
static void assert_serving(struct harness *harness)
{
	struct harness_screen *screen = harness_attach(harness);
	size_t count;
	(void)model_bots(screen->model, &count);
	assert_true(count >= 2);
	harness_detach(screen);
}

static void another_protocol_is_refused(void **state)
{
	int fd = connect_raw(*state);
	say(fd, "hello protocol=99 build=\"9.9\" engine=\"/nowhere/state\"");
	assert_refused(*state, fd, ERR_PROTOCOL, "99");
	assert_serving(*state);
}

static void another_identity_is_refused_with_both_names(void **state)
{
	int fd = connect_raw(*state);
	say(fd, "hello protocol=%d engine=\"/elsewhere\"", MSG_PROTOCOL);
	assert_refused(*state, fd, ERR_CONFLICT, "'/nowhere/state'");
	fd = connect_raw(*state);
	say(fd, "hello protocol=%d engine=\"/elsewhere\"", MSG_PROTOCOL);
	assert_refused(*state, fd, ERR_CONFLICT, "'/elsewhere'");
}

/* A screen of our own user shows the engine's words as they come. */
static void what_a_client_said_comes_back_harmless(void **state)
{
	int fd = connect_raw(*state);
	say(fd, "hello protocol=%d engine=\"/else\x1bwhere\"", MSG_PROTOCOL);
	assert_refused(*state, fd, ERR_CONFLICT, "/else^[where");
	struct harness_screen *screen = harness_attach(*state);
	harness_send(screen, "plan_req req=1 verb=\"re\x1bstart\"");
	const struct msg_plan *plan = harness_got(screen, MSG_plan);
	assert_non_null(plan);
	assert_string_equal(plan->verb, "re^[start");
	assert_null(strchr(plan->error, '\x1b'));
	harness_send(screen,
		"win_open window=1 generation=1 store=\"series\" filter=\"up\x1b\" columns=10");
	const struct msg_win_points *points = harness_await(screen, MSG_win_points);
	assert_string_equal(points->series[0].name, "up^[");
	harness_detach(screen);
}

static void a_request_before_the_hello_is_refused(void **state)
{
	int fd = connect_raw(*state);
	say(fd, "reload_req req=1");
	assert_refused(*state, fd, ERR_PROTOCOL, "hello");
}

static void a_frame_of_two_gigabytes_is_hung_up_on_at_once(void **state)
{
	int fd = connect_raw(*state);
	assert_int_equal(send(fd, "\xff\xff\xff\x7f\x10\x00", 6, 0), 6);
	assert_hung_up(*state, fd);
	fd = connect_raw(*state);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	harness_settle(*state);
	assert_int_equal(send(fd, "\xff\xff\xff\x7f\x10\x00", 6, 0), 6);
	assert_hung_up(*state, fd);
	assert_serving(*state);
}

static void what_is_no_request_is_hung_up_on(void **state)
{
	int fd = connect_raw(*state);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	say(fd, "obs_getme bot=\"bot-1\" tg_id=666");
	assert_hung_up(*state, fd);
	assert_int_equal(harness_bot(*state, "bot-1")->tg_id, 0);
}

static void who_says_nothing_is_hung_up_on_after_five_seconds(void **state)
{
	struct harness *harness = *state;
	int fd = connect_raw(harness);
	autostr struct str heard = STR_INIT;
	bool closed;
	harness_advance(harness, SERVER_HELLO_MS);
	hear(harness, fd, &heard, &closed);
	assert_false(closed);
	harness_advance(harness, 1);
	assert_hung_up(harness, fd);
}

static void who_never_reads_is_dropped_after_ten_seconds_and_counted(void **state)
{
	(void)state;
	struct harness *harness = new_harness(MANY_BOTS);
	struct harness_screen *good = harness_attach(harness);
	int fd = connect_raw(harness);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\" want_state=true", MSG_PROTOCOL);
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
	int fd = connect_raw(harness);
	autostr struct str wire = STR_INIT, heard = STR_INIT;
	char filter[200] = {0};
	const struct msg_win_open request = {
		.window = 99, .filter = memset(filter, 'x', sizeof(filter) - 1)};
	size_t sent = 0;
	bool closed;
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
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
		hear(harness, fd, &heard, &closed);
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
	int fd = connect_raw(harness);
	autostr struct str names = STR_INIT, heard = STR_INIT;
	char bytes[32768];
	bool closed;
	for (int i = 0; i < NAMES; i++)
		str_addf(&names, "%snone%d", i ? "\\n" : "", i);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	say(fd,
		"win_open window=1 generation=1 store=\"series\" follow=true from_ms=-60000 "
		"columns=1000 filter=\"%s\"",
		names.text);
	for (int i = 0; i < SECONDS; i++) {
		harness_advance(harness, 1000);
		(void)engine_turn(harness->engine, 2);
		ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		str_add(&heard, bytes, got > 0 ? (size_t)got : 0);
	}
	size_t read_in_time = heard.length;
	for (size_t before = 0; before != heard.length;) {
		before = heard.length;
		hear(harness, fd, &heard, &closed);
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

/* A socket pair whose peer is another user, as the kernel sees it. */
static int connect_as(struct harness *harness, uid_t uid)
{
	int fds[2];
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(seteuid(0), 0);
	engine_adopt(harness->engine, fds[1]);
	return fds[0];
}

static uint64_t code_of(const struct msg_any *reply)
{
	if (reply->kind == MSG_plan)
		return ((const struct msg_plan *)reply->body)->code;
	if (reply->kind == MSG_accepted)
		return ((const struct msg_accepted *)reply->body)->code;
	return ((const struct msg_answer *)reply->body)->code;
}

static void another_user_may_look_and_not_act(void **state)
{
	struct harness *harness = *state;
	if (geteuid() != 0)
		skip();
	autostr struct str heard = STR_INIT;
	bool closed;
	int fd = connect_as(harness, 65534);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	hear(harness, fd, &heard, &closed);
	struct msg_any welcome = first_message(&heard);
	assert_int_equal(welcome.kind, MSG_welcome);
	assert_string_equal(((const struct msg_welcome *)welcome.body)->operator, "uid 65534");
	msg_any_release(&welcome);
	/* Each in the kind of answer that its asker waits for. */
	static const struct {
		const char *request;
		enum msg_kind reply;
	} requests[] = {{"reload_req req=1", MSG_answer},
		{"plan_req req=2 verb=\"stop\"", MSG_plan}, {"run_req req=3 plan=1", MSG_accepted},
		{"cancel_req req=4", MSG_answer}, {"arm_req req=5 on=true", MSG_answer},
		{"yield_req req=6", MSG_answer}};
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		str_clear(&heard);
		say(fd, "%s", requests[i].request);
		hear(harness, fd, &heard, &closed);
		struct msg_any reply = first_message(&heard);
		assert_int_equal(reply.kind, requests[i].reply);
		assert_int_equal(code_of(&reply), ERR_REFUSED);
		if (reply.kind == MSG_answer)
			assert_non_null(strstr(((const struct msg_answer *)reply.body)->text,
				"belongs to another user"));
		msg_any_release(&reply);
	}
	assert_false(closed);
	close(fd);
}

static int introduce(struct harness *harness)
{
	int fd = connect_raw(harness);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	harness_settle(harness);
	return fd;
}

static void who_takes_every_place_and_says_nothing_makes_room(void **state)
{
	struct harness *harness = *state;
	int fds[SERVER_PEERS];
	for (int i = 0; i < SERVER_PEERS; i++)
		fds[i] = i == 3 ? introduce(harness) : connect_raw(harness);
	assert_serving(harness);
	assert_hung_up(harness, fds[0]);
	for (int i = 1; i < SERVER_PEERS; i++)
		close(fds[i]);
}

static void the_sixty_fifth_client_is_refused(void **state)
{
	struct harness *harness = *state;
	int fds[SERVER_PEERS];
	for (int i = 0; i < SERVER_PEERS; i++)
		fds[i] = introduce(harness);
	assert_refused(harness, connect_raw(harness), ERR_LIMIT, "64");
	for (int i = 0; i < SERVER_PEERS; i++)
		close(fds[i]);
	harness_settle(harness);
	assert_serving(harness);
}

static int introduce_as(struct harness *harness, uid_t uid)
{
	int fd = connect_as(harness, uid);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	harness_settle(harness);
	return fd;
}

enum { GUEST = 65534 };

static void one_who_may_only_look_has_some_places(void **state)
{
	struct harness *harness = *state;
	int fds[SERVER_GUEST_EACH];
	if (geteuid() != 0)
		skip();
	for (int i = 0; i < SERVER_GUEST_EACH; i++)
		fds[i] = introduce_as(harness, GUEST);
	assert_refused(harness, connect_as(harness, GUEST), ERR_LIMIT, "uid 65534");
	int other = introduce_as(harness, GUEST - 1);
	close(fds[0]);
	harness_settle(harness);
	fds[0] = introduce_as(harness, GUEST);
	for (int i = 0; i < SERVER_GUEST_EACH; i++)
		close(fds[i]);
	close(other);
	harness_settle(harness);
	assert_serving(harness);
}

static void those_who_may_only_look_lock_nobody_out(void **state)
{
	struct harness *harness = *state;
	int fds[2 * SERVER_PEERS], own[SERVER_PEERS - SERVER_GUESTS];
	if (geteuid() != 0)
		skip();
	for (int i = 0; i < 2 * SERVER_PEERS; i++)
		fds[i] = (i < SERVER_GUESTS ? introduce_as : connect_as)(
			harness, (uid_t)(GUEST - i % 8));
	for (int i = 1; i < SERVER_PEERS - SERVER_GUESTS; i++)
		own[i] = introduce(harness);
	assert_serving(harness);
	own[0] = introduce(harness);
	assert_refused(harness, connect_raw(harness), ERR_LIMIT, "64");
	for (int i = 0; i < SERVER_PEERS - SERVER_GUESTS; i++)
		close(own[i]);
	for (int i = 0; i < 2 * SERVER_PEERS; i++)
		close(fds[i]);
}

static void one_who_may_only_look_takes_no_place_of_an_operator(void **state)
{
	struct harness *harness = *state;
	int fds[SERVER_PEERS];
	if (geteuid() != 0)
		skip();
	for (int i = 0; i < SERVER_PEERS; i++)
		fds[i] = i == 0 ? connect_raw(harness) : introduce(harness);
	assert_refused(harness, connect_as(harness, GUEST), ERR_LIMIT, "64");
	assert_serving(harness); /* another operator does */
	assert_hung_up(harness, fds[0]);
	for (int i = 1; i < SERVER_PEERS; i++)
		close(fds[i]);
}

/* A newcomer of theirs takes the place of one of theirs. */
static void an_operator_who_is_about_to_speak_keeps_his_place(void **state)
{
	struct harness *harness = *state;
	int fds[SERVER_PEERS];
	if (geteuid() != 0)
		skip();
	int operator= connect_raw(harness);
	for (int i = 0; i < SERVER_PEERS; i++)
		fds[i] = connect_as(harness, (uid_t)(GUEST - i % 8));
	harness_settle(harness);
	say(operator, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	autostr struct str heard = STR_INIT;
	bool closed;
	hear(harness, operator, & heard, &closed);
	struct msg_any welcome = first_message(&heard);
	assert_int_equal(welcome.kind, MSG_welcome);
	msg_any_release(&welcome);
	for (int i = 0; i < SERVER_PEERS; i++)
		close(fds[i]);
	close(operator);
}

static void what_cannot_be_read_comes_back_without_what_a_terminal_acts_upon(void **state)
{
	struct msg_seek_req seek = {
		.req = 1, .from = (char[]){"s\x97ries\033]0;x\007"}, .expression = (char[]){"x"}};
	autostr struct str heard = STR_INIT, wire = STR_INIT;
	bool closed;
	int fd = connect_raw(*state);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
	msg_encode(MSG_seek_req, &seek, &wire);
	assert_int_equal(send(fd, wire.text, wire.length, MSG_NOSIGNAL), (ssize_t)wire.length);
	for (int i = 0; i < 100 && !memmem(heard.text, heard.length, "no event key", 12); i++)
		hear(*state, fd, &heard, &closed);
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
	int fd = connect_raw(harness);
	say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(another_user_may_look_and_not_act),
		TEST(who_takes_every_place_and_says_nothing_makes_room),
		TEST(the_sixty_fifth_client_is_refused),
		TEST(one_who_may_only_look_has_some_places),
		TEST(those_who_may_only_look_lock_nobody_out),
		TEST(one_who_may_only_look_takes_no_place_of_an_operator),
		TEST(an_operator_who_is_about_to_speak_keeps_his_place),
		TEST(what_cannot_be_read_comes_back_without_what_a_terminal_acts_upon),
		TEST(a_client_says_why_it_was_refused),
		cmocka_unit_test(a_client_that_cannot_send_is_lost_and_says_why),
		cmocka_unit_test(an_own_engine_leaves_after_a_client_of_a_moment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
