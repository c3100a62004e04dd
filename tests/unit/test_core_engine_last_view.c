/* SPDX-License-Identifier: MIT */
/* What an engine leaves for the next screen, and how that is read: engines under a virtual clock with a real ledger, and files
 * that no engine wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/conf/settings.h"
#include "core/engine/client_last.h"
#include "tests/support/engine_harness.h"
#include "tests/support/servers.h"

enum { HOUR_MS = 3600000, DISK_LIMIT_MS = 5000 };

struct scene {
	char folder[64];
	char *yaml, *state_dir, *file;
	struct settings *settings; /* of the last engine */
	struct harness *harness;   /* that runs; NULL: none */
};

static void stop(struct scene *scene)
{
	if (scene->harness)
		harness_free(scene->harness);
	scene->harness = NULL;
}

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	strcpy(scene->folder, "/tmp/botswain-view-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->state_dir = xasprintf("%s/state", scene->folder);
	scene->file = xasprintf("%s/%s", scene->state_dir, CLIENT_LAST_FILE);
	scene->yaml = xasprintf(
		"environment: prod\nstate_dir: %s\n"
		"bots:\n  - {name: orders, token: {file: /nowhere/t1}, process: {match: orders}}\n"
		"  - {name: pay, token: {file: /nowhere/t2}, process: {match: pay}}\n",
		scene->state_dir);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	stop(scene);
	remove_folder(scene->folder);
	settings_unref(scene->settings);
	free(scene->yaml);
	free(scene->state_dir);
	free(scene->file);
	free(scene);
	return 0;
}

static struct harness *start(struct scene *scene, int64_t later_ms)
{
	const struct engine_options options = {.listen = true};
	stop(scene);
	scene->harness = harness_open_at(scene->yaml, &options, later_ms);
	settings_unref(scene->settings);
	scene->settings = settings_ref(scene->harness->settings);
	return scene->harness;
}

static void observe(struct harness *harness)
{
	static const char *const names[] = {"orders", "pay"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		harness_feed(harness, "obs_getme bot=\"%s\" latency_ms=40 tg_id=7", names[i]);
		harness_feed(harness, "obs_webhook bot=\"%s\" latency_ms=40 pending=%zu", names[i],
			41 + i);
		harness_feed(harness, "obs_process bot=\"%s\" state=\"%s\" pid=%zu cpu_percent=3",
			names[i], i ? "absent" : "running", i ? 0 : (size_t)77);
	}
	harness_settle(harness);
}

/* What a screen would show at that time; NULL: nothing. The caller frees it. */
static struct model *read_at(const struct scene *scene, int64_t now_ms, int64_t *ret_wall_ms)
{
	struct model *model = model_new();
	if (client_last_read(scene->settings, model, now_ms, ret_wall_ms))
		return model;
	assert_int_equal(model_rev(model), 0);
	model_free(model);
	return NULL;
}

static const struct msg_bot *bot_of(const struct model *model, const char *name)
{
	return model_bot(model, entity_id("bot", name));
}

static void an_engine_that_stops_leaves_what_it_knew(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	int64_t wall_ms = 0;
	observe(harness);
	harness_advance(harness, 3000);
	observe(harness);
	int64_t then_ms = clock_wall_ms(&harness->clock);
	autofree char *pay = xstrdup(harness_bot(harness, "pay")->state);
	stop(scene);
	struct model *model = read_at(scene, then_ms + HOUR_MS, &wall_ms);
	assert_non_null(model);
	assert_int_equal(wall_ms, then_ms);
	assert_int_equal(bot_of(model, "orders")->pending, 41);
	assert_int_equal(bot_of(model, "orders")->pid, 77);
	assert_string_equal(bot_of(model, "pay")->state, pay);
	assert_string_equal(model_engine(model)->environment, "prod");
	model_free(model);
}

