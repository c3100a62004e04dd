/* SPDX-License-Identifier: MIT */
/* /metrics: what a Prometheus would read of a state, read back with our own reader of the format; and over HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/exposition.h"
#include "core/model/model.h"
#include "core/model/verdict.h"
#include "core/parse/prom_text.h"
#include "tests/support/engine_harness.h"

enum { MANY = 2000, MINUTE_MS = 60000, NEVER = -1 };

static const int64_t now_ms = HARNESS_START_MS;

static void set(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

static struct msg_bot *put_bot(struct model *model, uint64_t id, const char *name)
{
	struct msg_bot *bot = msg_new(MSG_bot);
	bot->id = id;
	set(&bot->name, name);
	set(&bot->username, "");
	set(&bot->transport, "polling");
	set(&bot->state, "unknown");
	set(&bot->proc_state, "unknown");
	set(&bot->tg_state, "checking");
	set(&bot->hb_state, "unknown");
	bot->pending = bot->score = -1;
	bot->rtt_ms = bot->cpu_percent = bot->errors_per_min = bot->updates_per_s = bot->p95_ms =
		NAN;
	model_put(model, MSG_bot, bot);
	return bot;
}

static void write_all(const struct model *model, struct str *to)
{
	const struct exposition page = {
		.model = model, .limits = verdict_defaults(), .now_ms = now_ms};
	for (size_t i = 0; exposition_family(&page, i, to); i++)
		;
}

/* Every sample of the page as "name{labels} value" in the reader's own words; the page must be readable to its end. */
static size_t read_back(const struct str *page, struct str *to)
{
	struct prom_reader reader;
	struct prom_sample sample;
	struct err err = {.code = ERR_NONE};
	enum prom_result result;
	size_t count = 0;
	prom_begin(&reader, page->text, page->length, PROM_TEXT);
	for (; (result = prom_read(&reader, &sample, &err)) == PROM_SAMPLE; count++) {
		str_addf(to, "\n%.*s{", (int)sample.name.length, sample.name.text);
		prom_labels_text(&sample, to);
		str_addf(to, "} %g", sample.value);
	}
	assert_string_equal(err.text, "");
	assert_int_equal(result, PROM_END);
	prom_end(&reader);
	str_adds(to, "\n");
	return count;
}

static void page_of(const struct model *model, struct str *to)
{
	autostr struct str page = STR_INIT;
	write_all(model, &page);
	read_back(&page, to);
}

#define assert_says(page, line)   assert_non_null(strstr((page).text, "\n" line "\n"))
#define assert_silent(page, name) assert_null(strstr((page).text, "\n" name "{"))

/* Seconds since it was looked at, and since its last beat, or NEVER. */
struct look {
	const char *state;
	int age_s, beat_s;
};

static int64_t ago(int age_s)
{
	return age_s == NEVER ? 0 : now_ms - (int64_t)age_s * 1000;
}

static void look_at(struct msg_bot *bot, const struct look *process, const struct look *heart)
{
	bot->added_ms = now_ms - 10 * MINUTE_MS;
	set(&bot->proc_state, process->state);
	bot->proc_at_ms = ago(process->age_s);
	bot->proc_start_ms = bot->added_ms;
	set(&bot->hb_state, heart->state);
	bot->hb_seen_ms = ago(heart->age_s);
	bot->hb_at_ms = ago(heart->beat_s);
}

static void a_bot_is_up_by_its_process_else_by_its_heart(void **state)
{
	(void)state;
	static const struct {
		struct look process, heart;
		const char *line; /* NULL: nobody knows */
	} cases[] = {
		{{"running", 1, 0}, {"missing", 1, 90}, "bot_up{bot=orders} 1"},
		{{"absent", 1, 0}, {"ok", 1, 2}, "bot_up{bot=orders} 0"},
		{{"not_configured", NEVER, 0}, {"ok", 1, 2}, "bot_up{bot=orders} 1"},
		{{"not_configured", NEVER, 0}, {"missing", 1, 90}, "bot_up{bot=orders} 0"},
		{{"not_configured", NEVER, 0}, {"missing", 1, NEVER}, "bot_up{bot=orders} 0"},
		{{"unknown", 1, 0}, {"ok", 1, 2}, "bot_up{bot=orders} 1"},
		{{"unknown", NEVER, 0}, {"unknown", NEVER, NEVER}, NULL},
		/* its key ran out, and it may be as old: late is not down */
		{{"not_configured", NEVER, 0}, {"missing", 1, 20}, NULL},
		/* nobody looked: what was seen then is not so now */
		{{"not_configured", NEVER, 0}, {"ok", 40, 42}, NULL},
		{{"not_configured", NEVER, 0}, {"late", 40, 80}, NULL},
		{{"not_configured", NEVER, 0}, {"missing", 40, 90}, NULL},
		{{"running", 40, 0}, {"not_configured", NEVER, NEVER}, NULL},
		{{"absent", 40, 0}, {"not_configured", NEVER, NEVER}, NULL},
		{{"running", 40, 0}, {"ok", 1, 2}, "bot_up{bot=orders} 1"},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct model *model = model_new();
		autostr struct str page = STR_INIT;
		look_at(put_bot(model, 1, "orders"), &cases[i].process, &cases[i].heart);
		page_of(model, &page);
		if (cases[i].line)
			assert_non_null(strstr(page.text, cases[i].line));
		else
			assert_silent(page, "bot_up");
		model_free(model);
	}
}

