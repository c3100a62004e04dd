/* SPDX-License-Identifier: MIT */
/*
 * From an event to its cell: an entry is added to a stream of a real Redis, or a line is appended to a log file that is
 * followed, at moments that nothing else knows; until the read that brought its text to the screen, in the pane of logs.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <hiredis/hiredis.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/support/vt.h"

enum { EVENTS = 200, GAP_LEAST_MS = 20, GAP_MOST_MS = 480, LOST_MS = 3000 };

/* Where the newest line stands: it was found there last, or is looked for from the bottom. */
struct mark {
	char text[32];
	int *row;
};

static bool row_shows(struct vt *vt, int row, const char *text)
{
	autostr struct str line = STR_INIT;
	vt_row(vt, row, &line);
	return strstr(line.text, text) != NULL;
}

static bool shows_mark(struct vt *vt, const void *data)
{
	const struct mark *mark = data;
	if (*mark->row >= 0 && row_shows(vt, *mark->row, mark->text))
		return true;
	for (int row = BENCH_ROWS - 1; row >= 0; row--)
		if (row_shows(vt, row, mark->text)) {
			*mark->row = row;
			return true;
		}
	return false;
}

typedef bool emitter(void *to, const char *text);

static bool add_entry(void *to, const char *text)
{
	redisReply *reply =
		redisCommand(to, "XADD events:bench * bot load40-00001 level info msg %s", text);
	freeReplyObject(reply);
	return reply != NULL;
}

static bool add_line(void *to, const char *text)
{
	char line[128];
	struct probe_stamp stamp =
		probe_stamp(); /* an older line stands above what the stream said */
	int length = snprintf(line, sizeof(line), "%s INFO load40-00001 %s\n", stamp.text, text);
	return write(*(const int *)to, line, (size_t)length) == length;
}

static bool measure(struct vt *vt, emitter *emit, void *to, struct figures *ret)
{
	static unsigned number;
	unsigned seed = 7, lost = 0;
	int row = -1;
	for (int i = 0; i < EVENTS; i++) {
		struct mark mark = {.row = &row};
		snprintf(mark.text, sizeof(mark.text), "mark-%06u", ++number);
		double begun_us = probe_now_us();
		bool came = emit(to, mark.text) && vt_wait(vt, shows_mark, &mark, LOST_MS);
		samples_add(&ret->ours, came ? (vt_read_us(vt) - begun_us) / 1000 : LOST_MS);
		lost += !came;
		seed = seed * 1103515245u + 12345u;
		scene_watch(&vt, 1, GAP_LEAST_MS + (seed >> 16) % (GAP_MOST_MS - GAP_LEAST_MS));
	}
	ret->figure = samples_percentile(&ret->ours, 99);
	snprintf(ret->note, sizeof(ret->note),
		"%d events: p50 %.1f ms, p90 %.1f, p99 %.1f, longest %.1f, %u not seen", EVENTS,
		samples_percentile(&ret->ours, 50), samples_percentile(&ret->ours, 90), ret->figure,
		samples_percentile(&ret->ours, 100), lost);
	return true;
}

static struct vt *open_logs(const struct scene *scene)
{
	struct vt *vt = scene_screen(scene);
	vt_press(vt, "5 + +");
	(void)vt_wait_quiet(vt, 300, 3000);
	return vt;
}

bool bench_event_stream(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	struct scene *scene = scene_get(SCENE_BOTS);
	redisContext *redis = redisConnectUnix(scene->redis.socket);
	struct vt *vt = open_logs(scene);
	bool good = redis && !redis->err && add_entry(redis, "the stream begins") &&
		    vt_wait_text(vt, "the stream begins", 10000) &&
		    measure(vt, add_entry, redis, ret);
	if (redis)
		redisFree(redis);
	vt_free(vt);
	return good;
}

bool bench_event_file(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	struct scene *scene = scene_get(SCENE_BOTS);
	int fd = open(scene->log, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct vt *vt = open_logs(scene);
	bool good = fd >= 0 && measure(vt, add_line, &fd, ret);
	if (fd >= 0)
		close(fd);
	vt_free(vt);
	return good;
}
