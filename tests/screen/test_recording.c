/* SPDX-License-Identifier: MIT */
/* What a recording holds, and what it must not: budgets, drops, full disks, damage, secrets. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/redact.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/engine/frames.h"
#include "core/engine/internal.h"
#include "core/engine/metrics.h"
#include "core/engine/record.h"
#include "core/engine/recorder.h"
#include "core/events/directory.h"
#include "core/events/writer.h"
#include "tests/support/recorded.h"

#define CANARY       "canary-9f2b-never-on-disk"
#define CANARY_TOKEN "7100812:AAHcanarycanarycanarycanarycanary"

static const char config[] = "environment: demo\n"
			     "state_dir: /nowhere/state\n"
			     "write: always\n"
			     "redis:\n"
			     "  main: {host: 127.0.0.1, heartbeats: \"hb:*\"}\n"
			     "postgres:\n"
			     "  main: {dsn: \"host=127.0.0.1 dbname=fleet\"}\n"
			     "bots:\n"
			     "  orders: {token: {file: t}, process: {match: a}, logs: [l]}\n"
			     "  quiz: {token: {file: t}, process: {match: a}, logs: [l]}\n";

/* ---- what leads from a state to the next ---- */

static void mutate(struct msg_bot *bot, struct rng *rng)
{
	static const char *const words[] = {"", "ok", "down", "a longer reason than the others"};
	msg_set(&bot->why, words[rng_below(rng, 4)]);
	msg_set(&bot->state, words[rng_below(rng, 4)]);
	bot->cpu_percent = (double)rng_below(rng, 3);
	bot->proc_at_ms += (int64_t)rng_below(rng, 2);
	bot->pending = (int64_t)rng_below(rng, 3) - 1;
	bot->enabled = rng_below(rng, 2) == 1;
	if (rng_below(rng, 3) == 0) {
		free(bot->spark);
		bot->spark_count = rng_below(rng, 40);
		bot->spark = bot->spark_count ? xcalloc(bot->spark_count, sizeof(double)) : NULL;
	}
	if (bot->spark_count)
		bot->spark[rng_below(rng, bot->spark_count)] = (double)rng_below(rng, 9);
	if (rng_below(rng, 4) == 0 && bot->reasons_count < 5) {
		struct msg_reason *reason = msg_add(bot->reasons, &bot->reasons_count);
		reason->id = xstrdup("x");
		reason->since_ms = (int64_t)rng_below(rng, 100);
	}
}

/* Decodes the change and applies it. */
static void follow(struct frame *replayed, const struct str *change)
{
	struct msg_any message;
	struct err err;
	size_t used;
	assert_true(msg_decode(change->text, change->length, MSG_FRAME_MAX, &message, &used, &err));
	assert_int_equal(message.kind, MSG_rec_change);
	assert_true(frame_apply(
		replayed, message.body, change->text + used + 6, change->length - used - 6));
	msg_any_release(&message);
}

static void changes_lead_from_each_state_to_the_next(void **state)
{
	struct rng rng;
	struct msg_bot *bot = msg_new(MSG_bot);
	struct frames *frames = frames_new();
	(void)state;
	rng_init(&rng, 11);
	bot->id = 7;
	struct frame *written = frames_add(frames, MSG_bot, 7);
	struct frame *replayed = frames_add(frames, MSG_bot, 8);
	for (int i = 0; i < 2000; i++) {
		autostr struct str fields = STR_INIT;
		autostr struct str change = STR_INIT;
		autostr struct str whole = STR_INIT;
		struct msg_any message;
		struct err err;
		size_t used;
		mutate(bot, &rng);
		frame_encode(MSG_bot, bot, &fields);
		if (frame_write_change(written, &fields, &change))
			follow(replayed, &change);
		str_clear(&written->fields);
		str_add(&written->fields, fields.text, fields.length);
		frame_write(MSG_bot, replayed->fields.text, replayed->fields.length, &whole);
		assert_true(
			msg_decode(whole.text, whole.length, MSG_FRAME_MAX, &message, &used, &err));
		assert_true(msg_equal(MSG_bot, bot, message.body, true));
		msg_any_release(&message);
	}
	frames_free(frames);
	msg_free(MSG_bot, bot);
}

/* ---- secrets ---- */

static void fill_with(enum msg_kind kind, void *body, const char *text)
{
	const struct msg_info *info = msg_info(kind);
	for (size_t i = 0; i < info->field_count; i++) {
		const struct msg_field *field = &info->fields[i];
		void *at = (char *)body + field->offset;
		size_t *count = (size_t *)(void *)((char *)body + field->count_offset);
		if (field->type == MSG_T_STR && strcmp(field->name, "bot") != 0)
			msg_set(at, text);
		else if (field->type == MSG_T_STRS)
			msg_add_str(at, count, text);
		else if (field->type == MSG_T_LIST)
			fill_with(field->kind, msg_add_(at, count, msg_info(field->kind)->size),
				text);
	}
}

