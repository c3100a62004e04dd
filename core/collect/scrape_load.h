/* SPDX-License-Identifier: MIT */
/* The load of a bot from the metrics whose names are known (known_metrics.def). Owned by one thread. */
#ifndef BOTSWAIN_COLLECT_SCRAPE_LOAD_H
#define BOTSWAIN_COLLECT_SCRAPE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msg_obs_scrape;
struct prom_sample;

enum { LOAD_BUCKETS_MAX = 40 };

struct load_bucket {
	double upper_ms, now, older, newer; /* counts up to `upper_ms`: at this look and before */
};

struct scrape_load {
	double updates, errors; /* sums at this look; NaN: no such name */
	double updates_before, errors_before;
	int64_t before_ms;
	struct load_bucket buckets[LOAD_BUCKETS_MAX]; /* in order of `upper_ms` */
	size_t count;
	int64_t older_ms, newer_ms; /* when those counts were; 0 never */
};

void scrape_load_init(struct scrape_load *load);
void scrape_load_begin(struct scrape_load *load);
/* Its name is one of those; its labels need not be read. */
bool scrape_load_wants(const struct prom_sample *sample);
void scrape_load_add(struct scrape_load *load, const struct prom_sample *sample);
/* Sets updates_per_s, errors_per_min and p95_ms; NaN what is not known. */
void scrape_load_end(struct scrape_load *load, int64_t mono_ms, struct msg_obs_scrape *obs);

#endif