static void only_its_user_may_read_it(void **state)
{
	struct scene *scene = *state;
	struct stat status;
	observe(start(scene, 0));
	stop(scene);
	assert_int_equal(stat(scene->file, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

/* An engine saw the fleet and has stopped; the time of that. */
static int64_t leave_one(struct scene *scene)
{
	observe(start(scene, 0));
	int64_t then_ms = clock_wall_ms(&scene->harness->clock);
	stop(scene);
	return then_ms;
}

/* The disk's thread takes its time. */
static bool is_there(const char *path)
{
	for (int waited = 0; waited < DISK_LIMIT_MS; waited++) {
		if (access(path, F_OK) == 0)
			return true;
		(void)poll(NULL, 0, 1);
	}
	return false;
}

static void one_that_runs_leaves_it_every_minute(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = start(scene, 0);
	for (int s = 0; s < 14; s++) {
		observe(harness);
		harness_advance(harness, 1000);
	}
	assert_int_not_equal(access(scene->file, F_OK), 0);
	harness_advance(harness, 2000);
	assert_true(is_there(scene->file));
	assert_int_equal(unlink(scene->file), 0);
	harness_advance(harness, 61000);
	assert_true(is_there(scene->file));
}

static void one_that_has_seen_nothing_leaves_what_is_there(void **state)
{
	struct scene *scene = *state;
	int64_t before_ms = 0, wall_ms = 0;
	int64_t then_ms = leave_one(scene);
	model_free(read_at(scene, then_ms, &before_ms));
	harness_advance(start(scene, HOUR_MS), 20000);
	stop(scene);
	struct model *model = read_at(scene, then_ms + HOUR_MS, &wall_ms);
	assert_non_null(model);
	assert_int_equal(wall_ms, before_ms);
	assert_int_equal(bot_of(model, "orders")->pending, 41);
	model_free(model);
}

static void what_is_older_than_a_week_is_nothing(void **state)
{
	struct scene *scene = *state;
	int64_t wall_ms = 0, week_ms = INT64_C(7) * 24 * HOUR_MS;
	int64_t then_ms = leave_one(scene);
	assert_null(read_at(scene, then_ms + week_ms, &wall_ms));
	struct model *model = read_at(scene, then_ms + week_ms - 1, &wall_ms);
	assert_non_null(model);
	model_free(model);
}

static void what_is_of_a_time_to_come_is_nothing(void **state)
{
	struct scene *scene = *state;
	int64_t wall_ms = 0;
	int64_t then_ms = leave_one(scene);
	assert_null(read_at(scene, then_ms - HOUR_MS, &wall_ms));
	struct model *model = read_at(scene, then_ms - 5000, &wall_ms);
	assert_non_null(model);
	model_free(model);
}

static void what_is_of_another_configuration_is_nothing(void **state)
{
	struct scene *scene = *state;
	int64_t wall_ms = 0;
	int64_t then_ms = leave_one(scene);
	struct settings other = *scene->settings;
	char staging[] = "staging", elsewhere[] = "/nowhere/else.yaml";
	other.environment = staging;
	struct model *model = model_new();
	assert_false(client_last_read(&other, model, then_ms, &wall_ms));
	other = *scene->settings;
	other.path = elsewhere;
	assert_false(client_last_read(&other, model, then_ms, &wall_ms));
	other.path = scene->settings->path;
	assert_true(client_last_read(&other, model, then_ms, &wall_ms));
	model_free(model);
}

/* An outage that began before it: of each bot something is remembered still. */
static void one_that_ran_for_a_minute_leaves_what_it_saw(void **state)
{
	struct scene *scene = *state;
	int64_t wall_ms = 0;
	observe(start(scene, 0));
	struct harness *harness = start(scene, HOUR_MS);
	for (int s = 0; s < 70; s++) {
		harness_feed(harness, "obs_process bot=\"pay\" state=\"absent\"");
		harness_feed(harness, "obs_process bot=\"orders\" state=\"absent\"");
		harness_advance(harness, 1000);
	}
	int64_t then_ms = clock_wall_ms(&harness->clock);
	stop(scene);
	struct model *model = read_at(scene, then_ms, &wall_ms);
	assert_non_null(model);
	assert_int_equal(wall_ms, then_ms);
	assert_string_equal(bot_of(model, "orders")->state, "down");
	model_free(model);
}

/* `text` is what Telegram calls it, too: that is judged by nobody, who may be at it in these turns. */
static void change_bot(struct model *model, const char *name, const char *text)
{
	struct msg_bot *bot = msg_copy(MSG_bot, model_bot(model, entity_id("bot", name)));
	msg_set(&bot->why, text);
	msg_set(&bot->username, text);
	(void)model_put(model, MSG_bot, bot);
}

/* Four slices of a fleet; between them some change, one leaves, one comes to know. */
static void what_changes_while_it_is_written_is_in_it_as_it_is_in_the_end(void **state)
{
	enum { MANY = 200 };
	struct scene *scene = *state;
	autostr struct str yaml = STR_INIT;
	int64_t wall_ms = 0;
	size_t count;
	str_addf(&yaml, "environment: prod\nstate_dir: %s\nbots:\n", scene->state_dir);
	for (int i = 0; i < MANY; i++)
		str_addf(&yaml, "  - {name: bot-%03d, token: {file: /nowhere/t}}\n", i);
	free(scene->yaml);
	scene->yaml = str_detach(&yaml);
	struct harness *harness = start(scene, 0);
	struct model *model = (struct model *)(uintptr_t)harness->model;
	clock_advance(&harness->clock, 16000);
	(void)engine_turn(harness->engine, 0);
	assert_int_not_equal(access(scene->file, F_OK), 0);
	change_bot(model, "bot-000", "changed first");
	change_bot(model, "bot-199", "changed last");
	assert_true(model_remove(model, MSG_bot, entity_id("bot", "bot-001")));
	assert_true(model_remove(model, MSG_bot, entity_id("bot", "bot-198")));
	for (int turn = 0; turn < 20; turn++)
		(void)engine_turn(harness->engine, 0);
	assert_true(is_there(scene->file));
	struct model *left = read_at(scene, clock_wall_ms(&harness->clock), &wall_ms);
	assert_non_null(left);
	(void)model_bots(left, &count);
	assert_int_equal(count, MANY - 2);
	assert_string_equal(bot_of(left, "bot-000")->username, "changed first");
	assert_string_equal(bot_of(left, "bot-199")->username, "changed last");
	model_free(left);
}

static void no_secret_is_in_it(void **state)
{
	struct scene *scene = *state;
	int64_t wall_ms = 0;
	struct harness *harness = start(scene, 0);
	observe(harness);
	int64_t then_ms = clock_wall_ms(&harness->clock);
	change_bot((struct model *)(uintptr_t)harness->model, "pay",
		"it says 7100812:AAFcanarycanarycanarycanarycanary_1 itself");
	stop(scene);
	struct model *model = read_at(scene, then_ms, &wall_ms);
	assert_non_null(model);
	assert_string_equal(bot_of(model, "pay")->why, "it says 7100812:<redacted> itself");
	model_free(model);
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

static void left_bytes(struct scene *scene, struct str *bytes, int64_t *ret_ms)
{
	char part[4096];
	size_t got;
	*ret_ms = leave_one(scene);
	FILE *file = fopen(scene->file, "re");
	assert_non_null(file);
	while ((got = fread(part, 1, sizeof(part), file)) > 0)
		str_add(bytes, part, got);
	fclose(file);
	assert_true(bytes->length > 200);
}

static void a_file_that_is_cut_anywhere_is_nothing(void **state)
{
	struct scene *scene = *state;
	autostr struct str bytes = STR_INIT;
	int64_t then_ms, wall_ms = 0;
	left_bytes(scene, &bytes, &then_ms);
	for (size_t length = 0; length < bytes.length; length++) {
		write_file(scene->file, bytes.text, length);
		assert_null(read_at(scene, then_ms, &wall_ms));
	}
}

static void a_file_of_noise_harms_nobody(void **state)
{
	struct scene *scene = *state;
	autostr struct str bytes = STR_INIT;
	int64_t then_ms, wall_ms = 0;
	struct rng rng;
	rng_init(&rng, 7);
	left_bytes(scene, &bytes, &then_ms);
	for (int round = 0; round < 2000; round++) {
		autofree char *noise = xmemdup(bytes.text, bytes.length);
		for (int i = 0; i < 1 + round % 7; i++)
			noise[rng_below(&rng, bytes.length)] = (char)rng_below(&rng, 256);
		write_file(scene->file, noise, bytes.length);
		model_free(read_at(scene, then_ms, &wall_ms));
	}
}

static void neither_a_link_nor_a_pipe_nor_a_folder_is_read(void **state)
{
	struct scene *scene = *state;
	autostr struct str bytes = STR_INIT;
	autofree char *other = xasprintf("%s/other", scene->folder);
	int64_t then_ms, wall_ms = 0;
	left_bytes(scene, &bytes, &then_ms);
	assert_int_equal(rename(scene->file, other), 0);
	assert_int_equal(symlink(other, scene->file), 0);
	assert_null(read_at(scene, then_ms, &wall_ms));
	assert_int_equal(unlink(scene->file), 0);
	assert_int_equal(mkfifo(scene->file, 0600), 0);
	assert_null(read_at(scene, then_ms, &wall_ms));
	assert_int_equal(unlink(scene->file), 0);
	assert_int_equal(mkdir(scene->file, 0700), 0);
	assert_null(read_at(scene, then_ms, &wall_ms));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_engine_that_stops_leaves_what_it_knew),
		TEST(only_its_user_may_read_it),
		TEST(one_that_runs_leaves_it_every_minute),
		TEST(one_that_has_seen_nothing_leaves_what_is_there),
		TEST(what_is_older_than_a_week_is_nothing),
		TEST(what_is_of_a_time_to_come_is_nothing),
		TEST(what_is_of_another_configuration_is_nothing),
		TEST(one_that_ran_for_a_minute_leaves_what_it_saw),
		TEST(what_changes_while_it_is_written_is_in_it_as_it_is_in_the_end),
		TEST(no_secret_is_in_it),
		TEST(a_file_that_is_cut_anywhere_is_nothing),
		TEST(a_file_of_noise_harms_nobody),
		TEST(neither_a_link_nor_a_pipe_nor_a_folder_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
