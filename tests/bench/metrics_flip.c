/* SPDX-License-Identifier: MIT */
/*
 * P4: a gauge on a page turns, and a rule fires. Botswain and Prometheus read the same page each second and the same file of rules,
 * evaluated each second, at the same time; ours is seen when the alert's sentence is on the screen, theirs when the API says firing.
 * When a group of rules has its turn is chance with Prometheus: the file has several groups that ask the same, and a flip took what
 * it took in the mean of them. By chance, too, a page is read just before a flip or just behind it: what counts is the mean of four
 * flips, spread over the second.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "tests/bench/bench.h"
#include "tests/bench/metrics_peer.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/support/botapi.h"
#include "tests/support/folder.h"
#include "tests/support/pages.h"
#include "tests/support/spawn.h"
#include "tests/support/vt.h"

enum {
	GROUPS = 12,
	FLIPS = 4, /* of a pair */
	PAIRS = 6,
	SECOND_MS = 1000,
	LOST_MS = 15000,
	START_MS = 30000,
	STEP_MS = 4,
	REST_MS = 2500, /* both are quiet again */
};

struct flip_scene {
	struct pages pages;
	struct metrics_peer peer;
	pid_t engine;
	struct vt *vt;
};

static void set_page(struct flip_scene *scene, unsigned value)
{
	autofree char *page = xasprintf("# TYPE bench_flag gauge\nbench_flag %u\n", value);
	pages_set(&scene->pages, "/metrics", 200, PAGE_WHOLE, page);
}

static char *make_rules(void)
{
	struct str rules = STR_INIT;
	str_adds(&rules, "groups:\n");
	for (int i = 0; i < GROUPS; i++)
		str_addf(&rules,
			"- name: group-%d\n  interval: 1s\n  rules:\n  - alert: Flip%d\n"
			"    expr: bench_flag > 0\n    labels: {severity: critical}\n"
			"    annotations: {summary: 'mark %d of {{ $value }}.'}\n",
			i, i, i);
	return str_detach(&rules);
}

static void start_engine(struct flip_scene *scene)
{
	folder_write("botswain.yaml", 0600,
		"environment: bench\nstate_dir: %s/state\nrules: {files: [rules.yml]}\n"
		"scrape:\n  bench: {url: \"http://127.0.0.1:%d/metrics\", interval: 1s}\n",
		folder, scene->pages.port);
	autofree char *program = build_program("botswaind");
	autofree char *config = folder_path("botswain.yaml");
	autofree char *log = folder_path("engine.log");
	scene->engine = spawn_start(WORDS(program, "-c", config), &(struct spawn){.log = log});
}

static void start_screen(struct flip_scene *scene)
{
	autofree char *program = build_program("botswain");
	autofree char *config = folder_path("botswain.yaml");
	autofree char *home = xasprintf("HOME=%s", folder);
	autofree char *state = xasprintf("XDG_STATE_HOME=%s", folder);
	scene->vt = vt_spawn(BENCH_ROWS, BENCH_COLUMNS, WORDS(program, "-c", config),
		(const char *const[]){home, state, NULL});
}

/* ---- seeing ---- */

static bool is_on_screen(struct vt *vt, int group, unsigned value)
{
	char text[48];
	snprintf(text, sizeof(text), "mark %d of %u.", group, value);
	return vt_shows(vt, text);
}

static bool is_told(const char *alerts, int group, unsigned value)
{
	char text[80];
	snprintf(text, sizeof(text), "\"summary\":\"mark %d of %u.\"},\"state\":\"firing\"", group,
		value);
	return strstr(alerts, text) != NULL;
}

struct seen {
	double ms[GROUPS]; /* since the flip; 0: not yet */
	int count;
};

static void note(struct seen *seen, int group, double ms)
{
	if (seen->ms[group] > 0)
		return;
	seen->ms[group] = ms;
	seen->count++;
}

static double mean_of(const struct seen *seen)
{
	double sum = 0;
	for (int i = 0; i < GROUPS; i++)
		sum += seen->ms[i];
	return seen->count == GROUPS ? sum / GROUPS : (double)LOST_MS;
}

