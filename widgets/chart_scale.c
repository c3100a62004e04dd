/* SPDX-License-Identifier: MIT */
#include "widgets/chart_scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

enum { DECIMALS_MAX = 6, TRIES_MAX = 8 };

#define EPSILON   1e-9 /* of a step: what sums of fractions are wrong by */
#define FLAT      1e-6 /* of the value: a range that its digits can't tell */
#define TINY      1e-200
#define HUGE_SIZE 1e200 /* beyond it differences could overflow */

/* ---- units ---- */

static const struct {
	const char *word;
	struct chart_unit unit;
} units[] = {
	{"", {CHART_NUMBER, "", 1}},
	{"bytes", {CHART_BYTES, "", 1}},
	{"B", {CHART_BYTES, "", 1}},
	{"seconds", {CHART_DURATION, "", 1}},
	{"s", {CHART_DURATION, "", 1}},
	{"ms", {CHART_DURATION, "", 1e-3}},
	{"us", {CHART_DURATION, "", 1e-6}},
	{"percent", {CHART_NUMBER, "%", 1}},
	{"%", {CHART_NUMBER, "%", 1}},
	{"ratio", {CHART_NUMBER, "%", 100}},
	{"/s", {CHART_NUMBER, "/s", 1}},
	{"/min", {CHART_NUMBER, "/min", 1}},
};

const struct chart_unit *chart_unit_named(const char *word)
{
	for (size_t i = 0; word && i < COUNT_OF(units); i++)
		if (strcmp(units[i].word, word) == 0)
			return &units[i].unit;
	return &units[0].unit;
}

struct prefix {
	double size;
	const char *text;
};

static const struct prefix decimal[] = {
	{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {1e15, "P"}, {1e18, "E"}};
static const struct prefix binary[] = {{1, " B"}, {1024, " KiB"}, {1048576, " MiB"},
	{1073741824, " GiB"}, {1099511627776, " TiB"}, {1125899906842624, " PiB"},
	{1152921504606846976, " EiB"}};
static const struct prefix times[] = {{1e-9, " ns"}, {1e-6, " us"}, {1e-3, " ms"}, {1, " s"},
	{60, " min"}, {3600, " h"}, {86400, " d"}};

static const struct {
	const struct prefix *list;
	size_t count;
} prefixes[] = {
	[CHART_NUMBER] = {decimal, COUNT_OF(decimal)},
	[CHART_BYTES] = {binary, COUNT_OF(binary)},
	[CHART_DURATION] = {times, COUNT_OF(times)},
};

/* How many of a unit are still written in it: 9999, but 90 min and 36 h. */
static double room_of(const struct prefix *list, size_t at, size_t count, bool is_axis)
{
	if (list == times && list[at].size >= 1)
		return 2 * list[at + 1].size;
	if (list == decimal && at == 0 && is_axis)
		return 10000; /* 500 1000 1500 */
	return at + 1 < count ? list[at + 1].size * (list == binary ? 1 : 0.9995)
			      : (double)INFINITY;
}

/* Beyond the prefixes there are: 2e-9 and 3e24. */
static struct chart_figure by_power(const struct chart_unit *unit, double size)
{
	int power = size > 0 ? (int)floor(log10(size) + EPSILON) : 0;
	struct chart_figure figure = {.divisor = pow(10, power)};
	static const char *const behind[] = {
		[CHART_NUMBER] = "", [CHART_BYTES] = " B", [CHART_DURATION] = " s"};
	(void)print_text(figure.sign, sizeof(figure.sign), "e%d%s%s", power, unit->suffix,
		behind[unit->kind]);
	return figure;
}

/* The unit in which something of this size is written. */
static struct chart_figure figure_of(const struct chart_unit *unit, double size, bool is_axis)
{
	const struct prefix *list = prefixes[unit->kind].list;
	size_t count = prefixes[unit->kind].count, at = 0;
	while (at + 1 < count && size >= room_of(list, at, count, is_axis))
		at++;
	bool is_small = unit->kind != CHART_BYTES && size > 0 && size < 1e-3 * list[0].size;
	if (is_small || size / list[at].size >= 1e5)
		return by_power(unit, size);
	struct chart_figure figure = {.divisor = list[at].size};
	(void)print_text(figure.sign, sizeof(figure.sign), "%s%s", list[at].text, unit->suffix);
	return figure;
}

struct shown chart_value_text(const struct chart_unit *unit, double value)
{
	struct shown shown = {"--"};
	value *= unit->factor;
	if (!isfinite(value))
		return shown;
	struct chart_figure figure = figure_of(unit, fabs(value), false);
	double part = value / figure.divisor, size = fabs(part);
	if (size < TINY)
		(void)print_text(shown.text, sizeof(shown.text), "0%s", unit->suffix);
	else if (size < 0.995)
		(void)print_text(shown.text, sizeof(shown.text), "%.2g%s", part, figure.sign);
	else
		(void)print_text(shown.text, sizeof(shown.text), "%.*f%s",
			size >= 99.95 || part == rint(part) ? 0 : 1, part, figure.sign);
	return shown;
}

/* ---- steps ---- */

static double decimal_step(double least)
{
	static const double round_steps[] = {1, 2, 5, 10};
	double power = pow(10, floor(log10(least)));
	for (size_t i = 0; i < COUNT_OF(round_steps); i++)
		if (round_steps[i] * power >= least * (1 - EPSILON))
			return round_steps[i] * power;
	return 20 * power;
}

static double clock_step(double least)
{
	static const double steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
		7200, 10800, 21600, 43200, 86400};
	if (least < 1)
		return decimal_step(least);
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		if (steps[i] >= least * (1 - EPSILON))
			return steps[i];
	return 86400 * decimal_step(least / 86400);
}

