/* SPDX-License-Identifier: MIT */
/*
 * T3: a flood of log lines in the pane that follows it. With a terminal that takes all: frames a second. With one that takes
 * 20 kB a second: how long a key waits for its answer, and whether the screen's memory stands still.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/bench/side.h"
#include "core/base/str.h"
#include "tests/support/vt.h"

enum {
	LINES_A_SECOND = 50000,
	SLOW_BYTES = 20000,
	WARM_MS = 3000,
	KEYS = 12,
	LOST_MS = 10000,
	FRAMES_MS = 8000
};

static struct {
	bool done;
	double frames, bytes, cpu;
	struct samples keys;
	double grown_mib;
	bool whole; /* every key was answered */
} flood;

/* Every frame of ours stands in brackets of DEC mode 2026, and nothing else sends them. */
static double frames_in(const struct str *bytes)
{
	static const char begin[] = "\033[?2026h";
	double count = 0;
	for (const char *at = bytes->text; (at = strstr(at, begin)); at += sizeof(begin) - 1)
		count++;
	return count;
}

static void measure_frames(struct vt *vt)
{
	double cpu = probe_cpu_ms(scene_pid(vt));
	size_t bytes = vt_bytes(vt);
	vt_record(vt);
	scene_watch(&vt, 1, FRAMES_MS);
	flood.frames = frames_in(vt_recorded(vt)) / FRAMES_MS * 1000;
	flood.bytes = (double)(vt_bytes(vt) - bytes) / FRAMES_MS * 1000;
	flood.cpu = (probe_cpu_ms(scene_pid(vt)) - cpu) / FRAMES_MS * 100;
}

/* The help is opened and closed: each of the two is a key and its answer. */
static void press_slowly(struct vt *vt)
{
	flood.whole = true;
	for (int i = 0; i < KEYS; i++) {
		double begun_us = probe_now_us();
		vt_press(vt, i % 2 ? "Esc" : "?");
		flood.whole &= i % 2 ? vt_wait_no_text(vt, "Esc Close", LOST_MS)
				     : vt_wait_text(vt, "Esc Close", LOST_MS);
		samples_add(&flood.keys, (vt_read_us(vt) - begun_us) / 1000);
		scene_watch(&vt, 1, 400);
	}
}

static void measure(void)
{
	if (flood.done)
		return;
	flood.done = true;
	struct scene *scene = scene_get(SCENE_BOTS);
	struct vt *vt = scene_screen(scene);
	vt_press(vt, "5 + +");
	pid_t lines = side_flood(scene->log, bench_number("BENCH_FLOOD", LINES_A_SECOND));
	vt_must_show(vt, "took update", 10000);
	scene_watch(&vt, 1, WARM_MS);
	measure_frames(vt);
	vt_throttle(vt, SLOW_BYTES);
	scene_watch(&vt, 1, WARM_MS);
	double before = probe_rss_mib(scene_pid(vt));
	press_slowly(vt);
	flood.grown_mib = probe_rss_mib(scene_pid(vt)) - before;
	side_end(&lines);
	vt_free(vt);
	scene_end(scene); /* its log is long now */
}

bool bench_flood_frames(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure();
	ret->figure = flood.frames;
	snprintf(ret->note, sizeof(ret->note),
		"%.1f kB a second to the terminal, %.1f %% of a processor", flood.bytes / 1000,
		flood.cpu);
	return true;
}

bool bench_flood_key(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure();
	ret->ours = flood.keys;
	ret->figure = flood.whole ? samples_percentile(&flood.keys, 100) : NAN;
	snprintf(ret->note, sizeof(ret->note), "longest of %zu keys, median %.0f ms%s",
		flood.keys.count, samples_median(&flood.keys),
		flood.whole ? "" : "; some were not answered");
	return true;
}

bool bench_flood_memory(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure();
	ret->figure = flood.grown_mib < 0 ? 0 : flood.grown_mib;
	return true;
}
