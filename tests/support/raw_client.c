/* SPDX-License-Identifier: MIT */
#include "tests/support/raw_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/engine/server.h"
#include "tests/support/engine_harness.h"

struct harness *raw_harness(unsigned bots)
{
	autostr struct str yaml = STR_INIT;
	str_adds(&yaml, "state_dir: /nowhere/state\nbots:\n");
	for (unsigned i = 0; i < bots; i++)
		str_addf(&yaml, "  - {name: bot-%u, token: {file: /nowhere/t%u}}\n", i, i);
	return harness_new(yaml.text);
}

int raw_setup(void **state)
{
	*state = raw_harness(2);
	return 0;
}

int raw_teardown(void **state)
{
	harness_free(*state);
	return 0;
}

int raw_connect(struct harness *harness)
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	engine_adopt(harness->engine, fds[1]);
	return fds[0];
}

void raw_say(int fd, const char *format, ...)
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

void raw_hear(struct harness *harness, int fd, struct str *ret, bool *ret_closed)
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

struct msg_any raw_first(const struct str *bytes)
{
	struct msg_any message = {.kind = MSG_none};
	size_t used = 0;
	if (!msg_decode(bytes->text, bytes->length, MSG_FRAME_MAX, &message, &used, NULL))
		fail_msg("the engine sent nonsense");
	return message;
}

void raw_assert_refused(struct harness *harness, int fd, enum err_code code, const char *word)
{
	autostr struct str heard = STR_INIT;
	bool closed;
	raw_hear(harness, fd, &heard, &closed);
	struct msg_any message = raw_first(&heard);
	assert_int_equal(message.kind, MSG_refuse);
	assert_int_equal(((const struct msg_refuse *)message.body)->code, code);
	assert_non_null(strstr(((const struct msg_refuse *)message.body)->text, word));
	assert_true(closed);
	msg_any_release(&message);
	close(fd);
}

void raw_assert_hung_up(struct harness *harness, int fd)
{
	autostr struct str heard = STR_INIT;
	bool closed;
	raw_hear(harness, fd, &heard, &closed);
	assert_true(closed);
	close(fd);
}

void raw_assert_serving(struct harness *harness)
{
	struct harness_screen *screen = harness_attach(harness);
	size_t count;
	(void)model_bots(screen->model, &count);
	assert_true(count >= 2);
	harness_detach(screen);
}

void raw_greet(int fd)
{
	raw_say(fd, "hello protocol=%d engine=\"/nowhere/state\"", MSG_PROTOCOL);
}

int raw_introduce(struct harness *harness)
{
	int fd = raw_connect(harness);
	raw_greet(fd);
	harness_settle(harness);
	return fd;
}
