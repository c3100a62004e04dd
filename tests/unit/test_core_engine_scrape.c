/* SPDX-License-Identifier: MIT */
/* Pages of Prometheus text in the engine, under a virtual clock: the bot's row, staleness, the alert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "core/engine/internal.h"
#include "core/engine/metrics_inside.h"
#include "tests/support/engine_harness.h"

static const char config[] =
	"state_dir: /nowhere/state\n"
	"redis:\n"
	"  main: {host: 127.0.0.1, heartbeats: 'hb:*'}\n"
	"bots:\n"
	"  orders: {transport: none, process: {match: orders}, metrics: 'http://127.0.0.1/m'}\n";

static int setup(void **state)
{
	*state = harness_new(config);
	return 0;
}

static int teardown(void **state)
{
	harness_free(*state);
	return 0;
}

static void see(struct harness *harness, double updates_per_s)
{
	harness_feed(harness,
		"obs_scrape name=\"orders\" bot=\"orders\" interval_ms=5000 updates_per_s=%g "
		"p95_ms=80 errors_per_min=2 samples=[{name=\"up\" labels=\"bot=orders\" value=1}]",
		updates_per_s);
}

static void see_source(struct harness *harness, const char *state, int fails)
{
	harness_feed(harness,
		"obs_source kind=\"scrape\" name=\"orders\" state=\"%s\" error=\"%s\" fails=%d "
		"interval_ms=5000 latency_ms=3",
		state, fails ? "orders:3:7: the value is no number" : "", fails);
}

static unsigned severity_of_page(const struct harness *harness)
{
	return (unsigned)model_source(harness->model, entity_id("source", "scrape/orders"))
		->severity;
}

static const char *alert_state(const struct harness *harness)
{
	size_t count;
	const struct msg_alert *const *alerts = model_alerts(harness->model, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(alerts[i]->rule, "scrape_failing") == 0)
			return alerts[i]->state;
	return "none";
}

static void metrics_fill_the_row_of_a_bot_that_says_nothing_else(void **state)
{
	struct harness *harness = *state;
	see(harness, 2.5);
	const struct msg_bot *bot = harness_bot(harness, "orders");
	assert_true(fabs(bot->updates_per_s - 2.5) < 1e-9);
	assert_true(fabs(bot->p95_ms - 80) < 1e-9);
	assert_true(fabs(bot->errors_per_min - 2) < 1e-9);
}

static void its_heartbeat_goes_before_its_metrics(void **state)
{
	struct harness *harness = *state;
	see(harness, 2.5);
	harness_feed(harness, "obs_heartbeat bot=\"orders\" present=true ttl_ms=14000 "
			      "full_ttl_ms=15000 updates_per_s=9 p95_ms=nan");
	assert_true(fabs(harness_bot(harness, "orders")->updates_per_s - 9) < 1e-9);
	assert_true(fabs(harness_bot(harness, "orders")->p95_ms - 80) < 1e-9);
}

static void figures_that_are_not_renewed_are_not_shown(void **state)
{
	struct harness *harness = *state;
	see(harness, 2.5);
	harness_advance(harness, 14000);
	assert_true(harness_bot(harness, "orders")->updates_per_s > 2);
	harness_advance(harness, 3000);
	assert_true(isnan(harness_bot(harness, "orders")->updates_per_s));
	assert_true(isnan(harness_bot(harness, "orders")->p95_ms));
	assert_true(isnan(harness_bot(harness, "orders")->errors_per_min));
}

static void three_failures_warn_and_make_no_other_alert(void **state)
{
	struct harness *harness = *state;
	size_t count;
	see_source(harness, "error", 1);
	assert_int_equal(severity_of_page(harness), SEVERITY_UNKNOWN);
	see_source(harness, "error", 2);
	assert_int_equal(severity_of_page(harness), SEVERITY_WARN);
	assert_string_equal(alert_state(harness), "none");
	see_source(harness, "error", 3);
	assert_string_equal(alert_state(harness), "firing");
	const struct msg_alert *const *alerts = model_alerts(harness->model, &count);
	assert_int_equal(count, 1);
	assert_int_equal(alerts[0]->severity, SEVERITY_WARN);
	assert_non_null(strstr(alerts[0]->text, "orders:3:7: the value is no number"));
	see_source(harness, "ok", 0);
	harness_advance(harness, 6000);
	assert_string_equal(alert_state(harness), "resolved");
}

static void a_bot_that_is_down_makes_no_alert_of_its_metrics(void **state)
{
	struct harness *harness = *state;
	harness_feed(harness, "obs_process bot=\"orders\" state=\"absent\"");
	harness_feed(harness, "obs_process bot=\"orders\" state=\"absent\"");
	see_source(harness, "unreachable", 5);
	assert_string_equal(alert_state(harness), "none");
}

static void a_page_that_is_gone_leaves_no_source_behind(void **state)
{
	struct harness *harness = *state;
	uint64_t id = entity_id("source", "scrape/orders");
	see_source(harness, "ok", 0);
	assert_non_null(model_source(harness->model, id));
	harness_feed(harness, "obs_source kind=\"scrape\" name=\"orders\" gone=true");
	assert_null(model_source(harness->model, id));
}

static void the_statistics_of_a_bot_api_server_are_a_service_and_figures_of_its_bots(void **state)
{
	struct harness *harness = *state;
	harness_feed(harness, "obs_getme bot=\"orders\" tg_id=7100812 http=200 latency_ms=3");
	harness_feed(harness, "obs_source kind=\"botapi\" name=\"server\" state=\"ok\" "
			      "interval_ms=5000 latency_ms=3");
	harness_feed(harness,
		"obs_botapi name=\"server\" uptime_s=60 rss_bytes=1000 active_requests=4 "
		"requests_per_s=2.5 bots=[{name=\"requests\" labels=\"id=7100812\" value=1.5} "
		"{name=\"requests\" labels=\"id=99\" value=7}]");
	const struct msg_service *service =
		model_service(harness->model, entity_id("service", "botapi/server"));
	assert_non_null(service);
	assert_string_equal(service->state, "ok");
	assert_true(fabs(service->rate - 2.5) < 1e-9);
	assert_true(fabs(harness_bot(harness, "orders")->api_requests_per_s - 1.5) < 1e-9);
	harness_advance(harness, 33000);
	assert_true(isnan(harness_bot(harness, "orders")->api_requests_per_s));
	harness_feed(harness, "obs_source kind=\"botapi\" name=\"server\" gone=true");
	assert_null(model_service(harness->model, entity_id("service", "botapi/server")));
}

static void the_store_of_metrics_tells_of_itself(void **state)
{
	struct harness *harness = *state;
	struct metrics *metrics = harness->engine->metrics;
	harness_feed(harness, "obs_redis name=\"main\" clients=1");
	assert_false(metrics_add(metrics,
		metrics_id("redis_connected_clients", "instance=main,job=redis"),
		"redis_connected_clients", "instance=main,job=redis", HARNESS_START_MS - 1000, 1));
	harness_advance(harness, 20000);
	metrics_keep(metrics);
	harness_advance(harness, 2000);
	const struct msg_engine *engine = model_engine(harness->model);
	assert_true(engine->tsdb_series > 1 && engine->tsdb_chunks >= engine->tsdb_series);
	assert_true(engine->tsdb_samples >= engine->tsdb_series && engine->tsdb_bytes > 1000);
	assert_int_equal(engine->tsdb_oldest_ms, HARNESS_START_MS);
	assert_int_equal(engine->tsdb_refused_count, 5);
	assert_string_equal(engine->tsdb_refused[2].name, "old");
	assert_true(engine->tsdb_refused[2].value >= 1);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(metrics_fill_the_row_of_a_bot_that_says_nothing_else),
		test(its_heartbeat_goes_before_its_metrics),
		test(figures_that_are_not_renewed_are_not_shown),
		test(three_failures_warn_and_make_no_other_alert),
		test(a_bot_that_is_down_makes_no_alert_of_its_metrics),
		test(a_page_that_is_gone_leaves_no_source_behind),
		test(the_statistics_of_a_bot_api_server_are_a_service_and_figures_of_its_bots),
		test(the_store_of_metrics_tells_of_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
