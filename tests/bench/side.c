/* SPDX-License-Identifier: MIT */
#include "tests/bench/side.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/log_gen.h"
#include "tests/bench/metrics_peer.h"
#include "tests/bench/probe.h"
#include "tests/support/spawn.h"
#include "tests/support/stream_feed.h"

enum { FEED_MOST = 1000, BATCH_MS = 5 };

static void pause_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	nanosleep(&time, NULL);
}

static int64_t wall_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- beats ---- */

/* Rates and times that move as those of a bot do, so that their cells change. */
static void beat(redisContext *redis, int bots, int bot, unsigned round)
{
	unsigned seed = (unsigned)bot * 2654435761u + round * 40503u;
	redisAppendCommand(redis,
		"SET hb:load%d-%05d "
		"{\"upd_s\":%u.%u,\"p95_ms\":%u,\"errors\":0,\"updates\":%u,\"up_s\":%u,\"pid\":%d}"
		" EX 60",
		bots, bot, seed % 9, seed / 7 % 10, 40 + seed / 11 % 200, round * 7, 600 + round,
		1000 + bot);
}

static bool beat_round(redisContext *redis, int bots, unsigned round, bool moves)
{
	int count = bots < FEED_MOST ? bots : FEED_MOST;
	for (int i = 0; i < count; i++)
		beat(redis, bots,
			(int)((round * (unsigned)count + (unsigned)i) % (unsigned)bots) + 1, round);
	if (moves)
		redisAppendCommand(redis,
			"XADD events:fleet MAXLEN ~ 10000 * bot load%d-%05d level info msg %s ts "
			"%lld",
			bots, (int)(round % (unsigned)bots) + 1, "took an update and answered it",
			(long long)wall_ms());
	for (int i = 0; i < count + moves; i++) {
		void *reply = NULL;
		if (redisGetReply(redis, &reply) != REDIS_OK)
			return false;
		freeReplyObject(reply);
	}
	return true;
}

static int feed(const char *socket, int bots, bool moves)
{
	redisContext *redis = redisConnectUnix(socket);
	if (!redis || redis->err)
		return 1;
	for (unsigned round = 1; beat_round(redis, bots, round, moves); round++)
		pause_ms(1000 - wall_ms() % 1000);
	redisFree(redis);
	return 1;
}

/* ---- lines ---- */

static int flood(const char *path, int lines)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	autostr struct str batch = STR_INIT;
	unsigned long number = 0;
	int64_t begun_ms = wall_ms();
	for (; fd >= 0;) {
		unsigned long due = (unsigned long)((wall_ms() - begun_ms) * lines / 1000);
		struct probe_stamp stamp = probe_stamp();
		str_clear(&batch);
		for (; number < due; number++)
			str_addf(&batch,
				"%s INFO load40-%05lu took update %lu of chat %lu in %lu ms\n",
				stamp.text, number % 40 + 1, number, number * 7919 % 100000,
				number % 300);
		if (write(fd, batch.text, batch.length) != (ssize_t)batch.length)
			break;
		pause_ms(BATCH_MS);
	}
	return 1;
}

static void make_batch(struct log_gen *gen, size_t lines, struct str *text)
{
	str_clear(text);
	gen->wall_ms = wall_ms();
	while (lines--)
		log_gen_line(gen, text);
}

static int torrent(const char *path, int lines, bool is_json)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct log_gen gen = log_gen_new(11, is_json);
	autostr struct str batch = STR_INIT;
	int64_t begun_ms = wall_ms();
	gen.is_now = true;
	for (; fd >= 0;) {
		uint64_t due = (uint64_t)((wall_ms() - begun_ms) * lines / 1000);
		make_batch(&gen, due > gen.number ? due - gen.number : 0, &batch);
		if (write(fd, batch.text, batch.length) != (ssize_t)batch.length)
			break;
		pause_ms(BATCH_MS);
	}
	return 1;
}

/* Six fields, as bots say what they do. */
static void append_entry(void *context, redisContext *redis, uint64_t number)
{
	(void)context;
	redisAppendCommand(redis,
		"XADD events:bench MAXLEN ~ 1000000 * bot bot-%u level info type update msg %s "
		"chat %u correlation_id c%u",
		(unsigned)number % 40, "update handled in 40 ms", (unsigned)number * 7919u,
		(unsigned)number);
}

static int entries(const char *socket, int rate)
{
	return !stream_feed_run(&(struct stream_feed){.socket = socket,
		.rate = (size_t)rate,
		.batch_ms = BATCH_MS,
		.for_ms = INT64_MAX,
		.append = append_entry});
}

/* ---- a crowd ---- */

static void wait_for_ever(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

static NORETURN void crowd(int count)
{
	pid_t self = getpid();
	for (int i = 0; i < count; i++)
		if (fork() == 0)
			wait_for_ever(self);
	for (;;)
		pause();
}

/* ---- starting ---- */

static NORETURN void burn(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

bool side_main(int argc, char **argv, int *ret_status)
{
	const char *word = argc > 1 ? argv[1] : "";
	if (strcmp(word, "--burn") == 0)
		burn();
	if (argc == 4 && strcmp(word, "--feed") == 0)
		*ret_status = feed(argv[2], atoi(argv[3]), true);
	else if (argc == 4 && strcmp(word, "--keep") == 0)
		*ret_status = feed(argv[2], atoi(argv[3]), false);
	else if (argc == 4 && strcmp(word, "--flood") == 0)
		*ret_status = flood(argv[2], atoi(argv[3]));
	else if (argc == 4 && strcmp(word, "--torrent") == 0)
		*ret_status = torrent(argv[2], atoi(argv[3]), false);
	else if (argc == 4 && strcmp(word, "--torrent-json") == 0)
		*ret_status = torrent(argv[2], atoi(argv[3]), true);
	else if (argc == 4 && strcmp(word, "--entries") == 0)
		*ret_status = entries(argv[2], atoi(argv[3]));
	else if (argc == 3 && strcmp(word, "--index") == 0)
		*ret_status = log_index_main(argv[2]);
	else if (argc == 3 && strcmp(word, "--pages") == 0)
		*ret_status = serve_pages(atoi(argv[2]));
	else if (argc == 4 && strcmp(word, "--crowd") == 0)
		crowd(atoi(argv[3]));
	else
		return false;
	return true;
}

static pid_t start(const char *word, const char *what, int count)
{
	char self[PATH_MAX], number[16];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[length > 0 ? length : 0] = '\0';
	snprintf(number, sizeof(number), "%d", count);
	return spawn_start(WORDS(self, word, what, number), &(struct spawn){0});
}

pid_t side_feed(const char *redis_socket, int bots, bool moves)
{
	return start(moves ? "--feed" : "--keep", redis_socket, bots);
}

pid_t side_flood(const char *path, int lines)
{
	return start("--flood", path, lines);
}

pid_t side_torrent(const char *path, int lines, bool is_json)
{
	return start(is_json ? "--torrent-json" : "--torrent", path, lines);
}

pid_t side_entries(const char *redis_socket, int entries)
{
	return start("--entries", redis_socket, entries);
}

pid_t side_burn(void)
{
	return start("--burn", "", 0);
}

pid_t side_crowd(int count)
{
	return start("--crowd", "", count);
}

void side_end(pid_t *pid)
{
	if (*pid)
		(void)spawn_end(pid, SIGKILL);
}