/* Every text of every observation there is. */
static void feed_all_kinds(struct harness *harness, const char *text)
{
	const struct msg_info *info;
	for (size_t i = 0; (info = msg_info_at(i)); i++) {
		if (strncmp(info->name, "obs_", 4) != 0)
			continue;
		void *body = msg_new(info->kind);
		fill_with(info->kind, body, text);
		for (size_t j = 0; j < info->field_count; j++)
			if (strcmp(info->fields[j].name, "bot") == 0)
				msg_set((char **)(void *)((char *)body + info->fields[j].offset),
					"orders");
		engine_feed(harness->engine,
			(struct parcel){.message = {.kind = info->kind, .body = body}});
		harness_settle(harness);
	}
}

static void feed_lines(struct console *console, const char *text)
{
	static const char *const forms[] = {"ERROR %s", "{\"level\":\"error\",\"msg\":\"%s\"}",
		"level=error msg=\"%s\" cid=%s", "GET /bot%s/getMe"};
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		char line[400];
		const char *at = strstr(forms[i], "%s");
		snprintf(line, sizeof(line), "%.*s%s%s", (int)(at - forms[i]), forms[i], text,
			at + 2);
		console_log(console, "orders", line);
	}
}

static void ask(struct console *console, const char *text)
{
	struct harness_screen *screen = harness_attach(console->harness);
	harness_send(screen,
		"plan_req req=1 verb=\"restart\" args=[\"note=%s\"] targets=[{id=%" PRIu64
		" name=\"%s\"}]",
		text, entity_id("bot", "orders"), text);
	harness_send(screen, "run_req req=2 plan=1 reason=\"%s\" typed=\"%s\"", text, text);
	harness_detach(screen);
}

static void no_secret_is_in_a_recording(void **state)
{
	static const char *const secrets[] = {CANARY, CANARY_TOKEN};
	autostr struct str bytes = STR_INIT;
	char *folder = recorded_folder();
	autofree char *file = xasprintf("%s/secret.rec", folder);
	const struct engine_options options = {.record = file};
	(void)state;
	struct console *console = console_open(config, &options, 24, 80);
	struct redactor *redactor = redactor_new();
	assert_true(redactor_add(redactor, CANARY, strlen(CANARY)));
	redactor_seal(redactor);
	console->harness->engine->redactor =
		redactor; /* as a beat of an engine with workers does */
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		feed_all_kinds(console->harness, secrets[i]);
		feed_lines(console, secrets[i]);
		ask(console, secrets[i]);
		recorded_settle(console);
	}
	console_free(console);
	recorded_read(file, &bytes);
	assert_null(memmem(bytes.text, bytes.length, CANARY, strlen(CANARY)));
	assert_null(memmem(bytes.text, bytes.length, "AAHcanary", 9));
	assert_non_null(memmem(bytes.text, bytes.length, REDACTED, strlen(REDACTED)));
	recorded_remove(folder);
}

/* ---- files ---- */

struct count {
	size_t files;
	uint64_t bytes;
	int64_t oldest_ms;
};

static struct count count_files(const char *folder)
{
	struct count count = {.oldest_ms = INT64_MAX};
	DIR *dir = opendir(folder);
	struct dirent *entry;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		autofree char *path = xasprintf("%s/%s", folder, entry->d_name);
		struct stat found;
		if (entry->d_name[0] == '.' || stat(path, &found) != 0)
			continue;
		assert_int_equal(found.st_mode & 0777, 0600);
		int64_t from_ms = strtoll(entry->d_name, NULL, 10);
		count.files++;
		count.bytes += (uint64_t)found.st_size;
		if (from_ms < count.oldest_ms)
			count.oldest_ms = from_ms;
	}
	closedir(dir);
	return count;
}

static struct recorder *record_to(const char *path, bool rolls, uint64_t budget)
{
	const struct record_options options = {
		.path = path, .rolls = rolls, .budget = budget, .environment = "demo"};
	struct recorder *recorder;
	struct err err;
	if (!recorder_open(&options, &recorder, &err))
		fail_msg("%s", err.text);
	return recorder;
}

/* A model whose one bot says something long, another each time. */
static void change(struct model *model, int number)
{
	struct msg_bot *bot = msg_new(MSG_bot);
	bot->id = 1 + (uint64_t)number % 50;
	bot->name = xstrdup("orders");
	bot->why = xasprintf("%d %0800d", number, number);
	(void)model_put(model, MSG_bot, bot);
}

