/* SPDX-License-Identifier: MIT */
/* The last known state of a real engine: killed at any moment, and how long a start with much of it
 * takes. */
#include "tests/support/engine_process.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/engine.h"
#include "core/model/model.h"
#include "core/msg/msg.h"

enum { KEEP_MS = 15000, SLACK_MS = 4000, MANY = 10000, FIRST_TURN_MS = 300 };

static const struct msg_bot *bot_of(const struct screen *screen, const char *name)
{
	return model_bot(screen->model, entity_id("bot", name));
}

static void watch(const struct scene *scene, const char *process)
{
	autofree char *more = xasprintf(
		"  - {name: watched, transport: none, process: {%s}}\nenvironment: prod\n",
		process);
	scene_configure(scene, more);
}

static bool is_state(const struct screen *screen, const char *state)
{
	const struct msg_bot *bot = bot_of(screen, "watched");
	return bot && strcmp(bot->state, state) == 0;
}

/* How many rows of bots the file of the engine holds. */
static int kept_bots(const struct scene *scene)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	int count = 0;
	autofree char *path = xasprintf("%s/state.db", scene->state_dir);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(db, "SELECT count(*) FROM last WHERE kind = 17", -1, &statement,
			NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

static void wait_for_keeping(const struct scene *scene, struct screen *screen)
{
	int64_t until_ms = clock_mono_ms(clock_real()) + KEEP_MS + PATIENCE_MS;
	while (!kept_bots(scene)) {
		assert_true(clock_mono_ms(clock_real()) < until_ms);
		screen_step(screen);
	}
}

static void assert_holds_not(const struct scene *scene, const char *name, const char *secret)
{
	autofree char *path = xasprintf("%s/%s", scene->state_dir, name);
	static char bytes[4 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : 0;
	if (fd >= 0)
		close(fd);
	assert_true(length >= 0);
	assert_null(memmem(bytes, (size_t)length, secret, strlen(secret)));
}

static void an_engine_that_is_killed_is_remembered_as_of_a_quarter_of_a_minute_before(void **state)
{
	const struct scene *scene = *state;
	struct screen screen;
	int status;
	autofree char *pidfile = xasprintf("%s/pid", scene->folder);
	autofree char *text = xasprintf("%d\n", (int)getpid());
	autofree char *process = xasprintf("pidfile: %s", pidfile);
	write_file(pidfile, text);
	watch(scene, process);
	pid_t pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	AWAIT(&screen, is_state(&screen, "ok"));
	wait_for_keeping(scene, &screen);
	int64_t killed_ms = clock_wall_ms(clock_real());
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	screen_detach(&screen);
	assert_holds_not(scene, "state.db", "AAaaBBbbCCccDDdd");
	assert_holds_not(scene, "state.db-wal", "AAaaBBbbCCccDDdd");

	/* Nothing can be seen of it now: what was known is what there is. */
	watch(scene, "pid_command: [/bin/sleep, '60']");
	pid = scene_start(scene, NULL);
	screen_load(scene, &screen);
	screen_attach(&screen);
	AWAIT(&screen, bot_of(&screen, "watched"));
	const struct msg_bot *bot = bot_of(&screen, "watched");
	assert_string_equal(bot->last_state, "ok");
	assert_string_not_equal(bot->state, "ok");
	assert_in_range(killed_ms - bot->last_ms, 0, KEEP_MS + SLACK_MS);
	assert_int_equal(model_engine(screen.model)->last_ms, bot->last_ms);
	screen_detach(&screen);
	kill(pid, SIGTERM);
	assert_exits(pid, 0);
}

/* ---- how long a start takes ---- */

static struct settings *many_bots(const char *folder)
{
	struct settings *settings = NULL;
	struct err err = {0};
	autostr struct str yaml = STR_INIT, report = STR_INIT;
	str_addf(&yaml, "state_dir: %s/state\nbots:\n", folder);
	for (int i = 0; i < MANY; i++)
		str_addf(&yaml, "  - {name: bot-%d, transport: none, process: {match: bot-%d}}\n",
			i, i);
	if (!settings_parse(yaml.text, yaml.length, "/many.yaml", &settings, &report, &err))
		fail_msg("%s\n%s", err.text, report.text);
	return settings;
}

/* Of this thread: a busy machine makes nothing slower. */
static double cpu_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* Until its first turn is over, in ms of the processor. */
static double start(struct settings *settings, struct engine **ret)
{
	const struct engine_options options = {.listen = true};
	struct err err = {0};
	double begun_ms = cpu_ms();
	if (!engine_new(settings, clock_real(), &options, ret, &err))
		fail_msg("%s", err.text);
	assert_true(engine_turn(*ret, 0));
	return cpu_ms() - begun_ms;
}

static void observe(struct engine *engine, int number)
{
	autofree char *line =
		xasprintf("obs_process bot=\"bot-%d\" state=\"running\" pid=%d "
			  "start_ms=1772366400000 cpu_percent=2.5 rss_bytes=9000000 fds=12",
			number, number + 2);
	struct parcel parcel = {.message = {MSG_none, NULL}};
	struct err err;
	assert_true(msg_parse(line, &parcel.message, &err));
	engine_feed(engine, parcel);
}

/* Remembered, but for those that the engine's worker has looked at already: on a slow machine that comes before the first
 * turn. */
static void assert_all_known(struct engine *engine)
{
	size_t count, known = 0;
	const struct msg_bot *const *bots = model_bots(engine_model(engine), &count);
	for (size_t i = 0; i < count; i++)
		known += bots[i]->last_ms || bots[i]->proc_at_ms;
	assert_int_equal(known, MANY);
	assert_true(model_engine(engine_model(engine))->last_bots > 0);
}

static void a_start_with_ten_thousand_remembered_bots_is_quick(void **state)
{
	const struct scene *scene = *state;
	struct settings *settings = many_bots(scene->folder);
	struct engine *engine = NULL;
	double empty_ms = start(settings, &engine), best_ms = INFINITY;
	for (int i = 0; i < MANY; i++)
		observe(engine, i);
	while (!model_bot(engine_model(engine), entity_id("bot", "bot-9999"))->pid)
		assert_true(engine_turn(engine, 0));
	double begun_ms = cpu_ms();
	engine_free(engine);
	double stop_ms = cpu_ms() - begun_ms;
	for (int i = 0; i < 3; i++) {
		double ms = start(settings, &engine);
		best_ms = ms < best_ms ? ms : best_ms;
		assert_all_known(engine);
		engine_free(engine);
	}
	print_message("# first turn: %.0f ms with %d remembered bots, %.0f ms with none; "
		      "orderly stop: %.0f ms\n",
		best_ms, MANY, empty_ms, stop_ms);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(best_ms < FIRST_TURN_MS);
#endif
	settings_unref(settings);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_engine_that_is_killed_is_remembered_as_of_a_quarter_of_a_minute_before),
		TEST(a_start_with_ten_thousand_remembered_bots_is_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
