/* SPDX-License-Identifier: MIT */
/*
 * I1 to I5: what a screen and its engine take while nobody presses a key: 40 bots that beat once a second, a Redis, a
 * Postgres and a page of 300 series looked at once a second, beside htop and btop at once a second in windows that
 * alternate. Then the same held still with P. Measured once for all figures.
 */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/probe.h"
#include "tests/bench/scene.h"
#include "tests/bench/side.h"
#include "tests/support/vt.h"

/* htop costs the more the more processes there are: as many as where its figure of reference/performance.md 3 was taken. */
enum { CROWD = 311 };
enum { WARM_MS = 3000, SETTLE_MS = 12000 /* each bot was asked once */, STRACE_S = 8 };

/* Of one window: CPU in percent of a processor, bytes a second to the terminal. */
struct cost {
	double cpu, bytes;
};

static struct {
	bool done;
	int processes; /* on the machine */
	struct samples both, screen, engine, bytes, htop_cpu, htop_bytes, btop_cpu, btop_bytes;
} live;

static double window_ms(void)
{
	return bench_number("BENCH_WINDOW", 10) * 1000;
}

static double cpu_of(const struct vt *vt)
{
	return probe_cpu_ms(vt_pid(vt)) + probe_cpu_ms(scene_pid(vt));
}

static struct cost measure_peer(struct vt *vt, struct vt *ours)
{
	struct vt *both[] = {vt, ours};
	scene_watch(both, 2, WARM_MS);
	double cpu = probe_cpu_ms(vt_pid(vt)), bytes = (double)vt_bytes(vt), ms = window_ms();
	scene_watch(both, 2, ms);
	struct cost cost = {.cpu = (probe_cpu_ms(vt_pid(vt)) - cpu) / ms * 100,
		.bytes = ((double)vt_bytes(vt) - bytes) / ms * 1000};
	vt_free(vt);
	return cost;
}

static void measure_ours(const struct scene *scene, struct vt *vt)
{
	double screen = cpu_of(vt), engine = probe_cpu_ms(scene->engine), ms = window_ms();
	double bytes = (double)vt_bytes(vt);
	scene_watch(&vt, 1, ms);
	screen = (cpu_of(vt) - screen) / ms * 100;
	engine = (probe_cpu_ms(scene->engine) - engine) / ms * 100;
	samples_add(&live.screen, screen);
	samples_add(&live.engine, engine);
	samples_add(&live.both, screen + engine);
	samples_add(&live.bytes, ((double)vt_bytes(vt) - bytes) / ms * 1000);
}

static bool has(const char *peer)
{
	return bench_has_peer(&(struct bench){.peer = peer});
}

static int count_processes(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int count = 0;
	while (proc && (entry = readdir(proc)))
		count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
	if (proc)
		closedir(proc);
	return count;
}

static void measure_live(void)
{
	if (live.done)
		return;
	live.done = true;
	struct scene *scene = scene_get(SCENE_BOTS);
	struct vt *vt = scene_screen(scene);
	int missing = CROWD - count_processes();
	pid_t crowd = missing > 0 ? side_crowd(missing) : 0;
	scene_feed(scene, true);
	scene_watch(&vt, 1, 2 * WARM_MS);
	live.processes = count_processes();
	for (int i = bench_number("BENCH_PAIRS", BENCH_PAIRS_LEAST); i > 0; i--) {
		struct cost cost;
		measure_ours(scene, vt);
		if (has("htop")) {
			cost = measure_peer(scene_htop(scene), vt);
			samples_add(&live.htop_cpu, cost.cpu);
			samples_add(&live.htop_bytes, cost.bytes);
		}
		if (has("btop")) {
			cost = measure_peer(scene_btop(scene), vt);
			samples_add(&live.btop_cpu, cost.cpu);
			samples_add(&live.btop_bytes, cost.bytes);
		}
	}
	scene_feed(scene, false);
	vt_free(vt);
	side_end(&crowd);
}

static bool against(const struct samples *ours, const struct samples *peer, struct figures *ret)
{
	ret->ours = *ours;
	ret->peer = *peer;
	return true;
}

bool bench_live_cpu(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_live();
	snprintf(ret->note, sizeof(ret->note),
		"%% of a processor: the screen %.3f, the engine %.3f; windows of %.0f s; %d "
		"processes",
		samples_median(&live.screen), samples_median(&live.engine), window_ms() / 1000,
		live.processes);
	return against(&live.both, &live.htop_cpu, ret);
}

