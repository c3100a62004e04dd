/* SPDX-License-Identifier: MIT */
/* What an engine hears is redacted before it goes anywhere, and recorded: observations, and of the requests those
 * that were granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/str.h"
#include "core/engine/internal.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/engine/tape.h"
#include "core/events/chunk.h"
#include "core/events/writer.h"
#include "tests/support/engine_harness.h"
#include "tests/support/instrumented.h"
#include "tests/support/recorded.h"
#include "tests/support/servers.h"

#define CANARY "canary-3c81-goes-nowhere"

enum { KINDS = 256 };

struct scene {
	char *folder, *state, *file;
	struct harness *harness;
};

static int setup(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));
	scene->folder = recorded_folder();
	scene->state = recorded_folder();
	scene->file = xasprintf("%s/heard.rec", scene->folder);
	const struct engine_options options = {.listen = true, .own = true, .record = scene->file};
	autofree char *yaml =
		xasprintf("environment: demo\nstate_dir: %s/state\nwrite: always\n"
			  "driver: {restart: [/bin/true, '{bot}'], verify: 30m}\n"
			  "redis:\n  main: {host: 127.0.0.1, heartbeats: \"hb:*\"}\n"
			  "postgres:\n  main: {dsn: \"host=127.0.0.1 dbname=fleet\"}\n"
			  "bots:\n  orders: {token: {file: t}, process: {match: a}, logs: [l]}\n",
			scene->state);
	scene->harness = harness_open(yaml, &options);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	harness_free(scene->harness);
	remove_folder(scene->state);
	free(scene->state);
	free(scene->file);
	recorded_remove(scene->folder);
	free(scene);
	return 0;
}

/* How many messages of each kind the recording holds. */
static void count_recorded(const struct scene *scene, unsigned ret[KINDS])
{
	struct tape *tape;
	struct tape_frame frame;
	struct err err;
	harness_advance(scene->harness, 2 * RECORD_GAP_MS);
	recorder_drain(scene->harness->engine->recorder);
	if (!tape_open(scene->file, &tape, &err))
		fail_msg("%s", err.text);
	struct tape_head *head = tape_head_new(tape);
	memset(ret, 0, KINDS * sizeof(*ret));
	while (tape_next(head, &frame))
		ret[frame.kind]++;
	tape_head_free(head);
	tape_free(tape);
}

/* ---- observations ---- */

static void fill(enum msg_kind kind, void *body)
{
	const struct msg_info *info = msg_info(kind);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct msg_field *field = &info->fields[i];
		void *at = (char *)body + field->offset;
		size_t *count = (size_t *)(void *)((char *)body + field->count_offset);
		if (field->type == MSG_T_STR && strcmp(field->name, "bot") == 0)
			msg_set(at, "orders");
		else if (field->type == MSG_T_STR)
			msg_set(at, CANARY);
		else if (field->type == MSG_T_STRS)
			msg_add_str(at, count, CANARY);
		else if (field->type == MSG_T_LIST)
			fill(field->kind, msg_add_(at, count, msg_info(field->kind)->size));
	}
}

static void expect_no_canary(const struct model *model, const char *after)
{
	for (unsigned kind = MODEL_KIND_FIRST; kind <= MODEL_KIND_LAST; kind++) {
		size_t count = 0;
		const void *const *bodies =
			msg_info(kind) ? model_list(model, (enum msg_kind)kind, &count) : NULL;
		for (size_t i = 0; i < count; i++) {
			autostr struct str text = STR_INIT;
			msg_dump((enum msg_kind)kind, bodies[i], &text);
			if (strstr(text.text, CANARY))
				fail_msg("after %s: %s", after, text.text);
		}
	}
}

/* Figures by the thousand are cleaned by their workers, and recorded value by value. */
static bool is_observation(const struct msg_info *info)
{
	return strncmp(info->name, "obs_", 4) == 0 && info->kind != MSG_obs_scrape &&
	       info->kind != MSG_obs_botapi;
}

static void every_kind_of_observation_is_redacted_and_recorded(void **state)
{
	struct scene *scene = *state;
	struct harness *harness = scene->harness;
	const struct msg_info *info;
	unsigned before[KINDS], after[KINDS];
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, CANARY, strlen(CANARY)));
	redactor_seal(redactor);
	harness->engine->redactor = redactor; /* as a beat of an engine with workers does */
	harness_feed(harness, "obs_source kind=\"x\" name=\"x\"");
	count_recorded(scene, before);
	for (size_t i = 0; (info = msg_info_at(i)); i++) {
		if (!is_observation(info))
			continue;
		void *body = msg_new(info->kind);
		fill(info->kind, body);
		engine_feed(harness->engine,
			(struct parcel){.message = {.kind = info->kind, .body = body}});
		harness_settle(harness);
		expect_no_canary(harness->model, info->name);
	}
	count_recorded(scene, after);
	for (size_t i = 0; (info = msg_info_at(i)); i++)
		if (is_observation(info) && after[info->kind] <= before[info->kind])
			fail_msg("%s was not recorded", info->name);
}

