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
struct prom_reader;
struct prom_sample;
struct scrape_store;
struct tsdb;

/* What is said of a look besides its samples. */
struct scrape_look {
	int64_t wall_ms;
	double duration_s;
	bool is_up;
	size_t samples;   /* on the page */
	size_t added;     /* series that were not there at the look before */
	uint64_t beyond;  /* series that are more than the limit */
	uint64_t refused; /* further samples that the store did not take, */
	char why[160];    /* and why the first of them */
	size_t twice;     /* lines of a series that an earlier one told of */
	bool has_more;    /* than SCRAPE_SAMPLES_MAX samples: the rest was not read */
};

/* Who hears the samples of a page that count. */
struct scrape_ear {
	/* Its labels are not read. True: this series is to be heard of again. */
	bool (*hear)(void *context, const struct prom_reader *reader, struct prom_sample *sample);
	void *context;
	bool is_all; /* of each series, not only of new ones and of those that are to be heard again */
};

/* `tsdb` NULL: nothing is kept. */
struct scrape_store *scrape_store_new(struct tsdb *tsdb) MUST_CHECK;
/* Series end where they are: with a NULL `last` without a word, else stale at that time. */
void scrape_store_free(struct scrape_store *store, const int64_t *last_ms);

/* Takes a page, `limit` series of it, and fills what the look has of it. A page that is known is read once. False: it is not
 * well-formed, or holds no sample, and nothing of it is taken; the ear may have heard of series that it knows. `ear` may be NULL. */
MUST_CHECK bool scrape_store_page(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_page *page, struct scrape_look *look, const struct scrape_ear *ear,
	struct err *err);
/* The page did not come: all series of it end. */
void scrape_store_end(struct scrape_store *store, int64_t wall_ms);
/* up, scrape_duration_seconds, scrape_samples_scraped and scrape_series_added of the look. */
void scrape_store_look(struct scrape_store *store, const struct scrape_rules *rules,
	const struct scrape_look *look);

#endif