/* The smallest round step of at least so much. */
static double step_of(enum chart_kind kind, double least)
{
	if (kind == CHART_DURATION)
		return clock_step(least);
	if (kind == CHART_BYTES)
		return least <= 1 ? 1 : exp2(ceil(log2(least) - EPSILON));
	return decimal_step(least);
}

/* Over so many steps, the last of which may be a part of one; false: there is no such axis. */
static bool fit_steps(
	enum chart_kind kind, double low, double high, double steps, struct chart_scale *scale)
{
	double step = step_of(kind, (high - low) / steps);
	for (int i = 0; i < TRIES_MAX; i++, step = step_of(kind, step * 1.01)) {
		double first = floor(low / step + EPSILON);
		if ((first + steps) * step < high - step * EPSILON)
			continue;
		scale->step = step;
		scale->steps = (int)(steps + EPSILON);
		scale->low = first * step;
		scale->high = (first + steps) * step;
		return true;
	}
	return false;
}

/* Ends that numbers can tell apart, and no larger than can be subtracted. */
static void tame(double *low, double *high)
{
	if (!isfinite(*low) || !isfinite(*high) || *high < *low) {
		*low = 0;
		*high = 1;
	}
	*low = fmax(*low, -HUGE_SIZE);
	*high = fmin(*high, HUGE_SIZE);
	*low = fmin(*low, *high);
	double size = fmax(fabs(*low), fabs(*high));
	if (*high - *low > fmax(size * FLAT, TINY))
		return;
	double room = size > TINY ? size / 10 : 1;
	*low -= size > TINY ? room : 0;
	*high += room;
}

/* As many decimals as tell the steps apart. */
static int decimals_of(double step)
{
	for (int decimals = 0; decimals < DECIMALS_MAX; decimals++, step *= 10)
		if (fabs(step - rint(step)) < 1e-6 * fmax(1, step) && rint(step) > 0)
			return decimals;
	return DECIMALS_MAX;
}

/* In a unit in which the steps are short: 10 min are 0.1667 h, and 10005 is not 10.005k. */
static void choose_figure(const struct chart_unit *unit, struct chart_scale *scale)
{
	double size = fmax(fabs(scale->low), fabs(scale->high)), whole = size;
	struct chart_figure figure;
	do {
		figure = figure_of(unit, size, true);
		figure.decimals = decimals_of(scale->step / figure.divisor);
		size = 0.99 * figure.divisor; /* the next one down */
		if (scale->figure.divisor > 0 && whole / figure.divisor >= 1e7)
			break;
		scale->figure = figure;
	} while (figure.decimals > 1 && size > 1e-9 && size < figure.divisor * 0.995 &&
		 (unit->kind != CHART_NUMBER || figure.divisor > 1));
}