static void telegram_is_up_as_long_as_it_is_asked(void **state)
{
	(void)state;
	static const struct {
		const char *state;
		int good_s, attempt_s, retry_s; /* ago; retry: from now */
		int up;                         /* -1: nobody knows */
	} cases[] = {
		{"ok", 10, 10, 0, 1},
		{"ok", 200, 200, 0, -1},
		{"limited", 200, 10, 0, 1},
		{"limited", 500, 400, 60, 1},
		{"limited", 500, 400, 0, -1},
		{"rejected", NEVER, 400, 0, 0},
		{"unreachable", 200, 30, 0, 0},
		{"error", 200, 30, 0, 0},
		{"checking", NEVER, NEVER, 0, -1},
		{"no_token", NEVER, 10, 0, -1},
		{"not_polled", NEVER, NEVER, 0, -1},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct model *model = model_new();
		autostr struct str page = STR_INIT;
		autofree char *line = xasprintf("\nbot_telegram_up{bot=orders} %d\n", cases[i].up);
		struct msg_bot *bot = put_bot(model, 1, "orders");
		set(&bot->tg_state, cases[i].state);
		bot->tg_at_ms = ago(cases[i].good_s);
		bot->tg_attempt_ms = ago(cases[i].attempt_s);
		bot->retry_until_ms =
			cases[i].retry_s ? now_ms + (int64_t)cases[i].retry_s * 1000 : 0;
		page_of(model, &page);
		if (cases[i].up >= 0)
			assert_non_null(strstr(page.text, line));
		else
			assert_silent(page, "bot_telegram_up");
		model_free(model);
	}
}

/* As a Prometheus would read this engine now. */
static void page_now(const struct harness *harness, struct str *to)
{
	autostr struct str text = STR_INIT;
	const struct exposition page = {.model = harness->model,
		.limits = verdict_defaults(),
		.now_ms = clock_wall_ms(&harness->clock)};
	for (size_t i = 0; exposition_family(&page, i, &text); i++)
		;
	str_clear(to);
	read_back(&text, to);
}

/* As long as Redis answers a beat ages; when it does not, nobody knows. */
static void a_redis_that_is_silent_takes_no_bot_down(void **state)
{
	(void)state;
	struct harness *harness = harness_new("state_dir: /nowhere/state\n"
					      "redis: {main: {heartbeats: 'hb:*'}}\n"
					      "bots: {orders: {transport: none}}\n");
	autostr struct str page = STR_INIT;
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=true ttl_ms=14000 "
			      "full_ttl_ms=15000");
	page_now(harness, &page);
	assert_says(page, "bot_up{bot=orders} 1");
	harness_advance(harness, 2 * MINUTE_MS);
	page_now(harness, &page);
	assert_string_equal(harness_bot(harness, "orders")->hb_state, "ok");
	assert_silent(page, "bot_up");
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=false");
	page_now(harness, &page);
	assert_silent(page, "bot_up"); /* it has its time to be seen again */
	for (int i = 0; i < 40; i++) {
		harness_advance(harness, 1000);
		harness_feed(harness, "obs_heartbeat bot=\"orders\" present=false");
	}
	page_now(harness, &page);
	assert_says(page, "bot_up{bot=orders} 0");
	harness_free(harness);
}

static void what_nobody_measured_is_absent(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str before = STR_INIT, after = STR_INIT;
	struct msg_bot *bot = put_bot(model, 1, "orders");
	page_of(model, &before);
	assert_silent(before, "bot_pending_updates");
	assert_silent(before, "bot_telegram_up");
	assert_silent(before, "bot_updates_per_second");
	bot->pending = 0;
	bot->updates_per_s = 2.5;
	set(&bot->tg_state, "rejected");
	page_of(model, &after);
	assert_says(after, "bot_pending_updates{bot=orders} 0");
	assert_says(after, "bot_telegram_up{bot=orders} 0");
	assert_says(after, "bot_updates_per_second{bot=orders} 2.5");
	model_free(model);
}

