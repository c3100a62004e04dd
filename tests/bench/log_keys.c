/* SPDX-License-Identifier: MIT */
/*
 * L6 and K2: how long a key waits for its answer, the help that opens (?) and closes (q; after an Esc it is waited for what may
 * belong to it, whatever else goes on) as the emulator shows it, while 500,000 lines of JSON a second arrive and twelve times
 * 10,000,000 others are being indexed; and the same with 100,000 entries a second in a stream and three busy processes beside.
 */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/bench/log_gen.h"
#include "tests/bench/log_scene.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/bench/side.h"
#include "tests/support/vt.h"

enum {
	LINES = 10000000,
	LINES_A_SECOND = 500000,
	ENTRIES_A_SECOND = 100000,
	KEYS = 60,
	GAP_LEAST_MS = 10,
	GAP_MOST_MS = 40,
	LOST_MS = 10000,
	BURNERS = 3,
	SETTLE_MS = 300,
	SUM_MS = 120000,
};

struct busy {
	struct samples keys;
	unsigned lost;
	bool was_indexing; /* at the last key still */
	uint64_t lay, came, shown;
};

static void press(struct vt *vt, struct busy *busy)
{
	unsigned seed = 5;
	for (int i = 0; i < bench_number("BENCH_KEYS", KEYS); i++) {
		double begun_us = probe_now_us();
		vt_press(vt, i % 2 ? "q" : "?");
		bool came = i % 2 ? vt_wait_no_text(vt, "Esc Close", LOST_MS)
				  : vt_wait_text(vt, "Esc Close", LOST_MS);
		samples_add(&busy->keys, came ? (vt_read_us(vt) - begun_us) / 1000 : LOST_MS);
		busy->lost += !came;
		seed = seed * 1103515245u + 12345u;
		scene_watch(&vt, 1, GAP_LEAST_MS + (seed >> 16) % (GAP_MOST_MS - GAP_LEAST_MS));
	}
}

/* A line that was not written whole gets its end. */
static uint64_t lines_of(const char *path)
{
	static char bytes[1 << 20];
	uint64_t lines = 0;
	char last = '\n';
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	for (ssize_t got; (got = read(fd, bytes, sizeof(bytes))) > 0; last = bytes[got - 1])
		for (ssize_t i = 0; i < got; i++)
			lines += bytes[i] == '\n';
	bool is_whole = last == '\n' || write(fd, "\n", 1) == 1;
	close(fd);
	return is_whole ? lines + (last != '\n') : 0;
}

/* What the bars say on the screen, but for botswain's own lines, when all of it is there or nothing more comes. */
static void add_up(const struct log_scene *scene, struct busy *busy)
{
	busy->lay = LOG_SCENE_OLD * (uint64_t)bench_number("BENCH_LINES", LINES);
	busy->came = lines_of(scene->log);
	autofree char *all = xasprintf(" %" PRIu64 " lines: ", busy->lay + busy->came);
	vt_type(scene->screen, "&source!=botswain");
	vt_press(scene->screen, "Enter");
	(void)vt_wait_text(scene->screen, all, SUM_MS);
	autostr struct str screen = STR_INIT;
	vt_screen(scene->screen, &screen);
	const char *said = strstr(screen.text, " lines: ");
	while (said && said > screen.text && isdigit((unsigned char)said[-1]))
		said--;
	busy->shown = said ? strtoull(said, NULL, 10) : 0;
}

static bool measure(bool is_all, struct busy *busy)
{
	struct log_scene scene;
	const char *old;
	pid_t entries = 0, burners[BURNERS] = {0};
	if (!log_gen_file((uint64_t)bench_number("BENCH_LINES", LINES), true, &old))
		return false;
	log_scene_start(&scene, old);
	pid_t lines = side_torrent(scene.log, LINES_A_SECOND, true);
	if (is_all)
		entries = side_entries(scene.redis.socket, ENTRIES_A_SECOND);
	for (int i = 0; i < BURNERS && is_all; i++)
		burners[i] = side_burn();
	scene_watch(&scene.screen, 1, SETTLE_MS);
	press(scene.screen, busy);
	busy->was_indexing = log_scene_indexes(&scene);
	for (int i = 0; i < BURNERS; i++)
		side_end(&burners[i]);
	side_end(&entries);
	side_end(&lines);
	if (!is_all)
		add_up(&scene, busy);
	log_scene_end(&scene);
	return true;
}

static struct busy all[2];

static bool take(bool is_all, double percent, struct figures *ret)
{
	struct busy *busy = &all[is_all];
	if (!busy->keys.count && !measure(is_all, busy))
		return false;
	ret->ours = busy->keys;
	/* it is no answer to the question when the index was done before */
	ret->figure =
		busy->lost || !busy->was_indexing ? NAN : samples_percentile(&busy->keys, percent);
	snprintf(ret->note, sizeof(ret->note),
		"%zu keys: p50 %.1f ms, p99 %.1f, longest %.1f, %u not answered; at the last one "
		"%s",
		busy->keys.count, samples_percentile(&busy->keys, 50),
		samples_percentile(&busy->keys, 99), samples_percentile(&busy->keys, 100),
		busy->lost, busy->was_indexing ? "the index was still made" : "the index was done");
	return true;
}

bool bench_busy_key(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return take(false, 99, ret);
}

bool bench_busy_sum(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	if (!take(false, 99, ret))
		return false;
	const struct busy *busy = &all[false];
	uint64_t written = busy->lay + busy->came;
	ret->ours = (struct samples){0};
	ret->figure =
		(double)(written > busy->shown ? written - busy->shown : busy->shown - written);
	snprintf(ret->note, sizeof(ret->note),
		"%" PRIu64 " lay there, %" PRIu64 " came, the screen says %" PRIu64, busy->lay,
		busy->came, busy->shown);
	return true;
}

bool bench_busy_all(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return take(true, 99, ret);
}

bool bench_busy_most(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	return take(true, 100, ret);
}
