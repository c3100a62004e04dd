/* SPDX-License-Identifier: MIT */
/* 13 to 15: a Redis that dies, one that refuses, one that stands still. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/model/model.h"
#include "tests/faults/faults.h"
#include "tests/faults/stores.h"
#include "tests/support/fleet.h"

enum { ASK_MS = 15000 };

static const struct expected fleet_redis = {.kind = "redis", .name = "main"};
static const struct expected fleet_postgres = {.kind = "postgres", .name = "main", .state = "ok"};

/* What does not hang on the Redis goes on. */
static void see_others_live(struct faults *run, struct sight *sight)
{
	unsigned bots = engine_fresh_bots(run, STORE_FRESH_MS);
	see(sight, bots >= STORE_FRESH_BOTS && service_is(run, &fleet_postgres), -1,
		"meanwhile Telegram answered for %u bots, Postgres is ok", bots);
}

/* ---- 13 ---- */

enum { ENTRIES = 40 };

static void add_entries(const struct redis_server *redis, const char *tag, unsigned from)
{
	for (unsigned i = from; i < from + ENTRIES; i++) {
		autofree char *text = xasprintf("%s-%03u-", tag, i);
		free(redis_server_do(redis,
			"XADD events:orders * bot orders level info msg %s type fault", text));
	}
}

/* How many of the entries are in the log once, twice or oftener. */
static void count_entries(const char *said, const char *tag, unsigned *ret_once, unsigned *ret_more)
{
	*ret_once = *ret_more = 0;
	for (unsigned i = 0; i < 2 * ENTRIES; i++) {
		autofree char *text = xasprintf("%s-%03u-", tag, i);
		const char *first = strstr(said, text);
		const char *again = first ? strstr(first + 1, text) : NULL;
		*ret_once += first && !again;
		*ret_more += again != NULL;
	}
}

static void see_entries(struct faults *run, struct sight *sight, const char *tag)
{
	const char *const argv[] = {
		run->screen, "-c", run->config, "logs", "-n", "all", "--grep", tag, NULL};
	unsigned once = 0, more = 0;
	int64_t until_ms = fault_now_ms() + ASK_MS;
	do {
		autostr struct str said = STR_INIT;
		(void)engine_ask(argv, ASK_MS, &said);
		count_entries(said.text, tag, &once, &more);
	} while (once < 2 * ENTRIES && !more && fault_now_ms() < until_ms);
	see(sight, once == 2 * ENTRIES && !more, -1,
		"of %d stream entries around it %u are read once, %u oftener", 2 * ENTRIES, once,
		more);
}

struct readers {
	unsigned ours, reading;
};

/* Our connections, and those of them that wait for streams. */
static struct readers count_readers(const struct redis_server *redis)
{
	struct readers found = {0};
	autofree char *clients = redis_server_do(redis, "CLIENT LIST TYPE normal");
	for (char *line = strtok(clients, "\n"); line; line = strtok(NULL, "\n")) {
		bool is_ours = strstr(line, " name=botswain ") != NULL;
		found.ours += is_ours;
		found.reading += is_ours && strstr(line, " cmd=xread ") != NULL;
	}
	return found;
}

static bool beats_are_stale(const struct faults *run, const void *reasons)
{
	return bots_with(run, reasons) >= STORE_FRESH_BOTS;
}

static void see_stale(struct faults *run, struct sight *sight)
{
	static const char *const silent[] = {"heartbeat_stale", NULL};
	static const char *const dead[] = {
		"heartbeat_lost", "heartbeat_gone", "process_gone", "heartbeat_late", NULL};
	const struct msg_service *service = service_seen(run, "redis", "main");
	bool has_figures = service && (!isnan(service->latency_ms) || service->clients >= 0 ||
					      service->used_bytes);
	see(sight, service && !has_figures && service->at_ms > 0, -1, "no figure is left of it");
	bool stale = engine_wait(run, beats_are_stale, silent, STORE_SEEN_MS) >= 0;
	see(sight, stale && bots_with(run, dead) == 0, -1,
		"the heartbeats of %u bots are stale, %u bots are called dead for it",
		bots_with(run, silent), bots_with(run, dead));
	see(sight,
		strcmp(alert_seen(run, "redis_down", "main"), "firing") == 0 &&
			alerts_count(run, NULL, "firing") == 1,
		-1, "%u alert fires, redis_down", alerts_count(run, NULL, "firing"));
}

