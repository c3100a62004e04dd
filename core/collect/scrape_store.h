/* SPDX-License-Identifier: MIT */
/*
 * A page of Prometheus text as it goes into the store of metrics: every sample as it is, with the labels of the page beside its own.
 * A series that is found again is known by its bytes, without a look at its labels; one that vanishes, and all of a page that does
 * not come, end with the stale value at once (Prometheus: staleness). Labels that the page has too are kept as exported_NAME.
 * Owned by one thread.
 */
#ifndef BOTSWAIN_COLLECT_SCRAPE_STORE_H
#define BOTSWAIN_COLLECT_SCRAPE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/attr.h"
#include "core/collect/scrape_series.h"

struct err;
struct scrape_store;
struct tsdb;

/* What is said of a look besides its samples. */
struct scrape_look {
	int64_t wall_ms;
	double duration_s;
	bool is_up;
	size_t samples;   /* on the page */
	size_t added;     /* series that were not there at the look before */
	uint64_t refused; /* samples that the store did not take */
};

struct scrape_store *scrape_store_new(struct tsdb *tsdb) MUST_CHECK;
/* Series end where they are: with a NULL `last` without a word, else stale at that time. */
void scrape_store_free(struct scrape_store *store, const int64_t *last_ms);

/* Takes a page that scrape_series_read() took: it is well-formed. Fills samples, added and refused. */
void scrape_store_page(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_page *page, struct scrape_look *look);
/* The page did not come: all series of it end. */
void scrape_store_end(struct scrape_store *store, int64_t wall_ms);
/* up, scrape_duration_seconds, scrape_samples_scraped and scrape_series_added of the look. */
void scrape_store_look(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_look *look);

#endif