static void run(struct recorder *recorder, struct model *model, int from, int to)
{
	for (int i = from; i < to; i++) {
		change(model, i);
		recorder_turn(recorder, model, NULL, HARNESS_START_MS + i * 1000, i * 1000);
		if (i % 50 == 0)
			recorder_drain(recorder);
	}
	recorder_drain(recorder);
}

static void the_oldest_files_go_when_the_budget_is_used_up(void **state)
{
	enum { BUDGET = 1 << 20 };
	struct record_figures figures;
	char *folder = recorded_folder();
	struct model *model = model_new();
	(void)state;
	struct recorder *recorder = record_to(folder, true, BUDGET);
	run(recorder, model, 1, 300);
	struct count early = count_files(folder);
	assert_true(early.files > 1);
	run(recorder, model, 300, 4000);
	struct count late = count_files(folder);
	recorder_figures(recorder, &figures);
	assert_true(late.bytes <= BUDGET);
	assert_true(late.bytes > BUDGET / 2);
	assert_true(late.oldest_ms > early.oldest_ms);
	assert_int_equal(figures.bytes, late.bytes);
	assert_int_equal(figures.from_ms, late.oldest_ms);
	assert_int_equal(recorder_dropped(recorder), 0);
	recorder_close(recorder);
	/* the next engine goes on within the same budget */
	recorder = record_to(folder, true, BUDGET);
	run(recorder, model, 4000, 4100);
	assert_true(count_files(folder).bytes <= BUDGET);
	assert_true(count_files(folder).files >= late.files - 1);
	recorder_close(recorder);
	model_free(model);
	recorded_remove(folder);
}

static void a_budget_may_change_while_it_records(void **state)
{
	enum { BUDGET = 2 << 20 };
	char *folder = recorded_folder();
	struct model *model = model_new();
	(void)state;
	struct recorder *recorder = record_to(folder, true, BUDGET);
	run(recorder, model, 1, 4000);
	assert_true(count_files(folder).bytes > BUDGET / 2);
	recorder_set_budget(recorder, BUDGET / 4);
	run(recorder, model, 4000, 4050);
	assert_true(count_files(folder).bytes <= BUDGET / 4);
	assert_int_equal(recorder_dropped(recorder), 0);
	recorder_close(recorder);
	model_free(model);
	recorded_remove(folder);
}

static void one_file_ends_at_its_budget_and_says_so(void **state)
{
	struct record_figures figures;
	char *folder = recorded_folder();
	autofree char *file = xasprintf("%s/one.rec", folder);
	struct model *model = model_new();
	(void)state;
	struct recorder *recorder = record_to(file, false, 100000);
	run(recorder, model, 1, 1000);
	recorder_figures(recorder, &figures);
	assert_true(figures.bytes <= 100000);
	assert_non_null(strstr(figures.error, "is full"));
	assert_true(recorder_dropped(recorder) > 0);
	recorder_close(recorder);
	struct err err;
	const struct record_options again = {.path = file, .budget = 100000, .environment = "demo"};
	assert_false(recorder_open(&again, &recorder, &err));
	assert_non_null(strstr(err.text, "is there already"));
	model_free(model);
	recorded_remove(folder);
}

