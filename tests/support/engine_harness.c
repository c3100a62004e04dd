/* SPDX-License-Identifier: MIT */
#include "tests/support/engine_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/msg/msg.h"

enum { SETTLE_TURNS = 4, SYNC_ROUNDS = 3, MARK_MS = 100, AWAIT_MS = 5000 };

struct harness *harness_new(const char *yaml)
{
	const struct engine_options options = {.workers = false};
	return harness_open(yaml, &options);
}

struct harness *harness_open(const char *yaml, const struct engine_options *options)
{
	return harness_open_at(yaml, options, 0);
}

struct harness *harness_open_at(
	const char *yaml, const struct engine_options *options, int64_t later_ms)
{
	struct harness *harness = xcalloc(1, sizeof(*harness));
	autostr struct str report = STR_INIT;
	struct err err = {.code = ERR_NONE};
	clock_init_virtual(&harness->clock, HARNESS_START_MS + later_ms);
	if (!settings_parse(yaml, strlen(yaml), "/nowhere/botswain.yaml", &harness->settings,
		    &report, &err))
		fail_msg("%s", report.text);
	if (!engine_new(harness->settings, &harness->clock, options, &harness->engine, &err))
		fail_msg("%s", err.text);
	harness->model = engine_model(harness->engine);
	harness_settle(harness);
	return harness;
}

static const char fleet[] =
	"state_dir: /nowhere/state\n"
	"telegram: {interval: 10s}\n"
	"process: {interval: 2s}\n"
	"bots:\n"
	"  - {name: orders, token: {file: /nowhere/t1}, process: {match: orders}}\n"
	"  - {name: support, token: {file: /nowhere/t2}}\n"
	"redis:\n"
	"  - {name: main, host: 127.0.0.1, heartbeats: 'hb:*', interval: 2s}\n"
	"postgres:\n"
	"  - {name: db, dsn: 'host=/nowhere'}\n"
	"bots_from:\n"
	"  - {postgres: db, query: 'SELECT name, is_enabled FROM bots', interval: 30s}\n";

int harness_fleet_setup(void **state)
{
	*state = harness_new(fleet);
	return 0;
}

int harness_teardown(void **state)
{
	harness_free(*state);
	return 0;
}

void harness_free(struct harness *harness)
{
	engine_free(harness->engine);
	settings_unref(harness->settings);
	free(harness);
}

static struct msg_any parse(const char *format, va_list args)
{
	autostr struct str line = STR_INIT;
	struct msg_any message;
	struct err err;
	str_vaddf(&line, format, args);
	if (!msg_parse(line.text, &message, &err))
		fail_msg("'%s': %s", line.text, err.text);
	return message;
}

void harness_settle(struct harness *harness)
{
	for (int i = 0; i < SETTLE_TURNS; i++)
		(void)engine_turn(harness->engine, 0);
}

void harness_feed(struct harness *harness, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct msg_any message = parse(format, args);
	va_end(args);
	engine_feed(harness->engine, (struct parcel){.message = message});
	harness_settle(harness);
}

void harness_advance(struct harness *harness, int64_t ms)
{
	while (ms > 0) {
		int64_t step = ms > 1000 ? 1000 : ms;
		clock_advance(&harness->clock, step);
		harness_settle(harness);
		ms -= step;
	}
}

const struct msg_bot *harness_bot(const struct harness *harness, const char *name)
{
	const struct msg_bot *bot = model_bot(harness->model, entity_id("bot", name));
	assert_non_null(bot);
	return bot;
}

static void keep_message(void *context, enum msg_kind kind, const void *body)
{
	struct harness_screen *screen = context;
	if (screen->got_count == COUNT_OF(screen->got)) {
		msg_any_release(&screen->got[0]);
		memmove(screen->got, screen->got + 1,
			(COUNT_OF(screen->got) - 1) * sizeof(screen->got[0]));
		screen->got_count--;
	}
	screen->got[screen->got_count++] =
		(struct msg_any){.kind = kind, .body = msg_copy(kind, body)};
}

struct harness_screen *harness_attach(struct harness *harness)
{
	return harness_reattach(harness, model_new());
}

struct harness_screen *harness_reattach(struct harness *harness, struct model *replica)
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct harness_screen *screen = xcalloc(1, sizeof(*screen));
	screen->harness = harness;
	screen->model = replica;
	screen->client = client_over(fds[0], harness->settings->state_dir, "screen", true);
	engine_adopt(harness->engine, fds[1]);
	harness_sync(screen);
	if (client_state(screen->client) != CLIENT_ATTACHED)
		fail_msg("not attached: %s", client_why(screen->client));
	return screen;
}

void harness_detach(struct harness_screen *screen)
{
	harness_forget(screen);
	client_free(screen->client);
	model_free(screen->model);
	harness_settle(screen->harness);
	free(screen);
}

static unsigned pump(struct harness_screen *screen)
{
	unsigned turns = client_pump(screen->client, screen->model,
		clock_mono_ms(&screen->harness->clock), keep_message, screen);
	screen->turns += turns;
	return turns;
}

/* Twice: a mark may have gone out just before a change of the same moment. */
void harness_sync(struct harness_screen *screen)
{
	for (int mark = 0; mark < 2; mark++) {
		for (int i = 0; i < SYNC_ROUNDS; i++) {
			pump(screen);
			harness_settle(screen->harness);
			pump(screen);
		}
		clock_advance(&screen->harness->clock, MARK_MS);
	}
	harness_settle(screen->harness);
	pump(screen);
}

void harness_send(struct harness_screen *screen, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct msg_any message = parse(format, args);
	va_end(args);
	client_send(screen->client, message.kind, message.body);
	msg_any_release(&message);
	harness_sync(screen);
}

const void *harness_got(const struct harness_screen *screen, enum msg_kind kind)
{
	for (unsigned i = screen->got_count; i-- > 0;)
		if (screen->got[i].kind == kind)
			return screen->got[i].body;
	return NULL;
}

const void *harness_await(struct harness_screen *screen, enum msg_kind kind)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + AWAIT_MS;
	while (!harness_got(screen, kind)) {
		if (clock_mono_ms(clock_real()) > until_ms)
			fail_msg("no '%s' came", msg_info(kind)->name);
		(void)engine_turn(screen->harness->engine, 10);
		pump(screen);
	}
	return harness_got(screen, kind);
}

void harness_forget(struct harness_screen *screen)
{
	while (screen->got_count)
		msg_any_release(&screen->got[--screen->got_count]);
}
