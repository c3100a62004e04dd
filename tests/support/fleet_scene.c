/* SPDX-License-Identifier: MIT */
#include "tests/support/fleet_scene.h"

static const char config[] =
	"environment: demo\n"
	"state_dir: /nowhere/state\n"
	"write: always\n"
	"driver: {restart: [supervisorctl, restart, \"{bot}\"]}\n"
	"redis:\n"
	"  main: {host: 127.0.0.1, heartbeats: \"hb:*\"}\n"
	"postgres:\n"
	"  main: {dsn: \"host=127.0.0.1 dbname=fleet\"}\n"
	"bots:\n"
	"  alerts-hub: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  booking: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  courier: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  faq-pl: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  gate: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  news-de: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  orders: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  parcels: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  quiz: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  shop-pay: {token: {file: t}, process: {match: a}, logs: [l], "
	"transport: webhook}\n"
	"  weather: {token: {file: t}, process: {match: a}, logs: [l]}\n"
	"  winter-sale: {token: {file: t}, process: {match: a}, enabled: no}\n";

static const char *const well[] = {
	"alerts-hub", "courier", "faq-pl", "gate", "news-de", "orders", "parcels"};
static const char *const sources[] = {"telegram/telegram", "process/processes", "redis/main",
	"postgres/main", "files/logs", NULL};

static void services(struct harness *harness)
{
	harness_feed(harness,
		"obs_redis name=\"main\" ping_ms=0.3 version=\"7.0.15\" used_bytes=1887436 "
		"clients=14 max_clients=10000 rate=48 role=\"master\" uptime_s=90000 slow_ms=nan");
	harness_feed(harness,
		"obs_postgres name=\"main\" select_ms=0.6 version=\"15.6\" clients=9 "
		"max_clients=120 rate=11.5 size_bytes=9017754 slow_ms=1900 "
		"slow_text=\"select chat_id, text from messages where id > $1\" lag_s=nan "
		"hit_ratio=0.99");
}

static void trouble(struct console *console, int second)
{
	struct harness *harness = console->harness;
	harness_feed(harness, "obs_getme bot=\"shop-pay\" tg_id=7100812 username=\"shop_pay_bot\" "
			      "http=200 latency_ms=41");
	harness_feed(harness,
		"obs_process bot=\"shop-pay\" state=\"running\" pid=812 start_ms=%lld "
		"cpu_percent=0.5 rss_bytes=10485760 fds=14",
		(long long)HARNESS_START_MS - 780000);
	harness_feed(harness, "obs_heartbeat bot=\"shop-pay\" present=true ttl_ms=14600 "
			      "full_ttl_ms=15000 updates_per_s=0.0 p95_ms=nan");
	harness_feed(harness,
		"obs_webhook bot=\"shop-pay\" http=200 latency_ms=38 pending=%d "
		"url=\"https://pay.example/hook\" last_error_s=%lld "
		"last_error=\"Wrong response from the webhook: 502 Bad Gateway\"",
		1000 + second, (long long)(HARNESS_START_MS / 1000 + second));
	harness_feed(harness, "obs_process bot=\"booking\" state=\"absent\"");
	harness_feed(harness, "obs_getme bot=\"booking\" tg_id=7100333 username=\"booking_bot\" "
			      "http=200 latency_ms=40");
	harness_feed(harness, "obs_webhook bot=\"booking\" http=200 latency_ms=38 pending=12");
	console_healthy(console, "quiz", 904);
	harness_feed(harness,
		"obs_getme bot=\"quiz\" code=11 http=429 error=\"Too Many Requests: retry after "
		"14\" retry_after_s=14 next_in_ms=14000");
	harness_feed(harness,
		"obs_process bot=\"weather\" state=\"running\" pid=977 start_ms=%lld "
		"cpu_percent=0.1 rss_bytes=10485760 fds=12",
		(long long)HARNESS_START_MS - 7200000);
	harness_feed(harness, "obs_webhook bot=\"weather\" http=200 latency_ms=33 pending=0");
	harness_feed(harness, "obs_heartbeat bot=\"weather\" present=false");
	harness_feed(harness, "obs_process bot=\"winter-sale\" state=\"absent\"");
	harness_feed(harness, "obs_webhook bot=\"winter-sale\" http=200 latency_ms=33 pending=0");
}

static void logs(struct console *console, int second)
{
	console_log(console, "orders", "2026-03-01 INFO answered chat 700000023 in 39 ms");
	console_log(console, "shop-pay", "ERROR POST /hook 502 upstream timed out upd=884213");
	if (second % 10 == 0)
		console_log(console, "quiz", "WARN 429 Too Many Requests: retry after 14");
	if (second % 20 == 0)
		console_log(console, "gate", "INFO привет 👋 漢字 \x1b[31mred\x1b[0m");
}

void fleet_live(struct console *console, int64_t ms)
{
	for (int64_t past = 0; past < ms; past += 2000) {
		int second =
			(int)((clock_wall_ms(&console->harness->clock) - HARNESS_START_MS) / 1000);
		console_sources(console, sources);
		services(console->harness);
		for (size_t i = 0; i < COUNT_OF(well); i++)
			console_healthy(console, well[i], 100 + 37 * (int)i);
		trouble(console, second);
		logs(console, second);
		console_advance(console, 1600);
	}
}

struct console *fleet_open(const struct engine_options *options, int rows, int columns)
{
	return console_open(config, options, rows, columns);
}

int fleet_setup(void **state)
{
	struct console *console = console_new(config, 24, 80);
	fleet_live(console, 60000);
	*state = console;
	return 0;
}

int fleet_teardown(void **state)
{
	console_free(*state);
	return 0;
}
