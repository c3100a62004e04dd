/* SPDX-License-Identifier: MIT */
/*
 * L4 on the screen: a log of 10,000,000 lines, of which nobody has an index yet; a filter is given, and what it finds is waited
 * for. And one with a single hit at the far end: that it is looked for, and that it can be left.
 */
#include <math.h>
#include <stdio.h>

#include "core/base/mem.h"
#include "tests/bench/bench.h"
#include "tests/bench/log_gen.h"
#include "tests/bench/probe.h"
#include "tests/support/botapi.h"
#include "tests/support/vt.h"

enum { LINES = 10000000, ROUNDS = 10, LOST_MS = 20000 };

struct seen {
	struct samples first, said, left;
};

static double since_ms(struct vt *vt, double begun_us, bool came)
{
	return came ? (vt_read_us(vt) - begun_us) / 1000 : NAN;
}

/* What the last line of the log is in: a screen on it. */
static struct vt *open_log(const char *program, const char *path)
{
	struct vt *vt = vt_spawn(
		BENCH_ROWS, BENCH_COLUMNS, (const char *const[]){program, "--", path, NULL}, NULL);
	vt_must_show(vt, LOG_GEN_LAST, LOST_MS);
	return vt;
}

static double press_enter(struct vt *vt, const char *filter)
{
	vt_type(vt, filter);
	vt_must_show(vt, filter, LOST_MS);
	double begun_us = probe_now_us();
	vt_press(vt, "Enter");
	return begun_us;
}

static void look(const char *program, const char *path, struct seen *seen)
{
	struct vt *vt = open_log(program, path);
	double begun_us = press_enter(vt, "&timeout"); /* the last line is none of those */
	bool came = vt_wait_no_text(vt, LOG_GEN_LAST, LOST_MS);
	samples_add(&seen->first, since_ms(vt, begun_us, came));
	vt_free(vt);
	vt = open_log(program, path);
	begun_us = press_enter(vt, "&\"update_id=4711 \"");
	came = vt_wait_text(vt, "reading: back to", LOST_MS);
	samples_add(&seen->said, since_ms(vt, begun_us, came));
	begun_us = probe_now_us();
	vt_press(vt, "Esc");
	came = vt_wait_text(vt, LOG_GEN_LAST, LOST_MS);
	samples_add(&seen->left, since_ms(vt, begun_us, came));
	vt_free(vt);
}

/* Once for all figures. */
static const struct seen *look_at_all(void)
{
	static struct seen seen;
	const char *path;
	autofree char *program = build_program("botswain");
	if (seen.first.count)
		return &seen;
	if (!log_gen_file((uint64_t)bench_number("BENCH_LINES", LINES), false, &path))
		return NULL;
	for (int i = 0; i < ROUNDS; i++)
		look(program, path, &seen);
	return &seen;
}

static bool tell(const struct samples *samples, struct figures *ret)
{
	if (!samples)
		return false;
	ret->ours = *samples;
	ret->figure = samples_percentile(samples, 100);
	snprintf(ret->note, sizeof(ret->note), "longest of %zu, median %.0f ms", samples->count,
		samples_percentile(samples, 50));
	return true;
}

bool bench_filter_first(const struct bench *bench, struct figures *ret)
{
	const struct seen *seen = look_at_all();
	(void)bench;
	return tell(seen ? &seen->first : NULL, ret);
}

bool bench_filter_said(const struct bench *bench, struct figures *ret)
{
	const struct seen *seen = look_at_all();
	(void)bench;
	return tell(seen ? &seen->said : NULL, ret);
}

bool bench_filter_left(const struct bench *bench, struct figures *ret)
{
	const struct seen *seen = look_at_all();
	(void)bench;
	return tell(seen ? &seen->left : NULL, ret);
}
