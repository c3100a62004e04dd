/* SPDX-License-Identifier: MIT */
/* A client that we do not trust: whatever it sends, the engine answers with whole frames or hangs up, nothing that it
 * answers can move a terminal, and it goes on. The first byte says whether it introduces itself. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/engine.h"
#include "core/engine/server.h"
#include "core/model/model.h"
#include "tests/fuzz/safe.h"

enum { TURNS_MAX = 64, PIECE = 16 << 10 };

static const char yaml[] =
	"state_dir: /nowhere/state\n"
	"write: always\n"
	"bots:\n"
	"  - {name: orders, token: {file: /nowhere/t1}, process: {match: orders}}\n"
	"  - {name: support, token: {file: /nowhere/t2}}\n";

static const struct msg_obs_getme well = {
	.bot = (char[]){"orders"}, .tg_id = 71, .username = (char[]){"orders_bot"}, .http = 200};

struct run {
	struct clock clock;
	struct settings *settings;
	struct engine *engine;
	int fd;
	struct str in;
};

static void start(struct run *run)
{
	const struct engine_options options = {.small = true};
	autostr struct str report = STR_INIT;
	struct err err;
	int fds[2];
	clock_init_virtual(&run->clock, INT64_C(1772366400000));
	FUZZ_REQUIRE(settings_parse(
		yaml, strlen(yaml), "/nowhere/botswain.yaml", &run->settings, &report, &err));
	FUZZ_REQUIRE(engine_new(run->settings, &run->clock, &options, &run->engine, &err));
	FUZZ_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	run->fd = fds[0];
	engine_adopt(run->engine, fds[1]);
	engine_feed(run->engine,
		(struct parcel){.message = {MSG_obs_getme, msg_copy(MSG_obs_getme, &well)}});
}

static void end(struct run *run)
{
	close(run->fd);
	(void)engine_turn(run->engine, 0);
	engine_free(run->engine);
	settings_unref(run->settings);
	str_release(&run->in);
}

static void require_text(void *context, char **text)
{
	(void)context;
	fuzz_require_safe(*text);
}

static void read_frames(struct run *run)
{
	size_t at = 0, used;
	struct msg_any message;
	struct err err;
	for (;; at += used) {
		FUZZ_REQUIRE(msg_decode(run->in.text + at, run->in.length - at, MSG_FRAME_MAX,
			&message, &used, &err));
		if (!used)
			break;
		FUZZ_REQUIRE(message.kind != MSG_none);
		msg_each_text(message.kind, message.body, require_text, NULL);
		msg_any_release(&message);
	}
	str_remove(&run->in, 0, at);
}

/* False: it hung up. */
static bool hear(struct run *run)
{
	char bytes[PIECE];
	ssize_t got;
	while ((got = recv(run->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		str_add(&run->in, bytes, (size_t)got);
	bool is_open = got < 0 && errno == EAGAIN;
	read_frames(run);
	return is_open;
}

static bool turn(struct run *run)
{
	clock_advance(&run->clock, 100);
	(void)engine_turn(run->engine, 0);
	return hear(run);
}

static bool say_hello(struct run *run)
{
	const struct msg_hello hello = {.protocol = MSG_PROTOCOL,
		.engine = (char[]){"/nowhere/state"},
		.client = (char[]){"screen"},
		.want_state = true,
		.takes_pulses = true};
	autostr struct str frame = STR_INIT;
	msg_encode(MSG_hello, &hello, &frame);
	return send(run->fd, frame.text, frame.length, MSG_NOSIGNAL) == (ssize_t)frame.length;
}

static void talk(struct run *run, const uint8_t *data, size_t size)
{
	bool is_open = turn(run);
	for (size_t at = 0; is_open && at < size;) {
		size_t count = size - at < PIECE ? size - at : PIECE;
		ssize_t sent = send(run->fd, data + at, count, MSG_DONTWAIT | MSG_NOSIGNAL);
		at += sent > 0 ? (size_t)sent : 0;
		is_open = turn(run);
	}
	for (int i = 0; is_open && i < TURNS_MAX / 8; i++)
		is_open = turn(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.in = STR_INIT};
	if (!size)
		return 0;
	start(&run);
	if (data[0] & 1)
		FUZZ_REQUIRE(say_hello(&run));
	talk(&run, data + 1, size - 1);
	const struct msg_bot *orders =
		model_bot(engine_model(run.engine), entity_id("bot", "orders"));
	FUZZ_REQUIRE(orders && strcmp(orders->name, "orders") == 0);
	end(&run);
	return 0;
}