bool bench_live_cpu_screen(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_live();
	return against(&live.screen, &live.htop_cpu, ret);
}

bool bench_live_bytes_htop(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_live();
	return against(&live.bytes, &live.htop_bytes, ret);
}

bool bench_live_bytes_btop(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_live();
	return against(&live.bytes, &live.btop_bytes, ret);
}

/* ---- memory, system calls ---- */

static struct {
	bool done;
	double screen_rss, engine_rss, dirty, syscalls;
} held;

/* Of an engine that has just begun, and a screen on it. */
static void measure_held(void)
{
	if (held.done)
		return;
	held.done = true;
	struct scene *scene = scene_get(SCENE_BOTS);
	scene_engine_stop(scene);
	scene_engine_start(scene);
	struct vt *vt = scene_screen(scene);
	scene_feed(scene, true);
	scene_watch(&vt, 1, 2 * WARM_MS);
	pid_t pids[] = {vt_pid(vt), scene_pid(vt), scene->engine};
	held.screen_rss = probe_rss_mib(pids[1]);
	held.engine_rss = probe_rss_mib(pids[2]);
	for (int i = 0; i < 3; i++)
		held.dirty += probe_dirty_mib(pids[i]);
	scene_watch(&vt, 1, SETTLE_MS);
	held.syscalls = probe_syscalls(pids, 3, STRACE_S);
	scene_feed(scene, false);
	vt_free(vt);
}

static bool held_figure(double figure, struct figures *ret)
{
	ret->figure = figure;
	return true;
}

bool bench_memory_screen(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_held();
	return held_figure(held.screen_rss, ret);
}

bool bench_memory_engine(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_held();
	return held_figure(held.engine_rss, ret);
}

bool bench_memory_dirty(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_held();
	return held_figure(held.dirty, ret);
}

bool bench_syscalls(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_held();
	if (isnan(held.syscalls))
		snprintf(ret->note, sizeof(ret->note), "strace is not here, or may not look");
	return held_figure(held.syscalls, ret);
}

/* ---- held still ---- */

static struct {
	bool done;
	double bytes, cpu, wakeups, engine_wakeups;
	char thread[16], engine_thread[16];
} paused;

/* Of the thread that woke most often. */
static double most_wakeups(
	pid_t pid, const struct probe_thread *before, size_t count, double ms, char name[16])
{
	struct probe_thread now[PROBE_THREADS];
	size_t now_count = probe_threads(pid, now);
	double most = 0;
	for (size_t i = 0; i < now_count; i++)
		for (size_t j = 0; j < count; j++) {
			double rate = (double)(now[i].wakeups - before[j].wakeups) / ms * 1000;
			if (now[i].tid != before[j].tid || rate <= most)
				continue;
			most = rate;
			memcpy(name, now[i].name, 16);
		}
	return most;
}

static void measure_paused(void)
{
	if (paused.done)
		return;
	paused.done = true;
	struct scene *scene = scene_get(SCENE_BOTS);
	struct vt *vt = scene_screen(scene);
	vt_press(vt, "P");
	scene_watch(&vt, 1, 2 * WARM_MS); /* the toast goes, the view is kept */
	struct probe_thread screen[PROBE_THREADS], engine[PROBE_THREADS];
	size_t screens = probe_threads(scene_pid(vt), screen),
	       engines = probe_threads(scene->engine, engine);
	double cpu = cpu_of(vt), bytes = (double)vt_bytes(vt), ms = window_ms();
	scene_watch(&vt, 1, ms);
	paused.bytes = ((double)vt_bytes(vt) - bytes) / ms * 1000;
	paused.cpu = (cpu_of(vt) - cpu) / ms * 100;
	paused.wakeups = most_wakeups(scene_pid(vt), screen, screens, ms, paused.thread);
	paused.engine_wakeups =
		most_wakeups(scene->engine, engine, engines, ms, paused.engine_thread);
	vt_free(vt);
}

bool bench_paused_bytes(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_paused();
	return held_figure(paused.bytes, ret);
}

bool bench_paused_cpu(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_paused();
	return held_figure(paused.cpu, ret);
}

bool bench_paused_wakeups(const struct bench *bench, struct figures *ret)
{
	(void)bench;
	measure_paused();
	snprintf(ret->note, sizeof(ret->note),
		"of the screen; of the engine, which asks on, the thread %s wakes %.1f times a "
		"second",
		paused.engine_thread, paused.engine_wakeups);
	return held_figure(paused.wakeups, ret);
}
