/* SPDX-License-Identifier: MIT */
/*
 * T1 and T2: what a frame takes. A switch between two views that fill the screen, beside an ncurses program that paints every
 * cell in 256 colours (anchor.c); and bytes for each cell that has changed while 40 bots live.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/bench/side.h"
#include "tests/support/botapi.h"
#include "tests/support/vt.h"

enum {
	SWITCHES = 40 /* a pair */,
	SWITCH_MS = 50,
	CELLS = BENCH_ROWS * BENCH_COLUMNS,
	STEADY_MS = 20000
};

static struct {
	bool done;
	struct samples cpu, bytes, anchor_cpu, anchor_bytes;
	double changed; /* cells of a switch */
} frames;

struct picture {
	struct vt_cell cells[CELLS];
};

static void take(struct vt *vt, struct picture *ret)
{
	for (int i = 0; i < CELLS; i++)
		ret->cells[i] = vt_cell(vt, i / BENCH_COLUMNS, i % BENCH_COLUMNS);
}

static bool is_same(const struct vt_cell *a, const struct vt_cell *b)
{
	bool blank = (!a->text[0] || strcmp(a->text, " ") == 0) &&
		     (!b->text[0] || strcmp(b->text, " ") == 0);
	return (blank || strcmp(a->text, b->text) == 0) && a->fg == b->fg && a->bg == b->bg &&
	       a->bold == b->bold && a->underline == b->underline && a->reverse == b->reverse;
}

static size_t differences(const struct picture *a, const struct picture *b)
{
	size_t count = 0;
	for (int i = 0; i < CELLS; i++)
		count += !is_same(&a->cells[i], &b->cells[i]);
	return count;
}

/* ---- T1 ---- */

/* The lines of the followed file fill Logs, each of another length. */
static void fill_log(const struct scene *scene)
{
	FILE *file = fopen(scene->log, "ae");
	for (int i = 0; file && i < 200; i++)
		fprintf(file,
			"%s %s load40-%05d took update %d of chat %d and "
			"answered "
			"it with %.*s\n",
			probe_stamp().text, i % 5 ? "INFO" : "ERROR", i % 40 + 1, i, i * 7919,
			i % 60 + 30,
			"what a bot says to the people who use it, in a few words and sometimes in "
			"many more than that");
	if (file)
		fclose(file);
}

/* Bots alone, and Logs alone behind it: `-` goes from one to the other. */
static void set_views(struct vt *vt)
{
	vt_press(vt, "1 + +");
	(void)vt_wait_quiet(vt, 200, 2000);
	vt_press(vt, "5 + +");
	vt_must_show(vt, "and answered it with", 5000);
	(void)vt_wait_quiet(vt, 200, 2000);
}

static double count_changed(struct vt *vt, const char *key)
{
	struct picture *before = xcalloc(1, sizeof(*before)), *after = xcalloc(1, sizeof(*after));
	take(vt, before);
	vt_press(vt, key);
	(void)vt_wait_quiet(vt, 100, 2000);
	take(vt, after);
	double changed = (double)differences(before, after);
	free(before);
	free(after);
	return changed;
}

static void measure_switches(
	struct vt *vt, pid_t pid, const char *key, struct samples *cpu, struct samples *bytes)
{
	double begun_ms = probe_cpu_ms(pid);
	size_t begun = vt_bytes(vt);
	for (int i = 0; i < SWITCHES; i++) {
		vt_press(vt, key);
		scene_watch(&vt, 1, SWITCH_MS);
	}
	samples_add(cpu, (probe_cpu_ms(pid) - begun_ms) / SWITCHES);
	samples_add(bytes, (double)(vt_bytes(vt) - begun) / SWITCHES);
}

static void measure_frames(void)
{
	if (frames.done)
		return;
	frames.done = true;
	struct scene *scene = scene_get(SCENE_BOTS);
	autofree char *program = build_program("tests/anchor");
	fill_log(scene);
	struct vt *vt = scene_screen(scene),
		  *anchor = scene_peer(scene, (const char *const[]){program, NULL});
	(void)vt_wait_quiet(anchor, 200, 2000);
	set_views(vt);
	frames.changed = (count_changed(vt, "-") + count_changed(vt, "-")) / 2;
	for (int i = bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i > 0; i--) {
		measure_switches(vt, scene_pid(vt), "-", &frames.cpu, &frames.bytes);
		measure_switches(
			anchor, vt_pid(anchor), "x", &frames.anchor_cpu, &frames.anchor_bytes);
	}
	vt_free(anchor);
	vt_free(vt);
}

bool bench_frame_cpu(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_frames();
	ret->ours = frames.cpu;
	ret->peer = frames.anchor_cpu;
	snprintf(ret->note, sizeof(ret->note), "a switch changes %.0f of %d cells, the anchor all",
		frames.changed, CELLS);
	return true;
}

bool bench_frame_bytes(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_frames();
	ret->ours = frames.bytes;
	ret->peer = frames.anchor_bytes;
	snprintf(ret->note, sizeof(ret->note), "%.1f B for each cell that a switch changes",
		samples_median(&frames.bytes) / frames.changed);
	return true;
}

/* ---- T2 ---- */

/* A frame is what comes between two silences of 15 ms. */
bool bench_frame_cell(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	struct scene *scene = scene_get(SCENE_BOTS);
	struct vt *vt = scene_screen(scene);
	struct picture *before = xcalloc(1, sizeof(*before)), *after = xcalloc(1, sizeof(*after));
	double changed = 0, until_us = probe_now_us() + STEADY_MS * 1e3;
	size_t bytes = 0, frames_seen = 0;
	scene_feed(scene, true);
	scene_watch(&vt, 1, 3000);
	take(vt, before);
	while (probe_now_us() < until_us) {
		size_t from = vt_bytes(vt);
		if (!vt_wait_bytes(vt, 1, 2000))
			continue;
		(void)vt_wait_quiet(vt, 15, 500);
		take(vt, after);
		changed += (double)differences(before, after);
		bytes += vt_bytes(vt) - from;
		*before = *after;
		frames_seen++;
	}
	scene_feed(scene, false);
	vt_free(vt);
	free(before);
	free(after);
	ret->figure = changed > 0 ? (double)bytes / changed : NAN;
	snprintf(ret->note, sizeof(ret->note), "%zu frames, %.0f cells and %.0f bytes each",
		frames_seen, changed / (double)frames_seen, (double)bytes / (double)frames_seen);
	return true;
}
