/* SPDX-License-Identifier: MIT */
#include "tests/support/console.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/events/writer.h"
#include "tests/support/golden.h"

enum { ROUNDS = 12, POOL_LIMIT_MS = 5000, PART_MS = 10 };

/* In place of the C library's: whoever runs a test has no name here, so that a picture is the same for all. */
int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **ret)
{
	(void)uid;
	(void)entry;
	(void)buffer;
	(void)size;
	*ret = NULL;
	return 0;
}

static void show(struct console *console, struct links *links, int rows, int columns)
{
	struct harness *harness = console->harness;
	struct err err;
	if (!theme_builtin(theme_builtin_names()[0], &console->theme, &err))
		fail_msg("%s", err.text);
	console->options =
		(struct term_options){.clock = &harness->clock, .theme = &console->theme};
	console->term = term_headless_new(rows, columns, &console->options);
	console->app = app_new(&harness->clock, harness->settings, console->term, links);
	console->app->anonymous = true;
	console_settle(console);
}

static void attach_screen(struct console *console, int rows, int columns)
{
	struct harness *harness = console->harness;
	int fds[2];
	console->engines[console->engine_count++] = harness;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	struct client *client = client_over(fds[0], harness->settings->state_dir, "screen", true);
	engine_adopt(harness->engine, fds[1]);
	show(console, links_over(link_over(client)), rows, columns);
}

struct console *console_new(const char *yaml, int rows, int columns)
{
	struct console *console = xcalloc(1, sizeof(*console));
	console->harness = harness_new(yaml);
	attach_screen(console, rows, columns);
	return console;
}

struct console *console_open(
	const char *yaml, const struct engine_options *options, int rows, int columns)
{
	struct console *console = xcalloc(1, sizeof(*console));
	console->harness = harness_open(yaml, options);
	attach_screen(console, rows, columns);
	return console;
}

struct console *console_beside(struct console *other, int rows, int columns)
{
	struct console *console = xcalloc(1, sizeof(*console));
	console->harness = other->harness;
	console->borrows = true;
	attach_screen(console, rows, columns);
	return console;
}

/* ---- several engines ---- */

static void start_engine(struct console *console, size_t engine)
{
	const struct engine_options options = {.listen = true};
	const struct console_engine *about = &console->about[engine];
	int64_t past_ms = console->engines[0]
				  ? clock_wall_ms(&console->engines[0]->clock) - HARNESS_START_MS
				  : 0;
	console->engines[engine] =
		harness_open_at(about->yaml, &options, past_ms + about->ahead_ms);
}

struct console *console_many(
	const struct console_engine *engines, size_t count, int rows, int columns)
{
	struct console *console = xcalloc(1, sizeof(*console));
	struct ways ways = {.count = 0};
	struct err err;
	assert_true(count <= CONSOLE_ENGINES_MAX);
	console->engine_count = count;
	for (size_t i = 0; i < count; i++) {
		console->about[i] = engines[i];
		start_engine(console, i);
		console->ways[i] = xasprintf(
			"%s=unix:%s", engines[i].name, console->engines[i]->settings->socket_path);
		if (!ways_add(&ways, console->ways[i], &err))
			fail_msg("%s", err.text);
	}
	console->harness = console->engines[0];
	show(console, links_new(console->harness->settings, &ways, "screen"), rows, columns);
	return console;
}

struct console *console_many_beside(
	struct console *other, const size_t *order, size_t count, int rows, int columns)
{
	struct console *console = xcalloc(1, sizeof(*console));
	struct ways ways = {.count = 0};
	struct err err;
	console->borrows = true;
	console->harness = other->harness;
	console->engine_count = other->engine_count;
	memcpy(console->engines, other->engines, sizeof(console->engines));
	for (size_t i = 0; i < count; i++) {
		console->ways[i] = xstrdup(other->ways[order[i]]);
		if (!ways_add(&ways, console->ways[i], &err))
			fail_msg("%s", err.text);
	}
	show(console, links_new(console->harness->settings, &ways, "screen"), rows, columns);
	return console;
}

void console_on(struct console *console, size_t engine)
{
	console->harness = console->engines[engine];
	assert_non_null(console->harness);
}

