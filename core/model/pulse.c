/* SPDX-License-Identifier: MIT */
#include "core/model/pulse.h"

#include <math.h>

#include "core/msg/msg.h"

/* clang-format off */
#define PULSE_COUNTS(FIELD) FIELD(rss_bytes) FIELD(hb_ttl_ms)
/* Without their _ms. */
#define PULSE_MOMENTS(FIELD) \
	FIELD(proc_at) FIELD(hb_at) FIELD(hb_seen) FIELD(tg_at) FIELD(tg_attempt) FIELD(log_at) \
	FIELD(event_at) FIELD(health_at) FIELD(metrics_at) FIELD(api_at)
/* The order is that of the bits of `unknown`, with spark_last between the two: add at the end. */
#define PULSE_FIGURES(FIELD) \
	FIELD(cpu_percent) FIELD(rtt_ms) FIELD(updates_per_s) FIELD(p95_ms) FIELD(health_ms)
#define PULSE_FIGURES_LATER(FIELD) FIELD(api_requests_per_s)
/* clang-format on */

bool pulse_is_all(const struct msg_bot *old, const struct msg_bot *new)
{
	struct msg_bot a = *old, b = *new; /* the lists stay theirs: these are only read */
#define FIELD(name) a.name##_ms = b.name##_ms;
	PULSE_MOMENTS(FIELD)
#undef FIELD
#define FIELD(name) a.name = b.name;
	PULSE_COUNTS(FIELD)
	PULSE_FIGURES(FIELD)
	PULSE_FIGURES_LATER(FIELD)
#undef FIELD
	if (a.spark_count && a.spark_count == b.spark_count) {
		a.spark_count--;
		b.spark_count--;
	}
	return msg_equal(MSG_bot, &a, &b, true);
}

/* NaN would take ten bytes. */
static double known(double value, unsigned *bit, uint64_t *unknown)
{
	uint64_t mine = UINT64_C(1) << (*bit)++;
	if (!isnan(value))
		return value;
	*unknown |= mine;
	return 0;
}

static double as_it_was(double value, unsigned *bit, uint64_t unknown)
{
	return unknown & (UINT64_C(1) << (*bit)++) ? NAN : value;
}

static double newest(const struct msg_bot *bot)
{
	return bot->spark_count ? bot->spark[bot->spark_count - 1] : 0;
}

/* A moment takes six bytes, and how long before another it was takes one or two. Unsigned: what comes over a line may be
 * anything, and must not overflow. */
static uint64_t before(int64_t newest_ms, int64_t moment_ms)
{
	return moment_ms ? (uint64_t)newest_ms - (uint64_t)moment_ms + 1 : 0;
}

static int64_t moment_of(int64_t newest_ms, uint64_t before)
{
	return before ? (int64_t)((uint64_t)newest_ms - (before - 1)) : 0;
}

static void take_moments(const struct msg_bot *bot, struct msg_pulse *ret)
{
#define FIELD(name)                                                                                \
	if (bot->name##_ms > ret->newest_ms)                                                       \
		ret->newest_ms = bot->name##_ms;
	PULSE_MOMENTS(FIELD)
#undef FIELD
#define FIELD(name) ret->name = before(ret->newest_ms, bot->name##_ms);
	PULSE_MOMENTS(FIELD)
#undef FIELD
}

void pulse_take(const struct msg_bot *bot, struct msg_pulse *ret)
{
	unsigned bit = 0;
	*ret = (struct msg_pulse){.id = bot->id, .rev = bot->rev};
#define FIELD(name) ret->name = bot->name;
	PULSE_COUNTS(FIELD)
#undef FIELD
	take_moments(bot, ret);
#define FIELD(name) ret->name = known(bot->name, &bit, &ret->unknown);
	PULSE_FIGURES(FIELD)
	ret->spark_last = known(newest(bot), &bit, &ret->unknown);
	PULSE_FIGURES_LATER(FIELD)
#undef FIELD
}

void pulse_give(const struct msg_pulse *pulse, struct msg_bot *bot)
{
	unsigned bit = 0;
#define FIELD(name) bot->name = pulse->name;
	PULSE_COUNTS(FIELD)
#undef FIELD
#define FIELD(name) bot->name##_ms = moment_of(pulse->newest_ms, pulse->name);
	PULSE_MOMENTS(FIELD)
#undef FIELD
#define FIELD(name) bot->name = as_it_was(pulse->name, &bit, pulse->unknown);
	PULSE_FIGURES(FIELD)
	double last = as_it_was(pulse->spark_last, &bit, pulse->unknown);
	PULSE_FIGURES_LATER(FIELD)
#undef FIELD
	if (bot->spark_count)
		bot->spark[bot->spark_count - 1] = last;
	bot->rev = pulse->rev;
}
