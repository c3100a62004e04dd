/* SPDX-License-Identifier: MIT */
/*
 * Who looks into the past, and how many may. An engine starts its own program as a replay; here that is this program, which
 * says on its connection that it came, and stays until the client leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "core/engine/pasts.h"
#include "core/engine/recorder.h"
#include "core/msg/msg.h"
#include "tests/support/engine_harness.h"

enum { GUEST = 65534, WAIT_MS = 10000, CLIENT_FD = 3 };

static const char whole[] = "whole", small[] = "small", too_many[] = "too many";

struct scene {
	struct harness *harness;
	char folder[64], file[80];
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-pasts.XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	snprintf(scene->file, sizeof(scene->file), "%s/demo.rec", scene->folder);
	const struct engine_options options = {.record = scene->file};
	scene->harness = harness_open("state_dir: /nowhere/state\n"
				      "bots: {orders: {transport: none}}\n",
		&options);
	harness_advance(scene->harness, 2000);
	recorder_drain(scene->harness->engine->recorder);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	harness_free(scene->harness);
	unlink(scene->file);
	rmdir(scene->folder);
	free(scene);
	return 0;
}

/* A client of this user asks for the past. */
static int ask(struct scene *scene, uid_t uid)
{
	int fds[2];
	autostr struct str bytes = STR_INIT;
	char state_dir[] = "/nowhere/state", kind[] = "screen";
	const struct msg_hello hello = {.protocol = MSG_PROTOCOL,
		.engine = state_dir,
		.client = kind,
		.want_state = true,
		.past = true};
	msg_encode(MSG_hello, &hello, &bytes);
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(
		send(fds[0], bytes.text, bytes.length, MSG_NOSIGNAL), (ssize_t)bytes.length);
	engine_adopt(scene->harness->engine, fds[1]);
	harness_settle(scene->harness);
	return fds[0];
}

/* What it got: a replay's word, or that there are too many. */
static const char *answer(int fd)
{
	char bytes[4096];
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
	ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
	assert_true(got > 0);
	if ((size_t)got == sizeof(whole) && memcmp(bytes, whole, sizeof(whole)) == 0)
		return whole;
	if ((size_t)got == sizeof(small) && memcmp(bytes, small, sizeof(small)) == 0)
		return small;
	struct msg_any message;
	struct err err;
	size_t used;
	assert_true(msg_decode(bytes, (size_t)got, MSG_FRAME_MAX, &message, &used, &err));
	assert_int_equal(message.kind, MSG_refuse);
	assert_int_equal(((const struct msg_refuse *)message.body)->code, ERR_LIMIT);
	msg_any_release(&message);
	return too_many;
}

static const char *look(struct scene *scene, uid_t uid, int *ret_fd)
{
	*ret_fd = ask(scene, uid);
	return answer(*ret_fd);
}

/* The client leaves, and its replay with it. */
static void leave(struct scene *scene, int fd)
{
	size_t before = scene->harness->engine->pasts.count;
	struct pollfd end = {
		.fd = scene->harness->engine->pasts.list[before - 1].pidfd, .events = POLLIN};
	close(fd);
	assert_int_equal(poll(&end, 1, WAIT_MS), 1);
}

static void who_may_only_look_has_two_pasts_and_a_pause_between(void **state)
{
	struct scene *scene = *state;
	int fds[4];
	assert_string_equal(look(scene, GUEST, &fds[0]), small);
	assert_string_equal(look(scene, GUEST, &fds[1]), too_many);
	close(fds[1]);
	harness_advance(scene->harness, PASTS_PAUSE_MS);
	assert_string_equal(look(scene, GUEST, &fds[1]), small);
	harness_advance(scene->harness, PASTS_PAUSE_MS);
	assert_string_equal(look(scene, GUEST, &fds[2]), too_many);
	leave(scene, fds[1]);
	assert_string_equal(look(scene, GUEST, &fds[3]), small);
	close(fds[0]);
	close(fds[2]);
	close(fds[3]);
}

static void those_who_may_only_look_leave_pasts_to_operators(void **state)
{
	struct scene *scene = *state;
	int fds[PASTS_MAX + 2], count = 0;
	for (int i = 0; i < PASTS_GUESTS; i++, count++)
		assert_string_equal(look(scene, (uid_t)(GUEST - i), &fds[count]), small);
	assert_string_equal(look(scene, GUEST - PASTS_GUESTS, &fds[count++]), too_many);
	for (int i = PASTS_GUESTS; i < PASTS_MAX; i++, count++)
		assert_string_equal(look(scene, 0, &fds[count]), whole);
	assert_string_equal(look(scene, 0, &fds[count++]), too_many);
	while (count)
		close(fds[--count]);
}

static int stand_in(int argc, char **argv)
{
	struct pollfd end = {.fd = CLIENT_FD, .events = POLLIN};
	bool is_small = argc > 0 && strcmp(argv[argc - 1], "--small") == 0;
	const char *word = is_small ? small : whole;
	if (send(CLIENT_FD, word, is_small ? sizeof(small) : sizeof(whole), 0) < 0)
		return 1;
	return poll(&end, 1, 6 * WAIT_MS) != 1;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--replay") == 0)
		return stand_in(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			who_may_only_look_has_two_pasts_and_a_pause_between, setup, teardown),
		cmocka_unit_test_setup_teardown(
			those_who_may_only_look_leave_pasts_to_operators, setup, teardown),
	};
	if (geteuid() != 0)
		return print_message("1..0 # skip: only root can be somebody else\n"), 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