static void forget_writers(struct console *console, const struct harness *harness)
{
	size_t kept = 0;
	for (size_t i = 0; i < console->writer_count; i++) {
		if (harness && console->writers[i].harness != harness) {
			console->writers[kept++] = console->writers[i];
			continue;
		}
		event_writer_free(console->writers[i].writer);
		free(console->writers[i].bot);
	}
	console->writer_count = kept;
}

void console_kill(struct console *console, size_t engine)
{
	assert_true(engine > 0); /* the first has the clock of the screen */
	forget_writers(console, console->engines[engine]);
	harness_free(console->engines[engine]);
	console->engines[engine] = NULL;
	console->harness = console->engines[0];
}

void console_revive(struct console *console, size_t engine)
{
	start_engine(console, engine);
}

void console_free(struct console *console)
{
	forget_writers(console, NULL);
	app_free(console->app);
	term_free(console->term);
	for (size_t i = 0; i < console->engine_count; i++) {
		if (console->engines[i] && !console->borrows)
			harness_free(console->engines[i]);
		free(console->ways[i]);
	}
	free(console);
}

static void pass(struct console *console, int64_t ms)
{
	for (size_t i = 0; i < console->engine_count; i++)
		if (console->engines[i])
			clock_advance(&console->engines[i]->clock, ms);
}

/* ---- what happens ---- */

static struct event_writer *writer_of(struct console *console, const char *bot)
{
	for (size_t i = 0; i < console->writer_count; i++)
		if (console->writers[i].harness == console->harness &&
			strcmp(console->writers[i].bot, bot) == 0)
			return console->writers[i].writer;
	autofree char *name = xasprintf("%s.log", bot);
	const struct event_source source = {
		.id = entity_id("source", name), .name = name, .bot = bot};
	size_t at = console->writer_count++;
	assert_true(at < CONSOLE_WRITERS_MAX);
	console->writers[at].bot = xstrdup(bot);
	console->writers[at].harness = console->harness;
	console->writers[at].writer = event_writer_new(&source, NULL, &console->harness->clock);
	return console->writers[at].writer;
}

void console_log(struct console *console, const char *bot, const char *line)
{
	struct event_writer *writer = writer_of(console, bot);
	event_writer_line(writer, line, strlen(line), false);
	pass(console, 1);
	assert_true(event_writer_post(writer, engine_mailbox(console->harness->engine), true));
	harness_settle(console->harness);
}

void console_healthy(struct console *console, const char *bot, int pid)
{
	struct harness *harness = console->harness;
	long long start_ms = HARNESS_START_MS - 3600000LL * (pid % 48 + 1);
	harness_feed(harness,
		"obs_getme bot=\"%s\" tg_id=%d username=\"%s_bot\" http=200 latency_ms=41", bot,
		7100000 + pid, bot);
	harness_feed(harness, "obs_webhook bot=\"%s\" http=200 latency_ms=38 pending=0", bot);
	harness_feed(harness,
		"obs_process bot=\"%s\" state=\"running\" pid=%d start_ms=%lld cpu_percent=0.5 "
		"rss_bytes=%d fds=14",
		bot, pid, start_ms, 10 << 20);
	harness_feed(harness,
		"obs_heartbeat bot=\"%s\" present=true ttl_ms=14600 full_ttl_ms=15000 "
		"updates_per_s=%d.%d p95_ms=%d",
		bot, pid % 3, pid % 10, 40 + pid % 90);
}

void console_sources(struct console *console, const char *const names[])
{
	for (size_t i = 0; names[i]; i++) {
		const char *slash = strchr(names[i], '/');
		assert_non_null(slash);
		harness_feed(console->harness,
			"obs_source kind=\"%.*s\" name=\"%s\" state=\"ok\" latency_ms=0.4 "
			"next_in_ms=2000 interval_ms=2000 circuit=\"closed\"",
			(int)(slash - names[i]), names[i], slash + 1);
	}
}

/* ---- letting it work ---- */

static bool has_part(const struct console *console)
{
	const struct app *app = console->app;
	for (int id = 1; id < WINDOW_COUNT; id++)
		if (app->windows[id].asked && app->windows[id].answered && !app->windows[id].done)
			return true;
	return false;
}

