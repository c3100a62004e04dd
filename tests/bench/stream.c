/* SPDX-License-Identifier: MIT */
/*
 * S1 to S3: what reading Redis Streams costs, beside the bytes alone and beside the plain loop of hiredis, all on one real
 * Redis over its Unix socket. Each measurement is a process of its own (tests/xread). An entry has six fields, 177 bytes
 * on the wire.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/support/botapi.h"
#include "tests/support/servers.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum {
	PAIRS = 5,
	BACKLOG = 1000000,
	PIPELINED = 1000,
	RUN_MS = 120000,
	RATE = 100000,
	LIVE_MS = 5000,
	FLOOD_MS = 4000,
	ROUNDS = 5,
	LOST_MS = 3000,
	START_MS = 15000,
};

/* What one run printed. */
struct cost {
	double watch_us, cpu_us, entries;
};

static bool run(const struct redis_server *redis, const char *who, int number, struct cost *ret)
{
	autofree char *program = build_program("tests/xread"), *said = NULL;
	autofree char *text = xasprintf("%d", number);
	int status = spawn_run(
		WORDS(program, who, redis->socket, text), &(struct spawn){0}, RUN_MS, &said);
	return status == 0 && said &&
	       sscanf(said, "%lf %lf %lf", &ret->watch_us, &ret->cpu_us, &ret->entries) == 3;
}

/* ---- a backlog ---- */

static bool fill(const struct redis_server *redis)
{
	redisContext *to = redisConnectUnix(redis->socket);
	bool good = to && !to->err;
	for (int from = 0; good && from < BACKLOG; from += PIPELINED) {
		for (int i = from + 1; i <= from + PIPELINED; i++)
			redisAppendCommand(to,
				"XADD events:bench 1700000000000-%d bot orders level info type "
				"update ms %d chat %d msg took-update-%d",
				i, i % 97, 411249317 + i % 1000, 10000000 + i);
		for (int i = 0; good && i < PIPELINED; i++) {
			redisReply *reply = NULL;
			good = redisGetReply(to, (void **)&reply) == REDIS_OK;
			if (good)
				freeReplyObject(reply);
		}
	}
	redisFree(to);
	return good;
}

static bool measure_backlog(const char *peer, size_t cost, struct figures *ret)
{
	struct redis_server redis;
	const char *const who[] = {"ours", peer};
	redis_server_init(&redis);
	bool good = fill(&redis);
	for (int i = 0; good && i < bench_number("BENCH_PAIRS", PAIRS); i++)
		for (size_t side = 0; good && side < 2; side++) {
			struct cost spent = {0};
			good = run(&redis, who[side], BACKLOG, &spent);
			double us = cost ? spent.cpu_us : spent.watch_us;
			if (good)
				samples_add(side ? &ret->peer : &ret->ours, us / BACKLOG);
		}
	redis_server_release(&redis);
	if (!good)
		snprintf(ret->note, sizeof(ret->note), "an entry was not read");
	return good;
}

bool bench_stream_backlog(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure_backlog("raw", 0, ret);
}

bool bench_stream_cpu(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return measure_backlog("hiredis", 1, ret);
}

/* ---- live ---- */

static pid_t feed(const struct redis_server *redis, int ms)
{
	autofree char *program = build_program("tests/xread");
	autofree char *rate = xasprintf("%d", RATE), *text = xasprintf("%d", ms);
	return spawn_start(WORDS(program, "feed", redis->socket, rate, text), &(struct spawn){0});
}

static double calls_of(const struct redis_server *redis)
{
	autofree char *said = redis_server_do(redis, "INFO commandstats");
	const char *at = strstr(said, "cmdstat_xread:calls=");
	return at ? atof(strchr(at, '=') + 1) : 0;
}

static struct {
	bool is_done, good;
	struct samples ours, peer;
	double calls, peer_calls, rate;
} live;

static bool measure_pair(const struct redis_server *redis, int index)
{
	static const char *const who[] = {"live-ours", "live-hiredis"};
	const char *name = who[index % 2];
	struct cost spent = {0};
	pid_t feeder = feed(redis, RUN_MS);
	double before = calls_of(redis);
	bool good = run(redis, name, LIVE_MS, &spent);
	double calls = (calls_of(redis) - before) / LIVE_MS * 1000;
	(void)spawn_end(&feeder, SIGTERM);
	if (!good)
		return false;
	samples_add(index % 2 ? &live.peer : &live.ours, spent.cpu_us / spent.entries);
	*(index % 2 ? &live.peer_calls : &live.calls) = calls;
	live.rate = spent.entries / spent.watch_us * 1e6;
	return true;
}

static void measure_live(void)
{
	struct redis_server redis;
	if (live.is_done)
		return;
	redis_server_init(&redis);
	live.is_done = live.good = true;
	for (int i = 0; live.good && i < 2 * bench_number("BENCH_PAIRS", PAIRS); i++)
		live.good = measure_pair(&redis, i);
	redis_server_release(&redis);
}

bool bench_stream_live_cpu(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_live();
	ret->ours = live.ours;
	ret->peer = live.peer;
	snprintf(ret->note, sizeof(ret->note), "%.0f entries a second came", live.rate);
	return live.good;
}

bool bench_stream_live_calls(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_live();
	ret->figure = live.calls;
	snprintf(ret->note, sizeof(ret->note), "the loop of hiredis: %.0f", live.peer_calls);
	return live.good;
}

/* A flood, and at its end one more entry: when is that on the screen? */
static bool see_last(const struct scene *scene, struct vt *vt, int round, struct figures *ret)
{
	autofree char *text = xasprintf("last-of-flood-%d", round);
	redisContext *redis = redisConnectUnix(scene->redis.socket);
	pid_t feeder = feed(&scene->redis, FLOOD_MS);
	scene_watch(&vt, 1, FLOOD_MS - 500);
	bool good = redis && !redis->err;
	(void)spawn_end(&feeder, SIGTERM);
	double begun_us = probe_now_us();
	redisReply *reply =
		good ? redisCommand(redis,
			       "XADD events:bench * bot load40-00001 level error msg %s", text)
		     : NULL;
	good = reply && vt_wait_text(vt, text, LOST_MS);
	samples_add(&ret->ours, good ? (vt_read_us(vt) - begun_us) / 1000 : LOST_MS);
	freeReplyObject(reply);
	redisFree(redis);
	return good;
}

bool bench_stream_live_seen(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	struct scene *scene = scene_get(SCENE_BOTS);
	struct vt *vt = scene_screen(scene);
	vt_press(vt, "5 + +");
	(void)vt_wait_quiet(vt, 300, 3000);
	autofree char *said = redis_server_do(
		&scene->redis, "XADD events:bench * bot load40-00001 msg %s", "the stream begins");
	bool good = vt_wait_text(vt, "the stream begins", START_MS); /* it was found */
	for (int i = 0; good && i < ROUNDS; i++)
		good = see_last(scene, vt, i, ret);
	ret->figure = samples_percentile(&ret->ours, 100);
	snprintf(ret->note, sizeof(ret->note), "longest of %d, median %.0f ms%s", ROUNDS,
		samples_median(&ret->ours), good ? "" : "; one was not seen");
	vt_free(vt);
	scene_end(scene);
	return good;
}
