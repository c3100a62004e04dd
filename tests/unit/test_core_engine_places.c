/* SPDX-License-Identifier: MIT */
/* Who has a place at an engine, and what another user may do there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/engine/server.h"
#include "tests/support/engine_harness.h"
#include "tests/support/raw_client.h"

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
	raw_greet(fd);
	raw_hear(harness, fd, &heard, &closed);
	struct msg_any welcome = raw_first(&heard);
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
		raw_say(fd, "%s", requests[i].request);
		raw_hear(harness, fd, &heard, &closed);
		struct msg_any reply = raw_first(&heard);
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

static void who_takes_every_place_and_says_nothing_makes_room(void **state)
{
	struct harness *harness = *state;
	int fds[SERVER_PEERS];
	for (int i = 0; i < SERVER_PEERS; i++)
		fds[i] = i == 3 ? raw_introduce(harness) : raw_connect(harness);
	raw_assert_serving(harness);
	raw_assert_hung_up(harness, fds[0]);
	for (int i = 1; i < SERVER_PEERS; i++)
		close(fds[i]);
}

static void the_sixty_fifth_client_is_refused(void **state)
{
	struct harness *harness = *state;
	int fds[SERVER_PEERS];
	for (int i = 0; i < SERVER_PEERS; i++)
		fds[i] = raw_introduce(harness);
	raw_assert_refused(harness, raw_connect(harness), ERR_LIMIT, "64");
	for (int i = 0; i < SERVER_PEERS; i++)
		close(fds[i]);
	harness_settle(harness);
	raw_assert_serving(harness);
}

static int introduce_as(struct harness *harness, uid_t uid)
{
	int fd = connect_as(harness, uid);
	raw_greet(fd);
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
	raw_assert_refused(harness, connect_as(harness, GUEST), ERR_LIMIT, "uid 65534");
	int other = introduce_as(harness, GUEST - 1);
	close(fds[0]);
	harness_settle(harness);
	fds[0] = introduce_as(harness, GUEST);
	for (int i = 0; i < SERVER_GUEST_EACH; i++)
		close(fds[i]);
	close(other);
	harness_settle(harness);
	raw_assert_serving(harness);
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
		own[i] = raw_introduce(harness);
	raw_assert_serving(harness);
	own[0] = raw_introduce(harness);
	raw_assert_refused(harness, raw_connect(harness), ERR_LIMIT, "64");
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
		fds[i] = i == 0 ? raw_connect(harness) : raw_introduce(harness);
	raw_assert_refused(harness, connect_as(harness, GUEST), ERR_LIMIT, "64");
	raw_assert_serving(harness); /* another operator does */
	raw_assert_hung_up(harness, fds[0]);
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
	int operator= raw_connect(harness);
	for (int i = 0; i < SERVER_PEERS; i++)
		fds[i] = connect_as(harness, (uid_t)(GUEST - i % 8));
	harness_settle(harness);
	raw_greet(operator);
	autostr struct str heard = STR_INIT;
	bool closed;
	raw_hear(harness, operator, & heard, &closed);
	struct msg_any welcome = raw_first(&heard);
	assert_int_equal(welcome.kind, MSG_welcome);
	msg_any_release(&welcome);
	for (int i = 0; i < SERVER_PEERS; i++)
		close(fds[i]);
	close(operator);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, raw_setup, raw_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_user_may_look_and_not_act),
		TEST(who_takes_every_place_and_says_nothing_makes_room),
		TEST(the_sixty_fifth_client_is_refused),
		TEST(one_who_may_only_look_has_some_places),
		TEST(those_who_may_only_look_lock_nobody_out),
		TEST(one_who_may_only_look_takes_no_place_of_an_operator),
		TEST(an_operator_who_is_about_to_speak_keeps_his_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
