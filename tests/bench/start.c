/* SPDX-License-Identifier: MIT */
/*
 * B1: from the start of the program to its first full and useful frame, the last byte before 120 ms of silence with every
 * bot counted on the screen, while nothing that the engine would ask answers; and attaching to the engine of 10,000 bots.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/engine/client_last.h"
#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/support/vt.h"

enum { PRIME_MS = 6000, LIMIT_MS = 10000, MANY = 10000, MANY_LIMIT_MS = 30000 };

static double time_to(const struct scene *scene, const char *useful, int limit_ms)
{
	double begun_us = probe_now_us();
	struct vt *vt = scene_open(scene, scene->config, NULL);
	double ms = (scene_painted_us(vt, useful, limit_ms) - begun_us) / 1000;
	vt_free(vt);
	return ms;
}

static double time_peer(const struct scene *scene, const char *name)
{
	double begun_us = probe_now_us();
	struct vt *vt = strcmp(name, "btop") == 0 ? scene_btop(scene) : scene_htop(scene);
	const char *useful = strcmp(name, "btop") == 0 ? "Program:" : "PID USER";
	double ms = (scene_painted_us(vt, useful, LIMIT_MS) - begun_us) / 1000;
	vt_free(vt);
	return ms;
}

/* The engine has seen the fleet alive once, and keeps that. */
static struct scene *prime(void)
{
	static bool primed;
	struct scene *scene = scene_get(SCENE_BOTS);
	if (!primed) {
		struct vt *vt = scene_screen(scene);
		scene_feed(scene, true);
		scene_watch(&vt, 1, PRIME_MS);
		scene_feed(scene, false);
		vt_free(vt);
	}
	primed = true;
	scene_engine_stop(scene);
	scene_silence(scene, true);
	return scene;
}

static bool measure(const struct bench *bench, struct figures *ret, bool runs)
{
	struct scene *scene = prime();
	int pairs = bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST) * 2;
	if (runs)
		scene_engine_start(scene);
	for (int i = 0; i < pairs; i++) {
		samples_add(&ret->ours, time_to(scene, scene->bots_text, LIMIT_MS));
		if (!runs)
			scene_engine_stop(scene);
		samples_add(&ret->peer, time_peer(scene, bench->peer));
	}
	scene_engine_stop(scene);
	scene_silence(scene, false);
	snprintf(ret->note, sizeof(ret->note),
		"fastest %.1f ms, slowest %.1f; %s %.1f to %.1f; %d pairs",
		samples_percentile(&ret->ours, 0), samples_percentile(&ret->ours, 100), bench->peer,
		samples_percentile(&ret->peer, 0), samples_percentile(&ret->peer, 100), pairs);
	return true;
}

bool bench_start_cold(const struct bench *bench, struct figures *ret)
{
	return measure(bench, ret, false);
}

bool bench_start_attached(const struct bench *bench, struct figures *ret)
{
	return measure(bench, ret, true);
}

/* No peer has such a figure. Each time there is no engine; `is_first`: nor did one ever run. */
static void measure_own(struct figures *ret, const char *useful, bool is_first)
{
	struct scene *scene = prime();
	autofree char *known = xasprintf("%s/state/%s", scene->dir, CLIENT_LAST_FILE);
	for (int i = 0; i < bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST) * 2; i++) {
		if (is_first)
			(void)unlink(known);
		samples_add(&ret->ours, time_to(scene, useful, LIMIT_MS));
		scene_engine_stop(scene);
	}
	scene_silence(scene, false);
	snprintf(ret->note, sizeof(ret->note), "fastest %.1f ms, slowest %.1f",
		samples_percentile(&ret->ours, 0), samples_percentile(&ret->ours, 100));
}

bool bench_start_engine(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_own(ret, "own engine", false);
	return true;
}

bool bench_start_first(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_own(ret, scene_get(SCENE_BOTS)->bots_text, true);
	return true;
}

bool bench_attach_many(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	struct scene *scene = scene_get(MANY);
	struct vt *first = scene_screen(scene);
	scene_watch(&first, 1, 2000);
	vt_free(first);
	for (int i = 0; i < 2 * BENCH_PAIRS_LEAST; i++)
		samples_add(&ret->ours, time_to(scene, scene->bots_text, MANY_LIMIT_MS));
	snprintf(ret->note, sizeof(ret->note),
		"fastest %.0f ms, slowest %.0f, the reading of the configuration included",
		samples_percentile(&ret->ours, 0), samples_percentile(&ret->ours, 100));
	return true;
}