static void what_finds_no_room_is_counted(void **state)
{
	const struct msg_obs_source source = {.kind = NULL};
	char *folder = recorded_folder();
	struct model *model = model_new();
	(void)state;
	struct recorder *recorder = record_to(folder, true, 64 << 20);
	for (int i = 0; i < 20000; i++)
		recorder_message(recorder, MSG_obs_source, &source);
	assert_true(recorder_dropped(recorder) > 1000);
	recorder_turn(recorder, model, NULL, HARNESS_START_MS, 0);
	recorder_drain(recorder);
	recorder_close(recorder);
	model_free(model);
	recorded_remove(folder);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_costs_entries_and_nothing_else(void **state)
{
	struct record_figures figures;
	char *folder = recorded_folder();
	struct model *model = model_new();
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	struct recorder *recorder = record_to(folder, true, 1 << 20);
	run(recorder, model, 1, 10);
	limit_files(10000);
	run(recorder, model, 10, 40);
	recorder_figures(recorder, &figures);
	assert_non_null(strstr(figures.error, "cannot write"));
	uint64_t dropped = recorder_dropped(recorder);
	assert_true(dropped > 0);
	limit_files(RLIM_INFINITY);
	run(recorder, model, 60, 100);
	recorder_figures(recorder, &figures);
	assert_string_equal(figures.error, "");
	recorder_close(recorder);
	/* what came after it is whole again */
	struct console *console = recorded_replay(folder, 24, 80);
	const struct msg_bot *bot = model_bot(engine_model(console->harness->engine), 1 + 99 % 50);
	assert_non_null(bot);
	assert_int_equal(strtol(bot->why, NULL, 10), 99);
	console_free(console);
	model_free(model);
	recorded_remove(folder);
}

/* ---- damage ---- */

static char *record_some(const char *folder, struct str *ret)
{
	char *file = xasprintf("%s/some.rec", folder);
	struct model *model = model_new();
	struct recorder *recorder = record_to(file, false, 1 << 20);
	run(recorder, model, 1, 130);
	recorder_close(recorder);
	model_free(model);
	recorded_read(file, ret);
	return file;
}

static bool opens(const char *file, char *why, size_t size)
{
	struct model *model = model_new();
	struct event_directory *events = event_directory_new(SIZE_MAX);
	struct metrics *metrics = metrics_new_past(1 << 20);
	const struct replay_stores stores = {model, events, metrics, REPLAY_LINE_BYTES};
	struct replay *replay = NULL;
	struct err err = {.code = ERR_NONE};
	bool good = replay_open(file, clock_real(), &stores, &replay, &err);
	if (good) {
		replay_move(replay, replay_from_ms(replay), 0);
		while (replay_is_reading(replay))
			(void)replay_turn(replay);
		replay_move(replay, replay_to_ms(replay), 0);
	}
	(void)copy_text(why, size, good ? replay_note(replay) : err.text);
	replay_free(replay);
	event_directory_free(events);
	metrics_free(metrics);
	model_free(model);
	return good;
}

static void the_tail_of_a_crash_replays(void **state)
{
	autostr struct str bytes = STR_INIT;
	char *folder = recorded_folder(), why[512];
	autofree char *file = record_some(folder, &bytes);
	autofree char *cut = xasprintf("%s/cut.rec", folder);
	(void)state;
	for (size_t length = bytes.length - 1; length > bytes.length - 3000; length -= 37) {
		recorded_write(cut, bytes.text, length);
		assert_true(opens(cut, why, sizeof(why)));
		assert_string_equal(why, ""); /* it is only not finished */
	}
	recorded_remove(folder);
}

static void damage_and_foreign_files_are_said_in_one_sentence(void **state)
{
	autostr struct str bytes = STR_INIT;
	char *folder = recorded_folder(), why[512];
	autofree char *file = record_some(folder, &bytes);
	autofree char *other = xasprintf("%s/other.rec", folder);
	(void)state;
	assert_false(opens("/nowhere/at-all.rec", why, sizeof(why)));
	assert_non_null(strstr(why, "cannot open the recording '/nowhere/at-all.rec'"));
	recorded_write(other, "hello, this is a text\n", 22);
	assert_false(opens(other, why, sizeof(why)));
	assert_non_null(strstr(why, "is no recording of botswain"));
	recorded_write(other, "", 0);
	assert_false(opens(other, why, sizeof(why)));
	memset(bytes.text + bytes.length / 2, 0xff, 3000);
	recorded_write(other, bytes.text, bytes.length);
	assert_true(opens(other, why, sizeof(why)));
	assert_non_null(strstr(why, "is damaged at byte"));
	recorded_remove(folder);
}

/* ---- requests ---- */

static void a_replay_changes_nothing(void **state)
{
	autostr struct str bytes = STR_INIT;
	char *folder = recorded_folder();
	autofree char *file = record_some(folder, &bytes);
	(void)state;
	struct console *console = recorded_replay(file, 24, 80);
	struct harness_screen *screen = harness_attach(console->harness);
	harness_send(screen, "plan_req req=1 verb=\"restart\" targets=[{id=1 name=\"orders\"}]");
	const struct msg_plan *plan = harness_got(screen, MSG_plan);
	assert_non_null(plan);
	assert_int_equal(plan->code, ERR_REFUSED);
	assert_string_equal(plan->error, "this is a recording: nothing can be changed in it");
	harness_send(screen, "arm_req req=2 on=true");
	const struct msg_answer *answer = harness_got(screen, MSG_answer);
	assert_int_equal(answer->code, ERR_REFUSED);
	harness_detach(screen);
	console_free(console);
	recorded_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_lead_from_each_state_to_the_next),
		cmocka_unit_test(no_secret_is_in_a_recording),
		cmocka_unit_test(the_oldest_files_go_when_the_budget_is_used_up),
		cmocka_unit_test(a_budget_may_change_while_it_records),
		cmocka_unit_test(one_file_ends_at_its_budget_and_says_so),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(a_full_disk_costs_entries_and_nothing_else),
		cmocka_unit_test(the_tail_of_a_crash_replays),
		cmocka_unit_test(damage_and_foreign_files_are_said_in_one_sentence),
		cmocka_unit_test(a_replay_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
