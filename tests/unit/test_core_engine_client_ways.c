/* SPDX-License-Identifier: MIT */
/* What is at the end of a way may be anything: an engine that sends control characters in every text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client.h"
#include "core/engine/client_tunnel.h"
#include "core/model/model.h"
#include "core/msg/msg.h"

#define HOSTILE "a\033]0;owned\a\033[2J\xc2\x9b"

struct far_end {
	char folder[32];
	char *path;
	int listener, fd;
	struct client *client;
	struct model *model;
	char said[256];
};

static int listen_there(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	copy_text(address.sun_path, sizeof(address.sun_path), path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int setup(void **state)
{
	struct far_end *far = xcalloc(1, sizeof(*far));
	struct client_tunnel *tunnel;
	struct err err;
	int fd;
	copy_text(far->folder, sizeof(far->folder), "/tmp/botswain-test-XXXXXX");
	assert_non_null(mkdtemp(far->folder));
	far->path = xasprintf("%s/engine.sock", far->folder);
	far->listener = listen_there(far->path);
	autofree char *way = xasprintf("far=unix:%s", far->path);
	assert_true(client_tunnel_open(way, &tunnel, &fd, &err));
	far->client = client_over(fd, "", "screen", true);
	client_keep_tunnel(far->client, tunnel);
	far->fd = accept(far->listener, NULL, NULL);
	assert_true(far->fd >= 0);
	far->model = model_new();
	*state = far;
	return 0;
}

static int teardown(void **state)
{
	struct far_end *far = *state;
	client_free(far->client);
	model_free(far->model);
	close(far->fd);
	close(far->listener);
	unlink(far->path);
	rmdir(far->folder);
	free(far->path);
	free(far);
	return 0;
}

static void tell(const struct far_end *far, enum msg_kind kind, const void *body)
{
	autostr struct str wire = STR_INIT;
	msg_encode(kind, body, &wire);
	assert_int_equal(write(far->fd, wire.text, wire.length), wire.length);
}

static void take(void *context, enum msg_kind kind, const void *body)
{
	struct far_end *far = context;
	if (kind == MSG_answer)
		copy_text(far->said, sizeof(far->said), ((const struct msg_answer *)body)->text);
}

static void pump(struct far_end *far)
{
	(void)client_pump(far->client, far->model, 1000, take, far);
}

static void welcome(const struct far_end *far)
{
	char text[] = HOSTILE;
	tell(far, MSG_welcome,
		&(struct msg_welcome){.protocol = MSG_PROTOCOL,
			.build = text,
			.engine = text,
			.environment = text,
			.operator= text});
}

static void assert_harmless(const char *text)
{
	for (const char *at = text; *at; at++)
		assert_true((unsigned char)*at >= ' ' && *at != '\x7f');
	assert_null(strstr(text, "\xc2\x9b"));
	assert_non_null(strstr(text, "owned"));
}

static void the_name_of_its_fleet_is_harmless(void **state)
{
	struct far_end *far = *state;
	welcome(far);
	pump(far);
	assert_int_equal(client_state(far->client), CLIENT_ATTACHED);
	assert_harmless(client_welcome(far->client)->environment);
}

static void its_bots_and_its_answers_are_harmless(void **state)
{
	struct far_end *far = *state;
	char name[] = "orders", text[] = HOSTILE;
	struct msg_bot bot = {.id = entity_id("bot", name), .name = name, .username = text};
	welcome(far);
	tell(far, MSG_bot, &bot);
	tell(far, MSG_answer, &(struct msg_answer){.req = 1, .text = text});
	tell(far, MSG_turn, &(struct msg_turn){.number = 1, .wall_ms = 1, .full = true});
	pump(far);
	const struct msg_bot *seen = model_bot(far->model, bot.id);
	assert_non_null(seen);
	assert_string_equal(seen->name, "orders");
	assert_harmless(seen->username);
	assert_harmless(far->said);
}

static void the_words_of_its_refusal_are_harmless(void **state)
{
	struct far_end *far = *state;
	char text[] = HOSTILE;
	tell(far, MSG_refuse, &(struct msg_refuse){.text = text});
	pump(far);
	assert_int_equal(client_state(far->client), CLIENT_LOST);
	assert_harmless(client_why(far->client));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(the_name_of_its_fleet_is_harmless),
		TEST(its_bots_and_its_answers_are_harmless),
		TEST(the_words_of_its_refusal_are_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