void fault_redis_killed(struct faults *run, struct sight *sight)
{
	struct redis_server redis = store_redis(run);
	struct expected down = fleet_redis;
	autofree char *tag = xasprintf("fault13-%d", (int)getpid());
	autofree char *kept = store_do(run, (const char *const[]){"redis-keep", NULL});
	down.state = "unreachable";
	add_entries(&redis, tag, 0);
	struct readers before = count_readers(&redis), after = {0};
	int64_t begun_ms = fault_now_ms();
	bool killed = kept && store_end(run, "redis", SIGKILL);
	see(sight, killed, -1, "killed with %u connections of ours", before.ours);
	if (see_service(run, sight, "down", down, begun_ms))
		see_stale(run, sight);
	see_service_row(run, sight, "! redis main");
	see_others_live(run, sight);
	autofree char *started = store_do(run, (const char *const[]){"redis-start", NULL});
	int64_t lifted_ms = fault_now_ms();
	see(sight, started != NULL, -1, "started again");
	add_entries(&redis, tag, ENTRIES);
	see_recovery(run, sight, "the outage", fleet_redis, lifted_ms);
	see_entries(run, sight, tag);
	for (int64_t until_ms = fault_now_ms() + ASK_MS;
		after.reading != 1 && fault_now_ms() < until_ms; engine_look(run, 100))
		after = count_readers(&redis);
	see(sight, after.ours == before.ours && after.reading == 1, -1,
		"%u connections as before, %u of them reads streams", after.ours, after.reading);
	see_calm(run, sight, lifted_ms);
}

/* ---- 14 ---- */

/* One connection from before the fault: what the server does to newcomers does not concern it. */
struct hand {
	struct faults *run;
	redisContext *redis;
};

static void command(const struct hand *hand, const char *line)
{
	redisReply *reply = redisCommand(hand->redis, line);
	if (reply && reply->type == REDIS_REPLY_ERROR && !starts_with(reply->str, "READONLY"))
		fprintf(stderr, "faults: %s: %s\n", line, reply->str);
	if (reply)
		freeReplyObject(reply);
}

/* A value may be empty, or of several words. */
static void set(const struct hand *hand, const char *name, const char *value)
{
	redisReply *reply = redisCommand(hand->redis, "CONFIG SET %s %s", name, value);
	if (reply && reply->type == REDIS_REPLY_ERROR)
		fprintf(stderr, "faults: CONFIG SET %s: %s\n", name, reply->str);
	if (reply)
		freeReplyObject(reply);
}

static void load(const struct hand *hand)
{
	command(hand, "DEBUG POPULATE 6000");
	command(hand, "CONFIG SET key-load-delay 1000 loading-process-events-interval-bytes 1024");
	/* It answers when it is over. */
	int done = 0;
	redisAppendCommand(hand->redis, "DEBUG RELOAD");
	while (!done && redisBufferWrite(hand->redis, &done) == REDIS_OK)
		;
}

static void load_over(const struct hand *hand)
{
	void *reply = NULL;
	if (redisGetReply(hand->redis, &reply) == REDIS_OK && reply)
		freeReplyObject(reply);
	set(hand, "key-load-delay", "0");
	command(hand, "FLUSHALL");
}

static void lock_out(const struct hand *hand)
{
	set(hand, "requirepass", "nobody-knows");
	command(hand, "CLIENT KILL TYPE normal SKIPME yes");
}

static void let_in(const struct hand *hand)
{
	set(hand, "requirepass", "");
}

static void make_replica(const struct hand *hand)
{
	command(hand, "REPLICAOF 127.0.0.1 1");
	command(hand, "SET somebody writes");
}

/* Whoever writes to it goes on doing so, as bots do. */
static void write_on(const struct hand *hand)
{
	command(hand, "SET somebody writes");
}

static void make_master(const struct hand *hand)
{
	command(hand, "REPLICAOF NO ONE");
}

static void close_disk(const struct hand *hand)
{
	char gone[] = "/tmp/botswain-gone.XXXXXX";
	if (!mkdtemp(gone))
		return;
	set(hand, "save", "3600 1");
	set(hand, "dir", gone);
	remove_folder(gone);
	command(hand, "BGSAVE");
}

static void open_disk(const struct hand *hand)
{
	set(hand, "dir", spare_redis(hand->run)->folder);
	set(hand, "save", "");
	command(hand, "BGSAVE");
}

static void fill_up(const struct hand *hand)
{
	set(hand, "maxclients", "1");
	command(hand, "CLIENT KILL TYPE normal SKIPME yes");
}

static void make_room(const struct hand *hand)
{
	set(hand, "maxclients", "1000");
}

static void nothing(const struct hand *hand)
{
	(void)hand;
}

static const struct refusal {
	const char *name, *state, *words;
	const char *streams; /* the state of the source that reads its streams */
	bool is_down;        /* it serves nobody: that is an outage; all else is not */
	void (*inject)(const struct hand *), (*meanwhile)(const struct hand *),
		(*lift)(const struct hand *);
} refusals[] = {
	{"LOADING", "loading", "LOADING", "error", false, load, nothing, load_over},
	{"NOAUTH", "login refused", "NOAUTH", "not_permitted", false, lock_out, nothing, let_in},
	{"READONLY", "read-only", "READONLY", "ok", false, make_replica, write_on, make_master},
	{"MISCONF", "read-only", "MISCONF", "ok", false, close_disk, nothing, open_disk},
	{"maxclients 1", "full", "max number of clients", "error", true, fill_up, nothing,
		make_room},
};

