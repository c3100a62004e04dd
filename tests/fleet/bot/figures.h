/* SPDX-License-Identifier: MIT */
/* What a bot counts of itself, for its heartbeat and its /metrics page. */
#ifndef BOTSWAIN_FLEET_FIGURES_H
#define BOTSWAIN_FLEET_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

enum { FIGURES_RECENT = 256, FIGURES_WINDOW_MS = 60000, FIGURES_BUCKETS = 8 };

struct figures {
	uint64_t updates, errors, sent, rate_limited;
	uint64_t cache_hits, cache_misses; /* chats whose row is fresh enough, or not */
	struct {
		int64_t at_ms;
		unsigned took_ms;
	} recent[FIGURES_RECENT]; /* a ring */
	size_t next;
	uint64_t buckets[FIGURES_BUCKETS];
	double took_sum_s;
};

/* An update was handled in `took_ms`. */
void figures_handled(struct figures *figures, int64_t now_ms, unsigned took_ms);
/* Updates a second and the 95th percentile (ms) over the last minute; 0 when there were none. */
double figures_rate(const struct figures *figures, int64_t now_ms);
unsigned figures_p95_ms(const struct figures *figures, int64_t now_ms);
/* Prometheus text. */
void figures_print(
	const struct figures *figures, const char *bot, int worker, int64_t up_ms, struct str *to);

#endif