static void a_redis_is_up_down_or_not_looked_at(void **state)
{
	(void)state;
	static const struct {
		const char *state, *line;
	} cases[] = {
		{"ok", "\nredis_up{service=main} 1\n"},
		{"degraded", "\nredis_up{service=main} 1\n"},
		{"unreachable", "\nredis_up{service=main} 0\n"},
		{"checking", NULL},
		{"stale", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct model *model = model_new();
		autostr struct str page = STR_INIT;
		struct msg_service *service = msg_new(MSG_service);
		service->id = 1;
		set(&service->kind, "redis");
		set(&service->name, "main");
		set(&service->state, cases[i].state);
		model_put(model, MSG_service, service);
		page_of(model, &page);
		if (cases[i].line)
			assert_non_null(strstr(page.text, cases[i].line));
		else
			assert_silent(page, "redis_up");
		model_free(model);
	}
}

static void put_alert(struct model *model, uint64_t id, const char *word)
{
	struct msg_alert *alert = msg_new(MSG_alert);
	alert->id = id;
	alert->severity = SEVERITY_CRIT;
	set(&alert->rule, "bot_down");
	set(&alert->state, word);
	set(&alert->target_kind, "bot");
	set(&alert->target_name, word);
	model_put(model, MSG_alert, alert);
}

static void alerts_that_are_over_are_gone(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str page = STR_INIT;
	put_alert(model, 1, "firing");
	put_alert(model, 2, "resolved");
	page_of(model, &page);
	assert_says(page,
		"botswain_alerts{alertname=bot_down,alertstate=firing,bot=firing,severity=crit} 1");
	assert_null(strstr(page.text, "resolved"));
	model_free(model);
}

static void hostile_names_stay_inside_their_quotes(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str page = STR_INIT;
	put_bot(model, 1, "a\"} 1\nbot_up{bot=\"b\\");
	page_of(model, &page);
	assert_says(page, "bot_enabled{bot=a\"} 1\nbot_up{bot=\"b\\} 0");
	model_free(model);
}

static void a_page_of_many_bots_is_whole_and_no_series_comes_twice(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str page = STR_INIT, back = STR_INIT;
	for (unsigned i = 0; i < MANY; i++) {
		autofree char *name = xasprintf("tenant-%05u", i);
		put_bot(model, i + 1, name);
	}
	write_all(model, &page);
	assert_int_equal(read_back(&page, &back), MANY * 4); /* info, enabled, severity, restarts */
	const char *first = strstr(page.text, "bot_enabled{bot=\"tenant-00077\"}");
	assert_non_null(first);
	assert_null(strstr(first + 1, "bot_enabled{bot=\"tenant-00077\"}"));
	model_free(model);
}

/* Two turns of up to 2 ms, one of up to 8 ms and one of more than the last bound. */
static void put_turns(struct model *model)
{
	static const double counts[] = {0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1};
	struct msg_engine *engine = msg_new(MSG_engine);
	engine->id = 1;
	set(&engine->environment, "test");
	msg_complete(MSG_engine, engine);
	engine->turn_counts = xmemdup(counts, sizeof(counts));
	engine->turn_counts_count = COUNT_OF(counts);
	engine->turn_s = 1.5;
	struct msg_sample *stage = msg_add(engine->turn_stages, &engine->turn_stages_count);
	struct msg_sample *old = msg_add(engine->tsdb_refused, &engine->tsdb_refused_count);
	msg_set(&old->name, "old");
	old->value = 7;
	set(&stage->name, "judge");
	stage->value = 0.25;
	model_put(model, MSG_engine, engine);
}

static void turns_are_a_histogram_that_ends_with_all_of_them(void **state)
{
	(void)state;
	struct model *model = model_new();
	autostr struct str page = STR_INIT;
	put_turns(model);
	page_of(model, &page);
#define BUCKET "botswain_engine_turn_seconds_bucket{environment=test,le="
	assert_says(page, BUCKET "0.001} 1");
	assert_says(page, BUCKET "0.002} 2");
	assert_says(page, BUCKET "0.004} 2");
	assert_says(page, BUCKET "0.008} 3");
	assert_says(page, BUCKET "1} 3");
	assert_says(page, BUCKET "+Inf} 4");
	assert_says(page, "botswain_engine_turn_seconds_count{environment=test} 4");
	assert_says(page, "botswain_engine_turn_seconds_sum{environment=test} 1.5");
	assert_says(page,
		"botswain_engine_turn_stage_seconds_total{environment=test,stage=judge} 0.25");
	assert_says(page, "botswain_tsdb_refused_total{environment=test,reason=old} 7");
	assert_silent(page, "botswain_engine_turn_cpu_seconds_count"); /* nobody measured it */
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_are_a_histogram_that_ends_with_all_of_them),
		cmocka_unit_test(a_bot_is_up_by_its_process_else_by_its_heart),
		cmocka_unit_test(telegram_is_up_as_long_as_it_is_asked),
		cmocka_unit_test(a_redis_that_is_silent_takes_no_bot_down),
		cmocka_unit_test(what_nobody_measured_is_absent),
		cmocka_unit_test(a_redis_is_up_down_or_not_looked_at),
		cmocka_unit_test(alerts_that_are_over_are_gone),
		cmocka_unit_test(hostile_names_stay_inside_their_quotes),
		cmocka_unit_test(a_page_of_many_bots_is_whole_and_no_series_comes_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
