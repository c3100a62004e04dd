/* SPDX-License-Identifier: MIT */
/*
 * K1 and K3: j and k in the table of bots beside j and k in less: from the write of the key to the read that put the
 * cursor (of less: the first line) where it belongs, as the emulator shows it; and the bytes that a cursor key costs
 * beside htop, keys 10 to 50 ms apart.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/bench/side.h"
#include "tests/support/vt.h"

enum {
	KEYS = 60, /* a pair */
	LOST_MS = 2000,
	GAP_LEAST_MS = 10,
	GAP_MOST_MS = 50,
	FOLLOWS_MS = 100,
	BYTE_KEYS = 20, /* a pair */
	BURNERS = 3,
	LINES = 20000,
};

/* A cell that shows this text. */
struct spot {
	int row, column;
	char text[32];
};

static bool shows_spot(struct vt *vt, const void *data)
{
	const struct spot *spot = data;
	return strcmp(vt_cell(vt, spot->row, spot->column).text, spot->text) == 0;
}

/* ms from the key until the cell shows it; LOST_MS when it never does. */
static double time_key(struct vt *vt, const char *key, const struct spot *spot)
{
	double begun_us = probe_now_us();
	vt_press(vt, key);
	return vt_wait(vt, shows_spot, spot, LOST_MS) ? (vt_read_us(vt) - begun_us) / 1000
						      : LOST_MS;
}

static void gap(struct vt *vt, unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	scene_watch(&vt, 1, GAP_LEAST_MS + (*seed >> 16) % (GAP_MOST_MS - GAP_LEAST_MS));
}

/* Down and up again beside the row where the cursor stands. */
static void time_ours(struct vt *vt, unsigned *seed, struct samples *ret)
{
	struct spot spot = {.text = "▶"};
	if (!vt_find(vt, "▶", &spot.row, &spot.column))
		return;
	for (int i = 0; i < KEYS; i++) {
		spot.row += i % 2 ? -1 : 1;
		samples_add(ret, time_key(vt, i % 2 ? "k" : "j", &spot));
		gap(vt, seed);
	}
}

/* The last digit of the number in the first line goes up and down. */
static void time_less(struct vt *vt, unsigned *seed, struct samples *ret)
{
	struct spot spot = {.row = 0, .column = 0};
	for (int i = 0; i < KEYS; i++) {
		snprintf(spot.text, sizeof(spot.text), "%c", i % 2 ? 'a' : 'b');
		samples_add(ret, time_key(vt, i % 2 ? "k" : "j", &spot));
		gap(vt, seed);
	}
}

/* Lines that begin with another letter than the one before, 124 bytes each as those of a log. */
static char *write_lines(const struct scene *scene)
{
	char *path = xasprintf("%s/lines", scene->dir);
	FILE *file = fopen(path, "we");
	for (int i = 0; file && i < LINES; i++)
		fprintf(file,
			"%c line %06d of a log that nobody writes on, as long as the lines of a "
			"bot's log are, with what such a line says %d\n",
			'a' + i % 26, i, i * 7919);
	if (file)
		fclose(file);
	return path;
}

static struct {
	bool done;
	struct samples ours, less, all;
} idle;

static void measure_idle(void)
{
	if (idle.done)
		return;
	idle.done = true;
	struct scene *scene = scene_get(SCENE_BOTS);
	autofree char *lines = write_lines(scene);
	struct vt *vt = scene_screen(scene),
		  *less = scene_peer(scene, (const char *const[]){"less", lines, NULL});
	unsigned seed = 1;
	(void)vt_wait_quiet(less, 200, LOST_MS);
	for (int i = bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i > 0; i--) {
		struct samples ours = {.count = 0}, theirs = {.count = 0};
		time_ours(vt, &seed, &ours);
		time_less(less, &seed, &theirs);
		samples_add(&idle.ours, samples_median(&ours));
		samples_add(&idle.less, samples_median(&theirs));
		for (size_t k = 0; k < ours.count; k++)
			samples_add(&idle.all, ours.values[k]);
	}
	vt_free(less);
	vt_free(vt);
}

bool bench_key(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_idle();
	ret->ours = idle.ours;
	ret->peer = idle.less;
	return true;
}

static void note_all(const struct samples *all, struct figures *ret)
{
	snprintf(ret->note, sizeof(ret->note),
		"%zu keys: p50 %.2f ms, p90 %.2f, p99 %.2f, longest %.2f", all->count,
		samples_percentile(all, 50), samples_percentile(all, 90),
		samples_percentile(all, 99), samples_percentile(all, 100));
}

bool bench_key_p99(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_idle();
	ret->ours = idle.all;
	ret->figure = samples_percentile(&idle.all, 99);
	note_all(&idle.all, ret);
	return true;
}

bool bench_key_burners(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	struct vt *vt = scene_screen(scene_get(SCENE_BOTS));
	pid_t burners[BURNERS];
	unsigned seed = 1;
	for (int i = 0; i < BURNERS; i++)
		burners[i] = side_burn();
	for (int i = 0; i < BENCH_PAIRS_LEAST; i++)
		time_ours(vt, &seed, &ret->ours);
	for (int i = 0; i < BURNERS; i++)
		side_end(&burners[i]);
	vt_free(vt);
	ret->figure = samples_percentile(&ret->ours, 99);
	note_all(&ret->ours, ret);
	return true;
}

/* ---- bytes ---- */

/* Each key is followed by so many ms, 0: a random gap as between keys that are timed. */
static double bytes_of_keys(
	struct vt *vt, const char *down, const char *up, int rest_ms, unsigned *seed)
{
	size_t before = vt_bytes(vt);
	for (int i = 0; i < BYTE_KEYS; i++) {
		vt_press(vt, i % 2 ? up : down);
		if (rest_ms)
			scene_watch(&vt, 1, rest_ms);
		else
			gap(vt, seed);
	}
	return (double)(vt_bytes(vt) - before) / BYTE_KEYS;
}

static void measure_bytes(struct figures *ret, int rest_ms)
{
	struct scene *scene = scene_get(SCENE_BOTS);
	struct vt *vt = scene_screen(scene);
	struct vt *htop = scene_peer(scene, (const char *const[]){"htop", "-d", "100", NULL});
	unsigned seed = 3;
	(void)vt_wait_quiet(htop, 1000, 5000);
	for (int i = bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i > 0; i--) {
		samples_add(&ret->ours, bytes_of_keys(vt, "j", "k", rest_ms, &seed));
		samples_add(&ret->peer, bytes_of_keys(htop, "Down", "Up", rest_ms, &seed));
	}
	vt_free(htop);
	vt_free(vt);
}

bool bench_key_bytes(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_bytes(ret, 0);
	return true;
}

/* Where the cursor rests Detail follows, which another bot fills. */
bool bench_key_rest(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_bytes(ret, FOLLOWS_MS);
	ret->figure = samples_median(&ret->ours);
	return true;
}
