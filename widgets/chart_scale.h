/* SPDX-License-Identifier: MIT */
/*
 * The value axis of a chart: round ticks that cover what there is, and figures in one unit for the whole axis. Ticks are
 * 1-2-5 times a power of ten for numbers, powers of two for bytes, what clocks count for durations. Pure; any thread.
 */
#ifndef BOTSWAIN_WIDGETS_CHART_SCALE_H
#define BOTSWAIN_WIDGETS_CHART_SCALE_H

#include <stdbool.h>
#include "core/base/format.h"

enum chart_kind {
	CHART_NUMBER,   /* 0.62 12.4 1.2k, with a suffix */
	CHART_BYTES,    /* 2.0 GiB */
	CHART_DURATION, /* of seconds: 350 ms, 1.5 h */
};

struct chart_unit {
	enum chart_kind kind;
	const char *suffix; /* of numbers: "%", "/s"; "": none */
	double factor;      /* values times this are numbers of the suffix, bytes or seconds */
};

/* By the word that series carry: bytes, seconds, ms, percent, ratio, /s ...; plain numbers for one that is not known, and NULL. */
const struct chart_unit *chart_unit_named(const char *word);

/* How numbers of one size are written: divided by `divisor`, with the sign of the unit behind. */
struct chart_figure {
	double divisor;
	int decimals;
	char sign[12];
};

/* `low` is a multiple of `step`, in the figures of the unit (values times its factor); `high` too, where rows do not matter. */
struct chart_scale {
	double low, high, step;
	int steps; /* whole ones from low to high; 1 at least, there is one more tick */
	double factor;
	struct chart_figure figure;
	double ratio; /* of one tick to the one below it where the axis goes by powers; else 0, and `step` is 0 there */
};

/* From `low` to `high`, which are values, at least; with at most `most` steps (2 where zero lies inside). Of what fits it takes what
 * wastes little. Over `rows` each tick is as many rows from the next, and there may be some beyond the last one (0: any). What is not finite counts as nothing known: 0 to 1. */
struct chart_scale chart_scale_fit(
	const struct chart_unit *unit, double low, double high, int most, int rows);
/* By powers of ten, of two for bytes: from a power at or below `low`, the least value above zero, to one at or above `high`. */
struct chart_scale chart_scale_fit_powers(
	const struct chart_unit *unit, double low, double high, int most);
/* The value of a tick, 0 the lowest. */
double chart_tick_value(const struct chart_scale *scale, int tick);
/* What stands beside a tick, 0 the lowest: "0", "0.5 GiB", "1.5k". */
struct shown chart_tick_text(
	const struct chart_scale *scale, const struct chart_unit *unit, int tick);
/* Where a value lies: 0 at the low end, 1 at the high one, cut to these. */
double chart_scale_share(const struct chart_scale *scale, double value);
/* A value alone, in the unit that suits it: "350 ms"; "--" for what is not known. */
struct shown chart_value_text(const struct chart_unit *unit, double value);
/* A value beside its chart: as alone, but with the digits that tell it from others where the axis is far from zero. */
struct shown chart_scale_text(
	const struct chart_scale *scale, const struct chart_unit *unit, double value);

#endif
