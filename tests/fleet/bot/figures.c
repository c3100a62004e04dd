/* SPDX-License-Identifier: MIT */
#include "tests/fleet/bot/figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/attr.h"

/* Upper bounds of the histogram, in ms. */
static const unsigned bounds_ms[FIGURES_BUCKETS] = {25, 50, 100, 200, 500, 1000, 2500, 5000};

void figures_handled(struct figures *figures, int64_t now_ms, unsigned took_ms)
{
	figures->updates++;
	figures->took_sum_s += took_ms / 1000.0;
	figures->recent[figures->next].at_ms = now_ms;
	figures->recent[figures->next].took_ms = took_ms;
	figures->next = (figures->next + 1) % FIGURES_RECENT;
	for (size_t i = 0; i < FIGURES_BUCKETS; i++)
		figures->buckets[i] += took_ms <= bounds_ms[i];
}

static size_t collect(const struct figures *figures, int64_t now_ms, unsigned *took)
{
	size_t count = 0;
	for (size_t i = 0; i < FIGURES_RECENT; i++)
		if (figures->recent[i].at_ms &&
			now_ms - figures->recent[i].at_ms < FIGURES_WINDOW_MS)
			took[count++] = figures->recent[i].took_ms;
	return count;
}

double figures_rate(const struct figures *figures, int64_t now_ms)
{
	unsigned took[FIGURES_RECENT];
	return (double)collect(figures, now_ms, took) * 1000.0 / FIGURES_WINDOW_MS;
}

static int by_size(const void *left, const void *right)
{
	unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
	return (a > b) - (a < b);
}

unsigned figures_p95_ms(const struct figures *figures, int64_t now_ms)
{
	unsigned took[FIGURES_RECENT];
	size_t count = collect(figures, now_ms, took);
	if (!count)
		return 0;
	qsort(took, count, sizeof(took[0]), by_size);
	return took[(count - 1) * 95 / 100];
}

static long resident_bytes(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*s %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void counter(
	struct str *to, const char *name, const char *help, const char *labels, uint64_t value)
{
	str_addf(to, "# HELP %s %s\n# TYPE %s counter\n%s{%s} %" PRIu64 "\n", name, help, name,
		name, labels, value);
}

static void gauge(
	struct str *to, const char *name, const char *help, const char *labels, double value)
{
	str_addf(to, "# HELP %s %s\n# TYPE %s gauge\n%s{%s} %.6g\n", name, help, name, name, labels,
		value);
}

static void histogram(const struct figures *figures, const char *labels, struct str *to)
{
	str_adds(to,
		"# HELP bot_update_duration_seconds Time from taking an update to the answer.\n"
		"# TYPE bot_update_duration_seconds histogram\n");
	for (size_t i = 0; i < FIGURES_BUCKETS; i++)
		str_addf(to, "bot_update_duration_seconds_bucket{%s,le=\"%g\"} %" PRIu64 "\n",
			labels, bounds_ms[i] / 1000.0, figures->buckets[i]);
	str_addf(to,
		"bot_update_duration_seconds_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n"
		"bot_update_duration_seconds_sum{%s} %.3f\n"
		"bot_update_duration_seconds_count{%s} %" PRIu64 "\n",
		labels, figures->updates, labels, figures->took_sum_s, labels, figures->updates);
}

void figures_print(
	const struct figures *figures, const char *bot, int worker, int64_t up_ms, struct str *to)
{
	autostr struct str labels = STR_INIT;
	str_addf(&labels, "bot=\"%s\",worker=\"%d\"", bot, worker);
	counter(to, "bot_updates_total", "Updates handled.", labels.text, figures->updates);
	counter(to, "bot_errors_total", "Handlers that failed.", labels.text, figures->errors);
	counter(to, "bot_messages_sent_total", "Messages sent.", labels.text, figures->sent);
	counter(to, "bot_rate_limited_total", "Answers 429 of the Bot API.", labels.text,
		figures->rate_limited);
	autostr struct str tier = STR_INIT;
	str_addf(&tier, "%s,tier=\"L1\"", labels.text);
	counter(to, "cache_hits_total", "Chats whose row was written lately.", tier.text,
		figures->cache_hits);
	counter(to, "cache_misses_total", "Chats whose row had to be written.", tier.text,
		figures->cache_misses);
	gauge(to, "bot_uptime_seconds", "Time since the start.", labels.text,
		(double)up_ms / 1000.0);
	gauge(to, "process_resident_memory_bytes", "Resident memory.", labels.text,
		(double)resident_bytes());
	histogram(figures, labels.text, to);
}