static void try_refusal(const struct hand *hand, const struct refusal *refusal, struct sight *sight)
{
	struct faults *run = hand->run;
	const struct expected spare = {
		.kind = "redis", .name = "spare", .state = refusal->state, .words = refusal->words};
	int64_t begun_ms = fault_now_ms();
	refusal->inject(hand);
	while (!service_is(run, &spare) && fault_now_ms() - begun_ms < STORE_SEEN_MS) {
		engine_look(run, 200);
		refusal->meanwhile(hand);
	}
	see_service(run, sight, refusal->name, spare, begun_ms);
	const char *alert = alert_seen(run, "redis_down", "spare");
	bool is_outage = strcmp(alert, "firing") == 0 || strcmp(alert, "pending") == 0;
	if (is_outage != refusal->is_down)
		see(sight, false, -1, "%s: redis_down is '%s'", refusal->name, alert);
	const struct expected streams = {
		.kind = "redis", .name = "spare:streams", .state = refusal->streams};
	if (engine_wait(run, source_is, &streams, STORE_SEEN_MS) < 0)
		see(sight, false, -1, "%s: its streams are '%s'", refusal->name, refusal->streams);
	refusal->lift(hand);
	see_recovery(run, sight, refusal->name, spare, fault_now_ms());
}

void fault_redis_refuses(struct faults *run, struct sight *sight)
{
	struct redis_server *redis = spare_redis(run);
	autofree char *line = xasprintf(
		"  spare: {socket: %s, interval: 1s, streams: [\"spare:*\"]}", redis->socket);
	struct hand hand = {.run = run, .redis = redisConnectUnix(redis->socket)};
	bool watched =
		hand.redis && !hand.redis->err && config_add(run, "redis", line, "redis", "spare");
	if (!watched)
		see(sight, false, -1, "a spare Redis is watched");
	for (char name[] = "XADD spare:a * msg one"; watched && name[11] <= 'm'; name[11]++)
		command(&hand, name);
	for (size_t i = 0; watched && i < COUNT_OF(refusals); i++)
		try_refusal(&hand, &refusals[i], sight);
	redisFree(hand.redis);
	see(sight, config_restore(run, "redis", "spare"), -1, "no longer watched");
}

/* ---- 15 ---- */

enum { STALL_MS = 8000, STALLED_MS = 6000 };

static bool is_not_fresh(const struct faults *run, const void *which)
{
	const struct expected *expected = which;
	const struct msg_service *service = service_seen(run, expected->kind, expected->name);
	return service && isnan(service->latency_ms) && service->clients < 0 &&
	       service_is_not_well(run, expected);
}

static void see_stalled(struct faults *run, struct sight *sight, const char *fault,
	struct expected which, int64_t begun_ms)
{
	bool came = engine_wait(run, is_not_fresh, &which, STALL_MS) >= 0;
	int64_t took_ms = fault_now_ms() - begun_ms;
	const struct msg_service *service = service_seen(run, which.kind, which.name);
	see(sight, came, took_ms, "%s: no figure is shown after %.1f s, %s '%s'", fault,
		(double)took_ms / 1e3, service ? service->state : "gone",
		service ? service->why : "");
}

void fault_redis_stalls(struct faults *run, struct sight *sight)
{
	struct redis_server *spare = spare_redis(run), redis = store_redis(run);
	const struct expected other = {.kind = "redis", .name = "spare"};
	autofree char *line = xasprintf("  spare: {socket: %s, interval: 2s}", spare->socket);
	if (!config_add(run, "redis", line, "redis", "spare"))
		see(sight, false, -1, "a spare Redis is watched");
	redisContext *sleeper = redisConnectUnix(spare->socket);
	int64_t slept_ms = fault_now_ms();
	int done = 0;
	redisAppendCommand(sleeper, "DEBUG SLEEP 20");
	while (!done && redisBufferWrite(sleeper, &done) == REDIS_OK)
		;
	see_stalled(run, sight, "DEBUG SLEEP 20", other, slept_ms);
	int64_t begun_ms = fault_now_ms();
	kill(redis.pid, SIGSTOP);
	see_stalled(run, sight, "SIGSTOP", fleet_redis, begun_ms);
	see_service_row(run, sight, "! redis main");
	see_others_live(run, sight);
	kill(redis.pid, SIGCONT);
	see_recovery(run, sight, "SIGSTOP", fleet_redis, fault_now_ms());
	begun_ms = fault_now_ms();
	free(redis_server_do(&redis, "CLIENT PAUSE %d ALL", STALL_MS));
	see_stalled(run, sight, "CLIENT PAUSE", fleet_redis, begun_ms);
	fault_pace_until(begun_ms + STALL_MS);
	see_recovery(run, sight, "CLIENT PAUSE", fleet_redis, fault_now_ms());
	void *reply = NULL;
	if (redisGetReply(sleeper, &reply) == REDIS_OK && reply)
		freeReplyObject(reply);
	redisFree(sleeper);
	see_recovery(run, sight, "DEBUG SLEEP", other, fault_now_ms());
	see(sight, config_restore(run, "redis", "spare"), -1, "no longer watched");
}