/* ---- requests ---- */

static void only_what_was_granted_is_recorded(void **state)
{
	struct scene *scene = *state;
	unsigned counts[KINDS];
	struct harness_screen *screen = harness_attach(scene->harness);
	uint64_t bot = entity_id("bot", "orders");
	harness_send(screen,
		"plan_req req=1 verb=\"restart\" targets=[{id=%" PRIu64 " name=\"orders\"}]", bot);
	const struct msg_plan *plan = harness_got(screen, MSG_plan);
	assert_int_equal(plan->code, 0);
	uint64_t number = plan->plan;
	harness_send(screen, "plan_req req=2 verb=\"no-such-verb\"");
	harness_send(screen, "run_req req=3 plan=%" PRIu64 " reason=\"\"", number + 100);
	harness_send(screen, "cancel_req req=4 operation=12345");
	assert_int_not_equal(((const struct msg_answer *)harness_got(screen, MSG_answer))->code, 0);
	count_recorded(scene, counts);
	assert_int_equal(counts[MSG_plan_req], 1);
	assert_int_equal(counts[MSG_run_req], 0);
	assert_int_equal(counts[MSG_cancel_req], 0);
	/* a run is granted when the ledger has it */
	harness_forget(screen);
	harness_send(screen, "run_req req=5 plan=%" PRIu64 " reason=\"it hangs\"", number);
	const struct msg_accepted *accepted = harness_await(screen, MSG_accepted);
	assert_int_equal(accepted->code, 0);
	harness_send(screen, "run_req req=5 plan=%" PRIu64 " reason=\"it hangs\"", number);
	harness_send(screen, "arm_req req=6 on=true");
	count_recorded(scene, counts);
	assert_int_equal(counts[MSG_run_req], 1);
	harness_detach(screen);
}

/* ---- lines ---- */

static int64_t cpu_us(void)
{
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The caller holds it, as a writer that goes on with it does. */
static struct chunk *begin_stream(struct recorder *recorder, uint64_t source, uint64_t id)
{
	const struct stream stream = {.source = source, .id = id, .name = "log"};
	const struct record record = {.wall_ms = HARNESS_START_MS, .length = 4};
	struct chunk_list *list = xmalloc(sizeof(*list) + sizeof(struct chunk *));
	struct chunk *chunk = chunk_new(&stream, id, 1024, 8);
	assert_true(chunk_append(chunk, record, "line", 4, ""));
	list->count = 1;
	list->chunks[0] = chunk;
	recorder_chunks(recorder, list);
	free(list);
	return chunk;
}

static void record_turn(struct recorder *recorder, struct model *model, int number)
{
	struct msg_bot *bot = msg_new(MSG_bot);
	bot->id = 1;
	bot->pending = number;
	(void)model_put(model, MSG_bot, bot);
	recorder_turn(recorder, model, NULL, HARNESS_START_MS + number * 1000, number * 1000);
	recorder_drain(recorder);
}

/* A turn is 8 ms at worst, with everything else in it. */
static void thousands_of_logs_cost_a_turn_of_the_recorder_little(void **state)
{
	enum { LOGS = 8192, WORST_US = 4000 };
	struct scene *scene = *state;
	autofree char *file = xasprintf("%s/many.rec", scene->folder);
	const struct record_options options = {
		.path = file, .budget = 64 << 20, .environment = "demo"};
	struct model *model = model_new();
	struct recorder *recorder;
	struct err err;
	int64_t best_us = INT64_MAX;
	autofree struct chunk **chunks = xcalloc(LOGS, sizeof(*chunks));
	assert_true(recorder_open(&options, &recorder, &err));
	for (uint64_t i = 0; i < LOGS; i++)
		chunks[i] = begin_stream(recorder, i % 100, i);
	record_turn(recorder, model, 1);
	for (int i = 2; i < 8; i++) {
		int64_t begun_us = cpu_us();
		record_turn(recorder, model, i);
		int64_t took_us = cpu_us() - begun_us;
		best_us = took_us < best_us ? took_us : best_us;
	}
	recorder_close(recorder);
	model_free(model);
	for (size_t i = 0; i < LOGS; i++)
		chunk_unref(chunks[i]);
	print_message("a turn with %d logs: %" PRId64 " us\n", LOGS, best_us);
	assert_true(best_us < WORST_US * INSTRUMENTED_TIMES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_observation_is_redacted_and_recorded),
		TEST(only_what_was_granted_is_recorded),
		TEST(thousands_of_logs_cost_a_turn_of_the_recorder_little),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