static bool waits_for_pool(const struct console *console)
{
	const struct app *app = console->app;
	if (has_part(console))
		return true;
	for (int id = 1; id < WINDOW_COUNT; id++)
		if (app->windows[id].asked && !app->windows[id].answered)
			return true;
	for (size_t i = 0; i < APP_REQUESTS_MAX; i++)
		if (app->requests[i].req)
			return true;
	return false;
}

static void turn(struct console *console, int wait_ms)
{
	struct term_event event;
	term_handle(console->term, 0);
	while (term_next_event(console->term, &event))
		app_event(console->app, &event);
	app_step(console->app);
	for (size_t i = 0; i < console->engine_count; i++)
		if (console->engines[i])
			(void)engine_turn(console->engines[i]->engine, wait_ms);
	app_step(console->app);
	console->app->data_mono_ms = INT64_MIN / 2; /* new state is painted without delay */
	app_paint(console->app);
}

void console_settle(struct console *console)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + POOL_LIMIT_MS;
	for (int i = 0; i < ROUNDS; i++)
		turn(console, 0);
	pass(console, 200); /* for a turn mark */
	for (int i = 0; i < ROUNDS; i++)
		turn(console, 0);
	while (waits_for_pool(console) && clock_mono_ms(clock_real()) < until_ms) {
		if (has_part(console)) /* the next one comes a moment later */
			pass(console, PART_MS);
		turn(console, 5);
	}
	turn(console, 0);
}

void console_turn(struct console *console, int64_t ms)
{
	turn(console, 1);
	pass(console, ms);
}

void console_advance(struct console *console, int64_t ms)
{
	while (ms > 0) {
		int64_t step = ms > 1000 ? 1000 : ms;
		pass(console, step);
		for (int i = 0; i < 4; i++)
			turn(console, 0);
		ms -= step;
	}
	console_settle(console);
}

/* ---- keys ---- */

void console_queue(struct console *console, const char *names)
{
	char *rest = NULL;
	autofree char *copy = xstrdup(names);
	for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		keycode key;
		if (!keycode_parse(name, &key))
			fail_msg("no such key: '%s'", name);
		term_headless_key(console->term, key);
	}
}

void console_keys(struct console *console, const char *names)
{
	char *rest = NULL;
	autofree char *copy = xstrdup(names);
	for (char *name = strtok_r(copy, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		console_queue(console, name);
		console_settle(console);
	}
}

void console_type(struct console *console, const char *text)
{
	for (; *text; text++)
		term_headless_key(console->term, (keycode)(unsigned char)*text);
	console_settle(console);
}

void console_resize(struct console *console, int rows, int columns)
{
	term_headless_resize(console->term, rows, columns);
	console_settle(console);
}

/* ---- what is on the screen ---- */

static void read_screen(struct console *console, struct str *ret)
{
	grid_dump_text(term_headless_grid(console->term), ret);
}

static bool shows(struct console *console, const char *text)
{
	autostr struct str screen = STR_INIT;
	read_screen(console, &screen);
	return strstr(screen.text, text) != NULL;
}

/* What threads of the engine work out may come a little later. */
void console_expect(struct console *console, const char *text)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + POOL_LIMIT_MS;
	while (!shows(console, text) && clock_mono_ms(clock_real()) < until_ms) {
		pass(console, 10); /* following windows have a pace */
		turn(console, 5);
	}
	autostr struct str screen = STR_INIT;
	read_screen(console, &screen);
	if (!strstr(screen.text, text))
		fail_msg("the screen does not show '%s':\n%s", text, screen.text);
}

void console_expect_not(struct console *console, const char *text)
{
	autostr struct str screen = STR_INIT;
	read_screen(console, &screen);
	if (strstr(screen.text, text))
		fail_msg("the screen shows '%s':\n%s", text, screen.text);
}

int console_row(struct console *console, const char *text)
{
	autostr struct str screen = STR_INIT;
	read_screen(console, &screen);
	const char *found = strstr(screen.text, text);
	int row = 0;
	for (const char *at = screen.text; found && at < found; at++)
		row += *at == '\n';
	return found ? row : -1;
}

void console_golden(struct console *console, const char *name)
{
	golden_check_grid(name, term_headless_grid(console->term));
}