static void look(struct flip_scene *scene, unsigned value, double begun_us, struct seen *ours,
	struct seen *theirs)
{
	autostr struct str alerts = STR_INIT;
	scene_watch(&scene->vt, 1, STEP_MS);
	for (int i = 0; i < GROUPS; i++)
		if (is_on_screen(scene->vt, i, value))
			note(ours, i, (vt_read_us(scene->vt) - begun_us) / SECOND_MS);
	if (theirs->count == GROUPS)
		return;
	metrics_peer_get(&scene->peer, "/api/v1/alerts", &alerts);
	for (int i = 0; i < GROUPS; i++)
		if (is_told(alerts.text, i, value))
			note(theirs, i, (probe_now_us() - begun_us) / SECOND_MS);
}

/* A moment of the second. */
static void wait_for_phase(struct flip_scene *scene, int64_t phase_ms)
{
	int64_t left_ms = phase_ms - clock_wall_ms(clock_real()) % SECOND_MS;
	scene_watch(&scene->vt, 1, (double)(left_ms < 0 ? left_ms + SECOND_MS : left_ms));
}

/* What both took together. */
struct took {
	double ours_ms, theirs_ms, longest_ms, their_longest_ms;
};

static bool flip(struct flip_scene *scene, unsigned value, int64_t phase_ms, struct took *took)
{
	struct seen ours = {.count = 0}, theirs = {.count = 0};
	set_page(scene, 0);
	scene_watch(&scene->vt, 1, REST_MS);
	wait_for_phase(scene, phase_ms);
	double begun_us = probe_now_us();
	set_page(scene, value);
	while ((ours.count < GROUPS || theirs.count < GROUPS) &&
		probe_now_us() - begun_us < LOST_MS * 1000.0)
		look(scene, value, begun_us, &ours, &theirs);
	took->ours_ms += mean_of(&ours);
	took->theirs_ms += mean_of(&theirs);
	took->longest_ms = fmax(took->longest_ms, mean_of(&ours));
	took->their_longest_ms = fmax(took->their_longest_ms, mean_of(&theirs));
	return ours.count == GROUPS && theirs.count == GROUPS;
}

static bool begin(struct flip_scene *scene)
{
	pages_open(&scene->pages);
	set_page(scene, 0);
	autofree char *rules = make_rules();
	scene->peer.page_port = scene->pages.port;
	scene->peer.every = "1s";
	if (!metrics_peer_start(&scene->peer, rules))
		return false;
	start_engine(scene);
	start_screen(scene);
	if (!vt_wait_text(scene->vt, "bench", START_MS))
		return false;
	vt_press(scene->vt, "3 + +");
	struct took warm = {0};
	return flip(scene, 1, 0, &warm) && flip(scene, 2, SECOND_MS / 2, &warm);
}

static bool take_pair(struct flip_scene *scene, int pair, struct took *longest, struct figures *ret)
{
	struct took took = {0};
	bool good = true;
	for (int i = 0; good && i < FLIPS; i++) {
		int64_t phase_ms = (int64_t)(i * SECOND_MS + pair * SECOND_MS / PAIRS) / FLIPS;
		good = flip(scene, (unsigned)(pair * FLIPS + i + 3), phase_ms, &took);
	}
	samples_add(&ret->ours, took.ours_ms / FLIPS);
	samples_add(&ret->peer, took.theirs_ms / FLIPS);
	longest->longest_ms = fmax(longest->longest_ms, took.longest_ms);
	longest->their_longest_ms = fmax(longest->their_longest_ms, took.their_longest_ms);
	return good;
}

bool bench_metrics_flip(const struct bench *bench, struct figures *ret)
{
	struct flip_scene scene = {.engine = 0};
	struct took longest = {0};
	int pairs = bench_number("BENCH_PAIRS", PAIRS);
	(void)bench;
	bool good = begin(&scene);
	for (int i = 0; good && i < pairs; i++)
		good = take_pair(&scene, i, &longest, ret);
	if (!good)
		print_text(ret->note, sizeof(ret->note), "an alert was not seen within %d ms",
			LOST_MS);
	else
		print_text(ret->note, sizeof(ret->note),
			"%d flips of %d alerts each; the longest took %.0f ms, and %.0f ms",
			pairs * FLIPS, GROUPS, longest.longest_ms, longest.their_longest_ms);
	vt_free(scene.vt);
	(void)spawn_end(&scene.engine, SIGTERM);
	metrics_peer_end(&scene.peer);
	pages_close(&scene.pages);
	return good;
}