struct shown chart_scale_text(
	const struct chart_scale *scale, const struct chart_unit *unit, double value)
{
	double range = scale->high - scale->low;
	double away = fmax(scale->low, -scale->high); /* of the axis from zero */
	struct shown shown = {""};
	if (!isfinite(value) || scale->ratio > 0 || away < range * 4)
		return chart_value_text(unit, value);
	(void)print_text(shown.text, sizeof(shown.text), "%.*f%s",
		scale->figure.decimals + (scale->steps < 10 ? 1 : 0),
		value * scale->factor / scale->figure.divisor, scale->figure.sign);
	return shown;
}

struct chart_scale chart_scale_fit(
	const struct chart_unit *unit, double low, double high, int most, int rows)
{
	struct chart_scale best = {0}, scale = {0};
	double best_cost = (double)INFINITY;
	low *= unit->factor;
	high *= unit->factor;
	tame(&low, &high);
	if (most < 2 && low < 0 && high > 0)
		most = 2;
	if (most < 1)
		most = 1;
	int gaps = rows > most ? rows - 1 : 0; /* each step is as many of them as the others */
	for (int steps = most; steps > 0; steps--) {
		int apart = (gaps + steps - 1) / steps;
		double parts = gaps ? (double)gaps / apart : steps;
		if (!fit_steps(unit->kind, low, high, parts, &scale))
			continue;
		double cost = (scale.high - scale.low) / (high - low) + 0.1 * (most - scale.steps);
		if (cost < best_cost) {
			best_cost = cost;
			best = scale;
		}
	}
	best.factor = unit->factor;
	choose_figure(unit, &best);
	return best;
}

struct chart_scale chart_scale_fit_powers(
	const struct chart_unit *unit, double low, double high, int most)
{
	double base = unit->kind == CHART_BYTES ? 2 : 10;
	low *= unit->factor;
	high *= unit->factor;
	bool is_usable = low > TINY && low <= HUGE_SIZE && high >= low;
	double first = is_usable ? floor(log(low) / log(base) + EPSILON) : 0;
	double last = is_usable ? ceil(log(fmin(high, HUGE_SIZE)) / log(base) - EPSILON) : 1;
	double powers = fmax(last - first, 1), step = ceil(powers / (most < 1 ? 1 : most));
	struct chart_scale scale = {.factor = unit->factor,
		.steps = (int)ceil(powers / step),
		.low = pow(base, first),
		.ratio = pow(base, step)};
	scale.high = scale.low * pow(scale.ratio, scale.steps);
	return scale;
}

double chart_tick_value(const struct chart_scale *scale, int tick)
{
	double figure = scale->ratio > 0 ? scale->low * pow(scale->ratio, tick)
					 : scale->low + tick * scale->step;
	return figure / scale->factor;
}

struct shown chart_tick_text(
	const struct chart_scale *scale, const struct chart_unit *unit, int tick)
{
	struct shown shown = {"0"};
	if (scale->ratio > 0)
		return chart_value_text(unit, chart_tick_value(scale, tick));
	double value = scale->low + tick * scale->step;
	if (fabs(value) > scale->step * EPSILON)
		(void)print_text(shown.text, sizeof(shown.text), "%.*f%s", scale->figure.decimals,
			value / scale->figure.divisor, scale->figure.sign);
	return shown;
}

double chart_scale_share(const struct chart_scale *scale, double value)
{
	double share = (value * scale->factor - scale->low) / (scale->high - scale->low);
	if (scale->ratio > 0)
		share = value > 0 ? log(value * scale->factor / scale->low) /
					    log(scale->high / scale->low)
				  : 0;
	return share > 0 ? fmin(share, 1) : 0;
}
